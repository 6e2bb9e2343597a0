//! Networks with rounded activations against the exact extremes over every cell of input words, at ties, and against the
//! worked example of QEBVerif.

mod networks;

use deltasat::budget::Budget;
use deltasat::exact::{Ball, Rational, rational};
use deltasat::search::StopReason;
use networks::{exact, network, random, ratio, reference};
use num_traits::Zero;
use quantproof::network::{Activation, Network, Output};
use quantproof::perturbation::activations::{Activations, Formats};
use quantproof::perturbation::format::affine::Affine;
use quantproof::robustness::Settings;
use quantproof::robustness::difference::Difference;
use rand::Rng;

type Box = Vec<(Rational, Rational)>;

fn settings(delta: f64) -> Settings {
    let mut settings = Settings { delta, ..Settings::default() };
    settings.budget = Budget::unlimited().with_boxes(20_000);
    settings
}

/// The number that a word stands for, and the ties to its neighbours; there is none beyond the ends of a grid.
fn cell(grid: &Affine, word: i64) -> (Rational, [Option<Rational>; 2]) {
    let (scale, half) = (exact(grid.scale()), ratio(1, 2));
    let place = Rational::from_integer((word - grid.zero()).into());
    let (least, greatest) = grid.words();
    let tie = |end: i64, place: Rational| (word != end).then(|| place * &scale);
    (&place * &scale, [tie(least, &place - &half), tie(greatest, &place + &half)])
}

/// The exact extremes of `logit_B − logit_A` over the cells of the words of two inputs, where `B` rounds its activations and `A` has
/// one hidden ReLU layer: in a cell `B` is constant and `A` linear between its kinks. With how many cells there are.
fn extremes(a: &Network, b: &Network, activations: &Activations, over: &Box) -> (Rational, Rational, usize) {
    let grids: Vec<Affine> = activations.grids()[..1].iter().map(|grid| grid.unwrap()).collect();
    let grid = &grids[0];
    let cells = |(lower, upper): &(Rational, Rational)| -> Vec<(Rational, Rational, Rational)> {
        let (least, greatest) = grid.words();
        let within = |word| {
            let (value, [low, high]) = cell(grid, word);
            let low = low.map_or(lower.clone(), |low| low.max(lower.clone()));
            let high = high.map_or(upper.clone(), |high| high.min(upper.clone()));
            (low < high).then_some((value, low, high))
        };
        (least..=greatest).filter_map(within).collect()
    };
    let mut values = Vec::new();
    let mut count = 0;
    for (x, x_low, x_high) in cells(&over[0]) {
        for (y, y_low, y_high) in cells(&over[1]) {
            count += 1;
            let out = activations.evaluate_exactly(b, &[x.clone(), y]).unwrap().logits[0].exact().unwrap();
            let mut lines: Vec<[Rational; 3]> = (0..a.layers()[0].outputs())
                .map(|i| {
                    let layer = &a.layers()[0];
                    [exact(layer.row(i)[0]), exact(layer.row(i)[1]), exact(layer.biases()[i])]
                })
                .collect();
            for end in [&x_low, &x_high] {
                lines.push([ratio(1, 1), Rational::zero(), -end.clone()]);
            }
            for end in [&y_low, &y_high] {
                lines.push([Rational::zero(), ratio(1, 1), -end.clone()]);
            }
            for (i, [p, q, c]) in lines.iter().enumerate() {
                for [s, t, d] in &lines[..i] {
                    let determinant = p * t - q * s;
                    if determinant.is_zero() {
                        continue;
                    }
                    let at = [(q * d - c * t) / &determinant, (c * s - p * d) / &determinant];
                    if x_low <= at[0] && at[0] <= x_high && y_low <= at[1] && at[1] <= y_high {
                        values.push(&out - &reference::logits(a, &at)[0]);
                    }
                }
            }
        }
    }
    (values.iter().min().unwrap().clone(), values.iter().max().unwrap().clone(), count)
}

/// Asserts that the bounds hold both extremes, as closely as asked for, and that witnesses are what they say.
fn enclose(a: &Network, b: &Network, activations: &Activations, over: &Box, delta: f64, what: &str) -> usize {
    let difference = Difference::new(a, b, over, settings(delta)).with_activations(activations);
    let found = difference.logits(&[0], None, &mut ());
    assert_eq!(found.stop, StopReason::Complete, "{what}");
    let (least, greatest, cells) = extremes(a, b, activations, over);
    let extent = &found.extents[0];
    for (side, sign, extreme) in [(&extent.above, 1, greatest), (&extent.below, -1, -least)] {
        let described = format!("{what}: [{}, {}], {}", side.lower, side.upper, rational::nearest_f64(&extreme));
        assert!(exact(side.lower) <= extreme && extreme <= exact(side.upper), "{described}");
        assert!(side.upper - side.lower <= delta, "{described}");
        let input = &side.witness.as_ref().unwrap().input;
        let out = activations.evaluate_exactly(b, input).unwrap().logits[0].exact().unwrap();
        let attained = (out - &reference::logits(a, input)[0]) * ratio(sign, 1);
        assert!(exact(side.lower) <= attained && attained <= exact(side.upper), "{described}");
    }
    cells
}

