//! `deltasat compare`: decision procedures side by side, on equal files.
//!
//! Every solver, this one included, is a process of its own with the same limit on wall time, and they take turns
//! (A B A B) so that whatever else the machine does meets them alike. What a solver prints is read by one parser for all
//! ([`answer`]); answers are held against each other, `(set-info :status …)` and `.expected` files ([`check`]).
//!
//! Data flows one way: files → [`measure`] → rows → [`check`] → [`summary`] → a [`table`], CSV and JSON ([`export`]), a
//! page ([`html`] with [`plot`]).

mod answer;
mod check;
mod command;
mod export;
mod files;
mod html;
mod measure;
mod plot;
mod progress;
mod summary;
mod table;

use crate::options::{precision, seconds};
use answer::Trial;
use clap::Args;
use command::Solver;
use files::Task;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Compares deltasat with other solvers on equal files: answers, time and memory.
///
/// Each solver runs in a process of its own with the same limit on wall time, and the solvers take turns. Answers are
/// held against each other, against (set-info :status …) in the file and against a FILE.expected beside it; unsat
/// against delta-sat is no contradiction, unsat against sat is.
#[derive(Args, Debug)]
#[command(max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Files, and folders that are searched for .smt2 and .dr files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Another solver: a name, and its command with {file} and, if it takes one, {delta}; may be repeated
    #[arg(long, value_name = "NAME=COMMAND", value_parser = Solver::parse)]
    peer: Vec<Solver>,
    /// δ, for deltasat and wherever a command says {delta}
    #[arg(long, visible_alias = "precision", value_name = "DELTA", default_value = "0.001", value_parser = delta, allow_negative_numbers = true)]
    delta: String,
    /// The limit on the wall time of each run, in seconds (decimals allowed)
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = limit, allow_negative_numbers = true)]
    timeout: Duration,
    /// How often each solver runs on each file; times are medians
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1000))]
    repeat: u16,
    /// Write every run to a CSV file
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write everything to a JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a page with tables and plots to an HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// No progress on stderr
    #[arg(long, short)]
    quiet: bool,
}

const EXAMPLES: &str = "\
Examples:
  deltasat compare benchmarks/ --peer z3='z3 {file}' --timeout 10
  deltasat compare a.smt2 --peer dreal='dreal --precision {delta} {file}' --repeat 5 --html report.html
  deltasat compare a.dr --peer dreal4='dreal --precision {delta} {file}' --peer dreal5='dReal-CMake/build/dreal --precision {delta} {file}'
  deltasat compare benchmarks/ --peer two='deltasat --jobs 2 --precision {delta} {file}' --csv runs.csv

Commands are split at spaces, with quotes as in a shell, and run without one.

Exit codes:
  0    compared, and nothing that δ does not excuse
  1    an unsat and a sat contradict each other
  2    error in the options, or a file that cannot be written
  130  interrupted by Ctrl-C; what there is was printed";

/// A file and what every solver did on it.
pub(super) struct Row {
    /// the file
    task: Task,
    /// for each solver its runs, in order
    trials: Vec<Vec<Trial>>,
    /// what is notable about the answers
    findings: Vec<check::Finding>,
}

/// All that was asked and measured.
pub(super) struct Comparison {
    /// the solvers; this one is the first
    solvers: Vec<Solver>,
    delta: String,
    timeout: Duration,
    repeat: u16,
    /// how many files there were to compare
    files: usize,
    rows: Vec<Row>,
    interrupted: bool,
}

/// Turns a comparison into the content of a file.
type Export = fn(&Comparison) -> String;

/// A file that is written at the end but opened before anything runs: hours later is too late to find out.
struct Sheet {
    path: PathBuf,
    file: File,
    content: Export,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, interrupt: &AtomicBool) -> ExitCode {
    match compare(arguments, interrupt) {
        Ok(code) => code.into(),
        Err(message) => {
            // there is nothing left to do when stderr is closed too
            let _ = writeln!(io::stderr(), "error: {message}");
            2.into()
        }
    }
}

fn compare(arguments: &Arguments, interrupt: &AtomicBool) -> Result<u8, String> {
    let solvers = command::solvers(&arguments.peer)?;
    let tasks = files::find(&arguments.paths)?;
    let mut sheets = arguments.sheets()?;
    let mut comparison = Comparison {
        solvers,
        delta: arguments.delta.clone(),
        timeout: arguments.timeout,
        repeat: arguments.repeat,
        files: tasks.len(),
        rows: Vec::new(),
        interrupted: false,
    };
    let mut progress = progress::Progress::new(arguments.quiet, tasks.len());
    for task in tasks {
        let row = comparison.row(task, interrupt, &mut progress);
        comparison.interrupted = interrupt.load(Ordering::Relaxed);
        if row.trials.iter().any(|trials| !trials.is_empty()) {
            progress.done(&comparison, &row);
            comparison.rows.push(row);
        }
        if comparison.interrupted {
            break;
        }
    }
    progress.clear();
    let written = io::stdout().lock().write_all(table::text(&comparison).as_bytes());
    for sheet in &mut sheets {
        let content = (sheet.content)(&comparison);
        let written = sheet.file.write_all(content.as_bytes());
        written.map_err(|error| format!("cannot write {}: {error}", sheet.path.display()))?;
    }
    match written {
        // whoever closed the pipe has read enough
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            return Err(format!("cannot write the table: {error}"));
        }
        _ => {}
    }
    Ok(if comparison.contradictions() > 0 {
        1
    } else if comparison.interrupted {
        130
    } else {
        0
    })
}

impl Arguments {
    /// Creates the files that the options name.
    fn sheets(&self) -> Result<Vec<Sheet>, String> {
        let wanted: [(&Option<PathBuf>, Export); 3] =
            [(&self.csv, export::csv), (&self.json, export::json), (&self.html, html::page)];
        let wanted = wanted.into_iter().filter_map(|(path, content)| Some((path.clone()?, content)));
        wanted
            .map(|(path, content)| match File::create(&path) {
                Ok(file) => Ok(Sheet { path, file, content }),
                Err(error) => Err(format!("cannot write {}: {error}", path.display())),
            })
            .collect()
    }
}

impl Comparison {
    /// Runs every solver on a file in turn, until Ctrl-C.
    fn row(&self, task: Task, interrupt: &AtomicBool, progress: &mut progress::Progress) -> Row {
        let mut trials = vec![Vec::new(); self.solvers.len()];
        'runs: for _ in 0..self.repeat {
            for (solver, trials) in self.solvers.iter().zip(&mut trials) {
                if interrupt.load(Ordering::Relaxed) {
                    break 'runs;
                }
                progress.show(|| format!("{} on {}", solver.name, task.name));
                let command = solver.words(&task.path, &self.delta);
                let Some(trial) = measure::measure(&command, self.timeout, interrupt) else { break 'runs };
                trials.push(trial);
            }
        }
        let findings = check::findings(&self.solvers, &task, &trials);
        Row { task, trials, findings }
    }

    /// How many files have a contradiction that δ does not excuse.
    fn contradictions(&self) -> usize {
        self.rows.iter().filter(|row| row.contradicts()).count()
    }
}

impl Row {
    fn contradicts(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind == check::Kind::Contradiction)
    }
}

fn delta(text: &str) -> Result<String, String> {
    precision(text).map(|_| text.to_owned())
}

fn limit(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("expected more than 0 seconds".to_owned()),
        limit => Ok(limit),
    }
}
