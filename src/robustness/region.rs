//! Regions of two inputs: where in a rectangle can parameters in the box change the class, and where never?
//!
//! The rectangle is cut in halves, across one axis and then the other, until the pieces that are neither of these cover no
//! more than is allowed:
//!
//! * **safe**: there is a class that the trained network assigns throughout the piece, and so does every network in the box;
//! * **unsafe**: at every input of the piece some network in the box assigns another class than the trained one does.
//!
//! For the second, two classes `a` and `b` are picked at the middle of the piece, and for each the noises that favour it
//! most there. With its noises fixed at the ends ±1 a neuron's row is, at every input, that of parameters at ends of their
//! ranges (see [`eliminated`](crate::encode::eliminated)), so numbers of a format. If `logit_b > logit_a` holds throughout
//! the piece with the noises that favour `b`, then wherever the trained network assigns `a` it is flipped; and the other
//! way round with those that favour `a`. That decides pieces through which the trained network's own boundary runs, as long
//! as it assigns no third class there; with a trained network that assigns `a` throughout, the first half is enough.
//!
//! Pieces are asked about in order of depth, and are shared among threads in batches of fixed size, so the paving does not
//! depend on the number of threads.

use super::assigned::{excluded, limit};
use super::{Settings, search};
use crate::encode::class_count;
use crate::encode::question::{Encoded, Question};
use crate::network::Network;
use crate::perturbation::Perturbation;
use deltasat::budget::Stopwatch;
use deltasat::exact::Rational;
use deltasat::incumbent::{IncumbentFinder, Polish, Vertex};
use deltasat::interval::{Interval, decimal, point};
use deltasat::search::StopReason;
use deltasat::tape::Workspace;
use num_traits::{One, Signed, Zero};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Pieces that are shared among threads at a time.
const BATCH: usize = 256;
/// Boxes for each search about a piece.
const BOXES: u64 = 8;
/// How often a piece may be cut: beyond that doubles cannot tell its ends apart.
const DEEPEST: u32 = 80;

/// What is known about a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// no network in the box changes this class
    Safe {
        /// the class that all assign
        class: usize,
    },
    /// at every input of the piece some network in the box changes the class
    Unsafe,
    /// neither
    Open,
}

/// A rectangle of the paving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// what is known about it
    pub kind: Kind,
    /// its ends along both axes
    pub sides: [(Rational, Rational); 2],
}

/// A paving of the rectangle, and what it covers.
#[derive(Clone, Debug)]
pub struct Paving {
    /// pieces that overlap at their edges only and cover the whole rectangle
    pub pieces: Vec<Piece>,
    /// areas of the safe, the unsafe and the open pieces
    pub areas: [Rational; 3],
    /// why it is no finer
    pub stop: StopReason,
    /// pieces that were asked about
    pub asked: u64,
    /// boxes of all searches
    pub boxes: u64,
    /// wall-clock time
    pub seconds: f64,
}

/// The question for one network, perturbation and rectangle.
pub struct Region<'a> {
    network: &'a Network,
    perturbation: &'a Perturbation,
    still: Perturbation,
    /// the value of every input; those of the two axes are not used
    input: Vec<Rational>,
    axes: [usize; 2],
    sides: [(Rational, Rational); 2],
    settings: Settings,
    /// the change from one class to another, row by row, of the perturbed network and then of the trained one
    flips: Vec<OnceLock<Result<Encoded<'a>, StopReason>>>,
    trained: Vec<OnceLock<Result<Encoded<'a>, StopReason>>>,
}

/// A piece by how often the rectangle was cut, and which one of the pieces of that size it is.
#[derive(Clone)]
struct Cut {
    depth: u32,
    sides: [(Rational, Rational); 2],
}

/// The class that an input seems to be flipped to most easily, and the noises that do it.
type Flip = (usize, Vec<f64>);

/// Workspaces of one thread, by question.
#[derive(Default)]
struct Scratch {
    workspaces: HashMap<(usize, usize), (Workspace, Vec<f64>)>,
    boxes: u64,
}

