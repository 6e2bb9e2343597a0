//! What is asked of a network and its perturbed copy, as an objective to maximise.

use super::eliminated::{Copies, Eliminated, NoiseOf};
use super::literal::Literal;
use super::moved::Mover;
use super::twin::{Twin, Twins};
use crate::network::{Network, NetworkError, Output, Parameter};
use crate::perturbation::Perturbation;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::{self, decimal, point};
use deltasat::op::Op;
use deltasat::problem::{Compiled, Problem};
use deltasat::tape::Slot;
use num_traits::{One, Signed, Zero};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// A question about one class; its answer is the supremum of an objective.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// the largest `|c(x, θ') − c(x, θ)|` of the class's confidence
    Deviation {
        /// whose confidence
        class: usize,
        /// only where the trained network assigns this class
        where_assigned: bool,
    },
    /// the largest `logit_against − logit_class` in the perturbed network: positive where the class changes to `against`. With
    /// a guard it may be less than that, or `−∞`, where no parameters change the class
    Flip {
        /// the class that the trained network assigns
        class: usize,
        /// the class it may change to
        against: usize,
        /// only where the trained network assigns the class, with at least this confidence; `None` at a fixed input,
        /// where that is known
        guard: Option<Rational>,
    },
}

/// A question as a compiled problem, and the way back from its points to networks.
pub struct Encoded<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    moves: Moves,
    mover: Mover<'a>,
    /// the problem; its variables are the inputs, then the noises or the parameters
    pub compiled: Compiled,
}

/// What the variables after the inputs stand for.
enum Moves {
    Noises(Vec<NoiseOf>),
    Parameters(Vec<(usize, Parameter)>),
}

impl<'a> Encoded<'a> {
    /// Encodes a question over a box of inputs, with the parameters eliminated.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        question: &Question,
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        // at a fixed input the trained network's class is known, and its part in the question is over
        let copies = match question {
            Question::Flip { guard: None, .. } => Copies::Perturbed,
            Question::Flip { .. } | Question::Deviation { .. } => Copies::Both,
        };
        let mut twins = Eliminated::new(network, perturbation, domain, copies, budget)?;
        let (objective, constraint) = pose(&mut twins, question);
        let moves = Moves::Noises(twins.noises);
        let compiled = compile(twins.problem, objective, constraint, budget)?;
        Ok(Encoded { network, perturbation, moves, mover: Mover::new(network, perturbation), compiled })
    }

    /// Encodes a question over a box of inputs, with every parameter a variable.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn literal(
        network: &'a Network,
        perturbation: &'a Perturbation,
        domain: &[(Rational, Rational)],
        question: &Question,
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        let mut twins = Literal::new(network, perturbation, domain);
        let (objective, constraint) = pose(&mut twins, question);
        let moves = Moves::Parameters(twins.parameters);
        let compiled = compile(twins.problem, objective, constraint, budget)?;
        Ok(Encoded { network, perturbation, moves, mover: Mover::new(network, perturbation), compiled })
    }

    /// Lets the inputs range over all reals, for questions whose inputs are fixed at the root of each search. Only for
    /// inputs that are variables: the literal encoding makes a fixed input a constant.
    pub fn free_inputs(&mut self) {
        free_inputs(&mut self.compiled, self.network);
    }

    /// What the noise variables, which follow the inputs, move; none where every parameter is a variable.
    pub fn noises(&self) -> &[NoiseOf] {
        match &self.moves {
            Moves::Noises(noises) => noises,
            Moves::Parameters(_) => &[],
        }
    }

    /// The parameters that a point of the problem stands for: a network within the box around the trained one (its
    /// parameters are doubles inside the exact box).
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn perturbed_network(&self, point: &[f64]) -> Result<Network, NetworkError> {
        let (input, moves) = point.split_at(self.network.input().count());
        match &self.moves {
            Moves::Noises(noises) => self.mover.moved(input, noises.iter().zip(moves.iter().copied())),
            Moves::Parameters(parameters) => {
                let values: HashMap<_, _> = parameters.iter().zip(moves).collect();
                self.network.with_parameters(|layer, parameter, value| match values.get(&(layer, parameter)) {
                    None => value,
                    Some(&&moved) => {
                        let (least, greatest) = self.perturbation.inner_bounds(self.network, layer, parameter);
                        moved.clamp(least, greatest)
                    }
                })
            }
        }
    }
}

/// Lets the inputs of a problem range over all reals.
fn free_inputs(compiled: &mut Compiled, network: &Network) {
    for variable in &mut Arc::make_mut(&mut compiled.problem).variables[..network.input().count()] {
        variable.domain = deltasat::interval::Interval::ENTIRE;
    }
}

/// The changes from one class to each of the others at a fixed input, compiled together: the questions
/// [`Question::Flip`] without a guard, whose hidden layers are the same. The inputs range over all reals, to be fixed at the root
/// of each search.
pub struct Flips<'a> {
    mover: Mover<'a>,
    inputs: usize,
    noises: Vec<NoiseOf>,
    /// how many of the noises are those of the hidden layers
    shared: usize,
    /// all of them, without an objective
    pub compiled: Compiled,
    /// one for each class that it can change to, in ascending order
    pub changes: Vec<Change>,
}

/// The change to one class.
pub struct Change {
    /// that class
    pub against: usize,
    /// the problem with this change's objective
    pub compiled: Compiled,
    /// the slot of the objective
    pub objective: Slot,
    /// its noises beside those of the hidden layers
    noises: Range<usize>,
}

