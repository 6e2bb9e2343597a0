//! Axes: from values to coordinates, with round ticks.

/// The largest magnitude that is drawn.
const LARGEST: f64 = 1e300;

/// A value range along a stretch of the paper.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    logarithmic: bool,
    /// values and what they are called
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis from `low` to `high`, drawn between two coordinates with about `most` ticks. A range that is empty or not
    /// finite is replaced by one that can be drawn.
    pub(super) fn linear(low: f64, high: f64, from: f64, to: f64, most: usize) -> Axis {
        let (low, high) = drawable(low, high);
        let ticks = round_ticks(low, high, most);
        Axis { low, high, from, to, logarithmic: false, ticks }
    }

    /// A linear axis that ends at ticks around the values.
    pub(super) fn around(low: f64, high: f64, from: f64, to: f64, most: usize) -> Axis {
        let (low, high) = drawable(low, high);
        let step = round_step((high - low) / most.max(1) as f64);
        // a tick beyond either end, unless that is a tick itself
        let (below, above) = ((low / step).floor() * step, (high / step).ceil() * step);
        Axis::linear(below.min(low), above.max(high), from, to, most)
    }

    /// A logarithmic axis over whole decades around positive values.
    pub(super) fn logarithmic(low: f64, high: f64, from: f64, to: f64) -> Axis {
        let (low, high) = (low.max(1e-300), high.min(LARGEST));
        let (low, high) = if low <= high { (low, high) } else { (0.1, 1.0) };
        let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
        let last = last.max(first + 1);
        let skip = (last - first).div_euclid(8) + 1;
        let decades = (first..=last).filter(|decade| (last - decade) % skip == 0);
        let ticks = decades.map(|decade| (f64::from(decade), power_name(decade))).collect();
        Axis { low: f64::from(first), high: f64::from(last), from, to, logarithmic: true, ticks }
    }

    /// The coordinate of a value; one that is beyond an end lies at the end, and one that is no number at the start.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.place(if self.logarithmic { value.max(1e-320).log10() } else { value })
    }

    /// The coordinates of the ticks, and their names.
    pub(super) fn places(&self) -> impl Iterator<Item = (f64, &str)> {
        self.ticks.iter().map(|(value, name)| (self.place(*value), name.as_str()))
    }

    fn place(&self, value: f64) -> f64 {
        let part = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        let part = if part.is_nan() { 0.0 } else { part.clamp(0.0, 1.0) };
        self.from + part * (self.to - self.from)
    }
}

/// A range with an extent.
fn drawable(low: f64, high: f64) -> (f64, f64) {
    let (low, high) = match (low.is_finite(), high.is_finite()) {
        (true, true) => (low, high),
        (true, false) => (low, low),
        (false, true) => (high, high),
        (false, false) => (0.0, 1.0),
    };
    let (low, high) = (low.clamp(-LARGEST, LARGEST), high.clamp(-LARGEST, LARGEST));
    let (low, high) = (low.min(high), low.max(high));
    let margin = low.abs().max(high.abs()) * 1e-9;
    if high - low > margin {
        return (low, high);
    }
    // constant: nothing below 0 where all is positive
    let half = if high == 0.0 { 0.5 } else { high.abs() / 2.0 };
    (if low >= 0.0 { (low - half).max(0.0) } else { low - half }, high + half)
}

/// The least of 1, 2 or 5 times a power of ten that is not below a positive number.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|n| n * power);
    steps.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(least)
}

fn round_ticks(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let step = round_step((high - low) / most.max(1) as f64);
    if !step.is_finite() || step <= 0.0 {
        return vec![(low, tick_name(low, 0.0)), (high, tick_name(high, 0.0))];
    }
    let first = (low / step - 1e-6).ceil();
    let last = (high / step + 1e-6).floor();
    let numbers = (0..=most + 2).map(|i| first + i as f64).take_while(|n| *n <= last);
    numbers.map(|n| (n * step, tick_name(n * step, step))).collect()
}

/// A tick's value with as many decimals as its step has.
fn tick_name(value: f64, step: f64) -> String {
    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
    let largest = value.abs().max(step);
    if value != 0.0 && (largest >= 1e6 || step < 1e-5) {
        let digits = if step > 0.0 { (value.abs() / step).log10().ceil().clamp(0.0, 6.0) as usize } else { 3 };
        let text = format!("{value:.digits$e}");
        return match text.split_once('e') {
            Some((digits, power)) if digits.contains('.') => {
                format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
            }
            _ => text,
        };
    }
    if value == 0.0 && !(1e-5..1e6).contains(&step) {
        return "0".to_owned();
    }
    let decimals = if step > 0.0 { (-step.log10().floor()).max(0.0) as usize } else { 3 };
    format!("{value:.decimals$}")
}

/// `0.01`, `1e-7`.
fn power_name(exponent: i32) -> String {
    match exponent {
        -4..=-1 => format!("{:.*}", exponent.unsigned_abs() as usize, 10f64.powi(exponent)),
        0..=5 => format!("{}", 10f64.powi(exponent)),
        _ => format!("1e{exponent}"),
    }
}

/// A step of 1, 2 or 5 times a power of ten that makes at most so many of a range of integers.
pub(super) fn integer_step(range: u64, most: u64) -> u64 {
    let decades = std::iter::successors(Some(1u64), |power| power.checked_mul(10));
    let mut steps = decades.flat_map(|power| [1, 2, 5].map(|n| power.saturating_mul(n)));
    steps.find(|step| range / step <= most).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, name)| name.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(names(&Axis::linear(-1.0, 1.0, 0.0, 100.0, 5)), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(names(&Axis::around(0.0, 0.93, 0.0, 100.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(names(&Axis::linear(0.0, 3e-9, 0.0, 1.0, 3)), ["0", "1e-9", "2e-9", "3e-9"]);
        assert_eq!(names(&Axis::logarithmic(0.0003, 0.9, 0.0, 1.0)), ["0.0001", "0.001", "0.01", "0.1", "1"]);
        assert_eq!([0, 1, 10, 11, 51, 1_234_567].map(|n| integer_step(n, 10)), [1, 1, 1, 2, 5, 200_000]);
    }

    #[test]
    fn every_value_has_a_place() {
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0, 5e-324, 1.0];
        for low in strange {
            for high in strange {
                let axes = [
                    Axis::linear(low, high, 0.0, 100.0, 5),
                    Axis::around(low, high, 100.0, 0.0, 5),
                    Axis::logarithmic(low, high, 0.0, 100.0),
                ];
                for axis in axes {
                    assert!(axis.ticks.len() <= 12, "{low} {high}: {:?}", axis.ticks);
                    for value in strange {
                        assert!((0.0..=100.0).contains(&axis.at(value)), "{value} on {low}..{high}");
                    }
                    for (place, name) in axis.places() {
                        assert!((0.0..=100.0).contains(&place) && name.len() < 20, "{name} on {low}..{high}");
                    }
                }
            }
        }
    }

    #[test]
    fn constant_data_has_an_extent() {
        let axis = Axis::around(0.3, 0.3, 0.0, 100.0, 5);
        assert!(axis.at(0.3) > 10.0 && axis.at(0.3) < 90.0);
        assert!(Axis::around(0.0, 0.0, 0.0, 100.0, 5).at(0.0) < 60.0);
    }
}
