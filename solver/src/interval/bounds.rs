//! From an estimate with an error bound to a directed bound: the one place where an elementary function is rounded.
//!
//! Every point routine of the elementary functions computes `hi + lo`, two doubles with `hi` the double nearest to the
//! sum, and states an error bound `err` a good deal smaller than an ulp of `hi`. The largest double that surely is a lower
//! bound is then `hi` when `lo ≥ err` and its lower neighbour otherwise, and likewise above. So an endpoint is the
//! correctly rounded one except where the function value lies within `err` of a double; there it is one ulp further out.
//! No endpoint is ever more than one ulp beyond the tightest.

use super::Interval;

/// A real number known to lie within `err` of `hi + lo`.
///
/// Invariant: `hi` is the double nearest to `hi + lo`, `err ≤ 2⁻⁵⁵|hi|`, and `hi` is a normal number or the estimate is
/// an exact zero. Then `lo − err` (whose sign floating-point subtraction gets right) lies above minus the distance from
/// `hi` to its lower neighbour, also where `hi` is a power of two and that distance is half an ulp.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    hi: f64,
    lo: f64,
    err: f64,
}

impl Estimate {
    /// Normalises `h + l`, where `|h| ≥ |l|` or `h = 0`.
    #[inline(always)]
    pub(super) fn new(h: f64, l: f64, err: f64) -> Self {
        let hi = h + l;
        Self { hi, lo: l - (hi - h), err }
    }

    /// The two doubles.
    #[inline(always)]
    pub(super) fn parts(self) -> (f64, f64) {
        (self.hi, self.lo)
    }

    /// The error bound.
    #[inline(always)]
    pub(super) fn error(self) -> f64 {
        self.err
    }

    /// The estimate of the number times `sign`, which is 1 or −1.
    #[inline(always)]
    pub(super) fn times_sign(self, sign: f64) -> Self {
        Self { hi: self.hi * sign, lo: self.lo * sign, err: self.err }
    }

    /// Largest double surely not above the number.
    #[inline(always)]
    pub(super) fn lower(self) -> f64 {
        step(self.hi, -i64::from(self.lo - self.err < 0.0))
    }

    /// Smallest double surely not below the number.
    #[inline(always)]
    pub(super) fn upper(self) -> f64 {
        step(self.hi, i64::from(self.lo + self.err > 0.0))
    }

    /// Both bounds.
    #[inline(always)]
    pub(super) fn bounds(self) -> (f64, f64) {
        (self.lower(), self.upper())
    }

    /// Bounds of the number times 2ᵏ, where `hi` lies in [1/2, 4). Overflow gives the largest double and infinity.
    #[inline(always)]
    pub(super) fn scaled_bounds(self, k: i32) -> (f64, f64) {
        if (-1020..=1020).contains(&k) {
            let scale = pow2(k);
            (self.lower() * scale, self.upper() * scale)
        } else {
            (scale_down(self.lower(), k), scale_up(self.upper(), k))
        }
    }
}

/// Neighbour of a nonzero finite double in the direction of `direction` ∈ {−1, 0, 1}. `v` may be zero for direction 0.
#[inline(always)]
fn step(v: f64, direction: i64) -> f64 {
    let bits = v.to_bits().cast_signed();
    // Magnitudes count upwards with the bit pattern, so towards −∞ means down for positive numbers and up for negative.
    let away = (bits >> 63) | 1;
    f64::from_bits(bits.wrapping_add(direction.wrapping_mul(away)).cast_unsigned())
}

/// 2ᵏ for −1022 ≤ k ≤ 1023.
#[inline(always)]
pub(super) const fn pow2(k: i32) -> f64 {
    debug_assert!(k >= -1022 && k <= 1023);
    f64::from_bits(((k + 1023) as u64) << 52)
}

/// `v · 2ᵏ` in two exact factors, so that only the last product rounds (on overflow, or below the normal numbers).
fn scale_in_two(v: f64, k: i32) -> f64 {
    let k = k.clamp(-1200, 1200);
    v * pow2(k / 2) * pow2(k - k / 2)
}

/// `v · 2ᵏ` rounded down, for v in (0, 4].
#[cold]
fn scale_down(v: f64, k: i32) -> f64 {
    let r = scale_in_two(v, k);
    if r == f64::INFINITY {
        f64::MAX
    } else if r < f64::MIN_POSITIVE && (k < -1200 || scale_in_two(r, -k) > v) {
        r.next_down().max(0.0)
    } else {
        r
    }
}

/// `v · 2ᵏ` rounded up, for v in (0, 4].
#[cold]
fn scale_up(v: f64, k: i32) -> f64 {
    let r = scale_in_two(v, k);
    if r < f64::MIN_POSITIVE && (k < -1200 || scale_in_two(r, -k) < v) { r.next_up() } else { r }
}

/// The arguments of this magnitude and below are `tiny` for the odd functions: x³ is below 2⁻⁵⁴ |x|.
pub(super) const TINY: f64 = 1.0 / (1u64 << 27) as f64;

/// Bounds of f(x) for f odd, |x| ≤ [`TINY`], x ≠ 0, when |x| < |f(x)| < |x| + |x|³ (sinh, tan, arcsin).
#[inline(always)]
pub(super) fn tiny_outward(x: f64) -> (f64, f64) {
    if x > 0.0 {
        (x, x.next_up())
    } else if x < 0.0 {
        (x.next_down(), x)
    } else {
        (0.0, 0.0)
    }
}

/// Bounds of f(x) for f odd, |x| ≤ [`TINY`], x ≠ 0, when |x| − |x|³ < |f(x)| < |x| (sin, tanh, arctan).
#[inline(always)]
pub(super) fn tiny_inward(x: f64) -> (f64, f64) {
    if x > 0.0 {
        (x.next_down(), x)
    } else if x < 0.0 {
        (x, x.next_up())
    } else {
        (0.0, 0.0)
    }
}

/// The interval [lo, hi]. Bounds that are no interval would be a fault of this module; the whole line is then the answer
/// that cannot be wrong.
#[inline(always)]
pub(super) fn make(lo: f64, hi: f64) -> Interval {
    debug_assert!(lo <= hi, "bounds out of order: {lo:e} {hi:e}");
    Interval::try_from((lo, hi)).unwrap_or(Interval::ENTIRE)
}

/// Endpoints of a nonempty interval.
#[inline(always)]
pub(super) fn ends(x: Interval) -> Option<(f64, f64)> {
    let (a, b) = (x.inf(), x.sup());
    (a <= b).then_some((a, b))
}

/// Enclosure of an increasing function that is defined everywhere, from the bounds of its value at a point. The routine
/// is also asked at ±∞ and answers with bounds of the limit.
#[inline(always)]
pub(super) fn increasing(x: Interval, f: impl Fn(f64) -> (f64, f64)) -> Interval {
    match ends(x) {
        Some((a, b)) => make(f(a).0, f(b).1),
        None => Interval::EMPTY,
    }
}
