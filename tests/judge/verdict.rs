//! Whether an answer, as JSON and exit code, is true of its question.

use super::network::{Network, Output};
use super::perturbation::Perturbation;
use super::question::Question;
use super::solver::json::{self, Json};
use super::solver::meaning::{Meaning, Point, PointValue};
use super::solver::number::{Rational, parse, power_of_two, whole};
use super::solver::real::{Real, decide};
use super::solver::script::State;
use super::solver::tally::Tally;
use super::solver::truth::Truth;
use super::{attack, tables, witness};

/// One run of the command.
#[derive(Clone, Debug)]
pub struct Run {
    /// what violations are listed under
    pub place: String,
    pub stdout: String,
    pub code: Option<i32>,
}

/// The exit code of an answer, by the README's table.
fn code(answer: &str) -> Option<i32> {
    Some(match answer {
        "bounds" | "robust" | "proved" | "holds" | "safe" => 0,
        "violated" => 1,
        "unknown" => 3,
        "timeout" => 4,
        "interrupted" => 130,
        _ => return None,
    })
}

/// Judges one run with `--json`.
pub fn judge(run: &Run, question: &Question, tally: &mut Tally) {
    let place = run.place.as_str();
    if run.code == Some(2) && run.stdout.is_empty() {
        return tally.leave("an error in the options or in a file");
    }
    let json = match json::read(&run.stdout) {
        Ok(json) => json,
        Err(error) => return tally.object(place, format!("no JSON: {error}")),
    };
    let Some(answer) = json["answer"].text() else { return tally.object(place, "no answer") };
    tally.count("answers");
    if json["stop"].text().is_none_or(|stop| stop == "complete") {
        tally.answered(place);
    }
    // what is unknown because a limit stopped the search is out of time
    let stopped = answer == "unknown" && ["time", "memory"].contains(&json["stop"].text().unwrap_or_default());
    match if stopped { Some(4) } else { code(answer) } {
        Some(code) if run.code == Some(code) => tally.count("exit codes"),
        Some(code) => tally.object(place, format!("exit code {:?} of {answer:?}, expected {code}", run.code)),
        None => tally.object(place, format!("{answer:?} is no answer")),
    }
    bounds(place, &json, question, answer, tally);
    match question.command.as_str() {
        _ if question.options.get("--activations").is_some() => tally.leave("rounded activations"),
        "local" | "global" if json["rows"].is_null() => finding(place, &json, question, answer, tally),
        "local" | "flips" => tables::rows(place, &json, question, tally),
        "radius local" | "radius global" => radius(place, &json, question, tally),
        "bits" => tables::bits(place, &json, question, tally),
        "faults" => tables::faults(place, &json, question, tally),
        "difference" => difference(place, &json, question, answer, tally),
        "verify" => verify(place, &json, question, tally),
        "sensitivity" => tables::sensitivity(place, &json, tally),
        "safe-region" => tables::region(place, &json, question, tally),
        other => tally.leave(format!("the command {other}")),
    }
}

/// The ends of a range as printed; `null` is infinite.
pub fn ends(json: &Json) -> (Option<Rational>, Option<Rational>) {
    let end = |key: &str| json[key].spelling().and_then(parse);
    (end("lower"), end("upper"))
}

/// Judges that bounds are in order, as close as was asked for, and on the right side of the threshold.
fn bounds(place: &str, json: &Json, question: &Question, answer: &str, tally: &mut Tally) {
    if json["bounds_of"].is_null() {
        return;
    }
    let (lower, upper) = ends(json);
    tally.count("pairs of bounds");
    if lower.as_ref().zip(upper.as_ref()).is_some_and(|(lower, upper)| lower > upper) {
        tally.object(place, "the bounds are inverted");
    }
    let radius = question.command.starts_with("radius");
    if answer == "bounds" {
        let close = lower.as_ref().zip(upper.as_ref()).is_some_and(|(lower, upper)| {
            let allowed = if radius { question.delta() * upper } else { question.delta() };
            // the last digit of each end may have been rounded outwards
            upper - lower <= allowed + (upper.clone() + lower.clone()) * power_of_two(-50)
        });
        if !close {
            tally.object(
                place,
                format!("the bounds are further apart than {}, though the answer is \"bounds\"", question.delta()),
            );
        }
    }
    if let Some(threshold) = question.number("--deviation").filter(|_| json["bounds_of"].text() == Some("deviation")) {
        if answer == "robust" && upper.is_none_or(|upper| upper > threshold) {
            tally.object(place, "robust, but the upper bound is above the threshold");
        }
        if answer == "violated" && lower.is_none_or(|lower| lower < threshold) {
            tally.object(place, "violated, but the lower bound is not above the threshold");
        }
    }
}

