//! Powers: square, square root, integer powers and real powers.
//!
//! *Integer powers*, |n| ≤ 1000 (or any n, for powers of two): binary exponentiation of the mantissa (in [0.707, 1.414), so that it stays in range) in
//! double-double: every product has relative error below 8u², u = 2⁻⁵³, and it enters the result at most n times, so 2⁻⁹² in
//! all; claimed 2⁻⁸⁰. A result for which every trailing part is zero is exact and is not widened: 3⁴ is [81, 81]. Negative
//! exponents add a reciprocal in double-double.
//!
//! *Real powers* (and larger n): xʸ = exp(y·ln x), with ln x in double-double (relative error 2⁻⁶⁵) and y·ln x, at most 746
//! in magnitude, as two doubles: absolute error 2⁻⁶⁵|y ln x| ≤ 2⁻⁵⁵·⁴, which is the relative error of the result; exp adds 2⁻⁶⁷.
//!
//! *Widening*: as in [`super::bounds`], with 2⁻⁸⁰ and with 2⁻⁶⁵|y ln x| + 2⁻⁶⁶: an endpoint is correctly rounded or one ulp
//! further out; the latter for one argument in three at the edges of the exponent range, in 1000 for |y ln x| ≈ 1.

use super::Interval;
use super::bounds::{Estimate, ends, make, pow2};
use super::double_double::{div, mul, two_prod};
use super::{exp, log};

/// x² over an interval.
#[inline]
pub fn sqr(x: Interval) -> Interval {
    x.sqr()
}

/// The square root over the nonnegative part of an interval.
#[inline]
pub fn sqrt(x: Interval) -> Interval {
    x.sqrt()
}

/// Bounds of vⁿ for v > 0 finite, n ≠ 0.
fn integer_power_bounds(v: f64, n: i32) -> (f64, f64) {
    if n == 1 {
        return (v, v);
    }
    let count = n.unsigned_abs();
    let (m, e, _) = log::split(v);
    if count > 1000 && m != 1.0 {
        return real_power_bounds(v, f64::from(n));
    }
    let (mut base, mut rest) = ((m, 0.0), count);
    let mut power = (1.0, 0.0);
    let mut exact = true;
    loop {
        if rest & 1 == 1 {
            exact &= power.1 == 0.0 && base.1 == 0.0;
            power = mul(power, base);
        }
        rest >>= 1;
        if rest == 0 {
            break;
        }
        exact &= base.1 == 0.0;
        base = mul(base, base);
    }
    if n < 0 {
        exact &= power.1 == 0.0;
        let h = div((1.0, 0.0), power);
        exact &= h.1 == 0.0;
        power = h;
    }
    let (h, shift, _) = log::split(power.0);
    let l = power.1 * (h / power.0);
    Estimate::new(h, l, if exact { 0.0 } else { pow2(-80) }).scaled_bounds(e.saturating_mul(n).saturating_add(shift))
}

/// As [`integer_power_bounds`], for 0 ≤ v ≤ ∞: the limits at the ends.
fn magnitude_power_bounds(v: f64, n: i32) -> (f64, f64) {
    if v == 0.0 || v == f64::INFINITY {
        let limit = if (v == 0.0) == (n > 0) { 0.0 } else { f64::INFINITY };
        return (limit, limit);
    }
    integer_power_bounds(v, n)
}

/// xⁿ over an interval, for an integer n; x⁰ = 1 everywhere, and 0ⁿ is undefined for n < 0.
#[inline]
pub fn powi(x: Interval, n: i32) -> Interval {
    let Some((a, b)) = ends(x) else { return Interval::EMPTY };
    match n {
        0 => return make(1.0, 1.0),
        1 => return x,
        2 => return x.sqr(),
        _ => {}
    }
    if n < 0 && a == 0.0 && b == 0.0 {
        return Interval::EMPTY;
    }
    if n & 1 == 0 {
        let (near, far) = (a.max(-b).max(0.0), b.max(-a));
        let (near, far) = if n > 0 { (near, far) } else { (far, near) };
        return make(magnitude_power_bounds(near, n).0, magnitude_power_bounds(far, n).1);
    }
    if n > 0 {
        return make(odd_power_bounds(a, n).0, odd_power_bounds(b, n).1);
    }
    // Odd and negative: falls on each side of the pole at 0.
    if a < 0.0 && b > 0.0 {
        return Interval::ENTIRE;
    }
    let lo = if b == 0.0 { f64::NEG_INFINITY } else { odd_power_bounds(b, n).0 };
    let hi = if a == 0.0 { f64::INFINITY } else { odd_power_bounds(a, n).1 };
    make(lo, hi)
}

