//! Verdicts on properties against oracles that share nothing with the solver: exact enumeration of activation patterns
//! and of the vertices of their polygons (two inputs), enumeration of the vertices of a parameter box, and sampling. Every
//! counterexample is checked here again, as it is printed.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Rational, rational};
use networks::{dyadic, exact, network, random, ratio, reference};
use num_traits::{Signed, Zero};
use quantproof::network::{Activation, Layer, Network, Output, Parameter};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::property::{Case, Constraint, Property};
use quantproof::robustness::verify::{Counterexample, Verification, Verify};
use quantproof::robustness::{Answer, Settings};
use rand::Rng;
use rand::rngs::SmallRng;
use std::path::{Path, PathBuf};
use std::time::Duration;

fn none() -> Perturbation {
    Perturbation::uniform(Magnitude::Absolute(Rational::zero())).unwrap()
}

fn ask(network: &Network, perturbation: &Perturbation, property: &Property, boxes: u64) -> Verification {
    property.check(network).unwrap();
    let settings = Settings { budget: Budget::unlimited().with_boxes(boxes), ..Settings::default() };
    let found = Verify { network, perturbation, property, settings }.ask(&mut ());
    assert_eq!(found.counterexample.is_some(), found.answer == Answer::Violated);
    assert_eq!(found.excluded == property.cases().len(), found.answer == Answer::Robust);
    if let Some(counterexample) = &found.counterexample {
        check(network, perturbation, property, counterexample);
        check_as_printed(network, perturbation, property, &found);
    }
    found
}

/// The slack of a constraint, in rationals.
fn slack(constraint: &Constraint, input: &[Rational], outputs: &[Rational]) -> Rational {
    let terms = constraint.inputs.iter().map(|(i, a)| a * &input[*i]);
    let terms = terms.chain(constraint.outputs.iter().map(|(j, b)| b * &outputs[*j]));
    terms.fold(constraint.constant.clone(), |sum, term| sum + term)
}

fn satisfies(case: &Case, input: &[Rational], outputs: &[Rational]) -> bool {
    let inside = case.domain.iter().zip(input).all(|((lower, upper), x)| lower <= x && x <= upper);
    inside
        && case.constraints.iter().all(|c| {
            let slack = slack(c, input, outputs);
            if c.strict { slack.is_positive() } else { !slack.is_negative() }
        })
}

/// A counterexample is one: its parameters in the box, its outputs those of the reference, its case satisfied.
fn check(network: &Network, perturbation: &Perturbation, property: &Property, found: &Counterexample) {
    for (k, (before, after)) in network.layers().iter().zip(found.network.layers()).enumerate() {
        for p in before.parameters() {
            let moved = (exact(after.parameter(p)) - exact(before.parameter(p))).abs();
            assert!(moved <= perturbation.radius(network, k, p), "layer {k} {p:?} moved by {moved}");
        }
    }
    let outputs = reference::logits(&found.network, &found.input);
    for (ball, y) in found.outputs.iter().zip(&outputs) {
        assert!(ball.contains(y));
    }
    assert!(satisfies(&property.cases()[found.case], &found.input, &outputs));
}

/// The inputs in the file for the competition are a counterexample when they are read back.
fn check_as_printed(network: &Network, perturbation: &Perturbation, property: &Property, found: &Verification) {
    let mut text = Vec::new();
    quantproof::report::verify::Answer { network, perturbation, property, name: "p", found }
        .results(&mut text)
        .unwrap();
    let text = String::from_utf8(text).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("sat"));
    let words: Vec<&str> = text.split(['(', ')', '\n']).map(str::trim).filter(|w| w.contains('_')).collect();
    assert_eq!(words.len(), property.inputs() + property.outputs(), "{text}");
    let input: Vec<Rational> = words[..property.inputs()]
        .iter()
        .enumerate()
        .map(|(i, word)| rational::parse(word.strip_prefix(&format!("X_{i} ")).unwrap()).unwrap())
        .collect();
    let counterexample = found.counterexample.as_ref().unwrap();
    assert_eq!(input, counterexample.input);
    let outputs = reference::logits(&counterexample.network, &input);
    assert!(satisfies(&property.cases()[counterexample.case], &input, &outputs));
    for (j, (word, y)) in words[property.inputs()..].iter().zip(&outputs).enumerate() {
        let printed: f64 = word.strip_prefix(&format!("Y_{j} ")).unwrap().parse().unwrap();
        assert_eq!(printed, rational::nearest_f64(y), "{text}");
    }
}

