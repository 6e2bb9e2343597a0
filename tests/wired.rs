//! Networks whose layers read any earlier values and share parameters: a network that is written out by hand says the same,
//! nothing sampled exceeds what is proved, and witnesses are networks that share what they have to.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{dyadic, exact, random, ratio};
use quantproof::network::wiring::{NOTHING, Wiring};
use quantproof::network::{Activation, Domain, Fixed, Grid, Input, Layer, Network, Output};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::robustness::difference::Difference;
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{ClassChoice, Settings};
use rand::Rng;
use rand::rngs::SmallRng;

const INPUTS: usize = 4;

/// Two kernels of 2 over 4 padded inputs (values 4 to 13), a sum of both channels and an input at each of 5 places (14 to 18),
/// and a last layer over these sums and an input.
struct Parts {
    kernels: [[f64; 2]; 2],
    biases: [f64; 2],
    last: Vec<f64>,
    last_biases: Vec<f64>,
    activation: Activation,
}

impl Parts {
    fn random(r: &mut SmallRng, outputs: usize) -> Parts {
        let mut numbers = |count: usize| (0..count).map(|_| dyadic(r, 6)).collect::<Vec<f64>>();
        let kernels = numbers(4);
        Parts {
            kernels: [[kernels[0], kernels[1]], [kernels[2], kernels[3]]],
            biases: [0.25, -0.5],
            last: numbers(6 * outputs),
            last_biases: numbers(outputs),
            activation: Activation::NAMES[r.random_range(0..Activation::NAMES.len())].1,
        }
    }

    fn network(&self, output: Output) -> Network {
        let domain = vec![Domain::new(ratio(-1, 1), ratio(1, 1)).unwrap(); INPUTS];
        let names = (0..INPUTS).map(|i| format!("x{i}")).collect();
        let edge = |i: i64| if (0..4).contains(&i) { i as u32 } else { NOTHING };
        let patches = (0..5).flat_map(|p| [edge(p - 1), edge(p)]).collect();
        let neurons = (0..10).map(|i| (i / 5, i % 5)).collect();
        let wiring = Wiring::new(neurons, patches, 2).unwrap();
        let kernels = self.kernels.concat();
        let shared = Layer::wired(2, kernels, self.biases.to_vec(), self.activation, wiring).unwrap();
        let patches = (0..5).flat_map(|p| [4 + p, 9 + p, p.min(3)]).collect();
        let wiring = Wiring::new((0..5).map(|p| (0, p)).collect(), patches, 3).unwrap();
        let sum = Layer::wired(3, vec![1.0, 1.0, -1.0], vec![0.0], Activation::Relu, wiring).unwrap();
        let count = self.last_biases.len();
        let wiring = Wiring::new((0..count as u32).map(|i| (i, 0)).collect(), vec![14, 15, 16, 17, 18, 2], 6).unwrap();
        let last = Layer::wired(6, self.last.clone(), self.last_biases.clone(), Activation::Linear, wiring).unwrap();
        let layers = vec![shared, sum.with_fixed(Fixed::All), last];
        let classes = if output == Output::Sigmoid { 2 } else { count };
        let classes = (0..classes).map(|i| format!("c{i}")).collect();
        Network::new("wired".to_owned(), Input::new(names, domain).unwrap(), layers, output, classes, None).unwrap()
    }

    /// The outputs, written out.
    fn says(&self, x: &[f64]) -> Vec<f64> {
        let at = |i: i64| if (0..4).contains(&i) { x[i as usize] } else { 0.0 };
        let channel = |c: usize, p: i64| {
            let z = self.kernels[c][0] * at(p - 1) + self.kernels[c][1] * at(p) + self.biases[c];
            self.activation.evaluate(z)
        };
        let mut below: Vec<f64> = (0..5).map(|p| (channel(0, p) + channel(1, p) - at(p.min(3))).max(0.0)).collect();
        below.push(x[2]);
        let row = |row: &[f64]| row.iter().zip(&below).map(|(w, h)| w * h).sum::<f64>();
        self.last.chunks(6).zip(&self.last_biases).map(|(weights, bias)| row(weights) + bias).collect()
    }
}

