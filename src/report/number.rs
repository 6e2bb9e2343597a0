//! Numbers as text, each rounded in the direction that keeps a bound a bound.

use deltasat::exact::{Rational, rational};
use deltasat::interval::decimal::{lower_decimal, shortest_lower, shortest_upper, upper_decimal};
use serde_json::value::RawValue;
use std::fmt::Write;

/// Significant digits of bounds in text.
const DIGITS: usize = 6;
/// Digits after the point in tables.
pub const PLACES: u32 = 6;
/// The longest exact decimal that text shows in full.
const LONGEST: usize = 24;

/// The two sides of a number as text, as [`between`]; one that is infinite was not looked for.
pub fn sides(least: f64, most: f64, delta: f64) -> String {
    let [lower, upper] = between(least, most, delta);
    match (least == f64::NEG_INFINITY, most == f64::INFINITY) {
        (true, false) => format!("at most {upper}"),
        (false, true) => format!("at least {lower}"),
        _ => format!("[{lower}, {upper}]"),
    }
}

/// A lower bound in text, at most the number.
pub fn lower(x: f64) -> String {
    lower_decimal(x, DIGITS)
}

/// An upper bound in text, at least the number.
pub fn upper(x: f64) -> String {
    upper_decimal(x, DIGITS)
}

/// Whether two bounds are at most `delta` apart, as JSON prints them.
pub fn within(lower: f64, upper: f64, delta: f64) -> bool {
    lower.is_finite() && upper.is_finite() && apart(&shortest_lower(lower), &shortest_upper(upper), delta)
}

fn apart(lower: &str, upper: &str, delta: f64) -> bool {
    let read = |text: &str| rational::parse(text).ok();
    // δ as it is printed, too
    let (lower, upper, delta) = (read(lower), read(upper), read(&delta.to_string()));
    lower.zip(upper).zip(delta).is_some_and(|((lower, upper), delta)| upper - lower <= delta)
}

/// Two bounds in text, with more digits than usual where only those show that they are at most `delta` apart.
pub fn between(lower_bound: f64, upper_bound: f64, delta: f64) -> [String; 2] {
    let short = [lower(lower_bound), upper(upper_bound)];
    if !within(lower_bound, upper_bound, delta) || apart(&short[0], &short[1], delta) {
        return short;
    }
    let longer =
        (DIGITS + 1..20).map(|digits| [lower_decimal(lower_bound, digits), upper_decimal(upper_bound, digits)]);
    let shortest = || [shortest_lower(lower_bound), shortest_upper(upper_bound)];
    longer.into_iter().find(|[lower, upper]| apart(lower, upper, delta)).unwrap_or_else(shortest)
}

/// A rational as it is: a decimal where one ends (`1e308` where most of it would be zeros), else a fraction.
pub fn exact(r: &Rational) -> String {
    let Some(decimal) = rational::to_decimal(r) else { return format!("{}/{}", r.numer(), r.denom()) };
    if decimal.len() <= LONGEST {
        return decimal;
    }
    let short = format!("{:e}", rational::nearest_f64(r));
    if short.len() <= LONGEST && rational::parse(&short).is_ok_and(|read| read == *r) { short } else { decimal }
}

/// A double by the shortest decimal that reads back as it, with an exponent where most of it would be zeros.
pub fn double(x: f64) -> String {
    let plain = x.to_string();
    if plain.len() <= LONGEST { plain } else { format!("{x:e}") }
}

/// A rational for reading: exact where that is short, else `≈` and some digits.
pub fn readable(r: &Rational) -> String {
    let exact = exact(r);
    if exact.len() <= LONGEST { exact } else { format!("≈{}", lower_decimal(rational::nearest_f64(r), 9)) }
}

/// A coordinate for reading: exact where that takes at most six digits, else `≈` and six of them.
pub fn short(r: &Rational) -> String {
    let exact = exact(r);
    let digits = exact.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    if digits <= DIGITS { exact } else { format!("≈{}", lower_decimal(rational::nearest_f64(r), DIGITS)) }
}

