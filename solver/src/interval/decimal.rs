//! Between exact numbers, texts and intervals, with every rounding outward.
//!
//! A decimal of a file is enclosed, never rounded to nearest; a bound is printed as a decimal that is itself a bound.
//! The latter matters: the shortest text that reads back as a double (what `{}` prints) is only *near* it, and as an
//! exact number may lie on the wrong side. `0.1` prints for a double that is larger than one tenth, so "at least 0.1"
//! is sound there and "at most 0.1" is not.

use std::error::Error;
use std::fmt;

use inari::Interval;
use num_bigint::{BigInt, BigUint};
use num_integer::Integer;
use num_traits::{Signed, Zero};

use crate::exact::rational::{self, ParseNumberError};
use crate::exact::{Constant, Rational};

/// The interval between two doubles; the whole line should they not make one, which no caller here lets happen.
fn bounds(lo: f64, hi: f64) -> Interval {
    Interval::try_from((lo, hi)).unwrap_or(Interval::ENTIRE)
}

/// The tightest interval that holds `r`.
pub fn enclose(r: &Rational) -> Interval {
    bounds(rational::floor_f64(r), rational::ceil_f64(r))
}

/// The tightest interval that holds `c`: a point just when `c` is a double.
pub fn enclose_constant(c: &Constant) -> Interval {
    bounds(c.floor(), c.ceil())
}

/// Why a text is not an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseIntervalError {
    /// Not of the form `[lo, hi]`, `[x]` or `x`.
    Form {
        /// The text, shortened where it is long.
        text: String,
    },
    /// A bound is not a number.
    Bound(ParseNumberError),
    /// The bounds enclose nothing: the lower one is larger than the upper one, or both are the same infinity.
    Empty {
        /// The text, shortened where it is long.
        text: String,
    },
}

impl fmt::Display for ParseIntervalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form { text } => write!(f, "invalid interval `{text}`, expected a form such as [-1.5, 2]"),
            Self::Bound(error) => write!(f, "invalid bound of an interval: {error}"),
            Self::Empty { text } => {
                write!(f, "empty interval `{text}`, expected a lower bound that is at most the upper bound")
            }
        }
    }
}

impl Error for ParseIntervalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bound(error) => Some(error),
            _ => None,
        }
    }
}

/// A number or an infinity.
enum Extended {
    Finite(Rational),
    Infinite { negative: bool },
}

fn parse_extended(text: &str) -> Result<Extended, ParseIntervalError> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.eq_ignore_ascii_case("inf") || unsigned.eq_ignore_ascii_case("infinity") || unsigned == "∞" {
        return Ok(Extended::Infinite { negative: text.starts_with('-') });
    }
    rational::parse(text).map(Extended::Finite).map_err(ParseIntervalError::Bound)
}

/// Reads `[lo, hi]`, `[x]` or `x` and encloses the exact numbers outward. A bound is what [`rational::parse`] reads, or
/// an infinity: `-inf` below, `inf` above.
///
/// # Errors
/// When the text has another form, a bound is not a number, or nothing lies between the bounds.
pub fn parse_interval(text: &str) -> Result<Interval, ParseIntervalError> {
    let short = || text.chars().take(60).collect::<String>();
    let form = || ParseIntervalError::Form { text: short() };
    let empty = || ParseIntervalError::Empty { text: short() };
    let text_inside = match text.trim().strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or_else(form)?,
        None => text.trim(),
    };
    let (low, high) = match text_inside.split_once(',') {
        Some(_) if text_inside.len() == text.trim().len() => return Err(form()),
        Some((low, high)) => (parse_extended(low)?, parse_extended(high)?),
        None => match parse_extended(text_inside)? {
            Extended::Finite(x) => return Ok(enclose(&x)),
            Extended::Infinite { .. } => return Err(empty()),
        },
    };
    match (&low, &high) {
        (Extended::Infinite { negative: false }, _) | (_, Extended::Infinite { negative: true }) => return Err(empty()),
        (Extended::Finite(low), Extended::Finite(high)) if low > high => return Err(empty()),
        _ => {}
    }
    let lo = match low {
        Extended::Finite(x) => rational::floor_f64(&x),
        Extended::Infinite { .. } => f64::NEG_INFINITY,
    };
    let hi = match high {
        Extended::Finite(x) => rational::ceil_f64(&x),
        Extended::Infinite { .. } => f64::INFINITY,
    };
    Ok(bounds(lo, hi))
}

