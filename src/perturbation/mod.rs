//! How far each parameter of a network may move: a box around the trained parameters, or beside them.
//!
//! A parameter `θ_i` moves by at most ε or ε·|θ_i|, or to what a [number format](mod@format) makes of it, or not at all. Each
//! range is given by its centre `c_i` and its radius `r_i`: `|θ'_i − c_i| ≤ r_i`. The centre is the trained parameter but
//! for formats, where it is the middle of the neighbours that the parameter may be rounded to.
//!
//! Doubles and ε are exact rationals, and so are centres and radii: whoever needs doubles rounds once, in the direction
//! that makes the question harder. A witness must lie *inside* the box instead, so [`Perturbation::inner_bounds`] gives the
//! doubles that do.
//!
//! Invariant: nothing here knows questions, solvers or how a box is searched.

pub mod activations;
mod error;
pub mod format;
pub mod quantise;

use std::collections::BTreeSet;
use std::sync::Arc;

use deltasat::exact::{Constant, rational};
use deltasat::interval::round::{mul_down, mul_up};
use num_rational::BigRational;
use num_traits::{Signed, Zero};

pub use self::error::PerturbationError;
pub use crate::network::Parameter;
use crate::network::exact::ExactEvaluation;
use crate::network::{Fixed, Network};
use activations::Activations;
use quantise::Quantised;

/// What decides a range.
#[derive(Clone, Debug, PartialEq)]
pub enum Magnitude {
    /// `r = ε`
    Absolute(BigRational),
    /// `r = ε·|θ|`, so that a parameter that is 0 does not move
    Relative(BigRational),
    /// what a number format makes of the parameters of one network
    Quantised(Arc<Quantised>),
}

impl Magnitude {
    /// The ε; `None` for a number format.
    pub fn epsilon(&self) -> Option<&BigRational> {
        match self {
            Magnitude::Absolute(epsilon) | Magnitude::Relative(epsilon) => Some(epsilon),
            Magnitude::Quantised(_) => None,
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

/// A part of a network, down to a single parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// a layer, by index
    Layer(usize),
    /// a neuron of a layer: its weights and its bias
    Neuron(usize, usize),
    /// a parameter of a layer
    Parameter(usize, Parameter),
}

impl Part {
    /// Whether a parameter belongs to it.
    pub fn holds(self, layer: usize, parameter: Parameter) -> bool {
        match self {
            Part::Layer(index) => index == layer,
            Part::Neuron(index, neuron) => index == layer && parameter.row() == neuron,
            Part::Parameter(index, one) => index == layer && parameter == one,
        }
    }
}

/// A box around the parameters of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Perturbation {
    magnitude: Magnitude,
    layers: Layers,
    parameters: Parameters,
    /// only this part moves
    only: Option<Part>,
    /// this part does not move
    except: Option<Part>,
    /// how inputs and hidden outputs are rounded
    activations: Option<Arc<Activations>>,
    /// the doubles on either side of ε
    around: (f64, f64),
}

impl Perturbation {
    /// The selected parameters of the selected layers move by `magnitude`, all others stay.
    ///
    /// # Errors
    /// When ε is negative or the set of layers is empty.
    pub fn new(magnitude: Magnitude, layers: Layers, parameters: Parameters) -> Result<Self, PerturbationError> {
        if let Some(epsilon) = magnitude.epsilon().filter(|epsilon| epsilon.is_negative()) {
            return Err(PerturbationError::Negative { epsilon: epsilon.clone() });
        }
        if matches!(&layers, Layers::Only(set) if set.is_empty()) {
            return Err(PerturbationError::NoLayer);
        }
        let around = magnitude.epsilon().map(|epsilon| (rational::floor_f64(epsilon), rational::ceil_f64(epsilon)));
        Ok(Self {
            magnitude,
            layers,
            parameters,
            only: None,
            except: None,
            activations: None,
            around: around.unwrap_or_default(),
        })
    }

    /// All parameters of all layers move by `magnitude`.
    ///
    /// # Errors
    /// When ε is negative.
    pub fn uniform(magnitude: Magnitude) -> Result<Self, PerturbationError> {
        Self::new(magnitude, Layers::All, Parameters::All)
    }

    /// Nothing moves.
    pub fn none() -> Self {
        let magnitude = Magnitude::Absolute(BigRational::zero());
        let (layers, parameters) = (Layers::All, Parameters::All);
        Self { magnitude, layers, parameters, only: None, except: None, activations: None, around: (0.0, 0.0) }
    }

