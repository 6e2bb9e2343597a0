//! The words fit the figures: bounds are called bounds only as close as asked for, tables that were cut short bound nothing
//! beyond their rows, networks without classes are not said to have any, and pages say all that the text says.

use deltasat::search::StopReason;
use quantproof::robustness::bits::mixed;
use quantproof::robustness::{Answer, Finding};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const MODEL: &str = "models/moons_relu_2-8-2.json";
/// Two inputs and one output that is no confidence.
const REGRESSION: &str = r#"{"format":"quantproof-network","version":1,"name":"regression",
    "input":{"names":["u","v"],"domain":[[0,1],[0,1]]},
    "layers":[{"weights":[[1,-1],[0.5,0.25]],"biases":[0,0.1],"activation":"relu"},
    {"weights":[[1,-2]],"biases":[0.5],"activation":"linear"}],"output":"none","classes":["y"]}"#;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("quantproof-words-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(arguments: &[&str]) -> (String, i32) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output = command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let code = output.status.code().unwrap();
    assert!(code != 2, "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), code)
}

fn json(arguments: &[&str]) -> (Value, i32) {
    let (out, code) = run(&[arguments, &["--json"]].concat());
    (serde_json::from_str(&out).unwrap(), code)
}

#[test]
fn a_network_of_one_output_has_no_classes() {
    let folder = Folder::new("regression");
    let model = folder.file("model.json", REGRESSION);
    let inputs = folder.file("inputs.csv", "u,v\n0.5,0.25\n1,0\n");
    let page = folder.file("page.html", "");
    let questions: [&[&str]; 6] = [
        &["local", &model, "--input", "0.5,0.25", "--epsilon", "0.01"],
        &["local", &model, "--inputs", &inputs, "--epsilon", "0.01"],
        &["global", &model, "--epsilon", "0.01"],
        &["sensitivity", &model, "--epsilon", "0.01"],
        &["faults", &model, "--input", "0.5,0.25", "--quantize", "int8"],
        &["faults", &model, "--inputs", &inputs, "--quantize", "int8"],
    ];
    for question in questions {
        let (text, _) = run(question);
        assert!(!text.contains("class"), "{question:?}: {text}");
        let (value, _) = json(question);
        assert!(value["class_change"].is_null(), "{value}");
        if question[0] != "faults" {
            run(&[question, &["--html", &page]].concat());
            let said = fs::read_to_string(&page).unwrap();
            let body = said.split("<main>").nth(1).unwrap();
            // the word stands in attributes too
            assert!(!body.replace("class=", "").contains("lass change"), "{question:?}");
            assert!(!body.contains("its confidence"), "{question:?}");
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output =
        command.args(["local", &model, "--input", "0,0", "--epsilon", "1", "--class-change"]).output().unwrap();
    let problem = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2) && problem.contains("one output, expected at least 2 classes"),
        "{problem}"
    );
}

#[test]
fn the_page_says_what_float32_adds_and_shows_both_ends_of_a_difference() {
    let folder = Folder::new("page");
    let page = folder.file("page.html", "");
    let (text, _) = run(&["local", MODEL, "--input", "0.3,-0.2", "--epsilon", "0.01", "--float32", "--html", &page]);
    let line = text.lines().find(|line| line.starts_with("  float32 ")).unwrap();
    let said = line.trim_start().trim_start_matches("float32").trim();
    assert!(fs::read_to_string(&page).unwrap().contains(&said[1..]), "{said}");
    let a = folder.file("a.json", REGRESSION);
    let b = folder.file("b.json", &REGRESSION.replace("-2]", "-1.5]").replace("[1,-1]", "[1.25,-1]"));
    let (text, _) = run(&["difference", &a, &b, "--html", &page]);
    let said = fs::read_to_string(&page).unwrap();
    for (end, heading) in [("min at", "of the least difference"), ("max at", "of the greatest difference")] {
        assert!(text.contains(end) && said.contains(heading), "{end}: {text}");
    }
}

