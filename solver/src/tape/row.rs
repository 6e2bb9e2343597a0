//! The rows of layers, compiled to dense arrays: [`Linear`] and [`Noise`] with the nearest doubles of their exact
//! coefficients, the rounding of those (at most one unit `u = 2^−53`, relatively) carried as `slack`.
//!
//! With `S = [s, s̄]` the noise variable's interval (`S = 0` for a linear sum), term `j` of the row ranges over
//! `{a_j h + s·r_j |h|}`, which is piecewise bilinear: its extremes are at `h ∈ {h, h̄, 0}` and, because `r_j |h| ≥ 0`, at
//! `s̄` for the upper end and `s` for the lower.

use super::{Slot, Workspace};
use crate::exact::Constant;
use crate::interval::decimal::enclose_constant;
use crate::interval::round::{add_down, add_up, down, mul_down, mul_up, sub_down, sub_up, up};
use crate::interval::{Interval, bounds, kernel, point};
use crate::op::linear::Linear;
use crate::op::noise::Noise;

/// Rows of at most so many operands are enclosed term by term.
const SHORT: usize = 4;

/// A compiled row over `n` operands.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `a`, length `n`
    pub(super) a: Vec<f64>,
    /// what moves the coefficients, if anything does
    pub(super) noise: Option<RowNoise>,
    /// `b`
    pub(super) constant: Interval,
    /// 0 when all coefficients and radii are doubles, else 1
    slack: u32,
    /// the least magnitude of a nonzero `a_j`, infinite when there is none
    pub(super) smallest: f64,
}

/// The moving part of a row.
#[derive(Clone, Debug)]
pub(crate) struct RowNoise {
    /// the slot of `s`
    pub(super) slot: Slot,
    /// `r`, length `n`
    pub(super) r: Vec<f64>,
    /// `r_b`
    pub(super) radius: Interval,
    /// the least nonzero `r_j`, infinite when there is none
    pub(super) smallest: f64,
}

fn slack<'a>(mut constants: impl Iterator<Item = &'a Constant>) -> u32 {
    u32::from(constants.any(|c| c.as_f64_exact().is_none()))
}

fn smallest(a: &[f64]) -> f64 {
    a.iter().map(|a| a.abs()).filter(|&a| a > 0.0).fold(f64::INFINITY, f64::min)
}

impl Row {
    pub(super) fn linear(row: &Linear) -> Row {
        let a: Vec<f64> = row.coefficients.iter().map(Constant::nearest).collect();
        Row {
            smallest: smallest(&a),
            a,
            noise: None,
            constant: enclose_constant(&row.constant),
            slack: slack(row.coefficients.iter()),
        }
    }

    pub(super) fn noise(row: &Noise, slot: Slot) -> Row {
        let r: Vec<f64> = row.radii.iter().map(Constant::nearest).collect();
        let a: Vec<f64> = row.coefficients.iter().map(Constant::nearest).collect();
        Row {
            smallest: smallest(&a),
            a,
            noise: Some(RowNoise { slot, smallest: smallest(&r), r, radius: enclose_constant(&row.radius) }),
            constant: enclose_constant(&row.constant),
            slack: slack(row.coefficients.iter().chain(&row.radii)),
        }
    }

    /// The radius of an operand's coefficient, 0 for what is none of the operands.
    pub(super) fn radius_of(&self, slot: Slot, operands: &[Slot]) -> f64 {
        let Some(noise) = &self.noise else { return 0.0 };
        operands.iter().zip(&noise.r).filter(|&(&operand, _)| operand == slot).map(|(_, r)| r).sum()
    }

    /// How many units `u` the arrays may be away from the exact coefficients, relatively.
    pub(super) fn slack(&self) -> u32 {
        self.slack
    }

    /// The range of the row over the operands' ends `lo`, `hi`.
    pub(super) fn enclose(&self, values: &[Interval], lo: &[f64], hi: &[f64]) -> Interval {
        match &self.noise {
            None if lo.len() <= SHORT => self.enclose_short(lo, hi),
            None => kernel::dot(&self.a, lo, hi, self.slack) + self.constant,
            Some(noise) => {
                let s = values[noise.slot as usize];
                if s.is_empty() {
                    return Interval::EMPTY;
                }
                kernel::dot_noise(&self.a, &noise.r, lo, hi, s.inf(), s.sup(), self.slack)
                    + (self.constant + s * noise.radius)
            }
        }
    }

