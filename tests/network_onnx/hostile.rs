//! Files that are no network: each is refused with the place and the reason, none makes the reader panic, hang or
//! allocate what a shape merely claims.

use crate::build::*;
use prost::Message;
use quantproof::network::onnx;
use quantproof::network::onnx::proto::{ModelProto, SparseTensorProto, StringStringEntryProto, TensorProto, data_type};
use rand::{Rng, SeedableRng, rngs::SmallRng};
use std::time::{Duration, Instant};

/// Most features in few bytes.
fn small() -> ModelProto {
    let nodes = vec![
        node("Shape", "x -> a", &[]),
        node("Concat", "a a -> c", &[integer("axis", 0)]),
        node("Gather", "c i -> d", &[]),
        node("Transpose", "x -> e", &[list("perm", &[0, 1])]),
        node("Reshape", "e d -> f", &[]),
        node("Sub", "f m -> g", &[]),
        node("Gemm", "g w b -> h", &[integer("transB", 1)]),
        node("Relu", "h -> k", &[]),
        node("MatMul", "k v -> l", &[]),
        node("Softmax", "l -> y", &[]),
    ];
    let tensors = vec![
        integers("i", &[0, 3]),
        reals("m", &[2], &[0.5, 0.25]),
        TensorProto {
            float_data: vec![1.0, 2.0, 3.0, 4.0],
            raw_data: None,
            data_type: data_type::FLOAT,
            ..reals("w", &[2, 2], &[])
        },
        reals("b", &[2], &[1.0, 2.0]),
        reals("v", &[2, 2], &[1.0, 2.0, 3.0, 4.0]),
    ];
    let mut model = model(&[-1, 2], nodes, tensors);
    let told = [("quantproof.names", "[\"a\",\"b\"]"), ("quantproof.domain", "[[0,1],[-1,1]]"), ("other", "{")];
    let entry = |(key, value): (&str, &str)| StringStringEntryProto { key: key.to_owned(), value: value.to_owned() };
    model.metadata_props = told.map(entry).to_vec();
    model
}

#[test]
fn truncated_anywhere() {
    let bytes = small().encode_to_vec();
    assert_eq!(onnx::read(&bytes, "net").unwrap().input().names(), ["a", "b"]);
    let mut refused = 0;
    for end in 0..bytes.len() {
        refused += usize::from(onnx::read(&bytes[..end], "net").is_err());
    }
    // a file may end between two of its last fields, which are an operator set and the metadata
    assert!(refused >= bytes.len() - 4, "{refused} of {}", bytes.len());
    assert_eq!(onnx::read(&[], "net").unwrap_err().to_string(), "graph: missing, expected an ONNX model");
    let json = onnx::read(b"{\"format\": 1}", "net").unwrap_err().to_string();
    assert!(json.starts_with("not an ONNX file: "), "{json}");
}

