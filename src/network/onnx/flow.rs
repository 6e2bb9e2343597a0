//! What happens to the inputs on their way through a graph, step by step.
//!
//! A value is a list of *elements*, each a number that some step makes, or a zero: so what only moves numbers (Reshape,
//! Transpose, Slice, Concat, Pad, …) makes another list and no step. `layers` turns the steps into the layers of a network.

use super::tensor::Tensor;
use crate::network::Activation;
use crate::network::wiring::NOTHING;
use std::rc::Rc;

/// Numbers that reading a file may make beyond copies of those that it holds, so that a small file makes no endless network.
const BUDGET: usize = 1 << 26;
/// Numbers that reading a file may make for each of its bytes.
const COPIES: usize = 4;
/// Most inputs.
pub(super) const WIDEST: usize = 1 << 20;

/// A value that depends on the inputs.
#[derive(Clone, Debug)]
pub(super) struct Flow {
    /// with a batch of one
    pub(super) shape: Vec<usize>,
    /// row-major, numbers of elements or [`NOTHING`] for a zero
    pub(super) elements: Rc<[u32]>,
    /// how these numbers are stored, where they are words that nothing has decoded yet
    pub(super) words: Option<Stored>,
}

/// Words `q` that stand for `scale·(q − zero)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) scale: f64,
    pub(super) zero: i64,
}

impl Flow {
    /// The number of numbers.
    pub(super) fn width(&self) -> usize {
        self.elements.len()
    }

    /// The same numbers in another shape of the same volume.
    pub(super) fn reshaped(&self, shape: Vec<usize>) -> Self {
        Flow { shape, elements: Rc::clone(&self.elements), words: self.words }
    }

    /// The numbers at these positions; none for a zero.
    pub(super) fn picked(&self, shape: Vec<usize>, from: impl IntoIterator<Item = Option<usize>>) -> Self {
        let elements = from.into_iter().map(|i| i.map_or(NOTHING, |i| self.elements[i])).collect();
        Flow { shape, elements, words: self.words }
    }
}

/// The operands of a step that treats each number by itself.
#[derive(Debug, PartialEq)]
pub(super) enum Operands {
    /// all that this step makes, in its order
    Whole(usize),
    List(Vec<u32>),
}

