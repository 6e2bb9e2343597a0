//! A forward pass of its own, over rationals and fixed-point exponentials: it shares no code with the library's exact
//! evaluation, so it can judge that too.

use super::exact;
use deltasat::exact::Rational;
use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};
use quantproof::network::{Activation, Network, Output};

/// Binary digits after the point of the exponentials.
const BITS: u64 = 256;

/// The logits of a network of ReLU and linear layers.
pub fn logits(network: &Network, input: &[Rational]) -> Vec<Rational> {
    network.layers().iter().fold(input.to_vec(), |h, layer| {
        let neuron = |i: usize| {
            let mut z = exact(layer.biases()[i]);
            for (w, h) in layer.row(i).iter().zip(&h) {
                z += exact(*w) * h;
            }
            match layer.activation() {
                Activation::Linear => z,
                Activation::Relu => {
                    if z.is_negative() {
                        Rational::zero()
                    } else {
                        z
                    }
                }
                other => panic!("{other:?} has no rational values"),
            }
        };
        (0..layer.outputs()).map(neuron).collect()
    })
}

/// The confidence of a class, to about 70 decimals.
pub fn confidence(output: Output, logits: &[Rational], class: usize) -> Rational {
    let against: Vec<Rational> = match output {
        Output::Sigmoid if class == 1 => vec![-logits[0].clone()],
        Output::Sigmoid => vec![logits[0].clone()],
        Output::Softmax => (0..logits.len()).filter(|&k| k != class).map(|k| &logits[k] - &logits[class]).collect(),
        Output::None => return logits[class].clone(),
    };
    let odds = against.iter().fold(Rational::one(), |sum, x| sum + exponential(x));
    odds.recip()
}

/// `e^x` by its series at `x/2^k` and `k` squarings.
pub fn exponential(x: &Rational) -> Rational {
    if x.is_negative() {
        return exponential(&-x).recip();
    }
    let scale = BigInt::one() << BITS;
    let halvings = x.ceil().to_integer().bits() + 8;
    let reduced = (x.numer() * &scale) / (x.denom() << halvings);
    let (mut sum, mut term) = (scale.clone(), scale.clone());
    for n in 1..60 {
        term = (term * &reduced) >> BITS;
        term /= n;
        sum += &term;
    }
    for _ in 0..halvings {
        sum = (&sum * &sum) >> BITS;
    }
    Rational::new(sum, scale)
}
