//! `quantproof verify` as its users see it: verdicts, exit codes, JSON, the competition's results file, errors, limits.

use serde_json::Value;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const MODEL: &str = "models/moons_relu_2-16-16-2.json";
const CORNER: &str = "models/moons_corner.vnnlib";

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    command.arg("verify").args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let output = run(&[arguments, &["--json", "--output", "none"]].concat());
    let value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", String::from_utf8_lossy(&output.stderr)));
    (value, output.status.code().unwrap())
}

/// A file of this test's own.
fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("verify");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Where two logits are equal: a curve that no double may lie on, and that no box around it excludes.
fn hard() -> PathBuf {
    file(
        "hard.vnnlib",
        "(declare-const X_0 Real)(declare-const X_1 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)
         (assert (<= -1 X_0 1))(assert (<= -1 X_1 1))(assert (= Y_0 Y_1))",
    )
}

#[test]
fn verdicts_have_exit_codes_and_results() {
    let results = file("results.txt", "");
    let written = ["--results", results.to_str().unwrap()];
    let (value, code) = json(&[&[MODEL, CORNER, "--epsilon", "0.01"][..], &written].concat());
    assert_eq!((value["answer"].as_str(), value["competition"].as_str(), code), (Some("holds"), Some("unsat"), 0));
    assert_eq!((value["cases"].as_u64(), value["excluded"].as_u64()), (Some(1), Some(1)));
    assert!(value["witness"].is_null() && value["perturbation"]["epsilon"] == 0.01, "{value}");
    assert_eq!(std::fs::read_to_string(&results).unwrap(), "unsat\n");

    let (value, code) = json(&[&[MODEL, CORNER, "--epsilon", "0.05"][..], &written].concat());
    assert_eq!((value["answer"].as_str(), value["competition"].as_str(), code), (Some("violated"), Some("sat"), 1));
    let witness = &value["witness"];
    let output = [0, 1].map(|j| witness["output"][j].as_f64().unwrap());
    assert!(output[1] - output[0] <= 1.0, "{witness}");
    for moved in witness["parameters"].as_array().unwrap() {
        let by = moved["value"].as_f64().unwrap() - moved["trained"].as_f64().unwrap();
        assert!(by.abs() <= 0.05 + 1e-15, "{moved}");
    }
    let text = std::fs::read_to_string(&results).unwrap();
    let input = witness["input"][1].to_string();
    assert!(text.starts_with("sat\n((X_0 ") && text.contains(&format!("\n (X_1 {input})\n (Y_0 ")), "{text}");
    assert!(text.ends_with("))\n"), "{text}");
    assert!(value["perturbation"].is_object());

    // nothing moves
    let (value, code) = json(&[MODEL, CORNER]);
    assert_eq!((value["answer"].as_str(), code), (Some("holds"), 0));
    assert!(value.get("perturbation").is_none());
    let (value, _) = json(&[MODEL, CORNER, "--relative", "0.001", "--layers", "2", "--only", "biases"]);
    assert_eq!(value["answer"].as_str(), Some("holds"));
}

#[test]
fn a_time_out_is_an_answer() {
    let (results, hard) = (file("timeout.txt", ""), hard());
    let started = Instant::now();
    let (value, code) =
        json(&[MODEL, hard.to_str().unwrap(), "--timeout", "0.3", "--results", results.to_str().unwrap()]);
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!((value["answer"].as_str(), value["stop"].as_str(), code), (Some("timeout"), Some("time"), 4));
    assert_eq!(std::fs::read_to_string(&results).unwrap(), "timeout\n");
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_an_answer() {
    let hard = hard();
    let mut child = command(&[MODEL, hard.to_str().unwrap(), "--output", "none", "--json", "--timeout", "60"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(700));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((value["answer"].as_str(), value["stop"].as_str()), (Some("timeout"), Some("interrupted")));
}

#[test]
fn errors_say_what_where_and_what_was_expected() {
    let broken = file("broken.vnnlib", "(declare-const X_0 Real)\n(assert (<= X_0 1)");
    let one = file(
        "one.vnnlib",
        "(declare-const X_0 Real)(declare-const Y_0 Real)(declare-const Y_1 Real)(assert (<= 0 X_0 1))",
    );
    let (broken, one) = (broken.to_str().unwrap(), one.to_str().unwrap());
    let cases: [(&[&str], String); 8] = [
        (&[MODEL, CORNER], "moons_relu_2-16-16-2: the output is softmax, expected --output none".into()),
        (&[MODEL, "no.vnnlib", "--output", "none"], "no.vnnlib: cannot be read: no such file".into()),
        (
            &[MODEL, broken, "--output", "none"],
            format!("{broken}: line 2, column 19: the end of the text, expected `)`"),
        ),
        (&[MODEL, one, "--output", "none"], format!("{one}: 1 input declared, expected X_0 to X_1")),
        (&["no.json", CORNER], "no.json".into()),
        (
            &[MODEL, CORNER, "--output", "none", "--layers", "1"],
            "--layers and --only need an amount: add --epsilon, --relative or --quantize".into(),
        ),
        (&[MODEL, CORNER, "--output", "none", "--epsilon", "0.1", "--layers", "7"], "layer 7".into()),
        (
            &[MODEL, CORNER, "--output", "none", "--results", "/no/such/folder"],
            "/no/such/folder: cannot be written".into(),
        ),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.contains(&expected), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
