//! Operators of constants, and those that only pass a value on.

use super::flow::Flows;
use super::graph::Node;
use super::operators::{Made, Value};
use super::proto::data_type;
use super::tensor::{Data, Tensor};
use crate::network::NetworkError;
use std::rc::Rc;

/// A Dropout, which does nothing but in training. Since operator set 12 an operand may ask for that.
pub(super) fn dropout(opset: i64, ratio: &Option<Value>, training: &Option<Value>, x: Value) -> Made<Value> {
    let zero = |value: &Option<Value>| match value {
        None => None,
        Some(Value::Constant(tensor)) => Some(match &tensor.data {
            Data::Real(data) => data.iter().all(|&v| v == 0.0),
            Data::Integer(data) => data.iter().all(|&v| v == 0),
            Data::Text(_) => false,
        }),
        Some(Value::Flow(_)) => Some(false),
    };
    if opset < 12 || zero(training).unwrap_or(true) || zero(ratio) == Some(true) {
        return Ok(x);
    }
    Err("training_mode is set, so that the result is random, expected it to be false".to_owned())
}

/// Between real types nothing happens to a number: the network is a function of real numbers, with the parameters that
/// the file holds. What a runtime rounds in a narrower type is its own affair, as in every other operator.
pub(super) fn cast(node: &Node<'_>, x: Value) -> Made<Value> {
    use data_type::{BFLOAT16, DOUBLE, FLOAT, FLOAT16, INT32, INT64};
    let to = node.integer("to", 0) as i32;
    let kind = data_type::name(to);
    let tensor = match (x, to) {
        (Value::Flow(x), FLOAT | DOUBLE | FLOAT16 | BFLOAT16) => return Ok(Value::Flow(x)),
        (Value::Flow(_), _) => {
            return Err(format!("to {kind} of a value that depends on the input, expected a real type"));
        }
        (Value::Constant(tensor), _) => tensor,
    };
    let data = match (&tensor.data, to) {
        (Data::Real(v), FLOAT | DOUBLE | FLOAT16 | BFLOAT16) => Data::Real(v.clone()),
        (Data::Integer(v), INT32 | INT64) => Data::Integer(v.clone()),
        (Data::Integer(v), FLOAT) => Data::Real(v.iter().map(|&v| f64::from(v as f32)).collect()),
        (Data::Integer(v), DOUBLE) => Data::Real(v.iter().map(|&v| v as f64).collect()),
        _ => {
            let expected = "expected a real type of a real constant, or float, double or an integer of an integer";
            return Err(format!("to {kind} of a constant, {expected}"));
        }
    };
    Ok(Value::Constant(Rc::new(Tensor { dims: tensor.dims.clone(), data, words: None })))
}

pub(super) fn constant(node: &Node<'_>, flows: &mut Flows) -> Result<Value, NetworkError> {
    let tensor = if let Some(value) = node.attribute("value") {
        let proto = value.t.as_ref().ok_or_else(|| node.error("value is no tensor, expected one"))?;
        Tensor::decode(proto).map_err(|e| node.error(e.to_string()))?
    } else if let Some(value) = node.attribute("value_float") {
        Tensor::real(vec![], vec![f64::from(value.f.unwrap_or(0.0))])
    } else if let Some(value) = node.attribute("value_floats") {
        Tensor::real(vec![value.floats.len()], value.floats.iter().map(|&v| f64::from(v)).collect())
    } else if let Some(value) = node.attribute("value_int") {
        Tensor { dims: vec![], data: Data::Integer(vec![value.i.unwrap_or(0)]), words: None }
    } else if let Some(value) = node.attribute("value_ints") {
        Tensor::integers(value.ints.clone())
    } else {
        return Err(node.error("expected value, value_float, value_floats, value_int or value_ints"));
    };
    flows.charge(tensor.len()).map_err(|problem| node.error(problem))?;
    Ok(Value::Constant(Rc::new(tensor)))
}

/// A constant of a constant shape, the same number everywhere.
pub(super) fn of_shape(node: &Node<'_>, operands: &[Option<Value>], flows: &mut Flows) -> Made<Value> {
    let sizes = super::operators::constant_operand(operands, 0)?;
    let sizes = sizes.as_integers().filter(|sizes| sizes.len() <= super::tensor::RANK);
    let dims = sizes.and_then(|sizes| sizes.iter().map(|&size| usize::try_from(size).ok()).collect::<Option<Vec<_>>>());
    let dims = dims.ok_or("a shape that is no list of sizes, expected one")?;
    let count = super::tensor::volume(&dims).ok_or("too large a shape")?;
    flows.charge(count)?;
    let data = match node.attribute("value").and_then(|a| a.t.as_ref()) {
        None => Data::Real(vec![0.0; count]),
        Some(proto) => match Tensor::decode(proto).map_err(|error| error.to_string())?.data {
            Data::Real(value) if value.len() == 1 => Data::Real(vec![value[0]; count]),
            Data::Integer(value) if value.len() == 1 => Data::Integer(vec![value[0]; count]),
            _ => return Err("a value that is not a single number, expected one".to_owned()),
        },
    };
    Ok(Value::Constant(Rc::new(Tensor { dims, data, words: None })))
}
