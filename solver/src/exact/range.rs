//! Interval arithmetic on dyadic endpoints with mantissas of a chosen length: what certified functions are built of.
//!
//! Every operation is done exactly on the endpoints and then rounded outward, and only if the result has more than
//! `bits` bits. So short numbers stay exact, and a series evaluated with these operations bounds its own rounding
//! errors; only the remainder of the series needs a proof of its own.

use std::cmp::Ordering;

use super::dyadic::Dyadic;

/// The real numbers from `lo` to `hi`, `lo ≤ hi`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lo: Dyadic,
    pub(crate) hi: Dyadic,
}

impl Range {
    pub(crate) fn point(x: Dyadic) -> Self {
        Self { lo: x.clone(), hi: x }
    }

    pub(crate) fn integer(n: i64) -> Self {
        Self::point(Dyadic::from(n))
    }

    pub(crate) fn is_point(&self) -> bool {
        self.lo == self.hi
    }

    pub(crate) fn contains_zero(&self) -> bool {
        self.lo.signum() <= 0 && self.hi.signum() >= 0
    }

    pub(crate) fn round(self, bits: u64) -> Self {
        Self { lo: self.lo.rounded(bits, false), hi: self.hi.rounded(bits, true) }
    }

    pub(crate) fn neg(&self) -> Self {
        Self { lo: -&self.hi, hi: -&self.lo }
    }

    /// `x·2^k`.
    pub(crate) fn scale(self, k: i64) -> Self {
        Self { lo: self.lo.scale(k), hi: self.hi.scale(k) }
    }

    pub(crate) fn add(&self, other: &Self, bits: u64) -> Self {
        Self { lo: &self.lo + &other.lo, hi: &self.hi + &other.hi }.round(bits)
    }

    pub(crate) fn sub(&self, other: &Self, bits: u64) -> Self {
        Self { lo: &self.lo - &other.hi, hi: &self.hi - &other.lo }.round(bits)
    }

    pub(crate) fn mul(&self, other: &Self, bits: u64) -> Self {
        if self.lo.signum() >= 0 && other.lo.signum() >= 0 {
            return Self { lo: &self.lo * &other.lo, hi: &self.hi * &other.hi }.round(bits);
        }
        let [a, b, c, d] = [&self.lo * &other.lo, &self.lo * &other.hi, &self.hi * &other.lo, &self.hi * &other.hi];
        Self { lo: (&a).min(&b).min(&c).min(&d).clone(), hi: a.max(b).max(c).max(d) }.round(bits)
    }

    /// `self / other`; `None` when the divisor holds zero.
    pub(crate) fn div(&self, other: &Self, bits: u64) -> Option<Self> {
        if other.contains_zero() {
            return None;
        }
        if other.hi.signum() < 0 {
            return self.neg().div(&other.neg(), bits);
        }
        // A positive divisor: the end of the quotient that lies farther from zero wants the smaller divisor.
        let for_lo = if self.lo.signum() < 0 { &other.lo } else { &other.hi };
        let for_hi = if self.hi.signum() > 0 { &other.lo } else { &other.hi };
        Some(Self {
            lo: Dyadic::quotient(&self.lo, for_lo, bits, false),
            hi: Dyadic::quotient(&self.hi, for_hi, bits, true),
        })
    }

    /// `√x`; `None` when the range holds negative numbers.
    pub(crate) fn sqrt(&self, bits: u64) -> Option<Self> {
        (self.lo.signum() >= 0).then(|| Self { lo: self.lo.root(bits, false), hi: self.hi.root(bits, true) })
    }

    pub(crate) fn abs(&self) -> Self {
        if self.lo.signum() >= 0 {
            self.clone()
        } else if self.hi.signum() <= 0 {
            self.neg()
        } else {
            Self { lo: Dyadic::ZERO, hi: self.magnitude() }
        }
    }

    /// `max |x|`.
    pub(crate) fn magnitude(&self) -> Dyadic {
        self.lo.abs().max(self.hi.abs())
    }

    pub(crate) fn min(&self, other: &Self) -> Self {
        Self { lo: (&self.lo).min(&other.lo).clone(), hi: (&self.hi).min(&other.hi).clone() }
    }

    pub(crate) fn max(&self, other: &Self) -> Self {
        Self { lo: (&self.lo).max(&other.lo).clone(), hi: (&self.hi).max(&other.hi).clone() }
    }

    /// The smallest range that holds both.
    pub(crate) fn hull(&self, other: &Self) -> Self {
        Self { lo: (&self.lo).min(&other.lo).clone(), hi: (&self.hi).max(&other.hi).clone() }
    }

    /// `self ± radius`, `radius ≥ 0`.
    pub(crate) fn widen(&self, radius: &Dyadic, bits: u64) -> Self {
        Self { lo: &self.lo - radius, hi: &self.hi + radius }.round(bits)
    }

    /// `x^n` of every number in the range, by repeated squaring of the endpoints.
    pub(crate) fn powi(&self, n: u32, bits: u64) -> Self {
        let power = |x: &Dyadic| {
            let (mut result, mut square, mut rest) = (Self::point(Dyadic::ONE), Self::point(x.clone()), n);
            while rest > 0 {
                if rest % 2 == 1 {
                    result = result.mul(&square, bits);
                }
                rest /= 2;
                if rest > 0 {
                    square = square.mul(&square, bits);
                }
            }
            result
        };
        // Increasing on what is left: x ≥ 0 for even n, everything for odd n.
        let base = if n.is_multiple_of(2) { self.abs() } else { self.clone() };
        let lower = power(&base.lo);
        if base.is_point() { lower } else { Self { lo: lower.lo, hi: power(&base.hi).hi } }
    }

    /// How every number in `self` compares with every number in `other`, if that is the same for all.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        if self.hi < other.lo {
            Some(Ordering::Less)
        } else if self.lo > other.hi {
            Some(Ordering::Greater)
        } else if self.is_point() && other.is_point() {
            Some(Ordering::Equal)
        } else {
            None
        }
    }
}
