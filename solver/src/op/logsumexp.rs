//! `ln Σ e^{x_i}` and its increment `ln Σ e^{z_i+d_i} − ln Σ e^{z_i}`: the logits of a softmax.
//!
//! The sum is taken after the greatest operand has been factored out, so that nothing overflows and the logarithm's
//! argument is at least one.
//!
//! The increment is `ln(1 + Σ w_i (e^{d_i} − 1) / Σ w_i)` with the weights `w_i = e^{z_i}`. It increases in every `d_i`,
//! and for fixed `d` it is a weighted mean, which is greatest when every weight whose `d_i` exceeds the mean is at its
//! largest and every other at its smallest: in the order of falling `d`, a threshold. All thresholds are tried, which
//! is both exact and indifferent to rounding in the choice. The infimum is the same with the order reversed.

use super::increment::{self, Plane};
use super::logarithm::ln_1p;
use super::{Operator, Side, curve};
use crate::exact::Ball;
use crate::interval::{self, Interval, bounds, const_interval, point};
use smallvec::SmallVec;

type Intervals = SmallVec<[Interval; 8]>;

const ZERO: Interval = const_interval!(0.0, 0.0);
const ONE: Interval = const_interval!(1.0, 1.0);
const UNIT: Interval = const_interval!(0.0, 1.0);

/// `ln Σ e^{x_i}`, n-ary
#[derive(Debug)]
pub(crate) struct LogSumExp;

impl Operator for LogSumExp {
    fn symbol(&self) -> &'static str {
        "log-sum-exp"
    }

    fn value(&self, x: &[f64]) -> f64 {
        let greatest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        greatest + x.iter().map(|x| (x - greatest).exp()).sum::<f64>().ln()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        if x.iter().any(|x| x.is_empty()) {
            return Interval::EMPTY;
        }
        let lower = log_sum_exp(x.iter().map(|x| x.inf()));
        let upper = log_sum_exp(x.iter().map(|x| x.sup()));
        bounds(lower.map_or(f64::NEG_INFINITY, |y| y.inf()), upper.map_or(f64::INFINITY, |y| y.sup()))
    }

    /// `e^{x_i}` is the exponential of the image less the other terms. They are subtracted from their total, at the
    /// price of a rounding of the size of the largest term.
    fn invert(&self, image: Interval, x: &mut [Interval]) {
        if image.is_empty() || x.iter().any(|x| x.is_empty()) {
            x.fill(Interval::EMPTY);
            return;
        }
        // Every term is at most the sum.
        for x in x.iter_mut() {
            *x = x.intersection(bounds(f64::NEG_INFINITY, image.sup()));
        }
        let shift = x.iter().fold(f64::NEG_INFINITY, |shift, x| shift.max(x.sup()));
        if x.iter().any(|x| x.is_empty()) || !shift.is_finite() {
            return;
        }
        let term = |x: Interval| interval::exp(x - point(shift));
        let sum = term(image);
        let total = x.iter().fold(ZERO, |total, x| total + term(*x));
        for x in x.iter_mut() {
            let own = term(*x);
            // total ⊖ own: the others alone.
            let others = bounds(
                (point(total.inf()) - point(own.inf())).inf().max(0.0),
                (point(total.sup()) - point(own.sup())).sup().max(0.0),
            );
            let own = (sum - others).intersection(bounds(0.0, f64::INFINITY));
            *x = x.intersection(interval::ln(own) + point(shift));
        }
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        for (partial, x) in partials.iter_mut().zip(x) {
            *partial = (x - value).exp();
        }
    }

    fn derivative(&self, x: &[Interval], _: Interval, partials: &mut [Interval]) {
        softmax(x, partials);
    }

    /// Below, the tangent plane at the middle of the box. Above, the chord of every exponential and then a tangent of
    /// the logarithm: `ln s ≤ ln s_0 + s/s_0 − 1`.
    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        let plane = match side {
            Side::Lower => below(x),
            Side::Upper => above(x),
        };
        increment::best(&[plane], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        // Certified exponentials overflow later than doubles but not never: factor out the greatest all the same.
        let greatest = x.iter().skip(1).fold(x.first()?.clone(), |greatest, x| greatest.max(x));
        let mut sum: Option<Ball> = None;
        for x in x {
            let term = x.sub(&greatest)?.exp()?;
            sum = Some(match sum {
                Some(sum) => sum.add(&term)?,
                None => term,
            });
        }
        sum?.ln()?.add(&greatest)
    }

    fn print(&self, x: &[&str]) -> String {
        match x {
            [x] => format!("(log (exp {x}))"),
            _ => format!("(log (+{}))", x.iter().map(|x| format!(" (exp {x})")).collect::<String>()),
        }
    }
}

