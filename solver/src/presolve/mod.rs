//! Presolve: rewrites a problem into an equivalent one that the search decides faster, and maps points back.
//!
//! The passes, in order, a file each:
//! 1. `simplify`: identities that give operators their best form;
//! 2. `bounds`: bounds of single variables become domains, and a variable of one value may become it; `shift`: or it is counted
//!    from where it is; `decided`: and they decide atoms under disjunctions;
//! 3. `definitions`: `v = e` and `l ≤ v ≤ u` are substituted (these two until nothing changes);
//! 4. `noise`: variables that occur once in a row become its noise;
//! 5. `rows`: sums of sums become one row;
//! 6. `twins`: differences of two copies of the same computation become increments.
//!
//! Every pass keeps the set of solutions, projected on the variables that stay: a point of the new problem extends to
//! one of the old by the values in [`Presolved::restore`], and the other way round. Nothing is ever approximated:
//! ranges and coefficients are exact rationals until the domains, which are rounded outward.

mod bounds;
mod cycles;
mod decided;
mod definitions;
mod noise;
mod restore;
mod rewrite;
mod rows;
mod shift;
mod simplify;
mod twins;

use crate::budget::{Budget, StopReason};
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::formula::{Atom, Formula, Relation};
use crate::problem::{Boolean, Problem, Sort, Variable};
use bounds::{Bound, Range};
pub use restore::Restore;
use rewrite::rewrite;
use std::collections::HashMap;

/// The most rounds of bounds and definitions.
const ROUNDS: usize = 8;
/// The most steps of searches that are not linear in the problem, in one presolve.
const EFFORT: usize = 4_000_000;

/// One conjunct, and the assertion that it comes from.
#[derive(Clone, Debug)]
struct Part {
    formula: Formula,
    /// `None` for the problem's own constraint and domains
    origin: Option<usize>,
    /// the variable whose range holds what the part says
    bound: Option<VariableId>,
}

/// The state of the passes. One graph grows throughout.
struct Presolve<'a> {
    budget: &'a Budget,
    /// steps left to searches that are not linear in the problem
    effort: usize,
    graph: Graph,
    variables: Vec<Variable>,
    booleans: Vec<Boolean>,
    parts: Vec<Part>,
    objective: Option<ExprId>,
    /// by variable: its exact range
    ranges: Vec<Range>,
    /// by variable: the assertions that bound or define it
    sources: Vec<Vec<usize>>,
    /// by variable: whether it has been eliminated
    gone: Vec<bool>,
    /// values of eliminated variables over those that were left at the time
    restored: Vec<(VariableId, ExprId)>,
    /// the variable whose range is empty
    contradiction: Option<VariableId>,
}

/// A problem after presolve.
#[derive(Clone, Debug)]
pub struct Presolved {
    /// the variables that stay, their expressions and the propositional variables; its constraint is that of
    /// [`parts`](Self::parts), its objective the original one
    pub problem: Problem,
    /// the conjuncts, and the assertion that each comes from
    pub parts: Vec<(Formula, Option<usize>)>,
    /// the way back
    pub restore: Restore,
}

/// Presolves a problem under assertions. An objective takes the same values over the solutions as before. What a variable's
/// double domain says up to a violation of `slack` is dropped: no refutation is affected, and no δ-sat answer with
/// `δ ≥ slack`. Without `passes` nothing is rewritten, only brought into the form that a rewritten problem has.
///
/// # Errors
/// The limit that was reached before the end.
pub fn presolve(
    problem: &Problem,
    assertions: &[Formula],
    slack: f64,
    passes: bool,
    budget: &Budget,
) -> Result<Presolved, StopReason> {
    let mut state = Presolve::new(problem, assertions, budget);
    if passes {
        state.run();
    }
    match budget.stopped() {
        Some(reason) => Err(reason),
        None => Ok(state.finish(problem, slack)),
    }
}

