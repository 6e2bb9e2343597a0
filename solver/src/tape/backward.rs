//! The backward sweep of HC4: from narrowed images to the operands.

use super::{Kind, NO_WRITER, Slot, Tape, Workspace};
use crate::interval::Interval;

impl Tape {
    /// Intersects a slot with what is known to hold of it, to be carried down by [`backward`](Self::backward). Returns
    /// false when nothing is left.
    pub fn narrow(&self, slot: Slot, to: Interval, w: &mut Workspace) -> bool {
        let held = w.values[slot as usize];
        if !held.subset(to) {
            let value = held.intersection(to);
            w.values[slot as usize] = value;
            w.narrowed[slot as usize] = true;
            return !value.is_empty();
        }
        !held.is_empty()
    }

    /// Visits the instructions in reverse and narrows the operands of each whose slot is narrower than its image, or
    /// whose operator is partial and must have a value. Returns false when a slot becomes empty: the box holds no solution.
    pub fn backward(&self, w: &mut Workspace) -> bool {
        for instruction in self.instructions.iter().rev() {
            if !(w.narrowed[instruction.out as usize] || (instruction.partial && instruction.required)) {
                continue;
            }
            let operands = self.list(instruction.operands);
            let image = w.values[instruction.out as usize];
            match &instruction.kind {
                Kind::Row(row) => {
                    w.gathered = NO_WRITER;
                    if !self.rows[*row as usize].invert(image, operands, w) {
                        return false;
                    }
                }
                Kind::Apply(op) => {
                    let n = operands.len();
                    for (x, &slot) in w.x.iter_mut().zip(operands) {
                        *x = w.values[slot as usize];
                    }
                    op.operator().expect("rows are compiled").invert(image, &mut w.x[..n]);
                    for (j, &slot) in operands.iter().enumerate() {
                        let held = w.values[slot as usize];
                        if !held.subset(w.x[j]) {
                            // an operand may occur twice, so meet what is held by now
                            let value = held.intersection(w.x[j]);
                            w.values[slot as usize] = value;
                            w.narrowed[slot as usize] = true;
                            if value.is_empty() {
                                return false;
                            }
                        }
                    }
                }
            }
        }
        true
    }
}
