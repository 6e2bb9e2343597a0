//! The table of `quantproof local --inputs`.

use super::inputs::{Inputs, Row};
use super::options::Session;
use super::page::Pictures;
use super::rows::{self, Ask};
use super::{Failure, Status};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use deltasat::search::StopReason;
use quantproof::question::Subject;
use quantproof::report::html::Reproduce;
use quantproof::report::model;
use quantproof::report::stream::{Kept, Stream};
use quantproof::report::table::{Summary, point, row, stream};
use quantproof::report::value::Members;
use quantproof::robustness::Finding;
use quantproof::robustness::local::{Local, Scratch};
use std::io::Write;

/// The question that every row is asked.
struct Question<'a> {
    subject: &'a Subject<'a>,
    inputs: &'a Inputs,
    local: Local<'a>,
    stream: &'a Stream,
}

/// Answers and prints all rows.
pub(super) fn run(
    session: &Session,
    subject: &Subject<'_>,
    (inputs, part): (Inputs, Members),
    (pictures, reproduce): (&Pictures, Reproduce),
    out: &mut dyn Write,
) -> Result<Status, Failure> {
    let mut settings = session.settings.clone();
    settings.jobs = 1;
    let mut stream = stream(subject, session.json, inputs.last_line, &inputs.widths);
    stream.asked = stream.asked.and(part);
    let inputs = &inputs;
    let local = Local::new(subject.network, subject.perturbation, settings).without_witnesses();
    let question = Question { subject, inputs, local, stream: &stream };
    let mut summary = Summary { inputs: inputs.count, ..Summary::default() };
    let mut kept = Kept::default();
    let coordinates = subject.network.input().count();
    summary.stop = rows::run(session, inputs, coordinates, &question, &stream, out, |row, finding, shown| {
        summary.add(row.line, &finding, subject.delta);
        if pictures.wanted() {
            kept.add(shown, point(row.line, &inputs.point(row, coordinates), finding.class_change));
        }
    })?;
    summary.seconds = session.started.seconds();
    let report = summary.report(subject, &stream, &kept);
    let written = pictures.write(&report, reproduce);
    stream.end(&report, out)?;
    written?;
    let cut = summary.stop.is_some() || summary.timeout > 0;
    if cut && session.stopped() == Some(StopReason::Interrupted) {
        return Ok(Status::Interrupted);
    }
    Ok(Status::of(report.outcome, StopReason::Complete))
}

impl Ask for Question<'_> {
    type Scratch = Scratch;
    type Found = Finding;

    fn ask(&self, _: &Row, input: &[Rational], budget: &Budget, scratch: &mut Scratch) -> Finding {
        scratch.budget = Some(budget.clone());
        self.subject.aim.at(&self.local, input, scratch, &mut ())
    }

    fn row(&self, at: &Row, input: &[Rational], finding: &Finding) -> model::Row {
        let fields: Vec<&str> = (0..input.len()).map(|i| self.inputs.field(at, i)).collect();
        row(self.subject, self.stream, at.line, &fields, input, finding)
    }
}
