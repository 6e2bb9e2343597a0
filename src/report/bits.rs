//! The fewest bits: a row for each width that was asked about, the witness that refutes one bit fewer, and the widths of the
//! layers where those were sought.

use super::cell::Cell;
use super::finding::{self, refutation};
use super::model::{Column, Field, Part, Picture, Report, Row, Table};
use super::number::{exact, sides};
use super::svg::curve::{Curve, Point};
use super::value::{Members, Value};
use super::words::{assigned_noun, count, guarded, place, quantity, unanswered};
use super::{Outcome, assumed, json};
use crate::perturbation::quantise::Rounding;
use crate::question::{Aim, Scope, Subject};
use crate::robustness::bits::{Bits, Mixed, Width};
use crate::robustness::{self, Finding};
use deltasat::exact::rational;
use deltasat::search::StopReason;

/// A width for each layer, and what the same width for all of them would cost.
pub struct MixedAnswer {
    /// the widths
    pub found: Mixed,
    /// the bits of all words at the fewest uniform width
    pub uniform: u64,
}

/// What was asked, and what was found.
pub struct Answer<'a> {
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
fn answer(finding: &Finding) -> &'static str {
    match finding.answer {
        robustness::Answer::Robust => "safe",
        robustness::Answer::Violated => "unsafe",
        robustness::Answer::Bounds | robustness::Answer::Unknown | robustness::Answer::Timeout => "open",
    }
}

impl MixedAnswer {
    /// What the words cost.
    fn words(&self) -> String {
        let saved = 100.0 * (1.0 - self.found.cost as f64 / self.uniform.max(1) as f64);
        format!("{} bits in all, {} at one width ({saved:.1} % saved)", self.found.cost, self.uniform)
    }

    /// Whether that is the least.
    fn proof(&self) -> String {
        let MixedAnswer { found, .. } = self;
        if found.least {
            let refuted = count(found.refuted, "cheaper assignment is", "cheaper assignments are");
            format!("the cheapest: all {refuted} refuted by witnesses")
        } else if found.stop != StopReason::Complete {
            format!("safe, perhaps not the cheapest: {}", unanswered(found.stop))
        } else if found.open > 0 {
            format!(
                "safe, perhaps not the cheapest: {}",
                count(found.open, "cheaper assignment is undecided", "cheaper assignments are undecided")
            )
        } else {
            "safe, found greedily; perhaps not the cheapest".to_owned()
        }
    }
}

