//! Flips against all networks that a quantiser can make: on networks small enough to list every rounding, each is evaluated
//! exactly.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{exact, network, random, ratio};
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::robustness::Settings;
use quantproof::robustness::flips::{Correct, Fate, Flips};
use quantproof::robustness::local::Scratch;
use rand::Rng;
use std::collections::BTreeSet;
use std::sync::Arc;

fn quantised(network: &Network, format: &str, rounding: Rounding, layers: Layers) -> Perturbation {
    let quantised = Quantised::new(Scheme::parse(format, rounding).unwrap(), network, &[]).unwrap();
    Perturbation::new(Magnitude::Quantised(Arc::new(quantised)), layers, Parameters::All).unwrap()
}

fn class(network: &Network, input: &[Rational]) -> usize {
    network.evaluate_exactly(input).unwrap().class.unwrap()
}

/// Every network that a rounding of each parameter to either neighbour gives.
fn all_roundings(trained: &Network, perturbation: &Perturbation) -> Vec<Network> {
    let mut places = Vec::new();
    for (index, layer) in trained.layers().iter().enumerate() {
        for place in layer.parameters() {
            let (least, greatest) = perturbation.inner_bounds(trained, index, place);
            if least < greatest {
                places.push((index, place));
            }
        }
    }
    assert!(places.len() <= 12, "{} roundings", places.len());
    (0..1u32 << places.len())
        .map(|choice| {
            let value = |layer, place, _| {
                let (least, greatest) = perturbation.inner_bounds(trained, layer, place);
                let position = places.iter().position(|&p| p == (layer, place));
                if position.is_some_and(|p| choice >> p & 1 == 1) { greatest } else { least }
            };
            trained.with_parameters(value).unwrap()
        })
        .collect()
}

#[test]
fn every_answer_agrees_with_all_roundings() {
    let (mut never, mut can, mut open) = (0, 0, 0);
    let shapes: [(&[usize], Activation, Output, Layers); 5] = [
        (&[1, 2, 2], Activation::Relu, Output::Softmax, Layers::All),
        (&[2, 2, 1], Activation::Relu, Output::Sigmoid, Layers::All),
        (&[2, 3], Activation::Relu, Output::Softmax, Layers::All),
        (&[2, 2, 2, 2], Activation::Relu, Output::Softmax, Layers::Only([1, 2].into())),
        (&[1, 1, 1, 2], Activation::Tanh, Output::Softmax, Layers::All),
    ];
    for (shape, (widths, activation, output, layers)) in shapes.into_iter().enumerate() {
        for seed in 0..6 {
            let mut r = random("every_answer_agrees_with_all_roundings", 100 * shape as u64 + seed);
            let trained = network(&mut r, widths, activation, output, 20);
            let format =
                ["int3:bias-same", "fixed:2.1", "int4:asymmetric:bias-same", "int2", "fixed:2.2"][seed as usize % 5];
            let perturbation = quantised(&trained, format, Rounding::Any, layers.clone());
            let networks = all_roundings(&trained, &perturbation);
            let flips = Flips::new(&trained, &perturbation, Settings::default());
            let rounded = flips.rounded().unwrap();
            assert!(networks.contains(rounded), "the rounded network is one of them");
            let mut scratch = Scratch::default();
            for _ in 0..8 {
                let input: Vec<Rational> = (0..widths[0]).map(|_| ratio(r.random_range(-100..=100), 100)).collect();
                let assigned = class(&trained, &input);
                let classes: BTreeSet<usize> = networks.iter().map(|network| class(network, &input)).collect();
                let label = r.random_range(0..trained.classes().len());
                let flip = flips.ask(&input, Some(label), &Budget::unlimited(), &mut scratch, &mut ());
                assert_eq!((&flip.assigned[..], flip.rounded), (&[assigned][..], Some(class(rounded, &input))));
                match flip.fate {
                    Fate::Never => {
                        never += 1;
                        assert!(classes.iter().eq([&assigned]), "{format} {input:?}: {classes:?}");
                    }
                    Fate::Can { to } => {
                        let to = to.unwrap();
                        can += 1;
                        assert!(to != assigned && classes.contains(&to), "{format} {input:?}: {to} of {classes:?}");
                    }
                    Fate::Open(_) => open += 1,
                }
                let always = classes.iter().eq([&label]);
                match flip.correct.unwrap() {
                    Correct::Always => assert!(always, "{format} {input:?}: {label} of {classes:?}"),
                    Correct::NotAlways => assert!(!always, "{format} {input:?}: {label} of {classes:?}"),
                    Correct::Open => {}
                }
            }
        }
    }
    assert!(never > 60 && can > 60, "{never} never, {can} can");
    // what is left are supremums between the numbers of a format
    assert!(open <= 6, "{open} open");
}

