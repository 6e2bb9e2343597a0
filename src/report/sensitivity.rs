//! Sensitivity in words and in JSON: a row for each part, the most sensitive first.

use super::json::{self, Number};
use super::number::{json_lower, json_upper, sides, upper};
use super::words::{count, moving, parameter, place, quantity};
use super::{Aim, Outcome, Scope, Subject, text};
use crate::network::Parameter;
use crate::perturbation::Part;
use crate::robustness::Finding;
use crate::robustness::sensitivity::{Grain, Sensitivity, Share};
use serde::Serialize;
use std::io::{self, Write};

/// A whole report.
pub struct Report<'a> {
    /// what was asked of the whole network
    pub subject: &'a Subject<'a>,
    /// what the parts are
    pub grain: Grain,
    /// the answer
    pub found: &'a Sensitivity,
}

/// The name of a part: `layer 0`, `layer 0 neuron 3`, `layer 0 weight [3][1]`.
pub fn name(part: Part) -> String {
    match part {
        Part::Layer(layer) => format!("layer {layer}"),
        Part::Neuron(layer, neuron) => format!("layer {layer} neuron {neuron}"),
        Part::Parameter(layer, place) => parameter(layer, place),
    }
}

/// The most that a part can be of the whole, in per cent, rounded up; at most 100 times any sensible share.
pub fn share(part: &Finding, whole: &Finding) -> f64 {
    if whole.lower > 0.0 {
        ((1000.0 * part.upper / whole.lower).next_up().next_up().ceil() / 10.0).max(0.0)
    } else {
        f64::INFINITY
    }
}

fn bounds(finding: &Finding) -> String {
    sides(finding.lower, finding.upper)
}

impl Report<'_> {
    pub(super) fn nouns(&self) -> (&'static str, &'static str) {
        match self.grain {
            Grain::Layer => ("layer", "layers"),
            Grain::Neuron => ("neuron", "neurons"),
            Grain::Parameter => ("parameter", "parameters"),
        }
    }

    /// The answer in one sentence.
    pub(super) fn sentence(&self) -> String {
        let Report { subject, found, .. } = self;
        let place = match subject.scope {
            Scope::Local([]) => "at any of the inputs".to_owned(),
            scope => place(subject.network, scope),
        };
        let quantity = match subject.aim {
            Aim::Deviation { choice, .. } => quantity(subject, choice, None),
            Aim::ClassChange { .. } => "the class".to_owned(),
        };
        let moving = moving(subject.perturbation);
        let first = found
            .shares
            .first()
            .map(|share| format!("; {} alone by at most {}", name(share.part), upper(share.alone.upper)));
        let start = match Outcome::of_bounds(found.stop) {
            Outcome::Bounds => "sensitivity".to_owned(),
            _ => format!("{}: sensitivity so far", text::unanswered(found.stop)),
        };
        let most = upper(found.whole.upper);
        format!("{start}: {moving} move {quantity} by at most {most} {place}{}", first.unwrap_or_default())
    }

    /// Writes the answer in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let found = self.found;
        writeln!(out, "{}", self.sentence())?;
        let widest = found.shares.iter().map(|share| name(share.part).len()).max().unwrap_or(0).max(9);
        let without = if self.grain == Grain::Parameter { "" } else { "without it" };
        writeln!(out, "  {:<widest$}  {:<24}  {:>9}  {without}", "part", "alone", "of whole")?;
        let row = |out: &mut dyn Write, name: &str, alone: &Finding, without: Option<&Finding>| {
            let share = share(alone, &found.whole);
            let share = if share.is_finite() { format!("<={share:.1} %") } else { "-".to_owned() };
            let line = format!(
                "  {name:<widest$}  {:<24}  {share:>9}  {}",
                bounds(alone),
                without.map(bounds).unwrap_or_default()
            );
            writeln!(out, "{}", line.trim_end())
        };
        for share in &found.shares {
            row(out, &name(share.part), &share.alone, share.without.as_ref())?;
        }
        let left = found.parts - found.shares.len();
        if left > 0 {
            let (one, many) = self.nouns();
            let others = count(left as u64, &format!("other {one}"), &format!("other {many}"));
            text::line(out, "others", &format!("{others}, each at most {} alone", upper(found.rest)))?;
        }
        text::line(out, "whole", &bounds(&found.whole))?;
        text::effort(&found.statistics, out)
    }

    /// Writes the answer as JSON.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Report { subject, found, .. } = self;
        let mut asked = json::asked(subject);
        asked.about = Some(std::mem::replace(&mut asked.question, "sensitivity"));
        json::write(
            &Document {
                asked,
                answer: Outcome::of_bounds(found.stop).name(),
                per: self.nouns().0,
                whole: pair(&found.whole),
                parts: found.parts,
                shares: found.shares.iter().map(|share| ShareDocument::new(share, &found.whole)).collect(),
                rest: json_upper(found.rest),
                effort: json::Effort::new(found.stop, &found.statistics),
            },
            out,
        )
    }
}

fn pair(finding: &Finding) -> [Number; 2] {
    [json_lower(finding.lower), json_upper(finding.upper)]
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    asked: json::Asked<'a>,
    answer: &'static str,
    per: &'static str,
    whole: [Number; 2],
    /// how many there are
    parts: usize,
    shares: Vec<ShareDocument>,
    /// no part that is not listed does more than this alone
    rest: Number,
    #[serde(flatten)]
    effort: json::Effort,
}

#[derive(Serialize)]
struct ShareDocument {
    layer: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    neuron: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<usize>,
    /// left out for a bias
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    alone: [Number; 2],
    /// in per cent
    share_at_most: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<[Number; 2]>,
}

impl ShareDocument {
    fn new(share: &Share, whole: &Finding) -> Self {
        let (layer, neuron, place) = match share.part {
            Part::Layer(layer) => (layer, None, None),
            Part::Neuron(layer, neuron) => (layer, Some(neuron), None),
            Part::Parameter(layer, place) => (layer, None, Some(place)),
        };
        ShareDocument {
            layer,
            neuron,
            row: place.map(Parameter::row),
            column: match place {
                Some(Parameter::Weight { col, .. }) => Some(col),
                _ => None,
            },
            alone: pair(&share.alone),
            share_at_most: json_upper(self::share(&share.alone, whole)),
            without: share.without.as_ref().map(pair),
        }
    }
}
