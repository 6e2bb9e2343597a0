//! Several searches that answer one question between them, each about a class, an output or a side of its own, taken in turns.
//!
//! Any of them may settle the question, and most need a single box. So each first bounds its root, then all that are still
//! open look for points, and after that they search on in turns that grow; what one leaves of the time is there for
//! the others. A search that was interrupted by the next one's turn goes on where it was, so turns cost nothing.

use super::{OVERFLOWING, add, overflows};
use deltasat::budget::Budget;
use deltasat::interval::Interval;
use deltasat::problem::Compiled;
use deltasat::search::{Checkpoint, Event, Observer, Options, Statistics, StopReason, Strategy, Wants, optimise};
use std::sync::Arc;
use std::time::Duration;

/// The boxes of the second turn; the first has one, and later ones [`GROWTH`] times as many as the one before.
const SECOND: u64 = 64;
const GROWTH: u64 = 4;

/// One of the searches: whether the objective exceeds a target.
pub(super) struct Part {
    pub(super) compiled: Compiled,
    pub(super) root: Vec<Interval>,
    pub(super) target: f64,
    /// nothing exceeds this
    pub(super) upper: f64,
    /// the solver has a point that attains this, which did not settle the question; `−∞` where there is none
    pub(super) lower: f64,
    /// why its search ended
    pub(super) stop: StopReason,
    rest: Option<Arc<Checkpoint>>,
    statistics: Statistics,
    /// the most boxes, where numbers leave the range of doubles
    most: Option<u64>,
    open: bool,
}

impl Part {
    /// A search that has not begun; `upper` is what is known of it.
    pub(super) fn new(compiled: Compiled, root: Vec<Interval>, target: f64, upper: f64) -> Self {
        Part {
            compiled,
            root,
            target,
            upper,
            lower: f64::NEG_INFINITY,
            stop: StopReason::Complete,
            rest: None,
            statistics: Statistics::default(),
            most: None,
            open: true,
        }
    }
}

/// How the searches go.
pub(super) struct Rounds<'a> {
    pub(super) strategy: &'a Strategy,
    /// of every search; the target, the budget and the starts are the turns' own
    pub(super) options: &'a Options,
    /// of all together; a limit on boxes is one of each search
    pub(super) budget: &'a Budget,
}

/// An observer of one turn.
struct Turn<'a> {
    observer: &'a mut dyn Observer,
    settles: &'a mut dyn FnMut(&[f64]) -> bool,
    settled: bool,
    rest: Option<Arc<Checkpoint>>,
}

impl Observer for Turn<'_> {
    fn wants(&self) -> Wants {
        self.observer.wants()
    }

    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Checkpoint(checkpoint) => self.rest = Some(Arc::new(Checkpoint::clone(checkpoint))),
            _ => self.observer.observe(event),
        }
    }

    fn settles(&mut self, point: &[f64]) -> bool {
        self.settled = (self.settles)(point);
        self.settled
    }
}

impl Rounds<'_> {
    /// Searches until every part is at most its target, or `settles` says of a point of some part that it answers the question;
    /// then that part's position is returned. What was done is added to `statistics`.
    pub(super) fn run(
        &self,
        parts: &mut [Part],
        settles: &mut dyn FnMut(usize, &[f64]) -> bool,
        statistics: &mut Statistics,
        observer: &mut dyn Observer,
    ) -> Option<usize> {
        let (mut turn, mut boxes) = (0u32, 1);
        let mut settled = None;
        'turns: while parts.iter().any(|part| part.open) {
            for position in 0..parts.len() {
                if !parts[position].open {
                    continue;
                }
                if let Some(reason) = self.budget.stopped() {
                    parts.iter_mut().filter(|part| part.open).for_each(|part| part.stop = reason);
                    break 'turns;
                }
                let alone = parts.iter().filter(|part| part.open).count() == 1;
                let limit = (turn == 0 || !alone).then_some(boxes);
                let part = &mut parts[position];
                if self.search(part, turn, limit, &mut |point| settles(position, point), observer) {
                    settled = Some(position);
                    break 'turns;
                }
            }
            boxes = if turn == 0 { SECOND } else { boxes.saturating_mul(GROWTH) };
            turn += 1;
        }
        for part in parts {
            add(statistics, &part.statistics);
        }
        settled
    }

    /// One turn of one search; whether it settled the question.
    fn search(
        &self,
        part: &mut Part,
        turn: u32,
        limit: Option<u64>,
        settles: &mut dyn FnMut(&[f64]) -> bool,
        observer: &mut dyn Observer,
    ) -> bool {
        let mut options = Options { target: Some(part.target), budget: self.budget.clone(), ..self.options.clone() };
        if turn == 1 {
            part.most = overflows(&part.compiled, &part.root).then_some(OVERFLOWING);
        } else {
            options.starts = 0;
        }
        let turns = limit.map(|limit| part.statistics.boxes + limit);
        for most in turns.into_iter().chain(part.most) {
            options.budget = options.budget.with_boxes(most);
        }
        options.resume = part.rest.take();
        options.checkpoints = Some(Duration::MAX);
        let mut watch = Turn { observer, settles, settled: false, rest: None };
        let optimum = optimise(&part.compiled, &part.root, self.strategy, &options, &mut watch);
        let Turn { settled, rest, .. } = watch;
        part.statistics = optimum.statistics;
        part.upper = part.upper.min(optimum.upper);
        part.lower = part.lower.max(optimum.lower);
        let reaches = |most: Option<u64>| most.is_some_and(|most| part.statistics.boxes >= most);
        let ended = [part.most, self.budget.boxes()].into_iter().any(reaches);
        part.open = !settled && optimum.stop == StopReason::Boxes && !ended && rest.is_some();
        part.stop = match optimum.stop {
            StopReason::Boxes if reaches(part.most) => StopReason::Unsplittable,
            stop => stop,
        };
        part.rest = rest;
        settled
    }
}
