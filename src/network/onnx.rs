//! ONNX: reader and writer of networks of dense layers, as PyTorch, Keras, scikit-learn and MATLAB export them.
//!
//! The protocol buffers are decoded by `prost` with the few messages of [`proto`] declared by hand: of the crates that
//! could, it is the one that is maintained, small (no C, no `protoc`, `syn` is in the tree anyway) and free of licences
//! other than our own.
//!
//! A graph is followed from its only input to the output that is no label. Constants are folded as far as shapes need
//! it; the rest must be a chain of dense layers, which [`chain`] takes apart into parameters and fixed structure. What
//! is not such a chain is an error that names the node, its operator and the operator set. Work and memory are bounded
//! by the size of the file and a budget of numbers, whatever shapes the file claims.
//!
//! What ONNX lacks (names, domain, classes, kind of output, held-out points) is read from `metadata_props` under the
//! keys of [`metadata`](super::metadata), and written there. Without them the inputs are `x1, x2, …`, the classes
//! `0, 1, …` or what scikit-learn's `ZipMap` calls them, and there is no domain.

mod chain;
mod graph;
mod operators;
pub mod proto;
mod shapes;
mod tensor;

use self::graph::{Graph, Opsets};
use self::operators::{Evaluation, Value};
use self::proto::ModelProto;
use super::{Input, Network, NetworkError, Output};
use prost::Message;

/// Reads a network from the bytes of an ONNX file.
///
/// # Errors
/// When the bytes are no protocol buffer, or the graph is not a chain of dense layers.
pub fn read(bytes: &[u8]) -> Result<Network, NetworkError> {
    let model = ModelProto::decode(bytes).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.strip_prefix("failed to decode Protobuf message: ").unwrap_or(&reason);
        NetworkError::invalid("", format!("not an ONNX file: {reason}"))
    })?;
    network(&model)
}

fn network(model: &ModelProto) -> Result<Network, NetworkError> {
    let Some(proto) = &model.graph else {
        return Err(NetworkError::invalid("graph", "missing, expected an ONNX model"));
    };
    let opsets = Opsets::of(model)?;
    let graph = Graph::new(proto, opsets)?;
    let (input, shape) = graph.input()?;
    let (output, labels) = graph.output()?;
    let width = shape.iter().product();
    let mut evaluation = Evaluation::new(&graph, opsets, input, shape);
    for node in graph.order(output)? {
        evaluation.compute(node)?;
    }
    let end = match evaluation.value(output)? {
        Some(Value::Flow(end)) => end,
        Some(Value::Constant(_)) => {
            return Err(NetworkError::invalid(
                format!("output {output:?}"),
                "constant, expected it to depend on the input",
            ));
        }
        None => return Err(NetworkError::invalid(format!("output {output:?}"), "nothing makes it")),
    };
    let (layers, output) = evaluation.chain.finish(&end, false)?;
    let logits = layers.last().map_or(0, |layer| layer.outputs());
    let classes = if output == Output::Sigmoid { 2 } else { logits };
    let classes = labels.unwrap_or_else(|| (0..classes).map(|i| i.to_string()).collect());
    let input = Input::without_domain((1..=width).map(|i: usize| format!("x{i}")).collect())?;
    let name = if proto.name.is_empty() { "onnx" } else { &proto.name };
    Network::new(name.to_owned(), input, layers, output, classes, None)
}
