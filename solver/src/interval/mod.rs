//! Interval arithmetic: inari's [`Interval`] is the scalar; beside it stands what inari lacks without its `gmp` feature.

pub mod decimal;

pub use inari::{Interval, const_interval, interval};

/// `[lo, hi]`, or the empty set when `lo > hi`, when a bound is NaN, or when the set holds no real (`[∞, ∞]`).
#[inline]
pub fn bounds(lo: f64, hi: f64) -> Interval {
    Interval::try_from((lo, hi)).unwrap_or(Interval::EMPTY)
}

/// `[x, x]`; empty for NaN and infinities.
#[inline]
pub fn point(x: f64) -> Interval {
    bounds(x, x)
}
