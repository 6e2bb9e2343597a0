//! `--watch`: the search behind the answer as a page that replays it.

use super::page;
use super::progress::Progress;
use clap::Args;
use deltasat::search::{Event, Observer, Wants};
use deltasat::watch::Recorder;
use std::path::{Path, PathBuf};

/// Steps that are told in full.
const STEPS: usize = 1000;

/// A page of the search beside the answer.
#[derive(Args)]
pub(super) struct Watch {
    /// Also write a self-contained page to this file that replays the search step by step, with the reason for each step
    #[arg(long, value_name = "FILE")]
    watch: Option<PathBuf>,
}

impl Watch {
    /// Checks that the page can be written; `read` are the files of the question.
    pub(super) fn check(&self, read: &[&Path]) -> Result<(), String> {
        let Some(path) = &self.watch else { return Ok(()) };
        page::check(path, read).map_err(|problem| format!("--watch {}: {problem}", path.display()))
    }

    /// Refuses a page where many searches answer.
    pub(super) fn expect_none(&self) -> Result<(), String> {
        if self.watch.is_some() { Err("--watch: for many inputs, expected --input".to_owned()) } else { Ok(()) }
    }

    /// Listens beside the progress, if a page is wanted.
    pub(super) fn listen(&self, progress: Progress) -> Watched {
        Watched {
            progress,
            recorder: self.watch.is_some().then(|| Recorder::new(STEPS).calling("the change of the confidence")),
        }
    }

    /// Writes the page; `answer` is what the command prints first.
    pub(super) fn write(&self, watched: Watched, title: &str, answer: &str) -> Result<(), String> {
        let Watched { progress, recorder } = watched;
        drop(progress);
        let (Some(path), Some(recorder)) = (&self.watch, recorder) else { return Ok(()) };
        let mut story = recorder.finish();
        title.clone_into(&mut story.title);
        answer.clone_into(&mut story.answer);
        story.about = "Variables named x are inputs, each s stands for all parameters of one neuron: −1 and 1 are the ends of what \
                       they can do."
            .to_owned();
        if story.steps.is_empty() {
            story
                .remark("No search was needed: at one input, and with one hidden layer, the bounds are a closed form.");
        }
        page::replace(path, &story.page())
    }
}

/// Progress, and what is recorded.
pub(super) struct Watched {
    progress: Progress,
    recorder: Option<Recorder>,
}

impl Observer for Watched {
    fn wants(&self) -> Wants {
        self.recorder.as_ref().map_or(Wants::default(), Recorder::wants)
    }

    fn observe(&mut self, event: &Event<'_>) {
        self.progress.observe(event);
        if let Some(recorder) = &mut self.recorder {
            recorder.observe(event);
        }
    }
}
