//! Contractors, branchers and the tape's sweeps on random problems: what is true at a point stays true of every box that
//! is said to hold the point.
//!
//! The judge is certified arithmetic ([`evaluate`]), which shares no code with the sweeps.

mod common;

use common::configurations::{BRANCHERS, CONTRACTORS, brancher, contractor};
use common::expressions::{Constants, Generator, point_in, random_interval};
use common::planted::{Planted, Shape, planted};
use common::{certainly_above, each_seed, may_contain, rationals, truth_at, usual_run};
use deltasat::branch::Split;
use deltasat::contract::{Contractor, Goal, Hc4, Integers, Outcome, Spare};
use deltasat::exact::{Ball, Constant, Rational, rational};
use deltasat::expr::evaluate::evaluate;
use deltasat::expr::{ExprId, Node};
use deltasat::formula::Truth;
use deltasat::interval::{Interval, bounds, point};
use deltasat::op::Op;
use deltasat::problem::{Compiled, Problem, Sort};
use deltasat::tape::{LANES, Slot, Workspace};
use rand::Rng;
use rand::rngs::SmallRng;

/// The exact values of everything on the tape at a point.
struct Truths {
    /// by slot; only defined and decided ones
    values: Vec<(Slot, Ball)>,
    /// whether the objective (without one, the last atom) is
    complete: bool,
}

impl Truths {
    fn new(problem: &Compiled, at: &[f64]) -> Self {
        let mut roots = Vec::new();
        problem.problem.constraint.atoms(&mut |atom| roots.push(atom.expr));
        roots.extend(problem.problem.objective);
        let all = evaluate(&problem.problem.graph, &roots, &rationals(at));
        let complete = all[roots.last().expect("a root")].is_some();
        let mut values: Vec<(Slot, Ball)> =
            all.into_iter().filter_map(|(id, value)| Some((problem.tape.slot(id)?, value?))).collect();
        // a variable that occurs nowhere has a slot all the same
        for (slot, &x) in at.iter().enumerate() {
            if values.iter().all(|&(other, _)| other as usize != slot) {
                values.push((slot as Slot, Ball::from_f64(x).expect("a finite point")));
            }
        }
        values.sort_by_key(|&(slot, _)| slot);
        Truths { values, complete }
    }

    fn get(&self, slot: Slot) -> Option<&Ball> {
        let index = self.values.binary_search_by_key(&slot, |&(slot, _)| slot).ok()?;
        Some(&self.values[index].1)
    }

    fn of(&self, slot: Slot) -> &Ball {
        self.get(slot).expect("a slot with a value")
    }

    /// Every slot of the workspace holds its value.
    fn check(&self, w: &Workspace, after: &str) {
        for (slot, value) in &self.values {
            let held = w.values[*slot as usize];
            assert!(may_contain(held, value), "{after}: slot {slot} is {held:?}, lost {}", value.floor_f64());
        }
    }
}

/// A threshold that the objective reaches at the planted point, if there is an objective.
fn reached_threshold(rng: &mut SmallRng, problem: &Compiled, truths: &Truths) -> f64 {
    match problem.objective {
        Some(objective) if rng.random_range(0..3) > 0 => {
            let value = truths.of(objective).floor_f64();
            value - if rng.random() { 0.0 } else { rng.random_range(0.0..1.0) }
        }
        _ => f64::NEG_INFINITY,
    }
}

/// Which part of a split holds the value; exact unless the ball straddles the border, where either does.
fn part_with(split: &Split, value: &Ball) -> Option<Interval> {
    [split.lower, split.upper].into_iter().find(|&part| may_contain(part, value))
}

