//! The maximum of an objective, of a presolved problem.
//!
//! Presolve keeps the set of solutions and with it the values of the objective, so bounds of the one problem's maximum are
//! bounds of the other's. The point at which a value is attained is given in the original variables, and judged there.

use super::judge::Judge;
use crate::exact::{Rational, rational};
use crate::linear::{self, Linear};
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

/// The maximum of a linear objective under linear constraints, exactly.
pub(crate) enum LinearMaximum {
    /// nothing satisfies the constraint
    Unsat,
    /// the least upper bound, and a solution that comes within δ of it, with its value
    Found { supremum: Rational, point: Vec<Rational>, value: Rational },
}

/// Maximises in exact arithmetic, where the problem is linear and small: if it is `far`, only one whose numbers lie where
/// doubles do not reach.
pub(crate) fn linear_maximum(problem: &Problem, far: bool, options: &Options) -> Option<LinearMaximum> {
    let linear = Linear::read(problem, &[])?;
    if linear.is_far() != far {
        return None;
    }
    let gap = rational::from_f64(options.delta).unwrap_or_default();
    match linear.solve(&gap, &options.budget)? {
        linear::Answer::Infeasible => Some(LinearMaximum::Unsat),
        linear::Answer::Unbounded => None,
        linear::Answer::Found { point, booleans, supremum } => {
            let judge = Judge { problem, assertions: &[], booleans: &booleans, budget: &options.budget };
            let value = judge.value(problem.objective?, &point)?.exact()?;
            let supremum = supremum.filter(|_| judge.is_solution(&point))?;
            Some(LinearMaximum::Found { supremum, point, value })
        }
    }
}
