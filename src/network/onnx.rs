//! ONNX: reader and writer of networks of dense layers, as PyTorch, Keras, scikit-learn and MATLAB export them.
//!
//! The protocol buffers are decoded by `prost` with the few messages of [`proto`] declared by hand: of the crates that
//! could, it is the one that is maintained, small (no C, no `protoc`, `syn` is in the tree anyway) and free of licences
//! other than our own.
//!
//! A graph is followed from its only input to the output that is no label. Constants are folded as far as shapes need
//! it; the rest must be a chain of dense layers, which `chain` takes apart into parameters and fixed structure. What
//! is not such a chain is an error that names the node, its operator and the operator set. Work and memory are bounded
//! by the size of the file and a budget of numbers, whatever shapes the file claims.
//!
//! What ONNX lacks (names, domain, classes, kind of output, held-out points) is read from `metadata_props` under the
//! keys of `network::metadata`, and written there. Without them the inputs are `x1, x2, …`, the classes
//! `0, 1, …` or what scikit-learn's `ZipMap` calls them, and there is no domain.

mod activations;
mod assemble;
mod constants;
mod external;
mod flow;
mod graph;
mod moves;
mod operators;
mod products;
pub mod proto;
mod quantised;
mod shapes;
mod tensor;
mod windows;
mod write;

pub use self::write::{write, write_stored};

use self::graph::{Graph, Opsets};
use self::operators::{Evaluation, Value};
use self::proto::ModelProto;
use super::metadata::{InputNames, Metadata};
use super::{Network, NetworkError, Output};
use prost::Message;
use std::path::Path;

/// Reads a network from the bytes of an ONNX file; `name` is what it is called if the file does not tell.
///
/// # Errors
/// When the bytes are no protocol buffer, or the graph is not a chain of dense layers.
pub fn read(bytes: &[u8], name: &str) -> Result<Network, NetworkError> {
    read_beside(bytes, name, None)
}

/// The same of a file in `folder`, in which the files of its larger constants may be.
///
/// # Errors
/// As [`read`], and when such a file is not in the folder or too short.
pub fn read_beside(bytes: &[u8], name: &str, folder: Option<&Path>) -> Result<Network, NetworkError> {
    let mut model = ModelProto::decode(bytes).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&reason);
        NetworkError::invalid("", format!("not an ONNX file: {reason}"))
    })?;
    if let Some(graph) = &mut model.graph {
        external::fetch(graph, folder)?;
    }
    network(&model, name)
}

fn network(model: &ModelProto, name: &str) -> Result<Network, NetworkError> {
    let Some(proto) = &model.graph else {
        return Err(NetworkError::invalid("graph", "missing, expected an ONNX model"));
    };
    let mut metadata = Metadata::default();
    for property in &model.metadata_props {
        metadata.add(&property.key, &property.value)?;
    }
    let opsets = Opsets::of(model)?;
    let graph = Graph::new(proto, opsets)?;
    let inputs = graph.inputs()?;
    let names = input_names(&inputs);
    let (output, labels) = graph.output()?;
    let mut evaluation = Evaluation::new(&graph, opsets, inputs, model.encoded_len());
    for node in graph.order(output)? {
        evaluation.compute(node)?;
    }
    let end = match evaluation.value(output)? {
        Some(Value::Flow(end)) if end.words.is_some() => {
            let problem = "words of quantised values, expected the numbers that they stand for (DequantizeLinear)";
            return Err(NetworkError::invalid(format!("output {output:?}"), problem));
        }
        Some(Value::Flow(end)) => end,
        Some(Value::Constant(_)) => {
            return Err(NetworkError::invalid(
                format!("output {output:?}"),
                "constant, expected it to depend on the input",
            ));
        }
        None => return Err(NetworkError::invalid(format!("output {output:?}"), "nothing makes it")),
    };
    // told otherwise, a last Sigmoid is an activation like any other
    let keep_sigmoid = metadata.output().is_some_and(|told| told != Output::Sigmoid);
    let (layers, output) = evaluation.flows.finish(&end, keep_sigmoid)?;
    match metadata.output() {
        Some(told) if output != Output::None && told != output => {
            let problem = format!("{:?}, expected {:?}, which the graph ends in", told.name(), output.name());
            Err(NetworkError::invalid("metadata quantproof.output", problem))
        }
        _ => metadata.network(name, names, layers, output, None, labels),
    }
}

/// The names of the numbers of several inputs, `NAME` or `NAME[1]`, `NAME[2]`, …; of a single input they have the usual ones.
fn input_names(inputs: &[(&str, Vec<usize>)]) -> InputNames {
    let widths = inputs.iter().map(|(name, shape)| (name, shape.iter().product::<usize>()));
    if let [(_, width)] = widths.clone().collect::<Vec<_>>()[..] {
        return InputNames::Count(width);
    }
    InputNames::Given(
        widths
            .flat_map(|(name, width)| {
                (1..=width).map(move |i| if width == 1 { (*name).to_owned() } else { format!("{name}[{i}]") })
            })
            .collect(),
    )
}
