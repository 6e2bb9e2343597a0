//! Sensitivity: which layers, neurons or parameters spend the budget of a perturbation.
//!
//! Of each part two figures are certified: how far the answer moves when this part alone moves, and how far it still moves
//! when all the others do. Both are two-sided bounds of the same question that is asked of the whole, for a perturbation
//! that is restricted to the part or spares it.
//!
//! Ranking many parts does not need the search for each: the bound at the root, one box, is an upper bound already. Parts
//! are searched in the order of those bounds until as many as asked for lie above all that were not searched.

use super::{Finding, add};
use crate::network::Network;
use crate::perturbation::{Part, Perturbation};
use deltasat::search::{Statistics, StopReason};

/// How finely a network is taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// layers
    #[default]
    Layer,
    /// neurons: the weights and the bias of each
    Neuron,
    /// single parameters
    Parameter,
}

/// What one part does.
#[derive(Clone, Debug)]
pub struct Share {
    /// which part
    pub part: Part,
    /// when it alone moves
    pub alone: Finding,
    /// when all the others move; not asked of single parameters
    pub without: Option<Finding>,
}

/// The parts of a network by what they do.
#[derive(Clone, Debug)]
pub struct Sensitivity {
    /// when all move
    pub whole: Finding,
    /// the most sensitive parts, by the upper bounds of what each does alone
    pub shares: Vec<Share>,
    /// the number of parts that move
    pub parts: usize,
    /// no part that is not among the shares does more than this alone; 0 where all are
    pub rest: f64,
    /// why the search ended
    pub stop: StopReason,
    /// all searches together
    pub statistics: Statistics,
}

/// How a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// one box
    Root,
    /// until the bounds are as close as asked for
    Search,
}

/// The parts of a network that move under a perturbation.
pub fn parts(network: &Network, perturbation: &Perturbation, grain: Grain) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, layer) in network.layers().iter().enumerate() {
        let moving = layer.parameters().filter(|&place| perturbation.moves(network, index, place));
        match grain {
            Grain::Layer => parts.extend(moving.take(1).map(|_| Part::Layer(index))),
            Grain::Neuron => {
                let mut neurons: Vec<usize> = moving.map(|place| place.row()).collect();
                neurons.sort_unstable();
                neurons.dedup();
                parts.extend(neurons.into_iter().map(|neuron| Part::Neuron(index, neuron)));
            }
            Grain::Parameter => parts.extend(moving.map(|place| Part::Parameter(index, place))),
        }
    }
    parts
}

/// Finds the `top` most sensitive parts. `interrupted` is asked between the questions; `told` hears how many parts are
/// searched and how many there are.
pub fn sensitivity(
    network: &Network,
    perturbation: &Perturbation,
    grain: Grain,
    top: usize,
    mut ask: impl FnMut(&Perturbation, Effort) -> Finding,
    mut interrupted: impl FnMut() -> Option<StopReason>,
    mut told: impl FnMut(usize, usize),
) -> Sensitivity {
    let parts = parts(network, perturbation, grain);
    let whole = ask(perturbation, Effort::Search);
    let mut found = Sensitivity {
        stop: whole.stop,
        statistics: whole.statistics.clone(),
        whole,
        shares: Vec::new(),
        parts: parts.len(),
        rest: 0.0,
    };
    // the root's bounds first; a part that was not looked at may do anything
    let mut waiting: Vec<(f64, Part)> = Vec::new();
    for &part in &parts {
        let bound = match interrupted() {
            Some(_) => f64::INFINITY,
            None => {
                let finding = ask(&perturbation.only(part), Effort::Root);
                add(&mut found.statistics, &finding.statistics);
                finding.upper
            }
        };
        waiting.push((bound, part));
    }
    waiting.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut waiting = waiting.into_iter().peekable();
    while let Some(&(bound, part)) = waiting.peek() {
        let above = found.shares.iter().filter(|share| share.alone.upper >= bound).count();
        if above >= top {
            break;
        }
        if let Some(reason) = interrupted() {
            found.stop = reason;
            break;
        }
        waiting.next();
        let alone = ask(&perturbation.only(part), Effort::Search);
        add(&mut found.statistics, &alone.statistics);
        if alone.stop != StopReason::Complete {
            found.stop = alone.stop;
        }
        found.shares.push(Share { part, alone, without: None });
        told(found.shares.len(), parts.len());
    }
    found.shares.sort_by(|a, b| b.alone.upper.total_cmp(&a.alone.upper).then(a.part.cmp(&b.part)));
    let cut = found.shares.split_off(top.min(found.shares.len()));
    let rest = cut.iter().map(|share| share.alone.upper).chain(waiting.map(|(bound, _)| bound));
    found.rest = rest.fold(0.0, f64::max);
    for share in found.shares.iter_mut().filter(|_| grain != Grain::Parameter) {
        if let Some(reason) = interrupted() {
            found.stop = reason;
            break;
        }
        let without = ask(&perturbation.without(share.part), Effort::Search);
        add(&mut found.statistics, &without.statistics);
        if without.stop != StopReason::Complete {
            found.stop = without.stop;
        }
        share.without = Some(without);
    }
    found
}
