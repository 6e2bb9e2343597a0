//! A section on which inputs can flip: their class changes for some parameters within the perturbation.

use super::Section;
use super::table::{Cell, Column, ROWS, Table};

/// Whether the class of an input can flip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// a witness flips it
    Can,
    /// neither proved nor witnessed
    Open,
    /// proved: it never flips
    Never,
}

/// What was found about one input.
#[derive(Clone, Debug)]
pub struct Row {
    /// its number
    pub index: u64,
    /// the class that the trained network assigns
    pub class: String,
    /// whether it can flip
    pub status: Status,
    /// whether it flips when every parameter is rounded to nearest, where that was looked at
    pub nearest: Option<bool>,
    /// a lower bound of the least margin of the class over all others; below 0 where it can flip
    pub margin: f64,
    /// the class of the witness
    pub witness: Option<String>,
}

impl Status {
    /// The word, with a sign.
    pub fn name(self) -> &'static str {
        match self {
            Status::Can => "✘ can flip",
            Status::Open => "? open",
            Status::Never => "✔ never flips",
        }
    }
}

/// A summary and a table, the inputs that can flip first where not all rows fit.
pub fn section(rows: &[Row]) -> Section {
    let number = |status: Status| rows.iter().filter(|row| row.status == status).count();
    let summary = format!(
        "Of {}, {} can flip (a witness does it), {} never flip (proved), {} open.",
        crate::report::words::count(rows.len() as u64, "input", "inputs"),
        number(Status::Can),
        number(Status::Never),
        match number(Status::Open) {
            1 => "1 is".to_owned(),
            n => format!("{n} are"),
        }
    );
    let nearest = rows.iter().any(|row| row.nearest.is_some());
    let mut columns = vec![Column::number("input"), Column::text("class"), Column::text("status")];
    if nearest {
        columns.push(Column::text("rounded to nearest"));
    }
    columns.extend([Column::number("margin, at least"), Column::text("class of the witness")]);
    let mut order: Vec<&Row> = rows.iter().collect();
    if rows.len() > ROWS {
        order.sort_by(|a, b| a.status.cmp(&b.status).then(a.margin.total_cmp(&b.margin)));
    }
    let cells = order.into_iter().map(|row| {
        let mut cells = vec![Cell::count(row.index), Cell::text(&row.class), Cell::text(row.status.name())];
        if nearest {
            cells.push(Cell::text(match row.nearest {
                Some(true) => "flips",
                Some(false) => "stays",
                None => "–",
            }));
        }
        cells.extend([Cell::lower(row.margin), row.witness.as_ref().map_or(Cell::none(), Cell::text)]);
        cells
    });
    let note = if rows.len() > ROWS { "Those that can flip come first, then those that are open." } else { "" };
    let (caption, note, rows) = ("Inputs, one per row".to_owned(), note.to_owned(), cells.collect());
    Section::new("Which inputs can flip").prose(summary).table(Table { caption, columns, rows, note, low: true })
}
