//! The fewest bits, in words and in JSON: a row for each width that was asked about, the witness that refutes one bit
//! fewer, and the widths of the layers where those were sought.

use super::json::{self, Number};
use super::number::{exact, json_lower, json_upper, sides};
use super::value::{Members, Value};
use super::words::{assigned_noun, count, guarded, place, quantity};
use super::{Aim, Outcome, Scope, Subject, text};
use crate::perturbation::quantise::Rounding;
use crate::robustness::bits::{Bits, Mixed};
use crate::robustness::{Answer, Finding};
use deltasat::search::StopReason;
use serde::Serialize;
use std::io::{self, Write};

/// A width for each layer, and what the same width for all of them would cost.
pub struct MixedAnswer {
    /// the widths
    pub found: Mixed,
    /// the bits of all words at the fewest uniform width
    pub uniform: u64,
}

/// A whole report.
pub struct Report<'a> {
    /// what was asked; its perturbation is that of the fewest bits
    pub subject: &'a Subject<'a>,
    /// the formats
    pub family: &'a str,
    /// the rule
    pub rounding: Rounding,
    /// the answer
    pub found: &'a Bits,
    /// of single layers, where that was asked
    pub mixed: Option<&'a MixedAnswer>,
}

/// `int:per-channel` at 8 bits: `int8:per-channel`.
fn format(family: &str, bits: u32) -> String {
    match family.split_once(':') {
        _ if family.starts_with("fixed") => family.replacen("fixed", &format!("fixed:{bits}"), 1),
        Some((kind, options)) => format!("{kind}{bits}:{options}"),
        None => format!("{family}{bits}"),
    }
}

/// The word for the answer about a width.
pub fn answer(finding: &Finding) -> &'static str {
    match finding.answer {
        Answer::Robust => "safe",
        Answer::Violated => "unsafe",
        Answer::Bounds | Answer::Unknown | Answer::Timeout => "open",
    }
}

impl MixedAnswer {
    /// What the words cost.
    pub(super) fn words(&self) -> String {
        let saved = 100.0 * (1.0 - self.found.cost as f64 / self.uniform.max(1) as f64);
        format!("{} bits in all, {} at one width ({saved:.1} % saved)", self.found.cost, self.uniform)
    }

    /// Whether that is the least.
    pub(super) fn proof(&self) -> String {
        let MixedAnswer { found, .. } = self;
        if found.least {
            let refuted = count(found.refuted, "cheaper assignment is", "cheaper assignments are");
            format!("the cheapest: all {refuted} refuted by witnesses")
        } else if found.stop != StopReason::Complete {
            format!("safe, perhaps not the cheapest: {}", text::unanswered(found.stop))
        } else if found.open > 0 {
            format!(
                "safe, perhaps not the cheapest: {}",
                count(found.open, "cheaper assignment is open", "cheaper assignments are open")
            )
        } else {
            "safe, found greedily; perhaps not the cheapest".to_owned()
        }
    }
}

