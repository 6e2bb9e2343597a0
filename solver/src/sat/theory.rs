//! The theory of real arithmetic over a box, as the SAT solver sees it: a set of demanded atoms is refuted, or not.
//!
//! *Partial check* (on every assignment that propagation leaves): the box of the current level is contracted by HC4 on the
//! demanded atoms alone. It is cheap and refutes much; what it does not refute is not known to hold.
//!
//! *Final check*: the demanded atoms that the formula needs go to the branch-and-prune search. What it refutes is
//! excluded by a clause; what it satisfies, up to δ, ends the search; what it leaves undecided is put off and excluded too,
//! but then no exhaustion of the skeleton counts as a refutation.
//!
//! *Explanations* are made small by deletion: as long as HC4 from the root box still refutes the rest, atoms are dropped,
//! in halves first (QuickXplain, Junker 2004).

use super::skeleton::Skeleton;
use crate::contract::truth;
use crate::expr::ExprId;
use crate::formula::{Atom, Formula, Literal, Truth};
use crate::interval::{Interval, bounds};
use crate::problem::{Problem, Sort};
use crate::tape::{Reason, Slot, Tape, Workspace};
use batsat::{Lit, Var};
use std::collections::{HashMap, HashSet};

/// The most rounds of contraction in one check.
const ROUNDS: usize = 6;
/// The share of a variable's width that a round must remove to be followed by another.
const WORTHWHILE: f64 = 0.1;

/// HC4 over sets of atoms.
pub(super) struct Boxes {
    tape: Tape,
    w: Workspace,
    before: Vec<Interval>,
    integers: Vec<usize>,
    /// the box at the root
    pub(super) root: Vec<Interval>,
    /// by variable of the SAT solver
    pub(super) atoms: HashMap<Var, Atom<Slot>>,
}

impl Boxes {
    pub(super) fn new(problem: &Problem, skeleton: &Skeleton) -> Self {
        let mut exprs: Vec<ExprId> = skeleton.atoms.values().map(|atom| atom.expr).collect();
        exprs.sort_unstable();
        exprs.dedup();
        let n = problem.variables.len();
        // an atom that is not demanded need not have a value
        let tape = Tape::compile(&problem.graph, n, &[], &exprs);
        let slot = |expr| tape.slot(expr).expect("a root has a slot");
        let atoms = skeleton.atoms.iter();
        let atoms = atoms.map(|(&v, atom)| (v, Atom { expr: slot(atom.expr), relation: atom.relation })).collect();
        let integers = (0..n).filter(|&i| problem.variables[i].sort == Sort::Integer).collect();
        let root = problem.variables.iter().map(|v| v.domain).collect();
        Boxes { w: Workspace::new(&tape), before: vec![Interval::ENTIRE; n], integers, root, atoms, tape }
    }

    /// How much work one sweep is.
    pub(super) fn work(&self) -> usize {
        self.tape.operand_count() + self.tape.slots()
    }

    /// Contracts a box by a conjunction of atoms; false when it is refuted.
    pub(super) fn contract(&mut self, atoms: &[Atom<Slot>], variables: &mut [Interval]) -> bool {
        for _ in 0..ROUNDS {
            self.before.copy_from_slice(variables);
            for &i in &self.integers {
                variables[i] = variables[i].intersection(bounds(variables[i].inf().ceil(), variables[i].sup().floor()));
            }
            if variables.iter().any(|x| x.is_empty()) {
                return false;
            }
            self.tape.load(variables, &mut self.w);
            if !self.tape.forward(&mut self.w) {
                return false;
            }
            let mut cut = false;
            for atom in atoms {
                match truth(atom, 0.0, &self.w) {
                    Truth::False => return false,
                    Truth::True => {}
                    Truth::Unknown => {
                        let target = atom.relation.target(0.0);
                        cut |= !self.w.values[atom.expr as usize].subset(target);
                        if !self.tape.narrow(atom.expr, target, Reason::Atom(*atom), &mut self.w) {
                            return false;
                        }
                    }
                }
            }
            if !self.tape.backward(&mut self.w) {
                return false;
            }
            self.tape.store(&self.w, variables);
            let worthwhile = self.before.iter().zip(variables.iter()).any(|(before, after)| {
                let (before, after) = (before.wid(), after.wid());
                after < (1.0 - WORTHWHILE) * before || (before == f64::INFINITY && after < before)
            });
            if !cut || !worthwhile {
                break;
            }
        }
        true
    }

    /// Whether HC4 refutes the atoms of these variables from the root.
    fn refuted(&mut self, variables: &[Var]) -> bool {
        let atoms: Vec<_> = variables.iter().map(|v| self.atoms[v]).collect();
        let mut trial = self.root.clone();
        !self.contract(&atoms, &mut trial)
    }

    /// A small part of a refuted set of atoms that HC4 refutes from the root; the set itself if it does not refute that.
    /// At most `budget` checks.
    pub(super) fn explain(&mut self, refuted: &[Var], budget: usize) -> Vec<Var> {
        let mut left: Vec<Var> = refuted.to_vec();
        if !self.refuted(&left) {
            return left;
        }
        let mut budget = budget;
        let mut chunk = left.len().div_ceil(2);
        while chunk > 0 {
            let mut start = 0;
            while start < left.len() && left.len() > 1 && budget > 0 {
                let end = (start + chunk).min(left.len());
                let rest: Vec<Var> = left[..start].iter().chain(&left[end..]).copied().collect();
                budget -= 1;
                if !rest.is_empty() && self.refuted(&rest) {
                    left = rest;
                } else {
                    start = end;
                }
            }
            chunk = if chunk == 1 { 0 } else { chunk.div_ceil(2) };
        }
        left
    }
}

