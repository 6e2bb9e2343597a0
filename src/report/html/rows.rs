//! The page of a table: many inputs, each asked about by itself.
//!
//! Rows are handed over as they are found. The page shows all of up to [`ROWS`]; of more it keeps those that matter most:
//! first the ones with a counterexample, then the open ones, then by lower bound.

use super::confidence;
use super::finding::{assumptions_of_rows, change_name, effort, map_section, map_title, moving, title};
use super::table::{Cell, Column, ROWS, Table};
use super::{Page, Reproduce, Section, Verdict};
use crate::encode::class_count;
use crate::report::number::{between, exact};
use crate::report::svg::map::{Map, Mark, Point};
use crate::report::table::Summary;
use crate::report::words::{assigned_names, assigned_noun, assigned_title, count, moving as moving_words, quantity};
use crate::report::{Aim, Outcome, Scope, Subject};
use crate::robustness::{ClassChange, Finding};
use deltasat::exact::{Rational, rational};
use deltasat::search::{Statistics, StopReason};

/// The most inputs of a row that are shown.
const INPUTS: usize = 8;

/// The rows of a page.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// all rows as points of a map
    points: Vec<Point>,
    /// how many rows there were
    count: u64,
    /// the gap that was aimed at
    delta: f64,
}

/// One row.
#[derive(Clone, Debug)]
struct Row {
    line: u64,
    /// the first inputs as they were written
    fields: Vec<String>,
    /// the classes that may be assigned
    assigned: Vec<usize>,
    outcome: Outcome,
    lower: f64,
    upper: f64,
    change: Option<ClassChange>,
}

impl Row {
    /// How much it matters, the most important first.
    fn rank(&self) -> (u8, std::cmp::Reverse<u64>, u64) {
        let matters = match (self.outcome, self.change) {
            (Outcome::Violated, _) => 0,
            (Outcome::Unknown | Outcome::Timeout, _) => 1,
            (_, Some(ClassChange::Possible)) => 2,
            _ => 3,
        };
        // the order of doubles as that of integers
        let bits = self.lower.to_bits();
        let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
        (matters, std::cmp::Reverse(ordered), self.line)
    }
}

impl Rows {
    /// No rows yet, for a question with this δ.
    pub fn new(delta: f64) -> Self {
        Rows { delta, ..Rows::default() }
    }

    /// Takes in a row; `fields` are its inputs as they are written in the file.
    pub fn add(&mut self, line: u64, fields: &[&str], input: &[Rational], finding: &Finding) {
        self.count += 1;
        if let ([x, y], Some(change)) = (input, finding.class_change) {
            let mark = match change {
                ClassChange::Impossible => Mark::Never,
                ClassChange::Possible => Mark::Can,
                ClassChange::Unknown => Mark::Open,
            };
            let at = [rational::nearest_f64(x), rational::nearest_f64(y)];
            self.points.push(Point { at, mark, label: format!("line {line}: {}", fields.join(", ")) });
        }
        self.rows.push(Row {
            line,
            fields: fields.iter().take(INPUTS).map(|field| (*field).to_owned()).collect(),
            assigned: finding.assigned.clone(),
            outcome: Outcome::of(finding, self.delta),
            lower: finding.lower,
            upper: finding.upper,
            change: finding.class_change,
        });
        if self.rows.len() >= 4 * ROWS {
            self.cut();
        }
    }

    /// Keeps the rows that are shown, in the order of the file.
    fn cut(&mut self) {
        if self.rows.len() > ROWS {
            self.rows.sort_by_key(Row::rank);
            self.rows.truncate(ROWS);
        }
        self.rows.sort_by_key(|row| row.line);
    }

    /// The page.
    pub fn page(&mut self, subject: &Subject<'_>, summary: &Summary, reproduce: Reproduce) -> Page {
        self.cut();
        let statistics = Statistics { boxes: summary.boxes, seconds: summary.seconds, ..Statistics::default() };
        let stop = summary.stop.unwrap_or(StopReason::Complete);
        let numbers = Section::new("The answer in numbers").table(totals(subject, summary)).definitions(effort(
            stop,
            &statistics,
            Some(subject.delta),
        ));
        let sections = map_section(self.map(subject)).into_iter().chain([numbers, self.section(subject)]);
        Page {
            title: title(subject, ""),
            verdict: verdict(subject, summary),
            assumptions: assumptions_of_rows(subject.network, &moving(subject, true), "Each row of the file by itself"),
            sections: sections.collect(),
            reproduce,
        }
    }

    /// The map of a network of two inputs, with the rows as points.
    pub fn map(&mut self, subject: &Subject<'_>) -> Option<Map> {
        let network = subject.network;
        let mut plane = confidence::plane(network, Scope::Local(&[]))?;
        let places = self.points.iter().map(|point| point.at);
        if network.input().domain().is_none()
            && let Some(first) = places.clone().next()
        {
            plane = first.map(|x| (x, x));
        }
        for at in places {
            for (range, x) in plane.iter_mut().zip(at) {
                *range = (range.0.min(x), range.1.max(x));
            }
        }
        let mut map = confidence::map(network, plane, map_title(network))?;
        map.points.clone_from(&self.points);
        Some(map)
    }

