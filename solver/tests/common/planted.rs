//! Random problems with a planted solution: a point is chosen first, and every atom's constant such that the formula
//! holds there, by the atom's exact value at the point.
//!
//! Most inequalities are nearly tight (an ulp away, or exactly at the border where the value is rational), where a bound
//! that is wrong in its last digit loses the solution.

use super::expressions::{Constants, Generator, constant, point_in};
use super::rationals;
use deltasat::exact::{Ball, Constant, Rational, rational};
use deltasat::expr::ExprId;
use deltasat::expr::evaluate::evaluate;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{Interval, bounds};
use deltasat::problem::{Problem, Sort};
use rand::Rng;
use rand::rngs::SmallRng;

/// What to generate.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub variables: usize,
    pub noises: usize,
    pub depth: u32,
    pub atoms: u32,
    pub objective: bool,
    /// whether domains may be unbounded
    pub unbounded: bool,
    /// whether variables may be integers
    pub integers: bool,
}

impl Shape {
    /// 1–4 variables, depth up to 5, up to 6 atoms.
    pub fn any(rng: &mut SmallRng) -> Self {
        Shape {
            variables: rng.random_range(1..=4),
            noises: rng.random_range(0..=2),
            depth: rng.random_range(1..=5),
            atoms: rng.random_range(1..=6),
            objective: rng.random(),
            unbounded: rng.random_range(0..3) == 0,
            integers: rng.random_range(0..3) == 0,
        }
    }
}

/// A problem and a point that satisfies it.
pub struct Planted {
    pub problem: Problem,
    pub point: Vec<f64>,
}

/// A random problem with a planted solution.
pub fn planted(rng: &mut SmallRng, shape: Shape) -> Planted {
    let mut problem = Problem::default();
    let mut point = Vec::new();
    let mut variables = Vec::new();
    for i in 0..shape.variables {
        let integer = shape.integers && rng.random();
        let x = coordinate(rng, integer);
        let sort = if integer { Sort::Integer } else { Sort::Real };
        variables.push(problem.variable(format!("x{i}"), domain_around(rng, x, shape.unbounded), sort));
        point.push(x);
    }
    let mut noises = Vec::new();
    for i in 0..shape.noises {
        let domain = bounds(-1.0, 1.0);
        noises.push(problem.variable(format!("s{i}"), domain, Sort::Noise));
        point.push(point_in(rng, domain));
    }
    let at = rationals(&point);
    let mut planting = Planting { rng, problem: &mut problem, variables: &variables, noises: &noises, at: &at, shape };
    let mut atoms = shape.atoms;
    let formula = planting.formula(&mut atoms, true, 2);
    let objective = shape.objective.then(|| planting.defined_expression().0);
    problem.constraint = formula;
    problem.objective = objective;
    Planted { problem, point }
}

fn coordinate(rng: &mut SmallRng, integer: bool) -> f64 {
    if integer {
        return f64::from(rng.random_range(-4i32..=4));
    }
    match rng.random_range(0..8) {
        0 => 0.0,
        1..3 => f64::from(rng.random_range(-12i32..=12)) / 4.0,
        3 => f64::from(rng.random_range(-30i32..=30)) / 10.0,
        4 => rng.random_range(-1e-6..1e-6),
        _ => rng.random_range(-3.0..3.0),
    }
}

/// A domain that holds `x`, often at its border.
fn domain_around(rng: &mut SmallRng, x: f64, unbounded: bool) -> Interval {
    let side = |rng: &mut SmallRng| match rng.random_range(0..6) {
        0 => 0.0,
        1 => rng.random_range(0.0..1e-3),
        2 => f64::from(rng.random_range(0i32..4)),
        _ if unbounded && rng.random_range(0..4) == 0 => f64::INFINITY,
        _ => rng.random_range(0.0..4.0),
    };
    let (below, above) = (side(rng), side(rng));
    bounds((x - below).min(x), (x + above).max(x))
}

