//! Activations made of the solver's operators.
//!
//! An activation is a short formula over affine sums and a few elementary functions, written once and read in two
//! arithmetics: one copy of a layer as expressions, or both copies with the increment carried beside them. A leaky ReLU is
//! `α·z + (1 − α)·max(z, 0)`; clipping is two ReLUs, one in the other, so that a search splits it at its kinks as it splits
//! ReLUs, `u − max(u − l − max(z − l, 0), 0)`. All numbers of a layer are made kind by kind, so that the operands of the next
//! layer's rows are neighbours on the tape.

use super::parameter;
use super::rounded::Rounded;
use super::twin::Twin;
use crate::network::Activation;
use deltasat::exact::Constant;
use deltasat::expr::{ExprId, Graph};
use deltasat::op::{Incremented, Op};

/// An elementary function that has an operator and an increment.
#[derive(Clone, Copy)]
pub(super) enum Elementary {
    Relu,
    Abs,
    Tanh,
    Sigmoid,
}

impl Elementary {
    fn op(self) -> Op {
        match self {
            Elementary::Relu => Op::Relu,
            Elementary::Abs => Op::Abs,
            Elementary::Tanh => Op::Tanh,
            Elementary::Sigmoid => Op::Sigmoid,
        }
    }

    fn increment(self) -> Incremented {
        match self {
            Elementary::Relu => Incremented::Relu,
            Elementary::Abs => Incremented::Abs,
            Elementary::Tanh => Incremented::Tanh,
            Elementary::Sigmoid => Incremented::Sigmoid,
        }
    }
}

/// Arithmetic with the numbers of a whole layer.
pub(super) trait Arithmetic {
    type Numbers;

    /// `Σ c_i x_i + c` of numbers at the same place.
    fn affine(&mut self, terms: &[(Constant, &Self::Numbers)], constant: Constant) -> Self::Numbers;

    fn apply(&mut self, f: Elementary, x: &Self::Numbers) -> Self::Numbers;

    /// Each number as it is stored.
    fn store(&mut self, on: &Rounded, x: &Self::Numbers) -> Self::Numbers;
}

/// The values of an activation.
pub(super) fn activate<A: Arithmetic>(on: &mut A, activation: Activation, z: A::Numbers) -> A::Numbers {
    let minus = || -&Constant::ONE;
    match activation {
        Activation::Linear => z,
        Activation::Relu => on.apply(Elementary::Relu, &z),
        Activation::Tanh => on.apply(Elementary::Tanh, &z),
        Activation::Sigmoid => on.apply(Elementary::Sigmoid, &z),
        Activation::LeakyRelu(slope) if slope.get() == -1.0 => on.apply(Elementary::Abs, &z),
        Activation::LeakyRelu(slope) => {
            let (positive, slope) = (on.apply(Elementary::Relu, &z), parameter(slope.get()));
            let rest = &Constant::ONE - &slope;
            on.affine(&[(slope, &z), (rest, &positive)], Constant::ZERO)
        }
        // a scale is a positive double, so there is its inverse
        Activation::Grid(grid) => match Rounded::on_grid(grid) {
            Some(rounded) => on.store(&rounded, &z),
            None => z,
        },
        Activation::Clip(least, greatest) => {
            let ends = [least, greatest].map(|end| end.get().is_finite().then(|| parameter(end.get())));
            match ends {
                [None, None] => z,
                [Some(least), None] => {
                    let above = on.affine(&[(Constant::ONE, &z)], -&least);
                    let above = on.apply(Elementary::Relu, &above);
                    on.affine(&[(Constant::ONE, &above)], least)
                }
                [None, Some(greatest)] => {
                    let below = on.affine(&[(minus(), &z)], greatest.clone());
                    let below = on.apply(Elementary::Relu, &below);
                    on.affine(&[(minus(), &below)], greatest)
                }
                [Some(least), Some(greatest)] => {
                    let above = on.affine(&[(Constant::ONE, &z)], -&least);
                    let above = on.apply(Elementary::Relu, &above);
                    let below = on.affine(&[(minus(), &above)], &greatest - &least);
                    let below = on.apply(Elementary::Relu, &below);
                    on.affine(&[(minus(), &below)], greatest)
                }
            }
        }
    }
}

/// Of one copy.
impl Arithmetic for Graph {
    type Numbers = Vec<ExprId>;

    fn affine(&mut self, terms: &[(Constant, &Vec<ExprId>)], constant: Constant) -> Vec<ExprId> {
        let count = terms.first().map_or(0, |(_, x)| x.len());
        let sum = |i: usize| terms.iter().map(move |(c, x)| (c.clone(), x[i])).collect::<Vec<_>>();
        (0..count).map(|i| self.linear(sum(i), constant.clone())).collect()
    }

    fn apply(&mut self, f: Elementary, x: &Vec<ExprId>) -> Vec<ExprId> {
        x.iter().map(|&x| Graph::apply(self, f.op(), [x])).collect()
    }

    fn store(&mut self, on: &Rounded, x: &Vec<ExprId>) -> Vec<ExprId> {
        on.values(self, x)
    }
}

/// The numbers of a layer in both copies.
pub(super) struct Both {
    pub(super) nominal: Vec<ExprId>,
    pub(super) increment: Vec<ExprId>,
    pub(super) perturbed: Vec<ExprId>,
}

impl Both {
    pub(super) fn twins(&self) -> Vec<Twin> {
        let Both { nominal, increment, perturbed } = self;
        let twin = |i: usize| Twin { nominal: nominal[i], increment: increment[i], perturbed: perturbed[i] };
        (0..nominal.len()).map(twin).collect()
    }
}

/// Of both copies: the increment of a function is enclosed both by its own operator, which knows how far the copies are
/// apart, and as the difference of the two values.
pub(super) struct Twofold<'a>(pub(super) &'a mut Graph);

impl Arithmetic for Twofold<'_> {
    type Numbers = Both;

    fn affine(&mut self, terms: &[(Constant, &Both)], constant: Constant) -> Both {
        let part =
            |part: fn(&Both) -> &Vec<ExprId>| terms.iter().map(|(c, x)| (c.clone(), part(x))).collect::<Vec<_>>();
        Both {
            nominal: self.0.affine(&part(|x| &x.nominal), constant.clone()),
            increment: self.0.affine(&part(|x| &x.increment), Constant::ZERO),
            perturbed: self.0.affine(&part(|x| &x.perturbed), constant),
        }
    }

    fn apply(&mut self, f: Elementary, x: &Both) -> Both {
        let graph = &mut *self.0;
        let nominal = Arithmetic::apply(graph, f, &x.nominal);
        let perturbed = Arithmetic::apply(graph, f, &x.perturbed);
        let operands = x.nominal.iter().zip(&x.increment);
        let direct: Vec<ExprId> = operands.map(|(&z, &d)| graph.increment(f.increment(), z, d)).collect();
        let apart: Vec<ExprId> = perturbed.iter().zip(&nominal).map(|(&p, &n)| graph.sub(p, n)).collect();
        let increment = direct.iter().zip(&apart).map(|(&d, &a)| graph.meet(d, a)).collect();
        Both { nominal, increment, perturbed }
    }

    fn store(&mut self, on: &Rounded, x: &Both) -> Both {
        let twins = on.both(self.0, &x.twins());
        let part = |part: fn(&Twin) -> ExprId| twins.iter().map(part).collect();
        Both { nominal: part(|x| x.nominal), increment: part(|x| x.increment), perturbed: part(|x| x.perturbed) }
    }
}
