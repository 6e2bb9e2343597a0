//! Integer rounding: an integer variable's interval shrinks to the integers inside it.

use super::{Contractor, Goal, Outcome, Spare};
use crate::interval::bounds;
use crate::problem::{Compiled, Sort};
use crate::tape::{Reason, Workspace};

/// Integer rounding.
#[derive(Clone, Copy, Debug, Default)]
pub struct Integers;

impl Contractor for Integers {
    fn name(&self) -> &'static str {
        "integer"
    }

    fn contract(&self, problem: &Compiled, _: &Goal, w: &mut Workspace, _: &mut Spare) -> Outcome {
        let mut any = false;
        for (slot, variable) in problem.problem.variables.iter().enumerate() {
            if variable.sort != Sort::Integer {
                continue;
            }
            any = true;
            let held = w.values[slot];
            let rounded = bounds(held.inf().ceil(), held.sup().floor());
            if !problem.tape.narrow(slot as u32, rounded, Reason::Integer, w) {
                return Outcome::Empty;
            }
        }
        if any { Outcome::Fixpoint } else { Outcome::Inactive }
    }
}
