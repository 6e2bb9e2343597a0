//! Linear questions, decided and optimised in exact arithmetic.
//!
//! Doubles say little about `x ≥ 1e400`, about integers past `2^53`, or about a sum whose terms cancel. Where all atoms are
//! affine in the variables, once those that an equation fixes have their values, the simplex method over the rationals
//! says everything: whether there is a solution, and what the optimum is. Disjunctions, disequations and integers are branched
//! on, depth first, at a point that does not satisfy them. All of it is limited: this is for small problems whose numbers
//! lie where doubles do not reach.

mod reading;
mod tableau;

use crate::budget::Budget;
use crate::exact::Rational;
use crate::formula::{Atom, BooleanId, Formula, Literal, Relation};
use num_traits::{One, Signed, Zero};
pub(crate) use reading::Linear;
use std::collections::HashMap;
use tableau::{Effort, GaveUp, Near, Side, Tableau};

/// The most entries of tableaus that are rewritten, about a tenth of a second's work.
const ENTRIES: usize = 200_000;

/// What is known of a linear question.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// nothing satisfies it
    Infeasible,
    /// it has solutions that make the objective as large as one likes
    Unbounded,
    /// a solution
    Found {
        /// one value per variable
        point: Vec<Rational>,
        /// the propositional variables that took part
        booleans: Vec<Option<bool>>,
        /// the least upper bound of the objective, if there is one; the point comes as near to it as was asked
        supremum: Option<Rational>,
    },
}

/// A branch: bounds, and what they do not say.
#[derive(Clone, Debug)]
struct Branch {
    tableau: Tableau,
    disjunctions: Vec<Vec<Formula>>,
    unequal: Vec<Atom>,
    booleans: HashMap<BooleanId, bool>,
}

/// A solution in which ε is still to be chosen.
struct Solution {
    values: Vec<Near>,
    booleans: HashMap<BooleanId, bool>,
    objective: Option<Near>,
}

