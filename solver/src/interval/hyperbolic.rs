//! Hyperbolic functions: sinh, cosh, tanh.
//!
//! *Method.* With E(x) the core of `exp.rs` (relative error 2⁻⁶⁷): sinh = (E(a) − E(−a))/2 and cosh = (E(a) + E(−a))/2
//! for a = |x|, summed in double-double; below 2⁻⁵, where the difference would cancel, sinh by its Taylor polynomial to
//! x¹¹; beyond 23, where e⁻²ᵃ < 2⁻⁶⁶, by E(a)/2 alone. tanh = −v/(2 + v) with v = e⁻²ᵃ − 1 in double-double.
//!
//! *Error.* sinh: E(a)·2⁻⁶⁶, 2⁻⁶¹ relative at worst (at 2⁻⁵); polynomial part x³/6·4u, 2⁻⁶³ relative, truncation 2⁻⁹².
//! cosh: 2⁻⁶⁶ relative. tanh: d tanh/dv ≤ 2, hence twice the error of eˣ − 1: 2⁻⁵⁷ relative at worst (at |x| ≈ 1/740).
//!
//! *Widening*: as in [`super::bounds`], with error E(a)·2⁻⁶⁶ and 2⁻⁶³ (sinh), 2⁻⁶⁵ (cosh), and for tanh twice the error of
//! eˣ − 1 plus 2⁻⁶⁴: an endpoint is correctly rounded except where the value is that close to a double, and else one
//! ulp further out.

use super::Interval;
use super::bounds::{Estimate, TINY, ends, increasing, make, pow2, tiny_inward, tiny_outward};
use super::double_double::{div, fast_two_sum};
use super::exp::{self, exp_m1_estimate};

/// Beyond it, e^−2|x| is below 2⁻⁶⁶.
const SATURATED: f64 = 23.0;

/// (E(a) + sign·E(−a))/2 for 0 ≤ a ≤ 23, with error E(a)·2⁻⁶⁶.
#[inline(always)]
pub(super) fn half_sum(a: f64, sign: f64) -> Estimate {
    let (p, m) = exp::core_pair(a);
    let (ps, ms) = (0.5 * pow2(p.k), 0.5 * sign * pow2(m.k));
    let ph = p.h * ps;
    // |m| ≤ p up to rounding; where they are equal the sum is exact all the same.
    let (h, e) = fast_two_sum(ph, m.h * ms);
    Estimate::new(h, e + p.l.mul_add(ps, m.l * ms), ph * pow2(-65))
}

/// e^|x|/2 for |x| > 23: bounds of cosh x and of |sinh x|.
fn half_exp_bounds(a: f64) -> (f64, f64) {
    if a > 711.0 {
        return (f64::MAX, f64::INFINITY);
    }
    let e = exp::core(a);
    Estimate::new(e.h, e.l, pow2(-64)).scaled_bounds(e.k - 1)
}

/// Bounds of sinh x; the limits at ±∞.
#[inline(always)]
fn sinh_bounds(x: f64) -> (f64, f64) {
    let a = x.abs();
    if a < pow2(-5) {
        if a <= TINY {
            return tiny_outward(x);
        }
        return sinh_small(x).bounds();
    }
    if a <= SATURATED {
        return half_sum(a, -1.0).times_sign(1f64.copysign(x)).bounds();
    }
    let (lo, hi) = half_exp_bounds(a);
    if x < 0.0 { (-hi, -lo) } else { (lo, hi) }
}

/// sinh x for 2⁻²⁷ ≤ |x| ≤ 2⁻⁵, by its Taylor polynomial.
#[inline(always)]
pub(super) fn sinh_small(x: f64) -> Estimate {
    let s = x * x;
    let p = s.mul_add(s.mul_add(1.0 / 39_916_800.0, 1.0 / 362_880.0), 1.0 / 5040.0);
    let p = s.mul_add(s.mul_add(p, 1.0 / 120.0), 1.0 / 6.0);
    Estimate::new(x, s * x * p, x.abs() * pow2(-62))
}

/// sinh over an interval.
#[inline]
pub fn sinh(x: Interval) -> Interval {
    increasing(x, sinh_bounds)
}

/// Bounds of cosh a for a ≥ 0; the limit at ∞.
#[inline(always)]
fn cosh_bounds(a: f64) -> (f64, f64) {
    if a > SATURATED {
        return half_exp_bounds(a);
    }
    if a == 0.0 {
        return (1.0, 1.0);
    }
    let (lo, hi) = half_sum(a, 1.0).bounds();
    (lo.max(1.0), hi)
}

/// cosh over an interval; never below 1.
#[inline]
pub fn cosh(x: Interval) -> Interval {
    let Some((a, b)) = ends(x) else { return Interval::EMPTY };
    // Smallest and largest magnitude: cosh is even and increases with |x|.
    let near = a.max(-b).max(0.0);
    let far = b.max(-a);
    make(cosh_bounds(near).0, cosh_bounds(far).1)
}

/// Bounds of tanh x; the limits at ±∞.
#[inline(always)]
fn tanh_bounds(x: f64) -> (f64, f64) {
    let a = x.abs();
    if a <= TINY {
        return tiny_inward(x);
    }
    if a > SATURATED {
        let inner = if a == f64::INFINITY { 1.0 } else { 1.0f64.next_down() };
        return if x < 0.0 { (-1.0, -inner) } else { (inner, 1.0) };
    }
    let (lo, hi) = tanh_estimate(a).times_sign(1f64.copysign(x)).bounds();
    (lo.max(-1.0), hi.min(1.0))
}

/// tanh a for 2⁻²⁷ ≤ a ≤ 23.
#[inline(always)]
pub(super) fn tanh_estimate(a: f64) -> Estimate {
    let v = exp_m1_estimate(-2.0 * a);
    let (vh, vl) = v.parts();
    let (dh, de) = fast_two_sum(2.0, vh);
    let (q, ql) = div((-vh, -vl), fast_two_sum(dh, de + vl));
    let err = q.mul_add(pow2(-64), 2.0 * v.error());
    Estimate::new(q, ql, err)
}

/// tanh over an interval; never outside [−1, 1].
#[inline]
pub fn tanh(x: Interval) -> Interval {
    increasing(x, tanh_bounds)
}
