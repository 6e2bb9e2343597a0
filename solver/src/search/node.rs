//! What is done to one box, independently of all others: contraction, bounding, a candidate point, the choice of a split.

use super::Strategy;
use super::pool::Node;
use crate::branch::Split;
use crate::budget::Budget;
use crate::contract::{Goal, Outcome, Spare, truth};
use crate::formula::Truth;
use crate::incumbent::{centre, project, start};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{Note, Wants, Workspace};

/// The memory of one worker.
pub(super) struct Worker {
    pub(super) w: Workspace,
    spare: Spare,
    trial: Vec<f64>,
    /// what the observer wants to be told of each box
    wants: Wants,
}

impl Worker {
    /// The memory for one problem; the budget ends even a long contraction.
    pub(super) fn new(problem: &Compiled, budget: &Budget, wants: Wants) -> Self {
        let mut spare = Spare::new(problem);
        spare.budget = budget.clone();
        Worker { w: Workspace::new(&problem.tape), spare, trial: vec![0.0; problem.tape.variables()], wants }
    }
}

/// What became of a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    /// no solution, or none that reaches the threshold
    Refuted { by: &'static str },
    /// the centre of the box, in `Item::point`, satisfies the formula weakened by δ
    Holds,
    /// it may hold solutions; split it (`None`: it cannot be)
    Open(Option<Split>),
}

/// A box being examined, with room for all that is found.
pub(super) struct Item {
    pub(super) node: Option<Node>,
    /// the kept slots, contracted in place
    pub(super) kept: Vec<Interval>,
    pub(super) bound: f64,
    /// upper bound of the objective before contraction: what contraction removes is not above it
    pub(super) entry: f64,
    pub(super) fate: Fate,
    /// a point worth certifying, and its objective in doubles
    pub(super) candidate: Option<f64>,
    pub(super) point: Vec<f64>,
    /// what happened to it, where that is watched
    pub(super) notes: Vec<Note>,
}

impl Item {
    pub(super) fn new(problem: &Compiled) -> Self {
        Item {
            node: None,
            kept: vec![Interval::EMPTY; problem.tape.kept().len()],
            bound: f64::INFINITY,
            entry: f64::INFINITY,
            fate: Fate::Open(None),
            candidate: None,
            point: vec![0.0; problem.tape.variables()],
            notes: Vec::new(),
        }
    }
}

/// Examines a box, and hands over what was noted on the way.
pub(super) fn examine(
    problem: &Compiled,
    strategy: &Strategy,
    goal: &Goal,
    root: &[Interval],
    item: &mut Item,
    worker: &mut Worker,
) {
    let trace = &mut worker.w.trace;
    trace.wants = worker.wants;
    trace.note(|| Note::Enter { kept: item.kept.clone(), threshold: goal.threshold });
    treat(problem, strategy, goal, root, item, worker);
    let trace = &mut worker.w.trace;
    trace.wants = Wants::default();
    item.notes.clear();
    item.notes.append(&mut trace.notes);
}

