//! Assertions to a [`Problem`].
//!
//! A conjunct that compares one variable with a constant becomes a bound of the variable's domain: exactly, with the
//! rational rounded outward, and the atom is dropped only where the domain says the same (a weak inequality whose bound
//! is a double; any bound of an integer) and a violation of the domain is one of the atom that is no larger: `x ≤ 0` up to δ
//! is `1000·x ≤ 0` up to 1000·δ. Everything else becomes the constraint.

use super::boolean::{BoolNode, Signed};
use super::check::Questions;
use super::context::{Context, Range, Role, SortName};
use super::formula::{Obligation, Trees};
use crate::exact::{Constant, Rational, rational};
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::formula::{BooleanId, Formula, Relation};
use crate::interval::{Interval, bounds};
use crate::op::Op;
use crate::problem::{Problem, Sort};
use num_traits::Signed as _;

/// A problem and what does not fit into it.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) problem: Problem,
    /// the tracked assertions
    pub(super) tracked: Vec<Formula>,
    /// the problem's propositional variable for each of the context's variables; `None` for what is a number
    pub(super) props: Vec<Option<BooleanId>>,
    /// universally quantified formulas that have to hold as well
    pub(super) obligations: Vec<Obligation>,
}

/// What a problem is built for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// a decision
    Decide,
    /// an optimum, whose search wants integers for propositional variables
    Optimise,
    /// a decision of the assertions with every atom strengthened by this much
    Strengthen(Constant),
}

/// Builds the problem of some assertions. Its first variables are
/// those of the context, with the same numbers; those that are bound by a quantifier, or propositional, are fixed at zero
/// and mean nothing.
pub(super) fn build(context: &Context, questions: &Questions, delta: f64, purpose: &Purpose) -> Built {
    let mut problem = Problem { graph: context.graph.clone(), ..Problem::default() };
    for declared in &context.variables {
        let sort = if declared.sort.is_integral() { Sort::Integer } else { Sort::Real };
        problem.variable(context.words.text(declared.name), bounds(0.0, 0.0), sort);
    }
    let mut trees = Trees::new(context, &mut problem, delta, purpose);
    let mut domains: Vec<Domain> = context.variables.iter().map(|v| Domain::of(v.sort)).collect();
    let mut constraint = Vec::new();
    let mut open: Vec<Signed> = questions.fixed.iter().rev().copied().collect();
    while let Some(conjunct) = open.pop() {
        match context.booleans.node(conjunct.id) {
            BoolNode::And(parts) if conjunct.holds => open.extend(parts.iter().rev()),
            &BoolNode::Variable(id) if trees.prop(id).is_some() => constraint.push(trees.literal(id, conjunct.holds)),
            &BoolNode::Variable(id) => {
                let value = Rational::from_integer(i64::from(conjunct.holds).into());
                domains[id.index()].restrict(Relation::Eq, value);
            }
            BoolNode::Atom(atom) => {
                let relation = if conjunct.holds { atom.relation } else { atom.relation.negate() };
                // a bound that becomes a domain would not be strengthened
                let absorbs = !matches!(purpose, Purpose::Strengthen(_));
                let absorbed = absorbs
                    && single(&context.graph, atom.expr).is_some_and(|single| {
                        let domain = &mut domains[single.variable.index()];
                        let says = domain.restrict(turned(relation, single.slope.is_negative()), single.root());
                        says && (domain.integral || single.slope.abs() <= Rational::from_integer(1.into()))
                    });
                if !absorbed {
                    constraint.push(Formula::atom(atom.expr, relation));
                }
            }
            &BoolNode::ForAll(quantifier) if conjunct.holds => {
                trees.obligations.push(Obligation { guard: None, quantifier });
            }
            BoolNode::ForAll(id) => {
                let quantifier = &context.quantifiers[id.0 as usize];
                trees.skolem.extend(&quantifier.variables);
                open.push(quantifier.body.negate());
            }
            _ => constraint.push(trees.tree(conjunct)),
        }
    }
    let tracked = questions.tracked.iter().map(|&assertion| trees.tree(assertion)).collect();
    constraint.append(&mut trees.definitions);
    let (skolem, obligations) = (std::mem::take(&mut trees.skolem), std::mem::take(&mut trees.obligations));
    let props = trees.into_props();
    if let Purpose::Strengthen(by) = purpose {
        constraint.iter_mut().for_each(|formula| *formula = strengthen(formula, by, &mut problem.graph));
    }
    for (index, declared) in context.variables.iter().enumerate() {
        let id = VariableId::new(index);
        if props[index].is_some() {
            continue;
        }
        if declared.role == Role::Free || skolem.contains(&id) {
            restrict(&mut problem, &mut domains[index], id, &declared.range, &mut constraint);
            problem.variables[index].domain = domains[index].interval();
        }
    }
    problem.constraint = Formula::and(constraint);
    Built { problem, tracked, props, obligations }
}

