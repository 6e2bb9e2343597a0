//! The forward pass in plain doubles.
//!
//! Every operation rounds to nearest, so nothing here is a bound. It is for showing (accuracy, what the network says at
//! a point) and for telling a search where to look; it decides nothing.

use super::{Network, NetworkError, Output};

/// What a network says at a point, in plain doubles.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// One per output of the last layer.
    pub logits: Vec<f64>,
    /// One per class.
    pub confidences: Vec<f64>,
    /// The class with the greatest logit, the lowest index among equals.
    pub class: usize,
}

impl Evaluation {
    /// The confidence of the assigned class.
    pub fn confidence(&self) -> f64 {
        self.confidences[self.class]
    }
}

impl Output {
    /// The class that the logits assign: the greatest, ties to the lowest index; for a sigmoid the second of the two
    /// classes when the logit is positive.
    pub fn class(self, logits: &[f64]) -> usize {
        match self {
            Output::Sigmoid => usize::from(logits.first().is_some_and(|&z| z > 0.0)),
            Output::Softmax | Output::None => {
                (1..logits.len()).fold(0, |best, j| if logits[j] > logits[best] { j } else { best })
            }
        }
    }

    /// One confidence per class; for [`Output::None`] the outputs themselves.
    pub fn confidences(self, logits: &[f64]) -> Vec<f64> {
        match self {
            Output::Softmax => {
                // Shifted by the greatest logit, so that no exponential overflows.
                let greatest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let powers: Vec<f64> = logits.iter().map(|z| (z - greatest).exp()).collect();
                let total: f64 = powers.iter().sum();
                powers.into_iter().map(|p| p / total).collect()
            }
            Output::Sigmoid => logits.iter().take(1).flat_map(|&z| [sigmoid(-z), sigmoid(z)]).collect(),
            Output::None => logits.to_vec(),
        }
    }
}

impl Network {
    /// The logits at a point.
    ///
    /// # Errors
    /// When the point has not one number per input.
    pub fn logits(&self, point: &[f64]) -> Result<Vec<f64>, NetworkError> {
        if point.len() != self.input().count() {
            return Err(NetworkError::Point { given: point.len(), expected: self.input().count() });
        }
        let mut values = self.values(point, self.layers().len());
        Ok(values.split_off(values.len() - self.logit_count()))
    }

    /// The inputs, then the outputs of so many layers, at a point of one number per input.
    fn values(&self, point: &[f64], layers: usize) -> Vec<f64> {
        let mut values = point.to_vec();
        for (index, layer) in self.layers()[..layers].iter().enumerate() {
            let h = self.wired(index).map(&values, &0.0, |row, bias, operands| {
                layer.activation().evaluate(row.iter().zip(operands).map(|(w, v)| w * v).sum::<f64>() + bias)
            });
            values.extend(h);
        }
        values
    }

    /// The least and the greatest number of the inputs and of the outputs of every layer but the last, over some points: the
    /// ranges that a quantiser calibrates activations by. Without any point all ranges are empty: `(∞, −∞)`.
    ///
    /// # Errors
    /// When a point has not one number per input.
    pub fn activation_ranges<'p>(
        &self,
        points: impl IntoIterator<Item = &'p [f64]>,
    ) -> Result<Vec<(f64, f64)>, NetworkError> {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); self.layers().len()];
        for point in points {
            if point.len() != self.input().count() {
                return Err(NetworkError::Point { given: point.len(), expected: self.input().count() });
            }
            let values = self.values(point, self.layers().len() - 1);
            for (tensor, (least, greatest)) in ranges.iter_mut().enumerate() {
                let tensor = &values[self.tensor(tensor)];
                *least = tensor.iter().copied().fold(*least, f64::min);
                *greatest = tensor.iter().copied().fold(*greatest, f64::max);
            }
        }
        Ok(ranges)
    }

    /// Logits, confidences and class at a point.
    ///
    /// # Errors
    /// When the point has not one number per input.
    pub fn evaluate(&self, point: &[f64]) -> Result<Evaluation, NetworkError> {
        let logits = self.logits(point)?;
        let (class, confidences) = (self.output().class(&logits), self.output().confidences(&logits));
        Ok(Evaluation { logits, confidences, class })
    }

    /// The part of the held-out points, from 0 to 1, whose label is the assigned class; none without such points.
    pub fn accuracy(&self) -> Option<f64> {
        let data = self.data()?;
        let right = data.inputs().iter().zip(data.labels()).filter(|(point, label)| {
            // The constructor checked the length of every point.
            self.logits(point).is_ok_and(|logits| self.output().class(&logits) == **label)
        });
        Some(right.count() as f64 / data.labels().len() as f64)
    }
}

/// `1 / (1 + e^−z)`, by the exponential that does not overflow.
pub(super) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + (-z).exp())
    } else {
        let e = z.exp();
        e / (1.0 + e)
    }
}
