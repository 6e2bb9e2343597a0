//! Definitions: a variable that an assertion determines is replaced by what it equals.
//!
//! * `v = e` with `v` not below `e`: `v` becomes `e` everywhere. The equation then holds exactly, which is stronger than
//!   its δ-weakening. Where `e` may be undefined an atom stays that asks for its value.
//! * `l(x) ≤ v ≤ u(x)` with `(u − l)/2 = Σ r_j |h_j| + r_b`, `r ≥ 0`, and nothing else bounding `v`: `v` ranges over exactly
//!   the noisy row `(l + u)/2 + s·(Σ r_j |h_j| + r_b)`, `s ∈ [−1, 1]`.
//!
//! Definitions are triangular: a variable is only replaced if it does not come back through the other definitions. All
//! equations are first taken as if that were so; those on a cycle ([`on_cycles`]) are then looked at again, one by one.

use super::Presolve;
use super::cycles::on_cycles;
use super::rewrite::{Rule, operands, rebuild, rewrite};
use super::simplify::simplify;
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node, Operands, VariableId};
use crate::formula::{Atom, Formula, Relation};
use crate::interval::Interval;
use crate::op::Op;
use crate::problem::Sort;
use indexmap::{IndexMap, IndexSet};
use std::collections::{HashMap, HashSet};

/// Replaces variables by their definitions.
struct Substitute<'a> {
    definitions: &'a HashMap<VariableId, ExprId>,
    domains: &'a [Interval],
}

impl Rule for Substitute<'_> {
    fn needs(&self, graph: &Graph, id: ExprId) -> Operands {
        match graph.node(id) {
            Node::Variable(v) => self.definitions.get(v).copied().into_iter().collect(),
            _ => operands(graph, id),
        }
    }

    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        if let Node::Variable(v) = graph.node(id) {
            return self.definitions.get(v).map_or(id, |definition| done[definition]);
        }
        let rebuilt = rebuild(graph, id, done);
        simplify(graph, rebuilt, self.domains)
    }
}

/// A sum `Σ a_j x_j + b` over expressions that are no sums themselves.
pub(super) struct Sum {
    pub(super) terms: IndexMap<ExprId, Constant>,
    pub(super) constant: Constant,
}

impl Sum {
    fn add(&mut self, a: &Constant, x: ExprId) {
        let entry = self.terms.entry(x).or_insert(Constant::ZERO);
        *entry = &*entry + a;
    }
}

