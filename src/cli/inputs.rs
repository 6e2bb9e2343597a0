//! Inputs from a CSV file: one row per input, under a header of the model's input names or under none, or from arrays of
//! NumPy's, which are read as if they were such files.
//!
//! A column under a title such as `label` holds the right class of each row, by its name or its index, and is passed over
//! where labels are of no use. A model's own held-out points are read as if they were such a file.
//!
//! The whole file is checked before the first answer, so an error in the last row costs no search and leaves stdout
//! empty. Only the text is kept; the rows are read again as they are needed.

use super::options::{Session, number, quoted};
use super::page;
use super::{Failure, arrays, host};
use clap::Args;
use csv::{ByteRecord, ReaderBuilder, Trim};
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use quantproof::network::Network;
use quantproof::report::html::File;
use std::io::{self, Read};

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// A checked CSV file.
pub(super) struct Inputs {
    text: Vec<u8>,
    /// whether the file began with a byte order mark
    marked: bool,
    header: bool,
    /// which column holds each input
    columns: Vec<usize>,
    /// which column holds the labels
    label: Option<usize>,
    /// the first and the last row that count, from 1
    chosen: (u64, u64),
    /// whether the labels are of use
    labelled: bool,
    /// the number of rows
    pub(super) count: u64,
    /// the line of the last row
    pub(super) last_line: u64,
    /// the longest text of each input, in characters
    pub(super) widths: Vec<usize>,
}

/// The rows of a file, one by one.
pub(super) struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    inputs: &'a Inputs,
    /// rows that were read
    read: u64,
}

/// Standard input to its end, or what stands for it inside a host.
fn standard_input() -> io::Result<Vec<u8>> {
    match host::input() {
        Some(given) => Ok(given),
        None => {
            let mut text = Vec::new();
            io::stdin().lock().read_to_end(&mut text).map(|_| text)
        }
    }
}

/// Whether a file's column of labels is of use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    Used,
    Unused,
}

/// How columns are found.
#[derive(Args, Clone, Copy, Default)]
pub(super) struct Columns {
    /// Take the columns of a file in their order, whatever their titles are (a column of labels aside)
    #[arg(long)]
    by_position: bool,
}

/// The titles of a column of labels, in any case.
const LABELS: [&str; 5] = ["label", "labels", "class", "target", "y"];

/// One row; its memory is used again for others.
#[derive(Default)]
pub(super) struct Row {
    pub(super) line: u64,
    record: ByteRecord,
}

impl Inputs {
    /// Reads and checks the file at `path`, `-` being standard input.
    pub(super) fn read(
        path: &str,
        network: &Network,
        columns: Columns,
        labels: Labels,
        session: &Session,
    ) -> Result<Inputs, Failure> {
        let budget = &session.settings.budget;
        Self::load(path, network, columns, labels, budget).map_err(|problem| match session.stopped() {
            Some(reason) => session.ended(reason, format!("{path} was not read to its end")),
            None => problem.into(),
        })
    }

    /// Reads and checks a file as far as a budget allows.
    pub(super) fn load(
        path: &str,
        network: &Network,
        columns: Columns,
        labels: Labels,
        budget: &Budget,
    ) -> Result<Inputs, String> {
        let mut text = Vec::new();
        let (name, result) = match path {
            "-" => ("standard input", standard_input().map(|bytes| text = bytes)),
            _ => (path, std::fs::read(path).map(|bytes| text = bytes)),
        };
        result.map_err(|error| format!("{name}: cannot be read: {error}"))?;
        Self::check(text, network, columns, labels, budget).map_err(|problem| format!("{name}: {problem}"))
    }

