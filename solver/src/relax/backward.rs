//! Backward linear bound propagation (CROWN, DeepPoly), see [`Tape::linear_bounds`].

use super::Relaxation;
use crate::tape::{Slot, Tape, Workspace};

/// One backward sweep with the operators' own choice of slopes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backward;

impl Relaxation for Backward {
    fn name(&self) -> &'static str {
        "backward-linear"
    }

    fn bounds(&self, tape: &Tape, combinations: &[&[(Slot, f64)]], w: &mut Workspace) {
        tape.linear_bounds(combinations, w);
    }
}
