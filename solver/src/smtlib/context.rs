//! What a script has declared so far: words, expressions, formulas, constants, functions, quantifiers.
//!
//! Everything is numbered in the order in which it appears, and operands have smaller numbers than what uses them, so
//! that leaving a scope is a truncation.

use super::boolean::{BoolNode, Booleans, QuantifierId, Signed};
use super::formula::is_constant;
use super::real::{self, Sum};
use super::sexpr::{Tree, Word, Words};
use super::substitute::needed;
use crate::exact::{Constant, Rational};
use crate::expr::{ExprId, Graph, VariableId};
use crate::formula::Relation;
use crate::op::Op;
use std::collections::HashMap;
use std::rc::Rc;

/// The sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SortName {
    Real,
    Int,
    Bool,
    /// an integer that is 0 or 1, and a number in terms
    Binary,
}

impl SortName {
    pub(super) fn name(self) -> &'static str {
        match self {
            SortName::Real => "Real",
            SortName::Int => "Int",
            SortName::Bool => "Bool",
            SortName::Binary => "Binary",
        }
    }

    pub(super) fn is_integral(self) -> bool {
        self != SortName::Real
    }
}

/// The value of a term: a formula or a number.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(Signed),
    Real(Sum),
}

impl Value {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Bool(_) => "a formula",
            Value::Real(_) => "a number",
        }
    }
}

/// Exact bounds; `None` is infinite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) lower: Option<Rational>,
    pub(super) upper: Option<Rational>,
}

/// What a variable was declared for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// a constant of the script, whose value a model gives
    Free,
    /// bound by a quantifier
    Bound,
}

/// A declared or bound variable, by [`VariableId`].
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) name: Word,
    pub(super) sort: SortName,
    pub(super) range: Range,
    pub(super) role: Role,
}

/// A function defined by a term over its parameters.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: Word,
    pub(super) parameters: Vec<(Word, SortName)>,
    pub(super) body: Rc<Tree>,
}

/// What a name means.
#[derive(Clone, Debug)]
pub(super) enum Global {
    Value(Value),
    Function(Rc<Function>),
}

/// `∀ variables: body`
#[derive(Clone, Debug)]
pub(super) struct Quantifier {
    pub(super) variables: Vec<VariableId>,
    pub(super) body: Signed,
}

/// An argument of a function as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Bool(Signed),
    Real(ExprId),
}

/// How much of everything there is; see [`Context::truncate`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    graph: usize,
    booleans: usize,
    variables: usize,
    quantifiers: usize,
    names: usize,
}

/// The declarations and terms of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    pub(super) words: Words,
    pub(super) graph: Graph,
    pub(super) booleans: Booleans,
    pub(super) variables: Vec<Declared>,
    pub(super) quantifiers: Vec<Quantifier>,
    globals: HashMap<Word, Global>,
    /// the names in `globals`, in the order of their definition
    names: Vec<Word>,
    pub(super) numbers: HashMap<Word, Constant>,
    /// values of functions that were called
    pub(super) calls: HashMap<(Word, Vec<Key>), Value>,
}

impl Context {
    pub(super) fn global(&self, name: Word) -> Option<&Global> {
        self.globals.get(&name)
    }

    /// Gives a name a meaning; false when it has one.
    pub(super) fn define(&mut self, name: Word, meaning: Global) -> bool {
        if self.globals.contains_key(&name) {
            return false;
        }
        self.globals.insert(name, meaning);
        self.names.push(name);
        true
    }

    /// Declares a variable and returns its value as a term.
    pub(super) fn declare(&mut self, declared: Declared) -> (VariableId, Value) {
        let id = VariableId::new(self.variables.len());
        let is_bool = declared.sort == SortName::Bool;
        self.variables.push(declared);
        let value =
            if is_bool { Value::Bool(self.booleans.variable(id)) } else { Value::Real(self.graph.variable(id).into()) };
        (id, value)
    }

    pub(super) fn quantify(&mut self, quantifier: Quantifier) -> Signed {
        self.quantifiers.push(quantifier);
        self.booleans.forall(QuantifierId(self.quantifiers.len() as u32 - 1))
    }

