//! Bounds of single variables become domains.
//!
//! An atom `a·x + b ⋈ 0` over one variable is remembered exactly, and its double enclosure cuts the variable's domain.
//! Where the bound is a double and not strict, the domain says it all and the atom is dropped in the end; any other
//! atom is dropped only when its variable is eliminated with the exact bound. The bounds of an integer are rounded to
//! integers first: once nothing else mentions it, nothing later would.

use super::{Part, Presolve};
use crate::exact::{Constant, Rational, rational};
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::formula::{Formula, Relation};
use crate::interval::bounds;
use crate::op::Op;
use crate::problem::Sort;
use num_traits::{One, Signed};
use std::collections::HashMap;

/// One side of a variable's range.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// the exact end
    pub(super) value: Rational,
    /// whether the end itself is excluded
    pub(super) strict: bool,
    /// the assertion that says so; `None` for the problem's own domain or constraint
    pub(super) origin: Option<usize>,
}

impl Bound {
    /// Moves the bound of an integer to the first integer that satisfies it.
    pub(super) fn round(&mut self, from_below: bool) {
        let rounded = if from_below { self.value.ceil() } else { self.value.floor() };
        if self.strict && rounded == self.value {
            self.value = if from_below { rounded + Rational::one() } else { rounded - Rational::one() };
        } else {
            self.value = rounded;
        }
        self.strict = false;
    }
}

/// The exact range of a variable.
#[derive(Clone, Debug, Default)]
pub(super) struct Range {
    pub(super) lower: Option<Bound>,
    pub(super) upper: Option<Bound>,
}

impl Range {
    /// Whether nothing bounds the variable.
    pub(super) fn is_free(&self) -> bool {
        self.lower.is_none() && self.upper.is_none()
    }

    /// Whether no value is left.
    pub(super) fn is_empty(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some(l), Some(u)) => l.value > u.value || (l.value == u.value && (l.strict || u.strict)),
            _ => false,
        }
    }

    /// The ends, where both are there and belong to the range.
    pub(super) fn closed(&self) -> Option<(&Rational, &Rational)> {
        match (&self.lower, &self.upper) {
            (Some(l), Some(u)) if !l.strict && !u.strict => Some((&l.value, &u.value)),
            _ => None,
        }
    }
}

/// The variable, slope and root of `a·x + b`.
fn single(graph: &Graph, expr: ExprId) -> Option<(VariableId, Constant, Rational)> {
    let (variable, coefficient, constant) = match graph.node(expr) {
        Node::Variable(v) => (*v, Constant::ONE, Constant::ZERO),
        Node::Apply { op: Op::Linear(row), operands } if operands.len() == 1 => match graph.node(operands[0]) {
            Node::Variable(v) => (*v, row.coefficients.get(0), row.constant.clone()),
            _ => return None,
        },
        _ => return None,
    };
    let root = (-&constant).checked_div(&coefficient)?.to_rational();
    Some((variable, coefficient, root))
}

/// Reads an atom as `x ≥ value` (`true`) or `x ≤ value`, strict or not.
pub(super) fn read(graph: &Graph, expr: ExprId, relation: Relation) -> Option<(VariableId, bool, Rational, bool)> {
    let (variable, coefficient, value) = single(graph, expr)?;
    let (from_below, strict) = match relation {
        Relation::Ge => (true, false),
        Relation::Gt => (true, true),
        Relation::Le => (false, false),
        Relation::Lt => (false, true),
        Relation::Eq | Relation::Ne => return None,
    };
    Some((variable, from_below == (coefficient.signum() > 0), value, strict))
}

