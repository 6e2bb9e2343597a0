//! What a watched search notes of the box at hand: every cut of a slot with its reason, the values after each sweep, the
//! linear bounds with the lines that they are made of, the points tried.
//!
//! The notes are taken where the work is done, by each worker for its own box, and are handed to the
//! [`Observer`](crate::search::Observer) when the batch is merged, in the order of its boxes. So they are the same for any
//! number of threads. Where nobody watches, a sweep tests one flag, and an instruction none unless it narrows an operand.

use super::{NO_WRITER, Slot, Tape, Workspace};
use crate::formula::Atom;
use crate::interval::Interval;

/// What an observer wants to be told of each box beside what becomes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// every cut of a slot, and what refuted the box
    pub cuts: bool,
    /// the values of all slots after each forward and backward sweep
    pub values: bool,
    /// the linear bounds that cut or refute
    pub lines: bool,
    /// the points tried
    pub points: bool,
}

impl Wants {
    /// Everything.
    pub const ALL: Wants = Wants { cuts: true, values: true, lines: true, points: true };

    /// Whether a sweep has to say anything.
    pub(super) fn sweeps(self) -> bool {
        self.cuts || self.values
    }
}

/// Why a slot was cut, or a box refuted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// the operator that writes the slot has a narrower image over its operands' box
    Image,
    /// the slot is an operand of the operator that writes this slot, whose value allows no more
    Operator(Slot),
    /// the atom, which every solution satisfies, allows no more
    Atom(Atom<Slot>),
    /// no branch of a disjunction allows more
    Disjunction,
    /// only objectives from the threshold on are of interest
    Threshold,
    /// the slot is an integer
    Integer,
    /// the linear bound noted last
    Line,
    /// the Newton operator of the equations
    Newton,
}

/// A line `Σ slopes_j·operand_j + offset` over the box that took the place of an operator in a linear bound.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorLine {
    /// the slot that the operator writes
    pub out: Slot,
    /// whether the line lies above the operator, or below
    pub upper: bool,
    /// one slope per operand
    pub slopes: Vec<f64>,
    /// the constant
    pub offset: f64,
}

/// A linear bound: over the box, `Σ weight·slot ≤ Σ coefficient·variable + constant ≤ maximum`, the first sum over the
/// seeds; and `Σ weight·slot + offset ≥ level` wherever the formula holds.
#[derive(Clone, Debug, PartialEq)]
pub struct LineBound {
    /// the combination that is bounded; multipliers of known bounds are seeds too
    pub seeds: Vec<(Slot, f64)>,
    /// at least what the known bounds take away that have multipliers: `−Σ μ·bound`
    pub offset: f64,
    /// the coefficients that are not zero, by slot: of a variable the final one, of another slot that with which its
    /// operator was replaced
    pub coefficients: Vec<(Slot, f64)>,
    /// the lines of the operators that were replaced
    pub operators: Vec<OperatorLine>,
    /// the constant
    pub constant: f64,
    /// the bound's largest value over the box
    pub maximum: f64,
    /// what is demanded; `−∞` where the bound only narrows its seed
    pub level: f64,
}

/// Something that happened to the box at hand.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// the box is taken up; its kept slots, and the threshold of the objective
    Enter {
        /// the kept slots
        kept: Vec<Interval>,
        /// objectives up to this are of no interest
        threshold: f64,
    },
    /// a contractor begins
    Contractor(&'static str),
    /// a slot was cut
    Cut {
        /// the slot
        slot: Slot,
        /// what it held
        before: Interval,
        /// what is left; nothing, where the box is refuted
        after: Interval,
        /// why
        reason: Reason,
    },
    /// the box is refuted, where no slot became empty that says so
    Contradiction(Reason),
    /// a sweep is done
    Values {
        /// whether it went from the variables to the roots
        forward: bool,
        /// all slots
        values: Vec<Interval>,
    },
    /// a linear bound that the next steps refer to
    Line(Box<LineBound>),
    /// what follows supposes a branch of this disjunction (by its place among the conjuncts) on a copy of the box, until
    /// [`Note::Hull`]
    Branch {
        /// the place of the disjunction
        part: usize,
        /// the number of the branch in it
        branch: usize,
    },
    /// the hull of the branches was taken; its kept slots
    Hull(Vec<Interval>),
    /// a point was tried
    Point {
        /// the point
        at: Vec<f64>,
        /// who proposed it
        by: &'static str,
        /// whether it satisfies the formula weakened by δ; of a point that an incumbent finder proposes, whether it seems
        /// worth an exact evaluation
        holds: bool,
    },
}

