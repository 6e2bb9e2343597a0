//! The eliminated encoding: one noise variable per neuron instead of one variable per parameter, and increments carried
//! beside the values (design.md §2).
//!
//! A neuron's parameters occur nowhere else, so over their box its pre-activation takes exactly the values
//! `c·h' + c_b + s·ρ(h')`, `ρ(h') = Σ_j r_j |h'_j| + r_b`, `s ∈ [−1, 1]`, for ranges of centres `c` and radii `r`. With
//! `h' = h + Δh` that is `z + Δz`, `Δz = w·Δh + (c − w)·h' + c_b − b + s·ρ(h')`; but for number formats `c = w`. Each layer
//! makes its nodes kind by kind (all `z`, all `Δz`, …), so that the operands of the next layer's rows are neighbours on the
//! tape. The numbers of a row are those of the network itself, shared by all rows made of them.
//!
//! Neurons that share their parameters (see [`network::wiring`](crate::network::wiring)) have a noise each all the same, as if
//! each had parameters of its own. That adds networks and takes none away: what is proved of all of them is true of those that
//! share, and the way back from noises to parameters makes only such.
//!
//! The output rows are not built until a question merges them: the difference of two logits is one row, with the sum
//! of the two radii, since the two rows' noises are independent.

use super::radii::{Radii, Reach};
use super::twin::{Twin, Twins, activate_twins, difference_of_rows};
use super::{activate_all, declare_inputs, parameter, weights, within};
use crate::network::{Activation, Layer, Network};
use crate::perturbation::Perturbation;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::{ExprId, Graph, Operands};
use deltasat::interval::bounds;
use deltasat::op::Incremented;
use deltasat::op::coefficients::Coefficients;
use deltasat::problem::{Problem, Sort};

/// What a noise variable moves.
#[derive(Clone, Debug, PartialEq)]
pub enum NoiseOf {
    /// the parameters of one neuron, each by `s·r·sgn(h')`
    Neuron {
        /// index of the layer
        layer: usize,
        /// index of the neuron in it
        neuron: usize,
    },
    /// the parameters of these neurons of the last layer, as above in the direction of each sign
    Outputs(Vec<(usize, f64)>),
}

/// Which copies of the network a question speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// the trained one and the perturbed one, and how they differ
    Both,
    /// the perturbed one alone: the other parts of a [`Twin`] are not to be used
    Perturbed,
}

/// A network and its perturbed copy up to the last hidden layer, ready for any number of questions.
#[derive(Clone)]
pub struct Eliminated<'a> {
    pub(super) network: &'a Network,
    copies: Copies,
    pub(super) reach: Reach<'a>,
    /// the problem being built
    pub problem: Problem,
    /// the inputs, the first variables
    pub inputs: Vec<ExprId>,
    /// what each noise variable moves; they follow the inputs in the order of declaration
    pub noises: Vec<NoiseOf>,
    /// all values so far
    values: Vec<Twin>,
    /// the operands of the last layer
    pub(super) hidden: Hidden,
}

/// The operands of some neurons of a layer.
#[derive(Clone)]
pub(super) struct Hidden {
    /// those in the trained network
    nominal: Operands,
    /// those in the perturbed one
    pub(super) perturbed: Operands,
    /// how much more the second are; `None` where none is more
    increment: Option<Operands>,
}

impl Hidden {
    fn new(twins: &[Twin], graph: &Graph) -> Self {
        let still = |id: ExprId| graph.as_constant(id).is_some_and(Constant::is_zero);
        let moves = !twins.iter().all(|twin| still(twin.increment));
        Hidden {
            nominal: twins.iter().map(|twin| twin.nominal).collect(),
            perturbed: twins.iter().map(|twin| twin.perturbed).collect(),
            increment: moves.then(|| twins.iter().map(|twin| twin.increment).collect()),
        }
    }

    /// `Σ (a_j Δh_j + d_j h'_j) + d_b + s·(Σ r_j |h'_j| + r_b)`, `d` being the shifts; without `a`, the second part alone.
    pub(super) fn increment_row(
        &self,
        graph: &mut Graph,
        s: ExprId,
        weights: Option<&Coefficients>,
        radii: &Radii,
    ) -> ExprId {
        let Hidden { perturbed, increment, .. } = self;
        let width = perturbed.len();
        let (shift, radius) = (radii.bias_shift.clone(), radii.bias.clone());
        let still = || Coefficients::same(Constant::ZERO, 0).padded(width, 0);
        let shifts = radii.weight_shifts.clone();
        let (Some(weights), Some(increment)) = (weights, increment) else {
            return graph.noise_row(s, shifts.unwrap_or_else(still), radii.weights.clone(), perturbed, shift, radius);
        };
        if shifts.is_none() && radii.are_zero() {
            return graph.linear_row(weights.clone(), increment, shift);
        }
        let operands: Operands = perturbed.iter().chain(increment).copied().collect();
        let coefficients = shifts.map_or_else(|| weights.clone().padded(width, 0), |shifts| shifts.then(weights));
        graph.noise_row(s, coefficients, radii.weights.clone().padded(0, width), &operands, shift, radius)
    }

