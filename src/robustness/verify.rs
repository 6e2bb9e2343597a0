//! Properties of inputs and outputs: is there an input in one of the property's boxes, and are there parameters in the
//! perturbation's box, so that all constraints of that case hold?
//!
//! The cases are asked one by one, and the property holds when each is excluded. With several of them, all get a short
//! search first: a counterexample in any of them answers the question, and it is often found without any split. What the
//! search proposes as one becomes an input of numbers that are printed in full and a network of doubles, and counts
//! only if their exact evaluation satisfies the case as the file spells it.

use super::witness::{Moved, moved};
use super::{Answer, Settings, add, unfinished, witness_point};
use crate::encode::property::{Body, Posed};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::property::{Case, Constraint, Property};
use deltasat::budget::Stopwatch;
use deltasat::exact::{Ball, Rational, rational};
use deltasat::search::{Observer, Options, Statistics, StopReason, optimise};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

/// Rounds over the open cases: boxes for each, and starts of the search for a point. The first tries to refute a case
/// without a split before anything is spent on points; the second keeps one hard case from holding up the others.
const ROUNDS: [(Option<u64>, usize); 3] = [(Some(1), 0), (Some(100), STARTS), (None, STARTS)];
/// Problems of more groups of cases are not held.
const HELD: usize = 64;
/// The starts of a search that looks for points too.
const STARTS: usize = 16;

/// A property of one network under a perturbation; with radii of 0, of the network as it is.
pub struct Verify<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// what must never happen; [checked](Property::check) to be about this network
    pub property: &'a Property,
    /// how hard to try; δ plays no part
    pub settings: Settings,
}

/// What was found about a property.
#[derive(Clone, Debug)]
pub struct Verification {
    /// [`Answer::Robust`] when the property holds, never [`Answer::Bounds`]
    pub answer: Answer,
    /// an input and parameters that violate it
    pub counterexample: Option<Counterexample>,
    /// how many of the cases are excluded
    pub excluded: usize,
    /// why the search ended
    pub stop: StopReason,
    /// all cases together
    pub statistics: Statistics,
}

/// An input and parameters that satisfy a case, evaluated exactly.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// which case
    pub case: usize,
    /// the input, inside the exact box
    pub input: Vec<Rational>,
    /// the outputs there, exact or enclosed
    pub outputs: Vec<Ball>,
    /// the network, inside the perturbation's box
    pub network: Network,
}

/// What a search says about a case.
enum Outcome {
    Excluded,
    Violated(Counterexample),
    Open(StopReason),
}

/// Told of a search, and of which case it is about.
pub trait Watch: Observer {
    /// A case is searched next.
    fn case(&mut self, case: usize) {
        let _ = case;
    }
}

/// Looks away.
impl Watch for () {}

/// The problems of all cases: cases that differ in their boxes and constants alone share one.
struct Plan<'a> {
    body: OnceCell<Body<'a>>,
    /// by case
    of: Vec<usize>,
    groups: Vec<Group<'a>>,
}

struct Group<'a> {
    /// one of the cases
    case: usize,
    /// whether the constants of the cases differ
    varies: bool,
    posed: OnceCell<Rc<Posed<'a>>>,
}

impl<'a> Plan<'a> {
    fn new(property: &Property) -> Self {
        let cases = property.cases();
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut known: HashMap<Vec<Constraint>, usize> = HashMap::new();
        let shape = |c: &Constraint| Constraint { constant: Rational::default(), ..c.clone() };
        let group = |(case, next): (usize, &Case)| {
            let shape: Vec<Constraint> = next.constraints.iter().map(shape).collect();
            let index = *known.entry(shape).or_insert(groups.len());
            if index == groups.len() {
                groups.push(Group { case, varies: false, posed: OnceCell::new() });
            }
            groups[index].varies |= cases[groups[index].case].constraints != next.constraints;
            index
        };
        let of = cases.iter().enumerate().map(group).collect();
        Plan { body: OnceCell::new(), of, groups }
    }

