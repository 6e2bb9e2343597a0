//! The options, spelled as dReal spells them.

#[cfg(unix)]
use crate::compare;
use crate::watch;
use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use deltasat::budget;
use deltasat::exact::{Rational, rational};
use deltasat::strategy::{brancher_name, contractor_name};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Decides formulas over the reals, up to a precision δ.
///
/// Reads SMT-LIB 2 or dReal's .dr format. `unsat` is a proof; `delta-sat` comes with a model of the formula weakened by
/// δ; where neither is found in time, or in double precision, the answer is `unknown`. Options given here outrank
/// `set-option` in the file.
#[derive(Parser, Debug)]
#[command(name = "deltasat", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(
    override_usage = "deltasat [OPTIONS] [FILE]\n       deltasat compare [OPTIONS] <PATH>…\n       deltasat watch [OPTIONS] [FILE]\n       deltasat check <PROOF> [SCRIPT]"
)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do in place of reading one file
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The file to read; `-` or nothing reads standard input
    // more than one are taken to say so: clap would call the second an unknown subcommand
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Read standard input
    #[arg(long = "in", conflicts_with = "files")]
    pub(crate) standard_input: bool,
    /// The format of the input [default: by the file's extension, else smt2]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,
    /// δ: how much each atom may be violated by a delta-sat answer [default: 0.001]
    #[arg(long, value_name = "DELTA", value_parser = precision, allow_negative_numbers = true)]
    pub(crate) precision: Option<Rational>,
    /// Print the model behind every delta-sat answer
    #[arg(long, visible_alias = "model")]
    pub(crate) produce_models: bool,
    /// Say sat, not delta-sat, where the model satisfies the formula itself: a point checked in exact arithmetic, or a box
    /// proved to contain a solution
    #[arg(long)]
    pub(crate) exact_sat: bool,
    /// Print what SMT-LIB prescribes and nothing else
    #[arg(long, visible_alias = "smtlib2_compliant")]
    pub(crate) smtlib2_compliant: bool,
    /// Worker threads; the answer does not depend on them
    #[arg(long, short, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: u16,
    /// Contract with linear relaxations (dReal's polytope contractor) [default: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", action = ArgAction::Set)]
    pub(crate) polytope: Option<bool>,
    /// Search the formula as it is: substitute no definitions, gather no parameters
    #[arg(long)]
    pub(crate) no_presolve: bool,
    /// How boxes are split, by name (an unknown one lists all)
    #[arg(long, value_name = "NAME", value_parser = brancher_name, hide_short_help = true)]
    pub(crate) brancher: Option<&'static str>,
    /// The contractors to use, by name and separated by commas; `none` uses none
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = contractor_name, hide_short_help = true)]
    pub(crate) contractors: Option<Vec<&'static str>>,
    /// Where the local searches of a minimisation start [default: 0]
    #[arg(long, value_name = "SEED")]
    pub(crate) random_seed: Option<u64>,
    /// Stop after so many seconds (decimals allowed); what is open then is unknown
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    pub(crate) timeout: Option<Duration>,
    /// Stop when the run holds so many bytes (suffixes K, M, G)
    #[arg(long, value_name = "BYTES", value_parser = budget::bytes)]
    pub(crate) memory: Option<usize>,
    /// Write a proof of every `unsat` to this file, for `deltasat check` and the program `deltacheck`
    #[arg(long, value_name = "FILE")]
    pub(crate) proof: Option<PathBuf>,
    /// Print one JSON object with all answers at the end
    #[arg(long)]
    pub(crate) json: bool,
    /// Print what each search did, on stderr
    #[arg(long)]
    pub(crate) stats: bool,
    /// Show progress, and options in the file that mean nothing here, on stderr
    #[arg(long, value_name = "LEVEL", num_args = 0..=1, default_missing_value = "info", hide_possible_values = true)]
    pub(crate) verbose: Option<Level>,
    #[command(flatten)]
    pub(crate) unused: Unused,
}