/// Encloses the function at a point with finite and infinite coordinates; `None` where it is infinite itself.
fn log_sum_exp(x: impl Iterator<Item = f64> + Clone) -> Option<Interval> {
    let greatest = x.clone().fold(f64::NEG_INFINITY, f64::max);
    if greatest.is_infinite() {
        return None;
    }
    // One term is exactly 1; the others are summed apart, for accuracy where they are small.
    let (mut rest, mut skipped) = (ZERO, false);
    for x in x {
        if x == greatest && !skipped {
            skipped = true;
        } else if x != f64::NEG_INFINITY {
            rest += interval::exp(point(x) - point(greatest));
        }
    }
    Some(point(greatest) + ln_1p(rest))
}

/// Encloses the weights `e^{x_i} / Σ e^{x_j}` over the box: the greatest has its own operand at the upper end and all
/// others at the lower, the least the other way round.
fn softmax(x: &[Interval], weights: &mut [Interval]) {
    let shift = x.iter().fold(f64::NEG_INFINITY, |shift, x| shift.max(x.sup()));
    if !shift.is_finite() || x.iter().any(|x| x.is_empty()) {
        weights.fill(UNIT);
        return;
    }
    let mut total = ZERO;
    for (weight, x) in weights.iter_mut().zip(x) {
        *weight = interval::exp(*x - point(shift));
        total += *weight;
    }
    for weight in weights.iter_mut() {
        let others = bounds(
            (point(total.inf()) - point(weight.inf())).inf().max(0.0),
            (point(total.sup()) - point(weight.sup())).sup().max(0.0),
        );
        let share = |own: f64, others: f64| point(own) / (point(own) + point(others));
        let (least, most) = (share(weight.inf(), others.sup()), share(weight.sup(), others.inf()));
        *weight = bounds(
            if least.is_empty() { 0.0 } else { least.inf().clamp(0.0, 1.0) },
            if most.is_empty() { 1.0 } else { most.sup().min(1.0) },
        );
    }
}

/// The tangent plane at the middle.
fn below(x: &[Interval]) -> Option<Plane> {
    if x.iter().any(|x| !x.is_common_interval()) {
        return None;
    }
    let middle: Intervals = x.iter().map(|x| point(x.mid())).collect();
    let mut weights: Intervals = SmallVec::from_elem(UNIT, x.len());
    softmax(&middle, &mut weights);
    let mut rest = LogSumExp.enclose(&middle);
    let mut coefficients = SmallVec::new();
    for ((x, m), w) in x.iter().zip(&middle).zip(&weights) {
        let a = w.mid();
        coefficients.push(a);
        rest = rest - point(a) * *m + (*w - point(a)) * (*x - *m);
    }
    Plane::from_coefficients(coefficients, rest.inf())
}

