//! Reports as text: one sentence that answers the question, then the bounds, the witness, and the effort.

use super::number::{between, double, exact, lower, sides, upper};
use super::words::{
    assigned_noun, class, classes, coordinates, count, either, guarded, moving, parameter, parameters, place, quantity,
};
use super::{Aim, Outcome, Scope, Subject, class_change_name};
use crate::encode::class_count;
use crate::robustness::float_error::FloatError;
use crate::robustness::radius::Radius;
use crate::robustness::witness::{Moved, Witness};
use crate::robustness::{ClassChange, ClassChoice, Finding};
use deltasat::exact::rational;
use deltasat::search::{Statistics, StopReason};
use std::io::{self, Write};

/// Moved parameters that are listed; JSON lists all.
const LISTED: usize = 3;

/// Writes a finding.
///
/// # Errors
/// Those of the writer.
pub fn finding(subject: &Subject<'_>, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    finding_in_float32(subject, finding, None, out)
}

/// Writes a finding with what an evaluation in float32 adds to its bounds, where that was asked.
///
/// # Errors
/// Those of the writer.
pub fn finding_in_float32(
    subject: &Subject<'_>,
    finding: &Finding,
    float32: Option<&FloatError>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", sentence(subject, finding))?;
    let bounds = sides(finding.lower, finding.upper, subject.delta);
    match subject.aim {
        Aim::Deviation { .. } => line(out, "deviation", &bounds)?,
        Aim::ClassChange { .. } => line(out, "logit gap", &bounds)?,
    }
    if let Some(error) = float32 {
        line(out, "float32", &in_float32(subject, error))?;
    }
    if let Some(change) = finding.class_change.filter(|&c| about_change(subject, c)) {
        let change = class_change_name(change);
        match assigned_noun(subject.network) {
            "class" => line(out, "class change", change)?,
            noun => line(out, noun, &format!("change {change}"))?,
        }
    }
    if let Some(found) = &finding.witness {
        witness(subject, found, out)?;
    }
    effort(&finding.statistics, out)
}

/// Whether to say if the class can change: where it was asked, the sentence says so.
pub(super) fn about_change(subject: &Subject<'_>, change: ClassChange) -> bool {
    match (&subject.aim, subject.scope) {
        (Aim::ClassChange { .. }, _) => false,
        _ if class_count(subject.network) < 2 => false,
        // a search for the deviation over a domain may come across a change, and cannot exclude one
        (Aim::Deviation { .. }, Scope::Global(_)) => change == ClassChange::Possible,
        (Aim::Deviation { .. }, Scope::Local(_)) => true,
    }
}

/// What an evaluation in float32 adds.
pub(super) fn in_float32(subject: &Subject<'_>, error: &FloatError) -> String {
    let (most, to) = match subject.aim {
        Aim::Deviation { choice, .. } => (error.confidence(choice), "to the deviation"),
        Aim::ClassChange { .. } => (error.gap(), "to the logit gap"),
    };
    format!("float32 evaluation adds at most {} {to}", upper(most))
}

pub(super) fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {name:<12}  {value}")
}

/// The answer in one sentence.
pub(super) fn sentence(subject: &Subject<'_>, finding: &Finding) -> String {
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
            format!("{why}: whether {moving} move {quantity} by more than {threshold} {place} is open")
        }
        (Outcome::Bounds, None) => {
            format!("bounds: {all}{moving} move {quantity} by at most {most} {place}, and some by at least {least}")
        }
        (_, None) => {
            let why = unanswered(finding.stop);
            format!(
                "{why}: bounds so far: {moving} move {quantity} by at most {most} {place}, and some by at least {least}"
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
            format!("{why}: whether {moving} change {subject_class} {place}{condition} is open")
        }
    }
}

/// Why there is no answer.
pub(super) fn unanswered(stop: StopReason) -> &'static str {
    match stop {
        StopReason::Time => "out of time",
        StopReason::Interrupted => "interrupted",
        StopReason::Boxes => "limit of boxes reached",
        StopReason::Memory => "out of memory",
        StopReason::Complete => "unknown, too close to call",
        StopReason::Unsplittable => "unknown, boxes left that doubles cannot split",
    }
}

/// The witness: how much moves, what that does, and the first few parameters.
pub(super) fn witness(subject: &Subject<'_>, witness: &Witness, out: &mut dyn Write) -> io::Result<()> {
    let network = subject.network;
    if let Scope::Global(_) = subject.scope {
        line(out, "witness at", &coordinates(network, &witness.input))?;
    }
    let moved = witness.moved(network);
    let (before, after) = (lower(witness.nominal.floor_f64()), lower(witness.perturbed.floor_f64()));
    let of = class(network, witness.class);
    let change = if witness.changes_class() || witness.nominal_classes.len() > 1 {
        let [before, after] = [&witness.nominal_classes, &witness.perturbed_classes].map(|c| either(network, c));
        format!(", {} {before} -> {after}", assigned_noun(network))
    } else {
        String::new()
    };
    let noun = if network.output() == crate::network::Output::None { "value" } else { "confidence" };
    let some = count(network.parameter_count() as u64, "parameter", "parameters");
    line(out, "witness", &format!("{} of {some} moved, {of}: {noun} {before} -> {after}{change}", moved.len()))?;
    moves(&moved, out)
}

/// The first few parameters that moved.
pub(super) fn moves(moved: &[Moved], out: &mut dyn Write) -> io::Result<()> {
    for step in moved.iter().take(LISTED) {
        writeln!(out, "    {}: {} -> {}", parameter(step.layer, step.parameter), double(step.from), double(step.to))?;
    }
    if moved.len() > LISTED {
        writeln!(out, "    and {} more (--json lists all)", moved.len() - LISTED)?;
    }
    Ok(())
}

/// What it cost; the only line that differs from one run to the next.
pub(super) fn effort(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let boxes = count(statistics.boxes, "box", "boxes");
    line(out, "search", &format!("{boxes} in {:.4} s", statistics.seconds))
}

/// Writes a radius.
///
/// # Errors
/// Those of the writer.
pub fn radius(subject: &Subject<'_>, radius: &Radius, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", radius_sentence(subject, radius))?;
    let (proved, refuted) = radius_ends(radius);
    line(out, "epsilon", &format!("[{proved}, {}]", refuted.as_deref().unwrap_or("inf")))?;
    if let Some(found) = &radius.witness {
        witness(subject, found, out)?;
    }
    effort(&radius.statistics, out)
}

/// The two sides of a radius.
fn radius_ends(radius: &Radius) -> (String, Option<String>) {
    let refuted = radius.refuted.as_ref().map(|refuted| upper(rational::ceil_f64(refuted)));
    (lower(rational::floor_f64(&radius.proved)), refuted)
}

/// A radius in one sentence.
pub(super) fn radius_sentence(subject: &Subject<'_>, radius: &Radius) -> String {
    let place = place(subject.network, subject.scope);
    let relative = matches!(subject.perturbation.magnitude(), crate::perturbation::Magnitude::Relative(_));
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
    let (proved, refuted) = radius_ends(radius);
    let beyond = match refuted {
        None => "nothing larger was refuted".to_owned(),
        Some(refuted) if radius.closed || radius.stop != StopReason::Complete => format!("a witness refutes {refuted}"),
        Some(refuted) => format!("a witness refutes {refuted}, and nothing smaller was asked about"),
    };
    format!("{so_far}: {safe} up to an {epsilon} of {proved}; {beyond}")
}
