//! The parts that sentences are made of.

use super::Outcome;
use super::number::{exact, short};
use crate::encode::class_count;
use crate::network::{Network, Output, Parameter};
use crate::perturbation::quantise::Rounding;
use crate::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use crate::question::{Aim, Scope, Subject};
use crate::robustness::ClassChoice;
use deltasat::exact::Rational;
use deltasat::search::StopReason;

/// The most inputs that a sentence names.
const NAMED: usize = 4;

/// `1 box`, `2 boxes`.
pub(super) fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// What moves and how far: `parameters within ±0.01`, `weights of layer 0 rounded up or down to int8`.
pub(super) fn moving(perturbation: &Perturbation) -> String {
    let moving = moving_parameters(perturbation);
    match perturbation.activations() {
        None => moving,
        Some(activations) => format!("{moving} with activations rounded to {}", activations.formats()),
    }
}

fn moving_parameters(perturbation: &Perturbation) -> String {
    let parameters = parameters(perturbation);
    match perturbation.magnitude() {
        Magnitude::Absolute(epsilon) => format!("{parameters} within ±{}", exact(epsilon)),
        Magnitude::Relative(epsilon) => format!("{parameters} within ±{} (relative)", exact(epsilon)),
        Magnitude::Quantised(quantised) => {
            let scheme = quantised.scheme();
            let boxes = scheme.default.iter().chain(scheme.layers.values()).all(|format| format.bits().is_none());
            let rounded = match scheme.rounding {
                _ if boxes => "within",
                Rounding::Any => "rounded up or down to",
                Rounding::Nearest => "rounded to the nearest",
                Rounding::HalfStep => "within half a step of",
                Rounding::Truncate => "truncated to",
            };
            format!("{parameters} {rounded} {scheme}")
        }
    }
}

/// `parameters`, `weights of layer 0`, `biases of layers 0 and 2`.
pub(super) fn parameters(perturbation: &Perturbation) -> String {
    let kind = match perturbation.parameters() {
        Parameters::All => "parameters",
        Parameters::Weights => "weights",
        Parameters::Biases => "biases",
    };
    match perturbation.layers() {
        Layers::All => kind.to_owned(),
        Layers::Only(layers) => {
            let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
            let noun = if layers.len() == 1 { "layer" } else { "layers" };
            format!("{kind} of {noun} {}", list(&layers))
        }
    }
}

/// `a, b and c`.
fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// `at x1 = 0.3, x2 = -1.2`, `over x1 in [-1, 1], x2 in [0, 1]`; long ones are not spelled out.
pub(super) fn place(network: &Network, scope: Scope<'_>) -> String {
    let names = network.input().names();
    match scope {
        Scope::Local(_) if names.len() > NAMED => "at this input".to_owned(),
        Scope::Local(input) => format!("at {}", coordinates(network, input)),
        Scope::Global(_) if names.len() > NAMED => "over the domain".to_owned(),
        Scope::Global(domain) => {
            let ranges = names.iter().zip(domain);
            let ranges: Vec<_> =
                ranges.map(|(name, (low, high))| format!("{name} in [{}, {}]", exact(low), exact(high))).collect();
            format!("over {}", ranges.join(", "))
        }
    }
}

/// `x1 = 0.3, x2 = -1.2`, the first ones of many.
pub(super) fn coordinates(network: &Network, input: &[Rational]) -> String {
    let names = network.input().names();
    let shown = if names.len() > 2 * NAMED { NAMED } else { names.len() };
    let mut text: Vec<String> = names.iter().zip(input).take(shown).map(|(name, x)| equation(name, x)).collect();
    if shown < names.len() {
        text.push(format!("and {} more", names.len() - shown));
    }
    text.join(", ")
}

/// `class "1"`, or `output "y"` of a network without confidences.
pub(super) fn class(network: &Network, index: usize) -> String {
    let noun = if network.output() == Output::None { "output" } else { "class" };
    format!("{noun} {:?}", network.classes()[index])
}

/// `class "1"`, or `class "0" or "1" (which of them is assigned cannot be told)`.
pub(super) fn classes(network: &Network, indices: &[usize]) -> String {
    match indices {
        [one] => class(network, *one),
        _ => {
            let noun = if network.output() == Output::None { "output" } else { "class" };
            format!("{noun} {} (which of them is assigned cannot be told)", either(network, indices))
        }
    }
}

/// `"0" or "1"`: classes one of which is meant.
pub(super) fn either(network: &Network, indices: &[usize]) -> String {
    indices.iter().map(|&index| format!("{:?}", network.classes()[index])).collect::<Vec<_>>().join(" or ")
}

