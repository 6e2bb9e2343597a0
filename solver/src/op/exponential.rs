//! `e^x` and its increment `e^{z+d} − e^z = e^z (e^d − 1)`.
//!
//! The product form has no cancellation, and its two factors depend on one operand each, so that interval evaluation is
//! the exact range.

use super::curve::{self, Bend};
use super::increment::{self, Plane};
use super::logarithm::ln_1p;
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval};

/// `e^x`
#[derive(Debug)]
pub(crate) struct Exp;

impl Operator for Exp {
    fn symbol(&self) -> &'static str {
        "exp"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].exp()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::exp(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(interval::ln(image));
    }

    fn gradient(&self, _: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = value;
    }

    fn derivative(&self, _: &[Interval], image: Interval, partials: &mut [Interval]) {
        partials[0] = image;
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::CONVEX, x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].exp()
    }
}

/// `e^{z+d} − e^z`
#[derive(Debug)]
pub(crate) struct IncrementExp;

impl Operator for IncrementExp {
    fn symbol(&self) -> &'static str {
        "increment-exp"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0].exp() * x[1].exp_m1()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::exp(x[0]) * interval::exp_m1(x[1])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let factor = interval::exp_m1(x[1]);
        let base = increment::quotient(image, factor, interval::exp(x[0]));
        x[0] = x[0].intersection(interval::ln(base));
        let factor = increment::quotient(image, base, factor);
        x[1] = x[1].intersection(ln_1p(factor));
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = value;
        partials[1] = (x[0] + x[1]).exp();
    }

    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        partials[0] = image;
        partials[1] = interval::exp(x[0] + x[1]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let slopes = interval::exp(x[0].convex_hull(x[0] + x[1]));
        let planes = [
            increment::lipschitz(slopes, x[1], side),
            increment::separable(|x, side| curve::line(&Exp, Bend::CONVEX, x, side), x[0], x[1], side),
            Plane::mean_value(self, x, image, side),
        ];
        increment::best(&planes, x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        increment::exact(&Exp, x)
    }

    fn print(&self, x: &[&str]) -> String {
        increment::print(&Exp, x)
    }
}
