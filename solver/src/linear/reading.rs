//! What a linear question says: its sums, a row for each direction, and the steps in which rows over integers go.

use super::Branch;
use super::tableau::{Near, Side};
use crate::exact::{Rational, rational};
use crate::expr::{Affine, ExprId, VariableId};
use crate::formula::{Atom, Formula, Relation};
use crate::problem::{Problem, Sort};
use num_integer::Integer;
use num_traits::{One, Zero};
use std::collections::{BTreeMap, HashMap};

/// The most entries of a tableau.
const ENTRIES: usize = 4_000;
/// The most operands that are read.
const OPERANDS: usize = 20_000;
/// The integers up to this power of two are doubles, and sums of a few numbers of about that size keep a digit or two.
const FAR: u64 = 50;
/// Numbers below this negative power of two come near to the least doubles.
const TINY: u64 = 300;

/// A question all of whose atoms are affine.
pub(crate) struct Linear<'a> {
    pub(super) problem: &'a Problem,
    assertions: &'a [Formula],
    sums: HashMap<ExprId, Affine>,
    /// the values that equations fix
    known: HashMap<VariableId, Rational>,
    /// the variables that are left
    pub(super) columns: Vec<VariableId>,
    /// by direction, with leading coefficient one: its number among the variables of the tableau
    directions: BTreeMap<Vec<(usize, Rational)>, usize>,
    /// by number: the sum's values are multiples of this
    steps: HashMap<usize, Rational>,
}

impl<'a> Linear<'a> {
    /// Reads a problem under assertions; `None` where some atom or the objective is not affine, or all is too large.
    pub(crate) fn read(problem: &'a Problem, assertions: &'a [Formula]) -> Option<Self> {
        let mut linear = Linear {
            problem,
            assertions,
            sums: HashMap::new(),
            known: HashMap::new(),
            columns: Vec::new(),
            directions: BTreeMap::new(),
            steps: HashMap::new(),
        };
        let mut roots: Vec<ExprId> = linear.atoms().map(|atom| atom.expr).chain(problem.objective).collect();
        roots.sort_unstable();
        roots.dedup();
        if roots.len() > ENTRIES {
            return None;
        }
        let mut sums = problem.graph.affine(&roots, &linear.known, OPERANDS);
        while !sums.is_empty() && linear.learn(&sums) {
            sums = problem.graph.affine(&roots, &linear.known, OPERANDS);
        }
        for root in roots {
            linear.sums.insert(root, sums.remove(&root)??);
        }
        linear.number()?;
        Some(linear)
    }

    /// Takes the values that equations over one variable fix; whether there are more.
    fn learn(&mut self, sums: &HashMap<ExprId, Option<Affine>>) -> bool {
        let before = self.known.len();
        let conjuncts: Vec<Atom> = self.formulas().flat_map(Formula::conjuncts).copied().collect();
        for atom in conjuncts.iter().filter(|atom| atom.relation == Relation::Eq) {
            let Some(Some(sum)) = sums.get(&atom.expr) else { continue };
            if let (1, Some((&variable, coefficient))) = (sum.terms.len(), sum.terms.first_key_value()) {
                self.known.entry(variable).or_insert_with(|| -(&sum.constant / coefficient));
            }
        }
        self.known.len() > before
    }

    /// Gives the variables and the directions of all sums their numbers.
    fn number(&mut self) -> Option<()> {
        let mut used: Vec<VariableId> = self.sums.values().flat_map(|sum| sum.terms.keys().copied()).collect();
        used.sort_unstable_by_key(|variable| variable.index());
        used.dedup();
        self.columns = used;
        let objective = self.problem.objective;
        for atom in self.atoms() {
            let Some((direction, _)) = self.direction(self.sum(&atom)) else { continue };
            if direction.len() > 1 && !self.directions.contains_key(&direction) {
                let number = self.columns.len() + self.directions.len();
                self.directions.insert(direction, number);
            }
        }
        let rows = self.directions.len() + usize::from(objective.is_some());
        if (self.columns.len() + 1) * rows > ENTRIES {
            return None;
        }
        let step = |direction: &[(usize, Rational)]| {
            // a sum of integers with rational coefficients goes in steps of the greatest common divisor of these
            direction.iter().all(|(column, _)| self.is_integer(*column)).then(|| {
                let (mut numerator, mut denominator) = (num_bigint::BigInt::zero(), num_bigint::BigInt::one());
                for (_, coefficient) in direction {
                    numerator = (&numerator * coefficient.denom()).gcd(&(coefficient.numer() * &denominator));
                    denominator *= coefficient.denom();
                    let common = numerator.gcd(&denominator);
                    numerator /= &common;
                    denominator /= &common;
                }
                Rational::new(numerator, denominator)
            })
        };
        let rows = self.directions.iter().filter_map(|(direction, &number)| Some((number, step(direction)?)));
        let singles = (0..self.columns.len()).filter(|&c| self.is_integer(c)).map(|column| (column, Rational::one()));
        self.steps = rows.chain(singles).collect();
        Some(())
    }

    /// The direction of a sum, with leading coefficient one, and what it was divided by.
    fn direction(&self, sum: &Affine) -> Option<(Vec<(usize, Rational)>, Rational)> {
        let scale = sum.terms.first_key_value()?.1.clone();
        let column = |variable: VariableId| self.columns.binary_search_by_key(&variable.index(), |v| v.index()).ok();
        let terms: Option<Vec<_>> = sum.terms.iter().map(|(&v, a)| Some((column(v)?, a / &scale))).collect();
        Some((terms?, scale))
    }