impl Linear<'_> {
    /// Decides the question, or bounds the maximum of its objective: the point comes within `gap` of it. `None` where that
    /// would take too long.
    pub(crate) fn solve(&self, gap: &Rational, budget: &Budget) -> Option<Answer> {
        self.search(gap, budget).ok()
    }

    fn search(&self, gap: &Rational, budget: &Budget) -> Result<Answer, GaveUp> {
        let mut effort = Effort { entries: ENTRIES, budget };
        let mut root = Branch {
            tableau: Tableau::new(self.columns.len(), self.dense_rows()),
            disjunctions: Vec::new(),
            unequal: Vec::new(),
            booleans: HashMap::new(),
        };
        let mut open = Vec::new();
        if self.take_domains(&mut root) && self.formulas().all(|formula| self.assert(&mut root, formula)) {
            open.push(root);
        }
        let mut best: Option<Solution> = None;
        while let Some(mut branch) = open.pop() {
            // it was copied
            effort.spend(branch.tableau.entries())?;
            if !branch.tableau.is_feasible(&mut effort)? {
                continue;
            }
            let mut bounded = true;
            if let Some(row) = self.objective_row() {
                bounded = branch.tableau.maximise(row, &mut effort)?;
                let reached = best.as_ref().and_then(|best| best.objective.as_ref());
                if bounded && reached.is_some_and(|reached| *reached >= *branch.tableau.value(row)) {
                    continue;
                }
            }
            if let Some(children) = self.children(&branch) {
                open.extend(children);
                continue;
            }
            if !bounded {
                return Ok(Answer::Unbounded);
            }
            let values = (0..self.columns.len()).map(|column| branch.tableau.value(column).clone()).collect();
            let objective = self.objective_row().map(|row| branch.tableau.value(row).clone());
            let is_decided = objective.is_none();
            best = Some(Solution { values, booleans: branch.booleans, objective });
            if is_decided {
                break;
            }
        }
        Ok(best.map_or(Answer::Infeasible, |best| self.answer(&best, gap)))
    }

    /// Two branches or more that hold all solutions of one, but not its point; `None` where the point is a solution.
    fn children(&self, branch: &Branch) -> Option<Vec<Branch>> {
        let value = |column: usize| branch.tableau.value(column);
        let broken = branch.disjunctions.iter().position(|parts| !parts.iter().any(|part| self.holds(part, branch)));
        if let Some(position) = broken {
            let mut rest = branch.clone();
            let parts = rest.disjunctions.swap_remove(position);
            let child = |part: &Formula| {
                let mut child = rest.clone();
                self.assert(&mut child, part).then_some(child)
            };
            return Some(parts.iter().rev().filter_map(child).collect());
        }
        let sides = |column: Option<usize>, below: Near, above: Near| {
            let column = column.expect("a row with variables has a column");
            let mut children = Vec::new();
            for (side, bound) in [(Side::Upper, below), (Side::Lower, above)] {
                let mut child = branch.clone();
                if child.tableau.bound(column, side, bound) {
                    children.push(child);
                }
            }
            Some(children)
        };
        for atom in &branch.unequal {
            let (row, scale) = self.row_of(atom);
            let offset = -(&self.sum(atom).constant / scale);
            if row.is_some_and(|row| *value(row) == Near::at(offset.clone())) {
                let [below, above] =
                    [-Rational::one(), Rational::one()].map(|tiny| Near { value: offset.clone(), tiny });
                return sides(row, below, above);
            }
        }
        let integers = (0..self.columns.len()).filter(|&column| self.is_integer(column));
        for column in integers {
            let Near { value, tiny } = value(column);
            let floor = value.floor();
            if floor == *value && tiny.is_zero() {
                continue;
            }
            let floor = if floor == *value && tiny.is_negative() { floor - Rational::one() } else { floor };
            let above = Near::at(&floor + Rational::one());
            return sides(Some(column), Near::at(floor), above);
        }
        None
    }

    /// Adds what a formula says to a branch; `false` where that is seen to be impossible.
    fn assert(&self, branch: &mut Branch, formula: &Formula) -> bool {
        match formula {
            Formula::And(parts) => parts.iter().all(|part| self.assert(branch, part)),
            Formula::Or(parts) if parts.len() == 1 => self.assert(branch, &parts[0]),
            Formula::Or(parts) => {
                branch.disjunctions.push(parts.clone());
                !parts.is_empty()
            }
            Formula::Literal(literal) => match self.definition(*literal) {
                Some(definition) => self.assert(branch, &definition),
                None => *branch.booleans.entry(literal.variable).or_insert(literal.positive) == literal.positive,
            },
            Formula::Atom(atom) => self.assert_atom(branch, atom),
        }
    }

    fn assert_atom(&self, branch: &mut Branch, atom: &Atom) -> bool {
        let sum = self.sum(atom);
        let (Some(row), scale) = self.row_of(atom) else {
            let sign = if sum.constant.is_zero() {
                0
            } else if sum.constant.is_positive() {
                1
            } else {
                -1
            };
            return atom.relation.holds_for(sign);
        };
        let at = -(&sum.constant / &scale);
        let turned = scale.is_negative();
        let (lower, upper, strict) = match atom.relation {
            Relation::Ne => {
                branch.unequal.push(*atom);
                return true;
            }
            Relation::Eq => (true, true, false),
            Relation::Ge | Relation::Gt => (!turned, turned, atom.relation == Relation::Gt),
            Relation::Le | Relation::Lt => (turned, !turned, atom.relation == Relation::Lt),
        };
        let step = self.step(row);
        let mut bounded = true;
        for (wanted, side, direction) in [(lower, Side::Lower, 1), (upper, Side::Upper, -1)] {
            if !wanted {
                continue;
            }
            let bound = match &step {
                // the sum is a multiple of the step: so is its least, or greatest, value
                Some(step) => {
                    let steps = &at / *step;
                    let rounded = if side == Side::Lower { steps.ceil() } else { steps.floor() };
                    let beyond = strict && rounded == steps;
                    let one = Rational::from_integer(i64::from(direction * i32::from(beyond)).into());
                    Near::at((rounded + one) * *step)
                }
                None => {
                    Near { value: at.clone(), tiny: Rational::from_integer((direction * i32::from(strict)).into()) }
                }
            };
            bounded &= branch.tableau.bound(row, side, bound);
        }
        bounded
    }

    /// Whether a formula holds at the point of a branch, for every ε that is small enough.
    fn holds(&self, formula: &Formula, branch: &Branch) -> bool {
        match formula {
            Formula::And(parts) => parts.iter().all(|part| self.holds(part, branch)),
            Formula::Or(parts) => parts.iter().any(|part| self.holds(part, branch)),
            Formula::Literal(literal) => match self.definition(*literal) {
                Some(definition) => self.holds(&definition, branch),
                None => branch.booleans.get(&literal.variable) == Some(&literal.positive),
            },
            Formula::Atom(atom) => {
                let value = self.value(atom, |column| branch.tableau.value(column));
                atom.relation.holds_for(value.cmp(&Near::default()) as i32)
            }
        }
    }

    /// The point of a solution, with an ε that keeps the sign of every atom.
    fn answer(&self, solution: &Solution, gap: &Rational) -> Answer {
        let mut epsilon = Rational::one();
        let mut limit = |value: &Rational, tiny: &Rational| {
            while (&epsilon * tiny).abs() > value.abs() {
                epsilon /= Rational::from_integer(10.into());
            }
        };
        for atom in self.atoms() {
            let Near { value, tiny } = self.value(&atom, |column| &solution.values[column]);
            if !value.is_zero() {
                limit(&(value / Rational::from_integer(2.into())), &tiny);
            }
        }
        if let Some(objective) = &solution.objective
            && gap.is_positive()
        {
            limit(gap, &objective.tiny);
        }
        let mut point = self.known_point();
        for (column, Near { value, tiny }) in solution.values.iter().enumerate() {
            point[self.columns[column].index()] = value + &epsilon * tiny;
        }
        let booleans =
            (0..self.problem.booleans.len()).map(|index| solution.booleans.get(&BooleanId::new(index)).copied());
        let supremum = solution.objective.as_ref().map(|objective| &objective.value + self.objective_constant());
        Answer::Found { point, booleans: booleans.collect(), supremum }
    }

    /// What a literal stands for.
    fn definition(&self, literal: Literal) -> Option<Formula> {
        let definition = self.problem.booleans[literal.variable.index()].definition.as_ref()?;
        Some(if literal.positive { definition.clone() } else { definition.negate() })
    }
}

#[cfg(test)]
mod tests;
