//! Parts of network JSON as texts of their own, for formats that carry what they lack in this form.

use super::raw::{document, list, one_of, string};
use crate::network::{Dataset, Domain, Fixed, NetworkError, Output};

/// A string.
pub(in crate::network) fn text(json: &str) -> Result<String, NetworkError> {
    string(document(json.as_bytes())?)
}

/// A list of strings.
pub(in crate::network) fn texts(json: &str) -> Result<Vec<String>, NetworkError> {
    list(document(json.as_bytes())?, "names", |_, raw| string(raw))
}

/// What stands in `input.domain`.
pub(in crate::network) fn domain(json: &str) -> Result<Vec<Domain>, NetworkError> {
    super::domain(document(json.as_bytes())?)
}

/// What stands in `output`.
pub(in crate::network) fn output(json: &str) -> Result<Output, NetworkError> {
    one_of(document(json.as_bytes())?, &Output::NAMES)
}

/// What stands in `data`, for so many inputs.
pub(in crate::network) fn data(json: &str, width: usize) -> Result<Dataset, NetworkError> {
    super::data(document(json.as_bytes())?, width)
}

/// What stands in `fixed` of each layer.
pub(in crate::network) fn fixed(json: &str) -> Result<Vec<Fixed>, NetworkError> {
    list(document(json.as_bytes())?, "words", |_, raw| one_of(raw, &Fixed::NAMES))
}
