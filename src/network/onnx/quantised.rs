//! DequantizeLinear over constants: the weights of a quantised network, as `onnxruntime.quantization` and
//! `quantproof convert --quantize` store them.
//!
//! A parameter *is* `scale·(q − zero)`, as a real number: exact for words of up to 28 bits, whose product with a float32 scale
//! fits a double, and the nearest double for wider ones. A runtime that computes in float32 rounds that product to float32
//! once more. Quantised activations are no parameters and no affine function of the input: they are an error.

use super::graph::Node;
use super::operators::{Evaluation, Value};
use super::shapes;
use super::tensor::{Data, Tensor};
use crate::network::stored;
use std::rc::Rc;

/// Why quantised activations are refused.
pub(super) const ACTIVATIONS: &str = "quantises a value that depends on the input, or a product of such values: activations \
                                      have to stay real numbers, expected quantised weights alone, as DequantizeLinear \
                                      over initializers";

/// `round(x/scale) + zero` of a constant, clipped to the words of the zero point's type: computed in float32 as a runtime does,
/// ties to the even integer.
pub(super) fn quantize(
    node: &Node<'_>,
    x: &Value,
    scale: &Value,
    zero: Option<&Value>,
    evaluation: &mut Evaluation<'_>,
) -> Result<Value, String> {
    let constant = |value: &Value| match value {
        Value::Constant(tensor) => Ok(Rc::clone(tensor)),
        Value::Flow(_) => Err(ACTIVATIONS.to_owned()),
    };
    let (x, scale, zero) = (constant(x)?, constant(scale)?, zero.map(constant).transpose()?);
    let numbers = x.reals().ok_or("words of integers or text, expected real numbers")?;
    let scales = scale.reals().ok_or("scales of integers or text, expected real numbers")?;
    let single = |v: &f64| f64::from(*v as f32) == *v;
    if !numbers.iter().chain(scales).all(single) || scales.iter().any(|&s| s <= 0.0) {
        return Err("numbers that are no float32, or scales that are not positive, expected float32".to_owned());
    }
    let stride = stride(node, &x, &scale)?;
    let (zeros, (least, greatest)) = match &zero {
        None if node.attribute("output_dtype").is_some() => {
            return Err("output_dtype is given, expected a zero point".to_owned());
        }
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

/// How many numbers share a scale before the next one's turn.
fn stride(node: &Node<'_>, x: &Tensor, scale: &Tensor) -> Result<usize, String> {
    if node.integer("block_size", 0) != 0 {
        return Err("block_size is given, expected a scale for all or for each index of an axis".to_owned());
    }
    match (scale.dims.as_slice(), scale.len()) {
        ([] | [1], 1) => Ok(x.len().max(1)),
        ([one], _) => {
            let axis = shapes::axis(node.integer("axis", 1), x.dims.len())?;
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
) -> Result<Value, String> {
    let constant = |value: &Value| match value {
        Value::Constant(tensor) => Ok(Rc::clone(tensor)),
        Value::Flow(_) => Err(ACTIVATIONS.to_owned()),
    };
    let (x, scale, zero) = (constant(x)?, constant(scale)?, zero.map(constant).transpose()?);
    let scales = scale.reals().ok_or("scales of integers or text, expected real numbers")?;
    let stride = stride(node, &x, &scale)?;
    if let Some(zero) = zero.as_ref().filter(|zero| zero.len() != scales.len()) {
        return Err(format!("{} zero points, expected {} (one per scale)", zero.len(), scales.len()));
    }
    let at = |i: usize| i / stride % scales.len();
    evaluation.flows.charge(x.len())?;
    let values: Vec<f64> = match (&x.data, zero.as_ref().map(|zero| &zero.data)) {
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
