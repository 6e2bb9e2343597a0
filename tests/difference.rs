//! The difference of two networks against closed forms, against the exact extremes of piecewise linear functions, and
//! against dense sampling.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Ball, Rational, rational};
use deltasat::search::StopReason;
use networks::{dyadic, exact, network, random, ratio, reference};
use num_traits::{Signed, Zero};
use quantproof::network::{Activation, Domain, Input, Layer, Network, Output, Parameter};
use quantproof::robustness::difference::{Difference, Extent, Logits, Supremum, Witness, check};
use quantproof::robustness::{Answer, ClassChoice, Settings};
use rand::Rng;
use rand::rngs::SmallRng;

type Box = Vec<(Rational, Rational)>;

fn domain(network: &Network) -> Box {
    network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect()
}

fn settings(delta: f64, boxes: u64) -> Settings {
    let mut settings = Settings { delta, ..Settings::default() };
    settings.budget = Budget::unlimited().with_boxes(boxes);
    settings
}

/// `[−below, above]` with outer and inner ends, both of which must be attained as the exact reference says.
fn range(a: &Network, b: &Network, extent: &Extent, over: &Box) -> [[f64; 2]; 2] {
    for (side, sign) in [(&extent.above, 1), (&extent.below, -1)] {
        let Some(witness) = &side.witness else { continue };
        assert!(witness.input.iter().zip(over).all(|(x, (lower, upper))| lower <= x && x <= upper));
        if is_piecewise(a) && is_piecewise(b) {
            let logit = |network: &Network| reference::logits(network, &witness.input)[extent.output].clone();
            let attained = (logit(b) - logit(a)) * ratio(sign, 1);
            assert!(exact(side.lower) <= attained && attained <= exact(side.upper));
        }
    }
    [[-extent.below.upper, -extent.below.lower], [extent.above.lower, extent.above.upper]]
}

fn is_piecewise(network: &Network) -> bool {
    network.layers().iter().all(|layer| matches!(layer.activation(), Activation::Relu | Activation::Linear))
}

fn closes(side: &Supremum, delta: f64) {
    assert!(side.lower <= side.upper && side.upper - side.lower <= delta, "[{}, {}]", side.lower, side.upper);
}

/// The same network with every parameter moved by at most `by`, some not at all.
fn moved(r: &mut SmallRng, network: &Network, by: f64) -> Network {
    network.with_parameters(|_, _, v| if r.random_bool(0.2) { v } else { v + r.random_range(-by..=by) }).unwrap()
}

#[test]
fn a_network_does_not_differ_from_itself() {
    for (seed, &(_, activation)) in Activation::NAMES.iter().enumerate() {
        for (output, logits) in [(Output::Softmax, 3), (Output::Softmax, 2), (Output::Sigmoid, 1), (Output::None, 2)] {
            let mut r = random("itself", seed as u64);
            let net = network(&mut r, &[2, 4, 3, logits], activation, output, 20);
            let over = domain(&net);
            let difference = Difference::new(&net, &net, &over, settings(1e-9, 100));
            let found = difference.logits(&(0..logits).collect::<Vec<_>>(), None, &mut ());
            assert_eq!(found.stop, StopReason::Complete);
            for extent in &found.extents {
                assert_eq!(range(&net, &net, extent, &over), [[0.0; 2]; 2], "{activation:?} {output:?}");
            }
            for choice in [ClassChoice::Worst, ClassChoice::Assigned, ClassChoice::Index(0)] {
                let found = difference.confidences(choice, None, &mut ());
                assert_eq!((found.supremum.lower, found.supremum.upper), (0.0, 0.0), "{activation:?} {output:?}");
                let found = difference.confidences(choice, Some(&Rational::zero()), &mut ());
                assert_eq!(found.answer, Answer::Robust);
            }
            assert_eq!(difference.class_change(&Rational::zero(), &mut ()).answer, Answer::Robust);
        }
    }
}

