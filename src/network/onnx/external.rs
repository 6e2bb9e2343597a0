//! Constants whose elements are in files beside the model, as PyTorch writes them.
//!
//! The elements are put into the messages before anything else looks at these, so no other code knows of them. A file is
//! named by a path that leads down from the folder of the model; one that leads out of it, by `..`, from the root or by a
//! symbolic link, is refused.

use super::proto::{AttributeProto, GraphProto, StringStringEntryProto, TensorProto};
use crate::network::NetworkError;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

/// Reads the elements of all constants that are in other files.
pub(super) fn fetch(graph: &mut GraphProto, folder: Option<&Path>) -> Result<(), NetworkError> {
    // the sizes of the files met, and how much may still be read, so that no model is larger than its files
    let mut met: HashMap<String, u64> = HashMap::new();
    let mut read_so_far = 0u64;
    let attributes = graph.node.iter_mut().flat_map(|node| &mut node.attribute);
    let in_nodes = attributes.filter_map(|AttributeProto { t, .. }| t.as_mut());
    for tensor in graph.initializer.iter_mut().chain(in_nodes) {
        if tensor.data_location == 0 && tensor.external_data.is_empty() {
            continue;
        }
        let path = format!("initializer {:?}", tensor.name);
        let fail = |problem| NetworkError::invalid(&path, problem);
        let (location, size) = read(tensor, folder).map_err(fail)?;
        met.insert(location, size);
        read_so_far = read_so_far.saturating_add(tensor.raw_data.as_ref().map_or(0, Vec::len) as u64);
        if read_so_far / 2 > met.values().sum() {
            return Err(fail(
                "the constants so far have twice as many bytes as their files, expected each byte in one constant"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// Reads the elements, and gives the name and the size of their file.
fn read(tensor: &mut TensorProto, folder: Option<&Path>) -> Result<(String, u64), String> {
    let folder = folder.ok_or("its elements are in another file, expected a model that is read from a file")?;
    let entry = |key: &str| {
        tensor.external_data.iter().find(|entry| entry.key == key).map(|StringStringEntryProto { value, .. }| value)
    };
    let location = entry("location").ok_or("its elements are in another file without a location, expected one")?;
    let number = |key: &str| {
        let number =
            |text: &String| text.parse::<u64>().map_err(|_| format!("{key} {text:?}, expected a number of bytes"));
        entry(key).map(number).transpose()
    };
    let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
    let fail = |problem: &str| format!("its elements are in {location:?}, {problem}");
    let relative = Path::new(location);
    let downward = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let inside = || {
        let (root, file) = (folder.canonicalize().ok()?, folder.join(relative).canonicalize().ok()?);
        Some(file.starts_with(root))
    };
    if !downward || inside() == Some(false) {
        return Err(fail("outside the folder of the model, expected a file in it"));
    }
    let mut file = File::open(folder.join(relative))
        .map_err(|_| fail("which cannot be read, expected a file beside the model"))?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file);
    let size = metadata.ok_or_else(|| fail("expected a file"))?.len();
    let rest = size
        .checked_sub(offset)
        .ok_or_else(|| fail(&format!("which has {size} bytes, expected more than {offset}")))?;
    let length = length.unwrap_or(rest);
    if length > rest {
        return Err(fail(&format!("which has {rest} bytes from {offset} on, expected {length}")));
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| fail("too large"))?];
    let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes));
    read.map_err(|error| fail(&format!("which cannot be read: {error}")))?;
    let location = location.clone();
    tensor.raw_data = Some(bytes);
    tensor.external_data.clear();
    tensor.data_location = 0;
    Ok((location, size))
}
