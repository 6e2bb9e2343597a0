//! `deltasat watch`: a search retold step by step, as text, as a page that replays it, or as pictures.

use crate::options::{precision, seconds};
use clap::Args;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::smtlib::{Settings, Source};
use deltasat::watch::{Story, gallery};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Retells a search step by step: what is cut, why, and what becomes of each box.
///
/// Without an option, the steps are printed as text. What is shown is the search of the formula as it is written: without
/// presolve, and without the second look that `deltasat FILE` takes at what holds only up to δ.
#[derive(Args, Debug)]
#[command(max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The SMT-LIB file; `-` reads standard input
    #[arg(required_unless_present = "gallery", conflicts_with = "gallery")]
    file: Option<PathBuf>,
    /// Write a page that replays the search to an HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Print the steps as text, also where a page is written
    #[arg(long)]
    text: bool,
    /// Write a picture of each step, as SVG, to a folder
    #[arg(long, value_name = "FOLDER")]
    svg_steps: Option<PathBuf>,
    /// Add the same problem under several δ, branchers and contractors
    #[arg(long)]
    what_if: bool,
    /// Write an index and a page for each of twelve problems to a folder
    #[arg(long, value_name = "FOLDER")]
    gallery: Option<PathBuf>,
    /// δ, as for deltasat [default: what the file says, else 0.001]
    #[arg(long, value_name = "DELTA", value_parser = precision, allow_negative_numbers = true)]
    precision: Option<Rational>,
    /// Tell so many steps in full, then a sample
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    steps: u32,
    /// Stop the search after so many seconds (decimals allowed)
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,
}

const EXAMPLES: &str = "\
Examples:
  deltasat watch problem.smt2
  deltasat watch problem.smt2 --html search.html --what-if
  deltasat watch problem.smt2 --svg-steps slides/
  deltasat watch --gallery gallery/

Exit codes:
  0    told, whatever the answer
  1    error in the input, or a file that cannot be written
  2    error in the options";

/// Runs the command.
pub(crate) fn run(arguments: &Arguments, interrupt: &Arc<AtomicBool>) -> ExitCode {
    let mut budget = Budget::unlimited().with_interrupt(Arc::clone(interrupt));
    if let Some(limit) = arguments.timeout {
        budget = budget.with_time(limit);
    }
    let mut settings = Settings { budget, ..Settings::default() };
    if let Some(precision) = &arguments.precision {
        settings.precision.set(precision.clone(), Source::CommandLine);
    }
    match tell(arguments, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            // there is nothing left to do when stderr is closed too
            let _ = writeln!(io::stderr(), "error: {message}");
            1.into()
        }
    }
}

fn tell(arguments: &Arguments, settings: &Settings) -> Result<(), String> {
    let limit = arguments.steps as usize;
    if let Some(folder) = &arguments.gallery {
        for page in gallery::pages(settings, limit)? {
            write(&folder.join(&page.name), &page.html)?;
        }
        return Ok(());
    }
    let path = arguments.file.as_deref().unwrap_or(Path::new("-"));
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let text = read(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    let title = path.file_stem().map_or(name.clone(), |stem| stem.to_string_lossy().into_owned());
    let story = Story::of_script(&text, &title, settings, limit);
    let mut story = story.map_err(|error| error.render(&name, &text))?;
    if arguments.what_if {
        story.add_what_if(&text, settings).map_err(|error| error.render(&name, &text))?;
    }
    if let Some(path) = &arguments.html {
        write(path, &story.page())?;
    }
    if let Some(folder) = &arguments.svg_steps {
        for (number, picture) in story.pictures() {
            write(&folder.join(format!("step-{number:04}.svg")), &picture)?;
        }
    }
    if arguments.text || (arguments.html.is_none() && arguments.svg_steps.is_none()) {
        match writeln!(io::stdout(), "{}       {}", story.text(), story.answer) {
            // whoever closed the pipe has read enough
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(format!("cannot write the steps: {error}"));
            }
            _ => {}
        }
    }
    Ok(())
}

fn read(path: &Path) -> io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let make = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = make.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    made.map_err(|error| format!("cannot write {}: {error}", path.display()))
}
