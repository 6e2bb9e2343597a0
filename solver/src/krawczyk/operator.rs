//! The Krawczyk operator of a square system of equations (Krawczyk 1969; Moore 1977; Rump 1983; Neumaier 1990, §5.1).
//!
//! For equations `F(x) = 0` in as many columns as equations, the other variables held at points, a centre `x̂` in the box
//! `X` and any matrix `C`, it is `K(X) = x̂ − C·F(x̂) + (I − C·J)(X − x̂)`, where the interval matrix `J` is such that
//! `F(x) − F(y) ∈ J·(x − y)` for all `x`, `y` in `X`: some matrix of `J` for each pair. Then
//!
//! - every zero of `F` in `X` lies in `K(X)`, for `x = x − C·F(x) = x̂ − C·F(x̂) + (I − C·A)(x − x̂)` with an `A ∈ J`;
//! - where `K(X)` lies in the interior of `X` there is a zero in `K(X)`. For `g(x) = x − C·F(x)` maps `X` into `K(X)`, by
//!   the same equation, and it is continuous since `J` is bounded; so it has a fixed point (Brouwer), at which `C·F(x) = 0`.
//!   And `C` is regular: for each `A ∈ J` the width of `K(X)` is at least `|I − C·A|` times that of `X`, so that
//!   `|I − C·A|·w < w` for the positive vector `w` of widths, the spectral radius of `I − C·A` is below one, and `C·A` is
//!   regular.
//!
//! `J` is the interval adjoint over `X`. Its chain of mean values holds with Clarke's derivatives at kinks (Lebourg 1975),
//! so `|x|`, `max` and the like are no obstacle, but only where every operator is defined on all of its operands' box and
//! where all entries are bounded; that is what `sweep` and `jacobian` insist on. A root at zero, a pole, or an undecided `ite` makes
//! the test fail.

use super::dense::Dense;
use crate::budget::Budget;
use crate::interval::{Interval, bounds, point};
use crate::tape::{Slot, Tape, Workspace};

/// Equations, and the columns (variables) in which they are solved.
pub(super) struct Square<'a> {
    pub(super) tape: &'a Tape,
    /// the slots that are to be zero
    pub(super) equations: &'a [Slot],
    /// as many variables
    pub(super) columns: &'a [usize],
    /// when to give up
    pub(super) budget: &'a Budget,
}

/// Encloses all slots over a box of the variables; false where some operator may have no value or no bound there.
pub(crate) fn sweep(tape: &Tape, variables: &[Interval], w: &mut Workspace) -> bool {
    tape.load(variables, w);
    // no slot was contracted, so each holds all the values over its operands' box
    tape.forward(w) && w.values.iter().all(|value| value.is_common_interval()) && tape.is_defined(w)
}

/// The approximate derivatives of the equations with respect to all variables at the point last evaluated, in row order.
pub(crate) fn gradients(tape: &Tape, equations: &[Slot], w: &mut Workspace, matrix: &mut Vec<f64>) {
    let n = tape.variables();
    matrix.clear();
    for &slot in equations {
        tape.adjoint(slot, w);
        matrix.extend_from_slice(&w.adjoints[..n]);
    }
}

impl Square<'_> {
    /// The approximate inverse of the Jacobian matrix at a point.
    pub(super) fn preconditioner(&self, at: &[f64], w: &mut Workspace) -> Option<Vec<f64>> {
        self.tape.evaluate(at, w);
        let mut all = Vec::new();
        gradients(self.tape, self.equations, w, &mut all);
        let mut dense = Dense::with(self.columns);
        dense.invert(&all, self.tape.variables()).then_some(dense.inverse)
    }

    /// `−C·F(x̂)`, outward rounded.
    pub(super) fn step(&self, inverse: &[f64], centre: &[f64], w: &mut Workspace) -> Option<Vec<Interval>> {
        let at: Vec<Interval> = centre.iter().map(|&x| point(x)).collect();
        if !sweep(self.tape, &at, w) {
            return None;
        }
        let residual: Vec<Interval> = self.equations.iter().map(|&slot| w.values[slot as usize]).collect();
        let rows = inverse.chunks(self.columns.len());
        Some(rows.map(|row| -dot(row.iter().zip(&residual).map(|(&c, &f)| (point(c), f)))).collect())
    }

    /// The interval matrix `J` over a box of the variables, in row order.
    pub(super) fn jacobian(&self, variables: &[Interval], w: &mut Workspace) -> Option<Vec<Interval>> {
        if !sweep(self.tape, variables, w) {
            return None;
        }
        let mut matrix = Vec::with_capacity(self.columns.len() * self.columns.len());
        for &slot in self.equations {
            self.tape.derivatives(slot, w);
            matrix.extend(self.columns.iter().map(|&column| w.derivatives[column]));
        }
        matrix.iter().all(|slope| slope.is_common_interval()).then_some(matrix)
    }

    /// `K(X) − x̂` in the columns: `step + (I − C·J)·offset` for `offset = X − x̂`.
    pub(super) fn image(
        inverse: &[f64],
        jacobian: &[Interval],
        step: &[Interval],
        offset: &[Interval],
    ) -> Vec<Interval> {
        let n = step.len();
        let one = point(1.0);
        (0..n)
            .map(|i| {
                let entry = |j: usize| {
                    let product = dot((0..n).map(|k| (point(inverse[i * n + k]), jacobian[k * n + j])));
                    if i == j { one - product } else { -product }
                };
                step[i] + dot((0..n).map(|j| (entry(j), offset[j])))
            })
            .collect()
    }
}

