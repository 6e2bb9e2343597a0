//! The arithmetic and the elementary functions, against exact integers and against the platform's doubles.

use deltacheck::functions as f;
use deltacheck::interval::Interval;
use deltacheck::number::{Num, Round};
use deltacheck::rational::Rational;

/// A generator of numbers that needs no crate.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn num(x: f64) -> Num {
    Num::from_double(x).expect("a number")
}

fn exact(x: Num) -> Rational {
    Rational::of(x).expect("finite")
}

#[test]
fn operations_round_to_the_two_sides_of_the_exact_result() {
    let mut random = Random(1);
    for _ in 0..4_000 {
        let mut draw = || {
            let shift = (random.next() % 140) as i32 - 70;
            let m = random.next() as i64 >> (random.next() % 64);
            Num::integer(m).mul(Num::power(shift), Round::Down)
        };
        let (x, y) = (draw(), draw());
        let (a, b) = (exact(x), exact(y));
        let results = [
            (x.add(y, Round::Down), x.add(y, Round::Up), Some(a.add(&b))),
            (x.sub(y, Round::Down), x.sub(y, Round::Up), Some(a.add(&b.neg()))),
            (x.mul(y, Round::Down), x.mul(y, Round::Up), Some(a.mul(&b))),
            (x.div(y, Round::Down), x.div(y, Round::Up), if y.is_zero() { None } else { a.div(&b) }),
        ];
        for (below, above, truth) in results {
            let Some(truth) = truth else { continue };
            let (low, high) = (exact(below), exact(above));
            assert!(low.add(&truth.neg()).signum() <= 0 && truth.add(&high.neg()).signum() <= 0, "{x:?} {y:?}");
            // and they are neighbours
            let gap = high.add(&low.neg());
            let ulp = exact(above.abs().max(below.abs()).mul(Num::power(-63), Round::Up));
            assert!(gap.add(&ulp.neg()).signum() <= 0, "{x:?} {y:?}: {below:?} {above:?}");
        }
        let x = x.abs();
        let (below, above) = (exact(x.sqrt(Round::Down)), exact(x.sqrt(Round::Up)));
        let truth = exact(x);
        assert!(below.mul(&below).add(&truth.neg()).signum() <= 0, "√{x:?}");
        assert!(truth.add(&above.mul(&above).neg()).signum() <= 0, "√{x:?}");
        let floor = x.floor().map(Rational::integer);
        if let Some(floor) = floor {
            let rest = truth.add(&floor.neg());
            assert!(rest.signum() >= 0 && rest.add(&Rational::integer(-1)).signum() < 0);
        }
    }
}

#[test]
fn decimals_are_enclosed_tightly() {
    for text in ["0.1", "-3.75", "1e30", "2.5e-40", "1/3", "-7/11", "123456789012345678901234567890", "0"] {
        let value = Rational::parse(text).expect(text);
        let Interval { lo, hi } = value.enclose();
        assert!(exact(lo).add(&value.neg()).signum() <= 0 && value.add(&exact(hi).neg()).signum() <= 0, "{text}");
        let gap = hi.sub(lo, Round::Up);
        assert!(hi.abs().max(lo.abs()).mul(Num::power(-62), Round::Up).at_least(gap), "{text}");
    }
    for text in ["", "-", ".", "1.5.2", "1e", "0x3", "1/0", "--1", "1-2", "e5"] {
        assert_eq!(Rational::parse(text), None, "{text}");
    }
}

