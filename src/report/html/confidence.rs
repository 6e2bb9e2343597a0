//! The map of a network of two inputs: what the trained network says, sampled in plain doubles.

use crate::network::{Network, Output};
use crate::question::Scope;
use crate::report::svg::map::{Field, Input, Map};
use deltasat::exact::{Rational, rational};

/// Cells across and up, of a small network and of one with so many parameters that samples cost time.
const CELLS: [usize; 2] = [96, 48];
/// Parameters of a network that counts as large.
const LARGE: usize = 100_000;

/// A box of two inputs in doubles, for drawing.
pub type Plane = [(f64, f64); 2];

/// Whether a network has a map: two inputs, and classes that can be told apart.
///
/// # Errors
/// What is missing.
pub fn check(network: &Network) -> Result<(), String> {
    let name = network.name();
    match network.input().count() {
        2 if network.classes().len() > 1 => Ok(()),
        2 => Err(format!("{name} has a single output, expected at least 2 classes for a map")),
        1 => Err(format!("{name} has 1 input, expected 2 for a map")),
        n => Err(format!("{name} has {n} inputs, expected 2 for a map")),
    }
}

/// The plane to draw for a question: the domain in question; else the network's, or the square around the input, so wide
/// that the input lies in it.
pub fn plane(network: &Network, scope: Scope<'_>) -> Option<Plane> {
    check(network).ok()?;
    let range = |i: usize| match scope {
        Scope::Global(domain) => doubles(domain.get(i)?),
        Scope::Local(input) => {
            let own = network.input().domain().map(|domain| (domain[i].lower().clone(), domain[i].upper().clone()));
            let point = input.get(i).map(rational::nearest_f64);
            match (own.as_ref().and_then(doubles), point) {
                (Some((low, high)), Some(x)) => Some((low.min(x), high.max(x))),
                (Some(own), None) => Some(own),
                (None, Some(x)) => Some((x - 1.0, x + 1.0)),
                (None, None) => Some((-1.0, 1.0)),
            }
        }
    };
    Some([range(0)?, range(1)?])
}

fn doubles((lower, upper): &(Rational, Rational)) -> Option<(f64, f64)> {
    Some((rational::nearest_f64(lower), rational::nearest_f64(upper)))
}

/// What the map of a network is called.
pub fn title(network: &Network) -> String {
    if network.output() == Output::None {
        format!("Largest output of {}", network.name())
    } else {
        format!("Confidence of {} as trained", network.name())
    }
}

/// The map of a network over a plane, without regions and points; `None` for a network that has none.
pub fn map(network: &Network, plane: Plane, title: impl Into<String>) -> Option<Map> {
    check(network).ok()?;
    slice(network, [0, 1], &[0.0, 0.0], plane, title)
}

/// The map over a plane of two inputs, the others having these values; `None` for a network that tells no classes apart.
pub fn slice(
    network: &Network,
    axes: [usize; 2],
    input: &[f64],
    plane: Plane,
    title: impl Into<String>,
) -> Option<Map> {
    if network.classes().len() < 2 {
        return None;
    }
    let mut point = input.to_vec();
    // a line or a point is drawn with some room around it
    let plane = plane.map(|(low, high)| {
        let room = if high > low { 0.0 } else { 0.5 * low.abs().max(1.0) };
        (low - room, high + room)
    });
    let cells = CELLS[usize::from(network.parameter_count() > LARGE)];
    let mut values = vec![Vec::with_capacity((cells + 1) * (cells + 1)); network.classes().len()];
    let at = |(low, high): (f64, f64), i: usize| {
        let part = i as f64 / cells as f64;
        low * (1.0 - part) + high * part
    };
    for row in 0..=cells {
        for column in 0..=cells {
            *point.get_mut(axes[0])? = at(plane[0], column);
            *point.get_mut(axes[1])? = at(plane[1], row);
            let evaluated = network.evaluate(&point).ok()?;
            for (values, value) in values.iter_mut().zip(evaluated.confidences) {
                values.push(value);
            }
        }
    }
    let classes = network.classes().to_vec();
    let confidences = network.output() != Output::None;
    let names = network.input().names();
    let input = |i: usize| Input { name: names[axes[i]].clone(), low: plane[i].0, high: plane[i].1 };
    Some(Map {
        title: title.into(),
        inputs: [input(0), input(1)],
        field: Field { columns: cells, rows: cells, classes, values, confidences },
        regions: Vec::new(),
        points: Vec::new(),
    })
}
