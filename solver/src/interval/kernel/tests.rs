//! Each kernel, each compiled body, against exact dyadic sums; rows of every length that leaves a rest, with
//! magnitudes that overflow, underflow and cancel.

use inari::{Interval, const_interval};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::spread::{spread4_with, spread16_with};
use super::*;
use crate::exact::Dyadic;

const INFINITY: f64 = f64::INFINITY;

fn bodies() -> Vec<Body> {
    let mut bodies = vec![Body::Portable];
    if Body::best() != Body::Portable {
        bodies.push(Body::best());
    }
    bodies
}

fn exact(x: f64) -> Dyadic {
    Dyadic::from_f64(x).unwrap()
}

/// One number of a style: each row keeps to one, so that rows overflow, underflow, or do neither.
fn number(rng: &mut SmallRng, style: u32) -> f64 {
    let mantissa = rng.random_range(-2.0..2.0f64);
    let signed = |rng: &mut SmallRng, x: f64| if rng.random() { x } else { -x };
    match style {
        0 => mantissa,
        1 => mantissa * 10f64.powi(rng.random_range(-3..4)),
        2 => mantissa * 10f64.powi(rng.random_range(-150..151)),
        3 => mantissa * 10f64.powi(rng.random_range(-300..301)),
        4 => mantissa * 10f64.powi(rng.random_range(-170..-140)),
        5 => f64::from(rng.random_range(-3i32..4)),
        6 => {
            let subnormal = f64::from_bits(rng.random_range(0..1 << 53));
            signed(rng, subnormal)
        }
        // Large terms of both signs that nearly cancel.
        _ => {
            let large = 1e8 + rng.random_range(0.0..1e-6);
            signed(rng, large)
        }
    }
}

const STYLES: u32 = 8;

/// A row of numbers, and one of intervals, of which a third are points and some are zero.
struct Rows {
    w: Vec<f64>,
    lo: Vec<f64>,
    hi: Vec<f64>,
}

fn rows(rng: &mut SmallRng, n: usize) -> Rows {
    let (style, other) = (rng.random_range(0..STYLES), rng.random_range(0..STYLES));
    let w = (0..n).map(|_| if rng.random_range(0..8) == 0 { 0.0 } else { number(rng, style) }).collect();
    let ends: Vec<(f64, f64)> = (0..n)
        .map(|_| {
            let (a, b) = (number(rng, other), number(rng, other));
            match rng.random_range(0..6) {
                0 | 1 => (a, a),
                2 => (0.0, a.abs()),
                3 => (a.min(a.next_up()), a.next_up()),
                _ => (a.min(b), a.max(b)),
            }
        })
        .collect();
    Rows { w, lo: ends.iter().map(|x| x.0).collect(), hi: ends.iter().map(|x| x.1).collect() }
}

/// Lengths with every rest, mostly short.
fn length(rng: &mut SmallRng, i: usize) -> usize {
    if i.is_multiple_of(10) { rng.random_range(41..300) } else { i % 41 }
}

/// Checks that `found` holds `[lo, hi]`, and exceeds it by no more than `k` roundings of `size` allow.
fn check(found: Interval, lo: &Dyadic, hi: &Dyadic, k: usize, size: &Dyadic, n: usize) {
    let inside = |bound: f64, end: &Dyadic, sign: i32| {
        if bound.is_infinite() {
            // Only an overflow may lose an end.
            assert!(size.ceil_f64() > 1e300, "infinite bound for {}", end.nearest_f64());
            return;
        }
        let excess = &exact(bound) - end;
        assert!(excess.signum() * sign >= 0, "{found:?} misses {:e} of {n} terms", end.nearest_f64());
        if size.ceil_f64() > 1e300 {
            // Beyond the largest double no bound is near.
            return;
        }
        let unit = size * &exact(UNIT);
        let allowed = &(&unit * &Dyadic::from(k as i64 + 3)) + &(&Dyadic::from(8 * n as i64 + 16) * &exact(LEAST));
        let allowed = &allowed + &(&end.abs() * &exact(f64::EPSILON));
        assert!(excess.abs() <= allowed, "{found:?} exceeds {:e} of {n} terms too far", end.nearest_f64());
    };
    inside(found.inf(), lo, -1);
    inside(found.sup(), hi, 1);
}

