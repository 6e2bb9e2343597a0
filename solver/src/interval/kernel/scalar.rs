//! The kernels once more, term by term in inari's arithmetic: slow, and right for every input. Rows on which the fast
//! sweep cannot give a bound come here.

use inari::Interval;

use super::UNIT;

const ZERO: Interval = inari::const_interval!(0.0, 0.0);

/// The interval `[lo, hi]`: empty when `lo > hi`, the whole line when a bound is NaN or no real number.
fn bounds(lo: f64, hi: f64) -> Interval {
    if lo > hi { Interval::EMPTY } else { Interval::try_from((lo, hi)).unwrap_or(Interval::ENTIRE) }
}

/// All real weights that `w` may stand for.
fn weight(w: f64, slack: u32) -> Interval {
    if slack == 0 {
        return bounds(w, w);
    }
    let off = (f64::from(slack) * UNIT * w.abs().max(f64::MIN_POSITIVE)).next_up();
    bounds((w - off).next_down(), (w + off).next_up())
}

/// Whether something in the rows is not a number, so that nothing is known.
fn any_nan(rows: &[&[f64]]) -> bool {
    rows.iter().any(|row| row.iter().any(|x| x.is_nan()))
}

/// Adds up terms; an empty term makes the sum empty.
fn fold(terms: impl Iterator<Item = Interval>) -> Interval {
    terms.fold(ZERO, |sum, term| if term == ZERO { sum } else { sum + term })
}

pub(super) fn dot(w: &[f64], lo: &[f64], hi: &[f64], slack: u32) -> Interval {
    if any_nan(&[w, lo, hi]) {
        return Interval::ENTIRE;
    }
    fold(w.iter().zip(lo).zip(hi).map(|((&w, &lo), &hi)| {
        let nothing = (lo == 0.0 && hi == 0.0) || (w == 0.0 && slack == 0 && lo <= hi);
        if nothing { ZERO } else { weight(w, slack) * bounds(lo, hi) }
    }))
}

pub(super) fn dot_interval(w_lo: &[f64], w_hi: &[f64], lo: &[f64], hi: &[f64]) -> Interval {
    if any_nan(&[w_lo, w_hi, lo, hi]) {
        return Interval::ENTIRE;
    }
    let weights = w_lo.iter().zip(w_hi).map(|(&lo, &hi)| bounds(lo, hi));
    fold(weights.zip(lo.iter().zip(hi)).map(|(w, (&lo, &hi))| w * bounds(lo, hi)))
}

pub(super) fn dot_noise(a: &[f64], r: &[f64], lo: &[f64], hi: &[f64], s_lo: f64, s_hi: f64, slack: u32) -> Interval {
    if any_nan(&[a, r, lo, hi, &[s_lo, s_hi]]) {
        return Interval::ENTIRE;
    }
    let s = bounds(s_lo, s_hi);
    if s.is_empty() {
        return Interval::EMPTY;
    }
    let nonnegative = bounds(0.0, f64::INFINITY);
    let (low, high) = (bounds(s.inf(), s.inf()), bounds(s.sup(), s.sup()));
    fold(a.iter().zip(r).zip(lo.iter().zip(hi)).map(|((&a, &r), (&lo, &hi))| {
        let (h, a) = (bounds(lo, hi), weight(a, slack));
        // a·h + s·r·|h| is (a + s·r)·h for h ≥ 0 and (a − s·r)·h for h ≤ 0.
        let r = weight(r.abs(), slack).intersection(nonnegative);
        let (positive, negative) = (h.intersection(nonnegative), h.intersection(-nonnegative));
        let at = |s: Interval| ((a + s * r) * positive).convex_hull((a - s * r) * negative);
        let (below, above) = (at(low), at(high));
        if h.is_empty() { Interval::EMPTY } else { bounds(below.inf(), above.sup()) }
    }))
}
