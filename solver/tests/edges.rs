//! Searches at the edges: nothing to search, unbounded and empty domains, integers, partial operators at the border of
//! their domain, infeasible constraints, and every limit.

mod common;

use common::configurations::{BRANCHERS, SETS, strategy};
use common::{each_seed, usual_run};
use deltasat::budget::Budget;
use deltasat::exact::{Constant, Rational, rational};
use deltasat::expr::{ExprId, Graph};
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{Interval, bounds};
use deltasat::op::{Incremented, Op};
use deltasat::problem::{Compiled, Problem, Sort};
use deltasat::search::{Decision, Event, Observer, Optimum, Options, StopReason, Strategy, Verdict};
use deltasat::search::{decide, optimise};
use rand::Rng;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

fn number(text: &str) -> Constant {
    Constant::from_rational(rational::parse(text).expect("a number"))
}

/// `e − c`
fn minus(graph: &mut Graph, e: ExprId, c: &str) -> ExprId {
    graph.linear([(Constant::ONE, e)], -&number(c))
}

fn limited(boxes: u64) -> Options {
    Options { budget: Budget::unlimited().with_boxes(boxes), ..Options::default() }
}

fn decided(problem: &Compiled) -> Verdict {
    decide(problem, &Strategy::default(), &limited(20_000), &mut ()).verdict
}

fn maximum(problem: &Compiled) -> Optimum {
    optimise(problem, &problem.root(), &Strategy::default(), &limited(20_000), &mut ())
}

/// A problem in `x` over a domain, with `build(graph, x) ⋈ 0` as its constraint.
fn one(domain: Interval, sort: Sort, relation: Relation, build: impl FnOnce(&mut Graph, ExprId) -> ExprId) -> Compiled {
    let mut problem = Problem::default();
    let x = problem.variable("x", domain, sort);
    let expression = build(&mut problem.graph, x);
    problem.constraint = Formula::atom(expression, relation);
    problem.compile()
}

fn assert_unsat(problem: &Compiled) {
    for by in 0..BRANCHERS {
        for set in [2, 5, 6, 7] {
            let decision = decide(problem, &strategy(by, set), &limited(20_000), &mut ());
            let verdict = &decision.verdict;
            assert!(matches!(verdict, Verdict::Unsat), "{:?} is {verdict:?}", problem.problem);
        }
    }
    // without any contractor it may take longer, or find what satisfies the weakened formula, but not a solution
    let exactly = Options { delta: 0.0, ..limited(500) };
    let verdict = decide(problem, &strategy(0, 0), &exactly, &mut ()).verdict;
    assert!(matches!(verdict, Verdict::Unsat | Verdict::Unknown(_)), "{verdict:?}");
}

fn assert_satisfiable(problem: &Compiled) {
    let verdict = decided(problem);
    assert!(
        matches!(verdict, Verdict::Sat(_) | Verdict::SatWithin { .. } | Verdict::DeltaSat { .. }),
        "{:?} is {verdict:?}",
        problem.problem
    );
    for set in 0..SETS {
        let verdict = decide(problem, &strategy(0, set), &limited(500), &mut ()).verdict;
        assert!(!matches!(verdict, Verdict::Unsat), "contractors {set}: {verdict:?}");
    }
}

#[test]
fn without_variables() {
    let truth = |formula: Formula| decided(&Problem { constraint: formula, ..Problem::default() }.compile());
    assert!(matches!(truth(Formula::TRUE), Verdict::Sat(_)));
    assert!(matches!(truth(Formula::FALSE), Verdict::Unsat));
    for (value, relation, holds) in [
        ("1/3", Relation::Gt, true),
        ("1/3", Relation::Le, false),
        ("0", Relation::Eq, true),
        ("0", Relation::Lt, false),
        ("0", Relation::Ne, false),
    ] {
        let mut problem = Problem::default();
        let constant = problem.graph.constant(number(value));
        problem.constraint = Formula::atom(constant, relation);
        problem.objective = Some(constant);
        let problem = problem.compile();
        let verdict = decide(&problem, &Strategy::default(), &Options { delta: 0.0, ..limited(10) }, &mut ()).verdict;
        assert!(
            if holds { matches!(verdict, Verdict::Sat(_)) } else { matches!(verdict, Verdict::Unsat) },
            "{verdict:?}"
        );
        let optimum = maximum(&problem);
        let nearest = number(value).nearest();
        let expected =
            if holds { (nearest - 1e-15)..=(nearest + 0.002) } else { f64::NEG_INFINITY..=f64::NEG_INFINITY };
        assert!(expected.contains(&optimum.upper), "{optimum:?}");
        assert_eq!(optimum.witness.is_some(), holds);
    }
    let nothing = Problem::default().compile();
    assert_eq!(maximum(&nothing).upper, f64::INFINITY, "nothing is known of no objective");
}

