//! What a watched search tells of its boxes: the cuts add up to the boxes that it goes on with, no planted solution is cut
//! away, and every linear bound is above what it bounds, line by line.

mod common;

use common::configurations::{BRANCHERS, SETS, strategy};
use common::each_seed;
use common::expressions::point_in;
use common::planted::{Planted, Shape, planted};
use deltasat::budget::Budget;
use deltasat::interval::Interval;
use deltasat::problem::Compiled;
use deltasat::search::{Event, LineBound, Note, Observer, Options, Wants, decide, optimise};
use deltasat::tape::Workspace;
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// Follows a search from its notes alone.
struct Follower<'a> {
    problem: &'a Compiled,
    /// a solution
    point: &'a [f64],
    w: Workspace,
    rng: SmallRng,
    /// all slots of the box at hand, by the notes
    slots: Vec<Interval>,
    /// where the box is a copy on which a branch is supposed
    supposing: bool,
    cuts: usize,
    lines: usize,
    refuted: usize,
    points: usize,
}

impl<'a> Follower<'a> {
    fn new(problem: &'a Compiled, point: &'a [f64], seed: u64) -> Self {
        let slots = Vec::new();
        let (w, rng) = (Workspace::new(&problem.tape), SmallRng::seed_from_u64(seed));
        Follower { problem, point, w, rng, slots, supposing: false, cuts: 0, lines: 0, refuted: 0, points: 0 }
    }

    /// A box is loaded: only its kept slots are known.
    fn load(&mut self, kept: &[Interval]) {
        self.slots = vec![Interval::ENTIRE; self.problem.tape.slots()];
        for (&slot, &held) in self.problem.tape.kept().iter().zip(kept) {
            self.slots[slot as usize] = held;
        }
    }

    /// Samples the box and compares a linear bound with what it bounds.
    fn check(&mut self, bound: &LineBound) {
        let n = self.problem.tape.variables();
        for sample in 0..4 {
            let at: Vec<f64> = match sample {
                0 => self.point.to_vec(),
                _ => self.slots[..n].iter().map(|&x| point_in(&mut self.rng, x)).collect(),
            };
            self.problem.tape.load_point(&at, &mut self.w);
            if !self.problem.tape.forward(&mut self.w) || !self.problem.tape.is_defined(&mut self.w) {
                continue;
            }
            let value = |slot: u32| self.w.values[slot as usize];
            // the bound speaks of the points at which every slot is in its bounds
            if !self.w.values.iter().zip(&self.slots).all(|(value, &held)| value.subset(held)) {
                continue;
            }
            self.lines += 1;
            let left: Interval = sum(bound.seeds.iter().map(|&(slot, c)| value(slot) * point(c)));
            let variables = bound.coefficients.iter().filter(|(slot, _)| (*slot as usize) < n);
            let right = sum(variables.map(|&(slot, c)| value(slot) * point(c))) + point(bound.constant);
            assert!(left.inf() <= right.sup(), "{left:?} is above its bound {right:?}: {bound:?}");
            for line in &bound.operators {
                let Some((_, operands)) = self.problem.tape.definition(line.out) else { panic!("no operator") };
                let terms = operands.iter().zip(&line.slopes).map(|(&slot, &c)| value(slot) * point(c));
                let (out, line_value) = (value(line.out), sum(terms) + point(line.offset));
                let holds = if line.upper { out.inf() <= line_value.sup() } else { out.sup() >= line_value.inf() };
                assert!(holds, "{out:?} is on the wrong side of {line_value:?}: {line:?}");
            }
        }
    }
}

fn point(x: f64) -> Interval {
    deltasat::interval::bounds(x, x)
}

fn sum(terms: impl Iterator<Item = Interval>) -> Interval {
    terms.fold(point(0.0), |sum, term| sum + term)
}

impl Observer for Follower<'_> {
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Note { note: Note::Enter { kept, .. }, .. } => {
                self.load(kept);
                self.supposing = false;
            }
            Event::Note { note: Note::Branch { .. }, .. } => self.supposing = true,
            Event::Note { note: Note::Hull(kept), .. } => {
                self.supposing = false;
                self.load(kept);
            }
            Event::Note { note: Note::Cut { slot, before, after, reason }, .. } if !self.supposing => {
                self.cuts += 1;
                assert!(after.subset(*before) && after != before, "{slot}: {before:?} became {after:?} by {reason:?}");
                let here = self.slots.iter().zip(self.point).all(|(x, p)| x.contains(*p));
                let slot = *slot as usize;
                assert_eq!(self.slots[slot], *before, "{slot} held something else before {reason:?}");
                self.slots[slot] = *after;
                // below the threshold a solution is of no interest
                if here && slot < self.point.len() && self.problem.objective.is_none() {
                    assert!(after.contains(self.point[slot]), "the solution is cut by {reason:?}");
                }
            }
            Event::Note { note: Note::Line(bound), .. } if !self.supposing => {
                self.check(bound);
            }
            Event::Note { note: Note::Values { values, .. }, .. } if !self.supposing => {
                let later = values.iter().zip(&self.slots);
                assert!(later.clone().all(|(now, &before)| now.subset(before)), "a sweep widens a slot");
                self.slots = values.clone();
            }
            Event::Note { note: Note::Point { at, .. }, .. } => {
                self.points += 1;
                assert_eq!(at.len(), self.problem.tape.variables());
            }
            Event::Refuted { .. } => self.refuted += 1,
            Event::Split { bounds, .. } => {
                let kept = self.problem.tape.kept().iter().map(|&slot| self.slots[slot as usize]);
                assert!(kept.eq(bounds.iter().copied()), "the cuts do not add up to the box");
            }
            _ => {}
        }
    }
}

#[test]
fn notes_add_up_and_their_lines_hold() {
    let (mut cuts, mut lines, mut refuted, mut points) = (0, 0, 0, 0);
    each_seed("notes", 120, |seed, rng| {
        let shape = Shape { unbounded: false, ..Shape::any(rng) };
        let Planted { problem, point } = planted(rng, shape);
        let problem = problem.compile();
        let strategy = strategy(seed as usize % BRANCHERS, seed as usize % SETS);
        let options = Options { budget: Budget::unlimited().with_boxes(60), starts: 2, ..Options::default() };
        let mut follower = Follower::new(&problem, &point, seed);
        if problem.objective.is_some() {
            optimise(&problem, &problem.root(), &strategy, &options, &mut follower);
        } else {
            decide(&problem, &strategy, &options, &mut follower);
        }
        cuts += follower.cuts;
        lines += follower.lines;
        refuted += follower.refuted;
        points += follower.points;
    });
    assert!(
        !common::usual_run() || (cuts > 2000 && lines > 200 && refuted > 100 && points > 200),
        "{cuts} cuts, {lines} lines, {refuted} refuted, {points} points: too few to judge"
    );
}
