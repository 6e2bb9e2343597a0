//! The sweeps of a tape: nanoseconds an instruction of HC4 (one forward and one backward sweep from a fresh box), and
//! nanoseconds a multiply-add of the backward linear bound, beside those of the bare kernel.
//!
//! The tapes: a random nonlinear graph of about a thousand scalar instructions, and the twin encoding of a dense network
//! with random weights, whose instructions are half rows; without ReLUs it is rows alone, which is what to compare with
//! the kernel. `benches/README.md` at the root says how to read and compare the figures, and what they were.

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/common/expressions.rs"]
mod expressions;

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::interval::kernel::dot;
use deltasat::interval::{Interval, bounds};
use deltasat::op::{Incremented, Op};
use deltasat::problem::{Compiled, Problem, Sort};
use deltasat::tape::{LANES, Reason, Slot, Workspace};
use expressions::{Constants, Generator};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A sum of random expressions over four variables, all of them defined on the whole box.
fn random_graph(instructions: usize) -> Compiled {
    let mut rng = SmallRng::seed_from_u64(1);
    let mut problem = Problem::default();
    let variables: Vec<ExprId> =
        (0..4).map(|i| problem.variable(format!("x{i}"), bounds(0.25, 0.75), Sort::Real)).collect();
    let mut terms: Vec<(Constant, ExprId)> = Vec::new();
    loop {
        let graph = &mut problem.graph;
        let (variables, constants) = (&variables, Constants::Plain);
        let term = Generator { rng: &mut rng, graph, variables, noises: &[], constants }.expression(5);
        terms.push((Constant::ONE, term));
        problem.objective = Some(problem.graph.linear(terms.clone(), Constant::ZERO));
        let compiled = problem.clone().compile();
        let mut w = Workspace::new(&compiled.tape);
        compiled.tape.load(&compiled.root(), &mut w);
        let defined = compiled.tape.forward(&mut w) && compiled.tape.is_defined(&mut w);
        let finite = compiled.objective.is_some_and(|slot| w.values[slot as usize].is_common_interval());
        if !(defined && finite) {
            terms.pop();
        } else if compiled.tape.len() >= instructions {
            return compiled;
        }
    }
}

/// A network in twin encoding: values `z`, increments `Δz` with a noise per neuron, perturbed values `z + Δz`, ReLU on
/// all of them (or on none), and at the end the increment of a sigmoid.
struct Twin {
    compiled: Compiled,
    /// the argument of the sigmoid's increment
    margin: Slot,
    /// multiply-adds of a backward linear sweep through all rows
    products: usize,
}

fn twin(layers: &[usize], rectified: bool) -> Twin {
    let mut rng = SmallRng::seed_from_u64(2);
    let mut problem = Problem::default();
    let radius = || Constant::from_rational(Rational::new(1.into(), 100.into()));
    let zero = problem.graph.constant(Constant::ZERO);
    let inputs = layers[0];
    let mut nominal: Vec<ExprId> =
        (0..inputs).map(|i| problem.variable(format!("x{i}"), bounds(-0.5, 0.5), Sort::Real)).collect();
    let (mut increment, mut perturbed) = (vec![zero; inputs], nominal.clone());
    let mut products = 0;
    for (index, pair) in layers.windows(2).enumerate() {
        let (before, after) = (pair[0], pair[1]);
        let scale = 2.0 / (before as f64).sqrt();
        let mut weights: Vec<Vec<Constant>> = Vec::new();
        for _ in 0..after {
            let mut weight = || Constant::from_f64(scale * rng.random_range(-1.0..1.0)).expect("finite");
            weights.push((0..=before).map(|_| weight()).collect());
        }
        let noises: Vec<ExprId> =
            (0..after).map(|i| problem.variable(format!("s{index}_{i}"), bounds(-1.0, 1.0), Sort::Noise)).collect();
        let graph = &mut problem.graph;
        let z: Vec<ExprId> = weights
            .iter()
            .map(|row| {
                graph.linear(row.iter().cloned().zip(nominal.iter().copied()).collect::<Vec<_>>(), row[before].clone())
            })
            .collect();
        let dz: Vec<ExprId> = weights
            .iter()
            .zip(&noises)
            .map(|(row, &s)| {
                let moved = row.iter().zip(&increment).map(|(a, &d)| (a.clone(), Constant::ZERO, d));
                let noise = perturbed.iter().map(|&h| (Constant::ZERO, radius(), h));
                graph.noise(s, moved.chain(noise).collect::<Vec<_>>(), Constant::ZERO, radius())
            })
            .collect();
        // a row of z; coefficients over the increments (none at the inputs) and the perturbed values; radii
        products += after * (before + if index == 0 { 2 * before } else { 3 * before });
        let moved: Vec<ExprId> = z.iter().zip(&dz).map(|(&z, &d)| graph.add(z, d)).collect();
        if index + 2 == layers.len() {
            (nominal, increment) = (z, dz);
            break;
        }
        if !rectified {
            (nominal, increment, perturbed) = (z, dz, moved);
            continue;
        }
        nominal = z.iter().map(|&z| graph.apply(Op::Relu, [z])).collect();
        perturbed = moved.iter().map(|&z| graph.apply(Op::Relu, [z])).collect();
        let direct: Vec<ExprId> = z.iter().zip(&dz).map(|(&z, &d)| graph.increment(Incremented::Relu, z, d)).collect();
        let apart: Vec<ExprId> = perturbed.iter().zip(&nominal).map(|(&p, &n)| graph.sub(p, n)).collect();
        increment = direct.iter().zip(&apart).map(|(&d, &a)| graph.meet(d, a)).collect();
    }
    let graph = &mut problem.graph;
    let (z, d) = (graph.sub(nominal[1], nominal[0]), graph.sub(increment[1], increment[0]));
    let change = graph.increment(Incremented::Sigmoid, z, d);
    problem.objective = Some(graph.apply(Op::Abs, [change]));
    let compiled = problem.compile();
    let margin = compiled.tape.slot(d).expect("a slot");
    Twin { compiled, margin, products }
}