    /// `Σ ((a_j + d_j) h'_j + s·r_j |h'_j|) + b + d_b + s·r_b`, `d` being the shifts.
    pub(super) fn perturbed_row(
        &self,
        graph: &mut Graph,
        s: ExprId,
        weights: Coefficients,
        bias: Constant,
        radii: &Radii,
    ) -> ExprId {
        let (bias, radius) = (&bias + &radii.bias_shift, radii.bias.clone());
        graph.noise_row(s, radii.centres(weights), radii.weights.clone(), &self.perturbed, bias, radius)
    }
}

impl<'a> Eliminated<'a> {
    /// Encodes all layers but the last over a box of inputs.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        copies: Copies,
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        let mut problem = Problem::default();
        let inputs = declare_inputs(&mut problem, network, domain);
        let zero = problem.graph.constant(Constant::ZERO);
        let values = inputs.iter().map(|&x| Twin { nominal: x, increment: zero, perturbed: x }).collect();
        let hidden = Hidden::new(&[], &problem.graph);
        let reach = Reach::new(network, perturbation);
        let mut encoded = Eliminated { network, copies, reach, problem, inputs, noises: Vec::new(), values, hidden };
        encoded.round(0);
        for layer in 0..network.layers().len() - 1 {
            encoded.hide(layer, budget)?;
        }
        // a last layer has one patch
        if let Some(hidden) = encoded.patches(encoded.last()).pop() {
            encoded.hidden = hidden;
        }
        Ok(encoded)
    }

    pub(super) fn layer(&self, layer: usize) -> &'a Layer {
        &self.network.layers()[layer]
    }

    /// The index of the last layer.
    pub(super) fn last(&self) -> usize {
        self.network.layers().len() - 1
    }

    /// A noise variable for a row; a row without a choice has none.
    pub(super) fn noise(&mut self, name: String, of: NoiseOf, radii: &Radii) -> ExprId {
        if radii.are_zero() {
            return self.problem.graph.constant(Constant::ZERO);
        }
        self.noises.push(of);
        self.problem.variable(name, bounds(-1.0, 1.0), Sort::Noise)
    }

    /// The noise variable of a neuron.
    pub(super) fn neuron_noise(&mut self, layer: usize, neuron: usize, radii: &Radii) -> ExprId {
        self.noise(format!("s_{layer}_{neuron}"), NoiseOf::Neuron { layer, neuron }, radii)
    }

    /// The same of the last layer.
    pub(super) fn increment_row(&mut self, s: ExprId, weights: Option<&Coefficients>, radii: &Radii) -> ExprId {
        self.hidden.increment_row(&mut self.problem.graph, s, weights, radii)
    }

    /// The same of the last layer.
    pub(super) fn perturbed_row(&mut self, s: ExprId, weights: Coefficients, bias: Constant, radii: &Radii) -> ExprId {
        self.hidden.perturbed_row(&mut self.problem.graph, s, weights, bias, radii)
    }

    /// The operands of each patch of a layer.
    fn patches(&mut self, index: usize) -> Vec<Hidden> {
        let zero = self.problem.graph.constant(Constant::ZERO);
        let zero = Twin { nominal: zero, increment: zero, perturbed: zero };
        let patches = self.network.wired(index).patches(&self.values, &zero);
        patches.iter().map(|twins| Hidden::new(twins, &self.problem.graph)).collect()
    }

    /// The perturbed pre-activations of a layer.
    fn perturbed_rows(
        &mut self,
        index: usize,
        patches: &[Hidden],
        noise: &[ExprId],
        radii: &[Radii],
        budget: &Budget,
    ) -> Result<Vec<ExprId>, StopReason> {
        let (layer, graph) = (self.layer(index), &mut self.problem.graph);
        let mut neuron = |i: usize| {
            let (row, patch) = layer.neuron(i);
            let bias = parameter(layer.biases()[row]);
            patches[patch].perturbed_row(graph, noise[i], weights(layer, row), bias, &radii[row])
        };
        (0..layer.outputs()).map(|i| within(budget, || neuron(i))).collect()
    }

    /// How the rows of a layer move.
    fn radii(&self, index: usize, budget: &Budget) -> Result<Vec<Radii>, StopReason> {
        let rows = 0..self.layer(index).row_count();
        rows.map(|row| within(budget, || self.reach.radii(index, row))).collect()
    }

    /// A noise for each neuron of a layer.
    fn neuron_noises(&mut self, index: usize, radii: &[Radii]) -> Vec<ExprId> {
        let layer = self.layer(index);
        (0..layer.outputs()).map(|i| self.neuron_noise(index, i, &radii[layer.neuron(i).0])).collect()
    }

    /// The perturbed outputs of a layer, without the trained ones.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub(super) fn perturbed_outputs(&mut self, index: usize, budget: &Budget) -> Result<Vec<ExprId>, StopReason> {
        let layer = self.layer(index);
        let radii = self.radii(index, budget)?;
        let noise = self.neuron_noises(index, &radii);
        let patches = self.patches(index);
        let z = self.perturbed_rows(index, &patches, &noise, &radii, budget)?;
        Ok(activate_all(&mut self.problem, layer.activation(), z))
    }

    /// Encodes the next layer.
    fn hide(&mut self, index: usize, budget: &Budget) -> Result<(), StopReason> {
        let twins = match self.copies {
            Copies::Both => self.both_outputs(index, budget)?,
            Copies::Perturbed => {
                // they stand in for the others, which nobody asks for
                let outputs = self.perturbed_outputs(index, budget)?;
                let increment = self.problem.graph.constant(Constant::ZERO);
                outputs.into_iter().map(|h| Twin { nominal: h, increment, perturbed: h }).collect()
            }
        };
        self.values.extend(twins);
        self.round(index + 1);
        Ok(())
    }

    fn both_outputs(&mut self, index: usize, budget: &Budget) -> Result<Vec<Twin>, StopReason> {
        let layer = self.layer(index);
        let neurons = 0..layer.outputs();
        let radii = self.radii(index, budget)?;
        let noise = self.neuron_noises(index, &radii);
        let patches = self.patches(index);
        let graph = &mut self.problem.graph;
        let bias = |row: usize| parameter(layer.biases()[row]);
        let mut nominal = |i: usize| {
            let (row, patch) = layer.neuron(i);
            graph.linear_row(weights(layer, row), &patches[patch].nominal, bias(row))
        };
        let z = neurons.clone().map(|i| within(budget, || nominal(i))).collect::<Result<Vec<_>, _>>()?;
        let mut moved = |i: usize| {
            let (row, patch) = layer.neuron(i);
            patches[patch].increment_row(graph, noise[i], Some(&weights(layer, row)), &radii[row])
        };
        let dz = neurons.clone().map(|i| within(budget, || moved(i))).collect::<Result<Vec<_>, _>>()?;
        if let Some(reason) = budget.stopped() {
            return Err(reason);
        }
        // the sum comes first: a linear bound must meet each noise in one row only, to see its whole coefficient
        let mut perturbed_z = Vec::with_capacity(z.len());
        for i in neurons {
            let sum = graph.add(z[i], dz[i]);
            perturbed_z.push(match index {
                // over the inputs themselves the perturbed row is exact, which z + Δz is not
                0 => {
                    let (row, patch) = layer.neuron(i);
                    let operands = &patches[patch];
                    let exact = operands.perturbed_row(graph, noise[i], weights(layer, row), bias(row), &radii[row]);
                    graph.meet(sum, exact)
                }
                _ => sum,
            });
        }
        Ok(activate_twins(&mut self.problem, layer.activation(), &z, &dz, &perturbed_z))
    }

    /// Rounds the perturbed copy's part of a tensor that was just made, where that is wanted.
    fn round(&mut self, tensor: usize) {
        let Some(rounded) = self.reach.rounded(tensor) else { return };
        let (graph, tensor) = (&mut self.problem.graph, self.network.tensor(tensor));
        let twins: Vec<Twin> = match self.copies {
            Copies::Perturbed => {
                let perturbed: Vec<ExprId> = self.values[tensor.clone()].iter().map(|x| x.perturbed).collect();
                let values = rounded.values(graph, &perturbed);
                let increment = graph.constant(Constant::ZERO);
                values.into_iter().map(|x| Twin { nominal: x, increment, perturbed: x }).collect()
            }
            Copies::Both => rounded.twins(graph, &self.values[tensor.clone()]),
        };
        self.values.splice(tensor, twins);
    }

    /// A row of the last layer: its increment is enclosed both by increments, which is tight over a box of inputs, and
    /// as the difference of the two rows, which is exact at a fixed input with one hidden layer.
    fn output_row(&mut self, s: ExprId, weights: Coefficients, bias: Constant, radii: &Radii) -> Twin {
        let nominal = self.problem.graph.linear_row(weights.clone(), &self.hidden.nominal, bias.clone());
        let direct = self.increment_row(s, Some(&weights), radii);
        let perturbed = self.perturbed_row(s, weights, bias, radii);
        let apart = self.problem.graph.sub(perturbed, nominal);
        let increment = self.problem.graph.meet(direct, apart);
        Twin { nominal, increment, perturbed }
    }

    /// `logit_plus − logit_minus` where `moved` holds what each logit's own noise adds to it.
    fn shared_margin(&mut self, plus: usize, minus: usize, moved: &[ExprId]) -> Twin {
        let (weights, bias) = difference_of_rows(self.layer(self.last()), plus, minus);
        let graph = &mut self.problem.graph;
        let nominal = graph.linear_row(weights.clone(), &self.hidden.nominal, bias);
        let noises = [(Constant::ONE, moved[plus]), (-&Constant::ONE, moved[minus])];
        let increments = self.hidden.increment.iter().flatten().copied();
        let terms: Vec<_> = weights.iter().zip(increments).chain(noises).collect();
        let increment = graph.linear(terms, Constant::ZERO);
        let perturbed = graph.add(nominal, increment);
        Twin { nominal, increment, perturbed }
    }
}

