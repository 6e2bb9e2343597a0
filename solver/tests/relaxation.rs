//! The linear sweep and what is built on it, on random networks with both copies: whatever a contractor leaves must hold
//! every point of the box that is worth the threshold, lanes must agree with sweeps of one, and the history of a
//! worker must not show.

mod common;

use common::each_seed;
use deltasat::branch::Phases;
use deltasat::budget::Budget;
use deltasat::contract::{Contractor, Goal, Hc4, LinearBounds, Outcome, Solve, Spare};
use deltasat::exact::Constant;
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{Interval, bounds};
use deltasat::op::{Incremented, Op};
use deltasat::problem::{Compiled, Problem, Sort};
use deltasat::relax::Backward;
use deltasat::search::{Optimum, Options, Strategy, optimise};
use deltasat::tape::{LANES, Slot, Workspace};
use rand::Rng;
use rand::rngs::SmallRng;

fn constant(x: f64) -> Constant {
    Constant::from_f64(x).expect("finite")
}

/// A weight: often zero, sometimes of another magnitude.
fn weight(rng: &mut SmallRng, extreme: bool) -> f64 {
    let w: f64 = rng.random_range(-2.0..2.0);
    match rng.random_range(0..12) {
        0 | 1 => 0.0,
        2 => w.round(),
        3 if extreme => w * 1e6,
        4 if extreme => w * 1e-9,
        _ => w,
    }
}

fn activate(problem: &mut Problem, kind: usize, z: ExprId) -> ExprId {
    match kind {
        0 => z,
        1 => problem.graph.apply(Op::Relu, [z]),
        2 => problem.graph.apply(Op::Tanh, [z]),
        _ => problem.graph.apply(Op::Sigmoid, [z]),
    }
}

fn incremented(kind: usize) -> Option<Incremented> {
    [None, Some(Incremented::Relu), Some(Incremented::Tanh), Some(Incremented::Sigmoid)][kind]
}

