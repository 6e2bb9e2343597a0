//! The report about many inputs: a row per input as it is found, and a summary of all.
//!
//! Rows carry no witnesses; to get one, query that input alone.

use super::cell::Cell;
use super::finding::title;
use super::json::{self, asked};
use super::model::{Column, Field, Part, Report, Row};
use super::number::{between, exact, fixed_lower, fixed_upper};
use super::stream::{self, Kept, Stream};
use super::svg::map::{Mark, Point};
use super::value::{Members, Value};
use super::words::{assigned_names, assigned_noun, assigned_title, count, moving, quantity};
use super::{Outcome, assumed, class_change_name, stop_name};
use crate::encode::class_count;
use crate::question::{Aim, Subject};
use crate::robustness::{Answer, ClassChange, Finding};
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;

/// Characters of a number with the fixed digits of a table and an integer digit.
const NUMBER: usize = 8;

/// What a table found, row by row.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// rows in the file
    pub inputs: u64,
    /// rows that were looked at
    pub rows: u64,
    /// rows per outcome
    pub robust: u64,
    /// rows with a counterexample
    pub violated: u64,
    /// rows without an answer
    pub unknown: u64,
    /// rows where a limit was reached
    pub timeout: u64,
    /// rows whose class can change
    pub change_possible: u64,
    /// rows whose class cannot change
    pub change_impossible: u64,
    /// the largest lower bound and its line
    pub largest: Option<(f64, u64)>,
    /// the largest upper bound
    pub upper: f64,
    /// boxes of all searches
    pub boxes: u64,
    /// why the table ends where it does
    pub stop: Option<StopReason>,
    /// wall-clock time
    pub seconds: f64,
}

/// Whether rows have bounds, whether they have answers, and whether there are classes that can change.
fn kinds(subject: &Subject<'_>) -> (bool, bool, bool) {
    (
        matches!(subject.aim, Aim::Deviation { .. }),
        !matches!(subject.aim, Aim::Deviation { threshold: None, .. }),
        class_count(subject.network) > 1,
    )
}

/// How rows up to `last_line` look whose inputs are written with at most so many characters each.
pub fn stream(subject: &Subject<'_>, json: bool, last_line: u64, widths: &[usize]) -> Stream {
    let network = subject.network;
    let (bounds, answers, changes) = kinds(subject);
    let mut columns = vec![Column::number("line").wide(last_line.to_string().len().max("line".len()))];
    columns.extend(stream::inputs(network, widths));
    columns.push(class_column(network.classes(), assigned_title(network)));
    if bounds {
        columns.extend([Column::number("lower").wide(NUMBER), Column::number("upper").wide(NUMBER)]);
        if changes {
            columns.push(Column::text("class change").wide("class change".len()));
        }
    }
    if answers {
        columns.push(Column::text("answer"));
    }
    Stream { asked: asked(subject), columns, json }
}

/// A column as wide as the names of classes.
pub(super) fn class_column(classes: &[String], title: &str) -> Column {
    let widest = classes.iter().map(|class| class.chars().count()).max().unwrap_or(0);
    Column::text(title).wide(widest.max(title.len()))
}

/// The first cells of a row: its line, and the inputs that are shown as the file has them.
pub(super) fn start(line: u64, fields: &[&str], columns: &[Column], names: usize) -> Vec<Cell> {
    let mut cells = vec![Cell::count(line)];
    let shown = columns.iter().skip(1).take(names).take_while(|column| column.number).count();
    // the last of them says that there are more
    let (shown, more) = if shown < names { (shown.saturating_sub(1), true) } else { (names, false) };
    cells.extend(fields.iter().take(shown).map(|field| {
        // by which a page sorts, a fraction by its double
        let value = field.parse().ok().or_else(|| rational::parse(field).ok().as_ref().map(rational::nearest_f64));
        Cell::keyed(*field, value.unwrap_or(f64::NAN))
    }));
    cells.extend(more.then(|| Cell::text("…")));
    cells
}

