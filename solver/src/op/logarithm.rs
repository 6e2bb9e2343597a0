//! The natural logarithm, and `ln(1 + x)` for the inverses that need it near zero.

use super::curve::{self, Bend};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, point};

/// natural logarithm
#[derive(Debug)]
pub(crate) struct Ln;

impl Operator for Ln {
    fn symbol(&self) -> &'static str {
        "log"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].ln()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::ln(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(interval::exp(image));
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        x[0].inf() > 0.0
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[0].recip();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let slopes = x[0].intersection(bounds(0.0, f64::INFINITY)).recip();
        partials[0] = if slopes.is_empty() { Interval::ENTIRE } else { slopes };
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::CONCAVE, x[0].intersection(bounds(0.0, f64::INFINITY)), image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].ln()
    }
}

/// Encloses `ln(1 + x)` over the part of `x` above −1, to a few units in the last place also near zero.
pub(super) fn ln_1p(x: Interval) -> Interval {
    let x = x.intersection(bounds(-1.0, f64::INFINITY));
    if x.is_empty() || x.sup() <= -1.0 {
        return Interval::EMPTY;
    }
    let lower = if x.inf() <= -1.0 { f64::NEG_INFINITY } else { ln_1p_at(x.inf()).inf() };
    let upper = if x.sup() == f64::INFINITY { f64::INFINITY } else { ln_1p_at(x.sup()).sup() };
    bounds(lower, upper)
}

/// Near zero by `ln(1+x) = 2 artanh s`, `s = x/(2+x)`, and `artanh s = s (1 + s²/3 + s⁴/5 + s⁶/7 + s⁸ r)` where
/// `0 ≤ r ≤ 1/9 + s²/11 + … < 0.12` for `|s| < 0.01`.
fn ln_1p_at(x: f64) -> Interval {
    let x = point(x);
    let one = point(1.0);
    if x.mag() > 0.015 {
        return interval::ln(one + x);
    }
    let s = x / (point(2.0) + x);
    let t = s.sqr();
    let mut series = one / point(7.0) + t * bounds(0.0, 0.12);
    for k in [5.0, 3.0, 1.0] {
        series = one / point(k) + t * series;
    }
    point(2.0) * s * series
}
