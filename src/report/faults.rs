//! Reports about faults: what single inverted bits do at an input, at each of many, or over a domain.

use super::cell::Cell;
use super::html::confidence;
use super::json::{self, SCHEMA};
use super::model::{Column, Field, Part, Picture, Report, Row};
use super::number::{between, double, sides};
use super::stream::{Kept, Stream};
use super::svg::map::{Mark, Point};
use super::table::{self, fixed};
use super::value::{Members, Value};
use super::words::{
    assigned_names, assigned_noun, assigned_title, class, classes, coordinates, count, either, parameter, parameters,
    place, unanswered,
};
use super::{Outcome, assumed, class_change_name, stop_name};
use crate::encode::class_count;
use crate::network::{Network, Output, Parameter};
use crate::perturbation::{Magnitude, Perturbation};
use crate::question::Scope;
use crate::robustness::ClassChange;
use crate::robustness::faults::{Effect, Everywhere, Fault, Faults};
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;

/// A network, a format, and the faults.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// the trained network
    pub network: &'a Network,
    /// the format, and what is selected
    pub perturbation: &'a Perturbation,
    /// the faults
    pub faults: &'a Faults,
    /// the gap between bounds that is aimed at
    pub delta: f64,
}

/// What was found at many inputs.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// rows in the file
    pub inputs: u64,
    /// rows that were looked at
    pub rows: u64,
    /// rows at which a fault changes the class
    pub possible: u64,
    /// rows at which none does
    pub impossible: u64,
    /// bounds of the largest deviation, and the line of the lower one
    pub largest: (f64, f64),
    /// the fault of the lower one, with its line
    pub worst: Option<(Fault, u64)>,
    /// why the table ends where it does
    pub stop: Option<StopReason>,
    /// wall-clock time
    pub seconds: f64,
}

