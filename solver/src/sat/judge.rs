//! Points of the presolved problem, brought back and judged exactly against the original formulas.
//!
//! What is handed out is what was judged: the very numbers that a model prints. A double is first tried as the short decimal
//! that people write it as. What presolve eliminated has the exact value that its definition gives, which may be no
//! decimal, and where it is irrational a decimal near it, or 190 bits of it if it takes those.

use super::Verdict;
use crate::budget::Budget;
use crate::exact::{Ball, Rational, rational};
use crate::expr::ExprId;
use crate::expr::evaluate::evaluate_within;
use crate::formula::{Formula, Literal, Relation};
use crate::interval::Interval;
use crate::interval::decimal::lower_decimal_of;
use crate::krawczyk::{Enclosure, refined, solution};
use crate::presolve::Restore;
use crate::problem::{Problem, Sort};
use crate::search;
use num_traits::Zero;

/// Points of problems with more expressions than this are not written as decimals, whose exact arithmetic is slow.
const EXPRESSIONS: usize = 200;
/// An eliminated value of more bits than this is rounded where that is good enough.
const LONG: u64 = 700;

/// What is to hold at a point.
pub(super) struct Judge<'a> {
    pub(super) problem: &'a Problem,
    pub(super) assertions: &'a [Formula],
    pub(super) booleans: &'a [Option<bool>],
    /// a point that is not judged in time satisfies nothing
    pub(super) budget: &'a Budget,
}

