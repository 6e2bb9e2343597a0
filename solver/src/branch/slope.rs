//! Slope: split the variable over whose width the linear bounds of the objective and the atoms move most, together with
//! the smear of the derivatives.
//!
//! The slopes of a linear bound say where the bound has to give way, the enclosures of the derivatives (which know no
//! relaxation) where the function may still turn. Each measure is taken relative to its sum over the variables, and for
//! each root; on the ACAS Xu properties the two together need a third of the boxes that either needs alone.

use super::largest::best;
use super::smear::{Smear, add_relative, with_scores};
use super::{Brancher, Largest, Split};
use crate::contract::truth;
use crate::formula::Truth;
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{LANES, Slot, Workspace};
use smallvec::SmallVec;

/// Slope.
#[derive(Clone, Copy, Debug, Default)]
pub struct Slope;

impl Brancher for Slope {
    fn name(&self) -> &'static str {
        "slope"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        self.choose_among(problem, kept, w, |_| true).or_else(|| Largest.choose(problem, root, kept, depth, w))
    }
}

impl Slope {
    /// The best split of a variable that is allowed and no noise; `None` where no bound depends on any.
    pub(super) fn choose_among(
        self,
        problem: &Compiled,
        kept: &[Interval],
        w: &mut Workspace,
        allowed: impl Fn(usize) -> bool,
    ) -> Option<Split> {
        let candidate = |i: usize| problem.problem.variables[i].sort != Sort::Noise && allowed(i);
        if !(0..problem.tape.variables()).any(|i| candidate(i) && !kept[i].is_singleton()) {
            return None;
        }
        let mut roots: SmallVec<[Slot; LANES]> = problem.objective.into_iter().collect();
        for atom in problem.constraint.conjuncts() {
            if truth(atom, 0.0, w) == Truth::Unknown && roots.len() < LANES / 2 {
                roots.push(atom.expr);
            }
        }
        with_scores(problem.tape.variables(), |scores| {
            add_slopes(problem, &roots, kept, scores, w);
            for &root in &roots {
                Smear::Sum.add(problem, root, kept, scores, w);
            }
            best(problem, kept, |i| if candidate(i) && scores[i] > 0.0 { scores[i] } else { f64::NEG_INFINITY })
        })
    }
}

/// Adds how much the lower and upper linear bounds of each root change over a variable's width, relative to all.
fn add_slopes(problem: &Compiled, roots: &[Slot], kept: &[Interval], scores: &mut [f64], w: &mut Workspace) {
    let seeds: SmallVec<[[(Slot, f64); 1]; LANES]> =
        roots.iter().flat_map(|&slot| [[(slot, 1.0)], [(slot, -1.0)]]).collect();
    let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = seeds.iter().map(|seed| &seed[..]).collect();
    problem.tape.linear_bounds(&combinations, w);
    for lane in (0..combinations.len()).step_by(2) {
        let w = &*w;
        let slope = |i: usize, lane| w.linear_coefficient(i as Slot, lane).abs();
        add_relative(scores, |i| (slope(i, lane) + slope(i, lane + 1)) * kept[i].wid(), 1.0);
    }
}
