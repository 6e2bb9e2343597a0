//! Few best: of the splits that promise most, the one after which the relaxation is smallest (filtered smart branching, De
//! Palma et al. 2021; strong branching, Applegate et al. 1995).
//!
//! Where a box is open in many variables, the candidates are the signs with the largest gaps, and the operands of
//! a curved increment, as the logit and its change are to a change of confidence: once phases are known these two are all that the
//! objective depends on. The relaxation of either part is solved as a linear program; what a split gains in the
//! better half counts only as far as it gains in the worse.
//!
//! In fewer variables it is a portfolio in one tree. Neither [`Transfer`] nor [`Phases`] wins on all networks: the first closes
//! formulas of twin networks that the second leaves open, and splits for ever where a perturbation is coarse
//! (`sensitivity models/moons_relu_2-16-16-2.json --quantize int8`). By turns they are as good as the better of the two, or
//! better: the 54 global questions on the models of two inputs take 2,932 boxes by turns, 4,293 and 3,205 alone.

use super::{Brancher, Phases, Split, Transfer, at_zero, halve};
use crate::contract::Solve;
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::{Demand, Workspace};
use smallvec::SmallVec;

/// How many signs are tried.
const SIGNS: usize = 4;
/// How many operands of curved operators.
const CURVED: usize = 2;
/// The least gain that counts, as a share of what is missing: a split that helps in one half is better than none.
const LEAST: f64 = 1e-3;

/// Few best.
#[derive(Clone, Copy, Debug, Default)]
pub struct FewBest {
    /// which boxes are worth that
    pub solve: Solve,
}

impl Brancher for FewBest {
    fn name(&self) -> &'static str {
        "few-best"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        if problem.objective.is_none() || w.threshold == f64::NEG_INFINITY || !self.solve.covers(problem, w) {
            return portfolio(problem, root, kept, depth, w);
        }
        if let Some(split) = Phases.sign_of_objective(problem, kept) {
            return Some(split);
        }
        let best = best_of(problem, kept, &candidates(problem, kept, w), w);
        best.or_else(|| {
            // the workspace holds a part of the box
            problem.tape.load(kept, w);
            let filled = problem.tape.forward(w);
            filled.then(|| portfolio(problem, root, kept, depth, w)).flatten()
        })
    }
}

/// Violation transfer and phases by turns; a decision has no bound of an objective that phases could gain on.
fn portfolio(problem: &Compiled, root: &[Interval], kept: &[Interval], depth: u32, w: &mut Workspace) -> Option<Split> {
    match problem.objective.is_some() && depth % 2 == 1 {
        true => Phases.choose(problem, root, kept, depth, w),
        false => Transfer.choose(problem, root, kept, depth, w),
    }
}

type Candidates = SmallVec<[Split; SIGNS + CURVED]>;

fn candidates(problem: &Compiled, kept: &[Interval], w: &mut Workspace) -> Candidates {
    let tape = &problem.tape;
    let Some(objective) = problem.objective else { return Candidates::new() };
    tape.linear_bound(&[(objective, 1.0)], w);
    let mut signs = SmallVec::<[(f64, Split); SIGNS + 1]>::new();
    for (position, &bound) in kept.iter().enumerate().skip(tape.variables()) {
        let gap = tape.phase_gap(position, w);
        let place = signs.iter().position(|&(other, _)| gap > other).unwrap_or(signs.len());
        if gap > 0.0
            && place < SIGNS
            && let Some(split) = at_zero(position, bound)
        {
            signs.insert(place, (gap, split));
            signs.truncate(SIGNS);
        }
    }
    let mut found: Candidates = signs.into_iter().map(|(_, split)| split).collect();
    for (position, &bound) in kept.iter().enumerate().skip(tape.variables()).rev() {
        if found.len() < SIGNS + CURVED && tape.is_curved(position, w) {
            found.extend(halve(problem, position, bound));
        }
    }
    found
}

/// The candidate whose parts have the smallest relaxations.
fn best_of(problem: &Compiled, kept: &[Interval], candidates: &[Split], w: &mut Workspace) -> Option<Split> {
    let objective = problem.objective?;
    let whole = w.values[objective as usize].sup();
    let missing = whole - w.threshold;
    if !(missing > 0.0 && missing.is_finite()) {
        return None;
    }
    let mut best = None;
    for split in candidates {
        let mut score = 1.0;
        for part in [split.lower, split.upper] {
            let bound = bound_of_part(problem, kept, split.position, part, w)?;
            score *= ((whole - bound.max(w.threshold)) / missing).clamp(LEAST, 1.0);
        }
        if best.as_ref().is_none_or(|&(most, _)| score > most) {
            best = Some((score, *split));
        }
    }
    best.map(|(_, split)| split)
}

/// What the relaxation of a part of the box is at most; `None` where it is no small program.
fn bound_of_part(
    problem: &Compiled,
    kept: &[Interval],
    position: usize,
    part: Interval,
    w: &mut Workspace,
) -> Option<f64> {
    let tape = &problem.tape;
    let mut bounds = std::mem::take(&mut w.part);
    bounds.clear();
    bounds.extend_from_slice(kept);
    bounds[position] = part;
    tape.load(&bounds, w);
    w.part = bounds;
    if !tape.forward(w) {
        return Some(f64::NEG_INFINITY);
    }
    let mut multipliers = std::mem::take(&mut w.part_multipliers);
    multipliers.clear();
    multipliers.resize(kept.len(), 0.0);
    let mut demands: SmallVec<[Demand; 8]> = problem.demands(w).map(Demand::new).collect();
    let found = tape.solve_relaxation(problem.objective?, w.threshold, &mut demands, &mut multipliers, w);
    tape.drop_shares(w);
    w.part_multipliers = multipliers;
    found.map(|bound| bound.min(w.values[problem.objective.map_or(0, |slot| slot as usize)].sup()))
}
