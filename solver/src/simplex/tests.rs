//! Random programs against all their vertices.

use super::Simplex;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

const COLUMNS: usize = 3;

/// A row `a·x + b`, the constant last.
type Row = [f64; COLUMNS + 1];

fn value(row: &Row, x: &[f64]) -> f64 {
    row[..COLUMNS].iter().zip(x).map(|(a, x)| a * x).sum::<f64>() + row[COLUMNS]
}

/// The point where three rows vanish.
fn meeting(rows: [&Row; COLUMNS]) -> Option<[f64; COLUMNS]> {
    let [a, b, c] = rows;
    let det = |u: [f64; 3], v: [f64; 3], w: [f64; 3]| {
        u[0] * (v[1] * w[2] - v[2] * w[1]) - u[1] * (v[0] * w[2] - v[2] * w[0]) + u[2] * (v[0] * w[1] - v[1] * w[0])
    };
    let column = |j: usize| [a[j], b[j], c[j]];
    let right = column(COLUMNS).map(|x| -x);
    let whole = det(column(0), column(1), column(2));
    (whole.abs() > 1e-9).then(|| {
        [
            det(right, column(1), column(2)) / whole,
            det(column(0), right, column(2)) / whole,
            det(column(0), column(1), right) / whole,
        ]
    })
}

/// The greatest cost at a vertex; `None` where no point satisfies all rows.
#[allow(clippy::needless_range_loop)]
fn greatest(rows: &[Row], cost: &Row) -> Option<f64> {
    let mut best: Option<f64> = None;
    for i in 0..rows.len() {
        for j in 0..i {
            for k in 0..j {
                let Some(x) = meeting([&rows[i], &rows[j], &rows[k]]) else { continue };
                if rows.iter().all(|row| value(row, &x) >= -1e-9) {
                    best = Some(best.map_or(value(cost, &x), |best| best.max(value(cost, &x))));
                }
            }
        }
    }
    best
}

#[test]
fn the_optimum_is_that_of_the_best_vertex_and_its_multipliers_prove_it() {
    let mut simplex = Simplex::default();
    let (mut solved, mut empty) = (0, 0);
    for seed in 0..2000 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut random = |scale: f64| (rng.random_range(-4..=4) as f64) * scale;
        let cost: Row = std::array::from_fn(|_| random(1.0));
        simplex.reset(COLUMNS);
        let mut all = Vec::new();
        let mut ends = Vec::new();
        for column in 0..COLUMNS {
            let (x, y) = (random(0.5), random(0.5));
            let (lower, upper) = (x.min(y), x.max(y));
            simplex.set_bounds(column, lower, upper);
            ends.push((lower, upper));
            for (sign, end) in [(1.0, lower), (-1.0, upper)] {
                let mut row = [0.0; COLUMNS + 1];
                (row[column], row[COLUMNS]) = (sign, -sign * end);
                all.push(row);
            }
        }
        let rows: Vec<Row> = (0..5).map(|_| std::array::from_fn(|_| random(1.0))).collect();
        for row in &rows {
            simplex.add_row().copy_from_slice(row);
        }
        all.extend_from_slice(&rows);
        let found = simplex.maximise(&cost, f64::NEG_INFINITY);
        // the cost plus the rows times their multipliers, over the box alone
        let mut sum = cost;
        for (index, row) in rows.iter().enumerate() {
            let y = simplex.multiplier(index);
            assert!(y >= 0.0, "seed {seed}: a multiplier of {y}");
            sum.iter_mut().zip(row).for_each(|(sum, a)| *sum += y * a);
        }
        let proved = sum[COLUMNS] + (0..COLUMNS).map(|j| (sum[j] * ends[j].0).max(sum[j] * ends[j].1)).sum::<f64>();
        match greatest(&all, &cost) {
            Some(best) => {
                solved += 1;
                assert!((found - best).abs() < 1e-6, "seed {seed}: {found} instead of {best}");
                assert!((proved - best).abs() < 1e-6, "seed {seed}: the multipliers prove {proved}, not {best}");
            }
            None => {
                empty += 1;
                assert!(found == f64::NEG_INFINITY, "seed {seed}: {found}, and there is no point");
            }
        }
    }
    assert!(solved > 300 && empty > 300, "{solved} programs with points, {empty} without");
}

#[test]
fn a_goal_ends_the_search_with_multipliers_that_reach_it() {
    // max x + y where x + y ≤ 1 in the unit box: 2 without the row, 1 with it
    let mut simplex = Simplex::default();
    for (goal, expected) in [(3.0, 2.0), (1.5, 1.0)] {
        simplex.reset(2);
        simplex.set_bounds(0, 0.0, 1.0);
        simplex.set_bounds(1, 0.0, 1.0);
        simplex.add_row().copy_from_slice(&[-1.0, -1.0, 1.0]);
        assert!((simplex.maximise(&[1.0, 1.0, 0.0], goal) - expected).abs() < 1e-9);
    }
    // where no point is, the multipliers reach any goal
    simplex.reset(1);
    simplex.set_bounds(0, 0.0, 1.0);
    simplex.add_row().copy_from_slice(&[1.0, -2.0]);
    simplex.maximise(&[1.0, 0.0], -100.0);
    let y = simplex.multiplier(0);
    assert!((1.0 + y).max(0.0) - 2.0 * y <= -100.0, "a multiplier of {y}");
}
