//! Points of the presolved problem, brought back and judged exactly against the original formulas.

use crate::budget::Budget;
use crate::exact::{Ball, Rational, rational};
use crate::expr::evaluate::evaluate;
use crate::formula::{Formula, Literal, Truth};
use crate::krawczyk::{Enclosure, solution};
use crate::presolve::Restore;
use crate::problem::{Certificate, Problem, Sort, sign_truth};
use crate::search::Verdict;

/// The verdict for the original problem: `sat` only where the restored point satisfies it, checked exactly, or
/// certainly has a solution near it.
pub(super) fn restored(
    problem: &Problem,
    assertions: &[Formula],
    restore: &Restore,
    found: Verdict,
    booleans: &[Option<bool>],
    delta: f64,
    budget: &Budget,
) -> Verdict {
    let (point, bounds, exact) = match found {
        Verdict::Sat(certificate) => (certificate.point, None, true),
        Verdict::DeltaSat { bounds, point } | Verdict::SatWithin { bounds, point } => {
            let point = point.iter().map(|&x| rational::from_f64(x).unwrap_or_default()).collect();
            (point, Some(bounds), false)
        }
        other => return other,
    };
    let restored = restore.point(&point);
    if exact && holds(problem, assertions, &restored, booleans) {
        return Verdict::Sat(Certificate { point: restored, objective: None });
    }
    let nearest: Vec<f64> = restored.iter().map(rational::nearest_f64).collect();
    let formulas: Vec<&Formula> = std::iter::once(&problem.constraint).chain(assertions).collect();
    if let Some(Enclosure { bounds, violation }) = solution(problem, &formulas, booleans, &nearest, budget) {
        let point = if violation <= delta { bounds.iter().map(|bound| bound.mid()).collect() } else { nearest };
        return Verdict::SatWithin { bounds, point };
    }
    let bounds = bounds.unwrap_or_else(|| point.iter().map(crate::interval::decimal::enclose).collect());
    // what was eliminated satisfies its own bounds up to δ only
    let around = restore.bounds(&bounds).into_iter().zip(&nearest);
    let bounds = around.map(|(bound, &x)| if bound.contains(x) { bound } else { crate::interval::point(x) }).collect();
    Verdict::DeltaSat { bounds, point: nearest }
}

/// Whether the constraint and all assertions hold at a point, in certified arithmetic.
pub(super) fn holds(problem: &Problem, assertions: &[Formula], point: &[Rational], booleans: &[Option<bool>]) -> bool {
    let inside = problem.variables.iter().zip(point).all(|(variable, x)| {
        let within = |end: f64, below: bool| match rational::from_f64(end) {
            Some(end) => {
                if below {
                    end <= *x
                } else {
                    *x <= end
                }
            }
            None => true,
        };
        let domain = variable.domain;
        !domain.is_empty()
            && within(domain.inf(), true)
            && within(domain.sup(), false)
            && (variable.sort != Sort::Integer || x.is_integer())
    });
    if !inside {
        return false;
    }
    let all: Vec<&Formula> = std::iter::once(&problem.constraint).chain(assertions).collect();
    let mut roots = Vec::new();
    let definitions = problem.booleans.iter().filter_map(|boolean| boolean.definition.as_ref());
    for formula in all.iter().copied().chain(definitions) {
        formula.atoms(&mut |atom| roots.push(atom.expr));
    }
    let values = evaluate(&problem.graph, &roots, point);
    // by name: whether its definition, and whether its negation, holds
    let mut names: Vec<[bool; 2]> = Vec::with_capacity(problem.booleans.len());
    for (index, boolean) in problem.booleans.iter().enumerate() {
        let both = match &boolean.definition {
            Some(definition) => {
                [satisfied(&definition.negate(), &values, &names), satisfied(definition, &values, &names)]
            }
            None => {
                let value = booleans.get(index).copied().flatten();
                // a variable that may be either was not needed
                [value == Some(false), value == Some(true)]
            }
        };
        names.push(both);
    }
    all.into_iter().all(|formula| satisfied(formula, &values, &names))
}

type Values = std::collections::HashMap<crate::expr::ExprId, Option<Ball>>;

fn satisfied(formula: &Formula, values: &Values, names: &[[bool; 2]]) -> bool {
    match formula {
        Formula::Atom(atom) => {
            let value = values.get(&atom.expr).and_then(Option::as_ref);
            value.is_some_and(|value| sign_truth(atom.relation, value) == Truth::True)
        }
        Formula::Literal(Literal { variable, positive }) => {
            names.get(variable.index()).is_some_and(|both| both[usize::from(*positive)])
        }
        Formula::And(parts) => parts.iter().all(|part| satisfied(part, values, names)),
        Formula::Or(parts) => parts.iter().any(|part| satisfied(part, values, names)),
    }
}
