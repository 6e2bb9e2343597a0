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
pub(crate) use extremum::{LinearMaximum, linear_maximum};

use crate::budget::Stopwatch;
use crate::exact::Rational;
use crate::formula::Formula;
use crate::interval::Interval;
use crate::linear::{self, Linear};
use crate::presolve::{Presolved, presolve};
use crate::problem::Problem;
use crate::search::{Observer, Options, Statistics, StopReason, Strategy};

/// What is known of the formulas; points and bounds have one entry per variable of the problem.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// no point satisfies them
    Unsat,
    /// the point satisfies them, by exact evaluation
    Sat(Vec<Rational>),
    /// some point of the box satisfies them, proved by the test of [`krawczyk`](crate::krawczyk)
    SatWithin {
        /// one interval per variable
        bounds: Vec<Interval>,
        /// a point that satisfies them weakened by δ, by exact evaluation
        point: Vec<Rational>,
    },
    /// the point satisfies them weakened by δ, by exact evaluation
    DeltaSat(Vec<Rational>),
    /// not decided, for this reason
    Unknown(StopReason),
}

/// The answer to [`check`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// the verdict
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
///
/// Presolve keeps the solutions, but not all that is within δ of one: a bound of `v` that decided an atom speaks of `v` only
/// up to δ once `v` is eliminated. So the point that a search ends with is judged against the formulas as they were given,
/// and should it fail the search is repeated without presolve.
pub fn check(
    problem: &Problem,
    assertions: &[Formula],
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
) -> Answer {
    let question = Question { problem, assertions, strategy, options, started: Stopwatch::start() };
    let linear = Linear::read(problem, assertions);
    let is_far = linear.as_ref().is_some_and(Linear::is_far);
    let exactly = || linear.as_ref().and_then(|linear| question.exactly(linear));
    if is_far && let Some(answer) = exactly() {
        return answer;
    }
    let mut statistics = Statistics::default();
    let mut answer = question.attempt(options.presolve, &mut statistics, observer);
    if answer.is_none() && options.presolve {
        answer = question.attempt(false, &mut statistics, observer);
    }
    let stop = || options.budget.stopped().unwrap_or(StopReason::Unsplittable);
    let mut answer = answer.unwrap_or_else(|| question.answer(Verdict::Unknown(stop())));
    if matches!(answer.verdict, Verdict::Unknown(StopReason::Unsplittable)) && !is_far {
        answer = exactly().unwrap_or(answer);
    }
    statistics.seconds = question.started.seconds();
    answer.statistics = statistics;
    answer
}

struct Question<'a> {
    problem: &'a Problem,
    assertions: &'a [Formula],
    strategy: &'a Strategy,
    options: &'a Options,
    started: Stopwatch,
}

impl Question<'_> {
    fn answer(&self, verdict: Verdict) -> Answer {
        let booleans = vec![None; self.problem.booleans.len()];
        Answer { verdict, booleans, core: Vec::new(), statistics: Statistics::default() }
    }

    /// The answer in exact linear arithmetic, where that is quickly found.
    fn exactly(&self, linear: &Linear<'_>) -> Option<Answer> {
        let budget = &self.options.budget;
        let mut answer = match linear.solve(&Rational::default(), budget)? {
            linear::Answer::Infeasible => {
                let core = (0..self.assertions.len()).collect();
                Answer { core, ..self.answer(Verdict::Unsat) }
            }
            linear::Answer::Found { point, booleans, .. } => {
                let judge =
                    judge::Judge { problem: self.problem, assertions: self.assertions, booleans: &booleans, budget };
                let verdict = judge.is_solution(&point).then_some(Verdict::Sat(point))?;
                Answer { booleans, ..self.answer(verdict) }
            }
            linear::Answer::Unbounded => return None,
        };
        answer.statistics.seconds = self.started.seconds();
        Some(answer)
    }

    /// One search, with the passes of presolve or without; `None` where it ends with a point that does not satisfy the
    /// formulas as they were given, up to δ.
    fn attempt(&self, passes: bool, statistics: &mut Statistics, observer: &mut dyn Observer) -> Option<Answer> {
        let &Question { problem, assertions, strategy, .. } = self;
        let mut options = self.options.clone();
        options.budget = options.budget.less_boxes(statistics.boxes);
        let presolved = presolve(problem, assertions, options.delta, passes, &options.budget);
        let Presolved { problem: presolved, parts, restore } = match presolved {
            Ok(presolved) => presolved,
            Err(reason) => return Some(self.answer(Verdict::Unknown(reason))),
        };
        let found = if parts.iter().all(|(formula, _)| matches!(formula, Formula::Atom(_))) {
            let decision = conjunction::decide_atoms(presolved, strategy, &options, observer);
            search::Found {
                verdict: decision.verdict,
                booleans: vec![None; problem.booleans.len()],
                origins: parts.iter().filter_map(|(_, origin)| *origin).collect(),
                statistics: decision.statistics,
            }
        } else {
            search::search(&presolved, &parts, strategy, &options, observer)
        };
        statistics.add(&found.statistics);
        let judge = judge::Judge { problem, assertions, booleans: &found.booleans, budget: &options.budget };
        let mut answer = self.answer(judge.restored(&restore, found.verdict, options.delta)?);
        match answer.verdict {
            Verdict::Unsat => answer.core = restore.core(problem, assertions, found.origins),
            Verdict::Unknown(_) => {}
            _ => answer.booleans = found.booleans,
        }
        Some(answer)
    }
}
