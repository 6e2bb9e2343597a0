//! The literal encoding of Murthy, Das and Islam (2019): every parameter is a variable that ranges over `[θ − r, θ + r]`,
//! and the network is written down twice, once with its trained parameters and once with the variables.
//!
//! Nothing is eliminated and nothing is carried from one copy to the other, so each box of a search is bounded as the
//! paper's solver would bound it. It is here to compare with: the [eliminated](super::eliminated) encoding asks the same
//! question with a variable per neuron.
//!
//! A parameter of radius 0 stays a constant, and so does an input whose domain is one point (its variable is declared all
//! the same, so that the variables always are the inputs, then the parameters). The output rows of two logits are merged
//! weight by weight, `(w'_p − w'_m)·h'`, as the eliminated encoding merges them.

use super::twin::{Twin, Twins, difference_of_rows};
use super::{activate, activate_all, declare_inputs, row};
use crate::network::{Activation, Layer, Network, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::{Constant, Rational};
use deltasat::expr::{ExprId, Graph};
use deltasat::interval::decimal;
use deltasat::op::Op;
use deltasat::problem::{Problem, Sort};
use num_traits::Zero;

/// A network and its perturbed copy up to the last hidden layer, all parameters variables.
pub struct Literal<'a> {
    network: &'a Network,
    /// the problem being built
    pub problem: Problem,
    /// which parameter each variable after the inputs is
    pub parameters: Vec<(usize, Parameter)>,
    /// the perturbed parameters of every layer
    layers: Vec<Perturbed>,
    /// the operands of the last layer in the trained network
    nominal: Vec<ExprId>,
    /// the operands of the last layer in the perturbed network
    perturbed: Vec<ExprId>,
}

/// The parameters of a layer as expressions: variables, or constants where the radius is 0.
struct Perturbed {
    /// row by row
    weights: Vec<Vec<ExprId>>,
    biases: Vec<ExprId>,
}

impl<'a> Literal<'a> {
    /// Encodes all layers but the last over a box of inputs.
    pub fn new(network: &'a Network, perturbation: &Perturbation, domain: &[(Rational, Rational)]) -> Self {
        let mut problem = Problem::default();
        let variables = declare_inputs(&mut problem, network, domain);
        let mut constant = |x: &Rational| problem.graph.constant(Constant::from_rational(x.clone()));
        let inputs: Vec<ExprId> = variables
            .into_iter()
            .zip(domain)
            .map(|(variable, (lower, upper))| if lower == upper { constant(lower) } else { variable })
            .collect();
        let mut literal = Literal {
            network,
            problem,
            parameters: Vec::new(),
            layers: Vec::new(),
            nominal: inputs.clone(),
            perturbed: inputs,
        };
        for index in 0..network.layers().len() {
            let layer = literal.perturb(perturbation, index);
            literal.layers.push(layer);
        }
        for index in 0..network.layers().len() - 1 {
            literal.hide(index);
        }
        // the operands of the last layer alone
        let operands = network.wired(network.layers().len() - 1).first_patch();
        let of = |values: &[ExprId]| operands.iter().map(|&value| values[value]).collect();
        (literal.nominal, literal.perturbed) = (of(&literal.nominal), of(&literal.perturbed));
        literal
    }

    fn perturb(&mut self, perturbation: &Perturbation, index: usize) -> Perturbed {
        let layer = &self.network.layers()[index];
        let weights = (0..layer.row_count()).map(|row| {
            (0..layer.inputs()).map(|col| self.declare(perturbation, index, Parameter::Weight { row, col })).collect()
        });
        let weights = weights.collect();
        let biases = (0..layer.row_count()).map(|row| self.declare(perturbation, index, Parameter::Bias { row }));
        Perturbed { weights, biases: biases.collect() }
    }

    /// A parameter: a variable, or a constant where it does not move.
    fn declare(&mut self, perturbation: &Perturbation, layer: usize, place: Parameter) -> ExprId {
        let centre = perturbation.centre(self.network, layer, place);
        let radius = perturbation.radius(self.network, layer, place);
        if radius.is_zero() {
            return self.problem.graph.constant(Constant::from_rational(centre));
        }
        let domain = decimal::enclose(&(&centre - &radius)).convex_hull(decimal::enclose(&(centre + radius)));
        let name = match place {
            Parameter::Weight { row, col } => format!("w_{layer}_{row}_{col}"),
            Parameter::Bias { row } => format!("b_{layer}_{row}"),
        };
        self.parameters.push((layer, place));
        self.problem.variable(name, domain, Sort::Noise)
    }