impl Question<'_> {
    /// Whether there are classes that a fault can change.
    fn decides(&self) -> bool {
        class_count(self.network) > 1
    }

    /// The outcome at an input: violated where a fault changes the class or leaves no number.
    fn outcome(&self, effect: &Effect) -> Outcome {
        match effect.class_change() {
            _ if !self.faults.invalid().is_empty() => Outcome::Violated,
            _ if !self.decides() => Outcome::of_bounds(effect.bounds, self.delta, StopReason::Complete),
            ClassChange::Possible => Outcome::Violated,
            ClassChange::Impossible => Outcome::Robust,
            ClassChange::Unknown if effect.stop != StopReason::Complete => Outcome::Timeout,
            ClassChange::Unknown => Outcome::Unknown,
        }
    }

    /// `single-bit faults of parameters in int8`
    fn subject(&self) -> String {
        let format = match self.perturbation.magnitude() {
            Magnitude::Quantised(quantised) => quantised.scheme().to_string(),
            Magnitude::Absolute(_) | Magnitude::Relative(_) => String::new(),
        };
        format!("single-bit faults of {} in {format}", parameters(self.perturbation))
    }

    fn asked(&self) -> Members {
        Members::new()
            .with("schema", SCHEMA)
            .with("model", self.network.name())
            .with("question", "faults")
            .with("bits", 1u32)
            .with("perturbation", json::perturbation(self.perturbation))
            .with("faults", self.faults.faults().len())
            .with("unbounded", Value::list(self.faults.invalid().iter().map(data)))
    }

    /// The faults that leave no number.
    fn invalid(&self) -> Option<Part> {
        let invalid = self.faults.invalid();
        let faults = count(invalid.len() as u64, "fault leaves", "faults leave");
        let text = format!("{faults} infinity or NaN, outside all bounds here: {}, …", described(invalid.first()?));
        Some(Field::new("unbounded", text, Members::new()).into())
    }

    fn report<'s>(&'s self, outcome: Outcome, sentence: String, parts: Vec<Part>, inputs: &str) -> Report<'s> {
        let moving = format!("One bit at a time of the words: {}", self.subject());
        Report {
            asked: self.asked(),
            title: format!("{}: what can a single inverted bit do?", self.network.name()),
            outcome,
            answer: Some(outcome.name()),
            sentence,
            meaning: "Every network with one bit inverted is evaluated; the bounds hold for all of them. Faults that leave infinity \
                      or NaN are outside the bounds and listed apart."
                .to_owned(),
            assumptions: assumed::terms_of_rows(self.network, &moving, inputs),
            parts,
            pictures: Vec::new(),
        }
    }

    /// What was found at an input.
    pub fn at<'s>(&'s self, input: &'s [Rational], effect: &Effect) -> Report<'s> {
        let (all, place) = (self.faults.faults().len() as u64, place(self.network, Scope::Local(input)));
        let (subject, names) = (self.subject(), classes(self.network, &effect.assigned));
        let [least, most] = between(effect.bounds.0, effect.bounds.1, self.delta);
        let noun = assigned_noun(self.network);
        let sentence = if !self.decides() {
            format!("{all} {subject}: largest change of {names} {place}: between {least} and {most}")
        } else if noun == "class" {
            format!("{} of {all} {subject} change {names} {place}", effect.changes)
        } else {
            let names = either(self.network, &effect.assigned);
            format!("{} of {all} {subject} change the {noun} {names} {place}", effect.changes)
        };
        let head =
            Members::new().with("input", Value::point(input)).and(json::assigned(self.network, &effect.assigned));
        let change = class_change_name(effect.class_change());
        let decided =
            Members::new().maybe("class_change", self.decides().then_some(change)).with("changes", effect.changes);
        let changes = match noun {
            _ if !self.decides() => Field::said(decided),
            "class" => Field::new("class change", change, decided),
            noun => Field::new(noun, format!("change {change}"), decided),
        };
        let mut parts: Vec<Part> = vec![Field::said(head).into(), changes.into(), open(effect).into()];
        parts.extend(self.effect(effect).map(Part::from));
        parts.extend(self.invalid());
        let seconds = Members::new().with("seconds", effect.seconds);
        let search = format!("{} in {:.4} s", count(all, "fault", "faults"), effect.seconds);
        parts.push(Field::new("search", search, seconds).into());
        let mut report = self.report(
            self.outcome(effect),
            sentence,
            parts,
            &format!("The single input {}", coordinates(self.network, input)),
        );
        report.pictures.extend(self.map(Scope::Local(input), Some((input, Mark::Input))));
        report
    }

    /// The deviation and the faults that show it.
    fn effect(&self, effect: &Effect) -> [Field; 3] {
        let named = |name: &'static str, text: Option<String>, data: Members| match text {
            Some(text) => Field::new(name, text, data),
            None => Field::said(data),
        };
        let worst = Members::new().with("worst", effect.worst.as_ref().map(data));
        let change = effect.change.as_ref();
        let to = Members::new()
            .maybe("change", change.map(|(fault, _)| data(fault)))
            .maybe("to", change.map(|(_, to)| &self.network.classes()[*to]));
        let changes = change.map(|(fault, to)| format!("{}: {}", class(self.network, *to), described(fault)));
        [
            Field::bounds("deviation", effect.bounds, self.delta, Members::new()),
            named("worst", effect.worst.as_ref().map(described), worst),
            named("changes to", changes, to),
        ]
    }

    /// What was found over a box of inputs.
    pub fn over<'s>(&'s self, domain: &'s [(Rational, Rational)], found: &Everywhere) -> Report<'s> {
        let (subject, place) = (self.subject(), place(self.network, Scope::Global(domain)));
        let [least, most] = between(found.bounds.0, found.bounds.1, self.delta);
        let so_far = match found.stop {
            StopReason::Complete => String::new(),
            stop => format!("{}, so far: ", unanswered(stop)),
        };
        let quantity = match self.network.output() {
            Output::None => "any output",
            Output::Softmax | Output::Sigmoid if class_count(self.network) == 2 => "the confidence of any class",
            Output::Softmax | Output::Sigmoid => "the confidence of the assigned class",
        };
        let sentence = format!("{so_far}{subject}: largest change of {quantity} {place}: between {least} and {most}");
        let head = Members::new().with("domain", Value::sides(domain));
        let bounds = Field::bounds("deviation", found.bounds, self.delta, Members::new());
        let mut parts: Vec<Part> = vec![Field::said(head).into(), bounds.into()];
        match &found.worst {
            None => parts.push(Field::said(Members::new().with("worst", Value::Null)).into()),
            Some((fault, input)) => {
                let worst = Members::new().with("worst", data(fault));
                let at = Members::new().with("input", Value::point(input));
                parts.push(Field::new("worst", described(fault), worst).into());
                parts.push(Field::new("worst at", coordinates(self.network, input), at).into());
            }
        }
        parts.extend(self.invalid());
        parts.push(Field::effort(found.stop, &found.statistics).into());
        let worst = found.worst.as_ref().map(|(_, input)| (&input[..], Mark::Witness));
        let map = self.map(Scope::Global(domain), worst);
        let mut report = self.report(self.outcome_over(found), sentence, parts, &format!("Every input {place}"));
        report.pictures.extend(map);
        report
    }

    /// The map of a network of two inputs, with one of them on it.
    fn map<'s>(&'s self, scope: Scope<'_>, point: Option<(&[Rational], Mark)>) -> Option<Picture<'s>> {
        let plane = confidence::plane(self.network, scope)?;
        let doubles = |x: &[Rational]| [rational::nearest_f64(&x[0]), rational::nearest_f64(&x[1])];
        let point = point.map(|(x, mark)| Point { at: doubles(x), mark, label: coordinates(self.network, x) });
        Some(Box::new(move || {
            let mut map = confidence::map(self.network, plane, confidence::title(self.network))?;
            map.points.extend(point.clone());
            Some(map.draw())
        }))
    }

    /// How rows look.
    pub fn stream(&self, json: bool) -> Stream {
        let mut columns = vec![
            Column::number("line").wide(6),
            Column::text(assigned_title(self.network)).wide(12),
            Column::number("changes").wide(8),
            Column::number("lower").wide(8),
            Column::number("upper").wide(8),
        ];
        columns.extend(self.decides().then(|| Column::text("class change")));
        Stream { asked: self.asked(), columns, json }
    }

    /// One row.
    pub fn row(&self, line: u64, input: &[Rational], effect: &Effect) -> Row {
        let mut cells = vec![
            Cell::count(line),
            Cell::text(assigned_names(self.network, &effect.assigned)),
            Cell::count(effect.changes),
            fixed(effect.bounds.0, false),
            fixed(effect.bounds.1, true),
        ];
        let change = class_change_name(effect.class_change());
        cells.extend(self.decides().then(|| match effect.change {
            None => Cell::text(change),
            Some((fault, to)) => Cell::text(format!("to {}: {}", self.network.classes()[to], described(&fault))),
        }));
        let data = Members::new()
            .with("line", line)
            .with("input", Value::point(input))
            .and(json::assigned(self.network, &effect.assigned))
            .maybe("class_change", self.decides().then_some(change))
            .with("changes", effect.changes)
            .with("open", effect.open);
        let data = self.effect(effect).into_iter().fold(data, |all, field| all.and(field.data));
        let matters = match effect.class_change() {
            ClassChange::Possible => 0,
            ClassChange::Unknown => 1,
            ClassChange::Impossible => 2,
        };
        Row { cells, data: data.into(), matters, size: effect.bounds.0 }
    }

    /// What there is to say about all rows.
    pub fn all<'s>(&'s self, summary: &Summary, stream: &Stream, kept: &'s Kept) -> Report<'s> {
        let inputs = count(summary.rows, "input", "inputs");
        let open = summary.rows - summary.possible - summary.impossible;
        let (subject, noun) = (self.subject(), assigned_noun(self.network));
        let sentence = match self.decides() {
            true => format!(
                "{inputs}: {subject} change the {noun} at {}, at {} none does; {open} open",
                summary.possible, summary.impossible
            ),
            false => format!("{inputs}: {subject}"),
        };
        // of rows that were not looked at nothing is known
        let most = if summary.rows == summary.inputs { summary.largest.1 } else { f64::INFINITY };
        let counts = Members::new()
            .with("inputs", summary.inputs)
            .with("class_change_possible", summary.possible)
            .with("class_change_impossible", summary.impossible)
            .with("lower", Value::Lower(summary.largest.0))
            .with("upper", Value::Upper(most));
        let so_far = if summary.stop.is_some() { " so far" } else { "" };
        let bounds = sides(summary.largest.0, summary.largest.1, self.delta);
        let deviation = Field::new("deviation", format!("{bounds}{so_far}"), counts).term("largest deviation");
        let mut parts: Vec<Part> = Vec::new();
        if let Some(stop) = summary.stop.filter(|_| summary.rows < summary.inputs) {
            parts.push(table::left(stop, summary.inputs - summary.rows).into());
        }
        parts.push(deviation.into());
        if let Some((fault, number)) = &summary.worst {
            let text = format!("{} (line {number})", described(fault));
            parts.push(Field::new("worst", text, Members::new()).into());
        }
        parts.extend(self.invalid());
        let all = count(self.faults.faults().len() as u64, "fault", "faults");
        let stop = stop_name(summary.stop.unwrap_or(StopReason::Complete));
        let effort = Members::new().with("stop", stop).with("seconds", summary.seconds);
        parts.push(Field::new("search", format!("{all} at each in {:.4} s", summary.seconds), effort).into());
        parts.push(kept.table(stream).into());
        let mut report = self.report(self.outcome_of(summary), sentence, parts, "Each row of the file by itself");
        report.pictures.push(Box::new(|| Some(kept.on(self.network)?.draw())));
        report
    }

    /// The outcome over a box of inputs.
    fn outcome_over(&self, found: &Everywhere) -> Outcome {
        if !self.faults.invalid().is_empty() {
            return Outcome::Violated;
        }
        Outcome::of_bounds(found.bounds, self.delta, found.stop)
    }

    /// The outcome of a table: violated if a row is, else out of time, else unknown if a row is open.
    fn outcome_of(&self, summary: &Summary) -> Outcome {
        if summary.possible > 0 || !self.faults.invalid().is_empty() {
            Outcome::Violated
        } else if summary.stop.is_some() {
            Outcome::Timeout
        } else if !self.decides() {
            Outcome::of_bounds(summary.largest, self.delta, StopReason::Complete)
        } else if summary.impossible < summary.rows {
            Outcome::Unknown
        } else {
            Outcome::Robust
        }
    }
}

