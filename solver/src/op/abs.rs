//! `|x|` and its increment `|z+d| − |z|`.
//!
//! The increment is convex in `d`, nondecreasing in `z` where `d ≥ 0` and nonincreasing where `d ≤ 0`. So its supremum
//! lies at an end of the range of `d`, at the largest `z` for a nonnegative end and the smallest for a negative one. Its
//! infimum lies, among the nonnegative `d`, at the smallest `z` and the `d` nearest to `−z`, or, among the nonpositive
//! `d`, at the largest `z` and the `d` nearest to `−z`.

use super::increment;
use super::{Operator, Side, curve};
use crate::exact::Ball;
use crate::interval::{Interval, bounds, const_interval, point};

const POSITIVE: Interval = const_interval!(1.0, 1.0);
const NEGATIVE: Interval = const_interval!(-1.0, -1.0);
const EITHER: Interval = const_interval!(-1.0, 1.0);

/// `|x|`
#[derive(Debug)]
pub(crate) struct Abs;

impl Operator for Abs {
    fn symbol(&self) -> &'static str {
        "abs"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].abs()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].abs()
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let image = image.intersection(bounds(0.0, f64::INFINITY));
        x[0] = x[0].intersection(image).convex_hull(x[0].intersection(-image));
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = if x[0] >= 0.0 { 1.0 } else { -1.0 };
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = slopes(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        match line(x[0], side) {
            Some((slope, constant)) => {
                coefficients[0] = slope;
                constant
            }
            None => {
                coefficients[0] = 0.0;
                curve::constant(image, side)
            }
        }
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        Some(x[0].abs())
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(ite (>= {0} 0.0) {0} (- {0}))", x[0])
    }
}

/// The slopes of `|·|` over `x`.
fn slopes(x: Interval) -> Interval {
    if x.inf() >= 0.0 {
        POSITIVE
    } else if x.sup() <= 0.0 {
        NEGATIVE
    } else {
        EITHER
    }
}

/// Above, the chord; below, `x` or `−x`, whichever leaves the smaller area.
fn line(x: Interval, side: Side) -> Option<(f64, f64)> {
    let (l, u) = (x.inf(), x.sup());
    if l >= 0.0 {
        return Some((1.0, 0.0));
    }
    if u <= 0.0 {
        return Some((-1.0, 0.0));
    }
    match side {
        Side::Lower if u == -l => Some((0.0, 0.0)),
        Side::Lower => Some((if u > -l { 1.0 } else { -1.0 }, 0.0)),
        Side::Upper => {
            let slope = (u + l) / (u - l);
            if !x.is_common_interval() || !slope.is_finite() {
                return None;
            }
            let a = point(slope);
            let constant = ((NEGATIVE - a) * point(l)).sup().max(((POSITIVE - a) * point(u)).sup());
            constant.is_finite().then_some((slope, constant))
        }
    }
}

/// `|z+d| − |z|`
#[derive(Debug)]
pub(crate) struct IncrementAbs;

impl Operator for IncrementAbs {
    fn symbol(&self) -> &'static str {
        "increment-abs"
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (z, d) = if x[0] >= 0.0 { (x[0], x[1]) } else { (-x[0], -x[1]) };
        if d >= -z { d } else { -2.0 * z - d }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        let (z, d) = (x[0], x[1]);
        if z.is_empty() || d.is_empty() {
            return Interval::EMPTY;
        }
        let (mut lower, mut upper) = (f64::INFINITY, f64::NEG_INFINITY);
        for end in [d.inf(), d.sup()] {
            upper = upper.max(at(if end >= 0.0 { z.sup() } else { z.inf() }, end).sup());
        }
        if d.sup() >= 0.0 {
            lower = lower.min(at(z.inf(), (-z.inf()).clamp(d.inf().max(0.0), d.sup())).inf());
        }
        if d.inf() <= 0.0 {
            lower = lower.min(at(z.sup(), (-z.sup()).clamp(d.inf(), d.sup().min(0.0))).inf());
        }
        bounds(lower, upper)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        increment::invert(&Abs, slopes(x[0].convex_hull(x[0] + x[1])), image, x);
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        let moved = if x[0] + x[1] >= 0.0 { 1.0 } else { -1.0 };
        partials[0] = moved - if x[0] >= 0.0 { 1.0 } else { -1.0 };
        partials[1] = moved;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[1] = slopes(x[0] + x[1]);
        partials[0] = partials[1] - slopes(x[0]);
        if x[1].inf() >= 0.0 {
            partials[0] = partials[0].intersection(bounds(0.0, 2.0));
        }
        if x[1].sup() <= 0.0 {
            partials[0] = partials[0].intersection(bounds(-2.0, 0.0));
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let (z, d) = (x[0], x[1]);
        let slopes = slopes(z.convex_hull(z + d));
        if slopes.is_singleton() {
            // Both copies on one side of the kink: the increment is d or −d.
            coefficients.copy_from_slice(&[0.0, slopes.inf()]);
            return 0.0;
        }
        let planes = [increment::lipschitz(slopes, d, side), increment::separable(line, z, d, side)];
        increment::best(&planes, x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        increment::exact(&Abs, x)
    }

    fn print(&self, x: &[&str]) -> String {
        increment::print(&Abs, x)
    }
}

/// Encloses the increment at a point, whose coordinates may be infinite: then its limit, approached from within, and
/// the half line beyond the largest double where that is infinite.
fn at(z: f64, d: f64) -> Interval {
    let (z, d) = if z >= 0.0 { (z, d) } else { (-z, -d) };
    let (lo, hi) = if d >= -z {
        (d, d)
    } else if d.is_infinite() {
        (-d, -d)
    } else {
        let back = point(-2.0) * point(z) - point(d);
        (back.inf(), back.sup())
    };
    bounds(lo.min(f64::MAX), hi.max(f64::MIN))
}