/// `a·x + b·y + c` over two inputs, as a function of the inputs on one linear piece of the network.
type Line = [Rational; 3];

fn at(line: &Line, x: &[Rational; 2]) -> Rational {
    &line[0] * &x[0] + &line[1] * &x[1] + &line[2]
}

/// Whether some input satisfies a case without strict constraints: for each activation pattern the inputs that have it
/// (closed) and satisfy the case are a bounded polygon, which is not empty exactly when one of its vertices, a crossing
/// of two of its sides, satisfies all of its constraints.
fn satisfiable(network: &Network, case: &Case) -> bool {
    let neurons: usize = network.layers().iter().map(Layer::outputs).sum();
    (0u32..1 << neurons).any(|pattern| {
        let one = |k: usize| -> Line { std::array::from_fn(|i| ratio(i64::from(i == k), 1)) };
        let mut h: Vec<Line> = vec![one(0), one(1)];
        let mut sides: Vec<Line> = Vec::new();
        let mut bit = 0;
        for layer in network.layers() {
            h = layer
                .rows()
                .zip(layer.biases())
                .map(|(row, &bias)| {
                    let sum = |k: usize| row.iter().zip(&h).map(|(&w, h)| exact(w) * &h[k]).sum::<Rational>();
                    let z: Line = [sum(0), sum(1), sum(2) + exact(bias)];
                    let on = pattern >> bit & 1 == 1;
                    bit += 1;
                    match layer.activation() {
                        Activation::Relu if on => {
                            sides.push(z.clone());
                            z
                        }
                        Activation::Relu => {
                            sides.push(z.map(|k| -k));
                            std::array::from_fn(|_| Rational::zero())
                        }
                        _ => z,
                    }
                })
                .collect();
        }
        for (i, (lower, upper)) in case.domain.iter().enumerate() {
            let [mut above, mut below] = [one(i), one(i).map(|k| -k)];
            above[2] -= lower;
            below[2] += upper;
            sides.extend([above, below]);
        }
        for c in &case.constraints {
            let mut side: Line = [Rational::zero(), Rational::zero(), c.constant.clone()];
            c.inputs.iter().for_each(|(i, a)| side[*i] += a);
            for (j, b) in &c.outputs {
                (0..3).for_each(|k| side[k] += b * &h[*j][k]);
            }
            sides.push(side);
        }
        let inside = |x: &[Rational; 2]| sides.iter().all(|side| !at(side, x).is_negative());
        let crossing = |p: &Line, q: &Line| {
            let determinant = &p[0] * &q[1] - &p[1] * &q[0];
            let x = [&p[1] * &q[2] - &q[1] * &p[2], &q[0] * &p[2] - &p[0] * &q[2]];
            (!determinant.is_zero()).then(|| x.map(|x| x / &determinant))
        };
        (0..sides.len()).any(|p| (0..p).any(|q| crossing(&sides[p], &sides[q]).is_some_and(|x| inside(&x))))
    })
}

fn small(r: &mut SmallRng) -> Rational {
    exact(dyadic(r, 2))
}

fn random_box(r: &mut SmallRng, inputs: usize) -> Vec<(Rational, Rational)> {
    let interval = |r: &mut SmallRng| {
        let (a, b) = (small(r), small(r));
        if a <= b { (a, b) } else { (b, a) }
    };
    (0..inputs).map(|_| interval(r)).collect()
}

