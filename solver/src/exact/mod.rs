//! Exact and certified high-precision numbers. This module shares no code with `interval`, so that a witness found by
//! the search is judged by something else.
//!
//! * [`rational`]: arbitrary rationals, their texts, and correctly rounded conversion to doubles;
//! * [`constant`]: a compact immutable rational, a double wherever that is exact;
//! * [`dyadic`]: `m·2^e`, closed under the arithmetic of a ReLU network, without a gcd;
//! * [`ball`] and [`functions`]: certified enclosures of elementary functions to any precision.

pub mod ball;
pub mod constant;
pub mod dyadic;
pub mod functions;
mod range;
pub mod rational;
mod round;

pub use ball::Ball;
pub use constant::Constant;
pub use dyadic::Dyadic;
pub use rational::{ParseNumberError, Rational};
