//! Time of each elementary function on random intervals of ordinary size, both endpoints included. The figure is for a
//! batch of [`BATCH`] intervals; divide by it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deltasat::interval::{self, Interval};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const BATCH: usize = 1000;

fn intervals(lo: f64, hi: f64, width: f64) -> Vec<Interval> {
    let mut rng = SmallRng::seed_from_u64(1);
    let mut any = || {
        let a = rng.random_range(lo..hi);
        Interval::try_from((a, (a + rng.random_range(0.0..width)).min(hi))).unwrap()
    };
    (0..BATCH).map(|_| any()).collect()
}

fn bench(c: &mut Criterion, name: &str, xs: &[Interval], f: impl Fn(Interval) -> Interval) {
    let mut group = c.benchmark_group("elementary");
    group.throughput(Throughput::Elements(xs.len() as u64));
    group.bench_function(name, |b| {
        b.iter(|| {
            for &x in xs {
                black_box(f(black_box(x)));
            }
        });
    });
    group.finish();
}

fn all(c: &mut Criterion) {
    let wide = intervals(-20.0, 20.0, 3.0);
    let unit = intervals(-1.0, 1.0, 0.5);
    let positive = intervals(0.01, 20.0, 3.0);
    let huge = intervals(1e15, 1e16, 3.0);
    let y = Interval::try_from((0.3, 2.5)).unwrap();
    bench(c, "add (inari)", &wide, |x| x + y);
    bench(c, "exp", &wide, interval::exp);
    bench(c, "exp_m1", &wide, interval::exp_m1);
    bench(c, "sigmoid", &wide, interval::sigmoid);
    bench(c, "ln", &positive, interval::ln);
    bench(c, "sqrt", &positive, interval::sqrt);
    bench(c, "sqr", &wide, interval::sqr);
    bench(c, "powi 3", &wide, |x| interval::powi(x, 3));
    bench(c, "powi 10", &wide, |x| interval::powi(x, 10));
    bench(c, "powi -3", &wide, |x| interval::powi(x, -3));
    bench(c, "pow", &positive, |x| interval::pow(x, y));
    bench(c, "sin", &wide, interval::sin);
    bench(c, "sin of 1e15", &huge, interval::sin);
    bench(c, "cos", &wide, interval::cos);
    bench(c, "tan", &unit, interval::tan);
    bench(c, "asin", &unit, interval::asin);
    bench(c, "acos", &unit, interval::acos);
    bench(c, "atan", &wide, interval::atan);
    bench(c, "atan2", &wide, |x| interval::atan2(x, y));
    bench(c, "sinh", &wide, interval::sinh);
    bench(c, "cosh", &wide, interval::cosh);
    bench(c, "tanh", &wide, interval::tanh);
}

criterion_group!(benches, all);
criterion_main!(benches);
