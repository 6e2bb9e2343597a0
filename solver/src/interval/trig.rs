//! Trigonometric functions: sin, cos, tan.
//!
//! *Method.* With x = jπ/64 + r from [`super::reduction`], S = sin(jπ/64) and C = cos(jπ/64) tabulated as two doubles each:
//! sin x = S + C·r + (S (cos r − 1) + C (sin r − r)). S + C·r_h is formed exactly; the bracket, with Taylor polynomials to
//! r⁹ and r⁸, in doubles. cos x = sin(x + π/2) is the same with j + 32; tan = sin/cos in double-double.
//!
//! *Error*, relative to |sin x|, u = 2⁻⁵³. S ≠ 0: |sin x| ≥ |S|/2, and |S| ≥ 2⁻⁴·³⁵ ≥ 2|r|. S(cos r − 1): |r|²/2 ≤ 2⁻¹¹·⁷ with
//! four roundings, 2⁻⁶¹·⁷; C(sin r − r): r³/6 with four roundings over |r|, 2⁻⁶³; sums of the small terms, each at most
//! 2⁻¹¹·⁶|S|: four roundings, 2⁻⁶¹·⁶; truncation 2⁻⁷⁴; r: 2⁻⁸⁵. S = 0: 4u r²/6 + u r²/6, 2⁻⁶³, and r itself 2⁻⁷⁰.
//! Together below **2⁻⁶⁰** ([`REL`]). tan: the sum of both, below **2⁻⁵⁹**.
//!
//! *Widening*: as in [`super::bounds`] with these errors: an endpoint is correctly rounded but for 1–3 % of the arguments,
//! where it lies one ulp further out.
//!
//! *Which extrema an interval holds* is decided on exact quantities: the half period of each end (the sign of r and j,
//! both certain) and whether the width b − a, an exact sum of two doubles, is below π or 2π.

use super::Interval;
use super::bounds::{Estimate, TINY, ends, make, pow2, tiny_inward, tiny_outward};
use super::double_double::{div, fast_two_sum, two_prod, two_sum};
use super::reduction::{Angle, reduce};
use super::tables::{PI_HI, PI_LO, SIN, TWO_PI_HI, TWO_PI_LO};

/// Relative error of [`sine`].
const REL: f64 = pow2(-60);

/// sin(x + quarters·π/2) as an unevaluated sum; relative error [`REL`].
#[inline(always)]
fn sine(x: Angle, quarters: usize) -> (f64, f64) {
    let (rh, rl) = x.r;
    let (sh, sl) = SIN[(x.j + 32 * quarters) & 127];
    let (ch, cl) = SIN[(x.j + 32 * quarters + 32) & 127];
    let r2 = rh * rh;
    // cos r − 1 = −r²/2 + r⁴/24 − …, with the product of the two halves of r; and sin r − r = −r³/6 + r⁵/120 − ….
    let c = r2.mul_add(r2.mul_add(1.0 / 40320.0, -1.0 / 720.0), 1.0 / 24.0);
    let cos_less_one = r2 * r2.mul_add(c, -0.5) - rh * rl;
    let s = r2.mul_add(r2.mul_add(1.0 / 362_880.0, -1.0 / 5040.0), 1.0 / 120.0);
    let sin_less_r = (rh * r2) * r2.mul_add(s, -1.0 / 6.0);
    let (p, pe) = two_prod(ch, rh);
    let (h, e) = fast_two_sum(sh, p);
    let small = sh.mul_add(cos_less_one, ch.mul_add(sin_less_r + rl, cl.mul_add(rh, sl)));
    (h, e + (pe + small))
}

/// Estimate of sin(x + quarters·π/2).
#[inline(always)]
fn sine_estimate(x: Angle, quarters: usize) -> Estimate {
    let (h, l) = sine(x, quarters);
    Estimate::new(h, l, h.abs() * REL)
}

/// b − a is surely smaller than the positive number hi + lo, where lo is the double nearest to what hi leaves.
#[inline(always)]
fn narrower(a: f64, b: f64, hi: f64, lo: f64) -> bool {
    let (s, e) = two_sum(b, -a);
    s < hi || (s == hi && e < lo)
}