    /// The problem of a case, made when it is first asked for.
    fn posed(&self, verify: &Verify<'a>, case: usize) -> Result<Rc<Posed<'a>>, StopReason> {
        let Verify { network, perturbation, property, settings } = verify;
        let group = &self.groups[self.of[case]];
        if let Some(posed) = group.posed.get() {
            return Ok(posed.clone());
        }
        let body = match self.body.get() {
            Some(body) => body,
            None => {
                let body = Body::new(network, perturbation, &settings.budget)?;
                self.body.get_or_init(|| body)
            }
        };
        let posed = Rc::new(body.pose(&property.cases()[case].constraints, group.varies, &settings.budget)?);
        if self.groups.len() <= HELD {
            return Ok(group.posed.get_or_init(|| posed).clone());
        }
        Ok(posed)
    }
}

impl<'a> Verify<'a> {
    /// Proves or refutes the property.
    pub fn ask(&self, watch: &mut dyn Watch) -> Verification {
        let started = Stopwatch::start();
        let cases = self.property.cases().len();
        let mut found = Verification {
            answer: Answer::Robust,
            counterexample: None,
            excluded: 0,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let mut open: Vec<usize> = (0..cases).collect();
        let mut stuck = false;
        let plan = Plan::new(self.property);
        // a single case holds up no other
        let rounds = ROUNDS.iter().filter(|(budget, _)| cases > 1 || budget.is_none_or(|boxes| boxes == 1));
        'rounds: for &(boxes, starts) in rounds {
            found.stop = StopReason::Complete;
            let asked = std::mem::take(&mut open);
            for (position, &case) in asked.iter().enumerate() {
                watch.case(case);
                let others = asked.len() - position - 1;
                let mut options = self.settings.options(Some(target(&self.property.cases()[case])), others);
                if let Some(boxes) = boxes {
                    options.budget = options.budget.with_boxes(boxes);
                }
                options.absolute_gap = 0.0;
                options.starts = starts;
                match self.search(case, &options, &plan, &mut found.statistics, watch) {
                    Outcome::Excluded => found.excluded += 1,
                    Outcome::Violated(counterexample) => {
                        found.answer = Answer::Violated;
                        found.counterexample = Some(counterexample);
                        found.stop = StopReason::Complete;
                        break 'rounds;
                    }
                    Outcome::Open(StopReason::Unsplittable) => stuck = true,
                    Outcome::Open(stop) => {
                        found.stop = stop;
                        open.push(case);
                        if stop == StopReason::Interrupted {
                            break 'rounds;
                        }
                    }
                }
            }
        }
        if found.counterexample.is_none() && found.excluded < cases {
            if found.stop == StopReason::Complete && stuck {
                found.stop = StopReason::Unsplittable;
            }
            found.answer = unfinished(found.stop);
        }
        found.statistics.seconds = started.seconds();
        found
    }

    /// Searches one case.
    fn search(
        &self,
        number: usize,
        options: &Options,
        plan: &Plan<'a>,
        statistics: &mut Statistics,
        watch: &mut dyn Watch,
    ) -> Outcome {
        let case = &self.property.cases()[number];
        // a case that is not searched need not be encoded
        if let Some(reason) = options.budget.stopped() {
            return Outcome::Open(reason);
        }
        if case.constraints.is_empty() {
            // every input of the box
            let corner: Vec<Rational> = case.domain.iter().map(|(lower, _)| lower.clone()).collect();
            let found = self.evaluate(number, corner, self.network.clone());
            return found.map_or(Outcome::Open(StopReason::Unsplittable), Outcome::Violated);
        }
        let posed = match plan.posed(self, number) {
            Ok(posed) => posed,
            Err(reason) => return Outcome::Open(reason),
        };
        let compiled = &posed.compiled;
        let root = posed.root(&case.domain, &case.constraints);
        let optimum = optimise(compiled, &root, &options.choice.strategy(), options, watch);
        add(statistics, &optimum.statistics);
        // no point that satisfies all constraints has a least slack above the upper bound
        if optimum.upper <= target(case) {
            return Outcome::Excluded;
        }
        if let Some(point) = witness_point(&optimum)
            && let Some(counterexample) = self.counterexample(number, &posed, &point)
        {
            return Outcome::Violated(counterexample);
        }
        // a solution that is none once it is written down: too close to call
        let complete = optimum.stop == StopReason::Complete;
        Outcome::Open(if complete { StopReason::Unsplittable } else { optimum.stop })
    }

    /// The counterexample that a point of the search stands for, if it is one.
    fn counterexample(&self, number: usize, posed: &Posed<'a>, point: &[f64]) -> Option<Counterexample> {
        let domain = &self.property.cases()[number].domain;
        let network = posed.perturbed_network(point).ok()?;
        let written = |write: fn(f64) -> Option<Rational>| -> Option<Vec<Rational>> {
            let coordinates = domain.iter().zip(point);
            coordinates.map(|((lower, upper), &x)| Some(write(x)?.clamp(lower.clone(), upper.clone()))).collect()
        };
        // short decimals read better; the doubles themselves are what the search has evaluated
        let shortest = written(|x| rational::parse(&format!("{x:e}")).ok());
        let itself = written(rational::from_f64);
        [shortest, itself].into_iter().flatten().find_map(|input| self.evaluate(number, input, network.clone()))
    }

    /// Evaluates an input and parameters exactly; `None` unless they satisfy the case.
    fn evaluate(&self, number: usize, input: Vec<Rational>, network: Network) -> Option<Counterexample> {
        let outputs = self.perturbation.evaluate_exactly(&network, &input)?.logits;
        let satisfied = self.property.cases()[number].holds(&input, &outputs);
        satisfied.then_some(Counterexample { case: number, input, outputs, network })
    }
}

/// The largest double that excludes a case when no least slack exceeds it: a slack of 0 satisfies a weak constraint.
fn target(case: &Case) -> f64 {
    if case.constraints.iter().all(|constraint| constraint.strict) { 0.0 } else { -f64::MIN_POSITIVE }
}

impl Counterexample {
    /// The parameters that differ from the trained network's.
    pub fn moved(&self, trained: &Network) -> Vec<Moved> {
        moved(trained, &self.network)
    }
}
