//! Variables that stay close to a number far from zero are counted from there: `x = a + t`.
//!
//! Beyond `2^53` neighbouring integers are one double, and between `10^7` and `10^7 + 10^{-8}` there are only a few. A sum
//! loses nothing when `a` moves into its constant, which is exact.

use super::Presolve;
use super::bounds::Range;
use crate::exact::{Constant, Rational, rational};
use crate::expr::VariableId;
use crate::interval::bounds;
use crate::problem::{Sort, Variable};
use num_traits::Signed;
use std::collections::HashMap;

/// A range has room for so many doubles, as a power of two, or is shifted.
const ROOM: u32 = 12;
/// The integers up to this power of two are doubles.
const INTEGERS: u32 = 53;

/// Where to count from, if not from zero.
fn anchor(range: &Range, sort: Sort) -> Option<Rational> {
    let end = range.lower.as_ref().or(range.upper.as_ref())?.value.clone();
    let power = |bits: u32| Rational::from_integer(num_bigint::BigInt::from(1) << bits);
    let far = match (sort, &range.lower, &range.upper) {
        (Sort::Integer, ..) => end.abs() >= power(INTEGERS),
        (Sort::Real, Some(lower), Some(upper)) => {
            let width = &upper.value - &lower.value;
            width.is_positive() && width * power(INTEGERS - ROOM) <= end.abs()
        }
        _ => false,
    };
    far.then_some(end)
}

impl Presolve<'_> {
    /// Counts variables from where they are. Returns whether any range was far enough from zero.
    pub(super) fn shift_far_ranges(&mut self) -> bool {
        let mut found = HashMap::new();
        for index in 0..self.ranges.len() {
            let sort = self.variables[index].sort;
            if self.gone[index] {
                continue;
            }
            let Some(anchor) = anchor(&self.ranges[index], sort) else { continue };
            let Range { lower, upper } = &self.ranges[index];
            let lower = lower.as_ref().map_or(f64::NEG_INFINITY, |b| rational::floor_f64(&(&b.value - &anchor)));
            let upper = upper.as_ref().map_or(f64::INFINITY, |b| rational::ceil_f64(&(&b.value - &anchor)));
            self.variables.push(Variable { name: String::new(), domain: bounds(lower, upper), sort });
            let t = self.graph.variable(VariableId::new(self.variables.len() - 1));
            let sum = self.graph.linear([(Constant::ONE, t)], Constant::from_rational(anchor));
            found.insert(VariableId::new(index), sum);
        }
        self.grow();
        if !found.is_empty() {
            self.substitute(&found);
        }
        !found.is_empty()
    }
}