/// A weight that `w` may stand for: at the edge of the slack, or inside.
fn perturbed(rng: &mut SmallRng, w: f64, slack: u32) -> Dyadic {
    let part = [-1.0, 1.0, 0.5][rng.random_range(0..3)] * f64::from(slack);
    &exact(w) + &(&exact(part * UNIT) * &exact(w.abs().max(f64::MIN_POSITIVE)))
}

/// The ends of `w·[lo, hi]`.
fn product(w: &Dyadic, lo: f64, hi: f64) -> (Dyadic, Dyadic) {
    let (a, b) = (w * &exact(lo), w * &exact(hi));
    ((&a).min(&b).clone(), a.max(b))
}

fn size_of(h_lo: f64, h_hi: f64, w: &Dyadic) -> Dyadic {
    &w.abs() * &exact(h_lo.abs().max(h_hi.abs()))
}

#[test]
fn dot_encloses_the_exact_range_tightly() {
    let mut rng = SmallRng::seed_from_u64(1);
    for i in 0..12_000 {
        let n = length(&mut rng, i);
        let Rows { w, lo, hi } = rows(&mut rng, n);
        let slack = [0, 0, 1, 7][rng.random_range(0..4)];
        let (mut low, mut high, mut size) = (Dyadic::ZERO, Dyadic::ZERO, Dyadic::ZERO);
        for j in 0..n {
            let weight = perturbed(&mut rng, w[j], slack);
            let (a, b) = product(&weight, lo[j], hi[j]);
            low += a;
            high += b;
            let floor = exact(floor_of_weights(slack));
            size += size_of(lo[j], hi[j], &(&exact(w[j]).abs() + &floor));
        }
        for body in bodies() {
            // Up to twice the slack: the perturbed row may lie at the other edge.
            check(
                dot_with(body, &w, &lo, &hi, slack),
                &low,
                &high,
                2 * additions(n) + 3 + 3 * slack as usize,
                &size,
                n,
            );
        }
        let slow = scalar::dot(&w, &lo, &hi, slack);
        check(slow, &low, &high, 4 * n + 4 + 3 * slack as usize, &size, n);
    }
}

#[test]
fn dot_interval_encloses_the_exact_range_tightly() {
    let mut rng = SmallRng::seed_from_u64(2);
    for i in 0..8000 {
        let n = length(&mut rng, i);
        let Rows { lo, hi, .. } = rows(&mut rng, n);
        let Rows { lo: w_lo, hi: w_hi, .. } = rows(&mut rng, n);
        let (mut low, mut high, mut size) = (Dyadic::ZERO, Dyadic::ZERO, Dyadic::ZERO);
        for j in 0..n {
            let (a, b) = product(&exact(w_lo[j]), lo[j], hi[j]);
            let (c, d) = product(&exact(w_hi[j]), lo[j], hi[j]);
            low += a.min(c);
            high += b.max(d);
            size += size_of(lo[j], hi[j], &exact(w_lo[j].abs().max(w_hi[j].abs())));
        }
        for body in bodies() {
            let found = dot_interval_with(body, &w_lo, &w_hi, &lo, &hi);
            check(found, &low, &high, 2 * additions(n) + 3, &size, n);
        }
        check(scalar::dot_interval(&w_lo, &w_hi, &lo, &hi), &low, &high, 4 * n + 4, &size, n);
    }
}

