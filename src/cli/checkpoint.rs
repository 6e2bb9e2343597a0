//! `--checkpoint`: a file from which a question over a domain goes on where it was cut short.
//!
//! The file names the question by a digest of all that its answer depends on (the program's version, the model file, what is
//! asked), and carries a digest of its own notes, so that notes of another question or damaged ones are refused. It is
//! written every few seconds and at the end, whole.

use super::options::Session;
use super::page::replace;
use clap::Args;
use deltasat::budget::Stopwatch;
use deltasat::search::StopReason;
use quantproof::question::Subject;
use quantproof::report::html::digest::{hexadecimal, sha256};
use quantproof::report::json::asked;
use quantproof::robustness::journal::{Journal, Note};
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The least time between two writings while searches are short.
const PAUSE: Duration = Duration::from_secs(5);
const FORMAT: &str = "quantproof-checkpoint";
const VERSION: u32 = 1;

/// A file to go on from.
#[derive(Args)]
pub(super) struct Checkpoint {
    /// Save progress to this file and resume from it when the same question is asked again
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    /// digest of the question
    question: String,
    /// digest of the notes
    digest: String,
    notes: Vec<Note>,
}

impl Checkpoint {
    /// Whether one is wanted.
    pub(super) fn is_given(&self) -> bool {
        self.checkpoint.is_some()
    }

    /// Lets the searches of a session go on from the file, if it is there, and note in it how far they are. `model` is the
    /// model's file, and `more` all that the answer depends on beside the subject.
    pub(super) fn start(
        &self,
        session: &mut Session,
        subject: &Subject<'_>,
        model: &Path,
        more: &str,
    ) -> Result<(), String> {
        let Some(path) = self.checkpoint.clone() else { return Ok(()) };
        let named = |problem: String| format!("--checkpoint {}: {problem}", path.display());
        let bytes = std::fs::read(model).map_err(|error| format!("{}: cannot be read: {error}", model.display()))?;
        let asked = serde_json::to_string(&asked(subject)).map_err(|error| named(error.to_string()))?;
        let version = env!("CARGO_PKG_VERSION");
        // --output may make other confidences of the same file
        let (file, output) = (hexadecimal(&sha256(&bytes)), subject.network.output());
        let question = digest(format!("{version}\n{file}\n{output:?}\n{asked}\n{more}").as_bytes());
        let notes = read(&path, &question).map_err(named)?;
        // a place that cannot be written is better known before the search
        write(&path, &question, &notes)?;
        let (mut written, mut failed) = (Stopwatch::start(), false);
        let keep = move |notes: &[Note], now: bool| {
            if failed || !(written.lap(PAUSE) || now) {
                return;
            }
            if let Err(problem) = write(&path, &question, notes) {
                failed = true;
                // the search itself is none the worse for it
                let _ = writeln!(io::stderr(), "warning: --checkpoint: {problem}");
            }
        };
        session.settings.journal = Some(Arc::new(Mutex::new(Journal::new(notes, keep))));
        Ok(())
    }

    /// Where to go on, for somebody who stopped before the end.
    pub(super) fn hint(&self, session: &Session, stop: StopReason) {
        // what doubles cannot split stays so however often it is asked
        let over = matches!(stop, StopReason::Complete | StopReason::Unsplittable);
        if let Some(path) = self.checkpoint.as_ref().filter(|_| !over && !session.quiet) {
            let _ = writeln!(io::stderr(), "the same command goes on from {}", path.display());
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    hexadecimal(&sha256(bytes))
}

/// The notes of a file; none where there is no file.
fn read(path: &Path, question: &str) -> Result<Vec<Note>, String> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| format!("cannot be read: {error}"))?,
    };
    let document: Document =
        serde_json::from_str(&text).map_err(|error| format!("{error}, expected a checkpoint or no file"))?;
    if document.format != FORMAT || document.version != VERSION {
        return Err(format!("{} version {}, expected {FORMAT} version {VERSION}", document.format, document.version));
    }
    if document.question != question {
        return Err("notes of another question, model or version, expected those of this one, or no file".to_owned());
    }
    if document.digest != notes_digest(&document.notes)? {
        return Err("the notes are not as they were written, expected an unchanged file".to_owned());
    }
    Ok(document.notes)
}

fn notes_digest(notes: &[Note]) -> Result<String, String> {
    serde_json::to_vec(notes).map(|bytes| digest(&bytes)).map_err(|error| error.to_string())
}

fn write(path: &Path, question: &str, notes: &[Note]) -> Result<(), String> {
    let document = Document {
        format: FORMAT.to_owned(),
        version: VERSION,
        question: question.to_owned(),
        digest: notes_digest(notes)?,
        notes: notes.to_vec(),
    };
    let text = serde_json::to_string(&document).map_err(|error| format!("{}: {error}", path.display()))?;
    replace(path, &text)
}
