//! SMT-LIB 2 and dReal's formats: text in, text out, no files.
//!
//! A [`Session`] holds declarations, assertions and settings; [`Session::step`] executes one command of a [`Script`] and
//! returns its [`Reply`]. [`dr`] reads the `.dr` format into a session.
//!
//! *What is exact.* Every number is the rational that it spells, constants are folded exactly, linear sums are merged
//! exactly; doubles begin where a problem is compiled. A bound `lb ≤ x` becomes the domain of `x`, rounded outward, and
//! the atom stays where that lost anything.
//!
//! *What a partial function means.* As in dReal, an atom does not hold where an expression in it has no value (`1/x` at 0,
//! `√x` below), and neither does its negation. SMT-LIB, where functions are total, leaves the value of `(/ x 0)` open; a
//! script that depends on that is answered for the points where every division has a value.
//!
//! *Depth.* Reading, evaluating and building run on stacks of their own, and dropping frees flat lists: no nest of
//! parentheses exhausts the stack. Shared `let`s and repeated calls stay shared.
//!
//! The pieces, in the order in which text passes them: `lexer`, `sexpr`, `command`, `lower` with `builtin`, `real` and
//! `select` (terms into a [`context`](self) of expressions and formulas), `build` with `formula` (assertions to a
//! [`Problem`](crate::problem::Problem)), `check`, `print`.

mod answer;
mod boolean;
mod build;
mod builtin;
mod check;
mod command;
mod context;
mod declaration;
pub mod dr;
mod error;
mod formula;
mod guard;
mod lexer;
mod lower;
mod print;
mod quantified;
mod real;
mod script;
mod select;
mod session;
mod settings;
mod sexpr;
mod strategy;
mod substitute;
mod valuation;

pub use answer::{Answer, Minimum, ModelEntry, ModelValue, Reason, Verdict};
pub use error::{ScriptError, Span};
pub use script::{Reply, Script};
pub use session::Session;
pub use settings::{Setting, Settings, Source};
