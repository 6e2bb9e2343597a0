//! The search over the skeleton: the SAT solver's conflict-driven search with the theory's checks hooked in.
//!
//! batsat (a port of MiniSat to Rust) is the SAT solver: of the libraries in Rust alone it is the one with assumptions,
//! their cores *and* a theory interface, and it is small, without unsafe dependencies, and MIT licensed.

use super::conjunction::decide_atoms;
use super::skeleton::{Encoder, Skeleton};
use super::theory::{Boxes, Needed};
use crate::budget::{Budget, Stopwatch};
use crate::formula::{Atom, Formula};
use crate::interval::Interval;
use crate::problem::Problem;
use crate::search::{Event, Observer, Options, Statistics, StopReason, Strategy, Verdict};
use crate::tape::Slot;
use batsat::{Callbacks, Lit, Solver, SolverInterface, SolverOpts, Theory, TheoryArg, Var, lbool};
use std::collections::HashSet;

/// The share of the time left that the first visit to a set of atoms may take. What is not decided by then waits until
/// everything else has been looked at.
const SLICE: usize = 5;
/// The work that all atoms are looked at with before the search, in operands read and slots.
const EXCLUDE: usize = 100_000_000;
/// The work of one explanation, in operands read.
const EXPLAIN: usize = 4_000_000;

/// What the search found.
pub(super) struct Found {
    pub(super) verdict: Verdict,
    pub(super) booleans: Vec<Option<bool>>,
    /// the assertions in a refutation
    pub(super) origins: Vec<usize>,
    pub(super) statistics: Statistics,
}

/// Ends the SAT solver in time.
impl Callbacks for Budget {
    fn stop(&self) -> bool {
        self.expired()
    }
}

/// Decides the conjuncts of a presolved problem.
pub(super) fn search(
    problem: &Problem,
    parts: &[(Formula, Option<usize>)],
    strategy: &Strategy,
    options: &Options,
    observer: &mut dyn Observer,
) -> Found {
    let (started, budget) = (Stopwatch::start(), &options.budget);
    let mut solver = Solver::new(SolverOpts::default(), budget.clone());
    let mut encoder = Encoder::new(problem, &mut solver);
    encoder.assert_all(parts);
    let truth = encoder.truth();
    let skeleton = encoder.skeleton;
    let mut boxes = Boxes::new(problem, &skeleton);
    exclude_impossible(&mut boxes, &mut solver, budget);
    let guards: Vec<Lit> = skeleton.guards.iter().map(|&(guard, _)| guard).collect();
    let mut theory = Real {
        problem,
        parts,
        skeleton: &skeleton,
        truth,
        strategy,
        options,
        observer,
        active: Vec::new(),
        variables: boxes.root.clone(),
        boxes,
        seen: 0,
        levels: Vec::new(),
        saved: Vec::new(),
        postponed: Vec::new(),
        found: None,
        stopped: None,
        statistics: Statistics::default(),
    };
    let answer = solver.solve_limited_th(&mut theory, &guards);
    let core: HashSet<Lit> = if answer == lbool::FALSE {
        solver.unsat_core().iter().flat_map(|&l| [l, !l]).collect()
    } else {
        HashSet::new()
    };
    let origins = skeleton.guards.iter().filter(|(guard, _)| core.contains(guard)).map(|&(_, origin)| origin).collect();
    let mut booleans = vec![None; problem.booleans.len()];
    let found = theory.found.take();
    // what every assignment has in common is refuted: of those that are left, for some may have been put off
    let exhausted = matches!(found, Some((Verdict::Unsat, _)));
    let verdict = if let Some((verdict, values)) = found.filter(|_| !exhausted) {
        booleans = values;
        verdict
    } else if let Some(reason) = theory.stopped {
        Verdict::Unknown(reason)
    } else if !exhausted && answer != lbool::FALSE {
        Verdict::Unknown(budget.stopped().unwrap_or(StopReason::Time))
    } else if theory.postponed.is_empty() {
        Verdict::Unsat
    } else {
        let (verdict, values) = theory.revisit();
        booleans = values;
        verdict
    };
    let mut statistics = theory.statistics;
    statistics.seconds = started.seconds();
    Found { verdict, booleans, origins, statistics }
}