#[test]
fn no_contractor_and_no_split_loses_a_planted_solution() {
    let (mut steps, mut narrowed) = (0u64, 0u64);
    each_seed("planted", 2500, |_, rng| {
        let shape = Shape::any(rng);
        let Planted { problem, point } = planted(rng, shape);
        let problem = problem.compile();
        assert!(problem.certify(&point).is_some(), "the generator promises a solution");
        let truths = Truths::new(&problem, &point);
        let goal = Goal { delta: 0.0, threshold: reached_threshold(rng, &problem, &truths) };
        let (mut w, mut spare) = (Workspace::new(&problem.tape), Spare::new(&problem));
        let root = problem.root();
        let mut kept = root.clone();
        for depth in 0..12 {
            problem.tape.load(&kept, &mut w);
            assert!(problem.tape.forward(&mut w), "a forward sweep refutes a solution");
            truths.check(&w, "forward");
            for _ in 0..rng.random_range(1..4) {
                let contractor = contractor(rng.random_range(0..CONTRACTORS));
                let outcome = contractor.contract(&problem, &goal, &mut w, &mut spare);
                assert!(outcome != Outcome::Empty, "{} refutes a solution at depth {depth}", contractor.name());
                truths.check(&w, contractor.name());
                steps += 1;
            }
            let before = kept.clone();
            problem.tape.store(&w, &mut kept);
            narrowed += u64::from(before != kept);
            let brancher = brancher(rng.random_range(0..BRANCHERS));
            let Some(split) = brancher.choose(&problem, &root, &kept, depth, &mut w) else { break };
            let value = truths.of(problem.tape.kept()[split.position]);
            kept[split.position] = part_with(&split, value).unwrap_or_else(|| {
                panic!("{} splits {:?} into {split:?} without {value:?}", brancher.name(), kept[split.position])
            });
        }
    });
    if usual_run() {
        assert!(steps > 30_000 && narrowed > 3_000, "{steps} contractions, {narrowed} that narrowed: too few to judge");
    }
}

#[test]
fn outcomes_mean_what_they_say() {
    let (mut fixpoints, mut inactive) = (0, 0);
    each_seed("outcomes", 600, |_, rng| {
        let shape = Shape::any(rng);
        let Planted { problem, .. } = planted(rng, shape);
        let problem = problem.compile();
        let (mut w, mut spare) = (Workspace::new(&problem.tape), Spare::new(&problem));
        let mut kept = problem.root();
        for _ in 0..4 {
            let i = rng.random_range(0..problem.tape.variables());
            let at = point_in(rng, kept[i]);
            kept[i] = kept[i].intersection(bounds(at - 0.5, at + 0.5));
        }
        problem.tape.load(&kept, &mut w);
        if !problem.tape.forward(&mut w) {
            return;
        }
        let (mut again, mut after) = (w.clone(), kept.clone());
        for contractor in [&Hc4 as &dyn Contractor, &Integers] {
            let outcome = contractor.contract(&problem, &Goal::ALL, &mut w, &mut spare);
            if outcome == Outcome::Empty {
                return;
            }
            problem.tape.store(&w, &mut kept);
            if matches!(outcome, Outcome::Fixpoint | Outcome::Inactive) {
                problem.tape.load(&kept, &mut again);
                if !problem.tape.forward(&mut again) {
                    return;
                }
                problem.tape.store(&again, &mut kept);
                contractor.contract(&problem, &Goal::ALL, &mut again, &mut spare);
                problem.tape.store(&again, &mut after);
                assert_eq!(kept, after, "{} said {outcome:?}", contractor.name());
                fixpoints += 1;
            }
            if outcome == Outcome::Inactive && contractor.name() == "hc4" {
                // what holds all over a box holds at each of its points
                let at: Vec<f64> = (0..problem.tape.variables()).map(|i| point_in(rng, kept[i])).collect();
                if integral(&problem, &at) {
                    let truth = truth_at(&problem.problem, &rationals(&at), 0.0);
                    assert!(truth != Truth::False, "inactive, but {at:?} is no solution");
                    inactive += u32::from(truth == Truth::True);
                }
            }
        }
    });
    if usual_run() {
        assert!(fixpoints > 100 && inactive > 10, "{fixpoints} fixpoints, {inactive} inactive: too few to judge");
    }
}

fn integral(problem: &Compiled, at: &[f64]) -> bool {
    problem.problem.variables.iter().zip(at).all(|(v, x)| v.sort != Sort::Integer || x.fract() == 0.0)
}

/// A random expression over random bounded boxes, as the objective of a problem.
fn expression(rng: &mut SmallRng, depth: u32, constants: Constants) -> Compiled {
    let mut problem = Problem::default();
    let scale = if constants == Constants::Extreme { [1e150, 1e-150, 1.0, 1e-75][rng.random_range(0..4)] } else { 1.0 };
    let variables: Vec<ExprId> = (0..rng.random_range(1..=4))
        .map(|i| {
            let domain = random_interval(rng);
            problem.variable(format!("x{i}"), bounds(domain.inf() * scale, domain.sup() * scale), Sort::Real)
        })
        .collect();
    let noises: Vec<ExprId> =
        (0..2).map(|i| problem.variable(format!("s{i}"), bounds(-1.0, 1.0), Sort::Noise)).collect();
    let graph = &mut problem.graph;
    let root = Generator { rng, graph, variables: &variables, noises: &noises, constants }.expression(depth);
    problem.objective = Some(root);
    problem.compile()
}

