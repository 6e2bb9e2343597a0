//! The table of `quantproof local --inputs`: rows are answered by several threads and printed in order.
//!
//! The rows of a chunk are taken one by one by whichever thread is free; each writes its own text. Every row is answered
//! by itself, so the table does not depend on the number of threads.

use super::inputs::{Inputs, Row};
use super::local::ask;
use super::options::Session;
use super::page::Pictures;
use super::progress::Progress;
use super::{Failure, Status};
use deltasat::search::StopReason;
use quantproof::report::Subject;
use quantproof::report::html::Reproduce;
use quantproof::report::html::rows::Rows;
use quantproof::report::table::{Layout, Summary, json_row};
use quantproof::robustness::Finding;
use quantproof::robustness::local::{Local, Scratch};
use std::cell::RefCell;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Rows that are answered before any of them is printed.
const CHUNK: usize = 1024;

/// A row and what became of it.
#[derive(Default)]
struct Slot {
    row: Row,
    finding: Option<Finding>,
    text: Vec<u8>,
}

/// What all threads share.
struct Shared<'a> {
    session: &'a Session,
    subject: &'a Subject<'a>,
    inputs: &'a Inputs,
    local: Local<'a>,
    layout: Layout,
}

/// Answers and prints all rows.
pub(super) fn run(
    session: &Session,
    subject: &Subject<'_>,
    inputs: &Inputs,
    (pictures, reproduce): (&Pictures, Reproduce),
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    let mut settings = session.settings.clone();
    let jobs = std::mem::replace(&mut settings.jobs, 1);
    let shared = Shared {
        session,
        subject,
        inputs,
        local: Local::new(subject.network, subject.perturbation, settings).without_witnesses(),
        layout: Layout::new(subject, inputs.last_line, &inputs.widths),
    };
    let mut summary = Summary { inputs: inputs.count, ..Summary::default() };
    if session.json {
        Summary::json_start(subject, out)?;
    } else {
        out.write_all(shared.layout.header(subject).as_bytes())?;
    }
    let page = RefCell::new(Rows::default());
    let mut progress = Progress::new(session);
    let mut scratches: Vec<Scratch> = (0..jobs).map(|_| Scratch::default()).collect();
    let mut slots: Vec<Mutex<Slot>> = (0..CHUNK).map(|_| Mutex::default()).collect();
    let mut rows = inputs.rows();
    while summary.stop.is_none() {
        let mut filled = 0;
        while filled < CHUNK && rows.next(&mut slots[filled].get_mut().unwrap_or_else(PoisonError::into_inner).row) {
            filled += 1;
        }
        if filled == 0 {
            break;
        }
        shared.answer(&slots[..filled], &mut scratches);
        for slot in &mut slots[..filled] {
            let slot = slot.get_mut().unwrap_or_else(PoisonError::into_inner);
            let Some(finding) = &slot.finding else {
                summary.stop = Some(session.stopped().unwrap_or(StopReason::Time));
                break;
            };
            if session.json {
                out.write_all(if summary.rows == 0 { b"\n" } else { b",\n" })?;
            }
            out.write_all(&slot.text)?;
            summary.add(slot.row.line, finding);
            if pictures.wanted() {
                let fields: Vec<&str> = (0..inputs.widths.len()).map(|i| inputs.field(&slot.row, i)).collect();
                // the file was checked: every field is a number
                let values = (0..fields.len()).filter_map(|i| inputs.value(&slot.row, i).ok());
                page.borrow_mut().add(slot.row.line, &fields, &values.collect::<Vec<_>>(), finding);
            }
        }
        progress.show(|| format!("{} of {} inputs", summary.rows, summary.inputs));
    }
    drop(progress);
    summary.seconds = session.started.elapsed().as_secs_f64();
    let written =
        pictures.write(|| page.borrow_mut().page(subject, &summary, reproduce), || page.borrow_mut().map(subject));
    if session.json {
        summary.json_end(subject, out)?;
    } else {
        summary.text(subject, out)?;
    }
    written?;
    let interrupted = session.stopped() == Some(StopReason::Interrupted);
    let cut = summary.stop.is_some() || summary.timeout > 0;
    if cut && interrupted {
        return Ok(Status::Interrupted);
    }
    Ok(Status::of(summary.outcome(subject), StopReason::Complete))
}

impl Shared<'_> {
    /// Answers the rows of a chunk, one thread per scratch.
    fn answer(&self, slots: &[Mutex<Slot>], scratches: &mut [Scratch]) {
        let next = AtomicUsize::new(0);
        let work = |scratch: &mut Scratch| {
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

    /// Answers one row, unless the time is up.
    fn answer_row(&self, slot: &mut Slot, scratch: &mut Scratch) {
        slot.finding = None;
        slot.text.clear();
        if self.session.stopped().is_some() {
            return;
        }
        let count = self.subject.network.input().count();
        // the file was checked: every field is a number
        let values = (0..count).map(|i| self.inputs.value(&slot.row, i));
        let Ok(input) = values.collect::<Result<Vec<_>, _>>() else { return };
        let finding = ask(&self.local, &self.subject.aim, &input, scratch, &mut ());
        if self.session.json {
            // writing to memory cannot fail
            let _ = json_row(self.subject, slot.row.line, &input, &finding, &mut slot.text);
        } else {
            let fields: Vec<&str> = (0..count).map(|i| self.inputs.field(&slot.row, i)).collect();
            let mut text = String::from_utf8(std::mem::take(&mut slot.text)).unwrap_or_default();
            self.layout.row(self.subject, slot.row.line, &fields, &finding, &mut text);
            slot.text = text.into_bytes();
        }
        slot.finding = Some(finding);
    }
}
