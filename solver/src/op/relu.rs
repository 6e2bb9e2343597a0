//! `ReLU(x) = max(x, 0)` and its increment `ReLU(z+d) − ReLU(z)`.
//!
//! The increment is nondecreasing in `d`, and in `z` it is nondecreasing where `d ≥ 0` and nonincreasing where `d ≤ 0`.
//! So its supremum over a box lies at the largest `d`, at the largest `z` if that `d` is nonnegative and else at the
//! smallest; its infimum is the mirror image. At a point it is `max(d, −z)` for `z ≥ 0`, exactly, and `max(0, z+d)`
//! for `z < 0`: no cancellation of two large values.

use super::increment::{self, Plane};
use super::{Operator, Side, curve};
use crate::exact::Ball;
use crate::interval::{Interval, bounds, point};

const NONNEGATIVE: Interval = crate::interval::const_interval!(0.0, f64::INFINITY);
const ZERO: Interval = crate::interval::const_interval!(0.0, 0.0);
const ONE: Interval = crate::interval::const_interval!(1.0, 1.0);
const UNIT: Interval = crate::interval::const_interval!(0.0, 1.0);

/// `max(x, 0)`
#[derive(Debug)]
pub(crate) struct Relu;

impl Operator for Relu {
    fn symbol(&self) -> &'static str {
        "relu"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if x[0] < 0.0 { 0.0 } else { x[0] }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].max(ZERO)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let image = image.intersection(NONNEGATIVE);
        x[0] = if image.is_empty() {
            Interval::EMPTY
        } else if image.inf() > 0.0 {
            x[0].intersection(image)
        } else {
            x[0].intersection(bounds(f64::NEG_INFINITY, image.sup()))
        };
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = if x[0] > 0.0 { 1.0 } else { 0.0 };
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
        Some(x[0].relu())
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(ite (>= {0} 0.0) {0} 0.0)", x[0])
    }
}

/// The slopes of ReLU over `x`.
fn slopes(x: Interval) -> Interval {
    if x.inf() >= 0.0 {
        ONE
    } else if x.sup() <= 0.0 {
        ZERO
    } else {
        UNIT
    }
}

/// Above, the chord; below, 0 or the identity, whichever leaves the smaller area.
pub(super) fn line(x: Interval, side: Side) -> Option<(f64, f64)> {
    let (l, u) = (x.inf(), x.sup());
    if l >= 0.0 {
        return Some((1.0, 0.0));
    }
    if u <= 0.0 {
        return Some((0.0, 0.0));
    }
    match side {
        Side::Lower => Some((if u > -l { 1.0 } else { 0.0 }, 0.0)),
        Side::Upper => {
            let slope = u / (u - l);
            if !x.is_common_interval() || !slope.is_finite() {
                return None;
            }
            let a = point(slope);
            let constant = (-(a * point(l))).sup().max(((ONE - a) * point(u)).sup());
            constant.is_finite().then_some((slope, constant))
        }
    }
}

/// `ReLU(z+d) − ReLU(z)`
#[derive(Debug)]
pub(crate) struct IncrementRelu;

impl Operator for IncrementRelu {
    fn symbol(&self) -> &'static str {
        "increment-relu"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if x[0] >= 0.0 { x[1].max(-x[0]) } else { (x[0] + x[1]).max(0.0) }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        let (z, d) = (x[0], x[1]);
        if z.is_empty() || d.is_empty() {
            return Interval::EMPTY;
        }
        let upper = at(if d.sup() >= 0.0 { z.sup() } else { z.inf() }, d.sup()).sup();
        let lower = at(if d.inf() >= 0.0 { z.inf() } else { z.sup() }, d.inf()).inf();
        bounds(lower, upper)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        increment::invert(&Relu, slopes(x[0].convex_hull(x[0] + x[1])), image, x);
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        let moved = if x[0] + x[1] > 0.0 { 1.0 } else { 0.0 };
        partials[0] = moved - if x[0] > 0.0 { 1.0 } else { 0.0 };
        partials[1] = moved;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[1] = slopes(x[0] + x[1]);
        partials[0] = partials[1] - slopes(x[0]);
        if x[1].inf() >= 0.0 {
            partials[0] = partials[0].intersection(UNIT);
        }
        if x[1].sup() <= 0.0 {
            partials[0] = partials[0].intersection(-UNIT);
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let (z, d) = (x[0], x[1]);
        let slopes = slopes(z.convex_hull(z + d));
        if slopes.is_singleton() {
            // Both copies on one side of the kink: the increment is d or 0.
            coefficients.copy_from_slice(&[0.0, slopes.inf()]);
            return 0.0;
        }
        let planes: [Option<Plane>; 2] =
            [increment::lipschitz(slopes, d, side), increment::separable(line, z, d, side)];
        increment::best(&planes, x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        increment::exact(&Relu, x)
    }

    fn print(&self, x: &[&str]) -> String {
        increment::print(&Relu, x)
    }
}

/// Encloses the increment at a point, whose coordinates may be infinite: then its limit, approached from within, and
/// the half line beyond the largest double where that is infinite.
fn at(z: f64, d: f64) -> Interval {
    let (lo, hi) = if z >= 0.0 {
        (d.max(-z), d.max(-z))
    } else if z == f64::NEG_INFINITY {
        (0.0, if d == f64::INFINITY { d } else { 0.0 })
    } else if d.is_infinite() {
        (d.max(0.0), d.max(0.0))
    } else {
        let moved = (point(z) + point(d)).max(ZERO);
        (moved.inf(), moved.sup())
    };
    bounds(lo.min(f64::MAX), hi.max(f64::MIN))
}
