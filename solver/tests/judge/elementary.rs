//! Elementary functions, enclosed: series whose remainders are added, behind reductions of the argument.
//!
//! Monotone functions are enclosed from both ends of their argument; sin and cos from its middle, since neither moves by
//! more than its argument does.

use super::float::{Float, Toward::Above, Toward::Below};
use super::number::{Rational, whole};
use super::real::{Real, precision, with_more};
use num_traits::{One, Zero};

/// `[−r, r]`.
fn around_zero(radius: &Real) -> Real {
    radius.neg().hull(radius)
}

/// A number as ends of the current precision, however long the rational is.
fn enclosed(x: &Real) -> Real {
    let (lower, upper) = x.ends();
    Real::Within(lower, upper)
}

fn monotone(x: &Real, at: impl Fn(&Real) -> Real) -> Real {
    let (lower, upper) = x.edges();
    if x.exact().is_some() { at(&lower) } else { at(&lower).hull(&at(&upper)) }
}

fn magnitude(x: &Real) -> i64 {
    let (lower, upper) = x.ends();
    lower.magnitude().max(upper.magnitude())
}

/// `Σ xⁿ·c(n)` where a term is at most `2⁻ⁿ` times the first, from `c(0)` on: `next(term, n)` makes term `n` from the one before.
fn series(first: Real, mut next: impl FnMut(&Real, u32) -> Real) -> Real {
    if first.sign() == Some(0) {
        return first;
    }
    let (mut sum, mut term, mut n) = (first.clone(), first, 0);
    let enough = magnitude(&term) - precision() as i64 - 4;
    while magnitude(&term) > enough {
        n += 1;
        term = next(&term, n);
        sum = sum.add(&term);
    }
    // each later term is at most half of the one before, so that together they are at most the last one
    sum.add(&around_zero(&term.abs()))
}

/// e to a power below 2⁴⁰, so that exponents of products stay far from their limit; `None` where it is larger than that.
pub fn exp(x: &Real) -> Option<Real> {
    if x.sign() == Some(0) {
        return Some(Real::whole(1));
    }
    let size = magnitude(x);
    if size > 40 {
        let zero = Float::zero();
        return (x.sign() == Some(-1)).then(|| Real::Within(zero, Float::power_of_two(-(1 << 39))));
    }
    Some(monotone(x, |x| {
        let halvings = (size + 8).max(0);
        with_more(2 * halvings as u64 + 16, || {
            let (lower, upper) = x.ends();
            let small = Real::Within(lower.scaled(-halvings), upper.scaled(-halvings));
            let inverse = |n| Real::whole(1).div(&Real::whole(n)).expect("n is not 0");
            let mut value =
                series(enclosed(&Real::whole(1)), |term, n| term.mul(&small).mul(&enclosed(&inverse(i64::from(n)))));
            for _ in 0..halvings {
                value = value.mul(&value);
            }
            value
        })
    }))
}

/// `2·artanh(z)` for `|z| ≤ 1/2`.
fn twice_artanh(z: &Real) -> Real {
    let square = z.mul(z);
    let mut power = z.clone();
    let sum = series(z.clone(), |_, n| {
        power = power.mul(&square);
        power.div(&Real::whole(2 * i64::from(n) + 1)).expect("an odd number")
    });
    sum.add(&sum)
}

/// The natural logarithm of what is certainly positive.
pub fn log(x: &Real) -> Real {
    if x.exact().is_some_and(One::is_one) {
        return Real::whole(0);
    }
    let extra = magnitude(x).unsigned_abs().max(1).ilog2() + 32;
    with_more(u64::from(extra), || {
        monotone(x, |x| {
            let shift = magnitude(x);
            let (lower, upper) = x.ends();
            let m = Real::Within(lower.scaled(-shift), upper.scaled(-shift));
            let one = Real::whole(1);
            let z = m.sub(&one).div(&m.add(&one)).expect("m is positive");
            let third = enclosed(&Real::Exact(Rational::new(1.into(), 3.into())));
            twice_artanh(&z).add(&twice_artanh(&third).mul(&Real::whole(shift)))
        })
    })
}

/// The square root of what is certainly not negative; of a rational square it is exact.
pub fn sqrt(x: &Real) -> Real {
    if let Some(x) = x.exact() {
        let (over, under) = (x.numer().sqrt(), x.denom().sqrt());
        if &over * &over == *x.numer() && &under * &under == *x.denom() {
            return Real::Exact(Rational::new(over, under));
        }
    }
    let ((lower, upper), bits) = (x.ends(), precision());
    let lower = if lower.signum() < 0 { Float::zero() } else { lower };
    Real::Within(lower.sqrt(bits, Below), upper.sqrt(bits, Above))
}

/// The series of the arcus tangens of a point `|x| ≤ 1/4`.
fn small_atan(x: &Real) -> Real {
    let square = x.mul(x).neg();
    let mut power = x.clone();
    series(x.clone(), |_, n| {
        power = power.mul(&square);
        power.div(&Real::whole(2 * i64::from(n) + 1)).expect("an odd number")
    })
}

