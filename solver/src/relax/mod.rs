//! Relaxations: linear bounds over a box. One relaxation per file.

mod backward;

pub use backward::Backward;

use crate::tape::{LinearBound, Slot, Tape, Workspace};

/// A relaxation: bounds a linear combination of slots from above by a linear function of the variables.
pub trait Relaxation: Send + Sync {
    /// Its name in statistics and proofs.
    fn name(&self) -> &'static str;

    /// A linear upper bound of `Σ weight·slot` over the box in the workspace, whose slots all hold valid enclosures;
    /// the coefficients are left in [`Workspace::linear_coefficients`].
    fn bound(&self, tape: &Tape, seeds: &[(Slot, f64)], w: &mut Workspace) -> LinearBound;
}
