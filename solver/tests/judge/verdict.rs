//! Whether a transcript is true of its script.

use super::meaning::{Meaning, Number, Point, PointValue, Value};
use super::number::{Rational, whole};
use super::real::{Real, decide};
use super::script::{Objective, Request, Script, Sort, State};
use super::sexpr::{self, Sexpr};
use super::tally::Tally;
use super::transcript::{self, Check, Reply};
use super::truth::{Formula, Truth};
use super::{dr, script};

/// One run of the command.
#[derive(Clone, Debug)]
pub struct Run {
    /// what violations are listed under
    pub place: String,
    /// the script's text, and whether it is in the `.dr` format
    pub script: String,
    pub infix: bool,
    /// a δ that the command line sets
    pub delta: Option<Rational>,
    /// a point that satisfies the script, where its author knows one
    pub planted: Option<Point>,
    pub stdout: String,
    pub code: Option<i32>,
}

/// The script of a run; `None`, with the reason noted, where the judge cannot read it.
fn asked(run: &Run, tally: &mut Tally) -> Option<Script> {
    let commands = if run.infix { dr::read(&run.script) } else { sexpr::read(&run.script) };
    match commands.and_then(|commands| script::read(&commands)) {
        Ok(script) => Some(script),
        Err(reason) => {
            tally.leave(format!("script: {reason}"));
            None
        }
    }
}

/// A point that is said to satisfy what is asserted.
struct Claim<'a> {
    state: &'a State,
    delta: Rational,
    exact: bool,
    point: Point,
}

/// Judges a run with `--json`.
pub fn object(run: &Run, tally: &mut Tally) {
    let Some(script) = asked(run, tally) else { return };
    let checks = match transcript::object(&run.stdout) {
        Ok(checks) => checks,
        Err(error) => return tally.object(&run.place, format!("the JSON object: {error}")),
    };
    let asked: Vec<_> = script.requests.iter().filter(|request| matches!(request, Request::Check(..))).collect();
    if asked.len() != checks.len() {
        return tally.object(&run.place, format!("{} checks asked for, {} answered", asked.len(), checks.len()));
    }
    for (request, check) in asked.into_iter().zip(&checks) {
        if let Request::Check(state, delta) = request {
            judge(run, state, delta.as_ref(), check, tally);
        }
    }
}

/// Judges a run that printed text.
pub fn text(run: &Run, tally: &mut Tally) {
    let Some(script) = asked(run, tally) else { return };
    let replies = match transcript::text(&run.stdout) {
        Ok(replies) => replies,
        Err(error) => return tally.object(&run.place, format!("the text: {error}")),
    };
    let mut replies = replies.into_iter();
    let mut last: Option<Claim<'_>> = None;
    let mut errors = false;
    for request in &script.requests {
        if let Request::Other(_) = request {
            // what these print may look like anything, so what comes behind cannot be told apart
            return tally.leave("replies behind another request");
        }
        let Some(reply) = replies.find(|reply| !matches!(reply, Reply::Other)) else {
            return tally.object(&run.place, "fewer replies than requests");
        };
        match (request, reply) {
            (_, Reply::Error) => errors = true,
            (Request::Check(state, delta), Reply::Check(mut check)) => {
                if let Err(error) = check.understand(!state.objectives.is_empty()) {
                    return tally.object(&run.place, format!("the text: {error}"));
                }
                last = judge(run, state, delta.as_ref(), &check, tally);
            }
            (Request::Model, Reply::Model(model)) => {
                if let Some(claim) = &mut last {
                    claim.point = model.into_iter().collect();
                    satisfied(run, claim, tally);
                }
            }
            (Request::Values(terms), Reply::Values(pairs)) => {
                if let Some(claim) = &mut last {
                    values(run, claim, terms, &pairs, tally);
                }
            }
            (request, reply) => {
                return tally.object(&run.place, format!("{reply:?} is no reply to {request:?}"));
            }
        }
    }
    let expected = i32::from(errors);
    if run.code != Some(expected) {
        tally.object(&run.place, format!("exit code {:?}, expected {expected}", run.code));
    }
    tally.count("exit codes");
}

/// Judges one answer; what it claims of a point is returned, since more may be printed about it.
fn judge<'a>(
    run: &Run,
    state: &'a State,
    delta: Option<&Rational>,
    check: &Check,
    tally: &mut Tally,
) -> Option<Claim<'a>> {
    tally.count("answers");
    if check.answer != "unknown" {
        tally.answered(&run.place);
    }
    let asked = run.delta.as_ref().or(delta).cloned().unwrap_or_else(|| Rational::new(1.into(), 1000.into()));
    if check.delta.as_ref().is_some_and(|delta| *delta != asked) {
        tally.object(&run.place, format!("δ = {} where {asked} was asked for", check.delta.as_ref()?));
    }
    match check.answer.as_str() {
        "unsat" => {
            refuted(run, state, tally);
            None
        }
        "sat" | "delta-sat" => {
            let exact = check.exact || check.answer == "sat";
            let point = check.model.clone().unwrap_or_default().into_iter().collect();
            let claim = Claim { state, delta: asked, exact, point };
            if check.model.is_some() {
                satisfied(run, &claim, tally);
                extremum(run, &claim, check, tally);
            } else {
                tally.leave("a (delta-)sat answer without a model");
            }
            Some(claim)
        }
        "unknown" => None,
        other => {
            tally.object(&run.place, format!("`{other}` is no answer"));
            None
        }
    }
}

