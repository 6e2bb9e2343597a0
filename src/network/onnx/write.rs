//! The writer of ONNX: a Gemm and an activation per layer, and a Softmax or Sigmoid where the output is confidences.
//!
//! The elements are float where every number of the network is one, else double; either way they are the network's
//! numbers, bit for bit. The words of a quantised network are decoded in front of each Gemm; as real numbers the decoded
//! ones are the network's too, and reading them gives these. The size of the batch is open.

use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto, data_type,
};
use crate::network::stored::{SmallFloat, Stored, StoredLayer, Words};
use crate::network::{Activation, Fixed, Grid, Network, NetworkError, Number, Output, metadata};
use prost::Message;

/// Any later set means the same by these operators.
const OPSET: i64 = 13;
/// The first set that casts from 8-bit floats.
const OPSET_FLOAT8: i64 = 19;
/// The first set that dequantises words of 4 and of 16 bits.
const OPSET_INT4: i64 = 21;

/// The version of the file format that came with an operator set.
fn ir_version(opset: i64) -> i64 {
    match opset {
        ..=13 => 7,
        14..=19 => 9,
        _ => 10,
    }
}

/// A network as the bytes of an ONNX file.
///
/// # Errors
/// When an end of the domain is no decimal of at most 1200 characters, as for network JSON.
pub fn write(network: &Network) -> Result<Vec<u8>, NetworkError> {
    let plain = vec![StoredLayer::PLAIN; network.layers().len()];
    let numbers = || network.layers().iter().flat_map(|layer| layer.weights().iter().chain(layer.biases()));
    let element = if single(numbers()) { data_type::FLOAT } else { data_type::DOUBLE };
    Ok(model(network, &plain, element)?.encode_to_vec())
}

/// A quantised network as the bytes of an ONNX file that holds its words: integers behind a DequantizeLinear, small floats
/// behind a Cast. The network computes in float32 unless one of its numbers is too large for that.
///
/// # Errors
/// As [`write()`], and when what is stored are not the numbers of the network, or not one for each layer.
pub fn write_stored(network: &Network, stored: &[StoredLayer]) -> Result<Vec<u8>, NetworkError> {
    if stored.len() != network.layers().len() {
        let problem = format!("{} stored, expected {}", stored.len(), network.layers().len());
        return Err(NetworkError::invalid("layers", problem));
    }
    for (k, (layer, stored)) in network.layers().iter().zip(stored).enumerate() {
        let inside = |part: &str| format!("layers[{k}].{part}");
        stored.weights.check(layer.weights(), layer.inputs()).map_err(|e| e.inside(&inside("weights")))?;
        stored.biases.check(layer.biases(), 1).map_err(|e| e.inside(&inside("biases")))?;
    }
    let mut numbers = network.layers().iter().flat_map(|layer| layer.weights().iter().chain(layer.biases()));
    let element = if numbers.all(|&v| (v as f32).is_finite()) { data_type::FLOAT } else { data_type::DOUBLE };
    Ok(model(network, stored, element)?.encode_to_vec())
}

/// Whether all numbers are float32.
fn single<'a>(mut numbers: impl Iterator<Item = &'a f64>) -> bool {
    numbers.all(|&v| f64::from(v as f32).to_bits() == v.to_bits())
}

fn model(network: &Network, stored: &[StoredLayer], element: i32) -> Result<ModelProto, NetworkError> {
    network.check_chain()?;
    let graph = GraphProto { name: network.name().to_owned(), ..GraphProto::default() };
    let mut constants = Constants { graph, element, opset: OPSET };
    let mut value = "input".to_owned();
    for (k, (layer, stored)) in network.layers().iter().zip(stored).enumerate() {
        let (weight, bias) = (format!("layers.{k}.weight"), format!("layers.{k}.bias"));
        let dims = vec![layer.outputs(), layer.inputs()];
        let mut operands = vec![value, constants.push(&weight, dims, layer.weights(), &stored.weights)];
        let without = layer.fixed() == Fixed::Biases && layer.biases().iter().all(|b| b.to_bits() == 0);
        if !without {
            operands.push(constants.push(&bias, vec![layer.outputs()], layer.biases(), &stored.biases));
        }
        let graph = &mut constants.graph;
        value = push(graph, "Gemm", operands, format!("layers.{k}.z"), vec![integer("transB", 1)]);
        value = constants.activation(layer.activation(), value, k)?;
    }
    let Constants { mut graph, opset, .. } = constants;
    let (name, operator, attributes) = match network.output() {
        Output::Softmax => ("probabilities", "Softmax", vec![integer("axis", -1)]),
        Output::Sigmoid => ("probability", "Sigmoid", Vec::new()),
        Output::None => ("output", "Identity", Vec::new()),
    };
    push(&mut graph, operator, vec![value], name.to_owned(), attributes);
    graph.input.push(ends("input", network.input().count(), element));
    graph.output.push(ends(name, network.logit_count(), element));
    let properties = metadata::of(network)?;
    Ok(ModelProto {
        ir_version: ir_version(opset),
        producer_name: "quantproof".to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: opset }],
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

fn integer(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), i: Some(value), r#type: 2, ..AttributeProto::default() }
}

