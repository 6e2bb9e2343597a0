//! The difference of two networks: over all inputs of a box, how far apart are their logits and their confidences, and
//! do they assign the same class?
//!
//! The networks are called `A` and `B`; they share inputs and outputs, and need not share anything else. Whatever a search
//! proposes as an input is evaluated in both of them exactly, and only what that says is reported.

mod logits;

use super::assigned::{excluded, limit};
use super::{Answer, ClassChoice, Settings, add, heeding_overflow, judge, unfinished};
use crate::encode::class_count;
use crate::encode::difference::Pair;
use crate::encode::question::Question;
use crate::network::exact::ExactEvaluation;
use crate::network::{Network, NetworkError, Output};
use crate::perturbation::activations::Activations;
use deltasat::branch::{Brancher, PhasesFirst};
use deltasat::budget::{Budget, Stopwatch};
use deltasat::exact::{Ball, Rational, rational};
use deltasat::incumbent::{Relaxed, Ridge, Vertex};
use deltasat::interval::Interval;
use deltasat::problem::Compiled;
use deltasat::search::{Choice, Observer, Optimum, Options, Statistics, StopReason, Strategy, optimise};

/// Rounds over the pairs of classes that are not excluded yet: boxes for each, and starts of the search for a point. A change
/// in any pair answers the question, and most pairs are excluded without a split.
const ROUNDS: [(Option<u64>, usize); 3] = [(Some(1), 0), (Some(100), 16), (None, 16)];

/// Two networks over a box of inputs.
pub struct Difference<'a> {
    a: &'a Network,
    b: &'a Network,
    /// how the inputs and hidden outputs of `b` are rounded
    activations: Option<&'a Activations>,
    domain: &'a [(Rational, Rational)],
    settings: Settings,
    /// or the limit that was reached before it was made
    pair: Result<Pair<'a>, StopReason>,
}

/// An input, and what both networks say there, exactly.
#[derive(Clone, Debug)]
pub struct Witness {
    /// the input, inside the exact box
    pub input: Vec<Rational>,
    /// what `A` says there
    pub a: ExactEvaluation,
    /// what `B` says there
    pub b: ExactEvaluation,
}

/// The two sides of a supremum over the box.
#[derive(Clone, Debug)]
pub struct Supremum {
    /// the witness attains this; `−∞` where there is none
    pub lower: f64,
    /// nothing exceeds this
    pub upper: f64,
    /// the input of the lower side
    pub witness: Option<Witness>,
}

/// How far an output's logit in `B` is above and below that in `A`: their difference has the range `[−below, above]`.
#[derive(Clone, Debug)]
pub struct Extent {
    /// index of the output
    pub output: usize,
    /// the supremum of `logit_B − logit_A`
    pub above: Supremum,
    /// the supremum of `logit_A − logit_B`
    pub below: Supremum,
}

/// What was found about logits.
#[derive(Clone, Debug)]
pub struct Logits {
    /// [`Answer::Robust`] when no logit differs by more than the threshold
    pub answer: Answer,
    /// the outputs that were asked for; what was not looked at after a violation has infinite bounds
    pub extents: Vec<Extent>,
    /// why the search ended
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

/// What was found about confidences, or about a change of class.
#[derive(Clone, Debug)]
pub struct Found {
    /// [`Answer::Robust`] when no confidence differs by more than the threshold, or no class changes
    pub answer: Answer,
    /// the largest `|c_B − c_A|`, or `logit_k − logit_class` in `B` where `A` assigns the class
    pub supremum: Supremum,
    /// the class that the witness is about, which `A` assigns there in a change of class
    pub class: Option<usize>,
    /// why the search ended
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

impl Supremum {
    /// Of an empty set.
    const NOTHING: Supremum = Supremum { lower: f64::NEG_INFINITY, upper: f64::NEG_INFINITY, witness: None };
    /// Of something that was not looked at.
    const UNKNOWN: Supremum = Supremum { lower: f64::NEG_INFINITY, upper: f64::INFINITY, witness: None };
}

impl Witness {
    /// Evaluates both networks; `None` when a magnitude is out of the range of exact arithmetic.
    fn new(a: &Network, b: &Network, activations: Option<&Activations>, input: Vec<Rational>) -> Option<Witness> {
        let in_b = match activations {
            None => b.evaluate_exactly(&input)?,
            Some(activations) => activations.evaluate_exactly(b, &input)?,
        };
        Some(Witness { a: a.evaluate_exactly(&input)?, b: in_b, input })
    }

