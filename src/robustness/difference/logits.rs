//! How far the outputs of two networks are apart: both sides of every output, compiled together.

use super::{Difference, Extent, Logits, Supremum, Witness, note, search, strategy};
use crate::encode::difference::{Apart, Side};
use crate::robustness::rounds::{Part, Rounds};
use crate::robustness::{Answer, judge, unfinished};
use deltasat::budget::Stopwatch;
use deltasat::exact::{Rational, rational};
use deltasat::interval::Interval;
use deltasat::search::{Observer, Options, Probe, Statistics, StopReason};
use deltasat::tape::Slot;

impl Difference<'_> {
    /// Bounds the range of `logit_B − logit_A` of these outputs, or says whether any is farther from 0 than a threshold. The
    /// root is bounded for all sides of all outputs at once; with a threshold, those that it leaves open are searched in turns.
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
        let mut root = all.root();
        let objectives: Vec<Slot> = sides.iter().filter_map(|side| side.compiled.objective).collect();
        let is_done = |_, bound| target.is_some_and(|target| bound <= target);
        let bounds = Probe::new(&all).bounds(&all, &mut root, &objectives, is_done, &self.settings.budget);
        statistics.boxes += 1;
        let suprema = match target {
            None => self.search_sides(&sides, &root, &bounds, observer, &mut statistics, &mut stop),
            Some(target) => {
                let parts = sides.iter().zip(&bounds);
                let mut parts: Vec<Part> =
                    parts.map(|(side, &bound)| Part::new(side.compiled.clone(), root.clone(), target, bound)).collect();
                self.search_in_turns(&sides, &mut parts, threshold, observer, &mut statistics, &mut stop)
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
        sides: &[Apart],
        root: &[Interval],
        bounds: &[f64],
        observer: &mut dyn Observer,
        statistics: &mut Statistics,
        stop: &mut StopReason,
    ) -> Vec<Supremum> {
        let mut side = |(position, side): (usize, &Apart)| {
            let options = self.settings.options(None, sides.len() - position - 1);
            let optimum = search(&side.compiled, root, &options, observer, statistics, stop);
            let witness = self.witness(&optimum);
            let lower = witness.as_ref().map_or(f64::NEG_INFINITY, |witness| self.apart(witness, side));
            Supremum { lower, upper: optimum.upper.min(bounds[position]).max(lower), witness }
        };
        sides.iter().enumerate().map(&mut side).collect()
    }

    /// Searches until all sides are at most the threshold, or an input of one of them exceeds it.
    fn search_in_turns(
        &self,
        sides: &[Apart],
        parts: &mut [Part],
        threshold: Option<&Rational>,
        observer: &mut dyn Observer,
        statistics: &mut Statistics,
        stop: &mut StopReason,
    ) -> Vec<Supremum> {
        let options = self.settings.options(None, 0);
        let options = Options { absolute_gap: self.settings.delta * 0.01, ..options };
        let mut found = None;
        let mut settles = |position: usize, point: &[f64]| {
            let exact: Option<Vec<Rational>> = point.iter().map(|&x| rational::from_f64(x)).collect();
            let Some(witness) = exact.and_then(|exact| self.witness_at(&exact)) else { return false };
            let lower = self.apart(&witness, &sides[position]);
            let exceeds = threshold.is_some_and(|threshold| lower > rational::ceil_f64(threshold));
            found = exceeds.then_some((position, lower, witness));
            exceeds
        };
        let strategy = strategy(&options);
        let rounds = Rounds { strategy: &strategy, options: &options, budget: &self.settings.budget };
        rounds.run(parts, &mut settles, statistics, observer);
        let settled = found.is_some();
        let mut suprema: Vec<Supremum> = parts
            .iter()
            .map(|part| {
                if !settled {
                    note(part.stop, stop);
                }
                Supremum { lower: f64::NEG_INFINITY, upper: part.upper, witness: None }
            })
            .collect();
        if let Some((position, lower, witness)) = found {
            suprema[position].lower = lower;
            suprema[position].witness = Some(witness);
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
