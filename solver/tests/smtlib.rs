//! The language and the command: golden pairs, nests and shared structure, a fuzz of the readers, the shared cases.
//!
//! A golden pair is `smtlib/NAME.smt2` (or `.dr`), perhaps `NAME.smt2.options`, and `NAME.smt2.expected`: what the command
//! prints on stdout, then on stderr. `DELTASAT_BLESS=1` writes the expectations anew; read the difference.

#![allow(clippy::print_stderr)] // the shared cases print a table

mod common;

use common::each_seed;
use deltasat::budget::Budget;
use deltasat::smtlib::{Script, ScriptError, Session, Settings, Source, dr};
use rand::Rng;
use rand::rngs::SmallRng;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtlib")
}

/// Runs the command in the folder of the golden pairs.
fn deltasat(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deltasat"));
    command.current_dir(folder()).args(arguments).output().expect("the command starts")
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(inputs(&path));
        } else if path.extension().is_some_and(|extension| extension == "smt2" || extension == "dr") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", path.display()))
}

#[test]
fn golden_pairs() {
    let mut wrong = Vec::new();
    let inputs = inputs(&folder());
    assert!(inputs.len() > 60, "only {} golden pairs", inputs.len());
    for path in inputs {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let options = std::fs::read_to_string(beside(&path, "options")).unwrap_or_default();
        let arguments: Vec<&str> = options.split_whitespace().chain(["--timeout", "60", &name]).collect();
        let output = deltasat(&arguments);
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        let code = output.status.code();
        assert_eq!(code, Some(i32::from(name.starts_with("error_"))), "{name}: exit code\n{text}");
        if std::env::var("DELTASAT_BLESS").is_ok() {
            std::fs::write(beside(&path, "expected"), &text).unwrap();
        }
        let expected = std::fs::read_to_string(beside(&path, "expected")).unwrap_or_default();
        if text != expected {
            wrong.push(format!("== {name}\n{text}== expected\n{expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All replies of a script, and how it ended.
fn replies(text: &str, settings: Settings) -> (Vec<String>, Result<(), ScriptError>) {
    let mut session = Session::new(settings);
    let mut script = Script::new(text);
    let mut replies = Vec::new();
    loop {
        match session.step(&mut script, &mut ()) {
            Ok(Some(reply)) => replies.extend(reply.text),
            Ok(None) => return (replies, Ok(())),
            Err(error) => return (replies, Err(error)),
        }
    }
}

/// A hundred thousand parentheses of every kind, read, evaluated, built and dropped on a thread with a small stack.
#[test]
fn nests_of_any_depth() {
    const DEPTH: usize = 100_000;
    let nest = |open: &str, inside: &str, close: &str| format!("{}{inside}{}", open.repeat(DEPTH), close.repeat(DEPTH));
    let terms = [
        format!("(= x {})", nest("(+ 0 ", "0.5", ")")),
        format!("(= x {})", nest("(- ", "0.5", ")")),
        format!("(<= x {})", nest("(max x ", "0.5", ")")),
        nest("(not ", "(= x 0.5)", ")"),
        nest("(or (> x 2) (and (< x 2) ", "(= x 0.5)", "))"),
        nest("(let ((y x)) ", "(= x 0.5)", ")"),
        nest("(! ", "(= x 0.5)", " :note 1)"),
        nest("(exists ((y Real [0, 1])) ", "(= x 0.5)", ")"),
        format!("(= 1 (ite {} 1 x))", nest("(and (> x 0.1) (or (< x 0.1) ", "true", "))")),
    ];
    let scripts: Vec<String> = terms
        .iter()
        .map(|term| format!("(declare-const x Real [0, 1]) (assert {term}) (check-sat)"))
        .chain(["(".repeat(DEPTH), nest("(", "", ")"), nest("[", "", "]")])
        .collect();
    let run = move || {
        for (index, script) in scripts.iter().enumerate() {
            let (replies, end) = replies(script, Settings::default());
            match end {
                Ok(()) => assert_eq!(replies, ["delta-sat with delta = 0.001"], "nest {index}"),
                Err(_) => assert!(index >= terms.len(), "nest {index}: {end:?}"),
            }
        }
        let dr = format!("var: [0, 1] x; ctr: {}x = 0.5{};", "(".repeat(DEPTH), ")".repeat(DEPTH));
        let mut session = Session::default();
        dr::read(&dr, &mut session).unwrap();
        assert_eq!(session.check_sat(&mut ()).unwrap().text.unwrap(), "delta-sat with delta = 0.001");
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
}

/// `x_1 = f(x_0), x_2 = f(x_1), …`, in order of declaration or against it, as one assertion or many.
fn chain(length: usize, f: &str, backwards: bool) -> String {
    let order = |i: usize| if backwards { length - i } else { i };
    let declared: String = (0..=length).map(|i| format!("(declare-const x{} Real)", order(i))).collect();
    let step = |i: usize| format!("(assert (= x{} {}))\n", i + 1, f.replace('?', &format!("x{i}")));
    let steps: String = (0..length).map(|i| step(if backwards { length - 1 - i } else { i })).collect();
    format!("{declared}(assert (<= 0 x0 1)){steps}(assert (> x{length} 0.5))(check-sat)")
}

/// Definitions upon definitions take time in proportion to their number, and little stack. What is on a cycle is found too.
#[test]
fn chains_of_definitions() {
    let run = || {
        for (f, backwards, length) in [
            ("(+ ? 1)", false, 40_000),
            ("(+ ? 1)", true, 100_000),
            ("(sqrt (+ ? 1))", false, 10_000),
            ("(max 0 (- 1 ?))", true, 10_000),
        ] {
            let timed = |length: usize| {
                let started = Instant::now();
                let (replies, end) = replies(&chain(length, f, backwards), Settings::default());
                end.unwrap();
                assert_eq!(replies, ["delta-sat with delta = 0.001"], "{f}");
                started.elapsed()
            };
            // four times the length would take sixteen times as long if each looked at all others; a machine that was
            // busy with something else once is not likely to be so three times
            let linear = (0..3).any(|_| {
                let (short, long) = (timed(length / 4), timed(length));
                long < short * 10 + Duration::from_secs(1)
            });
            assert!(linear, "{f}: a chain four times as long takes more than ten times as long");
        }
        let closed = chain(1000, "(* 0.5 ?)", false).replace("(check-sat)", "(assert (= x0 (* 4 x1000)))(check-sat)");
        assert_eq!(replies(&closed, Settings::default()).0, ["unsat"]);
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap().join().unwrap();
}

/// Presolve heeds Ctrl-C.
#[test]
fn presolve_is_interrupted() {
    let budget = Budget::unlimited().with_interrupt(Arc::new(AtomicBool::new(true)));
    let started = Instant::now();
    let (replies, _) = replies(&chain(100_000, "(sin (+ ? 1))", false), Settings { budget, ..Settings::default() });
    assert_eq!(replies, ["unknown\n; interrupted"]);
    // reading takes a second, the search minutes
    assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
}

/// Long scripts of pushes, declarations and pops leave nothing behind.
#[test]
fn scopes_are_forgotten() {
    let round = "(push 1) (declare-const y Real) (define-fun f ((z Real)) Real (* z y)) (assert (> (f y) 2)) (pop 1)\n";
    let script = format!("(declare-const x Real [0, 1])\n{}(check-sat)(get-model)", round.repeat(20_000));
    let started = Instant::now();
    let (replies, end) = replies(&script, Settings::default());
    end.unwrap();
    assert_eq!(replies, ["delta-sat with delta = 0.001", "(model\n  (define-fun x () Real 0.5)\n)"]);
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// What the command line sets, a script cannot.
#[test]
fn the_more_deliberate_source_wins() {
    let mut settings = Settings::default();
    assert_eq!(settings.set_option("precision", "0.5", Source::CommandLine), Ok(true));
    assert_eq!(settings.set_option("precision", "0.1", Source::Script), Ok(true));
    assert_eq!(settings.option("precision").unwrap(), "0.5");
    assert_eq!(settings.set_option("precision", "0.25", Source::Code), Ok(true));
    assert_eq!((settings.option("precision").unwrap(), settings.precision.source()), ("0.25".into(), Source::Code));
    assert_eq!(settings.set_option("frobnicate", "0.1", Source::Script), Ok(false));
    assert!(settings.set_option("produce-models", "yes", Source::Script).is_err());
}

const WORDS: &[&str] = &[
    "(",
    ")",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    ",",
    "x",
    "y",
    "p",
    "n",
    "f",
    "0",
    "1",
    "-2.5",
    "0.1",
    "1e-3",
    "0x1.8p3",
    "(/ 1 3)",
    "+",
    "-",
    "*",
    "/",
    "^",
    "sin",
    "atan2",
    "min",
    "ite",
    "and",
    "or",
    "not",
    "=>",
    "xor",
    "=",
    "<",
    ">=",
    "distinct",
    "let",
    "forall",
    "exists",
    "!",
    ":named",
    "a",
    "Real",
    "Int",
    "Bool",
    "true",
    "inf",
    "\"text\"",
    "|q s|",
    ":precision",
    "; c\n",
    "\"",
    "|",
    "é",
    "\u{feff}",
    "99999999999999999999",
    "1e999999999",
    "_",
    "assert",
    "check-sat",
    "(check-sat)",
    "push",
    "pop",
    "get-value",
    "get-model",
    "declare-const",
    "define-fun",
    "minimize",
    "set-option",
    "()",
];

/// A term of a kind, mostly well formed.
fn term(rng: &mut SmallRng, number: bool, depth: u32) -> String {
    let some = |rng: &mut SmallRng, number: bool| term(rng, number, depth.saturating_sub(1));
    if rng.random_ratio(1, 60) {
        return WORDS[rng.random_range(0..WORDS.len())].to_owned();
    }
    if depth == 0 || rng.random_ratio(1, 5) {
        let leaves: &[&str] =
            if number { &["x", "y", "n", "0", "1", "-2.5", "0.1"] } else { &["p", "q", "true", "false"] };
        return leaves[rng.random_range(0..leaves.len())].to_owned();
    }
    if number {
        match rng.random_range(0..12) {
            0 => format!("(ite {} {} {})", some(rng, false), some(rng, true), some(rng, true)),
            1 => format!("(let ((x {}) (y {})) {})", some(rng, true), some(rng, true), some(rng, true)),
            2 => format!("(f {})", some(rng, true)),
            3 => format!(
                "(^ {} {})",
                some(rng, true),
                ["2", "3", "-1", "0.5", "0", "x", "(/ 1 3)"][rng.random_range(0..7)]
            ),
            4 => format!(
                "({} {})",
                ["sin", "cos", "exp", "log", "sqrt", "abs", "tanh", "acos"][rng.random_range(0..8)],
                some(rng, true)
            ),
            5 => format!("(/ {} {})", some(rng, true), some(rng, true)),
            _ => {
                let op = ["+", "-", "*", "min", "max", "atan2"][rng.random_range(0..6)];
                format!("({op} {} {})", some(rng, true), some(rng, true))
            }
        }
    } else {
        match rng.random_range(0..8) {
            0 => format!("(not {})", some(rng, false)),
            1 => format!("(ite {} {} {})", some(rng, false), some(rng, false), some(rng, false)),
            2 => format!(
                "({} ((z Real [0, 1]) (q Bool)) {})",
                ["forall", "exists"][rng.random_range(0..2)],
                some(rng, false)
            ),
            3 => format!(
                "({} {} {})",
                ["and", "or", "=>", "xor", "="][rng.random_range(0..5)],
                some(rng, false),
                some(rng, false)
            ),
            _ => {
                let op = ["<", "<=", ">", ">=", "=", "distinct"][rng.random_range(0..6)];
                format!("({op} {} {})", some(rng, true), some(rng, true))
            }
        }
    }
}

/// No text makes the readers panic or hang, and every error points into the text.
#[test]
fn texts_of_all_kinds() {
    each_seed("texts", 1500, |seed, rng| {
        let mut text = String::from(
            "(declare-const x Real [-2, 2])(declare-const y Real)(declare-const n Int [0, 3])(declare-const p Bool)\
             (declare-const q Bool)(define-fun f ((x Real)) Real (+ x 1))",
        );
        for _ in 0..rng.random_range(1..6) {
            if seed % 3 == 0 {
                for _ in 0..rng.random_range(1..40) {
                    text += WORDS[rng.random_range(0..WORDS.len())];
                    text += [" ", ""][rng.random_range(0..2)];
                }
            } else {
                text += &format!("(assert {})", term(rng, false, 4));
            }
        }
        text += "(check-sat)";
        let budget = Budget::unlimited().with_time(Duration::from_millis(30)).with_memory(1 << 24);
        let settings = Settings { budget, ..Settings::default() };
        let started = Instant::now();
        let (_, end) = replies(&text, settings.clone());
        if let Err(error) = end {
            let rendered = error.render("t", &text);
            assert!(rendered.starts_with("t:") && error.span.end as usize <= text.len(), "{rendered}");
        }
        let infix: String = text.chars().map(|c| if c == ')' { ' ' } else { c }).collect();
        for text in [infix.as_str(), &text, &format!("var: [0, 1] x; ctr: {text};")] {
            if let Err(error) = dr::read(text, &mut Session::new(settings.clone())) {
                error.render("t", text);
            }
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{text}");
    });
}

/// An expression of the infix format, mostly well formed.
fn infix(rng: &mut SmallRng, number: bool, depth: u32) -> String {
    const PIECES: &[&str] = &[
        "(", ")", ",", ";", ":", "[", "]", "#", "^", "-", "ctr:", "var:", "prec", "=>", "!", "1e", ".", "é", "\u{0}",
        "x",
    ];
    if rng.random_ratio(1, 40) {
        return PIECES[rng.random_range(0..PIECES.len())].to_owned();
    }
    if number && (depth == 0 || rng.random_ratio(1, 4)) {
        return ["x", "y", "c", "1", "0.1", "-2.5", "1e-3", "3"][rng.random_range(0..8)].to_owned();
    }
    let depth = depth.saturating_sub(1);
    let mut some = |number: bool| infix(rng, number, depth);
    let (a, b, p, q) = (some(true), some(true), (depth > 0).then(|| some(false)), (depth > 0).then(|| some(false)));
    match (number, p, q) {
        (true, ..) => match rng.random_range(0..8) {
            0 => format!("({a})"),
            1 => format!("-{a}"),
            2 => format!("{a}^{}", ["2", "3", "0.5", "x", "-1"][rng.random_range(0..5)]),
            3 => format!("{}({a})", ["sin", "exp", "log", "sqrt", "abs", "atan", "f"][rng.random_range(0..7)]),
            4 => format!("{}({a}, {b})", ["min", "max", "atan2", "pow", "sin"][rng.random_range(0..5)]),
            _ => format!("{a} {} {b}", ["+", "-", "*", "/", "^"][rng.random_range(0..5)]),
        },
        (false, Some(p), Some(q)) if rng.random() => match rng.random_range(0..4) {
            0 => format!("!({p})"),
            1 => format!("not {p}"),
            _ => format!("({p}) {} ({q})", ["and", "or", "implies", "&&", "||", "=>"][rng.random_range(0..6)]),
        },
        _ => format!("{a} {} {b}", ["<", "<=", ">", ">=", "=", "==", "!=", "<>"][rng.random_range(0..8)]),
    }
}

/// The same for `.dr`: no panic, no hang, and what is read is answered.
#[test]
fn infix_texts_of_all_kinds() {
    let mut read = 0;
    each_seed("infix", 1500, |seed, rng| {
        let mut text = String::from("prec: 0.01; const: c = 2 * 3; var: [-2, 2] x; [0, c] y, z; ctr: ");
        for _ in 0..rng.random_range(1..5) {
            text += &infix(rng, false, 4);
            text += "; # comment\n";
        }
        if rng.random() {
            text += &format!("cost: {};", infix(rng, true, 3));
        }
        if seed % 3 == 0 {
            let at = (0..=text.len()).filter(|&at| text.is_char_boundary(at)).nth(rng.random_range(0..text.len() / 2));
            text.truncate(at.unwrap_or(0));
        }
        let budget = Budget::unlimited().with_time(Duration::from_millis(30)).with_memory(1 << 24);
        let settings = Settings { budget, ..Settings::default() };
        let started = Instant::now();
        let mut session = Session::new(settings);
        match dr::read(&text, &mut session) {
            Err(error) => {
                let rendered = error.render("t", &text);
                assert!(rendered.starts_with("t:") && error.span.end as usize <= text.len(), "{rendered}");
            }
            Ok(()) => {
                read += 1;
                let _ = session.check_sat(&mut ());
            }
        }
        assert!(started.elapsed() < Duration::from_secs(10), "{text}");
    });
    if common::usual_run() {
        assert!(read > 300, "{read} read");
    }
}

/// The answers in a text, one word each.
fn answers(text: &str) -> Vec<&str> {
    let word = |line: &str| ["delta-sat", "unsat", "unknown"].into_iter().find(|word| line.starts_with(word));
    text.lines().filter_map(word).collect()
}

/// dReal's own regression files, where they are at hand (in `QUANTPROOF_CASES`, or in `shared/cases` beside the repository). An
/// `unsat` where dReal says `delta-sat` must be true, which is known for these; a `delta-sat` where dReal says `unsat`
/// must be too.
#[test]
fn shared_cases_of_dreal() {
    /// `∀q. (1/r = 1/r ⇒ q)`, which is false for q = false whatever r is
    const TRULY_UNSAT: &[&str] = &["github_issue_183.smt2"];
    /// all voltages zero is a solution
    const TRULY_SAT: &[&str] = &["scungao_02.smt2"];
    let beside_the_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/cases");
    let cases = std::env::var_os("QUANTPROOF_CASES").map_or(beside_the_repository, PathBuf::from);
    let (mut right, mut open, mut wrong, mut rejected) = (0, 0, Vec::new(), Vec::new());
    for path in inputs(&cases.join("dreal")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Ok(expected) = std::fs::read_to_string(beside(&path, "expected")) else { continue };
        let options = std::fs::read_to_string(beside(&path, "option")).unwrap_or_default();
        let path = path.display().to_string();
        let arguments: Vec<&str> = options.split_whitespace().chain(["--timeout", "0.5", &path]).collect();
        let output = deltasat(&arguments);
        if !output.status.success() {
            rejected.push(name);
            continue;
        }
        let text = String::from_utf8(output.stdout).unwrap();
        for (found, expected) in answers(&text).into_iter().zip(answers(&expected)) {
            match (found, expected) {
                _ if found == expected => right += 1,
                ("unknown", _) => open += 1,
                ("unsat", _) if TRULY_UNSAT.contains(&name.as_str()) => right += 1,
                ("delta-sat", _) if TRULY_SAT.contains(&name.as_str()) => right += 1,
                _ => wrong.push(format!("{name}: {found}, expected {expected}")),
            }
        }
    }
    eprintln!("{right} answers as dReal's, {open} open, rejected: {rejected:?}");
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(rejected.iter().all(|name| name == "multi_precision_01.smt2"), "{rejected:?}");
}

#[test]
fn the_command_line() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let run = |arguments: &[&str], input: &str| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_deltasat"))
            .args(arguments)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let script = "(declare-const x Real [0, 1])(assert (= x 0.5))(check-sat)";
    let answer = "delta-sat with delta = 0.001\n";
    assert_eq!(run(&["--in"], script), (0, answer.into(), String::new()));
    assert_eq!(run(&[], script), (0, answer.into(), String::new()));
    assert_eq!(run(&["-", "-j", "2"], script), (0, answer.into(), String::new()));
    let (code, out, err) = run(&["--in", "--format", "dr", "--model", "--stats"], "var: [0, 1] x; ctr: x = 0.5;");
    assert_eq!((code, out.as_str()), (0, "delta-sat with delta = 0.001\nx : [0.5, 0.5]\n"));
    assert!(err.starts_with("boxes "), "{err}");
    let (code, out, _) = run(&["--in", "--json", "--precision", "1e-5"], script);
    assert_eq!(code, 0);
    assert!(
        out.starts_with("{\"schema\": 1, ") && out.contains("\"model\": {\"x\": 0.5}") && out.contains("\"1e-05\""),
        "{out}"
    );
    let hard = "(declare-const x Real [0, 1])(declare-const y Real [0, 1])(set-option :precision 1e-13)\
                (assert (< (- (+ (^ x 2) (^ y 2)) (* 2 x y)) -1e-12))(check-sat)";
    let (code, out, _) = run(&["--in", "--timeout", "0.2"], hard);
    assert_eq!((code, out.as_str()), (0, "unknown\n; out of time\n"));
    assert_eq!(run(&["--in", "--timeout", "0.2", "--smtlib2-compliant", "--polytope=false"], hard).1, "unknown\n");
    let (code, out, err) = run(&["--in"], "(check-sat)(assert x)");
    assert_eq!((code, out.as_str()), (1, answer));
    assert!(err.starts_with("error: <stdin>:1:20: unknown symbol `x`"), "{err}");
    assert_eq!(run(&["--precision", "0"], "").0, 2);
    assert_eq!(run(&["--frobnicate"], "").0, 2);
    assert_eq!(run(&["/does/not/exist.smt2"], "").0, 1);
    let (code, out, err) = run(&["--json", "/does/not/exist.smt2"], "");
    assert!(code == 1 && out.contains("\"error\": \"cannot read /does/not/exist.smt2") && !err.is_empty(), "{out}");
    for arguments in [["a.smt2", "b.smt2"].as_slice(), &["--polytope", "maybe", "a.smt2"]] {
        let (code, _, err) = run(arguments, "");
        assert!(code == 2 && err.contains("2 files, `") && err.contains("expected one at most"), "{err}");
    }
    for limit in ["1e30", "1e300", "1e19"] {
        assert_eq!(run(&["--timeout", limit], script).1, answer);
    }
    assert_eq!(run(&["--precision", "1/3"], script).1, "delta-sat with delta = 1/3\n");
    assert_eq!(run(&["--no-presolve", "--worklist-fixpoint", "--sat-default-phase", "2"], script).1, answer);
    assert!(run(&["--version"], "").1.starts_with("deltasat "));
}

#[test]
fn nothing_is_said_of_assertions_that_were_not_read_in_time() {
    let said = |session: &mut Session, text: &str| {
        let mut script = Script::new(text);
        let replies = std::iter::from_fn(|| session.step(&mut script, &mut ()).expect("a script"));
        replies.filter_map(|reply| reply.text).collect::<Vec<_>>()
    };
    let long = "(* 2 x) ".repeat(2_000);
    let told = format!("(declare-const x Real) (assert (<= 0 x 9)) (push 1) (assert (< (+ {long}) 0))");
    let asked = "(check-sat) (check-sat-assuming ((= x 1))) (pop 1) (check-sat)";
    let found = "delta-sat with delta = 0.001";
    for looks in [0, 1, 3, 10, u64::MAX] {
        let budget = Budget::unlimited().interrupted_after(looks);
        let mut session = Session::new(Settings { budget, ..Settings::default() });
        assert_eq!(said(&mut session, &told), [""; 0]);
        // with time again, what was missed is still missing
        session.settings.budget = Budget::unlimited();
        let inside = if looks == u64::MAX { "unsat" } else { "unknown\n; interrupted" };
        assert_eq!(said(&mut session, asked), [inside, inside, found], "after {looks} looks");
    }
    // what is assumed is read as well, and values of a model are told however late
    let mut session = Session::default();
    assert_eq!(said(&mut session, "(declare-const x Real) (assert (= x 2)) (check-sat)"), [found]);
    session.settings.budget = Budget::unlimited().interrupted_after(0);
    assert!(session.settings.budget.expired());
    assert_eq!(said(&mut session, "(get-value ((* 3 x)))"), ["(\n\t((* 3 x) 6)\n)"]);
    assert_eq!(said(&mut session, "(check-sat-assuming ((= x 3)))"), ["unknown\n; interrupted"]);
}