pub fn pi() -> Real {
    // Machin: π = 16 atan(1/5) − 4 atan(1/239)
    with_more(16, || {
        let atan = |n: i64| small_atan(&enclosed(&Real::Exact(Rational::new(1.into(), n.into()))));
        atan(5).mul(&Real::whole(16)).sub(&atan(239).mul(&Real::whole(4)))
    })
}

pub fn atan(x: &Real) -> Real {
    if x.sign() == Some(0) {
        return Real::whole(0);
    }
    with_more(32, || {
        monotone(x, |x| {
            let mut small = enclosed(x);
            // atan x = 2 atan(x / (1 + √(1 + x²))), which at least halves what is below 1 and makes all else that
            for _ in 0..4 {
                let root = sqrt(&Real::whole(1).add(&small.mul(&small).abs()));
                small = small.div(&Real::whole(1).add(&root)).expect("at least 1");
            }
            if small.sign() == Some(0) {
                return Real::whole(0);
            }
            small_atan(&small).mul(&Real::whole(16))
        })
    })
}

/// The arcus sine of what is certainly in [−1, 1].
pub fn asin(x: &Real) -> Real {
    if x.sign() == Some(0) {
        return Real::whole(0);
    }
    monotone(x, |x| {
        let rest = Real::whole(1).sub(&x.mul(x));
        match rest.sign() {
            Some(1) => atan(&x.div(&sqrt(&rest)).expect("a positive root")),
            // at an end, or so near to it that the precision does not tell
            _ if x.sign() == Some(1) => {
                if rest.sign() == Some(0) {
                    pi().half()
                } else {
                    Real::whole(1).hull(&pi().half())
                }
            }
            _ if rest.sign() == Some(0) => pi().half().neg(),
            _ => pi().half().neg().hull(&Real::whole(-1)),
        }
    })
}

pub fn acos(x: &Real) -> Real {
    if x.exact().is_some_and(One::is_one) {
        return Real::whole(0);
    }
    pi().half().sub(&asin(x))
}

/// sine and cosine.
pub fn sin_cos(x: &Real) -> (Real, Real) {
    if x.exact().is_some_and(Zero::is_zero) {
        return (Real::whole(0), Real::whole(1));
    }
    let anything = around_zero(&Real::whole(1));
    let (lower, upper) = x.ends();
    let size = magnitude(x);
    if size > 100_000 {
        return (anything.clone(), anything);
    }
    // one precision for everything: the middle, its rest modulo π/2, the series
    with_more(size.max(0) as u64 + 32, || {
        let (lower, upper) = if x.exact().is_some() { x.ends() } else { (lower, upper) };
        let bits = precision();
        let middle = lower.add(&upper, bits, Below).scaled(-1);
        let radius = upper.sub(&lower, bits, Above);
        let quarter = pi().half();
        let point = Real::Within(middle.clone(), middle);
        let turns = point.div(&quarter).expect("π is not 0").add(&Real::Exact(Rational::new(1.into(), 2.into())));
        // any whole number near will do
        let turns = Rational::from_integer(turns.ends().0.floor().expect("no more turns than the size allows"));
        let rest = point.sub(&quarter.mul(&Real::Exact(turns.clone())));
        let square = rest.mul(&rest).abs().neg();
        let step = |term: &Real, n: i64| term.mul(&square).div(&Real::whole(n)).expect("n is not 0");
        let sine = if rest.sign() == Some(0) {
            rest.clone()
        } else {
            series(rest.clone(), |term, n| step(term, i64::from(2 * n) * i64::from(2 * n + 1)))
        };
        let cosine = series(enclosed(&Real::whole(1)), |term, n| step(term, i64::from(2 * n - 1) * i64::from(2 * n)));
        let quadrant = ((turns % whole(4)) + whole(4)) % whole(4);
        let (sine, cosine) = match quadrant.to_integer().to_string().as_str() {
            "0" => (sine, cosine),
            "1" => (cosine, sine.neg()),
            "2" => (sine.neg(), cosine.neg()),
            _ => (cosine.neg(), sine),
        };
        let reach = around_zero(&Real::Within(radius.clone(), radius));
        let widened = |value: Real| {
            let value = value.add(&reach);
            value.max(&Real::whole(-1)).min(&Real::whole(1))
        };
        (widened(sine), widened(cosine))
    })
}

/// Hyperbolic sine, cosine, tangent; `None` beyond what [`exp`] reaches.
pub fn sinh(x: &Real) -> Option<Real> {
    if x.sign() == Some(0) {
        return Some(Real::whole(0));
    }
    // near 0 the difference of two exponentials loses as many digits as x has zeros
    let lost = (-magnitude(x)).clamp(0, 4000) as u64;
    with_more(lost, || {
        let (lower, upper) = x.edges();
        let at = |x: &Real| Some(exp(x)?.sub(&exp(&x.neg())?).half());
        Some(if x.exact().is_some() { at(x)? } else { at(&lower)?.hull(&at(&upper)?) })
    })
}

pub fn cosh(x: &Real) -> Option<Real> {
    Some(exp(x)?.add(&exp(&x.neg())?).half())
}

