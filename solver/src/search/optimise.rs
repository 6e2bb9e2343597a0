//! The optimisation: certified bounds on the supremum of an objective over the points that satisfy the constraint.
//!
//! The lower bound is the objective at a point, both checked exactly ([`Compiled::certify`]). With `t = lower + gap`,
//! only points of objective at least `t` are of interest: contraction imposes `objective ≥ t`, and a box it empties has no
//! objective above `t`. So the upper bound is the largest of the lower bound, the thresholds and bounds of the boxes given
//! up, and the bounds of those still open. With a target τ, boxes at or below τ are given up as well.
//!
//! *Order.* A target may be settled by the relaxation of the root alone, so the starting points come after it and only if
//! they are needed, and only points that beat the target are worth an exact evaluation: what lies below answers nothing.
//! Without a target the starting points come first, since the incumbent helps to contract the root.

use super::checkpoint::OpenBox;
use super::node::{Fate, Item};
use super::pool::Pool;
use super::tree::{Control, Question, Task, run};
use super::{Checkpoint, Event, Observer, Options, Statistics, StopReason, Strategy};
use crate::branch::Split;
use crate::budget::Stopwatch;
use crate::contract::Goal;
use crate::exact::rational;
use crate::interval::Interval;
use crate::interval::round::mul_down;
use crate::problem::{Certificate, Compiled};
use crate::tape::{Wants, Workspace};

/// The two sides of a supremum.
#[derive(Clone, Debug)]
pub struct Optimum {
    /// the objective at the witness is at least this; `−∞` when no feasible point was found
    pub lower: f64,
    /// no feasible point has an objective above this; `−∞` when there is no feasible point
    pub upper: f64,
    /// the point of the lower bound
    pub witness: Option<Certificate>,
    /// why the search ended; [`StopReason::Complete`] when the gap (or the target) is reached
    pub stop: StopReason,
    /// what the search did
    pub statistics: Statistics,
}

/// Bounds the supremum of the objective over the box `root` of kept slots ([`Compiled::root`], or a part of it); without
/// an objective nothing is done and the bounds are infinite.
pub fn optimise(
    problem: &Compiled,
    root: &[Interval],
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
) -> Optimum {
    let started = Stopwatch::start();
    let mut statistics = Statistics::default();
    let mut question = Optimising {
        problem,
        root,
        options,
        observer,
        lower: f64::NEG_INFINITY,
        witness: None,
        given_up: f64::NEG_INFINITY,
        stuck: f64::NEG_INFINITY,
        told: started,
        cut: false,
        started,
        before: 0.0,
        strategy,
        starts: options.starts,
        proposed: f64::NEG_INFINITY,
        settled: false,
    };
    if problem.objective.is_none() {
        let (lower, upper) = (f64::NEG_INFINITY, f64::INFINITY);
        return Optimum { lower, upper, witness: None, stop: StopReason::Unsplittable, statistics };
    }
    let mut pool = Pool::new(root.len(), options.order);
    let goal = question.goal();
    question.observer.observe(&Event::Start { problem, root, delta: goal.delta, threshold: goal.threshold });
    match options.resume.as_ref().filter(|checkpoint| checkpoint.fits(root)) {
        Some(checkpoint) => {
            question.resume(checkpoint, &mut pool, &mut statistics);
            // with a target they come after the root, which may still be open
            if options.target.is_none() || statistics.boxes > 0 {
                question.start(root, &mut statistics);
            }
        }
        None => {
            if options.target.is_none() {
                question.start(root, &mut statistics);
            }
            pool.push(root, f64::INFINITY, 0);
        }
    }
    let task = Task { problem, strategy, options, root };
    // a starting point may have settled it
    let mut stop = match question.is_decided() {
        true => StopReason::Complete,
        false => run(task, &mut pool, &mut question, &mut statistics),
    };
    let upper = question.upper(&pool);
    if stop == StopReason::Complete && question.stuck > question.threshold() {
        stop = StopReason::Unsplittable;
    }
    if options.checkpoints.is_some() && stop != StopReason::Complete && !question.cut {
        question.tell(&pool, &[], &statistics);
    }
    question.observer.observe(&Event::Optimised { lower: question.lower, upper, stop });
    statistics.seconds = question.seconds();
    Optimum { lower: question.lower, upper, witness: question.witness, stop, statistics }
}

