//! How far each parameter of a network may move: the box `|θ'_i − θ_i| ≤ r_i`.
//!
//! The radius `r_i` is ε, or ε·|θ_i|, or 0 for a parameter that is left alone. Doubles and ε are exact rationals, and
//! so is every radius here: whoever needs doubles rounds once, in the direction that makes the question harder.
//! A witness must lie *inside* the box instead, so [`Perturbation::inner_bounds`] gives the doubles that do.
//!
//! Invariant: nothing here knows questions, solvers or how a box is searched.

use std::collections::BTreeSet;

use deltasat::exact::rational;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use thiserror::Error;

pub use crate::network::Parameter;
use crate::network::{Fixed, Network};

/// What decides a radius.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Magnitude {
    /// `r = ε`
    Absolute(BigRational),
    /// `r = ε·|θ|`, so that a parameter that is 0 does not move
    Relative(BigRational),
}

impl Magnitude {
    /// The ε.
    pub fn epsilon(&self) -> &BigRational {
        match self {
            Magnitude::Absolute(epsilon) | Magnitude::Relative(epsilon) => epsilon,
        }
    }
}

/// Which layers move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layers {
    /// All of them.
    All,
    /// Those at these indices, the layer next to the inputs being 0.
    Only(BTreeSet<usize>),
}

/// Which parameters of a layer move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// Weights and biases.
    All,
    /// Weights alone.
    Weights,
    /// Biases alone.
    Biases,
}

/// Why a perturbation is none, or none of this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PerturbationError {
    /// ε is negative.
    #[error("perturbation {epsilon}: negative, expected at least 0")]
    Negative {
        /// The ε.
        epsilon: BigRational,
    },
    /// The set of layers is empty.
    #[error("no layer selected, expected at least one")]
    NoLayer,
    /// A selected layer has no parameters.
    #[error("layer {layer}: a normalisation, whose numbers are fixed, expected one of {expected}")]
    FixedLayer {
        /// The index that was selected.
        layer: usize,
        /// The indices that can be.
        expected: String,
    },
    /// A selected layer does not exist.
    #[error("layer {layer}: no such layer, expected an index from 0 to {last}")]
    Layer {
        /// The index that was selected.
        layer: usize,
        /// The greatest index of the network.
        last: usize,
    },
}

/// A box around the parameters of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Perturbation {
    magnitude: Magnitude,
    layers: Layers,
    parameters: Parameters,
    /// the doubles on either side of ε
    around: (f64, f64),
}

impl Perturbation {
    /// The selected parameters of the selected layers move by `magnitude`, all others stay.
    ///
    /// # Errors
    /// When ε is negative or the set of layers is empty.
    pub fn new(magnitude: Magnitude, layers: Layers, parameters: Parameters) -> Result<Self, PerturbationError> {
        if magnitude.epsilon().is_negative() {
            return Err(PerturbationError::Negative { epsilon: magnitude.epsilon().clone() });
        }
        if matches!(&layers, Layers::Only(set) if set.is_empty()) {
            return Err(PerturbationError::NoLayer);
        }
        let around = (rational::floor_f64(magnitude.epsilon()), rational::ceil_f64(magnitude.epsilon()));
        Ok(Self { magnitude, layers, parameters, around })
    }

    /// All parameters of all layers move by `magnitude`.
    ///
    /// # Errors
    /// When ε is negative.
    pub fn uniform(magnitude: Magnitude) -> Result<Self, PerturbationError> {
        Self::new(magnitude, Layers::All, Parameters::All)
    }

    /// Checks that the selected layers exist in a network and have parameters.
    ///
    /// # Errors
    /// When one does not.
    pub fn check(&self, network: &Network) -> Result<(), PerturbationError> {
        let Layers::Only(set) = &self.layers else { return Ok(()) };
        let last = network.layers().len() - 1;
        let fixed = |layer: usize| network.layers()[layer].fixed() == Fixed::All;
        for &layer in set {
            if layer > last {
                return Err(PerturbationError::Layer { layer, last });
            }
            if fixed(layer) {
                let others: Vec<String> = (0..=last).filter(|&l| !fixed(l)).map(|l| l.to_string()).collect();
                return Err(PerturbationError::FixedLayer { layer, expected: others.join(", ") });
            }
        }
        Ok(())
    }

