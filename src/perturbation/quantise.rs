//! Quantisation of a network: a format for each layer and a rule for rounding, and what they make of every parameter.
//!
//! What a rounding rule may do to a parameter is an interval that holds the outcome: both neighbours in the grid, whichever
//! a quantiser picks (to nearest, stochastically, or learned up and down as AdaRound does: Nagel et al., *Up or Down?
//! Adaptive Rounding for Post-Training Quantization*, 2020), or exactly one number where the rule leaves no choice.

use super::PerturbationError;
use super::format::grid::Grid;
use super::format::{Format, FormatError, Grids};
use crate::network::stored::{Stored, StoredLayer, Words};
use crate::network::{Fixed, Layer, Network, Parameter};
use deltasat::exact::{Constant, Rational, rational};
use std::collections::BTreeMap;
use std::fmt;

/// Which numbers of a grid a parameter may land on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// either neighbour, for each parameter on its own
    #[default]
    Any,
    /// the nearest, ties to the even multiple of the step
    Nearest,
    /// anywhere within half a step around the parameter, on the grid or not
    HalfStep,
    /// the number below (two's complement words) or towards zero (floats)
    Truncate,
}

impl Rounding {
    /// Every rule under its name on the command line.
    pub const NAMES: [(&'static str, Rounding); 4] = [
        ("any", Rounding::Any),
        ("nearest", Rounding::Nearest),
        ("half-step", Rounding::HalfStep),
        ("truncate", Rounding::Truncate),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, rule)| *rule == self).map_or("", |(name, _)| name)
    }
}

/// A format for each layer, and a rule for rounding.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// of layers that are not named
    pub default: Option<Format>,
    /// of single layers, by index
    pub layers: BTreeMap<usize, Format>,
    /// the rule
    pub rounding: Rounding,
}

impl Scheme {
    /// The same format for all layers.
    pub fn uniform(format: Format, rounding: Rounding) -> Self {
        Scheme { default: Some(format), layers: BTreeMap::new(), rounding }
    }

    /// Reads `int8`, `layer0=int8,layer1=fixed:4.4`, or a default and exceptions from it.
    ///
    /// # Errors
    /// When a format is none, or a layer or the default is given twice.
    pub fn parse(text: &str, rounding: Rounding) -> Result<Self, FormatError> {
        let index = |name: &str| name.strip_prefix("layer")?.parse().ok();
        let (default, layers) = parts(text, index, "layerN=FORMAT, layer0 being next to the inputs")?;
        Ok(Scheme { default, layers, rounding })
    }

    /// The format of a layer; `None` where it stays as it is.
    pub fn of(&self, layer: usize) -> Option<&Format> {
        self.layers.get(&layer).or(self.default.as_ref())
    }
}

impl fmt::Display for Scheme {
    /// As it is read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&join(self.default.as_ref(), &self.layers, |index| format!("layer{index}")))
    }
}

/// Reads a format for all, formats for some by name, or both, separated by commas. `index` reads a name.
pub(super) fn parts(
    text: &str,
    index: impl Fn(&str) -> Option<usize>,
    expected: &str,
) -> Result<(Option<Format>, BTreeMap<usize, Format>), FormatError> {
    let (mut default, mut named) = (None, BTreeMap::new());
    for part in text.split(',') {
        let syntax = |expected: &str| FormatError::Syntax { text: part.to_owned(), expected: expected.to_owned() };
        match part.split_once('=') {
            None if default.replace(part.parse()?).is_none() => {}
            None => return Err(syntax(&format!("one format for all, once, and {expected} for the others"))),
            Some((name, format)) => {
                let index = index(name).ok_or_else(|| syntax(expected))?;
                if named.insert(index, format.parse()?).is_some() {
                    return Err(syntax(&format!("a format for {name} once")));
                }
            }
        }
    }
    Ok((default, named))
}

/// Writes what [`parts`] reads.
pub(super) fn join(
    default: Option<&Format>,
    named: &BTreeMap<usize, Format>,
    name: impl Fn(usize) -> String,
) -> String {
    let named = named.iter().map(|(&index, format)| format!("{}={format}", name(index)));
    default.into_iter().map(ToString::to_string).chain(named).collect::<Vec<_>>().join(",")
}

/// A scheme applied to one network.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantised {
    scheme: Scheme,
    layers: Vec<LayerRanges>,
}

/// What a scheme makes of a layer.
#[derive(Clone, Debug, PartialEq)]
struct LayerRanges {
    inputs: usize,
    outputs: usize,
    /// the grids, where the layer is quantised to one
    grids: Option<Grids>,
    ranges: Ranges,
}

/// The least and the greatest number that each parameter of a layer may become.
#[derive(Clone, Debug, PartialEq)]
enum Ranges {
    /// the layer stays as it is
    Still,
    /// every weight moves by at most this, which lies between two doubles, and no bias
    Around(Constant, (f64, f64)),
    /// any, the weights row by row, then the biases
    Each(Vec<(Constant, Constant)>),
}