/// Judges `low ≤ value ≤ high` where a value and an end are there.
fn between(place: &str, what: &str, json: &Json, value: impl Fn() -> Option<Real>, tally: &mut Tally) {
    let (lower, upper) = ends(json);
    let side = |end: Option<Rational>, above: bool| {
        let Some(end) = end else { return Some(true) };
        let end = Real::from(end);
        decide(|| {
            let value = value()?;
            if above { value.at_most(&end) } else { end.at_most(&value) }
        })
    };
    match side(lower, false) {
        Some(true) => {}
        Some(false) => tally.object(place, format!("{what} of the witness is below the lower bound")),
        None => tally.leave("a bound that no precision decides"),
    }
    match side(upper, true) {
        Some(true) => {}
        Some(false) => tally.object(place, format!("{what} of the witness is above the upper bound")),
        None => tally.leave("a bound that no precision decides"),
    }
}

/// Judges that a point is where the question is about.
fn in_scope(place: &str, question: &Question, input: &[Rational], tally: &mut Tally) {
    if let Some(asked) = question.input() {
        if asked != input {
            tally.object(place, "the witness is not at the input");
        }
    } else if let Some(domain) = question.domain()
        && (domain.len() != input.len() || domain.iter().zip(input).any(|((lower, upper), x)| x < lower || x > upper))
    {
        tally.object(place, "the witness is outside the domain");
    }
}

/// What a witness shows, once it is evaluated: the two networks' confidences and logits.
pub struct Shown {
    pub input: Vec<Rational>,
    pub trained: Network,
    pub moved: Network,
}

impl Shown {
    pub fn deviation(&self, class: usize) -> Option<Real> {
        let of = |network: &Network| Some(network.confidences(&network.logits(&self.input)?)?.get(class)?.clone());
        Some(of(&self.moved)?.sub(&of(&self.trained)?).abs())
    }

    pub fn gap(&self, class: usize) -> Option<Real> {
        self.moved.gap(&self.moved.logits(&self.input)?, class)
    }
}

/// Judges everything that a witness of one network says of itself: place, set, confidences and classes.
pub fn attested(
    place: &str,
    json: &Json,
    question: &Question,
    perturbation: Option<&Perturbation>,
    tally: &mut Tally,
) -> Option<(Shown, usize)> {
    if json.is_null() {
        return None;
    }
    tally.count("witnesses");
    let network = &question.network;
    let Some(input) = witness::input(json).filter(|input| input.len() == network.inputs.len()) else {
        tally.object(place, "a witness without its input");
        return None;
    };
    in_scope(place, question, &input, tally);
    let moved = match witness::moved(network, json) {
        Ok(moved) => moved,
        Err(wrong) => {
            tally.object(place, wrong);
            return None;
        }
    };
    witness::inside(place, perturbation, &moved, tally);
    let shown = Shown { input, trained: network.clone(), moved };
    let Some(class) = json["class"].text().and_then(|name| network.class_named(name)) else {
        tally.object(place, "a witness without a class");
        return None;
    };
    for (what, key, of) in [
        ("the confidence", "confidence_nominal", &shown.trained),
        ("the confidence moved", "confidence_perturbed", &shown.moved),
    ] {
        let value = || Some(of.confidences(&of.logits(&shown.input)?)?.get(class)?.clone());
        witness::figure(place, what, &json[key], value, tally);
    }
    if network.output != Output::None {
        witness::class(place, "the class", &json["class_nominal"], &shown.trained, &shown.input, tally);
        witness::class(place, "the class moved", &json["class_perturbed"], &shown.moved, &shown.input, tally);
    }
    Some((shown, class))
}

/// Judges that a change of class is one, where the trained network is confident enough.
fn changed(place: &str, json: &Json, question: &Question, (shown, class): &(Shown, usize), tally: &mut Tally) {
    if json["class_nominal"] == json["class_perturbed"] {
        tally.object(place, "the witness of a class change changes no class");
    }
    if question.network.output == Output::None {
        return tally.leave("a confidence of raw outputs");
    }
    if let Some(least) = question.number("--confidence-at-least") {
        let confident = decide(|| {
            let confidences = shown.trained.confidences(&shown.trained.logits(&shown.input)?)?;
            Real::from(least.clone()).at_most(confidences.get(*class)?)
        });
        if confident == Some(false) {
            tally.object(place, "the witness is where the trained network is less confident");
        }
    }
}

