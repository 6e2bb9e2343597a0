//! Sums of sums become one row.
//!
//! A row that only one other row uses is written out in it. A noisy row whose noise occurs nowhere else is written out
//! too: the noises of independent rows add up, `c_1 (R_1 + s_1 ρ_1) + c_2 (R_2 + s_2 ρ_2)` takes exactly the values
//! `c_1 R_1 + c_2 R_2 + s·(|c_1| ρ_1 + |c_2| ρ_2)`, and back from `s`, `s_i = sgn(c_i)·s`.

use super::Presolve;
use super::rewrite::{Rule, rebuild, rewrite, uses};
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::interval::bounds;
use crate::op::Op;
use crate::problem::{Sort, Variable};
use indexmap::IndexMap;
use std::collections::HashMap;

struct Merge<'a> {
    count: &'a [u32],
    variables: &'a mut Vec<Variable>,
    restored: Vec<(VariableId, ExprId)>,
}

impl Rule for Merge<'_> {
    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let Node::Apply { op: Op::Linear(row), operands } = graph.node(id).clone() else {
            return rebuild(graph, id, done);
        };
        let mut constant = row.constant.clone();
        let mut radius = Constant::ZERO;
        let mut terms: IndexMap<ExprId, (Constant, Constant)> = IndexMap::new();
        let mut add = |x: ExprId, a: Constant, r: Constant| {
            let held = terms.entry(x).or_insert((Constant::ZERO, Constant::ZERO));
            *held = (&held.0 + &a, &held.1 + &r);
        };
        let mut noises: Vec<(i32, ExprId)> = Vec::new();
        for (a, x) in row.coefficients.iter().zip(&operands) {
            let new = done[x];
            match self.absorbed(graph, *x, new) {
                Some(Node::Apply { op: Op::Linear(inner), operands }) => {
                    constant = &constant + &(a * &inner.constant);
                    inner.coefficients.iter().zip(operands).for_each(|(c, y)| add(y, a * c, Constant::ZERO));
                }
                Some(Node::Apply { op: Op::Noise(inner), operands }) => {
                    constant = &constant + &(a * &inner.constant);
                    radius = &radius + &(&a.abs() * &inner.radius);
                    noises.push((a.signum(), operands[0]));
                    let inner = inner.coefficients.iter().zip(&inner.radii).zip(&operands[1..]);
                    inner.for_each(|((c, r), &y)| add(y, a * c, &a.abs() * r));
                }
                _ => add(new, a.clone(), Constant::ZERO),
            }
        }
        if noises.is_empty() {
            return graph.linear(terms.into_iter().map(|(x, (a, _))| (a, x)), constant);
        }
        self.variables.push(Variable { name: String::new(), domain: bounds(-1.0, 1.0), sort: Sort::Noise });
        let s = graph.variable(VariableId::new(self.variables.len() - 1));
        for (sign, noise) in noises {
            let Node::Variable(v) = graph.node(noise) else { continue };
            let v = *v;
            let back = if sign < 0 { graph.neg(s) } else { s };
            self.restored.push((v, back));
        }
        graph.noise(s, terms.into_iter().map(|(x, (a, r))| (a, r, x)), constant, radius)
    }
}

impl Merge<'_> {
    /// The node to write out in the place of `old`, which has become `new`.
    fn absorbed(&self, graph: &Graph, old: ExprId, new: ExprId) -> Option<Node> {
        if self.count[old.index()] != 1 {
            return None;
        }
        match (graph.node(old), graph.node(new)) {
            (Node::Apply { op: Op::Linear(_), .. }, node @ Node::Apply { op: Op::Linear(_), .. }) => Some(node.clone()),
            // the noise of a row made here occurs in it alone
            (Node::Apply { op: Op::Linear(_), .. }, node @ Node::Apply { op: Op::Noise(_), .. }) => Some(node.clone()),
            (Node::Apply { op: Op::Noise(_), operands }, node @ Node::Apply { op: Op::Noise(_), .. })
                if self.count[operands[0].index()] == 1
                    && matches!(graph.node(operands[0]), Node::Variable(v)
                        if self.variables[v.index()].domain == bounds(-1.0, 1.0)
                            && self.variables[v.index()].sort == Sort::Noise) =>
            {
                Some(node.clone())
            }
            _ => None,
        }
    }
}

impl Presolve {
    /// Merges rows that are used once into the rows that use them.
    pub(super) fn merge_rows(&mut self) {
        let count = uses(&self.graph, &self.roots());
        let mut variables = std::mem::take(&mut self.variables);
        let mut rule = Merge { count: &count, variables: &mut variables, restored: Vec::new() };
        let mut done = HashMap::new();
        self.rewrite_all(|graph, expr| rewrite(graph, expr, &mut rule, &mut done));
        let restored = std::mem::take(&mut rule.restored);
        self.variables = variables;
        self.grow();
        for (noise, value) in restored {
            self.gone[noise.index()] = true;
            self.restored.push((noise, value));
        }
    }
}
