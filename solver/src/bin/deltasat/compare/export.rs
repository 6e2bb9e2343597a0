//! Every run as CSV, and everything as JSON, for other programs.
//!
//! The CSV has a line for each run:
//! `file,checks,status,expected,solver,repeat,outcome,answers,exit,signal,wall_seconds,user_seconds,system_seconds,peak_bytes,message`;
//! several answers are separated by `; `. The JSON object holds the same and the findings and totals:
//!
//! ```json
//! {"schema": 1, "version": "0.1.0", "delta": "0.001", "timeout_seconds": 60.0, "repeat": 1, "interrupted": false,
//!  "contradictions": 0, "system": {"os": "linux", "arch": "x86_64", "threads": 2},
//!  "solvers": [{"name": "deltasat", "command": "…", "solved": 1, "unsat": 1, "sat": 0, "delta_sat": 0, "unknown": 0,
//!    "timeouts": 0, "errors": 0, "wrong": 0, "disputed": 0, "wall_seconds": 0.01, "cpu_seconds": 0.01, "peak_bytes": 1}],
//!  "pairs": [{"peer": "z3", "both_solved": 1, "ratio": {"geometric_mean": 2.0, "least": 2.0, "largest": 2.0},
//!    "peer_seconds": 0.02, "own_seconds": 0.01, "only_peer": 0, "only_own": 0}],
//!  "files": [{"file": "a.smt2", "checks": 1, "status": ["unsat"], "expected": [], "findings": [{"kind": "delta-apart",
//!    "check": 1, "unsat": ["z3"], "other": ["deltasat"], "wrong": [], "disputed": [], "text": "…"}], "runs": [
//!    {"solver": "deltasat", "repeat": 1, "outcome": "solved", "answers": ["unsat"], "exit": 0, "signal": null,
//!     "wall_seconds": 0.01, "user_seconds": 0.01, "system_seconds": 0.0, "peak_bytes": 1, "message": null}]}]}
//! ```

use super::answer::{End, Trial, Verdict};
use super::{Comparison, Row};
use crate::json::{number, string};
use std::fmt::Write;
use std::time::Duration;

/// The runs of a row with their solver and number, in the order in which they ran.
fn runs(row: &Row) -> impl Iterator<Item = (usize, usize, &Trial)> {
    let repeats = row.trials.iter().map(Vec::len).max().unwrap_or(0);
    let at = move |(repeat, solver): (usize, usize)| Some((solver, repeat, row.trials[solver].get(repeat)?));
    (0..repeats).flat_map(move |repeat| (0..row.trials.len()).map(move |solver| (repeat, solver))).filter_map(at)
}

fn exit(trial: &Trial) -> [Option<i32>; 2] {
    match trial.end {
        End::Exit(status) => [Some(status), None],
        End::Signal(signal) => [None, Some(signal)],
        End::Timeout | End::NotStarted => [None, None],
    }
}

fn status(row: &Row) -> impl Iterator<Item = &'static str> {
    row.task.status.iter().map(|status| status.as_ref().map_or("unknown", Verdict::word))
}

/// The runs as CSV (RFC 4180, with plain line ends).
pub(super) fn csv(comparison: &Comparison) -> String {
    let mut out = "file,checks,status,expected,solver,repeat,outcome,answers,exit,signal,wall_seconds,user_seconds,\
                   system_seconds,peak_bytes,message\n"
        .to_owned();
    let verdicts = |verdicts: &[Verdict]| verdicts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    for row in &comparison.rows {
        for (solver, repeat, trial) in runs(row) {
            let [code, signal] = exit(trial).map(|n| n.map(|n| n.to_string()).unwrap_or_default());
            let fields = [
                row.task.name.clone(),
                row.task.checks.to_string(),
                status(row).collect::<Vec<_>>().join("; "),
                verdicts(&row.task.expected),
                comparison.solvers[solver].name.clone(),
                (repeat + 1).to_string(),
                trial.outcome(row.task.checks).word().to_owned(),
                verdicts(&trial.answers),
                code,
                signal,
                trial.wall.as_secs_f64().to_string(),
                trial.user.as_secs_f64().to_string(),
                trial.system.as_secs_f64().to_string(),
                trial.peak.to_string(),
                trial.message.clone().unwrap_or_default(),
            ];
            out.push_str(&fields.map(|field| quoted(&field)).join(","));
            out.push('\n');
        }
    }
    out
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

fn time(time: Duration) -> String {
    number(time.as_secs_f64())
}

/// Everything as one JSON object.
pub(super) fn json(comparison: &Comparison) -> String {
    let threads = std::thread::available_parallelism().map_or("null".to_owned(), |n| n.to_string());
    let mut out = format!(
        "{{\"schema\": 1, \"version\": {}, \"delta\": {}, \"timeout_seconds\": {}, \"repeat\": {}, \"interrupted\": {}, \
         \"contradictions\": {}, \"system\": {{\"os\": {}, \"arch\": {}, \"threads\": {threads}}},\n\"solvers\": ",
        string(env!("CARGO_PKG_VERSION")),
        string(&comparison.delta),
        time(comparison.timeout),
        comparison.repeat,
        comparison.interrupted,
        comparison.contradictions(),
        string(std::env::consts::OS),
        string(std::env::consts::ARCH),
    );
    out.push_str(&list((0..comparison.solvers.len()).map(|solver| total(comparison, solver))));
    out.push_str(",\n\"pairs\": ");
    out.push_str(&list(comparison.pairs().iter().map(|pair| {
        let ratio = pair.ratio.map_or("null".to_owned(), |spread| {
            let [mean, least, largest] = spread.map(number);
            format!("{{\"geometric_mean\": {mean}, \"least\": {least}, \"largest\": {largest}}}")
        });
        format!(
            "{{\"peer\": {}, \"both_solved\": {}, \"ratio\": {ratio}, \"peer_seconds\": {}, \"own_seconds\": {}, \
             \"only_peer\": {}, \"only_own\": {}}}",
            string(&comparison.solvers[pair.peer].name),
            pair.files,
            time(pair.theirs),
            time(pair.ours),
            pair.only_theirs,
            pair.only_ours
        )
    })));
    out.push_str(",\n\"files\": [");
    for (i, row) in comparison.rows.iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        out.push_str(&file(comparison, row));
    }
    out.push_str("]}\n");
    out
}

