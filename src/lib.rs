//! Proofs about neural networks whose parameters move.
//!
//! A network is quantised before it is deployed: every weight and bias moves a little. This crate proves how far that can
//! move a confidence, and whether it can change a class, at one input or over all inputs of a domain. Each answer has two
//! sides: a bound that is proved, and a witness that is evaluated exactly. The command `quantproof` asks the same questions;
//! the [`guide`] explains them.
//!
//! # Load, perturb, ask, read both sides
//!
//! ```
//! use deltasat::exact::rational;
//! use quantproof::network::Network;
//! use quantproof::perturbation::{Magnitude, Perturbation};
//! use quantproof::robustness::global::Global;
//! use quantproof::robustness::{ClassChoice, Settings};
//!
//! let network = Network::load("models/moons_relu_2-8-2.json")?;
//! let perturbation = Perturbation::uniform(Magnitude::Absolute(rational::parse("0.002")?))?;
//! let domain = network.input().domain().expect("the file states a domain");
//! let domain: Vec<_> = domain.iter().map(|range| (range.lower().clone(), range.upper().clone())).collect();
//! let question =
//!     Global { network: &network, perturbation: &perturbation, domain: &domain, settings: Settings::default() };
//! let finding = question.deviation(ClassChoice::Worst, None, &mut ());
//! assert!(finding.upper - finding.lower <= 0.001);
//! let witness = finding.witness.expect("some parameters attain the lower bound");
//! assert!(witness.deviation() >= finding.lower);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Five types to know
//!
//! | type | what it is |
//! | --- | --- |
//! | [`Network`](network::Network) | layers, inputs and their domain, outputs and classes |
//! | [`Perturbation`](perturbation::Perturbation) | which parameters move, and how far |
//! | [`Settings`](robustness::Settings) | how close the two sides shall be, and what the search may take |
//! | [`Finding`](robustness::Finding) | the answer: both sides, the witness, why the search ended |
//! | [`Local`](robustness::local::Local), [`Global`](robustness::global::Global) | two of the questions; the others lie beside them in [`robustness`] |
//!
//! # Building
//!
//! Interval arithmetic needs AVX2 and FMA at compile time. A crate that depends on this one says so in its own
//! `.cargo/config.toml`, since that of a dependency does not count:
//!
//! ```toml
//! [build]
//! rustflags = ["-Ctarget-cpu=x86-64-v3"]
//! ```

// the command line lies above all else in this crate and sees it as its other users do
extern crate self as quantproof;

pub mod cli;
pub mod encode;
pub mod guide;
pub mod network;
pub mod perturbation;
pub mod property;
pub mod question;
pub mod report;
pub mod robustness;