    /// The range of a short row without noise, exact where its terms and sums are doubles: the kernel charges the error of
    /// a sum even where there is none, so that `x − y` would not be known to be zero where it is.
    fn enclose_short(&self, lo: &[f64], hi: &[f64]) -> Interval {
        let (mut sum_lo, mut sum_hi) = (self.constant.inf(), self.constant.sup());
        for ((&a, &lo), &hi) in self.a.iter().zip(lo).zip(hi) {
            let (least, most) = if self.slack == 0 { (a, a) } else { (down(down(a)), up(up(a))) };
            if lo > hi || lo.is_nan() || hi.is_nan() {
                return Interval::EMPTY;
            }
            // a coefficient is not zero, and neither is one step beside it: the ends' own signs tell which is the worse
            let (from, to) = if a > 0.0 { (lo, hi) } else { (hi, lo) };
            let pick = |x: f64, small: bool| if (x > 0.0) == small { least } else { most };
            sum_lo = add_down(sum_lo, mul_down(pick(from, true), from));
            sum_hi = add_up(sum_hi, mul_up(pick(to, false), to));
        }
        bounds(sum_lo, sum_hi)
    }

    /// The value at a point, in doubles.
    pub(super) fn evaluate(&self, points: &[f64], operands: &[Slot]) -> f64 {
        let mut sum = self.constant.mid();
        match &self.noise {
            None => {
                for (a, &slot) in self.a.iter().zip(operands) {
                    sum += a * points[slot as usize];
                }
            }
            Some(noise) => {
                let mut radius = noise.radius.mid();
                for ((a, r), &slot) in self.a.iter().zip(&noise.r).zip(operands) {
                    let h = points[slot as usize];
                    sum += a * h;
                    radius += r * h.abs();
                }
                sum += points[noise.slot as usize] * radius;
            }
        }
        sum
    }

    /// The coefficient of operand `j` where `h_j` has the given sign range: `a_j + S·r_j·sgn(h_j)`.
    pub(super) fn coefficient(&self, j: usize, s: Interval, h: Interval) -> Interval {
        let widen = |x: f64| if self.slack == 0 { point(x) } else { bounds(down(down(x)), up(up(x))) };
        let a = widen(self.a[j]);
        match &self.noise {
            None => a,
            Some(noise) => {
                let r = widen(noise.r[j]);
                let sign = if h.inf() >= 0.0 {
                    point(1.0)
                } else if h.sup() <= 0.0 {
                    point(-1.0)
                } else {
                    bounds(-1.0, 1.0)
                };
                a + s * sign * r
            }
        }
    }

    /// Narrows the operands (and the noise variable) to what an image allows: `t_j ∈ image − b − Σ_{i≠j} t_i`. False
    /// when one becomes empty.
    pub(super) fn invert(&self, image: Interval, operands: &[Slot], w: &mut Workspace) -> bool {
        if !self.may_narrow(image, operands, w) {
            return true;
        }
        let s = self.noise.as_ref().map_or(point(0.0), |noise| w.values[noise.slot as usize]);
        let fixed = match &self.noise {
            None => self.constant,
            Some(noise) => self.constant + s * noise.radius,
        };
        // the terms, their sums without infinite ends, and how many ends are infinite
        let (mut sum_lo, mut sum_hi) = (fixed.inf(), fixed.sup());
        let (mut infinite_lo, mut infinite_hi) = (0usize, 0usize);
        for (j, &slot) in operands.iter().enumerate() {
            let h = w.values[slot as usize];
            let term = self.term(j, s, h);
            let (lo, hi) = (term.inf(), term.sup());
            (w.term_lo[j], w.term_hi[j]) = (lo, hi);
            if lo == f64::NEG_INFINITY {
                infinite_lo += 1
            } else {
                sum_lo = add_down(sum_lo, lo)
            }
            if hi == f64::INFINITY { infinite_hi += 1 } else { sum_hi = add_up(sum_hi, hi) }
        }
        let (image_lo, image_hi) = (image.inf(), image.sup());
        if infinite_lo == 0 && infinite_hi == 0 && image_lo <= sum_lo && sum_hi <= image_hi {
            return true;
        }
        for (j, &slot) in operands.iter().enumerate() {
            let (lo, hi) = (w.term_lo[j], w.term_hi[j]);
            let others_lo = match (infinite_lo, lo == f64::NEG_INFINITY) {
                (0, _) => sub_down(sum_lo, lo),
                (1, true) => sum_lo,
                _ => f64::NEG_INFINITY,
            };
            let others_hi = match (infinite_hi, hi == f64::INFINITY) {
                (0, _) => sub_up(sum_hi, hi),
                (1, true) => sum_hi,
                _ => f64::INFINITY,
            };
            let (new_lo, new_hi) = (sub_down(image_lo, others_hi), sub_up(image_hi, others_lo));
            if new_lo <= lo && hi <= new_hi {
                continue;
            }
            let term = bounds(new_lo.max(lo), new_hi.min(hi));
            if term.is_empty() {
                return false;
            }
            let held = w.values[slot as usize];
            let [first, second] = self.coefficient(j, s, held).mul_rev_to_pair(term);
            let value = held.intersection(first).convex_hull(held.intersection(second));
            if !held.subset(value) {
                w.values[slot as usize] = value;
                w.narrowed[slot as usize] = true;
                if value.is_empty() {
                    return false;
                }
            }
        }
        self.invert_noise(image, operands, s, w)
    }

