//! Every operator against every promise of `Operator`, at random points of random boxes of many shapes and magnitudes.
//!
//! The judges are certified arithmetic (`exact`, which shares no code with `interval`), round-to-nearest values with a
//! tolerance, and, in bulk, interval evaluation at points.

mod boxes;

use boxes::{Case, cases, point_in, random_box};
use deltasat::exact::Ball;
use deltasat::interval::{Interval, bounds, point};
use deltasat::op::{Op, Operator, Side};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::cmp::Ordering;

/// Points per operator in the tests that evaluate intervals and doubles.
const POINTS: usize = 100_000;
/// Points per operator in the tests that evaluate certified numbers.
const CERTIFIED: usize = 4_000;

fn points(x: &[f64]) -> Vec<Interval> {
    x.iter().map(|&x| point(x)).collect()
}

fn balls(x: &[f64]) -> Vec<Ball> {
    x.iter().map(|&x| Ball::from_f64(x).unwrap()).collect()
}

/// Whether the number can lie in the interval.
fn may_contain(range: Interval, value: &Ball) -> bool {
    let fits = |bound: f64, wrong: Ordering| match Ball::from_f64(bound) {
        Some(bound) => value.compare(&bound) != Some(wrong),
        None => true,
    };
    !range.is_empty() && fits(range.inf(), Ordering::Less) && fits(range.sup(), Ordering::Greater)
}

fn each_case(seed: u64, mut test: impl FnMut(&Case, &dyn Operator, &mut SmallRng)) {
    for (i, case) in cases().iter().enumerate() {
        let mut rng = SmallRng::seed_from_u64(seed + i as u64);
        test(case, case.op.operator().unwrap(), &mut rng);
    }
}

fn random_boxes(case: &Case, rng: &mut SmallRng) -> Vec<Interval> {
    let kind = rng.random_range(0..boxes::KINDS);
    (0..case.arity).map(|_| random_box(rng, kind)).collect()
}

fn random_point(rng: &mut SmallRng, x: &[Interval]) -> Vec<f64> {
    x.iter().map(|x| point_in(rng, *x)).collect()
}

#[test]
fn enclosures_hold_certified_values() {
    each_case(1, |case, operator, rng| {
        let mut judged = 0;
        for _ in 0..CERTIFIED {
            let x = random_boxes(case, rng);
            let p = random_point(rng, &x);
            let Some(value) = operator.exact(&balls(&p)) else { continue };
            judged += 1;
            let range = operator.enclose(&x);
            assert!(may_contain(range, &value), "{:?} over {x:?} is {range:?}, at {p:?} {value:?}", case.op);
            let at = operator.enclose(&points(&p));
            assert!(may_contain(at, &value), "{:?} at {p:?} is {at:?}, not {value:?}", case.op);
        }
        assert!(judged > CERTIFIED / 20, "{:?}: only {judged} judged", case.op);
    });
}

#[test]
fn enclosures_hold_values_in_doubles() {
    each_case(2, |case, operator, rng| {
        let mut judged = 0;
        for _ in 0..POINTS / 4 {
            let x = random_boxes(case, rng);
            let range = operator.enclose(&x);
            for _ in 0..4 {
                let p = random_point(rng, &x);
                let value = operator.value(&p);
                if !value.is_finite() {
                    continue;
                }
                let at = operator.enclose(&points(&p));
                assert!(
                    at.subset(range) || !at.disjoint(range),
                    "{:?}: {at:?} at {p:?}, {range:?} over {x:?}",
                    case.op
                );
                // Naive double evaluation of a sum loses what its terms lose.
                let size = p.iter().fold(value.abs(), |size, p| if p.abs() < 1e3 { size.max(p.abs()) } else { size });
                if p.iter().all(|p| p.abs() < 1e3) {
                    judged += 1;
                    let slack = 1e-12 * size + 1e-300;
                    let near = bounds(at.inf() - slack, at.sup() + slack);
                    assert!(near.contains(value), "{:?} at {p:?}: {value} against {at:?}", case.op);
                }
            }
        }
        assert!(judged > POINTS / 20, "{:?}: only {judged} judged", case.op);
    });
}