/// A constraint on some outputs and, now and then, an input.
fn random_constraint(r: &mut SmallRng, inputs: usize, outputs: usize, strict: bool) -> Constraint {
    let mut terms: Vec<(usize, Rational)> = Vec::new();
    for j in 0..outputs {
        let b = small(r);
        if r.random_bool(0.7) && !b.is_zero() {
            terms.push((j, b));
        }
    }
    let mut by_inputs = Vec::new();
    if r.random_bool(0.25) || terms.is_empty() {
        by_inputs.push((r.random_range(0..inputs), ratio(1, 2)));
    }
    Constraint { inputs: by_inputs, outputs: terms, constant: small(r) - ratio(1, 2), strict }
}

fn random_property(r: &mut SmallRng, inputs: usize, outputs: usize, cases: usize, most: usize) -> Property {
    let case = |r: &mut SmallRng| Case {
        domain: random_box(r, inputs),
        constraints: (0..r.random_range(1..=most)).map(|_| random_constraint(r, inputs, outputs, false)).collect(),
    };
    let cases = (0..cases).map(|_| case(r)).collect();
    Property::new(inputs, outputs, cases).unwrap()
}

#[test]
fn verdicts_agree_with_the_enumeration_of_activation_patterns() {
    let (mut held, mut violated, mut open) = (0, 0, 0);
    for seed in 0..240 {
        let mut r = random("patterns", seed);
        let widths: &[usize] = [&[2, 3, 2][..], &[2, 2, 2, 2], &[2, 4, 3], &[2, 2]][seed as usize % 4];
        let network = network(&mut r, widths, Activation::Relu, Output::None, 2);
        let outputs = network.logit_count();
        let count = [1, 1, 1, 3][r.random_range(0..4)];
        let property = random_property(&mut r, 2, outputs, count, 3);
        let truth = property.cases().iter().any(|case| satisfiable(&network, case));
        let found = ask(&network, &none(), &property, 3000);
        match found.answer {
            Answer::Robust => {
                assert!(!truth, "seed {seed}: holds, but a case is satisfiable");
                held += 1;
            }
            Answer::Violated => {
                assert!(truth, "seed {seed}: the oracle misses {:?}", found.counterexample);
                violated += 1;
            }
            _ => open += 1,
        }
    }
    // only a set without inner points may stay open
    assert!(held >= 80 && violated >= 80 && open <= 8, "{held} held, {violated} violated, {open} open");
}

/// Cases that differ in their boxes and constants alone are one problem; constants need not be doubles.
#[test]
fn cases_of_one_shape_are_answered_each_for_itself() {
    let (mut held, mut violated, mut open) = (0, 0, 0);
    for seed in 0..60 {
        let mut r = random("shapes", seed);
        let widths: &[usize] = [&[2, 3, 2][..], &[2, 2, 2, 2], &[2, 2]][seed as usize % 3];
        let network = network(&mut r, widths, Activation::Relu, Output::None, 2);
        let shape: Vec<Constraint> =
            (0..r.random_range(1..=2)).map(|_| random_constraint(&mut r, 2, 2, false)).collect();
        let constant = |r: &mut SmallRng| small(r) - ratio(2, 3);
        let case = |r: &mut SmallRng| Case {
            domain: random_box(r, 2),
            constraints: shape.iter().map(|c| Constraint { constant: constant(r), ..c.clone() }).collect(),
        };
        let cases: Vec<Case> = (0..5).map(|_| case(&mut r)).collect();
        let truth: Vec<bool> = cases.iter().map(|case| satisfiable(&network, case)).collect();
        let found = ask(&network, &none(), &Property::new(2, 2, cases).unwrap(), 3000);
        match (found.answer, found.counterexample) {
            (Answer::Robust, _) => {
                assert!(truth.iter().all(|satisfiable| !satisfiable), "seed {seed}: holds, but {truth:?}");
                held += 1;
            }
            (Answer::Violated, Some(counterexample)) => {
                assert!(truth[counterexample.case], "seed {seed}: the oracle misses case {}", counterexample.case);
                violated += 1;
            }
            _ => open += 1,
        }
    }
    assert!(held >= 10 && violated >= 10 && open <= 2, "{held} held, {violated} violated, {open} open");
}

