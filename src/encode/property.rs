//! A case of a property as a problem: is there an input in the box, and parameters in the perturbation's box, so that all
//! constraints hold?
//!
//! Only the perturbed network occurs, as the [`eliminated`](super::eliminated) encoding of one copy; where nothing moves there
//! is no noise, and it is the plain network. The last layer's rows are not built when that
//! layer is linear: a constraint `Σ b_j Y_j + … ≥ 0` is one row over the last hidden layer, with the weights `Σ b_j W_j`.
//!
//! An output's noise counts the same in every constraint that it occurs in. Where no output occurs twice, each constraint
//! has a noise of its own and the radii `Σ |b_j| r_j`, since the noises of its outputs are independent and so together are
//! one; otherwise each output has its own noise `s_j`, which the constraints share, and adds `b_j·s_j·ρ_j(h)` to their rows.
//!
//! The problem has every constraint as an atom, so that each cuts the box, and the least slack as its objective, so that a
//! search knows which way to go: a point of non-negative objective is a solution, and there is none elsewhere.

use super::eliminated::{Copies, Eliminated, NoiseOf};
use super::moved::Mover;
use super::radii::Radii;
use super::{weights, within};
use crate::network::{Activation, Network, NetworkError};
use crate::perturbation::Perturbation;
use crate::property::Constraint;
use deltasat::budget::{Budget, StopReason};
use deltasat::exact::{Constant, Rational};
use deltasat::expr::ExprId;
use deltasat::formula::{Formula, Relation};
use deltasat::interval::Interval;
use deltasat::interval::decimal::enclose;
use deltasat::op::Op;
use deltasat::op::coefficients::Coefficients;
use deltasat::problem::{Compiled, Problem, Sort};

/// A case as a compiled problem, and the way back from its points to networks.
pub struct Posed<'a> {
    network: &'a Network,
    mover: Mover<'a>,
    noises: Vec<NoiseOf>,
    /// whether the constants of the constraints are variables
    open_constants: bool,
    /// the problem; its variables are the inputs over all reals, the noises, and the constants where they are variables.
    /// Without constraints it has no objective
    pub compiled: Compiled,
}

/// All layers below the outputs over all inputs, to which the constraints of any case are added.
pub struct Body<'a> {
    perturbation: &'a Perturbation,
    encoded: Eliminated<'a>,
}

impl<'a> Body<'a> {
    /// Encodes the hidden layers.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn new(network: &'a Network, perturbation: &'a Perturbation, budget: &Budget) -> Result<Self, StopReason> {
        let anywhere = vec![(Rational::default(), Rational::default()); network.input().count()];
        let mut encoded = Eliminated::new(network, perturbation, &anywhere, Copies::Perturbed, budget)?;
        encoded.problem.variables[..anywhere.len()].iter_mut().for_each(|input| input.domain = Interval::ENTIRE);
        Ok(Body { perturbation, encoded })
    }

    /// The problem of some constraints; with open constants that of all constraints that differ in these alone.
    ///
    /// # Errors
    /// The limit that was reached before the end.
    pub fn pose(
        &self,
        constraints: &[Constraint],
        open_constants: bool,
        budget: &Budget,
    ) -> Result<Posed<'a>, StopReason> {
        let mut encoded = self.encoded.clone();
        let slacks = slacks(&mut encoded, constraints, open_constants, budget)?;
        let Eliminated { network, mut problem, noises, .. } = encoded;
        let relation = |constraint: &Constraint| if constraint.strict { Relation::Gt } else { Relation::Ge };
        let atoms = slacks.iter().zip(constraints).map(|(&slack, c)| Formula::atom(slack, relation(c)));
        problem.constraint = Formula::and(atoms);
        problem.objective = least(&mut problem, slacks);
        let mover = Mover::new(network, self.perturbation);
        Ok(Posed { network, mover, noises, open_constants, compiled: problem.compile_within(budget)? })
    }
}

