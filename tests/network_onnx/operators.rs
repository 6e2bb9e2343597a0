//! Each operator, against its definition worked out by hand or by a loop over the definition.

use crate::build::*;
use quantproof::network::onnx::proto::{TensorProto, data_type};
use quantproof::network::{Activation, Fixed, Output, Parameter};
use rand::{Rng, SeedableRng, rngs::SmallRng};

/// `W = [[1, 2], [3, 4], [5, 6]]` for two inputs and three neurons, as `x W` takes it.
fn w() -> TensorProto {
    reals("w", &[2, 3], &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0])
}

fn b() -> TensorProto {
    reals("b", &[3], &[0.5, -1.0, 2.0])
}

/// All sides, transpositions and factors of Gemm against its definition.
#[test]
fn gemm_is_its_definition() {
    let mut random = SmallRng::seed_from_u64(5);
    let mut small = |n: usize| -> Vec<f64> { (0..n).map(|_| f64::from(random.random_range(-8..8))).collect() };
    let (n, m) = (4usize, 3usize);
    for case in 0..8 * 25 {
        let (left, turn_a, turn_b) = (case & 1 == 1, case & 2 == 2, case & 4 == 4);
        let (alpha, beta) = ([1.0, 2.0, 0.5, -3.0, 0.0][case / 8 % 5], [1.0, 2.0, 0.0, -1.0, 4.0][case / 40]);
        if alpha == 0.0 && beta == 0.0 {
            continue;
        }
        // the matrix, a row per neuron
        let (rows, bias, x) = (small(n * m), small(m), small(n));
        let turned: Vec<f64> = (0..n * m).map(|i| rows[i % m * n + i / m]).collect();
        // the constant is A (m by n) on the left and B (n by m) on the right
        let flat =
            if left != (if left { turn_a } else { turn_b }) { (vec![m, n], &rows) } else { (vec![n, m], &turned) };
        let dims: Vec<i64> = flat.0.iter().map(|&d| d as i64).collect();
        let constant = reals("w", &dims, flat.1);
        // the other operand is x as a row or as a column
        let (shape, wires, c) = if left {
            (if turn_b { [1, n as i64] } else { [n as i64, 1] }, "w x c -> y", reals("c", &[m as i64, 1], &bias))
        } else {
            (if turn_a { [n as i64, 1] } else { [1, n as i64] }, "x w c -> y", reals("c", &[1, m as i64], &bias))
        };
        let attributes = [
            integer("transA", turn_a.into()),
            integer("transB", turn_b.into()),
            float("alpha", alpha),
            float("beta", beta),
        ];
        let network = read(&model(&shape, vec![node("Gemm", wires, &attributes)], vec![constant, c]));
        let expected: Vec<f64> = (0..m)
            .map(|i| {
                let sum: f64 = (0..n).map(|j| rows[i * n + j] * x[j]).sum();
                f64::from(alpha) * sum + f64::from(beta) * bias[i]
            })
            .collect();
        says(&network, &x, &expected);
        // the parameters are the file's, whatever the factors
        assert_eq!(network.layers()[0].weights(), rows, "case {case}");
        let moved: usize = network.layers().iter().map(|layer| layer.parameter_count()).sum();
        assert_eq!(moved, if beta == 0.0 { n * m } else { n * m + m });
    }
}

