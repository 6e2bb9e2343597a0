//! From the steps of a graph to the layers of a network.
//!
//! **Parameters and structure.** A perturbation speaks about the parameters that a file holds, so the numbers of a layer
//! are its file's numbers, never products or sums of them. A matrix, or the kernels of a convolution, are the weights of a
//! layer; the first constant with a number per row that is added to what they give is its biases; without one the biases are
//! 0 and [`Fixed`]. Every other constant (a mean that is subtracted, a scale) is structure: a fixed layer of its own, as are
//! sums of branches and means over a window. Constants that do nothing vanish, and fixed diagonal layers are merged where that
//! needs no rounding. The one place where a number is rounded is a division, which becomes a multiplication by the double
//! nearest to the reciprocal.
//!
//! A layer whose neurons have a row each and read all values of the layer before is a plain one, and is written out as
//! a matrix; others are wired.

use super::flow::{Flow, Flows, Kind, Operands, Rows};
use crate::network::wiring::{NOTHING, Wiring};
use crate::network::{Activation, Fixed, Layer, NetworkError, Output};

/// Most numbers of a layer that is made from nothing.
const SELECTION: usize = 1 << 24;
/// Most neurons of a diagonal layer that is written out as a matrix.
const WRITTEN_OUT: usize = 1024;

impl Flows {
    /// The layers up to a value and how its numbers become confidences: by the Softmax that makes them, or by the
    /// Sigmoid of a single number unless `keep_sigmoid`.
    pub(super) fn finish(mut self, end: &Flow, keep_sigmoid: bool) -> Result<(Vec<Layer>, Output), NetworkError> {
        let (output, elements) = self.end(end, keep_sigmoid);
        let consumers = self.consumers(&elements);
        let mut layers =
            Assembly { made: Vec::new(), open: None, numbers: vec![Vec::new(); self.steps.len()], last: 0, next: 0 };
        let inputs = self.steps[0].width;
        layers.numbers[0] = (0..inputs as u32).collect();
        layers.next = inputs;
        let mut trained = false;
        for step in 1..self.steps.len() {
            if consumers[step] == 0 {
                continue;
            }
            let kind = std::mem::replace(&mut self.steps[step].kind, Kind::Input);
            trained |= matches!(&kind, Kind::Rows(rows) if !rows.fixed);
            layers.take(&mut self, step, kind, &consumers)?;
        }
        layers.close(&mut self, Activation::Linear)?;
        if !trained {
            let problem = "no Gemm, MatMul or Conv between the input and the output, expected the layers of a network";
            return Err(NetworkError::invalid("graph", problem));
        }
        let ends: Vec<u32> = elements.iter().map(|&e| layers.number(&self, e)).collect();
        layers.gather(&mut self, &ends)?;
        Ok((layers.made, output))
    }

    /// What makes the confidences, and the logits.
    fn end(&self, end: &Flow, keep_sigmoid: bool) -> (Output, Vec<u32>) {
        let plain = (Output::None, end.elements.to_vec());
        let Some(&first) = end.elements.first().filter(|&&e| e != NOTHING) else { return plain };
        let step = &self.steps[self.maker(first)];
        let inside = |&e: &u32| (e as usize).checked_sub(step.first).filter(|&place| place < step.width);
        let Some(places) = end.elements.iter().map(inside).collect::<Option<Vec<usize>>>() else { return plain };
        let output = match &step.kind {
            Kind::Softmax if places.len() == step.width => Output::Softmax,
            Kind::Pair if places == [0, 1] => {
                let Operands::Whole(probability) = step.operands else { return plain };
                return (Output::Sigmoid, self.operands(probability));
            }
            Kind::Activation(Activation::Sigmoid) if step.width == 1 && !keep_sigmoid => Output::Sigmoid,
            _ => return plain,
        };
        let operands = self.operands(self.maker(first));
        (output, places.into_iter().map(|place| operands[place]).collect())
    }

    /// The elements that a step treats.
    fn operands(&self, step: usize) -> Vec<u32> {
        match &self.steps[step].operands {
            Operands::Whole(of) => {
                let of = &self.steps[*of];
                (of.first..of.first + of.width).map(|e| e as u32).collect()
            }
            Operands::List(list) => list.clone(),
        }
    }

    /// How many steps read each step, the end counted as one; 0 for those that the end does not need.
    fn consumers(&self, end: &[u32]) -> Vec<usize> {
        let mut count = vec![0; self.steps.len()];
        let read = |elements: &[u32], count: &mut Vec<usize>| {
            let mut makers: Vec<usize> = Vec::new();
            for &element in elements.iter().filter(|&&e| e != NOTHING) {
                // neighbours mostly have the same maker
                let last = makers.last().map(|&maker| &self.steps[maker]);
                if !last.is_some_and(|step| (step.first..step.first + step.width).contains(&(element as usize))) {
                    makers.push(self.maker(element));
                }
            }
            makers.sort_unstable();
            makers.dedup();
            makers.into_iter().for_each(|maker| count[maker] += 1);
        };
        read(end, &mut count);
        for step in (1..self.steps.len()).rev() {
            if count[step] == 0 {
                continue;
            }
            match (&self.steps[step].kind, &self.steps[step].operands) {
                (Kind::Rows(rows), _) => read(&rows.patches, &mut count),
                (_, Operands::Whole(of)) => count[*of] += 1,
                (_, Operands::List(list)) => read(list, &mut count),
            }
        }
        count
    }
}