/// `f_B − f_A` of two linear networks that differ in one weight is that change times what the weight is multiplied with.
#[test]
fn one_weight_of_a_linear_network_has_a_closed_form() {
    for seed in 0..20 {
        let mut r = random("closed form", seed);
        let a = network(&mut r, &[3, 2, 1], Activation::Linear, Output::None, 8);
        let (row, col) = (r.random_range(0..2), r.random_range(0..3));
        let by = dyadic(&mut r, 8);
        let b = a
            .with_parameters(
                |layer, place, v| {
                    if layer == 0 && place == (Parameter::Weight { row, col }) { v + by } else { v }
                },
            )
            .unwrap();
        let over = domain(&a);
        let found = Difference::new(&a, &b, &over, settings(1e-9, 1000)).logits(&[0], None, &mut ());
        let [least, greatest] = range(&a, &b, &found.extents[0], &over);
        // the inputs range over [−1, 1]
        let most = (by * a.layers()[1].row(0)[row]).abs();
        for (bound, expected) in [(least, -most), (greatest, most)] {
            assert!(bound[0] <= expected && expected <= bound[1] && bound[1] - bound[0] <= 1e-9, "seed {seed}");
        }
    }
}

/// The lines `p·x + q = 0` at which a network of two inputs and one hidden ReLU layer has its kinks.
fn kinks(network: &Network) -> Vec<[Rational; 3]> {
    let layer = &network.layers()[0];
    let line = |i: usize| [exact(layer.row(i)[0]), exact(layer.row(i)[1]), exact(layer.biases()[i])];
    (0..layer.outputs()).map(line).collect()
}

/// The exact extremes of `logit_B − logit_A` over a box of two inputs: the difference is linear between the kinks, so
/// that they lie where two of the kinks and edges meet.
fn extremes(a: &Network, b: &Network, over: &Box, output: usize) -> [Rational; 2] {
    let mut lines = [kinks(a), kinks(b)].concat();
    for (axis, (lower, upper)) in over.iter().enumerate() {
        for end in [lower, upper] {
            let mut line = [Rational::zero(), Rational::zero(), -end.clone()];
            line[axis] = ratio(1, 1);
            lines.push(line);
        }
    }
    let mut values = Vec::new();
    for (i, [p, q, c]) in lines.iter().enumerate() {
        for [s, t, d] in &lines[..i] {
            let determinant = p * t - q * s;
            if determinant.is_zero() {
                continue;
            }
            let x = vec![(q * d - c * t) / &determinant, (c * s - p * d) / &determinant];
            if x.iter().zip(over).all(|(x, (lower, upper))| lower <= x && x <= upper) {
                let logit = |network: &Network| reference::logits(network, &x)[output].clone();
                values.push(logit(b) - logit(a));
            }
        }
    }
    [values.iter().min().unwrap().clone(), values.iter().max().unwrap().clone()]
}

/// Bounds enclose both extremes, closely.
fn enclose(a: &Network, b: &Network, over: &Box, delta: f64, what: &str) {
    let outputs: Vec<usize> = (0..a.logit_count()).collect();
    let found = Difference::new(a, b, over, settings(delta, 100_000)).logits(&outputs, None, &mut ());
    assert_eq!(found.stop, StopReason::Complete, "{what}");
    for extent in &found.extents {
        let bounds = range(a, b, extent, over);
        for (bound, extreme) in bounds.iter().zip(extremes(a, b, over, extent.output)) {
            let described = format!("{what}: {bound:?} and {}", rational::nearest_f64(&extreme));
            assert!(exact(bound[0]) <= extreme && extreme <= exact(bound[1]), "{described}");
            assert!(bound[1] - bound[0] <= delta, "{described}");
        }
    }
}

