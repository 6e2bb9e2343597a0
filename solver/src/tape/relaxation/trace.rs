//! A linear bound as a watched search notes it: seeds, coefficients, and the operators' lines.

use super::line::Lines;
use crate::op::Op;
use crate::tape::trace::{LineBound, Note, OperatorLine};
use crate::tape::{Instruction, Kind, Slot, Tape, Workspace};

impl Tape {
    /// The bound in a lane of the last sweep, which was made for these seeds.
    pub(crate) fn line_bound(
        &self,
        lane: usize,
        seeds: &[(Slot, f64)],
        offset: f64,
        level: f64,
        w: &Workspace,
    ) -> LineBound {
        let coefficient = |slot: Slot| w.linear_coefficient(slot, lane);
        let slots = (0..self.slots as Slot).filter(|&slot| coefficient(slot) != 0.0);
        let replaced = |(index, instruction): (usize, &Instruction)| {
            let lambda = coefficient(instruction.out);
            let Kind::Apply(op) = &instruction.kind else { return None };
            (lambda != 0.0).then(|| self.operator_line(index, op, lambda, lane, &w.sweep.lines))
        };
        let bound = w.linear_bound(lane);
        LineBound {
            seeds: seeds.to_vec(),
            offset,
            coefficients: slots.map(|slot| (slot, coefficient(slot))).collect(),
            operators: self.instructions.iter().enumerate().filter_map(replaced).collect(),
            constant: bound.constant,
            maximum: bound.maximum,
            level,
        }
    }

    fn operator_line(&self, index: usize, op: &Op, lambda: f64, lane: usize, lines: &Lines) -> OperatorLine {
        let instruction = &self.instructions[index];
        let (out, upper) = (instruction.out, lambda > 0.0);
        if super::line::is_meet(op) {
            // either operand is the slot, and so is any mean of both
            let first = match lines.share(index).filter(|_| lane == 0) {
                Some(share) => {
                    let part = share.amount / lambda;
                    if share.operand == 0 { part } else { 1.0 - part }
                }
                None => f64::from(lines.choices[index] >> lane & 1 == 0),
            };
            return OperatorLine { out, upper, slopes: vec![first, 1.0 - first], offset: 0.0 };
        }
        let arity = self.list(instruction.operands).len();
        match lines.get(index, upper, arity) {
            Some((slopes, offset)) => OperatorLine { out, upper, slopes: slopes.to_vec(), offset },
            // a ReLU of what is not negative
            None => OperatorLine { out, upper, slopes: vec![1.0; arity], offset: 0.0 },
        }
    }

    /// Notes the bound in a lane of the last sweep, where lines are wanted.
    pub(crate) fn note_line(&self, lane: usize, seeds: &[(Slot, f64)], offset: f64, level: f64, w: &mut Workspace) {
        if w.trace.wants.lines {
            let bound = self.line_bound(lane, seeds, offset, level, w);
            w.trace.notes.push(Note::Line(Box::new(bound)));
        }
    }

    /// Keeps the bound in lane 0 as the best of an ascent, where lines are wanted.
    pub(crate) fn keep_line(&self, seeds: &[(Slot, f64)], offset: f64, level: f64, w: &mut Workspace) {
        if w.trace.wants.lines {
            w.trace.best = Some(Box::new(self.line_bound(0, seeds, offset, level, w)));
        }
    }
}

impl Workspace {
    /// Notes the best bound of an ascent.
    pub(crate) fn note_best_line(&mut self) {
        if let Some(best) = self.trace.best.take() {
            self.trace.notes.push(Note::Line(best));
        }
    }
}
