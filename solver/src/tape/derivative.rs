//! The interval adjoint: enclosures of a root's derivatives over the box of the last forward sweep.
//!
//! At kinks the operators give Clarke derivatives, for which the mean value theorem holds (Lebourg 1975), so
//! `f(x) − f(y) ∈ Σ D_i (x_i − y_i)` for all `x, y` in the box.

use super::{Kind, Slot, Tape, Workspace};
use crate::interval::{Interval, bounds, point};

impl Tape {
    /// Leaves enclosures of `∂root/∂slot` in `w.derivatives`, those of the variables first.
    pub fn derivatives(&self, root: Slot, w: &mut Workspace) {
        w.derivatives.fill(point(0.0));
        w.derivatives[root as usize] = point(1.0);
        for instruction in self.instructions.iter().rev() {
            let lambda = w.derivatives[instruction.out as usize];
            if instruction.out > root || (lambda.inf() == 0.0 && lambda.sup() == 0.0) {
                continue;
            }
            let operands = self.list(instruction.operands);
            match &instruction.kind {
                Kind::Row(row) => {
                    let row = &self.rows[*row as usize];
                    let s = row.noise.as_ref().map_or(point(0.0), |noise| w.values[noise.slot as usize]);
                    for (j, &slot) in operands.iter().enumerate() {
                        let slope = row.coefficient(j, s, w.values[slot as usize]);
                        w.derivatives[slot as usize] += lambda * slope;
                    }
                    if let Some(noise) = &row.noise {
                        let moved = operands[noise.r.at.clone()].iter().zip(noise.r.values());
                        let radius = moved.fold(noise.radius, |sum, (&slot, &r)| {
                            sum + bounds(r.next_down().max(0.0), r.next_up()) * w.values[slot as usize].abs()
                        });
                        w.derivatives[noise.slot as usize] += lambda * radius;
                    }
                }
                Kind::Apply(op) => {
                    let n = operands.len();
                    for (x, &slot) in w.x.iter_mut().zip(operands) {
                        *x = w.values[slot as usize];
                    }
                    let operator = op.operator().expect("rows are compiled");
                    // not the slot's value: contraction may have cut it to less than the range over the operands' box
                    let image = operator.enclose(&w.x[..n]);
                    w.slopes[..n].fill(Interval::ENTIRE);
                    operator.derivative(&w.x[..n], image, &mut w.slopes[..n]);
                    for (slope, &slot) in w.slopes.iter().zip(operands) {
                        w.derivatives[slot as usize] += lambda * *slope;
                    }
                }
            }
        }
    }
}