impl Summary {
    /// Counts a row.
    pub fn add(&mut self, line: u64, effect: &Effect) {
        self.rows += 1;
        match effect.class_change() {
            ClassChange::Possible => self.possible += 1,
            ClassChange::Impossible => self.impossible += 1,
            ClassChange::Unknown => {}
        }
        if let Some(fault) = effect.worst.filter(|_| effect.bounds.0 > self.largest.0) {
            (self.largest.0, self.worst) = (effect.bounds.0, Some((fault, line)));
        }
        self.largest.1 = self.largest.1.max(effect.bounds.1);
        if effect.stop != StopReason::Complete {
            self.stop = Some(effect.stop);
        }
    }
}

/// `layer 0 weight [3][1], bit 7: 0.5 -> -63.5`
fn described(fault: &Fault) -> String {
    let to = fault.to.map_or("no number".to_owned(), double);
    format!("{}, bit {}: {} -> {to}", parameter(fault.layer, fault.place), fault.bit, double(fault.from))
}

/// How many faults are open, and why.
fn open(effect: &Effect) -> Field {
    let data = Members::new().with("open", effect.open);
    let faults = count(effect.open, "fault", "faults");
    match effect.stop {
        _ if effect.open == 0 => Field::said(data),
        StopReason::Complete => Field::new("open", faults, data),
        stop => Field::new("open", format!("{faults}, {}", unanswered(stop)), data),
    }
}

/// A fault as machines read it; `null` stands for infinity and NaN, and for the column of a bias.
fn data(fault: &Fault) -> Members {
    let column = match fault.place {
        Parameter::Weight { col, .. } => Some(col),
        Parameter::Bias { .. } => None,
    };
    Members::new()
        .with("layer", fault.layer)
        .with("row", fault.place.row())
        .with("column", column)
        .with("bit", fault.bit)
        .with("value", fault.from)
        .with("faulty", fault.to)
}
