//! Smear (Kearfott 1996): the variable over which the objective (or the atoms) can change most, `|∂f/∂x_i|·wid(x_i)`.
//!
//! * *max* takes the largest smear over the objective and the atoms that are not decided yet,
//! * *sum* adds them up, each divided by the total of its function (smearSumRel, Trombettoni et al. 2011).
//!
//! Every third level falls back to the largest variable, so that a variable whose smear is underestimated is still split
//! infinitely often.

use super::largest::{Largest, best};
use super::{Brancher, Split};
use crate::contract::truth;
use crate::formula::Truth;
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::{Slot, Workspace};
use std::cell::RefCell;

/// How the smears of several functions combine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Smear {
    /// the largest
    Max,
    /// the sum of the relative ones
    #[default]
    Sum,
}

thread_local! {
    /// the scores, kept between calls so that the node loop does not allocate
    static SCORES: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

impl Brancher for Smear {
    fn name(&self) -> &'static str {
        match self {
            Smear::Max => "smear-max",
            Smear::Sum => "smear-sum",
        }
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        if depth % 3 == 2 {
            return Largest.choose(problem, root, kept, depth, w);
        }
        with_scores(problem.tape.variables(), |scores| {
            if let Some(objective) = problem.objective {
                self.add(problem, objective, kept, scores, w);
            }
            problem.constraint.atoms(&mut |atom| {
                if truth(atom, 0.0, w) == Truth::Unknown {
                    self.add(problem, atom.expr, kept, scores, w);
                }
            });
            if scores.iter().all(|&score| score == 0.0) {
                return Largest.choose(problem, root, kept, depth, w);
            }
            best(problem, kept, |i| scores[i])
        })
    }
}

/// Hands out so many scores, all zero.
pub(super) fn with_scores<T>(count: usize, f: impl FnOnce(&mut [f64]) -> T) -> T {
    SCORES.with_borrow_mut(|scores| {
        scores.clear();
        scores.resize(count, 0.0);
        f(scores)
    })
}

/// Adds a measure to the scores, relative to its sum and `factor` times; where that is infinite, each that is counts whole.
pub(super) fn add_relative(scores: &mut [f64], measure: impl Fn(usize) -> f64, factor: f64) {
    let total: f64 = (0..scores.len()).map(&measure).sum();
    for (i, score) in scores.iter_mut().enumerate() {
        if total.is_finite() && total > 0.0 {
            *score += factor * measure(i) / total;
        } else if measure(i) == f64::INFINITY {
            *score += factor;
        }
    }
}

impl Smear {
    pub(super) fn add(self, problem: &Compiled, root: Slot, kept: &[Interval], scores: &mut [f64], w: &mut Workspace) {
        problem.tape.derivatives(root, w);
        let smear = |i: usize| match (w.derivatives[i].mag(), kept[i].wid()) {
            (slope, width) if slope == 0.0 || width == 0.0 => 0.0,
            (slope, width) => slope * width,
        };
        match self {
            Smear::Max => scores.iter_mut().enumerate().for_each(|(i, score)| *score = score.max(smear(i))),
            Smear::Sum => add_relative(scores, smear, 1.0),
        }
    }
}
