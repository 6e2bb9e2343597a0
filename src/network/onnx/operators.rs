//! What each operator does to constants and to values that depend on the input.
//!
//! An operator is here when a chain of dense layers can express it, or when exporters use it to compute shapes. Of two
//! operands one is constant: a sum of two values that both depend on the input is no chain.

use super::activations;
use super::chain::{Chain, Flow, broadcast};
use super::constants;
use super::graph::{Graph, Node, Opsets};
use super::layers;
use super::quantised;
use super::shapes;
use super::tensor::{Tensor, transposition};
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
}

/// The values so far.
pub(super) struct Evaluation<'a> {
    graph: &'a Graph<'a>,
    pub(super) opset: i64,
    pub(super) chain: Chain,
    values: HashMap<&'a str, Value>,
}

pub(super) type Made<T> = Result<T, String>;

impl<'a> Evaluation<'a> {
    pub(super) fn new(graph: &'a Graph<'a>, opsets: Opsets, input: &'a str, shape: Vec<usize>, bytes: usize) -> Self {
        let (chain, flow) = Chain::new(shape, bytes);
        let values = HashMap::from([(input, Value::Flow(flow))]);
        Evaluation { graph, opset: opsets.onnx, chain, values }
    }

    /// A value that was computed, or an initializer.
    pub(super) fn value(&mut self, name: &'a str) -> Result<Option<Value>, NetworkError> {
        if let Some(value) = self.values.get(name) {
            return Ok(Some(value.clone()));
        }
        let Some(proto) = self.graph.initializer(name) else { return Ok(None) };
        let inside = |e: NetworkError| e.inside(&format!("initializer {name:?}"));
        let tensor = Tensor::decode(proto).map_err(inside)?;
        self.chain.charge(tensor.len()).map_err(|problem| inside(NetworkError::invalid("", problem)))?;
        let value = Value::Constant(Rc::new(tensor));
        self.values.insert(name, value.clone());
        Ok(Some(value))
    }