#[test]
fn without_constraint() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-1.0, 3.0), Sort::Real);
    let square = problem.graph.powi(x, 2);
    problem.objective = Some(square);
    let problem = problem.compile();
    assert!(matches!(decided(&problem), Verdict::Sat(_)));
    let optimum = maximum(&problem);
    assert_eq!((optimum.stop, optimum.lower), (StopReason::Complete, 9.0));
    assert!((9.0..=9.002).contains(&optimum.upper), "{optimum:?}");
}

#[test]
fn over_an_empty_domain() {
    for sort in [Sort::Real, Sort::Integer, Sort::Noise] {
        for used in [false, true] {
            let mut problem = Problem::default();
            problem.variable("y", bounds(0.0, 1.0), Sort::Real);
            let x = problem.variable("x", Interval::EMPTY, sort);
            if used {
                problem.constraint = Formula::atom(x, Relation::Ge);
            }
            assert_unsat(&problem.clone().compile());
            problem.objective = Some(if used { x } else { problem.graph.constant(Constant::ONE) });
            let optimum = maximum(&problem.compile());
            assert_eq!((optimum.upper, optimum.witness.is_none()), (f64::NEG_INFINITY, true));
        }
    }
    // no integer between
    assert_unsat(&one(bounds(0.25, 0.75), Sort::Integer, Relation::Ge, |_, x| x));
}

#[test]
fn over_unbounded_domains() {
    let entire = Interval::ENTIRE;
    let square = |text: &'static str| {
        move |graph: &mut Graph, x: ExprId| {
            let square = graph.powi(x, 2);
            minus(graph, square, text)
        }
    };
    assert_satisfiable(&one(entire, Sort::Real, Relation::Eq, square("2")));
    assert_unsat(&one(entire, Sort::Real, Relation::Le, square("-1")));
    assert_satisfiable(&one(entire, Sort::Integer, Relation::Eq, square("144")));
    assert_satisfiable(&one(entire, Sort::Real, Relation::Ge, |graph, x| minus(graph, x, "1e30")));
    assert_unsat(&one(entire, Sort::Real, Relation::Le, |graph, x| {
        let power = graph.apply(Op::Exp, [x]);
        minus(graph, power, "0")
    }));
    let mut problem = Problem::default();
    let x = problem.variable("x", entire, Sort::Real);
    let shifted = minus(&mut problem.graph, x, "1/3");
    let square = problem.graph.powi(shifted, 2);
    problem.objective = Some(problem.graph.neg(square));
    let optimum = maximum(&problem.clone().compile());
    assert!(optimum.upper >= 0.0 && optimum.upper <= 0.002 && optimum.lower <= 0.0, "{optimum:?}");
    // the supremum of x itself is infinite, whatever was found
    problem.objective = Some(x);
    let optimum = optimise(&problem.clone().compile(), &[entire], &Strategy::default(), &limited(200), &mut ());
    assert_eq!(optimum.upper, f64::INFINITY);
}

#[test]
fn integers_are_integers() {
    let twice = |c: &'static str| move |graph: &mut Graph, x: ExprId| graph.linear([(number("2"), x)], -&number(c));
    assert_unsat(&one(bounds(-9.0, 9.0), Sort::Integer, Relation::Eq, twice("1")));
    assert_satisfiable(&one(bounds(-9.0, 9.0), Sort::Integer, Relation::Eq, twice("4")));
    // contraction leaves [0.5, 1.7], which holds the integer 1
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(0.0, 2.0), Sort::Integer);
    let (low, high) = (minus(&mut problem.graph, x, "1/2"), minus(&mut problem.graph, x, "17/10"));
    problem.constraint = Formula::and([Formula::atom(low, Relation::Ge), Formula::atom(high, Relation::Le)]);
    let Verdict::Sat(certificate) = decided(&problem.clone().compile()) else { panic!("1 is a solution") };
    assert_eq!(certificate.point, [Rational::from_integer(1.into())]);
    problem.objective = Some(x);
    let optimum = maximum(&problem.compile());
    assert!(optimum.upper < 1.7 + 1e-9 && optimum.upper >= 1.0, "{optimum:?}");
}

