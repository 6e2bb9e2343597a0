//! The page of two networks over the same inputs.

use super::finding::{assumptions, bounds, described, effort, equations, map_title, meaning, without_word};
use super::table::{Cell, Column, Table};
use super::{Page, Reproduce, Section, Verdict, confidence};
use crate::encode::class_count;
use crate::network::{Network, Output};
use crate::report::difference::{Aim, Finding, Range, Report, extremes};
use crate::report::number::lower;
use crate::report::svg::map::{Map, Mark, Point};
use crate::report::words::{assigned_noun, class, coordinates, either};
use crate::report::{Outcome, Scope};
use crate::robustness::difference::{Extent, Logits, Witness};
use deltasat::exact::rational;

/// The page of a difference.
pub fn page(report: &Report<'_>, reproduce: Reproduce) -> Page {
    let outcome = report.outcome();
    let numbers = match report.found {
        Finding::Logits(found) => ranges(report, found),
        Finding::One(found) => {
            let what = match report.aim {
                Aim::ClassChange { .. } => "largest lead in B of another class over the one that A assigns (logits)",
                Aim::Logits { .. } | Aim::Confidences { .. } => "largest difference",
            };
            let [least, most] = Cell::bounds(found.supremum.lower, found.supremum.upper, report.delta);
            bounds(vec![vec![Cell::text(what), least, most]])
        }
    };
    let mut maps = Section::new("What the two networks say");
    for map in [report.a, report.b].into_iter().filter_map(|network| map_of(report, network)) {
        maps = maps.figure(map.draw(), map.title.clone());
    }
    let witnesses = witnesses(report.found);
    let numbers = Section::new("The answer in numbers").table(numbers).definitions(effort(
        report.found.stop(),
        report.found.statistics(),
        Some(report.delta),
    ));
    let sections = Some(maps).filter(|maps| !maps.parts.is_empty()).into_iter().chain([numbers]);
    let sections = sections.chain(witnesses.iter().map(|&witness| witness_section(report, witness)));
    let meaning = match outcome {
        Outcome::Robust => "This is proved for every input in question, not tested on some: there is no exception.",
        Outcome::Violated => "The input below shows it, evaluated in both networks in exact arithmetic.",
        outcome => meaning(outcome, !witnesses.is_empty()),
    };
    Page {
        title: format!("{} (A) against {} (B)", report.a.name(), report.b.name()),
        verdict: Verdict { outcome, sentence: without_word(&report.sentence()), meaning: meaning.to_owned() },
        assumptions: assumed(report),
        sections: sections.collect(),
        reproduce,
    }
}

/// What is taken for granted: as of one network, with two of them and nothing that moves.
fn assumed(report: &Report<'_>) -> Vec<(String, String)> {
    let moves = "Nothing: both networks are as in their files.";
    let inputs = format!("Every input {}", report.place());
    let mut terms = assumptions(report.a, moves, &inputs);
    terms[0].0 = "Network A".to_owned();
    terms.insert(1, ("Network B".to_owned(), described(report.b)));
    if let Some(witness) = terms.last_mut() {
        witness.1 = "One input, evaluated in both networks in exact arithmetic by code that the search does not use. A printed \
                     lower bound is rounded down."
            .to_owned();
    }
    terms
}

/// The map of `A` over the domain, with the inputs of the witnesses.
pub fn map(report: &Report<'_>) -> Option<Map> {
    map_of(report, report.a)
}

fn map_of(report: &Report<'_>, network: &Network) -> Option<Map> {
    let plane = confidence::plane(network, Scope::Global(report.domain))?;
    let mut map = confidence::map(network, plane, map_title(network))?;
    map.points = witnesses(report.found)
        .into_iter()
        .map(|(_, _, witness)| {
            let at = [rational::nearest_f64(&witness.input[0]), rational::nearest_f64(&witness.input[1])];
            Point { at, mark: Mark::Witness, label: coordinates(network, &witness.input) }
        })
        .collect();
    Some(map)
}

/// For each logit what is proved and what is attained, on either side.
fn ranges(report: &Report<'_>, found: &Logits) -> Table {
    let columns = vec![
        Column::text("of B minus that of A"),
        Column::number("proved: at least"),
        Column::number("witness: down to"),
        Column::number("witness: up to"),
        Column::number("proved: at most"),
    ];
    let row = |extent: &Extent| {
        let Range { proved, attained } = Range::of(extent);
        let ends = [(proved[0], attained[0]), (attained[1], proved[1])];
        let ends = ends.into_iter().flat_map(|(lower, upper)| Cell::bounds(lower, upper, report.delta));
        [Cell::text(report.output(extent.output))].into_iter().chain(ends).collect()
    };
    let rows = found.extents.iter().map(row).collect();
    Table { caption: "Both sides of each difference".to_owned(), columns, rows, low: true, ..Table::default() }
}

/// The inputs that show most, what each is, and the output that it is about, where it is about one.
fn witnesses(found: &Finding) -> Vec<(&'static str, Option<usize>, &Witness)> {
    match found {
        Finding::One(found) => {
            let heading = "The witness";
            found.supremum.witness.iter().map(|witness| (heading, found.class, witness)).collect()
        }
        Finding::Logits(found) => extremes(found)
            .map(|(end, output, witness)| {
                let heading = if end == "min at" {
                    "The witness of the least difference"
                } else {
                    "The witness of the greatest difference"
                };
                (heading, Some(output), witness)
            })
            .collect(),
    }
}

fn witness_section(report: &Report<'_>, (heading, about, witness): (&str, Option<usize>, &Witness)) -> Section {
    let mut shows = vec![("Input".to_owned(), equations(report.a, &witness.input))];
    let output = about.unwrap_or_default();
    let in_both = |a: String, b: String| format!("{a} in A, {b} in B");
    match report.found {
        Finding::Logits(_) => {
            let of = |logits: &[deltasat::exact::Ball]| lower(logits[output].floor_f64());
            shows.push((report.output(output), in_both(of(&witness.a.logits), of(&witness.b.logits))));
        }
        Finding::One(_) => {
            if let Some(confidences) = witness.confidences(report.a.output(), output) {
                let [a, b] = confidences.map(|confidence| lower(confidence.floor_f64()));
                let noun = if report.a.output() == Output::None { "Value" } else { "Confidence" };
                shows.push((format!("{noun} of {}", class(report.a, output)), in_both(a, b)));
            }
        }
    }
    if class_count(report.a) > 1 {
        let [a, b] = [&witness.a, &witness.b].map(|evaluation| either(report.a, &evaluation.classes));
        shows.push((super::capital(assigned_noun(report.a)), in_both(a, b)));
    }
    let prose = match report.found {
        Finding::One(_) => "One input at which the two networks differ as much as stated.",
        Finding::Logits(_) => "One input at which B minus A is as far out as stated.",
    };
    Section::new(heading).prose(prose).definitions(shows)
}
