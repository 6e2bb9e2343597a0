//! The story in a terminal.

use super::Story;
use std::fmt::Write;

impl Story {
    /// One line a step, numbered.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut chapter = usize::MAX;
        for (number, step) in self.steps.iter().enumerate() {
            if step.chapter != chapter && self.chapters.len() > 1 {
                chapter = step.chapter;
                // a String takes everything
                let _ = writeln!(text, "search {} of {}", chapter + 1, self.chapters.len());
            }
            let _ = writeln!(text, "{number:>5}  {}", step.sentence);
        }
        if self.left_out > 0 {
            let _ = writeln!(text, "       {} boxes are not told.", self.left_out);
        }
        for what_if in &self.what_if {
            let boxes = if what_if.boxes == 1 { "box" } else { "boxes" };
            let _ = writeln!(text, "what if {}: {} after {} {boxes}", what_if.label, what_if.answer, what_if.boxes);
        }
        text
    }
}
