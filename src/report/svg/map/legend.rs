//! What stands under a map, and the map in words.

use super::{BOTTOM, LINE};
use super::{HUES, Kind, Map, Mark, NAMED, POINTS, Point, REGIONS, SHADES, point_class};
use crate::report::svg::markup::visible;
use crate::report::svg::{Svg, count, shortened};
use std::fmt::Write;

/// The longest name in the description.
const IN_WORDS: usize = 40;

impl Map {
    /// How many lines the legend has.
    pub(super) fn legend_names(&self) -> usize {
        let classes = self.field.classes.len();
        let classes = classes.min(NAMED) + usize::from(classes > NAMED);
        let kinds = Kind::ALL.iter().filter(|kind| self.regions.iter().any(|region| region.kind == **kind)).count();
        let marks = Mark::ALL.iter().filter(|mark| self.points.iter().any(|point| point.mark == **mark)).count();
        let extra = usize::from(self.grid().is_some()) + usize::from(self.field.confidences);
        classes + extra + kinds + marks + usize::from(self.note().is_some())
    }

    pub(super) fn draw_legend(&self, svg: &mut Svg) {
        let mut y = BOTTOM + 66.0;
        let mut next = || {
            let line = y;
            y += LINE;
            line
        };
        const TEXT: f64 = 100.0;
        let shades = if self.field.confidences { SHADES.len() + 1 } else { 2 };
        for (class, name) in self.field.classes.iter().enumerate().take(NAMED) {
            let y = next();
            let (style, step) = (format!("class c{}", class % HUES), 78.0 / shades as f64);
            // each shade over those before it, as on the map
            for shade in 0..shades {
                let from = if self.field.confidences { 10.0 + step * shade as f64 } else { 10.0 };
                svg.rect(&style, from, y - 11.0, 88.0 - from, 14.0);
            }
            svg.rect("frame", 10.0, y - 11.0, 78.0, 14.0);
            svg.text("", TEXT, y, &format!("{} {name:?}", self.noun()), 46);
        }
        if self.field.classes.len() > NAMED {
            let y = next();
            svg.text("small", TEXT, y, &format!("and {} more", self.field.classes.len() - NAMED), 46);
        }
        if self.field.confidences {
            let y = next();
            svg.text("small", 10.0, y, "deeper from left to right: confidence from 0.6, 0.7, 0.8, 0.9, 0.99", 80);
        }
        if self.grid().is_some() {
            let y = next();
            svg.path("boundary", &format!("M10 {}h78", y - 4.0));
            svg.text("", TEXT, y, "decision boundary of the trained network", 50);
        }
        for kind in Kind::ALL {
            let there = self.regions.iter().filter(|region| region.kind == kind).count();
            if there > 0 {
                let y = next();
                svg.rect(kind.class(), 10.0, y - 12.0, 78.0, 15.0);
                svg.text("", TEXT, y, &format!("{}: {}", kind.name(), count(there, "rectangle", "rectangles")), 50);
            }
        }
        for mark in Mark::ALL {
            let there = self.points.iter().filter(|point| point.mark == mark).count();
            if there > 0 {
                let y = next();
                svg.path(point_class(mark), &mark.path(49.0, y - 4.5));
                let several = if there > 1 { format!(": {there}") } else { String::new() };
                svg.text("", TEXT, y, &format!("{}{several}", mark.name()), 50);
            }
        }
        if let Some(note) = self.note() {
            let y = next();
            svg.text("small", 10.0, y, &note, 80);
        }
    }

    /// What is not drawn.
    pub(super) fn note(&self) -> Option<String> {
        let drawn = self.places().count().min(POINTS);
        let (regions, points) = (self.regions.len().saturating_sub(REGIONS), self.points.len() - drawn);
        let what = match (regions, points) {
            (0, 0) => return None,
            (regions, 0) => format!("the {regions} smallest rectangles"),
            (0, points) => count(points, "point", "points"),
            (regions, points) => format!("the {regions} smallest rectangles and {}", count(points, "point", "points")),
        };
        Some(format!("not drawn: {what}"))
    }

    /// The map in words.
    pub(super) fn description(&self) -> String {
        let [x, y] = &self.inputs;
        let short = |name: &str| shortened(&visible(name), IN_WORDS);
        let [across, up] = [short(&x.name), short(&y.name)];
        let mut text = format!("{across} from {} to {} across, {up} from {} to {} up. ", x.low, x.high, y.low, y.high);
        if let Some(grid) = self.grid() {
            let classes = self.classes(grid);
            let what = if self.field.confidences { "assigned" } else { "the largest" };
            let shares = self.field.classes.iter().enumerate().take(NAMED).map(|(class, name)| {
                let own = classes.iter().filter(|at| **at == Some(class)).count();
                let name = short(name);
                format!("{} {name:?} is {what} at {:.0}\u{a0}%", self.noun(), 100.0 * own as f64 / classes.len() as f64)
            });
            let _ =
                write!(text, "Of the {} points sampled, {}. ", classes.len(), shares.collect::<Vec<_>>().join(", "));
        }
        for kind in Kind::ALL {
            let there = self.regions.iter().filter(|region| region.kind == kind).count();
            if there > 0 {
                let _ = write!(text, "{}, {}. ", count(there, "rectangle", "rectangles"), kind.name());
            }
        }
        let mut points: Vec<&Point> = self.places().collect();
        points.sort_by_key(|point| std::cmp::Reverse(point.mark));
        for point in points.iter().take(NAMED) {
            let _ = write!(text, "An {} at {across} = {}, {up} = {}. ", point.mark.name(), point.at[0], point.at[1]);
        }
        if points.len() > NAMED {
            let _ = write!(text, "And {} more points. ", points.len() - NAMED);
        }
        if let Some(note) = self.note() {
            let _ = write!(text, "Note: {note}. ");
        }
        text.trim_end().to_owned()
    }
}
