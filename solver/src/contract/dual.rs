//! Lagrangian ascent on a linear bound: multipliers for what is known of the branching slots (β-CROWN, Wang et al. 2021) and
//! slopes for the lower lines of undecided ReLUs (α-CROWN, Xu et al. 2021), both moved against the derivative of the
//! bound.
//!
//! A backward sweep replaces a slot by its line and forgets what else is known of it: that a phase was split, that a
//! bound was tightened. With `z ≥ l`, `f ≤ f + μ(z − l)` for any `μ ≥ 0`, and with `z ≤ u`, `f ≤ f + μ(z − u)` for any
//! `μ ≤ 0`; so the linear bound of `f + Σ μ_i z_i`, less `Σ μ_i b_i`, bounds `f`, whatever the multipliers are. The step is
//! Polyak's: as far as it would take to reach the threshold if the bound were linear.

use crate::interval::round::{add_up, mul_up};
use crate::problem::Compiled;
use crate::tape::{Demand, Slot, Tape, Workspace};

/// How many steps are taken at most.
const STEPS: usize = 60;
/// After so many steps the bound must have come nearer to the threshold by [`PROGRESS`] of what was missing.
const PATIENCE: usize = 5;
const PROGRESS: f64 = 0.05;
/// How far below what is sought a program aims, relatively.
const MARGIN: f64 = 1e-4;

/// Multipliers by position of the branching slot, and the combination that they make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Multipliers {
    mu: Vec<f64>,
    seeds: Vec<(Slot, f64)>,
    /// what the open atoms demand
    demands: Vec<Demand>,
}

