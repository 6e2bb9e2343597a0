//! The literal encoding and the eliminated one ask the same question, so their bounds must be consistent: each encoding's
//! witness, re-evaluated exactly, lies below the other's upper bound. A radius, a sign or a bias that one of them forgets
//! breaks this in one direction or the other.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use deltasat::search::{Optimum, Options, StopReason, Strategy, optimise};
use networks::{dyadic, network, random, ratio};
use quantproof::encode::question::{Encoded, Question};
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use rand::Rng;

type Domain = Vec<(Rational, Rational)>;

/// Bounds of a question in one encoding, with what its witness attains in exact arithmetic.
struct Bounds {
    optimum: Optimum,
    attained: Option<f64>,
}

fn bounds(network: &Network, encoded: &Encoded<'_>, domain: &Domain, question: &Question, boxes: u64) -> Bounds {
    let budget = Budget::unlimited().with_boxes(boxes);
    let options = Options { budget, ..Options::default() };
    let optimum = optimise(&encoded.compiled, &encoded.compiled.root(), &Strategy::default(), &options, &mut ());
    let attained = optimum.witness.as_ref().map(|certificate| {
        let point: Vec<f64> = certificate.point.iter().map(rational::nearest_f64).collect();
        let perturbed = encoded.perturbed_network(&point).unwrap();
        let input = &certificate.point[..network.input().count()];
        let input: Vec<_> =
            input.iter().zip(domain).map(|(x, (l, u))| x.clone().max(l.clone()).min(u.clone())).collect();
        attained(network, &perturbed, &input, question)
    });
    Bounds { optimum, attained }
}

/// The objective of a question at an input and a perturbed network, from the exact forward passes.
fn attained(network: &Network, perturbed: &Network, input: &[Rational], question: &Question) -> f64 {
    let (n, p) = (network.evaluate_exactly(input).unwrap(), perturbed.evaluate_exactly(input).unwrap());
    match question {
        Question::Deviation { class, .. } => {
            let confidence = |logits| network.output().exact_confidence(logits, *class).unwrap();
            confidence(&p.logits).sub(&confidence(&n.logits)).unwrap().abs().floor_f64()
        }
        Question::Flip { class, against, .. } if network.output() == Output::Sigmoid => {
            let logit = if *class == 0 { p.logits[0].clone() } else { p.logits[0].neg() };
            assert_ne!(class, against);
            logit.floor_f64()
        }
        Question::Flip { class, against, .. } => p.logits[*against].sub(&p.logits[*class]).unwrap().floor_f64(),
    }
}

/// Compares the two encodings of a question; the eliminated one is given enough boxes to finish where it can.
fn compare(
    network: &Network,
    perturbation: &Perturbation,
    domain: &Domain,
    question: &Question,
    boxes: u64,
    what: &str,
) -> (Bounds, Bounds) {
    let eliminated = Encoded::new(network, perturbation, domain, question, &Budget::unlimited()).unwrap();
    let literal = Encoded::literal(network, perturbation, domain, question, &Budget::unlimited()).unwrap();
    let e = bounds(network, &eliminated, domain, question, 3000);
    let l = bounds(network, &literal, domain, question, boxes);
    let (eb, lb) = (&e.optimum, &l.optimum);
    // the domains of variables are doubles around the exact box, so a search's own lower bound may lie ulps too high;
    // what the witness attains inside the box may not
    let slack = 1e-12;
    let described = format!("eliminated [{}, {}], literal [{}, {}]", eb.lower, eb.upper, lb.lower, lb.upper);
    assert!(eb.lower <= lb.upper + slack && lb.lower <= eb.upper + slack, "{what}: {described}");
    for (name, own, other) in [("eliminated", &e, lb), ("literal", &l, eb)] {
        if let Some(attained) = own.attained {
            assert!(
                attained <= other.upper,
                "{what}: {name} attains {attained}, the other bounds it by {}",
                other.upper
            );
            let lower = own.optimum.lower;
            assert!((attained - lower).abs() <= 1e-9, "{what}: {name} claims {lower}, attains {attained}");
        }
    }
    (e, l)
}

fn domain(network: &Network) -> Domain {
    network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect()
}

/// A random perturbation: absolute or relative, of all parameters, of one kind, or of one layer.
fn perturbation(r: &mut impl Rng, layers: usize) -> Perturbation {
    let epsilon = [ratio(1, 100), ratio(1, 20), ratio(1, 3), ratio(1, 7)][r.random_range(0..4)].clone();
    let magnitude = if r.random_bool(0.5) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
    let parameters = [Parameters::All, Parameters::All, Parameters::Weights, Parameters::Biases][r.random_range(0..4)];
    let layers = if r.random_bool(0.7) { Layers::All } else { Layers::Only([r.random_range(0..layers)].into()) };
    Perturbation::new(magnitude, layers, parameters).unwrap()
}

