//! Floating point with few bits: IEEE 754 binary16, bfloat16, and the two 8-bit formats of the Open Compute Project
//! (OCP 8-bit Floating Point Specification, 2023), subnormal numbers included.
//!
//! A number of magnitude in `[2^e, 2^(e+1))` is a multiple of `2^(e−m)` for `m` bits of mantissa; below the least normal
//! number the step stays the same. Scaling a double by a power of two is exact, so neighbours are exact too.

use crate::network::stored::SmallFloat;

/// A floating-point format; infinities and NaN are left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minifloat {
    name: &'static str,
    bits: u32,
    /// exponent of the least normal number
    least_exponent: i32,
    /// bits after the leading one
    mantissa: i32,
    greatest: f64,
}

impl Minifloat {
    /// IEEE 754 binary16: 5 bits of exponent, 10 of mantissa, up to 65504.
    pub const FLOAT16: Self =
        Minifloat { name: "float16", bits: 16, least_exponent: -14, mantissa: 10, greatest: 65504.0 };
    /// The upper half of a float32: 8 bits of exponent, 7 of mantissa.
    pub const BFLOAT16: Self = Minifloat {
        name: "bfloat16",
        bits: 16,
        least_exponent: -126,
        mantissa: 7,
        // (2 − 2⁻⁷)·2¹²⁷
        greatest: 338_953_138_925_153_547_590_470_800_371_487_866_880.0,
    };
    /// OCP E4M3: 4 bits of exponent, 3 of mantissa, up to 448, no infinities.
    pub const E4M3: Self = Minifloat { name: "float8:e4m3", bits: 8, least_exponent: -6, mantissa: 3, greatest: 448.0 };
    /// OCP E5M2: 5 bits of exponent, 2 of mantissa, up to 57344.
    pub const E5M2: Self =
        Minifloat { name: "float8:e5m2", bits: 8, least_exponent: -14, mantissa: 2, greatest: 57344.0 };

    /// All of them.
    pub const ALL: [Self; 4] = [Self::FLOAT16, Self::BFLOAT16, Self::E4M3, Self::E5M2];

    /// The name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The bits of a word.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The type whose words are these numbers.
    pub fn stored(&self) -> SmallFloat {
        match (self.bits, self.mantissa) {
            (16, 10) => SmallFloat::Float16,
            (16, _) => SmallFloat::BFloat16,
            (_, 3) => SmallFloat::E4M3,
            _ => SmallFloat::E5M2,
        }
    }

    /// The greatest finite number.
    pub fn greatest(&self) -> f64 {
        self.greatest
    }

    /// The distance of the numbers around `x`, above it where `x` is a power of two.
    pub fn step(&self, x: f64) -> f64 {
        let magnitude = x.abs().min(self.greatest);
        // the exponent field of a double; subnormal doubles are below every format's least exponent
        let exponent = ((magnitude.to_bits() >> 52) as i32) - 1023;
        power_of_two(exponent.max(self.least_exponent) - self.mantissa)
    }

    /// The greatest number that is at most `x`; the least one where there is none.
    pub fn down(&self, x: f64) -> f64 {
        if x < -self.greatest {
            return -self.greatest;
        }
        if x >= self.greatest {
            return self.greatest;
        }
        let step = self.step(x);
        // a negative number just above a power of two rounds to that power, which is on the grid
        (x / step).floor() * step + 0.0
    }

    /// The word of a number of the format, which is negative also where it is a zero with that sign.
    pub fn word(&self, x: f64, negative: bool) -> u32 {
        let magnitude = x.abs();
        let sign = u32::from(negative) << (self.bits - 1);
        if magnitude < power_of_two(self.least_exponent) {
            return sign | (magnitude / power_of_two(self.least_exponent - self.mantissa)) as u32;
        }
        let exponent = ((magnitude.to_bits() >> 52) as i32) - 1023;
        let mantissa = (magnitude / power_of_two(exponent - self.mantissa)) as u32 - (1 << self.mantissa);
        sign | ((exponent - self.least_exponent + 1) as u32) << self.mantissa | mantissa
    }

    /// What a word stands for; `None` for infinities and NaN.
    pub fn decoded(&self, word: u32) -> Option<f64> {
        let fields = word & ((1 << (self.bits - 1)) - 1);
        let (field, mantissa) = (fields >> self.mantissa, fields & ((1 << self.mantissa) - 1));
        let (implicit, exponent) = if field == 0 { (0, 0) } else { (1 << self.mantissa, field as i32 - 1) };
        let magnitude = f64::from(mantissa | implicit) * power_of_two(self.least_exponent + exponent - self.mantissa);
        let sign = if word >> (self.bits - 1) & 1 == 1 { -1.0 } else { 1.0 };
        (magnitude <= self.greatest).then_some(sign * magnitude)
    }
}

/// A normal power of two.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}
