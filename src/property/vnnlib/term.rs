//! Variables and the linear terms over them.

use crate::property::Constraint;
use deltasat::exact::Rational;
use num_traits::Zero;
use std::collections::BTreeMap;

/// The most bits of a numerator or denominator that arithmetic may produce.
pub(super) const MAX_BITS: u64 = 1 << 16;
/// An input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    Input(usize),
    Output(usize),
}

impl Variable {
    /// `X_3` or `Y_0`; no leading zeros, so that a variable has one name.
    pub(super) fn parse(name: &str) -> Option<Variable> {
        let (letter, digits) = name.split_once('_')?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
        let index = digits.parse().ok().filter(|_| plain && digits.len() <= 7)?;
        match letter {
            "X" => Some(Variable::Input(index)),
            "Y" => Some(Variable::Output(index)),
            _ => None,
        }
    }

    pub(super) fn name(self) -> String {
        match self {
            Variable::Input(i) => format!("X_{i}"),
            Variable::Output(j) => format!("Y_{j}"),
        }
    }
}

/// A linear term.
#[derive(Clone, Default)]
pub(super) struct Sum {
    pub(super) terms: BTreeMap<Variable, Rational>,
    pub(super) constant: Rational,
}

impl Sum {
    pub(super) fn constant(value: Rational) -> Sum {
        Sum { terms: BTreeMap::new(), constant: value }
    }

    /// `self + other`; the shorter one moves.
    pub(super) fn plus(self, other: Sum) -> Sum {
        let (mut large, small) = if self.terms.len() >= other.terms.len() { (self, other) } else { (other, self) };
        large.constant += small.constant;
        for (variable, a) in small.terms {
            *large.terms.entry(variable).or_default() += a;
        }
        large
    }

    pub(super) fn times(mut self, factor: &Rational) -> Sum {
        self.constant *= factor;
        self.terms.values_mut().for_each(|a| *a *= factor);
        self
    }

    pub(super) fn minus(self, other: Sum) -> Sum {
        self.plus(other.times(&-Rational::from_integer(1.into())))
    }

    pub(super) fn is_constant(&self) -> bool {
        self.terms.values().all(Zero::is_zero)
    }

    pub(super) fn is_short(&self) -> bool {
        let short = |r: &Rational| r.numer().bits() <= MAX_BITS && r.denom().bits() <= MAX_BITS;
        short(&self.constant) && self.terms.values().all(short)
    }

    /// `self ≥ 0`, or `> 0`.
    pub(super) fn constraint(self, strict: bool) -> Constraint {
        let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
        for (variable, a) in self.terms.into_iter().filter(|(_, a)| !a.is_zero()) {
            match variable {
                Variable::Input(i) => inputs.push((i, a)),
                Variable::Output(j) => outputs.push((j, a)),
            }
        }
        Constraint { inputs, outputs, constant: self.constant, strict }
    }
}