    /// The same perturbation of one part of the network alone: what it does not select stays unselected.
    #[must_use]
    pub fn only(&self, part: Part) -> Self {
        Self { only: Some(part), ..self.clone() }
    }

    /// The same perturbation with one part of the network kept still.
    #[must_use]
    pub fn without(&self, part: Part) -> Self {
        Self { except: Some(part), ..self.clone() }
    }

    /// The same perturbation, and the perturbed network's inputs and hidden outputs are rounded.
    #[must_use]
    pub fn with_activations(self, activations: Arc<Activations>) -> Self {
        Self { activations: Some(activations), ..self }
    }

    /// How the perturbed network's inputs and hidden outputs are rounded; `None` where they are not.
    pub fn activations(&self) -> Option<&Activations> {
        self.activations.as_deref()
    }

    /// What a network of the perturbation says at an input, exactly, its activations rounded where they are; `None` as
    /// [`Network::evaluate_exactly`] says, or where a rounding cannot be told.
    pub fn evaluate_exactly(&self, network: &Network, input: &[BigRational]) -> Option<ExactEvaluation> {
        match self.activations() {
            None => network.evaluate_exactly(input),
            Some(activations) => activations.evaluate_exactly(network, input),
        }
    }

    /// Checks that the selected layers exist in a network and have parameters, and that number formats are its own.
    ///
    /// # Errors
    /// When one does not.
    pub fn check(&self, network: &Network) -> Result<(), PerturbationError> {
        if self.activations().is_some_and(|activations| !activations.fits(network)) {
            return Err(PerturbationError::OtherNetwork);
        }
        if matches!(&self.magnitude, Magnitude::Quantised(quantised) if !quantised.fits(network)) {
            return Err(PerturbationError::OtherNetwork);
        }
        check_layers(&self.layers, network)
    }

    /// What decides the ranges.
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
    /// When ε is negative, or there is none because a number format decides.
    pub fn scaled(&self, epsilon: BigRational) -> Result<Self, PerturbationError> {
        let magnitude = match self.magnitude {
            Magnitude::Absolute(_) => Magnitude::Absolute(epsilon),
            Magnitude::Relative(_) => Magnitude::Relative(epsilon),
            Magnitude::Quantised(_) => return Err(PerturbationError::NoEpsilon),
        };
        let scaled = Self::new(magnitude, self.layers.clone(), self.parameters)?;
        Ok(Self { only: self.only, except: self.except, activations: self.activations.clone(), ..scaled })
    }

    /// Whether no parameter moves, whatever is selected.
    pub fn is_still(&self) -> bool {
        self.magnitude.epsilon().is_some_and(Zero::is_zero)
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
        let in_part = self.only.is_none_or(|part| part.holds(layer, parameter));
        let excepted = self.except.is_some_and(|part| part.holds(layer, parameter));
        in_layer && in_kind && in_part && !excepted
    }

    /// Whether a parameter is selected and is one: what a network holds [fixed](Fixed) never moves.
    ///
    /// # Panics
    /// When the network has no such layer, as indexing does.
    pub fn moves(&self, network: &Network, layer: usize, parameter: Parameter) -> bool {
        self.selects(layer, parameter) && !network.layers()[layer].fixed().holds(parameter)
    }

    /// Whether a number format decides what becomes of a parameter.
    pub(crate) fn is_formatted(&self, network: &Network, layer: usize, parameter: Parameter) -> bool {
        matches!(&self.magnitude, Magnitude::Quantised(quantised) if quantised.decides(layer))
            && self.moves(network, layer, parameter)
    }

    /// The least and the greatest number that a parameter may be where a number format decides and it is selected.
    pub fn format_range(&self, network: &Network, layer: usize, parameter: Parameter) -> Option<(Constant, Constant)> {
        let Magnitude::Quantised(quantised) = &self.magnitude else { return None };
        let trained = network.layers()[layer].parameter(parameter);
        quantised.range(layer, parameter, trained).filter(|_| self.moves(network, layer, parameter))
    }

    /// By how much every weight of a neuron may move from where it is, where that is the same for all of them.
    pub(crate) fn weight_radius(&self, network: &Network, layer: usize, row: usize) -> Option<Constant> {
        let divides = |part: Option<Part>| matches!(part, Some(Part::Parameter(index, Parameter::Weight { row: one, .. })) if (index, one) == (layer, row));
        if divides(self.only) || divides(self.except) {
            return None;
        }
        if !self.moves(network, layer, Parameter::Weight { row, col: 0 }) {
            return Some(Constant::ZERO);
        }
        match &self.magnitude {
            Magnitude::Absolute(epsilon) => Some(Constant::from_rational(epsilon.clone())),
            Magnitude::Relative(epsilon) => epsilon.is_zero().then_some(Constant::ZERO),
            Magnitude::Quantised(quantised) => quantised.weight_radius(layer).cloned(),
        }
    }