#[test]
fn gemm_without_c_or_with_one_number_for_all_has_no_biases() {
    let without = read(&model(&[-1, 2], vec![node("Gemm", "x w -> y", &[])], vec![w()]));
    assert_eq!(fixed(&without), [Fixed::Biases]);
    assert_eq!((without.parameter_count(), without.input().domain()), (6, None));
    assert_eq!(without.input().names(), ["x1", "x2"]);
    assert_eq!((without.classes(), without.name()), (&["0".to_owned(), "1".to_owned(), "2".to_owned()][..], "net"));
    let one = reals("c", &[1], &[0.5]);
    let shared = read(&model(&[-1, 2], vec![node("Gemm", "x w c -> y", &[])], vec![w(), one]));
    assert_eq!(fixed(&shared), [Fixed::Biases, Fixed::All]);
    says(&shared, &[1.0, 1.0], &[3.5, 7.5, 11.5]);
    // 2 W x + 4 c
    let factors = [float("alpha", 2.0), float("beta", 4.0)];
    let one = reals("c", &[1, 1], &[0.5]);
    let scaled = read(&model(&[-1, 2], vec![node("Gemm", "x w c -> y", &factors)], vec![w(), one]));
    assert_eq!(scaled.parameter_count(), 6);
    says(&scaled, &[1.0, 1.0], &[8.0, 16.0, 24.0]);
    let factors = [float("alpha", 3.0), float("beta", 7.0)];
    // 3/7 is the nearest double
    let odd = read(&model(&[-1, 2], vec![node("Gemm", "x w b -> y", &factors)], vec![w(), b()]));
    assert_eq!(odd.parameter_count(), 9);
    let logits = odd.logits(&[1.0, 1.0]).unwrap();
    assert!(logits.iter().zip([12.5, 14.0, 47.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12), "{logits:?}");
}

#[test]
fn matmul_takes_rows_columns_and_vectors() {
    let row_major = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let cases: [(&[i64], &str, TensorProto); 7] = [
        (&[-1, 2], "x w -> y", w()),
        (&[2], "x w -> y", w()),
        (&[1, 1, 1, 2], "x w -> y", w()),
        (&[1, 2], "x w -> y", reals("w", &[1, 1, 2, 3], &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0])),
        (&[2, 1], "w x -> y", reals("w", &[3, 2], &row_major)),
        (&[2], "w x -> y", reals("w", &[3, 2], &row_major)),
        (&[1, 2, 1], "w x -> y", reals("w", &[3, 2], &row_major)),
    ];
    for (shape, wires, constant) in cases {
        let network = read(&model(shape, vec![node("MatMul", wires, &[])], vec![constant]));
        says(&network, &[1.0, 10.0], &[21.0, 43.0, 65.0]);
        assert_eq!(fixed(&network), [Fixed::Biases], "{shape:?}");
    }
    for (shape, wires, dims) in [(&[-1, 2][..], "x w -> y", &[2][..]), (&[2, 1], "w x -> y", &[2])] {
        let network = read(&model(shape, vec![node("MatMul", wires, &[])], vec![reals("w", dims, &[3.0, 4.0])]));
        says(&network, &[1.0, 10.0], &[43.0]);
    }
}

#[test]
fn the_first_vector_added_to_a_matrix_is_its_bias_and_the_next_is_fixed() {
    let mean = reals("m", &[1, 3], &[0.25, 0.0, -8.0]);
    let nodes = |bias: &str, sum: &str| {
        vec![
            node("MatMul", "x w -> p", &[]),
            node("Add", bias, &[]),
            node("Sub", "q m -> r", &[]),
            node("Relu", "r -> s", &[]),
            node("Sub", sum, &[]),
        ]
    };
    for bias in ["p b -> q", "b p -> q"] {
        let network = read(&model(&[-1, 2], nodes(bias, "s m -> y"), vec![w(), b(), mean.clone()]));
        assert_eq!(fixed(&network), [Fixed::Nothing, Fixed::All, Fixed::All]);
        assert_eq!(network.layers()[0].biases(), [0.5, -1.0, 2.0]);
        assert_eq!(network.layers()[1].activation(), Activation::Relu);
        says(&network, &[1.0, -1.0], &[-0.25, 0.0, 17.0]);
        assert_eq!(network.parameter_count(), 9);
    }
    // a bias of zeros is a bias, and zeros that are added elsewhere are nothing
    let zeros = reals("z", &[3], &[0.0, -0.0, 0.0]);
    let twice = vec![node("MatMul", "x w -> p", &[]), node("Add", "p z -> q", &[]), node("Add", "q z -> y", &[])];
    let network = read(&model(&[-1, 2], twice, vec![w(), zeros]));
    assert_eq!(fixed(&network), [Fixed::Nothing]);
    assert_eq!(network.layers()[0].biases()[1].to_bits(), (-0.0f64).to_bits());
    let minus = vec![node("MatMul", "x w -> p", &[]), node("Sub", "p b -> y", &[])];
    let network = read(&model(&[-1, 2], minus, vec![w(), b()]));
    assert_eq!((network.layers()[0].biases(), network.layers()[0].fixed()), (&[-0.5, 1.0, -2.0][..], Fixed::Nothing));
}

