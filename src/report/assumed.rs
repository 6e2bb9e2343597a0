//! What every answer takes for granted, and what its words mean.

use super::words::{self, capital, coordinates, count, guarded, place};
use crate::network::{Network, Output};
use crate::perturbation::Magnitude;
use crate::question::{Scope, Subject};

/// What every answer takes for granted: the network, what moves (`every parameter, …`), the inputs, and what the words mean.
pub(super) fn terms(network: &Network, moving: &str, inputs: &str) -> Vec<(String, String)> {
    let term = |term: &str, meaning: &str| (term.to_owned(), meaning.to_owned());
    let confidence = match network.output() {
        Output::None => "None: the outputs are taken as they are.",
        Output::Softmax | Output::Sigmoid => {
            "A number from 0 to 1 for each class, by which the network says how sure it is of it; the class with the greatest one \
             is assigned."
        }
    };
    let mut moving = moving.to_owned();
    if network.shares_parameters() {
        moving.push_str(
            " Some parameters are shared by several places. The upper bound counts each place as if it moved on its own, so it may \
             be larger than what any change attains; a witness moves a shared parameter once.",
        );
    }
    vec![
        ("Network".to_owned(), described(network)),
        ("What moves".to_owned(), moving),
        term("Inputs", inputs),
        term("Confidence", confidence),
        term(
            "Arithmetic",
            "The network is a function of real numbers. By how much an implementation's parameters differ is part of the claim, \
             and so are roundings named above. What it rounds besides, in its own float or integer arithmetic, is not.",
        ),
        term(
            "Proved",
            "Holds for every input and every choice of parameters in question, not for samples of them. The bounds come from \
             interval arithmetic that rounds outward; a printed upper bound is rounded up.",
        ),
        term(
            "Witness",
            "One input and parameters within the perturbation, evaluated in exact arithmetic by code that the search does not \
             use. A printed lower bound is rounded down.",
        ),
    ]
}

/// The same for a table, whose rows have no witness of their own to show.
pub(super) fn terms_of_rows(network: &Network, moving: &str, inputs: &str) -> Vec<(String, String)> {
    let mut terms = terms(network, moving, inputs);
    if let Some(witness) = terms.last_mut() {
        witness.1 = "Parameters within the perturbation that certainly do what is said; a table does not list them. A printed lower \
                     bound is rounded down."
            .to_owned();
    }
    terms
}

/// `moons: 2 inputs, 42 parameters in layers of 8 (relu) and 2 (linear); softmax of "0", "1"`.
pub(super) fn described(network: &Network) -> String {
    let layers = network.layers().iter().map(|layer| format!("{} ({})", layer.outputs(), layer.activation().name()));
    let shown: Vec<String> = layers.take(12).collect();
    let more = if network.layers().len() > shown.len() { ", …" } else { "" };
    let classes: Vec<String> = network.classes().iter().take(12).map(|name| format!("{name:?}")).collect();
    let more_classes = if network.classes().len() > classes.len() { ", …" } else { "" };
    let output = match network.output() {
        Output::None => "outputs as they are:",
        Output::Softmax => "confidences are the softmax of",
        Output::Sigmoid => "confidences are the sigmoid of one output for",
    };
    format!(
        "{}: {}, {}, layers of {}{more}; {output} {}{more_classes}",
        network.name(),
        count(network.input().count() as u64, "input", "inputs"),
        count(network.parameter_count() as u64, "parameter", "parameters"),
        shown.join(", "),
        classes.join(", ")
    )
}

/// What moves, in words.
pub(super) fn moving(subject: &Subject<'_>, with_amount: bool) -> String {
    let what = match (with_amount, subject.perturbation.magnitude()) {
        (true, _) => words::moving(subject.perturbation),
        (false, Magnitude::Relative(_)) => {
            format!("{} by at most epsilon times their own size", words::parameters(subject.perturbation))
        }
        (false, _) => format!("{} by at most epsilon", words::parameters(subject.perturbation)),
    };
    let what = match subject.perturbation.activations().filter(|_| !with_amount) {
        None => what,
        Some(activations) => format!("{what} with activations rounded to {}", activations.formats()),
    };
    format!("{}, each on its own; what is proved covers all combinations", capital(&what))
}

/// Which inputs, in words.
pub(super) fn inputs(subject: &Subject<'_>) -> String {
    let place = place(subject.network, subject.scope);
    let place = match subject.scope {
        Scope::Local(input) if !input.is_empty() => format!("the single input {}", coordinates(subject.network, input)),
        Scope::Local(_) => "each input of the file by itself".to_owned(),
        Scope::Global(_) => format!("every input {place}"),
    };
    match guarded(subject) {
        guarded if guarded.is_empty() => capital(&place),
        guarded => format!("{}, {guarded}", capital(&place)),
    }
}
