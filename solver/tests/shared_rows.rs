//! Rows whose numbers are views of shared arrays against the same rows written out term by term: equal values, enclosures and
//! linear bounds that hold and are as tight, whatever holds the numbers.

mod common;

use common::{certainly_above, certainly_below, each_seed, rationals};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::evaluate::evaluate;
use deltasat::expr::{ExprId, Operands};
use deltasat::interval::{Interval, bounds};
use deltasat::op::Op;
use deltasat::op::coefficients::Coefficients;
use deltasat::problem::{Problem, Sort};
use deltasat::tape::{Reason, Slot, Workspace};
use rand::Rng;
use rand::rngs::SmallRng;
use std::sync::Arc;

fn constant(x: f64) -> Constant {
    Constant::from_f64(x).expect("finite")
}

/// One row: its numbers over all operands, and whether they move.
struct Row {
    coefficients: Coefficients,
    radii: Coefficients,
    constant: Constant,
    radius: Constant,
}

/// Numbers of one kind, `width` of them, those of row `i` of a shared matrix among them.
fn numbers(rng: &mut SmallRng, matrix: &Arc<Vec<f64>>, i: usize, width: usize, sign: bool) -> Coefficients {
    let third = Constant::from_rational(Rational::new(1.into(), 3.into()));
    match rng.random_range(0..5) {
        0 => Coefficients::same(constant(0.25), width),
        1 => Coefficients::same(third, width),
        2 => (0..width).map(|j| if j % 3 == 0 { third.clone() } else { constant(j as f64) }).collect(),
        3 if sign => Coefficients::same(Constant::ZERO, width),
        _ => Coefficients::doubles(matrix, i * width..(i + 1) * width),
    }
}

fn layer(rng: &mut SmallRng, rows: usize, width: usize, operands: usize) -> Vec<Row> {
    let dense = rng.random_range(0..3) > 0;
    let entry = |rng: &mut SmallRng| if dense || rng.random() { rng.random_range(-2.0..2.0f64) } else { 0.0 };
    let matrix: Arc<Vec<f64>> = Arc::new((0..rows * width).map(|_| entry(rng)).collect());
    let radii: Arc<Vec<f64>> = Arc::new(matrix.iter().map(|w| w.abs() * 0.125).collect());
    // the numbers of a row and what moves them may belong to the same operands, to others, or to some of both
    let rest = operands - width;
    let (before, moved) = (rng.random_range(0..=rest), rng.random_range(0..=rest));
    let moves = rng.random_range(0..4) > 0;
    let uniform = rng.random::<bool>();
    let uniform_radii = numbers(rng, &radii, 0, width, true);
    (0..rows)
        .map(|i| {
            let views = Coefficients::doubles(&matrix, i * width..(i + 1) * width);
            let coefficients = if rng.random_range(0..6) == 0 { numbers(rng, &matrix, i, width, false) } else { views };
            let own = numbers(rng, &radii, i, width, true);
            let radii = if uniform { uniform_radii.clone() } else { own };
            let still = Coefficients::same(Constant::ZERO, width);
            Row {
                coefficients: coefficients.padded(before, rest - before),
                radii: if moves { radii } else { still }.padded(moved, rest - moved),
                constant: constant(rng.random_range(-1.0..1.0)),
                radius: if moves { constant(rng.random_range(0.0..0.25f64)) } else { Constant::ZERO },
            }
        })
        .collect()
}

/// A network of two such layers over one box; once with shared rows and once without.
fn networks(rng: &mut SmallRng) -> [(Problem, Vec<ExprId>); 2] {
    let inputs = rng.random_range(8..24);
    let box_: Vec<Interval> = (0..inputs)
        .map(|_| {
            let at: f64 = rng.random_range(-1.0..1.0);
            bounds(at - rng.random_range(0.0..0.5f64), at + rng.random_range(0.0..0.5f64))
        })
        .collect();
    let hidden = rng.random_range(8..20);
    let widths = [rng.random_range(1..=inputs), rng.random_range(1..=hidden)];
    let layers = [layer(rng, hidden, widths[0], inputs), layer(rng, 3, widths[1], hidden)];
    [true, false].map(|shared| {
        let mut problem = Problem::default();
        let mut below: Vec<ExprId> =
            box_.iter().enumerate().map(|(i, b)| problem.variable(format!("x{i}"), *b, Sort::Real)).collect();
        for (k, layer) in layers.iter().enumerate() {
            let noises: Vec<ExprId> = (0..layer.len())
                .map(|i| problem.variable(format!("s{k}_{i}"), bounds(-1.0, 1.0), Sort::Noise))
                .collect();
            let operands: Operands = below.iter().copied().collect();
            let row = |(row, &s): (&Row, &ExprId)| {
                let Row { coefficients, radii, constant, radius } = row;
                let graph = &mut problem.graph;
                if shared {
                    let (a, r) = (coefficients.clone(), radii.clone());
                    return graph.noise_row(s, a, r, &operands, constant.clone(), radius.clone());
                }
                let terms = coefficients.iter().zip(radii.iter()).zip(&below).map(|((a, r), &x)| (a, r, x));
                graph.noise(s, terms.collect::<Vec<_>>(), constant.clone(), radius.clone())
            };
            let z: Vec<ExprId> = layer.iter().zip(&noises).map(row).collect();
            below = if k == 0 { z.into_iter().map(|z| problem.graph.apply(Op::Relu, [z])).collect() } else { z };
        }
        (problem, below)
    })
}

