//! The judge over everything that `deltasat` prints: the golden scripts, the shared cases that are answered at once,
//! random scripts, and lies planted into true transcripts.
//!
//! `DELTASAT_SEEDS` asks for more random scripts, `DELTASAT_JUDGE=all` for every shared case instead of a sample.

#[path = "judge/mod.rs"]
mod judge;

use judge::meaning::{Meaning, Number, Point, PointValue, Value};
use judge::number::{Rational, near, parse, whole};
use judge::script::State;
use judge::tally::Tally;
use judge::verdict::{self, Run};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Violations that are known and not mended yet; this list may only shrink.
const KNOWN: &[&str] = &[];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtlib")
}

/// Whether two options are one, which may be given only once.
fn same(a: &str, b: &str) -> bool {
    let name = |option| if option == "--model" { "--produce-models" } else { option };
    name(a) == name(b)
}

/// Runs the command on a script and returns its transcript.
fn run(place: &str, folder: &Path, file: &str, options: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deltasat"));
    let options: Vec<&str> = options
        .iter()
        .enumerate()
        .filter(|(i, o)| !options[..*i].iter().any(|before| same(before, o)))
        .map(|(_, o)| *o)
        .collect();
    let output = command.current_dir(folder).args(&options).arg(file).output().expect("the command starts");
    let at = |option: &str| options.iter().position(|o| *o == option).and_then(|i| options.get(i + 1));
    let delta: Option<Rational> = at("--precision").and_then(|text| parse(text));
    Run {
        place: place.to_owned(),
        script: std::fs::read_to_string(folder.join(file)).unwrap_or_default(),
        infix: file.ends_with(".dr"),
        delta,
        planted: None,
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        code: output.status.code(),
    }
}

/// Judges a script's transcripts in text and in JSON.
fn judged(place: &str, folder: &Path, file: &str, options: &[&str], tally: &mut Tally) {
    verdict::text(&run(&format!("{place} text"), folder, file, &[options, &["--model"]].concat()), tally);
    verdict::object(&run(&format!("{place} json"), folder, file, &[options, &["--json"]].concat()), tally);
}

/// On a thread with a large stack, since the judge is recursive.
fn deep(body: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 29).spawn(body).expect("a thread").join().expect("no objection");
}

/// Shared cases that are malformed, and what is wrong with them: a function that nobody knows, a range of one end.
const MALFORMED: [(&str, &str); 2] = [
    ("flyspeck/495.smt2", "495.smt2:20:49: unknown function `marctan`"),
    ("dreal/multi_precision_01.smt2", "multi_precision_01.smt2:2:24: malformed bounds"),
];

/// Judges that a file is refused, with an error that says what is wrong and where, and with no answer.
fn refused(place: &str, folder: &Path, file: &str, error: &str, tally: &mut Tally) {
    for options in [&[][..], &["--json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deltasat"));
        let output = command.current_dir(folder).args(options).arg(file).output().expect("the command starts");
        let [stdout, stderr] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
        let told = match judge::json::read(&stdout) {
            Ok(json) => {
                json["error"].text().is_some_and(|text| text.contains(error)) && stdout.contains("\"checks\": []")
            }
            Err(_) => stdout.is_empty() && stderr.starts_with(&format!("error: {error}")),
        };
        if !told || output.status.code() != Some(1) {
            tally.object(place, format!("not refused because of `{error}`:\n{stdout}{stderr}"));
        }
    }
    tally.leave("refused: the file is malformed");
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|extension| extension == "smt2" || extension == "dr") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name")
}

#[test]
fn goldens() {
    deep(|| {
        let mut tally = Tally::default();
        for path in scripts(&folder()) {
            let name = name(&path);
            if name.starts_with("error_") {
                continue;
            }
            let options = std::fs::read_to_string(format!("{}.options", path.display())).unwrap_or_default();
            let options: Vec<&str> = options.split_whitespace().chain(["--timeout", "20"]).collect();
            judged(name, &folder(), name, &options, &mut tally);
            judged(&format!("{name} exact"), &folder(), name, &[&options[..], &["--exact-sat"]].concat(), &mut tally);
        }
        tally.settle(KNOWN);
    });
}

