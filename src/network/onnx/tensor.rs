//! Constants of a graph: elements decoded exactly, and rearranged.
//!
//! double, float and all shorter floats are doubles without rounding; the integers are kept as such. The number of
//! elements that the shape claims is compared with what the file holds before anything is allocated.

use super::proto::{TensorProto, data_type};
use crate::network::NetworkError;
use crate::network::stored::SmallFloat;

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dims: Vec<usize>,
    pub(super) data: Data,
    /// the least and the greatest word of the element type, where that is one of short integers
    pub(super) words: Option<(i64, i64)>,
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
        Tensor { dims, data: Data::Real(data), words: None }
    }

    pub(super) fn integers(data: Vec<i64>) -> Self {
        Tensor { dims: vec![data.len()], data: Data::Integer(data), words: None }
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
            data_type::FLOAT16 | data_type::BFLOAT16 | data_type::FLOAT8E4M3FN | data_type::FLOAT8E5M2 => {
                let float = match proto.data_type {
                    data_type::FLOAT16 => SmallFloat::Float16,
                    data_type::BFLOAT16 => SmallFloat::BFloat16,
                    data_type::FLOAT8E4M3FN => SmallFloat::E4M3,
                    _ => SmallFloat::E5M2,
                };
                let (bits, value) = (float.bits(), |word| float.decode(word));
                check(bits as usize / 8, proto.int32_data.len())?;
                Data::Real(match raw {
                    Some(raw) if bits == 8 => raw.iter().map(|&byte| value(u16::from(byte))).collect(),
                    Some(raw) => chunks(raw, |b| value(u16::from_le_bytes(b))),
                    None => {
                        let word = |&word: &i32| u16::try_from(word).ok().filter(|&word| u32::from(word) >> bits == 0);
                        match proto.int32_data.iter().map(|bits| word(bits).map(value)).collect() {
                            Some(values) => values,
                            None => return fail(format!("an element that is not {bits} bits, expected {kind}")),
                        }
                    }
                })
            }
            data_type::INT4 | data_type::UINT4 => {
                // two elements share a byte, the first one in its lower half
                let bytes = count.div_ceil(2);
                let shared: Option<Vec<u8>> = match raw {
                    Some(raw) if raw.len() == bytes && proto.int32_data.is_empty() => Some(raw.to_vec()),
                    None if proto.int32_data.len() == bytes => {
                        proto.int32_data.iter().map(|&pair| u8::try_from(pair & 0xff).ok()).collect()
                    }
                    _ => None,
                };
                let Some(shared) = shared else {
                    let given = raw.map_or(proto.int32_data.len(), <[u8]>::len);
                    return fail(format!("{given} bytes of data, expected {bytes} (the shape {dims:?} of {kind})"));
                };
                let signed = proto.data_type == data_type::INT4;
                let element =
                    |nibble: u8| i64::from(if signed && nibble > 7 { nibble as i8 - 16 } else { nibble as i8 });
                Data::Integer(shared.iter().flat_map(|b| [b & 15, b >> 4]).take(count).map(element).collect())
            }
            data_type::INT8 | data_type::UINT8 | data_type::INT16 | data_type::UINT16 => {
                let (width, least, greatest) = match proto.data_type {
                    data_type::INT8 => (1, i64::from(i8::MIN), i64::from(i8::MAX)),
                    data_type::UINT8 => (1, 0, i64::from(u8::MAX)),
                    data_type::INT16 => (2, i64::from(i16::MIN), i64::from(i16::MAX)),
                    _ => (2, 0, i64::from(u16::MAX)),
                };
                check(width, proto.int32_data.len())?;
                let data: Vec<i64> = match (raw, proto.data_type) {
                    (Some(raw), data_type::INT8) => raw.iter().map(|&b| i64::from(b as i8)).collect(),
                    (Some(raw), data_type::UINT8) => raw.iter().map(|&b| i64::from(b)).collect(),
                    (Some(raw), data_type::INT16) => chunks(raw, |b| i64::from(i16::from_le_bytes(b))),
                    (Some(raw), _) => chunks(raw, |b| i64::from(u16::from_le_bytes(b))),
                    (None, _) => proto.int32_data.iter().map(|&v| i64::from(v)).collect(),
                };
                if let Some(i) = data.iter().position(|v| !(least..=greatest).contains(v)) {
                    return fail(format!("element {i} is {}, expected {kind}", data[i]));
                }
                Data::Integer(data)
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
                let floats = "float, double, float16, bfloat16, float8e4m3fn, float8e5m2";
                return fail(format!(
                    "elements of type {kind}, expected {floats}, int4, int8, int16, int32, int64, uint4, uint8 or uint16"
                ));
            }
        };
        if let Data::Real(data) = &data
            && let Some(i) = data.iter().position(|v| !v.is_finite())
        {
            return fail(format!("element {i} is {}, expected a finite number", data[i]));
        }
        let words = match proto.data_type {
            data_type::INT8 => Some((-128, 127)),
            data_type::UINT8 => Some((0, 255)),
            data_type::INT16 => Some((-32768, 32767)),
            data_type::UINT16 => Some((0, 65535)),
            _ => None,
        };
        Ok(Tensor { dims, data, words })
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
        Tensor { dims, data: self.data.clone(), words: self.words }
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
        Tensor { dims, data, words: self.words }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposes() {
        assert_eq!(transposition(&[2, 3], &[1, 0]), (vec![3, 2], vec![0, 3, 1, 4, 2, 5]));
        assert_eq!(transposition(&[1, 2, 2], &[0, 2, 1]), (vec![1, 2, 2], vec![0, 2, 1, 3]));
        assert_eq!(transposition(&[], &[]), (vec![], vec![0]));
    }
}
