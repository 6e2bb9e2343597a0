//! Interval arithmetic: inari's [`Interval`] is the scalar; beside it stands what inari lacks without its `gmp` feature.
//!
//! The elementary functions here are free functions on [`Interval`] with the set semantics of IEEE 1788: the result
//! encloses the range over the part of the argument where the function is defined; it is empty if there is none. They
//! share one design: a point routine in plain doubles computes the value as a sum of two doubles with a stated error
//! far below an ulp (each file gives its budget), `bounds.rs` turns that into a directed bound, and the interval function
//! only decides which points matter. Nothing changes the rounding mode, and no function of the platform's libm is used:
//! only `+ − × ÷`, square root and fused multiply-add, which IEEE 754 rounds correctly.

mod bounds;
#[cfg(all(test, feature = "mpfr"))]
mod budget_tests;
pub mod decimal;
mod double_double;
mod exp;
mod hyperbolic;
mod inverse_trig;
pub mod kernel;
mod log;
mod power;
mod reduction;
pub mod round;
mod tables;
mod trig;

pub use exp::{exp, exp_m1, sigmoid};
pub use hyperbolic::{cosh, sinh, tanh};
pub use inari::{Interval, const_interval, interval};
pub use inverse_trig::{acos, asin, atan, atan2};
pub use log::ln;
pub use power::{pow, powi, sqr, sqrt};
pub use trig::{cos, sin, tan};

/// π, between two neighbouring doubles.
pub const PI: Interval = Interval::PI;

/// 2π, between two neighbouring doubles.
pub const TAU: Interval = Interval::TAU;

/// π/2, between two neighbouring doubles.
pub const FRAC_PI_2: Interval = Interval::FRAC_PI_2;

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