/// Small linear integer problems against trying all points.
#[test]
fn integer_problems_agree_with_enumeration() {
    let (mut feasible, mut infeasible) = (0, 0);
    each_seed("integers", 150, |_, rng| {
        let mut problem = Problem::default();
        let x: Vec<ExprId> =
            (0..3).map(|i| problem.variable(format!("x{i}"), bounds(-3.0, 3.0), Sort::Integer)).collect();
        let rows: Vec<([i64; 3], i64)> =
            (0..3).map(|_| (std::array::from_fn(|_| rng.random_range(-4..=4)), rng.random_range(-6..=6))).collect();
        let relation = [Relation::Le, Relation::Eq, Relation::Ge];
        let value = |row: &([i64; 3], i64), at: [i64; 3]| row.0.iter().zip(at).map(|(a, x)| a * x).sum::<i64>() + row.1;
        let mut atoms = Vec::new();
        for (row, relation) in rows.iter().zip(relation) {
            let terms = row.0.iter().zip(&x).map(|(&a, &x)| (Constant::from_f64(a as f64).expect("finite"), x));
            let sum = problem.graph.linear(terms, Constant::from_f64(row.1 as f64).expect("finite"));
            atoms.push(Formula::atom(sum, relation));
        }
        problem.constraint = Formula::and(atoms);
        let cost: [i64; 3] = std::array::from_fn(|_| rng.random_range(-4..=4));
        let terms = cost.iter().zip(&x).map(|(&a, &x)| (Constant::from_f64(a as f64).expect("finite"), x));
        problem.objective = Some(problem.graph.linear(terms.collect::<Vec<_>>(), Constant::ZERO));
        let mut best: Option<i64> = None;
        for index in 0..343i64 {
            let at = [index % 7 - 3, index / 7 % 7 - 3, index / 49 - 3];
            let [le, eq, ge] = std::array::from_fn(|i| value(&rows[i], at));
            if le <= 0 && eq == 0 && ge >= 0 {
                best = best.max(Some(value(&(cost, 0), at)));
            }
        }
        let problem = problem.compile();
        let options = Options { delta: 1e-3, ..limited(20_000) };
        let verdict = decide(&problem, &strategy(rng.random_range(0..BRANCHERS), 7), &options, &mut ()).verdict;
        let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut ());
        match best {
            Some(best) => {
                assert!(matches!(verdict, Verdict::Sat(_)), "{verdict:?}, but {best} is reached");
                assert!(optimum.lower <= best as f64 && best as f64 <= optimum.upper, "{best} in {optimum:?}");
                feasible += 1;
            }
            None => {
                assert!(matches!(verdict, Verdict::Unsat), "{verdict:?}, but there is no solution");
                assert!(optimum.witness.is_none() && optimum.upper == f64::NEG_INFINITY, "{optimum:?}");
                infeasible += 1;
            }
        }
    });
    assert!(!usual_run() || (feasible > 20 && infeasible > 20), "{feasible} feasible, {infeasible} infeasible");
}