/// Atoms that hold nowhere in the domains are false from the start, as far as there is time to look at them.
fn exclude_impossible<C: Callbacks>(boxes: &mut Boxes, solver: &mut Solver<C>, budget: &Budget) {
    let mut variables: Vec<Var> = boxes.atoms.keys().copied().collect();
    variables.sort_unstable_by_key(|v| v.idx());
    variables.truncate(EXCLUDE / boxes.work().max(1));
    let mut trial = boxes.root.clone();
    for v in variables {
        if budget.expired() {
            return;
        }
        trial.copy_from_slice(&boxes.root);
        let atom = boxes.atoms[&v];
        if !boxes.contract(&[atom], &mut trial) {
            solver.add_clause_reuse(&mut vec![Lit::new(v, false)]);
        }
    }
}

/// The theory, with all that its checks need.
struct Real<'a> {
    problem: &'a Problem,
    parts: &'a [(Formula, Option<usize>)],
    skeleton: &'a Skeleton,
    /// a literal that is true at the root
    truth: Lit,
    strategy: &'a Strategy,
    options: &'a Options,
    observer: &'a mut dyn Observer,
    boxes: Boxes,
    /// the demanded atoms on the trail
    active: Vec<Var>,
    /// the box of the current level
    variables: Vec<Interval>,
    /// how much of the trail has been read
    seen: usize,
    /// by level: `seen` and the number of active atoms when it began
    levels: Vec<(usize, usize)>,
    /// the boxes of the levels below
    saved: Vec<Interval>,
    /// sets of atoms that were not decided in their slice of time
    postponed: Vec<(Vec<Var>, Vec<Option<bool>>)>,
    found: Option<(Verdict, Vec<Option<bool>>)>,
    stopped: Option<StopReason>,
    statistics: Statistics,
}

impl Theory for Real<'_> {
    fn create_level(&mut self) {
        self.levels.push((self.seen, self.active.len()));
        self.saved.extend_from_slice(&self.variables);
    }

    fn pop_levels(&mut self, n: usize) {
        if n == 0 {
            return;
        }
        let level = self.levels.len() - n;
        let (seen, active) = self.levels[level];
        self.seen = seen;
        self.active.truncate(active);
        let start = level * self.variables.len();
        let end = start + self.variables.len();
        self.variables.copy_from_slice(&self.saved[start..end]);
        self.saved.truncate(start);
        self.levels.truncate(level);
    }

    fn n_levels(&self) -> usize {
        self.levels.len()
    }

    fn partial_check(&mut self, acts: &mut TheoryArg<'_>) {
        if self.found.is_some() {
            return;
        }
        let before = self.active.len();
        for &literal in &acts.model()[self.seen..] {
            if literal.sign() && self.boxes.atoms.contains_key(&literal.var()) {
                self.active.push(literal.var());
            }
        }
        self.seen = acts.model().len();
        if self.active.len() == before {
            return;
        }
        let atoms: Vec<Atom<Slot>> = self.active.iter().map(|v| self.boxes.atoms[v]).collect();
        if !self.boxes.contract(&atoms, &mut self.variables) {
            // the latest first: they are the likeliest to take part
            let refuted: Vec<Var> = self.active.clone();
            self.refute(acts, &refuted);
        }
    }

    fn final_check(&mut self, acts: &mut TheoryArg<'_>) {
        if self.found.is_some() {
            return;
        }
        let value = |literal: Lit| acts.value(literal.var()) == lbool::from(literal.sign());
        let mut needed = Needed {
            problem: self.problem,
            skeleton: self.skeleton,
            value: &value,
            atoms: Vec::new(),
            seen: HashSet::new(),
            booleans: vec![None; self.problem.booleans.len()],
        };
        for (formula, _) in self.parts {
            needed.add(formula);
        }
        let Needed { atoms, booleans, .. } = needed;
        let budget = &self.options.budget;
        match self.decide(&atoms, &budget.share(SLICE)) {
            Verdict::Unsat => self.refute(acts, &atoms),
            Verdict::Unknown(reason) => {
                if atoms.is_empty() || budget.expired() {
                    self.stopped = Some(reason);
                    return;
                }
                if self.is_forced(&atoms) {
                    // every other assignment has these atoms too
                    match self.decide(&atoms, budget) {
                        Verdict::Unknown(reason) => self.stopped = Some(reason),
                        decided => self.found = Some((decided, booleans)),
                    }
                    return;
                }
                self.exclude(acts, &atoms);
                self.postponed.push((atoms, booleans));
            }
            found => self.found = Some((found, booleans)),
        }
    }

    fn explain_propagation(&mut self, _: Lit) -> &[Lit] {
        // nothing is propagated
        &[]
    }
}

