//! The node loop allocates nothing: after a warm-up, four times as many boxes cost only the growth of the store of open
//! boxes, which doubles, and what each new incumbent's certificate takes.
//!
//! A counting allocator counts per thread, so that the test harness does not disturb; with one job the search runs on
//! the thread that asks.

#![allow(unsafe_code)] // a global allocator cannot be written without

mod common;

use common::configurations::{BRANCHERS, brancher, contractors};
use deltasat::budget::Budget;
use deltasat::exact::{Constant, rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::incumbent::{Gradient, IncumbentFinder, Vertex};
use deltasat::interval::bounds;
use deltasat::op::{Incremented, Op};
use deltasat::problem::{Compiled, Problem, Sort};
use deltasat::search::{Options, Order, Statistics, Strategy, decide, optimise};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

fn count() {
    // a thread that is ending has no counter any more
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is handed to the system's allocator unchanged; counting touches a thread-local integer that needs
// no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of a run that examines at most so many boxes.
fn allocations(boxes: u64, run: &dyn Fn(Options) -> Statistics) -> (u64, Statistics) {
    let budget = Budget::unlimited().with_boxes(boxes);
    let before = COUNT.get();
    let statistics = run(Options { budget, starts: 1, ..Options::default() });
    (COUNT.get() - before, statistics)
}

/// Runs with `boxes` and with four times as many, and allows what the doubling of the store takes: the slab, the list of
/// free places and the queue grow by two doublings each, and each may have just been about to.
fn assert_allocates_nothing(name: &str, boxes: u64, run: &dyn Fn(Options) -> Statistics) {
    allocations(boxes, run);
    let (few, first) = allocations(boxes, run);
    let (many, second) = allocations(4 * boxes, run);
    assert!(first.boxes == boxes && second.boxes >= 3 * boxes, "{name}: ends after {} boxes", second.boxes);
    assert_eq!(first.incumbents, second.incumbents, "{name}: the incumbent moves after the warm-up");
    assert!(many <= few + 9, "{name}: {few} allocations for {} boxes, {many} for {}", first.boxes, second.boxes);
}

fn number(text: &str) -> Constant {
    Constant::from_rational(rational::parse(text).expect("a number"))
}

/// Every operator over four variables and a noise, with an objective that no split makes easy and a constraint with a
/// disjunction.
fn everything() -> Problem {
    let mut problem = Problem::default();
    let x: Vec<ExprId> = (0..4).map(|i| problem.variable(format!("x{i}"), bounds(0.1, 2.0), Sort::Real)).collect();
    let s = problem.variable("s", bounds(-1.0, 1.0), Sort::Noise);
    let n = problem.variable("n", bounds(-20.0, 20.0), Sort::Integer);
    let graph = &mut problem.graph;
    let mut terms = Vec::new();
    for op in [
        Op::Sqrt,
        Op::Abs,
        Op::Relu,
        Op::Floor,
        Op::Round,
        Op::RoundOff,
        Op::Exp,
        Op::Ln,
        Op::Sin,
        Op::Cos,
        Op::Tan,
        Op::Atan,
        Op::Sinh,
        Op::Cosh,
        Op::Tanh,
        Op::Sigmoid,
    ] {
        terms.push(graph.apply(op, [x[terms.len() % 4]]));
    }
    let half = graph.scale(number("0.4"), x[0]);
    for op in [Op::Asin, Op::Acos] {
        terms.push(graph.apply(op, [half]));
    }
    for op in [Op::Mul, Op::Div, Op::Min, Op::Max, Op::Atan2, Op::RealPow] {
        terms.push(graph.apply(op, [x[terms.len() % 4], x[(terms.len() + 1) % 4]]));
    }
    let difference = graph.sub(x[1], x[2]);
    terms.push(graph.powi(difference, 3));
    terms.push(graph.apply(Op::Ite, [difference, x[0], x[3]]));
    terms.push(graph.apply(Op::LogSumExp, [x[0], x[1], x[2], x[3]]));
    for f in [Incremented::Relu, Incremented::Abs, Incremented::Sigmoid, Incremented::Tanh, Incremented::Exp] {
        terms.push(graph.increment(f, difference, x[3]));
    }
    terms.push(graph.apply(Op::Increment(Incremented::LogSumExp), [x[0], x[1], x[2], x[3], difference, x[0]]));
    let noisy = x.iter().map(|&x| (number("1/3"), number("0.01"), x)).collect::<Vec<_>>();
    terms.push(graph.noise(s, noisy, Constant::ONE, number("0.1")));
    let (square, sum) = (graph.powi(x[0], 2), graph.add(x[0], x[1]));
    let (product, expanded) = (graph.mul(x[0], sum), graph.mul(x[0], x[1]));
    let expanded = graph.add(square, expanded);
    terms.push(graph.meet(product, expanded));
    let signs = terms.iter().enumerate().map(|(i, &t)| (number(if i % 2 == 0 { "0.7" } else { "-0.7" }), t));
    problem.objective = Some(graph.linear(signs.collect::<Vec<_>>(), Constant::ZERO));
    let near = graph.linear([(Constant::ONE, sum), (number("0.1"), n)], number("-2"));
    let far = graph.linear([(Constant::ONE, product), (number("-0.1"), n)], number("-1"));
    problem.constraint = Formula::and([
        Formula::or([Formula::atom(near, Relation::Le), Formula::atom(far, Relation::Ge)]),
        Formula::atom(difference, Relation::Le),
    ]);
    problem
}

/// Proposes nothing.
struct Silent;

impl IncumbentFinder for Silent {
    fn name(&self) -> &'static str {
        "silent"
    }

    fn propose(
        &self,
        _: &Compiled,
        _: &[deltasat::interval::Interval],
        _: &[deltasat::interval::Interval],
        _: u64,
        _: &mut [f64],
        _: &mut deltasat::tape::Workspace,
    ) -> Option<f64> {
        None
    }
}

/// Runs another finder for the work of it, and says nothing.
struct Muted<F>(F);

impl<F: IncumbentFinder> IncumbentFinder for Muted<F> {
    fn name(&self) -> &'static str {
        "muted"
    }

    fn propose(
        &self,
        problem: &Compiled,
        root: &[deltasat::interval::Interval],
        variables: &[deltasat::interval::Interval],
        seed: u64,
        point: &mut [f64],
        w: &mut deltasat::tape::Workspace,
    ) -> Option<f64> {
        self.0.propose(problem, root, variables, seed, point, w);
        None
    }
}

