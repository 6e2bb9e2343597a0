//! Numbers as texts spell them, and the exact values of doubles.

pub use num_bigint::BigInt;
pub use num_rational::BigRational as Rational;
use num_traits::{One, Zero};

pub fn whole(n: i64) -> Rational {
    Rational::from_integer(n.into())
}

/// `2^n`.
pub fn power_of_two(n: i64) -> Rational {
    let power = Rational::from_integer(BigInt::one() << n.unsigned_abs());
    if n < 0 { power.recip() } else { power }
}

/// The exact value of a finite double.
pub fn of_double(x: f64) -> Option<Rational> {
    if !x.is_finite() {
        return None;
    }
    let (bits, sign) = (x.to_bits(), if x < 0.0 { -1 } else { 1 });
    let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, (bits & ((1 << 52) - 1)) as i64);
    let (mantissa, exponent) = if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent - 1075) };
    Some(whole(sign * mantissa) * power_of_two(exponent))
}

/// A double that is near: for choosing where to look, never for judging.
pub fn near(x: &Rational) -> f64 {
    use num_traits::ToPrimitive;
    x.to_f64().unwrap_or(0.0)
}

/// The rational that a text spells: `12`, `-0.5e3`, `1/3`, `0x1.8p3`; nothing else.
pub fn parse(text: &str) -> Option<Rational> {
    if let Some((over, under)) = text.split_once('/') {
        let (over, under) = (parse(over.trim())?, parse(under.trim())?);
        return (!under.is_zero()).then(|| over / under);
    }
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => spelled(digits, 16, ['p', 'P'], 2)?,
        None => spelled(digits, 10, ['e', 'E'], 10)?,
    };
    Some(if negative { -value } else { value })
}

/// Digits of a base, perhaps with a point, perhaps with an exponent of another base behind a letter.
fn spelled(text: &str, base: u32, letters: [char; 2], exponent_base: u32) -> Option<Rational> {
    let (digits, exponent) = match text.split_once(letters) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok().filter(|e| e.abs() < 100_000)?),
        None => (text, 0),
    };
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{before}{after}");
    if all.is_empty() || !all.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    let mantissa = Rational::from_integer(BigInt::parse_bytes(all.as_bytes(), base)?);
    let power = |base: u32, n: u32| Rational::from_integer(BigInt::from(base).pow(n));
    let value = mantissa / power(base, after.len() as u32);
    let scale = power(exponent_base, exponent.unsigned_abs());
    Some(if exponent < 0 { value / scale } else { value * scale })
}

/// The double nearest to the number that a text spells, as an exact value: what a stored parameter is.
pub fn stored(text: &str) -> Option<Rational> {
    of_double(text.parse::<f64>().ok()?)
}

#[test]
fn reads_what_is_written() {
    let third = Rational::new(1.into(), 3.into());
    assert_eq!(parse("1/3"), Some(third));
    assert_eq!(parse("-12.5e-1"), Some(Rational::new((-5).into(), 4.into())));
    assert_eq!(parse("0x1.8p3"), Some(whole(12)));
    assert_eq!(parse("1e400").unwrap().numer().bits(), 1329);
    assert!(["", "e3", "1..2", "inf", "nan", "1/0", "1e", "--1", "0x"].iter().all(|text| parse(text).is_none()));
    assert_eq!(of_double(0.1), Some(Rational::new(3602879701896397i64.into(), (1i64 << 55).into())));
    assert_eq!(of_double(5e-324), Some(power_of_two(-1074)));
    assert_eq!(of_double(f64::MAX), Some((power_of_two(1024)) - power_of_two(971)));
}
