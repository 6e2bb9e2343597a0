//! Terms of sort Real as linear sums under construction, and the arithmetic on them.
//!
//! A sum, as long as it is written down in one piece, is a list of terms that grows in place: `(+ a (+ b (+ c …)))` is one
//! row of the graph however deep it nests, and `(1/10)x + (2/10)x` is `(3/10)x`, exactly. Only where a sum becomes an
//! operand of something else, or is shared, does it become a node. In a comparison the difference of both sides is
//! expanded through shared rows too, so that what occurs in both cancels.

use crate::exact::Constant;
use crate::expr::{ExprId, Graph, Node};
use crate::op::Op;
use indexmap::IndexMap;
use num_traits::{One, Signed as _, ToPrimitive};
use std::collections::BTreeMap;

/// A shared sum of more terms than this becomes a node; a shorter one is copied.
const SHARED: usize = 4;
/// A sum of more terms than this becomes a node before it is scaled, lest a deep nest of scaled sums take quadratic time.
const SCALED: usize = 256;
/// A difference stops expanding shared rows when it has touched this many terms.
const EXPANDED: usize = 20_000;
/// A product merges the factors of an operand that is a product of at most so many.
const FACTORS: usize = 16;

/// `Σ a_i x_i + b`
#[derive(Clone, Debug, Default)]
pub(super) struct Sum {
    pub(super) terms: Vec<(Constant, ExprId)>,
    pub(super) constant: Constant,
}

impl From<ExprId> for Sum {
    fn from(id: ExprId) -> Self {
        Sum { terms: vec![(Constant::ONE, id)], constant: Constant::ZERO }
    }
}

impl From<Constant> for Sum {
    fn from(constant: Constant) -> Self {
        Sum { terms: Vec::new(), constant }
    }
}

impl Sum {
    /// The sum of an expression, a constant one included.
    pub(super) fn of(id: ExprId, graph: &Graph) -> Sum {
        match graph.as_constant(id) {
            Some(constant) => constant.clone().into(),
            None => id.into(),
        }
    }

    /// The value where it is known.
    pub(super) fn as_constant(&self) -> Option<&Constant> {
        self.terms.is_empty().then_some(&self.constant)
    }

    /// The sum as a node of the graph.
    pub(super) fn node(self, graph: &mut Graph) -> ExprId {
        match self.terms.as_slice() {
            [(a, x)] if *a == Constant::ONE && self.constant.is_zero() => *x,
            _ => graph.linear(self.terms, self.constant),
        }
    }

    /// A form that may be used many times: short, or a node.
    pub(super) fn shared(self, graph: &mut Graph) -> Sum {
        if self.terms.len() <= SHARED { self } else { Sum::of(self.node(graph), graph) }
    }

    /// The sum with another one; the longer one grows.
    pub(super) fn plus(mut self, mut other: Sum) -> Sum {
        let constant = &self.constant + &other.constant;
        if self.terms.len() < other.terms.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.terms.append(&mut other.terms);
        Sum { constant, ..self }
    }

    /// `factor` times the sum.
    pub(super) fn times(mut self, factor: &Constant, graph: &mut Graph) -> Sum {
        if *factor == Constant::ONE {
            return self;
        }
        if factor.is_zero() {
            return Sum::vanishing(self.terms.iter().map(|&(_, x)| x), graph);
        }
        if self.terms.len() > SCALED {
            self = Sum::of(self.node(graph), graph);
        }
        for (a, _) in &mut self.terms {
            *a = &*a * factor;
        }
        self.constant = &self.constant * factor;
        self
    }

    /// Zero where all of the expressions have a value.
    fn vanishing(exprs: impl IntoIterator<Item = ExprId>, graph: &mut Graph) -> Sum {
        let zeros = exprs.into_iter().filter_map(|x| graph.vanishing(x));
        let terms: IndexMap<ExprId, Constant> = zeros.map(|zero| (zero, Constant::ONE)).collect();
        Sum { terms: terms.into_iter().map(|(x, a)| (a, x)).collect(), constant: Constant::ZERO }
    }

    pub(super) fn minus(self, other: Sum, graph: &mut Graph) -> Sum {
        self.plus(other.times(&-&Constant::ONE, graph))
    }

