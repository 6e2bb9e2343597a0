//! Quantised weights and activations, as `onnxruntime.quantization` and `quantproof convert --quantize` store them.
//!
//! A parameter *is* `scale·(q − zero)`, as a real number: exact for words of up to 28 bits, whose product with a float32 scale
//! fits a double, and the nearest double for wider ones. A runtime that computes in float32 rounds that product to float32
//! once more.
//!
//! A value that is quantised is rounded to a grid, as an [activation](Activation::Grid) of real numbers: a flow of words has the
//! numbers that they stand for, and says which words they are, so that only what takes words takes it. Products of words are
//! products of what these stand for, which integer arithmetic computes exactly; the result is rounded to its own grid.
//! A runtime may round once more before it does, and so differ by one step where a number is next to a tie.

use super::flow::{Flow, Stored};
use super::graph::Node;
use super::operators::{Evaluation, Made, Value, constant_operand};
use super::shapes;
use super::tensor::{Data, Tensor};
use super::windows;
use crate::network::{Activation, Grid, stored};
use std::rc::Rc;

/// Why scales that depend on the input are refused.
pub(super) const DYNAMIC: &str =
    "its scale depends on the input, expected scales that are constant (static quantisation)";

/// Why other operands are refused.
const CONSTANTS: &str = "expected a value and constant scales and zero points";

/// A number for each of a value as it is stored, in words of these ends.
fn stored_flow(x: &Flow, scale: f64, zero: i64, ends: (i64, i64), evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let step = |end: i64| i32::try_from(end - zero).ok();
    let grid = step(ends.0).zip(step(ends.1)).and_then(|(least, greatest)| Grid::new(scale, least, greatest));
    let grid =
        grid.ok_or("a scale or a zero point of no use, expected a positive scale and a zero point that is a word")?;
    let rounded = evaluation.flows.activation(x, Activation::Grid(grid))?;
    Ok(Value::Flow(Flow { words: Some(Stored { scale, zero }), ..rounded }))
}

/// A constant scale and a zero point of all numbers, and the ends of the words.
fn one_grid(scale: &Tensor, zero: Option<&Tensor>) -> Made<(f64, i64, (i64, i64))> {
    let Some(&[scale]) = scale.reals() else {
        return Err("scales of their own for some numbers, expected one scale".to_owned());
    };
    match zero {
        None => Ok((scale, 0, (0, 255))),
        Some(zero) => match (zero.as_integers(), zero.words) {
            (Some(&[one]), Some(ends)) => Ok((scale, one, ends)),
            _ => Err("a zero point that is no word, expected int8, uint8, int16 or uint16".to_owned()),
        },
    }
}

/// Whether a flow has words of this scale and zero point, and as the numbers that they stand for.
fn decoded(x: &Flow, scale: &Tensor, zero: Option<&Tensor>) -> Made<Flow> {
    let (scale, zero, _) = one_grid(scale, zero)?;
    if x.words != Some(Stored { scale, zero }) {
        return Err("another scale or zero point than the words have, expected the same".to_owned());
    }
    Ok(Flow { words: None, ..x.clone() })
}

/// An operand of a quantised operator: of words that depend on the input, or constant ones; three operands from `i` on, and the
/// axis along which there are several scales.
fn operand(operands: &[Option<Value>], i: usize, axis: i64, evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let (scale, zero) = (constant_operand(operands, i + 1)?, constant_operand(operands, i + 2)?);
    match operands.get(i) {
        Some(Some(Value::Flow(x))) => decoded(x, &scale, Some(&zero)).map(Value::Flow),
        Some(Some(Value::Constant(words))) => decode(axis, words, &scale, Some(&zero), evaluation),
        _ => Err(format!("no operand {i}, expected one")),
    }
}

/// A result as it is stored, by the two operands from `i` on.
fn result(x: Value, operands: &[Option<Value>], i: usize, evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(CONSTANTS.to_owned()) };
    let (scale, zero) = (constant_operand(operands, i)?, constant_operand(operands, i + 1)?);
    let (scale, zero, ends) = one_grid(&scale, Some(&zero))?;
    // where nothing below zero is stored, a ReLU came first as a rule; it changes nothing, and the network that was quantised
    // has it too
    let x = if zero == ends.0 { evaluation.flows.activation(&x, Activation::Relu)? } else { x };
    stored_flow(&x, scale, zero, ends, evaluation)
}

