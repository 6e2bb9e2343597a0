//! The forward sweep of HC4: every slot's enclosure from those of its operands.

use super::{Kind, NO_WRITER, Slot, Tape, Workspace};

impl Tape {
    /// Evaluates every instruction over the current values of its operands and intersects the result with what the slot
    /// holds. Returns false as soon as a slot is empty that has a value at every solution.
    pub fn forward(&self, w: &mut Workspace) -> bool {
        self.forward_between(None, None, w)
    }

    /// [`forward`](Self::forward) restricted to the slots after `after` up to and including `through`.
    pub fn forward_between(&self, after: Option<Slot>, through: Option<Slot>, w: &mut Workspace) -> bool {
        if w.trace.wants.sweeps() {
            return self.forward_watched(after, through, w);
        }
        self.sweep_forward(after, through, w)
    }

    #[inline]
    pub(super) fn sweep_forward(&self, after: Option<Slot>, through: Option<Slot>, w: &mut Workspace) -> bool {
        w.gathered = NO_WRITER;
        let first = after.map_or(0, |slot| self.instructions.partition_point(|i| i.out <= slot));
        let end = through.map_or(self.instructions.len(), |slot| self.instructions.partition_point(|i| i.out <= slot));
        for instruction in &self.instructions[first..end.max(first)] {
            let operands = self.list(instruction.operands);
            let image = match &instruction.kind {
                Kind::Row(row) => {
                    w.gather(instruction.operands.start, operands);
                    let n = operands.len();
                    self.rows[*row as usize].enclose(&w.values, &w.lo[..n], &w.hi[..n])
                }
                Kind::Apply(op) => {
                    for (x, &slot) in w.x.iter_mut().zip(operands) {
                        *x = w.values[slot as usize];
                    }
                    op.operator().expect("rows are compiled").enclose(&w.x[..operands.len()])
                }
            };
            let out = instruction.out as usize;
            let held = w.values[out];
            w.narrowed[out] = !image.subset(held);
            let value = image.intersection(held);
            w.values[out] = value;
            if value.is_empty() && instruction.required {
                return false;
            }
        }
        true
    }

    /// Whether every partial operator is defined everywhere on the box of the last forward sweep, those aside that have
    /// no value anywhere on it and need none.
    pub fn is_defined(&self, w: &mut Workspace) -> bool {
        self.instructions.iter().filter(|instruction| instruction.partial).all(|instruction| {
            if !instruction.required && w.values[instruction.out as usize].is_empty() {
                return true;
            }
            let operands = self.list(instruction.operands);
            for (x, &slot) in w.x.iter_mut().zip(operands) {
                *x = w.values[slot as usize];
            }
            match &instruction.kind {
                Kind::Apply(op) => op.operator().is_some_and(|o| o.is_defined(&w.x[..operands.len()])),
                Kind::Row(_) => true,
            }
        })
    }
}
