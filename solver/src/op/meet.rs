//! Two expressions known to denote the same real: both enclosures hold, so that their intersection does.
//!
//! It lets one quantity be computed in two ways, each tight where the other is loose.

use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{Interval, point};

/// Two expressions of the same real.
#[derive(Debug)]
pub(crate) struct Meet;

impl Operator for Meet {
    fn symbol(&self) -> &'static str {
        "meet"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0]
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0].intersection(x[1])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(x[1]).intersection(image);
        x[1] = x[0];
    }

    /// The two operands narrow each other whatever the image is.
    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, _: &[Interval]) -> bool {
        true
    }

    fn gradient(&self, _: &[f64], _: f64, partials: &mut [f64]) {
        partials.copy_from_slice(&[1.0, 0.0]);
    }

    fn derivative(&self, _: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials.copy_from_slice(&[point(1.0), point(0.0)]);
    }

    /// Either operand is the function; the one with the better end is taken.
    fn relax(&self, x: &[Interval], _: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let second = match side {
            Side::Lower => x[1].inf() > x[0].inf(),
            Side::Upper => x[1].sup() < x[0].sup(),
        };
        coefficients.copy_from_slice(if second { &[0.0, 1.0] } else { &[1.0, 0.0] });
        0.0
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        Some(x[0].clone())
    }

    fn print(&self, x: &[&str]) -> String {
        x[0].to_string()
    }
}
