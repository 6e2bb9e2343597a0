//! The page of a question about one input or about a domain, and of a radius.

use super::confidence;
use super::table::{Cell, Column, Table};
use super::{Page, Part, Reproduce, Section, Verdict, Witness};
use crate::encode::class_count;
use crate::network::{Network, Output, Parameter};
use crate::perturbation::Magnitude;
use crate::report::number::{exact, lower};
use crate::report::svg::map::{Map, Mark, Point};
use crate::report::words::{self, assigned_noun, class, coordinates, count, either, guarded, parameter, place};
use crate::report::{Aim, Outcome, Scope, Subject, class_change_name, stop_name, text};
use crate::robustness::float_error::FloatError;
use crate::robustness::radius::Radius;
use crate::robustness::witness;
use crate::robustness::{ClassChange, Finding};
use deltasat::exact::{Rational, rational};
use deltasat::search::{Statistics, StopReason};

/// The most inputs of a witness that are spelled out.
pub(super) const SHOWN: usize = 64;

/// The page of a finding.
pub fn page(subject: &Subject<'_>, finding: &Finding, reproduce: Reproduce) -> Page {
    page_in_float32(subject, finding, None, reproduce)
}

/// The page of a finding with what an evaluation in float32 adds to its bounds, where that was asked.
pub fn page_in_float32(
    subject: &Subject<'_>,
    finding: &Finding,
    float32: Option<&FloatError>,
    reproduce: Reproduce,
) -> Page {
    let outcome = Outcome::of(finding, subject.delta);
    let mut numbers = Vec::new();
    let what = match subject.aim {
        Aim::Deviation { .. } => "largest deviation",
        Aim::ClassChange { .. } => "largest lead of another class over the assigned one (logits)",
    };
    let [least, most] = Cell::bounds(finding.lower, finding.upper, subject.delta);
    numbers.push(vec![Cell::text(what), least, most]);
    let mut section = Section::new("The answer in numbers").table(bounds(numbers));
    if let Some(change) = finding.class_change.filter(|change| text::about_change(subject, *change)) {
        let noun = super::capital(assigned_noun(subject.network));
        section = section.prose(match change {
            ClassChange::Impossible => format!("{noun} change: impossible (proved)."),
            ClassChange::Possible => format!("{noun} change: possible (a witness does it)."),
            ClassChange::Unknown => format!("{noun} change: open."),
        });
    }
    if let Some(error) = float32 {
        section = section.prose(format!("{} (proved).", super::capital(&text::in_float32(subject, error))));
    }
    let section = section.definitions(effort(finding.stop, &finding.statistics, Some(subject.delta)));
    let sections = map_section(map(subject, finding.witness.as_ref()))
        .into_iter()
        .chain([section])
        .chain(finding.witness.as_ref().map(|found| witness_section(subject.network, found)));
    Page {
        title: title(subject, ""),
        verdict: Verdict {
            outcome,
            sentence: without_word(&text::sentence(subject, finding)),
            meaning: meaning(outcome, finding.witness.is_some()).to_owned(),
        },
        assumptions: assumptions(subject.network, &moving(subject, true), &inputs(subject)),
        sections: sections.collect(),
        reproduce,
    }
}

