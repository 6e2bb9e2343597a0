//! Rationals of any size: exact reading of decimals, fractions and hexadecimal floats, exact printing, and correctly
//! rounded conversion to doubles.
//!
//! A decimal is the exact rational it spells, never the nearest double. Its size is bounded by [`MAX_DIGITS`], since
//! the eleven characters `1e999999999` would otherwise ask for a gigabyte.

use std::error::Error;
use std::fmt;

use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use num_traits::{One, Zero};

use super::round::{Rounding, round_ratio};

/// An exact rational number of any size, in lowest terms with a positive denominator.
pub type Rational = BigRational;

/// The most decimal digits a number may need, written out without an exponent. (The longest double needs 1077.)
pub const MAX_DIGITS: usize = 10_000;

/// Why a text is not a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseNumberError {
    /// There is nothing but white space.
    Empty,
    /// The text breaks the grammar at this byte.
    Syntax {
        /// The text, shortened where it is long.
        text: String,
        /// The offset in bytes of the first character that does not fit.
        offset: usize,
    },
    /// A fraction's denominator is zero.
    ZeroDenominator,
    /// Written out, the number has more than [`MAX_DIGITS`] digits.
    TooLong,
}

impl fmt::Display for ParseNumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "empty text, expected a number"),
            Self::Syntax { text, offset } => write!(
                f,
                "invalid number `{text}` at byte {offset}, expected a decimal such as -1.5e-3, a fraction such as 1/3 or a hexadecimal float such as 0x1.8p-3"
            ),
            Self::ZeroDenominator => write!(f, "fraction with denominator zero, expected a nonzero denominator"),
            Self::TooLong => write!(f, "number of more than {MAX_DIGITS} digits, expected a shorter one"),
        }
    }
}

impl Error for ParseNumberError {}

/// A reader over the bytes of a number.
struct Cursor<'a> {
    text: &'a str,
    position: usize,
}

/// Digits with a point somewhere: their value as an integer text, and how many stand after the point.
struct Digits {
    digits: String,
    fraction: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    /// Consumes the next byte if it is `expected` or its capital.
    fn eat(&mut self, expected: u8) -> bool {
        let found = self.peek().is_some_and(|byte| byte.to_ascii_lowercase() == expected);
        self.position += usize::from(found);
        found
    }

    /// Consumes a sign; true for minus.
    fn sign(&mut self) -> bool {
        let minus = self.eat(b'-');
        if !minus {
            self.eat(b'+');
        }
        minus
    }

    fn error(&self) -> ParseNumberError {
        let mut text: String = self.text.chars().take(40).collect();
        if text.len() < self.text.len() {
            text.push('…');
        }
        ParseNumberError::Syntax { text, offset: self.position }
    }

    /// `digits [. digits] | . digits`, at least one digit; leading zeros are dropped.
    fn digits(&mut self, radix: u32) -> Result<Digits, ParseNumberError> {
        let (mut digits, mut fraction, mut any, mut point) = (String::new(), 0, false, false);
        while let Some(byte) = self.peek() {
            if char::from(byte).is_digit(radix) {
                any = true;
                fraction += usize::from(point);
                if byte != b'0' || !digits.is_empty() {
                    digits.push(char::from(byte));
                }
            } else if byte == b'.' && !point {
                point = true;
            } else {
                break;
            }
            self.position += 1;
        }
        if any { Ok(Digits { digits, fraction }) } else { Err(self.error()) }
    }

    /// `[+-] digits`, saturating far beyond any exponent that is let through.
    fn exponent(&mut self) -> Result<i64, ParseNumberError> {
        let minus = self.sign();
        let (start, mut value) = (self.position, 0i64);
        while let Some(byte) = self.peek().filter(u8::is_ascii_digit) {
            value = (value * 10 + i64::from(byte - b'0')).min(1 << 50);
            self.position += 1;
        }
        if self.position == start { Err(self.error()) } else { Ok(if minus { -value } else { value }) }
    }

