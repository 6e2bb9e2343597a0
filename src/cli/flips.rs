//! `quantproof flips`: which of many inputs can be given another class.

use super::inputs::{Columns, Inputs, Labels, Row};
use super::options::{self, Amount, Run, Selection};
use super::page::Pictures;
use super::part::Part;
use super::rows::{self, Ask};
use super::{Failure, Status};
use clap::Args;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::report::flips::Summary;
use quantproof::report::stream::{Kept, Stream};
use quantproof::report::{self, model};
use quantproof::robustness::flips::{Flip, Flips};
use quantproof::robustness::local::Scratch;
use std::io::Write;
use std::path::Path;

/// Which inputs can flip to another class, which never can, and the certified accuracy
///
/// For each input of a file, or each held-out point of the model: proved that no parameters within the perturbation change
/// the class that the trained network assigns, or refuted by parameters that do (with --quantize, numbers of the format).
/// Where the right classes are known, it also bounds the accuracy in the worst case, from both sides: the share of the
/// inputs that are classified correctly whatever the parameters do, each input facing the worst parameters for itself. No
/// single network within the perturbation has a lower accuracy than its lower bound.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    /// A CSV file of inputs, - for standard input; a column "label" holds the right classes [default: the model's held-out
    /// points]
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    inputs: Option<String>,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    columns: Columns,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    run: Run,
}

const EXAMPLES: &str = "\
Examples:
  quantproof flips models/iris_relu_4-8-3.json --inputs inputs.csv --quantize int8
  quantproof flips models/moons_relu_2-8-2.json --quantize int4:per-channel --rounding nearest
  quantproof flips models/moons_relu_2-16-16-2.json --epsilon 0.05 --timeout 60

A row is open when the time ran out (with --timeout, each row gets at most a share of it), when it is too close to call, or
when parameters between the numbers of the format change the class and no rounding was found that does. The exit code is 1
if a row can flip, else 4 if time ran out, else 3 if a row is open, else 0.";

/// The question that every row is asked.
struct Question<'a> {
    inputs: &'a Inputs,
    flips: &'a Flips<'a>,
    asked: &'a report::flips::Question<'a>,
    stream: &'a Stream,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.run.start()?;
        let network = self.model.load()?;
        options::choices(&network)?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        let read = self.inputs.as_deref().filter(|path| *path != "-").map(Path::new);
        let files: Vec<&Path> = [self.model.path()].into_iter().chain(read).chain(self.amount.file()).collect();
        let mut reproduce = self.pictures.start(&network, &files)?;
        let inputs = match &self.inputs {
            Some(path) => Inputs::read(path, &network, self.columns, Labels::Used, &session)?,
            None => Inputs::held_out(&network)?,
        };
        if self.inputs.as_deref() == Some("-") {
            reproduce.files.push(inputs.file("standard input".to_owned()));
        }
        let (inputs, part) = self.part.choose(inputs, self.model.path())?;
        let flips = Flips::new(&network, &perturbation, session.settings.clone());
        let asked = report::flips::Question {
            network: &network,
            perturbation: &perturbation,
            labels: inputs.has_labels(),
            rounded: flips.rounded().is_some(),
        };
        let mut stream = asked.stream(session.json, inputs.last_line, &inputs.widths);
        stream.asked = stream.asked.and(part);
        let question = Question { inputs: &inputs, flips: &flips, asked: &asked, stream: &stream };
        let mut summary = Summary { inputs: inputs.count, ..Summary::default() };
        let mut kept = Kept::default();
        let coordinates = network.input().count();
        summary.stop = rows::run(&session, &inputs, coordinates, &question, &stream, out, |row, flip, shown| {
            summary.add(question.label(row), &flip);
            if self.pictures.wanted() {
                kept.add(shown, asked.point(row.line, &inputs.point(row, coordinates), &flip));
            }
        })?;
        summary.seconds = session.started.seconds();
        let report = summary.report(&asked, &stream, &kept);
        let written = self.pictures.write(&report, reproduce);
        stream.end(&report, out)?;
        written?;
        let cut = summary.stop.is_some() || summary.open[0] > 0;
        if cut && session.stopped() == Some(StopReason::Interrupted) {
            return Ok(Status::Interrupted);
        }
        Ok(Status::of(report.outcome, StopReason::Complete))
    }
}

impl Question<'_> {
    fn label(&self, row: &Row) -> Option<usize> {
        // the file was checked: every label is a class
        self.inputs.label(row, self.asked.network).ok().flatten()
    }
}

impl Ask for Question<'_> {
    type Scratch = Scratch;
    type Found = Flip;

    fn ask(&self, row: &Row, input: &[Rational], budget: &Budget, scratch: &mut Scratch) -> Flip {
        self.flips.ask(input, self.label(row), budget, scratch, &mut ())
    }

    fn row(&self, row: &Row, input: &[Rational], flip: &Flip) -> model::Row {
        let fields: Vec<&str> = (0..input.len()).map(|i| self.inputs.field(row, i)).collect();
        self.asked.row(self.stream, (row.line, self.label(row)), &fields, input, flip)
    }
}
