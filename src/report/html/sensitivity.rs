//! A section on how much of a deviation the layers, neurons or parameters contribute.

use super::finding;
use super::table::{Cell, Column, Table};
use super::{Page, Reproduce, Section, Verdict};
use crate::report::number;
use crate::report::sensitivity::{Report, name};
use crate::report::svg::bars::{Bar, Bars};
use crate::report::words::count;

/// What was found about one part of a network.
#[derive(Clone, Debug)]
pub struct Row {
    /// whose it is, such as `layer 0` or `layer 1 neuron 3`
    pub name: String,
    /// a witness attains this; not a number where there is none
    pub lower: f64,
    /// proved: nothing exceeds this; infinite where nothing is proved
    pub upper: f64,
    /// at most so many per cent of the whole, with one digit after the point; not a number where that makes no sense
    pub share: f64,
    /// both bounds of what is left when all others move and this does not, where that was asked
    pub without: Option<(f64, f64)>,
}

/// The page of a sensitivity.
pub fn page(report: &Report<'_>, reproduce: Reproduce) -> Page {
    let Report { subject, found, .. } = report;
    let (one, many) = report.nouns();
    let rows: Vec<Row> = found
        .shares
        .iter()
        .map(|part| {
            let share = report.share(&part.alone);
            Row {
                name: name(part.part),
                lower: part.alone.lower,
                upper: part.alone.upper,
                share: if share.is_finite() { share } else { f64::NAN },
                without: part.without.as_ref().map(|without| (without.lower, without.upper)),
            }
        })
        .collect();
    let mut parts = section(many, "deviation when one alone moves", &rows);
    let left = found.parts.saturating_sub(found.shares.len());
    if left > 0 {
        let others = count(left as u64, &format!("other {one}"), &format!("other {many}"));
        parts = parts.prose(format!("{others}: each at most {} alone (proved).", number::upper(found.rest)));
    }
    if let Some(unseparated) = report.unseparated() {
        parts = parts.prose(format!("Not separated: {unseparated}."));
    }
    let whole = vec![vec![
        Cell::text("all parameters together"),
        Cell::lower(found.whole.lower),
        Cell::upper(found.whole.upper),
    ]];
    let numbers = Section::new("All together").table(finding::bounds(whole)).definitions(finding::effort(
        found.stop,
        &found.statistics,
        Some(subject.delta),
    ));
    let witness = found.whole.witness.as_ref();
    let sections = [parts, numbers]
        .into_iter()
        .chain(finding::map_section(finding::map(subject, witness)))
        .chain(witness.map(|witness| finding::witness_section(subject.network, witness)));
    let meaning = "Each bar is what one part does when it alone moves. It ends at what is proved to be the most; up to where it is \
                   filled, a witness attains it. The bars need not add up to the whole.";
    Page {
        title: format!("{}: which {many} are most sensitive?", subject.network.name()),
        verdict: Verdict {
            outcome: report.outcome(),
            sentence: finding::without_word(&report.sentence()),
            meaning: meaning.to_owned(),
        },
        assumptions: finding::assumptions(subject.network, &finding::moving(subject, true), &finding::inputs(subject)),
        sections: sections.collect(),
        reproduce,
    }
}

/// Ranked bars and a table. `parts` says whose the rows are (`layers`), `quantity` what is bounded.
pub fn section(parts: &str, quantity: &str, rows: &[Row]) -> Section {
    let bars = rows.iter().map(|row| Bar { name: row.name.clone(), lower: row.lower, upper: row.upper }).collect();
    let bars = Bars { title: format!("{quantity}: {parts}"), across: quantity.to_owned(), bars };
    let mut columns = vec![
        Column::text("part"),
        Column::number("witness: at least"),
        Column::number("proved: at most"),
        Column::number("of the whole, at most"),
    ];
    let without = rows.iter().any(|row| row.without.is_some());
    if without {
        columns.extend([Column::number("without it: at least"), Column::number("at most")]);
    }
    let mut ranked: Vec<&Row> = rows.iter().collect();
    ranked.sort_by(|a, b| b.upper.total_cmp(&a.upper));
    let percent = |share: f64| {
        if share.is_finite() { Cell::keyed(format!("{share:.1} %"), share) } else { Cell::none() }
    };
    let cells = ranked.iter().map(|row| {
        let mut cells = vec![Cell::text(&row.name), Cell::lower(row.lower), Cell::upper(row.upper), percent(row.share)];
        if without {
            let (lower, upper) = row.without.unwrap_or((f64::NAN, f64::NAN));
            cells.extend([Cell::lower(lower), Cell::upper(upper)]);
        }
        cells
    });
    let rows = cells.collect();
    Section::new(format!("The most sensitive {parts}"))
        .figure(bars.draw(), format!("{}: {parts}, the greatest first", super::capital(quantity)))
        .table(Table { caption: "The same as numbers".to_owned(), columns, rows, low: true, ..Table::default() })
}
