//! The rows of a table: answered by several threads and printed in order.
//!
//! The rows of a chunk are taken one by one by whichever thread is free; each writes its own text. Every row is answered
//! by itself, so the table does not depend on the number of threads.

use super::Failure;
use super::inputs::{Inputs, Row};
use super::options::Session;
use super::progress::Progress;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::report::model;
use quantproof::report::stream::Stream;
use std::io::Write;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many times its equal share of the time a row may take: most take far less.
const UNEVEN: usize = 4;
/// Rows that are answered before any of them is printed.
const CHUNK: usize = 1024;

/// A question that is asked about every row.
pub(super) trait Ask: Sync {
    /// The memory of one thread.
    type Scratch: Default + Send;
    /// What is found about a row.
    type Found: Send;

    /// Answers a row, within a budget.
    fn ask(&self, row: &Row, input: &[Rational], budget: &Budget, scratch: &mut Self::Scratch) -> Self::Found;

    /// A row as the table shows it.
    fn row(&self, row: &Row, input: &[Rational], found: &Self::Found) -> model::Row;
}

/// A row and what became of it.
struct Slot<F> {
    row: Row,
    found: Option<(F, model::Row)>,
    text: Vec<u8>,
}

/// What all threads share.
struct Shared<'a, A> {
    session: &'a Session,
    inputs: &'a Inputs,
    asked: &'a A,
    stream: &'a Stream,
    coordinates: usize,
    /// rows that were answered
    answered: AtomicU64,
}

/// Answers and prints all rows of inputs with so many coordinates, the titles first, and hands each to `add`. Says why it
/// ended early, if it did.
pub(super) fn run<A: Ask>(
    session: &Session,
    inputs: &Inputs,
    coordinates: usize,
    asked: &A,
    stream: &Stream,
    out: &mut dyn Write,
    mut add: impl FnMut(&Row, A::Found, model::Row),
) -> Result<Option<StopReason>, Failure> {
    let shared = Shared { session, inputs, asked, stream, coordinates, answered: AtomicU64::new(0) };
    stream.start(out)?;
    let mut progress = Progress::new(session);
    let mut scratches: Vec<A::Scratch> = (0..session.settings.jobs).map(|_| A::Scratch::default()).collect();
    let empty = || Mutex::new(Slot { row: Row::default(), found: None, text: Vec::new() });
    let mut slots: Vec<Mutex<Slot<A::Found>>> = (0..CHUNK).map(|_| empty()).collect();
    let mut rows = inputs.rows();
    let mut printed = 0u64;
    loop {
        let mut filled = 0;
        while filled < CHUNK && rows.next(&mut slots[filled].get_mut().unwrap_or_else(PoisonError::into_inner).row) {
            filled += 1;
        }
        if filled == 0 {
            return Ok(None);
        }
        shared.answer(&slots[..filled], &mut scratches);
        for slot in &mut slots[..filled] {
            let slot = slot.get_mut().unwrap_or_else(PoisonError::into_inner);
            let Some((found, shown)) = slot.found.take() else {
                return Ok(Some(session.stopped().unwrap_or(StopReason::Time)));
            };
            if stream.json {
                out.write_all(if printed == 0 { b"\n" } else { b",\n" })?;
            }
            out.write_all(&slot.text)?;
            add(&slot.row, found, shown);
            printed += 1;
        }
        progress.show(|| format!("{printed} of {} inputs", inputs.count));
    }
}

impl<A: Ask> Shared<'_, A> {
    /// Answers the rows of a chunk, one thread per scratch.
    fn answer(&self, slots: &[Mutex<Slot<A::Found>>], scratches: &mut [A::Scratch]) {
        let next = AtomicUsize::new(0);
        let work = |scratch: &mut A::Scratch| {
            while let Some(slot) = slots.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.answer_row(&mut slot.lock().unwrap_or_else(PoisonError::into_inner), scratch);
            }
        };
        let Some((own, others)) = scratches.split_first_mut() else { return };
        std::thread::scope(|scope| {
            for scratch in others {
                scope.spawn(|| work(scratch));
            }
            work(own);
        });
    }

    /// What a row may take: the time left over by those before it goes to those still to come.
    fn share(&self) -> Budget {
        let settings = &self.session.settings;
        let rows = self.inputs.count.saturating_sub(self.answered.load(Ordering::Relaxed));
        settings.budget.share(usize::try_from(rows).unwrap_or(usize::MAX).div_ceil(settings.jobs.max(1) * UNEVEN))
    }

    /// Answers one row, unless the time is up.
    fn answer_row(&self, slot: &mut Slot<A::Found>, scratch: &mut A::Scratch) {
        slot.found = None;
        slot.text.clear();
        if self.session.stopped().is_some() {
            return;
        }
        // the file was checked: every field is a number
        let values = (0..self.coordinates).map(|i| self.inputs.value(&slot.row, i));
        let Ok(input) = values.collect::<Result<Vec<_>, _>>() else { return };
        let found = self.asked.ask(&slot.row, &input, &self.share(), scratch);
        self.answered.fetch_add(1, Ordering::Relaxed);
        let shown = self.asked.row(&slot.row, &input, &found);
        slot.text = self.stream.row(&shown);
        slot.found = Some((found, shown));
    }
}
