//! `quantproof sensitivity`: which layers, neurons and parameters spend the budget.

use super::checkpoint::Checkpoint;
use super::options::{self, Amount, Common, Selection};
use super::page::Pictures;
use super::progress::Progress;
use super::question::{Where, checkpointed};
use super::{Failure, Status};
use clap::{Args, ValueEnum};
use quantproof::question::{Aim, Subject};
use quantproof::report::sensitivity::Answer;
use quantproof::robustness::sensitivity::{Effort, Grain, sensitivity};
use std::io::Write;

/// Which layer, neuron or parameter spends the budget
///
/// Ranks the parts of a network by how far the confidence moves when one of them alone moves, and says how far it still
/// moves without it. All figures are certified from both sides.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    /// The parts that are ranked
    #[arg(long, value_name = "PART", default_value = "layer")]
    per: Per,
    /// How many of the most sensitive parts are shown
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
    /// Whose confidence: a class's name or index, or worst [default: the class that the network assigns]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    checkpoint: Checkpoint,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  quantproof sensitivity models/moons_relu_2-8-2.json --quantize int8
  quantproof sensitivity models/moons_relu_2-8-2.json --epsilon 0.01 --per neuron --top 5 --html report.html
  quantproof sensitivity models/moons_relu_2-8-2.json --epsilon 0.01 --per parameter --input 0.3,-0.2";

#[derive(Clone, Copy, ValueEnum)]
enum Per {
    /// layers
    Layer,
    /// neurons, each with its weights and its bias
    Neuron,
    /// single weights and biases
    Parameter,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut session = self.common.start()?;
        let network = self.model.load()?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        let files = self.place.files(self.model.path()).into_iter().chain(self.amount.file());
        let reproduce = self.pictures.start_any(&files.collect::<Vec<_>>())?;
        let place = self.place.place(&network, &session)?;
        let aim = Aim::Deviation { choice: options::class(self.class.as_deref(), &network)?, threshold: None };
        let grain = match self.per {
            Per::Layer => Grain::Layer,
            Per::Neuron => Grain::Neuron,
            Per::Parameter => Grain::Parameter,
        };
        checkpointed(&place, &self.checkpoint)?;
        let (scope, delta) = (place.scope(), session.settings.delta);
        let subject = Subject { network: &network, perturbation: &perturbation, scope, aim: aim.clone(), delta };
        let more = format!("sensitivity of the {} first by {grain:?}", self.top);
        self.checkpoint.start(&mut session, &subject, self.model.path(), &more)?;
        let mut at_root = session.clone();
        at_root.settings.budget = at_root.settings.budget.with_boxes(1);
        let progress = std::cell::RefCell::new(Progress::new(&session));
        let found = sensitivity(
            &network,
            &perturbation,
            grain,
            self.top as usize,
            |perturbation, effort| {
                let session = if effort == Effort::Root { &at_root } else { &session };
                place.ask(&network, perturbation, &aim, &session.settings, &mut *progress.borrow_mut())
            },
            || session.stopped(),
            |searched, parts| progress.borrow_mut().label = format!("{searched} of {parts} parts searched: "),
        );
        drop(progress);
        self.checkpoint.hint(&session, found.stop);
        let answer = Answer { subject: &subject, grain, found: &found };
        let report = answer.report();
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, found.stop))
    }
}
