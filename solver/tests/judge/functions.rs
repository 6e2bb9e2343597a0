//! The functions of SMT-LIB and dReal: where they have a value, and which.

use super::elementary;
use super::meaning::Number;
use super::number::Rational;
use super::real::Real;
use num_traits::Signed;

/// Applies a function to operands that have a value.
pub fn apply(name: &str, x: &[Real]) -> Result<Number, String> {
    let value = Number::Value;
    let Some(first) = x.first() else { return Err(format!("`{name}` without operands")) };
    let fold = |f: fn(&Real, &Real) -> Real| value(x[1..].iter().fold(first.clone(), |a, b| f(&a, b)));
    let one = Real::whole(1);
    let partial = |known: Option<bool>, f: &dyn Fn() -> Number| match known {
        Some(true) => f(),
        Some(false) => Number::Undefined,
        None => Number::Unclear,
    };
    let zero = Real::whole(0);
    Ok(match (name, x.len()) {
        ("-", 1) => value(first.neg()),
        ("+", _) => fold(Real::add),
        ("-", _) => fold(Real::sub),
        ("*", _) => fold(Real::mul),
        ("/", _) => x[1..].iter().fold(value(first.clone()), |a, b| {
            a.map(|a| partial(b.sign().map(|s| s != 0), &|| Number::or_unclear(a.div(b))))
        }),
        ("min", _) => fold(Real::min),
        ("max", _) => fold(Real::max),
        ("^" | "pow", 2) => power(first, &x[1]),
        ("atan2" | "arctan2", 2) => atan2(first, &x[1]),
        ("abs", 1) => value(first.abs()),
        ("to_real", 1) => value(first.clone()),
        ("to_int", 1) => first.floor().map_or(Number::Unclear, |n| value(n.into())),
        ("sqrt", 1) => partial(zero.at_most(first), &|| value(elementary::sqrt(first))),
        ("log" | "ln", 1) => partial(zero.below(first), &|| value(elementary::log(first))),
        ("exp", 1) => Number::or_unclear(elementary::exp(first)),
        ("sin", 1) => value(elementary::sin_cos(first).0),
        ("cos", 1) => value(elementary::sin_cos(first).1),
        ("tan", 1) => {
            let (sine, cosine) = elementary::sin_cos(first);
            Number::or_unclear(sine.div(&cosine))
        }
        ("asin" | "arcsin", 1) => partial(first.abs().at_most(&one), &|| value(elementary::asin(first))),
        ("acos" | "arccos", 1) => partial(first.abs().at_most(&one), &|| value(elementary::acos(first))),
        ("atan" | "arctan", 1) => value(elementary::atan(first)),
        ("sinh", 1) => Number::or_unclear(elementary::sinh(first)),
        ("cosh", 1) => Number::or_unclear(elementary::cosh(first)),
        ("tanh", 1) => Number::or_unclear(elementary::tanh(first)),
        _ => return Err(format!("`{name}` with {} operands", x.len())),
    })
}

fn power(x: &Real, y: &Real) -> Number {
    if let Some(n) = y.exact().filter(|y| y.is_integer()) {
        let size: Option<u32> = n.abs().to_integer().try_into().ok().filter(|&n: &u32| n < 1 << 20);
        if let Some(size) = size {
            let result = x.power(size);
            return if n.is_negative() {
                match x.sign() {
                    Some(0) => Number::Undefined,
                    _ => Number::or_unclear(Real::whole(1).div(&result)),
                }
            } else {
                Number::Value(result)
            };
        }
    }
    match (x.sign(), y.sign()) {
        (Some(1), _) if y.exact() == Some(&Rational::new(1.into(), 2.into())) => Number::Value(elementary::sqrt(x)),
        (Some(1), _) => Number::or_unclear(elementary::exp(&elementary::log(x).mul(y))),
        (Some(0), Some(1)) => Number::Value(Real::whole(0)),
        (Some(0), Some(-1)) => Number::Undefined,
        (Some(-1), _) if y.exact().is_some() => Number::Undefined,
        _ => Number::Unclear,
    }
}

/// The angle of the point (x, y).
fn atan2(y: &Real, x: &Real) -> Number {
    let quotient = || y.div(x).map(|slope| elementary::atan(&slope));
    let pi = elementary::pi();
    Number::or_unclear(match (x.sign(), y.sign()) {
        (Some(1), _) => quotient(),
        (Some(-1), Some(0 | 1)) => quotient().map(|angle| angle.add(&pi)),
        (Some(-1), Some(-1)) => quotient().map(|angle| angle.sub(&pi)),
        (Some(0), Some(1)) => Some(pi.half()),
        (Some(0), Some(-1)) => Some(pi.half().neg()),
        (_, Some(1)) => x.div(y).map(|slope| pi.half().sub(&elementary::atan(&slope))),
        (_, Some(-1)) => x.div(y).map(|slope| pi.half().neg().sub(&elementary::atan(&slope))),
        _ => None,
    })
}
