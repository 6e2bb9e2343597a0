//! Conjunctions of atoms.
//!
//! A single inequality over a box is decided as an optimisation: `e ≥ 0` has a solution where the maximum of `e` is not
//! negative, so the search looks for good points first and splits where it matters for the bound. All else goes to
//! [`decide`].

use super::quotient::multiplied;
use crate::expr::ExprId;
use crate::formula::{Atom, Formula, Relation};
use crate::problem::{Compiled, Problem};
use crate::search::{Decision, Observer, Optimum, Options, StopReason, Strategy, Verdict, decide, optimise};

/// The most boxes, and operands read per sweep over them, of a second look.
const BOXES: u64 = 4096;
const WORK: u64 = 4_000_000;

/// Decides the constraint of a problem.
pub(super) fn decide_atoms(
    mut problem: Problem,
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
) -> Decision {
    let atoms: Vec<Atom> = problem.constraint.conjuncts().copied().collect();
    problem.implied = atoms.iter().filter_map(|atom| multiplied(&mut problem.graph, atom)).collect();
    let objective = single_inequality(&mut problem);
    if let Some((expr, _)) = objective {
        problem.objective = Some(expr);
        problem.constraint = Formula::TRUE;
    }
    let task = Task { compiled: problem.compile(), strict: objective.map(|(_, strict)| strict), strategy };
    let mut decision = task.run(options, options.delta, observer);
    if options.second_look && matches!(decision.verdict, Verdict::DeltaSat { .. }) {
        task.look_again(&mut decision, options, observer);
    }
    decision
}

/// What is decided, and how.
struct Task<'a> {
    compiled: Compiled,
    /// of an optimisation: whether zero itself is excluded
    strict: Option<bool>,
    strategy: &'a Strategy,
}

impl Task<'_> {
    /// Decides up to `delta`.
    fn run(&self, options: &Options, delta: f64, observer: &mut dyn Observer) -> Decision {
        let mut options = Options { delta, ..options.clone() };
        let Some(strict) = self.strict else {
            return decide(&self.compiled, self.strategy, &options, observer);
        };
        // a maximum below zero refutes, and so does zero itself where the inequality is strict
        options.floor = if strict { 0.0 } else { 0.0f64.next_down() };
        options.absolute_gap = delta;
        options.target = Some(options.floor - delta);
        let optimum = optimise(&self.compiled, &self.compiled.root(), self.strategy, &options, observer);
        Decision { verdict: verdict(&optimum, strict, delta), statistics: optimum.statistics }
    }

    /// A point that satisfies the formula only up to δ answers the question; but with a little more work the answer is often
    /// `unsat` or `sat`, which say more.
    fn look_again(&self, decision: &mut Decision, options: &Options, observer: &mut dyn Observer) {
        let boxes = (WORK / self.compiled.tape.operand_count().max(1) as u64).min(BOXES);
        let mut options = options.clone();
        options.budget = options.budget.less_boxes(decision.statistics.boxes).with_boxes(boxes);
        let second = self.run(&options, 0.0, observer);
        decision.statistics.add(&second.statistics);
        if matches!(second.verdict, Verdict::Unsat | Verdict::Sat(_) | Verdict::SatWithin { .. }) {
            decision.verdict = second.verdict;
        }
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
