//! Local robustness: at one input, how far can the confidence of a class move, and can the class change, over all
//! parameters in the box?
//!
//! The question is encoded once and asked for any number of inputs. For each, the margins' bounds and the parameters
//! that signs suggest are tried first ([`Local::by_margins`]): with one hidden layer and two classes both are exact up to
//! rounding, so that is the closed form, and no search is needed. Then the enclosure of the deviation at the root and the
//! best vertex of the noise, and only then a search.

use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Finding, Settings, add, chosen_classes, judge, search, witness_point};
use crate::encode::class_count;
use crate::encode::question::{Encoded, Question};
use crate::network::enclose::sigmoid_deviation;
use crate::network::{Network, Output};
use crate::perturbation::Perturbation;
use deltasat::exact::{Rational, rational};
use deltasat::incumbent::{IncumbentFinder, Vertex};
use deltasat::interval::{Interval, decimal, point};
use deltasat::search::{Observer, Statistics, StopReason};
use deltasat::tape::Workspace;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Instant;

/// Bounds closer than this part of δ are not looked at any further.
const CLOSED: f64 = 1e-3;

/// The local question for one network and perturbation, ready for any number of inputs, from any number of threads.
pub struct Local<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    settings: Settings,
    witnesses: bool,
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

/// An input, and what the trained network says there.
struct Place<'i> {
    input: &'i [Rational],
    enclosed: Vec<Interval>,
    logits: Vec<Interval>,
    /// the class that the trained network assigns
    class: usize,
    /// when the question was asked
    started: Instant,
}

impl Place<'_> {
    /// The doubles nearest to the input, or nearly so.
    fn nearest(&self) -> Vec<f64> {
        self.enclosed.iter().map(|x| x.mid()).collect()
    }
}

/// What a point of the search turned out to be: parameters that certainly do this.
struct Attained {
    /// the confidence deviates by at least this
    deviation: f64,
    changes_class: bool,
    witness: Option<Witness>,
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
        let place = self.place(input);
        let classes = match choice {
            ClassChoice::Assigned => vec![place.class],
            other => chosen_classes(self.network, other),
        };
        let mut finding = Finding {
            answer: Answer::Bounds,
            lower: 0.0,
            upper: 0.0,
            class: Some(place.class),
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        for class in classes {
            self.deviation_of(class, &place, threshold, &mut finding, scratch, observer);
        }
        let (change, flip) = self.change_of(&place, &mut finding, scratch, observer);
        finding.class_change = Some(change);
        if finding.witness.is_none() {
            finding.witness = flip;
        }
        finding.answer = judge(finding.lower, finding.upper, threshold, finding.stop);
        finding.statistics.seconds = place.started.elapsed().as_secs_f64();
        finding
    }

