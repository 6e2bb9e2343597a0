//! The page: one file, with its style, its script and the story inside.

use super::{Story, words};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

impl Story {
    /// The page that replays the story.
    pub fn page(&self) -> String {
        // for readers without a script: the sentences
        let sentences: String =
            self.steps.iter().take(200).map(|step| format!("<li>{}</li>", words::escape(&step.sentence))).collect();
        let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len());
        let mut rest = PAGE;
        // in the order of the page: what is put in is not searched again
        let parts = [
            ("{{title}}", words::escape(&self.title)),
            ("{{style}}", STYLE.to_owned()),
            ("{{title}}", words::escape(&self.title)),
            ("{{about}}", words::escape(&self.about)),
            ("{{sentences}}", sentences),
            ("{{story}}", self.json()),
            ("{{script}}", SCRIPT.to_owned()),
        ];
        for (place, part) in parts {
            let (before, after) = rest.split_once(place).expect("the page has every place");
            page += before;
            page += &part;
            rest = after;
        }
        page + rest
    }
}
