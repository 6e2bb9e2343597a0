//! Random expressions over given variables, with every operator that the builders know, and a list of points to try.
//!
//! Operators with a border of the domain are applied both to anything (so that the border is met) and to an expression
//! that stays inside; those that grow fast are mostly applied to something tame, or hardly any deep expression would
//! have a value.

use deltasat::exact::{Constant, Rational, rational};
use deltasat::expr::{ExprId, Graph};
use deltasat::interval::{Interval, bounds};
use deltasat::op::{Incremented, Op};
use rand::Rng;
use rand::rngs::SmallRng;

/// How large and how awkward constants get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constants {
    /// around one
    Plain,
    /// some that swallow others, some that underflow
    Awkward,
    /// 1e±150 too
    Extreme,
}

/// Makes random expressions in a graph.
pub struct Generator<'a> {
    pub rng: &'a mut SmallRng,
    pub graph: &'a mut Graph,
    /// what leaves are chosen from
    pub variables: &'a [ExprId],
    /// what noise rows take their noise from; without any there are no noise rows
    pub noises: &'a [ExprId],
    pub constants: Constants,
}

impl Generator<'_> {
    /// A constant: zero, small integers, decimals that are no doubles, fractions, doubles of many sizes.
    pub fn constant(&mut self) -> Constant {
        constant(self.rng, self.constants)
    }

    fn leaf(&mut self) -> ExprId {
        if self.variables.is_empty() || self.rng.random_range(0..6) == 0 {
            let constant = self.constant();
            self.graph.constant(constant)
        } else {
            self.variables[self.rng.random_range(0..self.variables.len())]
        }
    }

    /// An expression of at most this depth.
    pub fn expression(&mut self, depth: u32) -> ExprId {
        if depth == 0 || self.rng.random_range(0..10) == 0 {
            return self.leaf();
        }
        let depth = depth - 1;
        match self.rng.random_range(0..40) {
            0..6 => self.row(depth),
            6..8 => self.noise_row(depth),
            8..11 => {
                let (x, y) = self.pair(depth);
                self.graph.mul(x, y)
            }
            11 => {
                let (x, y) = self.pair(depth);
                self.graph.div(x, y)
            }
            12 => {
                let (x, y) = (self.expression(depth), self.positive(depth));
                self.graph.div(x, y)
            }
            13..15 => {
                let x = self.expression(depth);
                let exponent = [-2, -1, 0, 2, 2, 3, 4, 5][self.rng.random_range(0..8)];
                self.graph.powi(x, exponent)
            }
            15 => {
                let (x, y) = (self.positive(depth), self.tame(depth));
                self.graph.apply(Op::RealPow, [x, y])
            }
            16 => {
                let x = self.expression(depth);
                self.graph.apply(Op::Sqrt, [x])
            }
            17 => {
                let x = self.positive(depth);
                self.graph.apply(Op::Sqrt, [x])
            }
            18 => {
                let x = if self.rng.random() { self.positive(depth) } else { self.expression(depth) };
                self.graph.apply(Op::Ln, [x])
            }
            19 => {
                let x = self.tame(depth);
                let op = [Op::Exp, Op::Sinh, Op::Cosh][self.rng.random_range(0..3)].clone();
                self.graph.apply(op, [x])
            }
            20 => {
                let x = self.expression(depth);
                self.graph.apply(Op::Exp, [x])
            }
            21..24 => {
                let x = self.expression(depth);
                let op =
                    [Op::Sin, Op::Cos, Op::Atan, Op::Tanh, Op::Sigmoid, Op::Tan][self.rng.random_range(0..6)].clone();
                self.graph.apply(op, [x])
            }
            24 => {
                let x = self.unit(depth);
                let op = if self.rng.random() { Op::Asin } else { Op::Acos };
                self.graph.apply(op, [x])
            }
            25 => {
                let (x, y) = self.pair(depth);
                self.graph.apply(Op::Atan2, [x, y])
            }
            26..29 => {
                let (x, y) = self.pair(depth);
                self.graph.apply(if self.rng.random() { Op::Min } else { Op::Max }, [x, y])
            }
            29..32 => {
                let x = self.expression(depth);
                let ops = [Op::Relu, Op::Abs, Op::Relu, Op::Abs, Op::Floor, Op::Round, Op::RoundOff];
                self.graph.apply(ops[self.rng.random_range(0..ops.len())].clone(), [x])
            }
            32 => {
                let (condition, (x, y)) = (self.expression(depth), self.pair(depth));
                self.graph.apply(Op::Ite, [condition, x, y])
            }
            33..36 => self.increment(depth),
            36 => {
                let n = self.rng.random_range(1..4);
                let operands: Vec<ExprId> = (0..n).map(|_| self.expression(depth)).collect();
                self.graph.apply(Op::LogSumExp, operands)
            }
            _ => self.meet(depth),
        }
    }

    fn pair(&mut self, depth: u32) -> (ExprId, ExprId) {
        (self.expression(depth), self.expression(depth))
    }

    fn row(&mut self, depth: u32) -> ExprId {
        let n = self.rng.random_range(1..5);
        let terms: Vec<(Constant, ExprId)> = (0..n).map(|_| (self.constant(), self.expression(depth))).collect();
        let constant = self.constant();
        self.graph.linear(terms, constant)
    }

    fn noise_row(&mut self, depth: u32) -> ExprId {
        if self.noises.is_empty() {
            return self.row(depth);
        }
        let noise = self.noises[self.rng.random_range(0..self.noises.len())];
        let n = self.rng.random_range(0..4);
        // an operand may occur twice, with and without a radius
        let mut terms: Vec<(Constant, Constant, ExprId)> = Vec::new();
        for _ in 0..n {
            let x = match terms.last() {
                Some((_, _, x)) if self.rng.random_range(0..4) == 0 => *x,
                _ => self.expression(depth),
            };
            terms.push((self.constant(), self.constant().abs(), x));
        }
        let (constant, radius) = (self.constant(), self.constant().abs());
        self.graph.noise(noise, terms, constant, radius)
    }

    fn increment(&mut self, depth: u32) -> ExprId {
        let f = match self.rng.random_range(0..6) {
            0 => Incremented::Relu,
            1 => Incremented::Abs,
            2 => Incremented::Sigmoid,
            3 => Incremented::Tanh,
            4 => Incremented::Exp,
            _ => {
                let n = self.rng.random_range(1..4);
                let operands: Vec<ExprId> = (0..2 * n).map(|_| self.expression(depth)).collect();
                return self.graph.apply(Op::Increment(Incremented::LogSumExp), operands);
            }
        };
        let (z, d) = self.pair(depth);
        self.graph.increment(f, z, d)
    }

    /// The same real in two ways.
    fn meet(&mut self, depth: u32) -> ExprId {
        let (x, y) = self.pair(depth);
        let graph = &mut *self.graph;
        let (first, second) = match self.rng.random_range(0..3) {
            // x² − y² = (x − y)(x + y)
            0 => {
                let (square_x, square_y) = (graph.powi(x, 2), graph.powi(y, 2));
                let (difference, sum) = (graph.sub(x, y), graph.add(x, y));
                (graph.sub(square_x, square_y), graph.mul(difference, sum))
            }
            // x(x + y) = x² + xy
            1 => {
                let sum = graph.add(x, y);
                let (square, product) = (graph.powi(x, 2), graph.mul(x, y));
                (graph.mul(x, sum), graph.add(square, product))
            }
            // what the twin encoding of a network does
            _ => {
                let moved = graph.add(x, y);
                let (nominal, perturbed) = (graph.apply(Op::Relu, [x]), graph.apply(Op::Relu, [moved]));
                (graph.increment(Incremented::Relu, x, y), graph.sub(perturbed, nominal))
            }
        };
        graph.meet(first, second)
    }

    /// An expression that is positive, or at least not negative.
    fn positive(&mut self, depth: u32) -> ExprId {
        let x = self.expression(depth);
        let graph = &mut *self.graph;
        match self.rng.random_range(0..4) {
            0 => graph.apply(Op::Abs, [x]),
            1 => {
                let square = graph.powi(x, 2);
                let tenth = rational::parse("1/10").expect("a number");
                graph.linear([(Constant::ONE, square)], Constant::from_rational(tenth))
            }
            2 => {
                let tame = graph.apply(Op::Sin, [x]);
                graph.linear([(Constant::ONE, tame)], Constant::from_f64(1.5).expect("finite"))
            }
            _ => graph.apply(Op::Sigmoid, [x]),
        }
    }

    /// An expression of moderate size.
    fn tame(&mut self, depth: u32) -> ExprId {
        let x = self.expression(depth);
        let op = [Op::Tanh, Op::Cos, Op::Atan][self.rng.random_range(0..3)].clone();
        let tame = self.graph.apply(op, [x]);
        self.graph.scale(Constant::from_f64(3.0).expect("finite"), tame)
    }

    /// An expression that is mostly in `[−1, 1]`.
    fn unit(&mut self, depth: u32) -> ExprId {
        let x = self.expression(depth);
        if self.rng.random() { self.graph.apply(Op::Sin, [x]) } else { x }
    }
}