#[test]
fn strict_constraints_are_decided_strictly() {
    let mut r = random("strict", 0);
    let mut open = 0;
    for seed in 0..40 {
        let mut r = random("strict", seed);
        let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::None, 2);
        let domain = random_box(&mut r, 2);
        // an input reaches the end of its interval, and never goes beyond
        let difference = |strict| Constraint {
            inputs: vec![(0, ratio(1, 1))],
            outputs: vec![],
            constant: -domain[0].1.clone(),
            strict,
        };
        let property = |strict| {
            Property::new(2, 2, vec![Case { domain: domain.clone(), constraints: vec![difference(strict)] }]).unwrap()
        };
        // a tie may stay open, but it is no counterexample
        assert_ne!(ask(&network, &none(), &property(true), 1000).answer, Answer::Violated, "seed {seed}");
        open += usize::from(ask(&network, &none(), &property(false), 1000).answer != Answer::Violated);
    }
    assert_eq!(open, 0);
    // with room to spare a strict constraint is as good as a weak one
    let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::None, 2);
    let case = Case {
        domain: vec![(ratio(-1, 1), ratio(1, 1)); 2],
        constraints: vec![Constraint {
            inputs: vec![(0, ratio(1, 1))],
            outputs: vec![],
            constant: ratio(0, 1),
            strict: true,
        }],
    };
    assert_eq!(ask(&network, &none(), &Property::new(2, 2, vec![case]).unwrap(), 1000).answer, Answer::Violated);
}

#[test]
fn boxes_alone_and_no_cases() {
    let mut r = random("trivial", 0);
    let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::None, 2);
    let third = ratio(1, 3);
    // a point that no decimal is: printed as a quotient
    let point = Case { domain: vec![(third.clone(), third.clone()), (ratio(0, 1), ratio(1, 1))], constraints: vec![] };
    let property = Property::new(2, 2, vec![point]).unwrap();
    let settings = Settings::default();
    let found = Verify { network: &network, perturbation: &none(), property: &property, settings }.ask(&mut ());
    assert_eq!(found.answer, Answer::Violated);
    let mut text = Vec::new();
    let report = quantproof::report::verify::Answer {
        network: &network,
        perturbation: &none(),
        property: &property,
        name: "p",
        found: &found,
    };
    report.results(&mut text).unwrap();
    assert!(String::from_utf8(text).unwrap().starts_with("sat\n((X_0 (/ 1 3))\n (X_1 0)\n (Y_0 "));
    let nothing = Property::new(2, 2, vec![]).unwrap();
    assert_eq!(ask(&network, &none(), &nothing, 10).answer, Answer::Robust);
}

/// Moves every parameter to an end of its interval or anywhere inside.
fn sample(r: &mut SmallRng, network: &Network, perturbation: &Perturbation, corners: bool) -> Network {
    network
        .with_parameters(|layer, p, value| {
            let (low, high) = perturbation.inner_bounds(network, layer, p);
            match r.random_range(0..if corners { 2 } else { 3 }) {
                0 => low,
                1 => high,
                _ => (value + (high - low) * r.random_range(-0.5..0.5)).clamp(low, high),
            }
        })
        .unwrap()
}

