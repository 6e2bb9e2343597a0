//! Arrays in NumPy's files as rows of text: `.npy`, and `.npz` with the inputs beside labels.
//!
//! A number is written as the shortest decimal that its type reads back: `0.1` for the float32 next to it. All axes but the
//! first are one row.

use deltasat::budget::{Budget, StopReason};
use flate2::read::DeflateDecoder;
use std::fmt::Write;
use std::io::Read;

/// How the files begin.
const ARRAY: &[u8] = b"\x93NUMPY";
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// The most bytes that an archive's entry may grow to.
const LARGEST: u64 = 1 << 30;
/// Under which names an archive holds the inputs and the labels.
const INPUTS: [&str; 7] = ["x", "inputs", "data", "features", "x_test", "arr_0", "points"];
const LABELS: [&str; 6] = ["y", "label", "labels", "target", "targets", "y_test"];

/// The rows of a file, as CSV without a header, and which column holds the labels.
pub(super) struct Text {
    pub(super) bytes: Vec<u8>,
    pub(super) label: Option<usize>,
}

/// Reads a file of NumPy's with rows of so many inputs; `None` where it is none.
pub(super) fn read(bytes: &[u8], inputs: usize, budget: &Budget) -> Option<Result<Text, String>> {
    let text = if bytes.starts_with(ARRAY) {
        Array::read(bytes).and_then(|array| array.text(inputs, None, budget))
    } else if bytes.starts_with(ARCHIVE) {
        archive(bytes, inputs, budget)
    } else {
        return None;
    };
    Some(text)
}

/// An array, row by row.
struct Array<'a> {
    shape: Vec<usize>,
    number: Number,
    big: bool,
    by_columns: bool,
    data: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Float(usize),
    Signed(usize),
    Unsigned(usize),
    Bool,
}

impl Number {
    fn bytes(self) -> usize {
        match self {
            Number::Float(bytes) | Number::Signed(bytes) | Number::Unsigned(bytes) => bytes,
            Number::Bool => 1,
        }
    }
}

impl<'a> Array<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let cut = || "cut off in the header of the array".to_owned();
        let major = *bytes.get(6).ok_or_else(cut)?;
        let (start, length) = match major {
            1 => (10, u64::from(u16::from_le_bytes(bytes.get(8..10).ok_or_else(cut)?.try_into().map_err(|_| cut())?))),
            2 | 3 => {
                (12, u64::from(u32::from_le_bytes(bytes.get(8..12).ok_or_else(cut)?.try_into().map_err(|_| cut())?)))
            }
            _ => return Err(format!("version {major} of NumPy's format, expected 1, 2 or 3")),
        };
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(start)).ok_or_else(cut)?;
        let header = String::from_utf8_lossy(bytes.get(start..end).ok_or_else(cut)?).into_owned();
        let kind = text_of(&header, "descr").ok_or("no `descr` in the header of the array")?;
        let kind = kind.trim_matches(|c| c == '\'' || c == '"');
        let (order, kind) = kind.split_at(kind.len().min(1));
        let number = match kind {
            "f4" => Number::Float(4),
            "f8" => Number::Float(8),
            "f2" => Number::Float(2),
            "i1" | "i2" | "i4" | "i8" => Number::Signed(kind[1..].parse().unwrap_or(8)),
            "u1" | "u2" | "u4" | "u8" => Number::Unsigned(kind[1..].parse().unwrap_or(8)),
            "b1" => Number::Bool,
            _ => return Err(format!("numbers of type `{order}{kind}`, expected floats or integers")),
        };
        let shape = text_of(&header, "shape").ok_or("no `shape` in the header of the array")?;
        let shape: Option<Vec<usize>> = shape
            .trim_matches(|c| c == '(' || c == ')')
            .split(',')
            .map(str::trim)
            .filter(|length| !length.is_empty())
            .map(|length| length.parse().ok())
            .collect();
        let shape = shape.ok_or("a shape that is none in the header of the array")?;
        let by_columns = text_of(&header, "fortran_order").is_some_and(|value| value.starts_with("True"));
        let array = Array { shape, number, big: order == ">", by_columns, data: &bytes[end..] };
        let size = array.shape.iter().try_fold(number.bytes(), |size, &length| size.checked_mul(length));
        if size != Some(array.data.len()) {
            return Err(format!(
                "{} bytes of numbers, expected {} for its shape",
                array.data.len(),
                size.unwrap_or(usize::MAX)
            ));
        }
        Ok(array)
    }

    /// How many rows there are, and how many numbers in each. A single axis is one row, or one of a single input for each of
    /// its numbers.
    fn rows(&self, inputs: usize) -> (usize, usize) {
        match self.shape.as_slice() {
            [] => (1, 1),
            [rows] if inputs == 1 => (*rows, 1),
            [columns] => (1, *columns),
            [rows, others @ ..] => (*rows, others.iter().product()),
        }
    }

    /// The text of a number, by its place in the order of rows.
    fn number(&self, place: usize) -> String {
        let width = self.number.bytes();
        let at = if self.by_columns { self.by_columns(place) } else { place };
        let mut bytes = [0; 8];
        let own = &self.data[at * width..(at + 1) * width];
        for (i, &byte) in own.iter().enumerate() {
            bytes[if self.big { width - 1 - i } else { i }] = byte;
        }
        let bits = u64::from_le_bytes(bytes);
        let shift = 64 - 8 * width as u32;
        match self.number {
            Number::Float(8) => f64::from_bits(bits).to_string(),
            Number::Float(4) => f32::from_bits(bits as u32).to_string(),
            Number::Float(_) => half(bits as u16).to_string(),
            Number::Signed(_) => (((bits << shift) as i64) >> shift).to_string(),
            Number::Unsigned(_) | Number::Bool => bits.to_string(),
        }
    }

    /// The place in memory of a number where the first axis is the one that goes fastest.
    fn by_columns(&self, place: usize) -> usize {
        let (mut rest, mut at, mut stride) = (place, 0, self.shape.iter().product::<usize>());
        for &length in self.shape.iter().rev() {
            stride /= length;
            at += (rest % length) * stride;
            rest /= length;
        }
        at
    }

    /// The rows as text, with labels behind them.
    fn text(&self, inputs: usize, labels: Option<&Array<'_>>, budget: &Budget) -> Result<Text, String> {
        let (rows, columns) = self.rows(inputs);
        if let Some(labels) = labels {
            let count: usize = labels.shape.iter().product();
            if count != rows {
                return Err(format!("{count} labels of {rows} rows, expected one of each"));
            }
        }
        let mut text = String::new();
        for row in 0..rows {
            if budget.step() {
                return Err(budget.stopped().unwrap_or(StopReason::Time).words().to_owned());
            }
            let mut fields: Vec<String> = (0..columns).map(|column| self.number(row * columns + column)).collect();
            fields.extend(labels.map(|labels| labels.number(row)));
            // writing to memory cannot fail
            let _ = writeln!(text, "{}", fields.join(","));
        }
        Ok(Text { bytes: text.into_bytes(), label: labels.map(|_| columns) })
    }
}

