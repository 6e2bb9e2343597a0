//! Dense kernels against a fold of inari's intervals: nanoseconds a row of 16 to 4096 terms.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deltasat::exact::Dyadic;
use deltasat::interval::kernel::{Lanes, dot, dot_interval, dot_noise};
use deltasat::interval::{Interval, const_interval};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel");
    group.sample_size(30);
    for n in [16usize, 40, 64, 256, 1024, 4096] {
        let mut rng = SmallRng::seed_from_u64(n as u64);
        let mut row = |scale: f64| (0..n).map(|_| rng.random_range(-scale..scale)).collect::<Vec<f64>>();
        let (w, lo) = (row(1.0), row(1.0));
        let hi: Vec<f64> = lo.iter().zip(row(0.5)).map(|(lo, width)| lo + width.abs()).collect();
        let r: Vec<f64> = w.iter().map(|w| 0.01 * w.abs()).collect();
        let w_hi: Vec<f64> = w.iter().zip(&r).map(|(w, r)| w + r).collect();
        let boxed: Vec<Interval> = lo.iter().zip(&hi).map(|(&lo, &hi)| Interval::try_from((lo, hi)).unwrap()).collect();
        let weights: Vec<Interval> = w.iter().map(|&w| Interval::try_from((w, w)).unwrap()).collect();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("dot", n), |b| {
            b.iter(|| dot(black_box(&w), black_box(&lo), black_box(&hi), 0));
        });
        group.bench_function(BenchmarkId::new("dot_interval", n), |b| {
            b.iter(|| dot_interval(black_box(&w), black_box(&w_hi), black_box(&lo), black_box(&hi)));
        });
        group.bench_function(BenchmarkId::new("dot_noise", n), |b| {
            b.iter(|| dot_noise(black_box(&w), black_box(&r), black_box(&lo), black_box(&hi), -1.0, 1.0, 1));
        });
        let columns: Vec<u32> = (0..n as u32).collect();
        let mut out = vec![[0.0; 16]; n];
        // sixteen rows for sixteen bounds, per multiply-add
        let (repeated, lambda) = (w.repeat(16), vec![[0.5; 16]; 16]);
        let rows: Vec<u32> = (0..16).collect();
        group.throughput(Throughput::Elements(256 * n as u64));
        group.bench_function(BenchmarkId::new("spread", n), |b| {
            b.iter(|| Lanes::spread(black_box(&lambda), &rows, black_box(&repeated), n, &columns, &mut out));
        });
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("inari", n), |b| {
            b.iter(|| {
                let zero = const_interval!(0.0, 0.0);
                black_box(&weights).iter().zip(black_box(&boxed)).fold(zero, |sum, (&w, &h)| sum + w * h)
            });
        });
    }
    group.finish();
}

fn dyadics(criterion: &mut Criterion) {
    let mut rng = SmallRng::seed_from_u64(1);
    let mut random = || Dyadic::from_f64(rng.random_range(-1.0..1.0)).unwrap();
    let weights: Vec<Dyadic> = (0..64).map(|_| random()).collect();
    let mut group = criterion.benchmark_group("dyadic multiply-add");
    group.sample_size(30).throughput(Throughput::Elements(64));
    let mut inputs: Vec<Dyadic> = (0..64).map(|_| random()).collect();
    for layer in 1..5 {
        let bits = inputs.iter().map(Dyadic::bits).max().unwrap_or(0);
        let name = format!("weights of 53 bits, inputs of {bits}");
        group.bench_function(BenchmarkId::new(name, layer), |b| {
            b.iter(|| {
                let mut sum = Dyadic::ZERO;
                for (w, h) in weights.iter().zip(black_box(&inputs)) {
                    sum.add_product(w, h);
                }
                sum
            });
        });
        inputs = (0..64)
            .map(|i| {
                let mut sum = Dyadic::ZERO;
                for (j, h) in inputs.iter().enumerate() {
                    sum.add_product(&weights[(i + j) % 64], h);
                }
                sum
            })
            .collect();
    }
    group.finish();
}

criterion_group!(benches, kernels, dyadics);
criterion_main!(benches);
