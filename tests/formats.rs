//! Number formats against oracles of their own: every word of every small format decoded by its definition and sorted, and
//! quantised networks drawn at random, which must stay inside the ranges.

use num_rational::BigRational;
use quantproof::network::{Activation, Layer, Network, Output, Parameter};
use quantproof::network::{Domain, Input};
use quantproof::perturbation::format::grid::Grid;
use quantproof::perturbation::format::minifloat::Minifloat;
use quantproof::perturbation::format::{Format, Grids};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Layers, Magnitude, Parameters, Perturbation, PerturbationError};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::sync::Arc;

fn exact(x: f64) -> BigRational {
    BigRational::from_float(x).unwrap()
}

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

/// All numbers of a format in ascending order, each with the parity of its word, zero once.
fn numbers(exponent_bits: u32, mantissa_bits: u32, ocp: bool) -> Vec<(f64, bool)> {
    let words = 0..1u32 << (1 + exponent_bits + mantissa_bits);
    let mut numbers: Vec<_> = words
        .filter_map(|word| Some((decoded(word, exponent_bits, mantissa_bits, ocp)? + 0.0, word % 2 == 0)))
        .collect();
    numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
    numbers.dedup_by(|a, b| a.0 == b.0);
    numbers
}

/// Compares a grid with the sorted list of its numbers at a point.
fn check(grid: &Grid, numbers: &[(f64, bool)], x: f64) {
    let above = numbers.partition_point(|(number, _)| *number < x);
    let up = numbers.get(above).or(numbers.last()).unwrap();
    let below = numbers.partition_point(|(number, _)| *number <= x);
    let down = if below == 0 { &numbers[0] } else { &numbers[below - 1] };
    assert_eq!(grid.down(x), down.0, "down({x:e})");
    assert_eq!(grid.up(x), up.0, "up({x:e})");
    let (to_down, to_up) = (exact(x) - exact(down.0), exact(up.0) - exact(x));
    let nearest = match to_down.cmp(&to_up) {
        _ if x <= down.0 => down.0,
        _ if x >= up.0 => up.0,
        std::cmp::Ordering::Less => down.0,
        std::cmp::Ordering::Greater => up.0,
        std::cmp::Ordering::Equal if down.1 => down.0,
        std::cmp::Ordering::Equal => up.0,
    };
    assert_eq!(grid.nearest(x), nearest, "nearest({x:e})");
}

#[test]
fn floats_round_to_the_neighbours_among_all_words() {
    let kinds = [
        (Minifloat::FLOAT16, 5, 10, false),
        (Minifloat::BFLOAT16, 8, 7, false),
        (Minifloat::E4M3, 4, 3, true),
        (Minifloat::E5M2, 5, 2, false),
    ];
    for (kind, exponent, mantissa, ocp) in kinds {
        let grid = Grid::Minifloat(kind);
        let numbers = numbers(exponent, mantissa, ocp);
        assert_eq!(numbers.last().unwrap().0, kind.greatest(), "{}", kind.name());
        assert_eq!(grid.least(), -kind.greatest());
        for pair in numbers.windows(2) {
            let (low, high) = (pair[0].0, pair[1].0);
            let middle = low + (high - low) / 2.0;
            for x in [low, high, low.next_up(), high.next_down(), middle, middle.next_up(), middle.next_down()] {
                check(&grid, &numbers, x);
            }
        }
        for x in [f64::MAX, -f64::MAX, f64::MIN_POSITIVE, -f64::MIN_POSITIVE, 5e-324, -5e-324, 0.0, -0.0] {
            check(&grid, &numbers, x);
        }
        let mut random = SmallRng::seed_from_u64(7);
        for _ in 0..2000 {
            let x = f64::from_bits(random.random::<u64>());
            if x.is_finite() {
                check(&grid, &numbers, x);
            }
        }
        // truncation is towards zero
        assert_eq!(grid.truncated(-1.0_f64.next_up()), -grid.truncated(1.0_f64.next_up()));
        assert!(grid.truncated(-1.03) > -1.03 && grid.truncated(1.03) < 1.03);
    }
}

/// A layer of these rows and biases.
fn layer(rows: &[&[f64]], biases: &[f64]) -> Layer {
    Layer::new(rows[0].len(), rows.concat(), biases.to_vec(), Activation::Relu).unwrap()
}

