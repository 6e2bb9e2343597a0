//! The operators' own linear bounds, computed once per box and side.

use super::{Sums, choice, is_zero, least_magnitude};
use crate::op::{Op, Side};
use crate::tape::{Kind, Slot, Tape, Workspace};

/// `Σ slopes_j h_j + offset` on one side of an operator.
#[derive(Clone, Copy, Debug)]
struct Line {
    /// the box for which it was computed
    epoch: u64,
    offset: f64,
    /// `Σ |slopes_j| H_j`
    reach: f64,
    /// the least magnitude among the slopes and the offset, zeros aside
    smallest: f64,
}

/// No line yet; numbers that change nothing.
const UNKNOWN: Line = Line { epoch: 0, offset: 0.0, reach: 0.0, smallest: f64::INFINITY };

/// The lines of all operators, and what rows add up to.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// numbers the boxes, from 1
    pub(super) epoch: u64,
    /// lower and upper, by instruction
    lines: Vec<[Line; 2]>,
    /// where the slopes of an instruction start: first the lower ones, then the upper
    start: Vec<u32>,
    slopes: Vec<f64>,
    /// for a meet, the lanes (bits) that the last sweep sent to the second operand
    pub(super) choices: Vec<u32>,
    /// for a meet, how much of its coefficient in lane 0 goes to which operand, while `shared`
    shares: Vec<Share>,
    pub(super) shared: bool,
}

/// So much of a meet's coefficient goes to this operand, the rest to the other: any amount will do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    epoch: u64,
    pub(super) operand: u32,
    pub(super) amount: f64,
}

impl Lines {
    pub(super) fn new(tape: &Tape) -> Self {
        let mut start = Vec::with_capacity(tape.instructions.len());
        let mut total = 0;
        for instruction in &tape.instructions {
            start.push(total);
            if matches!(instruction.kind, Kind::Apply(_)) {
                total += 2 * instruction.operands.len;
            }
        }
        let lines = vec![[UNKNOWN; 2]; tape.instructions.len()];
        let choices = vec![0; tape.instructions.len()];
        let shares = vec![Share::default(); tape.instructions.len()];
        Lines { epoch: 1, lines, start, slopes: vec![0.0; total as usize], choices, shares, shared: false }
    }

    /// The values changed other than by shrinking.
    pub(super) fn forget(&mut self) {
        self.epoch += 1;
        self.shared = false;
    }

    /// Gives nothing yet to an operand of a meet.
    pub(super) fn set_share(&mut self, index: usize, operand: u32) {
        self.shares[index] = Share { epoch: self.epoch, operand, amount: 0.0 };
    }

    pub(super) fn add_to_share(&mut self, index: usize, amount: f64) {
        self.shares[index].amount += amount;
    }

    /// The share of a meet, where there is one.
    pub(super) fn share(&self, index: usize) -> Option<Share> {
        let share = self.shares[index];
        (self.shared && share.epoch == self.epoch).then_some(share)
    }

    /// Sets the slope of a ReLU's lower line.
    pub(super) fn set_lower(&mut self, index: usize, slope: f64, mag: f64) {
        let now = self.slopes[self.start[index] as usize];
        self.shift_lower(index, slope - now, mag);
    }

    /// The slopes and the offset of a line, if it has been computed for this box.
    pub(super) fn get(&self, index: usize, upper: bool, arity: usize) -> Option<(&[f64], f64)> {
        let which = usize::from(upper);
        let line = &self.lines[index][which];
        let start = self.start[index] as usize + which * arity;
        (line.epoch == self.epoch).then(|| (&self.slopes[start..start + arity], line.offset))
    }

    /// Moves the slope of a ReLU's lower line; every slope in `[0, 1]` is one.
    pub(super) fn shift_lower(&mut self, index: usize, by: f64, mag: f64) {
        let line = &mut self.lines[index][0];
        let slope = &mut self.slopes[self.start[index] as usize];
        if line.epoch == self.epoch && line.offset == 0.0 {
            *slope = (*slope + by).clamp(0.0, 1.0);
            line.reach = slope_reach(*slope, mag);
            line.smallest = least_magnitude([*slope]);
        }
    }

