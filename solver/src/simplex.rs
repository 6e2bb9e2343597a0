//! Linear programs in doubles, to say where to look: the dual simplex method with bounded columns and rows on demand
//! (Dantzig 1963; the ratio test that flips bounds after Maros 2003).
//!
//! `max c·x` over boxed columns `x` and rows `a·x + b ≥ 0`. With every column at the end of its box that its cost points at
//! the program without rows is solved; a pivot restores the row that is violated most and never raises the objective,
//! and when all rows at hand hold, those of the pool that do not are added. So every objective on the way bounds the maximum from above, and the search may stop
//! at any of them. The tableau has a line per row that was ever violated, and columns for what is at a bound.
//!
//! Nothing is rounded: the multipliers are to be put to use where any multipliers are right.

/// Pivots of one program at most.
const PIVOTS: usize = 2000;
/// Rows that enter the tableau at once.
const ADDED: usize = 24;
/// What counts as zero, relative to the size of a row.
const TINY: f64 = 1e-9;

/// A linear program and the tableau that solves it; memory is used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Simplex {
    columns: usize,
    /// the ends of the columns, then those of the slacks of the tableau's rows
    lower: Vec<f64>,
    upper: Vec<f64>,
    /// the pool: the coefficients of a row, then its constant
    pool: Vec<f64>,
    /// the Euclidean norms of the pool's rows
    norms: Vec<f64>,
    /// whether a row of the pool is in the tableau
    active: Vec<bool>,
    /// the pool's row behind a slack
    row_of: Vec<u32>,
    /// `basic = tableau · nonbasic`, up to constants, by line
    tableau: Vec<f64>,
    basic: Vec<u32>,
    /// the values of the basic variables
    at: Vec<f64>,
    nonbasic: Vec<u32>,
    /// the values of the others, each an end
    held: Vec<f64>,
    /// the objective's coefficients on them
    reduced: Vec<f64>,
    /// where a variable is: `column` of the tableau, or `!line`
    place: Vec<i32>,
    objective: f64,
    candidates: Vec<(f64, u32)>,
    scratch: Vec<f64>,
    /// the columns' values
    point: Vec<f64>,
    multipliers: Vec<f64>,
    costs: Vec<f64>,
}

impl Simplex {
    /// Starts a program of so many columns.
    pub(crate) fn reset(&mut self, columns: usize) {
        self.columns = columns;
        for list in [&mut self.lower, &mut self.upper, &mut self.pool, &mut self.norms] {
            list.clear();
        }
        self.lower.resize(columns, 0.0);
        self.upper.resize(columns, 0.0);
    }

    /// Sets the ends of a column, both finite.
    pub(crate) fn set_bounds(&mut self, column: usize, lower: f64, upper: f64) {
        (self.lower[column], self.upper[column]) = (lower, upper);
    }

    /// Adds a row of zeros to the pool and hands it out: the coefficients, then the constant.
    pub(crate) fn add_row(&mut self) -> &mut [f64] {
        let start = self.pool.len();
        self.pool.resize(start + self.columns + 1, 0.0);
        &mut self.pool[start..]
    }

    fn pool_row(&self, row: usize) -> &[f64] {
        &self.pool[row * (self.columns + 1)..][..self.columns + 1]
    }

    /// Lowers an upper bound of `cost·x` (the constant comes last) until it is the maximum or at most `goal`; returns it.
    pub(crate) fn maximise(&mut self, cost: &[f64], goal: f64) -> f64 {
        self.start(cost);
        let mut pivots = PIVOTS;
        while self.objective > goal && self.restore(goal, &mut pivots) && self.add_violated() {}
        self.conclude();
        self.objective
    }

