//! The command `deltacheck PROOF [SCRIPT]`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: deltacheck PROOF [SCRIPT]

Checks that PROOF, written by `deltasat --proof`, proves what it claims about the script inside it; with SCRIPT, that
this is the same script. Exit codes: 0 proved, 1 not proved, 2 usage.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (proof, script) = match &arguments[..] {
        [proof] => (proof, None),
        [proof, script] => (proof, Some(script)),
        _ => {
            let _ = writeln!(io::stderr(), "{USAGE}");
            return 2.into();
        }
    };
    let started = Instant::now();
    let result = deltacheck::files(proof.as_ref(), script.map(AsRef::as_ref));
    let seconds = started.elapsed().as_secs_f64();
    let written = match &result {
        Ok(text) => writeln!(io::stdout(), "{text}\nchecked in {seconds:.3} s"),
        Err(text) => writeln!(io::stdout(), "not proved: {text}"),
    };
    if result.is_ok() && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
