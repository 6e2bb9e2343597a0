//! `quantproof show`: what a model file holds.

use super::{Failure, Status, options};
use clap::Args;
use quantproof::network::{Layer, Network};
use quantproof::report::json::{self, SCHEMA};
use quantproof::report::number::json_exact;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// What a model file holds: inputs, layers, parameters, classes, accuracy
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  quantproof show models/moons_relu_2-8-2.json
  quantproof show models/iris_relu_4-8-3.json --json";

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    model: &'a str,
    inputs: Vec<InputDocument<'a>>,
    layers: Vec<LayerDocument>,
    parameters: usize,
    output: &'static str,
    classes: &'a [String],
    test_points: usize,
    accuracy: Option<f64>,
}

#[derive(Serialize)]
struct InputDocument<'a> {
    name: &'a str,
    /// absent where the file does not tell
    #[serde(skip_serializing_if = "Option::is_none")]
    lower: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upper: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct LayerDocument {
    inputs: usize,
    /// of a layer that does not give each neuron a row of its own over what the layer before gives: its rows, and how many
    /// lists of values they are multiplied with
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    places: Option<usize>,
    outputs: usize,
    activation: String,
    fixed: &'static str,
    parameters: usize,
    largest_weight: f64,
    largest_bias: f64,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let network = self.model.load()?;
        let document = document(&network);
        if self.json {
            json::write(&document, out)?
        } else {
            text(&document, out)?
        }
        Ok(Status::Done)
    }
}

fn document(network: &Network) -> Document<'_> {
    let input = network.input();
    let domain = |i: usize| input.domain().map(|domain| &domain[i]);
    let inputs = input.names().iter().enumerate();
    Document {
        schema: SCHEMA,
        model: network.name(),
        inputs: inputs
            .map(|(i, name)| InputDocument {
                name,
                lower: domain(i).map(|domain| json_exact(domain.lower())),
                upper: domain(i).map(|domain| json_exact(domain.upper())),
            })
            .collect(),
        layers: network.layers().iter().map(layer).collect(),
        parameters: network.parameter_count(),
        output: network.output().name(),
        classes: network.classes(),
        test_points: network.data().map_or(0, |data| data.labels().len()),
        accuracy: network.accuracy(),
    }
}

fn layer(layer: &Layer) -> LayerDocument {
    let largest = |values: &[f64]| values.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
    LayerDocument {
        inputs: layer.inputs(),
        rows: layer.wiring().map(|_| layer.row_count()),
        places: layer.wiring().map(|wiring| wiring.patches().len()),
        outputs: layer.outputs(),
        activation: layer.activation().name(),
        fixed: layer.fixed().name(),
        parameters: layer.parameter_count(),
        largest_weight: largest(layer.weights()),
        largest_bias: largest(layer.biases()),
    }
}

fn text(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {} parameters in {} layers", document.model, document.parameters, document.layers.len())?;
    for input in &document.inputs {
        if let (Some(lower), Some(upper)) = (&input.lower, &input.upper) {
            writeln!(out, "  input    {} in [{}, {}]", input.name, lower.get(), upper.get())?;
        }
    }
    if document.inputs.iter().any(|input| input.lower.is_none()) {
        let names: Vec<&str> = document.inputs.iter().take(8).map(|input| input.name).collect();
        let dots = if document.inputs.len() > names.len() { ", …" } else { "" };
        let count = document.inputs.len();
        writeln!(out, "  inputs   {count}: {}{dots}, the file has no domain", names.join(", "))?;
    }
    for (index, layer) in document.layers.iter().enumerate() {
        writeln!(
            out,
            "  layer {index}  {} -> {} {}, {} parameters{}, largest weight {:.4}, largest bias {:.4}",
            match (layer.rows, layer.places) {
                (Some(rows), Some(places)) => format!("{rows} x {} at {places} places", layer.inputs),
                _ => layer.inputs.to_string(),
            },
            layer.outputs,
            layer.activation,
            layer.parameters,
            match layer.fixed {
                "nothing" => String::new(),
                "all" if layer.places.is_some() => " (fixed)".to_owned(),
                "all" => " (a fixed normalisation)".to_owned(),
                kind => format!(" ({kind} are fixed)"),
            },
            layer.largest_weight,
            layer.largest_bias
        )?;
    }
    writeln!(out, "  output   {} of {}", document.output, options::quoted(document.classes))?;
    match document.accuracy {
        Some(accuracy) => {
            writeln!(out, "  accuracy {:.2} % of {} held-out points", accuracy * 100.0, document.test_points)
        }
        None => writeln!(out, "  accuracy unknown, the file has no held-out points"),
    }
}
