//! The tokens of SMT-LIB 2.6, with dReal's brackets and hexadecimal floats.
//!
//! A word is whatever stands between delimiters. It is a number where it starts like one (`3`, `-2.5`, `.5`, `+0x1.8p-3`),
//! a keyword where it starts with a colon, else a symbol; `|…|` quotes a symbol, `"…"` a text in which `""` is a quote.

use super::error::{ScriptError, Span};
use std::borrow::Cow;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `(` or `[`
    Open { bracket: bool },
    /// `)` or `]`
    Close { bracket: bool },
    /// `,`, which only separates
    Comma,
    /// a symbol, without quotes
    Symbol(&'a str),
    /// a number as it was written
    Number(&'a str),
    /// `:name`, without the colon
    Keyword(&'a str),
    /// a text, without quotes
    Text(Cow<'a, str>),
}

/// The tokens of a text.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Lexer { text, at }
    }

    /// Where the next token is looked for.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Moves past white space and comments.
    fn skip(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte == b';' {
                self.at = self.text[self.at..].find(['\n', '\r']).map_or(self.text.len(), |n| self.at + n + 1);
            } else if byte.is_ascii_whitespace() || byte == 0x0b {
                self.at += 1;
            } else if let Some(space) =
                self.text[self.at..].chars().next().filter(|c| c.is_whitespace() || *c == '\u{feff}')
            {
                self.at += space.len_utf8();
            } else {
                return;
            }
        }
    }

    /// The next token with its span; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(Token<'a>, Span)>, ScriptError> {
        self.skip();
        let start = self.at;
        let rest = &self.text[start..];
        let Some(&byte) = rest.as_bytes().first() else { return Ok(None) };
        let token = match byte {
            b'(' | b'[' => self.one(Token::Open { bracket: byte == b'[' }),
            b')' | b']' => self.one(Token::Close { bracket: byte == b']' }),
            b',' => self.one(Token::Comma),
            b'"' => self.string()?,
            b'|' => {
                let Some(length) = rest[1..].find('|') else {
                    return Err(self.unclosed("quoted symbol", "`|`"));
                };
                self.at += length + 2;
                Token::Symbol(&rest[1..=length])
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | '"' | '|');
                let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                self.at += word.len();
                match word.strip_prefix(':') {
                    Some(name) => Token::Keyword(name),
                    None if looks_like_number(word) => Token::Number(word),
                    None => Token::Symbol(word),
                }
            }
        };
        Ok(Some((token, Span::new(start, self.at))))
    }

    fn one(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn string(&mut self) -> Result<Token<'a>, ScriptError> {
        let content = self.at + 1;
        let mut at = content;
        loop {
            let Some(quote) = self.text[at..].find('"') else { return Err(self.unclosed("text", "`\"`")) };
            at += quote + 1;
            if !self.text[at..].starts_with('"') {
                break;
            }
            at += 1;
        }
        self.at = at;
        let inside = &self.text[content..at - 1];
        Ok(Token::Text(if inside.contains('"') { inside.replace("\"\"", "\"").into() } else { inside.into() }))
    }

    fn unclosed(&self, what: &str, end: &str) -> ScriptError {
        ScriptError::new(format!("{what} without an end, expected {end}"), Span::new(self.at, self.at + 1))
    }
}

/// Whether a word starts as a number does: an optional sign, then a digit, perhaps with a point before it.
pub(super) fn looks_like_number(word: &str) -> bool {
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    unsigned.strip_prefix('.').unwrap_or(unsigned).starts_with(|c: char| c.is_ascii_digit())
}
