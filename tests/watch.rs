//! `quantproof … --watch FILE`: the page of the search behind an answer.

use std::path::PathBuf;
use std::process::Command;

fn quantproof(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_quantproof"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .expect("it runs")
}

fn page(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("quantproof-watch-{name}-{}.html", std::process::id()))
}

#[test]
fn a_watched_question_has_the_same_answer_and_a_page() {
    let path = page("global");
    let question = ["global", "models/moons_relu_2-4-2.json", "--epsilon", "0.01", "--quiet", "--json"];
    let plain = quantproof(&question);
    let watched = quantproof(&[&question[..], &["--watch", path.to_str().expect("a name")]].concat());
    let timeless = |output: &std::process::Output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter(|line| !line.contains("seconds")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(plain.status.code(), watched.status.code());
    assert_eq!(timeless(&plain), timeless(&watched), "watching changes the answer");
    let html = std::fs::read_to_string(&path).expect("a page");
    // what is left in the folder for temporary files does no harm
    let _ = std::fs::remove_file(&path);
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    for text in
        ["how large can the change of the confidence be", "Split: ", "The maximum lies between", "moons_relu_2-4-2"]
    {
        assert!(html.contains(text), "no {text:?} in the page");
    }
}

#[test]
fn an_answer_in_closed_form_says_that_there_was_no_search() {
    let path = page("local");
    let output = quantproof(&[
        "local",
        "models/moons_relu_2-4-2.json",
        "--input",
        "0.5,0.25",
        "--epsilon",
        "0.01",
        "--watch",
        path.to_str().expect("a name"),
    ]);
    assert!(output.status.success(), "{output:?}");
    let html = std::fs::read_to_string(&path).expect("a page");
    let _ = std::fs::remove_file(&path);
    assert!(html.contains("\"steps\":[{"), "a page without a step");
}

#[test]
fn many_inputs_and_a_folder_are_refused() {
    let many = ["local", "models/moons_relu_2-4-2.json", "--inputs", "models/moons_few.csv", "--epsilon", "0.01"];
    let output = quantproof(&[&many[..], &["--watch", "page.html"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("--watch: for many inputs, expected --input"),
        "{output:?}"
    );
    let output = quantproof(&["global", "models/moons_relu_2-4-2.json", "--epsilon", "0.01", "--watch", "models"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a folder, expected a file"), "{output:?}");
}
