//! The .nnet reader against its definition and against lines that are wrong in one place, and the writer against the
//! reader.

use deltasat::exact::Rational;
use num_rational::BigRational;
use quantproof::network::{Activation, Domain, Fixed, Input, Layer, Network, Output, nnet};
use rand::{Rng, SeedableRng, rngs::SmallRng};

/// A network with all kinds of normalisation, with and without commas at the ends of lines.
const SMALL: &str = "// The contents of this file are made up
//
2,2,2,3,
2,3,2,
0,
-10.5,0,
10.1,4.0
0.1, 2.0, 7.5,
4.0,3.0,100.0,
1.0,2.0,
3.0,-4.0,
0.5,0.25,
0.5,
-1.5,
0.0,
1.0,0.5,-1.0,
-1.0,2.0,0.125,
0.25,
-0.75,

";

fn read(text: &str) -> Network {
    nnet::read(text.as_bytes(), "small").unwrap_or_else(|error| panic!("{error}"))
}

fn error(text: &str) -> String {
    match nnet::read(text.as_bytes(), "small") {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

fn fraction(n: i64, d: i64) -> BigRational {
    BigRational::new(n.into(), d.into())
}

#[test]
fn normalisation_is_that_of_the_format() {
    let network = read(SMALL);
    let fixed: Vec<Fixed> = network.layers().iter().map(Layer::fixed).collect();
    assert_eq!(fixed, [Fixed::All, Fixed::All, Fixed::Nothing, Fixed::Nothing, Fixed::All]);
    assert_eq!(network.parameter_count(), 3 * 2 + 3 + 2 * 3 + 2);
    assert_eq!((network.name(), network.output()), ("small", Output::None));
    assert_eq!(
        (network.input().names(), network.classes()),
        (&["x1", "x2"].map(str::to_owned)[..], &["0", "1"].map(str::to_owned)[..])
    );
    let domain = network.input().domain().unwrap();
    assert_eq!(domain[0], Domain::new(fraction(-21, 2), fraction(101, 10)).unwrap());
    assert_eq!(domain[1], Domain::new(fraction(0, 1), fraction(4, 1)).unwrap());
    // the definition, once in doubles and once in exact fractions
    for (x1, x2) in [(0.1, 2.0), (-10.5, 0.0), (10.0, 4.0), (3.25, 1.0)] {
        let (a, b): (f64, f64) = ((x1 - 0.1) / 4.0, (x2 - 2.0) / 3.0);
        let h = [a + 2.0 * b + 0.5, 3.0 * a - 4.0 * b - 1.5, 0.5 * a + 0.25 * b].map(|z| z.max(0.0));
        let y = [h[0] + 0.5 * h[1] - h[2] + 0.25, -h[0] + 2.0 * h[1] + 0.125 * h[2] - 0.75];
        for (given, y) in network.logits(&[x1, x2]).unwrap().iter().zip(y) {
            assert!((given - (y * 100.0 + 7.5)).abs() < 1e-11, "{given} at {x1}, {x2}");
        }
    }
    // at the means every neuron is its bias: there nothing is rounded, for 0.1 the double is subtracted from itself
    let at: Vec<Rational> = [0.1, 2.0].map(|x| BigRational::from_float(x).unwrap()).to_vec();
    let exact = network.evaluate_exactly(&at).unwrap();
    let logits: Vec<(f64, f64)> = exact.logits.iter().map(|l| (l.floor_f64(), l.ceil_f64())).collect();
    assert_eq!(logits, [(82.5, 82.5), (-117.5, -117.5)]);
    // mean 0 and range 1 make no layers
    let plain = SMALL.replace("0.1, 2.0, 7.5,", "0,0,0").replace("4.0,3.0,100.0,", "1,1.0,1");
    assert_eq!(read(&plain).layers().len(), 2);
    assert_eq!(read(&plain.replace('\n', "\r\n")), read(&plain));
    assert_eq!(read(&plain).layers()[1].activation(), Activation::Linear);
}

#[test]
fn malformed_lines_are_named() {
    let line = |n: usize, with: &str| {
        let mut lines: Vec<&str> = SMALL.lines().collect();
        lines[n - 1] = with;
        error(&lines.join("\n"))
    };
    let cases = [
        (
            line(3, "2,2,2"),
            "line 3, column 6: 3 numbers, expected 4 (the numbers of layers, inputs and outputs, and the widest layer)",
        ),
        (line(3, "2,2,2,3,4"), "line 3, column 9: 5 numbers, expected 4"),
        (line(3, "2,zwei,2,3"), "line 3, column 3: \"zwei\", expected a whole number from 1 on"),
        (line(3, "99999999999999999999,2,2,3"), "line 3, column 1: \"99999999999999999999\", expected a whole number"),
        (line(3, "3000000,2,2,3"), "line 4, column 1: sizes that are not those of 3000000 layers from 2 to 2"),
        (line(4, "2,3,3,"), "line 4, column 1: sizes that are not those of 2 layers from 2 to 2"),
        (line(4, "2,0,2,"), "line 4, column 3: \"0\", expected a whole number from 1 on"),
        (line(4, "2,200000000,2,"), "line 13, column 5: 1 number, expected 2 (the weights of neuron 3 of layer 0)"),
        (line(6, "-10.5,x,"), "line 6, column 7: \"x\", expected a number (the least values of the inputs)"),
        (line(6, "11,0,"), "line 7, column 1: input 0: the lower end 11 is above the upper end 101/10"),
        (line(7, "10.1,1e999"), "line 7, column 6: \"1e999\", expected a number that fits a double"),
        (line(7, "10.1,nan"), "line 7, column 6: \"nan\", expected a number"),
        (
            line(8, "0.1"),
            "line 8, column 4: 1 number, expected at least 2 (the means of the inputs and of the outputs)",
        ),
        (line(9, "4.0,0.0,1.0"), "line 9, column 1: range 1 is 0.0, expected one with a reciprocal"),
        (line(9, "4.0,1.0,1e-310"), "line 9, column 1: range 2 is 1e-310, expected one with a reciprocal"),
        (line(11, "3.0,,"), "line 11, column 5: \"\", expected a number (the weights of neuron 1 of layer 0)"),
        (line(13, "0.5,0.5,"), "line 13, column 5: 2 numbers, expected 1 (the bias of neuron 0 of layer 0)"),
        (line(20, "1,2,"), "line 20, column 1: \"1,2,\", expected nothing after the last bias"),
        (line(2, "// quantproof.names: [\"a\"]"), "metadata quantproof.names: 1 name, expected 2 (the inputs)"),
        (error(""), "line 1, column 1: the text ends too early, expected the numbers of layers"),
        (error("// only\n"), "line 2, column 1: the text ends too early, expected the numbers of layers"),
    ];
    for (i, (given, expected)) in cases.iter().enumerate() {
        assert!(given.starts_with(expected), "case {i}: {given}\nexpected {expected}");
    }
}

/// Longer lists begin with the inputs' values and end with the outputs' mean and range; shorter ones leave the outputs alone.
#[test]
fn lists_may_be_longer_or_without_the_outputs() {
    let with = |changes: &[(&str, &str)]| {
        changes.iter().fold(SMALL.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
    };
    let longer = with(&[
        ("0.1, 2.0, 7.5,", "0.1, 2.0, 35.1, -4.0, 7.5,"),
        ("4.0,3.0,100.0,", "4.0,3.0,60.0,5.0,100.0,"),
        ("-10.5,", "-10.5,0,-3,99,\n// "),
    ]);
    let lower_ends = read(&longer);
    let plain = read(&with(&[("-10.5,", "-10.5,0,\n// ")]));
    assert_eq!(lower_ends, plain);
    let without = read(&with(&[("0.1, 2.0, 7.5,", "0.1, 2.0"), ("4.0,3.0,100.0,", "4.0,3.0")]));
    let neutral = read(&with(&[("0.1, 2.0, 7.5,", "0.1, 2.0, 0"), ("4.0,3.0,100.0,", "4.0,3.0,1")]));
    assert_eq!(without, neutral);
}

/// What public files do: a byte order mark, blank lines, the number of layers alone, and ends, means and ranges that hold a
/// place.
#[test]
fn what_is_not_known_is_left_open() {
    let with = |changes: &[(usize, &str)]| {
        let mut lines: Vec<&str> = SMALL.lines().collect();
        changes.iter().for_each(|&(n, line)| lines[n - 1] = line);
        lines.join("\n")
    };
    let same = read(SMALL);
    assert_eq!(read(&format!("\u{feff}{SMALL}")), same);
    assert_eq!(read(&SMALL.replace('\n', "\r\n\n \r\n")), same);
    assert_eq!(read(&with(&[(3, "2,")])), same);
    assert_eq!(read(&with(&[(3, "2")])), same);
    for changes in
        [[(6, "-inf,-10.5,"), (7, "10.1, Infinity,")], [(6, "0"), (7, "0,")], [(6, "-1,-1"), (7, "inf,+inf")]]
    {
        let open = read(&with(&changes));
        assert_eq!(open.input().domain(), None, "{changes:?}");
        assert_eq!(open.layers(), same.layers(), "{changes:?}");
    }
    let neutral = read(&with(&[(8, "0,0,0"), (9, "1,1,1")]));
    assert_eq!(read(&with(&[(8, "0"), (9, "1,")])), neutral);
    assert!(error(&with(&[(9, "4")])).contains("1 number, expected at least 2"));
    assert!(error(&with(&[(3, "3")])).contains("sizes that are not those of 3 layers from 2 to 2"));
}

#[test]
fn no_bytes_make_it_panic() {
    for end in 0..SMALL.len() {
        let _ = nnet::read(&SMALL.as_bytes()[..end], "small");
    }
    let mut read = 0;
    for seed in 0..5000 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut bytes = SMALL.as_bytes().to_vec();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            bytes[at] =
                if random.random() { b"0123456789,.-e\n/"[random.random_range(0..16)] } else { random.random() };
        }
        if let Ok(network) = nnet::read(&bytes, "small") {
            read += 1;
            assert!(network.layers().iter().flat_map(|l| l.weights()).all(|w| w.is_finite()));
        }
    }
    assert!(read > 500, "{read}");
}

/// Networks that the format holds come back as they were, with and without normalisation.
#[test]
fn what_is_written_reads_back_the_same() {
    for seed in 0..500 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut number = || loop {
            let value = f64::from_bits(random.random());
            if value.is_finite() && value.recip().is_finite() {
                return value;
            }
        };
        let (inputs, depth) = (1 + seed as usize % 4, 1 + seed as usize / 4 % 3);
        let mut layers = Vec::new();
        let diagonal = |scale: &[f64], shift: Vec<f64>| {
            let n = scale.len();
            let weights = (0..n * n).map(|i| if i / n == i % n { scale[i / n] } else { 0.0 }).collect();
            Layer::new(n, weights, shift, Activation::Linear).unwrap().with_fixed(Fixed::All)
        };
        if seed % 2 == 0 {
            layers.push(diagonal(&vec![1.0; inputs], (0..inputs).map(|_| number()).collect()));
        }
        if seed % 3 == 0 {
            let scale: Vec<f64> = (0..inputs).map(|_| number().recip()).collect();
            layers.push(diagonal(&scale, vec![0.0; inputs]));
        }
        let mut width = inputs;
        for k in 0..depth {
            let outputs = 2 + k % 3;
            let weights = (0..outputs * width).map(|_| number()).collect();
            let biases = (0..outputs).map(|_| if seed % 7 == 0 { 0.0 } else { number() }).collect();
            let activation = if k + 1 == depth { Activation::Linear } else { Activation::Relu };
            let layer = Layer::new(width, weights, biases, activation).unwrap();
            layers.push(if seed % 7 == 0 { layer.with_fixed(Fixed::Biases) } else { layer });
            width = outputs;
        }
        if seed % 5 == 0 {
            let (scale, shift) = (number(), number());
            layers.push(diagonal(&vec![scale; width], vec![shift; width]));
        }
        let domain = (0..inputs).map(|i| Domain::new(fraction(-1, 10), fraction(i as i64, 8)).unwrap()).collect();
        let input = Input::new((0..inputs).map(|i| format!("in {i}\n")).collect(), domain).unwrap();
        let output = if seed % 2 == 0 { Output::Softmax } else { Output::None };
        let classes = (0..width).map(|i| format!("// {i}, \"")).collect();
        let network = Network::new("a network".to_owned(), input, layers, output, classes, None).unwrap();
        let text = nnet::write(&network).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(read(&text), network, "seed {seed}:\n{text}");
        assert_eq!(nnet::write(&read(&text)).unwrap(), text);
    }
}

