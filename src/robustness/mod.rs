//! Questions about robustness, one per file.
//!
//! Every answer has two sides: an upper bound that the solver proved for every input and every parameter in question, and
//! a lower bound that an explicit witness attains in exact arithmetic.

pub mod assigned;
pub mod bits;
pub mod difference;
pub mod faults;
pub mod flips;
pub mod float_error;
pub mod global;
pub mod heat;
pub mod journal;
pub mod local;
pub mod radius;
pub mod region;
mod rounds;
pub mod sensitivity;
mod together;
pub mod verify;
pub mod witness;

use crate::encode::class_count;
use crate::encode::question::Encoded;
use crate::network::Network;
use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use deltasat::interval::Interval;
use deltasat::problem::{Compiled, Problem};
use deltasat::search::{Choice, Event, Observer, Optimum, Options, Statistics, StopReason, Wants, optimise};
use deltasat::tape::Workspace;
use journal::{Journal, Recalled};
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use witness::Witness;

/// How hard to try.
#[derive(Clone, Debug)]
pub struct Settings {
    /// δ: the gap between the two bounds that is aimed at; a yes/no question is decided unless the supremum lies
    /// within δ/100 of the threshold
    pub delta: f64,
    /// worker threads
    pub jobs: usize,
    /// when to stop early
    pub budget: Budget,
    /// contractors and brancher of a search, chosen by name
    pub choice: Choice,
    /// where a question over a domain notes what its searches find, to be taken up again
    pub journal: Option<Arc<Mutex<Journal>>>,
}

/// The least time between two notes of a search that goes on.
const NOTES: Duration = Duration::from_secs(20);

impl Default for Settings {
    fn default() -> Self {
        Settings { delta: 0.001, jobs: 1, budget: Budget::unlimited(), choice: Choice::default(), journal: None }
    }
}

/// Whether the class can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassChange {
    /// proved: no parameters in the box change it
    Impossible,
    /// a witness changes it
    Possible,
    /// neither
    Unknown,
}

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// no threshold was given: the bounds are the answer
    Bounds,
    /// proved: the threshold is never exceeded (the class never changes)
    Robust,
    /// a witness exceeds the threshold (changes the class)
    Violated,
    /// neither
    Unknown,
    /// neither, because a limit was reached
    Timeout,
}

/// What was found about one question.
#[derive(Clone, Debug)]
pub struct Finding {
    /// the answer
    pub answer: Answer,
    /// a witness attains this; 0 where there is none
    pub lower: f64,
    /// nothing exceeds this
    pub upper: f64,
    /// the classes that the trained network may assign at the input of a question about one: a single one, but for ties
    /// that exact evaluation cannot decide, where the finding speaks of all of them
    pub assigned: Vec<usize>,
    /// whether the class can change, where that was looked at
    pub class_change: Option<ClassChange>,
    /// the witness of the lower bound, or of the change of class
    pub witness: Option<Witness>,
    /// why the search ended
    pub stop: StopReason,
    /// boxes, seconds
    pub statistics: Statistics,
}

impl Finding {
    /// Nothing is known.
    pub fn open() -> Self {
        Finding {
            answer: Answer::Unknown,
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
            assigned: Vec::new(),
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        }
    }

    /// The answer that the bounds give to a threshold; without one they are the answer.
    pub fn judged(&self, threshold: Option<&Rational>) -> Answer {
        judge(self.lower, self.upper, threshold, self.stop)
    }
}

/// Whose confidence is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClassChoice {
    /// the class that the trained network assigns
    #[default]
    Assigned,
    /// this class
    Index(usize),
    /// whichever deviates most
    Worst,
}

impl Settings {
    /// Options for a search that answers a question, or a part of it; `target` makes it a yes/no question. The time that
    /// is left is shared among this search and `others` still to come.
    fn options(&self, target: Option<f64>, others: usize) -> Options {
        Options {
            // the exact value at the witness may lie an ulp or two below what the search certified
            absolute_gap: if target.is_some() { self.delta * 0.01 } else { self.delta * 0.999 },
            target,
            jobs: self.jobs,
            budget: self.budget.share(others + 1),
            choice: self.choice.clone(),
            ..Options::default()
        }
    }
}

/// Searches for the supremum of a question's objective.
fn search(encoded: &Encoded<'_>, root: &[Interval], options: &Options, observer: &mut dyn Observer) -> Optimum {
    let compiled = &encoded.compiled;
    heeding_overflow(compiled, root, options, |options| {
        optimise(compiled, root, &options.choice.strategy(), options, observer)
    })
}

/// Boxes of a search in which numbers leave the range of doubles.
const OVERFLOWING: u64 = 2048;

/// Runs a search with a limit of boxes where some number of the problem may exceed all doubles: what is infinite stays so
/// when its box is split, and the search would hardly ever end.
fn heeding_overflow(
    compiled: &Compiled,
    root: &[Interval],
    options: &Options,
    run: impl FnOnce(&Options) -> Optimum,
) -> Optimum {
    if options.budget.boxes().is_some_and(|boxes| boxes <= OVERFLOWING) || !overflows(compiled, root) {
        return run(options);
    }
    let mut options = options.clone();
    options.budget = options.budget.with_boxes(OVERFLOWING);
    let mut optimum = run(&options);
    if optimum.stop == StopReason::Boxes {
        optimum.stop = StopReason::Unsplittable;
    }
    optimum
}