/// Judges whether a point is in the ranges, and satisfies every assertion, weakened or as it stands.
fn satisfied(run: &Run, claim: &Claim<'_>, tally: &mut Tally) {
    let boxed = claim.point.values().any(|value| matches!(value, PointValue::Number(Real::Within(..))));
    tally.count(match (boxed, claim.exact) {
        (true, _) => "boxes that hold a model",
        (false, true) => "exact models",
        (false, false) => "models within δ",
    });
    let ranges = Meaning::new(claim.state, &claim.point, &claim.delta).in_ranges();
    match ranges {
        Ok(Some(outside)) if !boxed => tally.object(&run.place, outside),
        Ok(_) => {}
        Err(reason) => return tally.leave(reason),
    }
    for assertion in &claim.state.assertions {
        let holds = |formula: Formula| if claim.exact { formula.exact.holds } else { formula.weak.holds };
        let close = std::cell::Cell::new(false);
        let judged = decide(|| {
            let meaning = Meaning::new(claim.state, &claim.point, &claim.delta);
            let result = meaning.formula(assertion);
            close.set(meaning.close_choice.get());
            // over a box more digits tell no more
            match result.map(holds) {
                Ok(Truth::Open) if !boxed => None,
                other => Some(other),
            }
        });
        match judged {
            Some(Ok(Truth::Yes)) => {}
            Some(Ok(Truth::No)) if close.get() && !claim.exact => {
                tally.leave("a condition inside a term is met within δ only");
            }
            Some(Ok(Truth::No)) => {
                let word = if claim.exact { "as it stands" } else { "weakened by δ" };
                let at: Vec<String> = claim.point.iter().take(6).map(|(name, value)| bound(name, value)).collect();
                let what = format!("the model violates {word}: {} at {}", shown(assertion), at.join(", "));
                // one is enough
                return tally.object(&run.place, what);
            }
            Some(Ok(Truth::Open)) => {}
            Some(Err(reason)) => tally.leave(reason),
            None => tally.leave("an assertion that no precision decides"),
        }
    }
}

/// Judges both sides of an optimum: at the model the objective lies between them.
fn extremum(run: &Run, claim: &Claim<'_>, check: &Check, tally: &mut Tally) {
    let Some((lower, upper)) = &check.extremum else { return };
    let [objective] = claim.state.objectives.as_slice() else { return };
    tally.count("optima");
    if let (Some(lower), Some(upper)) = (lower, upper)
        && lower > upper
    {
        tally.object(&run.place, format!("the optimum's bounds are inverted: {lower} > {upper}"));
    }
    let value = decide(|| match Meaning::new(claim.state, &claim.point, &claim.delta).number(&objective.term) {
        Ok(Number::Value(x)) => Some(x),
        _ => None,
    });
    let Some(value) = value else { return tally.leave("an objective without a value") };
    // the point attains the one side; the other is a bound of the formula as it stands, which a weakened point may pass
    let beyond = |bound: &Option<Rational>, above: bool| {
        bound.as_ref().is_some_and(|bound| {
            let bound = Real::from(bound.clone());
            (if above { value.at_most(&bound) } else { bound.at_most(&value) }) == Some(false)
        })
    };
    if beyond(upper, true) && (claim.exact || !objective.maximised) {
        tally.object(&run.place, format!("the objective is {} at the model, above its upper bound", value.show()));
    }
    if beyond(lower, false) && (claim.exact || objective.maximised) {
        tally.object(&run.place, format!("the objective is {} at the model, below its lower bound", value.show()));
    }
}

