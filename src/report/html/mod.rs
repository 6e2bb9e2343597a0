//! Findings as one HTML page that needs nothing else: the verdict in plain words, what was assumed, figures, tables,
//! witnesses, and at the end how to reproduce it.
//!
//! A [`Page`] is built of parts with plain contents; [`Report::page`](super::model::Report::page) makes one of any answer.
//! All text is escaped by [`Markup`]. The only script sorts tables; the page says the same without it, and its content
//! security policy lets no other script run and nothing be loaded.
//!
//! Invariant: text in, text out. Nothing here reads or writes files or computes a bound.

pub mod confidence;
pub mod digest;
mod page;
pub mod table;

use super::Outcome;
use super::cell::Cell;
use super::model::{Column, Row, Table};
use super::svg::markup::Markup;
use super::svg::{self, Svg};
use super::value::Value;
use super::words::capital;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page.
#[derive(Clone, Debug)]
pub struct Page {
    /// what was asked, in some words
    pub title: String,
    /// the answer
    pub verdict: Verdict,
    /// terms and what they mean here
    pub assumptions: Vec<(String, String)>,
    /// in the order of interest
    pub sections: Vec<Section>,
    /// how to get the same answer
    pub reproduce: Reproduce,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// what kind of answer it is
    pub outcome: Outcome,
    /// the answer in one sentence; the page makes its first letter a capital one
    pub sentence: String,
    /// what that means for the reader
    pub meaning: String,
}

/// A part of the page under a heading.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// the heading
    pub heading: String,
    /// what stands under it
    pub parts: Vec<Part>,
}

/// A piece of a section.
#[derive(Clone, Debug)]
pub enum Part {
    /// a paragraph
    Prose(String),
    /// a picture and its caption; the picture's description stands under it as text
    Figure(Box<Svg>, String),
    /// terms and what is said of them
    Definitions(Vec<(String, String)>),
    /// a table
    Table(Table),
}

/// How to get the same answer.
#[derive(Clone, Debug, Default)]
pub struct Reproduce {
    /// the command line
    pub command: String,
    /// the program and its version
    pub version: String,
    /// the files that were read
    pub files: Vec<File>,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct File {
    /// its name on the command line
    pub name: String,
    /// its length in bytes
    pub bytes: u64,
    /// its SHA-256 in hexadecimal digits
    pub sha256: String,
}

impl Section {
    /// A section with nothing in it yet.
    pub fn new(heading: impl Into<String>) -> Section {
        Section { heading: heading.into(), parts: Vec::new() }
    }

    /// With one more paragraph.
    #[must_use]
    pub fn prose(mut self, text: impl Into<String>) -> Section {
        self.parts.push(Part::Prose(text.into()));
        self
    }

    /// With one more picture.
    #[must_use]
    pub fn figure(mut self, svg: Svg, caption: impl Into<String>) -> Section {
        self.parts.push(Part::Figure(Box::new(svg), caption.into()));
        self
    }

    /// With one more list of terms.
    #[must_use]
    pub fn definitions(mut self, definitions: Vec<(String, String)>) -> Section {
        self.parts.push(Part::Definitions(definitions));
        self
    }

    /// With one more table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Section {
        self.parts.push(Part::Table(table));
        self
    }
}

