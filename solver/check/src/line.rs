//! Lines and planes beside an operator: `f(x) ≤ Σ s_i x_i + c` for all `x` in the bounds of its operands.
//!
//! A slope may be any number: the constant is then computed to be on the safe side of `f(x) − Σ s_i x_i` everywhere in the
//! bounds. So a slope that was chosen badly gives a useless bound, never a wrong one. Lower lines are upper ones of `−f`.

use crate::enclose::{apply, slope, slopes, value};
use crate::graph::{Function, Graph, Node, Op};
use crate::interval::Interval;
use crate::number::{Num, Round::Down, Round::Up};

/// The slopes by operand, and the constant.
pub type Line = (Vec<Num>, Num);

/// A line above a node's values, or above their negatives. `None` where there is none but a constant.
pub fn above(graph: &Graph, node: Node, x: &[Interval], negative: bool) -> Option<Line> {
    let line = match graph.op(node) {
        Op::Variable(_) | Op::Linear(..) => None,
        &Op::Mul(a, b) => Some(product(graph, [a, b], x, negative)),
        &Op::Max(a, b) => maximum(x[a], x[b], negative),
        &Op::Apply(function, a) => {
            let f = |x: Interval| apply(function, x);
            curve(&f, slope(function, x[a]), bend(function, x[a]), x[a], negative, function == Function::Relu)
        }
        &Op::Power(a, n) => {
            let f = |x: Interval| x.power(n);
            let bend = if n % 2 == 0 { Some(1) } else { sided(x[a], 1) };
            curve(&f, Some(Interval::integer(n.into()).mul(x[a].power(n - 1))), bend, x[a], negative, false)
        }
        &Op::Div(a, b) if graph.as_constant(a).is_some() && !x[b].has_zero() => {
            let c = x[a];
            let f = |y: Interval| c.div(y);
            let derivative = c.div(x[b].power(2)).neg();
            curve(&f, Some(derivative), Some(c.lo.signum() * x[b].lo.signum()), x[b], negative, false)
                .map(|(slopes, constant)| (vec![Num::ZERO, slopes[0]], constant))
        }
        &Op::Ite(c, ..) => match (x[c].lo.signum(), x[c].hi.signum()) {
            (1, _) => Some((vec![Num::ZERO, sign(negative), Num::ZERO], Num::ZERO)),
            (_, -1) => Some((vec![Num::ZERO, Num::ZERO, sign(negative)], Num::ZERO)),
            _ => None,
        },
        _ => tangent(graph, node, x, negative),
    };
    line.filter(|(slopes, constant)| constant.is_finite() && slopes.iter().all(|slope| slope.is_finite()))
}

fn sign(negative: bool) -> Num {
    if negative { Num::ONE.neg() } else { Num::ONE }
}

/// How a function bends over an interval: 1 where it is convex, −1 where it is concave, 0 or nothing where neither is known.
fn bend(function: Function, x: Interval) -> Option<i32> {
    match function {
        Function::Relu | Function::Abs | Function::Exp | Function::Cosh => Some(1),
        Function::Sqrt | Function::Ln => Some(-1),
        Function::Sigmoid | Function::Tanh | Function::Atan | Function::Acos => sided(x, -1),
        Function::Sinh | Function::Asin => sided(x, 1),
        Function::Tan => sided(apply(function, x), 1),
        Function::Sin | Function::Cos => sided(apply(function, x), -1),
    }
}

/// The given bend where `x ≥ 0`, the opposite where `x ≤ 0`.
fn sided(x: Interval, positive: i32) -> Option<i32> {
    match (x.lo.signum(), x.hi.signum()) {
        (0 | 1, _) => Some(positive),
        (_, 0 | -1) => Some(-positive),
        _ => None,
    }
}

/// At least `f(x) − s·x` at a number.
fn over(f: &dyn Fn(Interval) -> Interval, negative: bool, s: Num, x: Num) -> Num {
    let y = f(Interval::point(x));
    let y = if negative { y.neg() } else { y };
    y.sub(Interval::point(s).mul(Interval::point(x))).hi
}

