//! A section on which part of a plane of inputs is safe: a paving with rectangles in which the class never flips, can flip,
//! or either.

use super::finding::{assumptions, without_word};
use super::table::{Cell, Column, Table};
use super::{Page, Reproduce, Section, Verdict, confidence};
use crate::report::region::Report;
use crate::report::svg::map::{Kind, Map, Region};
use crate::report::words::{count, moving};
use crate::report::{Outcome, stop_name};
use crate::robustness::region;
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;

/// How large the part of one kind is, of the whole.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    /// the kind
    pub kind: Kind,
    /// at least this part, from 0 to 1
    pub lower: f64,
    /// at most this part
    pub upper: f64,
}

/// The page of a paving.
pub fn page(report: &Report<'_>, reproduce: Reproduce) -> Page {
    let paving = report.paving;
    let whole = report.whole();
    let [_, not, open] = &paving.areas;
    let [safe, safe_at_most] = report.safe();
    let area = |kind, least: &Rational, most: &Rational| Area {
        kind,
        lower: rational::floor_f64(&(least / &whole)),
        upper: rational::ceil_f64(&(most / &whole)),
    };
    let nothing = Rational::default();
    let areas = [
        area(Kind::Never, &safe, &safe_at_most),
        area(Kind::Can, not, &(not + open)),
        area(Kind::Open, &nothing, open),
    ];
    let ended = if paving.stop == StopReason::Complete { "finished" } else { stop_name(paving.stop) };
    let effort = format!(
        "{} asked about, {} in {:.3} s; {ended}",
        count(paving.asked, "piece", "pieces"),
        count(paving.boxes, "box", "boxes"),
        paving.seconds
    );
    let mut sections: Vec<Section> = map(report).iter().map(|map| section(map, &areas)).collect();
    sections.push(Section::new("Effort").definitions(vec![("Search".to_owned(), effort)]));
    let outcome = report.outcome();
    let meaning = match outcome {
        Outcome::Bounds => {
            "In the parts called safe no parameters change the class: that is proved. In the parts called unsafe some parameters \
             change it at every point. What is open is neither."
        }
        _ => "What is drawn as open was not decided, which is no sign of safety.",
    };
    let moving = format!(
        "{}, each on its own; what is proved covers all combinations",
        super::capital(&moving(report.perturbation))
    );
    Page {
        title: format!("{}: where can its class change?", report.network.name()),
        verdict: Verdict { outcome, sentence: without_word(&report.sentence()), meaning: meaning.to_owned() },
        assumptions: assumptions(report.network, &moving, &format!("Every input with {}", report.place())),
        sections,
        reproduce,
    }
}

/// The map of a paving.
pub fn map(report: &Report<'_>) -> Option<Map> {
    let double = |ends: &(Rational, Rational)| (rational::nearest_f64(&ends.0), rational::nearest_f64(&ends.1));
    let plane = [double(&report.sides[0]), double(&report.sides[1])];
    let input: Vec<f64> = report.input.iter().map(rational::nearest_f64).collect();
    let title = format!("Where the class of {} can flip", report.network.name());
    let mut map = confidence::slice(report.network, report.axes, &input, plane, title)?;
    map.regions = report
        .paving
        .pieces
        .iter()
        .map(|piece| {
            let [x, y] = [double(&piece.sides[0]), double(&piece.sides[1])];
            let kind = match piece.kind {
                region::Kind::Safe { .. } => Kind::Never,
                region::Kind::Unsafe => Kind::Can,
                region::Kind::Open => Kind::Open,
            };
            Region { lower: [x.0, y.0], upper: [x.1, y.1], kind }
        })
        .collect();
    Some(map)
}

/// The map with its regions, and a table of areas.
pub fn section(map: &Map, areas: &[Area]) -> Section {
    let columns = vec![
        Column::text("part of the domain"),
        Column::number("rectangles"),
        Column::number("at least"),
        Column::number("at most"),
    ];
    let cells = areas.iter().map(|area| {
        let there = map.regions.iter().filter(|region| region.kind == area.kind).count();
        vec![Cell::text(area.kind.name()), Cell::count(there as u64), Cell::lower(area.lower), Cell::upper(area.upper)]
    });
    let rows = cells.collect();
    let caption = "Parts of the domain, of 1".to_owned();
    Section::new("Where the class can flip").figure(map.draw(), map.title.clone()).table(Table {
        caption,
        columns,
        rows,
        ..Table::default()
    })
}
