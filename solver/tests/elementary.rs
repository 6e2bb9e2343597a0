//! The elementary functions on intervals: reference values (mpmath, see `data/elementary.py`), set semantics at the edges of
//! domains and ranges, inclusion, and neighbouring arguments across the borders of argument reductions and tables.

use std::f64::consts;

use deltasat::interval::{self, Interval};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const INF: f64 = f64::INFINITY;
const LEAST: f64 = 5e-324;

type Function = fn(Interval) -> Interval;

const FUNCTIONS: [(&str, Function); 15] = [
    ("exp", interval::exp),
    ("exp_m1", interval::exp_m1),
    ("sigmoid", interval::sigmoid),
    ("ln", interval::ln),
    ("sqrt", interval::sqrt),
    ("sqr", interval::sqr),
    ("sin", interval::sin),
    ("cos", interval::cos),
    ("tan", interval::tan),
    ("asin", interval::asin),
    ("acos", interval::acos),
    ("atan", interval::atan),
    ("sinh", interval::sinh),
    ("cosh", interval::cosh),
    ("tanh", interval::tanh),
];

fn iv(a: f64, b: f64) -> Interval {
    Interval::try_from((a, b)).unwrap()
}

fn point(x: f64) -> Interval {
    iv(x, x)
}

fn function(name: &str) -> Function {
    FUNCTIONS.iter().find(|f| f.0 == name).unwrap().1
}

