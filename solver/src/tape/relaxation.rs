//! Backward linear bound propagation: a linear function of the variables that bounds a linear combination of slots over
//! the box (CROWN, Zhang et al. 2018; DeepPoly, Singh et al. 2019), here for any tape and both copies of a twin
//! network at once (design.md §2, *relaxed jointly*).
//!
//! The sweep visits the instructions in reverse and replaces a slot by its operator's linear bound, whose side is
//! chosen by the sign of the coefficient gathered so far. Rounding: a coefficient is a sum of products in
//! round-to-nearest; beside it runs the sum of their magnitudes, from which follows how far the exact coefficient may be
//! away. That distance times the largest magnitude of the slot is charged to the constant, after which the double *is*
//! the coefficient. So the returned bound is a theorem about the real numbers.
//!
//! A noisy row keeps its dependence on its operands: `λ·s·ρ(h) ≤ max(λs, λs̄)·ρ(h)`, with `ρ` carried down as
//! coefficients of `|h_j|`; the noise variable itself is gone. This is exact for `s` in a symmetric interval.

use super::row::{Row, RowNoise};
use super::{Instruction, Kind, List, Slot, Tape, Workspace};
use crate::interval::Interval;
use crate::interval::kernel::{accumulate, accumulation_error};
use crate::interval::round::{add_up, mul_up, sub_up, up};
use crate::op::{Incremented, Op, Side};

/// `Σ coefficients_i x_i + constant` over the variables; the coefficients are `Workspace::coefficients`.
#[derive(Clone, Copy, Debug)]
pub struct LinearBound {
    /// the constant, `+∞` when there is no bound
    pub constant: f64,
    /// the largest value over the box
    pub maximum: f64,
}

impl Tape {
    /// A linear upper bound of `Σ weight·slot` over the box of the last forward sweep (all slots must hold valid,
    /// nonempty enclosures). The coefficients of the variables are left in [`Workspace::linear_coefficients`].
    pub fn linear_bound(&self, seeds: &[(Slot, f64)], w: &mut Workspace) -> LinearBound {
        w.coefficients.fill(0.0);
        w.magnitudes.fill(0.0);
        let mut constant = 0.0;
        let mut last = 0;
        for &(slot, weight) in seeds {
            w.coefficients[slot as usize] += weight;
            // a single weight is exact, and nothing is added to it
            if seeds.len() > 1 {
                w.magnitudes[slot as usize] += weight.abs();
            }
            last = last.max(slot);
        }
        let seeds = seeds.len();
        for instruction in self.instructions.iter().rev() {
            if instruction.out > last {
                continue;
            }
            let lambda = self.settle(instruction.out, seeds, w, &mut constant);
            if constant == f64::INFINITY {
                return LinearBound { constant, maximum: constant };
            }
            if lambda != 0.0 {
                self.substitute(instruction, lambda, w, &mut constant);
            }
        }
        for &(slot, value, _) in &self.constants {
            let lambda = self.settle(slot, seeds, w, &mut constant);
            constant = add_up(constant, product_up(lambda, value));
        }
        for slot in 0..self.variables {
            self.settle(slot as Slot, seeds, w, &mut constant);
        }
        let mut maximum = constant;
        for slot in 0..self.variables {
            maximum = add_up(maximum, product_up(w.coefficients[slot], w.values[slot]));
        }
        LinearBound { constant, maximum }
    }

    /// Charges the rounding of a slot's coefficient to the constant and returns the coefficient, exact from here on.
    /// Beside what the instructions add, `seeds` additions may have rounded it.
    fn settle(&self, slot: Slot, seeds: usize, w: &Workspace, constant: &mut f64) -> f64 {
        let magnitude = w.magnitudes[slot as usize];
        if magnitude > 0.0 {
            let error = accumulation_error(self.accumulations[slot as usize] as usize + seeds, magnitude);
            *constant = add_up(*constant, mul_up(error, w.values[slot as usize].mag()));
        }
        w.coefficients[slot as usize]
    }