/// The layers made so far.
struct Assembly {
    made: Vec<Layer>,
    open: Option<Open>,
    /// the numbers that the elements of each step have as values of the network
    numbers: Vec<Vec<u32>>,
    /// the number of the first value of the last layer made, or of the inputs
    last: usize,
    /// the number of the next value
    next: usize,
}

/// A layer that may still get biases or an activation.
struct Open {
    /// the step whose numbers it makes so far
    step: usize,
    rows: Rows,
    /// as numbers of values
    patches: Vec<u32>,
    biases: Option<Vec<f64>>,
    /// whether the biases are no parameters
    constant: bool,
    /// whether it is fixed, each neuron with one operand and a row of its own
    diagonal: bool,
}

impl Assembly {
    /// The value that an element is.
    fn number(&self, flows: &Flows, element: u32) -> u32 {
        if element == NOTHING {
            return NOTHING;
        }
        let maker = flows.maker(element);
        self.numbers[maker][element as usize - flows.steps[maker].first]
    }

    fn close(&mut self, flows: &mut Flows, activation: Activation) -> Result<(), NetworkError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        let Open { step, rows, patches, biases, constant, diagonal } = open;
        let Rows { mut weights, mut width, neurons, fixed, .. } = rows;
        let count = weights.len() / width;
        let fixed = match (fixed, biases.is_some() && !constant) {
            (true, false) => Fixed::All,
            (true, true) => Fixed::Weights,
            (false, true) => Fixed::Nothing,
            (false, false) => Fixed::Biases,
        };
        let biases = biases.unwrap_or_else(|| vec![0.0; count]);
        let before = self.last..self.next;
        let whole = patches.iter().map(|&value| value as usize).eq(before.clone());
        let written_out = diagonal && whole && count <= WRITTEN_OUT;
        if written_out {
            flows.charge(count * count).map_err(|problem| NetworkError::invalid("graph", problem))?;
            weights = spread(&weights);
            width = count;
        }
        let one_each = |(i, &(row, patch)): (usize, &(u32, u32))| row as usize == i && patch == 0;
        let plain = written_out || whole && width == before.len() && neurons.iter().enumerate().all(one_each);
        let index = self.made.len();
        let layer = match plain {
            true => Layer::new(width, weights, biases, activation),
            false => Wiring::new(neurons, patches, width)
                .and_then(|wiring| Layer::wired(width, weights, biases, activation, wiring)),
        };
        let layer = layer.map_err(|e| e.inside(&format!("layers[{index}]")))?.with_fixed(fixed);
        self.last = self.next;
        self.next += layer.outputs();
        self.numbers[step] = (self.last..self.next).map(|value| value as u32).collect();
        self.made.push(layer);
        Ok(())
    }

    /// Opens a fixed layer in which each neuron has one operand of a step.
    fn open_diagonal(
        &mut self,
        flows: &mut Flows,
        step: usize,
        factors: Option<Vec<f64>>,
    ) -> Result<&mut Open, NetworkError> {
        self.close(flows, Activation::Linear)?;
        let operands = flows.operands(step);
        flows.charge(3 * operands.len()).map_err(|problem| NetworkError::invalid("graph", problem))?;
        let patches: Vec<u32> = operands.iter().map(|&e| self.number(flows, e)).collect();
        let neurons = (0..operands.len() as u32).map(|i| (i, i)).collect();
        let weights = factors.unwrap_or_else(|| vec![1.0; operands.len()]);
        let rows = Rows { weights, width: 1, neurons, patches: Vec::new(), constants: None, fixed: true };
        Ok(self.open.insert(Open { step, rows, patches, biases: None, constant: true, diagonal: true }))
    }

    /// Whether a step only goes on with what the open layer makes, which nothing else reads.
    fn goes_on(&self, flows: &Flows, step: usize, consumers: &[usize]) -> bool {
        let Some(open) = &self.open else { return false };
        flows.steps[step].operands == Operands::Whole(open.step) && consumers[open.step] == 1
    }

    /// A step that does nothing.
    fn pass(&mut self, flows: &Flows, step: usize, goes_on: bool) {
        match &mut self.open {
            Some(open) if goes_on => open.step = step,
            _ => self.numbers[step] = flows.operands(step).iter().map(|&e| self.number(flows, e)).collect(),
        }
    }

    fn take(&mut self, flows: &mut Flows, step: usize, kind: Kind, consumers: &[usize]) -> Result<(), NetworkError> {
        let goes_on = self.goes_on(flows, step, consumers);
        if !goes_on {
            self.close(flows, Activation::Linear)?;
        }
        match kind {
            Kind::Rows(mut rows) => {
                let elements = std::mem::take(&mut rows.patches);
                let patches = elements.iter().map(|&e| self.number(flows, e)).collect();
                let biases = rows.constants.take();
                self.open = Some(Open { step, rows, patches, constant: biases.is_some(), biases, diagonal: false });
            }
            Kind::Shift { by, count } => {
                // a bias, though it be zero: it is there to be trained
                let own = self.open.as_ref().filter(|o| goes_on && !o.diagonal && o.biases.is_none() && !o.rows.fixed);
                let own = own.and_then(|open| per_row(open, &by, count));
                match &mut self.open {
                    Some(open) if own.is_some() => {
                        (open.step, open.biases, open.constant) = (step, own, false);
                    }
                    _ if by.iter().all(|&v| v == 0.0) => self.pass(flows, step, goes_on),
                    Some(open) if goes_on && open.diagonal && open.biases.is_none() => {
                        (open.step, open.biases) = (step, Some(by));
                    }
                    _ => self.open_diagonal(flows, step, None)?.biases = Some(by),
                }
            }
            Kind::Scale(by) => {
                if by.iter().all(|&v| v == 1.0) {
                    self.pass(flows, step, goes_on);
                    return Ok(());
                }
                if let Some(open) = &mut self.open
                    && goes_on
                    && open.diagonal
                    && open.rows.fixed
                    && open.constant
                    && let Some(scaled) = products(&open.rows.weights, &by)
                    && let Some(biases) = open.biases.as_ref().map_or(Some(None), |b| products(b, &by).map(Some))
                {
                    (open.step, open.rows.weights, open.biases) = (step, scaled, biases);
                    return Ok(());
                }
                self.open_diagonal(flows, step, Some(by))?;
            }
            Kind::ScaledBias { scale, bias } => {
                let open = self.open_diagonal(flows, step, Some(vec![scale; bias.len()]))?;
                (open.biases, open.constant) = (Some(bias), false);
            }
            Kind::Activation(activation) => {
                // what rounds is a layer of its own, so that the others are those of the network that was quantised
                let alone = matches!(activation, Activation::Grid(_));
                match &mut self.open {
                    Some(open) if goes_on && !alone => open.step = step,
                    _ => drop(self.open_diagonal(flows, step, None)?),
                }
                self.close(flows, activation)?;
            }
            Kind::Input | Kind::Softmax | Kind::Pair => {}
        }
        Ok(())
    }

    /// Makes these values, in this order, those of a last layer that is plain but for what it reads.
    fn gather(&mut self, flows: &mut Flows, ends: &[u32]) -> Result<(), NetworkError> {
        let at_end = ends.iter().map(|&value| value as usize).eq(self.last..self.next);
        if at_end && self.made.last().is_some_and(|layer| layer.wiring().is_none_or(Wiring::is_dense)) {
            return Ok(());
        }
        let mut read: Vec<u32> = ends.iter().copied().filter(|&value| value != NOTHING).collect();
        read.sort_unstable();
        read.dedup();
        let size = read.len().checked_mul(ends.len()).filter(|&size| size > 0 && size <= SELECTION);
        let charged =
            size.ok_or_else(|| format!("{} outputs", ends.len())).and_then(|size| flows.charge(size).map(|()| size));
        let size = charged.map_err(|problem| NetworkError::invalid("graph", format!("{problem}, expected fewer")))?;
        let mut weights = vec![0.0; size];
        for (row, value) in weights.chunks_exact_mut(read.len()).zip(ends) {
            if let Ok(column) = read.binary_search(value) {
                row[column] = 1.0;
            }
        }
        let biases = vec![0.0; ends.len()];
        let plain = read.iter().map(|&value| value as usize).eq(self.last..self.next);
        let layer = match plain {
            true => Layer::new(read.len(), weights, biases, Activation::Linear)?,
            false => {
                let neurons = (0..ends.len() as u32).map(|i| (i, 0)).collect();
                let width = read.len();
                Layer::wired(width, weights, biases, Activation::Linear, Wiring::new(neurons, read, width)?)?
            }
        };
        self.made.push(layer.with_fixed(Fixed::All));
        Ok(())
    }
}

/// The numbers added to the neurons as one for each row, where the file holds as many and the neurons of a row have the same.
fn per_row(open: &Open, by: &[f64], count: usize) -> Option<Vec<f64>> {
    let rows = open.rows.weights.len() / open.rows.width;
    if count != rows {
        return None;
    }
    let mut biases: Vec<Option<f64>> = vec![None; rows];
    for (&(row, _), &v) in open.rows.neurons.iter().zip(by) {
        let own = biases[row as usize].get_or_insert(v);
        if own.to_bits() != v.to_bits() {
            return None;
        }
    }
    biases.into_iter().collect()
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
