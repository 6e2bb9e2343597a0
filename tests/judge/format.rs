//! Number formats, as the README's table and `--quantize`'s help state them: which numbers a format has next to a value.

use super::solver::number::{Rational, near, of_double, parse, power_of_two, whole};
use num_traits::{Signed, Zero};

/// The numbers of a format for one tensor or channel.
#[derive(Clone, Debug)]
enum Grid {
    /// `scale·(q − zero)` for `least ≤ q ≤ greatest`
    Words { scale: Rational, zero: i64, least: i64, greatest: i64 },
    /// multiples of `2^(e−mantissa)` in `[2^e, 2^(e+1))`, `e` from `smallest` on, up to `greatest`
    Float { mantissa: i64, smallest: i64, greatest: Rational },
}

/// What a rounding rule allows.
#[derive(Clone, Debug)]
pub enum Allowed {
    Between(Rational, Rational),
    OneOf(Vec<Rational>),
}

impl Allowed {
    pub fn only(x: &Rational) -> Self {
        Allowed::OneOf(vec![x.clone()])
    }

    pub fn has(&self, x: &Rational) -> bool {
        match self {
            Allowed::Between(lower, upper) => lower <= x && x <= upper,
            Allowed::OneOf(values) => values.contains(x),
        }
    }

    /// The least and the greatest.
    pub fn ends(&self) -> (Rational, Rational) {
        match self {
            Allowed::Between(lower, upper) => (lower.clone(), upper.clone()),
            Allowed::OneOf(values) => {
                let least = values.iter().min().cloned().unwrap_or_default();
                (least, values.iter().max().cloned().unwrap_or_default())
            }
        }
    }
}

impl Grid {
    /// The greatest number at most `x`, the least at least `x`; the end of the grid beyond it.
    fn neighbours(&self, x: &Rational) -> (Rational, Rational) {
        match self {
            Grid::Words { scale, zero, least, greatest } => {
                let value = |q: &Rational| {
                    let exact = scale * (q - whole(*zero));
                    // of words of more than 29 bits the nearest double is the number
                    of_double(near(&exact)).filter(|_| greatest - least >= 1 << 29).unwrap_or(exact)
                };
                let clamp = |q: Rational| q.max(whole(*least)).min(whole(*greatest));
                let q = x / scale + whole(*zero);
                (value(&clamp(q.floor())), value(&clamp(q.ceil())))
            }
            Grid::Float { greatest, .. } => {
                let step = self.step(x);
                let clamp = |y: Rational| y.max(-greatest).min(greatest.clone());
                (clamp((x / &step).floor() * &step), clamp((x / &step).ceil() * &step))
            }
        }
    }

    fn step(&self, x: &Rational) -> Rational {
        match self {
            Grid::Words { scale, .. } => scale.clone(),
            Grid::Float { mantissa, smallest, .. } => {
                let mut e = if x.is_zero() { *smallest } else { x.numer().bits() as i64 - x.denom().bits() as i64 };
                if x.abs() < power_of_two(e) {
                    e -= 1;
                }
                power_of_two(e.max(*smallest) - mantissa)
            }
        }
    }

    fn allowed(&self, x: &Rational, rounding: &str) -> Option<Allowed> {
        let (down, up) = self.neighbours(x);
        Some(match rounding {
            "any" => Allowed::OneOf(vec![down, up]),
            "truncate" => {
                let towards_zero = matches!(self, Grid::Float { .. }) && x.is_negative();
                Allowed::OneOf(vec![if towards_zero { up } else { down }])
            }
            "nearest" => {
                let middle = (&down + &up) / whole(2);
                let even = |y: &Rational| (y / self.step(y) / whole(2)).is_integer();
                let nearest = if *x < middle || (*x == middle && even(&down)) { down } else { up };
                Allowed::OneOf(vec![nearest])
            }
            "half-step" => {
                let half = self.step(x) / whole(2);
                Allowed::Between(x - &half, x + &half)
            }
            _ => return None,
        })
    }
}

/// A scale as it is stored: a float32, and 1 where nothing is left of it.
fn stored_scale(x: f64) -> Option<Rational> {
    let stored = x as f32;
    of_double(if stored.is_normal() { f64::from(stored) } else { 1.0 })
}

fn integers(bits: u32, asymmetric: bool, numbers: &[&Rational]) -> Option<Grid> {
    let half = 1i64 << (bits - 1);
    let least = near(numbers.iter().min()?).min(0.0);
    let greatest = near(numbers.iter().max()?).max(0.0);
    Some(if asymmetric {
        let scale = stored_scale((greatest - least) / (2 * half - 1) as f64)?;
        let zero = (-(half as f64) - least / near(&scale)).round_ties_even().clamp(-(half as f64), (half - 1) as f64);
        Grid::Words { scale, zero: zero as i64, least: -half, greatest: half - 1 }
    } else {
        let scale = stored_scale(greatest.max(-least) / (half - 1) as f64)?;
        Grid::Words { scale, zero: 0, least: 1 - half, greatest: half - 1 }
    })
}

