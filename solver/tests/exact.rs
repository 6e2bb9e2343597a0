//! Exact numbers against independent oracles: rounding against a search among neighbouring doubles, constants and
//! dyadics against rationals, certified functions against a table of mpmath's and against identities.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use deltasat::exact::ball::{Ball, MAX_EXPONENT};
use deltasat::exact::rational::{
    self, MAX_DIGITS, ParseNumberError, ceil_f64, floor_f64, nearest_f64, parse, to_decimal,
};
use deltasat::exact::{Constant, Dyadic, Rational};
use num_bigint::BigInt;
use num_traits::{One, Pow, Signed, Zero};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

#[path = "exact/table.rs"]
mod table;

fn exact(x: f64) -> Rational {
    rational::from_f64(x).unwrap()
}

fn read(text: &str) -> Rational {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A double that is often subnormal, huge, tiny, round, or a neighbour of a power of two.
fn wild(rng: &mut SmallRng) -> f64 {
    let x = match rng.random_range(0..7) {
        0 => f64::from_bits(rng.random()),
        1 => f64::from_bits(rng.random_range(0..1 << 53)),
        2 => f64::from(rng.random_range(-9i32..10)),
        3 => rng.random_range(-1.0..1.0),
        4 => rng.random_range(-1.0..1.0) * 10f64.powi(rng.random_range(-300..300)),
        5 => 2f64.powi(rng.random_range(-1074..1024)),
        _ => f64::from_bits(
            2f64.powi(rng.random_range(-1070..1023)).to_bits().wrapping_add_signed(rng.random_range(-3..4)),
        ),
    };
    if x.is_finite() { x } else { 1.0 }
}

fn power_of_two(e: i32) -> Rational {
    Rational::from_integer(2.into()).pow(e)
}

#[test]
fn parse_reads_exact_values() {
    let fraction = |n: i64, d: i64| Rational::new(n.into(), d.into());
    for (text, value) in [
        ("-1.5e-3", fraction(-3, 2000)),
        (".5", fraction(1, 2)),
        ("2.", fraction(2, 1)),
        ("+3", fraction(3, 1)),
        ("1/3", fraction(1, 3)),
        ("-2/6", fraction(-1, 3)),
        ("0.1/0.3", fraction(1, 3)),
        ("0x1.8p-3", fraction(3, 16)),
        ("-0X.8P+4", fraction(-8, 1)),
        ("0xff", fraction(255, 1)),
        ("  007.250  ", fraction(29, 4)),
        ("625e-4", fraction(1, 16)),
        ("12500000e-5", fraction(125, 1)),
        ("0e99999999999999999999", fraction(0, 1)),
        ("-0.0", fraction(0, 1)),
        ("3E2", fraction(300, 1)),
        ("1e0000000000000000000000001", fraction(10, 1)),
    ] {
        let parsed = read(text);
        assert_eq!(parsed, value, "{text}");
        // In lowest terms, or equality and hashing would go wrong.
        assert_eq!((parsed.numer(), parsed.denom()), (value.numer(), value.denom()), "{text}");
    }
    assert_eq!(read("1e400"), Rational::from_integer(BigInt::from(10).pow(400u32)));
    assert_eq!(parse(""), Err(ParseNumberError::Empty));
    assert_eq!(parse("1/0"), Err(ParseNumberError::ZeroDenominator));
    for text in ["1e10001", "1e-10001", "1e999999999999999999999", "-1e-999999999", "0x1p40000", "0x1p-99999999999"] {
        assert_eq!(parse(text), Err(ParseNumberError::TooLong), "{text}");
    }
    assert_eq!(parse(&"7".repeat(MAX_DIGITS + 1)), Err(ParseNumberError::TooLong));
    assert_eq!(parse(&"7".repeat(1_000_000)), Err(ParseNumberError::TooLong));
    for text in ["-", "+", ".", "e5", "1e", "1e+", "0x", "0x.", "0x1p", "1/", "/2", "1//2", "1/-2", "--1", "1 2", "1_0"]
    {
        assert!(matches!(parse(text), Err(ParseNumberError::Syntax { .. })), "{text}");
    }
    for text in ["nan", "inf", "٣", "1,5", "1.2.3", "0b1", "1e5.5", "é", "1é"] {
        assert!(matches!(parse(text), Err(ParseNumberError::Syntax { .. })), "{text}");
    }
}

#[test]
fn parse_agrees_with_a_general_reduction() {
    let mut rng = SmallRng::seed_from_u64(1);
    for _ in 0..2000 {
        let digits: String =
            (0..rng.random_range(1..40)).map(|_| char::from(b"0123456789055522"[rng.random_range(0..16)])).collect();
        let exponent = rng.random_range(-60i32..60);
        let value = Rational::from_integer(digits.parse().unwrap()) * Rational::from_integer(10.into()).pow(exponent);
        let parsed = read(&format!("{digits}e{exponent}"));
        assert_eq!((parsed.numer(), parsed.denom()), (value.numer(), value.denom()));
        assert_eq!(read(&to_decimal(&parsed).unwrap()), parsed);
    }
}

#[test]
fn parse_never_panics_or_hangs() {
    let mut rng = SmallRng::seed_from_u64(2);
    let alphabet: Vec<char> = "0123456789..eE+-/xXpP aé∞\u{0}".chars().collect();
    let start = Instant::now();
    for _ in 0..50_000 {
        let text: String =
            (0..rng.random_range(0..14)).map(|_| alphabet[rng.random_range(0..alphabet.len())]).collect();
        if let Ok(value) = parse(&text) {
            assert!(value.denom().is_positive());
        }
    }
    for text in ["9e9999", "1e-9999", "7e-9999/3e-9999", "1e9999/7e9998", "0x1p29990"] {
        let value = read(text);
        assert!(floor_f64(&value) <= ceil_f64(&value));
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn decimals_terminate_or_do_not() {
    for (text, decimal) in
        [("1/8", "0.125"), ("-5/2", "-2.5"), ("1e3", "1000"), ("0", "0"), ("1/1000", "0.001"), ("-1/80", "-0.0125")]
    {
        assert_eq!(to_decimal(&read(text)).as_deref(), Some(decimal));
    }
    assert_eq!(to_decimal(&read("1/3")), None);
    assert_eq!(to_decimal(&read("7/30")), None);
    assert_eq!(to_decimal(&exact(0.1)).unwrap(), "0.1000000000000000055511151231257827021181583404541015625");
}

/// Checks all three roundings against their definitions, by comparing with neighbouring doubles exactly.
fn check_rounding(r: &Rational) {
    let (low, high, nearest) = (floor_f64(r), ceil_f64(r), nearest_f64(r));
    let below = |x: f64| x == f64::NEG_INFINITY || (x.is_finite() && exact(x) <= *r);
    let above = |x: f64| x == f64::INFINITY || (x.is_finite() && exact(x) >= *r);
    assert!(below(low) && above(high), "{low:e} {high:e}");
    assert!(low == high || low.next_up() == high, "{low:e} {high:e}");
    assert_eq!(low == high, low.is_finite() && exact(low) == *r);
    for x in [low, high, nearest] {
        assert!(x != 0.0 || x.is_sign_positive());
    }
    // Nearest: beyond the largest double the next step would be 2^1024.
    let value = |x: f64| {
        if x.is_finite() { exact(x) } else { power_of_two(1024) * Rational::from_integer((x.signum() as i64).into()) }
    };
    let (to_low, to_high) = (r - value(low), value(high) - r);
    let expected = match to_low.cmp(&to_high) {
        Ordering::Less => low,
        Ordering::Greater => high,
        Ordering::Equal if low.to_bits() & 1 == 0 => low,
        Ordering::Equal => high,
    };
    let far = r.abs() > power_of_two(1024);
    assert_eq!(nearest, if far { f64::INFINITY.copysign(low) } else { expected });
}

#[test]
fn rounding_is_correct_at_every_border() {
    let mut rng = SmallRng::seed_from_u64(3);
    let one = Rational::one();
    for i in 0..6000 {
        let x = exact(wild(&mut rng));
        let next = exact(wild(&mut rng).abs().max(f64::from_bits(1)));
        let step = exact(f64::from_bits(1))
            * Rational::new(rng.random_range(-9i64..10).into(), rng.random_range(1i64..10).into());
        let r = match i % 6 {
            0 => x,
            1 => x + step,
            2 => x / next,
            3 => x * next,
            // The middle between two doubles, and a hair beside it.
            4 => {
                let y = f64::from_bits(rng.random_range(0..f64::MAX.to_bits()));
                let hair = &step * power_of_two(-200) * Rational::from_integer(rng.random_range(-1i64..2).into());
                (exact(y) + exact(y.next_up())) / Rational::from_integer(2.into()) + hair
            }
            _ => x * power_of_two(rng.random_range(-3000..3000)) + &one / Rational::from_integer(3.into()),
        };
        check_rounding(&r);
        check_rounding(&-&r);
        if let Some(dyadic) = Dyadic::from_rational(&r) {
            assert_eq!(
                (dyadic.floor_f64(), dyadic.ceil_f64(), dyadic.nearest_f64()),
                (floor_f64(&r), ceil_f64(&r), nearest_f64(&r))
            );
        }
    }
    let half_least = exact(f64::from_bits(1)) / Rational::from_integer(2.into());
    let overflow = exact(f64::MAX) + power_of_two(970);
    for border in [half_least, overflow, exact(f64::MIN_POSITIVE), power_of_two(1024), exact(f64::MAX)] {
        for nudge in
            [Rational::zero(), power_of_two(-5000), -power_of_two(-5000), power_of_two(900), -power_of_two(900)]
        {
            check_rounding(&(&border + nudge));
        }
    }
    assert_eq!(nearest_f64(&read("1e9999")), f64::INFINITY);
    assert_eq!(floor_f64(&read("-1e9999")), f64::NEG_INFINITY);
    assert_eq!(rational::from_f64(f64::NAN), None);
    assert_eq!(rational::from_f64(f64::INFINITY), None);
}

#[test]
fn constants_compute_like_rationals_in_canonical_form() {
    assert_eq!(size_of::<Constant>(), 16);
    let mut rng = SmallRng::seed_from_u64(4);
    let random = |rng: &mut SmallRng| match rng.random_range(0..3) {
        0 => Constant::from_rational(Rational::new(
            rng.random_range(-50i64..50).into(),
            rng.random_range(1i64..50).into(),
        )),
        _ => Constant::from_f64(wild(rng)).unwrap(),
    };
    for _ in 0..5000 {
        let (a, b) = (random(&mut rng), random(&mut rng));
        let (p, q) = (a.to_rational(), b.to_rational());
        let mut results =
            vec![(&a + &b, &p + &q), (&a - &b, &p - &q), (&a * &b, &p * &q), (-&a, -&p), (a.abs(), p.abs())];
        match a.checked_div(&b) {
            Some(quotient) => results.push((quotient, &p / &q)),
            None => assert!(q.is_zero()),
        }
        assert_eq!(a.cmp(&b), p.cmp(&q));
        assert_eq!(a == b, p == q);
        for (result, expected) in results {
            assert_eq!(result.to_rational(), expected);
            // Canonical: equal to what any other road gives, also as a key.
            let again = Constant::from_rational(expected.clone());
            assert_eq!(result, again);
            assert!(HashSet::from([result.clone()]).contains(&again));
            let float = nearest_f64(&expected);
            assert_eq!(result.as_f64_exact(), (float.is_finite() && exact(float) == expected).then_some(float));
            assert_eq!(
                (result.floor(), result.nearest(), result.ceil()),
                (floor_f64(&expected), float, ceil_f64(&expected))
            );
            assert_eq!(result.signum() == 0, result.is_zero());
            assert_eq!(read(&result.to_string()), expected);
        }
        let n = rng.random_range(-5..6);
        match a.checked_powi(n) {
            Some(power) => assert_eq!(power.to_rational(), if n == 0 { Rational::one() } else { Pow::pow(p, n) }),
            None => assert!(p.is_zero() && n < 0),
        }
    }
    let zero = Constant::from_f64(-0.0).unwrap();
    assert!(zero.as_f64_exact().unwrap().is_sign_positive() && (-&zero).as_f64_exact().unwrap().is_sign_positive());
    assert_eq!(Constant::from((1 << 53) + 1).as_f64_exact(), None);
    assert_eq!(Constant::from(-1).checked_powi(i32::MIN), Some(Constant::ONE));
    assert_eq!(Constant::from(-1).checked_powi(i32::MAX), Some(Constant::from(-1)));
    assert_eq!(Constant::from(3).checked_powi(i32::MAX), None);
    assert_eq!(Constant::from_f64(f64::NAN), None);
    // An underflowing product must not pass for exact.
    let tiny = Constant::from_f64(1e-200).unwrap();
    assert!(!(&tiny * &tiny).is_zero());
}

#[test]
fn dyadics_compute_like_rationals() {
    let mut rng = SmallRng::seed_from_u64(5);
    let random = |rng: &mut SmallRng| {
        let x = Dyadic::from_f64(wild(rng)).unwrap();
        if rng.random_range(0..3) > 0 {
            return x;
        }
        // Long mantissas, with zeros in them and around them.
        let long = &(&x * &Dyadic::from_f64(rng.random_range(-1.0..1.0)).unwrap()) * &Dyadic::from(rng.random::<i64>());
        &long + &Dyadic::power_of_two(rng.random_range(-300..300))
    };
    for _ in 0..5000 {
        let (a, b) = (random(&mut rng), random(&mut rng));
        let (p, q) = (a.to_rational(), b.to_rational());
        for (result, expected) in [
            (&a + &b, &p + &q),
            (&a - &b, &p - &q),
            (&a * &b, &p * &q),
            (-&a, -&p),
            (a.abs(), p.abs()),
            (a.clone().scale(-70), &p * power_of_two(-70)),
            (&(&a + &b) - &b, p.clone()),
        ] {
            assert_eq!(result.to_rational(), expected);
            let again = Dyadic::from_rational(&expected).unwrap();
            assert_eq!(result, again);
            assert!(HashSet::from([again]).contains(&result));
            assert_eq!(result.signum(), i32::from(expected.is_positive()) - i32::from(expected.is_negative()));
            assert_eq!(result.floor_f64(), floor_f64(&expected));
            assert_eq!(result.ceil_f64(), ceil_f64(&expected));
            assert_eq!(result.floor(), expected.floor().to_integer());
        }
        assert_eq!(a.cmp(&b), p.cmp(&q));
        assert_eq!((&a - &a).cmp(&Dyadic::ZERO), Ordering::Equal);
        let mut sum = a.clone();
        sum.add_product(&a, &b);
        assert_eq!(sum.to_rational(), &p + &p * &q);
    }
    let extremes = [i64::MIN, i64::MAX, -1, 0, 1];
    for a in extremes {
        for b in extremes {
            let (x, y) = (Dyadic::from(a), Dyadic::from(b));
            let mut power = &x * &y;
            let mut expected = BigInt::from(a) * b;
            for _ in 0..3 {
                power = &(&power * &x) - &y;
                expected = expected * a - b;
                assert_eq!(power, Dyadic::from(expected.clone()));
            }
        }
    }
    assert_eq!(Dyadic::from_rational(&read("1/3")), None);
    assert_eq!(Dyadic::from_f64(f64::NAN), None);
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
