//! Where an expression has a value, as a condition: `log u` where `u > 0`, `u/v` where `v ≠ 0`, and both where their
//! operands have values.

use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node};
use crate::op::Op;
use std::collections::HashMap;

/// How deeply conditional expressions may be nested whose branches have values in places only.
const DEPTH: usize = 200;

/// An expression without a value anywhere.
pub(super) fn nowhere(graph: &mut Graph) -> ExprId {
    let minus_one = graph.constant(-&Constant::ONE);
    graph.apply(Op::Ln, [minus_one])
}

/// `inside` where an expression has a value, else `outside`.
pub(super) fn guarded(graph: &mut Graph, expr: ExprId, inside: ExprId, outside: ExprId) -> Result<ExprId, String> {
    Guard { graph, outside, known: HashMap::new() }.around(expr, inside, 0)
}

struct Guard<'a> {
    graph: &'a mut Graph,
    outside: ExprId,
    known: HashMap<(ExprId, ExprId), ExprId>,
}

impl Guard<'_> {
    fn around(&mut self, expr: ExprId, inside: ExprId, depth: usize) -> Result<ExprId, String> {
        if let Some(&known) = self.known.get(&(expr, inside)) {
            return Ok(known);
        }
        if depth > DEPTH {
            return Err(format!(
                "partial terms in the condition of an `ite` between numbers nested more than {DEPTH} deep, expected fewer"
            ));
        }
        // what has to have a value wherever the expression does; operands come before what they are operands of
        let needed = self.graph.required(&[expr]);
        let mut chain = inside;
        for index in (0..=expr.index()).rev().filter(|&index| needed[index]) {
            let id = self.graph.id(index);
            if self.graph.is_total(id) {
                continue;
            }
            if let Node::Apply { op, operands } = self.graph.node(id).clone() {
                chain = match op {
                    Op::Ite => {
                        let [a, b] = [operands[1], operands[2]];
                        let yes = self.around(a, chain, depth + 1)?;
                        let no = self.around(b, chain, depth + 1)?;
                        self.graph.apply(Op::Ite, [operands[0], yes, no])
                    }
                    _ => self.own(&op, &operands, chain),
                };
            }
        }
        self.known.insert((expr, inside), chain);
        Ok(chain)
    }

    /// `inside` where an operator has a value for its operands, which have values.
    fn own(&mut self, op: &Op, operands: &[ExprId], inside: ExprId) -> ExprId {
        let outside = self.outside;
        let Some(&x) = operands.first() else { return inside };
        match op {
            Op::Ln => self.negative_or_zero(x, outside, inside),
            Op::Sqrt => self.graph.apply(Op::Ite, [x, inside, outside]),
            Op::Div => self.zero(operands[1], outside, inside),
            Op::Pow(pow) if pow.exponent < 0 => self.zero(x, outside, inside),
            Op::Asin | Op::Acos => {
                let magnitude = self.graph.apply(Op::Abs, [x]);
                let room = self.graph.linear([(-&Constant::ONE, magnitude)], Constant::ONE);
                self.graph.apply(Op::Ite, [room, inside, outside])
            }
            Op::Atan2 => {
                let otherwise = self.zero(operands[1], outside, inside);
                self.zero(x, otherwise, inside)
            }
            Op::RealPow => {
                // negative numbers have the powers with integer exponents, zero those whose exponent is not negative
                let exponent = operands[1];
                let below = self.graph.apply(Op::Floor, [exponent]);
                let broken = self.graph.sub(exponent, below);
                let negative = self.zero(broken, inside, outside);
                let zero = self.graph.apply(Op::Ite, [exponent, inside, outside]);
                let not_positive = self.graph.apply(Op::Ite, [x, zero, negative]);
                self.negative_or_zero(x, not_positive, inside)
            }
            _ => inside,
        }
    }

    /// `yes` where `x ≤ 0`.
    fn negative_or_zero(&mut self, x: ExprId, yes: ExprId, no: ExprId) -> ExprId {
        let opposite = self.graph.neg(x);
        self.graph.apply(Op::Ite, [opposite, yes, no])
    }

    /// `yes` where `x = 0`.
    fn zero(&mut self, x: ExprId, yes: ExprId, no: ExprId) -> ExprId {
        let magnitude = self.graph.apply(Op::Abs, [x]);
        self.negative_or_zero(magnitude, yes, no)
    }
}
