//! Boolean search: decides formulas with any Boolean structure.
//!
//! [`check`] presolves the problem under its assertions. What is a conjunction then goes to branch and prune at once. All
//! else is searched as a propositional skeleton (DPLL(T), Nieuwenhuis, Oliveras, Tinelli 2006), whose assignments are
//! checked by contraction first and by branch and prune in the end.

mod conjunction;
mod extremum;
mod judge;
mod quotient;
mod search;
mod skeleton;
mod theory;

pub use extremum::Maximisation;

use crate::budget::Stopwatch;
use crate::formula::Formula;
use crate::presolve::{Presolved, presolve};
use crate::problem::Problem;
use crate::search::{Observer, Options, Statistics, Strategy, Verdict};

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
    let started = Stopwatch::start();
    let budget = &options.budget;
    let presolved = presolve(problem, assertions, options.delta, options.presolve, budget);
    let Presolved { problem: presolved, parts, restore } = match presolved {
        Ok(presolved) => presolved,
        Err(reason) => {
            let statistics = Statistics { seconds: started.seconds(), ..Statistics::default() };
            let booleans = vec![None; problem.booleans.len()];
            return Answer { verdict: Verdict::Unknown(reason), booleans, core: Vec::new(), statistics };
        }
    };
    let found = if parts.iter().all(|(formula, _)| matches!(formula, Formula::Atom(_))) {
        let decision = conjunction::decide_atoms(presolved, strategy, options, observer);
        search::Found {
            verdict: decision.verdict,
            booleans: vec![None; problem.booleans.len()],
            origins: parts.iter().filter_map(|(_, origin)| *origin).collect(),
            statistics: decision.statistics,
        }
    } else {
        search::search(&presolved, &parts, strategy, options, observer)
    };
    let (mut core, mut booleans) = (Vec::new(), vec![None; problem.booleans.len()]);
    let verdict = match found.verdict {
        Verdict::Unsat => {
            core = restore.core(problem, assertions, found.origins);
            Verdict::Unsat
        }
        sat @ (Verdict::Sat(_) | Verdict::SatWithin { .. } | Verdict::DeltaSat { .. }) => {
            booleans = found.booleans;
            judge::restored(problem, assertions, &restore, sat, &booleans, options.delta, budget)
        }
        unknown => unknown,
    };
    let mut statistics = found.statistics;
    statistics.seconds = started.seconds();
    Answer { verdict, booleans, core, statistics }
}
