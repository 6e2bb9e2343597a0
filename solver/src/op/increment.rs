//! What the increment operators `g(z, d) = f(z+d) − f(z)` share.
//!
//! Four kinds of plane bound an increment, and the best at the middle of the box is taken:
//! * the constant one;
//! * by the mean value theorem `g = s·d` with `s` a slope of `f` between `z` and `z+d`, so that `g` lies between the
//!   two extreme slopes times `d` ([`lipschitz`]), tight where `d` is small and `z` is anything;
//! * a line over `f` on `z+d` less a line under `f` on `z` ([`separable`]), tight where the box is small or where `f`
//!   is piecewise linear and one copy is decided;
//! * the mean value form of `g` itself ([`Plane::mean_value`]), second order in the box and proportional to `d`.

use super::curve::{self, tighter};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{Interval, point};
use smallvec::SmallVec;

/// Planes over no more operands than this take no memory from the allocator (more has only an increment of a
/// log-sum-exp of more than four terms).
const INLINE: usize = 8;

/// `coefficients·x + constant`
#[derive(Clone, Debug)]
pub(super) struct Plane {
    coefficients: SmallVec<[f64; INLINE]>,
    constant: f64,
}

impl Plane {
    /// A plane over the operands `z, d`; `None` when something is not finite.
    pub(super) fn new(z: f64, d: f64, constant: f64) -> Option<Self> {
        (z.is_finite() && d.is_finite() && constant.is_finite())
            .then(|| Self { coefficients: SmallVec::from_slice(&[z, d]), constant })
    }

    /// `None` when something is not finite.
    pub(super) fn from_coefficients(coefficients: SmallVec<[f64; INLINE]>, constant: f64) -> Option<Self> {
        (constant.is_finite() && coefficients.iter().all(|a| a.is_finite())).then_some(Self { coefficients, constant })
    }

    /// The plane over the negated operands.
    pub(super) fn reflected(mut self) -> Self {
        self.coefficients.iter_mut().for_each(|a| *a = -*a);
        self
    }

    /// The plane of the negated function over the negated operands.
    pub(super) fn turned(mut self) -> Self {
        self.constant = -self.constant;
        self
    }

    /// The mean value form around the middle `m` of the box: with slopes `a` in the middle of the derivatives `G`,
    /// `f(x) ∈ a·x + (f(m) − a·m + Σ (G_i − a_i)(x_i − m_i))`. `None` where a derivative or an operand is unbounded.
    pub(super) fn mean_value(operator: &dyn Operator, x: &[Interval], image: Interval, side: Side) -> Option<Self> {
        if x.iter().any(|x| !x.is_common_interval()) {
            return None;
        }
        let mut derivatives: SmallVec<[Interval; INLINE]> = SmallVec::from_elem(Interval::ENTIRE, x.len());
        operator.derivative(x, image, &mut derivatives);
        if derivatives.iter().any(|g| !g.is_common_interval()) {
            return None;
        }
        let middle: SmallVec<[Interval; INLINE]> = x.iter().map(|x| point(x.mid())).collect();
        let mut rest = operator.enclose(&middle);
        if rest.is_empty() {
            return None;
        }
        let mut coefficients = SmallVec::new();
        for ((x, m), g) in x.iter().zip(&middle).zip(&derivatives) {
            let a = g.mid();
            coefficients.push(a);
            rest = rest - point(a) * *m + (*g - point(a)) * (*x - *m);
        }
        let constant = curve::constant(rest, side);
        constant.is_finite().then_some(Self { coefficients, constant })
    }

    /// The value at the middle of the box, in doubles.
    fn middle(&self, x: &[Interval]) -> f64 {
        self.constant
            + self.coefficients.iter().zip(x).map(|(a, x)| if *a == 0.0 { 0.0 } else { a * x.mid() }).sum::<f64>()
    }
}

