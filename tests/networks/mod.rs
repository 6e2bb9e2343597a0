//! Random small networks, by seed.

#![allow(dead_code, unreachable_pub)]

pub mod reference;

use deltasat::exact::{Rational, rational};
use quantproof::network::{Activation, Domain, Input, Layer, Network, Output};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A generator for a seed of a named test.
pub fn random(test: &str, seed: u64) -> SmallRng {
    let name = test.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    SmallRng::seed_from_u64(name ^ seed)
}

/// A number of the form `k/2^bits` in `[−1.5, 1.5]`.
pub fn dyadic(r: &mut SmallRng, bits: i32) -> f64 {
    let scale = 2f64.powi(bits);
    (r.random_range(-1.5..=1.5) * scale).round() / scale
}

/// A network of these widths (inputs first) with parameters `k/2^bits` and inputs in `[−1, 1]`.
pub fn network(r: &mut SmallRng, widths: &[usize], activation: Activation, output: Output, bits: i32) -> Network {
    let inputs = widths[0];
    let domain = (0..inputs).map(|_| Domain::new(ratio(-1, 1), ratio(1, 1)).unwrap()).collect();
    let input = Input::new((0..inputs).map(|i| format!("x{i}")).collect(), domain).unwrap();
    let last = widths.len() - 2;
    let layers = widths.windows(2).enumerate().map(|(k, pair)| {
        let weights = (0..pair[0] * pair[1]).map(|_| dyadic(r, bits)).collect();
        let biases = (0..pair[1]).map(|_| dyadic(r, bits)).collect();
        Layer::new(pair[0], weights, biases, if k == last { Activation::Linear } else { activation }).unwrap()
    });
    let layers = layers.collect();
    let classes = if output == Output::Sigmoid { 2 } else { widths[widths.len() - 1] };
    let classes = (0..classes).map(|i| format!("c{i}")).collect();
    Network::new("random".to_owned(), input, layers, output, classes, None).unwrap()
}

/// `n/d`
pub fn ratio(n: i64, d: i64) -> Rational {
    Rational::new(n.into(), d.into())
}

/// A double as a rational.
pub fn exact(x: f64) -> Rational {
    rational::from_f64(x).unwrap()
}
