//! Questions about a network whose parameters move: at an input, at each of many, or over a domain.
//!
//! [`Subject`] is what `local`, `global`, `radius`, `bits` and `sensitivity` have in common: the network, what moves, which
//! inputs, and what about them. Over many inputs one asks [`Place::ask`], which joins what is found at each.

use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::robustness::global::Global;
use crate::robustness::local::{Local, Scratch};
use crate::robustness::{Answer, ClassChoice, Finding, Settings};
use deltasat::exact::Rational;
use deltasat::search::{Observer, StopReason};

/// What was asked.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves; of a radius, the kind of what moves
    pub perturbation: &'a Perturbation,
    /// for which inputs
    pub scope: Scope<'a>,
    /// what about them
    pub aim: Aim,
    /// the gap that was aimed at
    pub delta: f64,
}

/// The inputs that a question is about.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// one input; none in particular, of a question about many
    Local(&'a [Rational]),
    /// a box of inputs
    Global(&'a [(Rational, Rational)]),
}

/// What is asked about the inputs.
#[derive(Clone, Debug)]
pub enum Aim {
    /// how far the confidence moves, or whether it moves by more than a threshold
    Deviation {
        /// whose confidence
        choice: ClassChoice,
        /// the threshold of a yes/no question
        threshold: Option<Rational>,
    },
    /// whether the class changes
    ClassChange {
        /// only where the trained network is at least this confident
        guard: Option<Rational>,
    },
}

/// The inputs of a question that may be about many.
pub enum Place {
    /// each of these on its own
    Inputs(Vec<Vec<Rational>>),
    /// all of a box
    Domain(Vec<(Rational, Rational)>),
}

impl Scope<'_> {
    /// `local` or `global`.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Local(_) => "local",
            Scope::Global(_) => "global",
        }
    }
}

impl Aim {
    /// `deviation` or `class-change`.
    pub fn name(&self) -> &'static str {
        match self {
            Aim::Deviation { .. } => "deviation",
            Aim::ClassChange { .. } => "class-change",
        }
    }

    /// Asks about one input.
    pub fn at(
        &self,
        local: &Local<'_>,
        input: &[Rational],
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Finding {
        match self {
            Aim::Deviation { choice, threshold } => {
                local.deviation(input, *choice, threshold.as_ref(), scratch, observer)
            }
            Aim::ClassChange { .. } => local.class_change(input, scratch, observer),
        }
    }

    /// Asks about a whole domain; without a guard every class counts where it is assigned.
    pub fn over(&self, global: &Global<'_>, observer: &mut dyn Observer) -> Finding {
        match self {
            Aim::Deviation { choice, threshold } => global.deviation(*choice, threshold.as_ref(), observer),
            Aim::ClassChange { guard } => global.class_change(&guard.clone().unwrap_or_default(), observer),
        }
    }
}

impl Subject<'_> {
    /// Asks the question.
    pub fn ask(&self, settings: &Settings, observer: &mut dyn Observer) -> Finding {
        let settings = settings.clone();
        match self.scope {
            Scope::Local(input) => {
                let local = Local::new(self.network, self.perturbation, settings);
                self.aim.at(&local, input, &mut Scratch::default(), observer)
            }
            Scope::Global(domain) => {
                let Subject { network, perturbation, .. } = *self;
                self.aim.over(&Global { network, perturbation, domain, settings }, observer)
            }
        }
    }

    /// Asks the question for one ε of the kind of perturbation that the subject has.
    pub fn ask_scaled(&self, epsilon: &Rational, settings: &Settings, observer: &mut dyn Observer) -> Finding {
        // ε is not negative, which is all that scaling objects to
        let scaled = self.perturbation.scaled(epsilon.clone());
        let perturbation = scaled.as_ref().unwrap_or(self.perturbation);
        Subject { perturbation, ..self.clone() }.ask(settings, observer)
    }
}

impl Place {
    /// How a report speaks of it.
    pub fn scope(&self) -> Scope<'_> {
        match self {
            Place::Inputs(points) if points.len() == 1 => Scope::Local(&points[0]),
            Place::Inputs(_) => Scope::Local(&[]),
            Place::Domain(domain) => Scope::Global(domain),
        }
    }

    /// Asks a question about all inputs. Over many inputs the bounds are those of the largest deviation, and one input that
    /// violates a threshold ends a yes/no question.
    pub fn ask(
        &self,
        network: &Network,
        perturbation: &Perturbation,
        aim: &Aim,
        settings: &Settings,
        observer: &mut dyn Observer,
    ) -> Finding {
        let points = match self {
            Place::Inputs(points) => points,
            Place::Domain(_) => {
                let (scope, delta) = (self.scope(), settings.delta);
                return Subject { network, perturbation, scope, aim: aim.clone(), delta }.ask(settings, observer);
            }
        };
        let local = Local::new(network, perturbation, settings.clone());
        let mut scratch = Scratch::default();
        let Some((first, others)) = points.split_first() else { return Finding::open() };
        let mut worst = aim.at(&local, first, &mut scratch, observer);
        for point in others {
            if worst.answer == Answer::Violated {
                break;
            }
            if let Some(reason) = settings.budget.stopped() {
                worst.stop = reason;
                worst.upper = f64::INFINITY;
                worst.answer = if worst.answer == Answer::Bounds { Answer::Bounds } else { Answer::Timeout };
                break;
            }
            worst = worse(worst, aim.at(&local, point, &mut scratch, observer));
        }
        worst
    }
}

/// Joins what was found at two inputs: the greater of each bound, and the answer that is worse.
fn worse(a: Finding, b: Finding) -> Finding {
    let rank = |answer| match answer {
        Answer::Bounds | Answer::Robust => 0,
        Answer::Unknown => 1,
        Answer::Timeout => 2,
        Answer::Violated => 3,
    };
    let (lower, upper) = (a.lower.max(b.lower), a.upper.max(b.upper));
    let (boxes, seconds) = (a.statistics.boxes + b.statistics.boxes, a.statistics.seconds + b.statistics.seconds);
    let stop = if a.stop == StopReason::Complete { b.stop } else { a.stop };
    let answer = if rank(b.answer) > rank(a.answer) { b.answer } else { a.answer };
    // the witness is that of the violation, else that of the lower bound
    let violated = |finding: &Finding| finding.answer == Answer::Violated;
    let mut worse = if (violated(&b), b.lower) > (violated(&a), a.lower) { b } else { a };
    (worse.answer, worse.lower, worse.upper, worse.stop) = (answer, lower, upper, stop);
    (worse.statistics.boxes, worse.statistics.seconds) = (boxes, seconds);
    worse
}