    /// The middle of the range of one parameter, exact: the parameter itself but for number formats.
    ///
    /// # Panics
    /// When the network has no such layer or parameter, as indexing does.
    pub fn centre(&self, network: &Network, layer: usize, parameter: Parameter) -> BigRational {
        match self.format_range(network, layer, parameter) {
            Some((least, greatest)) => (least.to_rational() + greatest.to_rational()) / two(),
            None => finite(network.layers()[layer].parameter(parameter)),
        }
    }

    /// The radius of one parameter, exact: ε, `ε·|θ|`, half the distance of what a format allows, or 0 when it does not
    /// [move](Self::moves). At least 0.
    ///
    /// # Panics
    /// When the network has no such layer or parameter, as indexing does.
    pub fn radius(&self, network: &Network, layer: usize, parameter: Parameter) -> BigRational {
        if !self.moves(network, layer, parameter) {
            return BigRational::zero();
        }
        match &self.magnitude {
            Magnitude::Absolute(epsilon) => epsilon.clone(),
            Magnitude::Relative(epsilon) => epsilon * finite(network.layers()[layer].parameter(parameter)).abs(),
            Magnitude::Quantised(quantised) => {
                let trained = network.layers()[layer].parameter(parameter);
                quantised.range(layer, parameter, trained).map_or_else(BigRational::zero, |(least, greatest)| {
                    (greatest.to_rational() - least.to_rational()) / two()
                })
            }
        }
    }

    /// The least and the greatest double in the range of a parameter. Where the trained parameter is its centre it is a
    /// double in it, and the ends of a format's range are doubles, so there are such doubles.
    ///
    /// # Panics
    /// When the network has no such layer or parameter, as indexing does.
    pub fn inner_bounds(&self, network: &Network, layer: usize, parameter: Parameter) -> (f64, f64) {
        let value = network.layers()[layer].parameter(parameter);
        let around = match (&self.magnitude, parameter) {
            (Magnitude::Absolute(_), _) => Some(self.around),
            (Magnitude::Relative(_), _) => {
                Some((mul_down(self.around.0, value.abs()), mul_up(self.around.1, value.abs())))
            }
            (Magnitude::Quantised(quantised), Parameter::Weight { .. }) => quantised.around(layer),
            _ => None,
        };
        if let Some((below, above)) = around
            && self.moves(network, layer, parameter)
        {
            // most of the time both neighbours of the radius lead to the same double, and so does the radius
            let greatest = |value: f64| {
                let [low, high] = [below, above].map(|radius| greatest_up_to(value, radius));
                low.filter(|_| low == high)
            };
            if let (Some(below), Some(above)) = (greatest(-value), greatest(value)) {
                return (0.0 - below, above);
            }
        }
        if let Some((least, greatest)) = self.format_range(network, layer, parameter) {
            return (least.ceil(), greatest.floor());
        }
        let radius = self.radius(network, layer, parameter);
        if radius.is_zero() {
            return (value, value);
        }
        let exact = finite(value);
        (rational::ceil_f64(&(&exact - &radius)), rational::floor_f64(&(exact + radius)))
    }

    /// The network in which every parameter that moves is [rounded](Quantised::rounded); `None` without a number format.
    pub fn rounded(&self, network: &Network) -> Option<Network> {
        let Magnitude::Quantised(quantised) = &self.magnitude else { return None };
        let gridded = (0..network.layers().len()).any(|layer| quantised.grids(layer).is_some());
        let value = |layer, place, value| {
            let rounded = quantised.rounded(layer, place, value).filter(|_| self.moves(network, layer, place));
            rounded.unwrap_or(value)
        };
        // numbers of a grid are finite
        network.with_parameters(value).ok().filter(|_| gridded)
    }

    /// Whether a parameter of a layer can only be at one of the ends of its range, as a grid has it.
    pub fn ends_only(&self, layer: usize) -> bool {
        matches!(&self.magnitude, Magnitude::Quantised(quantised) if quantised.ends_only(layer))
    }
}

/// Checks that layers exist in a network and have parameters.
fn check_layers(layers: &Layers, network: &Network) -> Result<(), PerturbationError> {
    let Layers::Only(set) = layers else { return Ok(()) };
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

fn two() -> BigRational {
    BigRational::from_integer(2.into())
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
