//! What each operator does to constants and to values that depend on the input.
//!
//! Values are made of affine maps, activations and sums; what each operator is of these stands in the files beside this
//! one. An operator whose operands are all constant is computed where exporters use it for shapes.

use super::activations;
use super::constants;
use super::flow::{Flow, Flows};
use super::graph::{Graph, Node, Opsets};
use super::moves;
use super::products::Elementwise;
use super::quantised;
use super::shapes;
use super::tensor::Tensor;
use super::windows::{self, Reduction};
use crate::network::NetworkError;
use std::collections::HashMap;
use std::rc::Rc;

/// A value of the graph.
#[derive(Clone)]
pub(super) enum Value {
    Constant(Rc<Tensor>),
    Flow(Flow),
}

impl Value {
    pub(super) fn shape(&self) -> &[usize] {
        match self {
            Value::Constant(tensor) => &tensor.dims,
            Value::Flow(flow) => &flow.shape,
        }
    }

    /// The same numbers in another shape of the same volume.
    pub(super) fn reshaped(&self, shape: Vec<usize>) -> Self {
        match self {
            Value::Constant(tensor) => Value::Constant(Rc::new(tensor.reshaped(shape))),
            Value::Flow(x) => Value::Flow(x.reshaped(shape)),
        }
    }

    /// The numbers at these positions.
    pub(super) fn picked(&self, shape: Vec<usize>, from: &[usize]) -> Self {
        match self {
            Value::Constant(tensor) => Value::Constant(Rc::new(tensor.picked(shape, from))),
            Value::Flow(x) => Value::Flow(x.picked(shape, from.iter().copied().map(Some))),
        }
    }
}

/// The values so far.
pub(super) struct Evaluation<'a> {
    graph: &'a Graph<'a>,
    pub(super) opset: i64,
    pub(super) flows: Flows,
    values: HashMap<&'a str, Value>,
}

pub(super) type Made<T> = Result<T, String>;

