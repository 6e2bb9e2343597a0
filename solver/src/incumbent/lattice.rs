//! Small integers: a search over integer points near zero, one coordinate at a time.
//!
//! Where variables are integers, or unbounded, formulas people write are often satisfied by 0s, 1s and 2s (matrices that prove
//! termination, coefficients of invariants), while halving an unbounded box takes long to come near them. From all zeros, then
//! all ones, the step that lowers the cost most is taken: a coordinate moves by one, or to 0, 1 or 2. Where none
//! lowers it, the atoms that do not hold weigh more from then on (Morris 1993, the breakout method; for polynomials Li, Xia and
//! Zhao 2023).

use crate::formula::{Atom, Formula, Relation};
use crate::interval::Interval;
use crate::problem::{Compiled, Sort};
use crate::tape::{Slot, Workspace};

/// The most work of one call, in operands read.
const WORK: usize = 4_000_000;

/// Looks for integers that satisfy the formula inside `root`, where a variable is an integer or unbounded.
pub(crate) fn lattice(problem: &Compiled, root: &[Interval], point: &mut [f64], w: &mut Workspace) -> bool {
    let unbounded = root.iter().any(|bound| !bound.is_common_interval());
    let first = root.iter().map(|bound| bound.inf().ceil().max(f64::MIN));
    let empty = first.zip(root).any(|(first, bound)| first > bound.sup());
    if empty || !(unbounded || problem.problem.variables.iter().any(|v| v.sort == Sort::Integer)) {
        return false;
    }
    let mut atoms = 0;
    problem.constraint.atoms(&mut |_| atoms += 1);
    let mut search =
        Search { problem, root, weights: vec![1.0; atoms], left: WORK / problem.tape.operand_count().max(1) };
    [0.0, 1.0].iter().any(|&start| {
        search.weights.fill(1.0);
        search.left = WORK / 2 / problem.tape.operand_count().max(1);
        search.run(start, point, w)
    })
}

struct Search<'a> {
    problem: &'a Compiled,
    root: &'a [Interval],
    /// by atom, in the order of the formula
    weights: Vec<f64>,
    /// how many more points may be looked at
    left: usize,
}

impl Search<'_> {
    fn run(&mut self, start: f64, point: &mut [f64], w: &mut Workspace) -> bool {
        for (x, &bound) in point.iter_mut().zip(self.root) {
            *x = start.clamp(bound.inf().ceil(), bound.sup().floor());
        }
        let mut cost = self.cost(point, w);
        while self.left > 0 && cost > 0.0 {
            let mut best = (cost, None);
            for i in 0..point.len() {
                let x = point[i];
                let candidates = [x - 1.0, x + 1.0, 0.0, 1.0, 2.0];
                for candidate in candidates.into_iter().filter(|&y| y != x && self.root[i].contains(y)) {
                    point[i] = candidate;
                    let cost = self.cost(point, w);
                    if cost < best.0 {
                        best = (cost, Some((i, candidate)));
                    }
                }
                point[i] = x;
            }
            cost = match best {
                (cost, Some((i, candidate))) => {
                    point[i] = candidate;
                    cost
                }
                (_, None) => {
                    self.problem.tape.evaluate(point, w);
                    let mut index = 0;
                    let weights = &mut self.weights;
                    self.problem.constraint.atoms(&mut |atom| {
                        weights[index] += f64::from(violation(atom, w) > 0.0);
                        index += 1;
                    });
                    self.cost(point, w)
                }
            };
        }
        cost == 0.0
    }

    fn cost(&mut self, point: &[f64], w: &mut Workspace) -> f64 {
        self.left = self.left.saturating_sub(1);
        self.problem.tape.evaluate(point, w);
        cost(&self.problem.constraint, &mut self.weights.iter(), w)
    }
}

/// The weighted violations of a formula: of a disjunction the least.
fn cost<'a>(formula: &Formula<Slot>, weights: &mut impl Iterator<Item = &'a f64>, w: &Workspace) -> f64 {
    match formula {
        Formula::Atom(atom) => weights.next().copied().unwrap_or(1.0) * violation(atom, w),
        Formula::Literal(_) => f64::INFINITY,
        Formula::And(parts) => parts.iter().map(|part| cost(part, weights, w)).sum(),
        // every part takes its weights
        Formula::Or(parts) => parts.iter().map(|part| cost(part, weights, w)).fold(f64::INFINITY, f64::min),
    }
}

/// At least 1 for an atom that does not hold, more the farther it is from holding.
fn violation(atom: &Atom<Slot>, w: &Workspace) -> f64 {
    let value = w.points[atom.expr as usize];
    let holds = match atom.relation {
        Relation::Le => value <= 0.0,
        Relation::Lt => value < 0.0,
        Relation::Ge => value >= 0.0,
        Relation::Gt => value > 0.0,
        Relation::Eq => value == 0.0,
        Relation::Ne => value != 0.0,
    };
    if holds {
        0.0
    } else if value.is_nan() {
        f64::INFINITY
    } else {
        1.0 + value.abs().ln_1p()
    }
}