fn total(comparison: &Comparison, solver: usize) -> String {
    let total = comparison.total(solver);
    let [unsat, sat, delta_sat, unknown] = total.answers;
    format!(
        "{{\"name\": {}, \"command\": {}, \"solved\": {}, \"unsat\": {unsat}, \"sat\": {sat}, \"delta_sat\": {delta_sat}, \
         \"unknown\": {unknown}, \"timeouts\": {}, \"errors\": {}, \"wrong\": {}, \"disputed\": {}, \"wall_seconds\": {}, \
         \"cpu_seconds\": {}, \"peak_bytes\": {}}}",
        string(&comparison.solvers[solver].name),
        string(&comparison.solvers[solver].line()),
        total.solved,
        total.timeouts,
        total.errors,
        total.wrong,
        total.disputed,
        time(total.wall),
        time(total.cpu),
        total.peak
    )
}

fn file(comparison: &Comparison, row: &Row) -> String {
    let names = |solvers: &[usize]| list(solvers.iter().map(|&solver| string(&comparison.solvers[solver].name)));
    let findings = row.findings.iter().map(|finding| {
        format!(
            "{{\"kind\": {}, \"check\": {}, \"unsat\": {}, \"other\": {}, \"wrong\": {}, \"disputed\": {}, \"text\": {}}}",
            string(finding.kind.word()),
            finding.check + 1,
            list(finding.unsat.iter().map(|name| string(name))),
            list(finding.other.iter().map(|name| string(name))),
            names(&finding.wrong),
            names(&finding.disputed),
            string(&finding.text(row.task.checks, &comparison.solvers))
        )
    });
    let mut out = format!(
        "{{\"file\": {}, \"checks\": {}, \"status\": {}, \"expected\": {}, \"findings\": {}, \"runs\": [",
        string(&row.task.name),
        row.task.checks,
        list(status(row).map(string)),
        list(row.task.expected.iter().map(|verdict| string(&verdict.to_string()))),
        list(findings)
    );
    for (i, (solver, repeat, trial)) in runs(row).enumerate() {
        let [code, signal] = exit(trial).map(|n| n.map_or("null".to_owned(), |n| n.to_string()));
        // writing to a string cannot fail
        let _ = write!(
            out,
            "{}{{\"solver\": {}, \"repeat\": {}, \"outcome\": {}, \"answers\": {}, \"exit\": {code}, \"signal\": {signal}, \
             \"wall_seconds\": {}, \"user_seconds\": {}, \"system_seconds\": {}, \"peak_bytes\": {}, \"message\": {}}}",
            if i == 0 { "" } else { ", " },
            string(&comparison.solvers[solver].name),
            repeat + 1,
            string(trial.outcome(row.task.checks).word()),
            list(trial.answers.iter().map(|verdict| string(&verdict.to_string()))),
            time(trial.wall),
            time(trial.user),
            time(trial.system),
            trial.peak,
            trial.message.as_deref().map_or("null".to_owned(), string)
        );
    }
    out.push_str("]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        assert_eq!(["a b", "a,b", "a\"b", "a\nb"].map(quoted), ["a b", "\"a,b\"", "\"a\"\"b\"", "\"a\nb\""]);
    }
}
