//! The stated error budgets, checked against MPFR at 400 bits: `hi + lo` of every point routine must lie within its claimed
//! error of the true value, and not by luck: the worst share of the budget seen is printed. A bound may be right although
//! the error claim is wrong (that shows only where a value lies next to a double), so this is the sharper test.
#![allow(clippy::print_stdout)]

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rug::Float;
use rug::float::Constant;

use super::bounds::Estimate;
use super::{double_double, exp, hyperbolic, inverse_trig, log, reduction, trig};

const SAMPLES: usize = 200_000;
const PRECISION: u32 = 400;

type Sampler = Box<dyn Fn(&mut SmallRng) -> f64>;

fn big(x: f64) -> Float {
    Float::with_val(PRECISION, x)
}

fn sum(x: (f64, f64)) -> Float {
    big(x.0) + big(x.1)
}

/// Largest |approx − exact| / allowed over random arguments.
fn worst(name: &str, seed: u64, sample: impl Fn(&mut SmallRng) -> f64, share: impl Fn(f64) -> f64) {
    let mut rng = SmallRng::seed_from_u64(seed);
    let (mut worst, mut at) = (0.0, 0.0);
    for _ in 0..SAMPLES {
        let x = sample(&mut rng);
        let s = share(x);
        if s > worst {
            (worst, at) = (s, x);
        }
    }
    println!("{name:>12}: {worst:.3} of the error budget, at {at:e}");
    assert!(worst <= 1.0, "{name} exceeds its budget at {at:e}");
}

fn of_estimate(e: Estimate, exact: &Float) -> f64 {
    let (hi, lo) = e.parts();
    assert!(hi + lo == hi && e.error() <= hi.abs() * f64::powi(2.0, -55), "invariant of an estimate");
    (sum((hi, lo)) - exact).abs().to_f64() / e.error()
}

fn relative(approx: Float, exact: &Float, allowed: f64) -> f64 {
    ((approx - exact) / exact).abs().to_f64() / allowed
}

/// Sizes 2^lo … 2^hi, both signs.
fn sizes(lo: i32, hi: i32) -> impl Fn(&mut SmallRng) -> f64 {
    move |rng| {
        let m: f64 = rng.random_range(1.0..2.0);
        let sign = if rng.random() { 1.0 } else { -1.0 };
        sign * m * f64::powi(2.0, rng.random_range(lo..hi))
    }
}

/// Within a few thousand ulps of a multiple of step/2.
fn near_multiples(step: f64, reach: i32) -> impl Fn(&mut SmallRng) -> f64 {
    move |rng| {
        let n = rng.random_range(1..reach);
        let x = f64::from(n) * (0.5 * step);
        let x = f64::from_bits(x.to_bits().wrapping_add_signed(rng.random_range(-4000..4000)));
        if rng.random() { x } else { -x }
    }
}

#[test]
fn exponential() {
    let share = |x: f64| {
        let e = exp::core(x);
        relative(sum((e.h, e.l)), &(big(x).exp() >> e.k), exp::REL)
    };
    worst("exp", 1, |rng| rng.random_range(-745.0..709.0), share);
    worst("exp", 2, sizes(-30, 6), share);
    worst("exp", 3, near_multiples(std::f64::consts::LN_2 / 128.0, 100_000), share);
    let share = |x: f64| {
        let (e, k) = exp::exp_estimate(x);
        of_estimate(e, &(big(x).exp() >> k))
    };
    worst("exp near 0", 7, sizes(-60, -5), share);
    let share = |x: f64| of_estimate(exp::exp_m1_estimate(x), &big(x).exp_m1());
    worst("exp_m1", 4, |rng| rng.random_range(-46.0..46.0), share);
    worst("exp_m1", 5, sizes(-53, 5), share);
    worst("exp_m1", 6, near_multiples(std::f64::consts::LN_2 / 128.0, 4000), share);
}

#[test]
fn quotients_and_sums_of_exponentials() {
    let share = |x: f64| of_estimate(exp::sigmoid_estimate(x), &(1u32 + (-big(x)).exp()).recip());
    worst("sigmoid", 1, |rng| rng.random_range(-46.0..46.0), share);
    worst("sigmoid", 2, sizes(-53, 5), share);
    let share = |x: f64| of_estimate(hyperbolic::tanh_estimate(x.abs()), &big(x.abs()).tanh());
    worst("tanh", 3, |rng| rng.random_range(1e-6..23.0), share);
    worst("tanh", 4, sizes(-27, 4), share);
    worst("tanh", 5, near_multiples(std::f64::consts::LN_2 / 256.0, 1000), share);
    let share = |x: f64| of_estimate(hyperbolic::half_sum(x.abs(), -1.0), &big(x.abs()).sinh());
    worst("sinh", 6, |rng| rng.random_range(0.03125..23.0), share);
    worst("sinh", 7, sizes(-27, -5), |x| of_estimate(hyperbolic::sinh_small(x), &big(x).sinh()));
    let share = |x: f64| of_estimate(hyperbolic::half_sum(x.abs(), 1.0), &big(x.abs()).cosh());
    worst("cosh", 8, |rng| rng.random_range(0.0..23.0), share);
    worst("cosh", 9, sizes(-60, 4), share);
}

