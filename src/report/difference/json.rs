//! The answer about two networks as JSON.

use super::{Aim, Finding, Range, Report, outcome_name};
use crate::network::Output;
use crate::network::exact::ExactEvaluation;
use crate::report::json::{Effort, SCHEMA, write};
use crate::report::number::{json_exact, json_lower, json_upper};
use crate::robustness::ClassChoice;
use crate::robustness::difference::{Extent, Supremum, Witness};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

impl Report<'_> {
    /// Writes one JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let (class, guard) = match self.aim {
            Aim::Logits { .. } => (None, None),
            Aim::Confidences { choice, .. } => (
                Some(match choice {
                    ClassChoice::Assigned => "assigned",
                    ClassChoice::Worst => "worst",
                    ClassChoice::Index(index) => &self.a.classes()[*index],
                }),
                None,
            ),
            Aim::ClassChange { guard } => (None, guard.as_ref().map(json_exact)),
        };
        let document = Document {
            schema: SCHEMA,
            models: [self.a.name(), self.b.name()],
            scope: "global",
            question: "difference",
            about: self.aim.name(),
            class,
            threshold: self.aim.threshold().map(json_exact),
            confidence_at_least: guard,
            domain: self.domain.iter().map(|(lower, upper)| [json_exact(lower), json_exact(upper)]).collect(),
            delta: self.delta,
            answer: outcome_name(self.outcome()),
            found: match self.found {
                Finding::Logits(found) => FoundDocument::Logits {
                    outputs: found.extents.iter().map(|extent| self.output_document(extent)).collect(),
                },
                Finding::One(found) => FoundDocument::One {
                    bounds_of: match self.aim {
                        Aim::ClassChange { .. } => "logit gap",
                        Aim::Logits { .. } | Aim::Confidences { .. } => "difference",
                    },
                    lower: json_lower(found.supremum.lower),
                    upper: json_upper(found.supremum.upper),
                    of: found.class.map(|class| self.a.classes()[class].as_str()),
                    witness: found.supremum.witness.as_ref().map(|witness| self.witness_document(witness)),
                },
            },
            effort: Effort::new(self.found.stop(), self.found.statistics()),
        };
        write(&document, out)
    }

    fn output_document(&self, extent: &Extent) -> OutputDocument<'_> {
        let Range { proved, attained } = Range::of(extent);
        let document = |lower, upper, side: &Supremum| EndDocument {
            lower: json_lower(lower),
            upper: json_upper(upper),
            witness: side.witness.as_ref().map(|witness| self.witness_document(witness)),
        };
        OutputDocument {
            output: (self.a.output() != Output::Sigmoid).then(|| self.a.classes()[extent.output].as_str()),
            min: document(proved[0], attained[0], &extent.below),
            max: document(attained[1], proved[1], &extent.above),
        }
    }

    fn witness_document(&self, witness: &Witness) -> WitnessDocument<'_> {
        let output = self.a.output();
        let confident = output != Output::None;
        let document = |evaluation: &ExactEvaluation| {
            let confidences = || (0..self.a.classes().len()).map(|c| output.exact_confidence(&evaluation.logits, c));
            SideDocument {
                logits: evaluation.logits.iter().map(|logit| json_lower(logit.floor_f64())).collect(),
                confidences: confident.then(|| {
                    confidences().map(|c| json_lower(c.map_or(f64::NEG_INFINITY, |c| c.floor_f64()))).collect()
                }),
                class: evaluation.class.filter(|_| confident).map(|class| self.a.classes()[class].as_str()),
            }
        };
        WitnessDocument {
            input: witness.input.iter().map(json_exact).collect(),
            a: document(&witness.a),
            b: document(&witness.b),
        }
    }
}

type Number = Box<RawValue>;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    models: [&'a str; 2],
    scope: &'static str,
    question: &'static str,
    about: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence_at_least: Option<Number>,
    domain: Vec<[Number; 2]>,
    delta: f64,
    answer: &'static str,
    #[serde(flatten)]
    found: FoundDocument<'a>,
    #[serde(flatten)]
    effort: Effort,
}

#[derive(Serialize)]
#[serde(untagged)]
enum FoundDocument<'a> {
    Logits {
        outputs: Vec<OutputDocument<'a>>,
    },
    One {
        /// what `lower` and `upper` bound
        bounds_of: &'static str,
        lower: Number,
        upper: Number,
        /// the class that the witness is about
        #[serde(skip_serializing_if = "Option::is_none")]
        of: Option<&'a str>,
        witness: Option<WitnessDocument<'a>>,
    },
}

#[derive(Serialize)]
struct OutputDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a str>,
    min: EndDocument<'a>,
    max: EndDocument<'a>,
}

/// Bounds of one end of a range; the witness attains the inner one.
#[derive(Serialize)]
struct EndDocument<'a> {
    lower: Number,
    upper: Number,
    witness: Option<WitnessDocument<'a>>,
}

#[derive(Serialize)]
struct WitnessDocument<'a> {
    input: Vec<Number>,
    a: SideDocument<'a>,
    b: SideDocument<'a>,
}

/// What a network says at the input.
#[derive(Serialize)]
struct SideDocument<'a> {
    logits: Vec<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidences: Option<Vec<Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
}
