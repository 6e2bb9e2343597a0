//! The yes/no questions and the bounds that `radius`, `bits` and `sensitivity` ask again and again, each time of another
//! perturbation: at an input, at each of many, or over a domain.

use super::checkpoint::Checkpoint;
use super::domain::{Around, Domain};
use super::inputs::{Inputs, Labels};
use super::options::{self, Session};
use super::{global, local};
use clap::Args;
use deltasat::exact::Rational;
use deltasat::search::{Observer, StopReason};
use quantproof::network::Network;
use quantproof::perturbation::Perturbation;
use quantproof::report::{Aim, Scope};
use quantproof::robustness::global::Global;
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::{Answer, Finding};
use std::path::Path;

/// For which inputs.
#[derive(Args)]
pub(super) struct Where {
    /// One input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true, conflicts_with_all = ["inputs", "domain"])]
    input: Option<String>,
    /// Every input of a CSV file, - for standard input
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, conflicts_with = "domain")]
    inputs: Option<String>,
    #[command(flatten)]
    domain: Domain,
    #[command(flatten)]
    around: Around,
}

/// The inputs themselves.
pub(super) enum Place {
    /// each of these on its own, at least one
    Inputs(Vec<Vec<Rational>>),
    /// all of a box
    Domain(Vec<(Rational, Rational)>),
}

impl Where {
    /// The files that are read for a question about a model.
    pub(super) fn files<'a>(&'a self, model: &'a Path) -> Vec<&'a Path> {
        let inputs = self.inputs.as_deref().filter(|path| *path != "-").map(Path::new);
        [model].into_iter().chain(inputs).chain(self.domain.file()).collect()
    }

    /// Reads the inputs; without an option they are the network's domain.
    pub(super) fn place(&self, network: &Network, session: &Session) -> Result<Place, super::Failure> {
        match (&self.input, &self.inputs) {
            (Some(text), _) if self.around.is_given() => {
                Ok(Place::Domain(self.around.bounds(options::input(text, network)?)))
            }
            (Some(text), _) => Ok(Place::Inputs(vec![options::input(text, network)?])),
            (None, Some(path)) => Ok(Place::Inputs(
                Inputs::read(path, network, self.domain.columns, Labels::Unused, session)?.points(network)?,
            )),
            (None, None) => Ok(Place::Domain(self.domain.bounds(network, Some(session))?)),
        }
    }
}

impl Place {
    /// Refuses a checkpoint of single inputs, whose searches are short.
    pub(super) fn checkpointed(&self, checkpoint: &Checkpoint) -> Result<(), String> {
        match self {
            Place::Inputs(_) if checkpoint.is_given() => {
                Err("--checkpoint: for single inputs, expected a domain".into())
            }
            _ => Ok(()),
        }
    }

    /// How a report speaks of it.
    pub(super) fn scope(&self) -> Scope<'_> {
        match self {
            Place::Inputs(points) if points.len() == 1 => Scope::Local(&points[0]),
            Place::Inputs(_) => Scope::Local(&[]),
            Place::Domain(domain) => Scope::Global(domain),
        }
    }
}

/// Asks a question about an input or a domain.
pub(super) fn ask(
    session: &Session,
    network: &Network,
    perturbation: &Perturbation,
    aim: &Aim,
    scope: Scope<'_>,
    observer: &mut dyn Observer,
) -> Finding {
    let settings = session.settings.clone();
    match scope {
        Scope::Local(input) => {
            let local = Local::new(network, perturbation, settings);
            local::ask(&local, aim, input, &mut Scratch::default(), observer)
        }
        Scope::Global(domain) => global::ask(&Global { network, perturbation, domain, settings }, aim, observer),
    }
}

/// Asks a question about all inputs of a place. Over many inputs the bounds are those of the largest deviation, and one
/// input that violates a threshold ends a yes/no question.
pub(super) fn ask_all(
    session: &Session,
    network: &Network,
    perturbation: &Perturbation,
    aim: &Aim,
    place: &Place,
    observer: &mut dyn Observer,
) -> Finding {
    let Place::Inputs(points) = place else {
        return ask(session, network, perturbation, aim, place.scope(), observer);
    };
    let local = Local::new(network, perturbation, session.settings.clone());
    let mut scratch = Scratch::default();
    // there is at least one
    let mut worst = local::ask(&local, aim, &points[0], &mut scratch, observer);
    for point in &points[1..] {
        if worst.answer == Answer::Violated {
            break;
        }
        if let Some(reason) = session.stopped() {
            worst.stop = reason;
            worst.upper = f64::INFINITY;
            worst.answer = if worst.answer == Answer::Bounds { Answer::Bounds } else { Answer::Timeout };
            break;
        }
        worst = worse(worst, local::ask(&local, aim, point, &mut scratch, observer));
    }
    worst
}

/// Joins what was found at two inputs: the greater of each bound, and the answer that is worse.
fn worse(a: Finding, b: Finding) -> Finding {
    let rank = |answer| match answer {
        Answer::Bounds | Answer::Robust => 0,
        Answer::Unknown => 1,
        Answer::Timeout => 2,
        Answer::Violated => 3,
    };
    let (lower, upper) = (a.lower.max(b.lower), a.upper.max(b.upper));
    let (boxes, seconds) = (a.statistics.boxes + b.statistics.boxes, a.statistics.seconds + b.statistics.seconds);
    let stop = if a.stop == StopReason::Complete { b.stop } else { a.stop };
    let answer = if rank(b.answer) > rank(a.answer) { b.answer } else { a.answer };
    // the witness is that of the violation, else that of the lower bound
    let violated = |finding: &Finding| finding.answer == Answer::Violated;
    let mut worse = if (violated(&b), b.lower) > (violated(&a), a.lower) { b } else { a };
    (worse.answer, worse.lower, worse.upper, worse.stop) = (answer, lower, upper, stop);
    (worse.statistics.boxes, worse.statistics.seconds) = (boxes, seconds);
    worse
}
