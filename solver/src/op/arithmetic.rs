//! Product and quotient.
//!
//! Both are inverted as the relations `x·y = p` and `q·y = x`: dividing by an interval that holds zero leaves two
//! pieces, which are pruned against the operand before they are joined. The planes come from McCormick's identity
//! `x·y = ym·x + xm·y − xm·ym + (x − xm)(y − ym)` around the middle of the box: its last term ranges over ±rx·ry, so
//! the plane is the mean of the two McCormick planes of its side and has half their greatest gap.

use super::increment::{Plane, best, quotient};
use super::{Operator, Side, curve};
use crate::exact::Ball;
use crate::interval::{Interval, point};

/// `x·y`
#[derive(Debug)]
pub(crate) struct Mul;

impl Operator for Mul {
    fn symbol(&self) -> &'static str {
        "*"
    }

    fn value(&self, x: &[f64]) -> f64 {
        x[0] * x[1]
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0] * x[1]
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = quotient(image, x[1], x[0]);
        x[1] = quotient(image, x[0], x[1]);
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[0] = x[1];
        partials[1] = x[0];
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = x[1];
        partials[1] = x[0];
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        best(&[product_plane(x[0], x[1], side)], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].mul(&x[1])
    }
}

/// The mean of McCormick's two planes.
fn product_plane(x: Interval, y: Interval, side: Side) -> Option<Plane> {
    if !x.is_common_interval() || !y.is_common_interval() {
        return None;
    }
    let (xm, ym) = (point(x.mid()), point(y.mid()));
    let rest = (x - xm) * (y - ym) - xm * ym;
    Plane::new(y.mid(), x.mid(), curve::constant(rest, side))
}

/// `x/y`
#[derive(Debug)]
pub(crate) struct Div;

impl Operator for Div {
    fn symbol(&self) -> &'static str {
        "/"
    }

    fn value(&self, x: &[f64]) -> f64 {
        if x[1] == 0.0 { f64::NAN } else { x[0] / x[1] }
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        x[0] / x[1]
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if x[1] == point(0.0) {
            x[1] = Interval::EMPTY;
        }
        x[0] = x[0].intersection(image * x[1]);
        x[1] = quotient(x[0], image, x[1]);
    }

    fn is_partial(&self) -> bool {
        true
    }

    fn is_defined(&self, x: &[Interval]) -> bool {
        !x[1].contains(0.0)
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = x[1].recip();
        partials[1] = -value / x[1];
    }

    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        if x[1].contains(0.0) {
            partials.fill(Interval::ENTIRE);
        } else {
            partials[0] = x[1].recip();
            partials[1] = -image / x[1];
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        best(&[quotient_plane(x[0], x[1], side)], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].div(&x[1])
    }
}

/// With `a` the mean of the ends of `1/y` and `b = −r·xm`, `r ≈ 1/(y_l y_u)` the descent of its chord,
/// `x/y − a·x − b·y = (x − xm)(1/y − a) + xm (1/y + r·y) − (b + r·xm)·y − a·xm`, and `1/y + r·y`, convex for `y > 0`,
/// lies between its tangent at `√(y_l y_u)` and the larger of its values at the ends.
fn quotient_plane(x: Interval, y: Interval, side: Side) -> Option<Plane> {
    if !x.is_common_interval() || !y.is_common_interval() || y.contains(0.0) {
        return None;
    }
    if y.sup() < 0.0 {
        let mirrored = quotient_plane(-x, -y, side)?;
        return Some(mirrored.reflected());
    }
    let xm = x.mid();
    let (l, u) = (y.inf(), y.sup());
    let (a, r) = (0.5 * (l.recip() + u.recip()), l.recip() * u.recip());
    let b = -r * xm;
    if !(a.is_finite() && b.is_finite() && r.is_finite()) {
        return None;
    }
    let (slope, middle, descent, touch) = (point(a), point(xm), point(r), point(l.sqrt() * u.sqrt()));
    let end = |y: f64| point(y).recip() + descent * point(y);
    let tangent = point(2.0) / touch + y * (descent - touch.sqr().recip());
    let height = tangent.convex_hull(end(l)).convex_hull(end(u));
    let rest =
        (x - middle) * (y.recip() - slope) + middle * height - (point(b) + descent * middle) * y - slope * middle;
    Plane::new(a, b, curve::constant(rest, side))
}
