//! What the runs come to: medians for each file, counts for each solver, ratios for each peer.
//!
//! The ratio of two solvers is taken on the files that both solved, one ratio for each file, and averaged by the geometric
//! mean: unlike the arithmetic one it does not depend on which of the two is the base. A file whose answer is wrong or
//! disputed does not count as solved.

use super::answer::{Outcome, Trial, Verdict};
use super::{Comparison, Row};
use std::time::Duration;

/// One solver on one file.
pub(super) struct Cell {
    /// the worst outcome among the runs
    pub(super) outcome: Outcome,
    /// the answer, or why there is none
    pub(super) label: String,
    /// δ where the answer is one δ-sat, as it was printed
    pub(super) delta: Option<String>,
    /// whether a source of truth, or another solver, says otherwise
    pub(super) doubted: bool,
    /// the median of the wall times
    pub(super) wall: Duration,
    /// the median of the processor times
    pub(super) cpu: Duration,
    /// the median of the peaks of memory, in bytes
    pub(super) peak: u64,
}

impl Cell {
    /// Whether every run answered every check, and no one says otherwise.
    pub(super) fn solved(&self) -> bool {
        self.outcome == Outcome::Solved && !self.doubted
    }
}

impl Row {
    /// A solver on this file; `None` where Ctrl-C came first.
    pub(super) fn cell(&self, solver: usize) -> Option<Cell> {
        let trials = &self.trials[solver];
        let checks = self.task.checks;
        let rank = |trial: &&Trial| match trial.outcome(checks) {
            Outcome::Solved => 0,
            Outcome::Unknown => 1,
            Outcome::Timeout => 2,
            Outcome::Error => 3,
        };
        // the first of the worst
        let worst = trials.iter().rev().max_by_key(rank)?;
        let delta = match &worst.answers[..] {
            [Verdict::DeltaSat(delta)] => delta.clone(),
            _ => None,
        };
        let doubted =
            self.findings.iter().any(|finding| finding.wrong.contains(&solver) || finding.disputed.contains(&solver));
        Some(Cell {
            outcome: worst.outcome(checks),
            label: worst.label(checks),
            delta,
            doubted,
            wall: median(trials.iter().map(|trial| trial.wall).collect()),
            cpu: median(trials.iter().map(|trial| trial.user + trial.system).collect()),
            peak: median_by(trials.iter().map(|trial| trial.peak).collect(), |a, b| a.midpoint(b)),
        })
    }

    /// A peer's time by ours, where both solved the file.
    pub(super) fn ratio(&self, peer: usize) -> Option<f64> {
        let (ours, theirs) = (self.cell(0)?, self.cell(peer)?);
        let (x, y) = (ours.wall.as_secs_f64(), theirs.wall.as_secs_f64());
        (ours.solved() && theirs.solved() && x > 0.0 && y > 0.0).then(|| y / x)
    }
}

fn median(values: Vec<Duration>) -> Duration {
    median_by(values, |a, b| (a + b) / 2)
}

/// The middle value, or the middle of the two middle ones.
fn median_by<T: Ord + Copy + Default>(mut values: Vec<T>, middle: fn(T, T) -> T) -> T {
    values.sort_unstable();
    match values.len() {
        0 => T::default(),
        n if n % 2 == 1 => values[n / 2],
        n => middle(values[n / 2 - 1], values[n / 2]),
    }
}

/// One solver on all files.
#[derive(Default)]
pub(super) struct Total {
    /// files with every check answered and no one saying otherwise
    pub(super) solved: usize,
    /// answers to checks: unsat, sat, delta-sat, unknown; of the last run of each file
    pub(super) answers: [usize; 4],
    /// files that ran into the limit
    pub(super) timeouts: usize,
    /// files with an error
    pub(super) errors: usize,
    /// files where a source of truth says otherwise
    pub(super) wrong: usize,
    /// files where another solver says otherwise, and nothing tells who is right
    pub(super) disputed: usize,
    /// the sum of the wall times
    pub(super) wall: Duration,
    /// the sum of the processor times
    pub(super) cpu: Duration,
    /// the largest peak of memory
    pub(super) peak: u64,
}

