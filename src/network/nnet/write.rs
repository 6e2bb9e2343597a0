//! The writer of .nnet. Reading what was written gives the same network back; what the format cannot hold is an error.

use super::WIDEST;
use crate::network::json::decimal;
use crate::network::{Activation, Fixed, Layer, Network, NetworkError, metadata};
use std::fmt::Write;

/// What networks the format holds.
pub(super) const FORM: &str = "ReLU layers and a linear one, the inputs and the outputs possibly normalised";

/// A network as the text of a .nnet file.
///
/// # Errors
/// When the network has no domain or one that is not of decimals, or when its layers are not ReLU layers followed by a
/// linear one, apart from normalisations as the reader makes them.
pub fn write(network: &Network) -> Result<String, NetworkError> {
    network.check_chain()?;
    let about = metadata::of(network)?;
    let Some(domain) = network.input().domain() else {
        return Err(NetworkError::invalid(
            "input.domain",
            "not known, expected one: .nnet needs the range of each input",
        ));
    };
    let (inputs, outputs) = (network.input().count(), network.logit_count());
    let mut layers = network.layers();
    let (mut means, mut ranges) = (vec![0.0; inputs], vec![1.0; inputs]);
    if let Some((Some(1.0), shift)) = parts(layers, 0).map(|(scale, shift)| (uniform(&scale), shift))
        && shift.iter().any(|&b| b != 0.0)
    {
        means = shift.iter().map(|b| 0.0 - b).collect();
        layers = &layers[1..];
    }
    if let Some((scale, shift)) = parts(layers, 0)
        && uniform(&shift) == Some(0.0)
        && uniform(&scale) != Some(1.0)
    {
        ranges = scale.iter().map(|&s| range(s)).collect::<Result<_, _>>()?;
        layers = &layers[1..];
    }
    if let Some((scale, shift)) = parts(layers, layers.len().saturating_sub(1))
        && let (Some(scale), Some(shift)) = (uniform(&scale), uniform(&shift))
        && (scale, shift) != (1.0, 0.0)
        && scale.recip().is_finite()
        && layers.len() > 1
    {
        means.push(shift);
        ranges.push(scale);
        layers = &layers[..layers.len() - 1];
    } else {
        means.push(0.0);
        ranges.push(1.0);
    }
    // an end of a normalisation is where its layer was
    let before =
        network.layers().iter().position(|layer| layers.first().is_some_and(|first| std::ptr::eq(first, layer)));
    for (k, layer) in layers.iter().enumerate() {
        let expected = if k + 1 == layers.len() { Activation::Linear } else { Activation::Relu };
        if layer.activation() != expected {
            let problem = format!("{}, expected {} (.nnet holds {FORM})", layer.activation().name(), expected.name());
            return Err(NetworkError::invalid(format!("layers[{}]", before.unwrap_or(0) + k), problem));
        }
    }
    if layers.is_empty() {
        return Err(NetworkError::invalid("layers", format!("only normalisations (.nnet holds {FORM})")));
    }
    let mut text = "// a network in the format .nnet, written by quantproof\n".to_owned();
    for (key, value) in about {
        // the domain has a place of its own
        if key != "quantproof.domain" {
            let _ = writeln!(text, "// {key}: {value}");
        }
    }
    let sizes: Vec<usize> = std::iter::once(inputs).chain(layers.iter().map(Layer::outputs)).collect();
    let widest = sizes.iter().max().copied().unwrap_or(0);
    let _ = writeln!(text, "{},{inputs},{},{widest},", layers.len(), sizes.last().copied().unwrap_or(outputs));
    line(&mut text, sizes.iter().map(usize::to_string));
    text += "0,\n";
    for (ends, what) in
        [(domain.iter().map(|d| d.lower()).collect::<Vec<_>>(), 0), (domain.iter().map(|d| d.upper()).collect(), 1)]
    {
        let end = |(i, value)| {
            let problem = || format!("{value}, expected a decimal of at most {} characters", decimal::LONGEST);
            decimal::format(value).ok_or_else(|| NetworkError::invalid(format!("input.domain[{i}][{what}]"), problem()))
        };
        let ends: Vec<String> = ends.into_iter().enumerate().map(end).collect::<Result<_, _>>()?;
        line(&mut text, ends.into_iter());
    }
    let number = |v: &f64| format!("{v:?}");
    line(&mut text, means.iter().map(number));
    line(&mut text, ranges.iter().map(number));
    for layer in layers {
        for row in layer.rows() {
            line(&mut text, row.iter().map(number));
        }
        for bias in layer.biases() {
            line(&mut text, std::iter::once(number(bias)));
        }
    }
    Ok(text)
}

fn line(text: &mut String, fields: impl Iterator<Item = String>) {
    for field in fields {
        text.push_str(&field);
        text.push(',');
    }
    text.push('\n');
}

/// Diagonal and biases of a layer that is fixed, linear and diagonal.
fn parts(layers: &[Layer], index: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let layer = layers.get(index)?;
    let width = layer.inputs();
    let normalises = layer.fixed() == Fixed::All && layer.activation() == Activation::Linear;
    if !normalises || layer.outputs() != width || width > WIDEST {
        return None;
    }
    let diagonal = (0..width).map(|i| layer.row(i)[i]).collect();
    let others = layer.rows().enumerate().all(|(i, row)| row.iter().enumerate().all(|(j, &w)| i == j || w == 0.0));
    others.then(|| (diagonal, layer.biases().to_vec()))
}

/// The number that all are.
fn uniform(numbers: &[f64]) -> Option<f64> {
    let first = *numbers.first()?;
    numbers.iter().all(|&v| v == first).then_some(first)
}

/// A range whose reciprocal rounds to a scale.
fn range(scale: f64) -> Result<f64, NetworkError> {
    let near = scale.recip();
    let candidates = [near, near.next_up(), near.next_down()];
    candidates.into_iter().find(|r| r.is_finite() && r.recip() == scale).ok_or_else(|| {
        let problem = format!("{scale:?}, expected the double nearest to the reciprocal of a double");
        NetworkError::invalid("a scale of the inputs", problem)
    })
}