impl Judge<'_> {
    /// The verdict for the original problem, of what was found for the presolved one; `None` where its point does not
    /// satisfy the original formulas up to δ.
    pub(super) fn restored(&self, restore: &Restore, found: search::Verdict, delta: f64) -> Option<Verdict> {
        let (point, exact) = match found {
            search::Verdict::Sat(certificate) => (certificate.point, true),
            search::Verdict::DeltaSat { point, .. } | search::Verdict::SatWithin { point, .. } => {
                (point.iter().map(|&x| rational::from_f64(x).unwrap_or_default()).collect(), false)
            }
            search::Verdict::Unsat => return Some(Verdict::Unsat),
            search::Verdict::Unknown(reason) => return Some(Verdict::Unknown(reason)),
        };
        let delta = rational::from_f64(delta).unwrap_or_default();
        let mut weak = None;
        if exact {
            for point in self.candidates(restore, &point) {
                match self.degree(&point, &delta) {
                    Some(Degree::Exact) => return Some(Verdict::Sat(point)),
                    Some(Degree::Weak) => weak = weak.or(Some(point)),
                    None => {}
                }
            }
        }
        let near = restore.point(&point, Rational::clone);
        if let Some((bounds, point, degree)) = self.enclosed(near, &delta) {
            return Some(degree.verdict(point, |point| Verdict::SatWithin { bounds, point }));
        }
        let mut untried = (!exact).then(|| self.candidates(restore, &point)).into_iter().flatten();
        weak.map(Verdict::DeltaSat)
            .or_else(|| untried.find_map(|point| Some(self.degree(&point, &delta)?.verdict(point, Verdict::DeltaSat))))
    }

    /// The original variables at a point of the presolved problem: as decimals and as it is, the best to read first.
    fn candidates<'b>(
        &'b self,
        restore: &'b Restore,
        point: &'b [Rational],
    ) -> impl Iterator<Item = Vec<Rational>> + use<'b> {
        let small = self.problem.graph.len() <= EXPRESSIONS;
        let written = if small { decimals(point) } else { Vec::new() };
        let mut seen: Vec<Vec<Rational>> = Vec::new();
        let ways = if small { 0..5 } else { 3..5 };
        ways.filter_map(move |way| {
            let candidate = match way {
                0 => {
                    let first = restore.point(&written, decimal);
                    let is_long = |x: &Rational| x.numer().bits() + x.denom().bits() > LONG;
                    if first.iter().any(is_long) { decimals(&first) } else { first }
                }
                1 => restore.point(&written, decimal),
                2 => restore.point(&written, precise),
                3 => restore.point(point, decimal),
                _ => restore.point(point, Rational::clone),
            };
            let new = !seen.contains(&candidate);
            new.then(|| {
                seen.push(candidate.clone());
                candidate
            })
        })
    }

    /// Whether a point satisfies the formulas exactly.
    pub(super) fn is_solution(&self, point: &[Rational]) -> bool {
        self.degree(point, &Rational::zero()) == Some(Degree::Exact)
    }

    /// A point of an optimum, and whether it satisfies the formulas exactly: else up to δ.
    pub(super) fn witness(&self, restore: &Restore, point: &[Rational], delta: f64) -> Option<(Vec<Rational>, bool)> {
        let zero = Rational::zero();
        if let Some(exact) = self.candidates(restore, point).find(|point| self.degree(point, &zero).is_some()) {
            return Some((exact, true));
        }
        let delta = rational::from_f64(delta).unwrap_or_default();
        let mut near = [restore.point(point, precise), restore.point(point, Rational::clone)].into_iter();
        near.find(|point| self.degree(point, &delta).is_some()).map(|point| (point, false))
    }

    /// A box that certainly contains a solution, and a point near it that satisfies the formulas at least up to δ.
    fn enclosed(&self, near: Vec<Rational>, delta: &Rational) -> Option<(Vec<Interval>, Vec<Rational>, Degree)> {
        let nearest: Vec<f64> = near.iter().map(rational::nearest_f64).collect();
        let formulas: Vec<&Formula> = self.formulas().collect();
        let Enclosure { bounds, .. } = solution(self.problem, &formulas, self.booleans, &nearest, self.budget)?;
        let centre: Vec<Rational> =
            bounds.iter().map(|bound| rational::from_f64(bound.mid()).unwrap_or_default()).collect();
        let mut points = vec![centre, near];
        if self.problem.graph.len() <= EXPRESSIONS {
            points.insert(0, decimals(&points[0]));
        }
        // a bound of one number is printed as that number, which then is the solution's
        let judged = |mut point: Vec<Rational>| {
            for (x, bound) in point.iter_mut().zip(&bounds).filter(|(_, bound)| bound.is_singleton()) {
                *x = rational::from_f64(bound.inf()).unwrap_or_default();
            }
            Some((self.degree(&point, delta)?, point))
        };
        let mut found: Vec<_> = points.into_iter().filter_map(judged).collect();
        if found.is_empty() {
            let point = refined(self.problem, &formulas, self.booleans, &nearest, self.budget)?;
            found.extend(judged(point));
        }
        let best = found.iter().position(|(degree, _)| *degree == Degree::Exact).unwrap_or(0);
        let (degree, point) = (!found.is_empty()).then(|| found.swap_remove(best))?;
        Some((bounds, point, degree))
    }

    /// The value of an expression at a point.
    pub(super) fn value(&self, expr: ExprId, point: &[Rational]) -> Option<Ball> {
        evaluate_within(&self.problem.graph, &[expr], point, self.budget).remove(&expr).flatten()
    }

    fn formulas(&self) -> impl Iterator<Item = &Formula> {
        std::iter::once(&self.problem.constraint).chain(self.assertions)
    }

    /// Whether the constraint and all assertions hold at a point of the domains, exactly or weakened by `delta`, in certified
    /// arithmetic.
    fn degree(&self, point: &[Rational], delta: &Rational) -> Option<Degree> {
        let problem = self.problem;
        // no domain is weakened
        let inside = problem.variables.iter().zip(point).all(|(variable, x)| {
            let domain = variable.domain;
            let lower = rational::from_f64(domain.inf()).is_none_or(|lower| lower <= *x);
            let upper = rational::from_f64(domain.sup()).is_none_or(|upper| *x <= upper);
            !domain.is_empty() && lower && upper && (variable.sort != Sort::Integer || x.is_integer())
        });
        if !inside {
            return None;
        }
        let mut roots = Vec::new();
        let definitions = problem.booleans.iter().filter_map(|boolean| boolean.definition.as_ref());
        for formula in self.formulas().chain(definitions) {
            formula.atoms(&mut |atom| roots.push(atom.expr));
        }
        let values = evaluate_within(&problem.graph, &roots, point, self.budget);
        let exactly = [(Degree::Exact, &Rational::zero()), (Degree::Weak, delta)];
        exactly.into_iter().find(|(_, delta)| self.all_hold(&values, delta)).map(|(degree, _)| degree)
    }

    /// Whether the constraint and all assertions hold, weakened by `delta`, where the expressions have these values.
    fn all_hold(&self, values: &Values, delta: &Rational) -> bool {
        // by name: whether its negation, and whether its definition, holds
        let mut names: Vec<[bool; 2]> = Vec::with_capacity(self.problem.booleans.len());
        for (index, boolean) in self.problem.booleans.iter().enumerate() {
            let both = match &boolean.definition {
                Some(definition) => {
                    [definition.negate(), definition.clone()].map(|formula| satisfied(&formula, values, &names, delta))
                }
                None => {
                    let value = self.booleans.get(index).copied().flatten();
                    // a variable that may be either was not needed
                    [value == Some(false), value == Some(true)]
                }
            };
            names.push(both);
        }
        self.formulas().all(|formula| satisfied(formula, values, &names, delta))
    }
}

