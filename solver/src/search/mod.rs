//! Branch and prune: the search that turns contractors, branchers, relaxations and incumbent finders into answers.
//!
//! [`decide`](decide()) answers whether a formula has a solution, [`optimise`](optimise()) bounds the maximum of an
//! objective from both sides. Both drive the same tree search (`tree.rs`), which knows only the four traits.
//!
//! *Deterministic for any number of threads.* The open boxes are taken from the queue in batches whose size depends on
//! the queue alone; the boxes of a batch are examined independently, against the incumbent as it stood when the batch was
//! taken; the results are merged in the order of the batch. So answer, witness and number of boxes do not depend on how
//! many threads did the work.

mod checkpoint;
mod decide;
mod node;
mod optimise;
mod pool;
mod probe;
mod tree;

pub use crate::budget::StopReason;
pub use crate::strategy::{Choice, Strategy};
pub use crate::tape::{LineBound, Note, OperatorLine, Reason, Wants};
pub use checkpoint::{Checkpoint, OpenBox};
pub use decide::{Decision, Verdict, decide};
pub use optimise::{Optimum, optimise};
pub use probe::Probe;

use crate::budget::Budget;
use crate::expr::ExprId;
use crate::formula::Atom;
use crate::interval::Interval;
use crate::problem::{Compiled, Problem};
use std::sync::Arc;
use std::time::Duration;

/// The order in which open boxes are examined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// the largest bound first; of equals the oldest
    #[default]
    BestFirst,
    /// the deepest first; of equals the oldest
    DepthFirst,
}

/// Settings of a search.
#[derive(Clone, Debug)]
pub struct Options {
    /// δ of the decision: how much each atom may be violated by a `delta-sat` answer; default 0.001
    pub delta: f64,
    /// optimisation stops when upper − lower is at most this; default 0.001
    pub absolute_gap: f64,
    /// or at most this times |lower|; default 0
    pub relative_gap: f64,
    /// optimisation only needs to know on which side of this value the maximum lies; default none
    pub target: Option<f64>,
    /// only objectives above this are of interest, for instance one that another search reached; default `−∞`
    pub floor: f64,
    /// worker threads, at least 1; default 1
    pub jobs: usize,
    /// order of the search; default best first
    pub order: Order,
    /// whether [`sat`](crate::sat) presolves; default true
    pub presolve: bool,
    /// whether [`sat`](crate::sat) looks again at a point that satisfies the formula only up to δ, for an answer that says more;
    /// default true
    pub second_look: bool,
    /// parts chosen by name; default none
    pub choice: Choice,
    /// starts of the incumbent finder before the first split; default 16
    pub starts: usize,
    /// when to stop early, with the bounds there are; default never
    pub budget: Budget,
    /// where an optimisation goes on that was cut short, after the [`starts`](Self::starts); default at the root
    pub resume: Option<Arc<Checkpoint>>,
    /// tell the observer of a [`Checkpoint`] this often, and when the optimisation is cut short; default never
    pub checkpoints: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            delta: 0.001,
            absolute_gap: 0.001,
            relative_gap: 0.0,
            target: None,
            floor: f64::NEG_INFINITY,
            jobs: 1,
            order: Order::BestFirst,
            presolve: true,
            second_look: true,
            choice: Choice::default(),
            starts: 16,
            budget: Budget::unlimited(),
            resume: None,
            checkpoints: None,
        }
    }
}

/// What a search did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    /// boxes examined
    pub boxes: u64,
    /// boxes split
    pub splits: u64,
    /// boxes refuted by contraction
    pub refuted: u64,
    /// boxes discarded because their bound does not reach the incumbent
    pub pruned: u64,
    /// times the incumbent improved
    pub incumbents: u64,
    /// deepest box
    pub depth: u32,
    /// wall-clock seconds
    pub seconds: f64,
}

impl Statistics {
    /// Adds what another search did.
    pub(crate) fn add(&mut self, other: &Statistics) {
        self.boxes += other.boxes;
        self.splits += other.splits;
        self.refuted += other.refuted;
        self.pruned += other.pruned;
        self.incumbents += other.incumbents;
        self.depth = self.depth.max(other.depth);
        self.seconds += other.seconds;
    }
}

