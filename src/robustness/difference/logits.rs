//! How far the outputs of two networks are apart: both sides of every output, compiled together.

use super::{Difference, Extent, Logits, Supremum, Witness, note, search, strategy};
use crate::encode::difference::{Apart, Side};
use crate::robustness::rounds::{Part, Rounds};
use crate::robustness::together::{Left, Together};
use crate::robustness::{Answer, judge, unfinished};
use deltasat::budget::Stopwatch;
use deltasat::exact::{Rational, rational};
use deltasat::problem::Compiled;
use deltasat::search::{Observer, Options, Probe, Statistics, StopReason};
use deltasat::tape::Slot;

/// All sides of some outputs, and how far apart they may be.
struct Sides<'s> {
    sides: &'s [Apart],
    /// the problem of all of them
    all: &'s Compiled,
    target: f64,
    threshold: &'s Rational,
}

impl Difference<'_> {
    /// Bounds the range of `logit_B − logit_A` of these outputs, or says whether any is farther from 0 than a threshold. With a
    /// threshold, one tree of boxes bounds all sides of all outputs.
    pub fn logits(&self, outputs: &[usize], threshold: Option<&Rational>, observer: &mut dyn Observer) -> Logits {
        let started = Stopwatch::start();
        let target = threshold.map(rational::floor_f64);
        let (mut statistics, mut stop) = (Statistics::default(), StopReason::Complete);
        let posed = self.within(|pair, budget| pair.ask_logits(outputs, budget));
        let (all, sides) = match posed {
            Ok(posed) => posed,
            Err(stop) => {
                let open = |&output| Extent { output, above: Supremum::UNKNOWN, below: Supremum::UNKNOWN };
                let answer = if threshold.is_none() { Answer::Bounds } else { unfinished(stop) };
                return Logits { answer, extents: outputs.iter().map(open).collect(), stop, statistics };
            }
        };
        let suprema = match target.zip(threshold) {
            None => self.search_sides(&all, &sides, observer, &mut statistics, &mut stop),
            Some((target, threshold)) => {
                let sides = Sides { sides: &sides, all: &all, target, threshold };
                self.search_together(&sides, observer, &mut statistics, &mut stop)
            }
        };
        let mut suprema = suprema.into_iter();
        let mut next = || suprema.next().unwrap_or(Supremum::UNKNOWN);
        let extents: Vec<Extent> =
            outputs.iter().map(|&output| Extent { output, above: next(), below: next() }).collect();
        let sides = || extents.iter().flat_map(|extent| [&extent.above, &extent.below]);
        let most = |of: fn(&Supremum) -> f64| sides().map(of).fold(0.0, f64::max);
        let answer = judge(most(|side| side.lower), most(|side| side.upper), threshold, stop);
        statistics.seconds = started.seconds();
        Logits { answer, extents, stop, statistics }
    }

    /// Searches for the supremum of each side, one after the other.
    fn search_sides(
        &self,
        all: &Compiled,
        sides: &[Apart],
        observer: &mut dyn Observer,
        statistics: &mut Statistics,
        stop: &mut StopReason,
    ) -> Vec<Supremum> {
        let mut root = all.root();
        let objectives: Vec<Slot> = sides.iter().filter_map(|side| side.compiled.objective).collect();
        let bounds = Probe::new(all).bounds(all, &mut root, &objectives, |_, _| false, &self.settings.budget);
        statistics.boxes += 1;
        let mut side = |(position, side): (usize, &Apart)| {
            let options = self.settings.options(None, sides.len() - position - 1);
            let optimum = search(&side.compiled, &root, &options, observer, statistics, stop);
            let witness = self.witness(&optimum);
            let lower = witness.as_ref().map_or(f64::NEG_INFINITY, |witness| self.apart(witness, side));
            Supremum { lower, upper: optimum.upper.min(bounds[position]).max(lower), witness }
        };
        sides.iter().enumerate().map(&mut side).collect()
    }

    /// Searches until all sides are at most the threshold, or an input exceeds it.
    fn search_together(
        &self,
        sides: &Sides<'_>,
        observer: &mut dyn Observer,
        statistics: &mut Statistics,
        stop: &mut StopReason,
    ) -> Vec<Supremum> {
        let options = self.settings.options(None, 0);
        let mut options = Options { absolute_gap: self.settings.delta * 0.01, ..options };
        let mut found = None;
        let mut settles = |side: usize, point: &[f64]| {
            let exact: Option<Vec<Rational>> = point.iter().map(|&x| rational::from_f64(x)).collect();
            let Some(witness) = exact.and_then(|exact| self.witness_at(&exact)) else { return false };
            let lower = self.apart(&witness, &sides.sides[side]);
            let exceeds = lower > rational::ceil_f64(sides.threshold);
            found = exceeds.then_some((side, lower, witness));
            exceeds
        };
        let strategy = strategy(&options);
        let aimed: Vec<&Compiled> = sides.sides.iter().map(|side| &side.compiled).collect();
        let (all, target, budget) = (sides.all, sides.target, &self.settings.budget);
        let together = Together { all, aimed: &aimed, target, brancher: &*strategy.brancher, budget };
        let Left { parts, mut upper, root, settled } = together.run(&mut settles, statistics);
        let (owners, mut parts): (Vec<usize>, Vec<Part>) = parts.into_iter().unzip();
        if !settled {
            // the boxes that were split have had their points
            options.starts = if parts.len() > aimed.len() { 0 } else { options.starts };
            let rounds = Rounds { strategy: &strategy, options: &options, budget };
            rounds.run(&mut parts, &mut |part, point| settles(owners[part], point), statistics, observer);
        }
        for (part, &owner) in parts.iter().zip(&owners) {
            upper[owner] = upper[owner].max(part.upper);
        }
        let mut suprema: Vec<Supremum> =
            upper.into_iter().map(|upper| Supremum { lower: f64::NEG_INFINITY, upper, witness: None }).collect();
        match found {
            // the other sides were not looked at, or not to the end
            Some((side, lower, witness)) => {
                suprema.iter_mut().zip(root).for_each(|(supremum, bound)| supremum.upper = bound);
                suprema[side] = Supremum { lower, upper: suprema[side].upper.max(lower), witness: Some(witness) };
            }
            None => parts.iter().for_each(|part| note(part.stop, stop)),
        }
        suprema
    }

    /// By how much a side is attained at an input.
    fn apart(&self, witness: &Witness, side: &Apart) -> f64 {
        // two certified enclosures of one number need not cancel
        if self.is_same() {
            return 0.0;
        }
        let difference = witness.logit_difference(side.output);
        let difference = if side.side == Side::Above { difference } else { difference.map(|apart| apart.neg()) };
        difference.map_or(f64::NEG_INFINITY, |difference| difference.floor_f64())
    }
}
