//! Dense rows of interval arithmetic in one sweep: `Σ_j w_j·[lo_j, hi_j]` and its relatives, on arrays of bounds.
//!
//! inari changes the rounding mode in every operation, some 10 ns each. A kernel instead computes in round-to-nearest,
//! which the compiler can vectorise, and bounds afterwards how far the rounded sum can be off. With `u = 2^-53`, a sum
//! of products in which no term passes through more than `k` roundings errs by at most
//!
//! ```text
//! γ_k · M + (number of terms) · 2^-1075 (1 + γ_k),    γ_k = k·u / (1 − k·u),    M = Σ_j |w_j|·max(|lo_j|, |hi_j|),
//! ```
//!
//! whatever the order of the additions (Higham, *Accuracy and Stability of Numerical Algorithms*, 2002, §3.1; the
//! second part stands for products that underflow). The sweep sums `M` beside the two ends, with the same kind of
//! error, and `k·u·(1 + 2^-19)` times the rounded `M` covers all of it, second-order terms and the rounding of the
//! bound itself included, as long as `k ≤ 2^30`. Terms are summed in sixteen lanes, so `k` is about `n/16`, not `n`.
//!
//! Where a sum is not finite (overflow, unbounded intervals, `0·∞`), or `M` is zero, so that the bound would say
//! `±2^-1070` about an exact zero, the row is folded again in inari's arithmetic (`scalar`).
//!
//! Each body is compiled twice, for the baseline of the build and for AVX-512, and chosen at run time. The instruction
//! set changes which additions are fused into vectors, never a result: both add the same lanes in the same order.

use std::sync::OnceLock;

use inari::Interval;

mod scalar;

#[cfg(test)]
mod tests;

/// Terms summed side by side.
const BLOCK: usize = 16;

/// The unit roundoff.
const UNIT: f64 = f64::EPSILON / 2.0;

/// The spacing of subnormal numbers, `2^-1074`.
const LEAST: f64 = f64::from_bits(1);

/// Above this many roundings the second-order terms of the error bound would need a closer look.
const MAX_ROUNDINGS: usize = 1 << 30;

/// Which of the compiled bodies runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Body {
    /// The best one that this processor runs.
    #[inline]
    fn best() -> Self {
        static BEST: OnceLock<Body> = OnceLock::new();
        *BEST.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
            {
                return Self::Avx512;
            }
            Self::Portable
        })
    }
}

/// Rounded sums of lower ends, upper ends and magnitudes.
type Sums = [f64; 3];

/// `min` that keeps a NaN in its first argument; one instruction.
#[inline(always)]
fn min(a: f64, b: f64) -> f64 {
    if b < a { b } else { a }
}

/// `max` that keeps a NaN in its second argument; one instruction.
#[inline(always)]
fn max(a: f64, b: f64) -> f64 {
    if a > b { a } else { b }
}

/// Adds the terms of `L` columns to as many lanes. Lanes are only ever indexed by constants, once this loop is
/// unrolled; that keeps them in registers.
#[inline(always)]
fn add<const K: usize, const L: usize>(
    lanes: &mut [[f64; L]; 3],
    columns: [&[f64; L]; K],
    term: impl Fn([f64; K]) -> Sums,
) {
    for i in 0..L {
        let [lo, hi, magnitude] = term(columns.map(|row| row[i]));
        lanes[0][i] += lo;
        lanes[1][i] += hi;
        lanes[2][i] += magnitude;
    }
}

