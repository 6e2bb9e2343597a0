//! Answers with many lines: tables of inputs, flips, widths, faults, shares, pieces.

use super::perturbation::Perturbation;
use super::question::Question;
use super::solver::json::Json;
use super::solver::number::{Rational, parse, stored, whole};
use super::solver::real::{Real, decide};
use super::solver::tally::Tally;
use super::verdict::{Shown, attested, ends, refuting};
use super::witness;

/// How many lines of a table are attacked.
const ATTACKED: usize = 8;

fn in_order(place: &str, json: &Json, tally: &mut Tally) {
    let (lower, upper) = ends(json);
    tally.count("pairs of bounds");
    if lower.zip(upper).is_some_and(|(lower, upper)| lower > upper) {
        tally.object(place, "the bounds of a line are inverted");
    }
}

fn pair(json: &Json) -> Option<(Rational, Rational)> {
    let end = |index: usize| json.array().get(index)?.spelling().and_then(parse);
    Some((end(0)?, end(1)?))
}

/// Judges the tables of `local --inputs` and `flips`: inputs and labels as in the file, classes, what can never flip, sums.
pub fn rows(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let rows = json["rows"].array();
    let network = &question.network;
    let file = question.rows();
    let perturbation = Perturbation::new(network, &question.options, None, None);
    let rounded = {
        let nearest = super::question::Options::new(&[&question.options.words()[..], &["--rounding=nearest"]].concat());
        let grid = question.options.get("--rounding").is_none() && question.options.get("--quantize").is_some();
        Perturbation::new(network, &nearest, None, None).filter(|_| grid).map(|p| p.corner(network, || true))
    };
    let (mut never, mut can, mut open, mut right) = (0, 0, 0, 0);
    for (index, row) in rows.iter().enumerate() {
        tally.count("lines of tables");
        let Some(input) = witness::input(row) else { return tally.object(place, "a line without its input") };
        if let Some(file) = &file {
            match file.get(index) {
                Some((line, x, label)) => {
                    let labelled = row["label"].text().is_none_or(|printed| label.as_deref() == Some(printed));
                    if row["line"].count().is_some_and(|printed| printed != *line) || *x != input || !labelled {
                        tally.object(place, format!("line {line} is not as in the file"));
                    }
                    right += usize::from(label.is_some() && row["assigned"].text() == label.as_deref());
                }
                None => tally.object(place, "more lines than in the file"),
            }
        }
        witness::class(place, "the assigned class", &row["assigned"], network, &input, tally);
        if let (Some(rounded), false) = (&rounded, row["rounded"].is_null()) {
            witness::class(place, "the class rounded to the nearest", &row["rounded"], rounded, &input, tally);
        }
        in_order(place, row, tally);
        match row["flips"].text() {
            Some("never") => never += 1,
            Some("can") => can += 1,
            Some(_) => open += 1,
            None => {}
        }
        if row["flips"].text() == Some("can") && row["to"] == row["assigned"] {
            tally.object(place, "a line flips to its own class");
        }
        let safe = row["flips"].text() == Some("never") || row["class_change"].text() == Some("impossible");
        if index < ATTACKED
            && safe
            && let Some(perturbation) = &perturbation
        {
            stays(place, question, perturbation, &input, &row["assigned"], tally);
        }
    }
    let summary = &json["summary"];
    for (key, count) in [("never", never), ("can", can), ("open", open), ("trained_right", right)] {
        if summary[key].count().is_some_and(|printed| printed != count) {
            tally.object(place, format!("the summary's \"{key}\" is not {count}"));
        }
    }
    in_order(place, json, tally);
    let least = rows.iter().filter_map(|row| ends(row).0).max();
    if json["bounds_of"].text() == Some("largest of all rows") && least > ends(json).0 {
        tally.object(place, "the largest of all lines is below one of them");
    }
}

/// Judges at some corners of the parameters that a class stays.
fn stays(
    place: &str,
    question: &Question,
    perturbation: &Perturbation,
    input: &[Rational],
    assigned: &Json,
    tally: &mut Tally,
) {
    let Some(class) = assigned.text().and_then(|name| question.network.class_named(name)) else { return };
    let mut stream = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..3 {
        let moved = perturbation.corner(&question.network, || {
            stream = stream.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            stream >> 63 == 1
        });
        tally.count("attacks");
        if moved.logits(input).and_then(|z| moved.assigns(&z, class)) == Some(false) {
            return tally.object(place, "corners of the parameters flip a line that never flips");
        }
    }
}

/// Judges `bits`: widths on the right side of the threshold, the fewest of them, and the witness of one bit fewer.
pub fn bits(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let threshold = question.number("--deviation");
    let mut safe: Vec<usize> = Vec::new();
    let mut refuted = None;
    for width in json["widths"].array() {
        in_order(place, width, tally);
        let (lower, upper) = ends(width);
        let Some(bits) = width["bits"].count() else { return tally.object(place, "a width without its bits") };
        match width["answer"].text() {
            Some("safe") => {
                safe.push(bits);
                if threshold.as_ref().zip(upper).is_some_and(|(threshold, upper)| upper > *threshold) {
                    tally.object(place, format!("{bits} bits are safe with an upper bound above the threshold"));
                }
            }
            Some("unsafe") => {
                refuted = Some(bits);
                if threshold.as_ref().zip(lower).is_some_and(|(threshold, lower)| lower <= *threshold) {
                    tally.object(place, format!("{bits} bits are unsafe with a lower bound below the threshold"));
                }
            }
            _ => {}
        }
    }
    if let Some(fewest) = json["fewest"].count() {
        if safe.iter().min() != Some(&fewest) {
            tally.object(place, format!("{fewest} bits are not the fewest of the safe widths"));
        }
        if json["answer"].text() == Some("bounds") && refuted.is_some_and(|bits| bits + 1 != fewest) {
            tally.object(place, "the fewest bits are not one above those refuted");
        }
    }
    if let (Some(bits), None) = (refuted, question.options.get("--inputs")) {
        let family = question.options.get("--family").unwrap_or("int");
        let format = match family.split_once(':') {
            Some(("fixed", rest)) => format!("fixed:{bits}:{rest}"),
            Some((name, rest)) => format!("{name}{bits}:{rest}"),
            None if family == "fixed" => format!("fixed:{bits}"),
            None => format!("{family}{bits}"),
        };
        let perturbation = Perturbation::new(&question.network, &question.options, None, Some(&format));
        if let Some(shown) = attested(place, &json["witness"], question, perturbation.as_ref(), tally) {
            refuting(place, &json["witness"], question, &shown, tally);
        }
    }
}

