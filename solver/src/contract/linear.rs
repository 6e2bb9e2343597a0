//! Contraction by linear bounds: a relaxation bounds the objective and the atoms by linear functions of the variables,
//! which refute the box, tighten the slot, or cut the variables' domains.
//!
//! With an upper bound `g(x) = Σ c_i x_i + c` of the objective, a point of interest has `g(x) ≥ t`, so
//! `c_i x_i ≥ t − c − Σ_{k≠i} max c_k x_k`, which bounds `x_i`. Before that, in [`Self::refine`] rounds, the bounds of
//! the kept slots that are not variables (pre-activations) are tightened in the same way, layer by layer; and where more
//! is known of one than its linear bounds say, such as the sign that was split, these cut the variables too (Zhou et al. 2025,
//! *Clip-and-Verify*).

use super::{Contractor, Goal, Outcome, Spare};
use crate::formula::Relation;
use crate::interval::bounds;
use crate::interval::round::{sub_down, sub_up, up};
use crate::problem::Compiled;
use crate::relax::Relaxation;
use crate::tape::{LANES, Reason, Slot, Tape, Workspace};
use smallvec::SmallVec;

/// Contraction by linear bounds.
#[derive(Clone, Copy, Debug)]
pub struct LinearBounds<R> {
    /// where the linear bounds come from
    pub relaxation: R,
    /// whether intermediate kept slots are tightened too
    pub refine: bool,
    /// where the relaxation of the objective is solved as a linear program, if ascent does not refute the box
    pub solve: Solve,
}

/// Which boxes' relaxations are worth a linear program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Solve {
    /// none
    Never,
    /// those open in many variables, which cannot be halved one by one
    #[default]
    Wide,
    /// all
    Always,
}

impl Solve {
    /// Whether the box in the workspace is one of them.
    pub(crate) fn covers(self, problem: &Compiled, w: &Workspace) -> bool {
        self == Solve::Always || (self == Solve::Wide && problem.is_wide(w))
    }
}

impl<R: Relaxation> Contractor for LinearBounds<R> {
    fn name(&self) -> &'static str {
        self.relaxation.name()
    }

    fn contract(&self, problem: &Compiled, goal: &Goal, w: &mut Workspace, spare: &mut Spare) -> Outcome {
        let tape = &problem.tape;
        tape.refresh_lines(w);
        if self.refine && !self.tighten_kept(tape, w, spare) {
            return Outcome::Empty;
        }
        if let Some(objective) = problem.objective
            && !self.impose_objective(problem, objective, goal.threshold, w, spare)
        {
            return Outcome::Empty;
        }
        let mut demands = SmallVec::<[Demand; LANES]>::new();
        for (index, atom) in problem.constraint.conjuncts().chain(&problem.implied).enumerate() {
            // what held before anything was cut holds still; a slot that was cut, or whose operands were, does not tell
            if w.open.get(index).is_some_and(|open| !open) {
                continue;
            }
            demands.extend(Demand::of(atom.expr, atom.relation, goal.delta).into_iter().flatten());
        }
        // what is left over is left to the other contractors
        let sweeps = (ATOM_VISITS / tape.slots().max(1)).max(1);
        let mut chunks = demands.chunks(LANES).take(sweeps).take_while(|_| !spare.budget.expired());
        if chunks.all(|chunk| self.impose(tape, chunk, w)) { Outcome::Narrowed } else { Outcome::Empty }
    }
}

/// How many slots all sweeps over one box may visit to tighten kept slots. No network comes near it; a formula that nests
/// a hundred thousand deep, with as many kept slots one above another, would take the square of that.
const VISITS: usize = 1 << 24;
/// How many slots the sweeps over one box may visit for the atoms' sake; tens of thousands of atoms would take their square.
const ATOM_VISITS: usize = 1 << 21;

