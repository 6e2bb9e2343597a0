//! The noisy row: a linear sum whose coefficients move, all together, within their radii.
//!
//! `y = Σ_j a_j h_j + b + s·ρ(h)`, `ρ(h) = Σ_j r_j |h_j| + r_b`, `r ≥ 0`, with the noise variable `s ∈ [−1, 1]` as the
//! first operand. A neuron's weights `a_j ± r_j` and bias `b ± r_b` occur nowhere else, so its pre-activation ranges
//! over exactly these values (design.md §2): one `s` stands for all its parameters. Being one operator, it sees each
//! `h_j` once, so its enclosure over a box is the exact range (for `s ∈ [−1, 1]` and up to rounding), which
//! `a·h + s·ρ(h)` as a sum of two nodes is not.

use super::coefficients::Coefficients;
use crate::exact::{Ball, Constant};

/// Coefficients and radii of a noisy row; `coefficients` and `radii` have one entry per operand after the noise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Noise {
    /// `a_j`
    pub coefficients: Coefficients,
    /// `r_j ≥ 0`
    pub radii: Coefficients,
    /// `b`
    pub constant: Constant,
    /// `r_b ≥ 0`
    pub radius: Constant,
}

impl Noise {
    /// The row at certified points `s, h_1, …, h_n`, exact where the points are; `None` when it leaves the range of
    /// [`Ball`].
    pub fn exact(&self, x: &[Ball]) -> Option<Ball> {
        let mut sum = self.constant.to_ball()?;
        let mut radius = self.radius.to_ball()?;
        for ((a, r), h) in self.coefficients.iter().zip(self.radii.iter()).zip(&x[1..]) {
            if !a.is_zero() {
                sum = sum.add(&a.to_ball()?.mul(h)?)?;
            }
            if !r.is_zero() {
                radius = radius.add(&r.to_ball()?.mul(&h.abs())?)?;
            }
        }
        sum.add(&x[0].mul(&radius)?)
    }

    /// SMT-LIB form over the printed operands `s, h_1, …, h_n`.
    pub fn print(&self, x: &[&str]) -> String {
        let mut terms = Vec::new();
        let mut radius = Vec::new();
        for ((a, r), h) in self.coefficients.iter().zip(self.radii.iter()).zip(&x[1..]) {
            if !a.is_zero() {
                terms.push(super::print_scaled(&a, h));
            }
            if !r.is_zero() {
                radius.push(super::print_scaled(&r, &format!("(ite (>= {h} 0.0) {h} (- {h}))")));
            }
        }
        if !self.constant.is_zero() {
            terms.push(super::print_constant(&self.constant));
        }
        if !self.radius.is_zero() {
            radius.push(super::print_constant(&self.radius));
        }
        match radius.len() {
            0 => {}
            1 => terms.push(format!("(* {} {})", x[0], radius[0])),
            _ => terms.push(format!("(* {} (+ {}))", x[0], radius.join(" "))),
        }
        match terms.len() {
            0 => "0.0".to_owned(),
            1 => terms.remove(0),
            _ => format!("(+ {})", terms.join(" ")),
        }
    }
}
