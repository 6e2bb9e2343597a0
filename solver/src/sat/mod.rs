//! Boolean search: decides formulas with any Boolean structure.
//!
//! [`check`] presolves the problem under its assertions. What is a conjunction then goes to the search at once.

mod conjunction;
mod judge;

use crate::formula::Formula;
use crate::presolve::{Presolved, presolve};
use crate::problem::Problem;
use crate::search::{Observer, Options, Statistics, Strategy, Verdict};
use std::time::Instant;

/// The answer to [`check`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// the verdict; points and bounds have one entry per variable of the problem
    pub verdict: Verdict,
    /// the values of the propositional variables where the verdict is (δ-)sat, by their number; `None` where either
    /// will do
    pub booleans: Vec<Option<bool>>,
    /// the assertions that took part in a refutation, ascending: together with the problem's own constraint and domains
    /// they are unsatisfiable. Empty unless the verdict is unsat.
    pub core: Vec<usize>,
    /// what the searches did, summed up
    pub statistics: Statistics,
}

/// Decides whether the problem's constraint and all assertions have a common solution in the domains.
pub fn check(
    problem: &Problem,
    assertions: &[Formula],
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
) -> Answer {
    let started = Instant::now();
    let Presolved { problem: presolved, parts, restore } = presolve(problem, assertions);
    let decision = conjunction::decide_atoms(presolved, strategy, options, observer, started);
    let mut core = Vec::new();
    let verdict = match decision.verdict {
        Verdict::Unsat => {
            core = restore.core(parts.iter().filter_map(|(_, origin)| *origin));
            Verdict::Unsat
        }
        found @ (Verdict::Sat(_) | Verdict::DeltaSat { .. }) => {
            judge::restored(problem, assertions, &restore, found, &vec![None; problem.booleans.len()])
        }
        unknown => unknown,
    };
    Answer { verdict, booleans: vec![None; problem.booleans.len()], core, statistics: decision.statistics }
}