impl Presolve<'_> {
    /// Turns the parts that bound one variable into ranges and domains. Returns whether any was new.
    pub(super) fn take_bounds(&mut self) -> bool {
        let mut any = false;
        for index in 0..self.parts.len() {
            let Part { formula: Formula::Atom(atom), origin, bound: None } = &self.parts[index] else { continue };
            let (atom, origin) = (*atom, *origin);
            let integral = |v: VariableId| self.variables[v.index()].sort == Sort::Integer;
            let sides = match atom.relation {
                // of a real it is a definition
                Relation::Eq if single(&self.graph, atom.expr).is_some_and(|(v, ..)| integral(v)) => {
                    [Relation::Ge, Relation::Le]
                }
                relation => [relation; 2],
            };
            for relation in sides {
                let Some((variable, from_below, value, strict)) = read(&self.graph, atom.expr, relation) else {
                    continue;
                };
                let mut bound = Bound { value, strict, origin };
                if self.variables[variable.index()].sort == Sort::Integer {
                    bound.round(from_below);
                }
                self.parts[index].bound = Some(variable);
                any |= self.tighten(variable, from_below, bound);
            }
        }
        any
    }

    /// Replaces the variables of which one value is left that is no double by that value: a domain in doubles says less.
    /// Returns whether there were any.
    pub(super) fn fix_single_values(&mut self) -> bool {
        let mut found = HashMap::new();
        for (index, range) in self.ranges.iter().enumerate() {
            let coarse = |x: &Rational| rational::floor_f64(x) < rational::ceil_f64(x);
            let only = range.closed().filter(|(lower, upper)| lower == upper && coarse(lower));
            let only = only.map(|(lower, _)| lower.clone());
            if let Some(value) = only.filter(|_| !self.gone[index] && self.variables[index].sort != Sort::Noise) {
                found.insert(VariableId::new(index), self.graph.constant(Constant::from_rational(value)));
            }
        }
        if !found.is_empty() {
            self.substitute(&found);
        }
        !found.is_empty()
    }

    fn tighten(&mut self, variable: VariableId, from_below: bool, bound: Bound) -> bool {
        let range = &mut self.ranges[variable.index()];
        let side = if from_below { &mut range.lower } else { &mut range.upper };
        let better = side.as_ref().is_none_or(|held| {
            let further = if from_below { bound.value > held.value } else { bound.value < held.value };
            further || (bound.value == held.value && bound.strict && !held.strict)
        });
        self.sources[variable.index()].extend(bound.origin);
        if !better {
            return false;
        }
        *side = Some(bound);
        let domain = &mut self.variables[variable.index()].domain;
        let lower = range.lower.as_ref().map_or(f64::NEG_INFINITY, |b| rational::floor_f64(&b.value));
        let upper = range.upper.as_ref().map_or(f64::INFINITY, |b| rational::ceil_f64(&b.value));
        *domain = domain.intersection(bounds(lower, upper));
        if range.is_empty() {
            self.contradict(variable);
        }
        true
    }

    /// Whether the domain says what a bound of the variable says, or falls short by a violation of at most `slack` where
    /// the bound is not strict.
    pub(super) fn domain_says(&self, formula: &Formula, variable: VariableId, slack: f64) -> bool {
        let Formula::Atom(atom) = formula else { return false };
        if atom.relation == Relation::Eq {
            let side = |relation| self.domain_says(&Formula::atom(atom.expr, relation), variable, slack);
            return side(Relation::Ge) && side(Relation::Le);
        }
        let Some((_, from_below, value, strict)) = read(&self.graph, atom.expr, atom.relation) else { return false };
        let domain = self.variables[variable.index()].domain;
        let end = if from_below { domain.inf() } else { domain.sup() };
        let Some(end) = rational::from_f64(end) else { return false };
        // the domain may be tighter than this bound
        let short = if from_below { &value - &end } else { &end - &value };
        if strict {
            return short.is_negative();
        }
        let coefficient = match self.graph.node(atom.expr) {
            Node::Apply { op: Op::Linear(row), .. } => row.coefficients.get(0).abs().to_rational(),
            _ => Rational::one(),
        };
        rational::from_f64(slack).is_some_and(|slack| short * coefficient <= slack)
    }
}
