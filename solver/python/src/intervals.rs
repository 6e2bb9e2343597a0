//! Interval arithmetic, rounded outward. An interval is a pair of doubles; the empty set is `(inf, -inf)`.

use deltasat::exact::{Rational, rational};
use deltasat::interval::{self, Interval};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

fn pair(x: Interval) -> (f64, f64) {
    if x.is_empty() { (f64::INFINITY, f64::NEG_INFINITY) } else { (x.inf(), x.sup()) }
}

/// A function of one interval, by its name.
#[pyfunction]
pub(crate) fn unary(name: &str, lower: f64, upper: f64) -> PyResult<(f64, f64)> {
    let x = interval::bounds(lower, upper);
    Ok(pair(match name {
        "neg" => -x,
        "abs" => x.abs(),
        "sqr" => interval::sqr(x),
        "sqrt" => interval::sqrt(x),
        "exp" => interval::exp(x),
        "log" => interval::ln(x),
        "sin" => interval::sin(x),
        "cos" => interval::cos(x),
        "tan" => interval::tan(x),
        "asin" => interval::asin(x),
        "acos" => interval::acos(x),
        "atan" => interval::atan(x),
        "sinh" => interval::sinh(x),
        "cosh" => interval::cosh(x),
        "tanh" => interval::tanh(x),
        _ => return Err(PyValueError::new_err(format!("unknown function {name:?}"))),
    }))
}

/// A function of two intervals, by its name; `powi` takes its exponent from the second one's lower end.
#[pyfunction]
pub(crate) fn binary(name: &str, x: (f64, f64), y: (f64, f64)) -> PyResult<(f64, f64)> {
    let (a, b) = (interval::bounds(x.0, x.1), interval::bounds(y.0, y.1));
    Ok(pair(match name {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "div" => a / b,
        "min" => a.min(b),
        "max" => a.max(b),
        "pow" => interval::pow(a, b),
        "powi" if y.0.fract() == 0.0 && y.0.abs() <= f64::from(i32::MAX) => interval::powi(a, y.0 as i32),
        "atan2" => interval::atan2(a, b),
        _ => return Err(PyValueError::new_err(format!("unknown function {name:?}"))),
    }))
}

/// The two doubles that enclose an exact number most tightly.
#[pyfunction]
pub(crate) fn enclose(number: Rational) -> (f64, f64) {
    (rational::floor_f64(&number), rational::ceil_f64(&number))
}
