//! Interval arithmetic: inari's [`Interval`] is the scalar; beside it stands what inari lacks without its `gmp` feature.

pub mod decimal;
pub mod kernel;

pub use inari::{Interval, const_interval, interval};
