//! Certified numbers of high precision: a [`Ball`] holds one real number between two exact ends.
//!
//! A number that is known exactly stays exact under `+ − × ÷`, absolute value, minimum, maximum, integer powers, and
//! square roots that come out even, as a dyadic point or, after a division, as a rational. Everything else is rounded
//! outward to the ball's precision, so an expression evaluated at a point yields a proof of its value to some 2^-190,
//! and of its exact value where the expression is rational. An exact number that outgrows [`MAX_EXACT_BITS`] is
//! rounded too, so no expression takes unbounded memory.
//!
//! Every operation answers `None` where it is undefined for some number in its arguments, and where the result's
//! magnitude exceeds `2^`[`MAX_EXPONENT`]. Results that are smaller than `2^-MAX_EXPONENT` get zero as their inner end.

use std::cmp::Ordering;

use num_rational::BigRational;
use num_traits::{Pow, Signed, ToPrimitive, Zero};

use super::dyadic::Dyadic;
pub use super::functions::MAX_EXPONENT;
use super::functions::{self, increasing};
use super::range::Range;
use super::rational::{self, Rational};

/// The precision, in bits, of a ball for which no other was chosen.
pub const DEFAULT_PRECISION: u32 = 192;

/// The most bits that an exact number may have; beyond, it is rounded to the ball's precision.
pub const MAX_EXACT_BITS: u64 = 1 << 14;

/// Bits with which a logarithm is computed beyond the precision of the power that it serves: a power's exponent
/// reaches 2^17, and what is absolute for the exponent is relative for the power.
const POWER_GUARD: u64 = 20;

/// A real number enclosed between two exact numbers.
#[derive(Clone, Debug)]
pub struct Ball {
    value: Value,
    bits: u64,
}

#[derive(Clone, Debug)]
enum Value {
    /// Dyadic ends, often equal.
    Range(Range),
    /// An exactly known number that is not dyadic.
    Ratio(Rational),
}

impl Ball {
    fn range(range: Range, bits: u64) -> Self {
        Self { value: Value::Range(range), bits }
    }

    /// An integer.
    pub fn from_integer(n: i64) -> Self {
        Self::range(Range::integer(n), DEFAULT_PRECISION.into())
    }

    /// A double, exactly; `None` for NaN and infinities.
    pub fn from_f64(x: f64) -> Option<Self> {
        Some(Self::range(Range::point(Dyadic::from_f64(x)?), DEFAULT_PRECISION.into()))
    }

    /// A dyadic number, exactly unless it is too long; `None` when its magnitude is out of range.
    pub fn from_dyadic(x: Dyadic) -> Option<Self> {
        Self::finish(Range::point(x), DEFAULT_PRECISION.into())
    }

    /// A rational, exactly unless it is too long; `None` when its magnitude is out of range.
    pub fn from_rational(r: Rational) -> Option<Self> {
        Self::ratio(r, DEFAULT_PRECISION.into())
    }

    /// All the numbers from `lo` to `hi`; `None` when `lo > hi` or a magnitude is out of range.
    pub fn from_bounds(lo: &Rational, hi: &Rational) -> Option<Self> {
        let bits = u64::from(DEFAULT_PRECISION);
        let (lo, hi) = (lo <= hi).then_some((lo, hi))?;
        Self::finish(Range { lo: Dyadic::from_ratio(lo, bits, false), hi: Dyadic::from_ratio(hi, bits, true) }, bits)
    }

    /// π.
    pub fn pi() -> Option<Self> {
        let bits = u64::from(DEFAULT_PRECISION);
        Self::finish(functions::pi(bits)?, bits)
    }

    /// The same number, whose inexact descendants have mantissas of `bits` bits (at least 16). An operation on two
    /// balls works with the higher precision.
    pub fn with_precision(mut self, bits: u32) -> Self {
        self.bits = u64::from(bits.max(16));
        self
    }

    /// The precision in bits.
    pub fn precision(&self) -> u32 {
        self.bits as u32
    }

