//! Projected gradient ascent from a random start: inputs take steps along the gradient scaled to their interval's
//! width, noise variables jump to the end that their derivative points at (the objective is monotone in each row's
//! noise wherever the activations are, so the best noise is nearly always a vertex).

use super::{IncumbentFinder, seems_feasible, to_end};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::Workspace;

/// Steps per start.
const STEPS: usize = 40;
/// The first step, as a share of a variable's width; it shrinks geometrically by [`DECAY`].
const FIRST: f64 = 0.2;
/// Factor between one step's length and the next.
const DECAY: f64 = 0.88;

/// Projected gradient ascent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gradient;

impl IncumbentFinder for Gradient {
    fn name(&self) -> &'static str {
        "gradient"
    }

    fn propose(
        &self,
        problem: &Compiled,
        _: &[Interval],
        variables: &[Interval],
        seed: u64,
        point: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        let objective = problem.objective?;
        let mut random = SplitMix(seed);
        for (x, &bound) in point.iter_mut().zip(variables) {
            let t = random.unit();
            let (lo, hi) = (bound.inf().max(-1e6), bound.sup().min(1e6));
            *x = (lo + t * (hi - lo)).clamp(bound.inf(), bound.sup());
        }
        let mut best: Option<f64> = None;
        let mut step = FIRST;
        for _ in 0..STEPS {
            problem.tape.evaluate(point, w);
            let value = w.points[objective as usize];
            if value.is_finite() && best.is_none_or(|best| value > best) && seems_feasible(problem, w) {
                best = Some(value);
                w.saved.copy_from_slice(point);
            }
            problem.tape.adjoint(objective, w);
            let steepest = (0..point.len()).map(|i| (w.adjoints[i] * width(variables[i])).abs()).fold(0.0, f64::max);
            if !(steepest > 0.0 && steepest.is_finite()) {
                break;
            }
            for (i, x) in point.iter_mut().enumerate() {
                let bound = variables[i];
                if problem.problem.variables[i].sort == Sort::Noise {
                    *x = to_end(bound, w.adjoints[i], *x);
                } else {
                    let along = w.adjoints[i] * width(bound) / steepest;
                    *x = (*x + step * along * width(bound)).clamp(bound.inf(), bound.sup());
                }
            }
            step *= DECAY;
        }
        point.copy_from_slice(&w.saved);
        best
    }
}

fn width(bound: Interval) -> f64 {
    bound.wid().min(2e6)
}

/// SplitMix64 (Steele, Lea, Flood 2014): a seed to a reproducible stream, without a dependency in the library.
struct SplitMix(u64);

impl SplitMix {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 * 2f64.powi(-53)
    }
}
