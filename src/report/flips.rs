//! Reports about flips: a line per input as it is found, and a summary with the worst accuracy that any parameters in the
//! box can cause.
//!
//! Shares of inputs are exact fractions: those of bounds are rounded in the direction that keeps them bounds, and the
//! counts stand beside them.

use super::json::{self, SCHEMA};
use super::number::json_exact;
use super::share::{Share, percent};
use super::value::{Members, Value};
use super::words::{assigned_names, assigned_title, count, moving};
use super::{Outcome, stop_name};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::perturbation::quantise::Rounding;
use crate::robustness::flips::{Correct, Fate, Flip, Open};
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// The most inputs whose values text shows.
const SHOWN: usize = 4;

/// What is asked, and how a table of it looks.
#[derive(Clone, Debug)]
pub struct Layout<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// whether the inputs have labels
    pub labels: bool,
    /// whether there is a rounded network
    pub rounded: bool,
    /// width of the line numbers
    line: usize,
    /// width of each input that is shown
    inputs: Vec<usize>,
    /// width of the class names
    class: usize,
}

/// What a table found.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// rows in the file
    pub inputs: u64,
    /// rows that were looked at
    pub rows: u64,
    /// rows whose class never changes
    pub never: u64,
    /// rows whose class can change
    pub can: u64,
    /// open rows: stopped early, too close to call, only between the numbers of a format
    pub open: [u64; 3],
    /// rows whose class the rounded network changes
    pub rounded_flips: u64,
    /// rows at which it cannot be told whether it does
    pub rounded_open: u64,
    /// rows that the trained network classifies correctly
    pub trained_right: u64,
    /// rows at which exact evaluation cannot tell whether it does
    pub trained_right_open: u64,
    /// rows that the rounded network classifies correctly
    pub rounded_right: u64,
    /// rows at which exact evaluation cannot tell whether it does
    pub rounded_right_open: u64,
    /// rows that every network classifies correctly
    pub always_right: u64,
    /// rows that some network surely does not
    pub not_always_right: u64,
    /// boxes of all searches
    pub boxes: u64,
    /// why the table ends where it does
    pub stop: Option<StopReason>,
    /// wall-clock time
    pub seconds: f64,
}

/// The words for why a row is open.
fn why(open: Open) -> &'static str {
    match open {
        Open::Stopped(StopReason::Interrupted) => "interrupted",
        Open::Stopped(StopReason::Memory) => "out of memory",
        Open::Stopped(StopReason::Boxes) => "limit of boxes reached",
        Open::Stopped(StopReason::Unsplittable) => "boxes left that doubles cannot split",
        Open::Stopped(_) => "out of time",
        Open::Close => "too close to call",
        Open::Between => "only between numbers of the format",
    }
}

/// The word for an open row in JSON.
fn reason(open: Open) -> &'static str {
    match open {
        Open::Stopped(stop) => stop_name(stop),
        Open::Close => "close",
        Open::Between => "between",
    }
}