    /// Rounds a result outward, unless it is an exact point of bearable length, and checks its magnitude.
    fn finish(range: Range, bits: u64) -> Option<Self> {
        let exact = range.is_point() && range.lo.bits() <= MAX_EXACT_BITS;
        let Range { mut lo, mut hi } = if exact { range } else { range.round(bits) };
        for end in [&lo, &hi] {
            if end.magnitude_exponent().is_some_and(|e| e > MAX_EXPONENT) {
                return None;
            }
        }
        let tiny = |x: &Dyadic| x.magnitude_exponent().is_some_and(|e| e < -MAX_EXPONENT);
        let least = Dyadic::power_of_two(-MAX_EXPONENT);
        if tiny(&lo) {
            lo = if lo.signum() > 0 { Dyadic::ZERO } else { -&least };
        }
        if tiny(&hi) {
            hi = if hi.signum() > 0 { least } else { Dyadic::ZERO };
        }
        Some(Self::range(Range { lo, hi }, bits))
    }

    /// An exact rational result.
    fn ratio(r: Rational, bits: u64) -> Option<Self> {
        if let Some(x) = Dyadic::from_rational(&r) {
            return Self::finish(Range::point(x), bits);
        }
        let (above, below) = (r.numer().bits(), r.denom().bits());
        if above + below > MAX_EXACT_BITS {
            let range = Range { lo: Dyadic::from_ratio(&r, bits, false), hi: Dyadic::from_ratio(&r, bits, true) };
            return Self::finish(range, bits);
        }
        Some(Self { value: Value::Ratio(r), bits })
    }

    /// The ends as dyadic numbers: those of a rational at the ball's precision.
    fn to_range(&self) -> Range {
        match &self.value {
            Value::Range(range) => range.clone(),
            // Twice the precision, so that an ill-conditioned operation (a sine near π) is not the poorer for it.
            Value::Ratio(r) => Range {
                lo: Dyadic::from_ratio(r, 2 * self.bits + 32, false),
                hi: Dyadic::from_ratio(r, 2 * self.bits + 32, true),
            },
        }
    }

    /// The number itself, where it is known exactly.
    pub fn exact(&self) -> Option<Rational> {
        match &self.value {
            Value::Range(range) => range.is_point().then(|| range.lo.to_rational()),
            Value::Ratio(r) => Some(r.clone()),
        }
    }

    /// Whether the number is known exactly.
    pub fn is_point(&self) -> bool {
        match &self.value {
            Value::Range(range) => range.is_point(),
            Value::Ratio(_) => true,
        }
    }

    /// The lower end: the number is at least this.
    pub fn lower(&self) -> Rational {
        match &self.value {
            Value::Range(range) => range.lo.to_rational(),
            Value::Ratio(r) => r.clone(),
        }
    }

    /// The upper end: the number is at most this.
    pub fn upper(&self) -> Rational {
        match &self.value {
            Value::Range(range) => range.hi.to_rational(),
            Value::Ratio(r) => r.clone(),
        }
    }

    /// A double that is at most the number; the largest one when the number is known exactly.
    pub fn floor_f64(&self) -> f64 {
        match &self.value {
            Value::Range(range) => range.lo.floor_f64(),
            Value::Ratio(r) => rational::floor_f64(r),
        }
    }

    /// A double that is at least the number; the smallest one when the number is known exactly.
    pub fn ceil_f64(&self) -> f64 {
        match &self.value {
            Value::Range(range) => range.hi.ceil_f64(),
            Value::Ratio(r) => rational::ceil_f64(r),
        }
    }

    /// Whether the ball holds `r`.
    pub fn contains(&self, r: &Rational) -> bool {
        self.lower() <= *r && *r <= self.upper()
    }

