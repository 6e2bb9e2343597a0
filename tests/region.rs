//! Pavings of two inputs against samples: pieces cover the rectangle once, no sampled network flips an input of a safe
//! piece, and every sampled input of an unsafe piece is flipped by an exactly evaluated network of the box.

mod networks;

use deltasat::exact::Rational;
use networks::{network, random, ratio};
use num_traits::Zero;
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::local::{Local, Scratch};
use quantproof::robustness::region::{Kind, Paving, Piece, Region, area};
use quantproof::robustness::{ClassChange, Settings};
use rand::Rng;
use rand::rngs::SmallRng;
use std::sync::Arc;

type Sides = [(Rational, Rational); 2];

fn class(network: &Network, input: &[Rational]) -> usize {
    network.evaluate_exactly(input).unwrap().class.unwrap()
}

/// A network at random in the box: on the grid where there is one.
fn perturbed(r: &mut SmallRng, network: &Network, perturbation: &Perturbation) -> Network {
    let value = |layer, place, _| {
        let (least, greatest) = perturbation.inner_bounds(network, layer, place);
        let ends = perturbation.ends_only(layer) || r.random_bool(0.5);
        let share = if ends { f64::from(u8::from(r.random_bool(0.5))) } else { r.random_range(0.0..=1.0) };
        if share == 1.0 { greatest } else { (least + share * (greatest - least)).clamp(least, greatest) }
    };
    network.with_parameters(value).unwrap()
}

/// Points of a piece: its corners, its middle, and some at random.
fn points(r: &mut SmallRng, piece: &Piece, fixed: &[Rational], axes: [usize; 2]) -> Vec<Vec<Rational>> {
    let mut shares = vec![[0, 0], [0, 8], [8, 0], [8, 8], [4, 4]];
    shares.extend((0..3).map(|_| [r.random_range(0..=8), r.random_range(0..=8)]));
    let point = |shares: [i64; 2]| {
        let mut input = fixed.to_vec();
        for ((axis, (lower, upper)), share) in axes.into_iter().zip(&piece.sides).zip(shares) {
            input[axis] = lower + (upper - lower) * ratio(share, 8);
        }
        input
    };
    shares.into_iter().map(point).collect()
}

fn check_cover(paving: &Paving, sides: &Sides) {
    let sum = paving.pieces.iter().fold(Rational::zero(), |sum, piece| sum + area(&piece.sides));
    assert_eq!(sum, area(sides));
    let kinds = |wanted: fn(Kind) -> bool| {
        paving.pieces.iter().filter(|p| wanted(p.kind)).fold(Rational::zero(), |sum, p| sum + area(&p.sides))
    };
    assert_eq!(paving.areas[0], kinds(|kind| matches!(kind, Kind::Safe { .. })));
    assert_eq!(paving.areas[1], kinds(|kind| kind == Kind::Unsafe));
    assert_eq!(paving.areas[2], kinds(|kind| kind == Kind::Open));
    for (i, a) in paving.pieces.iter().enumerate() {
        for b in &paving.pieces[..i] {
            let apart = |axis: usize| a.sides[axis].1 <= b.sides[axis].0 || b.sides[axis].1 <= a.sides[axis].0;
            assert!(apart(0) || apart(1), "{a:?} {b:?}");
        }
    }
}

