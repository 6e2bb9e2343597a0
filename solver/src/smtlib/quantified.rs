//! `∃x. ψ(x) ∧ ∀y ∈ D. φ(x, y)`, guided by counterexamples, with the error controlled on both sides (Kong, Solar-Lezama,
//! Gao, *Delta-decision procedures for exists-forall problems over the reals*, 2018).
//!
//! Of the universal formula only instances `φ(x, y_1), φ(x, y_2), …` are kept. When ψ with the instances has no solution,
//! neither has the whole: `unsat`. Else, at a solution `x*` of it weakened by δ/4, a counterexample is sought: a `y` that
//! violates φ *weakened by δ*, which is the negation of φ *strengthened* by δ, decided with precision δ/2.
//!
//! * There is none: φ weakened by δ holds at `x*` for every `y`: `delta-sat`.
//! * There is one, `y*`, up to δ/2: then `φ(x*, y*)` is still violated by more than δ/2. So the instance at `y*`,
//!   weakened by δ/4, excludes `x*`, and the next round finds something else. (Without the two different precisions
//!   the same `x*` could come back for ever.)
//!
//! "Weakened" as everywhere: `e ≠ 0`, of which every number is a limit, weakens to truth.

use super::answer::{Reason, Verdict};
use super::boolean::{BoolNode, Booleans, Signed};
use super::build::{Purpose, build};
use super::check::{self, Outcome, Questions};
use super::context::{Context, Quantifier, Range};
use super::settings::Settings;
use super::strategy::{options, strategy};
use super::substitute::{Constants, needed, substitute};
use crate::exact::{Constant, Rational, rational};
use crate::expr::VariableId;
use crate::formula::{Formula, Relation};
use crate::incumbent::centre;
use crate::interval::bounds;
use crate::op::Op;
use crate::problem::Problem;
use crate::search::{self, Observer, Statistics, StopReason};
use crate::tape::Workspace;

/// What is known of a universal formula at a point.
enum Check {
    /// weakened, it holds for all values of its variables
    Holds,
    /// it fails at the first of these, and perhaps by more at others
    Fails(Vec<Vec<Rational>>),
    Unknown(Reason),
}

/// Decides assertions with universal quantifiers.
pub(super) fn decide(
    context: &Context,
    questions: &Questions,
    settings: &Settings,
    observer: &mut dyn Observer,
) -> Outcome {
    let mut context = context.clone();
    let mut questions = questions.clone();
    let delta = settings.delta();
    let mut statistics = Statistics::default();
    let mut first = true;
    loop {
        let built = build(&context, &questions, delta, &Purpose::Decide);
        let obligations = built.obligations.clone();
        let guarded = obligations.iter().any(|obligation| obligation.guard.is_some());
        let mut outcome = check::decide(built, 0.25 * delta, settings, observer);
        statistics.add(&outcome.statistics);
        outcome.statistics = statistics.clone();
        if !matches!(outcome.verdict, Verdict::DeltaSat { .. }) {
            return outcome;
        }
        if guarded {
            return give_up(
                &statistics,
                Reason::Quantifier("a universal quantifier that need not hold is not supported"),
            );
        }
        let mut all_hold = true;
        for obligation in obligations {
            let quantifier = context.quantifiers[obligation.quantifier.0 as usize].clone();
            let mark = context.mark();
            let found = verify(&mut context, &quantifier, &outcome.point, settings, observer, &mut statistics);
            context.truncate(mark);
            let mut points = match found {
                Check::Holds => continue,
                Check::Unknown(reason) => return give_up(&statistics, reason),
                Check::Fails(points) => points,
            };
            all_hold = false;
            if first {
                // a point to begin with, besides
                points.push(quantifier.variables.iter().map(|&v| middle(&context, v)).collect());
            }
            let before = questions.fixed.len();
            for at in points {
                match instance(&mut context, &quantifier, &at) {
                    Ok(instance) if questions.fixed.contains(&instance) => {}
                    Ok(instance) => questions.fixed.push(instance),
                    Err(message) => return give_up(&statistics, Reason::Quantifier(message)),
                }
            }
            if questions.fixed.len() == before {
                return give_up(&statistics, Reason::Search(StopReason::Unsplittable));
            }
        }
        first = false;
        if all_hold {
            outcome.verdict = Verdict::DeltaSat { exact: false };
            // what was certified are instances
            outcome.within = None;
            outcome.statistics = statistics;
            return outcome;
        }
    }
}

fn give_up(statistics: &Statistics, reason: Reason) -> Outcome {
    Outcome { statistics: statistics.clone(), ..Outcome::new(Verdict::Unknown(reason)) }
}

/// The formula at values of the quantifier's variables, which are moved into their exact bounds: a domain in doubles is a
/// step wider, and the formula says nothing about what lies there.
fn instance(context: &mut Context, quantifier: &Quantifier, at: &[Rational]) -> Result<Signed, &'static str> {
    let mut values = Constants::new();
    for (&variable, y) in quantifier.variables.iter().zip(at) {
        let Range { lower, upper } = &context.variables[variable.index()].range;
        let mut y = y.clone();
        if let Some(lower) = lower {
            y = y.max(lower.clone());
        }
        if let Some(upper) = upper {
            y = y.min(upper.clone());
        }
        values.insert(variable, y.into());
    }
    substitute(context, quantifier.body, &values)
}