/// A cell with a bound of so many digits after the point.
pub(super) fn fixed(x: f64, up: bool) -> Cell {
    let mut text = String::new();
    if up {
        fixed_upper(x, &mut text)
    } else {
        fixed_lower(x, &mut text)
    }
    Cell::keyed(text, x)
}

/// One row; `fields` are its inputs as the file has them.
pub fn row(
    subject: &Subject<'_>,
    stream: &Stream,
    line: u64,
    fields: &[&str],
    input: &[Rational],
    finding: &Finding,
) -> Row {
    let (bounds, answers, changes) = kinds(subject);
    let outcome = Outcome::of(finding, subject.delta);
    let mut cells = start(line, fields, &stream.columns, input.len());
    cells.push(Cell::text(assigned_names(subject.network, &finding.assigned)));
    if bounds {
        cells.extend([fixed(finding.lower, false), fixed(finding.upper, true)]);
        if changes {
            cells.push(Cell::text(finding.class_change.map_or("", class_change_name)));
        }
    }
    if answers {
        let interrupted = finding.answer == Answer::Timeout && finding.stop == StopReason::Interrupted;
        cells.push(Cell::text(if interrupted { "interrupted" } else { outcome.name() }));
    }
    let data = || {
        Members::new()
            .with("line", line)
            .with("input", Value::point(input))
            .and(json::assigned(subject.network, &finding.assigned))
            .with("answer", outcome.name())
            .with("lower", Value::Lower(finding.lower))
            .with("upper", Value::Upper(finding.upper))
            .with("class_change", finding.class_change.map(class_change_name))
            .with("stop", stop_name(finding.stop))
            .with("boxes", finding.statistics.boxes)
    };
    // most rows are text, which needs none of it
    let data = if stream.json { data().into() } else { Value::Null };
    let matters = match (outcome, finding.class_change) {
        (Outcome::Violated, _) => 0,
        (Outcome::Unknown | Outcome::Timeout, _) => 1,
        (_, Some(ClassChange::Possible)) => 2,
        _ => 3,
    };
    Row { cells, data, matters, size: finding.lower }
}

/// Where a row is on a map.
pub fn point(line: u64, input: &[Rational], change: Option<ClassChange>) -> Option<Point> {
    let mark = match change? {
        ClassChange::Impossible => Mark::Never,
        ClassChange::Possible => Mark::Can,
        ClassChange::Unknown => Mark::Open,
    };
    let [x, y] = input else { return None };
    Some(Point { at: [rational::nearest_f64(x), rational::nearest_f64(y)], mark, label: format!("line {line}") })
}

impl Summary {
    /// Counts a row.
    pub fn add(&mut self, line: u64, finding: &Finding, delta: f64) {
        self.rows += 1;
        match Outcome::of(finding, delta) {
            Outcome::Robust => self.robust += 1,
            Outcome::Violated => self.violated += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Timeout => self.timeout += 1,
            Outcome::Bounds => {}
        }
        match finding.class_change {
            Some(ClassChange::Possible) => self.change_possible += 1,
            Some(ClassChange::Impossible) => self.change_impossible += 1,
            Some(ClassChange::Unknown) | None => {}
        }
        if self.largest.is_none_or(|(largest, _)| finding.lower > largest) {
            self.largest = Some((finding.lower, line));
        }
        self.upper = if self.rows == 1 { finding.upper } else { self.upper.max(finding.upper) };
        self.boxes += finding.statistics.boxes;
    }

    /// The outcome of the whole: violated if a row is, else out of time, else unknown if a row is, else as the rows.
    pub fn outcome(&self, subject: &Subject<'_>) -> Outcome {
        if self.violated > 0 {
            Outcome::Violated
        } else if self.timeout > 0 || self.stop.is_some() {
            Outcome::Timeout
        } else if self.unknown > 0 {
            Outcome::Unknown
        } else if matches!(subject.aim, Aim::Deviation { threshold: None, .. }) {
            Outcome::Bounds
        } else {
            Outcome::Robust
        }
    }

