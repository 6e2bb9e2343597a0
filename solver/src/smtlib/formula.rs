//! The graph of formulas to the trees that a search wants: negation normal form, of bounded depth, nothing large copied.
//!
//! What is deep, or large and used more than once, gets a name: a new propositional variable that stands for it. So the
//! trees together are as large as the graph (Tseitin 1968), and every function on trees may recurse.
//!
//! A propositional variable is one of the problem's, or an integer from 0 to 1: where it is the condition of an `ite`
//! between numbers, and everywhere when the question is an optimum, whose search knows no propositional variables.
//!
//! `∃` is `¬∀¬` and its variables become constants of the problem (Skolem). A `∀` stays: where it must hold, or where the
//! variable that guards it is true, it is an obligation beside the formula.

use super::boolean::{BoolId, BoolNode, Booleans, QuantifierId, Signed};
use super::build::Purpose;
use super::context::{Context, Role, SortName};
use crate::exact::Constant;
use crate::expr::{ExprId, VariableId};
use crate::formula::{BooleanId, Formula, Literal, Relation};
use crate::interval::bounds;
use crate::problem::{Problem, Sort};
use std::collections::{HashMap, HashSet};

/// A formula of more nodes than this is not copied.
const COPIED: usize = 4;
/// A formula deeper than this is named.
const DEEPEST: usize = 50;

/// Names within names within names, at most: whoever reads a formula may follow them by recursion.
const NESTED: usize = 8;

/// Whether a formula is `true` or `false`.
pub(super) fn is_constant(formula: Signed) -> bool {
    formula.id == Booleans::TRUE.id
}

/// A formula with a quantifier that has to hold for all values of its variables.
#[derive(Clone, Debug)]
pub(super) struct Obligation {
    /// the literal that it depends on; `None` where it must hold
    pub(super) guard: Option<Formula>,
    pub(super) quantifier: QuantifierId,
}

struct Tree {
    formula: Formula,
    size: usize,
    depth: usize,
    /// how many names deep it is
    nested: usize,
}

/// Turns formulas of one context into trees of one problem.
pub(super) struct Trees<'a> {
    context: &'a Context,
    pub(super) problem: &'a mut Problem,
    known: HashMap<Signed, Tree>,
    uses: HashMap<Signed, u32>,
    counted: HashSet<Signed>,
    /// what the names stand for
    pub(super) definitions: Vec<Formula>,
    pub(super) obligations: Vec<Obligation>,
    /// bound variables that became constants
    pub(super) skolem: HashSet<VariableId>,
    quantified: Vec<bool>,
    /// the problem's propositional variable for each of the context's; `None` for what is a number
    props: Vec<Option<BooleanId>>,
    /// whether new propositional variables are integers
    integers: bool,
    /// twice the level at which an integer is compared that stands for a truth value: above any δ
    scale: f64,
}

impl<'a> Trees<'a> {
    /// `delta` is the weakening that integers must withstand that stand for truth values.
    pub(super) fn new(context: &'a Context, problem: &'a mut Problem, delta: f64, purpose: &Purpose) -> Self {
        let integers = *purpose == Purpose::Optimise;
        let atoms = context.booleans.atoms();
        let numeric = context.graph.reachable(&atoms);
        let props = context.variables.iter().enumerate().map(|(index, declared)| {
            let is_number = |node: ExprId| numeric[node.index()];
            let known = context.graph.known_variable(VariableId::new(index));
            let number = integers || declared.sort != SortName::Bool || known.is_some_and(is_number);
            (!number).then(|| problem.boolean(context.words.text(declared.name)))
        });
        let props = props.collect();
        Trees {
            context,
            problem,
            known: HashMap::new(),
            uses: HashMap::new(),
            counted: HashSet::new(),
            definitions: Vec::new(),
            obligations: Vec::new(),
            skolem: HashSet::new(),
            quantified: quantified(&context.booleans, matches!(purpose, Purpose::Strengthen(_))),
            props,
            integers,
            scale: scale(delta),
        }
    }

