//! `quantproof global`: over a box of inputs.

use super::checkpoint::Checkpoint;
use super::domain::Region;
use super::options::{self, Amount, Common, Selection, Session};
use super::page::Pictures;
use super::progress::Progress;
use super::watch::Watch;
use super::{Failure, Status};
use clap::Args;
use deltasat::exact::Rational;
use quantproof::question::{Aim, Scope, Subject};
use quantproof::report;
use quantproof::robustness::float_error::FloatError;
use quantproof::robustness::global::Global;
use quantproof::robustness::heat::Heat;
use std::io::Write;
use std::path::Path;

/// How far the confidence moves anywhere in a domain of inputs
///
/// Prints certified bounds of the largest change of the confidence over all inputs of the domain and all parameters
/// within the perturbation. With --deviation or --class-change the question is a yes/no one, and the exit code is the
/// answer.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    domain: Region,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    question: Question,
    /// Also bound the float32 rounding error: parameters and inputs rounded, sums in any order, fused or not, tanh, σ and exp
    /// within 2^-21
    #[arg(long, conflicts_with = "activations")]
    float32: bool,
    /// Also bound the deviation in each cell of a grid over the two inputs of the network: a heat map for --html and --svg
    #[arg(long, conflicts_with = "class_change")]
    map: bool,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    watch: Watch,
    #[command(flatten)]
    checkpoint: Checkpoint,
    #[command(flatten)]
    common: Common,
}

/// Cells of the map along each input.
const CELLS: usize = 24;

const EXAMPLES: &str = "\
Examples:
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.01
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.001 --deviation 0.05 --html report.html
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.01 --domain x1=0..0.5,x2=-1/2..0
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.01 --input 0.3,-0.2 --around 0.05
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.01 --domain models/moons_test.csv --quantile 0.05
  quantproof global models/moons_relu_2-8-2.json --epsilon 0.01 --class-change --confidence-at-least 0.9
  quantproof global models/moons_relu_2-8-2.json --quantize int8 --rounding nearest --float32

Where the network is undecided between two classes, any perturbation changes the class, so --class-change needs
--confidence-at-least: wherever the trained network is at least so confident in a class, can that class change?";

#[derive(Args)]
struct Question {
    /// Ask only whether the confidence can move by more than T
    #[arg(long, value_name = "T", value_parser = options::nonnegative, allow_negative_numbers = true)]
    deviation: Option<Rational>,
    /// Ask only whether the class can change
    #[arg(long, conflicts_with_all = ["deviation", "class"], requires = "confidence_at_least")]
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
    /// Whose confidence: a class's name or index, or worst [default: each where the network assigns it]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut session = self.common.start()?;
        let network = self.model.load()?;
        let reproduce = self.pictures.start(&network, &self.files())?;
        self.watch.check(&self.files())?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        let domain = self.domain.bounds(&network, Some(&session))?;
        let question = &self.question;
        let aim = if question.class_change {
            options::choices(&network)?;
            Aim::ClassChange { guard: question.confidence_at_least.clone() }
        } else {
            let choice = options::class(question.class.as_deref(), &network)?;
            Aim::Deviation { choice, threshold: question.deviation.clone() }
        };
        let (scope, delta) = (Scope::Global(&domain), session.settings.delta);
        let subject = Subject { network: &network, perturbation: &perturbation, scope, aim, delta };
        if self.map && domain.len() != 2 {
            let (name, count) = (network.name(), domain.len());
            return Err(format!("--map: {name} has {count} inputs, expected 2").into());
        }
        self.checkpoint.start(&mut session, &subject, self.model.path(), "global")?;
        let mut watched = self.watch.listen(Progress::new(&session));
        let finding = subject.ask(&session.settings, &mut watched);
        self.checkpoint.hint(&session, finding.stop);
        let float32 = self.float32.then(|| FloatError::new(&network, &perturbation, &domain));
        let heat = self.heat(&session, &subject, &domain);
        let mut report = report::finding::report(&subject, &finding, float32.as_ref());
        self.watch.write(watched, &report.title, &report.sentence)?;
        if let Some(heat) = &heat {
            report::finding::add_heat(&mut report, &subject, heat);
        }
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, finding.stop))
    }

    /// The bounds of each cell, where they are wanted.
    fn heat(&self, session: &Session, subject: &Subject<'_>, domain: &[(Rational, Rational)]) -> Option<Heat> {
        let Aim::Deviation { choice, .. } = subject.aim else { return None };
        let Subject { network, perturbation, .. } = *subject;
        let global = Global { network, perturbation, domain, settings: session.settings.clone() };
        let mut progress = Progress::new(session);
        let on_cell = |done: usize| progress.show(|| format!("{done} of {} cells of the map", CELLS * CELLS));
        if self.map { global.heat(CELLS, choice, on_cell) } else { None }
    }

    /// The files that are read.
    fn files(&self) -> Vec<&Path> {
        [self.model.path()].into_iter().chain(self.domain.file()).chain(self.amount.file()).collect()
    }
}
