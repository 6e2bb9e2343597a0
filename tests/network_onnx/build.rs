//! ONNX models made of messages, and the networks that are read from them.

use prost::Message;
use quantproof::network::onnx::{self, proto::*};
use quantproof::network::{Fixed, Network};

/// A tensor of doubles in raw bytes.
pub(crate) fn reals(name: &str, dims: &[i64], data: &[f64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: dims.to_vec(),
        data_type: data_type::DOUBLE,
        raw_data: Some(data.iter().flat_map(|v| v.to_le_bytes()).collect()),
        ..TensorProto::default()
    }
}

/// A list of integers.
pub(crate) fn integers(name: &str, data: &[i64]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        dims: vec![data.len() as i64],
        data_type: data_type::INT64,
        int64_data: data.to_vec(),
        ..TensorProto::default()
    }
}

pub(crate) fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(value), r#type: 2, ..AttributeProto::default() }
}

pub(crate) fn list(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto { name: name.to_owned(), ints: values.to_vec(), r#type: 7, ..AttributeProto::default() }
}

pub(crate) fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), f: Some(value), r#type: 1, ..AttributeProto::default() }
}

pub(crate) fn floats(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto { name: name.to_owned(), floats: values.to_vec(), r#type: 6, ..AttributeProto::default() }
}

/// `"a b -> c"`: a node with operands a and b (`_` for one that is left out) and result c.
pub(crate) fn node(operator: &str, wires: &str, attributes: &[AttributeProto]) -> NodeProto {
    let (input, output) = wires.split_once("->").unwrap();
    let names = |text: &str| text.split_whitespace().map(|name| name.replace('_', "")).collect::<Vec<_>>();
    let (domain, op_type) = operator.rsplit_once('.').unwrap_or(("", operator));
    NodeProto {
        input: names(input),
        output: names(output),
        name: String::new(),
        op_type: op_type.to_owned(),
        domain: domain.to_owned(),
        attribute: attributes.to_vec(),
    }
}

/// A value of this element type and shape, −1 for an open size.
pub(crate) fn value(name: &str, elem_type: i32, shape: &[i64]) -> ValueInfoProto {
    let size = |&d: &i64| match d {
        -1 => DimensionProto { dim_value: None, dim_param: Some("N".to_owned()) },
        d => DimensionProto { dim_value: Some(d), dim_param: None },
    };
    let shape = Some(TensorShapeProto { dim: shape.iter().map(size).collect() });
    let r#type = Some(TypeProto { tensor_type: Some(TensorTypeProto { elem_type, shape }) });
    ValueInfoProto { name: name.to_owned(), r#type }
}

/// A model from the input `x` of this shape to the output `y`, operator set 13.
pub(crate) fn model(shape: &[i64], node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> ModelProto {
    let graph = GraphProto {
        node,
        name: "g".to_owned(),
        initializer,
        input: vec![value("x", data_type::DOUBLE, shape)],
        output: vec![value("y", data_type::DOUBLE, &[])],
        sparse_initializer: Vec::new(),
    };
    let set = |domain: &str, version| OperatorSetIdProto { domain: domain.to_owned(), version };
    ModelProto {
        ir_version: 8,
        producer_name: String::new(),
        graph: Some(graph),
        opset_import: vec![set("", 13), set("ai.onnx.ml", 1)],
        metadata_props: Vec::new(),
    }
}

pub(crate) fn with_opset(mut model: ModelProto, version: i64) -> ModelProto {
    model.opset_import[0].version = version;
    model
}

pub(crate) fn graph(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.as_mut().unwrap()
}

#[track_caller]
pub(crate) fn read(model: &ModelProto) -> Network {
    onnx::read(&model.encode_to_vec(), "net").unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
pub(crate) fn error(model: &ModelProto) -> String {
    match onnx::read(&model.encode_to_vec(), "net") {
        Ok(network) => panic!("accepted: {network:?}"),
        Err(error) => error.to_string(),
    }
}

/// What each layer holds fixed.
pub(crate) fn fixed(network: &Network) -> Vec<Fixed> {
    network.layers().iter().map(|layer| layer.fixed()).collect()
}

/// Asserts what the network says of a point; all numbers are small dyadic ones, so sums are exact.
#[track_caller]
pub(crate) fn says(network: &Network, point: &[f64], expected: &[f64]) {
    assert_eq!(network.logits(point).unwrap(), expected);
}
