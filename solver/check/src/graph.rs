//! Expressions: one node for each that is written, however often it is.
//!
//! Sums are kept as exact linear forms over nodes that are no sums, products pull constant factors out, and a few ways of
//! writing the same function (`(ite (>= z 0) z 0)`, `1/(1 + e^−z)`) become one operator. Nothing else is rewritten. Where a
//! rewriting forgets that a part may lack a value (`0·√x` becomes 0), the formula only becomes easier to satisfy, so that
//! a refutation of what is left is one of what was written.

use crate::interval::Interval;
use crate::rational::Rational;
use std::collections::{BTreeMap, HashMap};

/// The number of a node; operands have smaller numbers.
pub type Node = usize;

/// Functions of one argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// `max(x, 0)`
    Relu,
    /// `|x|`
    Abs,
    /// `√x`, where `x ≥ 0`
    Sqrt,
    /// `e^x`
    Exp,
    /// natural logarithm, where `x > 0`
    Ln,
    /// sine
    Sin,
    /// cosine
    Cos,
    /// tangent
    Tan,
    /// arc sine, where `|x| ≤ 1`
    Asin,
    /// arc cosine, where `|x| ≤ 1`
    Acos,
    /// arc tangent
    Atan,
    /// hyperbolic sine
    Sinh,
    /// hyperbolic cosine
    Cosh,
    /// hyperbolic tangent
    Tanh,
    /// `1/(1 + e^−x)`
    Sigmoid,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// a variable, by number
    Variable(usize),
    /// `Σ a_j x_j + b`
    Linear(Vec<(Rational, Node)>, Rational),
    /// `x·y`
    Mul(Node, Node),
    /// `x/y`, where `y ≠ 0`
    Div(Node, Node),
    /// `x^n` with `n ≥ 2`
    Power(Node, u32),
    /// `x^y`
    RealPower(Node, Node),
    /// a function
    Apply(Function, Node),
    /// the larger one
    Max(Node, Node),
    /// the angle of `(x, y)`, given as `y, x`
    Atan2(Node, Node),
    /// `a` where `c > 0`, `b` where `c < 0`, and one of them where `c = 0`
    Ite(Node, Node, Node),
}

/// All expressions of a problem.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Op>,
    numbers: HashMap<Op, Node>,
    /// by node: the coefficients of a linear form, enclosed
    enclosed: Vec<(Vec<Interval>, Interval)>,
    /// by node: whether it has a value everywhere
    total: Vec<bool>,
    /// by variable
    names: Vec<String>,
}

impl Graph {
    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What a node is.
    pub fn op(&self, node: Node) -> &Op {
        &self.nodes[node]
    }

    /// The enclosed coefficients and constant of a linear form.
    pub fn row(&self, node: Node) -> &(Vec<Interval>, Interval) {
        &self.enclosed[node]
    }

    /// The operands of a node.
    pub fn operands(&self, node: Node) -> Vec<Node> {
        match &self.nodes[node] {
            Op::Variable(_) => Vec::new(),
            Op::Linear(terms, _) => terms.iter().map(|(_, x)| *x).collect(),
            Op::Power(x, _) | Op::Apply(_, x) => vec![*x],
            Op::Mul(x, y) | Op::Div(x, y) | Op::RealPower(x, y) | Op::Max(x, y) | Op::Atan2(x, y) => vec![*x, *y],
            Op::Ite(c, a, b) => vec![*c, *a, *b],
        }
    }

    /// By node: whether one of the roots depends on it, or is it.
    pub fn reachable(&self, roots: &[Node]) -> Vec<bool> {
        let mut mark = vec![false; self.len()];
        roots.iter().for_each(|root| mark[*root] = true);
        for node in (0..self.len()).rev().filter(|node| !matches!(self.op(*node), Op::Variable(_))) {
            if mark[node] {
                self.operands(node).into_iter().for_each(|operand| mark[operand] = true);
            }
        }
        mark
    }

    /// Whether a node has a value whatever the variables are.
    pub fn is_total(&self, node: Node) -> bool {
        self.total[node]
    }

