//! Asking: assertions to a verdict, and a minimum to its two sides.

use super::answer::{Reason, Verdict};
use super::boolean::{BoolNode, Signed};
use super::build::{Built, Purpose, build};
use super::context::Context;
use super::quantified;
use super::settings::Settings;
use super::strategy::{options, strategy};
use super::substitute::needed;
use crate::budget::{Budget, Stopwatch};
use crate::exact::{Constant, Rational, rational};
use crate::expr::ExprId;
use crate::expr::evaluate::evaluate;
use crate::formula::{Formula, Relation};
use crate::interval::Interval;
use crate::problem::Problem;
use crate::sat;
use crate::search::{Observer, Options, Statistics, StopReason};
use crate::tape::{Tape, Workspace};

/// The assertions of a check.
#[derive(Clone, Debug, Default)]
pub(super) struct Questions {
    /// those that a refutation need not name
    pub(super) fixed: Vec<Signed>,
    /// those whose part in a refutation is asked for
    pub(super) tracked: Vec<Signed>,
}

/// What a check finds out, over the variables of the context.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    /// a point that satisfies the assertions, exactly or weakened
    pub(super) point: Vec<Rational>,
    /// where it does so weakened: a box in which there certainly is one that does so exactly, if that is known
    pub(super) within: Option<Vec<Interval>>,
    /// lower and upper bound of the minimum where there are any, and whether the point behind the upper one is feasible, exactly
    pub(super) minimum: Option<(Option<Rational>, Option<Rational>, bool)>,
    /// the tracked assertions that took part in a refutation
    pub(super) core: Vec<usize>,
    pub(super) statistics: Statistics,
}

impl Outcome {
    pub(super) fn new(verdict: Verdict) -> Self {
        Outcome {
            verdict,
            point: Vec::new(),
            within: None,
            minimum: None,
            core: Vec::new(),
            statistics: Statistics::default(),
        }
    }
}

/// Nothing was found out before a limit was reached.
pub(super) fn stopped(reason: StopReason, minimises: bool) -> Outcome {
    match minimises {
        true => undecided(f64::NEG_INFINITY, reason, Statistics::default()),
        false => Outcome::new(Verdict::Unknown(Reason::Search(reason))),
    }
}

/// Decides whether the assertions have a common solution, and bounds the objective's minimum over them.
pub(super) fn check(
    context: &Context,
    questions: &Questions,
    objective: Option<ExprId>,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let started = Stopwatch::start();
    if let Some(reason) = settings.budget.stopped() {
        return stopped(reason, objective.is_some());
    }
    let delta = settings.delta();
    let purpose = if objective.is_some() { Purpose::Optimise } else { Purpose::Decide };
    let mut built = build(context, questions, delta, &purpose);
    let mut outcome = match (built.obligations.is_empty(), objective) {
        (true, None) => decide(built, delta, settings, observer),
        (true, Some(objective)) => {
            let constraint = std::mem::replace(&mut built.problem.constraint, Formula::TRUE);
            built.problem.constraint = Formula::and(std::iter::once(constraint).chain(built.tracked.drain(..)));
            minimise(built.problem, objective, settings, observer)
        }
        (false, None) => under_quantifiers(context, questions, settings, observer),
        (false, Some(_)) => Outcome::new(Verdict::Unknown(Reason::Quantifier(
            "an optimum under universal quantifiers is not supported",
        ))),
    };
    if outcome.verdict == Verdict::Unsat && objective.is_some() {
        // an optimisation does not say which of them it used
        outcome.core = (0..questions.tracked.len()).collect();
    }
    outcome.statistics.seconds = started.seconds();
    outcome
}

/// A decision with universal quantifiers. Those have to hold, so an assertion with one is not guarded by a name; it counts
/// as part of every refutation.
fn under_quantifiers(
    context: &Context,
    questions: &Questions,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let is_quantified = |&index: &usize| {
        let below = needed(&context.booleans, questions.tracked[index]);
        below.into_iter().any(|id| matches!(context.booleans.node(id), BoolNode::ForAll(_)))
    };
    let (named, plain): (Vec<usize>, Vec<usize>) = (0..questions.tracked.len()).partition(is_quantified);
    let mut moved = Questions { fixed: questions.fixed.clone(), tracked: Vec::new() };
    moved.fixed.extend(named.iter().map(|&index| questions.tracked[index]));
    moved.tracked.extend(plain.iter().map(|&index| questions.tracked[index]));
    let mut outcome = quantified::decide(context, &moved, settings, observer);
    if outcome.verdict == Verdict::Unsat {
        outcome.core = outcome.core.iter().map(|&index| plain[index]).chain(named).collect();
        outcome.core.sort_unstable();
    }
    outcome
}

