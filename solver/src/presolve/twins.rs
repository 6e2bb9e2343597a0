//! Differences of two copies of the same computation become increments.
//!
//! `P` is a twin of `N` where both are the same rows and functions of operands that are equal or twins themselves, `P`
//! perhaps with noise. Then `P − N` is computed along the way: of a row it is `Σ a_j Δ_j + s·ρ`, of a function `f` the
//! increment `f(N + Δ) − f(N)`, which is enclosed far tighter than the difference of two enclosures. `P` itself becomes
//! `N + Δ`, in the form that the encoding of a twin network has.
//!
//! Only differences that a formula asks for are looked at: rows with `c·P` and `−c·N`.

use super::Presolve;
use super::rewrite::{Rule, operands, rebuild, rewrite};
use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node, Operands};
use crate::op::{Incremented, Op};
use std::collections::{HashMap, HashSet};

/// The most terms of a row whose differences are looked for one against the other.
const TERMS: usize = 64;
/// The deepest computations that are compared, in nodes: the comparison is recursive.
const DEEPEST: usize = 256;

/// What is known of pairs. Nothing below a nominal node is ever a perturbed one, so that the nominal ones can be rewritten
/// first.
#[derive(Default)]
struct Pairs {
    /// by perturbed node: its nominal twin
    nominal: HashMap<ExprId, ExprId>,
    /// by perturbed row: for each operand with a coefficient, in order, the nominal operand
    matched: HashMap<ExprId, Vec<ExprId>>,
    /// all nodes that nominal ones depend on, themselves included
    below: HashSet<ExprId>,
    /// pairs found to be no twins
    not: HashSet<(ExprId, ExprId)>,
    /// how deep the comparison is
    depth: usize,
}

impl Pairs {
    /// Whether `p` is a twin of `n`; if so, it and all twins below are remembered.
    fn pair(&mut self, graph: &Graph, p: ExprId, n: ExprId) -> bool {
        if p == n || self.nominal.get(&p) == Some(&n) {
            return true;
        }
        if self.depth == DEEPEST
            || self.nominal.contains_key(&p)
            || self.below.contains(&p)
            || self.not.contains(&(p, n))
        {
            return false;
        }
        let (Node::Apply { op: of_p, operands: x }, Node::Apply { op: of_n, operands: y }) =
            (graph.node(p), graph.node(n))
        else {
            return false;
        };
        self.depth += 1;
        let mut matched = None;
        let alike = match (of_p, of_n) {
            (Op::Relu | Op::Abs | Op::Sigmoid | Op::Tanh | Op::Exp, f) => of_p == f && self.pair(graph, x[0], y[0]),
            (Op::Linear(_) | Op::Noise(_), Op::Linear(_)) => {
                matched = self.match_rows(graph, p, n);
                matched.is_some()
            }
            _ => false,
        };
        self.depth -= 1;
        let twins = alike && !self.below.contains(&p) && self.settle(graph, n);
        if twins {
            self.nominal.insert(p, n);
            self.matched.extend(matched.map(|matched| (p, matched)));
        } else {
            self.not.insert((p, n));
        }
        twins
    }

    /// Notes what is below a nominal node; false, and nothing noted, where that includes a perturbed one.
    fn settle(&mut self, graph: &Graph, n: ExprId) -> bool {
        let mut stack = vec![n];
        let mut new: HashSet<ExprId> = HashSet::new();
        while let Some(id) = stack.pop() {
            if self.nominal.contains_key(&id) {
                return false;
            }
            if !self.below.contains(&id) && new.insert(id) {
                stack.extend(operands(graph, id));
            }
        }
        self.below.extend(new);
        true
    }

    /// For each operand of the row `p` that has a coefficient the operand of the row `n` with the same one that it is a
    /// twin of (or is).
    fn match_rows(&mut self, graph: &Graph, p: ExprId, n: ExprId) -> Option<Vec<ExprId>> {
        let (mut left, mut right) = (row(graph, p)?, row(graph, n)?);
        left.terms.retain(|(_, a, _)| !a.is_zero());
        if left.terms.len() != right.terms.len() {
            return None;
        }
        left.terms
            .iter()
            .map(|(x, a, _)| {
                // rows that mirror each other mostly list their terms in the same order
                let found = (0..right.terms.len())
                    .find(|&k| right.terms[k].1 == *a && self.pair(graph, *x, right.terms[k].0))?;
                Some(right.terms.remove(found).0)
            })
            .collect()
    }
}

/// A row's terms `(operand, coefficient, radius)`, its constant and its noise.
struct Row {
    terms: Vec<(ExprId, Constant, Constant)>,
    constant: Constant,
    noise: Option<(ExprId, Constant)>,
}

fn row(graph: &Graph, id: ExprId) -> Option<Row> {
    match graph.node(id) {
        Node::Apply { op: Op::Linear(row), operands } => Some(Row {
            terms: operands.iter().zip(row.coefficients.iter()).map(|(&x, a)| (x, a, Constant::ZERO)).collect(),
            constant: row.constant.clone(),
            noise: None,
        }),
        Node::Apply { op: Op::Noise(row), operands } => Some(Row {
            terms: operands[1..]
                .iter()
                .zip(row.coefficients.iter().zip(row.radii.iter()))
                .map(|(&x, (a, r))| (x, a, r))
                .collect(),
            constant: row.constant.clone(),
            noise: Some((operands[0], row.radius.clone())),
        }),
        _ => None,
    }
}

/// Writes increments where twins are subtracted.
struct Increments {
    pairs: Pairs,
    /// by perturbed node: the increment over its nominal twin
    increment: HashMap<ExprId, ExprId>,
}

