//! The page of a property.

use super::confidence;
use super::finding::{SHOWN, assumptions, effort, map_section, map_title, without_word};
use super::{Page, Part, Reproduce, Section, Verdict, Witness};
use crate::report::Outcome;
use crate::report::number::{exact, lower, readable};
use crate::report::svg::map::{Kind, Map, Mark, Point, Region};
use crate::report::verify::{Report, outcome};
use crate::report::words::{count, moving, parameter};
use deltasat::exact::{Rational, rational};

/// The page of a property.
pub fn page(report: &Report<'_>, reproduce: Reproduce) -> Page {
    let outcome = outcome(report.found);
    let cases = report.property.cases().len();
    let mut terms = vec![(
        "Cases".to_owned(),
        match cases {
            0 => "none: the assertions of the property contradict each other".to_owned(),
            _ => format!("{} of {} excluded", report.found.excluded, count(cases as u64, "case", "cases")),
        },
    )];
    terms.extend(effort(report.found.stop, &report.found.statistics, None));
    let sections = map_section(map(report))
        .into_iter()
        .chain([Section::new("The answer in numbers").definitions(terms)])
        .chain(witness(report));
    let what = if report.moves() {
        format!("{}: each on its own", super::capital(&moving(report.perturbation)))
    } else {
        "Nothing: the parameters are those in the file".to_owned()
    };
    let inputs = format!("Every input in the boxes that {} describes", report.name);
    Page {
        title: format!("{}: does {} hold?", report.network.name(), report.name),
        verdict: Verdict { outcome, sentence: without_word(&report.sentence()), meaning: meaning(outcome).to_owned() },
        assumptions: assumptions(report.network, &what, &inputs),
        sections: sections.collect(),
        reproduce,
    }
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Robust => {
            "The property describes what must never happen. That it never does is proved for everything in question, not tested on \
             some."
        }
        Outcome::Violated => {
            "The property describes what must never happen. The witness below does it, checked in exact arithmetic."
        }
        _ => "Nothing is proved either way. This is no sign of safety.",
    }
}

/// The map of a property about two inputs: its boxes and the counterexample.
pub fn map(report: &Report<'_>) -> Option<Map> {
    confidence::check(report.network).ok()?;
    let doubles = |ends: &(Rational, Rational)| (rational::nearest_f64(&ends.0), rational::nearest_f64(&ends.1));
    let boxes: Vec<[(f64, f64); 2]> =
        report.property.cases().iter().map(|case| [doubles(&case.domain[0]), doubles(&case.domain[1])]).collect();
    let own = report.network.input().domain();
    let range = |i: usize| {
        let own = own.map(|own| doubles(&(own[i].lower().clone(), own[i].upper().clone())));
        let all = boxes.iter().map(|ends| ends[i]).chain(own);
        all.reduce(|(low, high), (least, most)| (low.min(least), high.max(most)))
    };
    let plane = [range(0).unwrap_or((-1.0, 1.0)), range(1).unwrap_or((-1.0, 1.0))];
    let mut map = confidence::map(report.network, plane, map_title(report.network))?;
    map.regions =
        boxes.iter().map(|[x, y]| Region { lower: [x.0, y.0], upper: [x.1, y.1], kind: Kind::Asked }).collect();
    map.regions.dedup();
    if let Some(found) = &report.found.counterexample {
        let at = [rational::nearest_f64(&found.input[0]), rational::nearest_f64(&found.input[1])];
        map.points.push(Point { at, mark: Mark::Witness, label: "the counterexample".to_owned() });
    }
    Some(map)
}

fn witness(report: &Report<'_>) -> Option<Section> {
    let found = report.found.counterexample.as_ref()?;
    let numbers = |letter: &str, values: Vec<String>| {
        let mut text: Vec<String> =
            values.iter().take(SHOWN).enumerate().map(|(i, v)| format!("{letter}_{i} = {v}")).collect();
        if values.len() > SHOWN {
            text.push(format!("and {} more", values.len() - SHOWN));
        }
        text.join(", ")
    };
    let outputs = found
        .outputs
        .iter()
        .map(|y| y.exact().map_or_else(|| format!("≈{}", lower(y.floor_f64())), |exact| readable(&exact)));
    let mut shows = vec![
        ("Input".to_owned(), numbers("X", found.input.iter().map(exact).collect())),
        ("Output".to_owned(), numbers("Y", outputs.collect())),
    ];
    if report.property.cases().len() > 1 {
        shows.push(("Case".to_owned(), format!("{} of {}", found.case + 1, report.property.cases().len())));
    }
    let moved = found.moved(report.network);
    let moved = moved.iter().map(|step| (parameter(step.layer, step.parameter), step.from, step.to)).collect();
    let mut section = Section::new("The witness");
    section.parts.push(Part::Witness(Witness { shows, moved, parameters: report.network.parameter_count() }));
    Some(section)
}