    fn start(&mut self, cost: &[f64]) {
        let n = self.columns;
        let rows = self.pool.len() / (n + 1);
        self.norms.clear();
        for row in 0..rows {
            let norm = self.pool_row(row)[..n].iter().map(|a| a * a).sum::<f64>().sqrt();
            self.norms.push(norm);
        }
        self.lower.truncate(n);
        self.upper.truncate(n);
        self.active.clear();
        self.active.resize(rows, false);
        self.multipliers.clear();
        self.multipliers.resize(rows, 0.0);
        self.costs.clear();
        self.costs.resize(n, 0.0);
        for list in [&mut self.row_of, &mut self.basic] {
            list.clear();
        }
        self.tableau.clear();
        self.at.clear();
        self.nonbasic.clear();
        self.nonbasic.extend(0..n as u32);
        self.place.clear();
        self.place.extend(0..n as i32);
        self.reduced.clear();
        self.reduced.extend_from_slice(&cost[..n]);
        self.held.clear();
        self.objective = cost[n];
        for (j, &c) in cost[..n].iter().enumerate() {
            let end = if c > 0.0 { self.upper[j] } else { self.lower[j] };
            self.held.push(end);
            self.objective += c * end;
        }
    }

    /// Pivots until all rows of the tableau hold; false when there is no need to go on.
    fn restore(&mut self, goal: f64, pivots: &mut usize) -> bool {
        loop {
            if self.objective <= goal || self.objective.is_nan() || *pivots == 0 {
                return false;
            }
            *pivots -= 1;
            let mut worst = 0.0;
            let mut line = None;
            for (i, (&variable, &at)) in self.basic.iter().zip(&self.at).enumerate() {
                let (lo, hi) = (self.lower[variable as usize], self.upper[variable as usize]);
                let excess = (lo - at).max(at - hi);
                if excess > worst && excess > TINY * (1.0 + at.abs()) {
                    (worst, line) = (excess, Some(i));
                }
            }
            let Some(line) = line else { return true };
            if !self.leave(line, worst, goal) {
                return false;
            }
        }
    }

    /// Brings a basic variable back to the end it lies beyond; false when nothing can.
    fn leave(&mut self, line: usize, excess: f64, goal: f64) -> bool {
        let n = self.columns;
        let variable = self.basic[line] as usize;
        let below = self.at[line] < self.lower[variable];
        let sign = if below { 1.0 } else { -1.0 };
        let row = &self.tableau[line * n..][..n];
        let largest = row.iter().fold(0.0, |most: f64, a| most.max(a.abs()));
        self.candidates.clear();
        for (j, &entry) in row.iter().enumerate() {
            let (lo, hi) = self.ends(j);
            let a = entry * sign;
            let helps = if self.held[j] == lo { a > 0.0 } else { a < 0.0 };
            if helps && lo < hi && a.abs() > TINY * largest {
                self.candidates.push((self.reduced[j].abs() / a.abs(), j as u32));
            }
        }
        self.candidates.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        let mut missing = excess;
        for index in 0..self.candidates.len() {
            let j = self.candidates[index].1 as usize;
            let (lo, hi) = self.ends(j);
            let gain = self.tableau[line * n + j].abs() * (hi - lo);
            if gain < missing {
                missing -= gain;
                self.move_by(j, if self.held[j] == lo { hi - lo } else { lo - hi });
                self.held[j] = if self.held[j] == lo { hi } else { lo };
                continue;
            }
            self.pivot(line, j, sign * missing, if below { self.lower[variable] } else { self.upper[variable] });
            return true;
        }
        // no point is left: the multiplier of this line may grow for ever, so it grows until the goal is reached
        let last = self.candidates.last().map_or(0.0, |&(ratio, _)| ratio);
        let multiplier = last + (self.objective - goal).clamp(0.0, 1e9) / missing + 1e-6 * last;
        for j in 0..n {
            self.reduced[j] += multiplier * sign * self.tableau[line * n + j];
        }
        if variable < n {
            self.costs[variable] = -multiplier * sign;
        } else {
            self.multipliers[self.row_of[variable - n] as usize] = multiplier;
        }
        self.objective = f64::NEG_INFINITY;
        false
    }

    fn ends(&self, column: usize) -> (f64, f64) {
        let variable = self.nonbasic[column] as usize;
        (self.lower[variable], self.upper[variable])
    }

    /// Moves a nonbasic variable, and the others with it.
    fn move_by(&mut self, column: usize, by: f64) {
        self.objective += self.reduced[column] * by;
        for (at, line) in self.at.iter_mut().zip(self.tableau.chunks_exact(self.columns)) {
            *at += line[column] * by;
        }
    }

