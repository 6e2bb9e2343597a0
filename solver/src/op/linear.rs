//! The n-ary linear sum `Σ a_j x_j + b` with exact rational coefficients: one row of a layer, and what addition,
//! subtraction, negation and scaling by a constant become.

use super::coefficients::Coefficients;
use crate::exact::{Ball, Constant};

/// The coefficients of `Σ a_j x_j + b`; `a` has one entry per operand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Linear {
    /// `a_j`, in the order of the operands
    pub coefficients: Coefficients,
    /// `b`
    pub constant: Constant,
}

impl Linear {
    /// The sum at certified points, exact where the points are; `None` when it leaves the range of [`Ball`].
    pub fn exact(&self, x: &[Ball]) -> Option<Ball> {
        let mut sum = self.constant.to_ball()?;
        for (a, x) in self.coefficients.iter().zip(x) {
            if !a.is_zero() {
                sum = sum.add(&a.to_ball()?.mul(x)?)?;
            }
        }
        Some(sum)
    }

    /// SMT-LIB form over printed operands.
    pub fn print(&self, x: &[&str]) -> String {
        let terms = self.coefficients.iter().zip(x).filter(|(a, _)| !a.is_zero());
        let mut terms: Vec<String> = terms.map(|(a, x)| super::print_scaled(&a, x)).collect();
        if !self.constant.is_zero() || terms.is_empty() {
            terms.push(super::print_constant(&self.constant));
        }
        if terms.len() == 1 { terms.remove(0) } else { format!("(+ {})", terms.join(" ")) }
    }
}
