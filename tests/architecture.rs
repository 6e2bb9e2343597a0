//! Reads the sources and says what must stay true of them: which module may use which, who reads a clock, who knows
//! operators by name, and how long files and functions are.
//!
//! The exceptions are lists that may only shrink: an entry that is not needed any more fails the test, too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A source file: its path from the root of the repository, and its lines without comments.
struct Source {
    path: String,
    lines: Vec<String>,
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    for folder in ["src", "solver/src", "solver/check/src"] {
        collect(&root.join(folder), &mut paths);
    }
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = |line: &str| line.split("//").next().unwrap_or_default().trim_end().to_owned();
        let path = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        Source { path, lines: text.lines().map(code).collect() }
    };
    paths.into_iter().map(read).collect()
}

/// Fails unless exactly the files of the list break a rule.
fn only(rule: &str, breaking: BTreeSet<String>, allowed: &[&str]) {
    let allowed: BTreeSet<String> = allowed.iter().map(|&path| path.to_owned()).collect();
    let more: Vec<_> = breaking.difference(&allowed).collect();
    assert!(more.is_empty(), "{rule}: {more:#?}");
    let fewer: Vec<_> = allowed.difference(&breaking).collect();
    assert!(fewer.is_empty(), "{rule}: take these off the list, it may only shrink: {fewer:#?}");
}

fn naming(sources: &[Source], words: &[&str]) -> BTreeSet<String> {
    let names = |line: &String, word: &str| {
        line.match_indices(word).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let code = |source: &&Source| {
        source.lines.iter().take_while(|line| *line != "#[cfg(test)]").any(|line| words.iter().any(|w| names(line, w)))
    };
    sources.iter().filter(code).map(|source| source.path.clone()).collect()
}

#[test]
fn one_clock() {
    let clocks = naming(&sources(), &["Instant", "SystemTime"]);
    only("no clock but deltasat::budget", clocks, CLOCKS);
}

#[test]
fn operators_are_named_by_those_who_build_and_rewrite() {
    let may = |path: &String| BUILDERS.iter().any(|folder| path.starts_with(folder));
    let named = naming(&sources(), &["Op::"]).into_iter().filter(|path| !may(path)).collect();
    only("operators answer questions, only who makes or rewrites expressions names them", named, OPERATORS);
}

#[test]
fn files_are_short() {
    let tests = |line: &String| line == "#[cfg(test)]";
    let length = |source: &Source| source.lines.iter().position(tests).unwrap_or(source.lines.len());
    let long = sources().into_iter().filter(|source| length(source) > 450).map(|source| source.path).collect();
    only("no file over 450 lines, tests aside", long, LONG_FILES);
}

#[test]
fn functions_are_short() {
    let mut long = BTreeSet::new();
    for source in sources() {
        let mut open: Vec<(usize, usize, String)> = Vec::new();
        for (number, line) in source.lines.iter().enumerate() {
            let (indent, code) = (line.len() - line.trim_start().len(), line.trim_start());
            let words: Vec<&str> = code.split([' ', '(', '<']).collect();
            let name = words.iter().position(|&word| word == "fn").filter(|&at| at <= 4).map(|at| words[at + 1]);
            if let Some(name) = name.filter(|name| !name.is_empty() && !code.ends_with([';', '}', ','])) {
                open.push((indent, number, name.to_owned()));
            }
            // a function of a trait without a body
            if code.starts_with(')') && code.ends_with([';', '}']) {
                open.retain(|&(start, ..)| start != indent);
            }
            // rustfmt closes a function where it began
            if code == "}"
                && let Some(position) = open.iter().rposition(|&(start, ..)| start == indent)
            {
                let (_, start, name) = open.remove(position);
                if number - start > 80 {
                    long.insert(format!("{} {name}", source.path));
                }
            }
        }
    }
    only("no function over 80 lines", long, LONG_FUNCTIONS);
}

/// The modules of `deltasat` and of `quantproof` from the ground up.
const FLOORS: [&[&str]; 2] = [
    &[
        "budget",
        "processor",
        "exact",
        "interval",
        "op",
        "expr",
        "formula",
        "simplex",
        "tape",
        "problem",
        "krawczyk",
        "incumbent",
        "relax",
        "contract",
        "branch",
        "strategy",
        "linear",
        "search",
        "presolve",
        "sat",
        "smtlib",
        "watch",
        "proof",
        "bin",
        "guide",
    ],
    &["network", "perturbation", "property", "encode", "robustness", "question", "report", "cli", "guide", "python"],
];

#[test]
fn modules_use_what_lies_below_them() {
    let mut upward: BTreeMap<String, ()> = BTreeMap::new();
    for source in sources() {
        if source.path.starts_with("solver/check/") {
            continue;
        }
        let (crate_, inside) = match source.path.strip_prefix("solver/src/") {
            Some(inside) => (0, inside),
            None => (1, source.path.strip_prefix("src/").unwrap()),
        };
        let floor = |module: &str| FLOORS[crate_].iter().position(|&name| name == module);
        let own = inside.split('/').next().unwrap().trim_end_matches(".rs");
        let Some(level) = floor(own) else {
            assert!(["lib", "main"].contains(&own), "{own}: a new module, expected it among FLOORS");
            continue;
        };
        let end = source.lines.iter().position(|line| line == "#[cfg(test)]").unwrap_or(source.lines.len());
        for line in &source.lines[..end] {
            for (at, _) in line.match_indices("crate::") {
                let path = &line[at + "crate::".len()..];
                let module = path.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if floor(module).is_some_and(|below| below > level) {
                    upward.insert(format!("{} uses {module}", source.path), ());
                }
            }
        }
        if crate_ == 0 {
            assert!(!source.lines.iter().any(|line| line.contains("quantproof::")), "{}", source.path);
        }
    }
    only("a module uses those below it", upward.into_keys().collect(), UPWARD);
}

/// The checker of proofs depends on big integers and on nothing of ours, and floating-point numbers decide nothing in it.
#[test]
fn the_checker_stands_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(root.join("solver/check/Cargo.toml")).unwrap();
    let dependencies = manifest.split("dependencies]").nth(1).unwrap_or_default();
    let named: Vec<&str> = dependencies.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    assert_eq!(named, ["num-bigint.workspace = true"]);
    assert_eq!(manifest.matches("dependencies]").count(), 1);
    let checker: Vec<Source> =
        sources().into_iter().filter(|source| source.path.starts_with("solver/check/")).collect();
    let lines: usize = checker.iter().map(|source| source.lines.iter().filter(|line| !line.is_empty()).count()).sum();
    assert!((1_000..2_800).contains(&lines), "{lines} lines");
    // `number` turns doubles into numbers, exactly, and numbers into doubles for messages; `main` prints seconds
    let floats = naming(&checker, &["f64", "f32", "as_secs_f64"]);
    only("no floating point in the checker", floats, &["solver/check/src/main.rs", "solver/check/src/number.rs"]);
}

