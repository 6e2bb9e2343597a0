//! A network as its file describes it, and what it says at an input: rationals as long as there are only sums, products
//! and maxima, enclosures behind a tanh or a sigmoid.

use super::solver::elementary;
use super::solver::json::{self, Json};
use super::solver::number::{Rational, parse, stored, whole};
use super::solver::real::Real;
use num_traits::Zero;
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    Linear,
    Relu,
    Tanh,
    Sigmoid,
}

/// Which parameter of a layer: a weight of a row, or the row's bias.
pub type Place = (usize, Option<usize>);

#[derive(Clone, Debug)]
pub struct Layer {
    pub weights: Vec<Vec<Rational>>,
    pub biases: Vec<Rational>,
    pub activation: Activation,
    pub weights_fixed: bool,
    pub biases_fixed: bool,
}

impl Layer {
    pub fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let weights = self.weights.iter().enumerate();
        let weights = weights.flat_map(|(row, line)| (0..line.len()).map(move |column| (row, Some(column))));
        weights.chain((0..self.biases.len()).map(|row| (row, None)))
    }

    pub fn at(&self, (row, column): Place) -> Option<&Rational> {
        match column {
            Some(column) => self.weights.get(row)?.get(column),
            None => self.biases.get(row),
        }
    }

    pub fn at_mut(&mut self, (row, column): Place) -> Option<&mut Rational> {
        match column {
            Some(column) => self.weights.get_mut(row)?.get_mut(column),
            None => self.biases.get_mut(row),
        }
    }
}

/// How outputs become confidences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Softmax,
    Sigmoid,
    None,
}

impl Output {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "softmax" => Output::Softmax,
            "sigmoid" => Output::Sigmoid,
            "none" => Output::None,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
pub struct Network {
    pub name: String,
    pub inputs: Vec<String>,
    pub domain: Option<Vec<(Rational, Rational)>>,
    pub layers: Vec<Layer>,
    pub output: Output,
    pub classes: Vec<String>,
    /// the class index of each held-out point
    pub data: Vec<(Vec<Rational>, usize)>,
}

fn numbers(json: &Json, read: impl Fn(&str) -> Option<Rational>) -> Option<Vec<Rational>> {
    json.array().iter().map(|x| read(x.spelling()?)).collect()
}

fn texts(json: &Json) -> Option<Vec<String>> {
    json.array().iter().map(|x| x.text().map(str::to_owned)).collect()
}

impl Network {
    /// Reads a file; `None` where the judge does not know its format.
    pub fn load(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        match path.extension()?.to_str()? {
            "json" => Self::from_json(&json::read(&text).ok()?),
            "nnet" => Self::from_nnet(&text),
            _ => None,
        }
    }

    fn from_json(json: &Json) -> Option<Self> {
        let layer = |json: &Json| {
            let fixed = json["fixed"].text().unwrap_or("nothing");
            Some(Layer {
                weights: json["weights"].array().iter().map(|row| numbers(row, stored)).collect::<Option<_>>()?,
                biases: numbers(&json["biases"], stored)?,
                activation: match json["activation"].text()? {
                    "linear" => Activation::Linear,
                    "relu" => Activation::Relu,
                    "tanh" => Activation::Tanh,
                    "sigmoid" => Activation::Sigmoid,
                    _ => return None,
                },
                weights_fixed: ["weights", "all"].contains(&fixed),
                biases_fixed: ["biases", "all"].contains(&fixed),
            })
        };
        let domain: Option<Vec<(Rational, Rational)>> = json["input"]["domain"]
            .array()
            .iter()
            .map(|ends| Some((parse(ends.array().first()?.spelling()?)?, parse(ends.array().get(1)?.spelling()?)?)))
            .collect();
        let data = json["data"]["inputs"].array().iter().zip(json["data"]["labels"].array());
        Some(Network {
            name: json["name"].text()?.to_owned(),
            inputs: texts(&json["input"]["names"])?,
            domain: domain.filter(|domain| !domain.is_empty()),
            layers: json["layers"].array().iter().map(layer).collect::<Option<_>>()?,
            output: Output::named(json["output"].text()?)?,
            classes: texts(&json["classes"])?,
            data: data.map(|(input, label)| Some((numbers(input, parse)?, label.count()?))).collect::<Option<_>>()?,
        })
    }

