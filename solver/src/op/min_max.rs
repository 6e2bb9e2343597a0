//! Minimum and maximum of two operands.
//!
//! The minimum is the maximum seen through a change of sign. `max(x, y)` is convex, so its greatest distance above a
//! plane is at a vertex of the box; from below it is bounded by either operand.

use super::{Operator, Side, curve};
use crate::exact::Ball;
use crate::interval::{Interval, bounds, point};

/// `max(x, y)`
#[derive(Debug)]
pub(crate) struct Max;

impl Operator for Max {
    fn symbol(&self) -> &'static str {
        "max"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].max(x[1])
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].max(x[1])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let below = bounds(f64::NEG_INFINITY, image.sup());
        let reaches = [!x[0].disjoint(image), !x[1].disjoint(image)];
        for i in 0..2 {
            // The other operand cannot be the maximum, so this one is.
            x[i] = x[i].intersection(if reaches[1 - i] { below } else { image });
        }
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials.copy_from_slice(if x[0] >= x[1] { &[1.0, 0.0] } else { &[0.0, 1.0] });
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = weight(x[0], x[1]);
        partials[1] = point(1.0) - partials[0];
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let weight = weight(x[0], x[1]);
        if weight.is_singleton() {
            coefficients.copy_from_slice(&[weight.inf(), 1.0 - weight.inf()]);
            return 0.0;
        }
        match side {
            Side::Lower => {
                let first = x[0].sup() - x[1].inf() > x[1].sup() - x[0].inf();
                coefficients.copy_from_slice(if first { &[1.0, 0.0] } else { &[0.0, 1.0] });
                0.0
            }
            Side::Upper => above(x[0], x[1], coefficients).unwrap_or_else(|| {
                coefficients.fill(0.0);
                curve::constant(image, side)
            }),
        }
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        Some(x[0].max(&x[1]))
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(ite (>= {0} {1}) {0} {1})", x[0], x[1])
    }
}

/// The weight of `x` in `max(x, y)`: the Clarke derivative, decided where one operand is the larger all over the box.
fn weight(x: Interval, y: Interval) -> Interval {
    if x.inf() >= y.sup() {
        point(1.0)
    } else if x.sup() <= y.inf() {
        point(0.0)
    } else {
        bounds(0.0, 1.0)
    }
}

/// `max(x, y) = y + ReLU(x − y)` with the chord of the ReLU over `x − y`; the constant is the greatest distance at the
/// four vertices.
fn above(x: Interval, y: Interval, coefficients: &mut [f64]) -> Option<f64> {
    if !x.is_common_interval() || !y.is_common_interval() {
        return None;
    }
    let (l, u) = (x.inf() - y.sup(), x.sup() - y.inf());
    let share = u / (u - l);
    if !share.is_finite() {
        return None;
    }
    let rest = 1.0 - share;
    let mut constant = f64::NEG_INFINITY;
    for a in [x.inf(), x.sup()] {
        for b in [y.inf(), y.sup()] {
            let distance = if a >= b {
                (point(1.0) - point(share)) * point(a) - point(rest) * point(b)
            } else {
                (point(1.0) - point(rest)) * point(b) - point(share) * point(a)
            };
            constant = constant.max(distance.sup());
        }
    }
    coefficients.copy_from_slice(&[share, rest]);
    constant.is_finite().then_some(constant)
}

/// `min(x, y) = −max(−x, −y)`
#[derive(Debug)]
pub(crate) struct Min;

impl Operator for Min {
    fn symbol(&self) -> &'static str {
        "min"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].min(x[1])
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].min(x[1])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let mut turned = [-x[0], -x[1]];
        Max.invert(-image, &mut turned);
        x.copy_from_slice(&[-turned[0], -turned[1]]);
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials.copy_from_slice(if x[0] <= x[1] { &[1.0, 0.0] } else { &[0.0, 1.0] });
    }

    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        Max.derivative(&[-x[0], -x[1]], -image, partials);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let other = match side {
            Side::Lower => Side::Upper,
            Side::Upper => Side::Lower,
        };
        -Max.relax(&[-x[0], -x[1]], -image, other, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        Some(x[0].min(&x[1]))
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(ite (<= {0} {1}) {0} {1})", x[0], x[1])
    }
}