/// A peer against us, on the files that both solved.
pub(super) struct Pair {
    /// the peer
    pub(super) peer: usize,
    /// how many files both solved
    pub(super) files: usize,
    /// the sum of our times
    pub(super) ours: Duration,
    /// the sum of the peer's times
    pub(super) theirs: Duration,
    /// geometric mean, least and largest of the peer's time by ours; `None` where no file was solved by both
    pub(super) ratio: Option<[f64; 3]>,
    /// files that we alone solved
    pub(super) only_ours: usize,
    /// files that the peer alone solved
    pub(super) only_theirs: usize,
}

impl Comparison {
    /// One solver on all files.
    pub(super) fn total(&self, solver: usize) -> Total {
        let mut total = Total::default();
        for row in &self.rows {
            let Some(cell) = row.cell(solver) else { continue };
            total.solved += usize::from(cell.solved());
            total.timeouts += usize::from(cell.outcome == Outcome::Timeout);
            total.errors += usize::from(cell.outcome == Outcome::Error);
            total.wrong += usize::from(row.findings.iter().any(|finding| finding.wrong.contains(&solver)));
            total.disputed += usize::from(row.findings.iter().any(|finding| finding.disputed.contains(&solver)));
            for verdict in row.trials[solver].last().iter().flat_map(|trial| &trial.answers) {
                let place = match verdict {
                    Verdict::Unsat => 0,
                    Verdict::Sat => 1,
                    Verdict::DeltaSat(_) => 2,
                    Verdict::Unknown => 3,
                };
                total.answers[place] += 1;
            }
            total.wall += cell.wall;
            total.cpu += cell.cpu;
            total.peak = total.peak.max(cell.peak);
        }
        total
    }

    /// A peer against us.
    pub(super) fn pair(&self, peer: usize) -> Pair {
        let mut pair = Pair {
            peer,
            files: 0,
            ours: Duration::ZERO,
            theirs: Duration::ZERO,
            ratio: None,
            only_ours: 0,
            only_theirs: self.only_theirs(peer).count(),
        };
        let mut ratios = Vec::new();
        for row in &self.rows {
            let (Some(ours), Some(theirs)) = (row.cell(0), row.cell(peer)) else { continue };
            pair.only_ours += usize::from(ours.solved() && !theirs.solved());
            if let Some(ratio) = row.ratio(peer) {
                ratios.push(ratio);
                pair.files += 1;
                pair.ours += ours.wall;
                pair.theirs += theirs.wall;
            }
        }
        pair.ratio = spread(&ratios);
        pair
    }

    /// A solver's errors: the file, the error in a few words, what the solver said.
    pub(super) fn errors(&self, solver: usize) -> impl Iterator<Item = (&Row, String, Option<&str>)> {
        self.rows.iter().filter_map(move |row| {
            let cell = row.cell(solver).filter(|cell| cell.outcome == Outcome::Error)?;
            let said = row.trials[solver].iter().filter(|trial| trial.outcome(row.task.checks) == Outcome::Error);
            Some((row, cell.label, said.filter_map(|trial| trial.message.as_deref()).next()))
        })
    }

    /// What a peer solved and we did not: the file, the two of us.
    pub(super) fn only_theirs(&self, peer: usize) -> impl Iterator<Item = (&Row, Cell, Cell)> {
        let both = self.rows.iter().filter_map(move |row| Some((row, row.cell(0)?, row.cell(peer)?)));
        both.filter(|(_, ours, theirs)| theirs.solved() && !ours.solved())
    }

    /// Every peer against us.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        (1..self.solvers.len()).map(|peer| self.pair(peer)).collect()
    }
}

/// Geometric mean, least and largest of positive numbers.
fn spread(values: &[f64]) -> Option<[f64; 3]> {
    let mean = (values.iter().map(|x| x.ln()).sum::<f64>() / values.len() as f64).exp();
    let least = values.iter().copied().min_by(f64::total_cmp)?;
    let largest = values.iter().copied().max_by(f64::total_cmp)?;
    Some([mean, least, largest])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means() {
        let seconds = |values: &[u64]| values.iter().map(|&s| Duration::from_secs(s)).collect::<Vec<_>>();
        assert_eq!(median(seconds(&[9, 1, 2])), Duration::from_secs(2));
        assert_eq!(median(seconds(&[4, 1, 9, 2])), Duration::from_secs(3));
        assert_eq!(median(Vec::new()), Duration::ZERO);
        let [mean, least, largest] = spread(&[2.0, 8.0, 0.5]).unwrap_or_else(|| panic!("numbers"));
        assert!((mean - 2.0).abs() < 1e-12 && least == 0.5 && largest == 8.0);
        assert!(spread(&[]).is_none());
    }
}
