//! `if c ≥ 0 then a else b`.
//!
//! Nothing is known about the way in which the condition acts, so that its derivative is the whole line until it is
//! decided. The value always lies between the smaller and the larger branch, which gives the linear bounds.

use super::min_max::{Max, Min};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{Interval, bounds, point};

/// `a` if `c ≥ 0`, else `b`; operands `c, a, b`
#[derive(Debug)]
pub(crate) struct Ite;

/// The branch that is taken wherever the value is defined, where that is known: the index of its operand.
fn taken(x: &[Interval]) -> Option<usize> {
    let undefined = |branch: usize, other: usize| x[branch].is_empty().then_some(other);
    decided(x[0]).or(undefined(1, 2)).or(undefined(2, 1))
}

/// The branch that is taken all over the box, where that is known: the index of its operand.
fn decided(condition: Interval) -> Option<usize> {
    if condition.inf() >= 0.0 {
        Some(1)
    } else if condition.sup() < 0.0 {
        Some(2)
    } else {
        None
    }
}

impl Operator for Ite {
    fn symbol(&self) -> &'static str {
        "ite"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if x[0] >= 0.0 { x[1] } else { x[2] }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        if x[0].is_empty() {
            return Interval::EMPTY;
        }
        match decided(x[0]) {
            Some(branch) => x[branch],
            None => x[1].convex_hull(x[2]),
        }
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if decided(x[0]).is_none() {
            if x[1].disjoint(image) {
                x[0] = x[0].intersection(bounds(f64::NEG_INFINITY, 0.0));
                x[2] = x[2].intersection(image);
                return;
            }
            if x[2].disjoint(image) {
                x[0] = x[0].intersection(bounds(0.0, f64::INFINITY));
            }
        }
        if let Some(branch) = decided(x[0]) {
            x[branch] = x[branch].intersection(image);
        }
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials.copy_from_slice(if x[0] >= 0.0 { &[0.0, 1.0, 0.0] } else { &[0.0, 0.0, 1.0] });
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        match taken(x) {
            Some(branch) => {
                partials.fill(point(0.0));
                partials[branch] = point(1.0);
            }
            None => partials.copy_from_slice(&[Interval::ENTIRE, bounds(0.0, 1.0), bounds(0.0, 1.0)]),
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        coefficients.fill(0.0);
        if let Some(branch) = taken(x) {
            coefficients[branch] = 1.0;
            return 0.0;
        }
        let branches = &mut coefficients[1..];
        match side {
            Side::Lower => Min.relax(&x[1..], image, side, branches),
            Side::Upper => Max.relax(&x[1..], image, side, branches),
        }
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].signum().map(|sign| if sign >= 0 { x[1].clone() } else { x[2].clone() })
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(ite (>= {} 0.0) {} {})", x[0], x[1], x[2])
    }
}