/// One sweep each way from a fresh box, with a cut at the objective so that the backward sweep has work to do.
fn hc4(compiled: &Compiled, root: &[Interval], cut: Interval, w: &mut Workspace) {
    let (tape, objective) = (&compiled.tape, compiled.objective.expect("it has one"));
    tape.load(root, w);
    black_box(tape.forward(w));
    tape.narrow(objective, cut, Reason::Threshold, w);
    black_box(tape.backward(w));
}

fn sweeps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hc4");
    group.sample_size(20);
    let twins = [twin(&[2, 16, 16, 2], true), twin(&[2, 64, 64, 2], true)];
    let tapes = [
        ("random", random_graph(1000)),
        ("twin 2-16-16-2", twins[0].compiled.clone()),
        ("twin 2-64-64-2", twins[1].compiled.clone()),
    ];
    for (name, compiled) in &tapes {
        let (root, mut w) = (compiled.root(), Workspace::new(&compiled.tape));
        compiled.tape.load(&root, &mut w);
        assert!(compiled.tape.forward(&mut w));
        let range = w.values[compiled.objective.expect("it has one") as usize];
        let cut = bounds(range.mid(), f64::INFINITY);
        group.throughput(Throughput::Elements(compiled.tape.len() as u64));
        group.bench_function(BenchmarkId::new("forward and backward", name), |b| {
            b.iter(|| hc4(compiled, &root, cut, &mut w));
        });
        group.bench_function(BenchmarkId::new("forward", name), |b| {
            b.iter(|| {
                compiled.tape.load(&root, &mut w);
                black_box(compiled.tape.forward(&mut w))
            });
        });
    }
    group.finish();
}

fn linear(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("linear bound");
    group.sample_size(20);
    for (name, width, rectified) in
        [("2-16-16-2", 16, true), ("2-64-64-2", 64, true), ("2-16-16-2 rows", 16, false), ("2-64-64-2 rows", 64, false)]
    {
        let twin = twin(&[2, width, width, 2], rectified);
        let (compiled, mut w) = (&twin.compiled, Workspace::new(&twin.compiled.tape));
        compiled.tape.load(&compiled.root(), &mut w);
        assert!(compiled.tape.forward(&mut w));
        let seed = [(twin.margin, 1.0)];
        group.throughput(Throughput::Elements(twin.products as u64));
        group.bench_function(BenchmarkId::new("backward sweep", name), |b| {
            b.iter(|| black_box(compiled.tape.linear_bound(&seed, &mut w)));
        });
        // as many bounds as a sweep has lanes, of different magnitudes and both signs
        let seeds: Vec<[(Slot, f64); 1]> = (0..LANES).map(|k| [(twin.margin, k as f64 - 7.5)]).collect();
        let combinations: Vec<&[(Slot, f64)]> = seeds.iter().map(|seed| &seed[..]).collect();
        group.throughput(Throughput::Elements((LANES * twin.products) as u64));
        group.bench_function(BenchmarkId::new("backward sweep, all lanes", name), |b| {
            b.iter(|| compiled.tape.linear_bounds(black_box(&combinations), &mut w));
        });
        if !rectified {
            continue;
        }
        // as many products in rows of the same width
        let rows = twin.products / width;
        let weights: Vec<f64> = (0..width).map(|i| (i as f64).sin()).collect();
        let (lo, hi) = (vec![-0.5; width], vec![0.5; width]);
        group.throughput(Throughput::Elements((rows * width) as u64));
        group.bench_function(BenchmarkId::new("kernel::dot", name), |b| {
            b.iter(|| {
                for _ in 0..rows {
                    black_box(dot(black_box(&weights), black_box(&lo), black_box(&hi), 0));
                }
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = sweeps, linear
}
criterion_main!(benches);
