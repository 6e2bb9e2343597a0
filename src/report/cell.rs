//! Cells of tables: a text, and of a number the key by which a page sorts it.
//!
//! Bounds are printed directed, as everywhere: [`Cell::lower`] is never above and [`Cell::upper`] never below the certified
//! one.

use super::number;
use deltasat::exact::{Rational, rational};

/// A cell.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    /// by which the page sorts
    pub(super) key: Option<f64>,
    /// whether it is text of a program
    pub(super) code: bool,
}

impl Cell {
    /// What people read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// Text of a program.
    pub fn code(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), code: true, ..Cell::default() }
    }

    /// Nothing, where a number is not known.
    pub fn none() -> Cell {
        Cell::text("–")
    }

    /// Text that sorts as a number.
    pub fn keyed(text: impl Into<String>, key: f64) -> Cell {
        Cell { text: text.into(), key: Some(key), code: false }
    }

    /// A lower bound; none where it is no number.
    pub fn lower(x: f64) -> Cell {
        if x.is_nan() { Cell::none() } else { Cell::keyed(finite(x, number::lower), x) }
    }

    /// An upper bound; none where it is no number.
    pub fn upper(x: f64) -> Cell {
        if x.is_nan() { Cell::none() } else { Cell::keyed(finite(x, number::upper), x) }
    }

    /// Two bounds, with as many digits as show that they are at most `delta` apart, where they are.
    pub fn bounds(lower: f64, upper: f64, delta: f64) -> [Cell; 2] {
        if !(lower.is_finite() && upper.is_finite()) {
            return [Cell::lower(lower), Cell::upper(upper)];
        }
        let [low, high] = number::between(lower, upper, delta);
        [Cell::keyed(low, lower), Cell::keyed(high, upper)]
    }

    /// A double as it is.
    pub fn double(x: f64) -> Cell {
        Cell::keyed(number::double(x), x)
    }

    /// A number for orientation, which bounds nothing.
    pub fn about(x: f64) -> Cell {
        Cell::keyed(format!("{x:.3e}"), x)
    }

    /// A rational, exact where that is short.
    pub fn exact(x: &Rational) -> Cell {
        Cell::keyed(number::readable(x), rational::nearest_f64(x))
    }

    /// A number of things.
    pub fn count(n: u64) -> Cell {
        Cell::keyed(n.to_string(), n as f64)
    }
}

fn finite(x: f64, print: fn(f64) -> String) -> String {
    match x {
        f64::INFINITY => "∞".to_owned(),
        f64::NEG_INFINITY => "−∞".to_owned(),
        x => print(x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_directed() {
        let third = 1.0 / 3.0;
        let (low, high) = (Cell::lower(third), Cell::upper(third));
        let read = |text: &str| rational::parse(text).unwrap();
        let exact = rational::from_f64(third).unwrap();
        assert!(read(&low.text) < exact && exact < read(&high.text));
        assert_eq!((low.key, Cell::upper(f64::INFINITY).text.as_str()), (Some(third), "∞"));
        assert_eq!(Cell::lower(f64::NAN).text, "–");
    }
}