impl Answer<'_> {
    /// What rounding does, in words.
    fn rounded(&self) -> &'static str {
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
            (None, Some(width)) if width.finding.answer == robustness::Answer::Violated => Outcome::Violated,
            (_, Some(width)) if width.finding.answer != robustness::Answer::Violated => {
                Outcome::of_stop(width.finding.stop, false)
            }
            _ => Outcome::of_stop(self.stop(), true),
        }
    }

    /// Why the searches ended: those about single layers too.
    pub fn stop(&self) -> StopReason {
        let of_layers = self.mixed.map_or(StopReason::Complete, |mixed| mixed.found.stop);
        if of_layers == StopReason::Complete { self.found.stop } else { of_layers }
    }

    /// The answer in one sentence.
    fn sentence(&self) -> String {
        let (safe, rounded) = (self.safe(), self.rounded());
        let below = self.found.first_unsafe();
        match (self.found.fewest, below) {
            (Some(bits), Some(below)) => {
                let end = match below.finding.answer {
                    robustness::Answer::Violated => format!("; some {rounded} {} do", format(self.family, below.bits)),
                    _ => format!("; undecided whether {} is safe", format(self.family, below.bits)),
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
                let why = unanswered(self.found.stop);
                format!(
                    "{why}: no parameters {rounded} {} {safe}; narrower widths are undecided",
                    format(self.family, bits)
                )
            }
            (None, Some(below)) => {
                let widest = format(self.family, below.bits);
                match below.finding.answer {
                    robustness::Answer::Violated => {
                        format!("no width is safe: some parameters {rounded} {widest} {safe}")
                    }
                    _ => format!(
                        "{}: undecided whether parameters {rounded} {widest} {safe}",
                        unanswered(below.finding.stop)
                    ),
                }
            }
            (None, None) => format!("{}: no width was asked about", unanswered(self.found.stop)),
        }
    }

    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let Answer { subject, found, .. } = *self;
        let refuting = found.first_unsafe();
        let asked = json::asked_about(subject, "bits", None);
        let fewest = Members::new()
            .with("fewest", found.fewest)
            .with("format", found.fewest.map(|bits| format(self.family, bits)));
        let witness = refuting.and_then(|width| width.finding.witness.as_ref());
        let mut parts = vec![Field::said(fewest).into(), self.table().into(), refutation(subject, witness)];
        if let Some(mixed) = self.mixed {
            parts.extend(self.of_layers(mixed).map(Part::from));
        }
        parts.push(Field::effort(self.stop(), &found.statistics).into());
        let open = refuting.is_some_and(|width| width.finding.answer != robustness::Answer::Violated);
        let meaning = match (found.fewest, open) {
            (Some(_), false) => {
                "Safe for all choices of parameters that the rounding allows, and for this width and all wider ones: that is proved, \
                 not tested."
            }
            (Some(_), true) => {
                "This width and all wider ones are proved safe. Narrower ones are undecided, which is no sign of safety."
            }
            (None, false) => {
                "Not even the widest format asked about is safe: the witness is one that the quantiser can make."
            }
            (None, true) => "Nothing is proved either way.",
        };
        let moving = format!(
            "Parameters {} a format of the family {}, each on its own; what is proved covers all combinations",
            self.rounded(),
            self.family
        );
        let mut pictures: Vec<Picture<'_>> = vec![Box::new(|| Some(self.curve().draw()))];
        pictures.extend(finding::map(subject, witness));
        Report {
            asked: asked.with("family", self.family).with("rounding", self.rounding.name()),
            title: format!("{}: how few bits are safe?", subject.network.name()),
            outcome: if found.fewest.is_some() { Outcome::Robust } else { self.outcome() },
            answer: Some(self.outcome().name()),
            sentence: self.sentence(),
            meaning: meaning.to_owned(),
            assumptions: assumed::terms(subject.network, &moving, &assumed::inputs(subject)),
            parts,
            pictures,
        }
    }

    /// What was found for each width.
    fn table(&self) -> Table {
        let row = |width: &Width| {
            let finding = &width.finding;
            let data = Members::new().with("bits", width.bits).with("answer", answer(finding));
            let data = data.with("lower", Value::Lower(finding.lower)).with("upper", Value::Upper(finding.upper));
            let bounds = sides(attained(finding), finding.upper, self.subject.delta);
            let bits = Cell::count(width.bits.into());
            Row::new(vec![bits, Cell::text(answer(finding)), Cell::keyed(bounds, finding.upper)], data)
        };
        Table {
            heading: "Widths".to_owned(),
            key: "widths",
            columns: vec![Column::text("bits"), Column::text("answer"), Column::text(finding::bounded(&self.subject.aim).0)],
            rows: self.found.widths.iter().map(row).collect(),
            note: "Unless the whole curve was asked for (--curve), the search about a width ends as soon as it is known whether it is \
                   safe, so its bounds can lie far apart."
                .to_owned(),
            ..Table::default()
        }
    }

    fn curve(&self) -> Curve {
        let (quantity, threshold) = match &self.subject.aim {
            Aim::Deviation { threshold, .. } => (
                "deviation of the confidence",
                threshold.as_ref().map(|t| (rational::nearest_f64(t), format!("allowed: {}", exact(t)))),
            ),
            Aim::ClassChange { .. } => ("lead of another class (logits)", Some((0.0, "allowed: below 0".to_owned()))),
        };
        let point =
            |width: &Width| Point { at: width.bits.into(), lower: width.finding.lower, upper: width.finding.upper };
        Curve {
            title: format!("{quantity} against bits"),
            across: "bits".to_owned(),
            up: quantity.to_owned(),
            points: self.found.widths.iter().map(point).collect(),
            threshold,
        }
    }

    /// The widths of single layers.
    fn of_layers(&self, mixed: &MixedAnswer) -> [Field; 3] {
        let found = &mixed.found;
        let data = Members::new()
            .with("scheme", self.assignment(found))
            .with("bits", found.bits.clone())
            .with("words", found.cost)
            .with("words_uniform", mixed.uniform)
            .with("cheapest", found.least)
            .with("refuted", found.refuted)
            .with("open", found.open);
        let data = Members::new().with("mixed", data);
        [
            Field::new("per layer", self.assignment(found), data).term("bits per layer"),
            Field::new("words", mixed.words(), Members::new()).term("all words"),
            Field::new("proof", mixed.proof(), Members::new()),
        ]
    }

    /// `layer0=int8,layer1=int6`.
    fn assignment(&self, mixed: &Mixed) -> String {
        let layers = mixed.bits.iter().enumerate();
        let layers = layers.filter_map(|(layer, bits)| Some(format!("layer{layer}={}", format(self.family, (*bits)?))));
        layers.collect::<Vec<_>>().join(",")
    }
}

/// What is attained; a width that is safe is proved so without a look at how much is.
fn attained(finding: &Finding) -> f64 {
    finding.witness.as_ref().map_or(f64::NEG_INFINITY, |_| finding.lower)
}