    /// The held-out points of a model, as the decimals that its doubles stand for, with their labels. Their lines are
    /// counted from 1.
    pub(super) fn held_out(network: &Network) -> Result<Inputs, String> {
        let model = network.name();
        let data = network.data().ok_or_else(|| format!("{model} has no held-out points, expected --inputs FILE"))?;
        let mut text = String::new();
        for (point, label) in data.inputs().iter().zip(data.labels()) {
            point.iter().for_each(|x| text.push_str(&format!("{x},")));
            text.push_str(&format!("{label}\n"));
        }
        let columns = (0..network.input().count()).collect();
        let inputs = Inputs::unchecked(text.into_bytes(), columns, Some(network.input().count()));
        inputs.checked(network, &Budget::unlimited()).map_err(|problem| format!("{model}: held-out points: {problem}"))
    }

    fn unchecked(text: Vec<u8>, columns: Vec<usize>, label: Option<usize>) -> Inputs {
        let widths = vec![0; columns.len()];
        let (chosen, labelled) = ((1, u64::MAX), true);
        Inputs { text, marked: false, header: false, columns, label, labelled, chosen, count: 0, last_line: 0, widths }
    }

    fn check(
        mut text: Vec<u8>,
        network: &Network,
        columns: Columns,
        labels: Labels,
        budget: &Budget,
    ) -> Result<Inputs, String> {
        if let Some(array) = arrays::read(&text, network.input().count(), budget) {
            let arrays::Text { bytes, label } = array?;
            let mut inputs = Inputs::unchecked(bytes, (0..network.input().count()).collect(), label);
            inputs.labelled = labels == Labels::Used;
            return inputs.checked(network, budget);
        }
        let marked = text.starts_with(MARK);
        if marked {
            text.drain(..MARK.len());
        }
        let names = network.input().names();
        let mut inputs = Inputs::unchecked(text, (0..names.len()).collect(), None);
        inputs.marked = marked;
        let mut row = Row::default();
        if !inputs.rows().next(&mut row) {
            return Err(format!("no rows, expected {} numbers ({}) in each", names.len(), names.join(", ")));
        }
        if let Some((columns, label)) = header(&row, names, columns.by_position)? {
            inputs.header = true;
            (inputs.columns, inputs.label) = (columns, label);
        }
        inputs.labelled = labels == Labels::Used;
        inputs.checked(network, budget)
    }

    /// Checks every row, and counts them, as far as a budget allows.
    fn checked(mut self, network: &Network, budget: &Budget) -> Result<Inputs, String> {
        let names = network.input().names();
        let (mut count, mut last_line, mut widths) = (0, 0, vec![0; names.len()]);
        let (mut rows, mut row) = (self.rows(), Row::default());
        while rows.next(&mut row) {
            if let Some(reason) = budget.stopped() {
                return Err(reason.words().to_owned());
            }
            check_length(&row, names, self.label.is_some())?;
            let place = |column: usize, name: &str| format!("line {}, column {} ({name})", row.line, column + 1);
            for (i, width) in widths.iter_mut().enumerate() {
                let wrong = |problem| format!("{}: {problem}", place(self.columns[i], &names[i]));
                self.value(&row, i).map_err(wrong)?;
                *width = self.field(&row, i).chars().count().max(*width);
            }
            if let Some(column) = self.label {
                self.label(&row, network).map_err(|problem| format!("{}: {problem}", place(column, "label")))?;
            }
            count += 1;
            last_line = row.line;
        }
        if count == 0 {
            return Err("a header and no rows, expected at least one".to_owned());
        }
        (self.count, self.last_line, self.widths) = (count, last_line, widths);
        Ok(self)
    }

    /// These rows alone, counted from 1, both ends included.
    pub(super) fn only(mut self, first: u64, last: u64) -> Inputs {
        (self.chosen, self.count) = ((first, last), last + 1 - first);
        self
    }

    /// Whether the rows have labels.
    pub(super) fn has_labels(&self) -> bool {
        self.labelled && self.label.is_some()
    }

