//! Reports as JSON: one object, version 1 of the schema. Fields that do not apply are left out; bounds that are not
//! finite are `null`.

use super::number::{json_exact, json_lower, json_upper};
use super::{Aim, Outcome, Scope, Subject, class_change_name, stop_name};
use crate::network::{Network, Parameter};
use crate::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use crate::robustness::float_error::FloatError;
use crate::robustness::radius::Radius;
use crate::robustness::witness::{Moved, Witness};
use crate::robustness::{ClassChoice, Finding};
use deltasat::exact::{Ball, Rational, rational};
use deltasat::search::{Statistics, StopReason};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// The version of the schema.
pub const SCHEMA: u32 = 1;

pub(super) type Number = Box<RawValue>;

/// The whole of a report on one question.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    asked: Asked<'a>,
    answer: &'static str,
    /// what `lower` and `upper` bound
    bounds_of: &'static str,
    lower: Number,
    upper: Number,
    /// what an evaluation in float32 adds to them at most
    #[serde(skip_serializing_if = "Option::is_none")]
    float32_adds_at_most: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assigned: Option<&'a str>,
    /// instead, where exact evaluation cannot tell
    #[serde(skip_serializing_if = "Option::is_none")]
    may_be_assigned: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class_change: Option<&'static str>,
    witness: Option<WitnessDocument<'a>>,
    #[serde(flatten)]
    effort: Effort,
}

/// What was asked, as every report repeats it.
#[derive(Serialize)]
pub struct Asked<'a> {
    schema: u32,
    model: &'a str,
    scope: &'static str,
    pub(super) question: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) about: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence_at_least: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) perturbation: Option<PerturbationDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Vec<Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Vec<[Number; 2]>>,
    delta: f64,
}

#[derive(Serialize)]
pub(super) struct PerturbationDocument {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activations: Option<ActivationsDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layers: Option<Vec<usize>>,
    parameters: &'static str,
}

/// How the inputs and the outputs of each hidden layer are stored.
#[derive(Serialize)]
struct ActivationsDocument {
    format: String,
    scales: Vec<Option<f64>>,
    zeros: Vec<Option<i64>>,
}

#[derive(Serialize)]
pub(super) struct WitnessDocument<'a> {
    input: Vec<Number>,
    class: &'a str,
    confidence_nominal: Number,
    confidence_perturbed: Number,
    class_nominal: Option<&'a str>,
    class_perturbed: Option<&'a str>,
    /// the parameters that moved
    parameters: Vec<MovedDocument>,
}

#[derive(Serialize)]
pub(super) struct MovedDocument {
    layer: usize,
    row: usize,
    /// `null` for a bias
    column: Option<usize>,
    trained: f64,
    value: f64,
}

#[derive(Serialize)]
pub(super) struct Effort {
    stop: &'static str,
    boxes: u64,
    seconds: f64,
}

impl Effort {
    pub(super) fn new(stop: StopReason, statistics: &Statistics) -> Effort {
        Effort { stop: stop_name(stop), boxes: statistics.boxes, seconds: statistics.seconds }
    }
}

/// What was asked, for a document of any kind.
pub fn asked<'a>(subject: &Subject<'a>) -> Asked<'a> {
    let (class, threshold, guard) = match &subject.aim {
        Aim::Deviation { choice, threshold } => {
            (Some(choice_name(subject.network, *choice)), threshold.as_ref().map(json_exact), None)
        }
        Aim::ClassChange { guard } => (None, None, guard.as_ref().map(json_exact)),
    };
    let exact = |(lower, upper): &(Rational, Rational)| [json_exact(lower), json_exact(upper)];
    let (input, domain) = match subject.scope {
        // a table has the inputs in its rows
        Scope::Local([]) => (None, None),
        Scope::Local(input) => (Some(input.iter().map(json_exact).collect()), None),
        Scope::Global(domain) => (None, Some(domain.iter().map(exact).collect())),
    };
    Asked {
        schema: SCHEMA,
        model: subject.network.name(),
        scope: subject.scope.name(),
        question: subject.aim.name(),
        about: None,
        class,
        threshold,
        confidence_at_least: guard,
        perturbation: Some(perturbation(subject.perturbation)),
        input,
        domain,
        delta: subject.delta,
    }
}

fn choice_name(network: &Network, choice: ClassChoice) -> &str {
    match choice {
        ClassChoice::Assigned => "assigned",
        ClassChoice::Worst => "worst",
        ClassChoice::Index(index) => &network.classes()[index],
    }
}

