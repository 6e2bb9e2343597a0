//! From noises back to parameters: where every neuron's noise `s ∈ [−1, 1]` is known, the perturbed network is too.
//!
//! A noise stands for the moves `s·r_j·sgn(h'_j)` of its neuron's weights and `s·r_b` of its bias from the middles of their
//! ranges (see [`eliminated`](super::eliminated)). Parameters that a number format rounds up or down are moved to the ends of
//! their ranges, so that the network is one that a quantiser can make: all to the end that the noise points to where it is
//! `±1`, and in between as many up and down as make the sum of their moves close to `s·ρ`. The signs are those of the perturbed network's own values, so the layers are moved
//! one after the other from the input on. The values are computed in doubles, and each parameter is clamped to the doubles
//! inside its exact interval: what comes out is a network of the perturbation's box, whatever rounding did; that it does
//! what was hoped for is for its exact evaluation to say.

use super::eliminated::NoiseOf;
use crate::network::{Layer, Network, NetworkError, Parameter};
use crate::perturbation::Perturbation;

/// The doubles that a parameter may be.
#[derive(Clone, Copy)]
struct Range {
    least: f64,
    /// where it is when its noise is 0
    middle: f64,
    greatest: f64,
    /// whether nothing between the two ends is possible
    ends_only: bool,
}

/// Moves the parameters of a network within a perturbation.
pub(super) struct Mover<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
}

impl<'a> Mover<'a> {
    pub(super) fn new(network: &'a Network, perturbation: &'a Perturbation) -> Self {
        Mover { network, perturbation }
    }

    /// The network at an input in which each noise has the value of `directions`, and those of all other neurons are 0.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub(super) fn moved<'n>(
        &self,
        input: &[f64],
        noises: impl IntoIterator<Item = (&'n NoiseOf, f64)>,
    ) -> Result<Network, NetworkError> {
        let mut moves: Vec<Vec<f64>> = self.network.layers().iter().map(|layer| vec![0.0; layer.outputs()]).collect();
        let last = moves.len() - 1;
        for (noise, s) in noises {
            match noise {
                NoiseOf::Neuron { layer, neuron } => moves[*layer][*neuron] = s,
                NoiseOf::Outputs(neurons) => neurons.iter().for_each(|&(neuron, sign)| moves[last][neuron] = s * sign),
            }
        }
        self.network(input, &moves)
    }

    /// The network in which each neuron's parameters are moved by its noise, at an input.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    fn network(&self, input: &[f64], moves: &[Vec<f64>]) -> Result<Network, NetworkError> {
        if self.perturbation.is_still() {
            return Ok(self.network.clone());
        }
        // s·r·sgn(h') needs the perturbed network's own values, layer by layer
        let mut values = input.to_vec();
        let mut parameters: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        for ((index, layer), moves) in self.network.layers().iter().enumerate().zip(moves) {
            let wired = self.network.wired(index);
            let patches = wired.patches(&values, &0.0);
            let mut weights = Vec::with_capacity(layer.weights().len());
            let mut biases = Vec::with_capacity(layer.row_count());
            for (row, neurons) in sharing(layer).into_iter().enumerate() {
                let ranges: Vec<Range> =
                    (0..layer.inputs()).map(|col| self.range(index, Parameter::Weight { row, col })).collect();
                let bias = self.range(index, Parameter::Bias { row });
                let operands = |neuron: usize| (moves[neuron], &*patches[layer.neuron(neuron).1]);
                let (row_weights, bias) = match neurons[..] {
                    [neuron] => one_row(&ranges, &bias, operands(neuron)),
                    _ => shared_row(&ranges, &bias, neurons.iter().map(|&neuron| operands(neuron))),
                };
                weights.extend(row_weights);
                biases.push(bias);
            }
            let width = layer.inputs();
            let neuron = |i: usize| {
                let (row, patch) = layer.neuron(i);
                let row_weights = &weights[row * width..(row + 1) * width];
                let z = biases[row] + row_weights.iter().zip(&*patches[patch]).map(|(w, h)| w * h).sum::<f64>();
                layer.activation().evaluate(z)
            };
            let h: Vec<f64> = (0..layer.outputs()).map(neuron).collect();
            values.extend(h);
            parameters.push((weights, biases));
        }
        self.network.with_parameters(|layer, parameter, _| match parameter {
            Parameter::Weight { row, col } => parameters[layer].0[row * self.network.layers()[layer].inputs() + col],
            Parameter::Bias { row } => parameters[layer].1[row],
        })
    }

    /// The doubles that a parameter may be.
    fn range(&self, layer: usize, parameter: Parameter) -> Range {
        let (least, greatest) = self.perturbation.inner_bounds(self.network, layer, parameter);
        let of_format = self.perturbation.is_formatted(self.network, layer, parameter);
        let trained = self.network.layers()[layer].parameter(parameter);
        let middle = if of_format { least + 0.5 * (greatest - least) } else { trained };
        let ends_only = of_format && self.perturbation.ends_only(layer);
        Range { least, middle: middle.clamp(least, greatest), greatest, ends_only }
    }
}

