//! Formulas with constants in place of variables.

use super::boolean::{BoolId, BoolNode, Booleans, Signed};
use super::context::Context;
use super::real::Sum;
use crate::exact::Constant;
use crate::expr::{ExprId, Node, VariableId};
use crate::op::Op;
use std::collections::HashMap;

/// Constants by variable; a truth value is 0 or 1.
pub(super) type Constants = HashMap<VariableId, Constant>;

/// The formula at the given values of some variables; refuses quantifiers.
pub(super) fn substitute(context: &mut Context, root: Signed, constants: &Constants) -> Result<Signed, &'static str> {
    let needed = needed(&context.booleans, root);
    let mut exprs: HashMap<ExprId, ExprId> = HashMap::new();
    let roots: Vec<ExprId> = needed
        .iter()
        .filter_map(|&id| match context.booleans.node(id) {
            BoolNode::Atom(atom) => Some(atom.expr),
            _ => None,
        })
        .collect();
    let mark = context.graph.reachable(&roots);
    for index in (0..mark.len()).filter(|&index| mark[index]) {
        let id = context.graph.id(index);
        let image = expression(context, id, constants, &exprs);
        exprs.insert(id, image);
    }
    let mut formulas: HashMap<BoolId, Signed> = HashMap::new();
    let image = |formulas: &HashMap<BoolId, Signed>, part: Signed| {
        let image = formulas[&part.id];
        if part.holds { image } else { image.negate() }
    };
    for id in needed {
        let value = match context.booleans.node(id).clone() {
            BoolNode::True => Booleans::TRUE,
            BoolNode::Variable(variable) => match constants.get(&variable) {
                Some(value) => context.booleans.constant(value.signum() > 0),
                None => Signed { id, holds: true },
            },
            BoolNode::Atom(atom) => {
                let sum = Sum::of(exprs[&atom.expr], &context.graph);
                context.compare(atom.relation, sum, Constant::ZERO.into())
            }
            BoolNode::And(parts) => {
                let parts: Vec<Signed> = parts.into_iter().map(|part| image(&formulas, part)).collect();
                context.booleans.and(parts)
            }
            BoolNode::Iff(a, b) => {
                let (a, b) = (formulas[&a], image(&formulas, b));
                context.booleans.iff(a, b)
            }
            BoolNode::ForAll(_) => return Err("quantifiers that alternate are not supported"),
        };
        formulas.insert(id, value);
    }
    Ok(image(&formulas, root))
}

/// Everything that a formula depends on, operands first.
pub(super) fn needed(booleans: &Booleans, root: Signed) -> Vec<BoolId> {
    let mut mark = vec![false; root.id.index() + 1];
    mark[root.id.index()] = true;
    for index in (0..mark.len()).rev() {
        if !mark[index] {
            continue;
        }
        match booleans.node(BoolId::new(index)) {
            BoolNode::And(parts) => parts.iter().for_each(|part| mark[part.id.index()] = true),
            BoolNode::Iff(a, b) => {
                mark[a.index()] = true;
                mark[b.id.index()] = true;
            }
            BoolNode::True | BoolNode::Variable(_) | BoolNode::Atom(_) | BoolNode::ForAll(_) => {}
        }
    }
    (0..mark.len()).filter(|&index| mark[index]).map(BoolId::new).collect()
}

/// One node over the images of its operands.
fn expression(context: &mut Context, id: ExprId, constants: &Constants, known: &HashMap<ExprId, ExprId>) -> ExprId {
    let graph = &mut context.graph;
    let (op, operands) = match graph.node(id).clone() {
        Node::Constant(_) => return id,
        Node::Variable(variable) => {
            return match constants.get(&variable) {
                Some(value) => graph.constant(value.clone()),
                None => id,
            };
        }
        Node::Apply { op, operands } => (op, operands),
    };
    let images: Vec<ExprId> = operands.iter().map(|operand| known[operand]).collect();
    if images[..] == operands[..] {
        return id;
    }
    match &op {
        Op::Linear(row) => graph.linear(row.coefficients.iter().zip(images), row.constant.clone()),
        Op::Mul => graph.mul(images[0], images[1]),
        Op::Div => graph.div(images[0], images[1]),
        Op::Ite if graph.as_constant(images[0]).is_some() => {
            let taken = graph.as_constant(images[0]).is_some_and(|c| c.signum() >= 0);
            images[if taken { 1 } else { 2 }]
        }
        _ => graph.apply(op, images),
    }
}
