//! The native half of the Python package `deltasat`: scripts to answers, and interval arithmetic.
//!
//! Expressions and formulas live in Python, which writes them as SMT-LIB; what Python cannot do well is here. A search runs
//! on a thread of its own without the interpreter's lock, while the calling thread waits for it, passes its progress on and
//! looks for Ctrl-C.

mod intervals;
mod run;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(run::run, module)?)?;
    module.add_function(wrap_pyfunction!(intervals::unary, module)?)?;
    module.add_function(wrap_pyfunction!(intervals::binary, module)?)?;
    module.add_function(wrap_pyfunction!(intervals::enclose, module)?)
}
