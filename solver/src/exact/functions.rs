//! Elementary functions of a dyadic point, enclosed to a chosen number of bits.
//!
//! Each function reduces its argument, sums a power series in [`Range`] arithmetic, which carries its own rounding
//! errors, adds a bound of the remainder, and undoes the reduction. A reduction may pick its integers in floating
//! point, since it is correct for any of them: only the speed and the width depend on a good choice. The remainders
//! are those of series whose terms shrink at least by half, so the rest is no larger than the last term added.
//!
//! `bits` asks for a relative width near `2^-bits`; functions work with some [`GUARD`] bits more. `None` stands for a
//! point outside the domain, and for a value too large to write down (above `2^MAX_EXPONENT`).

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};
use std::sync::OnceLock;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::ToPrimitive;

use super::dyadic::Dyadic;
use super::range::Range;

/// Magnitudes from `2^-MAX_EXPONENT` to `2^MAX_EXPONENT` are represented; beyond, a bound is zero or there is none.
pub const MAX_EXPONENT: i64 = 1 << 16;

/// Bits beyond those asked for: no function loses more than some twenty to rounding.
const GUARD: u64 = 40;

/// An argument of sin and cos above `2^MAX_ANGLE_EXPONENT` would want as many digits of π; the answer is `[−1, 1]`.
const MAX_ANGLE_EXPONENT: i64 = 2048;

/// The bits to which π and ln 2 are computed once and kept: enough for everyday numbers at the default precision, and for the
/// largest double as an angle, which takes fifty times as long.
const KEPT_BITS: [u64; 2] = [400, 1536];

/// A constant to each of [`KEPT_BITS`].
type Kept = [OnceLock<Option<Range>>; KEPT_BITS.len()];

fn one() -> Range {
    Range::integer(1)
}

/// `[0, 2^-MAX_EXPONENT]`: positive, and smaller than anything represented.
pub(crate) fn vanishing() -> Range {
    Range { lo: Dyadic::ZERO, hi: Dyadic::power_of_two(-MAX_EXPONENT) }
}

fn unit() -> Range {
    Range { lo: Dyadic::from(-1), hi: Dyadic::ONE }
}

/// `f` over a range on which it increases, from its values at the ends.
pub(crate) fn increasing(x: &Range, f: impl Fn(&Dyadic) -> Option<Range>) -> Option<Range> {
    let low = f(&x.lo)?;
    if x.is_point() {
        return Some(low);
    }
    Some(Range { lo: low.lo, hi: f(&x.hi)?.hi })
}

/// Whether `term` is negligible beside `first` at a precision of `bits`; true also for zero.
fn negligible(term: &Range, first: &Range, bits: u64) -> bool {
    match (term.magnitude().magnitude_exponent(), first.magnitude().magnitude_exponent()) {
        (Some(term), Some(first)) => term < first - bits as i64,
        _ => true,
    }
}

/// `Σ_i (±1)^i x^(2i+n) / (2i+n)!` for `n` = 0 or 1 and `|x| ≤ 1`: cos and sin (alternating), cosh and sinh (not).
///
/// The ratio of consecutive terms is at most `x²/((n+1)(n+2)) ≤ 1/2`, so the remainder is at most the last term.
fn factorial_series(x: &Range, n: u64, alternating: bool, bits: u64) -> Option<Range> {
    if x.magnitude() > Dyadic::ONE {
        return None;
    }
    let square = x.mul(x, bits);
    let square = if alternating { square.neg() } else { square };
    let first = if n == 0 { one() } else { x.clone() };
    let (mut sum, mut term, mut n) = (first.clone(), first.clone(), n as i64);
    while !negligible(&term, &first, bits) {
        term = term.mul(&square, bits).div(&Range::integer((n + 1) * (n + 2)), bits)?;
        sum = sum.add(&term, bits);
        n += 2;
    }
    Some(sum.widen(&term.magnitude(), bits))
}

