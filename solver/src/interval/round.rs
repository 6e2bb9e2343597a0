//! Directed rounding of single operations without touching the rounding mode.
//!
//! A round-to-nearest result is at most half an ulp away from the real one, so the neighbouring double on the wanted
//! side bounds it; this also holds for results that underflow. It costs at most one ulp more than directed rounding
//! and some 1 ns instead of inari's 10. NaN (from `∞ − ∞` or `0·∞`) becomes the infinity of the direction, which bounds
//! everything.

/// At least `x + y`.
#[inline]
pub fn add_up(x: f64, y: f64) -> f64 {
    up(x + y)
}

/// At most `x + y`.
#[inline]
pub fn add_down(x: f64, y: f64) -> f64 {
    down(x + y)
}

/// At least `x − y`.
#[inline]
pub fn sub_up(x: f64, y: f64) -> f64 {
    up(x - y)
}

/// At most `x − y`.
#[inline]
pub fn sub_down(x: f64, y: f64) -> f64 {
    down(x - y)
}

/// At least `x·y`.
#[inline]
pub fn mul_up(x: f64, y: f64) -> f64 {
    up(x * y)
}

/// At most `x·y`.
#[inline]
pub fn mul_down(x: f64, y: f64) -> f64 {
    down(x * y)
}

/// The next double above a rounded result; `+∞` for NaN.
#[inline]
pub fn up(rounded: f64) -> f64 {
    if rounded.is_nan() { f64::INFINITY } else { rounded.next_up() }
}

/// The next double below a rounded result; `−∞` for NaN.
#[inline]
pub fn down(rounded: f64) -> f64 {
    if rounded.is_nan() { f64::NEG_INFINITY } else { rounded.next_down() }
}
