//! The network that is written with `--quantize` is the network that was proved: the words in the file decode to the very
//! numbers that the bounds are about.

use num_rational::BigRational;
use prost::Message;
use quantproof::network::onnx::{self, proto::ModelProto};
use quantproof::network::{Activation, Fixed, Input, Layer, Network, Output, Parameter, json};
use quantproof::perturbation::quantise::{Quantised, Rounding, Scheme};
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::robustness::float_error::FloatError;
use quantproof::robustness::global::Global;
use quantproof::robustness::{ClassChoice, Settings};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FORMATS: [&str; 20] = [
    "int8",
    "int8:per-channel",
    "int8:asymmetric",
    "int8:per-channel:asymmetric",
    "int8:bias-same",
    "int2",
    "int4",
    "int4:per-channel:asymmetric",
    "int5:asymmetric:bias-same",
    "int11:per-channel",
    "int16",
    "fixed:4",
    "fixed:8",
    "fixed:2.12:saturate",
    "fixed:6.20:saturate",
    "fixed:32",
    "float16:saturate",
    "bfloat16:saturate",
    "float8:e4m3:saturate",
    "float8:e5m2:saturate",
];

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn bits(network: &Network) -> Vec<u64> {
    let numbers = network.layers().iter().flat_map(|l| l.weights().iter().chain(l.biases()));
    numbers.map(|v| v.to_bits()).collect()
}

/// A network of random shape, activations and fixed numbers; zeros of both signs, rows of zeros, and numbers of many sizes.
fn random_network(random: &mut SmallRng) -> Network {
    let inputs = random.random_range(1..5);
    let mut width = inputs;
    let mut layers = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let outputs = random.random_range(1..6);
        let spread = random.random_range(0..12);
        let mut number = || match random.random_range(0..8) {
            0 => 0.0,
            1 => -0.0,
            _ => random.random_range(-2.0..2.0) * 2f64.powi(random.random_range(-spread..=spread)),
        };
        let mut weights: Vec<f64> = (0..outputs * width).map(|_| number()).collect();
        let biases = (0..outputs).map(|_| number()).collect();
        if random.random_range(0..4) == 0 {
            weights[..width].fill(0.0);
        }
        let (_, activation) = Activation::NAMES[random.random_range(0..4)];
        let (_, fixed) = Fixed::NAMES[if random.random() { random.random_range(0..4) } else { 0 }];
        layers.push(Layer::new(width, weights, biases, activation).unwrap().with_fixed(fixed));
        width = outputs;
    }
    let names = (0..inputs).map(|i| format!("in {i}")).collect();
    let classes = (0..width).map(|j| format!("class {j}")).collect();
    let output = if width > 1 { Output::Softmax } else { Output::None };
    let input = Input::without_domain(names).unwrap();
    Network::new("random".to_owned(), input, layers, output, classes, None).unwrap()
}

fn quantised(format: &str, rounding: Rounding, network: &Network) -> Quantised {
    Quantised::new(Scheme::parse(format, rounding).unwrap(), network, &[]).unwrap()
}

/// Writes a quantised network in both forms and reads it again; gives the network and the ONNX model.
fn exported(network: &Network, format: &str, rounding: Rounding) -> (Network, ModelProto) {
    let scheme = quantised(format, rounding, network);
    let deployed = scheme.network(network).unwrap();
    let bytes = onnx::write_stored(&deployed, &scheme.stored(&deployed)).unwrap();
    let again = onnx::read(&bytes, "net").unwrap_or_else(|error| panic!("{format}: {error}"));
    assert_eq!(bits(&again), bits(&deployed), "{format}");
    assert_eq!(again, deployed, "{format}");
    let text = json::write(&deployed).unwrap();
    assert_eq!(bits(&json::read(text.as_bytes()).unwrap()), bits(&deployed), "{format}");
    // what the bounds are about
    let proved = Perturbation::uniform(Magnitude::Quantised(Arc::new(scheme))).unwrap();
    for (k, layer) in network.layers().iter().enumerate() {
        for place in layer.parameters() {
            let number = BigRational::from_float(deployed.layers()[k].parameter(place)).unwrap();
            assert_eq!(proved.centre(network, k, place), number, "{format}: layer {k} {place:?}");
            assert_eq!(proved.radius(network, k, place), BigRational::default());
        }
        // and what no format touches
        for row in 0..layer.outputs() {
            let place = Parameter::Bias { row };
            if layer.fixed().holds(place) {
                assert_eq!(deployed.layers()[k].biases()[row].to_bits(), layer.biases()[row].to_bits());
            }
        }
    }
    (deployed, ModelProto::decode(&bytes[..]).unwrap())
}