    /// `logit_B − logit_A` of an output.
    pub fn logit_difference(&self, output: usize) -> Option<Ball> {
        self.b.logits[output].sub(&self.a.logits[output])
    }

    /// The confidences of a class in `A` and in `B`, for networks with this kind of output.
    pub fn confidences(&self, output: Output, class: usize) -> Option<[Ball; 2]> {
        let of = |evaluation: &ExactEvaluation| output.exact_confidence(&evaluation.logits, class);
        Some([of(&self.a)?, of(&self.b)?])
    }

    /// Whether the two networks surely assign different classes.
    pub fn changes_class(&self) -> bool {
        !self.a.classes.iter().any(|class| self.b.classes.contains(class))
    }
}

/// Checks that two networks can be compared: as many inputs, as many outputs that become confidences in the same way, and
/// no names that are the same in another order.
///
/// # Errors
/// What differs, and what was expected.
pub fn check(a: &Network, b: &Network) -> Result<(), NetworkError> {
    let differ = |what: &str, given: String, expected: String| {
        Err(NetworkError::invalid("", format!("{given}, expected {expected} ({what} {})", a.name())))
    };
    let inputs = [a, b].map(|network| network.input().names());
    if inputs[0].len() != inputs[1].len() {
        return differ("as", format!("{} inputs", inputs[1].len()), inputs[0].len().to_string());
    }
    if a.output() != b.output() {
        return differ("as", format!("output {}", b.output().name()), a.output().name().to_owned());
    }
    if a.logit_count() != b.logit_count() {
        return differ("as", format!("{} outputs", b.logit_count()), a.logit_count().to_string());
    }
    for (kind, [a, b]) in [("inputs", inputs), ("classes", [a, b].map(|network| network.classes()))] {
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        if a != b && sorted(a) == sorted(b) {
            return differ("the order of", format!("{kind} {}", b.join(", ")), a.join(", "));
        }
    }
    Ok(())
}

impl<'a> Difference<'a> {
    /// Prepares the question for two networks that [can be compared](check), over one interval per input.
    pub fn new(a: &'a Network, b: &'a Network, domain: &'a [(Rational, Rational)], settings: Settings) -> Self {
        let pair = Pair::new(a, b, None, domain, &settings.budget);
        Difference { a, b, activations: None, domain, settings, pair }
    }

    /// The same question where the inputs and hidden outputs of `b` are rounded.
    #[must_use]
    pub fn with_activations(self, activations: &'a Activations) -> Self {
        let pair = Pair::new(self.a, self.b, Some(activations), self.domain, &self.settings.budget);
        Difference { activations: Some(activations), pair, ..self }
    }

