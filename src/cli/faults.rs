//! `quantproof faults`: what single inverted bits do.

use super::inputs::{Columns, Inputs, Labels, Row};
use super::options::{self, Run, Selection, Session};
use super::page::Pictures;
use super::part::Part;
use super::progress::Progress;
use super::rows::{self, Ask};
use super::{Failure, Status, domain};
use clap::Args;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::perturbation::Magnitude;
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::report::faults::{Question, Summary};
use quantproof::report::html::Reproduce;
use quantproof::report::model;
use quantproof::report::stream::Kept;
use quantproof::report::table::point;
use quantproof::robustness::faults::{Effect, Faults};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// What a single inverted bit in the stored parameters does to the confidence and the class
///
/// The parameters are rounded to the nearest number of a format and stored as its words. Every network with one bit of one
/// word inverted is evaluated: certified bounds of how far the confidence moves at most, the worst bit, and whether any bit
/// changes the class that the quantised network assigns. Faults that leave infinity or NaN are listed apart.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    part: Part,
    #[command(flatten)]
    columns: Columns,
    /// The number format: int8, int4:per-channel, fixed:4.4, float16, bfloat16, float8:e4m3, …; layer0=int8,layer1=fixed:4.4
    /// for single layers
    #[arg(long, value_name = "FORMAT")]
    quantize: String,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    run: Run,
}

const EXAMPLES: &str = "\
Examples:
  quantproof faults models/moons_relu_2-8-2.json --input 0.3,-0.2 --quantize int8
  quantproof faults models/iris_relu_4-8-3.json --input 0,0,0,0 --quantize float16 --layers 1
  quantproof faults models/moons_relu_2-8-2.json --inputs models/moons_test.csv --quantize int8
  quantproof faults models/moons_relu_2-8-2.json --quantize int8 --domain model

Over a domain each parameter ranges over the hull of its faulty values, which is sound and may exceed what its faults do.

The exit code is 1 if a fault changes the class or leaves no number (in a table: for some row), else 4 if time ran out, else 3
if that is open, else 0.";

#[derive(Args)]
#[group(multiple = false)]
struct Place {
    /// The input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true)]
    input: Option<String>,
    /// A CSV file of inputs, - for standard input [default: the model's held-out points]
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    inputs: Option<String>,
    /// All inputs of a domain: exact ends of some inputs' intervals, or LOWER..UPPER for all others, or a file of inputs
    /// whose least and greatest values are the ends, or "model" for the domain in the model file
    #[arg(long, value_name = "NAME=LOWER..UPPER,…", allow_hyphen_values = true)]
    domain: Option<String>,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.run.start()?;
        let network = self.model.load()?;
        let problem = |problem: String| format!("--quantize: {problem}");
        let scheme = Scheme::parse(&self.quantize, Rounding::Nearest).map_err(|error| problem(error.to_string()))?;
        let quantised = Quantised::new(scheme, &network, &[]).map_err(|error| problem(error.to_string()))?;
        let perturbation = self.selection.perturbation(Magnitude::Quantised(Arc::new(quantised)), &network)?;
        let faults = Faults::new(&network, &perturbation)
            .ok_or_else(|| problem(format!("{} has no words, expected a format with bits", self.quantize)))?;
        let delta = session.settings.delta;
        let question = Question { network: &network, perturbation: &perturbation, faults: &faults, delta };
        let read = self.place.inputs.as_deref().filter(|path| *path != "-").map(Path::new);
        let reproduce =
            self.pictures.start(&network, &[self.model.path()].into_iter().chain(read).collect::<Vec<_>>())?;
        if self.place.domain.is_some() {
            self.part.without_table()?;
        }
        if let Some(text) = &self.place.domain {
            let text = Some(text.as_str()).filter(|text| *text != "model");
            let domain = domain::read(text, &network, self.columns, Some(&session))?;
            let mut progress = Progress::new(&session);
            let found = faults.over(&perturbation, &domain, &session.settings, &mut progress);
            drop(progress);
            let report = question.over(&domain, &found);
            self.pictures.show(&session, &report, reproduce, out)?;
            return Ok(Status::of(report.outcome, found.stop));
        }
        if self.place.input.is_some() {
            self.part.without_table()?;
        }
        let Some(text) = &self.place.input else { return self.table(&session, &question, reproduce, out) };
        let input = options::input(text, &network)?;
        let effect = faults.at(&input, &session.settings.budget);
        let report = question.at(&input, &effect);
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, effect.stop))
    }

    fn table(
        &self,
        session: &Session,
        question: &Question<'_>,
        mut reproduce: Reproduce,
        out: &mut dyn Write,
    ) -> Result<Status, Failure> {
        let inputs = match &self.place.inputs {
            Some(path) => Inputs::read(path, question.network, self.columns, Labels::Used, session)?,
            None => Inputs::held_out(question.network)?,
        };
        if self.place.inputs.as_deref() == Some("-") {
            reproduce.files.push(inputs.file("standard input".to_owned()));
        }
        let (inputs, part) = self.part.choose(inputs, self.model.path())?;
        let mut summary = Summary { inputs: inputs.count, ..Summary::default() };
        let (mut stream, mut kept) = (question.stream(session.json), Kept::default());
        stream.asked = stream.asked.and(part);
        let coordinates = question.network.input().count();
        let stop = rows::run(session, &inputs, coordinates, question, &stream, out, |row, effect, shown| {
            summary.add(row.line, &effect);
            if self.pictures.wanted() {
                let change = Some(effect.class_change());
                kept.add(shown, point(row.line, &inputs.point(row, coordinates), change));
            }
        })?;
        summary.stop = stop.or(summary.stop);
        summary.seconds = session.started.seconds();
        let report = question.all(&summary, &stream, &kept);
        let written = self.pictures.write(&report, reproduce);
        stream.end(&report, out)?;
        written?;
        if summary.stop == Some(StopReason::Interrupted) {
            return Ok(Status::Interrupted);
        }
        Ok(Status::of(report.outcome, StopReason::Complete))
    }
}

impl Ask for Question<'_> {
    type Scratch = ();
    type Found = Effect;

    fn ask(&self, _: &Row, input: &[Rational], budget: &Budget, (): &mut ()) -> Effect {
        self.faults.at(input, budget)
    }

    fn row(&self, row: &Row, input: &[Rational], effect: &Effect) -> model::Row {
        Question::row(self, row.line, input, effect)
    }
}