/// Judges `local` and `global`.
fn finding(place: &str, json: &Json, question: &Question, answer: &str, tally: &mut Tally) {
    let perturbation = Perturbation::new(&question.network, &question.options, None, None);
    let shown = attested(place, &json["witness"], question, perturbation.as_ref(), tally);
    let about_class = question.options.has("--class-change");
    match &shown {
        Some(shown) if about_class => {
            changed(place, &json["witness"], question, shown, tally);
            between(place, "the gap", json, || shown.0.gap(shown.1), tally);
        }
        Some(shown) => {
            between(place, "the deviation", json, || shown.0.deviation(shown.1), tally);
            let moved = json["witness"]["class_nominal"] != json["witness"]["class_perturbed"];
            if moved && json["class_change"].text() == Some("impossible") {
                tally.object(place, "the class cannot change, but the witness changes it");
            }
            // of two classes both move alike; which raw output is meant is left to the command
            let two = question.network.classes.len() == 2;
            let alike = two || question.network.output == Output::None;
            let other = json["witness"]["class"] != json["witness"]["class_nominal"];
            if json["class"].text() == Some("assigned") && other && !alike {
                tally.object(place, "the witness is about another class than the assigned one");
            }
        }
        None if answer == "violated" => tally.object(place, "violated without a witness"),
        None => {}
    }
    if let (Some(assigned), Some(input)) = (json["assigned"].text(), question.input()) {
        let printed = Json::Text(assigned.to_owned());
        witness::class(place, "the assigned class", &printed, &question.network, &input, tally);
    }
    if let Some(perturbation) = &perturbation {
        attack::attack(place, json, question, perturbation, tally);
    }
}

/// Judges `radius`: the witness refutes the upper end.
fn radius(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let (_, Some(upper)) = ends(json) else { return tally.leave("a radius without an upper end") };
    let relative = json["perturbation"]["kind"].text() == Some("relative");
    let mut words = question.options.words();
    let text = upper.to_string();
    words.extend(if relative { ["--relative", text.as_str()] } else { ["--epsilon", text.as_str()] });
    let options = super::question::Options::new(&words);
    let perturbation = Perturbation::new(&question.network, &options, None, None);
    let Some(shown) = attested(place, &json["witness"], question, perturbation.as_ref(), tally) else { return };
    refuting(place, &json["witness"], question, &shown, tally);
}

/// Judges that a witness breaks what `--deviation` or `--class-change` asks for.
pub fn refuting(place: &str, json: &Json, question: &Question, shown: &(Shown, usize), tally: &mut Tally) {
    if question.options.has("--class-change") {
        return changed(place, json, question, shown, tally);
    }
    let Some(threshold) = question.number("--deviation").map(Real::from) else { return };
    if decide(|| threshold.below(&shown.0.deviation(shown.1)?)) == Some(false) {
        tally.object(place, "the witness does not pass the threshold");
    }
}

