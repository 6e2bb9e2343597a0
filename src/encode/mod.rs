//! Questions about networks as `deltasat` problems.
//!
//! * [`eliminated`]: the parameters are eliminated exactly; one noise variable per neuron, increments carried beside the
//!   values (design.md §2);
//! * [`literal`]: every parameter is a variable, as in Murthy, Das and Islam (2019);
//! * [`twin`]: what both offer to a question;
//! * [`question`]: what is asked of either;
//! * [`difference`]: two networks that share their inputs alone;
//! * [`property`]: a property of inputs and outputs, asked of a network or of all its perturbed copies;
//! * [`smtlib`]: a question with a threshold as SMT-LIB text, for other solvers.
//!
//! Invariant: nothing here knows how a box is searched.

mod activation;
pub mod difference;
pub mod eliminated;
pub mod literal;
mod moved;
pub mod property;
pub mod question;
mod radii;
mod rounded;
pub mod smtlib;
pub mod twin;

use crate::network::{Activation, Layer, Network, Output};
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::op::coefficients::Coefficients;
use deltasat::problem::{Problem, Sort};

/// The constant that a parameter is; parameters are finite by construction of [`Network`].
pub(crate) fn parameter(value: f64) -> Constant {
    Constant::from_f64(value).unwrap_or(Constant::ZERO)
}

/// Declares the inputs of a network over a box.
pub(crate) fn declare_inputs(problem: &mut Problem, network: &Network, domain: &[(Rational, Rational)]) -> Vec<ExprId> {
    network
        .input()
        .names()
        .iter()
        .zip(domain)
        .map(|(name, (lower, upper))| {
            let interval =
                deltasat::interval::decimal::enclose(lower).convex_hull(deltasat::interval::decimal::enclose(upper));
            problem.variable(name.clone(), interval, Sort::Real)
        })
        .collect()
}

/// The activation of an expression.
pub(crate) fn activate(problem: &mut Problem, activation: Activation, z: ExprId) -> ExprId {
    activate_all(problem, activation, vec![z])[0]
}

/// The activations of the numbers of a layer.
pub(crate) fn activate_all(problem: &mut Problem, activation: Activation, z: Vec<ExprId>) -> Vec<ExprId> {
    activation::activate(&mut problem.graph, activation, z)
}

/// Does a part of an encoding that takes long enough to look at the limits before it.
pub(crate) fn within<T>(budget: &Budget, part: impl FnOnce() -> T) -> Result<T, StopReason> {
    budget.stopped().map_or_else(|| Ok(part()), Err)
}

/// The weights of a neuron, shared with the network.
pub(crate) fn weights(layer: &Layer, neuron: usize) -> Coefficients {
    let width = layer.inputs();
    Coefficients::doubles(layer.shared_weights(), neuron * width..(neuron + 1) * width)
}

/// `Σ a_j x_j + b`, zero coefficients left out.
pub(crate) fn row(problem: &mut Problem, weights: &[f64], x: &[ExprId], bias: f64) -> ExprId {
    let terms: Vec<_> = weights.iter().zip(x).map(|(&w, &x)| (parameter(w), x)).collect();
    problem.graph.linear(terms, parameter(bias))
}

/// The number of classes that confidences are about: two for a sigmoid output.
pub fn class_count(network: &Network) -> usize {
    match network.output() {
        Output::Sigmoid => 2,
        Output::Softmax | Output::None => network.logit_count(),
    }
}
