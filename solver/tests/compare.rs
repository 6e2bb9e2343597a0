//! `deltasat compare` as its users see it, with peers that are shell scripts: one that tells the truth, one that lies, one
//! that hangs, one that crashes, one that prints anything at all.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const SAT: &str = "(set-logic QF_NRA)(declare-const x Real)(assert (<= 1 x 3))(assert (= (* x x) 4))(check-sat)\n";
const UNSAT: &str = "(set-logic QF_NRA)(declare-const x Real)(assert (<= 1 x 3))(assert (= (* x x) 16))(check-sat)\n";

/// A folder of its own for a test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compare_{test}"));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        name.to_owned()
    }

    /// A peer that runs a script, in which `$1` is the file.
    fn peer(&self, name: &str, script: &str) -> String {
        let file = self.file(&format!("{name}.sh"), script);
        format!("--peer={name}=sh {file} {{file}}")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deltasat"));
        command.arg("compare").args(arguments).current_dir(&self.0).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Run {
        self.command(arguments).output().unwrap().into()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Run {
    /// The words of the line of a table that starts with these words, without its mark.
    #[track_caller]
    fn line(&self, start: &[&str]) -> Vec<&str> {
        let mut lines = self.out.lines().map(|line| {
            let words = line.split_whitespace().skip_while(|word| ["!", "δ", "m"].contains(word));
            words.collect::<Vec<_>>()
        });
        // the heads of a table are shorter
        let found = lines.find(|words| words.len() > 2 && words.starts_with(start));
        found.unwrap_or_else(|| panic!("{start:?} in {}", self.out))
    }
}

#[test]
fn who_tells_the_truth_is_not_contradicted() {
    let folder = Folder::new("truth");
    folder.file("a.smt2", &format!("(set-info :status sat){SAT}"));
    folder.file("b.smt2", &format!("(set-info :status unsat){UNSAT}"));
    folder.file("notes.txt", "not a problem");
    let peer = folder.peer("truth", "case $1 in *a.smt2) echo sat;; *) echo unsat;; esac");
    let run = folder.run(&[".", &peer, "--repeat", "2", "--csv=r.csv", "--json=r.json", "--html=r.html"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("no contradiction: 2 files, 2 solvers"), "{}", run.out);
    assert_eq!(run.line(&["deltasat"])[..6], ["deltasat", "2", "2", "1", "0", "1"], "solved, of, unsat, sat, δ-sat");
    assert_eq!(run.line(&["truth", "2", "2"])[3..6], ["1", "1", "0"]);
    assert!(run.out.contains("\npeer   both solved  ratio"), "{}", run.out);
    assert!(run.err.contains("2/2 ./b.smt2: deltasat unsat"), "progress: {}", run.err);
    let csv = folder.read("r.csv");
    assert_eq!(csv.lines().count(), 1 + 2 * 2 * 2);
    let order: Vec<String> =
        csv.lines().skip(1).map(|line| line.split(',').skip(4).take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(order[..4], ["deltasat 1", "truth 1", "deltasat 2", "truth 2"], "they take turns");
    assert!(
        csv.lines().nth(1).unwrap().starts_with("./a.smt2,1,sat,,deltasat,1,solved,delta-sat with delta = 0.001,0,,")
    );
    assert!(folder.read("r.json").contains("\"schema\": 1") && folder.read("r.html").contains("No contradiction"));
}

#[test]
fn what_only_a_peer_solves_comes_first() {
    let folder = Folder::new("only");
    folder.file("a.smt2", SAT);
    folder.file("b.smt2", "(declare-const x Real)(assert (= (secret x) 0))(check-sat)");
    let peer = folder.peer("wise", "echo unsat");
    let other = folder.peer("mute", "echo unknown");
    let run = folder.run(&["b.smt2", &peer, &other, "--html=r.html", "--quiet"]);
    let first = "solved by wise and not by deltasat: 1 file\n  b.smt2: wise unsat in ";
    assert!(run.out.starts_with(first), "{}", run.out);
    assert!(!run.out.contains("solved by mute"), "{}", run.out);
    assert!(folder.read("r.html").contains("<h2>Solved by wise and not by deltasat: 1 file</h2>"));
    let run = folder.run(&["a.smt2", &other, "--quiet"]);
    assert!(!run.out.contains("solved by"), "{}", run.out);
}

#[test]
fn a_lie_is_found_and_named() {
    let folder = Folder::new("lie");
    folder.file("known.smt2", &format!("(set-info :status unsat){UNSAT}"));
    folder.file("unknown.smt2", UNSAT);
    let liar = folder.peer("liar", "echo sat");
    let run = folder.run(&[".", &liar, "--json=r.json", "--html=r.html", "--quiet"]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("contradictions on 2 of 2 files"), "{}", run.out);
    let named = "./known.smt2: unsat by deltasat and :status, sat by liar: liar is wrong";
    assert!(run.out.contains(named), "{}", run.out);
    assert!(run.out.contains("./unknown.smt2: unsat by deltasat, sat by liar\n"), "{}", run.out);
    // our answer counts where the file says that it is right; where nothing tells, neither counts
    assert_eq!(run.line(&["deltasat"])[1..3], ["1", "2"]);
    assert_eq!(run.line(&["liar", "0"])[1..3], ["0", "2"]);
    assert!(folder.read("r.json").contains("\"contradictions\": 2"));
    let page = folder.read("r.html");
    assert!(page.contains("Contradictions on 2 of 2 files") && page.contains("<strong>wrong</strong>"));
    assert_eq!(run.err, "", "--quiet");
}

#[test]
fn delta_excuses_what_is_delta_apart() {
    let folder = Folder::new("apart");
    folder.file("a.smt2", UNSAT);
    folder.file("b.smt2", SAT);
    folder.file("b.smt2.expected", "unsat\n");
    let weak = folder.peer("weak", "echo delta-sat with delta = $2; echo 'x : [1, 2]'");
    let run = folder.run(&["a.smt2", &weak.replace("{file}", "{file} {delta}"), "--delta=0.25", "--csv=r.csv"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(
        run.out.contains("δ apart") && run.out.contains("a.smt2: unsat by deltasat, delta-sat by weak"),
        "{}",
        run.out
    );
    assert!(folder.read("r.csv").contains("delta-sat with delta = 0.25"), "δ reaches the command");
    let run = folder.run(&["b.smt2"]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.out.contains("missed: .expected has unsat\n  b.smt2: unsat by .expected, delta-sat by deltasat"),
        "{}",
        run.out
    );
    let run = folder.run(&["b.smt2", &folder.peer("exact", "echo sat")]);
    assert_eq!(run.code, Some(1), "an exact sat against an expected unsat is no miss: {}", run.out);
}

#[test]
fn who_hangs_is_killed_with_its_children() {
    let folder = Folder::new("hang");
    folder.file("a.smt2", SAT);
    let hang = folder.peer("hang", "(sleep 2; touch survived) & echo unsat; sleep 1000");
    let started = Instant::now();
    let run = folder.run(&["a.smt2", &hang, "--timeout", "0.5", "--csv=r.csv"]);
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(run.line(&["a.smt2"]).contains(&"timeout"), "{}", run.out);
    let row = folder.read("r.csv").lines().last().unwrap().to_owned();
    assert!(row.contains(",hang,1,timeout,unsat,,,0."), "what it said before still stands: {row}");
    std::thread::sleep(Duration::from_secs(2).saturating_sub(started.elapsed()) + Duration::from_millis(700));
    assert!(!folder.0.join("survived").exists(), "a child outlived the limit");
    // what is left behind by one that ends in time goes too
    let left = folder.peer("left", "(sleep 1; touch survived) & echo sat");
    let run = folder.run(&["a.smt2", &left]);
    assert_eq!((run.code, run.line(&["a.smt2"])[3]), (Some(0), "sat"));
    std::thread::sleep(Duration::from_millis(1500));
    assert!(!folder.0.join("survived").exists(), "a child outlived its parent");
}

#[test]
fn crashes_and_garbage_are_errors() {
    let folder = Folder::new("crash");
    folder.file("a.smt2", SAT);
    let peers = [
        folder.peer("crash", "echo sat; kill -SEGV $$"),
        folder.peer("fail", "echo 'sin, is that so?' >&2; echo and more >&2; exit 3"),
        folder.peer("garbage", "head -c 300000 /dev/urandom; echo; printf 'is sat\\nsat?\\n\\033[2J'"),
        folder.peer("snake", "printf 'Traceback (most recent call last):\\n  File\\nNameError: sin\\n' >&2; exit 1"),
        folder.peer("mute", ":"),
        folder.peer("deaf", "echo '(error \"line 1: sin\")'; echo unsat"),
        folder.peer("twice", "echo sat; echo sat"),
        folder.peer("flood", "yes x | head -c 50000000; echo sat"),
    ];
    let mut arguments = vec!["a.smt2", "--csv=r.csv", "--json=r.json", "--html=r.html"];
    arguments.extend(peers.iter().map(String::as_str));
    let run = folder.run(&arguments);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let csv = folder.read("r.csv");
    let row = |name: &str| csv.lines().find(|line| line.contains(&format!(",{name},1,"))).unwrap().to_owned();
    assert!(row("crash").contains(",error,sat,,11,"), "{}", row("crash"));
    let fail = row("fail");
    assert!(fail.contains(",error,,3,,") && fail.ends_with(",\"sin, is that so?\""), "{fail}");
    assert!(row("snake").ends_with(",NameError: sin"), "{}", row("snake"));
    for name in ["garbage", "mute", "flood"] {
        assert!(row(name).contains(",error,,0,,"), "{}", row(name));
    }
    assert!(
        row("deaf").contains(",error,,0,,") && row("deaf").contains("line 1: sin"),
        "what follows an error is no answer"
    );
    assert!(row("twice").contains(",error,sat; sat,0,,"));
    assert!(run.out.contains("errors of fail\n  a.smt2: error 3: sin, is that so?\n"), "{}", run.out);
    assert!(!run.out.contains('\x1b'), "what a solver prints must not move the cursor");
}

#[test]
fn markup_in_names_is_text() {
    let folder = Folder::new("markup");
    let name = "<script>alert(1)<_script>&\"'.smt2";
    folder.file(name, SAT);
    let run = folder.run(&[
        name,
        "--peer=<img src>=sh -c 'echo \"<b>\" >&2; exit 1' {file}",
        "--html=r.html",
        "--json=r.json",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let page = folder.read("r.html");
    for markup in ["<script>alert", "<img", "<b>"] {
        assert!(!page.contains(markup), "{markup} in {page}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;_script&gt;&amp;&quot;&#39;.smt2"));
    assert!(folder.read("r.json").contains(r#"<script>alert(1)<_script>&\"'.smt2"#));
    // a name that looks like an option is none
    folder.file("--version.smt2", SAT);
    let run = folder.run(&["--quiet", "--", "--version.smt2"]);
    assert!(run.line(&["--version.smt2"]).contains(&"delta-sat"), "{}", run.out);
}

#[test]
fn mistakes_are_named_before_anything_runs() {
    let folder = Folder::new("usage");
    folder.file("a.smt2", SAT);
    fs::create_dir(folder.0.join("empty")).unwrap();
    let cases: [(&[&str], &str); 11] = [
        (&["empty"], "empty: nothing to compare on, expected .smt2 or .dr files"),
        (&["missing.smt2"], "missing.smt2: cannot be read"),
        (&["a.smt2", "--peer=z3"], "expected NAME=COMMAND"),
        (&["a.smt2", "--peer=x=sh"], "no {file} in the command"),
        (&["a.smt2", "--peer=x=no-such-solver {file}"], "--peer x: no program `no-such-solver`"),
        (&["a.smt2", "--peer=x=sh {file}", "--peer=x=sh {file}"], "--peer x: the name is taken"),
        (&["a.smt2", "--peer=deltasat=sh {file}"], "the name is taken"),
        (&["a.smt2", "--timeout=0"], "expected more than 0 seconds"),
        (&["a.smt2", "--delta=-1"], "expected a number above 0"),
        (&["a.smt2", "--html=no/such/folder.html"], "cannot write no/such/folder.html"),
        (&[], "required"),
    ];
    for (arguments, message) in cases {
        let run = folder.run(arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}", run.err);
        assert!(run.err.contains(message), "{arguments:?}: {}", run.err);
        assert_eq!(run.out, "", "{arguments:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_of_the_solver() {
    let folder = Folder::new("unreadable");
    fs::create_dir(folder.0.join("in")).unwrap();
    folder.file("in/a.smt2", SAT);
    fs::write(folder.0.join("in/b.smt2"), [0xff, 0xfe, b'(']).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.0.join("in/c.smt2")).unwrap();
    std::os::unix::fs::symlink(".", folder.0.join("in/loop")).unwrap();
    let run = folder.run(&["in", "in/a.smt2"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert_eq!(run.line(&["deltasat"])[1..3], ["1", "3"], "each file once, links to folders not followed: {}", run.out);
    assert!(run.out.contains("in/b.smt2: error 1: error: in/b.smt2: not UTF-8 at byte 0"), "{}", run.out);
    assert!(run.out.contains("in/c.smt2: error 1: error: cannot read in/c.smt2"), "{}", run.out);
}

#[test]
fn an_interrupt_prints_what_there_is() {
    let folder = Folder::new("interrupt");
    for name in ["a.smt2", "b.smt2", "c.smt2"] {
        folder.file(name, SAT);
    }
    let slow = folder.peer("slow", "case $1 in *a.smt2) echo sat;; *) touch started; sleep 1000;; esac");
    let mut command = folder.command(&[".", &slow, "--csv=r.csv"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while !folder.0.join("started").exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "the second file is never reached");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!(run.code, Some(130), "{}{}", run.out, run.err);
    assert!(run.out.contains("interrupted: 2 of 3 files"), "{}", run.out);
    assert_eq!(run.line(&["./a.smt2"])[3], "sat");
    assert_eq!(folder.read("r.csv").lines().count(), 1 + 3, "the run that was interrupted does not count");
}
