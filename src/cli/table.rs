//! The table of `quantproof local --inputs`.

use super::inputs::{Inputs, Row};
use super::local::ask;
use super::options::Session;
use super::page::Pictures;
use super::rows::{self, Ask};
use super::{Failure, Status};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::report::Subject;
use quantproof::report::html::Reproduce;
use quantproof::report::html::rows::Rows;
use quantproof::report::table::{Layout, Summary, json_row};
use quantproof::robustness::Finding;
use quantproof::robustness::local::{Local, Scratch};
use std::cell::RefCell;
use std::io::Write;

/// The question that every row is asked.
struct Question<'a> {
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
    settings.jobs = 1;
    let question = Question {
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
        out.write_all(question.layout.header(subject).as_bytes())?;
    }
    let page = RefCell::new(Rows::new(subject.delta));
    let coordinates = subject.network.input().count();
    summary.stop = rows::run(session, inputs, coordinates, &question, out, |row, finding| {
        summary.add(row.line, finding, subject.delta);
        if pictures.wanted() {
            let fields: Vec<&str> = (0..coordinates).map(|i| inputs.field(row, i)).collect();
            // the file was checked: every field is a number
            let values = (0..coordinates).filter_map(|i| inputs.value(row, i).ok());
            page.borrow_mut().add(row.line, &fields, &values.collect::<Vec<_>>(), finding);
        }
    })?;
    summary.seconds = session.started.seconds();
    let written =
        pictures.write(|| page.borrow_mut().page(subject, &summary, reproduce), || page.borrow_mut().map(subject));
    if session.json {
        summary.json_end(subject, out)?;
    } else {
        summary.text(subject, out)?;
    }
    written?;
    let cut = summary.stop.is_some() || summary.timeout > 0;
    if cut && session.stopped() == Some(StopReason::Interrupted) {
        return Ok(Status::Interrupted);
    }
    Ok(Status::of(summary.outcome(subject), StopReason::Complete))
}

impl Ask for Question<'_> {
    type Scratch = Scratch;
    type Found = Finding;

    fn ask(&self, _: &Row, input: &[Rational], budget: &Budget, scratch: &mut Scratch) -> Finding {
        scratch.budget = Some(budget.clone());
        ask(&self.local, &self.subject.aim, input, scratch, &mut ())
    }

    fn write(&self, row: &Row, input: &[Rational], finding: &Finding, text: &mut Vec<u8>) {
        if self.session.json {
            // writing to memory cannot fail
            let _ = json_row(self.subject, row.line, input, finding, text);
            return;
        }
        let fields: Vec<&str> = (0..input.len()).map(|i| self.inputs.field(row, i)).collect();
        let mut line = String::from_utf8(std::mem::take(text)).unwrap_or_default();
        self.layout.row(self.subject, row.line, &fields, finding, &mut line);
        *text = line.into_bytes();
    }
}
