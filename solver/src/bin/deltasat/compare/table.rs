//! The comparison as text: what only peers solved, a line for each file, findings, a line for each solver, a line for each
//! peer.

use super::check::Kind;
use super::summary::Cell;
use super::{Comparison, Row};
use std::fmt::Write;

/// How many errors of each solver are listed.
const ERRORS: usize = 10;

/// A table; the first column is aligned left, and so are the columns named in `left`.
struct Table {
    rows: Vec<Vec<String>>,
    left: Vec<usize>,
}

impl Table {
    fn write(&self, out: &mut String) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|text| text.chars().count()).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, (text, &width)) in row.iter().zip(&widths).enumerate() {
                let gap = if column == 0 { "" } else { "  " };
                let left = column == 0 || self.left.contains(&column);
                // writing to a string cannot fail
                let _ = if left { write!(line, "{gap}{text:<width$}") } else { write!(line, "{gap}{text:>width$}") };
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

/// Seconds, to the millisecond.
pub(super) fn seconds(cell: &Cell) -> String {
    format!("{:.3}", cell.wall.as_secs_f64())
}

/// Megabytes.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A ratio with three digits or so.
pub(super) fn ratio(x: f64) -> String {
    match x {
        x if x >= 99.95 => format!("{x:.0}"),
        x if x >= 9.995 => format!("{x:.1}"),
        x if x >= 0.0995 => format!("{x:.2}"),
        x => format!("{x:.2e}"),
    }
}

/// `1 file`, `2 files`.
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The whole report.
pub(super) fn text(comparison: &Comparison) -> String {
    let mut out = String::new();
    missed(comparison, &mut out);
    files(comparison, &mut out);
    out.push('\n');
    findings(comparison, &mut out);
    totals(comparison, &mut out);
    pairs(comparison, &mut out);
    out
}

/// What a peer alone solved, which is what a reader should know first.
fn missed(comparison: &Comparison, out: &mut String) {
    for peer in 1..comparison.solvers.len() {
        let lines: Vec<String> = missed_lines(comparison, peer).collect();
        if !lines.is_empty() {
            let _ = writeln!(out, "{}", missed_title(comparison, peer, lines.len()));
            lines.iter().for_each(|line| _ = writeln!(out, "  {line}"));
            out.push('\n');
        }
    }
}

/// The title of a peer's list.
pub(super) fn missed_title(comparison: &Comparison, peer: usize, files: usize) -> String {
    let (own, peer) = (&comparison.solvers[0].name, &comparison.solvers[peer].name);
    format!("solved by {peer} and not by {own}: {}", count(files, "file", "files"))
}

/// Its lines: the file, both answers, the peer's time.
pub(super) fn missed_lines(comparison: &Comparison, peer: usize) -> impl Iterator<Item = String> {
    let (own, name) = (&comparison.solvers[0].name, &comparison.solvers[peer].name);
    comparison.only_theirs(peer).map(move |(row, ours, theirs)| {
        format!("{}: {name} {} in {} s, {own} {}", row.task.name, theirs.label, seconds(&theirs), ours.label)
    })
}

/// What a line of a file is marked with.
pub(super) fn mark(row: &Row) -> &'static str {
    let has = |kind| row.findings.iter().any(|finding| finding.kind == kind);
    if has(Kind::Contradiction) {
        "!"
    } else if has(Kind::DeltaApart) {
        "δ"
    } else if has(Kind::Miss) {
        "m"
    } else {
        ""
    }
}

fn files(comparison: &Comparison, out: &mut String) {
    let (mut names, mut heads) = (vec![String::new(), String::new()], vec![String::new(), "file".to_owned()]);
    let mut left = vec![1];
    for (i, solver) in comparison.solvers.iter().enumerate() {
        left.push(names.len());
        names.extend([solver.name.clone(), String::new()]);
        heads.extend(["answer".to_owned(), "seconds".to_owned()]);
        if i > 0 {
            names.push(String::new());
            heads.push("ratio".to_owned());
        }
    }
    let mut rows = vec![names, heads];
    for row in &comparison.rows {
        let mut line = vec![mark(row).to_owned(), row.task.name.clone()];
        for i in 0..comparison.solvers.len() {
            match row.cell(i) {
                Some(cell) => line.extend([cell.label.clone(), seconds(&cell)]),
                None => line.extend(["-".to_owned(), String::new()]),
            }
            if i > 0 {
                line.push(row.ratio(i).map(ratio).unwrap_or_default());
            }
        }
        rows.push(line);
    }
    Table { rows, left }.write(out);
}

/// One sentence on what was found, which comes first wherever the comparison is shown.
pub(super) fn verdict(comparison: &Comparison) -> String {
    let files = count(comparison.rows.len(), "file", "files");
    let peers = comparison.solvers.len() - 1;
    match comparison.contradictions() {
        0 if peers == 0 => format!("no contradiction: {files}, without a peer"),
        0 => format!("no contradiction: {files}, {}", count(comparison.solvers.len(), "solver", "solvers")),
        n => format!("contradictions on {n} of {files}"),
    }
}

