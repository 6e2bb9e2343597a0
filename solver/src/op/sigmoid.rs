//! The logistic function `σ(x) = 1/(1 + e^−x)` and its increment `g(z, d) = σ(z+d) − σ(z)`.
//!
//! `g(z, d) = σ(z+d) σ(−z) (1 − e^−d)` has no cancellation; for `d < 0` it is read backwards, `g(z, d) = −g(z+d, −d)`,
//! so that no factor overflows. `g` increases in `d`. In `z`, for `d ≥ 0`, it increases up to `z = −d/2`, where it is
//! `tanh(d/4)`, and decreases from there; for `d ≤ 0` the other way round. The infimum is the mirror image of the
//! supremum, since `g(−z, −d) = −g(z, d)`.
//!
//! An upper plane is the best of three (beside the constant): the separable one of [`increment`], tight where `d` is
//! large and `z` is not; the plane through the corners raised by what the curvature adds, tight in small boxes; and,
//! where `z` is anything, the upper line of the envelope `U(d) = max_z g(z, d)`. For `d ≥ 0` its derivative is `σ'(w)` with `w = z*(d) + d` nondecreasing in `d`, from
//! negative values (where σ' increases) to positive ones: `U` is convex up to `d = max(0, −z_u)` and concave after it.
//! For `d ≤ 0` it is at most `m·d` with `m` the least slope there, which is at most `U'(0)`, so that the curve stays
//! convex; and where `z ≤ 0` it is the larger of two convex functions itself.

use super::curve::{self, Bend, Curve};
use super::increment::{self, Plane};
use super::{Operator, Side};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};

const ZERO: Interval = const_interval!(0.0, 0.0);
/// The extremes of σ'' are `±1/(6√3)`, at `∓ln(2 + √3)`; both enclosed.
const GREATEST_CURVATURE: Interval = const_interval!(0.0962250448649376, 0.09622504486493765);
const CURVATURE_PEAK: Interval = const_interval!(1.3169578969248164, 1.316957896924817);

/// `σ(x)`
#[derive(Debug)]
pub(crate) struct Sigmoid;

impl Operator for Sigmoid {
    fn symbol(&self) -> &'static str {
        "sigmoid"
    }

    fn value(&self, x: &[f64]) -> f64 {
        sigmoid(x[0])
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        interval::sigmoid(x[0])
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        x[0] = x[0].intersection(logit(image));
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        partials[0] = value * sigmoid(-x[0]);
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        partials[0] = slopes(x[0]);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        curve::relax(self, Bend::convex_concave(ZERO), x[0], image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        x[0].sigmoid()
    }

    fn print(&self, x: &[&str]) -> String {
        format!("(/ 1.0 (+ 1.0 (exp (- {}))))", x[0])
    }
}

/// `σ` in doubles.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `σ'` in doubles.
fn slope(x: f64) -> f64 {
    sigmoid(x) * sigmoid(-x)
}

/// The `x` with `σ(x) ∈ y`: `ln(y/(1 − y))`.
fn logit(y: Interval) -> Interval {
    let y = y.intersection(bounds(0.0, 1.0));
    if y.is_empty() || y.sup() == 0.0 || y.inf() == 1.0 {
        return Interval::EMPTY;
    }
    let end = |y: f64| interval::ln(point(y) / (point(1.0) - point(y)));
    bounds(
        if y.inf() <= 0.0 { f64::NEG_INFINITY } else { end(y.inf()).inf() },
        if y.sup() == 1.0 { f64::INFINITY } else { end(y.sup()).sup() },
    )
}

/// The range of `σ'(x) = σ(x) σ(−x)`, even and decreasing in `|x|`.
pub(super) fn slopes(x: Interval) -> Interval {
    if x.is_empty() {
        return x;
    }
    let at = |x: f64| interval::sigmoid(point(x)) * interval::sigmoid(point(-x));
    let least = if x.mag() == f64::INFINITY { 0.0 } else { at(x.mag()).inf() };
    bounds(least, at(x.mig()).sup().min(0.25))
}

