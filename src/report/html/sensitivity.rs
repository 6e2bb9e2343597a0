//! A section on how much of a deviation the layers, neurons or parameters contribute.

use super::Section;
use super::table::{Cell, Column, Table};
use crate::report::svg::bars::{Bar, Bars};

/// What was found about one part of a network.
#[derive(Clone, Debug)]
pub struct Row {
    /// whose it is, such as `layer 0` or `layer 1 neuron 3`
    pub name: String,
    /// a witness attains this; not a number where there is none
    pub lower: f64,
    /// proved: nothing exceeds this; infinite where nothing is proved
    pub upper: f64,
    /// which part of the whole it is, from 0 to 1, for orientation; not a number where that makes no sense
    pub share: f64,
}

/// Ranked bars and a table. `parts` says whose the rows are (`layers`), `quantity` what is bounded.
pub fn section(parts: &str, quantity: &str, rows: &[Row]) -> Section {
    let bars = rows.iter().map(|row| Bar { name: row.name.clone(), lower: row.lower, upper: row.upper }).collect();
    let bars = Bars { title: format!("{quantity} of {parts}"), across: quantity.to_owned(), bars };
    let columns = vec![
        Column::text("part"),
        Column::number("witness: at least"),
        Column::number("proved: at most"),
        Column::number("share, about"),
    ];
    let mut ranked: Vec<&Row> = rows.iter().collect();
    ranked.sort_by(|a, b| b.upper.total_cmp(&a.upper));
    let share = |share: f64| {
        if share.is_finite() { Cell::keyed(format!("{:.1} %", 100.0 * share), share) } else { Cell::none() }
    };
    let cells = ranked
        .iter()
        .map(|row| vec![Cell::text(&row.name), Cell::lower(row.lower), Cell::upper(row.upper), share(row.share)]);
    let rows = cells.collect();
    Section::new(format!("Which {parts} matter most"))
        .figure(bars.draw(), format!("{} of {parts}, the greatest first", super::capital(quantity)))
        .table(Table { caption: "The same as numbers".to_owned(), columns, rows, low: true, ..Table::default() })
}
