//! The eliminated encoding: one noise variable per neuron instead of one variable per parameter, and increments carried
//! beside the values (design.md §2).
//!
//! A neuron's parameters occur nowhere else, so over their box its pre-activation takes exactly the values
//! `c·h' + c_b + s·ρ(h')`, `ρ(h') = Σ_j r_j |h'_j| + r_b`, `s ∈ [−1, 1]`, for ranges of centres `c` and radii `r`. With
//! `h' = h + Δh` that is `z + Δz`, `Δz = w·Δh + (c − w)·h' + c_b − b + s·ρ(h')`; but for number formats `c = w`. Each layer makes its nodes kind by kind (all `z`, all `Δz`, …), so that the operands of the next
//! layer's rows are neighbours on the tape.
//!
//! The output rows are not built until a question merges them: the difference of two logits is one row, with the sum
//! of the two radii, since the two rows' noises are independent.

use super::radii::{Radii, Reach};
use super::twin::{Twin, Twins, activate_twins, difference_of_rows};
use super::{activate, declare_inputs, parameter, row, within};
use crate::network::{Activation, Layer, Network};
use crate::perturbation::Perturbation;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::{ExprId, Graph};
use deltasat::interval::bounds;
use deltasat::op::Incremented;
use deltasat::problem::{Problem, Sort};

/// What a noise variable moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseOf {
    /// the parameters of one neuron, each by `s·r·sgn(h')`
    Neuron {
        /// index of the layer
        layer: usize,
        /// index of the neuron in it
        neuron: usize,
    },
    /// the parameters of two neurons of the last layer: the first as above, the second the other way round
    Difference {
        /// the neuron whose logit counts positively
        plus: usize,
        /// the neuron whose logit counts negatively
        minus: usize,
    },
}

/// Which copies of the network a question speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// the trained one and the perturbed one, and how they differ
    Both,
    /// the perturbed one alone: the other parts of a [`Twin`] are not to be used
    Perturbed,
}

