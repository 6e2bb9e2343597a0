//! SMT-LIB text: numerals, sums, definitions and declarations.
//!
//! Every numeral is a decimal, and an exact one wherever a decimal terminates, as it does for doubles and for what users
//! write. Elsewhere (an ε of 1/3) it is rounded in the direction that the caller names, to a double, which is dyadic and so
//! has a decimal. There is no quotient of numerals, which dReal would round to nearest.

use deltasat::exact::{Rational, rational};
use num_traits::{One, Signed, Zero};
use std::fmt::Write;

/// Which way a number without a finite decimal is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Towards {
    Below,
    Above,
}

/// A number as an SMT-LIB term; beyond the doubles the rounding is to an integer.
pub(super) fn numeral(value: &Rational, towards: Towards) -> String {
    let magnitude = match rational::to_decimal(&value.abs()) {
        Some(text) if text.contains('.') => text,
        Some(text) => format!("{text}.0"),
        None => {
            let double = match towards {
                Towards::Below => rational::floor_f64(value),
                Towards::Above => rational::ceil_f64(value),
            };
            let integer = || if towards == Towards::Below { value.floor() } else { value.ceil() };
            return numeral(&rational::from_f64(double).unwrap_or_else(integer), towards);
        }
    };
    if value.is_negative() { format!("(- {magnitude})") } else { magnitude }
}

/// `Σ a_j t_j + b` as a term, zero terms left out. Numbers without a finite decimal are rounded up.
pub(super) fn sum<'a>(terms: impl IntoIterator<Item = (Rational, &'a str)>, constant: &Rational) -> String {
    let scaled = |(a, term): (Rational, &str)| {
        if a.is_zero() {
            None
        } else if a.is_one() {
            Some(term.to_owned())
        } else if (-&a).is_one() {
            Some(format!("(- {term})"))
        } else {
            Some(format!("(* {} {term})", numeral(&a, Towards::Above)))
        }
    };
    let mut parts: Vec<String> = terms.into_iter().filter_map(scaled).collect();
    if !constant.is_zero() || parts.is_empty() {
        parts.push(numeral(constant, Towards::Above));
    }
    nary("+", parts)
}

/// `(symbol parts…)`, or the part where there is only one.
pub(super) fn nary(symbol: &str, mut parts: Vec<String>) -> String {
    if parts.len() == 1 { parts.remove(0) } else { format!("({symbol} {})", parts.join(" ")) }
}

/// Commands in the order in which they are added.
#[derive(Default)]
pub(super) struct Text {
    pub(super) commands: String,
    /// whether a product of variables or a function beyond arithmetic occurs
    pub(super) nonlinear: bool,
}

impl Text {
    fn command(&mut self, command: std::fmt::Arguments<'_>) {
        // writing to a string cannot fail
        let _ = self.commands.write_fmt(command);
        self.commands.push('\n');
    }

    /// Names a term and returns the name.
    pub(super) fn define(&mut self, name: String, term: &str) -> String {
        self.command(format_args!("(define-fun {name} () Real {term})"));
        name
    }

    /// Declares a variable and returns its name.
    pub(super) fn declare(&mut self, name: String) -> String {
        self.command(format_args!("(declare-const {name} Real)"));
        name
    }

    /// Declares a variable over `[lower, upper]`, rounded outward, and returns its name.
    pub(super) fn declare_over(&mut self, name: String, lower: &Rational, upper: &Rational) -> String {
        self.declare(name.clone());
        self.assert(&format!("(<= {} {name})", numeral(lower, Towards::Below)));
        self.assert(&format!("(<= {name} {})", numeral(upper, Towards::Above)));
        name
    }

    /// Asserts a formula.
    pub(super) fn assert(&mut self, formula: &str) {
        self.command(format_args!("(assert {formula})"));
    }

    /// A comment; line breaks in what users named are escaped.
    pub(super) fn comment(&mut self, comment: &str) {
        self.command(format_args!("; {}", comment.escape_debug()));
    }
}