/// Each function contains what the platform computes, give or take its error, and is tight.
#[test]
fn functions_enclose_their_values() {
    type Pair = (&'static str, fn(Interval) -> Interval, fn(f64) -> f64, f64, f64);
    let all: [Pair; 14] = [
        ("exp", f::exp, f64::exp, -700.0, 700.0),
        ("ln", f::ln, f64::ln, 1e-300, 1e300),
        ("ln near 1", f::ln, f64::ln, 0.5, 2.0),
        ("sin", f::sin, f64::sin, -100.0, 100.0),
        ("cos", f::cos, f64::cos, -100.0, 100.0),
        ("tan", f::tan, f64::tan, -1.5, 1.5),
        ("asin", f::asin, f64::asin, -1.0, 1.0),
        ("acos", f::acos, f64::acos, -1.0, 1.0),
        ("atan", f::atan, f64::atan, -50.0, 50.0),
        ("sinh", f::sinh, f64::sinh, -20.0, 20.0),
        ("cosh", f::cosh, f64::cosh, -20.0, 20.0),
        ("tanh", f::tanh, f64::tanh, -20.0, 20.0),
        ("sigmoid", f::sigmoid, |x| 1.0 / (1.0 + (-x).exp()), -30.0, 30.0),
        ("sqrt", Interval::sqrt, f64::sqrt, 0.0, 1e10),
    ];
    let mut random = Random(7);
    for (name, enclosure, value, low, high) in all {
        for step in 0..2_000 {
            let x = if step < 2 { [low, high][step] } else { low + (high - low) * random.unit() };
            let found = enclosure(Interval::point(num(x)));
            let truth = value(x);
            let slack = 1e-15 * truth.abs().max(if name.starts_with(['s', 'c', 't', 'l', 'a']) { 1.0 } else { 0.0 });
            let (lo, hi) = (found.lo.approximate(), found.hi.approximate());
            assert!(lo - slack <= truth && truth <= hi + slack, "{name} {x}: {truth} not in [{lo}, {hi}]");
            let width = found.width().approximate();
            assert!(
                width <= 4e-16 * truth.abs().max(1.0) || x.abs() >= 1.0 - 1e-9 && name.starts_with("a"),
                "{name} {x}: {width}"
            );
        }
    }
}

/// Over an interval each function contains its values at points of it.
#[test]
fn functions_enclose_intervals() {
    type Named = (&'static str, fn(Interval) -> Interval);
    let all: [Named; 11] = [
        ("exp", f::exp),
        ("sin", f::sin),
        ("cos", f::cos),
        ("tan", f::tan),
        ("asin", f::asin),
        ("acos", f::acos),
        ("atan", f::atan),
        ("cosh", f::cosh),
        ("sinh", f::sinh),
        ("tanh", f::tanh),
        ("ln", f::ln),
    ];
    let mut random = Random(3);
    for (name, enclosure) in all {
        for _ in 0..3_000 {
            let (a, b) = (8.0 * random.unit() - 4.0, 4.0 * random.unit().powi(3));
            let whole = enclosure(Interval::new(num(a), num(a + b)));
            for k in 0..=8 {
                let at = enclosure(Interval::point(num(a + b * f64::from(k) / 8.0).min(num(a + b))));
                assert!(at.is_empty() || !at.meet(whole).is_empty(), "{name} over [{a}, {}]", a + b);
            }
        }
    }
}

#[test]
fn the_angle_of_a_point() {
    let mut random = Random(5);
    for _ in 0..5_000 {
        let mut draw = || (4.0 * random.unit() - 2.0, random.unit().powi(2));
        let ((x, w), (y, h)) = (draw(), draw());
        let whole = f::atan2(Interval::new(num(y), num(y + h)), Interval::new(num(x), num(x + w)));
        for k in 0..16 {
            let (u, v) = (x + w * f64::from(k % 4) / 3.0, y + h * f64::from(k / 4) / 3.0);
            let angle = v.atan2(u);
            let (lo, hi) = (whole.lo.approximate(), whole.hi.approximate());
            assert!(lo - 1e-12 <= angle && angle <= hi + 1e-12, "({u}, {v}): {angle} not in [{lo}, {hi}]");
        }
    }
    let zero = Interval::ZERO;
    let left = f::atan2(zero, Interval::integer(-1));
    assert!(left.lo.approximate() > 3.1 && left.hi.approximate() < 3.2);
}
