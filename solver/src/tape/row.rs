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
use crate::op::coefficients::{Coefficients, Doubles, Numbers};
use crate::op::linear::Linear;
use crate::op::noise::Noise;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Rows of at most so many operands are enclosed term by term.
const SHORT: usize = 4;

/// A compiled row over `n` operands.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `a`
    pub(super) a: Span,
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
    /// `r`
    pub(super) r: Span,
    /// what `a` has where `r` is
    beside: Span,
    /// `r_b`
    pub(super) radius: Interval,
    /// the least nonzero `r_j`, infinite when there is none
    pub(super) smallest: f64,
}

/// The doubles of a row's coefficients: neighbours in an array that other rows share, and zeros beside them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    of: Doubles,
    start: usize,
    /// the operands that they belong to
    pub(super) at: Range<usize>,
}

/// Arrays of one number, which rows share.
#[derive(Debug, Default)]
pub(super) struct Arrays(HashMap<u64, Doubles>);

impl Arrays {
    /// At least `count` times a number.
    fn of(&mut self, number: f64, count: usize) -> Doubles {
        let array = self.0.entry(number.to_bits()).or_default();
        if array.len() < count {
            *array = Arc::new(vec![number; count]);
        }
        array.clone()
    }

    /// The nearest doubles of coefficients, and whether one of them is off.
    fn span(&mut self, coefficients: &Coefficients) -> (Span, bool) {
        let at = coefficients.range();
        match coefficients.numbers() {
            Numbers::Doubles { of, at: range } => (Span { of: of.clone(), start: range.start, at }, false),
            Numbers::Same(number, count) => {
                let of = self.of(number.nearest(), *count);
                (Span { of, start: 0, at }, *count > 0 && number.as_f64_exact().is_none())
            }
            Numbers::Exact(numbers) => {
                let off = numbers.iter().any(|number| number.as_f64_exact().is_none());
                (Span { of: Arc::new(numbers.iter().map(Constant::nearest).collect()), start: 0, at }, off)
            }
        }
    }
}

impl Span {
    /// The doubles, one for each operand in `at`.
    pub(super) fn values(&self) -> &[f64] {
        &self.of[self.start..self.start + self.at.len()]
    }

    /// The coefficient of an operand.
    pub(super) fn get(&self, operand: usize) -> f64 {
        if self.at.contains(&operand) { self.values()[operand - self.at.start] } else { 0.0 }
    }

    /// The array, and where the doubles start in it.
    pub(super) fn place(&self) -> (&Doubles, usize) {
        (&self.of, self.start)
    }

    /// The same row as an array of its own, for so many operands.
    fn whole(&self, operands: usize) -> Span {
        Span { of: Arc::new((0..operands).map(|j| self.get(j)).collect()), start: 0, at: 0..operands }
    }

    /// The least magnitude of a coefficient that is not zero, infinite when there is none.
    fn smallest(&self) -> f64 {
        self.values().iter().map(|a| a.abs()).filter(|&a| a > 0.0).fold(f64::INFINITY, f64::min)
    }
}

impl Row {
    pub(super) fn linear(row: &Linear, arrays: &mut Arrays) -> Row {
        let (a, off) = arrays.span(&row.coefficients);
        let constant = enclose_constant(&row.constant);
        Row { smallest: a.smallest(), a, noise: None, constant, slack: u32::from(off) }
    }

    pub(super) fn noise(row: &Noise, slot: Slot, arrays: &mut Arrays) -> Row {
        let (mut a, a_off) = arrays.span(&row.coefficients);
        let (mut r, r_off) = arrays.span(&row.radii);
        let apart = a.at.end <= r.at.start || r.at.end <= a.at.start;
        if a.at != r.at && !apart {
            (a, r) = (a.whole(row.coefficients.len()), r.whole(row.radii.len()));
        }
        let beside =
            if a.at == r.at { a.clone() } else { Span { of: arrays.of(0.0, r.at.len()), start: 0, at: r.at.clone() } };
        let radius = enclose_constant(&row.radius);
        Row {
            smallest: a.smallest(),
            a,
            noise: Some(RowNoise { slot, smallest: r.smallest(), r, beside, radius }),
            constant: enclose_constant(&row.constant),
            slack: u32::from(a_off || r_off),
        }
    }

