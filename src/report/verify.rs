//! The answer about a property, and its form in the VNN competition.

use super::html::confidence;
use super::json::{self, SCHEMA};
use super::model::{Field, Part, Report, Witness};
use super::number::{lower, readable};
use super::svg::map::{Kind, Map, Mark, Point, Region};
use super::value::{Members, Value};
use super::words::{capital, count, moving, parameter, unanswered};
use super::{Outcome, assumed};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::property::Property;
use crate::robustness;
use crate::robustness::verify::{Counterexample, Verification};
use deltasat::exact::{Ball, Rational, rational};
use num_traits::Zero;
use std::io::{self, Write};

/// The most outputs of a witness that are spelled out.
const SHOWN: usize = 16;

/// A property, a network, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// what must never happen
    pub property: &'a Property,
    /// what to call it
    pub name: &'a str,
    /// the answer
    pub found: &'a Verification,
}

/// The outcome of a verification.
fn outcome(found: &Verification) -> Outcome {
    match found.answer {
        robustness::Answer::Robust => Outcome::Robust,
        robustness::Answer::Violated => Outcome::Violated,
        robustness::Answer::Bounds | robustness::Answer::Unknown => Outcome::Unknown,
        robustness::Answer::Timeout => Outcome::Timeout,
    }
}

/// The word for an outcome: a property holds or is violated.
fn outcome_name(outcome: Outcome) -> &'static str {
    if outcome == Outcome::Robust { "holds" } else { outcome.name() }
}

/// The word of the competition.
fn competition_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Robust => "unsat",
        Outcome::Violated => "sat",
        Outcome::Timeout => "timeout",
        Outcome::Unknown | Outcome::Bounds => "unknown",
    }
}

