//! Prints the tables of the guide's page *Figures*, as Markdown, from runs on this machine:
//! `cargo test --release --test figures -- --ignored --nocapture`, on a machine with nothing else to do.

// printing is what it is for
#![allow(clippy::print_stdout)]

use serde_json::Value;
use std::ops::RangeInclusive;
use std::process::Command;

/// What a command says as JSON, run on one thread in the repository's folder.
fn ask(command: &str) -> Value {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let words = command.split_whitespace().chain(["--jobs", "1", "--json"]);
    let output = program.args(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the command starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// The shipped models of two inputs whose names end so.
fn models(ends: &[&str]) -> Vec<String> {
    let folder = std::fs::read_dir(format!("{}/models", env!("CARGO_MANIFEST_DIR"))).expect("the models");
    let mut names: Vec<String> =
        folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
    names.retain(|name| ends.iter().any(|end| name.ends_with(end)));
    names.sort();
    names
}

/// The least and the greatest.
fn range(numbers: &[f64]) -> RangeInclusive<f64> {
    numbers.iter().fold(f64::INFINITY, |a, &b| a.min(b))..=numbers.iter().fold(0.0, |a: f64, &b| a.max(b))
}

#[test]
#[ignore = "prints figures of this machine"]
fn print_deviations_over_the_domain() {
    println!("| models | ε | boxes | seconds | gap ≤ 0.001 reached |\n| --- | --- | ---: | ---: | ---: |");
    for (name, ends) in [
        ("one hidden layer (2-4-2, 2-8-2)", &["_2-4-2.json", "_2-8-2.json"][..]),
        ("two hidden layers (2-16-16-2)", &["_2-16-16-2.json"][..]),
    ] {
        for epsilon in ["0.0005", "0.002", "0.01"] {
            let (mut boxes, mut seconds, mut reached) = (Vec::new(), Vec::new(), 0);
            for model in models(ends) {
                let answer = ask(&format!("global models/{model} --epsilon {epsilon}"));
                boxes.push(answer["boxes"].as_f64().expect("boxes"));
                seconds.push(answer["seconds"].as_f64().expect("seconds"));
                let gap = answer["upper"].as_f64().expect("a bound") - answer["lower"].as_f64().expect("a bound");
                reached += usize::from(gap <= 0.001);
            }
            let (of, boxes, seconds) = (boxes.len(), range(&boxes), range(&seconds));
            println!(
                "| {name} | {epsilon} | {}–{} | {:.3}–{:.3} | {reached} of {of} |",
                boxes.start(),
                boxes.end(),
                seconds.start(),
                seconds.end()
            );
            assert_eq!(reached, of, "{name}, {epsilon}");
        }
    }
}

#[test]
#[ignore = "prints figures of this machine"]
fn print_bits() {
    for mixed in ["", " --mixed"] {
        let (mut seconds, mut bits) = (Vec::new(), Vec::new());
        for model in models(&["_2-4-2.json", "_2-8-2.json", "_2-16-16-2.json"]) {
            if mixed.is_empty() || model.ends_with("_2-16-16-2.json") {
                let answer = ask(&format!("bits models/{model} --deviation 0.05{mixed}"));
                seconds.push(answer["seconds"].as_f64().expect("seconds"));
                bits.push(answer["fewest"].as_f64().expect("bits"));
            }
        }
        let (seconds, bits) = (range(&seconds), range(&bits));
        let (fewest, most) = (bits.start(), bits.end());
        println!("bits{mixed}: {fewest} to {most} bits, {:.2} to {:.2} s", seconds.start(), seconds.end());
    }
}

#[test]
#[ignore = "prints figures of this machine"]
fn print_shares_of_the_range() {
    println!(
        "| K | layer 0 | layer 1 | layer 2 | layer 3 | layer 4 | all |\n| --- | --- | --- | --- | --- | --- | --- |"
    );
    for share in ["0.02", "0.05", "0.1", "0.2"] {
        print!("| {share} %");
        for layers in ["--layers 0", "--layers 1", "--layers 2", "--layers 3", "--layers 4", ""] {
            let answer = ask(&format!(
                "flips models/digits_relu_64-32-32-32-32-10.onnx --inputs models/digits_test.csv --quantize \
                 uniform:{share}% {layers} --timeout 20"
            ));
            let summary = &answer["summary"];
            print!(" | {}, {}, {}", summary["never"], summary["can"], summary["open"]);
        }
        println!(" |");
    }
}
