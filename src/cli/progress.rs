//! Progress on stderr: the bounds closing in, a few lines a second at most.

use super::options::Session;
use deltasat::search::{Event, Observer};
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// The least time between two lines.
const PAUSE: Duration = Duration::from_millis(200);

/// Shows progress, or nothing.
pub(super) struct Progress {
    shows: bool,
    terminal: bool,
    /// whether a line of progress is on the terminal
    dirty: bool,
    last: Instant,
    /// what the search is for, when there are several
    pub(super) label: String,
}

impl Progress {
    /// Progress as the options want it.
    pub(super) fn new(session: &Session) -> Progress {
        let terminal = io::stderr().is_terminal();
        Progress {
            shows: !session.quiet && (terminal || session.progress),
            terminal,
            dirty: false,
            last: Instant::now(),
            label: String::new(),
        }
    }

    /// Shows a line, unless the last one is too recent; it is only made when it is shown.
    pub(super) fn show(&mut self, line: impl FnOnce() -> String) {
        if !self.shows || self.last.elapsed() < PAUSE {
            return;
        }
        self.last = Instant::now();
        self.dirty = true;
        let (start, end) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        // progress that cannot be shown is no reason to stop
        let _ = write!(io::stderr(), "{start}{}{}{end}", self.label, line());
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { lower, upper, boxes, open } = *event {
            self.show(|| format!("[{lower:.6}, {upper:.6}], {boxes} boxes examined, {open} open"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.dirty && self.terminal {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