    /// An unsigned decimal or hexadecimal number.
    fn unsigned(&mut self) -> Result<Rational, ParseNumberError> {
        let start = self.position;
        if self.eat(b'0') && self.eat(b'x') {
            let Digits { digits, fraction } = self.digits(16)?;
            let exponent = if self.eat(b'p') { self.exponent()? } else { 0 };
            return hexadecimal(&digits, exponent.saturating_sub(4 * fraction as i64));
        }
        self.position = start;
        let Digits { digits, fraction } = self.digits(10)?;
        let exponent = if self.eat(b'e') { self.exponent()? } else { 0 };
        decimal(&digits, exponent.saturating_sub(fraction as i64))
    }
}

/// `digits·2^exponent`.
fn hexadecimal(digits: &str, exponent: i64) -> Result<Rational, ParseNumberError> {
    // 3.3 bits make a decimal digit.
    const MAX_BITS: i64 = 3 * MAX_DIGITS as i64;
    let bits = 4 * digits.len() as i64;
    if bits == 0 {
        return Ok(Rational::zero());
    }
    if bits > MAX_BITS || exponent + bits > MAX_BITS || exponent < -MAX_BITS {
        return Err(ParseNumberError::TooLong);
    }
    Ok(scaled_by_power_of_two(BigInt::from(magnitude(digits, 16)), exponent))
}

/// `digits·10^exponent`. The common factors with the power of ten are divided out directly: a general gcd would take
/// most of the time for long numbers.
fn decimal(digits: &str, exponent: i64) -> Result<Rational, ParseNumberError> {
    let trimmed = digits.trim_end_matches('0');
    if trimmed.is_empty() {
        return Ok(Rational::zero());
    }
    let exponent = exponent + (digits.len() - trimmed.len()) as i64;
    let length = trimmed.len() as i64;
    if length > MAX_DIGITS as i64 || exponent + length > MAX_DIGITS as i64 || exponent < -(MAX_DIGITS as i64) {
        return Err(ParseNumberError::TooLong);
    }
    let mut numerator = magnitude(trimmed, 10);
    if exponent >= 0 {
        return Ok(Rational::from_integer((numerator * BigUint::from(10u8).pow(exponent as u32)).into()));
    }
    let (mut twos, mut fives) = (exponent.unsigned_abs(), exponent.unsigned_abs());
    let even = numerator.trailing_zeros().unwrap_or(0).min(twos);
    numerator >>= even;
    twos -= even;
    fives -= remove_fives(&mut numerator, fives);
    let denominator = BigUint::from(5u8).pow(fives as u32) << twos;
    Ok(Rational::new_raw(numerator.into(), denominator.into()))
}

/// Divides `n ≠ 0` by the largest power of five that it holds, at most `5^limit`; returns the exponent of that power.
fn remove_fives(n: &mut BigUint, limit: u64) -> u64 {
    let mut powers = vec![BigUint::from(5u8)];
    let mut removed = 0;
    // Gallop up in the powers 5, 5², 5⁴, … while they divide, then back down.
    let mut step = 0;
    let mut rising = true;
    loop {
        if powers.len() == step {
            powers.push(&powers[step - 1] * &powers[step - 1]);
        }
        let fits = removed + (1 << step) <= limit && n.bits() >= powers[step].bits();
        let quotient = if fits { &*n / &powers[step] } else { BigUint::zero() };
        if fits && &quotient * &powers[step] == *n {
            *n = quotient;
            removed += 1 << step;
            if rising {
                step += 1;
                continue;
            }
        } else {
            rising = false;
        }
        if step == 0 {
            return removed;
        }
        step -= 1;
    }
}

/// The integer that digits of the given radix spell.
fn magnitude(digits: &str, radix: u32) -> BigUint {
    BigUint::parse_bytes(digits.as_bytes(), radix).unwrap_or_default()
}

