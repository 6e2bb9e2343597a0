//! Rounded activations in a problem: clipped to the ends of their grid, and moved by a noise of half a step.
//!
//! With a step of `2η`, a ReLU or linear neuron's stored output `q`, the grid's number nearest to `clip(a(z))`, is
//! `clip(a(z + s·η))` for some `s ∈ [−1, 1]`: where `a(z)` is beyond an end of the grid take `s = 0`; else `q` differs from
//! `a(z)` by at most `η`, so `s = (q − z)/η` serves while that is at least −1, and otherwise `z < 0`, and a ReLU's `q = 0` is
//! that of `s = −1` too. So the rounding counts as if the bias moved by `η` more, and shares the neuron's noise ([`Rounded::inside`]). Inputs and the
//! outputs of curved activations have a noise of their own, after the clipping.

use super::twin::Twin;
use crate::network::Activation;
use crate::perturbation::activations::Activations;
use deltasat::exact::Constant;
use deltasat::expr::{ExprId, Graph};
use deltasat::op::Op;

/// How one tensor is rounded.
pub(super) struct Rounded {
    least: Constant,
    greatest: Constant,
    half_step: Constant,
    /// the activation that the numbers come from; `None` for inputs
    activation: Option<Activation>,
}

impl Rounded {
    /// How a tensor is rounded; `None` where it is not.
    pub(super) fn of(activations: Option<&Activations>, tensor: usize, activation: Option<Activation>) -> Option<Self> {
        let activations = activations?;
        let ((least, greatest), half_step) = (activations.ends(tensor)?, activations.half_step(tensor)?);
        Some(Rounded { least, greatest, half_step, activation })
    }

    /// Whether an activation takes the noise of the rounding of its outputs into its argument.
    pub(super) fn inside(activation: Activation) -> bool {
        matches!(activation, Activation::Relu | Activation::Linear)
    }

    /// Whether a number needs a noise variable of its own.
    pub(super) fn needs_noise(&self) -> bool {
        !self.activation.is_some_and(Self::inside)
    }

    /// Whether a number can lie below the least one: what a ReLU gives cannot, since zero is in every range.
    fn clips_below(&self) -> bool {
        self.activation != Some(Activation::Relu)
    }

    /// The number as it is stored, its noise being `s` where it needs one.
    pub(super) fn value(&self, graph: &mut Graph, x: ExprId, s: Option<ExprId>) -> ExprId {
        let greatest = graph.constant(self.greatest.clone());
        let mut clipped = graph.apply(Op::Min, [x, greatest]);
        if self.clips_below() {
            let least = graph.constant(self.least.clone());
            clipped = graph.apply(Op::Max, [clipped, least]);
        }
        match s {
            None => clipped,
            Some(s) => {
                graph.noise(s, [(Constant::ONE, Constant::ZERO, clipped)], Constant::ZERO, self.half_step.clone())
            }
        }
    }

    /// The number as it is stored, in the perturbed copy alone.
    pub(super) fn twin(&self, graph: &mut Graph, x: Twin, s: Option<ExprId>) -> Twin {
        let (change, perturbed) = (self.change(graph, x.perturbed, s), self.value(graph, x.perturbed, s));
        let (sum, apart) = (graph.add(x.increment, change), graph.sub(perturbed, x.nominal));
        Twin { nominal: x.nominal, increment: graph.meet(sum, apart), perturbed }
    }

    /// The argument of an activation that takes the rounding of its output into it, and how much that adds.
    pub(super) fn argument(&self, graph: &mut Graph, z: ExprId, s: ExprId) -> (ExprId, ExprId) {
        let moved = [(Constant::ONE, Constant::ZERO, z)];
        let value = graph.noise(s, moved, Constant::ZERO, self.half_step.clone());
        (value, graph.linear([(self.half_step.clone(), s)], Constant::ZERO))
    }

    /// What storing the number adds to it.
    fn change(&self, graph: &mut Graph, x: ExprId, s: Option<ExprId>) -> ExprId {
        let minus = || -&Constant::ONE;
        let excess = graph.linear([(Constant::ONE, x)], -&self.greatest);
        let mut terms = vec![(minus(), graph.apply(Op::Relu, [excess]))];
        if self.clips_below() {
            let lack = graph.linear([(minus(), x)], self.least.clone());
            terms.push((Constant::ONE, graph.apply(Op::Relu, [lack])));
        }
        if let Some(s) = s {
            terms.push((self.half_step.clone(), s));
        }
        graph.linear(terms, Constant::ZERO)
    }
}
