//! Tables with a caption, heads that name their columns and a first column that names its rows. A number has its key beside
//! it, by which the page's script sorts.

use crate::report::cell::Cell;
use crate::report::model::Table;
use crate::report::svg::markup::{Attribute, Markup};

/// The most rows that a table shows.
pub const ROWS: usize = 5_000;
/// From so many rows on it is worth while to sort.
const SORTED: usize = 3;

/// Writes a table.
pub(super) fn write(table: &Table, out: &mut Markup) {
    let class = if table.rows.len() > 12 { "scroll low" } else { "scroll" };
    out.open("div", &[("class", &class), ("role", &"region"), ("aria-label", &table.heading), ("tabindex", &0)]);
    out.open("table", &[("class", &if table.rows.len() >= SORTED { "sortable" } else { "plain" })]);
    out.open("caption", &[]);
    out.text(&table.heading);
    let note = note(table);
    if !note.is_empty() {
        out.element("small", &[], &format!(" {note}"));
    }
    out.close("caption");
    out.line();
    out.open("thead", &[]);
    out.open("tr", &[]);
    for column in &table.columns {
        let attributes: [Attribute<'_>; 2] = [("scope", &"col"), ("class", &"number")];
        out.element("th", &attributes[..if column.number { 2 } else { 1 }], &column.title);
    }
    out.close("tr");
    out.close("thead");
    out.line();
    out.open("tbody", &[]);
    out.line();
    for row in table.rows.iter().take(ROWS) {
        out.open("tr", &[]);
        for (i, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
            write_cell(cell, i == 0, column.number, out);
        }
        out.close("tr");
        out.line();
    }
    if table.rows.is_empty() {
        out.open("tr", &[]);
        out.element("td", &[("colspan", &table.columns.len().max(1))], "no rows");
        out.close("tr");
    }
    out.close("tbody");
    out.close("table");
    out.close("div");
}

/// What else there is to say, such as that rows are left out.
fn note(table: &Table) -> String {
    let all = table.rows.len();
    if all <= ROWS {
        return table.note.clone();
    }
    format!("The first {ROWS} of {all} rows. {}", table.note).trim_end().to_owned()
}

fn write_cell(cell: &Cell, head: bool, number: bool, out: &mut Markup) {
    let key = cell.key.filter(|key| !key.is_nan()).map(|key| match key {
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
    if cell.code {
        out.element("code", &[], cell.as_str());
    } else {
        out.text(cell.as_str());
    }
    out.close(name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::model::{Column, Row};
    use crate::report::value::Value;

    fn table(rows: usize) -> String {
        let columns = vec![Column::text("<name>"), Column::number("at most")];
        let cells = |i: usize| vec![Cell::text(format!("<b>{i}")), Cell::upper(i as f64 / 3.0)];
        let rows = (0..rows).map(|i| Row::new(cells(i), Value::Null)).collect();
        let mut out = Markup::new();
        write(&Table { heading: "\"bounds\"".to_owned(), columns, rows, ..Table::default() }, &mut out);
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
}
