//! Proofs of `unsat`: written here, checked by the crate `deltacheck`, which shares nothing with the solver.
//!
//! A proof is about the script that the user wrote. It holds no bounds and no sums: it says where regions are split, and the
//! checker contracts and bounds them anew, in its own arithmetic, from its own reading of the script. So the writer may
//! choose freely; it runs the checker's own steps to see which of them refute a region, and splits the rest.
//! `deltacheck::format` has the format and what each step claims.

mod pairs;
mod print;
mod write;

pub use deltacheck::files as check_files;
pub use deltacheck::proof::check;
pub use write::{Failure, write};
