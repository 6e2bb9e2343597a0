//! The command line: one subcommand per file.
//!
//! A subcommand turns its options into the library's types, asks, and hands the finding to a report. stdout carries the
//! answer alone; progress and errors go to stderr. The status of an answer is the exit code. [`run`] is the command;
//! [`run_within`] runs one inside another program, a [`Host`].

mod arrays;
mod bits;
mod checkpoint;
mod compare;
mod convert;
mod difference;
mod domain;
mod encode;
mod faults;
mod flips;
mod generate;
mod global;
mod host;
mod inputs;
mod interrupt;
mod local;
mod merge;
mod options;
mod page;
mod part;
mod progress;
mod question;
mod radius;
mod region;
mod rows;
mod sensitivity;
mod show;
mod table;
mod verify;
mod watch;

pub use host::{Host, Listener};

use clap::{Parser, Subcommand};
use deltasat::search::StopReason;
use quantproof::report::Outcome;
use quantproof::report::json::SCHEMA;
use std::ffi::OsString;
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
    Merge(merge::Arguments),
    #[command(hide = true)]
    Generate(generate::Arguments),
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
            Command::Convert(arguments) => arguments.run(out),
            Command::CompareActivations(arguments) => arguments.run(out),
            Command::Merge(arguments) => arguments.run(out),
            Command::Generate(arguments) => arguments.run(out),
        }
    }
}

/// Parses the command line of the process and runs the command.
pub fn run() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let message = match Cli::parse().answer(&mut out) {
        Ok(code) => return code.into(),
        Err(message) => message,
    };
    // nothing is left to do when stderr is closed too
    let _ = writeln!(io::stderr(), "error: {message}");
    2.into()
}

/// Runs a command, the name of the program first, inside a host. The exit code and, with the code 2, what is wrong.
pub fn run_within(arguments: &[OsString], host: Host, out: &mut dyn Write) -> (u8, Option<String>) {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // help is an answer
        Err(help) if !help.use_stderr() => {
            return match write!(out, "{help}") {
                Ok(()) => (0, None),
                Err(error) => (2, Some(error.to_string())),
            };
        }
        Err(error) => return (2, Some(error.to_string().trim_start_matches("error: ").trim_end().to_owned())),
    };
    match host::within(host, arguments, || cli.answer(out)) {
        Ok(code) => (code, None),
        Err(message) => (2, Some(message)),
    }
}

impl Cli {
    /// Runs the command: the exit code, or what is wrong.
    fn answer(&self, out: &mut dyn Write) -> Result<u8, String> {
        let result = self.command.run(out).and_then(|status| Ok(out.flush().map(|()| status)?));
        match result {
            Ok(status) => Ok(status.code()),
            // whoever closed the pipe has read enough
            Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
            Err(Failure::Write(error)) => Err(format!("cannot write the answer: {error}")),
            Err(Failure::Message(message)) => Err(message),
            Err(Failure::Stopped { reason, what, json }) => {
                let stop = quantproof::report::stop_name(reason);
                let answer = match json {
                    true => format!("{{\"schema\":{SCHEMA},\"answer\":\"timeout\",\"stop\":\"{stop}\"}}"),
                    false => format!("{}: {what}, nothing is known", reason.words()),
                };
                let written = writeln!(out, "{answer}").and_then(|()| out.flush());
                match written {
                    Ok(()) => Ok(Status::of(Outcome::Timeout, reason).code()),
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
                    Err(error) => Err(format!("cannot write the answer: {error}")),
                }
            }
        }
    }
}