/// A line above a function of one variable (or above its negative) that has slopes in `derivative`.
fn curve(
    f: &dyn Fn(Interval) -> Interval,
    derivative: Option<Interval>,
    bend: Option<i32>,
    x: Interval,
    negative: bool,
    kink: bool,
) -> Option<Line> {
    let defined = |x: Num| f(Interval::point(x)).is_bounded();
    if !x.is_bounded() || !defined(x.lo) || !defined(x.hi) {
        return None;
    }
    let bend = bend.map(|bend| if negative { -bend } else { bend });
    if x.is_point() {
        return Some((vec![Num::ZERO], over(f, negative, Num::ZERO, x.lo)));
    }
    let rise = |x: Num| if negative { f(Interval::point(x)).neg() } else { f(Interval::point(x)) };
    if bend == Some(1) {
        // below its chord: the largest difference is at an end
        let s = rise(x.hi).sub(rise(x.lo)).div(Interval::point(x.hi).sub(Interval::point(x.lo))).middle();
        return Some((vec![s], over(f, negative, s, x.lo).max(over(f, negative, s, x.hi))));
    }
    let derivative = derivative?;
    let derivative = if negative { derivative.neg() } else { derivative };
    if bend == Some(-1) && kink {
        // −ReLU lies below 0 and below −x, and the average of the two as good as any
        let s = if x.hi.at_least(x.lo.abs()) { derivative.lo } else { derivative.hi };
        return Some((
            vec![s],
            over(f, negative, s, x.lo).max(over(f, negative, s, x.hi)).max(over_zero(f, negative, s, x)),
        ));
    }
    // f(x) ≤ f(m) + D·(x − m) for the slopes D between m and x
    let (m, s) = match bend {
        Some(-1) => (x.middle(), derivative.middle()),
        // below the line of least slope through the right end
        _ => (x.hi, derivative.lo),
    };
    if !s.is_finite() {
        return None;
    }
    let constant = match bend {
        // below its tangent at m, whose slope is t
        Some(-1) => {
            let t = tangent_slope(f, m, x, negative);
            return t.map(|(s, constant)| (vec![s], constant));
        }
        _ => over(f, negative, s, m),
    };
    Some((vec![s], constant))
}

fn over_zero(f: &dyn Fn(Interval) -> Interval, negative: bool, s: Num, x: Interval) -> Num {
    if x.has_zero() { over(f, negative, s, Num::ZERO) } else { over(f, negative, s, x.lo) }
}

/// Of a concave function: a line of about the slope at `m`, from secants on either side of `m`.
///
/// A concave function lies below every secant continued beyond its two points. With `s` the slope of a secant through `m`
/// and `m + h`, the function is below `f(m) + s·(x − m)` outside `[m, m + h]`, and inside it is below the secant through
/// `m − h` and `m` continued.
fn tangent_slope(f: &dyn Fn(Interval) -> Interval, m: Num, x: Interval, negative: bool) -> Option<(Num, Num)> {
    let h = x.width().mul(Num::power(-16), Up);
    let (left, right) = (m.sub(h, Down).max(x.lo), m.add(h, Up).min(x.hi));
    let value = |x: Num| if negative { f(Interval::point(x)).neg() } else { f(Interval::point(x)) };
    let secant = |a: Num, b: Num| value(b).sub(value(a)).div(Interval::point(b).sub(Interval::point(a)));
    if !(right.at_least(m) && m.at_least(left)) || right == m || left == m {
        return None;
    }
    // slopes at m lie between those of the secants: t.lo ≤ f'(m) ≤ t.hi
    let t = secant(m, right).hull(secant(left, m));
    let s = t.middle();
    let off = t.sub(Interval::point(s)).magnitude();
    let reach = x.hi.sub(m, Up).max(m.sub(x.lo, Up));
    // f(x) ≤ f(m) + f'(m)(x − m) ≤ f(m) + s(x − m) + |f'(m) − s|·|x − m|
    let constant = value(m).sub(Interval::point(s).mul(Interval::point(m))).hi.add(off.mul(reach, Up), Up);
    (s.is_finite() && constant.is_finite()).then_some((s, constant))
}

