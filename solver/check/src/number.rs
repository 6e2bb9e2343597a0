//! Binary numbers with directed rounding, in integer arithmetic alone.
//!
//! A [`Num`] is `±m·2^e` with a significand `m` of 64 bits, or zero, or infinite. Every operation is told which way to
//! round and returns a number on that side of the exact result, at most one unit in the last place away. Nothing here is
//! a floating-point instruction, so nothing depends on a rounding mode, a compiler flag or a processor.

use std::cmp::Ordering;

/// Which side of the exact result to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// at most the exact result
    Down,
    /// at least the exact result
    Up,
}

impl Round {
    /// The other side.
    pub fn opposite(self) -> Round {
        match self {
            Round::Down => Round::Up,
            Round::Up => Round::Down,
        }
    }
}

/// `±m·2^e` with `2^63 ≤ m < 2^64`; `m = 0` is zero, and an exponent of `INFINITE` is infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Num {
    negative: bool,
    exponent: i32,
    significand: u64,
}

/// Exponents stay between the negative of this and this; what lies beyond is rounded to infinity or zero, outward.
const LIMIT: i32 = 1 << 24;
const INFINITE: i32 = i32::MAX;

impl Num {
    /// Zero.
    pub const ZERO: Num = Num { negative: false, exponent: 0, significand: 0 };
    /// One.
    pub const ONE: Num = Num { negative: false, exponent: -63, significand: 1 << 63 };
    /// `∞`
    pub const INFINITY: Num = Num { negative: false, exponent: INFINITE, significand: 1 << 63 };

    /// `−∞`
    pub const NEG_INFINITY: Num = Num { negative: true, exponent: INFINITE, significand: 1 << 63 };

    /// An integer, exactly.
    pub fn integer(value: i64) -> Num {
        Num::rounded(value < 0, value.unsigned_abs().into(), 0, false, Round::Down)
    }

    /// `±m·2^e`, plus something less than a unit of `m` where `sticky`, rounded.
    pub(crate) fn rounded(negative: bool, m: u128, e: i64, sticky: bool, round: Round) -> Num {
        let away = (round == Round::Up) != negative;
        if m == 0 && !(sticky && away) {
            return Num::ZERO;
        }
        let bits = 128 - i64::from(m.leading_zeros());
        let shift = bits - 64;
        if shift < 0 && sticky {
            // less than a unit of a short `m`, which is more than a unit of the result
            return Num::rounded(negative, m + u128::from(away), e, false, round);
        }
        let (mut significand, rest) = match shift {
            ..=0 => ((m << -shift) as u64, sticky),
            _ => ((m >> shift) as u64, sticky || m & ((1u128 << shift) - 1) != 0),
        };
        let mut exponent = e + shift;
        if rest && away {
            match significand.checked_add(1) {
                Some(next) => significand = next,
                None => (significand, exponent) = (1 << 63, exponent + 1),
            }
        }
        if exponent > i64::from(LIMIT) {
            return match away {
                true => Num { negative, ..Num::INFINITY },
                false => Num { negative, exponent: LIMIT, significand: u64::MAX },
            };
        }
        if exponent < i64::from(-LIMIT) {
            return if away { Num { negative, exponent: -LIMIT, significand: 1 << 63 } } else { Num::ZERO };
        }
        Num { negative, exponent: exponent as i32, significand }
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.significand == 0
    }

    /// Whether it is a number and not infinite.
    pub fn is_finite(self) -> bool {
        self.exponent != INFINITE
    }

    /// −1, 0 or 1.
    pub fn signum(self) -> i32 {
        match (self.significand, self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            _ => 1,
        }
    }

    /// The negative.
    pub fn neg(self) -> Num {
        Num { negative: !self.negative && !self.is_zero(), ..self }
    }

    /// The magnitude.
    pub fn abs(self) -> Num {
        Num { negative: false, ..self }
    }

