//! Markup that no name can break out of: elements and attributes are named by the program, and all that comes from
//! outside (names of models, classes, inputs and files, command lines) is escaped in `escape` and nowhere else.
//!
//! Characters that would make a page unreadable or lie about it are written out as Rust writes them, `\u{202e}`: control
//! characters, which XML forbids, and marks that are invisible or turn the direction of the text around them.

use std::fmt::Display;

/// Well-formed pieces of HTML or SVG.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

/// An attribute: a name, and a value that is escaped.
pub type Attribute<'a> = (&'static str, &'a dyn Display);

impl Markup {
    /// Nothing yet.
    pub fn new() -> Markup {
        Markup::default()
    }

    /// Opens an element, which the caller closes.
    pub fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.0.push('>');
    }

    /// Closes the element opened last.
    pub fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element without content: any of SVG, and of HTML those that never have one.
    pub fn empty(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// An element with nothing but text in it.
    pub fn element(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        escape(text, &mut self.0);
    }

    /// A line end, which only keeps lines of the file short.
    pub fn line(&mut self) {
        self.0.push('\n');
    }

    /// Other markup.
    pub fn append(&mut self, other: &Markup) {
        self.0.push_str(&other.0);
    }

    /// Markup, styles or a script that are part of the program.
    pub fn fixed(&mut self, markup: &'static str) {
        self.0.push_str(markup);
    }

    /// The whole.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn start(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            escape(&value.to_string(), &mut self.0);
            self.0.push('"');
        }
    }
}

impl From<Markup> for String {
    fn from(markup: Markup) -> String {
        markup.0
    }
}

/// Text in which marks that deceive are written out, so that its length is what one sees.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

/// Appends text as HTML and XML, also inside quoted attributes.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if is_deceptive(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
}

/// Control characters, what XML forbids, and marks that are invisible or change the direction of text. The joiners U+200C
/// and U+200D stay: languages need them.
fn is_deceptive(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text() {
        let mut markup = Markup::new();
        let name = "</script><img src=x onerror='alert(1)'>\"&";
        markup.element("p", &[("title", &name)], name);
        let escaped = "&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;";
        assert_eq!(markup.as_str(), format!("<p title=\"{escaped}\">{escaped}</p>"));
    }

    #[test]
    fn marks_that_deceive_are_seen() {
        let mut markup = Markup::new();
        markup.text("a\u{202e}b\u{0}c\u{1b}\u{2067}é\u{200d}\r\n");
        assert_eq!(markup.as_str(), "a\\u{202e}b\\u{0}c\\u{1b}\\u{2067}é\u{200d}\\u{d}\n");
    }
}
