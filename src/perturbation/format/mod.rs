//! Number formats that a layer's parameters are quantised to, one kind per file, each stating its numbers, its range and
//! its rule for scales.
//!
//! | written | numbers |
//! | --- | --- |
//! | `fixed:M.N`, `fixed:B` | [fixed point](fixed), weights and biases |
//! | `intN`, `N` from 2 to 16 | [integers with a scale](integer) `:per-tensor` or `:per-channel`, `:symmetric` or `:asymmetric`, biases `:bias-float`, `:bias-same` or `:bias-int32` |
//! | `float16`, `bfloat16`, `float8:e4m3`, `float8:e5m2` | [floating point](minifloat), weights and biases |
//! | `uniform:K%` | no numbers but a [box](uniform) around each weight |
//!
//! A parameter beyond the greatest number of a fixed-point or floating-point format is an error unless the format ends in
//! `:saturate`: then it lands on the greatest number, which moves it in one direction only. The ranges of integers are
//! made from the parameters, so there is nothing to saturate but the last bit of a scale.

pub mod affine;
pub mod fixed;
pub mod grid;
pub mod integer;
pub mod minifloat;
pub mod uniform;

use crate::network::{Layer, Parameter};
use deltasat::exact::Rational;
use fixed::Point;
use grid::Grid;
use integer::{Granularity, Symmetry};
use minifloat::Minifloat;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What happens to the biases of a layer whose weights become integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bias {
    /// they stay as they are
    Float,
    /// integers of as many bits with a scale of their own
    Same,
    /// 32 bits at the scale of inputs times that of the weights
    Int32,
}

/// A number format.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// fixed point
    Fixed {
        /// where the point is
        point: Point,
        /// whether numbers out of range are clamped
        saturate: bool,
    },
    /// integers with a scale
    Integer {
        /// of a word, 2 to 16
        bits: u32,
        /// what shares a scale
        granularity: Granularity,
        /// where the zero lies
        symmetry: Symmetry,
        /// what biases become; not stated is [`Bias::Int32`] where activations are quantised, else [`Bias::Float`]
        bias: Option<Bias>,
    },
    /// floating point
    Float {
        /// which
        kind: Minifloat,
        /// whether numbers out of range are clamped
        saturate: bool,
    },
    /// a share of the range of the weights, in per cent
    Uniform(Rational),
}

/// Why a text is no format, or a format does not fit a layer.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is none.
    #[error("format {text:?}, expected {expected}")]
    Syntax {
        /// what was given
        text: String,
        /// what would have been right
        expected: String,
    },
    /// A parameter is out of range.
    #[error(
        "{place} is {value}, out of the range [{least}, {greatest}] of {format}, expected a wider format, or {format}:saturate"
    )]
    Saturates {
        /// which
        place: String,
        /// the parameter
        value: f64,
        /// the format
        format: String,
        /// its least number
        least: f64,
        /// its greatest number
        greatest: f64,
    },
    /// A scale is too large.
    #[error(
        "{place} is {value:e}: the scale of {format} for it is beyond the range of a float32, expected smaller numbers"
    )]
    Scale {
        /// which number
        place: String,
        /// the number
        value: f64,
        /// the format
        format: String,
    },
    /// The scale of the inputs is not known.
    #[error(
        "{format}: biases in 32 bits need the scale of a layer's inputs, expected quantised activations too, or :bias-float"
    )]
    NoInputScale {
        /// the format
        format: String,
    },
}

impl FormatError {
    fn syntax(text: String, expected: String) -> Self {
        FormatError::Syntax { text, expected }
    }
}

/// The formats as a sentence ends with them.
const EXPECTED: &str =
    "fixed:M.N, fixed:BITS, int2 to int16, float16, bfloat16, float8:e4m3, float8:e5m2 or uniform:K%";

/// The grids of a layer: what each of its parameters is rounded to.
#[derive(Clone, Debug, PartialEq)]
pub struct Grids {
    /// one for all weights, or one per row
    weights: Vec<Grid>,
    /// one for all biases, one per bias, or none where they stay
    biases: Vec<Grid>,
}

impl Grids {
    /// The grid of a parameter; `None` where it stays as it is.
    pub fn of(&self, place: Parameter) -> Option<&Grid> {
        let (grids, row) = match place {
            Parameter::Weight { row, .. } => (&self.weights, row),
            Parameter::Bias { row } => (&self.biases, row),
        };
        // one for all, or one each
        grids.get(row.min(grids.len().saturating_sub(1)))
    }
}

