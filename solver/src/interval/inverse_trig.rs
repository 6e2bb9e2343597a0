//! Inverse trigonometric functions: asin, acos, atan, and the angle atan2 of a point.
//!
//! *Method.* All four are Q ± θ with Q a multiple of π/2 (two doubles) and θ in [0, π/4].
//! *Arctangent*: θ = atan(n/d), 0 ≤ n ≤ d. c = j/64 nearest to n/d, θ = atan c + atan t with t = (n − c·d)/(d + c·n), numerator,
//! denominator and quotient in double-double, |t| ≤ 2⁻⁷; series to t¹¹.
//! *Arcsine*: with v = |x| and w = √(1 − v²) in double-double, θ = asin s for s the smaller, g the larger of v and w. c = j/64
//! nearest to s, θ = asin c + asin t with t = s·√(1 − c²) − c·g (the addition theorem; √(1 − c²) tabulated as two doubles),
//! |t| ≤ 2⁻⁶·⁴; series to t⁹. There is one square root and one division, and no cancellation at |x| = 1, since s is then w.
//!
//! *Error*, u = 2⁻⁵³. Arctangent: t³/3 with five roundings, 2⁻⁷³·⁵; sums of small terms 2⁻⁷⁵; truncation t¹³/13, 2⁻⁹⁴; for
//! j ≥ 1, θ ≥ 2⁻⁷, hence 2⁻⁶⁶ relative; for j = 0 all is relative to t: t²/3·5u, 2⁻⁶⁶. Arcsine: t³/6 with five roundings
//! 2⁻⁷²·⁵; sums 2⁻⁷³; truncation 0.0224 t¹¹, 2⁻⁷⁵; θ ≥ 2⁻⁷ for j ≥ 1: 2⁻⁶⁵; for j = 0: 2⁻⁶⁶. Double-double steps: 2⁻⁹⁸.
//! Claimed for both: **2⁻⁶⁴ relative** ([`REL`]); Q ± θ is never smaller than θ, and Q is exact to 2⁻¹⁰⁶.
//!
//! *Widening*: as in [`super::bounds`] with 2⁻⁶³: correctly rounded but for about one argument in 500, where the endpoint
//! lies one ulp further out.

use super::Interval;
use super::bounds::{Estimate, TINY, ends, increasing, make, pow2, tiny_inward, tiny_outward};
use super::double_double::{div, fast_two_sum, sqrt_one_minus_square, two_prod, two_sum};
use super::exp::{ROUNDER, integer};
use super::tables::{ASIN, ATAN, FRAC_PI_2_HI, FRAC_PI_2_LO, PI_HI, PI_LO};

/// Relative error of [`atan_ratio`] and [`asin_leg`], with room for the final sum.
const REL: f64 = pow2(-63);

const ZERO: (f64, f64) = (0.0, 0.0);
const QUARTER: (f64, f64) = (FRAC_PI_2_HI, FRAC_PI_2_LO);
const HALF: (f64, f64) = (PI_HI, PI_LO);

/// base + sign·θ as an estimate; `base` is zero or at least 2|θ|.
#[inline(always)]
fn assemble(base: (f64, f64), sign: f64, theta: (f64, f64)) -> Estimate {
    let (h, e) = fast_two_sum(base.0, sign * theta.0);
    Estimate::new(h, sign.mul_add(theta.1, e + base.1), h.abs() * REL)
}

/// The multiple of 1/64 nearest to z in [0, 1], and its numerator.
#[inline(always)]
fn nearest_64th(z: f64) -> (f64, usize) {
    let t = z.mul_add(64.0, ROUNDER);
    ((t - ROUNDER) * (1.0 / 64.0), (integer(t) & 127) as usize)
}

/// atan(n/d) in [0, π/4] as an unevaluated sum, for doubles 0 ≤ n ≤ d of moderate exponents, d > 0.
#[inline(always)]
fn atan_ratio(n: f64, d: f64) -> (f64, f64) {
    let (c, j) = nearest_64th(n / d);
    let (p, pe) = two_prod(c, d);
    let (th, te) = two_sum(n, -p);
    let (q, qe) = two_prod(c, n);
    let (bh, be) = fast_two_sum(d, q);
    let (t, tl) = div((th, te - pe), (bh, be + qe));
    let t2 = t * t;
    let s = t2.mul_add(t2.mul_add(-1.0 / 11.0, 1.0 / 9.0), -1.0 / 7.0);
    let s = t2.mul_add(t2.mul_add(s, 1.0 / 5.0), -1.0 / 3.0);
    let (ah, al) = ATAN[j.min(64)];
    let (h, e) = fast_two_sum(ah, t);
    (h, e + (al + (t * t2).mul_add(s, tl)))
}