impl Posed<'_> {
    /// The root of the search for a case: these inputs, and the constants of these constraints.
    pub fn root(&self, domain: &[(Rational, Rational)], constraints: &[Constraint]) -> Vec<Interval> {
        let mut root = self.compiled.root();
        for (bound, (lower, upper)) in root.iter_mut().zip(domain) {
            *bound = enclose(lower).convex_hull(enclose(upper));
        }
        if self.open_constants {
            let first = domain.len() + self.noises.len();
            for (bound, constraint) in root[first..].iter_mut().zip(constraints) {
                *bound = enclose(&constraint.constant);
            }
        }
        root
    }

    /// The parameters that a point of the problem stands for: a network of doubles within the exact box.
    ///
    /// # Errors
    /// When a parameter would not be finite.
    pub fn perturbed_network(&self, point: &[f64]) -> Result<Network, NetworkError> {
        let (input, directions) = point.split_at(self.network.input().count());
        self.mover.moved(input, self.noises.iter().zip(directions.iter().copied()))
    }
}

/// The last layer's part of a constraint: coefficients, radii and constants of a row over the last hidden layer.
struct Merged {
    weights: Coefficients,
    bias: Constant,
    /// without shifts, which are in the coefficients already
    radii: Radii,
}

/// The slack of a constraint but for its outputs.
struct Rest {
    constant: Constant,
    /// inputs, and the constant where it is a variable
    terms: Vec<(Constant, ExprId)>,
}

/// One expression for the slack of each constraint.
fn slacks(
    encoded: &mut Eliminated<'_>,
    constraints: &[Constraint],
    open_constants: bool,
    budget: &Budget,
) -> Result<Vec<ExprId>, StopReason> {
    let last = encoded.last();
    let linear = encoded.layer(last).activation() == Activation::Linear;
    let mut uses = vec![0usize; encoded.layer(last).outputs()];
    constraints.iter().flat_map(|c| &c.outputs).for_each(|&(j, _)| uses[j] += 1);
    let outputs = match linear || uses.iter().all(|&uses| uses == 0) {
        true => Vec::new(),
        false => encoded.perturbed_outputs(last, budget)?,
    };
    let own = linear && uses.iter().all(|&uses| uses <= 1);
    let with_outputs = constraints.iter().filter(|_| linear);
    let merged = with_outputs.map(|c| within(budget, || merge(encoded, c))).collect::<Result<Vec<Merged>, _>>()?;
    let noises: Vec<ExprId> = match own {
        true => {
            constraints.iter().zip(&merged).enumerate().map(|(k, (c, m))| own_noise(encoded, k, c, &m.radii)).collect()
        }
        false => Vec::new(),
    };
    // what each output's own noise adds to it
    let moves = |j: usize| linear && !own && uses[j] > 0;
    let moved: Vec<Option<ExprId>> =
        (0..uses.len()).map(|j| if moves(j) { moved_output(encoded, j) } else { None }).collect();
    let rests: Vec<Rest> = constraints.iter().enumerate().map(|(k, c)| rest(encoded, k, c, open_constants)).collect();
    let with_rest = constraints.iter().zip(rests).enumerate();
    let slacks = with_rest
        .map(|(k, (c, rest))| match (merged.get(k), noises.get(k)) {
            (Some(merged), Some(&s)) => one_noise(encoded, s, merged, rest),
            (Some(merged), None) => {
                let by_moves = c.outputs.iter().filter_map(|(j, b)| Some((rational(b), moved[*j]?)));
                shared_noises(encoded, merged, by_moves.chain(rest.terms).collect(), rest.constant)
            }
            (None, _) => {
                let by_outputs = c.outputs.iter().map(|(j, b)| (rational(b), outputs[*j]));
                let terms: Vec<_> = by_outputs.chain(rest.terms).collect();
                encoded.problem.graph.linear(terms, rest.constant)
            }
        })
        .collect();
    Ok(slacks)
}

fn rational(value: &Rational) -> Constant {
    Constant::from_rational(value.clone())
}

fn rest(encoded: &mut Eliminated<'_>, number: usize, constraint: &Constraint, open_constant: bool) -> Rest {
    let by_inputs = constraint.inputs.iter().map(|(i, a)| (rational(a), encoded.inputs[*i]));
    let mut terms: Vec<(Constant, ExprId)> = by_inputs.collect();
    if !open_constant {
        return Rest { constant: rational(&constraint.constant), terms };
    }
    let constant = encoded.problem.variable(format!("c_{number}"), Interval::ENTIRE, Sort::Real);
    terms.push((Constant::ONE, constant));
    Rest { constant: Constant::ZERO, terms }
}