#[test]
fn dot_noise_encloses_the_exact_range_tightly() {
    let mut rng = SmallRng::seed_from_u64(3);
    for i in 0..8000 {
        let n = length(&mut rng, i);
        let Rows { w, lo, hi } = rows(&mut rng, n);
        let r: Vec<f64> = w.iter().map(|w| w.abs() * [0.0, 0.01, 1.0, 3.0][rng.random_range(0..4)]).collect();
        if r.iter().any(|r| r.is_infinite()) {
            continue;
        }
        let slack = [0, 1, 5][rng.random_range(0..3)];
        let (s, t) = (rng.random_range(-1.0..1.0f64), rng.random_range(-1.0..1.0f64));
        let (s_lo, s_hi) =
            [(-1.0, 1.0), (s.min(t), s.max(t)), (s, s), (0.0, 0.0), (-40.0, 3.5)][rng.random_range(0..5)];
        let (mut low, mut high, mut size) = (Dyadic::ZERO, Dyadic::ZERO, Dyadic::ZERO);
        for j in 0..n {
            let weight = perturbed(&mut rng, w[j], slack);
            let radius = perturbed(&mut rng, r[j], slack).max(Dyadic::ZERO);
            let mut points = vec![lo[j], hi[j]];
            if lo[j] < 0.0 && hi[j] > 0.0 {
                points.push(0.0);
            }
            let value = |s: f64, h: f64| &(&weight * &exact(h)) + &(&(&exact(s) * &radius) * &exact(h.abs()));
            low += points.iter().map(|&h| value(s_lo, h)).min().unwrap();
            high += points.iter().map(|&h| value(s_hi, h)).max().unwrap();
            let floor = exact(floor_of_weights(slack));
            let s = exact(s_lo.abs().max(s_hi.abs()));
            let most = &(&exact(w[j]).abs() + &floor) + &(&s * &(&exact(r[j]) + &floor));
            size += size_of(lo[j], hi[j], &most);
        }
        let widened = |found: Interval, k: usize| {
            // Products with s, |s| ≤ 40, may each lose s·2^-1075 more than those that `check` allows for.
            check(found, &low, &high, k, &size, 50 * n + 50);
        };
        for body in bodies() {
            widened(
                dot_noise_with(body, &w, &r, &lo, &hi, s_lo, s_hi, slack),
                2 * additions(n) + 7 + 3 * slack as usize,
            );
        }
        let slow = scalar::dot_noise(&w, &r, &lo, &hi, s_lo, s_hi, slack);
        assert!(size.ceil_f64() > 1e300 || exact(slow.inf()) <= low && high <= exact(slow.sup()), "{slow:?}");
    }
}

#[test]
fn noise_holds_sampled_values() {
    let mut rng = SmallRng::seed_from_u64(4);
    for i in 0..3000 {
        let n = i % 40;
        let sample =
            |rng: &mut SmallRng, lo: f64, hi: f64| (lo + (hi - lo) * rng.random_range(0.0..=1.0)).clamp(lo, hi);
        let mut row = || (0..n).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f64>>();
        let (a, r, lo, width) = (row(), row(), row(), row());
        let r: Vec<f64> = r.iter().map(|r| r.abs()).collect();
        let hi: Vec<f64> = lo.iter().zip(width).map(|(lo, width)| lo + width.abs()).collect();
        let (s_lo, s_hi) = (rng.random_range(-1.0..0.5), rng.random_range(0.5..1.0));
        let found = dot_noise(&a, &r, &lo, &hi, s_lo, s_hi, 0);
        for _ in 0..5 {
            let s = exact(sample(&mut rng, s_lo, s_hi));
            let mut value = Dyadic::ZERO;
            for j in 0..n {
                let h = sample(&mut rng, lo[j], hi[j]);
                value += &exact(a[j]) * &exact(h);
                value += &(&s * &exact(r[j])) * &exact(h.abs());
            }
            assert!(exact(found.inf()) <= value && value <= exact(found.sup()));
        }
    }
}

