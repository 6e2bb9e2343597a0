//! What can be wrong with a property or the file that holds it: what is wrong, where, and what was expected.

use std::path::PathBuf;

use deltasat::budget::StopReason;
use thiserror::Error;

/// Why there is no property, or none of this network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PropertyError {
    /// The file could not be read.
    #[error("cannot be read: {reason}")]
    Read {
        /// What the operating system says.
        reason: String,
    },
    /// Something is wrong at a place in the text.
    #[error("line {line}, column {column}: {problem}")]
    At {
        /// Counted from 1.
        line: usize,
        /// Counted in bytes from 1.
        column: usize,
        /// What is wrong there, and what was expected.
        problem: String,
    },
    /// A limit was reached before the end.
    #[error("{}", .reason.words())]
    Stopped {
        /// Which.
        reason: StopReason,
    },
    /// Something is wrong with the whole.
    #[error("{problem}")]
    Invalid {
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// One of the above, in a file.
    #[error("{}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it. Not a `source`, since the message holds it already.
        error: Box<PropertyError>,
    },
}

impl PropertyError {
    /// The limit that was reached while the property was read, if that is the reason.
    pub fn stopped(&self) -> Option<StopReason> {
        match self {
            PropertyError::Stopped { reason } => Some(*reason),
            PropertyError::File { error, .. } => error.stopped(),
            _ => None,
        }
    }

    pub(super) fn invalid(problem: impl Into<String>) -> Self {
        PropertyError::Invalid { problem: problem.into() }
    }
}
