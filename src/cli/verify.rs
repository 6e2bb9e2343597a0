//! `quantproof verify`: a property of inputs and outputs from a VNN-LIB file.

use super::options::{Amount, Model, Run, Selection};
use super::page::Pictures;
use super::progress::Progress;
use super::{Failure, Status};
use clap::Args;
use deltasat::search::{Event, Observer};
use quantproof::network::Output;
use quantproof::property::Property;
use quantproof::report::verify::Answer;
use quantproof::robustness::verify::{Verify, Watch};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prove or refute a property of inputs and outputs from a VNN-LIB file
///
/// The file describes counterexamples: inputs in boxes whose outputs satisfy linear constraints. The property holds when
/// there is none; otherwise the answer is an input that is one, evaluated exactly. With --epsilon or --relative the
/// parameters move too: the property holds when there is no counterexample for any parameters within the perturbation.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_group("Unit", |group| group.required(false)))]
pub(super) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The property, VNN-LIB 1.0, or 2 with a single network
    #[arg(value_name = "PROPERTY.vnnlib")]
    property: PathBuf,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    /// Also write the answer to this file, in the form of the VNN competition
    #[arg(long, value_name = "FILE")]
    results: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    run: Run,
}

const EXAMPLES: &str = "\
Examples:
  quantproof verify model.onnx property.vnnlib
  quantproof verify model.onnx property.vnnlib --timeout 30 --results results.txt --html report.html
  quantproof verify models/moons_relu_2-8-2.json models/moons_corner.vnnlib --output none --epsilon 0.01

Exit codes:
  0    the property holds (unsat)
  1    counterexample found (sat)
  2    error in the options or in a file
  3    unknown: too close to call
  4    out of time
  130  interrupted by Ctrl-C";

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.run.start()?;
        let network = self.model.load()?;
        let file = self.property.display();
        let property = Property::load_within(&self.property, &session.settings.budget);
        let property = property.map_err(|error| match error.stopped() {
            Some(reason) => session.ended(reason, format!("{file} was not read to its end")),
            None => error.into(),
        })?;
        property.check(&network).map_err(|error| format!("{file}: {error}"))?;
        if network.output() != Output::None {
            // Y_j could be confidences or logits, and a property of the ones is none of the others
            let (model, output) = (network.name(), network.output().name());
            return Err(format!(
                "{model}: the output is {output}, expected --output none, for a property of the logits"
            )
            .into());
        }
        let files = [self.model.path(), &self.property].into_iter().chain(self.amount.file());
        let reproduce = self.pictures.start(&network, &files.collect::<Vec<_>>())?;
        let perturbation = self.selection.perturb_perhaps(&self.amount, &network)?;
        let settings = session.settings.clone();
        let verify = Verify { network: &network, perturbation: &perturbation, property: &property, settings };
        let mut watch = Cases { progress: Progress::new(&session), count: property.cases().len() };
        let found = verify.ask(&mut watch);
        drop(watch);
        let name =
            self.property.file_name().map_or_else(|| file.to_string(), |name| name.to_string_lossy().into_owned());
        let answer =
            Answer { network: &network, perturbation: &perturbation, property: &property, name: &name, found: &found };
        if let Some(path) = &self.results {
            write_results(&answer, path)?;
        }
        let report = answer.report();
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, found.stop))
    }
}

fn write_results(answer: &Answer<'_>, path: &Path) -> Result<(), String> {
    let mut text = Vec::new();
    let written = answer.results(&mut text).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}

/// Progress with the number of the case in front.
struct Cases {
    progress: Progress,
    count: usize,
}

impl Observer for Cases {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { upper, boxes, open, .. } = *event {
            self.progress.show(|| format!("slack at most {upper:.6}, {boxes} boxes examined, {open} open"));
        }
    }
}

impl Watch for Cases {
    fn case(&mut self, case: usize) {
        if self.count > 1 {
            self.progress.label = format!("case {} of {}: ", case + 1, self.count);
        }
    }
}