#[test]
fn unbounded_rows_follow_interval_arithmetic() {
    let bounds = |x: Interval| (x.inf(), x.sup());
    for body in bodies() {
        for n in [1usize, 5, 16, 17, 33] {
            let row = |value: f64, first: f64| {
                let mut row = vec![value; n];
                row[n / 2] = first;
                row
            };
            let (ones, minus) = (vec![1.0; n], vec![-1.0; n]);
            let rest = (n - 1) as f64;
            // 0 × unbounded = 0
            let (low, high) = bounds(dot_with(body, &row(1.0, 0.0), &row(1.0, -INFINITY), &row(1.0, INFINITY), 0));
            assert!(low <= rest && rest <= high && high - low <= 1e-12, "{low} {high}");
            let (low, high) = bounds(dot_with(body, &ones, &row(1.0, 1.0), &row(1.0, INFINITY), 0));
            assert!(low > rest && high == INFINITY);
            let (low, high) = bounds(dot_with(body, &minus, &row(1.0, 1.0), &row(1.0, INFINITY), 0));
            assert!(low == -INFINITY && high < -rest);
            // An unbounded activation, no radius; then one whose radius decides the sign.
            let noise = |a: f64, r: f64| {
                bounds(dot_noise_with(
                    body,
                    &row(1.0, a),
                    &row(0.0, r),
                    &row(1.0, 0.0),
                    &row(1.0, INFINITY),
                    -1.0,
                    1.0,
                    0,
                ))
            };
            assert_eq!(noise(1.0, 0.0).1, INFINITY);
            assert!(noise(1.0, 0.5).0 > rest - 1e-9);
            assert_eq!(noise(1.0, 2.0).0, -INFINITY);
            assert!((noise(0.0, 0.0).1 - rest).abs() < 1e-9);
            let zeros = vec![0.0; n];
            let (low, high) =
                bounds(dot_interval_with(body, &row(0.0, -INFINITY), &row(0.0, INFINITY), &zeros, &zeros));
            assert_eq!((low, high), (0.0, 0.0));
            let mixed = dot_interval_with(body, &row(0.0, -1.0), &row(0.0, 2.0), &row(-3.0, 0.0), &row(7.0, INFINITY));
            assert!(mixed.is_entire());
            // Overflow in the middle of a finite sum.
            let large = dot_with(body, &row(0.0, f64::MAX), &row(0.0, 2.0), &row(0.0, 2.0), 0);
            assert_eq!(bounds(large), (f64::MAX, INFINITY));
            // Nothing can be said about what is not a number; nothing lies in the empty interval.
            for nan in [(f64::NAN, 1.0), (0.0, f64::NAN), (f64::NAN, f64::NAN)] {
                assert!(dot_with(body, &ones, &row(0.0, nan.0), &row(1.0, nan.1), 0).is_entire());
                assert!(dot_interval_with(body, &row(0.0, nan.0), &row(1.0, nan.1), &ones, &ones).is_entire());
                assert!(dot_interval_with(body, &ones, &ones, &row(0.0, nan.0), &row(1.0, nan.1)).is_entire());
                let noise = dot_noise_with(body, &ones, &zeros, &row(0.0, nan.0), &row(1.0, nan.1), 0.0, 0.0, 0);
                assert!(noise.is_entire());
            }
            assert!(dot_with(body, &row(1.0, f64::NAN), &ones, &ones, 0).is_entire());
            assert!(dot_with(body, &ones, &row(0.0, INFINITY), &row(1.0, -INFINITY), 0).is_empty());
            assert!(dot_noise_with(body, &ones, &ones, &ones, &ones, 1.0, -1.0, 0).is_empty());
            // Exact zeros stay exact.
            assert_eq!(bounds(dot_with(body, &ones, &zeros, &zeros, 3)), (0.0, 0.0));
            assert_eq!(bounds(dot_with(body, &zeros, &minus, &ones, 0)), (0.0, 0.0));
            assert_eq!(bounds(dot_noise_with(body, &ones, &ones, &zeros, &zeros, -1.0, 1.0, 1)), (0.0, 0.0));
        }
        let zero = const_interval!(0.0, 0.0);
        assert_eq!(dot_with(body, &[], &[], &[], 1), zero);
        assert_eq!(dot_interval_with(body, &[], &[], &[], &[]), zero);
        assert_eq!(dot_noise_with(body, &[], &[], &[], &[], -1.0, 1.0, 1), zero);
        spread16_with(body, &[], &[], &[], 0, &[], &mut []);
    }
}

