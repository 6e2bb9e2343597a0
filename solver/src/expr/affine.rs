//! Expressions read as affine sums of variables, exactly.

use super::{ExprId, Graph, Node, VariableId};
use crate::exact::Rational;
use crate::op::Op;
use num_traits::Zero;
use std::collections::{BTreeMap, HashMap};

/// `Σ a_j x_j + b`, without zeros among the `a_j`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affine {
    /// `a_j` by variable
    pub terms: BTreeMap<VariableId, Rational>,
    /// `b`
    pub constant: Rational,
}

impl Affine {
    /// Adds `factor` times another sum.
    pub fn add_scaled(&mut self, other: &Affine, factor: &Rational) {
        self.constant += &other.constant * factor;
        for (&variable, coefficient) in &other.terms {
            let entry = self.terms.entry(variable).or_default();
            *entry += coefficient * factor;
            if entry.is_zero() {
                self.terms.remove(&variable);
            }
        }
    }

    fn scaled(&self, factor: &Rational) -> Affine {
        let mut scaled = Affine::default();
        if !factor.is_zero() {
            scaled.add_scaled(self, factor);
        }
        scaled
    }
}

impl Graph {
    /// The affine sums that the roots are, once the `known` variables have their values: an entry per expression below a
    /// root, `None` where an expression is no such sum. There is none at all where other operators than sums, products and
    /// quotients are below, or where the sums would have more than `limit` terms together.
    pub fn affine(
        &self,
        roots: &[ExprId],
        known: &HashMap<VariableId, Rational>,
        limit: usize,
    ) -> HashMap<ExprId, Option<Affine>> {
        let mark = self.reachable(roots);
        let mut sums: HashMap<ExprId, Option<Affine>> = HashMap::new();
        let is_other = |index: usize| match self.node(self.id(index)) {
            Node::Apply { op, .. } => !matches!(op, Op::Linear(_) | Op::Mul | Op::Div),
            Node::Constant(_) | Node::Variable(_) => false,
        };
        if (0..self.len()).any(|index| mark[index] && is_other(index)) {
            return sums;
        }
        let mut read = 0;
        for index in (0..self.len()).filter(|&index| mark[index]) {
            let id = self.id(index);
            let sum = match self.node(id) {
                Node::Constant(c) => Some(Affine { constant: c.to_rational(), ..Affine::default() }),
                Node::Variable(v) => Some(match known.get(v) {
                    Some(value) => Affine { constant: value.clone(), ..Affine::default() },
                    None => {
                        Affine { terms: BTreeMap::from([(*v, Rational::from_integer(1.into()))]), ..Affine::default() }
                    }
                }),
                Node::Apply { op, operands } => {
                    let terms = |o: &ExprId| sums[o].as_ref().map_or(0, |sum| sum.terms.len()) + 1;
                    read += operands.iter().map(terms).sum::<usize>();
                    if read > limit {
                        return HashMap::new();
                    }
                    let operands: Option<Vec<&Affine>> = operands.iter().map(|o| sums[o].as_ref()).collect();
                    operands.and_then(|operands| applied(op, &operands))
                }
            };
            sums.insert(id, sum);
        }
        sums
    }
}

/// The sum that an operator makes of sums.
fn applied(op: &Op, operands: &[&Affine]) -> Option<Affine> {
    match (op, operands) {
        (Op::Linear(row), operands) => {
            let mut sum = Affine { constant: row.constant.to_rational(), ..Affine::default() };
            for (coefficient, operand) in row.coefficients.iter().zip(operands) {
                if !coefficient.is_zero() {
                    sum.add_scaled(operand, &coefficient.to_rational());
                }
            }
            Some(sum)
        }
        (Op::Mul, &[a, b]) if a.terms.is_empty() => Some(b.scaled(&a.constant)),
        (Op::Mul, &[a, b]) if b.terms.is_empty() => Some(a.scaled(&b.constant)),
        (Op::Div, &[a, b]) if b.terms.is_empty() && !b.constant.is_zero() => Some(a.scaled(&b.constant.recip())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::{Constant, rational};

    #[test]
    fn products_and_quotients_by_what_is_known_are_sums() {
        let mut graph = Graph::new();
        let [x, y] = [0, 1].map(|index| graph.variable(VariableId::new(index)));
        let product = graph.mul(x, y);
        let quotient = graph.div(product, x);
        let sum = graph.linear([(Constant::from(2), product), (Constant::ONE, quotient)], Constant::ONE);
        let three = rational::parse("1/3").unwrap();
        let known = HashMap::from([(VariableId::new(0), three)]);
        let sums = graph.affine(&[sum], &known, 100);
        let read = sums[&sum].as_ref().unwrap();
        assert_eq!(read.terms[&VariableId::new(1)], rational::parse("5/3").unwrap());
        assert_eq!(read.constant, rational::parse("1").unwrap());
        assert_eq!(graph.affine(&[sum], &HashMap::new(), 100)[&sum], None);
        assert!(graph.affine(&[sum], &known, 3).is_empty());
        let zero = HashMap::from([(VariableId::new(0), Rational::zero())]);
        assert_eq!(graph.affine(&[sum], &zero, 100)[&sum], None, "a quotient by zero has no value");
    }
}