/// The constants of a graph, and the nodes that decode them.
struct Constants {
    graph: GraphProto,
    /// what the network computes in
    element: i32,
    opset: i64,
}

impl Constants {
    /// Stores numbers, and gives the value that has them.
    fn push(&mut self, name: &str, dims: Vec<usize>, numbers: &[f64], stored: &Stored) -> String {
        match stored {
            Stored::Plain if self.element == data_type::DOUBLE || single(numbers.iter()) => {
                self.initializer(name.to_owned(), dims, self.element, reals(numbers, self.element))
            }
            // the file has the number, and what computes in float32 rounds it
            Stored::Plain => {
                let words = reals(numbers, data_type::DOUBLE);
                let words = self.initializer(format!("{name}.double"), dims, data_type::DOUBLE, words);
                self.cast(words, name.to_owned())
            }
            Stored::Float(float) => {
                let words = numbers.iter().map(|&v| float.encode(v));
                let raw = match float.bits() {
                    8 => words.map(|word| word as u8).collect(),
                    _ => words.flat_map(u16::to_le_bytes).collect(),
                };
                let element = match float {
                    SmallFloat::Float16 => data_type::FLOAT16,
                    SmallFloat::BFloat16 => data_type::BFLOAT16,
                    SmallFloat::E4M3 => data_type::FLOAT8E4M3FN,
                    SmallFloat::E5M2 => data_type::FLOAT8E5M2,
                };
                self.opset = self.opset.max(if float.bits() == 8 { OPSET_FLOAT8 } else { OPSET });
                let words = self.initializer(format!("{name}.words"), dims, element, raw);
                self.cast(words, name.to_owned())
            }
            Stored::Words(words) => self.dequantised(name, dims, words),
        }
    }

    /// `scale·(q − zero)`; words go into the narrowest type that holds them.
    fn dequantised(&mut self, name: &str, dims: Vec<usize>, words: &Words) -> String {
        let (element, opset) = match words.bits {
            ..=4 => (data_type::INT4, OPSET_INT4),
            5..=8 => (data_type::INT8, OPSET),
            9..=16 => (data_type::INT16, OPSET_INT4),
            _ => (data_type::INT32, OPSET),
        };
        self.opset = self.opset.max(opset);
        let count = words.scales.len();
        let several = if count == 1 { Vec::new() } else { vec![count] };
        let scales = reals(&words.scales, data_type::FLOAT);
        let mut operands = vec![
            self.initializer(format!("{name}.words"), dims, element, integers(&words.words, element)),
            self.initializer(format!("{name}.scale"), several.clone(), data_type::FLOAT, scales),
        ];
        // words of 32 bits have no zero point in ONNX
        if element != data_type::INT32 || words.zeros.iter().any(|&zero| zero != 0) {
            let zeros = integers(&words.zeros, element);
            operands.push(self.initializer(format!("{name}.zero"), several, element, zeros));
        }
        let axis = if count == 1 { Vec::new() } else { vec![integer("axis", 0)] };
        let double = self.element == data_type::DOUBLE;
        let result = if double { format!("{name}.float") } else { name.to_owned() };
        let value = push(&mut self.graph, "DequantizeLinear", operands, result, axis);
        if double { self.cast(value, name.to_owned()) } else { value }
    }

