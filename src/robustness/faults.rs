//! Faults: a single bit is inverted in the words that a network's parameters are stored as. How far does that move the
//! confidence at an input, and does it change the class?
//!
//! The network is the one that rounding to the nearest number gives; its faults are finitely many networks, each of which
//! is evaluated. Only what a fault touches is evaluated again: the one neuron, what it hands to the next layer, and the
//! layers above, in interval arithmetic. Exact arithmetic settles the classes that intervals leave open and the deviations
//! that may be the largest.
//!
//! An inverted bit of a floating-point word may make it infinity or NaN. Such a network is no function of real numbers, so
//! nothing is claimed of it; these faults are listed apart.

use super::global::Global;
use super::witness::Witness;
use super::{Answer, ClassChange, ClassChoice, Settings, assigned};
use crate::network::{Network, Output, Parameter};
use crate::perturbation::{Magnitude, Part, Perturbation};
use deltasat::budget::{Budget, Stopwatch};
use deltasat::exact::{Rational, rational};
use deltasat::interval::{Interval, decimal, point};
use deltasat::search::{Observer, Statistics, StopReason};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many times its even share of the time that is left a parameter may take.
const UNEVEN: usize = 4;

/// The most deviations that exact arithmetic looks at; of the others the bound is that of interval arithmetic.
const EXACT: usize = 16;

/// A word with one bit inverted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fault {
    /// index of the layer
    pub layer: usize,
    /// which of its parameters
    pub place: Parameter,
    /// which bit, 0 being the last
    pub bit: u32,
    /// what the word stands for without the fault
    pub from: f64,
    /// and with it; `None` for infinity and NaN
    pub to: Option<f64>,
}

/// What was found over a box of inputs.
#[derive(Clone, Debug)]
pub struct Everywhere {
    /// bounds of the largest change of the confidence of the class assigned without a fault (of either, where there are two)
    pub bounds: (f64, f64),
    /// the fault of the lower bound, and where
    pub worst: Option<(Fault, Vec<Rational>)>,
    /// why the search ended
    pub stop: StopReason,
    /// boxes, seconds
    pub statistics: Statistics,
}

/// A quantised network and its faults.
pub struct Faults {
    network: Network,
    faults: Vec<Fault>,
    invalid: Vec<Fault>,
}

/// What was found at an input.
#[derive(Clone, Debug)]
pub struct Effect {
    /// the classes that the quantised network may assign without a fault, one wherever exact evaluation can tell
    pub assigned: Vec<usize>,
    /// bounds of the largest change of the confidence of any of them, of faults that leave numbers
    pub bounds: (f64, f64),
    /// the fault of the lower bound
    pub worst: Option<Fault>,
    /// faults that certainly change the class
    pub changes: u64,
    /// one of them, the one that moves the confidence most, and the class that it leads to
    pub change: Option<(Fault, usize)>,
    /// faults whose class exact arithmetic cannot tell, or that were not looked at
    pub open: u64,
    /// why not all of them were looked at
    pub stop: StopReason,
    /// wall-clock time
    pub seconds: f64,
}

impl Effect {
    /// Whether a fault that leaves numbers changes the class.
    pub fn class_change(&self) -> ClassChange {
        match (self.changes, self.open) {
            (0, 0) => ClassChange::Impossible,
            (0, _) => ClassChange::Unknown,
            _ => ClassChange::Possible,
        }
    }
}

/// Bounds of what one fault does to the confidence of one class.
#[derive(Clone, Copy)]
struct Deviation {
    low: f64,
    high: f64,
    fault: usize,
    class: usize,
}

/// The values of a network at an input: what each layer takes, and its pre-activations.
struct States {
    inputs: Vec<Vec<Interval>>,
    sums: Vec<Vec<Interval>>,
    logits: Vec<Interval>,
}

impl Faults {
    /// The faults of the selected parameters of a network in the format of a perturbation; `None` without words.
    pub fn new(trained: &Network, perturbation: &Perturbation) -> Option<Faults> {
        let Magnitude::Quantised(quantised) = perturbation.magnitude() else { return None };
        let network = perturbation.rounded(trained)?;
        let (mut faults, mut invalid) = (Vec::new(), Vec::new());
        for (index, layer) in trained.layers().iter().enumerate() {
            let Some(grids) = quantised.grids(index) else { continue };
            for place in layer.parameters().filter(|&place| perturbation.moves(trained, index, place)) {
                let Some(grid) = grids.of(place) else { continue };
                let (value, from) = (layer.parameter(place), network.layers()[index].parameter(place));
                for bit in 0..grid.bits() {
                    let to = grid.flipped(value, from, bit);
                    let fault = Fault { layer: index, place, bit, from, to };
                    if to.is_some() { faults.push(fault) } else { invalid.push(fault) }
                }
            }
        }
        Some(Faults { network, faults, invalid })
    }

    /// The quantised network without a fault.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The faults that leave numbers.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The faults that make infinity or NaN of a parameter.
    pub fn invalid(&self) -> &[Fault] {
        &self.invalid
    }

