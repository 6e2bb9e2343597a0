//! Questions about robustness, one per file.

pub mod witness;