impl<'a> Layout<'a> {
    /// The layout for rows up to `last_line` whose inputs are written with at most so many characters each.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        (labels, rounded): (bool, bool),
        last_line: u64,
        widths: &[usize],
    ) -> Self {
        let class = network.classes().iter().map(|c| c.chars().count()).max().unwrap_or(0);
        let shown = if widths.len() <= SHOWN { widths.len() } else { 0 };
        let columns = network.input().names().iter().zip(widths).take(shown);
        Layout {
            network,
            perturbation,
            labels,
            rounded,
            line: last_line.to_string().len().max("line".len()),
            inputs: columns.map(|(name, &width)| name.chars().count().max(width)).collect(),
            class: class.max("rounded".len()),
        }
    }

    fn class(&self, index: usize) -> &'a str {
        &self.network.classes()[index]
    }

    /// The titles of the columns, with a line end.
    pub fn header(&self) -> String {
        let mut text = format!("{:>width$}", "line", width = self.line);
        for (name, width) in self.network.input().names().iter().zip(&self.inputs) {
            text.push_str(&format!("  {name:>width$}"));
        }
        let titles = [("label", self.labels), (assigned_title(self.network), true), ("rounded", self.rounded)];
        for (title, _) in titles.iter().filter(|(_, shown)| *shown) {
            text.push_str(&format!("  {title:<width$}", width = self.class));
        }
        text + "  flips\n"
    }

    /// One row, with a line end.
    pub fn row(&self, line: u64, fields: &[&str], label: Option<usize>, flip: &Flip) -> String {
        let mut text = format!("{line:>width$}", width = self.line);
        for (field, width) in fields.iter().zip(&self.inputs) {
            text.push_str(&format!("  {field:>width$}"));
        }
        let name = |class: Option<usize>| class.map_or("?", |class| self.class(class)).to_owned();
        let rounded = self.rounded.then(|| name(flip.rounded));
        let assigned = assigned_names(self.network, &flip.assigned);
        for class in [label.map(|label| name(Some(label))), Some(assigned), rounded].iter().flatten() {
            text.push_str(&format!("  {class:<width$}", width = self.class));
        }
        let fate = match flip.fate {
            Fate::Never => "never".to_owned(),
            Fate::Can { to: Some(to) } => format!("can, to {}", self.class(to)),
            Fate::Can { to: None } => "can".to_owned(),
            Fate::Open(open) => format!("open: {}", why(open)),
        };
        text + "  " + &fate + "\n"
    }

    /// One row as a JSON object, without a line end.
    pub fn json_row(&self, line: u64, input: &[Rational], label: Option<usize>, flip: &Flip, out: &mut Vec<u8>) {
        let (fate, to, open) = match flip.fate {
            Fate::Never => ("never", None, None),
            Fate::Can { to } => ("can", to.map(|to| self.class(to)), None),
            Fate::Open(open) => ("open", None, Some(reason(open))),
        };
        let assigned = json::assigned(self.network, &flip.assigned);
        let row = Row {
            line,
            input: input.iter().map(json_exact).collect(),
            label: label.map(|label| self.class(label)),
            assigned,
            rounded: flip.rounded.map(|class| self.class(class)),
            flips: fate,
            to,
            open,
            correct: flip.correct.map(|correct| match correct {
                Correct::Always => "always",
                Correct::NotAlways => "not always",
                Correct::Open => "open",
            }),
            boxes: flip.boxes,
        };
        // writing to memory cannot fail
        let _ = serde_json::to_writer(out, &row);
    }

    /// Writes the start of the JSON document, up to the first row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json_start(&self, out: &mut dyn Write) -> io::Result<()> {
        let start = Start {
            schema: SCHEMA,
            model: self.network.name(),
            question: "flips",
            perturbation: json::perturbation(self.perturbation),
        };
        let start = serde_json::to_string(&start)?;
        write!(out, "{},\"rows\":[", &start[..start.len() - 1])
    }

    /// How the rounded network came about.
    fn rounding(&self) -> &'static str {
        use crate::perturbation::Magnitude;
        match self.perturbation.magnitude() {
            Magnitude::Quantised(quantised) if quantised.scheme().rounding == Rounding::Truncate => "truncated",
            _ => "rounded to the nearest",
        }
    }
}

impl Summary {
    /// Counts a row.
    pub fn add(&mut self, label: Option<usize>, flip: &Flip) {
        self.rows += 1;
        self.boxes += flip.boxes;
        match flip.fate {
            Fate::Never => self.never += 1,
            Fate::Can { .. } => self.can += 1,
            // what doubles cannot split stays so however long it takes
            Fate::Open(Open::Close | Open::Stopped(StopReason::Unsplittable)) => self.open[1] += 1,
            Fate::Open(Open::Stopped(_)) => self.open[0] += 1,
            Fate::Open(Open::Between) => self.open[2] += 1,
        }
        let counted = |yes: bool| u64::from(yes);
        let (sure, assigned) = (flip.assigned.len() == 1, &flip.assigned);
        let may_be = |class: usize| assigned.contains(&class);
        self.rounded_flips += counted(flip.rounded.is_some_and(|class| !may_be(class)));
        self.rounded_open += counted(flip.rounded.is_none_or(|class| !sure && may_be(class)));
        self.trained_right += counted(sure && label.is_some_and(may_be));
        self.trained_right_open += counted(!sure && label.is_some_and(may_be));
        self.rounded_right += counted(label.is_some() && label == flip.rounded);
        self.rounded_right_open += counted(label.is_some() && flip.rounded.is_none());
        self.always_right += counted(flip.correct == Some(Correct::Always));
        self.not_always_right += counted(flip.correct == Some(Correct::NotAlways));
    }

    /// The outcome of the whole: violated if a row can flip, else out of time, else unknown if a row is open.
    pub fn outcome(&self) -> Outcome {
        if self.can > 0 {
            Outcome::Violated
        } else if self.open[0] > 0 || self.stop.is_some() {
            Outcome::Timeout
        } else if self.open.iter().any(|&rows| rows > 0) {
            Outcome::Unknown
        } else {
            Outcome::Robust
        }
    }

    /// The shares of inputs that every network classifies correctly: surely, and at most.
    fn worst(&self) -> (Share, Share) {
        let of = self.inputs;
        (Share { rows: self.always_right, of }, Share { rows: of - self.not_always_right, of })
    }

