//! Ascent along ridges: a starter that does not stop at the kinks of a piecewise smooth objective.
//!
//! The difference of two piecewise linear functions that are nearly the same has its maxima on ridges, where a piece of either
//! switches: a step along the gradient crosses the kink and comes back. From where [`Gradient`] ends, gradients on both sides of
//! a kink are gathered until their shortest convex combination, which increases the objective on every side it has seen
//! (Lemaréchal's bundle, here with one vector as in Wolfe 1975), allows a step.

use super::{Gradient, IncumbentFinder};
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::{Slot, Workspace};

/// Starts that are continued; the others are as [`Gradient`] leaves them.
const CONTINUED: u64 = 4;
/// Evaluations per start.
const EVALUATIONS: usize = 400;
/// Evaluations per box.
pub(super) const AFTERWARDS: usize = 12;
/// Gradients that are gathered before the step is made shorter.
const GATHERED: usize = 6;
/// The first and the least length of a step, in widths of the variables.
const LENGTHS: [f64; 2] = [0.3, 1e-5];

/// Ascent along ridges.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ridge;

impl IncumbentFinder for Ridge {
    fn name(&self) -> &'static str {
        "ridge"
    }

    fn propose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        variables: &[Interval],
        seed: u64,
        point: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        let found = Gradient.propose(problem, root, variables, seed, point, w)?;
        // where constraints cut a ridge off, nothing here would notice
        let free = problem.constraint.conjuncts().next().is_none();
        if !free || seed >= CONTINUED || variables.iter().any(|bound| !bound.is_common_interval()) {
            return Some(found);
        }
        Some(climb(problem, variables, found, EVALUATIONS, point, w).unwrap_or(found))
    }
}

/// The maximiser of the linear bound over a box, and on from there: where phases were split, it lies in or near the part
/// of the box that has them, which the middle of the box need not.
#[derive(Clone, Copy, Debug, Default)]
pub struct Relaxed;

impl IncumbentFinder for Relaxed {
    fn name(&self) -> &'static str {
        "relaxed"
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
        let objective = problem.objective?;
        let free = problem.constraint.conjuncts().next().is_none();
        if !free || root.iter().any(|bound| !bound.is_common_interval()) {
            return None;
        }
        problem.tape.linear_bound(&[(objective, 1.0)], w);
        for (i, (x, bound)) in point.iter_mut().zip(variables).enumerate() {
            let slope = w.linear_coefficient(i as Slot, 0);
            *x = if slope > 0.0 {
                bound.sup()
            } else if slope < 0.0 {
                bound.inf()
            } else {
                bound.mid()
            };
        }
        problem.tape.evaluate(point, w);
        let found = w.points[objective as usize];
        climb(problem, root, found, AFTERWARDS, point, w).filter(|value| value.is_finite())
    }
}

/// The gradient at the point last evaluated, by widths of the variables, without what points out of the box at `point`.
fn gradient(problem: &Compiled, variables: &[Interval], point: &[f64], w: &mut Workspace) -> Option<Vec<f64>> {
    problem.tape.adjoint(problem.objective?, w);
    let slopes = w.adjoints.iter().zip(variables).zip(point);
    Some(slopes.map(|((slope, bound), &x)| inward(slope * bound.wid(), *bound, x)).collect())
}

fn inward(slope: f64, bound: Interval, x: f64) -> f64 {
    let outward = (slope > 0.0 && x >= bound.sup()) || (slope < 0.0 && x <= bound.inf());
    if outward { 0.0 } else { slope }
}

pub(super) fn climb(
    problem: &Compiled,
    variables: &[Interval],
    mut best: f64,
    budget: usize,
    point: &mut [f64],
    w: &mut Workspace,
) -> Option<f64> {
    let objective = problem.objective? as usize;
    let mut trial = point.to_vec();
    let [mut length, least] = LENGTHS;
    let mut evaluations = 0;
    while length > least && evaluations < budget {
        problem.tape.evaluate(point, w);
        let mut direction = gradient(problem, variables, point, w)?;
        let mut moved = false;
        for _ in 0..GATHERED {
            let size = direction.iter().fold(0.0, |most: f64, d| most.max(d.abs()));
            if !(size > 0.0 && size.is_finite()) {
                break;
            }
            for (i, x) in trial.iter_mut().enumerate() {
                let along = length * direction[i] / size * variables[i].wid();
                *x = (point[i] + along).clamp(variables[i].inf(), variables[i].sup());
            }
            problem.tape.evaluate(&trial, w);
            evaluations += 1;
            let value = w.points[objective];
            if value > best {
                best = value;
                point.copy_from_slice(&trial);
                moved = true;
                break;
            }
            let other = gradient(problem, variables, point, w)?;
            shorten(&mut direction, &other);
        }
        length *= if moved { 1.5 } else { 0.4 };
    }
    Some(best)
}

/// Replaces `a` by the shortest vector between it and `b`.
fn shorten(a: &mut [f64], b: &[f64]) {
    let (mut along, mut square) = (0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        along += a * (a - b);
        square += (a - b) * (a - b);
    }
    let share = if square > 0.0 { (along / square).clamp(0.0, 1.0) } else { 0.0 };
    for (a, b) in a.iter_mut().zip(b) {
        *a += share * (b - *a);
    }
}