/// A random constant, see [`Generator::constant`].
pub fn constant(rng: &mut SmallRng, size: Constants) -> Constant {
    let decimal = |text: &str| Constant::from_rational(rational::parse(text).expect("a number"));
    let double = |x: f64| Constant::from_f64(x).expect("finite");
    match rng.random_range(0..14) {
        0 => Constant::ZERO,
        1 => Constant::ONE,
        2 => -&Constant::ONE,
        3..6 => double(f64::from(rng.random_range(-8i32..=8)) / 4.0),
        6 => decimal(["1/10", "-1/10", "0.3", "-0.7", "1.1"][rng.random_range(0..5)]),
        7 => decimal(["1/3", "-2/7", "22/7", "-1/1001"][rng.random_range(0..4)]),
        8 => Constant::from_rational(Rational::new(
            rng.random_range(-1_000_000i64..1_000_000).into(),
            rng.random_range(1i64..1_000_000).into(),
        )),
        9 | 10 if size == Constants::Plain => double(rng.random_range(-1.0..1.0)),
        9 if size == Constants::Extreme => {
            decimal(["1e150", "-1e150", "1e-150", "-3e-150", "1e-310", "-7e-323"][rng.random_range(0..6)])
        }
        9 => decimal(["1e17", "-1e17", "1e-17", "-1e-9", "12345.6789", "1e-310"][rng.random_range(0..6)]),
        10 => double([std::f64::consts::PI, 0.1, -0.1, f64::MIN_POSITIVE, 5e-324, 1e6][rng.random_range(0..6)]),
        _ => double(rng.random_range(-3.0..3.0)),
    }
}