/// `Σ_i (±1)^i z^(2i+1) / (2i+1)` for `|z| ≤ 1/2`: atan (alternating) and artanh (not).
///
/// After the term with the power `p = z^(2i+1)` the remainder is at most `|p|·z²/(1 − z²) ≤ |p|`.
fn odd_power_series(z: &Range, alternating: bool, bits: u64) -> Option<Range> {
    if z.magnitude() > Dyadic::power_of_two(-1) {
        return None;
    }
    let square = z.mul(z, bits);
    let square = if alternating { square.neg() } else { square };
    let (mut sum, mut power, mut n) = (z.clone(), z.clone(), 1);
    while !negligible(&power, z, bits) {
        power = power.mul(&square, bits);
        n += 2;
        sum = sum.add(&power.div(&Range::integer(n), bits)?, bits);
    }
    Some(sum.widen(&power.magnitude(), bits))
}

/// A constant to `bits` bits, rounded from a kept one where that is long enough.
fn kept(cells: &'static Kept, bits: u64, compute: fn(u64) -> Option<Range>) -> Option<Range> {
    match cells.iter().zip(KEPT_BITS).find(|(_, kept)| bits <= *kept) {
        Some((cell, kept)) => cell.get_or_init(|| compute(kept)).clone().map(|range| range.round(bits)),
        None => compute(bits),
    }
}

/// `1/n` to `bits` bits.
fn reciprocal(n: i64, bits: u64) -> Option<Range> {
    one().div(&Range::integer(n), bits)
}

/// π = 16 atan(1/5) − 4 atan(1/239) (Machin 1706).
pub(crate) fn pi(bits: u64) -> Option<Range> {
    static PI: Kept = [const { OnceLock::new() }; 2];
    kept(&PI, bits, |bits| {
        let w = bits + GUARD;
        let fifth = odd_power_series(&reciprocal(5, w)?, true, w)?;
        let small = odd_power_series(&reciprocal(239, w)?, true, w)?;
        Some(fifth.scale(4).sub(&small.scale(2), w))
    })
}

/// ln 2 = 2 artanh(1/3).
fn ln_2(bits: u64) -> Option<Range> {
    static LN2: Kept = [const { OnceLock::new() }; 2];
    kept(&LN2, bits, |bits| {
        let w = bits + GUARD;
        Some(odd_power_series(&reciprocal(3, w)?, false, w)?.scale(1))
    })
}

/// `e^x = 2^k (e^(r/256))^256`, `r = x − k ln 2`; `None` when the value exceeds the range.
pub(crate) fn exp(x: &Dyadic, bits: u64) -> Option<Range> {
    const HALVINGS: i64 = 8;
    if x.magnitude_exponent().is_some_and(|e| e > 18) {
        // |x| ≥ 2^18 > 2^16 ln 2
        return (x.signum() < 0).then(vanishing);
    }
    let w = bits + GUARD;
    let k = (x.nearest_f64() / LN_2).round() as i64;
    let point = Range::point(x.clone());
    let r = if k == 0 { point } else { point.sub(&ln_2(w + 20)?.mul(&Range::integer(k), w + 20), w + 20) };
    let r = r.scale(-HALVINGS).round(w);
    // Σ r^n/n! with |r| ≤ 1/2: the remainder is at most |last term|·r/(1 − r).
    if r.magnitude() > Dyadic::power_of_two(-1) {
        return None;
    }
    let (mut sum, mut term, mut n) = (one(), one(), 0);
    while !negligible(&term, &one(), w) {
        n += 1;
        term = term.mul(&r, w).div(&Range::integer(n), w)?;
        sum = sum.add(&term, w);
    }
    sum = sum.widen(&term.magnitude(), w);
    for _ in 0..HALVINGS {
        sum = sum.mul(&sum, w);
    }
    Some(sum.scale(k))
}