/// The longest significand that is asked for: an exact double has at most 767 significant digits.
const MAX_SIGNIFICAND: usize = 800;

/// `floor(|x|·10^k)`, or `ceil` when `away`, for a finite `x`.
fn scaled(x: &Rational, k: i64, away: bool) -> BigUint {
    let power = BigInt::from(10u8).pow(k.unsigned_abs() as u32);
    let (numerator, denominator) =
        if k >= 0 { (x.numer() * power, x.denom().clone()) } else { (x.numer().clone(), x.denom() * power) };
    let (numerator, denominator) = (numerator.into_parts().1, denominator.into_parts().1);
    if away { Integer::div_ceil(&numerator, &denominator) } else { numerator / denominator }
}

/// The name of a double that is no number.
fn unbounded(x: f64) -> String {
    if x.is_nan() {
        "nan"
    } else if x > 0.0 {
        "inf"
    } else {
        "-inf"
    }
    .to_owned()
}

/// The decimal with at most `digits` significant digits next to `x`, on the side away from zero when `away`.
fn directed_decimal(exact: &Rational, digits: usize, away: bool) -> String {
    if exact.is_zero() {
        return "0".to_owned();
    }
    let digits = digits.clamp(1, MAX_SIGNIFICAND);
    let limit = BigUint::from(10u8).pow(digits as u32);
    // |x| < 10^leading, from an estimate that the two loops put right.
    let twos = exact.numer().bits() as f64 - exact.denom().bits() as f64;
    let mut leading = (twos * std::f64::consts::LOG10_2).floor() as i64 + 1;
    let mut significand = scaled(exact, digits as i64 - leading, away);
    while significand > limit {
        leading += 1;
        significand = scaled(exact, digits as i64 - leading, away);
    }
    while &significand * 10u8 < limit {
        leading -= 1;
        significand = scaled(exact, digits as i64 - leading, away);
    }
    let text = significand.to_string();
    let exponent = leading - digits as i64 + text.len() as i64 - 1;
    let sign = if exact.is_negative() { "-" } else { "" };
    format!("{sign}{}", layout(text.trim_end_matches('0'), exponent))
}

/// Writes `d.ddd·10^exponent`, positional where that is easy to read.
fn layout(digits: &str, exponent: i64) -> String {
    let length = digits.len() as i64;
    if (-5..0).contains(&exponent) {
        format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize))
    } else if (0..17).contains(&exponent) {
        if length <= exponent + 1 {
            format!("{digits}{}", "0".repeat((exponent + 1 - length) as usize))
        } else {
            let (whole, fraction) = digits.split_at(exponent as usize + 1);
            format!("{whole}.{fraction}")
        }
    } else if length == 1 {
        format!("{digits}e{exponent}")
    } else {
        format!("{}.{}e{exponent}", &digits[..1], &digits[1..])
    }
}

/// The largest decimal with at most `digits` significant digits (at least one) that is at most `x`; `-inf`, `inf` and
/// `nan` for those.
pub fn lower_decimal(x: f64, digits: usize) -> String {
    rational::from_f64(x).map_or_else(|| unbounded(x), |x| lower_decimal_of(&x, digits))
}

/// The smallest decimal with at most `digits` significant digits (at least one) that is at least `x`; `-inf`, `inf` and
/// `nan` for those.
pub fn upper_decimal(x: f64, digits: usize) -> String {
    rational::from_f64(x).map_or_else(|| unbounded(x), |x| upper_decimal_of(&x, digits))
}

