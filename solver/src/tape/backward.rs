//! The backward sweep of HC4: from narrowed images to the operands.

use super::{Instruction, Kind, NO_WRITER, Reason, Slot, Tape, Workspace};
use crate::interval::Interval;

impl Tape {
    /// Intersects a slot with what is known to hold of it, to be carried down by [`backward`](Self::backward). Returns
    /// false when nothing is left.
    pub fn narrow(&self, slot: Slot, to: Interval, reason: Reason, w: &mut Workspace) -> bool {
        let held = w.values[slot as usize];
        if !held.subset(to) {
            let value = held.intersection(to);
            w.values[slot as usize] = value;
            w.narrowed[slot as usize] = true;
            w.trace.cut(slot, held, value, reason);
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
            let left =
                if w.trace.wants.cuts { self.invert_watched(instruction, w) } else { self.invert(instruction, w) };
            if !left {
                return false;
            }
        }
        self.note_values(false, w);
        true
    }

    /// Narrows the operands of an instruction to what the value of its slot allows; false when nothing is left.
    #[inline(always)]
    fn invert(&self, instruction: &Instruction, w: &mut Workspace) -> bool {
        let operands = self.list(instruction.operands);
        let image = w.values[instruction.out as usize];
        match &instruction.kind {
            Kind::Row(row) => {
                w.gathered = NO_WRITER;
                self.rows[*row as usize].invert(image, operands, w)
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
                true
            }
        }
    }

    /// [`invert`](Self::invert), and notes what it cut.
    #[cold]
    fn invert_watched(&self, instruction: &Instruction, w: &mut Workspace) -> bool {
        let operands = self.list(instruction.operands);
        let noise = match instruction.kind {
            Kind::Row(row) => self.rows[row as usize].noise.as_ref().map(|noise| noise.slot),
            Kind::Apply(_) => None,
        };
        self.remember(operands, noise, w);
        let left = self.invert(instruction, w);
        self.note_cuts(instruction.out, operands, noise, left, w);
        left
    }
}
