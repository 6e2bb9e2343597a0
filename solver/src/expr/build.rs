//! Builders: one method per way of making an expression, with exact constant folding.

use super::{ExprId, Graph, Node, Operands, VariableId};
use crate::exact::{Ball, Constant};
use crate::op::coefficients::Coefficients;
use crate::op::linear::Linear;
use crate::op::noise::Noise;
use crate::op::power::Pow;
use crate::op::{Incremented, Op};
use indexmap::IndexMap;
use std::sync::Arc;

/// Rows of fewer operands are not worth sharing.
const LONG: usize = 8;

impl Graph {
    /// A constant.
    pub fn constant(&mut self, value: Constant) -> ExprId {
        self.insert(Node::Constant(value))
    }

    /// A variable.
    pub fn variable(&mut self, id: VariableId) -> ExprId {
        self.insert(Node::Variable(id))
    }

    /// An operator applied to operands. Folds to a constant where all operands are constants and the value is an exact
    /// rational. The rows are built with [`linear`](Self::linear) and [`noise`](Self::noise).
    pub fn apply(&mut self, op: Op, operands: impl IntoIterator<Item = ExprId>) -> ExprId {
        let operands: Operands = operands.into_iter().collect();
        if let Some(value) = self.fold(&op, &operands) {
            return self.constant(value);
        }
        self.insert(Node::Apply { op, operands })
    }

    fn fold(&self, op: &Op, operands: &[ExprId]) -> Option<Constant> {
        let operator = op.operator()?;
        let points: Option<Vec<Ball>> =
            operands.iter().map(|&id| self.as_constant(id).and_then(Constant::to_ball)).collect();
        operator.exact(&points?)?.exact().map(Constant::from_rational)
    }

    /// `Σ a_j x_j + b`. Equal operands are merged, zero terms dropped, constant operands folded into `b`; a sum of one
    /// term with coefficient 1 and `b = 0` is the term itself. Nested sums are *not* expanded (a row stays a row).
    pub fn linear(&mut self, terms: impl IntoIterator<Item = (Constant, ExprId)>, constant: Constant) -> ExprId {
        let mut constant = constant;
        let mut merged: IndexMap<ExprId, Constant> = IndexMap::new();
        for (a, x) in terms {
            if let Some(value) = self.as_constant(x) {
                constant = &constant + &(&a * value);
                continue;
            }
            let (mut a, mut x) = self.unscale(a, x, &mut constant);
            if a.is_coarse() {
                // a tape row trusts the relative accuracy of its doubles, which such a coefficient has not
                let factor = self.constant(a);
                x = self.apply(Op::Mul, [factor, x]);
                a = Constant::ONE;
            }
            match merged.entry(x) {
                indexmap::map::Entry::Occupied(mut entry) => {
                    let sum = entry.get() + &a;
                    entry.insert(sum);
                }
                indexmap::map::Entry::Vacant(entry) => {
                    entry.insert(a);
                }
            }
        }
        let gone: Vec<ExprId> = merged.iter().filter(|(_, a)| a.is_zero()).map(|(&x, _)| x).collect();
        merged.retain(|_, a| !a.is_zero());
        for x in gone {
            if let Some(zero) = self.vanishing(x) {
                merged.insert(zero, Constant::ONE);
            }
        }
        if merged.is_empty() {
            return self.constant(constant);
        }
        if merged.len() == 1 && constant.is_zero() && merged[0] == Constant::ONE {
            return *merged.get_index(0).expect("one term").0;
        }
        let operands: Operands = merged.keys().copied().collect();
        let coefficients: Coefficients = merged.into_values().collect();
        self.insert(Node::Apply { op: Op::Linear(Arc::new(Linear { coefficients, constant })), operands })
    }

