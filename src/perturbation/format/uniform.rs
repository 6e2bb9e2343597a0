//! A share of the range of a layer's weights, as the literature on weight perturbation states its amounts: with `K` per
//! cent, every weight of a layer moves by at most `K/100·(max w − min w)`, the extremes being those of the layer's weights
//! (Weng et al., *Towards Certificated Model Robustness Against Weight Perturbations*, 2020; Zubair and Tran's ModelStar,
//! 2025, states per-layer tables in the same unit). Biases stay where they are.
//!
//! This is a box, not a set of numbers: it has no grid to round to.

use super::FormatError;
use crate::network::Layer;
use deltasat::exact::{Rational, rational};
use num_traits::Signed;

/// Reads `K%`.
pub(super) fn percentage(text: &str) -> Result<Rational, FormatError> {
    let problem = || FormatError::syntax(format!("uniform:{text}"), "uniform:K%, such as uniform:1.5%".to_owned());
    let number = text.strip_suffix('%').ok_or_else(problem)?;
    rational::parse(number).ok().filter(|k| !k.is_negative()).ok_or_else(problem)
}

/// How far every weight of a layer moves, exactly.
pub(in crate::perturbation) fn radius(percent: &Rational, layer: &Layer) -> Rational {
    let exact = |x: f64| rational::from_f64(x).unwrap_or_default();
    let (least, greatest) = super::range(layer.weights());
    percent / Rational::from_integer(100.into()) * (exact(greatest) - exact(least))
}
