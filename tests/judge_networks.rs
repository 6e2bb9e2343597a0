//! The judge over everything that `quantproof` prints about networks: the examples of the README and the guide, the shipped
//! models, the shared cases, random networks, and lies planted into true answers.
//!
//! `QUANTPROOF_SEEDS` asks for more random networks.

mod examples;
mod judge;

use judge::question::Question;
use judge::solver::json;
use judge::solver::tally::Tally;
use judge::text;
use judge::verdict::{self, Run};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Violations that are known and not mended yet; this list may only shrink.
const KNOWN: &[&str] = &[];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the command and returns its transcript.
fn run(place: &str, words: &[&str], folder: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quantproof"));
    let output = command.current_dir(folder).args(words).output().expect("the command starts");
    Run {
        place: place.to_owned(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        code: output.status.code(),
    }
}

/// Asks for JSON and text and judges both, if the judge can read the question.
fn judged(place: &str, words: &[&str], folder: &Path, tally: &mut Tally) {
    let Some(question) = Question::read(words, folder) else {
        return tally.leave("a network in a format that the judge does not read");
    };
    let object = run(place, &[words, &["--json"]].concat(), folder);
    verdict::judge(&object, &question, tally);
    if let Ok(json) = json::read(&object.stdout) {
        text::judge(&run(place, words, folder), &json, object.code, &question, tally);
    }
}

/// Every command in the examples of the README and the guide.
#[test]
fn pages() {
    let mut tally = Tally::default();
    let mut seen = BTreeSet::new();
    for page in examples::pages() {
        for command in examples::of(&page).map(|example| example.command) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let judgeable = !["show", "compare-activations", "convert", "encode"].contains(&words[0]);
            if judgeable && seen.insert(command.clone()) {
                judged(&format!("{} {command}", page.name), &words, &root(), &mut tally);
            }
        }
    }
    tally.settle(KNOWN);
}

/// The shipped models and the shared cases under every kind of question that is quick.
#[test]
fn shipped_and_shared() {
    let mut tally = Tally::default();
    let ask = |place: &str, line: &str, folder: &Path, tally: &mut Tally| {
        judged(place, &line.split_whitespace().collect::<Vec<_>>(), folder, tally);
    };
    let questions = [
        "local MODEL --input INPUT --epsilon 0.01",
        "local MODEL --input INPUT --epsilon 0.05 --class-change",
        "local MODEL --input INPUT --quantize int4:per-channel:asymmetric:bias-same --class worst",
        "local MODEL --input INPUT --quantize float8:e4m3 --deviation 0.01",
        "local MODEL --input INPUT --quantize fixed:6 --rounding truncate",
        "local MODEL --input INPUT --quantize uniform:3% --layers 0",
        "local MODEL --input INPUT --relative 0.02 --only weights --class 1",
        "global MODEL --epsilon 0.001 --delta 0.05 --timeout 1",
        "global MODEL --quantize int6 --class-change --confidence-at-least 0.9 --timeout 1",
        "radius local MODEL --input INPUT --class-change --timeout 1",
        "bits MODEL --input INPUT --deviation 0.05",
        "flips MODEL --quantize int4 --timeout 1",
        "faults MODEL --input INPUT --quantize int8",
    ];
    for model in ["moons_relu_2-8-2", "circles_linear_2-8-2", "blobs_relu_2-4-2", "iris_relu_4-8-3"] {
        let input = if model.contains("iris") { "0.1,-0.2,0.3,1/3" } else { "0.3,-0.2" };
        for question in questions {
            let line = question.replace("MODEL", &format!("models/{model}.json")).replace("INPUT", input);
            ask(&format!("{model} {question}"), &line, &root(), &mut tally);
        }
    }
    ask("region", "safe-region models/moons_relu_2-8-2.json --quantize int5 --gap 0.2", &root(), &mut tally);
    ask("shares", "sensitivity models/moons_relu_2-8-2.json --epsilon 0.01 --per neuron", &root(), &mut tally);
    ask(
        "table",
        "local models/moons_relu_2-8-2.json --inputs models/moons_test.csv --epsilon 0.05 --class-change",
        &root(),
        &mut tally,
    );
    let faults = root().join("../shared/cases/faults");
    if faults.is_dir() {
        for line in [
            "local tie.json --input 1 --relative 0.01 --layers 1 --deviation 0.1",
            "flips tie_softmax.json --inputs one_label.csv --relative 0",
            "global gap_int.json --relative 1/3",
            "global tiegap.json --relative 0.01 --layers 1",
            "local biglogit3.json --input 255 --epsilon 31 --class b",
            "local biglogit3.json --input 255 --epsilon 31 --class b --deviation 0.5",
            "local huge.json --input 1 --quantize int8",
            "global endless.json --epsilon 1e308 --timeout 1",
        ] {
            ask(&format!("faults {line}"), line, &faults, &mut tally);
        }
    }
    tally.settle(KNOWN);
}

