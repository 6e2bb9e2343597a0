//! What is asked of a network and its perturbed copy, as an objective to maximise.

use super::eliminated::{Eliminated, NoiseOf};
use super::literal::Literal;
use super::twin::{Twin, Twins};
use crate::network::{Network, NetworkError, Output, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{self, decimal, point};
use deltasat::op::Op;
use deltasat::problem::{Compiled, Problem};
use num_traits::{One, Signed, Zero};
use std::collections::HashMap;
use std::sync::OnceLock;

/// A question about one class; its answer is the supremum of an objective.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// the largest `|c(x, θ') − c(x, θ)|` of the class's confidence
    Deviation {
        /// whose confidence
        class: usize,
        /// only where the trained network assigns this class
        where_assigned: bool,
    },
    /// the largest `logit_against − logit_class` in the perturbed network: positive where the class changes to `against`
    Flip {
        /// the class that the trained network assigns
        class: usize,
        /// the class it may change to
        against: usize,
        /// only where the trained network assigns the class, with at least this confidence; `None` at a fixed input,
        /// where that is known
        guard: Option<Rational>,
    },
}

/// The least and the greatest double that each parameter of a layer may be.
struct Ends {
    weights: Vec<(f64, f64)>,
    biases: Vec<(f64, f64)>,
}

/// A question as a compiled problem, and the way back from its points to networks.
pub struct Encoded<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    moves: Moves,
    /// the ends of each parameter's interval, computed when they are first needed
    ends: OnceLock<Vec<Ends>>,
    /// the problem; its variables are the inputs, then the noises or the parameters
    pub compiled: Compiled,
}

/// What the variables after the inputs stand for.
enum Moves {
    Noises(Vec<NoiseOf>),
    Parameters(Vec<(usize, Parameter)>),
}

impl<'a> Encoded<'a> {
    /// Encodes a question over a box of inputs, with the parameters eliminated.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        question: &Question,
    ) -> Self {
        let mut twins = Eliminated::new(network, perturbation, domain);
        let (objective, constraint) = pose(&mut twins, question);
        let moves = Moves::Noises(twins.noises);
        let compiled = compile(twins.problem, objective, constraint);
        Encoded { network, perturbation, moves, ends: OnceLock::new(), compiled }
    }

    /// Encodes a question over a box of inputs, with every parameter a variable.
    pub fn literal(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        question: &Question,
    ) -> Self {
        let mut twins = Literal::new(network, perturbation, domain);
        let (objective, constraint) = pose(&mut twins, question);
        let moves = Moves::Parameters(twins.parameters);
        let compiled = compile(twins.problem, objective, constraint);
        Encoded { network, perturbation, moves, ends: OnceLock::new(), compiled }
    }

    /// Lets the inputs range over all reals, for questions whose inputs are fixed at the root of each search. Only for
    /// inputs that are variables: the literal encoding makes a fixed input a constant.
    pub fn free_inputs(&mut self) {
        for variable in &mut self.compiled.problem.variables[..self.network.input().count()] {
            variable.domain = deltasat::interval::Interval::ENTIRE;
        }
    }

    /// The parameters that a point of the problem stands for: a network within the box around the trained one (its
    /// parameters are doubles inside the exact box).
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn perturbed_network(&self, point: &[f64]) -> Result<Network, NetworkError> {
        let (input, moves) = point.split_at(self.network.input().count());
        match &self.moves {
            Moves::Noises(noises) => self.moved_by_noises(input, noises, moves),
            Moves::Parameters(parameters) => {
                let values: HashMap<_, _> = parameters.iter().zip(moves).collect();
                self.network.with_parameters(|layer, parameter, value| match values.get(&(layer, parameter)) {
                    None => value,
                    Some(&&moved) => {
                        let (least, greatest) = self.perturbation.inner_bounds(self.network, layer, parameter);
                        moved.clamp(least, greatest)
                    }
                })
            }
        }
    }

    fn moved_by_noises(&self, input: &[f64], noises: &[NoiseOf], directions: &[f64]) -> Result<Network, NetworkError> {
        let mut moves: Vec<Vec<f64>> = self.network.layers().iter().map(|layer| vec![0.0; layer.outputs()]).collect();
        let last = moves.len() - 1;
        for (&of, &s) in noises.iter().zip(directions) {
            match of {
                NoiseOf::Neuron { layer, neuron } => moves[layer][neuron] = s,
                NoiseOf::Difference { plus, minus } => {
                    moves[last][plus] = s;
                    moves[last][minus] = -s;
                }
            }
        }
        // s·r·sgn(h') needs the perturbed network's own values, layer by layer
        let mut h = input.to_vec();
        let mut parameters: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let ends = self.ends.get_or_init(|| self.ends());
        for ((layer, ends), moves) in self.network.layers().iter().zip(ends).zip(&moves) {
            let width = layer.inputs();
            let mut weights = Vec::with_capacity(layer.weights().len());
            let mut biases = Vec::with_capacity(layer.outputs());
            for (row, &s) in moves.iter().enumerate() {
                let row_ends = &ends.weights[row * width..(row + 1) * width];
                weights.extend(
                    layer
                        .row(row)
                        .iter()
                        .zip(row_ends)
                        .zip(&h)
                        .map(|((&w, &ends), &h)| moved(w, ends, if h < 0.0 { -s } else { s })),
                );
                biases.push(moved(layer.biases()[row], ends.biases[row], s));
            }
            h = weights
                .chunks_exact(width)
                .zip(&biases)
                .map(|(weights, bias)| {
                    let z = bias + weights.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>();
                    layer.activation().evaluate(z)
                })
                .collect();
            parameters.push((weights, biases));
        }
        self.network.with_parameters(|layer, parameter, _| match parameter {
            Parameter::Weight { row, col } => parameters[layer].0[row * self.network.layers()[layer].inputs() + col],
            Parameter::Bias { row } => parameters[layer].1[row],
        })
    }

    fn ends(&self) -> Vec<Ends> {
        let layers = self.network.layers().iter().enumerate();
        layers
            .map(|(index, layer)| {
                let ends = |parameter| self.perturbation.inner_bounds(self.network, index, parameter);
                let cols = 0..layer.inputs();
                let weights = (0..layer.outputs()).flat_map(|row| cols.clone().map(move |col| (row, col)));
                Ends {
                    weights: weights.map(|(row, col)| ends(Parameter::Weight { row, col })).collect(),
                    biases: (0..layer.outputs()).map(|row| ends(Parameter::Bias { row })).collect(),
                }
            })
            .collect()
    }
}

