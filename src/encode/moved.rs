//! From noises back to parameters: where every neuron's noise `s ∈ [−1, 1]` is known, the perturbed network is too.
//!
//! A noise stands for the moves `s·r_j·sgn(h'_j)` of its neuron's weights and `s·r_b` of its bias (see
//! [`eliminated`](super::eliminated)). The signs are those of the perturbed network's own values, so the layers are moved
//! one after the other from the input on. The values are computed in doubles, and each parameter is clamped to the doubles
//! inside its exact interval: what comes out is a network of the perturbation's box, whatever rounding did; that it does
//! what was hoped for is for its exact evaluation to say.

use crate::network::{Network, NetworkError, Parameter};
use crate::perturbation::Perturbation;
use std::sync::OnceLock;

/// The least and the greatest double that each parameter of a layer may be.
struct Ends {
    weights: Vec<(f64, f64)>,
    biases: Vec<(f64, f64)>,
}

/// Moves the parameters of a network within a perturbation.
pub(super) struct Mover<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    /// the ends of each parameter's interval, computed when they are first needed
    ends: OnceLock<Vec<Ends>>,
}

impl<'a> Mover<'a> {
    pub(super) fn new(network: &'a Network, perturbation: &'a Perturbation) -> Self {
        Mover { network, perturbation, ends: OnceLock::new() }
    }

    /// A noise of 0 for each neuron, by layer.
    pub(super) fn at_rest(&self) -> Vec<Vec<f64>> {
        self.network.layers().iter().map(|layer| vec![0.0; layer.outputs()]).collect()
    }

    /// The network in which each neuron's parameters are moved by its noise, at an input.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub(super) fn network(&self, input: &[f64], moves: &[Vec<f64>]) -> Result<Network, NetworkError> {
        // s·r·sgn(h') needs the perturbed network's own values, layer by layer
        let mut h = input.to_vec();
        let mut parameters: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let ends = self.ends.get_or_init(|| self.ends());
        for ((layer, ends), moves) in self.network.layers().iter().zip(ends).zip(moves) {
            let width = layer.inputs();
            let mut weights = Vec::with_capacity(layer.weights().len());
            let mut biases = Vec::with_capacity(layer.outputs());
            for (row, &s) in moves.iter().enumerate() {
                let row_ends = &ends.weights[row * width..(row + 1) * width];
                weights.extend(
                    layer
                        .row(row)
                        .iter()
                        .zip(row_ends)
                        .zip(&h)
                        .map(|((&w, &ends), &h)| moved(w, ends, if h < 0.0 { -s } else { s })),
                );
                biases.push(moved(layer.biases()[row], ends.biases[row], s));
            }
            h = weights
                .chunks_exact(width)
                .zip(&biases)
                .map(|(weights, bias)| {
                    let z = bias + weights.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>();
                    layer.activation().evaluate(z)
                })
                .collect();
            parameters.push((weights, biases));
        }
        self.network.with_parameters(|layer, parameter, _| match parameter {
            Parameter::Weight { row, col } => parameters[layer].0[row * self.network.layers()[layer].inputs() + col],
            Parameter::Bias { row } => parameters[layer].1[row],
        })
    }

    fn ends(&self) -> Vec<Ends> {
        let layers = self.network.layers().iter().enumerate();
        layers
            .map(|(index, layer)| {
                let ends = |parameter| self.perturbation.inner_bounds(self.network, index, parameter);
                let cols = 0..layer.inputs();
                let weights = (0..layer.outputs()).flat_map(|row| cols.clone().map(move |col| (row, col)));
                Ends {
                    weights: weights.map(|(row, col)| ends(Parameter::Weight { row, col })).collect(),
                    biases: (0..layer.outputs()).map(|row| ends(Parameter::Bias { row })).collect(),
                }
            })
            .collect()
    }
}

/// A parameter moved by `s ∈ [−1, 1]` times its radius, as a double between the ends of its interval.
fn moved(value: f64, (least, greatest): (f64, f64), s: f64) -> f64 {
    match s {
        0.0 => value,
        1.0 => greatest,
        -1.0 => least,
        s if s > 0.0 => (value + s * (greatest - value)).clamp(least, greatest),
        s => (value - s * (least - value)).clamp(least, greatest),
    }
}