impl Answer<'_> {
    /// Whether any parameter may move.
    fn moves(&self) -> bool {
        self.perturbation.magnitude().epsilon().is_none_or(|epsilon| !epsilon.is_zero())
    }

    /// The answer in one sentence.
    fn sentence(&self) -> String {
        let network = self.network.name();
        let (none, some, satisfy) = if self.moves() {
            let moving = moving(self.perturbation);
            (format!("no input and no {moving}"), format!("an input and {moving}"), "satisfy")
        } else {
            ("no input".to_owned(), "an input".to_owned(), "satisfies")
        };
        let property = self.name;
        match self.found.answer {
            robustness::Answer::Robust => format!("holds: {none} of {network} {satisfy} {property}"),
            robustness::Answer::Violated => format!("violated: {some} of {network} {satisfy} {property}"),
            _ => {
                let why = unanswered(self.found.stop);
                format!("{why}: undecided whether {some} of {network} {satisfy} {property}")
            }
        }
    }

    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let outcome = outcome(self.found);
        let cases = self.property.cases().len();
        let mut parts: Vec<Part> =
            vec![Field::said(Members::new().with("competition", competition_name(outcome))).into()];
        let property = match (self.found.answer, cases) {
            (_, 0) => Some("its assertions contradict each other".to_owned()),
            // one case alone is excluded or not, as the sentence says
            (robustness::Answer::Violated, _) | (_, 1) => None,
            _ => Some(format!("{} of {cases} cases excluded", self.found.excluded)),
        };
        parts.extend(property.map(|text| Field::new("property", text, Members::new()).into()));
        parts.push(Field::new("assumed", self.assumed(), Members::new()).into());
        let witness = self.found.counterexample.as_ref();
        let none = || Field::said(Members::new().with("witness", Value::Null)).into();
        parts.push(witness.map_or_else(none, |found| self.witness(found).into()));
        parts.push(Field::effort(self.found.stop, &self.found.statistics).into());
        let what = match self.moves() {
            true => format!("{}: each on its own", capital(&moving(self.perturbation))),
            false => "Nothing: the parameters are those in the file".to_owned(),
        };
        let inputs = format!("Every input in the boxes that {} describes", self.name);
        let asked = Members::new()
            .with("schema", SCHEMA)
            .with("model", self.network.name())
            .with("question", "verify")
            .with("property", self.name)
            .with("cases", cases)
            .with("excluded", self.found.excluded)
            .maybe("perturbation", self.moves().then(|| json::perturbation(self.perturbation)));
        Report {
            asked,
            title: format!("{}: does {} hold?", self.network.name(), self.name),
            outcome,
            answer: Some(outcome_name(outcome)),
            sentence: self.sentence(),
            meaning: meaning(outcome).to_owned(),
            assumptions: assumed::terms(self.network, &what, &inputs),
            parts,
            pictures: vec![Box::new(|| Some(self.map()?.draw()))],
        }
    }

    fn witness(&self, found: &Counterexample) -> Witness {
        let cases = self.property.cases().len();
        let mut outputs: Vec<String> =
            found.outputs.iter().take(SHOWN).enumerate().map(|(j, y)| format!("Y_{j} = {}", value(y))).collect();
        if found.outputs.len() > SHOWN {
            outputs.push(format!("and {} more", found.outputs.len() - SHOWN));
        }
        let mut shows = vec![("output".to_owned(), outputs.join(", "))];
        if cases > 1 {
            shows.push(("case".to_owned(), format!("{} of {cases}", found.case + 1)));
        }
        let moved = found.moved(self.network);
        if self.moves() {
            let some = count(self.network.parameter_count() as u64, "parameter", "parameters");
            shows.push(("witness".to_owned(), format!("{} of {some} moved", moved.len())));
        }
        let data = Members::new()
            .with("case", found.case)
            .with("input", Value::point(&found.input))
            .with("output", Value::list(found.outputs.iter().map(|y| Value::Lower(y.floor_f64()))))
            .with("parameters", Value::list(moved.iter().map(json::moved)));
        Witness {
            heading: "The witness".to_owned(),
            prose: "One input that the property describes, evaluated in exact arithmetic.".to_owned(),
            at: "input",
            input: found.input.iter().enumerate().map(|(i, x)| (format!("X_{i}"), x.clone())).collect(),
            shows,
            moved: self.moves().then(|| {
                moved.iter().map(|step| (parameter(step.layer, step.parameter), step.from, step.to)).collect()
            }),
            data: Members::new().with("witness", data),
        }
    }

    /// What the answer takes for granted.
    fn assumed(&self) -> String {
        let parameters = if self.moves() { "each parameter moves on its own" } else { "parameters as in the file" };
        format!("real arithmetic, {parameters}")
    }

    /// The map of a property about two inputs: its boxes and the counterexample.
    fn map(&self) -> Option<Map> {
        confidence::check(self.network).ok()?;
        let doubles = |ends: &(Rational, Rational)| (rational::nearest_f64(&ends.0), rational::nearest_f64(&ends.1));
        let boxes: Vec<[(f64, f64); 2]> =
            self.property.cases().iter().map(|case| [doubles(&case.domain[0]), doubles(&case.domain[1])]).collect();
        let own = self.network.input().domain();
        let range = |i: usize| {
            let own = own.map(|own| doubles(&(own[i].lower().clone(), own[i].upper().clone())));
            let all = boxes.iter().map(|ends| ends[i]).chain(own);
            all.reduce(|(low, high), (least, most)| (low.min(least), high.max(most)))
        };
        let plane = [range(0).unwrap_or((-1.0, 1.0)), range(1).unwrap_or((-1.0, 1.0))];
        let mut map = confidence::map(self.network, plane, confidence::title(self.network))?;
        map.regions =
            boxes.iter().map(|[x, y]| Region { lower: [x.0, y.0], upper: [x.1, y.1], kind: Kind::Asked }).collect();
        map.regions.dedup();
        if let Some(found) = &self.found.counterexample {
            let at = [rational::nearest_f64(&found.input[0]), rational::nearest_f64(&found.input[1])];
            map.points.push(Point { at, mark: Mark::Witness, label: "the counterexample".to_owned() });
        }
        Some(map)
    }

    /// Writes what the VNN competition expects: `unsat`, `timeout`, `unknown`, or `sat` and the counterexample, each input
    /// a decimal that is exactly the input (a quotient where there is none), each output the nearest double.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn results(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", competition_name(outcome(self.found)))?;
        let Some(Counterexample { input, outputs, .. }) = &self.found.counterexample else { return Ok(()) };
        let inputs = input.iter().enumerate().map(|(i, x)| format!("(X_{i} {})", plain(x)));
        let outputs = outputs.iter().enumerate().map(|(j, y)| {
            let nearest = y.exact().map_or(y.floor_f64(), |exact| rational::nearest_f64(&exact));
            format!("(Y_{j} {nearest})")
        });
        let lines: Vec<String> = inputs.chain(outputs).collect();
        writeln!(out, "({})", lines.join("\n "))
    }
}

/// A rational in SMT-LIB syntax, but for the sign of a negative number, which the competition writes in front.
fn plain(x: &Rational) -> String {
    rational::to_decimal(x).unwrap_or_else(|| format!("(/ {} {})", x.numer(), x.denom()))
}

/// A value for reading: exact where that is short.
fn value(y: &Ball) -> String {
    y.exact().map_or_else(|| format!("≈{}", lower(y.floor_f64())), |exact| readable(&exact))
}

fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Robust => {
            "The property describes what must never happen. That it never does is proved for everything in question, not tested on \
             some."
        }
        Outcome::Violated => {
            "The property describes what must never happen. The witness below does it, checked in exact arithmetic."
        }
        _ => "Nothing is proved either way. This is no sign of safety.",
    }
}