#[test]
fn normalisations_are_fixed_layers_with_the_numbers_of_the_file() {
    let (mean, range) = (reals("m", &[2], &[0.1, -7.5]), reals("r", &[1, 2], &[3.0, 0.25]));
    let tail = node("MatMul", "b w -> y", &[]);
    let nodes = vec![node("Sub", "x m -> a", &[]), node("Div", "a r -> b", &[]), tail.clone()];
    let network = read(&model(&[-1, 2], nodes, vec![mean.clone(), range, w()]));
    assert_eq!(fixed(&network), [Fixed::All, Fixed::All, Fixed::Biases]);
    let [shift, scale, _] = network.layers() else { panic!() };
    assert_eq!((shift.weights(), shift.biases()), (&[1.0, 0.0, 0.0, 1.0][..], &[-0.1, 7.5][..]));
    assert_eq!((scale.weights(), scale.biases()), (&[1.0 / 3.0, 0.0, 0.0, 4.0][..], &[0.0, 0.0][..]));
    // a fixed number is no parameter: nothing moves it
    let moved = network.with_parameters(|layer, place, v| {
        assert!(layer == 2 && matches!(place, Parameter::Weight { .. }));
        v + 1.0
    });
    assert_eq!(moved.unwrap().layers()[..2], network.layers()[..2]);
    // merged where that is exact
    let nodes = vec![node("Sub", "x m -> a", &[]), node("Mul", "r a -> b", &[]), tail.clone()];
    let halves = reals("r", &[2], &[0.5, 4.0]);
    let network = read(&model(&[-1, 2], nodes.clone(), vec![mean.clone(), halves, w()]));
    assert_eq!(fixed(&network), [Fixed::All, Fixed::Biases]);
    assert_eq!(network.layers()[0].weights(), [0.5, 0.0, 0.0, 4.0]);
    assert_eq!(network.layers()[0].biases(), [-0.05, 30.0]);
    let thirds = reals("r", &[2], &[1.0 / 3.0, 4.0]);
    let network = read(&model(&[-1, 2], nodes, vec![mean, thirds, w()]));
    assert_eq!(fixed(&network), [Fixed::All, Fixed::All, Fixed::Biases], "0.1/3 is no double");
    // what does nothing vanishes
    let (zero, one) = (reals("m", &[1, 1], &[0.0]), reals("r", &[], &[1.0]));
    let nodes = vec![node("Sub", "x m -> a", &[]), node("Div", "a r -> b", &[]), tail.clone()];
    assert_eq!(read(&model(&[-1, 2], nodes, vec![zero, one, w()])).layers().len(), 1);
    // 3 − x, its negative, and scikit-learn's Scaler
    let nodes = vec![node("Sub", "m x -> a", &[]), node("Neg", "a -> b", &[]), tail.clone()];
    says(&read(&model(&[-1, 2], nodes, vec![reals("m", &[1], &[3.0]), w()])), &[1.0, 5.0], &[2.0, 2.0, 2.0]);
    let scaler = node("ai.onnx.ml.Scaler", "x -> b", &[floats("offset", &[1.0, 2.0]), floats("scale", &[2.0, -1.0])]);
    let network = read(&model(&[-1, 2], vec![scaler, tail], vec![w()]));
    says(&network, &[3.0, 3.0], &[2.0, 8.0, 14.0]);
    assert_eq!(fixed(&network), [Fixed::All, Fixed::Biases]);
}