    /// Computes the first result of a node.
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
        let value = match node.operator().as_str() {
            "Constant" => constants::constant(&node, &mut self.chain)?,
            _ => self.apply(&node, &operands).map_err(|problem| node.error(problem))?,
        };
        if let Some(name) = node.proto.output.first() {
            self.values.insert(name, value);
        }
        Ok(())
    }

    fn apply(&mut self, node: &Node<'a>, operands: &[Option<Value>]) -> Made<Value> {
        let operand = |i: usize| {
            let given = operands.get(i).cloned().flatten();
            given.ok_or_else(|| format!("no operand {i}, expected one"))
        };
        let optional = |i: usize| operands.get(i).cloned().flatten();
        if let Some(made) = activations::apply(node, operands, self) {
            return made;
        }
        match node.operator().as_str() {
            "Gemm" => self.gemm(node, operand(0)?, operand(1)?, optional(2)),
            "MatMul" => self.matmul(operand(0)?, operand(1)?),
            "Add" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Add),
            "Sub" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Sub),
            "Mul" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Mul),
            "Div" => self.aligned(node, operand(0)?, operand(1)?, Elementwise::Div),
            "Neg" => {
                let minus = Value::Constant(Rc::new(Tensor::real(vec![], vec![-1.0])));
                self.elementwise(operand(0)?, minus, Elementwise::Mul)
            }
            "ai.onnx.ml.Scaler" => self.scaler(node, operand(0)?),
            // of both, what counts is the logits and that confidences are their softmax
            "Softmax" | "LogSoftmax" => self.softmax(node, operand(0)?),
            "Identity" => operand(0),
            "Dropout" => constants::dropout(self.opset, &optional(1), &optional(2), operand(0)?),
            "Conv" => layers::convolution(node, &operand(0)?, operands, self),
            "BatchNormalization" => layers::batch_normalization(node, &operand(0)?, operands, self.opset, self),
            "Cast" => constants::cast(node, operand(0)?),
            "DequantizeLinear" => quantised::dequantize(node, &operand(0)?, &operand(1)?, optional(2).as_ref(), self),
            "QuantizeLinear" => quantised::quantize(node, &operand(0)?, &operand(1)?, optional(2).as_ref(), self),
            "DynamicQuantizeLinear" | "MatMulInteger" | "QLinearMatMul" => Err(quantised::ACTIVATIONS.to_owned()),
            "Transpose" => self.transpose(node, operand(0)?),
            "Concat" => self.concat(node, operands),
            "Gather" => shapes::gather(node, &operand(0)?, &operand(1)?),
            "Shape" => shapes::shape(node, &operand(0)?),
            "Flatten" => reshaped(operand(0)?, |x| shapes::flatten(node, x)),
            "Reshape" => {
                let target = operand(1)?;
                reshaped(operand(0)?, |x| shapes::reshape(node, x, &target))
            }
            "Squeeze" => reshaped(operand(0)?, |x| shapes::squeeze(node, x, optional(1).as_ref())),
            "Unsqueeze" => reshaped(operand(0)?, |x| shapes::unsqueeze(node, x, optional(1).as_ref())),
            _ => {
                Err(format!("not an operator of dense layers, expected one of {}, {OPERATORS}", activations::OPERATORS))
            }
        }
    }

    /// `α A B + β C`, one of A and B constant.
    fn gemm(&mut self, node: &Node<'a>, a: Value, b: Value, c: Option<Value>) -> Made<Value> {
        let (turn_a, turn_b) = (node.integer("transA", 0) != 0, node.integer("transB", 0) != 0);
        for (name, value) in [("A", &a), ("B", &b)] {
            if value.shape().len() != 2 {
                return Err(format!("{name} of shape {:?}, expected 2 sizes", value.shape()));
            }
        }
        let (mut x, constant, rows, left) = match (a, b) {
            (Value::Flow(x), Value::Constant(w)) => (turned(x, turn_a), w, !turn_b, false),
            (Value::Constant(w), Value::Flow(x)) => {
                // the column A x is the row xᵀ Aᵀ
                (turned(x, !turn_b), w, turn_a, true)
            }
            _ => return Err(ONE_CONSTANT.to_owned()),
        };
        if x.shape[0] != 1 {
            return Err(format!("{} rows, expected 1: one input at a time", x.shape[0]));
        }
        let (weights, outputs) = self.matrix(&constant, rows, x.shape[1])?;
        x = self.chain.weights(&x, weights, vec![1, outputs])?;
        let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
        let addend = match c {
            Some(Value::Constant(c)) if beta != 0.0 => Some(if left { swapped(&c) } else { Tensor::clone(&c) }),
            Some(Value::Flow(_)) => return Err(ONE_CONSTANT.to_owned()),
            _ => None,
        };
        let result = match addend {
            None => self.chain.scale(&x, &[alpha], x.shape.clone())?,
            Some(c) => {
                let (shape, numbers, own) = broadcast(&x, &c, &mut self.chain)?;
                if shape != x.shape {
                    return Err(format!("C of shape {:?}, expected one that fits {:?}", c.dims, x.shape));
                }
                if alpha == beta || numbers.iter().all(|&v| v == 0.0) && !own {
                    let sum = self.chain.shift(&x, &numbers, own, shape.clone())?;
                    self.chain.scale(&sum, &[alpha], shape)?
                } else {
                    // a division, which gives the nearest double as others do
                    let ratio = alpha / beta;
                    if !ratio.is_finite() {
                        return Err(format!("alpha {alpha} and beta {beta}, expected a quotient that fits a double"));
                    }
                    let sum = if own {
                        self.chain.scaled_bias(&x, ratio, &numbers)?
                    } else {
                        let scaled = self.chain.scale(&x, &[ratio], shape.clone())?;
                        self.chain.shift(&scaled, &numbers, own, shape.clone())?
                    };
                    self.chain.scale(&sum, &[beta], shape)?
                }
            }
        };
        let shape = if left { vec![outputs, 1] } else { vec![1, outputs] };
        Ok(Value::Flow(result.reshaped(shape)))
    }

    /// A constant matrix as rows of weights, one per neuron: of the transpose where `turn`.
    fn matrix(&mut self, constant: &Tensor, turn: bool, inputs: usize) -> Made<(Vec<f64>, usize)> {
        let numbers = constant.reals().ok_or("a matrix of integers or text, expected real numbers")?;
        let [rows, cols] = constant.dims[..] else {
            return Err(format!("a matrix of shape {:?}, expected 2 sizes", constant.dims));
        };
        let (outputs, width) = if turn { (cols, rows) } else { (rows, cols) };
        if width != inputs {
            return Err(format!("a matrix for {width} numbers, expected {inputs}"));
        }
        if outputs == 0 {
            return Err("a matrix without columns, expected at least 1".to_owned());
        }
        self.chain.charge(numbers.len())?;
        if !turn {
            return Ok((numbers.to_vec(), outputs));
        }
        let mut weights = Vec::with_capacity(numbers.len());
        for neuron in 0..outputs {
            weights.extend((0..inputs).map(|j| numbers[j * cols + neuron]));
        }
        Ok((weights, outputs))
    }

    /// `x W` or `W x`, all sizes but the last two being 1.
    fn matmul(&mut self, a: Value, b: Value) -> Made<Value> {
        let (x, w, left) = match (a, b) {
            (Value::Flow(x), Value::Constant(w)) => (x, w, false),
            (Value::Constant(w), Value::Flow(x)) => (x, w, true),
            _ => return Err(ONE_CONSTANT.to_owned()),
        };
        let ones = w.dims.len().saturating_sub(2);
        if w.dims[..ones].iter().any(|&d| d != 1) {
            return Err(format!("a constant of shape {:?}, expected one matrix", w.dims));
        }
        // a vector is a column on the right and a row on the left
        let matrix = match w.dims[ones..] {
            [n] => w.reshaped(if left { vec![1, n] } else { vec![n, 1] }),
            [m, n] => w.reshaped(vec![m, n]),
            _ => return Err("a constant without sizes, expected a matrix".to_owned()),
        };
        let rank = x.shape.len();
        // the position of the size that is summed over, counted from the end
        let summed = if left && rank > 1 { 2 } else { 1 };
        if rank == 0 || x.shape[rank - summed] != x.width() {
            return Err(format!("a value of shape {:?}, expected a single row or column", x.shape));
        }
        let (weights, outputs) = self.matrix(&matrix, !left, x.width())?;
        let mut shape = [vec![1; ones.saturating_sub(rank.max(2) - 2)], x.shape.clone()].concat();
        let at = shape.len() - summed;
        if w.dims.len() == 1 {
            shape.remove(at);
        } else {
            shape[at] = outputs;
        }
        self.chain.weights(&x, weights, shape).map(Value::Flow)
    }

    /// An elementwise operator; before operator set 7 the second operand was aligned with the first only where attributes
    /// say so, and not always with its last sizes.
    fn aligned(&mut self, node: &Node<'a>, a: Value, mut b: Value, operator: Elementwise) -> Made<Value> {
        if self.opset < 7 && a.shape() != b.shape() {
            let Value::Constant(tensor) = &b else { return Err(ONE_CONSTANT.to_owned()) };
            if node.integer("broadcast", 0) == 0 {
                return Err(format!("shapes {:?} and {:?} without broadcast, expected the same", a.shape(), b.shape()));
            }
            if node.attribute("axis").is_some() {
                let from = shapes::axis(node.integer("axis", 0), a.shape().len())?;
                let after = (a.shape().len() - from)
                    .checked_sub(tensor.dims.len())
                    .ok_or("more sizes than the first operand")?;
                b = Value::Constant(Rc::new(tensor.reshaped([tensor.dims.clone(), vec![1; after]].concat())));
            }
        }
        self.elementwise(a, b, operator)
    }

    fn elementwise(&mut self, a: Value, b: Value, operator: Elementwise) -> Made<Value> {
        use Elementwise::{Add, Div, Mul, Sub};
        let (x, c, left) = match (a, b) {
            (Value::Flow(x), Value::Constant(c)) => (x, c, false),
            (Value::Constant(c), Value::Flow(x)) => (x, c, true),
            _ => return Err(ONE_CONSTANT.to_owned()),
        };
        let (shape, mut numbers, own) = broadcast(&x, &c, &mut self.chain)?;
        let result = match (operator, left) {
            (Add, _) => self.chain.shift(&x, &numbers, own, shape)?,
            (Sub, false) => {
                numbers.iter_mut().for_each(|v| *v = -*v);
                self.chain.shift(&x, &numbers, own, shape)?
            }
            (Sub, true) => {
                let minus = self.chain.scale(&x, &[-1.0], shape.clone())?;
                self.chain.shift(&minus, &numbers, own, shape)?
            }
            (Mul, _) => self.chain.scale(&x, &numbers, shape)?,
            (Div, false) => {
                if let Some(bad) = numbers.iter().find(|v| !v.recip().is_finite()) {
                    return Err(format!("division by {bad}, expected a number whose reciprocal fits a double"));
                }
                numbers.iter_mut().for_each(|v| *v = v.recip());
                self.chain.scale(&x, &numbers, shape)?
            }
            (Div, true) => return Err("division by a value that depends on the input, expected a constant".to_owned()),
        };
        Ok(Value::Flow(result))
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
            value = self.elementwise(
                value,
                Value::Constant(Rc::new(Tensor::real(vec![numbers.len()], numbers))),
                operator,
            )?;
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
        self.chain.softmax(&x).map(Value::Flow)
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
        let count: usize = x.shape().iter().product();
        self.chain.charge(count)?;
        let (shape, from) = transposition(x.shape(), &axes);
        Ok(match x {
            Value::Constant(tensor) => Value::Constant(Rc::new(tensor.picked(shape, &from))),
            Value::Flow(x) => Value::Flow(self.chain.reordered(&x, shape, from)?),
        })
    }

    /// Of constants, which exporters use for shapes, or of `1 − p` and `p`, a binary classifier's probabilities.
    fn concat(&mut self, node: &Node<'a>, operands: &[Option<Value>]) -> Made<Value> {
        if let [Some(Value::Flow(a)), Some(Value::Flow(b))] = operands {
            let axis = shapes::axis(node.integer("axis", 1), a.shape.len())?;
            let mut shape = a.shape.clone();
            shape[axis] += 1;
            let pair = if a.shape == b.shape { self.chain.pair(a, b, shape) } else { None };
            return pair.map(Value::Flow).ok_or_else(|| {
                "joins two values that depend on the input, expected 1 - p and p of a Sigmoid".to_owned()
            });
        }
        shapes::concat(node, operands, &mut self.chain)
    }
}