impl LayerRanges {
    fn index(&self, place: Parameter) -> usize {
        match place {
            Parameter::Weight { row, col } => row * self.inputs + col,
            Parameter::Bias { row } => self.outputs * self.inputs + row,
        }
    }
}

impl Quantised {
    /// Applies a scheme to a network. `input_scales` has the scale of each layer's inputs where those are rounded, which
    /// biases in 32 bits need; it may be empty.
    ///
    /// # Errors
    /// When the scheme names a layer that is not there or has no parameters, or a format does not fit its layer.
    pub fn new(scheme: Scheme, network: &Network, input_scales: &[Option<f64>]) -> Result<Self, PerturbationError> {
        let named = super::Layers::Only(scheme.layers.keys().copied().collect());
        super::check_layers(&named, network)?;
        let layers = network.layers().iter().enumerate();
        let ranges = layers.map(|(index, layer)| {
            let scale = input_scales.get(index).copied().flatten();
            let format = scheme.of(index).filter(|_| layer.fixed() != Fixed::All);
            let ranges =
                format.map_or(Ok((None, Ranges::Still)), |format| ranges(format, scheme.rounding, layer, scale));
            let (grids, ranges) = ranges.map_err(|problem| PerturbationError::Format { layer: index, problem })?;
            Ok(LayerRanges { inputs: layer.inputs(), outputs: layer.row_count(), grids, ranges })
        });
        Ok(Quantised { layers: ranges.collect::<Result<_, PerturbationError>>()?, scheme })
    }

    /// The scheme.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The grids of a layer; `None` where it stays as it is or its format is a box.
    pub fn grids(&self, layer: usize) -> Option<&Grids> {
        self.layers[layer].grids.as_ref()
    }

    /// Whether every number that a parameter may become is one of the two ends of its range.
    pub fn ends_only(&self, layer: usize) -> bool {
        self.layers[layer].grids.is_some() && self.scheme.rounding != Rounding::HalfStep
    }

    /// The least and the greatest number that a parameter with this trained value may become; `None` where it stays as it is.
    pub fn range(&self, layer: usize, place: Parameter, trained: f64) -> Option<(Constant, Constant)> {
        let layer = &self.layers[layer];
        match (&layer.ranges, place) {
            (Ranges::Still, _) => None,
            (Ranges::Around(..), Parameter::Bias { .. }) => Some((exact(trained), exact(trained))),
            (Ranges::Around(radius, _), Parameter::Weight { .. }) => {
                Some((&exact(trained) - radius, &exact(trained) + radius))
            }
            (Ranges::Each(ranges), place) => ranges.get(layer.index(place)).cloned(),
        }
    }

    /// By how much every weight of a layer may move, where that is the same for all; its biases then stay.
    pub fn weight_radius(&self, layer: usize) -> Option<&Constant> {
        match &self.layers[layer].ranges {
            Ranges::Around(radius, _) => Some(radius),
            Ranges::Still | Ranges::Each(_) => None,
        }
    }

    /// The doubles on either side of [`weight_radius`](Self::weight_radius).
    pub(super) fn around(&self, layer: usize) -> Option<(f64, f64)> {
        match self.layers[layer].ranges {
            Ranges::Around(_, around) => Some(around),
            Ranges::Still | Ranges::Each(_) => None,
        }
    }

    /// Whether the scheme says anything of a layer.
    pub(super) fn decides(&self, layer: usize) -> bool {
        self.layers[layer].ranges != Ranges::Still
    }

    /// The quantised network: every parameter is what the rule for rounding makes of it.
    ///
    /// # Errors
    /// When the rule leaves a choice, as all but to the nearest and truncation do, or when this was made for another network.
    pub fn network(&self, network: &Network) -> Result<Network, PerturbationError> {
        if !self.fits(network) {
            return Err(PerturbationError::OtherNetwork);
        }
        let choice = || PerturbationError::Choice { rounding: self.scheme.rounding.name() };
        if !matches!(self.scheme.rounding, Rounding::Nearest | Rounding::Truncate) {
            return Err(choice());
        }
        let value = |layer: usize, place, trained: f64| match self.range(layer, place, trained) {
            // the numbers of a grid are doubles; of the two zeros a word stands for the positive one
            Some((number, _)) if self.layers[layer].grids.as_ref().is_some_and(|g| g.of(place).is_some()) => {
                number.floor() + 0.0
            }
            _ => trained,
        };
        network.with_parameters(value).map_err(|_| choice())
    }

    /// How the numbers of the [quantised network](Self::network) are stored: the words of each layer's format. A scale that
    /// is no float32, which only extreme fixed-point formats have, leaves the numbers as they are.
    pub fn stored(&self, quantised: &Network) -> Vec<StoredLayer> {
        let stored = |(layer, ranges): (&Layer, &LayerRanges)| {
            let Some(grids) = &ranges.grids else { return StoredLayer::PLAIN };
            let rows = layer.row_count();
            let part = |place: fn(usize) -> Parameter, numbers: &[f64], columns: usize| {
                let grids: Option<Vec<&Grid>> = (0..rows).map(|row| grids.of(place(row))).collect();
                match grids.filter(|_| !layer.fixed().holds(place(0))) {
                    Some(grids) => stored_on(&grids, numbers, columns),
                    None => Stored::Plain,
                }
            };
            StoredLayer {
                weights: part(|row| Parameter::Weight { row, col: 0 }, layer.weights(), layer.inputs()),
                biases: part(|row| Parameter::Bias { row }, layer.biases(), 1),
            }
        };
        quantised.layers().iter().zip(&self.layers).map(stored).collect()
    }