fn constant(x: f64) -> Constant {
    Constant::from_f64(x).unwrap_or_default()
}

/// A value of a bound variable within its exact bounds.
fn middle(context: &Context, variable: VariableId) -> Rational {
    let declared = &context.variables[variable.index()];
    let end = |end: &Option<Rational>, none: f64| end.as_ref().map_or(none, rational::nearest_f64);
    let middle =
        centre(bounds(end(&declared.range.lower, f64::NEG_INFINITY), end(&declared.range.upper, f64::INFINITY)));
    rational::from_f64(if declared.sort.is_integral() { middle.ceil() } else { middle }).unwrap_or_default()
}

/// Whether the body, weakened by δ, holds at a point for all values of the quantifier's variables.
fn verify(
    context: &mut Context,
    quantifier: &Quantifier,
    point: &[Rational],
    settings: &Settings,
    observer: &mut dyn Observer,
    statistics: &mut Statistics,
) -> Check {
    let delta = settings.delta();
    let outer = |(index, x): (usize, &Rational)| (VariableId::new(index), Constant::from_rational(x.clone()));
    let mut constants: Constants = point.iter().take(context.variables.len()).enumerate().map(outer).collect();
    for variable in &quantifier.variables {
        constants.remove(variable);
    }
    let body = match substitute(context, quantifier.body, &constants) {
        Ok(body) => body,
        Err(message) => return Check::Unknown(Reason::Quantifier(message)),
    };
    let variables = quantifier.variables.clone();
    if body == Booleans::TRUE {
        return Check::Holds;
    }
    let fails = context.quantify(Quantifier { variables, body }).negate();
    let questions = Questions { fixed: vec![fails], tracked: Vec::new() };
    let built = build(context, &questions, delta, &Purpose::Strengthen(constant(delta)));
    let domains = built.problem.clone();
    let defined = is_defined(context, body, &built.problem);
    let outcome = check::decide(built, 0.5 * delta, settings, observer);
    statistics.add(&outcome.statistics);
    match outcome.verdict {
        Verdict::Unsat if defined => Check::Holds,
        Verdict::Unsat => Check::Unknown(Reason::Quantifier("the quantified formula may have no value somewhere")),
        Verdict::Unknown(reason) => Check::Unknown(reason),
        Verdict::DeltaSat { .. } => {
            let worst = worst(context, body, domains, settings, statistics);
            // any instance will do, and doubles make the best coefficients
            let double =
                |v: &VariableId, point: &[Rational]| rational::from_f64(rational::nearest_f64(&point[v.index()]));
            let values = |point: Vec<Rational>| {
                quantifier
                    .variables
                    .iter()
                    .map(|v| double(v, &point).unwrap_or_else(|| point[v.index()].clone()))
                    .collect()
            };
            Check::Fails(std::iter::once(outcome.point).chain(worst).map(values).collect())
        }
    }
}

/// Where a formula that is one comparison fails by most, as far as a short search tells: the instance there leaves the
/// least to later rounds. For `∀y: f(x) ≤ f(y)` it is the minimum of f.
fn worst(
    context: &mut Context,
    body: Signed,
    domains: Problem,
    settings: &Settings,
    statistics: &mut Statistics,
) -> Option<Vec<Rational>> {
    const BOXES: u64 = 2_000;
    let &BoolNode::Atom(atom) = context.booleans.node(body.id) else { return None };
    let mut problem = Problem { constraint: Formula::TRUE, booleans: Vec::new(), ..domains };
    let graph = &mut problem.graph;
    problem.objective = Some(match (atom.relation, body.holds) {
        (Relation::Le, true) | (Relation::Ge, false) => atom.expr,
        (Relation::Ge, true) | (Relation::Le, false) => graph.neg(atom.expr),
        (Relation::Eq, true) => graph.apply(Op::Abs, [atom.expr]),
        _ => return None,
    });
    let compiled = problem.compile();
    let mut options = options(settings);
    options.budget = options.budget.with_boxes(BOXES);
    let optimum = search::optimise(&compiled, &compiled.root(), &strategy(settings), &options, &mut ());
    statistics.add(&optimum.statistics);
    Some(optimum.witness?.point)
}

/// Whether every expression in a formula certainly has a value over the domains of a problem: one without would violate
/// the formula, and no negated atom would tell.
fn is_defined(context: &Context, body: Signed, problem: &Problem) -> bool {
    let atoms = needed(&context.booleans, body).into_iter().filter_map(|id| match context.booleans.node(id) {
        BoolNode::Atom(atom) => Some(Formula::atom(atom.expr, Relation::Eq)),
        _ => None,
    });
    let constraint = Formula::and(atoms);
    let compiled = Problem { constraint, booleans: Vec::new(), ..problem.clone() }.compile();
    let mut w = Workspace::new(&compiled.tape);
    compiled.tape.load(&compiled.root(), &mut w);
    compiled.tape.forward(&mut w) && compiled.tape.is_defined(&mut w)
}
