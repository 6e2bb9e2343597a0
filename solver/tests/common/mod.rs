//! What the tests on random problems share: seeds, random expressions ([`expressions`]), random problems whose solution
//! is known ([`planted`]), and exact comparisons.
//!
//! `DELTASAT_SEEDS=N` makes every random test run the seeds `0..N` instead of its own number of them, and
//! `DELTASAT_SEEDS=A..B` those seeds alone, which is how a failure is run again: each one names its seed.

// every test binary uses a part of this
#![allow(dead_code, unreachable_pub)]

pub mod configurations;
pub mod expressions;
pub mod planted;

use deltasat::exact::{Ball, Rational, rational};
use deltasat::expr::evaluate::evaluate;
use deltasat::formula::{Relation, Truth};
use deltasat::interval::Interval;
use deltasat::problem::Problem;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use std::cmp::Ordering;
use std::ops::Range;

/// The seeds to run: `0..usual`, or what `DELTASAT_SEEDS` asks for.
pub fn seeds(usual: u64) -> Range<u64> {
    let Ok(text) = std::env::var("DELTASAT_SEEDS") else { return 0..usual };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match text.split_once("..") {
        Some((from, to)) => number(from).zip(number(to)).map(|(from, to)| from..to),
        None => number(&text).map(|n| 0..n),
    };
    range.unwrap_or_else(|| panic!("DELTASAT_SEEDS={text}: expected a number of seeds or a range A..B"))
}

/// Names the seed when the test panics.
struct Seed(&'static str, u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[allow(clippy::print_stderr)] // the test is failing: this is its message
            {
                let &mut Seed(test, seed) = self;
                eprintln!("{test}: seed {seed}; run it alone with DELTASAT_SEEDS={seed}..{}", seed + 1);
            }
        }
    }
}

/// Runs a test once for every seed, with a generator of its own that depends on the test's name and the seed.
pub fn each_seed(test: &'static str, usual: u64, mut body: impl FnMut(u64, &mut SmallRng)) {
    let stream = test.bytes().fold(0u64, |hash, byte| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    for seed in seeds(usual) {
        let guard = Seed(test, seed);
        body(seed, &mut SmallRng::seed_from_u64(stream.wrapping_add(seed)));
        drop(guard);
    }
}

/// Whether the run has as many seeds as usual, so that totals can be compared with what they usually are.
pub fn usual_run() -> bool {
    std::env::var("DELTASAT_SEEDS").is_err()
}

/// The exact values of doubles.
pub fn rationals(point: &[f64]) -> Vec<Rational> {
    point.iter().map(|&x| rational::from_f64(x).expect("a finite point")).collect()
}

/// Whether the real number in the ball can lie in the interval: false proves that it does not.
pub fn may_contain(range: Interval, value: &Ball) -> bool {
    // the other way round it costs an exact comparison per end
    let fits = |end: f64, wrong: Ordering| match Ball::from_f64(end) {
        Some(end) => value.compare(&end) != Some(wrong),
        None => true,
    };
    !range.is_empty() && fits(range.inf(), Ordering::Less) && fits(range.sup(), Ordering::Greater)
}

/// Whether the real number in the ball is certainly above the double.
pub fn certainly_above(value: &Ball, bound: f64) -> bool {
    match Ball::from_f64(bound) {
        Some(bound) => value.compare(&bound) == Some(Ordering::Greater),
        None => bound == f64::NEG_INFINITY,
    }
}

/// Whether the real number in the ball is certainly below the double.
pub fn certainly_below(value: &Ball, bound: f64) -> bool {
    match Ball::from_f64(bound) {
        Some(bound) => value.compare(&bound) == Some(Ordering::Less),
        None => bound == f64::INFINITY,
    }
}

/// The truth of a problem's formula, weakened by `delta`, at an exact point: unknown where an expression has no value or
/// the precision of the balls does not decide a comparison.
pub fn truth_at(problem: &Problem, at: &[Rational], delta: f64) -> Truth {
    let mut roots = Vec::new();
    problem.constraint.atoms(&mut |atom| roots.push(atom.expr));
    let values = evaluate(&problem.graph, &roots, at);
    problem.constraint.evaluate(&mut |atom| {
        let Some(value) = &values[&atom.expr] else { return Truth::Unknown };
        let (yes, no) = match atom.relation {
            Relation::Le => (!may_exceed(value, delta), certainly_above(value, delta)),
            Relation::Lt if delta > 0.0 => (!may_exceed(value, delta), certainly_above(value, delta)),
            Relation::Lt => (value.ceil_sign() < 0, value.floor_sign() >= 0),
            Relation::Ge => (!may_exceed(&value.neg(), delta), certainly_above(&value.neg(), delta)),
            Relation::Gt if delta > 0.0 => (!may_exceed(&value.neg(), delta), certainly_above(&value.neg(), delta)),
            Relation::Gt => (value.floor_sign() > 0, value.ceil_sign() <= 0),
            Relation::Eq => (!may_exceed(&value.abs(), delta), certainly_above(&value.abs(), delta)),
            Relation::Ne => (value.signum().is_some_and(|sign| sign != 0), value.signum() == Some(0)),
        };
        match (yes, no) {
            (true, _) => Truth::True,
            (_, true) => Truth::False,
            _ => Truth::Unknown,
        }
    })
}

/// Whether the real number in the ball may be above the finite double.
fn may_exceed(value: &Ball, bound: f64) -> bool {
    value.upper() > rational::from_f64(bound).expect("a finite bound")
}
