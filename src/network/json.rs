//! Network JSON, version 1: reader and writer. `models/README.md` describes the format field by field.
//!
//! The text is checked once as a whole for syntax, and then cut top down into slices of itself (`RawValue`), each of
//! which is read as what the format says it must be. So every error knows its path, a number is seen as the text that
//! spells it (exact for domains, rounded once for weights) and is never copied, and a field that occurs twice is
//! noticed, where a map would keep the last one. The syntax check does not recurse, and the descent is as deep as the
//! format: no input, however nested, exhausts the stack.

pub(super) mod decimal;
pub(super) mod part;
mod raw;
pub(super) mod write;

use serde_json::value::RawValue;

use self::raw::{Object, described, integer, kind, list, one_of, shortened, string};
use super::{Dataset, Domain, Input, Layer, Network, NetworkError, count, feeding};

pub use self::write::write;

/// The value of the field `format`.
pub const FORMAT: &str = "quantproof-network";
/// The value of the field `version`.
pub const VERSION: &str = "1";

/// Reads a network from the bytes of a JSON file.
///
/// # Errors
/// When the bytes are not UTF-8 or not JSON (with line and column), or not a network (with the JSON path).
pub fn read(bytes: &[u8]) -> Result<Network, NetworkError> {
    network(raw::document(bytes)?)
}

fn network(raw: &RawValue) -> Result<Network, NetworkError> {
    let top = Object::new(raw)?;
    // First of all, so that a file of another format or version is called that and not a bad file of this one.
    top.field("format", |raw| match string(raw)? {
        given if given == FORMAT => Ok(()),
        given => Err(NetworkError::invalid("", format!("{given:?}, expected {FORMAT:?}"))),
    })?;
    top.field("version", |raw| match raw.get() {
        VERSION => Ok(()),
        _ => Err(NetworkError::invalid("", format!("{}, expected {VERSION}", described(raw)))),
    })?;
    top.only(&["format", "version", "name", "input", "layers", "output", "classes", "data"])?;
    let name = top.field("name", string)?;
    let input = top.field("input", input)?;
    let layers = top.field("layers", |raw| layers(raw, input.count()))?;
    let output = top.field("output", |raw| one_of(raw, &super::Output::NAMES))?;
    let classes = top.field("classes", |raw| list(raw, "names", |_, raw| string(raw)))?;
    let data = top.optional("data", |raw| data(raw, input.count()))?;
    Network::new(name, input, layers, output, classes, data)
}

fn input(raw: &RawValue) -> Result<Input, NetworkError> {
    let object = Object::new(raw)?;
    object.only(&["names", "domain"])?;
    let names = object.field("names", |raw| list(raw, "names", |_, raw| string(raw)))?;
    match object.optional("domain", domain)? {
        Some(domain) => Input::new(names, domain),
        None => Input::without_domain(names),
    }
}

fn domain(raw: &RawValue) -> Result<Vec<Domain>, NetworkError> {
    list(raw, "intervals", |_, raw| interval(raw))
}

fn interval(raw: &RawValue) -> Result<Domain, NetworkError> {
    let ends = list(raw, "two numbers", |_, raw| {
        number(raw)?;
        decimal::parse(raw.get()).map_err(|problem| NetworkError::invalid("", problem))
    })?;
    match <[_; 2]>::try_from(ends) {
        Ok([lower, upper]) => Domain::new(lower, upper),
        Err(ends) => {
            let problem = format!("{}, expected 2 (the lower and the upper end)", count(ends.len(), "number"));
            Err(NetworkError::invalid("", problem))
        }
    }
}

fn layers(raw: &RawValue, inputs: usize) -> Result<Vec<Layer>, NetworkError> {
    let mut width = inputs;
    list(raw, "layers", |k, raw| {
        let layer = layer(raw, k, width)?;
        width = layer.outputs();
        Ok(layer)
    })
}

/// Layer `k`, which gets `width` numbers from the one before it.
fn layer(raw: &RawValue, k: usize, width: usize) -> Result<Layer, NetworkError> {
    let object = Object::new(raw)?;
    object.only(&["weights", "biases", "activation", "fixed"])?;
    let mut weights = Vec::new();
    let rows = object.field("weights", |raw| {
        list(raw, "rows of numbers", |_, raw| {
            let given = numbers(raw, &mut weights)?;
            if given == width {
                return Ok(());
            }
            Err(NetworkError::invalid("", format!("{}, expected {width} ({})", count(given, "number"), feeding(k))))
        })
    })?;
    if rows.is_empty() {
        return Err(NetworkError::invalid("weights", "empty, expected at least one row"));
    }
    let mut biases = Vec::new();
    object.field("biases", |raw| numbers(raw, &mut biases))?;
    if biases.len() != rows.len() {
        let problem = format!("{}, expected {} (one per row of weights)", count(biases.len(), "number"), rows.len());
        return Err(NetworkError::invalid("biases", problem));
    }
    let activation = object.field("activation", |raw| super::Activation::parse(&string(raw)?))?;
    let fixed = object.optional("fixed", |raw| one_of(raw, &super::Fixed::NAMES))?.unwrap_or_default();
    Ok(Layer::new(width, weights, biases, activation)?.with_fixed(fixed))
}

fn data(raw: &RawValue, width: usize) -> Result<Dataset, NetworkError> {
    let object = Object::new(raw)?;
    object.only(&["inputs", "labels"])?;
    let inputs = object.field("inputs", |raw| {
        list(raw, "points", |_, raw| {
            let mut point = Vec::with_capacity(width);
            let given = numbers(raw, &mut point)?;
            if given == width {
                return Ok(point);
            }
            Err(NetworkError::invalid("", format!("{}, expected {width} (the inputs)", count(given, "number"))))
        })
    })?;
    let labels = object.field("labels", |raw| list(raw, "class indices", |_, raw| integer(raw, "a class index")))?;
    Dataset::new(inputs, labels)
}

/// Appends the numbers of a list and says how many they were.
fn numbers(raw: &RawValue, to: &mut Vec<f64>) -> Result<usize, NetworkError> {
    let before = to.len();
    list(raw, "numbers", |_, raw| number(raw).map(|value| to.push(value)))?;
    Ok(to.len() - before)
}

/// The double nearest to a number, ties to even (as `f64::from_str` promises); tiny ones become 0.
fn number(raw: &RawValue) -> Result<f64, NetworkError> {
    match raw.get().parse::<f64>() {
        // "NaN" and "inf" would parse too; the syntax check has refused them.
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => {
            Err(NetworkError::invalid("", format!("{}, expected a number that fits a double", shortened(raw.get()))))
        }
        Err(_) => Err(NetworkError::invalid("", format!("{}, expected a number", kind(raw)))),
    }
}
