//! Phases: split the inputs while they are wide, then the sign of whatever undecided argument of a ReLU, `|·|` or noisy
//! row costs the linear bound of the objective most (BaBSR, Bunel et al. 2020, on both copies of a twin network at
//! once).
//!
//! The order of preference:
//! 1. the sign of `d` where the objective is `|d|`, since either half then has an objective without a kink;
//! 2. where the signs of noisy rows' operands are open: of the variables that are no noise and wider than [`WIDE`] of
//!    their domain the one with the steepest bounds ([`Slope`]), then the sign with the largest gap
//!    ([`Tape::phase_gap`](crate::tape::Tape::phase_gap)), since a row is linear once the signs are known;
//! 3. the steps of a staircase of one variable that takes at most one in the box, since its jump is the best place to split
//!    that variable;
//! 4. the variable with the steepest bounds, down to [`THIN`];
//! 5. the phase of any kind, the steps of a staircase included, with the largest gap;
//! 6. the widest variable that is no noise, down to [`NARROW`], then any, by smear.
//!
//! Noises come last: a row's enclosure is exact in its noise and a linear bound eliminates it.

use super::largest::best;
use super::{Brancher, Slope, Smear, Split, at_zero, halve_integers, relative_width};
use crate::interval::Interval;
use crate::op::Op;
use crate::problem::{Compiled, Sort};
use crate::tape::{Stair, Workspace};

/// The relative width above which a variable is split before any sign.
const WIDE: f64 = 0.1;
/// The relative width above which a variable is split before the phase of a ReLU.
const THIN: f64 = 0.005;
/// The relative width below which a variable is split after everything else.
const NARROW: f64 = 1e-6;

/// Phases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases;

impl Brancher for Phases {
    fn name(&self) -> &'static str {
        "phases"
    }

    fn choose(
        &self,
        problem: &Compiled,
        root: &[Interval],
        kept: &[Interval],
        depth: u32,
        w: &mut Workspace,
    ) -> Option<Split> {
        let widest = |at_least: f64| {
            best(problem, kept, |i| match relative_width(root[i], kept[i]) {
                width if problem.problem.variables[i].sort != Sort::Noise && width >= at_least => width,
                _ => f64::NEG_INFINITY,
            })
        };
        let at_least = |width: f64| move |i: usize| relative_width(root[i], kept[i]) >= width;
        self.sign_of_objective(problem, kept)
            .or_else(|| {
                let sign = self.phase(problem, kept, w, |position| problem.tape.is_operand_of_rows(position))?;
                Slope.choose_among(problem, kept, w, at_least(WIDE)).or(Some(sign))
            })
            .or_else(|| self.step(problem, kept, w))
            .or_else(|| Slope.choose_among(problem, kept, w, at_least(THIN)))
            .or_else(|| widest(THIN))
            .or_else(|| self.phase(problem, kept, w, |_| true))
            .or_else(|| widest(NARROW))
            .or_else(|| Smear::Sum.choose(problem, root, kept, depth, w))
    }
}

impl Phases {
    pub(super) fn sign_of_objective(self, problem: &Compiled, kept: &[Interval]) -> Option<Split> {
        let (Op::Abs, &[inner]) = problem.tape.definition(problem.objective?)? else { return None };
        let position = problem.tape.kept().iter().position(|&slot| slot == inner)?;
        at_zero(position, kept[position])
    }

    fn phase(
        self,
        problem: &Compiled,
        kept: &[Interval],
        w: &mut Workspace,
        allowed: impl Fn(usize) -> bool,
    ) -> Option<Split> {
        let tape = &problem.tape;
        let objective = problem.objective?;
        tape.linear_bound(&[(objective, 1.0)], w);
        let mut best = None;
        let mut largest = 0.0;
        for (position, &bound) in kept.iter().enumerate().skip(tape.variables()) {
            let gap = tape.phase_gap(position, w);
            if gap > largest && allowed(position) {
                largest = gap;
                best = at_zero(position, bound).or(best);
            }
        }
        for stair in tape.stairs() {
            let gap = tape.stair_gap(stair, w);
            if gap > largest && allowed(stair.position) {
                largest = gap;
                best = halve_integers(stair.position, kept[stair.position]).or(best);
            }
        }
        best
    }

    /// The one open step of a staircase of a single variable, of several the one with the largest gap.
    fn step(self, problem: &Compiled, kept: &[Interval], w: &mut Workspace) -> Option<Split> {
        let tape = &problem.tape;
        let is_next = |stair: &Stair| stair.of_variable && (0.5..=1.0).contains(&kept[stair.position].wid());
        if !tape.stairs().iter().any(is_next) {
            return None;
        }
        tape.linear_bound(&[(problem.objective?, 1.0)], w);
        let gap = |stair: &Stair| tape.stair_gap(stair, w);
        let next = tape.stairs().iter().filter(|stair| is_next(stair) && gap(stair) > 0.0);
        let stair = next.max_by(|a, b| gap(a).total_cmp(&gap(b)))?;
        halve_integers(stair.position, kept[stair.position])
    }
}