/// A random network and its perturbed copy, as the encoding of a robustness question would have it; the objective is
/// a combination of the outputs of both.
fn network(rng: &mut SmallRng, extreme: bool, relu_only: bool) -> Problem {
    let mut problem = Problem::default();
    let inputs = rng.random_range(1..=3);
    let mut nominal: Vec<ExprId> = (0..inputs)
        .map(|i| {
            let at: f64 = rng.random_range(-1.0..1.0);
            let width = [0.0, 0.05, 1.0, 2.0][rng.random_range(0..4)];
            problem.variable(format!("x{i}"), bounds(at - width, at + width), Sort::Real)
        })
        .collect();
    let zero = problem.graph.constant(Constant::ZERO);
    let mut increment: Vec<ExprId> = vec![zero; inputs];
    let mut perturbed = nominal.clone();
    let layers = rng.random_range(1..=4);
    let uniform = rng.random_range(0..3) == 0;
    let epsilon = [0.0, 1e-6, 0.01, 0.1, 0.5][rng.random_range(0..5)];
    for layer in 0..layers {
        let kind = if relu_only { 1 } else { rng.random_range(0..4) };
        let neurons = rng.random_range(1..=5);
        let mut z = Vec::new();
        let mut dz = Vec::new();
        let mut pz = Vec::new();
        let mut rows: Vec<(Vec<f64>, f64)> = Vec::new();
        for neuron in 0..neurons {
            let row = if neuron > 0 && rng.random_range(0..8) == 0 {
                rows[0].clone()
            } else {
                ((0..nominal.len()).map(|_| weight(rng, extreme)).collect(), weight(rng, extreme))
            };
            rows.push(row);
        }
        let domain = || [(-1.0, 1.0), (-1.0, 1.0), (0.0, 1.0), (-1.0, 0.0), (0.25, 0.75), (-1.0, -0.5)];
        let moves: Vec<_> = rows
            .iter()
            .enumerate()
            .map(|(i, (w, _))| {
                let (lo, hi) = domain()[rng.random_range(0..6)];
                let s = problem.variable(format!("s{layer}_{i}"), bounds(lo, hi), Sort::Noise);
                let still = !uniform && rng.random_range(0..4) == 0;
                let radius = |w: f64, rng: &mut SmallRng| match rng.random_range(0..3) {
                    _ if still => 0.0,
                    _ if uniform => epsilon,
                    0 => epsilon * w.abs(),
                    1 => 0.0,
                    _ => epsilon,
                };
                let r: Vec<f64> = w.iter().map(|&w| radius(w, rng)).collect();
                let rb = radius(1.0, rng);
                (s, r, rb)
            })
            .collect();
        for (w, b) in &rows {
            let terms: Vec<_> = w.iter().zip(&nominal).map(|(&w, &h)| (constant(w), h)).collect();
            z.push(problem.graph.linear(terms, constant(*b)));
        }
        for ((w, _), (s, r, rb)) in rows.iter().zip(&moves) {
            let moved = w.iter().zip(&increment).map(|(&w, &d)| (constant(w), Constant::ZERO, d));
            let noisy = r.iter().zip(&perturbed).map(|(&r, &h)| (Constant::ZERO, constant(r), h));
            let terms: Vec<_> = moved.chain(noisy).collect();
            dz.push(problem.graph.noise(*s, terms, Constant::ZERO, constant(*rb)));
        }
        for (i, ((w, b), (s, r, rb))) in rows.iter().zip(&moves).enumerate() {
            let sum = problem.graph.add(z[i], dz[i]);
            let terms: Vec<_> =
                w.iter().zip(r).zip(&perturbed).map(|((&w, &r), &h)| (constant(w), constant(r), h)).collect();
            let exact = problem.graph.noise(*s, terms, constant(*b), constant(*rb));
            pz.push(match rng.random_range(0..3) {
                0 => sum,
                1 => exact,
                _ => problem.graph.meet(sum, exact),
            });
        }
        nominal = z.iter().map(|&z| activate(&mut problem, kind, z)).collect();
        perturbed = pz.iter().map(|&z| activate(&mut problem, kind, z)).collect();
        increment = match incremented(kind) {
            None => dz,
            Some(f) => (0..neurons)
                .map(|i| {
                    let direct = problem.graph.increment(f, z[i], dz[i]);
                    let apart = problem.graph.sub(perturbed[i], nominal[i]);
                    problem.graph.meet(direct, apart)
                })
                .collect(),
        };
    }
    let mut terms = Vec::new();
    for list in [&nominal, &perturbed, &increment] {
        for &h in list {
            terms.push((constant(weight(rng, false)), h));
        }
    }
    terms.push((constant(1.0), perturbed[0]));
    let objective = problem.graph.linear(terms, Constant::ZERO);
    problem.objective =
        Some(if rng.random_range(0..3) == 0 { problem.graph.apply(Op::Abs, [objective]) } else { objective });
    problem
}

/// A point of the domains, often at corners.
fn sample(rng: &mut SmallRng, problem: &Compiled) -> Vec<f64> {
    let corners = rng.random_range(0..3);
    problem
        .problem
        .variables
        .iter()
        .map(|v| {
            let (lo, hi) = (v.domain.inf(), v.domain.sup());
            if corners == 0 || (corners == 1 && v.sort == Sort::Noise) || rng.random_range(0..4) == 0 {
                if rng.random() { lo } else { hi }
            } else {
                (lo + rng.random::<f64>() * (hi - lo)).clamp(lo, hi)
            }
        })
        .collect()
}

fn size(tape_values: &[f64]) -> f64 {
    tape_values.iter().fold(1.0, |m, x| m.max(x.abs()))
}

/// The values of all slots at some points, in doubles.
fn points(rng: &mut SmallRng, problem: &Compiled, count: usize) -> Vec<Vec<f64>> {
    let mut w = Workspace::new(&problem.tape);
    (0..count)
        .map(|_| {
            let at = sample(rng, problem);
            problem.tape.evaluate(&at, &mut w);
            w.points.clone()
        })
        .collect()
}

fn holds(value: Interval, x: f64, slack: f64) -> bool {
    value.inf() - slack <= x && x <= value.sup() + slack
}