#[test]
fn inverses_lose_no_solution() {
    each_case(3, |case, operator, rng| {
        let mut judged = 0;
        for _ in 0..POINTS {
            let x = random_boxes(case, rng);
            let p = random_point(rng, &x);
            let value = operator.enclose(&points(&p));
            if value.is_empty() {
                continue;
            }
            judged += 1;
            let wider = random_box(rng, boxes::ORDINARY);
            let image = match rng.random_range(0..4) {
                0 => value,
                1 => bounds(value.inf(), f64::INFINITY),
                2 => bounds(f64::NEG_INFINITY, value.sup()),
                _ => value.convex_hull(wider),
            };
            let mut narrowed = x.clone();
            operator.invert(image, &mut narrowed);
            for i in 0..case.arity {
                assert!(
                    narrowed[i].contains(p[i]) && narrowed[i].subset(x[i]),
                    "{:?}: {x:?} narrowed to {narrowed:?} by {image:?} without {p:?}",
                    case.op
                );
            }
        }
        assert!(judged > POINTS / 40, "{:?}: only {judged} judged", case.op);
    });
}

#[test]
fn derivatives_satisfy_the_mean_value_theorem() {
    each_case(4, |case, operator, rng| {
        for _ in 0..POINTS {
            let x = random_boxes(case, rng);
            let (p, q) = (random_point(rng, &x), random_point(rng, &x));
            let image = operator.enclose(&x);
            let (from, to) = (operator.enclose(&points(&p)), operator.enclose(&points(&q)));
            if from.is_empty() || to.is_empty() {
                continue;
            }
            let mut partials = vec![Interval::EMPTY; case.arity];
            operator.derivative(&x, image, &mut partials);
            let mut change = point(0.0);
            for i in 0..case.arity {
                change += partials[i] * (point(q[i]) - point(p[i]));
            }
            assert!(
                !change.disjoint(to - from),
                "{:?} over {x:?}: from {p:?} to {q:?} by {:?}, predicted {change:?} with {partials:?}",
                case.op,
                to - from
            );
        }
    });
}

#[test]
fn linear_bounds_hold() {
    each_case(5, |case, operator, rng| {
        let mut bounded = 0;
        for round in 0..POINTS / 4 {
            let x = random_boxes(case, rng);
            let image = operator.enclose(&x);
            if image.is_empty() {
                continue;
            }
            for side in [Side::Lower, Side::Upper] {
                let mut coefficients = vec![f64::NAN; case.arity];
                let constant = operator.relax(&x, image, side, &mut coefficients);
                assert!(coefficients.iter().all(|a| a.is_finite()), "{:?} over {x:?}: {coefficients:?}", case.op);
                if constant.is_infinite() {
                    assert_eq!(constant > 0.0, side == Side::Upper);
                    continue;
                }
                bounded += 1;
                for _ in 0..4 {
                    let p = random_point(rng, &x);
                    let mut plane = point(constant);
                    for (a, x) in coefficients.iter().zip(&p) {
                        plane += point(*a) * point(*x);
                    }
                    let value = operator.enclose(&points(&p));
                    let holds = value.is_empty()
                        || match side {
                            Side::Lower => plane.inf() <= value.sup(),
                            Side::Upper => plane.sup() >= value.inf(),
                        };
                    let certified = round % 32 > 0 || certified_bound(operator, &p, &coefficients, constant, side);
                    assert!(
                        holds && certified,
                        "{:?} over {x:?}: {side:?} {coefficients:?} {constant} at {p:?} where {plane:?} bounds {value:?}",
                        case.op
                    );
                }
            }
        }
        assert!(bounded > POINTS / 40, "{:?}: only {bounded} bounds", case.op);
    });
}

/// The plane against the function, both in certified arithmetic.
fn certified_bound(operator: &dyn Operator, p: &[f64], coefficients: &[f64], constant: f64, side: Side) -> bool {
    let Some(value) = operator.exact(&balls(p)) else { return true };
    let mut plane = Ball::from_f64(constant).unwrap();
    for (a, p) in balls(coefficients).iter().zip(balls(p)) {
        let Some(sum) = a.mul(&p).and_then(|term| plane.add(&term)) else { return true };
        plane = sum;
    }
    plane.compare(&value) != Some(if side == Side::Lower { Ordering::Greater } else { Ordering::Less })
}

