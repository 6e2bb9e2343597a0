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
    let mut best = None;
    let mut highest = f64::NEG_INFINITY;
    for (i, &bound) in kept.iter().enumerate().take(problem.tape.variables()) {
        let score = score(i);
        if score > highest
            && let Some(split) = halve(problem, i, bound)
        {
            highest = score;
            best = Some(split);
        }
    }
    best
}