/// A random network: small, and with everything that is awkward: ties, dead neurons, numbers of every size.
fn network(rng: &mut SmallRng) -> (String, usize, Vec<String>) {
    const AWKWARD: [&str; 14] =
        ["0", "0", "1", "-1", "0.5", "0.5", "1e-300", "-5e-324", "2.2e-308", "1e10", "0.1", "-0.3", "1e-5", "3"];
    let number = |rng: &mut SmallRng| match rng.random_range(0..5) {
        0 => AWKWARD[rng.random_range(0..AWKWARD.len())].to_owned(),
        1 => format!("{}", f64::from(rng.random_range(-8i32..9)) / 4.0),
        _ => format!("{:?}", rng.random_range(-2.0..2.0)),
    };
    let inputs = rng.random_range(1..4usize);
    let output = ["softmax", "sigmoid", "none"][[0, 0, 0, 1, 2][rng.random_range(0..5)]];
    let outputs = if output == "sigmoid" { 1 } else { rng.random_range(2..4usize) };
    let hidden: Vec<usize> = (0..rng.random_range(0..3)).map(|_| rng.random_range(1..5)).collect();
    let mut sizes = vec![inputs];
    sizes.extend(&hidden);
    sizes.push(outputs);
    let mut layers = Vec::new();
    let smooth = rng.random_range(0..3) == 0;
    for (index, pair) in sizes.windows(2).enumerate() {
        let mut rows: Vec<String> = Vec::new();
        for row in 0..pair[1] {
            let copied = row > 0 && rng.random_range(0..6) == 0;
            let line: Vec<String> = (0..pair[0]).map(|_| number(rng)).collect();
            rows.push(if copied { rows[row - 1].clone() } else { format!("[{}]", line.join(",")) });
        }
        // a large negative bias makes a neuron dead
        let biases: Vec<String> =
            (0..pair[1]).map(|_| if rng.random_range(0..8) == 0 { "-50".to_owned() } else { number(rng) }).collect();
        let activation = if index + 2 == sizes.len() {
            "linear"
        } else if smooth {
            ["tanh", "sigmoid"][rng.random_range(0..2)]
        } else {
            ["relu", "linear"][usize::from(rng.random_range(0..4) == 0)]
        };
        layers.push(format!(
            r#"{{"weights": [{}], "biases": [{}], "activation": "{activation}"}}"#,
            rows.join(","),
            biases.join(",")
        ));
    }
    let classes: Vec<String> = (0..outputs.max(2)).map(|k| format!("c{k}")).collect();
    let classes = if output == "none" { classes[..outputs].to_vec() } else { classes };
    let quoted = |names: &[String]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(",");
    let names: Vec<String> = (0..inputs).map(|k| format!("x{k}")).collect();
    let domain = vec!["[-1, 1]"; inputs].join(",");
    let text = format!(
        r#"{{"format": "quantproof-network", "version": 1, "name": "random", "input": {{"names": [{}], "domain": [{domain}]}},
"layers": [{}], "output": "{output}", "classes": [{}]}}"#,
        quoted(&names),
        layers.join(",\n"),
        quoted(&classes)
    );
    (text, inputs, classes)
}

