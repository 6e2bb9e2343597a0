//! Numbers, values and models as text.

use crate::exact::{Ball, Rational, rational};
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

/// An exact number as an SMT-LIB term: `5`, `(- 5)`, `(/ 1 3)`, `(/ (- 1) 3)`.
pub(super) fn exact(r: &Rational) -> String {
    let integer = |n: &num_bigint::BigInt| if n.is_negative() { format!("(- {})", n.abs()) } else { n.to_string() };
    if r.is_integer() { integer(r.numer()) } else { format!("(/ {} {})", integer(r.numer()), r.denom()) }
}

/// A certified value as a term: exact where it is short, else the interval of doubles around it.
pub(super) fn ball(value: &Ball) -> String {
    const SHORT: u64 = 256;
    if let Some(r) = value.exact().filter(|r| r.numer().bits() + r.denom().bits() <= SHORT) {
        return exact(&r);
    }
    interval(value.floor_f64(), value.ceil_f64())
}

/// `(interval (closed a) (closed b))`, without an end where it is infinite, as dReal writes it.
pub(super) fn interval(lower: f64, upper: f64) -> String {
    let end = |x: f64| match rational::from_f64(x) {
        Some(r) => format!("(closed {})", exact(&r)),
        None if x > 0.0 => "(open inf)".to_owned(),
        None => "(open (- inf))".to_owned(),
    };
    format!("(interval {} {})", end(lower), end(upper))
}

/// A double of a model as a term. SMT-LIB has no signs in literals, and a point in those of sort Real.
pub(super) fn model_value(x: f64, integral: bool, compliant: bool) -> String {
    if !compliant {
        return general(x);
    }
    let digits = rational::from_f64(x.abs()).and_then(|r| rational::to_decimal(&r)).unwrap_or_else(|| general(x.abs()));
    let digits = if integral || digits.contains('.') { digits } else { format!("{digits}.0") };
    if x < 0.0 { format!("(- {digits})") } else { digits }
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
        assert_eq!(model_value(-2.0, false, true), "(- 2.0)");
        assert_eq!(model_value(2.0, true, true), "2");
    }
}
