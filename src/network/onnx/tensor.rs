//! Constants of a graph: elements decoded exactly, and rearranged.
//!
//! float, float16, bfloat16 and double are all doubles without rounding; the integers are kept as such. The number of
//! elements that the shape claims is compared with what the file holds before anything is allocated.

use super::proto::{TensorProto, data_type};
use crate::network::NetworkError;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dims: Vec<usize>,
    pub(super) data: Data,
}

/// The elements, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    Real(Vec<f64>),
    Integer(Vec<i64>),
    Text(Vec<String>),
}

/// The number of elements of a shape, if it fits.
pub(super) fn volume(dims: &[usize]) -> Option<usize> {
    dims.iter().try_fold(1usize, |product, &d| product.checked_mul(d))
}

/// Longest list of sizes that is read.
pub(super) const RANK: usize = 32;

/// How to get one file from PyTorch, which makes two unless told otherwise.
const EXTERNAL: &str = "(torch.onnx.export has external_data=False, onnx.save_model save_as_external_data=False)";

impl Tensor {
    pub(super) fn real(dims: Vec<usize>, data: Vec<f64>) -> Self {
        Tensor { dims, data: Data::Real(data) }
    }

    pub(super) fn integers(data: Vec<i64>) -> Self {
        Tensor { dims: vec![data.len()], data: Data::Integer(data) }
    }

    /// Decodes a tensor; the error is without its name.
    pub(super) fn decode(proto: &TensorProto) -> Result<Self, NetworkError> {
        let fail = |problem: String| Err(NetworkError::invalid("", problem));
        if proto.data_location != 0 || !proto.external_data.is_empty() {
            return fail(format!("its elements are in another file, expected them in this one {EXTERNAL}"));
        }
        let kind = data_type::name(proto.data_type);
        let dims: Option<Vec<usize>> = proto.dims.iter().map(|&d| usize::try_from(d).ok()).collect();
        let sized = dims.filter(|dims| dims.len() <= RANK).and_then(|dims| volume(&dims).map(|count| (dims, count)));
        let Some((dims, count)) = sized else {
            return fail(format!("the shape {:?}, expected at most {RANK} sizes of at least 0", short(&proto.dims)));
        };
        let raw = proto.raw_data.as_deref();
        let check = |width: usize, typed: usize| {
            let (given, expected, unit) = match raw {
                Some(raw) => (raw.len(), count.checked_mul(width), "bytes"),
                None => (typed, Some(count), "elements"),
            };
            if Some(given) == expected && (raw.is_none() || typed == 0) {
                return Ok(());
            }
            let expected = expected.map_or("more than fit".to_owned(), |expected| expected.to_string());
            let problem = format!("{given} {unit} of data, expected {expected} (the shape {dims:?} of {kind})");
            Err(NetworkError::invalid("", problem))
        };
        let data = match proto.data_type {
            data_type::FLOAT => {
                check(4, proto.float_data.len())?;
                Data::Real(match raw {
                    Some(raw) => chunks(raw, |b| f64::from(f32::from_le_bytes(b))),
                    None => proto.float_data.iter().map(|&v| f64::from(v)).collect(),
                })
            }
            data_type::DOUBLE => {
                check(8, proto.double_data.len())?;
                Data::Real(match raw {
                    Some(raw) => chunks(raw, f64::from_le_bytes),
                    None => proto.double_data.clone(),
                })
            }
            half @ (data_type::FLOAT16 | data_type::BFLOAT16) => {
                check(2, proto.int32_data.len())?;
                let value = if half == data_type::FLOAT16 { float16 } else { bfloat16 };
                Data::Real(match raw {
                    Some(raw) => chunks(raw, |b| value(u16::from_le_bytes(b))),
                    None => {
                        let bits = proto.int32_data.iter().map(|&bits| u16::try_from(bits).ok().map(value));
                        match bits.collect() {
                            Some(values) => values,
                            None => return fail(format!("an element that is not 16 bits, expected {kind}")),
                        }
                    }
                })
            }
            data_type::INT32 => {
                check(4, proto.int32_data.len())?;
                Data::Integer(match raw {
                    Some(raw) => chunks(raw, |b| i64::from(i32::from_le_bytes(b))),
                    None => proto.int32_data.iter().map(|&v| i64::from(v)).collect(),
                })
            }
            data_type::INT64 => {
                check(8, proto.int64_data.len())?;
                Data::Integer(match raw {
                    Some(raw) => chunks(raw, i64::from_le_bytes),
                    None => proto.int64_data.clone(),
                })
            }
            data_type::STRING if raw.is_none() => {
                check(1, proto.string_data.len())?;
                Data::Text(proto.string_data.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect())
            }
            _ => {
                return fail(format!("elements of type {kind}, expected float, double, float16, bfloat16 or integers"));
            }
        };
        if let Data::Real(data) = &data
            && let Some(i) = data.iter().position(|v| !v.is_finite())
        {
            return fail(format!("element {i} is {}, expected a finite number", data[i]));
        }
        Ok(Tensor { dims, data })
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        match &self.data {
            Data::Real(data) => data.len(),
            Data::Integer(data) => data.len(),
            Data::Text(data) => data.len(),
        }
    }

