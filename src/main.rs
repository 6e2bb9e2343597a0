//! The command `quantproof`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