/// Mostly plain ones, whose exact values are cheap.
const SIZES: [Constants; 8] = {
    use Constants::{Awkward, Extreme, Plain};
    [Plain, Plain, Plain, Awkward, Plain, Plain, Plain, Extreme]
};

fn awkward_or_extreme(extreme: bool) -> Constants {
    if extreme { Constants::Extreme } else { Constants::Awkward }
}

/// A point of the box.
fn sample(rng: &mut SmallRng, kept: &[Interval], variables: usize) -> Vec<f64> {
    kept[..variables].iter().map(|&x| if x.mag() > 1e6 { between(rng, x) } else { point_in(rng, x) }).collect()
}

fn between(rng: &mut SmallRng, x: Interval) -> f64 {
    let share = rng.random_range(0.0..=1.0);
    (x.inf() * (1.0 - share) + x.sup() * share).clamp(x.inf(), x.sup())
}

#[test]
fn forward_enclosures_contain_exact_values() {
    let mut judged = 0u64;
    each_seed("forward", 5_200, |seed, rng| {
        let problem = expression(rng, [1, 2, 1, 3][seed as usize % 4], SIZES[seed as usize % 8]);
        let mut w = Workspace::new(&problem.tape);
        let root = problem.root();
        problem.tape.load(&root, &mut w);
        let nonempty = problem.tape.forward(&mut w);
        for _ in 0..24 {
            let at = sample(rng, &root, problem.tape.variables());
            let truths = Truths::new(&problem, &at);
            if truths.complete {
                assert!(nonempty, "the box is said to hold no value, but it has one at {at:?}");
                truths.check(&w, "forward");
                judged += 1;
            }
        }
    });
    if usual_run() {
        assert!(judged >= 100_000, "only {judged} points");
    }
}

#[test]
fn enclosures_of_points_contain_exact_values() {
    each_seed("points", 3_000, |seed, rng| {
        let problem = expression(rng, 4, awkward_or_extreme(seed % 4 == 0));
        let at = sample(rng, &problem.root(), problem.tape.variables());
        let truths = Truths::new(&problem, &at);
        let mut w = Workspace::new(&problem.tape);
        problem.tape.load_point(&at, &mut w);
        let nonempty = problem.tape.forward(&mut w);
        if truths.complete {
            assert!(nonempty, "no value at {at:?}");
            truths.check(&w, "point");
        } else {
            // undecided is no proof of undefined, unless every argument was known exactly and nothing is too large
            let exact = truths.values.iter().all(|(_, value)| value.is_point());
            let moderate = w.values.iter().all(|x| x.mag() < 1e100);
            let defined = nonempty && problem.tape.is_defined(&mut w);
            assert!(!(exact && moderate && defined), "said to be defined at {at:?}");
        }
    });
}

#[test]
fn derivatives_enclose_difference_quotients() {
    let mut judged = 0u64;
    each_seed("derivatives", 3_000, |_, rng| {
        let problem = expression(rng, 3, Constants::Awkward);
        let objective = problem.objective.expect("it has one");
        let (mut w, n) = (Workspace::new(&problem.tape), problem.tape.variables());
        let root = problem.root();
        problem.tape.load(&root, &mut w);
        if !problem.tape.forward(&mut w) || !problem.tape.is_defined(&mut w) {
            return;
        }
        problem.tape.derivatives(objective, &mut w);
        let slopes = w.derivatives[..n].to_vec();
        let value_at =
            |at: &[f64]| Some(Truths::new(&problem, at)).filter(|t| t.complete).map(|t| t.of(objective).clone());
        for _ in 0..6 {
            let p = sample(rng, &root, n);
            let mut q = sample(rng, &root, n);
            if rng.random() {
                let moved = rng.random_range(0..n);
                q = (0..n).map(|i| if i == moved { q[i] } else { p[i] }).collect();
            }
            let (Some(from), Some(to)) = (value_at(&p), value_at(&q)) else { continue };
            let step = |i: usize| point(q[i]) - point(p[i]);
            let change = (0..n).fold(point(0.0), |sum, i| sum + slopes[i] * step(i));
            let exact = to.sub(&from).expect("moderate values");
            assert!(may_contain(change, &exact), "{change:?} from {p:?} to {q:?}, slopes {slopes:?}: {exact:?}");
            judged += u64::from(slopes.iter().any(|slope| *slope != Interval::ENTIRE));
        }
    });
    if usual_run() {
        assert!(judged > 4_000, "only {judged} quotients");
    }
}