    /// Encodes the next layer in both copies.
    fn hide(&mut self, index: usize) {
        let layer = &self.network.layers()[index];
        let (activation, wired) = (layer.activation(), self.network.wired(index));
        let zero = self.problem.graph.constant(Constant::ZERO);
        let problem = &mut self.problem;
        let z = wired.map(&self.nominal, &zero, |weights, bias, h| row(problem, weights, h, bias));
        self.nominal.extend(activate_all(problem, activation, z));
        let patches = wired.patches(&self.perturbed, &zero);
        let neuron = |i: usize| {
            let (row, patch) = layer.neuron(i);
            let Perturbed { weights, biases } = &self.layers[index];
            products(&mut self.problem.graph, &weights[row], &patches[patch], biases[row])
        };
        let z = (0..layer.outputs()).map(neuron).collect();
        self.perturbed.extend(activate_all(&mut self.problem, activation, z));
    }

    /// `Σ w'_j h'_j + b'` of a row of the last layer.
    fn perturbed_row(&mut self, neuron: usize) -> ExprId {
        let Perturbed { weights, biases } = &self.layers[self.layers.len() - 1];
        products(&mut self.problem.graph, &weights[neuron], &self.perturbed, biases[neuron])
    }

    fn last(&self) -> &'a Layer {
        &self.network.layers()[self.network.layers().len() - 1]
    }

    fn twin(&mut self, nominal: ExprId, perturbed: ExprId) -> Twin {
        Twin { nominal, increment: self.problem.graph.sub(perturbed, nominal), perturbed }
    }
}

impl Twins for Literal<'_> {
    fn network(&self) -> &Network {
        self.network
    }

    fn graph(&mut self) -> &mut Graph {
        &mut self.problem.graph
    }

    fn logit(&mut self, neuron: usize) -> Twin {
        let layer = self.last();
        let nominal = row(&mut self.problem, layer.row(neuron), &self.nominal, layer.biases()[neuron]);
        let perturbed = self.perturbed_row(neuron);
        let nominal = activate(&mut self.problem, layer.activation(), nominal);
        let perturbed = activate(&mut self.problem, layer.activation(), perturbed);
        self.twin(nominal, perturbed)
    }

    fn difference(&mut self, plus: usize, minus: usize) -> Twin {
        let layer = self.last();
        if layer.activation() != Activation::Linear {
            let (plus, minus) = (self.logit(plus), self.logit(minus));
            return plus.minus(minus, self.graph());
        }
        let (weights, bias) = difference_of_rows(layer, plus, minus);
        let graph = &mut self.problem.graph;
        let nominal = graph.linear(weights.iter().zip(self.nominal.iter().copied()), bias);
        let moved = &self.layers[self.layers.len() - 1];
        let rows = moved.weights[plus].iter().zip(&moved.weights[minus]);
        let weights: Vec<ExprId> = rows.map(|(&p, &m)| graph.sub(p, m)).collect();
        let bias = graph.sub(moved.biases[plus], moved.biases[minus]);
        let perturbed = products(graph, &weights, &self.perturbed, bias);
        self.twin(nominal, perturbed)
    }

    /// They share the class's parameters.
    fn margins(&mut self, class: usize) -> Vec<Twin> {
        (0..self.network.logit_count()).filter(|&k| k != class).map(|k| self.difference(class, k)).collect()
    }

    /// As the difference of the two confidences.
    fn change_of_sigmoid(&mut self, confidence: Twin) -> ExprId {
        let graph = &mut self.problem.graph;
        let perturbed = graph.apply(Op::Sigmoid, [confidence.perturbed]);
        let nominal = graph.apply(Op::Sigmoid, [confidence.nominal]);
        graph.sub(perturbed, nominal)
    }
}

/// `Σ w_j h_j + b`
fn products(graph: &mut Graph, weights: &[ExprId], h: &[ExprId], bias: ExprId) -> ExprId {
    let mut terms: Vec<_> = weights.iter().zip(h).map(|(&w, &h)| (Constant::ONE, graph.mul(w, h))).collect();
    terms.push((Constant::ONE, bias));
    graph.linear(terms, Constant::ZERO)
}
