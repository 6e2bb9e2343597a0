//! What a solver said: one reading of the output for all solvers.
//!
//! A line that is `sat`, `unsat`, `unknown` or dReal's `delta-sat with delta = …` is the answer to the next check; other
//! lines (models, echoes) are passed over. The first `(error …)` ends the reading: z3 goes on behind one without the
//! assertion that it did not understand, and what it says then is about another problem.

use std::fmt;
use std::time::Duration;

/// The answer to one check.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    /// nothing satisfies the formula
    Unsat,
    /// something satisfies the formula itself
    Sat,
    /// something satisfies the formula weakened by δ, as it was printed
    DeltaSat(Option<String>),
    /// neither
    Unknown,
}

impl Verdict {
    /// The answer in a line, if it is one.
    fn read(line: &str) -> Option<Verdict> {
        match line {
            "unsat" => Some(Verdict::Unsat),
            "sat" => Some(Verdict::Sat),
            // z3 and others print `timeout` where a limit of their own ends the check
            "unknown" | "timeout" => Some(Verdict::Unknown),
            "delta-sat" => Some(Verdict::DeltaSat(None)),
            _ => {
                let delta = line.strip_prefix("delta-sat with delta =")?.trim();
                Some(Verdict::DeltaSat(Some(delta.to_owned()).filter(|delta| !delta.is_empty())))
            }
        }
    }

    /// One word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Verdict::Unsat => "unsat",
            Verdict::Sat => "sat",
            Verdict::DeltaSat(_) => "delta-sat",
            Verdict::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::DeltaSat(Some(delta)) => write!(f, "delta-sat with delta = {delta}"),
            other => f.write_str(other.word()),
        }
    }
}

/// The answers in a solver's output, and the error that ended them.
pub(super) fn read(output: &str) -> (Vec<Verdict>, Option<&str>) {
    let mut answers = Vec::new();
    for line in output.lines().map(str::trim) {
        if line.starts_with("(error") {
            return (answers, Some(line));
        }
        answers.extend(Verdict::read(line));
    }
    (answers, None)
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// by itself, with this exit status
    Exit(i32),
    /// by a signal that was not ours
    Signal(i32),
    /// killed at the limit
    Timeout,
    /// it could not be started
    NotStarted,
}

/// What a run amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// every check has an answer, and none is `unknown`
    Solved,
    /// every check has an answer
    Unknown,
    /// killed at the limit
    Timeout,
    /// anything else
    Error,
}

impl Outcome {
    /// One word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Solved => "solved",
            Outcome::Unknown => "unknown",
            Outcome::Timeout => "timeout",
            Outcome::Error => "error",
        }
    }
}

/// One run of one solver on one file.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    /// how it ended
    pub(super) end: End,
    /// what it said
    pub(super) answers: Vec<Verdict>,
    /// the first error on stdout, else the first line of stderr (of a Python traceback the last)
    pub(super) message: Option<String>,
    /// from start to end
    pub(super) wall: Duration,
    /// processor time in the program, with that of its children that it waited for
    pub(super) user: Duration,
    /// processor time in the system, likewise
    pub(super) system: Duration,
    /// the most memory that it held, in bytes; of the largest child if that is more
    pub(super) peak: u64,
}

impl Trial {
    /// What the run amounts to on a file with so many checks.
    ///
    /// A failing exit status after the last answer does not undo it: z3 fails where a script asks for the model behind
    /// `unsat`. A crash does, and so does an answer too many: no one can say what it answers.
    pub(super) fn outcome(&self, checks: usize) -> Outcome {
        match self.end {
            End::Timeout => Outcome::Timeout,
            End::Signal(_) | End::NotStarted => Outcome::Error,
            End::Exit(_) if self.answers.is_empty() || self.answers.len() != checks => Outcome::Error,
            End::Exit(_) if self.answers.contains(&Verdict::Unknown) => Outcome::Unknown,
            End::Exit(_) => Outcome::Solved,
        }
    }