/// `sign·slot ≥ level`
#[derive(Clone, Copy)]
struct Demand {
    seed: [(Slot, f64); 1],
    level: f64,
}

impl Demand {
    /// What an atom weakened by `delta` demands.
    fn of(slot: Slot, relation: Relation, delta: f64) -> [Option<Demand>; 2] {
        let demand = |sign| Some(Demand { seed: [(slot, sign)], level: -delta });
        match relation {
            Relation::Le | Relation::Lt => [demand(-1.0), None],
            Relation::Ge | Relation::Gt => [demand(1.0), None],
            Relation::Eq => [demand(-1.0), demand(1.0)],
            Relation::Ne => [None, None],
        }
    }
}

impl<R: Relaxation> LinearBounds<R> {
    /// Bounds the objective, and cuts the variables by the demand that it reach the threshold; false when no point is left.
    fn impose_objective(
        &self,
        problem: &Compiled,
        objective: Slot,
        threshold: f64,
        w: &mut Workspace,
        spare: &mut Spare,
    ) -> bool {
        let tape = &problem.tape;
        let seeds = [[(objective, 1.0)], [(objective, -1.0)]];
        self.relaxation.bounds(tape, &[&seeds[0], &seeds[1]], w);
        let (upper, lower) = (w.linear_bound(0).maximum, -w.linear_bound(1).maximum);
        let [above, below] = [0, 1].map(|lane| Lane { lane, seeds: &seeds[lane], offset: 0.0 });
        if !narrow(tape, objective, (lower, upper), [below, above], w)
            || (lower < threshold && !cut(tape, above, threshold, w))
        {
            return false;
        }
        if threshold == f64::NEG_INFINITY || upper <= threshold {
            return true;
        }
        let mut upper = spare.multipliers.ascend(tape, objective, threshold, w);
        if upper >= threshold
            && self.solve.covers(problem, w)
            && let Some((solved, offset)) = spare.multipliers.solve(problem, objective, threshold, w)
        {
            if solved < upper {
                tape.keep_line(spare.multipliers.seeds(), offset, threshold, w);
                upper = solved;
            }
            let solved = Lane { lane: 0, seeds: spare.multipliers.seeds(), offset };
            if !cut(tape, solved, threshold, w) {
                return false;
            }
        }
        if upper < w.values[objective as usize].sup() {
            w.note_best_line();
        }
        if upper < threshold {
            return w.trace.refute(Reason::Line);
        }
        tape.narrow(objective, bounds(f64::NEG_INFINITY, upper), Reason::Line, w)
    }

    /// Tightens the kept slots in ascending order, group by group, each after a forward sweep up to it has passed on the
    /// earlier gains.
    pub(crate) fn tighten_kept(&self, tape: &Tape, w: &mut Workspace, spare: &Spare) -> bool {
        let mut reached = None;
        let mut visited = 0;
        for group in tape.kept_groups() {
            let last = tape.kept()[group.end - 1];
            if !tape.forward_between(reached, Some(last), w) {
                return false;
            }
            reached = Some(last);
            if spare.budget.expired() || visited > VISITS {
                break;
            }
            let mut open = SmallVec::<[Slot; LANES / 2]>::new();
            for position in group.clone() {
                if !tape.is_settled(position, w) {
                    open.push(tape.kept()[position]);
                }
                if !open.is_empty() && (open.len() == LANES / 2 || position + 1 == group.end) {
                    visited += last as usize;
                    if !self.tighten(tape, &mut open, w) {
                        return false;
                    }
                }
            }
        }
        tape.forward_between(reached, None, w)
    }

