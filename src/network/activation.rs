//! What a neuron makes of its pre-activation `z`: each activation's names, its value in every arithmetic, and what holds of
//! all its values. How it is built of the solver's operators stands in [`encode::activation`](crate::encode).

use super::NetworkError;
use deltasat::exact::{Ball, Dyadic, Rational, rational};
use deltasat::interval::{self, Interval, bounds, point};
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number of an activation: no NaN. Two are the same when they have the same bits.
#[derive(Clone, Copy, Debug)]
pub struct Number(f64);

impl Number {
    /// Where `value` is a number; a zero is `+0`.
    pub fn new(value: f64) -> Option<Self> {
        (!value.is_nan()).then_some(Number(value + 0.0))
    }

    /// As a double.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// What a neuron makes of its pre-activation `z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// `max(z, 0)`
    Relu,
    /// `z`
    Linear,
    /// `tanh z`
    Tanh,
    /// `1 / (1 + e^−z)`
    Sigmoid,
    /// `z` for `z ≥ 0`, else `α·z`, with a finite `α`
    LeakyRelu(Number),
    /// `min(max(z, l), u)` with `l < u`, of which one may be infinite
    Clip(Number, Number),
    /// `s·q`, where `q` is the integer nearest to `z/s`, of two the even one, clipped to a range: what is left of a number
    /// that is stored as a word
    Grid(Grid),
}

/// Equally spaced numbers `s·q`: a positive scale, and the range of `q`, which contains 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    scale: Number,
    least: i32,
    greatest: i32,
}

impl Grid {
    /// `None` unless the scale is positive and normal, and `least ≤ 0 ≤ greatest` are not equal and of at most 24 bits.
    pub fn new(scale: f64, least: i32, greatest: i32) -> Option<Self> {
        const MOST: i32 = 1 << 24;
        let range = (-MOST..=0).contains(&least) && (0..=MOST).contains(&greatest) && least < greatest;
        // so large a quotient and so small a product are doubles
        let normal = scale > 1e-200 && scale < 1e200;
        (range && normal).then_some(Grid { scale: Number(scale), least, greatest })
    }

    /// The distance of neighbours.
    pub fn scale(self) -> f64 {
        self.scale.0
    }

    /// The range of `q`.
    pub fn steps(self) -> (i32, i32) {
        (self.least, self.greatest)
    }

    fn step(self, quotient: f64) -> f64 {
        quotient.round_ties_even().clamp(f64::from(self.least), f64::from(self.greatest))
    }

    fn enclose(self, z: Interval) -> Interval {
        let (scale, quotient) = (point(self.scale.0), z / point(self.scale.0));
        if quotient.is_empty() {
            return quotient;
        }
        scale * bounds(self.step(quotient.inf()), self.step(quotient.sup()))
    }

    fn exact(self, z: &Ball) -> Option<Ball> {
        let scale = rational::from_f64(self.scale.0)?;
        let step = |end: Rational| {
            let quotient = end / &scale;
            let down = quotient.floor();
            let half = Rational::new(1.into(), 2.into());
            let rest = &quotient - &down;
            let down = down.to_integer();
            let up = rest > half || rest == half && num_integer::Integer::is_odd(&down);
            let nearest = if up { down + 1 } else { down };
            nearest.clamp(self.least.into(), self.greatest.into())
        };
        let (low, high) = (step(z.lower()), step(z.upper()));
        (low == high).then(|| Ball::from_rational(Rational::from_integer(low) * scale))?
    }
}

/// The names in files, a letter for each number that follows.
const FORMS: &str = "relu, linear, tanh, sigmoid, leaky-relu A, clip A B, grid A B C";

