//! The tape: an expression graph compiled to a flat list of instructions over numbered slots.
//!
//! Slots hold the variables first, then the reachable nodes of the graph in ascending order, so every instruction
//! writes a slot after those it reads. The rows of a layer are dense arrays (`row.rs`); everything else goes through
//! [`Operator`](crate::op::Operator). A [`Tape`] is immutable and shared between threads; the values live in a
//! [`Workspace`], which is allocated once per worker.
//!
//! The sweeps have a file each: [`forward`](Tape::forward) and [`backward`](Tape::backward) together are HC4
//! (Benhamou, Goualard, Granvilliers, Puget 1999), [`evaluate`](Tape::evaluate) and [`adjoint`](Tape::adjoint) the
//! value and gradient in doubles, [`derivatives`](Tape::derivatives) the interval adjoint, [`linear_bound`](Tape::linear_bound)
//! the backward linear bound propagation (CROWN, Zhang et al. 2018; DeepPoly, Singh et al. 2019).
//!
//! *Kept* slots are those whose bounds a search node stores and may split: the variables, then the arguments of the
//! piecewise and increment operators (the pre-activations of a network) and the values of staircases.

mod adjoint;
mod backward;
mod block;
mod derivative;
mod forward;
mod relaxation;
mod row;
mod stairs;
mod trace;
mod workspace;

pub(crate) use relaxation::Demand;
pub use relaxation::{LANES, LinearBound};
pub use stairs::Stair;
pub(crate) use trace::Trace;
pub use trace::{LineBound, Note, OperatorLine, Reason, Wants};
pub use workspace::Workspace;

use crate::budget::{Budget, StopReason};
use crate::expr::{ExprId, Graph, Node};
use crate::interval::Interval;
use crate::interval::decimal::enclose_constant;
use crate::op::{Incremented, Op};
use block::Step;
use row::{Arrays, Row};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::ops::Range;

/// A slot of a tape.
pub type Slot = u32;

/// A list of slots in the operand pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    start: u32,
    len: u32,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// an operator of fixed arity
    Apply(Op),
    /// a row of `Tape::rows`
    Row(u32),
}

#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    kind: Kind,
    out: Slot,
    operands: List,
    /// the operator is undefined somewhere, see `Operator::is_partial`
    partial: bool,
    /// a solution has a value here
    required: bool,
}

/// A compiled expression graph.
#[derive(Clone, Debug)]
pub struct Tape {
    variables: usize,
    slots: usize,
    instructions: Vec<Instruction>,
    operands: Vec<Slot>,
    rows: Vec<Row>,
    constants: Vec<(Slot, Interval, f64)>,
    kept: Vec<Slot>,
    /// runs of positions in `kept` beyond the variables, none of which depends on another of its run
    groups: Vec<Range<usize>>,
    slot_of: HashMap<ExprId, Slot>,
    /// instruction that writes a slot, for slots above the variables that are not constants
    writer: Vec<u32>,
    /// the instructions as the linear sweep groups them
    steps: Vec<Step>,
    /// through how many roundings a product may pass at most that is added to a coefficient during a linear sweep
    roundings: usize,
    /// how many instructions read a slot
    readers: Vec<u32>,
    /// the ReLU instructions
    relus: Vec<u32>,
    /// the staircases among the kept slots
    stairs: Vec<Stair>,
    /// the piecewise and increment instructions that read a kept slot, by its position in `kept`
    uses: Vec<Vec<u32>>,
    longest: usize,
    widest: usize,
}

/// Rows of more operands take long enough to look at the limits after each.
const LONG: usize = 256;
/// `writer` of a slot that no instruction writes.
const NO_WRITER: u32 = u32::MAX;

impl Tape {
    /// Compiles everything that the roots depend on. All `variables` get a slot, used or not.
    ///
    /// At a solution every one of the `required` roots must have a value (the objective, the conjunctive atoms); of the
    /// `others` (the atoms below a disjunction) each may be undefined there. So an empty slot, or the domain of a partial
    /// operator, says something about the box only where a required root depends on it, and not just through a branch
    /// of an `ite`.
    pub fn compile(graph: &Graph, variables: usize, required: &[ExprId], others: &[ExprId]) -> Tape {
        Self::compile_within(graph, variables, required, others, &Budget::unlimited()).expect("nothing limits it")
    }