impl Presolve<'_> {
    /// Finds definitions among the parts and substitutes them. Returns whether there was any.
    pub(super) fn substitute_definitions(&mut self) -> bool {
        let mut found: HashMap<VariableId, ExprId> = HashMap::new();
        // with the part that each comes from
        let mut hoped: Vec<(VariableId, usize)> = Vec::new();
        for index in 0..self.parts.len() {
            let Some((variable, definition)) = self.defined(index, &found, false) else { continue };
            found.insert(variable, definition);
            hoped.push((variable, index));
        }
        let circular = self.circular(&found);
        found.retain(|variable, _| !circular.contains(variable));
        for (variable, index) in hoped {
            if let Some(&definition) = found.get(&variable) {
                self.settle(index, variable, definition);
            } else if let Some((variable, definition)) = self.defined(index, &found, true) {
                found.insert(variable, definition);
                self.settle(index, variable, definition);
            }
        }
        self.find_ranges(&mut found);
        if found.is_empty() {
            return false;
        }
        self.substitute(&found);
        true
    }

    /// What is left of a part that has become a definition.
    fn settle(&mut self, part: usize, variable: VariableId, definition: ExprId) {
        self.parts[part].formula = self.has_value(definition);
        self.sources[variable.index()].extend(self.parts[part].origin);
    }

    /// The defined variables that would come back to themselves.
    fn circular(&mut self, found: &HashMap<VariableId, ExprId>) -> HashSet<VariableId> {
        let mut variables: Vec<VariableId> = found.keys().copied().collect();
        variables.sort_unstable();
        let roots: Vec<ExprId> = variables.iter().map(|&variable| self.graph.variable(variable)).collect();
        let below = |id| match self.graph.node(id) {
            Node::Variable(v) => found.get(v).copied().into_iter().collect(),
            _ => operands(&self.graph, id),
        };
        let marked = on_cycles(self.graph.len(), roots.iter().copied(), below);
        variables
            .into_iter()
            .zip(roots)
            .filter(|(_, root)| marked[root.index()])
            .map(|(variable, _)| variable)
            .collect()
    }

    /// The formula that holds where an expression has a value.
    fn has_value(&mut self, expr: ExprId) -> Formula {
        if self.graph.is_total(expr) {
            return Formula::TRUE;
        }
        let magnitude = self.graph.apply(Op::Abs, [expr]);
        Formula::atom(magnitude, Relation::Ge)
    }

    /// Replaces variables everywhere.
    pub(super) fn substitute(&mut self, found: &HashMap<VariableId, ExprId>) {
        let domains: Vec<Interval> = self.variables.iter().map(|v| v.domain).collect();
        let mut rule = Substitute { definitions: found, domains: &domains };
        let mut done = HashMap::new();
        let mut order: Vec<_> = found.keys().copied().collect();
        order.sort_unstable();
        for variable in order {
            self.gone[variable.index()] = true;
            self.restored
                .push((variable, rewrite(&mut self.graph, found[&variable], &mut rule, &mut done, self.budget)));
        }
        for part in &mut self.parts {
            part.bound = part.bound.filter(|variable| !found.contains_key(variable));
        }
        self.rewrite_all(|graph, expr, budget| rewrite(graph, expr, &mut rule, &mut done, budget));
    }

    /// Reads a part `expr = 0` as the definition of a variable: one that nothing bounds if there is any, then the latest;
    /// where one is `careful`, only one that does not come back through what was found.
    fn defined(
        &mut self,
        part: usize,
        found: &HashMap<VariableId, ExprId>,
        careful: bool,
    ) -> Option<(VariableId, ExprId)> {
        let Formula::Atom(Atom { expr, relation: Relation::Eq }) = self.parts[part].formula else { return None };
        let (terms, constant): (Vec<(Constant, ExprId)>, Constant) = match self.graph.node(expr) {
            Node::Variable(_) => (vec![(Constant::ONE, expr)], Constant::ZERO),
            Node::Apply { op: Op::Linear(row), operands } => {
                (row.coefficients.iter().zip(operands.iter().copied()).collect(), row.constant.clone())
            }
            _ => return None,
        };
        let mut candidates: Vec<(bool, VariableId, usize)> = terms
            .iter()
            .enumerate()
            .filter_map(|(index, (_, x))| match self.graph.node(*x) {
                Node::Variable(v) if self.may_go(*v) && !found.contains_key(v) => {
                    Some((self.ranges[v.index()].is_free(), *v, index))
                }
                _ => None,
            })
            .collect();
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        for (_, variable, index) in candidates {
            let others = || terms.iter().enumerate().filter(move |&(other, _)| other != index).map(|(_, term)| term);
            if careful && self.reaches(others().map(|(_, x)| *x), variable, found) {
                continue;
            }
            let factor = (-&Constant::ONE).checked_div(&terms[index].0)?;
            let rest: Vec<_> = others().map(|(a, x)| (&factor * a, *x)).collect();
            return Some((variable, self.graph.linear(rest, &factor * &constant)));
        }
        None
    }

    /// Whether a variable may be eliminated at all.
    pub(super) fn may_go(&self, variable: VariableId) -> bool {
        self.variables[variable.index()].sort == Sort::Real
    }

    /// Whether a variable occurs below the roots once what is defined is written out, or may: the search is given up where
    /// all such searches together become long.
    fn reaches(
        &mut self,
        roots: impl IntoIterator<Item = ExprId>,
        variable: VariableId,
        found: &HashMap<VariableId, ExprId>,
    ) -> bool {
        let mut stack: Vec<ExprId> = roots.into_iter().collect();
        let mut seen: HashSet<ExprId> = stack.iter().copied().collect();
        while let Some(id) = stack.pop() {
            if self.budget.step() || self.effort == 0 {
                return true;
            }
            self.effort -= 1;
            let below = match self.graph.node(id) {
                Node::Variable(v) if *v == variable => return true,
                Node::Variable(v) => found.get(v).copied().into_iter().collect(),
                _ => operands(&self.graph, id),
            };
            stack.extend(below.into_iter().filter(|&x| seen.insert(x)));
        }
        false
    }

    /// Writes sums out, through the definitions found so far, unless that is long.
    fn sum(&mut self, root: ExprId, found: &HashMap<VariableId, ExprId>) -> Option<Sum> {
        let mut sum = Sum { terms: IndexMap::new(), constant: Constant::ZERO };
        let mut stack = vec![(Constant::ONE, root)];
        while let Some((a, id)) = stack.pop() {
            if self.budget.step() || self.effort == 0 {
                return None;
            }
            self.effort -= 1;
            match self.graph.node(id) {
                Node::Constant(c) => sum.constant = &sum.constant + &(&a * c),
                Node::Apply { op: Op::Linear(row), operands } => {
                    sum.constant = &sum.constant + &(&a * &row.constant);
                    stack.extend(row.coefficients.iter().zip(operands).map(|(c, &x)| (&a * &c, x)).rev());
                }
                // only the sums that a definition stands for: anything else keeps its name
                Node::Variable(v) => match found.get(v) {
                    Some(&definition)
                        if matches!(self.graph.node(definition), Node::Apply { op: Op::Linear(_), .. }) =>
                    {
                        stack.push((a, definition));
                    }
                    _ => sum.add(&a, id),
                },
                _ => sum.add(&a, id),
            }
        }
        sum.terms.retain(|_, a| !a.is_zero());
        Some(sum)
    }

    /// Finds variables between two bounds whose distance is a radius.
    fn find_ranges(&mut self, found: &mut HashMap<VariableId, ExprId>) {
        // the inequalities that hold of each variable, with the part they come from
        let mut sides: IndexMap<VariableId, Vec<(usize, bool)>> = IndexMap::new();
        for (index, part) in self.parts.iter().enumerate() {
            let Formula::Atom(atom) = &part.formula else { continue };
            let at_least = match atom.relation {
                Relation::Ge => true,
                Relation::Le => false,
                _ => continue,
            };
            let Node::Apply { op: Op::Linear(row), operands } = self.graph.node(atom.expr) else { continue };
            for (a, &x) in row.coefficients.iter().zip(operands) {
                if let Node::Variable(v) = self.graph.node(x)
                    && !a.is_zero()
                    && self.may_go(*v)
                    && self.ranges[v.index()].is_free()
                    && !found.contains_key(v)
                {
                    sides.entry(*v).or_default().push((index, at_least == (a.signum() > 0)));
                }
            }
        }
        let mut used: HashSet<usize> = HashSet::new();
        for (variable, sides) in sides {
            // bounds that say how far a variable ranges are written one after the other
            let pair = sides.windows(2).find_map(|pair| {
                let [(first, from_below), (second, other)] = *pair else { return None };
                if from_below == other || used.contains(&first) || used.contains(&second) {
                    return None;
                }
                let (lower, upper) = if from_below { (first, second) } else { (second, first) };
                Some((lower, upper, self.ranged(variable, lower, upper, found)?))
            });
            let Some((lower, upper, row)) = pair else { continue };
            // where the row may be undefined one of the two asks for its value
            let formulas = [self.has_value(row), Formula::TRUE];
            for (part, formula) in [lower, upper].into_iter().zip(formulas) {
                used.insert(part);
                self.parts[part].formula = formula;
                self.sources[variable.index()].extend(self.parts[part].origin);
            }
            found.insert(variable, row);
        }
    }

    /// The noisy row that a variable between two parts ranges over.
    fn ranged(
        &mut self,
        variable: VariableId,
        lower: usize,
        upper: usize,
        found: &HashMap<VariableId, ExprId>,
    ) -> Option<ExprId> {
        let itself = self.graph.variable(variable);
        let mut side = |part: usize| -> Option<Sum> {
            let Formula::Atom(Atom { expr, .. }) = self.parts[part].formula else { return None };
            let mut sum = self.sum(expr, found)?;
            let a = sum.terms.swap_remove(&itself)?;
            let factor = (-&Constant::ONE).checked_div(&a)?;
            sum.terms.values_mut().for_each(|c| *c = &factor * c);
            sum.constant = &factor * &sum.constant;
            (!self.reaches(sum.terms.keys().copied(), variable, found)).then_some(sum)
        };
        let (lower, upper) = (side(lower)?, side(upper)?);
        let half = Constant::from_f64(0.5)?;
        let middle = |u: &Constant, l: &Constant| &half * &(u + l);
        let spread = |u: &Constant, l: &Constant| &half * &(u - l);
        let radius = spread(&upper.constant, &lower.constant);
        if radius.signum() < 0 {
            return None;
        }
        // by operand: its coefficient and its radius
        let mut row: IndexMap<ExprId, (Constant, Constant)> = IndexMap::new();
        let keys: IndexSet<ExprId> = lower.terms.keys().chain(upper.terms.keys()).copied().collect();
        for x in keys {
            let zero = Constant::ZERO;
            let (l, u) = (lower.terms.get(&x).unwrap_or(&zero), upper.terms.get(&x).unwrap_or(&zero));
            let (a, r) = (middle(u, l), spread(u, l));
            if r.signum() < 0 {
                return None;
            }
            if !a.is_zero() {
                row.entry(x).or_insert((Constant::ZERO, Constant::ZERO)).0 = a;
            }
            if !r.is_zero() {
                let of = self.magnitude(x, found)?;
                let held = &mut row.entry(of).or_insert((Constant::ZERO, Constant::ZERO)).1;
                *held = &*held + &r;
            }
        }
        let noise = self.noise_variable();
        let terms: Vec<_> = row.into_iter().map(|(x, (a, r))| (a, r, x)).collect();
        Some(self.graph.noise(noise, terms, middle(&upper.constant, &lower.constant), radius))
    }

    /// The `h` with `x = |h|`, if `x` is never negative.
    fn magnitude(&self, x: ExprId, found: &HashMap<VariableId, ExprId>) -> Option<ExprId> {
        let mut node = self.graph.node(x);
        if let Node::Variable(v) = node {
            if self.variables[v.index()].domain.inf() >= 0.0 {
                return Some(x);
            }
            node = self.graph.node(*found.get(v)?);
        }
        match node {
            Node::Apply { op: Op::Abs, operands } => Some(operands[0]),
            Node::Apply { op: Op::Relu | Op::Sigmoid | Op::Exp, .. } => Some(x),
            _ => None,
        }
    }
}
