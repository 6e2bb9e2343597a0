//! S-expressions, as trees. [`super::dr`] writes its infix formulas in the same form, so there is one kind of term.

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sexpr {
    /// a number, a keyword or a name; `|quoted|` names without their bars
    Atom(String),
    Text(String),
    List(Vec<Sexpr>),
}

use Sexpr::{Atom, List};

impl Sexpr {
    pub fn call(name: &str, operands: Vec<Sexpr>) -> Self {
        List(std::iter::once(Atom(name.to_owned())).chain(operands).collect())
    }

    pub fn atom(&self) -> Option<&str> {
        match self {
            Atom(text) => Some(text),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Sexpr]> {
        match self {
            List(items) => Some(items),
            _ => None,
        }
    }

    /// The first atom of a list, and the rest.
    pub fn headed(&self) -> Option<(&str, &[Sexpr])> {
        let (head, rest) = self.list()?.split_first()?;
        Some((head.atom()?, rest))
    }
}

/// Every expression of a text; square brackets are lists too, and commas are spaces, as in `[-2, 2]`.
pub fn read(text: &str) -> Result<Vec<Sexpr>, String> {
    let mut stack: Vec<(char, Vec<Sexpr>)> = vec![(' ', Vec::new())];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let until = |end: fn(char) -> bool| rest.find(end).unwrap_or(rest.len());
        let item = match c {
            c if c.is_whitespace() || c == ',' => {
                rest = &rest[c.len_utf8()..];
                continue;
            }
            ';' => {
                rest = &rest[until(|c| c == '\n' || c == '\r')..];
                continue;
            }
            '(' | '[' => {
                stack.push((c, Vec::new()));
                rest = &rest[1..];
                continue;
            }
            ')' | ']' => {
                rest = &rest[1..];
                let (opened, items) = stack.pop().ok_or("nothing to close")?;
                if (opened, c) != ('(', ')') && (opened, c) != ('[', ']') {
                    return Err(format!("`{c}` closes nothing"));
                }
                List(items)
            }
            '"' => {
                let mut text = String::new();
                rest = &rest[1..];
                loop {
                    let end = rest.find('"').ok_or("a text without an end")?;
                    text.push_str(&rest[..end]);
                    rest = &rest[end + 1..];
                    // two quotes are one
                    match rest.strip_prefix('"') {
                        Some(after) => (text.push('"'), rest = after).0,
                        None => break,
                    }
                }
                Sexpr::Text(text)
            }
            '|' => {
                let end = rest[1..].find('|').ok_or("a name without an end")?;
                let name = rest[1..=end].to_owned();
                rest = &rest[end + 2..];
                Atom(name)
            }
            _ => {
                let end = until(|c| c.is_whitespace() || "()[],;\"|".contains(c));
                let atom = rest[..end].to_owned();
                rest = &rest[end..];
                Atom(atom)
            }
        };
        stack.last_mut().ok_or("nothing is open")?.1.push(item);
    }
    match stack.pop() {
        Some((' ', items)) if stack.is_empty() => Ok(items),
        _ => Err("not closed".to_owned()),
    }
}
