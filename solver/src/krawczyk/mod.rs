//! Existence: a box that certainly contains a solution, where no single point can be named.
//!
//! The solutions of equations are rarely rational. [`solution`] starts from a point that satisfies a formula nearly, and
//! looks for a box `X` around it such that
//!
//! 1. the equations have a common zero in `X`, by the Krawczyk test in as many variables as there are equations, the
//!    others held at doubles (`operator.rs` has the theorem);
//! 2. every other atom holds on all of `X`, in outward rounded arithmetic, and so at that zero;
//! 3. `X` lies in the domains, and integers are held at integers.
//!
//! Then the formula has a solution in `X`. A weak inequality that is not decided on `X` joins the equations, for it holds
//! where its expression is zero; and a variable that leaves its domain is held at the end of it.
//!
//! The point, the choice of branches (`select.rs`) and of columns and preconditioner (`dense.rs`) are made in doubles and
//! may be wrong in any way: then nothing is found.

pub(crate) mod dense;
pub(crate) mod operator;
mod select;

use crate::budget::Budget;
use crate::exact::{Dyadic, Rational, rational};
use crate::expr::Graph;
use crate::expr::evaluate::evaluate_within;
use crate::formula::{Atom, Formula, Relation, Truth};
use crate::interval::{Interval, point};
use crate::problem::{Problem, Sort};
use crate::tape::{Slot, Tape, Workspace};
use dense::Dense;
use operator::{Square, gradients, sweep};

/// The most equations at once: their matrices are dense.
const EQUATIONS: usize = 200;
/// The most operands read for one matrix of derivatives.
const WORK: usize = 20_000_000;
/// The most expressions: compiling them takes time.
const EXPRESSIONS: usize = 500_000;
/// Rounds, in each of which an inequality joins the equations or a variable is held.
const ROUNDS: usize = 8;
/// Steps in exact arithmetic, and the bits of their results.
const REFINEMENTS: usize = 6;
const PRECISION: u64 = 256;

/// A box in which a formula has a solution.
#[derive(Clone, Debug)]
pub struct Enclosure {
    /// one interval per variable
    pub bounds: Vec<Interval>,
    /// by how much at most a point of the box violates an atom that was chosen to imply the formula
    pub violation: f64,
}

/// Looks for a box near the point in which the problem's variables have values, in their domains, that satisfy all
/// formulas together. Propositional variables without a definition have the given values. Once the budget is used up,
/// nothing more is tried.
pub fn solution(
    problem: &Problem,
    formulas: &[&Formula],
    booleans: &[Option<bool>],
    near: &[f64],
    budget: &Budget,
) -> Option<Enclosure> {
    with_enclosure(problem, formulas, booleans, near, budget, |_, _, enclosure| Some(enclosure))
}

/// The centre of such a box, with the variables that equations are solved in made precise to some 190 bits: where a double
/// is too coarse to satisfy an equation up to δ, this is not. Nothing where no equation is solved.
pub(crate) fn refined(
    problem: &Problem,
    formulas: &[&Formula],
    booleans: &[Option<bool>],
    near: &[f64],
    budget: &Budget,
) -> Option<Vec<Rational>> {
    with_enclosure(problem, formulas, booleans, near, budget, |search, graph, _| search.refine(graph))
}

/// Looks for the box, and makes of it, in the state in which it was found, what is asked for.
fn with_enclosure<T>(
    problem: &Problem,
    formulas: &[&Formula],
    booleans: &[Option<bool>],
    near: &[f64],
    budget: &Budget,
    found: impl FnOnce(&mut Search<'_>, &Graph, Enclosure) -> Option<T>,
) -> Option<T> {
    if problem.graph.len() > EXPRESSIONS || budget.expired() {
        return None;
    }
    let mut graph = problem.graph.clone();
    let atoms = select::conjunction(problem, formulas, booleans, near, &mut graph)?;
    let roots: Vec<_> = atoms.iter().map(|atom| atom.expr).collect();
    let tape = Tape::compile(&graph, problem.variables.len(), &roots, &[]);
    let slot = |atom: &Atom| Some(Atom { expr: tape.slot(atom.expr)?, relation: atom.relation });
    let atoms: Vec<Atom<Slot>> = atoms.iter().map(slot).collect::<Option<_>>()?;
    let mut search = Search::new(problem, &tape, atoms, near, budget)?;
    for _ in 0..ROUNDS {
        if budget.expired() {
            break;
        }
        match search.round() {
            Round::Found(enclosure) => return found(&mut search, &graph, enclosure),
            Round::Again => {}
            Round::Hopeless => break,
        }
    }
    None
}

/// What is held and what is solved, from one round to the next.
struct Search<'a> {
    problem: &'a Problem,
    tape: &'a Tape,
    atoms: Vec<Atom<Slot>>,
    /// what is to be zero
    equations: Vec<Slot>,
    /// in what variables, in the last round
    columns: Vec<usize>,
    /// by variable: whether it stays where it is
    held: Vec<bool>,
    at: Vec<f64>,
    w: Workspace,
    budget: &'a Budget,
}