impl Twins for Eliminated<'_> {
    fn network(&self) -> &Network {
        self.network
    }

    fn graph(&mut self) -> &mut Graph {
        &mut self.problem.graph
    }

    /// One logit, its noise its own.
    fn logit(&mut self, neuron: usize) -> Twin {
        let last = self.last();
        let layer = self.layer(last);
        let radii = self.reach.radii(last, neuron);
        let s = self.neuron_noise(last, neuron, &radii);
        let twin = self.output_row(s, weights(layer, neuron), parameter(layer.biases()[neuron]), &radii);
        if layer.activation() == Activation::Linear {
            return twin;
        }
        let Twin { nominal, increment, perturbed } = twin;
        activate_twins(&mut self.problem, layer.activation(), &[nominal], &[increment], &[perturbed])[0]
    }

    /// The difference of two logits as one row with one noise, when the last layer is linear; else of two logits.
    fn difference(&mut self, plus: usize, minus: usize) -> Twin {
        let last = self.last();
        let layer = self.layer(last);
        if layer.activation() != Activation::Linear {
            let (p, m) = (self.logit(plus), self.logit(minus));
            return p.minus(m, self.graph());
        }
        let (weights, bias) = difference_of_rows(layer, plus, minus);
        let mut radii = self.reach.radii(last, plus);
        radii.add(&-&Constant::ONE, &self.reach.radii(last, minus));
        let of = NoiseOf::Outputs(vec![(plus, 1.0), (minus, -1.0)]);
        let s = self.noise(format!("s_out_{plus}_{minus}"), of, &radii);
        self.output_row(s, weights, bias, &radii)
    }

    /// The margins `logit_class − logit_k` for all `k ≠ class`, in ascending order of `k`. With two logits there is
    /// one, merged into a single row with a single noise; with more, each logit has its own noise, which the margins
    /// share, and the trained weights are merged all the same.
    fn margins(&mut self, class: usize) -> Vec<Twin> {
        let last = self.last();
        let count = self.network.logit_count();
        let others = (0..count).filter(|&k| k != class);
        if count == 2 {
            return vec![self.difference(class, 1 - class)];
        }
        if self.layer(last).activation() != Activation::Linear {
            let logits: Vec<Twin> = (0..count).map(|k| self.logit(k)).collect();
            return others.map(|k| logits[class].minus(logits[k], self.graph())).collect();
        }
        let moved: Vec<ExprId> = (0..count)
            .map(|neuron| {
                let radii = self.reach.radii(last, neuron);
                let s = self.neuron_noise(last, neuron, &radii);
                self.increment_row(s, None, &radii)
            })
            .collect();
        others.map(|k| self.shared_margin(class, k, &moved)).collect()
    }

    /// By the increment of σ, which knows how far the copies are apart.
    fn change_of_sigmoid(&mut self, confidence: Twin) -> ExprId {
        self.problem.graph.increment(Incremented::Sigmoid, confidence.nominal, confidence.increment)
    }
}
