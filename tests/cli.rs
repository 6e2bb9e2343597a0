//! The command as its users see it: answers, exit codes, errors, time-outs, Ctrl-C.

use serde_json::Value;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const MODEL: &str = "models/moons_relu_2-8-2.json";
const HARD: &str = "models/circles_relu_2-16-16-2.json";

fn quantproof(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    quantproof(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let output = run(arguments);
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}{}", stdout(&output), stderr(&output)));
    (value, output.status.code().unwrap())
}

fn bounds(value: &Value) -> (f64, f64) {
    let (lower, upper) = (value["lower"].as_f64().unwrap(), value["upper"].as_f64().unwrap());
    assert!(lower <= upper, "{value}");
    (lower, upper)
}

#[test]
fn bounds_meet_the_gap_and_have_a_witness() {
    for model in [MODEL, "models/moons_linear_2-8-2.json", "models/iris_relu_4-8-3.json"] {
        let input = if model.contains("iris") { "0.1,-0.2,0.3,0.1" } else { "0.3,-0.2" };
        let (value, code) = json(&["local", model, "--input", input, "--epsilon", "0.01", "--json"]);
        let (lower, upper) = bounds(&value);
        assert_eq!(code, 0);
        assert!(upper - lower <= 0.001 && lower > 0.0, "{model}: {lower} {upper}");
        let witness = &value["witness"];
        let change =
            witness["confidence_perturbed"].as_f64().unwrap() - witness["confidence_nominal"].as_f64().unwrap();
        assert!((change.abs() - lower).abs() < 1e-9, "the witness attains the lower bound: {value}");
        for moved in witness["parameters"].as_array().unwrap() {
            assert!(moved["value"].is_number() && moved["layer"].is_number() && moved["row"].is_number(), "{moved}");
        }
        for key in ["schema", "question", "answer", "class_change", "boxes", "seconds", "delta"] {
            assert!(!value[key].is_null(), "{key} is missing: {value}");
        }
    }
}

#[test]
fn one_hidden_layer_is_closed_at_one_input() {
    for epsilon in ["0.001", "0.05", "0.3"] {
        for input in ["0.3,-0.2", "-0.9,0.7", "0,0", "1/3,-1"] {
            let (value, _) = json(&["local", MODEL, "--input", input, "--epsilon", epsilon, "--json"]);
            let (lower, upper) = bounds(&value);
            assert!(upper - lower <= 1e-9, "{epsilon} at {input}: {lower} {upper}");
        }
    }
}

#[test]
fn a_threshold_decides_the_exit_code() {
    let ask = |deviation| {
        let arguments =
            ["local", MODEL, "--input", "0.3,-0.2", "--epsilon", "0.02", "--deviation", deviation, "--json"];
        json(&arguments)
    };
    let (value, code) = ask("0.07");
    assert_eq!((value["answer"].as_str(), code), (Some("robust"), 0));
    let (value, code) = ask("0.06");
    assert_eq!((value["answer"].as_str(), code), (Some("violated"), 1));
    let (value, code) =
        json(&["global", MODEL, "--epsilon", "0.002", "--class-change", "--confidence-at-least", "0.9", "--json"]);
    assert_eq!((value["answer"].as_str(), code), (Some("robust"), 0));
    let (value, code) =
        json(&["global", MODEL, "--epsilon", "0.05", "--class-change", "--confidence-at-least", "0.6", "--json"]);
    assert_eq!((value["answer"].as_str(), code), (Some("violated"), 1));
    assert_ne!(value["witness"]["class_nominal"], value["witness"]["class_perturbed"]);
}

#[test]
fn the_radius_is_proved_below_and_refuted_above() {
    let (value, code) = json(&["radius", "local", MODEL, "--input", "0.3,-0.2", "--class-change", "--json"]);
    let (lower, upper) = bounds(&value);
    assert_eq!(code, 0);
    assert!(upper - lower <= 0.001 * upper && lower > 0.0);
    let below = value["lower"].to_string();
    let (value, code) = json(&["local", MODEL, "--input", "0.3,-0.2", "--epsilon", &below, "--class-change", "--json"]);
    assert_eq!((value["answer"].as_str(), code), (Some("robust"), 0), "at the lower end of the radius");
    let above = upper.to_string();
    let (value, code) = json(&["local", MODEL, "--input", "0.3,-0.2", "--epsilon", &above, "--class-change", "--json"]);
    assert_eq!((value["answer"].as_str(), code), (Some("violated"), 1), "at the upper end of the radius");
}

