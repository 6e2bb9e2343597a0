//! Branchers: which branching slot of a box to split, and where. One heuristic per file.

mod few_best;
mod largest;
mod phase;
mod phases_first;
mod round_robin;
mod slope;
mod smear;
mod transfer;

pub use few_best::FewBest;
pub use largest::Largest;
pub use phase::Phases;
pub use phases_first::PhasesFirst;
pub use round_robin::RoundRobin;
pub use slope::Slope;
pub use smear::Smear;
pub use transfer::Transfer;

use crate::interval::{Interval, bounds};
use crate::problem::{Compiled, Sort};
use crate::tape::Workspace;

/// A split of the branching slot at `position` into the parts below and above `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// the position in [`Tape::kept`](crate::tape::Tape::kept)
    pub position: usize,
    /// the lower part
    pub lower: Interval,
    /// the upper part; together they cover the box (integers between them aside)
    pub upper: Interval,
}

/// A heuristic that picks the next split.
pub trait Brancher: Send + Sync {
    /// Its name on the command line and in statistics.
    fn name(&self) -> &'static str;

    /// The split of a contracted box, whose branching slots are in `kept` and all slots in the workspace; `root` are the
    /// branching slots at the root. `None` when no variable can be split any further.
    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split>;
}

/// The split of a variable in the middle, `None` when it is a point, or two neighbouring doubles.
pub(crate) fn halve(problem: &Compiled, position: usize, bound: Interval) -> Option<Split> {
    if problem.problem.variables.get(position).is_some_and(|v| v.sort == Sort::Integer) {
        return halve_integers(position, bound);
    }
    let (lo, hi) = (bound.inf(), bound.sup());
    let at = middle(lo, hi);
    (lo < at && at < hi).then(|| Split { position, lower: bounds(lo, at), upper: bounds(at, hi) })
}

/// The split of the integers in a bound, which contraction may have left with ends that are none. A part is empty where
/// there is but one integer, or no integer at all; `None` when the bound is an integer.
fn halve_integers(position: usize, bound: Interval) -> Option<Split> {
    let (first, last) = (bound.inf().ceil(), bound.sup().floor());
    if first == last && bound.is_singleton() {
        return None;
    }
    let at = if first < last { middle(first, last).floor() } else { first };
    let next = at + 1.0;
    (at < next).then(|| Split { position, lower: bounds(first, at.min(last)), upper: bounds(next, last) })
}

/// The split at zero of what holds zero inside.
fn at_zero(position: usize, bound: Interval) -> Option<Split> {
    (bound.inf() < 0.0 && bound.sup() > 0.0).then(|| Split {
        position,
        lower: bounds(bound.inf(), 0.0),
        upper: bounds(0.0, bound.sup()),
    })
}

/// A point inside `(lo, hi)`: the midpoint, or for an unbounded interval one that doubles outward.
pub(crate) fn middle(lo: f64, hi: f64) -> f64 {
    match (lo.is_finite(), hi.is_finite()) {
        (true, true) => 0.5 * lo + 0.5 * hi,
        (true, false) => {
            if lo < 1.0 {
                1.0
            } else {
                (2.0 * lo).min(f64::MAX)
            }
        }
        (false, true) => {
            if hi > -1.0 {
                -1.0
            } else {
                (2.0 * hi).max(f64::MIN)
            }
        }
        (false, false) => 0.0,
    }
}

/// The width of a bound relative to its width at the root, for comparing variables of unlike units.
pub(crate) fn relative_width(root: Interval, bound: Interval) -> f64 {
    let (full, width) = (root.wid(), bound.wid());
    if width == f64::INFINITY {
        f64::INFINITY
    } else if full.is_finite() && full > 0.0 {
        width / full
    } else {
        width / (1.0 + bound.mag())
    }
}
