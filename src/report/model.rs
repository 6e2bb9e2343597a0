//! What an answer says, once: a [`Report`]. Text, JSON and the page are three ways to show it.
//!
//! A question builds its report from fields, tables and witnesses; nothing else writes answers. Each of these carries what
//! machines read ([`Members`]) beside what people read, so whatever one form says the others say too.
//!
//! Invariant: nothing here computes a bound.

use super::Outcome;
use super::cell::Cell;
use super::number::{self, between, sides};
use super::svg::Svg;
use super::value::{Members, Value};
use super::words::count;
use deltasat::exact::Rational;
use deltasat::search::{Statistics, StopReason};
use std::io::{self, Write};

/// Moved parameters that text lists; the other forms list all.
const LISTED: usize = 3;
/// Inputs of a witness that text lists.
const INPUTS: usize = 8;

/// A picture, drawn when it is wanted; its title says what it shows.
pub type Picture<'a> = Box<dyn Fn() -> Option<Svg> + 'a>;

/// The answer to one question.
pub struct Report<'a> {
    /// what was asked, as every JSON document begins
    pub asked: Members,
    /// what was asked, as the title of the page
    pub title: String,
    /// the kind of answer
    pub outcome: Outcome,
    /// the word for it in JSON
    pub answer: Option<&'static str>,
    /// the answer in one sentence
    pub sentence: String,
    /// what that means for somebody who did not ask
    pub meaning: String,
    /// what is taken for granted: terms and what they mean
    pub assumptions: Vec<(String, String)>,
    /// what else there is to say, in the order of interest
    pub parts: Vec<Part>,
    /// the most telling one first
    pub pictures: Vec<Picture<'a>>,
}

/// Something that an answer says beside its sentence.
#[derive(Clone, Debug)]
pub enum Part {
    /// a line
    Field(Field),
    /// rows
    Table(Table),
    /// an input and parameters that show something
    Witness(Witness),
}

/// A line: what it is about, what people read, and what machines read.
#[derive(Clone, Debug)]
pub struct Field {
    /// what it is about; of what the sentence says already, nothing
    pub label: String,
    /// the same where there is room
    pub term: String,
    /// what people read
    pub text: String,
    /// the same where there is room
    pub long: String,
    /// what machines read
    pub data: Members,
}

/// Rows under titles.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// the heading of its section on the page
    pub heading: String,
    /// the member with the rows
    pub key: &'static str,
    /// one per cell of a row
    pub columns: Vec<Column>,
    /// what stands under them
    pub rows: Vec<Row>,
    /// what else to say about the rows
    pub note: String,
    /// whether text leaves them to the other forms
    pub aside: bool,
}

/// A column of a table.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// the title
    pub title: String,
    /// whether it holds numbers
    pub number: bool,
    /// how wide it is in text; 0 is as wide as its cells
    pub width: usize,
}

/// A row of a table.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// one per column
    pub cells: Vec<Cell>,
    /// what machines read
    pub data: Value,
    /// how much it matters where not all rows are shown, the most important 0; and then the larger ones first
    pub matters: u8,
    /// how large what it is about is
    pub size: f64,
}

/// An input and parameters that show something, evaluated exactly.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// the heading of its section on the page
    pub heading: String,
    /// how one can use it
    pub prose: String,
    /// what text calls the input; nothing where the question says it
    pub at: &'static str,
    /// the input by names
    pub input: Vec<(String, Rational)>,
    /// what it shows
    pub shows: Vec<(String, String)>,
    /// the parameters that moved: name, trained value, value in the witness; nothing where none could
    pub moved: Option<Vec<(String, f64, f64)>>,
    /// what machines read
    pub data: Members,
}

impl Field {
    /// A line that reads the same everywhere.
    pub fn new(label: impl Into<String>, text: impl Into<String>, data: Members) -> Field {
        let (label, text) = (label.into(), text.into());
        Field { term: label.clone(), label, long: text.clone(), text, data }
    }

    /// What the sentence says already, for machines.
    pub fn said(data: Members) -> Field {
        Field::new("", "", data)
    }

    /// Two bounds under the keys `lower` and `upper`.
    pub fn bounds(label: &str, (lower, upper): (f64, f64), delta: f64, data: Members) -> Field {
        let data = data.with("lower", Value::Lower(lower)).with("upper", Value::Upper(upper));
        Field::new(label, sides(lower, upper, delta), data).long(two_sided(lower, upper, delta))
    }

    /// What it cost.
    pub fn effort(stop: StopReason, statistics: &Statistics) -> Field {
        let boxes = count(statistics.boxes, "box", "boxes");
        let text = format!("{boxes} in {:.4} s", statistics.seconds);
        let data = Members::new().with("stop", super::stop_name(stop));
        let data = data.with("boxes", statistics.boxes).with("seconds", statistics.seconds);
        Field::new("search", &text, data).long(format!("{text}; {}", ended(stop)))
    }

    /// With another name where there is room.
    #[must_use]
    pub fn term(mut self, term: impl Into<String>) -> Field {
        self.term = term.into();
        self
    }

    /// With more words where there is room.
    #[must_use]
    pub fn long(mut self, long: impl Into<String>) -> Field {
        self.long = long.into();
        self
    }
}

/// `finished`, or why not.
pub(super) fn ended(stop: StopReason) -> &'static str {
    if stop == StopReason::Complete { "finished" } else { super::words::unanswered(stop) }
}