    /// `0·x` where that is not zero for want of a value, as at `x = √−1`.
    pub(crate) fn vanishing(&mut self, x: ExprId) -> Option<ExprId> {
        if self.is_total(x) {
            return None;
        }
        let zero = self.constant(Constant::ZERO);
        let known = matches!(self.node(x), Node::Apply { op: Op::Mul, operands } if operands[0] == zero);
        Some(if known {
            x
        } else {
            self.insert(Node::Apply { op: Op::Mul, operands: [zero, x].into_iter().collect() })
        })
    }

    /// [`linear`](Self::linear) of a row whose numbers are shared with others: they stay so, zeros among them included, where
    /// nothing is to be merged or folded and most are not zero.
    pub fn linear_row(&mut self, coefficients: Coefficients, operands: &Operands, constant: Constant) -> ExprId {
        if operands.len() < LONG || !coefficients.are_fine() || coefficients.are_sparse() || !self.are_plain(operands) {
            let terms = coefficients.iter().zip(operands.iter().copied());
            let terms: Vec<_> = terms.filter(|(a, x)| !(a.is_zero() && self.is_total(*x))).collect();
            return self.linear(terms, constant);
        }
        let op = Op::Linear(Arc::new(Linear { coefficients, constant }));
        self.insert(Node::Apply { op, operands: operands.clone() })
    }

    /// [`noise`](Self::noise) of a row whose numbers are shared with others, like [`linear_row`](Self::linear_row).
    pub fn noise_row(
        &mut self,
        noise: ExprId,
        coefficients: Coefficients,
        radii: Coefficients,
        operands: &Operands,
        constant: Constant,
        radius: Constant,
    ) -> ExprId {
        if radius.is_zero() && radii.are_zero() {
            return self.linear_row(coefficients, operands, constant);
        }
        let fine = coefficients.are_fine() && radii.are_fine();
        if operands.len() < LONG || !fine || !self.are_plain(operands) {
            let terms = coefficients.iter().zip(radii.iter()).zip(operands.iter()).map(|((a, r), &x)| (a, r, x));
            return self.noise(noise, terms.collect::<Vec<_>>(), constant, radius);
        }
        let op = Op::Noise(Arc::new(Noise { coefficients, radii, constant, radius }));
        let operands = std::iter::once(noise).chain(operands.iter().copied()).collect();
        self.insert(Node::Apply { op, operands })
    }

    /// Whether there is nothing to merge or to fold in a row over these operands: they are distinct, as those in ascending
    /// order are seen to be, and not constant. (Rows of one operand, such as normalised inputs, stay what they are: products
    /// of two numbers are seldom doubles.)
    fn are_plain(&self, operands: &[ExprId]) -> bool {
        operands.is_sorted_by(|a, b| a < b) && !operands.iter().any(|&id| self.as_constant(id).is_some())
    }

    /// Reads `a·(c·x + b)` as `(a·c)·x + a·b`, so that chains of one-term sums do not grow.
    fn unscale(&self, a: Constant, x: ExprId, constant: &mut Constant) -> (Constant, ExprId) {
        if let Node::Apply { op: Op::Linear(row), operands } = self.node(x)
            && operands.len() == 1
        {
            *constant = &*constant + &(&a * &row.constant);
            return (&a * &row.coefficients.get(0), operands[0]);
        }
        (a, x)
    }

