//! What happens to the inputs on their way through a graph, step by step, and the layers that these steps make.
//!
//! **Parameters and structure.** A perturbation speaks about the parameters that a file holds, so the numbers of a layer
//! are its file's numbers, never products or sums of them. A matrix is the weights of a layer; the first constant with a
//! number per neuron that is added to it is its biases; without one the biases are 0 and [`Fixed`]. Every other constant
//! (a mean that is subtracted, a scale) is structure: a fixed diagonal layer of its own. Constants that do nothing vanish,
//! and fixed diagonal layers are merged where that needs no rounding. The one place where a number is rounded is a division,
//! which becomes a multiplication by the double nearest to the reciprocal.

use super::tensor::Tensor;
use crate::network::{Activation, Fixed, Layer, NetworkError, Output};
use std::rc::Rc;

/// Numbers that reading a file may make beyond copies of those that it holds, so that a small file makes no endless network.
const BUDGET: usize = 1 << 26;
/// Numbers that reading a file may make for each of its bytes.
const COPIES: usize = 4;
/// Most numbers of a layer that is made from a vector or from nothing.
const DIAGONAL: usize = 1 << 24;
/// Most inputs.
pub(super) const WIDEST: usize = 1 << 20;

/// A value that depends on the inputs.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// with a batch of one
    pub(super) shape: Vec<usize>,
    /// position `i` of the value, row-major, is number `order[i]` of the step; none for the identity
    order: Option<Rc<Vec<usize>>>,
    /// index of the step
    at: usize,
}

impl Flow {
    /// The number of numbers.
    pub(super) fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same numbers in another shape of the same volume.
    pub(super) fn reshaped(&self, shape: Vec<usize>) -> Self {
        Flow { shape, ..self.clone() }
    }
}

#[derive(Debug)]
enum Kind {
    Input,
    /// a matrix, a row per neuron
    Weights(Vec<f64>),
    /// added; with a number per neuron of its own, or one for all
    Shift {
        by: Vec<f64>,
        own: bool,
    },
    /// multiplied
    Scale(Vec<f64>),
    /// `scale·x + bias` with a constant scale and trained biases
    ScaledBias {
        scale: f64,
        bias: Vec<f64>,
    },
    Activation(Activation),
    Softmax,
    /// `(1 − p, p)` of a probability `p`
    Pair,
}

#[derive(Debug)]
struct Step {
    before: usize,
    width: usize,
    kind: Kind,
}

/// All steps so far, each knowing the one before it.
#[derive(Debug)]
pub(super) struct Chain {
    steps: Vec<Step>,
    /// how many numbers may be made in all
    budget: usize,
    left: usize,
}

type Made<T> = Result<T, String>;

impl Chain {
    /// The chain of an input of this shape in a file of so many bytes, and the input.
    pub(super) fn new(shape: Vec<usize>, bytes: usize) -> (Self, Flow) {
        let width = shape.iter().product();
        let budget = BUDGET.saturating_add(COPIES.saturating_mul(bytes));
        let chain = Chain { steps: vec![Step { before: 0, width, kind: Kind::Input }], budget, left: budget };
        (chain, Flow { shape, order: None, at: 0 })
    }

