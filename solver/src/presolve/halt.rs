//! When to stop early: the limits on time and the interrupt flag, asked from loops that are short and many.

use crate::search::{Limits, StopReason};
use std::cell::Cell;
use std::time::Instant;

/// Every so many steps the clock is read.
const STEPS: u32 = 256;

/// Watches the limits of a run that began some time ago. Once a step was told to stop, every other one is.
#[derive(Debug)]
pub struct Halt {
    limits: Limits,
    started: Instant,
    steps: Cell<u32>,
    stopped: Cell<Option<StopReason>>,
}

impl Halt {
    /// Time began to run at `started`. Limits on boxes and memory play no part.
    pub fn new(limits: Limits, started: Instant) -> Self {
        Halt { limits, started, steps: Cell::new(0), stopped: Cell::new(None) }
    }

    /// The limit that is reached now.
    pub fn reason(&self) -> Option<StopReason> {
        if self.limits.interrupted() {
            Some(StopReason::Interrupted)
        } else {
            self.limits.time.is_some_and(|limit| self.started.elapsed() >= limit).then_some(StopReason::Time)
        }
    }

    /// Counts a step of a loop; whether to leave the loop.
    pub(crate) fn step(&self) -> bool {
        let steps = self.steps.get() + 1;
        self.steps.set(steps % STEPS);
        if steps == STEPS && self.stopped.get().is_none() {
            self.stopped.set(self.reason());
        }
        self.stopped.get().is_some()
    }

    /// The limit that a step was stopped by.
    pub(crate) fn stopped(&self) -> Option<StopReason> {
        self.stopped.get()
    }
}
