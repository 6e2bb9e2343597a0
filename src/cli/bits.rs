//! `quantproof bits`: the fewest bits that are safe, uniform and per layer.

use super::checkpoint::Checkpoint;
use super::options::{self, Common, Session};
use super::page::Pictures;
use super::progress::Progress;
use super::question::{Where, checkpointed};
use super::{Failure, Status};
use clap::Args;
use clap::builder::PossibleValuesParser;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::network::{Network, Parameter};
use quantproof::perturbation::format::Format;
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::question::{Aim, Place, Subject};
use quantproof::report::bits::{Answer, MixedAnswer};
use quantproof::robustness::bits::{cost, fewest, mixed};
use quantproof::robustness::{self, Finding};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

/// The fewest bits that are safe
///
/// Asks about one width of a family of number formats after the other, the widest first: the least width is printed from
/// which all wider ones are proved safe, and one bit fewer is refuted by a network that the quantiser can make. With --mixed
/// each layer gets a width of its own.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    safe: Safe,
    #[command(flatten)]
    class: Class,
    #[command(flatten)]
    family: Family,
    /// Also seek the cheapest width for each layer on its own: greedily, and proved the cheapest for up to 3 layers
    #[arg(long)]
    mixed: bool,
    /// Bound the deviation at every width, for the whole curve of deviation against bits
    #[arg(long, conflicts_with = "class_change")]
    curve: bool,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    checkpoint: Checkpoint,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  quantproof bits models/moons_relu_2-8-2.json --deviation 0.05
  quantproof bits models/moons_relu_2-8-2.json --deviation 0.05 --mixed
  quantproof bits models/moons_relu_2-8-2.json --deviation 0.05 --family fixed --curve --html report.html
  quantproof bits models/moons_relu_2-8-2.json --class-change --confidence-at-least 0.9 --family int:per-channel
  quantproof bits models/moons_relu_2-8-2.json --inputs models/moons_test.csv --class-change

Exit codes: 0 when some width is proved safe and one bit fewer is refuted, 1 when the widest one is refuted, 3 or 4 when
a width in between is open.";

/// What is safe.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Safe {
    /// Safe means that the confidence moves by no more than T
    #[arg(long, value_name = "T", value_parser = options::nonnegative, allow_negative_numbers = true)]
    deviation: Option<Rational>,
    /// Safe means that the class does not change
    #[arg(long, conflicts_with = "class")]
    class_change: bool,
}

#[derive(Args)]
struct Class {
    /// Over a domain: only where the trained network is at least so confident
    #[arg(
        long,
        value_name = "K",
        value_parser = options::confidence,
        requires = "class_change",
        conflicts_with_all = ["input", "inputs"],
        allow_negative_numbers = true
    )]
    confidence_at_least: Option<Rational>,
    /// Whose confidence: a class's name or index, or worst [default: the class that the network assigns]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
}

/// Formats that differ in their bits.
#[derive(Args)]
struct Family {
    /// The formats: fixed, fixed:saturate, or int with any of its options, such as int:per-channel:asymmetric
    #[arg(long, value_name = "FORMATS", default_value = "int", value_parser = family)]
    family: String,
    /// Which numbers of a format a parameter may land on
    #[arg(long, value_name = "RULE", default_value = "any",
        value_parser = PossibleValuesParser::new(Rounding::NAMES.map(|(name, _)| name)))]
    rounding: String,
    /// The narrowest width
    #[arg(long, value_name = "BITS", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=16))]
    least: u32,
    /// The widest width
    #[arg(long, value_name = "BITS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(2..=16))]
    most: u32,
}

/// Checks the text of a family.
fn family(text: &str) -> Result<String, String> {
    let problem = |problem: &dyn std::fmt::Display| format!("{problem}; expected fixed, or int and options after it");
    of_width(text, 8).map_err(|error| problem(&error)).map(|_| text.to_owned())
}

/// The format of a family with so many bits: `int:per-channel` with 4 is `int4:per-channel`.
fn of_width(family: &str, bits: u32) -> Result<Format, String> {
    let (kind, options) = family.split_once(':').map_or((family, String::new()), |(k, o)| (k, format!(":{o}")));
    let text = match kind {
        "int" => format!("int{bits}{options}"),
        "fixed" => format!("fixed:{bits}{options}"),
        _ => return Err(format!("family {family:?} has no widths")),
    };
    text.parse::<Format>().map_err(|error| error.to_string())
}

impl Family {
    fn rounding(&self) -> Rounding {
        // the parser lets no other names through
        options::rounding(Some(&self.rounding)).unwrap_or_default()
    }

    /// The perturbation of a network whose layers have these widths; `None` is a layer that stays as it is.
    fn perturbation(&self, network: &Network, bits: &[Option<u32>]) -> Result<Perturbation, String> {
        let mut layers = BTreeMap::new();
        for (layer, bits) in bits.iter().enumerate() {
            if let Some(bits) = bits {
                layers.insert(layer, of_width(&self.family, *bits)?);
            }
        }
        let scheme = Scheme { default: None, layers, rounding: self.rounding() };
        let of = |error: quantproof::perturbation::PerturbationError| format!("--family {}: {error}", self.family);
        let quantised = Quantised::new(scheme, network, &[]).map_err(of)?;
        Perturbation::new(Magnitude::Quantised(Arc::new(quantised)), Layers::All, Parameters::All).map_err(of)
    }

