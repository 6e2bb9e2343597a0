//! The way back from a presolved problem: points, and which assertions a part rests on.

use super::Presolve;
use super::bounds::Bound;
use crate::exact::{Rational, rational};
use crate::expr::evaluate::evaluate;
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::formula::Formula;
use crate::interval::Interval;
use crate::problem::{Problem, Sort, Variable};
use std::collections::{BTreeSet, HashSet};

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
    /// by original variable: those that its definition brings in
    links: Vec<Vec<VariableId>>,
    /// by assertion: the variables in it
    mentioned: Vec<Vec<VariableId>>,
    /// the variables that the original problem's own constraint and domains speak of
    background: Vec<VariableId>,
    /// the variable whose bounds contradict each other
    contradiction: Option<VariableId>,
}

impl Restore {
    pub(super) fn new(
        state: Presolve,
        original: &Problem,
        assertions: &[Formula],
        left: Vec<VariableId>,
        contradiction: Option<VariableId>,
    ) -> Self {
        let Presolve { graph, variables, sources, restored, ranges, .. } = state;
        let mut links = vec![Vec::new(); variables.len()];
        for &(variable, value) in &restored {
            links[variable.index()].extend(variables_below(&graph, &[value]));
        }
        let by_assertion = assertions.iter().map(|assertion| mentioned(original, assertion)).collect();
        let mut background = mentioned(original, &original.constraint);
        // the domain of a variable that was eliminated speaks of what it was replaced by
        let eliminated = restored.iter().map(|&(variable, _)| variable);
        background.extend(
            eliminated.filter(|v| original.variables.get(v.index()).is_some_and(|v| v.domain != Interval::ENTIRE)),
        );
        let end = |bound: Option<Bound>| bound.filter(|bound| !bound.strict).map(|bound| bound.value);
        let ends = ranges.into_iter().map(|range| (end(range.lower), end(range.upper))).collect();
        let mut variables = variables;
        variables.truncate(original.variables.len());
        Restore {
            graph,
            variables,
            ends,
            left,
            restored,
            sources,
            links,
            mentioned: by_assertion,
            background,
            contradiction,
        }
    }

    /// The exact values of all original variables at a point of the presolved problem; an irrational value is given to
    /// the nearest double, and so is one where no exact arithmetic is possible.
    pub fn point(&self, point: &[Rational]) -> Vec<Rational> {
        let mut values: Vec<Rational> =
            self.variables.iter().map(|v| rational::from_f64(inside(v)).unwrap_or_default()).collect();
        values.resize(self.ends.len(), Rational::default());
        for (variable, x) in self.left.iter().zip(point) {
            // a double domain may reach a little over the exact ends
            let (lower, upper) = &self.ends[variable.index()];
            let above = lower.as_ref().map_or(x, |lower| lower.max(x));
            values[variable.index()] = upper.as_ref().map_or(above, |upper| upper.min(above)).clone();
        }
        for &(variable, value) in self.restored.iter().rev() {
            let found = evaluate(&self.graph, &[value], &values);
            let ball = found.get(&value).and_then(Option::as_ref);
            if let Some(x) = ball.and_then(|b| b.exact().or_else(|| rational::from_f64(b.floor_f64()))) {
                values[variable.index()] = x;
            }
        }
        values.truncate(self.variables.len());
        values
    }

    /// The ranges of the original variables where those of the presolved problem are given; what was eliminated keeps
    /// the domain that presolve found for it.
    pub fn bounds(&self, bounds: &[Interval]) -> Vec<Interval> {
        let mut all: Vec<Interval> = self.variables.iter().map(|v| v.domain).collect();
        for (variable, &bound) in self.left.iter().zip(bounds) {
            if let Some(slot) = all.get_mut(variable.index()) {
                *slot = bound;
            }
        }
        all
    }

    /// The assertions that parts with these origins rest on: themselves, and whatever bounds or defines a variable that
    /// occurs in them. Ascending.
    pub fn core(&self, origins: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut core: BTreeSet<usize> = BTreeSet::new();
        let mut seen: HashSet<VariableId> = HashSet::new();
        let mut assertions: Vec<usize> = origins.into_iter().collect();
        let mut variables: Vec<VariableId> = self.background.iter().copied().chain(self.contradiction).collect();
        loop {
            if let Some(assertion) = assertions.pop() {
                if core.insert(assertion) {
                    variables.extend(&self.mentioned[assertion]);
                }
            } else if let Some(variable) = variables.pop() {
                if seen.insert(variable) {
                    assertions.extend(&self.sources[variable.index()]);
                    variables.extend(&self.links[variable.index()]);
                }
            } else {
                return core.into_iter().collect();
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

fn variables_below(graph: &Graph, roots: &[ExprId]) -> Vec<VariableId> {
    let mark = graph.reachable(roots);
    let nodes = (0..graph.len()).filter(|&index| mark[index]).map(|index| graph.node(graph.id(index)));
    nodes.filter_map(|node| if let Node::Variable(v) = node { Some(*v) } else { None }).collect()
}

/// The variables in a formula, through the names of formulas.
fn mentioned(problem: &Problem, formula: &Formula) -> Vec<VariableId> {
    let mut roots = Vec::new();
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    formula.atoms(&mut |atom| roots.push(atom.expr));
    formula.literals(&mut |literal| names.push(literal.variable));
    while let Some(name) = names.pop() {
        if let (true, Some(definition)) = (seen.insert(name), &problem.booleans[name.index()].definition) {
            definition.atoms(&mut |atom| roots.push(atom.expr));
            definition.literals(&mut |literal| names.push(literal.variable));
        }
    }
    variables_below(&problem.graph, &roots)
}