/// `op(x) ⋈ 0` where the operator has no value anywhere on the domain, or none that would do.
#[test]
fn partial_operators_are_relations() {
    let root = |graph: &mut Graph, x: ExprId| graph.apply(Op::Sqrt, [x]);
    let ln = |graph: &mut Graph, x: ExprId| graph.apply(Op::Ln, [x]);
    let recip = |graph: &mut Graph, x: ExprId| {
        let one = graph.constant(Constant::ONE);
        graph.div(one, x)
    };
    // no value at all
    for relation in [Relation::Le, Relation::Lt, Relation::Ge, Relation::Gt, Relation::Eq, Relation::Ne] {
        assert_unsat(&one(bounds(-4.0, -1.0), Sort::Real, relation, root));
        assert_unsat(&one(bounds(-4.0, 0.0), Sort::Real, relation, ln));
        assert_unsat(&one(bounds(0.0, 0.0), Sort::Real, relation, recip));
        assert_unsat(&one(bounds(1.5, 2.0), Sort::Real, relation, |graph, x| graph.apply(Op::Asin, [x])));
        assert_unsat(&one(bounds(0.0, 0.0), Sort::Real, relation, |graph, x| graph.powi(x, -2)));
        assert_unsat(&one(bounds(-2.0, -1.0), Sort::Real, relation, |graph, x| {
            let half = graph.constant(number("0.5"));
            graph.apply(Op::RealPow, [x, half])
        }));
    }
    // a value at one end only
    assert_satisfiable(&one(bounds(-4.0, 0.0), Sort::Real, Relation::Ge, root));
    assert_satisfiable(&one(bounds(-4.0, 0.0), Sort::Real, Relation::Eq, root));
    assert_unsat(&one(bounds(-4.0, 0.0), Sort::Real, Relation::Gt, root));
    // 1/x over an interval that holds zero
    assert_unsat(&one(bounds(-1e6, 1e6), Sort::Real, Relation::Eq, recip));
    assert_unsat(&one(Interval::ENTIRE, Sort::Real, Relation::Eq, recip));
    assert_satisfiable(&one(bounds(-1.0, 2.0), Sort::Real, Relation::Gt, recip));
    assert_unsat(&one(bounds(-1.0, 0.0), Sort::Real, Relation::Gt, recip));
    // x/x = 2 nowhere, although its enclosure is entire at zero; x/x = 1 nearly everywhere
    let quotient = |c: &'static str| {
        move |graph: &mut Graph, x: ExprId| {
            let quotient = graph.div(x, x);
            minus(graph, quotient, c)
        }
    };
    let verdict = decided(&one(bounds(-1.0, 1.0), Sort::Real, Relation::Eq, quotient("2")));
    assert!(matches!(verdict, Verdict::Unsat | Verdict::Unknown(_)), "{verdict:?}");
    assert_unsat(&one(bounds(1e-9, 1.0), Sort::Real, Relation::Eq, quotient("2")));
    assert_satisfiable(&one(bounds(-1.0, 2.0), Sort::Real, Relation::Eq, quotient("1")));
    // √x where x is cut to its domain: √x + √(−x) has a value at zero alone
    let both = |relation| {
        one(bounds(-1.0, 1.0), Sort::Real, relation, |graph, x| {
            let opposite = graph.neg(x);
            let (one, other) = (graph.apply(Op::Sqrt, [x]), graph.apply(Op::Sqrt, [opposite]));
            let sum = graph.add(one, other);
            minus(graph, sum, "1/2")
        })
    };
    assert_satisfiable(&both(Relation::Le));
    assert_unsat(&both(Relation::Ge));
}

/// An atom without a value does not hold; what else is in the formula is not touched by that.
#[test]
fn what_is_undefined_in_a_disjunct_or_an_untaken_branch_refutes_nothing() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-3.0, 5.0), Sort::Real);
    let root = problem.graph.apply(Op::Sqrt, [x]);
    let large = minus(&mut problem.graph, root, "9");
    let negative = minus(&mut problem.graph, x, "-1");
    problem.constraint = Formula::or([Formula::atom(large, Relation::Ge), Formula::atom(negative, Relation::Le)]);
    assert_satisfiable(&problem.clone().compile());
    problem.variables[0].domain = bounds(-3.0, -2.0);
    assert_satisfiable(&problem.clone().compile());
    problem.variables[0].domain = bounds(-0.5, 5.0);
    assert_unsat(&problem.compile());
    // if x ≥ 0 then √x else −x, and 1/x guarded
    let guarded = |relation, c: &'static str| {
        one(bounds(-3.0, 0.5), Sort::Real, relation, |graph, x| {
            let (root, opposite) = (graph.apply(Op::Sqrt, [x]), graph.neg(x));
            let value = graph.apply(Op::Ite, [x, root, opposite]);
            minus(graph, value, c)
        })
    };
    assert_satisfiable(&guarded(Relation::Ge, "2"));
    assert_unsat(&guarded(Relation::Gt, "3.1"));
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-3.0, 0.5), Sort::Real);
    let (root, opposite) = (problem.graph.apply(Op::Sqrt, [x]), problem.graph.neg(x));
    problem.objective = Some(problem.graph.apply(Op::Ite, [x, root, opposite]));
    let optimum = maximum(&problem.compile());
    assert!(optimum.lower >= 2.99 && (3.0..=3.002).contains(&optimum.upper), "{optimum:?}");
}

