//! Executing a script while Python stays responsive.

use deltasat::budget::{self, Budget};
use deltasat::exact::Rational;
use deltasat::search::{Event, Observer};
use deltasat::smtlib::{Answer, ModelValue, Reply, Script, Session, Settings, Source, Verdict, dr};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long Ctrl-C may wait until it is noticed.
const PATIENCE: Duration = Duration::from_millis(25);

/// A script's nesting is read on stacks of its own; this is for everything else.
const STACK: usize = 16 << 20;

/// What the searching thread tells.
enum Message {
    Progress(f64, f64, u64, usize),
    Done(Result<Vec<Reply>, String>),
}

struct Teller {
    sender: Sender<Message>,
    tells: bool,
}

impl Observer for Teller {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Progress { lower, upper, boxes, open } = *event
            && self.tells
        {
            // nobody listens any more only when the answer is not wanted either
            let _ = self.sender.send(Message::Progress(lower, upper, boxes, open));
        }
    }
}

/// Executes a script: `(replies, interrupted)`. A reply is `(text, answer)`. `progress(lower, upper, boxes, open)` is
/// called between batches of boxes; whatever it raises ends the search.
#[pyfunction]
#[pyo3(signature = (text, *, dr=false, precision=None, jobs=1, time_limit=None, memory_limit=None, polytope=None, presolve=None, seed=None, progress=None))]
#[allow(clippy::too_many_arguments)]
pub(crate) fn run<'py>(
    py: Python<'py>,
    text: String,
    dr: bool,
    precision: Option<Rational>,
    jobs: usize,
    time_limit: Option<f64>,
    memory_limit: Option<usize>,
    polytope: Option<bool>,
    presolve: Option<bool>,
    seed: Option<u64>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyList>, Option<PyErr>)> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let mut budget = Budget::unlimited().with_interrupt(Arc::clone(&interrupt));
    if let Some(seconds) = time_limit {
        let limit = Duration::try_from_secs_f64(seconds);
        budget = budget.with_time(limit.map_err(|_| PyValueError::new_err("time_limit: expected seconds from 0"))?);
    }
    if let Some(bytes) = memory_limit {
        budget = budget.with_memory(bytes).with_gauge(budget::resident);
    }
    let mut settings = Settings { budget, ..Settings::default() };
    settings.jobs.set(jobs.max(1), Source::Code);
    if let Some(precision) = precision {
        // what a script sets itself is in the script; a given precision outranks it
        let checked = settings.set_option("precision", &precision.to_string(), Source::Code);
        checked.map_err(PyValueError::new_err)?;
    }
    if let Some(polytope) = polytope {
        settings.polytope.set(polytope, Source::Code);
    }
    if let Some(presolve) = presolve {
        settings.presolve.set(presolve, Source::Code);
    }
    if let Some(seed) = seed {
        settings.random_seed.set(seed, Source::Code);
    }
    let (sender, receiver) = channel();
    // the lock makes it shareable, which releasing the interpreter's lock asks for; nobody else takes it
    let receiver = Mutex::new(receiver);
    let teller = Teller { sender: sender.clone(), tells: progress.is_some() };
    let work = move || {
        let done = execute(&text, dr, settings, teller);
        let _ = sender.send(Message::Done(done));
    };
    let thread = std::thread::Builder::new().name("deltasat".into()).stack_size(STACK).spawn(work);
    let thread = thread.map_err(|error| PyRuntimeError::new_err(format!("no thread to search on: {error}")))?;
    let (done, raised) = wait(py, &receiver, &interrupt, progress.as_ref())?;
    let _ = py.detach(|| thread.join());
    let replies = done.map_err(PyValueError::new_err)?;
    let list = PyList::empty(py);
    for reply in replies {
        let answer = reply.answer.as_ref().map(|answer| to_python(py, answer)).transpose()?;
        list.append((reply.text, answer))?;
    }
    Ok((list, raised))
}

type Done = Result<Vec<Reply>, String>;

/// Waits for the answer; on Ctrl-C, or when the callback raises, asks the search to end and keeps what it says then.
fn wait(
    py: Python<'_>,
    receiver: &Mutex<Receiver<Message>>,
    interrupt: &AtomicBool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Done, Option<PyErr>)> {
    let mut raised = None;
    loop {
        let next = || match receiver.lock() {
            Ok(receiver) => receiver.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        match py.detach(next) {
            Ok(Message::Done(done)) => return Ok((done, raised)),
            Ok(Message::Progress(lower, upper, boxes, open)) => {
                if let (Some(callback), None) = (progress, &raised)
                    && let Err(error) = callback.call1((lower, upper, boxes, open))
                {
                    interrupt.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if raised.is_none()
                    && let Err(error) = py.check_signals()
                {
                    interrupt.store(true, Ordering::Relaxed);
                    raised = Some(error);
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the search ended without an answer"));
            }
        }
    }
}

fn execute(text: &str, is_dr: bool, settings: Settings, mut teller: Teller) -> Done {
    let mut session = Session::new(settings);
    if is_dr {
        let located = |error: deltasat::smtlib::ScriptError| {
            let (line, column) = error.position(text);
            format!("line {line} column {column}: {error}")
        };
        dr::read(text, &mut session).map_err(located)?;
        return Ok(vec![session.check_sat(&mut teller)?]);
    }
    let mut script = Script::new(text);
    let mut replies = Vec::new();
    loop {
        match session.step(&mut script, &mut teller) {
            Ok(Some(reply)) => replies.push(reply),
            Ok(None) => return Ok(replies),
            Err(error) => {
                let (line, column) = error.position(text);
                return Err(format!("line {line} column {column}: {error}"));
            }
        }
    }
}

fn to_python<'py>(py: Python<'py>, answer: &Answer) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    let (word, exact, reason) = match answer.verdict {
        Verdict::Unsat => ("unsat", true, None),
        Verdict::DeltaSat { exact } => ("delta-sat", exact, None),
        Verdict::Unknown(reason) => ("unknown", false, Some((reason.word(), reason.sentence()))),
    };
    result.set_item("verdict", word)?;
    result.set_item("exact", exact)?;
    result.set_item("reason", reason)?;
    result.set_item("precision", &answer.precision)?;
    let model = PyList::empty(py);
    for entry in &answer.model {
        match &entry.value {
            ModelValue::Bool(value) => model.append((&entry.name, entry.sort, value, entry.within))?,
            ModelValue::Integer(x) | ModelValue::Number(x) => {
                model.append((&entry.name, entry.sort, x.clone(), entry.within))?;
            }
        }
    }
    result.set_item("model", model)?;
    let minimum = answer.minimum.as_ref().map(|m| (m.maximised, m.lower.clone(), m.upper.clone(), m.exact));
    result.set_item("minimum", minimum)?;
    let s = &answer.statistics;
    result.set_item("statistics", (s.boxes, s.splits, s.refuted, s.depth, s.seconds))?;
    Ok(result)
}
