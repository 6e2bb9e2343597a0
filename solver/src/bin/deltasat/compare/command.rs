//! The commands of the solvers: a name and words in which `{file}` and `{delta}` stand for what differs from run to run.
//!
//! No shell runs them: a shell would be a second process to measure, and a file's name could say anything to it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The name under which this program appears.
const OWN_NAME: &str = "deltasat";
const FILE: &str = "{file}";
const DELTA: &str = "{delta}";

/// A solver.
#[derive(Clone, Debug)]
pub(super) struct Solver {
    /// what it is called in tables
    pub(super) name: String,
    /// the program
    program: PathBuf,
    /// its arguments, with placeholders
    arguments: Vec<String>,
}

impl Solver {
    /// Reads `NAME=COMMAND`.
    pub(super) fn parse(text: &str) -> Result<Solver, String> {
        let Some((name, command)) = text.split_once('=') else {
            return Err("no `=`, expected NAME=COMMAND such as z3='z3 {file}'".to_owned());
        };
        let name = name.trim();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err("expected a name before `=`".to_owned());
        }
        let mut words = split(command)?.into_iter();
        let Some(program) = words.next() else {
            return Err(format!("no command after `{name}=`, expected one such as 'z3 {{file}}'"));
        };
        let arguments: Vec<String> = words.collect();
        if !arguments.iter().any(|word| word.contains(FILE)) {
            return Err(format!("no {FILE} in the command, expected it where the file's name goes"));
        }
        Ok(Solver { name: name.to_owned(), program: program.into(), arguments })
    }

    /// This program.
    fn own() -> Result<Solver, String> {
        let program =
            std::env::current_exe().map_err(|error| format!("cannot find this program's own file: {error}"))?;
        let arguments = ["--precision", DELTA, FILE].map(str::to_owned).to_vec();
        Ok(Solver { name: OWN_NAME.to_owned(), program, arguments })
    }

    /// The program and its arguments for one run.
    pub(super) fn words(&self, file: &Path, delta: &str) -> Vec<OsString> {
        let mut words = vec![self.program.clone().into_os_string()];
        words.extend(self.arguments.iter().map(|word| {
            let mut expanded = OsString::new();
            for (i, piece) in word.split(FILE).enumerate() {
                if i > 0 {
                    expanded.push(operand(file));
                }
                expanded.push(piece.replace(DELTA, delta));
            }
            expanded
        }));
        words
    }

    /// The command as it can be typed, with placeholders.
    pub(super) fn line(&self) -> String {
        let program = self.program.to_string_lossy().into_owned();
        let words = std::iter::once(&program).chain(&self.arguments);
        words.map(|word| quote(word)).collect::<Vec<_>>().join(" ")
    }

    /// Whether there is such a program; finding out by a thousand failed runs helps nobody.
    fn exists(&self) -> bool {
        if self.program.components().count() > 1 || self.program.is_absolute() {
            return self.program.is_file();
        }
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder| folder.join(&self.program).is_file())
    }
}

/// This program and its peers, each with a name of its own and a program that exists.
pub(super) fn solvers(peers: &[Solver]) -> Result<Vec<Solver>, String> {
    let mut solvers = vec![Solver::own()?];
    for peer in peers {
        if solvers.iter().any(|solver| solver.name == peer.name) {
            return Err(format!("--peer {}: the name is taken, expected another one", peer.name));
        }
        if !peer.exists() {
            let program = peer.program.display();
            return Err(format!("--peer {}: no program `{program}`, expected a path or a name on PATH", peer.name));
        }
        solvers.push(peer.clone());
    }
    Ok(solvers)
}

/// A file's name as an argument that no program takes for an option.
fn operand(file: &Path) -> OsString {
    let name = file.as_os_str();
    if name.as_encoded_bytes().starts_with(b"-") {
        let mut safe = OsString::from("./");
        safe.push(name);
        return safe;
    }
    OsStr::to_owned(name)
}

/// Splits at white space; quotes and backslashes work as in a POSIX shell.
fn split(command: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err("a ' without an end in the command, expected another '".to_owned()),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\' | '$' | '`')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => {}
                        },
                        Some(c) => word.push(c),
                        None => return Err("a \" without an end in the command, expected another \"".to_owned()),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_whitespace() => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word as a shell reads it back.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "{}-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_split_as_a_shell_splits_them() {
        let words = |command: &str| split(command).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(words("  z3 -T:5\t{file} "), ["z3", "-T:5", "{file}"]);
        assert_eq!(words(r#"a 'b c' "d \"e\" \n" f\ g'h' '' "#), ["a", "b c", r#"d "e" \n"#, "f gh", ""]);
        assert!(words("").is_empty());
        assert!(split("a 'b").is_err() && split("a \"b").is_err());
        for word in ["", "a b", "it's", "{file}", "$(x)", "\"", "-T:5"] {
            assert_eq!(words(&quote(word)), [word]);
        }
    }

    #[test]
    fn placeholders_are_filled_everywhere() {
        let solver = Solver::parse("a=b --d={delta} {file} '{file}:{delta}'").unwrap();
        let words = solver.words(Path::new("-x {delta}.smt2"), "0.1");
        assert_eq!(words, ["b", "--d=0.1", "./-x {delta}.smt2", "./-x {delta}.smt2:0.1"]);
        assert_eq!(solver.line(), "b --d={delta} {file} {file}:{delta}");
    }

    #[test]
    fn what_is_no_peer_is_refused() {
        for text in ["z3", "=z3 {file}", "z3=", "z3=z3", "z3={file}", "z3=z3 'x", " =a {file}"] {
            assert!(Solver::parse(text).is_err(), "{text}");
        }
    }
}