/// Every sixteenth shared case, answered in half a second or not at all, and all that were once answered wrongly.
#[test]
fn shared_cases() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    if !cases.is_dir() {
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: no shared cases");
        }
        return;
    }
    deep(move || {
        let all = std::env::var("DELTASAT_JUDGE").is_ok_and(|value| value == "all");
        let mut tally = Tally::default();
        for set in ["faults", "dreal", "flyspeck", "smtlib", "mlp"] {
            let every = if all || set == "faults" { 1 } else { 16 };
            for path in scripts(&cases.join(set)).into_iter().step_by(every) {
                let folder = path.parent().expect("a folder");
                let options = std::fs::read_to_string(format!("{}.option", path.display())).unwrap_or_default();
                let limit = ["--timeout", if all { "1" } else { "0.5" }];
                let options: Vec<&str> = options.split_whitespace().chain(limit).collect();
                let place = format!("{set}/{}", name(&path));
                match MALFORMED.iter().find(|(malformed, _)| *malformed == place) {
                    Some((_, error)) => refused(&place, folder, name(&path), error, &mut tally),
                    None => judged(&place, folder, name(&path), &options, &mut tally),
                }
            }
        }
        tally.settle(KNOWN);
    });
}

/// Random scripts around a point that satisfies them, with numbers of every size.
struct Author<'a> {
    rng: &'a mut SmallRng,
    names: Vec<String>,
}

impl Author<'_> {
    fn constant(&mut self) -> String {
        const AWKWARD: [&str; 12] = [
            "0",
            "1",
            "-1",
            "1/3",
            "0.1",
            "1e-3",
            "1e300",
            "-1e300",
            "1e-300",
            "5e-324",
            "9007199254740993",
            "0x1.8p-3",
        ];
        let text = match self.rng.random_range(0..6) {
            0 => AWKWARD[self.rng.random_range(0..AWKWARD.len())].to_owned(),
            1 => format!("{}/{}", self.rng.random_range(-9..10), self.rng.random_range(1..10)),
            _ => format!("{:.2}", self.rng.random_range(-4.0..4.0)),
        };
        let number = |text: &str| match text.strip_prefix('-') {
            Some(text) => format!("(- {text})"),
            None => text.to_owned(),
        };
        match text.split_once('/') {
            Some((over, under)) => format!("(/ {} {under})", number(over)),
            None => number(&text),
        }
    }

    fn term(&mut self, depth: u32) -> String {
        if depth == 0 {
            let leaf = self.rng.random_range(0..self.names.len() + 1);
            return self.names.get(leaf).cloned().unwrap_or_else(|| self.constant());
        }
        let mut inner = || self.term(depth - 1);
        let (x, y) = (inner(), inner());
        const UNARY: [&str; 16] = [
            "-", "abs", "exp", "sin", "cos", "tanh", "sqrt", "log", "atan", "asin", "acos", "sinh", "cosh", "tan",
            "to_int", "-",
        ];
        match self.rng.random_range(0..12) {
            0..3 => format!("(+ {x} {y})"),
            3..5 => format!("(* {x} {y})"),
            5 => format!("(- {x} {y})"),
            6 => format!("(/ {x} {y})"),
            7 => format!("({} {x} {y})", ["min", "max", "atan2"][self.rng.random_range(0..3)]),
            8 => format!("(^ {x} {})", self.rng.random_range(0..4)),
            9 => format!("(ite (< {x} {y}) {y} {})", self.term(depth - 1)),
            _ => format!("({} {x})", UNARY[self.rng.random_range(0..UNARY.len())]),
        }
    }

    /// A comparison that holds at the point; `None` where the term has no value there.
    fn atom(&mut self, point: &Point) -> Option<String> {
        let depth = self.rng.random_range(0..4);
        let term = self.term(depth);
        let state = State::default();
        let read = judge::sexpr::read(&term).ok()?;
        let Ok(Value::Number(Number::Value(value))) = Meaning::new(&state, point, &whole(0)).value(&read[0]) else {
            return None;
        };
        let (lower, upper) = value.ends();
        if upper.magnitude().max(lower.neg().magnitude()) > 1100 {
            return None;
        }
        let equal = value.exact().filter(|x| x.numer().bits() < 200 && x.denom().bits() < 200);
        let written = |x: &Rational| {
            let sign = x < &whole(0);
            let text = format!("(/ {} {})", if sign { -x.numer() } else { x.numer().clone() }, x.denom());
            if sign { format!("(- {text})") } else { text }
        };
        Some(match (self.rng.random_range(0..4), equal) {
            (0, Some(x)) => format!("(= {term} {})", written(x)),
            (1, _) => format!("(<= {term} {})", written(&upper.to_rational()?)),
            (2, _) => format!("(>= {term} {})", written(&lower.to_rational()?)),
            _ => format!("(< {term} {})", written(&(upper.to_rational()? + Rational::new(1.into(), 100.into())))),
        })
    }
}