/// The largest decimal with at most `digits` significant digits (at least one) that is at most `x`.
pub fn lower_decimal_of(x: &Rational, digits: usize) -> String {
    directed_decimal(x, digits, x.is_negative())
}

/// The smallest decimal with at most `digits` significant digits (at least one) that is at least `x`.
pub fn upper_decimal_of(x: &Rational, digits: usize) -> String {
    directed_decimal(x, digits, x.is_positive())
}

/// The shortest of the texts `decimal(1)`, `decimal(2)`, … that reads back as `x`.
fn shortest(x: f64, decimal: impl Fn(usize) -> String) -> String {
    // What Rust prints is the shortest that reads back on either side; seventeen or eighteen digits nearly always do.
    let printed = format!("{x:e}");
    let least = printed.split('e').next().map_or(1, |digits| digits.bytes().filter(u8::is_ascii_digit).count());
    let found = (least..MAX_SIGNIFICAND).map(&decimal).find(|text| text.parse() == Ok(x));
    found.unwrap_or_else(|| decimal(MAX_SIGNIFICAND))
}

/// The shortest decimal that is at most `x` as an exact number and reads back as `x`.
pub fn shortest_lower(x: f64) -> String {
    if x.is_finite() { shortest(x, |digits| lower_decimal(x, digits)) } else { lower_decimal(x, 1) }
}

/// The shortest decimal that is at least `x` as an exact number and reads back as `x`.
pub fn shortest_upper(x: f64) -> String {
    if x.is_finite() { shortest(x, |digits| upper_decimal(x, digits)) } else { upper_decimal(x, 1) }
}

/// Writes an interval as `[lo, hi]` with decimals that enclose it and read back as its ends; `[empty]` for the empty
/// one. [`parse_interval`] of the text holds the interval again, a step wider where an end is not a short decimal.
pub fn interval_text(x: Interval) -> String {
    if x.is_empty() {
        return "[empty]".to_owned();
    }
    format!("[{}, {}]", shortest_lower(x.inf()), shortest_upper(x.sup()))
}

#[cfg(test)]
mod tests {
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn exact(x: f64) -> Rational {
        rational::from_f64(x).unwrap()
    }

    fn read(text: &str) -> Rational {
        rational::parse(text).unwrap()
    }

    #[test]
    fn encloses_rationals_tightly() {
        let tenth = enclose(&read("0.1"));
        assert_eq!((tenth.inf(), tenth.sup()), (0.1f64.next_down(), 0.1));
        let huge = enclose(&read("1e400"));
        assert_eq!((huge.inf(), huge.sup()), (f64::MAX, f64::INFINITY));
        let tiny = enclose(&read("-1e-400"));
        assert_eq!((tiny.inf(), tiny.sup()), (-f64::from_bits(1), 0.0));
        let third = Constant::from(1).checked_div(&Constant::from(3)).unwrap();
        assert_eq!(enclose_constant(&third), enclose(&read("1/3")));
        assert!(enclose_constant(&Constant::from_f64(0.1).unwrap()).is_singleton());
    }

    #[test]
    fn directed_decimals_are_bounds_and_the_tightest_ones() {
        let mut rng = SmallRng::seed_from_u64(11);
        for i in 0..4000 {
            let x = match i % 4 {
                0 => f64::from_bits(rng.random()),
                1 => rng.random_range(-1.0..1.0),
                2 => f64::from_bits(rng.random_range(0..1 << 52)),
                _ => f64::from(rng.random_range(-100_000i32..100_000)) / 1000.0,
            };
            if !x.is_finite() {
                continue;
            }
            let digits = rng.random_range(1..25);
            let (low, high) = (lower_decimal(x, digits), upper_decimal(x, digits));
            let (below, above) = (read(&low), read(&high));
            assert!(below <= exact(x) && exact(x) <= above, "{low} {x:e} {high}");
            for text in [&low, &high] {
                let significand = text.split('e').next().unwrap().trim_start_matches(['-', '0', '.']);
                let significand = if text.contains('.') { significand } else { significand.trim_end_matches('0') };
                assert!(significand.bytes().filter(u8::is_ascii_digit).count() <= digits, "{text} {digits}");
            }
            if x != 0.0 {
                // The two differ by at most one unit of the last digit, hence neither can be improved.
                let unit = (&above - &below) / exact(x.abs());
                assert!(unit <= read(&format!("1e-{}", digits - 1)), "{low} {high}");
            }
        }
    }