fn point(r: &mut SmallRng) -> Vec<f64> {
    (0..INPUTS).map(|_| dyadic(r, 5) / 1.5).map(|x| (x * 32.0).round() / 32.0).collect()
}

fn rationals(x: &[f64]) -> Vec<Rational> {
    x.iter().map(|&x| exact(x)).collect()
}

fn outputs(r: &mut SmallRng) -> (Output, usize) {
    [(Output::Softmax, 2), (Output::Softmax, 3), (Output::Sigmoid, 1), (Output::None, 2)][r.random_range(0..4)]
}

fn settings(boxes: u64) -> Settings {
    Settings { budget: Budget::unlimited().with_boxes(boxes), ..Settings::default() }
}

/// A network of the perturbation's box, many of its parameters at an end.
fn moved(r: &mut SmallRng, network: &Network, perturbation: &Perturbation) -> Network {
    let value = |layer, place, _| {
        let (least, greatest) = perturbation.inner_bounds(network, layer, place);
        [least, greatest, least + r.random_range(0.0..=1.0) * (greatest - least)][r.random_range(0..3)]
    };
    network.with_parameters(value).unwrap()
}

#[test]
fn says_what_is_written_out() {
    for seed in 0..60 {
        let mut r = random("wired values", seed);
        let (output, count) = outputs(&mut r);
        let parts = Parts::random(&mut r, count);
        let network = parts.network(output);
        assert!(network.shares_parameters() && network.parameter_count() == 6 + 7 * count);
        for _ in 0..20 {
            let x = point(&mut r);
            let (logits, expected) = (network.logits(&x).unwrap(), parts.says(&x));
            let exact = network.evaluate_exactly(&rationals(&x)).unwrap();
            for ((logit, expected), exact) in logits.iter().zip(&expected).zip(&exact.logits) {
                assert!((logit - expected).abs() < 1e-9, "seed {seed}: {logit} {expected}");
                assert!((exact.floor_f64() - expected).abs() < 1e-9, "seed {seed}: {exact:?} {expected}");
            }
        }
    }
}

#[test]
fn nothing_sampled_exceeds_the_bounds() {
    let (mut closed, mut total) = (0, 0);
    for seed in 0..40 {
        let mut r = random("wired bounds", seed);
        let (output, count) = outputs(&mut r);
        let network = Parts::random(&mut r, count).network(output);
        let epsilon = [ratio(1, 100), ratio(1, 20), ratio(1, 4)][r.random_range(0..3)].clone();
        let magnitude = if r.random_bool(0.5) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
        let layers = if r.random_bool(0.6) { Layers::All } else { Layers::Only([0].into()) };
        let perturbation = Perturbation::new(magnitude, layers, Parameters::All).unwrap();
        let x = point(&mut r);
        let class = network.evaluate(&x).unwrap().class;
        let local = Local::new(&network, &perturbation, settings(300));
        let found = local.deviation(&rationals(&x), ClassChoice::Index(class), None, &mut Scratch::default(), &mut ());
        let domain = vec![(ratio(-1, 1), ratio(1, 1)); INPUTS];
        let global = Global { network: &network, perturbation: &perturbation, domain: &domain, settings: settings(60) };
        let over = global.deviation(ClassChoice::Index(class), None, &mut ());
        total += 1;
        closed += usize::from(found.upper - found.lower <= 0.001);
        assert!(found.lower <= found.upper && over.lower <= over.upper, "seed {seed}");
        for _ in 0..200 {
            let other = moved(&mut r, &network, &perturbation);
            let deviation = |x: &[f64]| {
                let confidence = |n: &Network| n.evaluate(x).unwrap().confidences[class];
                (confidence(&other) - confidence(&network)).abs()
            };
            let here = deviation(&x);
            assert!(here <= found.upper + 1e-12, "seed {seed}: {here} above {}", found.upper);
            let anywhere = deviation(&point(&mut r));
            assert!(anywhere <= over.upper + 1e-12, "seed {seed}: {anywhere} above {}", over.upper);
        }
        for (lower, witness) in [(found.lower, found.witness), (over.lower, over.witness)] {
            let Some(witness) = witness else { continue };
            assert!((witness.deviation() - lower).abs() < 1e-15, "seed {seed}");
            assert_eq!(witness.network.parameter_count(), network.parameter_count());
            for moved in witness.moved(&network) {
                let (least, greatest) = perturbation.inner_bounds(&network, moved.layer, moved.parameter);
                assert!(least <= moved.to && moved.to <= greatest, "seed {seed}: {moved:?}");
            }
        }
    }
    // where no neuron's copy gains from moving on its own, the two sides meet
    assert!(closed * 8 > total, "{closed} of {total}");
}