    /// Poses a question, as far as the budget allows.
    fn within<T>(&self, question: impl FnOnce(&Pair<'a>, &Budget) -> Result<T, StopReason>) -> Result<T, StopReason> {
        question(self.pair.as_ref().map_err(|&stop| stop)?, &self.settings.budget)
    }

    /// Bounds the largest `|c_B − c_A|`, or says whether it exceeds a threshold. With more than two classes and
    /// [`ClassChoice::Assigned`], each class counts where `A` assigns it.
    pub fn confidences(&self, choice: ClassChoice, threshold: Option<&Rational>, observer: &mut dyn Observer) -> Found {
        let started = Stopwatch::start();
        let target = threshold.map(rational::floor_f64);
        let mut found = Found {
            answer: Answer::Bounds,
            supremum: Supremum { lower: 0.0, upper: 0.0, witness: None },
            class: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let two = class_count(self.a) == 2 && self.a.output() != Output::None;
        let classes = match choice {
            ClassChoice::Index(class) => vec![class],
            // the differences of the two confidences are the same
            _ if two => vec![1],
            ClassChoice::Assigned | ClassChoice::Worst => (0..class_count(self.a)).collect(),
        };
        let where_assigned = choice == ClassChoice::Assigned && !two && self.a.output() != Output::None;
        let apart = |witness: &Witness, class: usize| {
            let [a, b] = witness.confidences(self.a.output(), class)?;
            Some(b.sub(&a)?.abs().floor_f64())
        };
        // confidences lie between 0 and 1
        let most = if self.a.output() == Output::None { f64::INFINITY } else { 1.0 };
        let best = &mut found.supremum;
        // the class that may differ most comes first in the second round, and the others need not be known as closely
        let mut open: Vec<(usize, f64)> = classes.into_iter().map(|class| (class, most)).collect();
        let rounds = if open.len() > 1 { &[Some(1), None][..] } else { &[None] };
        'rounds: for (round, &boxes) in rounds.iter().enumerate() {
            for position in 0..open.len() {
                let (class, bound) = open[position];
                let question = Question::Deviation { class, where_assigned };
                let compiled = match self.within(|pair, budget| pair.ask(&question, budget)) {
                    Ok(compiled) => compiled,
                    Err(reason) => {
                        found.stop = reason;
                        break 'rounds;
                    }
                };
                let others = open.len() - position - 1;
                // the later classes of the last round hardly ever need theirs
                let others = if round > 0 { others.min(1) } else { others + open.len() };
                let mut options = self.settings.options(target, others);
                if let Some(boxes) = boxes {
                    options.budget = options.budget.with_boxes(boxes);
                }
                if best.witness.is_some() {
                    options.floor = best.lower + options.absolute_gap;
                }
                if bound <= options.floor || target.is_some_and(|target| bound <= target) {
                    continue;
                }
                if round > 0 {
                    options.starts = 0;
                }
                let mut ended = StopReason::Complete;
                let optimum =
                    search(&compiled, &compiled.root(), &options, observer, &mut found.statistics, &mut ended);
                open[position].1 = optimum.upper.min(bound);
                if boxes.is_none() || ended == StopReason::Interrupted {
                    note(ended, &mut found.stop);
                }
                let witness = self.witness(&optimum).filter(|w| !where_assigned || w.a.classes.contains(&class));
                if let Some((witness, attained)) = witness.and_then(|w| apart(&w, class).map(|attained| (w, attained)))
                    && (attained > best.lower || best.witness.is_none())
                {
                    (best.lower, best.witness, found.class) = (attained, Some(witness), Some(class));
                }
                if ended == StopReason::Interrupted || target.is_some_and(|target| best.lower > target) {
                    break 'rounds;
                }
            }
            open.sort_by(|x, y| y.1.total_cmp(&x.1));
        }
        best.upper = open.iter().map(|&(_, bound)| bound).fold(best.lower, f64::max);
        if threshold.is_none() {
            found.stop = match found.stop {
                // what was cut short is known closely enough all the same
                _ if best.upper - best.lower <= self.settings.delta => StopReason::Complete,
                // the class that a search found is none that the exact evaluation is sure of
                StopReason::Complete => StopReason::Unsplittable,
                stop => stop,
            };
        }
        found.answer = judge(best.lower, best.upper, threshold, found.stop);
        found.statistics.seconds = started.seconds();
        found
    }

    /// Whether any input to which `A` assigns a class, with at least the confidence `guard`, gets another one from `B`.
    pub fn class_change(&self, guard: &Rational, observer: &mut dyn Observer) -> Found {
        let started = Stopwatch::start();
        let classes = class_count(self.a);
        let mut found = Found {
            answer: Answer::Unknown,
            supremum: Supremum::NOTHING,
            class: None,
            stop: StopReason::Complete,
            statistics: Statistics::default(),
        };
        let pairs = (0..classes).flat_map(|class| (0..classes).map(move |against| (class, against)));
        // at a tie of a network with itself no bound is below 0
        let same = self.is_same();
        let mut open: Vec<_> = pairs.filter(|(class, against)| class != against && !same).collect();
        let best = &mut found.supremum;
        let mut excluded_below = f64::NEG_INFINITY;
        'rounds: for (boxes, starts) in ROUNDS {
            found.stop = StopReason::Complete;
            best.upper = excluded_below;
            let asked = std::mem::take(&mut open);
            for (position, &(class, against)) in asked.iter().enumerate() {
                let others = asked.len() - position - 1;
                let question = Question::Flip { class, against, guard: Some(guard.clone()) };
                let compiled = match self.within(|pair, budget| pair.ask(&question, budget)) {
                    Ok(compiled) => compiled,
                    Err(reason) => {
                        (found.stop, best.upper) = (reason, f64::INFINITY);
                        open.push((class, against));
                        break 'rounds;
                    }
                };
                let mut options = self.settings.options(Some(limit(class, against)), others);
                if let Some(boxes) = boxes {
                    options.budget = options.budget.with_boxes(boxes);
                }
                options.starts = starts;
                let optimum =
                    search(&compiled, &compiled.root(), &options, observer, &mut found.statistics, &mut found.stop);
                best.upper = best.upper.max(optimum.upper);
                if self.activations.is_none() {
                    // the search's noises stand for roundings that an input may not have
                    best.lower = best.lower.max(optimum.lower);
                }
                let witness = self.witness(&optimum);
                let witness = witness.filter(|witness| witness.changes_class() && self.guarded(witness, guard));
                let changes = witness.is_some();
                if changes {
                    found.class = witness.as_ref().and_then(|witness| witness.a.class);
                    best.witness = witness;
                } else if excluded(optimum.upper, class, against) {
                    excluded_below = excluded_below.max(optimum.upper);
                } else {
                    open.push((class, against));
                }
                if changes || optimum.stop == StopReason::Interrupted {
                    if others > 0 || !open.is_empty() {
                        // the other pairs of classes were not looked at, or not to the end
                        best.upper = f64::INFINITY;
                    }
                    break 'rounds;
                }
            }
            if open.is_empty() {
                break;
            }
        }
        found.answer = if best.witness.is_some() {
            Answer::Violated
        } else if open.is_empty() && found.stop != StopReason::Interrupted {
            Answer::Robust
        } else {
            unfinished(found.stop)
        };
        if matches!(found.answer, Answer::Violated | Answer::Robust) {
            found.stop = StopReason::Complete;
        }
        found.statistics.seconds = started.seconds();
        found
    }