/// How a point satisfies formulas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Degree {
    Exact,
    /// weakened by δ
    Weak,
}

impl Degree {
    fn verdict(self, point: Vec<Rational>, weak: impl FnOnce(Vec<Rational>) -> Verdict) -> Verdict {
        match self {
            Degree::Exact => Verdict::Sat(point),
            Degree::Weak => weak(point),
        }
    }
}

/// The numbers as decimals that are read back as the same doubles.
fn decimals(point: &[Rational]) -> Vec<Rational> {
    point.iter().map(decimal).collect()
}

/// The shortest decimal that is read as the double nearest to a number; an integer is one itself.
fn decimal(x: &Rational) -> Rational {
    let nearest = rational::nearest_f64(x);
    if x.is_integer() || !nearest.is_finite() {
        return x.clone();
    }
    rational::parse(&format!("{nearest:e}")).unwrap_or_else(|_| x.clone())
}

/// A decimal of 40 digits next to a number.
fn precise(x: &Rational) -> Rational {
    rational::parse(&lower_decimal_of(x, 40)).unwrap_or_else(|_| x.clone())
}

type Values = std::collections::HashMap<crate::expr::ExprId, Option<Ball>>;

fn satisfied(formula: &Formula, values: &Values, names: &[[bool; 2]], delta: &Rational) -> bool {
    match formula {
        Formula::Atom(atom) => {
            let value = values.get(&atom.expr).and_then(Option::as_ref);
            value.is_some_and(|value| weakly(atom.relation, value, delta))
        }
        Formula::Literal(Literal { variable, positive }) => {
            names.get(variable.index()).is_some_and(|both| both[usize::from(*positive)])
        }
        Formula::And(parts) => parts.iter().all(|part| satisfied(part, values, names, delta)),
        Formula::Or(parts) => parts.iter().any(|part| satisfied(part, values, names, delta)),
    }
}

/// Whether a number certainly satisfies a relation weakened by `delta`.
fn weakly(relation: Relation, value: &Ball, delta: &Rational) -> bool {
    if delta.is_zero() {
        return crate::problem::sign_truth(relation, value) == crate::formula::Truth::True;
    }
    let (below, above) = (|| value.upper() <= *delta, || value.lower() >= -delta);
    match relation {
        Relation::Le | Relation::Lt => below(),
        Relation::Ge | Relation::Gt => above(),
        Relation::Eq => below() && above(),
        Relation::Ne => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_weakened_by_delta_and_no_more() {
        let ball = |text: &str| Ball::from_rational(rational::parse(text).unwrap()).unwrap();
        let delta = rational::parse("1/3").unwrap();
        let holds = |relation, text| weakly(relation, &ball(text), &delta);
        for (relation, most, more) in
            [(Relation::Le, "1/3", "0.334"), (Relation::Ge, "-1/3", "-0.334"), (Relation::Eq, "-1/3", "-0.334")]
        {
            assert!(holds(relation, most) && !holds(relation, more), "{relation:?}");
        }
        assert!(holds(Relation::Lt, "1/3") && holds(Relation::Gt, "-1/3") && holds(Relation::Ne, "0"));
        let strictly = |relation, text| weakly(relation, &ball(text), &Rational::zero());
        assert!(!strictly(Relation::Lt, "0") && !strictly(Relation::Ne, "0") && strictly(Relation::Eq, "0"));
    }

    #[test]
    fn a_double_is_the_decimal_that_people_write() {
        let near = |x: f64| decimal(&rational::from_f64(x).unwrap()).to_string();
        assert_eq!([near(0.1), near(-2.5), near(1e300), near(0.0)].map(|text| text.len()), [4, 4, 301, 1]);
        assert_eq!(decimal(&rational::parse("9007199254740993").unwrap()).to_string(), "9007199254740993");
    }
}
