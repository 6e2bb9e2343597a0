//! A real number: a rational where it is known exactly, two ends around it where it is not.
//!
//! Rationals stay rationals until they become very long; from then on, and behind every function without a rational
//! value, a number is enclosed by two [`Float`]s, every operation rounding the lower end down and the upper end up.

use super::float::{Float, Toward::Above, Toward::Below};
use super::number::{Rational, whole};
use num_traits::{One, Signed, Zero};
use std::cell::Cell;
use std::cmp::Ordering;

/// The precisions that [`decide`] tries.
const PRECISIONS: [u64; 3] = [128, 400, 1600];

/// Rationals with more bits than this are enclosed.
const LONGEST: u64 = 12_000;

thread_local! { static PRECISION: Cell<u64> = const { Cell::new(PRECISIONS[0]) } }

/// The bits of an end.
pub fn precision() -> u64 {
    PRECISION.get()
}

/// What a computation gives with so many bits more.
pub fn with_more<T>(bits: u64, compute: impl FnOnce() -> T) -> T {
    let before = PRECISION.replace(precision() + bits);
    let result = compute();
    PRECISION.set(before);
    result
}

/// Repeats a computation with more and more bits until it gives something.
pub fn decide<T>(compute: impl Fn() -> Option<T>) -> Option<T> {
    let found = PRECISIONS.iter().find_map(|&bits| {
        PRECISION.set(bits);
        compute()
    });
    PRECISION.set(PRECISIONS[0]);
    found
}

#[derive(Clone, Debug)]
pub enum Real {
    Exact(Rational),
    Within(Float, Float),
}

impl From<Rational> for Real {
    fn from(x: Rational) -> Self {
        if x.numer().bits() + x.denom().bits() <= LONGEST {
            return Real::Exact(x);
        }
        let bits = precision();
        Real::Within(Float::from_rational(&x, bits, Below), Float::from_rational(&x, bits, Above))
    }
}

use Real::{Exact, Within};

impl Real {
    pub fn whole(n: i64) -> Self {
        Exact(whole(n))
    }

    /// The numbers between two rationals.
    pub fn between(lower: &Rational, upper: &Rational) -> Self {
        if lower == upper {
            return lower.clone().into();
        }
        let bits = precision();
        Within(Float::from_rational(lower, bits, Below), Float::from_rational(upper, bits, Above))
    }

    /// The numbers from the lower end of one to the upper end of another.
    pub fn hull(&self, other: &Real) -> Self {
        let ((a, b), (c, d)) = (self.ends(), other.ends());
        let lower = if a.compare(&c) == Ordering::Greater { c } else { a };
        let upper = if b.compare(&d) == Ordering::Less { d } else { b };
        Within(lower, upper)
    }

    pub fn ends(&self) -> (Float, Float) {
        let bits = precision();
        match self {
            Exact(x) => (Float::from_rational(x, bits, Below), Float::from_rational(x, bits, Above)),
            Within(lower, upper) => (lower.clone(), upper.clone()),
        }
    }

    /// Both ends, each as a number.
    pub fn edges(&self) -> (Real, Real) {
        match self {
            Exact(_) => (self.clone(), self.clone()),
            Within(lower, upper) => (Within(lower.clone(), lower.clone()), Within(upper.clone(), upper.clone())),
        }
    }

    pub fn exact(&self) -> Option<&Rational> {
        match self {
            Exact(x) => Some(x),
            Within(..) => None,
        }
    }

    pub fn neg(&self) -> Self {
        match self {
            Exact(x) => Exact(-x),
            Within(lower, upper) => Within(upper.neg(), lower.neg()),
        }
    }

    pub fn add(&self, other: &Self) -> Self {
        if let (Exact(x), Exact(y)) = (self, other) {
            return (x + y).into();
        }
        let ((a, b), (c, d), bits) = (self.ends(), other.ends(), precision());
        Within(a.add(&c, bits, Below), b.add(&d, bits, Above))
    }

    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    pub fn mul(&self, other: &Self) -> Self {
        match (self, other) {
            (Exact(x), Exact(y)) => return (x * y).into(),
            (Exact(x), _) | (_, Exact(x)) if x.is_zero() => return Exact(Rational::zero()),
            (Exact(x), y) | (y, Exact(x)) if x.is_one() => return y.clone(),
            _ => {}
        }
        let ((a, b), (c, d), bits) = (self.ends(), other.ends(), precision());
        let pairs = [(&a, &c), (&a, &d), (&b, &c), (&b, &d)];
        let lower = pairs.iter().map(|(x, y)| x.mul(y, bits, Below)).min_by(Float::compare).expect("four products");
        let upper = pairs.iter().map(|(x, y)| x.mul(y, bits, Above)).max_by(Float::compare).expect("four products");
        Within(lower, upper)
    }