/// What stands behind a key of the header, `'shape': (3, 4), …`.
fn text_of<'h>(header: &'h str, key: &str) -> Option<&'h str> {
    let (_, rest) =
        [format!("'{key}':"), format!("\"{key}\":")].iter().find_map(|mark| header.split_once(mark.as_str()))?;
    let rest = rest.trim_start();
    let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
    Some(rest[..end].trim())
}

/// The value of a float16.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    };
    if sign == 1 { -size } else { size }
}

/// The inputs of an archive, and its labels.
fn archive(bytes: &[u8], inputs: usize, budget: &Budget) -> Result<Text, String> {
    let entries = entries(bytes)?;
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let find = |known: &[&str]| {
        let is = |entry: &&Entry<'_>| known.contains(&entry.name.to_ascii_lowercase().as_str());
        entries.iter().find(is)
    };
    let only = || if entries.len() == 1 { entries.first() } else { None };
    let points = find(&INPUTS).or_else(only).ok_or_else(|| {
        format!("no array of inputs among {}, expected one of that name: {}", names.join(", "), INPUTS.join(", "))
    })?;
    let labels = find(&LABELS).map(Entry::unpacked).transpose()?;
    let labels = labels.as_deref().map(Array::read).transpose()?;
    Array::read(&points.unpacked()?)?.text(inputs, labels.as_ref(), budget)
}

/// An array in an archive.
struct Entry<'a> {
    name: String,
    deflated: bool,
    packed: &'a [u8],
}

impl Entry<'_> {
    fn unpacked(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        let read = match self.deflated {
            true => DeflateDecoder::new(self.packed).take(LARGEST + 1).read_to_end(&mut bytes),
            false => self.packed.take(LARGEST + 1).read_to_end(&mut bytes),
        };
        read.map_err(|error| format!("array `{}`: not decompressed: {error}", self.name))?;
        if bytes.len() as u64 > LARGEST {
            return Err(format!("array `{}`: grows beyond 1 GiB, expected less", self.name));
        }
        Ok(bytes)
    }
}