/// One decision, weakened by `delta`.
pub(super) fn decide(built: Built, delta: f64, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let options = Options { delta, ..options(settings) };
    let Built { problem, tracked, props, .. } = built;
    let answer = sat::check(&problem, &tracked, &strategy(settings), &options, observer);
    let mut within = None;
    let (verdict, mut point) = match answer.verdict {
        sat::Verdict::Unsat => (Verdict::Unsat, Vec::new()),
        sat::Verdict::Sat(point) => (Verdict::DeltaSat { exact: true }, point),
        sat::Verdict::SatWithin { bounds, point } => {
            within = Some(bounds);
            (Verdict::DeltaSat { exact: true }, point)
        }
        sat::Verdict::DeltaSat(point) => (Verdict::DeltaSat { exact: false }, point),
        sat::Verdict::Unknown(reason) => (Verdict::Unknown(Reason::Search(reason)), Vec::new()),
    };
    for (x, prop) in point.iter_mut().zip(&props) {
        if let Some(prop) = prop {
            let holds = answer.booleans.get(prop.index()).copied().flatten().unwrap_or(false);
            *x = Rational::from_integer(i64::from(holds).into());
        }
    }
    Outcome { verdict, point, within, minimum: None, core: answer.core, statistics: answer.statistics }
}

/// One decision without propositional variables.
fn decide_numbers(problem: &Problem, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let (tracked, props, obligations) = (Vec::new(), Vec::new(), Vec::new());
    decide(Built { problem: problem.clone(), tracked, props, obligations }, settings.delta(), settings, observer)
}

/// How many boxes a minimisation may take before it has a solution. Where the solutions have no double among them (an
/// equality, a fixed decimal), it would never get one.
const BOXES_WITHOUT_POINT: u64 = 4096;

/// Bounds of a large value that are a few doubles apart come no closer.
const DOUBLES_APART: f64 = 4.0 * f64::EPSILON;

/// Bounds a minimum: over the exact solutions while one is at hand, else over the weakened ones.
fn minimise(problem: Problem, objective: ExprId, settings: &Settings, observer: &mut dyn Observer) -> Outcome {
    let mut maximised = problem.clone();
    maximised.objective = Some(maximised.graph.neg(objective));
    if let Some(outcome) = minimise_exactly(&maximised, true, settings) {
        return outcome;
    }
    let strategy = strategy(settings);
    let maximisation = match sat::Maximisation::new(&maximised, &options(settings)) {
        Ok(maximisation) => maximisation,
        Err(reason) => return undecided(f64::NEG_INFINITY, reason, Statistics::default()),
    };
    let wanted = || Options { relative_gap: DOUBLES_APART, ..options(settings) };
    let mut limited = wanted();
    limited.budget = limited.budget.with_boxes(BOXES_WITHOUT_POINT);
    let (mut optimum, mut exact) = maximisation.run(&strategy, &limited, observer);
    if optimum.stop == StopReason::Boxes && optimum.witness.is_some() {
        (optimum, exact) = maximisation.run(&strategy, &wanted(), observer);
    }
    if optimum.stop == StopReason::Complete && optimum.upper - optimum.lower > 2.0 * settings.delta() {
        optimum.stop = StopReason::Unsplittable;
    }
    let statistics = optimum.statistics;
    if optimum.stop == StopReason::Unsplittable
        && let Some(outcome) = minimise_exactly(&maximised, false, settings)
    {
        return Outcome { statistics, ..outcome };
    }
    let (lower, upper) = (-optimum.upper, -optimum.lower);
    let Some(witness) = optimum.witness else {
        return match optimum.stop {
            _ if lower == f64::INFINITY => Outcome { statistics, ..Outcome::new(Verdict::Unsat) },
            StopReason::Time | StopReason::Memory | StopReason::Interrupted => {
                undecided(lower, optimum.stop, statistics)
            }
            _ => bisect(problem, objective, lower, None, settings, observer),
        };
    };
    let known = Outcome {
        point: witness.point,
        minimum: Some((rational::from_f64(lower), rational::from_f64(upper), exact)),
        statistics,
        // the model is as good as asked for, or the reason says why not
        verdict: match optimum.stop {
            StopReason::Complete | StopReason::Unsplittable => Verdict::DeltaSat { exact },
            reason => Verdict::Unknown(Reason::Search(reason)),
        },
        ..Outcome::new(Verdict::Unsat)
    };
    if optimum.stop == StopReason::Unsplittable {
        return bisect(problem, objective, lower, Some(known), settings, observer);
    }
    known
}

/// A minimum in exact linear arithmetic, where that is quickly found: of a problem whose numbers lie `far` from one, or of
/// one whose numbers do not.
fn minimise_exactly(maximised: &Problem, far: bool, settings: &Settings) -> Option<Outcome> {
    let outcome = match sat::linear_maximum(maximised, far, &options(settings))? {
        sat::LinearMaximum::Unsat => Outcome::new(Verdict::Unsat),
        sat::LinearMaximum::Found { supremum, point, value } => Outcome {
            point,
            minimum: Some((Some(-supremum), Some(-value), true)),
            ..Outcome::new(Verdict::DeltaSat { exact: true })
        },
    };
    Some(outcome)
}