fn findings(comparison: &Comparison, out: &mut String) {
    if comparison.interrupted {
        let _ = writeln!(out, "interrupted: {} of {} files", comparison.rows.len(), comparison.files);
    }
    let _ = writeln!(out, "{}", verdict(comparison));
    for (kind, title) in [
        (Kind::Contradiction, ""),
        (Kind::DeltaApart, "δ apart, which is no contradiction: a smaller δ would tell"),
        (Kind::Miss, "missed: .expected has unsat"),
    ] {
        let mut first = true;
        for row in &comparison.rows {
            for finding in row.findings.iter().filter(|finding| finding.kind == kind) {
                if std::mem::take(&mut first) && !title.is_empty() {
                    let _ = writeln!(out, "{title}");
                }
                let text = finding.text(row.task.checks, &comparison.solvers);
                let _ = writeln!(out, "  {}: {text}", row.task.name);
            }
        }
    }
    errors(comparison, out);
    out.push('\n');
}

/// The errors, the first few of each solver.
fn errors(comparison: &Comparison, out: &mut String) {
    for (i, solver) in comparison.solvers.iter().enumerate() {
        let mut failed = comparison.errors(i).map(|(row, label, message)| {
            let message = message.map(|message| format!(": {message}")).unwrap_or_default();
            format!("  {}: {label}{message}", row.task.name)
        });
        let shown: Vec<String> = failed.by_ref().take(ERRORS).collect();
        if !shown.is_empty() {
            let _ = writeln!(out, "errors of {}", solver.name);
            shown.iter().for_each(|line| out.extend([line, "\n"]));
        }
        match failed.count() {
            0 => {}
            more => _ = writeln!(out, "  and {more} more (--csv and --json list all)"),
        }
    }
}

/// The heads of the columns about solvers.
pub(super) const TOTALS: [&str; 13] = [
    "solver", "solved", "of", "unsat", "sat", "δ-sat", "unknown", "timeout", "error", "wrong", "seconds", "cpu",
    "peak MB",
];

/// The columns about a solver.
pub(super) fn total(comparison: &Comparison, solver: usize) -> Vec<String> {
    let total = comparison.total(solver);
    let mut line = vec![comparison.solvers[solver].name.clone(), total.solved.to_string()];
    line.push(comparison.rows.len().to_string());
    line.extend(total.answers.map(|n| n.to_string()));
    line.extend([total.timeouts, total.errors].map(|n| n.to_string()));
    line.push(match total.disputed {
        0 => total.wrong.to_string(),
        disputed => format!("{} (+{disputed}?)", total.wrong),
    });
    line.extend([total.wall, total.cpu].map(|time| format!("{:.3}", time.as_secs_f64())));
    line.push(megabytes(total.peak));
    line
}

fn totals(comparison: &Comparison, out: &mut String) {
    let mut rows = vec![TOTALS.map(str::to_owned).to_vec()];
    rows.extend((0..comparison.solvers.len()).map(|solver| total(comparison, solver)));
    Table { rows, left: Vec::new() }.write(out);
}

/// The heads of the columns about peers.
pub(super) const PAIRS: [&str; 9] =
    ["peer", "both solved", "ratio", "least", "largest", "their seconds", "our seconds", "only they", "only we"];

/// The columns about every peer.
pub(super) fn pair_rows(comparison: &Comparison) -> Vec<Vec<String>> {
    let pairs = comparison.pairs().into_iter().map(|pair| {
        let mut line = vec![comparison.solvers[pair.peer].name.clone(), pair.files.to_string()];
        match pair.ratio {
            Some(spread) => line.extend(spread.map(ratio)),
            None => line.extend(["-", "-", "-"].map(str::to_owned)),
        }
        line.extend([pair.theirs, pair.ours].map(|time| format!("{:.3}", time.as_secs_f64())));
        line.extend([pair.only_theirs, pair.only_ours].map(|n| n.to_string()));
        line
    });
    pairs.collect()
}

fn pairs(comparison: &Comparison, out: &mut String) {
    let pairs = pair_rows(comparison);
    if pairs.is_empty() {
        return;
    }
    let own = &comparison.solvers[0].name;
    let _ = writeln!(out, "\na peer's time by that of {own}, geometric mean over the files that both solved");
    let mut rows = vec![PAIRS.map(str::to_owned).to_vec()];
    rows.extend(pairs);
    Table { rows, left: Vec::new() }.write(out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_have_three_digits() {
        let texts = [1234.5, 99.99, 12.345, 1.0, 0.5, 0.0123].map(ratio);
        assert_eq!(texts, ["1234", "100", "12.3", "1.00", "0.50", "1.23e-2"]);
    }
}
