//! Identities that give an expression the form which the operators enclose best: `ite` as `ReLU`, `|·|`, `max` or `min`,
//! `1/(1+e^−z)` as the sigmoid, `(√x)²` as `x`.
//!
//! Each holds for all reals where the left side has a value, and the right side has a value nowhere else.

use super::rewrite::{Rule, rebuild};
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node};
use crate::interval::Interval;
use crate::op::Op;
use std::collections::HashMap;

/// Applies the identities bottom-up.
pub(super) struct Simplify<'a> {
    /// the variables' domains, which decide whether a root is defined
    pub(super) domains: &'a [Interval],
}

impl Rule for Simplify<'_> {
    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let rebuilt = rebuild(graph, id, done);
        simplify(graph, rebuilt, self.domains)
    }
}

/// The node in a better form, or itself.
pub(super) fn simplify(graph: &mut Graph, id: ExprId, domains: &[Interval]) -> ExprId {
    let Node::Apply { op, operands } = graph.node(id).clone() else { return id };
    match (&op, &operands[..]) {
        (Op::Ite, &[c, a, b]) => choice(graph, c, a, b).unwrap_or(id),
        (Op::Max, &[a, b]) => rectified(graph, a, b).unwrap_or(id),
        (Op::Div, &[a, b]) => logistic(graph, a, b).unwrap_or(id),
        (Op::Pow(pow), &[x]) if pow.exponent == 2 => square_of_root(graph, x, domains).unwrap_or(id),
        _ => id,
    }
}

fn is_zero(graph: &Graph, id: ExprId) -> bool {
    graph.as_constant(id).is_some_and(Constant::is_zero)
}

/// `a` where `c ≥ 0`, else `b`
fn choice(graph: &mut Graph, c: ExprId, a: ExprId, b: ExprId) -> Option<ExprId> {
    let opposite = graph.neg(c);
    if a == c && b == opposite || a == opposite && b == c {
        let magnitude = graph.apply(Op::Abs, [c]);
        // min(c, −c) is the second one
        return Some(if a == c { magnitude } else { graph.neg(magnitude) });
    }
    // with c = ±z: z where z ≥ 0, else 0
    if a == c && is_zero(graph, b) {
        return Some(graph.apply(Op::Relu, [c]));
    }
    if b == opposite && is_zero(graph, a) {
        return Some(graph.apply(Op::Relu, [opposite]));
    }
    if b == c && is_zero(graph, a) {
        let relu = graph.apply(Op::Relu, [opposite]);
        return Some(graph.neg(relu));
    }
    if a == opposite && is_zero(graph, b) {
        let relu = graph.apply(Op::Relu, [c]);
        return Some(graph.neg(relu));
    }
    if graph.sub(a, b) == c {
        return Some(rectified(graph, a, b).unwrap_or_else(|| graph.apply(Op::Max, [a, b])));
    }
    (graph.sub(b, a) == c).then(|| graph.apply(Op::Min, [a, b]))
}

/// `max(a, b)` as `ReLU` or `|·|`
fn rectified(graph: &mut Graph, a: ExprId, b: ExprId) -> Option<ExprId> {
    if is_zero(graph, b) {
        return Some(graph.apply(Op::Relu, [a]));
    }
    if is_zero(graph, a) {
        return Some(graph.apply(Op::Relu, [b]));
    }
    (graph.neg(a) == b).then(|| graph.apply(Op::Abs, [a]))
}

/// `n/(c + c·e^u)` as `(n/c)·σ(−u)`, and `e^u/(1 + e^u)` as `σ(u)`
fn logistic(graph: &mut Graph, numerator: ExprId, denominator: ExprId) -> Option<ExprId> {
    let Node::Apply { op: Op::Linear(row), operands } = graph.node(denominator).clone() else { return None };
    let &[exponential] = &operands[..] else { return None };
    let Node::Apply { op: Op::Exp, operands } = graph.node(exponential).clone() else { return None };
    let c = &row.constant;
    if c.signum() <= 0 || row.coefficients.get(0) != *c {
        return None;
    }
    let exponent = operands[0];
    if let Some(n) = graph.as_constant(numerator) {
        let scale = n.checked_div(c)?;
        let opposite = graph.neg(exponent);
        let sigmoid = graph.apply(Op::Sigmoid, [opposite]);
        return Some(graph.scale(scale, sigmoid));
    }
    (numerator == exponential && *c == Constant::ONE).then(|| graph.apply(Op::Sigmoid, [exponent]))
}

/// `(√x)²` is `x` where `x ≥ 0`, which a variable's domain can tell.
fn square_of_root(graph: &Graph, root: ExprId, domains: &[Interval]) -> Option<ExprId> {
    let Node::Apply { op: Op::Sqrt, operands } = graph.node(root) else { return None };
    let Node::Variable(v) = graph.node(operands[0]) else { return None };
    domains.get(v.index()).is_some_and(|domain| domain.inf() >= 0.0).then_some(operands[0])
}
