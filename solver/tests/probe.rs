//! Problems that share everything but the objective: what a probe of the root bounds must hold every sampled point, and a
//! search for one of the objectives must say what a search of a problem of its own says.

mod common;

use common::each_seed;
use deltasat::budget::Budget;
use deltasat::exact::Constant;
use deltasat::expr::ExprId;
use deltasat::interval::bounds;
use deltasat::op::Op;
use deltasat::problem::{Problem, Sort};
use deltasat::search::{Event, Observer, Options, Probe, StopReason, Strategy, optimise};
use deltasat::tape::{LANES, Slot, Workspace};
use rand::Rng;
use rand::rngs::SmallRng;

/// A ReLU network with more outputs than lanes, as the objectives.
fn network(rng: &mut SmallRng) -> Problem {
    let mut problem = Problem::default();
    let mut layer: Vec<ExprId> =
        (0..2).map(|i| problem.variable(format!("x{i}"), bounds(-1.0, 1.0), Sort::Real)).collect();
    let row = |problem: &mut Problem, rng: &mut SmallRng, layer: &[ExprId]| {
        let mut weight = || Constant::from_f64(rng.random_range(-2.0..2.0)).expect("finite");
        let terms: Vec<(Constant, ExprId)> = layer.iter().map(|&h| (weight(), h)).collect();
        let constant = weight();
        problem.graph.linear(terms, constant)
    };
    for _ in 0..2 {
        let z: Vec<ExprId> = (0..3).map(|_| row(&mut problem, rng, &layer)).collect();
        layer = z.into_iter().map(|z| problem.graph.apply(Op::Relu, [z])).collect();
    }
    problem.objectives = (0..LANES + 2).map(|_| row(&mut problem, rng, &layer)).collect();
    problem
}

#[test]
fn a_probe_bounds_every_objective_and_loses_no_point() {
    each_seed("probe", 200, |seed, rng| {
        let problem = network(rng).compile();
        let slots: Vec<Slot> =
            problem.problem.objectives.iter().filter_map(|&id| problem.aimed_at(id)?.objective).collect();
        let mut w = Workspace::new(&problem.tape);
        let mut root = problem.root();
        // half of the roots are parts of the box
        if rng.random() {
            root[0] = bounds(-0.25, 0.5);
        }
        let variables = root[..2].to_vec();
        // some are done at once, and need no linear bound
        let enough = if rng.random() { 3.0 } else { f64::NEG_INFINITY };
        let found =
            Probe::new(&problem).bounds(&problem, &mut root, &slots, |_, bound| bound <= enough, &Budget::unlimited());
        for _ in 0..100 {
            let point: Vec<f64> =
                variables.iter().map(|x| x.inf() + rng.random::<f64>() * (x.sup() - x.inf())).collect();
            problem.tape.evaluate(&point, &mut w);
            for (&slot, bound) in slots.iter().zip(&found) {
                let value = w.points[slot as usize];
                assert!(value <= bound + 1e-9, "seed {seed}: {value} is attained, the bound is {bound}");
            }
            for (&slot, kept) in problem.tape.kept().iter().zip(&root) {
                let value = w.points[slot as usize];
                assert!(kept.inf() - 1e-9 <= value && value <= kept.sup() + 1e-9, "seed {seed}: {value} in {kept:?}");
            }
        }
    });
}

#[test]
fn a_search_for_one_of_many_objectives_is_one_for_that_objective() {
    each_seed("aimed", 30, |seed, rng| {
        let problem = network(rng);
        let objective = problem.objectives[rng.random_range(0..problem.objectives.len())];
        let alone = Problem { objective: Some(objective), objectives: Vec::new(), ..problem.clone() }.compile();
        let aimed = problem.compile().aimed_at(objective).expect("one of them");
        let options = Options { absolute_gap: 1e-4, ..Options::default() };
        let search = |problem| optimise(problem, &problem.root(), &Strategy::default(), &options, &mut ());
        let (one, other) = (search(&alone), search(&aimed));
        assert!(one.stop == StopReason::Complete && other.stop == StopReason::Complete, "seed {seed}");
        assert!(one.lower <= other.upper && other.lower <= one.upper, "seed {seed}: {one:?} against {other:?}");
        assert!(
            other.witness.and_then(|witness| witness.objective).is_some(),
            "seed {seed}: the witness has its value"
        );
    });
}

/// An observer whom the first point satisfies.
struct Satisfied(Option<Vec<f64>>);

impl Observer for Satisfied {
    fn observe(&mut self, _: &Event<'_>) {}

    fn settles(&mut self, point: &[f64]) -> bool {
        assert!(self.0.is_none(), "a settled search goes on");
        self.0 = Some(point.to_vec());
        true
    }
}

#[test]
fn a_search_ends_at_the_point_that_settles_it() {
    let mut settled = 0;
    each_seed("settles", 30, |seed, rng| {
        let problem = network(rng);
        let compiled = problem.compile();
        let aimed = compiled.aimed_at(compiled.problem.objectives[0]).expect("one of them");
        let options = Options { target: Some(0.0), ..Options::default() };
        let mut observer = Satisfied(None);
        let optimum = optimise(&aimed, &aimed.root(), &Strategy::default(), &options, &mut observer);
        let Some(point) = observer.0 else {
            assert!(optimum.upper <= 1e-6, "seed {seed}: {optimum:?}");
            return;
        };
        settled += 1;
        let mut w = Workspace::new(&aimed.tape);
        aimed.tape.evaluate(&point, &mut w);
        let value = w.points[aimed.objective.expect("it is aimed") as usize];
        assert!(value > 0.0 && value <= optimum.upper, "seed {seed}: {value} beats the target, {optimum:?}");
        assert!(optimum.witness.is_none() && optimum.stop == StopReason::Complete, "seed {seed}: {optimum:?}");
    });
    assert!(!common::usual_run() || settled > 10, "only {settled}");
}

#[test]
fn arguments_of_curved_functions_are_tightened_by_what_lies_below() {
    for (curve, most) in [(Op::Tanh, 1f64.tanh()), (Op::Sigmoid, 1.0 / (1.0 + (-1f64).exp()))] {
        let mut problem = Problem::default();
        let x = problem.variable("x".to_owned(), bounds(-1.0, 1.0), Sort::Real);
        let minus = problem.graph.neg(x);
        let (up, down) = (problem.graph.apply(Op::Relu, [x]), problem.graph.apply(Op::Relu, [minus]));
        // |x| ≤ 1, where the two terms alone say 2
        let z = problem.graph.add(up, down);
        let curved = problem.graph.apply(curve.clone(), [z]);
        problem.objectives = vec![curved];
        let compiled = problem.compile();
        let slot = compiled.aimed_at(curved).and_then(|aimed| aimed.objective).expect("it is an objective");
        let mut root = compiled.root();
        let found =
            Probe::new(&compiled).bounds(&compiled, &mut root, &[slot], |_, bound| bound <= 0.0, &Budget::unlimited());
        assert!(found[0] >= most && found[0] <= most + 1e-9, "{curve:?}: {} for {most}", found[0]);
    }
}