impl<'a> Flips<'a> {
    /// Encodes the changes from a class.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        class: usize,
        budget: &Budget,
    ) -> Result<Self, StopReason> {
        let anywhere = Rational::zero();
        let domain = vec![(anywhere.clone(), anywhere); network.input().count()];
        let mut twins = Eliminated::new(network, perturbation, &domain, Copies::Perturbed, budget)?;
        let shared = twins.noises.len();
        let mut posed = Vec::new();
        for against in (0..super::class_count(network)).filter(|&against| against != class) {
            let from = twins.noises.len();
            let (objective, _) = flip(&mut twins, class, against, None);
            posed.push((against, objective, from..twins.noises.len()));
        }
        twins.problem.objectives = posed.iter().map(|(_, objective, _)| *objective).collect();
        let mut compiled = twins.problem.compile_within(budget)?;
        free_inputs(&mut compiled, network);
        let changes = posed.into_iter().filter_map(|(against, objective, noises)| {
            let compiled = compiled.aimed_at(objective)?;
            let objective = compiled.objective?;
            Some(Change { against, compiled, objective, noises })
        });
        let changes = changes.collect();
        let mover = Mover::new(network, perturbation);
        Ok(Flips { mover, inputs: network.input().count(), noises: twins.noises, shared, compiled, changes })
    }

    /// The parameters that a point of a change's problem stands for: a network of doubles within the exact box.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn perturbed_network(&self, change: &Change, point: &[f64]) -> Result<Network, NetworkError> {
        let (input, directions) = point.split_at(self.inputs);
        let own = |index: &usize| *index < self.shared || change.noises.contains(index);
        let noises = (0..self.noises.len()).filter(own).map(|index| (&self.noises[index], directions[index]));
        self.mover.moved(input, noises)
    }
}

pub(super) fn compile(
    mut problem: Problem,
    objective: ExprId,
    constraint: Formula,
    budget: &Budget,
) -> Result<Compiled, StopReason> {
    problem.objective = Some(objective);
    problem.constraint = constraint;
    problem.compile_within(budget)
}

/// The objective and the constraint of a question, over any encoding.
pub(super) fn pose(twins: &mut impl Twins, question: &Question) -> (ExprId, Formula) {
    match question {
        Question::Deviation { class, where_assigned } => deviation(twins, *class, *where_assigned),
        Question::Flip { class, against, guard } => flip(twins, *class, *against, guard.as_ref()),
    }
}

fn deviation(twins: &mut impl Twins, class: usize, where_assigned: bool) -> (ExprId, Formula) {
    if twins.network().output() == Output::None {
        let logit = twins.logit(class);
        return (twins.graph().apply(Op::Abs, [logit.increment]), Formula::TRUE);
    }
    let margins = margins(twins, class);
    let confidence = Twin::soft_minimum(&margins, twins.graph());
    let change = twins.change_of_sigmoid(confidence);
    let objective = twins.graph().apply(Op::Abs, [change]);
    // with two classes the deviation is the same for both
    let constraint = if where_assigned && margins.len() > 1 { assigned(class, &margins) } else { Formula::TRUE };
    (objective, constraint)
}

fn flip(twins: &mut impl Twins, class: usize, against: usize, guard: Option<&Rational>) -> (ExprId, Formula) {
    let output = twins.network().output();
    let Some(guard) = guard else {
        let margin = match output {
            Output::Sigmoid => margins(twins, class)[0],
            Output::Softmax | Output::None => twins.difference(class, against),
        };
        return (twins.graph().neg(margin.perturbed), Formula::TRUE);
    };
    let margins = margins(twins, class);
    let position = if output == Output::Sigmoid { 0 } else { against - usize::from(against > class) };
    let margin = margins[position];
    let objective = twins.graph().neg(margin.perturbed);
    let mut constraint = vec![assigned(class, &margins)];
    if output != Output::None && guard.is_positive() {
        let confidence = Twin::soft_minimum(&margins, twins.graph());
        let level = logit_below(guard);
        let above = twins.graph().linear([(Constant::ONE, confidence.nominal)], -&level);
        constraint.push(Formula::atom(above, Relation::Ge));
        // a margin that starts at `level` or above and ends at 0 or below has fallen by `level`: the bound of a margin's
        // change is tight where that of the changed margin knows nothing of where it started
        let fallen = twins.graph().linear([(-&Constant::ONE, margin.increment)], -&level);
        constraint.push(Formula::atom(fallen, Relation::Ge));
    }
    (objective, Formula::and(constraint))
}

/// The margins of a class over the others; for a sigmoid output the logit or its negation.
fn margins(twins: &mut impl Twins, class: usize) -> Vec<Twin> {
    if twins.network().output() != Output::Sigmoid {
        return twins.margins(class);
    }
    let logit = twins.logit(0);
    vec![if class == 1 { logit } else { logit.negated(twins.graph()) }]
}

/// Where the trained network assigns the class whose margins over the others these are: of equals the first is assigned.
fn assigned(class: usize, margins: &[Twin]) -> Formula {
    let relation = |other: usize| if other < class { Relation::Gt } else { Relation::Ge };
    Formula::and(margins.iter().enumerate().map(|(other, m)| Formula::atom(m.nominal, relation(other))))
}

/// A double not above `ln(κ/(1−κ))`: a guard no stricter than the one asked for, which makes the question harder.
/// `κ ≥ 1` gives the largest double below infinity.
fn logit_below(guard: &Rational) -> Constant {
    let rest = Rational::one() - guard;
    if !rest.is_positive() {
        return Constant::from_f64(f64::MAX).unwrap_or(Constant::ZERO);
    }
    if guard.is_zero() {
        return Constant::ZERO;
    }
    let logit = interval::ln(decimal::enclose(guard)) - interval::ln(decimal::enclose(&rest));
    let lower = if logit.is_empty() { point(0.0) } else { logit }.inf();
    Constant::from_f64(lower).unwrap_or(Constant::ZERO)
}
