//! The JSON reader against files that are wrong in one place each, and against the writer.

use std::{fs, path::PathBuf};

use num_bigint::BigInt;
use num_rational::BigRational;
use quantproof::network::{Activation, Dataset, Domain, Fixed, Input, Layer, Network, NetworkError, Output, json};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use serde_json::{Value, json};

fn good() -> Value {
    json!({
        "format": "quantproof-network",
        "version": 1,
        "name": "small",
        "input": {"names": ["x1", "x2"], "domain": [[-1, 1], [-0.5, 0.5]]},
        "layers": [
            {"weights": [[0.5, -1.0], [2.0, 0.25], [1.0, 1.0]], "biases": [0.0, 0.5, -1.0], "activation": "relu"},
            {"weights": [[1.0, -1.0, 0.5], [-1.0, 1.0, 0.5]], "biases": [0.0, 0.25], "activation": "linear"},
        ],
        "output": "softmax",
        "classes": ["no", "yes"],
        "data": {"inputs": [[0.5, -0.25], [0.0, 0.0]], "labels": [1, 0]},
    })
}

/// The good network with the value at a JSON pointer replaced.
fn with(pointer: &str, value: Value) -> String {
    let mut document = good();
    *document.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")) = value;
    document.to_string()
}

/// The good network without one field of the object at a pointer.
fn without(pointer: &str, field: &str) -> String {
    let mut document = good();
    let object = document.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    object.shift_remove(field).unwrap();
    document.to_string()
}

/// The good network with one field more in the object at a pointer.
fn with_field(pointer: &str, field: &str, value: Value) -> String {
    let mut document = good();
    document.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(field.to_owned(), value);
    document.to_string()
}

/// The good network with a piece of its text replaced, for what `Value` cannot hold.
fn respelled(from: &str, to: &str) -> String {
    let text = good().to_string();
    assert_eq!(text.matches(from).count(), 1, "{from} in {text}");
    text.replace(from, to)
}