impl<'a> Search<'a> {
    fn new(
        problem: &'a Problem,
        tape: &'a Tape,
        atoms: Vec<Atom<Slot>>,
        near: &[f64],
        budget: &'a Budget,
    ) -> Option<Self> {
        let mut at = near.to_vec();
        let mut held = Vec::with_capacity(at.len());
        for (x, variable) in at.iter_mut().zip(&problem.variables) {
            let domain = variable.domain;
            if domain.is_empty() || x.is_nan() {
                return None;
            }
            *x = x.clamp(domain.inf(), domain.sup());
            held.push(variable.sort == Sort::Integer || domain.is_singleton());
            if !x.is_finite() || (variable.sort == Sort::Integer && x.fract() != 0.0) {
                return None;
            }
        }
        let mut w = Workspace::new(tape);
        tape.evaluate(&at, &mut w);
        let mut equations: Vec<Slot> =
            atoms.iter().filter(|atom| atom.relation == Relation::Eq).map(|atom| atom.expr).collect();
        equations.sort_unstable();
        equations.dedup();
        if equations.len().saturating_mul(tape.operand_count()) > WORK {
            return None;
        }
        // what no free variable can change is left to the second condition
        let n = tape.variables();
        let mut row = Vec::new();
        equations.retain(|&slot| {
            gradients(tape, &[slot], &mut w, &mut row);
            row[..n].iter().zip(&held).any(|(slope, held)| !held && *slope != 0.0)
        });
        Some(Search { problem, tape, atoms, equations, columns: Vec::new(), held, at, w, budget })
    }

    fn round(&mut self) -> Round {
        match self.zero() {
            Err(round) => round,
            Ok(bounds) => self.judge(bounds),
        }
    }

    /// A box in the domains in which the equations have a common zero.
    fn zero(&mut self) -> Result<Vec<Interval>, Round> {
        let (tape, n, m) = (self.tape, self.tape.variables(), self.equations.len());
        let mut bounds: Vec<Interval> = self.at.iter().map(|&x| point(x)).collect();
        self.columns.clear();
        if m == 0 {
            return Ok(bounds);
        }
        if m > EQUATIONS || m.saturating_mul(tape.operand_count()) > WORK {
            return Err(Round::Hopeless);
        }
        tape.evaluate(&self.at, &mut self.w);
        let mut matrix = Vec::new();
        gradients(tape, &self.equations, &mut self.w, &mut matrix);
        let domain = |column: usize| self.problem.variables[column].domain;
        let weight: Vec<f64> = (0..n).map(|j| if self.held[j] { 0.0 } else { room(domain(j), self.at[j]) }).collect();
        let mut dense = Dense::default();
        if !dense.pick(&matrix, n, &weight) {
            return Err(Round::Hopeless);
        }
        let columns = dense.columns;
        let square = Square { tape, equations: &self.equations, columns: &columns, budget: self.budget };
        let mut at = self.at.clone();
        if !square.approach(&mut at, &mut self.w) {
            return Err(Round::Hopeless);
        }
        let mut moved = false;
        for &column in &columns {
            moved |= self.hold(column, point(at[column]));
        }
        if moved {
            return Err(Round::Again);
        }
        let square = Square { tape, equations: &self.equations, columns: &columns, budget: self.budget };
        let found = square.inclusion(&at, &mut self.w).ok_or(Round::Hopeless)?;
        self.at = at;
        for (&column, &bound) in columns.iter().zip(&found) {
            moved |= self.hold(column, bound);
            bounds[column] = bound;
        }
        self.columns = columns;
        if moved { Err(Round::Again) } else { Ok(bounds) }
    }