/// Position among all doubles: neighbours differ by 1.
fn ordinal(x: f64) -> i64 {
    let bits = x.to_bits().cast_signed();
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

/// Ulps from `a` up to `b`.
fn ulps(a: f64, b: f64) -> i64 {
    ordinal(b).saturating_sub(ordinal(a))
}

/// `outer` holds `inner`, up to `slack` ulps at either end.
fn holds(outer: Interval, inner: Interval, slack: i64) -> bool {
    inner.is_empty()
        || (!outer.is_empty() && ulps(outer.inf(), inner.inf()) >= -slack && ulps(inner.sup(), outer.sup()) >= -slack)
}

#[test]
fn reference_values_are_enclosed_within_an_ulp() {
    let table = include_str!("data/elementary.txt");
    let mut count = 0;
    for line in table.lines() {
        let mut fields = line.split(' ');
        let name = fields.next().unwrap();
        let numbers: Vec<f64> = fields.map(|f| f64::from_bits(u64::from_str_radix(f, 16).unwrap())).collect();
        let (args, value) = numbers.split_at(numbers.len() - 2);
        let ours = match name {
            "pow" => interval::pow(point(args[0]), point(args[1])),
            "atan2" => interval::atan2(point(args[0]), point(args[1])),
            _ => function(name)(point(args[0])),
        };
        let (lo, hi) = (value[0], value[1]);
        assert!(ours.inf() <= lo && ours.sup() >= hi, "{name}{args:?}: {ours:?} misses [{lo:e}, {hi:e}]");
        assert!(
            ulps(ours.inf(), lo) <= 1 && ulps(hi, ours.sup()) <= 1,
            "{name}{args:?}: {ours:?} is more than an ulp wider than [{lo:e}, {hi:e}]"
        );
        count += 1;
    }
    assert!(count > 700, "the table has only {count} lines");
}

#[test]
fn empty_gives_empty() {
    for (name, f) in FUNCTIONS {
        assert!(f(Interval::EMPTY).is_empty(), "{name}");
    }
    let x = iv(1.0, 2.0);
    for n in [-3, -2, -1, 0, 1, 2, 3, 2000] {
        assert!(interval::powi(Interval::EMPTY, n).is_empty());
    }
    for f in [interval::pow, interval::atan2] {
        assert!(f(Interval::EMPTY, x).is_empty() && f(x, Interval::EMPTY).is_empty());
    }
}

#[test]
fn the_whole_line_gives_the_range() {
    let pi = interval::PI.sup();
    let half = interval::FRAC_PI_2.sup();
    let ranges = [
        ("exp", iv(0.0, INF)),
        ("exp_m1", iv(-1.0, INF)),
        ("sigmoid", iv(0.0, 1.0)),
        ("ln", Interval::ENTIRE),
        ("sqrt", iv(0.0, INF)),
        ("sqr", iv(0.0, INF)),
        ("sin", iv(-1.0, 1.0)),
        ("cos", iv(-1.0, 1.0)),
        ("tan", Interval::ENTIRE),
        ("asin", iv(-half, half)),
        ("acos", iv(0.0, pi)),
        ("atan", iv(-half, half)),
        ("sinh", Interval::ENTIRE),
        ("cosh", iv(1.0, INF)),
        ("tanh", iv(-1.0, 1.0)),
    ];
    for (name, range) in ranges {
        assert_eq!(function(name)(Interval::ENTIRE), range, "{name}");
    }
}

#[test]
fn exact_values_stay_points() {
    for (name, x, y) in [
        ("exp", 0.0, 1.0),
        ("exp_m1", 0.0, 0.0),
        ("sigmoid", 0.0, 0.5),
        ("ln", 1.0, 0.0),
        ("sqrt", 9.0, 3.0),
        ("sqr", -3.0, 9.0),
        ("sin", 0.0, 0.0),
        ("cos", 0.0, 1.0),
        ("tan", 0.0, 0.0),
        ("asin", 0.0, 0.0),
        ("acos", 1.0, 0.0),
        ("atan", 0.0, 0.0),
        ("sinh", 0.0, 0.0),
        ("cosh", 0.0, 1.0),
        ("tanh", 0.0, 0.0),
    ] {
        for x in [x, if x == 0.0 { -0.0 } else { x }] {
            assert_eq!(function(name)(point(x)), point(y), "{name}({x})");
        }
    }
    assert_eq!(interval::powi(point(3.0), 4), point(81.0));
    assert_eq!(interval::powi(point(-2.0), -3), point(-0.125));
    assert_eq!(interval::powi(point(2.0), -1074), point(LEAST));
    assert_eq!(interval::pow(point(2.0), point(10.0)), point(1024.0));
    assert_eq!(interval::pow(point(2.25), point(0.5)), point(1.5));
    assert_eq!(interval::pow(point(1.0), iv(-5.5, INF)), point(1.0));
}

#[test]
fn unbounded_and_overflowing_ends() {
    assert_eq!(interval::exp(iv(-INF, 0.0)), iv(0.0, 1.0));
    assert_eq!(interval::exp(iv(710.0, INF)), iv(f64::MAX, INF));
    assert_eq!(interval::exp(point(1e308)), iv(f64::MAX, INF));
    assert_eq!(interval::exp(point(-1e308)), iv(0.0, LEAST));
    assert_eq!(interval::exp(iv(-INF, -800.0)), iv(0.0, LEAST));
    assert_eq!(interval::exp_m1(iv(-INF, -100.0)), iv(-1.0, (-1.0f64).next_up()));
    assert_eq!(interval::exp_m1(iv(0.0, INF)), iv(0.0, INF));
    assert_eq!(interval::sigmoid(iv(800.0, INF)), iv(1.0f64.next_down(), 1.0));
    assert_eq!(interval::sigmoid(iv(-INF, -800.0)), iv(0.0, LEAST));
    assert_eq!(interval::sigmoid(iv(0.0, INF)), iv(0.5, 1.0));
    assert_eq!(interval::tanh(iv(50.0, INF)), iv(1.0f64.next_down(), 1.0));
    assert_eq!(interval::tanh(iv(-INF, 0.0)), iv(-1.0, 0.0));
    assert_eq!(interval::sinh(point(-1000.0)), iv(-INF, -f64::MAX));
    assert_eq!(interval::cosh(iv(-1000.0, 0.5)), iv(1.0, INF));
    assert_eq!(interval::cosh(iv(-INF, -1000.0)), iv(f64::MAX, INF));
    assert_eq!(interval::ln(iv(0.0, INF)), Interval::ENTIRE);
    assert_eq!(interval::ln(iv(1.0, INF)), iv(0.0, INF));
    assert_eq!(interval::atan(iv(0.0, INF)), iv(0.0, interval::FRAC_PI_2.sup()));
    assert_eq!(interval::sin(iv(0.0, INF)), iv(-1.0, 1.0));
    assert_eq!(interval::tan(iv(-INF, 0.0)), Interval::ENTIRE);
    assert_eq!(interval::powi(point(1e300), 1001), iv(f64::MAX, INF));
    assert_eq!(interval::powi(point(-1e300), 3), iv(-INF, -f64::MAX));
    assert_eq!(interval::powi(point(1e300), -7), iv(0.0, LEAST));
    assert_eq!(interval::powi(point(1e-300), i32::MIN), iv(f64::MAX, INF));
}

#[test]
fn domains_are_cut() {
    assert_eq!(interval::ln(iv(-1.0, 2.0)), iv(-INF, interval::ln(point(2.0)).sup()));
    assert!(interval::ln(iv(-2.0, -1.0)).is_empty());
    assert!(interval::ln(iv(-2.0, 0.0)).is_empty());
    assert!(interval::ln(point(-0.0)).is_empty());
    assert_eq!(interval::ln(iv(LEAST, 1.0)).sup(), 0.0);
    assert_eq!(interval::sqrt(iv(-4.0, 4.0)), iv(0.0, 2.0));
    assert!(interval::sqrt(iv(-4.0, -1.0)).is_empty());
    assert_eq!(interval::asin(iv(0.5, 3.0)), iv(interval::asin(point(0.5)).inf(), interval::FRAC_PI_2.sup()));
    assert_eq!(interval::asin(iv(1.0, 3.0)), interval::FRAC_PI_2);
    assert_eq!(interval::acos(iv(-INF, -1.0)), interval::PI);
    assert_eq!(interval::acos(iv(0.0, 3.0)), iv(0.0, interval::FRAC_PI_2.sup()));
    for f in [interval::asin, interval::acos] {
        assert!(f(iv(1.0f64.next_up(), 3.0)).is_empty() && f(iv(-INF, (-1.0f64).next_down())).is_empty());
    }
}

#[test]
fn waves_find_their_extrema_and_poles() {
    let half = consts::FRAC_PI_2;
    assert_eq!(interval::sin(iv(1.0, 2.0)).sup(), 1.0);
    assert_eq!(interval::sin(iv(-2.0, -1.0)).inf(), -1.0);
    assert_eq!(interval::sin(iv(1.0, 5.0)), iv(-1.0, 1.0));
    assert_eq!(interval::cos(iv(-0.5, 0.25)).sup(), 1.0);
    assert_eq!(interval::cos(iv(3.0, 4.0)).inf(), -1.0);
    assert_eq!(interval::cos(iv(-0.1, 6.1)), iv(-1.0, 1.0));
    // The double next below π/2 and its neighbour above lie on both sides of the extremum, the pole.
    assert_eq!(interval::sin(iv(half, half.next_up())).sup(), 1.0);
    assert_eq!(interval::tan(iv(half, half.next_up())), Interval::ENTIRE);
    let before = interval::tan(point(half));
    assert!(before.inf() > 1.6e16 && before.sup() < 1.7e16);
    let after = interval::tan(point(half.next_up()));
    assert!(after.inf() > -6.22e15 && after.sup() < -6.21e15);
    // One branch of tan, nearly whole: the width is just below π. And the same plus one ulp.
    let branch = interval::tan(iv(-half, half));
    assert_eq!(branch, iv(-before.sup(), before.sup()));
    assert_eq!(interval::tan(iv(-half.next_up(), half)), Interval::ENTIRE);
    assert_eq!(interval::tan(iv(2.0, 2.0 + consts::PI).intersection(iv(2.0, 5.2))), Interval::ENTIRE);
    // A full turn and more.
    assert_eq!(interval::sin(iv(0.0, 6.3)), iv(-1.0, 1.0));
    assert_eq!(interval::sin(iv(10.0, 17.0)), iv(-1.0, 1.0));
    // Half a turn without the peak: from −π/2 to π/2.
    assert!(interval::sin(iv(-half, half)).sup() <= 1.0);
    assert_eq!(interval::cos(iv(0.0, consts::PI)).sup(), 1.0);
    // Huge arguments: neighbours are further apart than a turn, or than half a turn.
    assert_eq!(interval::sin(iv(1e300, 1e300f64.next_up())), iv(-1.0, 1.0));
    let x = 1.125e16;
    let two_apart = interval::sin(iv(x, x + 2.0));
    assert!(holds(two_apart, interval::sin(point(x)), 0) && holds(two_apart, interval::sin(point(x + 2.0)), 0));
}

#[test]
fn integer_powers() {
    assert_eq!(interval::powi(iv(-2.0, 3.0), 0), point(1.0));
    assert_eq!(interval::powi(iv(-2.0, 3.0), 2), iv(0.0, 9.0));
    assert_eq!(interval::powi(iv(-2.0, 3.0), 3), iv(-8.0, 27.0));
    assert_eq!(interval::powi(iv(-3.0, -2.0), 4), iv(16.0, 81.0));
    assert_eq!(interval::powi(iv(-2.0, 4.0), -1), Interval::ENTIRE);
    assert_eq!(interval::powi(iv(0.0, 4.0), -1), iv(0.25, INF));
    assert_eq!(interval::powi(iv(-4.0, 0.0), -3), iv(-INF, -1.0 / 64.0));
    assert_eq!(interval::powi(iv(-2.0, 4.0), -2), iv(1.0 / 16.0, INF));
    assert!(interval::powi(point(0.0), -1).is_empty() && interval::powi(point(0.0), -2).is_empty());
    assert_eq!(interval::powi(point(0.0), 5), point(0.0));
    assert_eq!(interval::powi(iv(-INF, 2.0), 5), iv(-INF, 32.0));
    assert_eq!(interval::powi(iv(2.0, INF), -4), iv(0.0, 1.0 / 16.0));
}

#[test]
fn real_powers() {
    use interval::pow;
    assert_eq!(pow(iv(0.0, 4.0), iv(0.5, 0.5)), iv(0.0, 2.0));
    assert_eq!(pow(iv(0.0, 4.0), iv(0.25, 1.5)).inf(), 0.0);
    assert_eq!(pow(point(0.0), iv(0.5, 0.75)), point(0.0));
    assert!(pow(point(0.0), iv(-0.75, -0.5)).is_empty());
    assert_eq!(pow(iv(0.0, 1.0), iv(-0.75, -0.5)), iv(1.0, INF));
    assert_eq!(pow(iv(0.0, 0.5), iv(-0.5, 0.25)), iv(0.0, INF));
    assert_eq!(pow(iv(1.0, INF), iv(0.3, INF)), iv(1.0, INF));
    assert_eq!(
        pow(iv(2.0, INF), iv(-INF, -1.0)),
        iv(0.0, 0.5f64.next_up()).intersection(pow(iv(2.0, INF), iv(-INF, -1.0)))
    );
    // Negative bases: nothing unless the exponent holds an integer.
    assert!(pow(iv(-4.0, -1.0), iv(0.2, 0.7)).is_empty());
    assert_eq!(pow(iv(-2.0, -1.0), point(3.0)), iv(-8.0, -1.0));
    assert_eq!(pow(iv(-2.0, 3.0), point(2.0)), iv(0.0, 9.0));
    let wide = pow(point(-2.0), iv(0.5, 3.5));
    for n in 1..=3 {
        assert!(holds(wide, interval::powi(point(-2.0), n), 0), "{wide:?} misses (−2)^{n}");
    }
    assert!(holds(pow(iv(-1.0, 0.0), iv(-0.5, 0.5)), iv(0.0, 1.0), 0));
    // A shrinking exponent never gains values.
    assert!(holds(pow(point(-1.0), iv(1.5, 2.5)), pow(point(-1.0), point(2.0)), 0));
    // A huge exponent amplifies the logarithm: (1 + 2⁻⁵²)^(2⁵²) is e less about e/2⁵³.
    let e = pow(point(1.0f64.next_up()), point(f64::powi(2.0, 52)));
    assert!(e.inf() < consts::E && ulps(e.inf(), e.sup()) <= 2 && e.sup() > consts::E - 1e-15);
}

#[test]
fn angles_of_points() {
    use interval::atan2;
    let (pi, half) = (interval::PI, interval::FRAC_PI_2);
    assert!(atan2(point(0.0), point(0.0)).is_empty());
    assert_eq!(atan2(point(0.0), iv(-2.0, -1.0)), pi);
    assert_eq!(atan2(point(0.0), iv(-2.0, 0.0)), pi);
    assert_eq!(atan2(point(0.0), iv(0.0, 2.0)), point(0.0));
    assert_eq!(atan2(iv(0.0, 1.0), point(0.0)), half);
    assert_eq!(atan2(iv(-1.0, 0.0), point(0.0)), -half);
    assert_eq!(atan2(iv(-1.0, 1.0), iv(-2.0, -1.0)), iv(-pi.sup(), pi.sup()));
    assert_eq!(atan2(iv(-1.0, 0.0), iv(-2.0, -1.0)), iv(-pi.sup(), pi.sup()));
    assert_eq!(atan2(iv(-1.0, 1.0), iv(0.0, 2.0)), iv(-half.sup(), half.sup()));
    assert_eq!(atan2(Interval::ENTIRE, Interval::ENTIRE), iv(-pi.sup(), pi.sup()));
    assert_eq!(atan2(iv(1.0, INF), iv(1.0, INF)), iv(0.0, half.sup()));
    assert_eq!(atan2(iv(1.0, 2.0), iv(-INF, INF)), iv(0.0, pi.sup()));
    assert_eq!(atan2(point(LEAST), point(1.0)), iv(0.0, 2.0 * LEAST));
}

/// An interval of random place and size.
fn random_interval(rng: &mut SmallRng) -> Interval {
    let mut any = || match rng.random_range(0..4) {
        0 => rng.random_range(-750.0..750.0),
        1 => rng.random_range(-1.5..1.5),
        _ => rng.random_range(-2.0..2.0) * f64::powi(2.0, rng.random_range(-60..20)),
    };
    let (a, b) = (any(), any());
    if rng.random_range(0..3) == 0 { iv(a, a + rng.random_range(0.0..8.0)) } else { iv(a.min(b), a.max(b)) }
}

fn random_part(rng: &mut SmallRng, x: Interval) -> Interval {
    let mut any = || {
        let t = rng.random_range(0.0..1.0);
        (x.inf() + t * (x.sup() - x.inf())).clamp(x.inf(), x.sup())
    };
    let (a, b) = (any(), any());
    iv(a.min(b), a.max(b))
}

/// f(inner) ⊆ f(outer), up to the ulp by which two routines may differ about the same nearly exact value.
#[test]
fn inclusion() {
    let mut rng = SmallRng::seed_from_u64(11);
    for _ in 0..40_000 {
        let outer = random_interval(&mut rng);
        let inner = random_part(&mut rng, outer);
        for (name, f) in FUNCTIONS {
            assert!(holds(f(outer), f(inner), 1), "{name}: {inner:?} in {outer:?}");
        }
        let n = rng.random_range(-9..=9);
        assert!(holds(interval::powi(outer, n), interval::powi(inner, n), 1), "{inner:?} in {outer:?}, power {n}");
        let y = random_interval(&mut rng);
        let part = random_part(&mut rng, y);
        for f in [interval::pow, interval::atan2] {
            assert!(holds(f(outer, y), f(inner, part), 1), "{inner:?} in {outer:?}, {part:?} in {y:?}");
        }
        // A point exponent, an integer in half of the cases.
        let c = part.inf();
        let c = if rng.random() { c.round().clamp(y.inf(), y.sup()) } else { c };
        assert!(
            holds(interval::pow(outer, y), interval::pow(inner, point(c)), 1),
            "{inner:?} to {c} in {outer:?} to {y:?}"
        );
    }
}

/// Consecutive doubles around every place where a reduction or a table changes over: for a monotone function bounds may
/// step back by no more than an ulp and never cross, points are at most two ulps wide, and the interval between two
/// neighbours holds both.
#[test]
fn neighbours_across_borders_agree() {
    let steps = [consts::LN_2 / 256.0, consts::LN_2 / 512.0, consts::PI / 128.0, consts::FRAC_PI_2, 1.0 / 256.0];
    let mut places: Vec<f64> =
        vec![0.03125, 1.0, 23.0, 46.0, 131_072.0, f64::powi(2.0, -27), f64::powi(2.0, -53), f64::powi(2.0, -54)];
    for step in steps {
        places.extend((1..=260).chain([1000, 5000, 20_000, 60_000]).map(|n| f64::from(n) * step));
    }
    // Where segments of the logarithm's table begin.
    places.extend((0..256u64).map(|j| f64::from_bits(0x3fe6_a000_0000_0000 + (j << 44))));
    let falling = |name: &str| name == "acos";
    let wavy = |name: &str| matches!(name, "sin" | "cos" | "tan");
    for (name, f) in FUNCTIONS {
        for &place in &places {
            for start in [place, -place] {
                let mut x = f64::from_bits(start.to_bits() - 12);
                let mut at = f(point(x));
                for _ in 0..24 {
                    let next = x.next_up();
                    let at_next = f(point(next));
                    if at.is_empty() || at_next.is_empty() {
                        break;
                    }
                    let between = f(iv(x, next));
                    assert!(holds(between, at, 0) && holds(between, at_next, 0), "{name} between {x:e} and {next:e}");
                    assert!(at.sup() == INF || ulps(at.inf(), at.sup()) <= 2, "{name}({x:e}) = {at:?}");
                    let range = f(Interval::ENTIRE);
                    assert!(holds(range, at, 0), "{name}({x:e}) = {at:?} leaves the range {range:?}");
                    let even_left = x < 0.0 && matches!(name, "cosh" | "sqr");
                    if !wavy(name) {
                        let (low, high) = if falling(name) || even_left { (at_next, at) } else { (at, at_next) };
                        assert!(low.inf() <= high.sup(), "{name} crosses at {x:e}");
                        assert!(
                            ulps(low.inf(), high.inf()) >= -1 && ulps(low.sup(), high.sup()) >= -1,
                            "{name} steps back at {x:e}"
                        );
                    }
                    (x, at) = (next, at_next);
                }
            }
        }
    }
}

#[test]
fn constants_lie_between_neighbours() {
    for (c, approx) in
        [(interval::PI, consts::PI), (interval::TAU, consts::TAU), (interval::FRAC_PI_2, consts::FRAC_PI_2)]
    {
        assert_eq!(c.inf(), approx);
        assert_eq!(c.sup(), approx.next_up());
        assert_eq!(c.sup().next_down(), approx);
    }
}
