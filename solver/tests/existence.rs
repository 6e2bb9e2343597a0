//! Boxes that certainly contain a solution: zeros known to many digits lie in them, and where there is no zero, however
//! small the residual, none is claimed.

mod common;

use common::{each_seed, may_contain, usual_run};
use deltasat::budget::Budget;
use deltasat::contract::{Contractor as _, Goal, Newton, Outcome, Spare};
use deltasat::exact::{Ball, Constant, Rational, rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{Interval, bounds};
use deltasat::krawczyk::{Enclosure, solution};
use deltasat::op::Op;
use deltasat::problem::{Problem, Sort};
use deltasat::tape::Workspace;
use rand::Rng;
use rand::rngs::SmallRng;

const ALL: Interval = Interval::ENTIRE;

fn found(problem: &Problem, near: &[f64]) -> Option<Enclosure> {
    let enclosure = solution(problem, &[&problem.constraint], &[], near, &Budget::unlimited())?;
    for (variable, bound) in problem.variables.iter().zip(&enclosure.bounds) {
        assert!(bound.is_common_interval() && bound.subset(variable.domain), "{bound:?} outside {:?}", variable.domain);
        assert!(variable.sort != Sort::Integer || (bound.is_singleton() && bound.inf().fract() == 0.0));
    }
    Some(enclosure)
}

fn constant(n: i64, d: i64) -> Constant {
    Constant::from(Rational::new(n.into(), d.into()))
}

fn real(problem: &mut Problem, domain: Interval) -> ExprId {
    let name = format!("x{}", problem.variables.len());
    problem.variable(name, domain, Sort::Real)
}

/// `e + b ⋈ 0`
fn shifted(problem: &mut Problem, e: ExprId, b: Constant, relation: Relation) -> Formula {
    Formula::atom(problem.graph.linear([(Constant::ONE, e)], b), relation)
}

/// Adds a conjunct.
fn demand(problem: &mut Problem, formula: Formula) {
    let held = std::mem::replace(&mut problem.constraint, Formula::TRUE);
    problem.constraint = Formula::and([held, formula]);
}

/// Chains whose zero is known: `x_0² = q` and `x_{i+1} = f(x_i)`, the equations mixed by a regular rational matrix so that
/// none of them shows a coordinate. Returns the expressions that vanish at the zero, one a variable, and the zero.
fn chain(rng: &mut SmallRng, problem: &mut Problem, n: usize) -> (Vec<ExprId>, Vec<Ball>) {
    let (p, q) = (rng.random_range(1..40), rng.random_range(1..20));
    let mut zero = vec![ball(p, q).sqrt().expect("positive")];
    let mut x = vec![real(problem, ALL)];
    let square = problem.graph.powi(x[0], 2);
    let mut residuals = vec![problem.graph.linear([(Constant::ONE, square)], -&constant(p, q))];
    for i in 1..n {
        let last = zero[i - 1].clone();
        let (op, value) = match rng.random_range(0..6) {
            0 => (Op::Sin, last.sin()),
            1 => (Op::Exp, last.neg().exp()),
            2 => (Op::Atan, last.atan()),
            3 => (Op::Abs, Some(last.abs())),
            4 => (Op::Tanh, last.tanh()),
            _ => (Op::Cos, last.cos()),
        };
        let argument = if op == Op::Exp { problem.graph.neg(x[i - 1]) } else { x[i - 1] };
        let image = problem.graph.apply(op, [argument]);
        let (a, b) = (rng.random_range(1..5), rng.random_range(-9..9));
        let next = real(problem, ALL);
        // next = a/2·f(x) + b/7
        residuals.push(problem.graph.linear([(constant(1, 1), next), (constant(-a, 2), image)], constant(-b, 7)));
        let scaled = value.expect("defined").mul(&ball(a, 2)).and_then(|v| v.add(&ball(b, 7))).expect("small");
        zero.push(scaled);
        x.push(next);
    }
    (residuals, zero)
}

fn ball(n: i64, d: i64) -> Ball {
    constant(n, d).to_ball().expect("small")
}

/// A regular matrix times the equations: lower times upper triangles of small integers with ones on the diagonal.
fn mixed(rng: &mut SmallRng, problem: &mut Problem, residuals: &[ExprId]) -> Vec<ExprId> {
    let mut rows = residuals.to_vec();
    for (from, to) in [(0, 1), (1, 0)] {
        for i in 0..rows.len() {
            for j in 0..i {
                let (target, source) = if from < to { (i, j) } else { (rows.len() - 1 - i, rows.len() - 1 - j) };
                let factor = constant(rng.random_range(-2..3), 3);
                rows[target] =
                    problem.graph.linear([(Constant::ONE, rows[target]), (factor, rows[source])], constant(0, 1));
            }
        }
    }
    rows
}

fn near(rng: &mut SmallRng, zero: &[Ball], by: f64) -> Vec<f64> {
    zero.iter().map(|x| x.nearest_f64() + rng.random_range(-by..by)).collect()
}

trait Nearest {
    fn nearest_f64(&self) -> f64;
}

impl Nearest for Ball {
    fn nearest_f64(&self) -> f64 {
        0.5 * (self.floor_f64() + self.ceil_f64())
    }
}

/// The contractor keeps a zero that the box holds, anywhere in it, makes small boxes much smaller, and refutes those
/// beside the zero that it contracts to nothing.
#[test]
fn newton_keeps_zeros() {
    let (mut shrunk, mut refuted) = (0, 0);
    each_seed("newton_keeps_zeros", 400, |_, rng| {
        let mut problem = Problem::default();
        let n = rng.random_range(1..6);
        let (residuals, zero) = chain(rng, &mut problem, n);
        for row in mixed(rng, &mut problem, &residuals) {
            demand(&mut problem, Formula::atom(row, Relation::Eq));
        }
        let compiled = problem.compile();
        let radius = 10f64.powi(-rng.random_range(1..8));
        let beside = rng.random_range(0..4) == 0;
        let mut kept = compiled.root();
        for (bound, x) in kept.iter_mut().zip(&zero) {
            let (down, up) = (rng.random_range(0.0..radius), rng.random_range(0.0..radius));
            let shift = if beside { 3.0 * radius } else { 0.0 };
            *bound = bounds(x.floor_f64() - down + shift, x.ceil_f64() + up + shift);
        }
        let mut w = Workspace::new(&compiled.tape);
        let mut spare = Spare::new(&compiled);
        compiled.tape.load(&kept, &mut w);
        if !compiled.tape.forward(&mut w) {
            assert!(beside);
            return;
        }
        match Newton.contract(&compiled, &Goal::ALL, &mut w, &mut spare) {
            Outcome::Empty => {
                assert!(beside, "the zero is lost");
                refuted += 1;
            }
            _ => {
                for (slot, x) in zero.iter().enumerate() {
                    assert!(
                        beside || may_contain(w.values[slot], x),
                        "{:?} without {}",
                        w.values[slot],
                        x.nearest_f64()
                    );
                }
                let small = |(slot, bound): (usize, &Interval)| w.values[slot].wid() < 0.1 * bound.wid();
                shrunk += u32::from(!beside && kept[..n].iter().enumerate().all(small));
            }
        }
    });
    assert!(!usual_run() || (shrunk > 100 && refuted > 40), "{shrunk} shrunk, {refuted} refuted");
}

#[test]
fn planted_irrational_zeros_are_enclosed() {
    let mut claimed = 0;
    each_seed("planted_irrational_zeros_are_enclosed", 300, |_, rng| {
        let mut problem = Problem::default();
        let n = rng.random_range(1..6);
        let (residuals, zero) = chain(rng, &mut problem, n);
        for row in mixed(rng, &mut problem, &residuals) {
            demand(&mut problem, Formula::atom(row, Relation::Eq));
        }
        let start = near(rng, &zero, 1e-4);
        if let Some(Enclosure { bounds, violation }) = found(&problem, &start) {
            claimed += 1;
            assert!(violation < 1e-9);
            // the zero is unique but for the sign of the root, which is far away
            for (bound, x) in bounds.iter().zip(&zero) {
                assert!(may_contain(*bound, x), "{bound:?} without {}", x.nearest_f64());
                assert!(bound.wid() < 1e-9, "{bound:?}");
            }
        }
    });
    assert!(!usual_run() || claimed > 270, "{claimed} of 300");
}

/// The same chains with one inequality that all zeros violate by a hair, or that they satisfy by one.
#[test]
fn inequalities_are_judged_at_the_zero() {
    let mut claimed = 0;
    each_seed("inequalities_are_judged_at_the_zero", 300, |_, rng| {
        let mut problem = Problem::default();
        let n = rng.random_range(1..4);
        let (residuals, zero) = chain(rng, &mut problem, n);
        for row in mixed(rng, &mut problem, &residuals) {
            demand(&mut problem, Formula::atom(row, Relation::Eq));
        }
        let variable = rng.random_range(0..n);
        let x = problem.graph.variable(deltasat::expr::VariableId::new(variable));
        let margin = 10f64.powi(-rng.random_range(3..15)) * (1.0 + zero[variable].nearest_f64().abs());
        let (satisfied, above, weak): (bool, bool, bool) = (rng.random(), rng.random(), rng.random());
        // above: the zero lies above the end
        let end =
            if above == satisfied { zero[variable].floor_f64() - margin } else { zero[variable].ceil_f64() + margin };
        let relation = match (above == satisfied) == satisfied {
            true if weak => Relation::Ge,
            true => Relation::Gt,
            false if weak => Relation::Le,
            false => Relation::Lt,
        };
        let truth = match relation {
            Relation::Ge | Relation::Gt => zero[variable].floor_f64() > end,
            _ => zero[variable].ceil_f64() < end,
        };
        let as_domain = weak && rng.random();
        if as_domain {
            let ge = relation == Relation::Ge;
            problem.variables[variable].domain =
                if ge { bounds(end, f64::INFINITY) } else { bounds(f64::NEG_INFINITY, end) };
        } else {
            let b = -&Constant::from_f64(end).expect("finite");
            let atom = shifted(&mut problem, x, b, relation);
            demand(&mut problem, atom);
        }
        let start = near(rng, &zero, 1e-6);
        if let Some(Enclosure { bounds, .. }) = found(&problem, &start) {
            claimed += 1;
            // the other root of the first equation may satisfy it
            let same = bounds[0].mid() > 0.0;
            assert!(truth || !same, "{relation:?} {end} at {}", zero[variable].nearest_f64());
        }
    });
    assert!(!usual_run() || claimed > 100, "{claimed} of 300");
}

#[test]
fn equations_without_a_zero_have_none() {
    let mut problem = Problem::default();
    let x = real(&mut problem, ALL);
    let square = problem.graph.powi(x, 2);
    for exponent in 0..300 {
        let tiny = Constant::from_rational(Rational::new(1.into(), num_bigint::BigInt::from(10).pow(exponent)));
        problem.constraint = shifted(&mut problem, square, tiny.clone(), Relation::Eq);
        for start in [0.0, 1e-3, -1e-6, 1e-9, 1e-160] {
            assert!(found(&problem, &[start]).is_none(), "x² = −1e-{exponent} from {start}");
        }
        // e^x = 0, nearly, far to the left
        let exp = problem.graph.apply(Op::Exp, [x]);
        problem.constraint = Formula::atom(exp, Relation::Eq);
        assert!(found(&problem, &[-f64::from(exponent)]).is_none());
        // max(x, 0) = −tiny and |x| = −tiny
        for op in [Op::Relu, Op::Abs] {
            let kinked = problem.graph.apply(op, [x]);
            problem.constraint = shifted(&mut problem, kinked, tiny.clone(), Relation::Eq);
            for start in [0.0, 1e-9, -1e-9] {
                assert!(found(&problem, &[start]).is_none());
            }
        }
    }
}

#[test]
fn double_zeros_are_not_claimed() {
    for (n, d) in [(1, 1), (1, 3), (2, 7), (0, 1)] {
        let mut problem = Problem::default();
        let x = real(&mut problem, ALL);
        let difference = problem.graph.linear([(Constant::ONE, x)], constant(-n, d));
        let square = problem.graph.powi(difference, 2);
        problem.constraint = Formula::atom(square, Relation::Eq);
        let zero = n as f64 / d as f64;
        for start in [zero, zero + 1e-4, zero - 1e-9, zero.next_up()] {
            if let Some(Enclosure { bounds, .. }) = found(&problem, &[start]) {
                assert!(n % d == 0 && bounds[0] == deltasat::interval::point(zero), "only the exact zero, as a point");
            }
        }
    }
}

/// A step from −1 to 1 has no zero, nor has what jumps over it.
#[test]
fn jumps_are_no_zeros() {
    let mut problem = Problem::default();
    let x = real(&mut problem, ALL);
    let one = problem.graph.constant(Constant::ONE);
    let minus = problem.graph.constant(-&Constant::ONE);
    let condition = problem.graph.linear([(Constant::ONE, x)], constant(-1, 3));
    let step = problem.graph.apply(Op::Ite, [condition, one, minus]);
    let both = problem.graph.linear([(Constant::ONE, step), (Constant::ONE, condition)], constant(0, 1));
    let pole = problem.graph.div(one, condition);
    let tangent = {
        let scaled = problem.graph.scale(constant(355, 226), x);
        problem.graph.apply(Op::Tan, [scaled])
    };
    let inverse = problem.graph.div(one, tangent);
    for (expr, around) in [(step, 1.0 / 3.0), (both, 1.0 / 3.0), (pole, 1.0 / 3.0), (inverse, 0.0)] {
        problem.constraint = Formula::atom(expr, Relation::Eq);
        for offset in [0.0, 1e-3, -1e-3, 1e-12, -1e-12] {
            assert!(found(&problem, &[around + offset]).is_none(), "{expr:?} from {}", around + offset);
        }
    }
}

#[test]
fn kinks_are_no_obstacle_where_all_slopes_are_regular() {
    // |x| + 3x = 1e-20, whose zero is within an ulp of the kink
    let mut problem = Problem::default();
    let x = real(&mut problem, ALL);
    let kinked = problem.graph.apply(Op::Abs, [x]);
    let tiny = Constant::from_rational(Rational::new(1.into(), num_bigint::BigInt::from(10).pow(20)));
    let sum = problem.graph.linear([(Constant::ONE, kinked), (constant(3, 1), x)], -&tiny);
    problem.constraint = Formula::atom(sum, Relation::Eq);
    let Enclosure { bounds, .. } = found(&problem, &[1e-4]).expect("slopes between 2 and 4");
    assert!(bounds[0].contains(2.5e-21), "{:?}", bounds[0]);
}

#[test]
fn surplus_variables_are_held_and_integers_stay_integers() {
    let mut problem = Problem::default();
    let x = real(&mut problem, ALL);
    let y = real(&mut problem, bounds(0.5, 1.0));
    let n = problem.variable("n", bounds(-5.0, 5.0), Sort::Integer);
    // x² + y² + n = 5/3
    let (xx, yy) = (problem.graph.powi(x, 2), problem.graph.powi(y, 2));
    let one = Constant::ONE;
    let sum = problem.graph.linear([(one.clone(), xx), (one.clone(), yy), (one.clone(), n)], constant(-5, 3));
    problem.constraint = Formula::atom(sum, Relation::Eq);
    let Enclosure { bounds: found_bounds, .. } = found(&problem, &[0.4, 0.7, 1.0]).expect("a circle");
    assert_eq!(found_bounds[2], bounds(1.0, 1.0));
    assert!(found(&problem, &[0.4, 0.7, 1.01]).is_none(), "not an integer");
    // y would have to leave its domain: it is held at the end, and x moves instead
    let Enclosure { bounds: found_bounds, .. } = found(&problem, &[1e-3, 0.6, 1.0]).expect("x = √(2/3 − 1/4) is one");
    assert!(found_bounds[1].subset(bounds(0.5, 1.0)));
    // no x makes up for n = 2
    assert!(found(&problem, &[0.0, 0.5, 2.0]).is_none());
}

#[test]
fn dependent_and_contradicting_equations_are_refused() {
    let mut problem = Problem::default();
    let (x, y) = (real(&mut problem, ALL), real(&mut problem, ALL));
    let one = Constant::ONE;
    let (xx, yy) = (problem.graph.powi(x, 2), problem.graph.powi(y, 2));
    let circle = problem.graph.linear([(one.clone(), xx), (one.clone(), yy)], constant(-1, 1));
    let diagonal = problem.graph.linear([(one.clone(), x), (constant(-1, 1), y)], constant(0, 1));
    let turned = problem.graph.linear([(constant(-1, 1), x), (one.clone(), y)], constant(0, 1));
    let off = problem.graph.linear([(constant(2, 1), x), (constant(-2, 1), y)], constant(1, 1_000_000_000_000));
    let start = [0.707, 0.7072];
    let equal = |expr| Formula::atom(expr, Relation::Eq);
    problem.constraint = Formula::and([equal(circle), equal(diagonal), equal(turned)]);
    assert!(found(&problem, &start).is_some(), "the same equation turned round is one equation");
    problem.constraint = Formula::and([equal(circle), equal(diagonal), Formula::atom(turned, Relation::Ge)]);
    assert!(found(&problem, &start).is_some(), "a weak inequality active at the zero");
    problem.constraint = Formula::and([equal(circle), equal(diagonal), Formula::atom(turned, Relation::Gt)]);
    assert!(found(&problem, &start).is_none(), "a strict one");
    problem.constraint = Formula::and([equal(circle), equal(diagonal), Formula::atom(turned, Relation::Ne)]);
    assert!(found(&problem, &start).is_none());
    problem.constraint = Formula::and([equal(circle), equal(diagonal), equal(off)]);
    assert!(found(&problem, &start).is_none(), "x = y and x = y − 5e-13");
    problem.constraint = Formula::and([equal(diagonal), equal(off)]);
    assert!(found(&problem, &start).is_none());
}

#[test]
fn domains_of_functions_end_at_the_box() {
    // √x = 0 and √x + y = 1/3 at x = 0: the root has no slope there
    let mut problem = Problem::default();
    let (x, y) = (real(&mut problem, ALL), real(&mut problem, ALL));
    let root = problem.graph.apply(Op::Sqrt, [x]);
    problem.constraint = Formula::atom(root, Relation::Eq);
    for start in [1e-4, 1e-12, 1e-300] {
        assert!(found(&problem, &[start, 0.0]).is_none());
    }
    // x = −1e-18 is just outside
    let outside = problem.graph.linear([(Constant::ONE, x)], Constant::from_f64(1e-18).expect("finite"));
    let sum = problem.graph.linear([(Constant::ONE, root), (Constant::ONE, y)], constant(-1, 3));
    problem.constraint = Formula::and([Formula::atom(outside, Relation::Eq), Formula::atom(sum, Relation::Eq)]);
    assert!(found(&problem, &[0.0, 0.3]).is_none());
    // ln x ≥ −1000 is open at zero
    let log = problem.graph.apply(Op::Ln, [x]);
    let cube = problem.graph.powi(x, 3);
    let tiny = problem.graph.linear([(Constant::ONE, cube)], Constant::from_f64(1e-30).expect("finite"));
    problem.constraint = Formula::and([Formula::atom(tiny, Relation::Eq), Formula::atom(log, Relation::Ne)]);
    assert!(found(&problem, &[1e-10, 0.0]).is_none(), "the zero is negative");
}

/// Products of a random line and circle, at which the residual is small on a whole curve: the box that is claimed is
/// checked by the change of sign that a simple zero in one variable makes, in exact arithmetic.
#[test]
fn zeros_in_one_variable_change_the_sign() {
    let mut claimed = 0;
    each_seed("zeros_in_one_variable_change_the_sign", 400, |_, rng| {
        let mut problem = Problem::default();
        let x = real(&mut problem, bounds(-4.0, 4.0));
        let degree = rng.random_range(2..7);
        let mut expr = problem.graph.constant(constant(rng.random_range(-5..6), 7));
        for _ in 0..degree {
            let product = problem.graph.mul(expr, x);
            let b = constant(rng.random_range(-9..10), rng.random_range(1..9));
            expr = problem.graph.linear([(Constant::ONE, product)], b);
        }
        // half of them only just touch zero, if at all
        if rng.random() {
            let square = problem.graph.powi(expr, 2);
            let shift = 10f64.powi(-rng.random_range(4..20)) * rng.random_range(-1.0..1.0);
            expr = problem.graph.linear([(Constant::ONE, square)], Constant::from_f64(shift).expect("finite"));
        }
        problem.constraint = Formula::atom(expr, Relation::Eq);
        let start = rng.random_range(-3.0..3.0);
        if let Some(Enclosure { bounds, .. }) = found(&problem, &[start]) {
            claimed += 1;
            let sign = |x: f64| {
                let at = [rational::from_f64(x).expect("finite")];
                let value = deltasat::expr::evaluate::evaluate(&problem.graph, &[expr], &at).remove(&expr).flatten();
                value.and_then(|value| value.signum()).expect("rational")
            };
            let (lower, upper) = (sign(bounds[0].inf()), sign(bounds[0].sup()));
            assert!(lower * upper <= 0, "{:?}: {lower} and {upper}", bounds[0]);
        }
    });
    assert!(!usual_run() || claimed > 100, "{claimed}");
}

/// Whenever it is told to stop, it does, without a box.
#[test]
fn a_halt_ends_the_attempt() {
    let mut problem = Problem::default();
    let x = real(&mut problem, ALL);
    let square = problem.graph.powi(x, 2);
    let equation = shifted(&mut problem, square, constant(-2, 1), Relation::Eq);
    demand(&mut problem, equation);
    let attempt = |looks: u64| {
        let budget = Budget::unlimited().interrupted_after(looks);
        solution(&problem, &[&problem.constraint], &[], &[1.4], &budget).is_some()
    };
    let needed = (0..100).find(|&looks| attempt(looks)).expect("there is a solution");
    assert!(needed > 5, "looked {needed} times");
}
