//! DequantizeLinear over constants, in every type of words, and quantised activations, which are refused.

use crate::build::{error, graph, integer, model, node, read, reals, says, with_opset};
use quantproof::network::onnx::proto::{TensorProto, data_type};

fn words(kind: i32, dims: &[i64], raw: &[u8]) -> TensorProto {
    TensorProto {
        name: "q".to_owned(),
        dims: dims.to_vec(),
        data_type: kind,
        raw_data: Some(raw.to_vec()),
        ..TensorProto::default()
    }
}

fn named(name: &str, tensor: TensorProto) -> TensorProto {
    TensorProto { name: name.to_owned(), ..tensor }
}

fn single(name: &str, dims: &[i64], data: &[f32]) -> TensorProto {
    let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    named(name, words(data_type::FLOAT, dims, &raw))
}

/// `x · dequantised(q)` for a 2×2 matrix.
fn product(
    attributes: &[quantproof::network::onnx::proto::AttributeProto],
    tensors: Vec<TensorProto>,
) -> quantproof::network::onnx::proto::ModelProto {
    let operands = if tensors.len() == 3 { "q s z -> w" } else { "q s -> w" };
    let nodes = vec![node("DequantizeLinear", operands, attributes), node("MatMul", "x w -> y", &[])];
    with_opset(model(&[-1, 2], nodes, tensors), 21)
}

