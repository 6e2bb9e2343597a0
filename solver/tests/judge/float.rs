//! Dyadic numbers of any size, `m·2^e`, rounded in a given direction: the ends of an enclosure.

use super::number::{BigInt, Rational, power_of_two};
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

/// The largest exponent, either way, of a number that is written out.
const LONGEST: u64 = 400_000;

#[derive(Clone, Debug)]
pub struct Float {
    m: BigInt,
    e: i64,
}

/// Where a result that does not fit is rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    Below,
    Above,
}

/// `m·2^(−shift)`, rounded to an integer.
fn shifted(m: &BigInt, shift: u64, toward: Toward) -> BigInt {
    match toward {
        // a shift to the right of a BigInt rounds down
        Toward::Below => m >> shift,
        Toward::Above => -(-m >> shift),
    }
}

impl Float {
    pub fn zero() -> Self {
        Float { m: BigInt::zero(), e: 0 }
    }

    pub fn whole(n: i64) -> Self {
        Float { m: n.into(), e: 0 }
    }

    /// `2^n`.
    pub fn power_of_two(n: i64) -> Self {
        Float { m: BigInt::one(), e: n }
    }

    fn rounded(mut self, bits: u64, toward: Toward) -> Self {
        let excess = self.m.bits().saturating_sub(bits);
        if excess > 0 {
            self.m = shifted(&self.m, excess, toward);
            self.e += excess as i64;
        }
        self
    }

    pub fn from_rational(x: &Rational, bits: u64, toward: Toward) -> Self {
        let shift = bits as i64 + x.denom().bits() as i64 - x.numer().bits() as i64;
        let (over, under) =
            if shift >= 0 { (x.numer() << shift, x.denom().clone()) } else { (x.numer().clone(), x.denom() << -shift) };
        Float { m: quotient(&over, &under, toward), e: -shift }
    }

    /// The exact value, unless it has more than some hundred thousand digits.
    pub fn to_rational(&self) -> Option<Rational> {
        let short = self.is_zero() || self.e.unsigned_abs() <= LONGEST;
        short.then(|| Rational::from_integer(self.m.clone()) * power_of_two(self.e))
    }

    /// The greatest whole number that is not above it, unless it has that many digits.
    pub fn floor(&self) -> Option<BigInt> {
        match self.e {
            0.. if self.e.unsigned_abs() > LONGEST && !self.is_zero() => None,
            0.. => Some(&self.m << self.e),
            _ => Some(&self.m >> self.e.unsigned_abs()),
        }
    }

    pub fn signum(&self) -> i32 {
        if self.m.is_zero() {
            0
        } else if self.m.is_negative() {
            -1
        } else {
            1
        }
    }

    pub fn is_zero(&self) -> bool {
        self.m.is_zero()
    }

    pub fn neg(&self) -> Self {
        Float { m: -&self.m, e: self.e }
    }

    /// The exponent `n` of `2^(n−1) ≤ |x| < 2^n`; very small for 0.
    pub fn magnitude(&self) -> i64 {
        if self.is_zero() { i64::MIN / 4 } else { self.m.bits() as i64 + self.e }
    }

    /// Half, quarter, double, …: `x·2^n`, exactly.
    pub fn scaled(&self, n: i64) -> Self {
        Float { m: self.m.clone(), e: self.e + n }
    }

    pub fn add(&self, other: &Self, bits: u64, toward: Toward) -> Self {
        if self.is_zero() || other.is_zero() {
            let sum = if self.is_zero() { other } else { self };
            return sum.clone().rounded(bits, toward);
        }
        let (large, small) = if self.magnitude() >= other.magnitude() { (self, other) } else { (other, self) };
        let reach = large.magnitude() - (2 * bits as i64 + large.m.bits() as i64) - 8;
        // what is far below the last digit only says in which direction the sum lies off
        let small = if small.magnitude() < reach { Float { m: small.m.signum(), e: reach } } else { small.clone() };
        let e = large.e.min(small.e);
        let m = (&large.m << (large.e - e)) + (&small.m << (small.e - e));
        Float { m, e }.rounded(bits, toward)
    }