/// A network and its perturbed copy up to the last hidden layer, ready for a question.
pub struct Eliminated<'a> {
    network: &'a Network,
    copies: Copies,
    reach: Reach<'a>,
    /// the problem being built
    pub problem: Problem,
    /// the inputs, the first variables
    pub inputs: Vec<ExprId>,
    /// what each noise variable moves; they follow the inputs in the order of declaration
    pub noises: Vec<NoiseOf>,
    /// the operands of the last layer in the trained network, in the perturbed one, and the difference
    hidden: Vec<Twin>,
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
        let hidden = inputs.iter().map(|&x| Twin { nominal: x, increment: zero, perturbed: x }).collect();
        let reach = Reach::new(network, perturbation);
        let mut encoded = Eliminated { network, copies, reach, problem, inputs, noises: Vec::new(), hidden };
        encoded.round(0);
        for layer in 0..network.layers().len() - 1 {
            encoded.hide(layer, budget)?;
        }
        Ok(encoded)
    }

    fn layer(&self, layer: usize) -> &'a Layer {
        &self.network.layers()[layer]
    }

    /// A noise variable for a row; a row without a choice has none.
    fn noise(&mut self, of: NoiseOf, radii: &Radii) -> ExprId {
        if radii.are_zero() {
            return self.problem.graph.constant(Constant::ZERO);
        }
        let name = match of {
            NoiseOf::Neuron { layer, neuron } => format!("s_{layer}_{neuron}"),
            NoiseOf::Difference { plus, minus } => format!("s_out_{plus}_{minus}"),
        };
        self.noises.push(of);
        self.problem.variable(name, bounds(-1.0, 1.0), Sort::Noise)
    }

    /// `Σ (a_j Δh_j + d_j h'_j) + d_b + s·(Σ r_j |h'_j| + r_b)`, `d` being the shifts.
    fn increment_row(&mut self, s: ExprId, weights: &[Constant], radii: &Radii) -> ExprId {
        let zero = || Constant::ZERO;
        let by_increment = weights.iter().zip(&self.hidden).map(|(a, h)| (a.clone(), zero(), h.increment));
        let moves = radii.weight_shifts.iter().zip(&radii.weights);
        let by_moves = moves.zip(&self.hidden).map(|((d, r), h)| (d.clone(), r.clone(), h.perturbed));
        let terms: Vec<_> = by_increment.chain(by_moves).collect();
        self.problem.graph.noise(s, terms, radii.bias_shift.clone(), radii.bias.clone())
    }

    /// `Σ ((a_j + d_j) h'_j + s·r_j |h'_j|) + b + d_b + s·r_b`, `d` being the shifts.
    fn perturbed_row(&mut self, s: ExprId, weights: &[Constant], bias: Constant, radii: &Radii) -> ExprId {
        let moved = weights.iter().zip(&radii.weight_shifts).map(|(a, d)| a + d);
        let operands = moved.zip(&radii.weights).zip(&self.hidden);
        let terms: Vec<_> = operands.map(|((a, r), h)| (a, r.clone(), h.perturbed)).collect();
        self.problem.graph.noise(s, terms, &bias + &radii.bias_shift, radii.bias.clone())
    }

    /// Encodes the next layer.
    fn hide(&mut self, index: usize, budget: &Budget) -> Result<(), StopReason> {
        let layer = self.layer(index);
        let neurons = 0..layer.outputs();
        let weights: Vec<Vec<Constant>> = layer.rows().map(|w| w.iter().map(|&w| parameter(w)).collect()).collect();
        let radii = neurons.clone().map(|neuron| within(budget, || self.reach.radii(index, neuron)));
        let radii: Vec<Radii> = radii.collect::<Result<_, _>>()?;
        let noise: Vec<_> =
            neurons.clone().map(|i| self.noise(NoiseOf::Neuron { layer: index, neuron: i }, &radii[i])).collect();
        if self.copies == Copies::Perturbed {
            let rows: Vec<_> = neurons
                .map(|i| {
                    within(budget, || {
                        self.perturbed_row(noise[i], &weights[i], parameter(layer.biases()[i]), &radii[i])
                    })
                })
                .collect::<Result<_, _>>()?;
            self.hidden = self.activate_perturbed(layer.activation(), &rows);
            self.round(index + 1);
            return Ok(());
        }
        let below: Vec<ExprId> = self.hidden.iter().map(|h| h.nominal).collect();
        let rows = layer.rows().zip(layer.biases());
        let z: Vec<_> =
            rows.map(|(w, &b)| within(budget, || row(&mut self.problem, w, &below, b))).collect::<Result<_, _>>()?;
        let dz: Vec<_> = neurons
            .clone()
            .map(|i| within(budget, || self.increment_row(noise[i], &weights[i], &radii[i])))
            .collect::<Result<_, _>>()?;
        let perturbed_z: Vec<_> = neurons
            .clone()
            .map(|i| {
                // the sum comes first: a linear bound must meet each noise in one row only, to see its whole coefficient
                let sum = self.problem.graph.add(z[i], dz[i]);
                if index > 0 {
                    return Ok(sum);
                }
                // over the inputs themselves the perturbed row is exact, which z + Δz is not
                within(budget, || {
                    let exact = self.perturbed_row(noise[i], &weights[i], parameter(layer.biases()[i]), &radii[i]);
                    self.problem.graph.meet(sum, exact)
                })
            })
            .collect::<Result<_, _>>()?;
        self.hidden = activate_twins(&mut self.problem, layer.activation(), &z, &dz, &perturbed_z);
        self.round(index + 1);
        Ok(())
    }

    /// Rounds the perturbed copy's part of a tensor that was just made, where that is wanted.
    fn round(&mut self, tensor: usize) {
        let Some(rounded) = self.reach.rounded(tensor) else { return };
        let graph = &mut self.problem.graph;
        match self.copies {
            Copies::Perturbed => {
                let x: Vec<ExprId> = self.hidden.iter().map(|hidden| hidden.perturbed).collect();
                for (hidden, value) in self.hidden.iter_mut().zip(rounded.values(graph, &x)) {
                    (hidden.nominal, hidden.perturbed) = (value, value);
                }
            }
            Copies::Both => self.hidden = rounded.twins(graph, &self.hidden),
        }
    }

    /// Applies an activation to perturbed values alone; they stand in for the others, which nobody asks for.
    fn activate_perturbed(&mut self, activation: Activation, z: &[ExprId]) -> Vec<Twin> {
        let increment = self.problem.graph.constant(Constant::ZERO);
        let h = z.iter().map(|&z| activate(&mut self.problem, activation, z));
        h.map(|h| Twin { nominal: h, increment, perturbed: h }).collect()
    }

    /// A row of the last layer: its increment is enclosed both by increments, which is tight over a box of inputs, and
    /// as the difference of the two rows, which is exact at a fixed input with one hidden layer.
    fn output_row(&mut self, s: ExprId, weights: &[Constant], bias: Constant, radii: &Radii) -> Twin {
        let terms: Vec<_> = weights.iter().cloned().zip(self.hidden.iter().map(|h| h.nominal)).collect();
        let nominal = self.problem.graph.linear(terms, bias.clone());
        let direct = self.increment_row(s, weights, radii);
        let perturbed = self.perturbed_row(s, weights, bias, radii);
        let apart = self.problem.graph.sub(perturbed, nominal);
        let increment = self.problem.graph.meet(direct, apart);
        Twin { nominal, increment, perturbed }
    }

    /// `logit_plus − logit_minus` where `moved` holds what each logit's own noise adds to it.
    fn shared_margin(&mut self, plus: usize, minus: usize, moved: &[ExprId]) -> Twin {
        let layer = self.layer(self.network.layers().len() - 1);
        let (weights, bias) = difference_of_rows(layer, plus, minus);
        let nominal = weights.iter().cloned().zip(self.hidden.iter().map(|h| h.nominal)).collect::<Vec<_>>();
        let nominal = self.problem.graph.linear(nominal, bias);
        let noises = [(Constant::ONE, moved[plus]), (-&Constant::ONE, moved[minus])];
        let terms: Vec<_> = weights.into_iter().zip(self.hidden.iter().map(|h| h.increment)).chain(noises).collect();
        let increment = self.problem.graph.linear(terms, Constant::ZERO);
        let perturbed = self.problem.graph.add(nominal, increment);
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
        let last = self.network.layers().len() - 1;
        let layer = self.layer(last);
        let weights: Vec<Constant> = layer.row(neuron).iter().map(|&w| parameter(w)).collect();
        let radii = self.reach.radii(last, neuron);
        let s = self.noise(NoiseOf::Neuron { layer: last, neuron }, &radii);
        let twin = self.output_row(s, &weights, parameter(layer.biases()[neuron]), &radii);
        if layer.activation() == Activation::Linear {
            return twin;
        }
        let Twin { nominal, increment, perturbed } = twin;
        activate_twins(&mut self.problem, layer.activation(), &[nominal], &[increment], &[perturbed])[0]
    }

    /// The difference of two logits as one row with one noise, when the last layer is linear; else of two logits.
    fn difference(&mut self, plus: usize, minus: usize) -> Twin {
        let last = self.network.layers().len() - 1;
        let layer = self.layer(last);
        if layer.activation() != Activation::Linear {
            let (p, m) = (self.logit(plus), self.logit(minus));
            return p.minus(m, self.graph());
        }
        let (weights, bias) = difference_of_rows(layer, plus, minus);
        let mut radii = self.reach.radii(last, plus);
        radii.add(&-&Constant::ONE, &self.reach.radii(last, minus));
        let s = self.noise(NoiseOf::Difference { plus, minus }, &radii);
        self.output_row(s, &weights, bias, &radii)
    }

    /// The margins `logit_class − logit_k` for all `k ≠ class`, in ascending order of `k`. With two logits there is
    /// one, merged into a single row with a single noise; with more, each logit has its own noise, which the margins
    /// share, and the trained weights are merged all the same.
    fn margins(&mut self, class: usize) -> Vec<Twin> {
        let last = self.network.layers().len() - 1;
        let count = self.network.logit_count();
        let others = (0..count).filter(|&k| k != class);
        if count == 2 {
            return vec![self.difference(class, 1 - class)];
        }
        if self.layer(last).activation() != Activation::Linear {
            let logits: Vec<Twin> = (0..count).map(|k| self.logit(k)).collect();
            return others.map(|k| logits[class].minus(logits[k], self.graph())).collect();
        }
        let none = vec![Constant::ZERO; self.layer(last).inputs()];
        let moved: Vec<ExprId> = (0..count)
            .map(|neuron| {
                let radii = self.reach.radii(last, neuron);
                let s = self.noise(NoiseOf::Neuron { layer: last, neuron }, &radii);
                self.increment_row(s, &none, &radii)
            })
            .collect();
        others.map(|k| self.shared_margin(class, k, &moved)).collect()
    }

    /// By the increment of σ, which knows how far the copies are apart.
    fn change_of_sigmoid(&mut self, confidence: Twin) -> ExprId {
        self.problem.graph.increment(Incremented::Sigmoid, confidence.nominal, confidence.increment)
    }
}
