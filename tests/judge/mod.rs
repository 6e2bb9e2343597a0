//! An independent judge of what `quantproof` prints: it reads the command line, the network's file and the JSON as a user
//! reads them, and evaluates every printed witness.
//!
//! Nothing here uses either library under test. Numbers and terms are those of the [judge of `deltasat`](solver).
//!
//! * [`network`]: network JSON and .nnet, and what a network says at an input, exactly or enclosed;
//! * [`format`], [`perturbation`]: which values each parameter may take;
//! * [`question`]: what a command line asks;
//! * [`verdict`], [`witness`], [`tables`], [`attack`]: whether the answer is true of it;
//! * [`text`]: whether the text says what the JSON says.

// every test binary uses a part of this
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod attack;
pub mod format;
pub mod network;
pub mod perturbation;
pub mod question;
#[path = "../../solver/tests/judge/mod.rs"]
pub mod solver;
pub mod tables;
pub mod text;
pub mod verdict;
pub mod witness;