#[test]
fn random_networks_over_a_domain_and_at_a_point() {
    let (mut complete, mut total) = (0, 0);
    for seed in 0..60 {
        let mut r = random("encodings agree", seed);
        let activation = Activation::NAMES[r.random_range(0..Activation::NAMES.len())].1;
        let (output, logits) =
            [(Output::Softmax, 2), (Output::Softmax, 3), (Output::Sigmoid, 1), (Output::None, 2)][r.random_range(0..4)];
        let mut widths = vec![r.random_range(1..=2)];
        widths.extend((0..r.random_range(1..=2)).map(|_| r.random_range(2..=3)).collect::<Vec<usize>>());
        widths.push(logits);
        let net = network(&mut r, &widths, activation, output, 30);
        let perturbation = perturbation(&mut r, widths.len() - 1);
        let classes = net.classes().len();
        let mut over = domain(&net);
        if r.random_bool(0.4) {
            over = over
                .iter()
                .map(|_| {
                    let x = networks::exact(dyadic(&mut r, 10) / 2.0) + ratio(1, 3);
                    (x.clone(), x)
                })
                .collect();
        }
        let class = r.random_range(0..classes);
        let against = (class + 1) % classes;
        let questions = [
            Question::Deviation { class, where_assigned: false },
            Question::Deviation { class, where_assigned: true },
            Question::Flip { class, against, guard: None },
            Question::Flip { class, against, guard: Some(ratio(3, 5)) },
        ];
        for question in questions {
            let what = format!("seed {seed}: {widths:?} {activation:?} {output:?} {perturbation:?} {question:?}");
            let (e, l) = compare(&net, &perturbation, &over, &question, 300, &what);
            total += 1;
            complete += u32::from(e.optimum.stop == StopReason::Complete);
            assert_eq!(
                e.optimum.witness.is_some() || e.optimum.stop != StopReason::Complete,
                e.optimum.upper > f64::NEG_INFINITY,
                "{what}: a feasible question has a witness"
            );
            // the literal search has the same incumbents to find: a parameter that stays put would show here
            if e.optimum.stop == StopReason::Complete && matches!(question, Question::Deviation { .. }) {
                let (el, ll) = (e.optimum.lower, l.optimum.lower);
                assert!(el <= 0.002 || ll >= 0.5 * el, "{what}: eliminated finds {el}, literal only {ll}");
            }
        }
    }
    assert!(complete * 10 >= total * 9, "the eliminated encoding finished {complete} of {total}");
}

/// A guarded question knows how far its margin must have fallen; no change that sampling finds may be lost to that.
#[test]
fn guarded_changes_that_sampling_finds_are_bounded() {
    let guard = ratio(3, 5);
    let mut changes = 0;
    for seed in 0..40 {
        let mut r = random("guarded changes", seed);
        let output = [Output::Softmax, Output::Softmax, Output::Sigmoid][r.random_range(0..3)];
        let logits = if output == Output::Sigmoid { 1 } else { r.random_range(2..=3) };
        let net = network(&mut r, &[2, 3, logits], Activation::Relu, output, 30);
        let perturbation = Perturbation::uniform(Magnitude::Absolute(ratio(1, 3))).unwrap();
        let over = domain(&net);
        let class = r.random_range(0..net.classes().len());
        let against = (class + 1) % net.classes().len();
        let question = Question::Flip { class, against, guard: Some(guard.clone()) };
        let encoded = Encoded::new(&net, &perturbation, &over, &question, &Budget::unlimited()).unwrap();
        let found = bounds(&net, &encoded, &over, &question, 300).optimum;
        let variables = encoded.compiled.problem.variables.iter().map(|variable| variable.domain).collect::<Vec<_>>();
        for _ in 0..300 {
            let ends = variables.iter().map(|bound| if r.random_bool(0.5) { bound.inf() } else { bound.sup() });
            let mut point: Vec<f64> = ends.collect();
            for (x, bound) in point.iter_mut().zip(&variables[..2]) {
                *x = bound.inf() + r.random_range(0.0..=1.0) * (bound.sup() - bound.inf());
            }
            let input: Vec<Rational> = point[..2].iter().map(|&x| networks::exact(x)).collect();
            let nominal = net.evaluate_exactly(&input).unwrap();
            let confidence = net.output().exact_confidence(&nominal.logits, class).unwrap();
            let gap = attained(&net, &encoded.perturbed_network(&point).unwrap(), &input, &question);
            if nominal.class == Some(class) && confidence.lower() >= guard && gap > 0.0 {
                changes += 1;
                assert!(gap <= found.upper + 1e-12, "seed {seed}: {gap} is attained, the bound is {}", found.upper);
            }
        }
    }
    assert!(changes > 100, "sampling found {changes} changes");
}

#[test]
fn shipped_models() {
    for name in ["moons_relu_2-4-2", "circles_linear_2-4-2"] {
        let net = Network::load(format!("models/{name}.json")).unwrap();
        let over = domain(&net);
        for epsilon in [ratio(1, 1000), ratio(1, 100)] {
            let perturbation = Perturbation::uniform(Magnitude::Absolute(epsilon)).unwrap();
            let question = Question::Deviation { class: 1, where_assigned: false };
            let (e, l) = compare(&net, &perturbation, &over, &question, 100, name);
            assert_eq!(e.optimum.stop, StopReason::Complete, "{name}");
            assert!(
                l.optimum.lower >= 0.8 * e.optimum.lower,
                "{name}: {} against {}",
                l.optimum.lower,
                e.optimum.lower
            );
        }
    }
}