/// `mantissa·2^exponent` in lowest terms.
pub(crate) fn scaled_by_power_of_two(mantissa: BigInt, exponent: i64) -> Rational {
    if exponent >= 0 {
        return Rational::from_integer(mantissa << exponent as u64);
    }
    let Some(zeros) = mantissa.trailing_zeros() else { return Rational::zero() };
    let down = exponent.unsigned_abs();
    let common = zeros.min(down);
    Rational::new_raw(mantissa >> common, BigInt::one() << (down - common))
}

/// Reads a number exactly.
///
/// Accepted, with an optional sign and surrounding white space: decimals (`-1.5e-3`, `.5`, `2.`, `1e400`), fractions
/// of two unsigned numbers (`1/3`, `0.1/3`), and hexadecimal floats (`0x1.8p-3`).
///
/// # Errors
/// When the text is none of these, a denominator is zero, or the number needs more than [`MAX_DIGITS`] digits.
pub fn parse(text: &str) -> Result<Rational, ParseNumberError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ParseNumberError::Empty);
    }
    // Beyond this length no number is accepted anyway, save by padding with zeros.
    if text.len() > 8 * MAX_DIGITS {
        return Err(ParseNumberError::TooLong);
    }
    let mut cursor = Cursor { text, position: 0 };
    let minus = cursor.sign();
    let mut value = cursor.unsigned()?;
    if cursor.eat(b'/') {
        let denominator = cursor.unsigned()?;
        if denominator.is_zero() {
            return Err(ParseNumberError::ZeroDenominator);
        }
        value /= denominator;
    }
    if cursor.position < text.len() {
        return Err(cursor.error());
    }
    Ok(if minus { -value } else { value })
}

/// Splits a finite double into an integer mantissa and exponent, `x = mantissa·2^exponent`.
pub(crate) fn decompose(x: f64) -> Option<(i64, i64)> {
    if !x.is_finite() {
        return None;
    }
    let bits = x.to_bits();
    let (field, fraction) = (((bits >> 52) & 0x7ff) as i64, (bits & ((1 << 52) - 1)) as i64);
    let (mantissa, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | (1 << 52), field - 1075) };
    Some((if x < 0.0 { -mantissa } else { mantissa }, exponent))
}

/// The exact value of a double; `None` for NaN and infinities.
pub fn from_f64(x: f64) -> Option<Rational> {
    let (mantissa, exponent) = decompose(x)?;
    Some(scaled_by_power_of_two(mantissa.into(), exponent))
}

/// The largest double that is at most `r`; `−∞` below `−f64::MAX`.
pub fn floor_f64(r: &Rational) -> f64 {
    round_ratio(r.numer(), r.denom(), Rounding::Down)
}

/// The smallest double that is at least `r`; `+∞` above `f64::MAX`.
pub fn ceil_f64(r: &Rational) -> f64 {
    round_ratio(r.numer(), r.denom(), Rounding::Up)
}

/// The double nearest to `r`, ties to even, infinite from `2^1024 − 2^970` on, as IEEE 754 rounds.
pub fn nearest_f64(r: &Rational) -> f64 {
    round_ratio(r.numer(), r.denom(), Rounding::Nearest)
}

/// The decimal that is exactly `r`, without an exponent; `None` when no decimal terminates there.
pub fn to_decimal(r: &Rational) -> Option<String> {
    let mut rest = r.denom().magnitude().clone();
    let twos = rest.trailing_zeros()?;
    rest >>= twos;
    let fives = remove_fives(&mut rest, u64::MAX >> 1);
    if !rest.is_one() {
        return None;
    }
    let places = twos.max(fives);
    // n / (2^a·5^b) = n·2^(places−a)·5^(places−b) / 10^places
    let five = BigUint::from(5u8).pow(u32::try_from(places - fives).ok()?);
    let scaled = ((r.numer().magnitude() * five) << (places - twos)).to_string();
    let places = places as usize;
    let sign = if r.numer() < &BigInt::zero() { "-" } else { "" };
    if places == 0 {
        return Some(format!("{sign}{scaled}"));
    }
    let padded = format!("{scaled:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    Some(format!("{sign}{whole}.{fraction}"))
}
