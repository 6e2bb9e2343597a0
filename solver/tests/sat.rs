//! The Boolean search and presolve on random problems: brute force over Booleans and small integers, planted solutions
//! (so that a wrong elimination shows as a wrong `unsat`), agreement with the plain search, cores that are unsatisfiable on
//! their own, and points that hold in the original formulas.

mod common;

use common::configurations::{BRANCHERS, SETS, strategy};
use common::expressions::{Constants, Generator, constant};
use common::planted::{Shape, planted};
use common::{each_seed, rationals, truth_at};
use deltasat::budget::Budget;
use deltasat::exact::{Constant, Rational, rational};
use deltasat::expr::ExprId;
use deltasat::expr::evaluate::evaluate;
use deltasat::formula::{BooleanId, Formula, Relation, Truth};
use deltasat::interval::{Interval, bounds};
use deltasat::problem::{Problem, Sort};
use deltasat::sat::{Answer, Maximisation, Verdict, check};
use deltasat::search::{self, Options, Strategy, decide};
use rand::Rng;
use rand::rngs::SmallRng;

fn limited(boxes: u64) -> Options {
    Options { budget: Budget::unlimited().with_boxes(boxes), ..Options::default() }
}

fn ask(problem: &Problem, assertions: &[Formula]) -> Answer {
    check(problem, assertions, &Strategy::default(), &limited(300), &mut ())
}

/// Whether a formula holds at a point under an assignment of the free propositional variables; `None` where certified
/// arithmetic cannot tell or a variable that counts has no value.
fn holds(problem: &Problem, formula: &Formula, at: &[Rational], booleans: &dyn Fn(BooleanId) -> Option<bool>) -> Truth {
    match formula {
        Formula::Atom(_) => {
            let alone = Problem { constraint: formula.clone(), ..problem.clone() };
            truth_at(&alone, at, 0.0)
        }
        Formula::Literal(literal) => match &problem.booleans[literal.variable.index()].definition {
            Some(definition) if literal.positive => holds(problem, definition, at, booleans),
            Some(definition) => holds(problem, &definition.negate(), at, booleans),
            None => match booleans(literal.variable) {
                Some(value) if value == literal.positive => Truth::True,
                Some(_) => Truth::False,
                None => Truth::Unknown,
            },
        },
        Formula::And(parts) => fold(parts.iter().map(|part| holds(problem, part, at, booleans)), Truth::False),
        Formula::Or(parts) => fold(parts.iter().map(|part| holds(problem, part, at, booleans)), Truth::True),
    }
}

fn fold(values: impl Iterator<Item = Truth>, absorbing: Truth) -> Truth {
    let mut all = if absorbing == Truth::True { Truth::False } else { Truth::True };
    for value in values {
        if value == absorbing {
            return absorbing;
        }
        if value == Truth::Unknown {
            all = Truth::Unknown;
        }
    }
    all
}

/// A random formula over given leaves, with names and equivalences.
fn structure(rng: &mut SmallRng, problem: &mut Problem, leaves: &[Formula], depth: u32) -> Formula {
    if depth == 0 || rng.random_range(0..5) == 0 {
        let leaf = leaves[rng.random_range(0..leaves.len())].clone();
        return if rng.random() { leaf } else { leaf.negate() };
    }
    let mut part = |rng: &mut SmallRng| structure(rng, problem, leaves, depth - 1);
    match rng.random_range(0..6) {
        0 | 1 => Formula::and([part(rng), part(rng)]),
        2 | 3 => Formula::or([part(rng), part(rng), part(rng)]),
        4 => {
            let (a, b) = (part(rng), part(rng));
            let (a, b) = (problem.name(a), problem.name(b));
            Formula::iff(&a, &b)
        }
        _ => {
            let inner = part(rng);
            let name = problem.name(inner);
            Formula::or([name.clone(), part_of(rng, leaves), name.negate()])
        }
    }
}

fn part_of(rng: &mut SmallRng, leaves: &[Formula]) -> Formula {
    leaves[rng.random_range(0..leaves.len())].clone()
}

