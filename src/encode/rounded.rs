//! Rounded activations in a problem: what is stored of a number is that of the nearest word.
//!
//! A grid stores the number `x` as `s·round(c/s)`, where `s` is the scale and `c` is `x` clipped to the ends of the grid; these
//! are multiples of `s` themselves, so that clipping first changes nothing. `round` is [`Op::Round`], whose ties go to the even
//! integer as those of [`Activations::rounded`] do, before the zero point is added, and so what a problem says at a point is what a kernel computes. Ties are no accident: the products of rounded inputs and
//! weights are multiples of a number themselves, and whole cells of inputs lead to one. A box of an argument that touches a tie has both neighbours in its
//! enclosure.
//!
//! By how much storing changes a number is `s·(round(t) − t)`, `t = c/s`, which as a row of both lets a linear bound cancel
//! `t`, and as [`Op::RoundOff`] is at most half a step over any box; and by what clipping cuts off.
//!
//! All numbers of a tensor are made kind by kind, so that what is alike has neighbouring slots on the tape.

use super::twin::Twin;
use crate::network::{Activation, Grid};
use crate::perturbation::activations::Activations;
use deltasat::exact::Constant;
use deltasat::expr::{ExprId, Graph};
use deltasat::op::Op;

/// How one tensor is rounded.
pub(super) struct Rounded {
    least: Constant,
    greatest: Constant,
    scale: Constant,
    /// `1/scale`
    inverse: Constant,
    /// the activation that the numbers come from; `None` for inputs
    activation: Option<Activation>,
}

/// The numbers of a tensor on their way to being stored.
struct Stored {
    /// `t`, in steps
    steps: Vec<ExprId>,
    /// `round(t)`
    words: Vec<ExprId>,
    values: Vec<ExprId>,
}

impl Rounded {
    /// How a tensor is rounded; `None` where it is not.
    pub(super) fn of(activations: Option<&Activations>, tensor: usize, activation: Option<Activation>) -> Option<Self> {
        let activations = activations?;
        let ((least, greatest), scale) = (activations.ends(tensor)?, activations.step(tensor)?);
        let inverse = Constant::ONE.checked_div(&scale)?;
        Some(Rounded { least, greatest, scale, inverse, activation })
    }

    /// As an activation says.
    pub(super) fn on_grid(grid: Grid) -> Option<Self> {
        let (scale, (least, greatest)) = (Constant::from_f64(grid.scale())?, grid.steps());
        let end = |step: i32| Some(&scale * &Constant::from_f64(f64::from(step))?);
        let inverse = Constant::ONE.checked_div(&scale)?;
        Some(Rounded { least: end(least)?, greatest: end(greatest)?, inverse, scale, activation: None })
    }

    /// Whether a number can lie below the least one: one that is never negative cannot, since zero is in every range.
    fn clips_below(&self) -> bool {
        !self.activation.is_some_and(Activation::is_nonnegative)
    }

    fn store(&self, graph: &mut Graph, x: &[ExprId]) -> Stored {
        let greatest = graph.constant(self.greatest.clone());
        let mut clipped: Vec<ExprId> = x.iter().map(|&x| graph.apply(Op::Min, [x, greatest])).collect();
        if self.clips_below() {
            let least = graph.constant(self.least.clone());
            clipped = clipped.into_iter().map(|x| graph.apply(Op::Max, [x, least])).collect();
        }
        let step = |graph: &mut Graph, &x: &ExprId| graph.linear([(self.inverse.clone(), x)], Constant::ZERO);
        let steps: Vec<ExprId> = clipped.iter().map(|x| step(graph, x)).collect();
        let words: Vec<ExprId> = steps.iter().map(|&t| graph.apply(Op::Round, [t])).collect();
        let values = words.iter().map(|&q| graph.linear([(self.scale.clone(), q)], Constant::ZERO)).collect();
        Stored { steps, words, values }
    }

    /// The numbers of the tensor as they are stored.
    pub(super) fn values(&self, graph: &mut Graph, x: &[ExprId]) -> Vec<ExprId> {
        self.store(graph, x).values
    }

