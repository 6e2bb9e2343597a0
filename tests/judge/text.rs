//! Whether the text of an answer says what its JSON says: the same exit code, bounds rounded outwards, the same classes,
//! as many parameters, confidences to the digits that are printed.

use super::question::Question;
use super::solver::json::Json;
use super::solver::number::{Rational, parse, stored, whole};
use super::solver::tally::Tally;
use super::verdict::Run;
use num_traits::{Signed, Zero};

/// What follows the words that a line starts with.
fn line<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(words)).map(str::trim)
}

/// The double that a JSON number is, which its decimal rounds.
fn double(json: &Json) -> Option<Rational> {
    json.spelling().and_then(stored)
}

/// Six digits are printed.
fn near_enough(printed: &Rational, exact: &Rational) -> bool {
    (printed - exact).abs() <= exact.abs() * Rational::new(1.into(), 99_999.into())
}

/// An end that is printed: infinite ones are `None`, those that the line leaves out are not there at all.
type End = Option<Option<Rational>>;

/// The ends in `[a, b]`, `at least a` or `at most b`.
fn pair(text: &str) -> Option<(End, End)> {
    let end = |text: &str| if text.contains("inf") { Some(None) } else { parse(text).map(Some) };
    if let Some(lower) = text.strip_prefix("at least ") {
        return Some((Some(end(lower)?), None));
    }
    if let Some(upper) = text.strip_prefix("at most ") {
        return Some((None, Some(end(upper)?)));
    }
    let (lower, upper) = text.strip_prefix('[')?.split_once(']')?.0.split_once(", ")?;
    Some((Some(end(lower)?), Some(end(upper)?)))
}

/// Judges the text of a question whose JSON has been judged.
pub fn judge(run: &Run, json: &Json, code: Option<i32>, question: &Question, tally: &mut Tally) {
    let place = run.place.as_str();
    if json["stop"].text() != Some("complete") || !json["rows"].is_null() {
        return;
    }
    tally.count("texts");
    if run.code != code {
        tally.object(place, format!("exit code {:?} with text, {code:?} with JSON", run.code));
    }
    if let Some(of) = json["bounds_of"].text()
        && let Some(text) = line(&run.stdout, of)
    {
        match pair(text) {
            Some(printed) => bounds(place, printed, (double(&json["lower"]), double(&json["upper"])), tally),
            None => tally.object(place, format!("no bounds: {text}")),
        }
    }
    if let (Some(said), Some(text)) = (json["class_change"].text(), line(&run.stdout, "class change"))
        && said != text
    {
        tally.object(place, format!("class change {text} in the text, {said} in JSON"));
    }
    let witness = &json["witness"];
    let text = run.stdout.lines().find(|line| line.contains(" parameters moved"));
    if let Some(text) = text.and_then(|text| text.trim().strip_prefix("witness")) {
        moved(place, text.trim(), witness, question, tally);
    }
}

/// Judges that printed bounds enclose those of JSON, and hardly more.
fn bounds(place: &str, printed: (End, End), exact: (Option<Rational>, Option<Rational>), tally: &mut Tally) {
    tally.count("pairs of bounds");
    let zero = whole(0);
    for (printed, exact, lower) in [(printed.0, exact.0, true), (printed.1, exact.1, false)] {
        let Some(printed) = printed else { continue };
        let right = match (printed, exact) {
            (None, None) => true,
            (Some(printed), Some(exact)) => {
                let outward = if lower { printed <= exact } else { printed >= exact };
                outward && (near_enough(&printed, &exact) || (printed == zero) == exact.is_zero())
            }
            _ => false,
        };
        if !right {
            tally.object(
                place,
                format!("the {} end in the text is not that of JSON", if lower { "lower" } else { "upper" }),
            );
        }
    }
}

/// Judges `36 of 42 parameters moved, class "0": confidence 0.856579 -> 0.788106, class "0" -> "1"`.
fn moved(place: &str, text: &str, witness: &Json, question: &Question, tally: &mut Tally) {
    let number = |text: &str| text.split(' ').next().and_then(|word| word.parse::<usize>().ok());
    let (some, of) = (number(text), text.split_once(" of ").and_then(|(_, rest)| number(rest)));
    if some != Some(witness["parameters"].array().len()) || of != Some(question.network.parameters()) {
        tally.object(
            place,
            format!(
                "not {} of {} parameters: {text}",
                witness["parameters"].array().len(),
                question.network.parameters()
            ),
        );
    }
    let Some((_, said)) = text.split_once(": confidence ") else { return };
    let said = said.split(", class").next().unwrap_or_default();
    let Some((from, to)) = said.split_once(" -> ") else { return };
    for (printed, key) in [(from, "confidence_nominal"), (to, "confidence_perturbed")] {
        let exact = witness[key].spelling().and_then(parse);
        match (parse(printed.trim()), exact) {
            (Some(printed), Some(exact)) if near_enough(&printed, &exact) => tally.count("figures"),
            _ => tally.object(place, format!("{key} is {printed} in the text")),
        }
    }
    let changes =
        text.rsplit_once(", class ").map(|(_, change)| change).filter(|change| !change.contains("confidence"));
    let differ = witness["class_nominal"] != witness["class_perturbed"];
    let expected = match (witness["class_nominal"].text(), witness["class_perturbed"].text()) {
        (Some(from), Some(to)) if differ => Some(format!("\"{from}\" -> \"{to}\"")),
        _ => None,
    };
    if changes.is_some_and(|change| change.starts_with('"')) && changes != expected.as_deref() {
        tally.object(place, format!("another change of class: {text}"));
    }
}
