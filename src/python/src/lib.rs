//! The native half of the Python package `quantproof`: commands run inside Python.
//!
//! A question is a command of the program `quantproof` whose answer is JSON, so that Python gives the same answers in the same
//! words as the command. It runs on a thread of its own without the interpreter's lock, while the calling thread waits for it,
//! passes its progress on and looks for Ctrl-C.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use quantproof::cli::{self, Host, Listener};
use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long Ctrl-C may wait until it is noticed.
const PATIENCE: Duration = Duration::from_millis(25);

/// As much as the main thread of a process has.
const STACK: usize = 8 << 20;

/// Exit code, stdout, what is wrong, and what was raised meanwhile.
type Answer<Out> = (u8, Out, Option<String>, Option<PyErr>);

/// What the working thread tells.
enum Message {
    Progress(String),
    Done(u8, Vec<u8>, Option<String>),
}

/// Runs a command: `(exit code, stdout, what is wrong, what was raised meanwhile)`. `progress` is given a line now and then;
/// whatever it raises ends the command, as Ctrl-C does, and what was found by then is in the answer.
#[pyfunction]
#[pyo3(signature = (arguments, input=Vec::new(), progress=None))]
fn run<'py>(
    py: Python<'py>,
    arguments: Vec<OsString>,
    input: Vec<u8>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Answer<Bound<'py, PyBytes>>> {
    let interrupt = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupt);
    let (sender, receiver) = channel();
    // the lock makes it shareable, which releasing the interpreter's lock asks for; nobody else takes it
    let receiver = Mutex::new(receiver);
    let listens = progress.is_some();
    let work = move || {
        let lines = sender.clone();
        // nobody listens any more only when the answer is not wanted either
        let tell = move |line: &str| _ = lines.send(Message::Progress(line.to_owned()));
        let progress = listens.then(|| Box::new(tell) as Listener);
        let mut out = Vec::new();
        let arguments: Vec<OsString> = [OsString::from("quantproof")].into_iter().chain(arguments).collect();
        let (code, wrong) = cli::run_within(&arguments, Host { interrupt: flag, input, progress }, &mut out);
        let _ = sender.send(Message::Done(code, out, wrong));
    };
    let thread = std::thread::Builder::new().name("quantproof".into()).stack_size(STACK).spawn(work);
    let thread = thread.map_err(|error| PyRuntimeError::new_err(format!("no thread to work on: {error}")))?;
    let (code, out, wrong, raised) = wait(py, &receiver, &interrupt, progress.as_ref())?;
    let _ = py.detach(|| thread.join());
    Ok((code, PyBytes::new(py, &out), wrong, raised))
}

/// Waits for the answer; on Ctrl-C, or when the callback raises, asks the command to end and keeps what it says then.
fn wait(
    py: Python<'_>,
    receiver: &Mutex<Receiver<Message>>,
    interrupt: &AtomicBool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Answer<Vec<u8>>> {
    let mut raised = None;
    loop {
        let next = || match receiver.lock() {
            Ok(receiver) => receiver.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let outcome = match py.detach(next) {
            Ok(Message::Done(code, out, wrong)) => return Ok((code, out, wrong, raised)),
            Ok(Message::Progress(line)) => progress.map_or(Ok(()), |callback| callback.call1((line,)).map(|_| ())),
            Err(RecvTimeoutError::Timeout) => py.check_signals(),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the command ended without an answer"));
            }
        };
        if let Err(error) = outcome {
            interrupt.store(true, Ordering::Relaxed);
            raised.get_or_insert(error);
        }
    }
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(run, module)?)
}
