//! Searches on random small problems: every answer is checked against exact evaluation at the planted solution, at the
//! point that comes with the answer and at sampled points; every configuration must agree with every other, and any
//! number of threads must tell the same story to the bit.

mod common;

use common::configurations::{BRANCHERS, Log, SETS, brancher, contractors, strategy};
use common::expressions::{point_in, random_interval};
use common::planted::{Planted, Shape, planted};
use common::{certainly_above, certainly_below, each_seed, rationals, truth_at, usual_run};
use deltasat::budget::Budget;
use deltasat::exact::{Ball, Rational, rational};
use deltasat::expr::evaluate::evaluate;
use deltasat::formula::Truth;
use deltasat::interval::Interval;
use deltasat::problem::{Certificate, Compiled, Problem, Sort};
use deltasat::search::{Optimum, Options, Order, StopReason, Strategy, Verdict, decide, optimise};
use rand::Rng;
use rand::rngs::SmallRng;

fn limited(boxes: u64) -> Options {
    Options { budget: Budget::unlimited().with_boxes(boxes), ..Options::default() }
}

/// Small enough for many configurations.
fn small(rng: &mut SmallRng) -> Shape {
    Shape { variables: rng.random_range(1..=3), depth: rng.random_range(1..=3), ..Shape::any(rng) }
}

fn inside(problem: &Problem, at: &[Rational]) -> bool {
    problem.variables.iter().zip(at).all(|(variable, x)| {
        let (lo, hi) = (variable.domain.inf(), variable.domain.sup());
        let above = rational::from_f64(lo).is_none_or(|lo| lo <= *x);
        let below = rational::from_f64(hi).is_none_or(|hi| *x <= hi);
        above && below && (variable.sort != Sort::Integer || x.is_integer())
    })
}

fn value_at(problem: &Problem, at: &[Rational]) -> Option<Ball> {
    let objective = problem.objective?;
    evaluate(&problem.graph, &[objective], at).remove(&objective).flatten()
}

/// A point of the domains: half of the coordinates from a coarse grid.
fn sample(rng: &mut SmallRng, problem: &Problem) -> Vec<f64> {
    let coordinate = |rng: &mut SmallRng, domain, sort| {
        let x = point_in(rng, domain);
        let coarse = (4.0 * x).round() / 4.0;
        match sort {
            Sort::Integer if domain.contains(x.floor()) => x.floor(),
            Sort::Real | Sort::Noise if rng.random() && domain.contains(coarse) => coarse,
            _ => x,
        }
    };
    problem.variables.iter().map(|v| coordinate(rng, v.domain, v.sort)).collect()
}

/// Checks a verdict; `solution` is a point known to satisfy the formula, if any is known.
fn check_verdict(rng: &mut SmallRng, problem: &Compiled, verdict: &Verdict, delta: f64, solution: Option<&[f64]>) {
    let problem = &problem.problem;
    match verdict {
        Verdict::Unsat => {
            assert!(solution.is_none(), "unsat, but {solution:?} is a solution");
            for _ in 0..60 {
                let at = rationals(&sample(rng, problem));
                let solves = inside(problem, &at) && truth_at(problem, &at, 0.0) == Truth::True;
                assert!(!solves, "unsat, but {at:?} is a solution");
            }
        }
        Verdict::Sat(Certificate { point, .. }) => {
            assert!(inside(problem, point), "{point:?} outside the domains");
            assert_eq!(truth_at(problem, point, 0.0), Truth::True, "{point:?} is no solution");
        }
        Verdict::DeltaSat { bounds, point } | Verdict::SatWithin { bounds, point } => {
            assert!(bounds.iter().zip(point).all(|(bound, &x)| bound.contains(x)));
            let at = rationals(point);
            assert!(inside(problem, &at), "{point:?} outside the domains");
            // certified numbers lose more than intervals do where a change of zero is added to something huge
            assert_ne!(truth_at(problem, &at, delta), Truth::False, "{point:?} does not satisfy the weakened formula");
            if let Verdict::SatWithin { .. } = verdict {
                assert!(!refuted_within(problem, bounds), "nothing in {bounds:?}");
            }
        }
        Verdict::Unknown(_) => {}
    }
}

/// Whether contraction and splitting, which know nothing of how the box was found, refute it.
fn refuted_within(problem: &Problem, bounds: &[Interval]) -> bool {
    let mut problem = Problem { objective: None, ..problem.clone() };
    for (variable, &bound) in problem.variables.iter_mut().zip(bounds) {
        assert!(bound.subset(variable.domain), "{bound:?} outside the domain");
        variable.domain = bound;
    }
    let options = Options { delta: 0.0, ..limited(200) };
    matches!(decide(&problem.compile(), &Strategy::default(), &options, &mut ()).verdict, Verdict::Unsat)
}

