//! How the parameters of a neuron move, as its row in a problem has them.

use super::parameter;
use super::rounded::Rounded;
use crate::network::{Network, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::Constant;
use deltasat::op::coefficients::Coefficients;

/// How the parameters of one row move: to `θ + shift ± radius`.
#[derive(Clone)]
pub(super) struct Radii {
    /// one per weight, at least 0
    pub(super) weights: Coefficients,
    /// that of the bias
    pub(super) bias: Constant,
    /// how far the middle of each weight's range is from the trained weight; `None` where all are 0
    pub(super) weight_shifts: Option<Coefficients>,
    /// how far the middle of the bias's range is from the trained bias
    pub(super) bias_shift: Constant,
}

impl Radii {
    /// Those of a row of so many weights that does not move.
    pub(super) fn still(weights: usize) -> Self {
        let weights = Coefficients::same(Constant::ZERO, weights);
        Radii { weight_shifts: None, weights, bias: Constant::ZERO, bias_shift: Constant::ZERO }
    }

    /// Whether no parameter of the row has any choice, though it may be shifted.
    pub(super) fn are_zero(&self) -> bool {
        self.bias.is_zero() && self.weights.are_zero()
    }

    /// Those of `Σ_k b_k·row_k` of rows that move on their own: radii add up, whatever the signs.
    pub(super) fn add(&mut self, factor: &Constant, row: &Radii) {
        let magnitude = factor.abs();
        self.weights = self.weights.plus(&magnitude, &row.weights);
        if let Some(shifts) = &row.weight_shifts {
            let zeros = || Coefficients::same(Constant::ZERO, shifts.len());
            self.weight_shifts = Some(self.weight_shifts.take().unwrap_or_else(zeros).plus(factor, shifts));
        }
        self.bias = &self.bias + &(&magnitude * &row.bias);
        self.bias_shift = &self.bias_shift + &(factor * &row.bias_shift);
    }

    /// The middles of the ranges of weights.
    pub(super) fn centres(&self, weights: Coefficients) -> Coefficients {
        match &self.weight_shifts {
            None => weights,
            Some(shifts) => weights.plus(&Constant::ONE, shifts),
        }
    }
}

/// How far the parameters of a network reach.
#[derive(Clone)]
pub(super) struct Reach<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
}

impl<'a> Reach<'a> {
    pub(super) fn new(network: &'a Network, perturbation: &'a Perturbation) -> Self {
        Reach { network, perturbation }
    }

    /// The radii of a row's parameters.
    pub(super) fn radii(&self, layer: usize, neuron: usize) -> Radii {
        let inputs = self.network.layers()[layer].inputs();
        let (bias, bias_shift) = self.range(layer, Parameter::Bias { row: neuron });
        if let Some(radius) = self.perturbation.weight_radius(self.network, layer, neuron) {
            return Radii { weights: Coefficients::same(radius, inputs), bias, weight_shifts: None, bias_shift };
        }
        let places = (0..inputs).map(|col| Parameter::Weight { row: neuron, col });
        let (weights, shifts): (Vec<_>, Vec<_>) = places.map(|place| self.range(layer, place)).unzip();
        let shifted = shifts.iter().any(|shift| !shift.is_zero());
        let weight_shifts = shifted.then(|| shifts.into_iter().collect());
        Radii { weights: weights.into_iter().collect(), bias, weight_shifts, bias_shift }
    }

    /// How a tensor is rounded, 0 being the inputs and `k` the outputs of layer `k − 1`; `None` where it is not.
    pub(super) fn rounded(&self, tensor: usize) -> Option<Rounded> {
        let activation = tensor.checked_sub(1).map(|layer| self.network.layers()[layer].activation());
        Rounded::of(self.perturbation.activations(), tensor, activation)
    }

    /// The radius of a parameter, and how far the middle of its range is from where it is.
    fn range(&self, layer: usize, place: Parameter) -> (Constant, Constant) {
        match self.perturbation.format_range(self.network, layer, place) {
            Some((least, greatest)) => {
                let trained = parameter(self.network.layers()[layer].parameter(place));
                let half = Constant::from_f64(0.5).unwrap_or(Constant::ZERO);
                (&(&greatest - &least) * &half, &(&(&least + &greatest) * &half) - &trained)
            }
            None => {
                let radius = self.perturbation.radius(self.network, layer, place);
                (Constant::from_rational(radius), Constant::ZERO)
            }
        }
    }
}
