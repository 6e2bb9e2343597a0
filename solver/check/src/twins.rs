//! Bounds of two values of one function together, where their arguments differ by little.

use crate::interval::Interval;
use crate::number::{Num, Round::Up};

/// A line above `D·d` for all slopes `D` and all `d` in bounds: the product is largest at corners, for every line.
pub fn chord(slopes: Interval, d: Interval) -> (Num, Num) {
    let rise = |d: Num| slopes.mul(Interval::point(d)).hi;
    let run = Interval::point(d.hi).sub(Interval::point(d.lo));
    let s = match d.is_point() {
        true => slopes.hi,
        false => Interval::point(rise(d.hi)).sub(Interval::point(rise(d.lo))).div(run).middle(),
    };
    // the largest `D·d` is convex in `d`
    let over = |d: Num| Interval::point(rise(d)).sub(Interval::point(s).mul(Interval::point(d))).hi;
    (s, over(d.lo).max(over(d.hi)))
}

/// `s·x + t·y + c ≥ a·ReLU(x) + b·ReLU(y)` for `x`, `y` and `x − y` within bounds.
///
/// The difference of the two sides is linear on each side of `x = 0` and of `y = 0`, so it is largest where two of the lines
/// meet that bound the region or divide it.
pub fn twins(a: Num, b: Num, x: Interval, y: Interval, d: Interval) -> (Num, Num, Num) {
    let mut corners: Vec<(Interval, Interval)> = Vec::new();
    let mut push = |u: Interval, v: Interval| {
        let inside = !u.meet(x).is_empty() && !v.meet(y).is_empty() && !u.sub(v).meet(d).is_empty();
        if inside {
            corners.push((u, v));
        }
    };
    let lines = |z: Interval| [z.lo, z.hi, Num::ZERO].map(Interval::point);
    for u in lines(x) {
        lines(y).into_iter().for_each(|v| push(u, v));
        [d.lo, d.hi].into_iter().for_each(|e| push(u, u.sub(Interval::point(e))));
    }
    for v in lines(y) {
        [d.lo, d.hi].into_iter().for_each(|e| push(v.add(Interval::point(e)), v));
    }
    let relu = |z: Interval| z.max(Interval::ZERO);
    let at = Interval::point;
    let value = |u: Interval, v: Interval| at(a).mul(relu(u)).add(at(b).mul(relu(v)));
    let constant = |s: Num, t: Num| {
        let over = corners.iter().map(|&(u, v)| value(u, v).sub(at(s).mul(u)).sub(at(t).mul(v)).hi);
        over.fold(Num::NEG_INFINITY, Num::max)
    };
    let mut best: Option<(Num, Num, Num, Num)> = None;
    for (s, t) in slopes_of_twins(a, b, x, y, d) {
        let c = constant(s, t);
        let middle = at(s).mul(at(x.middle())).add(at(t).mul(at(y.middle()))).hi.add(c, Up);
        if best.is_none_or(|(.., known)| !middle.at_least(known)) {
            best = Some((s, t, c, middle));
        }
    }
    best.map_or((Num::ZERO, Num::ZERO, Num::INFINITY), |(s, t, c, _)| (s, t, c))
}

/// Slopes worth trying: each on its own, or one of them and the increment.
fn slopes_of_twins(a: Num, b: Num, x: Interval, y: Interval, d: Interval) -> Vec<(Num, Num)> {
    let near = |value: Interval| value.middle();
    // the slope of a line beside ReLU: its chord above, 0 or 1 below
    let alone = |c: Num, z: Interval| {
        let slope = if z.lo.signum() >= 0 {
            Num::ONE
        } else if z.hi.signum() <= 0 {
            Num::ZERO
        } else if c.signum() > 0 {
            near(Interval::point(z.hi).div(Interval::point(z.hi).sub(Interval::point(z.lo))))
        } else if z.hi.at_least(z.lo.abs()) {
            Num::ONE
        } else {
            Num::ZERO
        };
        near(Interval::point(c).mul(Interval::point(slope)))
    };
    // of c·(ReLU(x) − ReLU(y)) in x − y: the chord of max(0, d) above and of min(0, d) below
    let increment = |c: Num, d: Interval| {
        let still = (x.hi.signum() <= 0 && y.hi.signum() <= 0, x.lo.signum() >= 0 && y.lo.signum() >= 0);
        let d = if c.signum() > 0 { d } else { d.neg() };
        let slope = match still {
            (true, _) => Num::ZERO,
            (_, true) => Num::ONE,
            _ if d.lo.signum() >= 0 => Num::ONE,
            _ if d.hi.signum() <= 0 => Num::ZERO,
            _ => near(Interval::point(d.hi).div(Interval::point(d.hi).sub(Interval::point(d.lo)))),
        };
        near(Interval::point(c).mul(Interval::point(slope)))
    };
    let both = a.add(b, Up);
    let by_x = increment(a, d);
    let by_y = increment(b, d.neg());
    vec![
        (alone(a, x), alone(b, y)),
        (by_x, near(Interval::point(alone(both, y)).sub(Interval::point(by_x)))),
        (near(Interval::point(alone(both, x)).sub(Interval::point(by_y))), by_y),
    ]
}
