//! Random linear questions over small grids, against enumeration.

use super::*;
use crate::exact::{Constant, rational};
use crate::expr::ExprId;
use crate::interval::bounds;
use crate::problem::{Problem, Sort};

fn number(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn between(&mut self, lower: i64, upper: i64) -> i64 {
        lower + self.below((upper - lower + 1) as u64) as i64
    }

    fn relation(&mut self) -> Relation {
        use Relation::*;
        [Le, Lt, Ge, Gt, Eq, Ne][self.below(6) as usize]
    }

    fn sum(&mut self, problem: &mut Problem, variables: &[ExprId], unit: &Rational) -> ExprId {
        let terms: Vec<_> =
            variables.iter().map(|&x| (Constant::from_rational(number(self.between(-3, 3), 1)), x)).collect();
        let constant = Constant::from_rational(number(self.between(-6, 6), 1) * unit);
        problem.graph.linear(terms, constant)
    }

    fn formula(&mut self, problem: &mut Problem, variables: &[ExprId], unit: &Rational, depth: u32) -> Formula {
        if depth > 0 && self.below(3) == 0 {
            let parts: Vec<_> = (0..2).map(|_| self.formula(problem, variables, unit, depth - 1)).collect();
            return if self.below(2) == 0 { Formula::and(parts) } else { Formula::or(parts) };
        }
        let sum = self.sum(problem, variables, unit);
        Formula::atom(sum, self.relation())
    }
}

fn holds(problem: &Problem, point: &[Rational]) -> bool {
    let mut roots = Vec::new();
    problem.constraint.atoms(&mut |atom| roots.push(atom.expr));
    let values = crate::expr::evaluate::evaluate(&problem.graph, &roots, point);
    let sign = |atom: &Atom| values[&atom.expr].as_ref().unwrap().exact().unwrap().cmp(&Rational::zero()) as i32;
    fn truth(formula: &Formula, sign: &impl Fn(&Atom) -> i32) -> bool {
        match formula {
            Formula::Atom(atom) => atom.relation.holds_for(sign(atom)),
            Formula::And(parts) => parts.iter().all(|part| truth(part, sign)),
            Formula::Or(parts) => parts.iter().any(|part| truth(part, sign)),
            Formula::Literal(_) => unreachable!(),
        }
    }
    truth(&problem.constraint, &sign)
}

fn value(problem: &Problem, point: &[Rational]) -> Rational {
    let objective = problem.objective.unwrap();
    let values = crate::expr::evaluate::evaluate(&problem.graph, &[objective], point);
    values[&objective].as_ref().unwrap().exact().unwrap()
}

/// All points of a grid of so many steps each way.
fn grid(dimensions: usize, reach: i64, step: &Rational) -> Vec<Vec<Rational>> {
    let mut points = vec![Vec::new()];
    for _ in 0..dimensions {
        let longer = |point: &Vec<Rational>| {
            (-reach..=reach).map(|k| [point.as_slice(), &[number(k, 1) * step]].concat()).collect::<Vec<_>>()
        };
        points = points.iter().flat_map(longer).collect();
    }
    points
}

/// Solutions are solutions, no grid point refutes an `unsat` or lies above a supremum, and over the integers enumeration
/// agrees in full.
#[test]
fn enumeration_agrees() {
    let huge = number(2, 1).pow(400);
    let mut counts = [0; 3];
    for seed in 0..400 {
        let mut random = Random(seed);
        let dimensions = 1 + random.below(3) as usize;
        let integral = random.below(2) == 0;
        // the same question with sums, or with the boxes of reals, that are 2^400 times as large
        let unit = if !integral && random.below(2) == 0 { huge.clone() } else { number(1, 1) };
        let mut problem = Problem::default();
        let end = 4.0 * rational::nearest_f64(&unit);
        let sort = if integral { Sort::Integer } else { Sort::Real };
        let variables: Vec<_> = (0..dimensions).map(|_| problem.variable("x", bounds(-end, end), sort)).collect();
        let parts: Vec<_> =
            (0..1 + random.below(4)).map(|_| random.formula(&mut problem, &variables, &unit, 2)).collect();
        problem.constraint = Formula::and(parts);
        if random.below(2) == 0 {
            problem.objective = Some(random.sum(&mut problem, &variables, &unit));
        }
        let step = if integral { unit.clone() } else { &unit / number(2, 1) };
        let points: Vec<_> = grid(dimensions, if integral { 4 } else { 8 }, &step)
            .into_iter()
            .filter(|point| holds(&problem, point))
            .collect();
        let linear = Linear::read(&problem, &[]).expect("linear and small");
        let gap = number(1, 1000);
        match linear.solve(&gap, &Budget::unlimited()) {
            Some(Answer::Infeasible) => {
                counts[0] += 1;
                assert!(points.is_empty(), "seed {seed}: {:?} is a solution", points[0]);
            }
            Some(Answer::Found { point, supremum, .. }) => {
                counts[1] += 1;
                assert!(holds(&problem, &point), "seed {seed}: {point:?}");
                assert!(!integral || point.iter().all(Rational::is_integer), "seed {seed}: {point:?}");
                assert_eq!(supremum.is_some(), problem.objective.is_some());
                if let Some(supremum) = supremum {
                    let reached = value(&problem, &point);
                    assert!(reached <= supremum && &supremum - &reached <= gap, "seed {seed}: {reached} {supremum}");
                    for other in &points {
                        assert!(value(&problem, other) <= supremum, "seed {seed}: {other:?} is better");
                    }
                    assert!(!integral || points.iter().any(|other| value(&problem, other) == supremum), "seed {seed}");
                }
            }
            Some(Answer::Unbounded) => panic!("seed {seed}: a box is bounded"),
            None => counts[2] += 1,
        }
    }
    assert!(counts[0] > 50 && counts[1] > 150 && counts[2] < 5, "{counts:?}");
}

#[test]
fn what_is_unbounded_is_called_so() {
    let mut problem = Problem::default();
    let x = problem.variable("x", bounds(0.0, f64::INFINITY), Sort::Integer);
    let y = problem.variable("y", bounds(f64::NEG_INFINITY, f64::INFINITY), Sort::Integer);
    let sum = problem.graph.linear([(Constant::from(3), x), (Constant::from(-5), y)], Constant::ONE);
    problem.constraint = Formula::atom(sum, Relation::Eq);
    problem.objective = Some(y);
    let solve = |problem: &Problem| Linear::read(problem, &[]).unwrap().solve(&number(1, 10), &Budget::unlimited());
    assert_eq!(solve(&problem), Some(Answer::Unbounded));
    problem.objective = Some(problem.graph.neg(y));
    let Some(Answer::Found { point, supremum, .. }) = solve(&problem) else { panic!() };
    assert_eq!((point, supremum), (vec![number(3, 1), number(2, 1)], Some(number(-2, 1))));
}