/// Booleans and integers of a few values: every answer against all points.
#[test]
fn brute_force_agrees() {
    let (mut sat, mut unsat) = (0, 0);
    each_seed("brute_force_agrees", 400, |_, rng| {
        let mut problem = Problem::default();
        let free: Vec<BooleanId> = (0..rng.random_range(0..4)).map(|i| problem.boolean(format!("b{i}"))).collect();
        let integers: Vec<ExprId> = (0..rng.random_range(1..3))
            .map(|i| problem.variable(format!("n{i}"), bounds(-1.0, 2.0), Sort::Integer))
            .collect();
        let mut leaves: Vec<Formula> = free.iter().map(|&b| Formula::boolean(b)).collect();
        for _ in 0..rng.random_range(2..6) {
            let x = integers[rng.random_range(0..integers.len())];
            let y = integers[rng.random_range(0..integers.len())];
            let product = problem.graph.mul(x, y);
            let factor = Constant::from_f64(f64::from(rng.random_range(-2i32..=2))).expect("finite");
            let level =
                Constant::from_f64(f64::from(rng.random_range(-3i32..=3)) + 0.5 * f64::from(rng.random_range(0..2)));
            let sum = problem.graph.linear([(Constant::ONE, product), (factor, x)], level.expect("finite"));
            let relations = [Relation::Le, Relation::Lt, Relation::Ge, Relation::Gt, Relation::Eq, Relation::Ne];
            leaves.push(Formula::atom(sum, relations[rng.random_range(0..6)]));
        }
        let assertions: Vec<Formula> =
            (0..rng.random_range(1..6)).map(|_| structure(rng, &mut problem, &leaves, 3)).collect();
        let solvable = |chosen: &[&Formula]| {
            let points = 4usize.pow(integers.len() as u32) << free.len();
            (0..points).any(|code| {
                let at: Vec<Rational> = (0..integers.len())
                    .map(|i| Rational::from_integer(((code >> (free.len() + 2 * i)) as i64 % 4 - 1).into()))
                    .collect();
                let value = |b: BooleanId| Some(code >> b.index() & 1 == 1);
                chosen.iter().all(|f| holds(&problem, f, &at, &value) == Truth::True)
            })
        };
        let truth = solvable(&assertions.iter().collect::<Vec<_>>());
        // δ-sat says little about integers, so ask exactly
        let options = Options { delta: 0.0, ..limited(2000) };
        let answer = check(&problem, &assertions, &Strategy::default(), &options, &mut ());
        match &answer.verdict {
            Verdict::Unsat => {
                unsat += 1;
                assert!(!truth, "unsat, but there is a solution");
                let core: Vec<&Formula> = answer.core.iter().map(|&i| &assertions[i]).collect();
                assert!(!solvable(&core), "the core {:?} has a solution", answer.core);
            }
            Verdict::Sat(point) => {
                sat += 1;
                assert!(truth);
                let value = |b: BooleanId| answer.booleans[b.index()];
                for assertion in &assertions {
                    assert_eq!(holds(&problem, assertion, point, &value), Truth::True);
                }
            }
            Verdict::SatWithin { .. } | Verdict::DeltaSat(_) => assert!(truth, "with δ = 0"),
            Verdict::Unknown(reason) => panic!("{reason:?} on integers of four values"),
        }
    });
    if common::usual_run() {
        assert!(sat > 100 && unsat > 40, "{sat} sat, {unsat} unsat");
    }
}

