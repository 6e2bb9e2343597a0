//! Staircases on the tape: the kept slots that hold integers, and what their open steps cost a linear bound.

use super::{Kind, NO_WRITER, Slot, Tape, Workspace};

/// A kept slot that an operator with [integer steps](crate::op::Operator::is_staircase) writes.
#[derive(Clone, Copy, Debug)]
pub struct Stair {
    /// its position in [`Tape::kept`]
    pub position: usize,
    /// whether it is a function of one variable alone, so that its steps cut the box into smaller boxes
    pub of_variable: bool,
}

impl Tape {
    /// The staircases.
    pub fn stairs(&self) -> &[Stair] {
        &self.stairs
    }

    /// How much of the last linear bound is due to the open steps of a staircase: its lines are at most one step apart,
    /// times its coefficient. Zero where the step is known.
    pub fn stair_gap(&self, stair: &Stair, w: &Workspace) -> f64 {
        let slot = self.kept[stair.position];
        if w.values[slot as usize].is_singleton() { 0.0 } else { w.linear_coefficient(slot, 0).abs() }
    }

    pub(super) fn find_stairs(&self) -> Vec<Stair> {
        // by slot: no variable, the one variable, or several, that it is a function of
        let mut of: Vec<Support> = vec![Support::Nothing; self.slots];
        of[..self.variables].iter_mut().enumerate().for_each(|(v, of)| *of = Support::One(v));
        for instruction in &self.instructions {
            let mut support =
                self.list(instruction.operands).iter().fold(Support::Nothing, |s, &x| s.and(of[x as usize]));
            if let Some(noise) = self.row(instruction).and_then(|(_, row)| row.noise.as_ref()) {
                support = support.and(of[noise.slot as usize]);
            }
            of[instruction.out as usize] = support;
        }
        let kept = self.kept.iter().enumerate().skip(self.variables);
        let stairs = kept.filter(|&(_, &slot)| {
            self.definition(slot).and_then(|(op, _)| op.operator()).is_some_and(|operator| operator.is_staircase())
        });
        stairs
            .map(|(position, &slot)| Stair { position, of_variable: matches!(of[slot as usize], Support::One(_)) })
            .collect()
    }

    /// Whether a slot is a row of several operands, so that a linear bound may say more of it than the operands' own.
    pub(super) fn is_sum(&self, slot: Slot) -> bool {
        let writer = self.writer[slot as usize];
        writer != NO_WRITER && {
            let instruction = &self.instructions[writer as usize];
            matches!(instruction.kind, Kind::Row(_)) && self.list(instruction.operands).len() > 1
        }
    }
}

/// The variables that a slot depends on.
#[derive(Clone, Copy, PartialEq)]
enum Support {
    Nothing,
    One(usize),
    Several,
}

impl Support {
    fn and(self, other: Support) -> Support {
        match (self, other) {
            (Support::Nothing, s) | (s, Support::Nothing) => s,
            (a, b) if a == b => a,
            _ => Support::Several,
        }
    }
}
