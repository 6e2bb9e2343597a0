//! What an operator's value can be, given what its operands can be; and the other way round.

use crate::functions as f;
use crate::graph::{Function, Graph, Node, Op};
use crate::interval::Interval;
use crate::number::Num;

/// The values of a node over the bounds of its operands; empty where it has none.
pub fn value(graph: &Graph, node: Node, x: &[Interval]) -> Interval {
    match graph.op(node) {
        Op::Variable(_) => x[node],
        Op::Linear(terms, _) => {
            let (coefficients, constant) = graph.row(node);
            terms.iter().zip(coefficients).fold(*constant, |sum, ((_, y), a)| sum.add(a.mul(x[*y])))
        }
        &Op::Mul(a, b) => x[a].mul(x[b]),
        &Op::Div(a, b) => x[a].div(x[b]),
        &Op::Power(a, n) => x[a].power(n),
        &Op::RealPower(a, b) => f::real_power(x[a], x[b]),
        &Op::Apply(function, a) => apply(function, x[a]),
        &Op::Max(a, b) => x[a].max(x[b]),
        &Op::Atan2(a, b) => f::atan2(x[a], x[b]),
        &Op::Ite(c, a, b) => match (x[c].is_empty(), x[c].lo.signum(), x[c].hi.signum()) {
            (true, ..) => Interval::EMPTY,
            (_, 1, _) => x[a],
            (_, _, -1) => x[b],
            _ => x[a].hull(x[b]),
        },
    }
}

/// A function's values.
pub fn apply(function: Function, x: Interval) -> Interval {
    match function {
        Function::Relu => x.max(Interval::ZERO),
        Function::Abs => x.abs(),
        Function::Sqrt => x.sqrt(),
        Function::Exp => f::exp(x),
        Function::Ln => f::ln(x),
        Function::Sin => f::sin(x),
        Function::Cos => f::cos(x),
        Function::Tan => f::tan(x),
        Function::Asin => f::asin(x),
        Function::Acos => f::acos(x),
        Function::Atan => f::atan(x),
        Function::Sinh => f::sinh(x),
        Function::Cosh => f::cosh(x),
        Function::Tanh => f::tanh(x),
        Function::Sigmoid => f::sigmoid(x),
    }
}

/// Bounds an operand: `x[operand]` becomes what of it is compatible with the bounds of the node and of the other operands,
/// given that the node has a value. Operands that need no value, the branch of an `ite` not taken, are left alone.
/// Calls `tell` with every operand that must have a value.
pub fn invert(graph: &Graph, node: Node, x: &mut [Interval], tell: &mut impl FnMut(Node)) {
    let z = x[node];
    match graph.op(node) {
        Op::Variable(_) => {}
        Op::Linear(terms, _) => {
            invert_sum(graph, node, x);
            terms.iter().for_each(|(_, y)| tell(*y));
        }
        &Op::Mul(a, b) => {
            x[a] = z.quotient_within(x[b], x[a]);
            x[b] = z.quotient_within(x[a], x[b]);
            [a, b].into_iter().for_each(tell);
        }
        &Op::Div(a, b) => {
            x[a] = x[a].meet(z.mul(x[b]));
            x[b] = x[a].quotient_within(z, x[b]);
            [a, b].into_iter().for_each(tell);
        }
        &Op::Power(a, n) => {
            x[a] = x[a].meet(root(z, n, x[a]));
            tell(a);
        }
        &Op::RealPower(a, b) => {
            if x[a].lo.signum() >= 0 && x[b].is_point() && x[b].lo.signum() > 0 {
                x[a] = x[a].meet(f::real_power(z.meet(Interval::non_negative()), Interval::ONE.div(x[b])));
            }
            [a, b].into_iter().for_each(tell);
        }
        &Op::Apply(function, a) => {
            x[a] = invert_function(function, z, x[a]);
            tell(a);
        }
        &Op::Max(a, b) => {
            let below = Interval::new(Num::NEG_INFINITY, z.hi);
            let reaching = |other: Interval| if z.lo.at_least(other.hi) && z.lo != other.hi { z } else { below };
            (x[a], x[b]) = (x[a].meet(reaching(x[b])), x[b].meet(reaching(x[a])));
            [a, b].into_iter().for_each(tell);
        }
        &Op::Atan2(a, b) => [a, b].into_iter().for_each(tell),
        &Op::Ite(c, a, b) => {
            if x[a].meet(z).is_empty() {
                x[c] = x[c].meet(Interval::new(Num::NEG_INFINITY, Num::ZERO));
            }
            if x[b].meet(z).is_empty() {
                x[c] = x[c].meet(Interval::non_negative());
            }
            tell(c);
            let taken = if x[c].lo.signum() > 0 { a } else { b };
            if x[c].lo.signum() > 0 || x[c].hi.signum() < 0 {
                x[taken] = x[taken].meet(z);
                tell(taken);
            }
        }
    }
}