    /// The index of the right class of a row, where there are labels.
    pub(super) fn label(&self, row: &Row, network: &Network) -> Result<Option<usize>, String> {
        let Some(column) = self.label.filter(|_| self.labelled) else { return Ok(None) };
        let text = String::from_utf8_lossy(row.record.get(column).unwrap_or_default());
        let classes = network.classes();
        let index = classes.iter().position(|name| *name == text).or_else(|| text.parse().ok());
        match index {
            Some(index) if index < classes.len() => Ok(Some(index)),
            _ => {
                let last = classes.len() - 1;
                Err(format!("no class {text:?}, expected one of {}, or an index from 0 to {last}", quoted(classes)))
            }
        }
    }

    /// The inputs of all rows.
    pub(super) fn points(&self, network: &Network) -> Result<Vec<Vec<Rational>>, String> {
        let (mut rows, mut row, mut points) = (self.rows(), Row::default(), Vec::new());
        while rows.next(&mut row) {
            points.push((0..network.input().count()).map(|i| self.value(&row, i)).collect::<Result<_, _>>()?);
        }
        Ok(points)
    }

    /// The exact values of a row of a checked file, whose every field is a number.
    pub(super) fn point(&self, row: &Row, coordinates: usize) -> Vec<Rational> {
        (0..coordinates).filter_map(|i| self.value(row, i).ok()).collect()
    }

    /// The file as it was read, under a name.
    pub(super) fn file(&self, name: String) -> File {
        let mark = if self.marked { MARK } else { &[] };
        page::file(name, &[mark, &self.text].concat())
    }

    /// All rows from the first one.
    pub(super) fn rows(&self) -> Rows<'_> {
        let mut builder = ReaderBuilder::new();
        let reader = builder.has_headers(self.header).flexible(true).trim(Trim::All).from_reader(&self.text[..]);
        Rows { reader, inputs: self, read: 0 }
    }

    /// The text of an input.
    pub(super) fn field<'r>(&self, row: &'r Row, input: usize) -> &'r str {
        let field = row.record.get(self.columns[input]).unwrap_or_default();
        std::str::from_utf8(field).unwrap_or_default()
    }

    /// The exact value of an input.
    pub(super) fn value(&self, row: &Row, input: usize) -> Result<Rational, String> {
        let field = row.record.get(self.columns[input]).unwrap_or_default();
        number(std::str::from_utf8(field).map_err(|_| "not UTF-8, expected a number".to_owned())?)
    }
}

impl Rows<'_> {
    /// Reads the next row that counts; false after the last one.
    pub(super) fn next(&mut self, row: &mut Row) -> bool {
        let (first, last) = self.inputs.chosen;
        loop {
            if self.read >= last || !self.read(row) {
                return false;
            }
            self.read += 1;
            if self.read >= first {
                return true;
            }
        }
    }

    fn read(&mut self, row: &mut Row) -> bool {
        // reading from memory with any number of fields cannot fail
        let found = self.reader.read_byte_record(&mut row.record).unwrap_or(false);
        if found && let Some(position) = row.record.position() {
            // the position is that of the blank lines before the row
            let rest = self.inputs.text.get(position.byte() as usize..).unwrap_or_default();
            let blank = rest.iter().take_while(|b| matches!(b, b'\n' | b'\r')).filter(|&&b| b == b'\n').count();
            row.line = position.line() + blank as u64;
        }
        found
    }
}

/// Which column holds each input, and which one the label.
type Found = (Vec<usize>, Option<usize>);