#[test]
fn corrupted_by_seed() {
    let bytes = small().encode_to_vec();
    let started = Instant::now();
    let (mut read, mut refused) = (0, 0);
    for seed in 0..20_000 {
        let mut random = SmallRng::seed_from_u64(seed);
        let mut bytes = bytes.clone();
        for _ in 0..random.random_range(1..5) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes[at] = random.random(),
                1 => bytes[at] ^= 1 << random.random_range(0..8),
                2 => bytes.insert(at, random.random()),
                _ => drop(bytes.remove(at)),
            }
        }
        match onnx::read(&bytes, "net") {
            Ok(network) => {
                read += 1;
                assert!(network.layers().iter().flat_map(|l| l.weights()).all(|w| w.is_finite()));
            }
            Err(error) => {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(read > 100 && refused > 10_000, "{read} read, {refused} refused");
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

/// A model of one MatMul after what `change` does to it.
fn changed(change: impl FnOnce(&mut ModelProto)) -> String {
    let mut model = model(&[-1, 2], vec![node("MatMul", "x w -> y", &[])], vec![reals("w", &[2, 1], &[1.0, 2.0])]);
    change(&mut model);
    error(&model)
}

#[test]
fn wrong_in_one_place_each() {
    let tensor = |change: fn(&mut TensorProto)| changed(|model| change(&mut graph(model).initializer[0]));
    let wire = |operator: &str, wires: &str| changed(|model| graph(model).node[0] = node(operator, wires, &[]));
    let input = |kind: i32, shape: &[i64]| changed(|model| graph(model).input[0] = value("x", kind, shape));
    let told = |key: &str, value: &str| {
        changed(|model| {
            model.metadata_props = vec![StringStringEntryProto { key: key.to_owned(), value: value.to_owned() }];
        })
    };
    let cases = [
        // tensors
        (
            tensor(|t| t.dims = vec![3_000_000_000]),
            "initializer \"w\": 16 bytes of data, expected 24000000000 (the shape [3000000000] of double)",
        ),
        (
            tensor(|t| t.dims = vec![1 << 40, 1 << 40]),
            "initializer \"w\": the shape [1099511627776, 1099511627776], expected at most 32 sizes of at least 0",
        ),
        (
            tensor(|t| t.dims = vec![-2, 1]),
            "initializer \"w\": the shape [-2, 1], expected at most 32 sizes of at least 0",
        ),
        (tensor(|t| t.dims = vec![1; 33]), "initializer \"w\": the shape [1, 1,"),
        (
            tensor(|t| t.data_type = data_type::FLOAT),
            "initializer \"w\": 16 bytes of data, expected 8 (the shape [2, 1] of float)",
        ),
        (
            tensor(|t| t.data_type = 9),
            "initializer \"w\": elements of type bool, expected float, double, float16, bfloat16",
        ),
        (tensor(|t| t.data_type = 77), "initializer \"w\": elements of type element type 77"),
        (
            tensor(|t| t.data_type = data_type::INT64),
            "node 0 (MatMul, opset 13): a matrix of integers or text, expected real numbers",
        ),
        (
            tensor(|t| t.data_location = 1),
            "initializer \"w\": its elements are in another file, expected a model that is read from a file",
        ),
        (
            tensor(|t| t.raw_data = Some(f64::NAN.to_le_bytes().repeat(2))),
            "initializer \"w\": element 0 is NaN, expected a finite number",
        ),
        (
            tensor(|t| t.dims = vec![1, 2]),
            "node 0 (MatMul, opset 13): a value of shape [1, 2] and a matrix of [1, 2], expected ones that fit",
        ),
        (
            tensor(|t| (t.dims, t.raw_data) = (vec![2, 0], None)),
            "node 0 (MatMul, opset 13): a value of shape [1, 2] and a matrix of [2, 0], expected ones that fit",
        ),
        // wires
        (
            changed(|m| graph(m).initializer.clear()),
            "node 0 (MatMul, opset 13): operand 1 is \"w\", expected an initializer, an input or a node's result",
        ),
        (wire("LSTM", "x w -> y"), "node 0 (LSTM, opset 13): not a known operator, expected one of Relu"),
        (wire("com.microsoft.Gelu", "x -> y"), "node 0 (com.microsoft.Gelu): not a known operator"),
        (wire("MatMul", "x -> y"), "node 0 (MatMul, opset 13): no operand 1, expected one"),
        (
            wire("Add", "x x -> y"),
            "graph: no Gemm, MatMul or Conv between the input and the output, expected the layers of a network",
        ),
        (
            wire("MatMul", "w w -> y"),
            "node 0 (MatMul, opset 13): expected one operand that depends on the input, and otherwise constants",
        ),
        (
            wire("Div", "w x -> y"),
            "node 0 (Div, opset 13): division by a value that depends on the input, expected a constant",
        ),
        (
            wire("MatMul", "y w -> y"),
            "node 0 (MatMul, opset 13): needs its own result, expected a graph without cycles",
        ),
        (wire("MatMul", "x w -> w"), "node 0 (MatMul, opset 13): makes \"w\", which something else makes too"),
        (wire("Identity", "w -> y"), "output \"y\": constant, expected it to depend on the input"),
        (
            wire("Identity", "x -> y"),
            "graph: no Gemm, MatMul or Conv between the input and the output, expected the layers of a network",
        ),
        (wire("MatMul", "x w -> z"), "output \"y\": nothing makes it"),
        // ends
        (
            changed(|m| graph(m).input.push(value("u", 1, &[1, 1 << 20]))),
            "graph: 2 inputs of 1048578 numbers, expected at least one, and at most 1048576 numbers",
        ),
        (
            changed(|m| graph(m).output.push(value("z", 1, &[1, 2]))),
            "graph: 2 outputs [\"y\", \"z\"], expected one that is no label",
        ),
        (changed(|m| graph(m).output.clear()), "graph: no outputs, expected 1"),
        (
            input(data_type::INT64, &[1, 2]),
            "input \"x\": elements of type int64, expected float, double, float16 or bfloat16",
        ),
        (input(1, &[-1, -1]), "input \"x\": size 1 of the shape is open, expected a number"),
        (input(1, &[]), "input \"x\": the shape [], expected at most 1048576 numbers in up to 32 sizes"),
        (
            input(1, &[1, 3_000_000_000]),
            "input \"x\": the shape [1, 3000000000], expected at most 1048576 numbers in up to 32 sizes",
        ),
        (changed(|m| graph(m).input[0].r#type = None), "input \"x\": no tensor, expected a tensor of real numbers"),
        // versions
        (changed(|m| m.opset_import.clear()), "opset_import: no version of the operators of ONNX, expected one"),
        (changed(|m| m.opset_import[0].version = 5), "opset_import: version 5, expected 6 or later"),
        // metadata
        (
            told("quantproof.nmae", "1"),
            "metadata quantproof.nmae: unknown key, expected one of quantproof.name, .names",
        ),
        (told("quantproof.names", "[\"a\"]"), "metadata quantproof.names: 1 name, expected 2 (the inputs)"),
        (
            told("quantproof.domain", "[[0,1],[2,1]]"),
            "metadata quantproof.domain[1]: the lower end 2 is above the upper end 1",
        ),
        (told("quantproof.fixed", "[]"), "metadata quantproof.fixed: 0 words, expected 1 (one per layer)"),
        (
            told("quantproof.output", "\"sofmax\""),
            "metadata quantproof.output: \"sofmax\", expected one of softmax, sigmoid, none",
        ),
        (told("quantproof.output", "\"softmax\""), "output: softmax over 1 logit, expected at least 2"),
    ];
    for (i, (given, expected)) in cases.iter().enumerate() {
        assert!(given.starts_with(expected), "case {i}: {given}\nexpected {expected}");
    }
    let named = changed(|m| {
        graph(m).node[0] = node("Conv", "x w -> y", &[]);
        graph(m).node[0].name = "first".to_owned();
    });
    assert!(named.starts_with("node \"first\" (Conv, opset 13): "), "{named}");
    let sparse = changed(|m| {
        let values = graph(m).initializer.pop();
        graph(m).sparse_initializer.push(SparseTensorProto { values });
    });
    assert_eq!(sparse, "initializer \"w\": sparse, expected all its elements");
    let softmax = changed(|m| {
        graph(m).initializer[0] = reals("w", &[2, 2], &[1.0; 4]);
        graph(m).node =
            vec![node("MatMul", "x w -> a", &[]), node("Softmax", "a -> b", &[]), node("Relu", "b -> y", &[])];
        m.metadata_props.clear();
    });
    assert_eq!(softmax, "node 2 (Relu, opset 13): it follows the probabilities, expected them to be the output");
    let division = changed(|m| {
        graph(m).node = vec![node("MatMul", "x w -> a", &[]), node("Div", "a z -> y", &[])];
        graph(m).initializer.push(reals("z", &[1], &[0.0]));
    });
    assert_eq!(division, "node 1 (Div, opset 13): division by 0, expected a number whose reciprocal fits a double");
}

/// Graphs whose values would grow without bound.
#[test]
fn small_files_cannot_grow() {
    let started = Instant::now();
    let chain = |operator: &str, second: &str, attributes: &[_], links: usize| {
        let mut nodes = Vec::new();
        for k in 0..links {
            nodes.push(node(
                operator,
                &format!("v{k} {} -> v{}", second.replace('K', &k.to_string()), k + 1),
                attributes,
            ));
        }
        nodes
    };
    // a list that doubles
    let doubling = chain("Concat", "vK", &[integer("axis", 0)], 60);
    let mut nodes = doubling;
    nodes.push(node("Reshape", "x v60 -> y", &[]));
    let given = error(&model(&[1, 2], nodes, vec![integers("v0", &[1, 2])]));
    assert!(given.contains("(Concat, opset 13): too large a network"), "{given}");
    // a million inputs, with a constant added time and again, or reordered
    for (operator, second, attributes) in [("Add", "c", vec![]), ("Transpose", "", vec![list("perm", &[1, 0])])] {
        let mut nodes = chain(operator, second, &attributes, 50_000);
        nodes[0].input[0] = "x".to_owned();
        let last = nodes.len() - 1;
        nodes[last].output[0] = "y".to_owned();
        let given = error(&model(&[1024, 1024], nodes, vec![reals("c", &[1], &[1.0])]));
        assert!(given.contains("too large a network"), "{given}");
    }
    // sizes without end
    let mut nodes = chain("Unsqueeze", "a", &[], 50_000);
    nodes[0].input[0] = "x".to_owned();
    nodes[49_999].output[0] = "y".to_owned();
    let given = error(&model(&[1, 2], nodes, vec![integers("a", &[0])]));
    assert!(given.contains("33 sizes, expected at most 32"), "{given}");
    // a ring far from the output, and a label that is one
    let mut nodes = chain("Identity", "", &[], 50_000);
    nodes[0].input[0] = "v50000".to_owned();
    nodes.push(node("MatMul", "v50000 w -> y", &[]));
    let given = error(&model(&[1, 2], nodes.clone(), vec![reals("w", &[2, 1], &[1.0, 2.0])]));
    assert!(given.contains("needs its own result"), "{given}");
    let mut ring = model(&[1, 2], nodes, vec![reals("w", &[2, 1], &[1.0, 2.0])]);
    graph(&mut ring).output[0].name = "v7".to_owned();
    assert!(error(&ring).contains("needs its own result"));
    // a normalisation of more numbers than are written out as a matrix
    let nodes = vec![node("Add", "x c -> a", &[]), node("MatMul", "a w -> y", &[])];
    let ones = vec![1.0; 10_000];
    let wide = read(&model(&[1, 10_000], nodes, vec![reals("c", &[1], &[1.0]), reals("w", &[10_000, 1], &ones)]));
    assert_eq!((wide.layers()[0].weights().len(), wide.layers()[0].outputs()), (10_000, 10_000));
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