    /// Counts numbers that are about to be allocated.
    pub(super) fn charge(&mut self, numbers: usize) -> Made<()> {
        match self.left.checked_sub(numbers) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(format!("too large a network, expected at most {} numbers", self.budget)),
        }
    }

    fn push(&mut self, before: &Flow, shape: Vec<usize>, order: Option<Rc<Vec<usize>>>, kind: Kind) -> Made<Flow> {
        if matches!(self.steps[before.at].kind, Kind::Softmax | Kind::Pair) {
            return Err("it follows the probabilities, expected them to be the output".to_owned());
        }
        let width = shape.iter().product();
        self.steps.push(Step { before: before.at, width, kind });
        Ok(Flow { shape, order, at: self.steps.len() - 1 })
    }

    /// A matrix in row-major order, a row per neuron, `W x`.
    pub(super) fn weights(&mut self, x: &Flow, mut rows: Vec<f64>, shape: Vec<usize>) -> Made<Flow> {
        if let Some(order) = &x.order {
            let mut sorted = vec![0.0; x.width()];
            for row in rows.chunks_exact_mut(x.width()) {
                for (&to, &w) in order.iter().zip(&*row) {
                    sorted[to] = w;
                }
                row.copy_from_slice(&sorted);
            }
        }
        self.push(x, shape, None, Kind::Weights(rows))
    }

    /// A number per number of the value, in the order of the step.
    fn sorted(&mut self, x: &Flow, numbers: &[f64]) -> Made<Vec<f64>> {
        self.charge(x.width())?;
        let mut sorted = match numbers {
            [one] => return Ok(vec![*one; x.width()]),
            numbers => numbers.to_vec(),
        };
        if let Some(order) = &x.order {
            for (&to, &number) in order.iter().zip(numbers) {
                sorted[to] = number;
            }
        }
        Ok(sorted)
    }

    /// Adds one number to all, or a number to each, `own` when the file holds one for each.
    pub(super) fn shift(&mut self, x: &Flow, by: &[f64], own: bool, shape: Vec<usize>) -> Made<Flow> {
        let by = self.sorted(x, by)?;
        self.push(x, shape, x.order.clone(), Kind::Shift { by, own })
    }

    /// Multiplies all by one number, or each by its own.
    pub(super) fn scale(&mut self, x: &Flow, by: &[f64], shape: Vec<usize>) -> Made<Flow> {
        let by = self.sorted(x, by)?;
        self.push(x, shape, x.order.clone(), Kind::Scale(by))
    }

    /// `scale·x + bias` with trained biases.
    pub(super) fn scaled_bias(&mut self, x: &Flow, scale: f64, bias: &[f64]) -> Made<Flow> {
        let bias = self.sorted(x, bias)?;
        self.push(x, x.shape.clone(), x.order.clone(), Kind::ScaledBias { scale, bias })
    }

    pub(super) fn activation(&mut self, x: &Flow, activation: Activation) -> Made<Flow> {
        self.push(x, x.shape.clone(), x.order.clone(), Kind::Activation(activation))
    }

    pub(super) fn softmax(&mut self, x: &Flow) -> Made<Flow> {
        self.push(x, x.shape.clone(), x.order.clone(), Kind::Softmax)
    }

    /// The value with its numbers in another order: position `i` takes what was at `from[i]`.
    pub(super) fn reordered(&mut self, x: &Flow, shape: Vec<usize>, from: Vec<usize>) -> Made<Flow> {
        let order: Vec<usize> = match &x.order {
            Some(order) => from.into_iter().map(|i| order[i]).collect(),
            None => from,
        };
        let identity = order.iter().enumerate().all(|(i, &from)| i == from);
        Ok(Flow { shape, order: (!identity).then(|| Rc::new(order)), at: x.at })
    }

    /// `(1 − p, p)` where the operands are these for one and the same probability `p = σ(z)` of a single `z`.
    pub(super) fn pair(&mut self, complement: &Flow, p: &Flow, shape: Vec<usize>) -> Option<Flow> {
        let sigmoid = |at: usize| {
            self.steps[at].width == 1 && matches!(self.steps[at].kind, Kind::Activation(Activation::Sigmoid))
        };
        let (shift, of) = (&self.steps[complement.at], p.at);
        let scale = &self.steps[shift.before];
        let one = matches!(&shift.kind, Kind::Shift { by, .. } if by[..] == [1.0]);
        let minus = matches!(&scale.kind, Kind::Scale(by) if by[..] == [-1.0]);
        if !(one && minus && scale.before == of && sigmoid(of)) {
            return None;
        }
        self.steps.push(Step { before: of, width: 2, kind: Kind::Pair });
        Some(Flow { shape, order: None, at: self.steps.len() - 1 })
    }

    /// The layers up to a value and how its numbers become confidences: by the Softmax that makes them, or by the
    /// Sigmoid of a single number unless `keep_sigmoid`.
    pub(super) fn finish(mut self, end: &Flow, keep_sigmoid: bool) -> Result<(Vec<Layer>, Output), NetworkError> {
        let mut at = end.at;
        let step = &self.steps[at];
        let output = match &step.kind {
            Kind::Softmax => Output::Softmax,
            Kind::Pair => {
                at = step.before;
                Output::Sigmoid
            }
            Kind::Activation(Activation::Sigmoid) if step.width == 1 && !keep_sigmoid => Output::Sigmoid,
            _ => Output::None,
        };
        if output != Output::None {
            at = self.steps[at].before;
        }
        let mut path = Vec::new();
        while at != 0 {
            path.push(at);
            at = self.steps[at].before;
        }
        let mut layers = Layers { made: Vec::new(), open: None, width: self.steps[0].width };
        let mut trained = false;
        for at in path.into_iter().rev() {
            let kind = std::mem::replace(&mut self.steps[at].kind, Kind::Input);
            trained |= matches!(kind, Kind::Weights(_));
            layers.take(&mut self, kind)?;
        }
        if let Some(order) = &end.order {
            layers.permute(&mut self, order)?;
        }
        layers.close(Activation::Linear)?;
        if !trained {
            let problem = "no Gemm or MatMul between the input and the output, expected the layers of a network";
            return Err(NetworkError::invalid("graph", problem));
        }
        Ok((layers.made, output))
    }
}

