//! What `deltasat` printed, as text or as JSON.

use super::json::{self, Json};
use super::meaning::PointValue;
use super::number::{Rational, parse};
use super::real::Real;
use super::sexpr::{self, Sexpr};
use num_traits::Zero;

/// One reply.
#[derive(Clone, Debug)]
pub enum Reply {
    Check(Box<Check>),
    /// `(define-fun …)` for each variable
    Model(Vec<(String, PointValue)>),
    Values(Vec<(Sexpr, Sexpr)>),
    /// a request that could not be met
    Error,
    Other,
}

#[derive(Clone, Debug, Default)]
pub struct Check {
    pub answer: String,
    /// the δ of the answer, where it says one
    pub delta: Option<Rational>,
    /// whether the formula is said to hold as it stands
    pub exact: bool,
    /// the ends of the objective's extremum
    pub extremum: Option<(Option<Rational>, Option<Rational>)>,
    pub model: Option<Vec<(String, PointValue)>>,
    /// lines such as `x : [0.25, 0.25]` of a text
    lines: Vec<(String, Sexpr)>,
}

impl Check {
    /// Makes the model of the lines of a text, the last of which is the objective's where there is one.
    pub fn understand(&mut self, objective: bool) -> Result<(), String> {
        let mut lines = std::mem::take(&mut self.lines);
        if objective && let Some((_, ends)) = lines.pop() {
            let end = |index: usize| ends.list().and_then(|ends| number(ends.get(index)?));
            self.extremum = Some((end(0), end(1)));
        }
        if !lines.is_empty() {
            let read = |(name, term): (String, Sexpr)| match value(&term) {
                Some(value) => Ok((name, value)),
                None => Err(format!("no value of {name}: {term:?}")),
            };
            self.model = Some(lines.into_iter().map(read).collect::<Result<_, _>>()?);
        }
        Ok(())
    }
}

/// A number as SMT-LIB writes it, or `n/d`.
pub fn number(term: &Sexpr) -> Option<Rational> {
    if let Some(atom) = term.atom() {
        return parse(atom);
    }
    match term.headed()? {
        ("-", [x]) => Some(-number(x)?),
        ("/", [x, y]) => {
            let y = number(y)?;
            if y.is_zero() { None } else { Some(number(x)? / y) }
        }
        _ => None,
    }
}

/// A value as SMT-LIB writes it: a number, a Boolean, or an interval.
pub fn value(term: &Sexpr) -> Option<PointValue> {
    match term.atom() {
        Some("true" | "True") => return Some(PointValue::Bool(true)),
        Some("false" | "False") => return Some(PointValue::Bool(false)),
        _ => {}
    }
    if let Some(x) = number(term) {
        return Some(PointValue::Number(x.into()));
    }
    let end = |term: &Sexpr| match term.headed() {
        Some(("closed" | "open", [x])) => number(x),
        _ => number(term),
    };
    match term.list()? {
        [Sexpr::Atom(head), lower, upper] if head == "interval" => between(&end(lower)?, &end(upper)?),
        [lower, upper] => between(&end(lower)?, &end(upper)?),
        _ => None,
    }
}

fn between(lower: &Rational, upper: &Rational) -> Option<PointValue> {
    (lower <= upper).then(|| PointValue::Number(Real::between(lower, upper)))
}

/// The replies in a text.
pub fn text(stdout: &str) -> Result<Vec<Reply>, String> {
    let mut replies: Vec<Reply> = Vec::new();
    let mut lines = stdout.lines();
    while let Some(line) = lines.next() {
        if let Some(answer) = answer(line) {
            replies.push(Reply::Check(Box::new(answer)));
            continue;
        }
        // `x : [0.25, 0.25]`, also of an objective, which may start with a parenthesis
        if let Some(Reply::Check(check)) = replies.last_mut()
            && let Some((name, text)) = line.rsplit_once(" : ")
        {
            let terms = sexpr::read(text)?;
            let [term] = terms.as_slice() else { return Err(format!("no value: {line}")) };
            let name = name.strip_prefix('|').and_then(|name| name.strip_suffix('|')).unwrap_or(name);
            check.lines.push((name.to_owned(), term.clone()));
            continue;
        }
        if line.starts_with('(') {
            let mut all = line.to_owned();
            while sexpr::read(&all).is_err() {
                all.push('\n');
                all.push_str(lines.next().ok_or_else(|| format!("a reply without an end: {all:.60}"))?);
            }
            replies.push(listed(&sexpr::read(&all)?[0])?);
            continue;
        }
        if !line.starts_with(';') {
            replies.push(Reply::Other);
        }
    }
    Ok(replies)
}

fn answer(line: &str) -> Option<Check> {
    let (word, delta) = match line.split_once(" with delta = ") {
        Some((word, delta)) => (word, Some(parse(delta)?)),
        None => (line, None),
    };
    let known = ["sat", "unsat", "delta-sat", "unknown"].contains(&word);
    known.then(|| Check { answer: word.to_owned(), delta, exact: word == "sat", ..Check::default() })
}

fn listed(term: &Sexpr) -> Result<Reply, String> {
    let items = term.list().unwrap_or_default();
    match term.headed() {
        Some(("error", _)) => return Ok(Reply::Error),
        Some(("model", _)) => {}
        _ if items.iter().all(|item| item.headed().is_some_and(|(head, _)| head == "define-fun"))
            && !items.is_empty() => {}
        _ => {
            let pairs: Option<Vec<(Sexpr, Sexpr)>> = items
                .iter()
                .map(|item| match item.list()? {
                    [term, value] => Some((term.clone(), value.clone())),
                    _ => None,
                })
                .collect();
            return Ok(pairs.filter(|pairs| !pairs.is_empty()).map_or(Reply::Other, Reply::Values));
        }
    }
    let mut model = Vec::new();
    for item in items {
        let Some(("define-fun", [Sexpr::Atom(name), _, _, term])) = item.headed() else { continue };
        model.push((name.clone(), value(term).ok_or_else(|| format!("no value of {name}: {term:?}"))?));
    }
    Ok(Reply::Model(model))
}

/// The checks in a JSON object.
pub fn object(stdout: &str) -> Result<Vec<Check>, String> {
    json::read(stdout)?["checks"].array().iter().map(check).collect()
}

fn json_number(value: &Json) -> Option<Rational> {
    parse(value.spelling()?)
}

fn check(json: &Json) -> Result<Check, String> {
    let answer = json["answer"].text().ok_or("no answer")?.to_owned();
    let mut check = Check { answer, delta: json_number(&json["delta"]), ..Check::default() };
    check.exact = json["exact"].bool().unwrap_or(false);
    let minimum = &json["minimum"];
    if !minimum.is_null() {
        check.extremum = Some((json_number(&minimum["lower"]), json_number(&minimum["upper"])));
    }
    if json["model"].is_null() {
        return Ok(check);
    }
    let mut model = Vec::new();
    for (name, value) in json["model"].entries() {
        let within = &json["within"][name.as_str()];
        let value = match (if within.is_null() { value } else { within }, value) {
            (Json::Bool(value), _) => PointValue::Bool(*value),
            (Json::Array(ends), _) => match ends.as_slice() {
                [lower, upper] => json_number(lower).zip(json_number(upper)).and_then(|(a, b)| between(&a, &b)),
                _ => None,
            }
            .ok_or_else(|| format!("no interval of {name}"))?,
            (value, _) => {
                PointValue::Number(json_number(value).ok_or_else(|| format!("no value of {name}: {value:?}"))?.into())
            }
        };
        model.push((name.clone(), value));
    }
    check.model = Some(model);
    Ok(check)
}
