//! Bounds of the error of float32 evaluation, against evaluations in random orders, fused or not, flushed or not, of which
//! none may exceed them, and which come near them.

use num_rational::BigRational;
use quantproof::network::{Activation, Input, Layer, Network, Output};
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::ClassChoice;
use quantproof::robustness::float_error::FloatError;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::path::Path;

fn exact(x: f64) -> BigRational {
    BigRational::from_float(x).unwrap()
}

/// A machine that computes in float32, in an order of its own.
struct Machine<'a> {
    random: &'a mut SmallRng,
    /// subnormal results become 0
    flushes: bool,
}

impl Machine<'_> {
    fn result(&self, x: f32) -> f32 {
        if self.flushes && !x.is_normal() && x.is_finite() { 0.0 } else { x }
    }

    /// A sum of products and a bias: terms in a random order, added up one by one, in a random tree, or fused.
    fn dot(&mut self, weights: &[f32], h: &[f32], bias: f32) -> f32 {
        let mut terms: Vec<usize> = (0..weights.len()).collect();
        terms.shuffle(self.random);
        match self.random.random_range(0..3) {
            0 => {
                let start = if self.random.random() { (bias, 0.0) } else { (0.0, bias) };
                let sum = terms.iter().fold(start.0, |sum, &j| self.result(weights[j].mul_add(h[j], sum)));
                self.result(sum + start.1)
            }
            1 => {
                let sum = terms.iter().fold(0.0, |sum, &j| self.result(sum + self.result(weights[j] * h[j])));
                self.result(sum + bias)
            }
            _ => {
                let mut parts: Vec<f32> = terms.iter().map(|&j| self.result(weights[j] * h[j])).collect();
                parts.push(bias);
                while parts.len() > 1 {
                    let one = parts.swap_remove(self.random.random_range(0..parts.len()));
                    let other = parts.swap_remove(self.random.random_range(0..parts.len()));
                    parts.push(self.result(one + other));
                }
                parts[0]
            }
        }
    }

    /// Logits and confidences.
    fn run(&mut self, network: &Network, x: &[f64]) -> (Vec<f32>, Vec<f32>) {
        let single = |v: &[f64], machine: &Self| v.iter().map(|&v| machine.result(v as f32)).collect::<Vec<f32>>();
        let mut h = single(x, self);
        for layer in network.layers() {
            let biases = single(layer.biases(), self);
            let mut next = Vec::new();
            for (row, &bias) in layer.rows().zip(&biases) {
                let z = self.dot(&single(row, self), &h, bias);
                next.push(self.result(match layer.activation() {
                    Activation::Relu => z.max(0.0),
                    Activation::Linear => z,
                    Activation::Tanh => z.tanh(),
                    Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
                    Activation::LeakyRelu(slope) if z < 0.0 => self.result(slope.get() as f32) * z,
                    Activation::LeakyRelu(_) => z,
                    Activation::Grid(_) => f32::NAN,
                    Activation::Clip(least, greatest) => z.max(least.get() as f32).min(greatest.get() as f32),
                }));
            }
            h = next;
        }
        let confidences = match network.output() {
            Output::None => h.clone(),
            Output::Sigmoid => {
                let p = 1.0 / (1.0 + (-h[0]).exp());
                vec![1.0 - p, p]
            }
            Output::Softmax => {
                let greatest = h.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let powers: Vec<f32> = h.iter().map(|l| self.result((self.result(l - greatest)).exp())).collect();
                let total = self.dot(&powers, &vec![1.0; powers.len()], 0.0);
                let reciprocal: bool = self.random.random();
                powers.iter().map(|p| self.result(if reciprocal { p * (1.0 / total) } else { p / total })).collect()
            }
        };
        (h, confidences)
    }
}

/// The largest errors of logits and of confidences over their bounds, at some points of a domain and parameters of a box.
fn observed(
    random: &mut SmallRng,
    network: &Network,
    perturbation: &Perturbation,
    domain: &[(f64, f64)],
    points: usize,
) -> [f64; 2] {
    let rational: Vec<_> = domain.iter().map(|&(l, u)| (exact(l), exact(u))).collect();
    let bound = FloatError::new(network, perturbation, &rational);
    let mut largest = [0.0f64; 2];
    for _ in 0..points {
        let moved = network
            .with_parameters(|k, place, _| {
                let (low, high) = perturbation.inner_bounds(network, k, place);
                if low < high { random.random_range(low..=high) } else { low }
            })
            .unwrap();
        let x: Vec<f64> = domain.iter().map(|&(l, u)| if l < u { random.random_range(l..=u) } else { l }).collect();
        let real = moved.evaluate_exactly(&x.iter().map(|&x| exact(x)).collect::<Vec<_>>()).unwrap();
        for _ in 0..4 {
            let flushes = random.random();
            let (logits, confidences) = Machine { random: &mut *random, flushes }.run(&moved, &x);
            let error = |given: f32, real: &deltasat::exact::Ball| {
                (f64::from(given) - real.floor_f64()).abs().max((f64::from(given) - real.ceil_f64()).abs())
            };
            for (j, (given, real)) in logits.iter().zip(&real.logits).enumerate() {
                let error = error(*given, real);
                assert!(error <= bound.logits[j], "logit {j} at {x:?}: {error:e} above {:e}", bound.logits[j]);
                if error > 0.0 {
                    largest[0] = largest[0].max(error / bound.logits[j]);
                }
            }
            for (class, given) in confidences.iter().enumerate() {
                let confidence = moved.output().exact_confidence(&real.logits, class).unwrap();
                let error = error(*given, &confidence);
                let bound = bound.confidences[class];
                assert!(error <= bound, "confidence {class} at {x:?}: {error:e} above {bound:e}");
                if error > 0.0 {
                    largest[1] = largest[1].max(error / bound);
                }
            }
        }
    }
    largest
}