struct Optimising<'a> {
    problem: &'a Compiled,
    /// the kept slots at the root; a finder may propose points beside it
    root: &'a [Interval],
    options: &'a Options,
    observer: &'a mut dyn Observer,
    lower: f64,
    witness: Option<Certificate>,
    /// largest bound of a box given up because it cannot matter
    given_up: f64,
    /// largest bound of a box that could not be split
    stuck: f64,
    /// when the observer last heard of a checkpoint
    told: Stopwatch,
    /// whether the time was up in the middle of a batch or of the starting points: what comes after is no state to go on from
    cut: bool,
    started: Stopwatch,
    /// seconds that the search had taken before it was cut short
    before: f64,
    strategy: &'a Strategy,
    /// starting points that are still to be tried
    starts: usize,
    /// the best objective in doubles that was evaluated exactly
    proposed: f64,
    /// whether a point has settled the question, whatever the bounds say
    settled: bool,
}

impl Optimising<'_> {
    fn seconds(&self) -> f64 {
        self.before + self.started.seconds()
    }

    /// Takes up a search where it was cut short.
    fn resume(&mut self, checkpoint: &Checkpoint, pool: &mut Pool, statistics: &mut Statistics) {
        if let Some(certificate) = checkpoint.witness.as_ref().and_then(|point| self.problem.certify(point)) {
            self.lower = certificate.objective.as_ref().map_or(f64::NEG_INFINITY, |objective| objective.floor_f64());
            self.witness = Some(certificate);
        }
        (self.given_up, self.stuck) = (checkpoint.given_up, checkpoint.stuck);
        self.proposed = checkpoint.proposed;
        checkpoint.restore(pool);
        *statistics = checkpoint.statistics.clone();
        self.before = statistics.seconds;
    }

    /// Tells the observer where the search could go on.
    fn tell(&mut self, pool: &Pool, batch: &[OpenBox], statistics: &Statistics) {
        let doubles = |certificate: &Certificate| certificate.point.iter().map(rational::nearest_f64).collect();
        let (mut boxes, next) = pool.open();
        boxes.extend_from_slice(batch);
        boxes.sort_by_key(|open| open.id);
        let checkpoint = Checkpoint {
            witness: self.witness.as_ref().map(doubles),
            proposed: self.proposed,
            given_up: self.given_up,
            stuck: self.stuck,
            boxes,
            next,
            statistics: Statistics { seconds: self.seconds(), ..statistics.clone() },
        };
        self.observer.observe(&Event::Checkpoint(&checkpoint));
        self.told = Stopwatch::start();
    }

    /// Tries the starting points, inside a box of variables.
    fn start(&mut self, variables: &[Interval], statistics: &mut Statistics) {
        let starts = std::mem::take(&mut self.starts);
        if starts == 0 || self.root.iter().any(|bound| bound.is_empty()) {
            return;
        }
        let n = self.problem.tape.variables();
        let mut w = Workspace::new(&self.problem.tape);
        let mut point = vec![0.0; n];
        // a search that is to be resumed starts as one that nothing cuts short
        let budget = self.options.budget.share(if self.options.checkpoints.is_some() { 1 } else { 4 });
        for seed in 0..starts as u64 {
            if budget.expired() {
                // no checkpoint of this: one that is to go on from the beginning tries all starting points
                self.cut |= self.options.checkpoints.is_some();
                break;
            }
            if self.is_decided() {
                break;
            }
            let found =
                self.strategy.starter.propose(self.problem, &self.root[..n], &variables[..n], seed, &mut point, &mut w);
            if let Some(value) = found {
                self.offer(value, &point, statistics);
            }
        }
    }

    /// Whether a point with this objective in doubles is worth an exact evaluation: for a gain that shows, or to get across
    /// the target.
    fn is_worthwhile(&self, value: f64) -> bool {
        match self.options.target {
            Some(target) => value > target && value > self.proposed,
            None => value > self.lower + 0.01 * self.gap() || (self.witness.is_none() && value.is_finite()),
        }
    }

    /// Certifies a point that looks better than the incumbent.
    fn offer(&mut self, value: f64, point: &[f64], statistics: &mut Statistics) {
        if !self.is_worthwhile(value) || !self.root.iter().zip(point).all(|(bound, &x)| bound.contains(x)) {
            return;
        }
        if self.options.target.is_some() && self.observer.settles(point) {
            self.settled = true;
            return;
        }
        // a point that fails the constraint must not stand in the way of one that is a little lower
        let Some(certificate) = self.problem.certify_within(point, &self.options.budget) else { return };
        let Some(objective) = &certificate.objective else { return };
        self.proposed = self.proposed.max(value);
        let certified = objective.floor_f64();
        if certified > self.lower {
            self.lower = certified;
            self.witness = Some(certificate);
            statistics.incumbents += 1;
            self.observer.observe(&Event::Incumbent { value: certified, point });
        }
    }

    fn gap(&self) -> f64 {
        let relative = if self.lower.is_finite() { mul_down(self.options.relative_gap, self.lower.abs()) } else { 0.0 };
        self.options.absolute_gap.max(relative)
    }

    /// Objectives up to this are of no interest.
    fn threshold(&self) -> f64 {
        let reached = (self.lower + self.gap()).max(self.options.floor);
        self.options.target.map_or(reached, |target| target.max(reached))
    }

    fn is_decided(&self) -> bool {
        self.settled || self.options.target.is_some_and(|target| self.lower > target)
    }

    fn upper(&self, pool: &Pool) -> f64 {
        self.lower.max(self.given_up).max(self.stuck).max(pool.largest_bound())
    }
}