/// A title without what people write in different ways: capitals, underscores, spaces.
fn plain(title: &str) -> String {
    title.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The input of a title: the one of that name, else the only one whose name differs in capitals and spaces.
fn input_of(title: &str, names: &[String]) -> Option<usize> {
    names.iter().position(|name| name == title).or_else(|| {
        let mut alike = (0..names.len()).filter(|&i| plain(&names[i]) == plain(title) && !plain(title).is_empty());
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// The columns that a header gives to the inputs and to the labels; `None` when the first row is none.
fn header(row: &Row, names: &[String], by_position: bool) -> Result<Option<Found>, String> {
    let fields: Vec<String> = row.record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let is_label = |field: &str| LABELS.contains(&field.to_lowercase().as_str()) && input_of(field, names).is_none();
    let known = |field: &String| input_of(field, names).is_some() || is_label(field);
    if !fields.iter().any(known) && fields.iter().any(|field| number(field).is_ok()) {
        return Ok(None);
    }
    let label = fields.iter().position(|field| is_label(field));
    if by_position {
        check_length(row, names, label.is_some())?;
        return Ok(Some(((0..fields.len()).filter(|&column| Some(column) != label).collect(), label)));
    }
    let mut columns = vec![None; names.len()];
    for (i, field) in fields.iter().enumerate() {
        let again = match input_of(field, names) {
            Some(input) => columns[input].replace(i).is_some(),
            None if is_label(field) => label != Some(i),
            None => {
                let expected = format!("expected one of {}, or label", quoted(names));
                let hint = "add --by-position to take the columns in their order";
                return Err(format!("line {}, column {}: no input {field:?}, {expected}; {hint}", row.line, i + 1));
            }
        };
        if again {
            return Err(format!("line {}, column {}: {field:?} again, expected once", row.line, i + 1));
        }
    }
    check_length(row, names, label.is_some())?;
    Ok(Some((columns.into_iter().flatten().collect(), label)))
}

fn check_length(row: &Row, names: &[String], label: bool) -> Result<(), String> {
    let (given, expected) = (row.record.len(), names.len() + usize::from(label));
    if given == expected {
        return Ok(());
    }
    let given = if given == 1 { "1 column".to_owned() } else { format!("{given} columns") };
    let hint =
        if !label && row.record.len() == names.len() + 1 { "; a column of labels has the title label" } else { "" };
    let label = if label { ", label" } else { "" };
    Err(format!("line {}: {given}, expected {expected} ({}{label}){hint}", row.line, names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Network {
        Network::load(concat!(env!("CARGO_MANIFEST_DIR"), "/models/moons_relu_2-4-2.json")).unwrap()
    }

    fn read(text: &str) -> Result<Vec<(u64, String, String)>, String> {
        let inputs = Inputs::check(
            text.as_bytes().to_vec(),
            &network(),
            Columns::default(),
            Labels::Unused,
            &Budget::unlimited(),
        )?;
        let (mut rows, mut row, mut found) = (inputs.rows(), Row::default(), Vec::new());
        while rows.next(&mut row) {
            found.push((row.line, inputs.field(&row, 0).to_owned(), inputs.field(&row, 1).to_owned()));
        }
        assert_eq!((inputs.count, inputs.last_line), (found.len() as u64, found.last().unwrap().0));
        Ok(found)
    }

    fn row(line: u64, x1: &str, x2: &str) -> (u64, String, String) {
        (line, x1.to_owned(), x2.to_owned())
    }

    #[test]
    fn reads_headers_in_any_order_and_lines_as_editors_count_them() {
        assert_eq!(read("0.5,1/3\n").unwrap(), [row(1, "0.5", "1/3")]);
        assert_eq!(read("x1,x2\r\n1,2\r\n").unwrap(), [row(2, "1", "2")]);
        assert_eq!(read("\u{feff}\"x2\", x1\n 1 ,2\n\n\n3,4").unwrap(), [row(2, "2", "1"), row(5, "4", "3")]);
        assert_eq!(read("\n\n1,2\n\n3,4\n\n").unwrap(), [row(3, "1", "2"), row(5, "3", "4")]);
    }

    #[test]
    fn says_where_a_file_is_wrong() {
        let wrong = |text: &str| read(text).unwrap_err();
        assert_eq!(wrong(""), "no rows, expected 2 numbers (x1, x2) in each");
        assert_eq!(wrong("x1,x2\n"), "a header and no rows, expected at least one");
        assert_eq!(wrong("1,2\n3\n"), "line 2: 1 column, expected 2 (x1, x2)");
        assert_eq!(wrong("x1,x2,x1\n"), "line 1, column 3: \"x1\" again, expected once");
        assert_eq!(
            wrong("x1,z\n1,2"),
            "line 1, column 2: no input \"z\", expected one of \"x1\", \"x2\", or label; add --by-position to take the columns \
             in their order"
        );
        assert!(wrong("x2,x1\n1,nan").starts_with("line 2, column 2 (x1): invalid number `nan` at byte 0"));
        assert!(wrong("1,\n").starts_with("line 1, column 2 (x2): empty text"));
        assert!(wrong("1,abc\n").starts_with("line 1, column 2 (x2): invalid number `abc`"));
        assert_eq!(wrong("1,1e400\n"), "line 1, column 2 (x2): outside the range of a double");
        let bytes =
            Inputs::check(b"1,\xff\n".to_vec(), &network(), Columns::default(), Labels::Unused, &Budget::unlimited())
                .err()
                .unwrap();
        assert_eq!(bytes, "line 1, column 2 (x2): not UTF-8, expected a number");
    }

    #[test]
    fn labels_are_names_or_indices_under_their_title() {
        let labels = |text: &str| {
            let (network, mut found) = (network(), Vec::new());
            let text = text.as_bytes().to_vec();
            let inputs = Inputs::check(text, &network, Columns::default(), Labels::Used, &Budget::unlimited())?;
            let (mut rows, mut row) = (inputs.rows(), Row::default());
            while rows.next(&mut row) {
                found.push(inputs.label(&row, &network)?);
            }
            Ok::<_, String>(found)
        };
        assert_eq!(labels("x1,label,x2\n1,0,2\n3,1,4\n").unwrap(), [Some(0), Some(1)]);
        assert_eq!(labels("x1,x2\n1,2\n").unwrap(), [None]);
        assert_eq!(
            labels("x1,x2,label\n1,2,3\n").unwrap_err(),
            "line 2, column 3 (label): no class \"3\", expected one of \"0\", \"1\", or an index from 0 to 1"
        );
        assert_eq!(
            labels("1,2,0\n").unwrap_err(),
            "line 1: 3 columns, expected 2 (x1, x2); a column of labels has the title label"
        );
        assert_eq!(labels("x1,x2,Class\n1,2,0\n").unwrap(), [Some(0)]);
        assert!(labels("x1,x2,label,y\n1,2,0,1\n").unwrap_err().ends_with("\"y\" again, expected once"));
        assert_eq!(labels("x1,label\n1,0").unwrap_err(), "line 1: 2 columns, expected 3 (x1, x2, label)");
        let own = Inputs::held_out(&network()).unwrap();
        assert_eq!((own.count, own.has_labels()), (100, true));
    }

    #[test]
    fn titles_may_be_written_in_different_ways_or_passed_over() {
        let read = |text: &str, by_position: bool, labels: Labels| {
            let text = text.as_bytes().to_vec();
            let inputs = Inputs::check(text, &network(), Columns { by_position }, labels, &Budget::unlimited())?;
            let points = inputs.points(&network())?;
            Ok::<_, String>((points.iter().flatten().map(ToString::to_string).collect::<Vec<_>>(), inputs.has_labels()))
        };
        // labels are passed over where they are of no use, even those that are no classes
        let found = |numbers: [&str; 2], labels: bool| Ok((numbers.map(str::to_owned).to_vec(), labels));
        assert_eq!(read("x2,target,x1\n2,setosa,1\n", false, Labels::Unused), found(["1", "2"], false));
        assert_eq!(read("X 2,x_1\n2,1\n", false, Labels::Unused), found(["1", "2"], false));
        assert_eq!(read("mean radius,\"mean, texture\",label\n1,2,0\n", true, Labels::Used), found(["1", "2"], true));
        assert!(read("mean radius,mean texture\n1,2\n", false, Labels::Used).unwrap_err().contains("--by-position"));
    }
}