#[test]
fn activations_and_outputs() {
    let table = [("Relu", Activation::Relu), ("Tanh", Activation::Tanh), ("Sigmoid", Activation::Sigmoid)];
    for (operator, activation) in table {
        let nodes = vec![node("Gemm", "x w b -> a", &[]), node(operator, "a -> y", &[])];
        let network = read(&model(&[-1, 2], nodes, vec![w(), b()]));
        assert_eq!((network.layers()[0].activation(), network.output()), (activation, Output::None));
    }
    for operator in ["Softmax", "LogSoftmax"] {
        for (opset, axis, fits) in
            [(13, None, true), (12, None, true), (13, Some(-1), true), (13, Some(0), false), (12, Some(0), true)]
        {
            let axis: Vec<_> = axis.map(|axis| integer("axis", axis)).into_iter().collect();
            let nodes = vec![node("Gemm", "x w b -> a", &[]), node(operator, "a -> y", &axis)];
            let model = with_opset(model(&[-1, 2], nodes, vec![w(), b()]), opset);
            if fits {
                let network = read(&model);
                assert_eq!((network.output(), network.layers().len()), (Output::Softmax, 1));
            } else {
                let expected =
                    "node 1 (Softmax, opset 13): axis 0 of the shape [1, 3], expected one that holds all numbers";
                assert_eq!(error(&model).replace("Log", ""), expected);
            }
        }
    }
    let one = reals("v", &[2, 1], &[1.0, 2.0]);
    let nodes = vec![node("MatMul", "x v -> a", &[]), node("Sigmoid", "a -> y", &[])];
    let network = read(&model(&[-1, 2], nodes, vec![one]));
    assert_eq!((network.output(), network.layers()[0].activation()), (Output::Sigmoid, Activation::Linear));
    assert_eq!(network.classes(), ["0", "1"]);
    // an activation by itself is a fixed identity with it
    let nodes = vec![node("Tanh", "x -> a", &[]), node("MatMul", "a w -> y", &[])];
    let network = read(&model(&[-1, 2], nodes, vec![w()]));
    assert_eq!(fixed(&network), [Fixed::All, Fixed::Biases]);
    assert_eq!(network.layers()[0].activation(), Activation::Tanh);
}

#[test]
fn shapes_are_followed() {
    let w4 = reals("w", &[4, 1], &[1.0, 10.0, 100.0, 1000.0]);
    let perm = integers("s", &[-1, 4]);
    let run = |nodes, more: Vec<TensorProto>| read(&model(&[-1, 1, 2, 2], nodes, [vec![w4.clone()], more].concat()));
    let tail = node("MatMul", "f w -> y", &[]);
    let plain: Vec<(Vec<_>, Vec<TensorProto>)> = vec![
        (vec![node("Flatten", "x -> f", &[])], vec![]),
        (vec![node("Flatten", "x -> f", &[integer("axis", -3)])], vec![]),
        (vec![node("Reshape", "x s -> f", &[])], vec![perm.clone()]),
        (vec![node("Reshape", "x s -> f", &[])], vec![integers("s", &[0, -1])]),
        (vec![node("Reshape", "x s -> f", &[])], vec![integers("s", &[4])]),
        (
            vec![
                node("Squeeze", "x t -> a", &[]),
                node("Reshape", "a s -> b", &[]),
                node("Unsqueeze", "b t -> f", &[]),
            ],
            vec![integers("s", &[4]), integers("t", &[0])],
        ),
        (
            vec![
                node("Identity", "x -> a", &[]),
                node("Dropout", "a _ _ -> b m", &[]),
                node("Cast", "b -> c", &[integer("to", 1)]),
                node("Flatten", "c -> f", &[]),
            ],
            vec![],
        ),
        // PyTorch's x.view(x.size(0), -1)
        (
            vec![
                node("Shape", "x -> a", &[]),
                node("Gather", "a i -> b", &[]),
                node("Unsqueeze", "b t -> c", &[]),
                node("Concat", "c n -> d", &[integer("axis", 0)]),
                node("Reshape", "x d -> f", &[]),
            ],
            vec![TensorProto { dims: vec![], ..integers("i", &[0]) }, integers("t", &[0]), integers("n", &[-1])],
        ),
    ];
    for (nodes, more) in plain {
        let network = run([nodes, vec![tail.clone()]].concat(), more);
        says(&network, &[1.0, 2.0, 3.0, 4.0], &[4321.0]);
    }
    // before 13, axes were attributes
    let nodes = vec![
        node("Squeeze", "x -> a", &[list("axes", &[0, 1])]),
        node("Flatten", "a -> b", &[integer("axis", 0)]),
        node("Unsqueeze", "b -> c", &[list("axes", &[-1])]),
        node("Squeeze", "c -> f", &[]),
        tail.clone(),
    ];
    says(&read(&with_opset(model(&[1, 1, 2, 2], nodes, vec![w4.clone()]), 11)), &[1.0, 2.0, 3.0, 4.0], &[4321.0]);
    // a transposition reorders the columns of the matrix, and means that are subtracted after it
    let nodes = vec![
        node("Transpose", "x -> a", &[list("perm", &[0, 1, 3, 2])]),
        node("Sub", "a m -> b", &[]),
        node("Flatten", "b -> f", &[]),
        tail.clone(),
    ];
    let network = run(nodes, vec![reals("m", &[2, 2], &[0.0, 0.0, 1.0, 0.0])]);
    says(&network, &[1.0, 2.0, 3.0, 4.0], &[4131.0]);
    let rows = reals("w", &[2, 2], &[1.0, 0.0, 0.0, 1.0]);
    let turned = vec![
        node("Reshape", "x s -> a", &[]),
        node("MatMul", "a w -> b", &[]),
        node("Reshape", "b t -> c", &[]),
        node("Transpose", "c -> y", &[]),
    ];
    let network = read(&model(&[-1, 2], turned, vec![rows, integers("s", &[1, 2]), integers("t", &[2, 1])]));
    says(&network, &[5.0, 6.0], &[5.0, 6.0]);
    // a matrix that is transposed in the graph, and one that is a node's
    let nodes = vec![node("Transpose", "w -> v", &[]), node("Flatten", "x -> f", &[]), node("MatMul", "f v -> y", &[])];
    let network = read(&model(&[-1, 2], nodes, vec![reals("w", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])]));
    says(&network, &[1.0, 10.0], &[21.0, 43.0, 65.0]);
    let mut constant = node("Constant", "-> w", &[]);
    constant.attribute.push(quantproof::network::onnx::proto::AttributeProto {
        name: "value".to_owned(),
        t: Some(w()),
        r#type: 4,
        ..Default::default()
    });
    let network = read(&model(&[-1, 2], vec![constant, node("MatMul", "x w -> y", &[])], vec![]));
    says(&network, &[1.0, 10.0], &[21.0, 43.0, 65.0]);
}

