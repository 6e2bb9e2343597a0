//! Staircases: `⌊x⌋`, the nearest integer with ties to the even one, and what rounding to it adds.
//!
//! Both staircases are nondecreasing, so that a range over a box is what they are at its ends, which is exact in doubles. They
//! are not continuous: a step is taken at a point, and which integer that point itself goes to is a matter of the tie. Only
//! values and enclosures know. All else (inverses, linear bounds) looks at the closure of the graph, which is that of
//! `⌊x + h⌋` for both, with `h = 0` for the floor and `h = ½` for the nearest integer: the points `(x, k)` of integer `k` and
//! `k − h ≤ x ≤ k + 1 − h`. So `x + h − 1 ≤ y ≤ x + h` there.
//!
//! A staircase's slot is kept on the tape and may be split between two integers. Then the step is known all over a box
//! although the box touches the jump, so that linear bounds are given the integers that are left as `image`.

use super::{Operator, Side, curve};
use crate::exact::{Ball, Rational};
use crate::interval::{Interval, bounds, const_interval, point};
use num_integer::Integer;

const ZERO: Interval = const_interval!(0.0, 0.0);
const RISING: Interval = const_interval!(0.0, f64::INFINITY);
const HALF: Interval = const_interval!(-0.5, 0.5);

/// A number in `[low, high]` under a nondecreasing integer function, where both ends go to the same integer.
fn exact(x: &Ball, f: fn(&Rational) -> Rational) -> Option<Ball> {
    let low = f(&x.lower());
    (x.is_point() || low == f(&x.upper())).then(|| Ball::from_rational(low)).flatten()
}

/// The image of a box under a nondecreasing function that is exact in doubles.
fn enclose(x: Interval, f: fn(f64) -> f64) -> Interval {
    if x.is_empty() { x } else { bounds(f(x.inf()), f(x.sup())) }
}

/// The arguments of the integers in an image: `k − h ≤ x ≤ k + 1 − h`.
fn invert(image: Interval, h: f64, x: Interval) -> Interval {
    let (first, last) = (image.inf().ceil(), image.sup().floor());
    if first > last {
        return Interval::EMPTY;
    }
    let end = |k: f64, shift: f64| point(k) + point(shift);
    let least = if first.is_finite() { end(first, -h).inf() } else { f64::NEG_INFINITY };
    let most = if last.is_finite() { end(last, 1.0 - h).sup() } else { f64::INFINITY };
    x.intersection(bounds(least, most))
}

/// The derivative over a box: zero on a step, and else any rise.
fn derivative(x: Interval, f: fn(f64) -> f64) -> Interval {
    if f(x.inf()) == f(x.sup()) { ZERO } else { RISING }
}

/// A line beside the steps of the integers in `image`: the constant of the last step (the first one below), or the line of
/// slope 1 through its corner, which is the better one at the middle of the box where the corner is beyond. Every line of a
/// slope between the two that goes through the corner bounds the steps; these are the extremes.
fn line(x: Interval, image: Interval, h: f64, side: Side) -> (f64, f64) {
    let (first, last) = (image.inf().ceil(), image.sup().floor());
    if first >= last {
        let flat = if first == last { first } else { curve::constant(image, side) };
        return (0.0, flat);
    }
    let middle = x.mid();
    match side {
        Side::Upper if middle <= last - h => (1.0, h),
        Side::Upper => (0.0, last),
        Side::Lower if middle >= first + 1.0 - h => (1.0, h - 1.0),
        Side::Lower => (0.0, first),
    }
}

/// `⌊x⌋`
#[derive(Debug)]
pub(crate) struct Floor;

impl Operator for Floor {
    fn symbol(&self) -> &'static str {
        "to_int"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].floor()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        enclose(x[0], f64::floor)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = invert(image, 0.0, x[0]);
    }

    fn is_staircase(&self) -> bool {
        true
    }

    /// The slope of the staircase at large; that of a step, 0, would tell a search nothing.
    fn gradient(&self, _: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = 1.0;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = derivative(x[0], f64::floor);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let (slope, constant) = line(x[0], image, 0.0, side);
        coefficients[0] = slope;
        constant
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        exact(&x[0], Rational::floor)
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(to_real (to_int {}))", x[0])
    }
}

/// The integer nearest to `x`; of two the even one.
#[derive(Debug)]
pub(crate) struct Round;

/// The nearest integer, of two the even one.
fn nearest(x: &Rational) -> Rational {
    let half = Rational::new(1.into(), 2.into());
    let down = x.floor();
    let rest = x - &down;
    let up = rest > half || (rest == half && down.to_integer().is_odd());
    if up { down + Rational::from_integer(1.into()) } else { down }
}

impl Operator for Round {
    fn symbol(&self) -> &'static str {
        "round"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].round_ties_even()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        enclose(x[0], f64::round_ties_even)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = invert(image, 0.5, x[0]);
    }

    fn is_staircase(&self) -> bool {
        true
    }

    /// As of the floor.
    fn gradient(&self, _: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = 1.0;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = derivative(x[0], f64::round_ties_even);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let (slope, constant) = line(x[0], image, 0.5, side);
        coefficients[0] = slope;
        constant
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        exact(&x[0], nearest)
    }

    /// `⌊x + ½⌋`, but at a tie the even one of `⌊x⌋` and `⌊x⌋ + 1`, which is `2⌊(⌊x⌋ + 1)/2⌋`.
    fn print(&self, x: &[&str]) -> String {
        let floor = |x: &str| Floor.print(&[x]);
        let down = floor(x[0]);
        let even = floor(&format!("(/ (+ {down} 1.0) 2.0)"));
        format!("(ite (= (- {0} {down}) 0.5) (* 2.0 {even}) {1})", x[0], floor(&format!("(+ {} 0.5)", x[0])))
    }
}

/// What rounding to the nearest integer adds: `round(x) − x`, at most ½ either way, whatever `x` is.
#[derive(Debug)]
pub(crate) struct RoundOff;

impl Operator for RoundOff {
    fn symbol(&self) -> &'static str {
        "round-off"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].round_ties_even() - x[0]
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        let step = Round.enclose(x);
        if step.is_empty() {
            step
        } else if step.is_singleton() {
            (step - x[0]).intersection(HALF)
        } else {
            HALF
        }
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let step = Round.enclose(x);
        x[0] = x[0].intersection(step - image.intersection(HALF));
    }

    fn gradient(&self, _: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = 0.0;
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = derivative(x[0], f64::round_ties_even) - point(1.0);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let step = Round.enclose(x);
        if step.is_singleton() {
            coefficients[0] = -1.0;
            return step.inf();
        }
        coefficients[0] = 0.0;
        curve::constant(image, side)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        Round.exact(x)?.sub(&x[0])
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(- {} {})", Round.print(x), x[0])
    }
}
