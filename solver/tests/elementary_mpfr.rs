//! Checks the elementary functions against MPFR: on random points of all magnitudes the enclosure must hold the correctly
//! rounded bounds of the true value, and on random intervals it must hold inari's (tightest) enclosure. Reports the worst
//! widening in ulps. Off by default: `cargo test --release -p deltasat --features mpfr --test elementary_mpfr -- --nocapture`.
#![cfg(feature = "mpfr")]
#![allow(clippy::print_stdout)]

use deltasat::interval::{self, Interval};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rug::Float;
use rug::float::Round;
use rug::ops::AssignRound;

const POINTS: usize = 300_000;
const INTERVALS: usize = 100_000;

/// Position of a double among all doubles, so that neighbours differ by 1 (and −0 and +0 by 0).
fn ordinal(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn point(x: f64) -> Interval {
    Interval::try_from((x, x)).unwrap()
}

/// A random double: all exponents, moderate ones, a given range, or the neighbourhood of a multiple of some step.
fn random(rng: &mut SmallRng, lo: f64, hi: f64) -> f64 {
    const STEPS: [f64; 6] = [
        std::f64::consts::FRAC_PI_2,
        std::f64::consts::PI / 64.0,
        std::f64::consts::PI / 128.0,
        std::f64::consts::LN_2 / 128.0,
        std::f64::consts::LN_2 / 256.0,
        1.0 / 128.0,
    ];
    loop {
        let x = match rng.random_range(0..8) {
            0 => f64::from_bits(rng.random()),
            1 | 2 => {
                let m: f64 = rng.random_range(-2.0..2.0);
                m * f64::powi(2.0, rng.random_range(-40..40))
            }
            3 => {
                let step = STEPS[rng.random_range(0..STEPS.len())];
                let n = f64::from(rng.random_range(-2000i32..2000));
                let x = n * step;
                f64::from_bits(x.to_bits().wrapping_add_signed(rng.random_range(-4..=4)))
            }
            4 => {
                let near: f64 = [-1.0, 0.0, 1.0, lo, hi][rng.random_range(0..5)];
                let m: f64 = rng.random_range(-1.0..1.0);
                near + m * f64::powi(2.0, rng.random_range(-53..0))
            }
            _ => rng.random_range(lo..=hi),
        };
        if x >= lo && x <= hi && x.is_finite() {
            return x;
        }
    }
}

type Oracle = fn(&mut Float, Round);

struct Function {
    name: &'static str,
    ours: fn(Interval) -> Interval,
    oracle: Oracle,
    inari: Option<fn(Interval) -> Interval>,
    lo: f64,
    hi: f64,
}

fn sigmoid(f: &mut Float, round: Round) {
    let mut t = Float::with_val(1300, -&*f);
    t.exp_round(Round::Nearest);
    t += 1;
    t.recip_round(Round::Nearest);
    f.assign_round(&t, round);
}

/// Index of the half turn [nπ + shift·π/2, …) that holds x, in 1300 bits.
fn half_turn(x: f64, shift: i32) -> rug::Integer {
    let pi = Float::with_val(1300, rug::float::Constant::Pi);
    let t = Float::with_val(1300, x) / pi - Float::with_val(1300, shift) / 2u32;
    t.floor().to_integer().unwrap()
}

/// The tightest enclosure of a function that falls on even half turns and rises on odd ones. (inari's own gives up on
/// large arguments.)
fn wave_range(x: Interval, shift: i32, f: Oracle) -> Interval {
    let (a, b) = (half_turn(x.inf(), shift), half_turn(x.sup(), shift));
    let at = |v, round| correctly_rounded(f, v, round);
    let (mut lo, mut hi) = (at(x.inf(), Round::Down), at(x.inf(), Round::Up));
    lo = lo.min(at(x.sup(), Round::Down));
    hi = hi.max(at(x.sup(), Round::Up));
    let crossed = rug::Integer::from(&b - &a);
    if crossed >= 2 || (crossed == 1 && a.is_even()) {
        lo = -1.0;
    }
    if crossed >= 2 || (crossed == 1 && a.is_odd()) {
        hi = 1.0;
    }
    Interval::try_from((lo, hi)).unwrap()
}

fn sin_range(x: Interval) -> Interval {
    wave_range(x, 1, |f, r| {
        f.sin_round(r);
    })
}

fn cos_range(x: Interval) -> Interval {
    wave_range(x, 0, |f, r| {
        f.cos_round(r);
    })
}

fn tan_range(x: Interval) -> Interval {
    if half_turn(x.inf(), 1) != half_turn(x.sup(), 1) {
        return Interval::ENTIRE;
    }
    let tan = |f: &mut Float, r| {
        f.tan_round(r);
    };
    let (lo, hi) = (correctly_rounded(tan, x.inf(), Round::Down), correctly_rounded(tan, x.sup(), Round::Up));
    Interval::try_from((lo, hi)).unwrap()
}

fn functions() -> Vec<Function> {
    macro_rules! f {
        ($name:ident, $round:ident, $lo:expr, $hi:expr, $inari:expr) => {
            Function {
                name: stringify!($name),
                ours: interval::$name,
                oracle: |f, r| {
                    f.$round(r);
                },
                inari: $inari,
                lo: $lo,
                hi: $hi,
            }
        };
    }
    let max = 1e300;
    vec![
        f!(exp, exp_round, -760.0, 720.0, Some(Interval::exp)),
        f!(exp_m1, exp_m1_round, -760.0, 720.0, None),
        Function { name: "sigmoid", ours: interval::sigmoid, oracle: sigmoid, inari: None, lo: -760.0, hi: 760.0 },
        f!(ln, ln_round, 0.0, f64::MAX, Some(Interval::ln)),
        f!(sqrt, sqrt_round, 0.0, f64::MAX, None),
        f!(sqr, square_round, -max, max, None),
        f!(sin, sin_round, -max, max, Some(sin_range)),
        f!(cos, cos_round, -max, max, Some(cos_range)),
        f!(tan, tan_round, -max, max, Some(tan_range)),
        f!(asin, asin_round, -1.0, 1.0, Some(Interval::asin)),
        f!(acos, acos_round, -1.0, 1.0, Some(Interval::acos)),
        f!(atan, atan_round, -max, max, Some(Interval::atan)),
        f!(sinh, sinh_round, -720.0, 720.0, Some(Interval::sinh)),
        f!(cosh, cosh_round, -720.0, 720.0, Some(Interval::cosh)),
        f!(tanh, tanh_round, -30.0, 30.0, Some(Interval::tanh)),
    ]
}

fn correctly_rounded(oracle: impl Fn(&mut Float, Round), x: f64, round: Round) -> f64 {
    let mut f = Float::with_val(53, x);
    oracle(&mut f, round);
    f.to_f64_round(round)
}

/// Counts how far bounds lie outside the tightest ones.
#[derive(Default)]
struct Widening {
    ends: u64,
    widened: u64,
    worst: i64,
    at: String,
}

impl Widening {
    fn check(&mut self, ours: Interval, lo: f64, hi: f64, what: impl Fn() -> String) {
        assert!(
            ours.inf() <= lo && ours.sup() >= hi,
            "{}: [{:e}, {:e}] does not hold [{lo:e}, {hi:e}]",
            what(),
            ours.inf(),
            ours.sup()
        );
        for d in [ordinal(lo) - ordinal(ours.inf()), ordinal(ours.sup()) - ordinal(hi)] {
            self.ends += 1;
            self.widened += u64::from(d > 0);
            if d > self.worst {
                self.worst = d;
                self.at = what();
            }
        }
    }

    fn report(&self, name: &str, allowed: i64) {
        let share = 100.0 * self.widened as f64 / self.ends as f64;
        println!("{name:>16}: {:>8} ends, {share:>7.3} % widened, worst {} ulp {}", self.ends, self.worst, self.at);
        assert!(self.worst <= allowed, "{name} widens by {} ulps at {}", self.worst, self.at);
    }
}

#[test]
fn points_hold_the_correctly_rounded_bounds() {
    for (i, f) in functions().iter().enumerate() {
        let mut rng = SmallRng::seed_from_u64(1000 + i as u64);
        let mut w = Widening::default();
        for _ in 0..POINTS {
            let x = random(&mut rng, f.lo, f.hi);
            if f.name == "ln" && x == 0.0 {
                continue;
            }
            let lo = correctly_rounded(f.oracle, x, Round::Down);
            let hi = correctly_rounded(f.oracle, x, Round::Up);
            w.check((f.ours)(point(x)), lo, hi, || format!("{}({x:e})", f.name));
        }
        w.report(f.name, 1);
    }
}

#[test]
fn intervals_hold_the_tightest_enclosure() {
    for (i, f) in functions().iter().enumerate() {
        let Some(tightest) = f.inari else { continue };
        let mut rng = SmallRng::seed_from_u64(2000 + i as u64);
        let mut w = Widening::default();
        for k in 0..INTERVALS {
            // Every fourth reaches beyond the domain.
            let (lo, hi) = if k % 4 == 0 { (-1e3, 1e3) } else { (f.lo, f.hi) };
            let a = random(&mut rng, lo, hi);
            let b = if k % 2 == 0 { random(&mut rng, lo, hi) } else { a + rng.random_range(0.0..7.0) };
            let b = if k % 8 == 3 { a + random(&mut rng, 0.0, 1.0) } else { b };
            let x = Interval::try_from((a.min(b), a.max(b))).unwrap();
            let (ours, exact) = ((f.ours)(x), tightest(x));
            assert_eq!(ours.is_empty(), exact.is_empty(), "{} {x:?}", f.name);
            if !exact.is_empty() {
                w.check(ours, exact.inf(), exact.sup(), || format!("{}({x:?})", f.name));
            }
        }
        w.report(f.name, 1);
    }
}

#[test]
fn integer_powers() {
    let mut rng = SmallRng::seed_from_u64(3);
    let mut w = Widening::default();
    for k in 0..INTERVALS {
        let n: i32 = match k % 4 {
            0 => rng.random(),
            1 => rng.random_range(-2000..2000),
            _ => rng.random_range(-12..=12),
        };
        let reach = (800.0 / f64::from(n).abs()).min(700.0);
        let mut any = || {
            let t: f64 = rng.random_range(-reach..=reach);
            let v = if rng.random() { t.exp() } else { f64::from(rng.random_range(-20i32..20)) };
            if rng.random() { v } else { -v }
        };
        let a = any();
        let b = if k % 3 == 0 { a } else { any() };
        let x = Interval::try_from((a.min(b), a.max(b))).unwrap();
        let (ours, exact) = (interval::powi(x, n), x.powi(n));
        assert_eq!(ours.is_empty(), exact.is_empty(), "{x:?}^{n}");
        if !exact.is_empty() {
            w.check(ours, exact.inf(), exact.sup(), || format!("powi({x:?}, {n})"));
        }
    }
    w.report("powi", 1);
}

#[test]
fn real_powers() {
    let mut rng = SmallRng::seed_from_u64(4);
    let mut w = Widening::default();
    for k in 0..INTERVALS {
        let mut base = || {
            let t: f64 = match rng.random_range(0..3) {
                0 => rng.random_range(-745.0..709.0),
                1 => rng.random_range(-3.0..3.0),
                _ => rng.random_range(-1e-6..1e-6),
            };
            t.exp()
        };
        let (a, b) = (base(), base());
        let b = if k % 3 == 0 { a } else { b };
        let reach = (760.0 / a.ln().abs().max(1e-300)).min(1e6);
        let mut exponent = || rng.random_range(-reach..=reach);
        let (c, d) = (exponent(), exponent());
        let d = if k % 3 != 1 { c } else { d };
        let x = Interval::try_from((a.min(b), a.max(b))).unwrap();
        let y = Interval::try_from((c.min(d), c.max(d))).unwrap();
        let (ours, exact) = (interval::pow(x, y), x.pow(y));
        w.check(ours, exact.inf(), exact.sup(), || format!("pow({x:?}, {y:?})"));
    }
    w.report("pow", 1);
}

#[test]
fn angles() {
    let mut rng = SmallRng::seed_from_u64(5);
    let mut w = Widening::default();
    for k in 0..INTERVALS {
        let mut any = || match rng.random_range(0..4) {
            0 => {
                let x = f64::from_bits(rng.random());
                if x.is_finite() { x } else { 0.0 }
            }
            1 => f64::from(rng.random_range(-2i32..=2)),
            _ => rng.random_range(-3.0..3.0),
        };
        let (a, b, c, d) = (any(), any(), any(), any());
        let (b, d) = if k % 3 == 0 { (a, c) } else { (b, d) };
        let y = Interval::try_from((a.min(b), a.max(b))).unwrap();
        let x = Interval::try_from((c.min(d), c.max(d))).unwrap();
        let (ours, exact) = (interval::atan2(y, x), y.atan2(x));
        assert_eq!(ours.is_empty(), exact.is_empty(), "atan2({y:?}, {x:?})");
        if !exact.is_empty() {
            w.check(ours, exact.inf(), exact.sup(), || format!("atan2({y:?}, {x:?})"));
        }
    }
    w.report("atan2", 1);
}
