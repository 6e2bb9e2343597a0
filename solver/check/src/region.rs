//! A region of the search: bounds of every node, and the formulas that hold in it. Contraction bounds what solutions in
//! it can be; it is the checker's own, and no number of a proof enters it.

use crate::enclose;
use crate::formula::{Formula, Relation};
use crate::graph::{Graph, Node, Op};
use crate::interval::Interval;
use crate::number::Num;
use crate::script::Problem;
use std::rc::Rc;

/// Sweeps at most, and the share of a width (1 − 2⁻³) that one must leave of some variable to be worth another.
const SWEEPS: usize = 12;

/// Bounds that every solution in the region satisfies wherever the node has a value.
#[derive(Clone, Debug)]
pub struct Region {
    /// by node
    pub bounds: Vec<Interval>,
    /// the atoms that hold
    pub atoms: Vec<(Node, Relation)>,
    /// disjunctions of which at least one part holds
    pub clauses: Vec<Rc<Vec<Formula>>>,
    literals: Vec<Option<bool>>,
}

/// There is no solution in the region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refuted;

/// What is the same for all regions.
#[derive(Clone, Debug)]
pub struct Space {
    /// the nodes that depend on a variable, ascending
    pub live: Vec<Node>,
    /// the variables
    pub variables: Vec<Node>,
    /// whether a variable is an integer
    integer: Vec<bool>,
    /// the bounds of all nodes before anything is known
    start: Vec<Interval>,
}

impl Space {
    /// The space of a problem and of other nodes that matter.
    pub fn new(problem: &Problem, others: &[Node]) -> Space {
        let graph = &problem.graph;
        let mut start = vec![Interval::ENTIRE; graph.len()];
        let mut space = Space { live: Vec::new(), variables: Vec::new(), integer: Vec::new(), start: Vec::new() };
        let mut roots = others.to_vec();
        problem.assertions.iter().for_each(|formula| formula.atoms(&mut |node| roots.push(node)));
        let reachable = graph.reachable(&roots);
        let mut depends = vec![false; graph.len()];
        for node in 0..graph.len() {
            let variable = matches!(graph.op(node), Op::Variable(_));
            depends[node] = variable || graph.operands(node).into_iter().any(|operand| depends[operand]);
            match (variable, depends[node]) {
                (true, _) => {
                    space.variables.push(node);
                    space.integer.push(problem.integers.contains(&node));
                }
                (_, true) if reachable[node] => space.live.push(node),
                (_, true) => {}
                _ => start[node] = enclose::value(graph, node, &start),
            }
        }
        space.start = start;
        space
    }
}

impl Region {
    /// Everything that satisfies a problem's assertions.
    ///
    /// # Errors
    /// Nothing does.
    pub fn whole(problem: &Problem, space: &Space) -> Result<Region, Refuted> {
        let bounds = space.start.clone();
        let mut region = Region { bounds, atoms: Vec::new(), clauses: Vec::new(), literals: Vec::new() };
        problem.assertions.iter().try_for_each(|formula| region.assume(formula))?;
        Ok(region)
    }

    /// Adds a formula to those that hold.
    ///
    /// # Errors
    /// It holds nowhere in the region.
    pub fn assume(&mut self, formula: &Formula) -> Result<(), Refuted> {
        match formula {
            Formula::Atom(node, relation) => {
                if self.atoms.len() > 4096 || !self.atoms.contains(&(*node, *relation)) {
                    self.atoms.push((*node, *relation));
                }
                Ok(())
            }
            Formula::Literal(variable, value) => {
                if self.literals.len() <= *variable {
                    self.literals.resize(variable + 1, None);
                }
                match self.literals[*variable].replace(*value) {
                    Some(known) if known != *value => Err(Refuted),
                    _ => Ok(()),
                }
            }
            Formula::And(parts) => parts.iter().try_for_each(|part| self.assume(part)),
            Formula::Or(parts) if parts.is_empty() => Err(Refuted),
            Formula::Or(parts) => {
                self.clauses.push(Rc::new(parts.clone()));
                Ok(())
            }
        }
    }

    /// Whether a formula may hold somewhere in the region.
    fn possible(&self, formula: &Formula) -> bool {
        match formula {
            Formula::Atom(node, relation) => relation.possible(self.bounds[*node]),
            Formula::Literal(variable, value) => {
                self.literals.get(*variable).copied().flatten().is_none_or(|known| known == *value)
            }
            Formula::And(parts) => parts.iter().all(|part| self.possible(part)),
            Formula::Or(parts) => parts.iter().any(|part| self.possible(part)),
        }
    }

    /// Assumes the only possible part of every disjunction that has one. Returns whether there was any.
    fn propagate(&mut self) -> Result<bool, Refuted> {
        let clauses = std::mem::take(&mut self.clauses);
        let mut any = false;
        for clause in clauses {
            let mut possible = clause.iter().filter(|part| self.possible(part));
            match (possible.next(), possible.next()) {
                (None, _) => return Err(Refuted),
                (Some(only), None) => {
                    let only = only.clone();
                    self.assume(&only)?;
                    any = true;
                }
                _ => self.clauses.push(clause),
            }
        }
        Ok(any)
    }

