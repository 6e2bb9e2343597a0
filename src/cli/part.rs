//! `--rows`: some of the rows of a file, so that several machines can share it. What they answer is put together by
//! [`merge`](super::merge), which must be able to tell that parts belong together: each says what it is a part of.

use super::inputs::Inputs;
use clap::Args;
use quantproof::report::html::digest;
use quantproof::report::value::{Members, Value};
use std::path::Path;

/// Which rows are asked about.
#[derive(Args)]
pub(super) struct Part {
    /// Ask only about these rows of the file, counted from 1, both ends included; the JSON answers of all parts are put
    /// together by `quantproof merge`
    #[arg(long, value_name = "A..B", value_parser = range)]
    rows: Option<Range>,
}

/// Numbers of rows, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
}

fn range(text: &str) -> Result<Range, String> {
    let ends = text.split_once("..").and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match ends {
        Some((first, last)) if 1 <= first && first <= last => Ok(Range { first, last }),
        _ => Err("expected the first and the last row, counted from 1, such as 1..100".to_owned()),
    }
}

impl Part {
    /// Fails where rows are chosen and there is no table.
    pub(super) fn without_table(&self) -> Result<(), String> {
        match self.rows {
            Some(_) => Err("--rows without a table, expected --inputs".to_owned()),
            None => Ok(()),
        }
    }

    /// The chosen rows, and what the JSON answer says of them; nothing where all are.
    pub(super) fn choose(&self, inputs: Inputs, model: &Path) -> Result<(Inputs, Members), String> {
        let Some(Range { first, last }) = self.rows else { return Ok((inputs, Members::new())) };
        let all = inputs.count;
        if last > all {
            return Err(format!("--rows {first}..{last}: there are {all} rows, expected none beyond"));
        }
        let bytes = std::fs::read(model).map_err(|error| format!("{}: cannot be read: {error}", model.display()))?;
        let part = Members::new()
            .with("rows", Value::List(vec![first.into(), last.into()]))
            .with("of", all)
            .with("model_sha256", digest::hexadecimal(&digest::sha256(&bytes)))
            .with("inputs_sha256", inputs.file(String::new()).sha256);
        Ok((inputs.only(first, last), Members::new().with("part", part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_from_one_with_both_ends() {
        assert_eq!(range("1..1"), Ok(Range { first: 1, last: 1 }));
        assert_eq!(range("7..12"), Ok(Range { first: 7, last: 12 }));
        assert!(["0..3", "5..4", "3", "..", "a..b", "1..2..3", "-1..2"].iter().all(|text| range(text).is_err()));
    }
}