struct Planting<'a> {
    rng: &'a mut SmallRng,
    problem: &'a mut Problem,
    variables: &'a [ExprId],
    noises: &'a [ExprId],
    at: &'a [Rational],
    shape: Shape,
}

impl Planting<'_> {
    /// A formula that is `holds` at the point, of at most `atoms` atoms (which it takes away).
    fn formula(&mut self, atoms: &mut u32, holds: bool, depth: u32) -> Formula {
        if depth == 0 || *atoms <= 1 || self.rng.random_range(0..4) == 0 {
            *atoms = atoms.saturating_sub(1);
            return self.atom(holds);
        }
        match self.rng.random_range(0..5) {
            0 => self.formula(atoms, !holds, depth - 1).negate(),
            1 | 2 => self.junction(atoms, holds, depth, true),
            _ => self.junction(atoms, holds, depth, false),
        }
    }

    /// A conjunction (or disjunction); one part at least decides it, the others are as they are.
    fn junction(&mut self, atoms: &mut u32, holds: bool, depth: u32, conjunction: bool) -> Formula {
        let n = self.rng.random_range(2..=3);
        let all = holds == conjunction;
        let decisive = self.rng.random_range(0..n);
        let mut parts = Vec::new();
        for i in 0..n {
            if *atoms == 0 && i > decisive {
                break;
            }
            let part_holds = if all || i == decisive { holds } else { self.rng.random() };
            parts.push(self.formula(atoms, part_holds, depth - 1));
        }
        if conjunction { Formula::and(parts) } else { Formula::or(parts) }
    }

    /// An expression that has a value at the point.
    fn defined_expression(&mut self) -> (ExprId, Ball) {
        loop {
            let mut generator = Generator {
                rng: self.rng,
                graph: &mut self.problem.graph,
                variables: self.variables,
                noises: self.noises,
                constants: Constants::Awkward,
            };
            let expression = generator.expression(self.shape.depth);
            let value = evaluate(&self.problem.graph, &[expression], self.at).remove(&expression).flatten();
            if let Some(value) = value
                && value.ceil_f64() < 1e12
                && value.floor_f64() > -1e12
            {
                return (expression, value);
            }
        }
    }

    fn atom(&mut self, holds: bool) -> Formula {
        let (expression, value) = self.defined_expression();
        let exact = value.exact();
        let relation = match self.rng.random_range(0..8) {
            0 | 1 => Relation::Le,
            2 => Relation::Lt,
            3 | 4 => Relation::Ge,
            5 => Relation::Gt,
            6 if exact.is_some() => Relation::Eq,
            _ => Relation::Ne,
        };
        let shift = match relation {
            Relation::Eq => exact.expect("checked above"),
            Relation::Le => self.at_least(exact, value.ceil_f64()),
            Relation::Lt => to_rational(value.ceil_f64().next_up()) + self.slack(),
            Relation::Ge => -self.at_least(exact.map(|v| -v), -value.floor_f64()),
            Relation::Gt => to_rational(value.floor_f64().next_down()) - self.slack(),
            Relation::Ne => to_rational(value.ceil_f64().next_up()) + self.slack(),
        };
        let shifted = self.problem.graph.linear([(Constant::ONE, expression)], Constant::from_rational(-shift));
        let planted = Formula::atom(shifted, relation);
        // what must not hold is the negation of what does
        if holds { planted } else { planted.negate() }
    }

    /// The exact value, a double above it, or something larger.
    fn at_least(&mut self, exact: Option<Rational>, ceil: f64) -> Rational {
        match (exact, self.rng.random_range(0..3)) {
            (Some(exact), 0) => exact,
            (_, 1) => to_rational(ceil) + self.slack(),
            _ => to_rational(ceil),
        }
    }

    fn slack(&mut self) -> Rational {
        match self.rng.random_range(0..3) {
            0 => Rational::default(),
            1 => constant(self.rng, Constants::Awkward).abs().to_rational(),
            _ => to_rational(self.rng.random_range(0.0..0.5)),
        }
    }
}

fn to_rational(x: f64) -> Rational {
    rational::from_f64(x).expect("a finite double")
}
