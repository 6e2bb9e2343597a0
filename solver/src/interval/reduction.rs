//! Argument reduction for the trigonometric functions: x = jπ/64 + r (mod 2π) with |r| ≤ π/128.
//!
//! *Cody and Waite*, for |x| ≤ 2¹⁷: n = round(64x/π) has at most 22 bits, π/64 is stored in pieces of 31, 31 and 53 bits,
//! so that the first two products are exact and so is the first difference; what is lost is 2⁻⁹⁸, absolutely. If |r| turns
//! out below 2⁻²⁰ (x within that of a multiple of π/64, where the loss would be felt relative to r), or for larger x:
//!
//! *Payne and Hanek*: x = m·2ᴱ with integer m < 2⁵³; the fraction of x/(2π) needs only the bits of 1/(2π) of weight 2⁻ᴱ⁻¹ and
//! below. 192 of them are multiplied with m in integers, modulo 1, with an error below 2⁻¹³⁹ turns. No double is closer
//! than 2⁻⁶² to a multiple of π/2 without being 0 (Muller, *Elementary Functions*, ch. 11), hence no closer than 2⁻⁶⁷ turns
//! to a multiple of 1/128 turn that is one of a quarter; relative to r the error is below 2⁻⁷⁰, and absolutely below
//! 2⁻¹³⁰ elsewhere.
//!
//! Either way r, as two doubles, has an error below **2⁻⁷⁰|r|** where j is a multiple of 32 (a multiple of π/2), and
//! below 2⁻⁹⁰ in general.

use super::double_double::{fast_two_sum, mul, two_sum};
use super::exp::{ROUNDER, integer};
use super::tables::{INV_PI_64, INV_TWO_PI, PI_64_1, PI_64_2, PI_64_3, TWO_PI_HI, TWO_PI_LO};

/// The angle jπ/64 + r, modulo 2π.
#[derive(Clone, Copy, Debug)]
pub(super) struct Angle {
    /// 0 ≤ j < 128.
    pub(super) j: usize,
    /// Leading and trailing double of r. The sign of the leading one is that of r.
    pub(super) r: (f64, f64),
}

impl Angle {
    /// Whether the angle, turned back by `steps` · π/64, lies in [0, π) modulo 2π.
    #[inline(always)]
    pub(super) fn in_upper_half(self, steps: usize) -> bool {
        let j = self.j.wrapping_sub(steps) & 127;
        let at_border = j & 63 == 0;
        (j < 64) ^ (at_border && self.r.0 < 0.0)
    }
}

/// Reduces a finite x.
#[inline(always)]
pub(super) fn reduce(x: f64) -> Angle {
    if x.abs() > 131_072.0 {
        return payne_hanek(x);
    }
    let t = x.mul_add(INV_PI_64, ROUNDER);
    let n = t - ROUNDER;
    // Exact: both are multiples of 2⁻⁵⁸ (or n = 0), and their difference is below 2⁻⁵.
    let a = (-n).mul_add(PI_64_1, x);
    let (a, b) = two_sum(a, -(n * PI_64_2));
    if a.abs() < 1.0 / 1_048_576.0 && n != 0.0 {
        return payne_hanek(x);
    }
    let r = fast_two_sum(a, (-n).mul_add(PI_64_3, b));
    Angle { j: (integer(t) & 127) as usize, r }
}

/// Reduction with integers, for 2⁻⁶ ≤ |x| < ∞.
#[cold]
fn payne_hanek(x: f64) -> Angle {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as usize;
    let m = (bits & ((1 << 52) - 1)) | (1 << 52);
    // x = ± m·2ᴱ, E = exponent − 1075 ≥ −58. Bit s of the table (s = 0 first) has weight 2^(63−s); times 2ᴱ, the bits
    // from s = E + 64 on are the fraction.
    let s = exponent + 64 - 1075;
    let (word, shift) = (s / 64, s % 64);
    let window = |i: usize| {
        let (w, next) = (INV_TWO_PI[word + i], INV_TWO_PI[word + i + 1]);
        if shift == 0 { w } else { (w << shift) | (next >> (64 - shift)) }
    };
    let (f0, f1, f2) = (window(0), window(1), window(2));
    let wide = |f: u64| u128::from(m) * u128::from(f);
    let high = |p: u128| p >> 64;
    #[allow(clippy::cast_possible_truncation)]
    let low = |p: u128| p as u64;
    let p2 = wide(f2);
    let p1 = wide(f1) + high(p2);
    let p0 = m.wrapping_mul(f0).wrapping_add(low(high(p1)));
    // Turns, as a fraction of 192 bits (p0, p1, p2); nearest multiple of 1/128 turn.
    let rounded = p0.wrapping_add(1 << 56);
    let j = (rounded >> 57) as usize;
    let mut w = [(rounded & ((1 << 57) - 1)).wrapping_sub(1 << 56), low(p1), low(p2)];
    let negative = w[0] >> 63 == 1;
    if negative {
        let (w2, carry) = (!w[2]).overflowing_add(1);
        let (w1, carry) = (!w[1]).overflowing_add(u64::from(carry));
        w = [(!w[0]).wrapping_add(u64::from(carry)), w1, w2];
    }
    let (h, l) = to_turns(w);
    let (h, l) = mul((h, l), (TWO_PI_HI, TWO_PI_LO));
    let sign = if negative != (x < 0.0) { -1.0 } else { 1.0 };
    let j = if x < 0.0 { j.wrapping_neg() & 127 } else { j };
    Angle { j, r: (sign * h, sign * l) }
}

/// A fraction of 192 bits as two doubles, cut after 106 significant bits.
fn to_turns(mut w: [u64; 3]) -> (f64, f64) {
    let mut exponent = 0i32;
    while w[0] == 0 && exponent < 192 {
        w = [w[1], w[2], 0];
        exponent += 64;
    }
    let zeros = w[0].leading_zeros();
    let top = (u128::from(w[0]) << 64 | u128::from(w[1])) << zeros;
    let top = if zeros == 0 { top } else { top | u128::from(w[2] >> (64 - zeros)) };
    #[allow(clippy::cast_possible_truncation)]
    let (h, l) = ((top >> 75) as u64, (top >> 22) as u64 & ((1 << 53) - 1));
    let scale = super::bounds::pow2(-53 - exponent - zeros.cast_signed());
    // Both conversions are exact: 53 bits each.
    fast_two_sum(h as f64 * scale, l as f64 * (scale * super::bounds::pow2(-53)))
}
