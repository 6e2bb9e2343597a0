//! Vertex polishing: coordinate ascent over the ends of the noise variables, from where [`Vertex`](super::Vertex) ends.
//!
//! A derivative says nothing of a neuron that is off at the current point and would be on at the other end of its
//! noise. Trying both ends of each noise in turn sees it; where the objective is a sum of one term per noise, as with one
//! hidden layer, one round finds the best vertex.

use super::vertex::climb;
use super::{IncumbentFinder, best_side, seems_feasible};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{Slot, Workspace};

/// The most rounds over all noises.
const ROUNDS: usize = 4;
/// The most work of one call, in operands read: some ten milliseconds. A large network gets fewer noises polished.
const WORK: usize = 10_000_000;

/// Vertex polishing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Polish;

impl IncumbentFinder for Polish {
    fn name(&self) -> &'static str {
        "polish"
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
        best_side(problem, point, w, |slot, sign, point, w| {
            let start = climb(problem, [root, variables], slot, sign, point, w)?;
            Some(polish(problem, root, slot, sign, start, point, w))
        })
    }
}

/// Makes `sign·slot` larger, one noise at a time, and returns it.
fn polish(
    problem: &Compiled,
    root: &[Interval],
    slot: Slot,
    sign: f64,
    start: f64,
    point: &mut [f64],
    w: &mut Workspace,
) -> f64 {
    let mut best = start;
    let mut evaluations = WORK / problem.tape.operand_count().max(1);
    for _ in 0..ROUNDS {
        let before = best;
        for i in 0..point.len() {
            let variable = &problem.problem.variables[i];
            if variable.sort != Sort::Noise {
                continue;
            }
            for end in [root[i].inf(), root[i].sup()] {
                if evaluations == 0 {
                    return best;
                }
                evaluations -= 1;
                let held = std::mem::replace(&mut point[i], end);
                problem.tape.evaluate(point, w);
                let value = sign * w.points[slot as usize];
                if end.is_finite() && value > best && seems_feasible(problem, w) {
                    best = value;
                } else {
                    point[i] = held;
                }
            }
        }
        if best <= before {
            break;
        }
    }
    best
}