/// Bounds of kept slots that a random descent of splits could have left around a point.
fn descend(rng: &mut SmallRng, problem: &Compiled, anchor: &[f64], kept: &mut [Interval]) {
    let n = problem.tape.variables();
    for (position, &slot) in problem.tape.kept().iter().enumerate() {
        let x = anchor[slot as usize];
        let split = if position < n { rng.random_range(0..3) == 0 } else { rng.random_range(0..2) == 0 };
        if !split {
            continue;
        }
        let held = kept[position];
        let margin = 1e-8 * size(anchor);
        if position >= n && x.abs() < margin {
            continue;
        }
        kept[position] = if position < n {
            let at = 0.5 * (held.inf() + held.sup());
            if x <= at { bounds(held.inf(), at.max(held.inf())) } else { bounds(at, held.sup()) }
        } else if rng.random() {
            if x <= 0.0 { bounds(f64::NEG_INFINITY, 0.0) } else { bounds(0.0, f64::INFINITY) }
        } else if rng.random() {
            bounds(x - margin - rng.random_range(0.0..0.1), x + margin + rng.random_range(0.0..0.1))
        } else {
            bounds(x - margin, f64::INFINITY)
        };
    }
}

/// A contractor may remove what does not reach the threshold, and nothing else; and lines that it leaves behind (slopes
/// that an ascent has moved) still bound what is left.
fn contraction_keeps_what_counts(name: &'static str, seeds: u64, extreme: bool, relu_only: bool) -> (u64, u64) {
    let (mut judged, mut worth) = (0u64, 0u64);
    each_seed(name, seeds, |_, rng| {
        let problem = network(rng, extreme, relu_only).compile();
        let tape = &problem.tape;
        let objective = problem.objective.expect("it has one") as usize;
        let (mut w, mut spare) = (Workspace::new(tape), Spare::new(&problem));
        let points = points(rng, &problem, 120);
        for _ in 0..4 {
            let anchor = &points[rng.random_range(0..points.len())];
            let mut kept = problem.root();
            if rng.random_range(0..4) > 0 {
                descend(rng, &problem, anchor, &mut kept);
            }
            let inside: Vec<&Vec<f64>> = points
                .iter()
                .filter(|p| {
                    tape.kept().iter().zip(&kept).enumerate().all(|(position, (&slot, k))| {
                        // a point in doubles is no point of the box's inner slots where it is too near an end
                        let margin = if position < tape.variables() { 0.0 } else { 1e-9 * size(p) };
                        let x = p[slot as usize];
                        k.inf() + margin <= x && x <= k.sup() - margin
                    })
                })
                .collect();
            if inside.is_empty() {
                continue;
            }
            let threshold = match rng.random_range(0..3) {
                0 => f64::NEG_INFINITY,
                1 => inside[rng.random_range(0..inside.len())][objective],
                _ => inside.iter().map(|p| p[objective]).fold(f64::NEG_INFINITY, f64::max),
            };
            let tolerance = |p: &[f64]| 1e-9 * size(p);
            let threshold = threshold - inside.iter().map(|p| 10.0 * tolerance(p)).fold(0.0, f64::max);
            let goal = Goal { delta: 0.0, threshold };
            let survivors: Vec<&Vec<f64>> = inside.into_iter().filter(|p| p[objective] >= threshold).collect();
            tape.load(&kept, &mut w);
            assert!(tape.forward(&mut w), "the enclosure is empty");
            for round in 0..rng.random_range(1..=3) {
                let contractor: Box<dyn Contractor> = match rng.random_range(0..4) {
                    0 => Box::new(Hc4),
                    1 => Box::new(LinearBounds { relaxation: Backward, refine: false, solve: Solve::Never }),
                    _ => Box::new(LinearBounds { relaxation: Backward, refine: true, solve: Solve::Always }),
                };
                let outcome = contractor.contract(&problem, &goal, &mut w, &mut spare);
                for p in &survivors {
                    assert_ne!(outcome, Outcome::Empty, "round {round}: {p:?} is refuted by {}", contractor.name());
                    for slot in 0..tape.slots() {
                        assert!(
                            holds(w.values[slot], p[slot], tolerance(p)),
                            "round {round}: {} took {} of slot {slot} and left {:?}",
                            contractor.name(),
                            p[slot],
                            w.values[slot]
                        );
                    }
                    judged += 1;
                }
                if outcome == Outcome::Empty {
                    break;
                }
                worth += survivors.len() as u64;
                let lanes = rng.random_range(1..=LANES);
                let seeds: Vec<Vec<(Slot, f64)>> = (0..lanes)
                    .map(|_| {
                        let seed = |rng: &mut SmallRng| {
                            (rng.random_range(0..tape.slots()) as Slot, rng.random_range(-2.0..2.0))
                        };
                        (0..rng.random_range(1..4)).map(|_| seed(rng)).collect()
                    })
                    .collect();
                let combinations: Vec<&[(Slot, f64)]> = seeds.iter().map(Vec::as_slice).collect();
                tape.linear_bounds(&combinations, &mut w);
                for (lane, seed) in seeds.iter().enumerate() {
                    let maximum = w.linear_bound(lane).maximum;
                    for p in &survivors {
                        let value: f64 = seed.iter().map(|&(slot, weight)| weight * p[slot as usize]).sum();
                        assert!(value <= maximum + 10.0 * tolerance(p), "{value} above {maximum}");
                    }
                }
            }
        }
    });
    (judged, worth)
}