    /// The sum with its shared rows written out and equal terms merged. Nodes are taken from the largest id down, so that
    /// each is expanded once, with its final coefficient.
    pub(super) fn expanded(self, graph: &mut Graph) -> Sum {
        let mut open: BTreeMap<ExprId, Constant> = BTreeMap::new();
        let mut order: IndexMap<ExprId, Constant> = IndexMap::new();
        let mut constant = self.constant;
        let mut touched = 0;
        let mut gone = Vec::new();
        fn add(open: &mut BTreeMap<ExprId, Constant>, x: ExprId, a: Constant) {
            open.entry(x).and_modify(|sum| *sum = &*sum + &a).or_insert(a);
        }
        for (a, x) in self.terms {
            add(&mut open, x, a);
        }
        while let Some((x, a)) = open.pop_last() {
            if a.is_zero() {
                gone.push(x);
                continue;
            }
            match graph.node(x) {
                Node::Constant(c) => constant = &constant + &(&a * c),
                Node::Apply { op: Op::Linear(row), operands } if touched + operands.len() <= EXPANDED => {
                    touched += operands.len();
                    constant = &constant + &(&a * &row.constant);
                    for (b, &y) in row.coefficients.iter().zip(operands) {
                        add(&mut open, y, &a * &b);
                    }
                }
                _ => {
                    order.insert(x, a);
                }
            }
        }
        pythagoras(&mut order, &mut constant, &mut gone, graph);
        let mut terms: Vec<_> = order.into_iter().rev().map(|(x, a)| (a, x)).collect();
        for zero in Sum::vanishing(gone, graph).terms {
            if terms.iter().all(|(_, x)| *x != zero.1) {
                terms.push(zero);
            }
        }
        Sum { terms, constant }
    }

    /// `k` such that this sum is `k` times the other, both expanded.
    pub(super) fn ratio(&self, other: &Sum) -> Option<Constant> {
        let (a, b) = match (self.terms.first(), other.terms.first()) {
            (Some((a, _)), Some((b, _))) => (a, b),
            _ => return None,
        };
        let k = a.checked_div(b)?;
        let same = self.terms.len() == other.terms.len()
            && self.constant == &other.constant * &k
            && self.terms.iter().zip(&other.terms).all(|((a, x), (b, y))| x == y && *a == b * &k);
        same.then_some(k)
    }
}

/// `a·sin² u + b·cos² u` as `a + (b − a)·cos² u`; where nothing is left of them, `u` joins what is `gone`.
fn pythagoras(terms: &mut IndexMap<ExprId, Constant>, constant: &mut Constant, gone: &mut Vec<ExprId>, graph: &Graph) {
    let square_of = |x: ExprId| match graph.node(x) {
        Node::Apply { op: Op::Pow(pow), operands } if pow.exponent == 2 => match graph.node(operands[0]) {
            Node::Apply { op, operands } => Some((op, operands[0])),
            _ => None,
        },
        _ => None,
    };
    let of = |wanted: Op, x: ExprId| square_of(x).filter(|(op, _)| **op == wanted).map(|(_, u)| (u, x));
    let cosines: BTreeMap<ExprId, ExprId> = terms.keys().filter_map(|&x| of(Op::Cos, x)).collect();
    let sines: Vec<(ExprId, ExprId)> = terms.keys().filter_map(|&x| of(Op::Sin, x)).collect();
    for (u, sine) in sines {
        let Some(cosine) = cosines.get(&u) else { continue };
        let (Some(a), Some(b)) = (terms.shift_remove(&sine), terms.get_mut(cosine)) else { continue };
        *constant = &*constant + &a;
        *b = &*b - &a;
        if b.is_zero() {
            terms.shift_remove(cosine);
            gone.push(u);
        }
    }
}

/// `coefficient · x` for a sum of one term; the sum as a node where it is longer.
fn factor(sum: Sum, graph: &mut Graph) -> (Constant, ExprId) {
    match sum.terms.as_slice() {
        [(a, x)] if sum.constant.is_zero() => (a.clone(), *x),
        _ => (Constant::ONE, sum.node(graph)),
    }
}

