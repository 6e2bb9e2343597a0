//! Coefficients carried back through the rows of a block.
//!
//! A noisy row keeps its dependence on its operands: `λ·s·ρ(h) ≤ max(λs, λs̄)·ρ(h)`, with `ρ` carried down as
//! coefficients of `|h_j|`; the noise variable itself is gone. This is exact for `s` in a symmetric interval. The
//! coefficients of all rows on one `|h_j|` are gathered before `|h_j|` is replaced by a line.

use super::line::Lines;
use super::{Sums, is_zero, least_magnitude, vanishes};
use crate::interval::Interval;
use crate::interval::kernel::Lanes;
use crate::interval::round::{mul_up, sub_up};
use crate::tape::block::{Block, Matrix};
use crate::tape::row::Span;
use crate::tape::{Row, Slot, Tape, Workspace};

/// Room for one block, and what is computed once per box.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// the rows with a coefficient
    active: Vec<u32>,
    /// their coefficients, by row and lane
    lambda: Vec<f64>,
    /// the factors of their noises
    up: Vec<f64>,
    down: Vec<f64>,
    /// the columns that matter
    columns: Vec<u32>,
    operands: Vec<Slot>,
    /// what is added to the operands' coefficients
    out: Vec<f64>,
    reaches: Vec<Reach>,
    /// the operands' magnitudes
    sizes: Vec<f64>,
    /// the box and the operand list for which they hold
    sized: (u64, usize),
}

/// Magnitudes of a row over the box.
#[derive(Clone, Copy, Debug, Default)]
struct Reach {
    epoch: u64,
    /// `Σ |a_j| H_j`
    weights: f64,
    /// `4 Σ r_j H_j`: a line of `|h|` moves by `3H` at most when its coefficient moves by 1
    radii: f64,
}

impl Scratch {
    pub(super) fn new(tape: &Tape) -> Self {
        Scratch { reaches: vec![Reach::default(); tape.rows.len()], ..Scratch::default() }
    }

    fn reach(&mut self, index: usize, row: &Row, operands: &[Slot], epoch: u64, w: &mut Workspace) -> Reach {
        let held = self.reaches[index];
        if held.epoch == epoch {
            return held;
        }
        // an exact coefficient may differ from its double below the normal range by as much as one at its end
        let floor = if row.slack() > 0 { f64::MIN_POSITIVE } else { 0.0 };
        if self.sized != (epoch, operands.as_ptr() as usize) {
            self.sized = (epoch, operands.as_ptr() as usize);
            self.sizes.clear();
            self.sizes.extend(operands.iter().map(|&slot| w.values[slot as usize].mag()));
        }
        let sum = |factors: &Span| -> f64 {
            let mut sums = [0.0; 8];
            for (factors, sizes) in factors.values().chunks(8).zip(self.sizes[factors.at.clone()].chunks(8)) {
                for ((sum, a), size) in sums.iter_mut().zip(factors).zip(sizes) {
                    let a = a.abs() + floor;
                    *sum += if a == 0.0 { 0.0 } else { a * size };
                }
            }
            sums.iter().sum()
        };
        let radii = row.noise.as_ref().map_or(0.0, |noise| 4.0 * sum(&noise.r));
        let reach = Reach { epoch, weights: sum(&row.a), radii };
        self.reaches[index] = reach;
        reach
    }
}

