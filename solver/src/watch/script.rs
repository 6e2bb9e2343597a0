//! An SMT-LIB script as a story.
//!
//! What is told is the search itself, of the formula as it is written: without presolve, and without the second look that
//! [`sat`](crate::sat) takes at a solution that holds only up to δ.

use super::{Outline, Recorder, Story};
use crate::budget::Budget;
use crate::exact::rational;
use crate::search::Observer;
use crate::smtlib::{Script, ScriptError, Session, Settings, Source};

/// Limit on the boxes of one of the settings side by side.
const BOXES: u64 = 20_000;

/// Runs a script and returns what it answers.
fn answers(text: &str, settings: Settings, observer: &mut dyn Observer) -> Result<String, ScriptError> {
    let mut session = Session::new(settings);
    let mut script = Script::new(text);
    let mut answers = Vec::new();
    while let Some(reply) = session.step(&mut script, observer)? {
        if let Some(answer) = reply.answer {
            let mut line = answer.line(false, true);
            if let Some(minimum) = &answer.minimum {
                let text =
                    |end: &Option<_>| end.as_ref().map_or("?".to_owned(), |end| rational::nearest_f64(end).to_string());
                line += &format!(", {} in [{}, {}]", minimum.term, text(&minimum.lower), text(&minimum.upper));
            }
            answers.push(line);
        }
    }
    Ok(answers.join(", "))
}

/// The settings of a search as it is told.
fn plain(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.presolve.set(false, Source::CommandLine);
    settings.second_look = false;
    settings
}

/// The comment at the top of a script.
fn comment(text: &str) -> String {
    let lines = text.lines().map_while(|line| line.strip_prefix(';'));
    lines.map(|line| line.trim_start_matches(';').trim()).collect::<Vec<_>>().join(" ")
}

impl Story {
    /// Tells what happens when a script runs; the first `limit` steps in full.
    ///
    /// ```
    /// use deltasat::smtlib::Settings;
    /// use deltasat::watch::Story;
    /// let script = "(declare-const x Real) (assert (<= (* x x) 1.0)) (assert (>= x 1.5)) (check-sat)";
    /// let story = Story::of_script(script, "a square", &Settings::default(), 1000)?;
    /// assert_eq!(story.answer, "unsat");
    /// assert!(story.text().contains("Refute"));
    /// # Ok::<(), deltasat::smtlib::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the script.
    pub fn of_script(text: &str, title: &str, settings: &Settings, limit: usize) -> Result<Story, ScriptError> {
        let mut recorder = Recorder::new(limit);
        let told = answers(text, plain(settings), &mut recorder)?;
        let said = answers(text, settings.clone(), &mut ())?;
        let mut story = recorder.finish();
        story.title = title.to_owned();
        story.about = comment(text);
        story.answer = told.clone();
        if said != told {
            story.answer +=
                &format!(". The command also presolves and looks again at what holds only up to δ: it says {said}");
        }
        Ok(story)
    }

    /// Adds the same script under other settings: several δ, branchers, and without some contractors.
    ///
    /// # Errors
    /// What is wrong with the script.
    pub fn add_what_if(&mut self, text: &str, settings: &Settings) -> Result<(), ScriptError> {
        let mut ask = |label: String, change: &dyn Fn(&mut Settings)| {
            let mut settings = plain(settings);
            settings.budget = Budget::unlimited().with_boxes(BOXES);
            change(&mut settings);
            let mut outline = Outline::default();
            let answer = answers(text, settings, &mut outline)?;
            self.what_if.push(outline.finish(label, answer));
            Ok::<(), ScriptError>(())
        };
        for delta in ["0.1", "0.01", "0.001"] {
            let exact = rational::parse(delta).unwrap_or_default();
            ask(format!("δ = {delta}"), &|settings| _ = settings.precision.set(exact.clone(), Source::CommandLine))?;
        }
        for brancher in ["largest", "smear-sum"] {
            ask(format!("boxes are split by {brancher}"), &|settings| settings.choice.brancher = Some(brancher))?;
        }
        let all = ["integer", "hc4", "disjunction", "backward-linear", "newton"];
        for without in ["hc4", "backward-linear", "newton"] {
            let rest: Vec<&'static str> = all.into_iter().filter(|name| *name != without).collect();
            ask(format!("without {without}"), &|settings| settings.choice.contractors = Some(rest.clone()))?;
        }
        ask("no contractor at all".to_owned(), &|settings| settings.choice.contractors = Some(Vec::new()))
    }
}
