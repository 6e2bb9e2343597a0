//! The whole report about two networks.

use super::{Aim, Answer, Finding, Range, Side};
use crate::network::exact::ExactEvaluation;
use crate::network::{Network, Output};
use crate::question::Scope;
use crate::report::html::confidence;
use crate::report::json::SCHEMA;
use crate::report::model::{Field, Part, Picture, Report, Witness as Shown};
use crate::report::number::{lower, readable, sides};
use crate::report::svg::map::{Mark, Point};
use crate::report::value::{Members, Value};
use crate::report::words::{class, coordinates, meaning};
use crate::report::{Outcome, assumed};
use crate::robustness::ClassChoice;
use crate::robustness::difference::{Extent, Found, Logits, Supremum, Witness};
use deltasat::exact::{Ball, rational};

impl Answer<'_> {
    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let outcome = self.outcome();
        let word = if outcome == Outcome::Robust { "proved" } else { outcome.name() };
        let mut parts = vec![
            Part::from(Field::new("A", self.a.name(), Members::new())),
            Field::new("B", self.b.name(), Members::new()).into(),
        ];
        if self.prefers_a() {
            parts.push(Field::new("domain", "that of A; the file of B has another", Members::new()).into());
        }
        match self.found {
            Finding::Logits(found) => parts.extend(self.logits(found)),
            Finding::One(found) => parts.extend(self.one(found)),
        }
        parts.push(Field::effort(self.found.stop(), self.found.statistics()).into());
        let witnessed = parts.iter().any(|part| matches!(part, Part::Witness(_)));
        Report {
            asked: self.asked(),
            title: format!("{} (A) against {} (B)", self.a.name(), self.b.name()),
            outcome,
            answer: Some(word),
            sentence: self.sentence(),
            meaning: match outcome {
                Outcome::Robust => {
                    "This is proved for every input in question, not tested on some: there is no exception."
                }
                Outcome::Violated => "The witness shows it, evaluated in both networks in exact arithmetic.",
                outcome => meaning(outcome, witnessed),
            }
            .to_owned(),
            assumptions: self.assumed(),
            parts,
            pictures: [self.a, self.b].into_iter().filter_map(|network| self.map(network)).collect(),
        }
    }

    fn asked(&self) -> Members {
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
            Aim::ClassChange { guard } => (None, guard.as_ref()),
        };
        Members::new()
            .with("schema", SCHEMA)
            .with("models", vec![self.a.name(), self.b.name()])
            .with("scope", "global")
            .with("question", "difference")
            .with("about", self.aim.name())
            .maybe("class", class)
            .maybe("threshold", self.aim.threshold())
            .maybe("confidence_at_least", guard)
            .with("domain", Value::sides(self.domain))
            .with("delta", self.delta)
    }

    /// What is taken for granted: as of one network, with two of them and nothing that moves.
    fn assumed(&self) -> Vec<(String, String)> {
        let moves = "Nothing: both networks are as in their files.";
        let mut terms = assumed::terms(self.a, moves, &format!("Every input {}", self.place()));
        terms[0].0 = "Network A".to_owned();
        terms.insert(1, ("Network B".to_owned(), assumed::described(self.b)));
        if let Some(witness) = terms.last_mut() {
            witness.1 = "One input, evaluated in both networks in exact arithmetic by code that the search does not use. A printed \
                         lower bound is rounded down."
                .to_owned();
        }
        terms
    }

    /// A map over the domain, with the inputs of the witnesses.
    fn map<'s>(&'s self, network: &'s Network) -> Option<Picture<'s>> {
        let plane = confidence::plane(network, Scope::Global(self.domain))?;
        let witnesses: Vec<&Witness> = match self.found {
            Finding::One(found) => found.supremum.witness.iter().collect(),
            Finding::Logits(found) => extremes(found).map(|(_, _, witness)| witness).collect(),
        };
        let point = |witness: &&Witness| {
            let at = [rational::nearest_f64(&witness.input[0]), rational::nearest_f64(&witness.input[1])];
            Point { at, mark: Mark::Witness, label: coordinates(network, &witness.input) }
        };
        let points: Vec<Point> = witnesses.iter().map(point).collect();
        Some(Box::new(move || {
            let mut map = confidence::map(network, plane, confidence::title(network))?;
            map.points.clone_from(&points);
            Some(map.draw())
        }))
    }

    /// The range of every output, and the inputs that show the least and the greatest difference.
    fn logits(&self, found: &Logits) -> Vec<Part> {
        let outputs = Value::list(found.extents.iter().map(|extent| self.output_data(extent)));
        let mut parts: Vec<Part> = vec![Field::said(Members::new().with("outputs", outputs)).into()];
        parts.extend(found.extents.iter().map(|extent| {
            let Range { proved, attained } = Range::of(extent);
            let [min, max] = [(proved[0], attained[0]), (attained[1], proved[1])];
            let [min, max] = [min, max].map(|(lower, upper)| sides(lower, upper, self.delta));
            Field::new(self.output(extent.output), format!("min {min}, max {max}"), Members::new()).into()
        }));
        parts.extend(extremes(found).map(|(name, output, witness)| {
            let of = |evaluation: &ExactEvaluation| value(&evaluation.logits[output]);
            let shows = format!("{} in A, {} in B", of(&witness.a), of(&witness.b));
            let which = if name == "min at" { "least" } else { "greatest" };
            let shown = Shown {
                heading: format!("The witness of the {which} difference"),
                prose: "One input at which B minus A is as far out as stated.".to_owned(),
                at: name,
                shows: vec![(self.output(output), shows)],
                ..self.shown(witness)
            };
            shown.into()
        }));
        parts
    }

    /// The bounds of the largest difference, and the input that attains one of them.
    fn one(&self, found: &Found) -> Vec<Part> {
        let Supremum { lower: least, upper: most, witness } = &found.supremum;
        let name = match self.aim {
            Aim::ClassChange { .. } => "logit gap",
            Aim::Logits { .. } | Aim::Confidences { .. } => "difference",
        };
        let mut bounds = Field::bounds(name, (*least, *most), self.delta, Members::new().with("bounds_of", name));
        bounds.data = bounds.data.maybe("of", found.class.map(|class| &self.a.classes()[class]));
        // two networks that are one have no gap
        if *most == f64::NEG_INFINITY {
            bounds.label.clear();
        }
        let Some(witness) = witness else {
            return vec![bounds.into(), Field::said(Members::new().with("witness", Value::Null)).into()];
        };
        let shown = Shown {
            heading: "The witness".to_owned(),
            prose: "One input at which the two networks differ as much as stated.".to_owned(),
            at: "witness at",
            shows: vec![("witness".to_owned(), self.shows(found, witness))],
            data: Members::new().with("witness", self.witness_data(witness)),
            ..self.shown(witness)
        };
        vec![bounds.into(), shown.into()]
    }

    fn shown(&self, witness: &Witness) -> Shown {
        let input = self.a.input().names().iter().cloned().zip(witness.input.iter().cloned()).collect();
        Shown { input, ..Shown::default() }
    }

    /// What a witness shows, in words.
    fn shows(&self, found: &Found, witness: &Witness) -> String {
        let classes = [&witness.a, &witness.b].map(|evaluation| evaluation.class);
        match (self.aim, classes) {
            (Aim::ClassChange { .. }, [Some(a), Some(b)]) => {
                let [in_a, in_b] =
                    [(a, &witness.a), (b, &witness.b)].map(|(class, evaluation)| self.confidence(evaluation, class));
                format!("{} in A{in_a}, {} in B{in_b}", class(self.a, a), class(self.a, b))
            }
            _ => {
                let of = found.class.unwrap_or_default();
                let [a, b] = witness
                    .confidences(self.a.output(), of)
                    .map_or(["?".to_owned(), "?".to_owned()], |c| c.map(|c| lower(c.floor_f64())));
                let change = match classes {
                    [Some(a), Some(b)] if a != b => {
                        format!(", class {:?} -> {:?}", self.a.classes()[a], self.a.classes()[b])
                    }
                    _ => String::new(),
                };
                format!("{}: confidence {a} in A, {b} in B{change}", class(self.a, of))
            }
        }
    }

    fn output_data(&self, extent: &Extent) -> Members {
        let Range { proved, attained } = Range::of(extent);
        let end = |lower, upper, side: &Supremum| {
            Members::new()
                .with("lower", Value::Lower(lower))
                .with("upper", Value::Upper(upper))
                .with("witness", side.witness.as_ref().map(|witness| self.witness_data(witness)))
        };
        let named = Some(&self.a.classes()[extent.output]).filter(|_| self.a.output() != Output::Sigmoid);
        Members::new()
            .maybe("output", named)
            .with("min", end(proved[0], attained[0], &extent.below))
            .with("max", end(attained[1], proved[1], &extent.above))
    }

    fn witness_data(&self, witness: &Witness) -> Members {
        let output = self.a.output();
        let confident = output != Output::None;
        let floor = |ball: &Ball| Value::Lower(ball.floor_f64());
        let side = |evaluation: &ExactEvaluation| {
            let confidence = |class| output.exact_confidence(&evaluation.logits, class);
            let confidences = (0..self.a.classes().len()).map(|c| confidence(c).as_ref().map_or(Value::Null, floor));
            Members::new()
                .with("logits", Value::list(evaluation.logits.iter().map(floor)))
                .maybe("confidences", confident.then(|| Value::list(confidences)))
                .maybe("class", evaluation.class.filter(|_| confident).map(|class| &self.a.classes()[class]))
        };
        let input = Value::point(&witness.input);
        Members::new().with("input", input).with("a", side(&witness.a)).with("b", side(&witness.b))
    }

    /// ` with confidence 0.93`, where outputs become confidences.
    fn confidence(&self, evaluation: &ExactEvaluation, class: usize) -> String {
        let output = self.a.output();
        match output.exact_confidence(&evaluation.logits, class) {
            Some(confidence) if output != Output::None => {
                format!(" with confidence {}", lower(confidence.floor_f64()))
            }
            _ => String::new(),
        }
    }
}

/// The witnesses of the least and of the greatest difference of all outputs, and which output each is about.
fn extremes(found: &Logits) -> impl Iterator<Item = (&'static str, usize, &Witness)> {
    let sides: [(&str, Side); 2] = [("min at", |extent| &extent.below), ("max at", |extent| &extent.above)];
    sides.into_iter().filter_map(|(name, side)| {
        // the later ones of equals would do as well
        let extreme = found.extents.iter().reduce(|x, y| if side(y).lower > side(x).lower { y } else { x })?;
        Some((name, extreme.output, side(extreme).witness.as_ref()?))
    })
}

/// A value for reading: exact where that is short.
fn value(ball: &Ball) -> String {
    ball.exact().map_or_else(|| format!("≈{}", lower(ball.floor_f64())), |exact| readable(&exact))
}
