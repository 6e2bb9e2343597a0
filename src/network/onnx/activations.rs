//! Operators that apply a function to each number of a value.

use super::flow::Flow;
use super::graph::Node;
use super::operators::{Evaluation, Made, Value, constant_operand};
use super::products::Elementwise;
use crate::network::Activation;

/// The names of the operators, for errors.
pub(super) const OPERATORS: &str = "Relu, LeakyRelu, PRelu, Abs, Clip, Max, Min, HardSigmoid, Sigmoid, Tanh";

/// The value of such an operator; `None` for another one.
pub(super) fn apply(
    node: &Node<'_>,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Option<Made<Value>> {
    let number = |name: &str, default: f32| node.float(name, default);
    let of = |evaluation: &mut Evaluation<'_>, activation: Option<Activation>| {
        let x = flow(operands, 0)?;
        let problem = "its numbers make no function, expected finite ones, the lower end below the upper one";
        evaluation.flows.activation(&x, activation.ok_or(problem)?).map(Value::Flow)
    };
    Some(match node.operator().as_str() {
        "Relu" => of(evaluation, Some(Activation::Relu)),
        "Tanh" => of(evaluation, Some(Activation::Tanh)),
        "Sigmoid" => of(evaluation, Some(Activation::Sigmoid)),
        "Abs" => of(evaluation, Activation::leaky_relu(-1.0)),
        "LeakyRelu" => of(evaluation, Activation::leaky_relu(number("alpha", 0.01))),
        "PRelu" => match one_number(operands, 1) {
            Ok(slope) => of(evaluation, Activation::leaky_relu(slope)),
            Err(_) => slopes(operands, evaluation),
        },
        "HardSigmoid" => hard_sigmoid(node, operands, evaluation),
        "Clip" => clip_ends(node, operands).and_then(|(l, u)| of(evaluation, Activation::clip(l, u))),
        "Max" => extremum(operands, evaluation, false),
        "Min" => extremum(operands, evaluation, true),
        _ => return None,
    })
}

/// The operand that depends on the input.
fn flow(operands: &[Option<Value>], i: usize) -> Made<Flow> {
    match operands.get(i) {
        Some(Some(Value::Flow(x))) => Ok(x.clone()),
        Some(Some(Value::Constant(_))) => {
            Err("the operand is constant, expected one that depends on the input".to_owned())
        }
        _ => Err(format!("no operand {i}, expected one")),
    }
}

/// A constant operand that is a single number.
fn one_number(operands: &[Option<Value>], i: usize) -> Made<f64> {
    let numbers = match operands.get(i) {
        Some(Some(Value::Constant(tensor))) => tensor.reals(),
        _ => None,
    };
    let fail = || format!("operand {i} is not the same constant everywhere, expected a single number");
    let (&first, rest) = numbers.and_then(<[f64]>::split_first).ok_or_else(fail)?;
    if rest.iter().all(|v| v.to_bits() == first.to_bits()) { Ok(first) } else { Err(fail()) }
}

/// The ends of a Clip, before operator set 11 as attributes. The largest float32 stands for no end.
fn clip_ends(node: &Node<'_>, operands: &[Option<Value>]) -> Made<(f64, f64)> {
    let end = |i: usize, name: &str, none: f64| {
        let given = match operands.get(i) {
            Some(Some(_)) => Some(one_number(operands, i)?),
            _ => node.attribute(name).map(|_| node.float(name, 0.0)),
        };
        Ok::<f64, String>(given.filter(|end| end.abs() < f64::from(f32::MAX)).unwrap_or(none))
    };
    Ok((end(1, "min", f64::NEG_INFINITY)?, end(2, "max", f64::INFINITY)?))
}

/// `min(max(α·x + β, 0), 1)`
fn hard_sigmoid(node: &Node<'_>, operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let x = flow(operands, 0)?;
    let scaled = evaluation.flows.scale(&x, &[node.float("alpha", 0.2)])?;
    let shifted = evaluation.flows.shift(&scaled, &[node.float("beta", 0.5)], 0)?;
    let unit = Activation::clip(0.0, 1.0).ok_or("no unit interval")?;
    evaluation.flows.activation(&shifted, unit).map(Value::Flow)
}

/// A PRelu with slopes of its own for some numbers: `max(x, 0) − α·max(−x, 0)`.
fn slopes(operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let x = flow(operands, 0)?;
    let slope = Value::Constant(constant_operand(operands, 1)?);
    let positive = evaluation.flows.activation(&x, Activation::Relu)?;
    let minus = evaluation.flows.scale(&x, &[-1.0])?;
    let negative = evaluation.flows.activation(&minus, Activation::Relu)?;
    let scaled = evaluation.elementwise(Value::Flow(negative), slope, Elementwise::Mul)?;
    evaluation.elementwise(Value::Flow(positive), scaled, Elementwise::Sub)
}

/// The greatest of some values, or the least.
fn extremum(operands: &[Option<Value>], evaluation: &mut Evaluation<'_>, least: bool) -> Made<Value> {
    let flows: Vec<usize> = (0..operands.len()).filter(|&i| matches!(operands[i], Some(Value::Flow(_)))).collect();
    if let ([position], true) = (&flows[..], operands.len() == 2)
        && let (Ok(bound), Some(Value::Constant(tensor))) =
            (one_number(operands, 1 - position), &operands[1 - position])
    {
        let mut x = flow(operands, *position)?;
        let ends = if least { (f64::NEG_INFINITY, bound) } else { (bound, f64::INFINITY) };
        let activation = Activation::clip(ends.0, ends.1).ok_or("an infinite bound, expected a finite one")?;
        let shape = super::flow::common_shape(&x.shape, &tensor.dims)?;
        if super::tensor::volume(&shape) != Some(x.width()) {
            let from = super::flow::stretched(&x.shape, &shape);
            evaluation.flows.charge(from.len())?;
            x = x.picked(shape.clone(), from.into_iter().map(Some));
        }
        return evaluation.flows.activation(&x.reshaped(shape), activation).map(Value::Flow);
    }
    let mut values = operands.iter().flatten();
    let first = values.next().ok_or("no operands, expected some")?;
    let mut best = evaluation.as_flow(first)?;
    for value in values {
        let other = evaluation.as_flow(value)?;
        let (a, b) = evaluation.together(&best, &other)?;
        let lists = a.elements.iter().zip(b.elements.iter()).map(|(&a, &b)| vec![a, b]).collect();
        best = evaluation.flows.extremum(lists, least, a.shape)?;
    }
    Ok(Value::Flow(best))
}
