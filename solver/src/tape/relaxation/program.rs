//! The relaxation of a box as a linear program: the best multipliers and slopes at once, where ascent only comes near.
//!
//! Columns are the variables, what each undecided operator takes, and what each noise adds to its row; every row of the
//! network is a linear function of those. The rows of the program are the operators' lines and the bounds of kept slots. Of a meet the
//! second expression is taken, and the first has its lines drawn around it. What
//! the program multiplies these rows with at its optimum is where the sweep's own multipliers belong:
//! of a kept slot's bound to its multiplier, of the identity below a ReLU to the slope of its lower line, of the lines of a meet's first
//! operand to the share of the coefficient that goes there. Then the sweep, which rounds outward whatever they are, attains the
//! program's optimum.

mod fill;

use super::line::is_meet;
use crate::interval::Interval;
use crate::op::Side;
use crate::simplex::Simplex;
use crate::tape::{Kind, NO_WRITER, Slot, Tape, Workspace};

/// The most columns, and the most work to set the program up, in products.
const COLUMNS: usize = 320;
const WORK: usize = 4_000_000;

/// Multipliers from here on are left out.
const HUGE: f64 = 1e100;

/// What a row of the program says.
#[derive(Clone, Copy, Debug)]
enum Tag {
    /// nothing that a sweep has a parameter for
    Line,
    /// a bound of the kept slot at this position; the sign is that of its multiplier
    Kept(u32, f64),
    /// a ReLU is at least its argument
    Identity(u32),
    /// a line of a meet's first operand; the sign is that of the coefficient
    First(u32, f64),
    /// that the second operand of a meet is not below (or above) the first
    Second(u32, f64),
    /// a demand, by its number
    Demand(u32),
}

/// That `sign·slot ≥ 0`, and what a program multiplies that with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) slot: Slot,
    pub(crate) sign: f64,
    pub(crate) multiplier: f64,
}

impl Demand {
    /// With no multiplier yet.
    pub(crate) fn new((slot, sign): (Slot, f64)) -> Demand {
        Demand { slot, sign, multiplier: 0.0 }
    }
}

/// What an instruction is to the program.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Unused,
    /// a linear function of what is below it
    Linear,
    /// linear but for what its noise adds, which has this column
    Noisy(u32),
    /// has a column of its own
    Column(u32),
    /// the first operand of a meet, which alone reads it: the meet draws its lines
    Drawn,
    Meet,
}

/// Memory of the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    simplex: Simplex,
    roles: Vec<Role>,
    used: Vec<bool>,
    /// the column of each variable
    columns: Vec<u32>,
    /// by slot: coefficients on the columns, then the constant
    functions: Vec<f64>,
    tags: Vec<Tag>,
    sum: Vec<f64>,
}

const NONE: u32 = u32::MAX;

impl Tape {
    /// Solves the relaxation of the box for the largest value of a slot where the demands hold, or until that is at most
    /// `goal`, and sets slopes and shares for lane 0 of the next sweeps, until [`drop_shares`](Self::drop_shares). The multipliers of the kept slots'
    /// bounds are written to `mu`, those of the demands beside them. `None` where the program would be large. The maximiser is left in
    /// [`Workspace::relaxed`].
    pub(crate) fn solve_relaxation(
        &self,
        slot: Slot,
        goal: f64,
        demands: &mut [Demand],
        mu: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        let mut program = std::mem::take(&mut w.sweep.program);
        let found = self.solve_program(&mut program, slot, goal, demands, mu, w);
        w.sweep.program = program;
        found
    }

    fn solve_program(
        &self,
        program: &mut Program,
        slot: Slot,
        goal: f64,
        demands: &mut [Demand],
        mu: &mut [f64],
        w: &mut Workspace,
    ) -> Option<f64> {
        let written = |slot: Slot| self.writer.get(slot as usize).copied().filter(|&writer| writer != NO_WRITER);
        written(slot)?;
        let roots = demands.iter().map(|demand| demand.slot).chain([slot]);
        let end = roots.clone().filter_map(written).max()? as usize;
        program.used.clear();
        program.used.resize(self.slots, false);
        roots.for_each(|root| program.used[root as usize] = true);
        let columns = self.assign_roles(program, end, w)?;
        self.fill_program(program, columns, end, w)?;
        let n = columns + 1;
        for (number, demand) in demands.iter().enumerate() {
            program.add_row(Tag::Demand(number as u32), |row, functions| {
                add(row, functions, demand.slot, n, demand.sign);
            });
        }
        program.sum.clear();
        program.sum.extend_from_slice(&program.functions[slot as usize * n..][..n]);
        let optimum = program.simplex.maximise(&program.sum, goal);
        self.apply_program(program, demands, mu, w);
        Some(optimum)
    }

