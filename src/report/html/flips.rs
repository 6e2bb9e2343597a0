//! A section on which inputs can flip: their class changes for some parameters within the perturbation.

use super::finding::{assumptions_of_rows, effort, map_section, map_title};
use super::table::{Cell, Column, ROWS, Table};
use super::{Page, Reproduce, Section, Verdict, confidence};
use crate::report::Scope;
use crate::report::flips::{Layout, Summary};
use crate::report::svg::map::{Map, Mark, Point};
use crate::report::words::{assigned_names, count, moving};
use crate::robustness::flips::{Fate, Flip};
use deltasat::exact::{Rational, rational};
use deltasat::search::{Statistics, StopReason};

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
    /// a lower bound of the least margin of the class over all others, below 0 where it can flip; not a number where that
    /// was not looked at
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

/// Rows as they are found, and where they are.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    points: Vec<Point>,
}

impl Rows {
    /// Takes in a row.
    pub fn add(&mut self, layout: &Layout<'_>, line: u64, input: &[Rational], flip: &Flip) {
        let name = |class: usize| layout.network.classes()[class].clone();
        let (status, mark) = match flip.fate {
            Fate::Never => (Status::Never, Mark::Never),
            Fate::Can { .. } => (Status::Can, Mark::Can),
            Fate::Open(_) => (Status::Open, Mark::Open),
        };
        let witness = if let Fate::Can { to } = flip.fate { to.map(name) } else { None };
        let nearest = flip.rounded.filter(|_| layout.rounded && flip.assigned.len() == 1);
        let nearest = nearest.map(|rounded| flip.assigned != [rounded]);
        let class = assigned_names(layout.network, &flip.assigned);
        self.rows.push(Row { index: line, class, status, nearest, margin: f64::NAN, witness });
        if let [x, y] = input {
            let at = [rational::nearest_f64(x), rational::nearest_f64(y)];
            self.points.push(Point { at, mark, label: format!("line {line}") });
        }
    }

    /// The map of a network of two inputs, with the rows as points.
    pub fn map(&self, layout: &Layout<'_>) -> Option<Map> {
        let mut plane = confidence::plane(layout.network, Scope::Local(&[]))?;
        for point in &self.points {
            for (range, x) in plane.iter_mut().zip(point.at) {
                *range = (range.0.min(x), range.1.max(x));
            }
        }
        let mut map = confidence::map(layout.network, plane, map_title(layout.network))?;
        map.points.clone_from(&self.points);
        Some(map)
    }

    /// The page.
    pub fn page(&self, layout: &Layout<'_>, summary: &Summary, reproduce: Reproduce) -> Page {
        let statistics = Statistics { boxes: summary.boxes, seconds: summary.seconds, ..Statistics::default() };
        let mut terms: Vec<(String, String)> =
            summary.lines(layout).into_iter().map(|(name, text)| (super::capital(name), text)).collect();
        terms.extend(effort(summary.stop.unwrap_or(StopReason::Complete), &statistics, None));
        let numbers = Section::new("The answer in numbers").definitions(terms);
        let sections = map_section(self.map(layout)).into_iter().chain([numbers, section(&self.rows)]);
        let moving = format!("{}, each on its own", super::capital(&moving(layout.perturbation)));
        let left = match summary.inputs.saturating_sub(summary.rows) {
            0 => String::new(),
            left => format!("; {} not looked at", count(left, "input", "inputs")),
        };
        Page {
            title: format!("{}: which inputs can flip?", layout.network.name()),
            verdict: Verdict {
                outcome: summary.outcome(),
                sentence: format!("{}{left}.", summary.sentence(layout)),
                meaning: "An input that never flips keeps its class for all choices of parameters in question: that is proved. For \
                          one that can flip, some choice of them certainly gives it another class. Open is neither, and no sign of \
                          safety."
                    .to_owned(),
            },
            assumptions: assumptions_of_rows(layout.network, &moving, "Each row of the file, or each held-out point, by itself"),
            sections: sections.collect(),
            reproduce,
        }
    }
}

/// A summary and a table, the inputs that can flip first where not all rows fit.
pub fn section(rows: &[Row]) -> Section {
    let number = |status: Status| rows.iter().filter(|row| row.status == status).count();
    let summary = format!(
        "Of {}, {} can flip (a witness does it), {} never flip (proved), {} open.",
        count(rows.len() as u64, "input", "inputs"),
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
        columns.push(Column::text("as rounded"));
    }
    let margins = rows.iter().any(|row| !row.margin.is_nan());
    if margins {
        columns.push(Column::number("margin, at least"));
    }
    columns.push(Column::text("class of the witness"));
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
        if margins {
            cells.push(Cell::lower(row.margin));
        }
        cells.push(row.witness.as_ref().map_or(Cell::none(), Cell::text));
        cells
    });
    let note = if rows.len() > ROWS { "Those that can flip come first, then those that are open." } else { "" };
    let (caption, note, rows) = ("Inputs, one per row".to_owned(), note.to_owned(), cells.collect());
    Section::new("Which inputs can flip").prose(summary).table(Table { caption, columns, rows, note, low: true })
}