pub fn tanh(x: &Real) -> Option<Real> {
    if x.sign() == Some(0) {
        return Some(Real::whole(0));
    }
    let lost = (-magnitude(x)).clamp(0, 4000) as u64;
    with_more(lost, || {
        let one = Real::whole(1);
        let at = |x: &Real| {
            // by the exponential that does not grow
            let e = exp(&x.abs().neg().add(&x.abs().neg()))?;
            let positive = one.sub(&e).div(&one.add(&e))?;
            match x.sign() {
                Some(-1) => Some(positive.neg()),
                Some(_) => Some(positive),
                None => Some(around_zero(&positive)),
            }
        };
        let (lower, upper) = x.edges();
        Some(if x.exact().is_some() { at(x)? } else { at(&lower)?.hull(&at(&upper)?) })
    })
}

/// 1/(1 + e^(−x)).
pub fn sigmoid(x: &Real) -> Option<Real> {
    let one = Real::whole(1);
    let at = |x: &Real| match x.sign() {
        Some(0) => Some(Real::Exact(Rational::new(1.into(), 2.into()))),
        Some(1) => one.div(&one.add(&exp(&x.neg())?)),
        _ => {
            let e = exp(x)?;
            e.div(&one.add(&e))
        }
    };
    let (lower, upper) = x.edges();
    Some(if x.exact().is_some() { at(x)? } else { at(&lower)?.hull(&at(&upper)?) })
}

#[cfg(test)]
mod tests {
    use super::super::number::parse;
    use super::*;

    /// Digits from Abramowitz and Stegun's tables and from OEIS: each enclosure holds the number, and is narrow.
    #[test]
    fn known_digits() {
        let half = Real::Exact(parse("0.5").unwrap());
        let (sine, cosine) = sin_cos(&Real::whole(1));
        let (far, _) = sin_cos(&Real::whole(1_000_000));
        let cases = [
            (exp(&Real::whole(1)).unwrap(), "2.7182818284590452353602874713526624977572"),
            (exp(&Real::whole(-1)).unwrap(), "0.3678794411714423215955237701614608674458"),
            (log(&Real::whole(2)), "0.6931471805599453094172321214581765680755"),
            (log(&Real::whole(10)), "2.3025850929940456840179914546843642076011"),
            (log(&half), "-0.6931471805599453094172321214581765680755"),
            (pi(), "3.1415926535897932384626433832795028841971"),
            (atan(&Real::whole(1)), "0.7853981633974483096156608458198757210492"),
            (asin(&half), "0.5235987755982988730771072305465838140328"),
            (acos(&half), "1.0471975511965977461542144610931676280657"),
            (sine, "0.8414709848078965066525023216302989996225"),
            (cosine, "0.5403023058681397174009366074429766037323"),
            (far, "-0.3499935021712929521176524867807714690614"),
            (sqrt(&Real::whole(2)), "1.4142135623730950488016887242096980785696"),
            (sinh(&Real::whole(1)).unwrap(), "1.1752011936438014568823818505956008151557"),
            (cosh(&Real::whole(1)).unwrap(), "1.5430806348152437784779056207570616826015"),
            (tanh(&Real::whole(1)).unwrap(), "0.7615941559557648881194582826047935904127"),
            (sigmoid(&Real::whole(1)).unwrap(), "0.7310585786300048792511592418218362743651"),
        ];
        for (index, (value, digits)) in cases.iter().enumerate() {
            let digits = parse(digits).unwrap();
            let (lower, upper) = value.ends();
            let ulp = parse("1e-38").unwrap();
            let off = parse("1e-39").unwrap();
            let [lower, upper] = [lower, upper].map(|end| end.to_rational().expect("a short number"));
            assert!(lower <= &digits + &off && &digits - &off <= upper, "case {index}");
            assert!(upper - lower < ulp * whole(10), "case {index} is wide");
        }
    }

    /// Identities hold on enclosures, at points and over intervals.
    #[test]
    fn identities() {
        for text in ["-700", "-3", "-1/3", "-1e-30", "1e-300", "0.1", "1", "2.5", "40", "1e5"] {
            let x = Real::Exact(parse(text).unwrap());
            let (sine, cosine) = sin_cos(&x);
            let one = sine.mul(&sine).add(&cosine.mul(&cosine)).sub(&Real::whole(1));
            assert!(one.sign().is_none_or(|sign| sign == 0), "sin² + cos² at {text}: {}", one.show());
            let back = log(&exp(&x).unwrap()).sub(&x);
            assert!(back.sign().is_none_or(|sign| sign == 0), "log exp at {text}: {}", back.show());
            let tangent = sinh(&x).unwrap().div(&cosh(&x).unwrap()).unwrap().sub(&tanh(&x).unwrap());
            assert!(tangent.sign().is_none_or(|sign| sign == 0), "tanh at {text}: {}", tangent.show());
            let wide = x.hull(&x.add(&Real::whole(1)));
            let inside = exp(&wide).unwrap().sub(&exp(&x.add(&Real::Exact(parse("0.4").unwrap()))).unwrap());
            assert!(inside.sign().is_none(), "exp over an interval at {text}");
        }
    }
}
