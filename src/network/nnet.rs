//! The text format .nnet of Stanford's ACAS Xu networks: reader and writer.
//!
//! After comments (`//`) come, a line each and numbers separated by commas: the number of layers, inputs, outputs and the
//! widest layer; the sizes of all layers from the inputs on; a flag that nobody uses; the least and the greatest value of
//! each input; the means and the ranges of each input and, last, of the outputs; then for each layer its rows of weights
//! and its biases, one a line. Hidden layers are ReLU, the last one is linear.
//!
//! Some files begin with the number of layers alone: the sizes tell the rest. Blank lines and a byte order mark are passed
//! over. A domain with an infinite end is none, and so are ends of which there is a single one for several inputs, which
//! hold the place of what is not known; a single mean 0 or range 1 stands for all of them.
//!
//! Many files list more values than there are inputs, for the networks that theirs was cut from: the first ones are those of
//! the inputs, and the last mean and range are those of the outputs. Where these two are missing, nothing is done to the
//! outputs.
//!
//! **Normalisation.** The network proper is given `(x − mean)/range` and answers `y`; the answer meant is
//! `y·range + mean` with the last range and mean. Those numbers are no parameters. They become [`Fixed`] layers: one that
//! subtracts the means, exactly, one that multiplies by the doubles nearest to the reciprocals of the ranges, and after
//! the last layer one that undoes it. What does nothing (mean 0, range 1) makes no layer. Implementations clip inputs to
//! their least and greatest values, which are the domain here: inside it clipping does nothing.
//!
//! Names, classes and the kind of output are comments `// quantproof.KEY: VALUE`; see `network::metadata`.

mod write;

use self::write::FORM;
use super::json::decimal;
use super::metadata::{InputNames, Metadata};
use super::{Activation, Domain, Fixed, Layer, Network, NetworkError, Output, count};

pub use self::write::write;

/// Reads a network from the bytes of a .nnet file; `name` is what it is called if the file does not tell.
///
/// # Errors
/// When the text is not of the format, with line and column.
pub fn read(bytes: &[u8], name: &str) -> Result<Network, NetworkError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines = Lines { rest: text.lines().enumerate(), last: 0, metadata: Metadata::default() };
    let header = lines.header()?;
    let depth = header[0];
    let sizes = lines.integers("the sizes of all layers", None)?;
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    let (inputs, outputs) = if header.len() == 1 { (first, last) } else { (header[1], header[2]) };
    let fits = sizes.len() == depth.saturating_add(1) && first == inputs && last == outputs;
    if !fits {
        let problem = format!("sizes that are not those of {depth} layers from {inputs} to {outputs}, expected {FORM}");
        return Err(lines.error(1, problem));
    }
    lines.line("the unused flag")?;
    let domain = lines.domain(inputs)?;
    let means = lines.normalisation("the means of the inputs and of the outputs", inputs, 0.0)?;
    let ranges = lines.normalisation("the ranges of the inputs and of the outputs", inputs, 1.0)?;
    if let Some(i) = ranges.iter().position(|r| !r.recip().is_finite()) {
        return Err(lines.error(1, format!("range {i} is {:?}, expected one with a reciprocal", ranges[i])));
    }
    let ((means, mean), (ranges, range)) = (split(&means), split(&ranges));
    let mut layers = Vec::new();
    if means.iter().any(|&m| m != 0.0) {
        layers.push(diagonal(&vec![1.0; inputs], means.iter().map(|m| 0.0 - m).collect())?);
    }
    if ranges.iter().any(|&r| r != 1.0) {
        let reciprocals: Vec<f64> = ranges.iter().map(|r| r.recip()).collect();
        layers.push(diagonal(&reciprocals, vec![0.0; inputs])?);
    }
    for (k, pair) in sizes.windows(2).enumerate() {
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for row in 0..pair[1] {
            weights.extend(lines.numbers(&format!("the weights of neuron {row} of layer {k}"), pair[0])?);
        }
        for row in 0..pair[1] {
            biases.extend(lines.numbers(&format!("the bias of neuron {row} of layer {k}"), 1)?);
        }
        let activation = if k + 1 == depth { Activation::Linear } else { Activation::Relu };
        layers.push(Layer::new(pair[0], weights, biases, activation)?);
    }
    if (mean, range) != (0.0, 1.0) {
        layers.push(diagonal(&vec![range; outputs], vec![mean; outputs])?);
    }
    lines.end()?;
    lines.metadata.network(name, InputNames::Count(inputs), layers, Output::None, domain, None)
}