    fn insert(&mut self, op: Op) -> Node {
        if let Some(&known) = self.numbers.get(&op) {
            return known;
        }
        let enclosed = match &op {
            Op::Linear(terms, constant) => (terms.iter().map(|(a, _)| a.enclose()).collect(), constant.enclose()),
            _ => (Vec::new(), Interval::ZERO),
        };
        let partial = matches!(
            op,
            Op::Div(..)
                | Op::RealPower(..)
                | Op::Atan2(..)
                | Op::Apply(Function::Sqrt | Function::Ln | Function::Tan | Function::Asin | Function::Acos, _)
        );
        self.enclosed.push(enclosed);
        self.nodes.push(op.clone());
        self.numbers.insert(op, self.nodes.len() - 1);
        let total = !partial && self.operands(self.nodes.len() - 1).into_iter().all(|operand| self.total[operand]);
        self.total.push(total);
        self.nodes.len() - 1
    }

    /// A new variable.
    pub fn variable(&mut self, name: &str) -> Node {
        self.names.push(name.to_owned());
        self.insert(Op::Variable(self.names.len() - 1))
    }

    /// The name of a variable.
    pub fn name(&self, variable: usize) -> &str {
        &self.names[variable]
    }

    /// A number.
    pub fn constant(&mut self, value: Rational) -> Node {
        self.insert(Op::Linear(Vec::new(), value))
    }

    /// The value of a node that is a number.
    pub fn as_constant(&self, node: Node) -> Option<&Rational> {
        match &self.nodes[node] {
            Op::Linear(terms, constant) if terms.is_empty() => Some(constant),
            _ => None,
        }
    }

    /// `Σ a_j x_j + b`, with the sums among the `x_j` written out.
    pub fn linear(&mut self, terms: &[(Rational, Node)], constant: Rational) -> Node {
        let mut sum: BTreeMap<Node, Rational> = BTreeMap::new();
        let mut total = constant;
        let mut add = |x: Node, a: Rational| {
            let entry = sum.entry(x).or_insert_with(|| Rational::integer(0));
            *entry = entry.add(&a);
        };
        for (a, x) in terms {
            match &self.nodes[*x] {
                Op::Linear(inner, b) => {
                    total = total.add(&a.mul(b));
                    inner.iter().for_each(|(c, y)| add(*y, a.mul(c)));
                }
                _ => add(*x, a.clone()),
            }
        }
        let terms: Vec<(Rational, Node)> = sum.into_iter().filter(|(_, a)| !a.is_zero()).map(|(x, a)| (a, x)).collect();
        match &terms[..] {
            [(a, x)] if total.is_zero() && *a == Rational::integer(1) => *x,
            _ => self.insert(Op::Linear(terms, total)),
        }
    }

    /// `a·x`
    pub fn scale(&mut self, a: Rational, x: Node) -> Node {
        self.linear(&[(a, x)], Rational::integer(0))
    }

    /// `−x`
    pub fn neg(&mut self, x: Node) -> Node {
        self.scale(Rational::integer(-1), x)
    }

    /// `x − y`
    pub fn sub(&mut self, x: Node, y: Node) -> Node {
        self.linear(&[(Rational::integer(1), x), (Rational::integer(-1), y)], Rational::integer(0))
    }

    /// A node as a factor and a node without one.
    fn factor(&self, x: Node) -> (Rational, Node) {
        match &self.nodes[x] {
            Op::Linear(terms, constant) if constant.is_zero() && terms.len() == 1 && terms[0].0.is_short() => {
                terms[0].clone()
            }
            _ => (Rational::integer(1), x),
        }
    }

    /// `x·y`
    pub fn mul(&mut self, x: Node, y: Node) -> Node {
        if let Some(a) = self.as_constant(x).filter(|a| a.is_short()).cloned() {
            return self.scale(a, y);
        }
        if let Some(a) = self.as_constant(y).filter(|a| a.is_short()).cloned() {
            return self.scale(a, x);
        }
        let ((a, x), (b, y)) = (self.factor(x), self.factor(y));
        let product = if x == y { self.power(x, 2) } else { self.insert(Op::Mul(x.min(y), x.max(y))) };
        self.scale(a.mul(&b), product)
    }

