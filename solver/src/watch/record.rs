//! Listening: events of the search to steps of the story.

use super::follow::Search;
use super::words::{self, interval, loss, names, point};
use super::{Chapter, Kind, Step, Story, map};
use crate::expr::{Infix, VariableId};
use crate::formula::Atom;
use crate::interval::Interval;
use crate::problem::{Compiled, Problem};
use crate::search::{Event, Note, Observer, Reason, Verdict, Wants};
use crate::tape::Slot;

/// After the limit of steps one box in so many is kept, up to as many steps again; then one in the square of it.
const SAMPLE: u64 = 16;
/// Chapters of which a map is drawn.
const MAPS: usize = 6;
/// A page that is larger takes long to load, so that a story is cut as if it had the limit of steps.
const BYTES: usize = 200_000;

/// Makes a [`Story`] of what it is told.
#[derive(Debug)]
pub struct Recorder {
    story: Story,
    limit: usize,
    search: Option<Search>,
    /// boxes seen in all searches
    boxes: u64,
    /// about what the steps take in a page
    bytes: usize,
    /// what the objective is called
    called: Option<String>,
}

impl Recorder {
    /// Keeps so many steps in full.
    pub fn new(limit: usize) -> Self {
        Recorder { story: Story::default(), limit: limit.max(1), search: None, boxes: 0, bytes: 0, called: None }
    }

    /// Calls the objective so, in place of its expression.
    pub fn calling(self, objective: impl Into<String>) -> Self {
        Recorder { called: Some(objective.into()), ..self }
    }

    /// The story so far.
    pub fn finish(mut self) -> Story {
        self.end_search(None);
        self.story
    }

    fn push(&mut self, kind: Kind, id: Option<u64>, sentence: String) -> &mut Step {
        if self.story.chapters.is_empty() {
            self.story.chapters.push(Chapter::default());
        }
        let (up, down) = match &mut self.search {
            Some(search) => (std::mem::take(&mut search.up), std::mem::take(&mut search.down)),
            None => Default::default(),
        };
        let chapter = self.story.chapters.len() - 1;
        self.bytes += 60 + sentence.len() + 48 * (up.len() + down.len());
        let step = Step { up, down, ..Step::new(chapter, kind, id, sentence) };
        self.story.steps.push(step);
        self.story.steps.last_mut().expect("one was pushed")
    }

    fn start(&mut self, problem: &Compiled, root: &[Interval], delta: f64, threshold: f64) {
        self.end_search(None);
        let search = Search::new(problem, root, threshold, self.called.as_deref());
        let chapter = search.chapter(delta);
        let sentence = match &chapter.objective {
            Some(objective) => format!(
                "Start: how large can {objective} be, for {}?",
                names(&chapter.variables, &root[..chapter.variables.len()])
            ),
            None => format!(
                "Start: is there a point with {} that satisfies every constraint? A point may fail each by δ = {}.",
                names(&chapter.variables, &root[..chapter.variables.len()]),
                words::setting(delta)
            ),
        };
        self.story.chapters.push(chapter);
        self.search = Some(search);
        let first = self.push(Kind::Start, None, sentence);
        first.variables = root[..problem.tape.variables()].to_vec();
    }

    /// Draws the map of the search that ends.
    fn end_search(&mut self, at: Option<&[f64]>) {
        let Some(search) = &self.search else { return };
        let index = self.story.chapters.len() - 1;
        if index < MAPS && self.story.chapters[index].map.is_none() {
            self.story.chapters[index].map = map::draw(&search.problem, &search.root, &search.atoms, at);
        }
    }

    /// Whether the next box is told.
    fn admits(&self) -> bool {
        match (self.story.steps.len() / self.limit).max(self.bytes / BYTES) {
            0 => true,
            1 => self.boxes.is_multiple_of(SAMPLE),
            2 => self.boxes.is_multiple_of(SAMPLE * SAMPLE),
            _ => false,
        }
    }

    fn enter(&mut self, id: u64, kept: &[Interval], threshold: f64) {
        self.boxes += 1;
        let told = self.admits();
        self.story.left_out += u64::from(!told);
        if let Some(search) = &mut self.search {
            search.enter(id, kept, threshold, told);
        }
    }

