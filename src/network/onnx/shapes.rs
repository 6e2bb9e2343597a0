//! Operators that change shapes or compute them. They keep the row-major order of the numbers.

use super::graph::Node;
use super::operators::Value;
use super::tensor::{RANK, Tensor, short, volume};
use std::rc::Rc;

type Made<T> = Result<T, String>;

/// An axis counted from the end where negative.
pub(super) fn axis(axis: i64, rank: usize) -> Made<usize> {
    let from_start = if axis < 0 { axis.checked_add(rank as i64) } else { Some(axis) };
    let inside = from_start.and_then(|a| usize::try_from(a).ok()).filter(|&a| a < rank);
    inside.ok_or_else(|| format!("axis {axis}, expected one of {rank}"))
}

pub(super) fn flatten(node: &Node<'_>, x: &Value) -> Made<Vec<usize>> {
    let shape = x.shape();
    // one past the last is allowed
    let split = match node.integer("axis", 1) {
        a if a == shape.len() as i64 => shape.len(),
        a => axis(a, shape.len())?,
    };
    Ok(vec![shape[..split].iter().product(), shape[split..].iter().product()])
}

/// The integers of an operand or, before they became operands, of an attribute.
pub(super) fn integers(node: &Node<'_>, operand: Option<&Value>, attribute: &str) -> Made<Option<Vec<i64>>> {
    match operand {
        Some(Value::Constant(tensor)) if tensor.dims.len() <= 1 => match tensor.as_integers() {
            Some(integers) => Ok(Some(integers.to_vec())),
            None => Err(format!("{attribute} is not of integers, expected a list of integers")),
        },
        Some(_) => Err(format!("{attribute} is no constant list, expected a list of integers")),
        None => Ok(node.attribute(attribute).map(|a| a.ints.clone())),
    }
}

pub(super) fn reshape(node: &Node<'_>, x: &Value, target: &Value) -> Made<Vec<usize>> {
    let target = integers(node, Some(target), "shape")?.unwrap_or_default();
    let (from, count) = (x.shape(), x.shape().iter().product::<usize>());
    let fail = || {
        let target = short(&target);
        format!("the shape {target:?} for {count} numbers of shape {from:?}, expected one that holds as many")
    };
    if target.len() > RANK {
        return Err(fail());
    }
    let mut shape = Vec::new();
    let mut open = None;
    for (i, &size) in target.iter().enumerate() {
        shape.push(match size {
            -1 if open.is_none() => {
                open = Some(i);
                1
            }
            0 if node.integer("allowzero", 0) == 0 => *from.get(i).ok_or_else(fail)?,
            size => usize::try_from(size).map_err(|_| fail())?,
        });
    }
    let known = volume(&shape).filter(|&known| known > 0).ok_or_else(fail)?;
    if let Some(i) = open {
        shape[i] = count / known;
    }
    if volume(&shape) == Some(count) { Ok(shape) } else { Err(fail()) }
}

pub(super) fn squeeze(node: &Node<'_>, x: &Value, axes: Option<&Value>) -> Made<Vec<usize>> {
    let shape = x.shape();
    let mut dropped: Vec<bool> = shape.iter().map(|&d| d == 1).collect();
    if let Some(axes) = integers(node, axes, "axes")? {
        dropped = vec![false; shape.len()];
        for a in axes {
            let a = axis(a, shape.len())?;
            if shape[a] != 1 {
                return Err(format!("axis {a} of the shape {shape:?}, expected one of size 1"));
            }
            dropped[a] = true;
        }
    }
    Ok(shape.iter().zip(dropped).filter(|(_, dropped)| !dropped).map(|(&d, _)| d).collect())
}

pub(super) fn unsqueeze(node: &Node<'_>, x: &Value, axes: Option<&Value>) -> Made<Vec<usize>> {
    let axes = integers(node, axes, "axes")?.ok_or("no axes, expected a list of integers")?;
    let rank = x.shape().len() + axes.len();
    if rank > RANK {
        return Err(format!("{rank} sizes, expected at most {RANK}"));
    }
    let mut new = vec![false; rank];
    for a in axes {
        if std::mem::replace(&mut new[axis(a, rank)?], true) {
            return Err(format!("axis {a} twice, expected once"));
        }
    }
    let mut old = x.shape().iter();
    Ok(new.into_iter().map(|new| if new { 1 } else { old.next().copied().unwrap_or(1) }).collect())
}

/// The sizes of a value, all or a part.
pub(super) fn shape(node: &Node<'_>, x: &Value) -> Made<Value> {
    let sizes = x.shape();
    let bound = |name, default| {
        let given = node.integer(name, default);
        let from_start = if given < 0 { given.saturating_add(sizes.len() as i64) } else { given };
        from_start.clamp(0, sizes.len() as i64) as usize
    };
    let (start, end) = (bound("start", 0), bound("end", sizes.len() as i64));
    let part = sizes.get(start..end).unwrap_or_default();
    Ok(Value::Constant(Rc::new(Tensor::integers(part.iter().map(|&d| d as i64).collect()))))
}
