//! The fewest bits: the narrowest number format whose roundings are all safe, the same for all layers or one for each.
//!
//! The grids of two widths are not nested, so safety is not monotone in the number of bits as it is in ε. Widths are
//! therefore asked from the widest down, and the answer is the least width from which *all* wider ones are proved safe; one
//! bit fewer is refuted by a witness on the grid, or open.
//!
//! Layers of different widths are found twice. Greedily: from the uniform answer down, the layer that saves most first, as
//! long as each step is proved safe. Exactly, where there are few layers: all assignments that cost less than the greedy
//! one are asked in the order of their cost, each refuted by a witness of its own, and the first one that is safe is the
//! cheapest.

use super::{Answer, Finding, add};
use deltasat::search::{Statistics, StopReason};
use std::ops::RangeInclusive;

/// The most layers for which the cheapest assignment is sought exactly.
pub const FEW_LAYERS: usize = 3;

/// One width and what was found about it.
#[derive(Clone, Debug)]
pub struct Width {
    /// the bits of a word
    pub bits: u32,
    /// whether it is safe
    pub finding: Finding,
}

/// What was found about a family of formats of one width for all layers.
#[derive(Clone, Debug)]
pub struct Bits {
    /// the widths that were asked, the widest first
    pub widths: Vec<Width>,
    /// the least width that is safe together with all wider ones
    pub fewest: Option<u32>,
    /// why the search ended
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

impl Bits {
    /// The widest width that is not known to be safe, next below [`fewest`](Self::fewest).
    pub fn first_unsafe(&self) -> Option<&Width> {
        self.widths.iter().find(|width| width.finding.answer != Answer::Robust)
    }
}

/// Asks about each width from the widest down, until one is not proved safe, or, with `all`, to the narrowest.
pub fn fewest(
    widths: RangeInclusive<u32>,
    all: bool,
    mut ask: impl FnMut(u32) -> Finding,
    mut interrupted: impl FnMut() -> Option<StopReason>,
) -> Bits {
    let mut found =
        Bits { widths: Vec::new(), fewest: None, stop: StopReason::Complete, statistics: Statistics::default() };
    let mut safe_so_far = true;
    for bits in widths.rev() {
        if let Some(reason) = interrupted() {
            found.stop = reason;
            break;
        }
        let finding = ask(bits);
        add(&mut found.statistics, &finding.statistics);
        safe_so_far &= finding.answer == Answer::Robust;
        if safe_so_far {
            found.fewest = Some(bits);
        }
        if !matches!(finding.answer, Answer::Robust | Answer::Violated) && finding.stop != StopReason::Complete {
            found.stop = finding.stop;
        }
        found.widths.push(Width { bits, finding });
        if !safe_so_far && !all {
            break;
        }
    }
    found
}

/// A width for each layer.
#[derive(Clone, Debug)]
pub struct Mixed {
    /// the bits of each layer; `None` where a layer has nothing to quantise
    pub bits: Vec<Option<u32>>,
    /// the bits of all words together
    pub cost: u64,
    /// whether no cheaper assignment within the widths is safe
    pub least: bool,
    /// cheaper assignments that were refuted by a witness of their own
    pub refuted: u64,
    /// cheaper assignments that are neither safe nor refuted
    pub open: u64,
    /// why the search ended
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

/// Seeks the cheapest safe assignment of widths to layers. `words` has the number of words of each layer, 0 where there is
/// nothing to quantise; at `uniform` bits all layers together are safe. `ask` is asked about the layers' widths, `None`
/// being a layer that stays as it is.
pub fn mixed(
    words: &[u64],
    widths: RangeInclusive<u32>,
    uniform: u32,
    mut ask: impl FnMut(&[Option<u32>]) -> Finding,
    mut interrupted: impl FnMut() -> Option<StopReason>,
) -> Mixed {
    let bits: Vec<Option<u32>> = words.iter().map(|&words| (words > 0).then_some(uniform)).collect();
    let mut found = Mixed {
        cost: cost(words, &bits),
        bits,
        least: false,
        refuted: 0,
        open: 0,
        stop: StopReason::Complete,
        statistics: Statistics::default(),
    };
    let least = *widths.start();
    // a question that ran into a limit of its own
    let mut cut = None;
    let mut ask = |bits: &[Option<u32>]| {
        let finding = ask(bits);
        if finding.answer == Answer::Timeout {
            cut = Some(finding.stop);
        }
        finding
    };
    greedy(words, least, &mut found, &mut ask, &mut interrupted);
    if found.stop == StopReason::Complete && words.iter().filter(|&&words| words > 0).count() <= FEW_LAYERS {
        exact(words, widths, &mut found, &mut ask, &mut interrupted);
    }
    if found.stop == StopReason::Complete && !found.least {
        found.stop = cut.unwrap_or(StopReason::Complete);
    }
    found
}

/// The bits of all words together.
pub fn cost(words: &[u64], bits: &[Option<u32>]) -> u64 {
    words.iter().zip(bits).map(|(words, bits)| words * u64::from(bits.unwrap_or(0))).sum()
}

/// Takes bits away, where most is saved first, as long as that is safe.
fn greedy(
    words: &[u64],
    least: u32,
    found: &mut Mixed,
    ask: &mut impl FnMut(&[Option<u32>]) -> Finding,
    interrupted: &mut impl FnMut() -> Option<StopReason>,
) {
    let mut layers: Vec<usize> = (0..words.len()).filter(|&layer| words[layer] > 0).collect();
    layers.sort_by_key(|&layer| std::cmp::Reverse(words[layer]));
    let mut tried = true;
    while tried {
        tried = false;
        for &layer in &layers {
            let Some(bits) = found.bits[layer].filter(|&bits| bits > least) else { continue };
            if let Some(reason) = interrupted() {
                found.stop = reason;
                return;
            }
            let mut candidate = found.bits.clone();
            candidate[layer] = Some(bits - 1);
            let finding = ask(&candidate);
            add(&mut found.statistics, &finding.statistics);
            if finding.answer == Answer::Robust {
                found.cost = cost(words, &candidate);
                found.bits = candidate;
                tried = true;
            }
        }
    }
}

/// Asks about all cheaper assignments in the order of their cost.
fn exact(
    words: &[u64],
    widths: RangeInclusive<u32>,
    found: &mut Mixed,
    ask: &mut impl FnMut(&[Option<u32>]) -> Finding,
    interrupted: &mut impl FnMut() -> Option<StopReason>,
) {
    let choices: Vec<Vec<Option<u32>>> =
        words.iter().map(|&words| if words > 0 { widths.clone().map(Some).collect() } else { vec![None] }).collect();
    let priced = product(&choices).into_iter().map(|bits| (cost(words, &bits), bits));
    let mut candidates: Vec<_> = priced.filter(|(cost, _)| *cost < found.cost).collect();
    candidates.sort();
    for (cost, bits) in candidates {
        if let Some(reason) = interrupted() {
            found.stop = reason;
            return;
        }
        let finding = ask(&bits);
        add(&mut found.statistics, &finding.statistics);
        match finding.answer {
            Answer::Robust => {
                (found.cost, found.bits) = (cost, bits);
                break;
            }
            Answer::Violated => found.refuted += 1,
            Answer::Bounds | Answer::Unknown | Answer::Timeout => found.open += 1,
        }
    }
    found.least = found.open == 0;
}

/// All ways to take one of each.
fn product(choices: &[Vec<Option<u32>>]) -> Vec<Vec<Option<u32>>> {
    choices.iter().fold(vec![Vec::new()], |prefixes, layer| {
        let longer = |prefix: &Vec<Option<u32>>| {
            let prefix = prefix.clone();
            layer.iter().map(move |&bits| prefix.iter().copied().chain([bits]).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        prefixes.iter().flat_map(longer).collect()
    })
}