/// A point of the box of a problem.
fn sample(rng: &mut SmallRng, problem: &Problem) -> Vec<f64> {
    let at = |d: &Interval, t: f64| (d.inf() + t * (d.sup() - d.inf())).clamp(d.inf(), d.sup());
    problem.variables.iter().map(|v| at(&v.domain, [0.0, 1.0, rng.random()][rng.random_range(0..3)])).collect()
}

#[test]
fn shared_rows_mean_what_they_mean_written_out() {
    each_seed("shared rows", 150, |seed, rng| {
        let [(shared, outputs), (plain, expected)] = networks(rng);
        let all: Vec<ExprId> = (0..plain.graph.len()).map(|i| plain.graph.id(i)).collect();
        let (tape, other) = (
            deltasat::tape::Tape::compile(&shared.graph, shared.variables.len(), &outputs, &[]),
            deltasat::tape::Tape::compile(&plain.graph, plain.variables.len(), &expected, &[]),
        );
        let root = |problem: &Problem, kept: usize| {
            let domains = problem.variables.iter().map(|v| v.domain);
            domains.chain(std::iter::repeat(Interval::ENTIRE)).take(kept).collect::<Vec<_>>()
        };
        let (mut w, mut v) = (Workspace::new(&tape), Workspace::new(&other));
        tape.load(&root(&shared, tape.kept().len()), &mut w);
        other.load(&root(&plain, other.kept().len()), &mut v);
        assert!(tape.forward(&mut w) && other.forward(&mut v), "seed {seed}");
        let slots: Vec<Slot> = outputs.iter().filter_map(|&id| tape.slot(id)).collect();
        let others: Vec<Slot> = expected.iter().filter_map(|&id| other.slot(id)).collect();
        let combination =
            |slots: &[Slot]| -> Vec<(Slot, f64)> { slots.iter().copied().zip([1.0, -0.5, 2.0]).collect() };
        let ends = |w: &Workspace, slot: Slot| (w.values[slot as usize].inf(), w.values[slot as usize].sup());
        for (&slot, &against) in slots.iter().zip(&others) {
            let ((l, u), (m, n)) = (ends(&w, slot), ends(&v, against));
            let size = 1e-12 * (1.0 + m.abs().max(n.abs()));
            assert!((l - m).abs() < size && (u - n).abs() < size, "seed {seed}: [{l}, {u}] against [{m}, {n}]");
        }
        let bound = tape.linear_bound(&combination(&slots), &mut w).maximum;
        let against = other.linear_bound(&combination(&others), &mut v).maximum;
        assert!((bound - against).abs() < 1e-10 * (1.0 + against.abs()), "seed {seed}: {bound} against {against}");
        for _ in 0..6 {
            let point = sample(rng, &shared);
            let at = rationals(&point);
            let values = evaluate(&shared.graph, &outputs, &at);
            let same = evaluate(&plain.graph, &all, &at);
            tape.evaluate(&point, &mut w);
            for ((id, twin), &slot) in outputs.iter().zip(&expected).zip(&slots) {
                let (value, twin) = (values[id].clone().expect("total"), same[twin].clone().expect("total"));
                assert_eq!(value.exact(), twin.exact(), "seed {seed}");
                let (l, u) = ends(&w, slot);
                assert!(!certainly_below(&value, l) && !certainly_above(&value, u), "seed {seed}: outside [{l}, {u}]");
                let near = w.points[slot as usize];
                assert!((near - value.floor_f64()).abs() < 1e-10 * (1.0 + near.abs()), "seed {seed}");
            }
            let sum = outputs.iter().zip([2, -1, 4]).map(|(id, weight)| {
                let value = values[id].as_ref().and_then(|value| value.exact()).expect("rational");
                value * Rational::new(weight.into(), 2.into())
            });
            let sum: Rational = sum.sum();
            let least = deltasat::exact::rational::floor_f64(&sum);
            assert!(least <= bound, "seed {seed}: {least} above the linear bound {bound}");
        }
    });
}

/// Contraction by an image of shared rows loses no point that has it.
#[test]
fn shared_rows_are_inverted_without_loss() {
    each_seed("shared rows inverted", 150, |seed, rng| {
        let [(mut shared, outputs), _] = networks(rng);
        let point = sample(rng, &shared);
        let values = evaluate(&shared.graph, &outputs, &rationals(&point));
        let value = values[&outputs[0]].as_ref().map_or(0.0, |value| value.floor_f64());
        shared.objective = Some(outputs[0]);
        let compiled = shared.compile();
        let tape = &compiled.tape;
        let mut w = Workspace::new(tape);
        tape.load(&compiled.root(), &mut w);
        assert!(tape.forward(&mut w), "seed {seed}");
        let slot = compiled.objective.expect("an objective");
        assert!(tape.narrow(slot, bounds(value.next_down(), f64::INFINITY), Reason::Image, &mut w), "seed {seed}");
        assert!(tape.backward(&mut w), "seed {seed}: the point was lost");
        for (variable, x) in point.iter().enumerate() {
            assert!(w.values[variable].contains(*x), "seed {seed}: {x} of variable {variable} was lost");
        }
    });
}
