//! Straight lines above and below a smooth function of one real whose curvature changes sign at most once.
//!
//! The slope is chosen freely in doubles; the constant then follows in interval arithmetic from two facts. On a convex
//! piece `h(x) − a·x` is largest at an end. On a concave piece it is at most its tangent at any point `t`, which is
//! `h(t) − a·t + (h'(t) − a)(x − t)`. So every rounding, the slope's own included, lands in the constant, and a badly
//! chosen slope costs tightness, never truth.
//!
//! All four cases (either side, either order of the two pieces) are one: the upper line of a function that is first
//! convex and then concave, seen through a reflection of the values, of the argument, or of both.

use super::{Operator, Side};
use crate::interval::{Interval, bounds, point};

/// A differentiable function of one real: in doubles to choose a line, in intervals to prove it.
pub(super) trait Curve {
    /// `f(x)` in doubles.
    fn value(&self, x: f64) -> f64;
    /// `f'(x)` in doubles.
    fn slope(&self, x: f64) -> f64;
    /// Encloses `f` over `x`.
    fn enclose(&self, x: Interval) -> Interval;
    /// Encloses `f'` over `x`.
    fn enclose_slope(&self, x: Interval) -> Interval;
}

impl<O: Operator> Curve for O {
    fn value(&self, x: f64) -> f64 {
        Operator::value(self, &[x])
    }

    fn slope(&self, x: f64) -> f64 {
        let mut slope = [0.0];
        self.gradient(&[x], Operator::value(self, &[x]), &mut slope);
        slope[0]
    }

    fn enclose(&self, x: Interval) -> Interval {
        Operator::enclose(self, &[x])
    }

    fn enclose_slope(&self, x: Interval) -> Interval {
        let mut slope = [Interval::ENTIRE];
        self.derivative(&[x], Operator::enclose(self, &[x]), &mut slope);
        slope[0]
    }
}

/// Where a curve is convex and where concave.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bend {
    /// Whether the piece before the inflection is the convex one.
    convex_first: bool,
    /// An enclosure `from ≤ inflection ≤ to`; infinite where there is none.
    from: f64,
    to: f64,
}

impl Bend {
    /// Convex everywhere.
    pub(super) const CONVEX: Self = Self { convex_first: true, from: f64::INFINITY, to: f64::INFINITY };
    /// Concave everywhere.
    pub(super) const CONCAVE: Self = Self { convex_first: false, from: f64::INFINITY, to: f64::INFINITY };

    /// Convex before the inflection, concave after it.
    pub(super) fn convex_concave(inflection: Interval) -> Self {
        Self { convex_first: true, from: inflection.inf(), to: inflection.sup() }
    }

    /// Concave before the inflection, convex after it.
    pub(super) fn concave_convex(inflection: Interval) -> Self {
        Self { convex_first: false, ..Self::convex_concave(inflection) }
    }
}

/// Slope and constant of a line on the given side of the curve over `x`; `None` where there is no finite one.
pub(super) fn line(curve: &dyn Curve, bend: Bend, x: Interval, side: Side) -> Option<(f64, f64)> {
    if !x.is_common_interval() {
        return None;
    }
    let up = side == Side::Upper;
    let seen =
        Seen { curve, value: if up { 1.0 } else { -1.0 }, argument: if bend.convex_first == up { 1.0 } else { -1.0 } };
    let reflect = seen.argument < 0.0;
    let x = if reflect { -x } else { x };
    let (from, to) = if reflect { (-bend.to, -bend.from) } else { (bend.from, bend.to) };
    let (slope, constant) = seen.upper(x, from, to)?;
    (slope.is_finite() && constant.is_finite()).then_some((seen.value * seen.argument * slope, seen.value * constant))
}

/// [`line`] as the [`relax`](Operator::relax) of an operator: falls back to the constant bound, and prefers it where it
/// is the better one at the middle of `x` (the image may be narrower than the range of the curve).
pub(super) fn relax(
    curve: &dyn Curve,
    bend: Bend,
    x: Interval,
    image: Interval,
    side: Side,
    coefficients: &mut [f64],
) -> f64 {
    let flat = constant(image, side);
    coefficients[0] = 0.0;
    match line(curve, bend, x, side) {
        Some((slope, height)) if !tighter(side, flat, slope * x.mid() + height) => {
            coefficients[0] = slope;
            height
        }
        _ => flat,
    }
}