#[test]
fn every_type_of_words() {
    // the words 1, -2, 3, 7, or 1, 14, 3, 7 without signs
    let low = |values: &[i16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let long = |values: &[i32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let signed = [
        words(data_type::INT4, &[2, 2], &[0xe1, 0x73]),
        words(data_type::INT8, &[2, 2], &[1, 0xfe, 3, 7]),
        words(data_type::INT16, &[2, 2], &low(&[1, -2, 3, 7])),
        words(data_type::INT32, &[2, 2], &long(&[1, -2, 3, 7])),
        TensorProto { raw_data: None, int32_data: vec![1, -2, 3, 7], ..words(data_type::INT8, &[2, 2], &[]) },
        TensorProto { raw_data: None, int32_data: vec![0xe1, 0x73], ..words(data_type::INT4, &[2, 2], &[]) },
        words(data_type::FLOAT8E4M3FN, &[2, 2], &[0x38, 0xc0, 0x44, 0x4e]),
        words(data_type::FLOAT8E5M2, &[2, 2], &[0x3c, 0xc0, 0x42, 0x47]),
    ];
    for tensor in signed {
        let kind = tensor.data_type;
        let given = product(&[], vec![tensor.clone(), single("s", &[], &[0.5])]);
        says(&read(&given), &[1.0, 10.0], &[15.5, 34.0]);
        // one byte too many
        let mut long = tensor;
        long.raw_data.iter_mut().for_each(|raw| raw.push(0));
        long.int32_data.extend((!long.int32_data.is_empty()).then_some(0));
        let given = error(&product(&[], vec![long, single("s", &[], &[0.5])]));
        assert!(given.contains("of data, expected"), "{kind}: {given}");
    }
    let unsigned = [
        (words(data_type::UINT4, &[2, 2], &[0xe1, 0x73]), words(data_type::UINT4, &[], &[0x04])),
        (words(data_type::UINT8, &[2, 2], &[1, 14, 3, 7]), words(data_type::UINT8, &[], &[4])),
        (words(data_type::UINT16, &[2, 2], &low(&[1, 14, 3, 7])), words(data_type::UINT16, &[], &[4, 0])),
    ];
    for (tensor, zero) in unsigned {
        // (-3, 10, -1, 3) by a half
        let given = product(&[], vec![tensor, single("s", &[], &[0.5]), named("z", zero)]);
        says(&read(&given), &[1.0, 10.0], &[-6.5, 20.0]);
    }
    let wide = TensorProto { raw_data: None, int32_data: vec![300, 0, 0, 0], ..words(data_type::INT8, &[2, 2], &[]) };
    let given = error(&product(&[], vec![wide, single("s", &[], &[0.5])]));
    assert!(given.contains("element 0 is 300, expected int8"), "{given}");
    let special = words(data_type::FLOAT8E4M3FN, &[2, 2], &[0x38, 0x7f, 0, 0]);
    let given = error(&product(&[], vec![special, single("s", &[], &[0.5])]));
    assert!(given.contains("element 1 is NaN"), "{given}");
}

#[test]
fn scales_along_an_axis() {
    let q = || words(data_type::INT8, &[2, 2], &[1, 0xfe, 3, 7]);
    let scales = || single("s", &[2], &[0.5, 2.0]);
    let zeros = || named("z", words(data_type::INT8, &[2], &[1, 0xff]));
    // by column, which is the default: (1-1)/2, (-2+1)*2, (3-1)/2, (7+1)*2
    says(&read(&product(&[], vec![q(), scales(), zeros()])), &[1.0, 10.0], &[10.0, 158.0]);
    says(&read(&product(&[integer("axis", -1)], vec![q(), scales(), zeros()])), &[1.0, 10.0], &[10.0, 158.0]);
    // by row: 0, -1.5, 8, 16
    says(&read(&product(&[integer("axis", 0)], vec![q(), scales(), zeros()])), &[1.0, 10.0], &[80.0, 158.5]);
    let cases = [
        (product(&[integer("axis", 2)], vec![q(), scales()]), "axis"),
        (product(&[], vec![q(), single("s", &[3], &[1.0; 3])]), "3 scales, expected 2 (axis 1 of the shape [2, 2])"),
        (product(&[], vec![q(), single("s", &[2, 1], &[1.0; 2])]), "scales of shape [2, 1], expected one scale"),
        (product(&[integer("block_size", 2)], vec![q(), scales()]), "block_size is given"),
        (product(&[], vec![q(), single("s", &[], &[1.0]), zeros()]), "2 zero points, expected 1 (one per scale)"),
        (product(&[], vec![q(), named("s", q())]), "scales of integers or text, expected real numbers"),
        (product(&[], vec![q(), scales(), single("z", &[2], &[0.0; 2])]), "words and zero points of other types"),
        (product(&[], vec![single("q", &[2, 2], &[f32::MAX; 4]), reals("s", &[], &[1e300])]), "number 0 is inf"),
    ];
    for (given, expected) in cases {
        let given = error(&given);
        assert!(given.starts_with("node 0 (DequantizeLinear, opset 21): ") && given.contains(expected), "{given}");
    }
}

/// Words of 32 bits times a float32 may need 56 bits; then the number is the nearest double.
#[test]
fn wide_words_are_rounded_once() {
    let raw = [i32::MAX, i32::MIN, -1, 1].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    let network = read(&product(&[], vec![words(data_type::INT32, &[2, 2], &raw), single("s", &[], &[0.1])]));
    let scale = num_rational::BigRational::from_float(0.1f32).unwrap();
    for (weight, word) in network.layers()[0].weights().iter().zip([i32::MAX, -1, i32::MIN, 1]) {
        let exact = &scale * num_rational::BigRational::from_integer(word.into());
        let error = |x: f64| {
            let difference = num_rational::BigRational::from_float(x).unwrap() - &exact;
            num_traits::Signed::abs(&difference)
        };
        assert!(error(*weight) <= error(weight.next_up()) && error(*weight) <= error(weight.next_down()));
    }
}

#[test]
fn quantised_activations_are_grids_but_not_dynamic_ones() {
    let zero = || named("z", words(data_type::INT8, &[], &[0]));
    let weights = || vec![words(data_type::INT8, &[2, 2], &[1, 2, 3, 4]), single("s", &[], &[0.5]), zero()];
    let mut pair = product(&[], weights());
    let nodes = &mut graph(&mut pair).node;
    nodes[1].input[0] = "d".to_owned();
    nodes.insert(0, node("QuantizeLinear", "x s z -> a", &[]));
    nodes.insert(1, node("DequantizeLinear", "a s z -> d", &[]));
    let network = read(&pair);
    // of a tie the even word, and no word beyond the last
    assert_eq!(network.layers()[0].activation().name(), "grid 0.5 -128 127");
    let rows = network.layers()[1].weights();
    let product = |x: [f64; 2]| (0..2).map(|i| rows[2 * i] * x[0] + rows[2 * i + 1] * x[1]).collect::<Vec<_>>();
    says(&network, &[0.75, -1000.0], &product([1.0, -64.0]));
    says(&network, &[0.25, 0.26], &product([0.0, 0.5]));
    // words are no numbers
    let mut bare = pair.clone();
    graph(&mut bare).node.remove(1);
    graph(&mut bare).node[2].input[0] = "a".to_owned();
    let given = error(&bare);
    assert!(given.contains("takes words of quantised values, expected DequantizeLinear before it"), "{given}");
    let dynamic = vec![
        node("DynamicQuantizeLinear", "x -> a b c", &[]),
        node("MatMulInteger", "a q c z -> m", &[]),
        node("Cast", "m -> y", &[integer("to", 1)]),
    ];
    let given = error(&with_opset(model(&[-1, 2], dynamic, weights()), 21));
    assert!(given.starts_with("node 0 (DynamicQuantizeLinear, opset 21): its scale depends on the input"), "{given}");
}
