//! How the numbers of a quantised network are stored in a file: as integer words with scales, or as small floats.
//!
//! The numbers of a [`Network`](super::Network) are doubles whatever they were rounded to, and a file that holds these
//! doubles holds the network. A file that is deployed should hold the words themselves. [`Stored`] says what they are;
//! decoded, they are the network's numbers bit for bit, which `Stored::check` makes sure of.

use super::NetworkError;

/// How the weights or the biases of a layer are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    /// as the real numbers that they are
    Plain,
    /// as integers
    Words(Words),
    /// as small floats
    Float(SmallFloat),
}

/// Two's complement words `q` that stand for `scale·(q − zero)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// of a word, 2 to 32
    pub bits: u32,
    /// a float32 for all words, or one for each row of weights or each bias
    pub scales: Vec<f64>,
    /// as many
    pub zeros: Vec<i64>,
    /// in the order of the numbers
    pub words: Vec<i64>,
}

/// How a layer is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLayer {
    /// its weights
    pub weights: Stored,
    /// its biases
    pub biases: Stored,
}

impl StoredLayer {
    /// As real numbers.
    pub const PLAIN: Self = StoredLayer { weights: Stored::Plain, biases: Stored::Plain };
}

/// What a word stands for: `scale·(q − zero)`, exact where the product has at most 53 bits and else the nearest double.
pub(super) fn affine(scale: f64, word: i64, zero: i64) -> f64 {
    scale * (word - zero) as f64
}

impl Words {
    /// The number that word `i` stands for, `columns` words sharing a scale where there are several.
    fn value(&self, i: usize, columns: usize) -> f64 {
        let row = if self.scales.len() == 1 { 0 } else { i / columns };
        affine(self.scales[row], self.words[i], self.zeros[row])
    }
}

impl Stored {
    /// Makes sure that what is stored are these numbers, in rows of so many.
    pub(super) fn check(&self, numbers: &[f64], columns: usize) -> Result<(), NetworkError> {
        let misfit = |i: usize, stored: f64| {
            NetworkError::invalid(format!("[{i}]"), format!("{}, expected {stored}, which is stored", numbers[i]))
        };
        let same = |i: usize, stored: f64| {
            if stored.to_bits() == numbers[i].to_bits() { Ok(()) } else { Err(misfit(i, stored)) }
        };
        match self {
            Stored::Plain => Ok(()),
            Stored::Float(kind) => (0..numbers.len()).try_for_each(|i| same(i, kind.decode(kind.encode(numbers[i])))),
            Stored::Words(words) => {
                let rows = numbers.len() / columns;
                let most = 1i64 << (words.bits.clamp(2, 32) - 1);
                let fits = words.words.len() == numbers.len()
                    && (words.scales.len() == 1 || words.scales.len() == rows)
                    && words.zeros.len() == words.scales.len()
                    && words.scales.iter().all(|&s| f64::from(s as f32) == s)
                    && words.words.iter().chain(&words.zeros).all(|q| (-most..most).contains(q));
                if !fits {
                    let problem = format!("words of {} bits that do not fit their layer", words.bits);
                    return Err(NetworkError::invalid("", problem));
                }
                (0..numbers.len()).try_for_each(|i| same(i, words.value(i, columns)))
            }
        }
    }
}

/// A floating-point type of at most 16 bits. A word is sign, exponent and mantissa from the top; the exponent's bias is
/// `2^(e−1) − 1`, subnormal numbers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallFloat {
    /// IEEE 754 binary16
    Float16,
    /// the upper half of a binary32
    BFloat16,
    /// OCP E4M3: only the last word of each sign is no number, and none is infinite
    E4M3,
    /// OCP E5M2
    E5M2,
}

impl SmallFloat {
    /// Bits of a word.
    pub fn bits(self) -> u32 {
        let (exponent, mantissa) = self.parts();
        1 + exponent + mantissa
    }

    /// Bits of the exponent and of the mantissa after the leading one.
    fn parts(self) -> (u32, u32) {
        match self {
            SmallFloat::Float16 => (5, 10),
            SmallFloat::BFloat16 => (8, 7),
            SmallFloat::E4M3 => (4, 3),
            SmallFloat::E5M2 => (5, 2),
        }
    }

