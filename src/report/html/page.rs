//! A report as a page: the verdict, the pictures, the lines, the tables, the witnesses.

use super::{Page, Reproduce, Section, Verdict};
use crate::report::cell::Cell;
use crate::report::model::{Column, Field, Part, Report, Row, Table, Witness};
use crate::report::number::exact;
use crate::report::value::Value;
use crate::report::words::{capital, equation};
use deltasat::exact::Rational;

/// The most inputs of a witness that are spelled out.
const SHOWN: usize = 64;

impl Report<'_> {
    /// The page of a report.
    pub fn page(&self, reproduce: Reproduce) -> Page {
        let mut sections: Vec<Section> = self
            .pictures
            .iter()
            .filter_map(|draw| draw())
            .map(|picture| {
                let title = picture.title().to_owned();
                Section::new("").figure(picture, title)
            })
            .collect();
        let fields: Vec<&Field> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Field(field) if !field.label.is_empty() => Some(field),
                _ => None,
            })
            .collect();
        let line = |field: &&Field| (capital(&field.term), field.long.clone());
        sections.push(Section::new("The answer in numbers").definitions(fields.iter().map(line).collect()));
        sections.extend(self.parts.iter().filter_map(|part| match part {
            Part::Field(_) => None,
            Part::Table(table) => Some(Section::new(&table.heading).table(table.clone())),
            Part::Witness(witness) => Some(section_of_witness(witness)),
        }));
        let verdict =
            Verdict { outcome: self.outcome, sentence: self.claim().to_owned() + ".", meaning: self.meaning.clone() };
        let assumptions = self.assumptions.clone();
        Page { title: self.title.clone(), verdict, assumptions, sections, reproduce }
    }

    /// The sentence without the word in front that the page shows as its verdict.
    fn claim(&self) -> &str {
        let words = ["robust: ", "violated: ", "bounds: ", "radius: ", "holds: ", "sensitivity: ", "proved: "];
        words.iter().find_map(|word| self.sentence.strip_prefix(word)).unwrap_or(&self.sentence)
    }
}

fn section_of_witness(witness: &Witness) -> Section {
    let inputs = |equation: &dyn Fn(&str, &Rational) -> String| {
        let shown = witness.input.iter().take(SHOWN).map(|(name, x)| equation(name, x));
        let more = witness.input.len().saturating_sub(SHOWN);
        let more = (more > 0).then(|| format!("and {more} more (--json lists all)"));
        shown.chain(more).collect::<Vec<_>>().join(", ")
    };
    let (short, exactly) = (inputs(&equation), inputs(&|name, x| format!("{name} = {}", exact(x))));
    let mut terms = vec![("Input".to_owned(), short.clone())];
    if exactly != short {
        terms.push(("Exactly".to_owned(), exactly));
    }
    terms.extend(witness.shows.iter().map(|(label, text)| (capital(label), text.clone())));
    let section = Section::new(&witness.heading).prose(&witness.prose).definitions(terms);
    let Some(moved) = witness.moved.as_ref().filter(|moved| !moved.is_empty()) else { return section };
    let columns = [
        Column::text("parameter"),
        Column::number("trained"),
        Column::number("in the witness"),
        Column::number("moved by about"),
    ];
    let row = |(name, from, to): &(String, f64, f64)| {
        Row::new(vec![Cell::text(name), Cell::double(*from), Cell::double(*to), Cell::about(to - from)], Value::Null)
    };
    let rows = moved.iter().map(row).collect();
    let heading = "Parameters that moved".to_owned();
    section.table(Table { heading, columns: columns.into(), rows, ..Table::default() })
}
