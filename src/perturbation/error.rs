//! What can be wrong with a perturbation.

use super::format::FormatError;
use num_rational::BigRational;
use thiserror::Error;

/// Why a perturbation is none, or none of this network.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum PerturbationError {
    /// ε is negative.
    #[error("perturbation {epsilon}: negative, expected at least 0")]
    Negative {
        /// The ε.
        epsilon: BigRational,
    },
    /// The set of layers is empty.
    #[error("no layer selected, expected at least one")]
    NoLayer,
    /// A selected layer has no parameters.
    #[error("layer {layer}: a normalisation, whose numbers are fixed, expected one of {expected}")]
    FixedLayer {
        /// The index that was selected.
        layer: usize,
        /// The indices that can be.
        expected: String,
    },
    /// A selected layer does not exist.
    #[error("layer {layer}: no such layer, expected an index from 0 to {last}")]
    Layer {
        /// The index that was selected.
        layer: usize,
        /// The greatest index of the network.
        last: usize,
    },
    /// A number format does not fit its layer.
    #[error("layer {layer}: {problem}")]
    Format {
        /// The index of the layer.
        layer: usize,
        /// What is wrong.
        problem: FormatError,
    },
    /// A number format was made for another network.
    #[error("quantised parameters of another network, expected one with layers of the same sizes")]
    OtherNetwork,
    /// A rule for rounding leaves a choice.
    #[error("rounding {rounding}: many networks, expected nearest or truncate, which make one")]
    Choice {
        /// The rule.
        rounding: &'static str,
    },
    /// A number format has no ε.
    #[error("a number format has no epsilon, expected an absolute or a relative amount")]
    NoEpsilon,
}