impl Real<'_> {
    /// Whether all atoms held already when something was first decided or assumed: the SAT solver takes no clause that
    /// says they conflict.
    fn is_forced(&self, atoms: &[Var]) -> bool {
        let forced = self.levels.first().map_or(0, |&(_, active)| active);
        atoms.iter().all(|v| self.active[..forced].contains(v))
    }

    fn refute(&mut self, acts: &mut TheoryArg<'_>, refuted: &[Var]) {
        let budget = EXPLAIN / self.boxes.work().max(1);
        let core = self.boxes.explain(refuted, budget);
        if self.is_forced(&core) {
            // the domains and what no assignment can avoid are refuted
            self.found = Some((Verdict::Unsat, Vec::new()));
            return;
        }
        self.exclude(acts, &core);
    }

    /// Tells the SAT solver that these atoms, all of them true, cannot be.
    fn exclude(&mut self, acts: &mut TheoryArg<'_>, atoms: &[Var]) {
        let excluded: Vec<Atom> = atoms.iter().map(|v| self.skeleton.atoms[v]).collect();
        self.observer.observe(&Event::Excluded { problem: self.problem, atoms: &excluded });
        let mut clause: Vec<Lit> = atoms.iter().map(|&v| Lit::new(v, false)).collect();
        let at_root = self.levels.first().map_or(self.active.len(), |&(_, active)| active);
        if let &[v] = atoms
            && self.active[..at_root].contains(&v)
        {
            // batsat would enqueue the one literal of a unit clause though it is false at the root; of two such literals it
            // learns the empty clause
            clause.push(!self.truth);
        }
        acts.raise_conflict(&clause, true);
    }

    /// Decides a conjunction of atoms by branch and prune.
    fn decide(&mut self, atoms: &[Var], budget: &Budget) -> Verdict {
        let atoms: Vec<Atom> = atoms.iter().map(|v| self.skeleton.atoms[v]).collect();
        self.observer.observe(&Event::Assignment { problem: self.problem, atoms: &atoms });
        let constraint = Formula::and(atoms.into_iter().map(Formula::Atom));
        let problem = Problem { constraint, booleans: Vec::new(), objective: None, ..self.problem.clone() };
        let mut options = self.options.clone();
        options.budget = budget.less_boxes(self.statistics.boxes);
        let decision = decide_atoms(problem, self.strategy, &options, self.observer);
        self.statistics.add(&decision.statistics);
        decision.verdict
    }

    /// Looks again at what was put off; each gets its share of the time left.
    fn revisit(&mut self) -> (Verdict, Vec<Option<bool>>) {
        let mut undecided = None;
        let budget = &self.options.budget;
        let postponed = std::mem::take(&mut self.postponed);
        let count = postponed.len();
        for (index, (atoms, booleans)) in postponed.into_iter().enumerate() {
            match self.decide(&atoms, &budget.share(count - index)) {
                Verdict::Unsat => {}
                Verdict::Unknown(reason) => undecided = Some(reason),
                found => return (found, booleans),
            }
        }
        (undecided.map_or(Verdict::Unsat, Verdict::Unknown), vec![None; self.problem.booleans.len()])
    }
}
