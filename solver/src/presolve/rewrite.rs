//! Rebuilding expressions: every rule of presolve replaces some nodes of the shared graph and keeps the rest.
//!
//! The graph only grows, so an id from before a rewriting stays valid and still means what it meant; that is what lets
//! the values of eliminated variables be computed afterwards.

use crate::budget::Budget;
use crate::expr::{ExprId, Graph, Node, Operands};
use crate::op::Op;
use std::collections::HashMap;

/// What a rule does to a node.
pub(super) trait Rule {
    /// What must be rewritten before the node: its operands, unless the rule says otherwise.
    fn needs(&self, graph: &Graph, id: ExprId) -> Operands {
        operands(graph, id)
    }

    /// The node that replaces `id`; `done` holds what everything it [`needs`](Self::needs) became.
    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId;
}

/// The operands of a node.
pub(super) fn operands(graph: &Graph, id: ExprId) -> Operands {
    match graph.node(id) {
        Node::Apply { operands, .. } => operands.clone(),
        _ => Operands::new(),
    }
}

/// Rewrites an expression, with everything below it; `done` remembers what has been rewritten already. Once the budget is used up, the
/// result means nothing.
pub(super) fn rewrite(
    graph: &mut Graph,
    root: ExprId,
    rule: &mut impl Rule,
    done: &mut HashMap<ExprId, ExprId>,
    budget: &Budget,
) -> ExprId {
    let mut stack = vec![root];
    while let Some(&id) = stack.last() {
        if budget.step() {
            return root;
        }
        if done.contains_key(&id) {
            stack.pop();
            continue;
        }
        let before = stack.len();
        stack.extend(rule.needs(graph, id).into_iter().filter(|need| !done.contains_key(need)));
        if stack.len() == before {
            let made = rule.make(graph, id, done);
            done.insert(id, made);
            stack.pop();
        }
    }
    done[&root]
}

/// The node over rewritten operands, through the builders that fold constants.
pub(super) fn rebuild(graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
    let Node::Apply { op, operands } = graph.node(id).clone() else { return id };
    let x: Operands = operands.iter().map(|o| done[o]).collect();
    if x == operands {
        return id;
    }
    match &op {
        Op::Linear(row) => graph.linear(row.coefficients.iter().zip(x), row.constant.clone()),
        Op::Noise(row) => {
            let terms = row.coefficients.iter().zip(row.radii.iter()).zip(x[1..].iter().copied());
            let terms: Vec<_> = terms.map(|((a, r), h)| (a, r, h)).collect();
            graph.noise(x[0], terms, row.constant.clone(), row.radius.clone())
        }
        Op::Mul => graph.mul(x[0], x[1]),
        Op::Div => graph.div(x[0], x[1]),
        Op::Pow(pow) => graph.powi(x[0], pow.exponent),
        Op::Increment(f) if x.len() == 2 => graph.increment(*f, x[0], x[1]),
        Op::Meet => graph.meet(x[0], x[1]),
        op => graph.apply(op.clone(), x),
    }
}

/// How often each node below the roots is used: as an operand, or as a root.
pub(super) fn uses(graph: &Graph, roots: &[ExprId]) -> Vec<u32> {
    let mark = graph.reachable(roots);
    let mut count = vec![0; graph.len()];
    for root in roots {
        count[root.index()] += 1;
    }
    for index in (0..graph.len()).filter(|&index| mark[index]) {
        for operand in operands(graph, graph.id(index)) {
            count[operand.index()] += 1;
        }
    }
    count
}
