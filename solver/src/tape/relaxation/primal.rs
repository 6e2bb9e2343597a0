//! The point at which a linear bound is attained, carried forward through the lines that the sweep chose.
//!
//! A linear bound is the maximum over the box of a relaxed problem in which every operator is one of its lines. At the
//! maximiser a slot has a value, which may violate what is known of the slot; how far, is the derivative of the bound
//! by the multiplier of that knowledge (β-CROWN, Wang et al. 2021), and `λ·z` the derivative by the lower slope of a ReLU
//! with coefficient `λ` (α-CROWN, Xu et al. 2021). All in doubles: it says where to look, and decides nothing.

use super::rows::absolute_bound;
use crate::interval::Interval;
use crate::op::Op;
use crate::tape::{Instruction, Kind, Slot, Tape, Workspace};

/// The relaxed values of the operands of the row at hand, which its neighbours read too.
#[derive(Clone, Debug, Default)]
pub(super) struct Relaxed {
    held: Option<u32>,
    held_absolute: Option<(u32, bool)>,
    operands: Vec<f64>,
    absolute: Vec<f64>,
}

impl Relaxed {
    fn gather(&mut self, list: u32, slots: &[Slot], value: impl Fn(Slot) -> f64) {
        if self.held != Some(list) || self.operands.len() != slots.len() {
            self.held = Some(list);
            self.operands.clear();
            self.operands.extend(slots.iter().map(|&slot| value(slot)));
        }
    }

    fn gather_absolute(&mut self, list: u32, above: bool, slots: &[Slot], value: impl Fn(Slot) -> f64) {
        if self.held_absolute != Some((list, above)) || self.absolute.len() != slots.len() {
            self.held_absolute = Some((list, above));
            self.absolute.clear();
            self.absolute.extend(slots.iter().map(|&slot| value(slot)));
        }
    }
}

/// `Σ a_j x_j`, where an unbounded `x_j` does not matter to a zero.
fn dot(a: &[f64], x: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, x) in a.chunks(8).zip(x.chunks(8)) {
        for ((sum, a), x) in sums.iter_mut().zip(a).zip(x) {
            *sum += if *a == 0.0 { 0.0 } else { a * x };
        }
    }
    sums.iter().sum()
}

impl Tape {
    /// Writes the relaxed values of all slots up to `last` at the maximiser of the bound in a lane to
    /// [`Workspace::points`].
    pub fn relaxed_point(&self, lane: usize, last: Slot, w: &mut Workspace) {
        for slot in 0..self.variables {
            let x = w.values[slot];
            let c = w.linear_coefficient(slot as Slot, lane);
            w.points[slot] = if c > 0.0 {
                x.sup()
            } else if c < 0.0 {
                x.inf()
            } else {
                x.mid()
            };
        }
        w.sweep.relaxed.held = None;
        w.sweep.relaxed.held_absolute = None;
        for (index, instruction) in self.instructions.iter().enumerate() {
            if instruction.out > last {
                break;
            }
            let value = self.relaxed_value(index, instruction, lane, w);
            w.points[instruction.out as usize] = value;
        }
    }

    fn relaxed_value(&self, index: usize, instruction: &Instruction, lane: usize, w: &mut Workspace) -> f64 {
        let operands = self.list(instruction.operands);
        let lambda = w.linear_coefficient(instruction.out, lane);
        match &instruction.kind {
            Kind::Row(row) => {
                let row = &self.rows[*row as usize];
                let held = instruction.operands.start;
                let Workspace { sweep, values, points, .. } = w;
                let relaxed = &mut sweep.relaxed;
                relaxed.gather(held, operands, |slot| points[slot as usize]);
                let sum = dot(row.a.values(), &relaxed.operands[row.a.at.clone()]) + row.constant.mid();
                let Some(noise) = &row.noise else { return sum };
                let s = best_end(lambda, values[noise.slot as usize]);
                let above = lambda * s > 0.0;
                relaxed.gather_absolute(held, above, operands, |slot| {
                    let (slope, offset) = absolute_bound(values[slot as usize], above);
                    slope * points[slot as usize] + offset
                });
                sum + s * (dot(noise.r.values(), &relaxed.absolute[noise.r.at.clone()]) + noise.radius.mid())
            }
            Kind::Apply(Op::Meet) => {
                // a sweep notes no choice where all its lanes are zero
                let second = if lambda == 0.0 { 0 } else { w.sweep.lines.choices[index] >> lane & 1 };
                w.points[operands[second as usize] as usize]
            }
            Kind::Apply(op) => {
                if lambda != 0.0
                    && let Some((slopes, offset)) = w.sweep.lines.get(index, lambda > 0.0, operands.len())
                {
                    return slopes.iter().zip(operands).map(|(a, &slot)| a * w.points[slot as usize]).sum::<f64>()
                        + offset;
                }
                for (x, &slot) in w.px.iter_mut().zip(operands) {
                    *x = w.points[slot as usize];
                }
                op.operator().map_or(f64::NAN, |operator| operator.value(&w.px[..operands.len()]))
            }
        }
    }

    /// Moves the lower slope of every undecided ReLU against the derivative of the bound in a lane: by `step` times it,
    /// within `[0, 1]`. Any slope in that range is valid. The relaxed point must be there.
    pub fn shift_slopes(&self, step: f64, lane: usize, w: &mut Workspace) {
        let mut lines = std::mem::take(&mut w.sweep.lines);
        for (index, z, derivative) in self.slope_derivatives(lane, w) {
            lines.shift_lower(index, -step * derivative, w.values[z].mag());
        }
        w.sweep.lines = lines;
    }

    /// The sum of the squared derivatives of the bound in a lane by the lower slopes of ReLUs.
    pub fn slope_derivatives_squared(&self, lane: usize, w: &Workspace) -> f64 {
        self.slope_derivatives(lane, w).map(|(_, _, derivative)| derivative * derivative).sum()
    }

    fn slope_derivatives<'a>(
        &'a self,
        lane: usize,
        w: &'a Workspace,
    ) -> impl Iterator<Item = (usize, usize, f64)> + 'a {
        self.relus.iter().filter_map(move |&index| {
            let instruction = &self.instructions[index as usize];
            let z = self.list(instruction.operands)[0] as usize;
            let lambda = w.linear_coefficient(instruction.out, lane);
            let undecided = w.values[z].inf() < 0.0 && w.values[z].sup() > 0.0;
            (lambda < 0.0 && undecided).then(|| (index as usize, z, lambda * w.points[z]))
        })
    }
}

/// The end of an interval at which `λ·s` is largest.
fn best_end(lambda: f64, s: Interval) -> f64 {
    if lambda > 0.0 {
        s.sup()
    } else if lambda < 0.0 {
        s.inf()
    } else {
        s.mid()
    }
}