/// The class that may be assigned, without quotes: `0`, or `0 or 1` where that cannot be told.
pub(super) fn assigned_names(network: &Network, indices: &[usize]) -> String {
    indices.iter().map(|&index| network.classes()[index].as_str()).collect::<Vec<_>>().join(" or ")
}

/// Whose confidence a question is about: `the confidence of class "1"`. Of an input `assigned` has the classes that the
/// network may assign there.
pub(super) fn quantity(subject: &Subject<'_>, choice: ClassChoice, assigned: &[usize]) -> String {
    let network = subject.network;
    let raw = network.output() == Output::None;
    let noun = if raw { "output" } else { "class" };
    let whose = match (choice, assigned, subject.scope) {
        (ClassChoice::Index(index), ..) => class(network, index),
        // of a table
        (ClassChoice::Assigned, [], Scope::Local(_)) if raw => "the largest output".to_owned(),
        (ClassChoice::Assigned, [], Scope::Local(_)) => "the assigned class".to_owned(),
        // with two classes both deviate alike; of raw outputs none is assigned
        (ClassChoice::Assigned, [], Scope::Global(_)) if class_count(network) > 2 && !raw => {
            "the assigned class".to_owned()
        }
        (ClassChoice::Assigned, [_, ..], _) => classes(network, assigned),
        _ => format!("any {noun}"),
    };
    if raw { whose } else { format!("the confidence of {whose}") }
}

/// What is said to change in a change of class: `class`, or `largest output` of a network without classes.
pub(super) fn assigned_noun(network: &Network) -> &'static str {
    if network.output() == Output::None { "largest output" } else { "class" }
}

/// The title of a column of what is assigned.
pub(super) fn assigned_title(network: &Network) -> &'static str {
    match network.output() {
        Output::None if class_count(network) < 2 => "output",
        Output::None => "largest",
        Output::Softmax | Output::Sigmoid => "class",
    }
}

/// Where a change of class is looked for.
pub(super) fn guarded(subject: &Subject<'_>) -> String {
    match &subject.aim {
        Aim::ClassChange { guard: Some(guard) } => {
            format!("wherever the trained network is at least {} confident", exact(guard))
        }
        _ => String::new(),
    }
}

/// `layer 0 weight [3][1]`, `layer 1 bias [0]`.
pub(super) fn parameter(layer: usize, parameter: Parameter) -> String {
    match parameter {
        Parameter::Weight { row, col } => format!("layer {layer} weight [{row}][{col}]"),
        Parameter::Bias { row } => format!("layer {layer} bias [{row}]"),
    }
}

/// `x1 = 0.5`, or `x1 ≈ 0.333333` where there are more digits.
pub(super) fn equation(name: &str, x: &Rational) -> String {
    let shown = short(x);
    match shown.strip_prefix('≈') {
        Some(digits) => format!("{name} ≈ {digits}"),
        None => format!("{name} = {shown}"),
    }
}

/// Why there is no answer.
pub(super) fn unanswered(stop: StopReason) -> &'static str {
    match stop {
        StopReason::Time => "out of time",
        StopReason::Interrupted => "interrupted",
        StopReason::Boxes => "limit on boxes reached",
        StopReason::Memory => "out of memory",
        StopReason::Complete => "unknown (too close to call)",
        StopReason::Unsplittable => "unknown (some boxes are too narrow to split in double precision)",
    }
}

/// What an answer means.
pub(super) fn meaning(outcome: Outcome, witness: bool) -> &'static str {
    match (outcome, witness) {
        (Outcome::Robust, _) => {
            "This is proved for all choices of parameters within the perturbation, not tested on some: there is no exception."
        }
        (Outcome::Violated, true) => {
            "It is not safe: the witness below is one input with one choice of parameters for which it happens, checked in exact \
             arithmetic."
        }
        (Outcome::Violated, false) => "It is not safe: some parameters within the perturbation certainly do it.",
        (Outcome::Bounds, true) => {
            "The truth lies between two numbers. That nothing exceeds the greater one is proved; the smaller one is what the \
             witness below attains, checked in exact arithmetic."
        }
        (Outcome::Bounds, false) => {
            "The truth lies between two numbers. That nothing exceeds the greater one is proved."
        }
        (Outcome::Unknown | Outcome::Timeout, _) => {
            "Nothing is proved either way. This is no sign of safety: the bounds below are as far as the search came."
        }
    }
}

/// With a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