/// The range of `σ''(x) = σ'(x) (σ(−x) − σ(x))`: odd, increasing, decreasing and increasing again.
fn curvatures(x: Interval) -> Interval {
    if x.is_empty() {
        return x;
    }
    let at = |x: f64| {
        if x.is_infinite() {
            return ZERO;
        }
        let (plus, minus) = (interval::sigmoid(point(x)), interval::sigmoid(point(-x)));
        plus * minus * (minus - plus)
    };
    let mut range = at(x.inf()).convex_hull(at(x.sup()));
    if !x.disjoint(CURVATURE_PEAK) {
        range = range.convex_hull(-GREATEST_CURVATURE);
    }
    if !x.disjoint(-CURVATURE_PEAK) {
        range = range.convex_hull(GREATEST_CURVATURE);
    }
    range
}

/// `σ(z+d) − σ(z)`
#[derive(Debug)]
pub(crate) struct IncrementSigmoid;

impl Operator for IncrementSigmoid {
    fn symbol(&self) -> &'static str {
        "increment-sigmoid"
    }

    fn value(&self, x: &[f64]) -> f64 {
        value(x[0], x[1])
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        let (z, d) = (x[0], x[1]);
        if z.is_empty() || d.is_empty() {
            return Interval::EMPTY;
        }
        bounds(-greatest(-z, -d.inf()), greatest(z, d.sup()))
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        increment::invert(&Sigmoid, slopes(x[0].convex_hull(x[0] + x[1])), image, x);
    }

    fn gradient(&self, x: &[f64], _: f64, partials: &mut [f64]) {
        partials[1] = slope(x[0] + x[1]);
        partials[0] = partials[1] - slope(x[0]);
    }

    /// `∂g/∂z = σ'(z+d) − σ'(z)`, which is also `σ''` somewhere in between times `d`.
    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        let (z, d) = (x[0], x[1]);
        partials[1] = slopes(z + d);
        partials[0] = (partials[1] - slopes(z)).intersection(curvatures(z.convex_hull(z + d)) * d);
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        if side == Side::Lower {
            // g(−z, −d) = −g(z, d): the coefficients stay, the constant turns.
            return -self.relax(&[-x[0], -x[1]], -image, Side::Upper, coefficients);
        }
        let (z, d) = (x[0], x[1]);
        let line = |x, side| curve::line(&Sigmoid, Bend::convex_concave(ZERO), x, side);
        let planes = [envelope_line(z, d), increment::separable(line, z, d, side), corner_plane(z, d)];
        increment::best(&planes, x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        increment::exact(&Sigmoid, x)
    }

    fn print(&self, x: &[&str]) -> String {
        increment::print(&Sigmoid, x)
    }
}

/// The increment in doubles.
fn value(z: f64, d: f64) -> f64 {
    if d >= 0.0 { -sigmoid(z + d) * sigmoid(-z) * (-d).exp_m1() } else { sigmoid(z) * sigmoid(-z - d) * d.exp_m1() }
}

/// Encloses the increment over a thin range of `z` at one finite `d`.
fn at(z: Interval, d: f64) -> Interval {
    let d = point(d);
    if d.inf() >= 0.0 {
        -(interval::sigmoid(z + d) * interval::sigmoid(-z) * interval::exp_m1(-d))
    } else {
        interval::sigmoid(z) * interval::sigmoid(-(z + d)) * interval::exp_m1(d)
    }
}

/// The `z` in the range at which the increment by `d ≥ 0` is the greatest: `−d/2` or the end nearest to it.
fn summit(z: Interval, d: f64) -> Interval {
    let peak = point(-d) / point(2.0);
    if peak.sup() < z.inf() {
        point(z.inf())
    } else if peak.inf() > z.sup() {
        point(z.sup())
    } else {
        peak
    }
}

/// At least the greatest increment by `d` over `z`; `d` may be +∞.
fn greatest(z: Interval, d: f64) -> f64 {
    if d == f64::INFINITY {
        // The limit 1 − σ(z).
        if z.inf() == f64::NEG_INFINITY { 1.0 } else { interval::sigmoid(point(-z.inf())).sup() }
    } else if d >= 0.0 {
        at(summit(z, d), d).sup()
    } else {
        // The increment vanishes at an infinite end.
        let end = |z: f64| if z.is_infinite() { 0.0 } else { at(point(z), d).sup() };
        end(z.inf()).max(end(z.sup()))
    }
}

