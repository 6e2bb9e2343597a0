//! `quantproof merge`: one answer from the answers about parts of a table.
//!
//! Each part says which rows it answers, of how many, and what the model and the file hash to; all that was asked must be
//! the same. Then rows are put in order, counts are added up, and the bounds of the whole are the largest of the parts, in
//! the very digits that the parts print: nothing is rounded again.

use super::{Failure, Status};
use clap::Args;
use deltasat::exact::{Rational, rational};
use quantproof::report::flips::worst_accuracy;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// One answer from the answers about parts of a file of inputs
///
/// The parts are JSON answers to the same question with different --rows. Together they must cover the file, each row once.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The answers, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  quantproof flips MODEL --inputs all.csv --quantize int8 --rows 1..500 --json > a.json
  quantproof flips MODEL --inputs all.csv --quantize int8 --rows 501..1000 --json > b.json
  quantproof merge a.json b.json";

/// The members of an object in order, as they are written.
struct Members(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl Members {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, raw)| raw.get())
    }

    /// The members before the rows, but for the one that says which part this is: what was asked.
    fn asked(&self) -> impl Iterator<Item = (&str, &str)> {
        let asked = self.0.iter().take_while(|(name, _)| name != "rows").filter(|(name, _)| name != "part");
        asked.map(|(name, raw)| (name.as_str(), raw.get()))
    }

    /// The members behind the rows: what was found.
    fn found(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().skip_while(|(name, _)| name != "rows").skip(1).map(|(name, raw)| (name.as_str(), raw.get()))
    }
}

/// Which rows a part answers, and of what.
#[derive(Deserialize)]
struct Place {
    rows: (u64, u64),
    of: u64,
    model_sha256: String,
    inputs_sha256: String,
}

/// The answer about some rows.
struct Part {
    path: PathBuf,
    place: Place,
    rows: Vec<Box<RawValue>>,
    members: Members,
}

impl Part {
    fn read(path: &Path) -> Result<Part, String> {
        let wrong = |problem: String| format!("{}: {problem}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let members: Members = serde_json::from_str(&text)
            .map_err(|error| wrong(format!("no whole JSON answer ({error}), expected that of a command that ended")))?;
        let part =
            members.get("part").ok_or_else(|| wrong("no part, expected an answer to a question with --rows".into()))?;
        let place: Place = serde_json::from_str(part).map_err(|error| wrong(format!("part: {error}")))?;
        let rows = members.get("rows").ok_or_else(|| wrong("no rows, expected the answer to a table".into()))?;
        let rows: Vec<Box<RawValue>> = serde_json::from_str(rows).map_err(|error| wrong(format!("rows: {error}")))?;
        let (first, last) = place.rows;
        let expected = (last + 1).saturating_sub(first);
        if rows.len() as u64 != expected {
            return Err(wrong(format!("{} rows, expected {expected} (rows {first}..{last})", rows.len())));
        }
        Ok(Part { path: path.to_owned(), place, rows, members })
    }

    /// Fails unless this part belongs to the same question as another.
    fn belongs_to(&self, other: &Part) -> Result<(), String> {
        let differs = |what: &str| {
            let (this, that) = (self.path.display(), other.path.display());
            Err(format!("{this}: another {what} than in {that}, expected parts of one question"))
        };
        if self.place.model_sha256 != other.place.model_sha256 {
            return differs("model");
        }
        if self.place.inputs_sha256 != other.place.inputs_sha256 || self.place.of != other.place.of {
            return differs("file of inputs");
        }
        let (mut own, mut others) = (self.members.asked(), other.members.asked());
        loop {
            match (own.next(), others.next()) {
                (None, None) => return Ok(()),
                (a, b) if a == b => {}
                (Some((name, _)), _) | (None, Some((name, _))) => return differs(name),
            }
        }
    }
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut parts = self.files.iter().map(|path| Part::read(path)).collect::<Result<Vec<_>, _>>()?;
        parts.iter().try_for_each(|part| part.belongs_to(&parts[0]))?;
        parts.sort_by_key(|part| part.place.rows);
        covered(&parts)?;
        let found = found(&parts)?;
        if self.json {
            let asked = parts[0].members.asked().map(|(name, raw)| format!("\"{name}\":{raw}"));
            let rows: Vec<&str> = parts.iter().flat_map(|part| part.rows.iter().map(|row| row.get())).collect();
            let found = found.iter().map(|(name, raw)| format!("\"{name}\":{raw}"));
            writeln!(
                out,
                "{{{},\"rows\":[\n{}\n],{}}}",
                asked.collect::<Vec<_>>().join(","),
                rows.join(",\n"),
                found.collect::<Vec<_>>().join(",")
            )?;
        } else {
            let place = &parts[0].place;
            writeln!(out, "{} rows in {} parts, each row once", place.of, parts.len())?;
            for (name, raw) in &found {
                writeln!(out, "  {name:<16} {raw}")?;
            }
        }
        let answer = found.iter().find(|(name, _)| name == "answer").map_or("", |(_, raw)| raw.as_str());
        Ok(match answer.trim_matches('"') {
            "violated" => Status::Violated,
            "timeout" | "interrupted" => Status::Timeout,
            "unknown" => Status::Unknown,
            _ => Status::Done,
        })
    }
}

