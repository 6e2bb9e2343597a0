//! Coefficients carried back through the rows of a layer, for several linear bounds side by side: a small matrix product
//! that keeps a tile of the result in registers.

use super::Body;

/// Operands whose sums are held in registers at a time.
const TILE: usize = 4;

macro_rules! spread {
    ($name:ident, $avx512:ident, $lanes:literal) => {
        compiled_twice!(
            $name, $avx512, spread_body,
            (
                lambda: &[[f64; $lanes]],
                rows: &[u32],
                weights: &[f64],
                stride: usize,
                columns: &[u32],
                out: &mut [[f64; $lanes]]
            ) -> ()
        );
    };
}

spread!(spread4_with, spread4_avx512, 4);
spread!(spread16_with, spread16_avx512, 16);

#[inline(always)]
fn spread_body<const K: usize>(
    lambda: &[[f64; K]],
    rows: &[u32],
    weights: &[f64],
    stride: usize,
    columns: &[u32],
    out: &mut [[f64; K]],
) {
    let (tiles, rest) = columns.as_chunks::<TILE>();
    let (out_tiles, out_rest) = out.as_chunks_mut::<TILE>();
    for (columns, out) in tiles.iter().zip(out_tiles) {
        tile(lambda, rows, weights, stride, columns, out);
    }
    for (&column, out) in rest.iter().zip(out_rest) {
        tile(lambda, rows, weights, stride, &[column], std::array::from_mut(out));
    }
}

#[inline(always)]
fn tile<const K: usize, const B: usize>(
    lambda: &[[f64; K]],
    rows: &[u32],
    weights: &[f64],
    stride: usize,
    columns: &[u32; B],
    out: &mut [[f64; K]; B],
) {
    let columns: [usize; B] = std::array::from_fn(|b| columns[b] as usize);
    let mut sums = [[0.0; K]; B];
    for (lambda, &row) in lambda.iter().zip(rows) {
        let weights = &weights[row as usize * stride..][..stride];
        for b in 0..B {
            let weight = weights[columns[b]];
            for k in 0..K {
                sums[b][k] = weight.mul_add(lambda[k], sums[b][k]);
            }
        }
    }
    *out = sums;
}

/// The numbers of bounds that [`Lanes::spread`] is compiled for.
pub trait Lanes: Sized {
    /// `out_jk = Σ_i λ_ik·w_ij` over the given rows and columns of a row-major matrix with `stride` columns.
    ///
    /// `lambda` has one entry per entry of `rows`, `out` one per entry of `columns`. Each product passes through as many
    /// roundings to nearest as there are rows, so with `m` rows
    ///
    /// ```text
    /// |Σ_i λ_ik w_ij − out_jk| ≤ γ_m·Σ_i |λ_ik w_ij| + m·2^-1075 (1 + γ_m).
    /// ```
    ///
    /// # Panics
    /// When an index lies outside the matrix.
    fn spread(lambda: &[Self], rows: &[u32], weights: &[f64], stride: usize, columns: &[u32], out: &mut [Self]);
}

impl Lanes for [f64; 4] {
    fn spread(lambda: &[Self], rows: &[u32], weights: &[f64], stride: usize, columns: &[u32], out: &mut [Self]) {
        spread4_with(Body::best(), lambda, rows, weights, stride, columns, out);
    }
}

impl Lanes for [f64; 16] {
    fn spread(lambda: &[Self], rows: &[u32], weights: &[f64], stride: usize, columns: &[u32], out: &mut [Self]) {
        spread16_with(Body::best(), lambda, rows, weights, stride, columns, out);
    }
}
