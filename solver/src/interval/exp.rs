//! Exponential functions: eˣ, eˣ − 1 and the logistic function σ(x) = 1 / (1 + e⁻ˣ).
//!
//! *Method* (Tang 1989, with 128 table entries). x = n·(ln 2)/128 + r with |r| ≤ 2⁻⁸·⁵²; n = 128k + j. Then
//! eˣ = 2ᵏ · T_j · eʳ, where T_j = 2^(j/128) is tabulated as two doubles, T_j · r is formed exactly, and the Taylor
//! polynomial of eʳ − 1 − r of degree 6 is evaluated in doubles.
//!
//! *Error of the core*, relative to T_j, u = 2⁻⁵³. r: the first product and difference are exact (35 + 18 bits), the
//! rest leaves 2⁻⁷⁷. Polynomial part, below 2⁻¹⁸·⁰⁵: three roundings, 2⁻⁶⁹·⁵. Sum of the small terms: four roundings of
//! numbers below 2⁻¹⁸: 2⁻⁶⁹. Neglected r_h r_l: 2⁻⁷⁰. Truncation r⁷/5040: 2⁻⁷². Together below **2⁻⁶⁷** ([`REL`]), which is
//! 2⁻¹⁴ ulp.
//!
//! *Widening*: bounds are rounded as in [`super::bounds`]. eˣ is taken with error 2⁻⁶⁶·T_j; eˣ − 1 with 2⁻⁶⁷eˣ (2⁻⁵⁸
//! relative at worst, where |x| ≈ 1/370), and below that with 2⁻⁶⁰|x|; σ with 2⁻⁶⁴ relative. So each endpoint is the
//! correctly rounded one but for a fraction of about 2⁻⁵ (eˣ − 1) and 2⁻¹⁰ (the others) of arguments, where it lies one ulp
//! further out.

use std::hint::select_unpredictable;

use super::Interval;
use super::bounds::{Estimate, increasing, pow2};
use super::double_double::{div, fast_two_sum, two_prod, two_sum};
use super::tables::{EXP2, INV_LN2_128, LN2_128_HI, LN2_128_LO};

/// Relative error of [`core`].
pub(super) const REL: f64 = pow2(-67);

/// Adding and subtracting it rounds a small double to an integer, and leaves that integer in the low bits of the sum.
pub(super) const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Beyond it, e⁻ˣ is below 2⁻⁶⁶ and 1 + e⁻ˣ is 1 for our purposes; the error bounds count it.
const SATURATED: f64 = 46.0;

/// A number 2ᵏ (h + l).
#[derive(Clone, Copy)]
pub(super) struct Exp {
    pub(super) h: f64,
    pub(super) l: f64,
    pub(super) k: i32,
}

/// eˣ = 2ᵏ (h + l)(1 + δ) with |δ| ≤ [`REL`], h in [0.99, 2), |l| ≤ 2⁻¹⁷. For |x| ≤ 2¹⁶.
#[inline(always)]
pub(super) fn core(x: f64) -> Exp {
    let (n, rh, rl) = reduce(x);
    combine(n, rh, rl)
}

/// e^(x + y) for |x| ≤ 2¹⁰ and |y| ≤ 2⁻⁴⁰, as [`core`].
#[inline(always)]
pub(super) fn core_sum(x: f64, y: f64) -> Exp {
    let (n, rh, rl) = reduce(x);
    let (rh, rl) = two_sum(rh, rl + y);
    combine(n, rh, rl)
}

/// Nearest multiple n of (ln 2)/128, and what is left as two doubles.
#[inline(always)]
fn reduce(x: f64) -> (i32, f64, f64) {
    let t = x.mul_add(INV_LN2_128, ROUNDER);
    let nf = t - ROUNDER;
    // Exact: x and n·HI are multiples of 2⁻⁶¹ (or n = 0), and their difference is below 2⁻⁸.
    let r0 = (-nf).mul_add(LN2_128_HI, x);
    let rh = (-nf).mul_add(LN2_128_LO, r0);
    let rl = (-nf).mul_add(LN2_128_LO, r0 - rh);
    (integer(t), rh, rl)
}

/// The integer that [`ROUNDER`] left in the low bits.
#[inline(always)]
pub(super) fn integer(t: f64) -> i32 {
    #[allow(clippy::cast_possible_truncation)]
    let low = t.to_bits() as u32;
    low.cast_signed()
}

/// eʳ − 1 − r for |r| ≤ 2⁻⁸·⁵, relative error below 4u.
#[inline(always)]
fn second_order(r: f64) -> f64 {
    let r2 = r * r;
    let even = r2.mul_add(r2.mul_add(1.0 / 720.0, 1.0 / 24.0), 0.5);
    let odd = r2.mul_add(1.0 / 120.0, 1.0 / 6.0);
    r2 * r.mul_add(odd, even)
}

/// eᵃ and e⁻ᵃ, as [`core`]; they share the reduction.
#[inline(always)]
pub(super) fn core_pair(a: f64) -> (Exp, Exp) {
    let (n, rh, rl) = reduce(a);
    (combine(n, rh, rl), combine(-n, -rh, -rl))
}

#[inline(always)]
fn combine(n: i32, rh: f64, rl: f64) -> Exp {
    let (th, tl) = EXP2[(n & 127) as usize];
    let (p, pe) = two_prod(th, rh);
    let (h, e) = fast_two_sum(th, p);
    let small = th.mul_add(rl + second_order(rh), tl.mul_add(rh, tl));
    Exp { h, l: e + (pe + small), k: n >> 7 }
}

