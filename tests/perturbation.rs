//! Radii and inner bounds against exact rationals and against a search over the bit patterns of the doubles.

use std::collections::BTreeSet;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use quantproof::network::{Activation, Domain, Input, Layer, Network, Output};
use quantproof::perturbation::{Layers, Magnitude, Parameter, Parameters, Perturbation, PerturbationError};
use rand::{Rng, SeedableRng, rngs::SmallRng};

fn fraction(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

fn exact(value: f64) -> BigRational {
    BigRational::from_float(value).unwrap()
}

/// A chain of 1-1 layers with these weights, each with the bias 3 times its weight where that is finite.
fn chain(weights: &[f64]) -> Network {
    let one = Domain::new(fraction(0, 1), fraction(1, 1)).unwrap();
    let input = Input::new(vec!["x".to_owned()], vec![one]).unwrap();
    let bias = |w: f64| if (3.0 * w).is_finite() { 3.0 * w } else { w };
    let layers = weights.iter().map(|&w| Layer::new(1, vec![w], vec![bias(w)], Activation::Relu).unwrap()).collect();
    Network::new("chain".to_owned(), input, layers, Output::None, vec!["y".to_owned()], None).unwrap()
}

const WEIGHT: Parameter = Parameter::Weight { row: 0, col: 0 };
const BIAS: Parameter = Parameter::Bias { row: 0 };

/// Position of a double in the order of all doubles, both zeros at 0.
fn rank(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn at_rank(rank: i64) -> f64 {
    if rank < 0 { -f64::from_bits(rank.unsigned_abs()) } else { f64::from_bits(rank as u64) }
}

/// The greatest finite double at most `bound`, by bisection over all doubles: no conversion of a rational is involved.
fn greatest_to(bound: &BigRational) -> f64 {
    // The ranks of both ends differ by more than an i64 holds.
    let (mut low, mut high) = (i128::from(rank(f64::MIN)), i128::from(rank(f64::MAX)) + 1);
    while high - low > 1 {
        let middle = (low + high).div_euclid(2);
        if exact(at_rank(middle as i64)) <= *bound { low = middle } else { high = middle }
    }
    at_rank(low as i64)
}

fn least_from(bound: &BigRational) -> f64 {
    -greatest_to(&-bound)
}

/// Ordinary numbers, numbers near each other, and numbers from the ends of the range.
fn random_double(random: &mut SmallRng) -> f64 {
    loop {
        let value = match random.random_range(0..4) {
            0 => random.random_range(-4.0..4.0),
            1 => f64::from_bits(random.random()),
            2 => *[0.0, -0.0, 1.0, -1.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 0.1]
                .get(random.random_range(0..9))
                .unwrap(),
            _ => f64::from_bits(random.random_range(0..1 << 53)) * if random.random() { 1.0 } else { -1.0 },
        };
        if value.is_finite() {
            return value;
        }
    }
}

fn random_epsilon(random: &mut SmallRng) -> BigRational {
    let digits = BigInt::from(random.random_range(0u64..1_000_000));
    match random.random_range(0..5) {
        // Decimals, as people write them.
        0 | 1 => BigRational::new(digits, BigInt::from(10).pow(random.random_range(0..12))),
        // No terminating expansion.
        2 => BigRational::new(digits, BigInt::from(random.random_range(1u64..u64::MAX))),
        // Around the least and beyond the greatest double.
        3 => BigRational::new(digits, BigInt::from(10).pow(random.random_range(300..360))),
        _ => BigRational::from_integer(digits * BigInt::from(10).pow(random.random_range(0..330))),
    }
}

#[test]
fn radii_and_inner_bounds_are_exact() {
    let mut random = SmallRng::seed_from_u64(3);
    for _ in 0..3000 {
        let network = chain(&[random_double(&mut random)]);
        let epsilon = random_epsilon(&mut random);
        let relative = random.random();
        let magnitude =
            if relative { Magnitude::Relative(epsilon.clone()) } else { Magnitude::Absolute(epsilon.clone()) };
        let perturbation = Perturbation::uniform(magnitude).unwrap();
        for parameter in [WEIGHT, BIAS] {
            let value = network.layers()[0].parameter(parameter);
            let radius = perturbation.radius(&network, 0, parameter);
            let expected = if relative { &epsilon * exact(value.abs()) } else { epsilon.clone() };
            assert_eq!(radius, expected);
            let (low, high) = perturbation.inner_bounds(&network, 0, parameter);
            let (lower, upper) = (exact(value) - &radius, exact(value) + &radius);
            assert_eq!(low, least_from(&lower), "{value} − {radius}");
            assert_eq!(high, greatest_to(&upper), "{value} + {radius}");
            // Once more from the definition: inside, the parameter between them, and the next doubles outside.
            assert!(exact(low) >= lower && exact(high) <= upper && low <= value && value <= high);
            assert!(low == f64::MIN || exact(low.next_down()) < lower);
            assert!(high == f64::MAX || exact(high.next_up()) > upper);
        }
    }
}

#[test]
fn inner_bounds_are_narrower_than_rounding() {
    // 1 ± 0.1: the sums round to 0.9 and 1.1, which lie outside, above and below the interval.
    let network = chain(&[1.0]);
    let perturbation = Perturbation::uniform(Magnitude::Absolute(fraction(1, 10))).unwrap();
    let (low, high) = perturbation.inner_bounds(&network, 0, WEIGHT);
    assert_eq!(high, 1.1f64.next_down());
    assert!(exact(1.1) > fraction(11, 10));
    assert_eq!(low, if exact(0.9) >= fraction(9, 10) { 0.9 } else { 0.9f64.next_up() });
    // Nothing but the parameter itself fits.
    let tiny = BigRational::new(1.into(), BigInt::from(10).pow(30));
    let perturbation = Perturbation::uniform(Magnitude::Absolute(tiny)).unwrap();
    assert_eq!(perturbation.inner_bounds(&network, 0, WEIGHT), (1.0, 1.0));
}

#[test]
fn a_relative_perturbation_leaves_zero_alone() {
    for zero in [0.0, -0.0] {
        let network = chain(&[zero]);
        let relative = Perturbation::uniform(Magnitude::Relative(fraction(1, 2))).unwrap();
        assert!(relative.radius(&network, 0, WEIGHT).is_zero());
        assert_eq!(relative.inner_bounds(&network, 0, WEIGHT), (0.0, 0.0));
        let absolute = Perturbation::uniform(Magnitude::Absolute(fraction(1, 2))).unwrap();
        assert_eq!(absolute.inner_bounds(&network, 0, WEIGHT), (-0.5, 0.5));
    }
    // The radius of a negative parameter is not negative.
    let relative = Perturbation::uniform(Magnitude::Relative(fraction(1, 2))).unwrap();
    assert_eq!(relative.inner_bounds(&chain(&[-2.0]), 0, WEIGHT), (-3.0, -1.0));
    assert!(relative.radius(&chain(&[-2.0]), 0, WEIGHT).is_positive());
}

#[test]
fn only_what_is_selected_moves() {
    let network = chain(&[1.0, -2.0, 4.0]);
    let epsilon = fraction(1, 8);
    let layers = Layers::Only(BTreeSet::from([0, 2]));
    for (parameters, weights, biases) in
        [(Parameters::All, true, true), (Parameters::Weights, true, false), (Parameters::Biases, false, true)]
    {
        let perturbation = Perturbation::new(Magnitude::Absolute(epsilon.clone()), layers.clone(), parameters).unwrap();
        perturbation.check(&network).unwrap();
        for layer in 0..3 {
            for (parameter, kind) in [(WEIGHT, weights), (BIAS, biases)] {
                let moves = kind && layer != 1;
                assert_eq!(perturbation.selects(layer, parameter), moves);
                let expected = if moves { epsilon.clone() } else { fraction(0, 1) };
                assert_eq!(perturbation.radius(&network, layer, parameter), expected);
                let value = network.layers()[layer].parameter(parameter);
                let room = if moves { 0.125 } else { 0.0 };
                assert_eq!(perturbation.inner_bounds(&network, layer, parameter), (value - room, value + room));
            }
        }
    }
}

#[test]
fn every_parameter_has_its_own_radius() {
    let weights = vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let layer = Layer::new(3, weights, vec![7.0, 8.0], Activation::Linear).unwrap();
    let one = Domain::new(fraction(0, 1), fraction(1, 1)).unwrap();
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let input = Input::new(names, vec![one; 3]).unwrap();
    let classes = vec!["p".to_owned(), "q".to_owned()];
    let network = Network::new("two".to_owned(), input, vec![layer], Output::Softmax, classes, None).unwrap();
    let relative = Perturbation::uniform(Magnitude::Relative(fraction(1, 10))).unwrap();
    let radii: Vec<_> = network.layers()[0].parameters().map(|p| relative.radius(&network, 0, p)).collect();
    assert_eq!(radii, (1..=8).map(|n| fraction(n, 10)).collect::<Vec<_>>());
    let sixth = relative.radius(&network, 0, Parameter::Weight { row: 1, col: 2 });
    assert_eq!(sixth, fraction(6, 10));
}

#[test]
fn scaled_changes_the_magnitude_alone() {
    let layers = Layers::Only(BTreeSet::from([1]));
    for relative in [false, true] {
        let of = |e| if relative { Magnitude::Relative(e) } else { Magnitude::Absolute(e) };
        let before = Perturbation::new(of(fraction(1, 2)), layers.clone(), Parameters::Biases).unwrap();
        let after = before.scaled(fraction(1, 3)).unwrap();
        assert_eq!(after, Perturbation::new(of(fraction(1, 3)), layers.clone(), Parameters::Biases).unwrap());
        assert!(before.scaled(fraction(-1, 3)).is_err());
        assert!(before.scaled(fraction(0, 1)).unwrap().radius(&chain(&[1.0, 1.0]), 1, BIAS).is_zero());
    }
}

#[test]
fn wrong_perturbations_are_refused() {
    let negative = Perturbation::uniform(Magnitude::Relative(fraction(-1, 100))).unwrap_err();
    assert_eq!(negative.to_string(), "perturbation -1/100: negative, expected at least 0");
    let epsilon = Magnitude::Absolute(fraction(1, 100));
    let none = Perturbation::new(epsilon.clone(), Layers::Only(BTreeSet::new()), Parameters::All).unwrap_err();
    assert_eq!(none, PerturbationError::NoLayer);
    let far = Perturbation::new(epsilon, Layers::Only(BTreeSet::from([0, 2, 7])), Parameters::All).unwrap();
    far.check(&chain(&[1.0; 8])).unwrap();
    let error = far.check(&chain(&[1.0, 1.0])).unwrap_err();
    assert_eq!(error.to_string(), "layer 2: no such layer, expected an index from 0 to 1");
}