    /// The network with a fault that leaves a number.
    pub fn faulty(&self, fault: &Fault) -> Option<Network> {
        let to = fault.to?;
        let value = |layer, place, value| if (layer, place) == (fault.layer, fault.place) { to } else { value };
        self.network.with_parameters(value).ok()
    }

    /// What the faults do at an input (one exact coordinate per network input), as far as a budget allows.
    pub fn at(&self, input: &[Rational], budget: &Budget) -> Effect {
        let started = Stopwatch::start();
        let output = self.network.output();
        let enclosed: Vec<Interval> = input.iter().map(decimal::enclose).collect();
        let states = self.states(enclosed);
        let known = output.enclosed_class(&states.logits);
        let assigned = known.map_or_else(|| assigned::assigned(&self.network, input), |class| vec![class]);
        let mut effect = Effect {
            assigned,
            bounds: (0.0, 0.0),
            worst: None,
            changes: 0,
            change: None,
            open: 0,
            stop: StopReason::Complete,
            seconds: 0.0,
        };
        let mut deviations = Vec::new();
        let mut farthest = f64::NEG_INFINITY;
        for (index, fault) in self.faults.iter().enumerate() {
            if let Some(reason) = budget.stopped() {
                effect.stop = reason;
                effect.open += (self.faults.len() - index) as u64;
                break;
            }
            let Some(logits) = self.logits(fault, &states) else { continue };
            let mut farthest_of_fault = 0.0f64;
            for &class in &effect.assigned {
                let deviation = output.enclose_deviation(&states.logits, &logits, class);
                // an empty enclosure says nothing
                let (low, high) = match deviation.is_empty() {
                    false => (deviation.inf().max(0.0), deviation.sup()),
                    true => (0.0, f64::INFINITY),
                };
                deviations.push(Deviation { low, high, fault: index, class });
                farthest_of_fault = farthest_of_fault.max(low);
            }
            let low = farthest_of_fault;
            let exactly = || assigned::certainly_assigned(&self.faulty(fault)?, input);
            match output.enclosed_class(&logits).or_else(exactly) {
                Some(to) if effect.assigned == [to] => {}
                // it may be the class that is assigned without the fault
                Some(to) if effect.assigned.contains(&to) => effect.open += 1,
                None => effect.open += 1,
                Some(to) => {
                    effect.changes += 1;
                    if low > farthest {
                        (farthest, effect.change) = (low, Some((*fault, to)));
                    }
                }
            }
        }
        self.close_in(input, deviations, &mut effect, budget);
        if effect.stop != StopReason::Complete {
            effect.bounds.1 = self.most();
        }
        effect.seconds = started.seconds();
        effect
    }

    /// Nothing moves a confidence by more.
    fn most(&self) -> f64 {
        if self.network.output() == Output::None { f64::INFINITY } else { 1.0 }
    }

    /// Bounds the largest deviation, exactly where that may matter.
    fn close_in(&self, input: &[Rational], mut deviations: Vec<Deviation>, effect: &mut Effect, budget: &Budget) {
        deviations.sort_by(|a, b| b.high.total_cmp(&a.high).then((a.fault, a.class).cmp(&(b.fault, b.class))));
        let certain = deviations.iter().map(|d| d.low).fold(0.0, f64::max);
        for (rank, &Deviation { low, high, fault, class }) in deviations.iter().enumerate() {
            if high < certain {
                break;
            }
            let fault = self.faults[fault];
            let exact = || {
                let network = self.faulty(&fault)?;
                let witness = Witness::new(&self.network, &Perturbation::none(), network, input.to_vec(), class)?;
                let change = witness.perturbed.sub(&witness.nominal)?.abs();
                Some((change.floor_f64(), change.ceil_f64()))
            };
            let (low, high) =
                if rank < EXACT && !budget.expired() { exact().unwrap_or((low, high)) } else { (low, high) };
            effect.bounds.1 = effect.bounds.1.max(high);
            if low > effect.bounds.0 {
                (effect.bounds.0, effect.worst) = (low, Some(fault));
            }
        }
    }