fn grids(format: &str, layer: &Layer) -> Grids {
    format.parse::<Format>().unwrap().grids(layer, None).unwrap().unwrap()
}

const BIAS: Parameter = Parameter::Bias { row: 0 };

fn weight(row: usize, col: usize) -> Parameter {
    Parameter::Weight { row, col }
}

#[test]
fn fixed_point_rounds_to_the_neighbours_among_all_words() {
    let layer = layer(&[&[0.3, -0.9]], &[0.1]);
    for (format, bits, after) in [("fixed:4.4", 8, 4), ("fixed:2.6", 8, 6), ("fixed:1.3", 4, 3), ("fixed:3.0", 3, 0)] {
        let grid = *grids(format, &layer).of(BIAS).unwrap();
        let words = -(1i64 << (bits - 1))..1i64 << (bits - 1);
        let numbers: Vec<_> = words.map(|word| (word as f64 / f64::from(1 << after), word % 2 == 0)).collect();
        for &(number, _) in &numbers {
            let half = 0.5 / f64::from(1 << after);
            for x in [number, number + half, number - half, (number + half).next_up(), number.next_down()] {
                check(&grid, &numbers, x);
            }
        }
        for x in [1e300, -1e300, 5e-324, -5e-324] {
            check(&grid, &numbers, x);
        }
        // two's complement is cut off downwards
        assert_eq!(grid.truncated(-0.01), grid.down(-0.01));
    }
    // the point moves as far left as the greatest parameter allows: −0.9 needs one bit before it, 1.3 two
    assert_eq!(grids("fixed:8", &layer).of(BIAS).unwrap().step(0.0), 1.0 / 128.0);
    let wider = self::layer(&[&[0.3, -0.9]], &[1.3]);
    assert_eq!(grids("fixed:8", &wider).of(BIAS).unwrap().step(0.0), 1.0 / 64.0);
}

#[test]
fn integers_have_the_scales_of_the_quantisers() {
    let layer = layer(&[&[0.5, -1.0], &[0.25, 0.125], &[0.0, 0.0]], &[3.0, 0.0, -1.0]);
    let step = |format: &str, place| grids(format, &layer).of(place).unwrap().step(0.0);
    assert_eq!(step("int8", weight(1, 0)), f64::from((1.0_f64 / 127.0) as f32));
    assert_eq!(step("int8:per-channel", weight(1, 0)), f64::from((0.25_f64 / 127.0) as f32));
    assert_eq!(step("int8:asymmetric", weight(1, 0)), f64::from((1.5_f64 / 255.0) as f32));
    assert_eq!(step("int4:bias-same", BIAS), f64::from((3.0_f64 / 7.0) as f32));
    assert!(grids("int8", &layer).of(BIAS).is_none());
    // a row of zeros keeps its zeros, whatever its scale
    let zeros = grids("int8:per-channel:asymmetric", &layer);
    assert_eq!((zeros.of(weight(2, 0)).unwrap().down(0.0), zeros.of(weight(2, 1)).unwrap().up(0.0)), (0.0, 0.0));
    let mut random = SmallRng::seed_from_u64(3);
    for _ in 0..500 {
        let numbers: Vec<f64> =
            (0..4).map(|_| random.random_range(-3.0..3.0) * 10f64.powi(random.random_range(-3..3))).collect();
        let layer = self::layer(&[&numbers], &[0.0]);
        for bits in 2..=16 {
            for options in ["", ":asymmetric"] {
                let grid = *grids(&format!("int{bits}{options}"), &layer).of(weight(0, 0)).unwrap();
                assert_eq!((grid.down(0.0), grid.up(0.0)), (0.0, 0.0), "zero is exact");
                let step = grid.step(0.0);
                for &x in &numbers {
                    let (down, up) = (grid.down(x), grid.up(x));
                    // only what rounding the scale and the zero word cuts off at the ends is out of range
                    assert!(down <= x + step && x - step <= up && up - down <= step * (1.0 + 1e-12));
                    assert!(
                        (x - grid.nearest(x)).abs()
                            <= 0.5 * step * (1.0 + 1e-3) + if options.is_empty() { 0.0 } else { 0.5 * step }
                    );
                }
            }
        }
    }
}