    /// Tells of the box, once its values are known.
    fn take_up(&mut self) {
        let Some(search) = &mut self.search else { return };
        let Some((id, kept)) = search.entered.take() else { return };
        let variables = kept[..search.problem.tape.variables()].to_vec();
        let chapter = self.story.chapters.last().expect("a search has a chapter");
        let undecided = search.undecided();
        let mut sentence = format!("Take box {id}: {}.", names(&chapter.variables, &variables));
        if let Some((text, value)) = undecided {
            sentence += &format!(" There {text} lies in {}.", interval(value));
        }
        self.push(Kind::Box, Some(id), sentence).variables = variables;
    }

    fn note(&mut self, id: u64, note: &Note) {
        if let Note::Enter { kept, threshold } = note {
            return self.enter(id, kept, *threshold);
        }
        let Some(search) = &mut self.search else { return };
        if !search.told || (search.supposing && !matches!(note, Note::Hull(_))) {
            return;
        }
        match note {
            Note::Values { forward, values } => {
                search.values(*forward, values);
                self.take_up();
            }
            Note::Contractor(name) => search.contractor = name,
            Note::Cut { slot, before, after, reason } => self.cut(id, *slot, *before, *after, *reason),
            Note::Contradiction(reason) => search.contradiction(*reason),
            Note::Line(bound) => search.note_line(bound),
            Note::Branch { .. } => search.supposing = true,
            Note::Hull(kept) => self.hull(id, kept),
            Note::Point { at, by, holds } => self.tried(id, at, by, *holds),
            Note::Enter { .. } => {}
        }
    }

    fn cut(&mut self, id: u64, slot: Slot, before: Interval, after: Interval, reason: Reason) {
        let Some(search) = &mut self.search else { return };
        let constraint = search.cause(slot, reason);
        search.slots[slot as usize] = after;
        search.cause[slot as usize] = constraint.or(search.cause[slot as usize]);
        if search.shows(slot) {
            search.down.push((slot, after));
        }
        if after.is_empty() {
            search.refuted = Some((constraint, search.emptied(slot, before, constraint, reason)));
            return;
        }
        let position = slot as usize;
        if position >= search.problem.tape.variables() {
            return;
        }
        self.take_up();
        let chapter = self.story.chapters.last().expect("a search has a chapter");
        let search = self.search.as_ref().expect("it was there");
        let who = constraint.and_then(|index| Some(words::constraint(&chapter.constraints.get(index)?.text, index)));
        let sentence = search.reason(reason, who) + &loss(&chapter.variables[position].0, before, after) + ".";
        let line = search.line.as_ref().filter(|_| reason == Reason::Line).map(|line| line.1.clone());
        // one constraint may cut a variable several times in a row: that is one step
        let again = self.story.steps.last().is_some_and(|last| {
            let same = last.cut.is_some_and(|(other, _, held)| other == position && held == before);
            same && last.id == Some(id) && last.constraint == constraint && line.is_none() && last.line.is_none()
        });
        if again {
            let last = self.story.steps.last_mut().expect("it was there");
            let first = last.cut.map_or(before, |(_, first, _)| first);
            last.cut = Some((position, first, after));
            let name = &self.story.chapters[last.chapter].variables[position].0;
            if let Some((head, _)) = last.sentence.split_once(" allows no ") {
                last.sentence = format!("{head} {}.", loss(name, first, after));
            }
            return;
        }
        let step = self.push(Kind::Cut, Some(id), sentence);
        step.constraint = constraint;
        step.cut = Some((position, before, after));
        let curves = line.as_ref().map_or(0, |line| 100 + 250 * line.curves.len());
        step.line = line;
        self.bytes += 120 + curves;
    }

    fn hull(&mut self, id: u64, kept: &[Interval]) {
        let Some(search) = &mut self.search else { return };
        search.supposing = false;
        let n = search.problem.tape.variables();
        let before = search.slots[..n].to_vec();
        for position in 0..n {
            if before[position] != kept[position] {
                self.cut(id, position as Slot, before[position], kept[position], Reason::Disjunction);
            }
        }
    }

