//! Questions that are cut short and taken up again: the answer, the witness and the number of boxes are those of a run that
//! nothing interrupted, and a file that does not belong to the question is refused.

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::{Event, Observer, StopReason};
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::global::Global;
use quantproof::robustness::journal::{Journal, Note};
use quantproof::robustness::{ClassChoice, Finding, Settings};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Interrupts a search after some batches.
struct After(usize, Arc<AtomicBool>);

impl Observer for After {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { .. } = event {
            self.0 = self.0.saturating_sub(1);
            self.1.store(self.0 == 0, Ordering::Relaxed);
        }
    }
}

/// One run that is interrupted after some batches; what it noted is in `notes` afterwards.
fn run(model: &str, epsilon: i64, batches: usize, notes: &Arc<Mutex<Vec<Note>>>, choice: ClassChoice) -> Finding {
    let network = Network::load(format!("{}/models/{model}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let epsilon = Rational::new(epsilon.into(), 1000.into());
    let perturbation = Perturbation::uniform(Magnitude::Absolute(epsilon)).unwrap();
    let domain: Vec<_> =
        network.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
    let kept = Arc::clone(notes);
    let earlier = notes.lock().unwrap().clone();
    // as a file would: nothing but the text survives
    let earlier: Vec<Note> = serde_json::from_str(&serde_json::to_string(&earlier).unwrap()).unwrap();
    let journal = Journal::new(earlier, move |notes, _| *kept.lock().unwrap() = notes.to_vec());
    let mut settings = Settings { journal: Some(Arc::new(Mutex::new(journal))), ..Settings::default() };
    let interrupt = Arc::new(AtomicBool::new(batches == 0));
    settings.budget = Budget::unlimited().with_interrupt(Arc::clone(&interrupt));
    let mut after = After(batches, interrupt);
    Global { network: &network, perturbation: &perturbation, domain: &domain, settings }
        .deviation(choice, None, &mut after)
}

#[test]
fn a_resumed_search_does_what_an_uninterrupted_one_does() {
    for (model, epsilon, choice) in [
        ("circles_relu_2-16-16-2", 10, ClassChoice::Assigned),
        ("moons_relu_2-16-16-2", 2, ClassChoice::Assigned),
        ("iris_relu_4-8-3", 2, ClassChoice::Index(1)),
    ] {
        let whole = run(model, epsilon, usize::MAX, &Arc::default(), choice);
        assert_eq!(whole.stop, StopReason::Complete);
        let notes = Arc::new(Mutex::new(Vec::new()));
        let (mut batches, mut runs) = (1, 0);
        let last = loop {
            let finding = run(model, epsilon, batches, &notes, choice);
            assert!(finding.lower <= whole.upper && whole.lower <= finding.upper, "{model}: a wrong bound on the way");
            runs += 1;
            if finding.stop == StopReason::Complete {
                break finding;
            }
            batches += 1;
        };
        assert!(runs > 2, "{model} was not cut short");
        assert_eq!((last.lower, last.upper), (whole.lower, whole.upper), "{model}");
        assert_eq!(last.statistics.boxes, whole.statistics.boxes, "{model}");
        assert_eq!(last.witness.unwrap().input, whole.witness.unwrap().input, "{model}");
        // and when all is known, nothing is searched again
        let again = run(model, epsilon, 0, &notes, choice);
        assert_eq!((again.lower, again.upper, again.stop), (whole.lower, whole.upper, StopReason::Complete));
    }
}

fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("quantproof-checkpoint-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

fn quantproof(arguments: &str, checkpoint: &std::path::Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quantproof"))
        .args(arguments.split(' '))
        .arg("--checkpoint")
        .arg(checkpoint)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap()
}

#[test]
fn the_command_goes_on_from_its_file() {
    let path = file("goes-on");
    let question = "global models/circles_relu_2-16-16-2.json --epsilon 0.01";
    // the first ones may end among the starting points, which then are tried again
    for limit in ["0", "0.01", "0.05"] {
        let cut = quantproof(&format!("{question} --timeout {limit}"), &path);
        assert_eq!(cut.status.code(), Some(4), "{}", String::from_utf8_lossy(&cut.stdout));
        assert!(String::from_utf8_lossy(&cut.stderr).contains("the same command goes on from"));
    }
    let whole = quantproof(&format!("{question} --json"), &path);
    assert_eq!(whole.status.code(), Some(0));
    let fresh = file("fresh");
    let answer = |output: &Output| {
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        ["lower", "upper", "witness", "boxes"].map(|part| answer[part].clone())
    };
    assert_eq!(answer(&whole), answer(&quantproof(&format!("{question} --json"), &fresh)));
    // known by now
    assert_eq!(answer(&whole), answer(&quantproof(&format!("{question} --json --timeout 0"), &path)));
}

#[test]
fn bits_go_on_as_well() {
    let path = file("bits");
    let question = "bits models/moons_relu_2-8-2.json --deviation 0.05";
    let cut = quantproof(&format!("{question} --timeout 0"), &path);
    assert_eq!(cut.status.code(), Some(4), "{}", String::from_utf8_lossy(&cut.stdout));
    let whole = quantproof(question, &path);
    assert_eq!(whole.status.code(), Some(0));
    let first = |output: &Output| String::from_utf8_lossy(&output.stdout).lines().next().unwrap().to_owned();
    assert_eq!(first(&whole), first(&quantproof(question, &path)));
}

/// Two classes whose logits are tied as no arithmetic with tanh can tell, and a third one far below. Rounded, the first one
/// loses to the second at every input, and no search can find that or refute it: doubles cannot split its box.
const TIED: &str = r#"{"format": "quantproof-network", "version": 1, "name": "tied",
    "input": {"names": ["x"], "domain": [[0.3, 0.3]]},
    "layers": [
        {"weights": [[1], [1], [1], [-1]], "biases": [0, 0, 0, 0], "activation": "tanh"},
        {"weights": [[0.625, 0.1875, 0.1875, 0], [0, 0, 0, -1], [0, 0, 0, 1]], "biases": [0, 0, -5],
         "activation": "linear"}],
    "output": "softmax", "classes": ["0", "1", "2"]}"#;

#[test]
fn a_search_that_ended_open_is_not_answered_by_a_later_one() {
    let (model, path) = (file("tied.json"), file("tied"));
    std::fs::write(&model, TIED).unwrap();
    let question = format!(
        "global {} --quantize fixed:4.1 --rounding nearest --class-change --confidence-at-least 0",
        model.display()
    );
    for run in 0..3 {
        let output = quantproof(&question, &path);
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(3), "run {run}: {said}");
        assert!(said.starts_with("unknown"), "run {run}: {said}");
    }
    std::fs::remove_file(&model).unwrap();
}

#[test]
fn every_search_that_is_complete_is_known_again() {
    // the deviations of three classes are three searches
    let (model, epsilon, choice) = ("iris_relu_4-8-3", 2, ClassChoice::Worst);
    let notes = Arc::new(Mutex::new(Vec::new()));
    let whole = run(model, epsilon, usize::MAX, &notes, choice);
    assert_eq!((whole.stop, notes.lock().unwrap().len()), (StopReason::Complete, 3));
    for _ in 0..2 {
        // no search could go on
        let again = run(model, epsilon, 0, &notes, choice);
        assert_eq!((again.lower, again.upper, again.stop), (whole.lower, whole.upper, StopReason::Complete));
        assert_eq!(notes.lock().unwrap().len(), 3);
    }
}

#[test]
fn files_of_other_questions_and_damaged_ones_are_refused() {
    let path = file("refused");
    let question = "global models/moons_relu_2-8-2.json --epsilon 0.01";
    assert_eq!(quantproof(question, &path).status.code(), Some(0));
    let refused = |arguments: &str, expected: &str| {
        let output = quantproof(arguments, &path);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected) && message.contains("--checkpoint"), "{message}");
    };
    for other in [
        "global models/moons_relu_2-8-2.json --epsilon 0.02",
        "global models/moons_relu_2-8-2.json --epsilon 0.01 --delta 0.01",
        "global models/moons_relu_2-8-2.json --epsilon 0.01 --output none",
        "global models/moons_relu_2-8-2.json --epsilon 0.01 --domain 0..1",
        "global models/circles_relu_2-8-2.json --epsilon 0.01",
        "radius global models/moons_relu_2-8-2.json --deviation 0.05",
    ] {
        refused(other, "another question");
    }
    // the number of threads and the form of the answer are no part of the question
    assert_eq!(quantproof(&format!("{question} --jobs 2 --json"), &path).status.code(), Some(0));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"boxes\":", "\"boxes\":1", 1)).unwrap();
    refused(question, "not as they were written");
    std::fs::write(&path, "{}").unwrap();
    refused(question, "expected a checkpoint or no file");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    refused(question, "cannot be");
    std::fs::remove_dir(&path).unwrap();
    let inputs = "sensitivity models/moons_relu_2-8-2.json --epsilon 0.01 --input 0.1,0.2";
    refused(inputs, "expected a domain");
}