/// A box around the trained network: a flip is a network inside it, and what never flips does not for random ones.
#[test]
fn boxes_contain_the_trained_network() {
    let (mut never, mut can) = (0, 0);
    for seed in 0..12 {
        let mut r = random("boxes_contain_the_trained_network", seed);
        let trained = network(&mut r, &[2, 4, 3], Activation::Relu, Output::Softmax, 20);
        let perturbation = Perturbation::uniform(Magnitude::Absolute(ratio(1, 10))).unwrap();
        let flips = Flips::new(&trained, &perturbation, Settings::default());
        assert!(flips.rounded().is_none());
        let mut scratch = Scratch::default();
        for _ in 0..10 {
            let input: Vec<Rational> = (0..2).map(|_| exact(r.random_range(-1.0..=1.0))).collect();
            let assigned = class(&trained, &input);
            let other = (assigned + 1) % 3;
            let flip = flips.ask(&input, Some(other), &Budget::unlimited(), &mut scratch, &mut ());
            // the trained network is wrong, and it is in the box
            assert_eq!(flip.correct, Some(Correct::NotAlways));
            match flip.fate {
                Fate::Can { to } => {
                    let to = to.unwrap();
                    can += 1;
                    assert_ne!(to, assigned);
                }
                Fate::Never => {
                    never += 1;
                    for _ in 0..50 {
                        let moved = trained.with_parameters(|_, _, v| v + r.random_range(-0.0999..=0.0999)).unwrap();
                        assert_eq!(class(&moved, &input), assigned);
                    }
                }
                Fate::Open(open) => panic!("{open:?}"),
            }
        }
    }
    assert!(never > 20 && can > 20, "{never} never, {can} can");
}

/// Rules that leave one network decide by that network alone.
#[test]
fn rules_without_a_choice_have_one_network() {
    for (seed, rounding) in [Rounding::Nearest, Rounding::Truncate].into_iter().enumerate() {
        let mut r = random("rules_without_a_choice_have_one_network", seed as u64);
        let trained = network(&mut r, &[2, 5, 3], Activation::Relu, Output::Softmax, 20);
        let perturbation = quantised(&trained, "fixed:2.2", rounding, Layers::All);
        let flips = Flips::new(&trained, &perturbation, Settings::default());
        let rounded = flips.rounded().unwrap();
        let mut scratch = Scratch::default();
        for _ in 0..60 {
            let input: Vec<Rational> = (0..2).map(|_| ratio(r.random_range(-100..=100), 100)).collect();
            let (before, after) = (class(&trained, &input), class(rounded, &input));
            let flip = flips.ask(&input, Some(after), &Budget::unlimited(), &mut scratch, &mut ());
            let expected = if before == after { Fate::Never } else { Fate::Can { to: Some(after) } };
            assert_eq!((flip.fate, flip.correct), (expected, Some(Correct::Always)));
        }
    }
}

fn run(arguments: &[&str]) -> (i32, serde_json::Value) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output = command.arg("flips").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {error}"));
    (output.status.code().unwrap(), value)
}

#[test]
fn the_command_counts_what_it_lists() {
    let model = "models/moons_relu_2-8-2.json";
    let (code, table) = run(&[model, "--quantize", "int4", "--json", "--jobs", "2"]);
    assert_eq!((code, table["answer"].as_str()), (1, Some("violated")));
    let rows = table["rows"].as_array().unwrap();
    let count = |key: &str, word: &str| rows.iter().filter(|row| row[key] == word).count() as u64;
    let summary = &table["summary"];
    assert_eq!((rows.len(), summary["inputs"].as_u64()), (100, Some(100)));
    for (name, key, word) in [
        ("never", "flips", "never"),
        ("can", "flips", "can"),
        ("open", "flips", "open"),
        ("always_right", "correct", "always"),
        ("not_always_right", "correct", "not always"),
    ] {
        assert_eq!(summary[name].as_u64(), Some(count(key, word)), "{name}");
    }
    assert!(count("flips", "never") > 0 && count("flips", "can") > 0);
    // the order of the rows and the answers do not depend on the threads
    let (_, alone) = run(&[model, "--quantize", "int4", "--json", "--jobs", "1"]);
    assert_eq!(alone["rows"], table["rows"]);

    let (code, table) = run(&[model, "--inputs", "models/moons_few.csv", "--epsilon", "0", "--json"]);
    assert_eq!((code, table["answer"].as_str()), (0, Some("robust")));
    assert_eq!(table["rows"][2]["label"], "0");
    assert!(table["summary"].get("rounded_flips").is_none());
    let (code, table) = run(&[model, "--quantize", "int4", "--timeout", "0", "--json"]);
    assert_eq!((code, table["stop"].as_str(), table["rows"].as_array().unwrap().len()), (4, Some("time"), 0));
    assert_eq!(table["worst_accuracy"].to_string(), "[0,1]");
}