    fn tried(&mut self, id: u64, at: &[f64], by: &str, holds: bool) {
        let Some(search) = &mut self.search else { return };
        if by != "centre" {
            search.tries += usize::from(!holds);
            return;
        }
        if holds {
            return;
        }
        let values = search.at(at);
        let delta = self.story.chapters.last().map_or(0.0, |chapter| chapter.delta);
        let failing = search.failing(&values, delta);
        let why = failing.map_or_else(
            || "a constraint is not decided there".to_owned(),
            |index| {
                let text = &self.story.chapters.last().expect("one").constraints[index].text;
                format!("{} fails there by more than δ", words::constraint(text, index))
            },
        );
        let sentence = format!("Try the centre {}: {why}.", point(at));
        let step = self.push(Kind::Try, Some(id), sentence);
        step.point = Some((at.to_vec(), values));
        step.constraint = failing;
    }

    fn refuted(&mut self, id: u64, by: &str) {
        self.take_up();
        let Some(search) = &mut self.search else { return };
        let (constraint, why) =
            search.refuted.take().unwrap_or_else(|| (None, format!("the contractor {by} leaves nothing")));
        let line = search.line.take().filter(|line| line.0 == constraint).map(|line| line.1);
        let optimises = self.story.chapters.last().is_some_and(|chapter| chapter.objective.is_some());
        let so = if optimises { "Nothing that matters is in box" } else { "No solution is in box" };
        let step = self.push(Kind::Refute, Some(id), format!("Refute: {why}. {so} {id}."));
        step.constraint = constraint;
        step.line = line;
    }

    fn split(&mut self, id: u64, position: usize, at: f64, children: [u64; 2]) {
        let Some(search) = &self.search else { return };
        let slot = search.problem.tape.kept()[position];
        let [a, b] = children;
        let tried = match search.tries {
            0 => String::new(),
            1 => " A point near was tried in vain.".to_owned(),
            n => format!(" {n} points near were tried in vain."),
        };
        let variable = (position < search.problem.tape.variables()).then_some(position);
        let sentence = match variable {
            Some(v) => {
                let name = &self.story.chapters.last().expect("one").variables[v].0;
                format!(
                    "Split: no constraint cuts more off box {id}, so halve {name} at {}: boxes {a} and {b}.{tried}",
                    words::number(at)
                )
            }
            None => {
                let text = search.text.get(&slot).map_or("an inner expression", String::as_str);
                format!("Split: look at {text} below and above {}: boxes {a} and {b}.{tried}", words::number(at))
            }
        };
        self.push(Kind::Split, Some(id), sentence).parts = Some((variable, at, children));
    }

    fn found(&mut self, id: u64, at: &[f64], bounds: &[Interval]) {
        let Some(search) = &mut self.search else { return };
        let values = search.at(at);
        let variables = bounds.to_vec();
        let delta = self.story.chapters.last().map_or(0.0, |chapter| chapter.delta);
        let sentence = format!(
            "Found: at {} no constraint fails by more than δ = {}. The search can stop.",
            point(at),
            words::setting(delta)
        );
        let step = self.push(Kind::Found, Some(id), sentence);
        step.point = Some((at.to_vec(), values));
        step.variables = variables;
    }

    fn decided(&mut self, verdict: &Verdict) {
        let (sentence, at) = match verdict {
            Verdict::Unsat => (
                "Every box is refuted, so no point satisfies all constraints: unsat. That is a proof, whatever δ is."
                    .to_owned(),
                None,
            ),
            Verdict::Sat(certificate) => {
                let at: Vec<f64> = certificate.point.iter().map(crate::exact::rational::nearest_f64).collect();
                (
                    format!(
                        "The point {} satisfies every constraint exactly, checked with fractions: sat.",
                        point(&at)
                    ),
                    Some(at),
                )
            }
            Verdict::SatWithin { point: at, .. } => (
                format!(
                    "A tiny box around {} certainly contains a solution, though it cannot be written down: sat.",
                    point(at)
                ),
                Some(at.clone()),
            ),
            Verdict::DeltaSat { point: at, .. } => (
                format!(
                    "At {} every constraint holds up to δ, but not each was shown to hold exactly: δ-sat. There may be a solution near, or none.",
                    point(at)
                ),
                Some(at.clone()),
            ),
            Verdict::Unknown(reason) => (format!("Not decided: {}.", reason.words()), None),
        };
        self.end_search(at.as_deref());
        let values = match (&mut self.search, &at) {
            (Some(search), Some(at)) => search.at(at),
            _ => Vec::new(),
        };
        self.push(Kind::End, None, sentence).point = at.map(|at| (at, values));
    }

