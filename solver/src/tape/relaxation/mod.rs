//! Backward linear bound propagation: a linear function of the variables that bounds a linear combination of slots over
//! the box (CROWN, Zhang et al. 2018; DeepPoly, Singh et al. 2019), here for any tape and both copies of a twin
//! network at once (design.md §2, *relaxed jointly*), and for several combinations side by side.
//!
//! The sweep visits the instructions in reverse and replaces a slot by its operator's linear bound, whose side is
//! chosen by the sign of the coefficient gathered so far. Each combination has a *lane* of its own; the rows of a layer
//! are one small matrix product for all lanes ([`Lanes::spread`]).
//!
//! *Rounding.* A coefficient is a sum of products in round-to-nearest, and the double that comes out *is* the
//! coefficient from there on. What it differs by from the exact sum is at most `γ_k Σ|products|`, and matters by that
//! times the largest magnitude `H` of its slot. So beside the constant runs the sum of `|product|·H` over all products
//! of the sweep, the *charge*, which for a whole row is `|λ|·Σ_j |a_j| H_j`, computed once per box. The constant is summed
//! in round-to-nearest too, beside the sum of its magnitudes. Both errors are added at the end, and products that may
//! have underflown are counted apart. So the returned bound is a theorem about the real numbers.

// the arrays of a sweep are walked lane by lane, in step
#![allow(clippy::needless_range_loop)]

mod choice;
mod line;
mod primal;
mod program;
mod rows;
mod trace;
mod transfer;

use super::block::Step;
use super::{Slot, Tape, Workspace};
use crate::interval::Interval;
use crate::interval::kernel::{Lanes, rounding_error};
use crate::interval::round::{add_up, up};
use line::Lines;
pub(crate) use program::Demand;

/// How many linear bounds one sweep computes at most.
pub const LANES: usize = 16;
/// The lanes of a sweep for few bounds.
const FEW: usize = 4;

/// `Σ coefficients_i x_i + constant` over the variables; the coefficients are in [`Workspace::linear_coefficient`].
#[derive(Clone, Copy, Debug)]
pub struct LinearBound {
    /// the constant, `+∞` when there is no bound
    pub constant: f64,
    /// the largest value over the box
    pub maximum: f64,
}

impl LinearBound {
    /// Nothing is known.
    pub const NONE: LinearBound = LinearBound { constant: f64::INFINITY, maximum: f64::INFINITY };
}

/// Scratch of the sweep.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinearSweep {
    /// the lanes of the last sweep
    lanes: usize,
    /// the slots that it knows: above them are other sweeps' coefficients
    filled: usize,
    /// by slot, then by lane
    coefficients: Vec<f64>,
    /// the bounds that the last sweep found, by lane
    bounds: Vec<LinearBound>,
    lines: Lines,
    rows: rows::Scratch,
    relaxed: primal::Relaxed,
    program: program::Program,
}

impl LinearSweep {
    pub(super) fn new(tape: &Tape) -> Self {
        LinearSweep {
            lanes: FEW,
            filled: 0,
            coefficients: vec![0.0; tape.slots * LANES],
            bounds: vec![LinearBound::NONE; LANES],
            lines: Lines::new(tape),
            rows: rows::Scratch::new(tape),
            relaxed: primal::Relaxed::default(),
            program: program::Program::default(),
        }
    }

    /// What was computed from the slots' values no longer holds for them.
    pub(super) fn forget(&mut self) {
        self.lines.forget();
    }
}

/// The running sums of all lanes.
struct Sums<const K: usize> {
    constant: [f64; K],
    /// magnitudes of what was added to `constant`
    size: [f64; K],
    /// magnitudes of what was added to coefficients, times those of their slots
    charge: [f64; K],
    /// what products that underflow may have lost
    lost: [f64; K],
    /// how many numbers were added to `constant`
    count: usize,
}