pub(super) fn perturbation(perturbation: &Perturbation) -> PerturbationDocument {
    let kind = match perturbation.magnitude() {
        Magnitude::Absolute(_) => "absolute",
        Magnitude::Relative(_) => "relative",
        Magnitude::Quantised(_) => "quantised",
    };
    let scheme = match perturbation.magnitude() {
        Magnitude::Quantised(quantised) => Some(quantised.scheme()),
        Magnitude::Absolute(_) | Magnitude::Relative(_) => None,
    };
    PerturbationDocument {
        kind,
        epsilon: perturbation.magnitude().epsilon().map(json_exact),
        format: scheme.map(ToString::to_string),
        rounding: scheme.map(|scheme| scheme.rounding.name()),
        activations: perturbation.activations().map(|activations| ActivationsDocument {
            format: activations.formats().to_string(),
            scales: activations.scales(),
            zeros: activations.grids().iter().map(|grid| grid.map(|grid| grid.zero())).collect(),
        }),
        layers: match perturbation.layers() {
            Layers::All => None,
            Layers::Only(layers) => Some(layers.iter().copied().collect()),
        },
        parameters: match perturbation.parameters() {
            Parameters::All => "all",
            Parameters::Weights => "weights",
            Parameters::Biases => "biases",
        },
    }
}

pub(super) fn witness<'a>(network: &'a Network, witness: &Witness) -> WitnessDocument<'a> {
    let name = |class: usize| network.classes()[class].as_str();
    let confidence = |ball: &Ball| json_lower(ball.floor_f64());
    WitnessDocument {
        input: witness.input.iter().map(json_exact).collect(),
        class: name(witness.class),
        confidence_nominal: confidence(&witness.nominal),
        confidence_perturbed: confidence(&witness.perturbed),
        class_nominal: witness.nominal_class().map(name),
        class_perturbed: witness.perturbed_class().map(name),
        parameters: witness.moved(network).into_iter().map(moved).collect(),
    }
}

pub(super) fn moved(moved: Moved) -> MovedDocument {
    let (row, column) = match moved.parameter {
        Parameter::Weight { row, col } => (row, Some(col)),
        Parameter::Bias { row } => (row, None),
    };
    MovedDocument { layer: moved.layer, row, column, trained: moved.from, value: moved.to }
}

fn names<'a>(network: &'a Network, classes: &[usize]) -> Vec<&'a str> {
    classes.iter().map(|&class| network.classes()[class].as_str()).collect()
}

/// The class that is assigned, or those that may be where that cannot be told.
pub(super) fn assigned<'a>(network: &'a Network, classes: &[usize]) -> (Option<&'a str>, Option<Vec<&'a str>>) {
    match classes {
        [] => (None, None),
        [one] => (Some(network.classes()[*one].as_str()), None),
        several => (None, Some(names(network, several))),
    }
}

/// Writes a finding.
///
/// # Errors
/// Those of the writer.
pub fn finding(subject: &Subject<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    finding_in_float32(subject, finding, None, out)
}

/// Writes a finding with what an evaluation in float32 adds to its bounds, where that was asked.
///
/// # Errors
/// Those of the writer.
pub fn finding_in_float32(
    subject: &Subject<'_>,
    finding: &Finding,
    float32: Option<&FloatError>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let assigned = assigned(subject.network, &finding.assigned);
    let document = Document {
        asked: asked(subject),
        answer: Outcome::of(finding, subject.delta).name(),
        bounds_of: match subject.aim {
            Aim::Deviation { .. } => "deviation",
            Aim::ClassChange { .. } => "logit gap",
        },
        lower: json_lower(finding.lower),
        upper: json_upper(finding.upper),
        float32_adds_at_most: float32.map(|error| match subject.aim {
            Aim::Deviation { choice, .. } => json_upper(error.confidence(choice)),
            Aim::ClassChange { .. } => json_upper(error.gap()),
        }),
        assigned: assigned.0,
        may_be_assigned: assigned.1,
        class_change: finding.class_change.map(class_change_name),
        witness: finding.witness.as_ref().map(|found| witness(subject.network, found)),
        effort: Effort::new(finding.stop, &finding.statistics),
    };
    write(&document, out)
}

/// Writes a radius: the bounds are those of the largest safe ε.
///
/// # Errors
/// Those of the writer.
pub fn radius(subject: &Subject<'_>, radius: &Radius, out: &mut dyn Write) -> io::Result<()> {
    let mut asked = asked(subject);
    asked.about = Some(std::mem::replace(&mut asked.question, "radius"));
    if let Some(kind) = &mut asked.perturbation {
        kind.epsilon = None;
    }
    let refuted = radius.refuted.as_ref().map_or(f64::INFINITY, rational::ceil_f64);
    let document = Document {
        asked,
        answer: Outcome::of_stop(radius.stop, radius.closed).name(),
        bounds_of: "epsilon",
        lower: json_lower(rational::floor_f64(&radius.proved)),
        upper: json_upper(refuted),
        float32_adds_at_most: None,
        assigned: None,
        may_be_assigned: Some(&radius.assigned)
            .filter(|assigned| assigned.len() > 1)
            .map(|a| names(subject.network, a)),
        class_change: None,
        witness: radius.witness.as_ref().map(|found| witness(subject.network, found)),
        effort: Effort::new(radius.stop, &radius.statistics),
    };
    write(&document, out)
}

/// Writes any document as one object on one line.
///
/// # Errors
/// Those of the writer.
pub fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    writeln!(out)
}
