//! Files that other programs wrote, and what is written here.

use crate::build::{fixed, graph};
use prost::Message;
use quantproof::network::onnx::{self, proto::ModelProto, proto::data_type};
use quantproof::network::{Activation, Dataset, Domain, Fixed, Input, Layer, Network, Output, json};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn bits(network: &Network) -> Vec<u64> {
    let numbers = network.layers().iter().flat_map(|l| l.weights().iter().chain(l.biases()));
    numbers.map(|v| v.to_bits()).collect()
}

/// The twins that `models/train.py` wrote with the onnx package: the same network as the JSON, bit for bit, and the same
/// answers as onnxruntime gave for them.
#[test]
fn twins_are_the_json_networks_and_agree_with_onnxruntime() {
    let recorded = std::fs::read_to_string(models().join("onnx_outputs.jsonl")).unwrap();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for line in recorded.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let numbers =
            |key: &str| -> Vec<f64> { line[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
        let name = line["model"].as_str().unwrap();
        let network = Network::load(models().join(format!("{name}.onnx"))).unwrap();
        let evaluation = network.evaluate(&numbers("input")).unwrap();
        for (ours, theirs) in evaluation.confidences.iter().zip(numbers("output")) {
            assert!((ours - theirs).abs() <= 1e-7 * theirs.abs().max(1e-7), "{name}: {ours} against {theirs}");
        }
        *seen.entry(name.to_owned()).or_default() += 1;
    }
    assert_eq!(seen.len(), 19);
    for (name, points) in seen {
        assert_eq!(points, 12, "{name}");
        let twin = Network::load(models().join(format!("{name}.onnx"))).unwrap();
        let json = Network::load(models().join(format!("{name}.json"))).unwrap();
        assert_eq!(bits(&twin), bits(&json), "{name}");
        assert_eq!((twin.layers(), twin.input(), twin.name()), (json.layers(), json.input(), json.name()));
        assert_eq!((twin.classes(), twin.output()), (json.classes(), json.output()));
        assert!(twin.data().is_none());
    }
}

/// A network of random shape, with numbers that a float holds or from all over the doubles, with or without everything
/// that ONNX has no place for.
fn random_network(seed: u64) -> Network {
    let mut random = SmallRng::seed_from_u64(seed);
    let single = random.random::<bool>();
    let number = |random: &mut SmallRng| loop {
        let value = if single { f64::from(f32::from_bits(random.random())) } else { f64::from_bits(random.random()) };
        if value.is_finite() {
            return value;
        }
    };
    let inputs = random.random_range(1..5);
    let mut width = inputs;
    let mut layers = Vec::new();
    let depth = random.random_range(1..4);
    for _ in 0..depth {
        let outputs = random.random_range(1..6);
        let weights = (0..outputs * width).map(|_| number(&mut random)).collect();
        let zeros = random.random_range(0..4) == 0;
        let biases = (0..outputs).map(|_| if zeros { 0.0 } else { number(&mut random) }).collect();
        let (_, activation) = Activation::NAMES[random.random_range(0..4)];
        let (_, fixed) = Fixed::NAMES[if random.random() { random.random_range(0..4) } else { 0 }];
        layers.push(Layer::new(width, weights, biases, activation).unwrap().with_fixed(fixed));
        width = outputs;
    }
    let names = (0..inputs).map(|i| format!("\"{i}\\\n\u{7f}é")).collect();
    let end = |n: i64| num_rational::BigRational::new(n.into(), 8.into());
    let input = if random.random() {
        let domain = (0..inputs).map(|i| Domain::new(end(-3), end(i as i64)).unwrap()).collect();
        Input::new(names, domain).unwrap()
    } else {
        Input::without_domain(names).unwrap()
    };
    let output = match width {
        1 if random.random() => Output::Sigmoid,
        2.. if random.random() => Output::Softmax,
        _ => Output::None,
    };
    let classes = if output == Output::Sigmoid { 2 } else { width };
    let classes = (0..classes).map(|j| format!("class {j}")).collect();
    let data = random.random::<bool>().then(|| {
        let points = (0..3).map(|_| (0..inputs).map(|_| number(&mut random)).collect()).collect();
        Dataset::new(points, vec![0; 3]).unwrap()
    });
    Network::new("a \"random\" network\n".to_owned(), input, layers, output, classes, data).unwrap()
}

#[test]
fn json_survives_onnx() {
    let mut kinds = [0; 2];
    for seed in 0..500 {
        let network = random_network(seed);
        let bytes = onnx::write(&network).unwrap();
        let again = onnx::read(&bytes, "net").unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(again, network, "seed {seed}");
        assert_eq!(json::write(&again).unwrap(), json::write(&network).unwrap(), "seed {seed}");
        assert_eq!(onnx::write(&again).unwrap(), bytes);
        // float elements where nothing is lost, double ones otherwise
        let mut model = ModelProto::decode(&bytes[..]).unwrap();
        let kind = graph(&mut model).initializer[0].data_type;
        let exact =
            bits(&network).into_iter().map(f64::from_bits).all(|v| f64::from(v as f32).to_bits() == v.to_bits());
        assert_eq!(kind, if exact { data_type::FLOAT } else { data_type::DOUBLE });
        kinds[usize::from(exact)] += 1;
    }
    assert!(kinds.iter().all(|&count| count > 50), "{kinds:?}");
}

#[test]
fn half_a_million_parameters_are_read_at_once() {
    let mut random = SmallRng::seed_from_u64(9);
    let widths = [784, 512, 128, 10];
    let layers = widths.windows(2).map(|pair| {
        let mut number = || f64::from(random.random_range(-1.0f32..1.0));
        let weights = (0..pair[0] * pair[1]).map(|_| number()).collect();
        Layer::new(pair[0], weights, (0..pair[1]).map(|_| number()).collect(), Activation::Relu).unwrap()
    });
    let layers: Vec<Layer> = layers.collect();
    let input = Input::without_domain((0..784).map(|i| format!("pixel {i}")).collect()).unwrap();
    let classes = (0..10).map(|i| i.to_string()).collect();
    let network = Network::new("digits".to_owned(), input, layers, Output::Softmax, classes, None).unwrap();
    assert_eq!(network.parameter_count(), 468_874);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("digits.onnx");
    network.save(&file).unwrap();
    let started = Instant::now();
    assert_eq!(Network::load(&file).unwrap(), network);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}

/// Files of other programs, where they are at hand.
#[test]
fn files_of_the_neural_network_verification_competition() {
    let beside_the_repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases");
    let cases = std::env::var_os("QUANTPROOF_CASES").map_or(beside_the_repository, std::path::PathBuf::from);
    let load = |file: &str| Network::load(cases.join(file)).unwrap_or_else(|error| panic!("{error}"));
    if !cases.join("acasxu/onnx").is_dir() {
        return;
    }
    for (a, b) in (1..=5).flat_map(|a| (1..=9).map(move |b| (a, b))) {
        let network = load(&format!("acasxu/onnx/ACASXU_run2a_{a}_{b}_batch_2000.onnx"));
        assert_eq!((network.parameter_count(), network.layers().len()), (13_305, 7));
        assert_eq!(network.name(), format!("ACASXU_run2a_{a}_{b}_batch_2000"));
        assert!(fixed(&network).iter().all(|&f| f == Fixed::Nothing));
    }
    for (file, parameters) in [("cartpole", 4610), ("lunarlander", 4996), ("dubinsrejoin", 70_152)] {
        let network = load(&format!("rl/onnx/{file}.onnx"));
        assert_eq!((network.parameter_count(), network.output()), (parameters, Output::None));
    }
}