impl<'a> Presolve<'a> {
    fn new(problem: &Problem, assertions: &[Formula], budget: &'a Budget) -> Self {
        let n = problem.variables.len();
        let mut state = Presolve {
            budget,
            effort: EFFORT,
            graph: problem.graph.clone(),
            variables: problem.variables.clone(),
            booleans: problem.booleans.clone(),
            parts: Vec::new(),
            objective: problem.objective,
            ranges: vec![Range::default(); n],
            sources: vec![Vec::new(); n],
            gone: vec![false; n],
            restored: Vec::new(),
            contradiction: None,
        };
        for (index, variable) in problem.variables.iter().enumerate() {
            state.take_domain(VariableId::new(index), variable);
        }
        state.push(&problem.constraint, None);
        for (index, assertion) in assertions.iter().enumerate() {
            state.push(assertion, Some(index));
        }
        state
    }

    /// All passes.
    fn run(&mut self) {
        for _ in 0..ROUNDS {
            self.take_bounds();
            if self.decide_by_ranges() {
                self.take_bounds();
            }
            let mut changed = self.contradiction.is_none() && self.fix_single_values();
            if self.contradiction.is_none() && self.shift_far_ranges() {
                self.take_bounds();
                changed = true;
            }
            // some identities need the domains
            self.simplify();
            if self.contradiction.is_some() || !(self.substitute_definitions() || changed) {
                break;
            }
        }
        if self.contradiction.is_none() {
            self.gather_noise();
            self.turn_wide_boxes();
            self.merge_rows();
            self.pair_twins();
        }
    }

    /// A declared domain counts as bounds, so that it survives the elimination of its variable.
    fn take_domain(&mut self, id: VariableId, variable: &Variable) {
        let x = self.graph.variable(id);
        let mut domain = variable.domain;
        if variable.sort == Sort::Integer {
            domain = crate::interval::bounds(domain.inf().ceil(), domain.sup().floor());
            self.variables[id.index()].domain = domain;
        }
        if domain.is_empty() {
            self.contradict(id);
        }
        for (end, relation) in [(domain.inf(), Relation::Ge), (domain.sup(), Relation::Le)] {
            if let (Some(value), Some(c)) = (crate::exact::rational::from_f64(end), Constant::from_f64(end)) {
                let bound = Some(Bound { value, strict: false, origin: None });
                let range = &mut self.ranges[id.index()];
                *(if relation == Relation::Ge { &mut range.lower } else { &mut range.upper }) = bound;
                let expr = self.graph.linear([(Constant::ONE, x)], -&c);
                self.parts.push(Part { formula: Formula::atom(expr, relation), origin: None, bound: Some(id) });
            }
        }
    }

    /// Adds a formula conjunct by conjunct, through the names of formulas.
    fn push(&mut self, formula: &Formula, origin: Option<usize>) {
        match formula {
            Formula::And(parts) => parts.iter().for_each(|part| self.push(part, origin)),
            Formula::Literal(literal) => match &self.booleans[literal.variable.index()].definition {
                Some(definition) => {
                    let definition = if literal.positive { definition.clone() } else { definition.negate() };
                    self.push(&definition, origin);
                }
                None => self.parts.push(Part { formula: formula.clone(), origin, bound: None }),
            },
            _ => self.parts.push(Part { formula: formula.clone(), origin, bound: None }),
        }
    }

    fn contradict(&mut self, variable: VariableId) {
        self.contradiction.get_or_insert(variable);
    }

    /// Gives every variable its entries.
    fn grow(&mut self) {
        let n = self.variables.len();
        self.ranges.resize(n, Range::default());
        self.sources.resize(n, Vec::new());
        self.gone.resize(n, false);
    }

    /// A new noise variable.
    fn noise_variable(&mut self) -> ExprId {
        self.variables.push(Variable {
            name: String::new(),
            domain: crate::interval::bounds(-1.0, 1.0),
            sort: Sort::Noise,
        });
        self.grow();
        self.graph.variable(VariableId::new(self.variables.len() - 1))
    }

    fn simplify(&mut self) {
        let domains: Vec<_> = self.variables.iter().map(|v| v.domain).collect();
        let mut rule = simplify::Simplify { domains: &domains };
        let mut done = HashMap::new();
        self.rewrite_all(|graph, expr, budget| rewrite(graph, expr, &mut rule, &mut done, budget));
    }

