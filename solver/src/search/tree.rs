//! The tree search: batches of open boxes, examined by any number of threads, merged in order (see the
//! [module above](super) on determinism).

use super::checkpoint::OpenBox;
use super::node::{Item, Worker, examine};
use super::pool::Pool;
use super::{Options, Statistics, StopReason, Strategy};
use crate::budget::Budget;
use crate::contract::Goal;
use crate::interval::Interval;
use crate::problem::Compiled;
use crate::tape::Wants;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError, RwLock};

/// The most boxes in a batch.
const BATCH: usize = 32;

/// Whether to go on after an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Continue,
    Done,
}

/// What the search is for: told of each examined box in order.
pub(super) trait Question {
    /// What is to be noted of each box; asked once.
    fn wants(&self) -> Wants;

    /// What was noted of a box, before it is concluded.
    fn retell(&mut self, item: &Item);

    /// What is sought now.
    fn goal(&self) -> Goal;

    /// Takes the result of one box; may push its parts into the pool.
    fn conclude(&mut self, item: &mut Item, pool: &mut Pool, statistics: &mut Statistics) -> Control;

    /// A limit was reached while a batch was examined, whose boxes are given as they were before: what is concluded of them
    /// counts, but is less than an unhurried search would have found.
    fn cut_short(&mut self, _pool: &Pool, _batch: &[OpenBox], _statistics: &Statistics) {}

    /// A batch is done.
    fn progress(&mut self, pool: &Pool, statistics: &Statistics) -> Control;
}

/// Everything about a running search that threads share.
struct Shared<'a> {
    problem: &'a Compiled,
    strategy: &'a Strategy,
    root: &'a [Interval],
    budget: &'a Budget,
    wants: Wants,
    items: Vec<Mutex<Item>>,
    goal: RwLock<Goal>,
    /// items in this batch, and the next one to be taken
    count: AtomicUsize,
    next: AtomicUsize,
    start: Barrier,
    end: Barrier,
    stop: AtomicBool,
    panicked: AtomicBool,
}

impl Shared<'_> {
    /// Examines items of the current batch until none is left.
    fn work(&self, worker: &mut Worker) {
        let goal = *self.goal.read().unwrap_or_else(PoisonError::into_inner);
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count.load(Ordering::Relaxed) {
                return;
            }
            let mut item = self.items[index].lock().unwrap_or_else(PoisonError::into_inner);
            examine(self.problem, self.strategy, &goal, self.root, &mut item, worker);
        }
    }

    /// The loop of a helper thread. A panic must not leave the others waiting, so it is carried to the main thread.
    fn help(&self) {
        let mut worker = Worker::new(self.problem, self.budget, self.wants);
        loop {
            self.start.wait();
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| self.work(&mut worker))).is_err() {
                self.panicked.store(true, Ordering::Relaxed);
            }
            self.end.wait();
        }
    }
}

/// What is searched, and how.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) problem: &'a Compiled,
    pub(super) strategy: &'a Strategy,
    pub(super) options: &'a Options,
    /// the kept slots at the root
    pub(super) root: &'a [Interval],
}

/// Runs the search until the question is answered, nothing is open, or a limit is reached.
pub(super) fn run(
    task: Task<'_>,
    pool: &mut Pool,
    question: &mut impl Question,
    statistics: &mut Statistics,
) -> StopReason {
    let Task { problem, strategy, root, .. } = task;
    let helpers = task.options.jobs.max(1) - 1;
    let shared = Shared {
        problem,
        strategy,
        root,
        budget: &task.options.budget,
        wants: question.wants(),
        items: (0..BATCH).map(|_| Mutex::new(Item::new(problem))).collect(),
        goal: RwLock::new(question.goal()),
        count: AtomicUsize::new(0),
        next: AtomicUsize::new(0),
        start: Barrier::new(helpers + 1),
        end: Barrier::new(helpers + 1),
        stop: AtomicBool::new(false),
        panicked: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|| shared.help());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| drive(&shared, task, helpers, pool, question, statistics)));
        shared.stop.store(true, Ordering::Relaxed);
        if helpers > 0 {
            shared.start.wait();
        }
        outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn drive(
    shared: &Shared<'_>,
    task: Task<'_>,
    helpers: usize,
    pool: &mut Pool,
    question: &mut impl Question,
    statistics: &mut Statistics,
) -> StopReason {
    let options = task.options;
    let mut worker = Worker::new(shared.problem, shared.budget, shared.wants);
    let mut batch: Vec<OpenBox> = Vec::new();
    loop {
        if let Some(reason) = options.budget.stops(statistics.boxes, pool.memory()) {
            return reason;
        }
        // an eighth of the open boxes: few while the incumbent still moves, many when there is plenty to do
        let mut size = pool.len().div_ceil(8).min(BATCH);
        if let Some(limit) = options.budget.boxes() {
            size = size.min((limit - statistics.boxes).try_into().unwrap_or(BATCH));
        }
        if size == 0 {
            return StopReason::Complete;
        }
        batch.clear();
        for slot in &shared.items[..size] {
            let mut item = slot.lock().unwrap_or_else(PoisonError::into_inner);
            let node = pool.pop(&mut item.kept);
            if let Some(node) = node.filter(|_| options.checkpoints.is_some()) {
                let kept = item.kept.clone();
                batch.push(OpenBox { bound: node.bound, depth: node.depth, id: node.id, kept });
            }
            item.bound = node.map_or(f64::NEG_INFINITY, |node| node.bound);
            item.node = node;
        }
        *shared.goal.write().unwrap_or_else(PoisonError::into_inner) = question.goal();
        shared.count.store(size, Ordering::Relaxed);
        shared.next.store(0, Ordering::Relaxed);
        if helpers > 0 && size > 1 {
            shared.start.wait();
            let result = catch_unwind(AssertUnwindSafe(|| shared.work(&mut worker)));
            shared.end.wait();
            if let Err(panic) = result {
                std::panic::resume_unwind(panic);
            }
            assert!(!shared.panicked.load(Ordering::Relaxed), "a worker thread panicked");
        } else {
            shared.work(&mut worker);
        }
        if !batch.is_empty() && options.budget.expired() {
            question.cut_short(pool, &batch, statistics);
        }
        for (index, slot) in shared.items[..size].iter().enumerate() {
            let mut item = slot.lock().unwrap_or_else(PoisonError::into_inner);
            statistics.boxes += 1;
            statistics.depth = statistics.depth.max(item.node.map_or(0, |node| node.depth));
            question.retell(&item);
            if question.conclude(&mut item, pool, statistics) == Control::Done {
                drop(item);
                give_back(shared, index + 1, size, pool);
                return StopReason::Complete;
            }
        }
        if question.progress(pool, statistics) == Control::Done {
            return StopReason::Complete;
        }
    }
}

/// Returns the boxes of a batch that were not concluded, so that their bounds still count.
fn give_back(shared: &Shared<'_>, from: usize, to: usize, pool: &mut Pool) {
    for slot in &shared.items[from..to] {
        let item = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(node) = item.node {
            pool.push(&item.kept, node.bound, node.depth);
        }
    }
}