    /// Whether the two networks are one.
    fn is_same(&self) -> bool {
        self.a.layers() == self.b.layers() && self.activations.is_none()
    }

    /// Both networks at the point of an optimum, moved into the exact box: a double beside a decimal end may lie outside.
    fn witness(&self, optimum: &Optimum) -> Option<Witness> {
        self.witness_at(&optimum.witness.as_ref()?.point)
    }

    /// Both networks at a point.
    fn witness_at(&self, point: &[Rational]) -> Option<Witness> {
        let inside =
            point.iter().zip(self.domain).map(|(x, (lower, upper))| x.clone().clamp(lower.clone(), upper.clone()));
        Witness::new(self.a, self.b, self.activations, inside.collect())
    }

    /// Whether `A` surely assigns a class with at least the confidence `guard`. Outputs that are no confidences are not
    /// guarded.
    fn guarded(&self, witness: &Witness, guard: &Rational) -> bool {
        let output = self.a.output();
        let confidence = || output.exact_confidence(&witness.a.logits, witness.a.class?);
        output == Output::None || confidence().is_some_and(|confidence| confidence.lower() >= *guard)
    }
}

/// A search, whose effort and reason to stop early are noted.
fn search(
    compiled: &Compiled,
    root: &[Interval],
    options: &Options,
    observer: &mut dyn Observer,
    statistics: &mut Statistics,
    stop: &mut StopReason,
) -> Optimum {
    let strategy = strategy(options);
    let optimum =
        heeding_overflow(compiled, root, options, |options| optimise(compiled, root, &strategy, options, observer));
    add(statistics, &optimum.statistics);
    note(optimum.stop, stop);
    optimum
}

/// How two networks are searched.
fn strategy(options: &Options) -> Strategy {
    let choice = Choice { brancher: options.choice.brancher.or(Some(PhasesFirst.name())), ..options.choice.clone() };
    Strategy { starter: Box::new(Ridge), finders: vec![Box::new(Vertex), Box::new(Relaxed)], ..choice.strategy() }
}

/// Notes why a search ended early.
fn note(ended: StopReason, stop: &mut StopReason) {
    if ended != StopReason::Complete {
        *stop = ended;
    }
}