    /// Decides what each instruction up to `end` is, and returns the number of columns.
    fn assign_roles(&self, program: &mut Program, end: usize, w: &mut Workspace) -> Option<usize> {
        let mut lines = std::mem::take(&mut w.sweep.lines);
        let Program { roles, used, columns, .. } = program;
        roles.clear();
        roles.resize(end + 1, Role::Unused);
        columns.clear();
        columns.resize(self.variables, NONE);
        let mut count = 0;
        let mut work = 0;
        let mut next = || {
            count += 1;
            count as u32 - 1
        };
        for index in (0..=end).rev() {
            let instruction = &self.instructions[index];
            if !used[instruction.out as usize] {
                continue;
            }
            let operands = self.list(instruction.operands);
            work += operands.len();
            if roles[index] == Role::Unused {
                roles[index] = match &instruction.kind {
                    Kind::Row(row) if self.rows[*row as usize].noise.is_some() => Role::Noisy(next()),
                    Kind::Row(_) => Role::Linear,
                    Kind::Apply(op) if is_meet(op) => {
                        let writer = self.writer[operands[0] as usize];
                        let first = self.instructions.get(writer as usize);
                        let drawn = self.readers[operands[0] as usize] == 1
                            && first.is_some_and(|first| matches!(first.kind, Kind::Apply(_)));
                        if drawn {
                            roles[writer as usize] = Role::Drawn;
                        }
                        Role::Meet
                    }
                    Kind::Apply(op) => {
                        for side in [Side::Lower, Side::Upper] {
                            lines.prepare(index as u32, op, operands, instruction.out, side, w);
                        }
                        let (below, above) =
                            (lines.get(index, false, operands.len())?, lines.get(index, true, operands.len())?);
                        if below == above && below.1 == 0.0 { Role::Linear } else { Role::Column(next()) }
                    }
                };
            } else if let Kind::Apply(op) = &instruction.kind {
                for side in [Side::Lower, Side::Upper] {
                    lines.prepare(index as u32, op, operands, instruction.out, side, w);
                }
            }
            for &operand in operands {
                used[operand as usize] = true;
            }
        }
        for (column, _) in columns.iter_mut().zip(used.iter()).filter(|&(_, &used)| used) {
            *column = next();
        }
        w.sweep.lines = lines;
        (count <= COLUMNS && work * count <= WORK).then_some(count)
    }

    /// Puts the multipliers of the program's rows where the sweep has its own.
    fn apply_program(&self, program: &Program, demands: &mut [Demand], mu: &mut [f64], w: &mut Workspace) {
        let mut lines = std::mem::take(&mut w.sweep.lines);
        mu.fill(0.0);
        for (index, role) in program.roles.iter().enumerate() {
            if *role == Role::Meet {
                let operands = self.list(self.instructions[index].operands);
                let drawn = program.roles.get(self.writer[operands[0] as usize] as usize) == Some(&Role::Drawn);
                lines.set_share(index, u32::from(!drawn));
            }
        }
        for (row, tag) in program.tags.iter().enumerate() {
            let y = program.simplex.multiplier(row);
            // any finite multiplier is right
            if y.is_nan() || y >= HUGE {
                continue;
            }
            if y == 0.0 && !matches!(tag, Tag::Identity(_)) {
                continue;
            }
            match *tag {
                Tag::Line => {}
                Tag::Demand(number) => demands[number as usize].multiplier = y,
                Tag::Kept(position, sign) => mu[position as usize] += sign * y,
                Tag::First(meet, sign) | Tag::Second(meet, sign) => lines.add_to_share(meet as usize, sign * y),
                Tag::Identity(index) => {
                    let instruction = &self.instructions[index as usize];
                    let Role::Column(column) = program.roles[index as usize] else { continue };
                    let zero = (-program.simplex.reduced_cost(column as usize)).max(0.0);
                    if y + zero > 0.0 {
                        let z = self.list(instruction.operands)[0];
                        lines.set_lower(index as usize, y / (y + zero), w.values[z as usize].mag());
                    }
                }
            }
        }
        lines.shared = true;
        w.sweep.lines = lines;
        let Workspace { relaxed, .. } = w;
        relaxed.clear();
        let point = program.simplex.point();
        relaxed.extend(program.columns.iter().map(|&column| point.get(column as usize).copied().unwrap_or(f64::NAN)));
    }
}

impl Program {
    fn clear(&mut self, slot: usize, n: usize) -> &mut [f64] {
        let function = &mut self.functions[slot * n..][..n];
        function.fill(0.0);
        function
    }

    /// The ends of a column, `beyond` what is known of it; `None` where it has none.
    fn set_bounds(&mut self, column: usize, value: Interval, beyond: f64) -> Option<()> {
        let (lower, upper) = (value.inf() - beyond, value.sup() + beyond);
        self.simplex.set_bounds(column, lower, upper);
        (lower.is_finite() && upper.is_finite()).then_some(())
    }

    fn add_row(&mut self, tag: Tag, fill: impl FnOnce(&mut [f64], &[f64])) {
        self.tags.push(tag);
        fill(self.simplex.add_row(), &self.functions);
    }
}

/// Adds `a` times the function of a slot.
fn add(sum: &mut [f64], functions: &[f64], slot: Slot, n: usize, a: f64) {
    if a != 0.0 {
        for (sum, b) in sum.iter_mut().zip(&functions[slot as usize * n..][..n]) {
            *sum += a * b;
        }
    }
}