#[test]
fn infeasible_constraints_and_undefined_objectives_have_no_supremum() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-4.0, -1.0), Sort::Real);
    problem.objective = Some(problem.graph.apply(Op::Sqrt, [x]));
    let undefined = maximum(&problem.clone().compile());
    assert_eq!((undefined.upper, undefined.witness.is_none()), (f64::NEG_INFINITY, true));
    assert_eq!(undefined.stop, StopReason::Complete);
    // the objective plays no part in a decision
    assert!(matches!(decided(&problem.clone().compile()), Verdict::Sat(_)));
    problem.objective = Some(x);
    problem.constraint = Formula::atom(x, Relation::Ge);
    for target in [None, Some(-2.0), Some(7.0)] {
        let options = Options { target, ..limited(1_000) };
        let compiled = problem.clone().compile();
        let optimum = optimise(&compiled, &compiled.root(), &Strategy::default(), &options, &mut ());
        assert!(optimum.witness.is_none() && optimum.stop == StopReason::Complete, "{optimum:?}");
        assert!(optimum.upper <= target.unwrap_or(f64::NEG_INFINITY), "{optimum:?}");
    }
    // defined on a part
    problem.constraint = Formula::TRUE;
    problem.variables[0].domain = bounds(-4.0, 4.0);
    problem.objective = Some(problem.graph.apply(Op::Sqrt, [x]));
    let optimum = maximum(&problem.compile());
    assert!(optimum.lower >= 1.999 && (2.0..=2.002).contains(&optimum.upper), "{optimum:?}");
}

/// An increment of a constant is no place to split: a constant keeps its value.
#[test]
fn constants_below_piecewise_operators_stay_constants() {
    let mut problem = Problem::default();
    let d = problem.variable("d", bounds(-1.0, 1.0), Sort::Real);
    let z = problem.graph.constant(number("1/3"));
    problem.objective = Some(problem.graph.increment(Incremented::Sigmoid, z, d));
    let problem = problem.compile();
    assert_eq!(problem.tape.kept().len(), 1, "only d varies");
    let optimum = maximum(&problem);
    // σ(4/3) − σ(1/3)
    let expected = 0.208_821_266;
    assert!(
        optimum.lower <= expected + 1e-9 && expected <= optimum.upper && optimum.upper < expected + 0.002,
        "{optimum:?}"
    );
}

/// Rows of constants alone leave nothing of theirs to the rows after them.
#[test]
fn rows_of_noise_alone_do_not_disturb_the_rows_after_them() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(3.0, 4.0), Sort::Real);
    let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
    let graph = &mut problem.graph;
    let noise = graph.noise(s, [], number("0.5"), Constant::ONE);
    let row = graph.linear([(Constant::ONE, x), (number("2"), s)], Constant::ONE);
    problem.objective = Some(graph.apply(Op::Max, [noise, row]));
    let optimum = maximum(&problem.compile());
    assert!(optimum.lower >= 6.999 && (7.0..=7.002).contains(&optimum.upper), "{optimum:?}");
}

/// A maximisation that takes a while: `sin(5x)·cos(3y) + xy/9`.
fn lengthy() -> Compiled {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-3.0, 3.0), Sort::Real);
    let y = problem.variable("y", bounds(-3.0, 3.0), Sort::Real);
    let graph = &mut problem.graph;
    let (five_x, three_y) = (graph.scale(number("5"), x), graph.scale(number("3"), y));
    let (sine, cosine) = (graph.apply(Op::Sin, [five_x]), graph.apply(Op::Cos, [three_y]));
    let (product, area) = (graph.mul(sine, cosine), graph.mul(x, y));
    problem.objective = Some(graph.linear([(Constant::ONE, product), (number("1/9"), area)], Constant::ZERO));
    problem.compile()
}

/// A point where the objective of [`lengthy`] is nearly maximal, and its value to a few digits: below the supremum.
fn reached() -> f64 {
    let (x, y) = (2.83f64, 3.0f64);
    (1..400)
        .flat_map(|i| (1..400).map(move |j| (x - f64::from(i) * 2e-3, y - f64::from(j) * 2e-3)))
        .map(|(x, y)| (5.0 * x).sin() * (3.0 * y).cos() + x * y / 9.0 - 1e-9)
        .fold(f64::NEG_INFINITY, f64::max)
}

fn check_stop(budget: Budget, expected: StopReason) -> Optimum {
    let problem = lengthy();
    let options = Options { absolute_gap: 1e-9, budget, ..Options::default() };
    let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut ());
    assert_eq!(optimum.stop, expected);
    assert!(optimum.lower <= optimum.upper && optimum.upper >= reached(), "{optimum:?} against {}", reached());
    let mut decision = deltasat::problem::Problem::clone(&problem.problem);
    let objective = decision.objective.take().expect("it has one");
    // unsatisfiable, but only many boxes show it
    let above = decision.graph.linear([(Constant::ONE, objective)], -&number("1.9999"));
    decision.constraint = Formula::atom(above, Relation::Ge);
    let options = Options { delta: 0.0, ..options };
    let Decision { verdict, .. } = decide(&decision.compile(), &strategy(0, 0), &options, &mut ());
    assert!(matches!(verdict, Verdict::Unknown(reason) if reason == expected), "{verdict:?}");
    optimum
}