    /// The sum; `∞ − ∞` is the infinity on the side asked for.
    pub fn add(self, other: Num, round: Round) -> Num {
        if !self.is_finite() || !other.is_finite() {
            return match (self.is_finite(), other.is_finite()) {
                (true, _) => other,
                (_, true) => self,
                _ if self.negative == other.negative => self,
                _ => Num { negative: round == Round::Down, ..Num::INFINITY },
            };
        }
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { other } else { self };
        }
        let (big, small) = if self.abs().at_least(other.abs()) { (self, other) } else { (other, self) };
        let gap = big.exponent - small.exponent;
        let wide = u128::from(big.significand) << 62;
        let e = i64::from(big.exponent) - 62;
        let (moved, sticky) = match gap {
            ..=62 => (u128::from(small.significand) << (62 - gap), false),
            63..=125 => {
                let shift = gap - 62;
                let kept = u128::from(small.significand) >> shift;
                (kept, kept << shift != u128::from(small.significand))
            }
            _ => (0, true),
        };
        if big.negative == small.negative {
            return Num::rounded(big.negative, wide + moved, e, sticky, round);
        }
        // what is left is `wide − moved − (less than a unit)`
        let less = wide - moved - u128::from(sticky);
        Num::rounded(big.negative, less, e, sticky, round)
    }

    /// The difference.
    pub fn sub(self, other: Num, round: Round) -> Num {
        self.add(other.neg(), round)
    }

    /// The product; `0·∞` is zero.
    pub fn mul(self, other: Num, round: Round) -> Num {
        let negative = self.negative != other.negative;
        if self.is_zero() || other.is_zero() {
            return Num::ZERO;
        }
        if !self.is_finite() || !other.is_finite() {
            return Num { negative, ..Num::INFINITY };
        }
        let product = u128::from(self.significand) * u128::from(other.significand);
        Num::rounded(negative, product, i64::from(self.exponent) + i64::from(other.exponent), false, round)
    }

    /// The quotient of finite numbers by something that is not zero; anything finite over `∞` is zero.
    pub fn div(self, other: Num, round: Round) -> Num {
        let negative = self.negative != other.negative;
        if self.is_zero() || !other.is_finite() {
            return Num::ZERO;
        }
        if !self.is_finite() || other.is_zero() {
            return Num { negative, ..Num::INFINITY };
        }
        let (n, d) = (u128::from(self.significand) << 64, u128::from(other.significand));
        let exponent = i64::from(self.exponent) - i64::from(other.exponent) - 64;
        Num::rounded(negative, n / d, exponent, n % d != 0, round)
    }

    /// The square root of a number that is not negative.
    pub fn sqrt(self, round: Round) -> Num {
        if self.is_zero() || !self.is_finite() {
            return self.abs();
        }
        // a root of 64 bits
        let shift = 63 + (self.exponent + 1).rem_euclid(2);
        let m = u128::from(self.significand) << shift;
        let root = m.isqrt();
        Num::rounded(false, root, i64::from((self.exponent - shift) / 2), root * root != m, round)
    }

    /// `2^k`, for a small `k`.
    pub fn power(k: i32) -> Num {
        Num { negative: false, exponent: k - 63, significand: 1 << 63 }
    }

    /// The nearest integer of a number below `2^62` in magnitude.
    pub fn nearest_integer(self) -> Option<i64> {
        let half = Num::power(-1);
        self.add(half, Round::Down).floor()
    }

    /// The largest integer that is not larger, below `2^62` in magnitude.
    pub fn floor(self) -> Option<i64> {
        if self.is_zero() {
            return Some(0);
        }
        if !self.is_finite() || self.exponent > -2 {
            return None;
        }
        let shift = -self.exponent;
        let (whole, exact) = match shift {
            64.. => (0, false),
            _ => (self.significand >> shift, self.significand >> shift << shift == self.significand),
        };
        let whole = i64::try_from(whole).ok()?;
        Some(if self.negative { -whole - i64::from(!exact) } else { whole })
    }

    /// Whether it is not smaller.
    pub fn at_least(self, other: Num) -> bool {
        self.compare(other) != Ordering::Less
    }

    /// Which is larger.
    pub fn compare(self, other: Num) -> Ordering {
        let by_sign = self.signum().cmp(&other.signum());
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let magnitude = (self.exponent, self.significand).cmp(&(other.exponent, other.significand));
        if self.negative { magnitude.reverse() } else { magnitude }
    }

    /// The smaller one.
    pub fn min(self, other: Num) -> Num {
        if self.at_least(other) { other } else { self }
    }

    /// The larger one.
    pub fn max(self, other: Num) -> Num {
        if self.at_least(other) { self } else { other }
    }

    /// The number as `(m, e)` with value `m·2^e`, if it is finite.
    pub fn parts(self) -> Option<(i128, i32)> {
        let m = i128::from(self.significand);
        self.is_finite().then_some((if self.negative { -m } else { m }, self.exponent))
    }

    /// A double near it, for messages and for choices that decide nothing.
    pub fn approximate(self) -> f64 {
        let magnitude = match (self.is_zero(), self.is_finite()) {
            (true, _) => 0.0,
            (_, false) => f64::INFINITY,
            _ => {
                self.significand as f64 * 2f64.powi(self.exponent.max(-1000)) * 2f64.powi((self.exponent + 1000).min(0))
            }
        };
        if self.negative { -magnitude } else { magnitude }
    }

    /// A double, exactly; `None` for what is no number.
    pub fn from_double(x: f64) -> Option<Num> {
        if x.is_infinite() {
            return Some(Num { negative: x < 0.0, ..Num::INFINITY });
        }
        let bits = x.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
        let (m, e) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
        (!x.is_nan()).then(|| Num::rounded(x.is_sign_negative(), m.into(), e, false, Round::Down))
    }
}