/// Which side is proved and which is attained.
fn two_sided(lower: f64, upper: f64, delta: f64) -> String {
    let [least, most] = between(lower, upper, delta);
    match (lower.is_finite(), upper.is_finite()) {
        (true, true) => format!("at least {least} (a witness attains it), at most {most} (proved)"),
        (false, _) if upper.is_finite() => format!("at most {most} (proved)"),
        (true, _) => format!("at least {least} (a witness attains it); no upper bound is proved"),
        _ => "no bound is known".to_owned(),
    }
}

impl Column {
    /// A column of text.
    pub fn text(title: impl Into<String>) -> Column {
        Column { title: title.into(), ..Column::default() }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>) -> Column {
        Column { title: title.into(), number: true, width: 0 }
    }

    /// At least so wide in text.
    #[must_use]
    pub fn wide(mut self, width: usize) -> Column {
        self.width = width;
        self
    }
}

impl Row {
    /// A row of a table that is shown whole.
    pub fn new(cells: Vec<Cell>, data: impl Into<Value>) -> Row {
        Row { cells, data: data.into(), ..Row::default() }
    }
}

impl Table {
    /// As wide as the titles and all cells.
    fn fitted(&self) -> Vec<Column> {
        let mut columns = self.columns.clone();
        for (index, column) in columns.iter_mut().enumerate() {
            let cells =
                self.rows.iter().filter_map(|row| row.cells.get(index)).map(|cell| cell.as_str().chars().count());
            column.width = cells.chain([column.title.chars().count(), column.width]).max().unwrap_or(0);
        }
        columns
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.fitted();
        write!(out, "  {}", header(&columns))?;
        self.rows.iter().try_for_each(|row| write!(out, "  {}", line(&columns, row)))
    }
}

/// The titles of columns, with a line end.
pub fn header(columns: &[Column]) -> String {
    aligned(columns, columns.iter().map(|column| column.title.as_str()))
}

/// The cells of a row under them, with a line end.
pub fn line(columns: &[Column], row: &Row) -> String {
    aligned(columns, row.cells.iter().map(Cell::as_str))
}

fn aligned<'c>(columns: &[Column], cells: impl Iterator<Item = &'c str>) -> String {
    let mut text = String::new();
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let space = if index == 0 { "" } else { "  " };
        let gap = " ".repeat(column.width.saturating_sub(cell.chars().count()));
        let (before, after) = if column.number { (gap.as_str(), "") } else { ("", gap.as_str()) };
        text.extend([space, before, cell, after]);
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

impl Witness {
    /// `x1 = 0.3, x2 ≈ -1.23457`, the first ones of many.
    pub(super) fn coordinates(&self) -> String {
        let shown = if self.input.len() > INPUTS { INPUTS / 2 } else { self.input.len() };
        let equations = self.input.iter().take(shown).map(|(name, x)| super::words::equation(name, x));
        let mut equations: Vec<String> = equations.collect();
        if shown < self.input.len() {
            equations.push(format!("and {} more", self.input.len() - shown));
        }
        equations.join(", ")
    }

    pub(super) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        if !self.at.is_empty() {
            write_line(out, self.at, &self.coordinates())?;
        }
        self.shows.iter().try_for_each(|(label, text)| write_line(out, label, text))?;
        let moved = self.moved.as_deref().unwrap_or_default();
        for (name, from, to) in moved.iter().take(LISTED) {
            writeln!(out, "    {name}: {} -> {}", number::double(*from), number::double(*to))?;
        }
        if moved.len() > LISTED {
            writeln!(out, "    and {} more (--json lists all)", moved.len() - LISTED)?;
        }
        Ok(())
    }
}

fn write_line(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    writeln!(out, "  {label:<12}  {text}")
}

impl Part {
    /// What machines read.
    fn data(&self) -> Members {
        match self {
            Part::Field(field) => field.data.clone(),
            Part::Witness(witness) => witness.data.clone(),
            Part::Table(Table { key: "", .. }) => Members::new(),
            Part::Table(table) => {
                Members::new().with(table.key, Value::List(table.rows.iter().map(|row| row.data.clone()).collect()))
            }
        }
    }
}

impl From<Field> for Part {
    fn from(field: Field) -> Part {
        Part::Field(field)
    }
}

impl From<Table> for Part {
    fn from(table: Table) -> Part {
        Part::Table(table)
    }
}

impl From<Witness> for Part {
    fn from(witness: Witness) -> Part {
        Part::Witness(witness)
    }
}

impl Report<'_> {
    /// What machines read beside the question.
    pub fn answered(&self) -> Members {
        let answer = Members::new().maybe("answer", self.answer);
        self.parts.iter().fold(answer, |all, part| all.and(part.data()))
    }

    /// All that machines read: the question, and the answer.
    pub fn data(&self) -> Members {
        self.asked.clone().and(self.answered())
    }

    /// Writes one JSON object on one line.
    ///
    /// # Errors
    /// Any I/O error of `out`.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, &self.data())?;
        writeln!(out)
    }

    /// Writes the sentence, and under it what else there is to say.
    ///
    /// # Errors
    /// Any I/O error of `out`.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence)?;
        for part in &self.parts {
            match part {
                Part::Field(field) if field.label.is_empty() => {}
                Part::Field(field) => write_line(out, &field.label, &field.text)?,
                Part::Table(table) if table.aside => {}
                Part::Table(table) => table.text(out)?,
                Part::Witness(witness) => witness.text(out)?,
            }
        }
        Ok(())
    }

    /// The first picture, in a file of its own.
    pub fn picture(&self) -> Option<String> {
        self.pictures.iter().find_map(|draw| draw()).map(|picture| picture.file())
    }
}
