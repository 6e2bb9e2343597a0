//! A search retold: every step with its reason, as text, as a page that replays it, as pictures.
//!
//! A [`Recorder`] listens to a search and makes a [`Story`] of it. A story holds the engine's own intervals: what a reader
//! sees of a step is what the solver had at that step, and nothing is computed again when it is shown. Where a search
//! is long, its first steps are kept in full, then a sample of its boxes, and the story says so.
//!
//! [`page`](Story::page) is one HTML file without a network; [`text`](Story::text) says the same sentences in a terminal;
//! [`pictures`](Story::pictures) are for slides.

mod follow;
pub mod gallery;
mod json;
mod map;
mod outline;
mod page;
mod picture;
mod record;
mod script;
mod text;
mod words;

pub use outline::{Outline, WhatIf};
pub use record::Recorder;

use crate::interval::Interval;
use crate::tape::Slot;

/// A search as a list of steps.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// what the page is called
    pub title: String,
    /// a line on the problem, for those who have not seen it
    pub about: String,
    /// the answer as the command prints it
    pub answer: String,
    /// the searches that it took
    pub chapters: Vec<Chapter>,
    /// the steps of all chapters
    pub steps: Vec<Step>,
    /// boxes that are not among the steps
    pub left_out: u64,
    /// the same problem under other settings
    pub what_if: Vec<WhatIf>,
}

impl Story {
    /// Adds a step on which no search reports.
    pub fn remark(&mut self, sentence: &str) {
        if self.chapters.is_empty() {
            self.chapters.push(Chapter::default());
        }
        let chapter = self.chapters.len() - 1;
        self.steps.push(Step::new(chapter, Kind::End, None, sentence.to_owned()));
    }
}

/// One search.
#[derive(Clone, Debug, Default)]
pub struct Chapter {
    /// δ of the decision; 0 for an optimisation
    pub delta: f64,
    /// names of the variables, and what they range over
    pub variables: Vec<(String, Interval)>,
    /// the constraints; the last may be the demand on the objective
    pub constraints: Vec<Constraint>,
    /// what is maximised
    pub objective: Option<String>,
    /// the expressions, operands first
    pub nodes: Vec<Expression>,
    /// by number of steps told: the proved bounds of the maximum
    pub bounds: Vec<(usize, f64, f64)>,
    /// where the constraints hold
    map: Option<map::Map>,
}

/// A constraint of a chapter.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// as one would write it
    pub text: String,
    /// the slot that is compared with zero
    pub slot: Slot,
    /// the comparison
    pub relation: &'static str,
    /// whether it follows from the others
    pub implied: bool,
}

/// A node of the expression tree.
#[derive(Clone, Debug)]
pub struct Expression {
    /// its slot
    pub slot: Slot,
    /// as one would write it
    pub text: String,
    /// the slots it is made of
    pub operands: Vec<Slot>,
}

/// What kind of step it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// a search begins
    Start,
    /// a box is taken up
    Box,
    /// a variable is cut
    Cut,
    /// a point is tried
    Try,
    /// the box is split
    Split,
    /// the box is refuted
    Refute,
    /// the box cannot matter
    Prune,
    /// the box can be neither decided nor split
    Stuck,
    /// a solution, or a better one
    Found,
    /// the Boolean search chooses
    Choose,
    /// the Boolean search learns
    Learn,
    /// the search is over
    End,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// which search
    pub chapter: usize,
    /// what kind of step
    pub kind: Kind,
    /// the number of the box
    pub id: Option<u64>,
    /// what happens, in one sentence
    pub sentence: String,
    /// the constraint that does it
    pub constraint: Option<usize>,
    /// the variable that it happens to, what it held and what is left of it
    pub cut: Option<(usize, Interval, Interval)>,
    /// the variables' intervals, where a box is taken up
    pub variables: Vec<Interval>,
    /// values that went up since the last step
    pub up: Vec<(Slot, Interval)>,
    /// values that came down since the last step
    pub down: Vec<(Slot, Interval)>,
    /// a point, and the constraints' values there
    pub point: Option<(Vec<f64>, Vec<Interval>)>,
    /// of a split: the variable (none for an inner expression), where, and the numbers of the parts
    pub parts: Option<(Option<usize>, f64, [u64; 2])>,
    /// the linear bound at work
    pub line: Option<Picture>,
}

impl Step {
    fn new(chapter: usize, kind: Kind, id: Option<u64>, sentence: String) -> Self {
        Step {
            chapter,
            kind,
            id,
            sentence,
            constraint: None,
            cut: None,
            variables: Vec::new(),
            up: Vec::new(),
            down: Vec::new(),
            point: None,
            parts: None,
            line: None,
        }
    }
}

/// A linear bound to look at.
#[derive(Clone, Debug)]
pub struct Picture {
    /// the bound in words
    pub text: String,
    /// the curves under their lines
    pub curves: Vec<Curve>,
}

/// An operator of one operand over its interval, and the line that took its place.
#[derive(Clone, Debug)]
pub struct Curve {
    /// the operator's expression
    pub text: String,
    /// the operand's interval
    pub over: Interval,
    /// the operator at points from end to end, evenly apart
    pub samples: Vec<f64>,
    /// the line
    pub slope: f64,
    /// the line at zero
    pub offset: f64,
    /// whether the line lies above
    pub upper: bool,
}
