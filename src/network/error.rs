//! What can be wrong with a network or the file that holds it.
//!
//! Every message says what is wrong, where, and what was expected. Where is a line and column for text that is not
//! JSON, and a JSON path for JSON that is not a network; a constructor knows only its own part of the path, and each
//! caller puts its part in front with [`NetworkError::inside`].

use std::path::PathBuf;

use thiserror::Error;

/// Why there is no network.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The file could not be read.
    #[error("cannot be read: {reason}")]
    Read {
        /// What the operating system says.
        reason: String,
    },
    /// The file could not be written.
    #[error("cannot be written: {reason}")]
    Write {
        /// What the operating system says.
        reason: String,
    },
    /// The extension names no format that is known here.
    #[error("{}, expected one of {expected}", .extension.as_ref().map_or("no file extension".to_owned(), |e| format!("unknown file extension {e:?}")))]
    Extension {
        /// The extension, without its dot, if there is one.
        extension: Option<String>,
        /// The known extensions, such as `.json`.
        expected: String,
    },
    /// The text is not in the syntax of its format.
    #[error("line {line}, column {column}: {problem}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted in bytes from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The text is well formed and does not describe a network.
    #[error("{}{}{problem}", .path, if .path.is_empty() { "" } else { ": " })]
    Invalid {
        /// JSON path of the offending part, such as `layers[1].weights[3]`.
        path: String,
        /// What is wrong with it, and what was expected.
        problem: String,
    },
    /// A point has the wrong number of coordinates.
    #[error("a point of {given} numbers, expected {expected} (the inputs)")]
    Point {
        /// Coordinates of the point.
        given: usize,
        /// Inputs of the network.
        expected: usize,
    },
    /// One of the above, in a file.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it. Not a `source`, since the message holds it already.
        error: Box<NetworkError>,
    },
}

impl NetworkError {
    pub(crate) fn invalid(path: impl Into<String>, problem: impl Into<String>) -> Self {
        NetworkError::Invalid { path: path.into(), problem: problem.into() }
    }

    /// The same error, its path continued outwards by `outer`.
    pub(crate) fn inside(self, outer: &str) -> Self {
        match self {
            NetworkError::Invalid { path, problem } => {
                let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
                NetworkError::Invalid { path: format!("{outer}{dot}{path}"), problem }
            }
            other => other,
        }
    }
}
