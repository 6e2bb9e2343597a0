//! Every `unsat` is proved, and the proof is accepted: of the golden scripts, and of the shared cases where they are at hand.

#![allow(clippy::print_stderr)] // the shared cases print a table

use deltasat::budget::Budget;
use deltasat::proof::{check, write};
use deltasat::smtlib::{Script, Session, Settings, Verdict};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut scripts: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "smt2")).collect();
    scripts.sort();
    scripts
}

/// Which of a script's checks are `unsat`, from 1, within so many seconds.
fn refuted(text: &str, seconds: f64) -> Vec<usize> {
    let budget = Budget::unlimited().with_time(Duration::from_secs_f64(seconds));
    let mut session = Session::new(Settings { budget, ..Settings::default() });
    let mut script = Script::new(text);
    let (mut checks, mut found) = (0, Vec::new());
    while let Ok(Some(reply)) = session.step(&mut script, &mut ()) {
        if let Some(answer) = reply.answer {
            checks += 1;
            if answer.verdict == Verdict::Unsat {
                found.push(checks);
            }
        }
    }
    found
}

/// Proves and checks; the failure in words.
fn proved(text: &str, number: usize, seconds: f64) -> Result<u64, String> {
    let budget = Budget::unlimited().with_time(Duration::from_secs_f64(seconds));
    let proof = write(text, number, &budget).map_err(|failure| failure.to_string())?;
    let reports = check(&proof).map_err(|error| format!("refused: {error}"))?;
    assert_eq!(reports[0].1, text, "the proof is about this script");
    Ok(reports[0].0.steps)
}

/// Golden scripts with an answer `unsat` that has no proof yet, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("binary", "bit vectors"),
    ("bounds_in_declarations", "two decimals that are equal, beside each other as bounds"),
    ("check_sat_assuming", "assumptions"),
    ("cores_of_the_check", "assumptions"),
    ("distinct_of_equal_terms", "polynomial identities"),
    ("exists", "quantifiers"),
    ("far_optima", "two bounds that only exact sums tell apart"),
    ("forall", "quantifiers"),
    ("forall_with_a_name", "quantifiers"),
    ("integers_past_2_53", "equations of integers that only exact arithmetic tells apart"),
    ("ite_equal_branches", "ite on anything but an inequality"),
    ("ite_is_a_maximum", "identities of ite and max"),
    ("ite_of_a_boolean", "ite on anything but an inequality"),
    ("ite_of_numbers", "ite on anything but an inequality"),
    ("powers", "fractional powers of what may be negative"),
    ("quantifiers_over_booleans", "quantifiers"),
    ("reset_assertions", "reset-assertions"),
    ("to_int", "to_int"),
    ("undefined_conditions", "ite on anything but an inequality"),
    ("undefined_in_every_spelling", "distinct on formulas"),
    ("unsat_core", "names of assertions as formulas"),
];

#[test]
fn golden_scripts_are_proved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtlib");
    let (mut accepted, mut failed) = (0, Vec::new());
    for path in scripts(&folder) {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a script");
        let mut all = true;
        for number in refuted(&text, 10.0) {
            match proved(&text, number, 3.0) {
                Ok(_) => accepted += 1,
                Err(why) => {
                    all = false;
                    if !WITHOUT.iter().any(|(without, _)| *without == name) {
                        failed.push(format!("{name}, check {number}: {why}"));
                    }
                }
            }
        }
        assert!(!all || !WITHOUT.iter().any(|(without, _)| *without == name), "{name} is proved: take it off the list");
    }
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(accepted > 30, "{accepted} proofs");
}

#[test]
fn a_changed_claim_is_refused() {
    let text = "(declare-const x Real)(assert (<= 0 x 1))(assert (> (* x (- 1 x)) 0.4))(check-sat)";
    let proof = write(text, 1, &Budget::unlimited()).expect("a proof");
    assert!(check(&proof).is_ok());
    assert!(check(&proof.replace("0.4", "0.2")).is_err());
    assert!(write(&text.replace("0.4", "0.2"), 1, &Budget::unlimited().with_time(Duration::from_millis(200))).is_err());
}

/// The networks as formulas, where they are at hand (in `QUANTPROOF_CASES`, or in `shared/cases` beside the repository).
#[test]
fn networks_as_formulas_are_proved() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    let folder = std::env::var_os("QUANTPROOF_CASES").map_or(beside, PathBuf::from).join("mlp");
    let mut count = 0;
    for path in scripts(&folder).into_iter().filter(|path| path.to_string_lossy().contains("2-4-2__")) {
        if path.to_string_lossy().ends_with("__unsat.smt2") {
            let text = std::fs::read_to_string(&path).expect("a script");
            let steps = proved(&text, 1, 60.0).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            assert!(steps < 1000, "{}: {steps} steps", path.display());
            count += 1;
        }
    }
    eprintln!("{count} networks proved");
}