/// The constant bound that an image gives.
pub(super) fn constant(image: Interval, side: Side) -> f64 {
    match side {
        Side::Lower => image.inf(),
        Side::Upper => image.sup(),
    }
}

/// Whether the bound `a` is strictly better than `b`.
pub(super) fn tighter(side: Side, a: f64, b: f64) -> bool {
    match side {
        Side::Lower => a > b,
        Side::Upper => a < b,
    }
}

/// `h(x) = value·f(argument·x)`, both factors ±1, chosen such that `h` is convex first and its upper line is wanted.
struct Seen<'a> {
    curve: &'a dyn Curve,
    value: f64,
    argument: f64,
}

impl Seen<'_> {
    fn height(&self, x: f64) -> f64 {
        self.value * self.curve.value(self.argument * x)
    }

    fn slope(&self, x: f64) -> f64 {
        self.value * self.argument * self.curve.slope(self.argument * x)
    }

    /// Encloses `h(x) − a·x`.
    fn above(&self, x: Interval, a: f64) -> Interval {
        signed(self.curve.enclose(signed(x, self.argument)), self.value) - point(a) * x
    }

    /// The largest `h(x) − a·x` over a concave piece, bounded by the tangent at `t`.
    fn above_tangent(&self, piece: Interval, t: f64, a: f64) -> f64 {
        let at = point(t);
        let slope = signed(self.curve.enclose_slope(signed(at, self.argument)), self.value * self.argument);
        let height = self.above(at, a);
        if slope.is_empty() || height.is_empty() {
            return f64::INFINITY;
        }
        (height + (slope - point(a)) * (piece - at)).sup()
    }

    fn above_point(&self, x: f64, a: f64) -> f64 {
        highest(self.above(point(x), a))
    }

    fn chord(&self, l: f64, u: f64) -> f64 {
        if l < u { (self.height(u) - self.height(l)) / (u - l) } else { 0.0 }
    }

    /// `h` is convex up to `from`, concave from `to` on, and has its inflection in between.
    fn upper(&self, x: Interval, from: f64, to: f64) -> Option<(f64, f64)> {
        let (l, u) = (x.inf(), x.sup());
        if u <= from {
            let a = self.chord(l, u);
            a.is_finite().then(|| (a, self.above_point(l, a).max(self.above_point(u, a))))
        } else if l >= to {
            let t = x.mid();
            let a = self.slope(t);
            a.is_finite().then(|| (a, self.above_tangent(x, t, a)))
        } else {
            let t = self.tangent_point(l, u, to.max(x.mid()));
            let a = match t {
                Some(t) => self.slope(t),
                None => self.chord(l, u),
            };
            if !a.is_finite() {
                return None;
            }
            let mut constant = f64::NEG_INFINITY;
            if l <= from {
                constant = constant.max(self.above_point(l, a));
            }
            if from < to {
                constant = constant.max(highest(self.above(bounds(from.max(l), to.min(u)), a)));
            }
            if to <= u {
                constant = constant.max(self.above_tangent(bounds(to, u), t.unwrap_or(u), a));
            }
            Some((a, constant))
        }
    }

    /// A point of the concave piece whose tangent passes above `(l, h(l))`: the middle of the interval if it does,
    /// else about the first that does, else (the chord is the upper line) none.
    fn tangent_point(&self, l: f64, u: f64, start: f64) -> Option<f64> {
        let base = self.height(l);
        let passes_above = |t: f64| self.slope(t) * (t - l) <= self.height(t) - base;
        let (mut no, mut yes) = (start, u);
        if start >= u || !passes_above(u) {
            return None;
        }
        if passes_above(start) {
            return Some(start);
        }
        for _ in 0..7 {
            let t = 0.5 * (no + yes);
            if passes_above(t) {
                yes = t;
            } else {
                no = t;
            }
        }
        Some(yes)
    }
}

/// The upper end; no bound where the curve is undefined.
fn highest(x: Interval) -> f64 {
    if x.is_empty() { f64::INFINITY } else { x.sup() }
}

/// `x` or `−x`.
fn signed(x: Interval, sign: f64) -> Interval {
    if sign < 0.0 { -x } else { x }
}
