//! The search at hand: what its slots hold, which constraint cut them, and why it is empty.

use super::words::{self, interval};
use super::{Chapter, Constraint, Curve, Expression, Picture};
use crate::expr::{ExprId, Infix, Node, VariableId};
use crate::formula::{Atom, Relation, Truth};
use crate::interval::Interval;
use crate::problem::{Compiled, Problem};
use crate::search::{LineBound, OperatorLine, Reason};
use crate::tape::{Slot, Workspace};
use std::collections::HashMap;

/// Expression trees of more nodes are not shown.
const NODES: usize = 60;
/// Points at which an operator is drawn, and how many operators of a linear bound.
const SAMPLES: usize = 17;
const CURVES: usize = 3;

/// The search at hand.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) problem: Compiled,
    pub(super) root: Vec<Interval>,
    pub(super) atoms: Vec<Atom<Slot>>,
    pub(super) text: HashMap<Slot, String>,
    /// by slot, what it is made of
    pub(super) operands: HashMap<Slot, Vec<Slot>>,
    pub(super) w: Workspace,
    /// whether the box at hand is told
    pub(super) told: bool,
    /// the box at hand, until its values are known
    pub(super) entered: Option<(u64, Vec<Interval>)>,
    pub(super) slots: Vec<Interval>,
    /// by slot, the constraint that cut it last
    pub(super) cause: Vec<Option<usize>>,
    pub(super) contractor: &'static str,
    pub(super) supposing: bool,
    pub(super) up: Vec<(Slot, Interval)>,
    pub(super) down: Vec<(Slot, Interval)>,
    pub(super) line: Option<(Option<usize>, Picture, f64, f64)>,
    /// why the box is empty
    pub(super) refuted: Option<(Option<usize>, String)>,
    /// points near the box that were tried in vain
    pub(super) tries: usize,
    pub(super) threshold: f64,
}

impl Search {
    pub(super) fn new(problem: &Compiled, root: &[Interval], threshold: f64, called: Option<&str>) -> Self {
        let mut atoms = Vec::new();
        problem.constraint.atoms(&mut |atom| {
            if !atoms.contains(atom) {
                atoms.push(*atom);
            }
        });
        atoms.extend(&problem.implied);
        if let Some(objective) = problem.objective {
            atoms.push(Atom { expr: objective, relation: Relation::Ge });
        }
        let slots = problem.tape.slots();
        Search {
            w: Workspace::new(&problem.tape),
            problem: problem.clone(),
            root: root.to_vec(),
            atoms,
            text: HashMap::new(),
            operands: HashMap::new(),
            told: false,
            entered: None,
            slots: vec![Interval::ENTIRE; slots],
            cause: vec![None; slots],
            contractor: "",
            supposing: false,
            up: Vec::new(),
            down: Vec::new(),
            line: None,
            refuted: None,
            tries: 0,
            threshold,
        }
        .with_texts(called)
    }

    /// Writes the expressions that sentences may name: all of them where there are few, else what is compared.
    fn with_texts(mut self, called: Option<&str>) -> Self {
        let problem = &self.problem.problem;
        let name = |v: VariableId| variable_name(problem, v.index());
        let mut infix = Infix::new(&problem.graph, &name);
        let all = self.shows_nodes();
        for id in (0..problem.graph.len()).map(|index| problem.graph.id(index)) {
            let Some(slot) = self.problem.tape.slot(id) else { continue };
            if let Node::Apply { operands, .. } = problem.graph.node(id) {
                self.operands.insert(slot, operands.iter().filter_map(|&o| self.problem.tape.slot(o)).collect());
            }
            if all || self.atoms.iter().any(|atom| atom.expr == slot) {
                self.text.insert(slot, words::brief(&infix.text(id)));
            }
        }
        if let (Some(called), Some(objective)) = (called, self.problem.objective) {
            self.text.insert(objective, called.to_owned());
        }
        self
    }

    /// Whether the values of a slot are shown: where there are few slots, and of what is compared.
    pub(super) fn shows(&self, slot: Slot) -> bool {
        self.shows_nodes() || self.atoms.iter().any(|atom| atom.expr == slot)
    }

    fn shows_nodes(&self) -> bool {
        self.problem.tape.slots() <= NODES
    }

