//! Which values every parameter of a network may take, by the options of a command line.

use super::format::{self, Allowed};
use super::network::{Network, Place};
use super::question::Options;
use super::solver::number::{Rational, parse};
use num_traits::Signed;

/// The values of each parameter of each layer, in the order of [`super::network::Layer::places`].
pub struct Perturbation {
    layers: Vec<Vec<(Place, Allowed)>>,
}

impl Perturbation {
    /// What `--epsilon`, `--relative`, `--quantize`, `--layers` and `--only` say; `None` where the judge does not know it.
    /// `epsilon` and `format` stand in for options that a command chooses itself.
    pub fn new(network: &Network, options: &Options, epsilon: Option<&Rational>, format: Option<&str>) -> Option<Self> {
        let epsilon = match epsilon {
            Some(epsilon) => Some(epsilon.clone()),
            None => options.get("--epsilon").and_then(parse),
        };
        let relative = options.get("--relative").and_then(parse);
        let scheme = format.or(options.get("--quantize"));
        let rounding = options.get("--rounding").unwrap_or("any");
        let only = options.get("--only").unwrap_or("both");
        let selected: Option<Vec<usize>> = match options.get("--layers") {
            Some(text) => Some(text.split(',').map(|index| index.parse().ok()).collect::<Option<_>>()?),
            None => None,
        };
        let mut layers = Vec::new();
        for (index, layer) in network.layers.iter().enumerate() {
            let mut values: Vec<(Place, Allowed)> = Vec::new();
            let scheme = scheme.map(|scheme| of_layer(scheme, index));
            let formatted = match scheme {
                Some(Some(format)) => Some(format::layer(format, rounding, &layer.weights, &layer.biases)?),
                _ => None,
            };
            for place in layer.places() {
                let trained = layer.at(place)?;
                let fixed = if place.1.is_some() { layer.weights_fixed } else { layer.biases_fixed };
                let moves = !fixed
                    && selected.as_ref().is_none_or(|selected| selected.contains(&index))
                    && match only {
                        "weights" => place.1.is_some(),
                        "biases" => place.1.is_none(),
                        _ => true,
                    };
                let allowed = match (&formatted, &epsilon, &relative) {
                    _ if !moves => Allowed::only(trained),
                    (Some((weights, biases)), ..) => match place {
                        (row, Some(column)) => weights[row][column].clone(),
                        (row, None) => biases[row].clone(),
                    },
                    (None, Some(epsilon), _) => Allowed::Between(trained - epsilon, trained + epsilon),
                    (None, None, Some(share)) => {
                        let radius = trained.abs() * share;
                        Allowed::Between(trained - &radius, trained + &radius)
                    }
                    _ => Allowed::only(trained),
                };
                values.push((place, allowed));
            }
            layers.push(values);
        }
        Some(Perturbation { layers })
    }

    /// The first parameter of a network that has a value which it may not take.
    pub fn violated_by(&self, network: &Network) -> Option<String> {
        for (index, (layer, values)) in network.layers.iter().zip(&self.layers).enumerate() {
            for (place, allowed) in values {
                let value = layer.at(*place)?;
                if !allowed.has(value) {
                    let (lower, upper) = allowed.ends();
                    let kind = if matches!(allowed, Allowed::OneOf(_)) { "off its grid" } else { "outside its set" };
                    let show = super::solver::number::near;
                    return Some(format!(
                        "layer {index} at {place:?} is {kind}: {} instead of {} … {}",
                        show(value),
                        show(&lower),
                        show(&upper)
                    ));
                }
            }
        }
        None
    }

    /// The network with every parameter at one of the ends of its range; `up` says which, and is asked once for each.
    pub fn corner(&self, network: &Network, mut up: impl FnMut() -> bool) -> Network {
        let mut moved = network.clone();
        for (layer, values) in moved.layers.iter_mut().zip(&self.layers) {
            for (place, allowed) in values {
                let (lower, upper) = allowed.ends();
                if let Some(value) = layer.at_mut(*place) {
                    *value = if up() { upper } else { lower };
                }
            }
        }
        moved
    }
}

/// The format of a layer in `int8`, `layer0=int8,layer2=fixed:4.4`, or a default and exceptions from it.
fn of_layer(scheme: &str, index: usize) -> Option<&str> {
    let mut default = None;
    for part in scheme.split(',') {
        match part.split_once('=') {
            Some((name, format)) if name == format!("layer{index}") => return Some(format),
            Some(_) => {}
            None => default = Some(part),
        }
    }
    default
}