/// `x·10^PLACES` rounded down, exactly, where that is small enough for a table; the arithmetic is that of integers.
fn scaled_floor(x: f64) -> Option<(i128, bool)> {
    if x.is_nan() || x.abs() >= 1e9 {
        return None;
    }
    let bits = x.to_bits();
    let (field, fraction) = ((bits >> 52 & 0x7ff) as i32, (bits & ((1 << 52) - 1)) as i128);
    let (mantissa, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
    let mantissa = if x < 0.0 { -mantissa } else { mantissa };
    // below 2^53·2^20; |x| < 10^9 keeps the exponent negative
    let scaled = mantissa * 10i128.pow(PLACES);
    let down = -exponent;
    if down > 120 {
        return Some((if scaled < 0 { -1 } else { 0 }, scaled != 0));
    }
    Some((scaled >> down, scaled & ((1 << down) - 1) != 0))
}

fn write_scaled(scaled: i128, out: &mut String) {
    let (whole, part) = (scaled.unsigned_abs() / 10u128.pow(PLACES), scaled.unsigned_abs() % 10u128.pow(PLACES));
    let sign = if scaled < 0 { "-" } else { "" };
    // writing to a string cannot fail
    let _ = write!(out, "{sign}{whole}.{part:06}");
}

/// A lower bound with [`PLACES`] digits after the point, where it is not too large for that.
pub fn fixed_lower(x: f64, out: &mut String) {
    match scaled_floor(x) {
        Some((floor, _)) => write_scaled(floor, out),
        None => out.push_str(&lower(x)),
    }
}

/// An upper bound with [`PLACES`] digits after the point, where it is not too large for that.
pub fn fixed_upper(x: f64, out: &mut String) {
    match scaled_floor(x) {
        Some((floor, more)) => write_scaled(floor + i128::from(more), out),
        None => out.push_str(&upper(x)),
    }
}

/// Valid JSON as a value.
fn raw(text: String) -> Box<RawValue> {
    // every caller hands over a number, a string or `null` that is JSON
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// A lower bound in JSON: the shortest decimal that is at most the number and reads back as it; `null` if infinite.
pub fn json_lower(x: f64) -> Box<RawValue> {
    if x.is_finite() { raw(shortest_lower(x)) } else { RawValue::NULL.to_owned() }
}

/// An upper bound in JSON: the shortest decimal that is at least the number and reads back as it; `null` if infinite.
pub fn json_upper(x: f64) -> Box<RawValue> {
    if x.is_finite() { raw(shortest_upper(x)) } else { RawValue::NULL.to_owned() }
}

/// A rational in JSON: a number where a decimal ends, else a string with a fraction.
pub fn json_exact(r: &Rational) -> Box<RawValue> {
    match rational::to_decimal(r) {
        Some(decimal) => raw(decimal),
        None => raw(format!("\"{}/{}\"", r.numer(), r.denom())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn read(text: &str) -> Rational {
        rational::parse(text).unwrap()
    }

    #[test]
    fn fixed_decimals_are_the_closest_bounds() {
        let mut rng = SmallRng::seed_from_u64(31);
        let special = [0.0, -0.0, 0.5, 1.0, 5e-324, -5e-324, 1e-7, -1e-7, 0.1, 999_999_999.0, 1e-40, 0.000001];
        let random = (0..3000).map(|i| match i % 3 {
            0 => f64::from_bits(rng.random()),
            1 => rng.random_range(-1.0..1.0),
            _ => rng.random_range(-2e9..2e9),
        });
        let random: Vec<f64> = random.collect();
        for x in special.into_iter().chain(random).filter(|x| x.is_finite()) {
            let (mut low, mut high) = (String::new(), String::new());
            fixed_lower(x, &mut low);
            fixed_upper(x, &mut high);
            let exact = rational::from_f64(x).unwrap();
            assert!(read(&low) <= exact && exact <= read(&high), "{low} {x:e} {high}");
            if x.abs() < 1e9 {
                assert!(read(&high) - read(&low) <= read("0.000001"), "{low} {x:e} {high}");
            }
        }
        let mut text = String::new();
        fixed_upper(f64::INFINITY, &mut text);
        assert_eq!(text, "inf");
    }

    #[test]
    fn json_numbers_are_json() {
        for x in [0.1, -1e-300, 1e300, 5e-324, 0.0, -0.0, f64::MAX] {
            for text in [json_lower(x), json_upper(x)] {
                let value: f64 = serde_json::from_str(text.get()).unwrap();
                assert_eq!(value, x);
            }
        }
        assert_eq!(json_upper(f64::INFINITY).get(), "null");
        assert_eq!(json_exact(&read("1/3")).get(), "\"1/3\"");
        assert_eq!(json_exact(&read("-0.250")).get(), "-0.25");
        assert_eq!(
            ["0.1", "1/3", "-0.000123456", "0.1234567"].map(|x| short(&read(x))),
            ["0.1", "1/3", "-0.000123456", "≈0.123456"]
        );
        assert_eq!(readable(&read("0.1")), "0.1");
        assert_eq!(readable(&rational::from_f64(0.1).unwrap()), "≈0.1");
    }
}
