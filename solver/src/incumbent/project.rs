//! Projections: from a starting point towards one that satisfies the formula, one violated atom after the other.
//!
//! The step `x ← x − (e(x) − t)·∇e/|∇e|²` lands where the linearised atom holds (the projection method of Kaczmarz 1937,
//! nonlinear after Censor and Lent 1982). Equations aim at zero, inequalities half of δ inside, so that the point is likely to
//! satisfy them exactly. Of a disjunction the branch that is violated least is followed.

use super::centre;
use crate::formula::{Atom, Formula, Relation, Truth};
use crate::interval::{self, Interval};
use crate::problem::{Compiled, Sort};
use crate::tape::{Slot, Workspace};

/// The most steps of one attempt for every atom that may be violated.
const ROUNDS: usize = 60;
/// Attempts that have not halved the violation after so many rounds are given up.
const PATIENCE: usize = 12;

/// The most work of one attempt, in operands read: a step for each of many atoms sweeps over all of them.
const WORK: usize = 20_000_000;

/// How far inside an inequality to aim where δ is zero.
const INSIDE: f64 = 1e-6;

/// Moves `point` towards a solution inside `root`. Returns whether it seems to satisfy the formula up to δ: where it comes to
/// rest between sets that are apart by less, as a linear function's maximum on a sphere and the sphere, it does.
pub(crate) fn project(problem: &Compiled, root: &[Interval], delta: f64, point: &mut [f64], w: &mut Workspace) -> bool {
    if problem.problem.variables.iter().any(|v| v.sort == Sort::Integer) {
        return false;
    }
    let mut best = f64::INFINITY;
    let mut since = 0;
    let mut steps = WORK / problem.tape.operand_count().max(1);
    for _ in 0..ROUNDS {
        problem.tape.evaluate(point, w);
        let total = violation(&problem.constraint, delta, w);
        if total == 0.0 {
            return true;
        }
        if !total.is_finite() {
            return false;
        }
        if total < 0.5 * best {
            (best, since) = (total, 0);
        } else {
            since += 1;
        }
        if since > PATIENCE || !sweep(problem, &problem.constraint, root, delta, point, &mut steps, w) {
            break;
        }
    }
    problem.tape.evaluate(point, w);
    let weakly =
        |value: f64, relation: Relation| !value.is_nan() && relation.weakly_true(interval::point(value), delta);
    let holds = problem.constraint.evaluate(&mut |atom| match weakly(w.points[atom.expr as usize], atom.relation) {
        true => Truth::True,
        false => Truth::False,
    });
    holds == Truth::True
}

/// A start for attempt `seed`: the centre of the box, then points of a low-discrepancy sequence in it.
pub(crate) fn start(variables: &[Interval], seed: u64, point: &mut [f64]) {
    for (i, (x, &bound)) in point.iter_mut().zip(variables).enumerate() {
        *x = centre(bound);
        if seed > 0 {
            // the multiples of the golden ratio, another one for every variable
            let t = (seed as f64 * 0.618_033_988_749_894_9 + (i as f64 + 1.0) * 0.414_213_562_373_095 * seed as f64)
                .fract();
            let (lo, hi) = (bound.inf().max(-8.0), bound.sup().min(8.0));
            if lo < hi {
                *x = (lo + t * (hi - lo)).clamp(bound.inf(), bound.sup());
            }
        }
    }
}

/// How far the value is from where the atom aims, signed; zero where it holds up to δ.
fn miss(atom: &Atom<Slot>, delta: f64, w: &Workspace) -> f64 {
    let value = w.points[atom.expr as usize];
    let inside = if delta > 0.0 { 0.5 * delta } else { INSIDE };
    let (holds, aim) = match atom.relation {
        Relation::Le | Relation::Lt => (value < 0.0, -inside),
        Relation::Ge | Relation::Gt => (value > 0.0, inside),
        Relation::Eq => (value.abs() <= 0.5 * delta, 0.0),
        Relation::Ne => (value != 0.0, inside),
    };
    if value.is_nan() {
        f64::INFINITY
    } else if holds {
        0.0
    } else if value == aim {
        inside
    } else {
        value - aim
    }
}

fn violation(formula: &Formula<Slot>, delta: f64, w: &Workspace) -> f64 {
    match formula {
        Formula::Atom(atom) => miss(atom, delta, w).abs(),
        Formula::Literal(_) => f64::INFINITY,
        Formula::And(parts) => parts.iter().map(|part| violation(part, delta, w)).sum(),
        Formula::Or(parts) => parts.iter().map(|part| violation(part, delta, w)).fold(f64::INFINITY, f64::min),
    }
}

/// One step for every violated atom; false where no step is possible, or left.
fn sweep(
    problem: &Compiled,
    formula: &Formula<Slot>,
    root: &[Interval],
    delta: f64,
    point: &mut [f64],
    steps: &mut usize,
    w: &mut Workspace,
) -> bool {
    match formula {
        Formula::Atom(atom) if miss(atom, delta, w) == 0.0 => true,
        Formula::Atom(_) if *steps == 0 => false,
        Formula::Atom(atom) => {
            *steps -= 1;
            step(problem, atom, root, delta, point, w)
        }
        Formula::Literal(_) => false,
        Formula::And(parts) => parts.iter().all(|part| sweep(problem, part, root, delta, point, steps, w)),
        Formula::Or(parts) => {
            let least = parts.iter().min_by(|a, b| violation(a, delta, w).total_cmp(&violation(b, delta, w)));
            least.is_some_and(|part| sweep(problem, part, root, delta, point, steps, w))
        }
    }
}

fn step(
    problem: &Compiled,
    atom: &Atom<Slot>,
    root: &[Interval],
    delta: f64,
    point: &mut [f64],
    w: &mut Workspace,
) -> bool {
    let miss = miss(atom, delta, w);
    problem.tape.adjoint(atom.expr, w);
    // a variable at an end that the step points beyond cannot help
    let mut square = 0.0;
    for (i, (x, bound)) in point.iter().zip(root).enumerate() {
        let slope = w.adjoints[i];
        let outward = -miss * slope;
        if (outward > 0.0 && *x >= bound.sup()) || (outward < 0.0 && *x <= bound.inf()) {
            w.adjoints[i] = 0.0;
        } else {
            square += slope * slope;
        }
    }
    let length = miss / square;
    if !length.is_finite() {
        // nothing to go by here; another atom may move the point
        return !square.is_nan();
    }
    for (i, (x, bound)) in point.iter_mut().zip(root).enumerate() {
        if w.adjoints[i] != 0.0 {
            *x = (*x - length * w.adjoints[i]).clamp(bound.inf(), bound.sup());
        }
    }
    problem.tape.evaluate(point, w);
    true
}