    /// The objective and the expressions of all atoms but those whose variable's range holds what they say, each once.
    fn roots(&self) -> Vec<ExprId> {
        let mut roots: Vec<ExprId> = self.objective.into_iter().collect();
        let parts = self.parts.iter().filter(|part| part.bound.is_none()).map(|part| &part.formula);
        for formula in parts.chain(self.booleans.iter().filter_map(|boolean| boolean.definition.as_ref())) {
            formula.atoms(&mut |atom| roots.push(atom.expr));
        }
        roots.sort_unstable();
        roots.dedup();
        roots
    }

    /// Replaces the expressions of the objective and all atoms, and atoms over constants by their truth.
    fn rewrite_all(&mut self, mut replace: impl FnMut(&mut Graph, ExprId, &Budget) -> ExprId) {
        let (graph, budget) = (&mut self.graph, self.budget);
        self.objective = self.objective.map(|objective| replace(graph, objective, budget));
        let mut atom = |atom: &Atom| {
            let expr = replace(graph, atom.expr, budget);
            let Some(c) = graph.as_constant(expr) else { return Formula::atom(expr, atom.relation) };
            if atom.relation.holds_for(c.signum()) { Formula::TRUE } else { Formula::FALSE }
        };
        for part in self.parts.iter_mut().filter(|part| part.bound.is_none()) {
            part.formula = part.formula.replace(&mut atom);
        }
        for definition in self.booleans.iter_mut().filter_map(|boolean| boolean.definition.as_mut()) {
            *definition = definition.replace(&mut atom);
        }
    }

    /// Renumbers what is left.
    fn finish(mut self, original: &Problem, slack: f64) -> Presolved {
        let contradiction = self.contradiction;
        if contradiction.is_some() {
            self.parts = vec![Part { formula: Formula::FALSE, origin: None, bound: None }];
        }
        let kept: Vec<Part> = self
            .parts
            .iter()
            .filter(|part| part.formula != Formula::TRUE)
            .filter(|part| {
                part.bound.is_none_or(|v| !self.gone[v.index()] && !self.domain_says(&part.formula, v, slack))
            })
            .cloned()
            .collect();
        let mut roots: Vec<ExprId> = self.objective.into_iter().collect();
        for formula in
            kept.iter().map(|part| &part.formula).chain(self.booleans.iter().filter_map(|b| b.definition.as_ref()))
        {
            formula.atoms(&mut |atom| roots.push(atom.expr));
        }
        let mark = self.graph.reachable(&roots);
        let mut used = vec![false; self.variables.len()];
        for index in (0..self.graph.len()).filter(|&index| mark[index]) {
            if let Node::Variable(v) = self.graph.node(self.graph.id(index)) {
                used[v.index()] = true;
            }
        }
        let mut problem = Problem::default();
        let mut numbers = vec![None; used.len()];
        let mut left = Vec::new();
        for (index, variable) in self.variables.iter().enumerate().filter(|(index, _)| used[*index]) {
            numbers[index] = Some(VariableId::new(problem.variables.len()));
            problem.variables.push(variable.clone());
            left.push(VariableId::new(index));
        }
        let map = self.graph.copy(&mark, &numbers, &mut problem.graph);
        problem.objective = self.objective.map(|objective| map[&objective]);
        let mut renumber = |atom: &Atom| Formula::atom(map[&atom.expr], atom.relation);
        let parts: Vec<_> = kept.iter().map(|part| (part.formula.replace(&mut renumber), part.origin)).collect();
        for boolean in &self.booleans {
            let definition = boolean.definition.as_ref().map(|definition| definition.replace(&mut renumber));
            problem.booleans.push(Boolean { name: boolean.name.clone(), definition });
        }
        problem.constraint = Formula::and(parts.iter().map(|(formula, _)| formula.clone()));
        let restore = Restore::new(self, original, left, contradiction);
        Presolved { problem, parts, restore }
    }
}