/// `ln(m·2^k) = k ln 2 + 2 artanh((m−1)/(m+1))` with `m` in `[√½, √2]`, so that nothing cancels; `x > 0`.
pub(crate) fn ln(x: &Dyadic, bits: u64) -> Option<Range> {
    if x.signum() <= 0 {
        return None;
    }
    let w = bits + GUARD;
    let mut k = x.magnitude_exponent()?;
    if x.clone().scale(-k).nearest_f64() < FRAC_1_SQRT_2 {
        k -= 1;
    }
    let m = Range::point(x.clone().scale(-k));
    let z = m.sub(&one(), w).div(&m.add(&one(), w), w)?;
    let ln_m = odd_power_series(&z, false, w)?.scale(1);
    if k == 0 { Some(ln_m) } else { Some(ln_2(w + 20)?.mul(&Range::integer(k), w).add(&ln_m, w)) }
}

/// `sin(x + turns·π/2)`, by `x = k·π/2 + r` with `|r| ≤ π/4` or a little more.
fn sine_turned(x: &Dyadic, turns: u8, bits: u64) -> Option<Range> {
    let Some(exponent) = x.magnitude_exponent() else { return Some(Range::integer(turns.into())) };
    if exponent > MAX_ANGLE_EXPONENT {
        return Some(unit());
    }
    let w = bits + GUARD;
    let point = Range::point(x.clone());
    let (r, quadrant) = if exponent < 0 {
        (point, 0)
    } else {
        // k·π/2 has an absolute error below 2^-w, also where r is small against x.
        let wide = w + exponent.unsigned_abs() + 80;
        let half_pi = pi(wide)?.scale(-1);
        let k: BigInt = point.div(&half_pi, exponent.unsigned_abs() + 32)?.lo.scale(1).floor();
        let k = (k + 1u8).div_floor(&BigInt::from(2));
        let quadrant = k.mod_floor(&BigInt::from(4)).to_u8()?;
        (point.sub(&half_pi.mul(&Range::point(k.into()), wide), wide), quadrant)
    };
    let r = r.round(w);
    let quadrant = (quadrant + turns) % 4;
    let value = factorial_series(&r, u64::from(1 - quadrant % 2), true, w)?;
    Some(if quadrant < 2 { value } else { value.neg() })
}

/// `f(mid) ± radius`, within `[−1, 1]`: sine and cosine change no faster than their argument.
fn lipschitz(x: &Range, bits: u64, f: impl FnOnce(&Dyadic) -> Option<Range>) -> Option<Range> {
    let middle = (&x.lo + &x.hi).scale(-1);
    let radius = (&x.hi - &x.lo).scale(-1);
    let range = f(&middle)?.widen(&radius, bits + GUARD);
    Some(Range { lo: range.lo.max(Dyadic::from(-1)), hi: range.hi.min(Dyadic::ONE) })
}

/// The sine of every number in `x`, to first order in the width of `x`.
pub(crate) fn sin(x: &Range, bits: u64) -> Option<Range> {
    lipschitz(x, bits, |middle| sine_turned(middle, 0, bits))
}

/// The cosine of every number in `x`, to first order in the width of `x`.
pub(crate) fn cos(x: &Range, bits: u64) -> Option<Range> {
    lipschitz(x, bits, |middle| sine_turned(middle, 1, bits))
}

/// The arctangent of a range so narrow that it may be treated as a point whose rounding errors are known.
fn atan_narrow(x: &Range, w: u64) -> Option<Range> {
    const HALVINGS: i64 = 3;
    if x.lo > Dyadic::ONE {
        return Some(pi(w)?.scale(-1).sub(&atan_narrow(&one().div(x, w)?, w)?, w));
    }
    if x.hi < Dyadic::from(-1) {
        return Some(atan_narrow(&x.neg(), w)?.neg());
    }
    // atan x = 2 atan(x / (1 + √(1 + x²))); from |x| ≤ 2, three of them lead below 0.14.
    let mut t = x.clone();
    for _ in 0..HALVINGS {
        let root = one().add(&t.mul(&t, w), w).sqrt(w)?;
        t = t.div(&one().add(&root, w), w)?;
    }
    Some(odd_power_series(&t, true, w)?.scale(HALVINGS))
}