impl<'a> Region<'a> {
    /// Prepares the question: the two inputs `axes`, which differ, range over `sides`, the others stay at `input`.
    pub fn new(
        network: &'a Network,
        perturbation: &'a Perturbation,
        input: Vec<Rational>,
        axes: [usize; 2],
        sides: [(Rational, Rational); 2],
        settings: Settings,
    ) -> Self {
        let pairs = || (0..class_count(network).pow(2)).map(|_| OnceLock::new()).collect();
        let still = Perturbation::none();
        Region { network, perturbation, still, input, axes, sides, settings, flips: pairs(), trained: pairs() }
    }

    /// Paves the rectangle until the open pieces cover at most the share `gap` of it. `watch` hears of the open share and
    /// the number of pieces.
    pub fn pave(&'a self, gap: &Rational, mut watch: impl FnMut(f64, u64)) -> Paving {
        let started = Stopwatch::start();
        let whole = area(&self.sides);
        let mut paving = Paving {
            pieces: Vec::new(),
            areas: [Rational::zero(), Rational::zero(), whole.clone()],
            stop: StopReason::Complete,
            asked: 0,
            boxes: 0,
            seconds: 0.0,
        };
        let allowed = gap * &whole;
        let mut open = VecDeque::from([Cut { depth: 0, sides: self.sides.clone() }]);
        let mut scratches: Vec<Scratch> = (0..self.settings.jobs.max(1)).map(|_| Scratch::default()).collect();
        // nothing is left where a side has no length, which still is to be answered
        while !open.is_empty() && (paving.areas[2] > allowed || paving.asked == 0) {
            if let Some(stop) = self.stopped(&open) {
                paving.stop = stop;
                break;
            }
            let batch: Vec<Cut> = open.drain(..open.len().min(BATCH)).collect();
            let kinds = self.answer(&batch, &mut scratches);
            for (cut, kind) in batch.into_iter().zip(kinds) {
                let Some(kind) = kind else {
                    open.push_back(cut);
                    continue;
                };
                paving.asked += 1;
                match kind {
                    Kind::Open if cut.depth >= DEEPEST => {
                        paving.stop = StopReason::Unsplittable;
                        paving.pieces.push(Piece { kind, sides: cut.sides });
                    }
                    Kind::Open => open.extend(cut.halves()),
                    decided => {
                        let area = area(&cut.sides);
                        paving.areas[2] -= &area;
                        paving.areas[usize::from(decided == Kind::Unsafe)] += area;
                        paving.pieces.push(Piece { kind, sides: cut.sides });
                    }
                }
            }
            watch(share(&paving.areas[2], &whole), paving.asked);
        }
        paving.pieces.extend(open.into_iter().map(|cut| Piece { kind: Kind::Open, sides: cut.sides }));
        if paving.areas[2] <= allowed {
            paving.stop = StopReason::Complete;
        }
        paving.boxes = scratches.iter().map(|scratch| scratch.boxes).sum();
        paving.seconds = started.seconds();
        paving
    }

    /// Why to stop now, if there is a reason.
    fn stopped(&self, open: &VecDeque<Cut>) -> Option<StopReason> {
        let bytes = open.len().saturating_mul(size_of::<Cut>() + 4 * size_of::<[u64; 4]>());
        self.settings.budget.stops(0, bytes)
    }

