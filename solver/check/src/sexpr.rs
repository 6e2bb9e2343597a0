//! S-expressions, as SMT-LIB writes them.

/// A symbol, number or string, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// anything but a list; strings keep their quotes, quoted symbols lose their bars
    Word(String),
    /// a list
    List(Vec<Tree>),
}

/// Lists nest at most this deep.
const DEEPEST: usize = 4_000;

impl Tree {
    /// The word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Tree::Word(word) => Some(word),
            Tree::List(_) => None,
        }
    }

    /// The parts of a list.
    pub fn list(&self) -> Option<&[Tree]> {
        match self {
            Tree::Word(_) => None,
            Tree::List(parts) => Some(parts),
        }
    }
}

/// The length of the word that a text begins with.
fn word(text: &str) -> Result<usize, String> {
    let until = |closing: char| {
        let end = text[1..].find(closing).ok_or_else(|| format!("`{closing}` is missing"))?;
        Ok(end + 2)
    };
    match text.chars().next() {
        Some('|') => until('|'),
        Some('"') => until('"'),
        _ => Ok(text.find(|c: char| c.is_whitespace() || "()[];,|\"".contains(c)).unwrap_or(text.len())),
    }
}

/// Reads all expressions of a text.
///
/// # Errors
/// What is wrong, and in which line.
pub fn read(text: &str) -> Result<Vec<Tree>, String> {
    let mut open: Vec<Vec<Tree>> = vec![Vec::new()];
    let mut at = 0;
    let fail = |at: usize, what: &str| format!("line {}: {what}", text[..at].matches('\n').count() + 1);
    while let Some(c) = text[at..].chars().next() {
        let inside = open.len();
        match c {
            ';' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            '(' | '[' => {
                if inside > DEEPEST {
                    return Err(fail(at, "lists nest too deep"));
                }
                open.push(Vec::new());
                at += 1;
            }
            ')' | ']' => {
                let list = open.pop().unwrap_or_default();
                let Some(outer) = open.last_mut() else { return Err(fail(at, "a closing bracket without its start")) };
                outer.push(Tree::List(list));
                at += 1;
            }
            c if c.is_whitespace() || c == ',' => at += c.len_utf8(),
            _ => {
                let length = word(&text[at..]).map_err(|what| fail(at, &what))?;
                let found = &text[at..at + length];
                let found = found.strip_prefix('|').and_then(|rest| rest.strip_suffix('|')).unwrap_or(found);
                open[inside - 1].push(Tree::Word(found.to_owned()));
                at += length;
            }
        }
    }
    match (open.pop(), open.is_empty()) {
        (Some(all), true) => Ok(all),
        _ => Err(fail(text.len(), "a list does not end")),
    }
}
