//! How far the evaluation of a network in float32 is from its real-number semantics, which all other bounds are about.
//!
//! The analysis is the textbook's (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., chapters 2 and 3): with
//! `u = 2⁻²⁴` and `γ_k = ku/(1 − ku)`, a sum of `m` products is computed with an error of at most `γ_m·Σ|w_j||h_j|`
//! *whatever the order of summation, with or without fused multiplications*, since each product meets at most one rounding of
//! its own and `m − 1` of sums. Errors of the layer before come in through `Σ|w_j|·e_j`. The magnitudes are those of an interval
//! evaluation over a box of inputs and of parameters, and everything is rounded upwards. The box of inputs is split a number
//! of times where the bound is worst, since neurons that are large at different inputs are not large together.
//!
//! What is covered, each with its share:
//! * inputs rounded to float32, `u·|x|`, unless they are one point of float32 numbers;
//! * parameters that are no float32: two roundings, as DequantizeLinear has for words of more than 24 bits;
//! * products and sums in float32 or anything more exact, rounded to nearest, in any order, fused or not;
//! * underflow, gradual or flushed to zero: `2⁻¹²⁶` for each operation, input and parameter;
//! * tanh and σ within [`ACTIVATION`] of the function, and exp within a factor `1 ± `[`EXPONENTIAL`]; softmax by exponentials of
//!   the differences to the greatest logit, σ of a single logit. ONNX Runtime 1.32 on x86-64 was seen to be off by 2.8 (σ) and
//!   5.5 (tanh) units of `2⁻²⁴` at most, over millions of points.
//!
//! What is not: rounded activations, where an error of float32 can tip a number over to the next step (the bound is infinite),
//! TF32, bfloat16 or integer arithmetic, products computed by Strassen's or Winograd's scheme, other rounding
//! modes, and overflow; where overflow cannot be excluded the bound is infinite.

use crate::encode::class_count;
use crate::network::{Activation, Fixed, Layer, Network, Output, Parameter};
use crate::perturbation::Perturbation;
use crate::robustness::ClassChoice;
use deltasat::exact::{Rational, rational};
use deltasat::interval::round::{add_up, mul_up, sub_up, up};
use deltasat::interval::{self, Interval, bounds, decimal, kernel, point};
use std::borrow::Cow;

/// How far the computed tanh and σ may be from the function: 8 units of `2⁻²⁴`.
pub const ACTIVATION: f64 = 1.0 / (1u64 << 21) as f64;
/// How far, relatively, the computed exp may be from the function: 8 units of `2⁻²⁴`.
pub const EXPONENTIAL: f64 = ACTIVATION;

/// How often a box of inputs is split.
const SPLITS: usize = 256;
/// How many weights are looked at while doing so: some tenths of a second.
const WORK: usize = 1 << 22;

/// `u`, the unit roundoff of float32.
const UNIT: f64 = 1.0 / (1u64 << 24) as f64;
/// The least normal float32, `2⁻¹²⁶`: what an operation whose result is flushed to zero loses at most.
const FLUSHED: f64 = f32::MIN_POSITIVE as f64;

/// Bounds of `|float32 evaluation − real evaluation|`, at every input and for all parameters in question.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatError {
    /// one per logit
    pub logits: Vec<f64>,
    /// one per class
    pub confidences: Vec<f64>,
}

impl FloatError {
    /// Bounds the error for the inputs in a box of `[lower, upper]` each and all parameters in a perturbation's box.
    pub fn new(network: &Network, perturbation: &Perturbation, domain: &[(Rational, Rational)]) -> Self {
        // of networks with branches or windows a runtime computes sums and maxima in orders of its own
        if perturbation.activations().is_some() || !network.is_chain() || normalises(network) {
            let unknown = |count: usize| vec![f64::INFINITY; count];
            return FloatError { logits: unknown(network.logit_count()), confidences: unknown(class_count(network)) };
        }
        let layers = network.layers().iter().enumerate();
        let layers: Vec<Ranges> = layers.map(|(k, layer)| Ranges::new(network, perturbation, k, layer)).collect();
        let root: Vec<Value> = domain.iter().map(Value::input).collect();
        let error = Self::over(network, &layers, &root);
        let numbers: usize = network.layers().iter().map(|layer| layer.weights().len()).sum();
        let splits = SPLITS.min(WORK / numbers.max(1));
        let mut leaves = vec![(error, root)];
        for _ in 0..splits {
            let worst = (0..leaves.len()).max_by(|&a, &b| leaves[a].0.worst().total_cmp(&leaves[b].0.worst()));
            let Some((worst, halves)) = worst.and_then(|worst| Some((worst, halved(&leaves[worst].1)?))) else { break };
            leaves.swap_remove(worst);
            leaves.extend(halves.into_iter().map(|half| (Self::over(network, &layers, &half), half)));
        }
        let mut errors = leaves.into_iter().map(|(error, _)| error);
        let mut all = errors.next().unwrap_or(FloatError { logits: Vec::new(), confidences: Vec::new() });
        for error in errors {
            let parts = [(&mut all.logits, error.logits), (&mut all.confidences, error.confidences)];
            for (most, error) in parts {
                most.iter_mut().zip(error).for_each(|(most, error)| *most = most.max(error));
            }
        }
        all
    }

