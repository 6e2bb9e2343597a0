//! Double-double arithmetic: a real number carried as the unevaluated sum of two doubles.
//!
//! The error-free transformations of Dekker, Knuth and Møller (see Muller et al., *Handbook of Floating-Point
//! Arithmetic*, ch. 4) return the rounded result of an operation together with its exact rounding error. They hold in
//! round-to-nearest as long as nothing overflows and no product falls below 2⁻⁹⁶⁹; the callers keep their arguments away
//! from both. Below, u = 2⁻⁵³.

/// `a + b` as a double and its exact error; any order of magnitudes (TwoSum).
#[inline(always)]
pub(super) fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let bb = s - a;
    (s, (a - (s - bb)) + (b - bb))
}

/// `a + b` as a double and its exact error, for `|a| ≥ |b|` or `a = 0` (Fast2Sum).
#[inline(always)]
pub(super) fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    (s, b - (s - a))
}

/// `a · b` as a double and its exact error.
#[inline(always)]
pub(super) fn two_prod(a: f64, b: f64) -> (f64, f64) {
    let p = a * b;
    (p, a.mul_add(b, -p))
}

/// Product of two double-doubles; relative error below 8u², and none when both trailing parts are zero.
#[inline(always)]
pub(super) fn mul(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    let (p, e) = two_prod(a.0, b.0);
    fast_two_sum(p, a.0.mul_add(b.1, a.1.mul_add(b.0, e)))
}

/// Quotient of two double-doubles, not normalised: the trailing part is at most 3u of the leading one. Relative error
/// below 16u²: the leading quotient is within 2 ulps, its remainder is exact up to u of itself, and what the second
/// quotient loses is u of a number that is already u of the whole.
#[inline(always)]
pub(super) fn div(n: (f64, f64), d: (f64, f64)) -> (f64, f64) {
    let inv = 1.0 / d.0;
    let q = n.0 * inv;
    let rest = (-q).mul_add(d.0, n.0) + (-q).mul_add(d.1, n.1);
    (q, rest * inv)
}

/// √(1 − v²) for 0 ≤ v ≤ 1, relative error below 16u². `v²` is exact as two doubles; for v² ≥ 1/2 the difference 1 − v²
/// is exact as well, so nothing is lost to cancellation near 1.
#[inline(always)]
pub(super) fn sqrt_one_minus_square(v: f64) -> (f64, f64) {
    let (p, pe) = two_prod(v, v);
    let (s, se) = fast_two_sum(1.0, -p);
    let (s, se) = two_sum(s, se - pe);
    let h = s.sqrt();
    let rest = (-h).mul_add(h, s) + se;
    (h, if h == 0.0 { 0.0 } else { rest * (0.5 / h) })
}