#[test]
fn the_words_decode_to_the_network_that_was_proved() {
    let mut random = SmallRng::seed_from_u64(51);
    for _ in 0..60 {
        let network = random_network(&mut random);
        for format in FORMATS {
            for rounding in [Rounding::Nearest, Rounding::Truncate] {
                exported(&network, format, rounding);
            }
        }
        let last = network.layers().len() - 1;
        if network.layers()[last].fixed() != Fixed::All {
            exported(&network, &format!("layer{last}=int8:per-channel"), Rounding::Nearest);
        }
    }
}

#[test]
fn shipped_models_are_stored_in_the_narrowest_type() {
    let network = Network::load(models().join("moons_relu_2-16-16-2.json")).unwrap();
    // words of the second layer's 256 weights: element type and bytes, and the operator set
    let cases = [
        ("int4", 22, 128, 21),
        ("int3:per-channel", 22, 128, 21),
        ("int5", 3, 256, 13),
        ("int8", 3, 256, 13),
        ("int9", 5, 512, 21),
        ("int16", 5, 512, 21),
        ("fixed:4.4", 3, 256, 13),
        ("fixed:4.20", 6, 1024, 13),
        ("float16", 10, 512, 13),
        ("bfloat16", 16, 512, 13),
        ("float8:e4m3", 17, 256, 19),
        ("float8:e5m2", 19, 256, 19),
    ];
    for (format, element, bytes, opset) in cases {
        let (_, model) = exported(&network, format, Rounding::Nearest);
        assert_eq!(model.opset_import[0].version, opset, "{format}");
        let graph = model.graph.unwrap();
        let words = graph.initializer.iter().find(|t| t.name == "layers.1.weight.words").unwrap();
        assert_eq!((words.data_type, words.raw_data.as_ref().unwrap().len()), (element, bytes), "{format}");
        // it computes in float32
        let kind = graph.input[0].r#type.as_ref().unwrap().tensor_type.as_ref().unwrap().elem_type;
        assert_eq!(kind, 1);
    }
}

/// A number that no float32 holds makes the network compute in doubles; a scale that none is leaves the numbers as they are.
#[test]
fn numbers_beyond_float32() {
    let layer = |weights: Vec<f64>| Layer::new(2, weights, vec![0.1], Activation::Linear).unwrap();
    let network = |layer: Layer| {
        let input = Input::without_domain(vec!["a".to_owned(), "b".to_owned()]).unwrap();
        Network::new("n".to_owned(), input, vec![layer], Output::None, vec!["y".to_owned()], None).unwrap()
    };
    let kinds = |model: ModelProto| model.graph.unwrap().initializer.iter().map(|t| t.data_type).collect::<Vec<_>>();
    let large = network(Layer::new(2, vec![1.0, 0.3], vec![1e300], Activation::Linear).unwrap());
    assert_eq!(kinds(exported(&large, "int8", Rounding::Nearest).1), [3, 1, 3, 11]);
    let huge = network(layer(vec![1e300, 3e299]));
    assert_eq!(kinds(exported(&huge, "fixed:8", Rounding::Nearest).1), [11, 11]);
    let usual = network(layer(vec![1.0, 0.3]));
    assert_eq!(kinds(exported(&usual, "int8", Rounding::Nearest).1), [3, 1, 3, 11]);
}

