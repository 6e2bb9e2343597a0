//! Quotients multiplied out: `a·n/d + r ⋈ 0` implies `(a·n + r·d)·sgn(d) ⋈ 0`.
//!
//! Where the denominator may vanish on a box a quotient has no bound there, linear or other; the product has. It is
//! written `ite(d ≥ 0, m, −m)` with `m = a·n + r·d`, which is `±m` as soon as the sign of `d` is known on the box.

use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node};
use crate::formula::{Atom, Relation};
use crate::op::Op;

/// The atom multiplied by the size of its denominator, if it has one.
pub(super) fn multiplied(graph: &mut Graph, atom: &Atom) -> Option<Atom> {
    if atom.relation == Relation::Ne {
        return None;
    }
    let (a, quotient, rest) = match graph.node(atom.expr).clone() {
        Node::Apply { op: Op::Div, .. } => (Constant::ONE, atom.expr, graph.constant(Constant::ZERO)),
        Node::Apply { op: Op::Linear(row), operands } => {
            let is_quotient = |x: &ExprId| matches!(graph.node(*x), Node::Apply { op: Op::Div, .. });
            let position = operands.iter().position(is_quotient)?;
            if operands[position + 1..].iter().any(is_quotient) {
                return None;
            }
            let others = row.coefficients.iter().zip(operands.iter().copied()).enumerate();
            let others: Vec<_> = others.filter(|(index, _)| *index != position).map(|(_, term)| term).collect();
            let rest = graph.linear(others, row.constant.clone());
            (row.coefficients.get(position), operands[position], rest)
        }
        _ => return None,
    };
    let Node::Apply { operands, .. } = graph.node(quotient) else { return None };
    let (n, d) = (operands[0], operands[1]);
    let product = match graph.as_constant(rest).cloned() {
        Some(r) => {
            let mut terms = Vec::new();
            let mut constant = Constant::ZERO;
            write_out(graph, &a, n, &mut terms, &mut constant);
            write_out(graph, &r, d, &mut terms, &mut constant);
            graph.linear(terms, constant)
        }
        None => {
            let scaled = graph.mul(rest, d);
            graph.linear([(a, n), (Constant::ONE, scaled)], Constant::ZERO)
        }
    };
    let opposite = graph.neg(product);
    let expr = graph.apply(Op::Ite, [d, product, opposite]);
    graph.as_constant(expr).is_none().then_some(Atom { expr, relation: atom.relation })
}

/// Adds `a·x` to a sum, term by term where `x` is a sum itself.
fn write_out(graph: &Graph, a: &Constant, x: ExprId, terms: &mut Vec<(Constant, ExprId)>, constant: &mut Constant) {
    match graph.node(x) {
        Node::Apply { op: Op::Linear(row), operands } => {
            *constant = &*constant + &(a * &row.constant);
            terms.extend(row.coefficients.iter().zip(operands).map(|(c, &y)| (a * &c, y)));
        }
        _ => terms.push((a.clone(), x)),
    }
}
