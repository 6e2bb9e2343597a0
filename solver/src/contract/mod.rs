//! Contractors: box to smaller box, losing no solution. One contractor per file.
//!
//! A contractor works on the slots of a [`Workspace`]. On entry every slot holds a valid enclosure over the box (a
//! forward sweep has been done); on exit they still do, over the contracted box.

mod disjunction;
mod dual;
mod hc4;
mod integer;
mod linear;
mod newton;

pub use disjunction::DisjunctionHull;
pub use hc4::Hc4;
pub(crate) use hc4::truth;
pub use integer::Integers;
pub use linear::{LinearBounds, Solve};
pub use newton::Newton;

use crate::budget::Budget;
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::Workspace;

/// What a contractor found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// the box holds no solution: it is refuted
    Empty,
    /// the box became smaller, and applying the contractor again may help
    Narrowed,
    /// applying the contractor again to the same box changes nothing
    Fixpoint,
    /// no sub-box can be contracted by it any more: it may be dropped for the whole subtree
    Inactive,
}

/// What is sought in the box.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// how much every atom may be violated, `≥ 0`; contraction uses 0, so that `unsat` is exact
    pub delta: f64,
    /// only points whose objective is at least this are of interest (`−∞`: all)
    pub threshold: f64,
}

impl Goal {
    /// All solutions, exactly.
    pub const ALL: Goal = Goal { delta: 0.0, threshold: f64::NEG_INFINITY };
}

/// A contractor.
pub trait Contractor: Send + Sync {
    /// Its name in statistics and proofs.
    fn name(&self) -> &'static str;

    /// Contracts the box in the workspace; `spare` is memory for a second box of the same kept slots.
    fn contract(&self, problem: &Compiled, goal: &Goal, w: &mut Workspace, spare: &mut Spare) -> Outcome;
}

/// Memory for contractors that try something on a copy of the box.
#[derive(Clone, Debug)]
pub struct Spare {
    /// the box before
    pub(crate) before: Vec<Interval>,
    /// the hull of what is left
    pub(crate) hull: Vec<Interval>,
    /// for ascending on a linear bound
    pub(super) multipliers: dual::Multipliers,
    /// for the equations
    pub(super) newton: newton::Memory,
    /// when to leave a long contraction early: its box stays valid, only wider
    pub budget: Budget,
}

impl Spare {
    /// Memory for one tape.
    pub fn new(problem: &Compiled) -> Self {
        let n = problem.tape.kept().len();
        let bounds = vec![Interval::ENTIRE; n];
        let multipliers = dual::Multipliers::default();
        Spare {
            before: bounds.clone(),
            hull: bounds,
            multipliers,
            newton: newton::Memory::default(),
            budget: Budget::unlimited(),
        }
    }
}
