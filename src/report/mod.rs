//! Findings in words, in JSON, and as a page with pictures.
//!
//! A [`Subject`](crate::question::Subject) is what was asked. A question makes of it and of what was found one value, a [`model::Report`]; text, JSON and
//! the page are three ways to show it. [`svg`] draws. Every printed bound is directed ([`number`]): as an exact real, a
//! printed lower bound is never above the certified one and a printed upper bound never below.
//!
//! Invariant: nothing here computes a bound.

mod assumed;
pub mod bits;
pub mod cell;
pub mod compare;
pub mod difference;
pub mod faults;
pub mod finding;
pub mod flips;
pub mod html;
pub mod json;
pub mod model;
pub mod number;
pub mod region;
pub mod sensitivity;
mod share;
pub mod stream;
pub mod svg;
pub mod table;
pub mod value;
pub mod verify;
mod words;

use crate::robustness::{Answer, ClassChange, Finding};
use deltasat::search::StopReason;

/// What a finding is in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// bounds as close as asked for
    Bounds,
    /// proved
    Robust,
    /// refuted by a witness
    Violated,
    /// neither, and no limit was reached
    Unknown,
    /// neither, because a limit was reached or somebody interrupted
    Timeout,
}

impl Outcome {
    /// The outcome of a finding: bounds that are not within `delta` of each other are none.
    pub fn of(finding: &Finding, delta: f64) -> Outcome {
        match finding.answer {
            Answer::Robust => Outcome::Robust,
            Answer::Violated => Outcome::Violated,
            Answer::Bounds => Outcome::of_bounds((finding.lower, finding.upper), delta, finding.stop),
            Answer::Unknown => Outcome::Unknown,
            Answer::Timeout => Outcome::Timeout,
        }
    }

    /// The outcome of a search for bounds: whether they are within `delta` of each other, as printed.
    pub fn of_bounds((lower, upper): (f64, f64), delta: f64, stop: StopReason) -> Outcome {
        if number::within(lower, upper, delta) { Outcome::Bounds } else { Outcome::of_stop(stop, false) }
    }

    /// The outcome of questions that may have been cut short; `done` says whether they are answered as closely as asked for
    /// where they were not.
    pub fn of_stop(stop: StopReason, done: bool) -> Outcome {
        match stop {
            StopReason::Complete if done => Outcome::Bounds,
            StopReason::Complete | StopReason::Unsplittable => Outcome::Unknown,
            StopReason::Time | StopReason::Boxes | StopReason::Memory | StopReason::Interrupted => Outcome::Timeout,
        }
    }

    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Bounds => "bounds",
            Outcome::Robust => "robust",
            Outcome::Violated => "violated",
            Outcome::Unknown => "unknown",
            Outcome::Timeout => "timeout",
        }
    }
}

/// The word for whether the class can change.
pub fn class_change_name(change: ClassChange) -> &'static str {
    match change {
        ClassChange::Impossible => "impossible",
        ClassChange::Possible => "possible",
        ClassChange::Unknown => "unknown",
    }
}

/// The word for why a search ended.
pub fn stop_name(stop: StopReason) -> &'static str {
    match stop {
        StopReason::Complete => "complete",
        StopReason::Time => "time",
        StopReason::Boxes => "boxes",
        StopReason::Memory => "memory",
        StopReason::Interrupted => "interrupted",
        StopReason::Unsplittable => "unsplittable",
    }
}
