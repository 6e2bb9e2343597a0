//! The parameters that push one logit down against another, found by signs.
//!
//! At a fixed input `x` the perturbed margin `logit_class − logit_against` falls when each neuron's noise points against
//! the sign of the margin's derivative with respect to that neuron, and activations increase, so signs are those of sums
//! over the layers above. With one hidden layer every hidden neuron has its own summand, `v_j h'_j − r_j |h'_j|`, and the
//! signs give the exact minimum; deeper down a neuron may matter in two directions, and the answer is only a good one.
//!
//! Unlike a derivative on the tape this sees a ReLU that is inactive in the trained network and becomes active.
//! Everything here is in doubles: the network it returns lies inside the box, and whoever uses it evaluates it exactly.

use super::question::Encoded;
use crate::network::{Activation, Layer, Network, NetworkError, Output};

impl Encoded<'_> {
    /// A network inside the box whose `logit_class − logit_against` at `x` is as small as signs can tell; for a sigmoid
    /// output the classes are the two that σ of the only logit tells apart.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn steepest(&self, x: &[f64], class: usize, against: usize) -> Result<Network, NetworkError> {
        let network = self.network();
        let layers = network.layers();
        let mut values = vec![x.to_vec()];
        for layer in layers {
            let z = |row: usize| sum(layer, row, &values[values.len() - 1]);
            let h = (0..layer.outputs()).map(|row| layer.activation().evaluate(z(row))).collect();
            values.push(h);
        }
        // the derivative of the margin with respect to each output of the layer at hand
        let mut slopes = vec![0.0; network.logit_count()];
        if network.output() == Output::Sigmoid {
            slopes[0] = if class == 1 { 1.0 } else { -1.0 };
        } else {
            slopes[class] = 1.0;
            slopes[against] = -1.0;
        }
        let mut moves = vec![Vec::new(); layers.len()];
        for (index, layer) in layers.iter().enumerate().rev() {
            let h = &values[index];
            let mut below = vec![0.0; layer.inputs()];
            moves[index] = slopes.iter().map(|&slope| direction(slope)).collect();
            for (row, (&slope, &s)) in slopes.iter().zip(&moves[index]).enumerate() {
                if slope == 0.0 {
                    continue;
                }
                let moved = self.row(index, row, h, s);
                let z = moved.bias + moved.weights.iter().zip(h).map(|(w, h)| w * h).sum::<f64>();
                let through = slope * derivative(layer.activation(), z);
                for (below, weight) in below.iter_mut().zip(&moved.weights) {
                    *below += through * weight;
                }
            }
            slopes = below;
        }
        self.moved_network(x, &moves)
    }
}

/// Against the slope; nowhere where there is none.
fn direction(slope: f64) -> f64 {
    if slope > 0.0 {
        -1.0
    } else if slope < 0.0 {
        1.0
    } else {
        0.0
    }
}

fn sum(layer: &Layer, row: usize, h: &[f64]) -> f64 {
    layer.biases()[row] + layer.row(row).iter().zip(h).map(|(w, h)| w * h).sum::<f64>()
}

fn derivative(activation: Activation, z: f64) -> f64 {
    match activation {
        Activation::Linear => 1.0,
        Activation::Relu => f64::from(u8::from(z > 0.0)),
        Activation::Tanh => 1.0 - z.tanh().powi(2),
        Activation::Sigmoid => {
            let value = activation.evaluate(z);
            value * (1.0 - value)
        }
    }
}