/// The product. Constants are multiplied, equal factors merged into powers.
pub(super) fn product(operands: Vec<Sum>, graph: &mut Graph) -> Sum {
    let mut coefficient = Constant::ONE;
    // constants whose product would be too long to write out
    let mut long: Vec<Constant> = Vec::new();
    let multiply = |coefficient: &mut Constant, c: &Constant, long: &mut Vec<Constant>| match coefficient.checked_mul(c)
    {
        Some(product) => *coefficient = product,
        None => long.push(std::mem::replace(coefficient, c.clone())),
    };
    let mut open = Vec::new();
    for operand in operands {
        match operand.as_constant() {
            Some(c) => multiply(&mut coefficient, c, &mut long),
            None => open.push(operand),
        }
    }
    if open.len() <= 1 && long.is_empty() {
        return match open.pop() {
            Some(sum) => sum.times(&coefficient, graph),
            None => coefficient.into(),
        };
    }
    let mut powers: IndexMap<ExprId, i32> = IndexMap::new();
    for sum in open {
        let (a, x) = factor(sum, graph);
        multiply(&mut coefficient, &a, &mut long);
        if let Some(c) = graph.as_constant(x) {
            multiply(&mut coefficient, c, &mut long);
            continue;
        }
        for (base, exponent) in factors(x, graph) {
            let known = powers.entry(base).or_insert(0);
            *known = known.saturating_add(exponent);
        }
    }
    if coefficient.is_zero() {
        return Sum::vanishing(powers.into_keys(), graph);
    }
    let mut result: Option<ExprId> = None;
    for c in long {
        let c = graph.constant(c);
        result = Some(result.map_or(c, |so_far| graph.apply(Op::Mul, [so_far, c])));
    }
    for (base, exponent) in powers {
        let power = graph.powi(base, exponent);
        result = Some(match result {
            None => power,
            // not to be folded where the first factor is a long constant
            Some(so_far) if graph.as_constant(so_far).is_some() => graph.apply(Op::Mul, [so_far, power]),
            Some(so_far) => graph.mul(so_far, power),
        });
    }
    match result {
        Some(id) if graph.as_constant(id).is_some() => {
            let last = graph.constant(coefficient);
            graph.apply(Op::Mul, [id, last]).into()
        }
        Some(id) => Sum::of(id, graph).times(&coefficient, graph),
        None => coefficient.into(),
    }
}

/// The factors of a node, with positive exponents: the node itself where it is no short product.
fn factors(root: ExprId, graph: &Graph) -> Vec<(ExprId, i32)> {
    let mut open = vec![root];
    let mut found: Vec<(ExprId, i32)> = Vec::new();
    while let Some(id) = open.pop() {
        if found.len() + open.len() > FACTORS {
            return vec![(root, 1)];
        }
        match graph.node(id) {
            Node::Apply { op: Op::Mul, operands } => open.extend(operands.iter().rev()),
            Node::Apply { op: Op::Pow(pow), operands } if (1..=1000).contains(&pow.exponent) => {
                found.push((operands[0], pow.exponent));
            }
            _ => found.push((id, 1)),
        }
    }
    found
}

/// The quotient; a factor of the divisor that is constant is divided out exactly. Division by zero has no value, so that
/// no atom with it holds (as in dReal; SMT-LIB leaves the value open).
pub(super) fn quotient(dividend: Sum, divisor: Sum, graph: &mut Graph) -> Sum {
    if let Some(c) = divisor.as_constant() {
        return match Constant::ONE.checked_div(c) {
            Some(inverse) => dividend.times(&inverse, graph),
            None => {
                let (x, zero) = (dividend.node(graph), graph.constant(Constant::ZERO));
                graph.apply(Op::Div, [x, zero]).into()
            }
        };
    }
    let (b, y) = factor(divisor, graph);
    // a constant dividend stays where it is: even 0/y has no value where y is 0
    let (a, x) = match dividend.as_constant() {
        Some(c) => (Constant::ONE, graph.constant(c.clone())),
        None => factor(dividend, graph),
    };
    let id = match logistic(&a, x, y, graph) {
        Some(id) => id,
        None => graph.apply(Op::Div, [x, y]),
    };
    let coefficient = a.checked_div(&b).unwrap_or(Constant::ONE);
    Sum::of(id, graph).times(&coefficient, graph)
}

/// `1/(1 + e^{−z})` as the one operator that it is.
fn logistic(a: &Constant, x: ExprId, y: ExprId, graph: &mut Graph) -> Option<ExprId> {
    let Node::Apply { op: Op::Linear(row), operands } = graph.node(y) else { return None };
    let one = Constant::ONE;
    let plain =
        *a == one && graph.as_constant(x) == Some(&one) && row.constant == one && row.coefficients.iter().eq([one]);
    let Node::Apply { op: Op::Exp, operands } = graph.node(operands[0]) else { return None };
    let inner = operands[0];
    plain.then(|| {
        let z = Sum::from(inner).expanded(graph).times(&-&Constant::ONE, graph).node(graph);
        graph.apply(Op::Sigmoid, [z])
    })
}

