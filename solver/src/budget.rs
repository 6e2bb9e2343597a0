//! What is left of time, memory and patience, and the only clock.
//!
//! A [`Budget`] is handed down to everything that loops. Its limits are absolute: a loop asks whether to go on
//! ([`Budget::stopped`], [`Budget::expired`], or the cheap [`Budget::step`] where a turn takes less than a microsecond),
//! and gives a part of what is left to what it calls ([`Budget::share`]). A limit that was reached stays reached.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Why a computation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// the question is answered
    Complete,
    /// the time limit
    Time,
    /// the limit on boxes
    Boxes,
    /// the limit on memory
    Memory,
    /// the interrupt flag
    Interrupted,
    /// boxes were left that cannot be split any further (doubles are too coarse) and do not meet the δ-test
    Unsplittable,
}

impl StopReason {
    /// How it is said of work that ended early.
    pub fn words(self) -> &'static str {
        match self {
            StopReason::Complete => "complete",
            StopReason::Time => "out of time",
            StopReason::Boxes => "out of boxes",
            StopReason::Memory => "out of memory",
            StopReason::Interrupted => "interrupted",
            StopReason::Unsplittable => "too close to call",
        }
    }
}

/// Every so many steps the limits are looked at.
const STEPS: u32 = 256;
/// What the program itself, with its threads and tables, may come to need.
const OWN: usize = 16 << 20;
/// The least time between two looks at the memory in use, which costs a system call.
const PAUSE: Duration = Duration::from_millis(5);

/// What limits a computation. A clone has the same limits; each limit that is added leaves the stricter one.
#[derive(Default)]
pub struct Budget {
    deadline: Option<Instant>,
    boxes: Option<u64>,
    memory: Option<usize>,
    gauge: Option<Gauge>,
    interrupt: Option<Arc<AtomicBool>>,
    /// looks that are left before an interrupt
    looks: Option<Arc<AtomicU64>>,
    steps: AtomicU32,
    /// the limit that was reached: `Interrupted`, `Time` or `Memory` as 1, 2, 3
    reached: AtomicU8,
}

/// Tells how many bytes the process uses.
#[derive(Clone)]
struct Gauge {
    bytes: fn() -> Option<usize>,
    /// what was in use when the limit was set
    before: usize,
    since: Stopwatch,
    /// nanoseconds after `since` at which it may be read again
    next: Arc<AtomicU64>,
}

impl Budget {
    /// No limit at all.
    pub fn unlimited() -> Self {
        Budget::default()
    }

    /// At most so much time from now on.
    #[must_use]
    pub fn with_time(mut self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        self.deadline = own.into_iter().chain(self.deadline).min();
        self
    }

    /// At most so many boxes in each search.
    #[must_use]
    pub fn with_boxes(mut self, limit: u64) -> Self {
        self.boxes = Some(self.boxes.map_or(limit, |boxes| boxes.min(limit)));
        self
    }

    /// At most so many bytes held by open boxes.
    #[must_use]
    pub fn with_memory(mut self, limit: usize) -> Self {
        self.memory = Some(self.memory.map_or(limit, |memory| memory.min(limit)));
        self
    }

    /// Counts as well what the process takes beyond what it has now and what a program needs anyway, as `bytes` tells it.
    #[must_use]
    pub fn with_gauge(mut self, bytes: fn() -> Option<usize>) -> Self {
        let before = bytes().unwrap_or_default().saturating_add(OWN);
        self.gauge = Some(Gauge { bytes, before, since: Stopwatch::start(), next: Arc::default() });
        self
    }

