//! Which class a network assigns at an input, and what excludes that it is another.

use crate::encode::class_count;
use crate::network::Network;
use deltasat::exact::Rational;

/// The classes that a network may assign at an input (one exact coordinate per network input): a single one, wherever exact
/// arithmetic can tell.
pub fn assigned(network: &Network, input: &[Rational]) -> Vec<usize> {
    let evaluation = network.evaluate_exactly(input);
    // out of the range of exact arithmetic it may be any
    evaluation.map_or_else(|| (0..class_count(network)).collect(), |evaluation| evaluation.classes)
}

/// The class that a network assigns at an input, by exact arithmetic; `None` where that cannot tell.
pub(super) fn certainly_assigned(network: &Network, input: &[Rational]) -> Option<usize> {
    network.evaluate_exactly(input).and_then(|evaluation| evaluation.class)
}

/// Whether a bound of `logit_against − logit_class` excludes the change; ties go to the lower index.
pub(super) fn excluded(upper: f64, class: usize, against: usize) -> bool {
    upper < 0.0 || (upper == 0.0 && class < against)
}

/// The largest double that excludes the change.
pub(super) fn limit(class: usize, against: usize) -> f64 {
    if class < against { 0.0 } else { -f64::MIN_POSITIVE }
}
