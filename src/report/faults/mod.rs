//! Reports about faults: what single inverted bits do at an input, or at each of many.

mod json;

use self::json::{Document, EffectDocument, End, EverywhereDocument, FaultDocument, Head, Row};
use super::json::{self as documents, Effort, SCHEMA};
use super::number::{between, double, fixed_lower, fixed_upper, json_exact, json_lower, json_upper, sides};
use super::text::{effort, line, unanswered};
use super::words::{
    assigned_names, assigned_noun, assigned_title, class, classes, coordinates, count, either, parameter, parameters,
    place,
};
use super::{Outcome, Scope, class_change_name, stop_name};
use crate::encode::class_count;
use crate::network::{Network, Output};
use crate::perturbation::{Magnitude, Perturbation};
use crate::robustness::ClassChange;
use crate::robustness::faults::{Effect, Everywhere, Fault, Faults};
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use std::io::{self, Write};

/// A network, a format, and the faults.
#[derive(Clone, Copy)]
pub struct Report<'a> {
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

impl Report<'_> {
    /// Whether there are classes that a fault can change.
    fn decides(&self) -> bool {
        class_count(self.network) > 1
    }

    /// The outcome at an input: violated where a fault changes the class or leaves no number.
    pub fn outcome(&self, effect: &Effect) -> Outcome {
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

    fn invalid(&self, out: &mut dyn Write) -> io::Result<()> {
        let invalid = self.faults.invalid();
        let Some(first) = invalid.first() else { return Ok(()) };
        let faults = count(invalid.len() as u64, "fault leaves", "faults leave");
        line(out, "unbounded", &format!("{faults} infinity or NaN, outside all bounds here: {}, …", described(first)))
    }

    /// Writes what was found at an input in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, input: &[Rational], effect: &Effect, out: &mut dyn Write) -> io::Result<()> {
        let (all, place) = (self.faults.faults().len() as u64, place(self.network, Scope::Local(input)));
        let (subject, names) = (self.subject(), classes(self.network, &effect.assigned));
        let [least, most] = between(effect.bounds.0, effect.bounds.1, self.delta);
        let noun = assigned_noun(self.network);
        if !self.decides() {
            writeln!(out, "{all} {subject} move {names} by at most {most} {place}, and some by at least {least}")?;
        } else if noun == "class" {
            writeln!(out, "{} of {all} {subject} change {names} {place}", effect.changes)?;
        } else {
            let names = either(self.network, &effect.assigned);
            writeln!(out, "{} of {all} {subject} change the {noun} {names} {place}", effect.changes)?;
        }
        line(out, "deviation", &format!("[{least}, {most}]"))?;
        if self.decides() {
            let change = class_change_name(effect.class_change());
            if noun == "class" {
                line(out, "class change", change)?
            } else {
                line(out, noun, &format!("change {change}"))?
            }
        }
        if let Some(fault) = &effect.worst {
            line(out, "worst", &described(fault))?;
        }
        if let Some((fault, to)) = &effect.change {
            line(out, "changes to", &format!("{}: {}", class(self.network, *to), described(fault)))?;
        }
        if effect.open > 0 {
            let why = if effect.stop == StopReason::Complete { "" } else { unanswered(effect.stop) };
            let comma = if why.is_empty() { "" } else { ", " };
            line(out, "open", &format!("{}{comma}{why}", count(effect.open, "fault", "faults")))?;
        }
        self.invalid(out)?;
        line(out, "search", &format!("{} in {:.4} s", count(all, "fault", "faults"), effect.seconds))
    }

    /// Writes what was found at an input as a JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, input: &[Rational], effect: &Effect, out: &mut dyn Write) -> io::Result<()> {
        let document = Document {
            head: self.head(),
            answer: self.outcome(effect).name(),
            input: input.iter().map(json_exact).collect(),
            effect: self.effect(effect),
            seconds: effect.seconds,
        };
        documents::write(&document, out)
    }

    /// Writes what was found over a box of inputs, in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn everywhere(
        &self,
        domain: &[(Rational, Rational)],
        found: &Everywhere,
        out: &mut dyn Write,
    ) -> io::Result<()> {
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
        writeln!(out, "{so_far}{subject} move {quantity} by at most {most} {place}, and some by at least {least}")?;
        line(out, "deviation", &format!("[{least}, {most}]"))?;
        if let Some((fault, input)) = &found.worst {
            line(out, "worst", &described(fault))?;
            line(out, "worst at", &coordinates(self.network, input))?;
        }
        self.invalid(out)?;
        effort(&found.statistics, out)
    }

    /// The same as a JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json_everywhere(
        &self,
        domain: &[(Rational, Rational)],
        found: &Everywhere,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let (fault, input) = found.worst.as_ref().map(|(fault, input)| (fault, input)).unzip();
        let document = EverywhereDocument {
            head: self.head(),
            answer: self.outcome_everywhere(found).name(),
            domain: domain.iter().map(|(lower, upper)| [json_exact(lower), json_exact(upper)]).collect(),
            lower: json_lower(found.bounds.0),
            upper: json_upper(found.bounds.1),
            worst: fault.map(FaultDocument::from),
            input: input.map(|input| input.iter().map(json_exact).collect()),
            effort: Effort::new(found.stop, &found.statistics),
        };
        documents::write(&document, out)
    }

    /// The outcome over a box of inputs.
    pub fn outcome_everywhere(&self, found: &Everywhere) -> Outcome {
        if !self.faults.invalid().is_empty() {
            return Outcome::Violated;
        }
        Outcome::of_bounds(found.bounds, self.delta, found.stop)
    }

    fn head(&self) -> Head<'_> {
        Head {
            schema: SCHEMA,
            model: self.network.name(),
            question: "faults",
            bits: 1,
            perturbation: documents::perturbation(self.perturbation),
            faults: self.faults.faults().len(),
            unbounded: self.faults.invalid().iter().map(FaultDocument::from).collect(),
        }
    }

    fn effect(&self, effect: &Effect) -> EffectDocument<'_> {
        let name = |class: usize| self.network.classes()[class].as_str();
        let assigned = documents::assigned(self.network, &effect.assigned);
        EffectDocument {
            assigned,
            class_change: self.decides().then(|| class_change_name(effect.class_change())),
            changes: effect.changes,
            open: effect.open,
            lower: json_lower(effect.bounds.0),
            upper: json_upper(effect.bounds.1),
            worst: effect.worst.as_ref().map(FaultDocument::from),
            change: effect.change.as_ref().map(|(fault, _)| FaultDocument::from(fault)),
            to: effect.change.map(|(_, to)| name(to)),
        }
    }

    /// The titles of a table, or the start of the JSON document.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn start(&self, json: bool, out: &mut dyn Write) -> io::Result<()> {
        if json {
            let head = serde_json::to_string(&self.head())?;
            return write!(out, "{},\"rows\":[", &head[..head.len() - 1]);
        }
        let (title, changes) = (assigned_title(self.network), if self.decides() { "class change" } else { "" });
        let text = format!("{:>6}  {title:<12}  {:>8}  {:>8}  {:>8}  {changes}", "line", "changes", "lower", "upper");
        writeln!(out, "{}", text.trim_end())
    }

    /// Writes a row of a table.
    pub fn row(&self, json: bool, number: u64, input: &[Rational], effect: &Effect, out: &mut Vec<u8>) {
        if json {
            let input = input.iter().map(json_exact).collect();
            // writing to memory cannot fail
            let _ = serde_json::to_writer(out, &Row { line: number, input, effect: self.effect(effect) });
            return;
        }
        let (mut low, mut high) = (String::new(), String::new());
        fixed_lower(effect.bounds.0, &mut low);
        fixed_upper(effect.bounds.1, &mut high);
        let class = assigned_names(self.network, &effect.assigned);
        let change = match effect.change {
            _ if !self.decides() => String::new(),
            None => class_change_name(effect.class_change()).to_owned(),
            Some((fault, to)) => format!("to {}: {}", self.network.classes()[to], described(&fault)),
        };
        let changes = effect.changes;
        let text = format!("{number:>6}  {class:<12}  {changes:>8}  {low:>8}  {high:>8}  {change}");
        out.extend_from_slice(text.trim_end().as_bytes());
        out.push(b'\n');
    }

    /// Writes the end of a table.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn end(&self, json: bool, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        if json {
            let end = End {
                answer: self.outcome_of(summary).name(),
                inputs: summary.inputs,
                class_change_possible: summary.possible,
                class_change_impossible: summary.impossible,
                lower: json_lower(summary.largest.0),
                // of rows that were not looked at nothing is known
                upper: json_upper(if summary.rows == summary.inputs { summary.largest.1 } else { f64::INFINITY }),
                stop: stop_name(summary.stop.unwrap_or(StopReason::Complete)),
                seconds: summary.seconds,
            };
            return writeln!(out, "\n],{}", &serde_json::to_string(&end)?[1..]);
        }
        let (inputs, open) =
            (count(summary.rows, "input", "inputs"), summary.rows - summary.possible - summary.impossible);
        let subject = self.subject();
        let bounds = sides(summary.largest.0, summary.largest.1, self.delta);
        if self.decides() {
            let (noun, possible, impossible) = (assigned_noun(self.network), summary.possible, summary.impossible);
            writeln!(
                out,
                "{inputs}: {subject} change the {noun} at {possible}, at {impossible} none does; {open} open"
            )?;
        } else {
            writeln!(out, "{inputs}: {subject}")?;
        }
        let so_far = match summary.stop {
            None => "",
            Some(stop) => {
                if summary.rows < summary.inputs {
                    let left = count(summary.inputs - summary.rows, "input", "inputs");
                    writeln!(out, "{}: {left} not looked at", unanswered(stop))?;
                }
                " so far"
            }
        };
        line(out, "deviation", &format!("{bounds}{so_far}"))?;
        if let Some((fault, number)) = &summary.worst {
            line(out, "worst", &format!("{} (line {number})", described(fault)))?;
        }
        self.invalid(out)?;
        let all = count(self.faults.faults().len() as u64, "fault", "faults");
        line(out, "search", &format!("{all} at each in {:.4} s", summary.seconds))
    }

    /// The outcome of a table: violated if a row is, else out of time, else unknown if a row is open.
    pub fn outcome_of(&self, summary: &Summary) -> Outcome {
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