/// Planted solutions under random Boolean structure are never refuted, whatever contracts and splits.
#[test]
fn planted_solutions_survive_boolean_structure() {
    each_seed("planted_solutions_survive_boolean_structure", 250, |seed, rng| {
        let shape = Shape {
            variables: rng.random_range(1..=3),
            depth: rng.random_range(1..=3),
            objective: false,
            ..Shape::any(rng)
        };
        let planted = planted(rng, shape);
        let mut problem = planted.problem;
        let at = rationals(&planted.point);
        let truth = std::mem::replace(&mut problem.constraint, Formula::TRUE);
        // guarded by a variable, and the other way round with something else
        let guards: Vec<BooleanId> = (0..3).map(|i| problem.boolean(format!("b{i}"))).collect();
        let parts = match truth {
            Formula::And(parts) => parts,
            other => vec![other],
        };
        let mut assertions = Vec::new();
        for part in parts {
            let guard = Formula::boolean(guards[rng.random_range(0..3)]);
            let other = assertions.last().cloned().unwrap_or(Formula::FALSE);
            let (part, other) = (problem.name(part), problem.name(other));
            assertions.push(match rng.random_range(0..3) {
                0 => part,
                1 => Formula::or([Formula::and([guard.clone(), part]), Formula::and([guard.negate(), other])]),
                _ => Formula::iff(&part, &guard),
            });
        }
        let all_true = |_: BooleanId| Some(true);
        let solvable = assertions.iter().all(|f| holds(&problem, f, &at, &all_true) == Truth::True);
        let strategy = strategy(seed as usize % BRANCHERS, seed as usize % SETS);
        let options = Options { jobs: 1 + seed as usize % 2, ..limited(200) };
        let answer = check(&problem, &assertions, &strategy, &options, &mut ());
        match &answer.verdict {
            Verdict::Unsat => assert!(!solvable, "unsat, but {:?} is a solution", planted.point),
            Verdict::Sat(point) => {
                let value = |b: BooleanId| answer.booleans[b.index()];
                for assertion in &assertions {
                    assert_eq!(holds(&problem, assertion, point, &value), Truth::True);
                }
            }
            _ => {}
        }
    });
}

/// Chains of definitions, parameters that occur once, ranges between two bounds and twins of rows: what presolve
/// eliminates, with a solution known exactly. No answer may be `unsat`, and `sat` holds exactly.
#[test]
fn eliminations_keep_planted_solutions() {
    let mut decided = 0;
    each_seed("eliminations_keep_planted_solutions", 300, |_, rng| {
        let mut building = Building { problem: Problem::default(), values: Vec::new(), assertions: Vec::new() };
        let inputs: Vec<ExprId> = (0..rng.random_range(1..3)).map(|_| building.input(rng)).collect();
        let mut known = inputs.clone();
        for _ in 0..rng.random_range(1..5) {
            let made = match rng.random_range(0..4) {
                0 => building.definition(rng, &known),
                1 => building.neuron(rng, &known),
                2 => building.range(rng, &known),
                _ => building.activation(rng, &known),
            };
            known.push(made);
        }
        // a copy of a row, moved a little, and the difference of the two
        if rng.random() {
            let (row, copy) = (building.twin(rng, &inputs, false), building.twin(rng, &inputs, true));
            let (f, g) = (building.relu(row), building.relu(copy));
            let difference = building.problem.graph.sub(g, f);
            known.push(difference);
        }
        building.border(rng, &known);
        let Building { problem, values, assertions } = building;
        for assertion in &assertions {
            assert_eq!(holds(&problem, assertion, &values, &|_| None), Truth::True, "the test itself is wrong");
        }
        let answer = ask(&problem, &assertions);
        match &answer.verdict {
            Verdict::Unsat => panic!("unsat, but {values:?} is a solution; core {:?}", answer.core),
            Verdict::Sat(point) => {
                decided += 1;
                for assertion in &assertions {
                    assert_eq!(holds(&problem, assertion, point, &|_| None), Truth::True);
                }
            }
            Verdict::DeltaSat(point) | Verdict::SatWithin { point, .. } => {
                decided += 1;
                let conjunction = Problem { constraint: Formula::and(assertions.clone()), ..problem.clone() };
                assert_ne!(truth_at(&conjunction, point, 1e-3), Truth::False, "{point:?}");
            }
            Verdict::Unknown(_) => {}
        }
        // and the same question without presolve
        let plain = Problem { constraint: Formula::and(assertions.clone()), ..problem.clone() };
        let plain = decide(&plain.compile(), &Strategy::default(), &limited(200), &mut ());
        assert!(!matches!(plain.verdict, search::Verdict::Unsat));
    });
    if common::usual_run() {
        assert!(decided > 150, "{decided} decided");
    }
}

/// Assertions and the exact value of every variable that satisfies them.
struct Building {
    problem: Problem,
    values: Vec<Rational>,
    assertions: Vec<Formula>,
}

