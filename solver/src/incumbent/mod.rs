//! Incumbent finders: box to a point worth evaluating exactly. One finder per file.
//!
//! They work in doubles and prove nothing: a point becomes an incumbent only after
//! [`Compiled::certify`](crate::problem::Compiled::certify).

mod gradient;
mod inside;
mod polish;
mod project;
mod ridge;
mod solved;
mod vertex;

pub use gradient::Gradient;
pub use inside::Inside;
pub use polish::Polish;
pub(crate) use project::{project, start};
pub use ridge::{Relaxed, Ridge};
pub use solved::Solved;
pub use vertex::Vertex;

use crate::interval::Interval;
use crate::op::Op;
use crate::problem::Compiled;
use crate::tape::{Slot, Workspace};

/// A finder of good points.
pub trait IncumbentFinder: Send + Sync {
    /// Its name in statistics.
    fn name(&self) -> &'static str;

    /// Writes a point that the finder thinks is good, and returns the objective there in doubles; `None` when it has
    /// none. `variables` is the box at hand (one entry per variable) and `root` the box at the root of the search, in
    /// which the point must lie; a finder may leave the former for the sake of a noise. `seed` makes different calls look at different places.
    fn propose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        variables: &[Interval],
        seed: u64,
        point: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64>;
}

/// Runs a search for large values of `sign·slot` on the objective; where that is `|d|`, on `d` and on `−d`, since the
/// derivative of `|d|` at its kink points either way. Leaves the better point and returns its objective.
pub(crate) fn best_side(
    problem: &Compiled,
    point: &mut [f64],
    w: &mut Workspace,
    mut search: impl FnMut(Slot, f64, &mut [f64], &mut Workspace) -> Option<f64>,
) -> Option<f64> {
    let objective = problem.objective?;
    let Some((Op::Abs, &[inner])) = problem.tape.definition(objective) else {
        return search(objective, 1.0, point, w);
    };
    let up = search(inner, 1.0, point, w);
    let mut other = std::mem::take(&mut w.other);
    other.copy_from_slice(point);
    let down = search(inner, -1.0, point, w);
    if up > down {
        point.copy_from_slice(&other);
    }
    w.other = other;
    // None is the least Option; the larger of the two is not negative unless both stay on the far side of zero
    if up > down { up } else { down }.map(f64::abs)
}

/// The middle of a bound: the midpoint, or a finite point of an unbounded one.
pub(crate) fn centre(bound: Interval) -> f64 {
    let (lo, hi) = (bound.inf(), bound.sup());
    if lo == hi { lo } else { crate::branch::middle(lo, hi).clamp(lo, hi) }
}

/// Whether the constraint seems to hold at the point last evaluated in the workspace.
pub(crate) fn seems_feasible(problem: &Compiled, w: &Workspace) -> bool {
    use crate::formula::{Relation, Truth};
    let holds = problem.constraint.evaluate(&mut |atom| {
        let value = w.points[atom.expr as usize];
        let yes = match atom.relation {
            Relation::Le => value <= 0.0,
            Relation::Lt => value < 0.0,
            Relation::Ge => value >= 0.0,
            Relation::Gt => value > 0.0,
            Relation::Eq => value == 0.0,
            Relation::Ne => value != 0.0,
        };
        if yes { Truth::True } else { Truth::False }
    });
    holds == Truth::True
}

/// The end of an interval that a derivative points at, `x` where there is none.
pub(crate) fn to_end(bound: Interval, slope: f64, x: f64) -> f64 {
    let end = if slope > 0.0 {
        bound.sup()
    } else if slope < 0.0 {
        bound.inf()
    } else {
        x
    };
    if end.is_finite() { end } else { x }
}
