//! Backward linear bound propagation (CROWN, DeepPoly), see [`Tape::linear_bound`].

use super::Relaxation;
use crate::tape::{LinearBound, Slot, Tape, Workspace};

/// One backward sweep with the operators' own choice of slopes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backward;

impl Relaxation for Backward {
    fn name(&self) -> &'static str {
        "backward-linear"
    }

    fn bound(&self, tape: &Tape, seeds: &[(Slot, f64)], w: &mut Workspace) -> LinearBound {
        tape.linear_bound(seeds, w)
    }
}
