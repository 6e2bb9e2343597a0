//! Local robustness: at one input, how far can the confidence of a class move, and can the class change, over all
//! parameters in the box?
//!
//! The question is encoded once and asked for any number of inputs. For each, the enclosure of the objective at the root
//! and the best vertex of the noise are tried first: with one hidden layer and two classes both are exact up to
//! rounding (each noise moves one term of the output in one direction), so that is the closed form, and no search is
//! needed.

use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Finding, Settings, add, chosen_classes, judge, search, witness_point};
use crate::encode::class_count;
use crate::encode::question::{Encoded, Question};
use crate::network::Network;
use crate::perturbation::Perturbation;
use deltasat::exact::{Rational, rational};
use deltasat::incumbent::{IncumbentFinder, Vertex};
use deltasat::interval::{Interval, decimal};
use deltasat::search::{Observer, Statistics, StopReason};
use deltasat::tape::Workspace;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Instant;

/// The local question for one network and perturbation, ready for any number of inputs, from any number of threads.
pub struct Local<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    settings: Settings,
    /// the deviation of each class
    deviations: Vec<OnceLock<Encoded<'a>>>,
    /// the change from one class to another, row by row
    flips: Vec<OnceLock<Encoded<'a>>>,
}

/// The memory of one worker: a workspace for each question that it has asked.
#[derive(Default)]
pub struct Scratch {
    workspaces: HashMap<usize, (Workspace, Vec<Interval>, Vec<f64>)>,
}

/// What the root alone says about an objective.
struct RootBound {
    upper: f64,
    /// the best vertex found
    point: Option<Vec<f64>>,
}