/// The entries that the directory at the end of an archive lists.
fn entries(bytes: &[u8]) -> Result<Vec<Entry<'_>>, String> {
    let damaged = || "a damaged archive, expected one as NumPy writes it".to_owned();
    let at = |position: usize, length: usize| {
        let end = position.checked_add(length).ok_or_else(damaged)?;
        bytes.get(position..end).ok_or_else(damaged)
    };
    let number = |position: usize, length: usize| {
        let bytes = at(position, length)?;
        Ok::<_, String>(bytes.iter().rev().fold(0usize, |number, &byte| number << 8 | usize::from(byte)))
    };
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or_else(damaged)?;
    let (count, mut position) = (number(end + 10, 2)?, number(end + 16, 4)?);
    let mut entries = Vec::new();
    for _ in 0..count {
        if at(position, 4)? != b"PK\x01\x02" {
            return Err(damaged());
        }
        let (method, length) = (number(position + 10, 2)?, number(position + 20, 4)?);
        let (length_of_name, extra, comment) =
            (number(position + 28, 2)?, number(position + 30, 2)?, number(position + 32, 2)?);
        let start = number(position + 42, 4)?;
        let title = String::from_utf8_lossy(at(position + 46, length_of_name)?).into_owned();
        let data = start + 30 + number(start + 26, 2)? + number(start + 28, 2)?;
        let deflated = match method {
            0 => false,
            8 => true,
            _ => return Err(format!("array `{title}`: packed by method {method}, expected deflate or none")),
        };
        let name = title.strip_suffix(".npy").unwrap_or(&title).to_owned();
        entries.push(Entry { name, deflated, packed: at(data, length)? });
        position += 46 + length_of_name + extra + comment;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `.npy` file.
    fn array(descr: &str, order: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if order { "True" } else { "False" };
        let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = [ARRAY, &[1, 0]].concat();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    fn text(bytes: &[u8]) -> Result<String, String> {
        let text = read(bytes, 2, &Budget::unlimited()).expect("a file of NumPy's")?;
        Ok(String::from_utf8(text.bytes).expect("UTF-8"))
    }

    #[test]
    fn every_type_and_order_is_read() {
        let doubles: Vec<u8> = [0.1f64, -2.0, 3.5, 1e300].iter().flat_map(|x| x.to_le_bytes()).collect();
        let rows = format!("0.1,-2\n3.5,{}\n", 1e300);
        assert_eq!(text(&array("<f8", false, "(2, 2)", &doubles)).unwrap(), rows);
        let columns = format!("0.1,3.5\n-2,{}\n", 1e300);
        assert_eq!(text(&array("<f8", true, "(2, 2)", &doubles)).unwrap(), columns);
        let floats: Vec<u8> = [0.1f32, 0.2].iter().flat_map(|x| x.to_be_bytes()).collect();
        assert_eq!(text(&array(">f4", false, "(2,)", &floats)).unwrap(), "0.1,0.2\n");
        assert_eq!(text(&array("|i1", false, "(1, 1, 2)", &[255, 127])).unwrap(), "-1,127\n");
        assert_eq!(text(&array("|u1", false, "(1, 2)", &[255, 0])).unwrap(), "255,0\n");
        assert_eq!(text(&array("<i2", false, "(1, 2)", &[0, 128, 1, 0])).unwrap(), "-32768,1\n");
        assert_eq!(text(&array("<f2", false, "(1, 2)", &[0, 0x3c, 1, 0x80])).unwrap(), "1,-0.000000059604645\n");
        let shape = array("|u1", true, "(2, 3, 2)", &(0..12).collect::<Vec<u8>>());
        assert_eq!(text(&shape).unwrap(), "0,6,2,8,4,10\n1,7,3,9,5,11\n");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            text(&array("<c16", false, "(1,)", &[0; 16])).unwrap_err(),
            "numbers of type `<c16`, expected floats or integers"
        );
        assert_eq!(
            text(&array("<f8", false, "(2, 2)", &[0; 8])).unwrap_err(),
            "8 bytes of numbers, expected 32 for its shape"
        );
        assert!(text(b"\x93NUMPY").unwrap_err().starts_with("cut off"));
        assert!(text(b"PK\x03\x04").unwrap_err().starts_with("a damaged archive"));
        for cut in 0..60 {
            let bytes = array("<f8", false, "(1, 2)", &[0; 16]);
            let _ = read(&bytes[..cut.min(bytes.len())], 2, &Budget::unlimited());
        }
        assert!(read(b"1,2\n", 2, &Budget::unlimited()).is_none());
    }
}