#[derive(Clone, Copy)]
enum Elementwise {
    Add,
    Sub,
    Mul,
    Div,
}

const OPERATORS: &str = "Gemm, MatMul, Conv, BatchNormalization, Add, Sub, Mul, Div, Neg, Softmax, LogSoftmax, Flatten, Reshape, \
                         Squeeze, Unsqueeze, Transpose, Concat, Gather, Shape, Identity, Dropout, Cast, Constant, \
                         QuantizeLinear, DequantizeLinear, ai.onnx.ml.Scaler, ai.onnx.ml.ZipMap";

pub(super) const ONE_CONSTANT: &str = "expected one operand that depends on the input, and otherwise constants";

/// A constant operand.
pub(super) fn constant_operand(operands: &[Option<Value>], i: usize) -> Made<Rc<Tensor>> {
    match operands.get(i) {
        Some(Some(Value::Constant(tensor))) => Ok(Rc::clone(tensor)),
        Some(Some(Value::Flow(_))) => Err(ONE_CONSTANT.to_owned()),
        _ => Err(format!("no operand {i}, expected one")),
    }
}

/// A row or a column of two sizes, the other way round if `turn`.
fn turned(x: Flow, turn: bool) -> Flow {
    if !turn {
        return x;
    }
    let [rows, cols] = x.shape[..] else { return x };
    // a single row or column keeps its order; what is neither is refused
    x.reshaped(vec![cols, rows])
}

/// A constant of up to two sizes, transposed, for the transpose of a product.
fn swapped(c: &Tensor) -> Tensor {
    match c.dims[..] {
        [rows, cols] if rows == 1 || cols == 1 => c.reshaped(vec![cols, rows]),
        // a vector lies along the row, and all rows of a column have the same number
        [n] if n > 1 => c.reshaped(vec![n, 1]),
        _ => c.clone(),
    }
}

/// A value in the shape that `shape` makes of it.
fn reshaped(x: Value, shape: impl FnOnce(&Value) -> Made<Vec<usize>>) -> Made<Value> {
    let shape = shape(&x)?;
    Ok(match x {
        Value::Constant(tensor) => Value::Constant(Rc::new(tensor.reshaped(shape))),
        Value::Flow(x) => Value::Flow(x.reshaped(shape)),
    })
}