#[test]
fn what_makes_no_network_is_refused() {
    let network = Network::load(models().join("moons_relu_2-4-2.json")).unwrap();
    for rounding in [Rounding::Any, Rounding::HalfStep] {
        let error = quantised("int8", rounding, &network).network(&network).unwrap_err().to_string();
        assert!(error.ends_with("many networks, expected nearest or truncate, which make one"), "{error}");
    }
    let other = Network::load(models().join("iris_relu_4-8-3.json")).unwrap();
    quantised("int8", Rounding::Nearest, &network).network(&other).unwrap_err();
    // words of another network
    let scheme = quantised("int8", Rounding::Nearest, &network);
    let error = onnx::write_stored(&network, &scheme.stored(&network)).unwrap_err().to_string();
    assert!(error.starts_with("layers[0].weights[0]: ") && error.ends_with("which is stored"), "{error}");
}

/// What `models/deployed.py` recorded of ONNX Runtime, which dequantises and computes in float32: it is as close to the
/// real-number semantics of the quantised network as the bound of float32 evaluation says, and as close to the trained
/// network as the certified deviation and that bound together.
#[test]
fn onnxruntime_stays_within_the_bounds() {
    let recorded = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deployed_outputs.jsonl"));
    let (mut lines, mut closest) = (0, 0.0f64);
    for line in recorded.unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let (name, format) = (line["model"].as_str().unwrap(), line["format"].as_str().unwrap());
        let outputs = line["outputs"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32);
        let outputs: Vec<f32> = outputs.collect();
        let trained = Network::load(models().join(format!("{name}.json"))).unwrap();
        let scheme = quantised(format, Rounding::Nearest, &trained);
        let deployed = scheme.network(&trained).unwrap();
        let domain = trained.input().domain().unwrap();
        let domain: Vec<_> = domain.iter().map(|d| (d.lower().clone(), d.upper().clone())).collect();
        let float32 = FloatError::new(&deployed, &Perturbation::none(), &domain);
        let proved = Perturbation::uniform(Magnitude::Quantised(Arc::new(scheme))).unwrap();
        assert_eq!(FloatError::new(&trained, &proved, &domain), float32, "{name} {format}");
        let settings = Settings { delta: 0.05, ..Settings::default() };
        let global = Global { network: &trained, perturbation: &proved, domain: &domain, settings };
        let deviation = global.deviation(ClassChoice::Worst, None, &mut ()).upper;
        let (width, classes) = (trained.input().count(), trained.classes().len());
        assert_eq!(outputs.len(), 200 * classes);
        for (i, given) in outputs.chunks(classes).enumerate() {
            let lattice = |j: usize| ((i * (2 * j + 3) * 37 + 11 * j) % 129) as i64 - 64;
            let input: Vec<_> = (0..width).map(|j| BigRational::new(lattice(j).into(), 64.into())).collect();
            let [real, before] = [&deployed, &trained].map(|network| network.evaluate_exactly(&input).unwrap());
            for (class, &given) in given.iter().enumerate() {
                let off = |logits: &[deltasat::exact::Ball]| {
                    let confidence = trained.output().exact_confidence(logits, class).unwrap();
                    let given = f64::from(given);
                    (given - confidence.floor_f64()).abs().max((given - confidence.ceil_f64()).abs())
                };
                let error = off(&real.logits);
                assert!(error <= float32.confidences[class], "{name} {format} at {input:?}: {error:e}");
                closest = closest.max(error / float32.confidences[class]);
                assert!(off(&before.logits) <= deviation + float32.confidences[class], "{name} {format} at {input:?}");
            }
        }
        lines += 1;
    }
    assert_eq!(lines, 33);
    // not within the bounds because these are idle
    assert!(closest > 0.01, "{closest}");
}