/// The outputs of a constraint as one row over the last hidden layer.
fn merge(encoded: &Eliminated<'_>, constraint: &Constraint) -> Merged {
    let last = encoded.last();
    let layer = encoded.layer(last);
    let mut merged = Merged {
        weights: Coefficients::same(Constant::ZERO, layer.inputs()),
        bias: Constant::ZERO,
        radii: Radii::still(layer.inputs()),
    };
    for (j, b) in &constraint.outputs {
        let b = rational(b);
        merged.weights = merged.weights.plus(&b, &weights(layer, *j));
        merged.bias = &merged.bias + &(&b * &super::parameter(layer.biases()[*j]));
        merged.radii.add(&b, &encoded.reach.radii(last, *j));
    }
    merged.weights = merged.radii.centres(merged.weights);
    merged.bias = &merged.bias + &merged.radii.bias_shift;
    (merged.radii.weight_shifts, merged.radii.bias_shift) = (None, Constant::ZERO);
    merged
}

/// The noise of a constraint whose outputs occur in no other.
fn own_noise(encoded: &mut Eliminated<'_>, number: usize, constraint: &Constraint, radii: &Radii) -> ExprId {
    let signs = constraint.outputs.iter().map(|(j, b)| (*j, if *b < Rational::default() { -1.0 } else { 1.0 }));
    encoded.noise(format!("s_out_{number}"), NoiseOf::Outputs(signs.collect()), radii)
}

/// A constraint as one row with one noise.
fn one_noise(encoded: &mut Eliminated<'_>, s: ExprId, merged: &Merged, rest: Rest) -> ExprId {
    let Merged { weights, bias, radii } = merged;
    let bias = bias + &rest.constant;
    if rest.terms.is_empty() {
        return encoded.perturbed_row(s, weights.clone(), bias, radii);
    }
    let by_hidden = weights.iter().zip(radii.weights.iter()).zip(&encoded.hidden.perturbed);
    let mut terms: Vec<(Constant, Constant, ExprId)> = by_hidden.map(|((a, r), &h)| (a, r, h)).collect();
    for (a, x) in rest.terms {
        // without hidden layers the operands are the inputs: each of them once, or the row is not exact
        match terms.iter_mut().find(|(_, _, h)| *h == x) {
            Some((sum, _, _)) => *sum = &*sum + &a,
            None => terms.push((a, Constant::ZERO, x)),
        }
    }
    encoded.problem.graph.noise(s, terms, bias, radii.bias.clone())
}

/// `s_j·ρ_j(h)`, where output `j` moves.
fn moved_output(encoded: &mut Eliminated<'_>, output: usize) -> Option<ExprId> {
    let last = encoded.last();
    // a shift is in the row's coefficients already
    let radii = Radii { weight_shifts: None, bias_shift: Constant::ZERO, ..encoded.reach.radii(last, output) };
    if radii.are_zero() {
        return None;
    }
    let s = encoded.neuron_noise(last, output, &radii);
    Some(encoded.increment_row(s, None, &radii))
}

/// A constraint as one row and other terms, the moves of its outputs among them.
fn shared_noises(
    encoded: &mut Eliminated<'_>,
    merged: &Merged,
    others: Vec<(Constant, ExprId)>,
    constant: Constant,
) -> ExprId {
    let (graph, operands) = (&mut encoded.problem.graph, &encoded.hidden.perturbed);
    let bias = &merged.bias + &constant;
    if others.is_empty() {
        return graph.linear_row(merged.weights.clone(), operands, bias);
    }
    let by_hidden = merged.weights.iter().zip(operands.iter().copied());
    let terms: Vec<_> = by_hidden.chain(others).collect();
    graph.linear(terms, bias)
}

/// The least of some expressions.
fn least(problem: &mut Problem, expressions: Vec<ExprId>) -> Option<ExprId> {
    expressions.into_iter().reduce(|a, b| problem.graph.apply(Op::Min, [a, b]))
}
