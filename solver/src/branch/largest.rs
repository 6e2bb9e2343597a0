//! Largest first: the variable that is widest relative to its domain.

use super::{Brancher, Split, halve, relative_width};
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::Workspace;

/// Largest first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Largest;

impl Brancher for Largest {
    fn name(&self) -> &'static str {
        "largest"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        _: u32,
        _: &mut Workspace,
    ) -> Option<Split> {
        best(problem, kept, |i| relative_width(root[i], kept[i]))
    }
}

/// The splittable variable with the highest score; the first of equals.
pub(super) fn best(problem: &Compiled, kept: &[Interval], score: impl Fn(usize) -> f64) -> Option<Split> {
    first_highest((0..problem.tape.variables()).map(|i| (i, score(i))), |i| halve(problem, i, kept[i]))
}

/// The split that can be made at the position with the highest score, the first of equals; none where all are zero.
pub(super) fn best_of(scores: &[f64], split: impl Fn(usize) -> Option<Split>) -> Option<Split> {
    first_highest(scores.iter().copied().enumerate().filter(|&(_, score)| score > 0.0), split)
}

fn first_highest(scores: impl Iterator<Item = (usize, f64)>, split: impl Fn(usize) -> Option<Split>) -> Option<Split> {
    let mut best = None;
    let mut highest = f64::NEG_INFINITY;
    for (i, score) in scores {
        if score > highest
            && let Some(split) = split(i)
        {
            highest = score;
            best = Some(split);
        }
    }
    best
}
