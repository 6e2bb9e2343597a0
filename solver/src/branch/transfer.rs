//! Violation transfer (Tawarmalani and Sahinidis 2004): split where most of a linear bound's excess is due, whatever kind of
//! thing is split there.
//!
//! A linear bound of the objective, or of an atom that is open, exceeds what can be attained because operators are replaced by
//! lines. The tape says how much of that each branching slot is to blame for
//! ([`transfer_violations`](crate::tape::Tape::transfer_violations)): a variable for the width that it passes on to all
//! operators above it, another slot for the bend of the operators that read it. So inputs, phases and
//! signs below noises are measured in the same unit, and no kind goes before another. Noises are not split while
//! anything else is: a row's enclosure is exact in its noise, and a linear bound eliminates it.
//!
//! The excess is shared by widths, layer by layer, which forgets that the paths from a variable cancel; the bound's own slopes
//! do not. A little of them ([`SLOPE`]) settles the order of variables that share alike, which the ACAS Xu networks need,
//! while with much of them a search keeps splitting what the objective is monotone in, where nothing is to be gained.
//!
//! Problems with staircases are left to [`Phases`]: their lines are steps apart however narrow the box is, so what the
//! relaxation owes them falls by whole steps, best taken where a variable has a jump, and shares of it say nothing.
//!
//! A decision has several atoms, any of which may be the one that refutes a box, and no bound that tells how far that is. There
//! every other level takes the widest variable, and so each is split infinitely often on every infinite path.

use super::largest::{best, best_of};
use super::smear::{add_relative, with_scores};
use super::{Brancher, Largest, Phases, Split, relative_width};
use crate::contract::truth;
use crate::formula::{Relation, Truth};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{LANES, Slot, Workspace};
use smallvec::SmallVec;

/// What a variable's share counts for beside that of a bend. Halving a variable takes less than its share away at once, but
/// narrows everything above it for good.
const VARIABLE: f64 = 2.0;
/// What the slopes of the bound count for beside the variables' shares.
const SLOPE: f64 = 0.1;

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
        if !problem.tape.stairs().is_empty() {
            return Phases.choose(problem, root, kept, depth, w);
        }
        let is_noise = |i: usize| problem.problem.variables[i].sort == Sort::Noise;
        let widest =
            || best(problem, kept, |i| if is_noise(i) { f64::NEG_INFINITY } else { relative_width(root[i], kept[i]) });
        let transferred = if problem.objective.is_none() && depth % 2 == 1 { None } else { transfer(problem, kept, w) };
        transferred.or_else(widest).or_else(|| Largest.choose(problem, root, kept, depth, w))
    }
}

/// The split to which the bounds of all roots owe most, relative to the excess of each.
fn transfer(problem: &Compiled, kept: &[Interval], w: &mut Workspace) -> Option<Split> {
    let tape = &problem.tape;
    let seeds = seeds(problem, w);
    let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = seeds.iter().map(|seed| &seed[..]).collect();
    tape.refresh_lines(w);
    tape.linear_bounds(&combinations, w);
    with_scores(kept.len(), |scores| {
        for (lane, &[(slot, _)]) in seeds.iter().enumerate() {
            // what has no bound blames nothing
            if w.linear_bound(lane).maximum < f64::INFINITY {
                tape.transfer_violations(lane, slot, w);
                add_shares(problem, kept, lane, slot, scores, w);
            }
        }
        best_of(scores, |position| split(problem, position, kept[position]))
    })
}

/// What is to be bounded from above: the objective, and what each open atom says to be at least zero.
fn seeds(problem: &Compiled, w: &Workspace) -> SmallVec<[[(Slot, f64); 1]; LANES]> {
    let objective = problem.objective.into_iter().map(|slot| [(slot, 1.0)]);
    let open = problem.constraint.conjuncts().filter(|atom| truth(atom, 0.0, w) == Truth::Unknown);
    let sides = open.flat_map(|atom| {
        let signs: &[f64] = match atom.relation {
            Relation::Ge | Relation::Gt => &[1.0],
            Relation::Le | Relation::Lt => &[-1.0],
            Relation::Eq => &[1.0, -1.0],
            Relation::Ne => &[],
        };
        signs.iter().map(|&sign| [(atom.expr, sign)])
    });
    objective.chain(sides).take(LANES).collect()
}

/// Adds the shares in the excess of one bound, relative to all.
fn add_shares(problem: &Compiled, kept: &[Interval], lane: usize, root: Slot, scores: &mut [f64], w: &Workspace) {
    let tape = &problem.tape;
    let n = tape.variables();
    let counts = |i: usize| problem.problem.variables[i].sort != Sort::Noise;
    let (variables, inner) = scores.split_at_mut(n);
    let slope = |i: usize| w.linear_coefficient(i as Slot, lane).abs() * kept[i].wid();
    add_relative(variables, |i| if counts(i) { slope(i) } else { 0.0 }, VARIABLE * SLOPE);
    // over all levels: the deeper a network, the less widths tell beside slopes
    let kept_slots = tape.kept().iter().filter(|&&slot| slot <= root);
    let total: f64 = kept_slots.map(|&slot| w.adjoints[slot as usize]).sum();
    if total > 0.0 {
        for (i, score) in variables.iter_mut().enumerate().filter(|&(i, _)| counts(i)) {
            *score += VARIABLE * w.adjoints[i] / total;
        }
        for (score, &slot) in inner.iter_mut().zip(&tape.kept()[n..]).take_while(|&(_, &slot)| slot <= root) {
            *score += w.bends[slot as usize] / total;
        }
    }
}

/// The split of a branching slot: a variable in the middle, another at zero.
fn split(problem: &Compiled, position: usize, bound: Interval) -> Option<Split> {
    if position < problem.tape.variables() {
        return super::halve(problem, position, bound);
    }
    super::at_zero(position, bound)
}