#[test]
fn gradients_match_differences() {
    each_case(6, |case, operator, rng| {
        // a staircase has the slope that it has at large
        if operator.is_staircase() || case.op == Op::RoundOff {
            return;
        }
        let mut judged = 0;
        for _ in 0..POINTS / 4 {
            let p: Vec<f64> = (0..case.arity).map(|_| rng.random_range(-3.0..3.0)).collect();
            let value = operator.value(&p);
            let around: Vec<Interval> = p.iter().map(|p| bounds(p - 1e-4, p + 1e-4)).collect();
            let mut derivatives = vec![Interval::ENTIRE; case.arity];
            operator.derivative(&around, operator.enclose(&around), &mut derivatives);
            // Near kinks, jumps and poles a difference says nothing.
            if !value.is_finite() || derivatives.iter().any(|g| g.is_empty() || g.wid() > 0.1) {
                continue;
            }
            judged += 1;
            let mut gradient = vec![f64::NAN; case.arity];
            operator.gradient(&p, value, &mut gradient);
            for i in 0..case.arity {
                let at = |step: f64| {
                    let mut moved = p.clone();
                    moved[i] += step;
                    operator.value(&moved)
                };
                let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                let slack = 1e-4 * (1.0 + gradient[i].abs());
                assert!(
                    (gradient[i] - difference).abs() < slack,
                    "{:?} at {p:?}: {gradient:?}, operand {i} {difference}",
                    case.op
                );
            }
        }
        assert!(judged > POINTS / 100, "{:?}: only {judged} judged", case.op);
    });
}

/// An enclosure is the range itself up to rounding, so that a dense sample must come near both its ends.
#[test]
fn enclosures_are_tight() {
    each_case(7, |case, operator, rng| {
        for _ in 0..150 {
            let x: Vec<Interval> = (0..case.arity)
                .map(|_| {
                    let middle: f64 = rng.random_range(-2.5..2.5);
                    let radius: f64 = rng.random_range(0.0..1.5);
                    bounds(middle - radius, middle + radius)
                })
                .collect();
            let range = operator.enclose(&x);
            let mut seen = Interval::EMPTY;
            // Ranges end at these where the box leaves the domain.
            for border in [-1.0, 0.0, 1.0] {
                let value = operator.value(&vec![border; case.arity]);
                if x.iter().all(|x| x.contains(border)) && value.is_finite() {
                    seen = seen.convex_hull(point(value));
                }
            }
            let steps: usize = [0, 4000, 80, 16, 8, 6, 5][case.arity];
            for index in 0..(steps + 1).pow(case.arity as u32) {
                let mut rest = index;
                let p: Vec<f64> = x
                    .iter()
                    .map(|x| {
                        let share = (rest % (steps + 1)) as f64 / steps as f64;
                        rest /= steps + 1;
                        (x.inf() + share * x.wid()).clamp(x.inf(), x.sup())
                    })
                    .collect();
                let value = operator.value(&p);
                if value.is_finite() {
                    seen = seen.convex_hull(point(value));
                }
            }
            // A sample never hits the integer exponents of negative numbers, and seldom the angles along the cut.
            let scattered = matches!(case.op, Op::RealPow | Op::Atan2) && x.iter().any(|x| x.inf() <= 0.0);
            if range.is_empty() || range.wid() > 1e3 || scattered {
                continue;
            }
            let slack = 0.08 * range.wid() + 1e-9;
            assert!(
                seen.inf() <= range.inf() + slack && seen.sup() >= range.sup() - slack,
                "{:?} over {x:?}: {range:?}, seen {seen:?}",
                case.op
            );
        }
    });
}

/// At a point, an enclosure is a few units in the last place wide, and so are linear bounds over a point.
#[test]
fn enclosures_of_points_are_thin() {
    each_case(8, |case, operator, rng| {
        for _ in 0..20_000 {
            let p: Vec<f64> = (0..case.arity).map(|_| rng.random_range(-3.0..3.0)).collect();
            let at = operator.enclose(&points(&p));
            if at.is_empty() {
                continue;
            }
            let wide = 1e-13 * (at.mag() + 0.03);
            assert!(at.wid() <= wide, "{:?} at {p:?}: {at:?}", case.op);
        }
    });
}
