//! Sensitivity in words and in JSON: a row for each part, the most sensitive first.

use super::json::{self, Number};
use super::number::{between, json_lower, json_upper, sides, upper, within};
use super::value::Members;
use super::words::{count, moving, parameter, place, quantity};
use super::{Aim, Outcome, Scope, Subject, text};
use crate::network::Parameter;
use crate::perturbation::{Magnitude, Part};
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

impl Report<'_> {
    /// The most that a part can be of the whole, in per cent, rounded up; infinite where the bounds are too far apart to
    /// say. A part of a box is no more than the box; of a format it can be, since the other parts stay as trained.
    pub(super) fn share(&self, part: &Finding) -> f64 {
        let whole = self.found.whole.lower;
        let share = ((1000.0 * part.upper / whole).next_up().next_up().ceil() / 10.0).max(0.0);
        let is_box = !matches!(self.subject.perturbation.magnitude(), Magnitude::Quantised(_));
        match share {
            _ if whole <= 0.0 || share.is_nan() => f64::INFINITY,
            share if share <= 100.0 => share,
            // what the gap between the bounds makes of the quotient
            _ if whole <= self.subject.delta => f64::INFINITY,
            share => {
                if is_box {
                    100.0
                } else {
                    share
                }
            }
        }
    }

    fn bounds(&self, finding: &Finding) -> String {
        sides(finding.lower, finding.upper, self.subject.delta)
    }

    /// Whether all bounds are as close as asked for.
    pub fn outcome(&self) -> Outcome {
        let Report { subject, found, .. } = self;
        let parts = found.shares.iter().flat_map(|share| [&share.alone].into_iter().chain(&share.without));
        let mut all = [&found.whole].into_iter().chain(parts);
        let done = all.all(|finding| within(finding.lower, finding.upper, subject.delta));
        Outcome::of_stop(found.stop, done)
    }

    /// For each part that is shown, whether it surely does no less alone than any after it.
    pub(super) fn separated(&self) -> Vec<bool> {
        let Sensitivity { shares, parts, rest, .. } = self.found;
        let left = if shares.len() < *parts { *rest } else { f64::NEG_INFINITY };
        let after = |index: usize| shares[index + 1..].iter().map(|share| share.alone.upper).fold(left, f64::max);
        shares.iter().enumerate().map(|(index, share)| share.alone.lower >= after(index)).collect()
    }

    /// The parts whose order is open, in words: none where all are separated.
    pub(super) fn unseparated(&self) -> Option<String> {
        let names: Vec<String> = self.found.shares.iter().map(|share| name(share.part)).collect();
        let separated = self.separated();
        let mut groups = Vec::new();
        let mut start = 0;
        for end in 0..names.len() {
            if separated[end] && end > start {
                groups.push(format!("{} to {}", names[start], names[end]));
            }
            if separated[end] {
                start = end + 1;
            }
        }
        if start < names.len() {
            let end = if names.len() < self.found.parts { "the others" } else { &names[names.len() - 1] };
            groups.push(format!("{} to {end}", names[start]));
        }
        (!groups.is_empty()).then(|| format!("{}: their bounds overlap", groups.join("; ")))
    }
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
            Aim::Deviation { choice, .. } => {
                let assigned = if let Scope::Local([_, ..]) = subject.scope { &found.whole.assigned[..] } else { &[] };
                quantity(subject, choice, assigned)
            }
            Aim::ClassChange { .. } => "the class".to_owned(),
        };
        let moving = moving(subject.perturbation);
        let first = found.shares.first().map(|share| {
            let [_, most] = between(share.alone.lower, share.alone.upper, subject.delta);
            format!("; {} alone by at most {most}", name(share.part))
        });
        let start = match self.outcome() {
            Outcome::Bounds => "sensitivity".to_owned(),
            _ => format!("{}: sensitivity so far", text::unanswered(found.stop)),
        };
        let [_, most] = between(found.whole.lower, found.whole.upper, subject.delta);
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
            let share = self.share(alone);
            let share = if share.is_finite() { format!("<={share:.1} %") } else { "-".to_owned() };
            let line = format!(
                "  {name:<widest$}  {:<24}  {share:>9}  {}",
                self.bounds(alone),
                without.map(|without| self.bounds(without)).unwrap_or_default()
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
        if let Some(unseparated) = self.unseparated() {
            text::line(out, "not separated", &unseparated)?;
        }
        text::line(out, "whole", &self.bounds(&found.whole))?;
        text::effort(&found.statistics, out)
    }

    /// Writes the answer as JSON.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let Report { subject, found, .. } = self;
        let moving = Some(json::perturbation(subject.perturbation));
        let asked = json::asked_about(subject, "sensitivity", moving);
        json::write(
            &Document {
                asked,
                answer: self.outcome().name(),
                per: self.nouns().0,
                whole: pair(&found.whole),
                parts: found.parts,
                shares: found
                    .shares
                    .iter()
                    .zip(self.separated())
                    .map(|(share, separated)| ShareDocument::new(share, self.share(&share.alone), separated))
                    .collect(),
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
struct Document {
    #[serde(flatten)]
    asked: Members,
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
    /// whether it surely does no less alone than any part after it
    separated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<[Number; 2]>,
}

impl ShareDocument {
    fn new(share: &Share, share_at_most: f64, separated: bool) -> Self {
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
            share_at_most: json_upper(share_at_most),
            separated,
            without: share.without.as_ref().map(pair),
        }
    }
}