    /// What there is to say about all rows.
    pub fn report<'a>(&self, subject: &'a Subject<'a>, stream: &Stream, kept: &'a Kept) -> Report<'a> {
        let outcome = self.outcome(subject);
        let largest = self.largest.map_or(f64::NEG_INFINITY, |(largest, _)| largest);
        // of rows that were not looked at nothing is known
        let upper = if self.rows == self.inputs { self.upper } else { f64::INFINITY };
        let counts = Members::new()
            .with("inputs", self.inputs)
            .with("rows", self.rows)
            .with("robust", self.robust)
            .with("violated", self.violated)
            .with("unknown", self.unknown)
            .with("timeout", self.timeout)
            .with("class_change_possible", self.change_possible)
            .with("class_change_impossible", self.change_impossible)
            .with("line_of_largest", self.largest.map(|(_, line)| line));
        let data = Members::new()
            .with("bounds_of", "largest of all rows")
            .with("lower", Value::Lower(largest))
            .with("upper", Value::Upper(upper))
            .with("summary", counts);
        let mut parts: Vec<Part> = vec![Field::said(data).into()];
        if let Some(stop) = self.stop {
            parts.push(left(stop, self.inputs - self.rows).into());
        }
        parts.push(effort(self.stop, self.boxes, self.seconds).into());
        parts.push(kept.table(stream).into());
        Report {
            asked: stream.asked.clone(),
            title: title(subject, ""),
            outcome,
            answer: Some(outcome.name()),
            sentence: self.sentence(subject),
            meaning: "Each input is answered by itself: what is called proved holds for all choices of parameters within the \
                      perturbation, and where a change is called possible some parameters within it certainly do it. For such \
                      parameters in full, ask about that input alone."
                .to_owned(),
            assumptions: assumed::terms_of_rows(
                subject.network,
                &assumed::moving(subject, true),
                "Each row of the file by itself",
            ),
            parts,
            pictures: vec![Box::new(|| Some(kept.on(subject.network)?.draw()))],
        }
    }

    fn sentence(&self, subject: &Subject<'_>) -> String {
        let inputs = count(self.rows, "input", "inputs");
        let moving = moving(subject.perturbation);
        let open = self.unknown + self.timeout;
        let noun = assigned_noun(subject.network);
        match &subject.aim {
            Aim::Deviation { choice, threshold } => {
                let quantity = quantity(subject, *choice, &[]);
                let mut parts = Vec::new();
                if let Some((largest, line)) = self.largest {
                    let [least, most] = between(largest, self.upper, subject.delta);
                    let so_far = if self.stop.is_some() { "so far, " } else { "" };
                    parts.push(format!(
                        "{so_far}largest change of {quantity} for {moving}: between {least} and {most} (line {line})"
                    ));
                }
                if class_count(subject.network) > 1 {
                    let (possible, impossible) = (self.change_possible, self.change_impossible);
                    let open = self.rows - possible - impossible;
                    parts.push(format!(
                        "{noun} change possible at {possible}, impossible at {impossible}, undecided at {open}"
                    ));
                }
                if let Some(threshold) = threshold {
                    let (robust, violated) = (self.robust, self.violated);
                    parts.push(format!(
                        "more than {} at {violated}, never at {robust}, undecided at {open}",
                        exact(threshold)
                    ));
                }
                format!("{inputs}: {}", parts.join("; "))
            }
            Aim::ClassChange { .. } => format!(
                "{inputs}: {moving} can change the {noun} at {}, cannot at {}; undecided at {open}",
                self.violated, self.robust
            ),
        }
    }
}

/// That inputs were not looked at.
pub(super) fn left(stop: StopReason, inputs: u64) -> Field {
    let text = format!("{}: {} not looked at", super::words::unanswered(stop), count(inputs, "input", "inputs"));
    Field::new("left out", text, Members::new())
}

/// What all rows cost.
pub(super) fn effort(stop: Option<StopReason>, boxes: u64, seconds: f64) -> Field {
    let statistics = deltasat::search::Statistics { boxes, seconds, ..Default::default() };
    Field::effort(stop.unwrap_or(StopReason::Complete), &statistics)
}
