//! Local robustness: at one input, how far can the confidence of a class move, and can the class change, over all
//! parameters in the box?
//!
//! The question is encoded once and asked for any number of inputs. For each, the enclosure of the objective at the root
//! and the best vertex of the noise are tried first: with one hidden layer and two classes both are exact up to
//! rounding (each noise moves one term of the output in one direction), so that is the closed form, and no search is
//! needed.

use super::assigned::{assigned, excluded, limit};
use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Finding, Settings, add, chosen_classes, search, witness_point};
use crate::encode::class_count;
use crate::encode::question::{Encoded, Question};
use crate::network::{Network, Output};
use crate::perturbation::Perturbation;
use deltasat::budget::{Budget, Stopwatch};
use deltasat::exact::{Rational, rational};
use deltasat::incumbent::{IncumbentFinder, Polish, Vertex};
use deltasat::interval::{Interval, decimal};
use deltasat::search::{Observer, Options, Statistics, StopReason};
use deltasat::tape::Workspace;
use std::collections::HashMap;
use std::sync::OnceLock;

/// Boxes for the change of class where the deviation was asked for.
const SIDE_QUESTION: u64 = 20_000;
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
    /// the change from one class to another, row by row
    flips: Vec<OnceLock<Result<Encoded<'a>, StopReason>>>,
}