    /// Bounds what the faults do anywhere in a box of inputs, `[lower, upper]` of each. Each parameter on its own may become
    /// anything between its faulty values, which bounds all of its faults at once; inputs that are found so are then asked
    /// about the faults themselves. A parameter that cannot do more than what is known is done with.
    pub fn over(
        &self,
        perturbation: &Perturbation,
        domain: &[(Rational, Rational)],
        settings: &Settings,
        observer: &mut dyn Observer,
    ) -> Everywhere {
        let started = Stopwatch::start();
        let (stop, statistics) = (StopReason::Complete, Statistics::default());
        let mut found = Everywhere { bounds: (0.0, 0.0), worst: None, stop, statistics };
        let half = Rational::new(1.into(), 2.into());
        self.look(domain.iter().map(|(lower, upper)| (lower + upper) * &half).collect(), &mut found, settings);
        let mut hulls: BTreeMap<(usize, Parameter), (f64, f64)> = BTreeMap::new();
        for fault in &self.faults {
            let to = fault.to.unwrap_or(fault.from);
            let hull = hulls.entry((fault.layer, fault.place)).or_insert((fault.from, fault.from));
            *hull = (hull.0.min(to), hull.1.max(to));
        }
        let Some(widened) = self.widened(perturbation, &hulls) else { return found };
        for (done, &(layer, place)) in hulls.keys().enumerate() {
            if let Some(reason) = settings.budget.stopped() {
                (found.stop, found.bounds.1) = (reason, self.most());
                break;
            }
            let mut settings = settings.clone();
            settings.budget = settings.budget.share((hulls.len() - done).div_ceil(UNEVEN));
            let one = widened.only(Part::Parameter(layer, place));
            let global = Global { network: &self.network, perturbation: &one, domain, settings: settings.clone() };
            let known = rational::from_f64(found.bounds.0);
            let mut finding = global.deviation(ClassChoice::Assigned, known.as_ref(), observer);
            super::add(&mut found.statistics, &finding.statistics);
            if finding.answer == Answer::Violated {
                finding = global.deviation(ClassChoice::Assigned, None, observer);
                super::add(&mut found.statistics, &finding.statistics);
                if let Some(witness) = finding.witness {
                    self.look(witness.input, &mut found, &settings);
                }
            }
            if finding.answer != Answer::Robust && finding.stop != StopReason::Complete {
                found.stop = finding.stop;
            }
            found.bounds.1 = found.bounds.1.max(finding.upper);
        }
        found.statistics.seconds = started.seconds();
        found
    }

    /// Raises the lower bound to what the faults do at an input, if that is more.
    fn look(&self, input: Vec<Rational>, found: &mut Everywhere, settings: &Settings) {
        let effect = self.at(&input, &settings.budget);
        if let Some(fault) = effect.worst.filter(|_| effect.bounds.0 > found.bounds.0) {
            found.bounds.0 = effect.bounds.0;
            found.worst = Some((fault, input));
        }
        found.bounds.1 = found.bounds.1.max(found.bounds.0);
    }

    /// The perturbation in which every parameter ranges over a hull.
    fn widened(
        &self,
        perturbation: &Perturbation,
        hulls: &BTreeMap<(usize, Parameter), (f64, f64)>,
    ) -> Option<Perturbation> {
        let Magnitude::Quantised(quantised) = perturbation.magnitude() else { return None };
        let own = |layer: usize, place: Parameter| self.network.layers()[layer].parameter(place);
        let hull = |layer: usize, place: Parameter| {
            let still = (own(layer, place), own(layer, place));
            hulls.get(&(layer, place)).copied().unwrap_or(still)
        };
        let magnitude = Magnitude::Quantised(Arc::new(quantised.with_ranges(&self.network, hull)));
        Perturbation::new(magnitude, perturbation.layers().clone(), perturbation.parameters()).ok()
    }

    fn states(&self, input: Vec<Interval>) -> States {
        let mut states = States { inputs: Vec::new(), sums: Vec::new(), logits: input };
        let mut values = states.logits.clone();
        for index in 0..self.network.layers().len() {
            let (sums, h) = self.network.enclose_layer(index, &values);
            values.extend(&h);
            states.inputs.push(std::mem::replace(&mut states.logits, h));
            states.sums.push(sums);
        }
        states
    }

    /// Encloses the logits with a fault; `None` where they surely are what they are without it.
    fn logits(&self, fault: &Fault, states: &States) -> Option<Vec<Interval>> {
        let layers = self.network.layers();
        if !self.network.is_chain() {
            let to = fault.to?;
            let changed = |layer, place, value| if (layer, place) == (fault.layer, fault.place) { to } else { value };
            return Some(self.network.with_parameters(changed).ok()?.enclose_logits(&states.inputs[0]));
        }
        let (row, layer) = (fault.place.row(), &layers[fault.layer]);
        let operand = match fault.place {
            Parameter::Weight { col, .. } => states.inputs[fault.layer][col],
            Parameter::Bias { .. } => point(1.0),
        };
        let sum = states.sums[fault.layer][row];
        let moved = sum + (point(fault.to?) - point(fault.from)) * operand;
        let (before, after) = (layer.activation().enclose(sum), layer.activation().enclose(moved));
        let zero = |h: Interval| h.inf() == 0.0 && h.sup() == 0.0;
        if zero(operand) || (zero(before) && zero(after)) {
            return None;
        }
        let Some(next) = layers.get(fault.layer + 1) else {
            let mut logits = states.logits.clone();
            logits[row] = after;
            return Some(logits);
        };
        let change = after - before;
        let sums = next.rows().zip(&states.sums[fault.layer + 1]);
        let sums = sums.map(|(weights, &sum)| next.activation().enclose(sum + point(weights[row]) * change));
        let h = sums.collect();
        // a chain reads nothing before the last layer
        let mut values: Vec<Interval> = vec![point(0.0); self.network.tensor(fault.layer + 2).start];
        values.extend::<Vec<Interval>>(h);
        for index in fault.layer + 2..layers.len() {
            let h = self.network.enclose_layer(index, &values).1;
            values.extend(h);
        }
        Some(values.split_off(values.len() - self.network.logit_count()))
    }
}
