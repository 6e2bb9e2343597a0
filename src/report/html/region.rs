//! A section on which part of a plane of inputs is safe: a paving with rectangles in which the class never flips, can flip,
//! or either.

use super::Section;
use super::table::{Cell, Column, Table};
use crate::report::svg::map::{Kind, Map};

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
