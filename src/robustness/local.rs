//! Local robustness: at one input, how far can the confidence of a class move, and can the class change, over all
//! parameters in the box?
//!
//! The question is encoded once and asked for any number of inputs. For each, the enclosure of the objective at the root
//! and the best vertex of the noise are tried first: with one hidden layer and two classes both are exact up to
//! rounding (each noise moves one term of the output in one direction), so that is the closed form, and no search is
//! needed.

mod departure;

use super::assigned::{assigned, excluded};
use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Finding, Settings, add, chosen_classes, search, witness_point};
use crate::encode::class_count;
use crate::encode::question::{Change, Encoded, Flips, Question};
use crate::network::{Network, Output};
use crate::perturbation::Perturbation;
use deltasat::budget::{Budget, Stopwatch};
use deltasat::exact::{Rational, rational};
use deltasat::incumbent::{IncumbentFinder, Polish, Vertex};
use deltasat::interval::{Interval, decimal};
use deltasat::problem::Compiled;
use deltasat::search::{Observer, Options, Probe, Statistics, StopReason};
use deltasat::tape::Slot;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A gap below which a root counts as closed.
const CLOSED: f64 = 1e-10;

/// The local question for one network and perturbation, ready for any number of inputs, from any number of threads.
pub struct Local<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    settings: Settings,
    witnesses: bool,
    /// the deviation of each class
    deviations: Vec<OnceLock<Result<Encoded<'a>, StopReason>>>,
    /// the changes from each class
    flips: Vec<OnceLock<Result<Flips<'a>, StopReason>>>,
}

/// The memory of one worker, for each question that it has asked.
#[derive(Default)]
pub struct Scratch {
    /// what the next questions may take, where that is less than the settings allow
    pub budget: Option<Budget>,
    deviations: HashMap<usize, Memory>,
    flips: HashMap<usize, Memory>,
}

/// The memory of one question.
struct Memory {
    probe: Probe,
    /// the root that was looked at last
    root: Vec<Interval>,
    point: Vec<f64>,
}

/// An input, and what the trained network says there.
struct Place<'i> {
    input: &'i [Rational],
    enclosed: Vec<Interval>,
    logits: Vec<Interval>,
    /// the classes that the trained network may assign, or the one that a change is measured from
    classes: Vec<usize>,
    /// when the question was asked
    started: Stopwatch,
    /// what it may take
    budget: Budget,
}

/// What a point of the search turned out to be: parameters that certainly do this.
struct Attained {
    /// the confidence deviates by at least this
    deviation: f64,
    /// the class that they assign, where that can be told
    class: Option<usize>,
    witness: Option<Witness>,
}

/// Whether parameters depart from a class.
pub(super) struct Departure {
    pub(super) change: ClassChange,
    /// the class that a witness assigns, where one witness shows a change
    pub(super) to: Option<usize>,
    /// whether parameters in the box do it that no quantiser makes, and none was found that one does
    pub(super) between: bool,
    pub(super) witness: Option<Witness>,
}

impl<'a> Local<'a> {
    /// Prepares the question.
    pub fn new(network: &'a Network, perturbation: &'a Perturbation, settings: Settings) -> Self {
        let classes = class_count(network);
        Local {
            network,
            perturbation,
            settings,
            witnesses: true,
            deviations: (0..classes).map(|_| OnceLock::new()).collect(),
            flips: (0..classes).map(|_| OnceLock::new()).collect(),
        }
    }