#[test]
fn both_bodies_give_the_same_bits() {
    let mut rng = SmallRng::seed_from_u64(5);
    for i in 0..2000 {
        let n = length(&mut rng, i);
        let Rows { w, lo, hi } = rows(&mut rng, n);
        let radii: Vec<f64> = w.iter().map(|w| w.abs() / 64.0).collect();
        let of = |body| {
            let columns: Vec<u32> = (0..n as u32).collect();
            let lambda = [std::array::from_fn(|k| k as f64 - 7.5), std::array::from_fn(|k| 1.0 / (k as f64 + 3.0))];
            let weights: Vec<f64> = w.iter().chain(&radii).copied().collect();
            let mut out = vec![[0.0; 16]; n];
            spread16_with(body, &lambda, &[1, 0], &weights, n, &columns, &mut out);
            let values: Vec<u64> = out.iter().flatten().map(|x| x.to_bits()).collect();
            (
                dot_with(body, &w, &lo, &hi, 1),
                dot_interval_with(body, &w, &w, &lo, &hi),
                dot_noise_with(body, &w, &radii, &lo, &hi, -0.7, 1.0, 1),
                values,
            )
        };
        assert!(bodies().iter().all(|&body| of(body) == of(Body::Portable)));
    }
}

/// Any rows, any columns, each lane on its own.
#[test]
fn spreading_stays_within_its_error() {
    let mut rng = SmallRng::seed_from_u64(6);
    for i in 0..4000 {
        let (stride, height) = (1 + i % 23, rng.random_range(1..20));
        let (style, other) = (rng.random_range(0..STYLES), rng.random_range(0..STYLES));
        let weights: Vec<f64> = (0..height * stride).map(|_| number(&mut rng, other)).collect();
        let chosen = |rng: &mut SmallRng, n: usize| -> Vec<u32> { (0..n as u32).filter(|_| rng.random()).collect() };
        let (rows, columns) = (chosen(&mut rng, height), chosen(&mut rng, stride));
        let lambda: Vec<[f64; 4]> = rows.iter().map(|_| std::array::from_fn(|_| number(&mut rng, style))).collect();
        for body in bodies() {
            let mut out = vec![[f64::NAN; 4]; columns.len()];
            spread4_with(body, &lambda, &rows, &weights, stride, &columns, &mut out);
            for (&column, out) in columns.iter().zip(&out) {
                for (k, &value) in out.iter().enumerate() {
                    let entry = |row: u32| weights[row as usize * stride + column as usize];
                    let terms = || lambda.iter().zip(&rows).map(|(lambda, &row)| (lambda[k], entry(row)));
                    let magnitude = terms().map(|(l, w)| (l * w).abs()).sum();
                    // products below the normal range lose half a spacing each, and so do their sums
                    let lost = terms().filter(|(l, w)| (l * w).abs() < 2.0 * f64::MIN_POSITIVE).count();
                    let error = rounding_error(rows.len(), magnitude);
                    if !error.is_finite() {
                        continue;
                    }
                    let truth: Dyadic = terms().map(|(l, w)| &exact(l) * &exact(w)).sum();
                    let off = (&truth - &exact(value)).abs();
                    let allowed = &exact(error) + &(&exact(2.0 * LEAST) * &exact(lost as f64));
                    assert!(off <= allowed, "{:e} > {error:e}", off.nearest_f64());
                }
            }
        }
    }
    assert_eq!(rounding_error(3, f64::INFINITY), f64::INFINITY);
    assert_eq!(rounding_error(3, f64::NAN), f64::INFINITY);
    assert_eq!(rounding_error(usize::MAX, 1.0), f64::INFINITY);
    assert!(rounding_error(10, 1.0) < 1.2e-15);
}

#[test]
fn rows_of_different_lengths_are_refused() {
    fn refused<T>(call: fn() -> T) {
        assert!(std::panic::catch_unwind(call).is_err());
    }
    refused(|| dot(&[1.0], &[1.0, 2.0], &[1.0], 0));
    refused(|| dot_interval(&[1.0], &[1.0], &[1.0], &[]));
    refused(|| dot_noise(&[1.0], &[], &[1.0], &[1.0], 0.0, 0.0, 0));
    refused(|| spread4_with(Body::Portable, &[[1.0; 4]], &[1], &[1.0], 1, &[0], &mut [[0.0; 4]]));
    refused(|| spread4_with(Body::Portable, &[[1.0; 4]], &[0], &[1.0], 1, &[1], &mut [[0.0; 4]]));
}