/// `Σ a_i x_i + c` in exact arithmetic; `None` when a coefficient is not finite.
fn exact_sum(a: &[f64], x: &[Ball], constant: f64) -> Option<Ball> {
    a.iter().zip(x).try_fold(Ball::from_f64(constant)?, |sum, (&a, x)| sum.add(&Ball::from_f64(a)?.mul(x)?))
}

/// The coefficients of the variables in the last linear bound.
fn linear_coefficients(problem: &Compiled, w: &Workspace) -> Vec<f64> {
    (0..problem.tape.variables()).map(|i| w.linear_coefficient(i as Slot, 0)).collect()
}

fn linear_bounds_hold(name: &'static str, seeds: u64, constants: Constants) -> u64 {
    let (mut judged, mut finite) = (0u64, 0u64);
    each_seed(name, seeds, |_, rng| {
        let problem = expression(rng, 4, constants);
        let (tape, mut w) = (&problem.tape, Workspace::new(&problem.tape));
        let root = problem.root();
        tape.load(&root, &mut w);
        if !tape.forward(&mut w) {
            return;
        }
        // one slot or a combination of several, in magnitudes that swallow each other; one bound or many at a time
        let objective = problem.objective.expect("it has one");
        let lanes = if rng.random() { rng.random_range(1..=4) } else { rng.random_range(5..=LANES) };
        let mut combinations: Vec<Vec<(Slot, f64)>> = Vec::new();
        for _ in 0..lanes {
            let sign = |rng: &mut SmallRng| if rng.random() { 1.0 } else { rng.random_range(-2.0..2.0) };
            if rng.random() {
                combinations.push(vec![(objective, sign(rng))]);
                continue;
            }
            let seeds = (0..rng.random_range(2..=4)).map(|_| {
                let magnitude = [1.0, 1e16, 1e-16, 1e150][rng.random_range(0..4)];
                (rng.random_range(0..tape.slots()) as Slot, magnitude * sign(rng))
            });
            combinations.push(seeds.collect());
        }
        let seeds: Vec<&[(Slot, f64)]> = combinations.iter().map(Vec::as_slice).collect();
        tape.linear_bounds(&seeds, &mut w);
        let points: Vec<Vec<f64>> = (0..4).map(|_| sample(rng, &root, tape.variables())).collect();
        let truths: Vec<Truths> = points.iter().map(|at| Truths::new(&problem, at)).collect();
        for (lane, seeds) in combinations.iter().enumerate() {
            let bound = w.linear_bound(lane);
            let coefficients: Vec<f64> = (0..tape.variables() as Slot).map(|i| w.linear_coefficient(i, lane)).collect();
            assert!(!bound.maximum.is_nan() && !bound.constant.is_nan(), "{bound:?} of {seeds:?}");
            finite += u64::from(bound.maximum.is_finite());
            if bound.maximum == f64::INFINITY {
                continue;
            }
            for (at, truths) in points.iter().zip(&truths) {
                if !truths.complete {
                    continue;
                }
                let slots: Option<Vec<Ball>> = seeds.iter().map(|&(slot, _)| truths.get(slot).cloned()).collect();
                let Some(slots) = slots else { continue };
                let weights: Vec<f64> = seeds.iter().map(|&(_, weight)| weight).collect();
                let Some(exact) = exact_sum(&weights, &slots, 0.0) else { continue };
                assert!(
                    !certainly_above(&exact, bound.maximum),
                    "{} above {bound:?} of {seeds:?} at {at:?}",
                    exact.floor_f64()
                );
                let x: Vec<Ball> = at.iter().map(|&x| Ball::from_f64(x).expect("finite")).collect();
                let line =
                    exact_sum(&coefficients, &x, bound.constant).expect("a finite bound has finite coefficients");
                let gap = line.sub(&exact).expect("moderate");
                assert!(gap.ceil_sign() >= 0, "{coefficients:?}·x + {} misses {seeds:?} at {at:?}", bound.constant);
                judged += 1;
            }
        }
    });
    if usual_run() {
        assert!(finite > seeds / 2, "only {finite} finite bounds");
    }
    judged
}