    /// Exchanges the variable of a line, which moves by `by` to its `end`, with that of a column.
    fn pivot(&mut self, line: usize, column: usize, by: f64, end: f64) {
        let n = self.columns;
        let pivot = self.tableau[line * n + column];
        let step = by / pivot;
        self.move_by(column, step);
        let entering = self.held[column] + step;
        self.scratch.clear();
        self.scratch.extend(self.tableau[line * n..][..n].iter().map(|a| -a / pivot));
        self.scratch[column] = 1.0 / pivot;
        let fresh = &self.scratch;
        let exchange = |target: &mut [f64]| {
            let factor = std::mem::replace(&mut target[column], 0.0);
            if factor != 0.0 {
                for (a, b) in target.iter_mut().zip(fresh) {
                    *a += factor * b;
                }
            }
        };
        for (i, target) in self.tableau.chunks_exact_mut(n).enumerate() {
            if i != line {
                exchange(target);
            }
        }
        exchange(&mut self.reduced);
        self.tableau[line * n..][..n].copy_from_slice(fresh);
        std::mem::swap(&mut self.basic[line], &mut self.nonbasic[column]);
        self.at[line] = entering;
        self.held[column] = end;
        self.place[self.basic[line] as usize] = !(line as i32);
        self.place[self.nonbasic[column] as usize] = column as i32;
    }

    fn fill_point(&mut self) {
        self.point.clear();
        for &place in &self.place[..self.columns] {
            self.point.push(if place >= 0 { self.held[place as usize] } else { self.at[!place as usize] });
        }
    }

    /// Adds rows of the pool that the point violates most; false when there is none.
    fn add_violated(&mut self) -> bool {
        let n = self.columns;
        self.fill_point();
        self.candidates.clear();
        for row in 0..self.norms.len() {
            if self.active[row] {
                continue;
            }
            let a = self.pool_row(row);
            let value = dot(&a[..n], &self.point) + a[n];
            let size = self.norms[row];
            if value < -1e-7 * (size + a[n].abs()) && size > 0.0 {
                self.candidates.push((value / size, row as u32));
            }
        }
        self.candidates.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        self.candidates.truncate(ADDED);
        for index in 0..self.candidates.len() {
            self.activate(self.candidates[index].1 as usize);
        }
        !self.candidates.is_empty()
    }

    fn activate(&mut self, row: usize) {
        let n = self.columns;
        let a = &self.pool[row * (n + 1)..][..n + 1];
        self.at.push(dot(&a[..n], &self.point) + a[n]);
        self.scratch.clear();
        self.scratch.resize(n, 0.0);
        for (&a, &place) in a[..n].iter().zip(&self.place).filter(|&(a, _)| *a != 0.0) {
            if place >= 0 {
                self.scratch[place as usize] += a;
            } else {
                let line = &self.tableau[!place as usize * n..][..n];
                for (sum, b) in self.scratch.iter_mut().zip(line) {
                    *sum += a * b;
                }
            }
        }
        let line = self.basic.len();
        self.tableau.extend_from_slice(&self.scratch);
        let slack = self.lower.len() as u32;
        self.lower.push(0.0);
        self.upper.push(f64::INFINITY);
        self.row_of.push(row as u32);
        self.basic.push(slack);
        self.place.push(!(line as i32));
        self.active[row] = true;
    }

    fn conclude(&mut self) {
        self.fill_point();
        for (&variable, &reduced) in self.nonbasic.iter().zip(&self.reduced) {
            match (variable as usize).checked_sub(self.columns) {
                None => self.costs[variable as usize] = reduced,
                Some(slack) => self.multipliers[self.row_of[slack] as usize] = (-reduced).max(0.0),
            }
        }
    }

    /// The multiplier of a row, `≥ 0`: the objective plus the rows times their multipliers is bounded by the box alone.
    pub(crate) fn multiplier(&self, row: usize) -> f64 {
        self.multipliers[row]
    }

    /// What is left of the objective's coefficient on a column: negative where the lower end bounds it.
    pub(crate) fn reduced_cost(&self, column: usize) -> f64 {
        self.costs[column]
    }

    /// The columns at the end.
    pub(crate) fn point(&self) -> &[f64] {
        &self.point
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests;
