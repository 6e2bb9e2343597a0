//! Correct rounding of exact numbers to doubles, in one place.
//!
//! A positive number is brought to `(m + f)·2^e` with `2^63 ≤ m < 2^64` and `0 ≤ f < 1`, of which only `f ≠ 0`
//! (*sticky*) matters. The bits that a double of that magnitude can hold (53, fewer below `2^-1022`) are cut off `m`
//! once, and the remainder decides; so there is one rounding, also at the borders of the subnormals and of overflow.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{ToPrimitive, Zero};

/// Which double stands for a real number that is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// The largest double at most the number.
    Down,
    /// The smallest double at least the number.
    Up,
    /// The nearest double; ties go to the even mantissa, and `2^1024 − 2^970` and beyond to infinity.
    Nearest,
}

impl Rounding {
    /// The direction that rounds `−x` to the negative of what `self` makes of `x`.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Down => Self::Up,
            Self::Up => Self::Down,
            Self::Nearest => Self::Nearest,
        }
    }
}

/// Rounds `(m + f)·2^e`, where `m` has its top bit set and `f` in `[0, 1)` is nonzero just when `sticky`.
fn round_normalised(m: u64, sticky: bool, e: i64, rounding: Rounding) -> f64 {
    debug_assert!(m >> 63 == 1);
    let exponent = e.saturating_add(63);
    if exponent > 1023 {
        return if rounding == Rounding::Down { f64::MAX } else { f64::INFINITY };
    }
    // The bits of the mantissa that a double of this magnitude lacks: 11, more below the normal range.
    let dropped = 11 + (-1022 - exponent).max(0);
    let (kept, half, rest) = match dropped {
        11..=63 => {
            let below = m & ((1 << dropped) - 1);
            let half = 1u64 << (dropped - 1);
            (m >> dropped, below & half != 0, below & (half - 1) != 0 || sticky)
        }
        64 => (0, true, m << 1 != 0 || sticky),
        _ => (0, false, true),
    };
    let away = match rounding {
        Rounding::Down => false,
        Rounding::Up => half || rest,
        Rounding::Nearest => half && (rest || kept & 1 == 1),
    };
    // The encoding of doubles is monotone: a carry out of the mantissa moves on to the next exponent, or to infinity.
    let base = if exponent >= -1022 { ((exponent + 1022) as u64) << 52 } else { 0 };
    f64::from_bits(base + kept + u64::from(away))
}

/// Rounds `magnitude·2^exponent` (`sticky`: plus something positive below `2^exponent`).
fn round_magnitude(magnitude: &BigUint, sticky: bool, exponent: i64, rounding: Rounding) -> f64 {
    let excess = magnitude.bits() as i64 - 64;
    let (m, sticky) = if excess > 0 {
        let lost = magnitude.trailing_zeros().is_some_and(|zeros| (zeros as i64) < excess);
        ((magnitude >> excess as u64).to_u64().unwrap_or(u64::MAX), lost || sticky)
    } else {
        (magnitude.to_u64().unwrap_or(u64::MAX) << -excess, sticky)
    };
    round_normalised(m, sticky, exponent.saturating_add(excess), rounding)
}

/// Applies `round` to a magnitude in the direction that suits the sign; never returns `−0`.
fn signed(sign: Sign, rounding: Rounding, round: impl FnOnce(Rounding) -> f64) -> f64 {
    match sign {
        Sign::NoSign => 0.0,
        Sign::Plus => round(rounding),
        Sign::Minus => 0.0 - round(rounding.reversed()),
    }
}

/// Rounds `mantissa·2^exponent`.
pub(crate) fn round_scaled(mantissa: &BigInt, exponent: i64, rounding: Rounding) -> f64 {
    signed(mantissa.sign(), rounding, |r| round_magnitude(mantissa.magnitude(), false, exponent, r))
}

/// Rounds `numerator / denominator`, `denominator > 0`.
pub(crate) fn round_ratio(numerator: &BigInt, denominator: &BigInt, rounding: Rounding) -> f64 {
    debug_assert!(denominator.sign() == Sign::Plus);
    let (n, d) = (numerator.magnitude(), denominator.magnitude());
    signed(numerator.sign(), rounding, |r| {
        // A quotient of at least 65 bits, so that with `sticky` more bits would change nothing.
        let shift = d.bits() as i64 - n.bits() as i64 + 66;
        let (quotient, sticky) = if shift >= 0 {
            let scaled = n << shift as u64;
            let quotient = &scaled / d;
            let exact = &quotient * d == scaled;
            (quotient, !exact)
        } else {
            // floor(n / (d·2^k)) = floor(floor(n / 2^k) / d)
            let k = shift.unsigned_abs();
            let top = n >> k;
            let quotient = &top / d;
            let exact = (&top - &quotient * d).is_zero() && n.trailing_zeros().is_some_and(|zeros| zeros >= k);
            (quotient, !exact)
        };
        round_magnitude(&quotient, sticky, -shift, r)
    })
}