    /// Whether a formula depends on any of these variables; one with bounds, which may be crossed, counts as such.
    pub(super) fn speaks_of(&self, formula: Signed, variables: &[VariableId]) -> bool {
        if variables.is_empty() || is_constant(formula) {
            return false;
        }
        let mut roots = Vec::new();
        for id in needed(&self.booleans, formula) {
            match self.booleans.node(id) {
                BoolNode::Atom(atom) => roots.push(atom.expr),
                BoolNode::Variable(variable) if variables.contains(variable) => return true,
                BoolNode::ForAll(_) => return true,
                BoolNode::Variable(_) | BoolNode::True | BoolNode::And(_) | BoolNode::Iff(..) => {}
            }
        }
        let below = self.graph.reachable(&roots);
        variables.iter().any(|&variable| {
            let declared = &self.variables[variable.index()];
            let bounded = declared.range != Range::default() || declared.sort != SortName::Real;
            bounded || self.graph.known_variable(variable).is_some_and(|x| below[x.index()])
        })
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            graph: self.graph.len(),
            booleans: self.booleans.len(),
            variables: self.variables.len(),
            quantifiers: self.quantifiers.len(),
            names: self.names.len(),
        }
    }

    /// Forgets everything that came after the mark.
    pub(super) fn truncate(&mut self, mark: Mark) {
        self.graph.truncate(mark.graph);
        self.booleans.truncate(mark.booleans);
        self.variables.truncate(mark.variables);
        self.quantifiers.truncate(mark.quantifiers);
        for name in self.names.drain(mark.names..) {
            self.globals.remove(&name);
        }
        self.calls.clear();
    }

    /// `a ⋈ b` as an atom over their difference, or its truth where that is a constant.
    pub(super) fn compare(&mut self, relation: Relation, a: Sum, b: Sum) -> Signed {
        let graph = &mut self.graph;
        let mut difference = a.minus(b, graph).expanded(graph);
        let mut relation = relation;
        if difference.terms.first().is_some_and(|(a, _)| a.signum() < 0) {
            difference = difference.times(&-&Constant::ONE, graph);
            relation = match relation {
                Relation::Le => Relation::Ge,
                Relation::Lt => Relation::Gt,
                Relation::Ge => Relation::Le,
                Relation::Gt => Relation::Lt,
                Relation::Eq | Relation::Ne => relation,
            };
        }
        let id = difference.node(graph);
        match graph.as_constant(id) {
            Some(value) => self.booleans.constant(holds(relation, value)),
            None => {
                let total = self.graph.is_total(id);
                self.booleans.atom(id, relation, total)
            }
        }
    }

    /// `if condition then a else b` for numbers. Where the condition compares what the branches differ by, it is a
    /// maximum, a minimum, a ReLU or an absolute value.
    pub(super) fn select(&mut self, condition: Signed, a: Sum, b: Sum) -> Result<Sum, String> {
        if condition == Booleans::TRUE {
            return Ok(a);
        }
        if condition == Booleans::FALSE {
            return Ok(b);
        }
        let graph = &mut self.graph;
        let difference = a.clone().minus(b.clone(), graph).expanded(graph);
        if difference.as_constant().is_some_and(Constant::is_zero) && self.booleans.is_total(condition) {
            return Ok(a);
        }
        if let BoolNode::Atom(atom) = self.booleans.node(condition.id)
            && atom.relation != Relation::Eq
            && let Some(k) = difference.ratio(&Sum::from(atom.expr).expanded(graph))
        {
            let larger = (k.signum() > 0) == ((atom.relation == Relation::Ge) == condition.holds);
            let opposite = a.clone().plus(b.clone()).expanded(graph).as_constant().is_some_and(Constant::is_zero);
            return Ok(match (larger, opposite) {
                (true, true) => real::absolute(a, graph),
                (false, true) => real::absolute(a, graph).times(&-&Constant::ONE, graph),
                (true, false) => real::maximum(a, b, graph),
                (false, false) => real::minimum(a, b, graph),
            });
        }
        let (a, b) = (a.node(graph), b.node(graph));
        let id = super::select::select(self, condition, a, b)?;
        Ok(Sum::of(id, &self.graph))
    }

    /// The ite of the engine, for the condition `expr ⋈ 0`. Between equal branches nothing is left of the condition but that
    /// it has a truth value.
    pub(super) fn branch(&mut self, expr: ExprId, relation: Relation, a: ExprId, b: ExprId) -> ExprId {
        let graph = &mut self.graph;
        if a == b {
            return match graph.vanishing(expr) {
                Some(zero) => graph.add(a, zero),
                None => a,
            };
        }
        match relation {
            Relation::Ge => graph.apply(Op::Ite, [expr, a, b]),
            Relation::Lt => graph.apply(Op::Ite, [expr, b, a]),
            Relation::Le | Relation::Gt => {
                let negative = graph.neg(expr);
                let (a, b) = if relation == Relation::Le { (a, b) } else { (b, a) };
                graph.apply(Op::Ite, [negative, a, b])
            }
            Relation::Eq | Relation::Ne => {
                let magnitude = graph.apply(Op::Abs, [expr]);
                let negative = graph.neg(magnitude);
                let (a, b) = if relation == Relation::Eq { (a, b) } else { (b, a) };
                graph.apply(Op::Ite, [negative, a, b])
            }
        }
    }
}

/// `value ⋈ 0`
pub(super) fn holds(relation: Relation, value: &Constant) -> bool {
    match relation {
        Relation::Le => value.signum() <= 0,
        Relation::Lt => value.signum() < 0,
        Relation::Ge => value.signum() >= 0,
        Relation::Gt => value.signum() > 0,
        Relation::Eq => value.is_zero(),
        Relation::Ne => !value.is_zero(),
    }
}
