//! Flips: which inputs of a set can be given another class by parameters in the box, and which never?
//!
//! Each input meets its own worst parameters, so the share of inputs that are right whatever the parameters do bounds the
//! accuracy of *every* network in the box from below; it is the certified accuracy of the literature, for parameters instead
//! of inputs. An input that is right as trained stays right just when its class never changes. One that is wrong as
//! trained can still be right for all networks of a quantiser, since the trained network is none of them: then its label is
//! asked about as if it were the class.

use super::assigned::certainly_assigned;
use super::local::{Departure, Local, Scratch};
use super::{ClassChange, Settings};
use crate::network::Network;
use crate::perturbation::{Magnitude, Perturbation};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::interval::{Interval, decimal};
use deltasat::search::{Observer, StopReason};

/// Whether the class at an input changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// proved: no parameters in the box change it
    Never,
    /// parameters in the box, on the grid of a number format, surely assign another class
    Can {
        /// that class; `None` where it depends on which of several classes the trained network assigns
        to: Option<usize>,
    },
    /// neither
    Open(Open),
}

/// Why an input is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// the search ended early
    Stopped(StopReason),
    /// the supremum is too close to a tie
    Close,
    /// parameters between the numbers of the format change the class, and no rounding was found that does
    Between,
}

/// Whether an input with a label is classified correctly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correct {
    /// by every network in the box
    Always,
    /// not by some network in the box
    NotAlways,
    /// neither was shown
    Open,
}

/// What was found about one input.
#[derive(Clone, Debug)]
pub struct Flip {
    /// the classes that the trained network may assign, one wherever exact evaluation can tell
    pub assigned: Vec<usize>,
    /// whether it changes
    pub fate: Fate,
    /// the class that the [rounded](Flips::rounded) network assigns, where there is one and exact arithmetic can tell
    pub rounded: Option<usize>,
    /// whether the label is assigned throughout, where there is one
    pub correct: Option<Correct>,
    /// boxes that were looked at
    pub boxes: u64,
}

/// The question for one network and perturbation, ready for any number of inputs, from any number of threads.
pub struct Flips<'a> {
    local: Local<'a>,
    perturbation: &'a Perturbation,
    rounded: Option<Network>,
    /// whether the trained network is one of those in question
    trained_counts: bool,
    /// whether all moving parameters are on grids
    grid: bool,
}

impl<'a> Flips<'a> {
    /// Prepares the question; one thread works on each input.
    pub fn new(network: &'a Network, perturbation: &'a Perturbation, settings: Settings) -> Self {
        let grid = (0..network.layers().len()).any(|layer| perturbation.ends_only(layer));
        Flips {
            local: Local::new(network, perturbation, Settings { jobs: 1, ..settings }).without_witnesses(),
            perturbation,
            rounded: perturbation.rounded(network),
            trained_counts: !matches!(perturbation.magnitude(), Magnitude::Quantised(_)),
            grid,
        }
    }

    /// The one network that a quantiser makes which rounds to the nearest number (where the rule is to cut digits off,
    /// which does that); it is in the box. `None` without a number format.
    pub fn rounded(&self) -> Option<&Network> {
        self.rounded.as_ref()
    }

    /// What moves.
    pub fn perturbation(&self) -> &Perturbation {
        self.perturbation
    }

    /// Asks about an input (one exact coordinate per network input), with the index of its right class if that is known,
    /// within a budget.
    pub fn ask(
        &self,
        input: &[Rational],
        label: Option<usize>,
        budget: &Budget,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Flip {
        let rounded = self.rounded.as_ref().and_then(|network| class_at(self.perturbation, network, input));
        let (finding, departure) = self.local.departs(input, None, budget, scratch, observer);
        let mut boxes = finding.statistics.boxes;
        let assigned = finding.assigned;
        let fate = match (self.fate(&departure, finding.stop), rounded) {
            // the rounded network is one of those in question
            (Fate::Open(_), Some(to)) if !assigned.contains(&to) => Fate::Can { to: Some(to) },
            (fate, _) => fate,
        };
        let correct = label.map(|label| {
            if assigned == [label] {
                return match fate {
                    Fate::Never => Correct::Always,
                    Fate::Can { .. } => Correct::NotAlways,
                    Fate::Open(_) => Correct::Open,
                };
            }
            let wrong = |class: usize| class != label;
            let wrong_as_trained = !assigned.contains(&label) && (self.trained_counts || fate == Fate::Never);
            let wrong_elsewhere = matches!(fate, Fate::Can { to: Some(to) } if wrong(to)) || rounded.is_some_and(wrong);
            if wrong_as_trained || wrong_elsewhere {
                return Correct::NotAlways;
            }
            let (finding, departure) = self.local.departs(input, Some(label), budget, scratch, observer);
            boxes += finding.statistics.boxes;
            match departure.change {
                ClassChange::Impossible => Correct::Always,
                ClassChange::Possible => Correct::NotAlways,
                ClassChange::Unknown => Correct::Open,
            }
        });
        Flip { assigned, fate, rounded, correct, boxes }
    }

    fn fate(&self, departure: &Departure, stop: StopReason) -> Fate {
        match (departure.change, departure.to) {
            (ClassChange::Impossible, _) => Fate::Never,
            (ClassChange::Possible, to) => Fate::Can { to },
            _ if self.grid && departure.between => Fate::Open(Open::Between),
            _ if stop == StopReason::Complete => Fate::Open(Open::Close),
            _ => Fate::Open(Open::Stopped(stop)),
        }
    }
}

/// The class that a network of a perturbation assigns at an input, by intervals where they can tell, else exactly.
fn class_at(perturbation: &Perturbation, network: &Network, input: &[Rational]) -> Option<usize> {
    if perturbation.activations().is_some() {
        return perturbation.evaluate_exactly(network, input)?.class;
    }
    let enclosed: Vec<Interval> = input.iter().map(decimal::enclose).collect();
    let class = network.output().enclosed_class(&network.enclose_logits(&enclosed));
    class.or_else(|| certainly_assigned(network, input))
}
