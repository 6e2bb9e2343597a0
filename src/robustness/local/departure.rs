//! Whether parameters depart from the class that is assigned at an input.
//!
//! All classes that it could change to are compiled together. The root is bounded for all of them at once; of those that are
//! left the best vertices are tried, and then all are searched in turns, since any of them settles the matter.

use super::{Attained, Departure, Local, Place, Scratch};
use crate::encode::class_count;
use crate::encode::question::{Change, Flips};
use crate::robustness::assigned::{excluded, limit};
use crate::robustness::rounds::{Part, Rounds};
use crate::robustness::{ClassChange, Finding};
use deltasat::search::{Observer, Options, StopReason};

/// Boxes for the change of class where the deviation was asked for.
const SIDE_QUESTION: u64 = 20_000;
/// The most layers for which the best vertex is polished before anything is searched: with one hidden layer that is exact.
const SHALLOW: usize = 2;
/// How far below a tie, in doubles, a point is still evaluated exactly.
const NEARLY: f64 = 1e-12;

impl Local<'_> {
    /// Whether the class can change, with a witness where it can; the finding collects the bounds of the logit
    /// differences only where it starts below them. Where one of several classes is assigned, the class certainly changes
    /// when each of them is left by some parameters, not necessarily the same.
    pub(super) fn departure(
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
    fn departure_from(
        &self,
        class: usize,
        place: &Place<'_>,
        collects: bool,
        finding: &mut Finding,
        scratch: &mut Scratch,
        observer: &mut dyn Observer,
    ) -> Departure {
        let departure = Departure { change: ClassChange::Impossible, to: None, between: false, witness: None };
        let question = || Flips::new(self.network, self.perturbation, class, &self.settings.budget);
        let flips = match self.flips[class].get_or_init(question) {
            Ok(flips) => flips,
            Err(stop) => {
                finding.stop = *stop;
                if collects {
                    finding.upper = f64::INFINITY;
                }
                return Departure { change: ClassChange::Unknown, ..departure };
            }
        };
        let bounds = scratch.probe(flips, class, place);
        // for a deviation its own root is counted
        finding.statistics.boxes += if collects { bounds.len() as u64 } else { 0 };
        let polish = self.network.layers().len() <= SHALLOW;
        let mut open = Vec::new();
        for (change, &bound) in flips.changes.iter().zip(&bounds) {
            if excluded(bound, class, change.against) {
                if collects {
                    finding.upper = finding.upper.max(bound);
                }
                continue;
            }
            let vertex = scratch.vertex_of(class, change, polish);
            let value = vertex.as_ref().map_or(f64::NEG_INFINITY, |(_, value)| *value);
            let promising = vertex.filter(|(_, value)| *value > -NEARLY);
            if let Some(found) = promising.and_then(|(point, _)| self.changing(flips, change, &point, place, class)) {
                finding.upper = if collects { finding.upper.max(bound) } else { finding.upper };
                return self.possible(found, finding, collects);
            }
            open.push((value, change, bound));
        }
        // the most promising one first
        open.sort_by(|a, b| b.0.total_cmp(&a.0));
        let root = scratch.root(class);
        let part = |&(_, change, bound): &(f64, &Change, f64)| {
            Part::new(change.compiled.clone(), root.clone(), limit(class, change.against), bound)
        };
        let mut parts: Vec<Part> = open.iter().map(part).collect();
        let mut found = None;
        let mut settles = |position: usize, point: &[f64]| {
            found = self.changing(flips, open[position].1, point, place, class);
            found.is_some()
        };
        let options = Options { absolute_gap: 0.0, ..self.settings.options(None, 0) };
        // a question beside the one that was asked must not run on when that is answered
        let budget = if collects { place.budget.clone() } else { place.budget.clone().with_boxes(SIDE_QUESTION) };
        let rounds = Rounds { strategy: &options.choice.strategy(), options: &options, budget: &budget };
        rounds.run(&mut parts, &mut settles, &mut finding.statistics, observer);
        if collects {
            finding.upper = parts.iter().fold(finding.upper, |most, part| most.max(part.upper));
        }
        match found {
            Some(found) => self.possible(found, finding, collects),
            None => self.undecided(class, &parts, &open, collects, finding, departure),
        }
    }

    /// What searches tell that found no change.
    fn undecided(
        &self,
        class: usize,
        parts: &[Part],
        asked: &[(f64, &Change, f64)],
        collects: bool,
        finding: &mut Finding,
        mut departure: Departure,
    ) -> Departure {
        for (part, (_, change, _)) in parts.iter().zip(asked) {
            if part.stop != StopReason::Complete && (collects || part.stop != StopReason::Boxes) {
                finding.stop = part.stop;
            }
            // noises may stand for parameters that neurons cannot have at once
            let lower = if self.network.shares_parameters() { f64::NEG_INFINITY } else { part.lower };
            if collects {
                finding.lower = finding.lower.max(lower);
            }
            if !excluded(part.upper, class, change.against) {
                departure.change = ClassChange::Unknown;
                departure.between |= !excluded(lower, class, change.against);
            }
        }
        departure
    }

    /// What the parameters do that a point of the search stands for, where they certainly assign another class.
    fn changing(
        &self,
        flips: &Flips<'_>,
        change: &Change,
        point: &[f64],
        place: &Place<'_>,
        class: usize,
    ) -> Option<Attained> {
        let found = self.attained(flips.perturbed_network(change, point).ok()?, place, class)?;
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
}
