//! Where a function that is known at the corners of a grid is at least 0: the area as polygons, and its edge as lines.
//!
//! In each cell the function counts as linear along the edges (*marching squares*, Lorensen and Cline's cubes in two
//! dimensions), so the area is the cell cut at the zeros of its edges. Where the corners alternate in sign the two zero
//! lines leave the middle inside. Whole cells of a row are joined into one rectangle.

use super::number;
use std::fmt::Write;

/// A grid of cells, whose corners have one value each, row by row from the bottom left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// cells across
    pub(super) columns: usize,
    /// cells up
    pub(super) rows: usize,
}

impl Grid {
    /// The number of corners.
    pub(super) fn corners(self) -> usize {
        (self.columns + 1) * (self.rows + 1)
    }

    /// The values around a cell, counter-clockwise from the bottom left; what is no number counts as below 0.
    fn around(self, values: &[f64], column: usize, row: usize) -> [f64; 4] {
        let at = |column: usize, row: usize| {
            let value = values.get(row * (self.columns + 1) + column).copied().unwrap_or(f64::NAN);
            if value.is_nan() { -1.0 } else { value.clamp(-1e9, 1e9) }
        };
        [at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1)]
    }

    /// The area where the function is at least 0, as a path in units of cells.
    pub(super) fn area(self, values: &[f64]) -> String {
        let mut path = String::new();
        for row in 0..self.rows {
            let mut whole = 0;
            for column in 0..=self.columns {
                let corners = if column < self.columns { self.around(values, column, row) } else { [-1.0; 4] };
                if corners.iter().all(|value| *value >= 0.0) {
                    whole += 1;
                    continue;
                }
                if whole > 0 {
                    let _ = write!(path, "M{} {row}h{whole}v1h-{whole}z", column - whole);
                    whole = 0;
                }
                let outline = cut(corners);
                for (i, (x, y, _)) in outline.iter().enumerate() {
                    let command = if i == 0 { 'M' } else { 'L' };
                    let _ = write!(path, "{command}{} {}", number(column as f64 + x), number(row as f64 + y));
                }
                if !outline.is_empty() {
                    path.push('z');
                }
            }
        }
        path
    }

    /// The line where the function changes its sign, as a path in units of cells.
    pub(super) fn line(self, values: &[f64]) -> String {
        let mut path = String::new();
        for (row, column) in (0..self.rows).flat_map(|row| (0..self.columns).map(move |column| (row, column))) {
            let outline = cut(self.around(values, column, row));
            // from each zero at which the area is left to the one at which it is entered again
            for (i, (x, y, zero)) in outline.iter().enumerate() {
                let (to_x, to_y, to_zero) = outline[(i + 1) % outline.len()];
                if *zero == Zero::Left && to_zero == Zero::Entered {
                    let (column, row) = (column as f64, row as f64);
                    let [x, y, to_x, to_y] = [column + x, row + y, column + to_x, row + to_y].map(number);
                    let _ = write!(path, "M{x} {y}L{to_x} {to_y}");
                }
            }
        }
        path
    }
}

/// What a point of an outline is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zero {
    /// a corner of the cell
    Corner,
    /// a zero beyond which the function is below 0
    Left,
    /// a zero beyond which it is not
    Entered,
}

/// The part of a unit cell where the function is at least 0.
fn cut(values: [f64; 4]) -> Vec<(f64, f64, Zero)> {
    const CORNERS: [(f64, f64); 4] = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let mut outline = Vec::new();
    for i in 0..4 {
        let j = (i + 1) % 4;
        let ((x, y), (to_x, to_y)) = (CORNERS[i], CORNERS[j]);
        let (value, to) = (values[i], values[j]);
        if value >= 0.0 {
            outline.push((x, y, Zero::Corner));
        }
        if (value >= 0.0) != (to >= 0.0) {
            let part = value / (value - to);
            let zero = if value >= 0.0 { Zero::Left } else { Zero::Entered };
            outline.push((x + part * (to_x - x), y + part * (to_y - y), zero));
        }
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn area(outline: &[(f64, f64, Zero)]) -> f64 {
        let next = |i: usize| outline[(i + 1) % outline.len()];
        let twice = outline.iter().enumerate().map(|(i, (x, y, _))| x * next(i).1 - next(i).0 * y);
        twice.sum::<f64>() / 2.0
    }

    /// For a linear function the cut is exact: what is in and what is out fill the cell, and lines lie on zeros.
    #[test]
    fn a_plane_cuts_a_cell_in_two() {
        let mut rng = SmallRng::seed_from_u64(5);
        for _ in 0..2000 {
            let (a, b, c) = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0f64));
            let values = [c, c + a, c + a + b, c + b];
            let (inside, outside) = (cut(values), cut(values.map(|value| -value)));
            assert!((area(&inside) + area(&outside) - 1.0).abs() < 1e-9, "{values:?}");
            for (x, y, zero) in &inside {
                let value = c + a * x + b * y;
                assert!(if *zero == Zero::Corner { value >= 0.0 } else { value.abs() < 1e-9 }, "{values:?}");
            }
            let zeros = inside.iter().filter(|point| point.2 != Zero::Corner).count();
            assert!(zeros == 0 || zeros == 2, "{values:?}");
        }
    }

    #[test]
    fn whole_cells_are_joined_and_a_saddle_has_two_lines() {
        let grid = Grid { columns: 3, rows: 1 };
        assert_eq!(grid.area(&[1.0; 8]), "M0 0h3v1h-3z");
        assert_eq!(grid.line(&[1.0; 8]), "");
        assert_eq!(grid.area(&[f64::NAN; 8]), "");
        let grid = Grid { columns: 1, rows: 1 };
        let saddle = [1.0, -1.0, -1.0, 1.0];
        assert_eq!(grid.line(&saddle).matches('M').count(), 2, "{}", grid.line(&saddle));
        assert_eq!(grid.line(&[-1.0, 1.0, -1.0, 1.0]), "M0.5 1L0.5 0");
        assert_eq!(grid.area(&[-1.0, 1.0, -1.0, 1.0]), "M0.5 0L1 0L1 1L0.5 1z");
    }
}
