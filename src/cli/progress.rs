//! Progress on stderr: the bounds closing in, a few lines a second at most, and on a terminal a bar.

use super::host;
use super::options::Session;
use deltasat::budget::Stopwatch;
use deltasat::search::{Event, Observer};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// The least time between two lines.
const PAUSE: Duration = Duration::from_millis(200);
/// Characters of the bar.
const WIDTH: usize = 20;

/// Shows progress, or nothing.
pub(super) struct Progress {
    shows: bool,
    /// whether lines go to a host
    hosted: bool,
    terminal: bool,
    /// whether a line of progress is on the terminal
    dirty: bool,
    last: Stopwatch,
    /// what the search is for, when there are several
    pub(super) label: String,
    /// the gap that is aimed at
    delta: f64,
    /// the first gap of the search that the label names
    widest: Option<(String, f64)>,
}

impl Progress {
    /// Progress as the options want it.
    pub(super) fn new(session: &Session) -> Progress {
        let hosted = host::listens();
        let terminal = hosted.is_none() && io::stderr().is_terminal();
        Progress {
            shows: hosted.unwrap_or(!session.quiet && (terminal || session.progress)),
            hosted: hosted.is_some(),
            terminal,
            dirty: false,
            last: Stopwatch::start(),
            label: String::new(),
            delta: session.settings.delta,
            widest: None,
        }
    }

    /// How far the bounds have closed in, as a bar; empty off a terminal, and until both bounds are finite.
    fn bar(&mut self, lower: f64, upper: f64) -> String {
        let gap = upper - lower;
        if !self.terminal || !gap.is_finite() {
            return String::new();
        }
        let widest = match &self.widest {
            Some((label, widest)) if *label == self.label => *widest,
            _ => {
                self.widest = Some((self.label.clone(), gap));
                gap
            }
        };
        drawn(closed(widest, gap, self.delta))
    }

    /// Shows a line, unless the last one is too recent; it is only made when it is shown.
    pub(super) fn show(&mut self, line: impl FnOnce() -> String) {
        if !self.shows || !self.last.lap(PAUSE) {
            return;
        }
        if self.hosted {
            host::tell(&format!("{}{}", self.label, line()));
            return;
        }
        self.dirty = true;
        let (start, end) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        // progress that cannot be shown is no reason to stop
        let _ = write!(io::stderr(), "{start}{}{}{end}", self.label, line());
    }
}

impl Observer for Progress {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { lower, upper, boxes, open } = *event {
            let bar = self.bar(lower, upper);
            self.show(|| format!("{bar}[{lower:.6}, {upper:.6}], {boxes} boxes examined, {open} open"));
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

/// Which part of the way from the widest gap to the one aimed at is done, counted in halvings, for so goes the work.
fn closed(widest: f64, gap: f64, delta: f64) -> f64 {
    let whole = (widest / delta).ln();
    if gap <= delta || whole <= 0.0 { 1.0 } else { ((widest / gap).ln() / whole).clamp(0.0, 1.0) }
}

fn drawn(part: f64) -> String {
    let full = (part * WIDTH as f64) as usize;
    format!("{}{} {:>3.0} %  ", "█".repeat(full), "░".repeat(WIDTH - full), 100.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_counts_halvings() {
        assert_eq!([closed(1.0, 1.0, 0.001), closed(1.0, 0.001, 0.001), closed(1.0, 0.0, 0.001)], [0.0, 1.0, 1.0]);
        assert!((closed(1.0, 0.001f64.sqrt(), 0.001) - 0.5).abs() < 1e-12);
        // a gap that is close enough at once, and one that grows since another class is worse
        assert_eq!([closed(1e-9, 1e-9, 0.001), closed(0.5, 0.7, 0.001)], [1.0, 0.0]);
        assert_eq!(drawn(0.5), "██████████░░░░░░░░░░  50 %  ");
        assert_eq!(drawn(1.0).chars().filter(|c| *c == '█').count(), WIDTH);
    }
}