fn delta(rng: &mut SmallRng) -> f64 {
    [0.001, 0.1, 1e-9][rng.random_range(0..3)]
}

#[test]
fn decisions_about_planted_solutions_are_right() {
    let mut answered = 0;
    each_seed("decide planted", 700, |_, rng| {
        let shape = Shape { objective: rng.random_range(0..8) == 0, ..Shape::any(rng) };
        let Planted { problem, point } = planted(rng, shape);
        let problem = problem.compile();
        let options = Options { delta: delta(rng), ..limited(300) };
        let decision = decide(&problem, &Strategy::default(), &options, &mut ());
        check_verdict(rng, &problem, &decision.verdict, options.delta, Some(&point));
        answered += u32::from(matches!(
            decision.verdict,
            Verdict::Sat(_) | Verdict::SatWithin { .. } | Verdict::DeltaSat { .. }
        ));
    });
    assert!(!usual_run() || answered > 400, "only {answered} answers");
}

#[test]
fn decisions_about_other_domains_are_right() {
    let (mut unsat, mut sat) = (0, 0);
    each_seed("decide others", 700, |_, rng| {
        let shape = Shape { objective: false, ..small(rng) };
        let Planted { mut problem, .. } = planted(rng, shape);
        for variable in problem.variables.iter_mut().filter(|v| v.sort != Sort::Noise) {
            variable.domain = random_interval(rng);
        }
        let problem = problem.compile();
        let options = Options { delta: delta(rng), ..limited(300) };
        let decision = decide(&problem, &strategy(rng.random_range(0..BRANCHERS), 7), &options, &mut ());
        check_verdict(rng, &problem, &decision.verdict, options.delta, None);
        unsat += u32::from(matches!(decision.verdict, Verdict::Unsat));
        sat += u32::from(matches!(
            decision.verdict,
            Verdict::Sat(_) | Verdict::SatWithin { .. } | Verdict::DeltaSat { .. }
        ));
    });
    assert!(!usual_run() || (unsat > 100 && sat > 100), "{unsat} unsat, {sat} sat: too few to judge");
}

/// Checks the two sides of an optimum against exact values at feasible points.
fn check_optimum(problem: &Problem, optimum: &Optimum, feasible: &[Vec<Rational>]) {
    assert!(optimum.lower <= optimum.upper, "{} above {}", optimum.lower, optimum.upper);
    for at in feasible {
        if let Some(value) = value_at(problem, at) {
            assert!(
                !certainly_above(&value, optimum.upper),
                "{:?} above {} at {at:?}",
                value.floor_f64(),
                optimum.upper
            );
        }
    }
    match &optimum.witness {
        None => assert_eq!(optimum.lower, f64::NEG_INFINITY),
        Some(certificate) => {
            assert!(inside(problem, &certificate.point));
            assert_eq!(truth_at(problem, &certificate.point, 0.0), Truth::True, "the witness is not feasible");
            let value = value_at(problem, &certificate.point).expect("a witness has a value");
            assert!(!certainly_below(&value, optimum.lower), "{value:?} below {}", optimum.lower);
        }
    }
}

fn feasible_samples(rng: &mut SmallRng, problem: &Problem, count: usize) -> Vec<Vec<Rational>> {
    (0..count)
        .map(|_| rationals(&sample(rng, problem)))
        .filter(|at| inside(problem, at) && truth_at(problem, at, 0.0) == Truth::True)
        .collect()
}

#[test]
fn optima_lie_between_their_bounds() {
    let (mut complete, mut witnesses, mut samples) = (0, 0, 0);
    each_seed("optimise", 600, |_, rng| {
        let atoms = rng.random_range(1..=3);
        let shape = Shape { objective: true, atoms, ..small(rng) };
        let Planted { mut problem, point } = planted(rng, shape);
        if rng.random() {
            problem.constraint = deltasat::formula::Formula::TRUE;
        }
        let problem = problem.compile();
        let mut options = Options { absolute_gap: delta(rng), ..limited(200) };
        if rng.random_range(0..4) == 0 {
            options.order = Order::DepthFirst;
        }
        let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut ());
        let mut feasible = feasible_samples(rng, &problem.problem, 20);
        feasible.push(rationals(&point));
        check_optimum(&problem.problem, &optimum, &feasible);
        if optimum.stop == StopReason::Complete && optimum.lower.is_finite() {
            let gap = optimum.upper - optimum.lower;
            assert!(
                gap <= options.absolute_gap * 1.000_001 + 1e-9 * optimum.lower.abs(),
                "complete with a gap of {gap}"
            );
            complete += 1;
        }
        witnesses += u32::from(optimum.witness.is_some());
        samples += feasible.len();
    });
    if usual_run() {
        assert!(
            complete > 200 && witnesses > 400 && samples > 6_000,
            "{complete} {witnesses} {samples}: too few to judge"
        );
    }
}

