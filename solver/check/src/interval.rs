//! Intervals of [`Num`]: every operation returns an interval that contains all results.

use crate::number::{Num, Round::Down, Round::Up};

/// All numbers from `lo` to `hi`; empty where `lo > hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// lower end
    pub lo: Num,
    /// upper end
    pub hi: Num,
}

impl Interval {
    /// No number.
    pub const EMPTY: Interval = Interval { lo: Num::INFINITY, hi: Num::ZERO };
    /// Every number.
    pub const ENTIRE: Interval = Interval { lo: Num::NEG_INFINITY, hi: Num::INFINITY };
    /// Zero.
    pub const ZERO: Interval = Interval { lo: Num::ZERO, hi: Num::ZERO };
    /// One.
    pub const ONE: Interval = Interval { lo: Num::ONE, hi: Num::ONE };

    /// From one number to another; empty where they are the wrong way round.
    pub fn new(lo: Num, hi: Num) -> Interval {
        if hi.at_least(lo) { Interval { lo, hi } } else { Interval::EMPTY }
    }

    /// One number.
    pub fn point(x: Num) -> Interval {
        Interval { lo: x, hi: x }
    }

    /// An integer.
    pub fn integer(x: i64) -> Interval {
        Interval::point(Num::integer(x))
    }

    /// Numbers that are not negative.
    pub fn non_negative() -> Interval {
        Interval::new(Num::ZERO, Num::INFINITY)
    }

    /// Whether there is no number in it.
    pub fn is_empty(self) -> bool {
        !self.hi.at_least(self.lo)
    }

    /// Whether it is one number.
    pub fn is_point(self) -> bool {
        self.lo == self.hi
    }

    /// Whether both ends are finite.
    pub fn is_bounded(self) -> bool {
        self.lo.is_finite() && self.hi.is_finite() && !self.is_empty()
    }

    /// Whether the number is in it.
    pub fn contains(self, x: Num) -> bool {
        x.at_least(self.lo) && self.hi.at_least(x)
    }

    /// Whether zero is in it.
    pub fn has_zero(self) -> bool {
        self.contains(Num::ZERO)
    }

    /// What is in both.
    pub fn meet(self, other: Interval) -> Interval {
        Interval::new(self.lo.max(other.lo), self.hi.min(other.hi))
    }

    /// The smallest interval around both.
    pub fn hull(self, other: Interval) -> Interval {
        match (self.is_empty(), other.is_empty()) {
            (true, _) => other,
            (_, true) => self,
            _ => Interval::new(self.lo.min(other.lo), self.hi.max(other.hi)),
        }
    }

    /// The largest magnitude.
    pub fn magnitude(self) -> Num {
        self.lo.abs().max(self.hi.abs())
    }

    /// A number near the middle.
    pub fn middle(self) -> Num {
        match (self.lo.is_finite(), self.hi.is_finite()) {
            (true, true) => self.lo.add(self.hi, Down).mul(Num::power(-1), Down).max(self.lo).min(self.hi),
            (true, false) => self.lo.max(Num::ONE),
            (false, true) => self.hi.min(Num::ONE.neg()),
            (false, false) => Num::ZERO,
        }
    }

    /// At least the width.
    pub fn width(self) -> Num {
        self.hi.sub(self.lo, Up)
    }

    /// The negatives.
    pub fn neg(self) -> Interval {
        if self.is_empty() { self } else { Interval { lo: self.hi.neg(), hi: self.lo.neg() } }
    }

    /// All sums.
    pub fn add(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        Interval { lo: self.lo.add(other.lo, Down), hi: self.hi.add(other.hi, Up) }
    }

    /// All differences.
    pub fn sub(self, other: Interval) -> Interval {
        self.add(other.neg())
    }

    /// All products.
    pub fn mul(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        let (a, b, c, d) = (self.lo, self.hi, other.lo, other.hi);
        if a.signum() >= 0 && c.signum() >= 0 {
            return Interval { lo: a.mul(c, Down), hi: b.mul(d, Up) };
        }
        let least = |x: Num, y: Num| x.mul(y, Down);
        let most = |x: Num, y: Num| x.mul(y, Up);
        Interval {
            lo: least(a, c).min(least(a, d)).min(least(b, c)).min(least(b, d)),
            hi: most(a, c).max(most(a, d)).max(most(b, c)).max(most(b, d)),
        }
    }