#[test]
fn what_the_format_cannot_hold_is_said() {
    let network = read(SMALL);
    let say = |layers: Vec<Layer>, input: Input| {
        let classes = network.classes().to_vec();
        let network = Network::new("n".to_owned(), input, layers, Output::None, classes, None).unwrap();
        nnet::write(&network).unwrap_err().to_string()
    };
    let inputs = || network.input().clone();
    let layer = |activation| Layer::new(2, vec![1.0, 2.0, 3.0, 4.0], vec![0.0; 2], activation).unwrap();
    let form = "(.nnet holds ReLU layers and a linear one, the inputs and the outputs possibly normalised)";
    let tanh = vec![layer(Activation::Tanh), layer(Activation::Linear)];
    assert_eq!(say(tanh, inputs()), format!("layers[0]: tanh, expected relu {form}"));
    let normalised = [network.layers()[..2].to_vec(), vec![layer(Activation::Relu)]].concat();
    assert_eq!(say(normalised, inputs()), format!("layers[2]: relu, expected linear {form}"));
    assert_eq!(say(network.layers()[..2].to_vec(), inputs()), format!("layers: only normalisations {form}"));
    let names = Input::without_domain(inputs().names().to_vec()).unwrap();
    let expected = "input.domain: not known, expected one: .nnet needs the range of each input";
    assert_eq!(say(network.layers().to_vec(), names), expected);
    let third = Domain::new(fraction(1, 3), fraction(1, 2)).unwrap();
    let thirds = Input::new(inputs().names().to_vec(), vec![third.clone(), third]).unwrap();
    let expected = "input.domain[0]: 1/3, expected a decimal of at most 1200 characters";
    assert_eq!(say(network.layers().to_vec(), thirds), expected);
}

/// A file that git-lfs left a pointer to is called that, whatever its format.
#[test]
fn a_pointer_to_a_large_file_is_called_that() {
    for extension in ["nnet", "onnx", "json"] {
        let path = std::env::temp_dir().join(format!("quantproof-pointer-{}.{extension}", std::process::id()));
        std::fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n").unwrap();
        let message = Network::load(&path).unwrap_err().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(message.contains("git-lfs pointer"), "{message}");
    }
}