    /// The activation of a value.
    fn activation(&mut self, activation: Activation, value: String, layer: usize) -> Result<String, NetworkError> {
        let mut operands = vec![value];
        let number = |constants: &mut Self, name: &str, number: Number| {
            let name = format!("layers.{layer}.{name}");
            constants.push(&name, Vec::new(), &[number.get()], &Stored::Plain)
        };
        let operator = match activation {
            Activation::Linear => return Ok(operands.remove(0)),
            Activation::Relu => "Relu",
            Activation::Tanh => "Tanh",
            Activation::Sigmoid => "Sigmoid",
            // the attribute of a LeakyRelu is a float32
            Activation::LeakyRelu(slope) => {
                operands.push(number(self, "slope", slope));
                "PRelu"
            }
            Activation::Clip(least, greatest) => {
                for (name, end) in [("least", least), ("greatest", greatest)] {
                    operands.push(if end.get().is_finite() { number(self, name, end) } else { String::new() });
                }
                "Clip"
            }
            Activation::Grid(grid) => return self.grid(grid, operands.remove(0), layer),
        };
        Ok(push(&mut self.graph, operator, operands, format!("layers.{layer}.h"), Vec::new()))
    }

    /// The numbers of a value as unsigned bytes, and back.
    fn grid(&mut self, grid: Grid, value: String, layer: usize) -> Result<String, NetworkError> {
        let (least, greatest) = grid.steps();
        let (single, zero) = (f64::from(grid.scale() as f32) == grid.scale(), u8::try_from(-least).ok());
        let (Some(zero), true, true) = (zero, single, greatest - least == 255) else {
            let problem = "a grid that is no bytes with a float32 scale, expected 256 numbers around zero";
            return Err(NetworkError::invalid(format!("layers[{layer}].activation"), problem));
        };
        let name = |part: &str| format!("layers.{layer}.{part}");
        let scale = reals(&[grid.scale()], data_type::FLOAT);
        let scale = self.initializer(name("scale"), Vec::new(), data_type::FLOAT, scale);
        let zero = self.initializer(name("zero"), Vec::new(), data_type::UINT8, vec![zero]);
        let double = self.element == data_type::DOUBLE;
        let value = match double {
            // the words are of a float32
            true => push(&mut self.graph, "Cast", vec![value], name("single"), vec![integer("to", 1)]),
            false => value,
        };
        let operands = vec![value, scale.clone(), zero.clone()];
        let words = push(&mut self.graph, "QuantizeLinear", operands, name("words"), Vec::new());
        let result = if double { name("float") } else { name("h") };
        let value = push(&mut self.graph, "DequantizeLinear", vec![words, scale, zero], result, Vec::new());
        Ok(if double { self.cast(value, name("h")) } else { value })
    }

    fn initializer(&mut self, name: String, dims: Vec<usize>, data_type: i32, raw: Vec<u8>) -> String {
        self.graph.initializer.push(TensorProto {
            dims: dims.into_iter().map(|d| d as i64).collect(),
            data_type,
            name: name.clone(),
            raw_data: Some(raw),
            ..TensorProto::default()
        });
        name
    }

    fn cast(&mut self, value: String, result: String) -> String {
        push(&mut self.graph, "Cast", vec![value], result, vec![integer("to", i64::from(self.element))])
    }
}

fn reals(numbers: &[f64], element: i32) -> Vec<u8> {
    if element == data_type::FLOAT {
        numbers.iter().flat_map(|&v| (v as f32).to_le_bytes()).collect()
    } else {
        numbers.iter().flat_map(|v| v.to_le_bytes()).collect()
    }
}

/// Words in two's complement; two of 4 bits share a byte, the first one in its lower half.
fn integers(words: &[i64], element: i32) -> Vec<u8> {
    match element {
        data_type::INT4 => {
            let nibble = |word: &i64| (word & 15) as u8;
            words.chunks(2).map(|pair| nibble(&pair[0]) | pair.get(1).map_or(0, nibble) << 4).collect()
        }
        data_type::INT8 => words.iter().map(|&word| word as u8).collect(),
        data_type::INT16 => words.iter().flat_map(|&word| (word as i16).to_le_bytes()).collect(),
        _ => words.iter().flat_map(|&word| (word as i32).to_le_bytes()).collect(),
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
