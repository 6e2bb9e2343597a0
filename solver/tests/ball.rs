//! Certified functions against a table of mpmath's values, against identities, and against points inside wide balls.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use deltasat::exact::Rational;
use deltasat::exact::ball::{Ball, MAX_EXPONENT};
use deltasat::exact::rational::{self, nearest_f64, parse};
use num_traits::{One, Pow, Signed, Zero};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

#[path = "ball/table.rs"]
mod table;

fn exact(x: f64) -> Rational {
    rational::from_f64(x).unwrap()
}

fn read(text: &str) -> Rational {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn power_of_two(e: i32) -> Rational {
    Rational::from_integer(2.into()).pow(e)
}

fn ball(text: &str) -> Ball {
    Ball::from_rational(read(text)).unwrap()
}

fn evaluate(function: &str, arguments: &[Ball]) -> Option<Ball> {
    let x = &arguments[0];
    match function {
        "exp" => x.exp(),
        "ln" => x.ln(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tan" => x.tan(),
        "asin" => x.asin(),
        "acos" => x.acos(),
        "atan" => x.atan(),
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "tanh" => x.tanh(),
        "sigmoid" => x.sigmoid(),
        "sqrt" => x.sqrt(),
        "pow" => x.pow(&arguments[1]),
        "atan2" => x.atan2(&arguments[1]),
        other => panic!("unknown function {other}"),
    }
}

/// The width of a ball relative to its magnitude.
fn relative_width(x: &Ball) -> Rational {
    let size = x.upper().abs().max(x.lower().abs());
    if size.is_zero() { size } else { (x.upper() - x.lower()) / size }
}

#[test]
fn functions_agree_with_the_table() {
    for precision in [64, 128, 192, 320] {
        for (function, arguments, value) in table::TABLE {
            let arguments: Vec<Ball> = arguments.split(' ').map(|text| ball(text).with_precision(precision)).collect();
            let result = evaluate(function, &arguments).unwrap_or_else(|| panic!("{function} {arguments:?}"));
            let (value, unit) = (read(value), read("1e-69"));
            let slack = value.abs() * &unit;
            assert!(result.lower() <= &value + &slack && &value - &slack <= result.upper(), "{function} {arguments:?}");
            let width = relative_width(&result);
            assert!(width <= power_of_two(3 - precision as i32), "{function} {arguments:?} {:e}", nearest_f64(&width));
        }
    }
}

/// Whether two enclosures of the same number can both be right.
fn meet(a: &Ball, b: &Ball) -> bool {
    a.lower() <= b.upper() && b.lower() <= a.upper()
}

#[test]
fn functions_satisfy_their_identities() {
    let mut rng = SmallRng::seed_from_u64(6);
    let one = Ball::from_integer(1);
    for i in 0..300 {
        let x = Ball::from_f64(rng.random_range(-1.0..1.0) * 10f64.powi(rng.random_range(-8..3))).unwrap();
        let y = Ball::from_f64(rng.random_range(-5.0..5.0)).unwrap();
        let sum = x.add(&y).unwrap();
        let check = |name: &str, a: Option<Ball>, b: Option<Ball>| {
            let (a, b) = (a.unwrap(), b.unwrap());
            assert!(meet(&a, &b), "{name} at {x:?} {y:?}");
            let width = (a.upper() - a.lower()).max(b.upper() - b.lower());
            let size = a.upper().abs().max(Rational::one());
            assert!(width <= size * power_of_two(-160), "{name} at {x:?} {y:?} is wide: {:e}", nearest_f64(&width));
        };
        if i % 2 == 0 {
            check("exp(x+y)", sum.exp(), x.exp().unwrap().mul(&y.exp().unwrap()));
        }
        check("ln exp", x.exp().unwrap().ln(), Some(x.clone()));
        check(
            "sin(x+y)",
            sum.sin(),
            x.sin().unwrap().mul(&y.cos().unwrap()).unwrap().add(&x.cos().unwrap().mul(&y.sin().unwrap()).unwrap()),
        );
        check("tan", x.tan().unwrap().mul(&x.cos().unwrap()), x.sin());
        check(
            "cosh² − sinh²",
            y.cosh().unwrap().powi(2).unwrap().sub(&y.sinh().unwrap().powi(2).unwrap()),
            Some(one.clone()),
        );
        check("tanh", y.tanh().unwrap().mul(&y.cosh().unwrap()), y.sinh());
        check("σ(x) + σ(−x)", x.sigmoid().unwrap().add(&x.neg().sigmoid().unwrap()), Some(one.clone()));
        check("tan atan", x.atan().unwrap().tan(), Some(x.clone()));
        let s = x.sin().unwrap();
        check("sin asin", s.asin().unwrap().sin(), Some(s.clone()));
        check(
            "asin + acos",
            s.asin().unwrap().add(&s.acos().unwrap()),
            Ball::pi().unwrap().div(&Ball::from_integer(2)),
        );
        let root = x.abs().sqrt().unwrap();
        check("√x²", root.mul(&root), Some(x.abs()));
        check("x^y", x.abs().pow(&y).unwrap().ln(), x.abs().ln().unwrap().mul(&y));
        let angle = x.atan2(&y).unwrap();
        let radius = x.powi(2).unwrap().add(&y.powi(2).unwrap()).unwrap().sqrt().unwrap();
        check("atan2 sine", angle.sin().unwrap().mul(&radius), Some(x.clone()));
        check("atan2 cosine", angle.cos().unwrap().mul(&radius), Some(y.clone()));
    }
}

#[test]
fn functions_of_wide_balls_hold_the_values_inside() {
    let mut rng = SmallRng::seed_from_u64(7);
    let functions =
        ["exp", "ln", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sigmoid", "sqrt"];
    for _ in 0..300 {
        let scale: f64 = [0.3, 2.0, 9.0][rng.random_range(0..3)];
        let point = |rng: &mut SmallRng| {
            let (a, b): (f64, f64) = (rng.random_range(-scale..scale), rng.random_range(-scale..scale));
            let inside = (a + (b - a) * rng.random_range(0.0..1.0)).clamp(a.min(b), a.max(b));
            (Ball::from_bounds(&exact(a.min(b)), &exact(a.max(b))).unwrap(), Ball::from_f64(inside).unwrap())
        };
        let ((x, p), (y, q)) = (point(&mut rng), point(&mut rng));
        let holds = |name: &str, wide: Option<Ball>, inside: Option<Ball>| {
            let Some(wide) = wide else { return };
            let inside = inside.unwrap_or_else(|| panic!("{name} defined on {x:?} {y:?} but not at {p:?} {q:?}"));
            assert!(meet(&wide, &inside), "{name} on {x:?} {y:?} at {p:?} {q:?}");
        };
        for function in functions {
            holds(function, evaluate(function, std::slice::from_ref(&x)), evaluate(function, std::slice::from_ref(&p)));
        }
        holds("add", x.add(&y), p.add(&q));
        holds("sub", x.sub(&y), p.sub(&q));
        holds("mul", x.mul(&y), p.mul(&q));
        holds("div", x.div(&y), p.div(&q));
        holds("min", Some(x.min(&y)), Some(p.min(&q)));
        holds("max", Some(x.max(&y)), Some(p.max(&q)));
        holds("abs", Some(x.abs()), Some(p.abs()));
        holds("relu", Some(x.relu()), Some(p.relu()));
        holds("pow", x.pow(&y), p.pow(&q));
        holds("atan2", x.atan2(&y), p.atan2(&q));
        for n in -4..5 {
            holds("powi", x.powi(n), p.powi(n));
        }
        let tenth = ball("1/10");
        holds("pow 1/10", x.pow(&tenth), p.pow(&tenth));
    }
}

#[test]
fn exact_values_stay_exact() {
    let (third, two) = (ball("1/3"), Ball::from_integer(2));
    assert_eq!(third.mul(&Ball::from_integer(3)).unwrap().compare(&Ball::from_integer(1)), Some(Ordering::Equal));
    assert_eq!(third.add(&ball("1/6")).unwrap().exact(), Some(read("1/2")));
    assert_eq!(third.sub(&third).unwrap().signum(), Some(0));
    assert_eq!(two.div(&Ball::from_integer(6)).unwrap().exact(), Some(read("1/3")));
    assert_eq!(ball("4/9").sqrt().unwrap().exact(), Some(read("2/3")));
    let (big, small) = (Ball::from_f64(1e300).unwrap(), Ball::from_f64(1e-300).unwrap());
    assert_eq!(big.add(&small).unwrap().exact(), Some(exact(1e300) + exact(1e-300)));
    assert_eq!(big.mul(&small).unwrap().exact(), Some(exact(1e300) * exact(1e-300)));
    assert_eq!(two.powi(-3).unwrap().exact(), Some(read("1/8")));
    assert_eq!(third.powi(5).unwrap().exact(), Some(read("1/243")));
    assert_eq!(third.neg().relu().exact(), Some(Rational::zero()));
    assert_eq!(third.relu().exact(), Some(read("1/3")));
    assert_eq!(ball("2").pow(&ball("1/2")).unwrap().compare(&two.sqrt().unwrap()), None);
    assert_eq!(ball("49").pow(&ball("1/2")).unwrap().exact(), Some(read("7")));
    let zero = Ball::from_integer(0);
    for (function, value) in [
        ("exp", "1"),
        ("sin", "0"),
        ("cos", "1"),
        ("tan", "0"),
        ("asin", "0"),
        ("atan", "0"),
        ("sinh", "0"),
        ("cosh", "1"),
        ("tanh", "0"),
        ("sigmoid", "1/2"),
        ("sqrt", "0"),
    ] {
        assert_eq!(evaluate(function, std::slice::from_ref(&zero)).unwrap().exact(), Some(read(value)), "{function}");
    }
    assert_eq!(Ball::from_integer(1).ln().unwrap().exact(), Some(Rational::zero()));
    assert_eq!(Ball::from_integer(1).acos().unwrap().exact(), Some(Rational::zero()));
    assert_eq!(zero.pow(&third).unwrap().exact(), Some(Rational::zero()));
    assert_eq!((third.floor_f64(), third.ceil_f64()), (1.0 / 3.0, (1.0f64 / 3.0).next_up()));
    // √2 twice: equal numbers whose balls overlap, which proves nothing.
    assert_eq!(two.sqrt().unwrap().compare(&two.sqrt().unwrap()), None);
    assert!(two.sqrt().unwrap().powi(2).unwrap().contains(&read("2")));
}

#[test]
fn undefined_and_enormous_values_are_none_and_quick() {
    let start = Instant::now();
    for (function, argument) in [
        ("ln", "0"),
        ("ln", "-1"),
        ("sqrt", "-1e-30"),
        ("asin", "1.0000000000000000000001"),
        ("acos", "-2"),
        ("exp", "1e6"),
        ("exp", "1e5"),
        ("exp", "1e300"),
        ("sinh", "-1e6"),
        ("cosh", "1e300"),
        ("exp", "1e9999"),
    ] {
        assert!(evaluate(function, &[ball(argument)]).is_none(), "{function} {argument}");
    }
    let least = power_of_two(-(MAX_EXPONENT as i32));
    for (function, argument) in
        [("exp", "-1e6"), ("exp", "-1e300"), ("sigmoid", "-1e6"), ("sigmoid", "-1e300"), ("exp", "-46000")]
    {
        let tiny = evaluate(function, &[ball(argument)]).unwrap();
        assert_eq!((tiny.lower(), tiny.upper()), (Rational::zero(), least.clone()), "{function} {argument}");
    }
    for (function, argument) in [("tanh", "1e300"), ("sigmoid", "1e300"), ("tanh", "50000"), ("sigmoid", "1e9999")] {
        let near = evaluate(function, &[ball(argument)]).unwrap();
        assert!(
            near.upper() == Rational::one() && near.lower() > Rational::one() - power_of_two(-180),
            "{function} {argument}"
        );
    }
    let wild_sine = ball("1e9999").sin().unwrap();
    assert_eq!((wild_sine.lower(), wild_sine.upper()), (-Rational::one(), Rational::one()));
    for function in ["sin", "atan", "sinh", "tanh", "asin"] {
        // f(x) ≈ x to all bits
        let tiny = evaluate(function, &[ball("1e-9999")]).unwrap();
        assert!(relative_width(&tiny) < power_of_two(-180), "{function}");
        assert!((tiny.lower() / read("1e-9999") - Rational::one()).abs() < power_of_two(-180), "{function}");
    }
    let zero = Ball::from_integer(0);
    assert!(zero.atan2(&zero).is_none() && zero.powi(-1).is_none() && zero.pow(&ball("-1/2")).is_none());
    assert!(Ball::from_integer(1).div(&zero).is_none());
    assert!(ball("-8").pow(&ball("1/3")).is_none());
    assert_eq!(zero.powi(0).unwrap().exact(), Some(Rational::one()));
    // Growth is bounded, in length and in magnitude.
    let mut x = ball("1/3").add(&Ball::from_f64(1.1).unwrap()).unwrap();
    let (mut squarings, mut y) = (0, Ball::from_f64(0.9).unwrap());
    while let Some(square) = x.mul(&x) {
        (x, squarings) = (square, squarings + 1);
        y = y.mul(&y).unwrap();
    }
    assert!((10..40).contains(&squarings), "{squarings}");
    for _ in 0..40 {
        y = y.mul(&y).unwrap();
    }
    assert!(y.lower().is_zero() && y.upper() <= least);
    assert!(ball("1.0000001").powi(i32::MAX).is_some() && ball("2").powi(i32::MAX).is_none());
    assert!(relative_width(&ball("1.00000001").powi(i32::MAX).unwrap()) < power_of_two(-180));
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
