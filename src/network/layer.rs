//! One layer: a matrix, a vector and an activation; a row of the matrix for each neuron, unless a [`Wiring`] says which
//! neuron has which row, and over which values.
//!
//! The weights lie in one row-major vector, a row per neuron, so that a neuron's row is one slice and the kernels that
//! bound it walk memory in order.

use super::wiring::Wiring;
use super::{Activation, NetworkError, count};
use std::sync::Arc;

/// The place of one parameter in its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Parameter {
    /// The weight of neuron `row` for input `col` of the layer.
    Weight {
        /// The neuron.
        row: usize,
        /// The input of the layer.
        col: usize,
    },
    /// The bias of neuron `row`.
    Bias {
        /// The neuron.
        row: usize,
    },
}

impl Parameter {
    /// The neuron that it belongs to.
    pub fn row(self) -> usize {
        match self {
            Parameter::Weight { row, .. } | Parameter::Bias { row } => row,
        }
    }
}

/// Which numbers of a layer are constants of the network's structure instead of trained parameters, and never move: the
/// zeros of a layer without biases, or all of a normalisation of inputs or outputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fixed {
    /// All numbers are parameters.
    #[default]
    Nothing,
    /// The biases are constants.
    Biases,
    /// The weights are constants.
    Weights,
    /// The layer has no parameters.
    All,
}

impl Fixed {
    /// Every choice under its name in files.
    pub const NAMES: [(&'static str, Fixed); 4] =
        [("nothing", Fixed::Nothing), ("biases", Fixed::Biases), ("weights", Fixed::Weights), ("all", Fixed::All)];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Fixed::Nothing => "nothing",
            Fixed::Biases => "biases",
            Fixed::Weights => "weights",
            Fixed::All => "all",
        }
    }

    /// Whether it holds the number at a place.
    pub fn holds(self, place: Parameter) -> bool {
        match self {
            Fixed::Nothing => false,
            Fixed::Biases => matches!(place, Parameter::Bias { .. }),
            Fixed::Weights => matches!(place, Parameter::Weight { .. }),
            Fixed::All => true,
        }
    }
}

/// `h = a(W x + b)` with at least one input and one neuron, all numbers finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    inputs: usize,
    weights: Arc<Vec<f64>>,
    biases: Vec<f64>,
    activation: Activation,
    fixed: Fixed,
    wiring: Option<Arc<Wiring>>,
}

impl Layer {
    /// A layer of `biases.len()` neurons; `weights` is row-major, one row of `inputs` numbers per neuron.
    ///
    /// # Errors
    /// When there is no input or no neuron, when the counts do not fit, or when a parameter is not finite.
    pub fn new(
        inputs: usize,
        weights: Vec<f64>,
        biases: Vec<f64>,
        activation: Activation,
    ) -> Result<Self, NetworkError> {
        if biases.is_empty() {
            return Err(NetworkError::invalid("biases", "empty, expected one number per neuron"));
        }
        if inputs == 0 {
            return Err(NetworkError::invalid("weights", "rows without numbers, expected one number per input"));
        }
        if inputs.checked_mul(biases.len()) != Some(weights.len()) {
            let problem = format!("{}, expected {} rows of {inputs}", count(weights.len(), "number"), biases.len());
            return Err(NetworkError::invalid("weights", problem));
        }
        if let Some(i) = weights.iter().position(|w| !w.is_finite()) {
            let path = format!("weights[{}][{}]", i / inputs, i % inputs);
            return Err(NetworkError::invalid(path, not_finite(weights[i])));
        }
        if let Some(i) = biases.iter().position(|b| !b.is_finite()) {
            return Err(NetworkError::invalid(format!("biases[{i}]"), not_finite(biases[i])));
        }
        Ok(Self { inputs, weights: Arc::new(weights), biases, activation, fixed: Fixed::Nothing, wiring: None })
    }

    /// A layer whose neurons have the rows and the operands that a wiring gives them; there is a bias for each row.
    ///
    /// # Errors
    /// As [`Layer::new`], and when the wiring has a row that is not there or patches of another length.
    pub fn wired(
        inputs: usize,
        weights: Vec<f64>,
        biases: Vec<f64>,
        activation: Activation,
        wiring: Wiring,
    ) -> Result<Self, NetworkError> {
        let layer = Layer::new(inputs, weights, biases, activation)?;
        if let Some(&(row, _)) = wiring.neurons().iter().find(|&&(row, _)| row as usize >= layer.biases.len()) {
            return Err(NetworkError::invalid("wiring", format!("row {row}, expected one of {}", layer.biases.len())));
        }
        if let Some(patch) = wiring.patches().find(|patch| patch.len() != inputs) {
            let problem = format!("patches of {} values, expected {inputs}", patch.len());
            return Err(NetworkError::invalid("wiring", problem));
        }
        Ok(Self { wiring: Some(Arc::new(wiring)), ..layer })
    }