    /// The problem's propositional variable for one of the context's, where it has one.
    pub(super) fn prop(&self, variable: VariableId) -> Option<BooleanId> {
        self.props.get(variable.index()).copied().flatten()
    }

    /// The propositional variables of the problem by the context's variables.
    pub(super) fn into_props(self) -> Vec<Option<BooleanId>> {
        self.props
    }

    /// The tree of a formula.
    pub(super) fn tree(&mut self, root: Signed) -> Formula {
        self.count(root);
        let mut open = vec![root];
        while let Some(&next) = open.last() {
            if self.known.contains_key(&next) {
                open.pop();
                continue;
            }
            let before = open.len();
            open.extend(self.operands(next).into_iter().filter(|operand| !self.known.contains_key(operand)));
            if open.len() == before {
                let tree = self.build(next);
                let tree = self.named(next, tree);
                self.known.insert(next, tree);
                open.pop();
            }
        }
        self.known[&root].formula.clone()
    }

    /// Counts how often every formula below the root is used.
    fn count(&mut self, root: Signed) {
        let mut open = vec![root];
        while let Some(next) = open.pop() {
            *self.uses.entry(next).or_insert(0) += 1;
            if self.counted.insert(next) {
                open.extend(self.operands(next));
            }
        }
    }

    /// What the tree of a formula is made of.
    fn operands(&self, formula: Signed) -> Vec<Signed> {
        let sign = |part: Signed| if formula.holds { part } else { part.negate() };
        match self.context.booleans.node(formula.id) {
            BoolNode::True | BoolNode::Variable(_) | BoolNode::Atom(_) => Vec::new(),
            BoolNode::And(parts) => parts.iter().map(|&part| sign(part)).collect(),
            &BoolNode::Iff(a, b) => {
                let a = Signed { id: a, holds: true };
                vec![a, a.negate(), b, b.negate()]
            }
            BoolNode::ForAll(_) if formula.holds => Vec::new(),
            BoolNode::ForAll(id) => vec![self.context.quantifiers[id.0 as usize].body.negate()],
        }
    }

    fn build(&mut self, formula: Signed) -> Tree {
        let leaf = |formula| Tree { formula, size: 1, depth: 1, nested: 0 };
        let parts = self.operands(formula);
        match self.context.booleans.node(formula.id) {
            BoolNode::True => leaf(if formula.holds { Formula::TRUE } else { Formula::FALSE }),
            &BoolNode::Variable(id) => leaf(self.literal(id, formula.holds)),
            BoolNode::Atom(atom) => {
                leaf(Formula::atom(atom.expr, if formula.holds { atom.relation } else { atom.relation.negate() }))
            }
            BoolNode::And(_) => self.join(&parts, formula.holds),
            BoolNode::Iff(..) => {
                let (a, not_a, b, not_b) = (parts[0], parts[1], parts[2], parts[3]);
                let pairs = if formula.holds { [[a, b], [not_a, not_b]] } else { [[a, not_b], [not_a, b]] };
                let both = pairs.map(|pair| self.join(&pair, true));
                let size = both.iter().map(|tree| tree.size).sum::<usize>() + 1;
                let depth = both.iter().map(|tree| tree.depth).max().unwrap_or(0) + 1;
                let nested = both.iter().map(|tree| tree.nested).max().unwrap_or(0);
                Tree { formula: Formula::or(both.map(|tree| tree.formula)), size, depth, nested }
            }
            &BoolNode::ForAll(quantifier) if formula.holds => {
                let guard = self.fresh();
                self.obligations.push(Obligation { guard: Some(guard.clone()), quantifier });
                leaf(guard)
            }
            BoolNode::ForAll(id) => {
                let variables = &self.context.quantifiers[id.0 as usize].variables;
                self.skolem.extend(variables.iter().filter(|v| self.context.variables[v.index()].role == Role::Bound));
                self.join(&parts, true)
            }
        }
    }

