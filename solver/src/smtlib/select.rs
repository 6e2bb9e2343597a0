//! `if formula then number else number`: a formula as a condition becomes a chain of the engine's `ite`, whose conditions
//! are signs of expressions.
//!
//! `ite(A ∧ B, x, y) = ite(A, ite(B, x, y), y)`, and dually; both branches are shared, so the chain is as long as the
//! formula. An equivalence takes its second operand twice, once for each value of the first. All of it runs on a stack of
//! its own.

use super::boolean::{BoolNode, Signed};
use super::context::Context;
use crate::exact::Constant;
use crate::expr::ExprId;
use std::collections::HashMap;

type Question = (Signed, ExprId, ExprId);

/// The chain for a condition; refuses conditions with quantifiers.
pub(super) fn select(context: &mut Context, condition: Signed, a: ExprId, b: ExprId) -> Result<ExprId, String> {
    let root = (condition, a, b);
    let mut known: HashMap<Question, ExprId> = HashMap::new();
    let mut open = vec![root];
    while let Some(&question) = open.last() {
        if known.contains_key(&question) {
            open.pop();
            continue;
        }
        match step(context, question, &known)? {
            Ok(id) => {
                known.insert(question, id);
                open.pop();
            }
            Err(needed) => open.extend(needed),
        }
    }
    Ok(known[&root])
}

/// The answer to a question, or the questions to answer before.
fn step(
    context: &mut Context,
    (condition, a, b): Question,
    known: &HashMap<Question, ExprId>,
) -> Result<Result<ExprId, Vec<Question>>, String> {
    if a == b && context.booleans.is_total(condition) {
        return Ok(Ok(a));
    }
    if !condition.holds {
        let turned = (condition.negate(), b, a);
        return Ok(known.get(&turned).copied().ok_or_else(|| vec![turned]));
    }
    Ok(match context.booleans.node(condition.id).clone() {
        BoolNode::True => Ok(a),
        BoolNode::Atom(atom) => Ok(context.branch(atom.expr, atom.relation, a, b)),
        BoolNode::Variable(id) => {
            let variable = context.graph.variable(id);
            let sign = context.graph.linear([(Constant::from(2), variable)], -&Constant::ONE);
            Ok(context.graph.apply(crate::op::Op::Ite, [sign, a, b]))
        }
        BoolNode::And(parts) => {
            let mut chain = a;
            for &part in parts.iter().rev() {
                let question = (part, chain, b);
                match known.get(&question) {
                    Some(&id) => chain = id,
                    None => return Ok(Err(vec![question])),
                }
            }
            Ok(chain)
        }
        BoolNode::Iff(first, second) => {
            let (same, other) = ((second, a, b), (second, b, a));
            match (known.get(&same), known.get(&other)) {
                (Some(&same), Some(&other)) => {
                    let last = (Signed { id: first, holds: true }, same, other);
                    known.get(&last).copied().ok_or_else(|| vec![last])
                }
                _ => Err(vec![same, other]),
            }
        }
        BoolNode::ForAll(_) => {
            return Err("a quantifier in the condition of an `ite` between numbers is not supported".into());
        }
    })
}