#[test]
fn targets_are_answered_rightly() {
    let (mut above, mut below) = (0, 0);
    each_seed("targets", 300, |_, rng| {
        let shape = Shape { objective: true, atoms: 1, ..small(rng) };
        let Planted { problem, point } = planted(rng, shape);
        let value = value_at(&problem, &rationals(&point)).expect("the planted point has a value");
        let target = value.floor_f64() + rng.random_range(-1.0..3.0);
        let problem = problem.compile();
        let options = Options { target: Some(target), ..limited(200) };
        let optimum = optimise(&problem, &problem.root(), &Strategy::default(), &options, &mut ());
        let mut feasible = feasible_samples(rng, &problem.problem, 20);
        feasible.push(rationals(&point));
        check_optimum(&problem.problem, &optimum, &feasible);
        above += u32::from(optimum.lower > target);
        below += u32::from(optimum.upper <= target);
    });
    assert!(!usual_run() || (above > 60 && below > 30), "{above} above, {below} below: too few to judge");
}

#[test]
fn all_configurations_agree() {
    each_seed("configurations", 24, |_, rng| {
        let shape = Shape { objective: true, ..small(rng) };
        let Planted { problem, point } = planted(rng, shape);
        let problem = problem.compile();
        let mut feasible = feasible_samples(rng, &problem.problem, 10);
        feasible.push(rationals(&point));
        let (mut lower, mut upper) = (f64::NEG_INFINITY, f64::INFINITY);
        for by in 0..BRANCHERS {
            for set in 0..SETS {
                let order = if (by + set) % 2 == 0 { Order::BestFirst } else { Order::DepthFirst };
                let options = Options { order, starts: 2, ..limited(60) };
                let optimum = optimise(&problem, &problem.root(), &strategy(by, set), &options, &mut ());
                lower = lower.max(optimum.lower);
                upper = upper.min(optimum.upper);
                assert!(lower <= upper, "brancher {by}, contractors {set}: no value is in all the bounds");
                if set == 0 {
                    check_optimum(&problem.problem, &optimum, &feasible);
                }
                let decision = decide(&problem, &strategy(by, set), &limited(60), &mut ());
                check_verdict(rng, &problem, &decision.verdict, 0.001, Some(&point));
            }
        }
    });
}

#[test]
fn any_number_of_threads_tells_the_same_story() {
    each_seed("threads", 40, |seed, rng| {
        let shape = Shape { objective: true, ..small(rng) };
        let Planted { problem, .. } = planted(rng, shape);
        let problem = problem.compile();
        let (by, set) = (seed as usize % BRANCHERS, [7, 2, 4, 0][seed as usize % 4]);
        let order = if seed % 3 == 0 { Order::DepthFirst } else { Order::BestFirst };
        let run = |jobs: usize| {
            let options = Options { jobs, order, absolute_gap: 1e-6, ..limited(400) };
            let strategy = Strategy { contractors: contractors(set), brancher: brancher(by), ..Strategy::default() };
            let (mut told, mut decided) = (Log::default(), Log::default());
            let optimum = optimise(&problem, &problem.root(), &strategy, &options, &mut told);
            let decision = decide(&problem, &strategy, &options, &mut decided);
            let point = optimum.witness.map(|certificate| certificate.point);
            let verdict = format!("{:?}", decision.verdict);
            let bounds = [optimum.lower.to_bits(), optimum.upper.to_bits(), optimum.statistics.boxes];
            (told, decided, point, verdict, bounds, optimum.stop)
        };
        let alone = run(1);
        for jobs in [2, 4] {
            let several = run(jobs);
            assert!(several.0 == alone.0, "optimise tells another story with {jobs} threads");
            assert!(several.1 == alone.1, "decide tells another story with {jobs} threads");
            assert_eq!((&several.2, &several.3, several.4, several.5), (&alone.2, &alone.3, alone.4, alone.5));
        }
        assert!(run(1).0 == alone.0, "two runs alike tell different stories");
    });
}