#[test]
fn perturbed_verdicts_agree_with_samples() {
    let (mut held, mut violated, mut only_perturbed) = (0, 0, 0);
    for seed in 0..90 {
        let mut r = random("perturbed", seed);
        let widths: &[usize] = [&[2, 3, 2][..], &[2, 3, 3, 3], &[1, 4, 2]][seed as usize % 3];
        let network = network(&mut r, widths, Activation::Relu, Output::None, 4);
        let (inputs, outputs) = (widths[0], network.logit_count());
        let property = random_property(&mut r, inputs, outputs, 1, 3);
        let epsilon = [ratio(1, 100), ratio(1, 10), ratio(1, 3)][r.random_range(0..3)].clone();
        let magnitude = if r.random_bool(0.5) { Magnitude::Absolute(epsilon) } else { Magnitude::Relative(epsilon) };
        let layers = if r.random_bool(0.3) { Layers::Only([1].into()) } else { Layers::All };
        let perturbation = Perturbation::new(magnitude, layers, Parameters::All).unwrap();
        let found = ask(&network, &perturbation, &property, 3000);
        match found.answer {
            Answer::Robust => held += 1,
            Answer::Violated => {
                violated += 1;
                only_perturbed += usize::from(ask(&network, &none(), &property, 3000).answer == Answer::Robust);
                continue;
            }
            _ => continue,
        }
        assert_ne!(ask(&network, &none(), &property, 3000).answer, Answer::Violated, "seed {seed}: without moving too");
        let case = &property.cases()[0];
        for k in 0..400 {
            let moved = sample(&mut r, &network, &perturbation, k % 2 == 0);
            let input: Vec<Rational> = case
                .domain
                .iter()
                .map(|(lower, upper)| lower + (upper - lower) * ratio(r.random_range(0..=4), 4))
                .collect();
            assert!(!satisfies(case, &input, &reference::logits(&moved, &input)), "seed {seed}: {input:?} {moved:?}");
        }
    }
    assert!(held >= 25 && violated >= 25 && only_perturbed >= 3, "{held} {violated} {only_perturbed}");
}

/// With one hidden layer and one input point a constraint is monotone in each parameter alone, so its greatest slack over
/// the box of parameters is at a vertex; the threshold is put just beside it.
#[test]
fn perturbed_verdicts_are_exact_beside_the_best_vertex() {
    for seed in 0..25 {
        let mut r = random("vertices", seed);
        let network = network(&mut r, &[1, 2, 2], Activation::Relu, Output::None, 3);
        let epsilon = ratio(1, 8);
        let perturbation = Perturbation::uniform(Magnitude::Absolute(epsilon)).unwrap();
        let x = small(&mut r);
        let mut constraint = random_constraint(&mut r, 1, 2, false);
        constraint.outputs = vec![(0, small(&mut r) + ratio(2, 1)), (1, small(&mut r) - ratio(2, 1))];
        let places: Vec<(usize, Parameter)> =
            (0..2).flat_map(|k| network.layers()[k].parameters().map(move |p| (k, p))).collect();
        assert_eq!(places.len(), 10);
        let best = (0u32..1 << places.len())
            .map(|vertex| {
                let moved = network.with_parameters(|k, p, _| {
                    let place = places.iter().position(|&place| place == (k, p)).unwrap();
                    let (low, high) = perturbation.inner_bounds(&network, k, p);
                    if vertex >> place & 1 == 1 { high } else { low }
                });
                let input = [x.clone()];
                slack(&constraint, &input, &reference::logits(&moved.unwrap(), &input))
            })
            .max()
            .unwrap();
        let beside = |shift: Rational| {
            let mut c = constraint.clone();
            c.constant = &c.constant - &best + shift;
            let case = Case { domain: vec![(x.clone(), x.clone())], constraints: vec![c] };
            ask(&network, &perturbation, &Property::new(1, 2, vec![case]).unwrap(), 3000).answer
        };
        assert_eq!(beside(ratio(-1, 1_000_000_000)), Answer::Robust, "seed {seed}");
        assert_eq!(beside(ratio(1, 1_000_000_000)), Answer::Violated, "seed {seed}");
    }
}

