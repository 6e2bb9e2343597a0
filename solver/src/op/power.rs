//! Powers and the square root.
//!
//! An integer power has two inverse branches when the exponent is even, and a negative power is the power of the
//! reciprocal. The real power is `e^{y ln x}` for `x > 0` and 0 for `x = 0 < y`; for an integer `y` it is the integer
//! power, so that it is defined for negative numbers too (as in dReal, and as in `interval` and `exact`).

use super::curve::{self, Bend};
use super::increment::{self, Plane, quotient};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};

const NONNEGATIVE: Interval = const_interval!(0.0, f64::INFINITY);
const ZERO: Interval = const_interval!(0.0, 0.0);

/// `x^n`, integer `n`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pow {
    /// The exponent `n`; `x^0 = 1`, and negative powers of zero are undefined.
    pub exponent: i32,
}

impl Pow {
    fn is_even(self) -> bool {
        self.exponent % 2 == 0
    }
}

impl Operator for Pow {
    fn symbol(&self) -> &'static str {
        "^"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if self.exponent < 0 && x[0] == 0.0 { f64::NAN } else { x[0].powi(self.exponent) }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::powi(x[0], self.exponent)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if self.exponent == 0 {
            if !image.contains(1.0) {
                x[0] = Interval::EMPTY;
            }
            return;
        }
        // The magnitudes of the roots of the nonnegative numbers of an image.
        let magnitudes = |image: Interval| {
            let power = image.intersection(NONNEGATIVE);
            root(if self.exponent < 0 { power.recip() } else { power }, self.exponent.unsigned_abs())
        };
        let positive = x[0].intersection(magnitudes(image));
        let negative = x[0].intersection(-magnitudes(if self.is_even() { image } else { -image }));
        x[0] = positive.convex_hull(negative);
    }

    fn is_partial(&self) -> bool {
        self.exponent < 0
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        self.exponent >= 0 || !x[0].contains(0.0)
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        let n = self.exponent;
        partials[0] = match n {
            0 => 0.0,
            i32::MIN => f64::from(n) * x[0].powi(n) / x[0],
            _ => f64::from(n) * x[0].powi(n - 1),
        };
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let n = self.exponent;
        partials[0] = match n {
            0 => ZERO,
            _ if n < 0 && x[0].contains(0.0) => Interval::ENTIRE,
            i32::MIN => point(f64::from(n)) * interval::powi(x[0], n) / x[0],
            _ => point(f64::from(n)) * interval::powi(x[0], n - 1),
        };
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let n = self.exponent;
        let bend = match (n, self.is_even()) {
            (0.., true) => Bend::CONVEX,
            (0.., false) => Bend::concave_convex(ZERO),
            _ if x[0].contains(0.0) => {
                coefficients[0] = 0.0;
                return curve::constant(image, side);
            }
            (_, false) if x[0].sup() < 0.0 => Bend::CONCAVE,
            _ => Bend::CONVEX,
        };
        if n == 1 {
            coefficients[0] = 1.0;
            return 0.0;
        }
        curve::relax(self, bend, x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].powi(self.exponent)
    }

    fn print(&self, x: &[&str]) -> String {
        if self.exponent < 0 {
            format!("(^ {} (- {}))", x[0], self.exponent.unsigned_abs())
        } else {
            format!("(^ {} {})", x[0], self.exponent)
        }
    }
}

/// The nonnegative `n`-th roots of the numbers in `x ⊂ [0, ∞)`, `n ≥ 1`.
fn root(x: Interval, n: u32) -> Interval {
    match n {
        1 => x,
        2 => x.sqrt(),
        _ if x.is_empty() => x,
        _ => {
            let exponent = point(1.0) / point(f64::from(n));
            let end = |x: f64| match x {
                0.0 => ZERO,
                f64::INFINITY => bounds(f64::MAX, f64::INFINITY),
                _ => interval::exp(exponent * interval::ln(point(x))),
            };
            // Through the logarithm no root comes out exact, yet integer roots of integers are common: worth one check.
            let (lower, upper) = (end(x.inf()), end(x.sup()));
            let exactly =
                |candidate: f64, power: f64| n < 64 && interval::powi(point(candidate), n as i32) == point(power);
            let nearest = |ends: Interval, x: f64| {
                let guess = ends.mid().round();
                if exactly(guess, x) { point(guess) } else { ends }
            };
            bounds(nearest(lower, x.inf()).inf(), nearest(upper, x.sup()).sup())
        }
    }
}

/// `x^y`, real `y`
#[derive(Debug)]
pub(crate) struct RealPow;

