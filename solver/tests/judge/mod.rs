//! An independent judge of what `deltasat` prints: it reads a script and a transcript as a user reads them, and evaluates
//! every printed model against the script as written.
//!
//! Nothing here uses the library under test. Exact values are rationals of `num-rational`; where a function has no
//! rational value, [`real`] and [`elementary`] enclose it with arithmetic of their own, at a precision that is raised
//! until a comparison is decided.
//!
//! * [`number`], [`float`], [`real`], [`elementary`]: numbers as they are written, and real arithmetic;
//! * [`sexpr`], [`dr`], [`script`]: what was asked;
//! * [`meaning`], [`functions`], [`truth`]: the value of a term and the truth of a formula, weakened by δ, at a point;
//! * [`json`], [`transcript`]: what was printed;
//! * [`verdict`]: whether what was printed is true.

// every test binary uses a part of this
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod dr;
pub mod elementary;
pub mod float;
pub mod functions;
pub mod json;
pub mod meaning;
pub mod number;
pub mod real;
pub mod script;
pub mod sexpr;
pub mod tally;
pub mod transcript;
pub mod truth;
pub mod verdict;