impl Rule for Increments {
    fn needs(&self, graph: &Graph, id: ExprId) -> Operands {
        operands(graph, id).into_iter().chain(self.pairs.nominal.get(&id).copied()).collect()
    }

    fn make(&mut self, graph: &mut Graph, id: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        if let Some(&n) = self.pairs.nominal.get(&id) {
            return self.perturbed(graph, id, n, done);
        }
        match row(graph, id) {
            Some(row) if row.noise.is_none() => self.difference(graph, row, done),
            _ => rebuild(graph, id, done),
        }
    }
}

impl Increments {
    /// `P − N` of a pair that has been rewritten; zero for what is the same.
    fn between(&self, graph: &mut Graph, p: ExprId, n: ExprId) -> ExprId {
        if p == n { graph.constant(Constant::ZERO) } else { self.increment[&p] }
    }

    /// Rewrites the perturbed node `p` as `N + Δ`, and remembers `Δ`.
    fn perturbed(&mut self, graph: &mut Graph, p: ExprId, n: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let nominal = done[&n];
        let Some(Row { terms, constant, noise }) = row(graph, p) else {
            return self.function(graph, p, n, done);
        };
        let constant = &constant - &row(graph, n).map_or(Constant::ZERO, |row| row.constant);
        let matched = self.pairs.matched.get(&p).cloned().unwrap_or_default();
        let with_coefficient: Vec<_> = terms.iter().filter(|(_, a, _)| !a.is_zero()).collect();
        let shared = with_coefficient.iter().zip(&matched).all(|((x, ..), y)| x == y);
        let mut moved: Vec<_> = Vec::new();
        for ((x, a, _), y) in with_coefficient.iter().zip(&matched) {
            moved.push((a.clone(), Constant::ZERO, self.between(graph, *x, *y)));
        }
        let increment = match &noise {
            None => graph.linear(moved.into_iter().map(|(a, _, x)| (a, x)), constant),
            Some((s, radius)) => {
                let by_radius = terms.iter().filter(|(.., r)| !r.is_zero());
                moved.extend(by_radius.map(|(x, _, r)| (Constant::ZERO, r.clone(), done[x])));
                graph.noise(done[s], moved, constant, radius.clone())
            }
        };
        // the sum comes first: a linear bound must meet each noise in one row only, to see its whole coefficient
        let sum = graph.add(nominal, increment);
        let exact = rebuild(graph, p, done);
        let (sum, increment) = if shared {
            (graph.meet(sum, exact), increment)
        } else {
            // as the difference of the two rows it is exact at a point
            let apart = graph.sub(exact, nominal);
            (sum, graph.meet(increment, apart))
        };
        self.increment.insert(p, increment);
        sum
    }

    fn function(&mut self, graph: &mut Graph, p: ExprId, n: ExprId, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let perturbed = rebuild(graph, p, done);
        let (Node::Apply { op, operands: x }, Node::Apply { operands: y, .. }) =
            (graph.node(p).clone(), graph.node(n).clone())
        else {
            return perturbed;
        };
        let f = match op {
            Op::Relu => Incremented::Relu,
            Op::Abs => Incremented::Abs,
            Op::Sigmoid => Incremented::Sigmoid,
            Op::Tanh => Incremented::Tanh,
            _ => Incremented::Exp,
        };
        let d = self.between(graph, x[0], y[0]);
        let direct = graph.increment(f, done[&y[0]], d);
        let apart = graph.sub(perturbed, done[&n]);
        let increment = graph.meet(direct, apart);
        self.increment.insert(p, increment);
        perturbed
    }

    /// A row with every `c·P − c·N` of twins as `c·Δ`.
    fn difference(&mut self, graph: &mut Graph, row: Row, done: &HashMap<ExprId, ExprId>) -> ExprId {
        let mut terms = row.terms;
        let mut new = Vec::new();
        while let Some(position) = terms.iter().position(|(x, ..)| self.pairs.nominal.contains_key(x)) {
            let (p, a, _) = terms.remove(position);
            let opposite = -&a;
            match terms.iter().position(|(y, b, _)| self.pairs.nominal.get(&p) == Some(y) && *b == opposite) {
                Some(other) => {
                    terms.remove(other);
                    new.push((a, self.increment[&p]));
                }
                None => new.push((a, done[&p])),
            }
        }
        new.extend(terms.into_iter().map(|(x, a, _)| (a, done[&x])));
        graph.linear(new, row.constant)
    }
}

impl Presolve<'_> {
    /// Finds twins that are subtracted from each other.
    pub(super) fn pair_twins(&mut self) {
        let roots = self.roots();
        let mark = self.graph.reachable(&roots);
        let mut pairs = Pairs::default();
        for index in (0..mark.len()).rev().filter(|&index| mark[index]) {
            if self.budget.step() {
                return;
            }
            let Some(Row { terms, noise: None, .. }) = row(&self.graph, self.graph.id(index)) else { continue };
            if terms.len() > TERMS {
                continue;
            }
            for (p, a, _) in &terms {
                let opposite = -a;
                for (n, b, _) in terms.iter().filter(|(n, ..)| n != p) {
                    // of two equal copies either may be the nominal one, of a noisy one and another only the other
                    if *b == opposite && !pairs.nominal.contains_key(n) && pairs.pair(&self.graph, *p, *n) {
                        break;
                    }
                }
            }
        }
        if pairs.nominal.is_empty() {
            return;
        }
        let mut rule = Increments { pairs, increment: HashMap::new() };
        let mut done = HashMap::new();
        self.rewrite_all(|graph, expr, budget| rewrite(graph, expr, &mut rule, &mut done, budget));
    }
}
