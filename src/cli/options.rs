//! Options that several subcommands share, and what they mean.

use super::domain::{domain, interval};
use super::inputs::{Columns, Inputs, Labels};
use super::{Failure, interrupt};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use deltasat::budget::{self, Budget, StopReason, Stopwatch};
use deltasat::exact::{Rational, rational};
use deltasat::interval::decimal;
use deltasat::strategy::{Choice, brancher_name, contractor_name};
use num_traits::{One, Signed};
use quantproof::encode::class_count;
use quantproof::network::{Network, Output};
use quantproof::perturbation::activations::{Activations, Formats};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::report::number;
use quantproof::robustness::{ClassChoice, Settings};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A network and how to read its outputs.
#[derive(Args)]
pub(super) struct Model {
    /// The trained network: a file .json, .onnx or .nnet
    #[arg(value_name = "MODEL")]
    pub(super) model: PathBuf,
    /// How the outputs become confidences [default: what the file says; an ONNX file without Softmax or Sigmoid at its
    /// end says none]
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(Output::NAMES.map(|(name, _)| name)))]
    pub(super) output: Option<String>,
}

impl Model {
    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.model
    }

    /// Reads the network.
    pub(super) fn load(&self) -> Result<Network, super::Failure> {
        let network = Network::load(&self.model)?;
        let Some(name) = &self.output else { return Ok(network) };
        // the parser lets no other names through
        let output =
            Output::NAMES.iter().find(|(known, _)| known == name).map_or(network.output(), |(_, output)| *output);
        Ok(network.with_output(output).map_err(|error| format!("--output: {}: {error}", self.model.display()))?)
    }
}

/// How to search for bounds and how to print them.
#[derive(Args)]
pub(super) struct Common {
    #[command(flatten)]
    run: Run,
    /// Gap between the two bounds at which the search stops
    #[arg(long, value_name = "D", default_value = "0.001", value_parser = delta, allow_negative_numbers = true)]
    delta: f64,
}

/// How to search and how to print.
#[derive(Args)]
pub(super) struct Run {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Time limit in seconds (decimals allowed); at the limit, print the bounds so far
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,
    /// Number of worker threads; the answer does not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = jobs, allow_negative_numbers = true)]
    jobs: Option<usize>,
    /// Memory limit in bytes (suffixes K, M, G); at the limit, print the bounds so far [default: none]
    #[arg(long, value_name = "BYTES", value_parser = budget::bytes, allow_negative_numbers = true)]
    memory: Option<usize>,
    /// How boxes are split, by name (an unknown one lists all)
    #[arg(long, value_name = "NAME", value_parser = brancher_name, hide_short_help = true)]
    brancher: Option<&'static str>,
    /// The contractors to use, by name and separated by commas; `none` uses none
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = contractor_name, hide_short_help = true)]
    contractors: Option<Vec<&'static str>>,
    /// Show progress on stderr even if that is not a terminal
    #[arg(long, conflicts_with = "quiet")]
    progress: bool,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// A run of a command: its settings and when it has to end.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) json: bool,
    pub(super) quiet: bool,
    pub(super) progress: bool,
    pub(super) settings: Settings,
    pub(super) started: Stopwatch,
}

impl Common {
    /// Starts the clock and listens for Ctrl-C.
    pub(super) fn start(&self) -> Result<Session, String> {
        let mut session = self.run.start()?;
        session.settings.delta = self.delta;
        Ok(session)
    }
}

impl Run {
    /// Starts the clock and listens for Ctrl-C.
    pub(super) fn start(&self) -> Result<Session, String> {
        let started = Stopwatch::start();
        let mut budget = Budget::unlimited().with_interrupt(interrupt::flag()?);
        if let Some(limit) = self.timeout {
            budget = budget.with_time(limit);
        }
        if let Some(limit) = self.memory {
            budget = budget.with_memory(limit).with_gauge(budget::resident);
        }
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let choice = Choice { brancher: self.brancher, contractors: self.contractors.clone() };
        let settings = Settings { jobs: self.jobs.unwrap_or_else(processors), budget, choice, ..Settings::default() };
        let Run { json, quiet, progress, .. } = *self;
        Ok(Session { json, quiet, progress, settings, started })
    }
}

impl Session {
    /// The failure of a run that ends before its question is asked.
    pub(super) fn ended(&self, reason: StopReason, what: String) -> Failure {
        Failure::Stopped { reason, what, json: self.json }
    }

