//! What a command line asks: the networks, where, and about what.

use super::network::Network;
use super::solver::number::{Rational, parse};
use std::path::{Path, PathBuf};

/// The words of a command line.
#[derive(Clone, Debug)]
pub struct Options {
    words: Vec<String>,
}

/// Options that stand alone; every other one is followed by a value.
const FLAGS: &[&str] = &[
    "--json",
    "--class-change",
    "--float32",
    "--quiet",
    "-q",
    "--progress",
    "--logits",
    "--mixed",
    "--curve",
    "--markdown",
];

impl Options {
    pub fn new(words: &[&str]) -> Self {
        Options { words: words.iter().map(|word| (*word).to_owned()).collect() }
    }

    /// The value of an option.
    pub fn get(&self, option: &str) -> Option<&str> {
        let prefix = format!("{option}=");
        self.words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(&prefix) {
            Some(value) => Some(value),
            None if word == option => self.words.get(index + 1).map(String::as_str),
            None => None,
        })
    }

    pub fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word == flag)
    }

    /// The words that belong to no option.
    pub fn plain(&self) -> Vec<&str> {
        let (mut plain, mut value) = (Vec::new(), false);
        for word in &self.words {
            let option = word.starts_with('-') && word.len() > 1;
            if !option && !value {
                plain.push(word.as_str());
            }
            value = option && !word.contains('=') && !FLAGS.contains(&word.as_str());
        }
        plain
    }

    pub fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// A question about one network, or about two.
pub struct Question {
    /// `local`, `radius local`, `difference`, …
    pub command: String,
    pub options: Options,
    pub network: Network,
    pub other: Option<Network>,
    pub folder: PathBuf,
}

impl Question {
    /// Reads a command line, paths being relative to the folder; `None` where the judge cannot read what it names.
    pub fn read(words: &[&str], folder: &Path) -> Option<Self> {
        let options = Options::new(words);
        let plain = options.plain();
        let mut files = plain.as_slice();
        let mut command = (*files.first()?).to_owned();
        files = &files[1..];
        if command == "radius" {
            command = format!("radius {}", files.first()?);
            files = &files[1..];
        }
        let load = |path: &&str| {
            let mut network = Network::load(&folder.join(path))?;
            if let Some(kind) = options.get("--output") {
                network.output = super::network::Output::named(kind)?;
            }
            Some(network)
        };
        let network = load(files.first()?)?;
        let other = if command == "difference" { Some(load(files.get(1)?)?) } else { None };
        Some(Question { command, network, other, folder: folder.to_owned(), options })
    }

    pub fn plain_file(&self, index: usize) -> Option<PathBuf> {
        let skip = self.command.split(' ').count();
        Some(self.folder.join(self.options.plain().get(skip + index)?))
    }

    pub fn number(&self, option: &str) -> Option<Rational> {
        self.options.get(option).and_then(parse)
    }

    pub fn delta(&self) -> Rational {
        self.number("--delta").unwrap_or_else(|| Rational::new(1.into(), 1000.into()))
    }

    /// The input, where there is one.
    pub fn input(&self) -> Option<Vec<Rational>> {
        self.options.get("--input")?.split(',').map(|text| parse(text.trim())).collect()
    }

    /// The range of each input.
    pub fn domain(&self) -> Option<Vec<(Rational, Rational)>> {
        let mut domain: Vec<Option<(Rational, Rational)>> = match &self.network.domain {
            Some(domain) => domain.iter().cloned().map(Some).collect(),
            None => vec![None; self.network.inputs.len()],
        };
        let range = |text: &str| {
            let (lower, upper) = text.split_once("..")?;
            Some((parse(lower)?, parse(upper)?))
        };
        let text = self.options.get("--domain").filter(|text| *text != "model").unwrap_or_default();
        // first those without a name, which are the rest
        for part in text.split(',').filter(|part| !part.contains('=') && !part.is_empty()) {
            let range = range(part)?;
            domain.iter_mut().for_each(|side| *side = Some(range.clone()));
        }
        for part in text.split(',') {
            if let Some((name, ends)) = part.split_once('=') {
                let index = self.network.inputs.iter().position(|input| input == name)?;
                domain[index] = Some(range(ends)?);
            }
        }
        domain.into_iter().collect()
    }

    /// The rows of a table's file: the line, the input and its label.
    pub fn rows(&self) -> Option<Vec<Row>> {
        let Some(file) = self.options.get("--inputs") else {
            let data = self.network.data.iter().enumerate();
            return Some(
                data.map(|(i, (x, label))| (i + 1, x.clone(), Some(self.network.classes[*label].clone()))).collect(),
            );
        };
        let text = std::fs::read_to_string(self.folder.join(file)).ok()?;
        let mut order: Vec<Option<usize>> = (0..self.network.inputs.len()).map(Some).collect();
        let mut rows = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let entries: Vec<&str> = line.split(',').map(str::trim).collect();
            if index == 0 && entries.iter().any(|entry| parse(entry).is_none()) {
                order = entries.iter().map(|entry| self.network.inputs.iter().position(|name| name == entry)).collect();
                continue;
            }
            let mut input = vec![None; self.network.inputs.len()];
            let mut label = None;
            for (column, entry) in entries.iter().enumerate() {
                match order.get(column).copied().flatten() {
                    Some(at) => input[at] = Some(parse(entry)?),
                    None => label = Some((*entry).to_owned()),
                }
            }
            rows.push((index + 1, input.into_iter().collect::<Option<Vec<_>>>()?, label));
        }
        Some(rows)
    }
}

/// A line of a table: its number, the input, the label.
pub type Row = (usize, Vec<Rational>, Option<String>);