impl Multipliers {
    /// Lowers the upper bound of a slot towards `threshold`, starting from the bound of the last sweep in lane 0, which
    /// must be that slot's. Returns the least upper bound found.
    pub(super) fn ascend(&mut self, tape: &Tape, slot: Slot, threshold: f64, w: &mut Workspace) -> f64 {
        let mut bound = w.linear_bound(0).maximum;
        let mut best = bound;
        tape.keep_line(&[(slot, 1.0)], 0.0, threshold, w);
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
            let offset = self.combine(tape, slot, slot, w);
            bound = add_up(tape.linear_bound(&self.seeds, w).maximum, offset);
            if bound.is_nan() {
                break;
            }
            if bound < best {
                best = bound;
                tape.keep_line(&self.seeds, offset, threshold, w);
            }
        }
        best
    }

    /// Solves the relaxation as a linear program, where that is small, and sweeps with its multipliers. Returns the upper
    /// bound, and what must be added to the linear bound in lane 0 to have it.
    pub(super) fn solve(&mut self, problem: &Compiled, slot: Slot, goal: f64, w: &mut Workspace) -> Option<(f64, f64)> {
        let tape = &problem.tape;
        self.mu.clear();
        self.mu.resize(tape.kept().len(), 0.0);
        self.demands.clear();
        self.demands.extend(problem.demands(w).map(Demand::new));
        // what is sought is less than the goal, whatever rounding adds
        let below = goal - MARGIN * goal.abs().max(MARGIN);
        tape.solve_relaxation(slot, below, &mut self.demands, &mut self.mu, w)?;
        let last = self.demands.iter().map(|demand| demand.slot).fold(slot, Slot::max);
        let offset = self.combine(tape, slot, last, w);
        for demand in self.demands.iter().filter(|demand| demand.multiplier > 0.0) {
            // f ≤ f + y·e for any y ≥ 0 where e ≥ 0
            self.seeds.push((demand.slot, demand.sign * demand.multiplier));
        }
        let bound = add_up(tape.linear_bound(&self.seeds, w).maximum, offset);
        tape.drop_shares(w);
        (!bound.is_nan()).then_some((bound, offset))
    }

    /// What the last linear bound was made for.
    pub(super) fn seeds(&self) -> &[(Slot, f64)] {
        &self.seeds
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

    /// Sets the seeds to `slot + Σ μ_i z_i`, with the branching slots below `last`, and returns at least `−Σ μ_i b_i`.
    fn combine(&mut self, tape: &Tape, slot: Slot, last: Slot, w: &Workspace) -> f64 {
        self.seeds.clear();
        self.seeds.push((slot, 1.0));
        let mut offset = 0.0;
        for position in Self::positions(tape, last) {
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

#[cfg(test)]
mod tests {
    use super::Multipliers;
    use crate::exact::Constant;
    use crate::expr::ExprId;
    use crate::interval::bounds;
    use crate::op::{Incremented, Op};
    use crate::problem::{Compiled, Problem, Sort};
    use crate::tape::Workspace;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// A network of two hidden layers and its copy with noise, both relaxed side by side; the objective is the increment.
    fn twins(rng: &mut SmallRng) -> Compiled {
        let mut problem = Problem::default();
        let mut number = |scale: f64| Constant::from_f64(rng.random_range(-1.0..1.0) * scale).expect("finite");
        let zero = problem.graph.constant(Constant::ZERO);
        let x: Vec<ExprId> = (0..2).map(|i| problem.variable(format!("x{i}"), bounds(-1.0, 1.0), Sort::Real)).collect();
        // nominal, increment, perturbed
        let mut hidden: Vec<[ExprId; 3]> = x.iter().map(|&x| [x, zero, x]).collect();
        for layer in 0..3 {
            let last = layer == 2;
            let mut next = Vec::new();
            for neuron in 0..if last { 1 } else { 4 } {
                let s = problem.variable(format!("s{layer}_{neuron}"), bounds(-1.0, 1.0), Sort::Noise);
                let weights: Vec<Constant> = hidden.iter().map(|_| number(1.0)).collect();
                let bias = number(0.5);
                let radius = Constant::from_f64(0.03125).expect("finite");
                let graph = &mut problem.graph;
                let z = graph.linear(weights.iter().cloned().zip(hidden.iter().map(|h| h[0])), bias);
                let by_weights = weights.iter().zip(&hidden).map(|(a, h)| (a.clone(), Constant::ZERO, h[1]));
                let by_noise = hidden.iter().map(|h| (Constant::ZERO, radius.clone(), h[2]));
                let dz = graph.noise(s, by_weights.chain(by_noise).collect::<Vec<_>>(), Constant::ZERO, radius.clone());
                if last {
                    next.push([z, dz, z]);
                    continue;
                }
                let moved = graph.add(z, dz);
                let (h, perturbed) = (graph.apply(Op::Relu, [z]), graph.apply(Op::Relu, [moved]));
                let direct = graph.increment(Incremented::Relu, z, dz);
                let apart = graph.sub(perturbed, h);
                next.push([h, graph.meet(direct, apart), perturbed]);
            }
            hidden = next;
        }
        problem.objective = Some(hidden[0][1]);
        problem.compile()
    }

    #[test]
    fn the_sweep_nearly_always_attains_the_optimum_of_the_program() {
        let (mut gained, mut attained) = (0, 0);
        for seed in 0..60 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let problem = twins(&mut rng);
            let tape = &problem.tape;
            let objective = problem.objective.expect("one");
            let mut kept = problem.root();
            let mut w = Workspace::new(tape);
            tape.load(&kept, &mut w);
            assert!(tape.forward(&mut w));
            // some signs are known, as after splits
            tape.store(&w, &mut kept);
            for (position, bound) in kept.iter_mut().enumerate().skip(tape.variables()) {
                if bound.inf() < 0.0 && bound.sup() > 0.0 && rng.random_range(0..3) == 0 && position % 2 == 0 {
                    *bound = bounds(0.0, bound.sup());
                }
            }
            tape.load(&kept, &mut w);
            if !tape.forward(&mut w) {
                continue;
            }
            let plain = tape.linear_bound(&[(objective, 1.0)], &mut w).maximum;
            let mut multipliers = Multipliers::default();
            let mut mu = vec![0.0; kept.len()];
            let optimum = tape.solve_relaxation(objective, f64::NEG_INFINITY, &mut [], &mut mu, &mut w);
            let optimum = optimum.expect("a small program");
            let (bound, _) = multipliers.solve(&problem, objective, -1e6, &mut w).expect("a small program");
            if optimum == f64::NEG_INFINITY {
                assert!(bound < -1e5, "seed {seed}: no point is left, and the sweep says {bound}");
                continue;
            }
            // where lines on both sides of an operator have multipliers, or an end of its range has, a sweep has less
            assert!(bound > optimum - 1e-7, "seed {seed}: the program says {optimum}, the sweep {bound}");
            attained += u32::from(bound < optimum + 1e-7);
            gained += u32::from(bound < plain - 1e-3);
        }
        assert!(gained > 30 && attained > 45, "{gained} of 60 bounds gained, {attained} attained");
    }
}
