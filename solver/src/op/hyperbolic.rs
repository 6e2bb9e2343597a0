//! Hyperbolic functions, and the increment of tanh.
//!
//! `tanh x = 2σ(2x) − 1`, so that `tanh(z+d) − tanh(z) = 2(σ(2z+2d) − σ(2z))`, and doubling is exact: everything about
//! the increment is that of σ, scaled by powers of two.

use super::curve::{self, Bend};
use super::increment;
use super::logarithm::ln_1p;
use super::sigmoid::{self, IncrementSigmoid};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};

const ZERO: Interval = const_interval!(0.0, 0.0);
const ONE: Interval = const_interval!(1.0, 1.0);
const TWO: Interval = const_interval!(2.0, 2.0);
/// Beyond this magnitude `√(x² ± 1) = x` up to a relative 10⁻¹⁶ … which the logarithm turns into an absolute one.
const LARGE: f64 = 1e8;

/// hyperbolic sine
#[derive(Debug)]
pub(crate) struct Sinh;

impl Operator for Sinh {
    fn symbol(&self) -> &'static str {
        "sinh"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].sinh()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::sinh(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(monotone(image, f64::INFINITY, |y| if y < 0.0 { -asinh(-y) } else { asinh(y) }));
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[0].cosh();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = interval::cosh(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::concave_convex(ZERO), x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].sinh()
    }
}

/// hyperbolic cosine
#[derive(Debug)]
pub(crate) struct Cosh;

impl Operator for Cosh {
    fn symbol(&self) -> &'static str {
        "cosh"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].cosh()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::cosh(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let branch = monotone(image.intersection(bounds(1.0, f64::INFINITY)), f64::INFINITY, acosh);
        x[0] = x[0].intersection(branch).convex_hull(x[0].intersection(-branch));
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[0].sinh();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = interval::sinh(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::CONVEX, x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].cosh()
    }
}

/// hyperbolic tangent
#[derive(Debug)]
pub(crate) struct Tanh;

impl Operator for Tanh {
    fn symbol(&self) -> &'static str {
        "tanh"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].tanh()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::tanh(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(monotone(image, 1.0, |y| if y < 0.0 { -atanh(-y) } else { atanh(y) }));
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[0].cosh().recip().powi(2);
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = slopes(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::convex_concave(ZERO), x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].tanh()
    }
}

/// `tanh'(x) = 4σ'(2x)`
fn slopes(x: Interval) -> Interval {
    bounds(4.0, 4.0) * sigmoid::slopes(TWO * x)
}

/// The inverse of an increasing function onto `[−limit, limit]`, from its enclosures at the ends of `y`.
fn monotone(y: Interval, limit: f64, inverse: impl Fn(f64) -> Interval) -> Interval {
    if y.is_empty() || y.inf() >= limit || y.sup() <= -limit {
        return Interval::EMPTY;
    }
    bounds(
        if y.inf() <= -limit { f64::NEG_INFINITY } else { inverse(y.inf()).inf() },
        if y.sup() >= limit { f64::INFINITY } else { inverse(y.sup()).sup() },
    )
}

/// `arsinh y = ln(1 + y + y²/(1 + √(1 + y²)))` at `y ≥ 0`; for large `y` it is `ln y + ln 2 + r`,
/// `0 ≤ r ≤ 1/(4y²)`.
fn asinh(y: f64) -> Interval {
    let at = point(y);
    if y > LARGE {
        return interval::ln(at) + Interval::LN_2 + bounds(0.0, 1e-16);
    }
    let square = at.sqr();
    ln_1p(at + square / (ONE + (ONE + square).sqrt()))
}

/// `arcosh y = ln(1 + (y−1) + √((y−1)(y+1)))` at `y ≥ 1`; for large `y` it is `ln y + ln 2 − r`,
/// `0 ≤ r ≤ 1/(2y²)`.
fn acosh(y: f64) -> Interval {
    let at = point(y);
    if y > LARGE {
        return interval::ln(at) + Interval::LN_2 + bounds(-1e-16, 0.0);
    }
    let above = at - ONE;
    ln_1p(above + (above * (at + ONE)).sqrt())
}

/// `artanh y = ½ ln(1 + 2y/(1−y))` at `0 ≤ y < 1`.
fn atanh(y: f64) -> Interval {
    let at = point(y);
    ln_1p(TWO * at / (ONE - at)) / TWO
}

/// `tanh(z+d) − tanh(z)`
#[derive(Debug)]
pub(crate) struct IncrementTanh;

/// The operands of the increment of σ.
fn doubled(x: &[Interval]) -> [Interval; 2] {
    [TWO * x[0], TWO * x[1]]
}

impl Operator for IncrementTanh {
    fn symbol(&self) -> &'static str {
        "increment-tanh"
    }

    fn value(&self, x: &[f64]) -> f64 {
        2.0 * IncrementSigmoid.value(&[2.0 * x[0], 2.0 * x[1]])
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        TWO * IncrementSigmoid.enclose(&doubled(x))
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let mut twice = doubled(x);
        IncrementSigmoid.invert(image / TWO, &mut twice);
        for (x, twice) in x.iter_mut().zip(twice) {
            *x = x.intersection(twice / TWO);
        }
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        IncrementSigmoid.gradient(&[2.0 * x[0], 2.0 * x[1]], 0.5 * value, partials);
        partials.iter_mut().for_each(|p| *p *= 4.0);
    }

    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        IncrementSigmoid.derivative(&doubled(x), image / TWO, partials);
        partials.iter_mut().for_each(|p| *p = bounds(4.0, 4.0) * *p);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let constant = IncrementSigmoid.relax(&doubled(x), image / TWO, side, coefficients);
        coefficients.iter_mut().for_each(|a| *a *= 4.0);
        2.0 * constant
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        increment::exact(&Tanh, x)
    }

    fn print(&self, x: &[&str]) -> String {
        increment::print(&Tanh, x)
    }
}