    /// The conjunction or disjunction of known trees.
    fn join(&self, parts: &[Signed], all: bool) -> Tree {
        let trees = || parts.iter().map(|part| &self.known[part]);
        let size = trees().map(|tree| tree.size).sum::<usize>() + 1;
        let depth = trees().map(|tree| tree.depth).max().unwrap_or(0) + 1;
        let nested = trees().map(|tree| tree.nested).max().unwrap_or(0);
        let formulas = trees().map(|tree| tree.formula.clone());
        Tree { formula: if all { Formula::and(formulas) } else { Formula::or(formulas) }, size, depth, nested }
    }

    /// The tree, or a name for it.
    fn named(&mut self, formula: Signed, tree: Tree) -> Tree {
        let shared = tree.size > COPIED && self.uses.get(&formula).copied().unwrap_or(0) > 1;
        if !shared && tree.depth < DEEPEST {
            return tree;
        }
        let is_quantified = self.quantified[formula.id.index()];
        let written_out = self.integers || is_quantified || tree.nested >= NESTED;
        // where a formula is neither true nor false, its name and the negation of the name are free to be either
        let one_way = is_quantified || (written_out && !self.context.booleans.is_total(formula));
        let nested = if written_out { 0 } else { tree.nested + 1 };
        let name = if written_out {
            let name = self.fresh();
            if !one_way {
                self.definitions.push(Formula::or([name.clone(), tree.formula.negate()]));
            }
            self.definitions.push(Formula::or([name.negate(), tree.formula]));
            name
        } else {
            self.problem.name(tree.formula)
        };
        if !one_way {
            // the name stands for the negation too
            let opposite = Tree { formula: name.negate(), size: 1, depth: 1, nested };
            self.known.entry(formula.negate()).or_insert(opposite);
        }
        Tree { formula: name, size: 1, depth: 1, nested }
    }

    /// A new propositional variable.
    fn fresh(&mut self) -> Formula {
        if !self.integers {
            return Formula::boolean(self.problem.boolean(""));
        }
        self.problem.variable("", bounds(0.0, 1.0), Sort::Integer);
        self.integer(VariableId::new(self.problem.variables.len() - 1), true)
    }

    /// A propositional variable of the context, or its negation.
    pub(super) fn literal(&mut self, variable: VariableId, holds: bool) -> Formula {
        match self.prop(variable) {
            Some(variable) => Formula::Literal(Literal { variable, positive: holds }),
            None => self.integer(variable, holds),
        }
    }

    /// An integer that stands for a truth value.
    fn integer(&mut self, variable: VariableId, holds: bool) -> Formula {
        let x = self.problem.graph.variable(variable);
        let exact = |x: f64| Constant::from_f64(x).unwrap_or(Constant::ONE);
        let sign: ExprId = self.problem.graph.linear([(exact(self.scale), x)], exact(-0.5 * self.scale));
        Formula::atom(sign, if holds { Relation::Ge } else { Relation::Lt })
    }
}

/// A power of two more than twice `delta`.
fn scale(delta: f64) -> f64 {
    let mut scale = 2.0;
    while scale <= 4.0 * delta && scale < 1e300 {
        scale *= 2.0;
    }
    scale
}

/// Which formulas contain a quantifier, or all of them: a name for those stands for the formula, but its negation for
/// nothing. (The negation of a strengthened formula is weakened.)
fn quantified(booleans: &Booleans, all: bool) -> Vec<bool> {
    let mut found = vec![all; booleans.len()];
    if all {
        return found;
    }
    for index in 0..booleans.len() {
        found[index] = match booleans.node(BoolId::new(index)) {
            BoolNode::True | BoolNode::Variable(_) | BoolNode::Atom(_) => false,
            BoolNode::And(parts) => parts.iter().any(|part| found[part.id.index()]),
            BoolNode::Iff(a, b) => found[a.index()] || found[b.id.index()],
            BoolNode::ForAll(_) => true,
        };
    }
    found
}
