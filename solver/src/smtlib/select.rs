//! `if formula then number else number`: a formula as a condition becomes a chain of the engine's `ite`, whose conditions
//! are signs of expressions.
//!
//! `ite(A ∧ B, x, y) = ite(A, ite(B, x, y), y)`, and dually; the branches are shared, so the chain is as long as the
//! formula. An equivalence takes its second operand twice, once for each value of the first. All of it runs on a stack of
//! its own.
//!
//! An engine's `ite` has no value where its condition has none, but `A ∧ B` is false where `B` is, whether or not `A` has a
//! value: in any order. So the value of a chain where the condition is neither true nor false is handed down, too:
//! where `A` has no value `ite(A ∧ B, x, y)` is `ite(B, ⊥, y)`. [`guard`](super::guard) tells where that is.

use super::boolean::{BoolNode, Signed};
use super::context::Context;
use super::guard::{guarded, nowhere};
use crate::exact::Constant;
use crate::expr::ExprId;
use std::collections::HashMap;

/// A condition, and the values where it is true, false and neither.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    condition: Signed,
    yes: ExprId,
    no: ExprId,
    neither: ExprId,
}

/// The chain for a condition; refuses conditions with quantifiers.
pub(super) fn select(context: &mut Context, condition: Signed, yes: ExprId, no: ExprId) -> Result<ExprId, String> {
    // never looked at where the condition is total
    let neither = if context.booleans.is_total(condition) { yes } else { nowhere(&mut context.graph) };
    let root = Question { condition, yes, no, neither };
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
    question: Question,
    known: &HashMap<Question, ExprId>,
) -> Result<Result<ExprId, Vec<Question>>, String> {
    let Question { condition, yes, no, neither } = question;
    let total = context.booleans.is_total(condition);
    if yes == no && (total || no == neither) {
        return Ok(Ok(yes));
    }
    let answer = |question: Question| known.get(&question).copied().ok_or_else(|| vec![question]);
    if !condition.holds {
        return Ok(answer(Question { condition: condition.negate(), yes: no, no: yes, neither }));
    }
    Ok(match context.booleans.node(condition.id).clone() {
        BoolNode::True => Ok(yes),
        BoolNode::Atom(atom) if total || neither == nowhere(&mut context.graph) => {
            Ok(context.branch(atom.expr, atom.relation, yes, no))
        }
        BoolNode::Atom(atom) => {
            let inside = if yes == no { yes } else { context.branch(atom.expr, atom.relation, yes, no) };
            Ok(guarded(&mut context.graph, atom.expr, inside, neither)?)
        }
        BoolNode::Variable(id) => {
            let variable = context.graph.variable(id);
            let sign = context.graph.linear([(Constant::from(2), variable)], -&Constant::ONE);
            Ok(context.graph.apply(crate::op::Op::Ite, [sign, yes, no]))
        }
        BoolNode::And(mut parts) => {
            // of those that always have a value none asks what holds where it has none
            parts.sort_by_key(|&part| !context.booleans.is_total(part));
            conjunction(context, &parts, question, answer)
        }
        BoolNode::Iff(first, second) => {
            let same = Question { condition: second, ..question };
            let other = Question { yes: no, no: yes, ..same };
            match (answer(same), answer(other)) {
                (Ok(yes), Ok(no)) => {
                    answer(Question { condition: Signed { id: first, holds: true }, yes, no, neither })
                }
                _ => Err(vec![same, other]),
            }
        }
        BoolNode::ForAll(_) => {
            return Err("a quantifier in the condition of an `ite` between numbers is not supported".into());
        }
    })
}

/// The chain of a conjunction, from its last part to the first: once for parts before it that hold, and once for some that
/// have no value and others that hold, when the conjunction is false or neither.
fn conjunction(
    context: &Context,
    parts: &[Signed],
    Question { yes, no, neither, .. }: Question,
    answer: impl Fn(Question) -> Result<ExprId, Vec<Question>>,
) -> Result<ExprId, Vec<Question>> {
    let (mut held, mut open) = (yes, neither);
    for (position, &condition) in parts.iter().enumerate().rev() {
        let before = Question { condition, yes: held, no, neither: open };
        let some_open = parts[..position].iter().any(|&part| !context.booleans.is_total(part));
        held = answer(before)?;
        if some_open {
            open = answer(Question { yes: open, ..before })?;
        }
    }
    Ok(held)
}
