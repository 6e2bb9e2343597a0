//! Reports about many inputs: a line per input as it is found, and a summary of all.
//!
//! Rows carry no witnesses; who wants one asks about that input alone.

use super::number::{fixed_lower, fixed_upper, json_exact, json_lower, json_upper, sides};
use super::value::Members;
use super::words::{assigned_names, assigned_noun, assigned_title};
use super::{Aim, Outcome, Subject, class_change_name, json, stop_name};
use crate::encode::class_count;
use crate::robustness::{Answer, ClassChange, Finding};
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use serde::Serialize;
use serde_json::value::RawValue;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Characters of a number with the fixed digits of a table and an integer digit.
const NUMBER: usize = 8;

/// Which columns a table has and how wide they are.
#[derive(Clone, Debug)]
pub struct Layout {
    /// width of the line numbers
    line: usize,
    /// width of each input
    inputs: Vec<usize>,
    /// width of the class names
    class: usize,
    /// whether the rows have bounds, or only answers
    bounds: bool,
    /// whether there is a yes/no question
    answers: bool,
    /// whether there are classes that can change
    changes: bool,
}

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

impl Layout {
    /// The layout for rows up to `last_line` whose inputs are written with at most so many characters each.
    pub fn new(subject: &Subject<'_>, last_line: u64, widths: &[usize]) -> Layout {
        let network = subject.network;
        let columns = network.input().names().iter().zip(widths);
        let class = network.classes().iter().map(|c| c.chars().count()).max().unwrap_or(0);
        Layout {
            line: last_line.to_string().len().max("line".len()),
            inputs: columns.map(|(name, &width)| name.chars().count().max(width)).collect(),
            class: class.max(assigned_title(network).len()),
            bounds: matches!(subject.aim, Aim::Deviation { .. }),
            answers: !matches!(subject.aim, Aim::Deviation { threshold: None, .. }),
            changes: class_count(network) > 1,
        }
    }