/// The arctangent.
pub(crate) fn atan(x: &Dyadic, bits: u64) -> Option<Range> {
    atan_narrow(&Range::point(x.clone()), bits + GUARD)
}

/// `asin x = atan(x / √((1−x)(1+x)))`, `|x| ≤ 1`.
pub(crate) fn asin(x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    let point = Range::point(x.clone());
    let square = one().sub(&point, w).mul(&one().add(&point, w), w);
    match square.lo.signum() {
        1 => atan_narrow(&point.div(&square.sqrt(w)?, w)?, w),
        0 => Some(if x.signum() > 0 { pi(w)?.scale(-1) } else { pi(w)?.scale(-1).neg() }),
        _ => None,
    }
}

/// `acos x = 2 atan √((1−x)/(1+x))`, `|x| ≤ 1`; accurate also near 1.
pub(crate) fn acos(x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    let point = Range::point(x.clone());
    let (below, above) = (one().sub(&point, w), one().add(&point, w));
    if above.hi.is_zero() {
        return pi(w);
    }
    Some(atan_narrow(&below.div(&above, w)?.sqrt(w)?, w)?.scale(1))
}

/// The angle of the point `(x, y)` in `(−π, π]`, not the origin.
pub(crate) fn atan2(y: &Dyadic, x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    let (rise, run) = (Range::point(y.clone()), Range::point(x.clone()));
    match (x.signum(), y.signum()) {
        (0, 0) => None,
        (0, 1) => Some(pi(w)?.scale(-1)),
        (0, _) => Some(pi(w)?.scale(-1).neg()),
        (1, _) => atan_narrow(&rise.div(&run, w)?, w),
        (_, 0) => pi(w),
        (_, sign) => {
            let turn = if sign > 0 { pi(w)? } else { pi(w)?.neg() };
            Some(turn.add(&atan_narrow(&rise.div(&run, w)?, w)?, w))
        }
    }
}

/// `sinh x`, by its series where the exponentials would cancel.
pub(crate) fn sinh(x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    if x.abs() <= Dyadic::ONE {
        return factorial_series(&Range::point(x.clone()), 1, false, w);
    }
    let size = x.abs();
    let half = exp(&size, w)?.sub(&exp(&-size, w)?, w).scale(-1);
    Some(if x.signum() > 0 { half } else { half.neg() })
}

/// `cosh x`.
pub(crate) fn cosh(x: &Dyadic, bits: u64) -> Option<Range> {
    let size = x.abs();
    Some(exp(&size, bits)?.add(&exp(&-size, bits)?, bits + GUARD).scale(-1))
}

/// `tanh x = sinh x / √(1 + sinh² x)` near zero, `1 − 2/(e^2x + 1)` elsewhere.
pub(crate) fn tanh(x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    if x.abs() <= Dyadic::power_of_two(-1) {
        let sinh = factorial_series(&Range::point(x.clone()), 1, false, w)?;
        return sinh.div(&one().add(&sinh.mul(&sinh, w), w).sqrt(w)?, w);
    }
    let complement = match exp(&x.abs().scale(1), w) {
        Some(square) => Range::integer(2).div(&square.add(&one(), w), w)?,
        // tanh x > 1 − 2/e^2x, and e^2x exceeds 2^MAX_EXPONENT.
        None => vanishing().scale(1),
    };
    let size = one().sub(&complement, w);
    Some(if x.signum() > 0 { size } else { size.neg() })
}

/// `σ(x) = 1/(1 + e^-x)`, relatively accurate also where it vanishes.
pub(crate) fn sigmoid(x: &Dyadic, bits: u64) -> Option<Range> {
    let w = bits + GUARD;
    match exp(&-x, w) {
        Some(power) => one().div(&one().add(&power, w), w),
        // σ(x) < e^x
        None => Some(vanishing()),
    }
}
