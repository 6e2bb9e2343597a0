//! Scratch memory of the sweeps: allocated once per worker, never in the node loop.

use super::relaxation::LinearSweep;
use super::{NO_WRITER, Slot, Tape, Trace};
use crate::interval::{Interval, point};

/// The slots' values and everything a sweep scribbles on.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// the enclosure of each slot
    pub values: Vec<Interval>,
    /// whether the last forward or backward sweep left the slot narrower than its operator's image
    pub(crate) narrowed: Vec<bool>,
    /// the value of each slot at a point
    pub points: Vec<f64>,
    /// the derivative of a root with respect to each slot, at a point
    pub adjoints: Vec<f64>,
    /// the part of a linear bound's excess that is due to the bends of the operators that read a slot
    pub bends: Vec<f64>,
    /// enclosures of the derivative of a root with respect to each slot
    pub derivatives: Vec<Interval>,
    /// the backward linear sweep
    pub(crate) sweep: LinearSweep,
    /// the variables at the maximiser of the last relaxation that was solved as a program; NaN for one that it does not know
    pub(crate) relaxed: Vec<f64>,
    /// objectives up to this are of no interest
    pub(crate) threshold: f64,
    /// the kept slots of a part of the box, for a brancher that looks into it
    pub(crate) part: Vec<Interval>,
    /// the multipliers that go with it
    pub(crate) part_multipliers: Vec<f64>,
    /// a point that an incumbent finder may return to
    pub(crate) saved: Vec<f64>,
    /// a second one
    pub(crate) other: Vec<f64>,
    /// by conjunctive atom (the constraint's, then the implied ones): whether it was open before the box was contracted
    pub(crate) open: Vec<bool>,
    /// what a watched search notes
    pub(crate) trace: Trace,
    /// operands of one instruction
    pub(crate) x: Vec<Interval>,
    pub(crate) px: Vec<f64>,
    pub(crate) partials: Vec<f64>,
    pub(crate) slopes: Vec<Interval>,
    /// ends of the operands of a row
    pub(crate) lo: Vec<f64>,
    pub(crate) hi: Vec<f64>,
    /// ends of the terms of a row
    pub(crate) term_lo: Vec<f64>,
    pub(crate) term_hi: Vec<f64>,
    /// which operand list `lo` and `hi` hold
    pub(crate) gathered: u32,
}

impl Workspace {
    /// Scratch for one tape.
    pub fn new(tape: &Tape) -> Self {
        let mut workspace = Workspace {
            values: vec![Interval::ENTIRE; tape.slots],
            narrowed: vec![false; tape.slots],
            points: vec![0.0; tape.slots],
            adjoints: vec![0.0; tape.slots],
            bends: vec![0.0; tape.slots],
            derivatives: vec![Interval::ENTIRE; tape.slots],
            sweep: LinearSweep::new(tape),
            relaxed: Vec::new(),
            threshold: f64::NEG_INFINITY,
            part: Vec::new(),
            part_multipliers: Vec::new(),
            saved: vec![0.0; tape.variables],
            other: vec![0.0; tape.variables],
            open: Vec::new(),
            trace: Trace::default(),
            x: vec![Interval::ENTIRE; tape.longest],
            px: vec![0.0; tape.longest],
            partials: vec![0.0; tape.longest],
            slopes: vec![Interval::ENTIRE; tape.longest],
            lo: vec![0.0; tape.widest],
            hi: vec![0.0; tape.widest],
            term_lo: vec![0.0; tape.widest],
            term_hi: vec![0.0; tape.widest],
            gathered: NO_WRITER,
        };
        for &(slot, value, nearest) in &tape.constants {
            workspace.values[slot as usize] = value;
            workspace.points[slot as usize] = nearest;
        }
        workspace
    }

    /// Copies the ends of the operands of a row into `lo` and `hi`, unless they are there already.
    pub(crate) fn gather(&mut self, key: u32, operands: &[Slot]) {
        // an empty list starts where the next one does, so it has no key of its own
        if self.gathered == key || operands.is_empty() {
            return;
        }
        self.gathered = key;
        for (j, &slot) in operands.iter().enumerate() {
            let value = self.values[slot as usize];
            self.lo[j] = value.inf();
            self.hi[j] = value.sup();
        }
    }
}

impl Tape {
    /// Starts a node: the kept slots take the bounds of `kept_bounds` (in the order of [`Tape::kept`]), everything else
    /// is unknown.
    pub fn load(&self, kept_bounds: &[Interval], workspace: &mut Workspace) {
        workspace.values[self.variables..].fill(Interval::ENTIRE);
        for &(slot, value, _) in &self.constants {
            workspace.values[slot as usize] = value;
        }
        for (&slot, &bounds) in self.kept.iter().zip(kept_bounds) {
            workspace.values[slot as usize] = bounds;
        }
        workspace.narrowed.fill(false);
        workspace.sweep.forget();
        workspace.relaxed.clear();
        workspace.gathered = NO_WRITER;
    }

    /// Starts at a point: one value per variable, everything else unknown. A value that is not finite makes its slot
    /// empty.
    pub fn load_point(&self, at: &[f64], workspace: &mut Workspace) {
        self.load(&[], workspace);
        for (value, &x) in workspace.values.iter_mut().zip(at) {
            *value = point(x);
        }
    }

    /// Copies the bounds of the kept slots out.
    pub fn store(&self, workspace: &Workspace, kept_bounds: &mut [Interval]) {
        for (&slot, bounds) in self.kept.iter().zip(kept_bounds) {
            *bounds = workspace.values[slot as usize];
        }
    }
}