    /// Whether an image can narrow an operand, judged in plain arithmetic: a term `[t, t̄]` is cut only where it is wider
    /// than what the image leaves of the row's range on one side. Wrong at most where next to nothing is cut.
    fn may_narrow(&self, image: Interval, operands: &[Slot], w: &Workspace) -> bool {
        let (mut lower, mut upper, mut widest) = (self.constant.inf(), self.constant.sup(), 0.0f64);
        let (s, mut noise_width) = match &self.noise {
            Some(noise) => {
                let s = w.values[noise.slot as usize];
                lower += s.inf() * noise.radius.sup();
                upper += s.sup() * noise.radius.sup();
                (s.mag(), s.wid() * noise.radius.sup())
            }
            None => (0.0, 0.0),
        };
        for (j, &slot) in operands.iter().enumerate() {
            let h = w.values[slot as usize];
            let (p, q) = (self.a[j] * h.inf(), self.a[j] * h.sup());
            let moved = self.noise.as_ref().map_or(0.0, |noise| s * noise.r[j] * h.mag());
            let (low, high) = (p.min(q) - moved, p.max(q) + moved);
            lower += low;
            upper += high;
            widest = widest.max(high - low);
            noise_width += 2.0 * moved;
        }
        let room = (image.sup() - lower).min(upper - image.inf());
        // unbounded operands ask for the closer look
        !lower.is_finite() || !upper.is_finite() || widest.max(noise_width) > room
    }

    /// `s ∈ (image − a·h − b)/ρ(h)`
    fn invert_noise(&self, image: Interval, operands: &[Slot], s: Interval, w: &mut Workspace) -> bool {
        let Some(noise) = &self.noise else { return true };
        let mut rest = image - self.constant;
        let mut radius = noise.radius;
        for (j, &slot) in operands.iter().enumerate() {
            let h = w.values[slot as usize];
            rest -= self.coefficient(j, point(0.0), h) * h;
            let widen = if self.slack == 0 { point(noise.r[j]) } else { bounds(down(noise.r[j]), up(noise.r[j])) };
            radius += widen * h.abs();
        }
        let [first, second] = radius.mul_rev_to_pair(rest);
        let value = s.intersection(first).convex_hull(s.intersection(second));
        if !s.subset(value) {
            w.values[noise.slot as usize] = value;
            w.narrowed[noise.slot as usize] = true;
        }
        !value.is_empty()
    }

    /// The range of term `j`.
    fn term(&self, j: usize, s: Interval, h: Interval) -> Interval {
        match &self.noise {
            None => self.coefficient(j, s, h) * h,
            Some(_) if h.inf() < 0.0 && h.sup() > 0.0 => {
                let (below, above) = (bounds(h.inf(), 0.0), bounds(0.0, h.sup()));
                (self.coefficient(j, s, below) * below).convex_hull(self.coefficient(j, s, above) * above)
            }
            Some(_) => self.coefficient(j, s, h) * h,
        }
    }
}
