//! The local answers against oracles that share nothing with the encoding or the search.
//!
//! *Vertices.* With one hidden layer of monotone activations the difference of two logits is, at a fixed input, affine in
//! each output parameter and monotone in each hidden one, so its extremes over the parameters' box are at vertices: all of
//! them are enumerated. (With three classes a confidence's smallest value is at a vertex too, since the sum of exponentials
//! is convex in the pre-activations; its largest need not be, so there vertices and samples bound it from one side only.)
//!
//! *Samples.* In deeper networks nothing sampled or climbed to may exceed the upper bound, and the witness, evaluated by a
//! rational forward pass of this test's own, must attain the lower bound.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{dyadic, exact, network, random, ratio, reference};
use num_traits::Signed;
use quantproof::network::{Activation, Network, Output, Parameter};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{Answer, ClassChange, ClassChoice, Finding, Settings};
use rand::Rng;
use rand::rngs::SmallRng;
use std::time::Duration;

/// All places of a network's parameters, with the doubles that each moves between.
fn places(network: &Network, perturbation: &Perturbation) -> Vec<(usize, Parameter, f64, f64)> {
    let layers = network.layers().iter().enumerate();
    layers
        .flat_map(|(k, layer)| layer.parameters().map(move |p| (k, p)))
        .map(|(k, p)| {
            let (least, greatest) = perturbation.inner_bounds(network, k, p);
            (k, p, least, greatest)
        })
        .collect()
}

/// The network whose parameters, in the order of [`places`], are these.
fn with_values(network: &Network, values: &[f64]) -> Network {
    let mut next = values.iter();
    network.with_parameters(|_, _, _| *next.next().unwrap()).unwrap()
}

fn moves(place: &(usize, Parameter, f64, f64)) -> bool {
    place.2 < place.3
}

/// `max |c' − c|` over all vertices, whether one of them has another class, and the confidences' precision in doubles.
fn enumerate(network: &Network, perturbation: &Perturbation, input: &[f64], class: usize) -> (f64, bool) {
    let places = places(network, perturbation);
    let moving: Vec<usize> = (0..places.len()).filter(|&i| moves(&places[i])).collect();
    let nominal = network.evaluate(input).unwrap();
    let mut values: Vec<f64> = places.iter().map(|p| p.2).collect();
    let (mut deviation, mut changes): (f64, bool) = (0.0, false);
    for vertex in 0u32..1 << moving.len() {
        for (bit, &i) in moving.iter().enumerate() {
            values[i] = if vertex >> bit & 1 == 1 { places[i].3 } else { places[i].2 };
        }
        let moved = with_values(network, &values).evaluate(input).unwrap();
        deviation = deviation.max((moved.confidences[class] - nominal.confidences[class]).abs());
        changes |= moved.class != nominal.class;
    }
    (deviation, changes)
}

fn find(network: &Network, perturbation: &Perturbation, input: &[f64], settings: Settings) -> Finding {
    let input: Vec<Rational> = input.iter().map(|&x| exact(x)).collect();
    let local = Local::new(network, perturbation, settings);
    local.deviation(&input, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ())
}

/// A perturbation whose ends are doubles for parameters of few bits, so that the enumerated vertices are exact.
fn dyadic_perturbation(r: &mut SmallRng) -> Perturbation {
    let epsilon = [ratio(1, 64), ratio(1, 16), ratio(1, 4), ratio(3, 4)][r.random_range(0..4)].clone();
    let magnitude = if r.random_bool(0.5) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
    let layers = if r.random_bool(0.7) { Layers::All } else { Layers::Only([r.random_range(0..2)].into()) };
    let parameters = [Parameters::All, Parameters::Weights, Parameters::Biases][r.random_range(0..3)];
    Perturbation::new(magnitude, layers, parameters).unwrap()
}