    pub(super) fn chapter(&self, delta: f64) -> Chapter {
        let problem = &self.problem.problem;
        let (graph, tape) = (&problem.graph, &self.problem.tape);
        let name = |v: VariableId| variable_name(problem, v.index());
        let mut infix = Infix::new(graph, &name);
        let ids: Vec<(ExprId, Slot)> = (0..graph.len())
            .map(|index| graph.id(index))
            .filter_map(|id| tape.slot(id).map(|slot| (id, slot)))
            .collect();
        let explicit = self.atoms.len() - self.problem.implied.len() - usize::from(problem.objective.is_some());
        let mut constraints: Vec<Constraint> = Vec::new();
        for (index, atom) in self.atoms.iter().enumerate() {
            let id = ids.iter().find(|(_, slot)| *slot == atom.expr).map(|(id, _)| *id);
            let is_objective = problem.objective.is_some() && index + 1 == self.atoms.len();
            let text = match id {
                Some(_) if is_objective => format!("{} above the threshold", self.text[&atom.expr]),
                Some(id) => words::atom(&mut infix, &Atom { expr: id, relation: atom.relation }),
                None => String::new(),
            };
            let implied = index >= explicit && !is_objective;
            constraints.push(Constraint {
                text,
                slot: atom.expr,
                relation: words::sign(atom.relation, false),
                implied,
            });
        }
        let mut nodes = Vec::new();
        if self.shows_nodes() {
            for &(id, slot) in &ids {
                let operands = self.operands.get(&slot).cloned().unwrap_or_default();
                nodes.push(Expression { slot, text: infix.text(id), operands });
            }
        }
        let variables = (0..problem.variables.len()).map(|i| (variable_name(problem, i), self.root[i])).collect();
        let objective = self.problem.objective.map(|slot| self.text[&slot].clone());
        Chapter { delta, variables, constraints, objective, nodes, ..Chapter::default() }
    }

    pub(super) fn enter(&mut self, id: u64, kept: &[Interval], threshold: f64, told: bool) {
        self.told = told;
        self.threshold = threshold;
        if !told {
            return;
        }
        self.entered = Some((id, kept.to_vec()));
        self.slots.fill(Interval::ENTIRE);
        for (&slot, &bound) in self.problem.tape.kept().iter().zip(kept) {
            self.slots[slot as usize] = bound;
        }
        self.cause.fill(None);
        self.supposing = false;
        (self.line, self.refuted, self.tries) = (None, None, 0);
        self.up.clear();
        self.down.clear();
    }

    /// Takes over the values of a sweep.
    pub(super) fn values(&mut self, forward: bool, values: &[Interval]) {
        if forward {
            let first = self.entered.is_some();
            for (slot, (&now, &before)) in values.iter().zip(&self.slots).enumerate() {
                if (first || now != before) && self.shows(slot as Slot) {
                    self.up.push((slot as Slot, now));
                }
            }
        }
        self.slots.copy_from_slice(values);
    }

    /// The first constraint that the box does not decide: its expression and value.
    pub(super) fn undecided(&self) -> Option<(String, Interval)> {
        let open = |atom: &&Atom<Slot>| atom.relation.truth(self.slots[atom.expr as usize]) != Truth::True;
        let atom = self.atoms.iter().find(open)?;
        Some((self.text.get(&atom.expr)?.clone(), self.slots[atom.expr as usize]))
    }

    pub(super) fn constraint(&self, atom: &Atom<Slot>) -> Option<usize> {
        self.atoms.iter().position(|other| other == atom)
    }

    pub(super) fn objective(&self) -> Option<usize> {
        self.problem.objective.map(|_| self.atoms.len() - 1)
    }

    /// The constraint behind a cut.
    pub(super) fn cause(&self, slot: Slot, reason: Reason) -> Option<usize> {
        match reason {
            Reason::Atom(atom) => self.constraint(&atom),
            Reason::Operator(out) => self.cause[out as usize],
            Reason::Image => {
                let operands = self.operands.get(&slot).into_iter().flatten();
                self.cause[slot as usize].or_else(|| operands.map(|&o| self.cause[o as usize]).find(Option::is_some)?)
            }
            Reason::Threshold => self.objective(),
            Reason::Line => self.line.as_ref().and_then(|line| line.0),
            Reason::Disjunction | Reason::Integer | Reason::Newton => None,
        }
    }

    /// How a sentence begins that ends with what is lost.
    pub(super) fn reason(&self, reason: Reason, who: Option<String>) -> String {
        let who = who.unwrap_or_else(|| "where everything has a value, the expression".to_owned());
        match reason {
            Reason::Line => {
                let line = self.line.as_ref().map_or(String::new(), |line| line.1.text.clone());
                format!("Linear bound: {line}; {who} then ")
            }
            Reason::Newton => {
                "Newton: the equations, linearised around the middle of the box, together ".to_owned()
                    + "make a system that "
            }
            Reason::Integer => "Round: an integer ".to_owned(),
            Reason::Disjunction => "Either or: every branch of the disjunction ".to_owned(),
            _ => format!("Contract: {who} "),
        }
    }

    /// Why nothing is left where a slot became empty.
    pub(super) fn emptied(&self, slot: Slot, before: Interval, constraint: Option<usize>, reason: Reason) -> String {
        let text = self.text.get(&slot).map_or("an expression", String::as_str);
        match constraint {
            Some(index) if reason == Reason::Image => {
                let who = self.atom_text(index);
                format!("{who} leaves {text} only {}, and no values in this box give that", interval(before))
            }
            Some(index) => {
                let who = self.atom_text(index);
                format!("{text} lies in {} here, and {who} allows none of these values", interval(before))
            }
            None => format!("{text} has no value in this box"),
        }
    }

