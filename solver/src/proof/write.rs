//! Writes proofs: depth first, with the checker's own steps.

use super::pairs;
use super::print::{symbol, term};
use crate::budget::{Budget, StopReason};
use deltacheck::formula::Relation;
use deltacheck::graph::{Function, Graph, Node, Op};
use deltacheck::interval::Interval;
use deltacheck::linear::{Pair, is_bound};
use deltacheck::number::Num;
use deltacheck::proof::{Prepared, written};
use deltacheck::region::{Region, Space};
use deltacheck::script::{Problem, problem};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Bytes of stack for reading a script.
const STACK: usize = 1 << 28;

/// Why there is no proof.
#[derive(Clone, Debug)]
pub enum Failure {
    /// the checker's reader does not know what the script says
    Script(String),
    /// no region could be split any further, though it was not refuted
    Stuck,
    /// a limit was reached
    Stopped(StopReason),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Script(what) => write!(f, "the checker's reader does not know this: {what}"),
            Failure::Stuck => write!(f, "the checker's steps neither refute nor split a region that is left"),
            Failure::Stopped(reason) => write!(f, "{}", reason.words()),
        }
    }
}

/// Writes a proof that the assertions at a `check-sat` of a script, counted from 1, have no common solution.
///
/// # Errors
/// Why there is none.
pub fn write(script: &str, check: usize, budget: &Budget) -> Result<String, Failure> {
    // the reader follows the nesting of the script
    let work = || {
        let problem = problem(script, check).map_err(Failure::Script)?;
        Writer::new(script, check, problem).run(budget)
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| Failure::Script(error.to_string()))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// How a region is split.
enum Split {
    /// a term, by its number
    Term(usize, Num),
    /// a disjunction
    Clause(usize),
}

struct Writer {
    head: String,
    problem: Problem,
    prepared: Prepared,
    /// terms that may be split
    terms: Vec<Node>,
    /// the widths of the terms where they were first bounded
    widths: Vec<Option<f64>>,
    /// whether anything bends, or is multiplied: then linear bounds say more than intervals
    relaxes: bool,
}

impl Writer {
    fn new(script: &str, check: usize, mut problem: Problem) -> Writer {
        let atoms = Region::whole(&problem, &Space::new(&problem, &[])).map_or(Vec::new(), |root| root.atoms);
        let order = order(&problem, &atoms);
        let found = root_bounds(&problem);
        let (pairs, mut parameters) =
            found.map_or((Vec::new(), Vec::new()), |bounds| pairs::find(&problem.graph, &atoms, &order, &bounds));
        if parameters.len() + 1 >= order.len() {
            parameters.clear();
        }
        let mut head = format!("deltacheck 1\nscript {}\n{script}\ncheck {check}\n", script.len());
        let graph = &problem.graph;
        let written = |node: Node| term(graph, node);
        if !order.is_empty() {
            let names: Vec<String> = order.iter().filter_map(|v| written(*v)).collect();
            head += &format!("order {}\n", names.join(" "));
        }
        let mut kept = Vec::new();
        for (first, second) in pairs {
            if let (Some(one), Some(other)) = (written(first), written(second)) {
                head += &format!("pair {one} {other}\n");
                kept.push((first, second));
            }
        }
        let kept: Vec<Pair> = kept.into_iter().filter_map(|(a, b)| Pair::new(&mut problem.graph, a, b)).collect();
        let graph = &problem.graph;
        let mut terms = Vec::new();
        for node in 0..graph.len() {
            let bends = (node..graph.len())
                .any(|other| matches!(graph.op(other), Op::Apply(Function::Relu | Function::Abs, x) if *x == node));
            let splits = (matches!(graph.op(node), Op::Variable(_)) && !parameters.contains(&node))
                || (bends && graph.is_total(node));
            if splits && let Some(text) = term(graph, node) {
                head += &format!(
                    "term {}\n",
                    if let Op::Variable(v) = graph.op(node) { symbol(graph.name(*v)) } else { text }
                );
                terms.push(node);
            }
        }
        head += "refute\n";
        let prepared = Prepared::new(&problem, &order, &kept, &terms);
        let widths = vec![None; terms.len()];
        let relaxes = atoms.iter().any(|(node, _)| !is_bound(&problem.graph, *node));
        Writer { head, problem, prepared, terms, widths, relaxes }
    }

    fn run(mut self, budget: &Budget) -> Result<String, Failure> {
        let mut tree = String::new();
        let mut open: Vec<Region> = self.prepared.root.iter().cloned().collect();
        while let Some(mut region) = open.pop() {
            if let Some(reason) = budget.stopped() {
                return Err(Failure::Stopped(reason));
            }
            match self.contract(&mut region) {
                (steps, true) => tree += &format!("{steps} .\n"),
                (steps, false) => match self.choose(&region).ok_or(Failure::Stuck)? {
                    Split::Term(number, at) => {
                        let text = written(at).ok_or(Failure::Stuck)?;
                        tree += &format!("{steps} s {number} {text}\n");
                        let [below, above] = region.split(self.terms[number], at);
                        open.extend([above, below]);
                    }
                    Split::Clause(number) => {
                        tree += &format!("{steps} c {number}\n");
                        let parts = region.clauses.remove(number);
                        for part in parts.iter().rev() {
                            let mut case = region.clone();
                            if case.assume(part).is_ok() {
                                open.push(case);
                            }
                        }
                    }
                },
            }
        }
        Ok(self.head + &tree)
    }

    /// The steps that a region takes, and whether they refute it.
    fn contract(&self, region: &mut Region) -> (&'static str, bool) {
        let graph = &self.problem.graph;
        let step = |letter, region: &mut Region| self.prepared.step(graph, letter, region).is_err();
        if step('h', region) {
            return ("h", true);
        }
        if !self.relaxes || !region.clauses.is_empty() {
            return ("h", false);
        }
        if step('r', region) {
            return ("hr", true);
        }
        ("hrh", step('h', region))
    }

    fn choose(&mut self, region: &Region) -> Option<Split> {
        if !region.clauses.is_empty() {
            let fewest = (0..region.clauses.len()).min_by_key(|index| region.clauses[*index].len());
            return fewest.map(Split::Clause);
        }
        let influence = self.influence(region);
        let mut best: Option<(f64, usize, Num)> = None;
        for (number, &node) in self.terms.iter().enumerate() {
            let bound = region.bounds[node];
            let Op::Variable(_) = self.problem.graph.op(node) else { continue };
            let width = bound.width().approximate();
            let first = *self.widths[number].get_or_insert(if width.is_finite() { width } else { 1.0 });
            let mut score = if first > 0.0 { width / first } else { 0.0 };
            if let Some(influence) = &influence {
                score = influence[number] + 1e-9 * score;
            }
            let Some(at) = middle(bound) else { continue };
            if best.as_ref().is_none_or(|(known, ..)| score > *known) {
                best = Some((score, number, at));
            }
        }
        best.map(|(_, number, at)| Split::Term(number, at))
    }

    /// By term: what it can move the linear bounds of the atoms by.
    fn influence(&self, region: &Region) -> Option<Vec<f64>> {
        if !self.relaxes {
            return None;
        }
        let (graph, space) = (&self.problem.graph, &self.prepared.space);
        let mut influence = vec![0.0f64; self.terms.len()];
        for &(node, relation) in &region.atoms {
            if is_bound(graph, node) || relation == Relation::Eq {
                continue;
            }
            let bound = self.prepared.plan.bound(graph, space, region, &[(node, Num::ONE)]);
            for (v, c) in space.variables.iter().zip(&bound.coefficients) {
                if let Some(number) = self.terms.iter().position(|term| term == v) {
                    let moved = c.magnitude().approximate() * region.bounds[*v].width().approximate();
                    influence[number] = influence[number].max(if moved.is_finite() { moved } else { 0.0 });
                }
            }
        }
        influence.iter().any(|moved| *moved > 0.0).then_some(influence)
    }
}

/// The bounds of all nodes at the root, once contracted.
fn root_bounds(problem: &Problem) -> Option<Vec<Interval>> {
    let space = Space::new(problem, &[]);
    let mut root = Region::whole(problem, &space).ok()?;
    root.contract(&problem.graph, &space).ok()?;
    Some(root.bounds)
}

/// A short number inside, if there is one between the ends.
fn middle(bound: Interval) -> Option<Num> {
    let at = Num::from_double(bound.middle().approximate())?;
    (bound.contains(at) && at != bound.lo && at != bound.hi).then_some(at)
}

/// The order in which variables may be bounded by others: each after those that an assertion defines it by.
///
/// An equation defines the variable in it that nothing else bounds, or else the latest; two inequalities of opposite sides
/// define one that nothing else bounds.
fn order(problem: &Problem, atoms: &[(Node, Relation)]) -> Vec<Node> {
    let graph = &problem.graph;
    let is_variable = |node: Node| matches!(graph.op(node), Op::Variable(_));
    let mut bounded = vec![false; graph.len()];
    for (node, _) in atoms {
        match graph.op(*node) {
            Op::Linear(terms, _) if terms.len() == 1 => bounded[terms[0].1] = true,
            _ => bounded[*node] = true,
        }
    }
    let mut rests: BTreeMap<Node, BTreeSet<Node>> = BTreeMap::new();
    let mut equal: BTreeSet<Node> = BTreeSet::new();
    // equations first: what they define no inequality does
    let equations = atoms.iter().filter(|(_, relation)| *relation == Relation::Eq);
    for &(node, relation) in equations.chain(atoms.iter().filter(|(_, relation)| *relation != Relation::Eq)) {
        let Op::Linear(terms, _) = graph.op(node) else { continue };
        let free = |x: Node| is_variable(x) && !bounded[x];
        let candidates = terms.iter().map(|(_, x)| *x).filter(|x| is_variable(*x) && !equal.contains(x));
        let found = match relation {
            Relation::Eq => candidates.max_by_key(|x| (free(*x), *x)),
            Relation::Ge | Relation::Gt => candidates.filter(|x| free(*x)).max(),
            Relation::Ne => None,
        };
        equal.extend(found.filter(|_| relation == Relation::Eq));
        if let Some(variable) = found.filter(|_| terms.len() > 1) {
            let below = rests.entry(variable).or_default();
            terms.iter().filter(|(_, x)| *x != variable).for_each(|(_, x)| variables_below(graph, *x, below));
        }
    }
    let mut done: BTreeSet<Node> = BTreeSet::new();
    let mut order = Vec::new();
    for variable in (0..graph.len()).filter(|node| is_variable(*node)) {
        place(variable, &rests, &mut done, &mut order);
    }
    order
}

/// Puts a variable into the order, after those that it is defined by.
fn place(variable: Node, rests: &BTreeMap<Node, BTreeSet<Node>>, done: &mut BTreeSet<Node>, order: &mut Vec<Node>) {
    let mut stack = vec![(variable, false)];
    while let Some((variable, ready)) = stack.pop() {
        if ready {
            order.push(variable);
        } else if done.insert(variable) {
            stack.push((variable, true));
            stack.extend(rests.get(&variable).into_iter().flatten().map(|below| (*below, false)));
        }
    }
}

fn variables_below(graph: &Graph, node: Node, found: &mut BTreeSet<Node>) {
    let mut stack = vec![node];
    let mut seen = BTreeSet::new();
    while let Some(node) = stack.pop() {
        if seen.insert(node) {
            match graph.op(node) {
                Op::Variable(_) => drop(found.insert(node)),
                _ => stack.extend(graph.operands(node)),
            }
        }
    }
}
