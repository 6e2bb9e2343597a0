//! Operators that only move numbers: they make other lists of elements.

use super::graph::Node;
use super::operators::{Evaluation, Made, ONE_CONSTANT, Value, constant_operand};
use super::shapes;
use super::tensor::{Data, RANK, Tensor, volume};
use std::rc::Rc;

/// The shape of a value of which some positions along an axis are taken, and where each number comes from.
fn along(shape: &[usize], axis: usize, positions: &[Option<usize>]) -> (Vec<usize>, Vec<Option<usize>>) {
    let (outer, inner) = (shape[..axis].iter().product::<usize>(), shape[axis + 1..].iter().product::<usize>());
    let from = (0..outer).flat_map(|o| {
        positions.iter().flat_map(move |p| (0..inner).map(move |i| p.map(|p| (o * shape[axis] + p) * inner + i)))
    });
    let from = from.collect();
    let mut shape = shape.to_vec();
    shape[axis] = positions.len();
    (shape, from)
}

impl Evaluation<'_> {
    /// Some positions of a value along an axis, zeros where there is none.
    fn taken(&mut self, x: &Value, axis: usize, positions: &[Option<usize>]) -> Made<Value> {
        let others = x.shape().iter().enumerate().filter(|&(k, _)| k != axis).map(|(_, &size)| size);
        let count = others.fold(positions.len(), |product: usize, size| product.saturating_mul(size));
        self.flows.charge(count.saturating_mul(2))?;
        let (shape, from) = along(x.shape(), axis, positions);
        Ok(match x {
            Value::Flow(x) => Value::Flow(x.picked(shape, from)),
            Value::Constant(x) => {
                let from = from.into_iter().collect::<Option<Vec<_>>>().ok_or(ONE_CONSTANT)?;
                Value::Constant(Rc::new(x.picked(shape, &from)))
            }
        })
    }
}

/// A part of a value along some axes, before operator set 10 by attributes.
pub(super) fn slice(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let operand = |i: usize| operands.get(i).and_then(Option::as_ref);
    let list = |i: usize, name: &str| shapes::integers(node, operand(i), name);
    let (starts, ends) = (list(1, "starts")?, list(2, "ends")?);
    let (starts, ends) = (starts.ok_or("no starts, expected a list")?, ends.ok_or("no ends, expected a list")?);
    let rank = x.shape().len();
    let axes = match list(3, "axes")? {
        Some(axes) => axes.into_iter().map(|a| shapes::axis(a, rank)).collect::<Made<Vec<_>>>()?,
        None => (0..starts.len()).collect(),
    };
    let steps = list(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] || axes.iter().any(|&a| a >= rank) {
        return Err("starts, ends, axes and steps of different lengths, expected the same".to_owned());
    }
    let mut value = x.clone();
    for (k, &axis) in axes.iter().enumerate() {
        let size = value.shape()[axis] as i64;
        let step = steps[k];
        if step == 0 {
            return Err("a step of 0, expected another".to_owned());
        }
        let from_start = |v: i64| if v < 0 { v.saturating_add(size) } else { v };
        let (least, greatest) = if step > 0 { (0, size) } else { (-1, size - 1) };
        let start = from_start(starts[k]).clamp(least.max(0), greatest.max(0));
        let end = from_start(ends[k]).clamp(least, greatest);
        let mut positions = Vec::new();
        let mut at = start;
        while at < size && (if step > 0 { at < end } else { at > end }) {
            positions.push(usize::try_from(at).ok());
            at = match at.checked_add(step) {
                Some(next) => next,
                None => break,
            };
        }
        if positions.is_empty() {
            return Err(format!("nothing from axis {axis} of the shape {:?}, expected some numbers", x.shape()));
        }
        value = evaluation.taken(&value, axis, &positions)?;
    }
    Ok(value)
}

/// Positions along an axis, as the indices say.
pub(super) fn gather(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let indices = constant_operand(operands, 1)?;
    let axis = shapes::axis(node.integer("axis", 0), x.shape().len())?;
    let of = indices.as_integers().ok_or("indices that are no integers, expected integers")?;
    let size = x.shape()[axis];
    let positions = of.iter().map(|&i| shapes::axis(i, size).map(Some)).collect::<Made<Vec<_>>>()?;
    if positions.is_empty() {
        return Err("no indices, expected some".to_owned());
    }
    let taken = evaluation.taken(x, axis, &positions)?;
    let mut shape = x.shape().to_vec();
    shape.splice(axis..=axis, indices.dims.iter().copied());
    if shape.len() > RANK {
        return Err(format!("{} sizes, expected at most {RANK}", shape.len()));
    }
    Ok(taken.reshaped(shape))
}