impl Building {
    fn value(&self, x: ExprId) -> Rational {
        let found = evaluate(&self.problem.graph, &[x], &self.values).remove(&x).flatten();
        found.and_then(|ball| ball.exact()).expect("piecewise rational")
    }

    fn declare(&mut self, domain: Interval, value: Rational) -> ExprId {
        let name = format!("v{}", self.values.len());
        self.values.push(value);
        self.problem.variable(name, domain, Sort::Real)
    }

    /// `x ⋈ value`, in one of the ways to write it.
    fn bound(&mut self, x: ExprId, relation: Relation, value: Rational) {
        let expr = self.problem.graph.linear([(Constant::ONE, x)], Constant::from_rational(-value));
        self.assertions.push(Formula::atom(expr, relation));
    }

    fn input(&mut self, rng: &mut SmallRng) -> ExprId {
        let value = small(rng);
        let x = self.declare(Interval::ENTIRE, value.clone());
        self.bound(x, Relation::Ge, &value - slack(rng));
        self.bound(x, Relation::Le, value + slack(rng));
        x
    }

    /// `v = Σ a_j x_j + b`
    fn definition(&mut self, rng: &mut SmallRng, known: &[ExprId]) -> ExprId {
        let row = self.row(rng, known);
        let value = self.value(row);
        let v = self.declare(Interval::ENTIRE, value.clone());
        let equation = self.problem.graph.sub(v, row);
        self.assertions.push(Formula::atom(equation, Relation::Eq));
        if rng.random_range(0..3) == 0 {
            self.bound(v, Relation::Ge, value - slack(rng));
        }
        v
    }

    fn row(&mut self, rng: &mut SmallRng, known: &[ExprId]) -> ExprId {
        let n = rng.random_range(1..=2);
        let terms: Vec<_> =
            (0..n).map(|_| (constant(rng, Constants::Plain), known[rng.random_range(0..known.len())])).collect();
        self.problem.graph.linear(terms, constant(rng, Constants::Plain))
    }

    /// `v = Σ w_j x_j + b` with parameters in boxes, often at an end.
    fn neuron(&mut self, rng: &mut SmallRng, known: &[ExprId]) -> ExprId {
        let mut terms = Vec::new();
        for _ in 0..rng.random_range(1..=2) {
            let w = self.parameter(rng);
            let x = known[rng.random_range(0..known.len())];
            terms.push((
                Constant::from_f64([1.0, -2.0][rng.random_range(0..2)]).expect("finite"),
                self.problem.graph.mul(w, x),
            ));
        }
        terms.push((Constant::ONE, self.parameter(rng)));
        let row = self.problem.graph.linear(terms, Constant::ZERO);
        let v = self.declare(Interval::ENTIRE, self.value(row));
        let equation = self.problem.graph.sub(v, row);
        self.assertions.push(Formula::atom(equation, Relation::Eq));
        v
    }

    fn parameter(&mut self, rng: &mut SmallRng) -> ExprId {
        let value = small(rng);
        let w = self.declare(Interval::ENTIRE, value.clone());
        self.bound(w, Relation::Ge, &value - slack(rng));
        self.bound(w, Relation::Le, value + slack(rng));
        w
    }

    /// `c − ρ ≤ v ≤ c + ρ`, `ρ = Σ r_j |x_j| + r`
    fn range(&mut self, rng: &mut SmallRng, known: &[ExprId]) -> ExprId {
        let middle = self.row(rng, known);
        let x = known[rng.random_range(0..known.len())];
        let magnitude = self.absolute(x);
        let (r, bias) = (constant(rng, Constants::Plain).abs(), constant(rng, Constants::Plain).abs());
        let radius = self.problem.graph.linear([(r, magnitude)], bias);
        let share = [
            Rational::from_integer((-1).into()),
            rational::parse("0.3").expect("a number"),
            Rational::from_integer(1.into()),
        ][rng.random_range(0..3)]
        .clone();
        let value = self.value(middle) + share * self.value(radius);
        let v = self.declare(Interval::ENTIRE, value);
        let graph = &mut self.problem.graph;
        let (above, below) = (graph.add(middle, radius), graph.sub(middle, radius));
        let (above, below) = (graph.sub(v, above), graph.sub(v, below));
        self.assertions.push(Formula::atom(above, Relation::Le));
        self.assertions.push(Formula::atom(below, Relation::Ge));
        v
    }