    /// The number of a sum's direction in the tableau, and the sum's multiple of it; none for a constant.
    pub(super) fn row_of(&self, atom: &Atom) -> (Option<usize>, Rational) {
        let Some((direction, scale)) = self.direction(self.sum(atom)) else { return (None, Rational::one()) };
        let number = match direction.as_slice() {
            [(column, _)] => Some(*column),
            _ => self.directions.get(&direction).copied(),
        };
        (number, scale)
    }

    pub(super) fn dense_rows(&self) -> Vec<Vec<Rational>> {
        let n = self.columns.len();
        let mut rows = vec![vec![Rational::zero(); n]; self.directions.len()];
        for (direction, number) in &self.directions {
            for (column, coefficient) in direction {
                rows[number - n][*column] = coefficient.clone();
            }
        }
        if let Some(objective) = self.problem.objective {
            let terms = &self.sums[&objective].terms;
            rows.push(self.columns.iter().map(|variable| terms.get(variable).cloned().unwrap_or_default()).collect());
        }
        rows
    }

    /// The variable of the tableau that is the objective, but for its constant.
    pub(super) fn objective_row(&self) -> Option<usize> {
        self.problem.objective.map(|_| self.columns.len() + self.directions.len())
    }

    pub(super) fn objective_constant(&self) -> &Rational {
        &self.sums[&self.problem.objective.expect("there is an objective")].constant
    }

    pub(super) fn sum(&self, atom: &Atom) -> &Affine {
        &self.sums[&atom.expr]
    }

    pub(super) fn step(&self, row: usize) -> Option<&Rational> {
        self.steps.get(&row)
    }

    pub(super) fn is_integer(&self, column: usize) -> bool {
        self.problem.variables[self.columns[column].index()].sort == Sort::Integer
    }

    pub(super) fn formulas(&self) -> impl Iterator<Item = &'a Formula> + use<'a> {
        std::iter::once(&self.problem.constraint).chain(self.assertions)
    }

    /// All atoms, those in the names of formulas among them.
    pub(super) fn atoms(&self) -> impl Iterator<Item = Atom> + use<'a> {
        let definitions = self.problem.booleans.iter().filter_map(|boolean| boolean.definition.as_ref());
        let mut atoms = Vec::new();
        for formula in self.formulas().chain(definitions) {
            formula.atoms(&mut |atom| atoms.push(*atom));
        }
        atoms.into_iter()
    }

    /// The value of an atom's expression.
    pub(super) fn value<'b>(&self, atom: &Atom, value: impl Fn(usize) -> &'b Near) -> Near {
        let sum = self.sum(atom);
        let mut total = Near::at(sum.constant.clone());
        for (variable, coefficient) in &sum.terms {
            let column = self.columns.binary_search_by_key(&variable.index(), |v| v.index());
            total.add_scaled(value(column.expect("it occurs in a sum")), coefficient);
        }
        total
    }

    /// A value for each variable, those that are known already.
    pub(super) fn known_point(&self) -> Vec<Rational> {
        let value = |(index, variable): (usize, &crate::problem::Variable)| {
            let middle = || {
                let centre = crate::incumbent::centre(variable.domain);
                let centre = if variable.sort == Sort::Integer {
                    centre.floor().max(variable.domain.inf().ceil())
                } else {
                    centre
                };
                rational::from_f64(centre).unwrap_or_default()
            };
            self.known.get(&VariableId::new(index)).cloned().unwrap_or_else(middle)
        };
        self.problem.variables.iter().enumerate().map(value).collect()
    }

    /// Bounds the variables of a branch by their domains; `false` where a known value lies outside.
    pub(super) fn take_domains(&self, branch: &mut Branch) -> bool {
        let integral = |(variable, value): (&VariableId, &Rational)| {
            self.problem.variables[variable.index()].sort != Sort::Integer || value.is_integer()
        };
        if !self.known.iter().all(integral) {
            return false;
        }
        self.problem.variables.iter().enumerate().all(|(index, variable)| {
            if variable.domain.is_empty() {
                return false;
            }
            let ends = [(variable.domain.inf(), Side::Lower), (variable.domain.sup(), Side::Upper)];
            ends.into_iter().all(|(end, side)| {
                let Some(end) = rational::from_f64(end) else { return true };
                if let Some(value) = self.known.get(&VariableId::new(index)) {
                    return if side == Side::Lower { *value >= end } else { *value <= end };
                }
                let Ok(column) = self.columns.binary_search_by_key(&index, |v| v.index()) else { return true };
                let end = match (variable.sort, side) {
                    (Sort::Integer, Side::Lower) => end.ceil(),
                    (Sort::Integer, Side::Upper) => end.floor(),
                    _ => end,
                };
                branch.tableau.bound(column, side, Near::at(end))
            })
        })
    }

    /// Whether doubles are the wrong numbers for it: some lie far from one, or an equation has integers alone in it.
    pub(crate) fn is_far(&self) -> bool {
        let far = |x: &Rational| {
            let (above, below) = (x.numer().bits(), x.denom().bits());
            !x.is_zero() && (above > below + FAR || below > above + TINY)
        };
        let numbers = self.sums.values().flat_map(|sum| sum.terms.values().chain([&sum.constant]));
        numbers.chain(self.known.values()).any(far)
            || self.atoms().any(|atom| {
                atom.relation == Relation::Eq
                    && self.sum(&atom).terms.len() > 1
                    && self.sum(&atom).terms.keys().all(|v| self.problem.variables[v.index()].sort == Sort::Integer)
            })
    }
}
