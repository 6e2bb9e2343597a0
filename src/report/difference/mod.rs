//! The answer about two networks.

mod parts;

use super::Outcome;
use super::number::{between, exact, lower, upper, within};
use super::words::{assigned_noun, class, place, unanswered};
use crate::network::{Network, Output};
use crate::question::Scope;
use crate::robustness::difference::{Extent, Found, Logits, Supremum};
use crate::robustness::{self, ClassChoice};
use deltasat::exact::Rational;
use deltasat::search::{Statistics, StopReason};

/// What was asked about two networks.
#[derive(Clone, Debug)]
pub enum Aim {
    /// the range of `logit_B − logit_A`, or whether it leaves `[−threshold, threshold]`
    Logits {
        /// of these outputs
        outputs: Vec<usize>,
        /// the threshold of a yes/no question
        threshold: Option<Rational>,
    },
    /// the largest `|c_B − c_A|`, or whether it exceeds a threshold
    Confidences {
        /// whose confidence
        choice: ClassChoice,
        /// the threshold of a yes/no question
        threshold: Option<Rational>,
    },
    /// whether `B` assigns another class than `A`
    ClassChange {
        /// only where `A` is at least this confident
        guard: Option<Rational>,
    },
}

/// What was found.
#[derive(Clone, Debug)]
pub enum Finding {
    /// about logits
    Logits(Logits),
    /// about confidences, or a change of class
    One(Found),
}

/// Two networks, a question, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// the network that the other one is compared with
    pub a: &'a Network,
    /// the other one
    pub b: &'a Network,
    /// `[lower, upper]` of each input
    pub domain: &'a [(Rational, Rational)],
    /// the question
    pub aim: &'a Aim,
    /// the answer
    pub found: &'a Finding,
    /// the gap that was aimed at
    pub delta: f64,
}

impl Aim {
    fn name(&self) -> &'static str {
        match self {
            Aim::Logits { .. } => "logits",
            Aim::Confidences { .. } => "confidences",
            Aim::ClassChange { .. } => "class-change",
        }
    }

    fn threshold(&self) -> Option<&Rational> {
        match self {
            Aim::Logits { threshold, .. } | Aim::Confidences { threshold, .. } => threshold.as_ref(),
            Aim::ClassChange { .. } => None,
        }
    }
}

impl Finding {
    /// The answer in one word: bounds that are not within `delta` of each other are none.
    fn outcome(&self, delta: f64) -> Outcome {
        let (answer, done) = match self {
            Finding::Logits(found) => {
                let mut sides = found.extents.iter().flat_map(|extent| [&extent.above, &extent.below]);
                (found.answer, sides.all(|side| within(side.lower, side.upper, delta)))
            }
            Finding::One(Found { answer, supremum, .. }) => (*answer, within(supremum.lower, supremum.upper, delta)),
        };
        match answer {
            robustness::Answer::Robust => Outcome::Robust,
            robustness::Answer::Violated => Outcome::Violated,
            robustness::Answer::Bounds => Outcome::of_stop(if done { StopReason::Complete } else { self.stop() }, done),
            robustness::Answer::Unknown => Outcome::Unknown,
            robustness::Answer::Timeout => Outcome::Timeout,
        }
    }

    /// Why the search ended.
    pub fn stop(&self) -> StopReason {
        match self {
            Finding::Logits(found) => found.stop,
            Finding::One(found) => found.stop,
        }
    }

    /// What it cost.
    fn statistics(&self) -> &Statistics {
        match self {
            Finding::Logits(found) => &found.statistics,
            Finding::One(found) => &found.statistics,
        }
    }
}

/// One side of a difference.
type Side = fn(&Extent) -> &Supremum;

/// The range of a difference: what is proved, and inside it what is attained.
struct Range {
    proved: [f64; 2],
    attained: [f64; 2],
}

impl Range {
    /// Of an output; subtracting from 0 makes no −0.
    fn of(extent: &Extent) -> Range {
        Range {
            proved: [0.0 - extent.below.upper, extent.above.upper],
            attained: [0.0 - extent.below.lower, extent.above.lower],
        }
    }
}