    fn absolute(&mut self, x: ExprId) -> ExprId {
        let opposite = self.problem.graph.neg(x);
        self.problem.graph.apply(deltasat::op::Op::Ite, [x, x, opposite])
    }

    fn relu(&mut self, x: ExprId) -> ExprId {
        let zero = self.problem.graph.constant(Constant::ZERO);
        self.problem.graph.apply(deltasat::op::Op::Ite, [x, x, zero])
    }

    fn activation(&mut self, rng: &mut SmallRng, known: &[ExprId]) -> ExprId {
        let x = known[rng.random_range(0..known.len())];
        let y = if rng.random() { self.relu(x) } else { self.absolute(x) };
        let v = self.declare(Interval::ENTIRE, self.value(y));
        let equation = self.problem.graph.sub(v, y);
        self.assertions.push(Formula::atom(equation, Relation::Eq));
        v
    }

    /// `2x_0 − x_1… + 1`, as it is or with a parameter added.
    fn twin(&mut self, rng: &mut SmallRng, inputs: &[ExprId], moved: bool) -> ExprId {
        let factor = |i: usize| Constant::from_f64(if i == 0 { 2.0 } else { -1.0 }).expect("finite");
        let mut terms: Vec<_> = inputs.iter().enumerate().map(|(i, &x)| (factor(i), x)).collect();
        if moved {
            for &x in inputs {
                let w = self.parameter(rng);
                terms.push((Constant::ONE, self.problem.graph.mul(w, x)));
            }
            terms.push((Constant::ONE, self.parameter(rng)));
        }
        self.problem.graph.linear(terms, Constant::ONE)
    }

    /// Inequalities that hold with equality, or nearly, at the solution.
    fn border(&mut self, rng: &mut SmallRng, known: &[ExprId]) {
        for _ in 0..rng.random_range(1..4) {
            let row = self.row(rng, known);
            let value = self.value(row);
            let (relation, level) = match rng.random_range(0..3) {
                0 => (Relation::Ge, value - slack(rng)),
                1 => (Relation::Le, value + slack(rng)),
                _ => (Relation::Ge, value),
            };
            self.bound(row, relation, level);
        }
    }
}

/// A decimal that is mostly no double.
fn small(rng: &mut SmallRng) -> Rational {
    Rational::new(rng.random_range(-300i64..300).into(), 100.into())
}

fn slack(rng: &mut SmallRng) -> Rational {
    match rng.random_range(0..3) {
        0 => Rational::default(),
        1 => Rational::new(1.into(), 1_000_000.into()),
        _ => Rational::new(rng.random_range(0i64..200).into(), 100.into()),
    }
}

