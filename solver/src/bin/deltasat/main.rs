//! The command `deltasat`: SMT-LIB and `.dr` files in, answers out. It stands in for `dreal`.
//!
//! stdout carries the answers alone, stderr progress, statistics and errors.

#[cfg(unix)]
mod compare;
mod json;
mod options;
mod run;

fn main() -> std::process::ExitCode {
    run::run()
}