/// Outputs that several constraints share move with one noise: what the constraints ask of it together must be possible.
#[test]
fn shared_outputs_move_once() {
    // y_0 = x + 0.5·θ-noise only by its bias: y_0 ≥ 1.4 and y_0 ≤ 0.6 are possible each, not together
    let layer = Layer::new(1, vec![1.0], vec![0.0], Activation::Linear).unwrap();
    let input = quantproof::network::Input::new(
        vec!["x".into()],
        vec![quantproof::network::Domain::new(ratio(0, 1), ratio(1, 1)).unwrap()],
    );
    let network =
        Network::new("one".into(), input.unwrap(), vec![layer], Output::None, vec!["y".into()], None).unwrap();
    let perturbation = Perturbation::new(Magnitude::Absolute(ratio(1, 2)), Layers::All, Parameters::Biases).unwrap();
    let at_least = |level: Rational| Constraint {
        inputs: vec![],
        outputs: vec![(0, ratio(1, 1))],
        constant: -level,
        strict: false,
    };
    let at_most = |level: Rational| Constraint {
        inputs: vec![],
        outputs: vec![(0, ratio(-1, 1))],
        constant: level,
        strict: false,
    };
    let answer = |constraints: Vec<Constraint>| {
        let case = Case { domain: vec![(ratio(1, 1), ratio(1, 1))], constraints };
        ask(&network, &perturbation, &Property::new(1, 1, vec![case]).unwrap(), 3000).answer
    };
    assert_eq!(answer(vec![at_least(ratio(14, 10))]), Answer::Violated);
    assert_eq!(answer(vec![at_most(ratio(6, 10))]), Answer::Violated);
    assert_eq!(answer(vec![at_least(ratio(14, 10)), at_most(ratio(6, 10))]), Answer::Robust);
    assert_eq!(answer(vec![at_least(ratio(9, 10)), at_most(ratio(11, 10))]), Answer::Violated);
}

#[test]
fn smooth_layers_and_layers_that_end_in_an_activation() {
    let (mut held, mut violated) = (0, 0);
    for seed in 0..40 {
        let mut r = random("smooth", seed);
        let hidden = [Activation::Tanh, Activation::Sigmoid, Activation::Relu][seed as usize % 3];
        let mut network = network(&mut r, &[2, 3, 2], hidden, Output::None, 2);
        if seed % 2 == 0 {
            // the last layer is no linear one
            let mut layers = network.layers().to_vec();
            let last = layers.pop().unwrap();
            let activation = if hidden == Activation::Relu { Activation::Relu } else { Activation::Sigmoid };
            layers.push(Layer::new(3, last.weights().to_vec(), last.biases().to_vec(), activation).unwrap());
            network = Network::new(
                "ends".into(),
                network.input().clone(),
                layers,
                Output::None,
                network.classes().to_vec(),
                None,
            )
            .unwrap();
        }
        let property = random_property(&mut r, 2, 2, 1, 2);
        let perturbation = Perturbation::uniform(Magnitude::Absolute(ratio(seed as i64 % 4, 50))).unwrap();
        let settings = Settings { budget: Budget::unlimited().with_boxes(3000), ..Settings::default() };
        let found =
            Verify { network: &network, perturbation: &perturbation, property: &property, settings }.ask(&mut ());
        let case = &property.cases()[0];
        match found.answer {
            Answer::Robust => {
                held += 1;
                for k in 0..300 {
                    let moved = sample(&mut r, &network, &perturbation, k % 2 == 0);
                    let input: Vec<Rational> = case
                        .domain
                        .iter()
                        .map(|(lower, upper)| lower + (upper - lower) * ratio(r.random_range(0..=4), 4))
                        .collect();
                    let outputs = moved.evaluate_exactly(&input).unwrap().logits;
                    assert!(!case.holds(&input, &outputs), "seed {seed}: {input:?}");
                }
            }
            Answer::Violated => {
                violated += 1;
                let found = found.counterexample.unwrap();
                let outputs = found.network.evaluate_exactly(&found.input).unwrap().logits;
                assert!(case.holds(&found.input, &outputs), "seed {seed}");
            }
            _ => {}
        }
    }
    assert!(held >= 10 && violated >= 10, "{held} {violated}");
}