    /// What becomes of a parameter with this value by rounding to the nearest number, or by cutting off digits where that is
    /// the rule; `None` where it stays as it is or its format is a box. It is in the [range](Self::range).
    pub fn rounded(&self, layer: usize, place: Parameter, value: f64) -> Option<f64> {
        let grid = self.grids(layer)?.of(place)?;
        let truncates = self.scheme.rounding == Rounding::Truncate;
        Some(if truncates { grid.truncated(value) } else { grid.nearest(value) })
    }

    /// The same scheme where a quantised parameter may become either end of the range that is given for its layer's index and
    /// its place, and stays where it is between them.
    #[must_use]
    pub fn with_ranges(&self, network: &Network, range: impl Fn(usize, Parameter) -> (f64, f64)) -> Self {
        let mut other = self.clone();
        for (index, (ranges, layer)) in other.layers.iter_mut().zip(network.layers()).enumerate() {
            if ranges.ranges != Ranges::Still {
                let ends = layer.places().map(|place| range(index, place));
                ranges.ranges = Ranges::Each(ends.map(|(least, greatest)| (exact(least), exact(greatest))).collect());
            }
        }
        other
    }

    /// Whether it was made for a network of these layers.
    pub fn fits(&self, network: &Network) -> bool {
        let shapes = self.layers.iter().map(|layer| (layer.inputs, layer.outputs));
        shapes.eq(network.layers().iter().map(|layer| (layer.inputs(), layer.row_count())))
    }
}

/// Numbers that lie on the grid of their row, as words.
fn stored_on(grids: &[&Grid], numbers: &[f64], columns: usize) -> Stored {
    let mut words = Words { bits: 2, scales: Vec::new(), zeros: Vec::new(), words: Vec::new() };
    for (grid, row) in grids.iter().zip(numbers.chunks(columns)) {
        let grid = match grid {
            Grid::Affine(grid) => grid,
            Grid::Minifloat(kind) => return Stored::Float(kind.stored()),
        };
        let (least, greatest) = grid.words();
        if f64::from(grid.scale() as f32) != grid.scale() {
            return Stored::Plain;
        }
        while least < -(1 << (words.bits - 1)) || greatest >= 1 << (words.bits - 1) {
            words.bits += 1;
        }
        words.scales.push(grid.scale());
        words.zeros.push(grid.zero());
        words.words.extend(row.iter().map(|&number| grid.down(number)));
    }
    // a scale for the whole tensor is stored once
    if grids.windows(2).all(|pair| pair[0] == pair[1]) {
        words.scales.truncate(1);
        words.zeros.truncate(1);
    }
    Stored::Words(words)
}

/// The exact value of a finite double.
fn exact(x: f64) -> Constant {
    Constant::from_f64(x).unwrap_or(Constant::ZERO)
}

/// The grids of a layer and the ranges of all its numbers.
fn ranges(
    format: &Format,
    rounding: Rounding,
    layer: &Layer,
    input_scale: Option<f64>,
) -> Result<(Option<Grids>, Ranges), FormatError> {
    let Some(grids) = format.grids(layer, input_scale)? else {
        let Format::Uniform(percent) = format else { return Ok((None, Ranges::Still)) };
        if matches!(rounding, Rounding::Nearest | Rounding::Truncate) {
            let expected =
                "--rounding any, or a format of numbers: a share of the range has none to round to".to_owned();
            return Err(FormatError::Syntax { text: format!("{format} with rounding {}", rounding.name()), expected });
        }
        let radius = Constant::from_rational(super::format::uniform::radius(percent, layer));
        let around = (radius.floor(), radius.ceil());
        return Ok((None, Ranges::Around(radius, around)));
    };
    let range = |place: Parameter| {
        let value = layer.parameter(place);
        let Some(grid) = grids.of(place) else { return (exact(value), exact(value)) };
        match rounding {
            Rounding::Any => (exact(grid.down(value)), exact(grid.up(value))),
            Rounding::Nearest => (exact(grid.nearest(value)), exact(grid.nearest(value))),
            Rounding::Truncate => (exact(grid.truncated(value)), exact(grid.truncated(value))),
            Rounding::HalfStep => {
                let half = rational::from_f64(grid.step(value)).unwrap_or_default() / Rational::from_integer(2.into());
                let half = Constant::from_rational(half);
                let nearest = exact(grid.nearest(value));
                // a parameter that is out of range lands on the end of the range, however far that is
                let (low, high) = (&exact(value) - &half, &exact(value) + &half);
                (if nearest < low { nearest.clone() } else { low }, if nearest > high { nearest } else { high })
            }
        }
    };
    let ranges = layer.places().map(range).collect();
    Ok((Some(grids), Ranges::Each(ranges)))
}