/// Checks a paving with a few thousand exact evaluations, and counts the safe and the unsafe pieces.
fn check(
    r: &mut SmallRng,
    network: &Network,
    perturbation: &Perturbation,
    fixed: &[Rational],
    axes: [usize; 2],
) -> [u32; 2] {
    let sides: Sides = [(ratio(-1, 1), ratio(1, 1)), (ratio(-9, 10), ratio(7, 10))];
    let region = Region::new(network, perturbation, fixed.to_vec(), axes, sides.clone(), Settings::default());
    let paving = region.pave(&ratio(1, 12), |_, _| ());
    check_cover(&paving, &sides);
    assert!(&paving.areas[2] * ratio(12, 1) <= area(&sides), "{:?}", paving.stop);
    let local = Local::new(network, perturbation, Settings::default());
    let (mut scratch, mut counts) = (Scratch::default(), [0, 0]);
    for piece in &paving.pieces {
        for point in points(r, piece, fixed, axes) {
            match piece.kind {
                Kind::Safe { class: safe } => {
                    assert_eq!(class(network, &point), safe);
                    let moved = perturbed(r, network, perturbation);
                    assert_eq!(class(&moved, &point), safe, "{piece:?} {point:?}");
                    let found = local.class_change(&point, &mut scratch, &mut ());
                    assert_ne!(found.class_change, Some(ClassChange::Possible), "{piece:?} {point:?}");
                }
                Kind::Unsafe => {
                    let found = local.class_change(&point, &mut scratch, &mut ());
                    let witness = found.witness.unwrap_or_else(|| panic!("{piece:?} {point:?}"));
                    assert!(witness.changes_class() && witness.nominal_class() == Some(class(network, &point)));
                    for (layer, moved) in witness.network.layers().iter().enumerate() {
                        for place in moved.parameters() {
                            let (least, greatest) = perturbation.inner_bounds(network, layer, place);
                            let value = moved.parameter(place);
                            let ends = value == least || value == greatest;
                            assert!(ends || (!perturbation.ends_only(layer) && least <= value && value <= greatest));
                        }
                    }
                }
                Kind::Open => {}
            }
        }
        match piece.kind {
            Kind::Safe { .. } => counts[0] += 1,
            Kind::Unsafe => counts[1] += 1,
            Kind::Open => {}
        }
    }
    counts
}

fn quantised(network: &Network, format: &str) -> Perturbation {
    let quantised = Quantised::new(Scheme::parse(format, Rounding::Any).unwrap(), network, &[]).unwrap();
    Perturbation::uniform(Magnitude::Quantised(Arc::new(quantised))).unwrap()
}

#[test]
fn pieces_are_what_they_are_called() {
    let mut total = [0, 0];
    let shapes: [(&[usize], Activation, Output, [usize; 2]); 6] = [
        (&[2, 6, 2], Activation::Relu, Output::Softmax, [0, 1]),
        (&[2, 5, 4, 2], Activation::Relu, Output::Softmax, [0, 1]),
        (&[2, 6, 1], Activation::Relu, Output::Sigmoid, [1, 0]),
        (&[2, 4, 2], Activation::Tanh, Output::Softmax, [0, 1]),
        (&[3, 5, 3], Activation::Relu, Output::Softmax, [2, 0]),
        (&[2, 4, 4], Activation::Relu, Output::None, [0, 1]),
    ];
    for (shape, (widths, activation, output, axes)) in shapes.into_iter().enumerate() {
        for seed in 0..3 {
            let mut r = random("pieces_are_what_they_are_called", 10 * shape as u64 + seed);
            let trained = network(&mut r, widths, activation, output, 20);
            let perturbation = match seed {
                0 => quantised(&trained, "int5"),
                1 => quantised(&trained, "fixed:3.3"),
                _ => Perturbation::uniform(Magnitude::Absolute(ratio(1, 20))).unwrap(),
            };
            let fixed = vec![ratio(1, 3); widths[0]];
            let counts = check(&mut r, &trained, &perturbation, &fixed, axes);
            total = [total[0] + counts[0], total[1] + counts[1]];
        }
    }
    assert!(total[0] > 300 && total[1] > 200, "{total:?}");
}

/// Where nothing moves all is safe but the trained network's own boundary; the threads make no difference.
#[test]
fn without_a_perturbation_all_but_the_boundary_is_safe() {
    let mut r = random("without_a_perturbation_all_but_the_boundary_is_safe", 0);
    let trained = network(&mut r, &[2, 6, 2], Activation::Relu, Output::Softmax, 20);
    let sides: Sides = [(ratio(-1, 1), ratio(1, 1)), (ratio(-1, 1), ratio(1, 1))];
    let still = Perturbation::none();
    let pave = |jobs: usize| {
        let settings = Settings { jobs, ..Settings::default() };
        let input = vec![ratio(0, 1); 2];
        Region::new(&trained, &still, input, [0, 1], sides.clone(), settings).pave(&ratio(1, 50), |_, _| ())
    };
    let paving = pave(1);
    assert!(paving.areas[1].is_zero() && &paving.areas[0] * ratio(50, 49) >= area(&sides));
    assert_eq!(pave(3).pieces, paving.pieces);
}