/// `x_i ∈ (y − b − Σ_{j≠i} a_j x_j)/a_i` for every term.
fn invert_sum(graph: &Graph, node: Node, x: &mut [Interval]) {
    let Op::Linear(terms, _) = graph.op(node) else { return };
    let (coefficients, constant) = graph.row(node);
    // sums of the terms before each, then of those behind
    let mut before = Vec::with_capacity(terms.len());
    let mut sum = *constant;
    for ((_, y), a) in terms.iter().zip(coefficients) {
        before.push(sum);
        sum = sum.add(a.mul(x[*y]));
    }
    let mut behind = Interval::ZERO;
    for (i, ((_, y), a)) in terms.iter().zip(coefficients).enumerate().rev() {
        let term = a.mul(x[*y]);
        let rest = before[i].add(behind);
        x[*y] = x[*y].meet(x[node].sub(rest).div(*a));
        behind = behind.add(term);
    }
}

/// The `a` near `within` with `a^n ∈ z`.
fn root(z: Interval, n: u32, within: Interval) -> Interval {
    let magnitude = |z: Interval| match n {
        2 => z.sqrt(),
        _ => f::real_power(z.meet(Interval::non_negative()), Interval::ONE.div(Interval::integer(n.into()))),
    };
    let positive = magnitude(z);
    let negative = if n.is_multiple_of(2) { positive.neg() } else { magnitude(z.neg()).neg() };
    positive.meet(within).hull(negative.meet(within))
}

fn invert_function(function: Function, z: Interval, x: Interval) -> Interval {
    let quarter = f::pi().scale(-1);
    let back = match function {
        Function::Relu if z.lo.signum() > 0 => z,
        Function::Relu => Interval::new(Num::NEG_INFINITY, z.hi),
        Function::Abs => {
            let z = z.meet(Interval::non_negative());
            return x.meet(z).hull(x.meet(z.neg()));
        }
        Function::Sqrt => z.meet(Interval::non_negative()).power(2),
        Function::Exp => f::ln(z),
        Function::Ln => f::exp(z),
        Function::Asin => f::sin(z.meet(quarter.neg().hull(quarter))),
        Function::Acos => f::cos(z.meet(Interval::ZERO.hull(f::pi()))),
        Function::Atan => f::tan(z.meet(quarter.neg().hull(quarter))),
        Function::Sigmoid => {
            let z = z.meet(Interval::new(Num::ZERO, Num::ONE));
            f::ln(z).sub(f::ln(Interval::ONE.sub(z)))
        }
        Function::Tanh => {
            let z = z.meet(Interval::new(Num::ONE.neg(), Num::ONE));
            f::ln(Interval::ONE.add(z)).sub(f::ln(Interval::ONE.sub(z))).scale(-1)
        }
        Function::Sin | Function::Cos | Function::Tan | Function::Sinh | Function::Cosh => Interval::ENTIRE,
    };
    x.meet(back)
}

