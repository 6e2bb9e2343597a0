//! Checks proofs of `deltasat`: a small program that trusts neither the solver nor floating-point arithmetic.
//!
//! Read in this order: [`mod@format`] says what a proof is and what each step claims; [`number`], [`interval`] and [`rational`]
//! are the arithmetic, [`functions`] the elementary functions; [`sexpr`], [`script`], [`graph`] and [`formula`] read what the
//! user asserted; [`enclose`] and [`region`] are step `h`, [`line`](mod@line), [`twins`] and [`linear`] step
//! `r`; [`proof`] goes through the lines.

// rounded one way or outward, these are not the operations that the traits promise
#![allow(clippy::should_implement_trait)]

pub mod enclose;
#[doc = include_str!("format.md")]
pub mod format {}
pub mod formula;
pub mod functions;
pub mod graph;
pub mod interval;
pub mod line;
pub mod linear;
pub mod number;
pub mod proof;
pub mod rational;
pub mod region;
pub mod script;
pub mod sexpr;
pub mod twins;

use std::path::Path;

/// Checks a file that holds a proof, and that it is about the script in another file, if one is given. Returns what was
/// proved, in words.
///
/// # Errors
/// Why nothing is proved.
pub fn files(proof: &Path, script: Option<&Path>) -> Result<String, String> {
    let read = |path: &Path| {
        let bytes = std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        String::from_utf8(bytes).map_err(|_| format!("{}: not UTF-8", path.display()))
    };
    let text = read(proof)?;
    let expected = script.map(read).transpose()?;
    // lists and expressions nest, and their readers with them
    let check = move || proof::check(&text);
    let thread = std::thread::Builder::new().stack_size(1 << 28).spawn(check);
    let result = thread.map_err(|error| error.to_string())?.join().map_err(|_| "the check failed".to_owned())?;
    let proved = result?;
    if expected.is_some_and(|expected| proved.iter().any(|(_, about)| *about != expected)) {
        return Err("the proof is about another script".to_owned());
    }
    let lines: Vec<String> = proved.iter().map(|(report, _)| report.to_string()).collect();
    Ok(lines.join("\n"))
}