#[test]
fn one_hidden_layer_is_exact_at_the_vertices() {
    for seed in 0..60 {
        let mut r = random("vertices", seed);
        // the greatest deviation is at a vertex where the activation is monotone
        let monotone = Activation::NAMES.iter().filter(|(name, _)| *name != "leaky-relu -1");
        let activation = monotone.map(|&(_, activation)| activation).nth(r.random_range(0..7)).unwrap();
        let (widths, output) =
            [(&[1, 2, 2], Output::Softmax), (&[2, 2, 2], Output::Softmax), (&[2, 2, 1], Output::Sigmoid)]
                [r.random_range(0..3)];
        let net = network(&mut r, widths, activation, output, 6);
        let perturbation = dyadic_perturbation(&mut r);
        let input: Vec<f64> =
            (0..widths[0]).map(|_| dyadic(&mut r, 3) / 1.5).map(|x| (x * 8.0).round() / 8.0).collect();
        let what = format!("seed {seed}: {widths:?} {activation:?} {output:?} {perturbation:?} at {input:?}");
        let finding = find(&net, &perturbation, &input, Settings::default());
        let class = net.evaluate(&input).unwrap().class;
        let (deviation, changes) = enumerate(&net, &perturbation, &input, class);
        assert!(finding.upper >= deviation - 1e-14, "{what}: a vertex deviates by {deviation} > {}", finding.upper);
        assert!(finding.upper <= deviation + 1e-9, "{what}: upper {} above {deviation}", finding.upper);
        assert!(finding.lower >= deviation - 1e-9, "{what}: lower {} below {deviation}", finding.lower);
        let expected = if changes { ClassChange::Possible } else { ClassChange::Impossible };
        assert_eq!(finding.class_change, Some(expected), "{what}");
        assert!(finding.statistics.boxes <= 2, "{what}: {} boxes for a closed form", finding.statistics.boxes);
    }
}

#[test]
fn three_classes_at_the_vertices() {
    for seed in 0..15 {
        let mut r = random("three classes", seed);
        let activation = Activation::NAMES[r.random_range(0..Activation::NAMES.len())].1;
        let net = network(&mut r, &[1, 2, 3], activation, Output::Softmax, 6);
        let perturbation = dyadic_perturbation(&mut r);
        let input = [f64::from(r.random_range(-8..=8)) / 8.0];
        let what = format!("seed {seed}: {activation:?} {perturbation:?} at {input:?}");
        let settings = Settings { delta: 1e-6, ..Settings::default() };
        let finding = find(&net, &perturbation, &input, settings);
        let class = net.evaluate(&input).unwrap().class;
        let (deviation, changes) = enumerate(&net, &perturbation, &input, class);
        assert!(finding.upper >= deviation - 1e-14, "{what}: a vertex deviates by {deviation} > {}", finding.upper);
        assert!(finding.upper - finding.lower <= 1e-6, "{what}: [{}, {}]", finding.lower, finding.upper);
        let expected = if changes { ClassChange::Possible } else { ClassChange::Impossible };
        assert_eq!(finding.class_change, Some(expected), "{what}");
        sample(&net, &perturbation, &input, &finding, &mut r, 300, &what);
    }
}

