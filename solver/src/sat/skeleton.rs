//! The Boolean skeleton: a formula as clauses over literals for its atoms, names and gates.
//!
//! The formula is in negation normal form, so every atom occurs positively, and clauses in one direction suffice
//! (Plaisted, Greenbaum 1986): a literal that is true *demands* its atom, one that is false demands nothing. That also
//! says right what an atom without a value means, which neither holds nor has a negation that does.
//!
//! Every assertion is guarded by a literal of its own, to be assumed; those that a refutation needed are its core.

use crate::formula::{Atom, BooleanId, Formula, Literal, Relation};
use crate::problem::Problem;
use batsat::{BasicCallbacks, Callbacks, Lit, Solver, SolverInterface, Var};
use std::collections::HashMap;

/// The clauses' variables and what they stand for.
pub(super) struct Skeleton {
    /// by variable of the SAT solver: the atom that it demands
    pub(super) atoms: HashMap<Var, Atom>,
    literals: HashMap<Atom, Lit>,
    free: HashMap<BooleanId, Lit>,
    /// by named formula and sign
    named: HashMap<Literal, Lit>,
    /// the guards of the assertions
    pub(super) guards: Vec<(Lit, usize)>,
    truth: Option<Lit>,
}

/// Builds the clauses.
pub(super) struct Encoder<'a, C: Callbacks = BasicCallbacks> {
    pub(super) problem: &'a Problem,
    pub(super) solver: &'a mut Solver<C>,
    pub(super) skeleton: Skeleton,
}

impl<'a, C: Callbacks> Encoder<'a, C> {
    pub(super) fn new(problem: &'a Problem, solver: &'a mut Solver<C>) -> Self {
        let skeleton = Skeleton {
            atoms: HashMap::new(),
            literals: HashMap::new(),
            free: HashMap::new(),
            named: HashMap::new(),
            guards: Vec::new(),
            truth: None,
        };
        Encoder { problem, solver, skeleton }
    }

    fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var_default(), true)
    }

    fn clause(&mut self, mut literals: Vec<Lit>) {
        self.solver.add_clause_reuse(&mut literals);
    }

    /// Adds the conjuncts, each under the guard of the assertion it comes from.
    pub(super) fn assert_all(&mut self, parts: &[(Formula, Option<usize>)]) {
        let mut guards: HashMap<usize, Lit> = HashMap::new();
        for (formula, origin) in parts {
            let guard = origin.map(|origin| *guards.entry(origin).or_insert_with(|| self.fresh()));
            self.demand(formula, guard.map(|guard| !guard).into_iter().collect());
        }
        self.skeleton.guards = guards.into_iter().map(|(origin, guard)| (guard, origin)).collect();
        self.skeleton.guards.sort_unstable_by_key(|&(_, origin)| origin);
        self.exclude();
    }

    /// Adds `unless ∨ formula`.
    fn demand(&mut self, formula: &Formula, unless: Vec<Lit>) {
        match formula {
            Formula::And(parts) => parts.iter().for_each(|part| self.demand(part, unless.clone())),
            Formula::Or(parts) => {
                let mut clause = unless;
                for part in parts {
                    clause.push(self.literal(part));
                }
                self.clause(clause);
            }
            _ => {
                let literal = self.literal(formula);
                let mut clause = unless;
                clause.push(literal);
                self.clause(clause);
            }
        }
    }

    /// A literal that, where true, demands the formula.
    fn literal(&mut self, formula: &Formula) -> Lit {
        match formula {
            Formula::Atom(atom) => self.atom(*atom),
            Formula::Literal(literal) => self.boolean(*literal),
            Formula::And(parts) if parts.is_empty() => self.truth(),
            Formula::Or(parts) if parts.is_empty() => !self.truth(),
            _ => {
                let gate = self.fresh();
                self.demand(formula, vec![!gate]);
                gate
            }
        }
    }

    /// A literal that always holds.
    pub(super) fn truth(&mut self) -> Lit {
        if let Some(literal) = self.skeleton.truth {
            return literal;
        }
        let literal = self.fresh();
        self.clause(vec![literal]);
        *self.skeleton.truth.insert(literal)
    }

    fn atom(&mut self, atom: Atom) -> Lit {
        if let Some(&literal) = self.skeleton.literals.get(&atom) {
            return literal;
        }
        let literal = self.fresh();
        self.skeleton.literals.insert(atom, literal);
        self.skeleton.atoms.insert(literal.var(), atom);
        literal
    }

    fn boolean(&mut self, literal: Literal) -> Lit {
        match &self.problem.booleans[literal.variable.index()].definition {
            None => {
                if !self.skeleton.free.contains_key(&literal.variable) {
                    let fresh = self.fresh();
                    self.skeleton.free.insert(literal.variable, fresh);
                }
                let held = self.skeleton.free[&literal.variable];
                if literal.positive { held } else { !held }
            }
            Some(definition) => {
                if let Some(&held) = self.skeleton.named.get(&literal) {
                    return held;
                }
                let definition = if literal.positive { definition.clone() } else { definition.negate() };
                let held = self.literal(&definition);
                // a name and the name of its negation never both hold
                if let Some(&other) = self.skeleton.named.get(&literal.negate()) {
                    self.clause(vec![!held, !other]);
                }
                self.skeleton.named.insert(literal, held);
                held
            }
        }
    }

    /// An atom and its negation never both hold.
    fn exclude(&mut self) {
        let mut pairs: Vec<(Lit, Lit)> = Vec::new();
        for (atom, &literal) in &self.skeleton.literals {
            if matches!(atom.relation, Relation::Le | Relation::Lt | Relation::Eq) {
                let negation = Atom { relation: atom.relation.negate(), ..*atom };
                pairs.extend(self.skeleton.literals.get(&negation).map(|&other| (literal, other)));
            }
        }
        pairs.sort_unstable_by_key(|(literal, _)| literal.var().idx());
        for (literal, other) in pairs {
            self.clause(vec![!literal, !other]);
        }
    }
}

impl Skeleton {
    /// The literal of an atom of the formula.
    pub(super) fn literal_of(&self, atom: &Atom) -> Option<Lit> {
        self.literals.get(atom).copied()
    }

    /// The literal of a propositional variable, free or the name of a formula, or of its negation, that occurs.
    pub(super) fn literal_of_boolean(&self, literal: Literal) -> Option<Lit> {
        self.named.get(&literal).copied().or_else(|| {
            let held = self.free.get(&literal.variable)?;
            Some(if literal.positive { *held } else { !*held })
        })
    }
}