impl<const K: usize> Sums<K> {
    /// Charges products of λ with what sums up to `lower` or `upper`, by the sign of λ.
    #[inline(always)]
    fn charge(&mut self, lambda: &[f64; K], lower: f64, upper: f64) {
        for k in 0..K {
            let l = lambda[k];
            // infinite reaches do not matter where λ is zero
            let size = l.abs() * if l > 0.0 { upper } else { lower };
            self.charge[k] += if l == 0.0 { 0.0 } else { size };
        }
    }

    /// Adds `λ·(upper or lower)`, by the sign of λ.
    #[inline(always)]
    fn add_sided(&mut self, lambda: &[f64; K], lower: f64, upper: f64) {
        self.count += 1;
        for k in 0..K {
            let l = lambda[k];
            let product = l * if l > 0.0 { upper } else { lower };
            let product = if l == 0.0 { 0.0 } else { product };
            self.constant[k] += product;
            self.size[k] += product.abs();
        }
        self.note_underflow(lambda, least_magnitude([lower, upper]), || 1.0);
    }

    /// Counts what products of λ with numbers whose least magnitude is `smallest` may have lost where they underflow,
    /// when what they are coefficients of has magnitudes that sum up to `reach`.
    #[inline(always)]
    fn note_underflow(&mut self, lambda: &[f64; K], smallest: f64, reach: impl Fn() -> f64) {
        let threshold = 2.0 * f64::MIN_POSITIVE / smallest;
        let tiny = |l: f64| u64::from(l != 0.0 && l.abs() < threshold);
        if lambda.iter().fold(0, |any, &l| any | tiny(l)) == 0 {
            return;
        }
        let reach = reach();
        for k in 0..K {
            if lambda[k] != 0.0 {
                // two products of an operand and their sum lose 2^-1075 each
                self.lost[k] += 4.0 * f64::from_bits(1) * (1.0 + reach);
            }
        }
    }
}

/// Whether all lanes are zero (a NaN is not). Folded over the bits, which takes a few instructions for all lanes.
#[inline(always)]
fn is_zero<const K: usize>(lanes: &[f64; K]) -> bool {
    lanes.iter().fold(0, |bits, lane| bits | lane.to_bits()) << 1 == 0
}

/// The least magnitude, zeros aside; infinite where there is none.
fn least_magnitude(numbers: impl IntoIterator<Item = f64>) -> f64 {
    numbers.into_iter().map(f64::abs).filter(|&size| size > 0.0).fold(f64::INFINITY, f64::min)
}

impl Tape {
    /// A linear upper bound of `Σ weight·slot` over the box of the last forward sweep (all slots must hold valid,
    /// nonempty enclosures) for each of at most [`LANES`] combinations; found in [`Workspace::linear_bound`].
    ///
    /// # Panics
    /// When there are more combinations than lanes.
    pub fn linear_bounds(&self, combinations: &[&[(Slot, f64)]], w: &mut Workspace) {
        assert!(combinations.len() <= LANES, "{} combinations, expected at most {LANES}", combinations.len());
        let mut sweep = std::mem::take(&mut w.sweep);
        if combinations.len() <= FEW {
            self.sweep::<FEW>(combinations, &mut sweep, w);
        } else {
            self.sweep::<LANES>(combinations, &mut sweep, w);
        }
        w.sweep = sweep;
    }

    /// Has the operators' lines computed anew, for a box that has shrunk since.
    pub fn refresh_lines(&self, w: &mut Workspace) {
        w.sweep.forget();
    }

    /// Has each meet choose its operand again.
    pub(crate) fn drop_shares(&self, w: &mut Workspace) {
        w.sweep.lines.shared = false;
    }

    /// [`linear_bounds`](Self::linear_bounds) of one combination.
    pub fn linear_bound(&self, combination: &[(Slot, f64)], w: &mut Workspace) -> LinearBound {
        self.linear_bounds(&[combination], w);
        w.linear_bound(0)
    }