#[test]
fn contraction_keeps_the_points_that_reach_the_threshold() {
    let (judged, _) = contraction_keeps_what_counts("keeps", 600, false, false);
    assert!(!common::usual_run() || judged > 10_000, "only {judged}");
}

#[test]
fn contraction_keeps_points_of_relu_networks() {
    let (judged, _) = contraction_keeps_what_counts("keeps relu", 600, false, true);
    assert!(!common::usual_run() || judged > 10_000, "only {judged}");
}

#[test]
fn contraction_keeps_points_of_networks_with_extreme_weights() {
    let (judged, _) = contraction_keeps_what_counts("keeps extreme", 600, true, false);
    assert!(!common::usual_run() || judged > 10_000, "only {judged}");
}

#[test]
fn lanes_agree_with_sweeps_of_one() {
    let mut compared = 0u64;
    each_seed("lanes", 400, |_, rng| {
        let extreme = rng.random();
        let problem = network(rng, extreme, false).compile();
        let tape = &problem.tape;
        let (mut w, mut single) = (Workspace::new(tape), Workspace::new(tape));
        for _ in 0..3 {
            let anchor = points(rng, &problem, 1).remove(0);
            let mut kept = problem.root();
            descend(rng, &problem, &anchor, &mut kept);
            tape.load(&kept, &mut w);
            tape.load(&kept, &mut single);
            if !(tape.forward(&mut w) && tape.forward(&mut single)) {
                continue;
            }
            let lanes = rng.random_range(2..=LANES);
            let seeds: Vec<Vec<(Slot, f64)>> = (0..lanes)
                .map(|_| {
                    let seed =
                        |rng: &mut SmallRng| (rng.random_range(0..tape.slots()) as Slot, rng.random_range(-2.0..2.0));
                    (0..rng.random_range(1..4)).map(|_| seed(rng)).collect()
                })
                .collect();
            let combinations: Vec<&[(Slot, f64)]> = seeds.iter().map(Vec::as_slice).collect();
            tape.linear_bounds(&combinations, &mut w);
            for (lane, seed) in combinations.iter().enumerate() {
                let alone = tape.linear_bound(seed, &mut single);
                let together = w.linear_bound(lane);
                let scale = (0..tape.slots()).map(|s| w.values[s].mag()).fold(1.0, f64::max);
                let close = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-8 * scale;
                assert!(close(alone.maximum, together.maximum), "lane {lane}: {together:?}, alone {alone:?}");
                for i in 0..tape.variables() {
                    let (a, b) = (single.linear_coefficient(i as Slot, 0), w.linear_coefficient(i as Slot, lane));
                    assert!((a - b).abs() <= 1e-9 * (1.0 + a.abs().max(b.abs())) * scale, "{a} and {b}");
                }
                compared += 1;
            }
        }
    });
    assert!(!common::usual_run() || compared > 3_000, "only {compared}");
}

fn described(optimum: &Optimum) -> String {
    let mut statistics = optimum.statistics.clone();
    statistics.seconds = 0.0;
    format!("{:?} {:?} {:?} {statistics:?}", optimum.lower, optimum.upper, optimum.stop)
}