/// The parts of a value along an axis.
pub(super) fn split(
    node: &Node<'_>,
    x: &Value,
    sizes: Option<&Value>,
    evaluation: &mut Evaluation<'_>,
) -> Made<Vec<Value>> {
    let axis = shapes::axis(node.integer("axis", 0), x.shape().len())?;
    let (size, count) = (x.shape()[axis], node.proto.output.len());
    let sizes = match shapes::integers(node, sizes, "split")? {
        Some(sizes) => sizes.into_iter().map(|size| usize::try_from(size).unwrap_or(0)).collect(),
        None if count > 0 => {
            let each = size.div_ceil(count);
            (0..count).map(|k| size.saturating_sub(k * each).min(each)).collect()
        }
        None => Vec::new(),
    };
    let total = sizes.iter().fold(0usize, |sum, &size| sum.saturating_add(size));
    if total != size || sizes.len() != count || sizes.contains(&0) {
        return Err(format!("parts {sizes:?} for {count} results of {size} numbers, expected ones that fit"));
    }
    let mut from = 0;
    let part = |&size: &usize| {
        let positions: Vec<_> = (from..from + size).map(Some).collect();
        from += size;
        evaluation.taken(x, axis, &positions)
    };
    sizes.iter().map(part).collect()
}

/// Values one after the other along an axis.
pub(super) fn concat(node: &Node<'_>, operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let values: Vec<&Value> = operands.iter().flatten().collect();
    let Some(first) = values.first() else { return Err("no operands, expected some".to_owned()) };
    let axis = shapes::axis(node.integer("axis", 1), first.shape().len())?;
    let fits = |value: &&&Value| {
        let (a, b) = (value.shape(), first.shape());
        a.len() == b.len() && (0..a.len()).all(|k| k == axis || a[k] == b[k])
    };
    if let Some(value) = values.iter().find(|value| !fits(value)) {
        return Err(format!("shapes {:?} and {:?}, expected ones that fit", first.shape(), value.shape()));
    }
    let mut shape = first.shape().to_vec();
    shape[axis] = values.iter().fold(0usize, |sum, value| sum.saturating_add(value.shape()[axis]));
    let count = volume(&shape).ok_or("too large a shape")?;
    evaluation.flows.charge(count.saturating_mul(3))?;
    if let [Value::Flow(a), Value::Flow(b)] = values[..]
        && let Some(pair) = evaluation.flows.pair(a, b, shape.clone())
    {
        return Ok(Value::Flow(pair));
    }
    // which number of which operand each one is
    let outer: usize = shape[..axis].iter().product();
    let lengths: Vec<usize> = values.iter().map(|value| value.shape()[axis..].iter().product()).collect();
    let places = (0..outer).flat_map(|o| {
        let lengths = lengths.iter().enumerate();
        lengths.flat_map(move |(k, &length)| (0..length).map(move |i| (k, o * length + i)))
    });
    if values.iter().any(|value| matches!(value, Value::Flow(_))) {
        let flows = values.iter().map(|value| evaluation.as_flow(value)).collect::<Made<Vec<_>>>()?;
        let elements = places.map(|(k, i)| flows[k].elements[i]).collect();
        return Ok(Value::Flow(super::flow::Flow { shape, elements, words: None }));
    }
    let tensors: Vec<&Tensor> =
        values.iter().filter_map(|v| if let Value::Constant(t) = v { Some(&**t) } else { None }).collect();
    let data = if let Some(all) = tensors.iter().map(|t| t.as_integers()).collect::<Option<Vec<_>>>() {
        Data::Integer(places.map(|(k, i)| all[k][i]).collect())
    } else if let Some(all) = tensors.iter().map(|t| t.reals()).collect::<Option<Vec<_>>>() {
        Data::Real(places.map(|(k, i)| all[k][i]).collect())
    } else {
        return Err("joins constants of different types, expected the same type".to_owned());
    };
    Ok(Value::Constant(Rc::new(Tensor { dims: shape, data, words: None })))
}