/// A network beside itself with all values through bytes, as a quantised model has them.
#[test]
fn rounded_copies_stay_beside_their_network() {
    let names = || (0..2).map(|i| format!("x{i}")).collect::<Vec<_>>();
    let domain = vec![(ratio(-1, 1), ratio(1, 1)); 2];
    let network = |layers| {
        let input = Input::without_domain(names()).unwrap();
        Network::new("n".to_owned(), input, layers, Output::None, vec!["a".to_owned()], None).unwrap()
    };
    for seed in 0..20 {
        let mut r = random("rounded copies", seed);
        let mut numbers = |count: usize| (0..count).map(|_| dyadic(&mut r, 5)).collect::<Vec<f64>>();
        let hidden = Layer::new(2, numbers(8), numbers(4), Activation::Relu).unwrap();
        let last = Layer::new(4, numbers(4), numbers(1), Activation::Linear).unwrap();
        let through = |width: usize, scale: f64, least: i32| {
            let identity = (0..width * width).map(|i| if i % (width + 1) == 0 { 1.0 } else { 0.0 }).collect();
            let grid = Activation::Grid(Grid::new(scale, least, least + 255).unwrap());
            Layer::new(width, identity, vec![0.0; width], grid).unwrap().with_fixed(Fixed::All)
        };
        let a = network(vec![hidden.clone(), last.clone()]);
        let b = network(vec![through(2, 0.01, -128), hidden, through(4, 0.013, 0), last, through(1, 0.02, -100)]);
        let found = Difference::new(&a, &b, &domain, settings(300)).logits(&[0], None, &mut ());
        let extent = &found.extents[0];
        let most = extent.above.upper.max(extent.below.upper);
        // three roundings through weights of at most 1.5, and what is clipped
        assert!(most < 8.0, "seed {seed}: {most}");
        let mut greatest: f64 = 0.0;
        for _ in 0..2000 {
            let x: Vec<f64> = (0..2).map(|_| r.random_range(-1.0..=1.0)).collect();
            let change = b.logits(&x).unwrap()[0] - a.logits(&x).unwrap()[0];
            assert!(change <= extent.above.upper + 1e-9, "seed {seed}: {change} above {}", extent.above.upper);
            assert!(-change <= extent.below.upper + 1e-9, "seed {seed}: {change} below {}", extent.below.upper);
            greatest = greatest.max(change.abs());
        }
        assert!(most <= 3.0 * greatest + 0.1, "seed {seed}: bound {most}, sampled {greatest}");
    }
}

#[test]
fn differences_hold_at_sampled_inputs() {
    for seed in 0..30 {
        let mut r = random("wired difference", seed);
        let a = Parts::random(&mut r, 2).network(Output::None);
        let perturbation = Perturbation::new(Magnitude::Absolute(ratio(1, 50)), Layers::All, Parameters::All).unwrap();
        let b = moved(&mut r, &a, &perturbation);
        let domain = vec![(ratio(-1, 1), ratio(1, 1)); INPUTS];
        let found = Difference::new(&a, &b, &domain, settings(200)).logits(&[0, 1], None, &mut ());
        let same = Difference::new(&a, &a, &domain, settings(1)).logits(&[0, 1], None, &mut ());
        for (output, (between, zero)) in found.extents.iter().zip(&same.extents).enumerate() {
            assert!(zero.above.upper == 0.0 && zero.below.upper == 0.0, "seed {seed}: a network beside itself");
            for _ in 0..200 {
                let x = point(&mut r);
                let change = b.logits(&x).unwrap()[output] - a.logits(&x).unwrap()[output];
                assert!(change <= between.above.upper + 1e-12, "seed {seed}: {change} above {}", between.above.upper);
                assert!(-change <= between.below.upper + 1e-12, "seed {seed}: {change} below {}", between.below.upper);
            }
        }
    }
}
