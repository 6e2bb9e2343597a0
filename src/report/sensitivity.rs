//! Which parts of a network spend the budget: a row for each, the most sensitive first.

use super::cell::Cell;
use super::finding::{self, refutation};
use super::model::{Column, Field, Picture, Report, Row, Table};
use super::number::{between, sides, upper, within};
use super::svg::bars::{Bar, Bars};
use super::value::{Members, Value};
use super::words::{count, moving, parameter, place, quantity, unanswered};
use super::{Outcome, assumed, json};
use crate::network::Parameter;
use crate::perturbation::{Magnitude, Part};
use crate::question::{Aim, Scope, Subject};
use crate::robustness::Finding;
use crate::robustness::sensitivity::{Grain, Sensitivity, Share};

/// What was asked, and what was found.
pub struct Answer<'a> {
    /// what was asked of the whole network
    pub subject: &'a Subject<'a>,
    /// what the parts are
    pub grain: Grain,
    /// the answer
    pub found: &'a Sensitivity,
}

/// The name of a part: `layer 0`, `layer 0 neuron 3`, `layer 0 weight [3][1]`.
fn name(part: Part) -> String {
    match part {
        Part::Layer(layer) => format!("layer {layer}"),
        Part::Neuron(layer, neuron) => format!("layer {layer} neuron {neuron}"),
        Part::Parameter(layer, place) => parameter(layer, place),
    }
}

impl Answer<'_> {
    /// The most that a part can be of the whole, in per cent, rounded up; infinite where the bounds are too far apart to
    /// say. A part of a box is no more than the box; of a format it can be, since the other parts stay as trained.
    fn share(&self, part: &Finding) -> f64 {
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
        let Answer { subject, found, .. } = self;
        let parts = found.shares.iter().flat_map(|share| [&share.alone].into_iter().chain(&share.without));
        let mut all = [&found.whole].into_iter().chain(parts);
        let done = all.all(|finding| within(finding.lower, finding.upper, subject.delta));
        Outcome::of_stop(found.stop, done)
    }

    /// For each part that is shown, whether it surely does no less alone than any after it.
    fn separated(&self) -> Vec<bool> {
        let Sensitivity { shares, parts, rest, .. } = self.found;
        let left = if shares.len() < *parts { *rest } else { f64::NEG_INFINITY };
        let after = |index: usize| shares[index + 1..].iter().map(|share| share.alone.upper).fold(left, f64::max);
        shares.iter().enumerate().map(|(index, share)| share.alone.lower >= after(index)).collect()
    }

    /// The parts whose order is open, in words: none where all are separated.
    fn unseparated(&self) -> Option<String> {
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

impl Answer<'_> {
    fn nouns(&self) -> (&'static str, &'static str) {
        match self.grain {
            Grain::Layer => ("layer", "layers"),
            Grain::Neuron => ("neuron", "neurons"),
            Grain::Parameter => ("parameter", "parameters"),
        }
    }

    /// The answer in one sentence.
    fn sentence(&self) -> String {
        let Answer { subject, found, .. } = self;
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
            _ => format!("{}: sensitivity so far", unanswered(found.stop)),
        };
        let [_, most] = between(found.whole.lower, found.whole.upper, subject.delta);
        format!("{start}: {moving} move {quantity} by at most {most} {place}{}", first.unwrap_or_default())
    }

    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let Answer { subject, found, .. } = *self;
        let (one, many) = self.nouns();
        let whole = Members::new().with("whole", pair(&found.whole));
        let whole = Field::new("whole", self.bounds(&found.whole), whole).term("all parameters together");
        let rest = Members::new().with("rest", Value::Upper(found.rest));
        let left = found.parts.saturating_sub(found.shares.len());
        let rest = match left {
            0 => Field::said(rest),
            _ => {
                let others = count(left as u64, &format!("other {one}"), &format!("other {many}"));
                Field::new("others", format!("{others}, each at most {} alone", upper(found.rest)), rest)
            }
        };
        let per = Field::said(Members::new().with("per", one));
        let parts = Field::said(Members::new().with("parts", found.parts));
        let mut parts = vec![per.into(), whole.into(), parts.into(), self.table().into(), rest.into()];
        if let Some(unseparated) = self.unseparated() {
            parts.push(Field::new("not separated", unseparated, Members::new()).into());
        }
        let witness = found.whole.witness.as_ref();
        parts.push(refutation(subject, witness));
        parts.push(Field::effort(found.stop, &found.statistics).into());
        let mut pictures: Vec<Picture<'_>> = vec![Box::new(|| Some(self.bars().draw()))];
        pictures.extend(finding::map(subject, witness));
        Report {
            asked: json::asked_about(subject, "sensitivity", Some(json::perturbation(subject.perturbation))),
            title: format!("{}: which {many} are most sensitive?", subject.network.name()),
            outcome: self.outcome(),
            answer: Some(self.outcome().name()),
            sentence: self.sentence(),
            meaning: "Each bar is what one part does when it alone moves. It ends at what is proved to be the most; up to where it \
                      is filled, a witness attains it. The bars need not add up to the whole."
                .to_owned(),
            assumptions: assumed::terms(subject.network, &assumed::moving(subject, true), &assumed::inputs(subject)),
            parts,
            pictures,
        }
    }

    fn table(&self) -> Table {
        let without = self.grain != Grain::Parameter;
        let mut columns = vec![Column::text("part"), Column::text("alone"), Column::number("of whole")];
        if without {
            columns.push(Column::text("without it"));
        }
        let row = |(share, separated): (&Share, bool)| {
            let most = self.share(&share.alone);
            let percent = match most.is_finite() {
                true => Cell::keyed(format!("<={most:.1} %"), most),
                false => Cell::text("-"),
            };
            let bounds = |finding: &Finding| Cell::keyed(self.bounds(finding), finding.upper);
            let mut cells = vec![Cell::text(name(share.part)), bounds(&share.alone), percent];
            if without {
                cells.push(share.without.as_ref().map_or(Cell::text(""), bounds));
            }
            Row::new(cells, data(share, most, separated))
        };
        Table {
            heading: format!("The most sensitive {}", self.nouns().1),
            key: "shares",
            columns,
            rows: self.found.shares.iter().zip(self.separated()).map(row).collect(),
            ..Table::default()
        }
    }

    fn bars(&self) -> Bars {
        let quantity = "deviation when one alone moves";
        let bar = |share: &Share| Bar { name: name(share.part), lower: share.alone.lower, upper: share.alone.upper };
        let bars = self.found.shares.iter().map(bar).collect();
        Bars { title: format!("{quantity}: {}", self.nouns().1), across: quantity.to_owned(), bars }
    }
}

fn pair(finding: &Finding) -> Value {
    Value::bounds((finding.lower, finding.upper))
}

/// A part as machines read it; `separated` says whether it surely does no less alone than any part after it.
fn data(share: &Share, share_at_most: f64, separated: bool) -> Members {
    let (layer, neuron, place) = match share.part {
        Part::Layer(layer) => (layer, None, None),
        Part::Neuron(layer, neuron) => (layer, Some(neuron), None),
        Part::Parameter(layer, place) => (layer, None, Some(place)),
    };
    let column = match place {
        Some(Parameter::Weight { col, .. }) => Some(col),
        _ => None,
    };
    Members::new()
        .with("layer", layer)
        .maybe("neuron", neuron)
        .maybe("row", place.map(Parameter::row))
        .maybe("column", column)
        .with("alone", pair(&share.alone))
        .with("share_at_most", Value::Upper(share_at_most))
        .with("separated", separated)
        .maybe("without", share.without.as_ref().map(pair))
}