    /// Stops once the flag is set from outside (Ctrl-C, another thread).
    #[must_use]
    pub fn with_interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.interrupt = Some(flag);
        self
    }

    /// Interrupts at a look at the limits that is counted, by this budget and all that come from it: an interrupt at the same
    /// place of a computation every time, where a single thread does it.
    #[must_use]
    pub fn interrupted_after(mut self, looks: u64) -> Self {
        self.looks = Some(Arc::new(AtomicU64::new(looks)));
        self
    }

    /// An equal part of the time that is left, for the next of so many that are still to come; all else as it is.
    #[must_use]
    pub fn share(&self, parts: usize) -> Self {
        let mut share = self.clone();
        if let Some(deadline) = share.deadline.filter(|_| parts > 1) {
            let now = Instant::now();
            let left = deadline.saturating_duration_since(now);
            share.deadline = Some(now + left / u32::try_from(parts).unwrap_or(u32::MAX));
        }
        share
    }

    /// What is left after so many boxes.
    #[must_use]
    pub fn less_boxes(&self, used: u64) -> Self {
        Budget { boxes: self.boxes.map(|limit| limit.saturating_sub(used)), ..self.clone() }
    }

    /// The limit on boxes.
    pub fn boxes(&self) -> Option<u64> {
        self.boxes
    }

    /// The time that is left.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The limit that is reached: an interrupt, on time or on memory in use.
    pub fn stopped(&self) -> Option<StopReason> {
        if let Some(reason) = self.reached() {
            return Some(reason);
        }
        let code = if self.is_interrupted() {
            1
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            2
        } else if self.memory.is_some_and(|limit| self.gauge.as_ref().is_some_and(|gauge| gauge.exceeds(limit))) {
            3
        } else {
            return None;
        };
        self.reached.store(code, Ordering::Relaxed);
        self.reached()
    }

    /// The limit that is reached by a search that examined so many boxes and whose open ones hold so many bytes.
    pub fn stops(&self, boxes: u64, bytes: usize) -> Option<StopReason> {
        let reason =
            if self.boxes.is_some_and(|limit| boxes >= limit) { StopReason::Boxes } else { StopReason::Memory };
        let over = reason == StopReason::Boxes || self.memory.is_some_and(|limit| bytes > limit);
        self.stopped().or_else(|| over.then_some(reason))
    }

    /// Whether a limit is reached.
    pub fn expired(&self) -> bool {
        self.stopped().is_some()
    }

    /// Counts a step of a loop, and looks at the limits every now and then; whether to leave the loop. Once a step says so,
    /// every later one does.
    pub fn step(&self) -> bool {
        // threads that share a budget may lose counts, and look later
        let steps = self.steps.load(Ordering::Relaxed) + 1;
        self.steps.store(steps % STEPS, Ordering::Relaxed);
        if steps < STEPS { self.reached().is_some() } else { self.expired() }
    }

    fn reached(&self) -> Option<StopReason> {
        match self.reached.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(StopReason::Interrupted),
            2 => Some(StopReason::Time),
            _ => Some(StopReason::Memory),
        }
    }

    fn is_interrupted(&self) -> bool {
        let counted = |looks: &AtomicU64| {
            looks.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_err()
        };
        self.interrupt.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
            || self.looks.as_deref().is_some_and(counted)
    }
}

impl Clone for Budget {
    fn clone(&self) -> Self {
        Budget {
            deadline: self.deadline,
            boxes: self.boxes,
            memory: self.memory,
            gauge: self.gauge.clone(),
            interrupt: self.interrupt.clone(),
            looks: self.looks.clone(),
            steps: AtomicU32::new(0),
            reached: AtomicU8::new(self.reached.load(Ordering::Relaxed)),
        }
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Budget");
        fields.field("time_left", &self.time_left()).field("boxes", &self.boxes).field("memory", &self.memory);
        fields.field("reached", &self.reached()).finish_non_exhaustive()
    }
}

impl Gauge {
    fn exceeds(&self, limit: usize) -> bool {
        let now = self.since.elapsed();
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if nanos(now) < self.next.load(Ordering::Relaxed) {
            return false;
        }
        self.next.store(nanos(now + PAUSE), Ordering::Relaxed);
        (self.bytes)().is_some_and(|bytes| bytes.saturating_sub(self.before) > limit)
    }
}