    /// Leaves the witnesses out of the findings, which is many times as fast: that some parameters attain the lower
    /// bound is then certified by intervals, which may print it some `1e-15` lower than the exact evaluation.
    pub fn without_witnesses(mut self) -> Self {
        self.witnesses = false;
        self
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
        let mut place = self.place(input);
        place.budget = scratch.budget.clone().unwrap_or(place.budget);
        let classes = match choice {
            ClassChoice::Assigned => place.classes.clone(),
            other => chosen_classes(self.network, other),
        };
        let mut finding = Finding {
            answer: Answer::Bounds,
            lower: 0.0,
            upper: 0.0,
            assigned: place.classes.clone(),
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        for class in classes {
            self.deviation_of(class, &place, threshold, &mut finding, scratch, observer);
        }
        if class_count(self.network) > 1 {
            let departure = self.departure(&place, &mut finding, scratch, observer);
            finding.class_change = Some(departure.change);
            if finding.witness.is_none() {
                finding.witness = departure.witness;
            }
        }
        finding.answer = finding.judged(threshold);
        finding.statistics.seconds = place.started.seconds();
        finding
    }

    /// Says whether the class that the trained network assigns at an input can change. The bounds are those of the
    /// largest `logit_k − logit_class` of a perturbed network; negative means that it cannot.
    pub fn class_change(&self, input: &[Rational], scratch: &mut Scratch, observer: &mut dyn Observer) -> Finding {
        let budget = scratch.budget.clone().unwrap_or_else(|| self.settings.budget.clone());
        let (mut finding, departure) = self.departs(input, None, &budget, scratch, observer);
        finding.witness = departure.witness;
        finding
    }

    /// Says whether parameters assign another class than `class`, which is that of the trained network where none is
    /// given, within a budget. The witness is not in the finding.
    pub(super) fn departs(
        &self,
        input: &[Rational],
        class: Option<usize>,
        budget: &Budget,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> (Finding, Departure) {
        let mut place = self.place(input);
        place.budget = budget.clone();
        if let Some(class) = class {
            place.classes = vec![class];
        }
        let mut finding = Finding {
            answer: Answer::Unknown,
            lower: f64::NEG_INFINITY,
            upper: f64::NEG_INFINITY,
            assigned: place.classes.clone(),
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let departure = self.departure(&place, &mut finding, scratch, observer);
        finding.class_change = Some(departure.change);
        finding.answer = match departure.change {
            ClassChange::Impossible => Answer::Robust,
            ClassChange::Possible => Answer::Violated,
            ClassChange::Unknown => super::unfinished(finding.stop),
        };
        finding.statistics.seconds = place.started.seconds();
        (finding, departure)
    }

    /// Evaluates the trained network; the classes exactly where intervals cannot tell.
    fn place<'i>(&self, input: &'i [Rational]) -> Place<'i> {
        let (started, budget) = (Stopwatch::start(), self.settings.budget.clone());
        let enclosed: Vec<Interval> = input.iter().map(decimal::enclose).collect();
        let logits = self.network.enclose_logits(&enclosed);
        let known = self.network.output().enclosed_class(&logits);
        let classes = known.map_or_else(|| assigned(self.network, input), |class| vec![class]);
        Place { input, enclosed, logits, classes, started, budget }
    }

    fn deviation_of(
        &self,
        class: usize,
        place: &Place<'_>,
        threshold: Option<&Rational>,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) {
        let question = || self.encode(&Question::Deviation { class, where_assigned: false });
        let encoded = match self.deviations[class].get_or_init(question) {
            Ok(encoded) => encoded,
            Err(stop) => {
                let most = if self.network.output() == Output::None { f64::INFINITY } else { 1.0 };
                (finding.stop, finding.upper) = (*stop, most);
                return;
            }
        };
        let memory = scratch.deviations.entry(class).or_insert_with(|| Memory::new(&encoded.compiled));
        let target = threshold.map(rational::floor_f64);
        // without a threshold the enclosure is wanted alone: with one hidden layer it is the answer
        let objectives: Vec<Slot> = encoded.compiled.objective.into_iter().collect();
        let is_done = |_, bound| target.is_none_or(|target| bound <= target);
        let bounds = memory.bounds(&encoded.compiled, place, &objectives, is_done);
        let upper = bounds.first().copied().unwrap_or(f64::INFINITY);
        let vertex = memory.vertex(&encoded.compiled, upper - CLOSED);
        let attained =
            vertex.and_then(|(point, _)| self.attained(encoded.perturbed_network(&point).ok()?, place, class));
        let (mut lower, mut witness) = attained.map_or((0.0, None), |found| (found.deviation, found.witness));
        let mut upper = upper.max(lower);
        let decided = target.is_some_and(|target| lower > target || upper <= target);
        if !decided && upper - lower > self.settings.delta {
            let options = Options { budget: place.budget.clone(), ..self.settings.options(target, 0) };
            let optimum = search(encoded, &memory.root, &options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            upper = optimum.upper.min(upper).max(lower);
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            let found = witness_point(&optimum)
                .and_then(|point| self.attained(encoded.perturbed_network(&point).ok()?, place, class));
            if let Some(found) = found.filter(|found| found.deviation > lower) {
                (lower, witness) = (found.deviation, found.witness);
            }
        } else {
            finding.statistics.boxes += 1;
        }
        finding.upper = finding.upper.max(upper);
        if lower >= finding.lower {
            finding.lower = lower;
            finding.witness = witness.or_else(|| finding.witness.take());
        }
    }

    /// What parameters do.
    fn attained(&self, network: Network, place: &Place<'_>, class: usize) -> Option<Attained> {
        let mut enclosed = None;
        // rounded activations are evaluated exactly or not at all
        if !self.witnesses && self.perturbation.activations().is_none() {
            let (output, logits) = (self.network.output(), network.enclose_logits(&place.enclosed));
            let deviation = output.enclose_deviation(&place.logits, &logits, class).inf().max(0.0);
            if let Some(class) = output.enclosed_class(&logits) {
                return Some(Attained { deviation, class: Some(class), witness: None });
            }
            enclosed = Some(deviation);
        }
        let witness = Witness::new(self.network, self.perturbation, network, place.input.to_vec(), class)?;
        Some(Attained {
            // the same figure whether or not the class could be told apart by intervals
            deviation: enclosed.unwrap_or_else(|| witness.deviation()),
            class: witness.perturbed_class(),
            witness: self.witnesses.then_some(witness),
        })
    }

    fn encode(&self, question: &Question) -> Result<Encoded<'a>, StopReason> {
        let anywhere = Rational::from_integer(0.into());
        let domain = vec![(anywhere.clone(), anywhere); self.network.input().count()];
        let mut encoded = Encoded::new(self.network, self.perturbation, &domain, question, &self.settings.budget)?;
        encoded.free_inputs();
        Ok(encoded)
    }
}

impl Memory {
    /// Of a problem.
    fn new(compiled: &Compiled) -> Self {
        let point = vec![0.0; compiled.tape.variables()];
        Memory { probe: Probe::new(compiled), root: Vec::new(), point }
    }