/// The last numbers in an order of their own need a fixed layer.
#[test]
fn a_transposed_output_is_permuted() {
    let nodes = vec![
        node("MatMul", "x w -> a", &[]),
        node("Reshape", "a s -> b", &[]),
        node("Transpose", "b -> c", &[]),
        node("Flatten", "c -> y", &[integer("axis", 0)]),
    ];
    let identity = reals("w", &[4, 4], &(0..16).map(|i| f64::from(i % 5 == 0)).collect::<Vec<_>>());
    let network = read(&model(&[-1, 4], nodes, vec![identity, integers("s", &[2, 2])]));
    says(&network, &[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
    assert_eq!(fixed(&network), [Fixed::Biases, Fixed::All]);
}

#[test]
fn every_element_type() {
    let halves: [i32; 6] = [0x3c00, 0x4200, 0x4500, 0x4000, 0x4400, 0x4600];
    let brains: [i32; 6] = [0x3f80, 0x4040, 0x40a0, 0x4000, 0x4080, 0x40c0];
    let numbers = [1.0f32, 3.0, 5.0, 2.0, 4.0, 6.0];
    let base = || TensorProto { name: "w".to_owned(), dims: vec![2, 3], ..TensorProto::default() };
    let low = |bits: &[i32]| Some(bits.iter().flat_map(|&b| (b as u16).to_le_bytes()).collect::<Vec<u8>>());
    let tensors = [
        TensorProto { data_type: data_type::FLOAT, float_data: numbers.to_vec(), ..base() },
        TensorProto {
            data_type: data_type::FLOAT,
            raw_data: Some(numbers.iter().flat_map(|v| v.to_le_bytes()).collect()),
            ..base()
        },
        TensorProto { data_type: data_type::DOUBLE, double_data: numbers.map(f64::from).to_vec(), ..base() },
        w(),
        TensorProto { data_type: data_type::FLOAT16, int32_data: halves.to_vec(), ..base() },
        TensorProto { data_type: data_type::FLOAT16, raw_data: low(&halves), ..base() },
        TensorProto { data_type: data_type::BFLOAT16, int32_data: brains.to_vec(), ..base() },
        TensorProto { data_type: data_type::BFLOAT16, raw_data: low(&brains), ..base() },
    ];
    for tensor in tensors {
        let kind = tensor.data_type;
        let mut model = model(&[-1, 2], vec![node("MatMul", "x w -> y", &[])], vec![tensor.clone()]);
        graph(&mut model).input[0] = value("x", kind, &[-1, 2]);
        says(&read(&model), &[1.0, 10.0], &[21.0, 43.0, 65.0]);
        // an initializer may be listed as an input
        graph(&mut model).input.insert(0, value("w", kind, &[2, 3]));
        says(&read(&model), &[1.0, 10.0], &[21.0, 43.0, 65.0]);
        // one element too many
        let mut long = tensor;
        long.float_data.push(0.0);
        long.raw_data.iter_mut().for_each(|raw| raw.push(0));
        long.double_data.push(0.0);
        long.int32_data.push(0);
        graph(&mut model).initializer[0] = long;
        assert!(error(&model).contains("of data, expected"), "{}", error(&model));
    }
    // integers are cast
    let cast = vec![node("Cast", "w -> v", &[integer("to", 11)]), node("MatMul", "x v -> y", &[])];
    let whole = TensorProto { dims: vec![2, 3], ..integers("w", &[1, 3, 5, 2, 4, 6]) };
    says(&read(&model(&[-1, 2], cast, vec![whole])), &[1.0, 10.0], &[21.0, 43.0, 65.0]);
}

/// What scikit-learn's converter appends to a classifier.
#[test]
fn tails_of_classifiers() {
    let label = |of: &str| {
        vec![
            node("ArgMax", &format!("{of} -> i"), &[integer("axis", 1)]),
            node("ai.onnx.ml.ArrayFeatureExtractor", "classes i -> e", &[]),
            node("Reshape", "e s -> label", &[]),
        ]
    };
    let names = TensorProto {
        name: "classes".to_owned(),
        dims: vec![3],
        data_type: data_type::STRING,
        string_data: [&b"a"[..], b"b", b"c"].map(<[u8]>::to_vec).to_vec(),
        ..TensorProto::default()
    };
    let head = vec![node("Gemm", "x w b -> z", &[]), node("Softmax", "z -> p", &[])];
    let mut tail =
        model(&[-1, 2], [head.clone(), label("p")].concat(), vec![w(), b(), names.clone(), integers("s", &[-1])]);
    graph(&mut tail).output = vec![value("label", data_type::STRING, &[-1]), value("p", data_type::DOUBLE, &[-1, 3])];
    assert_eq!(
        (read(&tail).output(), read(&tail).classes()),
        (Output::Softmax, &["a", "b", "c"].map(str::to_owned)[..])
    );
    graph(&mut tail).node.push(node("ai.onnx.ml.ZipMap", "p -> map", &[list("classlabels_int64s", &[7, 8, 9])]));
    graph(&mut tail).output[1].name = "map".to_owned();
    assert_eq!(read(&tail).classes(), ["7", "8", "9"]);
    graph(&mut tail).output.pop();
    assert_eq!(
        error(&tail),
        "node 3 (ai.onnx.ml.ArrayFeatureExtractor, opset 1): it makes the only output, a label, \
         expected an output of logits or probabilities"
    );
    // binary: 1 − p and p
    let one = reals("one", &[], &[1.0]);
    let binary = vec![
        node("MatMul", "x v -> z", &[]),
        node("Sigmoid", "z -> p", &[]),
        node("Sub", "one p -> n", &[]),
        node("Concat", "n p -> y", &[integer("axis", 1)]),
    ];
    let pair = |nodes| model(&[-1, 2], nodes, vec![reals("v", &[2, 1], &[1.0, -1.0]), one.clone()]);
    let network = read(&pair(binary.clone()));
    assert_eq!(
        (network.output(), network.classes(), network.layers().len()),
        (Output::Sigmoid, &["0", "1"].map(str::to_owned)[..], 1)
    );
    says(&network, &[3.0, 1.0], &[2.0]);
    let mut turned = binary;
    turned[3].input.swap(0, 1);
    // any other order is two outputs
    let network = read(&pair(turned));
    assert_eq!((network.output(), network.logit_count()), (Output::None, 2));
    let logits = network.logits(&[3.0, 1.0]).unwrap();
    assert!((logits[0] + logits[1] - 1.0).abs() < 1e-12 && logits[0] > 0.8, "{logits:?}");
}
