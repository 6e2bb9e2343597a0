//! Small dense linear algebra in doubles: which columns make a system square, and its approximate inverse.
//!
//! Both only choose where to look. Any matrix may precondition the Krawczyk operator: a bad one makes the test fail, not
//! lie.

/// A pivot below this share of the largest entry counts as zero.
const SINGULAR: f64 = 1e-10;

/// Picks one column a row, by Gaussian elimination with complete pivoting over the rows (each of `width` entries) of a
/// matrix; the magnitudes of its columns are compared after multiplication by `weight`, and a column of weight zero is
/// never picked. `None` where the rows are dependent, up to rounding.
pub(super) fn pivot_columns(matrix: &[f64], width: usize, weight: &[f64]) -> Option<Vec<usize>> {
    let mut a = matrix.to_vec();
    let height = a.len().checked_div(width)?;
    let mut open: Vec<usize> = (0..height).collect();
    let mut columns = Vec::with_capacity(height);
    // rows may differ in scale by any factor
    for row in a.chunks_mut(width) {
        let largest = row.iter().zip(weight).map(|(x, w)| (x * w).abs()).fold(0.0, f64::max);
        if !(largest > 0.0 && largest.is_finite()) {
            return None;
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
            return None;
        }
        let pivot = open.swap_remove(index);
        let held = a[pivot * width..][..width].to_vec();
        for &row in &open {
            let row = &mut a[row * width..][..width];
            let factor = row[column] / held[column];
            if factor != 0.0 {
                row.iter_mut().zip(&held).for_each(|(x, p)| *x -= factor * p);
                row[column] = 0.0;
            }
        }
        columns.push(column);
    }
    columns.sort_unstable();
    Some(columns)
}

/// The approximate inverse of a square matrix in row order, by Gauss-Jordan elimination with partial pivoting; `None`
/// where it is singular up to rounding.
pub(super) fn inverse(matrix: &[f64], n: usize) -> Option<Vec<f64>> {
    let mut a = matrix.to_vec();
    let mut inverse = vec![0.0; n * n];
    (0..n).for_each(|i| inverse[i * n + i] = 1.0);
    for step in 0..n {
        let pivot = (step..n).max_by(|&i, &j| a[i * n + step].abs().total_cmp(&a[j * n + step].abs()))?;
        let size = a[pivot * n + step];
        if size == 0.0 || !size.is_finite() {
            return None;
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
    inverse.iter().all(|x| x.is_finite()).then_some(inverse)
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
            let inverse = inverse(&matrix, n).expect("regular");
            for i in 0..n {
                for j in 0..n {
                    let product: f64 = (0..n).map(|k| inverse[i * n + k] * matrix[k * n + j]).sum();
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-9, "{n} {i} {j}: {product}");
                }
            }
        }
        assert_eq!(inverse(&[1.0, 2.0, 2.0, 4.0], 2), None);
        assert_eq!(inverse(&[f64::NAN], 1), None);
    }

    #[test]
    fn columns_are_independent_and_heavy_ones_come_first() {
        let matrix = [1.0, 1.0, 0.0, 2.0, 2.0, 1.0];
        assert_eq!(pivot_columns(&matrix, 3, &[1.0, 0.5, 1.0]), Some(vec![0, 2]));
        assert_eq!(pivot_columns(&matrix, 3, &[0.0, 0.5, 1.0]), Some(vec![1, 2]));
        assert_eq!(pivot_columns(&matrix, 3, &[1.0, 1.0, 0.0]), None, "the rows are dependent there");
        assert_eq!(pivot_columns(&[1.0, 2.0, 3.0, 6.0], 2, &[1.0, 1.0]), None);
        assert_eq!(pivot_columns(&[f64::NAN, 1.0], 2, &[1.0, 1.0]), Some(vec![1]));
    }
}
