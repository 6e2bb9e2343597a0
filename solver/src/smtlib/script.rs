//! Scripts and replies: what a session is told, one command at a time, and what it says.

use super::answer::{Answer, ModelEntry, ModelValue, Verdict};
use super::command::Call;
use super::error::ScriptError;
use super::print;
use super::session::{Assertion, Session};
use super::sexpr::{Reader, quoted};
use crate::interval::decimal::{shortest_lower, shortest_upper};
use crate::search::Observer;
use std::rc::Rc;

/// A script being executed.
#[derive(Clone, Debug)]
pub struct Script<'a> {
    text: &'a str,
    at: usize,
    ended: bool,
}

impl<'a> Script<'a> {
    /// A script at its beginning.
    pub fn new(text: &'a str) -> Self {
        Script { text, at: 0, ended: false }
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }
}

/// What a command has to say.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// the text to print, without the last end of line; `None` for nothing
    pub text: Option<String>,
    /// the answer, where the command was a check
    pub answer: Option<Answer>,
    /// what a user should know but the reply must not say: an option that means nothing here
    pub note: Option<String>,
    /// whether the command asked for what is not there, a model behind `unsat`; the text says so
    pub refused: bool,
}

impl Reply {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Reply { text: Some(text.into()), ..Reply::default() }
    }
}

impl Session {
    /// Executes the next command; `None` at the end of the script, or behind `(exit)`. A command that asks for what is not
    /// there, such as a model behind `unsat`, has the reply `(error "…")`.
    ///
    /// # Errors
    /// When the command breaks the grammar, or means nothing, which ends the script. The session stays as it was before the command.
    pub fn step(&mut self, script: &mut Script<'_>, observer: &mut dyn Observer) -> Result<Option<Reply>, ScriptError> {
        if script.ended {
            return Ok(None);
        }
        let mut reader = Reader::new(script.text, script.at);
        let tree = match reader.next(&mut self.context.words) {
            Ok(Some(tree)) => tree,
            Ok(None) => {
                script.ended = true;
                return Ok(None);
            }
            Err(error) => {
                script.ended = true;
                return Err(error);
            }
        };
        script.at = reader.offset();
        let mut call = Call { session: self, tree: Rc::new(tree), observer };
        match call.execute() {
            Ok(Some(reply)) => Ok(Some(reply)),
            Ok(None) => {
                script.ended = true;
                Ok(None)
            }
            Err(ScriptError { stopped: Some(reason), .. }) => {
                self.cut = Some(reason);
                Ok(Some(Reply::default()))
            }
            Err(error) if error.passing => {
                let (line, column) = error.position(script.text);
                let message = quoted(&format!("line {line} column {column}: {error}"));
                Ok(Some(Reply { refused: true, ..Reply::text(format!("(error {message})")) }))
            }
            Err(error) => {
                script.ended = true;
                Err(error)
            }
        }
    }
}

impl Session {
    /// Checks the assertions, as `(check-sat)` does.
    ///
    /// # Errors
    /// When there is more than one objective.
    pub fn check_sat(&mut self, observer: &mut dyn Observer) -> Result<Reply, String> {
        self.reply_to_check(Vec::new(), observer)
    }

    pub(super) fn reply_to_check(
        &mut self,
        assumptions: Vec<Assertion>,
        observer: &mut dyn Observer,
    ) -> Result<Reply, String> {
        let answer = self.check(assumptions, observer)?.clone();
        let compliant = *self.settings.smtlib2_compliant.get();
        let mut lines = vec![answer.line(compliant, *self.settings.exact_sat.get())];
        if let (Verdict::Unknown(reason), false) = (answer.verdict, compliant) {
            lines.push(format!("; {}", reason.sentence()));
        }
        if *self.settings.produce_models.get() && !compliant {
            lines.extend(answer.model.iter().map(box_line));
        }
        if let Some(minimum) = &answer.minimum {
            lines.push(if compliant {
                let interval = print::interval_of(minimum.lower.as_ref(), minimum.upper.as_ref());
                format!("(objectives\n  ({} {interval})\n)", minimum.term)
            } else {
                let lower = minimum.lower.as_ref().map_or("-inf".to_owned(), print::lower_end);
                let upper = minimum.upper.as_ref().map_or("inf".to_owned(), print::upper_end);
                format!("{} : [{lower}, {upper}]", minimum.term)
            });
        }
        Ok(Reply { text: Some(lines.join("\n")), answer: Some(answer), ..Reply::default() })
    }
}

/// `x : [5, 5]`, as dReal prints a model.
fn box_line(entry: &ModelEntry) -> String {
    match &entry.value {
        ModelValue::Bool(value) => format!("{} : {}", entry.name, if *value { "True" } else { "False" }),
        ModelValue::Integer(x) | ModelValue::Number(x) => {
            let (lower, upper) = match entry.within {
                Some((lower, upper)) if lower < upper => (shortest_lower(lower), shortest_upper(upper)),
                _ if matches!(entry.value, ModelValue::Integer(_)) => (x.to_string(), x.to_string()),
                _ => print::ends(x),
            };
            format!("{} : [{lower}, {upper}]", entry.name)
        }
    }
}