fn strategy(by: usize, set: usize) -> Strategy {
    Strategy {
        contractors: contractors(set),
        brancher: brancher(by),
        finders: vec![Box::new(Muted(Vertex)), Box::new(Muted(Gradient))],
        starter: Box::new(Silent),
    }
}

#[test]
fn optimising_allocates_nothing_per_box() {
    let problem = everything().compile();
    for by in 0..BRANCHERS {
        for (set, order) in [(7, Order::BestFirst), (6, Order::DepthFirst)] {
            let run = |options: Options| {
                let options = Options { order, absolute_gap: 1e-9, ..options };
                optimise(&problem, &problem.root(), &strategy(by, set), &options, &mut ()).statistics
            };
            assert_allocates_nothing(&format!("brancher {by}, contractors {set}, {order:?}"), 150, &run);
        }
    }
}

#[test]
fn deciding_allocates_nothing_per_box() {
    let mut problem = everything();
    // f ≥ c and f ≤ c at once, for a level that the objective takes: no box is δ-sat at δ = 0, and few are refuted
    let objective = problem.objective.take().expect("it has one");
    let level = problem.graph.linear([(Constant::ONE, objective)], number("-1/7"));
    problem.constraint = Formula::and([problem.constraint, Formula::atom(level, Relation::Eq)]);
    let problem = problem.compile();
    for by in 0..BRANCHERS {
        let run = |options: Options| {
            let options = Options { delta: 0.0, ..options };
            decide(&problem, &strategy(by, 7), &options, &mut ()).statistics
        };
        assert_allocates_nothing(&format!("brancher {by}"), 150, &run);
    }
}
