//! A δ-complete decision and optimisation engine over the reals.
//!
//! See `ARCHITECTURE.md` beside this crate for the map of the modules.

pub mod branch;
pub mod budget;
pub mod contract;
pub mod exact;
pub mod expr;
pub mod formula;
pub mod incumbent;
pub mod interval;
pub mod krawczyk;
pub mod op;
pub mod presolve;
pub mod problem;
pub mod relax;
pub mod sat;
pub mod search;
mod simplex;
pub mod smtlib;
pub mod strategy;
pub mod tape;
