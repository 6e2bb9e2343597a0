//! Violation transfer (Tawarmalani and Sahinidis 2004): how much of the excess of a linear bound each kept slot is to blame
//! for.
//!
//! At the maximiser of the bound ([`relaxed_point`](Tape::relaxed_point)) every operator's relaxed value `y` differs from
//! its value `f(x)` at the relaxed operands by a *violation*, and the bound exceeds the root's value there by the sum of
//! `λ·(y − f(x))`. A violation exists because the operands range as widely as they do. So each is carried backwards: what has
//! arrived at a slot is shared among its operator's operands by how much of the slot's width is theirs, down to the
//! variables. What arrives at an operand that can be split where a piecewise operator bends is noted beside.
//!
//! All in doubles: it chooses where to split, and decides nothing.

use super::rows::absolute_bound;
use crate::interval::Interval;
use crate::op::Op;
use crate::tape::{Instruction, Kind, Slot, Tape, Workspace};

/// What stands for an unbounded width or violation, so that sums stay finite.
const HUGE: f64 = 1e100;

fn finite(x: f64) -> f64 {
    if x.is_nan() { HUGE } else { x.clamp(0.0, HUGE) }
}

fn width(x: Interval) -> f64 {
    finite(x.wid())
}

impl Tape {
    /// Leaves in `w.adjoints`, for the slots up to `root`, the share of each in the excess of the bound of `root` in a lane of
    /// the last sweep, and in `w.bends` the part of it that is due to the bends of the operators that read it.
    pub fn transfer_violations(&self, lane: usize, root: Slot, w: &mut Workspace) {
        self.relaxed_point(lane, root, w);
        w.adjoints[..=root as usize].fill(0.0);
        w.bends[..=root as usize].fill(0.0);
        for (index, instruction) in self.instructions.iter().enumerate().rev() {
            if instruction.out > root {
                continue;
            }
            match &instruction.kind {
                Kind::Row(row) => self.share_row(*row as usize, instruction, lane, w),
                Kind::Apply(op) if op.is_meet() => {
                    let second = w.sweep.lines.choices[index] >> lane & 1;
                    let chosen = self.list(instruction.operands)[second as usize] as usize;
                    w.adjoints[chosen] += w.adjoints[instruction.out as usize];
                }
                Kind::Apply(op) => self.share_operator(op, instruction, lane, w),
            }
        }
    }

    fn share_operator(&self, op: &Op, instruction: &Instruction, lane: usize, w: &mut Workspace) {
        let operands = self.list(instruction.operands);
        let out = instruction.out as usize;
        let n = operands.len();
        let Some(operator) = op.operator() else { return };
        let lambda = w.linear_coefficient(instruction.out, lane);
        let mut violation = 0.0;
        if lambda != 0.0 {
            for (x, &slot) in w.px.iter_mut().zip(operands) {
                *x = w.points[slot as usize];
            }
            let off = lambda * (w.points[out] - operator.value(&w.px[..n]));
            violation = if off.is_finite() { off.max(0.0) } else { lambda.abs() * width(w.values[out]) };
            violation = finite(violation);
        }
        let arrived = w.adjoints[out];
        if violation + arrived == 0.0 {
            return;
        }
        if op.bends_at_zero() {
            w.bends[operands[0] as usize] += violation;
        }
        if let &[operand] = operands {
            w.adjoints[operand as usize] += violation + arrived;
            return;
        }
        let moving = operands.iter().filter(|&&slot| width(w.values[slot as usize]) > 0.0).count();
        let own = violation / moving.max(1) as f64;
        for (x, &slot) in w.x.iter_mut().zip(operands) {
            *x = w.values[slot as usize];
        }
        w.slopes[..n].fill(Interval::ENTIRE);
        operator.derivative(&w.x[..n], w.values[out], &mut w.slopes[..n]);
        let weight = |w: &Workspace, j: usize| match (width(w.x[j]), finite(w.slopes[j].mag())) {
            (0.0, _) => 0.0,
            (width, slope) => finite(width * slope),
        };
        let total: f64 = (0..n).map(|j| weight(w, j)).sum();
        for (j, &slot) in operands.iter().enumerate() {
            let mut share = if width(w.x[j]) > 0.0 { own } else { 0.0 };
            if total > 0.0 {
                share += arrived * (weight(w, j) / total);
            }
            w.adjoints[slot as usize] += share;
        }
    }

    fn share_row(&self, row: usize, instruction: &Instruction, lane: usize, w: &mut Workspace) {
        let row = &self.rows[row];
        let operands = self.list(instruction.operands);
        let arrived = w.adjoints[instruction.out as usize];
        if let Some(noise) = &row.noise {
            let s = w.values[noise.slot as usize];
            let lambda = w.linear_coefficient(instruction.out, lane);
            let end = if lambda > 0.0 { s.sup() } else { s.inf() };
            for (&r, &slot) in noise.r.values().iter().zip(&operands[noise.r.at.clone()]) {
                let (slope, offset) = absolute_bound(w.values[slot as usize], lambda * end > 0.0);
                let h = w.points[slot as usize];
                let violation = lambda * end * r * (slope * h + offset - h.abs());
                if violation > 0.0 && violation.is_finite() {
                    w.bends[slot as usize] += violation;
                    w.adjoints[slot as usize] += violation;
                }
            }
        }
        if arrived == 0.0 {
            return;
        }
        let term = |(a, &slot): (&f64, &Slot)| finite(a.abs() * width(w.values[slot as usize]));
        let own = &operands[row.a.at.clone()];
        let total: f64 = row.a.values().iter().zip(own).map(term).sum();
        if total > 0.0 {
            for (&a, &slot) in row.a.values().iter().zip(own) {
                w.adjoints[slot as usize] += arrived * (finite(a.abs() * width(w.values[slot as usize])) / total);
            }
        }
    }
}
