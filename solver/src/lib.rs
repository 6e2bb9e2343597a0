//! A δ-complete decision and optimisation engine over the reals.
//!
//! See `ARCHITECTURE.md` beside this crate for the map of the modules.

pub mod exact;
pub mod interval;
pub mod op;
