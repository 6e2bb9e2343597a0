//! `quantproof local`: at one input, or at each of many.

use super::inputs::{Columns, Inputs, Labels};
use super::options::{self, Amount, Common, Selection};
use super::page::Pictures;
use super::part::Part;
use super::progress::Progress;
use super::watch::Watch;
use super::{Failure, Status, table};
use clap::Args;
use deltasat::exact::Rational;
use quantproof::network::Network;
use quantproof::question::{Aim, Scope, Subject};
use quantproof::report;
use quantproof::robustness::float_error::FloatError;
use std::io::Write;
use std::path::Path;

/// How far the confidence moves at an input, and whether the class can change
///
/// Prints certified bounds of the largest change of the confidence over all parameters within the perturbation. With
/// --deviation or --class-change the question is a yes/no one, and the exit code is the answer.
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
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    question: Question,
    /// Also bound the float32 rounding error: parameters and inputs rounded, sums in any order, fused or not, tanh, σ and exp
    /// within 2^-21
    #[arg(long, conflicts_with_all = ["inputs", "activations"])]
    float32: bool,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  quantproof local models/moons_relu_2-8-2.json --input 0.3,-0.2 --epsilon 0.01
  quantproof local models/moons_relu_2-8-2.json --input 0.3,-0.2 --epsilon 0.01 --deviation 0.05
  quantproof local models/iris_relu_4-8-3.json --input 0,0,0,0 --relative 0.02 --class worst
  quantproof local models/moons_relu_2-8-2.json --inputs models/moons_test.csv --epsilon 0.01 --class-change --html report.html
  quantproof local models/moons_relu_2-8-2.json --input 0.3,-0.2 --quantize int8 --rounding nearest --float32

A CSV file holds one input per row, under a header of the model's input names (in any order) or under none; a column
of labels is passed over. Of NumPy's files, .npz has the inputs as x or inputs and labels as y. A table has one line per row and a summary; the exit code is 1 if a row is violated, else 4 if time ran out, else 3 if a row is
unknown, else 0. Numbers are exact: decimals, or fractions such as 1/3.";

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true)]
    input: Option<String>,
    /// A file of inputs, CSV, .npy or .npz, - for standard input
    #[arg(long, value_name = "FILE", allow_hyphen_values = true)]
    inputs: Option<String>,
}

/// What is asked.
#[derive(Args)]
pub(super) struct Question {
    /// Ask only whether the confidence can move by more than T
    #[arg(long, value_name = "T", value_parser = options::nonnegative, allow_negative_numbers = true)]
    deviation: Option<Rational>,
    /// Ask only whether the class can change
    #[arg(long, conflicts_with_all = ["deviation", "class"])]
    class_change: bool,
    /// Whose confidence: a class's name or index, or worst [default: the class that the network assigns]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
}

impl Question {
    fn aim(&self, network: &Network) -> Result<Aim, String> {
        if self.class_change {
            options::choices(network)?;
            return Ok(Aim::ClassChange { guard: None });
        }
        Ok(Aim::Deviation {
            choice: options::class(self.class.as_deref(), network)?,
            threshold: self.deviation.clone(),
        })
    }
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.common.start()?;
        let network = self.model.load()?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        let aim = self.question.aim(&network)?;
        let subject = |scope| Subject {
            network: &network,
            perturbation: &perturbation,
            scope,
            aim: aim.clone(),
            delta: session.settings.delta,
        };
        let text = match (&self.place.input, &self.place.inputs) {
            (_, Some(path)) => {
                self.watch.expect_none()?;
                let inputs = Inputs::read(path, &network, self.columns, Labels::Unused, &session)?;
                let mut reproduce = self.pictures.start(&network, &self.files())?;
                if path == "-" {
                    reproduce.files.push(inputs.file("standard input".to_owned()));
                }
                let rows = self.part.choose(inputs, self.model.path())?;
                let pictures = (&self.pictures, reproduce);
                return table::run(&session, &subject(Scope::Local(&[])), rows, pictures, out);
            }
            (text, None) => {
                self.part.without_table()?;
                text.as_deref().unwrap_or_default()
            }
        };
        let reproduce = self.pictures.start(&network, &self.files())?;
        self.watch.check(&self.files())?;
        let input = options::input(text, &network)?;
        let subject = subject(Scope::Local(&input));
        let mut watched = self.watch.listen(Progress::new(&session));
        let finding = subject.ask(&session.settings, &mut watched);
        let point: Vec<_> = input.iter().map(|x| (x.clone(), x.clone())).collect();
        let float32 = self.float32.then(|| FloatError::new(&network, &perturbation, &point));
        let report = report::finding::report(&subject, &finding, float32.as_ref());
        self.watch.write(watched, &report.title, &report.sentence)?;
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, finding.stop))
    }

    /// The files that are read.
    fn files(&self) -> Vec<&Path> {
        let inputs = self.place.inputs.as_deref().filter(|path| *path != "-").map(Path::new);
        [self.model.path()].into_iter().chain(inputs).chain(self.amount.file()).collect()
    }
}
