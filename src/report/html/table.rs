//! Tables with a caption, heads that name their columns and a first column that names its rows.
//!
//! A cell is text; a number has a key beside it, by which the page's script sorts. Bounds are printed directed, as
//! everywhere: [`Cell::lower`] is never above and [`Cell::upper`] never below the certified one.

use crate::report::number;
use crate::report::svg::markup::{Attribute, Markup};
use deltasat::exact::{Rational, rational};

/// The most rows that a table shows.
pub const ROWS: usize = 5_000;
/// From so many rows on it is worth while to sort.
const SORTED: usize = 3;

/// A table.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// what the table shows
    pub caption: String,
    /// one per cell of a row
    pub columns: Vec<Column>,
    /// in the order in which they are shown; from the first [`ROWS`] on they are left out, and the table says so
    pub rows: Vec<Vec<Cell>>,
    /// what else to say, such as which rows are missing
    pub note: String,
    /// whether it has a window of its own on the screen, through which its rows scroll
    pub low: bool,
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    title: String,
    number: bool,
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    key: Option<f64>,
    code: bool,
}

impl Column {
    /// A column of text.
    pub fn text(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: false }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: true }
    }
}

impl Cell {
    /// What people read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// Text of a program.
    pub fn code(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), code: true, ..Cell::default() }
    }

    /// Nothing, where a number is not known.
    pub fn none() -> Cell {
        Cell::text("–")
    }

    /// Text that sorts as a number.
    pub fn keyed(text: impl Into<String>, key: f64) -> Cell {
        Cell { text: text.into(), key: Some(key), code: false }
    }

    /// A lower bound; none where it is no number.
    pub fn lower(x: f64) -> Cell {
        if x.is_nan() { Cell::none() } else { Cell::keyed(finite(x, number::lower), x) }
    }

    /// An upper bound; none where it is no number.
    pub fn upper(x: f64) -> Cell {
        if x.is_nan() { Cell::none() } else { Cell::keyed(finite(x, number::upper), x) }
    }

    /// Two bounds, with as many digits as show that they are at most `delta` apart, where they are.
    pub fn bounds(lower: f64, upper: f64, delta: f64) -> [Cell; 2] {
        if !(lower.is_finite() && upper.is_finite()) {
            return [Cell::lower(lower), Cell::upper(upper)];
        }
        let [low, high] = number::between(lower, upper, delta);
        [Cell::keyed(low, lower), Cell::keyed(high, upper)]
    }

    /// A double as it is.
    pub fn double(x: f64) -> Cell {
        Cell::keyed(number::double(x), x)
    }

    /// A number for orientation, which bounds nothing.
    pub fn about(x: f64) -> Cell {
        Cell::keyed(format!("{x:.3e}"), x)
    }

    /// A rational, exact where that is short.
    pub fn exact(x: &Rational) -> Cell {
        Cell::keyed(number::readable(x), rational::nearest_f64(x))
    }

    /// A number of things.
    pub fn count(n: u64) -> Cell {
        Cell::keyed(n.to_string(), n as f64)
    }
}

fn finite(x: f64, print: fn(f64) -> String) -> String {
    match x {
        f64::INFINITY => "∞".to_owned(),
        f64::NEG_INFINITY => "−∞".to_owned(),
        x => print(x),
    }
}

impl Table {
    /// Writes the table.
    pub(super) fn write(&self, out: &mut Markup) {
        let class = if self.low && self.rows.len() > 12 { "scroll low" } else { "scroll" };
        out.open("div", &[("class", &class), ("role", &"region"), ("aria-label", &self.caption), ("tabindex", &0)]);
        out.open("table", &[("class", &if self.rows.len() >= SORTED { "sortable" } else { "plain" })]);
        out.open("caption", &[]);
        out.text(&self.caption);
        let note = self.note();
        if !note.is_empty() {
            out.element("small", &[], &format!(" {note}"));
        }
        out.close("caption");
        out.line();
        out.open("thead", &[]);
        out.open("tr", &[]);
        for column in &self.columns {
            let attributes: [Attribute<'_>; 2] = [("scope", &"col"), ("class", &"number")];
            out.element("th", &attributes[..if column.number { 2 } else { 1 }], &column.title);
        }
        out.close("tr");
        out.close("thead");
        out.line();
        out.open("tbody", &[]);
        out.line();
        for row in self.rows.iter().take(ROWS) {
            out.open("tr", &[]);
            for (i, (cell, column)) in row.iter().zip(&self.columns).enumerate() {
                cell.write(i == 0, column.number, out);
            }
            out.close("tr");
            out.line();
        }
        if self.rows.is_empty() {
            out.open("tr", &[]);
            out.element("td", &[("colspan", &self.columns.len().max(1))], "no rows");
            out.close("tr");
        }
        out.close("tbody");
        out.close("table");
        out.close("div");
    }

    fn note(&self) -> String {
        let all = self.rows.len();
        if all <= ROWS {
            return self.note.clone();
        }
        format!("The first {ROWS} of {all} rows. {}", self.note).trim_end().to_owned()
    }
}

impl Cell {
    fn write(&self, head: bool, number: bool, out: &mut Markup) {
        let key = self.key.filter(|key| !key.is_nan()).map(|key| match key {
            f64::INFINITY => "Infinity".to_owned(),
            f64::NEG_INFINITY => "-Infinity".to_owned(),
            key => format!("{key:e}"),
        });
        let mut attributes: Vec<Attribute<'_>> = Vec::new();
        if head {
            attributes.push(("scope", &"row"));
        }
        if number {
            attributes.push(("class", &"number"));
        } else {
            // a name in a script that runs from right to left stays inside its cell
            attributes.push(("dir", &"auto"));
        }
        if let Some(key) = &key {
            attributes.push(("data-key", key));
        }
        let name = if head { "th" } else { "td" };
        out.open(name, &attributes);
        if self.code {
            out.element("code", &[], &self.text);
        } else {
            out.text(&self.text);
        }
        out.close(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        let columns = vec![Column::text("<name>"), Column::number("at most")];
        let rows = (0..rows).map(|i| vec![Cell::text(format!("<b>{i}")), Cell::upper(i as f64 / 3.0)]).collect();
        let mut out = Markup::new();
        Table { caption: "\"bounds\"".to_owned(), columns, rows, ..Table::default() }.write(&mut out);
        out.into()
    }

    #[test]
    fn long_tables_are_cut_with_a_note() {
        assert!(table(0).contains("<td colspan=\"2\">no rows</td>"));
        assert!(
            table(1)
                .contains("<th scope=\"row\" dir=\"auto\">&lt;b&gt;0</th><td class=\"number\" data-key=\"0e0\">0</td>")
        );
        let long = table(10_000);
        assert_eq!(long.matches("<th scope=\"row\"").count(), ROWS);
        assert!(long.contains("The first 5000 of 10000 rows.") && long.len() < 600_000, "{}", long.len());
    }

    #[test]
    fn bounds_are_directed() {
        let third = 1.0 / 3.0;
        let (low, high) = (Cell::lower(third), Cell::upper(third));
        let read = |text: &str| rational::parse(text).unwrap();
        let exact = rational::from_f64(third).unwrap();
        assert!(read(&low.text) < exact && exact < read(&high.text));
        assert_eq!((low.key, Cell::upper(f64::INFINITY).text.as_str()), (Some(third), "∞"));
        assert_eq!(Cell::lower(f64::NAN).text, "–");
    }
}