    pub(super) fn atom_text(&self, index: usize) -> String {
        let atom = &self.atoms[index];
        let text = self.text.get(&atom.expr).map_or("a constraint", String::as_str);
        if Some(index) == self.objective() {
            format!("{text} ≥ {}", words::floor(self.threshold))
        } else {
            format!("{text} {} 0", words::sign(atom.relation, false))
        }
    }

    pub(super) fn contradiction(&mut self, reason: Reason) {
        let constraint = match reason {
            Reason::Atom(atom) => self.constraint(&atom),
            Reason::Operator(out) => self.cause[out as usize],
            Reason::Threshold => self.objective(),
            Reason::Line => self.line.as_ref().and_then(|line| line.0),
            _ => None,
        };
        let value = |index: usize| {
            let atom = &self.atoms[index];
            let text = self.text.get(&atom.expr).map_or("it", String::as_str);
            format!(
                "{text} lies in {} here, but {} is needed",
                interval(self.slots[atom.expr as usize]),
                self.atom_text(index)
            )
        };
        let why = match (reason, constraint, &self.line) {
            (Reason::Line, Some(index), Some((_, picture, maximum, _))) => {
                format!(
                    "{}, at most {} over this box, but {} is needed",
                    picture.text,
                    words::ceil(*maximum),
                    self.atom_text(index)
                )
            }
            (Reason::Disjunction, ..) => "no branch of the disjunction can hold".to_owned(),
            (_, Some(index), _) => value(index),
            _ => "the operands of an expression allow no value that is needed".to_owned(),
        };
        self.refuted = Some((constraint, why));
    }

    pub(super) fn note_line(&mut self, bound: &LineBound) {
        let Some(&(seed, sign)) = bound.seeds.first() else { return };
        let constraint = self.atoms.iter().position(|atom| atom.expr == seed);
        let n = self.problem.tape.variables();
        let mut terms = String::new();
        let variables: Vec<_> = bound.coefficients.iter().filter(|(slot, _)| (*slot as usize) < n).collect();
        for (slot, c) in variables.iter().take(4) {
            let name = variable_name(&self.problem.problem, *slot as usize);
            let joint = match (terms.is_empty(), *c < 0.0) {
                (true, true) => "−",
                (true, false) => "",
                (false, true) => " − ",
                (false, false) => " + ",
            };
            terms += &format!("{joint}{}·{name}", words::number(c.abs()));
        }
        if variables.len() > 4 {
            terms += " + …";
        }
        let constant = words::ceil(bound.constant);
        let joint = if terms.is_empty() { "" } else { " + " };
        let text = self.text.get(&seed).map_or("the expression", String::as_str);
        let text = if sign < 0.0 { format!("−({text})") } else { text.to_owned() };
        let text = format!("{text} is at most {terms}{joint}{constant}").replace("+ −", "− ");
        let curves = bound.operators.iter().filter_map(|line| self.curve(line)).take(CURVES).collect();
        self.line = Some((constraint, Picture { text, curves }, bound.maximum, bound.level));
    }

    /// The picture of an operator of one operand.
    pub(super) fn curve(&self, line: &OperatorLine) -> Option<Curve> {
        let (op, &[operand]) = self.problem.tape.definition(line.out)? else { return None };
        let (over, operator) = (self.slots[operand as usize], op.operator()?);
        if !over.is_common_interval() || over.is_singleton() {
            return None;
        }
        let at = |i: usize| over.inf() + over.wid() * i as f64 / (SAMPLES - 1) as f64;
        let samples = (0..SAMPLES).map(|i| operator.value(&[at(i)])).collect();
        let text = self.text.get(&line.out).cloned()?;
        Some(Curve { text, over, samples, slope: *line.slopes.first()?, offset: line.offset, upper: line.upper })
    }

    /// The constraints' values at a point.
    pub(super) fn at(&mut self, at: &[f64]) -> Vec<Interval> {
        self.problem.tape.load_point(at, &mut self.w);
        self.problem.tape.forward(&mut self.w);
        self.atoms.iter().map(|atom| self.w.values[atom.expr as usize]).collect()
    }

    /// The first constraint that the values do not satisfy up to δ.
    pub(super) fn failing(&self, values: &[Interval], delta: f64) -> Option<usize> {
        let fails = |(atom, value): (&Atom<Slot>, &Interval)| !atom.relation.weakly_true(*value, delta);
        self.atoms.iter().zip(values).position(fails)
    }
}

fn variable_name(problem: &Problem, index: usize) -> String {
    let name = &problem.variables[index].name;
    if name.is_empty() { format!("v{index}") } else { name.clone() }
}