/// What happens in a search, and to a box; `bounds` are its kept slots after contraction.
///
/// Where there are several searches (one for each assignment of the Boolean structure, a second look at a δ-solution), each
/// begins with [`Event::Start`] and ends with [`Event::Decided`] or [`Event::Optimised`]; boxes are numbered anew.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// a search begins; the root is the box with the number 0
    Start {
        /// what is searched
        problem: &'a Compiled,
        /// the kept slots
        root: &'a [Interval],
        /// how much an atom may be violated
        delta: f64,
        /// objectives up to this are of no interest
        threshold: f64,
    },
    /// something happened to a box, as far as [`Observer::wants`] says
    Note {
        /// number of the box
        id: u64,
        /// what
        note: &'a Note,
    },
    /// a point near the box satisfies the formula weakened by δ
    Holds {
        /// number of the box
        id: u64,
        /// what contraction left around the point
        bounds: &'a [Interval],
        /// the point
        point: &'a [f64],
    },
    /// a decision is over
    Decided(&'a Verdict),
    /// an optimisation is over
    Optimised {
        /// certified lower bound
        lower: f64,
        /// certified upper bound
        upper: f64,
        /// why it ended
        stop: StopReason,
    },
    /// the Boolean search asks whether these atoms hold together; branch and prune decides
    Assignment {
        /// whose atoms they are
        problem: &'a Problem,
        /// the atoms
        atoms: &'a [Atom<ExprId>],
    },
    /// the Boolean search learns that not all of these atoms hold
    Excluded {
        /// whose atoms they are
        problem: &'a Problem,
        /// the atoms
        atoms: &'a [Atom<ExprId>],
    },
    /// contraction emptied the box (or showed that its objective does not reach the threshold)
    Refuted {
        /// number of the box
        id: u64,
        /// which contractor did it
        by: &'static str,
        /// the threshold of the objective at that time
        threshold: f64,
    },
    /// the bound does not reach the incumbent plus gap
    Pruned {
        /// number of the box
        id: u64,
        /// its upper bound
        bound: f64,
    },
    /// the box was contracted and split
    Split {
        /// number of the box
        id: u64,
        /// the box
        bounds: &'a [Interval],
        /// its upper bound
        bound: f64,
        /// which kept slot was split
        position: usize,
        /// where: the end of the lower part
        at: f64,
        /// the numbers of the parts
        children: [u64; 2],
    },
    /// a better point was certified
    Incumbent {
        /// the certified lower bound of its objective
        value: f64,
        /// the point
        point: &'a [f64],
    },
    /// the box can be neither decided nor split
    Stuck {
        /// number of the box
        id: u64,
        /// the box
        bounds: &'a [Interval],
    },
    /// a batch is done
    Progress {
        /// certified lower bound
        lower: f64,
        /// certified upper bound
        upper: f64,
        /// boxes examined
        boxes: u64,
        /// boxes open
        open: usize,
    },
    /// the state from which the search can go on, told as often as [`Options::checkpoints`] says
    Checkpoint(&'a Checkpoint),
}

/// Told of everything that happens, in a deterministic order, on the thread that started the search.
pub trait Observer {
    /// An event.
    fn observe(&mut self, event: &Event<'_>);

    /// What is to be told of each box beside what becomes of it. Asked once, before a search.
    fn wants(&self) -> Wants {
        Wants::default()
    }

    /// Whether a point settles the question that the search is made for, which then ends there. It is asked about points whose
    /// objective in doubles beats the target of an optimisation, before the search evaluates them exactly itself.
    fn settles(&mut self, point: &[f64]) -> bool {
        let _ = point;
        false
    }
}

/// Tells an observer what was noted of a box.
fn retell(item: &node::Item, observer: &mut dyn Observer) {
    let id = item.node.map_or(0, |node| node.id);
    for note in &item.notes {
        observer.observe(&Event::Note { id, note });
    }
}

/// Looks away.
impl Observer for () {
    fn observe(&mut self, _: &Event<'_>) {}
}