/// A parameter moved by `s ∈ [−1, 1]` times its radius, as a double between the ends of its interval.
fn moved(value: f64, (least, greatest): (f64, f64), s: f64) -> f64 {
    match s {
        0.0 => value,
        1.0 => greatest,
        -1.0 => least,
        s if s > 0.0 => (value + s * (greatest - value)).clamp(least, greatest),
        s => (value - s * (least - value)).clamp(least, greatest),
    }
}

fn compile(mut problem: Problem, objective: ExprId, constraint: Formula) -> Compiled {
    problem.objective = Some(objective);
    problem.constraint = constraint;
    problem.compile()
}

/// The objective and the constraint of a question, over any encoding.
fn pose(twins: &mut impl Twins, question: &Question) -> (ExprId, Formula) {
    match question {
        Question::Deviation { class, where_assigned } => deviation(twins, *class, *where_assigned),
        Question::Flip { class, against, guard } => flip(twins, *class, *against, guard.as_ref()),
    }
}

fn deviation(twins: &mut impl Twins, class: usize, where_assigned: bool) -> (ExprId, Formula) {
    if twins.network().output() == Output::None {
        let logit = twins.logit(class);
        return (twins.graph().apply(Op::Abs, [logit.increment]), Formula::TRUE);
    }
    let margins = margins(twins, class);
    let confidence = Twin::soft_minimum(&margins, twins.graph());
    let change = twins.change_of_sigmoid(confidence);
    let objective = twins.graph().apply(Op::Abs, [change]);
    // with two classes the deviation is the same for both
    let constraint = if where_assigned && margins.len() > 1 { assigned(&margins) } else { Formula::TRUE };
    (objective, constraint)
}

fn flip(twins: &mut impl Twins, class: usize, against: usize, guard: Option<&Rational>) -> (ExprId, Formula) {
    let output = twins.network().output();
    let Some(guard) = guard else {
        let margin = match output {
            Output::Sigmoid => margins(twins, class)[0],
            Output::Softmax | Output::None => twins.difference(class, against),
        };
        return (twins.graph().neg(margin.perturbed), Formula::TRUE);
    };
    let margins = margins(twins, class);
    let position = if output == Output::Sigmoid { 0 } else { against - usize::from(against > class) };
    let objective = twins.graph().neg(margins[position].perturbed);
    let mut constraint = vec![assigned(&margins)];
    if output != Output::None && guard.is_positive() {
        let confidence = Twin::soft_minimum(&margins, twins.graph());
        let level = logit_below(guard);
        let above = twins.graph().linear([(Constant::ONE, confidence.nominal)], -&level);
        constraint.push(Formula::atom(above, Relation::Ge));
    }
    (objective, Formula::and(constraint))
}

/// The margins of a class over the others; for a sigmoid output the logit or its negation.
fn margins(twins: &mut impl Twins, class: usize) -> Vec<Twin> {
    if twins.network().output() != Output::Sigmoid {
        return twins.margins(class);
    }
    let logit = twins.logit(0);
    vec![if class == 1 { logit } else { logit.negated(twins.graph()) }]
}

/// Where the trained network assigns the class whose margins these are (ties included, the harder question).
fn assigned(margins: &[Twin]) -> Formula {
    Formula::and(margins.iter().map(|m| Formula::atom(m.nominal, Relation::Ge)))
}

/// A double not above `ln(κ/(1−κ))`: a guard no stricter than the one asked for, which makes the question harder.
/// `κ ≥ 1` gives the largest double below infinity.
fn logit_below(guard: &Rational) -> Constant {
    let rest = Rational::one() - guard;
    if !rest.is_positive() {
        return Constant::from_f64(f64::MAX).unwrap_or(Constant::ZERO);
    }
    if guard.is_zero() {
        return Constant::ZERO;
    }
    let logit = interval::ln(decimal::enclose(guard)) - interval::ln(decimal::enclose(&rest));
    let lower = if logit.is_empty() { point(0.0) } else { logit }.inf();
    Constant::from_f64(lower).unwrap_or(Constant::ZERO)
}
