//! Numbers that a network holds fixed never move: not in a witness, not in a bound, in either encoding.
//!
//! The oracle is the same network without its normalisation, asked at normalised inputs: with scales that are powers of
//! two nothing is rounded on the way, so the two have the same answers.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{dyadic, exact, network, random, ratio};
use quantproof::encode::question::{Encoded, Question};
use quantproof::network::{Activation, Domain, Fixed, Input, Layer, Network, Output};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{ClassChoice, Settings};
use std::collections::BTreeSet;

fn all(epsilon: Rational) -> Perturbation {
    Perturbation::uniform(Magnitude::Absolute(epsilon)).unwrap()
}

/// The network behind a fixed layer `x ↦ scale·x + shift`.
fn normalised(network: &Network, scale: f64, shift: f64) -> Network {
    let n = network.input().count();
    let weights = (0..n * n).map(|i| if i / n == i % n { scale } else { 0.0 }).collect();
    let first = Layer::new(n, weights, vec![shift; n], Activation::Linear).unwrap().with_fixed(Fixed::All);
    let layers = [vec![first], network.layers().to_vec()].concat();
    let back = |end: &Rational| (end - exact(shift)) / exact(scale);
    let domain = network.input().domain().unwrap();
    let domain = domain.iter().map(|d| (back(d.lower()), back(d.upper())));
    let domain = domain.map(|(a, b)| if a < b { Domain::new(a, b) } else { Domain::new(b, a) }.unwrap()).collect();
    let input = Input::new(network.input().names().to_vec(), domain).unwrap();
    Network::new("normalised".to_owned(), input, layers, network.output(), network.classes().to_vec(), None).unwrap()
}

fn domain(network: &Network) -> Vec<(Rational, Rational)> {
    network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect()
}

#[test]
fn a_normalisation_changes_no_local_answer() {
    for seed in 0..30 {
        let mut r = random("normalisation", seed);
        let plain = network(&mut r, &[2, 4, 2 + seed as usize % 2], Activation::Relu, Output::Softmax, 6);
        let (scale, shift) = ([0.5, 2.0, -4.0][seed as usize % 3], dyadic(&mut r, 3));
        let behind = normalised(&plain, scale, shift);
        let perturbation = all(ratio(1, 64));
        let at: Vec<Rational> = (0..2).map(|_| exact(dyadic(&mut r, 4))).collect();
        let before: Vec<Rational> = at.iter().map(|x| (x - exact(shift)) / exact(scale)).collect();
        let ask = |network: &Network, input: &[Rational]| {
            let local = Local::new(network, &perturbation, Settings { delta: 1e-6, ..Settings::default() });
            local.deviation(input, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ())
        };
        let (a, b) = (ask(&plain, &at), ask(&behind, &before));
        assert!(a.lower <= b.upper + 1e-12 && b.lower <= a.upper + 1e-12, "seed {seed}: {a:?} {b:?}");
        assert!(b.upper - b.lower <= 2e-6, "seed {seed}: {b:?}");
        let witness = b.witness.unwrap();
        assert!(witness.moved(&behind).iter().all(|moved| moved.layer > 0), "seed {seed}");
        assert_eq!(witness.network.layers()[0], behind.layers()[0]);
    }
}

#[test]
fn a_normalisation_changes_no_global_answer() {
    for seed in 0..4 {
        let mut r = random("normalisation over a domain", seed);
        let plain = network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 4);
        let behind = normalised(&plain, 0.25, dyadic(&mut r, 3));
        let perturbation = all(ratio(1, 32));
        let ask = |network: &Network| {
            let (domain, settings) = (domain(network), Settings { delta: 0.002, ..Settings::default() });
            let global = Global { network, perturbation: &perturbation, domain: &domain, settings };
            global.deviation(ClassChoice::Assigned, None, &mut ())
        };
        let (a, b) = (ask(&plain), ask(&behind));
        assert!(a.lower <= b.upper && b.lower <= a.upper, "seed {seed}: {a:?} {b:?}");
        assert!(b.upper - b.lower <= 0.0021, "seed {seed}: {b:?}");
    }
}

/// Neither encoding has a variable for a fixed number or lets one move.
#[test]
fn encodings_keep_fixed_numbers() {
    let mut r = random("encodings", 1);
    let behind = normalised(&network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 4), 0.5, 0.25);
    let (perturbation, domain) = (all(ratio(1, 8)), domain(&behind));
    let question = Question::Deviation { class: 1, where_assigned: false };
    let literal = Encoded::literal(&behind, &perturbation, &domain, &question, &Budget::unlimited()).unwrap();
    let variables = literal.compiled.problem.variables.len();
    assert_eq!(variables, 2 + behind.parameter_count());
    for encoded in [literal, Encoded::new(&behind, &perturbation, &domain, &question, &Budget::unlimited()).unwrap()] {
        let mut point = vec![0.0; 2];
        point.extend(encoded.compiled.problem.variables[2..].iter().map(|v| v.domain.sup()));
        let moved = encoded.perturbed_network(&point).unwrap();
        assert_eq!(moved.layers()[0], behind.layers()[0]);
        assert_ne!(moved.layers()[1], behind.layers()[1]);
    }
}

/// Fixed biases are those that a perturbation of weights alone leaves.
#[test]
fn a_layer_without_biases_has_weights_alone() {
    for seed in 0..20 {
        let mut r = random("without biases", seed);
        let free = network(&mut r, &[2, 4, 2], Activation::Relu, Output::Softmax, 6);
        let layers = free.layers().iter().map(|layer| layer.clone().with_fixed(Fixed::Biases)).collect();
        let (input, classes) = (free.input().clone(), free.classes().to_vec());
        let without = Network::new("without".to_owned(), input, layers, Output::Softmax, classes, None).unwrap();
        let epsilon = || Magnitude::Absolute(ratio(1, 32));
        let weights = Perturbation::new(epsilon(), Layers::All, Parameters::Weights).unwrap();
        let at: Vec<Rational> = (0..2).map(|_| exact(dyadic(&mut r, 4))).collect();
        let ask = |network: &Network, perturbation: &Perturbation| {
            let finding = Local::new(network, perturbation, Settings::default()).deviation(
                &at,
                ClassChoice::Assigned,
                None,
                &mut Scratch::default(),
                &mut (),
            );
            (finding.lower, finding.upper)
        };
        assert_eq!(ask(&without, &all(ratio(1, 32))), ask(&free, &weights), "seed {seed}");
        assert_ne!(ask(&without, &weights), ask(&free, &all(ratio(1, 32))), "seed {seed}");
    }
}

#[test]
fn a_normalisation_cannot_be_selected() {
    let mut r = random("selection", 1);
    let behind = normalised(&network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 4), 0.5, 0.25);
    let select = |layers: &[usize]| {
        let layers = Layers::Only(BTreeSet::from_iter(layers.iter().copied()));
        Perturbation::new(Magnitude::Absolute(ratio(1, 8)), layers, Parameters::All).unwrap().check(&behind)
    };
    assert!(select(&[1, 2]).is_ok());
    let message = select(&[0, 1]).unwrap_err().to_string();
    assert_eq!(message, "layer 0: a normalisation, whose numbers are fixed, expected one of 1, 2");
    assert_eq!(select(&[3]).unwrap_err().to_string(), "layer 3: no such layer, expected an index from 0 to 2");
}
