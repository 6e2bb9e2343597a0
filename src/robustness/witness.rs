//! Witnesses: an input and parameters inside the perturbation's box, evaluated exactly.
//!
//! What the search proposes is a point of its problem. Here it becomes a network of doubles inside the exact box, which
//! is evaluated in exact arithmetic by code that the search does not use; only what that says is reported.

use crate::network::{Network, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::{Ball, Rational};

/// A perturbed network at an input, beside the trained one.
#[derive(Clone, Debug)]
pub struct Witness {
    /// the input
    pub input: Vec<Rational>,
    /// the perturbed network
    pub network: Network,
    /// the class whose confidence is meant
    pub class: usize,
    /// the classes that the trained network may assign, one wherever exact evaluation can tell
    pub nominal_classes: Vec<usize>,
    /// the classes that the perturbed network may assign
    pub perturbed_classes: Vec<usize>,
    /// the class's confidence in the trained network
    pub nominal: Ball,
    /// the class's confidence in the perturbed network
    pub perturbed: Ball,
    /// the largest double surely not above the perturbed network's largest `logit_k − logit_class`, k another class
    pub gap: f64,
}

/// A parameter that a witness moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// index of the layer
    pub layer: usize,
    /// which of its parameters
    pub parameter: Parameter,
    /// its trained value
    pub from: f64,
    /// its value in the witness
    pub to: f64,
}

impl Witness {
    /// Evaluates a network of a perturbation beside the trained one; `None` when a magnitude is out of the range of exact
    /// arithmetic.
    pub fn new(
        trained: &Network,
        perturbation: &Perturbation,
        network: Network,
        input: Vec<Rational>,
        class: usize,
    ) -> Option<Witness> {
        let nominal = trained.evaluate_exactly(&input)?;
        let perturbed = perturbation.evaluate_exactly(&network, &input)?;
        let output = trained.output();
        Some(Witness {
            gap: output.exact_gap(&perturbed.logits, class)?,
            class,
            nominal_classes: nominal.classes,
            perturbed_classes: perturbed.classes,
            nominal: output.exact_confidence(&nominal.logits, class)?,
            perturbed: output.exact_confidence(&perturbed.logits, class)?,
            input,
            network,
        })
    }

    /// The largest double surely not above `|c(x, θ') − c(x, θ)|`.
    pub fn deviation(&self) -> f64 {
        self.perturbed.sub(&self.nominal).map_or(0.0, |change| change.abs().floor_f64())
    }

    /// The class that the trained network assigns, where that can be told.
    pub fn nominal_class(&self) -> Option<usize> {
        single(&self.nominal_classes)
    }

    /// The class that the perturbed network assigns, where that can be told.
    pub fn perturbed_class(&self) -> Option<usize> {
        single(&self.perturbed_classes)
    }

    /// Whether the two networks surely assign different classes.
    pub fn changes_class(&self) -> bool {
        !self.nominal_classes.iter().any(|class| self.perturbed_classes.contains(class))
    }

    /// The parameters that differ from the trained network's.
    pub fn moved(&self, trained: &Network) -> Vec<Moved> {
        moved(trained, &self.network)
    }
}

/// The one class of a list, if there is no other.
fn single(classes: &[usize]) -> Option<usize> {
    if let [class] = classes { Some(*class) } else { None }
}

/// The parameters in which two networks of one shape differ.
pub(super) fn moved(trained: &Network, perturbed: &Network) -> Vec<Moved> {
    let mut moved = Vec::new();
    for (layer, (before, after)) in trained.layers().iter().zip(perturbed.layers()).enumerate() {
        for parameter in before.parameters() {
            let (from, to) = (before.parameter(parameter), after.parameter(parameter));
            if from != to {
                moved.push(Moved { layer, parameter, from, to });
            }
        }
    }
    moved
}
