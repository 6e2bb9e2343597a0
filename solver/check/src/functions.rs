//! Elementary functions: certified enclosures from series whose remainders are bounded here.
//!
//! Each series is evaluated by Horner's rule in interval arithmetic, from the inside out, starting with an interval that
//! certainly contains the infinite tail; so every result is an enclosure whatever the number of terms, and the number of
//! terms only makes it tight (a few units of the 64th bit). Monotone functions are evaluated at the ends of an interval.

use crate::interval::Interval;
use crate::number::{Num, Round::Down};
use crate::rational::Rational;
use std::sync::LazyLock;

/// A number between a decimal and its successor in the last digit.
fn digits(text: &str, last: &str) -> Option<(Rational, Rational)> {
    let least = Rational::parse(text)?;
    let most = least.add(&Rational::parse(last)?);
    Some((least, most))
}

struct Constants {
    /// `ln 2`
    ln2: Interval,
    /// `π/2`
    half_pi: Interval,
    /// the first 32 bits of `π/2`, and what is left
    head: Num,
    rest: Interval,
}

static CONSTANTS: LazyLock<Constants> = LazyLock::new(|| {
    let ulp = "1e-40";
    let (ln2, ln2_up) = digits("0.6931471805599453094172321214581765680755", ulp).expect("a decimal");
    let (pi, pi_up) = digits("3.1415926535897932384626433832795028841971", ulp).expect("a decimal");
    let half = Rational::parse("0.5").expect("a decimal");
    let (low, high) = (pi.mul(&half), pi_up.mul(&half));
    // 3373259426·2⁻³¹ is π/2 rounded down to 32 bits
    let head = Num::integer(3_373_259_426).mul(Num::power(-31), Down);
    let minus = Rational::of(head).expect("finite").neg();
    Constants {
        ln2: ln2.enclose().hull(ln2_up.enclose()),
        half_pi: low.enclose().hull(high.enclose()),
        head,
        rest: low.add(&minus).enclose().hull(high.add(&minus).enclose()),
    }
});

/// `π`
pub fn pi() -> Interval {
    CONSTANTS.half_pi.scale(1)
}

fn increasing(x: Interval, f: impl Fn(Num) -> Interval) -> Interval {
    if x.is_empty() { x } else { Interval { lo: f(x.lo).lo, hi: f(x.hi).hi } }
}

fn unit(lo: i64, hi: i64) -> Interval {
    Interval::new(Num::integer(lo), Num::integer(hi))
}

/// `e^x`
pub fn exp(x: Interval) -> Interval {
    increasing(x, |x| {
        // beyond this everything is an infinity or a zero of Num
        let far = Num::integer(8_000_000);
        if !far.at_least(x.abs()) {
            return match x.signum() {
                1 => Interval { lo: far, hi: Num::INFINITY },
                _ => Interval { lo: Num::ZERO, hi: Num::power(-1000) },
            };
        }
        let k = Interval::point(x).div(CONSTANTS.ln2).middle().nearest_integer().unwrap_or(0);
        // |r| < 0.4, so from the n-th term on the tail is between 0 and 2 times that term
        let r = Interval::point(x).sub(Interval::integer(k).mul(CONSTANTS.ln2));
        let mut sum = unit(0, 2);
        for n in (1..=19).rev() {
            sum = Interval::ONE.add(r.mul(sum).div(Interval::integer(n)));
        }
        sum.scale(k as i32)
    })
}

/// The natural logarithm, of what is positive.
pub fn ln(x: Interval) -> Interval {
    let x = x.meet(Interval::non_negative());
    if x.hi.is_zero() {
        return Interval::EMPTY;
    }
    increasing(x, |x| {
        let (Some((_, e)), false) = (x.parts(), x.is_zero()) else {
            return if x.is_zero() { Interval::point(Num::NEG_INFINITY) } else { Interval::point(Num::INFINITY) };
        };
        // x = 2^k·m with m in [3/4, 3/2)
        let mut k = i64::from(e) + 63;
        let mut m = Interval::point(x).scale(-(k as i32));
        if m.lo.at_least(Num::integer(3).mul(Num::power(-1), Down)) {
            (k, m) = (k + 1, m.scale(-1));
        }
        // ln m = 2·artanh t, t = (m − 1)/(m + 1), |t| ≤ 1/5
        let t = m.sub(Interval::ONE).div(m.add(Interval::ONE));
        let square = t.power(2);
        let mut sum = unit(0, 2);
        for n in (0..16).rev() {
            sum = Interval::ONE.div(Interval::integer(2 * n + 1)).add(square.mul(sum));
        }
        Interval::integer(k).mul(CONSTANTS.ln2).add(t.mul(sum).scale(1))
    })
}

