//! One tree of boxes for several objectives of one problem.
//!
//! Most of the work on a box is the tightening of what lies below all objectives, which is the same for each of them. So a box
//! is tightened once and bounds all objectives that are open there, a lane each, and is split for the sake of the one that is
//! farthest from its target. Where a single objective is left, its own search takes over, whose cuts hold for it alone.

use super::rounds::Part;
use deltasat::branch::Brancher;
use deltasat::budget::Budget;
use deltasat::incumbent::{IncumbentFinder, Relaxed};
use deltasat::interval::Interval;
use deltasat::problem::Compiled;
use deltasat::search::{Probe, Statistics};
use deltasat::tape::Slot;

/// How deep the common tree grows: farther down a search of its own has its cuts and its linear programs.
const DEEPEST: u32 = 48;

/// Objectives of one problem, and the target of all of them.
pub(super) struct Together<'a> {
    /// the problem
    pub(super) all: &'a Compiled,
    /// the same problem with each of the objectives
    pub(super) aimed: &'a [&'a Compiled],
    pub(super) target: f64,
    pub(super) brancher: &'a dyn Brancher,
    pub(super) budget: &'a Budget,
}

/// What is left to search.
pub(super) struct Left {
    /// the objectives' numbers, and a search for each in some part of the root
    pub(super) parts: Vec<(usize, Part)>,
    /// for each objective: nothing outside of its parts exceeds this
    pub(super) upper: Vec<f64>,
    /// for each objective: nothing exceeds this
    pub(super) root: Vec<f64>,
    /// whether a point settled the question
    pub(super) settled: bool,
}

struct Branch {
    kept: Vec<Interval>,
    /// objectives that are not known to be at most the target in all of the box, with their bounds
    open: Vec<(usize, f64)>,
    depth: u32,
}

impl Together<'_> {
    /// Splits the root until in each part one objective at most is left, or `settles` says of a point of some objective that
    /// it answers the question.
    pub(super) fn run(&self, settles: &mut dyn FnMut(usize, &[f64]) -> bool, statistics: &mut Statistics) -> Left {
        let mut probe = Probe::new(self.all);
        let root = self.all.root();
        let count = self.aimed.len();
        let (upper, bounds) = (vec![f64::NEG_INFINITY; count], vec![f64::INFINITY; count]);
        let mut left = Left { parts: Vec::new(), upper, root: bounds, settled: false };
        let open = (0..self.aimed.len()).map(|side| (side, f64::INFINITY)).collect();
        let mut stack = vec![Branch { kept: root.clone(), open, depth: 0 }];
        let mut point = vec![0.0; self.all.tape.variables()];
        while let Some(mut branch) = stack.pop() {
            if self.budget.stopped().is_some() || self.budget.boxes().is_some_and(|most| statistics.boxes >= most) {
                self.hand_over(branch, &mut left);
                continue;
            }
            statistics.boxes += 1;
            statistics.depth = statistics.depth.max(branch.depth);
            self.bound(&mut probe, &mut branch, &mut left);
            let Some(&(worst, _)) = branch.open.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
                statistics.pruned += 1;
                continue;
            };
            if branch.open.len() == 1 || branch.depth >= DEEPEST {
                self.hand_over(branch, &mut left);
                continue;
            }
            let problem = self.aimed[worst];
            let variables = ..self.all.tape.variables();
            let w = probe.workspace();
            let found = Relaxed.propose(problem, &root[variables], &branch.kept[variables], 0, &mut point, w);
            if found.is_some_and(|value| value > self.target) && settles(worst, &point) {
                left.settled = true;
                return left;
            }
            // the workspace was used for a point: fill it again for the brancher
            self.all.tape.load(&branch.kept, w);
            self.all.tape.forward(w);
            let Some(split) = self.brancher.choose(problem, &root, &branch.kept, branch.depth, w) else {
                self.hand_over(branch, &mut left);
                continue;
            };
            statistics.splits += 1;
            for half in [split.upper, split.lower] {
                let mut kept = branch.kept.clone();
                kept[split.position] = half;
                stack.push(Branch { kept, open: branch.open.clone(), depth: branch.depth + 1 });
            }
        }
        left
    }

    /// Tightens a box, and keeps those objectives open that may exceed the target there.
    fn bound(&self, probe: &mut Probe, branch: &mut Branch, left: &mut Left) {
        let objectives: Vec<Slot> = branch.open.iter().filter_map(|&(side, _)| self.aimed[side].objective).collect();
        let is_done = |_, bound| bound <= self.target;
        let bounds = probe.bounds(self.all, &mut branch.kept, &objectives, is_done, self.budget);
        for ((side, known), bound) in branch.open.iter_mut().zip(bounds) {
            *known = known.min(bound);
            if branch.depth == 0 {
                left.root[*side] = bound;
            }
            if *known <= self.target {
                left.upper[*side] = left.upper[*side].max(*known);
            }
        }
        branch.open.retain(|&(_, bound)| bound > self.target);
    }

    /// Leaves a box to searches of its own.
    fn hand_over(&self, branch: Branch, left: &mut Left) {
        for (side, bound) in branch.open {
            let part = Part::new(self.aimed[side].clone(), branch.kept.clone(), self.target, bound);
            left.parts.push((side, part));
        }
    }
}