/// Rows of weights and the neurons that have them, as in `network::wiring`.
#[derive(Debug)]
pub(super) struct Rows {
    /// row-major, `width` to a row
    pub(super) weights: Vec<f64>,
    pub(super) width: usize,
    /// the row and the patch of each neuron
    pub(super) neurons: Vec<(u32, u32)>,
    /// elements, `width` to a patch
    pub(super) patches: Vec<u32>,
    /// a constant for each row that is no parameter
    pub(super) constants: Option<Vec<f64>>,
    /// whether the weights are no parameters
    pub(super) fixed: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Input,
    Rows(Rows),
    /// added: a number for each; `count` is how many the file holds, 0 where they are no parameters
    Shift {
        by: Vec<f64>,
        count: usize,
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
pub(super) struct Step {
    /// the number of its first element
    pub(super) first: usize,
    pub(super) width: usize,
    /// none for inputs and rows
    pub(super) operands: Operands,
    pub(super) kind: Kind,
}

/// All steps so far.
#[derive(Debug)]
pub(super) struct Flows {
    pub(super) steps: Vec<Step>,
    /// how many numbers may be made in all
    budget: usize,
    left: usize,
}

type Made<T> = Result<T, String>;

impl Flows {
    /// Steps from inputs of these shapes in a file of so many bytes, and the inputs.
    pub(super) fn new(shapes: Vec<Vec<usize>>, bytes: usize) -> (Self, Vec<Flow>) {
        let budget = BUDGET.saturating_add(COPIES.saturating_mul(bytes));
        let width = shapes.iter().map(|shape| shape.iter().product::<usize>()).sum();
        let input = Step { first: 0, width, operands: Operands::List(Vec::new()), kind: Kind::Input };
        let mut from = 0u32;
        let mut inputs = Vec::new();
        for shape in shapes {
            let count = shape.iter().product::<usize>() as u32;
            inputs.push(Flow { shape, elements: (from..from + count).collect(), words: None });
            from += count;
        }
        (Flows { steps: vec![input], budget, left: budget }, inputs)
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

    /// The step that makes an element.
    pub(super) fn maker(&self, element: u32) -> usize {
        self.steps.partition_point(|step| step.first <= element as usize) - 1
    }

    fn next(&self) -> usize {
        self.steps.last().map_or(0, |step| step.first + step.width)
    }

    fn push(&mut self, width: usize, operands: Operands, kind: Kind) -> Made<usize> {
        let read = match &operands {
            Operands::Whole(step) => Some(*step),
            Operands::List(list) => list.iter().find(|&&e| e != NOTHING).map(|&e| self.maker(e)),
        };
        let ends = |step: usize| matches!(self.steps[step].kind, Kind::Softmax | Kind::Pair);
        let by_rows = match &kind {
            Kind::Rows(rows) => rows.patches.iter().any(|&e| e != NOTHING && ends(self.maker(e))),
            _ => false,
        };
        if by_rows || read.is_some_and(ends) {
            return Err("it follows the probabilities, expected them to be the output".to_owned());
        }
        let first = self.next();
        if first.checked_add(width).is_none_or(|next| next >= NOTHING as usize) {
            return Err("too large a network, expected fewer numbers".to_owned());
        }
        self.charge(width)?;
        self.steps.push(Step { first, width, operands, kind });
        Ok(first)
    }

    /// The step that makes all numbers of a value and no others, and the place of each in it.
    pub(super) fn whole(&self, x: &Flow) -> Option<(usize, Vec<usize>)> {
        let &first = x.elements.first().filter(|&&e| e != NOTHING)?;
        let maker = self.maker(first);
        let step = &self.steps[maker];
        if step.width != x.width() {
            return None;
        }
        let mut met = vec![false; step.width];
        let mut order = Vec::with_capacity(step.width);
        for &element in x.elements.iter() {
            let place = (element as usize).checked_sub(step.first).filter(|&place| place < step.width)?;
            if std::mem::replace(&mut met[place], true) {
                return None;
            }
            order.push(place);
        }
        Some((maker, order))
    }

    /// A step that treats each number of a value by itself; `kind` is made of the places of the numbers in the step.
    fn each(&mut self, x: &Flow, kind: impl FnOnce(&dyn Fn(&[f64]) -> Vec<f64>) -> Kind) -> Made<Flow> {
        self.charge(2 * x.width())?;
        let (operands, order) = match self.whole(x) {
            Some((step, order)) => (Operands::Whole(step), order),
            None => (Operands::List(x.elements.to_vec()), (0..x.width()).collect()),
        };
        // numbers in the order of the value, in that of the step
        let sort = |numbers: &[f64]| {
            let mut sorted = vec![0.0; order.len()];
            for (i, &place) in order.iter().enumerate() {
                sorted[place] = if let [one] = numbers { *one } else { numbers[i] };
            }
            sorted
        };
        let kind = kind(&sort);
        let first = self.push(x.width(), operands, kind)?;
        Ok(Flow {
            shape: x.shape.clone(),
            elements: order.iter().map(|&place| (first + place) as u32).collect(),
            words: None,
        })
    }

    /// Adds one number to all, or a number to each; `count` is how many numbers the file holds, 0 if they are no parameters.
    pub(super) fn shift(&mut self, x: &Flow, by: &[f64], count: usize) -> Made<Flow> {
        self.each(x, |sort| Kind::Shift { by: sort(by), count })
    }

    /// Multiplies all by one number, or each by its own.
    pub(super) fn scale(&mut self, x: &Flow, by: &[f64]) -> Made<Flow> {
        self.each(x, |sort| Kind::Scale(sort(by)))
    }

    /// `scale·x + bias` with trained biases.
    pub(super) fn scaled_bias(&mut self, x: &Flow, scale: f64, bias: &[f64]) -> Made<Flow> {
        self.each(x, |sort| Kind::ScaledBias { scale, bias: sort(bias) })
    }

    pub(super) fn activation(&mut self, x: &Flow, activation: Activation) -> Made<Flow> {
        self.each(x, |_| Kind::Activation(activation))
    }

    pub(super) fn softmax(&mut self, x: &Flow) -> Made<Flow> {
        self.each(x, |_| Kind::Softmax)
    }

    /// A matrix in row-major order, a row per neuron, `W x`.
    pub(super) fn weights(&mut self, x: &Flow, mut rows: Vec<f64>, shape: Vec<usize>) -> Made<Flow> {
        let width = x.width();
        let mut patches = x.elements.to_vec();
        if let Some((_, order)) = self.whole(x)
            && order.iter().enumerate().any(|(i, &place)| i != place)
        {
            let mut sorted = vec![0.0; width];
            for row in rows.chunks_exact_mut(width) {
                for (&place, &w) in order.iter().zip(&*row) {
                    sorted[place] = w;
                }
                row.copy_from_slice(&sorted);
            }
            patches.sort_unstable();
        }
        let neurons = (0..rows.len() / width.max(1)).map(|i| (i as u32, 0)).collect();
        self.rows(Rows { weights: rows, width, neurons, patches, constants: None, fixed: false }, shape)
    }

    /// Rows over patches, a number for each neuron.
    pub(super) fn rows(&mut self, rows: Rows, shape: Vec<usize>) -> Made<Flow> {
        let count = rows.neurons.len();
        if count == 0 || rows.width == 0 {
            return Err(format!("a value of shape {shape:?} from {} numbers, expected some of both", rows.width));
        }
        self.charge(rows.patches.len() + count)?;
        let first = self.push(count, Operands::List(Vec::new()), Kind::Rows(rows))?;
        Ok(Flow { shape, elements: (first..first + count).map(|e| e as u32).collect(), words: None })
    }

    /// `Σ c_k x_k` number by number, for values of one shape.
    pub(super) fn sum(&mut self, terms: &[(f64, &Flow)]) -> Made<Flow> {
        let Some((_, first)) = terms.first() else { return Err("no operands, expected some".to_owned()) };
        let (count, shape) = (first.width(), first.shape.clone());
        self.charge(count.saturating_mul(terms.len()))?;
        let patches = (0..count).flat_map(|i| terms.iter().map(move |(_, x)| x.elements[i])).collect();
        let weights: Vec<f64> = terms.iter().map(|(c, _)| *c).collect();
        let neurons = (0..count as u32).map(|patch| (0, patch)).collect();
        self.rows(Rows { width: weights.len(), weights, neurons, patches, constants: None, fixed: true }, shape)
    }

    /// Numbers that do not depend on the inputs, as a value.
    pub(super) fn constants(&mut self, numbers: &[f64], shape: Vec<usize>) -> Made<Flow> {
        self.charge(3 * numbers.len())?;
        let neurons = (0..numbers.len() as u32).map(|row| (row, 0)).collect();
        let rows = Rows {
            weights: vec![0.0; numbers.len()],
            width: 1,
            neurons,
            patches: vec![NOTHING],
            constants: Some(numbers.to_vec()),
            fixed: true,
        };
        self.rows(rows, shape)
    }

    /// The greatest of each list of elements, or the least: `max(a, b) = b + max(a − b, 0)` in rounds of pairs.
    pub(super) fn extremum(&mut self, mut lists: Vec<Vec<u32>>, least: bool, shape: Vec<usize>) -> Made<Flow> {
        if lists.iter().any(Vec::is_empty) {
            return Err("the greatest of no numbers, expected some".to_owned());
        }
        let sign = if least { -1.0 } else { 1.0 };
        while lists.iter().any(|list| list.len() > 1) {
            let pairs: Vec<(u32, u32)> =
                lists.iter().flat_map(|list| list.chunks_exact(2).map(|pair| (pair[0], pair[1]))).collect();
            let side = |pick: fn(&(u32, u32)) -> u32| Flow {
                shape: vec![pairs.len()],
                elements: pairs.iter().map(pick).collect(),
                words: None,
            };
            let (a, b) = (side(|pair| pair.0), side(|pair| pair.1));
            let apart = self.sum(&[(sign, &a), (-sign, &b)])?;
            let excess = self.activation(&apart, Activation::Relu)?;
            let greater = self.sum(&[(1.0, &b), (sign, &excess)])?;
            let mut made = greater.elements.iter().copied();
            for list in &mut lists {
                let odd = (list.len() % 2 == 1).then(|| list[list.len() - 1]);
                *list = made.by_ref().take(list.len() / 2).chain(odd).collect();
            }
        }
        Ok(Flow { shape, elements: lists.into_iter().map(|list| list[0]).collect(), words: None })
    }

    /// `(1 − p, p)` where the operands are these for one and the same probability `p = σ(z)` of a single `z`.
    pub(super) fn pair(&mut self, complement: &Flow, p: &Flow, shape: Vec<usize>) -> Option<Flow> {
        let ([complement], [p]) = (&*complement.elements, &*p.elements) else { return None };
        if *complement == NOTHING || *p == NOTHING {
            return None;
        }
        let (shift, of) = (&self.steps[self.maker(*complement)], self.maker(*p));
        let Operands::Whole(scale) = shift.operands else { return None };
        let one = matches!(&shift.kind, Kind::Shift { by, .. } if by[..] == [1.0]);
        let minus = matches!(&self.steps[scale].kind, Kind::Scale(by) if by[..] == [-1.0]);
        let sigmoid = matches!(self.steps[of].kind, Kind::Activation(Activation::Sigmoid)) && self.steps[of].width == 1;
        if !(one && minus && self.steps[scale].operands == Operands::Whole(of) && sigmoid) {
            return None;
        }
        let first = self.push(2, Operands::Whole(of), Kind::Pair).ok()? as u32;
        Some(Flow { shape, elements: [first, first + 1].into(), words: None })
    }
}

/// The common shape of two, sizes of 1 being stretched.
pub(super) fn common_shape(a: &[usize], b: &[usize]) -> Made<Vec<usize>> {
    let rank = a.len().max(b.len());
    let padded = |dims: &[usize]| [vec![1; rank - dims.len()], dims.to_vec()].concat();
    let sizes = padded(a).into_iter().zip(padded(b)).map(|pair| match pair {
        (a, b) if a == b || b == 1 => Some(a),
        (1, b) => Some(b),
        _ => None,
    });
    sizes.collect::<Option<Vec<usize>>>().ok_or_else(|| format!("shapes {a:?} and {b:?}, expected ones that fit"))
}

/// For each position of a shape, the position in a value whose sizes of 1 are stretched to it.
pub(super) fn stretched(from: &[usize], to: &[usize]) -> Vec<usize> {
    let own = [vec![1; to.len() - from.len()], from.to_vec()].concat();
    let mut positions = vec![0];
    for (&mine, &size) in own.iter().zip(to) {
        let step = |&p: &usize| (0..size).map(move |i| p * mine + if mine == 1 { 0 } else { i });
        positions = positions.iter().flat_map(step).collect();
    }
    positions
}

/// How a constant meets a value in an elementwise operator: the value in the common shape, a number for each of its numbers
/// (or one for all), and how many the constant holds.
pub(super) fn broadcast(x: &Flow, constant: &Tensor, flows: &mut Flows) -> Made<(Flow, Vec<f64>, usize)> {
    let numbers = constant.reals().ok_or("a constant of integers or text, expected real numbers")?;
    let shape = common_shape(&x.shape, &constant.dims)?;
    let count = super::tensor::volume(&shape).ok_or("too large a shape")?;
    if count == 0 {
        return Err(format!("a value of shape {shape:?}, expected some numbers"));
    }
    flows.charge(2 * count)?;
    let x = if count == x.width() {
        x.reshaped(shape.clone())
    } else {
        x.picked(shape.clone(), stretched(&x.shape, &shape).into_iter().map(Some))
    };
    if let [one] = numbers {
        return Ok((x, vec![*one], 1));
    }
    let spread = stretched(&constant.dims, &shape).into_iter().map(|i| numbers[i]).collect();
    Ok((x, spread, numbers.len()))
}
