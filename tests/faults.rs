//! Single-bit faults against a loop over all words and bits, with words decoded by their definitions, and every faulty
//! network evaluated exactly.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::Rational;
use networks::{network, random, ratio};
use quantproof::network::{Activation, Network, Output, Parameter};
use quantproof::perturbation::format::grid::Grid;
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation};
use quantproof::robustness::faults::{Fault, Faults};
use quantproof::robustness::witness::Witness;
use quantproof::robustness::{ClassChange, Settings};
use rand::Rng;
use std::sync::Arc;

/// A word of sign, exponent and mantissa by the definition of IEEE 754; `None` for infinities and NaN.
fn decoded(word: u32, exponent_bits: u32, mantissa_bits: u32, ocp: bool) -> Option<f64> {
    let mantissa = f64::from(word & ((1 << mantissa_bits) - 1));
    let field = (word >> mantissa_bits) & ((1 << exponent_bits) - 1);
    let sign = if word >> (mantissa_bits + exponent_bits) & 1 == 1 { -1.0 } else { 1.0 };
    let bias = (1 << (exponent_bits - 1)) - 1;
    let all_ones = field == (1 << exponent_bits) - 1;
    // E4M3 has no infinities: only the last word of each sign is NaN
    let special = if ocp { all_ones && mantissa == f64::from((1 << mantissa_bits) - 1) } else { all_ones };
    let fraction = mantissa / f64::from(1 << mantissa_bits);
    let magnitude = match field {
        0 => fraction * 2f64.powi(1 - bias),
        _ => (1.0 + fraction) * 2f64.powi(field as i32 - bias),
    };
    (!special).then_some(sign * magnitude)
}

/// What the inverted bits of the word that stands for `from` give, from the last bit on.
fn flipped(format: &str, grid: &Grid, trained: f64, from: f64) -> Vec<Option<f64>> {
    let float = match format {
        "float16" => Some((5, 10, false)),
        "bfloat16" => Some((8, 7, false)),
        "float8:e4m3" => Some((4, 3, true)),
        "float8:e5m2" => Some((5, 2, false)),
        _ => None,
    };
    if let Some((e, m, ocp)) = float {
        let is = |&word: &u32| {
            let negative = word >> (e + m) & 1 == 1;
            decoded(word, e, m, ocp) == Some(from) && (from != 0.0 || negative == trained.is_sign_negative())
        };
        let word = (0..1u32 << (1 + e + m)).find(is).unwrap();
        return (0..=e + m).map(|bit| decoded(word ^ 1 << bit, e, m, ocp)).collect();
    }
    let Grid::Affine(grid) = grid else { panic!("{format}") };
    let bits: u32 = match format.split(':').next().unwrap() {
        "fixed" => 6,
        name => name[3..].parse().unwrap(),
    };
    let word = (from / grid.scale()).round() as i64 + grid.zero();
    (0..bits)
        .map(|bit| {
            // the last bit counts 1, the next 2, …, the first one −2^(bits−1)
            let weight = if bit == bits - 1 { -(1i64 << bit) } else { 1i64 << bit };
            let set = word.rem_euclid(1 << bits) >> bit & 1 == 1;
            let word = if set { word - weight } else { word + weight };
            Some(grid.scale() * (word - grid.zero()) as f64)
        })
        .collect()
}

const FORMATS: [&str; 8] = [
    "int4:bias-same",
    "int8",
    "int5:asymmetric:bias-same",
    "int3:per-channel",
    "fixed:3.3",
    "float16",
    "float8:e4m3",
    "float8:e5m2",
];

#[test]
fn faults_are_all_words_with_a_bit_inverted_and_do_what_exact_evaluation_says() {
    let (mut changes, mut calm, mut invalid) = (0, 0, 0);
    let shapes: [(&[usize], Activation, Output); 4] = [
        (&[2, 3, 2], Activation::Relu, Output::Softmax),
        (&[2, 2, 2, 3], Activation::Relu, Output::Softmax),
        (&[2, 2, 1], Activation::Tanh, Output::Sigmoid),
        (&[1, 2, 2, 2], Activation::Relu, Output::None),
    ];
    for (index, format) in FORMATS.into_iter().enumerate() {
        for (shape, (widths, activation, output)) in shapes.into_iter().enumerate() {
            let mut r = random("faults", 10 * index as u64 + shape as u64);
            let trained = network(&mut r, widths, activation, output, 20);
            let quantised = Quantised::new(Scheme::parse(format, Rounding::Nearest).unwrap(), &trained, &[]).unwrap();
            let quantised = Arc::new(quantised);
            let layers = if shape == 1 { Layers::Only([0, 2].into()) } else { Layers::All };
            let magnitude = Magnitude::Quantised(Arc::clone(&quantised));
            let perturbation = Perturbation::new(magnitude, layers, Parameters::All).unwrap();
            let faults = Faults::new(&trained, &perturbation).unwrap();
            let base = faults.network();
            let mut expected = Vec::new();
            for (layer, l) in trained.layers().iter().enumerate().filter(|(layer, _)| shape != 1 || *layer != 1) {
                for place in l.parameters() {
                    let Some(grid) = quantised.grids(layer).unwrap().of(place) else { continue };
                    let (value, from) = (l.parameter(place), base.layers()[layer].parameter(place));
                    for (bit, to) in flipped(format, grid, value, from).into_iter().enumerate() {
                        expected.push(Fault { layer, place, bit: bit as u32, from, to });
                    }
                }
            }
            let (valid, broken): (Vec<Fault>, Vec<Fault>) = expected.into_iter().partition(|fault| fault.to.is_some());
            assert_eq!(faults.faults(), valid, "{format}");
            assert_eq!(faults.invalid(), broken, "{format}");
            invalid += broken.len();
            for _ in 0..3 {
                let input: Vec<Rational> = (0..widths[0]).map(|_| ratio(r.random_range(-100..=100), 100)).collect();
                let effect = faults.at(&input, &Budget::unlimited());
                let (class, found) = brute_force(base, &valid, &input);
                assert_eq!(effect.assigned, [class]);
                let flips = found.iter().filter(|(_, to)| *to != class).count() as u64;
                assert_eq!((effect.changes, effect.open), (flips, 0), "{format} {input:?}");
                let largest = found.iter().map(|(deviation, _)| *deviation).fold(0.0, f64::max);
                let (low, high) = effect.bounds;
                assert!(
                    low <= largest + 2e-12 && largest <= high && high - low < 1e-9 * (1.0 + high),
                    "{low} {largest} {high}"
                );
                let worst = effect.worst.map(|fault| valid.iter().position(|f| *f == fault).unwrap());
                assert!(worst.is_none_or(|worst| found[worst].0 + 2e-12 >= low), "{format}");
                assert_eq!(worst.is_none(), low == 0.0);
                if let Some((fault, to)) = effect.change {
                    let position = valid.iter().position(|f| *f == fault).unwrap();
                    assert!(found[position].1 == to && to != class);
                }
                changes += u32::from(effect.class_change() == ClassChange::Possible);
                calm += u32::from(effect.class_change() == ClassChange::Impossible);
            }
        }
    }
    assert!(changes > 20 && calm > 5 && invalid > 5, "{changes} {calm} {invalid}");
}