/// A random bounded interval, often with awkward ends.
pub fn random_interval(rng: &mut SmallRng) -> Interval {
    let end = |rng: &mut SmallRng| match rng.random_range(0..4) {
        0 => f64::from(rng.random_range(-4i32..=4)),
        1 => f64::from(rng.random_range(-40i32..=40)) / 10.0,
        _ => rng.random_range(-4.0..4.0),
    };
    let (a, b) = (end(rng), end(rng));
    match rng.random_range(0..8) {
        0 => bounds(a, a),
        1 => bounds(a, a + 1e-9),
        2 | 3 => bounds(a, a + 0.1 * b.abs()),
        _ => bounds(a.min(b), a.max(b)),
    }
}

/// A double in a nonempty interval: an end, zero if it is in it, or anything between.
pub fn point_in(rng: &mut SmallRng, x: Interval) -> f64 {
    let (lo, hi) = (x.inf().max(-1e6), x.sup().min(1e6));
    if lo >= hi {
        return if x.contains(lo) { lo } else { hi };
    }
    match rng.random_range(0..8) {
        0 => lo,
        1 => hi,
        2 if lo < 0.0 && hi > 0.0 => 0.0,
        _ => (lo + rng.random_range(0.0..=1.0) * (hi - lo)).clamp(lo, hi),
    }
}
