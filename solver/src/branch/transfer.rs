//! Violation transfer: split where the most of the linear bound's excess goes away, whatever kind of thing is split.

use super::smear::with_scores;
use super::{Brancher, Largest, Split, halve, halve_integers};
use crate::contract::truth;
use crate::formula::{Relation, Truth};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{LANES, Slot, Workspace};
use smallvec::SmallVec;

fn env(name: &str, default: f64) -> f64 {
    std::env::var(name).ok().and_then(|x| x.parse().ok()).unwrap_or(default)
}

/// Violation transfer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Transfer;

impl Brancher for Transfer {
    fn name(&self) -> &'static str {
        "transfer"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        use std::sync::OnceLock;
        static E: OnceLock<(f64, f64)> = OnceLock::new();
        let &(period, half) = E.get_or_init(|| (env("PERIOD", 3.0), env("HALF", 0.5)));
        let largest = |w: &mut Workspace| Largest.choose(problem, root, kept, depth, w);
        if period > 0.0 && depth % period as u32 == period as u32 - 1 {
            return largest(w);
        }
        let tape = &problem.tape;
        let mut seeds: SmallVec<[[(Slot, f64); 1]; LANES]> =
            problem.objective.into_iter().map(|slot| [(slot, 1.0)]).collect();
        for atom in problem.constraint.conjuncts() {
            if seeds.len() + 2 > LANES {
                break;
            }
            if truth(atom, 0.0, w) != Truth::Unknown {
                continue;
            }
            if matches!(atom.relation, Relation::Ge | Relation::Gt | Relation::Eq) {
                seeds.push([(atom.expr, 1.0)]);
            }
            if matches!(atom.relation, Relation::Le | Relation::Lt | Relation::Eq) {
                seeds.push([(atom.expr, -1.0)]);
            }
        }
        if seeds.is_empty() {
            return largest(w);
        }
        let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = seeds.iter().map(|seed| &seed[..]).collect();
        tape.refresh_lines(w);
        tape.linear_bounds(&combinations, w);
        let found = with_scores(kept.len(), |scores| {
            for (lane, &[(slot, _)]) in seeds.iter().enumerate() {
                tape.transfer_violations(lane, slot, w);
                let total =
                    |w: &Workspace| -> f64 { (0..kept.len()).map(|i| w.adjoints[tape.kept()[i] as usize]).sum() };
                let total = total(w);
                if !(total > 0.0) {
                    continue;
                }
                for (i, score) in scores.iter_mut().enumerate() {
                    let slot = tape.kept()[i];
                    if slot > seeds[lane][0].0 && i >= tape.variables() {
                        break;
                    }
                    let gain = if i < tape.variables() {
                        if problem.problem.variables[i].sort == Sort::Noise {
                            0.0
                        } else {
                            half * w.adjoints[slot as usize]
                        }
                    } else {
                        w.bends[slot as usize]
                    };
                    *score += gain / total;
                }
            }
            let mut best = None;
            let mut highest = 0.0;
            for (i, &score) in scores.iter().enumerate() {
                if score > highest
                    && let Some(split) = split_at(problem, i, kept[i])
                {
                    highest = score;
                    best = Some(split);
                }
            }
            best
        });
        found.or_else(|| largest(w))
    }
}

fn split_at(problem: &Compiled, position: usize, bound: Interval) -> Option<Split> {
    if position < problem.tape.variables() {
        return halve(problem, position, bound);
    }
    if problem.tape.stairs().iter().any(|stair| stair.position == position) {
        return halve_integers(position, bound);
    }
    (bound.inf() < 0.0 && bound.sup() > 0.0).then(|| Split {
        position,
        lower: bounds(bound.inf(), 0.0),
        upper: bounds(0.0, bound.sup()),
    })
}