    fn section(&self, subject: &Subject<'_>) -> Section {
        let network = subject.network;
        let bounds = matches!(subject.aim, Aim::Deviation { .. });
        let answers = !matches!(subject.aim, Aim::Deviation { threshold: None, .. });
        let mut columns = vec![Column::number("line")];
        columns.extend(network.input().names().iter().take(INPUTS).map(Column::number));
        let changes = class_count(network) > 1;
        columns.push(Column::text(assigned_title(network)));
        if bounds {
            columns.extend([Column::number("witness: at least"), Column::number("proved: at most")]);
        }
        if changes {
            columns.push(Column::text("class change"));
        }
        if answers {
            columns.push(Column::text("answer"));
        }
        let cells = self.rows.iter().map(|row| {
            let mut cells = vec![Cell::count(row.line)];
            cells.extend(row.fields.iter().map(|field| {
                let value = rational::parse(field).map_or(f64::NAN, |value| rational::nearest_f64(&value));
                Cell::keyed(field, value)
            }));
            cells.push(Cell::text(assigned_names(network, &row.assigned)));
            if bounds {
                cells.extend([Cell::lower(row.lower), Cell::upper(row.upper)]);
            }
            if changes {
                cells.push(Cell::text(change_name(row.change)));
            }
            if answers {
                cells.push(Cell::text(super::bits::answer(row.outcome)));
            }
            cells
        });
        let rows: Vec<Vec<Cell>> = cells.collect();
        let mut note = Vec::new();
        if self.count > self.rows.len() as u64 {
            let shown = self.rows.len();
            note.push(format!(
                "{shown} of {} rows: those with a counterexample, then open ones, then by the deviation. --json lists all.",
                self.count
            ));
        }
        if network.input().count() > INPUTS {
            note.push(format!("The first {INPUTS} of {} inputs.", network.input().count()));
        }
        let caption = "One row per input".to_owned();
        Section::new("All inputs").table(Table { caption, columns, rows, note: note.join(" "), low: true })
    }
}

/// How many rows have which answer.
fn totals(subject: &Subject<'_>, summary: &Summary) -> Table {
    let mut rows = vec![vec![Cell::text("inputs looked at"), Cell::count(summary.rows)]];
    let mut add = |name: &str, n: u64| rows.push(vec![Cell::text(name), Cell::count(n)]);
    if !matches!(subject.aim, Aim::Deviation { threshold: None, .. }) {
        add("✔ proved", summary.robust);
        add("✘ violated", summary.violated);
        add("? open", summary.unknown + summary.timeout);
    }
    if class_count(subject.network) > 1 {
        add("class change ✔ impossible", summary.change_impossible);
        add("class change ✘ possible", summary.change_possible);
        add("class change ? open", summary.rows.saturating_sub(summary.change_impossible + summary.change_possible));
    }
    let columns = vec![Column::text("what"), Column::number("inputs")];
    Table { caption: "How many inputs".to_owned(), columns, rows, ..Table::default() }
}

fn verdict(subject: &Subject<'_>, summary: &Summary) -> Verdict {
    let inputs = count(summary.rows, "input", "inputs");
    let moving = moving_words(subject.perturbation);
    let outcome = summary.outcome(subject);
    let left = match summary.inputs.saturating_sub(summary.rows) {
        0 => String::new(),
        left => format!("; {} not looked at", count(left, "input", "inputs")),
    };
    let sentence = match &subject.aim {
        Aim::Deviation { choice, threshold: None } => match summary.largest {
            Some((largest, line)) => {
                let quantity = quantity(subject, *choice, &[]);
                let [least, most] = between(largest, summary.upper, subject.delta);
                format!(
                    "of {inputs}, {moving} move {quantity} by at most {most}, and by at least {least} at line {line}{left}."
                )
            }
            None => format!("no input was looked at{left}."),
        },
        Aim::Deviation { choice, threshold: Some(threshold) } => format!(
            "{moving} can move {} by more than {} at {} of {inputs}, and cannot at {}{left}.",
            quantity(subject, *choice, &[]),
            exact(threshold),
            summary.violated,
            summary.robust
        ),
        Aim::ClassChange { .. } => format!(
            "{moving} can change the {} at {} of {inputs}, and cannot at {}{left}.",
            assigned_noun(subject.network),
            summary.violated,
            summary.robust
        ),
    };
    let meaning = "Each input is answered by itself: what is called proved holds for all choices of parameters within the \
                   perturbation, and where a change is called possible some parameters within it certainly do it. For such \
                   parameters in full, ask about that input alone.";
    Verdict { outcome, sentence, meaning: meaning.to_owned() }
}
