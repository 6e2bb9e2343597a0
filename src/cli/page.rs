//! `--html` and `--svg`: the answer as a page and its picture, beside the answer on stdout.
//!
//! What can go wrong is looked for before the search, so that no answer is lost to a misspelt folder. A file is written
//! whole beside its place and then moved there: whoever opens it sees the old one or the new one.

use super::Failure;
use super::options::Session;
use clap::Args;
use quantproof::network::Network;
use quantproof::report::html::{File, Reproduce, confidence, digest};
use quantproof::report::model::Report;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A page beside the answer.
#[derive(Args)]
pub(super) struct Page {
    /// Also write the answer to this file as a self-contained HTML report, for readers who did not run the command
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A page or a picture beside the answer.
#[derive(Args)]
pub(super) struct Pictures {
    #[command(flatten)]
    page: Page,
    /// Also write the answer's picture (map, curve or bars) to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

impl Page {
    /// Checks that what is wanted can be written, and notes how to reproduce it; `read` are the files of the question.
    pub(super) fn start(&self, read: &[&Path]) -> Result<Reproduce, String> {
        let Some(path) = &self.html else { return Ok(Reproduce::default()) };
        check(path, read).map_err(|problem| format!("--html {}: {problem}", path.display()))?;
        let files = read.iter().map(|path| {
            let bytes = fs::read(path).map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
            Ok(file(path.display().to_string(), &bytes))
        });
        Ok(Reproduce {
            command: command_line(),
            version: format!("quantproof {}", env!("CARGO_PKG_VERSION")),
            files: files.collect::<Result<_, String>>()?,
        })
    }

    /// Writes the page, if one is wanted.
    pub(super) fn write(&self, report: &Report<'_>, reproduce: Reproduce) -> Result<(), String> {
        self.html.as_ref().map_or(Ok(()), |path| replace(path, &report.page(reproduce).html()))
    }
}

impl Pictures {
    /// Whether a page or a picture is wanted.
    pub(super) fn wanted(&self) -> bool {
        self.page.html.is_some() || self.svg.is_some()
    }

    /// As [`Page::start`], where the picture is the map of a network of two inputs.
    pub(super) fn start(&self, network: &Network, read: &[&Path]) -> Result<Reproduce, String> {
        if self.svg.is_some() {
            confidence::check(network).map_err(|problem| format!("--svg: {problem}"))?;
        }
        self.start_any(read)
    }

    /// The same where every network has a picture.
    pub(super) fn start_any(&self, read: &[&Path]) -> Result<Reproduce, String> {
        if let Some(path) = &self.svg {
            check(path, read).map_err(|problem| format!("--svg {}: {problem}", path.display()))?;
            if self.svg == self.page.html {
                return Err(format!("--html and --svg: both {}, expected two files", path.display()));
            }
        }
        self.page.start(read)
    }

    /// Writes the answer to stdout, and what else is wanted to its files.
    pub(super) fn show(
        &self,
        session: &Session,
        report: &Report<'_>,
        reproduce: Reproduce,
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let written = self.write(report, reproduce);
        if session.json {
            report.json(out)?
        } else {
            report.text(out)?
        }
        Ok(written?)
    }

    /// Writes what is wanted to its files.
    pub(super) fn write(&self, report: &Report<'_>, reproduce: Reproduce) -> Result<(), String> {
        let page = self.page.write(report, reproduce);
        let picture = self.svg.as_ref().and_then(|path| Some(replace(path, &report.picture()?)));
        page.and(picture.unwrap_or(Ok(())))
    }
}

/// A file that was read, for the page.
pub(super) fn file(name: String, bytes: &[u8]) -> File {
    let sha256 = digest::hexadecimal(&digest::sha256(bytes));
    File { name, bytes: bytes.len() as u64, sha256 }
}

/// Whether a file can be written, as far as one can tell without writing it.
pub(super) fn check(path: &Path, read: &[&Path]) -> Result<(), String> {
    if path.is_dir() || path.file_name().is_none() {
        return Err("a folder, expected a file".to_owned());
    }
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(format!("no folder {}, expected one that exists", folder.display()));
    }
    let same = |other: &&Path| matches!((path.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b);
    if read.iter().any(same) {
        return Err("a file that is read, expected another".to_owned());
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Puts a text in the place of a file at once.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), String> {
    let write = || -> io::Result<()> {
        // a link stays one, and what is no plain file cannot be replaced
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if place.exists() && !place.is_file() {
            return fs::write(&place, text);
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy();
        let beside = folder(&place).join(format!(".{name}.{}.tmp", std::process::id()));
        let written = fs::File::create(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
        let moved = written.and_then(|()| fs::rename(&beside, &place));
        if moved.is_err() {
            // the first error is the one to tell
            let _ = fs::remove_file(&beside);
        }
        moved
    };
    write().map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}

/// The command line, quoted for a shell.
fn command_line() -> String {
    let arguments = super::host::arguments().into_iter().skip(1).map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once("quantproof".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// An argument as a shell reads it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./=,:+@%-".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_for_a_shell() {
        assert_eq!(
            ["a-b_1.json", "x=1/3,y", "", "a b", "it's"].map(quoted),
            ["a-b_1.json", "x=1/3,y", "''", "'a b'", "'it'\\''s'"]
        );
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = std::env::temp_dir().join(format!("quantproof-page-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.html");
        replace(&path, "first").unwrap();
        replace(&path, "second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(check(&folder, &[]).unwrap_err(), "a folder, expected a file");
        assert!(check(&folder.join("b").join("c.html"), &[]).unwrap_err().starts_with("no folder "));
        assert_eq!(check(&path, &[&path]).unwrap_err(), "a file that is read, expected another");
        fs::remove_dir_all(&folder).unwrap();
    }
}