    /// Writes the summary as text.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, layout: &Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence(layout))?;
        if let Some(stop) = self.stop {
            let left = count(self.inputs - self.rows, "input", "inputs");
            writeln!(out, "{}: {left} not looked at", why(Open::Stopped(stop)))?;
        }
        for (name, value) in self.lines(layout) {
            writeln!(out, "  {name:<12}  {value}")?;
        }
        let boxes = count(self.boxes, "box", "boxes");
        writeln!(out, "  {:<12}  {boxes} in {:.4} s", "search", self.seconds)
    }

    /// An accuracy over the rows that were looked at.
    fn accuracy(&self, right: u64, open: u64) -> String {
        let of = self.rows;
        if open == 0 {
            return Share { rows: right, of }.exact();
        }
        let (least, most) = (Share { rows: right, of }, Share { rows: right + open, of });
        let (low, high) = (percent(least.hundredths(false)), percent(most.hundredths(true)));
        format!("[{low}, {high}] ({right} of {of} right, {open} open)")
    }

    /// The answer in one sentence.
    pub(super) fn sentence(&self, layout: &Layout<'_>) -> String {
        let inputs = count(self.rows, "input", "inputs");
        let moving = moving(layout.perturbation);
        let open: u64 = self.open.iter().sum();
        format!("{inputs}: {moving} never flip {}, can flip {}; {open} open", self.never, self.can)
    }

    /// What else there is to say, by name.
    pub(super) fn lines(&self, layout: &Layout<'_>) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if layout.rounded {
            let flips = count(self.rounded_flips, "input", "inputs");
            let open = if self.rounded_open > 0 { format!("; {} open", self.rounded_open) } else { String::new() };
            lines.push(("rounded", format!("the network {} flips {flips}{open}", layout.rounding())));
        }
        if layout.labels && self.rows > 0 {
            let mut parts = vec![format!("as trained {}", self.accuracy(self.trained_right, self.trained_right_open))];
            if layout.rounded {
                let rounded = self.accuracy(self.rounded_right, self.rounded_right_open);
                parts.push(format!("{} {rounded}", layout.rounding()));
            }
            lines.push(("accuracy", parts.join(", ")));
            let (least, most) = self.worst();
            let (low, high) = (least.hundredths(false), most.hundredths(true));
            let (always, not) = (self.always_right, self.not_always_right);
            let worst = if always + not == self.inputs {
                least.exact()
            } else {
                format!("[{}, {}]: {always} always right, {not} not", percent(low), percent(high))
            };
            lines.push(("worst case", worst));
        }
        lines
    }

    /// Writes the end of the JSON document, after the last row.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json_end(&self, layout: &Layout<'_>, out: &mut dyn Write) -> io::Result<()> {
        let (least, most) = self.worst();
        let rounded = |rows: u64| layout.rounded.then_some(rows);
        let end = End {
            answer: self.outcome().name(),
            summary: Counts {
                inputs: self.inputs,
                rows: self.rows,
                never: self.never,
                can: self.can,
                open: self.open.iter().sum(),
                open_stopped: self.open[0],
                open_close: self.open[1],
                open_between: self.open[2],
                rounded_flips: rounded(self.rounded_flips),
                trained_right: layout.labels.then_some(self.trained_right),
                trained_right_open: Some(self.trained_right_open).filter(|&rows| rows > 0),
                rounded_right: rounded(self.rounded_right).filter(|_| layout.labels),
                always_right: layout.labels.then_some(self.always_right),
                not_always_right: layout.labels.then_some(self.not_always_right),
            },
            worst_accuracy: layout.labels.then(|| [least.json(false), most.json(true)]),
            stop: stop_name(self.stop.unwrap_or(StopReason::Complete)),
            boxes: self.boxes,
            seconds: self.seconds,
        };
        writeln!(out, "\n],{}", &serde_json::to_string(&end)?[1..])
    }
}

#[derive(Serialize)]
struct Start<'a> {
    schema: u32,
    model: &'a str,
    question: &'static str,
    perturbation: Value,
}

#[derive(Serialize)]
struct Row<'a> {
    line: u64,
    input: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(flatten)]
    assigned: Members,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounded: Option<&'a str>,
    flips: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correct: Option<&'static str>,
    boxes: u64,
}

#[derive(Serialize)]
struct Counts {
    inputs: u64,
    rows: u64,
    never: u64,
    can: u64,
    open: u64,
    open_stopped: u64,
    open_close: u64,
    open_between: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounded_flips: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trained_right: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trained_right_open: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounded_right: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    always_right: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_always_right: Option<u64>,
}

#[derive(Serialize)]
struct End {
    answer: &'static str,
    summary: Counts,
    #[serde(skip_serializing_if = "Option::is_none")]
    worst_accuracy: Option<[Box<RawValue>; 2]>,
    stop: &'static str,
    boxes: u64,
    seconds: f64,
}