impl Verdict {
    /// The word in front, and a sign for it.
    fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self.outcome {
            Outcome::Robust => ("proved", "✔", "Proved"),
            Outcome::Violated => ("refuted", "✘", "Counterexample"),
            Outcome::Bounds => ("bounds", "↔", "Bounds"),
            Outcome::Unknown => ("open", "?", "Open"),
            Outcome::Timeout => ("open", "?", "Not finished"),
        }
    }
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let mut out = Markup::new();
        out.fixed("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'",
            digest::base64(&digest::sha256(SCRIPT.as_bytes()))
        );
        out.empty("meta", &[("http-equiv", &"Content-Security-Policy"), ("content", &policy)]);
        out.fixed(
            "\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n",
        );
        out.element("title", &[], &self.title);
        out.fixed("\n<style>\n");
        out.fixed(svg::STYLE);
        out.fixed(STYLE);
        out.fixed("</style>\n</head>\n<body>\n");
        out.append(&svg::patterns());
        out.fixed("\n<main>\n");
        out.element("h1", &[], &self.title);
        out.line();
        self.write_verdict(&mut out);
        for section in &self.sections {
            section.write(&mut out);
        }
        self.write_assumptions(&mut out);
        self.reproduce.section().write(&mut out);
        out.fixed("</main>\n<script>");
        out.fixed(SCRIPT);
        out.fixed("</script>\n</body>\n</html>\n");
        out.into()
    }

    /// What was assumed, folded.
    fn write_assumptions(&self, out: &mut Markup) {
        if self.assumptions.is_empty() {
            return;
        }
        out.open("details", &[]);
        out.element("summary", &[], "What was assumed");
        write_definitions(&self.assumptions, out);
        out.close("details");
        out.line();
    }

    fn write_verdict(&self, out: &mut Markup) {
        let (class, sign, word) = self.verdict.words();
        out.open("div", &[("class", &format!("verdict {class}"))]);
        out.open("p", &[("class", &"answer")]);
        out.element("span", &[("class", &"sign"), ("aria-hidden", &"true")], sign);
        out.element("strong", &[], &format!("{word}."));
        out.text(" ");
        out.text(&capital(&self.verdict.sentence));
        out.close("p");
        if !self.verdict.meaning.is_empty() {
            out.element("p", &[], &self.verdict.meaning);
        }
        out.close("div");
        out.line();
    }
}

impl Section {
    fn write(&self, out: &mut Markup) {
        out.open("section", &[]);
        out.line();
        if !self.heading.is_empty() {
            out.element("h2", &[], &self.heading);
            out.line();
        }
        for part in &self.parts {
            part.write(out);
        }
        out.close("section");
        out.line();
    }
}

impl Part {
    fn write(&self, out: &mut Markup) {
        match self {
            Part::Prose(text) => out.element("p", &[], text),
            Part::Figure(svg, caption) => {
                out.open("figure", &[]);
                let region = [
                    ("class", &"picture" as _),
                    ("role", &"region" as _),
                    ("aria-label", caption as _),
                    ("tabindex", &0 as _),
                ];
                out.open("div", &region);
                out.append(&svg.inline());
                out.close("div");
                out.open("figcaption", &[]);
                out.element("strong", &[], caption);
                out.element("p", &[], &format!("In words: {}", svg.description()));
                out.close("figcaption");
                out.close("figure");
            }
            Part::Definitions(definitions) => write_definitions(definitions, out),
            Part::Table(table) => table::write(table, out),
        }
        out.line();
    }
}

fn write_definitions(definitions: &[(String, String)], out: &mut Markup) {
    out.open("dl", &[]);
    out.line();
    for (term, meaning) in definitions {
        out.open("div", &[]);
        out.element("dt", &[], term);
        out.element("dd", &[], meaning);
        out.close("div");
        out.line();
    }
    out.close("dl");
}

impl Reproduce {
    fn section(&self) -> Section {
        let mut section = Section::new("How to reproduce it").definitions(vec![
            ("Command".to_owned(), self.command.clone()),
            ("Program".to_owned(), self.version.clone()),
        ]);
        if !self.files.is_empty() {
            let columns = vec![Column::text("file"), Column::number("bytes"), Column::text("SHA-256")];
            let row = |file: &File| {
                Row::new(vec![Cell::text(&file.name), Cell::count(file.bytes), Cell::code(&file.sha256)], Value::Null)
            };
            let (heading, rows) = ("Files that were read".to_owned(), self.files.iter().map(row).collect());
            section = section.table(Table { heading, columns, rows, ..Table::default() });
        }
        section.prose(
            "The same program and files give the same answer, witness and number of boxes, for any number of threads; only the \
             times differ.",
        )
    }
}