    /// The radius of an operand's coefficient, 0 for what is none of the operands.
    pub(super) fn radius_of(&self, slot: Slot, operands: &[Slot]) -> f64 {
        let Some(noise) = &self.noise else { return 0.0 };
        let r = operands[noise.r.at.clone()].iter().zip(noise.r.values());
        r.filter(|&(&operand, _)| operand == slot).map(|(_, r)| r).sum()
    }

    /// How many units `u` the arrays may be away from the exact coefficients, relatively.
    pub(super) fn slack(&self) -> u32 {
        self.slack
    }

    /// The range of the row over the operands' ends `lo`, `hi`.
    pub(super) fn enclose(&self, values: &[Interval], lo: &[f64], hi: &[f64]) -> Interval {
        match &self.noise {
            None if lo.len() <= SHORT => self.enclose_short(lo, hi),
            None => self.plain(lo, hi) + self.constant,
            Some(noise) => {
                let s = values[noise.slot as usize];
                if s.is_empty() {
                    return Interval::EMPTY;
                }
                let (a, r) = (noise.beside.values(), noise.r.values());
                let (at, ends) = (noise.r.at.clone(), (s.inf(), s.sup()));
                let moved = kernel::dot_noise(a, r, &lo[at.clone()], &hi[at], ends.0, ends.1, self.slack);
                let moved = moved + (self.constant + s * noise.radius);
                if self.a.at == noise.r.at { moved } else { self.plain(lo, hi) + moved }
            }
        }
    }

    /// The range of `Σ a_j h_j`.
    fn plain(&self, lo: &[f64], hi: &[f64]) -> Interval {
        kernel::dot(self.a.values(), &lo[self.a.at.clone()], &hi[self.a.at.clone()], self.slack)
    }

    /// The range of a short row without noise, exact where its terms and sums are doubles: the kernel charges the error of
    /// a sum even where there is none, so that `x − y` would not be known to be zero where it is.
    fn enclose_short(&self, lo: &[f64], hi: &[f64]) -> Interval {
        let (mut sum_lo, mut sum_hi) = (self.constant.inf(), self.constant.sup());
        for ((&a, &lo), &hi) in self.a.values().iter().zip(&lo[self.a.at.clone()]).zip(&hi[self.a.at.clone()]) {
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
        for (a, &slot) in self.a.values().iter().zip(&operands[self.a.at.clone()]) {
            sum += a * points[slot as usize];
        }
        if let Some(noise) = &self.noise {
            let mut radius = noise.radius.mid();
            for (r, &slot) in noise.r.values().iter().zip(&operands[noise.r.at.clone()]) {
                radius += r * points[slot as usize].abs();
            }
            sum += points[noise.slot as usize] * radius;
        }
        sum
    }

    /// The coefficient of operand `j` where `h_j` has the given sign range: `a_j + S·r_j·sgn(h_j)`.
    pub(super) fn coefficient(&self, j: usize, s: Interval, h: Interval) -> Interval {
        let widen = |x: f64| if self.slack == 0 { point(x) } else { bounds(down(down(x)), up(up(x))) };
        let a = widen(self.a.get(j));
        match &self.noise {
            None => a,
            Some(noise) => {
                let r = widen(noise.r.get(j));
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
            let a = self.a.get(j);
            let (p, q) = (a * h.inf(), a * h.sup());
            let moved = self.noise.as_ref().map_or(0.0, |noise| s * noise.r.get(j) * h.mag());
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
            let r = noise.r.get(j);
            let widen = if self.slack == 0 || r == 0.0 { point(r) } else { bounds(down(r), up(r)) };
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
