//! Formulas: atoms `expr ⋈ 0` and propositional literals under conjunction and disjunction.
//!
//! Negation is pushed to the atoms as the formula is built, so a [`Formula`] is always in negation normal form. The
//! δ-weakening (Gao, Avigad, Clarke 2012) relaxes every atom by δ: `e ≤ 0` to `e ≤ δ`, `e = 0` to `|e| ≤ δ`. Strict and
//! weak inequalities weaken alike, as their closures do; `e ≠ 0` weakens to what holds wherever `e` has a value.

use crate::expr::ExprId;
use crate::interval::{Interval, bounds};

/// How an expression compares with zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `e ≤ 0`
    Le,
    /// `e < 0`
    Lt,
    /// `e ≥ 0`
    Ge,
    /// `e > 0`
    Gt,
    /// `e = 0`
    Eq,
    /// `e ≠ 0`
    Ne,
}

/// Whether a formula or atom holds on a whole box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// at every point of the box
    True,
    /// at no point of the box
    False,
    /// not known
    Unknown,
}

impl Relation {
    /// The relation that holds exactly where this one does not.
    pub fn negate(self) -> Self {
        match self {
            Relation::Le => Relation::Gt,
            Relation::Lt => Relation::Ge,
            Relation::Ge => Relation::Lt,
            Relation::Gt => Relation::Le,
            Relation::Eq => Relation::Ne,
            Relation::Ne => Relation::Eq,
        }
    }

    /// Whether the relation holds for a number of this sign.
    pub fn holds_for(self, sign: i32) -> bool {
        match self {
            Relation::Le => sign <= 0,
            Relation::Lt => sign < 0,
            Relation::Ge => sign >= 0,
            Relation::Gt => sign > 0,
            Relation::Eq => sign == 0,
            Relation::Ne => sign != 0,
        }
    }

    /// The closure of the set of values that satisfy the relation weakened by `delta ≥ 0`; what a contractor may
    /// intersect an enclosure with.
    pub fn target(self, delta: f64) -> Interval {
        match self {
            Relation::Le | Relation::Lt => bounds(f64::NEG_INFINITY, delta),
            Relation::Ge | Relation::Gt => bounds(-delta, f64::INFINITY),
            Relation::Eq => bounds(-delta, delta),
            Relation::Ne => Interval::ENTIRE,
        }
    }

    /// Whether the relation holds for all, for none, or for an unknown part of the values in a nonempty enclosure.
    pub fn truth(self, value: Interval) -> Truth {
        if value.is_empty() {
            return Truth::False;
        }
        let (lo, hi) = (value.inf(), value.sup());
        let (yes, no) = match self {
            Relation::Le => (hi <= 0.0, lo > 0.0),
            Relation::Lt => (hi < 0.0, lo >= 0.0),
            Relation::Ge => (lo >= 0.0, hi < 0.0),
            Relation::Gt => (lo > 0.0, hi <= 0.0),
            Relation::Eq => (lo == 0.0 && hi == 0.0, lo > 0.0 || hi < 0.0),
            Relation::Ne => (lo > 0.0 || hi < 0.0, lo == 0.0 && hi == 0.0),
        };
        match (yes, no) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Unknown,
        }
    }

    /// Whether every value of the enclosure satisfies the relation weakened by `delta`: every number does `e ≠ 0`.
    /// `delta = 0` is [`truth`](Self::truth).
    pub fn weakly_true(self, value: Interval, delta: f64) -> bool {
        if delta == 0.0 {
            return self.truth(value) == Truth::True;
        }
        !value.is_empty() && value.subset(self.target(delta))
    }
}

/// `expr ⋈ 0`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Atom<E = ExprId> {
    /// the expression, or the slot that holds its value
    pub expr: E,
    /// its relation to zero
    pub relation: Relation,
}

/// A propositional variable of a problem, numbered from zero in the order of declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BooleanId(u32);

impl BooleanId {
    /// The variable with the given number.
    pub fn new(index: usize) -> Self {
        BooleanId(u32::try_from(index).expect("fewer than 2^32 propositional variables"))
    }

