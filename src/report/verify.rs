//! The answer about a property: in words, as JSON, and in the form of the VNN competition.

use super::Outcome;
use super::json::{self, SCHEMA};
use super::number::{json_exact, json_lower, lower, readable};
use super::text::{effort, line, moves, unanswered};
use super::value::Value;
use super::words::{count, moving};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::property::Property;
use crate::robustness::Answer;
use crate::robustness::verify::{Counterexample, Verification};
use deltasat::exact::{Rational, rational};
use num_traits::Zero;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// The most numbers of a witness that text shows.
const SHOWN: usize = 16;

/// A property, a network, and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
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
pub fn outcome(found: &Verification) -> Outcome {
    match found.answer {
        Answer::Robust => Outcome::Robust,
        Answer::Violated => Outcome::Violated,
        Answer::Bounds | Answer::Unknown => Outcome::Unknown,
        Answer::Timeout => Outcome::Timeout,
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

impl Report<'_> {
    /// Whether any parameter may move.
    pub(super) fn moves(&self) -> bool {
        self.perturbation.magnitude().epsilon().is_none_or(|epsilon| !epsilon.is_zero())
    }

    /// The answer in one sentence.
    pub(super) fn sentence(&self) -> String {
        let network = self.network.name();
        let (none, some, satisfy) = if self.moves() {
            let moving = moving(self.perturbation);
            (format!("no input and no {moving}"), format!("an input and {moving}"), "satisfy")
        } else {
            ("no input".to_owned(), "an input".to_owned(), "satisfies")
        };
        let property = self.name;
        match self.found.answer {
            Answer::Robust => format!("holds: {none} of {network} {satisfy} {property}"),
            Answer::Violated => format!("violated: {some} of {network} {satisfy} {property}"),
            _ => {
                let why = unanswered(self.found.stop);
                format!("{why}: whether {some} of {network} {satisfy} {property} is open")
            }
        }
    }

    /// Writes the answer in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence())?;
        let cases = self.property.cases().len();
        match (self.found.answer, cases) {
            (_, 0) => line(out, "property", "its assertions contradict each other")?,
            // one case alone is excluded or not, as the sentence says
            (Answer::Violated, _) | (_, 1) => {}
            _ => line(out, "property", &format!("{} of {cases} cases excluded", self.found.excluded))?,
        }
        line(out, "assumed", &self.assumed())?;
        if let Some(found) = &self.found.counterexample {
            line(out, "input", &numbers("X", found.input.iter().map(readable)))?;
            line(
                out,
                "output",
                &numbers(
                    "Y",
                    found.outputs.iter().map(|y| {
                        y.exact().map_or_else(|| format!("≈{}", lower(y.floor_f64())), |exact| readable(&exact))
                    }),
                ),
            )?;
            if cases > 1 {
                line(out, "case", &format!("{} of {cases}", found.case + 1))?;
            }
            if self.moves() {
                let moved = found.moved(self.network);
                let some = count(self.network.parameter_count() as u64, "parameter", "parameters");
                line(out, "witness", &format!("{} of {some} moved", moved.len()))?;
                moves(&moved, out)?;
            }
        }
        effort(&self.found.statistics, out)
    }

    /// What the answer takes for granted.
    pub(super) fn assumed(&self) -> String {
        let parameters = if self.moves() { "each parameter moves on its own" } else { "parameters as in the file" };
        format!("real arithmetic, {parameters}")
    }

    /// Writes one JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let outcome = outcome(self.found);
        let document = Document {
            schema: SCHEMA,
            model: self.network.name(),
            question: "verify",
            property: self.name,
            cases: self.property.cases().len(),
            excluded: self.found.excluded,
            perturbation: self.moves().then(|| json::perturbation(self.perturbation)),
            answer: outcome_name(outcome),
            competition: competition_name(outcome),
            witness: self.found.counterexample.as_ref().map(|found| WitnessDocument {
                case: found.case,
                input: found.input.iter().map(json_exact).collect(),
                output: found.outputs.iter().map(|y| json_lower(y.floor_f64())).collect(),
                parameters: found.moved(self.network).iter().map(json::moved).collect(),
            }),
            effort: json::Effort::new(self.found.stop, &self.found.statistics),
        };
        json::write(&document, out)
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

/// `X_0 = 0.3, X_1 = -1`, the first ones of many.
fn numbers(letter: &str, values: impl ExactSizeIterator<Item = String>) -> String {
    let count = values.len();
    let mut text: Vec<String> =
        values.take(SHOWN).enumerate().map(|(i, value)| format!("{letter}_{i} = {value}")).collect();
    if count > SHOWN {
        text.push(format!("and {} more", count - SHOWN));
    }
    text.join(", ")
}

type Number = Box<RawValue>;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    model: &'a str,
    question: &'static str,
    property: &'a str,
    cases: usize,
    excluded: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    perturbation: Option<Value>,
    answer: &'static str,
    competition: &'static str,
    witness: Option<WitnessDocument>,
    #[serde(flatten)]
    effort: json::Effort,
}

#[derive(Serialize)]
struct WitnessDocument {
    /// index of the case
    case: usize,
    input: Vec<Number>,
    output: Vec<Number>,
    /// the parameters that moved
    parameters: Vec<Value>,
}