impl Format {
    /// The bits of a word; `None` for a box.
    pub fn bits(&self) -> Option<u32> {
        match self {
            Format::Fixed { point, .. } => Some(point.bits()),
            Format::Integer { bits, .. } => Some(*bits),
            Format::Float { kind, .. } => Some(kind.bits()),
            Format::Uniform(_) => None,
        }
    }

    /// The grids of a layer; `None` for a box. `input_scale` is the scale of the layer's inputs where those are quantised.
    ///
    /// # Errors
    /// When a parameter is out of range, or biases need an input scale that is not there.
    pub fn grids(&self, layer: &Layer, input_scale: Option<f64>) -> Result<Option<Grids>, FormatError> {
        let grids = match self {
            Format::Uniform(_) => return Ok(None),
            Format::Fixed { point, .. } => {
                let (weights, biases) = (range(layer.weights()), range(layer.biases()));
                let grid = Grid::Affine(point.grid((weights.0.min(biases.0), weights.1.max(biases.1))));
                Grids { weights: vec![grid], biases: vec![grid] }
            }
            Format::Float { kind, .. } => {
                let grid = Grid::Minifloat(*kind);
                Grids { weights: vec![grid], biases: vec![grid] }
            }
            Format::Integer { bits, granularity, symmetry, bias } => {
                let grid = |numbers: &[f64]| integer::grid(*bits, *symmetry, range(numbers));
                let biases_alone = |place: &Parameter| matches!(place, Parameter::Bias { .. });
                let weights = match granularity {
                    Granularity::Tensor => grid(layer.weights()).map(|grid| vec![grid]),
                    Granularity::Channel => layer.rows().map(grid).collect::<Option<Vec<_>>>(),
                };
                let weights = weights.ok_or_else(|| self.beyond(layer, |place| !biases_alone(place)))?;
                let default = if input_scale.is_some() { Bias::Int32 } else { Bias::Float };
                let biases = match (bias.unwrap_or(default), input_scale) {
                    (Bias::Float, _) => Vec::new(),
                    (Bias::Same, _) => {
                        let grid = grid(layer.biases()).ok_or_else(|| self.beyond(layer, biases_alone))?;
                        vec![Grid::Affine(grid)]
                    }
                    (Bias::Int32, Some(scale)) => {
                        let grids =
                            weights.iter().map(|weights| integer::accumulator(scale, weights).map(Grid::Affine));
                        grids.collect::<Option<_>>().ok_or_else(|| self.beyond(layer, |place| !biases_alone(place)))?
                    }
                    (Bias::Int32, None) => return Err(FormatError::NoInputScale { format: self.to_string() }),
                };
                Grids { weights: weights.into_iter().map(Grid::Affine).collect(), biases }
            }
        };
        self.check(layer, &grids)?;
        Ok(Some(grids))
    }

    /// That the scale of some parameters of a layer is too large, which the largest of them shows.
    fn beyond(&self, layer: &Layer, of: impl Fn(&Parameter) -> bool) -> FormatError {
        let size = |place: &Parameter| layer.parameter(*place).abs();
        let largest = layer.parameters().filter(of).reduce(|x, y| if size(&y) > size(&x) { y } else { x });
        FormatError::Scale {
            place: largest.map(named).unwrap_or_default(),
            value: largest.map_or(0.0, |place| layer.parameter(place)),
            format: self.to_string(),
        }
    }