    /// The bound over one box.
    fn over(network: &Network, ranges: &[Ranges], inputs: &[Value]) -> Self {
        let mut values = inputs.to_vec();
        let zero = Value { real: point(0.0), error: 0.0 };
        for ((index, layer), ranges) in network.layers().iter().enumerate().zip(ranges) {
            let patches = network.wired(index).patches(&values, &zero);
            let h = step(layer, &patches, ranges);
            values.extend(h);
        }
        values.drain(..values.len() - network.logit_count());
        let logits: Vec<f64> = values.iter().map(|value| value.error).collect();
        let confidences = match network.output() {
            Output::None => logits.clone(),
            Output::Sigmoid => {
                let slope = steepest(interval::sigmoid(around(&values[0], logits[0])));
                // 1 − p is one more subtraction
                vec![sum(&[mul_up(logits[0], slope), ACTIVATION, UNIT]); class_count(network)]
            }
            Output::Softmax => (0..values.len()).map(|class| softmax(&values, class)).collect(),
        };
        FloatError { logits, confidences }
    }

    fn worst(&self) -> f64 {
        self.confidences.iter().fold(0.0, |most, &e| most.max(e))
    }

    /// The error of the confidence that is meant; of all classes where that may be any.
    pub fn confidence(&self, choice: ClassChoice) -> f64 {
        match choice {
            ClassChoice::Index(class) => self.confidences[class],
            ClassChoice::Assigned | ClassChoice::Worst => self.worst(),
        }
    }

    /// The error of the difference of any two logits, or of the only one.
    pub fn gap(&self) -> f64 {
        let mut errors = self.logits.clone();
        errors.sort_by(f64::total_cmp);
        errors.iter().rev().take(2).fold(0.0, |sum, &e| add_up(sum, e))
    }
}

/// Whether a network has a normalisation, whose factors and constants a runtime computes in float32.
fn normalises(network: &Network) -> bool {
    let single = |numbers: &[f64]| numbers.iter().all(|&v| is_single(v));
    network
        .layers()
        .iter()
        .any(|layer| layer.fixed() == Fixed::All && !single(layer.weights()) && !single(layer.biases()))
}

/// The two halves of a box along its widest side; none where that cannot be split.
fn halved(inputs: &[Value]) -> Option<[Vec<Value>; 2]> {
    let widest = (0..inputs.len()).max_by(|&a, &b| inputs[a].real.wid().total_cmp(&inputs[b].real.wid()))?;
    let (real, middle) = (inputs[widest].real, inputs[widest].real.mid());
    if real.inf() >= middle || middle >= real.sup() {
        return None;
    }
    Some([(real.inf(), middle), (middle, real.sup())].map(|(low, high)| {
        let mut half = inputs.to_vec();
        half[widest].real = bounds(low, high);
        half
    }))
}

/// What is known of a number: where the real one is, and how far the computed one is from it.
#[derive(Clone)]
struct Value {
    real: Interval,
    error: f64,
}

impl Value {
    fn input((lower, upper): &(Rational, Rational)) -> Value {
        let real = bounds(decimal::enclose(lower).inf(), decimal::enclose(upper).sup());
        let exact =
            lower == upper && rational::from_f64(real.inf()).is_some_and(|x| x == *lower) && is_single(real.inf());
        Value { real, error: if exact { 0.0 } else { rounding(real.mag(), UNIT) } }
    }

    /// The greatest magnitude of the computed number.
    fn computed(&self) -> f64 {
        add_up(self.real.mag(), self.error)
    }
}

/// Where the parameters of a layer are, outward, and how far what is stored may be from them.
struct Ranges {
    lower: Vec<f64>,
    upper: Vec<f64>,
    stored: Vec<f64>,
    /// of biases: the same three
    biases: Vec<(f64, f64, f64)>,
}