    /// Whether to stop now, and why.
    pub(super) fn stopped(&self) -> Option<StopReason> {
        self.settings.budget.stopped()
    }
}

/// Which parameters move.
#[derive(Args)]
pub(super) struct Selection {
    /// Only these layers move, by index, the one next to the inputs being 0 [default: all]
    #[arg(long, value_name = "INDEX,…", value_delimiter = ',')]
    layers: Option<Vec<usize>>,
    /// Only these parameters move [default: both]
    #[arg(long, value_name = "KIND")]
    only: Option<Kind>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// weights
    Weights,
    /// biases
    Biases,
}

/// How far parameters move.
#[derive(Args)]
pub(super) struct Amount {
    #[command(flatten)]
    unit: Unit,
    /// Which numbers of the format a parameter may land on [default: any]
    #[arg(
        long,
        value_name = "RULE",
        value_parser = PossibleValuesParser::new(Rounding::NAMES.map(|(name, _)| name))
    )]
    rounding: Option<String>,
    #[command(flatten)]
    activations: Rounded,
}

/// How activations are rounded.
#[derive(Args)]
pub(super) struct Rounded {
    /// The inputs and the outputs of hidden layers are rounded to the nearest number of a format: int8, int8:asymmetric,
    /// fixed:4.4; inputs=fixed:1.7,layer0=fixed:4.4 for single ones
    #[arg(long, value_name = "FORMAT")]
    activations: Option<String>,
    /// Where the ranges of activations come from: data (the points in the model file), domain (what they can be at most over
    /// its domain), a CSV file of inputs, or LOWER..UPPER for all of them [default: data]
    #[arg(long, value_name = "RANGES", requires = "activations", allow_hyphen_values = true)]
    calibrate: Option<String>,
}

/// In what the amount is stated.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Unit {
    /// Every parameter moves by at most E
    #[arg(long, value_name = "E", value_parser = amount, allow_negative_numbers = true)]
    epsilon: Option<Rational>,
    /// Every parameter moves by at most E times its own size
    #[arg(long, value_name = "E", value_parser = nonnegative, allow_negative_numbers = true)]
    relative: Option<Rational>,
    /// Every parameter is rounded to a number format: int8, int4:per-channel:asymmetric, fixed:4.4, fixed:8, float16,
    /// bfloat16, float8:e4m3, float8:e5m2, uniform:1%; layer0=int8,layer1=fixed:4.4 for single layers
    #[arg(long, value_name = "FORMAT")]
    quantize: Option<String>,
}

impl Rounded {
    fn is_given(&self) -> bool {
        self.activations.is_some() || self.calibrate.is_some()
    }

    /// The CSV file that the ranges of activations come from.
    pub(super) fn file(&self) -> Option<&Path> {
        let is_file = |text: &&str| !matches!(*text, "data" | "domain" | "-") && interval(text, "").is_err();
        let file = self.calibrate.as_deref().filter(is_file);
        file.map(Path::new)
    }

    /// How the activations of a network are rounded; `None` where they are not.
    pub(super) fn activations(&self, network: &Network) -> Result<Option<Activations>, super::Failure> {
        let Some(text) = &self.activations else { return Ok(None) };
        let formats = Formats::parse(text).map_err(|error| format!("--activations: {error}"))?;
        let ranges = match self.calibrate.as_deref() {
            None | Some("data") => {
                let data = network.data().ok_or_else(|| {
                    let name = network.name();
                    format!(
                        "--activations: {name} has no points to calibrate by, expected --calibrate domain or a CSV file"
                    )
                })?;
                network.activation_ranges(data.inputs().iter().map(Vec::as_slice))?
            }
            Some("domain") => {
                let domain = domain(None, network).map_err(|problem| format!("--calibrate domain: {problem}"))?;
                let enclose = |(low, high): &(_, _)| decimal::enclose(low).convex_hull(decimal::enclose(high));
                network.activation_bounds(&domain.iter().map(enclose).collect::<Vec<_>>())
            }
            Some(text) if interval(text, "").is_ok() => {
                let (lower, upper) = interval(text, "")?;
                vec![(rational::nearest_f64(&lower), rational::nearest_f64(&upper)); network.layers().len()]
            }
            Some(path) => {
                let points = Inputs::load(path, network, Columns::default(), Labels::Unused, &Budget::unlimited())?;
                let points = points.points(network)?;
                let point = |point: &Vec<Rational>| point.iter().map(rational::nearest_f64).collect::<Vec<f64>>();
                let points: Vec<_> = points.iter().map(point).collect();
                network.activation_ranges(points.iter().map(Vec::as_slice))?
            }
        };
        Ok(Some(Activations::new(formats, &ranges).map_err(|error| format!("--activations: {error}"))?))
    }
}