    fn sweep<const K: usize>(&self, combinations: &[&[(Slot, f64)]], sweep: &mut LinearSweep, w: &mut Workspace)
    where
        [f64; K]: Lanes,
    {
        sweep.lanes = K;
        let mut sums = Sums { constant: [0.0; K], size: [0.0; K], charge: [0.0; K], lost: [0.0; K], count: 0 };
        let last = combinations.iter().flat_map(|seeds| seeds.iter().map(|&(slot, _)| slot)).max().unwrap_or(0);
        let LinearSweep { coefficients, lines, rows, bounds, .. } = sweep;
        let coefficients = coefficients.as_chunks_mut::<K>().0;
        let end = self.steps.partition_point(|step| self.first_slot(step) <= last);
        let filled = self.steps.get(end).map_or(self.slots, |step| self.first_slot(step) as usize);
        sweep.filled = filled.max(last as usize + 1);
        coefficients[..sweep.filled].fill([0.0; K]);
        let mut most = 0;
        for (k, seeds) in combinations.iter().enumerate() {
            most = most.max(seeds.len());
            for &(slot, weight) in *seeds {
                coefficients[slot as usize][k] += weight;
                // a single weight is exact, and nothing is added to it
                if seeds.len() > 1 {
                    sums.charge[k] += weight.abs() * w.values[slot as usize].mag();
                }
            }
        }
        for step in self.steps[..end].iter().rev() {
            match step {
                Step::Rows(block) => self.spread(block, coefficients, rows, lines, &mut sums, w),
                Step::Apply(index) => self.substitute(*index, coefficients, lines, &mut sums, w),
            }
        }
        for &(slot, value, _) in &self.constants {
            if slot as usize >= filled {
                continue;
            }
            sums.add_sided(&coefficients[slot as usize], value.inf(), value.sup());
        }
        // every coefficient is final: what is left is to add up
        let close = |sums: &Sums<K>, k: usize| {
            let error = rounding_error(self.roundings + most, sums.charge[k]);
            let error = up(error + up(rounding_error(sums.count + 2, sums.size[k]) + sums.lost[k]));
            let total = if error == 0.0 { sums.constant[k] } else { add_up(sums.constant[k], error) };
            if total.is_nan() { f64::INFINITY } else { total }
        };
        for (k, bound) in bounds.iter_mut().enumerate().take(combinations.len()) {
            bound.constant = close(&sums, k);
        }
        for (coefficient, value) in coefficients.iter().zip(&w.values[..self.variables]) {
            if !is_zero(coefficient) {
                sums.add_sided(coefficient, value.inf(), value.sup());
            }
        }
        for (k, bound) in bounds.iter_mut().enumerate().take(combinations.len()) {
            bound.maximum = if bound.constant == f64::INFINITY { f64::INFINITY } else { close(&sums, k) };
        }
    }

    fn first_slot(&self, step: &Step) -> Slot {
        let index = match step {
            Step::Apply(index) => *index,
            Step::Rows(block) => block.instructions.start,
        };
        self.instructions[index as usize].out
    }
}

impl Workspace {
    /// The bound that the last [`Tape::linear_bounds`] found for the combination at this position.
    pub fn linear_bound(&self, lane: usize) -> LinearBound {
        self.sweep.bounds[lane]
    }

    /// The coefficient of a slot in that bound: for a variable that of the final bound, for another slot the one that
    /// its operator's line was multiplied with, 0 where the bound does not depend on it.
    pub fn linear_coefficient(&self, slot: Slot, lane: usize) -> f64 {
        let sweep = &self.sweep;
        if (slot as usize) < sweep.filled { sweep.coefficients[slot as usize * sweep.lanes + lane] } else { 0.0 }
    }
}

/// Whether a slot's coefficient does not matter.
fn vanishes(value: Interval) -> bool {
    value.inf() == 0.0 && value.sup() == 0.0
}
