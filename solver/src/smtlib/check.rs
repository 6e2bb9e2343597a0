//! Asking: assertions to a verdict, and a minimum to its two sides.

use super::answer::{Reason, Verdict};
use super::boolean::Signed;
use super::build::{Built, build, is_false};
use super::context::Context;
use super::settings::Settings;
use super::strategy::{options, strategy};
use crate::exact::{Constant, rational};
use crate::expr::ExprId;
use crate::expr::evaluate::evaluate;
use crate::formula::{Formula, Relation};
use crate::problem::Problem;
use crate::search::{self, Observer, Statistics, StopReason};
use std::time::Instant;

/// What a check finds out, over the variables of the context.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) point: Vec<f64>,
    /// lower and upper bound of the minimum, and whether the point behind the upper one is feasible, exactly
    pub(super) minimum: Option<(f64, f64, bool)>,
    pub(super) statistics: Statistics,
}

impl Outcome {
    fn new(verdict: Verdict) -> Self {
        Outcome { verdict, point: Vec::new(), minimum: None, statistics: Statistics::default() }
    }
}

/// Decides whether the assertions have a common solution, and bounds the objective's minimum over them.
pub(super) fn check(
    context: &Context,
    assertions: &[Signed],
    objective: Option<ExprId>,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let started = Instant::now();
    if is_false(assertions) {
        return Outcome::new(Verdict::Unsat);
    }
    let delta = settings.delta();
    let built = build(context, assertions, None, delta);
    let mut outcome = if built.obligations.is_empty() {
        match objective {
            None => decide(built.problem, settings, observer),
            Some(objective) => minimise(built.problem, objective, settings, observer),
        }
    } else {
        quantified(built, settings, observer)
    };
    outcome.statistics.seconds = started.elapsed().as_secs_f64();
    outcome
}

/// The existential part alone refutes; anything else is not decided.
fn quantified(built: Built, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let outcome = decide(built.problem, settings, observer);
    match outcome.verdict {
        Verdict::DeltaSat { .. } => {
            let reason = Reason::Quantifier("universal quantifiers over numbers are not decided yet");
            Outcome { verdict: Verdict::Unknown(reason), point: Vec::new(), ..outcome }
        }
        _ => outcome,
    }
}

/// One decision.
pub(super) fn decide(problem: Problem, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let decision = search::decide(&problem.compile(), &strategy(settings), &options(settings), observer);
    let (verdict, point) = match decision.verdict {
        search::Verdict::Unsat => (Verdict::Unsat, Vec::new()),
        search::Verdict::Sat(certificate) => {
            let point = certificate.point.iter().map(rational::nearest_f64).collect();
            (Verdict::DeltaSat { exact: true }, point)
        }
        search::Verdict::DeltaSat { point, .. } => (Verdict::DeltaSat { exact: false }, point),
        search::Verdict::Unknown(reason) => (Verdict::Unknown(Reason::Search(reason)), Vec::new()),
    };
    Outcome { verdict, point, minimum: None, statistics: decision.statistics }
}

/// Bounds a minimum: over the exact solutions while one is at hand, else over the weakened ones.
fn minimise(problem: Problem, objective: ExprId, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let mut maximised = problem.clone();
    maximised.objective = Some(maximised.graph.neg(objective));
    let compiled = maximised.compile();
    let optimum = search::optimise(&compiled, &compiled.root(), &strategy(settings), &options(settings), observer);
    let statistics = optimum.statistics;
    let lower = -optimum.upper;
    if let Some(witness) = optimum.witness {
        let point = witness.point.iter().map(rational::nearest_f64).collect();
        let minimum = Some((lower, -optimum.lower, true));
        // the model is as good as asked for, or the reason says why not
        let verdict = match optimum.stop {
            StopReason::Complete => Verdict::DeltaSat { exact: true },
            reason => Verdict::Unknown(Reason::Search(reason)),
        };
        return Outcome { verdict, point, minimum, statistics };
    }
    if lower == f64::INFINITY {
        return Outcome { statistics, ..Outcome::new(Verdict::Unsat) };
    }
    if matches!(optimum.stop, StopReason::Time | StopReason::Memory | StopReason::Interrupted) {
        let minimum = Some((lower, f64::INFINITY, false));
        return Outcome { statistics, minimum, ..Outcome::new(Verdict::Unknown(Reason::Search(optimum.stop))) };
    }
    bisect(problem, objective, lower, settings, observer)
}

/// Bisects for the least value that a solution of the weakened assertions takes: `objective ≤ t` is refuted, which raises
/// the lower side, or has such a solution, which lowers the upper side.
fn bisect(
    problem: Problem,
    objective: ExprId,
    mut lower: f64,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let delta = settings.delta();
    let mut best = decide(problem.clone(), settings, observer);
    if !matches!(best.verdict, Verdict::DeltaSat { .. }) {
        best.minimum = matches!(best.verdict, Verdict::Unknown(_)).then_some((lower, f64::INFINITY, false));
        return best;
    }
    let value = |point: &[f64]| -> f64 {
        let exact: Option<Vec<_>> = point.iter().map(|&x| rational::from_f64(x)).collect();
        let values = exact.map(|point| evaluate(&problem.graph, &[objective], &point));
        values.and_then(|mut values| values.remove(&objective).flatten()).map_or(f64::INFINITY, |ball| ball.ceil_f64())
    };
    let mut upper = value(&best.point);
    let mut step = 1.0;
    while upper - lower > 2.0 * delta {
        let level = if lower.is_finite() { lower + 0.5 * (upper - lower) } else { upper - step };
        let Some(level) = Constant::from_f64(level) else { break };
        step *= 4.0;
        let mut question = problem.clone();
        let excess = question.graph.linear([(Constant::ONE, objective)], -&level);
        question.constraint = Formula::and([question.constraint, Formula::atom(excess, Relation::Le)]);
        let outcome = decide(question, settings, observer);
        best.statistics.boxes += outcome.statistics.boxes;
        best.statistics.splits += outcome.statistics.splits;
        best.statistics.refuted += outcome.statistics.refuted;
        match outcome.verdict {
            Verdict::Unsat => lower = level.nearest(),
            Verdict::DeltaSat { exact } => {
                let found = value(&outcome.point);
                if found >= upper {
                    break;
                }
                upper = found;
                best.verdict = Verdict::DeltaSat { exact };
                best.point = outcome.point;
            }
            Verdict::Unknown(_) => {
                best.verdict = outcome.verdict;
                break;
            }
        }
    }
    best.minimum = Some((lower, upper, best.verdict == Verdict::DeltaSat { exact: true }));
    if upper - lower > 2.0 * delta && matches!(best.verdict, Verdict::DeltaSat { .. }) {
        best.verdict = Verdict::Unknown(Reason::Search(StopReason::Unsplittable));
    }
    best
}

/// Whether the assertions are refuted with little more work than the given search took.
pub(super) fn still_unsat(context: &Context, assertions: &[Signed], known: &Statistics, settings: &Settings) -> bool {
    if is_false(assertions) {
        return true;
    }
    let built = build(context, assertions, None, settings.delta());
    let mut options = options(settings);
    options.limits.boxes = Some(2 * known.boxes + 100);
    let decision = search::decide(&built.problem.compile(), &strategy(settings), &options, &mut ());
    matches!(decision.verdict, search::Verdict::Unsat)
}
