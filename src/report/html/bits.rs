//! A section on the deviation against the bits of a number format.

use super::Section;
use super::table::{Cell, Column, Table};
use crate::report::Outcome;
use crate::report::svg::curve::{Curve, Point};

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
