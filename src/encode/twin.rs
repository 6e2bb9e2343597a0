//! What an encoding of a network and its perturbed copy offers to a question.
//!
//! A question never looks at weights: it is posed over logits and their differences, each as a [`Twin`] of both copies.
//! So every encoding answers every question, and two encodings of one question have the same supremum by construction.

use super::activation::{Both, Twofold, activate};
use crate::network::{Activation, Layer, Network};
use deltasat::exact::Constant;
use deltasat::expr::{ExprId, Graph};
use deltasat::op::coefficients::Coefficients;
use deltasat::op::{Incremented, Op};
use deltasat::problem::Problem;

/// A quantity of both networks: its value in the trained one, and what perturbing adds to it.
#[derive(Clone, Copy, Debug)]
pub struct Twin {
    /// `q(x, θ)`
    pub nominal: ExprId,
    /// `q(x, θ') − q(x, θ)`
    pub increment: ExprId,
    /// `q(x, θ')`
    pub perturbed: ExprId,
}

impl Twin {
    /// `self − other`
    pub fn minus(self, other: Twin, graph: &mut Graph) -> Twin {
        Twin {
            nominal: graph.sub(self.nominal, other.nominal),
            increment: graph.sub(self.increment, other.increment),
            perturbed: graph.sub(self.perturbed, other.perturbed),
        }
    }

    /// `−self`
    pub fn negated(self, graph: &mut Graph) -> Twin {
        Twin {
            nominal: graph.neg(self.nominal),
            increment: graph.neg(self.increment),
            perturbed: graph.neg(self.perturbed),
        }
    }

    /// `−ln Σ e^{−m_k}` of margins `logit_class − logit_k`, at least one: the logit of the class's confidence, since
    /// `1/(1 + Σ e^{−m_k}) = σ(−ln Σ e^{−m_k})`.
    pub fn soft_minimum(margins: &[Twin], graph: &mut Graph) -> Twin {
        if let [margin] = margins {
            return *margin;
        }
        let negated: Vec<Twin> = margins.iter().map(|margin| margin.negated(graph)).collect();
        let nominal = graph.apply(Op::LogSumExp, negated.iter().map(|m| m.nominal));
        let perturbed = graph.apply(Op::LogSumExp, negated.iter().map(|m| m.perturbed));
        let operands = negated.iter().map(|m| m.nominal).chain(negated.iter().map(|m| m.increment));
        let increment = graph.apply(Op::Increment(Incremented::LogSumExp), operands);
        Twin { nominal, increment, perturbed }.negated(graph)
    }
}

/// Applies an activation to the trained values, the increments and the perturbed values of a layer.
pub(super) fn activate_twins(
    problem: &mut Problem,
    activation: Activation,
    z: &[ExprId],
    dz: &[ExprId],
    perturbed_z: &[ExprId],
) -> Vec<Twin> {
    let z = Both { nominal: z.to_vec(), increment: dz.to_vec(), perturbed: perturbed_z.to_vec() };
    activate(&mut Twofold(&mut problem.graph), activation, z).twins()
}

/// A network and its perturbed copy over a box of inputs, as expressions.
pub trait Twins {
    /// The network that is encoded.
    fn network(&self) -> &Network;

    /// The expressions.
    fn graph(&mut self) -> &mut Graph;

    /// One logit.
    fn logit(&mut self, neuron: usize) -> Twin;

    /// `logit_plus − logit_minus`, as one merged row where the last layer is linear.
    fn difference(&mut self, plus: usize, minus: usize) -> Twin;

    /// The margins `logit_class − logit_k` for all `k ≠ class`, in ascending order of `k`.
    fn margins(&mut self, class: usize) -> Vec<Twin>;

    /// `σ(perturbed) − σ(nominal)`
    fn change_of_sigmoid(&mut self, confidence: Twin) -> ExprId;
}

/// The weights and the bias of one row minus those of another, exactly.
pub(super) fn difference_of_rows(layer: &Layer, plus: usize, minus: usize) -> (Coefficients, Constant) {
    let weights = super::weights(layer, plus).plus(&-&Constant::ONE, &super::weights(layer, minus));
    let [p, m] = [plus, minus].map(|neuron| super::parameter(layer.biases()[neuron]));
    (weights, &p - &m)
}
