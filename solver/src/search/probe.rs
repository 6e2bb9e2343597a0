//! Probing a root: upper bounds of many objectives over one box, before any of them is searched for.
//!
//! The objectives share everything but the last sweep: one forward sweep, one round of tightening the kept slots, and a lane
//! each of a backward linear sweep. What this bounds by its target needs no search; for the others the tightened box is
//! a better root.

use crate::budget::Budget;
use crate::contract::{LinearBounds, Solve, Spare};
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::relax::{Backward, Relaxation};
use crate::tape::{LANES, Slot, Workspace};
use smallvec::SmallVec;

/// The memory of probes of one problem.
pub struct Probe {
    w: Workspace,
    spare: Spare,
}

impl Probe {
    /// Memory for a problem.
    pub fn new(problem: &Compiled) -> Self {
        Probe { w: Workspace::new(&problem.tape), spare: Spare::new(problem) }
    }

    /// The workspace, for finders.
    pub fn workspace(&mut self) -> &mut Workspace {
        &mut self.w
    }

    /// Upper bounds of some slots over the box `root` of kept slots, which becomes smaller; `−∞` of all where it is empty.
    /// The work ends as soon as all bounds are low enough for `is_done`, told of a position in `objectives` and its bound.
    pub fn bounds(
        &mut self,
        problem: &Compiled,
        root: &mut [Interval],
        objectives: &[Slot],
        is_done: impl Fn(usize, f64) -> bool,
        budget: &Budget,
    ) -> Vec<f64> {
        let Probe { w, spare } = self;
        let tape = &problem.tape;
        let nothing = || vec![f64::NEG_INFINITY; objectives.len()];
        tape.load(root, w);
        if !tape.forward(w) {
            return nothing();
        }
        let mut bounds: Vec<f64> = objectives.iter().map(|&slot| w.values[slot as usize].sup()).collect();
        let open = |bounds: &[f64]| -> Vec<usize> { (0..bounds.len()).filter(|&i| !is_done(i, bounds[i])).collect() };
        if open(&bounds).is_empty() {
            return bounds;
        }
        spare.budget = budget.clone();
        let linear = LinearBounds { relaxation: Backward, refine: true, solve: Solve::Never };
        tape.refresh_lines(w);
        if !linear.tighten_kept(tape, w, spare) {
            return nothing();
        }
        for lanes in open(&bounds).chunks(LANES) {
            let seeds: SmallVec<[[(Slot, f64); 1]; LANES]> = lanes.iter().map(|&i| [(objectives[i], 1.0)]).collect();
            let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = seeds.iter().map(|seed| &seed[..]).collect();
            linear.relaxation.bounds(tape, &combinations, w);
            for (lane, &i) in lanes.iter().enumerate() {
                let forward = w.values[objectives[i] as usize].sup();
                bounds[i] = bounds[i].min(forward).min(w.linear_bound(lane).maximum);
            }
        }
        tape.store(w, root);
        bounds
    }
}
