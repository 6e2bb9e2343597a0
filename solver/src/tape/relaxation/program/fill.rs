//! The columns and rows of a box's linear program, instruction by instruction.

use super::super::line::{is_meet, is_relu};
use super::super::rows::absolute_bound;
use super::{Program, Role, Tag, add};
use crate::tape::{Instruction, Kind, Slot, Tape, Workspace};

impl Tape {
    pub(super) fn fill_program(&self, program: &mut Program, columns: usize, end: usize, w: &Workspace) -> Option<()> {
        let n = columns + 1;
        program.simplex.reset(columns);
        program.tags.clear();
        program.functions.resize(self.slots * n, 0.0);
        for slot in 0..self.variables {
            if program.used[slot] {
                let column = program.columns[slot] as usize;
                program.clear(slot, n)[column] = 1.0;
                program.set_bounds(column, w.values[slot], 0.0)?;
            }
        }
        for &(slot, _, nearest) in &self.constants {
            if program.used[slot as usize] {
                program.clear(slot as usize, n)[columns] = nearest;
            }
        }
        for (index, instruction) in self.instructions[..=end].iter().enumerate() {
            if program.used[instruction.out as usize] {
                self.add_instruction(program, n, index, instruction, w)?;
            }
        }
        for (position, &slot) in self.kept.iter().enumerate().skip(self.variables) {
            if slot <= self.instructions[end].out && program.used[slot as usize] {
                let bound = w.values[slot as usize];
                if !self.is_row(slot) {
                    continue;
                }
                for (sign, at) in [(1.0, bound.inf()), (-1.0, bound.sup())] {
                    if at.is_finite() {
                        program.add_row(Tag::Kept(position as u32, sign), |row, functions| {
                            add(row, functions, slot, n, sign);
                            row[columns] -= sign * at;
                        });
                    }
                }
            }
        }
        Some(())
    }

    fn is_row(&self, slot: Slot) -> bool {
        self.instructions.get(self.writer[slot as usize] as usize).is_some_and(|instruction| match &instruction.kind {
            Kind::Row(_) => true,
            Kind::Apply(op) => is_meet(op),
        })
    }

    fn add_instruction(
        &self,
        program: &mut Program,
        n: usize,
        index: usize,
        instruction: &Instruction,
        w: &Workspace,
    ) -> Option<()> {
        let operands = self.list(instruction.operands);
        let out = instruction.out;
        match (&instruction.kind, program.roles[index]) {
            (Kind::Row(row), role) => {
                let row = &self.rows[*row as usize];
                program.sum.clear();
                program.sum.resize(n, 0.0);
                for (a, &slot) in row.a.values().iter().zip(&operands[row.a.at.clone()]) {
                    add(&mut program.sum, &program.functions, slot, n, *a);
                }
                program.sum[n - 1] += row.constant.mid();
                if let Role::Noisy(column) = role {
                    program.sum[column as usize] += 1.0;
                    self.add_noise(program, n, column as usize, instruction, w)?;
                }
                program.functions[out as usize * n..][..n].copy_from_slice(&program.sum);
            }
            (_, Role::Linear) => {
                let (slopes, _) = w.sweep.lines.get(index, true, operands.len())?;
                program.sum.clear();
                program.sum.resize(n, 0.0);
                for (a, &slot) in slopes.iter().zip(operands) {
                    add(&mut program.sum, &program.functions, slot, n, *a);
                }
                program.functions[out as usize * n..][..n].copy_from_slice(&program.sum);
            }
            (_, Role::Meet) => {
                let (first, second) = (operands[0], operands[1]);
                let writer = self.writer[first as usize];
                let drawn = program.roles.get(writer as usize) == Some(&Role::Drawn);
                let taken = if drawn { second } else { first };
                program.functions.copy_within(taken as usize * n..(taken as usize + 1) * n, out as usize * n);
                if drawn {
                    self.add_lines(program, n, writer as usize, out, Some(index as u32), w)?;
                } else {
                    for sign in [1.0, -1.0] {
                        program.add_row(Tag::Second(index as u32, sign), |row, functions| {
                            add(row, functions, second, n, sign);
                            add(row, functions, first, n, -sign);
                        });
                    }
                }
            }
            (_, Role::Column(column)) => {
                program.clear(out as usize, n)[column as usize] = 1.0;
                let relu = matches!(&instruction.kind, Kind::Apply(op) if is_relu(op));
                let value = w.values[out as usize];
                program.set_bounds(column as usize, value, value.wid() + 1.0)?;
                if relu {
                    program.simplex.set_bounds(column as usize, 0.0, 2.0 * value.sup() + 1.0);
                }
                self.add_lines(program, n, index, out, None, w)?;
            }
            _ => {}
        }
        Some(())
    }

    /// The lines of an operator as rows about the function of a slot: its own, or the meet's that draws them.
    fn add_lines(
        &self,
        program: &mut Program,
        n: usize,
        index: usize,
        slot: Slot,
        meet: Option<u32>,
        w: &Workspace,
    ) -> Option<()> {
        let instruction = &self.instructions[index];
        let operands = self.list(instruction.operands);
        let relu = matches!(&instruction.kind, Kind::Apply(op) if is_relu(op)) && meet.is_none();
        for (upper, sign) in [(true, 1.0), (false, -1.0)] {
            let (slopes, offset) = w.sweep.lines.get(index, upper, operands.len())?;
            if !offset.is_finite() {
                continue;
            }
            if relu && !upper {
                program.add_row(Tag::Identity(index as u32), |row, functions| {
                    add(row, functions, slot, n, 1.0);
                    add(row, functions, operands[0], n, -1.0);
                });
                continue;
            }
            let tag = meet.map_or(Tag::Line, |meet| Tag::First(meet, sign));
            program.add_row(tag, |row, functions| {
                for (a, &operand) in slopes.iter().zip(operands) {
                    add(row, functions, operand, n, sign * a);
                }
                add(row, functions, slot, n, -sign);
                row[n - 1] += sign * offset;
            });
        }
        Some(())
    }

    /// What a noise adds to its row: between the ends of the noise times `ρ(h)`, with a line for each `|h_j|`.
    fn add_noise(
        &self,
        program: &mut Program,
        n: usize,
        column: usize,
        instruction: &Instruction,
        w: &Workspace,
    ) -> Option<()> {
        let Kind::Row(row) = instruction.kind else { return None };
        let noise = self.rows[row as usize].noise.as_ref()?;
        let operands = self.list(instruction.operands);
        let s = w.values[noise.slot as usize];
        let mut most = noise.radius.sup();
        for (r, &slot) in noise.r.values().iter().zip(&operands[noise.r.at.clone()]) {
            if *r != 0.0 {
                most += r * w.values[slot as usize].mag();
            }
        }
        let wide = 2.0 * most * s.mag() + 1.0;
        if !wide.is_finite() {
            return None;
        }
        program.simplex.set_bounds(column, -wide, wide);
        for (sign, end) in [(1.0, s.sup()), (-1.0, s.inf())] {
            let factor = sign * end;
            program.add_row(Tag::Line, |row, functions| {
                for (r, &slot) in noise.r.values().iter().zip(&operands[noise.r.at.clone()]) {
                    if *r != 0.0 {
                        let (slope, offset) = absolute_bound(w.values[slot as usize], factor > 0.0);
                        add(row, functions, slot, n, factor * r * slope);
                        row[n - 1] += factor * r * offset;
                    }
                }
                row[n - 1] += factor * noise.radius.mid();
                row[column] -= sign;
            });
        }
        Some(())
    }
}