impl Amount {
    /// Whether any of the options is there. An `Option<Amount>` would not tell: for clap it is `None` unless one of
    /// [`Amount`]'s own arguments is there, whatever those of [`Unit`] are.
    fn is_given(&self) -> bool {
        let Unit { epsilon, relative, quantize } = &self.unit;
        let unit = epsilon.is_some() || relative.is_some() || quantize.is_some();
        unit || self.rounding.is_some() || self.activations.is_given()
    }

    /// The CSV file that the ranges of activations come from.
    pub(super) fn file(&self) -> Option<&Path> {
        self.activations.file()
    }

    fn magnitude(&self, network: &Network, input_scales: &[Option<f64>]) -> Result<Magnitude, super::Failure> {
        if self.rounding.is_some() && self.unit.quantize.is_none() {
            // the parser does not ask for one of a group when another is there
            return Err("--rounding needs a number format: add --quantize".to_owned().into());
        }
        Ok(match &self.unit {
            Unit { epsilon: None, relative: None, quantize: None } => {
                // where the parser does not require one of the three
                let problem = "--activations needs an amount: add --epsilon, --relative or --quantize";
                return Err(problem.to_owned().into());
            }
            Unit { epsilon: Some(epsilon), .. } => Magnitude::Absolute(epsilon.clone()),
            Unit { relative: Some(epsilon), .. } => Magnitude::Relative(epsilon.clone()),
            Unit { quantize, .. } => {
                let text = quantize.as_deref().unwrap_or_default();
                let rounding = rounding(self.rounding.as_deref()).unwrap_or_default();
                Magnitude::Quantised(Arc::new(quantised(text, rounding, network, input_scales)?))
            }
        })
    }
}

/// The rule of a name, which the parser has let through.
pub(super) fn rounding(name: Option<&str>) -> Option<Rounding> {
    Rounding::NAMES.iter().find(|(known, _)| Some(*known) == name).map(|(_, rule)| *rule)
}

/// What `--quantize` makes of a network, whose layers' inputs have these scales where they are rounded.
pub(super) fn quantised(
    text: &str,
    rounding: Rounding,
    network: &Network,
    input_scales: &[Option<f64>],
) -> Result<Quantised, String> {
    let problem = |problem: String| format!("--quantize: {problem}");
    let scheme = Scheme::parse(text, rounding).map_err(|error| problem(error.to_string()))?;
    Quantised::new(scheme, network, input_scales).map_err(|error| problem(error.to_string()))
}

impl Selection {
    /// The perturbation of the selected parameters.
    pub(super) fn perturbation(&self, magnitude: Magnitude, network: &Network) -> Result<Perturbation, super::Failure> {
        let layers = match &self.layers {
            None => Layers::All,
            Some(layers) => Layers::Only(layers.iter().copied().collect()),
        };
        let parameters = match self.only {
            None => Parameters::All,
            Some(Kind::Weights) => Parameters::Weights,
            Some(Kind::Biases) => Parameters::Biases,
        };
        let perturbation = Perturbation::new(magnitude, layers, parameters)?;
        perturbation.check(network).map_err(|error| format!("--layers: {error}"))?;
        Ok(perturbation)
    }

    /// The perturbation that the options describe where nothing has to move.
    pub(super) fn perturb_perhaps(&self, amount: &Amount, network: &Network) -> Result<Perturbation, super::Failure> {
        if !amount.is_given() && (self.layers.is_some() || self.only.is_some()) {
            let problem = "--layers and --only need an amount: add --epsilon, --relative or --quantize";
            return Err(problem.to_owned().into());
        }
        if amount.is_given() { self.perturb(amount, network) } else { Ok(Perturbation::none()) }
    }