/// Everything but the times.
fn timeless(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.remove("seconds");
        for (_, inner) in object.iter_mut() {
            *inner = timeless(inner.take());
        }
    } else if let Some(array) = value.as_array_mut() {
        for inner in array {
            *inner = timeless(inner.take());
        }
    }
    value
}

#[test]
fn threads_change_nothing() {
    let questions: [&[&str]; 3] = [
        &["global", MODEL, "--epsilon", "0.01", "--json"],
        &["global", "models/moons_relu_2-16-16-2.json", "--epsilon", "0.002", "--json"],
        &[
            "local",
            "models/moons_linear_2-8-2.json",
            "--inputs",
            "models/moons_test.csv",
            "--epsilon",
            "0.02",
            "--json",
        ],
    ];
    for question in questions {
        let answers = ["1", "2", "3"].map(|jobs| timeless(json(&[question, &["--jobs", jobs]].concat()).0));
        assert_eq!(answers[0], answers[1], "{question:?}");
        assert_eq!(answers[0], answers[2], "{question:?}");
    }
}

#[test]
fn a_table_has_a_line_per_row_and_a_summary() {
    let output = run(&["local", MODEL, "--inputs", "models/moons_test.csv", "--epsilon", "0.01"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let rows = std::fs::read_to_string(format!("{}/models/moons_test.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(text.lines().count() > rows.lines().count(), "{text}");
    assert!(text.contains("100 inputs"), "{text}");
    let (value, _) = json(&["local", MODEL, "--inputs", "models/moons_test.csv", "--epsilon", "0.01", "--json"]);
    assert_eq!(value["rows"].as_array().unwrap().len(), 100);
    assert!(value["summary"].is_object());
}

#[test]
fn a_time_out_leaves_the_bounds_so_far() {
    let started = Instant::now();
    let (value, code) = json(&["global", HARD, "--epsilon", "0.01", "--delta", "1e-7", "--timeout", "0.4", "--json"]);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!((value["answer"].as_str(), code), (Some("timeout"), 4));
    let (lower, upper) = bounds(&value);
    assert!(lower > 0.5 && upper <= 1.0 && upper - lower > 1e-7);
}

#[test]
fn a_limit_on_memory_leaves_the_bounds_so_far() {
    let arguments = ["global", HARD, "--epsilon", "0.01", "--delta", "1e-7", "--memory", "20K", "--json"];
    let (value, code) = json(&arguments);
    assert_eq!((value["answer"].as_str(), value["stop"].as_str(), code), (Some("timeout"), Some("memory"), 4));
    let (lower, upper) = bounds(&value);
    assert!(lower > 0.5 && upper <= 1.0 && upper - lower > 1e-7);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_the_bounds_so_far() {
    let mut child = quantproof(&["global", HARD, "--epsilon", "0.01", "--delta", "1e-7", "--timeout", "60", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let value: Value = serde_json::from_str(&text).unwrap();
    bounds(&value);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = quantproof(&["local", MODEL, "--inputs", "-", "--epsilon", "0.01"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let rows: String = (0..2000).map(|i| format!("0.{i:04},-0.{i:04}\n")).collect();
    let _ = child.stdin.take().unwrap().write_all(rows.as_bytes());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn bad_options_are_named_and_exit_with_two() {
    let local = |rest: &[&str]| [&["local", MODEL], rest].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let global =
        |rest: &[&str]| [&["global", MODEL], rest].concat().iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    let cases: Vec<(Vec<String>, &str)> = vec![
        (local(&["--input", "0.3", "--epsilon", "0.01"]), "1 number, expected 2 (x1, x2)"),
        (local(&["--input", "0.3,0.2,0.1", "--epsilon", "0.01"]), "3 numbers, expected 2"),
        (local(&["--input", "0.3,nan", "--epsilon", "0.01"]), "x2"),
        (local(&["--input", "0.3,", "--epsilon", "0.01"]), "x2"),
        (local(&["--input", "0.3,0.2"]), "--epsilon"),
        (local(&["--epsilon", "0.01"]), "--input"),
        (local(&["--input", "0.3,0.2", "--epsilon", "-0.01"]), "negative"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--relative", "0.1"]), "cannot be used with"),
        (local(&["--input", "0.3,0.2", "--epsilon", "abc"]), "abc"),
        (local(&["--input", "0.3,0.2", "--epsilon", "1e999999999"]), "1e999999999"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--layers", "2"]), "layer 2"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--layers", "x"]), "x"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--only", "all"]), "weights"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--class", "7"]), "no class"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--deviation", "-1"]), "negative"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--delta", "0"]), "above 0"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--jobs", "0"]), "threads"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--timeout", "-1"]), "negative"),
        (local(&["--input", "0.3,0.2", "--epsilon", "0.01", "--memory", "-1"]), "512M"),
        (local(&["--inputs", "no-such-file.csv", "--epsilon", "0.01"]), "no-such-file.csv"),
        (global(&["--epsilon", "0.01", "--domain", "x3=0..1"]), "no input \"x3\""),
        (global(&["--epsilon", "0.01", "--domain", "x1=1..0"]), "above the upper end"),
        (global(&["--epsilon", "0.01", "--domain", "x1=0..1,x1=0..1"]), "twice"),
        (global(&["--epsilon", "0.01", "--domain", "x1"]), "NAME=LOWER..UPPER"),
        (global(&["--epsilon", "0.01", "--class-change"]), "--confidence-at-least"),
        (global(&["--epsilon", "0.01", "--class-change", "--confidence-at-least", "1.5"]), "from 0 to 1"),
        (
            vec![
                "local".into(),
                "no-such-model.json".into(),
                "--input".into(),
                "0".into(),
                "--epsilon".into(),
                "1".into(),
            ],
            "no-such-model.json",
        ),
        (vec!["show".into(), "README.md".into()], "README.md"),
        (vec!["unheard-of".into()], "unheard-of"),
        (vec!["radius".into(), "global".into(), MODEL.into()], "--deviation"),
    ];
    for (arguments, expected) in cases {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run(&arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message:?} does not say {expected:?}");
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn bad_csv_is_named_with_its_line() {
    let cases = [
        ("", "expected"),
        ("x1,x2\n", "expected"),
        ("x1,x2\n0.1\n", "line 2"),
        ("x1,x2\n0.1,0.2,0.3\n", "line 2"),
        ("x1,x2\n0.1,0.2\nfoo,0.2\n", "line 3"),
        ("x1,x2\n0.1,inf\n", "line 2"),
        ("x1,x1\n0.1,0.2\n", "x1"),
        ("a,b\n0.1,0.2\n", "a"),
        ("0.1,0.2\n0.1,\n", "line 2"),
        ("0.1,0.2\n0.1,1e99999\n", "line 2"),
    ];
    for (csv, expected) in cases {
        let mut child = quantproof(&["local", MODEL, "--inputs", "-", "--epsilon", "0.01"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let _ = child.stdin.take().unwrap().write_all(csv.as_bytes());
        let output = child.wait_with_output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{csv:?}: {message}");
        assert!(message.contains(expected) && message.starts_with("error: "), "{csv:?}: {message:?}");
    }
}

#[test]
fn ranges_of_activations_are_given_or_calibrated() {
    let scales = |calibrate: &str| -> Vec<f64> {
        let model = "models/moons_relu_2-8-2.json";
        let question = ["global", model, "--epsilon", "0", "--activations", "int8", "--calibrate", calibrate, "--json"];
        let output = run(&question);
        let answer: serde_json::Value =
            serde_json::from_str(&stdout(&output)).unwrap_or_else(|_| panic!("{}", stderr(&output)));
        answer["perturbation"]["activations"]["scales"]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    let step = |most: f64| f64::from((most / 127.0) as f32);
    assert_eq!(scales("-4..4"), [step(4.0); 2]);
    assert_eq!(scales("-1/2..0.25"), [step(0.5); 2]);
    // the domain is [-1, 1], and the points in the files lie within it
    assert_eq!(scales("domain")[0], step(1.0));
    let (data, file) = (scales("data"), scales("models/moons_test.csv"));
    assert_eq!(data, file);
    assert!(data[0] <= step(1.0) && data[1] < scales("domain")[1]);
    let output = run(&[
        "global",
        "models/moons_relu_2-8-2.json",
        "--epsilon",
        "0",
        "--activations",
        "int8",
        "--calibrate",
        "2..1",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
}
