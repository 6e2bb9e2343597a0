//! The examples in the README and the guide: fenced blocks of kind `console`, in which a line that starts with
//! `$ quantproof ` is a command and what follows, up to the next `$` or the end of the block, is its output.

// each test uses a part of it
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// A page of text.
pub(crate) struct Page {
    /// its path inside the repository
    pub(crate) name: String,
    /// where it lies
    pub(crate) path: PathBuf,
    /// what it says
    pub(crate) text: String,
}

/// A command and the output that its page prints.
pub(crate) struct Example {
    /// the words after `quantproof`
    pub(crate) command: String,
    /// the output, without the newline at its end
    pub(crate) output: String,
}

/// The README and the pages of the guide.
pub(crate) fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_dir(root.join("src/guide")).expect("the guide");
    let mut paths: Vec<PathBuf> = guide.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    paths.insert(0, root.join("README.md"));
    let page = |path: PathBuf| Page {
        name: path.strip_prefix(root).expect("a path inside").display().to_string(),
        text: std::fs::read_to_string(&path).expect("a page"),
        path,
    };
    paths.into_iter().map(page).collect()
}

/// The examples of a page, in order.
pub(crate) fn of(page: &Page) -> impl Iterator<Item = Example> + '_ {
    let blocks = page.text.split("```console\n").skip(1).map(|block| block.split("```").next().unwrap_or_default());
    blocks.flat_map(|block| block.split("$ quantproof ").skip(1)).map(|example| {
        let (command, output) = example.split_once('\n').unwrap_or((example, ""));
        Example { command: command.to_owned(), output: output.trim_end().to_owned() }
    })
}