    pub fn sub(&self, other: &Self, bits: u64, toward: Toward) -> Self {
        self.add(&other.neg(), bits, toward)
    }

    pub fn mul(&self, other: &Self, bits: u64, toward: Toward) -> Self {
        Float { m: &self.m * &other.m, e: self.e + other.e }.rounded(bits, toward)
    }

    /// The quotient by a number that is not 0.
    pub fn div(&self, other: &Self, bits: u64, toward: Toward) -> Self {
        let shift = (bits + other.m.bits() + 1).saturating_sub(self.m.bits());
        Float { m: quotient(&(&self.m << shift), &other.m, toward), e: self.e - other.e - shift as i64 }
            .rounded(bits, toward)
    }

    /// The square root of a number that is not negative.
    pub fn sqrt(&self, bits: u64, toward: Toward) -> Self {
        let mut shift = (2 * bits + 2).saturating_sub(self.m.bits()) as i64;
        if (self.e - shift).rem_euclid(2) != 0 {
            shift += 1;
        }
        let m = &self.m << shift;
        let root = m.sqrt();
        let root = if toward == Toward::Above && &root * &root < m { root + 1 } else { root };
        Float { m: root, e: (self.e - shift) / 2 }.rounded(bits, toward)
    }

    pub fn compare(&self, other: &Self) -> Ordering {
        let (a, b) = (self.signum(), other.signum());
        if a != b || a == 0 {
            return a.cmp(&b);
        }
        match self.magnitude().cmp(&other.magnitude()) {
            Ordering::Equal => {
                let e = self.e.min(other.e);
                (&self.m << (self.e - e)).cmp(&(&other.m << (other.e - e)))
            }
            order if a > 0 => order,
            order => order.reverse(),
        }
    }
}

fn quotient(over: &BigInt, under: &BigInt, toward: Toward) -> BigInt {
    use num_integer::Integer;
    match toward {
        Toward::Below => over.div_floor(under),
        Toward::Above => -(-over).div_floor(under),
    }
}

#[test]
fn rounds_in_its_direction() {
    let third = Rational::new(1.into(), 3.into());
    let exact = |x: &Float| x.to_rational().expect("a short number");
    for bits in [1, 5, 53] {
        for sign in [1, -1] {
            let x = &third * Rational::from_integer(sign.into());
            let [below, above] = [Toward::Below, Toward::Above].map(|toward| Float::from_rational(&x, bits, toward));
            assert!(exact(&below) < x && x < exact(&above));
            let [a, b] = [Toward::Below, Toward::Above]
                .map(|toward| exact(&Float::whole(sign).div(&Float::whole(3), bits, toward)));
            assert!(a < x && x < b && &b - &a <= power_of_two(2 - bits as i64));
        }
    }
    let two = Float::whole(2);
    let [below, above] = [Toward::Below, Toward::Above].map(|toward| exact(&two.sqrt(60, toward)));
    assert!(&below * &below < exact(&two) && &above * &above > exact(&two));
    // a sum with something that is too small to matter is off in the right direction
    let tiny = Float::power_of_two(-1_000_000);
    let (below, above) = (two.sub(&tiny, 60, Toward::Below), two.sub(&tiny, 60, Toward::Above));
    assert_eq!((below.compare(&two), above.compare(&two)), (Ordering::Less, Ordering::Equal));
    assert_eq!(Float::power_of_two(1_000_000).compare(&Float::whole(-7)), Ordering::Greater);
    // numbers of a billion digits are never written out
    let towers = [tiny.scaled(-1 << 40), tiny.neg().scaled(-1 << 40), tiny.scaled(1 << 50)];
    assert!(towers.iter().all(|x| x.to_rational().is_none()));
    assert_eq!(towers.map(|x| x.floor()), [Some(0.into()), Some((-1).into()), None]);
}