impl Tape {
    /// Replaces the coefficients of a block's slots by those of their operands.
    pub(super) fn spread<const K: usize>(
        &self,
        block: &Block,
        coefficients: &mut [[f64; K]],
        scratch: &mut Scratch,
        lines: &Lines,
        sums: &mut Sums<K>,
        w: &mut Workspace,
    ) where
        [f64; K]: Lanes,
    {
        let operands = self.list(block.operands);
        let count = block.instructions.len();
        scratch.active.clear();
        scratch.lambda.clear();
        scratch.up.clear();
        scratch.down.clear();
        let mut noisy = false;
        for (i, instruction) in self.instructions[block.instructions.start as usize..][..count].iter().enumerate() {
            let lambda = coefficients[instruction.out as usize];
            if is_zero(&lambda) {
                continue;
            }
            let Some((index, row)) = self.row(instruction) else { continue };
            let reach = scratch.reach(index, row, operands, lines.epoch, w);
            sums.charge(&lambda, reach.weights, reach.weights);
            if !vanishes(row.constant) {
                sums.add_sided(&lambda, row.constant.inf(), row.constant.sup());
            }
            let sizes = || operands.iter().map(|&slot| w.values[slot as usize].mag()).sum();
            sums.note_underflow(&lambda, row.smallest, sizes);
            scratch.active.push(i as u32);
            scratch.lambda.extend_from_slice(&lambda);
            let Some(noise) = &row.noise else {
                scratch.up.extend_from_slice(&[0.0; K]);
                scratch.down.extend_from_slice(&[0.0; K]);
                continue;
            };
            noisy = true;
            // ρ ≥ 0, so any upper bound of λ·s will do as the factor
            let factor = lambda.map(|l| product_up(l, w.values[noise.slot as usize]));
            sums.charge(&factor, reach.radii, reach.radii);
            if !vanishes(noise.radius) {
                sums.add_sided(&factor, noise.radius.inf(), noise.radius.sup());
            }
            sums.note_underflow(&factor, noise.smallest, sizes);
            scratch.up.extend(factor.map(|f| f.max(0.0)));
            scratch.down.extend(factor.map(|f| f.min(0.0)));
        }
        if scratch.active.is_empty() {
            return;
        }
        let Scratch { active, lambda, up, down, columns, operands: slots, out, .. } = scratch;
        self.select(&block.weights, operands, columns, slots, w);
        let product = multiply::<K>(active, lambda.as_chunks().0, &block.weights, columns, out);
        for (&slot, product) in slots.iter().zip(product) {
            let coefficient = &mut coefficients[slot as usize];
            for k in 0..K {
                coefficient[k] += product[k];
            }
        }
        if !noisy {
            return;
        }
        self.select(&block.radii, operands, columns, slots, w);
        for (factors, above) in [(up, true), (down, false)] {
            if factors.iter().all(|f| *f == 0.0) {
                continue;
            }
            if block.radii.uniform {
                // one row for all: their factors add up
                let mut total = [0.0; K];
                for factor in factors.as_chunks::<K>().0 {
                    for k in 0..K {
                        total[k] += factor[k];
                    }
                }
                active.clear();
                active.push(0);
                factors.clear();
                factors.extend_from_slice(&total);
            }
            let product = multiply::<K>(active, factors.as_chunks().0, &block.radii, columns, out);
            for (&slot, product) in slots.iter().zip(product) {
                replace_absolute(slot, product, above, &mut coefficients[slot as usize], sums, w);
            }
        }
    }

    /// The columns of a matrix whose operands are not zero all over the box, and those operands.
    fn select(&self, matrix: &Matrix, operands: &[Slot], columns: &mut Vec<u32>, slots: &mut Vec<Slot>, w: &Workspace) {
        columns.clear();
        slots.clear();
        for (column, &j) in matrix.columns.iter().enumerate() {
            let slot = operands[j as usize];
            if !vanishes(w.values[slot as usize]) {
                columns.push(column as u32);
                slots.push(slot);
            }
        }
    }
}

/// `Σ_i λ_ik·m_ij` over the active rows and the selected columns.
fn multiply<'a, const K: usize>(
    active: &[u32],
    lambda: &[[f64; K]],
    matrix: &Matrix,
    columns: &[u32],
    out: &'a mut Vec<f64>,
) -> &'a [[f64; K]]
where
    [f64; K]: Lanes,
{
    out.resize(columns.len() * K, 0.0);
    let out = out.as_chunks_mut::<K>().0;
    Lanes::spread(lambda, active, matrix.entries(), matrix.columns.len(), columns, out);
    out
}

/// Adds `g·|h|`, all `g` of one sign, as `g` times a line that bounds `|h|` from above (or from below).
fn replace_absolute<const K: usize>(
    slot: Slot,
    g: &[f64; K],
    above: bool,
    coefficient: &mut [f64; K],
    sums: &mut Sums<K>,
    w: &Workspace,
) {
    let h = w.values[slot as usize];
    let (slope, offset) = absolute_bound(h, above);
    for k in 0..K {
        coefficient[k] = slope.mul_add(g[k], coefficient[k]);
    }
    if offset != 0.0 {
        sums.add_sided(g, offset, offset);
    }
    sums.note_underflow(g, least_magnitude([slope, offset]), || h.mag());
}

/// At least `max λ·x` over the interval.
fn product_up(lambda: f64, x: Interval) -> f64 {
    if lambda == 0.0 {
        0.0
    } else if lambda > 0.0 {
        mul_up(lambda, x.sup())
    } else {
        mul_up(lambda, x.inf())
    }
}

/// A line `slope·h + offset` that bounds `|h|` over the interval from above (or from below, with offset 0).
#[inline]
pub(super) fn absolute_bound(h: Interval, above: bool) -> (f64, f64) {
    let (l, u) = (h.inf(), h.sup());
    if l >= 0.0 {
        (1.0, 0.0)
    } else if u <= 0.0 {
        (-1.0, 0.0)
    } else if !above {
        (if u >= -l { 1.0 } else { -1.0 }, 0.0)
    } else if l == f64::NEG_INFINITY || u == f64::INFINITY {
        (0.0, f64::INFINITY)
    } else {
        let slope = ((u + l) / (u - l)).clamp(-1.0, 1.0);
        // |h| is convex, so the largest distance to a line is at an end
        (slope, sub_up(-l, slope * l).max(sub_up(u, (slope * u).next_down())).max(sub_up(-l, (slope * l).next_down())))
    }
}