fn treat(
    problem: &Compiled,
    strategy: &Strategy,
    goal: &Goal,
    root: &[Interval],
    item: &mut Item,
    worker: &mut Worker,
) {
    let tape = &problem.tape;
    let Worker { w, spare, trial, wants } = worker;
    item.candidate = None;
    item.entry = item.bound;
    // contraction never uses δ: what it refutes has no solution
    let exact = Goal { delta: 0.0, ..*goal };
    w.threshold = goal.threshold;
    tape.load(&item.kept, w);
    if item.kept.iter().any(|bound| bound.is_empty()) || !tape.forward(w) {
        item.fate = Fate::Refuted { by: "enclosure" };
        return;
    }
    let mut open = std::mem::take(&mut w.open);
    open.clear();
    let atoms = problem.constraint.conjuncts().chain(&problem.implied);
    open.extend(atoms.map(|atom| truth(atom, 0.0, w) != Truth::True));
    w.open = open;
    if let Some(objective) = problem.objective {
        item.bound = item.bound.min(w.values[objective as usize].sup());
        item.entry = item.bound;
    }
    for contractor in &strategy.contractors {
        w.trace.note(|| Note::Contractor(contractor.name()));
        if contractor.contract(problem, &exact, w, spare) == Outcome::Empty {
            item.fate = Fate::Refuted { by: contractor.name() };
            return;
        }
    }
    if let Some(objective) = problem.objective {
        item.bound = item.bound.min(w.values[objective as usize].sup());
    }
    tape.store(w, &mut item.kept);
    // what comes now are trials
    w.trace.wants = Wants { points: wants.points, ..Wants::default() };
    let n = tape.variables();
    if problem.objective.is_some() {
        for finder in &strategy.finders {
            let Some(value) = finder.propose(problem, &root[..n], &item.kept[..n], 0, trial, w) else { continue };
            let better = item.candidate.is_none_or(|best| value > best);
            w.trace.point(trial, finder.name(), better);
            if better {
                item.candidate = Some(value);
                item.point.copy_from_slice(trial);
            }
        }
    } else if holds(problem, goal.delta, &item.kept[..n], &mut item.point, w)
        || probe(problem, goal.delta, &root[..n], item, trial, w, spare)
    {
        item.fate = Fate::Holds;
        return;
    } else {
        // the workspace was used for trials: fill it again for the brancher
        tape.load(&item.kept, w);
        tape.forward(w);
    }
    let depth = item.node.map_or(0, |node| node.depth);
    item.fate = Fate::Open(strategy.brancher.choose(problem, root, &item.kept, depth, w));
}

/// Boxes that are probed: all up to the first number, then one in so many.
const PROBED: (u64, u64) = (8, 16);
/// Attempts at the root.
const ATTEMPTS: u64 = 16;

/// Looks for a point near the box that satisfies the weakened formula; it may lie anywhere in the root box.
fn probe(
    problem: &Compiled,
    delta: f64,
    root: &[Interval],
    item: &mut Item,
    trial: &mut [f64],
    w: &mut Workspace,
    spare: &Spare,
) -> bool {
    let id = item.node.map_or(0, |node| node.id);
    if id > PROBED.0 && !id.is_multiple_of(PROBED.1) {
        return false;
    }
    for seed in 0..if id == 0 { ATTEMPTS } else { 1 } {
        if spare.budget.expired() {
            break;
        }
        start(&item.kept[..root.len()], seed, trial);
        let holds = project(problem, root, delta, trial, w) && holds_at(problem, delta, trial, w);
        w.trace.point(trial, "projection", holds);
        if holds {
            item.point.copy_from_slice(trial);
            return true;
        }
    }
    false
}

/// Whether the weakened formula holds at the centre of the box. Only the variables are used: the bounds of other kept
/// slots presuppose the very formula in question. The kept slots' bounds in the workspace are lost.
fn holds(problem: &Compiled, delta: f64, variables: &[Interval], at: &mut [f64], w: &mut Workspace) -> bool {
    for ((x, &bound), variable) in at.iter_mut().zip(variables).zip(&problem.problem.variables) {
        *x = centre(bound);
        if variable.sort == Sort::Integer {
            *x = x.floor().max(bound.inf().ceil());
            if !bound.contains(*x) {
                return false;
            }
        }
    }
    let holds = holds_at(problem, delta, at, w);
    w.trace.point(at, "centre", holds);
    holds
}

/// Whether the weakened formula holds at a point. The kept slots' bounds in the workspace are lost.
fn holds_at(problem: &Compiled, delta: f64, at: &[f64], w: &mut Workspace) -> bool {
    problem.tape.load_point(at, w);
    problem.tape.forward(w)
        && problem.tape.is_defined(w)
        && problem.constraint.evaluate(&mut |atom| truth(atom, delta, w)) == Truth::True
}
