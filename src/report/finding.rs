//! The report of a question about one input or about a domain, and that of a radius.

use super::html::confidence;
use super::json::{
    asked, asked_about, assigned_or_none, may_be_assigned, moving as moving_of, witness as witness_data,
};
use super::model::{Field, Part, Picture, Report, Witness};
use super::number::{between, exact, lower, short, upper};
use super::svg::map::{Input, Mark, Point};
use super::value::{Members, Value};
use super::words::{
    assigned_noun, class, classes, coordinates, count, either, guarded, meaning, moving, parameter, parameters, place,
    quantity, unanswered,
};
use super::{Outcome, assumed, class_change_name, stop_name, svg};
use crate::encode::class_count;
use crate::network::Output;
use crate::perturbation::Magnitude;
use crate::question::{Aim, Scope, Subject};
use crate::robustness::float_error::FloatError;
use crate::robustness::heat::Heat;
use crate::robustness::radius::Radius;
use crate::robustness::{ClassChange, ClassChoice, Finding, witness};
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;

/// The report of a finding, with what an evaluation in float32 adds to its bounds, where that was asked.
pub fn report<'a>(subject: &'a Subject<'a>, finding: &Finding, float32: Option<&FloatError>) -> Report<'a> {
    let outcome = Outcome::of(finding, subject.delta);
    let (label, term) = bounded(&subject.aim);
    let bounds = (finding.lower, finding.upper);
    let bounds_of = Members::new().with("bounds_of", label);
    let mut parts: Vec<Part> = vec![Field::bounds(label, bounds, subject.delta, bounds_of).term(term).into()];
    if let Some(error) = float32 {
        parts.push(in_float32(subject, error).into());
    }
    parts.push(change(subject, finding).into());
    parts.push(refutation(subject, finding.witness.as_ref()));
    parts.push(Field::effort(finding.stop, &finding.statistics).into());
    Report {
        asked: asked(subject),
        title: title(subject, ""),
        outcome,
        answer: Some(outcome.name()),
        sentence: sentence(subject, finding),
        meaning: meaning(outcome, finding.witness.is_some()).to_owned(),
        assumptions: assumed::terms(subject.network, &assumed::moving(subject, true), &assumed::inputs(subject)),
        parts,
        pictures: map(subject, finding.witness.as_ref()).into_iter().collect(),
    }
}

/// The report of a radius: the bounds are those of the largest safe ε.
pub fn radius<'a>(subject: &'a Subject<'a>, radius: &Radius) -> Report<'a> {
    let outcome = Outcome::of_stop(radius.stop, radius.closed);
    let ends = (rational::floor_f64(&radius.proved), radius.refuted.as_ref().map_or(f64::INFINITY, rational::ceil_f64));
    let (proved, refuted) = (lower(ends.0), upper(ends.1));
    let data = Members::new().with("bounds_of", "epsilon").with("lower", Value::Lower(ends.0));
    let data = data.with("upper", Value::Upper(ends.1)).and(may_be_assigned(subject.network, &radius.assigned));
    let epsilon = Field::new("epsilon", format!("[{proved}, {refuted}]"), data).term("largest safe epsilon");
    let epsilon = epsilon.long(match radius.refuted {
        Some(_) => format!("proved safe up to {proved}, refuted from {refuted}"),
        None => format!("proved safe up to {proved}; nothing larger was refuted"),
    });
    Report {
        asked: asked_about(subject, "radius", Some(moving_of(subject.perturbation, None))),
        title: title(subject, "Radius: "),
        outcome,
        answer: Some(outcome.name()),
        sentence: radius_sentence(subject, radius, &proved, &refuted),
        meaning: match &radius.refuted {
            Some(_) => "Every epsilon up to the first number is safe, whatever the parameters within it: that is proved. The \
                        second number is too large: the witness shows parameters within it that are not safe. What lies between \
                        the two is open.",
            None => "Every epsilon up to this number is safe, whatever the parameters within it: that is proved. No larger one was \
                     refuted.",
        }
        .to_owned(),
        assumptions: assumed::terms(subject.network, &assumed::moving(subject, false), &assumed::inputs(subject)),
        parts: vec![
            epsilon.into(),
            refutation(subject, radius.witness.as_ref()),
            Field::effort(radius.stop, &radius.statistics).into(),
        ],
        pictures: map(subject, radius.witness.as_ref()).into_iter().collect(),
    }
}

