//! HC4 (Benhamou, Goualard, Granvilliers, Puget 1999) over the whole shared graph, to a fixpoint.
//!
//! One round: a forward sweep; the conjunctive atoms (and a disjunction's only branch that is not refuted) cut the
//! slots of their expressions; the objective's slot is cut to the threshold; a backward sweep carries the cuts to the
//! variables. Rounds repeat while some branching slot lost at least [`WORTHWHILE`] of its width, at most [`ROUNDS`] times:
//! slow convergence is left to splitting.

use super::{Contractor, Goal, Outcome, Spare};
use crate::formula::{Atom, Formula, Truth};
use crate::interval::bounds;
use crate::problem::Compiled;
use crate::tape::{Reason, Slot, Workspace};

/// The share of a slot's width that a round must remove to be followed by another.
const WORTHWHILE: f64 = 0.1;
/// The largest number of rounds on one box.
const ROUNDS: usize = 12;

/// HC4 to a fixpoint.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hc4;

impl Contractor for Hc4 {
    fn name(&self) -> &'static str {
        "hc4"
    }

    fn contract(&self, problem: &Compiled, goal: &Goal, w: &mut Workspace, spare: &mut Spare) -> Outcome {
        for round in 0..ROUNDS {
            problem.tape.store(w, &mut spare.before);
            let outcome = propagate(problem, goal, None, w);
            if outcome == Outcome::Empty {
                return Outcome::Empty;
            }
            let after = problem.tape.kept().iter().map(|&slot| w.values[slot as usize]);
            let mut pairs = spare.before.iter().copied().zip(after);
            if outcome != Outcome::Narrowed {
                // Known bounds of inner slots and the domains of partial operators narrow without a cut; and the slots
                // that an earlier round cut hold whatever their operators say.
                let narrowed = round > 0 || pairs.any(|(before, after)| before != after);
                return match outcome {
                    _ if narrowed => Outcome::Narrowed,
                    Outcome::Inactive if problem.tape.is_defined(w) => Outcome::Inactive,
                    _ => Outcome::Fixpoint,
                };
            }
            let worthwhile = pairs.any(|(before, after)| {
                let (before, after) = (before.wid(), after.wid());
                after < (1.0 - WORTHWHILE) * before || (before == f64::INFINITY && after < before)
            });
            if !worthwhile {
                return Outcome::Narrowed;
            }
        }
        Outcome::Narrowed
    }
}

/// One round of HC4, with an additional formula imposed where one is given. `Inactive` when the constraints hold on the
/// whole box, `Fixpoint` when nothing is cut.
pub(super) fn propagate(problem: &Compiled, goal: &Goal, also: Option<&Formula<Slot>>, w: &mut Workspace) -> Outcome {
    let tape = &problem.tape;
    if !tape.forward(w) {
        return Outcome::Empty;
    }
    let mut state = Imposed { cut: false, decided: true };
    for formula in std::iter::once(&problem.constraint).chain(also) {
        if !impose(problem, formula, goal.delta, w, &mut state) {
            return Outcome::Empty;
        }
    }
    for atom in &problem.implied {
        if !impose_atom(problem, atom, goal.delta, w, &mut state) {
            return Outcome::Empty;
        }
    }
    if let Some(objective) = problem.objective
        && goal.threshold > f64::NEG_INFINITY
    {
        let held = w.values[objective as usize];
        if held.sup() < goal.threshold {
            w.trace.refute(Reason::Threshold);
            return Outcome::Empty;
        }
        if held.inf() < goal.threshold {
            state = Imposed { cut: true, decided: false };
            tape.narrow(objective, bounds(goal.threshold, f64::INFINITY), Reason::Threshold, w);
        }
    }
    if !tape.backward(w) {
        return Outcome::Empty;
    }
    match state {
        Imposed { decided: true, .. } => Outcome::Inactive,
        Imposed { cut: false, .. } => Outcome::Fixpoint,
        _ => Outcome::Narrowed,
    }
}

struct Imposed {
    /// a slot was narrowed
    cut: bool,
    /// everything imposed holds on the whole box
    decided: bool,
}

/// Cuts the slots of a formula; false when it is refuted.
fn impose(problem: &Compiled, formula: &Formula<Slot>, delta: f64, w: &mut Workspace, state: &mut Imposed) -> bool {
    match formula {
        Formula::Atom(atom) => impose_atom(problem, atom, delta, w, state),
        Formula::Literal(_) => {
            state.decided = false;
            true
        }
        Formula::And(parts) => parts.iter().all(|part| impose(problem, part, delta, w, state)),
        Formula::Or(parts) => {
            let mut open = None;
            let mut several = false;
            for part in parts {
                match part.evaluate(&mut |atom| truth(atom, delta, w)) {
                    Truth::True => return true,
                    Truth::False => {}
                    Truth::Unknown => {
                        several |= open.is_some();
                        open = Some(part);
                    }
                }
            }
            match open {
                None => w.trace.refute(Reason::Disjunction),
                Some(_) if several => {
                    state.decided = false;
                    true
                }
                Some(part) => impose(problem, part, delta, w, state),
            }
        }
    }
}

fn impose_atom(problem: &Compiled, atom: &Atom<Slot>, delta: f64, w: &mut Workspace, state: &mut Imposed) -> bool {
    let value = w.values[atom.expr as usize];
    match truth(atom, delta, w) {
        Truth::True => true,
        Truth::False => w.trace.refute(Reason::Atom(*atom)),
        Truth::Unknown => {
            state.decided = false;
            let target = atom.relation.target(delta);
            state.cut |= !value.subset(target);
            problem.tape.narrow(atom.expr, target, Reason::Atom(*atom), w)
        }
    }
}

/// The truth of an atom, weakened by `delta`, over the box in the workspace.
pub(crate) fn truth(atom: &Atom<Slot>, delta: f64, w: &Workspace) -> Truth {
    let value = w.values[atom.expr as usize];
    let exact = atom.relation.truth(value);
    if delta == 0.0 || exact == Truth::True {
        return exact;
    }
    if atom.relation.weakly_true(value, delta) {
        Truth::True
    } else if value.disjoint(atom.relation.target(delta)) {
        Truth::False
    } else {
        Truth::Unknown
    }
}