#[test]
fn threads_change_nothing() {
    let mut r = random("threads", 1);
    let network = network(&mut r, &[2, 8, 8, 3], Activation::Relu, Output::None, 6);
    for seed in 0..6 {
        let property = random_property(&mut random("threads property", seed), 2, 3, 4, 3);
        let perturbation = Perturbation::uniform(Magnitude::Absolute(ratio(1, 50))).unwrap();
        let answers = [1, 2, 3].map(|jobs| {
            let budget = Budget::unlimited().with_boxes(2000);
            let settings = Settings { jobs, budget, ..Settings::default() };
            let found =
                Verify { network: &network, perturbation: &perturbation, property: &property, settings }.ask(&mut ());
            (found.answer, found.statistics.boxes, found.counterexample.map(|c| (c.input, c.network)))
        });
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    }
}

#[test]
fn properties_of_other_shapes_are_refused() {
    let mut r = random("shapes", 0);
    let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::None, 2);
    let shape = |inputs, outputs| Property::new(inputs, outputs, vec![]).unwrap().check(&network);
    assert!(shape(2, 2).is_ok());
    let message = |inputs, outputs| shape(inputs, outputs).unwrap_err().to_string();
    assert_eq!(message(3, 2), "3 inputs declared, expected X_0 to X_1 (the network random has 2 inputs)");
    assert_eq!(message(2, 1), "1 output declared, expected Y_0 to Y_1 (the network random has 2 outputs)");
    let case = |domain, j| Case {
        domain,
        constraints: vec![Constraint {
            inputs: vec![],
            outputs: vec![(j, ratio(1, 1))],
            constant: ratio(0, 1),
            strict: false,
        }],
    };
    let unit = (ratio(0, 1), ratio(1, 1));
    let message = |case| Property::new(1, 1, vec![case]).unwrap_err().to_string();
    assert_eq!(message(case(vec![unit.clone()], 1)), "case 1: Y_1, expected one of 1 outputs");
    assert_eq!(message(case(vec![], 0)), "case 1: 0 intervals, expected 1 (the inputs)");
    assert_eq!(message(case(vec![(unit.1, unit.0)], 0)), "case 1: X_0: the lower end 1 is above the upper end 0");
}

/// Problems of the VNN competition, beside a developer's checkout.
// a test that is skipped has to say so
#[allow(clippy::print_stderr)]
fn competition() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    // a worktree lies elsewhere
    let elsewhere = std::env::var_os("QUANTPROOF_CASES").map(PathBuf::from);
    let found = [Some(folder), elsewhere].into_iter().flatten().find(|folder| folder.join("rl/expected.csv").exists());
    if found.is_none() {
        eprintln!("skipped: no rl/expected.csv in ../shared/cases or $QUANTPROOF_CASES");
    }
    found
}

#[test]
fn problems_of_the_competition() {
    let Some(cases) = competition() else { return };
    let (mut decided, mut total) = (0, 0);
    // every one of some, and some of the larger networks'
    for (set, step) in [("rl", 6), ("acasxu", 19)] {
        let folder = cases.join(set);
        let table = std::fs::read_to_string(folder.join("expected.csv")).unwrap();
        for line in table.lines().skip(1).step_by(step) {
            let [network, property, expected] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let network = Network::load(folder.join("onnx").join(network)).unwrap();
            let property = Property::load(folder.join(property)).unwrap();
            let budget = Budget::unlimited().with_time(Duration::from_secs(2));
            let settings = Settings { budget, ..Settings::default() };
            property.check(&network).unwrap();
            let found = Verify { network: &network, perturbation: &none(), property: &property, settings }.ask(&mut ());
            total += 1;
            match found.answer {
                Answer::Robust => assert_eq!(expected, "unsat", "{line}"),
                Answer::Violated => {
                    assert_eq!(expected, "sat", "{line}");
                    check(&network, &none(), &property, &found.counterexample.unwrap());
                }
                _ => continue,
            }
            decided += 1;
        }
    }
    assert!(decided * 10 >= total * 7, "only {decided} of {total} decided");
}
