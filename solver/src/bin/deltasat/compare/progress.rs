//! Progress on stderr: one line that is redrawn on a terminal, a line for each finished file elsewhere.

use super::{Comparison, Row};
use std::io::{self, IsTerminal, Write};

/// Shows progress, or nothing.
pub(super) struct Progress {
    quiet: bool,
    terminal: bool,
    done: usize,
    files: usize,
}

impl Progress {
    /// Progress over so many files.
    pub(super) fn new(quiet: bool, files: usize) -> Progress {
        Progress { quiet, terminal: io::stderr().is_terminal(), done: 0, files }
    }

    /// Shows what is running.
    pub(super) fn show(&self, what: impl FnOnce() -> String) {
        if self.terminal && !self.quiet {
            // progress that cannot be shown is no reason to stop
            let _ = write!(io::stderr(), "\r\x1b[K{}/{}: {}", self.done, self.files, what());
        }
    }

    /// Counts a file, and says what came of it.
    pub(super) fn done(&mut self, comparison: &Comparison, row: &Row) {
        self.done += 1;
        if self.quiet || (self.terminal && !row.contradicts()) {
            return;
        }
        self.clear();
        let said = comparison.solvers.iter().enumerate().filter_map(|(i, solver)| {
            let cell = row.cell(i)?;
            Some(format!("{} {} {:.3} s", solver.name, cell.label, cell.wall.as_secs_f64()))
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let _ = writeln!(io::stderr(), "{}/{} {}: {said}", self.done, self.files, row.task.name);
    }

    /// Removes the line.
    pub(super) fn clear(&self) {
        if self.terminal && !self.quiet {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