#[test]
fn biases_in_32_bits_have_the_scale_of_the_products() {
    let layer = layer(&[&[0.5, -1.0]], &[0.3]);
    let format: Format = "int8".parse().unwrap();
    let grids = format.grids(&layer, Some(0.5)).unwrap().unwrap();
    let scale = f64::from((0.5 * f64::from((1.0_f64 / 127.0) as f32)) as f32);
    assert_eq!(grids.of(BIAS).unwrap().step(0.0), scale);
    let missing = "int8:bias-int32".parse::<Format>().unwrap().grids(&layer, None).unwrap_err();
    assert!(missing.to_string().contains("scale of a layer's inputs"), "{missing}");
}

#[test]
fn texts_are_read_back_and_others_refused() {
    let texts = [
        "int8",
        "int2:per-channel",
        "int16:asymmetric:bias-int32",
        "fixed:4.4",
        "fixed:8:saturate",
        "float16",
        "bfloat16:saturate",
        "float8:e4m3",
        "float8:e5m2",
        "uniform:1.5%",
    ];
    for text in texts {
        assert_eq!(text.parse::<Format>().unwrap().to_string(), text);
    }
    assert_eq!("int8:per-channel:per-tensor:symmetric".parse::<Format>().unwrap().to_string(), "int8");
    let wrong = [
        "",
        "int",
        "int1",
        "int17",
        "int8:",
        "int8:perchannel",
        "int8:saturate",
        "fixed",
        "fixed:",
        "fixed:0.8",
        "fixed:40",
        "fixed:1",
        "fixed:4.4:per-channel",
        "fixed:4.-4",
        "float",
        "float8",
        "float8:e3m4",
        "float16:symmetric",
        "uniform:1",
        "uniform:-1%",
        "uniform:x%",
        "double",
    ];
    for text in wrong {
        let message = text.parse::<Format>().unwrap_err().to_string();
        assert!(message.contains("expected"), "{text}: {message}");
    }
    for text in ["int8,int4", "layer0=int8,layer0=int4", "layer=int8", "lay0=int8", "layer0=int8,"] {
        assert!(Scheme::parse(text, Rounding::Any).is_err(), "{text}");
    }
    let scheme = Scheme::parse("int8,layer2=float16", Rounding::Any).unwrap();
    assert_eq!(scheme.to_string(), "int8,layer2=float16");
    assert_eq!(scheme.of(2).unwrap().to_string(), "float16");
    assert_eq!(scheme.of(0).unwrap().to_string(), "int8");
    assert!(Scheme::parse("layer1=int8", Rounding::Any).unwrap().of(0).is_none());
}

fn network(random: &mut SmallRng) -> Network {
    let mut numbers = |n: usize| (0..n).map(|_| random.random_range(-1.9..1.9)).collect::<Vec<f64>>();
    let one = || Domain::new(exact(-1.0), exact(1.0)).unwrap();
    let input = Input::new(vec!["a".to_owned(), "b".to_owned()], vec![one(), one()]).unwrap();
    let layers = vec![
        Layer::new(2, numbers(6), numbers(3), Activation::Relu).unwrap(),
        Layer::new(3, numbers(6), numbers(2), Activation::Linear).unwrap(),
    ];
    let classes = vec!["0".to_owned(), "1".to_owned()];
    Network::new("random".to_owned(), input, layers, Output::Softmax, classes, None).unwrap()
}

fn quantised(network: &Network, text: &str, rounding: Rounding) -> Result<Perturbation, PerturbationError> {
    let scheme = Scheme::parse(text, rounding).unwrap();
    let quantised = Quantised::new(scheme, network, &[])?;
    Perturbation::new(Magnitude::Quantised(Arc::new(quantised)), Layers::All, Parameters::All)
}

