//! Contraction by linear bounds: a relaxation bounds the objective and the atoms by linear functions of the variables,
//! which refute the box, tighten the slot, or cut the variables' domains.
//!
//! With an upper bound `g(x) = Σ c_i x_i + c` of the objective, a point of interest has `g(x) ≥ t`, so
//! `c_i x_i ≥ t − c − Σ_{k≠i} max c_k x_k`, which bounds `x_i`. Before that, in [`Self::refine`] rounds, the bounds of
//! the kept slots that are not variables (pre-activations) are tightened in the same way, layer by layer.

use super::{Contractor, Goal, Outcome, Spare};
use crate::formula::Relation;
use crate::interval::bounds;
use crate::interval::round::{sub_down, sub_up, up};
use crate::problem::Compiled;
use crate::relax::Relaxation;
use crate::tape::{Slot, Tape, Workspace};

/// Contraction by linear bounds.
#[derive(Clone, Copy, Debug)]
pub struct LinearBounds<R> {
    /// where the linear bounds come from
    pub relaxation: R,
    /// whether intermediate kept slots are tightened too
    pub refine: bool,
}

impl<R: Relaxation> Contractor for LinearBounds<R> {
    fn name(&self) -> &'static str {
        self.relaxation.name()
    }

    fn contract(&self, problem: &Compiled, goal: &Goal, w: &mut Workspace, spare: &mut Spare) -> Outcome {
        let tape = &problem.tape;
        if self.refine && !self.tighten_kept(tape, w, spare) {
            return Outcome::Empty;
        }
        if let Some(objective) = problem.objective {
            if !self.tighten(tape, objective, w) {
                return Outcome::Empty;
            }
            if goal.threshold > f64::NEG_INFINITY && !self.impose(tape, objective, Relation::Ge, goal.threshold, w) {
                return Outcome::Empty;
            }
        }
        for atom in problem.constraint.conjuncts().chain(&problem.implied) {
            if !self.impose_atom(tape, atom.expr, atom.relation, goal.delta, w) {
                return Outcome::Empty;
            }
        }
        Outcome::Narrowed
    }
}

impl<R: Relaxation> LinearBounds<R> {
    /// Tightens the kept slots in ascending order, each after a forward sweep up to it has passed on the earlier gains.
    fn tighten_kept(&self, tape: &Tape, w: &mut Workspace, spare: &Spare) -> bool {
        let mut reached = None;
        for (position, &slot) in tape.kept().iter().enumerate().skip(tape.variables()) {
            if !tape.forward_between(reached, Some(slot), w) {
                return false;
            }
            reached = Some(slot);
            if spare.halted() {
                break;
            }
            if !tape.is_settled(position, w) && !self.tighten(tape, slot, w) {
                return false;
            }
        }
        tape.forward_between(reached, None, w)
    }

    /// Intersects a slot with its linear bounds of both sides.
    fn tighten(&self, tape: &Tape, slot: Slot, w: &mut Workspace) -> bool {
        let upper = self.relaxation.bound(tape, &[(slot, 1.0)], w).maximum;
        let lower = -self.relaxation.bound(tape, &[(slot, -1.0)], w).maximum;
        tape.narrow(slot, bounds(lower, upper), w)
    }

    fn impose_atom(&self, tape: &Tape, slot: Slot, relation: Relation, delta: f64, w: &mut Workspace) -> bool {
        match relation {
            Relation::Le | Relation::Lt => self.impose(tape, slot, Relation::Le, delta, w),
            Relation::Ge | Relation::Gt => self.impose(tape, slot, Relation::Ge, -delta, w),
            Relation::Eq => {
                self.impose(tape, slot, Relation::Le, delta, w) && self.impose(tape, slot, Relation::Ge, -delta, w)
            }
            Relation::Ne => true,
        }
    }

    /// Cuts the variables by `slot ≥ level` (or `≤`); false when no point is left.
    fn impose(&self, tape: &Tape, slot: Slot, relation: Relation, level: f64, w: &mut Workspace) -> bool {
        let held = w.values[slot as usize];
        let (sign, level) = match relation {
            Relation::Ge if held.inf() < level => (1.0, level),
            Relation::Le if held.sup() > level => (-1.0, -level),
            _ => return true,
        };
        let bound = self.relaxation.bound(tape, &[(slot, sign)], w);
        if bound.maximum < level {
            return false;
        }
        if bound.maximum == f64::INFINITY {
            return true;
        }
        // Σ c_i x_i + c ≥ level: what x_i can be when the others are at their best
        let slack = sub_up(bound.maximum, level);
        for i in 0..tape.variables() {
            let c = w.linear_coefficients(tape)[i];
            if c == 0.0 {
                continue;
            }
            let x = w.values[i];
            // c·x_i ≥ max c·x_i − slack
            let cut = if c > 0.0 {
                bounds(sub_down(x.sup(), up(slack / c)), f64::INFINITY)
            } else {
                bounds(f64::NEG_INFINITY, -sub_down(-x.inf(), up(slack / -c)))
            };
            if !tape.narrow(i as Slot, cut, w) {
                return false;
            }
        }
        true
    }
}