    /// The outcome in a few words.
    pub(super) fn label(&self, checks: usize) -> String {
        match (self.outcome(checks), self.end) {
            (Outcome::Timeout, _) => "timeout".to_owned(),
            (Outcome::Error, End::NotStarted) => "not started".to_owned(),
            (Outcome::Error, End::Signal(signal)) => format!("signal {signal}"),
            (Outcome::Error, End::Exit(status)) if status != 0 => format!("error {status}"),
            (Outcome::Error, _) if self.message.is_some() => "error".to_owned(),
            (Outcome::Error, _) if self.answers.is_empty() => "no answer".to_owned(),
            (Outcome::Error, _) => {
                let (given, noun) = (self.answers.len(), if checks == 1 { "check" } else { "checks" });
                format!("{given} for {checks} {noun}")
            }
            _ => tally(&self.answers),
        }
    }
}

/// One answer as it is, several by their number.
pub(super) fn tally(answers: &[Verdict]) -> String {
    if let [one] = answers {
        return one.word().to_owned();
    }
    let words = ["unsat", "sat", "delta-sat", "unknown"];
    let counts = words.map(|word| (answers.iter().filter(|answer| answer.word() == word).count(), word));
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    counts.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(end: End, output: &str) -> Trial {
        let (answers, message) = read(output);
        let (none, message) = (Duration::ZERO, message.map(str::to_owned));
        Trial { end, answers, message, wall: none, user: none, system: none, peak: 0 }
    }

    #[test]
    fn answers_are_lines() {
        let (answers, error) = read(" unsat\r\ndelta-sat with delta = 0.001\nx : [1, 2]\nsatisfied\ndelta-sat\n");
        let delta = Verdict::DeltaSat(Some("0.001".to_owned()));
        assert_eq!((answers, error), (vec![Verdict::Unsat, delta, Verdict::DeltaSat(None)], None));
        let (answers, error) = read("unknown\n(error \"line 2: sin?\")\nsat\n");
        assert_eq!((answers, error), (vec![Verdict::Unknown], Some("(error \"line 2: sin?\")")));
        assert_eq!(read("\u{0}\u{fffd}\nunsat?\nis sat\n").0, []);
    }

    #[test]
    fn outcomes_and_labels() {
        let case = |end, output, checks| {
            let trial = trial(end, output);
            (trial.outcome(checks), trial.label(checks))
        };
        let is = |outcome, label: &str| (outcome, label.to_owned());
        assert_eq!(case(End::Exit(0), "unsat", 1), is(Outcome::Solved, "unsat"));
        assert_eq!(case(End::Exit(1), "unsat\n(error \"no model\")", 1), is(Outcome::Solved, "unsat"));
        assert_eq!(case(End::Exit(1), "(error \"sin\")\nsat", 1), is(Outcome::Error, "error 1"));
        assert_eq!(case(End::Exit(0), "(error \"sin\")\nsat", 1), is(Outcome::Error, "error"));
        assert_eq!(case(End::Exit(0), "sat\nunsat\nsat", 3), is(Outcome::Solved, "1 unsat, 2 sat"));
        assert_eq!(case(End::Exit(0), "sat\nunknown", 2), is(Outcome::Unknown, "1 sat, 1 unknown"));
        assert_eq!(case(End::Exit(0), "sat", 2), is(Outcome::Error, "1 for 2 checks"));
        assert_eq!(case(End::Exit(0), "sat\nunsat", 1), is(Outcome::Error, "2 for 1 check"));
        assert_eq!(case(End::Exit(0), "", 0), is(Outcome::Error, "no answer"));
        assert_eq!(case(End::Signal(11), "unsat", 1), is(Outcome::Error, "signal 11"));
        assert_eq!(case(End::Timeout, "unsat", 1), is(Outcome::Timeout, "timeout"));
        assert_eq!(case(End::NotStarted, "", 1), is(Outcome::Error, "not started"));
    }
}