#[test]
fn random_scripts() {
    let seeds = std::env::var("DELTASAT_SEEDS").ok();
    let seeds = match seeds.as_deref().map(|text| text.split_once("..").unwrap_or(("0", text))) {
        Some((from, to)) => from.parse().expect("a seed")..to.parse().expect("a seed"),
        None => 0..120u64,
    };
    deep(move || {
        let mut tally = Tally::default();
        let folder = std::env::temp_dir().join(format!("deltasat-judge-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for seed in seeds {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut point = Point::new();
            let mut text = String::new();
            let mut names = Vec::new();
            for index in 0..rng.random_range(1..4) {
                let name = format!("x{index}");
                let integer = rng.random_range(0..6) == 0;
                let value = Rational::new(rng.random_range(-12..13).into(), if integer { 1 } else { 4 }.into());
                let sort = if integer { "Int" } else { "Real" };
                let range = if rng.random_range(0..4) == 0 { "" } else { " [-3, 3]" };
                text +=
                    &format!("(declare-const {name} {sort}{})\n", if near(&value).abs() > 3.0 { "" } else { range });
                point.insert(name.clone(), PointValue::Number(value.into()));
                names.push(name);
            }
            let mut author = Author { rng: &mut rng, names };
            let (mut atoms, mut negated) = (Vec::new(), Vec::new());
            for _ in 0..author.rng.random_range(1..5) {
                atoms.extend(author.atom(&point));
                negated.extend(author.atom(&point));
            }
            for (index, atom) in atoms.iter().enumerate() {
                let other = negated.get(index).map_or("true", String::as_str);
                text += &match author.rng.random_range(0..5) {
                    0 => format!("(assert (or (not {other}) {atom}))\n"),
                    1 => format!("(assert (not (and (not {atom}) {other})))\n"),
                    2 => format!("(assert (ite {other} {atom} {other}))\n"),
                    _ => format!("(assert {atom})\n"),
                };
            }
            let terms: Vec<String> = author.names.iter().chain(&atoms).cloned().collect();
            if author.rng.random_range(0..6) == 0 {
                text += &format!("(minimize {})\n", author.term(2));
            }
            text += "(set-option :produce-models true)\n(check-sat)\n(get-model)\n";
            text += &format!("(get-value ({}))\n", terms.join(" "));
            let file = format!("{seed}.smt2");
            std::fs::write(folder.join(&file), &text).expect("a file");
            let before = tally.objections.len();
            let exact = author.rng.random_range(0..2) == 0;
            let options: &[&str] = if exact { &["--timeout", "0.3", "--exact-sat"] } else { &["--timeout", "0.3"] };
            for (kind, judge) in [("--model", verdict::text as fn(&Run, &mut Tally)), ("--json", verdict::object)] {
                let mut run = run(&format!("seed {seed} {kind}"), &folder, &file, &[options, &[kind]].concat());
                run.planted = Some(point.clone());
                // an answer that is missing leaves its requests open, which is an error of the script
                if !run.stdout.contains("unknown") && !run.stdout.contains("unsat") || kind == "--json" {
                    judge(&run, &mut tally);
                } else {
                    tally.leave("requests behind an answer without a model");
                    run.script = run.script.split("(get-model)").next().unwrap_or_default().to_owned();
                    run.code = run.code.map(|code| i32::from(code > 1));
                    judge(&run, &mut tally);
                }
            }
            for (_, what) in &mut tally.objections[before..] {
                *what += &format!("\n{options:?}\n{text}");
            }
        }
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        tally.settle(KNOWN);
    });
}

const TRUE_SCRIPT: &str = "(declare-const x Real [-1, 1])\n(declare-const y Real [-4, 4])\n(assert (= y (* 2 x)))
(assert (>= x 0.25))\n(minimize (+ x y))\n(check-sat)\n(get-value (x y (>= x 0.25) (+ x y)))\n";

/// The text with the value behind a mark replaced; it reaches to the first of the given ends.
fn replaced(text: &str, mark: &str, ends: &[char], value: &str) -> String {
    let (before, after) = text.split_once(mark).unwrap_or_else(|| panic!("no `{mark}` in {text}"));
    let end = after.find(ends).expect("an end");
    format!("{before}{mark}{value}{}", &after[end..])
}

/// Each lie is told in an otherwise true transcript, and the judge objects to it; to the transcript itself it does not.
#[test]
fn planted_lies() {
    deep(|| {
        let folder = std::env::temp_dir().join(format!("deltasat-lies-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("true.smt2"), TRUE_SCRIPT).expect("a file");
        let mut text = run("text", &folder, "true.smt2", &["--model"]);
        let mut json = run("json", &folder, "true.smt2", &["--json"]);
        std::fs::remove_dir_all(&folder).expect("the folder goes");
        let x = |x: &str| PointValue::Number(parse(x).expect("a number").into());
        let known = Point::from([("x".to_owned(), x("0.5")), ("y".to_owned(), x("1"))]);
        (text.planted, json.planted) = (Some(known.clone()), Some(known));
        let objections = |judge: fn(&Run, &mut Tally), run: &Run| {
            let mut tally = Tally::default();
            judge(run, &mut tally);
            tally.objections.len()
        };
        assert_eq!(objections(verdict::text, &text), 0, "{}", text.stdout);
        assert_eq!(objections(verdict::object, &json), 0, "{}", json.stdout);
        let in_json = |mark: &str, value: &str| replaced(&json.stdout, mark, &[',', '}'], value);
        let in_text = |mark: &str, ends: &[char], value: &str| replaced(&text.stdout, mark, ends, value);
        let spelled = |mark: &str| {
            let after = json.stdout.split_once(mark).expect("the mark").1;
            parse(after[..after.find([',', '}']).expect("an end")].trim_matches('"')).expect("a number")
        };
        let off = |mark: &str, by: &str| format!("\"{}\"", spelled(mark) + parse(by).expect("a number"));
        let lies = [
            ("a model off by 2δ", in_json("\"y\": ", &off("\"y\": ", "0.002"))),
            ("a model outside its range", in_json("\"x\": ", "1.0000001")),
            (
                "an exact model that is not",
                in_json("\"y\": ", &off("\"y\": ", "1e-9")).replace("\"exact\": false", "\"exact\": true"),
            ),
            ("an unsat with a solution", json.stdout.replacen("\"delta-sat\"", "\"unsat\"", 1)),
            ("another δ", in_json("\"delta\": ", "\"0.0001\"")),
            ("a bound inverted", in_json("\"upper\": ", &off("\"lower\": ", "-0.1"))),
            ("an optimum above its model", in_json("\"upper\": ", &off("\"upper\": ", "-0.0005"))),
            ("a check that is missing", "{\"schema\": 1, \"checks\": []}".to_owned()),
            ("an answer that is none", json.stdout.replacen("\"delta-sat\"", "\"perhaps\"", 1)),
        ];
        for (lie, stdout) in lies {
            assert_ne!(objections(verdict::object, &Run { stdout, ..json.clone() }), 0, "{lie} in JSON");
        }
        let lies = [
            ("a model off by 2δ", in_text("(y ", &[')'], "0.503")),
            ("a box without the model", in_text("(y ", &[')'], "(interval (closed 0.503) (closed 0.504))")),
            ("a truth value", in_text("((>= x 0.25) ", &[')'], "false")),
            ("a value of a term", in_text("((+ x y) ", &['\n'], "(/ 7 9))")),
            ("an unsat with a solution", text.stdout.replacen("delta-sat with delta = 0.001", "unsat", 1)),
            ("a bound inverted", in_text("(+ x y) : ", &['\n'], "[0.76, 0.75]")),
            ("a reply that is missing", text.stdout.lines().next().expect("a line").to_owned()),
        ];
        for (lie, stdout) in lies {
            assert_ne!(objections(verdict::text, &Run { stdout, ..text.clone() }), 0, "{lie} in text");
        }
        assert_ne!(objections(verdict::text, &Run { code: Some(1), ..text.clone() }), 0, "a wrong exit code");
    });
}
