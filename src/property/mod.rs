//! Properties of a network's inputs and outputs, in their own words: what must never happen.
//!
//! A [`Property`] is a disjunction of [`Case`]s; each case is a box of inputs with further linear [`Constraint`]s on
//! inputs and outputs, and the cases describe the *unwanted* behaviour. The property holds when no input, in no case,
//! satisfies all of its constraints. Every number is the exact rational that the file spells, and every constraint has one
//! form, `slack ≥ 0` or `slack > 0`, so that whoever asks for a counterexample asks for the sign of a few linear sums.
//!
//! Invariant: nothing here knows weights, encodings or how a box is searched.

mod error;
mod normal;
pub mod vnnlib;

use crate::network::Network;
use deltasat::budget::Budget;
use deltasat::exact::{Ball, Rational};
use num_traits::Zero;
use std::path::Path;
use std::{fs, io};

pub use error::PropertyError;

/// `Σ a_i X_i + Σ b_j Y_j + c ≥ 0`, or `> 0` when it is strict. The left side is the constraint's *slack*.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// `(i, a_i)`, ascending, no coefficient zero
    pub inputs: Vec<(usize, Rational)>,
    /// `(j, b_j)`, ascending, no coefficient zero
    pub outputs: Vec<(usize, Rational)>,
    /// `c`
    pub constant: Rational,
    /// whether the slack must be positive
    pub strict: bool,
}

impl Constraint {
    /// The slack at an input and outputs, enclosed (a point where the outputs are points); `None` when a magnitude is out
    /// of the range of [`Ball`].
    pub fn slack(&self, input: &[Rational], outputs: &[Ball]) -> Option<Ball> {
        let by_inputs = self.inputs.iter().map(|(i, a)| a * &input[*i]).fold(self.constant.clone(), |sum, t| sum + t);
        let mut slack = Ball::from_rational(by_inputs)?;
        for (j, b) in &self.outputs {
            slack = slack.add(&Ball::from_rational(b.clone())?.mul(&outputs[*j])?)?;
        }
        Some(slack)
    }

    /// Whether the constraint certainly holds at an input and outputs.
    pub fn holds(&self, input: &[Rational], outputs: &[Ball]) -> bool {
        let sign = self.slack(input, outputs).map_or(-1, |slack| slack.floor_sign());
        if self.strict { sign > 0 } else { sign >= 0 }
    }
}

/// A box of inputs and what else has to hold in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// `[lower, upper]` of each input, `lower ≤ upper`
    pub domain: Vec<(Rational, Rational)>,
    /// all of these; strict bounds of single inputs are among them, and the box is their closure
    pub constraints: Vec<Constraint>,
}

impl Case {
    /// Whether an input and the outputs there certainly satisfy the case.
    pub fn holds(&self, input: &[Rational], outputs: &[Ball]) -> bool {
        self.domain.iter().zip(input).all(|((lower, upper), x)| lower <= x && x <= upper)
            && self.constraints.iter().all(|constraint| constraint.holds(input, outputs))
    }
}

/// What must never happen: any of some cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    inputs: usize,
    outputs: usize,
    cases: Vec<Case>,
}

impl Property {
    /// A property of networks with so many inputs and outputs; without cases it holds of every network.
    ///
    /// # Errors
    /// When a box has not one non-empty interval per input, when an end of it is outside the range of a double, or when
    /// a constraint names an input or output that is not there.
    pub fn new(inputs: usize, outputs: usize, cases: Vec<Case>) -> Result<Self, PropertyError> {
        for (k, case) in cases.iter().enumerate() {
            let invalid = |problem: String| Err(PropertyError::invalid(format!("case {}: {problem}", k + 1)));
            if case.domain.len() != inputs {
                return invalid(format!("{} intervals, expected {inputs} (the inputs)", case.domain.len()));
            }
            for (i, (lower, upper)) in case.domain.iter().enumerate() {
                if lower > upper {
                    return invalid(format!("X_{i}: the lower end {lower} is above the upper end {upper}"));
                }
                if !is_double(lower) || !is_double(upper) {
                    return invalid(format!("X_{i}: an end outside the range of a double"));
                }
            }
            for constraint in &case.constraints {
                let beyond = |terms: &[(usize, Rational)], count| terms.iter().find(|&&(i, _)| i >= count).map(|t| t.0);
                if let Some(i) = beyond(&constraint.inputs, inputs) {
                    return invalid(format!("X_{i}, expected one of {inputs} inputs"));
                }
                if let Some(j) = beyond(&constraint.outputs, outputs) {
                    return invalid(format!("Y_{j}, expected one of {outputs} outputs"));
                }
            }
        }
        Ok(Property { inputs, outputs, cases })
    }

    /// Reads the VNN-LIB file at `path`.
    ///
    /// # Errors
    /// When the file cannot be read, and whatever [`vnnlib::read`] says.
    pub fn load(path: impl AsRef<Path>) -> Result<Property, PropertyError> {
        Self::load_within(path, &Budget::unlimited())
    }

    /// Reads the VNN-LIB file at `path`, as far as a budget allows.
    ///
    /// # Errors
    /// As [`load`](Self::load), and the limit that was reached before the end.
    pub fn load_within(path: impl AsRef<Path>, budget: &Budget) -> Result<Property, PropertyError> {
        let path = path.as_ref();
        let bytes = fs::read(path).map_err(|error| PropertyError::Read {
            reason: match error.kind() {
                io::ErrorKind::NotFound => "no such file".to_owned(),
                io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
                io::ErrorKind::IsADirectory => "a directory, expected a file".to_owned(),
                _ => error.to_string(),
            },
        });
        let read = bytes.and_then(|bytes| vnnlib::read_within(&bytes, budget));
        read.map_err(|error| PropertyError::File { path: path.to_owned(), error: Box::new(error) })
    }

    /// Checks that the property is one of a network.
    ///
    /// # Errors
    /// When the network has other numbers of inputs or outputs.
    pub fn check(&self, network: &Network) -> Result<(), PropertyError> {
        let counts = [
            ("X", "input", self.inputs, network.input().count()),
            ("Y", "output", self.outputs, network.logit_count()),
        ];
        for (letter, noun, declared, there) in counts {
            if declared != there {
                let some = |n: usize| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
                let last = there - 1;
                return Err(PropertyError::invalid(format!(
                    "{} declared, expected {letter}_0 to {letter}_{last} (the network {} has {})",
                    some(declared),
                    network.name(),
                    some(there)
                )));
            }
        }
        Ok(())
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The cases; there may be none.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }
}

/// Whether a rational lies within the range of finite doubles.
fn is_double(r: &Rational) -> bool {
    r.is_zero() || deltasat::exact::rational::nearest_f64(r).is_finite()
}
