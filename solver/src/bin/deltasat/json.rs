//! The answers as one JSON object.
//!
//! ```json
//! {"schema": 1, "file": "a.smt2", "version": "0.1.0", "error": null, "checks": [
//!   {"answer": "delta-sat", "delta": "0.001", "exact": true, "reason": null, "model": {"x": 5.0, "b": true},
//!    "within": null, "minimum": null, "boxes": 1, "splits": 0, "refuted": 0, "depth": 0, "seconds": 0.0001}], "output": []}
//! ```
//!
//! A number of the model is exact: a fraction that is no decimal, or a number beyond the doubles, is a text such as `"1/3"`.
//! `minimum` is `{"term", "maximised", "lower", "upper", "exact"}`; a bound that is not known is `null`, and one that is no
//! double a text as above. `within` is
//! `{"x": [lower, upper]}` where the model is exact but no point: a solution lies between these ends. `output` holds what commands
//! other than checks print.

use deltasat::exact::{Rational, rational};
use deltasat::interval::decimal::{shortest_lower, shortest_upper};
use deltasat::smtlib::{Answer, ModelValue, Reply, Verdict};
use std::fmt::Write;

/// The report of one run.
pub(crate) struct Report {
    file: String,
    checks: Vec<String>,
    output: Vec<String>,
}

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Report { file: file.to_owned(), checks: Vec::new(), output: Vec::new() }
    }

    pub(crate) fn add(&mut self, reply: &Reply) {
        match (&reply.answer, &reply.text) {
            (Some(answer), _) => self.checks.push(check(answer)),
            (None, Some(text)) => self.output.push(string(text)),
            (None, None) => {}
        }
    }

    /// The object; `error` is what ended the run early.
    pub(crate) fn object(&self, error: Option<&str>) -> String {
        format!(
            "{{\"schema\": 1, \"file\": {}, \"version\": {}, \"error\": {}, \"checks\": [{}], \"output\": [{}]}}",
            string(&self.file),
            string(env!("CARGO_PKG_VERSION")),
            error.map_or("null".to_owned(), string),
            self.checks.join(", "),
            self.output.join(", ")
        )
    }
}

fn check(answer: &Answer) -> String {
    let (word, exact, reason) = match answer.verdict {
        Verdict::Unsat => ("unsat", false, None),
        Verdict::DeltaSat { exact } => ("delta-sat", exact, None),
        Verdict::Unknown(reason) => ("unknown", false, Some(reason.sentence())),
    };
    let entries = answer.model.iter().map(|entry| {
        let value = match &entry.value {
            ModelValue::Bool(value) => value.to_string(),
            ModelValue::Integer(x) | ModelValue::Number(x) => exact_number(x),
        };
        format!("{}: {value}", string(&entry.name))
    });
    let ends = answer.model.iter().filter_map(|entry| {
        let (lower, upper) = entry.within?;
        Some(format!("{}: [{}, {}]", string(&entry.name), lower_end(lower), upper_end(upper)))
    });
    let within = match ends.collect::<Vec<_>>() {
        ends if ends.is_empty() => "null".to_owned(),
        ends => format!("{{{}}}", ends.join(", ")),
    };
    let model = match answer.verdict {
        Verdict::DeltaSat { .. } => format!("{{{}}}", entries.collect::<Vec<_>>().join(", ")),
        _ => "null".to_owned(),
    };
    let minimum = answer.minimum.as_ref().map_or("null".to_owned(), |minimum| {
        format!(
            "{{\"term\": {}, \"maximised\": {}, \"lower\": {}, \"upper\": {}, \"exact\": {}}}",
            string(&minimum.term),
            minimum.maximised,
            minimum.lower.as_ref().map_or("null".to_owned(), |end| bound(end, lower_end)),
            minimum.upper.as_ref().map_or("null".to_owned(), |end| bound(end, upper_end)),
            minimum.exact
        )
    });
    let s = &answer.statistics;
    format!(
        "{{\"answer\": \"{word}\", \"delta\": {}, \"exact\": {exact}, \"reason\": {}, \"model\": {model}, \"within\": {within}, \
         \"minimum\": {minimum}, \"boxes\": {}, \"splits\": {}, \"refuted\": {}, \"depth\": {}, \"seconds\": {}}}",
        string(&answer.precision),
        reason.map_or("null".to_owned(), string),
        s.boxes,
        s.splits,
        s.refuted,
        s.depth,
        number(s.seconds)
    )
}

/// A lower bound: the shortest decimal that is read as this double and is not above it.
fn lower_end(x: f64) -> String {
    if x.is_finite() { shortest_lower(x) } else { number(x) }
}

/// An upper bound likewise.
fn upper_end(x: f64) -> String {
    if x.is_finite() { shortest_upper(x) } else { number(x) }
}

/// A bound: a double is directed; any other number is exact and a text, since readers of doubles would round it either way.
fn bound(x: &Rational, directed: fn(f64) -> String) -> String {
    let nearest = rational::nearest_f64(x);
    if rational::from_f64(nearest).is_some_and(|read| read == *x) {
        directed(nearest)
    } else {
        string(&rational::to_decimal(x).unwrap_or_else(|| x.to_string()))
    }
}

/// An exact number: as a number where it is a decimal that readers of doubles understand, else as a text, `"1/3"`.
fn exact_number(x: &Rational) -> String {
    const LONGEST: usize = 120;
    let nearest = rational::nearest_f64(x);
    let shortest = number(nearest);
    if rational::parse(&shortest).is_ok_and(|read| read == *x) {
        return shortest;
    }
    match rational::to_decimal(x) {
        Some(decimal) if nearest.is_finite() && decimal.len() <= LONGEST => decimal,
        _ => string(&x.to_string()),
    }
}

/// A double, read back as itself.
pub(crate) fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:?}") } else { "null".to_owned() }
}

/// A text, quoted.
pub(crate) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c < ' ' => _ = write!(quoted, "\\u{:04x}", c as u32),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