    /// The value of a word, exactly; infinite or NaN where the format has that.
    pub fn decode(self, word: u16) -> f64 {
        let (exponent, mantissa) = self.parts();
        let (sign, field) = (word >> (exponent + mantissa) & 1, word >> mantissa & ((1 << exponent) - 1));
        let fraction = word & ((1 << mantissa) - 1);
        let bias = (1i32 << (exponent - 1)) - 1;
        let all_ones = field == (1 << exponent) - 1;
        let special = if self == SmallFloat::E4M3 { all_ones && fraction == 7 } else { all_ones };
        // the implied leading one, absent from subnormal numbers
        let digits = f64::from(fraction) + if field == 0 { 0.0 } else { f64::from(1u16 << mantissa) };
        let magnitude = match (special, fraction) {
            (true, 0) => f64::INFINITY,
            (true, _) => f64::NAN,
            _ => digits * 2f64.powi(i32::from(field).max(1) - bias - mantissa as i32),
        };
        if sign == 1 { -magnitude } else { magnitude }
    }

    /// The word of a number that the format holds; another number gives a word that decodes to something else.
    pub fn encode(self, value: f64) -> u16 {
        let (exponent, mantissa) = self.parts();
        let bias = (1i32 << (exponent - 1)) - 1;
        let own = (value.abs().to_bits() >> 52) as i32 - 1023;
        let least = 1 - bias;
        let power = own.max(least);
        // in units of the last place, below 2^(mantissa+1) for numbers that the format holds
        let digits = (value.abs() * 2f64.powi(mantissa as i32 - power)) as i64;
        let field = i64::from(power - least);
        // a digit in the place of the leading one makes the exponent's field one greater
        let word = (field << mantissa) + digits;
        word.clamp(0, (1 << (exponent + mantissa)) - 1) as u16
            | u16::from(value.is_sign_negative()) << (exponent + mantissa)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_floats_are_exact() {
        use SmallFloat::{BFloat16, E4M3, E5M2, Float16};
        let cases = [
            (Float16, 0x3c00, 1.0),
            (Float16, 0xc000, -2.0),
            (Float16, 0x7bff, 65504.0),
            (Float16, 0x0001, 2f64.powi(-24)),
            (Float16, 0x0400, 2f64.powi(-14)),
            (Float16, 0x3555, 0.333251953125),
            (BFloat16, 0x3f80, 1.0),
            (BFloat16, 0xc049, -3.140625),
            (E4M3, 0x7e, 448.0),
            (E4M3, 0x01, 2f64.powi(-9)),
            (E5M2, 0x7b, 57344.0),
            (E5M2, 0x81, -(2f64.powi(-16))),
        ];
        for (kind, word, value) in cases {
            assert_eq!(kind.decode(word), value, "{kind:?}");
        }
        assert_eq!(Float16.decode(0xfc00), f64::NEG_INFINITY);
        assert!(Float16.decode(0x7e00).is_nan() && E4M3.decode(0xff).is_nan());
        assert_eq!(E5M2.decode(0x7c), f64::INFINITY);
        // every word of every format, and bfloat16 by the definition that it is half a float32
        for kind in [Float16, BFloat16, E4M3, E5M2] {
            for word in 0..=(u16::MAX >> (16 - kind.bits())) {
                let value = kind.decode(word);
                if value.is_finite() {
                    assert_eq!(kind.encode(value), word, "{kind:?} {value:e}");
                }
                if kind == BFloat16 {
                    let wide = f64::from(f32::from_bits(u32::from(word) << 16));
                    assert!(value.to_bits() == wide.to_bits() || (value.is_nan() && wide.is_nan()));
                }
            }
        }
        assert_ne!(Float16.decode(Float16.encode(0.1)), 0.1);
        assert_ne!(E4M3.decode(E4M3.encode(1e9)), 1e9);
    }

    #[test]
    fn what_is_stored_must_be_the_numbers() {
        let words = Words { bits: 4, scales: vec![0.5, 0.25], zeros: vec![0, 1], words: vec![-8, 7, 1, 0] };
        let stored = Stored::Words(words.clone());
        stored.check(&[-4.0, 3.5, 0.0, -0.25], 2).unwrap();
        assert!(stored.check(&[-4.0, 3.5, 0.0, -0.5], 2).is_err());
        assert!(stored.check(&[-4.0, 3.5, -0.0, -0.25], 2).is_err());
        let wide = Words { words: vec![-9, 7, 1, 0], ..words.clone() };
        assert!(Stored::Words(wide).check(&[-4.5, 3.5, 0.0, -0.25], 2).is_err());
        let double = Words { scales: vec![0.1, 0.25], ..words };
        assert!(Stored::Words(double).check(&[-0.8, 0.7, 0.0, -0.25], 2).is_err());
        assert!(Stored::Float(SmallFloat::E5M2).check(&[1.125], 1).is_err());
        Stored::Float(SmallFloat::E5M2).check(&[1.25], 1).unwrap();
    }
}