impl Activation {
    /// Every activation under its name in files; those with numbers for some of these.
    pub const NAMES: [(&'static str, Activation); 8] = [
        ("relu", Activation::Relu),
        ("linear", Activation::Linear),
        ("tanh", Activation::Tanh),
        ("sigmoid", Activation::Sigmoid),
        ("leaky-relu 0.01", Activation::LeakyRelu(Number(0.01))),
        ("leaky-relu -1", Activation::LeakyRelu(Number(-1.0))),
        ("clip 0 6", Activation::Clip(Number(0.0), Number(6.0))),
        ("clip -inf 2", Activation::Clip(Number(f64::NEG_INFINITY), Number(2.0))),
    ];

    /// `z` for `z ≥ 0`, else `slope·z`; `None` unless the slope is finite.
    pub fn leaky_relu(slope: f64) -> Option<Self> {
        let slope = Number::new(slope).filter(|slope| slope.0.is_finite())?;
        Some(match slope.0 {
            0.0 => Activation::Relu,
            1.0 => Activation::Linear,
            _ => Activation::LeakyRelu(slope),
        })
    }

    /// `min(max(z, least), greatest)`; `None` unless `least < greatest` and both are numbers. Ends may be infinite.
    pub fn clip(least: f64, greatest: f64) -> Option<Self> {
        if least.partial_cmp(&greatest) != Some(std::cmp::Ordering::Less) || least == f64::INFINITY {
            return None;
        }
        Some(match (least, greatest) {
            (f64::NEG_INFINITY, f64::INFINITY) => Activation::Linear,
            (0.0, f64::INFINITY) => Activation::Relu,
            _ => Activation::Clip(Number::new(least)?, Number::new(greatest)?),
        })
    }

    /// The name in files, with the numbers of the activation behind it: `leaky-relu 0.01`.
    pub fn name(self) -> String {
        self.to_string()
    }

    /// The activation of a name in files.
    ///
    /// # Errors
    /// When there is no such activation, or its numbers are not as they have to be.
    pub fn parse(text: &str) -> Result<Self, NetworkError> {
        let mut words = text.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let numbers: Option<Vec<f64>> = words.map(|word| word.parse().ok()).collect();
        let made = match (name, numbers.as_deref()) {
            ("relu", Some([])) => Some(Activation::Relu),
            ("linear", Some([])) => Some(Activation::Linear),
            ("tanh", Some([])) => Some(Activation::Tanh),
            ("sigmoid", Some([])) => Some(Activation::Sigmoid),
            ("leaky-relu", Some(&[slope])) => Activation::leaky_relu(slope),
            ("clip", Some(&[least, greatest])) => Activation::clip(least, greatest),
            ("grid", Some(&[scale, least, greatest])) => {
                let step = |v: f64| (v == f64::from(v as i32)).then_some(v as i32);
                let grid = step(least).zip(step(greatest)).and_then(|(l, g)| Grid::new(scale, l, g));
                grid.map(Activation::Grid)
            }
            _ => None,
        };
        made.ok_or_else(|| NetworkError::invalid("", format!("{text:?}, expected one of {FORMS}")))
    }

    /// Whether it consists of straight pieces.
    pub fn is_piecewise_linear(self) -> bool {
        match self {
            Activation::Relu | Activation::Linear | Activation::LeakyRelu(_) | Activation::Clip(..) => true,
            Activation::Tanh | Activation::Sigmoid | Activation::Grid(_) => false,
        }
    }

    /// Whether no value is negative.
    pub fn is_nonnegative(self) -> bool {
        match self {
            Activation::Relu | Activation::Sigmoid => true,
            Activation::Linear | Activation::Tanh => false,
            Activation::LeakyRelu(slope) => slope.0 <= 0.0,
            Activation::Clip(least, _) => least.0 >= 0.0,
            Activation::Grid(grid) => grid.least == 0,
        }
    }

    /// The value at `z`, to nearest or nearly so.
    pub fn evaluate(self, z: f64) -> f64 {
        match self {
            Activation::Relu => z.max(0.0),
            Activation::Linear => z,
            Activation::Tanh => z.tanh(),
            Activation::Sigmoid => super::evaluate::sigmoid(z),
            Activation::LeakyRelu(slope) => {
                if z < 0.0 {
                    slope.0 * z
                } else {
                    z
                }
            }
            Activation::Clip(least, greatest) => z.max(least.0).min(greatest.0),
            Activation::Grid(grid) => grid.scale.0 * grid.step(z / grid.scale.0),
        }
    }

    /// Encloses the values on an interval.
    pub(crate) fn enclose(self, z: Interval) -> Interval {
        match self {
            Activation::Relu => z.max(point(0.0)),
            Activation::Linear => z,
            Activation::Tanh => interval::tanh(z),
            Activation::Sigmoid => interval::sigmoid(z),
            Activation::LeakyRelu(slope) => {
                let below = point(slope.0) * z.intersection(bounds(f64::NEG_INFINITY, 0.0));
                below.convex_hull(z.intersection(bounds(0.0, f64::INFINITY)))
            }
            Activation::Clip(least, greatest) => {
                let raised = if least.0.is_finite() { z.max(point(least.0)) } else { z };
                if greatest.0.is_finite() { raised.min(point(greatest.0)) } else { raised }
            }
            Activation::Grid(grid) => grid.enclose(z),
        }
    }

    /// The value in certified high precision.
    pub(super) fn exact(self, z: &Ball) -> Option<Ball> {
        match self {
            Activation::Relu => Some(z.relu()),
            Activation::Linear => Some(z.clone()),
            Activation::Tanh => z.tanh(),
            Activation::Sigmoid => z.sigmoid(),
            Activation::LeakyRelu(slope) => {
                // max(z, 0) − α·max(−z, 0)
                z.relu().sub(&Ball::from_f64(slope.0)?.mul(&z.neg().relu())?)
            }
            Activation::Clip(least, greatest) => {
                let raised = if least.0.is_finite() { z.max(&Ball::from_f64(least.0)?) } else { z.clone() };
                Some(if greatest.0.is_finite() { raised.min(&Ball::from_f64(greatest.0)?) } else { raised })
            }
            Activation::Grid(grid) => grid.exact(z),
        }
    }

    /// `f·a(z/f)` for a factor `f > 0`, of an activation of straight pieces; `None` of another, or out of range.
    pub(super) fn scaled(self, z: Dyadic, factor: &Dyadic) -> Option<Dyadic> {
        let negative = z.signum() < 0;
        match self {
            Activation::Linear => Some(z),
            Activation::Relu => Some(if negative { Dyadic::ZERO } else { z }),
            Activation::LeakyRelu(slope) => Some(if negative { &Dyadic::from_f64(slope.0)? * &z } else { z }),
            Activation::Clip(least, greatest) => {
                let end = |end: Number| Some(&Dyadic::from_f64(end.0)? * factor);
                let minus_one = Dyadic::from_f64(-1.0)?;
                // the sign of z − e
                let beside = |z: &Dyadic, end: &Dyadic| {
                    let mut difference = z.clone();
                    difference.add_product(&minus_one, end);
                    difference.signum()
                };
                let mut value = z;
                if least.0.is_finite() {
                    let least = end(least)?;
                    value = if beside(&value, &least) < 0 { least } else { value };
                }
                if greatest.0.is_finite() {
                    let greatest = end(greatest)?;
                    value = if beside(&value, &greatest) > 0 { greatest } else { value };
                }
                Some(value)
            }
            Activation::Tanh | Activation::Sigmoid | Activation::Grid(_) => None,
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Activation::Relu => write!(f, "relu"),
            Activation::Linear => write!(f, "linear"),
            Activation::Tanh => write!(f, "tanh"),
            Activation::Sigmoid => write!(f, "sigmoid"),
            Activation::LeakyRelu(slope) => write!(f, "leaky-relu {}", slope.0),
            Activation::Clip(least, greatest) => write!(f, "clip {} {}", least.0, greatest.0),
            Activation::Grid(grid) => write!(f, "grid {} {} {}", grid.scale.0, grid.least, grid.greatest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn all() -> Vec<Activation> {
        let mut all: Vec<Activation> = Activation::NAMES.iter().map(|&(_, activation)| activation).collect();
        all.extend([0.25, 3.0, -2.0].map(|slope| Activation::leaky_relu(slope).unwrap()));
        all.push(Activation::Grid(Grid::new(0.375, -20, 11).unwrap()));
        let inf = f64::INFINITY;
        all.extend([(0.0, 6.0), (-1.0, 1.0), (-inf, 2.0), (0.5, inf)].map(|(l, u)| Activation::clip(l, u).unwrap()));
        all
    }

    /// All arithmetics tell of one function, and the names lead back.
    #[test]
    fn arithmetics_agree() {
        let mut rng = SmallRng::seed_from_u64(3);
        for activation in all() {
            assert_eq!(Activation::parse(&activation.name()).unwrap(), activation);
            assert!(Activation::NAMES.iter().all(|&(name, of)| of.name() == name));
            for _ in 0..500 {
                let (a, b): (f64, f64) = (rng.random_range(-8.0..8.0), rng.random_range(-8.0..8.0));
                let z = a + rng.random_range(0.0..1.0) * (b - a);
                let value = activation.evaluate(z);
                let image = activation.enclose(bounds(a.min(b), a.max(b)));
                assert!(image.inf() <= value + 1e-12 && value - 1e-12 <= image.sup(), "{activation} at {z}");
                let exact = activation.exact(&Ball::from_f64(z).unwrap()).unwrap();
                assert!(image.inf() <= exact.ceil_f64() && exact.floor_f64() <= image.sup());
                assert!((exact.floor_f64() - value).abs() < 1e-12, "{activation} at {z}");
                assert!(!activation.is_nonnegative() || value >= 0.0);
                if activation.is_piecewise_linear() {
                    let three = Dyadic::from_f64(3.0).unwrap();
                    let tripled = activation.scaled(&Dyadic::from_f64(z).unwrap() * &three, &three).unwrap();
                    let three = rational::from_f64(3.0).unwrap();
                    assert_eq!(tripled.to_rational() / three, exact.exact().unwrap(), "{activation} at {z}");
                }
            }
        }
    }

    #[test]
    fn names_say_what_is_wrong() {
        assert!(Activation::clip(1.0, 1.0).is_none() && Activation::leaky_relu(f64::INFINITY).is_none());
        for wrong in [
            "",
            "gelu",
            "relu 1",
            "leaky-relu",
            "leaky-relu nan",
            "clip 2 1",
            "clip 0",
            "clip inf inf",
            "grid 0 0 1",
            "grid 1 1 2",
            "grid 1 0.5 2",
        ] {
            assert!(Activation::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Activation::parse("clip 0 inf").unwrap(), Activation::Relu);
    }
}
