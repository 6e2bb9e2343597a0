//! Variables that occur once become part of a noisy row.
//!
//! In a row `Σ a_j w_j h_j + …` let `w_j ∈ [m_j − r_j, m_j + r_j]` occur nowhere else. Then, whatever the other variables
//! are, the row takes exactly the values `Σ a_j m_j h_j + s·Σ |a_j| r_j |h_j|`, `s ∈ [−1, 1]`: all these variables are
//! replaced by one. Back from `s`, `w_j = m_j + s·r_j·sgn(a_j h_j)`. (A neuron's weights and bias are such variables.)

use super::Presolve;
use super::rewrite::{Rule, operands, rebuild, rewrite, uses};
use crate::exact::{Constant, Rational};
use crate::expr::{ExprId, Graph, Node, VariableId};
use crate::op::Op;
use crate::problem::Sort;
use std::collections::HashMap;

/// Boxes of so many variables are wide.
const WIDE: usize = 8;

/// A term `a·w·h`, or `a·w`, of a row.
#[derive(Clone, Debug)]
struct Term {
    variable: VariableId,
    /// middle and half the width of the variable's range
    middle: Constant,
    radius: Constant,
    /// the `h`
    factor: Option<ExprId>,
}

/// Rebuilds rows with their movable terms in one noise.
struct Gather<'a> {
    /// for every row to be rebuilt: the variable that becomes its noise
    rows: &'a HashMap<ExprId, VariableId>,
    terms: &'a HashMap<ExprId, Term>,
    restored: &'a mut Vec<(VariableId, ExprId)>,
}

impl Rule for Gather<'_> {
    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let (Some(&noise), Node::Apply { op: Op::Linear(row), operands }) =
            (self.rows.get(&id), graph.node(id).clone())
        else {
            return rebuild(graph, id, done);
        };
        let s = graph.variable(noise);
        let opposite = graph.neg(s);
        let mut constant = row.constant.clone();
        let mut radius = Constant::ZERO;
        let mut terms = Vec::new();
        for (a, x) in row.coefficients.iter().zip(operands.iter()) {
            let Some(term) = self.terms.get(x) else {
                terms.push((a, Constant::ZERO, done[x]));
                continue;
            };
            let (middle, r) = (&a * &term.middle, &a.abs() * &term.radius);
            let back = if a.signum() < 0 { -&term.radius } else { term.radius.clone() };
            let direction = match term.factor {
                None => {
                    constant = &constant + &middle;
                    radius = &radius + &r;
                    s
                }
                Some(h) => {
                    terms.push((middle, r, done[&h]));
                    graph.apply(Op::Ite, [done[&h], s, opposite])
                }
            };
            let value = graph.linear([(back, direction)], term.middle.clone());
            self.restored.push((term.variable, value));
        }
        graph.noise(s, terms, constant, radius)
    }
}

impl Presolve<'_> {
    /// Gathers the variables that occur once, row by row.
    pub(super) fn gather_noise(&mut self) {
        let roots = self.roots();
        let count = uses(&self.graph, &roots);
        let mark = self.graph.reachable(&roots);
        let mut terms: HashMap<ExprId, Term> = HashMap::new();
        let mut rows: HashMap<ExprId, VariableId> = HashMap::new();
        for index in (0..mark.len()).filter(|&index| mark[index]) {
            let id = self.graph.id(index);
            if !matches!(self.graph.node(id), Node::Apply { op: Op::Linear(_), .. }) {
                continue;
            }
            let found: Vec<(ExprId, Term)> =
                operands(&self.graph, id).iter().filter_map(|&x| Some((x, self.term(x, &count)?))).collect();
            let products = found.iter().filter(|(_, term)| term.factor.is_some()).count();
            if products == 0 && found.len() < 2 {
                continue;
            }
            for (x, term) in found {
                self.gone[term.variable.index()] = true;
                terms.insert(x, term);
            }
            let noise = self.noise_variable();
            let Node::Variable(noise) = self.graph.node(noise) else { continue };
            rows.insert(id, *noise);
        }
        if rows.is_empty() {
            return;
        }
        let mut restored = Vec::new();
        let mut rule = Gather { rows: &rows, terms: &terms, restored: &mut restored };
        let mut done = HashMap::new();
        self.rewrite_all(|graph, expr, budget| rewrite(graph, expr, &mut rule, &mut done, budget));
        self.restored.append(&mut restored);
    }

    /// Beside noisy rows a box of many variables is not worth splitting variable by variable: what moves in it is noise
    /// too, `x = m + r·s` (the pre-activations of a first layer whose inputs are fixed).
    pub(super) fn turn_wide_boxes(&mut self) {
        let roots = self.roots();
        let mark = self.graph.reachable(&roots);
        let nodes = (0..mark.len()).filter(|&index| mark[index]).map(|index| self.graph.node(self.graph.id(index)));
        let used: Vec<VariableId> =
            nodes.filter_map(|node| if let Node::Variable(v) = node { Some(*v) } else { None }).collect();
        let noisy = used.iter().any(|v| self.variables[v.index()].sort == Sort::Noise);
        let plain: Vec<VariableId> = used.into_iter().filter(|v| self.may_go(*v)).collect();
        if !noisy || plain.len() < WIDE {
            return;
        }
        let mut found = HashMap::new();
        for v in plain {
            let Some((lower, upper)) = self.ranges[v.index()].closed() else { continue };
            let half = Rational::new(1.into(), 2.into());
            let (middle, radius) = ((lower + upper) * &half, (upper - lower) * &half);
            let s = self.noise_variable();
            let row = self.graph.linear([(Constant::from_rational(radius), s)], Constant::from_rational(middle));
            found.insert(v, row);
        }
        // what bounds such a variable is in its row now
        let bounding: Vec<bool> =
            self.parts.iter().map(|part| part.bound.is_some_and(|v| found.contains_key(&v))).collect();
        let mut kept = bounding.iter();
        self.parts.retain(|_| !kept.next().copied().unwrap_or(false));
        self.substitute(&found);
    }

    /// Reads an operand of a row as a movable term.
    fn term(&self, x: ExprId, count: &[u32]) -> Option<Term> {
        if count[x.index()] != 1 {
            return None;
        }
        let single = |id: ExprId| match self.graph.node(id) {
            Node::Variable(v) if count[id.index()] == 1 && self.may_go(*v) && !self.gone[v.index()] => {
                let (lower, upper) = self.ranges[v.index()].closed()?;
                let half = Rational::new(1.into(), 2.into());
                let middle = Constant::from_rational((lower + upper) * &half);
                let radius = Constant::from_rational((upper - lower) * &half);
                Some((*v, middle, radius))
            }
            _ => None,
        };
        if let Some((variable, middle, radius)) = single(x) {
            return Some(Term { variable, middle, radius, factor: None });
        }
        let Node::Apply { op: Op::Mul, operands } = self.graph.node(x) else { return None };
        let (first, second) = (operands[0], operands[1]);
        // where either factor would do, the one declared later is the parameter
        let (variable, middle, radius, factor) = match (single(first), single(second)) {
            (Some((v, m, r)), other) if other.as_ref().is_none_or(|(w, ..)| *w < v) => (v, m, r, second),
            (_, Some((v, m, r))) => (v, m, r, first),
            _ => return None,
        };
        Some(Term { variable, middle, radius, factor: Some(factor) })
    }
}