impl<'a> Local<'a> {
    /// Prepares the question.
    pub fn new(network: &'a Network, perturbation: &'a Perturbation, settings: Settings) -> Self {
        let classes = class_count(network);
        Local {
            network,
            perturbation,
            settings,
            deviations: (0..classes).map(|_| OnceLock::new()).collect(),
            flips: (0..classes * classes).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Bounds the deviation of the confidence at an input (one exact coordinate per network input), and says whether
    /// the class can change. With a threshold the search ends as soon as it knows on which side the deviation lies.
    pub fn deviation(
        &self,
        input: &[Rational],
        choice: ClassChoice,
        threshold: Option<&Rational>,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Finding {
        let started = Instant::now();
        let assigned = self.assigned(input);
        let classes = match choice {
            ClassChoice::Assigned => vec![assigned],
            other => chosen_classes(self.network, other),
        };
        let mut finding = Finding {
            answer: Answer::Bounds,
            lower: 0.0,
            upper: 0.0,
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        for class in classes {
            self.deviation_of(class, input, threshold, &mut finding, scratch, observer);
        }
        let (change, flip) = self.change_of(assigned, input, &mut finding, scratch, observer);
        finding.class_change = Some(change);
        if finding.witness.is_none() {
            finding.witness = flip;
        }
        finding.answer = judge(finding.lower, finding.upper, threshold, finding.stop);
        finding.statistics.seconds = started.elapsed().as_secs_f64();
        finding
    }

    /// Says whether the class that the trained network assigns at an input can change. The bounds are those of the
    /// largest `logit_k − logit_class` of a perturbed network; negative means that it cannot.
    pub fn class_change(&self, input: &[Rational], scratch: &mut Scratch, observer: &mut dyn Observer) -> Finding {
        let started = Instant::now();
        let mut finding = Finding {
            answer: Answer::Unknown,
            lower: f64::NEG_INFINITY,
            upper: f64::NEG_INFINITY,
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let (change, witness) = self.change_of(self.assigned(input), input, &mut finding, scratch, observer);
        finding.class_change = Some(change);
        finding.witness = witness;
        finding.answer = match change {
            ClassChange::Impossible => Answer::Robust,
            ClassChange::Possible => Answer::Violated,
            ClassChange::Unknown => super::unfinished(finding.stop),
        };
        finding.statistics.seconds = started.elapsed().as_secs_f64();
        finding
    }

    /// The class that the trained network assigns, exactly where that is possible.
    fn assigned(&self, input: &[Rational]) -> usize {
        let exact = self.network.evaluate_exactly(input).and_then(|evaluation| evaluation.class);
        exact.unwrap_or_else(|| {
            let point: Vec<f64> = input.iter().map(rational::nearest_f64).collect();
            self.network.evaluate(&point).map_or(0, |evaluation| evaluation.class)
        })
    }

    fn deviation_of(
        &self,
        class: usize,
        input: &[Rational],
        threshold: Option<&Rational>,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) {
        let encoded =
            self.deviations[class].get_or_init(|| self.encode(&Question::Deviation { class, where_assigned: false }));
        let bound = self.at_root(encoded, class, input, scratch);
        let mut witness = bound.point.and_then(|point| self.witness(encoded, &point, input, class));
        let mut lower = witness.as_ref().map_or(0.0, Witness::deviation);
        let mut upper = bound.upper.max(lower);
        let target = threshold.map(rational::floor_f64);
        let decided = target.is_some_and(|target| lower > target || upper <= target);
        if !decided && upper - lower > self.settings.delta {
            let options = self.settings.options(target);
            let optimum = search(encoded, &scratch.root(class), &options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            upper = optimum.upper.min(upper).max(lower);
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            let found = witness_point(&optimum).and_then(|point| self.witness(encoded, &point, input, class));
            if let Some(found) = found
                && found.deviation() > lower
            {
                lower = found.deviation();
                witness = Some(found);
            }
        } else {
            finding.statistics.boxes += 1;
        }
        finding.upper = finding.upper.max(upper);
        if lower >= finding.lower && witness.is_some() {
            finding.lower = lower;
            finding.witness = witness;
        }
    }

    /// Whether the class can change, with a witness where it can; the finding collects the bounds of the logit
    /// differences only where it starts below them.
    fn change_of(
        &self,
        class: usize,
        input: &[Rational],
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> (ClassChange, Option<Witness>) {
        let classes = class_count(self.network);
        let collects = finding.upper == f64::NEG_INFINITY;
        let mut change = ClassChange::Impossible;
        for against in (0..classes).filter(|&against| against != class) {
            let index = class * classes + against;
            let question = Question::Flip { class, against, guard: None };
            let encoded = self.flips[index].get_or_init(|| self.encode(&question));
            let bound = self.at_root(encoded, classes + index, input, scratch);
            let mut upper = bound.upper;
            let mut lower = f64::NEG_INFINITY;
            let mut points: Vec<Vec<f64>> = bound.point.into_iter().collect();
            if !excluded(upper, class, against) {
                if let Some(witness) = self.changing(encoded, &points, input, class) {
                    if collects {
                        (finding.lower, finding.upper) = (0.0, upper);
                    }
                    return (ClassChange::Possible, Some(witness));
                }
                let mut options = self.settings.options(Some(limit(class, against)));
                options.absolute_gap = 0.0;
                let optimum = search(encoded, &scratch.root(classes + index), &options, observer);
                add(&mut finding.statistics, &optimum.statistics);
                if optimum.stop != StopReason::Complete {
                    finding.stop = optimum.stop;
                }
                (lower, upper) = (optimum.lower, optimum.upper.min(upper));
                points = witness_point(&optimum).into_iter().collect();
            }
            if collects {
                finding.upper = finding.upper.max(upper);
                finding.lower = finding.lower.max(lower);
            }
            if !excluded(upper, class, against) {
                if let Some(witness) = self.changing(encoded, &points, input, class) {
                    return (ClassChange::Possible, Some(witness));
                }
                change = ClassChange::Unknown;
            }
        }
        (change, None)
    }

    /// The first of the points whose network assigns another class.
    fn changing(
        &self,
        encoded: &Encoded<'_>,
        points: &[Vec<f64>],
        input: &[Rational],
        class: usize,
    ) -> Option<Witness> {
        let mut witnesses = points.iter().filter_map(|point| self.witness(encoded, point, input, class));
        witnesses.find(Witness::changes_class)
    }

    fn encode(&self, question: &Question) -> Encoded<'a> {
        let anywhere = Rational::from_integer(0.into());
        let domain = vec![(anywhere.clone(), anywhere); self.network.input().count()];
        let mut encoded = Encoded::new(self.network, self.perturbation, &domain, question);
        encoded.free_inputs();
        encoded
    }

    fn witness(&self, encoded: &Encoded<'_>, point: &[f64], input: &[Rational], class: usize) -> Option<Witness> {
        Witness::new(self.network, encoded.perturbed_network(point).ok()?, input.to_vec(), class)
    }

    /// The enclosure of the objective at the root of an input, and the best vertex there.
    fn at_root(&self, encoded: &Encoded<'_>, key: usize, input: &[Rational], scratch: &mut Scratch) -> RootBound {
        let compiled = &encoded.compiled;
        let tape = &compiled.tape;
        let (w, root, point) = scratch
            .workspaces
            .entry(key)
            .or_insert_with(|| (Workspace::new(tape), compiled.root(), vec![0.0; tape.variables()]));
        for (bound, x) in root.iter_mut().zip(input) {
            *bound = decimal::enclose(x);
        }
        tape.load(root, w);
        let objective = compiled.objective.filter(|_| tape.forward(w));
        let upper = objective.map_or(f64::INFINITY, |slot| w.values[slot as usize].sup());
        let found = Vertex.propose(compiled, &root[..tape.variables()], 0, point, w);
        RootBound { upper, point: found.map(|_| point.clone()) }
    }
}

impl Scratch {
    /// The root that was last looked at for a question.
    fn root(&self, key: usize) -> Vec<Interval> {
        self.workspaces.get(&key).map_or_else(Vec::new, |(_, root, _)| root.clone())
    }
}

/// Whether a bound of `logit_against − logit_class` excludes the change; ties go to the lower index.
pub(super) fn excluded(upper: f64, class: usize, against: usize) -> bool {
    upper < 0.0 || (upper == 0.0 && class < against)
}

/// The largest double that excludes the change.
pub(super) fn limit(class: usize, against: usize) -> f64 {
    if class < against { 0.0 } else { -f64::MIN_POSITIVE }
}