#[test]
fn limits_end_with_valid_bounds() {
    for boxes in [0, 1, 2, 5] {
        let optimum = check_stop(Budget::unlimited().with_boxes(boxes), StopReason::Boxes);
        assert!(optimum.statistics.boxes <= boxes, "{} boxes of {boxes}", optimum.statistics.boxes);
    }
    check_stop(Budget::unlimited().with_time(Duration::ZERO), StopReason::Time);
    check_stop(Budget::unlimited().with_memory(0), StopReason::Memory);
    let raised = Arc::new(AtomicBool::new(true));
    check_stop(Budget::unlimited().with_interrupt(raised), StopReason::Interrupted);
}

/// Raises a flag at the n-th event.
struct Raise {
    flag: Arc<AtomicBool>,
    events: u64,
}

impl Observer for Raise {
    fn observe(&mut self, _: &Event<'_>) {
        self.events = self.events.saturating_sub(1);
        if self.events == 0 {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn an_interrupt_in_the_middle_ends_with_valid_bounds() {
    let problem = lengthy();
    for jobs in [1, 3] {
        let flag = Arc::new(AtomicBool::new(false));
        let budget = Budget::unlimited().with_interrupt(flag.clone());
        let options = Options { absolute_gap: 1e-9, jobs, budget, ..Options::default() };
        let mut observer = Raise { flag, events: 40 };
        let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut observer);
        assert_eq!(optimum.stop, StopReason::Interrupted);
        assert!(optimum.statistics.boxes > 5 && optimum.lower <= optimum.upper && optimum.upper >= reached());
    }
}

/// More boxes never loosen a bound.
#[test]
fn bounds_tighten_monotonically() {
    let problem = lengthy();
    let (mut lower, mut upper) = (f64::NEG_INFINITY, f64::INFINITY);
    for boxes in [1, 3, 10, 30, 100, 300] {
        let options = Options { absolute_gap: 1e-9, ..limited(boxes) };
        let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut ());
        assert!(optimum.lower >= lower && optimum.upper <= upper, "{optimum:?} after [{lower}, {upper}]");
        (lower, upper) = (optimum.lower, optimum.upper);
    }
    assert!(upper - lower < 0.1, "[{lower}, {upper}]");
}

/// On a part of the root the witness lies in that part, whatever finders propose.
#[test]
fn a_part_of_the_root_is_bounded_by_itself() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(-1.0, 1.0), Sort::Real);
    let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
    problem.objective = Some(problem.graph.linear([(Constant::ONE, x), (Constant::from(2), s)], Constant::ZERO));
    let problem = problem.compile();
    let mut root = problem.root();
    (root[0], root[1]) = (bounds(-0.5, 0.25), bounds(-1.0, 0.5));
    // without starting points, so that the finder that leaves boxes for a noise has to find the witness
    let options = Options { starts: 0, ..Options::default() };
    let optimum = optimise(&problem, &root, &Strategy::default(), &options, &mut ());
    assert!(optimum.lower <= 1.25 && 1.25 <= optimum.upper, "{optimum:?}");
    assert_eq!(optimum.stop, StopReason::Complete);
    assert!(optimum.upper - optimum.lower <= 0.001, "{optimum:?}");
}

#[test]
fn an_exact_evaluation_ends_when_told_unless_it_is_short() {
    let chain = |count: usize| {
        let mut problem = Problem::default();
        let x = problem.variable("x", bounds(-3.0, 3.0), Sort::Real);
        let links = (0..count).fold(x, |link, _| problem.graph.apply(Op::Sin, [link]));
        problem.objective = Some(links);
        problem.compile()
    };
    let [short, long] = [chain(50), chain(5_000)];
    let judged = |problem: &Compiled, looks| {
        problem.certify_within(&[1.0], &Budget::unlimited().interrupted_after(looks)).is_some()
    };
    assert_eq!([0, 1, 2].map(|looks| judged(&long, looks)), [false, false, true]);
    assert!(judged(&short, 0));
}
