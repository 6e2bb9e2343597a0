//! The guide to the command `deltasat`.

#[doc = include_str!("scripts.md")]
pub mod scripts {}

#[doc = include_str!("other_solvers.md")]
pub mod other_solvers {}
