//! A compact, immutable, exact constant: what an expression's leaf holds.
//!
//! Nearly all constants are doubles, so a number that a double represents exactly *is* one, and only the others (`0.1`
//! of a file, a half of a third) are shared rationals. The form is canonical: equal numbers have equal forms, `−0` is
//! `0`. Sums, products and quotients of doubles stay doubles where an error-free transformation proves that nothing
//! was rounded (Knuth's TwoSum; the residual of a fused multiply-add), else they are done in rationals.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Add, Mul, Neg, Sub};
use std::sync::Arc;

use num_traits::{Pow, Signed, Zero};

use super::ball::Ball;
use super::rational::{self, Rational};

/// An exact rational in 16 bytes, cheap to clone, compare and hash.
#[derive(Clone)]
pub struct Constant(Form);

#[derive(Clone)]
enum Form {
    /// Finite and not `−0`.
    Float(f64),
    /// Not exactly a double.
    Ratio(Arc<Rational>),
}

use Form::{Float, Ratio};

/// A residual `a·b − p` is a double, and so a computed zero proves `p = a·b`, when the product is at least `2^-969`.
/// Rounded up to a power that reads well.
const RESIDUAL_SAFE: f64 = 1e-290;

/// The most bits that [`Constant::checked_powi`] lets a numerator or denominator have.
const MAX_POWER_BITS: u64 = 1 << 18;

/// `a + b` if no rounding happens.
fn exact_sum(a: f64, b: f64) -> Option<f64> {
    let sum = a + b;
    let other = sum - a;
    let error = (a - (sum - other)) + (b - other);
    (error == 0.0 && sum.is_finite()).then_some(sum)
}

/// `a·b` if no rounding happens.
fn exact_product(a: f64, b: f64) -> Option<f64> {
    let product = a * b;
    let safe = product.is_finite() && product.abs() >= RESIDUAL_SAFE && a.mul_add(b, -product) == 0.0;
    (safe || a == 0.0 || b == 0.0).then_some(product)
}

/// `a/b` if no rounding happens, `b ≠ 0`.
fn exact_quotient(a: f64, b: f64) -> Option<f64> {
    let quotient = a / b;
    let safe = quotient.is_finite() && a.abs() >= RESIDUAL_SAFE && quotient.mul_add(-b, a) == 0.0;
    (safe || a == 0.0).then_some(quotient)
}

impl Constant {
    /// The number 0.
    pub const ZERO: Self = Self(Float(0.0));
    /// The number 1.
    pub const ONE: Self = Self(Float(1.0));

    /// A finite double; the sum turns `−0` into `0`.
    fn float(x: f64) -> Self {
        debug_assert!(x.is_finite());
        Self(Float(x + 0.0))
    }

    /// The exact value of a double; `None` for NaN and infinities.
    pub fn from_f64(x: f64) -> Option<Self> {
        x.is_finite().then(|| Self::float(x))
    }

    /// Any rational.
    pub fn from_rational(r: Rational) -> Self {
        // The cheap conditions first: a power of two below, 53 bits above.
        let down = r.denom().trailing_zeros().unwrap_or(0);
        let mantissa = r.numer().bits() - r.numer().trailing_zeros().unwrap_or(0);
        if r.denom().bits() == down + 1 && mantissa <= 53 {
            let nearest = rational::nearest_f64(&r);
            if rational::from_f64(nearest).is_some_and(|exact| exact == r) {
                return Self::float(nearest);
            }
        }
        Self(Ratio(Arc::new(r)))
    }

    /// The exact value.
    pub fn to_rational(&self) -> Rational {
        match &self.0 {
            // The invariant of `Float` makes the default unreachable.
            Float(x) => rational::from_f64(*x).unwrap_or_default(),
            Ratio(r) => Rational::clone(r),
        }
    }

    /// The double that is exactly this number, if there is one.
    pub fn as_f64_exact(&self) -> Option<f64> {
        match self.0 {
            Float(x) => Some(x),
            Ratio(_) => None,
        }
    }

    /// The number as an exact point; `None` when it is out of the range of [`Ball`].
    pub fn to_ball(&self) -> Option<Ball> {
        match &self.0 {
            Float(x) => Ball::from_f64(*x),
            Ratio(r) => Ball::from_rational((**r).clone()),
        }
    }

