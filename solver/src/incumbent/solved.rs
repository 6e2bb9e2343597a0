//! The maximiser of a relaxation that was solved as a linear program: where the phases of a box are settled it is the box's
//! best point, and elsewhere near it. The noises, which the program knows as what they add to their rows, go to the ends that their
//! derivatives point at.

use super::ridge::{self, AFTERWARDS};
use super::{IncumbentFinder, best_side, vertex};
use crate::interval::{Interval, point as thin};
use crate::problem::Compiled;
use crate::tape::Workspace;

/// The maximiser of the box's linear program, where there was one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Solved;

impl IncumbentFinder for Solved {
    fn name(&self) -> &'static str {
        "solved"
    }

    fn propose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        variables: &[Interval],
        _: u64,
        point: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        if w.relaxed.len() != point.len() {
            return None;
        }
        let mut at = std::mem::take(&mut w.part);
        at.clear();
        at.extend(w.relaxed.iter().zip(variables).map(|(&x, &bound)| {
            // of a noise nothing is known
            if x.is_nan() || bound.is_empty() { bound } else { thin(x.clamp(bound.inf(), bound.sup())) }
        }));
        let found = best_side(problem, point, w, |slot, sign, point, w| {
            vertex::climb(problem, [root, &at], slot, sign, point, w)
        });
        w.part = at;
        let found = found?;
        let free = problem.constraint.conjuncts().next().is_none();
        if !free || root.iter().any(|bound| !bound.is_common_interval()) {
            return Some(found);
        }
        ridge::climb(problem, root, found, AFTERWARDS, point, w).filter(|value| value.is_finite()).or(Some(found))
    }
}
