//! Ctrl-C: the first one asks the search to stop and print what it has, the second one ends the process.

use super::Status;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Installs the handler and returns the flag that it sets; inside a host, its flag.
pub(super) fn flag() -> Result<Arc<AtomicBool>, String> {
    if let Some(flag) = super::host::interrupt() {
        return Ok(flag);
    }
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    let handler = move || {
        if set.swap(true, Ordering::Relaxed) {
            std::process::exit(Status::Interrupted.code().into());
        }
    };
    ctrlc::set_handler(handler).map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    Ok(flag)
}