    /// A noisy row (see [`Noise`]): `Σ a_j h_j + b + s·(Σ r_j |h_j| + r_b)` with terms `(a_j, r_j, h_j)`. Without any
    /// radius, or without any operand, it is a plain linear sum. Radii that have no accurate double are rounded up, to the harder question.
    pub fn noise(
        &mut self,
        noise: ExprId,
        terms: impl IntoIterator<Item = (Constant, Constant, ExprId)>,
        constant: Constant,
        radius: Constant,
    ) -> ExprId {
        let mut constant = constant;
        let mut radius = radius;
        let mut operands = vec![noise];
        let mut coefficients = Vec::new();
        let mut radii = Vec::new();
        for (mut a, mut r, x) in terms {
            debug_assert!(r.signum() >= 0, "a radius is not negative");
            if let Some(value) = self.as_constant(x) {
                constant = &constant + &(&a * value);
                radius = &radius + &(&r * &value.abs());
                continue;
            }
            if a.is_coarse() {
                let factor = self.constant(a);
                operands.push(self.apply(Op::Mul, [factor, x]));
                coefficients.push(Constant::ONE);
                radii.push(Constant::ZERO);
                a = Constant::ZERO;
            }
            if r.is_coarse() {
                r = Constant::from_f64(r.ceil()).unwrap_or(r);
            }
            let unmoved = a.is_zero() && r.is_zero();
            if unmoved && let Some(zero) = self.vanishing(x) {
                operands.push(zero);
                coefficients.push(Constant::ONE);
                radii.push(Constant::ZERO);
            }
            if !unmoved {
                operands.push(x);
                coefficients.push(a);
                radii.push(r);
            }
        }
        if radius.is_zero() && radii.iter().all(Constant::is_zero) {
            return self.linear(coefficients.into_iter().zip(operands.into_iter().skip(1)), constant);
        }
        if radii.is_empty() {
            // no operand besides the noise: a bias alone moves
            return self.linear([(radius, noise)], constant);
        }
        let (coefficients, radii) = (coefficients.into_iter().collect(), radii.into_iter().collect());
        let row = Noise { coefficients, radii, constant, radius };
        self.insert(Node::Apply { op: Op::Noise(Arc::new(row)), operands: operands.into_iter().collect() })
    }

    /// `x + y`
    pub fn add(&mut self, x: ExprId, y: ExprId) -> ExprId {
        self.linear([(Constant::ONE, x), (Constant::ONE, y)], Constant::ZERO)
    }

    /// `x − y`
    pub fn sub(&mut self, x: ExprId, y: ExprId) -> ExprId {
        self.linear([(Constant::ONE, x), (-&Constant::ONE, y)], Constant::ZERO)
    }

    /// `−x`
    pub fn neg(&mut self, x: ExprId) -> ExprId {
        self.scale(-&Constant::ONE, x)
    }

    /// `a·x`
    pub fn scale(&mut self, a: Constant, x: ExprId) -> ExprId {
        self.linear([(a, x)], Constant::ZERO)
    }

    /// `x·y`; linear where one of them is constant, a square where they are equal.
    pub fn mul(&mut self, x: ExprId, y: ExprId) -> ExprId {
        match (self.as_constant(x).cloned(), self.as_constant(y).cloned()) {
            (Some(a), _) => self.scale(a, y),
            (_, Some(a)) => self.scale(a, x),
            _ if x == y => self.powi(x, 2),
            _ => self.apply(Op::Mul, if x < y { [x, y] } else { [y, x] }),
        }
    }

    /// `x/y`; linear where `y` is a nonzero constant.
    pub fn div(&mut self, x: ExprId, y: ExprId) -> ExprId {
        match self.as_constant(y).and_then(|c| Constant::ONE.checked_div(c)) {
            Some(inverse) => self.scale(inverse, x),
            None => self.apply(Op::Div, [x, y]),
        }
    }

    /// `x^n`
    pub fn powi(&mut self, x: ExprId, exponent: i32) -> ExprId {
        if exponent == 1 { x } else { self.apply(Op::Pow(Pow { exponent }), [x]) }
    }

    /// `f(z+d) − f(z)`; zero where `d` is and `z` has a value.
    pub fn increment(&mut self, f: Incremented, z: ExprId, d: ExprId) -> ExprId {
        if self.as_constant(d).is_some_and(Constant::is_zero) {
            return self.vanishing(z).unwrap_or(d);
        }
        self.apply(Op::Increment(f), [z, d])
    }

    /// Two expressions that denote the same real under every assignment of the variables, which is the caller's
    /// promise; the enclosures of both hold.
    pub fn meet(&mut self, x: ExprId, y: ExprId) -> ExprId {
        if x == y { x } else { self.apply(Op::Meet, [x, y]) }
    }
}
