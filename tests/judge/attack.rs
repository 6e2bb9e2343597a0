//! An attack on a bound: inputs of a lattice and corners of the parameters, which must not pass it.

use super::network::Output;
use super::perturbation::Perturbation;
use super::question::Question;
use super::solver::json::Json;
use super::solver::number::Rational;
use super::solver::real::{Real, decide};
use super::solver::tally::Tally;
use super::verdict::{Shown, ends};

/// Looks for parameters and inputs that refute the upper bound, or a class that is said never to change.
pub fn attack(place: &str, json: &Json, question: &Question, perturbation: &Perturbation, tally: &mut Tally) {
    let network = &question.network;
    let (_, upper) = ends(json);
    let upper = upper.map(Real::from);
    let about_class = question.options.has("--class-change");
    let worst = json["class"].text() == Some("worst");
    let named = json["class"].text().and_then(|name| network.class_named(name));
    let least = question.number("--confidence-at-least");
    let mut stream = 0x2545_f491_4f6c_dd1du64;
    let mut dice = move || {
        stream = stream.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        stream >> 33
    };
    for _ in 0..6 {
        let input = match question.input() {
            Some(input) => input,
            None => {
                let Some(domain) = question.domain() else { return };
                domain.iter().map(|(a, b)| a + (b - a) * Rational::new((dice() % 9).into(), 8.into())).collect()
            }
        };
        let moved = perturbation.corner(network, || dice() % 2 == 0);
        tally.count("attacks");
        let shown = Shown { input, trained: network.clone(), moved };
        let Some(logits) = network.logits(&shown.input) else { return };
        for class in 0..network.classes.len() {
            // what no precision tells may be assigned, and its deviation is to be answered for
            let told = network.assigns(&logits, class) == Some(true);
            let assigned = decide(|| network.assigns(&network.logits(&shown.input)?, class)) != Some(false);
            if about_class {
                let confident = network.output == Output::None
                    || least.as_ref().is_none_or(|least| {
                        let confidences = network.confidences(&logits);
                        confidences.is_some_and(|c| Real::from(least.clone()).at_most(&c[class]) == Some(true))
                    });
                let gap = shown.gap(class);
                let beyond = |gap: &Real| upper.as_ref().is_some_and(|upper| gap.at_most(upper) == Some(false));
                if told && confident && gap.as_ref().is_some_and(beyond) {
                    tally.object(
                        place,
                        format!(
                            "corners of the parameters have a gap of {}, above the bound",
                            gap.map(|gap| gap.show()).unwrap_or_default()
                        ),
                    );
                    return;
                }
                continue;
            }
            let any = worst || (network.output == Output::None && question.command == "global");
            if !(named == Some(class) || (named.is_none() && (any || assigned))) {
                continue;
            }
            let deviation = shown.deviation(class);
            let beyond = |deviation: &Real| upper.as_ref().is_some_and(|upper| deviation.at_most(upper) == Some(false));
            if deviation.as_ref().is_some_and(beyond) {
                tally.object(
                    place,
                    format!(
                        "corners of the parameters move the confidence by {}, above the bound",
                        deviation.map(|d| d.show()).unwrap_or_default()
                    ),
                );
                return;
            }
            if told
                && json["class_change"].text() == Some("impossible")
                && shown.moved.logits(&shown.input).and_then(|z| shown.moved.assigns(&z, class)) == Some(false)
            {
                tally.object(place, "corners of the parameters change the class, which is said to be impossible");
                return;
            }
        }
    }
}