    /// Asks about the pieces of a batch, one thread per scratch; `None` where the time ran out before.
    fn answer(&'a self, batch: &[Cut], scratches: &mut [Scratch]) -> Vec<Option<Kind>> {
        let found: Vec<Mutex<Option<Kind>>> = batch.iter().map(|_| Mutex::default()).collect();
        let next = AtomicUsize::new(0);
        let work = |scratch: &mut Scratch| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(cut) = batch.get(index) else { return };
                if !self.settings.budget.expired() {
                    *found[index].lock().unwrap_or_else(PoisonError::into_inner) = Some(self.kind(cut, scratch));
                }
            }
        };
        if let Some((own, others)) = scratches.split_first_mut() {
            std::thread::scope(|scope| {
                for scratch in others {
                    scope.spawn(|| work(scratch));
                }
                work(own);
            });
        }
        found.into_iter().map(|kind| kind.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// What can be shown about a piece. Proofs cost much more than a look at its corners, which tells most of the pieces
    /// that are neither safe nor unsafe throughout.
    fn kind(&'a self, cut: &Cut, scratch: &mut Scratch) -> Kind {
        let piece = self.inputs(&cut.sides);
        let middle: Vec<Interval> = piece.iter().map(|x| point(x.mid())).collect();
        let Some((class, flip)) = self.look(&middle, scratch) else { return Kind::Open };
        let corners = (0..4).map(|corner| {
            let mut input = middle.clone();
            for (bit, &axis) in self.axes.iter().enumerate() {
                let side = piece[axis];
                input[axis] = point(if corner >> bit & 1 == 0 { side.inf() } else { side.sup() });
            }
            input
        });
        for corner in corners {
            let Some((other, there)) = self.look(&corner, scratch) else { return Kind::Open };
            if there.is_some() != flip.is_some() || (flip.is_none() && other != class) {
                return Kind::Open;
            }
        }
        let proved = match &flip {
            Some((against, noises)) => self.all_flip(&piece, &middle, class, *against, noises, scratch),
            None => self.others(class).all(|against| {
                self.never(false, class, against, &piece, &[], scratch)
                    && self.never(true, class, against, &piece, &[], scratch)
            }),
        };
        match (proved, flip) {
            (true, None) => Kind::Safe { class },
            (true, Some(_)) => Kind::Unsafe,
            (false, _) => Kind::Open,
        }
    }

    /// The class that the trained network seems to assign at an input, and the class and the noises that it seems to be
    /// flipped to most easily, if it is.
    fn look(&'a self, input: &[Interval], scratch: &mut Scratch) -> Option<(usize, Option<Flip>)> {
        let values: Vec<f64> = input.iter().map(|x| x.inf()).collect();
        let class = self.network.evaluate(&values).ok()?.class;
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for against in self.others(class) {
            let found = self.vertex(class, against, input, scratch);
            if let Some((value, noises)) = found.filter(|(value, _)| *value > best.as_ref().map_or(0.0, |b| b.0)) {
                best = Some((value, against, noises));
            }
        }
        Some((class, best.map(|(_, against, noises)| (against, noises))))
    }

    /// All classes but one.
    fn others(&self, class: usize) -> impl Iterator<Item = usize> + use<> {
        (0..class_count(self.network)).filter(move |&other| other != class)
    }

    /// Whether at every input of a piece some network changes the class, by noises that favour `against` over `class` in its
    /// middle.
    fn all_flip(
        &'a self,
        piece: &[Interval],
        middle: &[Interval],
        class: usize,
        against: usize,
        noises: &[f64],
        scratch: &mut Scratch,
    ) -> bool {
        if self.perturbation.activations().is_some() {
            // how an activation is rounded is not for a witness to choose
            return false;
        }
        // the row of the difference of two logits has a noise of its own, which counts the other way round
        let Some(noises) = self.turned(class, against, noises) else { return false };
        // `class` is never assigned to with these noises
        if !self.never(true, against, class, piece, &noises, scratch) {
            return false;
        }
        let third = |other: &usize| *other != class && *other != against;
        let others: Vec<usize> = (0..class_count(self.network)).filter(third).collect();
        let assigned = |scratch: &mut Scratch| {
            let mut all = std::iter::once(against).chain(others.iter().copied());
            all.all(|other| self.never(false, class, other, piece, &[], scratch))
        };
        if assigned(scratch) {
            return true;
        }
        let Some((_, back)) = self.vertex(against, class, middle, scratch) else { return false };
        let Some(back) = self.turned(against, class, &back) else { return false };
        let no_third = |other: usize, scratch: &mut Scratch| {
            self.never(false, class, other, piece, &[], scratch)
                || self.never(false, against, other, piece, &[], scratch)
        };
        self.never(true, class, against, piece, &back, scratch) && others.iter().all(|&other| no_third(other, scratch))
    }

    /// The noises of the question whether one class changes to another as noises of the question the other way round, each at
    /// an end.
    fn turned(&'a self, class: usize, against: usize, noises: &[f64]) -> Option<Vec<f64>> {
        let ends = noises.iter().map(|&s| if s < 0.0 { -1.0 } else { 1.0 });
        let (there, back) = (self.flip(true, class, against)?, self.flip(true, against, class)?);
        let turns =
            there.noises().iter().zip(back.noises()).map(|(there, back)| if there == back { 1.0 } else { -1.0 });
        Some(ends.zip(turns).map(|(s, turn)| s * turn).collect())
    }

    /// Proves that throughout a piece no network with these noises (any, where none are given) prefers `against` to `class`;
    /// of the trained network alone where it is not `perturbed`.
    fn never(
        &'a self,
        perturbed: bool,
        class: usize,
        against: usize,
        piece: &[Interval],
        noises: &[f64],
        scratch: &mut Scratch,
    ) -> bool {
        let Some(encoded) = self.flip(perturbed, class, against) else { return false };
        let mut root = encoded.compiled.root();
        root[..piece.len()].copy_from_slice(piece);
        for (variable, &s) in root[piece.len()..].iter_mut().zip(noises) {
            *variable = point(s);
        }
        let mut options = self.settings.options(Some(limit(class, against)), 0);
        (options.jobs, options.starts, options.absolute_gap) = (1, 0, 0.0);
        options.budget = options.budget.with_boxes(BOXES);
        let optimum = search(encoded, &root, &options, &mut ());
        scratch.boxes += optimum.statistics.boxes;
        excluded(optimum.upper, class, against)
    }

    /// The noises that seem to favour `against` over `class` most at an input, and by how much.
    fn vertex(
        &'a self,
        class: usize,
        against: usize,
        input: &[Interval],
        scratch: &mut Scratch,
    ) -> Option<(f64, Vec<f64>)> {
        let encoded = self.flip(true, class, against)?;
        let (compiled, tape) = (&encoded.compiled, &encoded.compiled.tape);
        let fresh = || (Workspace::new(tape), vec![0.0; tape.variables()]);
        let (w, found) = scratch.workspaces.entry((class, against)).or_insert_with(fresh);
        let mut root = compiled.root();
        root[..input.len()].copy_from_slice(input);
        let root = &root[..tape.variables()];
        let mut value = Vertex.propose(compiled, root, root, 0, found, w)?;
        if value <= 0.0 {
            value = Polish.propose(compiled, root, root, 0, found, w)?;
        }
        Some((value, found[input.len()..].to_vec()))
    }

    /// The question whether one class changes to another in the perturbed network, or in the trained one alone;
    /// `None` where there was no time to pose it.
    fn flip(&'a self, perturbed: bool, class: usize, against: usize) -> Option<&'a Encoded<'a>> {
        let (questions, perturbation) =
            if perturbed { (&self.flips, self.perturbation) } else { (&self.trained, &self.still) };
        let encoded = questions[class * class_count(self.network) + against].get_or_init(|| {
            let anywhere = Rational::zero();
            let domain = vec![(anywhere.clone(), anywhere); self.network.input().count()];
            let question = Question::Flip { class, against, guard: None };
            let mut encoded = Encoded::new(self.network, perturbation, &domain, &question, &self.settings.budget)?;
            encoded.free_inputs();
            Ok(encoded)
        });
        encoded.as_ref().ok()
    }

    /// The inputs of a piece, outward rounded.
    fn inputs(&self, sides: &[(Rational, Rational); 2]) -> Vec<Interval> {
        let mut inputs: Vec<Interval> = self.input.iter().map(decimal::enclose).collect();
        for (&axis, (lower, upper)) in self.axes.iter().zip(sides) {
            inputs[axis] = decimal::enclose(lower).convex_hull(decimal::enclose(upper));
        }
        inputs
    }
}

impl Cut {
    /// Its two halves: across the first axis and then the second in turn.
    fn halves(self) -> [Cut; 2] {
        let axis = (self.depth % 2) as usize;
        let (lower, upper) = &self.sides[axis];
        let middle = (lower + upper) / (Rational::one() + Rational::one());
        let [mut below, mut above] = [self.sides.clone(), self.sides.clone()];
        below[axis].1 = middle.clone();
        above[axis].0 = middle;
        [below, above].map(|sides| Cut { depth: self.depth + 1, sides })
    }
}

/// The area of a rectangle.
pub fn area(sides: &[(Rational, Rational); 2]) -> Rational {
    let [a, b] = sides;
    (&a.1 - &a.0) * (&b.1 - &b.0)
}

/// One number divided by another, for showing; 0 of nothing.
fn share(part: &Rational, whole: &Rational) -> f64 {
    if whole.is_positive() { deltasat::exact::rational::nearest_f64(&(part / whole)) } else { 0.0 }
}
