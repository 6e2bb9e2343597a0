//! `quantproof radius`: the largest ε that is safe.

use super::checkpoint::Checkpoint;
use super::domain::Region;
use super::options::{self, Common, Selection, Session};
use super::page::Pictures;
use super::progress::Progress;
use super::{Failure, Status};
use clap::{Args, Subcommand};
use deltasat::exact::{Rational, rational};
use num_traits::Zero;
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::question::{Aim, Scope, Subject};
use quantproof::report;
use quantproof::report::html::Reproduce;
use quantproof::robustness::radius::{Radius, radius};
use std::io::Write;

/// The largest epsilon that is safe
///
/// Closes in on the largest epsilon for which the yes/no question is answered with robust: below the lower end that is
/// proved, at the upper end a witness refutes it.
#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    place: Place,
}

#[derive(Subcommand)]
enum Place {
    /// At one input
    #[command(after_help = LOCAL_EXAMPLES)]
    Local(Box<AtInput>),
    /// Over a domain of inputs
    #[command(after_help = GLOBAL_EXAMPLES)]
    Global(Box<OverDomain>),
}

const LOCAL_EXAMPLES: &str = "\
Examples:
  quantproof radius local models/moons_relu_2-8-2.json --input 0.3,-0.2 --class-change
  quantproof radius local models/moons_relu_2-8-2.json --input 0.3,-0.2 --deviation 0.05 --relative";

const GLOBAL_EXAMPLES: &str = "\
Examples:
  quantproof radius global models/moons_relu_2-8-2.json --deviation 0.05 --tolerance 0.01
  quantproof radius global models/moons_relu_2-8-2.json --class-change --confidence-at-least 0.9 --html report.html";

#[derive(Args)]
struct AtInput {
    #[command(flatten)]
    model: options::Model,
    /// The input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true)]
    input: String,
    #[command(flatten)]
    safe: SafeAtInput,
    #[command(flatten)]
    class: Class,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Args)]
struct OverDomain {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    domain: Region,
    #[command(flatten)]
    safe: SafeOverDomain,
    #[command(flatten)]
    class: Class,
    #[command(flatten)]
    checkpoint: Checkpoint,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct SafeAtInput {
    /// Safe means that the confidence moves by no more than T
    #[arg(long, value_name = "T", value_parser = options::nonnegative, allow_negative_numbers = true)]
    deviation: Option<Rational>,
    /// Safe means that the class does not change
    #[arg(long, conflicts_with = "class")]
    class_change: bool,
}

#[derive(Args)]
struct SafeOverDomain {
    /// Safe means that the confidence moves by no more than T
    #[arg(
        long,
        value_name = "T",
        value_parser = options::nonnegative,
        allow_negative_numbers = true,
        required_unless_present = "class_change",
        conflicts_with = "class_change"
    )]
    deviation: Option<Rational>,
    /// Safe means that the class does not change
    #[arg(long, conflicts_with = "class", requires = "confidence_at_least")]
    class_change: bool,
    /// Only inputs at which the trained network is at least this confident
    #[arg(
        long,
        value_name = "K",
        value_parser = options::confidence,
        requires = "class_change",
        allow_negative_numbers = true
    )]
    confidence_at_least: Option<Rational>,
}

#[derive(Args)]
struct Class {
    /// Whose confidence: a class's name or index, or worst [default: the class that the network assigns]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
}

/// What kind of ε is sought, and how closely.
#[derive(Args)]
struct Shape {
    /// Every parameter moves by at most epsilon times its own size, instead of by epsilon
    #[arg(long)]
    relative: bool,
    #[command(flatten)]
    selection: Selection,
    /// Stop when the two ends differ by at most this part of the upper one
    #[arg(
        long,
        value_name = "PART",
        default_value = "0.001",
        value_parser = options::positive,
        allow_negative_numbers = true
    )]
    tolerance: Rational,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    common: Common,
}

impl Shape {
    /// The kind of perturbation, with an ε of zero.
    fn perturbation(&self, network: &Network) -> Result<Perturbation, Failure> {
        let magnitude = if self.relative { Magnitude::Relative } else { Magnitude::Absolute };
        self.selection.perturbation(magnitude(Rational::zero()), network)
    }
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        match &self.place {
            Place::Local(arguments) => arguments.run(out),
            Place::Global(arguments) => arguments.run(out),
        }
    }
}

impl AtInput {
    fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.shape.common.start()?;
        let network = self.model.load()?;
        let reproduce = self.shape.pictures.start(&network, &[self.model.path()])?;
        let perturbation = self.shape.perturbation(&network)?;
        let choice = options::class(self.class.class.as_deref(), &network)?;
        let input = options::input(&self.input, &network)?;
        let aim = match &self.safe.deviation {
            Some(threshold) => Aim::Deviation { choice, threshold: Some(threshold.clone()) },
            None => {
                options::choices(&network)?;
                Aim::ClassChange { guard: None }
            }
        };
        let (scope, delta) = (Scope::Local(&input), session.settings.delta);
        let subject = Subject { network: &network, perturbation: &perturbation, scope, aim, delta };
        run(&session, &subject, &self.shape, reproduce, out)
    }
}

impl OverDomain {
    fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut session = self.shape.common.start()?;
        let network = self.model.load()?;
        let reproduce = self.shape.pictures.start(&network, &[self.model.path()])?;
        let perturbation = self.shape.perturbation(&network)?;
        let choice = options::class(self.class.class.as_deref(), &network)?;
        let domain = self.domain.bounds(&network, Some(&session))?;
        let aim = match &self.safe.deviation {
            Some(threshold) => Aim::Deviation { choice, threshold: Some(threshold.clone()) },
            None => {
                options::choices(&network)?;
                Aim::ClassChange { guard: self.safe.confidence_at_least.clone() }
            }
        };
        let (scope, delta) = (Scope::Global(&domain), session.settings.delta);
        let subject = Subject { network: &network, perturbation: &perturbation, scope, aim, delta };
        let more = format!("radius within {}", self.shape.tolerance);
        self.checkpoint.start(&mut session, &subject, self.model.path(), &more)?;
        let status = run(&session, &subject, &self.shape, reproduce, out)?;
        if let Some(reason) = session.stopped() {
            self.checkpoint.hint(&session, reason);
        }
        Ok(status)
    }
}

/// Closes in and reports.
fn run(
    session: &Session,
    subject: &Subject<'_>,
    shape: &Shape,
    reproduce: Reproduce,
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    let mut progress = Progress::new(session);
    let found = close_in(session, subject, &shape.tolerance, &mut progress);
    drop(progress);
    let report = report::finding::radius(subject, &found);
    shape.pictures.show(session, &report, reproduce, out)?;
    Ok(Status::of(report.outcome, found.stop))
}

/// The radius of a subject, whose perturbation gives the kind of ε.
pub(super) fn close_in(
    session: &Session,
    subject: &Subject<'_>,
    tolerance: &Rational,
    progress: &mut Progress,
) -> Radius {
    let label = progress.label.clone();
    let found = radius(
        tolerance,
        |epsilon| {
            progress.label = format!("{label}epsilon {:.6}: ", rational::nearest_f64(epsilon));
            subject.ask_scaled(epsilon, &session.settings, progress)
        },
        || session.stopped(),
        |_| {},
    );
    progress.label = label;
    found
}
