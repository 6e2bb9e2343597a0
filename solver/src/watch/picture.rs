//! Boxes of two variables as SVG.

use super::{Kind, Story, words};
use crate::interval::{Interval, bounds};
use std::fmt::Write;

/// The colours of the boxes.
const STYLE: &str = "<style>.box-gone{fill:#c9c9cf;stroke:#8a8a94;stroke-width:.5}.box-left{fill:#fff;stroke:#8a8a94;\
                     stroke-width:.5}.box-open{fill:#ffe9a8;stroke:#a07800;stroke-width:.5}</style>";

/// Something to draw.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// a box without solutions
    Gone([Interval; 2]),
    /// what contraction left
    Left([Interval; 2]),
    /// a box that is open
    Open([Interval; 2]),
    /// a point
    Point([f64; 2]),
}

/// The shapes, later ones above earlier ones.
pub(super) fn svg(root: [Interval; 2], shapes: &[Shape], size: f64) -> String {
    let ends = |x: Interval| (x.inf().max(-10.0), x.sup().min(10.0));
    let [x, y] = root.map(ends);
    let scale = |(lo, hi): (f64, f64), v: f64| size * ((v - lo) / (hi - lo).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-1 -1 {0} {0}\" role=\"img\" aria-label=\"boxes\">{STYLE}",
        size + 2.0
    );
    for shape in shapes {
        let (class, [a, b]) = match shape {
            Shape::Gone(at) => ("box-gone", *at),
            Shape::Left(at) => ("box-left", *at),
            Shape::Open(at) => ("box-open", *at),
            Shape::Point([px, py]) => {
                let (px, py) = (scale(x, *px), size - scale(y, *py));
                // a String takes everything
                let _ = write!(text, "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"4\" fill=\"#c2185b\"/>");
                continue;
            }
        };
        let (left, right) = (scale(x, a.inf()), scale(x, a.sup()));
        let (top, bottom) = (size - scale(y, b.sup()), size - scale(y, b.inf()));
        let _ = write!(
            text,
            "<path class=\"{class}\" d=\"M{left:.1} {top:.1}h{0:.1}v{1:.1}h-{0:.1}z\"/>",
            (right - left).max(0.4),
            (bottom - top).max(0.4)
        );
    }
    text + "</svg>"
}

impl Story {
    /// A picture of the first two variables after each step that changes it, with its number and its sentence: for slides.
    pub fn pictures(&self) -> Vec<(usize, String)> {
        let mut pictures = Vec::new();
        let mut shapes: Vec<Shape> = Vec::new();
        let (mut chapter, mut root, mut held) = (usize::MAX, [bounds(0.0, 1.0); 2], [bounds(0.0, 1.0); 2]);
        let two = |variables: &[Interval]| [variables[0], variables.get(1).copied().unwrap_or(bounds(0.0, 1.0))];
        for (number, step) in self.steps.iter().enumerate() {
            if step.chapter != chapter {
                chapter = step.chapter;
                shapes.clear();
            }
            if !step.variables.is_empty() {
                held = two(&step.variables);
                if step.kind == Kind::Start {
                    root = held;
                    shapes.push(Shape::Left(root));
                }
            }
            match step.kind {
                Kind::Cut => {
                    let Some((variable, _, after)) = step.cut.filter(|cut| cut.0 < 2) else { continue };
                    shapes.push(Shape::Gone(held));
                    held[variable] = after;
                    shapes.push(Shape::Left(held));
                }
                Kind::Refute | Kind::Prune => shapes.push(Shape::Gone(held)),
                Kind::Box => {}
                Kind::Start | Kind::Split | Kind::Found | Kind::End => {}
                _ => continue,
            }
            let mut now = shapes.clone();
            if !matches!(step.kind, Kind::Refute | Kind::Prune | Kind::Start) {
                now.push(Shape::Open(held));
            }
            if let Some((at, _)) = &step.point {
                now.push(Shape::Point([at[0], at.get(1).copied().unwrap_or(0.5)]));
            }
            pictures.push((number, captioned(&svg(root, &now, 400.0), &step.sentence)));
        }
        pictures
    }
}

/// A picture above its sentence.
fn captioned(picture: &str, sentence: &str) -> String {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        if lines.last().is_some_and(|line| line.chars().count() + word.chars().count() > 70) {
            lines.push(String::new());
        }
        let line = lines.last_mut().expect("one is there");
        line.push_str(word);
        line.push(' ');
    }
    let height = 420 + 16 * lines.len();
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 460 {height}\" width=\"920\" height=\"{}\">\
         <rect width=\"460\" height=\"{height}\" fill=\"#fff\"/>",
        2 * height
    );
    text += &picture.replacen("<svg ", "<svg x=\"30\" y=\"8\" width=\"400\" height=\"400\" ", 1);
    for (index, line) in lines.iter().enumerate() {
        let _ = write!(
            text,
            "<text x=\"12\" y=\"{}\" font-family=\"sans-serif\" font-size=\"12\">{}</text>",
            426 + 16 * index,
            words::escape(line.trim_end())
        );
    }
    text + "</svg>"
}
