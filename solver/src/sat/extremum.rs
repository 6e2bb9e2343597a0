//! The maximum of an objective, of a presolved problem.
//!
//! Presolve keeps the set of solutions and with it the values of the objective, so bounds of the one problem's maximum are
//! bounds of the other's. The point at which a value is attained is given in the original variables, rounded to doubles
//! where a definition makes them irrational: then it is a solution up to that rounding.

use super::judge::holds;
use crate::presolve::{Presolved, Restore, presolve};
use crate::problem::{Compiled, Problem};
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
    /// constraint exactly.
    pub fn run(&self, strategy: &Strategy, options: &Options, observer: &mut dyn Observer) -> (Optimum, bool) {
        let mut optimum = optimise(&self.compiled, &self.compiled.root(), strategy, options, observer);
        let mut exact = false;
        if let Some(witness) = &mut optimum.witness {
            witness.point = self.restore.point(&witness.point);
            exact = holds(self.problem, &[], &witness.point, &[]);
        }
        (optimum, exact)
    }
}
