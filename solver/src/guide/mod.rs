//! The guide to the command `deltasat`.

#[doc = include_str!("scripts.md")]
pub mod scripts {}

#[doc = include_str!("other_solvers.md")]
pub mod other_solvers {}

#[doc = include_str!("lesson_01_intervals.md")]
pub mod lesson_01_intervals {}

#[doc = include_str!("lesson_02_hc4.md")]
pub mod lesson_02_hc4 {}

#[doc = include_str!("lesson_03_branch_and_prune.md")]
pub mod lesson_03_branch_and_prune {}

#[doc = include_str!("lesson_04_delta.md")]
pub mod lesson_04_delta {}

#[doc = include_str!("lesson_05_proofs.md")]
pub mod lesson_05_proofs {}

#[doc = include_str!("lesson_06_linear_bounds.md")]
pub mod lesson_06_linear_bounds {}

#[doc = include_str!("lesson_07_newton.md")]
pub mod lesson_07_newton {}

#[doc = include_str!("lesson_08_boolean.md")]
pub mod lesson_08_boolean {}

#[doc = include_str!("lesson_09_exists_forall.md")]
pub mod lesson_09_exists_forall {}

#[doc = include_str!("lesson_10_networks.md")]
pub mod lesson_10_networks {}