impl Ranges {
    fn new(network: &Network, perturbation: &Perturbation, index: usize, layer: &Layer) -> Ranges {
        let count = layer.weights().len();
        let mut ranges = Ranges {
            lower: Vec::with_capacity(count),
            upper: Vec::with_capacity(count),
            stored: Vec::with_capacity(count),
            biases: Vec::with_capacity(layer.row_count()),
        };
        for place in layer.places() {
            let (lower, upper) = range(network, perturbation, index, place);
            let stored = stored(lower, upper);
            match place {
                Parameter::Weight { .. } => {
                    ranges.lower.push(lower);
                    ranges.upper.push(upper);
                    ranges.stored.push(stored);
                }
                Parameter::Bias { .. } => ranges.biases.push((lower, upper, stored)),
            }
        }
        ranges
    }
}

/// Where a parameter is, outward.
fn range(network: &Network, perturbation: &Perturbation, layer: usize, place: Parameter) -> (f64, f64) {
    let value = network.layers()[layer].parameter(place);
    if let Some((least, greatest)) = perturbation.format_range(network, layer, place) {
        return (least.floor(), greatest.ceil());
    }
    let radius = perturbation.radius(network, layer, place);
    if radius == Rational::default() {
        return (value, value);
    }
    let radius = rational::ceil_f64(&radius);
    (-add_up(-value, radius), add_up(value, radius))
}