    /// Newton's method with the inverse in doubles and the residuals in exact arithmetic, each step of which gains some 40
    /// bits.
    fn refine(&mut self, graph: &Graph) -> Option<Vec<Rational>> {
        let (tape, columns) = (self.tape, std::mem::take(&mut self.columns));
        if columns.is_empty() {
            return None;
        }
        let mut at: Vec<Rational> = self.at.iter().map(|&x| rational::from_f64(x)).collect::<Option<_>>()?;
        let square = Square { tape, equations: &self.equations, columns: &columns, budget: self.budget };
        let inverse = square.preconditioner(&self.at, &mut self.w)?;
        let inverse: Vec<Rational> = inverse.iter().map(|&c| rational::from_f64(c)).collect::<Option<_>>()?;
        let roots: Vec<_> = (0..graph.len()).map(|index| graph.id(index)).collect();
        let of_slot = |&slot: &Slot| roots.iter().copied().find(|&id| tape.slot(id) == Some(slot));
        let equations: Vec<_> = self.equations.iter().map(of_slot).collect::<Option<_>>()?;
        for _ in 0..REFINEMENTS {
            if self.budget.expired() {
                return None;
            }
            let values = evaluate_within(graph, &equations, &at, self.budget);
            let residual = |id| {
                values
                    .get(id)
                    .and_then(Option::as_ref)
                    .map(|ball| (ball.lower() + ball.upper()) / Rational::from_integer(2.into()))
            };
            let residuals: Vec<Rational> = equations.iter().map(residual).collect::<Option<_>>()?;
            for (&column, row) in columns.iter().zip(inverse.chunks(columns.len())) {
                let step: Rational = row.iter().zip(&residuals).map(|(c, f)| c * f).sum();
                at[column] = Dyadic::from_ratio(&(&at[column] - step), PRECISION, false).to_rational();
            }
        }
        Some(at)
    }

    /// Holds a variable at the end of its domain that its value leaves, and says whether it had to.
    fn hold(&mut self, column: usize, value: Interval) -> bool {
        let domain = self.problem.variables[column].domain;
        let leaves = !value.subset(domain);
        if leaves {
            self.held[column] = true;
            self.at[column] = if value.inf() < domain.inf() { domain.inf() } else { domain.sup() };
        }
        leaves
    }

    /// Whether every atom holds at the zeros of the equations in a box; the equations grow by weak inequalities that are
    /// open.
    fn judge(&mut self, bounds: Vec<Interval>) -> Round {
        let before = self.equations.len();
        if !sweep(self.tape, &bounds, &mut self.w) {
            return Round::Hopeless;
        }
        let mut violation = 0.0f64;
        for atom in &self.atoms {
            let value = self.w.values[atom.expr as usize];
            if self.equations[..before].contains(&atom.expr) {
                if !atom.relation.holds_for(0) {
                    return Round::Hopeless;
                }
                violation = violation.max(value.mag());
            } else if atom.relation.truth(value) != Truth::True {
                if !atom.relation.holds_for(0) {
                    return Round::Hopeless;
                }
                if !self.equations.contains(&atom.expr) {
                    self.equations.push(atom.expr);
                }
                if self.equations.len() > EQUATIONS {
                    return Round::Hopeless;
                }
            }
        }
        if self.equations.len() > before { Round::Again } else { Round::Found(Enclosure { bounds, violation }) }
    }
}

/// What came of a round.
enum Round {
    Found(Enclosure),
    /// something joined the equations, or is held
    Again,
    Hopeless,
}

/// How much a variable may move within its domain, at most 1: those with room make good columns.
fn room(domain: Interval, x: f64) -> f64 {
    let room = (x - domain.inf()).min(domain.sup() - x);
    (room / (1.0 + x.abs())).clamp(0.0, 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::Formula;
    use crate::interval::Interval;

    #[test]
    fn without_equations_nothing_is_refined() {
        let mut problem = Problem::default();
        let x = problem.variable("x", Interval::ENTIRE, Sort::Real);
        let formula = Formula::atom(x, Relation::Ge);
        let near = |x: f64| refined(&problem, &[&formula], &[], &[x], &Budget::unlimited());
        assert_eq!(near(1.0), None);
        // here the inequality becomes an equation
        assert_eq!(near(0.0), None);
        let formula = Formula::atom(problem.graph.powi(x, 2), Relation::Eq);
        assert_eq!(refined(&problem, &[&formula], &[], &[1.0], &Budget::unlimited()), None);
    }
}
