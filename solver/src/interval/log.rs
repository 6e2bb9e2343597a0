//! The natural logarithm.
//!
//! *Method.* x = 2ᵉ·m with m in [0.707, 1.414). A table of 256 segments gives c ≈ 1/m with so few bits that r = m·c − 1 is
//! exact (one fused multiply-add) and |r| ≤ 2⁻⁸; c = 1 on both sides of m = 1. Then ln x = e·ln 2 − ln c + ln(1 + r). ln 2
//! and ln c are stored as a multiple of 2⁻⁴² and a rest, so that e·ln 2 − ln c is exact in its leading part; r and r²/2
//! are added exactly, the terms from r³ on in doubles (series to r⁹).
//!
//! *Error*, u = 2⁻⁵³. Terms from r³, below 2⁻²⁵·⁶: five roundings, 2⁻⁷⁶·³. Sums of the small terms: 2⁻⁷⁶·⁴. Truncation r¹⁰/10:
//! 2⁻⁸³. Together 2⁻⁷⁵·³; |ln x| ≥ 2⁻⁹·⁰⁴ wherever c ≠ 1 (`tables.py` asserts it), so 2⁻⁶⁶ relative. For c = 1 the terms
//! are relative to r: r²/3·5u and r⁹/10, 2⁻⁶⁷. Claimed: **2⁻⁶⁵ relative** ([`REL`]); ln 1 = 0 is exact.
//!
//! *Widening*: as in [`super::bounds`] with error 2⁻⁶⁴: the endpoint is correctly rounded but for about one argument in
//! a thousand, where it lies one ulp further out.

use super::Interval;
use super::bounds::{Estimate, ends, make, pow2};
use super::double_double::{fast_two_sum, two_prod};
use super::tables::{LN, LN2_HI, LN2_LO};

/// Relative error of [`core`].
pub(super) const REL: f64 = pow2(-65);

/// Bit pattern of the lower end 0.70703125 of the mantissa range.
const START: u64 = 0x3fe6_a000_0000_0000;

/// x = 2ᵉ·m with m in [0.70703125, 1.4140625), for x positive and finite (subnormal numbers too); and the segment of m.
#[inline(always)]
pub(super) fn split(x: f64) -> (f64, i32, usize) {
    let (x, offset) = if x < f64::MIN_POSITIVE { (x * pow2(54), -54) } else { (x, 0) };
    let bits = x.to_bits();
    let t = bits.wrapping_sub(START);
    #[allow(clippy::cast_possible_truncation)]
    let (e, segment) = ((t.cast_signed() >> 52) as i32, (t >> 44) as u8);
    let m = f64::from_bits(bits.wrapping_sub(t & (0xfff << 52)));
    (m, e + offset, segment as usize)
}

/// ln x as an unevaluated sum, leading double first, for x positive and finite; relative error [`REL`].
#[inline(always)]
pub(super) fn core(x: f64) -> (f64, f64) {
    let (m, e, segment) = split(x);
    let e = f64::from(e);
    let (c, lh, ll) = LN[segment];
    let r = m.mul_add(c, -1.0);
    let a = e.mul_add(LN2_HI, lh);
    // |a| ≥ |r| or a = 0, asserted by tables.py.
    let (b, be) = fast_two_sum(a, r);
    let (w, we) = two_prod(r, r);
    let (s, se) = fast_two_sum(b, -0.5 * w);
    // ln(1 + r) − r + r²/2 = r³ (1/3 − r/4 + r²/5 − r³/6 + r⁴/7 − r⁵/8 + r⁶/9).
    let p01 = r.mul_add(-1.0 / 4.0, 1.0 / 3.0);
    let p23 = r.mul_add(-1.0 / 6.0, 1.0 / 5.0);
    let p45 = r.mul_add(-1.0 / 8.0, 1.0 / 7.0);
    let p = w.mul_add(w.mul_add(w.mul_add(1.0 / 9.0, p45), p23), p01);
    let cubic = (w * r) * p;
    let rest = e.mul_add(LN2_LO, ll) - 0.5 * we;
    fast_two_sum(s, (be + se) + (cubic + rest))
}

/// Bounds of ln x for x ≥ 0; the limits at 0 and ∞.
#[inline(always)]
fn ln_bounds(x: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (f64::NEG_INFINITY, f64::NEG_INFINITY);
    }
    if x == f64::INFINITY {
        return (f64::INFINITY, f64::INFINITY);
    }
    let (h, l) = core(x);
    Estimate::new(h, l, h.abs() * pow2(-64)).bounds()
}

/// The natural logarithm over the positive part of an interval; empty if there is none.
#[inline]
pub fn ln(x: Interval) -> Interval {
    match ends(x) {
        Some((a, b)) if b > 0.0 => make(ln_bounds(a).0, ln_bounds(b).1),
        _ => Interval::EMPTY,
    }
}
