//! The trained network and its perturbed copy, as text.
//!
//! Values are definitions (macros), so a solver sees nested expressions and a δ-solver's δ touches none of them. The one
//! exception is a noisy row of the eliminated encoding: `z' = m + s·ρ`, `s ∈ [−1, 1]`, is written as a variable `z'` with
//! `m − ρ ≤ z' ≤ m + ρ`, which is the same set and keeps the text linear. A δ-solver weakens these two inequalities, as if
//! every bias could move by δ more.

use super::Encoding;
use super::text::{Text, Towards, nary, numeral, sum};
use crate::network::{Activation, Grid, Layer, Network, Number, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::{Rational, rational};
use num_traits::{Signed, Zero};
use std::borrow::Cow;
use std::collections::HashMap;

/// The outputs of one copy as terms.
pub(super) enum Outputs {
    /// `logit_1 − logit_0` of two
    Difference(String),
    /// each logit
    Logits(Vec<String>),
}

/// What the copies are made of.
pub(super) struct Copies<'a> {
    pub(super) network: &'a Network,
    pub(super) perturbation: &'a Perturbation,
    pub(super) encoding: Encoding,
    /// the inputs as terms
    pub(super) inputs: Vec<String>,
    /// which inputs are never negative
    pub(super) nonnegative: Vec<bool>,
    /// the input where it is a single point; its coordinates are constants unless a decimal does not terminate
    pub(super) fixed: Option<Vec<Rational>>,
    /// whether the last layer is merged into the difference of its two rows
    pub(super) merged: bool,
}

/// One row of a layer, or the difference of the last two.
struct Row {
    /// the trained ones, or the middles of their ranges
    weights: Vec<Rational>,
    bias: Rational,
    weight_radii: Vec<Rational>,
    bias_radius: Rational,
}

/// Which of the two networks a row belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Trained,
    Perturbed,
}

