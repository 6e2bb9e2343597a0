//! Dyadic rationals `m·2^e`: the ring that doubles generate, closed under `+`, `−` and `×` without a gcd.
//!
//! A network whose parameters and inputs are doubles and whose activations are ReLU has dyadic values throughout, so
//! it can be evaluated exactly at the cost of long integer arithmetic. Mantissas up to 127 bits, which the first
//! layer rarely exceeds, stay in an `i128`; longer ones move to a [`BigInt`]. Small mantissas are kept odd, long ones
//! are only stripped of whole zero words, since a shift costs as much as an addition.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::rational::{Rational, decompose, scaled_by_power_of_two};
use super::round::{Rounding, round_scaled};

/// An exact number `m·2^e` with integers `m` and `e`.
///
/// Exponents are 64 bits wide and not checked: values that come from doubles stay far inside after any feasible number
/// of operations. Adding numbers whose exponents lie `k` apart takes about `k` bits of memory.
#[derive(Clone, Debug)]
pub struct Dyadic {
    mantissa: Mantissa,
    exponent: i64,
}

#[derive(Clone, Debug)]
enum Mantissa {
    Small(i128),
    Big(BigInt),
}

/// `m·2^shift`, if it fits.
fn checked_shl(m: i128, shift: u64) -> Option<i128> {
    // A leading run of k equal sign bits leaves room for a shift of k − 1.
    let room = u64::from((m ^ (m >> 127)).leading_zeros()) - 1;
    (shift <= room).then(|| m << shift)
}

impl Dyadic {
    /// The number 0.
    pub const ZERO: Self = Self { mantissa: Mantissa::Small(0), exponent: 0 };
    /// The number 1.
    pub const ONE: Self = Self { mantissa: Mantissa::Small(1), exponent: 0 };

    /// `mantissa·2^exponent`.
    pub fn new(mantissa: BigInt, exponent: i64) -> Self {
        match mantissa.to_i128() {
            Some(small) => Self::small(small, exponent),
            None => Self::big(mantissa, exponent),
        }
    }