#[test]
fn linear_bounds_lie_above_exact_values() {
    let judged = linear_bounds_hold("linear", 500, Constants::Awkward);
    assert!(!usual_run() || judged > 5_000, "only {judged} points");
}

#[test]
fn linear_bounds_of_extreme_magnitudes_lie_above_exact_values() {
    let judged = linear_bounds_hold("extreme", 500, Constants::Extreme);
    assert!(!usual_run() || judged > 2_500, "only {judged} points");
}

/// Sums of terms that cancel, in one row and through several: the rounding of each coefficient shows.
#[test]
fn linear_bounds_of_cancelling_rows_lie_above_exact_values() {
    each_seed("cancelling", 1_500, |_, rng| {
        let mut problem = Problem::default();
        let n = rng.random_range(1..=4);
        let x: Vec<ExprId> = (0..n)
            .map(|i| {
                let at = rng.random_range(-1.0..1.0) * [1.0, 1e8, 1e-8][rng.random_range(0..3)];
                // thin domains leave nothing for the rounding to hide behind
                problem.variable(format!("x{i}"), bounds(at, at), Sort::Real)
            })
            .collect();
        let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
        let graph = &mut problem.graph;
        let mut layer = x;
        for _ in 0..rng.random_range(1..4) {
            let noisy = rng.random_range(0..3) == 0;
            layer = (0..rng.random_range(1..6))
                .map(|_| {
                    let mut a = || {
                        let decimal = Rational::new(rng.random_range(-999i64..999).into(), 100.into());
                        let double = Constant::from_f64(rng.random_range(-9.0..9.0)).expect("finite");
                        if rng.random() { Constant::from_rational(decimal) } else { double }
                    };
                    if noisy {
                        let terms: Vec<_> = layer.iter().map(|&h| (a(), a().abs(), h)).collect();
                        graph.noise(s, terms, Constant::ZERO, Constant::ZERO)
                    } else {
                        let terms: Vec<_> = layer.iter().map(|&h| (a(), h)).collect();
                        graph.linear(terms, Constant::ZERO)
                    }
                })
                .collect();
        }
        let terms: Vec<_> = layer.iter().map(|&h| (Constant::ONE, h)).collect();
        problem.objective = Some(graph.linear(terms, Constant::ZERO));
        let problem = problem.compile();
        let mut w = Workspace::new(&problem.tape);
        problem.tape.load(&problem.root(), &mut w);
        assert!(problem.tape.forward(&mut w));
        let objective = problem.objective.expect("it has one");
        for sign in [1.0, -1.0] {
            let bound = problem.tape.linear_bound(&[(objective, sign)], &mut w);
            for s in [-1.0, 1.0, 0.5] {
                let mut at: Vec<f64> = problem.root().iter().map(|x| x.inf()).take(problem.tape.variables()).collect();
                *at.last_mut().expect("the noise") = s;
                let truths = Truths::new(&problem, &at);
                let exact = exact_sum(&[sign], &[truths.of(objective).clone()], 0.0).expect("moderate");
                assert!(!certainly_above(&exact, bound.maximum), "{} above {bound:?}", exact.floor_f64());
            }
        }
    });
}

/// A row whose operands look like neighbours by their first, last and number, but are not.
#[test]
fn a_row_with_an_operand_twice_keeps_its_coefficients_apart() {
    let mut problem = Problem::default();
    let x: Vec<ExprId> =
        (0..3).map(|i| problem.variable(format!("x{i}"), bounds(1.0, 2.0 + f64::from(i)), Sort::Real)).collect();
    let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
    let terms = [(x[0], "2"), (x[0], "4"), (x[2], "-1")].map(|(x, a)| {
        let exact = |text| Constant::from_rational(rational::parse(text).expect("a number"));
        (exact(a), exact("1/2"), x)
    });
    problem.objective = Some(problem.graph.noise(s, terms, Constant::ZERO, Constant::ZERO));
    let problem = problem.compile();
    let mut w = Workspace::new(&problem.tape);
    problem.tape.load(&problem.root(), &mut w);
    assert!(problem.tape.forward(&mut w));
    let objective = problem.objective.expect("it has one");
    // 6·2 − 1 + (2 + 2 + 1)/2, and the same by the linear bound: all signs are known
    assert!(w.values[objective as usize].contains(13.5) && w.values[objective as usize].sup() < 13.5 + 1e-9);
    let bound = problem.tape.linear_bound(&[(objective, 1.0)], &mut w);
    assert!((13.5..13.5 + 1e-9).contains(&bound.maximum), "{bound:?}");
    let coefficients = linear_coefficients(&problem, &w);
    let close = coefficients.iter().zip([7.0, 0.0, -0.5, 0.0]).all(|(a, b)| (a - b).abs() < 1e-9);
    assert!(close, "{coefficients:?}");
}

