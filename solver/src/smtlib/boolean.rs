//! Formulas as a hash-consed graph.
//!
//! [`Formula`](crate::formula::Formula) is a tree in negation normal form, which is what a search wants and what a script
//! must not be read into: a shared `let` would be copied at every use, an `xor` doubles its operands, and a deep nest
//! would exhaust the stack. So a script is read into this graph, whose nodes know nothing of polarity, and
//! [`formula`](super::formula) turns it into trees of bounded depth at the end.

use crate::expr::{ExprId, VariableId};
use crate::formula::{Atom, Relation};
use indexmap::IndexSet;

/// A formula of a [`Booleans`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct BoolId(u32);

impl BoolId {
    pub(super) fn new(index: usize) -> Self {
        BoolId(u32::try_from(index).expect("fewer than 2^32 formulas"))
    }

    /// The position in the graph; operands have smaller ones.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A formula or its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Signed {
    pub(super) id: BoolId,
    /// false where the negation is meant
    pub(super) holds: bool,
}

impl Signed {
    pub(super) fn negate(self) -> Signed {
        Signed { holds: !self.holds, ..self }
    }
}

/// A quantifier of a session, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct QuantifierId(pub(super) u32);

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum BoolNode {
    /// always
    True,
    /// a propositional variable: an integer variable that is 1
    Variable(VariableId),
    /// `expr ⋈ 0`; only `≤`, `≥` and `=` occur, the others are their negations
    Atom(Atom),
    /// all of them
    And(Vec<Signed>),
    /// `a` exactly where `b`
    Iff(BoolId, Signed),
    /// for all values of the quantifier's variables
    ForAll(QuantifierId),
}

/// The graph.
#[derive(Clone, Debug)]
pub(super) struct Booleans {
    nodes: IndexSet<BoolNode>,
    /// by node: whether it is true or false everywhere, since every expression below it has a value everywhere
    total: Vec<bool>,
}

impl Default for Booleans {
    fn default() -> Self {
        Booleans { nodes: [BoolNode::True].into_iter().collect(), total: vec![true] }
    }
}

impl Booleans {
    pub(super) const TRUE: Signed = Signed { id: BoolId(0), holds: true };
    pub(super) const FALSE: Signed = Signed { id: BoolId(0), holds: false };

    pub(super) fn node(&self, id: BoolId) -> &BoolNode {
        &self.nodes[id.index()]
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Forgets everything behind the first `len` nodes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.nodes.truncate(len);
        self.total.truncate(len);
    }

    /// The expressions of all atoms.
    pub(super) fn atoms(&self) -> Vec<ExprId> {
        let atom = |node: &BoolNode| match node {
            BoolNode::Atom(atom) => Some(atom.expr),
            _ => None,
        };
        self.nodes.iter().filter_map(atom).collect()
    }

    fn insert(&mut self, node: BoolNode, total: bool) -> Signed {
        let (index, new) = self.nodes.insert_full(node);
        if new {
            self.total.push(total);
        }
        Signed { id: BoolId::new(index), holds: true }
    }

    /// Whether a formula or its negation holds, whatever the variables are.
    pub(super) fn is_total(&self, formula: Signed) -> bool {
        self.total[formula.id.index()]
    }

    pub(super) fn constant(&self, value: bool) -> Signed {
        if value { Self::TRUE } else { Self::FALSE }
    }

    pub(super) fn variable(&mut self, variable: VariableId) -> Signed {
        self.insert(BoolNode::Variable(variable), true)
    }

    /// `expr ⋈ 0`; `total` where the expression has a value everywhere. The negation of a comparison is the opposite
    /// comparison (in normal form neither holds where the expression has no value), so one node serves both.
    pub(super) fn atom(&mut self, expr: ExprId, relation: Relation, total: bool) -> Signed {
        match relation {
            Relation::Le | Relation::Ge | Relation::Eq => self.insert(BoolNode::Atom(Atom { expr, relation }), total),
            Relation::Lt | Relation::Gt | Relation::Ne => self.atom(expr, relation.negate(), total).negate(),
        }
    }

    pub(super) fn forall(&mut self, quantifier: QuantifierId) -> Signed {
        self.insert(BoolNode::ForAll(quantifier), false)
    }

    /// Conjunction, without repetitions; false where it contains a formula and its negation. (Of a formula that may have
    /// no truth value both stay: no disjunction of the two holds where it has none.)
    pub(super) fn and(&mut self, parts: impl IntoIterator<Item = Signed>) -> Signed {
        let mut kept: IndexSet<Signed> = IndexSet::new();
        for part in parts {
            if part == Self::FALSE || (kept.contains(&part.negate()) && self.is_total(part)) {
                return Self::FALSE;
            }
            if part != Self::TRUE {
                kept.insert(part);
            }
        }
        match kept.len() {
            0 => Self::TRUE,
            1 => kept[0],
            _ => {
                let total = kept.iter().all(|&part| self.is_total(part));
                self.insert(BoolNode::And(kept.into_iter().collect()), total)
            }
        }
    }

    pub(super) fn or(&mut self, parts: impl IntoIterator<Item = Signed>) -> Signed {
        self.and(parts.into_iter().map(Signed::negate)).negate()
    }

    /// `a` exactly where `b`; the signs are moved out of the node.
    pub(super) fn iff(&mut self, a: Signed, b: Signed) -> Signed {
        let (a, b) = if a.id <= b.id { (a, b) } else { (b, a) };
        if a.id == b.id && self.is_total(a) {
            return self.constant(a.holds == b.holds);
        }
        if *self.node(a.id) == BoolNode::True {
            return if a.holds { b } else { b.negate() };
        }
        let total = self.is_total(a) && self.is_total(b);
        let same = self.insert(BoolNode::Iff(a.id, Signed { id: b.id, holds: true }), total);
        if a.holds == b.holds { same } else { same.negate() }
    }

    /// `if condition then a else b`, neither true nor false where the condition is neither.
    pub(super) fn ite(&mut self, condition: Signed, a: Signed, b: Signed) -> Signed {
        let total = self.is_total(condition);
        if condition == Self::TRUE || (total && a == b) {
            return a;
        }
        if condition == Self::FALSE {
            return b;
        }
        let then = self.or([condition.negate(), a]);
        let otherwise = self.or([condition, b]);
        if total {
            // it follows from the other two, but weakened a condition and its negation may both hold
            let either = self.or([a, b]);
            return self.and([then, otherwise, either]);
        }
        let decided = self.or([condition, condition.negate()]);
        self.and([decided, then, otherwise])
    }

    /// Every pair differs: of three formulas two agree.
    pub(super) fn distinct(&mut self, parts: &[Signed]) -> Signed {
        if parts.iter().filter(|&&part| self.is_total(part)).count() > 2 {
            return Self::FALSE;
        }
        let pairs = parts.iter().enumerate().flat_map(|(i, &a)| parts[i + 1..].iter().map(move |&b| (a, b)));
        let differ: Vec<Signed> = pairs.map(|(a, b)| self.iff(a, b).negate()).collect();
        self.and(differ)
    }
}