/// `arctan`
pub fn atan(x: Interval) -> Interval {
    increasing(x, |x| {
        let size = Interval::point(x.abs());
        let angle = match Num::ONE.at_least(x.abs()) {
            true => arctangent(size),
            false => CONSTANTS.half_pi.sub(arctangent(Interval::ONE.div(size))),
        };
        if x.signum() < 0 { angle.neg() } else { angle }
    })
}

/// `arctan` of a narrow interval in `[0, 1]`.
fn arctangent(mut x: Interval) -> Interval {
    // arctan x = 2·arctan(x/(1 + √(1 + x²))), three times: then x ≤ tan(π/32) < 0.1
    for _ in 0..3 {
        x = x.div(Interval::ONE.add(Interval::ONE.add(x.power(2)).sqrt()));
    }
    let square = x.power(2);
    let mut sum = unit(0, 1);
    for n in (0..12).rev() {
        sum = Interval::ONE.div(Interval::integer(2 * n + 1)).sub(square.mul(sum));
    }
    x.mul(sum).scale(3)
}

/// `arcsin` of what is in `[−1, 1]`.
pub fn asin(x: Interval) -> Interval {
    increasing(x.meet(unit(-1, 1)), |x| {
        let point = Interval::point(x);
        let cosine = Interval::ONE.sub(point).mul(Interval::ONE.add(point)).sqrt();
        if cosine.hi.is_zero() {
            return if x.signum() > 0 { CONSTANTS.half_pi } else { CONSTANTS.half_pi.neg() };
        }
        let tangent = point.div(cosine);
        Interval { lo: atan(Interval::point(tangent.lo)).lo, hi: atan(Interval::point(tangent.hi)).hi }
    })
}

/// `arccos` of what is in `[−1, 1]`.
pub fn acos(x: Interval) -> Interval {
    CONSTANTS.half_pi.sub(asin(x))
}

/// `sin` and `cos` at a number, by the quadrant that it is in.
fn sine(x: Num, quarter: i64) -> Interval {
    let whole = unit(-1, 1);
    let Some(k) = Interval::point(x).div(CONSTANTS.half_pi).middle().nearest_integer() else { return whole };
    if k.unsigned_abs() >> 31 > 0 {
        return whole;
    }
    let turns = Interval::integer(k);
    let r = Interval::point(x).sub(turns.mul(Interval::point(CONSTANTS.head))).sub(turns.mul(CONSTANTS.rest));
    let square = r.power(2);
    // |r| < 0.8: the terms alternate and fall, so each tail lies between 0 and its first term
    let series = |first: i64| {
        let mut sum = unit(0, 1);
        for n in (0..11).map(|n| 2 * n + first).rev() {
            sum = Interval::ONE.sub(square.mul(sum).div(Interval::integer(n * (n + 1))));
        }
        sum
    };
    let value = match (k + quarter).rem_euclid(4) {
        0 => r.mul(series(2)),
        1 => series(1),
        2 => r.mul(series(2)).neg(),
        _ => series(1).neg(),
    };
    value.meet(whole)
}