/// `x·y` below a plane of McCormick: the larger of two, at the middle.
fn product(graph: &Graph, [a, b]: [Node; 2], x: &[Interval], negative: bool) -> Line {
    let (x_a, x_b) = (x[a], x[b]);
    let side = if negative { Num::ONE.neg() } else { Num::ONE };
    // the plane through two corners: slopes (y0, x0) with x0·y0 beside, for corners of which the product is above
    let plane = |x0: Num, y0: Num| {
        let (s, t) = (side.mul(y0, Down), side.mul(x0, Down));
        let corner = |x: Num, y: Num| {
            let (x, y) = (Interval::point(x), Interval::point(y));
            let product = Interval::point(side).mul(x).mul(y);
            product.sub(Interval::point(s).mul(x)).sub(Interval::point(t).mul(y)).hi
        };
        // bilinear, so largest at a corner
        let all = [(x_a.lo, x_b.lo), (x_a.lo, x_b.hi), (x_a.hi, x_b.lo), (x_a.hi, x_b.hi)];
        let constant = all.into_iter().map(|(x, y)| corner(x, y)).fold(Num::NEG_INFINITY, Num::max);
        (vec![s, t], constant)
    };
    let planes = match negative {
        false => [plane(x_a.hi, x_b.lo), plane(x_a.lo, x_b.hi)],
        true => [plane(x_a.lo, x_b.lo), plane(x_a.hi, x_b.hi)],
    };
    // what a variable on its own does is up to it
    let at = |node: Node| {
        if matches!(graph.op(node), Op::Variable(_)) { x[node] } else { Interval::point(x[node].middle()) }
    };
    let worst = |(slopes, constant): &Line| {
        let term = |s: Num, at: Interval| Interval::point(s).mul(at).hi;
        term(slopes[0], at(a)).add(term(slopes[1], at(b)), Up).add(*constant, Up)
    };
    let [first, second] = planes;
    if worst(&first).at_least(worst(&second)) { second } else { first }
}

/// `max(x, y)`: it is at least either, and at most their chord.
fn maximum(x: Interval, y: Interval, negative: bool) -> Option<Line> {
    let (first, second) = match negative {
        true if x.middle().at_least(y.middle()) => (Num::ONE.neg(), Num::ZERO),
        true => (Num::ZERO, Num::ONE.neg()),
        false if x.lo.at_least(y.hi) => (Num::ONE, Num::ZERO),
        false if y.lo.at_least(x.hi) => (Num::ZERO, Num::ONE),
        false => (Num::power(-1), Num::power(-1)),
    };
    let corner = |x: Num, y: Num| {
        let larger = Interval::point(if negative { x.max(y).neg() } else { x.max(y) });
        let plane = Interval::point(first).mul(Interval::point(x)).add(Interval::point(second).mul(Interval::point(y)));
        larger.sub(plane).hi
    };
    if !x.is_bounded() || !y.is_bounded() {
        return negative.then_some((vec![first, second], Num::ZERO));
    }
    // linear on either side of the diagonal, so largest at a corner or where the diagonal leaves the box
    let both = x.meet(y);
    let mut corners = vec![(x.lo, y.lo), (x.lo, y.hi), (x.hi, y.lo), (x.hi, y.hi)];
    if !both.is_empty() {
        corners.extend([(both.lo, both.lo), (both.hi, both.hi)]);
    }
    let constant = corners.into_iter().map(|(x, y)| corner(x, y)).fold(Num::NEG_INFINITY, Num::max);
    Some((vec![first, second], constant))
}

/// The plane of the slopes at the middle, moved by what slopes in the bounds differ from them.
fn tangent(graph: &Graph, node: Node, x: &[Interval], negative: bool) -> Option<Line> {
    let operands = graph.operands(node);
    let slopes = slopes(graph, node, x)?;
    if operands.iter().any(|&y| !x[y].is_bounded()) || slopes.iter().any(|slope| !slope.is_bounded()) {
        return None;
    }
    let mut middle: Vec<(Node, Interval)> = operands.iter().map(|&y| (y, Interval::point(x[y].middle()))).collect();
    middle.dedup();
    let mut point = x[..=node].to_vec();
    middle.iter().for_each(|&(y, m)| point[y] = m);
    let at = value(graph, node, &point);
    let mut constant = if negative { at.neg() } else { at };
    let mut chosen = Vec::new();
    for (slope, &y) in slopes.iter().zip(&operands) {
        let slope = if negative { slope.neg() } else { *slope };
        let s = slope.middle();
        let m = point[y];
        constant = constant.sub(Interval::point(s).mul(m));
        constant = constant.add(slope.sub(Interval::point(s)).mul(x[y].sub(m)));
        chosen.push(s);
    }
    (!constant.is_empty()).then_some((chosen, constant.hi))
}