/// Writes the plane that is the best at the middle of the box; the constant bound of the image is always a candidate.
pub(super) fn best(
    planes: &[Option<Plane>],
    x: &[Interval],
    image: Interval,
    side: Side,
    coefficients: &mut [f64],
) -> f64 {
    let flat = curve::constant(image, side);
    let mut chosen: Option<(&Plane, f64)> = None;
    for plane in planes.iter().flatten() {
        let middle = plane.middle(x);
        if chosen.map_or(!tighter(side, flat, middle), |(_, best)| tighter(side, middle, best)) {
            chosen = Some((plane, middle));
        }
    }
    match chosen {
        Some((plane, _)) => {
            coefficients.copy_from_slice(&plane.coefficients);
            plane.constant
        }
        None => {
            coefficients.fill(0.0);
            flat
        }
    }
}

/// The line in `d` alone on the given side of `s·d` for every slope `s` in `slopes`.
///
/// The upper one is the chord of the convex `max(m d, M d)`; the lower one is its reflection.
pub(super) fn lipschitz(slopes: Interval, d: Interval, side: Side) -> Option<Plane> {
    if side == Side::Lower {
        return Some(lipschitz(-slopes, d, Side::Upper)?.turned().reflected());
    }
    let (least, most) = (slopes.inf(), slopes.sup());
    if d.inf() >= 0.0 {
        return Plane::new(0.0, most, 0.0);
    }
    if d.sup() <= 0.0 {
        return Plane::new(0.0, least, 0.0);
    }
    if !d.is_common_interval() || !slopes.is_common_interval() {
        return None;
    }
    let (left, right) = (point(d.inf()), point(d.sup()));
    let slope = (most * d.sup() - least * d.inf()) / (d.sup() - d.inf());
    if !slope.is_finite() {
        return None;
    }
    let constant = ((point(least) - point(slope)) * left).sup().max(((point(most) - point(slope)) * right).sup());
    Plane::new(0.0, slope, constant)
}

/// A line for `f(z+d)` less a line for `f(z)`; `line(x, side)` gives slope and constant of a line beside `f` over `x`.
pub(super) fn separable(
    line: impl Fn(Interval, Side) -> Option<(f64, f64)>,
    z: Interval,
    d: Interval,
    side: Side,
) -> Option<Plane> {
    let other = match side {
        Side::Lower => Side::Upper,
        Side::Upper => Side::Lower,
    };
    let (moved, moved_constant) = line(z + d, side)?;
    let (still, still_constant) = line(z, other)?;
    let slope = moved - still;
    let mut constant = point(moved_constant) - point(still_constant);
    let lost = point(moved) - point(still) - point(slope);
    if lost != point(0.0) {
        constant += lost * z;
    }
    Plane::new(slope, moved, curve::constant(constant, side))
}

/// HC4 for an increment: narrows `z+d` by `f(z+d) ∈ image + f(z)`, `z` by `f(z) ∈ f(z+d) − image`, and both by
/// `(z+d) − z = d` and by `image = s·d` for the slopes `s`.
pub(super) fn invert(f: &dyn Operator, slopes: Interval, image: Interval, x: &mut [Interval]) {
    let (mut z, d) = (x[0], x[1]);
    let mut moved = z + d;
    f.invert(image + f.enclose(&[z]), std::slice::from_mut(&mut moved));
    f.invert(f.enclose(&[moved]) - image, std::slice::from_mut(&mut z));
    x[1] = quotient(image, slopes, d.intersection(moved - z));
    x[0] = z.intersection(moved - x[1]);
}

/// The hull of the `q` in `within` with `q·divisor ∩ dividend ≠ ∅`: both pieces are pruned before they are joined.
pub(super) fn quotient(dividend: Interval, divisor: Interval, within: Interval) -> Interval {
    let [left, right] = divisor.mul_rev_to_pair(dividend);
    left.intersection(within).convex_hull(right.intersection(within))
}

/// `f(z+d) − f(z)` in certified arithmetic.
pub(super) fn exact(f: &dyn Operator, x: &[Ball]) -> Option<Ball> {
    let moved = x[0].add(&x[1])?;
    f.exact(&[moved])?.sub(&f.exact(&x[..1])?)
}

/// `f(z+d) − f(z)` in SMT-LIB.
pub(super) fn print(f: &dyn Operator, x: &[&str]) -> String {
    let moved = format!("(+ {} {})", x[0], x[1]);
    format!("(- {} {})", f.print(&[&moved]), f.print(&x[..1]))
}