/// Who reads a clock beside the budget, and the checker, which measures itself.
const CLOCKS: &[&str] = &["solver/check/src/main.rs", "solver/src/budget.rs"];

/// Those who make or rewrite expressions, and the operators themselves.
const BUILDERS: &[&str] = &[
    "solver/check/",
    "solver/src/proof/",
    "solver/src/op/",
    "solver/src/expr/",
    "solver/src/presolve/",
    "solver/src/smtlib/",
    "src/encode/",
];

/// Who else names operators.
const OPERATORS: &[&str] = &[
    "solver/src/branch/phase.rs",
    "solver/src/branch/phases_first.rs",
    "solver/src/incumbent/mod.rs",
    "solver/src/krawczyk/select.rs",
    "solver/src/sat/quotient.rs",
    "solver/src/tape/mod.rs",
    "solver/src/tape/relaxation/choice.rs",
    "solver/src/tape/relaxation/line.rs",
    "solver/src/tape/relaxation/primal.rs",
];

/// Files that are too long.
const LONG_FILES: &[&str] = &[
    "solver/src/exact/ball.rs",
    "solver/src/interval/tables.rs",
    "solver/src/smtlib/command.rs",
    "solver/src/smtlib/lower.rs",
    "solver/src/tape/mod.rs",
];

/// Functions that are too long.
const LONG_FUNCTIONS: &[&str] = &[
    "solver/src/bin/deltasat/compare/plot.rs scatter",
    "solver/src/smtlib/builtin.rs apply",
    "solver/src/smtlib/lower.rs term",
    "solver/src/tape/relaxation/rows.rs spread",
    "src/network/nnet/write.rs write",
    "src/network/onnx/tensor.rs decode",
    "src/robustness/difference.rs confidences",
];

/// Modules that use one above them.
const UPWARD: &[&str] = &["solver/src/incumbent/mod.rs uses branch"];