    #[test]
    fn shortest_decimals_read_back_from_the_right_side() {
        let mut rng = SmallRng::seed_from_u64(12);
        let special = [0.1, 0.3, 1.0, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1e23, 9007199254740993.0, 2f64.powi(-1000)];
        let random = (0..3000).map(|_| f64::from_bits(rng.random())).collect::<Vec<_>>();
        for x in special.into_iter().chain(random).filter(|x| x.is_finite()).flat_map(|x| [x, -x]) {
            let (low, high) = (shortest_lower(x), shortest_upper(x));
            assert!(read(&low) <= exact(x) && exact(x) <= read(&high), "{low} {x:e} {high}");
            assert_eq!((low.parse(), high.parse()), (Ok(x), Ok(x)));
            assert!(low.len().min(high.len()) < 30);
        }
        assert_eq!(shortest_lower(0.1), "0.1");
        assert_eq!(shortest_upper(0.1), "0.10000000000000001");
        assert_eq!(shortest_upper(-0.1), "-0.1");
        assert_eq!((lower_decimal(-0.0, 3).as_str(), upper_decimal(0.0, 3).as_str()), ("0", "0"));
        assert_eq!(upper_decimal(99.96, 3), "100");
        assert_eq!(lower_decimal(99.96, 3), "99.9");
        assert_eq!(upper_decimal(1234567.0, 2), "1300000");
        assert_eq!(lower_decimal(1.25e-7, 2), "1.2e-7");
        assert_eq!(lower_decimal(f64::NEG_INFINITY, 2), "-inf");
        assert_eq!(upper_decimal(f64::NAN, 2), "nan");
    }

    #[test]
    fn reads_intervals_outward() {
        let x = parse_interval(" [ -0.1 , 1/3 ] ").unwrap();
        assert_eq!((x.inf(), x.sup()), (-0.1, (1.0f64 / 3.0).next_up()));
        assert!(exact(x.inf()) <= read("-0.1") && read("1/3") <= exact(x.sup()));
        assert_eq!(parse_interval("[-inf, +Infinity]").unwrap(), Interval::ENTIRE);
        assert_eq!(parse_interval("[1e400, inf]").unwrap().inf(), f64::MAX);
        assert_eq!(parse_interval("[-1e-400, 1e-400]").unwrap().sup(), f64::from_bits(1));
        assert!(parse_interval("2").unwrap().is_singleton());
        assert!(parse_interval("[2.5]").unwrap().is_singleton());
        for text in ["", "[", "]", "[]", "[1", "1]", "[1,]", "[,1]", "1,2", "[1,2,3]", "[2,1]", "[inf,inf]", "[inf]"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
        for text in ["[-inf,-inf]", "[0.1, 0.09999999999999999999999]", "[nan, 1]", "[[1,2]]", "[∞, 1]"] {
            assert!(parse_interval(text).is_err(), "{text}");
        }
        let odd = Interval::try_from((0.1, 0.7)).unwrap();
        assert!(odd.subset(parse_interval(&interval_text(odd)).unwrap()));
        assert_eq!(interval_text(Interval::ENTIRE), "[-inf, inf]");
        assert_eq!(interval_text(Interval::EMPTY), "[empty]");
    }
}
