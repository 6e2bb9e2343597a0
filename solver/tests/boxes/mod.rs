//! Random boxes of many shapes, random points in them, and the list of all operators.

use deltasat::interval::{Interval, bounds};
use deltasat::op::{Incremented, Op, power::Pow};
use rand::Rng;
use rand::rngs::SmallRng;

/// An operator and the number of operands to test it with.
pub(crate) struct Case {
    pub(crate) op: Op,
    pub(crate) arity: usize,
}

pub(crate) fn cases() -> Vec<Case> {
    let case = |op: Op, arity: usize| Case { op, arity };
    let mut all = vec![
        case(Op::Mul, 2),
        case(Op::Div, 2),
        case(Op::RealPow, 2),
        case(Op::Sqrt, 1),
        case(Op::Abs, 1),
        case(Op::Min, 2),
        case(Op::Max, 2),
        case(Op::Relu, 1),
        case(Op::Floor, 1),
        case(Op::Round, 1),
        case(Op::RoundOff, 1),
        case(Op::Ite, 3),
        case(Op::Exp, 1),
        case(Op::Ln, 1),
        case(Op::Sin, 1),
        case(Op::Cos, 1),
        case(Op::Tan, 1),
        case(Op::Asin, 1),
        case(Op::Acos, 1),
        case(Op::Atan, 1),
        case(Op::Atan2, 2),
        case(Op::Sinh, 1),
        case(Op::Cosh, 1),
        case(Op::Tanh, 1),
        case(Op::Sigmoid, 1),
        case(Op::LogSumExp, 1),
        case(Op::LogSumExp, 3),
        case(Op::Increment(Incremented::Relu), 2),
        case(Op::Increment(Incremented::Abs), 2),
        case(Op::Increment(Incremented::Sigmoid), 2),
        case(Op::Increment(Incremented::Tanh), 2),
        case(Op::Increment(Incremented::Exp), 2),
        case(Op::Increment(Incremented::LogSumExp), 4),
        case(Op::Increment(Incremented::LogSumExp), 6),
    ];
    all.extend([-3, -2, -1, 0, 1, 2, 3, 4, 7].map(|exponent| case(Op::Pow(Pow { exponent }), 1)));
    all
}

/// How large the numbers of a box are; all operands of an operator share one kind, or the last: anything.
pub(crate) const KINDS: usize = 8;
/// The kind of numbers around one.
pub(crate) const ORDINARY: usize = 0;

fn number(rng: &mut SmallRng, kind: usize) -> f64 {
    let sign = if rng.random() { 1.0 } else { -1.0 };
    match kind {
        0 | 1 => rng.random_range(-3.0..3.0),
        2 => rng.random_range(-40.0..40.0),
        3 => sign * 10f64.powf(rng.random_range(-9.0..2.0)),
        4 => f64::from(rng.random_range(-3i32..=3)) * if rng.random() { 0.5 } else { 1.0 },
        5 => sign * 10f64.powf(rng.random_range(-300.0..300.0)),
        6 => match rng.random_range(0..8) {
            0 => sign * 5e-324,
            1 => sign * 1e150,
            2 => sign * 1e-150,
            3 => sign * f64::MAX,
            4 => sign * f64::MIN_POSITIVE,
            5 => sign * std::f64::consts::FRAC_PI_2,
            6 => 0.0,
            _ => sign,
        },
        _ => {
            let kind = rng.random_range(0..7);
            number(rng, kind)
        }
    }
}

/// A box around a number: a point, a few units in the last place, thin, ordinary, straddling zero, from zero on,
/// half-infinite or entire.
pub(crate) fn random_box(rng: &mut SmallRng, kind: usize) -> Interval {
    let middle = number(rng, kind);
    let size = middle.abs().max(1e-300);
    match rng.random_range(0..12) {
        0 => bounds(middle, middle),
        1 => bounds(middle.next_down().max(f64::MIN), middle.next_up().min(f64::MAX)),
        2 => {
            let radius = 1e-8 * size;
            bounds(middle - radius, middle + radius)
        }
        3 | 4 => {
            let radius = rng.random_range(0.0..0.3) * size;
            bounds(middle - radius, middle + radius)
        }
        5 => bounds(-size, rng.random_range(0.0..2.0) * size),
        6 => bounds(middle.min(0.0), middle.max(0.0)),
        7 => bounds(middle, f64::INFINITY),
        8 => bounds(f64::NEG_INFINITY, middle),
        9 if rng.random_range(0..4) == 0 => Interval::ENTIRE,
        _ => {
            let other = number(rng, kind);
            bounds(middle.min(other), middle.max(other))
        }
    }
}

/// A double in the interval: an end, zero, the middle or anything between.
pub(crate) fn point_in(rng: &mut SmallRng, x: Interval) -> f64 {
    let (lo, hi) = (x.inf().max(f64::MIN), x.sup().min(f64::MAX));
    let x = match rng.random_range(0..12) {
        0 => lo,
        1 => hi,
        2 => 0.0,
        3 => rng.random_range(-3.0..3.0),
        4 => lo + 10f64.powf(rng.random_range(-12.0..3.0)),
        5 => hi - 10f64.powf(rng.random_range(-12.0..3.0)),
        _ => {
            let share = rng.random_range(0.0..1.0);
            lo * (1.0 - share) + hi * share
        }
    };
    x.clamp(lo, hi)
}
