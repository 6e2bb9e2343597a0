//! A case of a property as a problem: is there an input in the box, and parameters in the perturbation's box, so that all
//! constraints hold?
//!
//! Only the perturbed network occurs, each neuron's parameters replaced by one noise (see [`eliminated`](super::eliminated));
//! where nothing moves there is no noise, and it is the plain network. The last layer's rows are not built when that
//! layer is linear: a constraint `Σ b_j Y_j + … ≥ 0` is one row over the last hidden layer, with the weights `Σ b_j W_j`.
//!
//! An output's noise counts the same in every constraint that it occurs in. Where no output occurs twice, each constraint
//! has a noise of its own and the radii `Σ |b_j| r_j`, since the noises of its outputs are independent and so together are
//! one; otherwise each output has its own noise `s_j`, which the constraints share, and adds `b_j·s_j·ρ_j(h)` to their rows.
//!
//! The problem has every constraint as an atom, so that each cuts the box, and the least slack as its objective, so that a
//! search knows which way to go: a point of non-negative objective is a solution, and there is none elsewhere.

use super::moved::Mover;
use super::radii::{Radii, Reach};
use super::{activate, declare_inputs, parameter, within};
use crate::network::{Activation, Layer, Network, NetworkError};
use crate::perturbation::Perturbation;
use crate::property::Constraint;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::bounds;
use deltasat::op::Op;
use deltasat::problem::{Compiled, Problem, Sort};

/// What a noise variable moves.
#[derive(Clone)]
enum Noise {
    /// the parameters of one neuron
    Neuron { layer: usize, neuron: usize },
    /// the parameters of these neurons of the last layer, each in the direction of its sign
    Outputs(Vec<(usize, f64)>),
}

/// A case as a compiled problem, and the way back from its points to networks.
pub struct Posed<'a> {
    network: &'a Network,
    mover: Mover<'a>,
    noises: Vec<Noise>,
    /// the problem; its variables are the inputs, then the noises. Without constraints it has no objective
    pub compiled: Compiled,
}

/// All layers below the outputs over a box of inputs, to which the constraints of any case over that box are added.
pub struct Body<'a> {
    perturbation: &'a Perturbation,
    encoder: Encoder<'a>,
}

impl<'a> Body<'a> {
    /// Encodes the hidden layers over a box of inputs, one interval per input of the network.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        let mut problem = Problem::default();
        let inputs = declare_inputs(&mut problem, network, domain);
        let reach = Reach::new(network, perturbation);
        let mut encoder = Encoder { network, reach, problem, hidden: inputs.clone(), inputs, noises: Vec::new() };
        encoder.round(0);
        for layer in 0..encoder.last() {
            encoder.hide(layer, budget)?;
        }
        Ok(Body { perturbation, encoder })
    }

    /// The problem of some constraints.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn pose(&self, constraints: &[Constraint], budget: &Budget) -> Result<Posed<'a>, StopReason> {
        let mut encoder = self.encoder.clone();
        let slacks = encoder.slacks(constraints, budget)?;
        let Encoder { network, mut problem, noises, .. } = encoder;
        let relation = |constraint: &Constraint| if constraint.strict { Relation::Gt } else { Relation::Ge };
        let atoms = slacks.iter().zip(constraints).map(|(&slack, c)| Formula::atom(slack, relation(c)));
        problem.constraint = Formula::and(atoms);
        problem.objective = least(&mut problem, slacks);
        let compiled = problem.compile_within(budget)?;
        Ok(Posed { network, mover: Mover::new(network, self.perturbation), noises, compiled })
    }
}

impl Posed<'_> {
    /// The parameters that a point of the problem stands for: a network of doubles within the exact box.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn perturbed_network(&self, point: &[f64]) -> Result<Network, NetworkError> {
        let (input, directions) = point.split_at(self.network.input().count());
        let mut moves = self.mover.at_rest();
        let last = moves.len() - 1;
        for (noise, &s) in self.noises.iter().zip(directions) {
            match noise {
                Noise::Neuron { layer, neuron } => moves[*layer][*neuron] = s,
                Noise::Outputs(neurons) => neurons.iter().for_each(|&(neuron, sign)| moves[last][neuron] = s * sign),
            }
        }
        self.mover.network(input, &moves)
    }
}

