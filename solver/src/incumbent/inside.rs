//! Just inside the ends: coordinate ascent for problems with staircases.
//!
//! Where a box holds one step of every staircase, the best point often lies at an end of the box that is a jump, and the
//! step at the jump itself may be the next one. And the gradient there is not that of the steps. So from the middle, noises at the
//! ends that their derivatives point at, each other variable in turn tries both its ends, less a share of [`MARGIN`] of its
//! interval.

use super::{IncumbentFinder, best_side, centre, seems_feasible, to_end};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{Slot, Workspace};

/// How far inside, relative to the width.
const MARGIN: f64 = 1.0 / (1u64 << 30) as f64;
/// The most rounds over all variables.
const ROUNDS: usize = 3;
/// The most work of one call, in operands read.
const WORK: usize = 500_000;

/// Just inside the ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inside;

impl IncumbentFinder for Inside {
    fn name(&self) -> &'static str {
        "inside"
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
        let is_open = |i: usize| problem.problem.variables[i].sort != Sort::Noise && !variables[i].is_singleton();
        if problem.tape.stairs().is_empty() || !(0..variables.len()).any(is_open) {
            return None;
        }
        best_side(problem, point, w, |slot, sign, point, w| ascend(problem, [root, variables], slot, sign, point, w))
    }
}

/// Makes `sign·slot` large and returns it where the constraint seems to hold.
fn ascend(
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
    problem.tape.adjoint(slot, w);
    w.saved.copy_from_slice(point);
    for (i, x) in point.iter_mut().enumerate() {
        if problem.problem.variables[i].sort == Sort::Noise {
            *x = to_end(root[i], sign * w.adjoints[i], *x);
        }
    }
    problem.tape.evaluate(point, w);
    let moved = (seems_feasible(problem, w), sign * w.points[slot as usize]);
    if moved > best {
        best = moved;
    } else {
        point.copy_from_slice(&w.saved);
    }
    let mut evaluations = WORK / problem.tape.operand_count().max(1);
    for _ in 0..ROUNDS {
        let before = best;
        for i in 0..point.len() {
            let ends = match problem.problem.variables[i].sort {
                Sort::Noise => continue,
                Sort::Integer => [variables[i].inf().ceil(), variables[i].sup().floor()],
                Sort::Real => {
                    let (lo, hi) = (variables[i].inf(), variables[i].sup());
                    let margin = MARGIN * (hi - lo);
                    [lo + margin, hi - margin]
                }
            };
            for end in ends {
                if evaluations == 0 {
                    return (best.0 && best.1.is_finite()).then_some(best.1);
                }
                if !end.is_finite() || end == point[i] {
                    continue;
                }
                evaluations -= 1;
                let held = std::mem::replace(&mut point[i], end);
                problem.tape.evaluate(point, w);
                let now = (seems_feasible(problem, w), sign * w.points[slot as usize]);
                if now > best {
                    best = now;
                } else {
                    point[i] = held;
                }
            }
        }
        if best <= before {
            break;
        }
    }
    (best.0 && best.1.is_finite()).then_some(best.1)
}
