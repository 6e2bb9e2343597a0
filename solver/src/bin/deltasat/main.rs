//! The command `deltasat`: SMT-LIB and `.dr` files in, answers out. It stands in for `dreal`.
//!
//! stdout carries the answers alone, stderr progress, statistics and errors.

#[cfg(unix)]
mod compare;
mod json;
mod options;
mod prove;
mod run;
mod watch;

use deltasat::processor;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    if processor::is_supported() {
        return run::run();
    }
    // with no one to read it there is nothing left to do
    let _ = io::stderr().write_all(processor::UNSUPPORTED.as_bytes());
    ExitCode::from(2)
}
