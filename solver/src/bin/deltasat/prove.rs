//! `--proof FILE` and `deltasat check`.

use crate::options::Format;
use deltasat::budget::{Budget, Stopwatch};
use deltasat::proof;
use deltasat::smtlib::{Reply, Verdict};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The proofs of a run, in the order of its checks.
pub(crate) struct Proofs {
    path: PathBuf,
    budget: Budget,
    /// checks so far
    checks: usize,
    text: String,
    failure: Option<String>,
}

impl Proofs {
    pub(crate) fn new(path: &Path, budget: Budget) -> Self {
        Proofs { path: path.to_owned(), budget, checks: 0, text: String::new(), failure: None }
    }

    /// Proves what a reply says, if it is `unsat`.
    pub(crate) fn take(&mut self, script: &str, reply: &Reply) {
        let Some(answer) = &reply.answer else { return };
        self.checks += 1;
        if answer.verdict != Verdict::Unsat {
            return;
        }
        match proof::write(script, self.checks, &self.budget) {
            Ok(proof) => self.text += &proof,
            Err(failure) => {
                let number = self.checks;
                self.failure.get_or_insert_with(|| format!("no proof of `check-sat` number {number}: {failure}"));
            }
        }
    }

    /// Writes the file.
    pub(crate) fn finish(self, format: Format) -> Result<(), String> {
        let Proofs { path, text, failure, .. } = self;
        if format == Format::Dr {
            return Err("no proof of a .dr file: expected SMT-LIB".to_owned());
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        if text.is_empty() {
            // there is nothing left to do when stderr is closed too
            let _ = writeln!(io::stderr(), "note: no answer is unsat, so {} is not written", path.display());
            return Ok(());
        }
        std::fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

/// Checks a file.
pub(crate) fn check(proof: &Path, script: Option<&Path>) -> ExitCode {
    let started = Stopwatch::start();
    let result = proof::check_files(proof, script);
    let mut out = io::stdout().lock();
    let written = match &result {
        Ok(text) => writeln!(out, "{text}\nchecked in {:.3} s", started.seconds()),
        Err(text) => writeln!(out, "not proved: {text}"),
    };
    if result.is_ok() && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