    /// All quotients, over the divisors that are not zero.
    pub fn div(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() || (other.lo.is_zero() && other.hi.is_zero()) {
            return Interval::EMPTY;
        }
        if other.lo.signum() < 0 && other.hi.signum() > 0 {
            return if self == Interval::ZERO { self } else { Interval::ENTIRE };
        }
        // one sign, perhaps with zero as an end, over which a quotient is unbounded
        let ends = |x: Num| -> [Num; 4] {
            let down = |d: Num, s: i32| quotient(x, d, s, true);
            let up = |d: Num, s: i32| quotient(x, d, s, false);
            let sign = if other.hi.signum() > 0 { 1 } else { -1 };
            [down(other.lo, sign), down(other.hi, sign), up(other.lo, sign), up(other.hi, sign)]
        };
        let (l, h) = (ends(self.lo), ends(self.hi));
        Interval { lo: l[0].min(l[1]).min(h[0]).min(h[1]), hi: l[2].max(l[3]).max(h[2]).max(h[3]) }
    }

    /// The two parts of the quotients, left and right of a divisor zero, each within bounds: `{q ∈ within : q·d ∈ self}`.
    pub fn quotient_within(self, divisor: Interval, within: Interval) -> Interval {
        if divisor.has_zero() && self.has_zero() {
            return within;
        }
        let negative = self.div(divisor.meet(Interval::new(Num::NEG_INFINITY, Num::ZERO)));
        let positive = self.div(divisor.meet(Interval::non_negative()));
        negative.meet(within).hull(positive.meet(within))
    }

    /// The reciprocal or other power by squaring: all `x^n` with `n ≥ 0`.
    pub fn power(self, n: u32) -> Interval {
        if self.is_empty() {
            return self;
        }
        if n == 0 {
            return Interval::ONE;
        }
        let raise = |x: Num, round| {
            // of a magnitude, so that rounding one way stays one way
            let mut result = Num::ONE;
            for bit in (0..32 - n.leading_zeros()).rev() {
                result = result.mul(result, round);
                if n >> bit & 1 == 1 {
                    result = result.mul(x, round);
                }
            }
            result
        };
        let signed = |x: Num, round: crate::number::Round| match x.signum() {
            -1 => raise(x.abs(), round.opposite()).neg(),
            _ => raise(x, round),
        };
        if n % 2 == 1 {
            return Interval { lo: signed(self.lo, Down), hi: signed(self.hi, Up) };
        }
        let least = if self.has_zero() { Num::ZERO } else { self.lo.abs().min(self.hi.abs()) };
        Interval { lo: raise(least, Down), hi: raise(self.magnitude(), Up) }
    }

    /// The magnitudes.
    pub fn abs(self) -> Interval {
        if self.is_empty() {
            return self;
        }
        let least = if self.has_zero() { Num::ZERO } else { self.lo.abs().min(self.hi.abs()) };
        Interval { lo: least, hi: self.magnitude() }
    }

    /// The square roots of what is not negative.
    pub fn sqrt(self) -> Interval {
        let x = self.meet(Interval::non_negative());
        if x.is_empty() { x } else { Interval { lo: x.lo.sqrt(Down), hi: x.hi.sqrt(Up) } }
    }

    /// The larger one of each pair.
    pub fn max(self, other: Interval) -> Interval {
        if self.is_empty() || other.is_empty() {
            return Interval::EMPTY;
        }
        Interval { lo: self.lo.max(other.lo), hi: self.hi.max(other.hi) }
    }

    /// `self·2^k`
    pub fn scale(self, k: i32) -> Interval {
        self.mul(Interval::point(Num::power(k)))
    }
}

/// A bound of `x/d` as `d` goes to its value from within numbers of the given sign.
fn quotient(x: Num, d: Num, sign: i32, down: bool) -> Num {
    let round = if down { Down } else { Up };
    if !d.is_zero() {
        // infinity over infinity may be anything of its sign, zero included, which the other ends say
        return x.div(d, round);
    }
    match x.signum() * sign {
        0 => Num::ZERO,
        1 => Num::INFINITY,
        _ => Num::NEG_INFINITY,
    }
}
