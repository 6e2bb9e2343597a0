//! Finds pairs: equal functions whose arguments are the same sum, but for parameters that move.
//!
//! A sum is known by its coefficients. A factor or summand that is a variable and occurs nowhere else is a parameter, and
//! counts as the middle of its range; of a variable between two bounds the sum is the average of the two.

use deltacheck::formula::Relation;
use deltacheck::graph::{Function, Graph, Node, Op};
use deltacheck::interval::Interval;
use deltacheck::linear::is_bound;
use std::collections::HashMap;

/// How far coefficients may differ that count as equal, relatively.
const TOLERANCE: f64 = 1e-6;

/// All pairs, over the bounds at the root, and the parameters.
pub(super) fn find(
    graph: &Graph,
    atoms: &[(Node, Relation)],
    order: &[Node],
    bounds: &[Interval],
) -> (Vec<(Node, Node)>, Vec<Node>) {
    let finder = Finder { graph, bounds, count: count(graph, atoms), rows: rows(graph, atoms, order) };
    let mut pairs = Vec::new();
    let mut alone: Vec<(Node, Function, Vec<f64>)> = Vec::new();
    for node in 0..graph.len() {
        let &Op::Apply(function, argument) = graph.op(node) else { continue };
        if !matches!(function, Function::Relu | Function::Sigmoid | Function::Tanh) {
            continue;
        }
        let Some(signature) = finder.signature(argument) else { continue };
        match alone.iter().position(|(_, f, other)| *f == function && alike(&signature, other)) {
            Some(position) => pairs.push((node, alone.remove(position).0)),
            None => alone.push((node, function, signature)),
        }
    }
    (pairs, order.iter().copied().filter(|variable| finder.is_parameter(*variable)).collect())
}

fn alike(a: &[f64], b: &[f64]) -> bool {
    let close = |(x, y): (&f64, &f64)| (x - y).abs() <= TOLERANCE * x.abs().max(y.abs()).max(1e-3);
    a.len() == b.len() && a.iter().zip(b).all(close)
}

/// How often each node is an operand of what atoms depend on.
fn count(graph: &Graph, atoms: &[(Node, Relation)]) -> Vec<usize> {
    let mut count = vec![0; graph.len()];
    let roots: Vec<Node> = atoms.iter().map(|(node, _)| *node).filter(|node| !is_bound(graph, *node)).collect();
    let reachable = graph.reachable(&roots);
    (0..graph.len())
        .filter(|node| reachable[*node])
        .for_each(|node| graph.operands(node).into_iter().for_each(|x| count[x] += 1));
    count
}

/// By variable: the sums that atoms bound it by, with its own coefficient.
fn rows(graph: &Graph, atoms: &[(Node, Relation)], order: &[Node]) -> HashMap<Node, Vec<(Node, f64)>> {
    let rank: HashMap<Node, usize> = order.iter().enumerate().map(|(rank, node)| (*node, rank)).collect();
    let mut rows: HashMap<Node, Vec<(Node, f64)>> = HashMap::new();
    for (node, relation) in atoms {
        let Op::Linear(terms, _) = graph.op(*node) else { continue };
        let variables = terms.iter().enumerate().filter(|(_, (_, x))| matches!(graph.op(*x), Op::Variable(_)));
        let Some((index, (_, latest))) = variables.max_by_key(|(_, (_, x))| rank.get(x)) else { continue };
        if terms.len() > 1 && *relation != Relation::Ne {
            rows.entry(*latest).or_default().push((*node, graph.row(*node).0[index].middle().approximate()));
        }
    }
    rows
}

struct Finder<'a> {
    graph: &'a Graph,
    bounds: &'a [Interval],
    count: Vec<usize>,
    rows: HashMap<Node, Vec<(Node, f64)>>,
}

impl Finder<'_> {
    /// The coefficients of the sum that an argument is, sorted, and the constant at last.
    fn signature(&self, argument: Node) -> Option<Vec<f64>> {
        let mut coefficients: HashMap<Node, f64> = HashMap::new();
        let mut constant = 0.0;
        match self.graph.op(argument) {
            Op::Linear(..) => self.add(argument, 1.0, None, &mut coefficients, &mut constant),
            _ => {
                let rows = self.rows.get(&argument)?;
                let share = 1.0 / rows.len().min(2) as f64;
                for (row, own) in rows.iter().take(2) {
                    self.add(*row, -share / own, Some(argument), &mut coefficients, &mut constant);
                }
            }
        }
        let largest = coefficients.values().fold(0.0f64, |most, a| most.max(a.abs()));
        let mut signature: Vec<f64> = coefficients.into_values().filter(|a| a.abs() > TOLERANCE * largest).collect();
        signature.sort_by(f64::total_cmp);
        signature.push(constant);
        (signature.len() > 1).then_some(signature)
    }

    fn add(&self, row: Node, scale: f64, but: Option<Node>, sum: &mut HashMap<Node, f64>, constant: &mut f64) {
        let Op::Linear(terms, _) = self.graph.op(row) else { return };
        let (coefficients, b) = self.graph.row(row);
        *constant += scale * b.middle().approximate();
        for ((_, x), a) in terms.iter().zip(coefficients).filter(|((_, x), _)| Some(*x) != but) {
            let a = scale * a.middle().approximate();
            match *self.graph.op(*x) {
                _ if self.is_parameter(*x) => *constant += a * self.middle(*x),
                Op::Mul(w, h) if self.is_parameter(w) => *sum.entry(h).or_default() += a * self.middle(w),
                Op::Mul(h, w) if self.is_parameter(w) => *sum.entry(h).or_default() += a * self.middle(w),
                _ => *sum.entry(*x).or_default() += a,
            }
        }
    }

    /// Whether a variable with bounds of its own occurs once.
    pub(super) fn is_parameter(&self, node: Node) -> bool {
        let plain = matches!(self.graph.op(node), Op::Variable(_)) && !self.rows.contains_key(&node);
        plain && self.bounds[node].is_bounded() && self.count[node] == 1
    }

    fn middle(&self, node: Node) -> f64 {
        self.bounds[node].middle().approximate()
    }
}