/// The layers made so far.
struct Layers {
    made: Vec<Layer>,
    open: Option<Open>,
    /// what the layers made so far give
    width: usize,
}

/// A layer that may still get biases or an activation.
struct Open {
    inputs: usize,
    weights: Vec<f64>,
    biases: Option<Vec<f64>>,
    /// the diagonal where the layer is fixed and diagonal
    diagonal: Option<Vec<f64>>,
    fixed_weights: bool,
}

impl Layers {
    fn close(&mut self, activation: Activation) -> Result<(), NetworkError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let weights = match &open.diagonal {
            Some(diagonal) => spread(diagonal),
            None => open.weights,
        };
        let fixed = match (open.fixed_weights, open.diagonal.is_some(), open.biases.is_some()) {
            (_, true, _) | (true, _, false) => Fixed::All,
            (true, false, true) => Fixed::Weights,
            (false, _, true) => Fixed::Nothing,
            (false, _, false) => Fixed::Biases,
        };
        let biases = open.biases.unwrap_or_else(|| vec![0.0; weights.len() / open.inputs]);
        self.width = biases.len();
        let index = self.made.len();
        let layer = Layer::new(open.inputs, weights, biases, activation);
        self.made.push(layer.map_err(|e| e.inside(&format!("layers[{index}]")))?.with_fixed(fixed));
        Ok(())
    }

    /// Opens a fixed diagonal layer.
    fn open_diagonal(&mut self, chain: &mut Chain, diagonal: Option<Vec<f64>>) -> Result<&mut Open, NetworkError> {
        self.close(Activation::Linear)?;
        let width = self.width;
        let numbers = width.checked_mul(width).filter(|&numbers| numbers <= DIAGONAL);
        let numbers = numbers.ok_or_else(|| format!("{width} numbers"));
        numbers.and_then(|numbers| chain.charge(numbers)).map_err(|problem| {
            let expected = "expected fewer where a constant is added or multiplied, or an activation is by itself";
            NetworkError::invalid("graph", format!("{problem}, {expected}"))
        })?;
        let diagonal = Some(diagonal.unwrap_or_else(|| vec![1.0; width]));
        let open = Open { inputs: width, weights: Vec::new(), biases: None, diagonal, fixed_weights: true };
        Ok(self.open.insert(open))
    }

    fn take(&mut self, chain: &mut Chain, kind: Kind) -> Result<(), NetworkError> {
        match kind {
            Kind::Weights(weights) => {
                self.close(Activation::Linear)?;
                let open = Open { inputs: self.width, weights, biases: None, diagonal: None, fixed_weights: false };
                self.open = Some(open);
            }
            Kind::Shift { by, own } => match &mut self.open {
                // a bias, though it be zero: it is there to be trained
                Some(open) if open.diagonal.is_none() && open.biases.is_none() && own => open.biases = Some(by),
                _ if by.iter().all(|&v| v == 0.0) => {}
                Some(open) if open.diagonal.is_some() && open.biases.is_none() => open.biases = Some(by),
                _ => self.open_diagonal(chain, None)?.biases = Some(by),
            },
            Kind::Scale(by) => {
                if by.iter().all(|&v| v == 1.0) {
                    return Ok(());
                }
                if let Some(open) = &mut self.open
                    && let Some(diagonal) = &open.diagonal
                    && let Some(scaled) = products(diagonal, &by)
                    && let Some(biases) = open.biases.as_ref().map_or(Some(None), |b| products(b, &by).map(Some))
                {
                    (open.diagonal, open.biases) = (Some(scaled), biases);
                    return Ok(());
                }
                self.open_diagonal(chain, Some(by))?;
            }
            Kind::ScaledBias { scale, bias } => {
                let diagonal = vec![scale; bias.len()];
                let open = self.open_diagonal(chain, Some(diagonal))?;
                open.weights = spread(&open.diagonal.take().unwrap_or_default());
                open.biases = Some(bias);
            }
            Kind::Activation(activation) => {
                if self.open.is_none() {
                    self.open_diagonal(chain, None)?;
                }
                self.close(activation)?;
            }
            Kind::Input | Kind::Softmax | Kind::Pair => {}
        }
        Ok(())
    }

    /// Puts the numbers in another order.
    fn permute(&mut self, chain: &mut Chain, order: &[usize]) -> Result<(), NetworkError> {
        let open = self.open_diagonal(chain, None)?;
        open.diagonal = None;
        open.weights = vec![0.0; order.len() * order.len()];
        for (i, &from) in order.iter().enumerate() {
            open.weights[i * order.len() + from] = 1.0;
        }
        Ok(())
    }
}