    /// Which neuron has which row and which operands; none where each has its own row over the values of the layer before.
    pub fn wiring(&self) -> Option<&Wiring> {
        self.wiring.as_deref()
    }

    /// The row and the patch of a neuron.
    pub fn neuron(&self, neuron: usize) -> (usize, usize) {
        self.wiring().map_or((neuron, 0), |wiring| {
            let (row, patch) = wiring.neurons()[neuron];
            (row as usize, patch as usize)
        })
    }

    /// Whether several neurons have parameters in common.
    pub fn shares_parameters(&self) -> bool {
        self.fixed != Fixed::All && self.wiring().is_some_and(|wiring| wiring.shares(self.biases.len()))
    }

    /// Whether each neuron has the activation of one value as it is, and nothing else.
    pub(crate) fn is_elementwise(&self) -> bool {
        let identity = |(i, &w): (usize, &f64)| {
            let diagonal = self.inputs == 1 || i % self.inputs == i / self.inputs;
            w == if diagonal { 1.0 } else { 0.0 }
        };
        let square = self.inputs == 1 || self.inputs == self.biases.len() && self.wiring.is_none();
        self.fixed == Fixed::All
            && square
            && self.biases.iter().all(|&b| b == 0.0)
            && self.weights.iter().enumerate().all(identity)
    }

    /// The same layer in which these numbers are constants, no parameters.
    #[must_use]
    pub fn with_fixed(mut self, fixed: Fixed) -> Self {
        self.fixed = fixed;
        self
    }

    /// Which numbers are constants.
    pub fn fixed(&self) -> Fixed {
        self.fixed
    }

    /// The number of operands of a neuron, at least 1: of the inputs, unless the layer is wired.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of neurons, at least 1.
    pub fn outputs(&self) -> usize {
        self.wiring().map_or(self.biases.len(), |wiring| wiring.neurons().len())
    }

    /// The number of rows of weights, each with a bias, at least 1: of the neurons, unless the layer is wired.
    pub fn row_count(&self) -> usize {
        self.biases.len()
    }

    /// All weights, row-major: rows of `inputs` numbers.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The array of all weights, to be shared.
    pub(crate) fn shared_weights(&self) -> &Arc<Vec<f64>> {
        &self.weights
    }

    /// The weights of one row, one per operand.
    ///
    /// # Panics
    /// When there is no such row, as indexing does.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.weights[row * self.inputs..(row + 1) * self.inputs]
    }

    /// The weights of every row in turn.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, f64> {
        self.weights.chunks_exact(self.inputs)
    }

    /// One bias per row.
    pub fn biases(&self) -> &[f64] {
        &self.biases
    }

    /// The activation of all neurons.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The number of weights and biases that are not [fixed](Fixed).
    pub fn parameter_count(&self) -> usize {
        match self.fixed {
            Fixed::Nothing => self.weights.len() + self.biases.len(),
            Fixed::Biases => self.weights.len(),
            Fixed::Weights => self.biases.len(),
            Fixed::All => 0,
        }
    }

    /// The number at a place, fixed or not.
    ///
    /// # Panics
    /// When there is no such parameter, as indexing does.
    pub fn parameter(&self, parameter: Parameter) -> f64 {
        match parameter {
            Parameter::Weight { row, col } => self.row(row)[col],
            Parameter::Bias { row } => self.biases[row],
        }
    }

    /// The places of all parameters, so without what is [fixed](Fixed): the weights row by row, then the biases.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter> + use<> {
        let fixed = self.fixed;
        self.places().filter(move |&place| !fixed.holds(place))
    }

    /// The places of all numbers: the weights row by row, then the biases.
    pub(crate) fn places(&self) -> impl Iterator<Item = Parameter> + use<> {
        let (rows, cols) = (self.biases.len(), self.inputs);
        let weights = (0..rows).flat_map(move |row| (0..cols).map(move |col| Parameter::Weight { row, col }));
        weights.chain((0..rows).map(|row| Parameter::Bias { row }))
    }

    /// The same layer with every parameter replaced by what `value` makes of its place and itself.
    pub(super) fn with_parameters(&self, mut value: impl FnMut(Parameter, f64) -> f64) -> Result<Self, NetworkError> {
        let mut number = |place| {
            let own = self.parameter(place);
            if self.fixed.holds(place) { own } else { value(place, own) }
        };
        let mut numbers: Vec<f64> = self.places().map(&mut number).collect();
        let biases = numbers.split_off(self.weights.len());
        let layer = Layer::new(self.inputs, numbers, biases, self.activation)?.with_fixed(self.fixed);
        Ok(Layer { wiring: self.wiring.clone(), ..layer })
    }
}

pub(super) fn not_finite(value: f64) -> String {
    format!("{value}, expected a finite number")
}
