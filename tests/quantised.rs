//! Quantised networks: every rounding that is drawn at random stays inside the proved bounds, witnesses lie on the grid,
//! and the fewest bits and the sensitivities are those of a brute-force search.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{network, random, ratio};
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::activations::{Activations, Formats};
use quantproof::perturbation::format::grid::Grid;
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Part, Perturbation};
use quantproof::robustness::bits::{cost, fewest, mixed};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::sensitivity::{Effort, Grain, sensitivity};
use quantproof::robustness::{Answer, ClassChoice, Finding, Settings};
use rand::{Rng, rngs::SmallRng};
use std::sync::Arc;

fn quantised(network: &Network, scheme: &str, rounding: Rounding) -> Perturbation {
    let scheme = Scheme::parse(scheme, rounding).unwrap();
    let quantised = Quantised::new(scheme, network, &[]).unwrap();
    Perturbation::new(Magnitude::Quantised(Arc::new(quantised)), Layers::All, Parameters::All).unwrap()
}

fn domain(network: &Network) -> Vec<(Rational, Rational)> {
    vec![(ratio(-1, 1), ratio(1, 1)); network.input().count()]
}

fn ask(network: &Network, perturbation: &Perturbation, threshold: Option<&Rational>) -> Finding {
    let domain = domain(network);
    let mut settings = Settings { delta: 0.01, ..Settings::default() };
    settings.budget = Budget::unlimited().with_boxes(2000);
    let global = Global { network, perturbation, domain: &domain, settings };
    global.deviation(ClassChoice::Worst, threshold, &mut ())
}

/// One network that the quantiser can make: every parameter at one of the ends of its range.
fn drawn(r: &mut SmallRng, network: &Network, perturbation: &Perturbation) -> Network {
    let draw = |layer, place, _| {
        let (down, up) = perturbation.inner_bounds(network, layer, place);
        if r.random() { down } else { up }
    };
    network.with_parameters(draw).unwrap()
}

