//! Files as they are, or compressed by gzip: what such a file holds is read in its place.

use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::path::Path;

/// How the files of gzip begin.
const MAGIC: &[u8] = &[0x1f, 0x8b];

/// Most bytes that a compressed file may grow to.
const LIMIT: u64 = 1 << 30;

/// The bytes of a file, decompressed where they begin as those of gzip do.
///
/// # Errors
/// When the file cannot be read, is damaged, or grows beyond 1 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = std::fs::read(path)?;
    if !bytes.starts_with(MAGIC) {
        return Ok(bytes);
    }
    let mut expanded = Vec::new();
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let read = MultiGzDecoder::new(&bytes[..]).take(LIMIT + 1).read_to_end(&mut expanded);
    read.map_err(|error| invalid(format!("not decompressed: {error}")))?;
    if expanded.len() as u64 > LIMIT {
        return Err(invalid("grows beyond 1 GiB, expected less when decompressed".to_owned()));
    }
    Ok(expanded)
}

/// The path without the extension `.gz`.
pub(crate) fn inner_name(path: &Path) -> &Path {
    let compressed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
    match path.file_stem() {
        Some(stem) if compressed => Path::new(stem),
        _ => path,
    }
}