impl Copies<'_> {
    /// Writes the trained network and returns its outputs.
    pub(super) fn nominal(&self, text: &mut Text) -> Outputs {
        text.comment("trained network");
        let mut values = self.inputs.clone();
        for (index, layer) in self.network.layers().iter().enumerate() {
            let rows = self.rows(index, Of::Trained);
            let patches = self.patches(index, &values);
            let neuron = |(i, (row, patch)): (usize, (usize, usize))| {
                let row = &rows[row];
                let h = patches[patch].iter().map(String::as_str);
                let z = sum(row.weights.iter().cloned().zip(h), &row.bias);
                let z = text.define(format!("z_{index}_{i}"), &z);
                activate(text, layer.activation(), z, || format!("h_{index}_{i}"))
            };
            let h: Vec<String> = self.neurons(index, rows.len()).enumerate().map(neuron).collect();
            values.extend(h);
        }
        self.outputs(values)
    }

    /// Writes the perturbed network and returns its outputs.
    pub(super) fn perturbed(&self, text: &mut Text) -> Outputs {
        text.comment("perturbed network");
        let mut values = self.inputs.clone();
        let mut nonnegative = self.nonnegative.clone();
        for (index, layer) in self.network.layers().iter().enumerate() {
            let patches = self.patches(index, &values);
            let z = match self.encoding {
                Encoding::Eliminated => {
                    let signs = self.network.wired(index).patches(&nonnegative, &true);
                    self.eliminated(text, index, &patches, &signs)
                }
                Encoding::Literal => self.literal(text, index, &patches),
            };
            let named = |(i, z)| activate(text, layer.activation(), z, || format!("hp_{index}_{i}"));
            let h: Vec<String> = z.into_iter().enumerate().map(named).collect();
            nonnegative.extend(h.iter().map(|_| layer.activation().is_nonnegative()));
            values.extend(h);
        }
        self.outputs(values)
    }

    /// The operands of each patch of a layer.
    fn patches<'v>(&self, index: usize, values: &'v [String]) -> Vec<Cow<'v, [String]>> {
        self.network.wired(index).patches(values, &"0.0".to_owned())
    }

    /// The row and the patch of each neuron of a layer; of a merged last one there is one.
    fn neurons(&self, index: usize, rows: usize) -> impl Iterator<Item = (usize, usize)> + use<'_> {
        let layer = &self.network.layers()[index];
        let merged = self.merged && index + 1 == self.network.layers().len();
        (0..if merged { rows } else { layer.outputs() }).map(|i| layer.neuron(i))
    }

    fn outputs(&self, mut h: Vec<String>) -> Outputs {
        let count = if self.merged { 1 } else { self.network.logit_count() };
        let mut h = h.split_off(h.len() - count);
        if self.merged { Outputs::Difference(h.swap_remove(0)) } else { Outputs::Logits(h) }
    }

    fn rows(&self, index: usize, of: Of) -> Vec<Row> {
        let layer = &self.network.layers()[index];
        let rows: Vec<Row> = (0..layer.row_count()).map(|neuron| self.row(layer, index, neuron, of)).collect();
        match &rows[..] {
            [zero, one] if self.merged && index + 1 == self.network.layers().len() => {
                let pairs = |a: &[Rational], b: &[Rational], f: fn(&Rational, &Rational) -> Rational| {
                    a.iter().zip(b).map(|(a, b)| f(a, b)).collect()
                };
                vec![Row {
                    weights: pairs(&one.weights, &zero.weights, |a, b| a - b),
                    bias: &one.bias - &zero.bias,
                    weight_radii: pairs(&one.weight_radii, &zero.weight_radii, |a, b| a + b),
                    bias_radius: &one.bias_radius + &zero.bias_radius,
                }]
            }
            _ => rows,
        }
    }

    fn row(&self, layer: &Layer, index: usize, neuron: usize, of: Of) -> Row {
        let radius = |parameter| self.perturbation.radius(self.network, index, parameter);
        let centre = |parameter| match of {
            Of::Trained => rational::from_f64(layer.parameter(parameter)).unwrap_or_default(),
            Of::Perturbed => self.perturbation.centre(self.network, index, parameter),
        };
        let weights = || (0..layer.inputs()).map(|col| Parameter::Weight { row: neuron, col });
        let bias = Parameter::Bias { row: neuron };
        Row {
            weights: weights().map(centre).collect(),
            bias: centre(bias),
            weight_radii: weights().map(radius).collect(),
            bias_radius: radius(bias),
        }
    }

    /// The pre-activations of a layer, a variable each.
    fn eliminated(
        &self,
        text: &mut Text,
        index: usize,
        patches: &[Cow<'_, [String]>],
        nonnegative: &[Cow<'_, [bool]>],
    ) -> Vec<String> {
        let rows = self.rows(index, Of::Perturbed);
        if let Some(x) = self.fixed.as_ref().filter(|_| index == 0) {
            let points = self.network.wired(index).patches(x, &Rational::zero());
            let neurons = self.neurons(index, rows.len()).enumerate();
            return neurons.map(|(i, (row, patch))| rows[row].at(text, &points[patch], i)).collect();
        }
        let weights_move = rows.iter().any(|row| row.weight_radii.iter().any(|r| !r.is_zero()));
        // values that may be negative have one magnitude each, whichever patch they are in
        let mut known: HashMap<String, String> = HashMap::new();
        let mut magnitude = |(h, &nonnegative): (&String, &bool)| {
            if nonnegative || !weights_move {
                return h.clone();
            }
            let next = known.len();
            let define = || text.define(format!("a_{index}_{next}"), &format!("(ite (>= {h} 0.0) {h} (- {h}))"));
            known.entry(h.clone()).or_insert_with(define).clone()
        };
        let magnitudes: Vec<Vec<String>> = patches
            .iter()
            .zip(nonnegative)
            .map(|(h, nonnegative)| h.iter().zip(&**nonnegative).map(&mut magnitude).collect())
            .collect();
        // rows with the same radii, as all are for an absolute ε, share their ρ over a patch
        let mut noises: Vec<(&Row, usize, String)> = Vec::new();
        self.neurons(index, rows.len())
            .enumerate()
            .map(|(i, (row, patch))| {
                let (row, h) = (&rows[row], &patches[patch]);
                let middle = sum(row.weights.iter().cloned().zip(h.iter().map(String::as_str)), &row.bias);
                if row.is_still() {
                    return text.define(format!("zp_{index}_{i}"), &middle);
                }
                let middle = text.define(format!("m_{index}_{i}"), &middle);
                let like = |(other, of, _): &&(&Row, usize, String)| *of == patch && row.moves_like(other);
                let same = noises.iter().find(like).map(|(_, _, name)| name.clone());
                let noise = same.unwrap_or_else(|| {
                    let radii = row.weight_radii.iter().cloned().zip(magnitudes[patch].iter().map(String::as_str));
                    let name = text.define(format!("rho_{index}_{i}"), &sum(radii, &row.bias_radius));
                    noises.push((row, patch, name.clone()));
                    name
                });
                let z = text.declare(format!("zp_{index}_{i}"));
                text.assert(&format!("(<= {z} (+ {middle} {noise}))"));
                text.assert(&format!("(>= {z} (- {middle} {noise}))"));
                z
            })
            .collect()
    }

    /// The pre-activations of a layer, all its parameters variables.
    fn literal(&self, text: &mut Text, index: usize, patches: &[Cow<'_, [String]>]) -> Vec<String> {
        let layer = &self.network.layers()[index];
        let last = index + 1 == self.network.layers().len();
        let declared: Vec<(Vec<String>, String)> = (0..layer.row_count())
            .map(|i| {
                let row = self.row(layer, index, i, Of::Perturbed);
                let weights = row.weights.iter().zip(&row.weight_radii).enumerate();
                let weights =
                    weights.map(|(j, (w, r))| variable(text, || format!("w_{index}_{i}_{j}"), w, r)).collect();
                (weights, variable(text, || format!("b_{index}_{i}"), &row.bias, &row.bias_radius))
            })
            .collect();
        let terminates = |x: &Vec<Rational>| x.iter().all(|x| rational::to_decimal(x).is_some());
        let constant_inputs = index == 0 && self.fixed.as_ref().is_some_and(terminates);
        text.nonlinear |= !constant_inputs && declared.iter().any(|(w, _)| w.iter().any(|w| !is_numeral(w)));
        if let ([(w0, b0), (w1, b1)], true) = (&declared[..], self.merged && last) {
            let products = w1.iter().zip(w0).zip(&*patches[0]).map(|((p, m), h)| format!("(* (- {p} {m}) {h})"));
            let row = nary("+", products.chain([format!("(- {b1} {b0})")]).collect());
            return vec![text.define(format!("zp_{index}_0"), &row)];
        }
        let neuron = |(i, (row, patch)): (usize, (usize, usize))| {
            let (weights, bias) = &declared[row];
            let products = weights.iter().zip(&*patches[patch]).map(|(w, h)| format!("(* {w} {h})"));
            let row = nary("+", products.chain([bias.clone()]).collect());
            text.define(format!("zp_{index}_{i}"), &row)
        };
        self.neurons(index, declared.len()).enumerate().map(neuron).collect()
    }
}

impl Row {
    fn is_still(&self) -> bool {
        self.bias_radius.is_zero() && self.weight_radii.iter().all(Zero::is_zero)
    }

    fn moves_like(&self, other: &Row) -> bool {
        self.bias_radius == other.bias_radius && self.weight_radii == other.weight_radii
    }

    /// The range of the row of neuron `i` of the first layer at a fixed input, in exact arithmetic.
    fn at(&self, text: &mut Text, x: &[Rational], i: usize) -> String {
        let middle = self.weights.iter().zip(x).fold(self.bias.clone(), |sum, (w, x)| sum + w * x);
        let noise = self.weight_radii.iter().zip(x).fold(self.bias_radius.clone(), |sum, (r, x)| sum + r * x.abs());
        text.declare_over(format!("zp_0_{i}"), &(&middle - &noise), &(middle + noise))
    }
}

/// A parameter: a variable over its interval, or its value where it does not move.
fn variable(text: &mut Text, name: impl FnOnce() -> String, value: &Rational, radius: &Rational) -> String {
    if radius.is_zero() {
        return numeral(value, Towards::Above);
    }
    text.declare_over(name(), &(value - radius), &(value + radius))
}

fn is_numeral(term: &str) -> bool {
    term.starts_with(|first: char| first == '(' || first.is_ascii_digit())
}

/// A finite number of an activation, exactly.
fn number(number: Number) -> String {
    numeral(&rational::from_f64(number.get()).unwrap_or_default(), Towards::Above)
}

fn activate(text: &mut Text, activation: Activation, z: String, name: impl FnOnce() -> String) -> String {
    let term = match activation {
        Activation::Linear => return z,
        Activation::Relu => format!("(ite (>= {z} 0.0) {z} 0.0)"),
        Activation::Tanh => format!("(tanh {z})"),
        Activation::Sigmoid => confidence(&[z]),
        Activation::LeakyRelu(slope) => format!("(ite (>= {z} 0.0) {z} (* {} {z}))", number(slope)),
        Activation::Grid(grid) => stairs(&z, grid),
        Activation::Clip(least, greatest) => {
            let raised = match least.get().is_finite() {
                true => format!("(ite (>= {z} {0}) {z} {0})", number(least)),
                false => z.clone(),
            };
            match greatest.get().is_finite() {
                true => format!("(ite (<= {z} {0}) {raised} {0})", number(greatest)),
                false => raised,
            }
        }
    };
    text.nonlinear |= matches!(activation, Activation::Tanh | Activation::Sigmoid);
    text.define(name(), &term)
}

/// `s·q` as the least such number and a step for each `k` that `z/s` is beyond, at `k − ½` where `k` is even.
fn stairs(z: &str, grid: Grid) -> String {
    let scale = rational::from_f64(grid.scale()).unwrap_or_default();
    let (least, greatest) = grid.steps();
    let times = |factor: Rational| numeral(&(&scale * factor), Towards::Above);
    let step = |k: i32| {
        let beyond = if k % 2 == 0 { ">=" } else { ">" };
        let edge = times(Rational::new((2 * i64::from(k) - 1).into(), 2.into()));
        format!("(ite ({beyond} {z} {edge}) {} 0.0)", times(Rational::from_integer(1.into())))
    };
    let first = times(Rational::from_integer(least.into()));
    nary("+", std::iter::once(first).chain((least + 1..=greatest).map(step)).collect())
}

/// `Σ e^{−m_k}` of margins.
pub(super) fn odds(margins: &[String]) -> String {
    nary("+", margins.iter().map(|margin| format!("(exp (- {margin}))")).collect())
}

/// `1/(1 + Σ e^{−m_k})` of margins, for a single one its σ.
pub(super) fn confidence(margins: &[String]) -> String {
    format!("(/ 1.0 (+ 1.0 {}))", odds(margins))
}

impl Outputs {
    /// `logit_class − logit_k` for all `k ≠ class` in ascending order; with a single logit, it or its negation.
    pub(super) fn margins(&self, class: usize) -> Vec<String> {
        match self {
            Outputs::Difference(logit) => vec![signed(logit, class)],
            Outputs::Logits(logits) => match &logits[..] {
                [logit] => vec![signed(logit, class)],
                _ => {
                    let others = (0..logits.len()).filter(|&k| k != class);
                    others.map(|k| format!("(- {} {})", logits[class], logits[k])).collect()
                }
            },
        }
    }

    /// One logit; merged ones are never asked for.
    pub(super) fn logit(&self, class: usize) -> &str {
        match self {
            Outputs::Difference(logit) => logit,
            Outputs::Logits(logits) => &logits[class],
        }
    }
}

fn signed(logit: &str, class: usize) -> String {
    if class == 1 { logit.to_owned() } else { format!("(- {logit})") }
}

/// Declares the inputs over a box, or defines them where it is a point whose coordinates have finite decimals.
pub(super) fn inputs(text: &mut Text, network: &Network, domain: &[(Rational, Rational)]) -> Vec<String> {
    let names = network.input().names();
    domain
        .iter()
        .zip(names)
        .enumerate()
        .map(|(j, ((lower, upper), name))| {
            let x = format!("x_{j}");
            text.comment(&format!("{x}: {name}"));
            if lower == upper && rational::to_decimal(lower).is_some() {
                return text.define(x, &numeral(lower, Towards::Below));
            }
            text.declare_over(x, lower, upper)
        })
        .collect()
}
