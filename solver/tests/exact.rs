//! Exact numbers against independent oracles: rounding against a search among neighbouring doubles, constants and
//! dyadics against rationals.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::time::{Duration, Instant};

use deltasat::exact::rational::{
    self, MAX_DIGITS, ParseNumberError, ceil_f64, floor_f64, nearest_f64, parse, to_decimal,
};
use deltasat::exact::{Constant, Dyadic, Rational};
use num_bigint::BigInt;
use num_traits::{One, Pow, Signed, Zero};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

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