/// The envelope over `z` of the increments by `d`; see the head of the file.
struct Envelope {
    z: Interval,
    /// At most every slope of σ between `z` and `z + d`, `d ≤ 0`.
    least: f64,
}

impl Curve for Envelope {
    fn value(&self, d: f64) -> f64 {
        if d >= 0.0 {
            value((-0.5 * d).clamp(self.z.inf(), self.z.sup()), d)
        } else if self.z.sup() <= 0.0 {
            let end = |z: f64| if z.is_infinite() { 0.0 } else { value(z, d) };
            end(self.z.inf()).max(end(self.z.sup()))
        } else {
            self.least * d
        }
    }

    fn slope(&self, d: f64) -> f64 {
        if d >= 0.0 { slope((-0.5 * d).clamp(self.z.inf(), self.z.sup()) + d) } else { self.least }
    }

    fn enclose(&self, d: Interval) -> Interval {
        // Only ever asked at points.
        if d.inf() >= 0.0 {
            at(summit(self.z, d.inf()), d.inf())
        } else if self.z.sup() <= 0.0 {
            point(greatest(self.z, d.inf()))
        } else {
            point(self.least) * d
        }
    }

    fn enclose_slope(&self, d: Interval) -> Interval {
        interval::sigmoid(summit(self.z, d.inf()) + d) * interval::sigmoid(-(summit(self.z, d.inf()) + d))
    }
}

/// The upper line of the envelope.
fn envelope_line(z: Interval, d: Interval) -> Option<Plane> {
    let negative = bounds(d.inf().min(0.0), 0.0);
    let least = slopes(z.convex_hull(z + negative)).inf();
    let inflection = point((-z.sup()).max(0.0));
    let inflection = if inflection.is_empty() { Bend::CONVEX } else { Bend::convex_concave(inflection) };
    let (slope, constant) = curve::line(&Envelope { z, least }, inflection, d, Side::Upper)?;
    Plane::new(0.0, slope, constant)
}

/// The plane with the mean slopes of the four corners, raised above the function.
///
/// A function with `f'' ≥ −k` on an interval of width `h` is at most its chord plus `k h²/8`. Applied to the residual
/// `r = g − a·z − b·d` along `d`, and then along `z` on the two edges where `d` is at an end, this gives
/// `r ≤ max(corners) + k_d h_d²/8 + k_z h_z²/8` with `∂²g/∂d² = σ''(z+d)` and
/// `∂²g/∂z² = σ''(z+d) − σ''(z) = σ'''(ξ)·d`, `σ''' = σ' − 6σ'² = 1/24 − 6 (σ' − 1/12)²`.
fn corner_plane(z: Interval, d: Interval) -> Option<Plane> {
    if !z.is_common_interval() || !d.is_common_interval() {
        return None;
    }
    let corners = [(z.inf(), d.inf()), (z.sup(), d.inf()), (z.inf(), d.sup()), (z.sup(), d.sup())];
    let heights = corners.map(|(z, d)| at(point(z), d));
    let [h00, h10, h01, h11] = heights.map(Interval::mid);
    let mean_slope = |rise: f64, width: f64| if width > 0.0 { 0.5 * rise / width } else { 0.0 };
    let a = mean_slope(h10 - h00 + h11 - h01, z.sup() - z.inf());
    let b = mean_slope(h01 - h00 + h11 - h10, d.sup() - d.inf());
    if !a.is_finite() || !b.is_finite() {
        return None;
    }
    let mut residual = f64::NEG_INFINITY;
    for ((z, d), height) in corners.into_iter().zip(heights) {
        residual = residual.max((height - point(a) * point(z) - point(b) * point(d)).sup());
    }
    let moved = z + d;
    let curvature = curvatures(moved);
    let slopes = slopes(z.convex_hull(moved));
    let third = point(1.0) / point(24.0) - point(6.0) * (slopes - point(1.0) / point(12.0)).sqr();
    let bulge = |second: Interval, x: Interval| {
        point((-second.inf()).max(0.0)) * (point(x.sup()) - point(x.inf())).sqr() / point(8.0)
    };
    let along_z = (curvature - curvatures(z)).intersection(third * d);
    let constant = point(residual) + bulge(curvature, d) + bulge(along_z, z);
    Plane::new(a, b, constant.sup())
}
