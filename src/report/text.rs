//! Lines of text that several reports share.

use super::Subject;
use super::finding;
use super::number::double;
use super::words::{count, parameter};
use crate::robustness::witness::{Moved, Witness};
use deltasat::search::Statistics;
use std::io::{self, Write};

pub(super) use super::words::unanswered;

/// Moved parameters that are listed; JSON lists all.
const LISTED: usize = 3;

pub(super) fn line(out: &mut dyn Write, name: &str, value: &str) -> io::Result<()> {
    writeln!(out, "  {name:<12}  {value}")
}

/// The witness: how much moves, what that does, and the first few parameters.
pub(super) fn witness(subject: &Subject<'_>, witness: &Witness, out: &mut dyn Write) -> io::Result<()> {
    finding::witness(subject, witness).text(out)
}

/// The first few parameters that moved.
pub(super) fn moves(moved: &[Moved], out: &mut dyn Write) -> io::Result<()> {
    for step in moved.iter().take(LISTED) {
        writeln!(out, "    {}: {} -> {}", parameter(step.layer, step.parameter), double(step.from), double(step.to))?;
    }
    if moved.len() > LISTED {
        writeln!(out, "    and {} more (--json lists all)", moved.len() - LISTED)?;
    }
    Ok(())
}

/// What it cost; the only line that differs from one run to the next.
pub(super) fn effort(statistics: &Statistics, out: &mut dyn Write) -> io::Result<()> {
    let boxes = count(statistics.boxes, "box", "boxes");
    line(out, "search", &format!("{boxes} in {:.4} s", statistics.seconds))
}