/// The neurons that have each row of a layer.
fn sharing(layer: &Layer) -> Vec<Vec<usize>> {
    let mut neurons = vec![Vec::new(); layer.row_count()];
    for neuron in 0..layer.outputs() {
        neurons[layer.neuron(neuron).0].push(neuron);
    }
    neurons
}

/// The weights and the bias of a row that one neuron has, whose noise and operands are these.
fn one_row(ranges: &[Range], bias: &Range, (s, h): (f64, &[f64])) -> (Vec<f64>, f64) {
    if s.abs() < 1.0 && ranges.iter().chain([bias]).any(|range| range.ends_only) {
        return rounded(ranges, bias, h, s);
    }
    let weights = ranges.iter().zip(h).map(|(range, &h)| range.moved(if h < 0.0 { -s } else { s })).collect();
    (weights, bias.moved(s))
}

/// The weights and the bias of a row that several neurons have: each goes all the way to where the noises of all, each with
/// the weight of its operand, pull it together.
fn shared_row<'h>(ranges: &[Range], bias: &Range, neurons: impl Iterator<Item = (f64, &'h [f64])>) -> (Vec<f64>, f64) {
    let (mut pulls, mut bias_pull) = (vec![0.0; ranges.len()], 0.0);
    for (s, h) in neurons {
        bias_pull += s;
        pulls.iter_mut().zip(h).for_each(|(pull, h)| *pull += s * h);
    }
    let end = |range: &Range, pull: f64| match pull {
        0.0 if !range.ends_only => range.middle,
        pull if pull < 0.0 => range.least,
        _ => range.greatest,
    };
    (ranges.iter().zip(pulls).map(|(range, pull)| end(range, pull)).collect(), end(bias, bias_pull))
}

/// The weights and the bias of a row, each at an end of its range, so that the row at `h` is near its middle plus `s` times
/// its radius: the largest terms first, each in the direction in which the sum is still wrong.
fn rounded(weights: &[Range], bias: &Range, h: &[f64], s: f64) -> (Vec<f64>, f64) {
    let ranges: Vec<&Range> = weights.iter().chain([bias]).collect();
    let factors = h.iter().copied().chain([1.0]);
    let reach: Vec<f64> = ranges.iter().zip(factors).map(|(range, h)| (range.greatest - range.middle) * h).collect();
    let mut order: Vec<usize> = (0..reach.len()).collect();
    order.sort_by(|&a, &b| reach[b].abs().total_cmp(&reach[a].abs()));
    let mut missing = s * reach.iter().map(|reach| reach.abs()).sum::<f64>();
    let mut numbers: Vec<f64> = ranges.iter().map(|range| range.greatest).collect();
    for index in order {
        let up = (missing >= 0.0) == (reach[index] >= 0.0);
        if !up {
            numbers[index] = ranges[index].least;
        }
        missing -= if up { reach[index] } else { -reach[index] };
    }
    let bias = numbers.pop().unwrap_or_default();
    (numbers, bias)
}

impl Range {
    /// The parameter moved by `s ∈ [−1, 1]` times its radius.
    fn moved(&self, s: f64) -> f64 {
        let Range { least, middle, greatest, .. } = *self;
        match s {
            1.0 => greatest,
            -1.0 => least,
            0.0 => middle,
            s if s > 0.0 => (middle + s * (greatest - middle)).clamp(least, greatest),
            s => (middle - s * (least - middle)).clamp(least, greatest),
        }
    }
}