/// The range of a function over [a, b] that falls on [0, π], rises on [π, 2π] and so on between −1 and 1, when the ends
/// lie in the upper half turn [0, π) or not, and from the bounds at the ends.
#[inline(always)]
fn wave(a: f64, b: f64, upper: (bool, bool), at_a: (f64, f64), at_b: (f64, f64)) -> Interval {
    match upper {
        // In the same half turn: the monotone case, unless a whole other half turn lies between.
        (true, true) if narrower(a, b, PI_HI, PI_LO) => make(at_b.0, at_a.1),
        (false, false) if narrower(a, b, PI_HI, PI_LO) => make(at_a.0, at_b.1),
        (true, true) | (false, false) => unit(),
        // Less than a turn apart, so exactly one border lies between.
        (true, false) => make(-1.0, at_a.1.max(at_b.1)),
        (false, true) => make(at_a.0.min(at_b.0), 1.0),
    }
}

/// [−1, 1].
fn unit() -> Interval {
    make(-1.0, 1.0)
}

/// Ends of an interval narrower than 2π; the wider ones hold every value.
#[inline(always)]
fn within_a_turn(x: Interval) -> Result<(f64, f64), Interval> {
    match ends(x) {
        None => Err(Interval::EMPTY),
        Some((a, b)) if b - a < 7.0 && narrower(a, b, TWO_PI_HI, TWO_PI_LO) => Ok((a, b)),
        Some(_) => Err(unit()),
    }
}

#[inline(always)]
fn sin_bounds(x: f64, angle: Angle) -> (f64, f64) {
    if x.abs() <= TINY {
        return tiny_inward(x);
    }
    let (lo, hi) = sine_estimate(angle, 0).bounds();
    (lo.max(-1.0), hi.min(1.0))
}

/// The sine over an interval; never outside [−1, 1].
#[inline]
pub fn sin(x: Interval) -> Interval {
    let (a, b) = match within_a_turn(x) {
        Ok(ends) => ends,
        Err(range) => return range,
    };
    // sin falls where cos, turned by a quarter, does.
    let (ra, rb) = (reduce(a), reduce(b));
    wave(a, b, (ra.in_upper_half(32), rb.in_upper_half(32)), sin_bounds(a, ra), sin_bounds(b, rb))
}

#[inline(always)]
fn cos_bounds(x: f64, angle: Angle) -> (f64, f64) {
    if x == 0.0 {
        return (1.0, 1.0);
    }
    let (lo, hi) = sine_estimate(angle, 1).bounds();
    (lo.max(-1.0), hi.min(1.0))
}

/// The cosine over an interval; never outside [−1, 1].
#[inline]
pub fn cos(x: Interval) -> Interval {
    let (a, b) = match within_a_turn(x) {
        Ok(ends) => ends,
        Err(range) => return range,
    };
    let (ra, rb) = (reduce(a), reduce(b));
    wave(a, b, (ra.in_upper_half(0), rb.in_upper_half(0)), cos_bounds(a, ra), cos_bounds(b, rb))
}

#[inline(always)]
fn tan_bounds(x: f64, angle: Angle) -> (f64, f64) {
    if x.abs() <= TINY {
        return tiny_outward(x);
    }
    let (n, d) = (sine(angle, 0), sine(angle, 1));
    let (q, ql) = div(fast_two_sum(n.0, n.1), fast_two_sum(d.0, d.1));
    Estimate::new(q, ql, q.abs() * (1.9 * REL)).bounds()
}

/// The tangent over an interval; the whole line if a pole (an odd multiple of π/2) lies inside.
#[inline]
pub fn tan(x: Interval) -> Interval {
    let Some((a, b)) = ends(x) else { return Interval::EMPTY };
    if !(b - a < 4.0 && narrower(a, b, PI_HI, PI_LO)) {
        return Interval::ENTIRE;
    }
    let (ra, rb) = (reduce(a), reduce(b));
    // Less than π apart, so there is one pole between or none, and one exactly when they lie in different half turns.
    if ra.in_upper_half(32) != rb.in_upper_half(32) {
        return Interval::ENTIRE;
    }
    make(tan_bounds(a, ra).0, tan_bounds(b, rb).1)
}