/// The notes of one worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    /// what is noted now
    pub(crate) wants: Wants,
    /// the notes
    pub(crate) notes: Vec<Note>,
    /// operands before an operator is inverted
    held: Vec<Interval>,
    /// the best bound of an ascent
    pub(crate) best: Option<Box<LineBound>>,
}

impl Trace {
    /// Notes a step where cuts are wanted.
    #[inline]
    pub(crate) fn note(&mut self, step: impl FnOnce() -> Note) {
        if self.wants.cuts {
            self.push(step());
        }
    }

    /// Notes a point that was tried, where those are wanted.
    pub(crate) fn point(&mut self, at: &[f64], by: &'static str, holds: bool) {
        if self.wants.points {
            self.notes.push(Note::Point { at: at.to_vec(), by, holds });
        }
    }

    /// Notes a cut.
    #[inline]
    pub(crate) fn cut(&mut self, slot: Slot, before: Interval, after: Interval, reason: Reason) {
        if self.wants.cuts {
            self.push(Note::Cut { slot, before, after, reason });
        }
    }

    /// Out of the way of a search that nobody watches.
    #[cold]
    fn push(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Notes why the box is refuted, and says that it is: the value of a function that says whether anything is left.
    pub(crate) fn refute(&mut self, reason: Reason) -> bool {
        self.note(|| Note::Contradiction(reason));
        false
    }
}

impl Tape {
    /// Remembers what the operands of the instruction hold.
    pub(super) fn remember(&self, operands: &[Slot], noise: Option<Slot>, w: &mut Workspace) {
        let Workspace { trace, values, .. } = w;
        trace.held.clear();
        trace.held.extend(operands.iter().chain(&noise).map(|&slot| values[slot as usize]));
    }

    /// Notes which operands the instruction that writes `out` has cut since [`remember`](Self::remember).
    pub(super) fn note_cuts(&self, out: Slot, operands: &[Slot], noise: Option<Slot>, left: bool, w: &mut Workspace) {
        let Workspace { trace, values, .. } = w;
        let mut any_empty = false;
        for (index, &slot) in operands.iter().chain(&noise).enumerate() {
            let (before, after) = (trace.held[index], values[slot as usize]);
            // of an operand that occurs twice the first place tells
            if before != after && operands.iter().position(|&other| other == slot).is_none_or(|first| first >= index) {
                trace.cut(slot, before, after, Reason::Operator(out));
                any_empty |= after.is_empty();
            }
        }
        if !left && !any_empty {
            trace.refute(Reason::Operator(out));
        }
    }

    /// A forward sweep that is watched: what a slot held beyond its operator's image is cut.
    #[cold]
    pub(super) fn forward_watched(&self, after: Option<Slot>, through: Option<Slot>, w: &mut Workspace) -> bool {
        let before = w.values.clone();
        let left = self.sweep_forward(after, through, w);
        // a slot that is computed anew for every box held nothing before
        let mut kept = self.kept[self.variables..].iter().peekable();
        for (slot, (&before, &now)) in before.iter().zip(&w.values).enumerate().skip(self.variables) {
            let is_kept = kept.next_if(|&&kept| kept as usize == slot).is_some();
            let known = is_kept || before != Interval::ENTIRE || now.is_empty();
            if known && before != now && self.writer[slot] != NO_WRITER {
                w.trace.cut(slot as Slot, before, now, Reason::Image);
            }
        }
        if through.is_none() {
            self.note_values(true, w);
        }
        left
    }

    /// Notes the values of all slots, where they are wanted.
    pub(super) fn note_values(&self, forward: bool, w: &mut Workspace) {
        if w.trace.wants.values {
            w.trace.notes.push(Note::Values { forward, values: w.values.clone() });
        }
    }
}
