//! What is asked of a network and its perturbed copy, as an objective to maximise.

use super::eliminated::{Eliminated, NoiseOf, Twin};
use crate::network::{Network, NetworkError, Output, Parameter};
use crate::perturbation::Perturbation;
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{self, decimal, point};
use deltasat::op::{Incremented, Op};
use deltasat::problem::Compiled;
use num_traits::{One, Signed, Zero};
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

/// One row of parameters.
pub(super) struct Row {
    pub(super) weights: Vec<f64>,
    pub(super) bias: f64,
}

/// A question as a compiled problem, and the way back from its points to networks.
pub struct Encoded<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    noises: Vec<NoiseOf>,
    /// the ends of each parameter's interval, computed when they are first needed
    ends: OnceLock<Vec<Ends>>,
    /// the problem; its variables are the inputs, then the noises
    pub compiled: Compiled,
}

impl<'a> Encoded<'a> {
    /// Encodes a question over a box of inputs, with the parameters eliminated.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        question: &Question,
    ) -> Self {
        let mut encoded = Eliminated::new(network, perturbation, domain);
        let (objective, constraint) = pose(&mut encoded, question);
        encoded.problem.objective = Some(objective);
        encoded.problem.constraint = constraint;
        Encoded {
            network,
            perturbation,
            noises: encoded.noises,
            ends: OnceLock::new(),
            compiled: encoded.problem.compile(),
        }
    }

    /// Lets the inputs range over all reals, for questions whose inputs are fixed at the root of each search.
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
        let inputs = self.network.input().count();
        let mut moves: Vec<Vec<f64>> = self.network.layers().iter().map(|layer| vec![0.0; layer.outputs()]).collect();
        let last = moves.len() - 1;
        for (&of, &s) in self.noises.iter().zip(&point[inputs..]) {
            match of {
                NoiseOf::Neuron { layer, neuron } => moves[layer][neuron] = s,
                NoiseOf::Difference { plus, minus } => {
                    moves[last][plus] = s;
                    moves[last][minus] = -s;
                }
            }
        }
        self.moved_network(&point[..inputs], &moves)
    }

    /// The network that is perturbed.
    pub(super) fn network(&self) -> &'a Network {
        self.network
    }

    /// One row of a layer whose noise is `s` at the operands `h`: `s·r·sgn(h)` is added to the weights, `s·r` to the bias.
    pub(super) fn row(&self, layer: usize, row: usize, h: &[f64], s: f64) -> Row {
        let (ends, layer) = (&self.ends.get_or_init(|| self.ends())[layer], &self.network.layers()[layer]);
        let row_ends = &ends.weights[row * layer.inputs()..(row + 1) * layer.inputs()];
        let weights = layer.row(row).iter().zip(row_ends).zip(h);
        Row {
            weights: weights.map(|((&w, &ends), &h)| moved(w, ends, if h < 0.0 { -s } else { s })).collect(),
            bias: moved(layer.biases()[row], ends.biases[row], s),
        }
    }

    /// The network at `x` whose neurons have the noises `moves`, one entry per neuron of each layer: a layer's signs
    /// are those of the perturbed network's own values.
    pub(super) fn moved_network(&self, x: &[f64], moves: &[Vec<f64>]) -> Result<Network, NetworkError> {
        let mut h = x.to_vec();
        let mut parameters: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        for (index, (layer, moves)) in self.network.layers().iter().zip(moves).enumerate() {
            let mut weights = Vec::with_capacity(layer.weights().len());
            let mut biases = Vec::with_capacity(layer.outputs());
            let mut next = Vec::with_capacity(layer.outputs());
            for (row, &s) in moves.iter().enumerate() {
                let row = self.row(index, row, &h, s);
                let z = row.bias + row.weights.iter().zip(&h).map(|(w, h)| w * h).sum::<f64>();
                next.push(layer.activation().evaluate(z));
                weights.extend_from_slice(&row.weights);
                biases.push(row.bias);
            }
            h = next;
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

/// The objective and the constraint of a question.
fn pose(encoded: &mut Eliminated<'_>, question: &Question) -> (ExprId, Formula) {
    match question {
        Question::Deviation { class, where_assigned } => deviation(encoded, *class, *where_assigned),
        Question::Flip { class, against, guard } => flip(encoded, *class, *against, guard.as_ref()),
    }
}

fn deviation(encoded: &mut Eliminated<'_>, class: usize, where_assigned: bool) -> (ExprId, Formula) {
    let network_output = output(encoded);
    if network_output == Output::None {
        let logit = encoded.logit(class);
        return (encoded.problem.graph.apply(Op::Abs, [logit.increment]), Formula::TRUE);
    }
    let margins = margins(encoded, class);
    let confidence = encoded.soft_minimum(&margins);
    let graph = &mut encoded.problem.graph;
    let change = graph.increment(Incremented::Sigmoid, confidence.nominal, confidence.increment);
    let objective = graph.apply(Op::Abs, [change]);
    // with two classes the deviation is the same for both
    let constraint = if where_assigned && margins.len() > 1 { assigned(&margins) } else { Formula::TRUE };
    (objective, constraint)
}

fn flip(encoded: &mut Eliminated<'_>, class: usize, against: usize, guard: Option<&Rational>) -> (ExprId, Formula) {
    let Some(guard) = guard else {
        let margin = match output(encoded) {
            Output::Sigmoid => margins(encoded, class)[0],
            Output::Softmax | Output::None => encoded.difference(class, against),
        };
        return (encoded.problem.graph.neg(margin.perturbed), Formula::TRUE);
    };
    let margins = margins(encoded, class);
    let position = if output(encoded) == Output::Sigmoid { 0 } else { against - usize::from(against > class) };
    let objective = encoded.problem.graph.neg(margins[position].perturbed);
    let mut constraint = vec![assigned(&margins)];
    if output(encoded) != Output::None && guard.is_positive() {
        let confidence = encoded.soft_minimum(&margins);
        let level = logit_below(guard);
        let graph = &mut encoded.problem.graph;
        let above = graph.linear([(Constant::ONE, confidence.nominal)], -&level);
        constraint.push(Formula::atom(above, Relation::Ge));
    }
    (objective, Formula::and(constraint))
}

fn output(encoded: &Eliminated<'_>) -> Output {
    encoded.network().output()
}

/// The margins of a class over the others; for a sigmoid output the logit or its negation.
fn margins(encoded: &mut Eliminated<'_>, class: usize) -> Vec<Twin> {
    if output(encoded) != Output::Sigmoid {
        return encoded.margins(class);
    }
    let logit = encoded.logit(0);
    if class == 1 {
        return vec![logit];
    }
    let graph = &mut encoded.problem.graph;
    vec![Twin {
        nominal: graph.neg(logit.nominal),
        increment: graph.neg(logit.increment),
        perturbed: graph.neg(logit.perturbed),
    }]
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
