//! What is asked: variables with domains, a formula, and perhaps an objective to maximise.

use crate::budget::{Budget, StopReason};
use crate::exact::{Ball, Rational};
use crate::expr::evaluate::evaluate_within;
use crate::expr::{ExprId, Graph, VariableId};
use crate::formula::{Atom, BooleanId, Formula, Relation, Truth};
use crate::interval::Interval;
use crate::tape::{Slot, Tape, Workspace};
use std::sync::Arc;

/// What a variable ranges over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// the reals
    Real,
    /// the integers
    Integer,
    /// the reals, and the objective and constraints are worth trying at the ends of its domain first: the noise of a
    /// row
    Noise,
}

/// A variable of a problem.
#[derive(Clone, Debug)]
pub struct Variable {
    /// its name, for printing
    pub name: String,
    /// the interval it ranges over
    pub domain: Interval,
    /// what kind of number it is
    pub sort: Sort,
}

/// A propositional variable of a problem: a free one, or the name of a formula.
#[derive(Clone, Debug)]
pub struct Boolean {
    /// its name, for printing; empty for a formula that was only named to be shared
    pub name: String,
    /// what it stands for: then the literal means this formula, and its negation the formula's negation. Only earlier
    /// variables occur in it.
    pub definition: Option<Formula>,
}

/// Existential question: is there a point of the domains that satisfies the formula, and how large can the objective
/// get there?
///
/// An atom does not hold where its expression has no value (`√x ≥ 0` at `x = −1`), so neither does its negation; an `ite`
/// has a value where the branch that is taken has one. The objective must have a value too.
#[derive(Clone, Debug)]
pub struct Problem {
    /// the expressions
    pub graph: Graph,
    /// the variables, by [`VariableId`]
    pub variables: Vec<Variable>,
    /// the propositional variables, by [`BooleanId`]; the search leaves a formula that has any undecided, so such a
    /// problem goes through [`sat::check`](crate::sat::check)
    pub booleans: Vec<Boolean>,
    /// the constraint
    pub constraint: Formula,
    /// what follows from the constraint (and, beside an objective, from its reaching [`Options::floor`]): contractors may
    /// use it, no point is asked for it
    ///
    /// [`Options::floor`]: crate::search::Options::floor
    pub implied: Vec<Atom>,
    /// what to maximise
    pub objective: Option<ExprId>,
    /// what [`Compiled::aimed_at`] may make the objective
    pub objectives: Vec<ExprId>,
}

impl Default for Problem {
    fn default() -> Self {
        Problem {
            graph: Graph::new(),
            variables: Vec::new(),
            booleans: Vec::new(),
            constraint: Formula::TRUE,
            implied: Vec::new(),
            objective: None,
            objectives: Vec::new(),
        }
    }
}

impl Problem {
    /// Declares a variable and returns the expression that is it.
    pub fn variable(&mut self, name: impl Into<String>, domain: Interval, sort: Sort) -> ExprId {
        self.variables.push(Variable { name: name.into(), domain, sort });
        self.graph.variable(VariableId::new(self.variables.len() - 1))
    }

    /// Declares a free propositional variable.
    pub fn boolean(&mut self, name: impl Into<String>) -> BooleanId {
        self.booleans.push(Boolean { name: name.into(), definition: None });
        BooleanId::new(self.booleans.len() - 1)
    }

    /// A formula of at most one literal that means the given one. What is used more than once (a shared `let`, the
    /// operands of `xor` and `=`) is named first, lest the formula grow exponentially.
    pub fn name(&mut self, formula: Formula) -> Formula {
        match &formula {
            Formula::Atom(_) | Formula::Literal(_) => return formula,
            Formula::And(parts) | Formula::Or(parts) if parts.is_empty() => return formula,
            Formula::And(_) | Formula::Or(_) => {}
        }
        self.booleans.push(Boolean { name: String::new(), definition: Some(formula) });
        Formula::boolean(BooleanId::new(self.booleans.len() - 1))
    }

    /// Compiles the formula and the objective into one tape.
    pub fn compile(self) -> Compiled {
        self.compile_within(&Budget::unlimited()).expect("nothing limits it")
    }

    /// Compiles the problem, as far as a budget allows.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn compile_within(self, budget: &Budget) -> Result<Compiled, StopReason> {
        let mut atoms = Vec::new();
        self.constraint.atoms(&mut |atom| atoms.push(atom.expr));
        let mut required: Vec<ExprId> = self.constraint.conjuncts().map(|atom| atom.expr).collect();
        required.extend(self.implied.iter().map(|atom| atom.expr));
        required.extend(self.objective);
        required.extend(&self.objectives);
        let tape = Tape::compile_within(&self.graph, self.variables.len(), &required, &atoms, budget)?;
        let mut slot = |id| tape.slot(id).expect("a root has a slot");
        let constraint = self.constraint.map(&mut slot);
        let implied = self.implied.iter().map(|a| Atom { expr: slot(a.expr), relation: a.relation }).collect();
        let objective = self.objective.map(&mut slot);
        let aim = self.objective;
        Ok(Compiled { problem: Arc::new(self), tape: Arc::new(tape), constraint, implied, objective, aim })
    }
}

