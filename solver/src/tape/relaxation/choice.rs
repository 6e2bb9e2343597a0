//! Which of two equal expressions a linear bound goes on with.

use super::Sums;
use super::line::Share;
use crate::interval::Interval;
use crate::op::{Incremented, Op};
use crate::tape::row::Row;
use crate::tape::{Kind, Slot, Tape, Workspace};

/// Hands the coefficients of a meet on to one of its operands, lane by lane; the lanes (bits) that went to the second
/// are returned.
pub(super) fn meet<const K: usize>(
    tape: &Tape,
    operands: &[Slot],
    share: Option<Share>,
    lambda: &[f64; K],
    coefficients: &mut [[f64; K]],
    sums: &mut Sums<K>,
    w: &Workspace,
) -> u32 {
    let choice = Choice::new(tape, operands, w);
    let mut seconds = 0;
    for k in 0..K {
        if lambda[k] == 0.0 {
            continue;
        }
        if let (0, Some(Share { operand, amount, .. })) = (k, share) {
            let (this, other) = (operands[operand as usize] as usize, operands[1 - operand as usize] as usize);
            coefficients[this][k] += amount;
            coefficients[other][k] += lambda[k] - amount;
            sums.charge[k] += amount.abs() * w.values[this].mag();
            sums.charge[k] += (lambda[k].abs() + amount.abs()) * w.values[other].mag();
            continue;
        }
        let second = choice.as_ref().is_some_and(|choice| choice.prefers_difference(lambda[k], k, coefficients));
        let chosen = operands[usize::from(second)] as usize;
        seconds |= u32::from(second) << k;
        coefficients[chosen][k] += lambda[k];
        sums.charge[k] += lambda[k].abs() * w.values[chosen].mag();
    }
    seconds
}

/// The increment of a ReLU written both as an operator of `(z, d)` and as `ReLU(z+d) − ReLU(z)`: the second is the
/// better one where its gap is smaller, given the coefficients that the two ReLUs carry already.
struct Choice {
    nominal: Slot,
    perturbed: Slot,
    z_nominal: Interval,
    z_perturbed: Interval,
    /// what the increment's own line is off by, at coefficient 1
    increment: f64,
}

impl Choice {
    fn new(tape: &Tape, operands: &[Slot], w: &Workspace) -> Option<Choice> {
        let (perturbed, nominal) = tape.difference(operands[1])?;
        let Some((Op::Increment(Incremented::Relu), &[_, d])) = tape.definition(operands[0]) else { return None };
        let relu_argument = |slot: Slot| match tape.definition(slot) {
            Some((Op::Relu, &[z])) => Some(w.values[z as usize]),
            _ => None,
        };
        let (z_nominal, z_perturbed) = (relu_argument(nominal)?, relu_argument(perturbed)?);
        let stable = relu_gap(1.0, z_nominal) == 0.0 && relu_gap(1.0, z_perturbed) == 0.0;
        let increment = if stable { 0.0 } else { w.values[d as usize].mag() };
        Some(Choice { nominal, perturbed, z_nominal, z_perturbed, increment })
    }

    fn prefers_difference<const K: usize>(&self, lambda: f64, lane: usize, coefficients: &[[f64; K]]) -> bool {
        let on_nominal = coefficients[self.nominal as usize][lane];
        let on_perturbed = coefficients[self.perturbed as usize][lane];
        let together =
            relu_gap(on_nominal - lambda, self.z_nominal) + relu_gap(on_perturbed + lambda, self.z_perturbed);
        let apart = relu_gap(on_nominal, self.z_nominal)
            + relu_gap(on_perturbed, self.z_perturbed)
            + lambda.abs() * self.increment;
        together < apart
    }
}

impl Tape {
    /// Reads a slot as `a − b` and returns `(a, b)`.
    fn difference(&self, slot: Slot) -> Option<(Slot, Slot)> {
        let instruction = self.instructions.get(self.writer[slot as usize] as usize)?;
        let Kind::Row(row) = instruction.kind else { return None };
        let Row { a, noise: None, .. } = &self.rows[row as usize] else { return None };
        match (a.values(), self.list(instruction.operands)) {
            ([1.0, -1.0], &[plus, minus]) | ([-1.0, 1.0], &[minus, plus]) => Some((plus, minus)),
            _ => None,
        }
    }
}

/// The largest distance between `c·ReLU(z)` and its linear upper bound.
fn relu_gap(c: f64, z: Interval) -> f64 {
    let (l, u) = (z.inf(), z.sup());
    if l >= 0.0 || u <= 0.0 {
        0.0
    } else if c > 0.0 {
        c * u * l / (l - u)
    } else {
        -c * u.min(-l)
    }
}