    /// `x/y`
    pub fn div(&mut self, x: Node, y: Node) -> Node {
        if let Some(d) = self.as_constant(y).cloned()
            && let Some(inverse) = Rational::integer(1).div(&d)
        {
            return self.scale(inverse, x);
        }
        if let Some(logistic) = self.logistic(x, y) {
            return logistic;
        }
        let ((a, x), (b, y)) = (self.factor(x), self.factor(y));
        let Some(factor) = a.div(&b) else { return self.insert(Op::Div(x, y)) };
        let quotient = self.insert(Op::Div(x, y));
        self.scale(factor, quotient)
    }

    /// `n/(c + c·e^u)` as `(n/c)·σ(−u)`
    fn logistic(&mut self, x: Node, y: Node) -> Option<Node> {
        let n = self.as_constant(x)?.clone();
        let Op::Linear(terms, c) = &self.nodes[y] else { return None };
        let [(a, exponential)] = &terms[..] else { return None };
        let Op::Apply(Function::Exp, u) = self.nodes[*exponential] else { return None };
        let scale = if a == c && c.signum() > 0 { n.div(c)? } else { return None };
        let opposite = self.neg(u);
        let sigmoid = self.apply(Function::Sigmoid, opposite);
        Some(self.scale(scale, sigmoid))
    }

    /// `x^n`; a negative power is one over the positive one.
    pub fn power(&mut self, x: Node, n: i64) -> Node {
        if let Some(value) = self.as_constant(x).and_then(|value| value.power(n)) {
            return self.constant(value);
        }
        match (n, &self.nodes[x]) {
            (0, _) => self.constant(Rational::integer(1)),
            (1, _) => x,
            (2, &Op::Apply(Function::Sqrt, y)) => y,
            (2.., _) => match u32::try_from(n) {
                Ok(n) => self.insert(Op::Power(x, n)),
                Err(_) => {
                    let n = self.constant(Rational::integer(n));
                    self.insert(Op::RealPower(x, n))
                }
            },
            _ => {
                let one = self.constant(Rational::integer(1));
                let below = self.power(x, n.saturating_neg());
                self.div(one, below)
            }
        }
    }

    /// `x^y`
    pub fn pow(&mut self, x: Node, y: Node) -> Node {
        let exponent = self.as_constant(y).cloned();
        if let Some(n) = exponent.as_ref().and_then(Rational::as_integer) {
            return self.power(x, n);
        }
        if exponent.is_some_and(|c| c.add(&c) == Rational::integer(1)) {
            return self.apply(Function::Sqrt, x);
        }
        self.insert(Op::RealPower(x, y))
    }

    /// A function.
    pub fn apply(&mut self, function: Function, x: Node) -> Node {
        self.insert(Op::Apply(function, x))
    }

    /// The larger one.
    pub fn max(&mut self, x: Node, y: Node) -> Node {
        match (self.as_constant(x).is_some_and(Rational::is_zero), self.as_constant(y).is_some_and(Rational::is_zero)) {
            (_, true) => self.apply(Function::Relu, x),
            (true, _) => self.apply(Function::Relu, y),
            _ if x == y => x,
            _ => self.insert(Op::Max(x.min(y), x.max(y))),
        }
    }

    /// The angle of `(x, y)`.
    pub fn atan2(&mut self, y: Node, x: Node) -> Node {
        self.insert(Op::Atan2(y, x))
    }

    /// `a` where `c > 0`, `b` where `c < 0`.
    pub fn ite(&mut self, c: Node, a: Node, b: Node) -> Node {
        let opposite = self.neg(c);
        let zero = |graph: &Graph, x: Node| graph.as_constant(x).is_some_and(Rational::is_zero);
        if zero(self, b) && a == c {
            return self.apply(Function::Relu, c);
        }
        if zero(self, a) && b == opposite {
            return self.apply(Function::Relu, opposite);
        }
        if a == c && b == opposite {
            return self.apply(Function::Abs, c);
        }
        self.insert(Op::Ite(c, a, b))
    }
}