fn random_network(random: &mut SmallRng) -> (Network, Vec<(f64, f64)>) {
    let inputs = random.random_range(1..6);
    let mut width = inputs;
    let mut layers = Vec::new();
    // some networks work where float32 underflows
    let scale = 2f64.powi(if random.random_range(0..4) == 0 { random.random_range(-130..-40) } else { 0 });
    for _ in 0..random.random_range(1..4) {
        let outputs = random.random_range(1..8);
        let single = random.random::<bool>();
        let mut number = || {
            let value: f64 = random.random_range(-2.0..2.0) * scale;
            match random.random_range(0..6) {
                0 => 0.0,
                _ if single => f64::from(value as f32),
                _ => value,
            }
        };
        let weights = (0..outputs * width).map(|_| number()).collect();
        let biases = (0..outputs).map(|_| number()).collect();
        let (_, activation) = Activation::NAMES[random.random_range(0..4)];
        layers.push(Layer::new(width, weights, biases, activation).unwrap());
        width = outputs;
    }
    let output = match width {
        1 if random.random() => Output::Sigmoid,
        2.. if random.random() => Output::Softmax,
        _ => Output::None,
    };
    let classes = if output == Output::Sigmoid { 2 } else { width };
    let names = (0..inputs).map(|i| format!("x{i}")).collect();
    let classes = (0..classes).map(|j| j.to_string()).collect();
    let input = Input::without_domain(names).unwrap();
    let network = Network::new("random".to_owned(), input, layers, output, classes, None).unwrap();
    let mut end = || if random.random() { 0.0 } else { random.random_range(0.0..2.0) };
    let domain = (0..inputs).map(|_| (-end(), end())).collect();
    (network, domain)
}

#[test]
fn no_order_of_summation_exceeds_the_bound() {
    let mut random = SmallRng::seed_from_u64(71);
    for _ in 0..200 {
        let (network, domain) = random_network(&mut random);
        let epsilon = [0.0, 1e-3, 0.1][random.random_range(0..3)];
        let perturbation = Perturbation::uniform(Magnitude::Absolute(exact(epsilon))).unwrap();
        observed(&mut random, &network, &perturbation, &domain, 8);
    }
}

/// The bound of a worst case is above what random roundings do, but not by much (`--nocapture` shows by how much).
#[test]
#[allow(clippy::print_stdout, reason = "figures for the documentation")]
fn bounds_are_not_absurd() {
    let mut random = SmallRng::seed_from_u64(72);
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let models =
        ["moons_relu_2-4-2", "moons_relu_2-8-2", "circles_relu_2-8-2", "iris_relu_4-8-3", "moons_relu_2-16-16-2"]
            .map(|name| (name, Network::load(models.join(format!("{name}.json"))).unwrap()));
    for (name, network) in models {
        let domain = vec![(-1.0, 1.0); network.input().count()];
        let [logits, confidences] = observed(&mut random, &network, &Perturbation::none(), &domain, 500);
        println!(
            "{name}: bound {:.1} times what was seen of logits, {:.1} of confidences",
            1.0 / logits,
            1.0 / confidences
        );
        assert!(logits > 0.01 && confidences > 0.01, "{name}: {logits} {confidences}");
    }
}

#[test]
fn one_operation_by_hand() {
    let layer = |weights: Vec<f64>, biases: Vec<f64>, activation| Layer::new(1, weights, biases, activation).unwrap();
    let error = |layer: Layer, x: f64| {
        let input = Input::without_domain(vec!["x".to_owned()]).unwrap();
        let network =
            Network::new("n".to_owned(), input, vec![layer], Output::None, vec!["y".to_owned()], None).unwrap();
        let bound = FloatError::new(&network, &Perturbation::none(), &[(exact(x), exact(x))]);
        assert_eq!(bound.gap(), bound.confidence(ClassChoice::Worst));
        bound.logits[0]
    };
    let unit = 2f64.powi(-24);
    // one product of float32 numbers is rounded once
    let product = error(layer(vec![3.0], vec![0.0], Activation::Linear), 0.5);
    assert!(product >= 1.5 * unit && product <= 1.5 * unit * (1.0 + 1e-6), "{product:e}");
    // a parameter that is none is rounded too, and so is an input
    let rounded = error(layer(vec![0.1], vec![0.0], Activation::Linear), 0.5);
    assert!(rounded >= 0.05 * 3.0 * unit && rounded <= 0.05 * 3.0 * unit * (1.0 + 1e-6));
    let input = error(layer(vec![3.0], vec![0.0], Activation::Linear), 0.1);
    assert!(input >= 0.3 * 2.0 * unit && input <= 0.3 * 2.0 * unit * (1.0 + 1e-6));
    // a dead neuron computes 0
    assert_eq!(error(layer(vec![3.0], vec![-2.0], Activation::Relu), 0.5), 0.0);
    // what may overflow has no bound
    assert_eq!(error(layer(vec![1e38], vec![0.0], Activation::Relu), 10.0), f64::INFINITY);
    assert_eq!(error(layer(vec![1e300], vec![0.0], Activation::Relu), 0.0), f64::INFINITY);
}