    /// The number.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A propositional variable or its negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Literal {
    /// the variable
    pub variable: BooleanId,
    /// whether the literal is the variable itself
    pub positive: bool,
}

impl Literal {
    /// The literal that holds exactly where this one does not.
    pub fn negate(self) -> Self {
        Literal { positive: !self.positive, ..self }
    }
}

/// A quantifier-free formula in negation normal form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formula<E = ExprId> {
    /// an atom
    Atom(Atom<E>),
    /// a propositional literal
    Literal(Literal),
    /// all of them; the empty conjunction is true
    And(Vec<Formula<E>>),
    /// at least one of them; the empty disjunction is false
    Or(Vec<Formula<E>>),
}

impl Formula {
    /// The formula that holds everywhere.
    pub const TRUE: Formula = Formula::And(Vec::new());
    /// The formula that holds nowhere.
    pub const FALSE: Formula = Formula::Or(Vec::new());

    /// `expr ⋈ 0`
    pub fn atom(expr: ExprId, relation: Relation) -> Self {
        Formula::Atom(Atom { expr, relation })
    }

    /// A propositional variable.
    pub fn boolean(variable: BooleanId) -> Self {
        Formula::Literal(Literal { variable, positive: true })
    }

    /// Conjunction, flattened.
    pub fn and(parts: impl IntoIterator<Item = Formula>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.contains(&Formula::FALSE) {
            return Formula::FALSE;
        }
        if flat.len() == 1 { flat.remove(0) } else { Formula::And(flat) }
    }

    /// Disjunction, flattened.
    pub fn or(parts: impl IntoIterator<Item = Formula>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Formula::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.contains(&Formula::TRUE) {
            return Formula::TRUE;
        }
        if flat.len() == 1 { flat.remove(0) } else { Formula::Or(flat) }
    }

    /// The negation, again in normal form.
    pub fn negate(&self) -> Self {
        match self {
            Formula::Atom(atom) => Formula::atom(atom.expr, atom.relation.negate()),
            Formula::Literal(literal) => Formula::Literal(literal.negate()),
            Formula::And(parts) => Formula::or(parts.iter().map(Formula::negate)),
            Formula::Or(parts) => Formula::and(parts.iter().map(Formula::negate)),
        }
    }

    /// The formula with every atom replaced.
    pub fn replace(&self, atom: &mut impl FnMut(&Atom) -> Formula) -> Self {
        match self {
            Formula::Atom(held) => atom(held),
            Formula::Literal(literal) => Formula::Literal(*literal),
            Formula::And(parts) => Formula::and(parts.iter().map(|part| part.replace(atom))),
            Formula::Or(parts) => Formula::or(parts.iter().map(|part| part.replace(atom))),
        }
    }

    /// `if condition then a else b`
    pub fn ite(condition: &Formula, a: &Formula, b: &Formula) -> Self {
        Formula::and([Formula::or([condition.negate(), a.clone()]), Formula::or([condition.clone(), b.clone()])])
    }

    /// `a` exactly where `b`. Both are written out twice: name what is large first
    /// ([`Problem::name`](crate::problem::Problem::name)).
    pub fn iff(a: &Formula, b: &Formula) -> Self {
        Formula::ite(a, b, &b.negate())
    }

    /// The formula with its propositional variables replaced by what `value` gives; where it gives nothing the literal
    /// stays.
    pub fn assign(&self, value: &mut impl FnMut(BooleanId) -> Option<bool>) -> Self {
        match self {
            Formula::Atom(atom) => Formula::Atom(*atom),
            Formula::Literal(literal) => match value(literal.variable) {
                Some(holds) if holds == literal.positive => Formula::TRUE,
                Some(_) => Formula::FALSE,
                None => Formula::Literal(*literal),
            },
            Formula::And(parts) => Formula::and(parts.iter().map(|part| part.assign(value))),
            Formula::Or(parts) => Formula::or(parts.iter().map(|part| part.assign(value))),
        }
    }
}