/// Fails unless the parts, in order, cover the file with every row once.
fn covered(parts: &[Part]) -> Result<(), String> {
    let missing = |first: u64, last: u64| Err(format!("rows {first}..{last} are missing, expected a part with them"));
    let mut next = 1;
    let mut before: Option<&Part> = None;
    for part in parts {
        let (first, last) = part.place.rows;
        if let Some(before) = before.filter(|_| first < next) {
            let (a, b) = (before.path.display(), part.path.display());
            return Err(format!("rows {first}..{} are in {a} and in {b}, expected each once", last.min(next - 1)));
        }
        if first > next {
            return missing(next, first - 1);
        }
        (next, before) = (last + 1, Some(part));
    }
    match parts.first() {
        Some(part) if next <= part.place.of => missing(next, part.place.of),
        _ => Ok(()),
    }
}

/// What is found about all rows.
fn found(parts: &[Part]) -> Result<Vec<(String, String)>, String> {
    let mut merged = Vec::new();
    for (name, _) in parts[0].members.found() {
        let raws: Vec<&str> = parts.iter().filter_map(|part| part.members.get(name)).collect();
        if raws.len() < parts.len() {
            return Err(format!("a part without \"{name}\", expected it in all"));
        }
        let whole = match name {
            "answer" => worst(&raws, &["violated", "interrupted", "timeout", "unknown"]),
            "stop" => worst(&raws, &["interrupted", "memory", "boxes", "timeout", "time", "unsplittable"]),
            "lower" | "upper" => largest(&raws, name == "upper")?.1.to_owned(),
            "boxes" | "inputs" | "class_change_possible" | "class_change_impossible" => {
                integers(&raws)?.iter().sum::<u64>().to_string()
            }
            "seconds" => {
                let seconds: Result<Vec<f64>, _> = raws.iter().map(|raw| raw.parse()).collect();
                let seconds: Vec<f64> = seconds.map_err(|error| format!("seconds: {error}"))?;
                format!("{:?}", seconds.iter().sum::<f64>())
            }
            "summary" => summary(parts, &raws)?,
            "worst_accuracy" => accuracy(parts)?,
            _ if raws.iter().all(|raw| *raw == raws[0]) => raws[0].to_owned(),
            _ => return Err(format!("\"{name}\" differs between the parts, and there is no way to join it")),
        };
        merged.push((name.to_owned(), whole));
    }
    Ok(merged)
}

/// The first of some words that a part says, else what the first part says.
fn worst(raws: &[&str], words: &[&str]) -> String {
    let quoted = words.iter().map(|word| format!("\"{word}\""));
    quoted.into_iter().find(|word| raws.contains(&word.as_str())).unwrap_or_else(|| raws[0].to_owned())
}

/// Which of some bounds is the largest; `null` is infinite.
fn largest<'a>(raws: &[&'a str], upper: bool) -> Result<(usize, &'a str), String> {
    let mut best: Option<(Option<Rational>, usize)> = None;
    for (index, &raw) in raws.iter().enumerate() {
        let value = match raw {
            "null" if upper => return Ok((index, raw)),
            "null" => None,
            _ => Some(rational::parse(raw).map_err(|error| error.to_string())?),
        };
        // `None`, which is -∞ here, comes before every number
        if best.as_ref().is_none_or(|(known, _)| value > *known) {
            best = Some((value, index));
        }
    }
    let index = best.map_or(0, |(_, index)| index);
    Ok((index, raws[index]))
}

fn integers(raws: &[&str]) -> Result<Vec<u64>, String> {
    raws.iter().map(|raw| raw.parse().map_err(|_| format!("{raw}, expected a count"))).collect()
}

/// Counts, added up; the line of the largest bound is that of the part which has it.
fn summary(parts: &[Part], raws: &[&str]) -> Result<String, String> {
    let each = raws.iter().map(|raw| serde_json::from_str::<Members>(raw).map_err(|error| error.to_string()));
    let each = each.collect::<Result<Vec<_>, _>>()?;
    let mut counts = Vec::new();
    for (name, _) in &each[0].0 {
        let given: Vec<&str> = each.iter().filter_map(|counts| counts.get(name)).collect();
        let whole = if name.starts_with("line_of") {
            let lower: Vec<&str> = parts.iter().filter_map(|part| part.members.get("lower")).collect();
            if lower.len() < parts.len() {
                return Err(format!("\"{name}\" without \"lower\", expected both"));
            }
            given.get(largest(&lower, false)?.0).copied().unwrap_or("null").to_owned()
        } else {
            integers(&given)?.iter().sum::<u64>().to_string()
        };
        counts.push(format!("\"{name}\":{whole}"));
    }
    Ok(format!("{{{}}}", counts.join(",")))
}

/// Both sides of the share of all rows that are right whatever the parameters do, rounded outward.
fn accuracy(parts: &[Part]) -> Result<String, String> {
    let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
    for part in parts {
        let counts = part.members.get("summary").unwrap_or("{}");
        let counts: BTreeMap<String, u64> =
            serde_json::from_str(counts).map_err(|error| format!("summary: {error}"))?;
        for name in ["inputs", "always_right", "not_always_right"] {
            let count = counts.get(name).ok_or_else(|| format!("summary without {name}, expected it"))?;
            *totals.entry(name).or_default() += count;
        }
    }
    let [right, wrong, inputs] = ["always_right", "not_always_right", "inputs"].map(|name| totals[name]);
    if right.saturating_add(wrong) > inputs {
        return Err(format!("{right} rows right and {wrong} not, expected no more than {inputs} together"));
    }
    serde_json::to_string(&worst_accuracy(right, wrong, inputs)).map_err(|error| error.to_string())
}
