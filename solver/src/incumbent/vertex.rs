//! Vertex moves: from the middle of the box every noise variable goes to the end of its domain that its derivative
//! points at, twice (the derivatives with respect to one row's noise depend on the others'), and then every other
//! variable to the end of its interval. A move that does not help is taken back.

use super::{IncumbentFinder, best_side, centre, seems_feasible, to_end};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{Slot, Workspace};

/// Vertex moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vertex;

impl IncumbentFinder for Vertex {
    fn name(&self) -> &'static str {
        "vertex"
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
        best_side(problem, point, w, |slot, sign, point, w| climb(problem, [root, variables], slot, sign, point, w))
    }
}

/// Moves to a vertex that makes `sign·slot` large; returns that value where the constraint seems to hold.
pub(super) fn climb(
    problem: &Compiled,
    [root, variables]: [&[Interval]; 2],
    slot: Slot,
    sign: f64,
    point: &mut [f64],
    w: &mut Workspace,
) -> Option<f64> {
    for (x, &bound) in point.iter_mut().zip(variables) {
        *x = centre(bound);
    }
    problem.tape.evaluate(point, w);
    let mut best = (seems_feasible(problem, w), sign * w.points[slot as usize]);
    for moves_noise in [true, true, false] {
        problem.tape.adjoint(slot, w);
        w.saved.copy_from_slice(point);
        for (i, x) in point.iter_mut().enumerate() {
            let variable = &problem.problem.variables[i];
            if (variable.sort == Sort::Noise) == moves_noise {
                // a noise may leave the box: every point of the root is a point of the problem
                *x = to_end(if moves_noise { root[i] } else { variables[i] }, sign * w.adjoints[i], *x);
            }
        }
        problem.tape.evaluate(point, w);
        let now = (seems_feasible(problem, w), sign * w.points[slot as usize]);
        if now > best {
            best = now;
        } else {
            point.copy_from_slice(&w.saved);
            problem.tape.evaluate(point, w);
        }
    }
    (best.0 && best.1.is_finite()).then_some(best.1)
}
