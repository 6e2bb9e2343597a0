//! Proofs about neural networks whose parameters move.

pub mod network;
pub mod perturbation;
