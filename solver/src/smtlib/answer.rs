//! What a check finds out.

use crate::exact::Rational;
use crate::search::{Statistics, StopReason};

/// A value in a model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelValue {
    /// a number
    Number(Rational),
    /// an integer
    Integer(Rational),
    /// a truth value
    Bool(bool),
}

/// A declared constant with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelEntry {
    /// the name, without quotes
    pub name: String,
    /// its sort
    pub sort: &'static str,
    /// its value, exactly as it was judged
    pub value: ModelValue,
    /// where the value is not that of a solution itself, but near one: the ends between which a solution has its value
    pub within: Option<(f64, f64)>,
}

/// The answer to a `check-sat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// no values satisfy the assertions
    Unsat,
    /// the model satisfies the assertions weakened by δ
    DeltaSat {
        /// whether it satisfies the assertions themselves, checked exactly, or a solution certainly lies within the
        /// [ends](ModelEntry::within) of its entries
        exact: bool,
    },
    /// not decided
    Unknown(Reason),
}

/// Why a question was not decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// the search ended early, or could not split any further
    Search(StopReason),
    /// quantifiers under which the question is not decided
    Quantifier(&'static str),
    /// nothing was asked yet
    NotAsked,
}

impl Reason {
    /// One word or two, for `(get-info :reason-unknown)`.
    pub fn word(self) -> &'static str {
        match self {
            Reason::Search(StopReason::Time) => "timeout",
            Reason::Search(StopReason::Memory) => "memout",
            Reason::Search(StopReason::Interrupted) => "interrupted",
            Reason::Search(StopReason::Boxes) => "resourceout",
            Reason::Search(StopReason::Unsplittable | StopReason::Complete) | Reason::Quantifier(_) => "incomplete",
            Reason::NotAsked => "not-asked",
        }
    }

    /// A sentence, without a full stop.
    pub fn sentence(self) -> &'static str {
        match self {
            Reason::Search(StopReason::Time) => "out of time",
            Reason::Search(StopReason::Memory) => "out of memory for open boxes",
            Reason::Search(StopReason::Interrupted) => "interrupted",
            Reason::Search(StopReason::Boxes) => "limit on boxes reached",
            Reason::Search(StopReason::Unsplittable | StopReason::Complete) => {
                "a box of neighbouring doubles is neither refuted nor within the precision"
            }
            Reason::Quantifier(sentence) => sentence,
            Reason::NotAsked => "no check-sat yet",
        }
    }
}

/// Two sides of a minimum, or of a maximum.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// the term
    pub term: String,
    /// whether it was maximised
    pub maximised: bool,
    /// the optimum is not below this: for a minimum, no values that satisfy the assertions make the term smaller; for a
    /// maximum, the model makes it no smaller. `None` where no bound is known
    pub lower: Option<Rational>,
    /// the optimum is not above this
    pub upper: Option<Rational>,
    /// whether the model satisfies the assertions themselves; else their weakening
    pub exact: bool,
}

/// The answer to a `check-sat` and all that belongs to it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// the verdict
    pub verdict: Verdict,
    /// δ, as it was printed
    pub precision: String,
    /// the values of the declared constants where the verdict is δ-sat
    pub model: Vec<ModelEntry>,
    /// bounds of the minimum, where one was asked for
    pub minimum: Option<Minimum>,
    /// what the searches did
    pub statistics: Statistics,
}

impl Answer {
    /// The line that is printed.
    pub fn line(&self, compliant: bool, exact_sat: bool) -> String {
        match self.verdict {
            Verdict::Unsat => "unsat".to_owned(),
            Verdict::Unknown(_) => "unknown".to_owned(),
            Verdict::DeltaSat { exact: true } if exact_sat => "sat".to_owned(),
            Verdict::DeltaSat { .. } if compliant => "delta-sat".to_owned(),
            Verdict::DeltaSat { .. } => format!("delta-sat with delta = {}", self.precision),
        }
    }
}