/// Options of dReal that mean nothing here, so that a command line for it is one for this command.
#[derive(Args, Debug)]
pub(crate) struct Unused {
    #[arg(long, hide = true)]
    forall_polytope: bool,
    #[arg(long, hide = true)]
    worklist_fixpoint: bool,
    #[arg(long, hide = true)]
    local_optimization: bool,
    #[arg(long, hide = true)]
    debug_parsing: bool,
    #[arg(long, hide = true)]
    debug_scanning: bool,
    #[arg(long, hide = true, value_name = "0-3")]
    sat_default_phase: Option<String>,
    #[arg(long, hide = true, value_name = "TOLERANCE")]
    nlopt_ftol_rel: Option<String>,
    #[arg(long, hide = true, value_name = "TOLERANCE")]
    nlopt_ftol_abs: Option<String>,
    #[arg(long, hide = true, value_name = "N")]
    nlopt_maxeval: Option<String>,
    #[arg(long, hide = true, value_name = "SECONDS")]
    nlopt_maxtime: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  deltasat problem.smt2
  deltasat --precision 1e-5 --model problem.dr
  echo '(declare-const x Real) (assert (= (sin x) 0.5)) (check-sat) (get-model)' | deltasat --in
  deltasat --timeout 60 --json problem.smt2
  deltasat --no-presolve --stats problem.smt2
  deltasat watch problem.smt2 --html search.html
  deltasat --proof problem.proof problem.smt2 && deltasat check problem.proof problem.smt2
  deltasat compare benchmarks/ --peer z3='z3 {file}' --html report.html

What formulas mean (as for dReal; more in solver/src/guide/scripts.md):
  an atom does not hold where an expression in it has no value, and neither does its negation
  only what has a value everywhere is folded away: (= (* 0 (sqrt y)) 0) needs y >= 0
  delta-sat is of the formula weakened by δ, in which (distinct s t) is always true
  (arctan2 y x) and (atan2 y x) are the angle of the point (x, y)

Further options of dReal are accepted and mean nothing here: --forall-polytope, --worklist-fixpoint,
--local-optimization, --debug-parsing, --debug-scanning, --sat-default-phase, --nlopt-…

Exit codes:
  0    answered, whatever the answers
  1    error in the input, or a request for an unavailable result, such as (get-model)
  2    error in the options
  130  interrupted by Ctrl-C; the check that was running is unknown";

/// What the command does other than answering one file.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    // runs are measured with what only Unix has: process groups and wait4
    #[cfg(unix)]
    Compare(compare::Arguments),
    Watch(watch::Arguments),
    /// Check a proof that `--proof` wrote
    ///
    /// Reads the script inside the proof anew and goes through every step in exact or directed integer arithmetic, by code
    /// that shares nothing with the solver (the program `deltacheck` is that code alone). Exit codes: 0 proved, 1 not proved.
    Check {
        /// The proof
        proof: PathBuf,
        /// The script that it is to be about
        script: Option<PathBuf>,
    },
}

/// A format of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// SMT-LIB 2
    Smt2,
    /// dReal's infix format
    Dr,
}

/// How much to say on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// nothing
    #[value(alias = "critical", alias = "error", alias = "warning", alias = "warn")]
    Off,
    /// progress
    #[value(alias = "debug", alias = "trace")]
    Info,
}

impl Cli {
    /// Where the input comes from; `None` for standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.files.first().map(PathBuf::as_path).filter(|file| *file != Path::new("-"))
    }

    /// Ends the command where there is more than one file.
    pub(crate) fn expect_one_file(&self) {
        if let [first, second, ..] = self.files.as_slice() {
            let message = format!(
                "{} files, `{}` and `{}`, expected one at most (the value of an option with `[=…]` follows its `=`)",
                self.files.len(),
                first.display(),
                second.display()
            );
            Cli::command().error(ErrorKind::TooManyValues, message).exit();
        }
    }

    /// The format, as said or by the extension.
    pub(crate) fn format(&self) -> Format {
        let by_extension = || match self.path().and_then(Path::extension) {
            Some(extension) if extension == "dr" => Format::Dr,
            _ => Format::Smt2,
        };
        self.format.unwrap_or_else(by_extension)
    }
}

/// A number above 0 in the range of a double.
pub(crate) fn precision(text: &str) -> Result<Rational, String> {
    let value = rational::parse(text).map_err(|error| error.to_string())?;
    if rational::floor_f64(&value) > 0.0 && rational::nearest_f64(&value).is_finite() {
        Ok(value)
    } else {
        Err("expected a number above 0 in the range of a double".to_owned())
    }
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let value = rational::parse(text).map_err(|error| error.to_string())?;
    let value = rational::nearest_f64(&value);
    if value < 0.0 {
        return Err("expected at least 0 seconds".to_owned());
    }
    // what is longer than a duration may be is no limit
    Ok(Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Cli::command().debug_assert();
        assert!(["-1", "x", "-1e99"].iter().all(|text| seconds(text).is_err()));
        assert_eq!(seconds("1e30"), Ok(Duration::MAX));
        assert!(["0", "-1", "1e-400", "1e400", "x"].iter().all(|text| precision(text).is_err()));
    }
}