#[test]
fn every_rounding_stays_in_the_range_of_any_and_nearest_in_half_a_step() {
    let mut random = SmallRng::seed_from_u64(11);
    for _ in 0..40 {
        let network = network(&mut random);
        for format in
            ["int3:bias-same", "int8", "fixed:3.5", "fixed:6", "float16", "bfloat16", "float8:e4m3", "float8:e5m2"]
        {
            let [any, nearest, truncated, half] =
                [Rounding::Any, Rounding::Nearest, Rounding::Truncate, Rounding::HalfStep]
                    .map(|rounding| quantised(&network, format, rounding).unwrap());
            for (index, layer) in network.layers().iter().enumerate() {
                let own = format.parse::<Format>().unwrap().grids(layer, None).unwrap().unwrap();
                for place in layer.parameters() {
                    let range = |p: &Perturbation| {
                        let (c, r) = (p.centre(&network, index, place), p.radius(&network, index, place));
                        (&c - &r, c + r)
                    };
                    let value = layer.parameter(place);
                    let Some(grid) = own.of(place) else {
                        assert_eq!(range(&any), (exact(value), exact(value)), "a bias in float stays");
                        continue;
                    };
                    // tight: exactly from one neighbour to the other
                    assert_eq!(range(&any), (exact(grid.down(value)), exact(grid.up(value))));
                    assert_eq!(any.inner_bounds(&network, index, place), (grid.down(value), grid.up(value)));
                    assert_eq!(range(&nearest), (exact(grid.nearest(value)), exact(grid.nearest(value))));
                    assert_eq!(range(&truncated).0, exact(grid.truncated(value)));
                    let (low, high) = range(&half);
                    assert!(low <= exact(grid.nearest(value)) && exact(grid.nearest(value)) <= high);
                    assert!(low <= exact(value) && exact(value) <= high);
                }
            }
        }
    }
}

#[test]
fn numbers_out_of_range_are_errors_or_saturate_on_one_side() {
    let mut random = SmallRng::seed_from_u64(5);
    let network = network(&mut random).with_parameters(|_, _, w| if w > 1.5 { 700.0 } else { w }).unwrap();
    for format in ["fixed:4.4", "float8:e4m3"] {
        let message = quantised(&network, format, Rounding::Any).unwrap_err().to_string();
        assert!(message.contains("700") && message.contains("layer") && message.contains(":saturate"), "{message}");
        let saturating = quantised(&network, &format!("{format}:saturate"), Rounding::Any).unwrap();
        let greatest = if format == "fixed:4.4" { 7.9375 } else { 448.0 };
        let mut met = 0;
        for (index, layer) in network.layers().iter().enumerate() {
            for place in layer.parameters().filter(|&place| layer.parameter(place) == 700.0) {
                met += 1;
                assert_eq!(saturating.inner_bounds(&network, index, place), (greatest, greatest));
            }
        }
        assert!(met > 0);
    }
}

#[test]
fn a_share_of_the_range_is_that_of_the_layer_and_spares_biases() {
    let mut random = SmallRng::seed_from_u64(6);
    let network = network(&mut random);
    let perturbation = quantised(&network, "uniform:10%", Rounding::Any).unwrap();
    for (index, layer) in network.layers().iter().enumerate() {
        let weights = layer.weights().iter().copied();
        let (least, most) = (weights.clone().fold(f64::INFINITY, f64::min), weights.fold(f64::NEG_INFINITY, f64::max));
        let radius = (exact(most) - exact(least)) / exact(10.0);
        for place in layer.parameters() {
            let expected = if matches!(place, Parameter::Bias { .. }) { exact(0.0) } else { radius.clone() };
            assert_eq!(perturbation.radius(&network, index, place), expected);
            assert_eq!(perturbation.centre(&network, index, place), exact(layer.parameter(place)));
            let (low, high) = perturbation.inner_bounds(&network, index, place);
            let (lower, upper) = (exact(layer.parameter(place)) - &expected, exact(layer.parameter(place)) + &expected);
            assert!(
                exact(low) >= lower && exact(high) <= upper,
                "{place:?}: [{low}, {high}] leaves [{lower}, {upper}]"
            );
            assert!(exact(low.next_down()) < lower && exact(high.next_up()) > upper, "{place:?}: not the last doubles");
        }
    }
    assert!(quantised(&network, "uniform:10%", Rounding::Nearest).is_err());
}

#[test]
fn schemes_of_other_networks_and_missing_layers_are_refused() {
    let mut random = SmallRng::seed_from_u64(8);
    let network = network(&mut random);
    let message = quantised(&network, "layer5=int8", Rounding::Any).unwrap_err().to_string();
    assert!(message.contains("layer 5: no such layer"), "{message}");
    let one = Layer::new(2, vec![1.0; 4], vec![0.0; 2], Activation::Linear).unwrap();
    let other = Network::new(
        "other".into(),
        network.input().clone(),
        vec![one],
        Output::Softmax,
        network.classes().to_vec(),
        None,
    );
    let perturbation = quantised(&network, "int8", Rounding::Any).unwrap();
    assert_eq!(perturbation.check(&other.unwrap()), Err(PerturbationError::OtherNetwork));
    assert_eq!(perturbation.scaled(exact(1.0)), Err(PerturbationError::NoEpsilon));
}
