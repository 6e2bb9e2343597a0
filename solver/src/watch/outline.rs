//! A search at a glance: its boxes and their fates, for pictures side by side.

use super::picture::{self, Shape};
use crate::interval::{Interval, bounds};
use crate::search::{Event, Observer};
use std::collections::HashMap;

/// The most boxes that are drawn.
const SHAPES: usize = 400;

/// The same problem under another setting.
#[derive(Clone, Debug)]
pub struct WhatIf {
    /// the setting
    pub label: String,
    /// the answer
    pub answer: String,
    /// boxes examined
    pub boxes: u64,
    /// the boxes of the first search, as SVG; empty where there are no two variables to draw
    pub picture: String,
}

/// Listens for boxes and their fates.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    searches: usize,
    boxes: u64,
    /// the first two variables at the root
    root: Option<[Interval; 2]>,
    open: HashMap<u64, [Interval; 2]>,
    shapes: Vec<Shape>,
}

impl Outline {
    /// What it heard.
    pub fn finish(mut self, label: impl Into<String>, answer: impl Into<String>) -> WhatIf {
        let open = std::mem::take(&mut self.open);
        let mut open: Vec<_> = open.into_iter().collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        self.shapes.extend(open.into_iter().map(|(_, at)| Shape::Open(at)));
        self.shapes.truncate(SHAPES);
        let picture = self.root.map_or(String::new(), |root| picture::svg(root, &self.shapes, 220.0));
        WhatIf { label: label.into(), answer: answer.into(), boxes: self.boxes, picture }
    }

    fn first_two(kept: &[Interval], variables: usize) -> Option<[Interval; 2]> {
        match kept[..variables] {
            [] => None,
            [x] => Some([x, bounds(0.0, 1.0)]),
            [x, y, ..] => Some([x, y]),
        }
    }
}

impl Observer for Outline {
    fn observe(&mut self, event: &Event<'_>) {
        if let Event::Start { problem, root, .. } = event {
            self.searches += 1;
            if self.searches == 1 {
                self.root = Self::first_two(root, problem.tape.variables());
                self.open.extend(self.root.map(|root| (0, root)));
            }
        }
        let drawn = self.searches == 1;
        match *event {
            Event::Refuted { id, .. } | Event::Pruned { id, .. } | Event::Stuck { id, .. } => {
                self.boxes += 1;
                if let Some(at) = self.open.remove(&id).filter(|_| drawn) {
                    let stuck = matches!(event, Event::Stuck { .. });
                    self.shapes.push(if stuck { Shape::Open(at) } else { Shape::Gone(at) });
                }
            }
            Event::Split { id, position, at, children: [a, b], bounds: kept, .. } => {
                self.boxes += 1;
                if let Some(held) = self.open.remove(&id).filter(|_| drawn) {
                    // what contraction left
                    let variables = if held[1] == bounds(0.0, 1.0) && kept.len() < 2 { 1 } else { 2.min(kept.len()) };
                    let left = Self::first_two(kept, variables).unwrap_or(held);
                    self.shapes.push(Shape::Gone(held));
                    self.shapes.push(Shape::Left(left));
                    let part = |lower: bool| {
                        let mut part = left;
                        if position < 2 {
                            let x = part[position];
                            part[position] = if lower { bounds(x.inf(), at) } else { bounds(at, x.sup()) };
                        }
                        part
                    };
                    self.open.insert(a, part(true));
                    self.open.insert(b, part(false));
                }
            }
            Event::Holds { id, bounds: around, point } => {
                self.boxes += 1;
                if let Some(at) = self.open.remove(&id).filter(|_| drawn) {
                    let left = Self::first_two(around, around.len()).filter(|_| around.len() > 1).unwrap_or(at);
                    self.shapes.push(Shape::Gone(at));
                    self.shapes.push(Shape::Left(left));
                    let y = point.get(1).copied().unwrap_or(0.5);
                    self.shapes.extend(point.first().map(|&x| Shape::Point([x, y])));
                }
            }
            Event::Incumbent { point: [x, rest @ ..], .. } if drawn => {
                self.shapes.push(Shape::Point([*x, rest.first().copied().unwrap_or(0.5)]));
            }
            _ => {}
        }
    }
}
