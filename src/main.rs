//! The command `quantproof`.

use deltasat::processor;
use quantproof::cli;
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    if processor::is_supported() {
        return cli::run();
    }
    // with no one to read it there is nothing left to do
    let _ = io::stderr().write_all(processor::UNSUPPORTED.as_bytes());
    ExitCode::from(2)
}
