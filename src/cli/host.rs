//! What a command finds around it when it is no process of its own: somebody who may interrupt it, hears of its progress
//! and gives it its standard input.
//!
//! A host belongs to the thread on which its command runs: the command asks for these things where a process would ask the
//! system, and nothing in between passes them on.

use std::cell::RefCell;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Is given lines of progress.
pub type Listener = Box<dyn FnMut(&str)>;

/// What a program that runs a command provides for it.
pub struct Host {
    /// set to true, it asks the command to stop and say what it has found
    pub interrupt: Arc<AtomicBool>,
    /// what `-` stands for as the name of a file of inputs
    pub input: Vec<u8>,
    /// is given a line now and then on how far the command is
    pub progress: Option<Listener>,
}

thread_local! {
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
    static ARGUMENTS: RefCell<Vec<OsString>> = const { RefCell::new(Vec::new()) };
}

/// Runs a command with its arguments inside a host.
pub(super) fn within<T>(host: Host, arguments: &[OsString], command: impl FnOnce() -> T) -> T {
    /// Takes the host away even when the command panics.
    struct Guest;
    impl Drop for Guest {
        fn drop(&mut self) {
            HOST.set(None);
        }
    }
    HOST.set(Some(host));
    ARGUMENTS.set(arguments.to_vec());
    let _guest = Guest;
    command()
}

/// The arguments of the command, the name of the program first; without a host, those of the process.
pub(super) fn arguments() -> Vec<OsString> {
    let hosted = HOST.with_borrow(Option::is_some);
    if hosted { ARGUMENTS.with_borrow(Vec::clone) } else { std::env::args_os().collect() }
}

/// The host's flag for interrupts; `None` without a host.
pub(super) fn interrupt() -> Option<Arc<AtomicBool>> {
    HOST.with_borrow(|host| host.as_ref().map(|host| Arc::clone(&host.interrupt)))
}

/// What the host gives as standard input, once; `None` without a host.
pub(super) fn input() -> Option<Vec<u8>> {
    HOST.with_borrow_mut(|host| host.as_mut().map(|host| std::mem::take(&mut host.input)))
}

/// Whether there is a host that wants to hear of progress; `None` without a host.
pub(super) fn listens() -> Option<bool> {
    HOST.with_borrow(|host| host.as_ref().map(|host| host.progress.is_some()))
}

/// Tells the host how far the command is.
pub(super) fn tell(line: &str) {
    // taken out meanwhile, so that it may do as it likes
    let told = HOST.with_borrow_mut(|host| host.as_mut().and_then(|host| host.progress.take()));
    let Some(mut progress) = told else { return };
    progress(line);
    HOST.with_borrow_mut(|host| {
        if let Some(host) = host {
            host.progress = Some(progress);
        }
    });
}