    /// What decides the radii.
    pub fn magnitude(&self) -> &Magnitude {
        &self.magnitude
    }

    /// Which layers move.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Which parameters of these layers move.
    pub fn parameters(&self) -> Parameters {
        self.parameters
    }

    /// The same kind of perturbation of the same parameters with another ε.
    ///
    /// # Errors
    /// When ε is negative.
    pub fn scaled(&self, epsilon: BigRational) -> Result<Self, PerturbationError> {
        let magnitude = match self.magnitude {
            Magnitude::Absolute(_) => Magnitude::Absolute(epsilon),
            Magnitude::Relative(_) => Magnitude::Relative(epsilon),
        };
        Self::new(magnitude, self.layers.clone(), self.parameters)
    }

    /// Whether a place is selected; what is selected may still be fixed or have radius 0.
    pub fn selects(&self, layer: usize, parameter: Parameter) -> bool {
        let in_layer = match &self.layers {
            Layers::All => true,
            Layers::Only(set) => set.contains(&layer),
        };
        let in_kind = match self.parameters {
            Parameters::All => true,
            Parameters::Weights => matches!(parameter, Parameter::Weight { .. }),
            Parameters::Biases => matches!(parameter, Parameter::Bias { .. }),
        };
        in_layer && in_kind
    }

    /// Whether a parameter is selected and is one: what a network holds [fixed](Fixed) never moves.
    ///
    /// # Panics
    /// When the network has no such layer, as indexing does.
    pub fn moves(&self, network: &Network, layer: usize, parameter: Parameter) -> bool {
        self.selects(layer, parameter) && !network.layers()[layer].fixed().holds(parameter)
    }

    /// The radius of one parameter, exact: ε, `ε·|θ|`, or 0 when it does not [move](Self::moves). At least 0.
    ///
    /// # Panics
    /// When the network has no such layer or parameter, as indexing does.
    pub fn radius(&self, network: &Network, layer: usize, parameter: Parameter) -> BigRational {
        let value = network.layers()[layer].parameter(parameter);
        if !self.moves(network, layer, parameter) {
            return BigRational::zero();
        }
        match &self.magnitude {
            Magnitude::Absolute(epsilon) => epsilon.clone(),
            Magnitude::Relative(epsilon) => epsilon * finite(value).abs(),
        }
    }

    /// The least and the greatest double in `[θ − r, θ + r]`. The parameter itself is a double in it, so there are
    /// such doubles, and the parameter lies between them.
    ///
    /// # Panics
    /// When the network has no such layer or parameter, as indexing does.
    pub fn inner_bounds(&self, network: &Network, layer: usize, parameter: Parameter) -> (f64, f64) {
        let value = network.layers()[layer].parameter(parameter);
        if let Magnitude::Absolute(_) = self.magnitude
            && self.moves(network, layer, parameter)
        {
            // most of the time both neighbours of ε lead to the same double, and so does ε
            let greatest = |value: f64| {
                let [low, high] = [self.around.0, self.around.1].map(|radius| greatest_up_to(value, radius));
                low.filter(|_| low == high)
            };
            if let (Some(below), Some(above)) = (greatest(-value), greatest(value)) {
                return (0.0 - below, above);
            }
        }
        let radius = self.radius(network, layer, parameter);
        if radius.is_zero() {
            return (value, value);
        }
        let exact = finite(value);
        (rational::ceil_f64(&(&exact - &radius)), rational::floor_f64(&(exact + radius)))
    }
}

/// The greatest double that is at most `x + y`, by the exact error of the sum (TwoSum, Knuth 1969); `None` where it
/// overflows.
fn greatest_up_to(x: f64, y: f64) -> Option<f64> {
    let sum = x + y;
    let part = sum - x;
    let error = (x - (sum - part)) + (y - part);
    (sum.is_finite() && error.is_finite()).then(|| if error < 0.0 { sum.next_down() } else { sum })
}

/// A parameter as a rational; a network's parameters are finite.
fn finite(value: f64) -> BigRational {
    rational::from_f64(value).unwrap_or_default()
}
