//! Exact rationals: what a decimal in a script means.

use crate::interval::Interval;
use crate::number::{Num, Round};
use num_bigint::{BigInt, Sign};

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: BigInt,
    denominator: BigInt,
}

/// Decimals with more digits, or exponents beyond this, are refused.
const LONGEST: usize = 20_000;

/// Longer products of constants stay products.
const SHORT: u64 = 4_096;

impl Rational {
    /// A fraction; `None` where the denominator is zero.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Option<Rational> {
        if denominator.sign() == Sign::NoSign {
            return None;
        }
        let (mut a, mut b) = (numerator.clone(), denominator.clone());
        while b.sign() != Sign::NoSign {
            (a, b) = (b.clone(), a % b);
        }
        if (a.sign() == Sign::Minus) != (denominator.sign() == Sign::Minus) {
            a = -a;
        }
        Some(Rational { numerator: numerator / &a, denominator: denominator / a })
    }

    /// An integer.
    pub fn integer(value: i64) -> Rational {
        Rational { numerator: value.into(), denominator: 1.into() }
    }

    /// Reads `12`, `0.25`, `-1.5e-3` or `1/3`.
    pub fn parse(text: &str) -> Option<Rational> {
        if let Some((above, below)) = text.split_once('/') {
            return Rational::parse(above)?.div(&Rational::parse(below)?);
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all: String = [whole, fraction].concat();
        let unsigned = all.strip_prefix(['-', '+']).unwrap_or(&all);
        if unsigned.is_empty() || all.len() > LONGEST || !unsigned.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let value: BigInt = all.parse().ok()?;
        let exponent = exponent.checked_sub(fraction.len() as i64)?;
        let power =
            BigInt::from(10).pow(u32::try_from(exponent.unsigned_abs()).ok().filter(|e| *e as usize <= LONGEST)?);
        if exponent < 0 { Rational::new(value, power) } else { Rational::new(value * power, 1.into()) }
    }

    /// A finite [`Num`], exactly.
    pub fn of(x: Num) -> Option<Rational> {
        let (m, e) = x.parts()?;
        let shift = usize::try_from(e.unsigned_abs()).ok().filter(|shift| *shift <= 8 * LONGEST)?;
        let power = BigInt::from(1) << shift;
        if e < 0 { Rational::new(m.into(), power) } else { Rational::new(BigInt::from(m) * power, 1.into()) }
    }

    /// The sum.
    pub fn add(&self, other: &Rational) -> Rational {
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Rational::new(numerator, &self.denominator * &other.denominator).unwrap_or_else(|| self.clone())
    }

    /// The product.
    pub fn mul(&self, other: &Rational) -> Rational {
        let numerator = &self.numerator * &other.numerator;
        Rational::new(numerator, &self.denominator * &other.denominator).unwrap_or_else(|| self.clone())
    }

    /// The quotient; `None` by zero.
    pub fn div(&self, other: &Rational) -> Option<Rational> {
        Rational::new(&self.numerator * &other.denominator, &self.denominator * &other.numerator)
    }

    /// The negative.
    pub fn neg(&self) -> Rational {
        Rational { numerator: -&self.numerator, denominator: self.denominator.clone() }
    }

    /// An integer power; `None` for a power of zero that has no value, and for one that is very long.
    pub fn power(&self, n: i64) -> Option<Rational> {
        let exponent = u32::try_from(n.unsigned_abs()).ok()?;
        let bits = self.numerator.bits() + self.denominator.bits();
        if bits.saturating_mul(exponent.into()) > 1 << 16 {
            return None;
        }
        let (above, below) = (self.numerator.pow(exponent), self.denominator.pow(exponent));
        if n < 0 { Rational::new(below, above) } else { Rational::new(above, below) }
    }

    /// Whether it is short enough to be multiplied into other numbers, again and again.
    pub fn is_short(&self) -> bool {
        self.numerator.bits() + self.denominator.bits() <= SHORT
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.numerator.sign() == Sign::NoSign
    }

    /// −1, 0 or 1.
    pub fn signum(&self) -> i32 {
        match self.numerator.sign() {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        }
    }

    /// Whether it is an integer, and which.
    pub fn as_integer(&self) -> Option<i64> {
        if self.denominator == BigInt::from(1) { i64::try_from(&self.numerator).ok() } else { None }
    }

    /// The smallest interval of [`Num`] around it.
    pub fn enclose(&self) -> Interval {
        let shift = self.denominator.bits() as i64 - self.numerator.bits() as i64 + 66;
        let magnitude = BigInt::from(self.numerator.magnitude().clone());
        let (above, below) = match shift {
            0.. => (magnitude << shift as u64, self.denominator.clone()),
            _ => (magnitude, &self.denominator << shift.unsigned_abs()),
        };
        let quotient = &above / &below;
        let exact = &quotient * &below == above;
        let m = u128::try_from(quotient).unwrap_or(u128::MAX);
        let bound = |round| Num::rounded(self.signum() < 0, m, -shift, !exact, round);
        Interval { lo: bound(Round::Down), hi: bound(Round::Up) }
    }
}

impl std::fmt::Display for Rational {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.denominator == BigInt::from(1) {
            true => write!(f, "{}", self.numerator),
            false => write!(f, "{}/{}", self.numerator, self.denominator),
        }
    }
}
