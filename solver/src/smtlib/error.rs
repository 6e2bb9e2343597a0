//! Errors that know where they are: a message, the span of the text that it is about, and the picture of both.

use crate::budget::StopReason;
use std::fmt;

/// A part of the text of a script, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// where it starts
    pub start: u32,
    /// just behind its end
    pub end: u32,
}

impl Span {
    /// The span between two offsets; a script is shorter than 4 GiB.
    pub(super) fn new(start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }
}

/// What is wrong with a script, and where. Displayed, it is the message alone; [`render`](Self::render) adds the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// what is wrong and what was expected; lower case, no full stop
    pub message: String,
    /// the part of the script that the message is about
    pub span: Span,
    /// whether a script goes on behind it
    pub(super) passing: bool,
    /// the limit that was reached, where nothing else is wrong
    pub(super) stopped: Option<StopReason>,
}

impl ScriptError {
    pub(super) fn new(message: impl Into<String>, span: Span) -> Self {
        ScriptError { message: message.into(), span, passing: false, stopped: None }
    }

    /// No error: a limit was reached before everything was read.
    pub(super) fn stopped(reason: StopReason, span: Span) -> Self {
        ScriptError { stopped: Some(reason), ..ScriptError::new(reason.words(), span) }
    }

    /// An error of a command that asks for what is not there: it is said, and the script goes on.
    pub(super) fn passing(self) -> Self {
        ScriptError { passing: true, ..self }
    }

    /// Line and column, from 1, of the start of the span; columns count characters.
    pub fn position(&self, text: &str) -> (usize, usize) {
        let start = floor_boundary(text, self.span.start as usize);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, text[line_start..start].chars().count() + 1)
    }

    /// The message with `name:line:column:` before it and the line with a caret after it:
    ///
    /// ```text
    /// net.smt2:3:10: unknown symbol `y`, expected a declared constant
    ///   (assert (> y 0))
    ///              ^
    /// ```
    pub fn render(&self, name: &str, text: &str) -> String {
        const WIDTH: usize = 100;
        let (line, column) = self.position(text);
        let start = floor_boundary(text, self.span.start as usize);
        let end = floor_boundary(text, self.span.end as usize).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        // a long line shows only the surroundings of the place
        let shown_start =
            text[line_start..start].char_indices().rev().nth(WIDTH / 2).map_or(line_start, |(at, _)| line_start + at);
        let shown_end = text[start..line_end].char_indices().nth(WIDTH / 2).map_or(line_end, |(at, _)| start + at);
        let clean = |part: &str| part.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        let carets = text[start..end.min(shown_end)].chars().count().max(1);
        format!(
            "{name}:{line}:{column}: {}\n  {}\n  {}{}",
            self.message,
            clean(text[shown_start..shown_end].trim_end_matches('\r')),
            " ".repeat(text[shown_start..start].chars().count()),
            "^".repeat(carets)
        )
    }
}

/// The largest character boundary that is at most `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScriptError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_error_points_at_its_place() {
        let text = "(set-logic QF_NRA)\n(assert (> ÿ 0))\n";
        let start = text.find('ÿ').unwrap();
        let error = ScriptError::new("unknown symbol `ÿ`", Span::new(start, start + 2));
        assert_eq!(error.position(text), (2, 12));
        assert_eq!(error.render("a", text), "a:2:12: unknown symbol `ÿ`\n  (assert (> ÿ 0))\n             ^");
        // spans that do not fit the text are no reason to panic
        for (start, end) in [(start + 1, start), (99, 1000), (text.len(), text.len())] {
            ScriptError::new("x", Span::new(start, end)).render("a", text);
        }
        let long = format!("{}?{}", "x".repeat(1000), "y".repeat(1000));
        assert!(ScriptError::new("x", Span::new(1000, 1001)).render("a", &long).lines().all(|line| line.len() < 120));
    }
}