    /// Whether all parameters of a layer are in range, where that matters.
    fn check(&self, layer: &Layer, grids: &Grids) -> Result<(), FormatError> {
        if !matches!(self, Format::Fixed { saturate: false, .. } | Format::Float { saturate: false, .. }) {
            return Ok(());
        }
        for place in layer.parameters() {
            let value = layer.parameter(place);
            if let Some(grid) = grids.of(place).filter(|grid| value < grid.least() || value > grid.greatest()) {
                return Err(FormatError::Saturates {
                    place: named(place),
                    value,
                    format: self.to_string(),
                    least: grid.least(),
                    greatest: grid.greatest(),
                });
            }
        }
        Ok(())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Format::Fixed { point: Point::At(before, after), .. } => write!(f, "fixed:{before}.{after}")?,
            Format::Fixed { point: Point::Fitted(bits), .. } => write!(f, "fixed:{bits}")?,
            Format::Float { kind, .. } => f.write_str(kind.name())?,
            Format::Uniform(percent) => match deltasat::exact::rational::to_decimal(percent) {
                Some(decimal) => write!(f, "uniform:{decimal}%")?,
                None => write!(f, "uniform:{percent}%")?,
            },
            Format::Integer { bits, granularity, symmetry, bias } => {
                write!(f, "int{bits}")?;
                f.write_str(if *granularity == Granularity::Channel { ":per-channel" } else { "" })?;
                f.write_str(if *symmetry == Symmetry::Asymmetric { ":asymmetric" } else { "" })?;
                f.write_str(match bias {
                    None => "",
                    Some(Bias::Float) => ":bias-float",
                    Some(Bias::Same) => ":bias-same",
                    Some(Bias::Int32) => ":bias-int32",
                })?;
            }
        }
        let saturate = matches!(self, Format::Fixed { saturate: true, .. } | Format::Float { saturate: true, .. });
        f.write_str(if saturate { ":saturate" } else { "" })
    }
}

impl FromStr for Format {
    type Err = FormatError;

    /// Reads a format as it is written on the command line.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let text = text.trim().to_lowercase();
        let mut parts = text.split(':');
        let kind = match parts.next().unwrap_or_default() {
            "fp16" | "half" => "float16",
            "bf16" => "bfloat16",
            "fp8" => "float8",
            kind => kind,
        };
        let mut format = match kind {
            "fixed" => Format::Fixed { point: Point::parse(parts.next().unwrap_or_default())?, saturate: false },
            "uniform" => Format::Uniform(uniform::percentage(parts.next().unwrap_or_default())?),
            "float8" => float(&format!("float8:{}", parts.next().unwrap_or_default()))?,
            "float16" | "bfloat16" => float(kind)?,
            _ => match kind.strip_prefix("int") {
                Some(bits) => Format::Integer {
                    bits: integer::bits(bits)?,
                    granularity: Granularity::Tensor,
                    symmetry: Symmetry::Symmetric,
                    bias: None,
                },
                None => return Err(FormatError::syntax(text.clone(), EXPECTED.to_owned())),
            },
        };
        parts.try_for_each(|option| format.set(option))?;
        Ok(format)
    }
}

fn float(name: &str) -> Result<Format, FormatError> {
    match Minifloat::ALL.iter().find(|kind| kind.name() == name) {
        Some(&kind) => Ok(Format::Float { kind, saturate: false }),
        None => Err(FormatError::syntax(name.to_owned(), "float8:e4m3 or float8:e5m2".to_owned())),
    }
}

impl Format {
    /// Sets one of the options that follow a format's name.
    fn set(&mut self, option: &str) -> Result<(), FormatError> {
        match (&mut *self, option) {
            (Format::Fixed { saturate, .. } | Format::Float { saturate, .. }, "saturate") => *saturate = true,
            (Format::Integer { granularity, .. }, "per-tensor") => *granularity = Granularity::Tensor,
            (Format::Integer { granularity, .. }, "per-channel") => *granularity = Granularity::Channel,
            (Format::Integer { symmetry, .. }, "symmetric") => *symmetry = Symmetry::Symmetric,
            (Format::Integer { symmetry, .. }, "asymmetric") => *symmetry = Symmetry::Asymmetric,
            (Format::Integer { bias, .. }, "bias-float") => *bias = Some(Bias::Float),
            (Format::Integer { bias, .. }, "bias-same") => *bias = Some(Bias::Same),
            (Format::Integer { bias, .. }, "bias-int32") => *bias = Some(Bias::Int32),
            _ => {
                let expected = match self {
                    Format::Fixed { .. } | Format::Float { .. } => "saturate",
                    Format::Integer { .. } => {
                        "per-tensor, per-channel, symmetric, asymmetric, bias-float, bias-same or bias-int32"
                    }
                    Format::Uniform(_) => "nothing",
                };
                return Err(FormatError::syntax(format!("{self}:{option}"), format!("{expected} after {self}")));
            }
        }
        Ok(())
    }
}

/// `weight [0][1]`
fn named(place: Parameter) -> String {
    match place {
        Parameter::Weight { row, col } => format!("weight [{row}][{col}]"),
        Parameter::Bias { row } => format!("bias [{row}]"),
    }
}

/// The least and the greatest of some numbers, of which there is at least one.
fn range(numbers: &[f64]) -> (f64, f64) {
    numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &x| (least.min(x), most.max(x)))
}