    /// Computes a line unless it is there.
    pub(super) fn prepare(&mut self, index: u32, op: &Op, operands: &[Slot], out: Slot, side: Side, w: &mut Workspace) {
        let which = usize::from(side == Side::Upper);
        let line = &mut self.lines[index as usize][which];
        if line.epoch == self.epoch {
            return;
        }
        let n = operands.len();
        for (x, &slot) in w.x.iter_mut().zip(operands) {
            *x = w.values[slot as usize];
        }
        let operator = op.operator().expect("rows are compiled");
        // not the slot's value: contraction may have cut it to less than the range over the operands' box
        let mut image = operator.enclose(&w.x[..n]);
        if operator.is_staircase() {
            // but for a staircase, which was split between two integers
            image = image.intersection(w.values[out as usize]);
        }
        let slopes = &mut self.slopes[self.start[index as usize] as usize + which * n..][..n];
        line.epoch = self.epoch;
        line.offset = operator.relax(&w.x[..n], image, side, slopes);
        line.reach = slopes.iter().zip(&w.x).map(|(slope, x)| slope_reach(*slope, x.mag())).sum();
        line.smallest = least_magnitude(slopes.iter().copied().chain([line.offset]));
    }
}

fn slope_reach(slope: f64, size: f64) -> f64 {
    if slope == 0.0 { 0.0 } else { slope.abs() * size }
}

impl Tape {
    /// Replaces the coefficients of one operator's slot by those of its operands.
    pub(super) fn substitute<const K: usize>(
        &self,
        index: u32,
        coefficients: &mut [[f64; K]],
        lines: &mut Lines,
        sums: &mut Sums<K>,
        w: &mut Workspace,
    ) {
        let instruction = &self.instructions[index as usize];
        let lambda = coefficients[instruction.out as usize];
        if is_zero(&lambda) {
            return;
        }
        let operands = self.list(instruction.operands);
        let Kind::Apply(op) = &instruction.kind else { return };
        if *op == Op::Meet {
            let share = lines.share(index as usize);
            lines.choices[index as usize] = choice::meet(self, operands, share, &lambda, coefficients, sums, w);
            return;
        }
        if let (Op::Relu, &[z]) = (op, operands)
            && self.readers[z as usize] == 1
            && w.values[z as usize].inf() >= 0.0
            && is_zero(&coefficients[z as usize])
        {
            // the only term of its coefficient, and exact
            coefficients[z as usize] = lambda;
            return;
        }
        // a lane of zero may ask for a line that is not needed
        if lambda.iter().fold(u64::MAX, |bits, l| bits & l.to_bits()) >> 63 == 0 {
            lines.prepare(index, op, operands, instruction.out, Side::Upper, w);
        }
        if lambda.iter().fold(0, |bits, l| bits | l.to_bits()) >> 63 == 1 {
            lines.prepare(index, op, operands, instruction.out, Side::Lower, w);
        }
        // a line of another box stands only where no lane asks for it
        let [lower, upper] =
            lines.lines[index as usize].map(|line| if line.epoch == lines.epoch { line } else { UNKNOWN });
        sums.charge(&lambda, lower.reach, upper.reach);
        if !(lower.offset == 0.0 && upper.offset == 0.0) {
            sums.add_sided(&lambda, lower.offset, upper.offset);
        }
        let n = operands.len();
        let slopes = &lines.slopes[lines.start[index as usize] as usize..][..2 * n];
        for (j, &slot) in operands.iter().enumerate() {
            let (below, above) = (slopes[j], slopes[n + j]);
            let coefficient = &mut coefficients[slot as usize];
            for k in 0..K {
                let slope = if lambda[k] > 0.0 { above } else { below };
                coefficient[k] = lambda[k].mul_add(slope, coefficient[k]);
            }
        }
        let smallest = lower.smallest.min(upper.smallest);
        sums.note_underflow(&lambda, smallest, || operands.iter().map(|&slot| w.values[slot as usize].mag()).sum());
    }
}

/// Whether an operator says that its operands are equal.
pub(super) fn is_meet(op: &Op) -> bool {
    *op == Op::Meet
}

/// Whether every lower slope in `[0, 1]` is one for an operator that is undecided.
pub(super) fn is_relu(op: &Op) -> bool {
    *op == Op::Relu
}
