//! Numbers, values and models as text.

use crate::exact::{Ball, Rational, rational};
use crate::interval::decimal::{lower_decimal_of, shortest_lower, shortest_upper, upper_decimal_of};
use num_traits::Signed as _;

/// A double as C++ streams print it, with as many digits as it takes to read it back: `0.001`, `1e-05`, `5`.
pub(super) fn general(x: f64) -> String {
    if !x.is_finite() {
        return if x.is_nan() {
            "nan"
        } else if x > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .into();
    }
    let x = x + 0.0; // no −0
    let scientific = format!("{x:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-5..17).contains(&exponent) && exponent != -5 {
        return format!("{x}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// The most significant digits of a decimal that is written out.
const DIGITS: usize = 120;
/// The significant digits of the ends of an interval around a number that is no such decimal.
const ENCLOSED: usize = 20;

/// An exact number likewise, where it is a decimal that is not too long.
fn decimal(x: &Rational) -> Option<String> {
    let text = rational::to_decimal(&x.abs())?;
    let point = text.find('.').unwrap_or(text.len());
    let (whole, fraction) = (&text[..point], text.get(point + 1..).unwrap_or(""));
    let digits = [whole, fraction].concat();
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let significant = digits[leading..].trim_end_matches('0');
    let exponent = whole.len() as i64 - 1 - leading as i64;
    if significant.len() > DIGITS {
        return None;
    }
    let sign = if x.is_negative() { "-" } else { "" };
    if significant.is_empty() || (-4..17).contains(&exponent) || significant.len() as i64 > exponent.abs() {
        return Some(format!("{sign}{text}"));
    }
    let (first, rest) = significant.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let direction = if exponent < 0 { '-' } else { '+' };
    Some(format!("{sign}{first}{point}{rest}e{direction}{:02}", exponent.unsigned_abs()))
}

/// The ends of an interval around a number: the number itself, where it is a decimal.
pub(super) fn ends(x: &Rational) -> (String, String) {
    match decimal(x) {
        Some(text) => (text.clone(), text),
        None => (lower_decimal_of(x, ENCLOSED), upper_decimal_of(x, ENCLOSED)),
    }
}

/// A lower bound: the shortest decimal that is read as this double, and not above it; the number itself, or a decimal near
/// it, where it is no double.
pub(super) fn lower_end(x: &Rational) -> String {
    end(x, shortest_lower, |x| ends(x).0)
}

/// An upper bound likewise.
pub(super) fn upper_end(x: &Rational) -> String {
    end(x, shortest_upper, |x| ends(x).1)
}

fn end(x: &Rational, double: impl Fn(f64) -> String, other: impl Fn(&Rational) -> String) -> String {
    let nearest = rational::nearest_f64(x);
    if rational::from_f64(nearest).is_some_and(|read| read == *x) { double(nearest) } else { other(x) }
}

/// An exact number as an SMT-LIB term: `5`, `(- 5)`, `(/ 1 3)`, `(/ (- 1) 3)`.
pub(super) fn exact(r: &Rational) -> String {
    let integer = |n: &num_bigint::BigInt| if n.is_negative() { format!("(- {})", n.abs()) } else { n.to_string() };
    if r.is_integer() { integer(r.numer()) } else { format!("(/ {} {})", integer(r.numer()), r.denom()) }
}

/// A certified value as a term: exact where it is known exactly, else an interval around it.
pub(super) fn ball(value: &Ball) -> String {
    if let Some(r) = value.exact() {
        return exact(&r);
    }
    let (lower, upper) = (value.floor_f64(), value.ceil_f64());
    if lower.is_finite() && upper.is_finite() {
        return interval(lower, upper);
    }
    // beyond the doubles
    let end = |text: String| rational::parse(&text).map_or(text, |r| exact(&r));
    let (lower, upper) = (lower_decimal_of(&value.lower(), ENCLOSED), upper_decimal_of(&value.upper(), ENCLOSED));
    format!("(interval (closed {}) (closed {}))", end(lower), end(upper))
}

/// `(interval (closed a) (closed b))`, without an end where it is infinite, as dReal writes it.
pub(super) fn interval(lower: f64, upper: f64) -> String {
    interval_of(rational::from_f64(lower).as_ref(), rational::from_f64(upper).as_ref())
}

/// The same for exact ends, where there are any.
pub(super) fn interval_of(lower: Option<&Rational>, upper: Option<&Rational>) -> String {
    let end = |x: Option<&Rational>, infinite: &str| match x {
        Some(x) => format!("(closed {})", exact(x)),
        None => format!("(open {infinite})"),
    };
    format!("(interval {} {})", end(lower, "(- inf)"), end(upper, "inf"))
}

/// A number of a model as a term: a decimal where it is one, else a fraction. SMT-LIB has no signs in literals, and a point
/// in those of sort Real.
pub(super) fn model_value(x: &Rational, integral: bool, compliant: bool) -> String {
    let Some(text) = decimal(x) else { return exact(x) };
    if !compliant && integral {
        return x.to_string();
    }
    if !compliant {
        return text;
    }
    let digits = rational::to_decimal(&x.abs()).unwrap_or(text);
    let digits = if integral || digits.contains('.') { digits } else { format!("{digits}.0") };
    if x.is_negative() { format!("(- {digits})") } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_like_those_of_cpp() {
        for (x, text) in [
            (0.001, "0.001"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (5.0, "5"),
            (-0.5, "-0.5"),
            (1.5e300, "1.5e+300"),
            (1e16, "10000000000000000"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(general(x), text);
        }
    }

    #[test]
    fn exact_terms_have_no_signed_literals() {
        let r = |n: i64, d: i64| Rational::new(n.into(), d.into());
        assert_eq!([exact(&r(5, 1)), exact(&r(-5, 1)), exact(&r(-1, 3))], ["5", "(- 5)", "(/ (- 1) 3)"]);
        assert_eq!(model_value(&r(-2, 1), false, true), "(- 2.0)");
        assert_eq!(model_value(&r(2, 1), true, true), "2");
        assert_eq!(model_value(&r(-1, 3), false, false), "(/ (- 1) 3)");
    }

    #[test]
    fn no_finite_number_is_infinite() {
        let of = |text: &str| rational::parse(text).expect("a number");
        for (x, text) in [("1e400", "1e+400"), ("-1.5e-400", "-1.5e-400"), ("0.0001", "0.0001"), ("1e-5", "1e-05")] {
            assert_eq!(model_value(&of(x), false, false), text);
        }
        assert_eq!(ends(&of("9007199254740993")).0, "9007199254740993");
        assert_eq!(ends(&of("1/3")), ("0.33333333333333333333".to_owned(), "0.33333333333333333334".to_owned()));
        let power = Ball::from_integer(1000).exp().expect("has a value");
        assert!(ball(&power).starts_with("(interval (closed 197007"), "{}", ball(&power));
    }
}