#[test]
fn a_map_counts_all_rows_of_a_long_table() {
    let folder = Folder::new("rows");
    let page = folder.file("page.html", "");
    // the page's table holds 5 000 rows
    let mut rows = String::from("x1,x2\n");
    for i in 0..5_200 {
        rows.push_str(&format!(
            "{},{}\n",
            -1.0 + 2.0 * f64::from(i % 100) / 99.0,
            -1.0 + 2.0 * f64::from(i / 100) / 51.0
        ));
    }
    let inputs = folder.file("inputs.csv", &rows);
    let question = ["local", MODEL, "--inputs", &inputs, "--epsilon", "0.05", "--class-change"];
    run(&[&question[..], &["--html", &page]].concat());
    let (value, _) = json(&question);
    let said = fs::read_to_string(&page).unwrap();
    let [never, can] = ["robust", "violated"].map(|count| value["summary"][count].as_u64().unwrap());
    assert!(never > 1_000 && can > 200 && never + can > 5_000);
    for (name, count) in [("never flips (proved)", never), ("can flip", can)] {
        let legend = said.split("</figure>").next().unwrap();
        assert!(legend.contains(&format!(": {count}<")), "{name} {count}");
    }
}

#[test]
fn a_table_that_was_cut_short_bounds_only_its_rows() {
    let (value, code) = json(&["faults", MODEL, "--quantize", "int8", "--timeout", "0"]);
    assert_eq!((value["stop"].as_str(), code), (Some("time"), 4));
    assert!(value["upper"].is_null(), "{value}");
    let (value, _) =
        json(&["local", MODEL, "--inputs", "models/moons_test.csv", "--epsilon", "0.01", "--timeout", "0"]);
    assert!(value["upper"].is_null(), "{value}");
}

#[test]
fn a_limit_within_single_layers_is_the_reason_that_is_given() {
    let ask = |bits: &[Option<u32>]| {
        let answer = if bits[0] == Some(7) { Answer::Timeout } else { Answer::Violated };
        let stop = if answer == Answer::Timeout { StopReason::Memory } else { StopReason::Complete };
        Finding { answer, stop, ..Finding::open() }
    };
    let found = mixed(&[10, 10, 10, 10], 2..=8, 8, ask, || None);
    assert_eq!((found.stop, found.least), (StopReason::Memory, false));
}

#[test]
fn parts_are_ranked_only_where_their_bounds_say_so() {
    let question = ["sensitivity", MODEL, "--epsilon", "0.01", "--per", "neuron", "--delta", "0.05"];
    let (value, _) = json(&question);
    let shares = value["shares"].as_array().unwrap();
    for (index, share) in shares.iter().enumerate() {
        let later = shares[index + 1..].iter().map(|later| later["alone"][1].as_f64().unwrap());
        let most = later.chain(value["rest"].as_f64()).fold(f64::NEG_INFINITY, f64::max);
        let all = value["parts"].as_u64().unwrap() as usize == shares.len() && index + 1 == shares.len();
        let expected = all || share["alone"][0].as_f64().unwrap() >= most;
        assert_eq!(share["separated"].as_bool(), Some(expected), "{index}: {value}");
        // a part of a box is no more than the box
        assert!(share["share_at_most"].as_f64().is_none_or(|most| most <= 100.0), "{value}");
    }
    assert!(shares.iter().any(|share| share["separated"] == false));
    let (text, _) = run(&question);
    assert!(text.contains("  not separated  ") && text.contains("their bounds overlap"), "{text}");
}

#[test]
fn printed_bounds_are_as_close_as_the_answer_says() {
    for delta in ["0.001", "1e-5", "1e-7"] {
        let question = ["global", MODEL, "--epsilon", "0.002", "--delta", delta];
        let (text, code) = run(&question);
        let line = text.lines().find(|line| line.starts_with("  deviation")).unwrap();
        let ends = line.split(['[', ']']).nth(1).unwrap();
        let ends: Vec<_> = ends.split(", ").map(|end| deltasat::exact::rational::parse(end).unwrap()).collect();
        let within = &ends[1] - &ends[0] <= deltasat::exact::rational::parse(delta).unwrap();
        assert!((code == 0) == within && text.starts_with(if within { "bounds" } else { "unknown" }), "{text}");
    }
}