/// The class without a fault, and the deviation and the class of every fault, by exact evaluation of whole networks.
fn brute_force(base: &Network, faults: &[Fault], input: &[Rational]) -> (usize, Vec<(f64, usize)>) {
    let class = base.evaluate_exactly(input).unwrap().class.unwrap();
    let found = faults.iter().map(|fault| {
        let value = |layer: usize, place: Parameter, value: f64| {
            if layer == fault.layer && place == fault.place { fault.to.unwrap() } else { value }
        };
        let faulty = base.with_parameters(value).unwrap();
        let class_there = faulty.evaluate_exactly(input).unwrap().class.unwrap();
        // e to a power beyond the range of exact arithmetic: the confidence is 0 or 1 to all digits of a double
        let near = |network: &Network| {
            let point: Vec<f64> = input.iter().map(deltasat::exact::rational::nearest_f64).collect();
            network.evaluate(&point).unwrap().confidences[class]
        };
        let nearly = (near(&faulty) - near(base)).abs() - 1e-12;
        let witness = Witness::new(base, &Perturbation::none(), faulty, input.to_vec(), class);
        (witness.map_or(nearly, |witness| witness.deviation()), class_there)
    });
    (class, found.collect())
}

/// Over a domain no fault at any sampled input does more than the upper bound, and the lower one is attained.
#[test]
fn bounds_over_a_domain_hold_at_samples() {
    for (seed, format) in ["int4", "fixed:3.3", "float8:e4m3"].into_iter().enumerate() {
        let mut r = random("bounds_over_a_domain", seed as u64);
        let widths: &[usize] = if seed == 1 { &[2, 3, 3] } else { &[2, 2, 2] };
        let trained = network(&mut r, widths, Activation::Relu, Output::Softmax, 20);
        let quantised = Quantised::new(Scheme::parse(format, Rounding::Nearest).unwrap(), &trained, &[]).unwrap();
        let perturbation = Perturbation::uniform(Magnitude::Quantised(Arc::new(quantised))).unwrap();
        let faults = Faults::new(&trained, &perturbation).unwrap();
        let domain = vec![(ratio(-1, 1), ratio(1, 1)); 2];
        let found = faults.over(&perturbation, &domain, &Settings::default(), &mut ());
        let (low, high) = found.bounds;
        assert!(0.0 < low && low <= high && high <= 1.0, "{format}: {low} {high}");
        for i in 0..=8 {
            for j in 0..=8 {
                let effect = faults.at(&[ratio(i - 4, 4), ratio(j - 4, 4)], &Budget::unlimited());
                assert!(effect.bounds.0 <= high, "{format} {i} {j}: {:?} above {high}", effect.bounds);
            }
        }
        let (fault, input) = found.worst.unwrap();
        let base = faults.network();
        let class = base.evaluate_exactly(&input).unwrap().class.unwrap();
        let witness = Witness::new(base, &Perturbation::none(), faults.faulty(&fault).unwrap(), input, class).unwrap();
        assert!(witness.deviation() >= low);
    }
}

/// Boxes have no words.
#[test]
fn only_formats_have_faults() {
    let trained = network(&mut random("boxes", 0), &[2, 2, 2], Activation::Relu, Output::Softmax, 20);
    let absolute = Perturbation::uniform(Magnitude::Absolute(ratio(1, 10))).unwrap();
    assert!(Faults::new(&trained, &absolute).is_none());
    let uniform = Quantised::new(Scheme::parse("uniform:1%", Rounding::Any).unwrap(), &trained, &[]).unwrap();
    let uniform = Perturbation::uniform(Magnitude::Quantised(Arc::new(uniform))).unwrap();
    assert!(Faults::new(&trained, &uniform).is_none());
}