impl<'a> Evaluation<'a> {
    /// With inputs of these names and shapes, of a file of so many bytes.
    pub(super) fn new(graph: &'a Graph<'a>, opsets: Opsets, inputs: Vec<(&'a str, Vec<usize>)>, bytes: usize) -> Self {
        let (names, shapes): (Vec<&str>, Vec<Vec<usize>>) = inputs.into_iter().unzip();
        let (flows, values) = Flows::new(shapes, bytes);
        let values = names.into_iter().zip(values.into_iter().map(Value::Flow)).collect();
        Evaluation { graph, opset: opsets.onnx, flows, values }
    }

    /// A value that was computed, or an initializer.
    pub(super) fn value(&mut self, name: &'a str) -> Result<Option<Value>, NetworkError> {
        if let Some(value) = self.values.get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(proto) = self.graph.initializer(name) else { return Ok(None) };
        let inside = |e: NetworkError| e.inside(&format!("initializer {name:?}"));
        let tensor = Tensor::decode(proto).map_err(inside)?;
        self.flows.charge(tensor.len()).map_err(|problem| inside(NetworkError::invalid("", problem)))?;
        let value = Value::Constant(Rc::new(tensor));
        self.values.insert(name, value.clone());
        Ok(Some(value))
    }

    /// A value as one that depends on the input, whether it does or not.
    pub(super) fn as_flow(&mut self, value: &Value) -> Made<Flow> {
        match value {
            Value::Flow(x) => Ok(x.clone()),
            Value::Constant(tensor) => {
                let numbers = tensor.reals().ok_or("a constant of integers or text, expected real numbers")?;
                if numbers.is_empty() {
                    return Ok(Flow { shape: tensor.dims.clone(), elements: [].into(), words: None });
                }
                self.flows.constants(numbers, tensor.dims.clone())
            }
        }
    }

    /// Computes the results of a node.
    pub(super) fn compute(&mut self, node: Node<'a>) -> Result<(), NetworkError> {
        let mut operands = Vec::new();
        for (i, name) in node.proto.input.iter().enumerate() {
            if name.is_empty() {
                operands.push(None);
                continue;
            }
            let Some(value) = self.value(name)? else {
                let problem = format!("operand {i} is {name:?}, expected an initializer, an input or a node's result");
                return Err(node.error(problem));
            };
            operands.push(Some(value));
        }
        let values = match node.operator().as_str() {
            "Constant" => vec![constants::constant(&node, &mut self.flows)?],
            "Split" => self.split(&node, &operands).map_err(|problem| node.error(problem))?,
            _ => vec![self.apply(&node, &operands).map_err(|problem| node.error(problem))?],
        };
        for (name, value) in node.proto.output.iter().zip(values) {
            self.values.insert(name, value);
        }
        Ok(())
    }

    fn split(&mut self, node: &Node<'a>, operands: &[Option<Value>]) -> Made<Vec<Value>> {
        let x = operands.first().and_then(Option::as_ref).ok_or("no operand 0, expected one")?;
        moves::split(node, x, operands.get(1).and_then(Option::as_ref), self)
    }

    fn apply(&mut self, node: &Node<'a>, operands: &[Option<Value>]) -> Made<Value> {
        let operand = |i: usize| {
            let given = operands.get(i).cloned().flatten();
            given.ok_or_else(|| format!("no operand {i}, expected one"))
        };
        let optional = |i: usize| operands.get(i).cloned().flatten();
        let words = operands.iter().flatten().any(|value| matches!(value, Value::Flow(x) if x.words.is_some()));
        if words && !OF_WORDS.contains(&node.operator().as_str()) {
            let problem =
                "takes words of quantised values, expected DequantizeLinear before it, or a quantised operator";
            return Err(problem.to_owned());
        }
        if let Some(made) = activations::apply(node, operands, self) {
            return made;
        }
        let reduce =
            |this: &mut Self, reduction| windows::reduce(node, &operand(0)?, optional(1).as_ref(), reduction, this);
        match node.operator().as_str() {
            "Gemm" => self.gemm(node, operand(0)?, operand(1)?, optional(2)),
            "MatMul" => self.matmul(operand(0)?, operand(1)?),
            "Add" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Add),
            "Sub" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Sub),
            "Mul" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Mul),
            "Div" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Div),
            "Sum" => {
                let rest = (1..operands.len()).map(operand).collect::<Made<Vec<_>>>()?;
                rest.into_iter().try_fold(operand(0)?, |sum, x| self.elementwise(sum, x, Elementwise::Add))
            }
            "Neg" => {
                let minus = Value::Constant(Rc::new(Tensor::real(vec![], vec![-1.0])));
                self.elementwise(operand(0)?, minus, Elementwise::Mul)
            }
            "ai.onnx.ml.Scaler" => self.scaler(node, operand(0)?),
            "Conv" => windows::convolution(node, &operand(0)?, operands, self),
            "AveragePool" => windows::pool(node, &operand(0)?, false, self),
            "MaxPool" => windows::pool(node, &operand(0)?, true, self),
            "GlobalAveragePool" => windows::global_pool(&operand(0)?, false, self),
            "GlobalMaxPool" => windows::global_pool(&operand(0)?, true, self),
            "ReduceSum" => reduce(self, Reduction::Sum),
            "ReduceMean" => reduce(self, Reduction::Mean),
            "ReduceMax" => reduce(self, Reduction::Max),
            "ReduceMin" => reduce(self, Reduction::Min),
            "BatchNormalization" => windows::batch_normalization(node, &operand(0)?, operands, self),
            // of both, what counts is the logits and that confidences are their softmax
            "Softmax" | "LogSoftmax" => self.softmax(node, operand(0)?),
            "Identity" => operand(0),
            "Dropout" => constants::dropout(self.opset, &optional(1), &optional(2), operand(0)?),
            "Cast" => constants::cast(node, operand(0)?),
            "QuantizeLinear" => quantised::quantize(node, &operand(0)?, &operand(1)?, optional(2).as_ref(), self),
            "DequantizeLinear" => quantised::dequantize(node, &operand(0)?, &operand(1)?, optional(2).as_ref(), self),
            "QLinearMatMul" => quantised::product(operands, self),
            "com.microsoft.QGemm" => quantised::gemm(node, operands, self),
            "QLinearConv" => quantised::convolution(node, operands, self),
            "DynamicQuantizeLinear" | "MatMulInteger" => Err(quantised::DYNAMIC.to_owned()),
            "Transpose" => self.transpose(node, operand(0)?),
            "Slice" => moves::slice(node, &operand(0)?, operands, self),
            "Concat" => moves::concat(node, operands, self),
            "Gather" => moves::gather(node, &operand(0)?, operands, self),
            "Pad" => moves::pad(node, &operand(0)?, operands, self),
            "Expand" => moves::expand(&operand(0)?, operands, self),
            "Shape" => shapes::shape(node, &operand(0)?),
            "ConstantOfShape" => constants::of_shape(node, operands, &mut self.flows),
            "Flatten" => reshaped(operand(0)?, |x| shapes::flatten(node, x)),
            "Reshape" => {
                let target = operand(1)?;
                reshaped(operand(0)?, |x| shapes::reshape(node, x, &target))
            }
            "Squeeze" => reshaped(operand(0)?, |x| shapes::squeeze(node, x, optional(1).as_ref())),
            "Unsqueeze" => reshaped(operand(0)?, |x| shapes::unsqueeze(node, x, optional(1).as_ref())),
            _ => Err(format!("not a known operator, expected one of {}, {OPERATORS}", activations::OPERATORS)),
        }
    }

    /// `(x − offset) · scale`
    fn scaler(&mut self, node: &Node<'a>, x: Value) -> Made<Value> {
        let mut value = x;
        for (name, operator) in [("offset", Elementwise::Sub), ("scale", Elementwise::Mul)] {
            let floats = node.attribute(name).map(|a| a.floats.as_slice()).unwrap_or_default();
            if floats.is_empty() {
                return Err(format!("no {name}, expected numbers"));
            }
            let numbers: Vec<f64> = floats.iter().map(|&v| f64::from(v)).collect();
            let numbers = Value::Constant(Rc::new(Tensor::real(vec![numbers.len()], numbers)));
            value = self.elementwise(value, numbers, operator)?;
        }
        Ok(value)
    }

    fn softmax(&mut self, node: &Node<'a>, x: Value) -> Made<Value> {
        let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
        let latest = self.opset >= 13;
        let axis = shapes::axis(node.integer("axis", if latest { -1 } else { 1 }), x.shape.len())?;
        // before 13, all sizes from the axis on were one
        let over: usize = if latest { x.shape[axis] } else { x.shape[axis..].iter().product() };
        if over != x.width() {
            return Err(format!("axis {axis} of the shape {:?}, expected one that holds all numbers", x.shape));
        }
        self.flows.softmax(&x).map(Value::Flow)
    }

    fn transpose(&mut self, node: &Node<'a>, x: Value) -> Made<Value> {
        let rank = x.shape().len();
        let axes: Vec<usize> = match node.attribute("perm") {
            Some(perm) => perm.ints.iter().map(|&a| shapes::axis(a, rank)).collect::<Made<_>>()?,
            None => (0..rank).rev().collect(),
        };
        let mut seen = vec![false; rank];
        if axes.len() != rank || axes.iter().any(|&a| std::mem::replace(&mut seen[a], true)) {
            return Err(format!("perm {axes:?}, expected a permutation of {rank} axes"));
        }
        self.transposed(x, &axes)
    }
}