/// Sums `term`, which is zero for a column of zeros, over the columns of `rows`, which have one length.
#[inline(always)]
fn sum<const K: usize>(rows: [&[f64]; K], term: impl Fn([f64; K]) -> Sums + Copy) -> Sums {
    let n = rows[0].len();
    if n < BLOCK {
        return short_sum(rows, term);
    }
    let mut lanes = [[0.0; BLOCK]; 3];
    let blocks = rows.map(|row| row.as_chunks::<BLOCK>().0);
    for b in 0..blocks[0].len() {
        add(&mut lanes, blocks.map(|row| &row[b]), term);
    }
    if !n.is_multiple_of(BLOCK) {
        // The last block once more, with zeros for what was summed already: they add nothing, not even an error.
        let done = BLOCK - n % BLOCK;
        let mut last = [[0.0; BLOCK]; K];
        for (block, row) in last.iter_mut().zip(rows) {
            let end = row.last_chunk::<BLOCK>().unwrap_or(&[0.0; BLOCK]);
            for i in 0..BLOCK {
                block[i] = if i < done { 0.0 } else { end[i] };
            }
        }
        add(&mut lanes, last.each_ref(), term);
    }
    lanes.map(|lane| {
        let eight: [f64; 8] = std::array::from_fn(|i| lane[i] + lane[i + 8]);
        let four: [f64; 4] = std::array::from_fn(|i| eight[i] + eight[i + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    })
}

/// [`sum`] of fewer terms than a block has.
#[inline(always)]
fn short_sum<const K: usize>(rows: [&[f64]; K], term: impl Fn([f64; K]) -> Sums + Copy) -> Sums {
    let mut lanes = [[0.0; 4]; 3];
    let quads = rows.map(|row| row.as_chunks::<4>());
    for q in 0..quads[0].0.len() {
        add(&mut lanes, quads.map(|(quads, _)| &quads[q]), term);
    }
    let mut rest = [[0.0]; 3];
    for j in 0..quads[0].1.len() {
        add(&mut rest, quads.map(|(_, rest)| std::array::from_ref(&rest[j])), term);
    }
    std::array::from_fn(|s| {
        let lane = lanes[s];
        ((lane[0] + lane[2]) + (lane[1] + lane[3])) + rest[s][0]
    })
}

/// The most additions that a term passes through in [`sum`] of `n` terms: one a block, one for the rest, four to add
/// the lanes up (five, too, in a short sum: three quads, the first added to zero, two, and one); and never more than there are terms besides itself.
fn additions(n: usize) -> usize {
    (n / BLOCK + 5).min(n.saturating_sub(1))
}

/// `(1 + 2^-19)·k·u`: the factor that turns a rounded magnitude into an error bound; infinite for absurd `k`.
fn error_factor(k: usize) -> f64 {
    if k <= MAX_ROUNDINGS { k as f64 * UNIT * (1.0 + 1.0 / 524_288.0) } else { f64::INFINITY }
}

/// What `count` underflowing products may have lost, twice over, when each loses `lost·2^-1075`, `lost ≥ 1`. Beside a
/// magnitude of at least `1e-280·lost` that is less than the spare 2^-20 of [`error_factor`] covers, and leaving it out
/// spares the processor the subnormal numbers, which some handle slowly.
fn underflow_error(count: usize, magnitude: f64, lost: f64) -> f64 {
    if magnitude < 1e-280 * lost { count as f64 * lost * LEAST } else { 0.0 }
}

/// Widens rounded sums by their error: `k` roundings a term, and products that may each have lost `lost·2^-1075` below
/// the subnormals. `None` where the fast sum says nothing, see the head of this file.
fn widen([lo, hi, magnitude]: Sums, n: usize, k: usize, lost: f64) -> Option<Interval> {
    let error = error_factor(k) * magnitude + underflow_error(2 * n + 2, magnitude, lost);
    let trusted = lo.is_finite() && hi.is_finite() && magnitude > 0.0 && error.is_finite();
    // The nearest double is at most one step off the right side.
    trusted.then(|| Interval::try_from(((lo - error).next_down(), (hi + error).next_up())).ok())?
}

/// What an exact weight below the normal range may differ by from its nearest double, as a multiple of `slack·u`.
fn floor_of_weights(slack: u32) -> f64 {
    if slack > 0 { f64::MIN_POSITIVE } else { 0.0 }
}

/// Declares a dispatcher over two compilations of one body.
macro_rules! compiled_twice {
    ($name:ident, $avx512:ident, $body:ident, ($($argument:ident: $type:ty),*) -> $result:ty) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512vl,avx512dq")]
        fn $avx512($($argument: $type),*) -> $result {
            $body($($argument),*)
        }

        #[inline]
        pub(in crate::interval::kernel) fn $name(body: Body, $($argument: $type),*) -> $result {
            match body {
                Body::Portable => $body($($argument),*),
                #[cfg(target_arch = "x86_64")]
                #[allow(unsafe_code)]
                // SAFETY: `Body::Avx512` is made by `Body::best` alone (and by tests that ask it), after it has seen
                // all the features that the function is compiled for.
                Body::Avx512 => unsafe { $avx512($($argument),*) },
            }
        }
    };
}

mod spread;

pub use spread::Lanes;

compiled_twice!(dot_sums, dot_sums_avx512, dot_body, (w: &[f64], lo: &[f64], hi: &[f64], floor: f64) -> Sums);

#[inline(always)]
fn dot_body(w: &[f64], lo: &[f64], hi: &[f64], floor: f64) -> Sums {
    sum([w, lo, hi], |[w, lo, hi]| {
        let (p, q) = (w * lo, w * hi);
        [min(p, q), max(p, q), (w.abs() + floor) * max(lo.abs(), hi.abs())]
    })
}

/// Encloses `{ Σ_j w*_j·h_j : h_j ∈ [lo_j, hi_j] }` for every row `w*` of real weights with
/// `|w*_j − w_j| ≤ slack·u·max(|w_j|, 2^-1022)`, `u = 2^-53`.
///
/// `slack = 0`: the weights are meant exactly; `slack = 1`: each is the nearest double of an exact one. Bounds may be
/// infinite, and an unbounded factor times an exact zero is zero. The answer exceeds the true range by at most about
/// `(n/16 + 7 + slack)·u·M` on each side. Empty rows give 0; an empty interval among the `h_j` the empty interval; a
/// NaN the whole line.
///
/// # Panics
/// When the slices differ in length.
pub fn dot(w: &[f64], lo: &[f64], hi: &[f64], slack: u32) -> Interval {
    dot_with(Body::best(), w, lo, hi, slack)
}

fn dot_with(body: Body, w: &[f64], lo: &[f64], hi: &[f64], slack: u32) -> Interval {
    let n = w.len();
    assert!(lo.len() == n && hi.len() == n, "rows of different lengths: {n}, {}, {}", lo.len(), hi.len());
    let sums = dot_sums(body, w, lo, hi, floor_of_weights(slack));
    let k = additions(n) + 1 + slack as usize;
    widen(sums, n, k, 1.0).unwrap_or_else(|| scalar::dot(w, lo, hi, slack))
}

compiled_twice!(
    dot_interval_sums, dot_interval_sums_avx512, dot_interval_body,
    (w_lo: &[f64], w_hi: &[f64], lo: &[f64], hi: &[f64]) -> Sums
);

#[inline(always)]
fn dot_interval_body(w_lo: &[f64], w_hi: &[f64], lo: &[f64], hi: &[f64]) -> Sums {
    sum([w_lo, w_hi, lo, hi], |[v, w, lo, hi]| {
        let (a, b, c, d) = (v * lo, v * hi, w * lo, w * hi);
        let magnitude = max(v.abs(), w.abs()) * max(lo.abs(), hi.abs());
        [min(min(a, b), min(c, d)), max(max(a, b), max(c, d)), magnitude]
    })
}

/// Encloses `{ Σ_j w_j·h_j : w_j ∈ [w_lo_j, w_hi_j], h_j ∈ [lo_j, hi_j] }`, each term's range being exact up to the
/// error term. Infinite and empty intervals and NaN as in [`dot`].
///
/// # Panics
/// When the slices differ in length.
pub fn dot_interval(w_lo: &[f64], w_hi: &[f64], lo: &[f64], hi: &[f64]) -> Interval {
    dot_interval_with(Body::best(), w_lo, w_hi, lo, hi)
}

fn dot_interval_with(body: Body, w_lo: &[f64], w_hi: &[f64], lo: &[f64], hi: &[f64]) -> Interval {
    let n = w_lo.len();
    let lengths = [w_hi.len(), lo.len(), hi.len()];
    assert!(lengths == [n; 3], "rows of different lengths: {n}, {lengths:?}");
    let sums = dot_interval_sums(body, w_lo, w_hi, lo, hi);
    widen(sums, n, additions(n) + 1, 1.0).unwrap_or_else(|| scalar::dot_interval(w_lo, w_hi, lo, hi))
}

/// The range of a neuron's noise coordinate, and the largest magnitude in it.
#[derive(Clone, Copy)]
struct Noise {
    lo: f64,
    hi: f64,
    size: f64,
}

compiled_twice!(
    dot_noise_sums, dot_noise_sums_avx512, dot_noise_body,
    (a: &[f64], r: &[f64], lo: &[f64], hi: &[f64], s: Noise, floor: f64) -> Sums
);

#[inline(always)]
fn dot_noise_body(a: &[f64], r: &[f64], lo: &[f64], hi: &[f64], s: Noise, floor: f64) -> Sums {
    sum([a, r, lo, hi], |[a, r, lo, hi]| {
        let (low, high) = (lo.abs(), hi.abs());
        let (p, q) = (a * lo, a * hi);
        let (noise_p, noise_q) = (r * low, r * high);
        // Where h changes its sign, the kink at zero counts too, with the value zero.
        let straddles = (lo < 0.0) & (hi > 0.0);
        let (top, bottom) = if straddles { (0.0, 0.0) } else { (f64::NEG_INFINITY, f64::INFINITY) };
        let sup = max(top, max(p + s.hi * noise_p, q + s.hi * noise_q));
        let inf = min(min(p + s.lo * noise_p, q + s.lo * noise_q), bottom);
        let size = max(low, high);
        [inf, sup, (a.abs() + floor) * size + s.size * ((r + floor) * size)]
    })
}

/// Encloses `{ Σ_j (a*_j·h_j + s·r*_j·|h_j|) : h_j ∈ [lo_j, hi_j], s ∈ [s_lo, s_hi] }`: the range of a neuron whose
/// parameters move within radii `r_j ≥ 0` of `a_j` when the movement is summed up in one coordinate `s`.
///
/// `a*` and `r*` differ from `a` and `r` as the weights of [`dot`] do. Each term is largest for `s_hi` and smallest for
/// `s_lo`, and linear in `h` on either side of zero, so its range is spanned by its values at `lo`, `hi` and, between
/// them, 0. Infinite and empty intervals and NaN as in [`dot`]; an empty `[s_lo, s_hi]` gives the empty interval.
///
/// # Panics
/// When the slices differ in length.
pub fn dot_noise(a: &[f64], r: &[f64], lo: &[f64], hi: &[f64], s_lo: f64, s_hi: f64, slack: u32) -> Interval {
    dot_noise_with(Body::best(), a, r, lo, hi, s_lo, s_hi, slack)
}

#[allow(clippy::too_many_arguments)]
fn dot_noise_with(
    body: Body,
    a: &[f64],
    r: &[f64],
    lo: &[f64],
    hi: &[f64],
    s_lo: f64,
    s_hi: f64,
    slack: u32,
) -> Interval {
    let n = a.len();
    let lengths = [r.len(), lo.len(), hi.len()];
    assert!(lengths == [n; 3], "rows of different lengths: {n}, {lengths:?}");
    debug_assert!(r.iter().all(|&r| r >= 0.0), "negative radius");
    let slow = || scalar::dot_noise(a, r, lo, hi, s_lo, s_hi, slack);
    if s_lo > s_hi {
        return slow();
    }
    let s = Noise { lo: s_lo, hi: s_hi, size: max(s_lo.abs(), s_hi.abs()) };
    let sums = dot_noise_sums(body, a, r, lo, hi, s, floor_of_weights(slack));
    // A term is rounded three times (r·|h|, s·that, their sum with a·h) before it is summed. Of the three products
    // that may underflow, one is scaled by s.
    let k = additions(n) + 3 + slack as usize;
    widen(sums, n, k, 2.0 + s.size).unwrap_or_else(slow)
}

/// How far a sum of products may be off whose terms pass through at most `k` roundings and whose magnitudes sum up to
/// `magnitude` (rounded likewise), products below `2^-1022` aside; rounded up, and infinite where the magnitude is not
/// finite.
pub fn rounding_error(k: usize, magnitude: f64) -> f64 {
    if !magnitude.is_finite() {
        return f64::INFINITY;
    }
    error_factor(k) * magnitude
}