/// Compares random parameters, half of them vertices, and climbs from some, with the upper bound.
fn sample(
    network: &Network,
    perturbation: &Perturbation,
    input: &[f64],
    finding: &Finding,
    r: &mut SmallRng,
    count: usize,
    what: &str,
) {
    let nominal = network.evaluate(input).unwrap();
    let class = nominal.class;
    let places = places(network, perturbation);
    let deviation = |values: &[f64]| {
        let moved = with_values(network, values).evaluate(input).unwrap();
        moved.confidences[class] - nominal.confidences[class]
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    let mut offer = |values: Vec<f64>| {
        let d = deviation(&values).abs();
        if best.as_ref().is_none_or(|(b, _)| d > *b) {
            best = Some((d, values));
        }
    };
    for n in 0..count {
        let mut value = |&(_, _, l, u): &(usize, Parameter, f64, f64)| match n % 2 {
            0 => {
                if r.random_bool(0.5) {
                    l
                } else {
                    u
                }
            }
            _ => (l + r.random_range(0.0..=1.0) * (u - l)).clamp(l, u),
        };
        offer(places.iter().map(&mut value).collect());
    }
    for sign in [1.0, -1.0] {
        let mut values: Vec<f64> = places.iter().map(|p| if r.random_bool(0.5) { p.2 } else { p.3 }).collect();
        for _ in 0..3 {
            for i in (0..places.len()).filter(|&i| moves(&places[i])) {
                let mut at = |x: f64| {
                    values[i] = x;
                    sign * deviation(&values)
                };
                let (low, high) = (at(places[i].2), at(places[i].3));
                values[i] = if low > high { places[i].2 } else { places[i].3 };
            }
        }
        offer(values);
    }
    // the best of them, in exact arithmetic
    let (_, values) = best.unwrap();
    let point: Vec<Rational> = input.iter().map(|&x| exact(x)).collect();
    let confidence = |network: &Network| {
        network.output().exact_confidence(&network.evaluate_exactly(&point).unwrap().logits, class).unwrap()
    };
    let attained = confidence(&with_values(network, &values)).sub(&confidence(network)).unwrap().abs().floor_f64();
    assert!(attained <= finding.upper, "{what}: {attained} exceeds the upper bound {}", finding.upper);
}

/// Checks a witness from the beginning: inside the box, and attaining the lower bound.
fn check_witness(network: &Network, perturbation: &Perturbation, input: &[f64], finding: &Finding, what: &str) {
    let witness = finding.witness.as_ref().unwrap_or_else(|| panic!("{what}: no witness"));
    for (k, layer) in network.layers().iter().enumerate() {
        for p in layer.parameters() {
            let moved = exact(witness.network.layers()[k].parameter(p)) - exact(layer.parameter(p));
            assert!(moved.abs() <= perturbation.radius(network, k, p), "{what}: {p:?} of layer {k} leaves the box");
        }
    }
    let point: Vec<Rational> = input.iter().map(|&x| exact(x)).collect();
    assert_eq!(witness.input, point, "{what}");
    if network.layers().iter().all(|l| matches!(l.activation(), Activation::Relu | Activation::Linear)) {
        let confidence = |n: &Network| reference::confidence(n.output(), &reference::logits(n, &point), witness.class);
        let deviation = (confidence(&witness.network) - confidence(network)).abs();
        assert!(exact(finding.lower) <= &deviation + ratio(1, 1 << 60) * ratio(1, 1 << 60), "{what}");
        assert!(exact(finding.lower.next_up()) >= deviation, "{what}: the lower bound is the witness's deviation");
    }
}

#[test]
fn nothing_sampled_exceeds_the_bounds_of_deeper_networks() {
    let mut closed = 0;
    for seed in 0..60 {
        let mut r = random("deeper", seed);
        let activation = Activation::NAMES[r.random_range(0..Activation::NAMES.len())].1;
        let (output, logits) = [(Output::Softmax, 2), (Output::Softmax, 3), (Output::Sigmoid, 1)][r.random_range(0..3)];
        let mut widths = vec![r.random_range(1..=4)];
        widths.extend((0..r.random_range(1..=3)).map(|_| r.random_range(2..=8)).collect::<Vec<usize>>());
        widths.push(logits);
        let net = network(&mut r, &widths, activation, output, 40);
        let epsilon = [ratio(1, 1000), ratio(1, 100), ratio(1, 30)][r.random_range(0..3)].clone();
        let magnitude = if r.random_bool(0.5) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
        let perturbation = Perturbation::uniform(magnitude).unwrap();
        let input: Vec<f64> = (0..widths[0]).map(|_| r.random_range(-1.0..=1.0)).collect();
        let what = format!("seed {seed}: {widths:?} {activation:?} {output:?} {perturbation:?} at {input:?}");
        let budget = || Budget::unlimited().with_boxes(2000).with_time(Duration::from_secs(2));
        let settings = || Settings { budget: budget(), ..Settings::default() };
        let finding = find(&net, &perturbation, &input, settings());
        closed += u32::from(finding.upper - finding.lower <= 0.001);
        assert_eq!(finding.answer, Answer::Bounds, "{what}");
        assert!(0.0 <= finding.lower && finding.lower <= finding.upper && finding.upper <= 1.0, "{what}: {finding:?}");
        check_witness(&net, &perturbation, &input, &finding, &what);
        sample(&net, &perturbation, &input, &finding, &mut r, 60, &what);
        let point: Vec<Rational> = input.iter().map(|&x| exact(x)).collect();
        let quick = Local::new(&net, &perturbation, settings()).without_witnesses();
        let quick = quick.deviation(&point, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ());
        assert!(quick.lower <= finding.upper && finding.lower <= quick.upper, "{what}: without witnesses {quick:?}");
        assert!((quick.lower - finding.lower).abs() <= 1e-3, "{what}: without witnesses {quick:?}");
    }
    assert!(closed >= 50, "only {closed} of 60 closed to 0.001");
}

#[test]
fn the_reference_exponential_is_accurate() {
    for x in [0.0, 1.0, -1.0, 0.3, 30.5, -700.0, 1e-9] {
        let (ours, theirs) = (reference::exponential(&exact(x)), exact(f64::exp(x)));
        assert!((&ours - &theirs).abs() <= ratio(1, 1 << 51) * ours, "e^{x}");
    }
}