fn fixed(text: &str, numbers: &[&Rational]) -> Option<Grid> {
    let (bits, after) = match text.split_once('.') {
        Some((before, after)) => (before.parse::<u32>().ok()? + after.parse::<u32>().ok()?, Some(after.parse().ok()?)),
        None => (text.parse().ok()?, None),
    };
    let (least, greatest) = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
    let holds = |after: &i64| {
        let scale = power_of_two(-after);
        numbers.iter().all(|x| whole(least) * &scale <= **x && **x <= whole(greatest) * &scale)
    };
    let first = i64::from(bits) - 1;
    let after = after.or_else(|| (0..1100).map(|more| first - more).find(holds))?;
    Some(Grid::Words { scale: power_of_two(-after), zero: 0, least, greatest })
}

/// What a format with its options makes of a layer's numbers: for each row of weights, then for the biases; `None` within
/// for numbers that stay. The whole is `None` where the judge does not know the format.
pub fn layer(
    format: &str,
    rounding: &str,
    weights: &[Vec<Rational>],
    biases: &[Rational],
) -> Option<(Vec<Vec<Allowed>>, Vec<Allowed>)> {
    let all: Vec<&Rational> = weights.iter().flatten().collect();
    let both: Vec<&Rational> = all.iter().copied().chain(biases).collect();
    let spread = |grids: &dyn Fn(usize) -> Option<Grid>, bias: Option<Grid>| {
        let rows = weights.iter().enumerate().map(|(row, weights)| {
            let grid = grids(row)?;
            weights.iter().map(|x| grid.allowed(x, rounding)).collect::<Option<Vec<_>>>()
        });
        let biases = biases.iter().map(|x| match &bias {
            Some(grid) => grid.allowed(x, rounding),
            None => Some(Allowed::only(x)),
        });
        Some((rows.collect::<Option<Vec<_>>>()?, biases.collect::<Option<Vec<_>>>()?))
    };
    if let Some(share) = format.strip_prefix("uniform:").and_then(|text| text.strip_suffix('%')) {
        let radius = parse(share)? / whole(100) * (*all.iter().max()? - *all.iter().min()?);
        let rows = weights.iter().map(|row| row.iter().map(|x| Allowed::Between(x - &radius, x + &radius)).collect());
        return Some((rows.collect(), biases.iter().map(Allowed::only).collect()));
    }
    let mut parts = format.split(':');
    let mut name = parts.next()?.to_owned();
    if ["float8", "fixed"].contains(&name.as_str()) {
        name = format!("{name}:{}", parts.next()?);
    }
    let options: Vec<&str> = parts.collect();
    let has = |option: &str| options.contains(&option);
    if let Some(text) = name.strip_prefix("fixed:") {
        let grid = fixed(text, &both)?;
        return spread(&|_| Some(grid.clone()), Some(grid.clone()));
    }
    let float = |mantissa, smallest, greatest: Rational| Grid::Float { mantissa, smallest, greatest };
    let grid = match name.as_str() {
        "float16" => float(10, -14, whole(65504)),
        "bfloat16" => float(7, -126, (whole(2) - power_of_two(-7)) * power_of_two(127)),
        "float8:e4m3" => float(3, -6, whole(448)),
        "float8:e5m2" => float(2, -14, whole(57344)),
        _ => {
            let bits: u32 = name.strip_prefix("int")?.parse().ok()?;
            if has("bias-int32") {
                return None;
            }
            let asymmetric = has("asymmetric");
            let of_bias: Vec<&Rational> = biases.iter().collect();
            let bias = if has("bias-same") { Some(integers(bits, asymmetric, &of_bias)?) } else { None };
            let whole_tensor = integers(bits, asymmetric, &all)?;
            let row = |row: usize| {
                let numbers: Vec<&Rational> = weights[row].iter().collect();
                if has("per-channel") { integers(bits, asymmetric, &numbers) } else { Some(whole_tensor.clone()) }
            };
            return spread(&row, bias);
        }
    };
    spread(&|_| Some(grid.clone()), Some(grid.clone()))
}

#[test]
fn neighbours_in_their_formats() {
    let x = |text: &str| parse(text).unwrap();
    let one = |format: &str, rounding: &str, weights: &[&str]| {
        let weights = vec![weights.iter().map(|w| x(w)).collect::<Vec<_>>()];
        layer(format, rounding, &weights, &[x("0.3")]).unwrap().0.remove(0)
    };
    // words of int3 reach from −3 to 3, and the scale is 1/3 of the largest weight
    assert!(one("int3", "any", &["3", "1.5"])[1].has(&x("1")) && one("int3", "any", &["3", "1.5"])[1].has(&x("2")));
    assert!(
        one("int3", "nearest", &["3", "1.5"])[1].has(&x("2")) && !one("int3", "nearest", &["3", "1.5"])[1].has(&x("1"))
    );
    assert!(one("int3", "nearest", &["3", "2.5"])[1].has(&x("2")), "a tie goes to the even word");
    assert!(one("fixed:2.2", "truncate", &["-0.3"])[0].has(&x("-0.5")), "two's complement is cut off downwards");
    assert!(one("float8:e4m3", "truncate", &["-1.1"])[0].has(&x("-1")), "floats towards zero");
    assert!(
        one("float8:e4m3", "any", &["17.5"])[0].has(&x("18")) && one("float8:e4m3", "any", &["17.5"])[0].has(&x("16"))
    );
    assert!(
        one("uniform:10%", "any", &["-1", "1"])[0].has(&x("-0.8"))
            && !one("uniform:10%", "any", &["-1", "1"])[0].has(&x("-0.79"))
    );
}
