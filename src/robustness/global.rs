//! Global robustness: over all inputs of a box, how far can the confidence of a class move, over all parameters in the
//! perturbation's box? And: where the trained network assigns a class with at least a given confidence, can that class
//! change?

use super::assigned::{excluded, limit};
use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Finding, Settings, add, chosen_classes, unfinished, witness_point};
use crate::encode::class_count;
use crate::encode::question::{Encoded, Question};
use crate::network::{Network, Output};
use crate::perturbation::Perturbation;
use deltasat::budget::Stopwatch;
use deltasat::exact::{Rational, rational};
use deltasat::search::{Observer, Optimum, Statistics, StopReason};

/// The global question for one network, perturbation and box of inputs.
pub struct Global<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// `[lower, upper]` of each input
    pub domain: &'a [(Rational, Rational)],
    /// how hard to try
    pub settings: Settings,
}

impl Global<'_> {
    /// Bounds the supremum of the deviation over the domain. With more than two classes and [`ClassChoice::Assigned`],
    /// each class counts where the trained network assigns it.
    pub fn deviation(&self, choice: ClassChoice, threshold: Option<&Rational>, observer: &mut dyn Observer) -> Finding {
        let started = Stopwatch::start();
        let target = threshold.map(rational::floor_f64);
        let mut finding = Finding {
            answer: Answer::Bounds,
            lower: 0.0,
            upper: 0.0,
            assigned: Vec::new(),
            class_change: (class_count(self.network) > 1).then_some(ClassChange::Unknown),
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let classes = match class_count(self.network) {
            // the deviations of the two confidences are the same
            2 if self.network.output() != Output::None => vec![1],
            _ => chosen_classes(self.network, choice),
        };
        // confidences lie between 0 and 1
        let most = if self.network.output() == Output::None { f64::INFINITY } else { 1.0 };
        for (index, &class) in classes.iter().enumerate() {
            let others = classes.len() - index - 1;
            let question = Question::Deviation { class, where_assigned: choice == ClassChoice::Assigned };
            let budget = &self.settings.encoding();
            let encoded = match Encoded::new(self.network, self.perturbation, self.domain, &question, budget) {
                Ok(encoded) => encoded,
                Err(stop) => {
                    (finding.stop, finding.upper) = (stop, most);
                    break;
                }
            };
            let mut options = self.settings.options(target, others);
            options.floor = if finding.witness.is_some() { finding.lower } else { f64::NEG_INFINITY };
            let optimum = self.settings.search(&encoded, options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            finding.upper = finding.upper.max(optimum.upper.min(most));
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            if let Some(witness) = self.witness(&encoded, &optimum, class) {
                if witness.changes_class() {
                    finding.class_change = Some(ClassChange::Possible);
                }
                if witness.deviation() >= finding.lower && self.counts(&witness, choice) {
                    finding.lower = witness.deviation();
                    finding.witness = Some(witness);
                }
            }
            if others > 0 && target.is_some_and(|target| finding.lower > target) {
                // the other classes were not looked at
                finding.upper = most;
                break;
            }
        }
        finding.answer = finding.judged(threshold);
        finding.statistics.seconds = started.seconds();
        finding
    }

    /// Whether the class can change anywhere that the trained network assigns it with at least the confidence `guard`.
    /// The bounds are those of the largest `logit_k − logit_class` of a perturbed network there.
    pub fn class_change(&self, guard: &Rational, observer: &mut dyn Observer) -> Finding {
        let started = Stopwatch::start();
        let classes = class_count(self.network);
        let mut finding = Finding {
            answer: Answer::Robust,
            lower: f64::NEG_INFINITY,
            upper: f64::NEG_INFINITY,
            assigned: Vec::new(),
            class_change: Some(ClassChange::Impossible),
            witness: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let pairs = (0..classes).flat_map(|class| (0..classes).map(move |against| (class, against)));
        let mut others = classes * (classes - 1);
        for (class, against) in pairs.filter(|(class, against)| class != against) {
            others -= 1;
            let question = Question::Flip { class, against, guard: Some(guard.clone()) };
            let budget = &self.settings.encoding();
            let encoded = match Encoded::new(self.network, self.perturbation, self.domain, &question, budget) {
                Ok(encoded) => encoded,
                Err(stop) => {
                    (finding.stop, finding.upper) = (stop, f64::INFINITY);
                    (finding.answer, finding.class_change) = (unfinished(stop), Some(ClassChange::Unknown));
                    break;
                }
            };
            let options = self.settings.options(Some(limit(class, against)), others);
            let optimum = self.settings.search(&encoded, options, observer);
            add(&mut finding.statistics, &optimum.statistics);
            finding.upper = finding.upper.max(optimum.upper);
            if !self.network.shares_parameters() {
                finding.lower = finding.lower.max(optimum.lower);
            }
            if optimum.stop != StopReason::Complete {
                finding.stop = optimum.stop;
            }
            let witness = self.witness(&encoded, &optimum, class);
            if let Some(witness) = witness.filter(|witness| witness.changes_class() && self.guarded(witness, guard)) {
                finding.answer = Answer::Violated;
                finding.class_change = Some(ClassChange::Possible);
                // what the parameters printed attain; the point that they were rounded from may attain a little more
                finding.lower = witness.gap;
                finding.witness = Some(witness);
                if others > 0 {
                    // the other pairs of classes were not looked at
                    finding.upper = f64::INFINITY;
                }
                break;
            }
            if !excluded(optimum.upper, class, against) {
                finding.answer = unfinished(finding.stop);
                finding.class_change = Some(ClassChange::Unknown);
            }
        }
        finding.statistics.seconds = started.seconds();
        finding
    }

    fn witness(&self, encoded: &Encoded<'_>, optimum: &Optimum, class: usize) -> Option<Witness> {
        let point = witness_point(optimum)?;
        let exact = &optimum.witness.as_ref()?.point[..self.network.input().count()];
        // a double beside a decimal end of the domain may lie outside it
        let input =
            exact.iter().zip(self.domain).map(|(x, (lower, upper))| x.clone().clamp(lower.clone(), upper.clone()));
        let perturbed = encoded.perturbed_network(&point).ok()?;
        Witness::new(self.network, self.perturbation, perturbed, input.collect(), class)
    }

    /// Whether a witness counts under a choice of class, by its exact evaluation: at a tie that this cannot decide each of
    /// the classes that may be assigned counts.
    fn counts(&self, witness: &Witness, choice: ClassChoice) -> bool {
        let two = class_count(self.network) == 2 && self.network.output() != Output::None;
        two || choice != ClassChoice::Assigned
            || self.network.output() == Output::None
            || witness.nominal_classes.contains(&witness.class)
    }

    /// Whether the trained network assigns the witness's class with at least the confidence `guard`, exactly. Outputs that
    /// are no confidences are not guarded.
    fn guarded(&self, witness: &Witness, guard: &Rational) -> bool {
        let confident = self.network.output() == Output::None || witness.nominal.lower() >= *guard;
        witness.nominal_class() == Some(witness.class) && confident
    }
}
