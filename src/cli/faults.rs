//! `quantproof faults`: what single inverted bits do.

use super::inputs::{Inputs, Labels, Row};
use super::options::{self, Run, Selection, Session};
use super::progress::Progress;
use super::rows::{self, Ask};
use super::{Failure, Status};
use clap::Args;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::network::Network;
use quantproof::perturbation::Magnitude;
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::report::faults::{Report, Summary};
use quantproof::robustness::faults::{Effect, Faults};
use std::io::Write;
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
    /// The number format: int8, int4:per-channel, fixed:4.4, float16, bfloat16, float8:e4m3, …; layer0=int8,layer1=fixed:4.4
    /// for single layers
    #[arg(long, value_name = "FORMAT")]
    quantize: String,
    #[command(flatten)]
    selection: Selection,
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
    /// All inputs of a domain: exact ends of some inputs' intervals, or LOWER..UPPER for all others, or "model" for the
    /// domain in the model file
    #[arg(long, value_name = "NAME=LOWER..UPPER,…", allow_hyphen_values = true)]
    domain: Option<String>,
}

/// The question that every row is asked.
struct Question<'a> {
    json: bool,
    report: Report<'a>,
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
        let report = Report { network: &network, perturbation: &perturbation, faults: &faults, delta };
        if let Some(text) = &self.place.domain {
            let domain = options::domain(Some(text.as_str()).filter(|text| *text != "model"), &network)?;
            let mut progress = Progress::new(&session);
            let found = faults.over(&perturbation, &domain, &session.settings, &mut progress);
            drop(progress);
            if session.json {
                report.json_everywhere(&domain, &found, out)?;
            } else {
                report.everywhere(&domain, &found, out)?;
            }
            return Ok(Status::of(report.outcome_everywhere(&found), found.stop));
        }
        let Some(text) = &self.place.input else { return self.table(&session, &network, report, out) };
        let input = options::input(text, &network)?;
        let effect = faults.at(&input, &session.settings.budget);
        if session.json {
            report.json(&input, &effect, out)?;
        } else {
            report.text(&input, &effect, out)?;
        }
        Ok(Status::of(report.outcome(&effect), effect.stop))
    }

    fn table(
        &self,
        session: &Session,
        network: &Network,
        report: Report<'_>,
        out: &mut dyn Write,
    ) -> Result<Status, Failure> {
        let inputs = match &self.place.inputs {
            Some(path) => Inputs::read(path, network, Labels::Perhaps, session)?,
            None => Inputs::held_out(network)?,
        };
        let question = Question { json: session.json, report };
        let mut summary = Summary { inputs: inputs.count, ..Summary::default() };
        report.start(session.json, out)?;
        let stop = rows::run(session, &inputs, network.input().count(), &question, out, |row, effect| {
            summary.add(row.line, effect);
        })?;
        summary.stop = stop.or(summary.stop);
        summary.seconds = session.started.seconds();
        report.end(session.json, &summary, out)?;
        if summary.stop == Some(StopReason::Interrupted) {
            return Ok(Status::Interrupted);
        }
        Ok(Status::of(report.outcome_of(&summary), StopReason::Complete))
    }
}

impl Ask for Question<'_> {
    type Scratch = ();
    type Found = Effect;

    fn ask(&self, _: &Row, input: &[Rational], budget: &Budget, (): &mut ()) -> Effect {
        self.report.faults.at(input, budget)
    }

    fn write(&self, row: &Row, input: &[Rational], effect: &Effect, text: &mut Vec<u8>) {
        self.report.row(self.json, row.line, input, effect, text);
    }
}