/// The diagonal matrix.
fn spread(diagonal: &[f64]) -> Vec<f64> {
    let mut weights = vec![0.0; diagonal.len() * diagonal.len()];
    for (i, &w) in diagonal.iter().enumerate() {
        weights[i * (diagonal.len() + 1)] = w;
    }
    weights
}

/// The products of pairs, if all are exact.
fn products(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let product = |(&a, &b): (&f64, &f64)| {
        let p = a * b;
        let exact = a == 0.0 || b == 0.0 || (p.is_normal() && p.abs() > 1e-250 && a.mul_add(b, -p) == 0.0);
        exact.then_some(p)
    };
    a.iter().zip(b).map(product).collect()
}

/// How a constant meets a value in an elementwise operator: the common shape, a number for each number of the value (or
/// one for all), and whether the constant holds one for each.
pub(super) fn broadcast(x: &Flow, constant: &Tensor, chain: &mut Chain) -> Made<(Vec<usize>, Vec<f64>, bool)> {
    let numbers = constant.reals().ok_or("a constant of integers or text, expected real numbers")?;
    let rank = x.shape.len().max(constant.dims.len());
    let padded = |dims: &[usize]| [vec![1; rank - dims.len()], dims.to_vec()].concat();
    let (mine, its) = (padded(&x.shape), padded(&constant.dims));
    let fits = mine.iter().zip(&its).all(|(&a, &b)| b == a || b == 1);
    if !fits {
        let (shape, dims) = (&x.shape, &constant.dims);
        return Err(format!("a constant of shape {dims:?}, expected one that fits {shape:?}"));
    }
    if let [one] = numbers {
        return Ok((mine, vec![*one], x.width() == 1));
    }
    if numbers.len() == x.width() {
        return Ok((mine, numbers.to_vec(), true));
    }
    chain.charge(x.width())?;
    let (mut index, mut spread) = (vec![0; rank], Vec::with_capacity(x.width()));
    for _ in 0..x.width() {
        let mut position = 0;
        for (k, &size) in its.iter().enumerate() {
            position = position * size + if size == 1 { 0 } else { index[k] };
        }
        spread.push(numbers[position]);
        for k in (0..rank).rev() {
            index[k] += 1;
            if index[k] < mine[k] {
                break;
            }
            index[k] = 0;
        }
    }
    Ok((mine, spread, false))
}
