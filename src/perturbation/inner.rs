//! The doubles next to a rational, by exact comparison.
//!
//! The conversion of the numerics crate only says where to start; each step from there compares exact rationals, so
//! the answer is right however that conversion rounds.

use num_rational::BigRational;
use num_traits::ToPrimitive;

/// A finite double as a rational.
pub(super) fn exact(value: f64) -> BigRational {
    BigRational::from_float(value).expect("parameters of a network are finite")
}

/// Whether `value ≤ bound`, exactly. Multiplied out: the comparison of the numerics crate divides, which takes longer.
fn at_most(value: f64, bound: &BigRational) -> bool {
    let value = exact(value);
    value.numer() * bound.denom() <= bound.numer() * value.denom()
}

/// The greatest finite double that is at most `bound`, which must be at least `-f64::MAX`.
pub(super) fn greatest_double_to(bound: &BigRational) -> f64 {
    let start = bound.to_f64().filter(|v| !v.is_nan()).unwrap_or(0.0);
    let mut best = start.clamp(f64::MIN, f64::MAX);
    while best > f64::MIN && !at_most(best, bound) {
        best = best.next_down();
    }
    while best < f64::MAX && at_most(best.next_up(), bound) {
        best = best.next_up();
    }
    // One spelling of zero.
    best + 0.0
}

/// The least finite double that is at least `bound`, which must be at most `f64::MAX`.
pub(super) fn least_double_from(bound: &BigRational) -> f64 {
    // Doubles are symmetric about 0.
    0.0 - greatest_double_to(&-bound)
}
