//! Twelve problems to look at, each in two variables or in a small network.

use super::{Story, words};
use crate::smtlib::Settings;
use std::fmt::Write;

/// A problem of the gallery.
#[derive(Clone, Copy, Debug)]
pub struct Exhibit {
    /// its name, as of a file
    pub name: &'static str,
    /// the SMT-LIB script; its first lines say what it is
    pub script: &'static str,
}

macro_rules! exhibits {
    ($($name:literal),* $(,)?) => {
        &[$(Exhibit { name: $name, script: include_str!(concat!("../../gallery/", $name, ".smt2")) }),*]
    };
}

/// The problems.
pub const EXHIBITS: &[Exhibit] = exhibits![
    "circle-and-exponential",
    "rosenbrock",
    "tangency",
    "empty-annulus",
    "relu-corner",
    "if-then-else",
    "periodic",
    "disjunction",
    "flat-valley",
    "one-tenth",
    "moons-local",
    "moons-global",
];

/// A file of the gallery.
#[derive(Clone, Debug)]
pub struct Page {
    /// its name
    pub name: String,
    /// what is in it
    pub html: String,
}

/// The title of a problem.
fn title(name: &str) -> String {
    let text = name.replace('-', " ");
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The pages of all problems, and an index.
///
/// # Errors
/// What is wrong with a script.
pub fn pages(settings: &Settings, limit: usize) -> Result<Vec<Page>, String> {
    let mut pages = Vec::new();
    let mut list = String::new();
    for exhibit in EXHIBITS {
        let fail = |error: crate::smtlib::ScriptError| error.render(exhibit.name, exhibit.script);
        let mut story = Story::of_script(exhibit.script, &title(exhibit.name), settings, limit).map_err(fail)?;
        story.add_what_if(exhibit.script, settings).map_err(fail)?;
        // a String takes everything
        let _ = writeln!(
            list,
            "<li><a href=\"{}.html\">{}</a><br>{}</li>",
            exhibit.name,
            words::escape(&story.title),
            words::escape(&story.about)
        );
        pages.push(Page { name: format!("{}.html", exhibit.name), html: story.page() });
    }
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Searches to watch</title><style>\
         :root {{ color-scheme: light dark }} body {{ font: 17px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 1rem auto; padding: 0 1rem }} \
         li {{ margin: .6rem 0 }}</style></head><body><h1>Searches to watch</h1>\
         <p>Each page replays how deltasat decides one problem: step by step, with the reason for each.</p><ol>\n{list}</ol></body></html>\n"
    );
    pages.push(Page { name: "index.html".to_owned(), html });
    Ok(pages)
}