#[test]
fn logarithm() {
    let share = |x: f64| relative(sum(log::core(x.abs())), &big(x.abs()).ln(), log::REL);
    worst("ln", 1, sizes(-1074, 1023), share);
    worst("ln", 2, |rng| rng.random_range(0.70..1.42), share);
    worst("ln", 3, |rng| 1.0 + sizes(-52, -7)(rng), share);
    worst("ln", 4, near_multiples(1.0 / 256.0, 1024), share);
}

#[test]
fn trigonometry() {
    let step = Float::with_val(1300, Constant::Pi) / 64u32;
    let reduced = |x: f64| {
        let a = reduction::reduce(x);
        let turned: Float = Float::with_val(1300, x) - Float::with_val(1300, a.j) * &step;
        let n = Float::with_val(1300, &turned / &step).round() / 128u32;
        let exact = turned - n.round() * 128u32 * &step;
        let error = (sum(a.r) - &exact).abs().to_f64();
        let allowed =
            if a.j.is_multiple_of(32) { exact.abs().to_f64() * f64::powi(2.0, -70) } else { f64::powi(2.0, -90) };
        error / allowed
    };
    let kinds: [(u64, Sampler); 5] = [
        (1, Box::new(|rng: &mut SmallRng| rng.random_range(-10.0..10.0))),
        (2, Box::new(sizes(-26, 17))),
        (3, Box::new(sizes(17, 1023))),
        (4, Box::new(near_multiples(std::f64::consts::PI / 64.0, 200_000))),
        (5, Box::new(near_multiples(std::f64::consts::FRAC_PI_2, 100_000))),
    ];
    for (seed, kind) in &kinds {
        worst("reduction", *seed, kind, reduced);
        let wide = |x: f64| Float::with_val(PRECISION, x);
        worst("sin", *seed, kind, |x| relative(sum(trig::sine(reduction::reduce(x), 0)), &wide(x).sin(), trig::REL));
        worst("cos", *seed, kind, |x| relative(sum(trig::sine(reduction::reduce(x), 1)), &wide(x).cos(), trig::REL));
    }
    for (seed, kind) in &kinds {
        worst("tan", *seed, kind, |x| of_estimate(trig::tan_estimate(reduction::reduce(x)), &big(x).tan()));
    }
    // The double that comes closest to a multiple of π/2.
    let hard = 6_381_956_970_095_103.0 * f64::powi(2.0, 797);
    assert!(relative(sum(trig::sine(reduction::reduce(hard), 1)), &big(hard).cos(), trig::REL) < 1.0);
}

#[test]
fn inverse_trigonometry() {
    let allowed = f64::powi(2.0, -64);
    let atan = |x: f64| {
        let v = x.abs();
        let (n, d) = (v.min(1.0), v.max(1.0));
        relative(sum(inverse_trig::atan_ratio(n, d)), &(big(n) / big(d)).atan(), allowed)
    };
    worst("atan", 1, sizes(-27, 100), atan);
    worst("atan", 2, |rng| rng.random_range(0.0..2.0), atan);
    worst("atan", 3, near_multiples(1.0 / 64.0, 128), atan);
    let asin = |x: f64| {
        let v = x.abs();
        let (far, theta) = inverse_trig::asin_parts(v);
        let exact = if far { big(v).acos() } else { big(v).asin() };
        if exact.is_zero() { 0.0 } else { relative(sum(theta), &exact, allowed) }
    };
    worst("asin", 4, sizes(-27, 0), |x| asin(x.abs().min(1.0)));
    worst("asin", 5, |rng| rng.random_range(0.0..=1.0), asin);
    worst("asin", 6, near_multiples(1.0 / 64.0, 127), asin);
    worst("asin", 7, |rng| 1.0 - sizes(-53, -1)(rng).abs(), asin);
    worst(
        "root",
        8,
        |rng| 1.0 - sizes(-53, 0)(rng).abs().min(1.0),
        |v| {
            let w = double_double::sqrt_one_minus_square(v);
            relative(sum(w), &(1u32 - big(v).square()).sqrt(), f64::powi(2.0, -102))
        },
    );
}
