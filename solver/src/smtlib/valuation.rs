//! Values of terms in a model: at its point, or over the box in which the solution lies that the model stands for.
//!
//! Over the box a term has the enclosure that its parts give it. What the solution satisfies is known besides: an asserted
//! equation holds, though its two sides have overlapping enclosures.

use super::boolean::{BoolId, BoolNode, Booleans, Signed};
use super::context::Context;
use super::session::Last;
use crate::budget::Budget;
use crate::exact::{Ball, Rational, rational};
use crate::expr::evaluate::evaluate_over;
use crate::expr::{ExprId, VariableId};
use crate::formula::{Relation, Truth};
use crate::interval::Interval;
use std::collections::HashMap;

/// The values of the variables, and what they satisfy.
pub(super) struct Valuation<'a> {
    point: &'a [Rational],
    within: Option<&'a [Interval]>,
    facts: &'a [Signed],
}

/// Whether a number stands for the truth value `true`.
pub(super) fn is_true(x: &Rational) -> bool {
    *x >= Rational::new(1.into(), 2.into())
}

impl<'a> Valuation<'a> {
    pub(super) fn new(last: &'a Last) -> Self {
        Valuation { point: &last.point, within: last.within.as_deref(), facts: &last.facts }
    }

    fn variable(&self, variable: VariableId) -> Option<Ball> {
        let end = |x: f64| rational::from_f64(x);
        match self.within.and_then(|bounds| bounds.get(variable.index())) {
            Some(bound) if !bound.is_singleton() => Ball::from_bounds(&end(bound.inf())?, &end(bound.sup())?),
            _ => Ball::from_rational(self.point.get(variable.index()).cloned().unwrap_or_default()),
        }
    }

    /// The values of expressions and all that they depend on; `None` where they have none, or it is not known.
    pub(super) fn numbers(&self, context: &Context, roots: &[ExprId]) -> HashMap<ExprId, Option<Ball>> {
        evaluate_over(&context.graph, roots, |variable| self.variable(variable), &Budget::unlimited())
    }

    /// The truth of a formula; `None` where it depends on a quantifier, on an expression without a value, or is not known.
    pub(super) fn truth(&self, context: &Context, formula: Signed) -> Option<bool> {
        let booleans = &context.booleans;
        let mut needed = vec![false; formula.id.index() + 1];
        needed[formula.id.index()] = true;
        let mut roots = Vec::new();
        mark(booleans, &mut needed, &mut roots);
        let mut values = self.numbers(context, &roots);
        let facts = self.facts(booleans);
        for (&fact, &holds) in &facts {
            if let (BoolNode::Atom(atom), true) = (booleans.node(fact), holds)
                && atom.relation == Relation::Eq
            {
                values.insert(atom.expr, Some(Ball::from_integer(0)));
            }
        }
        let mut known: Vec<Option<bool>> = vec![None; needed.len()];
        for index in (0..needed.len()).filter(|&index| needed[index]) {
            let signed = |part: Signed| known[part.id.index()].map(|value| value == part.holds);
            let fact = facts.get(&BoolId::new(index)).copied();
            known[index] = fact.or_else(|| match booleans.node(BoolId::new(index)) {
                BoolNode::True => Some(true),
                BoolNode::Variable(id) => self.point.get(id.index()).map(is_true),
                BoolNode::Atom(atom) => compared(values.get(&atom.expr)?.as_ref()?, atom.relation),
                BoolNode::And(parts) => {
                    let truths: Vec<Option<bool>> = parts.iter().map(|&part| signed(part)).collect();
                    if truths.contains(&Some(false)) {
                        Some(false)
                    } else {
                        truths.iter().copied().reduce(|a, b| a.and(b))?
                    }
                }
                &BoolNode::Iff(a, b) => known[a.index()].zip(signed(b)).map(|(a, b)| a == b),
                BoolNode::ForAll(_) => None,
            });
        }
        known[formula.id.index()].map(|value| value == formula.holds)
    }

    /// The formulas that are known to hold, or not to, at the solution in the box.
    fn facts(&self, booleans: &Booleans) -> HashMap<BoolId, bool> {
        let mut facts = HashMap::new();
        let mut open: Vec<Signed> = if self.within.is_some() { self.facts.to_vec() } else { Vec::new() };
        while let Some(fact) = open.pop() {
            if let (None, BoolNode::And(parts), true) =
                (facts.insert(fact.id, fact.holds), booleans.node(fact.id), fact.holds)
            {
                open.extend(parts);
            }
        }
        facts
    }
}

/// Whether a number compares with zero in this way, where its ball tells.
fn compared(value: &Ball, relation: Relation) -> Option<bool> {
    match crate::problem::sign_truth(relation, value) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    }
}

/// Marks what the marked formulas depend on.
fn mark(booleans: &Booleans, needed: &mut [bool], roots: &mut Vec<ExprId>) {
    for index in (0..needed.len()).rev() {
        if !needed[index] {
            continue;
        }
        match booleans.node(BoolId::new(index)) {
            BoolNode::And(parts) => parts.iter().for_each(|part| needed[part.id.index()] = true),
            BoolNode::Iff(a, b) => {
                needed[a.index()] = true;
                needed[b.id.index()] = true;
            }
            BoolNode::Atom(atom) => roots.push(atom.expr),
            BoolNode::True | BoolNode::Variable(_) | BoolNode::ForAll(_) => {}
        }
    }
}