impl<E: Copy> Formula<E> {
    /// Calls `visit` on every atom, left to right.
    pub fn atoms(&self, visit: &mut impl FnMut(&Atom<E>)) {
        match self {
            Formula::Atom(atom) => visit(atom),
            Formula::Literal(_) => {}
            Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| part.atoms(visit)),
        }
    }

    /// Calls `visit` on every propositional literal, left to right.
    pub fn literals(&self, visit: &mut impl FnMut(Literal)) {
        match self {
            Formula::Atom(_) => {}
            Formula::Literal(literal) => visit(*literal),
            Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|part| part.literals(visit)),
        }
    }

    /// The atoms that hold wherever the formula does, as far as its shape tells: those that no disjunction is above.
    pub fn conjuncts(&self) -> impl Iterator<Item = &Atom<E>> {
        let parts = match self {
            Formula::And(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        parts.iter().filter_map(|part| match part {
            Formula::Atom(atom) => Some(atom),
            _ => None,
        })
    }

    /// The same formula over other names of the expressions.
    pub fn map<F>(&self, name: &mut impl FnMut(E) -> F) -> Formula<F> {
        match self {
            Formula::Atom(atom) => Formula::Atom(Atom { expr: name(atom.expr), relation: atom.relation }),
            Formula::Literal(literal) => Formula::Literal(*literal),
            Formula::And(parts) => Formula::And(parts.iter().map(|part| part.map(name)).collect()),
            Formula::Or(parts) => Formula::Or(parts.iter().map(|part| part.map(name)).collect()),
        }
    }

    /// Three-valued evaluation: `truth` gives the truth of each atom on the same box. Propositional literals are not
    /// known: [`assign`](Self::assign) them first.
    pub fn evaluate(&self, truth: &mut impl FnMut(&Atom<E>) -> Truth) -> Truth {
        match self {
            Formula::Atom(atom) => truth(atom),
            Formula::Literal(_) => Truth::Unknown,
            Formula::And(parts) => fold(parts, truth, Truth::False, Truth::True),
            Formula::Or(parts) => fold(parts, truth, Truth::True, Truth::False),
        }
    }
}

/// Evaluates parts until one is `absorbing`; `neutral` when all are.
fn fold<E: Copy>(
    parts: &[Formula<E>],
    truth: &mut impl FnMut(&Atom<E>) -> Truth,
    absorbing: Truth,
    neutral: Truth,
) -> Truth {
    let mut result = neutral;
    for part in parts {
        let value = part.evaluate(truth);
        if value == absorbing {
            return absorbing;
        }
        if value == Truth::Unknown {
            result = Truth::Unknown;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_and_its_negation_are_never_both_possible_on_a_decided_enclosure() {
        let relations = [Relation::Le, Relation::Lt, Relation::Ge, Relation::Gt, Relation::Eq, Relation::Ne];
        let values = [bounds(-2.0, -1.0), bounds(-1.0, 0.0), bounds(0.0, 0.0), bounds(0.0, 1.0), bounds(-1.0, 1.0)];
        for relation in relations {
            for value in values {
                match relation.truth(value) {
                    Truth::True => assert_eq!(relation.negate().truth(value), Truth::False),
                    Truth::False => assert_eq!(relation.negate().truth(value), Truth::True),
                    Truth::Unknown => assert_eq!(relation.negate().truth(value), Truth::Unknown),
                }
                if relation.truth(value) == Truth::True {
                    assert!(relation.weakly_true(value, 0.5), "{relation:?} on {value:?} must survive weakening");
                }
            }
        }
    }

    #[test]
    fn weakening_admits_delta_and_no_more() {
        assert!(Relation::Le.weakly_true(bounds(0.0, 0.5), 0.5));
        assert!(!Relation::Le.weakly_true(bounds(0.0, 0.5f64.next_up()), 0.5));
        assert!(Relation::Eq.weakly_true(bounds(-0.5, 0.5), 0.5));
        assert!(!Relation::Gt.weakly_true(bounds(-0.75, 1.0), 0.5));
        assert!(Relation::Ne.weakly_true(bounds(0.0, 0.0), 0.5) && !Relation::Ne.weakly_true(bounds(0.0, 0.0), 0.0));
        assert!(!Relation::Ne.weakly_true(Interval::EMPTY, 0.5));
    }
}
