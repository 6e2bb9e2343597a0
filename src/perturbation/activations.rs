//! Quantised activations: the inputs and the outputs of hidden layers, rounded to the nearest of equally spaced numbers as an
//! integer kernel stores them, and clipped to the least and the greatest of them. Logits are not rounded.
//!
//! Tensor 0 is the inputs, tensor `k` the outputs of layer `k − 1`. What rounding adds to a number is at most half a step
//! either way, so an encoding gives each number of a tensor a noise of that size, beside the clipping. A witness is
//! evaluated with the rounding itself, [exactly](Activations::rounded): to nearest, ties to the even word.

use super::format::affine::Affine;
use super::format::integer::{self, Granularity};
use super::format::{Format, FormatError};
use crate::network::Network;
use deltasat::exact::{Ball, Constant, Rational, rational};
use num_traits::ToPrimitive;

/// A grid for the inputs and for each hidden layer's outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Activations {
    format: Format,
    grids: Vec<Affine>,
}

impl Activations {
    /// The grids of a format for tensors of which the least and the greatest numbers are given: the inputs, then the outputs
    /// of every layer but the last.
    ///
    /// # Errors
    /// When the format is not one of equally spaced numbers.
    pub fn new(format: &Format, ranges: &[(f64, f64)]) -> Result<Self, FormatError> {
        let grid = |&range: &(f64, f64)| match format {
            Format::Integer { bits, symmetry, granularity: Granularity::Tensor, bias: None } => {
                Ok(integer::grid(*bits, *symmetry, range))
            }
            Format::Fixed { point, .. } => Ok(point.grid(range)),
            Format::Integer { .. } | Format::Float { .. } | Format::Uniform(_) => Err(FormatError::Syntax {
                text: format.to_string(),
                expected: "intN, intN:asymmetric or fixed for activations".to_owned(),
            }),
        };
        Ok(Activations { format: format.clone(), grids: ranges.iter().map(grid).collect::<Result<_, _>>()? })
    }

    /// The format.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The grids, one per tensor.
    pub fn grids(&self) -> &[Affine] {
        &self.grids
    }

    /// The scale of each layer's inputs.
    pub fn scales(&self) -> Vec<f64> {
        self.grids.iter().map(Affine::scale).collect()
    }

    /// Half a step of a tensor; `None` where it is not rounded.
    pub fn half_step(&self, tensor: usize) -> Option<Constant> {
        let scale = Constant::from_f64(self.grids.get(tensor)?.scale())?;
        Some(&scale * &Constant::from_f64(0.5)?)
    }

    /// The least and the greatest number of a tensor; `None` where it is not rounded.
    pub fn ends(&self, tensor: usize) -> Option<(Constant, Constant)> {
        let grid = self.grids.get(tensor)?;
        let (least, greatest) = grid.words();
        Some((Constant::from_f64(grid.value(least))?, Constant::from_f64(grid.value(greatest))?))
    }

    /// A number of a tensor as it is stored; `None` where its enclosure is too wide to tell. A tensor without a grid stays.
    pub fn rounded(&self, tensor: usize, x: &Ball) -> Option<Ball> {
        let Some(grid) = self.grids.get(tensor) else { return Some(x.clone()) };
        let (low, high) = (nearest_word(grid, &x.lower())?, nearest_word(grid, &x.upper())?);
        if low != high {
            return None;
        }
        Ball::from_f64(grid.value(low))
    }

    /// Whether it was made for a network of so many layers.
    pub fn fits(&self, network: &Network) -> bool {
        self.grids.len() == network.layers().len()
    }
}

/// The word nearest to an exact number, ties to the even one.
fn nearest_word(grid: &Affine, x: &Rational) -> Option<i64> {
    let (least, greatest) = grid.words();
    let quotient = x / rational::from_f64(grid.scale())?;
    let down = quotient.floor();
    let half = Rational::new(1.into(), 2.into());
    let rest = &quotient - &down;
    let down = down.to_integer() + grid.zero();
    let up = rest > half || (rest == half && num_integer::Integer::is_odd(&down));
    // far out of range is at the end all the same
    let word = if up { down + 1 } else { down };
    Some(word.clamp(least.into(), greatest.into()).to_i64().unwrap_or(least))
}