    /// HC4: bounds upward from the operands, the atoms that hold, bounds downward to the operands, until little changes.
    ///
    /// # Errors
    /// The region is empty.
    pub fn contract(&mut self, graph: &Graph, space: &Space) -> Result<(), Refuted> {
        let mut needed = vec![false; graph.len()];
        for _ in 0..SWEEPS {
            let before: Vec<Num> = space.variables.iter().map(|v| self.bounds[*v].width()).collect();
            self.sweep(graph, space, &mut needed)?;
            let more = self.propagate()?;
            let shrunk = space.variables.iter().zip(&before).any(|(v, before)| {
                let left = before
                    .mul(Num::integer(7).mul(Num::power(-3), crate::number::Round::Down), crate::number::Round::Down);
                let width = self.bounds[*v].width();
                width != *before && left.at_least(width)
            });
            if !shrunk && !more {
                break;
            }
        }
        Ok(())
    }

    /// One sweep up and down.
    fn sweep(&mut self, graph: &Graph, space: &Space, needed: &mut [bool]) -> Result<(), Refuted> {
        self.forward(graph, space);
        needed.fill(false);
        for &(node, relation) in &self.atoms {
            if !relation.possible(self.bounds[node]) {
                return Err(Refuted);
            }
            self.bounds[node] = self.bounds[node].meet(relation.range());
            needed[node] = true;
        }
        for &node in space.live.iter().rev().filter(|node| **node < graph.len()) {
            if needed[node] {
                let mut empty = self.bounds[node].is_empty();
                let mut tell = |operand: Node| needed[operand] = true;
                enclose::invert(graph, node, &mut self.bounds, &mut tell);
                graph.operands(node).into_iter().for_each(|x| empty |= needed[x] && self.bounds[x].is_empty());
                if empty {
                    return Err(Refuted);
                }
            }
        }
        self.round_integers(space)
    }

    /// The nodes that have a value at every solution: those that an atom that holds depends on, and not just through a branch
    /// of an `ite`.
    pub fn needed(&self, graph: &Graph) -> Vec<bool> {
        let mut needed = vec![false; graph.len()];
        self.atoms.iter().for_each(|(node, _)| needed[*node] = true);
        for node in (0..graph.len()).rev().filter(|node| !matches!(graph.op(*node), Op::Variable(_))) {
            if needed[node] {
                let strict = if matches!(graph.op(node), Op::Ite(..)) { 1 } else { usize::MAX };
                graph.operands(node).into_iter().take(strict).for_each(|x| needed[x] = true);
            }
        }
        needed
    }

    /// Bounds every node by what its operands can be.
    pub fn forward(&mut self, graph: &Graph, space: &Space) {
        for &node in &space.live {
            self.bounds[node] = self.bounds[node].meet(enclose::value(graph, node, &self.bounds));
        }
    }

    /// A variable has a value; an integer one, an integer.
    fn round_integers(&mut self, space: &Space) -> Result<(), Refuted> {
        for (&node, &integer) in space.variables.iter().zip(&space.integer) {
            let bound = &mut self.bounds[node];
            if integer {
                if let Some(floor) = bound.hi.floor() {
                    bound.hi = Num::integer(floor);
                }
                if let Some(floor) = bound.lo.neg().floor() {
                    bound.lo = Num::integer(floor).neg();
                }
            }
            if bound.is_empty() {
                return Err(Refuted);
            }
        }
        Ok(())
    }

    /// Splits at a value of a node that has one at every solution: what lies below it (the value included), and above.
    pub fn split(&self, node: Node, at: Num) -> [Region; 2] {
        let (mut below, mut above) = (self.clone(), self.clone());
        let bound = self.bounds[node];
        below.bounds[node] = bound.meet(Interval::new(Num::NEG_INFINITY, at));
        above.bounds[node] = bound.meet(Interval::new(at, Num::INFINITY));
        [below, above]
    }
}

impl Relation {
    /// Whether some number in an interval satisfies it.
    pub fn possible(self, x: Interval) -> bool {
        match self {
            _ if x.is_empty() => false,
            Relation::Ge => x.hi.signum() >= 0,
            Relation::Gt => x.hi.signum() > 0,
            Relation::Eq => x.has_zero(),
            Relation::Ne => !(x.lo.is_zero() && x.hi.is_zero()),
        }
    }

    /// The smallest closed interval around the numbers that satisfy it.
    pub fn range(self) -> Interval {
        match self {
            Relation::Ge | Relation::Gt => Interval::non_negative(),
            Relation::Eq => Interval::ZERO,
            Relation::Ne => Interval::ENTIRE,
        }
    }
}