/// More numbers around a value: a constant, the nearest of its own, or its own mirrored.
pub(super) fn pad(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let operand = |i: usize| operands.get(i).and_then(Option::as_ref);
    let pads = shapes::integers(node, operand(1), "pads")?.ok_or("no pads, expected a list")?;
    let rank = x.shape().len();
    let axes = match operand(3) {
        Some(axes) => shapes::integers(node, Some(axes), "axes")?.unwrap_or_default(),
        None => (0..rank as i64).collect(),
    };
    let axes = axes.into_iter().map(|a| shapes::axis(a, rank)).collect::<Made<Vec<_>>>()?;
    if pads.len() != 2 * axes.len() || axes.iter().enumerate().any(|(k, axis)| axes[..k].contains(axis)) {
        return Err(format!("{} pads for {} axes, expected two for each", pads.len(), axes.len()));
    }
    let fill = match operand(2) {
        Some(Value::Constant(tensor)) => match tensor.reals() {
            Some(&[one]) => one,
            _ => return Err("a filling that is no real number, expected one".to_owned()),
        },
        Some(Value::Flow(_)) => return Err(ONE_CONSTANT.to_owned()),
        None => node.float("value", 0.0),
    };
    let mode = node.attribute("mode").and_then(|a| a.s.as_deref()).unwrap_or(b"constant");
    let mut value = x.clone();
    for (k, &axis) in axes.iter().enumerate() {
        let (before, after, size) = (pads[k], pads[axes.len() + k], value.shape()[axis] as i64);
        if !(-size..1 << 20).contains(&before) || !(-size..1 << 20).contains(&after) || size + before + after <= 0 {
            return Err(format!("pads {pads:?} of the shape {:?}, expected ones that fit", x.shape()));
        }
        let inside = |at: i64| (0..size).contains(&at).then_some(at as usize);
        let position = |at: i64| match mode {
            b"constant" => Ok(inside(at)),
            b"edge" => Ok(inside(at.clamp(0, size - 1))),
            b"reflect" => {
                let mirrored = if at < 0 {
                    -at
                } else if at >= size {
                    2 * (size - 1) - at
                } else {
                    at
                };
                inside(mirrored).map(Some).ok_or_else(|| "reflects more than there is, expected less".to_owned())
            }
            _ => Err("a mode of its own, expected constant, edge or reflect".to_owned()),
        };
        let positions = (-before..size + after).map(position).collect::<Made<Vec<_>>>()?;
        value = evaluation.taken(&value, axis, &positions)?;
        if fill != 0.0 && positions.contains(&None) {
            value = filled(&value, axis, &positions, fill, evaluation)?;
        }
    }
    Ok(value)
}

/// A value in which a constant is at the positions that are none.
fn filled(
    x: &Value,
    axis: usize,
    positions: &[Option<usize>],
    fill: f64,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
    let constant = evaluation.flows.constants(&[fill], vec![1])?.elements[0];
    let inner: usize = x.shape[axis + 1..].iter().product();
    let own = |(i, &element): (usize, &u32)| {
        if positions[i / inner % positions.len()].is_none() { constant } else { element }
    };
    let elements = x.elements.iter().enumerate().map(own).collect();
    Ok(Value::Flow(super::flow::Flow { shape: x.shape.clone(), elements, words: None }))
}

/// A value stretched to a constant shape.
pub(super) fn expand(x: &Value, operands: &[Option<Value>], evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let target = constant_operand(operands, 1)?;
    let sizes = target.as_integers().ok_or("a shape that is no list of integers, expected one")?;
    let sizes =
        sizes.iter().map(|&size| usize::try_from(size).ok().filter(|&size| size > 0)).collect::<Option<Vec<_>>>();
    let sizes =
        sizes.filter(|sizes| sizes.len() <= RANK).ok_or("sizes that are not positive, expected positive ones")?;
    let shape = super::flow::common_shape(x.shape(), &sizes)?;
    evaluation.flows.charge(volume(&shape).ok_or("too large a shape")?.saturating_mul(2))?;
    let from = super::flow::stretched(x.shape(), &shape);
    Ok(x.picked(shape, &from))
}