    /// Bounds some slots over the root of an input.
    fn bounds(
        &mut self,
        compiled: &Compiled,
        place: &Place<'_>,
        objectives: &[Slot],
        is_done: impl Fn(usize, f64) -> bool,
    ) -> Vec<f64> {
        self.root = compiled.root();
        self.root[..place.enclosed.len()].copy_from_slice(&place.enclosed);
        self.probe.bounds(compiled, &mut self.root, objectives, is_done, &place.budget)
    }

    /// The best vertex at the root that was looked at last, polished where it falls short of `wanted`, and its value.
    fn vertex(&mut self, compiled: &Compiled, wanted: f64) -> Option<(Vec<f64>, f64)> {
        let root = &self.root[..compiled.tape.variables()];
        let w = self.probe.workspace();
        let mut found = Vertex.propose(compiled, root, root, 0, &mut self.point, w);
        if found.is_some_and(|value| value < wanted) {
            found = Polish.propose(compiled, root, root, 0, &mut self.point, w);
        }
        found.map(|value| (self.point.clone(), value))
    }
}

impl Scratch {
    /// Upper bounds of the changes from a class at an input.
    fn probe(&mut self, flips: &Flips<'_>, class: usize, place: &Place<'_>) -> Vec<f64> {
        let memory = self.flips.entry(class).or_insert_with(|| Memory::new(&flips.compiled));
        let objectives: Vec<Slot> = flips.changes.iter().map(|change| change.objective).collect();
        memory.bounds(&flips.compiled, place, &objectives, |i, bound| excluded(bound, class, flips.changes[i].against))
    }

    /// The best vertex for a change at the root that was probed last.
    fn vertex_of(&mut self, class: usize, change: &Change, polish: bool) -> Option<(Vec<f64>, f64)> {
        let wanted = if polish { f64::MIN_POSITIVE } else { f64::NEG_INFINITY };
        self.flips.get_mut(&class)?.vertex(&change.compiled, wanted)
    }

    /// The root that was probed last for the changes from a class.
    fn root(&self, class: usize) -> Vec<Interval> {
        self.flips.get(&class).map_or_else(Vec::new, |memory| memory.root.clone())
    }
}