    /// The perturbation that the options describe.
    pub(super) fn perturb(&self, amount: &Amount, network: &Network) -> Result<Perturbation, super::Failure> {
        let activations = amount.activations.activations(network)?;
        let scales = activations.as_ref().map(Activations::scales).unwrap_or_default();
        let perturbation = self.perturbation(amount.magnitude(network, &scales)?, network)?;
        Ok(match activations {
            None => perturbation,
            Some(activations) => perturbation.with_activations(Arc::new(activations)),
        })
    }
}

/// The class that an option names: a name, else `worst`, else an index.
pub(super) fn class(text: Option<&str>, network: &Network) -> Result<ClassChoice, String> {
    let Some(text) = text else { return Ok(ClassChoice::Assigned) };
    if let Some(index) = network.classes().iter().position(|name| name == text) {
        return Ok(ClassChoice::Index(index));
    }
    if text == "worst" {
        return Ok(ClassChoice::Worst);
    }
    let last = class_count(network) - 1;
    match text.parse() {
        Ok(index) if index <= last => Ok(ClassChoice::Index(index)),
        _ => {
            let names = quoted(network.classes());
            Err(format!("--class: no class {text:?}, expected one of {names}, an index from 0 to {last}, or worst"))
        }
    }
}

/// Refuses a question about a change of class of a network that has nothing to choose from.
pub(super) fn choices(network: &Network) -> Result<(), String> {
    if class_count(network) > 1 {
        return Ok(());
    }
    Err(format!("{} has one output, expected at least 2 classes for a change of class", network.name()))
}

/// One exact number per input, separated by commas.
pub(super) fn input(text: &str, network: &Network) -> Result<Vec<Rational>, String> {
    let names = network.input().names();
    let fields: Vec<&str> = text.split(',').collect();
    let mut numbers = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        let name = names.get(i).map_or(String::new(), |name| format!(" ({name})"));
        numbers.push(number(field).map_err(|problem| format!("--input: number {}{name}: {problem}", i + 1))?);
    }
    if numbers.len() != names.len() {
        let given = if numbers.len() == 1 { "1 number".to_owned() } else { format!("{} numbers", numbers.len()) };
        return Err(format!("--input: {given}, expected {} ({})", names.len(), names.join(", ")));
    }
    Ok(numbers)
}

/// `"a", "b"`.
pub(super) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
}

/// An exact number within the range of a double.
pub(super) fn number(text: &str) -> Result<Rational, String> {
    let value = rational::parse(text).map_err(|error| error.to_string())?;
    let inside = rational::nearest_f64(&value).is_finite();
    if inside { Ok(value) } else { Err("outside the range of a double".to_owned()) }
}

/// An exact number, or a percentage: `5%` is 0.05.
fn share(text: &str) -> Result<Rational, String> {
    match text.trim_end().strip_suffix('%') {
        Some(percent) => Ok(number(percent.trim_end())? / Rational::from_integer(100.into())),
        None => number(text),
    }
}

/// An exact number that is at least 0, in the unit of the parameters.
pub(super) fn amount(text: &str) -> Result<Rational, String> {
    let value = nonnegative(text)?;
    if text.trim_end().ends_with('%') {
        let plain = number::exact(&value);
        return Err(format!("a percentage, did you mean --relative {plain} (of each parameter's size) or {plain}?"));
    }
    Ok(value)
}

/// An exact number or a percentage that is at least 0.
pub(super) fn nonnegative(text: &str) -> Result<Rational, String> {
    let value = share(text)?;
    if value.is_negative() { Err("negative, expected at least 0".to_owned()) } else { Ok(value) }
}

/// An exact number from 0 to 1.
pub(super) fn confidence(text: &str) -> Result<Rational, String> {
    let value = nonnegative(text)?;
    if value > Rational::one() { Err("expected a confidence from 0 to 1".to_owned()) } else { Ok(value) }
}

/// An exact number above 0.
pub(super) fn positive(text: &str) -> Result<Rational, String> {
    let value = share(text)?;
    if value.is_positive() { Ok(value) } else { Err("expected a number above 0".to_owned()) }
}

fn delta(text: &str) -> Result<f64, String> {
    let value = rational::nearest_f64(&positive(text)?);
    if value > 0.0 { Ok(value) } else { Err("too small for a double".to_owned()) }
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = rational::nearest_f64(&nonnegative(text)?);
    Duration::try_from_secs_f64(seconds).map_err(|_| "expected fewer seconds".to_owned())
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=1024) => Ok(jobs),
        _ => Err("expected a number of threads from 1 to 1024".to_owned()),
    }
}