/// Chords of the exponentials, and the tangent of the logarithm at the value of their sum in the middle.
fn above(x: &[Interval]) -> Option<Plane> {
    let shift = x.iter().fold(f64::NEG_INFINITY, |shift, x| shift.max(x.sup()));
    if x.iter().any(|x| !x.is_common_interval()) {
        return None;
    }
    // Σ e^{x_i − shift} ≤ Σ (α_i x_i + β_i), where s_0 is the right-hand side in the middle, in doubles.
    let mut lines: SmallVec<[(f64, f64); 8]> = SmallVec::new();
    let mut middle = 0.0;
    for x in x {
        let moved = *x - point(shift);
        let (slope, height) = curve::line(&super::exponential::Exp, curve::Bend::CONVEX, moved, Side::Upper)?;
        middle += slope * moved.mid() + height;
        lines.push((slope, height));
    }
    if middle <= 0.0 || !middle.is_finite() {
        return None;
    }
    // ln Σ e^{x_i} ≤ shift + ln s_0 − 1 + Σ (α_i (x_i − shift) + β_i)/s_0; each quotient's rounding goes to the rest.
    let scale = point(middle);
    let mut rest = point(shift) + interval::ln(scale) - ONE;
    let mut coefficients = SmallVec::new();
    for ((slope, height), x) in lines.into_iter().zip(x) {
        let a = slope / middle;
        let exact = point(slope) / scale;
        rest = rest + point(height) / scale - exact * point(shift) + (exact - point(a)) * *x;
        coefficients.push(a);
    }
    Plane::from_coefficients(coefficients, rest.sup())
}

/// `ln Σ e^{z_i+d_i} − ln Σ e^{z_i}`; all `z_i` come first, then all `d_i`.
#[derive(Debug)]
pub(crate) struct IncrementLogSumExp;

/// Up to this magnitude of every `d_i`, the mean of `e^{d_i} − 1` is not near −1.
const SMALL: f64 = 0.5;

/// `z_i + d_i`
fn moved(z: &[Interval], d: &[Interval]) -> Intervals {
    z.iter().zip(d).map(|(z, d)| *z + *d).collect()
}

impl Operator for IncrementLogSumExp {
    fn symbol(&self) -> &'static str {
        "increment-log-sum-exp"
    }

    fn value(&self, x: &[f64]) -> f64 {
        let (z, d) = x.split_at(x.len() / 2);
        if d.iter().any(|d| d.abs() > SMALL) {
            let sum: SmallVec<[f64; 8]> = z.iter().zip(d).map(|(z, d)| z + d).collect();
            return LogSumExp.value(&sum) - LogSumExp.value(z);
        }
        let greatest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let (mut sum, mut change) = (0.0, 0.0);
        for (z, d) in z.iter().zip(d) {
            let weight = (z - greatest).exp();
            sum += weight;
            change += weight * d.exp_m1();
        }
        (change / sum).ln_1p()
    }

    fn enclose(&self, x: &[Interval]) -> Interval {
        if x.iter().any(|x| x.is_empty()) {
            return Interval::EMPTY;
        }
        let (z, d) = x.split_at(x.len() / 2);
        let greatest = extreme(z, d.iter().map(|d| d.sup()), true);
        let least = extreme(z, d.iter().map(|d| d.inf()), false);
        bounds(least, greatest)
    }

    fn invert(&self, image: Interval, x: &mut [Interval]) {
        let (z, d) = x.split_at_mut(x.len() / 2);
        let mut sum = moved(z, d);
        LogSumExp.invert(image + LogSumExp.enclose(z), &mut sum);
        LogSumExp.invert(LogSumExp.enclose(&sum) - image, z);
        for ((z, d), sum) in z.iter_mut().zip(d).zip(sum) {
            *d = d.intersection(sum - *z);
            *z = z.intersection(sum - *d);
        }
    }

    fn gradient(&self, x: &[f64], value: f64, partials: &mut [f64]) {
        let n = x.len() / 2;
        let before = LogSumExp.value(&x[..n]);
        for i in 0..n {
            let weight = (x[i] - before).exp();
            partials[i] = weight * (x[n + i] - value).exp_m1();
            partials[n + i] = weight * (x[n + i] - value).exp();
        }
    }

    /// With the weights `p` before and `q` after, `∂g/∂d_i = q_i` and `∂g/∂z_i = q_i − p_i = p_i (e^{d_i − g} − 1)`.
    fn derivative(&self, x: &[Interval], image: Interval, partials: &mut [Interval]) {
        let (z, d) = x.split_at(x.len() / 2);
        let (by_z, by_d) = partials.split_at_mut(z.len());
        softmax(z, by_z);
        softmax(&moved(z, d), by_d);
        for ((before, after), d) in by_z.iter_mut().zip(by_d).zip(d) {
            let change = *before * interval::exp_m1(*d - image);
            *before = (*after - *before).intersection(change);
        }
    }

    fn relax(&self, x: &[Interval], image: Interval, side: Side, coefficients: &mut [f64]) -> f64 {
        increment::best(&[Plane::mean_value(self, x, image, side)], x, image, side, coefficients)
    }

    fn exact(&self, x: &[Ball]) -> Option<Ball> {
        let (z, d) = x.split_at(x.len() / 2);
        let sum = z.iter().zip(d).map(|(z, d)| z.add(d)).collect::<Option<Vec<_>>>()?;
        LogSumExp.exact(&sum)?.sub(&LogSumExp.exact(z)?)
    }

    fn print(&self, x: &[&str]) -> String {
        let (z, d) = x.split_at(x.len() / 2);
        let sum: Vec<String> = z.iter().zip(d).map(|(z, d)| format!("(+ {z} {d})")).collect();
        let sum: Vec<&str> = sum.iter().map(String::as_str).collect();
        format!("(- {} {})", LogSumExp.print(&sum), LogSumExp.print(z))
    }
}

