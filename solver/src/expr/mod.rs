//! Expressions: a hash-consed graph of operators over variables and exact constants.
//!
//! An [`ExprId`] is an index into the [`Graph`]; operands always have smaller ids than the node that uses them, so
//! ascending ids are a topological order, and it is the order in which the tape executes. The builders fold constants
//! exactly and keep linear sums n-ary, but they never distribute or expand. Nothing is folded away that may lack a value:
//! `0·√x` is zero only where `x ≥ 0`, and stays in a sum as what it is.

mod affine;
mod build;
pub mod evaluate;
mod infix;
mod operands;
mod print;

pub use affine::Affine;
pub use infix::Infix;
pub use operands::Operands;
pub use print::Printer;

use crate::exact::Constant;
use crate::op::Op;
use indexmap::IndexSet;
use std::collections::HashMap;

/// An expression of a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(u32);

impl ExprId {
    /// The position in the graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A variable of a problem, numbered from zero in the order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(u32);

impl VariableId {
    /// The variable with the given number.
    pub fn new(index: usize) -> Self {
        VariableId(u32::try_from(index).expect("fewer than 2^32 variables"))
    }

    /// The number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One node of the graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// an exact rational
    Constant(Constant),
    /// a variable
    Variable(VariableId),
    /// an operator applied to earlier nodes
    Apply {
        /// the operator
        op: Op,
        /// its operands, as many as its arity
        operands: Operands,
    },
}

/// A hash-consed expression graph: equal expressions have equal ids.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: IndexSet<Node>,
    /// by node: whether it has a value everywhere, since no partial operator is below it
    total: Vec<bool>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id at a position below [`len`](Self::len).
    pub fn id(&self, index: usize) -> ExprId {
        debug_assert!(index < self.len());
        ExprId(index as u32)
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Forgets all but the first `len` nodes; ids of the others must not be used any more.
    pub fn truncate(&mut self, len: usize) {
        self.nodes.truncate(len);
        self.total.truncate(len);
    }

    /// Whether an expression has a value everywhere: no partial operator is below it.
    pub fn is_total(&self, id: ExprId) -> bool {
        self.total[id.index()]
    }

    /// The node behind an id of this graph.
    pub fn node(&self, id: ExprId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node of a variable, if there is one.
    pub fn known_variable(&self, variable: VariableId) -> Option<ExprId> {
        self.nodes.get_index_of(&Node::Variable(variable)).map(|index| ExprId(index as u32))
    }

    /// The value of a constant node.
    pub fn as_constant(&self, id: ExprId) -> Option<&Constant> {
        match self.node(id) {
            Node::Constant(c) => Some(c),
            _ => None,
        }
    }

    /// Marks every node that `roots` depend on, by ascending id.
    pub fn reachable(&self, roots: &[ExprId]) -> Vec<bool> {
        let mut mark = vec![false; self.len()];
        for root in roots {
            mark[root.index()] = true;
        }
        for index in (0..self.len()).rev() {
            if mark[index]
                && let Node::Apply { operands, .. } = &self.nodes[index]
            {
                for operand in operands.iter() {
                    mark[operand.index()] = true;
                }
            }
        }
        mark
    }

    /// Marks every node that has a value wherever all of `roots` do: what they depend on, but not through a branch of an
    /// `ite`, which need not have a value where the other is taken.
    pub fn required(&self, roots: &[ExprId]) -> Vec<bool> {
        let mut mark = vec![false; self.len()];
        for root in roots {
            mark[root.index()] = true;
        }
        for index in (0..self.len()).rev() {
            if mark[index]
                && let Node::Apply { op, operands } = &self.nodes[index]
            {
                let strict = if *op == Op::Ite { 1 } else { operands.len() };
                for operand in &operands[..strict] {
                    mark[operand.index()] = true;
                }
            }
        }
        mark
    }

    /// Copies the marked nodes to another graph, giving the variables new numbers (those without one must not be marked).
    /// Returns what each became.
    pub(crate) fn copy(
        &self,
        mark: &[bool],
        numbers: &[Option<VariableId>],
        to: &mut Graph,
    ) -> HashMap<ExprId, ExprId> {
        let mut map = HashMap::new();
        for index in (0..self.len()).filter(|&index| mark[index]) {
            let node = match &self.nodes[index] {
                Node::Constant(c) => Node::Constant(c.clone()),
                Node::Variable(v) => Node::Variable(numbers[v.index()].expect("a marked variable has a number")),
                Node::Apply { op, operands } => {
                    Node::Apply { op: op.clone(), operands: operands.iter().map(|o| map[o]).collect() }
                }
            };
            let new = to.insert(node);
            map.insert(ExprId(index as u32), new);
        }
        map
    }

    fn insert(&mut self, node: Node) -> ExprId {
        let (index, new) = self.nodes.insert_full(node);
        if new {
            let total = match &self.nodes[index] {
                Node::Apply { op, operands } => {
                    op.operator().is_none_or(|operator| !operator.is_partial())
                        && operands.iter().all(|operand| self.total[operand.index()])
                }
                Node::Constant(_) | Node::Variable(_) => true,
            };
            self.total.push(total);
        }
        ExprId(u32::try_from(index).expect("fewer than 2^32 expressions"))
    }
}