/// `W h + b` and its activation, for all parameters in their ranges; `patches` has the operands.
fn step(layer: &Layer, patches: &[Cow<'_, [Value]>], ranges: &Ranges) -> Vec<Value> {
    let ends = |end: fn(&Interval) -> f64| {
        patches.iter().map(|h| h.iter().map(|h| end(&h.real)).collect::<Vec<f64>>()).collect::<Vec<_>>()
    };
    let (lo, hi) = (ends(|real| real.inf()), ends(|real| real.sup()));
    let neuron = |i: usize| {
        let (row, patch) = layer.neuron(i);
        let (h, lo, hi) = (&*patches[patch], &lo[patch], &hi[patch]);
        let own = row * h.len()..(row + 1) * h.len();
        let (lower, upper) = (&ranges.lower[own.clone()], &ranges.upper[own.clone()]);
        let (bias_lower, bias_upper, bias_stored) = ranges.biases[row];
        let real = kernel::dot_interval(lower, upper, lo, hi) + bounds(bias_lower, bias_upper);
        // terms that are not 0; Σ|w||h| + |b|; and how far the sum of what is stored is from the real one
        let mut terms = usize::from((bias_lower, bias_upper) != (0.0, 0.0));
        let (mut magnitude, mut error) = (bias_lower.abs().max(bias_upper.abs()), bias_stored);
        for ((h, (&lower, &upper)), &stored) in h.iter().zip(lower.iter().zip(upper)).zip(&ranges.stored[own]) {
            if (lower, upper) == (0.0, 0.0) {
                continue;
            }
            terms += 1;
            let largest = lower.abs().max(upper.abs());
            magnitude = add_up(magnitude, mul_up(largest, h.real.mag()));
            error = sum(&[error, mul_up(largest, h.error), mul_up(stored, h.computed())]);
        }
        let computed = add_up(magnitude, error);
        let gamma = gamma(terms);
        let flushed = mul_up(mul_up(2.0 * terms as f64, FLUSHED), add_up(1.0, gamma));
        let error = sum(&[error, mul_up(gamma, computed), flushed]);
        // no partial sum is larger than this
        let fits = add_up(mul_up(computed, add_up(1.0, gamma)), flushed) < f64::from(f32::MAX);
        activated(layer.activation(), Value { real, error: if fits { error } else { f64::INFINITY } })
    };
    (0..layer.outputs()).map(neuron).collect()
}

fn activated(activation: Activation, z: Value) -> Value {
    let z_error = z.error;
    match activation {
        Activation::Linear => z,
        Activation::Relu => {
            // where z < 0 the computed number is that much smaller too
            let error = z_error.min(add_up(z.real.sup(), z_error).max(0.0));
            Value { real: z.real.max(point(0.0)), error }
        }
        Activation::Tanh => Value { real: interval::tanh(z.real), error: add_up(z_error, ACTIVATION) },
        Activation::Sigmoid => {
            Value { real: interval::sigmoid(z.real), error: add_up(mul_up(z_error, 0.25), ACTIVATION) }
        }
        Activation::LeakyRelu(slope) => {
            // the slope as it is stored times the number, rounded
            let magnitude = slope.get().abs();
            let slope_error = stored(slope.get(), slope.get());
            let product = mul_up(add_up(magnitude, slope_error), z.computed());
            let moved = mul_up(z_error, magnitude.max(1.0));
            let error = sum(&[moved, mul_up(slope_error, z.computed()), rounding(product, UNIT)]);
            Value { real: activation.enclose(z.real), error }
        }
        Activation::Clip(least, greatest) => {
            let ends =
                [least, greatest].map(|end| if end.get().is_finite() { stored(end.get(), end.get()) } else { 0.0 });
            Value { real: activation.enclose(z.real), error: sum(&[z_error, ends[0], ends[1]]) }
        }
        // a step may be taken or not
        Activation::Grid(_) => Value { real: activation.enclose(z.real), error: f64::INFINITY },
    }
}

/// The error of `softmax_class`. Each exponential `e^(l_k − l_max)` is computed as if its logit were `τ` off, by the rounding of
/// the difference and by its own; the softmax changes by at most `¼(|δ_class| + max |δ_k|)` under such changes `δ` of
/// the logits, since its derivative is `p(1 − p)(δ_class − Σ_k p_k δ_k/(1 − p))`. The sum of `K` exponentials and the
/// division, or the multiplication by a reciprocal, are a factor `1 + θ` with `|θ| ≤ γ_(2K+1)`.
fn softmax(logits: &[Value], class: usize) -> f64 {
    let greatest = logits.iter().fold(f64::NEG_INFINITY, |most, l| most.max(add_up(l.real.sup(), l.error)));
    let least = logits.iter().fold(f64::INFINITY, |least, l| least.min(-add_up(-l.real.inf(), l.error)));
    let difference = add_up(mul_up(UNIT, sub_up(greatest, least)), FLUSHED);
    let shift = add_up(difference, up(EXPONENTIAL / (1.0 - EXPONENTIAL)));
    // the greatest exponential is at least e^−½, so the flushed ones are at most twice as much of the sum
    if shift >= 0.5 || shift.is_nan() {
        return f64::INFINITY;
    }
    let others = logits.iter().enumerate().filter(|&(k, _)| k != class);
    let other = others.fold(0.0f64, |most, (_, logit)| most.max(logit.error));
    let own = logits[class].error;
    let moving = sum(&[own, other, 2.0 * shift]);
    let against = logits.iter().enumerate().filter(|&(k, _)| k != class);
    // both ends of each margin move by no more than that
    let margins = against.map(|(_, l)| around(&Value { real: l.real - logits[class].real, error: 0.0 }, moving));
    let confidence = margins.fold(point(1.0), |total, margin| total + interval::exp(margin)).recip();
    let moved = mul_up(steepest(confidence), moving);
    let count = logits.len();
    sum(&[moved, gamma(2 * count + 1), mul_up(2.0 * (count + 2) as f64, FLUSHED)])
}

/// Where a number is when it is off by so much.
fn around(value: &Value, error: f64) -> Interval {
    bounds(-add_up(-value.real.inf(), error), add_up(value.real.sup(), error))
}

/// The greatest `p(1 − p)`.
fn steepest(p: Interval) -> f64 {
    let nearest = if p.sup() < 0.5 { p.sup() } else { p.inf().max(0.5) };
    if nearest == 0.5 { 0.25 } else { (point(nearest) * (point(1.0) - point(nearest))).sup().clamp(0.0, 0.25) }
}

/// `γ_k`, infinite for absurdly many terms.
fn gamma(terms: usize) -> f64 {
    // both are exact
    let product = terms as f64 * UNIT;
    if product < 0.5 { up(product / (1.0 - product)) } else { f64::INFINITY }
}

/// How far the stored parameter may be from any number of its range.
fn stored(least: f64, greatest: f64) -> f64 {
    if least == greatest && is_single(least) {
        return 0.0;
    }
    // (1 + u)² − 1
    rounding(least.abs().max(greatest.abs()), 2.0 * UNIT + UNIT * UNIT)
}

/// `unit·|x|`, and what underflow adds.
fn rounding(x: f64, unit: f64) -> f64 {
    if x < f64::from(f32::MAX) { add_up(mul_up(x, unit), FLUSHED) } else { f64::INFINITY }
}

/// Whether a number is a float32 that nothing flushes to zero.
fn is_single(x: f64) -> bool {
    let single = x as f32;
    f64::from(single) == x && (single.is_normal() || single == 0.0)
}

fn sum(terms: &[f64]) -> f64 {
    terms.iter().fold(0.0, |sum, &term| add_up(sum, term))
}
