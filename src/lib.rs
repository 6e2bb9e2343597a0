//! Proofs about neural networks whose parameters move.
