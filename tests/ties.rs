//! Classes at ties: of equals the first is assigned, ties over the reals are told where the same values of tanh or σ cancel,
//! and where nothing tells them the answer speaks of every class that may be assigned, the same in every command.

use deltasat::exact::{Rational, rational};
use quantproof::network::Network;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

fn quantproof(arguments: &[&str]) -> (String, i32) {
    let output = Command::new(env!("CARGO_BIN_EXE_quantproof")).args(arguments).output().unwrap();
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let (out, code) = quantproof(&[arguments, &["--json"]].concat());
    (serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {out}")), code)
}

struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("quantproof-ties-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// One input in [−1, 1], a hidden layer without biases, and a linear layer without biases.
fn model(hidden: &[f64], activation: &str, output: &[&[f64]], kind: &str) -> String {
    let weights: Vec<Vec<f64>> = hidden.iter().map(|&w| vec![w]).collect();
    let zeros = vec![0.0; hidden.len()];
    let classes = &["a", "b", "c", "d"][..output.len()];
    serde_json::json!({
        "format": "quantproof-network", "version": 1, "name": "tie",
        "input": {"names": ["x"], "domain": [[-1, 1]]},
        "layers": [
            {"weights": weights, "biases": zeros, "activation": activation},
            {"weights": output, "biases": vec![0.0; output.len()], "activation": "linear"}],
        "output": kind, "classes": classes})
    .to_string()
}

/// The logits of `a` and `b` are the same sum, in other orders and, where `turned`, as negatives of what was negated before
/// tanh; `a` has two more terms, which cancel and which parameters move far.
fn equal_sums(turned: bool, kind: &str) -> String {
    let sign = if turned { -1.0 } else { 1.0 };
    let hidden = [-1.88, -0.14, 1.77, sign * 1.77, sign * -0.14, sign * -1.88, 0.5, 0.5];
    let a = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1000.0, -1000.0];
    let b = [0.0, 0.0, 0.0, sign, sign, sign, 0.0, 0.0];
    model(&hidden, "tanh", &[&a, &b], kind)
}

/// tanh(4000) and tanh(8000) are closer than any precision in use tells; the second is greater, so `b` is assigned at 1.
fn near_tie(kind: &str, third: bool) -> String {
    let (a, b) = ([1.0, 0.0, 1000.0, -1000.0], [0.0, 1.0, 0.0, 0.0]);
    let c = [0.0, 0.0, -1.0, -1.0];
    let rows: &[&[f64]] = if third { &[&a, &b, &c] } else { &[&a, &b] };
    model(&[4000.0, 8000.0, 0.5, 0.5], "tanh", rows, kind)
}

#[test]
fn equal_sums_are_ties_and_the_first_class_is_assigned() {
    let one = [rational::parse("1").unwrap(), rational::parse("1/3").unwrap()];
    for (turned, kind) in [(false, "none"), (true, "none"), (false, "softmax"), (true, "softmax")] {
        let network = network(&equal_sums(turned, kind));
        for x in &one {
            let evaluation = network.evaluate_exactly(std::slice::from_ref(x)).unwrap();
            assert_eq!((evaluation.class, evaluation.classes), (Some(0), vec![0]), "{turned} {kind}");
        }
    }
}

fn network(text: &str) -> Network {
    quantproof::network::json::read(text.as_bytes()).unwrap()
}

#[test]
fn what_cannot_be_told_is_not_claimed() {
    let one = || vec![Rational::from_integer(1.into())];
    assert_eq!(network(&near_tie("softmax", true)).evaluate_exactly(&one()).unwrap().classes, [0, 1]);
    // at 0 all logits are 0, exactly
    let zero = vec![Rational::default()];
    assert_eq!(network(&near_tie("none", false)).evaluate_exactly(&zero).unwrap().classes, [0]);
    // σ(z) + σ(−z) = 1 = σ(w) + σ(−w)
    let sigmoid = model(&[0.3, -0.3, 0.7, -0.7], "sigmoid", &[&[0.0, 0.0, 1.0, 1.0], &[1.0, 1.0, 0.0, 0.0]], "none");
    assert_eq!(network(&sigmoid).evaluate_exactly(&one()).unwrap().classes, [0]);
    // σ(−10⁶) is below all that is represented, and 2·σ is more all the same
    let vanishing = model(&[-1e6], "sigmoid", &[&[1.0], &[2.0], &[-1.0]], "softmax");
    assert_eq!(network(&vanishing).evaluate_exactly(&one()).unwrap().classes, [1]);
}

fn inputs(label: &str) -> (File, File) {
    (File::new(&format!("{label}-plain.csv"), "x\n1\n"), File::new(&format!("{label}-label.csv"), "x,label\n1,a\n"))
}

#[test]
fn every_command_speaks_of_the_class_that_is_assigned() {
    let amount = ["--relative", "0.01", "--layers", "1"];
    for turned in [false, true] {
        let file = File::new(&format!("none-{turned}.json"), &equal_sums(turned, "none"));
        let (plain, labelled) = inputs(&format!("assigned-{turned}"));
        let ask = |arguments: &[&str]| json(&[&arguments[..1], &[file.name()], &arguments[1..]].concat());
        let local = [&["local", "--input", "1"], &amount[..]].concat();
        // a moves by 0.01·(|Σ|-ish + 2000·tanh(1/2)) = 9.26…, b by 0.0204
        let (value, code) = ask(&local);
        assert_eq!((value["assigned"].as_str(), code), (Some("a"), 0));
        assert!(value["lower"].as_f64().unwrap() > 9.262 && value["upper"].as_f64().unwrap() < 9.264, "{value}");
        let (value, code) = ask(&[&local[..], &["--deviation", "0.1"]].concat());
        assert_eq!((value["answer"].as_str(), code), (Some("violated"), 1));
        let (value, _) = ask(&[&["local", "--inputs", plain.name(), "--deviation", "0.1"], &amount[..]].concat());
        assert_eq!((value["answer"].as_str(), value["rows"][0]["assigned"].as_str()), (Some("violated"), Some("a")));
        let radius =
            ["radius", "local", file.name(), "--input", "1", "--relative", "--layers", "1", "--deviation", "0.1"];
        let (value, code) = json(&radius);
        // 0.1/926
        assert!(code == 0 && value["upper"].as_f64().unwrap() < 0.000_11, "{value}");
        let (value, _) = ask(&[&["sensitivity", "--input", "1"], &amount[..]].concat());
        assert!(value["whole"][0].as_f64().unwrap() > 9.262, "{value}");
        let (value, _) = ask(&[&["flips", "--inputs", labelled.name()], &amount[..]].concat());
        assert_eq!(value["rows"][0]["assigned"].as_str(), Some("a"));
        assert_eq!((value["summary"]["trained_right"].as_u64(), value["answer"].as_str()), (Some(1), Some("violated")));
        let (value, _) = ask(&[&["global", "--domain", "x=1..1"], &amount[..]].concat());
        assert!(value["lower"].as_f64().unwrap() > 9.262, "{value}");
    }
}

#[test]
fn an_answer_about_a_near_tie_speaks_of_every_class() {
    let amount = ["--relative", "0.01", "--layers", "1"];
    let file = File::new("near.json", &near_tie("none", false));
    let (plain, labelled) = inputs("near");
    let local = [&["local", file.name(), "--input", "1"], &amount[..]].concat();
    let both = serde_json::json!(["a", "b"]);
    let (value, _) = json(&local);
    assert_eq!((&value["assigned"], &value["may_be_assigned"]), (&Value::Null, &both));
    // the worst of them is a, by 0.01·(1 + 2000·tanh(1/2))
    assert!(value["upper"].as_f64().unwrap() > 9.25 && value["lower"].as_f64().unwrap() > 9.25, "{value}");
    let (text, _) = quantproof(&local);
    assert!(text.contains("output \"a\" or \"b\" (which of them is assigned cannot be told)"), "{text}");
    let (text, code) = quantproof(&[&local[..], &["--deviation", "0.1"]].concat());
    assert!(code != 0 && !text.starts_with("robust"), "{text}");
    // both change to each other under some parameters, so whichever is assigned changes
    let (value, code) = json(&[&local[..], &["--class-change"]].concat());
    assert_eq!((value["answer"].as_str(), code), (Some("violated"), 1), "{value}");
    let (text, _) = quantproof(&[&local[..], &["--class-change"]].concat());
    assert!(text.starts_with("violated") && text.contains("\"a\" or \"b\""), "{text}");
    let (value, _) = json(&[&["local", file.name(), "--inputs", plain.name()], &amount[..]].concat());
    assert_eq!(value["rows"][0]["may_be_assigned"], both);
    assert!(value["lower"].as_f64().unwrap() > 9.25);
    let still = ["flips", file.name(), "--inputs", labelled.name(), "--relative", "0"];
    let (value, code) = json(&still);
    let (row, summary) = (&value["rows"][0], &value["summary"]);
    assert_eq!((&row["assigned"], &row["may_be_assigned"], row["flips"].as_str()), (&Value::Null, &both, Some("open")));
    assert_eq!((summary["trained_right"].as_u64(), summary["trained_right_open"].as_u64()), (Some(0), Some(1)));
    assert_eq!((row["correct"].as_str(), code), (Some("open"), 3));
    let (text, _) = quantproof(&still);
    assert!(text.contains("as trained [0.00 %, 100.00 %]") && text.contains("  a or b  "), "{text}");
    // all weights are numbers of the format
    let (value, _) = json(&["faults", file.name(), "--input", "1", "--quantize", "float16", "--layers", "1"]);
    assert_eq!(value["may_be_assigned"], both, "{value}");
    // bits of the weights of a, which b does not have, move it by more than any does b
    assert!(value["lower"].as_f64().unwrap() > 5e3, "{value}");
}

#[test]
fn a_tie_is_not_counted_for_the_class_that_loses_it() {
    // a = x, b = 100x − 99x, c = 0: b is assigned nowhere, although it ties with a everywhere
    let file = File::new(
        "gap.json",
        r#"{"format":"quantproof-network","version":1,"name":"gap","input":{"names":["x"],"domain":[[0.5,1]]},
        "layers":[{"weights":[[1],[1]],"biases":[0,0],"activation":"linear"},
        {"weights":[[1,0],[100,-99],[0,0]],"biases":[0,0,0],"activation":"linear"}],
        "output":"softmax","classes":["a","b","c"]}"#,
    );
    let (value, code) = json(&["global", file.name(), "--relative", "0.01", "--layers", "1"]);
    let (lower, upper) = (value["lower"].as_f64().unwrap(), value["upper"].as_f64().unwrap());
    assert_eq!((value["answer"].as_str(), code), (Some("bounds"), 0), "{value}");
    assert!(upper - lower <= 0.001 && 0.3081 < upper && lower < 0.3082, "{value}");
}