/// A random question about it.
fn question(rng: &mut SmallRng, inputs: usize, classes: &[String]) -> String {
    const NUMBERS: [&str; 8] = ["0", "1", "-1", "0.5", "1/3", "-0.7", "0.25", "1e-9"];
    const FORMATS: [&str; 12] = [
        "int8",
        "int4:per-channel",
        "int3:asymmetric",
        "int5:per-channel:asymmetric:bias-same",
        "fixed:8:saturate",
        "fixed:4.4:saturate",
        "float16:saturate",
        "bfloat16:saturate",
        "float8:e4m3:saturate",
        "float8:e5m2:saturate",
        "uniform:2%",
        "layer0=int6",
    ];
    let mut pick = |from: &[&'static str]| from[rng.random_range(0..from.len())];
    let input: Vec<&str> = (0..inputs).map(|_| pick(&NUMBERS)).collect();
    let scope = pick(&["local", "local", "local", "global"]);
    let mut line = match pick(&["ask", "ask", "ask", "ask", "ask", "radius", "bits", "faults"]) {
        "radius" => format!("radius {scope} net.json"),
        "bits" => "bits net.json".to_owned(),
        "faults" => {
            return format!(
                "faults net.json --input={} --quantize {} --timeout 1",
                input.join(","),
                pick(&["int8", "int4:per-channel", "fixed:4.4:saturate"])
            );
        }
        _ => {
            let moves = match pick(&["epsilon", "relative", "format", "format"]) {
                "epsilon" => format!("--epsilon {}", pick(&["0", "1e-300", "0.01", "0.1", "1/7", "2"])),
                "relative" => format!("--relative {}", pick(&["0", "0.01", "1/3", "1"])),
                _ => {
                    format!("--quantize {} --rounding {}", pick(&FORMATS), pick(&["any", "any", "nearest", "truncate"]))
                }
            };
            format!("{scope} net.json {moves}")
        }
    };
    let global = line.starts_with("global") || line.starts_with("radius global") || line.starts_with("bits");
    if !global {
        _ = write!(line, " --input={}", input.join(","));
    }
    let must = line.starts_with("radius") || line.starts_with("bits");
    match pick(&["bounds", "deviation", "class"]) {
        "class" => {
            line += " --class-change";
            if global {
                _ = write!(line, " --confidence-at-least {}", pick(&["0.5", "0.6", "0.9"]));
            }
        }
        "bounds" if !must => {
            if pick(&["yes", "no", "no"]) == "yes" {
                _ = write!(line, " --class {}", ["worst", classes[0].as_str()][usize::from(global)]);
            }
        }
        _ => _ = write!(line, " --deviation {}", pick(&["0.001", "0.05", "0.3"])),
    }
    line + " --timeout 0.5"
}

#[test]
fn random_networks() {
    let seeds = std::env::var("QUANTPROOF_SEEDS").ok();
    let seeds = match seeds.as_deref().map(|text| text.split_once("..").unwrap_or(("0", text))) {
        Some((from, to)) => from.parse().expect("a seed")..to.parse().expect("a seed"),
        None => 0..150u64,
    };
    let mut tally = Tally::default();
    let folder = std::env::temp_dir().join(format!("quantproof-judge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for seed in seeds {
        let mut rng = SmallRng::seed_from_u64(seed);
        let (text, inputs, classes) = network(&mut rng);
        std::fs::write(folder.join("net.json"), &text).expect("a file");
        for turn in 0..2 {
            let line = question(&mut rng, inputs, &classes);
            let before = tally.objections.len();
            judged(&format!("seed {seed} {turn}"), &line.split_whitespace().collect::<Vec<_>>(), &folder, &mut tally);
            for (_, what) in &mut tally.objections[before..] {
                *what += &format!("\n{line}\n{text}");
            }
        }
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    tally.settle(KNOWN);
}

/// A lie of the text is told beside a true JSON object.
#[test]
fn planted_lies_in_text() {
    let words: Vec<&str> =
        "local models/moons_relu_2-8-2.json --input 0.3,-0.2 --epsilon 0.05 --deviation 0.05".split(' ').collect();
    let question = Question::read(&words, &root()).expect("a question");
    let object = run("honest", &[&words[..], &["--json"]].concat(), &root());
    let json = json::read(&object.stdout).expect("JSON");
    let honest = run("honest", &words, &root());
    let caught = |run: &Run| {
        let mut tally = Tally::default();
        text::judge(run, &json, object.code, &question, &mut tally);
        assert_eq!(tally.counted("texts"), 1);
        !tally.objections.is_empty()
    };
    assert!(!caught(&honest), "{}", honest.stdout);
    assert!(caught(&Run { code: Some(0), ..honest.clone() }), "a wrong exit code");
    let lies = [
        ("deviation     [", "0.9"),
        ("deviation     [", "0.0"),
        ("class change  ", "perhaps"),
        ("witness       ", "7"),
        ("parameters moved, class \"0\": confidence ", "0.8566"),
        (" -> ", "0.123456"),
    ];
    for (mark, told) in lies {
        let (before, after) =
            honest.stdout.split_once(mark).unwrap_or_else(|| panic!("no `{mark}` in {}", honest.stdout));
        let end = after.find([',', '\n', ' ']).expect("an end");
        let stdout = format!("{before}{mark}{told}{}", &after[end..]);
        assert!(caught(&Run { stdout, ..honest.clone() }), "{told} behind `{mark}` is not caught");
    }
}

/// What a lie is, what stands before it, and what is told in place of what stands there.
type Lie<'a> = (&'a str, &'a str, &'a dyn Fn(&str) -> String);

/// Each lie is told in an otherwise true answer, and the judge objects to it; to the answer itself it does not.
#[test]
fn planted_lies() {
    let objections = |run: &Run, question: &Question| {
        let mut tally = Tally::default();
        verdict::judge(run, question, &mut tally);
        tally.objections
    };
    let tell = |line: &str, lies: &[Lie<'_>]| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let question = Question::read(&words, &root()).expect("a question");
        let honest = run("honest", &[&words[..], &["--json"]].concat(), &root());
        assert_eq!(objections(&honest, &question), [], "{line}\n{}", honest.stdout);
        for (lie, mark, told) in lies {
            let (before, after) =
                honest.stdout.split_once(mark).unwrap_or_else(|| panic!("no {mark} in {}", honest.stdout));
            let end = after.find([',', '}', ']']).expect("an end");
            let stdout = format!("{before}{mark}{}{}", told(&after[..end]), &after[end..]);
            let run = Run { stdout, ..honest.clone() };
            assert!(!objections(&run, &question).is_empty(), "{lie} is not caught: {line}\n{}", run.stdout);
        }
        for code in 0..6 {
            let run = Run { code: Some(code), ..honest.clone() };
            assert_eq!(objections(&run, &question).is_empty(), Some(code) == honest.code, "exit code {code} of {line}");
        }
    };
    let off = |by: f64| move |text: &str| format!("{:?}", text.parse::<f64>().expect("a number") + by);
    let other = |text: &str| if text == "\"0\"" { "\"1\"" } else { "\"0\"" }.to_owned();
    let (up, down, far) = (off(0.001), off(-0.001), off(0.05));
    let nudged = off(1e-9);
    let confidence_off = off(1e-12);
    tell(
        "local models/moons_relu_2-8-2.json --input 0.3,-0.2 --epsilon 0.02 --deviation 0.05",
        &[
            ("a lower bound above the value", "\"lower\":", &up),
            ("an upper bound below the value", "\"upper\":", &down),
            ("a confidence", "\"confidence_nominal\":", &confidence_off),
            ("a confidence of the witness", "\"confidence_perturbed\":", &confidence_off),
            ("a swapped class", "\"class_nominal\":", &other),
            ("a swapped class of the witness", "\"class_perturbed\":", &other),
            ("another assigned class", "\"assigned\":", &other),
            ("a parameter outside its set", "\"value\":", &far),
            ("a parameter that was trained otherwise", "\"trained\":", &nudged),
            ("a parameter of another place", "\"row\":", &|_| "1".to_owned()),
            ("an input that was not asked about", "\"witness\":{\"input\":[", &nudged),
            ("an answer that is another", "\"answer\":", &|_| "\"robust\"".to_owned()),
        ],
    );
    tell(
        "local models/moons_relu_2-8-2.json --input 0.3,-0.2 --quantize int4:per-channel --class-change",
        &[
            ("a parameter off its grid", "\"value\":", &nudged),
            ("a lower bound above the value", "\"lower\":", &|_| "0.8".to_owned()),
            ("an upper bound below the value", "\"upper\":", &|_| "-1".to_owned()),
            ("a swapped class of the witness", "\"class_perturbed\":", &other),
        ],
    );
    tell(
        "global models/moons_relu_2-8-2.json --quantize int8:per-channel --rounding nearest",
        &[
            ("an input outside the domain", "\"witness\":{\"input\":[", &|_| "-1.5".to_owned()),
            ("the other neighbour of the grid", "\"value\":", &off(0.0088)),
            ("bounds that are not close", "\"upper\":", &far),
        ],
    );
    tell(
        "radius local models/moons_relu_2-8-2.json --input 0.3,-0.2 --class-change",
        &[("a radius that is too small", "\"upper\":", &off(-0.00002)), ("a radius of nothing", "\"lower\":", &up)],
    );
    tell(
        "bits models/moons_relu_2-8-2.json --deviation 0.1",
        &[
            ("fewer bits", "\"fewest\":", &|_| "9".to_owned()),
            ("a width that is not safe", "\"upper\":", &|_| "0.2".to_owned()),
            ("a parameter off its grid", "\"value\":", &nudged),
        ],
    );
    tell(
        "difference models/moons_relu_2-16-16-2.json models/moons_relu_2-8-2.json",
        &[
            ("a lower bound above the value", "\"lower\":", &up),
            ("a logit", "\"logits\":[", &confidence_off),
            ("a confidence", "\"confidences\":[", &confidence_off),
            ("a swapped class", "],\"class\":", &other),
        ],
    );
    tell(
        "verify models/moons_relu_2-16-16-2.json models/moons_corner.vnnlib --output none --epsilon 0.05",
        &[
            ("an input that is none", "\"witness\":{\"case\":0,\"input\":[", &|_| "0.9".to_owned()),
            ("an output", "\"output\":[", &nudged),
            ("a parameter outside its set", "\"value\":", &off(0.2)),
        ],
    );
    tell(
        "flips models/moons_relu_2-16-16-2.json --inputs models/moons_few.csv --quantize int5",
        &[
            ("a swapped class", "\"assigned\":", &other),
            ("a swapped class rounded", "\"rounded\":", &other),
            ("a count", "\"never\":", &|_| "3".to_owned()),
            ("another input", "\"input\":[", &nudged),
        ],
    );
    tell(
        "faults models/moons_relu_2-8-2.json --input 0.3,-0.2 --quantize int8",
        &[("a bound", "\"lower\":", &up), ("another fault", "\"faulty\":", &nudged), ("a class", "\"to\":", &other)],
    );
}