/// `base ^ exponent`: an integer power, a square root, or the real power `e^{y ln x}`.
pub(super) fn power(base: Sum, exponent: Sum, graph: &mut Graph) -> Sum {
    let Some(n) = exponent.as_constant() else {
        let (x, y) = (base.node(graph), exponent.node(graph));
        return Sum::of(graph.apply(Op::RealPow, [x, y]), graph);
    };
    let exact = n.to_rational();
    let integer = exact.is_integer().then(|| exact.to_integer().to_i32()).flatten();
    if let (Some(n), Some(c)) = (integer, base.as_constant())
        && let Some(value) = c.checked_powi(n)
    {
        return value.into();
    }
    let (two, n) = (num_bigint::BigInt::from(2), n.clone());
    match integer {
        Some(1) => base,
        Some(n) => {
            let (a, x) = factor(base, graph);
            match a.checked_powi(n) {
                Some(a) => {
                    let id = match factors(x, graph).as_slice() {
                        // (x^m)^n with m, n ≥ 1
                        &[(y, m)] if n >= 1 && m.checked_mul(n).is_some_and(|mn| mn <= 1000) => graph.powi(y, m * n),
                        _ => graph.powi(x, n),
                    };
                    Sum::of(id, graph).times(&a, graph)
                }
                None => {
                    let x = graph.scale(a, x);
                    Sum::of(graph.powi(x, n), graph)
                }
            }
        }
        None if exact.denom() == &two && exact.numer().is_one() && !exact.is_negative() => {
            let x = base.node(graph);
            Sum::of(graph.apply(Op::Sqrt, [x]), graph)
        }
        None => {
            let (x, y) = (base.node(graph), graph.constant(n));
            Sum::of(graph.apply(Op::RealPow, [x, y]), graph)
        }
    }
}

/// An operator of one operand.
pub(super) fn unary(op: Op, operand: Sum, graph: &mut Graph) -> Sum {
    let x = operand.node(graph);
    Sum::of(graph.apply(op, [x]), graph)
}

/// The larger or smaller of two operands, which may change places.
fn extremum(op: Op, a: Sum, b: Sum, graph: &mut Graph) -> Sum {
    let (x, y) = (a.node(graph), b.node(graph));
    let ordered = if x < y { [x, y] } else { [y, x] };
    if x == y { Sum::of(x, graph) } else { Sum::of(graph.apply(op, ordered), graph) }
}

/// An operator of two operands.
pub(super) fn binary(op: Op, a: Sum, b: Sum, graph: &mut Graph) -> Sum {
    let (x, y) = (a.node(graph), b.node(graph));
    Sum::of(graph.apply(op, [x, y]), graph)
}

/// `|x|`, without the factor and the sign of a single term.
pub(super) fn absolute(operand: Sum, graph: &mut Graph) -> Sum {
    if let Some(c) = operand.as_constant() {
        return c.abs().into();
    }
    let (a, x) = factor(operand, graph);
    Sum::of(graph.apply(Op::Abs, [x]), graph).times(&a.abs(), graph)
}

/// `max(a, b)`, a ReLU where one of them is zero.
pub(super) fn maximum(a: Sum, b: Sum, graph: &mut Graph) -> Sum {
    match (a.as_constant(), b.as_constant()) {
        (Some(x), Some(y)) => x.max(y).clone().into(),
        (Some(zero), None) if zero.is_zero() => unary(Op::Relu, b, graph),
        (None, Some(zero)) if zero.is_zero() => unary(Op::Relu, a, graph),
        _ => extremum(Op::Max, a, b, graph),
    }
}

/// `min(a, b)`, the negative of a ReLU where one of them is zero.
pub(super) fn minimum(a: Sum, b: Sum, graph: &mut Graph) -> Sum {
    let minus_one = -&Constant::ONE;
    match (a.as_constant(), b.as_constant()) {
        (Some(x), Some(y)) => x.min(y).clone().into(),
        (Some(zero), None) if zero.is_zero() => {
            unary(Op::Relu, b.times(&minus_one, graph), graph).times(&minus_one, graph)
        }
        (None, Some(zero)) if zero.is_zero() => {
            unary(Op::Relu, a.times(&minus_one, graph), graph).times(&minus_one, graph)
        }
        _ => extremum(Op::Min, a, b, graph),
    }
}
