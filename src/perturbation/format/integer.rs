//! Integers of `N` bits with a scale of their own per tensor or per channel (a row of weights, so a neuron), by the rules of
//! ONNX Runtime's and LiteRT's quantisers.
//!
//! * symmetric: words from `−(2ᴺ⁻¹ − 1)` to `2ᴺ⁻¹ − 1`, zero at 0, `scale = max |w| / (2ᴺ⁻¹ − 1)`;
//! * asymmetric: words from `−2ᴺ⁻¹` to `2ᴺ⁻¹ − 1`, `scale = (max w − min w)/(2ᴺ − 1)` over a range that is widened to
//!   hold 0, and zero at the word nearest to `least word − min w / scale`, ties to even, so that 0 is exactly
//!   representable.
//!
//! The scale is rounded to a float32, as those quantisers store it; where nothing is left of it (a row of zeros) it is 1.

use super::FormatError;
use super::affine::Affine;

/// Where the zero lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symmetry {
    /// in the middle of the words
    Symmetric,
    /// where the range of the numbers puts it
    Asymmetric,
}

/// What shares a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// all weights of a layer
    Tensor,
    /// the weights of a neuron
    Channel,
}

/// Reads the number of bits in `intN`.
pub(super) fn bits(text: &str) -> Result<u32, FormatError> {
    let bits = text.parse().ok().filter(|bits| (2..=16).contains(bits));
    bits.ok_or_else(|| FormatError::syntax(format!("int{text}"), "int2 to int16".to_owned()))
}

/// The words of so many bits for numbers of which the least and the greatest are given; `None` where the scale is beyond the
/// range of a float32.
pub(in crate::perturbation) fn grid(bits: u32, symmetry: Symmetry, (least, greatest): (f64, f64)) -> Option<Affine> {
    let half = 1i64 << (bits - 1);
    let (least, greatest) = (least.min(0.0), greatest.max(0.0));
    match symmetry {
        Symmetry::Symmetric => {
            let most = greatest.max(-least);
            Some(Affine::new(scale(most / (half - 1) as f64)?, 0, (1 - half, half - 1)))
        }
        Symmetry::Asymmetric => {
            let scale = scale((greatest - least) / (2 * half - 1) as f64)?;
            let zero = (-half as f64 - least / scale).round_ties_even().clamp(-half as f64, (half - 1) as f64);
            Some(Affine::new(scale, zero as i64, (-half, half - 1)))
        }
    }
}

/// The words of a bias in 32 bits whose scale is that of the products of inputs and weights, as integer kernels add it.
pub(super) fn accumulator(scale_of_inputs: f64, weights: &Affine) -> Option<Affine> {
    let most = i64::from(i32::MAX);
    Some(Affine::new(scale(scale_of_inputs * weights.scale())?, 0, (-most, most)))
}

/// A scale as quantisers store it: the nearest float32, and 1 where that is 0 or below all normal numbers. `None` beyond the
/// greatest one.
fn scale(exact: f64) -> Option<f64> {
    let stored = exact as f32;
    if stored.is_infinite() {
        return None;
    }
    Some(if stored.is_normal() { f64::from(stored) } else { 1.0 })
}
