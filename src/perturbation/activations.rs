//! Quantised activations: the inputs and the outputs of hidden layers, rounded to the nearest of equally spaced numbers as an
//! integer kernel stores them, and clipped to the least and the greatest of them. Logits are not rounded.
//!
//! Tensor 0 is the inputs, tensor `k` the outputs of layer `k − 1`. A number is [rounded](Activations::rounded) to the nearest
//! word, ties to the even one: in the problems that are searched and in the exact evaluation of a witness alike.

use super::format::affine::Affine;
use super::format::integer::{self, Granularity};
use super::format::{Format, FormatError};
use super::quantise;
use crate::network::Network;
use crate::network::exact::ExactEvaluation;
use deltasat::exact::{Ball, Constant, Rational, rational};
use num_traits::ToPrimitive;
use std::collections::BTreeMap;
use std::fmt;

/// A format for each tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Formats {
    /// of tensors that are not named
    pub default: Option<Format>,
    /// of single tensors, by index
    pub tensors: BTreeMap<usize, Format>,
}

impl Formats {
    /// Reads `int8:asymmetric`, or `inputs=fixed:1.4,layer0=fixed:2.2`, `layerN` being the outputs of that layer.
    ///
    /// # Errors
    /// When a format is none, or a tensor or the default is given twice.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let index = |name: &str| match name.strip_prefix("layer") {
            None => (name == "inputs").then_some(0),
            Some(layer) => layer.parse::<usize>().ok()?.checked_add(1),
        };
        let expected = "inputs=FORMAT, or layerN=FORMAT for the outputs of a hidden layer";
        let (default, tensors) = quantise::parts(text, index, expected)?;
        Ok(Formats { default, tensors })
    }
}

impl fmt::Display for Formats {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |index: usize| match index.checked_sub(1) {
            None => "inputs".to_owned(),
            Some(layer) => format!("layer{layer}"),
        };
        f.write_str(&quantise::join(self.default.as_ref(), &self.tensors, name))
    }
}

/// A grid for the inputs and for each hidden layer's outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    formats: Formats,
    grids: Vec<Option<Affine>>,
}

impl Activations {
    /// The grids of formats for tensors of which the least and the greatest numbers are given: the inputs, then the outputs
    /// of every layer but the last.
    ///
    /// # Errors
    /// When a format is not one of equally spaced numbers, or is that of a tensor that is not there.
    pub fn new(formats: Formats, ranges: &[(f64, f64)]) -> Result<Self, FormatError> {
        if let Some((&tensor, format)) =
            formats.tensors.iter().next_back().filter(|(tensor, _)| **tensor >= ranges.len())
        {
            let expected = format!("a hidden layer, so from 0 to {}", ranges.len().saturating_sub(2));
            return Err(FormatError::Syntax { text: format!("layer{}={format}", tensor.saturating_sub(1)), expected });
        }
        let grid = |(tensor, &range): (usize, &(f64, f64))| {
            let format = formats.tensors.get(&tensor).or(formats.default.as_ref());
            format.map(|format| grid(format, range)).transpose()
        };
        let grids = ranges.iter().enumerate().map(grid).collect::<Result<_, _>>()?;
        Ok(Activations { formats, grids })
    }

    /// The formats.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The grid of each tensor; `None` where it is not rounded.
    pub fn grids(&self) -> &[Option<Affine>] {
        &self.grids
    }

    fn grid(&self, tensor: usize) -> Option<&Affine> {
        self.grids.get(tensor)?.as_ref()
    }

    /// The scale of each layer's inputs; `None` where they are not rounded.
    pub fn scales(&self) -> Vec<Option<f64>> {
        self.grids.iter().map(|grid| grid.map(|grid| grid.scale())).collect()
    }

    /// The step between neighbouring numbers of a tensor; `None` where it is not rounded.
    pub fn step(&self, tensor: usize) -> Option<Constant> {
        Constant::from_f64(self.grid(tensor)?.scale())
    }

    /// The least and the greatest number of a tensor; `None` where it is not rounded.
    pub fn ends(&self, tensor: usize) -> Option<(Constant, Constant)> {
        let grid = self.grid(tensor)?;
        let (least, greatest) = grid.words();
        Some((Constant::from_f64(grid.value(least))?, Constant::from_f64(grid.value(greatest))?))
    }

    /// A number of a tensor as it is stored; `None` where its enclosure is too wide to tell. A tensor without a grid stays.
    pub fn rounded(&self, tensor: usize, x: &Ball) -> Option<Ball> {
        let Some(grid) = self.grid(tensor) else { return Some(x.clone()) };
        let (low, high) = (nearest_word(grid, &x.lower())?, nearest_word(grid, &x.upper())?);
        if low != high {
            return None;
        }
        Ball::from_f64(grid.value(low))
    }

    /// What a network says at an input, exactly, its activations rounded; `None` as [`Network::evaluate_exactly`] says, or
    /// where a rounding cannot be told.
    pub fn evaluate_exactly(&self, network: &Network, input: &[Rational]) -> Option<ExactEvaluation> {
        network.evaluate_exactly_with(input, |tensor, x| self.rounded(tensor, x))
    }

    /// Whether it was made for a network of so many layers.
    pub fn fits(&self, network: &Network) -> bool {
        self.grids.len() == network.layers().len()
    }
}

/// The grid of a format for numbers of a range.
fn grid(format: &Format, range: (f64, f64)) -> Result<Affine, FormatError> {
    match format {
        Format::Integer { bits, symmetry, granularity: Granularity::Tensor, bias: None } => {
            let value = if range.1 > -range.0 { range.1 } else { range.0 };
            let beyond = || FormatError::Scale { place: "an activation".to_owned(), value, format: format.to_string() };
            integer::grid(*bits, *symmetry, range).ok_or_else(beyond)
        }
        Format::Fixed { point, .. } => Ok(point.grid(range)),
        Format::Integer { .. } | Format::Float { .. } | Format::Uniform(_) => Err(FormatError::Syntax {
            text: format.to_string(),
            expected: "intN, intN:asymmetric or fixed for activations".to_owned(),
        }),
    }
}

/// The word nearest to an exact number; of a tie, the one an even number of steps from zero.
fn nearest_word(grid: &Affine, x: &Rational) -> Option<i64> {
    let (least, greatest) = grid.words();
    let quotient = x / rational::from_f64(grid.scale())?;
    let down = quotient.floor();
    let half = Rational::new(1.into(), 2.into());
    let rest = &quotient - &down;
    let down = down.to_integer();
    let up = rest > half || (rest == half && num_integer::Integer::is_odd(&down));
    // far out of range is at the end all the same
    let word = if up { down + 1 } else { down } + grid.zero();
    Some(word.clamp(least.into(), greatest.into()).to_i64().unwrap_or(least))
}
