//! Decimals as the exact rationals that they spell.
//!
//! `1e-1000000000` is short to write and would need gigabytes as a rational, so lengths and exponents are limited;
//! the limits leave room for every double written out in full.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// Bytes of the longest decimal; the smallest double written out without exponent has 1,077.
pub(in crate::network) const LONGEST: usize = 1200;
/// Greatest magnitude of an exponent.
const EXPONENT: i32 = 400;

/// The value of a JSON number.
pub(in crate::network) fn parse(text: &str) -> Result<BigRational, String> {
    if text.len() > LONGEST {
        return Err(format!("a decimal of {} characters, expected at most {LONGEST}", text.len()));
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            // Too long for an i32 is out of range too.
            let exponent = exponent.parse().ok().filter(|e: &i32| (-EXPONENT..=EXPONENT).contains(e));
            let limits = format!("{}, expected an exponent from -{EXPONENT} to {EXPONENT}", super::shortened(text));
            (mantissa, exponent.ok_or(limits)?)
        }
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt =
        format!("{whole}{fraction}").parse().map_err(|_| format!("{}, expected a number", super::shortened(text)))?;
    // At most LONGEST digits and EXPONENT: the sum fits.
    let shift = exponent - fraction.len() as i32;
    let power = BigInt::from(10).pow(shift.unsigned_abs());
    Ok(if shift < 0 { BigRational::new(digits, power) } else { BigRational::from_integer(digits * power) })
}

/// The shortest decimal without exponent that spells a rational, if one does: the denominator may have no prime factor
/// but 2 and 5.
pub(in crate::network) fn format(value: &BigRational) -> Option<String> {
    let mut rest = value.denom().clone();
    let mut places = 0;
    let mut power = BigInt::one();
    // The number of places is the greater of the exponents of 2 and 5: strip one of each per place.
    while !rest.is_one() {
        let before = rest.clone();
        for prime in [2u32, 5] {
            if (&rest % prime).is_zero() {
                rest /= prime;
            }
        }
        if rest == before || places > LONGEST {
            return None;
        }
        places += 1;
        power *= 10;
    }
    let digits = (value * power).to_integer();
    let (sign, digits) = match digits.to_string() {
        text if text.starts_with('-') => ("-", text[1..].to_owned()),
        text => ("", text),
    };
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let text = if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
    (text.len() <= LONGEST).then_some(text)
}
