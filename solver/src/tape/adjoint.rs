//! Value and gradient at a point, in doubles: they choose where to look and decide nothing.

use super::{Kind, Slot, Tape, Workspace};

impl Tape {
    /// Evaluates all slots at a point; `point` has one entry per variable. Slots outside their domain become NaN.
    pub fn evaluate(&self, point: &[f64], w: &mut Workspace) {
        w.points[..self.variables].copy_from_slice(&point[..self.variables]);
        for instruction in &self.instructions {
            let operands = self.list(instruction.operands);
            let value = match &instruction.kind {
                Kind::Row(row) => self.rows[*row as usize].evaluate(&w.points, operands),
                Kind::Apply(op) => {
                    for (x, &slot) in w.px.iter_mut().zip(operands) {
                        *x = w.points[slot as usize];
                    }
                    op.operator().expect("rows are compiled").value(&w.px[..operands.len()])
                }
            };
            w.points[instruction.out as usize] = value;
        }
    }

    /// The derivatives of `root` with respect to every slot at the point last evaluated, left in `w.adjoints`; those of
    /// the variables come first.
    pub fn adjoint(&self, root: Slot, w: &mut Workspace) {
        w.adjoints.fill(0.0);
        w.adjoints[root as usize] = 1.0;
        for instruction in self.instructions.iter().rev() {
            let lambda = w.adjoints[instruction.out as usize];
            if lambda == 0.0 || instruction.out > root {
                continue;
            }
            let operands = self.list(instruction.operands);
            match &instruction.kind {
                Kind::Row(row) => {
                    let row = &self.rows[*row as usize];
                    for (a, &slot) in row.a.values().iter().zip(&operands[row.a.at.clone()]) {
                        w.adjoints[slot as usize] += lambda * a;
                    }
                    if let Some(noise) = &row.noise {
                        let s = w.points[noise.slot as usize];
                        let mut radius = noise.radius.mid();
                        for (r, &slot) in noise.r.values().iter().zip(&operands[noise.r.at.clone()]) {
                            let h = w.points[slot as usize];
                            w.adjoints[slot as usize] += lambda * s * r * if h < 0.0 { -1.0 } else { 1.0 };
                            radius += r * h.abs();
                        }
                        w.adjoints[noise.slot as usize] += lambda * radius;
                    }
                }
                Kind::Apply(op) => {
                    let n = operands.len();
                    for (x, &slot) in w.px.iter_mut().zip(operands) {
                        *x = w.points[slot as usize];
                    }
                    let value = w.points[instruction.out as usize];
                    op.operator().expect("rows are compiled").gradient(&w.px[..n], value, &mut w.partials[..n]);
                    for (partial, &slot) in w.partials.iter().zip(operands) {
                        if *partial != 0.0 {
                            w.adjoints[slot as usize] += lambda * partial;
                        }
                    }
                }
            }
        }
    }
}