impl Report<'_> {
    /// What rounding does, in words.
    pub(super) fn rounded(&self) -> &'static str {
        match self.rounding {
            Rounding::Any => "rounded up or down to",
            Rounding::Nearest => "rounded to the nearest",
            Rounding::HalfStep => "within half a step of",
            Rounding::Truncate => "truncated to",
        }
    }

    /// What safe means.
    fn safe(&self) -> String {
        let place = match self.subject.scope {
            Scope::Local([]) => "at any of the inputs".to_owned(),
            scope => place(self.subject.network, scope),
        };
        match &self.subject.aim {
            Aim::Deviation { choice, threshold } => {
                let threshold = threshold.as_ref().map(exact).unwrap_or_default();
                let assigned = self.found.widths.first().map_or(&[][..], |width| &width.finding.assigned);
                let assigned = if matches!(self.subject.scope, Scope::Local([_, ..])) { assigned } else { &[] };
                format!("move {} by more than {threshold} {place}", quantity(self.subject, *choice, assigned))
            }
            Aim::ClassChange { guard } => {
                let change = format!("change the {} {place}", assigned_noun(self.subject.network));
                if guard.is_some() { format!("{change} {}", guarded(self.subject)) } else { change }
            }
        }
    }

    /// The answer in one word.
    pub fn outcome(&self) -> Outcome {
        match (self.found.fewest, self.found.first_unsafe()) {
            (None, Some(width)) if width.finding.answer == Answer::Violated => Outcome::Violated,
            (_, Some(width)) if width.finding.answer != Answer::Violated => Outcome::of_stop(width.finding.stop, false),
            _ => Outcome::of_stop(self.stop(), true),
        }
    }

    /// Why the searches ended: those about single layers too.
    pub fn stop(&self) -> StopReason {
        let of_layers = self.mixed.map_or(StopReason::Complete, |mixed| mixed.found.stop);
        if of_layers == StopReason::Complete { self.found.stop } else { of_layers }
    }

    /// The answer in one sentence.
    pub(super) fn sentence(&self) -> String {
        let (safe, rounded) = (self.safe(), self.rounded());
        let below = self.found.first_unsafe();
        match (self.found.fewest, below) {
            (Some(bits), Some(below)) => {
                let end = match below.finding.answer {
                    Answer::Violated => format!("; some {rounded} {} do", format(self.family, below.bits)),
                    _ => format!("; whether {} is safe is open", format(self.family, below.bits)),
                };
                format!("{bits} bits: no parameters {rounded} {} {safe}{end}", format(self.family, bits))
            }
            (Some(bits), None) if self.found.stop == StopReason::Complete => {
                format!(
                    "{bits} bits: no parameters {rounded} {} {safe}, the narrowest width asked",
                    format(self.family, bits)
                )
            }
            (Some(bits), None) => {
                let why = text::unanswered(self.found.stop);
                format!("{why}: no parameters {rounded} {} {safe}; narrower widths are open", format(self.family, bits))
            }
            (None, Some(below)) => {
                let widest = format(self.family, below.bits);
                match below.finding.answer {
                    Answer::Violated => format!("no width is safe: some parameters {rounded} {widest} {safe}"),
                    _ => format!(
                        "{}: whether parameters {rounded} {widest} {safe} is open",
                        text::unanswered(below.finding.stop)
                    ),
                }
            }
            (None, None) => format!("{}: no width was asked about", text::unanswered(self.found.stop)),
        }
    }

    /// Writes the answer in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence())?;
        let bounded = match self.subject.aim {
            Aim::Deviation { .. } => "deviation",
            Aim::ClassChange { .. } => "logit gap",
        };
        writeln!(out, "  {:<8}  {:<8}  {bounded}", "bits", "answer")?;
        for width in &self.found.widths {
            // a width that is safe is proved so without a look at how much is attained
            let attained = width.finding.witness.as_ref().map_or(f64::NEG_INFINITY, |_| width.finding.lower);
            let bounds = sides(attained, width.finding.upper, self.subject.delta);
            writeln!(out, "  {:<8}  {:<8}  {bounds}", width.bits, answer(&width.finding))?;
        }
        if let Some(found) = self.found.first_unsafe().and_then(|width| width.finding.witness.as_ref()) {
            text::witness(self.subject, found, out)?;
        }
        if let Some(mixed) = self.mixed {
            self.mixed_text(mixed, out)?;
        }
        text::effort(&self.found.statistics, out)
    }

    fn mixed_text(&self, mixed: &MixedAnswer, out: &mut dyn Write) -> io::Result<()> {
        text::line(out, "per layer", &self.assignment(&mixed.found))?;
        text::line(out, "words", &mixed.words())?;
        text::line(out, "proof", &mixed.proof())
    }

    /// `layer0=int8,layer1=int6`.
    pub(super) fn assignment(&self, mixed: &Mixed) -> String {
        let layers = mixed.bits.iter().enumerate();
        let layers = layers.filter_map(|(layer, bits)| Some(format!("layer{layer}={}", format(self.family, (*bits)?))));
        layers.collect::<Vec<_>>().join(",")
    }

    /// Writes the answer as JSON.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let asked = json::asked_about(self.subject, "bits", None);
        let row = |width: &crate::robustness::bits::Width| Row {
            bits: width.bits,
            answer: answer(&width.finding),
            lower: json_lower(width.finding.lower),
            upper: json_upper(width.finding.upper),
        };
        let witness = self.found.first_unsafe().and_then(|width| width.finding.witness.as_ref());
        json::write(
            &Document {
                asked,
                family: self.family,
                rounding: self.rounding.name(),
                answer: self.outcome().name(),
                fewest: self.found.fewest,
                format: self.found.fewest.map(|bits| format(self.family, bits)),
                widths: self.found.widths.iter().map(row).collect(),
                witness: witness.map(|witness| json::witness(self.subject.network, witness)),
                mixed: self.mixed.map(|mixed| MixedDocument {
                    scheme: self.assignment(&mixed.found),
                    bits: mixed.found.bits.clone(),
                    words: mixed.found.cost,
                    words_uniform: mixed.uniform,
                    cheapest: mixed.found.least,
                    refuted: mixed.found.refuted,
                    open: mixed.found.open,
                }),
                effort: json::Effort::new(self.stop(), &self.found.statistics),
            },
            out,
        )
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    asked: Members,
    family: &'a str,
    rounding: &'static str,
    answer: &'static str,
    fewest: Option<u32>,
    format: Option<String>,
    widths: Vec<Row>,
    /// refutes the first width that is not safe
    witness: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mixed: Option<MixedDocument>,
    #[serde(flatten)]
    effort: json::Effort,
}

#[derive(Serialize)]
struct Row {
    bits: u32,
    answer: &'static str,
    lower: Number,
    upper: Number,
}

#[derive(Serialize)]
struct MixedDocument {
    scheme: String,
    bits: Vec<Option<u32>>,
    /// the bits of all words
    words: u64,
    words_uniform: u64,
    /// whether every cheaper assignment is refuted
    cheapest: bool,
    refuted: u64,
    open: u64,
}