/// Judges `difference`.
fn difference(place: &str, json: &Json, question: &Question, answer: &str, tally: &mut Tally) {
    let Some(other) = &question.other else { return };
    let one = |witness: &Json, tally: &mut Tally| {
        tally.count("witnesses");
        let Some(input) = witness::input(witness) else {
            tally.object(place, "a witness without its input");
            return None;
        };
        in_scope(place, question, &input, tally);
        for (key, network) in [("a", &question.network), ("b", other)] {
            let said = &witness[key];
            for (j, printed) in said["logits"].array().iter().enumerate() {
                witness::figure(place, "a logit", printed, || network.logits(&input)?.get(j).cloned(), tally);
            }
            for (j, printed) in said["confidences"].array().iter().enumerate() {
                let value = || network.confidences(&network.logits(&input)?)?.get(j).cloned();
                witness::figure(place, "a confidence", printed, value, tally);
            }
            if !said["class"].is_null() {
                witness::class(place, "the class", &said["class"], network, &input, tally);
            }
        }
        Some(input)
    };
    for output in json["outputs"].array() {
        let Some(j) = output["output"].text().and_then(|name| question.network.class_named(name)) else { continue };
        for side in [&output["min"], &output["max"]] {
            let (lower, upper) = ends(side);
            tally.count("pairs of bounds");
            if lower.as_ref().zip(upper.as_ref()).is_some_and(|(lower, upper)| lower > upper) {
                tally.object(place, "the bounds are inverted");
            }
            if answer == "bounds"
                && lower.zip(upper).is_none_or(|(a, b)| b - a > question.delta() * (whole(1) + power_of_two(-40)))
            {
                tally.object(place, "the bounds are further apart than δ");
            }
            if side["witness"].is_null() {
                continue;
            }
            if let Some(input) = one(&side["witness"], tally) {
                let difference = || {
                    let z = |network: &Network| network.logits(&input)?.get(j).cloned();
                    Some(z(other)?.sub(&z(&question.network)?))
                };
                between(place, "the difference", side, difference, tally);
            }
        }
    }
    let witness = &json["witness"];
    if witness.is_null() {
        return;
    }
    let Some(input) = one(witness, tally) else { return };
    if question.options.has("--class-change") {
        if witness["a"]["class"] == witness["b"]["class"] {
            tally.object(place, "the witness of a disagreement agrees");
        }
        let raw = question.network.output == Output::None;
        if let Some(least) = question.number("--confidence-at-least").filter(|_| !raw) {
            let class = witness["a"]["class"].text().and_then(|name| question.network.class_named(name));
            let confident = decide(|| {
                let confidences = question.network.confidences(&question.network.logits(&input)?)?;
                Real::from(least.clone()).at_most(confidences.get(class?)?)
            });
            if confident == Some(false) {
                tally.object(place, "the witness is where A is less confident");
            }
        }
    } else if let Some(class) = json["of"].text().and_then(|name| question.network.class_named(name)) {
        let difference = || {
            let c = |network: &Network| network.confidences(&network.logits(&input)?)?.get(class).cloned();
            Some(c(other)?.sub(&c(&question.network)?).abs())
        };
        between(place, "the difference", json, difference, tally);
    }
}

/// Judges `verify`: the property file is a formula over inputs and outputs, which the witness satisfies as it stands.
fn verify(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let said = &json["witness"];
    let sat = json["answer"].text() == Some("violated");
    let expected = match json["answer"].text() {
        Some("violated") => "sat",
        Some("holds") => "unsat",
        Some(other) => other,
        None => return,
    };
    if json["competition"].text().is_some_and(|word| word != expected) {
        tally.object(place, "the competition's word is another answer");
    }
    if said.is_null() {
        if sat {
            tally.object(place, "violated without a witness");
        }
        return;
    }
    tally.count("witnesses");
    let Some(input) = witness::input(said) else { return tally.object(place, "a witness without its input") };
    let moved = match witness::moved(&question.network, said) {
        Ok(moved) => moved,
        Err(wrong) => return tally.object(place, wrong),
    };
    let perturbation = Perturbation::new(&question.network, &question.options, None, None);
    witness::inside(place, perturbation.as_ref(), &moved, tally);
    let outputs = |moved: &Network| {
        let logits = moved.logits(&input)?;
        moved.confidences(&logits)
    };
    for (j, printed) in said["output"].array().iter().enumerate() {
        witness::figure(place, "an output", printed, || outputs(&moved)?.get(j).cloned(), tally);
    }
    let formulas = question.plain_file(1).and_then(|path| std::fs::read_to_string(path).ok());
    let Some(Ok(commands)) = formulas.map(|text| super::solver::sexpr::read(&text)) else {
        return tally.leave("a property that the judge cannot read");
    };
    for command in &commands {
        let Some(("assert", [formula])) = command.headed() else { continue };
        let holds = decide(|| {
            let named =
                |letter: &'static str| move |(i, x): (usize, Real)| (format!("{letter}_{i}"), PointValue::Number(x));
            let inputs = input.iter().cloned().map(Real::from).enumerate().map(named("X"));
            let point: Point = inputs.chain(outputs(&moved)?.into_iter().enumerate().map(named("Y"))).collect();
            let (state, delta) = (State::default(), whole(0));
            match Meaning::new(&state, &point, &delta).formula(formula).map(|formula| formula.exact.holds) {
                Ok(Truth::Yes) => Some(true),
                Ok(Truth::No) => Some(false),
                _ => None,
            }
        });
        match holds {
            Some(true) => {}
            Some(false) => return tally.object(place, "the witness does not satisfy the property"),
            None => tally.leave("a property that no precision decides"),
        }
    }
}