/// A product of coefficients that underflows to zero still counts against an operand large enough to bring it back.
#[test]
fn products_that_underflow_are_charged() {
    let factor = Constant::from_f64(1e-200).expect("finite");
    let zero = Constant::ZERO;
    for form in 0..4 {
        let mut problem = Problem::default();
        let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
        let x = problem.variable("x", point(1e200), Sort::Real);
        let y = problem.variable("y", point(1e200), Sort::Real);
        let graph = &mut problem.graph;
        let row = match form {
            0 => graph.linear([(factor.clone(), x), (factor.clone(), y)], zero.clone()),
            1 => graph.linear([(factor.clone(), y), (factor.clone(), s), (factor.clone(), x)], zero.clone()),
            2 => graph.noise(s, [(zero.clone(), factor.clone(), x)], zero.clone(), zero.clone()),
            _ => graph.noise(
                s,
                [(factor.clone(), zero.clone(), x), (zero.clone(), factor.clone(), y)],
                zero.clone(),
                zero.clone(),
            ),
        };
        problem.objective = Some(row);
        let problem = problem.compile();
        let tape = &problem.tape;
        let mut w = Workspace::new(tape);
        tape.load(&problem.root(), &mut w);
        assert!(tape.forward(&mut w));
        let slot = problem.objective.expect("an objective");
        // 1e-300·1e-200·1e200 and more, at s = 1
        let bound = tape.linear_bound(&[(slot, 1e-300)], &mut w).maximum;
        assert!(bound >= 1e-300, "form {form}: {bound:e}");
    }
}

#[test]
fn adjoints_match_differences_where_the_function_is_smooth() {
    let mut judged = 0u64;
    each_seed("adjoint", 6_000, |seed, rng| {
        let problem = expression(rng, 3, Constants::Plain);
        let objective = problem.objective.expect("it has one");
        let graph = &problem.problem.graph;
        let is_step =
            |i| matches!(graph.node(graph.id(i)), Node::Apply { op: Op::Floor | Op::Round | Op::RoundOff, .. });
        if (0..graph.len()).any(is_step) {
            // a staircase has the slope that it has at large
            return;
        }
        let (mut w, n) = (Workspace::new(&problem.tape), problem.tape.variables());
        let at: Vec<f64> = (0..n).map(|_| rng.random_range(-2.0..2.0)).collect();
        problem.tape.evaluate(&at, &mut w);
        let value = w.points[objective as usize];
        problem.tape.adjoint(objective, &mut w);
        let gradient = w.adjoints[..n].to_vec();
        for i in 0..n {
            let difference = |h: f64, w: &mut Workspace| {
                let mut moved = at.clone();
                moved[i] = at[i] + h;
                problem.tape.evaluate(&moved, w);
                let above = w.points[objective as usize];
                moved[i] = at[i] - h;
                problem.tape.evaluate(&moved, w);
                let (one, two) = (above - value, value - w.points[objective as usize]);
                (one / h, two / h)
            };
            let ((a, b), (c, d)) = (difference(1e-4, &mut w), difference(1e-5, &mut w));
            let scale = 1e-3 * (1.0 + c.abs() + 1e-3 * value.abs());
            // four one-sided quotients agree: no kink near by, and rounding does not show
            let agree = [a, b, d].iter().all(|q| (q - c).abs() < scale);
            // the minimum of NaN and a number is the number, so one value alone does not tell
            let defined = w.points.iter().all(|x| x.is_finite());
            if agree && defined && value.abs() < 1e6 {
                judged += 1;
                assert!(
                    (gradient[i] - c).abs() < 4.0 * scale,
                    "seed {seed}, x{i}: {} against {c} at {at:?}",
                    gradient[i]
                );
            }
        }
    });
    if usual_run() {
        assert!(judged > 10_000, "only {judged} quotients");
    }
}