fn shipped(name: &str) -> Network {
    Network::load(format!("{}/models/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The worked example of QEBVerif (Zhang et al. 2023), inputs rounded to sixteenths and hidden outputs to quarters. The
/// paper's intervals are [−0.24459375, 0.117625], by symbols [−0.19721875, 0.2045].
#[test]
fn worked_example_of_qebverif() {
    let (a, b) = (shipped("qebverif/float"), shipped("qebverif/rounded"));
    let over: Box = a.input().domain().unwrap().iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
    let formats = Formats::parse("inputs=fixed:1.4,layer0=fixed:2.2").unwrap();
    let activations = Activations::new(formats, &[(0.0, 1.0); 2]).unwrap();
    assert_eq!(enclose(&a, &b, &activations, &over, 1e-6, "QEBVerif"), 64);
    let (least, greatest, _) = extremes(&a, &b, &activations, &over);
    assert!((rational::nearest_f64(&least) + 0.151125).abs() < 1e-12);
    assert!((rational::nearest_f64(&greatest) - 0.0765625).abs() < 1e-12);
}

#[test]
fn the_extremes_are_those_of_the_cells_of_input_words() {
    let formats =
        ["fixed:1.2", "inputs=int4:asymmetric,layer0=fixed:2.1", "int4", "inputs=fixed:1.3,layer0=int3:asymmetric"];
    let mut cells = 0;
    for seed in 0..16 {
        let mut r = random("cells", seed);
        let width = r.random_range(2..=4);
        // few bits, so that whole cells lead to ties
        let a = network(&mut r, &[2, width, 1], Activation::Relu, Output::None, 3);
        let b = match seed % 3 {
            0 => a.clone(),
            1 => a.with_parameters(|_, _, v| (v * 4.0).round() / 4.0).unwrap(),
            _ => network(&mut r, &[2, 3, 1], Activation::Relu, Output::None, 3),
        };
        let over = vec![(ratio(-1, 3), ratio(2, 3)), (ratio(-1, 1), ratio(1, 7))];
        let format = formats[seed as usize % formats.len()];
        let activations = Activations::new(Formats::parse(format).unwrap(), &[(-1.0, 0.8), (-0.1, 1.9)]).unwrap();
        cells += enclose(&a, &b, &activations, &over, 1e-3, &format!("seed {seed}, {format}"));
    }
    assert!(cells > 300, "{cells} cells");
}

/// At inputs fixed at ties nothing is open, and the tie goes where it goes.
#[test]
fn ties_go_to_the_even_multiple_of_the_step() {
    let mut r = random("ties", 1);
    for format in ["fixed:1.2", "int4:asymmetric", "inputs=int3:asymmetric,layer0=fixed:2.1"] {
        let a = network(&mut r, &[2, 2, 1], Activation::Relu, Output::None, 3);
        for greatest in [0.75, 1.25, 1.5] {
            let ranges = [(-0.5, greatest), (-0.5, greatest)];
            let activations = Activations::new(Formats::parse(format).unwrap(), &ranges).unwrap();
            let grid = activations.grids()[0].unwrap();
            let (least, most) = grid.words();
            for word in least..most {
                let (_, [_, tie]) = cell(&grid, word);
                let tie = tie.unwrap();
                let even = if (word - grid.zero()) % 2 == 0 { word } else { word + 1 };
                let stored = activations.rounded(0, &Ball::from_rational(tie.clone()).unwrap()).unwrap();
                assert_eq!(stored.exact().unwrap(), exact(grid.value(even)), "{format} {word}");
                let input = vec![tie, ratio(1, 8)];
                let over = input.iter().map(|x| (x.clone(), x.clone())).collect::<Box>();
                let out = activations.evaluate_exactly(&a, &input).unwrap().logits[0].exact().unwrap();
                let expected = out - &reference::logits(&a, &input)[0];
                let found = Difference::new(&a, &a, &over, settings(1e-9)).with_activations(&activations);
                let found = found.logits(&[0], None, &mut ());
                let extent = &found.extents[0];
                assert!(
                    exact(-extent.below.upper) <= expected && expected <= exact(extent.above.upper),
                    "{format} {word}: {} not in [{}, {}]",
                    rational::nearest_f64(&expected),
                    -extent.below.upper,
                    extent.above.upper
                );
                // dyadic scales are computed exactly
                if format == "fixed:1.2" {
                    assert!(extent.above.upper + extent.below.upper < 1e-9, "{format} {word} is open");
                }
            }
        }
    }
}