/// Bounds of eˣ; at −∞ and +∞ those of the limit.
#[inline(always)]
fn exp_bounds(x: f64) -> (f64, f64) {
    if x > 709.79 {
        return (f64::MAX, f64::INFINITY);
    }
    if x < -745.14 {
        return (0.0, if x == f64::NEG_INFINITY { 0.0 } else { f64::from_bits(1) });
    }
    let (e, k) = exp_estimate(x);
    e.scaled_bounds(k)
}

/// eˣ = 2ᵏ times an estimate, for −746 ≤ x ≤ 710.
#[inline(always)]
pub(super) fn exp_estimate(x: f64) -> (Estimate, i32) {
    let e = core(x);
    // Around 0 the errors shrink with x, and at 0 the value is exact: there all small terms but rounding errors of
    // numbers below |x| are proportional to x².
    let err = pow2(-66).min(x.abs() * pow2(-51));
    (Estimate::new(e.h, e.l, err), e.k)
}

/// eˣ over an interval.
#[inline]
pub fn exp(x: Interval) -> Interval {
    increasing(x, exp_bounds)
}

/// eˣ − 1 for 2⁻⁵⁴ ≤ |x| ≤ 46, with error 2⁻⁶⁰|x| for small x and 2⁻⁶⁷eˣ + 2⁻¹⁰⁴ otherwise.
#[inline(always)]
pub(super) fn exp_m1_estimate(x: f64) -> Estimate {
    let (n, rh, rl) = reduce(x);
    if n == 0 {
        return Estimate::new(x, second_order(x), x.abs() * pow2(-60));
    }
    let e = combine(n, rh, rl);
    let scale = pow2(e.k);
    let (h, l) = (e.h * scale, e.l * scale);
    let (a, b) = two_sum(h, -1.0);
    // The last addend: `b`, up to 2⁻⁵³, is rounded once more.
    Estimate::new(a, b + l, h.mul_add(REL, pow2(-104)))
}

/// Bounds of eˣ − 1; at ±∞ those of the limit.
#[inline(always)]
fn exp_m1_bounds(x: f64) -> (f64, f64) {
    if x.abs() <= pow2(-54) {
        // x < eˣ − 1 < x + x², and x² is at most half of the distance to the next double.
        return if x == 0.0 { (0.0, 0.0) } else { (x, x.next_up()) };
    }
    if x.abs() <= SATURATED {
        return exp_m1_estimate(x).bounds();
    }
    if x < 0.0 {
        // −1 < eˣ − 1 < −1 + 2⁻⁶⁶.
        return (-1.0, (-1.0f64).next_up());
    }
    if x > 709.79 {
        return (f64::MAX, f64::INFINITY);
    }
    let e = core(x);
    Estimate::new(e.h, e.l, pow2(-64)).scaled_bounds(e.k)
}

/// eˣ − 1 over an interval, accurate relative to its own value near 0.
#[inline]
pub fn exp_m1(x: Interval) -> Interval {
    increasing(x, exp_m1_bounds)
}

/// Bounds of σ(x); at ±∞ those of the limit.
#[inline(always)]
fn sigmoid_bounds(x: f64) -> (f64, f64) {
    if x.abs() > SATURATED {
        return sigmoid_saturated(x);
    }
    if x.abs() <= pow2(-53) {
        // σ(x) is between 1/2 and 1/2 + x/4, and |x|/4 is at most the distance to the next double.
        let half = 0.5f64;
        return if x > 0.0 {
            (half, half.next_up())
        } else if x < 0.0 {
            (half.next_down(), half)
        } else {
            (half, half)
        };
    }
    let (lo, hi) = sigmoid_estimate(x).bounds();
    (lo, hi.min(1.0))
}

/// σ(x) for |x| ≤ 46.
#[inline(always)]
pub(super) fn sigmoid_estimate(x: f64) -> Estimate {
    // With t = e^−|x| ≤ 1: σ(x) = 1/(1 + t) for x ≥ 0 and t/(1 + t) for x < 0, so nothing cancels.
    let t = core(-x.abs());
    let scale = pow2(t.k);
    let (th, tl) = (t.h * scale, t.l * scale);
    let (dh, de) = fast_two_sum(1.0, th);
    let n = select_unpredictable(x < 0.0, (th, tl), (1.0, 0.0));
    let (q, ql) = div(n, fast_two_sum(dh, de + tl));
    Estimate::new(q, ql, q * pow2(-64))
}

/// σ where e^−|x| < 2⁻⁶⁶.
fn sigmoid_saturated(x: f64) -> (f64, f64) {
    if x > 0.0 {
        return (if x == f64::INFINITY { 1.0 } else { 1.0f64.next_down() }, 1.0);
    }
    if x < -745.14 {
        return exp_bounds(x);
    }
    // eˣ(1 − eˣ) < σ(x) < eˣ.
    let e = core(x);
    Estimate::new(e.h, e.l, pow2(-64)).scaled_bounds(e.k)
}

/// The logistic function σ(x) = 1 / (1 + e⁻ˣ) over an interval, accurate relative to its own value also for very negative
/// arguments, and never outside [0, 1].
#[inline]
pub fn sigmoid(x: Interval) -> Interval {
    increasing(x, sigmoid_bounds)
}