    fn substitute(&self, instruction: &Instruction, lambda: f64, w: &mut Workspace, constant: &mut f64) {
        let operands = self.list(instruction.operands);
        match &instruction.kind {
            Kind::Row(row) => {
                let row = &self.rows[*row as usize];
                *constant = add_up(*constant, product_up(lambda, row.constant));
                self.spread(lambda, row, instruction.operands, w);
                if let Some(noise) = &row.noise {
                    self.spread_noise(lambda, noise, operands, w, constant);
                }
            }
            Kind::Apply(Op::Meet) => {
                let chosen = operands[self.choose(operands, lambda, w)] as usize;
                w.coefficients[chosen] += lambda;
                w.magnitudes[chosen] += lambda.abs();
            }
            Kind::Apply(op) => {
                let n = operands.len();
                for (x, &slot) in w.x.iter_mut().zip(operands) {
                    *x = w.values[slot as usize];
                }
                let side = if lambda > 0.0 { Side::Upper } else { Side::Lower };
                let operator = op.operator().expect("rows are compiled");
                // not the slot's value: contraction may have cut it to less than the range over the operands' box
                let image = operator.enclose(&w.x[..n]);
                let offset = operator.relax(&w.x[..n], image, side, &mut w.partials[..n]);
                *constant = add_up(*constant, if offset == 0.0 { 0.0 } else { mul_up(lambda, offset) });
                for (j, &slot) in operands.iter().enumerate() {
                    let slope = w.partials[j];
                    w.add_product(slot, lambda * slope, slope != 0.0);
                }
            }
        }
    }

    /// Adds `scale·a_j` to the coefficient of each operand.
    fn spread(&self, scale: f64, row: &Row, list: List, w: &mut Workspace) {
        let operands = self.list(list);
        // the kernel leaves no trace of a product that underflows to zero
        let vanishes = scale.abs() * row.smallest < f64::MIN_POSITIVE;
        if let Some(first) = contiguous(operands)
            && !vanishes
        {
            let range = first..first + operands.len();
            accumulate(scale, &row.a, &mut w.coefficients[range.clone()], &mut w.magnitudes[range]);
            return;
        }
        for (&a, &slot) in row.a.iter().zip(operands) {
            w.add_product(slot, scale * a, a != 0.0);
        }
    }

    /// Bounds `λ·s·(Σ r_j |h_j| + r_b)` from above by coefficients on the `h_j`.
    fn spread_noise(&self, lambda: f64, noise: &RowNoise, operands: &[Slot], w: &mut Workspace, constant: &mut f64) {
        let s = w.values[noise.slot as usize];
        // ρ ≥ 0, so any upper bound of λ·s will do as the factor
        let scale = product_up(lambda, s);
        *constant = add_up(*constant, product_up(scale, noise.radius));
        for (&r, &slot) in noise.r.iter().zip(operands) {
            if r == 0.0 {
                continue;
            }
            let (slope, offset) = absolute_bound(w.values[slot as usize], scale > 0.0);
            if offset > 0.0 {
                *constant = add_up(*constant, mul_up(scale, mul_up(up(r), offset)));
            }
            w.add_product(slot, scale * r * slope, scale != 0.0 && slope != 0.0);
        }
    }

    /// Which of two equal expressions to go on with.
    ///
    /// For the increment of a ReLU written both as an operator of `(z, d)` and as `ReLU(z+d) − ReLU(z)`, the choice
    /// with the smaller total gap, given the coefficients that the two ReLUs carry already; otherwise the first.
    fn choose(&self, operands: &[Slot], lambda: f64, w: &Workspace) -> usize {
        let Some((perturbed, nominal)) = self.relu_difference(operands[1]) else { return 0 };
        let Some((Op::Increment(Incremented::Relu), &[_, d])) = self.definition(operands[0]) else { return 0 };
        let relu_argument = |slot: Slot| match self.definition(slot) {
            Some((Op::Relu, &[z])) => Some(w.values[z as usize]),
            _ => None,
        };
        let (Some(z_nominal), Some(z_perturbed)) = (relu_argument(nominal), relu_argument(perturbed)) else { return 0 };
        let (on_nominal, on_perturbed) = (w.coefficients[nominal as usize], w.coefficients[perturbed as usize]);
        let together = relu_gap(on_nominal - lambda, z_nominal) + relu_gap(on_perturbed + lambda, z_perturbed);
        let stable = relu_gap(1.0, z_nominal) == 0.0 && relu_gap(1.0, z_perturbed) == 0.0;
        let increment = if stable { 0.0 } else { lambda.abs() * w.values[d as usize].mag() };
        let apart = relu_gap(on_nominal, z_nominal) + relu_gap(on_perturbed, z_perturbed) + increment;
        usize::from(together < apart)
    }

