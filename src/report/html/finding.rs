//! The page of a question about one input or about a domain, and of a radius.

use super::confidence;
use super::table::{Cell, Column, Table};
use super::{Part, Section, Witness};
use crate::encode::class_count;
use crate::network::{Network, Output};
use crate::report::number::{exact, lower};
use crate::report::svg::map::{Map, Mark, Point};
use crate::report::words::{assigned_noun, class, coordinates, count, either, parameter};
use crate::report::{Scope, Subject, class_change_name, stop_name};
use crate::robustness::ClassChange;
use crate::robustness::witness;
use deltasat::exact::{Rational, rational};
use deltasat::search::{Statistics, StopReason};

/// The most inputs of a witness that are spelled out.
pub(super) const SHOWN: usize = 64;

/// The map of a question about a network of two inputs, with the input and the witness on it.
pub fn map(subject: &Subject<'_>, witness: Option<&witness::Witness>) -> Option<Map> {
    let network = subject.network;
    let plane = confidence::plane(network, subject.scope)?;
    let mut map = confidence::map(network, plane, confidence::title(network))?;
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

pub(super) use super::confidence::title as map_title;
pub(super) use crate::report::assumed::{
    described, inputs, moving, terms as assumptions, terms_of_rows as assumptions_of_rows,
};
pub(super) use crate::report::finding::title;
pub(super) use crate::report::words::meaning;

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

/// The word for whether the class can change, with a sign.
pub(super) fn change_name(change: Option<ClassChange>) -> String {
    let sign = match change {
        Some(ClassChange::Impossible) => "✔ ",
        Some(ClassChange::Possible) => "✘ ",
        Some(ClassChange::Unknown) | None => "? ",
    };
    format!("{sign}{}", class_change_name(change.unwrap_or(ClassChange::Unknown)))
}