/// Whether some number of a problem may exceed all doubles.
fn overflows(compiled: &Compiled, root: &[Interval]) -> bool {
    let mut w = Workspace::new(&compiled.tape);
    compiled.tape.load(root, &mut w);
    compiled.tape.forward(&mut w);
    w.values.iter().any(|x| !x.is_empty() && (x.inf().is_infinite() || x.sup().is_infinite()))
}

/// An observer that notes checkpoints in a journal and passes all else on.
struct Noting<'a> {
    journal: &'a Mutex<Journal>,
    of: &'a str,
    observer: &'a mut dyn Observer,
}

impl Observer for Noting<'_> {
    fn wants(&self) -> Wants {
        self.observer.wants()
    }

    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Checkpoint(checkpoint) => lock(self.journal).note_open(self.of, checkpoint),
            _ => self.observer.observe(event),
        }
    }

    fn settles(&mut self, point: &[f64]) -> bool {
        self.observer.settles(point)
    }
}

fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells problems apart: a hash of all that they are made of, constants included. Other builds of the program may have
/// other ones.
fn fingerprint(problem: &Problem) -> u64 {
    struct Feed(DefaultHasher);
    impl fmt::Write for Feed {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut feed = Feed(DefaultHasher::new());
    // a hasher takes everything
    let _ = write!(feed, "{problem:?}");
    feed.0.finish()
}

impl Settings {
    /// What encoding the next search over a domain may take: where the journal knows something of that search, all it
    /// needs, since what was found is not to be lost to a limit.
    pub(super) fn encoding(&self) -> Budget {
        match &self.journal {
            Some(journal) if lock(journal).knows_next() => Budget::unlimited(),
            _ => self.budget.clone(),
        }
    }

    /// Searches for the supremum of a question's objective over its whole domain, or takes that search up where the journal
    /// says that it was cut short.
    fn search(&self, encoded: &Encoded<'_>, mut options: Options, observer: &mut dyn Observer) -> Optimum {
        let root = encoded.compiled.root();
        let Some(journal) = &self.journal else { return search(encoded, &root, &options, observer) };
        let problem = fingerprint(&encoded.compiled.problem);
        let of = format!("problem {problem:016x}, target {:?}, floor {:?}", options.target, options.floor);
        options.checkpoints = Some(NOTES);
        let recalled = lock(journal).recall(&of, &encoded.compiled);
        options.resume = match recalled {
            Recalled::Complete(optimum) => {
                lock(journal).pass();
                return *optimum;
            }
            Recalled::Open(checkpoint) => {
                // with a target they come after the root, which may still be open
                if options.target.is_none() || checkpoint.statistics.boxes > 0 {
                    options.starts = 0;
                }
                Some(checkpoint)
            }
            Recalled::Nothing => None,
        };
        let optimum = search(encoded, &root, &options, &mut Noting { journal, of: &of, observer });
        lock(journal).note_end(&of, &optimum, witness_point(&optimum).as_deref());
        optimum
    }
}

/// The doubles of an optimum's witness.
fn witness_point(optimum: &Optimum) -> Option<Vec<f64>> {
    optimum.witness.as_ref().map(|certificate| certificate.point.iter().map(rational::nearest_f64).collect())
}

/// The classes that a choice stands for when the assigned one is not a single one.
fn chosen_classes(network: &Network, choice: ClassChoice) -> Vec<usize> {
    match choice {
        ClassChoice::Index(class) => vec![class],
        ClassChoice::Assigned | ClassChoice::Worst => (0..class_count(network)).collect(),
    }
}

/// Adds up what two searches did; `stop` is the later one's unless that was complete.
fn add(total: &mut Statistics, other: &Statistics) {
    total.boxes += other.boxes;
    total.splits += other.splits;
    total.refuted += other.refuted;
    total.pruned += other.pruned;
    total.incumbents += other.incumbents;
    total.depth = total.depth.max(other.depth);
    total.seconds += other.seconds;
}

/// The answer that two bounds give to a threshold.
fn judge(lower: f64, upper: f64, threshold: Option<&Rational>, stop: StopReason) -> Answer {
    let Some(threshold) = threshold else { return Answer::Bounds };
    if upper <= rational::floor_f64(threshold) {
        Answer::Robust
    } else if lower > rational::ceil_f64(threshold) {
        Answer::Violated
    } else {
        unfinished(stop)
    }
}

/// The answer of a search that decided nothing.
fn unfinished(stop: StopReason) -> Answer {
    match stop {
        StopReason::Complete | StopReason::Unsplittable => Answer::Unknown,
        StopReason::Time | StopReason::Boxes | StopReason::Memory | StopReason::Interrupted => Answer::Timeout,
    }
}