/// Adds up to two atoms, which come after the objective on the tape, so that sweeps for the objective leave their slots
/// alone.
fn constrain(rng: &mut SmallRng, problem: &mut Problem) {
    let n = problem.variables.len();
    for _ in 0..rng.random_range(0..3) {
        let x = problem.graph.variable(deltasat::expr::VariableId::new(rng.random_range(0..n)));
        let y = problem.graph.variable(deltasat::expr::VariableId::new(rng.random_range(0..n)));
        let z = problem.graph.linear(
            [(constant(rng.random_range(-1.0..1.0)), x), (constant(rng.random_range(0.1..1.0)), y)],
            constant(rng.random_range(-0.3..0.3)),
        );
        let h = match rng.random_range(0..3) {
            0 => problem.graph.apply(Op::Relu, [z]),
            1 => problem.graph.apply(Op::Abs, [z]),
            _ => problem.graph.mul(z, x),
        };
        let atom =
            problem.graph.linear([(constant(1.0), h), (constant(-1.0), y)], constant(-rng.random_range(0.0..1.0)));
        let atom = Formula::atom(atom, Relation::Le);
        problem.constraint = Formula::and([problem.constraint.clone(), atom]);
    }
}

/// What a used workspace finds in a box is to the bit what a fresh one finds.
#[test]
fn a_used_workspace_finds_what_a_fresh_one_does() {
    each_seed("used", 500, |_, rng| {
        let relu_only = rng.random();
        let mut problem = network(rng, false, relu_only);
        constrain(rng, &mut problem);
        let problem = problem.compile();
        let tape = &problem.tape;
        let objective = problem.objective.expect("it has one");
        let (mut used, mut spare) = (Workspace::new(tape), Spare::new(&problem));
        let contractor = LinearBounds { relaxation: Backward, refine: true, solve: Solve::Never };
        let points = points(rng, &problem, 4);
        for anchor in &points {
            let mut kept = problem.root();
            descend(rng, &problem, anchor, &mut kept);
            let goal = Goal { delta: 0.0, threshold: anchor[objective as usize] - rng.random_range(0.0..0.1) };
            let mut fresh = Workspace::new(tape);
            tape.load(&kept, &mut used);
            tape.load(&kept, &mut fresh);
            if !(tape.forward(&mut used) && tape.forward(&mut fresh)) {
                continue;
            }
            // before any sweep that reaches beyond the objective
            tape.linear_bound(&[(objective, 1.0)], &mut used);
            tape.linear_bound(&[(objective, 1.0)], &mut fresh);
            for position in 0..tape.kept().len() {
                assert_eq!(tape.phase_gap(position, &used), tape.phase_gap(position, &fresh));
            }
            let outcome = contractor.contract(&problem, &goal, &mut used, &mut spare);
            assert_eq!(outcome, contractor.contract(&problem, &goal, &mut fresh, &mut Spare::new(&problem)));
            if outcome == Outcome::Empty {
                continue;
            }
            assert_eq!(used.values, fresh.values);
            for seed in [1.0, -1.0] {
                let bound = tape.linear_bound(&[(objective, seed)], &mut used);
                let again = tape.linear_bound(&[(objective, seed)], &mut fresh);
                assert_eq!((bound.constant, bound.maximum), (again.constant, again.maximum));
                for position in 0..tape.kept().len() {
                    assert_eq!(tape.phase_gap(position, &used), tape.phase_gap(position, &fresh));
                }
            }
        }
    });
}

#[test]
fn the_history_of_a_worker_does_not_show() {
    each_seed("history", 60, |_, rng| {
        let relu_only = rng.random();
        let mut problem = network(rng, false, relu_only);
        constrain(rng, &mut problem);
        let problem = problem.compile();
        let root = problem.root();
        let mut told = Vec::new();
        for jobs in [1, 2, 3, 5] {
            let options =
                Options { jobs, absolute_gap: 1e-6, budget: Budget::unlimited().with_boxes(600), ..Options::default() };
            let strategy = Strategy { brancher: Box::new(Phases), ..Strategy::default() };
            told.push(described(&optimise(&problem, &root, &strategy, &options, &mut ())));
        }
        assert!(told.iter().all(|t| *t == told[0]), "{told:#?}");
    });
}
