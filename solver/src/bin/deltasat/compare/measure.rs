//! One run of one process: its output, its time, its memory, and a limit that holds.
//!
//! The process leads a group of its own, and the group is killed at the limit, and after the process ended: what it
//! started must not slow the next run down. A thread waits with `waitid(WNOWAIT)`, which notes the end to the microsecond
//! but leaves the dead process in the table, so its number, which is the group's, is no one else's when the group is
//! killed. Only then does `wait4` collect it, with the resources that it used (`getrusage` would mix all children).
//!
//! Time includes starting the program. Memory cannot be told apart below the peak of the starting process itself (some
//! megabytes), which the kernel carries over when a program is executed.

use super::answer::{self, End, Trial};
use super::files::printable;
use deltasat::budget::Stopwatch;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsString;
use std::io::{ErrorKind, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use wait4::Wait4;

/// The most output that is kept; the rest is read and dropped, so that no one waits for a full pipe.
const KEPT: usize = 16 << 20;
/// How often Ctrl-C is looked for.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the output of a dead process may take; only what escaped from the group can hold a pipe open.
const LINGER: Duration = Duration::from_secs(2);
/// The longest message that is kept, in characters.
const MESSAGE: usize = 300;

/// Runs a command with a limit; `None` after Ctrl-C.
pub(super) fn measure(words: &[OsString], limit: Duration, interrupt: &AtomicBool) -> Option<Trial> {
    let (program, arguments) = words.split_first()?;
    let started = Stopwatch::start();
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Some(not_started(&error.to_string(), started.elapsed())),
    };
    let output = child.stdout.take().map(collect);
    let errors = child.stderr.take().map(collect);
    let pid = Pid::from_child(&child);
    let (ended, end) = mpsc::channel();
    thread::spawn(move || {
        while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
        {
        }
        // the receiver lives until the end is known
        let _ = ended.send(started.elapsed());
    });

    let mut stopped = false;
    let wall = loop {
        let left = limit.saturating_sub(started.elapsed());
        match end.recv_timeout(left.min(PAUSE)) {
            Ok(wall) => break wall,
            Err(RecvTimeoutError::Disconnected) => break started.elapsed(),
            Err(RecvTimeoutError::Timeout) if interrupt.load(Ordering::Relaxed) => {
                kill(pid);
                // killed: it ends
                let _ = end.recv();
                let _ = child.wait();
                return None;
            }
            Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                kill(pid);
                stopped = true;
                break end.recv().unwrap_or_else(|_| started.elapsed());
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    };
    kill(pid);
    let used = match child.wait4() {
        Ok(used) => used,
        Err(error) => return Some(not_started(&format!("cannot be waited for: {error}"), wall)),
    };
    let [output, errors] = [output, errors].map(|output| output.map(Output::text).unwrap_or_default());
    let (answers, error) = answer::read(&output);
    let mut lines = errors.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = match lines.next() {
        // Python says what went wrong last
        Some(line) if line.starts_with("Traceback (most recent call last)") => lines.next_back().or(Some(line)),
        first => first,
    };
    let end = match (used.status.code(), used.status.signal()) {
        // what ended by itself in the instant before the kill is no timeout
        _ if stopped && wall >= limit => End::Timeout,
        (Some(code), _) => End::Exit(code),
        (None, signal) => End::Signal(signal.unwrap_or_default()),
    };
    Some(Trial {
        end,
        answers,
        message: error.or(first).map(shortened),
        wall,
        user: used.rusage.utime,
        system: used.rusage.stime,
        peak: used.rusage.maxrss,
    })
}

/// Kills a group; one that is empty but for its dead leader, or gone, has nothing left to kill.
fn kill(leader: Pid) {
    let _ = kill_process_group(leader, Signal::KILL);
}

/// What a pipe brought so far, and word when it has ended.
struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    done: Receiver<()>,
}

/// Reads a pipe to its end on a thread of its own.
fn collect(mut pipe: impl Read + Send + 'static) -> Output {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (ended, done) = mpsc::channel();
    let shared = Arc::clone(&kept);
    thread::spawn(move || {
        let mut chunk = vec![0; 1 << 16];
        loop {
            match pipe.read(&mut chunk) {
                Ok(n @ 1..) => {
                    let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = KEPT.saturating_sub(kept.len());
                    kept.extend_from_slice(&chunk[..n.min(room)]);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // what arrived before an error still counts
                Ok(0) | Err(_) => break,
            }
        }
        // nobody may be waiting any more
        let _ = ended.send(());
    });
    Output { kept, done }
}

impl Output {
    /// The text that arrived.
    fn text(self) -> String {
        let _ = self.done.recv_timeout(LINGER);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}

fn not_started(error: &str, wall: Duration) -> Trial {
    let message = Some(shortened(error));
    let none = Duration::ZERO;
    Trial { end: End::NotStarted, answers: Vec::new(), message, wall, user: none, system: none, peak: 0 }
}

fn shortened(text: &str) -> String {
    let text = printable(text);
    match text.char_indices().nth(MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
