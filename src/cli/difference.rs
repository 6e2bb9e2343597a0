//! `quantproof difference`: two networks over the same inputs.

use super::domain::Region;
use super::options::{self, Common, Model, Rounded};
use super::page::Pictures;
use super::progress::Progress;
use super::{Failure, Status};
use clap::Args;
use clap::builder::PossibleValuesParser;
use deltasat::exact::Rational;
use quantproof::network::{Network, Output};
use quantproof::report::difference::{Aim, Answer, Finding};
use quantproof::robustness::ClassChoice;
use quantproof::robustness::difference::{Difference, check};
use std::io::Write;
use std::path::{Path, PathBuf};

/// How far apart two networks are anywhere in a domain of inputs
///
/// The networks need as many inputs and outputs as each other; their layers may differ in number, width and activation.
/// Prints certified bounds of the largest difference of a confidence over all inputs of the domain, or of the range of
/// each logit of B minus that of A (--logits; always for networks whose outputs are no confidences). With --at-most or
/// --class-change the question is a yes/no one, and the exit code is the answer.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A network: a file .json, .onnx or .nnet
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Another one; inputs and outputs are matched by position
    #[arg(value_name = "B")]
    b: PathBuf,
    /// How the outputs of both become confidences [default: what the files say]
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Output::NAMES.map(|(name, _)| name)))]
    output: Option<String>,
    #[command(flatten)]
    domain: Region,
    #[command(flatten)]
    rounded: Rounded,
    #[command(flatten)]
    question: Question,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  quantproof difference trained.json quantised.json
  quantproof difference trained.onnx quantised.onnx --output softmax --domain 0..1 --at-most 0.05 --html report.html
  quantproof difference trained.json quantised.json --logits --delta 1e-6
  quantproof difference trained.json quantised.json --class-change --confidence-at-least 0.9
  quantproof difference trained.json quantised.json --activations int8:asymmetric --calibrate inputs.csv

The domain is that of A (of B, where the file of A has none), unless --domain says otherwise. --activations rounds the
inputs and hidden outputs of B.";

#[derive(Args)]
struct Question {
    /// Bound the range of each logit of B minus that of A
    #[arg(long)]
    logits: bool,
    /// Ask only whether every difference is at most T
    #[arg(long, value_name = "T", value_parser = options::nonnegative, allow_negative_numbers = true)]
    at_most: Option<Rational>,
    /// Ask only whether B ever assigns another class than A
    #[arg(long, conflicts_with_all = ["logits", "at_most", "class"])]
    class_change: bool,
    /// Where A is at least so confident [default: 0]
    #[arg(
        long,
        value_name = "K",
        value_parser = options::confidence,
        requires = "class_change",
        allow_negative_numbers = true
    )]
    confidence_at_least: Option<Rational>,
    /// Whose confidence or logit: a class's name or index, or assigned, each where A assigns it [default: all]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
}

impl Question {
    fn aim(&self, a: &Network) -> Result<Aim, String> {
        if self.class_change {
            if a.output() == Output::None && self.confidence_at_least.is_some() {
                return Err(
                    "--confidence-at-least: the outputs are no confidences, expected --output softmax".to_owned()
                );
            }
            options::choices(a)?;
            return Ok(Aim::ClassChange { guard: self.confidence_at_least.clone() });
        }
        let threshold = self.at_most.clone();
        let logits = self.logits || a.output() == Output::None;
        let choice = match self.class.as_deref() {
            None => ClassChoice::Worst,
            Some("assigned") if !logits => ClassChoice::Assigned,
            text => options::class(text, a)?,
        };
        if !logits {
            return Ok(Aim::Confidences { choice, threshold });
        }
        let outputs = match choice {
            ClassChoice::Index(class) if a.output() != Output::Sigmoid => vec![class],
            _ => (0..a.logit_count()).collect(),
        };
        Ok(Aim::Logits { outputs, threshold })
    }
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.common.start()?;
        let (a, b) = (self.load(&self.a)?, self.load(&self.b)?);
        check(&a, &b).map_err(|error| format!("{}: {error}", self.b.display()))?;
        let reproduce = self.pictures.start(&a, &[&self.a, &self.b])?;
        let aim = self.question.aim(&a)?;
        let domain = match (a.input().domain(), b.input().domain()) {
            (None, Some(domain)) => self.domain.bounds(&a.with_domain(domain.to_vec())?, Some(&session))?,
            _ => self.domain.bounds(&a, Some(&session))?,
        };
        let activations = self.rounded.activations(&b)?;
        let mut difference = Difference::new(&a, &b, &domain, session.settings.clone());
        if let Some(activations) = &activations {
            difference = difference.with_activations(activations);
        }
        let mut progress = Progress::new(&session);
        let finding = match &aim {
            Aim::Logits { outputs, threshold } => {
                Finding::Logits(difference.logits(outputs, threshold.as_ref(), &mut progress))
            }
            Aim::Confidences { choice, threshold } => {
                Finding::One(difference.confidences(*choice, threshold.as_ref(), &mut progress))
            }
            Aim::ClassChange { guard } => {
                Finding::One(difference.class_change(&guard.clone().unwrap_or_default(), &mut progress))
            }
        };
        drop(progress);
        let answer =
            Answer { a: &a, b: &b, domain: &domain, aim: &aim, found: &finding, delta: session.settings.delta };
        let report = answer.report();
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, finding.stop()))
    }

    fn load(&self, path: &Path) -> Result<Network, Failure> {
        Model { model: path.to_owned(), output: self.output.clone() }.load()
    }
}
