//! What every JSON document repeats: what was asked, and what moves. Version 1 of the schema: fields that do not apply are
//! left out; bounds that are not finite are `null`.

use super::value::{Members, Value};
use crate::network::{Network, Parameter};
use crate::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use crate::question::{Aim, Scope, Subject};
use crate::robustness::ClassChoice;
use crate::robustness::witness::{Moved, Witness};
use serde::Serialize;
use std::io::{self, Write};

/// The version of the schema.
pub const SCHEMA: u32 = 1;

/// What was asked, for a document of any kind.
pub fn asked(subject: &Subject<'_>) -> Members {
    asked_of(subject, None, Some(perturbation(subject.perturbation)))
}

/// The same of a question that asks the subject's again and again.
pub(super) fn asked_about(subject: &Subject<'_>, question: &'static str, moving: Option<Value>) -> Members {
    asked_of(subject, Some(question), moving)
}

fn asked_of(subject: &Subject<'_>, question: Option<&'static str>, moving: Option<Value>) -> Members {
    let (class, threshold, guard) = match &subject.aim {
        Aim::Deviation { choice, threshold } => (Some(choice_name(subject.network, *choice)), threshold.as_ref(), None),
        Aim::ClassChange { guard } => (None, None, guard.as_ref()),
    };
    let (input, domain) = match subject.scope {
        // a table has the inputs in its rows
        Scope::Local([]) => (None, None),
        Scope::Local(input) => (Some(Value::point(input)), None),
        Scope::Global(domain) => (None, Some(Value::sides(domain))),
    };
    Members::new()
        .with("schema", SCHEMA)
        .with("model", subject.network.name())
        .with("scope", subject.scope.name())
        .with("question", question.unwrap_or(subject.aim.name()))
        .maybe("about", question.map(|_| subject.aim.name()))
        .maybe("class", class)
        .maybe("threshold", threshold)
        .maybe("confidence_at_least", guard)
        .maybe("perturbation", moving)
        .maybe("input", input)
        .maybe("domain", domain)
        .with("delta", subject.delta)
}

fn choice_name(network: &Network, choice: ClassChoice) -> &str {
    match choice {
        ClassChoice::Assigned => "assigned",
        ClassChoice::Worst => "worst",
        ClassChoice::Index(index) => &network.classes()[index],
    }
}

pub(super) fn perturbation(perturbation: &Perturbation) -> Value {
    moving(perturbation, perturbation.magnitude().epsilon().map(Value::from))
}

/// What moves, with this epsilon or with none.
pub(super) fn moving(perturbation: &Perturbation, epsilon: Option<Value>) -> Value {
    let (kind, scheme) = match perturbation.magnitude() {
        Magnitude::Absolute(_) => ("absolute", None),
        Magnitude::Relative(_) => ("relative", None),
        Magnitude::Quantised(quantised) => ("quantised", Some(quantised.scheme())),
    };
    let layers = match perturbation.layers() {
        Layers::All => None,
        Layers::Only(layers) => Some(Value::list(layers.iter().copied())),
    };
    let parameters = match perturbation.parameters() {
        Parameters::All => "all",
        Parameters::Weights => "weights",
        Parameters::Biases => "biases",
    };
    let activations = perturbation.activations().map(|activations| {
        let zeros = activations.grids().iter().map(|grid| grid.map(|grid| grid.zero()));
        Members::new()
            .with("format", activations.formats().to_string())
            .with("scales", activations.scales())
            .with("zeros", Value::list(zeros))
    });
    let members = Members::new()
        .with("kind", kind)
        .maybe("epsilon", epsilon)
        .maybe("format", scheme.map(ToString::to_string))
        .maybe("rounding", scheme.map(|scheme| scheme.rounding.name()))
        .maybe("activations", activations)
        .maybe("layers", layers)
        .with("parameters", parameters);
    members.into()
}

pub(super) fn witness(network: &Network, witness: &Witness) -> Value {
    let name = |class: usize| network.classes()[class].as_str();
    let members = Members::new()
        .with("input", Value::point(&witness.input))
        .with("class", name(witness.class))
        .with("confidence_nominal", Value::Lower(witness.nominal.floor_f64()))
        .with("confidence_perturbed", Value::Lower(witness.perturbed.floor_f64()))
        .with("class_nominal", witness.nominal_class().map(name))
        .with("class_perturbed", witness.perturbed_class().map(name))
        .with("parameters", Value::list(witness.moved(network).iter().map(moved)));
    members.into()
}

pub(super) fn moved(moved: &Moved) -> Value {
    let (row, column) = match moved.parameter {
        Parameter::Weight { row, col } => (row, Some(col)),
        Parameter::Bias { row } => (row, None),
    };
    let place = Members::new().with("layer", moved.layer).with("row", row).with("column", column);
    place.with("trained", moved.from).with("value", moved.to).into()
}

fn names(network: &Network, classes: &[usize]) -> Value {
    Value::list(classes.iter().map(|&class| &network.classes()[class]))
}

/// The classes that may be assigned, where that cannot be told.
pub(super) fn may_be_assigned(network: &Network, classes: &[usize]) -> Members {
    Members::new().maybe("may_be_assigned", Some(classes).filter(|c| c.len() > 1).map(|c| names(network, c)))
}

/// The class that is assigned, or those that may be where that cannot be told; both left out where there is none.
pub(super) fn assigned_or_none(network: &Network, classes: &[usize]) -> Members {
    match classes {
        [one] => Members::new().with("assigned", &network.classes()[*one]),
        _ => may_be_assigned(network, classes),
    }
}

/// The same, `null` where it cannot be told.
pub(super) fn assigned(network: &Network, classes: &[usize]) -> Members {
    let one = if let [one] = classes { Some(&network.classes()[*one]) } else { None };
    Members::new().with("assigned", one).and(may_be_assigned(network, classes))
}

/// Writes any document as one object on one line.
///
/// # Errors
/// Any I/O error of `out`.
pub fn write(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    writeln!(out)
}