/// Judges `faults` at inputs: the worst fault attains the bound, the changing one changes the class.
pub fn faults(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let options = super::question::Options::new(&[&question.options.words()[..], &["--rounding=nearest"]].concat());
    let Some(quantised) = Perturbation::new(&question.network, &options, None, None) else {
        return tally.leave("a perturbation that the judge does not know");
    };
    let quantised = quantised.corner(&question.network, || true);
    let rows = json["rows"].array();
    for said in if rows.is_empty() { std::slice::from_ref(json) } else { rows } {
        let Some(input) = witness::input(said).filter(|input| !input.is_empty()) else {
            return tally.leave("faults over a domain");
        };
        in_order(place, said, tally);
        witness::class(place, "the assigned class", &said["assigned"], &quantised, &input, tally);
        let Some(class) = said["assigned"].text().and_then(|name| quantised.class_named(name)) else { return };
        for key in ["worst", "change"] {
            let fault = &said[key];
            if fault.is_null() {
                continue;
            }
            tally.count("witnesses");
            let slot = (fault["layer"].count(), fault["row"].count(), fault["column"].count());
            let number = |key: &str| fault[key].spelling().and_then(stored);
            let ((Some(layer), Some(row), column), Some(value)) = (slot, number("value")) else {
                return tally.object(place, "a fault without its place or value");
            };
            let mut moved = quantised.clone();
            let Some(slot) = moved.layers.get_mut(layer).and_then(|layer| layer.at_mut((row, column))) else {
                return tally.object(place, "a fault in no parameter");
            };
            if *slot != value {
                tally.object(place, "a fault of a parameter with another value");
            }
            let Some(faulty) = number("faulty") else {
                tally.leave("a fault that leaves no number");
                continue;
            };
            *slot = faulty;
            let shown = Shown { input: input.clone(), trained: quantised.clone(), moved };
            if key == "worst" {
                let (lower, upper) = ends(said);
                let (Some(lower), Some(upper)) = (lower.map(Real::from), upper.map(Real::from)) else { continue };
                let right = decide(|| {
                    let deviation = shown.deviation(class)?;
                    Some(lower.at_most(&deviation)? && deviation.at_most(&upper)?)
                });
                if right == Some(false) {
                    tally.object(place, "the worst fault does not lie between the bounds");
                }
            } else {
                witness::class(place, "the class of a fault", &said["to"], &shown.moved, &input, tally);
                if said["to"] == said["assigned"] {
                    tally.object(place, "a fault that changes no class");
                }
            }
        }
    }
}

/// Judges `sensitivity`: ends in order, and no part alone above the whole.
pub fn sensitivity(place: &str, json: &Json, tally: &mut Tally) {
    let whole_of = pair(&json["whole"]);
    for share in json["shares"].array() {
        for key in ["alone", "without"] {
            let Some((lower, upper)) = pair(&share[key]) else { continue };
            tally.count("pairs of bounds");
            if lower > upper {
                tally.object(place, format!("the bounds of \"{key}\" are inverted"));
            }
            if whole_of.as_ref().is_some_and(|(_, most)| lower > *most) {
                tally.object(place, format!("\"{key}\" moves more than the whole"));
            }
        }
    }
}

/// Judges `safe-region`: areas that add up, and safe pieces at their middles.
pub fn region(place: &str, json: &Json, question: &Question, tally: &mut Tally) {
    let Some(area) = json["area"].spelling().and_then(parse) else { return tally.leave("a region without an area") };
    let perturbation = Perturbation::new(&question.network, &question.options, None, None);
    let (mut all, mut safe) = (whole(0), whole(0));
    let mut attacked = 0;
    for piece in json["pieces"].array() {
        let sides: Option<Vec<(Rational, Rational)>> = piece["sides"].array().iter().map(pair).collect();
        let Some(sides) = sides.filter(|sides| sides.len() == 2) else {
            return tally.object(place, "a piece without sides");
        };
        tally.count("pieces");
        let size = sides.iter().fold(whole(1), |area, (a, b)| area * (b - a));
        all += &size;
        if piece["kind"].text() != Some("safe") {
            continue;
        }
        safe += size;
        let middle: Vec<Rational> = sides.iter().map(|(a, b)| (a + b) / whole(2)).collect();
        attacked += 1;
        if question.network.inputs.len() == 2 && attacked <= 10 * ATTACKED {
            witness::class(place, "the class of a piece", &piece["class"], &question.network, &middle, tally);
            if let Some(perturbation) = &perturbation {
                stays(place, question, perturbation, &middle, &piece["class"], tally);
            }
        }
    }
    if all != area {
        tally.object(place, "the pieces do not add up to the area");
    }
    if pair(&json["safe_area"]).is_none_or(|(lower, upper)| lower > safe || upper < safe) {
        tally.object(place, "the safe area is not that of the safe pieces");
    }
}