impl Question for Optimising<'_> {
    fn wants(&self) -> Wants {
        self.observer.wants()
    }

    fn retell(&mut self, item: &Item) {
        super::retell(item, self.observer);
    }

    fn goal(&self) -> Goal {
        Goal { delta: 0.0, threshold: self.threshold() }
    }

    fn conclude(&mut self, item: &mut Item, pool: &mut Pool, statistics: &mut Statistics) -> Control {
        let (id, depth) = item.node.map_or((0, 0), |node| (node.id, node.depth));
        if let Some(value) = item.candidate {
            self.offer(value, &item.point, statistics);
        }
        let threshold = self.threshold();
        // contraction may have removed points below the threshold it used (which only grows), and what is kept of inner
        // slots presupposes that they are gone, so no later bound of this box speaks of them
        self.given_up = self.given_up.max(item.entry.min(threshold));
        match item.fate {
            Fate::Refuted { by } => {
                statistics.refuted += 1;
                self.observer.observe(&Event::Refuted { id, by, threshold });
            }
            Fate::Open(_) | Fate::Holds if item.bound <= threshold => {
                statistics.pruned += 1;
                self.given_up = self.given_up.max(item.bound);
                self.observer.observe(&Event::Pruned { id, bound: item.bound });
            }
            Fate::Open(None) | Fate::Holds => {
                self.stuck = self.stuck.max(item.bound);
                self.observer.observe(&Event::Stuck { id, bounds: &item.kept });
            }
            Fate::Open(Some(split)) => {
                // after the root of a question with a target
                self.start(&item.kept, statistics);
                statistics.splits += 1;
                let children = push_parts(item, &split, item.bound, depth, pool);
                let (bounds, position, at) = (&item.kept[..], split.position, split.lower.sup());
                self.observer.observe(&Event::Split { id, bounds, bound: item.bound, position, at, children });
            }
        }
        if self.is_decided() { Control::Done } else { Control::Continue }
    }

    fn cut_short(&mut self, pool: &Pool, batch: &[OpenBox], statistics: &Statistics) {
        if !self.cut {
            self.tell(pool, batch, statistics);
        }
        self.cut = true;
    }

    fn progress(&mut self, pool: &Pool, statistics: &Statistics) -> Control {
        if !self.cut && self.options.checkpoints.is_some_and(|pause| self.told.elapsed() >= pause) {
            self.tell(pool, &[], statistics);
        }
        let upper = self.upper(pool);
        let (lower, boxes, open) = (self.lower, statistics.boxes, pool.len());
        self.observer.observe(&Event::Progress { lower, upper, boxes, open });
        // best first: when the best open box is not above the threshold, none is
        if pool.largest_bound() <= self.threshold() {
            self.given_up = self.given_up.max(pool.largest_bound());
            return Control::Done;
        }
        Control::Continue
    }
}

/// Pushes the parts of a split box and returns their numbers.
pub(super) fn push_parts(item: &mut Item, split: &Split, bound: f64, depth: u32, pool: &mut Pool) -> [u64; 2] {
    let held = item.kept[split.position];
    item.kept[split.position] = split.lower;
    let lower = pool.push(&item.kept, bound, depth + 1);
    item.kept[split.position] = split.upper;
    let upper = pool.push(&item.kept, bound, depth + 1);
    item.kept[split.position] = held;
    [lower, upper]
}
