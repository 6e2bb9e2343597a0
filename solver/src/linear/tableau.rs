//! The simplex method over the rationals, with strict bounds.
//!
//! Variables with bounds, and rows that are sums of them (Dutertre, de Moura 2006). A strict bound `x > c` is `x ≥ c + ε` with
//! an ε that is positive and smaller than everything else: numbers are pairs, compared lexicographically. Entering and
//! leaving variables are chosen by Bland's rule, so that no basis returns.

use crate::budget::Budget;
use crate::exact::Rational;
use num_traits::{Signed, Zero};

/// `value + tiny·ε`
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Near {
    // the derived order compares the fields in this order
    pub(super) value: Rational,
    pub(super) tiny: Rational,
}

impl Near {
    pub(super) fn at(value: Rational) -> Self {
        Near { value, tiny: Rational::zero() }
    }

    pub(super) fn add_scaled(&mut self, other: &Near, factor: &Rational) {
        self.value += &other.value * factor;
        if !other.tiny.is_zero() {
            self.tiny += &other.tiny * factor;
        }
    }

    fn minus(&self, other: &Near) -> Near {
        Near { value: &self.value - &other.value, tiny: &self.tiny - &other.tiny }
    }

    fn divided(&self, divisor: &Rational) -> Near {
        Near { value: &self.value / divisor, tiny: &self.tiny / divisor }
    }
}

/// A side of a variable's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Lower,
    Upper,
}

/// Why the method ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GaveUp;

/// The tableau: `basic_i = Σ rows_ij · nonbasic_j`.
#[derive(Clone, Debug)]
pub(super) struct Tableau {
    rows: Vec<Vec<Rational>>,
    basic: Vec<usize>,
    nonbasic: Vec<usize>,
    lower: Vec<Option<Near>>,
    upper: Vec<Option<Near>>,
    value: Vec<Near>,
}

/// Work that is left to all tableaus of a question, in entries that a pivot rewrites.
pub(super) struct Effort<'a> {
    pub(super) entries: usize,
    pub(super) budget: &'a Budget,
}

impl Effort<'_> {
    pub(super) fn spend(&mut self, entries: usize) -> Result<(), GaveUp> {
        self.entries = self.entries.checked_sub(entries).ok_or(GaveUp)?;
        if self.budget.expired() { Err(GaveUp) } else { Ok(()) }
    }
}

impl Tableau {
    /// So many free variables, and a variable more for each row over them.
    pub(super) fn new(variables: usize, rows: Vec<Vec<Rational>>) -> Self {
        let all = variables + rows.len();
        Tableau {
            basic: (variables..all).collect(),
            nonbasic: (0..variables).collect(),
            rows,
            lower: vec![None; all],
            upper: vec![None; all],
            value: vec![Near::default(); all],
        }
    }

    /// How many numbers there are, and a few for what is done beside them.
    pub(super) fn entries(&self) -> usize {
        self.rows.len() * self.nonbasic.len() + 16
    }

    pub(super) fn value(&self, variable: usize) -> &Near {
        &self.value[variable]
    }

    /// Adds a bound; `false` where it contradicts the other side.
    pub(super) fn bound(&mut self, variable: usize, side: Side, bound: Near) -> bool {
        let (own, other) = match side {
            Side::Lower => (&mut self.lower[variable], &self.upper[variable]),
            Side::Upper => (&mut self.upper[variable], &self.lower[variable]),
        };
        let is_better = |held: &Near| if side == Side::Lower { bound > *held } else { bound < *held };
        if !own.as_ref().is_none_or(is_better) {
            return true;
        }
        let crossed = |other: &Near| if side == Side::Lower { bound > *other } else { bound < *other };
        if other.as_ref().is_some_and(crossed) {
            return false;
        }
        let outside = if side == Side::Lower { self.value[variable] < bound } else { self.value[variable] > bound };
        *own = Some(bound.clone());
        if let (true, Some(column)) = (outside, self.nonbasic.iter().position(|&v| v == variable)) {
            self.move_nonbasic(column, &bound);
        }
        true
    }

    fn move_nonbasic(&mut self, column: usize, to: &Near) {
        let variable = self.nonbasic[column];
        let step = to.minus(&self.value[variable]);
        self.value[variable] = to.clone();
        for (row, &basic) in self.rows.iter().zip(&self.basic) {
            if !row[column].is_zero() {
                self.value[basic].add_scaled(&step, &row[column]);
            }
        }
    }

    fn may_grow(&self, variable: usize) -> bool {
        self.upper[variable].as_ref().is_none_or(|upper| self.value[variable] < *upper)
    }

    fn may_shrink(&self, variable: usize) -> bool {
        self.lower[variable].as_ref().is_none_or(|lower| self.value[variable] > *lower)
    }