fn error(text: &str) -> String {
    match json::read(text.as_bytes()) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn refused(cases: &[(String, &str)]) {
    for (text, expected) in cases {
        assert_eq!(error(text), *expected, "for {text}");
    }
}

fn fraction(numerator: i64, denominator: i64) -> BigRational {
    BigRational::new(numerator.into(), denominator.into())
}

#[test]
fn every_part_is_read() {
    let network = json::read(good().to_string().as_bytes()).unwrap();
    assert_eq!(network.name(), "small");
    assert_eq!(network.input().names(), ["x1", "x2"]);
    assert_eq!(network.input().domain().unwrap()[1], Domain::new(fraction(-1, 2), fraction(1, 2)).unwrap());
    assert_eq!(network.layers().len(), 2);
    let first = &network.layers()[0];
    assert_eq!((first.inputs(), first.outputs(), first.activation()), (2, 3, Activation::Relu));
    assert_eq!(first.row(1), [2.0, 0.25]);
    assert_eq!(first.biases(), [0.0, 0.5, -1.0]);
    assert_eq!(network.layers()[1].row(1), [-1.0, 1.0, 0.5]);
    assert_eq!(network.output(), Output::Softmax);
    assert_eq!(network.classes(), ["no", "yes"]);
    assert_eq!(network.data().unwrap().labels(), [1, 0]);
    assert_eq!((network.logit_count(), network.parameter_count()), (2, 17));
    // x = (0.5, -0.25): z = (0.5, 1.4375, -0.75), h = (0.5, 1.4375, 0), logits = (-0.9375, 1.1875).
    let seen = network.evaluate(&[0.5, -0.25]).unwrap();
    assert_eq!(seen.logits, [-0.9375, 1.1875]);
    assert_eq!(seen.class, 1);
    assert!((seen.confidence() - 1.0 / (1.0 + (-2.125f64).exp())).abs() < 1e-15);
    assert_eq!(network.evaluate(&[0.5]).unwrap_err().to_string(), "a point of 1 numbers, expected 2 (the inputs)");
}

#[test]
fn data_are_optional() {
    let network = json::read(without("", "data").as_bytes()).unwrap();
    assert!(network.data().is_none() && network.accuracy().is_none());
}

#[test]
fn order_of_fields_and_white_space_do_not_matter() {
    let mut fields: Vec<_> = good().as_object().unwrap().clone().into_iter().collect();
    fields.reverse();
    let reversed = Value::Object(fields.into_iter().collect());
    let text = serde_json::to_string_pretty(&reversed).unwrap().replace('\n', "\r\n\t");
    assert_eq!(json::read(text.as_bytes()).unwrap(), json::read(good().to_string().as_bytes()).unwrap());
}

#[test]
fn other_formats_and_versions() {
    refused(&[
        (with("/format", json!("onnx")), "format: \"onnx\", expected \"quantproof-network\""),
        (with("/format", json!(1)), "format: a number, expected a string"),
        (with("/version", json!(2)), "version: 2, expected 1"),
        (with("/version", json!("1")), "version: a string, expected 1"),
        (respelled("\"version\":1", "\"version\":1.0"), "version: 1.0, expected 1"),
        (r#"{"format":"quantproof-network","version":2,"tensors":[]}"#.to_owned(), "version: 2, expected 1"),
        ("[]".to_owned(), "a list, expected an object"),
        ("null".to_owned(), "null, expected an object"),
        ("{}".to_owned(), "format: missing, expected this field"),
    ]);
}

#[test]
fn missing_fields() {
    for field in ["format", "version", "name", "input", "layers", "output", "classes"] {
        assert_eq!(error(&without("", field)), format!("{field}: missing, expected this field"));
    }
    for (pointer, path, fields) in [
        ("/input", "input", &["names"][..]),
        ("/layers/1", "layers[1]", &["weights", "biases", "activation"]),
        ("/data", "data", &["inputs", "labels"]),
    ] {
        for field in fields {
            assert_eq!(error(&without(pointer, field)), format!("{path}.{field}: missing, expected this field"));
        }
    }
}

#[test]
fn domains_and_fixed_numbers_may_be_left_out() {
    let network = json::read(without("/input", "domain").as_bytes()).unwrap();
    assert_eq!(network.input().domain(), None);
    assert_eq!(json::read(json::write(&network).unwrap().as_bytes()).unwrap(), network);
    let fixed = with_field("/layers/0", "fixed", json!("biases"));
    let network = json::read(fixed.as_bytes()).unwrap();
    assert_eq!((network.layers()[0].fixed(), network.layers()[1].fixed()), (Fixed::Biases, Fixed::Nothing));
    assert_eq!((network.layers()[0].parameter_count(), network.parameter_count()), (6, 14));
    assert_eq!(json::read(json::write(&network).unwrap().as_bytes()).unwrap(), network);
    refused(&[(
        with_field("/layers/0", "fixed", json!("bias")),
        "layers[0].fixed: \"bias\", expected one of nothing, biases, weights, all",
    )]);
}

#[test]
fn unknown_fields() {
    refused(&[
        (
            with_field("", "bits", json!(8)),
            "bits: unknown field, expected one of format, version, name, input, layers, output, classes, data",
        ),
        (
            with_field("/layers/0", "bias", json!([])),
            "layers[0].bias: unknown field, expected one of weights, biases, activation, fixed",
        ),
        (with_field("/input", "a b\n", json!(0)), "input.\"a b\\n\": unknown field, expected one of names, domain"),
        (with_field("/input", "", json!(0)), "input.\"\": unknown field, expected one of names, domain"),
        (with_field("/data", "points", json!([])), "data.points: unknown field, expected one of inputs, labels"),
    ]);
    // A long name is not repeated at full length.
    assert!(error(&with_field("/input", &"x".repeat(10_000), json!(0))).len() < 200);
}

#[test]
fn fields_given_twice() {
    refused(&[
        (respelled("\"name\":", "\"name\":\"other\",\"name\":"), "name: given twice, expected once"),
        (respelled("\"names\":", "\"names\":[],\"names\":"), "input.names: given twice, expected once"),
        (
            respelled("\"biases\":[0.0,0.25]", "\"biases\":[0.0,0.25],\"biases\":[0.0,0.25]"),
            "layers[1].biases: given twice, expected once",
        ),
        (respelled("\"labels\":[1,0]", "\"labels\":[1,0],\"labels\":[1,0]"), "data.labels: given twice, expected once"),
        // The same name, spelled with an escape.
        (respelled("\"name\":", "\"n\\u0061me\":0,\"name\":"), "name: given twice, expected once"),
    ]);
}

#[test]
fn values_of_the_wrong_kind() {
    refused(&[
        (with("/name", json!(null)), "name: null, expected a string"),
        (with("/input", json!([])), "input: a list, expected an object"),
        (with("/input/names", json!("x1")), "input.names: a string, expected a list of names"),
        (with("/input/names/1", json!(2)), "input.names[1]: a number, expected a string"),
        (with("/input/domain", json!({})), "input.domain: an object, expected a list of intervals"),
        (with("/input/domain/0", json!(1)), "input.domain[0]: a number, expected a list of two numbers"),
        (with("/input/domain/0/1", json!("1")), "input.domain[0][1]: a string, expected a number"),
        (with("/layers", json!({})), "layers: an object, expected a list of layers"),
        (with("/layers/1", json!([])), "layers[1]: a list, expected an object"),
        (with("/layers/0/weights", json!(true)), "layers[0].weights: a boolean, expected a list of rows of numbers"),
        (with("/layers/0/weights/2", json!(1)), "layers[0].weights[2]: a number, expected a list of numbers"),
        (with("/layers/1/weights/1/2", json!(null)), "layers[1].weights[1][2]: null, expected a number"),
        (with("/layers/1/weights/1/2", json!("0.5")), "layers[1].weights[1][2]: a string, expected a number"),
        (with("/layers/1/weights/1/2", json!([1])), "layers[1].weights[1][2]: a list, expected a number"),
        (with("/layers/0/biases", json!(0)), "layers[0].biases: a number, expected a list of numbers"),
        (with("/layers/0/biases/1", json!(false)), "layers[0].biases[1]: a boolean, expected a number"),
        (with("/layers/0/activation", json!(null)), "layers[0].activation: null, expected a string"),
        (with("/output", json!(null)), "output: null, expected a string"),
        (with("/output", json!(["softmax"])), "output: a list, expected a string"),
        (with("/classes", json!(2)), "classes: a number, expected a list of names"),
        (with("/classes/0", json!(0)), "classes[0]: a number, expected a string"),
        (with("/data", json!(null)), "data: null, expected an object"),
        (with("/data/inputs", json!(1)), "data.inputs: a number, expected a list of points"),
        (with("/data/inputs/1", json!(1)), "data.inputs[1]: a number, expected a list of numbers"),
        (with("/data/labels/0", json!("yes")), "data.labels[0]: a string, expected a class index"),
        (with("/data/labels/0", json!(1.0)), "data.labels[0]: 1.0, expected a class index"),
        (with("/data/labels/0", json!(-1)), "data.labels[0]: -1, expected a class index"),
    ]);
    // The key by which some JSON readers mark numbers inside is a field like any other.
    let marked = with("/layers/0/biases/1", json!({"$serde_json::private::Number": "1"}));
    assert_eq!(error(&marked), "layers[0].biases[1]: an object, expected a number");
    let marked = with("/layers/0/biases/1", json!({"$serde_json::private::RawValue": "1"}));
    assert_eq!(error(&marked), "layers[0].biases[1]: an object, expected a number");
}

#[test]
fn names_that_are_none() {
    refused(&[
        (with("/output", json!("Softmax")), "output: \"Softmax\", expected one of softmax, sigmoid, none"),
        (with("/output", json!("")), "output: \"\", expected one of softmax, sigmoid, none"),
        (
            with("/layers/0/activation", json!("gelu")),
            "layers[0].activation: \"gelu\", expected one of relu, linear, tanh, sigmoid, leaky-relu A, clip A B, grid A B C",
        ),
        (with("/name", json!("")), "name: empty, expected a name"),
        (with("/input/names/0", json!("")), "input.names[0]: empty, expected a name"),
        (with("/input/names/1", json!("x1")), "input.names[1]: \"x1\" again, expected a name that differs from [0]"),
        (with("/classes/1", json!("no")), "classes[1]: \"no\" again, expected a name that differs from [0]"),
        (respelled("\"small\"", "\"\\ud800\""), "name: unexpected end of hex escape"),
    ]);
}

#[test]
fn shapes_that_do_not_fit() {
    refused(&[
        (with("/layers", json!([])), "layers: empty, expected at least one layer"),
        (with("/layers/0/weights", json!([])), "layers[0].weights: empty, expected at least one row"),
        (with("/layers/0/weights/0", json!([])), "layers[0].weights[0]: 0 numbers, expected 2 (the inputs)"),
        (with("/layers/0/weights/1", json!([1])), "layers[0].weights[1]: 1 number, expected 2 (the inputs)"),
        (
            with("/layers/1/weights/1", json!([1, 2, 3, 4])),
            "layers[1].weights[1]: 4 numbers, expected 3 (the outputs of layers[0])",
        ),
        (with("/layers/0/biases", json!([1, 2])), "layers[0].biases: 2 numbers, expected 3 (one per row of weights)"),
        (with("/layers/1/biases", json!([])), "layers[1].biases: 0 numbers, expected 2 (one per row of weights)"),
        (with("/input/names", json!([])), "input.names: empty, expected at least one name"),
        (with("/input/domain", json!([[-1, 1]])), "input.domain: 1 interval, expected 2 (one per name)"),
        (with("/input/domain/1", json!([1])), "input.domain[1]: 1 number, expected 2 (the lower and the upper end)"),
        (
            with("/input/domain/1", json!([1, 2, 3])),
            "input.domain[1]: 3 numbers, expected 2 (the lower and the upper end)",
        ),
        (with("/data/inputs/1", json!([1])), "data.inputs[1]: 1 number, expected 2 (the inputs)"),
        (with("/data/inputs", json!([])), "data.inputs: empty, expected at least one point"),
        (with("/data/labels", json!([1])), "data.labels: 1 label, expected 2 (one per row of inputs)"),
        (with("/data/labels/1", json!(2)), "data.labels[1]: 2, expected a class index from 0 to 1"),
    ]);
}

#[test]
fn outputs_and_classes_that_do_not_fit() {
    let one_logit = |output: &str, classes: Value| {
        let mut document = good();
        document["layers"][1]["weights"] = json!([[1, 2, 3]]);
        document["layers"][1]["biases"] = json!([0]);
        document["output"] = json!(output);
        document["classes"] = classes;
        document["data"]["labels"] = json!([0, 0]);
        document.to_string()
    };
    refused(&[
        (with("/classes", json!(["a"])), "classes: 1 class, expected 2 (one per logit)"),
        (with("/classes", json!(["a", "b", "c"])), "classes: 3 classes, expected 2 (one per logit)"),
        (with("/output", json!("sigmoid")), "output: sigmoid over 2 logits, expected exactly 1"),
        (one_logit("softmax", json!(["a"])), "output: softmax over 1 logit, expected at least 2"),
        (one_logit("sigmoid", json!(["a"])), "classes: 1 class, expected 2 (σ(logit) is the confidence of the second)"),
        (one_logit("none", json!(["a", "b"])), "classes: 2 classes, expected 1 (one name per output)"),
    ]);
    let sigmoid = json::read(one_logit("sigmoid", json!(["a", "b"])).as_bytes()).unwrap();
    let seen = sigmoid.evaluate(&[0.5, 0.5]).unwrap();
    assert_eq!((seen.class, seen.confidences.len()), (1, 2));
    assert!((seen.confidences.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    let raw = json::read(one_logit("none", json!(["a"])).as_bytes()).unwrap().evaluate(&[0.5, 0.5]).unwrap();
    assert_eq!((raw.class, &raw.confidences), (0, &raw.logits));
    // Between equals the lowest index wins.
    assert_eq!(Output::Softmax.class(&[1.0, 2.0, 2.0]), 1);
    assert_eq!(Output::Sigmoid.class(&[0.0]), 0);
    let extreme = Output::Softmax.confidences(&[1e308, -1e308]);
    assert_eq!(extreme, [1.0, 0.0]);
}

#[test]
fn numbers_out_of_range() {
    let weight = |text: &str| respelled("0.25],[1.0,1.0]]", &format!("{text}],[1.0,1.0]]"));
    let end = |text: &str| respelled("[-0.5,0.5]", &format!("[{text},0.5]"));
    refused(&[
        (weight("1e999"), "layers[0].weights[1][1]: 1e999, expected a number that fits a double"),
        (weight("-1e400"), "layers[0].weights[1][1]: -1e400, expected a number that fits a double"),
        (end("-1e999"), "input.domain[1][0]: -1e999, expected a number that fits a double"),
        (end("1e-999999999"), "input.domain[1][0]: 1e-999999999, expected an exponent from -400 to 400"),
        (
            end("1e-99999999999999999999"),
            "input.domain[1][0]: 1e-99999999999999999999, expected an exponent from -400 to 400",
        ),
        (end("1"), "input.domain[1]: the lower end 1 is above the upper end 1/2"),
        (
            end(&format!("0.{}1", "0".repeat(2000))),
            "input.domain[1][0]: a decimal of 2003 characters, expected at most 1200",
        ),
        (respelled("[0.5,-0.25]", "[0.5,1e309]"), "data.inputs[0][1]: 1e309, expected a number that fits a double"),
    ]);
    // Too small is not out of range: the nearest double is 0.
    assert_eq!(json::read(weight("1e-999").as_bytes()).unwrap().layers()[0].row(1), [2.0, 0.0]);
    assert!(error(&weight(&"9".repeat(100_000))).len() < 200);
}

#[test]
fn syntax_errors_have_line_and_column() {
    let pretty = serde_json::to_string_pretty(&good()).unwrap();
    assert!(pretty.lines().nth(3).unwrap().starts_with("  \"name\": \"small\","));
    let spoiled = |from: &str, to: &str| pretty.replacen(from, to, 1);
    refused(&[
        (String::new(), "line 1, column 1: the text ends too early"),
        (spoiled("\"small\"", "small"), "line 4, column 11: expected value"),
        (spoiled("\"small\"", "NaN"), "line 4, column 11: expected value"),
        (spoiled("\"small\"", "Infinity"), "line 4, column 11: expected value"),
        (spoiled("\"small\"", "-Infinity"), "line 4, column 12: invalid number"),
        (spoiled("\"small\"", "01"), "line 4, column 12: invalid number"),
        (spoiled("\"small\"", "+1"), "line 4, column 11: expected value"),
        (
            spoiled("\"small\"", "\"a\tb\""),
            "line 4, column 12: control character (\\u0000-\\u001F) found while parsing a string",
        ),
        (spoiled("\"small\",", "\"small\""), "line 5, column 3: expected `,` or `}`"),
        (spoiled("\"name\":", "\"name\""), "line 4, column 10: expected `:`"),
        (format!("{pretty} x"), &format!("line {}, column 3: trailing characters", pretty.lines().count())),
        (format!("{pretty}{pretty}"), &format!("line {}, column 2: trailing characters", pretty.lines().count())),
        ("// no\n{}".to_owned(), "line 1, column 1: expected value"),
        ("\u{feff}{}".to_owned(), "line 1, column 1: expected value"),
    ]);
    let mut bytes = pretty.into_bytes();
    let at = bytes.windows(5).position(|w| w == b"small").unwrap();
    bytes[at] = 0xff;
    assert_eq!(json::read(&bytes).unwrap_err().to_string(), "line 4, column 12: not UTF-8 text");
}

#[test]
fn truncated_texts_are_errors() {
    let text = good().to_string();
    for end in 0..text.len() {
        let error = json::read(&text.as_bytes()[..end]).unwrap_err();
        assert!(matches!(error, NetworkError::Syntax { line: 1, .. }), "{error} for {end} bytes");
    }
}

#[test]
fn damaged_texts_do_not_panic() {
    let text = good().to_string().into_bytes();
    let mut random = SmallRng::seed_from_u64(1);
    for _ in 0..20_000 {
        let mut bytes = text.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..3) {
                0 => bytes[at] = random.random(),
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, *b"[]{},:\"0e-.\\u9".get(random.random_range(0..14)).unwrap()),
            }
        }
        if let Err(error) = json::read(&bytes) {
            let message = error.to_string();
            assert!(!message.ends_with('.') && !message.is_empty(), "{message}");
        }
    }
    for length in 0..200 {
        let noise: Vec<u8> = (0..length).map(|_| random.random()).collect();
        assert!(json::read(&noise).is_err());
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = 1_000_000;
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        assert!(error(&open.repeat(deep)).starts_with("line 1, column "));
        let closed = format!("{}0{}", open.repeat(deep), close.repeat(deep));
        let text = respelled("0.25],[1.0,1.0]]", &format!("{closed}],[1.0,1.0]]"));
        assert!(error(&text).starts_with("layers[0].weights[1][1]: a"));
        assert!(error(&respelled("\"small\"", &closed)).starts_with("name: a"));
    }
}

#[test]
fn domains_are_exact_and_weights_nearest() {
    // 0.1 is not a double, and 1 + 2^-53 lies half way between two: to even, so 1.
    let half_way = "1.00000000000000011102230246251565404236316680908203125";
    let text = good().to_string().replacen("[-0.5,0.5]", "[-12.5e-3,0.1]", 1).replacen(
        "[2.0,0.25]",
        &format!("[{half_way},{half_way}1]"),
        1,
    );
    let network = json::read(text.as_bytes()).unwrap();
    assert_eq!(network.input().domain().unwrap()[1].lower(), &fraction(-1, 80));
    assert_eq!(network.input().domain().unwrap()[1].upper(), &fraction(1, 10));
    assert_ne!(network.input().domain().unwrap()[1].upper(), &BigRational::from_float(0.1).unwrap());
    assert_eq!(network.layers()[0].row(1), [1.0, 1.0 + f64::EPSILON]);
    for (text, expected) in [
        ("-0", fraction(0, 1)),
        ("0.0e5", fraction(0, 1)),
        ("1E2", fraction(100, 1)),
        ("1.5e+2", fraction(150, 1)),
        ("0.0125e1", fraction(1, 8)),
        ("1e-400", BigRational::new(1.into(), BigInt::from(10).pow(400))),
    ] {
        let ends = good().to_string().replacen("[-0.5,0.5]", &format!("[{text},200]"), 1);
        assert_eq!(json::read(ends.as_bytes()).unwrap().input().domain().unwrap()[1].lower(), &expected, "{text}");
    }
}

/// A network of random shape with parameters from all over the doubles.
fn random_network(random: &mut SmallRng) -> Network {
    let double = |random: &mut SmallRng| loop {
        let value = f64::from_bits(random.random());
        if value.is_finite() {
            return value;
        }
    };
    let inputs = random.random_range(1..5);
    let mut ends = || {
        let (n, places) = (random.random_range(-100_000i64..100_000), random.random_range(0..30));
        let lower = BigRational::new(n.into(), BigInt::from(2).pow(places) * BigInt::from(5).pow(30 - places));
        Domain::new(lower.clone(), lower + fraction(1, 1 << places)).unwrap()
    };
    let domain = (0..inputs).map(|_| ends()).collect();
    let names = (0..inputs).map(|i| format!("\"{i}\\\n\u{7f}é")).collect();
    let mut width = inputs;
    let mut layers = Vec::new();
    for _ in 0..random.random_range(1..4) {
        let outputs = random.random_range(2..6);
        let weights = (0..outputs * width).map(|_| double(random)).collect();
        let biases = (0..outputs).map(|_| double(random)).collect();
        let (_, activation) = Activation::NAMES[random.random_range(0..4)];
        layers.push(Layer::new(width, weights, biases, activation).unwrap());
        width = outputs;
    }
    let points = (0..3).map(|_| (0..inputs).map(|_| double(random)).collect()).collect();
    let data = Dataset::new(points, vec![0, 1, 1]).unwrap();
    let output = if random.random() { Output::Softmax } else { Output::None };
    let classes = (0..width).map(|j| format!("class {j}")).collect();
    let input = Input::new(names, domain).unwrap();
    Network::new("random".to_owned(), input, layers, output, classes, Some(data)).unwrap()
}

#[test]
fn what_is_written_reads_back_the_same() {
    let mut random = SmallRng::seed_from_u64(2);
    for _ in 0..200 {
        let network = random_network(&mut random);
        let text = json::write(&network).unwrap();
        let again = json::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error} in {text}"));
        assert_eq!(again, network);
        let bits = |n: &Network| -> Vec<u64> {
            n.layers().iter().flat_map(|l| l.weights().iter().chain(l.biases())).map(|v| v.to_bits()).collect()
        };
        assert_eq!(bits(&again), bits(&network), "the sign of zero included");
    }
    let third = Domain::new(fraction(1, 3), fraction(1, 2)).unwrap();
    let input = Input::new(vec!["x".to_owned()], vec![third]).unwrap();
    let layer = Layer::new(1, vec![1.0], vec![0.0], Activation::Linear).unwrap();
    let network =
        Network::new("third".to_owned(), input, vec![layer], Output::None, vec!["y".to_owned()], None).unwrap();
    let error = json::write(&network).unwrap_err().to_string();
    assert_eq!(error, "input.domain[0]: 1/3, expected a decimal of at most 1200 characters");
}