    /// How many numbers of each layer become words.
    fn words(&self, network: &Network) -> Result<Vec<u64>, String> {
        let format = of_width(&self.family, 8)?;
        let layers = network.layers().iter().enumerate().map(|(index, layer)| {
            let grids = format.grids(layer, None).map_err(|error| format!("layer {index}: {error}"))?;
            let is_word = |place: &Parameter| grids.as_ref().is_some_and(|grids| grids.of(*place).is_some());
            Ok(layer.parameters().filter(is_word).count() as u64)
        });
        layers.collect()
    }
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut session = self.common.start()?;
        let network = self.model.load()?;
        let reproduce = self.pictures.start_any(&self.place.files(self.model.path()))?;
        let place = self.place.place(&network, &session)?;
        let aim = self.aim(&network, &place)?;
        let words = self.family.words(&network)?;
        if self.family.least > self.family.most {
            return Err(format!("--least {} is above --most {}", self.family.least, self.family.most).into());
        }
        let uniform = |bits: u32| words.iter().map(|&words| (words > 0).then_some(bits)).collect::<Vec<_>>();
        self.note_in_file(&mut session, &network, &place, &aim)?;
        let mut progress = Progress::new(&session);
        let search = Search { arguments: self, session: &session, network: &network, aim: &aim, place: &place };
        // every width must fit the network before any is asked about
        for bits in self.family.least..=self.family.most {
            self.family.perturbation(&network, &uniform(bits))?;
        }
        let widths = self.family.least..=self.family.most;
        let mut found = fewest(
            widths.clone(),
            self.curve,
            |bits| search.ask(&uniform(bits), self.curve, &mut progress),
            || session.stopped(),
        );
        let of_layers = found.fewest.filter(|_| self.mixed).map(|bits| {
            let ask = |bits: &[Option<u32>]| search.ask(bits, false, &mut progress);
            MixedAnswer {
                found: mixed(&words, widths, bits, ask, || session.stopped()),
                uniform: cost(&words, &uniform(bits)),
            }
        });
        drop(progress);
        self.checkpoint.hint(&session, session.stopped().unwrap_or(StopReason::Complete));
        if let Some(mixed) = &of_layers {
            found.statistics.boxes += mixed.found.statistics.boxes;
        }
        found.statistics.seconds = session.started.seconds();
        let bits = found.fewest.unwrap_or(self.family.most);
        let perturbation = self.family.perturbation(&network, &uniform(bits))?;
        let subject = Subject {
            network: &network,
            perturbation: &perturbation,
            scope: place.scope(),
            aim,
            delta: session.settings.delta,
        };
        let answer = Answer {
            subject: &subject,
            family: &self.family.family,
            rounding: self.family.rounding(),
            found: &found,
            mixed: of_layers.as_ref(),
        };
        self.pictures.show(&session, &answer.report(), reproduce, out)?;
        Ok(Status::of(answer.outcome(), answer.stop()))
    }

    /// Lets the searches over a domain go on from a checkpoint.
    fn note_in_file(&self, session: &mut Session, network: &Network, place: &Place, aim: &Aim) -> Result<(), String> {
        checkpointed(place, &self.checkpoint)?;
        let Family { family, rounding, least, most } = &self.family;
        let (mixed, curve) = (self.mixed, self.curve);
        let more = format!("bits of {family} rounded {rounding} from {least} to {most}, mixed {mixed}, curve {curve}");
        let (perturbation, scope, delta) = (Perturbation::none(), place.scope(), session.settings.delta);
        let subject = Subject { network, perturbation: &perturbation, scope, aim: aim.clone(), delta };
        self.checkpoint.start(session, &subject, self.model.path(), &more)
    }

    fn aim(&self, network: &Network, place: &Place) -> Result<Aim, String> {
        let Safe { deviation, class_change } = &self.safe;
        if !class_change {
            let choice = options::class(self.class.class.as_deref(), network)?;
            return Ok(Aim::Deviation { choice, threshold: deviation.clone() });
        }
        options::choices(network)?;
        let guard = self.class.confidence_at_least.clone();
        match place {
            Place::Domain(_) if guard.is_none() => {
                Err("--class-change over a domain needs --confidence-at-least, expected that, --input or --inputs"
                    .into())
            }
            _ => Ok(Aim::ClassChange { guard }),
        }
    }
}

/// What is asked of every width.
struct Search<'a> {
    arguments: &'a Arguments,
    session: &'a Session,
    network: &'a Network,
    aim: &'a Aim,
    place: &'a Place,
}

impl Search<'_> {
    /// Asks whether some widths are safe; with `bounds`, how far the confidence moves, and from that whether they are.
    fn ask(&self, bits: &[Option<u32>], bounds: bool, progress: &mut Progress) -> Finding {
        let widths: Vec<String> = bits.iter().flatten().map(ToString::to_string).collect();
        let same = widths.windows(2).all(|pair| pair[0] == pair[1]);
        progress.label = format!("{} bits: ", if same { widths[0].clone() } else { widths.join("/") });
        // the widths were checked before the first question
        let Ok(perturbation) = self.arguments.family.perturbation(self.network, bits) else {
            return Finding::open();
        };
        let mut ask = |aim: &Aim| self.place.ask(self.network, &perturbation, aim, &self.session.settings, progress);
        let (true, Aim::Deviation { choice, threshold }) = (bounds, self.aim) else { return ask(self.aim) };
        let mut finding = ask(&Aim::Deviation { choice: *choice, threshold: None });
        finding.answer = finding.judged(threshold.as_ref());
        if finding.answer == robustness::Answer::Unknown {
            // the threshold lies between the bounds
            let decided = ask(self.aim);
            finding.answer = decided.answer;
            finding.witness = decided.witness.or(finding.witness);
            finding.lower = finding.lower.max(decided.lower);
            finding.upper = finding.upper.min(decided.upper);
        }
        finding
    }
}