    /// The column that moves a row in one direction, of the least variable that may.
    fn entering(&self, row: usize, up: bool) -> Option<usize> {
        let suits = |&column: &usize| {
            let coefficient = &self.rows[row][column];
            let variable = self.nonbasic[column];
            !coefficient.is_zero()
                && if coefficient.is_positive() == up { self.may_grow(variable) } else { self.may_shrink(variable) }
        };
        (0..self.nonbasic.len()).filter(suits).min_by_key(|&column| self.nonbasic[column])
    }

    /// Exchanges a basic variable for a nonbasic one.
    fn pivot(&mut self, row: usize, column: usize) {
        let mut solved = std::mem::take(&mut self.rows[row]);
        let inverse = solved[column].recip();
        for (index, coefficient) in solved.iter_mut().enumerate() {
            *coefficient = if index == column { inverse.clone() } else { -(&*coefficient * &inverse) };
        }
        for other in self.rows.iter_mut().filter(|other| !other.is_empty()) {
            let factor = std::mem::take(&mut other[column]);
            if !factor.is_zero() {
                for (coefficient, by) in other.iter_mut().zip(&solved).filter(|(_, by)| !by.is_zero()) {
                    *coefficient += &factor * by;
                }
            }
        }
        self.rows[row] = solved;
        std::mem::swap(&mut self.basic[row], &mut self.nonbasic[column]);
    }

    /// Moves the variables inside their bounds; `false` where that is impossible.
    pub(super) fn is_feasible(&mut self, effort: &mut Effort<'_>) -> Result<bool, GaveUp> {
        loop {
            let violated = |&row: &usize| {
                let (variable, value) = (self.basic[row], &self.value[self.basic[row]]);
                self.lower[variable].as_ref().is_some_and(|lower| value < lower)
                    || self.upper[variable].as_ref().is_some_and(|upper| value > upper)
            };
            let Some(row) = (0..self.basic.len()).filter(violated).min_by_key(|&row| self.basic[row]) else {
                return Ok(true);
            };
            effort.spend(self.entries())?;
            let variable = self.basic[row];
            let up = self.lower[variable].as_ref().is_some_and(|lower| self.value[variable] < *lower);
            let bound = if up { &self.lower[variable] } else { &self.upper[variable] };
            let (Some(bound), Some(column)) = (bound.clone(), self.entering(row, up)) else { return Ok(false) };
            let entering = self.nonbasic[column];
            let step = bound.minus(&self.value[variable]).divided(&self.rows[row][column]);
            let mut to = self.value[entering].clone();
            to.add_scaled(&step, &Rational::from_integer(1.into()));
            self.move_nonbasic(column, &to);
            self.pivot(row, column);
        }
    }

    /// Maximises a basic variable without bounds, from a feasible point; `false` where there is no maximum. The variable stays
    /// basic.
    pub(super) fn maximise(&mut self, objective: usize, effort: &mut Effort<'_>) -> Result<bool, GaveUp> {
        let Some(row) = self.basic.iter().position(|&variable| variable == objective) else { return Err(GaveUp) };
        while let Some(column) = self.entering(row, true) {
            effort.spend(self.entries())?;
            let up = self.rows[row][column].is_positive();
            let entering = self.nonbasic[column];
            // how far the entering variable goes, and the row that stops it: its own bound, or the least basic variable
            let own = if up { &self.upper[entering] } else { &self.lower[entering] };
            let mut best = own.as_ref().map(|bound| (distance(bound, &self.value[entering]), None));
            for (index, &variable) in self.basic.iter().enumerate() {
                let coefficient = &self.rows[index][column];
                if coefficient.is_zero() {
                    continue;
                }
                let grows = coefficient.is_positive() == up;
                let Some(bound) = (if grows { &self.upper[variable] } else { &self.lower[variable] }) else { continue };
                let far = distance(bound, &self.value[variable]).divided(&coefficient.abs());
                let is_nearer = best.as_ref().is_none_or(|(nearest, at): &(Near, Option<usize>)| {
                    far < *nearest || (far == *nearest && at.is_some_and(|at| variable < self.basic[at]))
                });
                if is_nearer {
                    best = Some((far, Some(index)));
                }
            }
            let Some((far, leaving)) = best else { return Ok(false) };
            let mut to = self.value[entering].clone();
            to.add_scaled(&far, &Rational::from_integer(if up { 1.into() } else { (-1).into() }));
            self.move_nonbasic(column, &to);
            if let Some(leaving) = leaving {
                self.pivot(leaving, column);
            }
        }
        Ok(true)
    }
}

fn distance(a: &Near, b: &Near) -> Near {
    let difference = a.minus(b);
    if difference < Near::default() { b.minus(a) } else { difference }
}