    /// Says whether the class that the trained network assigns at an input can change. The bounds are those of the
    /// largest `logit_k − logit_class` of a perturbed network; negative means that it cannot.
    pub fn class_change(&self, input: &[Rational], scratch: &mut Scratch, observer: &mut dyn Observer) -> Finding {
        let place = self.place(input);
        let mut finding = Finding {
            answer: Answer::Unknown,
            lower: f64::NEG_INFINITY,
            upper: f64::NEG_INFINITY,
            class: Some(place.class),
            class_change: None,
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let (change, witness) = self.change_of(&place, &mut finding, scratch, observer);
        finding.class_change = Some(change);
        finding.witness = witness;
        finding.answer = match change {
            ClassChange::Impossible => Answer::Robust,
            ClassChange::Possible => Answer::Violated,
            ClassChange::Unknown => super::unfinished(finding.stop),
        };
        finding.statistics.seconds = place.started.elapsed().as_secs_f64();
        finding
    }

    /// Evaluates the trained network; the class exactly where that is possible.
    fn place<'i>(&self, input: &'i [Rational]) -> Place<'i> {
        let started = Instant::now();
        let enclosed: Vec<Interval> = input.iter().map(decimal::enclose).collect();
        let logits = self.network.enclose_logits(&enclosed);
        let class = self.network.output().enclosed_class(&logits).unwrap_or_else(|| {
            let exact = self.network.evaluate_exactly(input).and_then(|evaluation| evaluation.class);
            exact.unwrap_or_else(|| {
                let point: Vec<f64> = input.iter().map(rational::nearest_f64).collect();
                self.network.evaluate(&point).map_or(0, |evaluation| evaluation.class)
            })
        });
        Place { input, enclosed, logits, class, started }
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
        let (mut upper, candidate) = self.by_margins(class, place, scratch);
        let attained = candidate.and_then(|network| self.attained(network, place, class));
        let (mut lower, mut witness) = attained.map_or((0.0, None), |found| (found.deviation, found.witness));
        if upper - lower > CLOSED * self.settings.delta {
            let encoded = self.deviations[class].get_or_init(question);
            upper = upper.min(scratch.bound_at(encoded, class, place));
            let vertex = scratch.vertex(encoded, class).and_then(|point| encoded.perturbed_network(&point).ok());
            let found = vertex.and_then(|network| self.attained(network, place, class));
            if let Some(found) = found.filter(|found| found.deviation > lower) {
                (lower, witness) = (found.deviation, found.witness);
            }
        }
        upper = upper.max(lower);
        let target = threshold.map(rational::floor_f64);
        let decided = target.is_some_and(|target| lower > target || upper <= target);
        if !decided && upper - lower > self.settings.delta {
            let encoded = self.deviations[class].get_or_init(question);
            let mut options = self.settings.options(target, place.started);
            if target.is_none() {
                options.floor = lower + options.absolute_gap;
            }
            let optimum = search(encoded, &scratch.root(class), &options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            upper = optimum.upper.min(upper).max(lower);
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            let network = witness_point(&optimum).and_then(|point| encoded.perturbed_network(&point).ok());
            let found = network.and_then(|network| self.attained(network, place, class));
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
    /// differences only where it starts below them.
    fn change_of(
        &self,
        place: &Place<'_>,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> (ClassChange, Option<Witness>) {
        let (class, classes) = (place.class, class_count(self.network));
        let collects = finding.upper == f64::NEG_INFINITY;
        let mut change = ClassChange::Impossible;
        for against in (0..classes).filter(|&against| against != class) {
            let (key, encoded) = self.flip(class, against);
            let mut upper = scratch.bound_at(encoded, key, place);
            let mut lower = f64::NEG_INFINITY;
            let mut found = None;
            // for a deviation its own root is counted
            finding.statistics.boxes += u64::from(collects);
            if !excluded(upper, class, against) {
                let changing = |network| self.attained(network, place, class).filter(|found| found.changes_class);
                found = encoded.steepest(&place.nearest(), class, against).ok().and_then(changing);
                if found.is_some() {
                    lower = 0.0;
                } else {
                    let mut options = self.settings.options(Some(limit(class, against)), place.started);
                    options.absolute_gap = 0.0;
                    let optimum = search(encoded, &scratch.root(key), &options, observer);
                    add(&mut finding.statistics, &optimum.statistics);
                    if optimum.stop != StopReason::Complete {
                        finding.stop = optimum.stop;
                    }
                    (lower, upper) = (optimum.lower, optimum.upper.min(upper));
                    let network = witness_point(&optimum).and_then(|point| encoded.perturbed_network(&point).ok());
                    found = network.and_then(changing);
                }
            }
            if collects {
                finding.upper = finding.upper.max(upper);
                finding.lower = finding.lower.max(lower);
            }
            if let Some(found) = found {
                return (ClassChange::Possible, found.witness);
            }
            if !excluded(upper, class, against) {
                change = ClassChange::Unknown;
            }
        }
        (change, None)
    }

    /// The question whether one class can become another, and its key in a [`Scratch`].
    fn flip(&self, class: usize, against: usize) -> (usize, &Encoded<'a>) {
        let classes = class_count(self.network);
        let index = class * classes + against;
        let encoded = || self.encode(&Question::Flip { class, against, guard: None });
        (classes + index, self.flips[index].get_or_init(encoded))
    }

    /// What the bounds of the perturbed margins say about a deviation, and parameters that may attain it.
    ///
    /// With two classes the confidence is σ of the margin, so the largest deviation is that at one of the ends of the
    /// perturbed margin's range; with one hidden layer the enclosure of that range is exact. With more classes there
    /// is only a candidate: the class against the one that the bounds say can gain most on it.
    fn by_margins(&self, class: usize, place: &Place<'_>, scratch: &mut Scratch) -> (f64, Option<Network>) {
        let output = self.network.output();
        let classes = class_count(self.network);
        if output == Output::None {
            return (f64::INFINITY, None);
        }
        let mut gain = |class: usize, against: usize| {
            let (key, encoded) = self.flip(class, against);
            scratch.bound_at(encoded, key, place)
        };
        let steepest = |class, against| self.flip(class, against).1.steepest(&place.nearest(), class, against).ok();
        if classes != 2 {
            let others = (0..classes).filter(|&k| k != class).map(|k| (gain(class, k), k));
            let most = others.max_by(|a, b| a.0.total_cmp(&b.0));
            return (f64::INFINITY, most.and_then(|(_, k)| steepest(class, k)));
        }
        let other = 1 - class;
        let (least, most) = (-gain(class, other), gain(other, class));
        if !(least.is_finite() && most.is_finite()) {
            return (f64::INFINITY, steepest(class, other));
        }
        let nominal = output.enclose_margin(&place.logits, class);
        let [down, up] = [least, most].map(|end| sigmoid_deviation(nominal, point(end)).sup());
        let candidate = if down >= up { steepest(class, other) } else { steepest(other, class) };
        (down.max(up), candidate)
    }

    /// What the parameters of a perturbed network do.
    fn attained(&self, network: Network, place: &Place<'_>, class: usize) -> Option<Attained> {
        let mut enclosed = None;
        if !self.witnesses {
            let (output, logits) = (self.network.output(), network.enclose_logits(&place.enclosed));
            let deviation = output.enclose_deviation(&place.logits, &logits, class).inf().max(0.0);
            let classes = output.enclosed_class(&place.logits).zip(output.enclosed_class(&logits));
            if let Some((before, after)) = classes {
                return Some(Attained { deviation, changes_class: before != after, witness: None });
            }
            enclosed = Some(deviation);
        }
        let witness = Witness::new(self.network, network, place.input.to_vec(), class)?;
        Some(Attained {
            // the same figure whether or not the class could be told apart by intervals
            deviation: enclosed.unwrap_or_else(|| witness.deviation()),
            changes_class: witness.changes_class(),
            witness: self.witnesses.then_some(witness),
        })
    }

    fn encode(&self, question: &Question) -> Encoded<'a> {
        let anywhere = Rational::from_integer(0.into());
        let domain = vec![(anywhere.clone(), anywhere); self.network.input().count()];
        let mut encoded = Encoded::new(self.network, self.perturbation, &domain, question);
        encoded.free_inputs();
        encoded
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

    /// The best vertex at the root that [`bound_at`](Self::bound_at) last looked at.
    fn vertex(&mut self, encoded: &Encoded<'_>, key: usize) -> Option<Vec<f64>> {
        let variables = encoded.compiled.tape.variables();
        let (w, root, point) = self.workspaces.get_mut(&key)?;
        Vertex.propose(&encoded.compiled, &root[..variables], 0, point, w).map(|_| point.clone())
    }

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