    /// Intersects slots with their linear bounds of both sides, cuts the variables by what is known beyond those, and empties
    /// the list.
    fn tighten(&self, tape: &Tape, slots: &mut SmallVec<[Slot; LANES / 2]>, w: &mut Workspace) -> bool {
        let seeds: SmallVec<[[(Slot, f64); 1]; LANES]> =
            slots.iter().flat_map(|&slot| [[(slot, 1.0)], [(slot, -1.0)]]).collect();
        let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = seeds.iter().map(|seed| &seed[..]).collect();
        self.relaxation.bounds(tape, &combinations, w);
        let tightened = slots.iter().enumerate().all(|(i, &slot)| {
            let (upper, lower) = (w.linear_bound(2 * i).maximum, -w.linear_bound(2 * i + 1).maximum);
            let known = w.values[slot as usize];
            // what is known beyond the linear bound (a phase that was split) says something of the variables
            let [above, below] = [2 * i, 2 * i + 1].map(|lane| Lane { lane, seeds: &seeds[lane], offset: 0.0 });
            narrow(tape, slot, (lower, upper), [below, above], w)
                && (lower >= known.inf() || cut(tape, above, known.inf(), w))
                && (upper <= known.sup() || cut(tape, below, -known.sup(), w))
        });
        slots.clear();
        tightened
    }

    /// Cuts the variables by at most [`LANES`] demands; false when no point is left.
    fn impose(&self, tape: &Tape, demands: &[Demand], w: &mut Workspace) -> bool {
        let combinations: SmallVec<[&[(Slot, f64)]; LANES]> = demands.iter().map(|demand| &demand.seed[..]).collect();
        self.relaxation.bounds(tape, &combinations, w);
        demands.iter().enumerate().all(|(lane, demand)| {
            let lane = Lane { lane, seeds: &demand.seed, offset: 0.0 };
            cut(tape, lane, demand.level, w)
        })
    }
}

/// A bound of the last sweep.
#[derive(Clone, Copy)]
struct Lane<'a> {
    lane: usize,
    /// what it bounds
    seeds: &'a [(Slot, f64)],
    /// what is added to it
    offset: f64,
}

impl Lane<'_> {
    fn note(self, tape: &Tape, level: f64, w: &mut Workspace) {
        tape.note_line(self.lane, self.seeds, self.offset, level, w);
    }
}

/// Cuts a slot to what two lanes say of it; false when nothing is left.
fn narrow(
    tape: &Tape,
    slot: Slot,
    (lower, upper): (f64, f64),
    [below, above]: [Lane<'_>; 2],
    w: &mut Workspace,
) -> bool {
    if w.trace.wants.lines {
        let held = w.values[slot as usize];
        if lower > held.inf() {
            below.note(tape, f64::NEG_INFINITY, w);
            if !tape.narrow(slot, bounds(lower, f64::INFINITY), Reason::Line, w) {
                return false;
            }
        }
        if upper < held.sup() {
            above.note(tape, f64::NEG_INFINITY, w);
        }
    }
    tape.narrow(slot, bounds(lower, upper), Reason::Line, w)
}

/// Cuts the variables by the demand that the bound in a lane and its offset be at least `level`; false when no point is left.
/// They may have shrunk since the bound was found.
fn cut(tape: &Tape, lane: Lane<'_>, level: f64, w: &mut Workspace) -> bool {
    let Lane { lane: number, offset, .. } = lane;
    let bound = w.linear_bound(number);
    let demanded = if offset == 0.0 { level } else { sub_down(level, offset) };
    if bound.maximum < demanded {
        lane.note(tape, level, w);
        return w.trace.refute(Reason::Line);
    }
    if bound.maximum == f64::INFINITY {
        return true;
    }
    // Σ c_i x_i + c ≥ level: what x_i can be when the others are at their best
    let slack = sub_up(bound.maximum, demanded);
    let mut noted = !w.trace.wants.lines;
    for i in 0..tape.variables() {
        let c = w.linear_coefficient(i as Slot, number);
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
        if !noted && !x.subset(cut) {
            lane.note(tape, level, w);
            noted = true;
        }
        if !tape.narrow(i as Slot, cut, Reason::Line, w) {
            return false;
        }
    }
    true
}
