//! Constructive disjunction: where several branches of a disjunction are possible, contract with each on its own and
//! keep the hull of what is left.

use super::hc4::{propagate, truth};
use super::{Contractor, Goal, Outcome, Spare};
use crate::formula::{Formula, Truth};
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::{Note, Workspace};

/// Disjunctions with more open branches than this are left to splitting.
const BRANCHES: usize = 8;

/// Constructive disjunction.
#[derive(Clone, Copy, Debug, Default)]
pub struct DisjunctionHull;

impl Contractor for DisjunctionHull {
    fn name(&self) -> &'static str {
        "disjunction"
    }

    fn contract(&self, problem: &Compiled, goal: &Goal, w: &mut Workspace, spare: &mut Spare) -> Outcome {
        let parts = match &problem.constraint {
            Formula::And(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        let mut outcome = Outcome::Inactive;
        for (place, part) in parts.iter().enumerate() {
            let Formula::Or(branches) = part else { continue };
            let status = |branch: &Formula<_>| branch.evaluate(&mut |atom| truth(atom, goal.delta, w));
            let decided = branches.iter().any(|branch| status(branch) == Truth::True);
            let open = branches.iter().filter(|branch| status(branch) == Truth::Unknown).count();
            if decided || !(2..=BRANCHES).contains(&open) {
                continue;
            }
            outcome = Outcome::Narrowed;
            problem.tape.store(w, &mut spare.before);
            spare.hull.fill(Interval::EMPTY);
            for (number, branch) in branches.iter().enumerate() {
                w.trace.note(|| Note::Branch { part: place, branch: number });
                problem.tape.load(&spare.before, w);
                if propagate(problem, goal, Some(branch), w) != Outcome::Empty {
                    for (hull, &slot) in spare.hull.iter_mut().zip(problem.tape.kept()) {
                        *hull = hull.convex_hull(w.values[slot as usize]);
                    }
                }
            }
            w.trace.note(|| Note::Hull(spare.hull.clone()));
            if spare.hull.iter().any(|bound| bound.is_empty()) {
                return Outcome::Empty;
            }
            problem.tape.load(&spare.hull, w);
            if !problem.tape.forward(w) {
                return Outcome::Empty;
            }
        }
        outcome
    }
}
