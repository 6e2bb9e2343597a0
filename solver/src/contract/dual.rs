//! Lagrangian ascent on a linear bound: multipliers for what is known of the kept slots (β-CROWN, Wang et al. 2021) and
//! slopes for the lower lines of undecided ReLUs (α-CROWN, Xu et al. 2021), both moved against the derivative of the
//! bound.
//!
//! A backward sweep replaces a slot by its line and forgets what else is known of it: that a phase was split, that a
//! bound was tightened. With `z ≥ l`, `f ≤ f + μ(z − l)` for any `μ ≥ 0`, and with `z ≤ u`, `f ≤ f + μ(z − u)` for any
//! `μ ≤ 0`; so the linear bound of `f + Σ μ_i z_i`, less `Σ μ_i b_i`, bounds `f`, whatever the multipliers are. The step is
//! Polyak's: as far as it would take to reach the threshold if the bound were linear.

use crate::interval::round::{add_up, mul_up};
use crate::tape::{Slot, Tape, Workspace};

/// How many steps are taken at most.
const STEPS: usize = 60;
/// After so many steps the bound must have come nearer to the threshold by [`PROGRESS`] of what was missing.
const PATIENCE: usize = 5;
const PROGRESS: f64 = 0.05;

/// Multipliers by position of the kept slot, and the combination that they make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Multipliers {
    mu: Vec<f64>,
    seeds: Vec<(Slot, f64)>,
}

impl Multipliers {
    /// Lowers the upper bound of a slot towards `threshold`, starting from the bound of the last sweep in lane 0, which
    /// must be that slot's. Returns the least upper bound found.
    pub(super) fn ascend(&mut self, tape: &Tape, slot: Slot, threshold: f64, w: &mut Workspace) -> f64 {
        let mut bound = w.linear_bound(0).maximum;
        let mut best = bound;
        self.mu.clear();
        self.mu.resize(tape.kept().len(), 0.0);
        let mut checked = best;
        for step in 0..STEPS {
            if step > 0 && step % PATIENCE == 0 {
                if checked - best < PROGRESS * (checked - threshold) {
                    break;
                }
                checked = best;
            }
            let excess = bound - threshold;
            if !(excess > 0.0 && excess.is_finite()) {
                break;
            }
            tape.relaxed_point(0, slot, w);
            let square = self.derivatives_squared(tape, slot, w) + tape.slope_derivatives_squared(0, w);
            if !(square > 0.0 && square.is_finite()) {
                break;
            }
            let step = excess / square;
            if step == f64::INFINITY {
                break;
            }
            self.shift(tape, slot, step, w);
            tape.shift_slopes(step, 0, w);
            let offset = self.combine(tape, slot, w);
            bound = add_up(tape.linear_bound(&self.seeds, w).maximum, offset);
            if bound.is_nan() {
                break;
            }
            best = best.min(bound);
        }
        best
    }

    /// The derivative by the multiplier of a position: how far the relaxed point is from the bound that the multiplier
    /// speaks of, or would.
    fn derivative(&self, tape: &Tape, position: usize, w: &Workspace) -> f64 {
        let slot = tape.kept()[position] as usize;
        let (bound, at) = (w.values[slot], w.points[slot]);
        let (below, above) = (at - bound.inf(), at - bound.sup());
        match self.mu[position] {
            mu if mu > 0.0 => below,
            mu if mu < 0.0 => above,
            _ if below < 0.0 => below,
            _ if above > 0.0 => above,
            _ => 0.0,
        }
    }

    fn positions(tape: &Tape, slot: Slot) -> impl Iterator<Item = usize> {
        (tape.variables()..tape.kept().len()).take_while(move |&position| tape.kept()[position] < slot)
    }

    fn derivatives_squared(&self, tape: &Tape, slot: Slot, w: &Workspace) -> f64 {
        Self::positions(tape, slot).map(|position| self.derivative(tape, position, w).powi(2)).sum()
    }

    fn shift(&mut self, tape: &Tape, slot: Slot, step: f64, w: &Workspace) {
        for position in Self::positions(tape, slot) {
            let old = self.mu[position];
            let new = old - step * self.derivative(tape, position, w);
            // a multiplier that would change its sign speaks of the other bound; it stops at zero first
            self.mu[position] = if old * new < 0.0 { 0.0 } else { new };
        }
    }

    /// Sets the seeds to `slot + Σ μ_i z_i` and returns at least `−Σ μ_i b_i`.
    fn combine(&mut self, tape: &Tape, slot: Slot, w: &Workspace) -> f64 {
        self.seeds.clear();
        self.seeds.push((slot, 1.0));
        let mut offset = 0.0;
        for position in Self::positions(tape, slot) {
            let kept = tape.kept()[position];
            let bound = w.values[kept as usize];
            let mu = self.mu[position];
            let at = if mu > 0.0 { bound.inf() } else { bound.sup() };
            if mu == 0.0 || !at.is_finite() {
                continue;
            }
            self.seeds.push((kept, mu));
            offset = add_up(offset, mul_up(-mu, at));
        }
        offset
    }
}