    /// Whether the number is 0.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Float(0.0))
    }

    /// −1, 0 or 1.
    pub fn signum(&self) -> i32 {
        match &self.0 {
            Float(x) => i32::from(*x > 0.0) - i32::from(*x < 0.0),
            Ratio(r) => {
                if r.is_negative() {
                    -1
                } else {
                    1
                }
            }
        }
    }

    /// The nearest double (infinite when the number is that large).
    pub fn nearest(&self) -> f64 {
        match &self.0 {
            Float(x) => *x,
            Ratio(r) => rational::nearest_f64(r),
        }
    }

    /// Whether the nearest double misses the number by more than a relative `2^−53`.
    pub(crate) fn is_coarse(&self) -> bool {
        self.as_f64_exact().is_none() && !self.nearest().abs().is_normal()
    }

    /// The largest double that is at most this number; `−∞` below `−f64::MAX`.
    pub fn floor(&self) -> f64 {
        match &self.0 {
            Float(x) => *x,
            Ratio(r) => rational::floor_f64(r),
        }
    }

    /// The smallest double that is at least this number; `+∞` above `f64::MAX`.
    pub fn ceil(&self) -> f64 {
        match &self.0 {
            Float(x) => *x,
            Ratio(r) => rational::ceil_f64(r),
        }
    }

    /// `|x|`.
    pub fn abs(&self) -> Self {
        if self.signum() < 0 { -self } else { self.clone() }
    }

    fn binary(
        &self,
        other: &Self,
        fast: impl FnOnce(f64, f64) -> Option<f64>,
        slow: impl FnOnce(Rational, Rational) -> Rational,
    ) -> Self {
        if let (Float(a), Float(b)) = (&self.0, &other.0)
            && let Some(x) = fast(*a, *b)
        {
            return Self::float(x);
        }
        Self::from_rational(slow(self.to_rational(), other.to_rational()))
    }

    /// `self / divisor`; `None` when the divisor is zero.
    pub fn checked_div(&self, divisor: &Self) -> Option<Self> {
        (!divisor.is_zero()).then(|| self.binary(divisor, exact_quotient, |a, b| a / b))
    }

    /// `self · other`; `None` when the result would take more than about 2^18 bits.
    pub fn checked_mul(&self, other: &Self) -> Option<Self> {
        let bits = |c: &Self| match c.0 {
            Float(_) => 1100,
            _ => {
                let exact = c.to_rational();
                exact.numer().bits().max(exact.denom().bits())
            }
        };
        (bits(self) + bits(other) <= MAX_POWER_BITS).then(|| self * other)
    }

    /// `self^n`, with `x^0 = 1` for every `x`. `None` for a negative power of zero, and when the result would take
    /// more than about 2^18 bits.
    pub fn checked_powi(&self, n: i32) -> Option<Self> {
        let exact = self.to_rational();
        if exact.is_zero() {
            return (n >= 0).then_some(if n == 0 { Self::ONE } else { Self::ZERO });
        }
        let bits = exact.numer().bits().max(exact.denom().bits());
        // Powers of ±1 are short whatever n is.
        if bits > 1 && bits.saturating_mul(n.unsigned_abs().into()) > MAX_POWER_BITS {
            return None;
        }
        let n = if bits == 1 { n % 2 } else { n };
        Some(Self::from_rational(Pow::pow(exact, n)))
    }
}

impl From<i64> for Constant {
    fn from(n: i64) -> Self {
        Self::from_rational(Rational::from_integer(n.into()))
    }
}

impl From<Rational> for Constant {
    fn from(r: Rational) -> Self {
        Self::from_rational(r)
    }
}

impl Default for Constant {
    fn default() -> Self {
        Self::ZERO
    }
}

/// Implements an operator for references and values alike.
macro_rules! operator {
    ($operator:ident, $method:ident, $fast:expr) => {
        impl $operator for &Constant {
            type Output = Constant;

            fn $method(self, other: &Constant) -> Constant {
                self.binary(other, $fast, |a, b| $operator::$method(a, b))
            }
        }

        impl $operator for Constant {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                $operator::$method(&self, &other)
            }
        }
    };
}

operator!(Add, add, exact_sum);
operator!(Sub, sub, |a: f64, b: f64| exact_sum(a, -b));
operator!(Mul, mul, exact_product);

impl Neg for &Constant {
    type Output = Constant;

    fn neg(self) -> Constant {
        match &self.0 {
            Float(x) => Constant::float(-x),
            Ratio(r) => Constant(Ratio(Arc::new(-Rational::clone(r)))),
        }
    }
}

impl Neg for Constant {
    type Output = Self;

    fn neg(self) -> Self {
        -&self
    }
}

impl PartialEq for Constant {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Float(a), Float(b)) => a == b,
            (Ratio(a), Ratio(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Constant {}

impl Hash for Constant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Float(x) => x.to_bits().hash(state),
            Ratio(r) => r.hash(state),
        }
    }
}

impl Ord for Constant {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Float(a), Float(b)) => a.total_cmp(b),
            (Ratio(a), Ratio(b)) => a.cmp(b),
            _ => self.to_rational().cmp(&other.to_rational()),
        }
    }
}

impl PartialOrd for Constant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Constant {
    /// Writes the exact value: a decimal where one terminates, else a fraction. [`rational::parse`] reads it back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = self.to_rational();
        match rational::to_decimal(&exact) {
            Some(text) => f.pad(&text),
            None => f.pad(&exact.to_string()),
        }
    }
}

impl fmt::Debug for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