/// Adds a heat map of what is proved in each cell of the domain.
pub fn add_heat<'a>(report: &mut Report<'a>, subject: &'a Subject<'a>, heat: &'a Heat) {
    let names = subject.network.input().names();
    let worst = heat.upper.iter().enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
    let place = worst.map(|(index, _)| {
        let sides = heat.cell(index);
        let side = |axis: usize| format!("{} in [{}, {}]", names[axis], short(&sides[axis].0), short(&sides[axis].1));
        format!(", for {} and {}", side(0), side(1))
    });
    let mut sorted = heat.upper.clone();
    sorted.sort_by(f64::total_cmp);
    let text = format!(
        "{side} by {side} cells: at most {} in the worst{}; at most {} in half of them",
        upper(worst.map_or(0.0, |(_, most)| *most)),
        place.unwrap_or_default(),
        upper(sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)),
        side = heat.side
    );
    let cells = Value::list(heat.upper.iter().map(|&most| Value::Upper(most)));
    let data = Members::new().with("side", heat.side).with("upper", cells).with("stop", stop_name(heat.stop));
    let at = report.parts.len().saturating_sub(1);
    report.parts.insert(at, Field::new("map", text, Members::new().with("map", data)).into());
    let draw = move || {
        let input = |axis: usize| Input {
            name: names[axis].clone(),
            low: rational::nearest_f64(&heat.domain[axis].0),
            high: rational::nearest_f64(&heat.domain[axis].1),
        };
        let title = format!("Largest change of the confidence of {} in each cell (proved)", subject.network.name());
        let map = svg::heat::Heat { title, inputs: [input(0), input(1)], side: heat.side, upper: heat.upper.clone() };
        Some(map.draw())
    };
    report.pictures.insert(0, Box::new(draw));
}

/// What a question bounds, in short and in full.
pub(super) fn bounded(aim: &Aim) -> (&'static str, &'static str) {
    match aim {
        Aim::Deviation { .. } => ("deviation", "largest deviation"),
        Aim::ClassChange { .. } => ("logit gap", "largest lead of another class over the assigned one (logits)"),
    }
}

/// Whether the class can change, where the sentence does not say it.
fn change(subject: &Subject<'_>, finding: &Finding) -> Field {
    let data = assigned_or_none(subject.network, &finding.assigned);
    let Some(change) = finding.class_change else { return Field::said(data) };
    let data = data.with("class_change", class_change_name(change));
    let shown = match (&subject.aim, subject.scope) {
        (Aim::ClassChange { .. }, _) => false,
        _ if class_count(subject.network) < 2 => false,
        // a search for the deviation over a domain may come across a change, and cannot exclude one
        (Aim::Deviation { .. }, Scope::Global(_)) => change == ClassChange::Possible,
        (Aim::Deviation { .. }, Scope::Local(_)) => true,
    };
    if !shown {
        return Field::said(data);
    }
    let long = match change {
        ClassChange::Impossible => "impossible (proved)",
        ClassChange::Possible => "possible (a witness does it)",
        ClassChange::Unknown => "undecided",
    };
    let name = class_change_name(change);
    match assigned_noun(subject.network) {
        "class" => Field::new("class change", name, data).long(long),
        noun => Field::new(noun, format!("change {name}"), data).long(format!("change {long}")),
    }
}

/// What an evaluation in float32 adds.
fn in_float32(subject: &Subject<'_>, error: &FloatError) -> Field {
    let (most, to) = match subject.aim {
        Aim::Deviation { choice, .. } => (error.confidence(choice), "to the deviation"),
        Aim::ClassChange { .. } => (error.gap(), "to the logit gap"),
    };
    let text = format!("float32 evaluation adds at most {} {to}", upper(most));
    let data = Members::new().with("float32_adds_at_most", Value::Upper(most));
    Field::new("float32", &text, data).long(text + " (proved)")
}