/// At least the greatest (at most the least) increment over the weights, for fixed increments `d` of the operands.
fn extreme(z: &[Interval], d: impl Iterator<Item = f64> + Clone, greatest: bool) -> f64 {
    // A weighted mean in the exponent lies between the smallest and the largest d.
    let (least_d, most_d) =
        d.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), d| (least.min(d), most.max(d)));
    let trivial = if greatest { most_d } else { least_d };
    let shift = z.iter().fold(f64::NEG_INFINITY, |shift, z| shift.max(z.sup()));
    if !shift.is_finite() || d.clone().any(f64::is_infinite) {
        return trivial;
    }
    // Each term: its d, its weight, and its change e^d − 1, which is accurate for small d; otherwise e^{d − most_d}, so
    // that the mean of the changes is not near −1 and nothing overflows.
    let small = least_d.abs().max(most_d.abs()) <= SMALL;
    let mut terms: SmallVec<[(f64, Interval, Interval); 8]> = d
        .zip(z)
        .map(|(d, z)| {
            let change = if small { interval::exp_m1(point(d)) } else { interval::exp(point(d) - point(most_d)) };
            (d, interval::exp(*z - point(shift)), change)
        })
        .collect();
    terms.sort_by(|a, b| if greatest { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) });
    // The sums over the terms behind the threshold, their weights at the lower ends.
    let mut behind: SmallVec<[(Interval, Interval); 8]> = SmallVec::from_elem((ZERO, ZERO), terms.len() + 1);
    for (i, (_, weight, change)) in terms.iter().enumerate().rev() {
        let weight = point(weight.inf());
        behind[i] = (behind[i + 1].0 + weight, behind[i + 1].1 + weight * *change);
    }
    let mut before = (ZERO, ZERO);
    let mut range = Interval::EMPTY;
    for (i, behind) in behind.into_iter().enumerate() {
        if i > 0 {
            let (_, weight, change) = terms[i - 1];
            let weight = point(weight.sup());
            before = (before.0 + weight, before.1 + weight * change);
        }
        let mean = (before.1 + behind.1) / (before.0 + behind.0);
        let mean = if small { ln_1p(mean) } else { point(most_d) + interval::ln(mean) };
        range = range.convex_hull(mean);
    }
    if range.is_empty() {
        trivial
    } else if greatest {
        trivial.min(range.sup())
    } else {
        trivial.max(range.inf())
    }
}
