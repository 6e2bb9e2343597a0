//! Inverse trigonometric functions, and the angle of a point.

use super::curve::{self, Bend};
use super::increment::quotient;
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};

const ZERO: Interval = const_interval!(0.0, 0.0);
const DOMAIN: Interval = const_interval!(-1.0, 1.0);
/// The largest double below π/2.
const RIGHT_ANGLE: f64 = std::f64::consts::FRAC_PI_2;

/// arc sine
#[derive(Debug)]
pub(crate) struct Asin;

impl Operator for Asin {
    fn symbol(&self) -> &'static str {
        "asin"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].asin()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::asin(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let angle = image.intersection(bounds(-Interval::FRAC_PI_2.sup(), Interval::FRAC_PI_2.sup()));
        x[0] = x[0].intersection(DOMAIN).intersection(interval::sin(angle));
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        x[0].subset(DOMAIN)
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = ((1.0 - x[0]) * (1.0 + x[0])).sqrt().recip();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = slopes(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::concave_convex(ZERO), x[0].intersection(DOMAIN), image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].asin()
    }
}

/// `1/√(1−x²)`: even, least where `|x|` is, unbounded towards ±1.
fn slopes(x: Interval) -> Interval {
    let x = x.intersection(DOMAIN);
    if x.is_empty() {
        return x;
    }
    let root = |x: f64| ((point(1.0) - point(x)) * (point(1.0) + point(x))).sqrt();
    let least = root(x.mig()).recip();
    if least.is_empty() {
        return Interval::ENTIRE;
    }
    bounds(least.inf(), if x.mag() == 1.0 { f64::INFINITY } else { root(x.mag()).recip().sup() })
}

/// arc cosine
#[derive(Debug)]
pub(crate) struct Acos;

impl Operator for Acos {
    fn symbol(&self) -> &'static str {
        "acos"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].acos()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::acos(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let angle = image.intersection(bounds(0.0, Interval::PI.sup()));
        x[0] = x[0].intersection(DOMAIN).intersection(interval::cos(angle));
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        x[0].subset(DOMAIN)
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = -((1.0 - x[0]) * (1.0 + x[0])).sqrt().recip();
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = -slopes(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::convex_concave(ZERO), x[0].intersection(DOMAIN), image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].acos()
    }
}

/// arc tangent
#[derive(Debug)]
pub(crate) struct Atan;

impl Operator for Atan {
    fn symbol(&self) -> &'static str {
        "atan"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].atan()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::atan(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(tangent(image));
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = 1.0 / (1.0 + x[0] * x[0]);
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = (point(1.0) + x[0].sqr()).recip();
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::convex_concave(ZERO), x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].atan()
    }
}

/// The tangents of the angles between −π/2 and π/2.
fn tangent(angle: Interval) -> Interval {
    if angle.is_empty() || angle.inf() > RIGHT_ANGLE || angle.sup() < -RIGHT_ANGLE {
        return Interval::EMPTY;
    }
    bounds(
        if angle.inf() < -RIGHT_ANGLE { f64::NEG_INFINITY } else { interval::tan(point(angle.inf())).inf() },
        if angle.sup() > RIGHT_ANGLE { f64::INFINITY } else { interval::tan(point(angle.sup())).sup() },
    )
}

/// The angle of the point `(x, y)`, operands `y, x`, in `(−π, π]`; undefined at the origin. It jumps across the
/// negative `x` axis.
#[derive(Debug)]
pub(crate) struct Atan2;

impl Operator for Atan2 {
    fn symbol(&self) -> &'static str {
        "atan2"
    }

    fn value(&self, x: &[f64]) -> f64 {
        // The sum turns −0 into 0: over the reals the angle of (−1, −0) is π.
        if x[0] == 0.0 && x[1] == 0.0 { f64::NAN } else { (x[0] + 0.0).atan2(x[1]) }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::atan2(x[0], x[1])
    }

    /// The angle tells the signs of the coordinates, and their ratio: `y = x·tan θ` in the right half plane and
    /// `x = y·cot θ` in the upper and the lower one.
    fn invert(&self, image: Interval, operands: &mut [Interval]) {
        let (mut y, mut x) = (operands[0], operands[1]);
        let angle = image.intersection(bounds(-Interval::PI.sup(), Interval::PI.sup()));
        let positive = bounds(0.0, f64::INFINITY);
        if angle.is_empty() || (y == ZERO && x == ZERO) {
            operands.fill(Interval::EMPTY);
            return;
        }
        if angle.inf() >= 0.0 {
            y = y.intersection(positive);
        }
        if angle.sup() <= 0.0 {
            y = y.intersection(-positive);
        }
        if angle.mag() <= RIGHT_ANGLE {
            x = x.intersection(positive);
            let ratio = tangent(angle);
            y = y.intersection(x * ratio);
            x = quotient(y, ratio, x);
        } else if angle.mig() > RIGHT_ANGLE {
            x = x.intersection(-positive);
        }
        let upper = if angle.inf() > 0.0 { angle } else { -angle };
        if upper.inf() > 0.0 && upper.sup() < Interval::PI.inf() {
            // θ ↦ cot θ = tan(π/2 − θ), odd.
            let complement = tangent(Interval::FRAC_PI_2 - upper);
            let ratio = if angle.inf() > 0.0 { complement } else { -complement };
            x = x.intersection(y * ratio);
            y = quotient(x, ratio, y);
        }
        operands.copy_from_slice(&[y, x]);
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        !(x[0].contains(0.0) && x[1].contains(0.0))
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        let radius = x[0].hypot(x[1]);
        partials[0] = x[1] / radius / radius;
        partials[1] = -x[0] / radius / radius;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let (ordinate, abscissa) = (x[0], x[1]);
        let jumps = abscissa.inf() <= 0.0 && ordinate.inf() <= 0.0 && ordinate.sup() >= 0.0;
        if jumps {
            partials.fill(Interval::ENTIRE);
        } else {
            let square = ordinate.sqr() + abscissa.sqr();
            partials[0] = abscissa / square;
            partials[1] = -ordinate / square;
            if partials.iter().any(|p| p.is_empty()) {
                partials.fill(Interval::ENTIRE);
            }
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let plane = super::increment::Plane::mean_value(self, x, image, side);
        super::increment::best(&[plane], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].atan2(&x[1])
    }
}
