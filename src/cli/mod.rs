//! The command line: one subcommand per file.
//!
//! A subcommand turns its options into the library's types, asks, and hands the finding to a report. stdout carries the
//! answer alone; progress and errors go to stderr. [`Status`] is the exit code.

mod bits;
mod checkpoint;
mod compare;
mod convert;
mod difference;
mod encode;
mod faults;
mod flips;
mod global;
mod inputs;
mod interrupt;
mod local;
mod options;
mod page;
mod progress;
mod question;
mod radius;
mod region;
mod rows;
mod sensitivity;
mod show;
mod table;
mod verify;

use clap::{Parser, Subcommand};
use deltasat::search::StopReason;
use quantproof::report::Outcome;
use quantproof::report::json::SCHEMA;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// Proves how far the parameters of a neural network may move before its confidence or its class changes.
///
/// Every answer has two sides: a bound that is proved for all parameters in question, and a witness that attains the
/// other bound, evaluated exactly.
#[derive(Parser)]
#[command(version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// What every help text ends with.
const EXIT_CODES: &str = "\
Exit codes:
  0    proved, or the bounds are as close as asked for
  1    counterexample found (for at least one row of a table)
  2    error in the options or in a file
  3    unknown: too close to call
  4    out of time; the bounds so far are printed
  130  interrupted by Ctrl-C; the bounds so far are printed";

#[derive(Subcommand)]
enum Command {
    Local(local::Arguments),
    Global(global::Arguments),
    Flips(flips::Arguments),
    SafeRegion(region::Arguments),
    Faults(faults::Arguments),
    Radius(radius::Arguments),
    Bits(bits::Arguments),
    Sensitivity(sensitivity::Arguments),
    Verify(verify::Arguments),
    Difference(difference::Arguments),
    Encode(encode::Arguments),
    Show(show::Arguments),
    Convert(convert::Arguments),
    CompareActivations(compare::Arguments),
}

/// The exit code of a command that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Done,
    Violated,
    Unknown,
    Timeout,
    Interrupted,
}

impl Status {
    /// The status of an outcome; whoever pressed Ctrl-C learns that first.
    fn of(outcome: Outcome, stop: StopReason) -> Status {
        match outcome {
            Outcome::Violated => Status::Violated,
            _ if stop == StopReason::Interrupted => Status::Interrupted,
            Outcome::Bounds | Outcome::Robust => Status::Done,
            Outcome::Unknown => Status::Unknown,
            Outcome::Timeout => Status::Timeout,
        }
    }

    fn code(self) -> u8 {
        match self {
            Status::Done => 0,
            Status::Violated => 1,
            Status::Unknown => 3,
            Status::Timeout => 4,
            Status::Interrupted => 130,
        }
    }
}

/// Why a command has no answer.
#[derive(Debug)]
enum Failure {
    /// what is wrong, where, and what was expected
    Message(String),
    /// a limit was reached before the question could be asked
    Stopped {
        reason: StopReason,
        /// what was not done to its end
        what: String,
        json: bool,
    },
    /// the answer could not be written
    Write(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Message(message)
    }
}

impl From<quantproof::network::NetworkError> for Failure {
    fn from(error: quantproof::network::NetworkError) -> Self {
        Failure::Message(error.to_string())
    }
}

impl From<quantproof::property::PropertyError> for Failure {
    fn from(error: quantproof::property::PropertyError) -> Self {
        Failure::Message(error.to_string())
    }
}

impl From<quantproof::perturbation::PerturbationError> for Failure {
    fn from(error: quantproof::perturbation::PerturbationError) -> Self {
        Failure::Message(error.to_string())
    }
}

impl Command {
    fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        match self {
            Command::Local(arguments) => arguments.run(out),
            Command::Global(arguments) => arguments.run(out),
            Command::Flips(arguments) => arguments.run(out),
            Command::SafeRegion(arguments) => arguments.run(out),
            Command::Faults(arguments) => arguments.run(out),
            Command::Radius(arguments) => arguments.run(out),
            Command::Bits(arguments) => arguments.run(out),
            Command::Sensitivity(arguments) => arguments.run(out),
            Command::Verify(arguments) => arguments.run(out),
            Command::Difference(arguments) => arguments.run(out),
            Command::Encode(arguments) => arguments.run(out),
            Command::Show(arguments) => arguments.run(out),
            Command::Convert(arguments) => arguments.run(),
            Command::CompareActivations(arguments) => arguments.run(out),
        }
    }
}

/// Parses the command line and runs the command.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut out = BufWriter::new(io::stdout().lock());
    let result = cli.command.run(&mut out).and_then(|status| Ok(out.flush().map(|()| status)?));
    let message = match result {
        Ok(status) => return status.code().into(),
        // whoever closed the pipe has read enough
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
        Err(Failure::Write(error)) => format!("cannot write the answer: {error}"),
        Err(Failure::Message(message)) => message,
        Err(Failure::Stopped { reason, what, json }) => {
            let stop = quantproof::report::stop_name(reason);
            let answer = match json {
                true => format!("{{\"schema\":{SCHEMA},\"answer\":\"timeout\",\"stop\":\"{stop}\"}}"),
                false => format!("{}: {what}, nothing is known", reason.words()),
            };
            let written = writeln!(out, "{answer}").and_then(|()| out.flush());
            match written {
                Ok(()) => return Status::of(Outcome::Timeout, reason).code().into(),
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
                Err(error) => format!("cannot write the answer: {error}"),
            }
        }
    };
    // nothing is left to do when stderr is closed too
    let _ = writeln!(io::stderr(), "error: {message}");
    2.into()
}