    /// The text format of the ACAS Xu networks: comments, the number of layers and sizes, ranges, means, ranges of
    /// normalisation, then the parameters. Only files whose normalisation does nothing are read.
    fn from_nnet(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| {
            line.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        });
        lines.next()?;
        let sizes: Vec<usize> = lines.next()?.iter().map(|n| n.parse().ok()).collect::<Option<_>>()?;
        lines.next()?;
        let mut row = || lines.next()?.iter().map(|x| stored(x)).collect::<Option<Vec<Rational>>>();
        let (least, most, means, ranges) = (row()?, row()?, row()?, row()?);
        if means.iter().any(|mean| !mean.is_zero()) || ranges.iter().any(|range| *range != whole(1)) {
            return None;
        }
        let mut layers = Vec::new();
        for (index, &size) in sizes.iter().enumerate().skip(1) {
            layers.push(Layer {
                weights: (0..size).map(|_| row()).collect::<Option<_>>()?,
                biases: (0..size).map(|_| row()?.first().cloned()).collect::<Option<_>>()?,
                activation: if index + 1 < sizes.len() { Activation::Relu } else { Activation::Linear },
                weights_fixed: false,
                biases_fixed: false,
            });
        }
        let (inputs, outputs) = (*sizes.first()?, *sizes.last()?);
        Some(Network {
            name: String::new(),
            inputs: (1..=inputs).map(|n| format!("x{n}")).collect(),
            domain: Some(least.into_iter().zip(most).take(inputs).collect()),
            layers,
            output: Output::None,
            classes: (0..outputs).map(|n| n.to_string()).collect(),
            data: Vec::new(),
        })
    }

    pub fn parameters(&self) -> usize {
        self.layers
            .iter()
            .map(|layer| {
                let weights: usize = layer.weights.iter().map(Vec::len).sum();
                weights * usize::from(!layer.weights_fixed) + layer.biases.len() * usize::from(!layer.biases_fixed)
            })
            .sum()
    }

    /// The logits; `None` beyond what the judge's functions reach.
    pub fn logits(&self, input: &[Rational]) -> Option<Vec<Real>> {
        let mut values: Vec<Real> = input.iter().map(|x| x.clone().into()).collect();
        for layer in &self.layers {
            let mut next = Vec::with_capacity(layer.biases.len());
            for (weights, bias) in layer.weights.iter().zip(&layer.biases) {
                let sum = weights
                    .iter()
                    .zip(&values)
                    .filter(|(w, _)| !w.is_zero())
                    .fold(Real::from(bias.clone()), |sum, (w, x)| sum.add(&x.mul(&w.clone().into())));
                next.push(match layer.activation {
                    Activation::Linear => sum,
                    Activation::Relu => sum.max(&Real::whole(0)),
                    Activation::Tanh => elementary::tanh(&sum)?,
                    Activation::Sigmoid => elementary::sigmoid(&sum)?,
                });
            }
            values = next;
        }
        Some(values)
    }

    /// The confidence of every class; of raw outputs, these.
    pub fn confidences(&self, logits: &[Real]) -> Option<Vec<Real>> {
        match self.output {
            Output::None => Some(logits.to_vec()),
            Output::Sigmoid => {
                let z = logits.first()?;
                Some(vec![elementary::sigmoid(&z.neg())?, elementary::sigmoid(z)?])
            }
            Output::Softmax => (0..logits.len())
                .map(|j| {
                    // what exceeds the exponential's reach is so large that its share of the sum is all or nothing
                    let sum = logits
                        .iter()
                        .try_fold(Real::whole(0), |sum, z| Some(sum.add(&elementary::exp(&z.sub(&logits[j]))?)))?;
                    Real::whole(1).div(&sum)
                })
                .collect(),
        }
    }

    /// Whether a class is assigned: the greatest logit, the first of equal ones; of a sigmoid the second class where its
    /// logit is above 0.
    pub fn assigns(&self, logits: &[Real], class: usize) -> Option<bool> {
        if self.output == Output::Sigmoid {
            let second = Real::whole(0).below(logits.first()?)?;
            return Some(class == usize::from(second));
        }
        let mine = logits.get(class)?;
        let mut open = false;
        for (other, z) in logits.iter().enumerate().filter(|(other, _)| *other != class) {
            match if other < class { z.below(mine) } else { z.at_most(mine) } {
                Some(true) => {}
                Some(false) => return Some(false),
                None => open = true,
            }
        }
        if open { None } else { Some(true) }
    }

    /// How far the greatest other logit is above that of a class.
    pub fn gap(&self, logits: &[Real], class: usize) -> Option<Real> {
        if self.output == Output::Sigmoid {
            let z = logits.first()?;
            return Some(if class == 0 { z.clone() } else { z.neg() });
        }
        let others = logits.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, z)| z.clone());
        others.reduce(|a, b| a.max(&b)).map(|most| most.sub(&logits[class]))
    }

    pub fn class_named(&self, name: &str) -> Option<usize> {
        self.classes.iter().position(|class| class == name)
    }
}