/// The memory of one worker: a workspace for each question that it has asked.
#[derive(Default)]
pub struct Scratch {
    /// what the next questions may take, where that is less than the settings allow
    pub budget: Option<Budget>,
    workspaces: HashMap<usize, (Workspace, Vec<Interval>, Vec<f64>)>,
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
            flips: (0..classes * classes).map(|_| OnceLock::new()).collect(),
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
        let upper = scratch.bound_at(encoded, class, place);
        let vertex = scratch.vertex(encoded, class, upper - CLOSED);
        let attained = vertex.and_then(|(point, _)| self.attained(encoded, &point, place, class));
        let (mut lower, mut witness) = attained.map_or((0.0, None), |found| (found.deviation, found.witness));
        let mut upper = upper.max(lower);
        let target = threshold.map(rational::floor_f64);
        let decided = target.is_some_and(|target| lower > target || upper <= target);
        if !decided && upper - lower > self.settings.delta {
            let options = Options { budget: place.budget.clone(), ..self.settings.options(target, 0) };
            let optimum = search(encoded, &scratch.root(class), &options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            upper = optimum.upper.min(upper).max(lower);
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            let found = witness_point(&optimum).and_then(|point| self.attained(encoded, &point, place, class));
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

    /// Whether the class can change, with a witness where it can; the finding collects the bounds of the logit
    /// differences only where it starts below them. Where one of several classes is assigned, the class certainly changes
    /// when each of them is left by some parameters, not necessarily the same.
    fn departure(
        &self,
        place: &Place<'_>,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Departure {
        let collects = finding.upper == f64::NEG_INFINITY;
        let mut departures = Vec::new();
        for &class in &place.classes {
            departures.push(self.departure_from(class, place, collects, finding, scratch, observer));
            if departures.iter().any(|departure| departure.change != ClassChange::Possible) {
                break;
            }
        }
        let one = departures.len() == 1;
        let open = Departure { change: ClassChange::Unknown, to: None, between: false, witness: None };
        let Some(last) = departures.pop() else { return open };
        match last.change {
            // what one of several classes never does says nothing of the others
            ClassChange::Impossible if place.classes.len() > 1 => Departure { change: ClassChange::Unknown, ..last },
            ClassChange::Possible if !one => Departure { to: None, ..last },
            _ => last,
        }
    }

    /// Whether parameters depart from a class, as [`departure`](Self::departure) says.
    ///
    /// All classes that it could change to are looked at before any is searched for, and the most promising is searched
    /// for first, since any of them settles the matter.
    fn departure_from(
        &self,
        class: usize,
        place: &Place<'_>,
        collects: bool,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Departure {
        let classes = class_count(self.network);
        let mut departure = Departure { change: ClassChange::Impossible, to: None, between: false, witness: None };
        let mut open = Vec::new();
        for against in (0..classes).filter(|&against| against != class) {
            let (encoded, key) = match self.flip(class, against) {
                Ok(flip) => flip,
                Err(stop) => {
                    finding.stop = stop;
                    if collects {
                        finding.upper = f64::INFINITY;
                    }
                    return Departure { change: ClassChange::Unknown, ..departure };
                }
            };
            let upper = scratch.bound_at(encoded, key, place);
            // for a deviation its own root is counted
            finding.statistics.boxes += u64::from(collects);
            if excluded(upper, class, against) {
                if collects {
                    finding.upper = finding.upper.max(upper);
                }
                continue;
            }
            let vertex = scratch.vertex(encoded, key, f64::MIN_POSITIVE);
            let value = vertex.as_ref().map_or(f64::NEG_INFINITY, |(_, value)| *value);
            let found = vertex.and_then(|(point, _)| self.changing(encoded, &point, place, class));
            if let Some(found) = found {
                if collects {
                    finding.upper = finding.upper.max(upper);
                }
                return self.possible(found, finding, collects);
            }
            open.push((against, encoded, key, upper, value));
        }
        open.sort_by(|a, b| b.4.total_cmp(&a.4));
        for (position, &(against, encoded, key, root, _)) in open.iter().enumerate() {
            let others = open.len() - position - 1;
            let mut options = self.settings.options(Some(limit(class, against)), others);
            options.absolute_gap = 0.0;
            options.budget = place.budget.share(others + 1);
            if !collects {
                // a question beside the one that was asked must not run on when that is answered
                options.budget = options.budget.with_boxes(SIDE_QUESTION);
            }
            let optimum = search(encoded, &scratch.root(key), &options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            if optimum.stop != StopReason::Complete && (collects || optimum.stop != StopReason::Boxes) {
                finding.stop = optimum.stop;
            }
            let upper = optimum.upper.min(root);
            if collects {
                finding.upper = finding.upper.max(upper);
                finding.lower = finding.lower.max(optimum.lower);
            }
            let found = witness_point(&optimum).and_then(|point| self.changing(encoded, &point, place, class));
            if let Some(found) = found {
                return self.possible(found, finding, collects);
            }
            if !excluded(upper, class, against) {
                departure.change = ClassChange::Unknown;
                departure.between |= !excluded(optimum.lower, class, against);
            }
        }
        departure
    }

    /// The question whether one class changes to another, and its key.
    fn flip(&self, class: usize, against: usize) -> Result<(&Encoded<'a>, usize), StopReason> {
        let classes = class_count(self.network);
        let index = class * classes + against;
        let question = || self.encode(&Question::Flip { class, against, guard: None });
        let encoded = self.flips[index].get_or_init(question).as_ref();
        encoded.map(|encoded| (encoded, classes + index)).map_err(|&stop| stop)
    }

    /// What the parameters do that a point of the search stands for, where they certainly assign another class.
    fn changing(&self, encoded: &Encoded<'_>, point: &[f64], place: &Place<'_>, class: usize) -> Option<Attained> {
        let found = self.attained(encoded, point, place, class)?;
        found.class.is_some_and(|other| other != class).then_some(found)
    }

    /// The class changes as was found.
    fn possible(&self, found: Attained, finding: &mut Finding, collects: bool) -> Departure {
        if collects {
            // a witness attains its own gap, the point that it was rounded from perhaps a little more
            finding.lower = found.witness.as_ref().map_or(finding.lower, |witness| witness.gap).max(0.0);
            let all = class_count(self.network) == 2;
            // with more than two the other classes were not all looked at
            finding.upper = if all { finding.upper } else { f64::INFINITY };
        }
        let change = ClassChange::Possible;
        Departure { change, to: found.class, between: false, witness: found.witness }
    }

    /// What the parameters do that a point of the search stands for.
    fn attained(&self, encoded: &Encoded<'_>, point: &[f64], place: &Place<'_>, class: usize) -> Option<Attained> {
        let network = encoded.perturbed_network(point).ok()?;
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

impl Scratch {
    /// The upper end of the enclosure of the objective at the root of an input.
    fn bound_at(&mut self, encoded: &Encoded<'_>, key: usize, place: &Place<'_>) -> f64 {
        let compiled = &encoded.compiled;
        let tape = &compiled.tape;
        let fresh = || (Workspace::new(tape), compiled.root(), vec![0.0; tape.variables()]);
        let (w, root, _) = self.workspaces.entry(key).or_insert_with(fresh);
        root[..place.enclosed.len()].copy_from_slice(&place.enclosed);
        tape.load(root, w);
        let objective = compiled.objective.filter(|_| tape.forward(w));
        objective.map_or(f64::INFINITY, |slot| w.values[slot as usize].sup())
    }

    /// The best vertex at the root that [`bound_at`](Self::bound_at) last looked at, polished where it falls short of
    /// `wanted`, and its value.
    fn vertex(&mut self, encoded: &Encoded<'_>, key: usize, wanted: f64) -> Option<(Vec<f64>, f64)> {
        let variables = encoded.compiled.tape.variables();
        let (w, root, point) = self.workspaces.get_mut(&key)?;
        let root = &root[..variables];
        let mut found = Vertex.propose(&encoded.compiled, root, root, 0, point, w);
        if found.is_some_and(|value| value < wanted) {
            found = Polish.propose(&encoded.compiled, root, root, 0, point, w);
        }
        found.map(|value| (point.clone(), value))
    }

    /// The root that was last looked at for a question.
    fn root(&self, key: usize) -> Vec<Interval> {
        self.workspaces.get(&key).map_or_else(Vec::new, |(_, root, _)| root.clone())
    }
}