    fn small(mantissa: i128, exponent: i64) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let zeros = mantissa.trailing_zeros();
        Self { mantissa: Mantissa::Small(mantissa >> zeros), exponent: exponent + i64::from(zeros) }
    }

    /// Takes a mantissa that has outgrown the small form (a smaller one is allowed: the form is not canonical).
    fn big(mut mantissa: BigInt, mut exponent: i64) -> Self {
        match mantissa.trailing_zeros() {
            None => return Self::ZERO,
            Some(zeros) if zeros >= 64 => {
                mantissa >>= zeros;
                exponent += zeros as i64;
            }
            Some(_) => {}
        }
        Self { mantissa: Mantissa::Big(mantissa), exponent }
    }

    /// The exact value of a double; `None` for NaN and infinities.
    pub fn from_f64(x: f64) -> Option<Self> {
        let (mantissa, exponent) = decompose(x)?;
        Some(Self::small(mantissa.into(), exponent))
    }

    /// The same number, if it is dyadic.
    pub fn from_rational(r: &Rational) -> Option<Self> {
        let down = r.denom().trailing_zeros().unwrap_or(0);
        (r.denom().bits() == down + 1).then(|| Self::new(r.numer().clone(), -(down as i64)))
    }

    /// `2^exponent`.
    pub fn power_of_two(exponent: i64) -> Self {
        Self { mantissa: Mantissa::Small(1), exponent }
    }

    fn mantissa(&self) -> BigInt {
        match &self.mantissa {
            Mantissa::Small(m) => BigInt::from(*m),
            Mantissa::Big(m) => m.clone(),
        }
    }

    /// The length of the mantissa in bits as it is stored.
    pub fn bits(&self) -> u64 {
        match &self.mantissa {
            Mantissa::Small(m) => u64::from(128 - m.unsigned_abs().leading_zeros()),
            Mantissa::Big(m) => m.bits(),
        }
    }

    /// The `k` with `2^(k−1) ≤ |x| < 2^k`; `None` for zero.
    pub fn magnitude_exponent(&self) -> Option<i64> {
        (!self.is_zero()).then(|| self.exponent + self.bits() as i64)
    }

    /// Whether the number is 0.
    pub fn is_zero(&self) -> bool {
        self.signum() == 0
    }

    /// −1, 0 or 1.
    pub fn signum(&self) -> i32 {
        match &self.mantissa {
            Mantissa::Small(m) => m.signum() as i32,
            Mantissa::Big(m) => match m.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }

    /// `|x|`.
    pub fn abs(&self) -> Self {
        if self.signum() < 0 { -self } else { self.clone() }
    }

    /// `x·2^k`.
    pub fn scale(mut self, k: i64) -> Self {
        if !self.is_zero() {
            self.exponent += k;
        }
        self
    }

    /// `self += a·b`, the inner step of a dot product, with as few temporaries as possible.
    pub fn add_product(&mut self, a: &Self, b: &Self) {
        *self += a * b;
    }

    /// The exact value as a rational.
    pub fn to_rational(&self) -> Rational {
        scaled_by_power_of_two(self.mantissa(), self.exponent)
    }

    fn round(&self, rounding: Rounding) -> f64 {
        round_scaled(&self.mantissa(), self.exponent, rounding)
    }

    /// The largest double that is at most `x`; `−∞` below `−f64::MAX`.
    pub fn floor_f64(&self) -> f64 {
        self.round(Rounding::Down)
    }

    /// The smallest double that is at least `x`; `+∞` above `f64::MAX`.
    pub fn ceil_f64(&self) -> f64 {
        self.round(Rounding::Up)
    }

    /// The nearest double, ties to even.
    pub fn nearest_f64(&self) -> f64 {
        self.round(Rounding::Nearest)
    }

    /// The largest integer that is at most `x`.
    pub fn floor(&self) -> BigInt {
        if self.exponent >= 0 {
            self.mantissa() << self.exponent as u64
        } else {
            self.mantissa() >> -self.exponent as u64
        }
    }

    /// The number itself if its mantissa has at most `bits` bits, else one beside it that has: below, or above when
    /// `up`. Away from `x` by less than `2^(1−bits)·|x|`.
    pub(crate) fn rounded(self, bits: u64, up: bool) -> Self {
        let excess = self.bits().saturating_sub(bits);
        if excess == 0 {
            return self;
        }
        // `>>` rounds to −∞, also of negative mantissas.
        let m = self.mantissa();
        Self::new(if up { -(-m >> excess) } else { m >> excess }, self.exponent + excess as i64)
    }

    /// `a / b` rounded to a mantissa of about `bits` bits, below or above; `b` must not be zero.
    pub(crate) fn quotient(a: &Self, b: &Self, bits: u64, up: bool) -> Self {
        let shift = (bits + b.bits() + 1).saturating_sub(a.bits());
        Self::ratio(&(a.mantissa() << shift), &b.mantissa(), up).scale(a.exponent - b.exponent - shift as i64)
    }

    /// `√x` rounded to a mantissa of about `bits` bits, below or above; exact where that many bits hold the root.
    /// `x` must not be negative.
    pub(crate) fn root(&self, bits: u64, up: bool) -> Self {
        let mut shift = (2 * bits + 2).saturating_sub(self.bits());
        shift += u64::from((self.exponent - shift as i64).is_odd());
        let radicand = self.mantissa() << shift;
        let mut root = radicand.sqrt();
        if up && &root * &root != radicand {
            root += BigInt::one();
        }
        Self::new(root, (self.exponent - shift as i64) / 2)
    }

    /// The rational `r` rounded to a mantissa of about `bits` bits, below or above.
    pub(crate) fn from_ratio(r: &Rational, bits: u64, up: bool) -> Self {
        let shift = (bits + r.denom().bits() + 1).saturating_sub(r.numer().bits());
        Self::ratio(&(r.numer() << shift), r.denom(), up).scale(-(shift as i64))
    }

    fn ratio(numerator: &BigInt, denominator: &BigInt, up: bool) -> Self {
        Self::new(if up { numerator.div_ceil(denominator) } else { numerator.div_floor(denominator) }, 0)
    }
}

impl From<i64> for Dyadic {
    fn from(n: i64) -> Self {
        Self::small(n.into(), 0)
    }
}

impl From<BigInt> for Dyadic {
    fn from(n: BigInt) -> Self {
        Self::new(n, 0)
    }
}

impl Neg for &Dyadic {
    type Output = Dyadic;

    fn neg(self) -> Dyadic {
        -self.clone()
    }
}

impl Neg for Dyadic {
    type Output = Self;

    fn neg(self) -> Self {
        let mantissa = match self.mantissa {
            // A small mantissa is odd, hence not i128::MIN.
            Mantissa::Small(m) => Mantissa::Small(-m),
            Mantissa::Big(m) => Mantissa::Big(-m),
        };
        Self { mantissa, exponent: self.exponent }
    }
}

impl Mul for &Dyadic {
    type Output = Dyadic;