    /// Compiles as [`compile`](Self::compile), as far as a budget allows.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn compile_within(
        graph: &Graph,
        variables: usize,
        required: &[ExprId],
        others: &[ExprId],
        budget: &Budget,
    ) -> Result<Tape, StopReason> {
        let roots: Vec<ExprId> = required.iter().chain(others).copied().collect();
        let mark = graph.reachable(&roots);
        let required = graph.required(required);
        let mut tape = Tape {
            variables,
            slots: variables,
            instructions: Vec::new(),
            operands: Vec::new(),
            rows: Vec::new(),
            constants: Vec::new(),
            kept: (0..variables as Slot).collect(),
            groups: Vec::new(),
            slot_of: HashMap::new(),
            writer: vec![NO_WRITER; variables],
            steps: Vec::new(),
            roundings: 0,
            readers: Vec::new(),
            relus: Vec::new(),
            stairs: Vec::new(),
            uses: Vec::new(),
            longest: 0,
            widest: 0,
        };
        let mut lists: HashMap<Vec<Slot>, List> = HashMap::new();
        let mut arrays = Arrays::default();
        let mut kept = vec![false; graph.len() + variables];
        kept[..variables].fill(true);
        for index in (0..graph.len()).filter(|&index| mark[index]) {
            let id = graph.id(index);
            let slot = match graph.node(id) {
                Node::Variable(v) => v.index() as Slot,
                Node::Constant(c) => {
                    let slot = tape.new_slot();
                    tape.constants.push((slot, enclose_constant(c), c.nearest()));
                    slot
                }
                Node::Apply { op, operands } => {
                    if (operands.len() > LONG || budget.step())
                        && let Some(reason) = budget.stopped()
                    {
                        return Err(reason);
                    }
                    let slots: Vec<Slot> = operands.iter().map(|o| tape.slot_of[o]).collect();
                    if let Some((value, nearest)) = tape.fold(op, &slots) {
                        let slot = tape.new_slot();
                        tape.constants.push((slot, value, nearest));
                        tape.slot_of.insert(id, slot);
                        continue;
                    }
                    tape.push(op, &slots, required[index], &mut lists, &mut arrays, &mut kept)
                }
            };
            tape.slot_of.insert(id, slot);
        }
        tape.kept[variables..].sort_unstable();
        tape.readers = tape.count_readers();
        tape.roundings = tape.count_roundings();
        tape.steps = tape.find_steps();
        tape.groups = tape.find_groups();
        tape.uses = tape.find_uses();
        tape.stairs = tape.find_stairs();
        Ok(tape)
    }

    /// The enclosure of an operator over constants alone, where it is certainly defined, and a double in it: an irrational
    /// constant such as `√2` is computed once and not in every sweep.
    fn fold(&self, op: &Op, slots: &[Slot]) -> Option<(Interval, f64)> {
        let constant = |slot: &Slot| {
            let found = self.constants.binary_search_by_key(slot, |&(slot, ..)| slot).ok()?;
            Some(self.constants[found].1)
        };
        let x: SmallVec<[Interval; 8]> = slots.iter().map(constant).collect::<Option<_>>()?;
        let value = match op {
            Op::Linear(row) => row
                .coefficients
                .iter()
                .zip(&x)
                .fold(enclose_constant(&row.constant), |sum, (a, &x)| sum + enclose_constant(&a) * x),
            Op::Noise(_) => return None,
            op => op.operator().filter(|operator| operator.is_defined(&x))?.enclose(&x),
        };
        value.is_common_interval().then(|| (value, value.mid()))
    }

    fn new_slot(&mut self) -> Slot {
        let slot = Slot::try_from(self.slots).expect("fewer than 2^32 slots");
        self.slots += 1;
        self.writer.push(NO_WRITER);
        slot
    }

    fn push(
        &mut self,
        op: &Op,
        slots: &[Slot],
        required: bool,
        lists: &mut HashMap<Vec<Slot>, List>,
        arrays: &mut Arrays,
        kept: &mut [bool],
    ) -> Slot {
        let branched: SmallVec<[Slot; 8]> = match op {
            // where the operand has no value, neither part of a split would hold it
            _ if !required => SmallVec::new(),
            Op::Relu | Op::Abs | Op::Increment(_) | Op::Min | Op::Max => SmallVec::from_slice(slots),
            // of other arguments the bounds are what their own operands' bounds make them
            Op::Floor | Op::Round | Op::RoundOff | Op::Sigmoid | Op::Tanh if self.is_sum(slots[0]) => {
                SmallVec::from_slice(slots)
            }
            Op::Ite => SmallVec::from_slice(&slots[..1]),
            // the sign of h in r·|h| is a phase too, unless h is a ReLU's value
            Op::Noise(noise) => slots[1..]
                .iter()
                .zip(noise.radii.iter())
                .filter(|&(&slot, ref radius)| {
                    !radius.is_zero() && !matches!(self.definition(slot), Some((Op::Relu, _)))
                })
                .map(|(&slot, _)| slot)
                .collect(),
            _ => SmallVec::new(),
        };
        for slot in branched {
            let constant = slot as usize >= self.variables && self.writer[slot as usize] == NO_WRITER;
            if !constant && !std::mem::replace(&mut kept[slot as usize], true) {
                self.kept.push(slot);
            }
        }
        let staircase = op.operator().is_some_and(|operator| operator.is_staircase());
        let (kind, read, partial) = match op {
            Op::Linear(linear) => (self.push_row(Row::linear(linear, arrays)), slots, false),
            Op::Noise(noise) => (self.push_row(Row::noise(noise, slots[0], arrays)), &slots[1..], false),
            other => {
                let partial = other.operator().is_some_and(|o| o.is_partial());
                self.longest = self.longest.max(slots.len());
                (Kind::Apply(other.clone()), slots, partial)
            }
        };
        if matches!(kind, Kind::Row(_)) {
            self.widest = self.widest.max(read.len());
        }
        let operands = *lists.entry(read.to_vec()).or_insert_with(|| {
            let start = self.operands.len() as u32;
            self.operands.extend_from_slice(read);
            List { start, len: read.len() as u32 }
        });
        let out = self.new_slot();
        self.writer[out as usize] = self.instructions.len() as u32;
        if staircase && required {
            kept[out as usize] = true;
            self.kept.push(out);
        }
        if matches!(kind, Kind::Apply(Op::Relu)) {
            self.relus.push(self.instructions.len() as u32);
        }
        self.instructions.push(Instruction { kind, out, operands, partial, required });
        out
    }

    fn push_row(&mut self, row: Row) -> Kind {
        self.rows.push(row);
        Kind::Row(self.rows.len() as u32 - 1)
    }

    fn count_readers(&self) -> Vec<u32> {
        let mut readers = vec![0; self.slots];
        for instruction in &self.instructions {
            for &slot in self.list(instruction.operands) {
                readers[slot as usize] += 1;
            }
        }
        readers
    }

    fn count_roundings(&self) -> usize {
        let mut count = vec![0usize; self.slots];
        for instruction in &self.instructions {
            let extra = match instruction.kind {
                // two terms an operand, of which the second is a product of three
                Kind::Row(row) if self.rows[row as usize].noise.is_some() => {
                    4 + self.rows[row as usize].slack() as usize
                }
                Kind::Row(row) => 2 + self.rows[row as usize].slack() as usize,
                Kind::Apply(_) => 2,
            };
            for &operand in self.list(instruction.operands) {
                count[operand as usize] += extra;
            }
        }
        count.into_iter().max().unwrap_or(0)
    }

    fn find_groups(&self) -> Vec<Range<usize>> {
        let mut groups: Vec<Range<usize>> = Vec::new();
        // how many kept slots lie one above another up to a slot
        let mut level = vec![0u32; self.slots];
        let mut kept = vec![false; self.slots];
        for &slot in &self.kept[self.variables..] {
            kept[slot as usize] = true;
        }
        for instruction in &self.instructions {
            let below = self.list(instruction.operands).iter().map(|&slot| level[slot as usize]).max().unwrap_or(0);
            level[instruction.out as usize] = below + u32::from(kept[instruction.out as usize]);
        }
        for position in self.variables..self.kept.len() {
            let of = |position: usize| level[self.kept[position] as usize];
            match groups.last_mut() {
                Some(group) if of(group.start) == of(position) => group.end = position + 1,
                _ => groups.push(position..position + 1),
            }
        }
        groups
    }

    /// Runs of positions of [`kept`](Self::kept) slots beyond the variables, in ascending order; no slot depends on
    /// another of its run.
    pub fn kept_groups(&self) -> &[Range<usize>] {
        &self.groups
    }

    /// The piecewise and increment instructions that read each kept slot.
    fn find_uses(&self) -> Vec<Vec<u32>> {
        let mut position = vec![None; self.slots];
        for (index, &slot) in self.kept.iter().enumerate() {
            position[slot as usize] = Some(index);
        }
        let mut uses: Vec<Vec<u32>> = vec![Vec::new(); self.kept.len()];
        for (index, instruction) in self.instructions.iter().enumerate() {
            let operands = self.list(instruction.operands);
            let reads = |j: usize| match &instruction.kind {
                Kind::Apply(Op::Relu | Op::Abs | Op::Increment(_) | Op::Min | Op::Max) => true,
                Kind::Apply(Op::Floor | Op::Round | Op::RoundOff | Op::Sigmoid | Op::Tanh) => true,
                Kind::Apply(Op::Ite) => j == 0,
                Kind::Apply(_) => false,
                Kind::Row(row) => self.rows[*row as usize].noise.as_ref().is_some_and(|noise| noise.r.get(j) > 0.0),
            };
            for (j, &slot) in operands.iter().enumerate() {
                if let Some(position) = position[slot as usize]
                    && reads(j)
                    && uses[position].last() != Some(&(index as u32))
                {
                    uses[position].push(index as u32);
                }
            }
        }
        uses
    }

    /// Whether every piecewise operator that reads the kept slot at this position is linear over the box in the
    /// workspace, so that tighter bounds of the slot would help no linear bound.
    pub fn is_settled(&self, position: usize, w: &Workspace) -> bool {
        let decided = |x: Interval| x.inf() >= 0.0 || x.sup() <= 0.0;
        self.uses[position].iter().all(|&index| {
            let instruction = &self.instructions[index as usize];
            let operands = self.list(instruction.operands);
            let value = |j: usize| w.values[operands[j] as usize];
            match &instruction.kind {
                Kind::Apply(Op::Increment(Incremented::Relu | Incremented::Abs)) => {
                    decided(value(0)) && decided(value(0) + value(1))
                }
                Kind::Apply(Op::Relu | Op::Abs | Op::Ite) => decided(value(0)),
                Kind::Apply(Op::Min | Op::Max) => decided(value(0) - value(1)),
                Kind::Apply(Op::Floor | Op::Round) => w.values[instruction.out as usize].is_singleton(),
                Kind::Apply(Op::RoundOff) => value(0).inf().round_ties_even() == value(0).sup().round_ties_even(),
                Kind::Row(_) => decided(w.values[self.kept[position] as usize]),
                Kind::Apply(_) => false,
            }
        })
    }

    /// Whether only noisy rows, and no piecewise operator, are affected by the sign of the kept slot at this position.
    pub fn is_operand_of_rows(&self, position: usize) -> bool {
        let is_row = |&index: &u32| matches!(self.instructions[index as usize].kind, Kind::Row(_));
        !self.uses[position].is_empty() && self.uses[position].iter().all(is_row)
    }

    /// Whether an increment of a curved function reads the kept slot at this position, and the last linear bound depends on it.
    pub fn is_curved(&self, position: usize, w: &Workspace) -> bool {
        self.uses[position].iter().any(|&index| {
            let instruction = &self.instructions[index as usize];
            let curved = match &instruction.kind {
                Kind::Apply(Op::Increment(Incremented::Relu | Incremented::Abs)) => false,
                Kind::Apply(op) => matches!(op, Op::Increment(_)),
                Kind::Row(_) => false,
            };
            curved && w.linear_coefficient(instruction.out, 0) != 0.0
        })
    }

    /// How much of the last linear bound ([`linear_bound`](Self::linear_bound)) is due to the undecided sign of the
    /// kept slot at this position: the gaps of the lines through its piecewise users, times their coefficients.
    pub fn phase_gap(&self, position: usize, w: &Workspace) -> f64 {
        let slot = self.kept[position];
        let value = w.values[slot as usize];
        let (l, u) = (value.inf(), value.sup());
        if !(l < 0.0 && u > 0.0 && l.is_finite() && u.is_finite()) {
            return 0.0;
        }
        let weight: f64 = self.uses[position]
            .iter()
            .map(|&index| {
                let instruction = &self.instructions[index as usize];
                let lambda = w.linear_coefficient(instruction.out, 0).abs();
                let operands = self.list(instruction.operands);
                match &instruction.kind {
                    Kind::Row(row) => 2.0 * lambda * self.rows[*row as usize].radius_of(slot, operands),
                    Kind::Apply(Op::Increment(Incremented::Relu | Incremented::Abs)) if operands[0] == slot => lambda,
                    Kind::Apply(Op::Relu | Op::Ite) => lambda,
                    Kind::Apply(Op::Abs) => 2.0 * lambda,
                    Kind::Apply(_) => 0.0,
                }
            })
            .sum();
        weight * u * l / (l - u)
    }

    pub(crate) fn list(&self, list: List) -> &[Slot] {
        &self.operands[list.start as usize..(list.start + list.len) as usize]
    }

    /// The number of variables; they are the first slots and the first kept ones.
    pub fn variables(&self) -> usize {
        self.variables
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The number of instructions.
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether there is no instruction.
    pub fn is_empty(&self) -> bool {
        self.instructions.is_empty()
    }

    /// How many operands all instructions read: the work of a sweep.
    pub fn operand_count(&self) -> usize {
        self.instructions.iter().map(|instruction| instruction.operands.len as usize).sum()
    }

    /// The kept slots, the variables first.
    pub fn kept(&self) -> &[Slot] {
        &self.kept
    }

    /// The slot of an expression that the tape was compiled with.
    pub fn slot(&self, id: ExprId) -> Option<Slot> {
        self.slot_of.get(&id).copied()
    }

    /// The operator and operands that write a slot; `None` for variables, constants and rows.
    pub fn definition(&self, slot: Slot) -> Option<(&Op, &[Slot])> {
        let instruction = self.instructions.get(self.writer[slot as usize] as usize)?;
        match &instruction.kind {
            Kind::Apply(op) => Some((op, self.list(instruction.operands))),
            Kind::Row(_) => None,
        }
    }
}