#[test]
fn constructors_refuse_what_the_reader_refuses() {
    let layer = |inputs, weights: &[f64], biases: &[f64]| {
        Layer::new(inputs, weights.to_vec(), biases.to_vec(), Activation::Relu).unwrap_err().to_string()
    };
    assert_eq!(layer(2, &[1.0, 2.0, 3.0], &[0.0, 0.0]), "weights: 3 numbers, expected 2 rows of 2");
    assert_eq!(layer(2, &[1.0, f64::NAN], &[0.0]), "weights[0][1]: NaN, expected a finite number");
    assert_eq!(layer(1, &[1.0, 1.0], &[0.0, f64::INFINITY]), "biases[1]: inf, expected a finite number");
    assert_eq!(layer(1, &[], &[]), "biases: empty, expected one number per neuron");
    assert_eq!(layer(0, &[], &[1.0]), "weights: rows without numbers, expected one number per input");
    assert_eq!(layer(usize::MAX, &[1.0], &[1.0, 1.0]), "weights: 1 number, expected 2 rows of 18446744073709551615");
    let network = json::read(good().to_string().as_bytes()).unwrap();
    let layers = vec![network.layers()[0].clone(), network.layers()[0].clone()];
    let chained = Network::new("n".to_owned(), network.input().clone(), layers, Output::None, vec![], None);
    assert_eq!(chained.unwrap_err().to_string(), "layers[1]: takes 2 inputs, expected 3 (the outputs of layers[0])");
    let moved = network.with_parameters(|_, _, value| value + 1.0).unwrap();
    assert_eq!(moved.layers()[0].row(0), [1.5, 0.0]);
    assert_eq!(moved.layers()[1].biases(), [1.0, 1.25]);
    let infinite = network.with_parameters(|layer, _, _| if layer == 1 { f64::INFINITY } else { 0.0 });
    assert_eq!(infinite.unwrap_err().to_string(), "layers[1].weights[0][0]: inf, expected a finite number");
}

#[test]
fn the_extension_decides_the_format() {
    let say = |name: &str| Network::load(name).unwrap_err().to_string();
    assert_eq!(say("a/net.h5"), "a/net.h5: unknown file extension \"h5\", expected one of .json, .onnx, .nnet");
    assert_eq!(say("net"), "net: no file extension, expected one of .json, .onnx, .nnet");
    assert_eq!(say("no/such/net.json"), "no/such/net.json: cannot be read: no such file");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("folder.json");
    fs::create_dir_all(&folder).unwrap();
    assert!(say(folder.to_str().unwrap()).ends_with("folder.json: cannot be read: a directory, expected a file"));
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("upper.JSON");
    fs::write(&file, good().to_string()).unwrap();
    assert_eq!(Network::load(&file).unwrap().name(), "small");
    fs::write(&file, with("/version", json!(3))).unwrap();
    assert!(say(file.to_str().unwrap()).ends_with("upper.JSON: version: 3, expected 1"));
}
