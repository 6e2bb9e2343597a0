//! How the parameters of a neuron move, as exact constants, as its row in a problem has them.

use super::rounded::Rounded;
use crate::network::{Network, Parameter};
use crate::perturbation::{Magnitude, Perturbation};
use deltasat::exact::Constant;

/// How the parameters of one row move: to `θ + shift ± radius`.
#[derive(Clone)]
pub(super) struct Radii {
    /// one per weight, at least 0
    pub(super) weights: Vec<Constant>,
    /// that of the bias
    pub(super) bias: Constant,
    /// how far the middle of each weight's range is from the trained weight
    pub(super) weight_shifts: Vec<Constant>,
    /// how far the middle of the bias's range is from the trained bias
    pub(super) bias_shift: Constant,
}

impl Radii {
    /// Those of a row of so many weights that does not move.
    pub(super) fn still(weights: usize) -> Self {
        let zeros = vec![Constant::ZERO; weights];
        Radii { weight_shifts: zeros.clone(), weights: zeros, bias: Constant::ZERO, bias_shift: Constant::ZERO }
    }

    /// Whether no parameter of the row has any choice, though it may be shifted.
    pub(super) fn are_zero(&self) -> bool {
        self.bias.is_zero() && self.weights.iter().all(Constant::is_zero)
    }

    /// Those of `Σ_k b_k·row_k` of rows that move on their own: radii add up, whatever the signs.
    pub(super) fn add(&mut self, factor: &Constant, row: &Radii) {
        let magnitude = factor.abs();
        let scaled = |sums: &mut Vec<Constant>, factor: &Constant, terms: &[Constant]| {
            sums.iter_mut().zip(terms).filter(|(_, x)| !x.is_zero()).for_each(|(sum, x)| *sum = &*sum + &(factor * x));
        };
        scaled(&mut self.weights, &magnitude, &row.weights);
        scaled(&mut self.weight_shifts, factor, &row.weight_shifts);
        self.bias = &self.bias + &(&magnitude * &row.bias);
        self.bias_shift = &self.bias_shift + &(factor * &row.bias_shift);
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
            Magnitude::Relative(_) | Magnitude::Quantised(_) => None,
        };
        Reach { network, perturbation, epsilon }
    }

    /// The radii of a neuron's parameters.
    pub(super) fn radii(&self, layer: usize, neuron: usize) -> Radii {
        let inputs = self.network.layers()[layer].inputs();
        let places =
            (0..inputs).map(|col| Parameter::Weight { row: neuron, col }).chain([Parameter::Bias { row: neuron }]);
        let (mut weights, mut weight_shifts): (Vec<_>, Vec<_>) =
            places.map(|place| (self.radius(layer, place), self.shift(layer, place))).unzip();
        let (bias, bias_shift) = (weights.pop(), weight_shifts.pop());
        // there is always a bias
        let (bias, bias_shift) = (bias.unwrap_or(Constant::ZERO), bias_shift.unwrap_or(Constant::ZERO));
        Radii { weights, bias, weight_shifts, bias_shift }
    }

    /// How a tensor is rounded, 0 being the inputs and `k` the outputs of layer `k − 1`; `None` where it is not.
    pub(super) fn rounded(&self, tensor: usize) -> Option<Rounded> {
        let activation = tensor.checked_sub(1).map(|layer| self.network.layers()[layer].activation());
        Rounded::of(self.perturbation.activations(), tensor, activation)
    }

    fn radius(&self, layer: usize, place: Parameter) -> Constant {
        match &self.epsilon {
            Some(_) if !self.perturbation.moves(self.network, layer, place) => Constant::ZERO,
            Some(epsilon) => epsilon.clone(),
            None => match self.perturbation.format_range(self.network, layer, place) {
                Some((least, greatest)) => &(greatest - least) * &half(),
                None => Constant::from_rational(self.perturbation.radius(self.network, layer, place)),
            },
        }
    }

    fn shift(&self, layer: usize, place: Parameter) -> Constant {
        match self.perturbation.format_range(self.network, layer, place) {
            Some((least, greatest)) => {
                let trained = super::parameter(self.network.layers()[layer].parameter(place));
                &(&(least + greatest) * &half()) - &trained
            }
            None => Constant::ZERO,
        }
    }
}

fn half() -> Constant {
    Constant::from_f64(0.5).unwrap_or(Constant::ZERO)
}