/// Biases in integers of 32 bits, whose scale is the product of those of both operands.
fn biases(operands: &[Option<Value>], i: usize, scales: [usize; 2]) -> Made<Option<Value>> {
    let Some(Some(Value::Constant(words))) = operands.get(i) else { return Ok(None) };
    let words = words.as_integers().ok_or("biases that are no integers, expected int32")?;
    let [x, w] = scales.map(|i| constant_operand(operands, i));
    let (x, w) = (x?, w?);
    let (Some(&[x]), Some(w)) = (x.reals(), w.reals()) else { return Err(CONSTANTS.to_owned()) };
    if w.is_empty() || w.len() != 1 && w.len() != words.len() {
        return Err(format!("{} scales for {} biases, expected one for each", w.len(), words.len()));
    }
    let real = |(i, &word): (usize, &i64)| x * w[i % w.len()] * word as f64;
    let reals = words.iter().enumerate().map(real).collect::<Vec<_>>();
    Ok(Some(Value::Constant(Rc::new(Tensor::real(vec![reals.len()], reals)))))
}

/// `A B` of words.
pub(super) fn product(operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let (a, b) = (operand(operands, 0, 1, evaluation)?, operand(operands, 3, 1, evaluation)?);
    let product = evaluation.matmul(a, b)?;
    result(product, operands, 6, evaluation)
}

/// `α A B + C` of words, as ONNX Runtime has it.
pub(super) fn gemm(node: &Node<'_>, operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    if node.float("alpha", 1.0) != 1.0 {
        return Err("a factor alpha, expected 1".to_owned());
    }
    let columns = if node.integer("transB", 0) != 0 { 0 } else { 1 };
    let (a, b) = (operand(operands, 0, 1, evaluation)?, operand(operands, 3, columns, evaluation)?);
    let c = biases(operands, 6, [1, 4])?;
    let sum = evaluation.gemm(node, a, b, c)?;
    if operands.get(7).is_none_or(Option::is_none) {
        return Ok(sum);
    }
    result(sum, operands, 7, evaluation)
}

/// A Conv of words.
pub(super) fn convolution(node: &Node<'_>, operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let (x, kernels) = (operand(operands, 0, 1, evaluation)?, operand(operands, 3, 0, evaluation)?);
    let plain = [Some(x.clone()), Some(kernels), biases(operands, 8, [1, 4])?];
    let sums = windows::convolution(node, &x, &plain, evaluation)?;
    result(sums, operands, 6, evaluation)
}

/// `round(x/scale) + zero` of a constant, clipped to the words of the zero point's type: computed in float32 as a runtime does,
/// ties to the even integer.
pub(super) fn quantize(
    node: &Node<'_>,
    x: &Value,
    scale: &Value,
    zero: Option<&Value>,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let constant = |value: &Value| match value {
        Value::Constant(tensor) => Ok(Rc::clone(tensor)),
        Value::Flow(_) => Err(CONSTANTS.to_owned()),
    };
    let (scale, zero) = (constant(scale)?, zero.map(constant).transpose()?);
    if node.attribute("output_dtype").is_some() && zero.is_none() {
        return Err("output_dtype is given, expected a zero point".to_owned());
    }
    if let Value::Flow(x) = x {
        let (scale, zero, ends) = one_grid(&scale, zero.as_deref())?;
        return stored_flow(x, scale, zero, ends, evaluation);
    }
    let x = constant(x)?;
    let numbers = x.reals().ok_or("words of integers or text, expected real numbers")?;
    let scales = scale.reals().ok_or("scales of integers or text, expected real numbers")?;
    let single = |v: &f64| f64::from(*v as f32) == *v;
    if !numbers.iter().chain(scales).all(single) || scales.iter().any(|&s| s <= 0.0) {
        return Err("numbers that are no float32, or scales that are not positive, expected float32".to_owned());
    }
    check_blocks(node)?;
    let stride = stride(node.integer("axis", 1), &x, &scale)?;
    let (zeros, (least, greatest)) = match &zero {
        None => (vec![0; scales.len()], (0, 255)),
        Some(zero) => (
            zero.as_integers().unwrap_or_default().to_vec(),
            zero.words.ok_or("a zero point that is no word, expected int8, uint8, int16 or uint16")?,
        ),
    };
    if zeros.len() != scales.len() {
        return Err(format!("{} zero points, expected {} (one per scale)", zeros.len(), scales.len()));
    }
    evaluation.flows.charge(x.len())?;
    let word = |(i, &v): (usize, &f64)| {
        let at = i / stride % scales.len();
        // the quotient is finite or infinite, and as an integer clipped
        let steps = (v as f32 / scales[at] as f32).round_ties_even() as i64;
        steps.saturating_add(zeros[at]).clamp(least, greatest)
    };
    let words = numbers.iter().enumerate().map(word).collect();
    Ok(Value::Constant(Rc::new(Tensor {
        dims: x.dims.clone(),
        data: Data::Integer(words),
        words: Some((least, greatest)),
    })))
}

