//! Slices of JSON text, read as what is expected of them.
//!
//! [`document`] has checked the syntax of the whole text before anything here sees a part of it, so a part can only be
//! of the wrong kind, or a string whose escapes spell no Unicode text.

use std::{collections::HashSet, fmt};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::network::NetworkError;

/// The whole text as one value, its syntax checked.
pub(super) fn document(bytes: &[u8]) -> Result<&RawValue, NetworkError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |i| i + 1);
        NetworkError::Syntax {
            line: before.iter().filter(|&&b| b == b'\n').count() + 1,
            column: before.len() - line_start + 1,
            problem: "not UTF-8 text".to_owned(),
        }
    })?;
    serde_json::from_str(text).map_err(|error| NetworkError::Syntax {
        line: error.line().max(1),
        // Columns are those of the last byte read, so 0 at the start of a line.
        column: error.column().max(1),
        problem: reason(&error),
    })
}

/// What a JSON error says, without the place, which is kept apart.
fn reason(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the text ends too early".to_owned();
    }
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or(&message).to_owned()
}

/// What kind of value a slice is, with its article.
pub(super) fn kind(raw: &RawValue) -> &'static str {
    match raw.get().as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// The value itself when it is a number, else its kind.
pub(super) fn described(raw: &RawValue) -> String {
    match kind(raw) {
        "a number" => shortened(raw.get()),
        kind => kind.to_owned(),
    }
}

/// Enough of a text to recognise it by.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unexpected(raw: &RawValue, expected: &str) -> NetworkError {
    NetworkError::invalid("", format!("{}, expected {expected}", kind(raw)))
}

/// A string.
pub(super) fn string(raw: &RawValue) -> Result<String, NetworkError> {
    if !raw.get().starts_with('"') {
        return Err(unexpected(raw, "a string"));
    }
    serde_json::from_str(raw.get()).map_err(|error| NetworkError::invalid("", reason(&error)))
}

/// A whole number written without point or exponent.
pub(super) fn integer(raw: &RawValue, what: &str) -> Result<usize, NetworkError> {
    raw.get().parse().map_err(|_| NetworkError::invalid("", format!("{}, expected {what}", described(raw))))
}

/// One of a table of names.
pub(super) fn one_of<T: Copy>(raw: &RawValue, table: &[(&str, T)]) -> Result<T, NetworkError> {
    let given = string(raw)?;
    table.iter().find(|(name, _)| *name == given).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = table.iter().map(|(name, _)| *name).collect();
        NetworkError::invalid("", format!("{:?}, expected one of {}", shortened(&given), names.join(", ")))
    })
}

/// A list, each element read by `read`, which also gets its index; `of` names the elements for the error.
pub(super) fn list<'a, T>(
    raw: &'a RawValue,
    of: &str,
    mut read: impl FnMut(usize, &'a RawValue) -> Result<T, NetworkError>,
) -> Result<Vec<T>, NetworkError> {
    if !raw.get().starts_with('[') {
        return Err(unexpected(raw, &format!("a list of {of}")));
    }
    let elements: Vec<&RawValue> =
        serde_json::from_str(raw.get()).map_err(|error| NetworkError::invalid("", reason(&error)))?;
    let read = |(i, raw)| read(i, raw).map_err(|error| error.inside(&format!("[{i}]")));
    elements.into_iter().enumerate().map(read).collect()
}

/// The fields of an object, in the order of the text, no name twice.
pub(super) struct Object<'a> {
    fields: Vec<(String, &'a RawValue)>,
}

impl<'a> Object<'a> {
    pub(super) fn new(raw: &'a RawValue) -> Result<Self, NetworkError> {
        if !raw.get().starts_with('{') {
            return Err(unexpected(raw, "an object"));
        }
        let fields = serde_json::Deserializer::from_str(raw.get())
            .deserialize_map(Fields)
            .map_err(|error| NetworkError::invalid("", reason(&error)))?;
        let mut seen = HashSet::new();
        match fields.iter().find(|(name, _)| !seen.insert(name)) {
            Some((name, _)) => Err(NetworkError::invalid(as_path(name), "given twice, expected once")),
            None => Ok(Self { fields }),
        }
    }

    /// Refuses fields with other names than these.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), NetworkError> {
        match self.fields.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => {
                let problem = format!("unknown field, expected one of {}", known.join(", "));
                Err(NetworkError::invalid(as_path(name), problem))
            }
            None => Ok(()),
        }
    }

    /// A field that may be absent, read by `read`.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, NetworkError>,
    ) -> Result<Option<T>, NetworkError> {
        let found = self.fields.iter().find(|(given, _)| given == name);
        found.map(|(_, raw)| read(raw).map_err(|error| error.inside(name))).transpose()
    }

    /// A field that must be there, read by `read`.
    pub(super) fn field<T>(
        &self,
        name: &str,
        read: impl FnOnce(&'a RawValue) -> Result<T, NetworkError>,
    ) -> Result<T, NetworkError> {
        self.optional(name, read)?.ok_or_else(|| NetworkError::invalid(name, "missing, expected this field"))
    }
}

/// A name as part of a path: as it is when it looks like one, else quoted.
fn as_path(name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let short = shortened(name);
    if plain { short } else { format!("{short:?}") }
}

/// Collects the fields of an object without losing those that are given twice.
struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(fields)
    }
}
