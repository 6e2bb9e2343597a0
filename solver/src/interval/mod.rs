//! Interval arithmetic: inari's [`Interval`] is the scalar; beside it stands what inari lacks without its `gmp` feature.

pub mod decimal;

pub use inari::{Interval, const_interval, interval};