/// Most numbers of a normalisation, as a matrix.
const WIDEST: usize = 4096;

/// A fixed layer that scales and shifts each number by itself.
fn diagonal(scale: &[f64], shift: Vec<f64>) -> Result<Layer, NetworkError> {
    let width = scale.len();
    if width > WIDEST {
        return Err(NetworkError::invalid("", format!("normalises {width} numbers, expected at most {WIDEST}")));
    }
    let mut weights = vec![0.0; width * width];
    for (i, &s) in scale.iter().enumerate() {
        weights[i * (width + 1)] = s;
    }
    Ok(Layer::new(width, weights, shift, Activation::Linear)?.with_fixed(Fixed::All))
}

/// All numbers but the last, and the last; there are at least two.
fn split(numbers: &[f64]) -> (&[f64], f64) {
    let (last, rest) = numbers.split_last().unwrap_or((&0.0, &[]));
    (rest, *last)
}

/// The lines of a text with their numbers.
struct Lines<'a> {
    rest: std::iter::Enumerate<std::str::Lines<'a>>,
    /// number of the last line that was read, from 1
    last: usize,
    metadata: Metadata,
}

impl<'a> Lines<'a> {
    /// An error in the last line.
    fn error(&self, column: usize, problem: String) -> NetworkError {
        NetworkError::Syntax { line: self.last, column, problem }
    }

