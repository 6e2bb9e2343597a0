//! Exact evaluation of expressions at a rational point: rational arithmetic where the operators are rational, certified
//! high precision elsewhere. It knows neither intervals in doubles nor the tape, so it can judge what the search found.

use super::{ExprId, Graph, Node, VariableId};
use crate::budget::Budget;
use crate::exact::{Ball, Rational};
use crate::op::Op;
use std::collections::HashMap;

/// So many operands are evaluated between two looks at the limits, and before the first one: a point that is quickly judged
/// is judged even when time is up.
const OPERANDS: usize = 2_000;

/// The values of everything that `roots` depend on; `None` where an expression is undefined or not decided by the
/// working precision. `point` has one entry per variable.
pub fn evaluate(graph: &Graph, roots: &[ExprId], point: &[Rational]) -> HashMap<ExprId, Option<Ball>> {
    evaluate_within(graph, roots, point, &Budget::unlimited())
}

/// The same as far as a budget allows: what is not evaluated in time is not decided.
pub fn evaluate_within(
    graph: &Graph,
    roots: &[ExprId],
    point: &[Rational],
    budget: &Budget,
) -> HashMap<ExprId, Option<Ball>> {
    evaluate_over(graph, roots, |v| point.get(v.index()).and_then(|x| Ball::from_rational(x.clone())), budget)
}

/// The same where the variables are known to lie in balls: each value then lies in its ball.
pub(crate) fn evaluate_over(
    graph: &Graph,
    roots: &[ExprId],
    variable: impl Fn(VariableId) -> Option<Ball>,
    budget: &Budget,
) -> HashMap<ExprId, Option<Ball>> {
    let mark = graph.reachable(roots);
    let mut values: HashMap<ExprId, Option<Ball>> = HashMap::new();
    let (mut operands, mut stopped) = (0, false);
    for index in (0..graph.len()).filter(|&index| mark[index]) {
        let id = graph.id(index);
        operands += match graph.node(id) {
            Node::Apply { operands, .. } => operands.len(),
            _ => 1,
        };
        if operands > OPERANDS {
            (operands, stopped) = (0, stopped || budget.expired());
        }
        let value = if stopped { None } else { value(graph, id, &variable, &values) };
        values.insert(id, value);
    }
    values
}

/// The value of one expression. `values` holds those found so far, at points that agree in every variable that they depend
/// on, and keeps what is found on the way.
pub(crate) fn extend(
    graph: &Graph,
    root: ExprId,
    point: &[Rational],
    values: &mut HashMap<ExprId, Option<Ball>>,
) -> Option<Ball> {
    let mut stack = vec![root];
    while let Some(&id) = stack.last() {
        let before = stack.len();
        if !values.contains_key(&id)
            && let Node::Apply { operands, .. } = graph.node(id)
        {
            stack.extend(operands.iter().filter(|operand| !values.contains_key(operand)));
        }
        if stack.len() == before {
            stack.pop();
            if !values.contains_key(&id) {
                let variable = |v: VariableId| point.get(v.index()).and_then(|x| Ball::from_rational(x.clone()));
                let value = value(graph, id, &variable, values);
                values.insert(id, value);
            }
        }
    }
    values[&root].clone()
}

/// The value of a node over the values of its operands.
fn value(
    graph: &Graph,
    id: ExprId,
    variable: &impl Fn(VariableId) -> Option<Ball>,
    values: &HashMap<ExprId, Option<Ball>>,
) -> Option<Ball> {
    match graph.node(id) {
        Node::Constant(c) => c.to_ball(),
        Node::Variable(v) => variable(*v),
        // the branch that is not taken needs no value
        Node::Apply { op: Op::Ite, operands } => {
            let sign = values[&operands[0]].as_ref().and_then(Ball::signum);
            sign.and_then(|sign| values[&operands[if sign >= 0 { 1 } else { 2 }]].clone())
        }
        Node::Apply { op, operands } => {
            let x: Option<Vec<Ball>> = operands.iter().map(|o| values[o].clone()).collect();
            x.and_then(|x| apply(op, &x))
        }
    }
}

fn apply(op: &Op, x: &[Ball]) -> Option<Ball> {
    match op {
        Op::Linear(row) => row.exact(x),
        Op::Noise(row) => row.exact(x),
        other => other.operator()?.exact(x),
    }
}