    /// The titles of the columns, with a line end.
    pub fn header(&self, subject: &Subject<'_>) -> String {
        let mut text = format!("{:>width$}", "line", width = self.line);
        for (name, width) in subject.network.input().names().iter().zip(&self.inputs) {
            let _ = write!(text, "  {name:>width$}");
        }
        let _ = write!(text, "  {:<width$}", assigned_title(subject.network), width = self.class);
        if self.bounds {
            let change = if self.changes { "class change" } else { "" };
            let _ = write!(text, "  {:>NUMBER$}  {:>NUMBER$}  {change}", "lower", "upper");
        }
        if self.answers {
            text.push_str("  answer");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }

    /// Writes one row, with a line end.
    pub fn row(&self, subject: &Subject<'_>, line: u64, fields: &[&str], finding: &Finding, text: &mut String) {
        let _ = write!(text, "{line:>width$}", width = self.line);
        for (field, width) in fields.iter().zip(&self.inputs) {
            let _ = write!(text, "  {field:>width$}");
        }
        let class = assigned_names(subject.network, &finding.assigned);
        let _ = write!(text, "  {class:<width$}", width = self.class);
        if self.bounds {
            let mut number = String::new();
            fixed_lower(finding.lower, &mut number);
            let _ = write!(text, "  {number:>NUMBER$}");
            number.clear();
            fixed_upper(finding.upper, &mut number);
            let _ = write!(text, "  {number:>NUMBER$}");
            let change = finding.class_change.map_or("", class_change_name);
            if self.answers {
                let _ = write!(text, "  {change:<12}");
            } else {
                let _ = write!(text, "  {change}");
            }
        }
        if self.answers {
            let interrupted = finding.answer == Answer::Timeout && finding.stop == StopReason::Interrupted;
            let answer = if interrupted { "interrupted" } else { Outcome::of(finding, subject.delta).name() };
            let _ = write!(text, "  {answer}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
}

/// Writes one row as a JSON object, without a line end.
pub fn json_row(
    subject: &Subject<'_>,
    line: u64,
    input: &[Rational],
    finding: &Finding,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Row {
        line: u64,
        input: Vec<Box<RawValue>>,
        #[serde(flatten)]
        assigned: Members,
        answer: &'static str,
        lower: Box<RawValue>,
        upper: Box<RawValue>,
        class_change: Option<&'static str>,
        stop: &'static str,
        boxes: u64,
    }
    let assigned = json::assigned(subject.network, &finding.assigned);
    let row = Row {
        line,
        input: input.iter().map(json_exact).collect(),
        assigned,
        answer: Outcome::of(finding, subject.delta).name(),
        lower: json_lower(finding.lower),
        upper: json_upper(finding.upper),
        class_change: finding.class_change.map(class_change_name),
        stop: stop_name(finding.stop),
        boxes: finding.statistics.boxes,
    };
    Ok(serde_json::to_writer(out, &row)?)
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

    /// Writes the summary as text.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, subject: &Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
        let inputs = super::words::count(self.rows, "input", "inputs");
        let mut parts = Vec::new();
        if matches!(subject.aim, Aim::Deviation { .. })
            && let Some((largest, line)) = self.largest
        {
            let bounds = sides(largest, self.upper, subject.delta);
            let among = if self.stop.is_some() { " so far" } else { "" };
            parts.push(format!("largest deviation{among} in {bounds} (line {line})"));
            let open = self.rows - self.change_possible - self.change_impossible;
            if class_count(subject.network) > 1 {
                let noun = assigned_noun(subject.network);
                parts.push(format!(
                    "{noun} change possible at {}, impossible at {}, open at {open}",
                    self.change_possible, self.change_impossible
                ));
            }
        }
        if !matches!(subject.aim, Aim::Deviation { threshold: None, .. }) {
            let open = self.unknown + self.timeout;
            parts.push(format!("{} robust, {} violated, {open} open", self.robust, self.violated));
        }
        writeln!(out, "{inputs}: {}", parts.join("; "))?;
        if let Some(stop) = self.stop {
            let left = super::words::count(self.inputs - self.rows, "input", "inputs");
            let why = if stop == StopReason::Interrupted { "interrupted" } else { "out of time" };
            writeln!(out, "{why}: {left} not looked at")?;
        }
        let boxes = super::words::count(self.boxes, "box", "boxes");
        writeln!(out, "  {:<12}  {boxes} in {:.4} s", "search", self.seconds)
    }

    /// Writes the start of the JSON document, up to the first row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json_start(subject: &Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
        let asked = serde_json::to_string(&json::asked(subject))?;
        write!(out, "{},\"rows\":[", &asked[..asked.len() - 1])
    }

    /// Writes the end of the JSON document, after the last row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json_end(&self, subject: &Subject<'_>, out: &mut dyn Write) -> io::Result<()> {
        #[derive(Serialize)]
        struct Counts {
            inputs: u64,
            rows: u64,
            robust: u64,
            violated: u64,
            unknown: u64,
            timeout: u64,
            class_change_possible: u64,
            class_change_impossible: u64,
            line_of_largest: Option<u64>,
        }
        #[derive(Serialize)]
        struct End {
            answer: &'static str,
            bounds_of: &'static str,
            lower: Box<RawValue>,
            upper: Box<RawValue>,
            summary: Counts,
            stop: &'static str,
            boxes: u64,
            seconds: f64,
        }
        let end = End {
            answer: self.outcome(subject).name(),
            bounds_of: "largest of all rows",
            lower: json_lower(self.largest.map_or(f64::NEG_INFINITY, |(largest, _)| largest)),
            upper: json_upper(if self.rows == self.inputs { self.upper } else { f64::INFINITY }),
            summary: Counts {
                inputs: self.inputs,
                rows: self.rows,
                robust: self.robust,
                violated: self.violated,
                unknown: self.unknown,
                timeout: self.timeout,
                class_change_possible: self.change_possible,
                class_change_impossible: self.change_impossible,
                line_of_largest: self.largest.map(|(_, line)| line),
            },
            stop: stop_name(self.stop.unwrap_or(StopReason::Complete)),
            boxes: self.boxes,
            seconds: self.seconds,
        };
        let end = serde_json::to_string(&end)?;
        writeln!(out, "\n],{}", &end[1..])
    }
}