/// The atoms (by variable) that are enough for the formulas to hold under a total assignment, and the values of the free
/// propositional variables that they need.
pub(super) struct Needed<'a> {
    pub(super) problem: &'a Problem,
    pub(super) skeleton: &'a Skeleton,
    /// whether a literal is true
    pub(super) value: &'a dyn Fn(Lit) -> bool,
    /// the atoms found
    pub(super) atoms: Vec<Var>,
    /// the names that were followed
    pub(super) seen: HashSet<Literal>,
    /// by number: the values of free propositional variables
    pub(super) booleans: Vec<Option<bool>>,
}

impl Needed<'_> {
    /// Adds what a formula that holds under the assignment needs.
    pub(super) fn add(&mut self, formula: &Formula) {
        match formula {
            Formula::Atom(atom) => {
                if let Some(literal) = self.skeleton.literal_of(atom)
                    && !self.atoms.contains(&literal.var())
                {
                    self.atoms.push(literal.var());
                }
            }
            Formula::Literal(literal) => match &self.problem.booleans[literal.variable.index()].definition {
                None => self.booleans[literal.variable.index()] = Some(literal.positive),
                Some(_) if !self.seen.insert(*literal) => {}
                Some(definition) if literal.positive => self.add(definition),
                Some(definition) => self.add(&definition.negate()),
            },
            Formula::And(parts) => parts.iter().for_each(|part| self.add(part)),
            Formula::Or(parts) => {
                // a branch that demands no atom is best
                let true_parts = parts.iter().filter(|part| self.holds(part));
                if let Some(part) = true_parts.min_by_key(|part| self.cost(part)) {
                    self.add(part);
                }
            }
        }
    }

    fn cost(&self, formula: &Formula) -> usize {
        match formula {
            Formula::Atom(atom) => {
                let literal = self.skeleton.literal_of(atom);
                usize::from(literal.is_none_or(|literal| !self.atoms.contains(&literal.var())))
            }
            Formula::Literal(literal) => {
                usize::from(self.problem.booleans[literal.variable.index()].definition.is_some())
            }
            Formula::And(parts) => parts.iter().map(|part| self.cost(part)).sum(),
            Formula::Or(parts) => parts.iter().map(|part| self.cost(part)).min().unwrap_or(0),
        }
    }

    fn holds(&self, formula: &Formula) -> bool {
        match formula {
            Formula::Atom(atom) => self.skeleton.literal_of(atom).is_some_and(self.value),
            // a name that is true demands its definition, which therefore holds
            Formula::Literal(literal) => self.skeleton.literal_of_boolean(*literal).is_some_and(self.value),
            Formula::And(parts) => parts.iter().all(|part| self.holds(part)),
            Formula::Or(parts) => parts.iter().any(|part| self.holds(part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::skeleton::Encoder;
    use super::*;
    use crate::exact::Constant;
    use crate::formula::Relation;
    use crate::search::{Options, Strategy, Verdict, decide};
    use batsat::BasicSolver;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    /// Random atoms over a small box: whatever is explained is refuted on its own, is a part of what was asked about, and
    /// branch and prune finds no solution of it; dropping any one atom of it leaves HC4 without a refutation.
    #[test]
    fn explanations_are_refuted_and_small() {
        let mut explained = 0;
        for seed in 0..300 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut problem = Problem::default();
            let x: Vec<ExprId> =
                (0..3).map(|i| problem.variable(format!("x{i}"), bounds(-2.0, 2.0), Sort::Real)).collect();
            let mut atoms = Vec::new();
            for _ in 0..8 {
                let (y, z) = (x[rng.random_range(0..3)], x[rng.random_range(0..3)]);
                let product = problem.graph.mul(y, z);
                let level = Constant::from_f64(rng.random_range(-4.0..4.0)).expect("finite");
                let expr = problem.graph.linear([(Constant::ONE, product), (Constant::ONE, y)], level);
                let relations = [Relation::Le, Relation::Ge, Relation::Lt, Relation::Eq];
                atoms.push(Formula::atom(expr, relations[rng.random_range(0..4)]));
            }
            let mut solver = BasicSolver::default();
            let mut encoder = Encoder::new(&problem, &mut solver);
            encoder.assert_all(&[(Formula::and(atoms), Some(0))]);
            let skeleton = encoder.skeleton;
            let mut boxes = Boxes::new(&problem, &skeleton);
            let mut all: Vec<Var> = boxes.atoms.keys().copied().collect();
            all.sort_unstable_by_key(|v| v.idx());
            if !boxes.refuted(&all) {
                continue;
            }
            explained += 1;
            let core = boxes.explain(&all, 1000);
            assert!(core.iter().all(|v| all.contains(v)));
            assert!(boxes.refuted(&core), "an explanation that explains nothing");
            for i in 0..core.len() {
                let rest: Vec<Var> = core.iter().enumerate().filter(|&(j, _)| j != i).map(|(_, &v)| v).collect();
                assert!(!boxes.refuted(&rest), "{core:?} is not minimal");
            }
            let constraint = Formula::and(core.iter().map(|v| Formula::Atom(skeleton.atoms[v])));
            let alone = Problem { constraint, ..problem.clone() }.compile();
            let decision = decide(&alone, &Strategy::default(), &Options::default(), &mut ());
            assert!(!matches!(decision.verdict, Verdict::Sat(_)), "seed {seed}");
        }
        assert!(explained > 50, "{explained} explained");
    }
}
