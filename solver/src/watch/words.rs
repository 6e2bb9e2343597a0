//! The sentences: one for each step, in plain English.

use crate::expr::Infix;
use crate::formula::{Atom, Relation};
use crate::interval::Interval;
use crate::interval::decimal::{lower_decimal, upper_decimal};

/// Digits that are shown.
const DIGITS: usize = 5;

/// A number that is at most `x`.
pub(super) fn floor(x: f64) -> String {
    pretty(&lower_decimal(x, DIGITS))
}

/// A number that is at least `x`.
pub(super) fn ceil(x: f64) -> String {
    pretty(&upper_decimal(x, DIGITS))
}

/// Expressions that are longer are named in sentences, not written.
const LONG: usize = 60;

/// A text for a sentence: cut short where it is long.
pub(super) fn brief(text: &str) -> String {
    if text.chars().count() > LONG {
        text.chars().take(LONG - 20).chain("…".chars()).collect()
    } else {
        text.to_owned()
    }
}

/// A constraint for a sentence: its number where its text is long.
pub(super) fn constraint(text: &str, index: usize) -> String {
    if text.chars().count() > LONG { format!("constraint {}", index + 1) } else { text.to_owned() }
}

/// A constraint as one would write it: `x² + y² ≤ 1`.
pub(super) fn atom(infix: &mut Infix<'_>, atom: &Atom) -> String {
    let (left, right, mirrored) = infix.sides(atom.expr);
    format!("{left} {} {right}", sign(atom.relation, mirrored))
}

/// The sign of a relation, or of the one between the negatives.
pub(super) fn sign(relation: Relation, mirrored: bool) -> &'static str {
    match (relation, mirrored) {
        (Relation::Le, false) | (Relation::Ge, true) => "≤",
        (Relation::Lt, false) | (Relation::Gt, true) => "<",
        (Relation::Ge, false) | (Relation::Le, true) => "≥",
        (Relation::Gt, false) | (Relation::Lt, true) => ">",
        (Relation::Eq, _) => "=",
        (Relation::Ne, _) => "≠",
    }
}

/// A double as it is.
pub(super) fn number(x: f64) -> String {
    let short = format!("{x}");
    pretty(if short.len() <= 8 { &short } else { return floor(x) })
}

/// A setting such as δ, as it was meant: without the last digits that a double adds.
pub(super) fn setting(x: f64) -> String {
    let rounded: f64 = format!("{x:.9e}").parse().unwrap_or(x);
    pretty(&format!("{rounded}"))
}

fn pretty(text: &str) -> String {
    text.replace('-', "−").replace("inf", "∞")
}

/// An interval, rounded outward.
pub(super) fn interval(x: Interval) -> String {
    if x.is_empty() {
        return "nothing".to_owned();
    }
    match (x.inf() == f64::NEG_INFINITY, x.sup() == f64::INFINITY) {
        (true, true) => "(−∞, ∞)".to_owned(),
        (true, false) => format!("(−∞, {}]", ceil(x.sup())),
        (false, true) => format!("[{}, ∞)", floor(x.inf())),
        (false, false) => format!("[{}, {}]", floor(x.inf()), ceil(x.sup())),
    }
}

/// A point.
pub(super) fn point(at: &[f64]) -> String {
    let shown: Vec<String> = at.iter().take(4).map(|&x| number(x)).collect();
    let more = if at.len() > 4 { ", …" } else { "" };
    if at.len() == 1 { shown[0].clone() } else { format!("({}{more})", shown.join(", ")) }
}

/// A box.
pub(super) fn names(variables: &[(String, Interval)], bounds: &[Interval]) -> String {
    let one = |((name, _), &x): (&(String, Interval), &Interval)| format!("{name} in {}", interval(x));
    let shown: Vec<String> = variables.iter().zip(bounds).take(4).map(one).collect();
    let more = if variables.len() > 4 { format!(" and {} more", variables.len() - 4) } else { String::new() };
    shown.join(", ") + &more
}

/// What is not allowed, and what that takes away: `allows no |x| above 1, so x loses [−2, −1) and (1, 2]`.
pub(super) fn loss(name: &str, before: Interval, after: Interval) -> String {
    let (low, high) = (after.inf() > before.inf(), after.sup() < before.sup());
    let below = || format!("[{}, {})", floor(before.inf()), floor(after.inf())).replace("[−∞", "(−∞");
    let above = || format!("({}, {}]", ceil(after.sup()), ceil(before.sup())).replace("∞]", "∞)");
    match (low, high) {
        (true, true) if after.inf() == -after.sup() => {
            format!("allows no |{name}| above {}, so {name} loses {} and {}", ceil(after.sup()), below(), above())
        }
        (true, true) => format!(
            "allows no {name} below {} or above {}, so {name} loses {} and {}",
            floor(after.inf()),
            ceil(after.sup()),
            below(),
            above()
        ),
        (true, false) => format!("allows no {name} below {}, so {name} loses {}", floor(after.inf()), below()),
        _ => format!("allows no {name} above {}, so {name} loses {}", ceil(after.sup()), above()),
    }
}

/// Text in markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval::bounds;

    #[test]
    fn a_loss_says_what_is_gone() {
        let loss = |before, after| loss("x", before, after);
        assert_eq!(loss(bounds(-2.0, 2.0), bounds(-1.0, 1.0)), "allows no |x| above 1, so x loses [−2, −1) and (1, 2]");
        assert_eq!(loss(bounds(-2.0, 2.0), bounds(-2.0, 1.0)), "allows no x above 1, so x loses (1, 2]");
        assert_eq!(loss(Interval::ENTIRE, bounds(0.1, f64::INFINITY)), "allows no x below 0.1, so x loses (−∞, 0.1)");
        assert_eq!(interval(bounds(0.1, 1.0 / 3.0)), "[0.1, 0.33334]");
    }
}