/// The page of a radius.
pub fn radius_page(subject: &Subject<'_>, radius: &Radius, reproduce: Reproduce) -> Page {
    let proved = Cell::lower(rational::floor_f64(&radius.proved));
    let refuted = radius.refuted.as_ref().map_or(f64::INFINITY, rational::ceil_f64);
    let columns = vec![Column::text("quantity"), Column::number("proved safe up to"), Column::number("refuted from")];
    let rows = vec![vec![Cell::text("largest safe epsilon"), proved, Cell::upper(refuted)]];
    let table = Table { caption: "Both sides of the radius".to_owned(), columns, rows, ..Table::default() };
    let section =
        Section::new("The answer in numbers").table(table).definitions(effort(radius.stop, &radius.statistics, None));
    let sections = map_section(map(subject, radius.witness.as_ref()))
        .into_iter()
        .chain([section])
        .chain(radius.witness.as_ref().map(|found| witness_section(subject.network, found)));
    Page {
        title: title(subject, "Radius: "),
        verdict: Verdict {
            outcome: Outcome::of_stop(radius.stop, radius.closed),
            sentence: without_word(&text::radius_sentence(subject, radius)),
            meaning: match &radius.refuted {
                Some(_) => "Every epsilon up to the first number is safe, whatever the parameters within it: that is proved. The \
                            second number is too large: the witness below shows parameters within it that are not safe. What lies \
                            between the two is open.",
                None => "Every epsilon up to this number is safe, whatever the parameters within it: that is proved. No larger one \
                         was refuted.",
            }
            .to_owned(),
        },
        assumptions: assumptions(subject.network, &moving(subject, false), &inputs(subject)),
        sections: sections.collect(),
        reproduce,
    }
}

/// The map of a question about a network of two inputs, with the input and the witness on it.
pub fn map(subject: &Subject<'_>, witness: Option<&witness::Witness>) -> Option<Map> {
    let network = subject.network;
    let plane = confidence::plane(network, subject.scope)?;
    let mut map = confidence::map(network, plane, map_title(network))?;
    let point = |input: &[Rational], mark| {
        let at = [rational::nearest_f64(&input[0]), rational::nearest_f64(&input[1])];
        Point { at, mark, label: coordinates(network, input) }
    };
    match (subject.scope, witness) {
        (Scope::Local(input), _) if input.len() == 2 => map.points.push(point(input, Mark::Input)),
        (Scope::Global(_), Some(witness)) => map.points.push(point(&witness.input, Mark::Witness)),
        _ => {}
    }
    Some(map)
}

/// What the map of a network is called.
pub(super) fn map_title(network: &Network) -> String {
    if network.output() == Output::None {
        format!("Largest output of {}", network.name())
    } else {
        format!("Confidence of {} as trained", network.name())
    }
}

/// The section with the map, if there is one.
pub(super) fn map_section(map: Option<Map>) -> Option<Section> {
    let map = map?;
    let heading = if map.field.confidences { "Confidence map" } else { "Map of the largest output" };
    let section = Section::new(heading).figure(map.draw(), map.title.clone());
    Some(section.prose(
        "The map shows the trained network, sampled on a grid: it helps to see where something happens and is no part of the \
         proof.",
    ))
}

/// The section on a witness.
pub fn witness_section(network: &Network, found: &witness::Witness) -> Section {
    let noun = if network.output() == Output::None { "Value" } else { "Confidence" };
    let of = class(network, found.class);
    let name = |classes: &[usize]| either(network, classes);
    let mut shows = vec![
        ("Input".to_owned(), equations(network, &found.input)),
        (
            format!("{noun} of {of}"),
            format!(
                "{} in the trained network, {} in the witness",
                lower(found.nominal.floor_f64()),
                lower(found.perturbed.floor_f64())
            ),
        ),
    ];
    if class_count(network) > 1 {
        shows.push((
            super::capital(assigned_noun(network)),
            format!(
                "{} in the trained network, {} in the witness",
                name(&found.nominal_classes),
                name(&found.perturbed_classes)
            ),
        ));
    }
    let moved = found.moved(network);
    let moved = moved.iter().map(|step| (parameter(step.layer, step.parameter), step.from, step.to)).collect();
    let mut section = Section::new("The witness").prose(
        "One input and one choice of parameters within the perturbation. Anyone can check it: put these numbers into the network \
         and evaluate it there, with the roundings named above if there are any.",
    );
    section.parts.push(Part::Witness(Witness { shows, moved, parameters: network.parameter_count() }));
    section
}

/// `x1 = 0.25, x2 = -1/3`, exactly, the first ones of many.
pub(super) fn equations(network: &Network, input: &[Rational]) -> String {
    let names = network.input().names().iter();
    let mut text: Vec<String> =
        names.zip(input).take(SHOWN).map(|(name, x)| format!("{name} = {}", exact(x))).collect();
    if input.len() > SHOWN {
        text.push(format!("and {} more (--json lists all)", input.len() - SHOWN));
    }
    text.join(", ")
}