pub(crate) fn dot(pairs: impl Iterator<Item = (Interval, Interval)>) -> Interval {
    let zero = point(0.0);
    pairs.filter(|&(a, b)| a != zero && b != zero).fold(zero, |sum, (a, b)| sum + a * b)
}

/// The magnitude of an approximate step.
fn size(step: &[Interval], centre: &[f64], columns: &[usize]) -> f64 {
    step.iter().zip(columns).map(|(s, &column)| s.mag() / (1.0 + centre[column].abs())).fold(0.0, f64::max)
}

/// Steps of Newton's method in doubles.
const NEWTON: usize = 30;
/// Attempts at a box that its image lies in.
const INFLATIONS: usize = 12;

impl Square<'_> {
    /// Newton's method in doubles from a point, as long as its steps become smaller. Moves the columns only.
    pub(super) fn approach(&self, at: &mut [f64], w: &mut Workspace) -> bool {
        let n = self.columns.len();
        let mut last = f64::INFINITY;
        for _ in 0..NEWTON {
            if self.budget.expired() {
                return false;
            }
            let Some(inverse) = self.preconditioner(at, w) else { return false };
            let residual: Vec<f64> = self.equations.iter().map(|&slot| w.points[slot as usize]).collect();
            let step: Vec<f64> =
                inverse.chunks(n).map(|row| row.iter().zip(&residual).map(|(c, f)| c * f).sum()).collect();
            let scaled = |(s, &column): (&f64, &usize)| s.abs() / (1.0 + at[column].abs());
            let length = step.iter().zip(self.columns).map(scaled).fold(0.0, f64::max);
            if !length.is_finite() {
                return false;
            }
            // rounding makes the last steps wander
            if length >= last && length < 1e-12 {
                return true;
            }
            self.columns.iter().zip(&step).for_each(|(&column, s)| at[column] -= s);
            if length == 0.0 {
                return true;
            }
            last = length;
        }
        last < 1e-9
    }

    /// A box around a point that contains a zero: an inclusion `K(X) ⊂ int X` on a box that starts as large as the step
    /// from its centre and is inflated towards its image (Rump 1983). One interval per column.
    pub(super) fn inclusion(&self, centre: &[f64], w: &mut Workspace) -> Option<Vec<Interval>> {
        let inverse = self.preconditioner(centre, w)?;
        let step = self.step(&inverse, centre, w)?;
        let mut offset = step.clone();
        for _ in 0..INFLATIONS {
            if self.budget.expired() {
                return None;
            }
            for (o, &column) in offset.iter_mut().zip(self.columns) {
                let least = (4.0 * f64::EPSILON * centre[column].abs()).max(f64::MIN_POSITIVE);
                let (lo, hi) = (o.inf().min(0.0), o.sup().max(0.0));
                let margin = 0.1 * (hi - lo) + least;
                *o = bounds(lo - margin, hi + margin);
            }
            if size(&offset, centre, self.columns) >= 1.0 {
                return None;
            }
            let mut variables: Vec<Interval> = centre.iter().map(|&x| point(x)).collect();
            for (o, &column) in offset.iter_mut().zip(self.columns) {
                variables[column] = point(centre[column]) + *o;
                // rounded outward: `X − x̂` is a little more than what was added
                *o = variables[column] - point(centre[column]);
            }
            let jacobian = self.jacobian(&variables, w)?;
            let image = Square::image(&inverse, &jacobian, &step, &offset);
            let found: Vec<Interval> =
                image.iter().zip(self.columns).map(|(&k, &column)| point(centre[column]) + k).collect();
            let inside = found.iter().zip(self.columns).all(|(k, &column)| k.interior(variables[column]));
            if inside {
                return Some(found);
            }
            offset = image;
        }
        None
    }
}
