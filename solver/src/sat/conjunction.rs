//! Conjunctions of atoms.
//!
//! A single inequality over a box is decided as an optimisation: `e ≥ 0` has a solution where the maximum of `e` is not
//! negative, so the search looks for good points first and splits where it matters for the bound. All else goes to
//! [`decide`].

use crate::expr::ExprId;
use crate::formula::{Atom, Formula, Relation};
use crate::problem::{Compiled, Problem};
use crate::search::{Decision, Observer, Optimum, Options, StopReason, Strategy, Verdict, decide, optimise};
use std::time::Instant;

/// The most boxes, and operands read per sweep over them, of a second look.
const BOXES: u64 = 4096;
const WORK: u64 = 4_000_000;

/// Decides the constraint of a problem; the time limit began to run at `started`.
pub(super) fn decide_atoms(
    mut problem: Problem,
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
    started: Instant,
) -> Decision {
    let mut options = options.clone();
    options.limits.time = options.limits.time.map(|limit| limit.saturating_sub(started.elapsed()));
    let Some((objective, strict)) = single_inequality(&mut problem) else {
        return decide(&problem.compile(), strategy, &options, observer);
    };
    problem.objective = Some(objective);
    problem.constraint = Formula::TRUE;
    // a maximum below zero refutes, and so does zero itself where the inequality is strict
    options.floor = if strict { 0.0 } else { 0.0f64.next_down() };
    options.absolute_gap = options.delta;
    options.target = Some(-options.delta);
    let compiled = problem.compile();
    let optimum = optimise(&compiled, &compiled.root(), strategy, &options, observer);
    let mut decision = Decision { verdict: verdict(&optimum, strict, options.delta), statistics: optimum.statistics };
    if matches!(decision.verdict, Verdict::DeltaSat { .. }) {
        look_again(&mut decision, &compiled, strict, strategy, options, observer, started);
    }
    decision
}

/// A point that satisfies the inequality only up to δ answers the question; but with a little more work the answer is
/// often `unsat` or `sat`, which say more.
fn look_again(
    decision: &mut Decision,
    compiled: &Compiled,
    strict: bool,
    strategy: &Strategy,
    mut options: Options,
    observer: &mut dyn Observer,
    started: Instant,
) {
    let spent = decision.statistics.boxes;
    let boxes = (WORK / compiled.tape.operand_count().max(1) as u64).min(BOXES);
    options.limits.boxes = Some(options.limits.boxes.map_or(boxes, |limit| limit.saturating_sub(spent).min(boxes)));
    options.limits.time = options.limits.time.map(|limit| limit.saturating_sub(started.elapsed()));
    options.target = Some(options.floor);
    options.absolute_gap = 0.0;
    let optimum = optimise(compiled, &compiled.root(), strategy, &options, observer);
    decision.statistics.add(&optimum.statistics);
    let second = verdict(&optimum, strict, options.delta);
    if matches!(second, Verdict::Unsat | Verdict::Sat(_)) {
        decision.verdict = second;
    }
}

/// The `e` of a constraint `e ≥ 0` or `e > 0`, and whether it is strict.
fn single_inequality(problem: &mut Problem) -> Option<(ExprId, bool)> {
    let Formula::Atom(Atom { expr, relation }) = problem.constraint else { return None };
    let expr = match relation {
        Relation::Ge | Relation::Gt => expr,
        Relation::Le | Relation::Lt => problem.graph.neg(expr),
        Relation::Eq | Relation::Ne => return None,
    };
    Some((expr, matches!(relation, Relation::Gt | Relation::Lt)))
}

fn verdict(optimum: &Optimum, strict: bool, delta: f64) -> Verdict {
    if optimum.upper < 0.0 || (strict && optimum.upper <= 0.0) {
        return Verdict::Unsat;
    }
    match &optimum.witness {
        Some(witness) if optimum.lower > 0.0 || (!strict && optimum.lower >= 0.0) => Verdict::Sat(witness.clone()),
        Some(witness) if optimum.lower >= -delta => {
            let point: Vec<f64> = witness.point.iter().map(crate::exact::rational::nearest_f64).collect();
            let bounds = witness.point.iter().map(crate::interval::decimal::enclose).collect();
            Verdict::DeltaSat { bounds, point }
        }
        _ => match optimum.stop {
            StopReason::Complete => Verdict::Unknown(StopReason::Unsplittable),
            reason => Verdict::Unknown(reason),
        },
    }
}