/// No point was found; the minimum is at least `lower`.
fn undecided(lower: f64, reason: StopReason, statistics: Statistics) -> Outcome {
    let minimum = Some((rational::from_f64(lower), None, false));
    Outcome { statistics, minimum, ..Outcome::new(Verdict::Unknown(Reason::Search(reason))) }
}

/// Bisects for the least value that a solution of the weakened assertions takes: `objective ≤ t` is refuted, which raises
/// the lower side, or has such a solution, which lowers the upper side. What is `known` is where it begins.
fn bisect(
    problem: Problem,
    objective: ExprId,
    mut lower: f64,
    known: Option<Outcome>,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let delta = settings.delta();
    let reached = known.as_ref().and_then(|known| known.minimum.as_ref()?.1.as_ref()).map(rational::ceil_f64);
    let mut best = known.unwrap_or_else(|| decide_numbers(&problem, settings, observer));
    if !matches!(best.verdict, Verdict::DeltaSat { .. }) {
        best.minimum = matches!(best.verdict, Verdict::Unknown(_)).then(|| (rational::from_f64(lower), None, false));
        return best;
    }
    // an exact solution counts as it is: the point near it may violate an equation, and lie below the minimum
    let value = |outcome: &Outcome| -> f64 {
        if let Some(bounds) = &outcome.within {
            return greatest(&problem, objective, bounds);
        }
        let value = evaluate(&problem.graph, &[objective], &outcome.point).remove(&objective).flatten();
        value.map_or(f64::INFINITY, |ball| ball.ceil_f64())
    };
    let mut upper = reached.unwrap_or_else(|| value(&best));
    // below a large value one is no step at all
    let mut step = 1.0f64.max(upper.abs() * f64::EPSILON.sqrt());
    while upper - lower > 2.0 * delta {
        let level = if lower.is_finite() { lower + 0.5 * (upper - lower) } else { upper - step };
        step *= 4.0;
        // neighbouring doubles may lie further apart than 2δ
        let Some(level) = Constant::from_f64(level).filter(|_| lower < level && level < upper) else { break };
        let mut question = problem.clone();
        let excess = question.graph.linear([(Constant::ONE, objective)], -&level);
        question.constraint = Formula::and([question.constraint, Formula::atom(excess, Relation::Le)]);
        let outcome = decide_numbers(&question, settings, observer);
        best.statistics.add(&outcome.statistics);
        match outcome.verdict {
            Verdict::Unsat => lower = level.nearest(),
            Verdict::DeltaSat { exact } => {
                let found = value(&outcome);
                if found >= upper {
                    break;
                }
                upper = found;
                best.verdict = Verdict::DeltaSat { exact };
                best.point = outcome.point;
                best.within = outcome.within;
            }
            Verdict::Unknown(_) => {
                best.verdict = outcome.verdict;
                break;
            }
        }
    }
    // a point of the weakened assertions may lie below all solutions
    let ends = [lower, upper.max(lower)].map(rational::from_f64);
    let [lower_end, upper_end] = ends;
    best.minimum = Some((lower_end, upper_end, best.verdict == Verdict::DeltaSat { exact: true }));
    if upper - lower > 2.0 * delta && matches!(best.verdict, Verdict::DeltaSat { .. }) {
        best.verdict = Verdict::Unknown(Reason::Search(StopReason::Unsplittable));
    }
    best
}

/// The greatest value of an expression over a box, rounded up.
fn greatest(problem: &Problem, expr: ExprId, bounds: &[Interval]) -> f64 {
    let tape = Tape::compile(&problem.graph, problem.variables.len(), &[expr], &[]);
    let mut w = Workspace::new(&tape);
    tape.load(bounds, &mut w);
    let defined = tape.forward(&mut w) && tape.is_defined(&mut w);
    tape.slot(expr).filter(|_| defined).map_or(f64::INFINITY, |slot| w.values[slot as usize].sup())
}

/// The tracked assertions that refute together with the fixed ones, where that takes little more work than the given search
/// took, within the budget.
pub(super) fn still_unsat(
    context: &Context,
    questions: &Questions,
    known: &Statistics,
    budget: &Budget,
    settings: &Settings,
) -> Option<Vec<usize>> {
    let Built { problem, tracked, .. } = build(context, questions, settings.delta(), &Purpose::Decide);
    let mut options = options(settings);
    options.budget = budget.clone().with_boxes(2 * known.boxes + 100);
    let answer = sat::check(&problem, &tracked, &strategy(settings), &options, &mut ());
    matches!(answer.verdict, sat::Verdict::Unsat).then_some(answer.core)
}
