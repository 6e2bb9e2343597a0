//! Rows that are written as they are found, before the report about all of them.

use super::html::table::ROWS;
use super::model::{self, Column, Report, Row, Table};
use super::svg::map::{Map, Point};
use super::value::Members;
use crate::network::Network;
use std::cmp::Reverse;
use std::io::{self, Write};

/// How wide the inputs of a table may be together.
const INPUTS: usize = 60;

/// What rows look like, and where the inputs' columns are.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// what was asked, as the JSON document begins
    pub asked: Members,
    /// the columns, as wide as their cells will be
    pub columns: Vec<Column>,
    /// whether rows are written as JSON
    pub json: bool,
}

/// The rows that a page shows. Of many it keeps those that matter most, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// each with its number
    rows: Vec<(u64, Row)>,
    /// how many there were
    count: u64,
    /// where they are
    points: Vec<Point>,
}

/// How many inputs have columns of their own: as many as fit. `widths` are those of their texts.
pub(super) fn shown(network: &Network, widths: &[usize]) -> usize {
    let mut left = INPUTS;
    let fits = |(name, width): &(&String, &usize)| {
        let wide = name.chars().count().max(**width) + 2;
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    };
    network.input().names().iter().zip(widths).take_while(fits).count()
}

/// Columns of the inputs that are shown, and one that says that there are more.
pub(super) fn inputs(network: &Network, widths: &[usize]) -> Vec<Column> {
    let (names, shown) = (network.input().names(), shown(network, widths));
    let column = |(name, width): (&String, &usize)| Column::number(name).wide(name.chars().count().max(*width));
    let mut columns: Vec<Column> = names.iter().zip(widths).take(shown).map(column).collect();
    if shown < names.len() {
        let more = format!("{} more", names.len() - shown);
        columns.push(Column::number(&more).wide(more.len()));
    }
    columns
}

impl Stream {
    /// Writes the titles of the columns, or the JSON document up to the first row.
    ///
    /// # Errors
    /// Any I/O error of `out`.
    pub fn start(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.json {
            let asked = serde_json::to_string(&self.asked)?;
            return write!(out, "{},\"rows\":[", &asked[..asked.len() - 1]);
        }
        out.write_all(model::header(&self.columns).as_bytes())
    }

    /// A row as it is written: as JSON without, as text with a line end.
    pub fn row(&self, row: &Row) -> Vec<u8> {
        if self.json {
            // writing to memory cannot fail
            return serde_json::to_vec(&row.data).unwrap_or_default();
        }
        model::line(&self.columns, row).into_bytes()
    }

    /// Writes what there is to say about all rows.
    ///
    /// # Errors
    /// Any I/O error of `out`.
    pub fn end(&self, report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.json {
            return writeln!(out, "\n],{}", &serde_json::to_string(&report.answered())?[1..]);
        }
        report.text(out)
    }
}

impl Kept {
    /// Takes in a row, and its point on a map.
    pub fn add(&mut self, row: Row, point: Option<Point>) {
        self.rows.push((self.count, row));
        self.points.extend(point);
        self.count += 1;
        if self.rows.len() >= 4 * ROWS {
            self.cut();
        }
    }

    /// Keeps the rows that are shown.
    fn cut(&mut self) {
        if self.rows.len() > ROWS {
            self.rows.sort_by_key(|(number, row)| (row.matters, Reverse(ordered(row.size)), *number));
            self.rows.truncate(ROWS);
            self.rows.sort_by_key(|(number, _)| *number);
        }
    }

    /// The rows as a table for the page, which nothing else writes again.
    pub(super) fn table(&self, stream: &Stream) -> Table {
        let mut kept = self.clone();
        kept.cut();
        let note = match kept.rows.len() as u64 {
            shown if shown < self.count => format!(
                "{shown} of {} rows: those with a counterexample, then open ones, then by size. --json lists all.",
                self.count
            ),
            _ => String::new(),
        };
        Table {
            heading: "All inputs".to_owned(),
            columns: stream.columns.clone(),
            rows: kept.rows.into_iter().map(|(_, row)| row).collect(),
            note,
            aside: true,
            ..Table::default()
        }
    }

    /// Where the rows are, on the map of a network of two inputs.
    pub(super) fn on(&self, network: &Network) -> Option<Map> {
        use super::html::confidence;
        let mut plane = confidence::plane(network, crate::question::Scope::Local(&[]))?;
        let mut places = self.points.iter().map(|point| point.at);
        if network.input().domain().is_none()
            && let Some(first) = places.next()
        {
            plane = first.map(|x| (x, x));
        }
        for at in self.points.iter().map(|point| point.at) {
            for (range, x) in plane.iter_mut().zip(at) {
                *range = (range.0.min(x), range.1.max(x));
            }
        }
        let mut map = confidence::map(network, plane, confidence::title(network))?;
        map.points.clone_from(&self.points);
        Some(map)
    }
}

/// The order of doubles as that of integers.
fn ordered(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}