    fn mul(self, other: &Dyadic) -> Dyadic {
        let exponent = self.exponent + other.exponent;
        match (&self.mantissa, &other.mantissa) {
            (Mantissa::Small(a), Mantissa::Small(b)) => match a.checked_mul(*b) {
                // A product of odd numbers is odd.
                Some(0) => Dyadic::ZERO,
                Some(m) => Dyadic { mantissa: Mantissa::Small(m), exponent },
                None => Dyadic { mantissa: Mantissa::Big(BigInt::from(*a) * *b), exponent },
            },
            (Mantissa::Small(0), _) | (_, Mantissa::Small(0)) => Dyadic::ZERO,
            (Mantissa::Small(a), Mantissa::Big(b)) | (Mantissa::Big(b), Mantissa::Small(a)) => {
                // One word times many is num-bigint's fastest product.
                let m = match i64::try_from(*a) {
                    Ok(word) => b * word,
                    Err(_) => b * *a,
                };
                Dyadic { mantissa: Mantissa::Big(m), exponent }
            }
            (Mantissa::Big(a), Mantissa::Big(b)) => Dyadic { mantissa: Mantissa::Big(a * b), exponent },
        }
    }
}

impl AddAssign<Dyadic> for Dyadic {
    fn add_assign(&mut self, other: Dyadic) {
        if other.is_zero() {
            return;
        }
        if self.is_zero() {
            *self = other;
            return;
        }
        let exponent = self.exponent.min(other.exponent);
        let (up, other_up) = ((self.exponent - exponent) as u64, (other.exponent - exponent) as u64);
        let own = std::mem::replace(&mut self.mantissa, Mantissa::Small(0));
        if let (Mantissa::Small(a), Mantissa::Small(b)) = (&own, &other.mantissa)
            && let (Some(a), Some(b)) = (checked_shl(*a, up), checked_shl(*b, other_up))
            && let Some(sum) = a.checked_add(b)
        {
            *self = Dyadic::small(sum, exponent);
            return;
        }
        let widen = |mantissa, shift| match mantissa {
            Mantissa::Small(m) => BigInt::from(m) << shift,
            Mantissa::Big(m) if shift == 0 => m,
            Mantissa::Big(m) => m << shift,
        };
        let mut sum = widen(own, up);
        sum += widen(other.mantissa, other_up);
        *self = Dyadic::big(sum, exponent);
    }
}

impl AddAssign<&Dyadic> for Dyadic {
    fn add_assign(&mut self, other: &Dyadic) {
        *self += other.clone();
    }
}

impl Add for &Dyadic {
    type Output = Dyadic;

    fn add(self, other: &Dyadic) -> Dyadic {
        let mut sum = self.clone();
        sum += other;
        sum
    }
}

impl Sub for &Dyadic {
    type Output = Dyadic;

    fn sub(self, other: &Dyadic) -> Dyadic {
        let mut difference = -other;
        difference += self;
        difference
    }
}

impl Sum for Dyadic {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, |mut sum, x| {
            sum += x;
            sum
        })
    }
}

impl Ord for Dyadic {
    fn cmp(&self, other: &Self) -> Ordering {
        let (sign, other_sign) = (self.signum(), other.signum());
        if sign != other_sign || sign == 0 {
            return sign.cmp(&other_sign);
        }
        let by_magnitude = self.magnitude_exponent().cmp(&other.magnitude_exponent());
        if by_magnitude != Ordering::Equal {
            return if sign > 0 { by_magnitude } else { by_magnitude.reverse() };
        }
        (self - other).signum().cmp(&0)
    }
}

impl PartialOrd for Dyadic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Dyadic {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Dyadic {}

impl Hash for Dyadic {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The mantissa made odd is the same for all forms of a number.
        let m = self.mantissa();
        let zeros = m.trailing_zeros().unwrap_or(0);
        (if m.is_zero() { 0 } else { self.exponent + zeros as i64 }).hash(state);
        (m >> zeros).hash(state);
    }
}

impl fmt::Display for Dyadic {
    /// Writes `m·2^e` as a decimal where that is short, else as `m*2^e`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let m = self.mantissa();
        let zeros = m.trailing_zeros().unwrap_or(0);
        if (-64..=64).contains(&self.exponent)
            && let Some(text) = super::rational::to_decimal(&self.to_rational())
        {
            return f.pad(&text);
        }
        let sign = if m.is_negative() { "-" } else { "" };
        write!(f, "{sign}{}*2^{}", m.magnitude() >> zeros, self.exponent + zeros as i64)
    }
}