fn check_blocks(node: &Node<'_>) -> Made<()> {
    match node.integer("block_size", 0) {
        0 => Ok(()),
        _ => Err("block_size is given, expected a scale for all or for each index of an axis".to_owned()),
    }
}

/// How many numbers share a scale before the next one's turn.
fn stride(axis: i64, x: &Tensor, scale: &Tensor) -> Result<usize, String> {
    match (scale.dims.as_slice(), scale.len()) {
        ([] | [1], 1) => Ok(x.len().max(1)),
        ([one], _) => {
            let axis = shapes::axis(axis, x.dims.len())?;
            if x.dims[axis] != *one || *one == 0 {
                return Err(format!("{one} scales, expected {} (axis {axis} of the shape {:?})", x.dims[axis], x.dims));
            }
            Ok(x.dims[axis + 1..].iter().product::<usize>().max(1))
        }
        (dims, _) => Err(format!("scales of shape {dims:?}, expected one scale, or one for each index of an axis")),
    }
}

/// `(x − zero)·scale`, with one scale for all or one for each index along an axis.
pub(super) fn dequantize(
    node: &Node<'_>,
    x: &Value,
    scale: &Value,
    zero: Option<&Value>,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let constant = |value: &Value| match value {
        Value::Constant(tensor) => Ok(Rc::clone(tensor)),
        Value::Flow(_) => Err(CONSTANTS.to_owned()),
    };
    let (scale, zero) = (constant(scale)?, zero.map(constant).transpose()?);
    if let Value::Flow(x) = x {
        return decoded(x, &scale, zero.as_deref()).map(Value::Flow);
    }
    check_blocks(node)?;
    decode(node.integer("axis", 1), &*constant(x)?, &scale, zero.as_deref(), evaluation)
}

/// The numbers that constant words stand for, with one scale for all or one for each index along an axis.
fn decode(
    axis: i64,
    x: &Tensor,
    scale: &Tensor,
    zero: Option<&Tensor>,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let scales = scale.reals().ok_or("scales of integers or text, expected real numbers")?;
    let stride = stride(axis, x, scale)?;
    if let Some(zero) = zero.filter(|zero| zero.len() != scales.len()) {
        return Err(format!("{} zero points, expected {} (one per scale)", zero.len(), scales.len()));
    }
    let at = |i: usize| i / stride % scales.len();
    evaluation.flows.charge(x.len())?;
    let values: Vec<f64> = match (&x.data, zero.map(|zero| &zero.data)) {
        (Data::Integer(words), None) => {
            words.iter().enumerate().map(|(i, &q)| stored::affine(scales[at(i)], q, 0)).collect()
        }
        (Data::Integer(words), Some(Data::Integer(zeros))) => {
            // both are at most 64 bits long, so the difference may not fit
            let word = |(i, &q): (usize, &i64)| match q.checked_sub(zeros[at(i)]) {
                Some(steps) => Ok(stored::affine(scales[at(i)], steps, 0)),
                None => Err(format!("word {q} with zero point {}, expected a difference of 64 bits", zeros[at(i)])),
            };
            words.iter().enumerate().map(word).collect::<Result<_, String>>()?
        }
        // eight-bit floats: 4 bits of mantissa by 24 of a scale
        (Data::Real(words), None) => words.iter().enumerate().map(|(i, &q)| q * scales[at(i)]).collect(),
        (Data::Real(words), Some(Data::Real(zeros))) if zeros.iter().all(|&zero| zero == 0.0) => {
            words.iter().enumerate().map(|(i, &q)| q * scales[at(i)]).collect()
        }
        _ => return Err("words and zero points of other types, expected the same integer type".to_owned()),
    };
    if let Some(i) = values.iter().position(|v| !v.is_finite()) {
        return Err(format!("number {i} is {}, expected one that fits a double", values[i]));
    }
    Ok(Value::Constant(Rc::new(Tensor::real(x.dims.clone(), values))))
}
