//! Small dense linear algebra in doubles: which columns make a system square, and its approximate inverse.
//!
//! Both only choose where to look. Any matrix may precondition the Krawczyk operator: a bad one makes the test fail, not
//! lie.

/// A pivot below this share of the largest entry counts as zero.
const SINGULAR: f64 = 1e-10;

/// Memory for eliminations, and their results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dense {
    scratch: Vec<f64>,
    open: Vec<usize>,
    /// the columns that were picked, ascending
    pub(crate) columns: Vec<usize>,
    /// the approximate inverse, in row order
    pub(crate) inverse: Vec<f64>,
}

impl Dense {
    /// These columns, as if they had been picked.
    pub(crate) fn with(columns: &[usize]) -> Dense {
        Dense { columns: columns.to_vec(), ..Dense::default() }
    }

    /// Picks one column a row, by Gaussian elimination with complete pivoting over the rows (each of `width` entries) of
    /// a matrix; the magnitudes of its columns are compared after multiplication by `weight`, and a column of weight zero
    /// is never picked. False where the rows are dependent, up to rounding.
    pub(crate) fn pick(&mut self, matrix: &[f64], width: usize, weight: &[f64]) -> bool {
        let Dense { scratch: a, open, columns, .. } = self;
        a.clear();
        a.extend_from_slice(matrix);
        open.clear();
        open.extend(0..a.len().checked_div(width).unwrap_or(0));
        columns.clear();
        // rows may differ in scale by any factor
        for row in a.chunks_mut(width.max(1)) {
            let largest = row.iter().zip(weight).map(|(x, w)| (x * w).abs()).fold(0.0, f64::max);
            if !(largest > 0.0 && largest.is_finite()) {
                return false;
            }
            row.iter_mut().for_each(|x| *x /= largest);
        }
        while !open.is_empty() {
            let mut best = (0.0, 0, 0);
            for (index, &row) in open.iter().enumerate() {
                for (column, (x, w)) in a[row * width..][..width].iter().zip(weight).enumerate() {
                    if (x * w).abs() > best.0 {
                        best = ((x * w).abs(), index, column);
                    }
                }
            }
            let (size, index, column) = best;
            if size <= SINGULAR {
                return false;
            }
            let pivot = open.swap_remove(index) * width;
            for &row in open.iter() {
                let row = row * width;
                let factor = a[row + column] / a[pivot + column];
                if factor != 0.0 {
                    (0..width).for_each(|k| a[row + k] -= factor * a[pivot + k]);
                    a[row + column] = 0.0;
                }
            }
            columns.push(column);
        }
        columns.sort_unstable();
        true
    }

    /// The approximate inverse of the picked columns of a matrix whose rows have `width` entries, by Gauss-Jordan
    /// elimination with partial pivoting; false where they are singular up to rounding.
    pub(crate) fn invert(&mut self, matrix: &[f64], width: usize) -> bool {
        let Dense { scratch: a, columns, inverse, .. } = self;
        let n = columns.len();
        a.clear();
        a.extend(matrix.chunks(width.max(1)).flat_map(|row| columns.iter().map(|&column| row[column])));
        inverse.clear();
        inverse.resize(n * n, 0.0);
        (0..n).for_each(|i| inverse[i * n + i] = 1.0);
        for step in 0..n {
            let pivot = (step..n).max_by(|&i, &j| a[i * n + step].abs().total_cmp(&a[j * n + step].abs()));
            let pivot = pivot.unwrap_or(step);
            let size = a[pivot * n + step];
            if size == 0.0 || !size.is_finite() {
                return false;
            }
            for j in 0..n {
                a.swap(pivot * n + j, step * n + j);
                inverse.swap(pivot * n + j, step * n + j);
                a[step * n + j] /= size;
                inverse[step * n + j] /= size;
            }
            for row in (0..n).filter(|&row| row != step) {
                let factor = a[row * n + step];
                if factor != 0.0 {
                    for j in 0..n {
                        a[row * n + j] -= factor * a[step * n + j];
                        inverse[row * n + j] -= factor * inverse[step * n + j];
                    }
                }
            }
        }
        inverse.iter().all(|x| x.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng as _, SeedableRng as _};

    #[test]
    fn an_inverse_times_its_matrix_is_the_identity() {
        let mut rng = SmallRng::seed_from_u64(7);
        for n in 1..12 {
            let matrix: Vec<f64> = (0..n * n).map(|_| rng.random_range(-1.0..1.0)).collect();
            let mut dense = Dense { columns: (0..n).collect(), ..Dense::default() };
            assert!(dense.invert(&matrix, n), "regular");
            for i in 0..n {
                for j in 0..n {
                    let product: f64 = (0..n).map(|k| dense.inverse[i * n + k] * matrix[k * n + j]).sum();
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-9, "{n} {i} {j}: {product}");
                }
            }
        }
        let singular =
            |matrix: &[f64], n: usize| !Dense { columns: (0..n).collect(), ..Dense::default() }.invert(matrix, n);
        assert!(singular(&[1.0, 2.0, 2.0, 4.0], 2) && singular(&[f64::NAN], 1));
    }

    #[test]
    fn columns_are_independent_and_heavy_ones_come_first() {
        let pivot_columns = |matrix: &[f64], width: usize, weight: &[f64]| {
            let mut dense = Dense::default();
            dense.pick(matrix, width, weight).then_some(dense.columns)
        };
        let matrix = [1.0, 1.0, 0.0, 2.0, 2.0, 1.0];
        assert_eq!(pivot_columns(&matrix, 3, &[1.0, 0.5, 1.0]), Some(vec![0, 2]));
        assert_eq!(pivot_columns(&matrix, 3, &[0.0, 0.5, 1.0]), Some(vec![1, 2]));
        assert_eq!(pivot_columns(&matrix, 3, &[1.0, 1.0, 0.0]), None, "the rows are dependent there");
        assert_eq!(pivot_columns(&[1.0, 2.0, 3.0, 6.0], 2, &[1.0, 1.0]), None);
        assert_eq!(pivot_columns(&[f64::NAN, 1.0], 2, &[1.0, 1.0]), Some(vec![1]));
    }
}