    /// The next line that is no comment and not blank, if there is one.
    fn next(&mut self) -> Result<Option<&'a str>, NetworkError> {
        for (index, line) in self.rest.by_ref() {
            self.last = index + 1;
            if line.trim().is_empty() {
                continue;
            }
            let Some(comment) = line.trim_start().strip_prefix("//") else { return Ok(Some(line)) };
            if let Some((key, value)) = comment.split_once(": ") {
                self.metadata.add(key.trim(), value.trim())?;
            }
        }
        Ok(None)
    }

    fn line(&mut self, what: &str) -> Result<&'a str, NetworkError> {
        match self.next()? {
            Some(line) => Ok(line),
            None => {
                self.last += 1;
                Err(self.error(1, format!("the text ends too early, expected {what}")))
            }
        }
    }

    /// The fields of the next line, each with its column.
    fn fields(&mut self, what: &str, expected: Option<usize>) -> Result<Vec<(usize, &'a str)>, NetworkError> {
        let line = self.line(what)?;
        let mut fields = Vec::new();
        let mut start = 0;
        for part in line.split(',') {
            let blank = part.len() - part.trim_start().len();
            fields.push((start + blank + 1, part.trim()));
            start += part.len() + 1;
        }
        // a comma may stand after the last number
        if fields.len() > 1 && fields.last().is_some_and(|(_, field)| field.is_empty()) {
            fields.pop();
        }
        match expected {
            Some(expected) if fields.len() != expected => {
                let column = fields.get(expected).map_or(line.len() + 1, |field| field.0);
                Err(self.error(column, format!("{}, expected {expected} ({what})", count(fields.len(), "number"))))
            }
            _ => Ok(fields),
        }
    }

    /// The first line: the number of layers alone, or four numbers.
    fn header(&mut self) -> Result<Vec<usize>, NetworkError> {
        let what = "the numbers of layers, inputs and outputs, and the widest layer";
        let mut ahead = Lines { rest: self.rest.clone(), last: self.last, metadata: Metadata::default() };
        let alone = ahead.fields(what, None).is_ok_and(|fields| fields.len() == 1);
        self.integers(what, (!alone).then_some(4))
    }

    fn integers(&mut self, what: &str, expected: Option<usize>) -> Result<Vec<usize>, NetworkError> {
        let fields = self.fields(what, expected)?;
        let integer = |(column, field): (usize, &str)| match field.parse() {
            // wider layers have more parameters than a file has room for
            Ok(size @ 1..=0xfff_ffff) => Ok(size),
            _ => Err(self.error(column, format!("{}, expected a whole number from 1 on ({what})", shown(field)))),
        };
        fields.into_iter().map(integer).collect()
    }

    fn numbers(&mut self, what: &str, expected: usize) -> Result<Vec<f64>, NetworkError> {
        let fields = self.fields(what, Some(expected))?;
        fields.into_iter().map(|(column, field)| self.number(column, field, what)).collect()
    }

    /// Checks that there are at least so many fields in the last line.
    fn enough(&self, fields: &[(usize, &str)], what: &str, least: usize) -> Result<(), NetworkError> {
        if fields.len() >= least {
            return Ok(());
        }
        let column = fields.last().map_or(1, |&(column, field)| column + field.len());
        let given = count(fields.len(), "number");
        Err(self.error(column, format!("{given}, expected at least {least} ({what})")))
    }

    /// A number for each input, and the one of the outputs, which is the last of a longer list, or `absent`.
    fn normalisation(&mut self, what: &str, inputs: usize, absent: f64) -> Result<Vec<f64>, NetworkError> {
        let fields = self.fields(what, None)?;
        if let &[(column, field)] = fields.as_slice()
            && inputs > 1
            && self.number(column, field, what)? == absent
        {
            return Ok(vec![absent; inputs + 1]);
        }
        self.enough(&fields, what, inputs)?;
        let numbers = fields.iter().map(|&(column, field)| self.number(column, field, what));
        let numbers: Vec<f64> = numbers.collect::<Result<_, _>>()?;
        let last = if numbers.len() > inputs { numbers[numbers.len() - 1] } else { absent };
        Ok(numbers[..inputs].iter().copied().chain([last]).collect())
    }

    /// The double nearest to a decimal.
    fn number(&self, column: usize, field: &str, what: &str) -> Result<f64, NetworkError> {
        let decimal = field.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        match field.parse::<f64>() {
            Ok(value) if decimal && value.is_finite() => Ok(value),
            Ok(_) if decimal => {
                Err(self.error(column, format!("{}, expected a number that fits a double", shown(field))))
            }
            _ => Err(self.error(column, format!("{}, expected a number ({what})", shown(field)))),
        }
    }

    /// The least and the greatest values of the inputs, exactly; none where an end is not known.
    fn domain(&mut self, inputs: usize) -> Result<Option<Vec<Domain>>, NetworkError> {
        let (mut ends, mut known) = (Vec::new(), true);
        for what in ["the least values of the inputs", "the greatest values of the inputs"] {
            let fields = self.fields(what, None)?;
            if fields.len() == 1 && inputs > 1 {
                self.number(fields[0].0, fields[0].1, what)?;
                known = false;
                continue;
            }
            self.enough(&fields, what, inputs)?;
            for (column, field) in fields.into_iter().take(inputs) {
                if is_infinite(field) {
                    known = false;
                    continue;
                }
                self.number(column, field, what)?;
                ends.push(decimal::parse(field).map_err(|problem| self.error(column, problem))?);
            }
        }
        if !known {
            return Ok(None);
        }
        let upper = ends.split_off(inputs);
        let domain =
            ends.into_iter().zip(upper).enumerate().map(|(i, (lower, upper))| {
                Domain::new(lower, upper).map_err(|e| self.error(1, format!("input {i}: {e}")))
            });
        domain.collect::<Result<_, _>>().map(Some)
    }

    /// Checks that nothing is left.
    fn end(&mut self) -> Result<(), NetworkError> {
        match self.next()? {
            None => Ok(()),
            Some(line) => Err(self.error(1, format!("{}, expected nothing after the last bias", shown(line)))),
        }
    }
}

/// Whether a field says that there is no end.
fn is_infinite(field: &str) -> bool {
    let size = field.trim_start_matches(['+', '-']).to_ascii_lowercase();
    size == "inf" || size == "infinity"
}

/// Enough of a text to recognise it by.
fn shown(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
