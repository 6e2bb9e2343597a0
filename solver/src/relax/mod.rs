//! Relaxations: linear bounds over a box. One relaxation per file.

mod backward;

pub use backward::Backward;

use crate::tape::{Slot, Tape, Workspace};

/// A relaxation: bounds linear combinations of slots from above by linear functions of the variables.
pub trait Relaxation: Send + Sync {
    /// Its name in statistics and proofs.
    fn name(&self) -> &'static str;

    /// A linear upper bound over the box in the workspace, whose slots all hold valid enclosures, of each of at most
    /// [`LANES`](crate::tape::LANES) combinations `Σ weight·slot`; left in [`Workspace::linear_bound`] and
    /// [`Workspace::linear_coefficient`].
    fn bounds(&self, tape: &Tape, combinations: &[&[(Slot, f64)]], w: &mut Workspace);
}
