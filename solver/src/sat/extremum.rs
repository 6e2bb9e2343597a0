//! The maximum of an objective, of a presolved problem.
//!
//! Presolve keeps the set of solutions and with it the values of the objective, so bounds of the one problem's maximum are
//! bounds of the other's. The point at which a value is attained is given in the original variables, and judged there.

use super::judge::Judge;
use crate::presolve::{Presolved, Restore, presolve};
use crate::problem::{Certificate, Compiled, Problem};
use crate::search::{Observer, Optimum, Options, StopReason, Strategy, optimise};

/// A maximisation, ready to be searched.
pub struct Maximisation<'a> {
    problem: &'a Problem,
    compiled: Compiled,
    restore: Restore,
}

impl<'a> Maximisation<'a> {
    /// Presolves a problem with an objective and without propositional variables.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(problem: &'a Problem, options: &Options) -> Result<Self, StopReason> {
        // a domain that falls short of a bound would move the maximum
        let Presolved { problem: presolved, restore, .. } =
            presolve(problem, &[], 0.0, options.presolve, &options.budget)?;
        Ok(Maximisation { problem, compiled: presolved.compile(), restore })
    }

    /// Bounds the maximum; the witness is a point of the original problem. The flag tells whether it satisfies the
    /// constraint exactly: else it does so up to δ, and a solution near it, with an irrational value of a variable that
    /// presolve has eliminated, attains the lower bound.
    pub fn run(&self, strategy: &Strategy, options: &Options, observer: &mut dyn Observer) -> (Optimum, bool) {
        let mut optimum = optimise(&self.compiled, &self.compiled.root(), strategy, options, observer);
        let judge = Judge { problem: self.problem, assertions: &[], booleans: &[], budget: &options.budget };
        let found = optimum.witness.as_ref();
        let found = found.and_then(|witness| judge.witness(&self.restore, &witness.point, options.delta));
        let Some((point, exact)) = found else {
            optimum.witness = None;
            return (optimum, false);
        };
        let objective = self.problem.objective.and_then(|objective| judge.value(objective, &point));
        if let (Some(value), true) = (&objective, exact) {
            optimum.lower = optimum.lower.min(value.floor_f64());
        }
        optimum.witness = Some(Certificate { point, objective });
        (optimum, exact)
    }
}