    /// How the two numbers compare; `None` when the balls overlap and are not both exact.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        if let (Value::Range(a), Value::Range(b)) = (&self.value, &other.value) {
            return a.compare(b);
        }
        match (self.exact(), other.exact()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => self.to_range().compare(&other.to_range()),
        }
    }

    /// The sign (−1, 0, 1), where the ball decides it.
    pub fn signum(&self) -> Option<i32> {
        self.compare(&Self::from_integer(0)).map(|ordering| ordering as i32)
    }

    /// The sign of the lower end.
    pub fn floor_sign(&self) -> i32 {
        match &self.value {
            Value::Range(range) => range.lo.signum(),
            Value::Ratio(r) => {
                if r.is_negative() {
                    -1
                } else {
                    1
                }
            }
        }
    }

    /// The sign of the upper end.
    pub fn ceil_sign(&self) -> i32 {
        match &self.value {
            Value::Range(range) => range.hi.signum(),
            Value::Ratio(r) => {
                if r.is_negative() {
                    -1
                } else {
                    1
                }
            }
        }
    }

    /// An operation that has a form for ranges and one for rationals. The rational form serves where both numbers are
    /// exact and one is not dyadic.
    fn binary(
        &self,
        other: &Self,
        ranges: impl FnOnce(&Range, &Range, u64) -> Option<Range>,
        rationals: impl FnOnce(Rational, Rational) -> Rational,
    ) -> Option<Self> {
        let bits = self.bits.max(other.bits);
        if let (Value::Range(a), Value::Range(b)) = (&self.value, &other.value) {
            // Two exact numbers: round nothing here, `finish` bounds the length.
            let working = if a.is_point() && b.is_point() { u64::MAX } else { bits };
            return Self::finish(ranges(a, b, working)?, bits);
        }
        match (self.exact(), other.exact()) {
            (Some(a), Some(b)) => Self::ratio(rationals(a, b), bits),
            _ => Self::finish(ranges(&self.to_range(), &other.to_range(), bits)?, bits),
        }
    }

    /// `self + other`.
    pub fn add(&self, other: &Self) -> Option<Self> {
        self.binary(other, |a, b, bits| Some(a.add(b, bits)), |a, b| a + b)
    }

    /// `self − other`.
    pub fn sub(&self, other: &Self) -> Option<Self> {
        self.binary(other, |a, b, bits| Some(a.sub(b, bits)), |a, b| a - b)
    }

    /// `self · other`.
    pub fn mul(&self, other: &Self) -> Option<Self> {
        self.binary(other, |a, b, bits| Some(a.mul(b, bits)), |a, b| a * b)
    }

    /// `self / other`; `None` when the divisor may be zero.
    pub fn div(&self, other: &Self) -> Option<Self> {
        let bits = self.bits.max(other.bits);
        match (self.exact(), other.exact()) {
            (Some(a), Some(b)) => (!b.is_zero()).then(|| Self::ratio(a / b, bits))?,
            _ => Self::finish(self.to_range().div(&other.to_range(), bits)?, bits),
        }
    }

    /// `−self`.
    pub fn neg(&self) -> Self {
        let value = match &self.value {
            Value::Range(range) => Value::Range(range.neg()),
            Value::Ratio(r) => Value::Ratio(-r),
        };
        Self { value, bits: self.bits }
    }

    /// `|self|`.
    pub fn abs(&self) -> Self {
        let value = match &self.value {
            Value::Range(range) => Value::Range(range.abs()),
            Value::Ratio(r) => Value::Ratio(r.abs()),
        };
        Self { value, bits: self.bits }
    }

    /// The smaller of two numbers.
    pub fn min(&self, other: &Self) -> Self {
        self.choose(other, Ordering::Greater, Range::min)
    }

    /// The larger of two numbers.
    pub fn max(&self, other: &Self) -> Self {
        self.choose(other, Ordering::Less, Range::max)
    }

    /// `other` where `self` compares with it as `when_other` says, `self` where otherwise, `merge` where unknown.
    fn choose(&self, other: &Self, when_other: Ordering, merge: impl FnOnce(&Range, &Range) -> Range) -> Self {
        let bits = self.bits.max(other.bits);
        let value = match self.compare(other) {
            Some(ordering) if ordering == when_other => other.value.clone(),
            Some(_) => self.value.clone(),
            None => Value::Range(merge(&self.to_range(), &other.to_range())),
        };
        Self { value, bits }
    }

    /// `max(self, 0)`.
    pub fn relu(&self) -> Self {
        self.max(&Self::from_integer(0).with_precision(16))
    }

    /// `self^n`, with `x^0 = 1`; `None` for a negative power of what may be zero.
    pub fn powi(&self, n: i32) -> Option<Self> {
        if let Some(r) = self.exact() {
            if r.is_zero() {
                return (n >= 0).then(|| Self::range(Range::integer((n == 0).into()), self.bits));
            }
            let length = r.numer().bits().max(r.denom().bits());
            if length.saturating_mul(n.unsigned_abs().into()) <= MAX_EXACT_BITS {
                return Self::ratio(Pow::pow(r, n), self.bits);
            }
        }
        // Thirty-one squarings can cost as many bits.
        let w = self.bits + 64;
        let power = self.to_range_wide(w).powi(n.unsigned_abs(), w);
        let power = if n < 0 { Range::integer(1).div(&power, w)? } else { power };
        Self::finish(power, self.bits)
    }

    /// Like `to_range`, at a precision of `bits`.
    fn to_range_wide(&self, bits: u64) -> Range {
        self.clone().with_precision(bits as u32).to_range()
    }

    /// `√self`; `None` when the number may be negative. Exact for squares of rationals.
    pub fn sqrt(&self) -> Option<Self> {
        if let Value::Ratio(r) = &self.value
            && !r.is_negative()
        {
            let root = BigRational::new_raw(r.numer().sqrt(), r.denom().sqrt());
            if &root * &root == *r {
                return Self::ratio(root, self.bits);
            }
        }
        let range = self.to_range();
        let bits = if range.is_point() { self.bits.max(range.lo.bits()) } else { self.bits };
        Self::finish(range.sqrt(bits)?, self.bits)
    }

    /// A function given by its values on ranges.
    fn apply(&self, f: impl FnOnce(&Range, u64) -> Option<Range>) -> Option<Self> {
        Self::finish(f(&self.to_range(), self.bits)?, self.bits)
    }

    /// An increasing function given by its values at points.
    fn monotone(&self, f: fn(&Dyadic, u64) -> Option<Range>) -> Option<Self> {
        self.apply(|x, bits| increasing(x, |point| f(point, bits)))
    }

    /// `e^self`.
    pub fn exp(&self) -> Option<Self> {
        self.monotone(functions::exp)
    }

    /// The natural logarithm; `None` unless the number is certainly positive.
    pub fn ln(&self) -> Option<Self> {
        self.monotone(functions::ln)
    }

    /// The sine.
    pub fn sin(&self) -> Option<Self> {
        self.apply(functions::sin)
    }

    /// The cosine.
    pub fn cos(&self) -> Option<Self> {
        self.apply(functions::cos)
    }

    /// The tangent; `None` when a pole cannot be excluded.
    pub fn tan(&self) -> Option<Self> {
        self.apply(|x, bits| functions::sin(x, bits)?.div(&functions::cos(x, bits)?, bits))
    }

    /// The arcsine; `None` unless the number is certainly in `[−1, 1]`.
    pub fn asin(&self) -> Option<Self> {
        self.monotone(functions::asin)
    }

    /// The arccosine; `None` unless the number is certainly in `[−1, 1]`.
    pub fn acos(&self) -> Option<Self> {
        // Decreasing, hence increasing in −x.
        self.apply(|x, bits| increasing(&x.neg(), |minus| functions::acos(&-minus, bits)))
    }

    /// The arctangent.
    pub fn atan(&self) -> Option<Self> {
        self.monotone(functions::atan)
    }

    /// The angle in `(−π, π]` of the point with ordinate `self` and abscissa `x`; `None` when that may be the origin.
    pub fn atan2(&self, x: &Self) -> Option<Self> {
        let bits = self.bits.max(x.bits);
        let (rise, run) = (self.to_range(), x.to_range());
        if rise.contains_zero() && run.contains_zero() && !(rise.is_point() && run.is_point()) {
            return None;
        }
        if rise.lo.signum() < 0 && rise.hi.signum() >= 0 && run.lo.signum() < 0 {
            // Across the cut along the negative axis.
            let pi = functions::pi(bits)?;
            return Self::finish(pi.neg().hull(&pi), bits);
        }
        // Elsewhere a box that spares the origin is seen under the angles between two of its corners: above the axis the
        // angle falls in x, below it grows, and in y it grows where x is positive.
        let least = match (rise.lo.signum() < 0, run.lo.signum() >= 0, run.hi.signum() > 0) {
            (true, true, _) => (&rise.lo, &run.lo),
            (true, false, _) => (&rise.hi, &run.lo),
            (false, _, true) => (&rise.lo, &run.hi),
            (false, _, false) => (&rise.hi, &run.hi),
        };
        let greatest = match (rise.hi.signum() >= 0, run.lo.signum() >= 0, run.hi.signum() > 0) {
            (true, true, _) => (&rise.hi, &run.lo),
            (true, false, _) => (&rise.lo, &run.lo),
            (false, _, true) => (&rise.hi, &run.hi),
            (false, _, false) => (&rise.lo, &run.hi),
        };
        let low = functions::atan2(least.0, least.1, bits)?;
        let high = if least == greatest { low.clone() } else { functions::atan2(greatest.0, greatest.1, bits)? };
        Self::finish(low.hull(&high), bits)
    }

    /// The hyperbolic sine.
    pub fn sinh(&self) -> Option<Self> {
        self.monotone(functions::sinh)
    }

    /// The hyperbolic cosine.
    pub fn cosh(&self) -> Option<Self> {
        self.apply(|x, bits| increasing(&x.abs(), |point| functions::cosh(point, bits)))
    }

    /// The hyperbolic tangent.
    pub fn tanh(&self) -> Option<Self> {
        self.monotone(functions::tanh)
    }

    /// The logistic function `1/(1 + e^−x)`.
    pub fn sigmoid(&self) -> Option<Self> {
        self.monotone(functions::sigmoid)
    }

    /// `self^y` over the reals: an integer `y` that is known exactly means [`Self::powi`], for any base; otherwise the
    /// base must be positive, or nonnegative where `y` is positive (`0^y = 0`).
    pub fn pow(&self, y: &Self) -> Option<Self> {
        if let Some(n) = y.exact().filter(Rational::is_integer).and_then(|n| n.numer().to_i32()) {
            return self.clone().with_precision(self.bits.max(y.bits) as u32).powi(n);
        }
        let bits = self.bits.max(y.bits);
        let w = bits + POWER_GUARD + 20;
        let (base, exponent) = (self.to_range_wide(w), y.to_range_wide(w));
        if exponent.is_point() && exponent.lo == Dyadic::power_of_two(-1) {
            return self.clone().with_precision(bits as u32).sqrt();
        }
        if base.lo.signum() < 0 || (base.lo.is_zero() && exponent.lo.signum() <= 0) {
            return None;
        }
        let positive = |base: &Range| {
            let ln = increasing(base, |point| functions::ln(point, w))?;
            increasing(&exponent.mul(&ln, w), |point| functions::exp(point, bits))
        };
        let power = if base.hi.is_zero() {
            Range::integer(0)
        } else if base.lo.is_zero() {
            // Powers of positive exponents increase from 0 to those of the upper end.
            Range { lo: Dyadic::ZERO, hi: positive(&Range::point(base.hi))?.hi }
        } else {
            positive(&base)?
        };
        Self::finish(power, bits)
    }
}
