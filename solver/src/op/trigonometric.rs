//! Sine, cosine and tangent.
//!
//! The solutions of `f(x) ∈ image` are a few intervals, repeated with the period. Only the first and the last that
//! meet the operand matter to its hull, and each lies within a period of an end of the operand, so that no number of
//! periods is too large. Linear bounds exist where the operand holds a single inflection, at a multiple of π (sine,
//! tangent) or an odd multiple of π/2 (cosine), which is proved in interval arithmetic first.

use super::curve::{self, Bend};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};

const RANGE: Interval = const_interval!(-1.0, 1.0);
/// Ends of larger magnitude are left alone: an enclosure of their period number would be too wide to be of use.
const FAR: f64 = 1e12;

/// sine
#[derive(Debug)]
pub(crate) struct Sin;

impl Operator for Sin {
    fn symbol(&self) -> &'static str {
        "sin"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].sin()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::sin(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if !RANGE.subset(image) {
            let rising = interval::asin(image);
            x[0] = narrow(x[0], Interval::TAU, &[rising, Interval::PI - rising]);
        }
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[0].cos();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = interval::cos(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        wave(self, x[0], 0.0, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].sin()
    }
}

/// cosine
#[derive(Debug)]
pub(crate) struct Cos;

impl Operator for Cos {
    fn symbol(&self) -> &'static str {
        "cos"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].cos()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::cos(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if !RANGE.subset(image) {
            let falling = interval::acos(image);
            x[0] = narrow(x[0], Interval::TAU, &[falling, -falling]);
        }
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = -x[0].sin();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = -interval::sin(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        wave(self, x[0], 0.5, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].cos()
    }
}

/// tangent
#[derive(Debug)]
pub(crate) struct Tan;

impl Operator for Tan {
    fn symbol(&self) -> &'static str {
        "tan"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].tan()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::tan(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if !image.is_entire() {
            x[0] = narrow(x[0], Interval::PI, &[interval::atan(image)]);
        }
    }

    fn gradient(&self, _: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = 1.0 + value * value;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let tangent = interval::tan(x[0]);
        partials[0] = if tangent.is_common_interval() { point(1.0) + tangent.sqr() } else { Interval::ENTIRE };
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        // A bounded tangent has no pole in the box.
        if interval::tan(x[0]).is_common_interval()
            && let Some((inflection, _)) = inflection(x[0], 0.0)
        {
            return curve::relax(self, Bend::concave_convex(inflection), x[0], image, side, coefficients);
        }
        coefficients[0] = 0.0;
        curve::constant(image, side)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].tan()
    }
}

/// The hull of the part of `x` in the `pieces` shifted by multiples of the period. The pieces lie within a few units
/// of zero, and together hold every solution of one period.
fn narrow(x: Interval, period: Interval, pieces: &[Interval]) -> Interval {
    if x.is_empty() || pieces.iter().all(|piece| piece.is_empty()) {
        return Interval::EMPTY;
    }
    let inf = match near(x, x.inf(), period, pieces) {
        Some(part) if part.is_empty() => return part,
        Some(part) => part.inf(),
        None => x.inf(),
    };
    match near(x, x.sup(), period, pieces) {
        Some(part) if part.is_empty() => part,
        Some(part) => bounds(inf, part.sup()),
        None => bounds(inf, x.sup()),
    }
}

/// The hull of the parts of `x` in the pieces of the four periods around one of its ends. They hold all the solutions
/// within a period of the end; when there is none in `x`, then `x` is shorter than a period and holds no other.
/// `None` where nothing can be said.
fn near(x: Interval, end: f64, period: Interval, pieces: &[Interval]) -> Option<Interval> {
    if end.abs() > FAR {
        return None;
    }
    let turns = (end / period.mid()).round();
    let mut hull = Interval::EMPTY;
    for k in -2..=2 {
        let shift = point(turns + f64::from(k)) * period;
        for piece in pieces {
            hull = hull.convex_hull(x.intersection(*piece + shift));
        }
    }
    (!hull.is_empty() || x.wid() < 0.99 * period.inf()).then_some(hull)
}

/// The inflection `(k + offset)·π` nearest to the middle of `x`, and `k`; `None` unless the neighbouring ones are
/// certainly outside `x`.
fn inflection(x: Interval, offset: f64) -> Option<(Interval, f64)> {
    if x.mag() > FAR {
        return None;
    }
    let k = (x.mid() / std::f64::consts::PI - offset).round();
    let at = |k: f64| point(k + offset) * Interval::PI;
    (at(k - 1.0).sup() <= x.inf() && x.sup() <= at(k + 1.0).inf()).then(|| (at(k), k))
}

/// The linear bounds of sine (offset 0) and cosine (offset ½).
fn wave(f: &dyn curve::Curve, x: Interval, offset: f64, image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
    let Some((inflection, k)) = inflection(x, offset) else {
        coefficients[0] = 0.0;
        return curve::constant(image, side);
    };
    // Sine rises through an even multiple of π, from convex to concave; cosine falls through (0 + ½)π.
    let rising = (k.rem_euclid(2.0) == 0.0) == (offset == 0.0);
    let bend = if rising { Bend::convex_concave(inflection) } else { Bend::concave_convex(inflection) };
    curve::relax(f, bend, x, image, side, coefficients)
}
