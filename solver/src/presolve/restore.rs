//! The way back from a presolved problem: points, and which assertions a part rests on.

use super::Presolve;
use super::bounds::Bound;
use super::rewrite::operands;
use crate::exact::{Rational, rational};
use crate::expr::evaluate::extend;
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::formula::{BooleanId, Formula};
use crate::interval::Interval;
use crate::problem::{Problem, Sort, Variable};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Maps points and reasons back to the original problem.
#[derive(Clone, Debug)]
pub struct Restore {
    graph: Graph,
    /// the variables of the original problem, with the domains that presolve found
    variables: Vec<Variable>,
    /// by variable during presolve: its exact closed ends
    ends: Vec<(Option<Rational>, Option<Rational>)>,
    /// by variable of the presolved problem: what it was during presolve
    left: Vec<VariableId>,
    /// values of eliminated variables, to be computed from the last to the first
    restored: Vec<(VariableId, ExprId)>,
    /// by variable: the assertions that bound or define it
    sources: Vec<Vec<usize>>,
    /// eliminated variables whose domain in the original problem speaks of what they were replaced by
    bounded: Vec<VariableId>,
    /// the variable whose bounds contradict each other
    contradiction: Option<VariableId>,
}

impl Restore {
    pub(super) fn new(
        state: Presolve<'_>,
        original: &Problem,
        left: Vec<VariableId>,
        contradiction: Option<VariableId>,
    ) -> Self {
        let Presolve { graph, variables, sources, restored, ranges, .. } = state;
        let eliminated = restored.iter().map(|&(variable, _)| variable);
        let bounded = eliminated
            .filter(|v| original.variables.get(v.index()).is_some_and(|v| v.domain != Interval::ENTIRE))
            .collect();
        let end = |bound: Option<Bound>| bound.filter(|bound| !bound.strict).map(|bound| bound.value);
        let ends = ranges.into_iter().map(|range| (end(range.lower), end(range.upper))).collect();
        let mut variables = variables;
        variables.truncate(original.variables.len());
        Restore { graph, variables, ends, left, restored, sources, bounded, contradiction }
    }

    /// The exact values of all original variables at a point of the presolved problem; an irrational value is known to
    /// some 190 bits, and then `rounded`.
    pub fn point(&self, point: &[Rational], rounded: impl Fn(&Rational) -> Rational) -> Vec<Rational> {
        let inside = |v: &Variable| rounded(&rational::from_f64(inside(v)).unwrap_or_default());
        let mut values: Vec<Rational> = self.variables.iter().map(inside).collect();
        values.resize(self.ends.len(), Rational::default());
        for (variable, x) in self.left.iter().zip(point) {
            values[variable.index()] = x.clone();
        }
        // a double domain may reach a little over the exact ends
        values.iter_mut().zip(&self.ends).for_each(|(x, ends)| clamp(x, ends));
        // what a value is computed from is final by then
        let mut known = HashMap::new();
        for &(variable, value) in self.restored.iter().rev() {
            let ball = extend(&self.graph, value, &values, &mut known);
            if let Some(ball) = ball {
                let middle = || rounded(&((ball.lower() + ball.upper()) / Rational::from_integer(2.into())));
                let x = &mut values[variable.index()];
                *x = ball.exact().unwrap_or_else(middle);
                // and its definition may violate its ends by δ
                clamp(x, &self.ends[variable.index()]);
            }
        }
        values.truncate(self.variables.len());
        values
    }

    /// The assertions that parts with these origins rest on: themselves, and whatever bounds or defines a variable that
    /// occurs in them. Ascending. The problem and its assertions are those that were presolved.
    pub fn core(
        &self,
        problem: &Problem,
        assertions: &[Formula],
        origins: impl IntoIterator<Item = usize>,
    ) -> Vec<usize> {
        let values: HashMap<VariableId, ExprId> = self.restored.iter().copied().collect();
        let mut core: BTreeSet<usize> = BTreeSet::new();
        let mut open: Vec<usize> = origins.into_iter().collect();
        let mut walk = Walk {
            names: HashSet::new(),
            nodes: vec![false; self.graph.len()],
            variables: HashSet::new(),
            stack: Vec::new(),
            found: self.bounded.iter().copied().chain(self.contradiction).collect(),
        };
        walk.formula(problem, &problem.constraint);
        loop {
            if let Some(assertion) = open.pop() {
                if core.insert(assertion) {
                    walk.formula(problem, &assertions[assertion]);
                }
            } else if let Some(variable) = walk.found.pop() {
                if walk.variables.insert(variable) {
                    open.extend(&self.sources[variable.index()]);
                    walk.stack.extend(values.get(&variable));
                }
            } else if let Some(id) = walk.stack.pop() {
                // an id of the original graph means the same in the one that grew from it
                if !std::mem::replace(&mut walk.nodes[id.index()], true) {
                    match self.graph.node(id) {
                        Node::Variable(v) => walk.found.push(*v),
                        _ => walk.stack.extend(operands(&self.graph, id)),
                    }
                }
            } else {
                return core.into_iter().collect();
            }
        }
    }
}

/// Moves a value between exact ends.
fn clamp(x: &mut Rational, (lower, upper): &(Option<Rational>, Option<Rational>)) {
    if let Some(end) = lower.as_ref().filter(|end| *end > x).or(upper.as_ref().filter(|end| *end < x)) {
        x.clone_from(end);
    }
}

/// What has been met on the way from assertions to variables, and what is still to be looked at.
struct Walk {
    names: HashSet<BooleanId>,
    nodes: Vec<bool>,
    variables: HashSet<VariableId>,
    stack: Vec<ExprId>,
    found: Vec<VariableId>,
}

impl Walk {
    /// Adds the expressions in a formula, through the names of formulas.
    fn formula(&mut self, problem: &Problem, formula: &Formula) {
        let mut names = Vec::new();
        formula.atoms(&mut |atom| self.stack.push(atom.expr));
        formula.literals(&mut |literal| names.push(literal.variable));
        while let Some(name) = names.pop() {
            if let (true, Some(definition)) = (self.names.insert(name), &problem.booleans[name.index()].definition) {
                definition.atoms(&mut |atom| self.stack.push(atom.expr));
                definition.literals(&mut |literal| names.push(literal.variable));
            }
        }
    }
}

/// A value for a variable that nothing but its domain constrains.
fn inside(variable: &Variable) -> f64 {
    let centre = crate::incumbent::centre(variable.domain);
    // presolve has rounded the ends of an integer's domain
    if variable.sort == Sort::Integer { centre.floor().max(variable.domain.inf()) } else { centre }
}
