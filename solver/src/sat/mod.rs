//! Boolean search: decides formulas with any Boolean structure.
//!
//! [`check`] takes a problem and the assertions that were made about it.

use crate::formula::Formula;
use crate::problem::Problem;
use crate::search::{Observer, Options, Statistics, Strategy, Verdict, decide};

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
    let all = std::iter::once(&problem.constraint).chain(assertions).cloned();
    let question = Problem { constraint: Formula::and(all), objective: None, ..problem.clone() };
    let decision = decide(&question.compile(), strategy, options, observer);
    let core = if matches!(decision.verdict, Verdict::Unsat) { (0..assertions.len()).collect() } else { Vec::new() };
    Answer {
        verdict: decision.verdict,
        booleans: vec![None; problem.booleans.len()],
        core,
        statistics: decision.statistics,
    }
}
