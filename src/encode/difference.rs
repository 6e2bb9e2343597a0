//! Two networks that share nothing but their inputs, as one problem: how far are they apart?
//!
//! The networks are `A` and `B`, and every quantity is a [`Twin`] of both: its value in `A`, its value in `B`, and by how
//! much the second is greater. As long as both have layers of the same width and activation, they are carried together,
//!
//! `z_A = W_A h_A + b_A`, `Δz = W_B Δh + (W_B − W_A) h_A + (b_B − b_A)`, `z_B = z_A + Δz = W_B h_B + b_B`,
//! `Δh = a(z_A + Δz) − a(z_A) = a(z_B) − a(z_A)`,
//!
//! with `Δx = 0` at the inputs. So where `B` is `A` with other numbers, the difference is proportional to how much they
//! differ, and a neuron in which nothing differs has an increment that is the constant 0; the difference of a network
//! with itself folds to 0 before any search. Each equation that has two right sides is a meet of both, since for unlike
//! numbers the one and for like numbers the other is the tighter one.
//!
//! From the first layers on that are unlike, each network goes its own way. In either case the rows of the last layers
//! are merged: `logit_B − logit_A` is one row over both last hidden layers, so that one linear bound goes back through
//! both networks to the inputs that they share.
//!
//! The inputs and hidden outputs of `B` may be [rounded](crate::perturbation::activations).

use super::question::{Question, compile, pose};
use super::rounded::Rounded;
use super::twin::{Twin, Twins, activate_twins, difference_of_rows};
use super::{activate, activate_all, declare_inputs, parameter, row, within};
use crate::network::{Activation, Layer, Network};
use crate::perturbation::activations::Activations;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::{ExprId, Graph};
use deltasat::problem::{Compiled, Problem};

/// Two networks up to their last hidden layers over a box of inputs, ready for any number of questions.
#[derive(Clone)]
pub struct Pair<'a> {
    networks: [&'a Network; 2],
    /// how the inputs and hidden outputs of `B` are rounded
    activations: Option<&'a Activations>,
    problem: Problem,
    /// the operands of the last layer of `A`
    a: Vec<ExprId>,
    /// the operands of the last layer of `B`
    b: Vec<ExprId>,
    /// `b − a`, where all layers up to here are alike
    increments: Option<Vec<ExprId>>,
}

/// A row of the last layer.
struct Row {
    weights: Vec<Constant>,
    bias: Constant,
}

impl Row {
    fn of(layer: &Layer, neuron: usize) -> Row {
        let weights = layer.row(neuron).iter().map(|&w| parameter(w)).collect();
        Row { weights, bias: parameter(layer.biases()[neuron]) }
    }

    fn difference(layer: &Layer, plus: usize, minus: usize) -> Row {
        let (weights, bias) = difference_of_rows(layer, plus, minus);
        Row { weights: weights.iter().collect(), bias }
    }

    fn over(&self, operands: &[ExprId], graph: &mut Graph) -> ExprId {
        graph.linear(self.weights.iter().cloned().zip(operands.iter().copied()), self.bias.clone())
    }

    /// `w_B·Δh + (w_B − w_A)·h_A + (b_B − b_A)` of this row in `A`.
    fn increment(&self, in_b: &Row, increments: &[ExprId], a: &[ExprId], graph: &mut Graph) -> ExprId {
        let moved = in_b.weights.iter().cloned().zip(increments.iter().copied());
        let changed = in_b.weights.iter().zip(&self.weights).map(|(b, a)| b - a).zip(a.iter().copied());
        graph.linear(moved.chain(changed).collect::<Vec<_>>(), &in_b.bias - &self.bias)
    }
}

