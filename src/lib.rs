//! Proofs about neural networks whose parameters move.

pub mod encode;
pub mod network;
pub mod perturbation;
pub mod property;
pub mod report;
pub mod robustness;