/// The operators that take words as they are: those that only move numbers, and those of words.
const OF_WORDS: [&str; 11] = [
    "DequantizeLinear",
    "QLinearMatMul",
    "com.microsoft.QGemm",
    "QLinearConv",
    "Reshape",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Identity",
    "Slice",
];

const OPERATORS: &str = "Gemm, MatMul, Conv, AveragePool, MaxPool, GlobalAveragePool, GlobalMaxPool, ReduceSum, ReduceMean, \
                         ReduceMax, ReduceMin, BatchNormalization, Add, Sub, Mul, Div, Sum, Neg, Softmax, LogSoftmax, \
                         Flatten, Reshape, Squeeze, Unsqueeze, Transpose, Slice, Split, Concat, Gather, Pad, Expand, \
                         Shape, ConstantOfShape, Identity, Dropout, Cast, Constant, QuantizeLinear, DequantizeLinear, QLinearMatMul, QLinearConv, \
                         com.microsoft.QGemm, \
                         ai.onnx.ml.Scaler, ai.onnx.ml.ZipMap";

pub(super) const ONE_CONSTANT: &str = "expected one operand that depends on the input, and otherwise constants";

/// A constant operand.
pub(super) fn constant_operand(operands: &[Option<Value>], i: usize) -> Made<Rc<Tensor>> {
    match operands.get(i) {
        Some(Some(Value::Constant(tensor))) => Ok(Rc::clone(tensor)),
        Some(Some(Value::Flow(_))) => Err(ONE_CONSTANT.to_owned()),
        _ => Err(format!("no operand {i}, expected one")),
    }
}

/// A value in the shape that `shape` makes of it.
fn reshaped(x: Value, shape: impl FnOnce(&Value) -> Made<Vec<usize>>) -> Made<Value> {
    let shape = shape(&x)?;
    Ok(x.reshaped(shape))
}
