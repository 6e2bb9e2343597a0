//! Phases before variables, where there are many variables: a box of 64 halves in each of them after 2^64 boxes, while in a
//! small box few phases are undecided, and where none is, a piecewise linear objective is linear.

use super::{Brancher, Phases, Split, at_zero};
use crate::interval::Interval;
use crate::op::Op;
use crate::problem::Compiled;
use crate::tape::Workspace;

/// The number of variables from which on phases come first.
const MANY: usize = 16;

/// Phases first, for many variables; else [`Phases`].
#[derive(Clone, Copy, Debug, Default)]
pub struct PhasesFirst;

impl Brancher for PhasesFirst {
    fn name(&self) -> &'static str {
        "phases-first"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        let otherwise = |w: &mut Workspace| Phases.choose(problem, root, kept, depth, w);
        let Some(objective) = problem.objective.filter(|_| problem.tape.variables() >= MANY) else {
            return otherwise(w);
        };
        // an objective |d| has its sign split before anything else
        if let Some((Op::Abs, &[inner])) = problem.tape.definition(objective)
            && let bound = w.values[inner as usize]
            && bound.inf() < 0.0
            && bound.sup() > 0.0
        {
            return otherwise(w);
        }
        let tape = &problem.tape;
        tape.linear_bound(&[(objective, 1.0)], w);
        let gaps = (tape.variables()..kept.len()).map(|position| (position, tape.phase_gap(position, w)));
        let largest = gaps.filter(|&(_, gap)| gap > 0.0).max_by(|x, y| x.1.total_cmp(&y.1));
        largest.and_then(|(position, _)| at_zero(position, kept[position])).or_else(|| otherwise(w))
    }
}
