//! Convolutions that take in the whole input, and normalisations over a batch.

use super::graph::Node;
use super::operators::{Evaluation, Made, ONE_CONSTANT, Value, constant_operand};
use super::tensor::Tensor;

/// A Conv whose kernel is as large as the input, which is how MATLAB exports a dense layer.
pub(super) fn convolution(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
    let kernel = constant_operand(operands, 1)?;
    let rest = |attribute: &str, expected: i64| {
        node.attribute(attribute).is_none_or(|a| a.ints.iter().all(|&v| v == expected))
    };
    let padded = match node.attribute("auto_pad").and_then(|a| a.s.as_deref()) {
        None | Some(b"NOTSET" | b"VALID") => !rest("pads", 0),
        Some(_) => true,
    };
    let whole = kernel.dims.len() == x.shape.len() && x.shape.len() > 2 && x.shape[0] == 1;
    if !whole || padded || kernel.dims[1..] != x.shape[1..] || node.integer("group", 1) != 1 {
        let (shape, kernel) = (&x.shape, &kernel.dims);
        return Err(format!(
            "kernels of shape {kernel:?} over {shape:?}, expected kernels of the whole input without padding"
        ));
    }
    let outputs = kernel.dims[0];
    let numbers = kernel.reals().ok_or("kernels of integers or text, expected real numbers")?;
    if outputs == 0 {
        return Err("no kernels, expected at least 1".to_owned());
    }
    evaluation.chain.charge(numbers.len())?;
    let mut shape = vec![1; x.shape.len()];
    shape[1] = outputs;
    let sums = evaluation.chain.weights(x, numbers.to_vec(), shape.clone())?;
    if operands.get(2).is_none_or(Option::is_none) {
        return Ok(Value::Flow(sums));
    }
    let biases = channel_numbers(operands, 2, outputs)?;
    evaluation.chain.shift(&sums, biases.reals().unwrap_or_default(), true, shape).map(Value::Flow)
}

/// `(x − mean)/√(variance + ε)·scale + bias` with a number of each for every channel, as a fixed affine layer
/// `k·x + (bias − k·mean)`; `k` and the constant are the nearest doubles, nearly, as with every division.
pub(super) fn batch_normalization(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    opset: i64,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
    let training = if opset < 7 { node.integer("is_test", 0) == 0 } else { node.integer("training_mode", 0) != 0 };
    let batch_statistics = training || node.proto.output.iter().skip(1).any(|name| !name.is_empty());
    if batch_statistics || node.integer("spatial", 1) == 0 {
        return Err("normalises by its own batch or each number by itself, expected the statistics of training for each channel".to_owned());
    }
    let Some(&channels) = x.shape.get(1) else {
        return Err(format!("a value of shape {:?}, expected channels in the second size", x.shape));
    };
    let mut parts = Vec::new();
    for i in 1..=4 {
        parts.push(channel_numbers(operands, i, channels)?);
    }
    let parts: Vec<&[f64]> = parts.iter().map(|part| part.reals().unwrap_or_default()).collect();
    let [scale, bias, mean, variance] = parts[..] else { return Err("expected 5 operands".to_owned()) };
    let epsilon = node.float("epsilon", 1e-5);
    let factors: Vec<f64> = scale.iter().zip(variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
    let constants: Vec<f64> = (0..channels).map(|c| factors[c].mul_add(-mean[c], bias[c])).collect();
    if let Some(c) = (0..channels).find(|&c| !factors[c].is_finite() || !constants[c].is_finite()) {
        return Err(format!(
            "channel {c} is divided by the root of {}, expected a positive variance",
            variance[c] + epsilon
        ));
    }
    // the channel of each number, in the order of the value
    let inner: usize = x.shape[2..].iter().product();
    let spread = |numbers: &[f64]| (0..x.width()).map(|i| numbers[i / inner.max(1) % channels]).collect::<Vec<_>>();
    let scaled = evaluation.chain.scale(x, &spread(&factors), x.shape.clone())?;
    evaluation.chain.shift(&scaled, &spread(&constants), false, x.shape.clone()).map(Value::Flow)
}

/// A constant with a number for each channel.
fn channel_numbers(operands: &[Option<Value>], i: usize, channels: usize) -> Made<std::rc::Rc<Tensor>> {
    let tensor = constant_operand(operands, i)?;
    match tensor.reals() {
        Some(numbers) if numbers.len() == channels && channels > 0 => Ok(tensor),
        _ => Err(format!("operand {i} of shape {:?}, expected {channels} real numbers", tensor.dims)),
    }
}
