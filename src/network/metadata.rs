//! What network JSON says and other formats have no place for: names, domain, classes, kind of output, held-out points,
//! fixed numbers.
//!
//! Formats that let a file carry texts under keys of one's own (`metadata_props` of ONNX, comments of .nnet) carry it
//! under the keys `quantproof.name`, `.names`, `.domain`, `.output`, `.classes`, `.data` and `.fixed`. Each value is the
//! JSON text of what network JSON has in that place, `fixed` being one word per layer, so nothing is lost on the way
//! through such a format.

use super::json::{part, write};
use super::{Dataset, Domain, Fixed, Input, Layer, Network, NetworkError, Output, count};

/// What all keys start with.
const PREFIX: &str = "quantproof.";
const KEYS: &str = "quantproof.name, .names, .domain, .output, .classes, .data, .fixed";

/// The inputs of a file whose metadata do not name them.
pub(super) enum InputNames {
    /// `x1`, `x2`, …
    Count(usize),
    Given(Vec<String>),
}

/// What a file says beside its format; everything may be absent.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    name: Option<String>,
    names: Option<Vec<String>>,
    domain: Option<Vec<Domain>>,
    output: Option<Output>,
    classes: Option<Vec<String>>,
    /// read when the number of inputs is known
    data: Option<String>,
    fixed: Option<Vec<Fixed>>,
}

impl Metadata {
    /// Takes in a key and its value; keys of others are ignored.
    pub(super) fn add(&mut self, key: &str, value: &str) -> Result<(), NetworkError> {
        fn set<T>(slot: &mut Option<T>, value: T) -> Result<(), NetworkError> {
            match slot.replace(value) {
                None => Ok(()),
                Some(_) => Err(NetworkError::invalid("", "given twice, expected once")),
            }
        }
        let Some(own) = key.strip_prefix(PREFIX) else { return Ok(()) };
        let mut add = || match own {
            "name" => set(&mut self.name, part::text(value)?),
            "names" => set(&mut self.names, part::texts(value)?),
            "domain" => set(&mut self.domain, part::domain(value)?),
            "output" => set(&mut self.output, part::output(value)?),
            "classes" => set(&mut self.classes, part::texts(value)?),
            "data" => set(&mut self.data, value.to_owned()),
            "fixed" => set(&mut self.fixed, part::fixed(value)?),
            _ => Err(NetworkError::invalid("", format!("unknown key, expected one of {KEYS}"))),
        };
        add().map_err(|e| e.inside(&place(own)))
    }

    /// The kind of output, if it is told.
    pub(super) fn output(&self) -> Option<Output> {
        self.output
    }

    /// The network of these layers. What is not told is taken from the format: the domain, the output and the classes it
    /// has itself, and a name; inputs and classes without names are `x1, x2, …` and `0, 1, …`.
    pub(super) fn network(
        self,
        name: &str,
        inputs: InputNames,
        mut layers: Vec<Layer>,
        output: Output,
        domain: Option<Vec<Domain>>,
        classes: Option<Vec<String>>,
    ) -> Result<Network, NetworkError> {
        let inside = |key: &'static str| move |e: NetworkError| e.inside(&place(key));
        let default = match inputs {
            InputNames::Count(width) => (1..=width).map(|i| format!("x{i}")).collect(),
            InputNames::Given(names) => names,
        };
        let width = default.len();
        if let Some(fixed) = &self.fixed {
            if fixed.len() != layers.len() {
                let problem = format!("{}, expected {} (one per layer)", count(fixed.len(), "word"), layers.len());
                return Err(NetworkError::invalid(place("fixed"), problem));
            }
            layers = layers.into_iter().zip(fixed).map(|(layer, &fixed)| layer.with_fixed(fixed)).collect();
        }
        let names = self.names.unwrap_or(default);
        if names.len() != width {
            let problem = format!("{}, expected {width} (the inputs)", count(names.len(), "name"));
            return Err(NetworkError::invalid(place("names"), problem));
        }
        let input = match self.domain.or(domain) {
            Some(domain) => Input::new(names, domain),
            None => Input::without_domain(names),
        };
        let data = self.data.map(|text| part::data(&text, width).map_err(inside("data"))).transpose()?;
        let output = self.output.unwrap_or(output);
        let classes = self.classes.or(classes).unwrap_or_else(|| default_classes(output, &layers));
        let name = self.name.unwrap_or_else(|| if name.is_empty() { "network".to_owned() } else { name.to_owned() });
        Network::new(name, input?, layers, output, classes, data)
    }
}

/// `0`, `1`, … for the classes of these layers under this kind of output.
pub(super) fn default_classes(output: Output, layers: &[Layer]) -> Vec<String> {
    let logits = layers.last().map_or(0, Layer::outputs);
    let count = if output == Output::Sigmoid { 2 } else { logits };
    (0..count).map(|i| i.to_string()).collect()
}

/// The keys and values that tell everything about a network but its layers.
pub(super) fn of(network: &Network) -> Result<Vec<(String, String)>, NetworkError> {
    let mut told = vec![
        ("name", write::quoted(network.name())),
        ("names", write::names(network.input().names())),
        ("output", write::quoted(network.output().name())),
        ("classes", write::names(network.classes())),
    ];
    if let Some(domain) = network.input().domain() {
        told.push(("domain", write::intervals(domain).map_err(|e| e.inside("input.domain"))?));
    }
    if let Some(data) = network.data() {
        told.push(("data", data_text(data)));
    }
    if network.layers().iter().any(|layer| layer.fixed() != Fixed::Nothing) {
        let words: Vec<String> = network.layers().iter().map(|layer| layer.fixed().name().to_owned()).collect();
        told.push(("fixed", write::names(&words)));
    }
    Ok(told.into_iter().map(|(key, value)| (format!("{PREFIX}{key}"), value)).collect())
}

fn data_text(data: &Dataset) -> String {
    let points: Vec<String> = data.inputs().iter().map(|point| write::numbers(point)).collect();
    format!("{{\"inputs\": [{}], \"labels\": {:?}}}", points.join(", "), data.labels())
}

fn place(key: &str) -> String {
    format!("metadata {PREFIX}{key}")
}
