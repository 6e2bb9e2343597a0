//! S-expressions as flat lists of nodes in the order of the text.
//!
//! A list knows where it ends, so the children of the list at `i` are at `i + 1`, behind that one's end, and so on.
//! Nothing here, not even dropping, recurses: a script may nest as deeply as it likes.

use super::error::{ScriptError, Span};
use super::lexer::{Lexer, Token};
use indexmap::IndexSet;

/// An interned word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Word(u32);

/// All words seen so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    words: IndexSet<Box<str>>,
}

impl Words {
    pub(super) fn intern(&mut self, text: &str) -> Word {
        let index = match self.words.get_index_of(text) {
            Some(index) => index,
            None => self.words.insert_full(text.into()).0,
        };
        Word(index as u32)
    }

    pub(super) fn text(&self, word: Word) -> &str {
        &self.words[word.0 as usize]
    }
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// a list, in brackets or parentheses; `end` is the index just behind its last descendant
    List { end: u32, bracket: bool },
    /// a symbol
    Symbol(Word),
    /// a number, as it was written
    Number(Word),
    /// a keyword, without its colon
    Keyword(Word),
    /// a text
    Text(Word),
}

/// A node of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// One or several S-expressions side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn kind(&self, at: usize) -> Kind {
        self.nodes[at].kind
    }

    pub(super) fn span(&self, at: usize) -> Span {
        self.nodes[at].span
    }

    /// The index just behind the expression at `at`.
    pub(super) fn end(&self, at: usize) -> usize {
        match self.nodes[at].kind {
            Kind::List { end, .. } => end as usize,
            _ => at + 1,
        }
    }

    /// The children of the list at `at`; none where there is no list.
    pub(super) fn children(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.end(at);
        let mut next = at + 1;
        std::iter::from_fn(move || {
            let child = (next < end).then_some(next)?;
            next = self.end(child);
            Some(child)
        })
    }

    /// Whether the node is a list in parentheses.
    pub(super) fn is_list(&self, at: usize) -> bool {
        matches!(self.nodes[at].kind, Kind::List { bracket: false, .. })
    }

    /// A copy of the expression at `at`, as a tree of its own.
    pub(super) fn subtree(&self, at: usize) -> Tree {
        let end = self.end(at);
        let shift = |node: &Node| match node.kind {
            Kind::List { end, bracket } => Node { kind: Kind::List { end: end - at as u32, bracket }, ..*node },
            _ => *node,
        };
        Tree { nodes: self.nodes[at..end].iter().map(shift).collect() }
    }

    /// The text of the expression at `at`, on one line.
    pub(super) fn print(&self, at: usize, words: &Words) -> String {
        let mut text = String::new();
        let mut open: Vec<(usize, char)> = Vec::new();
        for index in at..self.end(at) {
            while open.last().is_some_and(|&(end, _)| end <= index) {
                text.extend(open.pop().map(|(_, closing)| closing));
            }
            if index > at && !text.ends_with(['(', '[']) {
                text.push(' ');
            }
            match self.nodes[index].kind {
                Kind::List { end, bracket } => {
                    text.push(if bracket { '[' } else { '(' });
                    open.push((end as usize, if bracket { ']' } else { ')' }));
                }
                Kind::Symbol(word) => text.push_str(&symbol(words.text(word))),
                Kind::Number(word) => text.push_str(words.text(word)),
                Kind::Keyword(word) => {
                    text.push(':');
                    text.push_str(words.text(word));
                }
                Kind::Text(word) => text.push_str(&quoted(words.text(word))),
            }
        }
        text.extend(open.iter().rev().map(|&(_, closing)| closing));
        text
    }
}

/// A symbol as SMT-LIB writes it: quoted where it is not a simple one.
pub(super) fn symbol(name: &str) -> std::borrow::Cow<'_, str> {
    let simple = |c: char| c.is_ascii_alphanumeric() || "~!@$%^&*_-+=<>.?/".contains(c);
    if !name.is_empty() && name.chars().all(simple) && !super::lexer::looks_like_number(name) {
        name.into()
    } else {
        format!("|{name}|").into()
    }
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Reads one S-expression after the other.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    lexer: Lexer<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Reader { lexer: Lexer::new(text, at) }
    }

    /// Where the next expression is looked for.
    pub(super) fn offset(&self) -> usize {
        self.lexer.offset()
    }

    /// The next expression; `None` at the end of the text.
    pub(super) fn next(&mut self, words: &mut Words) -> Result<Option<Tree>, ScriptError> {
        let mut tree = Tree::default();
        let mut open: Vec<usize> = Vec::new();
        while let Some((token, span)) = self.lexer.next()? {
            let kind = match token {
                Token::Open { bracket } => {
                    open.push(tree.nodes.len());
                    Kind::List { end: 0, bracket }
                }
                Token::Close { bracket } => {
                    let Some(start) = open.pop() else {
                        let text = if bracket { "]" } else { ")" };
                        return Err(ScriptError::new(format!("`{text}` without a start, expected `(`"), span));
                    };
                    let end = u32::try_from(tree.nodes.len()).unwrap_or(u32::MAX);
                    match &mut tree.nodes[start].kind {
                        Kind::List { end: known, bracket: opened } if *opened == bracket => *known = end,
                        _ => {
                            let (found, expected) = if bracket { ("]", ")") } else { (")", "]") };
                            return Err(ScriptError::new(format!("found `{found}`, expected `{expected}`"), span));
                        }
                    }
                    tree.nodes[start].span.end = span.end;
                    if open.is_empty() {
                        return Ok(Some(tree));
                    }
                    continue;
                }
                Token::Comma if open.last().is_some_and(|&at| !tree.is_list(at)) => continue,
                Token::Comma => return Err(ScriptError::new("unexpected `,`, expected a term", span)),
                Token::Symbol(name) => Kind::Symbol(words.intern(name)),
                Token::Number(text) => Kind::Number(words.intern(text)),
                Token::Keyword(name) => Kind::Keyword(words.intern(name)),
                Token::Text(text) => Kind::Text(words.intern(&text)),
            };
            let leaf = !matches!(kind, Kind::List { .. });
            tree.nodes.push(Node { kind, span });
            if leaf && open.is_empty() {
                return Ok(Some(tree));
            }
        }
        match open.last() {
            None => Ok(None),
            Some(&start) => {
                let at = tree.nodes[start].span;
                Err(ScriptError::new("this list does not end, expected `)`", at))
            }
        }
    }
}
