//! A text as parentheses and words, with the place of each.

use crate::property::PropertyError;
use crate::property::normal::Position;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Token<'t> {
    Open,
    Close,
    Word(&'t str),
    End,
}

impl Token<'_> {
    pub(super) fn describe(self) -> String {
        match self {
            Token::Open => "`(`".to_owned(),
            Token::Close => "`)`".to_owned(),
            Token::End => "the end of the text".to_owned(),
            Token::Word(word) => match word.char_indices().nth(40) {
                Some((end, _)) => format!("`{}…`", &word[..end]),
                None => format!("`{word}`"),
            },
        }
    }
}

/// The text as parentheses and words.
pub(super) struct Tokens<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    line_start: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Tokens { text, offset: 0, line: 1, line_start: 0 }
    }

    pub(super) fn next(&mut self) -> (Token<'t>, Position) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.offset) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.line_start = self.offset + 1;
                }
                b';' => {
                    let rest = &bytes[self.offset..];
                    self.offset += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                    continue;
                }
                byte if byte.is_ascii_whitespace() => {}
                _ => break,
            }
            self.offset += 1;
        }
        let at = Position { line: self.line, column: self.offset - self.line_start + 1 };
        let start = self.offset;
        let token = match bytes.get(start) {
            None => return (Token::End, at),
            Some(b'(') => Token::Open,
            Some(b')') => Token::Close,
            // a string or a quoted symbol: only commands that are ignored have them
            Some(&quote @ (b'"' | b'|')) => {
                let rest = &bytes[start + 1..];
                let length = rest.iter().position(|&b| b == quote).map_or(rest.len(), |end| end + 1);
                self.offset = start + 1 + length;
                for newline in (start..self.offset).filter(|&i| bytes[i] == b'\n') {
                    self.line += 1;
                    self.line_start = newline + 1;
                }
                return (Token::Word(&self.text[start..self.offset]), at);
            }
            Some(_) => {
                let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'(' | b')' | b';' | b'"' | b'|');
                let length = bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start);
                self.offset += length;
                return (Token::Word(&self.text[start..start + length]), at);
            }
        };
        self.offset += 1;
        (token, at)
    }

    pub(super) fn word(&mut self, expected: &str) -> Result<(&'t str, Position), PropertyError> {
        match self.next() {
            (Token::Word(word), at) => Ok((word, at)),
            (other, at) => Err(unexpected(other, at, expected)),
        }
    }

    pub(super) fn expect(&mut self, token: Token<'_>, expected: &str) -> Result<(), PropertyError> {
        let (found, at) = self.next();
        if found == token { Ok(()) } else { Err(unexpected(found, at, expected)) }
    }
}

pub(super) fn unexpected(token: Token<'_>, at: Position, expected: &str) -> PropertyError {
    at.error(format!("{}, expected {expected}", token.describe()))
}
