//! The journal of a long question: what each of its searches has found so far, so that the question can be asked again and
//! goes on where it was cut short.
//!
//! A question is a sequence of searches, and each of them depends on nothing but the question and what the searches before
//! it found. So it is enough to note every search in turn: one that is complete is not repeated, one that was cut short is
//! [resumed](deltasat::search::Checkpoint), and what comes after is searched as usual.
//!
//! Numbers are written by their bits, so that nothing is lost. The notes are believed when they are read back, like the
//! program's own memory; only witnesses are evaluated again.

use deltasat::interval::{Interval, bounds};
use deltasat::problem::Compiled;
use deltasat::search::{Checkpoint, OpenBox, Optimum, Statistics, StopReason};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A double by its bits, in hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Bits(String);

impl Bits {
    fn of(x: f64) -> Self {
        Bits(format!("{:x}", x.to_bits()))
    }

    fn number(&self) -> Option<f64> {
        u64::from_str_radix(&self.0, 16).ok().map(f64::from_bits)
    }
}

fn numbers(bits: &[Bits]) -> Option<Vec<f64>> {
    bits.iter().map(Bits::number).collect()
}

/// What a search did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Effort {
    boxes: u64,
    splits: u64,
    refuted: u64,
    pruned: u64,
    incumbents: u64,
    depth: u32,
    seconds: Bits,
}

impl Effort {
    fn of(statistics: &Statistics) -> Self {
        let &Statistics { boxes, splits, refuted, pruned, incumbents, depth, seconds } = statistics;
        Effort { boxes, splits, refuted, pruned, incumbents, depth, seconds: Bits::of(seconds) }
    }

    fn statistics(&self) -> Option<Statistics> {
        let &Effort { boxes, splits, refuted, pruned, incumbents, depth, .. } = self;
        Some(Statistics { boxes, splits, refuted, pruned, incumbents, depth, seconds: self.seconds.number()? })
    }
}

/// An open box: bound, depth, number, and the ends of each kept slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct BoxNote(Bits, u32, u64, Vec<Bits>);

/// A note about one search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// what was searched; a search of something else does not read the note
    of: String,
    witness: Option<Vec<Bits>>,
    /// the upper bound of a complete search; else the largest bound of a box given up
    upper: Bits,
    effort: Effort,
    /// of a search that was cut short
    rest: Option<Rest>,
}

/// What is left of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Rest {
    proposed: Bits,
    stuck: Bits,
    next: u64,
    boxes: Vec<BoxNote>,
}

/// What a journal knows about the next search.
pub(super) enum Recalled {
    /// nothing
    Nothing,
    /// how it ended
    Complete(Box<Optimum>),
    /// where it was cut short
    Open(Arc<Checkpoint>),
}

/// Hears of all notes, and whether they have to be kept now.
type Keep = Box<dyn FnMut(&[Note], bool) + Send>;

/// Notes about the searches of a question, in their order.
pub struct Journal {
    notes: Vec<Note>,
    /// the search that is asked about next
    position: usize,
    /// hears of every change, and whether it has to be kept now
    keep: Keep,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal of {} searches, at {}", self.notes.len(), self.position)
    }
}

impl Journal {
    /// A journal with the notes of an earlier run, or none. `keep` is given all notes whenever they change, and at the end;
    /// it may wait for the next change where it is not told that they have to be kept now.
    pub fn new(notes: Vec<Note>, keep: impl FnMut(&[Note], bool) + Send + 'static) -> Self {
        Journal { notes, position: 0, keep: Box::new(keep) }
    }

    /// What is known about the next search.
    pub(super) fn recall(&mut self, of: &str, problem: &Compiled) -> Recalled {
        let position = self.position;
        let known = self.notes.get(position).filter(|note| note.of == of).and_then(|note| note.recall(problem));
        if known.is_none() {
            // a search that differs, and so may all that follow
            self.notes.truncate(position);
        }
        known.unwrap_or(Recalled::Nothing)
    }

    /// Whether the next search has left a note.
    pub(super) fn knows_next(&self) -> bool {
        self.position < self.notes.len()
    }

