//! Who contradicts whom, and whether δ excuses it.
//!
//! `unsat` says that nothing satisfies the formula, `sat` that something does: one of them is wrong. `delta-sat` says that
//! something satisfies the formula weakened by δ, which is true of every satisfiable formula and of some others, so it
//! contradicts neither; beside an `unsat` it is listed, since a smaller δ would tell. A `.expected` file is read as dReal
//! reads its own: where it says `delta-sat`, `unsat` is as good; where it says `unsat`, `delta-sat` is a miss, no error.

use super::answer::{Trial, Verdict};
use super::command::Solver;
use super::files::Task;

/// What is notable about the answers to a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// an `unsat` and a `sat`
    Contradiction,
    /// an `unsat` and a `delta-sat`
    DeltaApart,
    /// a `delta-sat` where the `.expected` file has `unsat`
    Miss,
}

impl Kind {
    /// The name in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Contradiction => "contradiction",
            Kind::DeltaApart => "delta-apart",
            Kind::Miss => "miss",
        }
    }
}

/// Something notable about the answers to one check.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    /// what it is
    pub(super) kind: Kind,
    /// which check, from 0
    pub(super) check: usize,
    /// whose `unsat`: solvers, `:status`, `.expected`
    pub(super) unsat: Vec<String>,
    /// whose `sat`, or `delta-sat`
    pub(super) other: Vec<String>,
    /// the solvers that a source of truth contradicts
    pub(super) wrong: Vec<usize>,
    /// the solvers that contradict each other where no source of truth speaks
    pub(super) disputed: Vec<usize>,
}

impl Finding {
    /// Who said what, without the file's name.
    pub(super) fn text(&self, checks: usize, solvers: &[Solver]) -> String {
        let place = if checks > 1 { format!("check {}: ", self.check + 1) } else { String::new() };
        let other = if self.kind == Kind::Contradiction { "sat" } else { "delta-sat" };
        let mut text = format!("{place}unsat by {}, {other} by {}", self.unsat.join(" and "), self.other.join(" and "));
        if !self.wrong.is_empty() {
            let names: Vec<&str> = self.wrong.iter().map(|&solver| solvers[solver].name.as_str()).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            text.push_str(&format!(": {} {verb} wrong", names.join(" and ")));
        }
        text
    }
}

/// What the solvers say in one check: those with an `unsat`, a `sat`, a `delta-sat` in any of their runs.
struct Said {
    unsat: Vec<usize>,
    sat: Vec<usize>,
    delta_sat: Vec<usize>,
}

/// All that is notable about a file; `trials` has the runs of each solver.
pub(super) fn findings(solvers: &[Solver], task: &Task, trials: &[Vec<Trial>]) -> Vec<Finding> {
    let answered = trials.iter().flatten().map(|trial| trial.answers.len()).max().unwrap_or(0);
    (0..answered).flat_map(|check| finding(solvers, task, trials, check)).collect()
}