/// Bounds of vⁿ for odd n.
fn odd_power_bounds(v: f64, n: i32) -> (f64, f64) {
    let (lo, hi) = magnitude_power_bounds(v.abs(), n);
    if v < 0.0 { (-hi, -lo) } else { (lo, hi) }
}

/// Bounds of vʸ for v > 0 finite and y finite.
fn real_power_bounds(v: f64, y: f64) -> (f64, f64) {
    let (lh, ll) = log::core(v);
    if lh == 0.0 || y == 0.0 {
        return (1.0, 1.0);
    }
    let t = y * lh;
    if t > 709.8 {
        return (f64::MAX, f64::INFINITY);
    }
    if t < -745.2 {
        return (0.0, f64::from_bits(1));
    }
    let (t, te) = two_prod(y, lh);
    let e = exp::core_sum(t, y.mul_add(ll, te));
    let relative = t.abs().mul_add(log::REL, 2.0 * exp::REL);
    Estimate::new(e.h, e.l, e.h * relative).scaled_bounds(e.k)
}

/// Bounds of vʸ at a corner of the box, 0 ≤ v ≤ ∞ and −∞ ≤ y ≤ ∞, where 0 and ∞ stand for limits from inside.
fn corner(v: f64, y: f64) -> (f64, f64) {
    if v == 1.0 || y == 0.0 {
        return (1.0, 1.0);
    }
    if v == 0.0 || v == f64::INFINITY || y.is_infinite() {
        let limit = if (v > 1.0) == (y > 0.0) { f64::INFINITY } else { 0.0 };
        return (limit, limit);
    }
    real_power_bounds(v, y)
}

/// Range of xʸ over 0 < x, that is over [a, b] × [c, d] with 0 ≤ a ≤ b, b > 0.
fn positive_base(a: f64, b: f64, c: f64, d: f64) -> (f64, f64) {
    // The power is monotone in x for a fixed y and in y for a fixed x, so the extrema are at corners; which ones depends
    // on the sign of y and on which side of 1 the base lies.
    let lo_at = |v: f64| corner(v, if v < 1.0 { d } else { c }).0;
    let hi_at = |v: f64| corner(v, if v < 1.0 { c } else { d }).1;
    if c >= 0.0 {
        (lo_at(a), hi_at(b))
    } else if d <= 0.0 {
        (lo_at(b), hi_at(a))
    } else {
        (lo_at(a).min(lo_at(b)), hi_at(a).max(hi_at(b)))
    }
}

/// xʸ over a box, for a real exponent.
///
/// The power is defined for x > 0; for x = 0 and y > 0, where it is 0; and, as a function of x alone, for every integer y
/// as [`powi`] has it, so 0⁰ = 1 and (−2)³ = −8. For y that is no integer, negative bases contribute nothing. The
/// enclosure is of all of these, whether y is a point or an interval that merely holds integers, so that a smaller box
/// never has a value that a larger one lacks.
pub fn pow(x: Interval, y: Interval) -> Interval {
    let (Some((a, b)), Some((c, d))) = (ends(x), ends(y)) else { return Interval::EMPTY };
    if c == d {
        if let Some(n) = small_integer(c) {
            return powi(x, n);
        }
        if c == 0.5 {
            return x.sqrt();
        }
    }
    let mut range = Interval::EMPTY;
    if b > 0.0 {
        let (lo, hi) = positive_base(a.max(0.0), b, c, d);
        range = make(lo, hi);
    }
    if a <= 0.0 {
        if d > 0.0 && b >= 0.0 {
            range = range.convex_hull(make(0.0, 0.0));
        }
        range = range.convex_hull(integer_exponents(a, b.min(0.0), c, d));
    }
    range
}

/// Range of xⁿ over [a, b] ≤ 0 and the integers n in [c, d].
fn integer_exponents(a: f64, b: f64, c: f64, d: f64) -> Interval {
    let (first, last) = (c.ceil(), d.floor());
    if first > last {
        return Interval::EMPTY;
    }
    if first == last
        && let Some(n) = small_integer(first)
    {
        return powi(make(a, b), n);
    }
    let mut range = Interval::EMPTY;
    if a < 0.0 {
        let (lo, hi) = positive_base(-b, -a, first, last);
        range = if first < last {
            make(-hi, hi)
        } else if first.abs() < 9_007_199_254_740_992.0 && first % 2.0 != 0.0 {
            make(-hi, -lo)
        } else {
            // From 2⁵³ on every double is even.
            make(lo, hi)
        };
    }
    if b >= 0.0 && first <= 0.0 && last >= 0.0 {
        range = range.convex_hull(make(1.0, 1.0));
    }
    range
}

/// The exponent as an `i32`, if it is one.
#[inline(always)]
fn small_integer(y: f64) -> Option<i32> {
    #[allow(clippy::cast_possible_truncation)]
    let n = y as i32;
    (f64::from(n) == y).then_some(n)
}
