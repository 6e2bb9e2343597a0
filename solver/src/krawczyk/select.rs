//! From a formula to atoms that are to hold together.
//!
//! Of a disjunction the branch that a point violates least is taken, so any choice is sound: where all chosen atoms hold,
//! so does the formula. Rows are turned so that they begin with a positive coefficient, which makes `x − y = 0` and
//! `y − x ≤ 0` speak of the same expression.

use crate::expr::{Graph, Node};
use crate::formula::{Atom, Formula, Literal, Relation};
use crate::op::Op;
use crate::problem::Problem;
use crate::tape::{Tape, Workspace};
use std::collections::HashSet;

/// Atoms, over expressions of `graph`, that imply all the formulas; `None` where the values of the propositional
/// variables leave no such choice.
pub(super) fn conjunction(
    problem: &Problem,
    formulas: &[&Formula],
    booleans: &[Option<bool>],
    point: &[f64],
    graph: &mut Graph,
) -> Option<Vec<Atom>> {
    let mut roots = Vec::new();
    let definitions = problem.booleans.iter().filter_map(|boolean| boolean.definition.as_ref());
    for formula in formulas.iter().copied().chain(definitions) {
        formula.atoms(&mut |atom| roots.push(atom.expr));
    }
    let tape = Tape::compile(&problem.graph, problem.variables.len(), &[], &roots);
    let mut w = Workspace::new(&tape);
    tape.evaluate(point, &mut w);
    let mut choice = Choice { problem, tape: &tape, w: &w, names: Vec::new(), seen: HashSet::new(), atoms: Vec::new() };
    for (index, boolean) in problem.booleans.iter().enumerate() {
        let both = match &boolean.definition {
            Some(definition) => [choice.violation(&definition.negate()), choice.violation(definition)],
            None => [false, true].map(|value| {
                let held = booleans.get(index).copied().flatten() == Some(value);
                if held { 0.0 } else { f64::INFINITY }
            }),
        };
        choice.names.push(both);
    }
    for formula in formulas {
        if choice.violation(formula) == f64::INFINITY {
            return None;
        }
        choice.collect(formula);
    }
    Some(choice.atoms.iter().map(|atom| turned(graph, atom)).collect())
}

struct Choice<'a> {
    problem: &'a Problem,
    tape: &'a Tape,
    w: &'a Workspace,
    /// by propositional variable: how far the point is from its negation, and from itself
    names: Vec<[f64; 2]>,
    /// the named formulas that were collected
    seen: HashSet<Literal>,
    atoms: Vec<Atom>,
}

impl Choice<'_> {
    /// How far the point is from satisfying a formula; infinite where it is not known to be near.
    fn violation(&self, formula: &Formula) -> f64 {
        match formula {
            Formula::Atom(atom) => self.miss(atom),
            Formula::Literal(literal) => self.names[literal.variable.index()][usize::from(literal.positive)],
            Formula::And(parts) => parts.iter().map(|part| self.violation(part)).sum(),
            Formula::Or(parts) => parts.iter().map(|part| self.violation(part)).fold(f64::INFINITY, f64::min),
        }
    }

    fn miss(&self, atom: &Atom) -> f64 {
        let value = self.tape.slot(atom.expr).map_or(f64::NAN, |slot| self.w.points[slot as usize]);
        // a strict inequality at its end is further off than a weak one
        let strict = |value: f64| if value == 0.0 { f64::MIN_POSITIVE } else { value.max(0.0) };
        let miss = match atom.relation {
            Relation::Le => value.max(0.0),
            Relation::Ge => (-value).max(0.0),
            Relation::Lt => strict(value),
            Relation::Gt => strict(-value),
            Relation::Eq => value.abs(),
            Relation::Ne if value == 0.0 => f64::MIN_POSITIVE,
            Relation::Ne => 0.0,
        };
        if value.is_nan() { f64::INFINITY } else { miss }
    }

    fn collect(&mut self, formula: &Formula) {
        match formula {
            Formula::Atom(atom) => self.atoms.push(*atom),
            Formula::Literal(literal) => {
                if let Some(definition) = &self.problem.booleans[literal.variable.index()].definition
                    && self.seen.insert(*literal)
                {
                    if literal.positive { self.collect(definition) } else { self.collect(&definition.negate()) }
                }
            }
            Formula::And(parts) => parts.iter().for_each(|part| self.collect(part)),
            Formula::Or(parts) => {
                let least = parts.iter().min_by(|a, b| self.violation(a).total_cmp(&self.violation(b)));
                least.into_iter().for_each(|part| self.collect(part));
            }
        }
    }
}

/// The same atom, turned where it is over a row that begins with a negative coefficient.
fn turned(graph: &mut Graph, atom: &Atom) -> Atom {
    let relation = match atom.relation {
        Relation::Le => Relation::Ge,
        Relation::Lt => Relation::Gt,
        Relation::Ge => Relation::Le,
        Relation::Gt => Relation::Lt,
        same => same,
    };
    let Node::Apply { op: Op::Linear(row), operands } = graph.node(atom.expr) else { return *atom };
    if row.coefficients.iter().next().is_none_or(|lead| lead.signum() >= 0) {
        return *atom;
    }
    let terms: Vec<_> = row.coefficients.iter().map(|a| -&a).zip(operands.iter().copied()).collect();
    let constant = -&row.constant;
    Atom { expr: graph.linear(terms, constant), relation }
}
