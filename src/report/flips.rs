//! The report about flips: a row per input as it is found, and a summary with the worst accuracy that any parameters in the
//! box can cause.
//!
//! Shares of inputs are exact fractions: those of bounds are rounded in the direction that keeps them bounds, and the
//! counts stand beside them.

use super::cell::Cell;
use super::json::{self, SCHEMA};
use super::model::{Column, Field, Part, Report, Row};
use super::share::{Share, percent};
use super::stream::{self, Kept, Stream};
use super::svg::map::{Mark, Point};
use super::table::{self, class_column};
use super::value::{Members, Value};
use super::words::{assigned_names, assigned_title, capital, count, moving};
use super::{Outcome, assumed, stop_name};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::perturbation::quantise::Rounding;
use crate::robustness::flips::{Correct, Fate, Flip, Open};
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// whether the inputs have labels
    pub labels: bool,
    /// whether there is a rounded network
    pub rounded: bool,
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
        Open::Stopped(StopReason::Boxes) => "limit on boxes reached",
        Open::Stopped(StopReason::Unsplittable) => "some boxes are too narrow to split in double precision",
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

impl<'a> Question<'a> {
    fn class(&self, index: usize) -> &'a str {
        &self.network.classes()[index]
    }

    /// How rows up to `last_line` look whose inputs are written with at most so many characters each.
    pub fn stream(&self, json: bool, last_line: u64, widths: &[usize]) -> Stream {
        let mut columns = vec![Column::number("line").wide(last_line.to_string().len().max("line".len()))];
        columns.extend(stream::inputs(self.network, widths));
        let titles = [("label", self.labels), (assigned_title(self.network), true), ("rounded", self.rounded)];
        let shown = titles.iter().filter(|(_, shown)| *shown);
        columns.extend(shown.map(|(title, _)| class_column(self.network.classes(), title)));
        columns.push(Column::text("flips"));
        let asked = Members::new()
            .with("schema", SCHEMA)
            .with("model", self.network.name())
            .with("question", "flips")
            .with("perturbation", json::perturbation(self.perturbation));
        Stream { asked, columns, json }
    }

    /// One row; `fields` are its inputs as the file has them.
    pub fn row(
        &self,
        stream: &Stream,
        (line, label): (u64, Option<usize>),
        fields: &[&str],
        input: &[Rational],
        flip: &Flip,
    ) -> Row {
        let mut cells = table::start(line, fields, &stream.columns, input.len());
        let rounded = self.rounded.then(|| flip.rounded.map_or("?", |class| self.class(class)).to_owned());
        let label_name = label.map(|label| self.class(label));
        let assigned = assigned_names(self.network, &flip.assigned);
        cells.extend([label_name.map(str::to_owned), Some(assigned), rounded].into_iter().flatten().map(Cell::text));
        let (fate, to, open) = match flip.fate {
            Fate::Never => ("never", None, None),
            Fate::Can { to } => ("can", to.map(|to| self.class(to)), None),
            Fate::Open(open) => ("open", None, Some(open)),
        };
        cells.push(Cell::text(match (to, open) {
            (Some(to), _) => format!("can, to {to}"),
            (_, Some(open)) => format!("open: {}", why(open)),
            _ => fate.to_owned(),
        }));
        let data = Members::new()
            .with("line", line)
            .with("input", Value::point(input))
            .maybe("label", label_name)
            .and(json::assigned(self.network, &flip.assigned))
            .maybe("rounded", flip.rounded.map(|class| self.class(class)))
            .with("flips", fate)
            .maybe("to", to)
            .maybe("open", open.map(reason))
            .maybe(
                "correct",
                flip.correct.map(|correct| match correct {
                    Correct::Always => "always",
                    Correct::NotAlways => "not always",
                    Correct::Open => "open",
                }),
            )
            .with("boxes", flip.boxes);
        let matters = ["can", "open", "never"].iter().position(|known| *known == fate).unwrap_or(0) as u8;
        Row { cells, data: data.into(), matters, size: 0.0 }
    }

    /// Where a row is on a map.
    pub fn point(&self, line: u64, input: &[Rational], flip: &Flip) -> Option<Point> {
        let [x, y] = input else { return None };
        let mark = match flip.fate {
            Fate::Never => Mark::Never,
            Fate::Can { .. } => Mark::Can,
            Fate::Open(_) => Mark::Open,
        };
        Some(Point { at: [rational::nearest_f64(x), rational::nearest_f64(y)], mark, label: format!("line {line}") })
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

/// Both sides of the accuracy in the worst case, as JSON has them: so many inputs are right whatever the parameters do, and
/// so many are not.
pub fn worst_accuracy(right: u64, wrong: u64, inputs: u64) -> Value {
    let share = |rows| Share { rows, of: inputs };
    Value::List(vec![share(right).json(false), share(inputs - wrong).json(true)])
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

    /// What there is to say about all rows.
    pub fn report<'a>(&self, question: &'a Question<'a>, stream: &Stream, kept: &'a Kept) -> Report<'a> {
        let outcome = self.outcome();
        let rounded = |rows: u64| question.rounded.then_some(rows);
        let labelled = |rows: u64| question.labels.then_some(rows);
        let counts = Members::new()
            .with("inputs", self.inputs)
            .with("rows", self.rows)
            .with("never", self.never)
            .with("can", self.can)
            .with("open", self.open.iter().sum::<u64>())
            .with("open_stopped", self.open[0])
            .with("open_close", self.open[1])
            .with("open_between", self.open[2])
            .maybe("rounded_flips", rounded(self.rounded_flips))
            .maybe("trained_right", labelled(self.trained_right))
            .maybe("trained_right_open", Some(self.trained_right_open).filter(|&rows| rows > 0))
            .maybe("rounded_right", rounded(self.rounded_right).filter(|_| question.labels))
            .maybe("always_right", labelled(self.always_right))
            .maybe("not_always_right", labelled(self.not_always_right));
        let worst = question.labels.then(|| worst_accuracy(self.always_right, self.not_always_right, self.inputs));
        let data = Members::new().with("summary", counts).maybe("worst_accuracy", worst);
        let mut parts: Vec<Part> = vec![Field::said(data).into()];
        if let Some(stop) = self.stop {
            parts.push(table::left(stop, self.inputs - self.rows).into());
        }
        let lines = self.lines(question).into_iter();
        parts.extend(lines.map(|(name, value)| Field::new(name, value, Members::new()).into()));
        parts.push(table::effort(self.stop, self.boxes, self.seconds).into());
        parts.push(kept.table(stream).into());
        let moving = format!("{}, each on its own", capital(&moving(question.perturbation)));
        Report {
            asked: stream.asked.clone(),
            title: format!("{}: which inputs can flip?", question.network.name()),
            outcome,
            answer: Some(outcome.name()),
            sentence: self.sentence(question),
            meaning: "An input that never flips keeps its class for all choices of parameters in question: that is proved. For one \
                      that can flip, some choice of them certainly gives it another class. Open is neither, and no sign of safety."
                .to_owned(),
            assumptions: assumed::terms_of_rows(
                question.network,
                &moving,
                "Each row of the file, or each held-out point, by itself",
            ),
            parts,
            pictures: vec![Box::new(|| Some(kept.on(question.network)?.draw()))],
        }
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
    fn sentence(&self, question: &Question<'_>) -> String {
        let inputs = count(self.rows, "input", "inputs");
        let moving = moving(question.perturbation);
        let open: u64 = self.open.iter().sum();
        format!("{inputs}: {moving} never flip {}, can flip {}; {open} open", self.never, self.can)
    }

    /// What else there is to say, by name.
    fn lines(&self, question: &Question<'_>) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if question.rounded {
            let flips = count(self.rounded_flips, "input", "inputs");
            let open = if self.rounded_open > 0 { format!("; {} open", self.rounded_open) } else { String::new() };
            lines.push(("rounded", format!("the network {} flips {flips}{open}", question.rounding())));
        }
        if question.labels && self.rows > 0 {
            let mut parts = vec![format!("as trained {}", self.accuracy(self.trained_right, self.trained_right_open))];
            if question.rounded {
                let rounded = self.accuracy(self.rounded_right, self.rounded_right_open);
                parts.push(format!("{} {rounded}", question.rounding()));
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
}
