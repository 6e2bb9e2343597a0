//! The decision: is there a point that satisfies the formula?
//!
//! `unsat` comes from refuting every box without any weakening. A box whose centre (or a point that
//! projections lead to from there) satisfies the δ-weakened formula (in
//! interval arithmetic, on the whole tape) answers `delta-sat`; if that centre satisfies the formula itself, checked
//! exactly, or is near a solution that the Krawczyk test proves, the answer is `sat`. So it is where the test succeeds at a
//! box that cannot be split, in which doubles are too far apart to satisfy an equation up to δ; without that such a box is
//! never called satisfiable (dReal 4 does that): the answer is then `unknown`.

use super::node::{Fate, Item};
use super::pool::Pool;
use super::tree::{Control, Question, Task, run};
use super::{Event, Observer, Options, Order, Statistics, StopReason, Strategy};
use crate::budget::Stopwatch;
use crate::contract::Goal;
use crate::interval::Interval;
use crate::krawczyk::{Enclosure, solution};
use crate::problem::{Certificate, Compiled, Problem};
use crate::tape::Wants;

/// The answer to a decision.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// no point satisfies the formula
    Unsat,
    /// the point satisfies the formula, checked exactly
    Sat(Certificate),
    /// some point of the box satisfies the formula, proved by the test of [`krawczyk`](crate::krawczyk): equations rarely
    /// have a zero that can be written down
    SatWithin {
        /// one interval per variable
        bounds: Vec<Interval>,
        /// a point that satisfies the δ-weakened formula, if any double near the box does
        point: Vec<f64>,
    },
    /// the point, given by the variables' values, satisfies the δ-weakened formula; the box around it was not refuted
    DeltaSat {
        /// what contraction left around the point
        bounds: Vec<Interval>,
        /// the point
        point: Vec<f64>,
    },
    /// not decided, for this reason
    Unknown(StopReason),
}

/// A verdict and what it took.
#[derive(Clone, Debug)]
pub struct Decision {
    /// the answer
    pub verdict: Verdict,
    /// what the search did
    pub statistics: Statistics,
}

/// Decides whether the constraint of a problem has a solution in the domains; its objective plays no part.
pub fn decide(problem: &Compiled, strategy: &Strategy, options: &Options, observer: &mut dyn Observer) -> Decision {
    let started = Stopwatch::start();
    if problem.objective.is_some() {
        // an objective that is undefined somewhere must not refute anything there
        let problem = Problem { objective: None, objectives: Vec::new(), ..Problem::clone(&problem.problem) }.compile();
        return decide(&problem, strategy, options, observer);
    }
    let root = problem.root();
    let mut pool = Pool::new(root.len(), Order::DepthFirst);
    pool.push(&root, f64::INFINITY, 0);
    let mut statistics = Statistics::default();
    let mut question = Deciding { problem, options, observer, found: None, stuck: 0 };
    let task = Task { problem, strategy, options, root: &root };
    let goal = question.goal();
    question.observer.observe(&Event::Start { problem, root: &root, delta: goal.delta, threshold: goal.threshold });
    let stop = run(task, &mut pool, &mut question, &mut statistics);
    let verdict = match (question.found.take(), stop) {
        (Some(found), _) => found,
        (None, StopReason::Complete) if question.stuck > 0 => Verdict::Unknown(StopReason::Unsplittable),
        (None, StopReason::Complete) => Verdict::Unsat,
        (None, reason) => Verdict::Unknown(reason),
    };
    question.observer.observe(&Event::Decided(&verdict));
    statistics.seconds = started.seconds();
    Decision { verdict, statistics }
}

/// What is left of the variables' bounds around a point; of a point beside the box, the point.
fn around(kept: &[Interval], point: &[f64]) -> Vec<Interval> {
    let inside = kept.iter().zip(point).all(|(bound, &x)| bound.contains(x));
    kept.iter().zip(point).map(|(&bound, &x)| if inside { bound } else { crate::interval::point(x) }).collect()
}

struct Deciding<'a> {
    problem: &'a Compiled,
    options: &'a Options,
    observer: &'a mut dyn Observer,
    found: Option<Verdict>,
    /// boxes that could not be split
    stuck: usize,
}

/// Of so many boxes that cannot be split it is tried to prove a solution near.
const STUCK: usize = 16;

impl Deciding<'_> {
    /// The verdict where there certainly is a solution near a point.
    fn enclosed(&self, near: &[f64]) -> Option<Verdict> {
        let problem = &self.problem.problem;
        let budget = &self.options.budget;
        let Enclosure { bounds, violation } = solution(problem, &[&problem.constraint], &[], near, budget)?;
        let centre = || bounds.iter().map(|bound| bound.mid()).collect();
        let point = if violation <= self.options.delta { centre() } else { near.to_vec() };
        Some(Verdict::SatWithin { bounds, point })
    }
}

impl Question for Deciding<'_> {
    fn wants(&self) -> Wants {
        self.observer.wants()
    }

    fn retell(&mut self, item: &Item) {
        super::retell(item, self.observer);
    }

    fn goal(&self) -> Goal {
        Goal { delta: self.options.delta, threshold: f64::NEG_INFINITY }
    }

    fn conclude(&mut self, item: &mut Item, pool: &mut Pool, statistics: &mut Statistics) -> Control {
        let (id, depth) = item.node.map_or((0, 0), |node| (node.id, node.depth));
        match item.fate {
            Fate::Refuted { by } => {
                statistics.refuted += 1;
                self.observer.observe(&Event::Refuted { id, by, threshold: f64::NEG_INFINITY });
            }
            Fate::Holds => {
                let bounds = around(&item.kept, &item.point);
                self.observer.observe(&Event::Holds { id, bounds: &bounds, point: &item.point });
                self.found = Some(match self.problem.certify_within(&item.point, &self.options.budget) {
                    Some(certificate) => Verdict::Sat(certificate),
                    None => {
                        self.enclosed(&item.point).unwrap_or(Verdict::DeltaSat { bounds, point: item.point.clone() })
                    }
                });
                return Control::Done;
            }
            Fate::Open(None) => {
                self.stuck += 1;
                if self.stuck <= STUCK {
                    let n = item.point.len();
                    let centre: Vec<f64> =
                        item.kept[..n].iter().map(|&bound| crate::incumbent::centre(bound)).collect();
                    self.found = self.enclosed(&centre);
                    if self.found.is_some() {
                        return Control::Done;
                    }
                }
                self.observer.observe(&Event::Stuck { id, bounds: &item.kept });
            }
            Fate::Open(Some(split)) => {
                statistics.splits += 1;
                let children = super::optimise::push_parts(item, &split, f64::INFINITY, depth, pool);
                let (bounds, position, at) = (&item.kept[..], split.position, split.lower.sup());
                let bound = f64::INFINITY;
                self.observer.observe(&Event::Split { id, bounds, bound, position, at, children });
            }
        }
        Control::Continue
    }

    fn progress(&mut self, pool: &Pool, statistics: &Statistics) -> Control {
        let (lower, upper) = (f64::NEG_INFINITY, f64::INFINITY);
        self.observer.observe(&Event::Progress { lower, upper, boxes: statistics.boxes, open: pool.len() });
        Control::Continue
    }
}