/// Conjunctions of anything: what presolve and the plain search say is never opposite, and a core is refuted alone.
#[test]
fn presolved_and_plain_answers_agree() {
    let mut refuted = 0;
    each_seed("presolved_and_plain_answers_agree", 300, |_, rng| {
        let mut problem = Problem::default();
        let variables: Vec<ExprId> =
            (0..3).map(|i| problem.variable(format!("x{i}"), bounds(-2.0, 2.0), Sort::Real)).collect();
        let mut assertions = Vec::new();
        for _ in 0..rng.random_range(1..6) {
            let mut generator = Generator {
                rng: &mut *rng,
                graph: &mut problem.graph,
                variables: &variables,
                noises: &[],
                constants: Constants::Plain,
            };
            let expression = generator.expression(2);
            let relations = [Relation::Le, Relation::Ge, Relation::Lt, Relation::Gt, Relation::Eq];
            let relation = relations[rng.random_range(0..5)];
            let atom = Formula::atom(expression, relation);
            assertions.push(if rng.random_range(0..3) == 0 {
                let other = variables[rng.random_range(0..3)];
                Formula::or([atom, Formula::atom(other, Relation::Ge)])
            } else {
                atom
            });
        }
        let answer = ask(&problem, &assertions);
        let whole = Problem { constraint: Formula::and(assertions.clone()), ..problem.clone() };
        let plain = decide(&whole.clone().compile(), &Strategy::default(), &limited(300), &mut ());
        match (&answer.verdict, &plain.verdict) {
            (Verdict::Unsat, search::Verdict::Sat(point)) => panic!("unsat, but {point:?} is a solution"),
            (Verdict::Sat(point), search::Verdict::Unsat) => {
                panic!("{point:?} is a solution, but the plain search says unsat")
            }
            _ => {}
        }
        if let Verdict::Sat(point) = &answer.verdict {
            assert_eq!(truth_at(&whole, point, 0.0), Truth::True);
        }
        let bare = Options { presolve: false, ..limited(300) };
        let bare = check(&problem, &assertions, &Strategy::default(), &bare, &mut ()).verdict;
        match (&answer.verdict, &bare) {
            (Verdict::Unsat, Verdict::Sat(point)) | (Verdict::Sat(point), Verdict::Unsat) => {
                panic!("{:?} with presolve, {bare:?} without, at {point:?}", answer.verdict)
            }
            _ => {}
        }
        if matches!(answer.verdict, Verdict::Unsat) {
            refuted += 1;
            let core: Vec<Formula> = answer.core.iter().map(|&i| assertions[i].clone()).collect();
            let alone = Problem { constraint: Formula::and(core), ..problem.clone() };
            let alone = decide(&alone.compile(), &Strategy::default(), &limited(2000), &mut ());
            assert!(!matches!(alone.verdict, search::Verdict::Sat(_)), "the core {:?} has a solution", answer.core);
        }
    });
    if common::usual_run() {
        assert!(refuted > 30, "{refuted} refuted");
    }
}

/// Maxima with and without presolve: both bound the same number, and a point said to be exact is a solution with that
/// value at least.
#[test]
fn presolved_and_plain_maxima_agree() {
    let mut closed = 0;
    each_seed("presolved_and_plain_maxima_agree", 300, |_, rng| {
        let mut problem = Problem::default();
        let mut variables: Vec<ExprId> =
            (0..3).map(|i| problem.variable(format!("x{i}"), bounds(-2.0, 2.0), Sort::Real)).collect();
        let mut conjuncts = Vec::new();
        for round in 0..rng.random_range(1..5) {
            let mut generator = Generator {
                rng: &mut *rng,
                graph: &mut problem.graph,
                variables: &variables,
                noises: &[],
                constants: Constants::Plain,
            };
            let expression = generator.expression(2);
            if round % 2 == 0 {
                // a definition, perhaps with bounds of its own
                let domain = if rng.random() { Interval::ENTIRE } else { bounds(-1.0, 3.0) };
                let v = problem.variable(format!("v{round}"), domain, Sort::Real);
                let equation = problem.graph.sub(v, expression);
                conjuncts.push(Formula::atom(equation, Relation::Eq));
                variables.push(v);
            } else {
                conjuncts.push(Formula::atom(expression, Relation::Le));
            }
        }
        problem.constraint = Formula::and(conjuncts);
        let terms: Vec<_> = variables.iter().map(|&x| (constant(rng, Constants::Plain), x)).collect();
        problem.objective = Some(problem.graph.linear(terms, Constant::ZERO));
        let run = |presolve: bool| {
            let options = Options { presolve, ..limited(300) };
            let maximisation = Maximisation::new(&problem, &options).expect("no limit on time");
            maximisation.run(&Strategy::default(), &options, &mut ())
        };
        let ((presolved, exact), (plain, _)) = (run(true), run(false));
        assert!(presolved.lower <= plain.upper && plain.lower <= presolved.upper, "{presolved:?}\n{plain:?}");
        closed += usize::from(presolved.upper.is_finite() && presolved.upper - presolved.lower <= 0.001);
        if let (Some(witness), true) = (&presolved.witness, exact) {
            assert_eq!(truth_at(&problem, &witness.point, 0.0), Truth::True);
            let objective = problem.objective.expect("set above");
            let value = evaluate(&problem.graph, &[objective], &witness.point).remove(&objective).flatten();
            let value = value.expect("linear").ceil_f64();
            assert!(value >= presolved.lower, "{value} at the witness, less than {}", presolved.lower);
        }
    });
    if common::usual_run() {
        assert!(closed > 100, "{closed} closed");
    }
}