/// asin s in [0, π/4] as an unevaluated sum, for the legs s ≤ g of a right triangle with hypotenuse 1.
#[inline(always)]
fn asin_leg(s: (f64, f64), g: (f64, f64)) -> (f64, f64) {
    let (c, j) = nearest_64th(s.0);
    let (ah, al, kh, kl) = ASIN[j.min(46)];
    let (p, pe) = two_prod(s.0, kh);
    let (q, qe) = two_prod(c, g.0);
    let (t, te) = two_sum(p, -q);
    let tl = te + ((pe - qe) + s.0.mul_add(kl, s.1.mul_add(kh, -(c * g.1))));
    let t2 = t * t;
    let a = t2.mul_add(t2.mul_add(35.0 / 1152.0, 5.0 / 112.0), 3.0 / 40.0);
    let a = t2.mul_add(a, 1.0 / 6.0);
    let (h, e) = fast_two_sum(ah, t);
    (h, e + (al + (t * t2).mul_add(a, tl)))
}

/// asin v for v in [0, 1] as Q ± θ: whether it is π/2 − θ, and θ.
#[inline(always)]
fn asin_parts(v: f64) -> (bool, (f64, f64)) {
    let w = sqrt_one_minus_square(v);
    let far = v > w.0;
    let (s, g) = if far { (w, (v, 0.0)) } else { ((v, 0.0), w) };
    (far, asin_leg(s, g))
}

/// Bounds of asin x for |x| ≤ 1.
#[inline(always)]
fn asin_bounds(x: f64) -> (f64, f64) {
    let v = x.abs();
    if v <= TINY {
        return tiny_outward(x);
    }
    let (far, theta) = asin_parts(v);
    let e = if far { assemble(QUARTER, -1.0, theta) } else { assemble(ZERO, 1.0, theta) };
    e.times_sign(1f64.copysign(x)).bounds()
}

/// The arcsine over the part of an interval in [−1, 1].
#[inline]
pub fn asin(x: Interval) -> Interval {
    match ends(x) {
        Some((a, b)) if a <= 1.0 && b >= -1.0 => make(asin_bounds(a.max(-1.0)).0, asin_bounds(b.min(1.0)).1),
        _ => Interval::EMPTY,
    }
}

/// Bounds of acos x for |x| ≤ 1.
#[inline(always)]
fn acos_bounds(x: f64) -> (f64, f64) {
    if x == 1.0 {
        return (0.0, 0.0);
    }
    let (far, theta) = asin_parts(x.abs());
    match (far, x < 0.0) {
        (false, false) => assemble(QUARTER, -1.0, theta),
        (false, true) => assemble(QUARTER, 1.0, theta),
        (true, false) => assemble(ZERO, 1.0, theta),
        (true, true) => assemble(HALF, -1.0, theta),
    }
    .bounds()
}

/// The arccosine over the part of an interval in [−1, 1].
#[inline]
pub fn acos(x: Interval) -> Interval {
    match ends(x) {
        Some((a, b)) if a <= 1.0 && b >= -1.0 => make(acos_bounds(b.min(1.0)).0, acos_bounds(a.max(-1.0)).1),
        _ => Interval::EMPTY,
    }
}

/// Bounds of atan x; the limits at ±∞.
#[inline(always)]
fn atan_bounds(x: f64) -> (f64, f64) {
    let v = x.abs();
    if v <= TINY {
        return tiny_inward(x);
    }
    // From 2¹⁰⁰ on, atan differs from atan 2¹⁰⁰ by less than 2⁻¹⁰⁰, which the error bound covers.
    let v = v.min(pow2(100));
    let e = if v > 1.0 {
        assemble(QUARTER, -1.0, atan_ratio(1.0, v))
    } else {
        assemble(ZERO, 1.0, atan_ratio(v, 1.0))
    };
    e.times_sign(1f64.copysign(x)).bounds()
}