/// The integer power, where the exponent is a known integer.
fn integer(exponent: Interval) -> Option<Pow> {
    let n = exponent.inf();
    (exponent.is_singleton() && n == n.trunc() && n.abs() < f64::from(i32::MAX)).then_some(Pow { exponent: n as i32 })
}

impl Operator for RealPow {
    fn symbol(&self) -> &'static str {
        "^"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if x[0] == 0.0 && x[1] < 0.0 { f64::NAN } else { x[0].powf(x[1]) }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::pow(x[0], x[1])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if let Some(pow) = integer(x[1]) {
            return pow.invert(image, &mut x[..1]);
        }
        // ln(image) = y · ln(x) where x > 0.
        let base = x[0].intersection(NONNEGATIVE);
        let (power, mut logarithm) = (interval::ln(image), interval::ln(base));
        logarithm = quotient(power, x[1], logarithm);
        let mut exponent = quotient(power, logarithm, x[1]);
        let mut narrowed = base.intersection(interval::exp(logarithm));
        // 0^y = 0 where y > 0.
        if base.contains(0.0) && image.contains(0.0) && x[1].sup() > 0.0 {
            narrowed = narrowed.convex_hull(ZERO);
            exponent = exponent.convex_hull(x[1].intersection(NONNEGATIVE));
        }
        // The integer powers of the other numbers, and 0^0.
        let integers = bounds(x[1].inf().ceil(), x[1].sup().floor());
        if x[0].inf() <= 0.0 && !integers.is_empty() {
            narrowed = narrowed.convex_hull(x[0].intersection(-NONNEGATIVE));
            exponent = exponent.convex_hull(integers);
        }
        x[0] = narrowed;
        x[1] = exponent;
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        let fractional = x[0].inf() > 0.0 || (x[0].inf() >= 0.0 && x[1].inf() > 0.0);
        fractional || integer(x[1]).is_some_and(|pow| pow.is_defined(&x[..1]))
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = x[1] * x[0].powf(x[1] - 1.0);
        partials[1] = if x[0] > 0.0 { value * x[0].ln() } else { 0.0 };
    }

    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        // At the border of the domain and beyond it the slopes are unbounded or undefined.
        partials.fill(Interval::ENTIRE);
        if let Some(pow) = integer(x[1]) {
            pow.derivative(&x[..1], image, &mut partials[..1]);
        }
        if x[0].inf() > 0.0 {
            partials[0] = x[1] * interval::pow(x[0], x[1] - point(1.0));
            partials[1] = image * interval::ln(x[0]);
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        coefficients[1] = 0.0;
        if let Some(pow) = integer(x[1]) {
            return pow.relax(&x[..1], image, side, &mut coefficients[..1]);
        }
        let exponent = x[1].inf();
        // A known exponent, and no base but those of the curve.
        if x[1].is_singleton() && (x[0].inf() >= 0.0 || exponent != exponent.trunc()) {
            let bend = if (0.0..=1.0).contains(&exponent) { Bend::CONCAVE } else { Bend::CONVEX };
            let base = x[0].intersection(NONNEGATIVE);
            return curve::relax(&Fixed { exponent }, bend, base, image, side, &mut coefficients[..1]);
        }
        increment::best(&[Plane::mean_value(self, x, image, side)], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].pow(&x[1])
    }
}

/// `x^c` for `x ≥ 0` as a curve.
struct Fixed {
    exponent: f64,
}

impl curve::Curve for Fixed {
    fn value(&self, x: f64) -> f64 {
        x.powf(self.exponent)
    }

    fn slope(&self, x: f64) -> f64 {
        self.exponent * x.powf(self.exponent - 1.0)
    }

    fn enclose(&self, x: Interval) -> Interval {
        interval::pow(x, point(self.exponent))
    }

    fn enclose_slope(&self, x: Interval) -> Interval {
        let exponent = point(self.exponent);
        exponent * interval::pow(x, exponent - point(1.0))
    }
}

/// `√x`
#[derive(Debug)]
pub(crate) struct Sqrt;

impl Operator for Sqrt {
    fn symbol(&self) -> &'static str {
        "sqrt"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].sqrt()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].sqrt()
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(image.intersection(NONNEGATIVE).sqr());
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        x[0].inf() >= 0.0
    }

    fn gradient(&self, _: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = 0.5 / value;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let root = x[0].sqrt();
        partials[0] = if root == ZERO { Interval::ENTIRE } else { point(0.5) / root };
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::CONCAVE, x[0].intersection(NONNEGATIVE), image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].sqrt()
    }
}