/// The answer in one sentence.
fn sentence(subject: &Subject<'_>, finding: &Finding) -> String {
    let moving = moving(subject.perturbation);
    let place = place(subject.network, subject.scope);
    let outcome = Outcome::of(finding, subject.delta);
    match &subject.aim {
        Aim::Deviation { choice, threshold } => {
            let quantity = quantity(subject, *choice, &finding.assigned);
            let threshold = threshold.as_ref().map(exact);
            let ends = between(finding.lower, finding.upper, subject.delta);
            deviation_sentence((finding, ends), outcome, *choice, threshold, &moving, &place, &quantity)
        }
        Aim::ClassChange { .. } => change_sentence(subject, finding, outcome, &moving, &place),
    }
}

fn deviation_sentence(
    (finding, [least, most]): (&Finding, [String; 2]),
    outcome: Outcome,
    choice: ClassChoice,
    threshold: Option<String>,
    moving: &str,
    place: &str,
    quantity: &str,
) -> String {
    let all = if choice == ClassChoice::Worst { "for the worst class, " } else { "" };
    match (outcome, threshold) {
        (Outcome::Robust, Some(threshold)) => {
            format!("robust: no {moving} move {quantity} by more than {threshold} {place}")
        }
        (Outcome::Violated, Some(threshold)) => {
            format!("violated: {moving} move {quantity} by at least {least} {place}, more than {threshold}")
        }
        (_, Some(threshold)) => {
            let why = unanswered(finding.stop);
            format!("{why}: undecided whether {moving} move {quantity} by more than {threshold} {place}")
        }
        (Outcome::Bounds, None) => {
            format!("bounds: {all}largest change of {quantity} for {moving} {place}: between {least} and {most}")
        }
        (_, None) => {
            let why = unanswered(finding.stop);
            format!(
                "{why}: bounds so far: largest change of {quantity} for {moving} {place}: between {least} and {most}"
            )
        }
    }
}

fn change_sentence(subject: &Subject<'_>, finding: &Finding, outcome: Outcome, moving: &str, place: &str) -> String {
    let noun = assigned_noun(subject.network);
    let (subject_class, condition) = match &finding.assigned[..] {
        [] => (format!("the {noun}"), format!(" {}", guarded(subject))),
        [one] if noun != "class" => (format!("the {noun} {:?}", subject.network.classes()[*one]), String::new()),
        assigned => (classes(subject.network, assigned), String::new()),
    };
    match (outcome, &finding.witness) {
        (Outcome::Robust, _) => format!("robust: no {moving} change {subject_class} {place}{condition}"),
        (Outcome::Violated, Some(witness)) if witness.changes_class() => {
            let names = |classes: &[usize]| either(subject.network, classes);
            let (before, after) = (names(&witness.nominal_classes), names(&witness.perturbed_classes));
            let noun = if noun == "class" { "class" } else { "the largest output" };
            format!("violated: {moving} change {noun} {before} to {after} {place}{condition}")
        }
        // whichever of several classes is assigned, some parameters assign another
        (Outcome::Violated, Some(_)) => format!("violated: {moving} change {subject_class} {place}{condition}"),
        (Outcome::Violated, None) => format!("violated: {moving} change {subject_class} {place}{condition}"),
        _ => {
            let why = unanswered(finding.stop);
            format!("{why}: undecided whether {moving} change {subject_class} {place}{condition}")
        }
    }
}

/// The witness of a finding, as a part of its report.
pub(super) fn refutation(subject: &Subject<'_>, found: Option<&witness::Witness>) -> Part {
    let none = || Field::said(Members::new().with("witness", Value::Null)).into();
    found.map_or_else(none, |found| witness(subject, found).into())
}

