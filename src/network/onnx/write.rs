//! The writer of ONNX: a Gemm and an activation per layer, and a Softmax or Sigmoid where the output is confidences.
//!
//! The elements are float where every number of the network is one, else double; either way they are the network's
//! numbers, bit for bit. The size of the batch is open.

use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, data_type,
};
use crate::network::{Activation, Fixed, Network, NetworkError, Output, metadata};
use prost::Message;

/// The version of the file format that came with operator set 13.
const IR_VERSION: i64 = 7;
/// Any later set means the same by these operators.
const OPSET: i64 = 13;

/// A network as the bytes of an ONNX file.
///
/// # Errors
/// When an end of the domain is no decimal of at most 1200 characters, as for network JSON.
pub fn write(network: &Network) -> Result<Vec<u8>, NetworkError> {
    Ok(model(network)?.encode_to_vec())
}

fn model(network: &Network) -> Result<ModelProto, NetworkError> {
    let numbers = || network.layers().iter().flat_map(|layer| layer.weights().iter().chain(layer.biases()));
    let single = numbers().all(|&v| f64::from(v as f32).to_bits() == v.to_bits());
    let element = if single { data_type::FLOAT } else { data_type::DOUBLE };
    let mut graph = GraphProto { name: network.name().to_owned(), ..GraphProto::default() };
    let mut value = "input".to_owned();
    for (k, layer) in network.layers().iter().enumerate() {
        let (weight, bias) = (format!("layers.{k}.weight"), format!("layers.{k}.bias"));
        graph.initializer.push(tensor(&weight, vec![layer.outputs(), layer.inputs()], layer.weights(), element));
        let mut operands = vec![value, weight];
        let without = layer.fixed() == Fixed::Biases && layer.biases().iter().all(|b| b.to_bits() == 0);
        if !without {
            graph.initializer.push(tensor(&bias, vec![layer.outputs()], layer.biases(), element));
            operands.push(bias);
        }
        let transposed =
            AttributeProto { name: "transB".to_owned(), i: Some(1), r#type: 2, ..AttributeProto::default() };
        value = push(&mut graph, "Gemm", operands, format!("layers.{k}.z"), vec![transposed]);
        let activation = match layer.activation() {
            Activation::Linear => continue,
            Activation::Relu => "Relu",
            Activation::Tanh => "Tanh",
            Activation::Sigmoid => "Sigmoid",
        };
        value = push(&mut graph, activation, vec![value], format!("layers.{k}.h"), Vec::new());
    }
    let axis = || AttributeProto { name: "axis".to_owned(), i: Some(-1), r#type: 2, ..AttributeProto::default() };
    let (name, operator, attributes) = match network.output() {
        Output::Softmax => ("probabilities", "Softmax", vec![axis()]),
        Output::Sigmoid => ("probability", "Sigmoid", Vec::new()),
        Output::None => ("output", "Identity", Vec::new()),
    };
    push(&mut graph, operator, vec![value], name.to_owned(), attributes);
    graph.input.push(ends("input", network.input().count(), element));
    graph.output.push(ends(name, network.logit_count(), element));
    let properties = metadata::of(network)?;
    Ok(ModelProto {
        ir_version: IR_VERSION,
        producer_name: "quantproof".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: properties.into_iter().map(|(key, value)| StringStringEntryProto { key, value }).collect(),
    })
}

/// Appends a node and gives its result.
fn push(
    graph: &mut GraphProto,
    operator: &str,
    input: Vec<String>,
    result: String,
    attribute: Vec<AttributeProto>,
) -> String {
    graph.node.push(NodeProto {
        input,
        output: vec![result.clone()],
        name: format!("{operator}_{}", graph.node.len()),
        op_type: operator.to_owned(),
        attribute,
        domain: String::new(),
    });
    result
}

fn tensor(name: &str, dims: Vec<usize>, numbers: &[f64], element: i32) -> TensorProto {
    let raw = if element == data_type::FLOAT {
        numbers.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect()
    } else {
        numbers.iter().flat_map(|v| v.to_le_bytes()).collect()
    };
    TensorProto {
        dims: dims.into_iter().map(|d| d as i64).collect(),
        data_type: element,
        name: name.to_owned(),
        raw_data: Some(raw),
        ..TensorProto::default()
    }
}

/// An input or an output of so many numbers for each member of a batch.
fn ends(name: &str, width: usize, element: i32) -> ValueInfoProto {
    let batch = DimensionProto { dim_value: None, dim_param: Some("batch".to_owned()) };
    let numbers = DimensionProto { dim_value: Some(width as i64), dim_param: None };
    let shape = Some(TensorShapeProto { dim: vec![batch, numbers] });
    let tensor_type = Some(TensorTypeProto { elem_type: element, shape });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}