fn shipped(name: &str) -> Network {
    Network::load(format!("{}/models/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The worked example of QEBVerif (Zhang et al. 2023) with its weights rounded to quarters and nothing else. Where
/// `x2 ≥ x1` the difference is `−0.12 x1`, where `x2 ≤ 0.875 x1` it is `−0.0475 x1 − 0.0025 x2`, and between the two
/// `0.4425 x1 − 0.5625 x2`; with the decimals for their doubles the extremes move by some 1e-17.
#[test]
fn worked_example_of_qebverif() {
    let (a, b) = (shipped("qebverif/float"), shipped("qebverif/rounded"));
    let over = domain(&a);
    enclose(&a, &b, &over, 1e-6, "QEBVerif");
    let [least, greatest] = extremes(&a, &b, &over, 0);
    assert!((least - rational::parse("-0.072").unwrap()).abs() < exact(1e-15));
    assert!((greatest - rational::parse("-0.0195").unwrap()).abs() < exact(1e-15));
}

#[test]
fn random_networks_with_one_hidden_layer_have_exact_extremes() {
    for seed in 0..40 {
        let mut r = random("arrangement", seed);
        let (outputs, width) = (r.random_range(1..=2), r.random_range(2..=6));
        let a = network(&mut r, &[2, width, outputs], Activation::Relu, Output::None, 10);
        let b = if r.random_bool(0.5) {
            moved(&mut r, &a, 0.05)
        } else {
            let width = r.random_range(2..=6);
            network(&mut r, &[2, width, outputs], Activation::Relu, Output::None, 10)
        };
        let over = vec![(ratio(-1, 3), ratio(2, 3)), (ratio(-1, 1), ratio(1, 7))];
        enclose(&a, &b, &over, 1e-4, &format!("seed {seed}"));
    }
}

/// A pair to compare: `B` is `A` moved a little, or has other numbers, other widths, other depths, other activations.
fn pair(r: &mut SmallRng) -> (Network, Network, String) {
    let activation = |r: &mut SmallRng| Activation::NAMES[r.random_range(0..Activation::NAMES.len())].1;
    let (output, logits) =
        [(Output::Softmax, 2), (Output::Softmax, 3), (Output::Sigmoid, 1), (Output::None, 2)][r.random_range(0..4)];
    let inputs = r.random_range(1..=2);
    let widths = |r: &mut SmallRng| {
        let hidden: Vec<usize> = (0..r.random_range(0..=2)).map(|_| r.random_range(2..=4)).collect();
        [vec![inputs], hidden, vec![logits]].concat()
    };
    let (of_a, by) = (widths(r), activation(r));
    let a = network(r, &of_a, by, output, 30);
    let (of_b, other) = (widths(r), activation(r));
    let (b, kind) = match r.random_range(0..4) {
        0 => (moved(r, &a, 0.01), "moved"),
        1 => (network(r, &of_a, by, output, 30), "other numbers"),
        2 => (network(r, &of_b, by, output, 30), "another shape"),
        _ => (network(r, &of_b, other, output, 30), "another shape and activation"),
    };
    let what = format!("{of_a:?} {by:?} {output:?}, {kind} ({of_b:?} {other:?})");
    (a, b, what)
}

/// Points on a grid over the box, ends included.
fn grid(over: &Box, steps: i64) -> Vec<Vec<Rational>> {
    over.iter().fold(vec![Vec::new()], |points, (lower, upper)| {
        let at = |k: i64| lower + (upper - lower) * ratio(k, steps);
        let extended = |point: &Vec<Rational>| -> Vec<Vec<Rational>> {
            (0..=steps).map(|k| [&point[..], &[at(k)]].concat()).collect()
        };
        points.iter().flat_map(extended).collect()
    })
}

/// Both networks at the points of a grid, in doubles with an error far below the slack that the tests leave.
struct Sampled {
    a: quantproof::network::Evaluation,
    b: quantproof::network::Evaluation,
}

fn sample(a: &Network, b: &Network, over: &Box) -> Vec<Sampled> {
    let evaluate = |point: &Vec<Rational>| {
        let point: Vec<f64> = point.iter().map(rational::nearest_f64).collect();
        Sampled { a: a.evaluate(&point).unwrap(), b: b.evaluate(&point).unwrap() }
    };
    grid(over, if over.len() == 1 { 2000 } else { 60 }).iter().map(evaluate).collect()
}

const SLACK: f64 = 1e-9;

/// Asks whether the outputs differ by more than thresholds around what the bounds without one say.
fn thresholds_are_on_the_right_side(
    difference: &Difference<'_>,
    outputs: &[usize],
    bounds: &Logits,
    samples: &[Sampled],
    what: &str,
) {
    let sides = || bounds.extents.iter().flat_map(|extent| [&extent.above, &extent.below]);
    let (attained, proved) = sides().fold((0.0f64, 0.0f64), |most, s| (most.0.max(s.lower), most.1.max(s.upper)));
    let apart = |s: &Sampled| outputs.iter().map(|&i| (s.b.logits[i] - s.a.logits[i]).abs()).fold(0.0, f64::max);
    let sampled = samples.iter().map(apart).fold(0.0, f64::max);
    for share in [0.3, 0.9, 1.0, 1.1] {
        let threshold = networks::exact(if share > 1.0 { share * proved + 1e-6 } else { share * attained });
        let found = difference.logits(outputs, Some(&threshold), &mut ());
        let level = rational::nearest_f64(&threshold);
        let upper = found.extents.iter().map(|e| e.above.upper.max(e.below.upper)).fold(f64::NEG_INFINITY, f64::max);
        assert!(sampled <= upper.max(level) + SLACK, "{what}: {sampled} is attained, at most {upper} for {level}");
        match found.answer {
            Answer::Robust => assert!(attained <= level && sampled <= level + SLACK, "{what}: not within {level}"),
            Answer::Violated => {
                let witness = found.extents.iter().flat_map(|e| [&e.above, &e.below]).find(|side| side.lower > level);
                assert!(level <= proved && witness.is_some_and(|side| side.witness.is_some()), "{what}: {level}");
            }
            _ => assert!(
                attained < 0.01 || bounds.stop != StopReason::Complete || share == 1.0,
                "{what}: {level} is open"
            ),
        }
    }
}

#[test]
fn nothing_that_is_sampled_exceeds_the_bounds() {
    let delta = 0.002;
    let (mut complete, mut total) = (0, 0);
    for seed in 0..120 {
        let mut r = random("sampled", seed);
        let (a, b, what) = pair(&mut r);
        let what = format!("seed {seed}: {what}");
        let over = domain(&a);
        let samples = sample(&a, &b, &over);
        let difference = Difference::new(&a, &b, &over, settings(delta, 3000));
        let outputs: Vec<usize> = (0..a.logit_count()).collect();
        let found = difference.logits(&outputs, None, &mut ());
        assert_eq!(found.answer, Answer::Bounds);
        for extent in &found.extents {
            let [least, greatest] = range(&a, &b, extent, &over);
            for s in &samples {
                let d = s.b.logits[extent.output] - s.a.logits[extent.output];
                assert!(
                    least[0] - SLACK <= d && d <= greatest[1] + SLACK,
                    "{what}: {d} outside {least:?} {greatest:?}"
                );
            }
            total += 1;
            if found.stop == StopReason::Complete {
                complete += 1;
                closes(&extent.above, delta);
                closes(&extent.below, delta);
            }
        }
        thresholds_are_on_the_right_side(&difference, &outputs, &found, &samples, &what);
        for choice in [ClassChoice::Worst, ClassChoice::Assigned, ClassChoice::Index(0)] {
            let found = difference.confidences(choice, None, &mut ());
            let counts = |s: &Sampled, class: usize| match choice {
                ClassChoice::Index(index) => class == index,
                ClassChoice::Assigned if a.output() != Output::None => s.a.class == class || a.classes().len() == 2,
                _ => true,
            };
            for s in &samples {
                for class in (0..a.classes().len()).filter(|&class| counts(s, class)) {
                    let d = (s.b.confidences[class] - s.a.confidences[class]).abs();
                    assert!(d <= found.supremum.upper + SLACK, "{what}: {d} above {}", found.supremum.upper);
                }
            }
            total += 1;
            if found.stop == StopReason::Complete {
                complete += 1;
                closes(&found.supremum, delta);
            }
            let Some(witness) = &found.supremum.witness else { continue };
            assert!(attains(&a, witness, found.class.unwrap(), found.supremum.lower), "{what}");
            // thresholds on either side of the bounds are told apart
            let [below, above] = [found.supremum.lower - delta, found.supremum.upper].map(|t| exact(t.max(0.0)));
            assert_ne!(difference.confidences(choice, Some(&below), &mut ()).answer, Answer::Robust, "{what}");
            assert_ne!(difference.confidences(choice, Some(&above), &mut ()).answer, Answer::Violated, "{what}");
        }
    }
    assert!(complete * 20 >= total * 19, "{complete} of {total} were closed");
}

/// Whether a witness differs by at least `lower` in the confidence of a class, by the evaluation in doubles.
fn attains(a: &Network, witness: &Witness, class: usize, lower: f64) -> bool {
    let [x, y] = witness.confidences(a.output(), class).unwrap();
    let apart: Ball = y.sub(&x).unwrap().abs();
    (apart.floor_f64() - lower).abs() <= SLACK
}

#[test]
fn a_change_of_class_is_one() {
    let (mut proved, mut violated, mut open) = (0, 0, 0);
    for seed in 0..120 {
        let mut r = random("class change", seed);
        let (a, b, what) = pair(&mut r);
        if a.classes().len() < 2 || a.output() == Output::None {
            continue;
        }
        let over = domain(&a);
        let guard = [ratio(0, 1), ratio(3, 5), ratio(9, 10)][r.random_range(0..3)].clone();
        let level = rational::nearest_f64(&guard);
        let found = Difference::new(&a, &b, &over, settings(0.001, 5000)).class_change(&guard, &mut ());
        match found.answer {
            Answer::Robust => {
                proved += 1;
                for s in sample(&a, &b, &over) {
                    let sure =
                        s.a.confidence() >= level + SLACK && is_clear(&s.a.confidences) && is_clear(&s.b.confidences);
                    assert!(!sure || s.a.class == s.b.class, "seed {seed}: {what}");
                }
            }
            Answer::Violated => {
                violated += 1;
                let witness = found.supremum.witness.unwrap();
                let (in_a, in_b) = (witness.a.class.unwrap(), witness.b.class.unwrap());
                assert!(in_a != in_b && found.class == Some(in_a));
                assert!(witness.input.iter().zip(&over).all(|(x, (lower, upper))| lower <= x && x <= upper));
                if is_piecewise(&a) && is_piecewise(&b) {
                    let [x, y] = [&a, &b].map(|network| reference::logits(network, &witness.input));
                    assert!(
                        is_assigned(a.output(), &x, in_a) && is_assigned(a.output(), &y, in_b),
                        "seed {seed}: {what}"
                    );
                    assert!(reference::confidence(a.output(), &x, in_a) >= guard, "seed {seed}: {what}");
                }
            }
            _ => open += 1,
        }
    }
    assert!(proved >= 10 && violated >= 10 && open * 10 <= proved + violated, "{proved} {violated} {open}");
}

/// Whether the greatest confidence stands out.
fn is_clear(confidences: &[f64]) -> bool {
    let mut sorted = confidences.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() - 1] - sorted[sorted.len() - 2] > SLACK
}

fn is_assigned(output: Output, logits: &[Rational], class: usize) -> bool {
    if output == Output::Sigmoid {
        return logits[0].is_positive() == (class == 1);
    }
    (0..logits.len()).all(|k| k == class || logits[class] > logits[k] || (logits[class] == logits[k] && class < k))
}

#[test]
fn exchanging_the_networks_mirrors_the_bounds() {
    let delta = 0.001;
    for seed in 0..25 {
        let mut r = random("mirror", seed);
        let (a, b, what) = pair(&mut r);
        let over = domain(&a);
        let outputs: Vec<usize> = (0..a.logit_count()).collect();
        let [ab, ba] = [(&a, &b), (&b, &a)].map(|(a, b)| {
            let difference = Difference::new(a, b, &over, settings(delta, 20_000));
            (difference.logits(&outputs, None, &mut ()), difference.confidences(ClassChoice::Worst, None, &mut ()))
        });
        let alike = |x: &Supremum, y: &Supremum| {
            assert!(x.lower <= y.upper && y.lower <= x.upper, "seed {seed}: {what}");
        };
        for (x, y) in ab.0.extents.iter().zip(&ba.0.extents) {
            alike(&x.above, &y.below);
            alike(&x.below, &y.above);
        }
        alike(&ab.1.supremum, &ba.1.supremum);
    }
}

#[test]
fn unlike_inputs_and_outputs_are_refused() {
    let net = |names: &[&str], classes: &[&str], output: Output| {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let classes: Vec<String> = classes.iter().map(ToString::to_string).collect();
        let (inputs, logits) = (names.len(), if output == Output::Sigmoid { 1 } else { classes.len() });
        let layer = Layer::new(inputs, vec![1.0; inputs * logits], vec![0.0; logits], Activation::Linear).unwrap();
        let unit = || Domain::new(ratio(0, 1), ratio(1, 1)).unwrap();
        let input = Input::new(names, (0..inputs).map(|_| unit()).collect()).unwrap();
        Network::new("net".to_owned(), input, vec![layer], output, classes, None).unwrap()
    };
    let a = net(&["x", "y"], &["no", "yes"], Output::Softmax);
    let said = |b: &Network| check(&a, b).unwrap_err().to_string();
    assert!(said(&net(&["x"], &["no", "yes"], Output::Softmax)).contains("1 inputs, expected 2"));
    assert!(said(&net(&["y", "x"], &["no", "yes"], Output::Softmax)).contains("inputs y, x, expected x, y"));
    assert!(said(&net(&["x", "y"], &["yes", "no"], Output::Softmax)).contains("classes yes, no, expected no, yes"));
    assert!(said(&net(&["x", "y"], &["no", "yes"], Output::Sigmoid)).contains("output sigmoid, expected softmax"));
    assert!(said(&net(&["x", "y"], &["a", "b", "c"], Output::Softmax)).contains("3 outputs, expected 2"));
    assert!(check(&a, &net(&["u", "v"], &["0", "1"], Output::Softmax)).is_ok());
}

/// A network of the size of a reader of digits and its parameters rounded to eight bits, in a small box: few neurons are
/// undecided there, and the difference is known closely without long searches.
#[test]
fn large_networks_in_a_small_box() {
    let mut r = random("large", 0);
    let a = network(&mut r, &[64, 32, 10], Activation::Relu, Output::Softmax, 20);
    // the variance of each neuron is that of an input
    let a = a.with_parameters(|layer, _, v| v * if layer == 0 { 0.15 } else { 0.2 }).unwrap();
    let b = a.with_parameters(|_, _, v| (v * 512.0).round() / 512.0).unwrap();
    let over: Box = (0..64)
        .map(|_| {
            let x = exact(dyadic(&mut r, 10) / 2.0);
            (&x - ratio(1, 500), x + ratio(1, 500))
        })
        .collect();
    let difference = Difference::new(&a, &b, &over, settings(0.001, 2000));
    let found = difference.logits(&(0..10).collect::<Vec<_>>(), None, &mut ());
    assert_eq!(found.stop, StopReason::Complete);
    let points: Vec<Vec<f64>> = (0..300)
        .map(|_| {
            let point = |(lower, upper): &(Rational, Rational)| {
                let [lower, upper] = [lower, upper].map(rational::nearest_f64);
                [lower, upper, r.random_range(lower..=upper)][r.random_range(0..3)]
            };
            over.iter().map(point).collect()
        })
        .collect();
    for extent in &found.extents {
        let [least, greatest] = range(&a, &b, extent, &over);
        closes(&extent.above, 0.001);
        closes(&extent.below, 0.001);
        for point in &points {
            let d = b.logits(point).unwrap()[extent.output] - a.logits(point).unwrap()[extent.output];
            assert!(least[0] - SLACK <= d && d <= greatest[1] + SLACK, "{d} outside {least:?} {greatest:?}");
        }
    }
    let found = difference.confidences(ClassChoice::Worst, None, &mut ());
    assert_eq!(found.stop, StopReason::Complete);
    closes(&found.supremum, 0.001);
}

const FLOAT: &str = "models/qebverif/float.json";
const ROUNDED: &str = "models/qebverif/rounded.json";
const MOONS: &str = "models/moons_relu_2-8-2.json";

fn command(arguments: &[&str]) -> (String, String, i32) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_quantproof"))
        .arg("difference")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn json(arguments: &[&str]) -> (serde_json::Value, i32) {
    let (stdout, stderr, code) = command(&[arguments, &["--json"]].concat());
    (serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {stdout}{stderr}")), code)
}

#[test]
fn thresholds_decide_the_exit_code() {
    let ask = |arguments: &[&str]| {
        let (value, code) = json(arguments);
        (value["answer"].as_str().unwrap().to_owned(), code)
    };
    let answer = |name: &str, code: i32| (name.to_owned(), code);
    assert_eq!(ask(&[FLOAT, ROUNDED]), answer("bounds", 0));
    assert_eq!(ask(&[FLOAT, ROUNDED, "--at-most", "0.0721"]), answer("proved", 0));
    assert_eq!(ask(&[FLOAT, ROUNDED, "--at-most", "0.0719"]), answer("violated", 1));
    assert_eq!(ask(&[ROUNDED, FLOAT, "--at-most", "0.0719"]), answer("violated", 1));
    let linear = "models/moons_linear_2-8-2.json";
    assert_eq!(ask(&[MOONS, linear, "--at-most", "0.5"]), answer("violated", 1));
    assert_eq!(ask(&[MOONS, linear, "--class-change"]), answer("violated", 1));
    assert_eq!(ask(&[MOONS, MOONS, "--class-change"]), answer("proved", 0));
    assert_eq!(ask(&[MOONS, linear, "--at-most", "1"]), answer("proved", 0));
    assert_eq!(ask(&[MOONS, linear, "--timeout", "0"]), answer("timeout", 4));
}

#[test]
fn json_has_an_input_for_every_end() {
    let (value, _) = json(&[FLOAT, ROUNDED, "--delta", "1e-6"]);
    let output = &value["outputs"][0];
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    for (end, expected) in [("min", -0.072), ("max", -0.0195)] {
        let end = &output[end];
        let (lower, upper) = (number(&end["lower"]), number(&end["upper"]));
        let inside = lower - 1e-12 <= expected && expected <= upper + 1e-12;
        assert!(inside && upper - lower <= 1e-6, "{end}");
        let said = number(&end["witness"]["b"]["logits"][0]) - number(&end["witness"]["a"]["logits"][0]);
        assert!(lower - 1e-12 <= said && said <= upper + 1e-12, "{end}");
    }
    let (value, _) = json(&[MOONS, "models/moons_relu_2-4-2.json"]);
    let witness = &value["witness"];
    for side in ["a", "b"] {
        let sum: f64 = witness[side]["confidences"].as_array().unwrap().iter().map(number).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{witness}");
    }
    for key in ["schema", "models", "domain", "about", "boxes", "seconds", "delta", "lower", "upper", "of"] {
        assert!(!value[key].is_null(), "{key} is missing: {value}");
    }
}

#[test]
fn mistakes_are_named() {
    let cases: [(&[&str], &str); 7] = [
        (&[MOONS, "models/iris_relu_4-8-3.json"], "4 inputs, expected 2"),
        (&[MOONS, FLOAT], "output none, expected softmax"),
        (&[FLOAT, ROUNDED, "--class-change"], "one output"),
        (&[MOONS, MOONS, "--class-change", "--at-most", "1"], "cannot be used with"),
        (&[MOONS, MOONS, "--confidence-at-least", "0.5"], "--class-change"),
        (&[MOONS, MOONS, "--class", "cat"], "no class \"cat\""),
        (&[MOONS, MOONS, "--domain", "x3=0..1"], "no input \"x3\""),
    ];
    for (arguments, expected) in cases {
        let (stdout, stderr, code) = command(arguments);
        assert!(code == 2 && stdout.is_empty() && stderr.contains(expected), "{arguments:?}: {code} {stderr}");
    }
}

#[test]
fn the_domain_is_that_of_a_where_it_has_one() {
    let (folder, text) = (env!("CARGO_TARGET_TMPDIR"), std::fs::read_to_string(ROUNDED).unwrap());
    let path = |name: &str, domain: &str| {
        let path = format!("{folder}/difference_{name}.json");
        std::fs::write(&path, text.replace(", \"domain\": [[0.4, 0.8], [0.2, 0.6]]", domain)).unwrap();
        path
    };
    let (other, none) = (path("other", ", \"domain\": [[0, 1], [0, 1]]"), path("none", ""));
    let domain = |arguments: &[&str]| json(arguments).0["domain"].to_string();
    assert_eq!(domain(&[FLOAT, &other]), "[[0.4,0.8],[0.2,0.6]]");
    assert_eq!(domain(&[&other, FLOAT]), "[[0,1],[0,1]]");
    assert_eq!(domain(&[&none, FLOAT]), "[[0.4,0.8],[0.2,0.6]]");
    assert_eq!(domain(&[FLOAT, &other, "--domain", "x1=0.5..0.6"]), "[[0.5,0.6],[0.2,0.6]]");
    assert!(command(&[FLOAT, &other]).0.contains("that of A"));
    assert!(command(&[&none, &none]).1.contains("has no domain of its own"));
}