/// The slopes of a node by each of its operands over their bounds: the derivatives, or what lies between the slopes on
/// both sides of a kink. `None` where the node may jump or lack a value.
pub fn slopes(graph: &Graph, node: Node, x: &[Interval]) -> Option<Vec<Interval>> {
    let away_from_zero = |x: Interval| !x.has_zero() && !x.is_empty();
    Some(match graph.op(node) {
        Op::Variable(_) => Vec::new(),
        Op::Linear(..) => graph.row(node).0.clone(),
        &Op::Mul(a, b) => vec![x[b], x[a]],
        &Op::Div(a, b) => {
            let inverse = away_from_zero(x[b]).then(|| Interval::ONE.div(x[b]))?;
            vec![inverse, x[a].mul(inverse).mul(inverse).neg()]
        }
        &Op::Power(a, n) => vec![Interval::integer(n.into()).mul(x[a].power(n - 1))],
        &Op::RealPower(a, b) => {
            let positive = x[a].lo.signum() > 0 && graph.as_constant(b).is_some();
            vec![positive.then(|| x[b].mul(f::real_power(x[a], x[b].sub(Interval::ONE))))?, Interval::ZERO]
        }
        &Op::Apply(function, a) => vec![slope(function, x[a])?],
        &Op::Max(a, b) => {
            let first = step(x[a].sub(x[b]), Interval::ZERO, Interval::ONE);
            vec![first, Interval::ONE.sub(first)]
        }
        &Op::Atan2(a, b) => {
            let (y, x) = (x[a], x[b]);
            let apart = y.lo.signum() > 0 || y.hi.signum() < 0 || x.lo.signum() > 0;
            let square = apart.then(|| x.power(2).add(y.power(2))).filter(|square| away_from_zero(*square))?;
            vec![x.div(square), y.div(square).neg()]
        }
        &Op::Ite(c, ..) => match (x[c].lo.signum(), x[c].hi.signum()) {
            (1, _) => vec![Interval::ZERO, Interval::ONE, Interval::ZERO],
            (_, -1) => vec![Interval::ZERO, Interval::ZERO, Interval::ONE],
            _ => return None,
        },
    })
}

/// `below` where `x < 0`, `above` where `x > 0`.
fn step(x: Interval, below: Interval, above: Interval) -> Interval {
    match (x.lo.signum(), x.hi.signum()) {
        (0 | 1, _) => above,
        (_, 0 | -1) => below,
        _ => below.hull(above),
    }
}

/// The slopes of a function.
pub fn slope(function: Function, x: Interval) -> Option<Interval> {
    let one = Interval::ONE;
    let sign = |value: bool| value.then_some(());
    let inside = |x: Interval| {
        x.lo.at_least(Num::ONE.neg()) && x.lo != Num::ONE.neg() && Num::ONE.at_least(x.hi) && x.hi != Num::ONE
    };
    Some(match function {
        Function::Relu => step(x, Interval::ZERO, one),
        Function::Abs => step(x, one.neg(), one),
        Function::Sqrt => {
            sign(x.lo.signum() > 0)?;
            one.div(x.sqrt()).scale(-1)
        }
        Function::Exp => f::exp(x),
        Function::Ln => {
            sign(x.lo.signum() > 0)?;
            one.div(x)
        }
        Function::Sin => f::cos(x),
        Function::Cos => f::sin(x).neg(),
        Function::Tan => {
            let tangent = f::tan(x);
            sign(tangent.is_bounded())?;
            one.add(tangent.power(2))
        }
        Function::Asin | Function::Acos => {
            sign(inside(x))?;
            let slope = one.div(one.sub(x.power(2)).sqrt());
            sign(slope.is_bounded())?;
            if function == Function::Asin { slope } else { slope.neg() }
        }
        Function::Atan => one.div(one.add(x.power(2))),
        Function::Sinh => f::cosh(x),
        Function::Cosh => f::sinh(x),
        Function::Tanh => one.sub(f::tanh(x).power(2)).meet(Interval::new(Num::ZERO, Num::ONE)),
        Function::Sigmoid => {
            // σ' = σ·(1 − σ) is even and falls with |x|
            let s = f::sigmoid(x.abs());
            let at = |s: Num| Interval::point(s).mul(one.sub(Interval::point(s)));
            Interval { lo: at(s.hi).lo, hi: at(s.lo).hi.min(Num::power(-2)) }
        }
    })
}
