//! The radii of a neuron's parameters as exact constants, as its row in a problem has them.

use crate::network::{Network, Parameter};
use crate::perturbation::{Magnitude, Perturbation};
use deltasat::exact::Constant;

/// The radii of one row.
pub(super) struct Radii {
    /// one per weight
    pub(super) weights: Vec<Constant>,
    /// that of the bias
    pub(super) bias: Constant,
}

impl Radii {
    /// Whether no parameter of the row moves.
    pub(super) fn are_zero(&self) -> bool {
        self.bias.is_zero() && self.weights.iter().all(Constant::is_zero)
    }
}

/// How far the parameters of a network reach.
#[derive(Clone)]
pub(super) struct Reach<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    /// the radius of every selected parameter where it is the same for all: made once, shared by the rows
    epsilon: Option<Constant>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(network: &'a Network, perturbation: &'a Perturbation) -> Self {
        let epsilon = match perturbation.magnitude() {
            Magnitude::Absolute(epsilon) => Some(Constant::from_rational(epsilon.clone())),
            Magnitude::Relative(_) => None,
        };
        Reach { network, perturbation, epsilon }
    }

    /// The radii of a neuron's parameters.
    pub(super) fn radii(&self, layer: usize, neuron: usize) -> Radii {
        let radius = |parameter| match &self.epsilon {
            Some(_) if !self.perturbation.moves(self.network, layer, parameter) => Constant::ZERO,
            Some(epsilon) => epsilon.clone(),
            None => Constant::from_rational(self.perturbation.radius(self.network, layer, parameter)),
        };
        let inputs = self.network.layers()[layer].inputs();
        Radii {
            weights: (0..inputs).map(|col| radius(Parameter::Weight { row: neuron, col })).collect(),
            bias: radius(Parameter::Bias { row: neuron }),
        }
    }
}