/// The arctangent over an interval.
#[inline]
pub fn atan(x: Interval) -> Interval {
    increasing(x, atan_bounds)
}

/// Bounds of the angle of the point (x, y) in [0, π], for y ≥ 0 and (x, y) ≠ (0, 0). One coordinate may be infinite: then
/// the limit.
fn angle_bounds(y: f64, x: f64) -> (f64, f64) {
    let v = x.abs();
    if y == 0.0 || v == f64::INFINITY {
        return if x > 0.0 { (0.0, 0.0) } else { assemble(HALF, 1.0, ZERO).bounds() };
    }
    if v == 0.0 || y == f64::INFINITY {
        return assemble(QUARTER, 1.0, ZERO).bounds();
    }
    // Exponents to moderate range: the larger to [1/2, 2), the smaller not below 2⁻¹⁰⁰.
    let steep = y > v;
    let (n, d) = if steep { (v, y) } else { (y, v) };
    let (dm, de, _) = super::log::split(d);
    let (nm, ne, _) = super::log::split(n);
    if de - ne > 100 {
        if x > 0.0 && !steep {
            // 0 < y/x − atan(y/x) < (y/x)³: far below the distance between doubles, except that y/x itself is rounded.
            let q = y / x;
            return (q.next_down().max(0.0), q.next_up());
        }
        // Within 2⁻⁹⁸ of a multiple of π/2, on the side that the error bound covers.
        return assemble(if steep { QUARTER } else { HALF }, 1.0, ZERO).bounds();
    }
    let theta = atan_ratio(nm * pow2(ne - de), dm);
    match (steep, x < 0.0) {
        (false, false) => assemble(ZERO, 1.0, theta),
        (false, true) => assemble(HALF, -1.0, theta),
        (true, false) => assemble(QUARTER, -1.0, theta),
        (true, true) => assemble(QUARTER, 1.0, theta),
    }
    .bounds()
}

/// The angle of a point, in [−π, π]: enclosure of atan2(y, x) over a box, the origin left out. Where the box meets the cut
/// (the negative x axis) from below, the result is [−π, π].
#[inline]
pub fn atan2(y: Interval, x: Interval) -> Interval {
    let (Some((ya, yb)), Some((xa, xb))) = (ends(y), ends(x)) else { return Interval::EMPTY };
    if ya >= 0.0 {
        return match upper_half(ya, yb, xa, xb) {
            Some((lo, hi)) => make(lo, hi),
            None => Interval::EMPTY,
        };
    }
    // Now ya < 0.
    if xa < 0.0 && yb >= 0.0 {
        let pi = assemble(HALF, 1.0, ZERO).upper();
        return make(-pi, pi);
    }
    if yb <= 0.0 {
        // The mirror image has the same range with the other sign: no point of the cut is in it, since yb < 0 or xa ≥ 0.
        return match upper_half(-yb, -ya, xa, xb) {
            Some((lo, hi)) => make(-hi, -lo),
            None => Interval::EMPTY,
        };
    }
    // Both signs of y and x ≥ 0: smallest and largest angle at the left corners.
    make(-angle_bounds(-ya, xa).1, angle_bounds(yb, xa).1)
}

/// Range of the angle over [xa, xb] × [ya, yb] with ya ≥ 0.
fn upper_half(ya: f64, yb: f64, xa: f64, xb: f64) -> Option<(f64, f64)> {
    if yb == 0.0 {
        // A piece of the x axis.
        let pi = || assemble(HALF, 1.0, ZERO).bounds();
        return match (xa < 0.0, xb > 0.0) {
            (false, false) => None,
            (false, true) => Some((0.0, 0.0)),
            (true, false) => Some(pi()),
            (true, true) => Some((0.0, pi().1)),
        };
    }
    // The angle falls with x, and grows with y where x > 0 and falls where x < 0.
    let lo = if xb > 0.0 { angle_bounds(ya, xb).0 } else { angle_bounds(yb, xb).0 };
    let hi = if xa < 0.0 { angle_bounds(ya, xa).1 } else { angle_bounds(yb, xa).1 };
    Some((lo, hi))
}