fn finding(solvers: &[Solver], task: &Task, trials: &[Vec<Trial>], check: usize) -> Vec<Finding> {
    let who = |said: fn(&Verdict) -> bool| -> Vec<usize> {
        let says = |runs: &[Trial]| runs.iter().any(|run| run.answers.get(check).is_some_and(said));
        (0..trials.len()).filter(|&solver| says(&trials[solver])).collect()
    };
    let said = Said {
        unsat: who(|verdict| *verdict == Verdict::Unsat),
        sat: who(|verdict| *verdict == Verdict::Sat),
        delta_sat: who(|verdict| matches!(verdict, Verdict::DeltaSat(_))),
    };
    let status = task.status.get(check).cloned().flatten();
    let expected = task.expected.get(check).cloned();
    let names = |who: &[usize], verdict: &Verdict, status: Option<&Verdict>, expected: Option<&Verdict>| {
        let mut names: Vec<String> = who.iter().map(|&solver| solvers[solver].name.clone()).collect();
        names.extend((status == Some(verdict)).then(|| ":status".to_owned()));
        names.extend((expected == Some(verdict)).then(|| ".expected".to_owned()));
        names
    };
    let unsat = names(&said.unsat, &Verdict::Unsat, status.as_ref(), expected.as_ref());
    let sat = names(&said.sat, &Verdict::Sat, status.as_ref(), expected.as_ref());
    let mut findings = Vec::new();
    // a quarrel between the file and what is beside it is not the solvers'
    let involved = !said.unsat.is_empty() || !said.sat.is_empty();
    if involved && !unsat.is_empty() && !sat.is_empty() {
        // `:status` is part of the benchmark; a file beside it may be someone's output
        let truth = status.clone().or(expected.clone());
        let (wrong, disputed) = match truth {
            Some(Verdict::Unsat) => (said.sat.clone(), Vec::new()),
            Some(Verdict::Sat) => (said.unsat.clone(), Vec::new()),
            _ => (Vec::new(), [said.unsat.as_slice(), &said.sat].concat()),
        };
        findings.push(Finding { kind: Kind::Contradiction, check, unsat, other: sat, wrong, disputed });
    }
    if !said.delta_sat.is_empty() {
        let other = names(&said.delta_sat, &Verdict::Unknown, None, None);
        let kind = if said.unsat.is_empty() && status != Some(Verdict::Unsat) { Kind::Miss } else { Kind::DeltaApart };
        let unsat = names(&said.unsat, &Verdict::Unsat, status.as_ref(), expected.as_ref());
        if !unsat.is_empty() {
            findings.push(Finding { kind, check, unsat, other, wrong: Vec::new(), disputed: Vec::new() });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::answer::{self, End};
    use super::*;
    use std::time::Duration;

    /// The findings for one check: `runs` has the output of each run of each solver.
    fn judge(runs: &[&[&str]], status: Option<Verdict>, expected: &str) -> Vec<(Kind, Vec<usize>, Vec<usize>, String)> {
        let solvers: Vec<Solver> = ["a", "b", "c"]
            .iter()
            .map(|name| Solver::parse(&format!("{name}=x {{file}}")).unwrap_or_else(|error| panic!("{error}")))
            .collect();
        let (path, none) = (std::path::PathBuf::from("f"), Duration::ZERO);
        let expected = answer::read(expected).0;
        let task = Task { path, name: "f".to_owned(), checks: 1, status: vec![status], expected };
        let trial = |output: &&str| Trial {
            end: End::Exit(0),
            answers: answer::read(output).0,
            message: None,
            wall: none,
            user: none,
            system: none,
            peak: 0,
        };
        let trials: Vec<Vec<Trial>> = runs.iter().map(|runs| runs.iter().map(trial).collect()).collect();
        let found = findings(&solvers, &task, &trials);
        found.into_iter().map(|f| (f.kind, f.wrong.clone(), f.disputed.clone(), f.text(1, &solvers))).collect()
    }

    #[test]
    fn only_unsat_and_sat_contradict() {
        let delta = "delta-sat with delta = 0.001";
        for (one, other) in [("sat", "sat"), ("sat", delta), ("unsat", "unknown"), ("unsat", ""), (delta, delta)] {
            assert!(judge(&[&[one], &[other]], None, "").is_empty(), "{one} {other}");
        }
        let (kind, wrong, disputed, text) = judge(&[&["unsat"], &["sat"], &[delta]], None, "").remove(0);
        assert_eq!((kind, wrong, disputed), (Kind::Contradiction, vec![], vec![0, 1]));
        assert_eq!(text, "unsat by a, sat by b");
        let found = judge(&[&["unsat"], &[delta]], None, "");
        assert_eq!((found[0].0, found.len()), (Kind::DeltaApart, 1));
        let found = judge(&[&["unsat", "sat"]], None, "");
        assert_eq!((found[0].0, &found[0].3[..]), (Kind::Contradiction, "unsat by a, sat by a"));
    }

    #[test]
    fn the_status_tells_who_is_wrong() {
        let (kind, wrong, disputed, text) = judge(&[&["unsat"], &["sat"]], Some(Verdict::Sat), "").remove(0);
        assert_eq!((kind, wrong, disputed), (Kind::Contradiction, vec![0], vec![]));
        assert_eq!(text, "unsat by a, sat by b and :status: a is wrong");
        let (_, wrong, _, _) = judge(&[&["sat"], &["sat"]], Some(Verdict::Unsat), "").remove(0);
        assert_eq!(wrong, [0, 1]);
        assert!(judge(&[&["unknown"]], Some(Verdict::Unsat), "sat").is_empty(), "a file's own quarrel is not ours");
        assert_eq!(judge(&[&["delta-sat"]], Some(Verdict::Unsat), "")[0].0, Kind::DeltaApart);
        assert!(judge(&[&["delta-sat"]], Some(Verdict::Sat), "").is_empty());
    }

    #[test]
    fn an_expected_file_is_read_as_dreal_reads_it() {
        assert!(judge(&[&["unsat"], &["delta-sat"]], None, "delta-sat with delta = 0.001").len() == 1);
        assert!(judge(&[&["unsat"]], None, "delta-sat with delta = 0.001").is_empty());
        assert_eq!(judge(&[&["delta-sat"]], None, "unsat")[0].0, Kind::Miss);
        let (kind, wrong, ..) = judge(&[&["sat"]], None, "unsat").remove(0);
        assert_eq!((kind, wrong), (Kind::Contradiction, vec![0]));
        let (kind, wrong, ..) = judge(&[&["unsat"]], None, "sat").remove(0);
        assert_eq!((kind, wrong), (Kind::Contradiction, vec![0]));
    }
}