/// Measures time.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts at zero.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    /// The seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.elapsed().as_secs_f64()
    }

    /// Whether `pause` has passed; if so, starts anew.
    pub fn lap(&mut self, pause: Duration) -> bool {
        let passed = self.elapsed() >= pause;
        if passed {
            *self = Stopwatch::start();
        }
        passed
    }
}

/// The bytes of physical memory that the process uses, where the system tells.
pub fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim_end().parse::<usize>().ok()?.checked_mul(1 << 10)
}

/// A number of bytes as people write it: `500000`, `512M`, `2G` (binary multiples).
///
/// # Errors
/// What was expected, where the text is none.
pub fn bytes(text: &str) -> Result<usize, String> {
    let (digits, factor) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1usize),
    };
    let number: Option<usize> = digits.parse().ok();
    number.and_then(|n| n.checked_mul(factor)).ok_or_else(|| "expected a number of bytes such as 512M".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_as_people_write_them() {
        assert_eq!(bytes("500000"), Ok(500_000));
        assert_eq!(bytes("2M"), Ok(2 << 20));
        assert!(["", "M", "-1", "99999999999999G", "é"].iter().all(|text| bytes(text).is_err()));
    }

    #[test]
    fn what_is_reached_stays_reached_and_says_which() {
        let flag = Arc::new(AtomicBool::new(false));
        let budget = Budget::unlimited().with_interrupt(Arc::clone(&flag));
        assert_eq!((budget.stopped(), budget.share(3).stopped()), (None, None));
        flag.store(true, Ordering::Relaxed);
        assert_eq!(
            (budget.stopped(), budget.share(3).stopped()),
            (Some(StopReason::Interrupted), Some(StopReason::Interrupted))
        );
        flag.store(false, Ordering::Relaxed);
        assert_eq!(budget.clone().stopped(), Some(StopReason::Interrupted));
        let late = Budget::unlimited().with_time(Duration::ZERO).with_time(Duration::MAX);
        assert_eq!((late.stopped(), late.time_left()), (Some(StopReason::Time), Some(Duration::ZERO)));
    }

    #[test]
    fn a_share_is_an_equal_part_of_what_is_left() {
        let budget = Budget::unlimited().with_time(Duration::from_secs(1000));
        let left = budget.share(4).time_left().unwrap();
        assert!(left <= Duration::from_secs(250) && left > Duration::from_secs(200), "{left:?}");
        assert!(Budget::unlimited().share(4).time_left().is_none());
    }

    #[test]
    fn steps_look_now_and_then_and_counted_looks_interrupt() {
        let budget = Budget::unlimited().interrupted_after(2);
        let until = (1..).find(|_| budget.step()).unwrap();
        assert_eq!(until, 3 * STEPS);
        assert!(budget.step() && budget.expired());
        let whole = Budget::unlimited().interrupted_after(2);
        assert_eq!([whole.clone(), whole.share(2), whole].map(|budget| budget.expired()), [false, false, true]);
    }

    #[test]
    fn boxes_and_memory() {
        let budget = Budget::unlimited().with_boxes(10).with_boxes(20).with_memory(100);
        assert_eq!([budget.stops(9, 100), budget.stops(10, 0)], [None, Some(StopReason::Boxes)]);
        assert_eq!(
            [budget.stops(0, 101), budget.less_boxes(7).stops(3, 0)],
            [StopReason::Memory, StopReason::Boxes].map(Some)
        );
        let held = Budget::unlimited().with_gauge(|| Some(50)).with_memory(10);
        assert_eq!(held.stopped(), None, "what was there before does not count");
        static FIRST: AtomicBool = AtomicBool::new(true);
        let grown = || Some(if FIRST.swap(false, Ordering::Relaxed) { 50 } else { 61 + OWN });
        let growing = Budget::unlimited().with_gauge(grown).with_memory(10);
        assert_eq!(growing.stopped(), Some(StopReason::Memory));
    }
}