/// How far the confidences of two networks differ at an input, in doubles.
fn deviation(a: &Network, b: &Network, input: &[f64]) -> f64 {
    let confidences = |network: &Network| {
        let logits = network.evaluate(input).unwrap().logits;
        match network.output() {
            Output::Sigmoid => vec![1.0 / (1.0 + (-logits[0]).exp())],
            Output::Softmax => {
                let powers: Vec<f64> = logits.iter().map(|y| y.exp()).collect();
                powers.iter().map(|p| p / powers.iter().sum::<f64>()).collect()
            }
            Output::None => logits,
        }
    };
    confidences(a).iter().zip(confidences(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

fn assert_on_grid(network: &Network, perturbation: &Perturbation, witness: &Network) {
    for (layer, (trained, moved)) in network.layers().iter().zip(witness.layers()).enumerate() {
        for place in trained.parameters() {
            let (down, up) = perturbation.inner_bounds(network, layer, place);
            let value = moved.parameter(place);
            assert!(value == down || value == up, "layer {layer} {place:?}: {value} is neither {down} nor {up}");
        }
    }
}

#[test]
fn no_rounding_leaves_the_bounds_and_witnesses_lie_on_the_grid() {
    let mut r = random("no_rounding", 1);
    let schemes = [
        "int4:bias-same",
        "int5:per-channel:asymmetric",
        "fixed:6",
        "float8:e4m3",
        "bfloat16",
        "layer1=int3",
        "uniform:5%",
    ];
    for trial in 0..28 {
        let activation = if trial % 3 == 0 { Activation::Tanh } else { Activation::Relu };
        let output = if trial % 2 == 0 { Output::Softmax } else { Output::Sigmoid };
        let outputs = if output == Output::Softmax { 2 } else { 1 };
        let network = network(&mut r, &[2, 4, 3, outputs], activation, output, 20);
        let scheme = schemes[trial % schemes.len()];
        for rounding in [Rounding::Any, Rounding::Nearest, Rounding::HalfStep, Rounding::Truncate] {
            if scheme.starts_with("uniform") && matches!(rounding, Rounding::Nearest | Rounding::Truncate) {
                continue;
            }
            let perturbation = quantised(&network, scheme, rounding);
            let finding = ask(&network, &perturbation, None);
            let what = format!("trial {trial}: {scheme} {}", rounding.name());
            assert!(finding.lower <= finding.upper && finding.upper <= 1.0, "{what}");
            let mut seen = 0.0_f64;
            for _ in 0..400 {
                let other = drawn(&mut r, &network, &perturbation);
                let input = [r.random_range(-1.0..=1.0), r.random_range(-1.0..=1.0)];
                seen = seen.max(deviation(&network, &other, &input));
            }
            assert!(seen <= finding.upper + 1e-9, "{what}: a rounding deviates by {seen}, at most {}", finding.upper);
            if let Some(witness) = finding.witness.filter(|_| scheme != "uniform:5%" && rounding != Rounding::HalfStep)
            {
                assert_on_grid(&network, &perturbation, &witness.network);
                let input: Vec<f64> = witness.input.iter().map(deltasat::exact::rational::nearest_f64).collect();
                let again = deviation(&network, &witness.network, &input);
                assert!((again - finding.lower).abs() < 1e-6, "{what}: {again} against {}", finding.lower);
            }
            if rounding == Rounding::Nearest {
                // a single network: the search closes the gap, and the samples come near it
                assert!(finding.upper - finding.lower <= 0.01, "{what}: [{}, {}]", finding.lower, finding.upper);
            }
        }
    }
}

#[test]
fn at_an_input_the_bounds_hold_every_rounding_and_are_attained() {
    let mut r = random("at_an_input", 2);
    for trial in 0..40 {
        let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 20);
        let perturbation = quantised(&network, ["int3", "fixed:5", "float8:e5m2"][trial % 3], Rounding::Any);
        let local = Local::new(&network, &perturbation, Settings::default());
        let input = [ratio(r.random_range(-9..9), 7), ratio(r.random_range(-9..9), 5)];
        let finding = local.deviation(&input, ClassChoice::Assigned, None, &mut Scratch::default(), &mut ());
        let point: Vec<f64> = input.iter().map(deltasat::exact::rational::nearest_f64).collect();
        // one hidden layer: the bound is exact, and its vertex lies on the grid
        assert!(finding.upper - finding.lower < 1e-9, "trial {trial}: [{}, {}]", finding.lower, finding.upper);
        assert_on_grid(&network, &perturbation, &finding.witness.as_ref().unwrap().network);
        for _ in 0..300 {
            let seen = deviation(&network, &drawn(&mut r, &network, &perturbation), &point);
            assert!(seen <= finding.upper + 1e-9, "trial {trial}: {seen} above {}", finding.upper);
        }
    }
}

/// The logits of a network whose activations are rounded, in doubles.
fn rounded_logits(network: &Network, activations: &Activations, input: &[f64]) -> Vec<f64> {
    let mut h = input.to_vec();
    for (tensor, layer) in network.layers().iter().enumerate() {
        let grid = Grid::Affine(activations.grids()[tensor].unwrap());
        let stored: Vec<f64> = h.iter().map(|&x| grid.nearest(x)).collect();
        h = (layer.rows().zip(layer.biases()))
            .map(|(row, b)| layer.activation().evaluate(b + row.iter().zip(&stored).map(|(w, x)| w * x).sum::<f64>()))
            .collect();
    }
    h
}

#[test]
fn rounded_activations_stay_in_the_bounds() {
    let mut r = random("activations", 6);
    let (mut attained, mut proved) = (0, 0);
    for trial in 0..36 {
        let activation = [Activation::Relu, Activation::Tanh, Activation::Linear][trial % 3];
        let network = network(&mut r, &[2, 4, 3, 2], activation, Output::Softmax, 20);
        let format = Formats::parse(["int6:asymmetric", "fixed:2.3", "int5", "fixed:6"][trial % 4]).unwrap();
        // calibrated on few points, so that other inputs are clipped
        let points: Vec<[f64; 2]> = (0..3).map(|_| [r.random_range(-0.8..0.8), r.random_range(-0.8..0.8)]).collect();
        let ranges = network.activation_ranges(points.iter().map(|point| &point[..])).unwrap();
        let activations = Arc::new(Activations::new(format.clone(), &ranges).unwrap());
        let scheme = Scheme::parse("int8", Rounding::Any).unwrap();
        let parameters = Quantised::new(scheme, &network, &activations.scales()).unwrap();
        let perturbation =
            Perturbation::new(Magnitude::Quantised(Arc::new(parameters)), Layers::All, Parameters::All).unwrap();
        let perturbation = perturbation.with_activations(Arc::clone(&activations));
        let finding = ask(&network, &perturbation, None);
        let what = format!("trial {trial}: {activation:?} {format}");
        let softmax = |logits: &[f64]| 1.0 / (1.0 + (logits[0] - logits[1]).exp());
        let mut seen = 0.0_f64;
        for _ in 0..600 {
            let other = drawn(&mut r, &network, &perturbation);
            let input = [r.random_range(-1.0..=1.0), r.random_range(-1.0..=1.0)];
            let moved = rounded_logits(&other, &activations, &input);
            seen = seen.max((softmax(&moved) - softmax(&network.logits(&input).unwrap())).abs());
        }
        assert!(seen <= finding.upper + 1e-9, "{what}: deviates by {seen}, at most {}", finding.upper);
        let witness = finding.witness.expect("something moves");
        let input: Vec<f64> = witness.input.iter().map(deltasat::exact::rational::nearest_f64).collect();
        let again = (softmax(&rounded_logits(&witness.network, &activations, &input))
            - softmax(&network.logits(&input).unwrap()))
        .abs();
        assert!((again - finding.lower).abs() < 1e-6, "{what}: the witness attains {again}, not {}", finding.lower);
        attained += usize::from(finding.lower >= 0.3 * finding.upper);
        // at an input: what is proved never to flip does not
        let local = Local::new(&network, &perturbation, Settings::default());
        for _ in 0..20 {
            let input = [ratio(r.random_range(-9..=9), 9), ratio(r.random_range(-9..=9), 9)];
            let finding = local.class_change(&input, &mut Scratch::default(), &mut ());
            let point: Vec<f64> = input.iter().map(deltasat::exact::rational::nearest_f64).collect();
            let class = usize::from(softmax(&network.logits(&point).unwrap()) > 0.5);
            proved += usize::from(finding.answer == Answer::Robust);
            for _ in 0..20 {
                let moved = rounded_logits(&drawn(&mut r, &network, &perturbation), &activations, &point);
                let now = usize::from(softmax(&moved) > 0.5);
                assert!(finding.answer != Answer::Robust || now == class, "{what}: {point:?} flips");
            }
        }
    }
    assert!(attained >= 12, "the bounds are near what witnesses attain in {attained} of 36");
    assert!(proved >= 100, "{proved} of 720 inputs are proved safe");
}

/// A single network with rounded activations: what is proved is attained.
#[test]
fn rounded_activations_of_a_rounded_network_close_the_gap() {
    let mut r = random("closing", 7);
    let mut closed = 0;
    for trial in 0..16 {
        let network = network(&mut r, &[2, 4, 3, 2], Activation::Relu, Output::Softmax, 20);
        let format = Formats::parse(["int4:asymmetric", "fixed:2.3", "int5", "fixed:1.4"][trial % 4]).unwrap();
        let points = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
        let ranges = network.activation_ranges(points.iter().map(|point| &point[..])).unwrap();
        let activations = Arc::new(Activations::new(format.clone(), &ranges).unwrap());
        let perturbation = quantised(&network, "int8", Rounding::Nearest).with_activations(Arc::clone(&activations));
        let finding = ask(&network, &perturbation, None);
        let other = drawn(&mut r, &network, &perturbation);
        let softmax = |logits: &[f64]| 1.0 / (1.0 + (logits[0] - logits[1]).exp());
        for _ in 0..2000 {
            let input = [r.random_range(-1.0..=1.0), r.random_range(-1.0..=1.0)];
            let moved = softmax(&rounded_logits(&other, &activations, &input));
            let seen = (moved - softmax(&network.logits(&input).unwrap())).abs();
            assert!(
                seen <= finding.upper + 1e-9,
                "trial {trial}: {format}: deviates by {seen}, at most {}",
                finding.upper
            );
        }
        closed += usize::from(finding.upper - finding.lower <= 0.01);
    }
    assert!(closed >= 12, "{closed} of 16 close");
}

#[test]
fn the_fewest_bits_are_those_of_asking_about_every_width() {
    let mut r = random("fewest", 3);
    for _ in 0..6 {
        let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 20);
        let threshold = ratio(1, 10);
        let ask =
            |bits: u32| ask(&network, &quantised(&network, &format!("int{bits}"), Rounding::Any), Some(&threshold));
        let found = fewest(2..=14, false, ask, || None);
        let answers: Vec<(u32, Answer)> = (2..=14).rev().map(|bits| (bits, ask(bits).answer)).collect();
        let expected = answers.iter().take_while(|(_, answer)| *answer == Answer::Robust).last();
        assert_eq!(found.fewest, expected.map(|(bits, _)| *bits), "{answers:?}");
        let below = found.first_unsafe().expect("two bits are not enough");
        assert_eq!(below.bits + 1, found.fewest.unwrap());
        let witness = below.finding.witness.as_ref().expect("one bit fewer is refuted");
        assert!(witness.deviation() > 0.1);
        let perturbation = quantised(&network, &format!("int{}", below.bits), Rounding::Any);
        assert_on_grid(&network, &perturbation, &witness.network);
        // with the whole curve the answer is the same
        assert_eq!(fewest(2..=14, true, ask, || None).fewest, found.fewest);
    }
}

#[test]
fn the_cheapest_widths_are_those_of_trying_all() {
    let mut r = random("cheapest", 4);
    for _ in 0..4 {
        let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 20);
        let threshold = ratio(1, 4);
        let words = [6, 6];
        let ask = |bits: &[Option<u32>]| {
            let scheme = format!("layer0=int{},layer1=int{}", bits[0].unwrap(), bits[1].unwrap());
            ask(&network, &quantised(&network, &scheme, Rounding::Any), Some(&threshold))
        };
        let uniform = fewest(3..=12, false, |bits| ask(&[Some(bits), Some(bits)]), || None).fewest.unwrap();
        let found = mixed(&words, 3..=12, uniform, ask, || None);
        let mut cheapest = u64::MAX;
        for first in 3..=12 {
            for second in 3..=12 {
                let bits = [Some(first), Some(second)];
                if ask(&bits).answer == Answer::Robust {
                    cheapest = cheapest.min(cost(&words, &bits));
                }
            }
        }
        assert_eq!((found.cost, found.least, found.open), (cheapest, true, 0));
        assert_eq!(ask(&found.bits).answer, Answer::Robust);
    }
}