    /// Reads a slot as `a − b` and returns `(a, b)`.
    fn relu_difference(&self, slot: Slot) -> Option<(Slot, Slot)> {
        let instruction = self.instructions.get(self.writer[slot as usize] as usize)?;
        let Kind::Row(row) = instruction.kind else { return None };
        let Row { a, noise: None, .. } = &self.rows[row as usize] else { return None };
        match (a.as_slice(), self.list(instruction.operands)) {
            ([1.0, -1.0], &[plus, minus]) | ([-1.0, 1.0], &[minus, plus]) => Some((plus, minus)),
            _ => None,
        }
    }
}

impl Workspace {
    /// Adds a rounded product to a slot's coefficient. One that underflowed to zero although no factor is zero still
    /// counts with the least magnitude, so that its rounding is charged.
    fn add_product(&mut self, slot: Slot, product: f64, nonzero: bool) {
        self.coefficients[slot as usize] += product;
        let magnitude = product.abs();
        self.magnitudes[slot as usize] += if nonzero && magnitude == 0.0 { f64::from_bits(1) } else { magnitude };
    }

    /// The coefficients left by [`Tape::linear_bound`], one per variable.
    pub fn linear_coefficients(&self, tape: &Tape) -> &[f64] {
        &self.coefficients[..tape.variables]
    }
}

fn contiguous(operands: &[Slot]) -> Option<usize> {
    let (&first, &last) = (operands.first()?, operands.last()?);
    let ascending = operands.windows(2).all(|pair| pair[0] < pair[1]);
    let dense = last.checked_sub(first)? as usize + 1 == operands.len() && ascending;
    dense.then_some(first as usize)
}

/// At least `max λ·x` over the interval.
fn product_up(lambda: f64, x: Interval) -> f64 {
    if lambda == 0.0 {
        0.0
    } else if lambda > 0.0 {
        mul_up(lambda, x.sup())
    } else {
        mul_up(lambda, x.inf())
    }
}

/// A line `slope·h + offset` that bounds `|h|` over the interval from above (or from below, with offset 0).
fn absolute_bound(h: Interval, above: bool) -> (f64, f64) {
    let (l, u) = (h.inf(), h.sup());
    if l >= 0.0 {
        (1.0, 0.0)
    } else if u <= 0.0 {
        (-1.0, 0.0)
    } else if !above {
        (if u >= -l { 1.0 } else { -1.0 }, 0.0)
    } else if l == f64::NEG_INFINITY || u == f64::INFINITY {
        (0.0, f64::INFINITY)
    } else {
        let slope = ((u + l) / (u - l)).clamp(-1.0, 1.0);
        // |h| is convex, so the largest distance to a line is at an end
        (slope, sub_up(-l, slope * l).max(sub_up(u, (slope * u).next_down())).max(sub_up(-l, (slope * l).next_down())))
    }
}

/// The largest distance between `c·ReLU(z)` and its linear upper bound.
fn relu_gap(c: f64, z: Interval) -> f64 {
    let (l, u) = (z.inf(), z.sup());
    if l >= 0.0 || u <= 0.0 {
        0.0
    } else if c > 0.0 {
        c * u * l / (l - u)
    } else {
        -c * u.min(-l)
    }
}
