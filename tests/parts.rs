//! Parts of a table, and merging them.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn quantproof(arguments: &[&str]) -> (Option<i32>, String, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = Command::new(env!("CARGO_BIN_EXE_quantproof")).args(arguments).current_dir(root).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (run.status.code(), text(run.stdout), text(run.stderr))
}

/// A folder of its own for each test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parts").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Answers about parts of the table that a question is about.
fn parts(folder: &Path, question: &[&str], rows: &[&str]) -> Vec<String> {
    let ask = |rows: &&str| {
        let (code, out, wrong) = quantproof(&[question, &["--rows", rows, "--json"]].concat());
        assert!(code < Some(2), "{code:?} {wrong}");
        let path = folder.join(format!("{rows}.json"));
        std::fs::write(&path, out).unwrap();
        path.to_str().unwrap().to_owned()
    };
    rows.iter().map(ask).collect()
}

fn merge(files: &[&String]) -> (Option<i32>, String, String) {
    let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
    quantproof(&[&["merge"], &files[..], &["--json"]].concat())
}

/// Everything but the time.
fn timeless(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).unwrap();
    value.as_object_mut().unwrap().remove("seconds");
    value
}

#[test]
fn the_merged_answer_is_that_of_the_whole_table() {
    let model = "models/moons_relu_2-8-2.json";
    let inputs = ["--inputs", "models/moons_test.csv"];
    for (name, question) in [
        ("flips", [&["flips", model, "--quantize", "int4"][..], &[]].concat()),
        ("local", [&["local", model, "--epsilon", "0.05"][..], &inputs].concat()),
        ("threshold", [&["local", model, "--epsilon", "0.05", "--deviation", "0.1"][..], &inputs].concat()),
        ("faults", [&["faults", model, "--quantize", "int4"][..], &[]].concat()),
    ] {
        let files = parts(&folder(name), &question, &["1..30", "31..31", "32..100"]);
        let (code, whole, _) = quantproof(&[&question[..], &["--json"]].concat());
        let (merged_code, merged, wrong) = merge(&[&files[2], &files[0], &files[1]]);
        assert_eq!((merged_code, wrong.as_str()), (code, ""), "{name}");
        assert_eq!(timeless(&merged), timeless(&whole), "{name}");
        let rows = |text: &str| text.lines().filter(|line| line.starts_with("{\"line\"")).map(str::to_owned).collect();
        let (a, b): (Vec<String>, Vec<String>) = (rows(&merged), rows(&whole));
        assert_eq!(a, b, "the very digits");
    }
}

#[test]
fn missing_doubled_and_foreign_parts_are_named() {
    let folder = folder("errors");
    let question = ["flips", "models/moons_relu_2-4-2.json", "--epsilon", "0.05"];
    let files = parts(&folder, &question, &["1..30", "31..60", "50..100", "61..100"]);
    let says = |files: &[&String], expected: &str| {
        let (code, _, wrong) = merge(files);
        assert_eq!(code, Some(2));
        assert!(wrong.contains(expected), "{wrong}");
    };
    says(&[&files[0], &files[3]], "rows 31..60 are missing");
    says(&[&files[0], &files[1]], "rows 61..100 are missing");
    says(&[&files[1], &files[3]], "rows 1..30 are missing");
    says(&[&files[0], &files[1], &files[2]], "rows 50..60 are in ");
    says(&[&files[0], &files[0], &files[1], &files[3]], "rows 1..30 are in ");
    let other = folder.join("other");
    std::fs::create_dir_all(&other).unwrap();
    let epsilon = ["flips", "models/moons_relu_2-4-2.json", "--epsilon", "0.06"];
    says(&[&files[0], &parts(&other, &epsilon, &["31..100"])[0]], "another perturbation than in ");
    let model = ["flips", "models/moons_relu_2-8-2.json", "--epsilon", "0.05"];
    says(&[&files[0], &parts(&other, &model, &["31..100"])[0]], "another model than in ");
    let table = [&question[..], &["--inputs", "models/moons_few.csv"]].concat();
    says(&[&files[0], &parts(&other, &table, &["1..5"])[0]], "another file of inputs than in ");
    let cut = folder.join("cut.json");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    std::fs::write(&cut, &text[..text.len() / 2]).unwrap();
    says(&[&cut.to_str().unwrap().to_owned()], "no whole JSON answer");
    let (_, whole, _) = quantproof(&[&question[..], &["--json"]].concat());
    std::fs::write(&cut, whole).unwrap();
    says(&[&cut.to_str().unwrap().to_owned()], "no part, expected an answer to a question with --rows");
}

#[test]
fn a_part_that_ran_out_of_time_is_no_part() {
    let folder = folder("late");
    let question = ["flips", "models/moons_relu_2-4-2.json", "--epsilon", "0.05", "--timeout", "0"];
    let (code, out, _) = quantproof(&[&question[..], &["--rows", "1..100", "--json"]].concat());
    assert_eq!(code, Some(4));
    let path = folder.join("late.json");
    std::fs::write(&path, out).unwrap();
    let (code, _, wrong) = merge(&[&path.to_str().unwrap().to_owned()]);
    assert_eq!(code, Some(2));
    assert!(wrong.contains("expected"), "{wrong}");
}

#[test]
fn rows_are_checked() {
    let asked = |command: &str, more: &[&str]| {
        let (code, _, wrong) =
            quantproof(&[&[command, "models/moons_relu_2-4-2.json", "--epsilon", "0.05"], more].concat());
        assert_eq!(code, Some(2));
        wrong
    };
    let table = ["--inputs", "models/moons_few.csv"];
    assert!(asked("flips", &[&table[..], &["--rows", "4..6"]].concat()).contains("--rows 4..6: there are 5 rows"));
    assert!(asked("flips", &[&table[..], &["--rows", "0..6"]].concat()).contains("counted from 1"));
    assert!(
        asked("local", &["--input", "0,0", "--rows", "1..1"]).contains("--rows without a table, expected --inputs")
    );
}