/// A problem with its tape: immutable, shared between threads.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// what was compiled
    pub problem: Arc<Problem>,
    /// all expressions
    pub tape: Arc<Tape>,
    /// the constraint over slots
    pub constraint: Formula<Slot>,
    /// what follows from it
    pub implied: Vec<Atom<Slot>>,
    /// the slot of the objective
    pub objective: Option<Slot>,
    /// the objective
    aim: Option<ExprId>,
}

/// The number of open variables from which on they are too many to halve one by one.
const MANY: usize = 12;

impl Compiled {
    /// What the conjunctive atoms that are open in the box in the workspace demand: that `sign·slot ≥ 0`.
    pub(crate) fn demands<'a>(&'a self, w: &'a Workspace) -> impl Iterator<Item = (Slot, f64)> + 'a {
        let atoms = self.constraint.conjuncts().chain(&self.implied).enumerate();
        atoms.filter(|(index, _)| w.open.get(*index).is_none_or(|open| *open)).flat_map(|(_, atom)| {
            let signs: &[f64] = match atom.relation {
                Relation::Le | Relation::Lt => &[-1.0],
                Relation::Ge | Relation::Gt => &[1.0],
                Relation::Eq => &[-1.0, 1.0],
                Relation::Ne => &[],
            };
            signs.iter().map(|&sign| (atom.expr, sign))
        })
    }

    /// Whether the box in the workspace is open in many variables that are no noise: halving each in turn takes for ever, and
    /// work on the bounds of one box pays.
    pub(crate) fn is_wide(&self, w: &Workspace) -> bool {
        let open = |(variable, value): &(&Variable, &Interval)| variable.sort != Sort::Noise && !value.is_singleton();
        self.problem.variables.iter().zip(&w.values).filter(open).take(MANY).count() == MANY
    }

    /// The same problem with another objective, one of [`Problem::objectives`]; it shares everything else. What is implied
    /// must not depend on the objective.
    pub fn aimed_at(&self, objective: ExprId) -> Option<Compiled> {
        let slot = self.tape.slot(objective)?;
        Some(Compiled { objective: Some(slot), aim: Some(objective), ..self.clone() })
    }

    /// The bounds of the kept slots at the root of the search: the domains, and nothing known of the rest.
    pub fn root(&self) -> Vec<Interval> {
        let mut bounds = vec![Interval::ENTIRE; self.tape.kept().len()];
        for (bound, variable) in bounds.iter_mut().zip(&self.problem.variables) {
            *bound = variable.domain;
        }
        bounds
    }

    /// Judges a point exactly, by code that shares nothing with the search: whether the constraint holds there (in
    /// certified arithmetic, where an undecided comparison counts as not holding), and the value of the objective.
    pub fn certify(&self, point: &[f64]) -> Option<Certificate> {
        self.certify_within(point, &Budget::unlimited())
    }

    /// Judges a point as [`certify`](Self::certify) does, as far as a budget allows: what is not evaluated in time counts as
    /// undecided.
    pub fn certify_within(&self, point: &[f64], budget: &Budget) -> Option<Certificate> {
        let inside = self.problem.variables.iter().zip(point).all(|(variable, &x)| variable.domain.contains(x));
        let integral =
            self.problem.variables.iter().zip(point).all(|(v, x)| v.sort != Sort::Integer || x.fract() == 0.0);
        if !inside || !integral {
            return None;
        }
        let point: Vec<Rational> = point.iter().map(|&x| crate::exact::rational::from_f64(x)).collect::<Option<_>>()?;
        let values = evaluate_within(&self.problem.graph, &self.roots(), &point, budget);
        let value_of = |id: ExprId| values.get(&id).and_then(Option::as_ref);
        let holds = self
            .problem
            .constraint
            .evaluate(&mut |atom| value_of(atom.expr).map_or(Truth::Unknown, |value| sign_truth(atom.relation, value)));
        if holds != Truth::True {
            return None;
        }
        let objective = match self.aim {
            None => None,
            Some(objective) => Some(value_of(objective)?.clone()),
        };
        Some(Certificate { point, objective })
    }

    fn roots(&self) -> Vec<ExprId> {
        let mut roots = Vec::new();
        self.problem.constraint.atoms(&mut |atom| roots.push(atom.expr));
        roots.extend(self.aim);
        roots
    }
}

/// A point that satisfies the constraint, exactly.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// the point, one entry per variable
    pub point: Vec<Rational>,
    /// the objective there, enclosed in high precision (a point where it is rational)
    pub objective: Option<Ball>,
}

pub(crate) fn sign_truth(relation: Relation, value: &Ball) -> Truth {
    let (lower, upper) = (value.floor_sign(), value.ceil_sign());
    let (yes, no) = match relation {
        Relation::Le => (upper <= 0, lower > 0),
        Relation::Lt => (upper < 0, lower >= 0),
        Relation::Ge => (lower >= 0, upper < 0),
        Relation::Gt => (lower > 0, upper <= 0),
        Relation::Eq => (lower == 0 && upper == 0, lower > 0 || upper < 0),
        Relation::Ne => (lower > 0 || upper < 0, lower == 0 && upper == 0),
    };
    match (yes, no) {
        (true, _) => Truth::True,
        (_, true) => Truth::False,
        _ => Truth::Unknown,
    }
}
