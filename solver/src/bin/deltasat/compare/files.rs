//! The files to compare on, and what is known about them: how many checks they make, and which answers are right.
//!
//! Two sources of truth are read, neither of them through a solver's parser: `(set-info :status …)`, which SMT-LIB attaches
//! to the next check, and a file `NAME.expected` beside the file, as dReal's tests have it.

use super::answer::{self, Verdict};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file and what is known about it.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// where it is
    pub(super) path: PathBuf,
    /// its path as text that is safe to print
    pub(super) name: String,
    /// how many answers it asks for
    pub(super) checks: usize,
    /// `:status` of each check; `None` where there is none, or `unknown`
    pub(super) status: Vec<Option<Verdict>>,
    /// the answers in the `.expected` file
    pub(super) expected: Vec<Verdict>,
}

/// All files that the paths name, each once, in the order of their names within each path.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Task>, String> {
    let mut seen = BTreeSet::new();
    let mut tasks = Vec::new();
    for path in paths {
        let unreadable = |error: io::Error| format!("{}: cannot be read: {error}", path.display());
        let mut found = Vec::new();
        if fs::metadata(path).map_err(unreadable)?.is_dir() {
            walk(path, &mut found).map_err(|(place, error)| format!("{}: cannot be read: {error}", place.display()))?;
            if found.is_empty() {
                return Err(format!("{}: nothing to compare on, expected .smt2 or .dr files", path.display()));
            }
            found.sort();
        } else {
            found.push(path.clone());
        }
        tasks.extend(found.into_iter().filter(|path| seen.insert(path.clone())).map(Task::new));
    }
    Ok(tasks)
}

/// Collects the files of a folder and the folders in it; links to folders are not followed, so this ends.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), (PathBuf, io::Error)> {
    let at = |error| (folder.to_owned(), error);
    for entry in fs::read_dir(folder).map_err(at)? {
        let entry = entry.map_err(at)?;
        let path = entry.path();
        if entry.file_type().map_err(at)?.is_dir() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "smt2" || extension == "dr") {
            found.push(path);
        }
    }
    Ok(())
}

impl Task {
    /// Looks at a file; one that cannot be read has no status, and its solvers will say what is wrong.
    fn new(path: PathBuf) -> Task {
        let text = |path: &Path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let status = if path.extension().is_some_and(|extension| extension == "dr") {
            vec![None]
        } else {
            text(&path).map_or_else(|_| vec![None], |text| checks(&text))
        };
        let mut beside = path.clone().into_os_string();
        beside.push(".expected");
        let expected = text(Path::new(&beside)).map_or_else(|_| Vec::new(), |text| answer::read(&text).0);
        Task { name: printable(&path.to_string_lossy()), path, checks: status.len(), status, expected }
    }
}

/// The checks of an SMT-LIB script, each with its status.
///
/// This reads tokens, not grammar: a script that a solver refuses still shows here what it asks.
fn checks(text: &str) -> Vec<Option<Verdict>> {
    let (mut checks, mut status) = (Vec::new(), None);
    // the last three tokens; a command starts with a bracket
    let mut last = ["", "", ""];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            ';' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '|' => rest[1..].find(c).map_or(rest.len(), |end| end + 2),
            '(' | ')' => 1,
            c if c.is_whitespace() => c.len_utf8(),
            _ => rest.find(|c: char| c.is_whitespace() || "();\"|".contains(c)).unwrap_or(rest.len()),
        };
        let token = &rest[..length];
        rest = &rest[length..];
        if c == ';' || c.is_whitespace() {
            continue;
        }
        match (last, token) {
            ([.., "("], "check-sat" | "check-sat-assuming") => checks.push(status.take()),
            (["(", "set-info", ":status"], "sat") => status = Some(Verdict::Sat),
            (["(", "set-info", ":status"], "unsat") => status = Some(Verdict::Unsat),
            (["(", "set-info", ":status"], _) => status = None,
            _ => {}
        }
        last = [last[1], last[2], token];
    }
    checks
}

/// Text with control characters spelled out: a file's name must not move the cursor.
pub(super) fn printable(text: &str) -> String {
    let spell = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(spell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_belongs_to_the_next_check() {
        let text = "; (check-sat)\n(set-info :status sat)(echo \"(check-sat) \"\"(check-sat)\")\n(declare-const |(check-sat)| Bool)\n\
                    ( check-sat)(check-sat-assuming (a))(set-info :status unsat)(set-info :source |a (check-sat)\n|)\n\
                    (check-sat) (set-info :status unknown) (check-sat) (get-info :status) (assert check-sat)";
        assert_eq!(checks(text), [Some(Verdict::Sat), None, Some(Verdict::Unsat), None]);
        assert!(checks("").is_empty() && checks("(check-sat").len() == 1 && checks("\"(check-sat)").is_empty());
    }

    #[test]
    fn names_are_safe_to_print() {
        assert_eq!(printable("a\x1b[2J\nδ"), "a\\u{1b}[2J\\nδ");
    }
}