    /// The elements as numbers, if they are reals.
    pub(super) fn reals(&self) -> Option<&[f64]> {
        if let Data::Real(data) = &self.data { Some(data) } else { None }
    }

    /// The elements, if they are integers.
    pub(super) fn as_integers(&self) -> Option<&[i64]> {
        if let Data::Integer(data) = &self.data { Some(data) } else { None }
    }

    /// The same elements in another shape of the same volume.
    pub(super) fn reshaped(&self, dims: Vec<usize>) -> Self {
        Tensor { dims, data: self.data.clone() }
    }

    /// The elements at these positions.
    pub(super) fn picked(&self, dims: Vec<usize>, from: &[usize]) -> Self {
        fn pick<T: Clone>(data: &[T], from: &[usize]) -> Vec<T> {
            from.iter().map(|&i| data[i].clone()).collect()
        }
        let data = match &self.data {
            Data::Real(data) => Data::Real(pick(data, from)),
            Data::Integer(data) => Data::Integer(pick(data, from)),
            Data::Text(data) => Data::Text(pick(data, from)),
        };
        Tensor { dims, data }
    }
}

/// For each position of a transposed tensor, row-major, the position it comes from; `axes` is a permutation.
pub(super) fn transposition(dims: &[usize], axes: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let mut strides = vec![1; dims.len()];
    for i in (1..dims.len()).rev() {
        strides[i - 1] = strides[i] * dims[i];
    }
    let to: Vec<usize> = axes.iter().map(|&a| dims[a]).collect();
    let count = to.iter().product();
    let mut from = Vec::with_capacity(count);
    let mut index = vec![0; to.len()];
    for _ in 0..count {
        from.push(index.iter().zip(axes).map(|(i, &a)| i * strides[a]).sum());
        for k in (0..to.len()).rev() {
            index[k] += 1;
            if index[k] < to[k] {
                break;
            }
            index[k] = 0;
        }
    }
    (to, from)
}

/// Enough of a shape for an error.
pub(super) fn short<T: Clone>(dims: &[T]) -> Vec<T> {
    dims.iter().take(RANK).cloned().collect()
}

fn chunks<const N: usize, T>(raw: &[u8], value: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().map(|bytes| value(*bytes)).collect()
}

/// IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits.
fn float16(bits: u16) -> f64 {
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2f64.powi(-24),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        exponent => (1024.0 + fraction) * 2f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

/// The upper half of a binary32.
fn bfloat16(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_exact() {
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f64.powi(-24)), (0x3555, 0.333251953125)];
        for (bits, value) in cases {
            assert_eq!(float16(bits), value);
        }
        assert_eq!(float16(0x0400), 2f64.powi(-14));
        assert_eq!(float16(0xfc00), f64::NEG_INFINITY);
        assert!(float16(0x7e00).is_nan());
        assert_eq!(float16(0x8000).to_bits(), (-0.0f64).to_bits());
        assert_eq!(bfloat16(0x3f80), 1.0);
        assert_eq!(bfloat16(0xc049), -3.140625);
    }

    #[test]
    fn transposes() {
        assert_eq!(transposition(&[2, 3], &[1, 0]), (vec![3, 2], vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(transposition(&[1, 2, 2], &[0, 2, 1]), (vec![1, 2, 2], vec![0, 2, 1, 3]));
        assert_eq!(transposition(&[], &[]), (vec![], vec![0]));
    }
}
