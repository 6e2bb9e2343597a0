//! One run: read, execute, print.

use crate::json::Report;
use crate::options::{Cli, Command, Format, Level};
use crate::prove::Proofs;
use clap::Parser;
use deltasat::budget::{self, Budget, Stopwatch};
use deltasat::search::{Event, Observer};
use deltasat::smtlib::{Reply, Script, Session, Settings, Source, dr};
use deltasat::strategy::Choice;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Why a run ended early.
enum Failure {
    /// what is wrong with the input
    Input(String),
    /// a command asked for an unavailable result, and an error said so
    Refused,
    /// stdout could not be written
    Write(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Write(error)
    }
}

/// Parses the command line and runs the command.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let interrupt = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&interrupt);
    let handler = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(error) = ctrlc::set_handler(handler) {
        complain(&format!("cannot listen for Ctrl-C: {error}"));
        return 2.into();
    }
    match &cli.command {
        #[cfg(unix)]
        Some(Command::Compare(arguments)) => return crate::compare::run(arguments, &interrupt),
        Some(Command::Check { proof, script }) => return crate::prove::check(proof, script.as_deref()),
        Some(Command::Watch(arguments)) => return crate::watch::run(arguments, &interrupt),
        None => {}
    }
    cli.expect_one_file();
    let mut budget = Budget::unlimited().with_interrupt(Arc::clone(&interrupt));
    if let Some(limit) = cli.timeout {
        budget = budget.with_time(limit);
    }
    if let Some(limit) = cli.memory {
        budget = budget.with_memory(limit).with_gauge(budget::resident);
    }
    let settings = settings(&cli, budget);
    let result = answer(&cli, settings);
    match result {
        Ok(()) if interrupt.load(Ordering::Relaxed) => 130.into(),
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Refused) => 1.into(),
        // whoever closed the pipe has read enough
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Write(error)) => {
            complain(&format!("cannot write the answer: {error}"));
            1.into()
        }
        Err(Failure::Input(message)) => {
            complain(&message);
            1.into()
        }
    }
}

/// Says something on stderr; there is nothing left to do when that is closed too.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "error: {message}");
}

fn settings(cli: &Cli, budget: Budget) -> Settings {
    let mut settings = Settings { budget, ..Settings::default() };
    let source = Source::CommandLine;
    if let Some(precision) = &cli.precision {
        settings.precision.set(precision.clone(), source);
    }
    settings.choice = Choice { brancher: cli.brancher, contractors: cli.contractors.clone() };
    if let Some(polytope) = cli.polytope {
        settings.polytope.set(polytope, source);
    }
    if cli.no_presolve {
        settings.presolve.set(false, source);
    }
    if let Some(seed) = cli.random_seed {
        settings.random_seed.set(seed, source);
    }
    for (given, setting) in [
        (cli.produce_models, &mut settings.produce_models),
        (cli.exact_sat, &mut settings.exact_sat),
        (cli.smtlib2_compliant, &mut settings.smtlib2_compliant),
    ] {
        if given {
            setting.set(true, source);
        }
    }
    settings.jobs.set(cli.jobs.into(), source);
    settings
}

/// Reads the input and prints the answers.
fn answer(cli: &Cli, settings: Settings) -> Result<(), Failure> {
    let name = cli.path().map_or("<stdin>".to_owned(), |path| path.display().to_string());
    let mut printer = Printer { cli, out: io::stdout().lock(), report: Report::new(&name), refused: false };
    let text = match input(cli, &name) {
        Ok(text) => text,
        Err(message) => {
            printer.finish(Some(&message))?;
            return Err(Failure::Input(message));
        }
    };
    let mut proofs = cli.proof.as_deref().map(|path| Proofs::new(path, settings.budget.clone()));
    let mut session = Session::new(settings);
    let mut progress = Progress { shows: cli.verbose == Some(Level::Info), last: Stopwatch::start() };
    let outcome = match cli.format() {
        Format::Smt2 => {
            let mut script = Script::new(&text);
            loop {
                match session.step(&mut script, &mut progress) {
                    Ok(Some(reply)) => {
                        printer.print(&reply)?;
                        if let Some(proofs) = &mut proofs {
                            proofs.take(&text, &reply);
                        }
                    }
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error.render(&name, &text)),
                }
            }
        }
        Format::Dr => match dr::read(&text, &mut session) {
            Ok(()) => match session.check_sat(&mut progress) {
                Ok(reply) => {
                    printer.print(&reply)?;
                    Ok(())
                }
                Err(message) => Err(format!("{name}: {message}")),
            },
            Err(error) => Err(error.render(&name, &text)),
        },
    };
    printer.finish(outcome.as_ref().err())?;
    outcome.map_err(Failure::Input)?;
    if let Some(proofs) = proofs {
        proofs.finish(cli.format()).map_err(Failure::Input)?;
    }
    if printer.refused { Err(Failure::Refused) } else { Ok(()) }
}

/// The text of the input; `name` is for errors.
fn input(cli: &Cli, name: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = match cli.path() {
        Some(path) => std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes)),
        None => io::stdin().lock().read_to_end(&mut bytes),
    };
    read.map_err(|error| format!("cannot read {name}: {error}"))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("{name}: not UTF-8 at byte {at}, expected text")
    })
}

/// Prints replies as they come, or collects them for JSON.
struct Printer<'a> {
    cli: &'a Cli,
    out: io::StdoutLock<'static>,
    report: Report,
    /// whether a command asked for an unavailable result
    refused: bool,
}

impl Printer<'_> {
    fn print(&mut self, reply: &Reply) -> Result<(), Failure> {
        self.refused |= reply.refused;
        if let (Some(note), Some(Level::Info)) = (&reply.note, self.cli.verbose) {
            let _ = writeln!(io::stderr(), "note: {note}");
        }
        if let (Some(answer), true) = (&reply.answer, self.cli.stats) {
            let s = &answer.statistics;
            let _ = writeln!(
                io::stderr(),
                "boxes {}, splits {}, refuted {}, pruned {}, incumbents {}, depth {}, {:.3} s",
                s.boxes,
                s.splits,
                s.refuted,
                s.pruned,
                s.incumbents,
                s.depth,
                s.seconds
            );
        }
        if self.cli.json {
            self.report.add(reply);
        } else if let Some(text) = &reply.text {
            writeln!(self.out, "{text}")?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self, error: Option<&String>) -> Result<(), Failure> {
        if self.cli.json {
            writeln!(self.out, "{}", self.report.object(error.map(String::as_str)))?;
            self.out.flush()?;
        }
        Ok(())
    }
}

/// Progress on stderr, a line a second at most.
struct Progress {
    shows: bool,
    last: Stopwatch,
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { lower, upper, boxes, open } = *event
            && self.shows
            && self.last.lap(Duration::from_secs(1))
        {
            let bounds = if upper.is_finite() { format!("[{lower:.6}, {upper:.6}], ") } else { String::new() };
            // progress that cannot be shown is no reason to stop
            let _ = writeln!(io::stderr(), "{bounds}{boxes} boxes examined, {open} open");
        }
    }
}