#[test]
fn sensitivities_are_the_deviations_of_the_parts_alone() {
    let mut r = random("sensitivity", 5);
    let network = network(&mut r, &[2, 3, 2], Activation::Relu, Output::Softmax, 20);
    let perturbation = quantised(&network, "int4:bias-same", Rounding::Any);
    let limited = Settings { budget: Budget::unlimited().with_boxes(1), ..Settings::default() };
    let domain = self::domain(&network);
    let question = |perturbation: &Perturbation, effort| {
        if effort == Effort::Search {
            return ask(&network, perturbation, None);
        }
        Global { network: &network, perturbation, domain: &domain, settings: limited.clone() }.deviation(
            ClassChoice::Worst,
            None,
            &mut (),
        )
    };
    for (grain, parts) in [(Grain::Layer, 2), (Grain::Neuron, 5), (Grain::Parameter, 17)] {
        let all = sensitivity(&network, &perturbation, grain, 100, question, || None, |_, _| {});
        assert_eq!((all.parts, all.shares.len(), all.rest), (parts, parts, 0.0));
        for share in &all.shares {
            let alone = ask(&network, &perturbation.only(share.part), None);
            assert_eq!((share.alone.lower, share.alone.upper), (alone.lower, alone.upper), "{:?}", share.part);
            // what moves alone is a network of the whole perturbation
            assert!(share.alone.lower <= all.whole.upper);
            if let Some(without) = &share.without {
                assert!(without.lower <= all.whole.upper);
                let rest = ask(&network, &perturbation.without(share.part), None);
                assert_eq!((without.lower, without.upper), (rest.lower, rest.upper));
            }
        }
        // the first ones are found without searching all the others
        let top = sensitivity(&network, &perturbation, grain, 2, question, || None, |_, _| {});
        let names = |found: &quantproof::robustness::sensitivity::Sensitivity| -> Vec<Part> {
            found.shares.iter().take(2).map(|share| share.part).collect()
        };
        assert_eq!(names(&top), names(&all));
        assert!(all.shares.iter().skip(2).all(|share| share.alone.lower <= top.rest));
    }
}