    /// The numbers of the tensor as they are stored, and what storing adds to each: a sum of terms.
    fn stored(&self, graph: &mut Graph, x: &[ExprId]) -> (Vec<ExprId>, Vec<Vec<(Constant, ExprId)>>) {
        let Stored { steps, words, values } = self.store(graph, x);
        let excess: Vec<ExprId> = x.iter().map(|&x| self.beyond(graph, x, &self.greatest, false)).collect();
        let lack: Vec<ExprId> = match self.clips_below() {
            true => x.iter().map(|&x| self.beyond(graph, x, &self.least, true)).collect(),
            false => Vec::new(),
        };
        let added: Vec<ExprId> = steps
            .iter()
            .zip(&words)
            .map(|(&t, &q)| {
                let (by_value, bounded) = (graph.sub(q, t), graph.apply(Op::RoundOff, [t]));
                graph.meet(by_value, bounded)
            })
            .collect();
        let terms = |i: usize| {
            let mut terms = vec![(self.scale.clone(), added[i]), (-&Constant::ONE, excess[i])];
            terms.extend(lack.get(i).map(|&lack| (Constant::ONE, lack)));
            terms
        };
        (values, (0..x.len()).map(terms).collect())
    }

    /// The numbers of the tensor as they are stored in the perturbed copy alone.
    pub(super) fn twins(&self, graph: &mut Graph, x: &[Twin]) -> Vec<Twin> {
        let perturbed: Vec<ExprId> = x.iter().map(|x| x.perturbed).collect();
        let (values, added) = self.stored(graph, &perturbed);
        let sums: Vec<ExprId> = x
            .iter()
            .zip(added)
            .map(|(x, added)| {
                let terms: Vec<_> = [(Constant::ONE, x.increment)].into_iter().chain(added).collect();
                graph.linear(terms, Constant::ZERO)
            })
            .collect();
        let apart: Vec<ExprId> = (0..x.len()).map(|i| graph.sub(values[i], x[i].nominal)).collect();
        let twin = |i: usize| {
            let increment = graph.meet(sums[i], apart[i]);
            Twin { nominal: x[i].nominal, increment, perturbed: values[i] }
        };
        (0..x.len()).map(twin).collect()
    }

    /// The numbers of the tensor as they are stored in both copies.
    pub(super) fn both(&self, graph: &mut Graph, x: &[Twin]) -> Vec<Twin> {
        let part = |part: fn(&Twin) -> ExprId| x.iter().map(part).collect::<Vec<_>>();
        let (nominal, added) = self.stored(graph, &part(|x| x.nominal));
        let (perturbed, added_too) = self.stored(graph, &part(|x| x.perturbed));
        let sums: Vec<ExprId> = (0..x.len())
            .map(|i| {
                let minus = added[i].iter().map(|(c, term)| (-c, *term));
                let plus = added_too[i].iter().cloned();
                let terms: Vec<_> = [(Constant::ONE, x[i].increment)].into_iter().chain(plus).chain(minus).collect();
                graph.linear(terms, Constant::ZERO)
            })
            .collect();
        let apart: Vec<ExprId> = (0..x.len()).map(|i| graph.sub(perturbed[i], nominal[i])).collect();
        let twin = |i: usize| {
            let increment = if perturbed[i] == nominal[i] { apart[i] } else { graph.meet(sums[i], apart[i]) };
            Twin { nominal: nominal[i], increment, perturbed: perturbed[i] }
        };
        (0..x.len()).map(twin).collect()
    }

    /// How far a number is above an end of the grid, or below it.
    fn beyond(&self, graph: &mut Graph, x: ExprId, end: &Constant, below: bool) -> ExprId {
        let minus = -&Constant::ONE;
        let distance = match below {
            true => graph.linear([(minus, x)], end.clone()),
            false => graph.linear([(Constant::ONE, x)], -end),
        };
        graph.apply(Op::Relu, [distance])
    }
}