impl<'a> Pair<'a> {
    /// Encodes the hidden layers of two networks with equally many inputs and outputs and the same kind of output over a
    /// box, one interval per input. With `activations` those of `b` are rounded.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(
        a: &'a Network,
        b: &'a Network,
        activations: Option<&'a Activations>,
        domain: &[(Rational, Rational)],
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        let mut problem = Problem::default();
        let inputs = declare_inputs(&mut problem, a, domain);
        let zero = problem.graph.constant(Constant::ZERO);
        let increments = Some(vec![zero; inputs.len()]);
        let mut pair = Pair { networks: [a, b], activations, problem, a: inputs.clone(), b: inputs, increments };
        pair.round(0, None);
        let hidden = |network: &'a Network| &network.layers()[..network.layers().len() - 1];
        let alike = hidden(a).iter().zip(hidden(b)).take_while(|(a, b)| are_alike(a, b)).count();
        for (index, (a, b)) in hidden(a).iter().zip(hidden(b)).take(alike).enumerate() {
            pair.hide_together(index, a, b, budget)?;
        }
        if hidden(a).len() > alike || hidden(b).len() > alike {
            pair.increments = None;
        }
        for layer in &hidden(a)[alike..] {
            pair.a = hide(&mut pair.problem, layer, &pair.a, budget)?;
        }
        for (index, layer) in hidden(b).iter().enumerate().skip(alike) {
            let z = pre_activations(&mut pair.problem, layer, &pair.b, budget)?;
            pair.b = activate_all(&mut pair.problem, layer.activation(), z);
            pair.round(index + 1, Some(layer.activation()));
        }
        Ok(pair)
    }

    /// The problem of a question, whose trained network is `A` and whose perturbed one `B`.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn ask(&self, question: &Question, budget: &Budget) -> Result<Compiled, StopReason> {
        let mut pair = self.clone();
        let (objective, constraint) = pose(&mut pair, question);
        compile(pair.problem, objective, constraint, budget)
    }

    /// The problems whose suprema are those of `logit_B − logit_A` and of `logit_A − logit_B` of some outputs, compiled
    /// together: first without an objective, then with each.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn ask_logits(&self, outputs: &[usize], budget: &Budget) -> Result<(Compiled, Vec<Apart>), StopReason> {
        let mut pair = self.clone();
        let mut sides = Vec::new();
        for &output in outputs {
            let above = pair.logit(output).increment;
            let below = pair.graph().neg(above);
            sides.extend([(output, Side::Above, above), (output, Side::Below, below)]);
        }
        pair.problem.objectives = sides.iter().map(|&(_, _, objective)| objective).collect();
        let all = pair.problem.compile_within(budget)?;
        let aimed = |(output, side, objective)| Some(Apart { output, side, compiled: all.aimed_at(objective)? });
        let aimed = sides.into_iter().filter_map(aimed).collect();
        Ok((all, aimed))
    }

    /// Encodes the next layers, which are alike.
    fn hide_together(&mut self, index: usize, in_a: &Layer, in_b: &Layer, budget: &Budget) -> Result<(), StopReason> {
        let problem = &mut self.problem;
        let rows: Vec<(Row, Row)> = (0..in_a.outputs()).map(|i| (Row::of(in_a, i), Row::of(in_b, i))).collect();
        let increments = self.increments.as_deref().unwrap_or_default();
        let z = rows.iter().map(|(a, _)| within(budget, || a.over(&self.a, &mut problem.graph)));
        let z: Vec<ExprId> = z.collect::<Result<_, _>>()?;
        let dz = rows.iter().map(|(a, b)| within(budget, || a.increment(b, increments, &self.a, &mut problem.graph)));
        let dz: Vec<ExprId> = dz.collect::<Result<_, _>>()?;
        let z_b: Vec<ExprId> = rows
            .iter()
            .zip(z.iter().zip(&dz))
            .map(|((_, b), (&z, &dz))| {
                let sum = problem.graph.add(z, dz);
                within(budget, || {
                    let row = b.over(&self.b, &mut problem.graph);
                    problem.graph.meet(sum, row)
                })
            })
            .collect::<Result<_, _>>()?;
        let twins = activate_twins(problem, in_a.activation(), &z, &dz, &z_b);
        self.a = twins.iter().map(|twin| twin.nominal).collect();
        self.b = twins.iter().map(|twin| twin.perturbed).collect();
        self.increments = Some(twins.iter().map(|twin| twin.increment).collect());
        self.round(index + 1, Some(in_b.activation()));
        Ok(())
    }

    /// Rounds a tensor of `B` that was just made, where that is wanted.
    fn round(&mut self, tensor: usize, activation: Option<Activation>) {
        let Some(rounded) = Rounded::of(self.activations, tensor, activation) else { return };
        let graph = &mut self.problem.graph;
        let Some(increments) = &mut self.increments else {
            self.b = rounded.values(graph, &self.b);
            return;
        };
        let copies = self.a.iter().zip(&self.b).zip(increments.iter());
        let twins: Vec<Twin> =
            copies.map(|((&nominal, &perturbed), &increment)| Twin { nominal, increment, perturbed }).collect();
        let twins = rounded.twins(graph, &twins);
        self.b = twins.iter().map(|twin| twin.perturbed).collect();
        *increments = twins.iter().map(|twin| twin.increment).collect();
    }

    fn last(&self) -> [&'a Layer; 2] {
        self.networks.map(|network| &network.layers()[network.layers().len() - 1])
    }

    /// A row of the last layers, `b − a` merged into one.
    fn output_row(&mut self, in_a: &Row, in_b: &Row) -> Twin {
        let graph = &mut self.problem.graph;
        let (nominal, perturbed) = (in_a.over(&self.a, graph), in_b.over(&self.b, graph));
        let plus = in_b.weights.iter().cloned().zip(self.b.iter().copied());
        let minus = in_a.weights.iter().map(|w| -w).zip(self.a.iter().copied());
        let apart = graph.linear(plus.chain(minus).collect::<Vec<_>>(), &in_b.bias - &in_a.bias);
        let increment = match &self.increments {
            None => apart,
            Some(increments) => {
                let direct = in_a.increment(in_b, increments, &self.a, graph);
                graph.meet(direct, apart)
            }
        };
        Twin { nominal, increment, perturbed }
    }
}