/// What a witness moves, and what that does.
pub(super) fn witness(subject: &Subject<'_>, found: &witness::Witness) -> Witness {
    let network = subject.network;
    let moved = found.moved(network);
    let (before, after) = (lower(found.nominal.floor_f64()), lower(found.perturbed.floor_f64()));
    let change = if found.changes_class() || found.nominal_classes.len() > 1 {
        let [before, after] = [&found.nominal_classes, &found.perturbed_classes].map(|c| either(network, c));
        format!(", {} {before} -> {after}", assigned_noun(network))
    } else {
        String::new()
    };
    let noun = if network.output() == Output::None { "value" } else { "confidence" };
    let some = count(network.parameter_count() as u64, "parameter", "parameters");
    let of = class(network, found.class);
    let shows = format!("{} of {some} moved, {of}: {noun} {before} -> {after}{change}", moved.len());
    let steps = moved.iter().map(|step| (parameter(step.layer, step.parameter), step.from, step.to));
    Witness {
        heading: "The witness".to_owned(),
        prose: "One input and one choice of parameters within the perturbation. Anyone can check it: put these numbers into the \
                network and evaluate it there, with the roundings named under the assumptions if there are any."
            .to_owned(),
        at: if let Scope::Global(_) = subject.scope { "witness at" } else { "" },
        input: network.input().names().iter().cloned().zip(found.input.iter().cloned()).collect(),
        shows: vec![("witness".to_owned(), shows)],
        moved: Some(steps.collect()),
        data: Members::new().with("witness", witness_data(network, found)),
    }
}

/// A radius in one sentence.
fn radius_sentence(subject: &Subject<'_>, radius: &Radius, proved: &str, refuted: &str) -> String {
    let place = place(subject.network, subject.scope);
    let relative = matches!(subject.perturbation.magnitude(), Magnitude::Relative(_));
    let epsilon = if relative { "relative epsilon" } else { "epsilon" };
    let moving = parameters(subject.perturbation);
    let safe = match &subject.aim {
        Aim::Deviation { choice, threshold } => {
            let threshold = threshold.as_ref().map(exact).unwrap_or_default();
            let quantity = quantity(subject, *choice, &radius.assigned);
            format!("no {moving} move {quantity} by more than {threshold} {place}")
        }
        Aim::ClassChange { guard } => {
            let change = format!("no {moving} change the {} {place}", assigned_noun(subject.network));
            if guard.is_some() { format!("{change} {}", guarded(subject)) } else { change }
        }
    };
    let so_far = match radius.stop {
        StopReason::Complete => "radius".to_owned(),
        stop => format!("{}: radius so far", unanswered(stop)),
    };
    let beyond = match radius.refuted {
        None => "nothing larger was refuted".to_owned(),
        Some(_) if radius.closed || radius.stop != StopReason::Complete => format!("a witness refutes {refuted}"),
        Some(_) => format!("a witness refutes {refuted}, and nothing smaller was asked about"),
    };
    format!("{so_far}: {safe} up to an {epsilon} of {proved}; {beyond}")
}

/// The map of a question about a network of two inputs, with the input and the witness on it.
pub(super) fn map<'a>(subject: &'a Subject<'a>, witness: Option<&witness::Witness>) -> Option<Picture<'a>> {
    let network = subject.network;
    let plane = confidence::plane(network, subject.scope)?;
    let (input, mark) = match (subject.scope, witness) {
        (Scope::Local(input), _) if input.len() == 2 => (Some(input), Mark::Input),
        (Scope::Global(_), Some(witness)) => (Some(&witness.input[..]), Mark::Witness),
        _ => (None, Mark::Input),
    };
    let doubles = |x: &[Rational]| [rational::nearest_f64(&x[0]), rational::nearest_f64(&x[1])];
    let point = input.map(|x| Point { at: doubles(x), mark, label: coordinates(network, x) });
    Some(Box::new(move || {
        let mut map = confidence::map(network, plane, confidence::title(network))?;
        map.points.extend(point.clone());
        Some(map.draw())
    }))
}

/// What the page is about.
pub(super) fn title(subject: &Subject<'_>, kind: &str) -> String {
    let network = subject.network.name();
    let moves = if subject.network.output() == Output::None { "an output" } else { "its confidence" };
    let what = match &subject.aim {
        Aim::Deviation { threshold: None, .. } => format!("how far can {moves} move"),
        Aim::Deviation { threshold: Some(threshold), .. } => {
            format!("can {moves} move by more than {}", exact(threshold))
        }
        Aim::ClassChange { .. } => format!("can its {} change", assigned_noun(subject.network)),
    };
    let place = match subject.scope {
        Scope::Local([]) => "at the inputs of a file",
        Scope::Local(_) => "at one input",
        Scope::Global(_) => "over its domain",
    };
    format!("{kind}{network}: {what} {place}?")
}
