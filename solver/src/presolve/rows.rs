//! Sums of sums become one row.
//!
//! A row that only one other row uses is written out in it. A noisy row whose noise occurs nowhere else is written out
//! too: the noises of independent rows add up, `c_1 (R_1 + s_1 ρ_1) + c_2 (R_2 + s_2 ρ_2)` takes exactly the values
//! `c_1 R_1 + c_2 R_2 + s·(|c_1| ρ_1 + |c_2| ρ_2)`, and back from `s`, `s_i = sgn(c_i)·s`.

use super::Presolve;
use super::rewrite::{Rule, operands, rebuild, rewrite, uses};
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node, Operands, VariableId};
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

/// A row with the rows that only it uses written out, over expressions that are not rewritten yet.
#[derive(Default)]
struct Long {
    /// operand, coefficient and radius
    terms: Vec<(ExprId, Constant, Constant)>,
    constant: Constant,
    radius: Constant,
    /// the noises of the rows written out, with the sign of their coefficients
    noises: Vec<(i32, ExprId)>,
}

impl Rule for Merge<'_> {
    // rows in between are never built: a chain of them would cost the square of its length
    fn needs(&self, graph: &Graph, id: ExprId) -> Operands {
        match self.written_out(graph, id) {
            Some(long) => long.terms.into_iter().map(|(x, ..)| x).collect(),
            None => operands(graph, id),
        }
    }

    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let Some(Long { terms, constant, radius, noises }) = self.written_out(graph, id) else {
            return rebuild(graph, id, done);
        };
        if noises.is_empty() {
            return graph.linear(terms.into_iter().map(|(x, a, _)| (a, done[&x])), constant);
        }
        let mut merged: IndexMap<ExprId, (Constant, Constant)> = IndexMap::new();
        for (x, a, r) in terms {
            let held = merged.entry(done[&x]).or_insert((Constant::ZERO, Constant::ZERO));
            *held = (&held.0 + &a, &held.1 + &r);
        }
        self.variables.push(Variable { name: String::new(), domain: bounds(-1.0, 1.0), sort: Sort::Noise });
        let s = graph.variable(VariableId::new(self.variables.len() - 1));
        for (sign, noise) in noises {
            let Node::Variable(v) = graph.node(noise) else { continue };
            let v = *v;
            let back = if sign < 0 { graph.neg(s) } else { s };
            self.restored.push((v, back));
        }
        graph.noise(s, merged.into_iter().map(|(x, (a, r))| (a, r, x)), constant, radius)
    }
}

impl Merge<'_> {
    /// The row `id` with all rows in it that nothing else uses; `None` for what is no sum.
    fn written_out(&self, graph: &Graph, id: ExprId) -> Option<Long> {
        let Node::Apply { op: Op::Linear(_), .. } = graph.node(id) else { return None };
        let mut long = Long::default();
        let mut stack = vec![(Constant::ONE, id)];
        while let Some((a, x)) = stack.pop() {
            match graph.node(x) {
                Node::Apply { op: Op::Linear(row), operands } if x == id || self.count[x.index()] == 1 => {
                    long.constant = &long.constant + &(&a * &row.constant);
                    stack.extend(row.coefficients.iter().zip(operands).map(|(c, &y)| (&a * &c, y)).rev());
                }
                Node::Apply { op: Op::Noise(row), operands } if self.is_own(graph, x, operands[0]) => {
                    long.constant = &long.constant + &(&a * &row.constant);
                    long.radius = &long.radius + &(&a.abs() * &row.radius);
                    long.noises.push((a.signum(), operands[0]));
                    let inner = row.coefficients.iter().zip(row.radii.iter()).zip(&operands[1..]);
                    long.terms.extend(inner.map(|((c, r), &y)| (y, &a * &c, &a.abs() * &r)));
                }
                _ => long.terms.push((x, a, Constant::ZERO)),
            }
        }
        Some(long)
    }

    /// Whether a noisy row occurs once, and so does its noise.
    fn is_own(&self, graph: &Graph, row: ExprId, noise: ExprId) -> bool {
        self.count[row.index()] == 1
            && self.count[noise.index()] == 1
            && matches!(graph.node(noise), Node::Variable(v)
                if self.variables[v.index()].domain == bounds(-1.0, 1.0)
                    && self.variables[v.index()].sort == Sort::Noise)
    }
}

impl Presolve<'_> {
    /// Merges rows that are used once into the rows that use them.
    pub(super) fn merge_rows(&mut self) {
        let count = uses(&self.graph, &self.roots());
        let mut variables = std::mem::take(&mut self.variables);
        let mut rule = Merge { count: &count, variables: &mut variables, restored: Vec::new() };
        let mut done = HashMap::new();
        self.rewrite_all(|graph, expr, budget| rewrite(graph, expr, &mut rule, &mut done, budget));
        let restored = std::mem::take(&mut rule.restored);
        self.variables = variables;
        self.grow();
        for (noise, value) in restored {
            self.gone[noise.index()] = true;
            self.restored.push((noise, value));
        }
    }
}