/// The formula with every atom strengthened: `e ≤ 0` to `e + by ≤ 0`, and `e ≠ 0` to `|e| > by`. No number satisfies
/// `e = 0` so strengthened: its negation is weakened to truth.
fn strengthen(formula: &Formula, by: &Constant, graph: &mut Graph) -> Formula {
    match formula {
        Formula::Atom(atom) => {
            let mut shifted = |relation: Relation, up: bool| {
                let by = if up { by.clone() } else { -by };
                Formula::atom(graph.linear([(Constant::ONE, atom.expr)], by), relation)
            };
            match atom.relation {
                Relation::Le | Relation::Lt => shifted(atom.relation, true),
                Relation::Ge | Relation::Gt => shifted(atom.relation, false),
                Relation::Ne => Formula::or([shifted(Relation::Gt, false), shifted(Relation::Lt, true)]),
                Relation::Eq => Formula::FALSE,
            }
        }
        Formula::Literal(literal) => Formula::Literal(*literal),
        Formula::And(parts) => Formula::and(parts.iter().map(|part| strengthen(part, by, graph)).collect::<Vec<_>>()),
        Formula::Or(parts) => Formula::or(parts.iter().map(|part| strengthen(part, by, graph)).collect::<Vec<_>>()),
    }
}

/// Imposes declared bounds.
fn restrict(problem: &mut Problem, domain: &mut Domain, id: VariableId, range: &Range, constraint: &mut Vec<Formula>) {
    for (relation, end) in [(Relation::Ge, &range.lower), (Relation::Le, &range.upper)] {
        let Some(end) = end else { continue };
        if !domain.restrict(relation, end.clone()) {
            let x = problem.graph.variable(id);
            let difference = problem.graph.linear([(Constant::ONE, x)], (-end.clone()).into());
            constraint.push(Formula::atom(difference, relation));
        }
    }
}

/// The relation seen from the other side where `falls`.
fn turned(relation: Relation, falls: bool) -> Relation {
    match (relation, falls) {
        (Relation::Le, true) => Relation::Ge,
        (Relation::Lt, true) => Relation::Gt,
        (Relation::Ge, true) => Relation::Le,
        (Relation::Gt, true) => Relation::Lt,
        (same, _) => same,
    }
}

/// `slope·x + constant`
struct Single {
    variable: VariableId,
    slope: Rational,
    constant: Rational,
}

impl Single {
    fn root(&self) -> Rational {
        -&self.constant / &self.slope
    }
}

fn single(graph: &Graph, expr: ExprId) -> Option<Single> {
    match graph.node(expr) {
        Node::Variable(id) => {
            Some(Single { variable: *id, slope: Rational::from_integer(1.into()), constant: Rational::default() })
        }
        Node::Apply { op: Op::Linear(row), operands } => match (graph.node(*operands.first()?), operands.len()) {
            (Node::Variable(id), 1) => {
                let (slope, constant) = (row.coefficients.get(0).to_rational(), row.constant.to_rational());
                Some(Single { variable: *id, slope, constant })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Exact bounds under construction.
#[derive(Clone, Debug)]
struct Domain {
    range: Range,
    integral: bool,
}

impl Domain {
    fn of(sort: SortName) -> Domain {
        let end = |n: i64| Some(Rational::from_integer(n.into()));
        let range = match sort {
            SortName::Bool | SortName::Binary => Range { lower: end(0), upper: end(1) },
            SortName::Real | SortName::Int => Range::default(),
        };
        Domain { range, integral: sort.is_integral() }
    }

    fn at_least(&mut self, value: Rational) {
        if self.range.lower.as_ref().is_none_or(|known| *known < value) {
            self.range.lower = Some(value);
        }
    }

    fn at_most(&mut self, value: Rational) {
        if self.range.upper.as_ref().is_none_or(|known| *known > value) {
            self.range.upper = Some(value);
        }
    }

    /// Imposes `x ⋈ value`; true when the domain now says all of it.
    fn restrict(&mut self, relation: Relation, value: Rational) -> bool {
        let exact = is_double(&value);
        let one = || Rational::from_integer(1.into());
        match relation {
            Relation::Ne => return false,
            Relation::Le | Relation::Lt if self.integral => {
                let strict = relation == Relation::Lt && value.is_integer();
                let end = if strict { value - one() } else { value.floor() };
                let exact = is_double(&end);
                self.at_most(end);
                return exact;
            }
            Relation::Eq if self.integral => {
                let exact = is_double(&value);
                self.at_least(value.ceil());
                self.at_most(value.floor());
                return exact || !value.is_integer();
            }
            Relation::Ge | Relation::Gt if self.integral => {
                let strict = relation == Relation::Gt && value.is_integer();
                let end = if strict { value + one() } else { value.ceil() };
                let exact = is_double(&end);
                self.at_least(end);
                return exact;
            }
            Relation::Le | Relation::Lt => self.at_most(value),
            Relation::Ge | Relation::Gt => self.at_least(value),
            Relation::Eq => {
                self.at_least(value.clone());
                self.at_most(value);
            }
        }
        exact && !matches!(relation, Relation::Lt | Relation::Gt)
    }

    /// The domain in doubles, rounded outward; empty where the exact bounds cross.
    fn interval(&self) -> Interval {
        let Range { lower, upper } = &self.range;
        if let (Some(lower), Some(upper)) = (lower, upper)
            && lower > upper
        {
            return Interval::EMPTY;
        }
        let lower = lower.as_ref().map_or(f64::NEG_INFINITY, rational::floor_f64);
        let upper = upper.as_ref().map_or(f64::INFINITY, rational::ceil_f64);
        bounds(lower, upper)
    }
}

fn is_double(value: &Rational) -> bool {
    rational::floor_f64(value) == rational::ceil_f64(value)
}
