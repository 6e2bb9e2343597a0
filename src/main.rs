//! The `quantproof` command.
fn main() {}
