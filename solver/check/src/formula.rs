//! Formulas in negation normal form.

use crate::graph::Node;

/// How an expression compares with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// `e ≥ 0`
    Ge,
    /// `e > 0`
    Gt,
    /// `e = 0`
    Eq,
    /// `e ≠ 0`
    Ne,
}

/// A formula. An atom does not hold where its expression has no value, and neither does its negation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula {
    /// an expression compared with zero
    Atom(Node, Relation),
    /// a propositional variable, or its negation
    Literal(usize, bool),
    /// all of them; true where there are none
    And(Vec<Formula>),
    /// one of them; false where there are none
    Or(Vec<Formula>),
}

impl Formula {
    /// Holds everywhere.
    pub const TRUE: Formula = Formula::And(Vec::new());
    /// Holds nowhere.
    pub const FALSE: Formula = Formula::Or(Vec::new());

    /// Calls a function with the expression of every atom.
    pub fn atoms(&self, visit: &mut impl FnMut(Node)) {
        match self {
            Formula::Atom(node, _) => visit(*node),
            Formula::Literal(..) => {}
            Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| part.atoms(visit)),
        }
    }

    /// The conjunction, flattened.
    pub fn and(parts: Vec<Formula>) -> Formula {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Formula::And(flat) }
    }

    /// The disjunction, flattened.
    pub fn or(parts: Vec<Formula>) -> Formula {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Formula::Or(flat) }
    }
}