impl Answer<'_> {
    /// The answer in one word.
    pub fn outcome(&self) -> Outcome {
        self.found.outcome(self.delta)
    }

    /// The answer in one sentence.
    fn sentence(&self) -> String {
        match self.found {
            Finding::Logits(found) => self.about_logits(found),
            Finding::One(found) => match self.aim {
                Aim::ClassChange { guard } => self.about_class(found, guard.as_ref()),
                Aim::Logits { .. } | Aim::Confidences { .. } => self.about_confidences(found),
            },
        }
    }

    /// Whether the domain is that of `A` although `B` has another.
    fn prefers_a(&self) -> bool {
        let is_own = |network: &Network| {
            network.input().domain().map(|own| {
                own.iter().zip(self.domain).all(|(own, (lower, upper))| own.lower() == lower && own.upper() == upper)
            })
        };
        is_own(self.a) == Some(true) && is_own(self.b) == Some(false)
    }

    /// Where.
    fn place(&self) -> String {
        place(self.a, Scope::Global(self.domain))
    }

    /// `logit "0"`, `output "y"`, or just `logit` of a sigmoid.
    fn output(&self, index: usize) -> String {
        match self.a.output() {
            Output::Sigmoid => "logit".to_owned(),
            Output::Softmax => format!("logit {:?}", self.a.classes()[index]),
            Output::None => class(self.a, index),
        }
    }

    fn about_logits(&self, found: &Logits) -> String {
        let place = self.place();
        let noun = if self.a.output() == Output::None { "output" } else { "logit" };
        let single = match &found.extents[..] {
            [one] => Some(self.output(one.output)),
            _ => None,
        };
        if let Some(threshold) = self.aim.threshold().map(exact) {
            let one = single.clone().unwrap_or_else(|| format!("any {noun}"));
            return match self.outcome() {
                Outcome::Robust => {
                    let one = single.unwrap_or_else(|| format!("every {noun}"));
                    format!("proved: {one} of B differs from that of A by at most {threshold} {place}")
                }
                Outcome::Violated => {
                    let (output, least) = most(found);
                    let one = output.map_or(one, |output| self.output(output));
                    let least = lower(least);
                    format!(
                        "violated: {one} of B differs from that of A by at least {least} {place}, more than {threshold}"
                    )
                }
                _ => {
                    let why = unanswered(found.stop);
                    format!(
                        "{why}: undecided whether {one} of B differs from that of A by more than {threshold} {place}"
                    )
                }
            };
        }
        let ranges = || found.extents.iter().map(Range::of);
        let least = ranges().map(|range| range.proved[0]).fold(f64::INFINITY, f64::min);
        let greatest = ranges().map(|range| range.proved[1]).fold(f64::NEG_INFINITY, f64::max);
        let one = single.unwrap_or_else(|| format!("every {noun}"));
        let start = match self.outcome() {
            Outcome::Bounds => "bounds".to_owned(),
            _ => format!("{}: bounds so far", unanswered(found.stop)),
        };
        format!("{start}: {one} of B minus that of A lies within [{}, {}] {place}", lower(least), upper(greatest))
    }

    fn quantity(&self, class_of_witness: Option<usize>) -> String {
        let whose = match (self.aim, class_of_witness) {
            (_, Some(index)) => class(self.a, index),
            (Aim::Confidences { choice: ClassChoice::Index(index), .. }, None) => class(self.a, *index),
            (Aim::Confidences { choice: ClassChoice::Assigned, .. }, None) => "the class that A assigns".to_owned(),
            _ => "any class".to_owned(),
        };
        format!("the confidence of {whose}")
    }

    fn about_confidences(&self, found: &Found) -> String {
        let (place, quantity) = (self.place(), self.quantity(None));
        let [least, most] = between(found.supremum.lower, found.supremum.upper, self.delta);
        match (self.outcome(), self.aim.threshold().map(exact)) {
            (Outcome::Robust, Some(threshold)) => {
                format!("proved: {quantity} differs by at most {threshold} between A and B {place}")
            }
            (Outcome::Violated, Some(threshold)) => {
                let quantity = self.quantity(found.class);
                format!(
                    "violated: {quantity} differs by at least {least} between A and B {place}, more than {threshold}"
                )
            }
            (_, Some(threshold)) => {
                let why = unanswered(found.stop);
                format!("{why}: undecided whether {quantity} differs by more than {threshold} between A and B {place}")
            }
            (outcome, None) => {
                let start = match outcome {
                    Outcome::Bounds => "bounds".to_owned(),
                    _ => format!("{}: bounds so far", unanswered(found.stop)),
                };
                format!("{start}: largest difference of {quantity} between A and B {place}: between {least} and {most}")
            }
        }
    }

    fn about_class(&self, found: &Found, guard: Option<&Rational>) -> String {
        let guarded = guard.map_or(String::new(), |g| format!(" wherever A is at least {} confident", exact(g)));
        let (place, noun) = (self.place(), assigned_noun(self.a));
        match self.outcome() {
            Outcome::Robust if noun != "class" => format!("proved: the {noun} is the same in A and B {place}"),
            Outcome::Violated if noun != "class" => format!("violated: the {noun} is not the same in A and B {place}"),
            Outcome::Robust => format!("proved: B assigns the class that A assigns {place}{guarded}"),
            Outcome::Violated => format!("violated: B assigns another class than A {place}{guarded}"),
            _ if noun != "class" => {
                let why = unanswered(found.stop);
                format!("{why}: undecided whether the {noun} is the same in A and B {place}")
            }
            _ => {
                let why = unanswered(found.stop);
                format!("{why}: undecided whether B assigns another class than A {place}{guarded}")
            }
        }
    }
}

/// The output whose difference is largest, and what that surely is at least.
fn most(found: &Logits) -> (Option<usize>, f64) {
    found.extents.iter().fold((None, f64::NEG_INFINITY), |best, extent| {
        let most = extent.above.lower.max(extent.below.lower);
        if most > best.1 { (Some(extent.output), most) } else { best }
    })
}
