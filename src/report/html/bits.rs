//! A section on the deviation against the bits of a number format.

use super::finding;
use super::table::{Cell, Column, Table};
use super::{Page, Reproduce, Section, Verdict};
use crate::report::bits::Report;
use crate::report::number::exact;
use crate::report::svg::curve::{Curve, Point};
use crate::report::{Aim, Outcome};
use crate::robustness::Answer;
use deltasat::exact::rational;

/// What was found for one number of bits.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// the bits
    pub bits: i64,
    /// a witness attains this; not a number where there is none
    pub lower: f64,
    /// proved: nothing exceeds this; infinite where nothing is proved
    pub upper: f64,
    /// the answer to the yes/no question
    pub answer: Outcome,
}

/// The page of the fewest bits.
pub fn page(report: &Report<'_>, reproduce: Reproduce) -> Page {
    let Report { subject, found, .. } = report;
    let rows: Vec<Row> = found
        .widths
        .iter()
        .map(|width| Row {
            bits: i64::from(width.bits),
            lower: width.finding.lower,
            upper: width.finding.upper,
            answer: Outcome::of(&width.finding, subject.delta),
        })
        .collect();
    let (quantity, threshold) = match &subject.aim {
        Aim::Deviation { threshold, .. } => (
            "deviation of the confidence",
            threshold.as_ref().map(|t| (rational::nearest_f64(t), format!("allowed: {}", exact(t)))),
        ),
        Aim::ClassChange { .. } => ("lead of another class (logits)", Some((0.0, "allowed: below 0".to_owned()))),
    };
    let mut numbers = Section::new("Cost and effort");
    if let Some(mixed) = report.mixed {
        numbers = numbers.definitions(vec![
            ("Bits per layer".to_owned(), report.assignment(&mixed.found)),
            ("All words".to_owned(), mixed.words()),
            ("Proof".to_owned(), mixed.proof()),
        ]);
    }
    let numbers = numbers.definitions(finding::effort(report.stop(), &found.statistics, Some(subject.delta)));
    let witness = found.first_unsafe().and_then(|width| width.finding.witness.as_ref());
    let curve = section(quantity, &rows, threshold).prose(
        "Unless the whole curve was asked for (--curve), the search about a width ends as soon as it is known whether it is safe, \
         so its bounds can lie far apart.",
    );
    let sections = [curve]
        .into_iter()
        .chain(finding::map_section(finding::map(subject, witness)))
        .chain([numbers])
        .chain(witness.map(|witness| finding::witness_section(subject.network, witness)));
    let outcome = if found.fewest.is_some() { Outcome::Robust } else { report.outcome() };
    let open = found.first_unsafe().is_some_and(|width| width.finding.answer != Answer::Violated);
    let meaning = match (found.fewest, open) {
        (Some(_), false) => {
            "Safe for all choices of parameters that the rounding allows, and for this width and all wider ones: that is proved, not \
             tested."
        }
        (Some(_), true) => {
            "This width and all wider ones are proved safe. Narrower ones are open, which is no sign of safety."
        }
        (None, false) => {
            "Not even the widest format asked about is safe: the witness below is one that the quantiser can make."
        }
        (None, true) => "Nothing is proved either way.",
    };
    let moving = format!(
        "Parameters {} a format of the family {}, each on its own; what is proved covers all combinations",
        report.rounded(),
        report.family
    );
    Page {
        title: format!("{}: how few bits are safe?", subject.network.name()),
        verdict: Verdict { outcome, sentence: finding::without_word(&report.sentence()), meaning: meaning.to_owned() },
        assumptions: finding::assumptions(subject.network, &moving, &finding::inputs(subject)),
        sections: sections.collect(),
        reproduce,
    }
}

/// A curve of both bounds and a table of them. The threshold is a number and its words, such as `allowed: 0.05`.
pub fn section(quantity: &str, rows: &[Row], threshold: Option<(f64, String)>) -> Section {
    let points = rows.iter().map(|row| Point { at: row.bits, lower: row.lower, upper: row.upper }).collect();
    let curve = Curve {
        title: format!("{quantity} against bits"),
        across: "bits".to_owned(),
        up: quantity.to_owned(),
        points,
        threshold,
    };
    let columns = vec![
        Column::number("bits"),
        Column::number("witness: at least"),
        Column::number("proved: at most"),
        Column::text("answer"),
    ];
    let cells = rows.iter().map(|row| {
        let bits = Cell::keyed(row.bits.to_string(), row.bits as f64);
        vec![bits, Cell::lower(row.lower), Cell::upper(row.upper), Cell::text(answer(row.answer))]
    });
    let rows = cells.collect();
    Section::new("Fewer bits, larger deviation")
        .figure(curve.draw(), format!("{} against the number of bits", super::capital(quantity)))
        .table(Table { caption: "The same as numbers".to_owned(), columns, rows, ..Table::default() })
}

/// An outcome as a word with a sign.
pub(super) fn answer(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Robust => "✔ proved",
        Outcome::Violated => "✘ violated",
        Outcome::Bounds => "bounds",
        Outcome::Unknown => "? open",
        Outcome::Timeout => "? not finished",
    }
}