/// A problem while it is being built.
#[derive(Clone)]
struct Encoder<'a> {
    network: &'a Network,
    reach: Reach<'a>,
    problem: Problem,
    inputs: Vec<ExprId>,
    /// the operands of the next layer
    hidden: Vec<ExprId>,
    noises: Vec<Noise>,
}

/// The last layer's part of a constraint: coefficients, radii and constants of a row over the last hidden layer.
struct Merged {
    weights: Vec<Constant>,
    bias: Constant,
    /// without shifts, which are in the coefficients already
    radii: Radii,
}

impl<'a> Encoder<'a> {
    fn last(&self) -> usize {
        self.network.layers().len() - 1
    }

    fn layer(&self, layer: usize) -> &'a Layer {
        &self.network.layers()[layer]
    }

    fn noise(&mut self, name: String, of: Noise) -> ExprId {
        self.noises.push(of);
        self.problem.variable(name, bounds(-1.0, 1.0), Sort::Noise)
    }

    /// The noise of a neuron, where it moves.
    fn neuron_noise(&mut self, layer: usize, neuron: usize, radii: &Radii) -> Option<ExprId> {
        let name = format!("s_{layer}_{neuron}");
        (!radii.are_zero()).then(|| self.noise(name, Noise::Neuron { layer, neuron }))
    }

    /// The outputs of a layer, made kind by kind so that the operands of the next layer's rows are neighbours.
    fn outputs(&mut self, index: usize, budget: &Budget) -> Result<Vec<ExprId>, StopReason> {
        let layer = self.layer(index);
        let radii = (0..layer.outputs()).map(|neuron| within(budget, || self.reach.radii(index, neuron)));
        let radii: Vec<Radii> = radii.collect::<Result<_, _>>()?;
        let noise: Vec<_> = radii.iter().enumerate().map(|(i, radii)| self.neuron_noise(index, i, radii)).collect();
        let mut z = |i: usize| {
            let weights = layer.row(i).iter().zip(&radii[i].weight_shifts).map(|(&w, d)| &parameter(w) + d);
            let bias = &parameter(layer.biases()[i]) + &radii[i].bias_shift;
            let Some(s) = noise[i] else {
                return self.problem.graph.linear(weights.zip(self.hidden.iter().copied()), bias);
            };
            let terms: Vec<_> =
                weights.zip(&radii[i].weights).zip(&self.hidden).map(|((a, r), &h)| (a, r.clone(), h)).collect();
            self.problem.graph.noise(s, terms, bias, radii[i].bias.clone())
        };
        let z: Vec<ExprId> = (0..layer.outputs()).map(|i| within(budget, || z(i))).collect::<Result<_, _>>()?;
        Ok(z.into_iter().map(|z| activate(&mut self.problem, layer.activation(), z)).collect())
    }

    fn hide(&mut self, index: usize, budget: &Budget) -> Result<(), StopReason> {
        self.hidden = self.outputs(index, budget)?;
        self.round(index + 1);
        Ok(())
    }

    /// Rounds the tensor that was just made, where that is wanted.
    fn round(&mut self, tensor: usize) {
        let Some(rounded) = self.reach.rounded(tensor) else { return };
        self.hidden = rounded.values(&mut self.problem.graph, &self.hidden);
    }

    /// One expression for the slack of each constraint.
    fn slacks(&mut self, constraints: &[Constraint], budget: &Budget) -> Result<Vec<ExprId>, StopReason> {
        let last = self.last();
        if self.layer(last).activation() != Activation::Linear {
            let outputs =
                if constraints.iter().all(|c| c.outputs.is_empty()) { Vec::new() } else { self.outputs(last, budget)? };
            let slacks = constraints
                .iter()
                .map(|c| {
                    let by_outputs = c.outputs.iter().map(|(j, b)| (Constant::from_rational(b.clone()), outputs[*j]));
                    let terms: Vec<_> = by_outputs.chain(self.input_terms(c)).collect();
                    self.problem.graph.linear(terms, Constant::from_rational(c.constant.clone()))
                })
                .collect();
            return Ok(slacks);
        }
        let mut uses = vec![0usize; self.layer(last).outputs()];
        constraints.iter().flat_map(|c| &c.outputs).for_each(|&(j, _)| uses[j] += 1);
        if uses.iter().all(|&uses| uses <= 1) {
            return constraints.iter().enumerate().map(|(k, c)| within(budget, || self.own_noise(k, c))).collect();
        }
        // what each output's own noise adds to it
        let moved: Vec<Option<ExprId>> =
            (0..uses.len()).map(|j| if uses[j] > 0 { self.moved_output(j) } else { None }).collect();
        constraints.iter().map(|c| within(budget, || self.shared_noises(c, &moved))).collect()
    }

    fn input_terms<'t>(&'t self, constraint: &'t Constraint) -> impl Iterator<Item = (Constant, ExprId)> + 't {
        constraint.inputs.iter().map(|(i, a)| (Constant::from_rational(a.clone()), self.inputs[*i]))
    }

    fn merge(&self, constraint: &Constraint) -> Merged {
        let last = self.last();
        let layer = self.layer(last);
        let mut merged = Merged {
            weights: vec![Constant::ZERO; layer.inputs()],
            bias: Constant::from_rational(constraint.constant.clone()),
            radii: Radii::still(layer.inputs()),
        };
        for (j, b) in &constraint.outputs {
            let b = Constant::from_rational(b.clone());
            for (sum, &w) in merged.weights.iter_mut().zip(layer.row(*j)) {
                *sum = &*sum + &(&b * &parameter(w));
            }
            merged.bias = &merged.bias + &(&b * &parameter(layer.biases()[*j]));
            merged.radii.add(&b, &self.reach.radii(last, *j));
        }
        for (sum, d) in merged.weights.iter_mut().zip(&mut merged.radii.weight_shifts) {
            *sum = &*sum + &std::mem::replace(d, Constant::ZERO);
        }
        merged.bias = &merged.bias + &std::mem::replace(&mut merged.radii.bias_shift, Constant::ZERO);
        merged
    }

    /// A constraint whose outputs occur in no other, as one row with one noise.
    fn own_noise(&mut self, number: usize, constraint: &Constraint) -> ExprId {
        let Merged { weights, bias, radii } = self.merge(constraint);
        let by_hidden = weights.into_iter().zip(radii.weights.iter().cloned()).zip(&self.hidden);
        let mut terms: Vec<(Constant, Constant, ExprId)> = by_hidden.map(|((a, r), &h)| (a, r, h)).collect();
        for (a, x) in self.input_terms(constraint).collect::<Vec<_>>() {
            // without hidden layers the operands are the inputs: each of them once, or the row is not exact
            match terms.iter_mut().find(|(_, _, h)| *h == x) {
                Some((sum, _, _)) => *sum = &*sum + &a,
                None => terms.push((a, Constant::ZERO, x)),
            }
        }
        if radii.are_zero() {
            return self.problem.graph.linear(terms.into_iter().map(|(a, _, x)| (a, x)), bias);
        }
        let signs = constraint.outputs.iter().map(|(j, b)| (*j, if *b < Rational::default() { -1.0 } else { 1.0 }));
        let s = self.noise(format!("s_out_{number}"), Noise::Outputs(signs.collect()));
        self.problem.graph.noise(s, terms, bias, radii.bias)
    }

    /// `s_j·ρ_j(h)`, where output `j` moves.
    fn moved_output(&mut self, output: usize) -> Option<ExprId> {
        let last = self.last();
        let radii = self.reach.radii(last, output);
        let s = self.neuron_noise(last, output, &radii)?;
        let terms: Vec<_> =
            radii.weights.iter().zip(&self.hidden).map(|(r, &h)| (Constant::ZERO, r.clone(), h)).collect();
        Some(self.problem.graph.noise(s, terms, Constant::ZERO, radii.bias))
    }

    /// A constraint as one row and the moves of its outputs.
    fn shared_noises(&mut self, constraint: &Constraint, moved: &[Option<ExprId>]) -> ExprId {
        let Merged { weights, bias, .. } = self.merge(constraint);
        let by_hidden = weights.into_iter().zip(self.hidden.iter().copied());
        let by_moves =
            constraint.outputs.iter().filter_map(|(j, b)| Some((Constant::from_rational(b.clone()), moved[*j]?)));
        let terms: Vec<_> = by_hidden.chain(by_moves).chain(self.input_terms(constraint)).collect();
        self.problem.graph.linear(terms, bias)
    }
}

/// The least of some expressions.
fn least(problem: &mut Problem, expressions: Vec<ExprId>) -> Option<ExprId> {
    expressions.into_iter().reduce(|a, b| problem.graph.apply(Op::Min, [a, b]))
}
