//! From a file to a network and back: the extension decides the format.
//!
//! Each format is one module with a function from bytes to [`Network`] and one from [`Network`] to bytes; [`FORMATS`] is
//! the only list of them.

use std::{fs, io, path::Path};

use super::stored::StoredLayer;
use super::{Network, NetworkError, compressed, json, nnet, onnx};

/// How the text begins that git-lfs leaves in the place of a large file.
const GIT_LFS: &[u8] = b"version https://git-lfs.";

type Written = Result<Vec<u8>, NetworkError>;

/// How files of one extension are read and written.
struct Format {
    /// in lower case
    extension: &'static str,
    /// from the bytes, a name for networks whose file has none, and the folder of the file
    read: fn(&[u8], &str, &Path) -> Result<Network, NetworkError>,
    write: fn(&Network) -> Written,
    /// with the words of a quantised network, where there is a place for them
    write_stored: Option<fn(&Network, &[StoredLayer]) -> Written>,
}

const FORMATS: [Format; 3] = [
    Format {
        extension: "json",
        read: |bytes, _, _| json::read(bytes),
        write: |network| json::write(network).map(String::into_bytes),
        write_stored: None,
    },
    Format {
        extension: "onnx",
        read: |bytes, name, folder| onnx::read_beside(bytes, name, Some(folder)),
        write: onnx::write,
        write_stored: Some(onnx::write_stored),
    },
    Format {
        extension: "nnet",
        read: |bytes, name, _| nnet::read(bytes, name),
        write: |network| nnet::write(network).map(String::into_bytes),
        write_stored: None,
    },
];

impl Network {
    /// Reads the network in the file at `path`, which may be compressed by gzip, and then is called `.onnx.gz` and the like.
    /// One whose file has no name for it is called as the file.
    ///
    /// # Errors
    /// When the extension is unknown, when the file cannot be read, and whatever its format's reader says.
    pub fn load(path: impl AsRef<Path>) -> Result<Network, NetworkError> {
        let path = path.as_ref();
        let load = || {
            let inner = compressed::inner_name(path);
            let format = Format::of(inner)?;
            let bytes = compressed::read(path).map_err(|error| NetworkError::Read { reason: reason(&error) })?;
            if bytes.starts_with(GIT_LFS) {
                let reason =
                    "a git-lfs pointer in the network's place, expected the file itself (`git lfs pull`)".to_owned();
                return Err(NetworkError::Read { reason });
            }
            let stem = inner.file_stem().unwrap_or_default().to_string_lossy();
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (format.read)(&bytes, &stem, folder)
        };
        load().map_err(|error| in_file(path, error))
    }

    /// Writes the network into a file at `path`, replacing what is there.
    ///
    /// # Errors
    /// When the extension is unknown, when the format cannot hold the network, and when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), NetworkError> {
        self.save_as(path.as_ref(), |format| (format.write)(self))
    }

    /// Writes a quantised network into a file at `path`, replacing what is there: its words, one [`StoredLayer`] for each
    /// layer, where the format has a place for them (ONNX), else the numbers that they stand for.
    ///
    /// # Errors
    /// As [`Network::save`], and when what is stored does not fit the network.
    pub fn save_stored(&self, path: impl AsRef<Path>, stored: &[StoredLayer]) -> Result<(), NetworkError> {
        self.save_as(path.as_ref(), |format| match format.write_stored {
            Some(write) => write(self, stored),
            None => (format.write)(self),
        })
    }

    fn save_as(&self, path: &Path, write: impl FnOnce(&Format) -> Written) -> Result<(), NetworkError> {
        let save = || {
            let bytes = write(Format::of(path)?)?;
            fs::write(path, bytes).map_err(|error| NetworkError::Write {
                reason: match error.kind() {
                    io::ErrorKind::NotFound => "no such folder".to_owned(),
                    _ => reason(&error),
                },
            })
        };
        save().map_err(|error| in_file(path, error))
    }
}

impl Format {
    fn of(path: &Path) -> Result<&'static Format, NetworkError> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        FORMATS.iter().find(|format| Some(format.extension) == extension.as_deref()).ok_or_else(|| {
            let expected: Vec<String> = FORMATS.iter().map(|format| format!(".{}", format.extension)).collect();
            NetworkError::Extension { extension, expected: expected.join(", ") }
        })
    }
}

fn in_file(path: &Path, error: NetworkError) -> NetworkError {
    NetworkError::File { path: path.to_owned(), error: Box::new(error) }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "a directory, expected a file".to_owned(),
        _ => error.to_string(),
    }
}