/// `sin`, or `cos` where `quarter` is 1.
fn wave(x: Interval, quarter: i64) -> Interval {
    if x.is_empty() {
        return x;
    }
    let mut result = unit(-1, 1);
    if !x.is_bounded() {
        return result;
    }
    // the crest at `π/2 − quarter·π/2 + 2πn` and the trough half a turn on are inside where a floor changes
    let inside = |at: i64| {
        let turns = x.div(CONSTANTS.half_pi).sub(Interval::integer(at - quarter)).scale(-2);
        !matches!((turns.lo.floor(), turns.hi.floor()), (Some(low), Some(high)) if low == high)
    };
    let ends = sine(x.lo, quarter).hull(sine(x.hi, quarter));
    if !inside(1) {
        result.hi = ends.hi;
    }
    if !inside(3) {
        result.lo = ends.lo;
    }
    result
}

/// `sin`
pub fn sin(x: Interval) -> Interval {
    wave(x, 0)
}

/// `cos`
pub fn cos(x: Interval) -> Interval {
    wave(x, 1)
}

/// `tan`
pub fn tan(x: Interval) -> Interval {
    let turns = x.div(pi()).add(Interval::ONE.scale(-1));
    match (x.is_bounded(), turns.lo.floor(), turns.hi.floor()) {
        (true, Some(low), Some(high)) if low == high => increasing(x, |x| {
            let quotient = sine(x, 0).div(sine(x, 1));
            if quotient.is_empty() { Interval::ENTIRE } else { quotient }
        }),
        _ if x.is_empty() => x,
        _ => Interval::ENTIRE,
    }
}

/// The angle of the point `(x, y)`, in `(−π, π]`; at the origin anything.
pub fn atan2(y: Interval, x: Interval) -> Interval {
    if x.is_empty() || y.is_empty() {
        return Interval::EMPTY;
    }
    if x.lo.signum() > 0 {
        return atan(y.div(x));
    }
    // in the upper half plane the angle falls with x, and rises with y where x is positive
    let upper = |x: Num, y: Num| match (x.signum(), y.is_zero()) {
        (0, true) => Interval { lo: Num::ZERO, hi: pi().hi },
        (1, true) => Interval::ZERO,
        (_, true) => pi(),
        _ if !y.is_finite() => Interval { lo: Num::ZERO, hi: pi().hi },
        _ => {
            let slope = Interval::point(x).div(Interval::point(y));
            CONSTANTS.half_pi.sub(increasing(slope, |x| atan(Interval::point(x))))
        }
    };
    let half = |y: Interval| Interval {
        lo: upper(x.hi, if x.hi.signum() >= 0 { y.lo } else { y.hi }).lo,
        hi: upper(x.lo, if x.lo.signum() >= 0 { y.hi } else { y.lo }).hi,
    };
    if y.lo.signum() >= 0 {
        return half(y);
    }
    if y.hi.signum() < 0 {
        return half(y.neg()).neg();
    }
    Interval { lo: pi().hi.neg(), hi: pi().hi }
}

/// `1/(1 + e^−x)`
pub fn sigmoid(x: Interval) -> Interval {
    Interval::ONE.div(Interval::ONE.add(exp(x.neg())))
}

/// `tanh`
pub fn tanh(x: Interval) -> Interval {
    sigmoid(x.scale(1)).scale(1).sub(Interval::ONE)
}

/// `sinh`
pub fn sinh(x: Interval) -> Interval {
    increasing(x, |x| {
        let x = Interval::point(x);
        exp(x).sub(exp(x.neg())).scale(-1)
    })
}

/// `cosh`
pub fn cosh(x: Interval) -> Interval {
    let x = x.abs();
    increasing(x, |x| {
        let x = Interval::point(x);
        exp(x).add(exp(x.neg())).scale(-1)
    })
}

/// `x^c` for `x > 0` (and zero at zero, for a positive `c`); nothing is said of it where `x` may be negative.
pub fn real_power(x: Interval, c: Interval) -> Interval {
    if x.is_empty() || c.is_empty() {
        return Interval::EMPTY;
    }
    if x.lo.signum() < 0 {
        return Interval::ENTIRE;
    }
    let result = exp(c.mul(ln(x)));
    if !x.lo.is_zero() {
        return result;
    }
    if c.lo.signum() > 0 {
        Interval { lo: Num::ZERO, hi: if x.hi.is_zero() { Num::ZERO } else { result.hi } }
    } else {
        Interval::ENTIRE
    }
}
