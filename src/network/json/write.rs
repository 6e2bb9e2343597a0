//! The writer of network JSON, version 1.
//!
//! Reading what was written gives the same network back: doubles are written with the fewest digits that name them,
//! domains as the exact decimals that they are.

use super::{FORMAT, VERSION, decimal};
use crate::network::{Domain, Fixed, Network, NetworkError};

/// A network as JSON text, a matrix row to a line.
///
/// # Errors
/// When an end of the domain is no decimal of at most 1200 characters, such as 1/3; a network that was read from JSON
/// can always be written.
pub fn write(network: &Network) -> Result<String, NetworkError> {
    network.check_chain()?;
    let domain = match network.input().domain() {
        Some(domain) => format!(", \"domain\": {}", intervals(domain).map_err(|e| e.inside("input.domain"))?),
        None => String::new(),
    };
    let layers = network.layers().iter().map(|layer| {
        let rows = layer.rows().map(numbers).collect();
        let (biases, activation) = (numbers(layer.biases()), layer.activation().name());
        let weights = lines(rows, 8);
        let fixed = match layer.fixed() {
            Fixed::Nothing => String::new(),
            fixed => format!(",\n      \"fixed\": \"{}\"", fixed.name()),
        };
        format!("{{\n      \"weights\": {weights},\n      \"biases\": {biases},\n      \"activation\": \"{activation}\"{fixed}\n    }}")
    });
    let mut text = format!("{{\n  \"format\": \"{FORMAT}\",\n  \"version\": {VERSION},\n");
    text += &format!("  \"name\": {},\n", quoted(network.name()));
    text += "  \"input\": {";
    text += &format!("\"names\": {}{domain}}},\n", names(network.input().names()));
    text += &format!("  \"layers\": {},\n", lines(layers.collect(), 4));
    text += &format!("  \"output\": \"{}\",\n", network.output().name());
    text += &format!("  \"classes\": {}", names(network.classes()));
    if let Some(data) = network.data() {
        let points = data.inputs().iter().map(|point| numbers(point)).collect();
        text += &format!(",\n  \"data\": {{\n    \"inputs\": {},\n", lines(points, 6));
        text += &format!("    \"labels\": {:?}\n  }}", data.labels());
    }
    Ok(text + "\n}\n")
}

/// The intervals of a domain as a list of pairs of decimals.
pub(in crate::network) fn intervals(domain: &[Domain]) -> Result<String, NetworkError> {
    let mut texts = Vec::new();
    for (i, interval) in domain.iter().enumerate() {
        let end = |value| {
            decimal::format(value).ok_or_else(|| {
                let problem = format!("{value}, expected a decimal of at most {} characters", decimal::LONGEST);
                NetworkError::invalid(format!("[{i}]"), problem)
            })
        };
        texts.push(format!("[{}, {}]", end(interval.lower())?, end(interval.upper())?));
    }
    Ok(format!("[{}]", texts.join(", ")))
}

/// A list with an element to a line, each indented so far.
fn lines(elements: Vec<String>, indent: usize) -> String {
    let margin = " ".repeat(indent);
    format!("[\n{margin}{}\n{}]", elements.join(&format!(",\n{margin}")), &margin[2..])
}

/// `{:?}` of a finite double is the shortest decimal that names it, with an exponent when it is very large or small.
pub(in crate::network) fn numbers(values: &[f64]) -> String {
    format!("[{}]", values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", "))
}

pub(in crate::network) fn names(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", "))
}

pub(in crate::network) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