    fn boolean(&mut self, problem: &Problem, atoms: &[Atom], learnt: bool) {
        if self.story.chapters.is_empty() {
            let variables = problem.variables.iter().map(|v| (v.name.clone(), v.domain)).collect();
            self.story.chapters.push(Chapter { variables, ..Chapter::default() });
        }
        let name = |v: VariableId| problem.variables[v.index()].name.clone();
        let mut infix = Infix::new(&problem.graph, &name);
        let shown: Vec<String> =
            atoms.iter().take(6).map(|atom| words::brief(&words::atom(&mut infix, atom))).collect();
        let more = if atoms.len() > 6 { format!(" and {} more", atoms.len() - 6) } else { String::new() };
        let list = shown.join(" and ") + &more;
        let (kind, sentence) = match (learnt, atoms.len()) {
            (false, _) => (Kind::Choose, format!("Choose: can these hold together: {list}?")),
            (true, 1) => (Kind::Learn, format!("Learn: {list} cannot hold.")),
            (true, _) => (Kind::Learn, format!("Learn: these cannot all hold together: {list}.")),
        };
        self.push(kind, None, sentence);
    }
}

impl Observer for Recorder {
    fn wants(&self) -> Wants {
        Wants::ALL
    }

    fn observe(&mut self, event: &Event<'_>) {
        let told = self.search.as_ref().is_some_and(|search| search.told);
        match *event {
            Event::Start { problem, root, delta, threshold } => self.start(problem, root, delta, threshold),
            Event::Note { id, note } => self.note(id, note),
            Event::Refuted { id, by, .. } if told => self.refuted(id, by),
            Event::Pruned { id, bound } if told => {
                self.take_up();
                let sentence = format!(
                    "Prune: the maximum over box {id} is at most {}, which is not enough to matter.",
                    words::ceil(bound)
                );
                self.push(Kind::Prune, Some(id), sentence);
            }
            Event::Split { id, position, at, children, .. } if told => self.split(id, position, at, children),
            Event::Holds { id, bounds, point } => self.found(id, point, bounds),
            Event::Stuck { id, .. } => {
                let sentence = format!("Stuck: doubles are too coarse to split box {id}, and it is not decided.");
                self.push(Kind::Stuck, Some(id), sentence);
            }
            Event::Incumbent { value, point: at } => {
                let values = self.search.as_mut().map_or(Vec::new(), |search| search.at(at));
                let sentence = format!(
                    "Better point: at {} the objective is at least {}, evaluated exactly.",
                    point(at),
                    words::floor(value)
                );
                self.push(Kind::Found, None, sentence).point = Some((at.to_vec(), values));
            }
            Event::Progress { lower, upper, .. } => {
                let steps = self.story.steps.len();
                if let Some(chapter) = self.story.chapters.last_mut().filter(|chapter| chapter.objective.is_some())
                    && chapter.bounds.last().is_none_or(|&(_, l, u)| (l, u) != (lower, upper))
                    && chapter.bounds.len() < 2 * self.limit
                {
                    chapter.bounds.push((steps, lower, upper));
                }
            }
            Event::Decided(verdict) => self.decided(verdict),
            Event::Optimised { lower, upper, .. } => {
                self.end_search(None);
                let sentence = if upper == f64::NEG_INFINITY {
                    "No point is left: the constraints have no solution.".to_owned()
                } else {
                    format!("The maximum lies between {} and {}.", words::floor(lower), words::ceil(upper))
                };
                self.push(Kind::End, None, sentence);
            }
            Event::Assignment { problem, atoms } => self.boolean(problem, atoms, false),
            Event::Excluded { problem, atoms } => self.boolean(problem, atoms, true),
            _ => {}
        }
    }
}