/// Judges the values of terms at the model, and the model as these values show it.
fn values(run: &Run, claim: &mut Claim<'_>, terms: &[Sexpr], pairs: &[(Sexpr, Sexpr)], tally: &mut Tally) {
    if terms.len() != pairs.len() {
        return tally.object(&run.place, format!("{} terms asked for, {} answered", terms.len(), pairs.len()));
    }
    // a variable's value is printed exactly here
    let mut named = false;
    for (term, (_, printed)) in terms.iter().zip(pairs) {
        let variable = term.atom().filter(|name| claim.state.variables.iter().any(|v| v.name == *name));
        if let (Some(name), Some(value)) = (variable, transcript::value(printed)) {
            named = true;
            claim.point.insert(name.to_owned(), value);
        }
    }
    let complete = claim.state.variables.iter().all(|variable| claim.point.contains_key(&variable.name));
    if named && complete {
        satisfied(run, claim, tally);
    }
    for (term, (_, printed)) in terms.iter().zip(pairs) {
        let Some(printed) = transcript::value(printed) else {
            tally.object(&run.place, format!("{} is no value of {}", shown(printed), shown(term)));
            continue;
        };
        tally.count("values of terms");
        let right = decide(|| {
            let value = Meaning::new(claim.state, &claim.point, &claim.delta).value(term);
            match (value.ok()?, &printed) {
                (Value::Formula(formula), PointValue::Bool(printed)) => {
                    match (formula.exact.holds, formula.exact.fails) {
                        (Truth::Open, _) => None,
                        (holds, _) => Some((holds == Truth::Yes) == *printed),
                    }
                }
                (Value::Number(Number::Value(x)), PointValue::Number(printed)) => match (&x, printed) {
                    (Real::Exact(x), Real::Exact(printed)) => Some(x == printed),
                    (_, Real::Exact(_)) => None,
                    (x, Real::Within(lower, upper)) => {
                        let (low, high) =
                            (Real::Within(lower.clone(), lower.clone()), Real::Within(upper.clone(), upper.clone()));
                        // it must not lie outside; an interval over a box may be as wide as the box
                        Some(low.at_most(x) != Some(false) && x.at_most(&high) != Some(false))
                    }
                },
                _ => Some(false),
            }
        });
        match right {
            Some(true) => {}
            Some(false) => tally.object(&run.place, format!("the value of {} at the model is another", shown(term))),
            None => tally.leave("a term whose value cannot be judged"),
        }
    }
}

/// Looks for a point that satisfies what is said to have none.
fn refuted(run: &Run, state: &State, tally: &mut Tally) {
    tally.count("refutations tried");
    let samples = (0..24u64).map_while(|seed| sample(state, seed));
    for point in run.planted.iter().cloned().chain(samples) {
        let meaning = Meaning::new(state, &point, &whole(0));
        let mut holds = true;
        for assertion in &state.assertions {
            holds &= meaning.formula(assertion).is_ok_and(|formula| formula.exact.holds == Truth::Yes);
            if !holds {
                break;
            }
        }
        // where an objective has no value there is nothing to minimise
        let valued = |objective: &Objective| matches!(meaning.number(&objective.term), Ok(Number::Value(_)));
        if holds && state.objectives.iter().all(valued) && matches!(meaning.in_ranges(), Ok(None)) {
            let point: Vec<String> = point.iter().map(|(name, value)| bound(name, value)).collect();
            return tally.object(&run.place, format!("unsat, but these satisfy it: {}", point.join(", ")));
        }
    }
}

/// A point of the ranges: their middle, then ends and quarters as they come.
fn sample(state: &State, seed: u64) -> Option<Point> {
    let mut stream = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut point = Point::new();
    for variable in &state.variables {
        stream = stream.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let dice = (stream >> 40) as i64;
        let value = if variable.sort == Sort::Bool {
            PointValue::Bool(dice % 2 == 0)
        } else {
            let end = |term: Option<&Sexpr>, otherwise| {
                let x = match term.map(|term| Meaning::new(state, &Point::new(), &whole(0)).number(term)) {
                    Some(Ok(Number::Value(x))) => x.exact().cloned(),
                    _ => None,
                };
                x.unwrap_or_else(|| whole(otherwise))
            };
            let range = variable.range.as_ref();
            let (lower, upper) = (end(range.map(|r| &r.0), -4), end(range.map(|r| &r.1), 4));
            let share = Rational::new((if seed == 0 { 4 } else { dice % 9 }).into(), 8.into());
            let x = &lower + (&upper - &lower) * share;
            PointValue::Number(if variable.sort == Sort::Real { x } else { x.floor() }.into())
        };
        point.insert(variable.name.clone(), value);
    }
    (!state.variables.is_empty()).then_some(point)
}

fn bound(name: &str, value: &PointValue) -> String {
    match value {
        PointValue::Bool(value) => format!("{name} = {value}"),
        PointValue::Number(x) => format!("{name} = {}", x.show()),
    }
}

/// A term as it is written, cut short.
fn shown(term: &Sexpr) -> String {
    fn write(term: &Sexpr, out: &mut String) {
        if out.len() > 160 {
            return;
        }
        match term {
            Sexpr::Atom(text) | Sexpr::Text(text) => out.push_str(text),
            Sexpr::List(items) => {
                out.push('(');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(' ');
                    }
                    write(item, out);
                }
                out.push(')');
            }
        }
    }
    let mut out = String::new();
    write(term, &mut out);
    if out.len() > 160 { format!("{}…", out.chars().take(160).collect::<String>()) } else { out }
}