    /// The quotient; `None` where the divisor is not told from 0.
    pub fn div(&self, other: &Self) -> Option<Self> {
        match (self, other.sign()) {
            (_, None | Some(0)) => None,
            (Exact(x), _) if x.is_zero() => Some(Exact(Rational::zero())),
            _ => Some(match other {
                Exact(y) if self.exact().is_some() => (self.exact()? / y).into(),
                _ => {
                    let ((c, d), bits) = (other.ends(), precision());
                    let one = Float::whole(1);
                    self.mul(&Within(one.div(&d, bits, Below), one.div(&c, bits, Above)))
                }
            }),
        }
    }

    pub fn half(&self) -> Self {
        match self {
            Exact(x) => Exact(x / whole(2)),
            Within(lower, upper) => Within(lower.scaled(-1), upper.scaled(-1)),
        }
    }

    /// The power of a whole number from 0.
    pub fn power(&self, n: u32) -> Self {
        if n > 1 && n.is_multiple_of(2) && self.exact().is_none() {
            // a square is not negative
            return self.abs().positive_power(n);
        }
        self.positive_power(n)
    }

    fn positive_power(&self, n: u32) -> Self {
        let (mut result, mut square, mut n) = (Real::whole(1), self.clone(), n);
        while n > 0 {
            if n % 2 == 1 {
                result = result.mul(&square);
            }
            n /= 2;
            if n > 0 {
                square = square.mul(&square);
            }
        }
        result
    }

    /// The sign, where it is known.
    pub fn sign(&self) -> Option<i32> {
        match self {
            Exact(x) => Some(if x.is_zero() {
                0
            } else if x.is_negative() {
                -1
            } else {
                1
            }),
            Within(lower, _) if lower.signum() > 0 => Some(1),
            Within(_, upper) if upper.signum() < 0 => Some(-1),
            Within(lower, upper) if lower.is_zero() && upper.is_zero() => Some(0),
            Within(..) => None,
        }
    }

    /// Whether it is at most another, where that is known.
    pub fn at_most(&self, other: &Self) -> Option<bool> {
        let difference = self.sub(other);
        match (&difference, difference.sign()) {
            (_, Some(sign)) => Some(sign <= 0),
            (Within(_, upper), None) if upper.signum() <= 0 => Some(true),
            _ => None,
        }
    }

    /// Whether it is below another, where that is known.
    pub fn below(&self, other: &Self) -> Option<bool> {
        other.at_most(self).map(|not| !not)
    }

    pub fn abs(&self) -> Self {
        match (self.sign(), self) {
            (Some(-1), _) => self.neg(),
            (None, Within(lower, upper)) => {
                let low = lower.neg();
                let most = if low.compare(upper) == Ordering::Greater { low } else { upper.clone() };
                Within(Float::zero(), most)
            }
            _ => self.clone(),
        }
    }

    pub fn max(&self, other: &Self) -> Self {
        match self.at_most(other) {
            Some(true) => other.clone(),
            Some(false) => self.clone(),
            None => {
                let ((a, b), (c, d)) = (self.ends(), other.ends());
                let greater = |x: Float, y: Float| if x.compare(&y) == Ordering::Less { y } else { x };
                Within(greater(a, c), greater(b, d))
            }
        }
    }

    pub fn min(&self, other: &Self) -> Self {
        self.neg().max(&other.neg()).neg()
    }

    /// The greatest whole number that is not above it, where that is known.
    pub fn floor(&self) -> Option<Rational> {
        match self {
            Exact(x) => Some(x.floor()),
            Within(lower, upper) => {
                // what has so large an exponent has no last digits to tell
                let (lower, upper) = (lower.floor()?, upper.floor()?);
                (lower == upper).then(|| Rational::from_integer(lower))
            }
        }
    }

    /// For messages.
    pub fn show(&self) -> String {
        match self {
            Exact(x) if x.numer().bits() + x.denom().bits() < 100 => x.to_string(),
            Exact(x) => format!("{:e}", super::number::near(x)),
            Within(lower, upper) if upper.magnitude() < 1024 && lower.magnitude() < 1024 => {
                let show = |x: &Float| x.to_rational().map_or(0.0, |x| super::number::near(&x));
                format!("[{:e}, {:e}]", show(lower), show(upper))
            }
            Within(..) => "[huge]".to_owned(),
        }
    }
}
