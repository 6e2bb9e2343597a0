//! A δ-complete decision and optimisation engine over the reals.
//!
//! Given variables in intervals and a formula of polynomials, exponentials, trigonometric functions, ReLUs and the like, it
//! proves that no point satisfies the formula (`unsat`), or finds one that satisfies it up to δ, judged by exact evaluation
//! (Gao, Avigad and Clarke, *δ-complete decision procedures for satisfiability over the reals*, 2012). Every bound that
//! decides is rounded outward.
//!
//! # Decide
//!
//! Does the unit disc contain a point above the exponential function? And one with x at least ½ as well?
//!
//! ```
//! use deltasat::exact::Constant;
//! use deltasat::formula::{Formula, Relation};
//! use deltasat::interval::bounds;
//! use deltasat::op::Op;
//! use deltasat::problem::{Problem, Sort};
//! use deltasat::sat::{Verdict, check};
//! use deltasat::search::Options;
//!
//! let mut problem = Problem::default();
//! let x = problem.variable("x", bounds(-2.0, 2.0), Sort::Real);
//! let y = problem.variable("y", bounds(-2.0, 2.0), Sort::Real);
//! let (x2, y2) = (problem.graph.powi(x, 2), problem.graph.powi(y, 2));
//! let sum = problem.graph.add(x2, y2);
//! let one = problem.graph.constant(Constant::from(1));
//! let disc = problem.graph.sub(sum, one);
//! let exp = problem.graph.apply(Op::Exp, [x]);
//! let above = problem.graph.sub(y, exp);
//! let half = problem.graph.constant(Constant::from_f64(0.5).expect("finite"));
//! let right = problem.graph.sub(x, half);
//!
//! let mut assertions = vec![Formula::atom(disc, Relation::Le), Formula::atom(above, Relation::Ge)];
//! let options = Options::default();
//! let strategy = options.choice.strategy();
//! let answer = check(&problem, &assertions, &strategy, &options, &mut ());
//! assert!(matches!(answer.verdict, Verdict::Sat(_) | Verdict::DeltaSat(_)));
//!
//! assertions.push(Formula::atom(right, Relation::Ge));
//! let answer = check(&problem, &assertions, &strategy, &options, &mut ());
//! assert!(matches!(answer.verdict, Verdict::Unsat));
//! ```
//!
//! # Optimise
//!
//! The largest value of x − x² on the interval from 0 to 1, from both sides:
//!
//! ```
//! use deltasat::interval::bounds;
//! use deltasat::problem::{Problem, Sort};
//! use deltasat::sat::Maximisation;
//! use deltasat::search::Options;
//!
//! let mut problem = Problem::default();
//! let x = problem.variable("x", bounds(0.0, 1.0), Sort::Real);
//! let square = problem.graph.powi(x, 2);
//! problem.objective = Some(problem.graph.sub(x, square));
//!
//! let options = Options::default();
//! let question = Maximisation::new(&problem, &options).expect("no limit is set");
//! let (optimum, _) = question.run(&options.choice.strategy(), &options, &mut ());
//! assert!(optimum.lower <= 0.25 && 0.25 <= optimum.upper && optimum.upper - optimum.lower <= 0.001);
//! ```
//!
//! # Five types to know
//!
//! | type | what it is |
//! | --- | --- |
//! | [`Problem`](problem::Problem) | variables with domains, a formula over expressions, perhaps an objective |
//! | [`Options`](search::Options) | δ, gaps, threads and the [`Budget`](budget::Budget) of time, memory and boxes |
//! | [`Answer`](sat::Answer) | a [`Verdict`](sat::Verdict) with its point, box or reason |
//! | [`Optimum`](search::Optimum) | both sides of an optimum, with a witness |
//! | [`Session`](smtlib::Session) | SMT-LIB and `.dr` text instead of expressions |
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
//!
//! The [`guide`] explains the command `deltasat`; `ARCHITECTURE.md` beside this crate is the map of the modules.

pub mod branch;
pub mod budget;
pub mod contract;
pub mod exact;
pub mod expr;
pub mod formula;
pub mod guide;
pub mod incumbent;
pub mod interval;
pub mod krawczyk;
mod linear;
pub mod op;
pub mod presolve;
pub mod problem;
pub mod processor;
pub mod proof;
pub mod relax;
pub mod sat;
pub mod search;
mod simplex;
pub mod smtlib;
pub mod strategy;
pub mod tape;
pub mod watch;
