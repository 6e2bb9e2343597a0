//! Products of a constant matrix and values, and elementwise arithmetic.

use super::flow::{Flow, Rows, broadcast, common_shape, stretched};
use super::graph::Node;
use super::operators::{Evaluation, Made, ONE_CONSTANT, Value};
use super::shapes;
use super::tensor::{Data, Tensor, transposition, volume};
use std::rc::Rc;

#[derive(Clone, Copy)]
pub(super) enum Elementwise {
    Add,
    Sub,
    Mul,
    Div,
}

impl Evaluation<'_> {
    /// `α A B + β C`, one of A and B constant.
    pub(super) fn gemm(&mut self, node: &Node<'_>, a: Value, b: Value, c: Option<Value>) -> Made<Value> {
        for (name, value) in [("A", &a), ("B", &b)] {
            if value.shape().len() != 2 {
                return Err(format!("{name} of shape {:?}, expected 2 sizes", value.shape()));
            }
        }
        let turn = |this: &mut Self, value: Value, attribute: &str| match node.integer(attribute, 0) {
            0 => Ok(value),
            _ => this.transposed(value, &[1, 0]),
        };
        let (a, b) = (turn(self, a, "transA")?, turn(self, b, "transB")?);
        let Value::Flow(x) = self.matmul(a, b)? else { return Err(ONE_CONSTANT.to_owned()) };
        let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
        let c = match c {
            Some(Value::Constant(c)) if beta != 0.0 => c,
            Some(Value::Flow(c)) if beta != 0.0 => {
                let c =
                    if c.shape == x.shape { c } else { c.picked(x.shape.clone(), stretched_to(&c.shape, &x.shape)?) };
                return self.flows.sum(&[(alpha, &x), (beta, &c)]).map(Value::Flow);
            }
            _ => return self.flows.scale(&x, &[alpha]).map(Value::Flow),
        };
        let (x, numbers, count) = broadcast(&x, &c, &mut self.flows)?;
        if alpha == beta {
            let sum = self.flows.shift(&x, &numbers, count)?;
            return self.flows.scale(&sum, &[alpha]).map(Value::Flow);
        }
        // a division, which gives the nearest double as others do
        let ratio = alpha / beta;
        if !ratio.is_finite() {
            return Err(format!("alpha {alpha} and beta {beta}, expected a quotient that fits a double"));
        }
        let sum = if count == x.width() {
            self.flows.scaled_bias(&x, ratio, &numbers)?
        } else {
            let scaled = self.flows.scale(&x, &[ratio])?;
            self.flows.shift(&scaled, &numbers, 0)?
        };
        self.flows.scale(&sum, &[beta]).map(Value::Flow)
    }

    /// `x W` or `W x` with a constant matrix; the leading sizes are those of a batch of rows, which share the matrix.
    pub(super) fn matmul(&mut self, a: Value, b: Value) -> Made<Value> {
        let (x, w, left) = match (a, b) {
            (Value::Flow(x), Value::Constant(w)) => (x, w, false),
            (Value::Constant(w), Value::Flow(x)) => (x, w, true),
            _ => return Err(ONE_CONSTANT.to_owned()),
        };
        let numbers = w.reals().ok_or("a matrix of integers or text, expected real numbers")?;
        let ones = w.dims.len().saturating_sub(2);
        if w.dims[..ones].iter().any(|&d| d != 1) {
            return Err(format!("a constant of shape {:?}, expected one matrix", w.dims));
        }
        // a vector is a column on the right and a row on the left
        let (rows, cols) = match (&w.dims[ones..], left) {
            (&[n], true) => (1, n),
            (&[n], false) => (n, 1),
            (&[m, n], _) => (m, n),
            _ => return Err("a constant without sizes, expected a matrix".to_owned()),
        };
        let (summed, made) = if left { (cols, rows) } else { (rows, cols) };
        let rank = x.shape.len();
        // the size that is summed over, and the other size of a matrix
        let at = if left && rank > 1 { rank.checked_sub(2) } else { rank.checked_sub(1) };
        let at = at.filter(|&at| x.shape[at] == summed && summed > 0 && made > 0);
        let at = at.ok_or_else(|| {
            format!("a value of shape {:?} and a matrix of {:?}, expected ones that fit", x.shape, w.dims)
        })?;
        self.flows.charge(numbers.len())?;
        // a row of weights for each number that is made
        let weights: Vec<f64> = match left {
            true => numbers.to_vec(),
            false => (0..made).flat_map(|i| (0..summed).map(move |j| numbers[j * cols + i])).collect(),
        };
        let mut shape = [vec![1; ones.saturating_sub(rank.max(2) - 2)], x.shape.clone()].concat();
        let place = shape.len() - rank + at;
        if w.dims.len() == 1 {
            shape.remove(place);
        } else {
            shape[place] = made;
        }
        if x.width() == summed {
            return self.flows.weights(&x, weights, shape).map(Value::Flow);
        }
        // patches along the axis, before and after it
        let (inner, outer) = (x.shape[at + 1..].iter().product::<usize>(), x.shape[..at].iter().product::<usize>());
        self.flows.charge(x.width())?;
        let element = |o: usize, j: usize, i: usize| x.elements[(o * summed + j) * inner + i];
        let patches = (0..outer)
            .flat_map(|o| (0..inner).flat_map(move |i| (0..summed).map(move |j| (o, j, i))))
            .map(|(o, j, i)| element(o, j, i))
            .collect();
        self.flows.charge(outer.saturating_mul(made).saturating_mul(inner))?;
        let neurons = (0..outer)
            .flat_map(|o| (0..made).flat_map(move |row| (0..inner).map(move |i| (row as u32, (o * inner + i) as u32))))
            .collect();
        let rows = Rows { weights, width: summed, neurons, patches, constants: None, fixed: false };
        self.flows.rows(rows, shape).map(Value::Flow)
    }

    /// An elementwise operator; before operator set 7 the second operand was aligned with the first only where attributes
    /// say so, and not always with its last sizes.
    pub(super) fn aligned(&mut self, node: &Node<'_>, a: Value, mut b: Value, operator: Elementwise) -> Made<Value> {
        if self.opset < 7 && a.shape() != b.shape() {
            if node.integer("broadcast", 0) == 0 {
                return Err(format!("shapes {:?} and {:?} without broadcast, expected the same", a.shape(), b.shape()));
            }
            if node.attribute("axis").is_some() {
                let from = shapes::axis(node.integer("axis", 0), a.shape().len())?;
                let after =
                    (a.shape().len() - from).checked_sub(b.shape().len()).ok_or("more sizes than the first operand")?;
                let shape = [b.shape().to_vec(), vec![1; after]].concat();
                b = b.reshaped(shape);
            }
        }
        self.elementwise(a, b, operator)
    }

    pub(super) fn elementwise(&mut self, a: Value, b: Value, operator: Elementwise) -> Made<Value> {
        use Elementwise::{Add, Div, Mul, Sub};
        let (x, c, left) = match (a, b) {
            (Value::Flow(x), Value::Constant(c)) => (x, c, false),
            (Value::Constant(c), Value::Flow(x)) => (x, c, true),
            (Value::Flow(a), Value::Flow(b)) => {
                let sign = match operator {
                    Add => 1.0,
                    Sub => -1.0,
                    Mul | Div => return Err(PRODUCT.to_owned()),
                };
                let (a, b) = self.together(&a, &b)?;
                return self.flows.sum(&[(1.0, &a), (sign, &b)]).map(Value::Flow);
            }
            (Value::Constant(a), Value::Constant(b)) => return self.folded(&a, &b, operator),
        };
        let (x, mut numbers, count) = broadcast(&x, &c, &mut self.flows)?;
        let result = match (operator, left) {
            (Add, _) => self.flows.shift(&x, &numbers, count)?,
            (Sub, false) => {
                numbers.iter_mut().for_each(|v| *v = -*v);
                self.flows.shift(&x, &numbers, count)?
            }
            (Sub, true) => {
                let minus = self.flows.scale(&x, &[-1.0])?;
                self.flows.shift(&minus, &numbers, count)?
            }
            (Mul, _) => self.flows.scale(&x, &numbers)?,
            (Div, false) => {
                if let Some(bad) = numbers.iter().find(|v| !v.recip().is_finite()) {
                    return Err(format!("division by {bad}, expected a number whose reciprocal fits a double"));
                }
                numbers.iter_mut().for_each(|v| *v = v.recip());
                self.flows.scale(&x, &numbers)?
            }
            (Div, true) => return Err("division by a value that depends on the input, expected a constant".to_owned()),
        };
        Ok(Value::Flow(result))
    }

    /// Two values stretched to their common shape.
    pub(super) fn together(&mut self, a: &Flow, b: &Flow) -> Made<(Flow, Flow)> {
        let shape = common_shape(&a.shape, &b.shape)?;
        let count = volume(&shape).ok_or("too large a shape")?;
        self.flows.charge(2 * count)?;
        let stretch = |x: &Flow| Ok::<Flow, String>(x.picked(shape.clone(), stretched_to(&x.shape, &shape)?));
        Ok((stretch(a)?, stretch(b)?))
    }

    /// Of two constants: of integers as they are, of reals as a runtime computes them in float32, where they are such.
    fn folded(&mut self, a: &Tensor, b: &Tensor, operator: Elementwise) -> Made<Value> {
        use Elementwise::{Add, Div, Mul, Sub};
        let shape = common_shape(&a.dims, &b.dims)?;
        let count = volume(&shape).ok_or("too large a shape")?;
        self.flows.charge(3 * count)?;
        let places = stretched(&a.dims, &shape).into_iter().zip(stretched(&b.dims, &shape));
        let data = match (&a.data, &b.data) {
            (Data::Integer(a), Data::Integer(b)) => {
                let value = |(i, j): (usize, usize)| match operator {
                    Add => a[i].checked_add(b[j]),
                    Sub => a[i].checked_sub(b[j]),
                    Mul => a[i].checked_mul(b[j]),
                    Div => a[i].checked_div(b[j]),
                };
                Data::Integer(places.map(value).collect::<Option<_>>().ok_or("a result that is no integer of 64 bits")?)
            }
            (Data::Real(a), Data::Real(b)) => {
                let single = a.iter().chain(b).all(|&v| f64::from(v as f32) == v);
                let value = |(i, j): (usize, usize)| {
                    let (a, b) = (a[i], b[j]);
                    let exact = match operator {
                        Add => a + b,
                        Sub => a - b,
                        Mul => a * b,
                        Div => a / b,
                    };
                    // of float32 numbers the double that is rounded again is the float32 that is rounded once
                    if single { f64::from(exact as f32) } else { exact }
                };
                let values: Vec<f64> = places.map(value).collect();
                if values.iter().any(|v| !v.is_finite()) {
                    return Err("a result that is not finite, expected a number".to_owned());
                }
                Data::Real(values)
            }
            _ => return Err("constants of different types, expected the same type".to_owned()),
        };
        Ok(Value::Constant(Rc::new(Tensor { dims: shape, data, words: None })))
    }

    /// A value whose axes are in another order.
    pub(super) fn transposed(&mut self, x: Value, axes: &[usize]) -> Made<Value> {
        self.flows.charge(x.shape().iter().product())?;
        let (shape, from) = transposition(x.shape(), axes);
        Ok(x.picked(shape, &from))
    }
}

/// Why products of two values are refused.
const PRODUCT: &str = "multiplies or divides two values that depend on the input, expected a constant factor";

/// For each position of a shape, the position in a value that is stretched to it.
fn stretched_to(from: &[usize], to: &[usize]) -> Made<Vec<Option<usize>>> {
    if common_shape(from, to)? != to {
        return Err(format!("a value of shape {from:?}, expected one that fits {to:?}"));
    }
    Ok(stretched(from, to).into_iter().map(Some).collect())
}