    /// Notes where the current search could go on.
    pub(super) fn note_open(&mut self, of: &str, checkpoint: &Checkpoint) {
        let Checkpoint { witness, proposed, given_up, stuck, boxes, next, statistics } = checkpoint;
        let of_box = |open: &OpenBox| {
            let ends = open.kept.iter().flat_map(|x| [Bits::of(x.inf()), Bits::of(x.sup())]).collect();
            BoxNote(Bits::of(open.bound), open.depth, open.id, ends)
        };
        let known = self.notes.get(self.position).filter(|note| note.rest.is_some() && note.of == of);
        if known.is_some_and(|note| note.effort.boxes == statistics.boxes) {
            // taken up and cut short at once: what is noted holds, and so do the notes of later searches
            return;
        }
        let rest = Rest {
            proposed: Bits::of(*proposed),
            stuck: Bits::of(*stuck),
            next: *next,
            boxes: boxes.iter().map(of_box).collect(),
        };
        self.note(Note {
            of: of.to_owned(),
            witness: witness.as_ref().map(|point| point.iter().copied().map(Bits::of).collect()),
            upper: Bits::of(*given_up),
            effort: Effort::of(statistics),
            rest: Some(rest),
        });
    }

    /// Goes on to the search after one that is known already; the notes stay as they are, those of later searches too.
    pub(super) fn pass(&mut self) {
        self.position += 1;
    }

    /// Notes how the current search ended, unless it was cut short, and goes on to the next one.
    pub(super) fn note_end(&mut self, of: &str, optimum: &Optimum, point: Option<&[f64]>) {
        if optimum.stop == StopReason::Complete {
            self.note(Note {
                of: of.to_owned(),
                witness: point.map(|point| point.iter().copied().map(Bits::of).collect()),
                upper: Bits::of(optimum.upper),
                effort: Effort::of(&optimum.statistics),
                rest: None,
            });
        }
        self.position += 1;
    }

    fn note(&mut self, note: Note) {
        let now = note.rest.is_some();
        if self.notes.len() < self.position {
            // a search before this one left no note: in its place this one would be taken for what that one found
            return;
        }
        self.notes.truncate(self.position);
        self.notes.push(note);
        (self.keep)(&self.notes, now);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        (self.keep)(&self.notes, true);
    }
}

impl Note {
    fn recall(&self, problem: &Compiled) -> Option<Recalled> {
        let witness = match &self.witness {
            None => None,
            Some(point) => Some(numbers(point)?),
        };
        let (upper, statistics) = (self.upper.number()?, self.effort.statistics()?);
        if let Some(Rest { proposed, stuck, next, boxes }) = &self.rest {
            let checkpoint = Checkpoint {
                witness,
                proposed: proposed.number()?,
                given_up: upper,
                stuck: stuck.number()?,
                boxes: boxes.iter().map(BoxNote::open).collect::<Option<_>>()?,
                next: *next,
                statistics,
            };
            return checkpoint.fits(&problem.root()).then(|| Recalled::Open(Arc::new(checkpoint)));
        }
        let witness = match witness {
            None => None,
            Some(point) => Some(problem.certify(&point)?),
        };
        let objective = witness.as_ref().and_then(|certificate| certificate.objective.as_ref());
        let lower = objective.map_or(f64::NEG_INFINITY, |objective| objective.floor_f64());
        let optimum = Optimum { lower, upper, witness, stop: StopReason::Complete, statistics };
        Some(Recalled::Complete(Box::new(optimum)))
    }
}

impl BoxNote {
    fn open(&self) -> Option<OpenBox> {
        let BoxNote(bound, depth, id, ends) = self;
        let slot = |ends: &[Bits]| -> Option<Interval> {
            let (low, high) = (ends.first()?.number()?, ends.get(1)?.number()?);
            (low <= high && low < f64::INFINITY && high > f64::NEG_INFINITY).then(|| bounds(low, high))
        };
        let kept = ends.chunks(2).map(slot).collect::<Option<_>>()?;
        Some(OpenBox { bound: bound.number()?, depth: *depth, id: *id, kept })
    }
}
