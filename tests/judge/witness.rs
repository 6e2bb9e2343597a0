//! A printed witness: an input and the parameters that moved.

use super::network::Network;
use super::perturbation::Perturbation;
use super::solver::json::Json;
use super::solver::number::{Rational, parse, stored};
use super::solver::real::{Real, decide};
use super::solver::tally::Tally;

/// The input that is printed, exactly as it is spelled; a quotient is a text.
pub fn input(json: &Json) -> Option<Vec<Rational>> {
    json["input"].array().iter().map(|x| parse(x.spelling()?)).collect()
}

/// The network whose parameters are those printed. What is printed as trained must be what the file holds, and what is
/// not printed has not moved.
pub fn moved(network: &Network, json: &Json) -> Result<Network, String> {
    let mut moved = network.clone();
    for entry in json["parameters"].array() {
        let (layer, row) = (entry["layer"].count(), entry["row"].count());
        let (Some(layer), Some(row)) = (layer, row) else { return Err("a parameter without a place".to_owned()) };
        let place = (row, entry["column"].count());
        let number = |key: &str| entry[key].spelling().and_then(stored);
        let (Some(trained), Some(value)) = (number("trained"), number("value")) else {
            return Err(format!("a parameter without its values: {entry:?}"));
        };
        let slot = moved.layers.get_mut(layer).and_then(|layer| layer.at_mut(place));
        let slot = slot.ok_or_else(|| format!("no parameter {place:?} in layer {layer}"))?;
        if *slot != trained {
            return Err(format!("layer {layer} at {place:?} is not as trained, or printed twice"));
        }
        *slot = value;
    }
    Ok(moved)
}

/// Judges that a network is one of the perturbation.
pub fn inside(place: &str, perturbation: Option<&Perturbation>, moved: &Network, tally: &mut Tally) {
    match perturbation {
        Some(perturbation) => {
            if let Some(wrong) = perturbation.violated_by(moved) {
                tally.object(place, wrong);
            }
        }
        None => tally.leave("a perturbation that the judge does not know"),
    }
}

/// Judges that a printed figure is the nearest double of a value, or the one beside it.
pub fn figure(place: &str, what: &str, printed: &Json, value: impl Fn() -> Option<Real>, tally: &mut Tally) {
    let Some(printed) = printed.spelling().and_then(parse) else {
        return tally.object(place, format!("{what} is no number"));
    };
    let judged = decide(|| {
        let value = value()?;
        // two units in the last of 53 bits, or of the least double
        let slack = value.abs().mul(&super::solver::number::power_of_two(-51).into());
        let slack = slack.max(&super::solver::number::power_of_two(-1074).into());
        value.sub(&Real::from(printed.clone())).abs().at_most(&slack)
    });
    tally.count("figures");
    match judged {
        Some(true) => {}
        Some(false) => {
            let value = value().map(|value| value.show()).unwrap_or_default();
            tally.object(
                place,
                format!("{what} is printed as {:e}, but is {value}", super::solver::number::near(&printed)),
            );
        }
        None => tally.leave("a figure that no precision decides"),
    }
}

/// Judges that a network assigns the class that is printed; a tie that no precision decides may go either way.
pub fn class(place: &str, what: &str, printed: &Json, network: &Network, input: &[Rational], tally: &mut Tally) {
    let Some(name) = printed.text() else { return tally.object(place, format!("{what} is missing")) };
    let Some(class) = network.class_named(name) else {
        return tally.object(place, format!("{what} {name:?} is no class"));
    };
    tally.count("classes");
    match decide(|| network.assigns(&network.logits(input)?, class)) {
        Some(true) => {}
        Some(false) => tally.object(place, format!("{what} is not {name:?}")),
        None => tally.leave("a class that no precision decides"),
    }
}