impl Twins for Pair<'_> {
    fn network(&self) -> &Network {
        self.networks[0]
    }

    fn graph(&mut self) -> &mut Graph {
        &mut self.problem.graph
    }

    fn logit(&mut self, neuron: usize) -> Twin {
        let [a, b] = self.last();
        let row = self.output_row(&Row::of(a, neuron), &Row::of(b, neuron));
        if a.activation() == b.activation() {
            let Twin { nominal, increment, perturbed } = row;
            return activate_twins(&mut self.problem, a.activation(), &[nominal], &[increment], &[perturbed])[0];
        }
        let nominal = activate(&mut self.problem, a.activation(), row.nominal);
        let perturbed = activate(&mut self.problem, b.activation(), row.perturbed);
        Twin { nominal, increment: self.problem.graph.sub(perturbed, nominal), perturbed }
    }

    fn difference(&mut self, plus: usize, minus: usize) -> Twin {
        let [a, b] = self.last();
        if a.activation() != Activation::Linear || b.activation() != Activation::Linear {
            let (p, m) = (self.logit(plus), self.logit(minus));
            return p.minus(m, self.graph());
        }
        self.output_row(&Row::difference(a, plus, minus), &Row::difference(b, plus, minus))
    }

    fn margins(&mut self, class: usize) -> Vec<Twin> {
        let others = (0..self.networks[0].logit_count()).filter(|&k| k != class);
        others.map(|k| self.difference(class, k)).collect()
    }

    /// By the increment of σ, which knows how far the networks are apart, and by their two values.
    fn change_of_sigmoid(&mut self, confidence: Twin) -> ExprId {
        let Twin { nominal, increment, perturbed } = confidence;
        activate_twins(&mut self.problem, Activation::Sigmoid, &[nominal], &[increment], &[perturbed])[0].increment
    }
}

/// How far an output of one network may be above that of the other.
pub struct Apart {
    /// index of the output
    pub output: usize,
    /// which way
    pub side: Side,
    /// the problem
    pub compiled: Compiled,
}

/// Which way a difference is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// `B − A`
    Above,
    /// `A − B`
    Below,
}

/// Whether two layers over like inputs can be carried together.
fn are_alike(a: &Layer, b: &Layer) -> bool {
    a.outputs() == b.outputs() && a.activation() == b.activation()
}

/// Encodes a layer of one network.
fn hide(problem: &mut Problem, layer: &Layer, below: &[ExprId], budget: &Budget) -> Result<Vec<ExprId>, StopReason> {
    let z = pre_activations(problem, layer, below, budget)?;
    Ok(activate_all(problem, layer.activation(), z))
}

fn pre_activations(
    problem: &mut Problem,
    layer: &Layer,
    below: &[ExprId],
    budget: &Budget,
) -> Result<Vec<ExprId>, StopReason> {
    let rows = layer.rows().zip(layer.biases());
    rows.map(|(weights, &bias)| within(budget, || row(problem, weights, below, bias))).collect()
}
