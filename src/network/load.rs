//! From a file to a network: the extension decides the format.
//!
//! Each format is one module with one function from bytes to [`Network`]; [`FORMATS`] is the only list of them.

use std::{fs, io, path::Path};

use super::{Network, NetworkError, json, onnx};

type Reader = fn(&[u8]) -> Result<Network, NetworkError>;

/// Extensions in lower case, each with the reader of its format.
const FORMATS: [(&str, Reader); 2] = [("json", json::read), ("onnx", onnx::read)];

impl Network {
    /// Reads the network in the file at `path`.
    ///
    /// # Errors
    /// When the extension is unknown, when the file cannot be read, and whatever its format's reader says.
    pub fn load(path: impl AsRef<Path>) -> Result<Network, NetworkError> {
        let path = path.as_ref();
        load(path).map_err(|error| NetworkError::File { path: path.to_owned(), error: Box::new(error) })
    }
}

fn load(path: &Path) -> Result<Network, NetworkError> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let Some((_, read)) = FORMATS.iter().find(|(known, _)| Some(*known) == extension.as_deref()) else {
        let expected = FORMATS.map(|(known, _)| format!(".{known}")).join(", ");
        return Err(NetworkError::Extension { extension, expected });
    };
    let bytes = fs::read(path).map_err(|error| NetworkError::Read {
        reason: match error.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "a directory, expected a file".to_owned(),
            _ => error.to_string(),
        },
    })?;
    read(&bytes)
}
