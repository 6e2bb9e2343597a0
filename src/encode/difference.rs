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
//! A layer that only one of them has goes its own way, and so does what reads it; but one of `B` that applies an activation to
//! each value by itself, as the rounding of a quantised model does, keeps its values beside those of `A`. In either case the rows of the last layers
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
    /// the constant 0
    zero: ExprId,
    /// all values of `A` so far; in the end the operands of its last layer
    a: Vec<ExprId>,
    /// all values of `B` so far; in the end the operands of its last layer
    b: Vec<Beside>,
    /// by how much the operands of the last layer of `B` are greater, where each is beside that of `A`
    increments: Option<Vec<ExprId>>,
}

/// A value of `B`.
#[derive(Clone, Copy)]
struct Beside {
    value: ExprId,
    /// the value of `A` that it is beside, and by how much it is greater
    of: Option<(ExprId, ExprId)>,
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
        let beside = inputs.iter().map(|&x| Beside { value: x, of: Some((x, zero)) }).collect();
        let mut pair = Pair { networks: [a, b], activations, problem, zero, a: inputs, b: beside, increments: None };
        pair.round(0, None);
        let hidden = |network: &Network| network.layers().len() - 1;
        let mut next = 0;
        for (index, layer) in b.layers()[..hidden(b)].iter().enumerate() {
            if next < hidden(a) && pair.are_alike(next, index) {
                pair.hide_together(next, index, budget)?;
                next += 1;
            } else if layer.is_elementwise() {
                pair.hide_elementwise(index);
            } else {
                let below: Vec<ExprId> = pair.b.iter().map(|b| b.value).collect();
                let h = hide(&mut pair.problem, b, index, &below, budget)?;
                pair.b.extend(h.into_iter().map(|value| Beside { value, of: None }));
            }
            pair.round(index + 1, Some(layer.activation()));
        }
        for index in next..hidden(a) {
            let h = hide(&mut pair.problem, a, index, &pair.a, budget)?;
            pair.a.extend(h);
        }
        pair.a = a.wired(hidden(a)).first_patch().into_iter().map(|value| pair.a[value]).collect();
        pair.b = b.wired(hidden(b)).first_patch().into_iter().map(|value| pair.b[value]).collect();
        let increment = |(b, &a): (&Beside, &ExprId)| b.of.filter(|&(of, _)| of == a).map(|(_, increment)| increment);
        let increments = pair.b.iter().zip(&pair.a).map(increment).collect();
        pair.increments = increments;
        if pair.a.len() != pair.b.len() {
            pair.increments = None;
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

    /// Whether two layers can be carried together: the same but for their parameters, over values that are beside each other.
    fn are_alike(&self, in_a: usize, in_b: usize) -> bool {
        let (a, b) = (&self.networks[0].layers()[in_a], &self.networks[1].layers()[in_b]);
        let neurons = |layer: &Layer| (0..layer.outputs()).map(|i| layer.neuron(i)).collect::<Vec<_>>();
        if a.activation() != b.activation() || a.inputs() != b.inputs() || neurons(a) != neurons(b) {
            return false;
        }
        let [of_a, of_b] = self.patches(in_a, in_b);
        let beside = |(a, b): (&Beside, &Beside)| b.of.is_some_and(|(of, _)| of == a.value);
        of_a.len() == of_b.len() && of_a.iter().zip(&of_b).all(|(a, b)| a.iter().zip(b).all(beside))
    }

    /// The operands of each patch of a layer of `A` and of one of `B`.
    fn patches(&self, in_a: usize, in_b: usize) -> [Vec<Vec<Beside>>; 2] {
        let [a, b] = self.networks;
        let alone: Vec<Beside> = self.a.iter().map(|&value| Beside { value, of: None }).collect();
        let zero = Beside { value: self.zero, of: Some((self.zero, self.zero)) };
        let of_a = a.wired(in_a).patches(&alone, &zero).into_iter().map(|patch| patch.into_owned()).collect();
        let of_b = b.wired(in_b).patches(&self.b, &zero).into_iter().map(|patch| patch.into_owned()).collect();
        [of_a, of_b]
    }

    /// Encodes the next layers, which are alike.
    fn hide_together(&mut self, in_a: usize, in_b: usize, budget: &Budget) -> Result<(), StopReason> {
        let [of_a, of_b] = self.patches(in_a, in_b);
        let (a, b) = (&self.networks[0].layers()[in_a], &self.networks[1].layers()[in_b]);
        let rows: Vec<(Row, Row)> = (0..a.row_count()).map(|i| (Row::of(a, i), Row::of(b, i))).collect();
        let values = |patch: &Vec<Beside>| patch.iter().map(|x| x.value).collect::<Vec<_>>();
        let increments = |patch: &Vec<Beside>| patch.iter().filter_map(|x| Some(x.of?.1)).collect::<Vec<_>>();
        let (h, dh): (Vec<_>, Vec<_>) = (of_a.iter().map(values).collect(), of_b.iter().map(increments).collect());
        let h_b: Vec<_> = of_b.iter().map(values).collect();
        let graph = &mut self.problem.graph;
        let mut each = |make: &mut dyn FnMut(&mut Graph, usize, &Row, &Row, usize) -> ExprId| {
            let neurons = (0..a.outputs()).map(|i| {
                let (row, patch) = a.neuron(i);
                within(budget, || make(graph, i, &rows[row].0, &rows[row].1, patch))
            });
            neurons.collect::<Result<Vec<ExprId>, StopReason>>()
        };
        let z = each(&mut |graph, _, a, _, patch| a.over(&h[patch], graph))?;
        let dz = each(&mut |graph, _, a, b, patch| a.increment(b, &dh[patch], &h[patch], graph))?;
        let z_b = each(&mut |graph, i, _, b, patch| {
            let sum = graph.add(z[i], dz[i]);
            let row = b.over(&h_b[patch], graph);
            graph.meet(sum, row)
        })?;
        let twins = activate_twins(&mut self.problem, a.activation(), &z, &dz, &z_b);
        self.a.extend(twins.iter().map(|twin| twin.nominal));
        self.b.extend(twins.iter().map(Beside::of));
        Ok(())
    }

    /// Encodes a layer of `B` that applies its activation to each value by itself: what it gives is beside what its value is.
    fn hide_elementwise(&mut self, in_b: usize) {
        let layer = &self.networks[1].layers()[in_b];
        let zero = Beside { value: self.zero, of: Some((self.zero, self.zero)) };
        let patches = self.networks[1].wired(in_b).patches(&self.b, &zero);
        let operand = |i: usize| {
            let (row, patch) = layer.neuron(i);
            if layer.inputs() == 1 { patches[patch][0] } else { patches[patch][row] }
        };
        let operands: Vec<Beside> = (0..layer.outputs()).map(operand).collect();
        let twins: Option<Vec<Twin>> = operands.iter().map(Beside::twin).collect();
        let moved: Vec<Beside> = match (layer.activation(), twins) {
            (Activation::Grid(grid), Some(twins)) if let Some(rounded) = Rounded::on_grid(grid) => {
                rounded.twins(&mut self.problem.graph, &twins).iter().map(Beside::of).collect()
            }
            (activation, _) => {
                let z = operands.iter().map(|x| x.value).collect();
                let h = activate_all(&mut self.problem, activation, z);
                let graph = &mut self.problem.graph;
                let beside = |(x, value): (&Beside, ExprId)| Beside {
                    value,
                    of: x.of.map(|(of, _)| (of, graph.sub(value, of))),
                };
                operands.iter().zip(h).map(beside).collect()
            }
        };
        self.b.extend(moved);
    }

    /// Rounds a tensor of `B` that was just made, where that is wanted.
    fn round(&mut self, tensor: usize, activation: Option<Activation>) {
        let Some(rounded) = Rounded::of(self.activations, tensor, activation) else { return };
        let (graph, tensor) = (&mut self.problem.graph, self.networks[1].tensor(tensor));
        let values = &mut self.b[tensor];
        let twins: Option<Vec<Twin>> = values.iter().map(Beside::twin).collect();
        let rounded: Vec<Beside> = match twins {
            Some(twins) => rounded.twins(graph, &twins).iter().map(Beside::of).collect(),
            None => {
                let alone: Vec<ExprId> = values.iter().map(|x| x.value).collect();
                rounded.values(graph, &alone).into_iter().map(|value| Beside { value, of: None }).collect()
            }
        };
        values.copy_from_slice(&rounded);
    }

    fn last(&self) -> [&'a Layer; 2] {
        self.networks.map(|network| &network.layers()[network.layers().len() - 1])
    }

    /// A row of the last layers, `b − a` merged into one.
    fn output_row(&mut self, in_a: &Row, in_b: &Row) -> Twin {
        let b: Vec<ExprId> = self.b.iter().map(|b| b.value).collect();
        let graph = &mut self.problem.graph;
        let (nominal, perturbed) = (in_a.over(&self.a, graph), in_b.over(&b, graph));
        let plus = in_b.weights.iter().cloned().zip(self.b.iter().map(|b| b.value));
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

impl Beside {
    fn of(twin: &Twin) -> Beside {
        Beside { value: twin.perturbed, of: Some((twin.nominal, twin.increment)) }
    }

    fn twin(&self) -> Option<Twin> {
        let (nominal, increment) = self.of?;
        Some(Twin { nominal, increment, perturbed: self.value })
    }
}

/// Encodes a layer of one network.
fn hide(
    problem: &mut Problem,
    network: &Network,
    index: usize,
    below: &[ExprId],
    budget: &Budget,
) -> Result<Vec<ExprId>, StopReason> {
    let zero = problem.graph.constant(Constant::ZERO);
    let neurons = network.wired(index);
    let z = neurons.map(below, &zero, |weights, bias, h| within(budget, || row(problem, weights, h, bias)));
    let z = z.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(activate_all(problem, network.layers()[index].activation(), z))
}