/// What every answer takes for granted: the network, what moves (`every parameter, …`), the inputs, and what the words mean.
pub fn assumptions(network: &Network, moving: &str, inputs: &str) -> Vec<(String, String)> {
    let term = |term: &str, meaning: &str| (term.to_owned(), meaning.to_owned());
    let confidence = match network.output() {
        Output::None => "None: the outputs are taken as they are.",
        Output::Softmax | Output::Sigmoid => {
            "A number from 0 to 1 for each class, by which the network says how sure it is of it; the class with the greatest one \
             is assigned."
        }
    };
    vec![
        ("Network".to_owned(), described(network)),
        term("What moves", moving),
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
pub(super) fn assumptions_of_rows(network: &Network, moving: &str, inputs: &str) -> Vec<(String, String)> {
    let mut terms = assumptions(network, moving, inputs);
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
    format!("{}, each on its own; what is proved covers all combinations", super::capital(&what))
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
        guarded if guarded.is_empty() => super::capital(&place),
        guarded => format!("{}, {guarded}", super::capital(&place)),
    }
}

/// What the page is about.
pub(super) fn title(subject: &Subject<'_>, kind: &str) -> String {
    let network = subject.network.name();
    let moves = if subject.network.output() == Output::None { "an output" } else { "its confidence" };
    let what = match &subject.aim {
        Aim::Deviation { threshold: None, .. } => format!("how far can {moves} move"),
        Aim::Deviation { threshold: Some(threshold), .. } => {
            format!("can {moves} move by more than {}", exact(threshold))
        }
        Aim::ClassChange { .. } => format!("can its {} change", assigned_noun(subject.network)),
    };
    let place = match subject.scope {
        Scope::Local([]) => "at the inputs of a file",
        Scope::Local(_) => "at one input",
        Scope::Global(_) => "over its domain",
    };
    format!("{kind}{network}: {what} {place}?")
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

/// A sentence without the word in front that the page shows as its verdict.
pub(super) fn without_word(sentence: &str) -> String {
    let words = ["robust: ", "violated: ", "bounds: ", "radius: ", "holds: ", "sensitivity: ", "proved: "];
    words.iter().find_map(|word| sentence.strip_prefix(word)).unwrap_or(sentence).to_owned() + "."
}

/// A table of two-sided bounds.
pub(super) fn bounds(rows: Vec<Vec<Cell>>) -> Table {
    let columns =
        vec![Column::text("quantity"), Column::number("witness: at least"), Column::number("proved: at most")];
    Table { caption: "Both sides of the answer".to_owned(), columns, rows, ..Table::default() }
}

/// What it cost.
pub(super) fn effort(stop: StopReason, statistics: &Statistics, delta: Option<f64>) -> Vec<(String, String)> {
    let boxes = count(statistics.boxes, "box", "boxes");
    let ended = if stop == StopReason::Complete { "finished" } else { stop_name(stop) };
    let mut terms = vec![("Search".to_owned(), format!("{boxes} examined in {:.3} s; {ended}", statistics.seconds))];
    if let Some(delta) = delta {
        terms.push(("Gap aimed at".to_owned(), format!("{delta}")));
    }
    terms
}

/// A place of a parameter as the rows of a witness name it.
pub fn parameter_name(layer: usize, at: Parameter) -> String {
    parameter(layer, at)
}

/// The word for whether the class can change, with a sign.
pub(super) fn change_name(change: Option<ClassChange>) -> String {
    let sign = match change {
        Some(ClassChange::Impossible) => "✔ ",
        Some(ClassChange::Possible) => "✘ ",
        Some(ClassChange::Unknown) | None => "? ",
    };
    format!("{sign}{}", class_change_name(change.unwrap_or(ClassChange::Unknown)))
}
