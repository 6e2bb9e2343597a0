//! A map of a plane of two inputs: which class a network assigns and how confident it is there, the decision boundary,
//! and over it the regions and points of a finding.
//!
//! The map is drawn from samples at the corners of a grid and proves nothing; regions and points are what was proved and
//! witnessed. Each class has a hue, and its shade deepens with the confidence; the class's name stands in its largest area.

mod legend;

use super::axis::Axis;
use super::contour::Grid;
use super::{Svg, number};
use std::fmt::Write;

/// The confidences at which the shade deepens; the first shade is wherever the class is assigned.
const SHADES: [f64; 5] = [0.6, 0.7, 0.8, 0.9, 0.99];
/// How many hues there are; further classes use them again.
const HUES: usize = 8;
/// The most regions that are drawn, the largest first.
const REGIONS: usize = 10_000;
/// The most points that are drawn.
const POINTS: usize = 2_000;
/// The most classes and points that the legend names.
const NAMED: usize = 8;

const LEFT: f64 = 64.0;
const RIGHT: f64 = 464.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 414.0;
/// The height of a line of the legend.
const LINE: f64 = 21.0;

/// One input of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// its name
    pub name: String,
    /// the least value that is drawn
    pub low: f64,
    /// the greatest
    pub high: f64,
}

/// What a network says at the corners of a grid of `columns` by `rows` cells over the plane.
#[derive(Clone, Debug, Default)]
pub struct Field {
    /// cells across
    pub columns: usize,
    /// cells up
    pub rows: usize,
    /// the names of the classes
    pub classes: Vec<String>,
    /// for each class its confidence at each corner, row by row from the bottom left
    pub values: Vec<Vec<f64>>,
    /// whether the values are confidences, which are from 0 to 1 and have shades, or raw outputs
    pub confidences: bool,
}

/// What is known about a region of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// proved: the class flips nowhere in it
    Never,
    /// at each of its points some parameters flip the class
    Can,
    /// neither
    Open,
    /// what the question is about
    Asked,
}

/// A rectangle of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// its lower left corner
    pub lower: [f64; 2],
    /// its upper right corner
    pub upper: [f64; 2],
    /// what is known about it
    pub kind: Kind,
}

/// What a point of the plane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// an input that the question is about
    Input,
    /// an input whose class never flips
    Never,
    /// an input at which it is open whether the class can flip
    Open,
    /// an input whose class can flip
    Can,
    /// the input of a witness
    Witness,
}

/// A point of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// where it is
    pub at: [f64; 2],
    /// what it is
    pub mark: Mark,
    /// what hovering over it says
    pub label: String,
}

/// The map.
#[derive(Clone, Debug)]
pub struct Map {
    /// what it shows
    pub title: String,
    /// the input across and the input up
    pub inputs: [Input; 2],
    /// what the trained network says
    pub field: Field,
    /// rectangles, such as those of a paving
    pub regions: Vec<Region>,
    /// points
    pub points: Vec<Point>,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Never, Kind::Can, Kind::Open, Kind::Asked];

    fn class(self) -> &'static str {
        match self {
            Kind::Never => "region never",
            Kind::Can => "region can",
            Kind::Open => "region open",
            Kind::Asked => "region asked",
        }
    }

    /// What it means, in words.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Never => "never flips (proved)",
            Kind::Can => "can flip at every point",
            Kind::Open => "open",
            Kind::Asked => "asked about",
        }
    }
}

impl Mark {
    const ALL: [Mark; 5] = [Mark::Input, Mark::Never, Mark::Open, Mark::Can, Mark::Witness];

    fn name(self) -> &'static str {
        match self {
            Mark::Input => "input asked about",
            Mark::Never => "input whose class never flips (proved)",
            Mark::Open => "input that is open",
            Mark::Can => "input whose class can flip (witness)",
            Mark::Witness => "input of the witness",
        }
    }

    /// The outline around a point.
    fn path(self, x: f64, y: f64) -> String {
        let [left, top] = [x - 5.0, y - 5.0].map(number);
        match self {
            Mark::Input => format!("M{left} {}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", number(y)),
            Mark::Never => format!("M{} {}a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z", number(x - 2.5), number(y)),
            Mark::Open => format!("M{} {}h7v7h-7z", number(x - 3.5), number(y - 3.5)),
            Mark::Can => format!("M{left} {top}l10 10m0 -10l-10 10"),
            Mark::Witness => {
                let star = "v12m-5.2 -9l10.4 6m0 -6l-10.4 6";
                format!("M{} {}{star}", number(x), number(y - 6.0))
            }
        }
    }
}

impl Map {
    /// Draws the map.
    pub fn draw(&self) -> Svg {
        let names = self.legend_names();
        let height = BOTTOM + 66.0 + LINE * names as f64;
        let mut svg = Svg::new(480.0, height, &self.title, &self.description());
        let [x, y] = [(LEFT, RIGHT), (BOTTOM, TOP)];
        let x = Axis::linear(self.inputs[0].low, self.inputs[0].high, x.0, x.1, 5);
        let y = Axis::linear(self.inputs[1].low, self.inputs[1].high, y.0, y.1, 5);
        self.draw_field(&mut svg);
        self.draw_regions(&mut svg, &x, &y);
        self.draw_boundary(&mut svg);
        self.draw_names(&mut svg);
        svg.path("frame", &format!("M{LEFT} {TOP}H{RIGHT}V{BOTTOM}H{LEFT}z"));
        for (place, name) in x.places() {
            svg.path("frame", &format!("M{} {BOTTOM}v5", number(place)));
            svg.text("middle small", place, BOTTOM + 19.0, name, 12);
        }
        for (place, name) in y.places() {
            svg.path("frame", &format!("M{LEFT} {}h-5", number(place)));
            svg.text("end small", LEFT - 9.0, place + 4.0, name, 9);
        }
        svg.text("middle", (LEFT + RIGHT) / 2.0, BOTTOM + 40.0, &self.inputs[0].name, 56);
        let turned = format!("translate(14 {}) rotate(-90)", (TOP + BOTTOM) / 2.0);
        svg.body.open("g", &[("transform", &turned)]);
        svg.text("middle", 0.0, 0.0, &self.inputs[1].name, 56);
        svg.body.close("g");
        self.draw_points(&mut svg, &x, &y);
        self.draw_legend(&mut svg);
        svg
    }

    /// The points that have a place.
    fn places(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(|point| point.at.iter().all(|x| x.is_finite()))
    }

    /// What the names are those of.
    fn noun(&self) -> &'static str {
        if self.field.confidences { "class" } else { "output" }
    }

    fn grid(&self) -> Option<Grid> {
        let grid = Grid { columns: self.field.columns, rows: self.field.rows };
        let fits = self.field.values.iter().all(|values| values.len() == grid.corners());
        (fits && grid.columns > 0 && grid.rows > 0 && !self.field.values.is_empty()).then_some(grid)
    }

    /// By how much a class's value exceeds those of all others at a corner; not a number where one of them is none.
    fn margin(&self, class: usize, corner: usize) -> f64 {
        let values = &self.field.values;
        let others = values.iter().enumerate().filter(|(other, _)| *other != class).map(|(_, values)| values[corner]);
        let most =
            others.fold(
                f64::NEG_INFINITY,
                |most, value| if value.is_nan() || most.is_nan() { f64::NAN } else { most.max(value) },
            );
        // of equal ones the lower index is the class
        values[class][corner] - most
    }

    /// In units of cells, with the second input up.
    fn open_grid(svg: &mut Svg, grid: Grid) {
        let scale = ((RIGHT - LEFT) / grid.columns as f64, (BOTTOM - TOP) / grid.rows as f64);
        let transform = format!("translate({LEFT} {BOTTOM}) scale({} {})", scale.0, -scale.1);
        svg.body.open("g", &[("transform", &transform)]);
    }

    fn draw_field(&self, svg: &mut Svg) {
        let Some(grid) = self.grid() else { return };
        Self::open_grid(svg, grid);
        for class in 0..self.field.values.len() {
            let margins: Vec<f64> = (0..grid.corners()).map(|corner| self.margin(class, corner)).collect();
            let style = format!("class c{}", class % HUES);
            let mut last = None;
            for shade in std::iter::once(None).chain(SHADES.map(Some)) {
                let values: Vec<f64> = match shade {
                    None => margins.clone(),
                    Some(_) if !self.field.confidences => break,
                    Some(least) => {
                        let confident = self.field.values[class].iter().zip(&margins);
                        confident.map(|(value, margin)| (value - least).min(*margin)).collect()
                    }
                };
                let area = grid.area(&values);
                if area.is_empty() {
                    break;
                }
                svg.path(&style, &area);
                last = Some(area);
            }
            // raw outputs have one shade, deeper than the palest
            if let Some(area) = last.filter(|_| !self.field.confidences) {
                svg.path(&style, &area);
            }
        }
        svg.body.close("g");
    }

    fn draw_boundary(&self, svg: &mut Svg) {
        let Some(grid) = self.grid() else { return };
        Self::open_grid(svg, grid);
        let classes = self.field.values.len();
        // the boundary of two classes is that of either
        for class in 0..if classes == 2 { 1 } else { classes } {
            let margins: Vec<f64> = (0..grid.corners()).map(|corner| self.margin(class, corner)).collect();
            let line = grid.line(&margins);
            if !line.is_empty() {
                svg.path("boundary", &line);
            }
        }
        svg.body.close("g");
    }

    /// The class at each corner.
    fn classes(&self, grid: Grid) -> Vec<Option<usize>> {
        let assigned = |corner: usize| (0..self.field.values.len()).find(|&class| self.margin(class, corner) >= 0.0);
        (0..grid.corners()).map(assigned).collect()
    }

    /// The name of each class where it has most room.
    fn draw_names(&self, svg: &mut Svg) {
        let Some(grid) = self.grid() else { return };
        let classes = self.classes(grid);
        let room = room(grid, &classes);
        for (class, name) in self.field.classes.iter().enumerate() {
            let own = (0..grid.corners()).filter(|&corner| classes[corner] == Some(class));
            // max_by_key takes the last of equals, so the place does not depend on the order of anything
            let Some(corner) = own.max_by_key(|&corner| room[corner]).filter(|&corner| room[corner] > 2) else {
                continue;
            };
            let (column, row) = (corner % (grid.columns + 1), corner / (grid.columns + 1));
            let x = LEFT + (RIGHT - LEFT) * column as f64 / grid.columns as f64;
            let y = BOTTOM - (BOTTOM - TOP) * row as f64 / grid.rows as f64;
            let name = format!("{} {name}", self.noun());
            svg.text("middle halo", x.clamp(LEFT + 76.0, RIGHT - 76.0), y.clamp(TOP + 14.0, BOTTOM - 6.0), &name, 17);
        }
    }

    fn draw_regions(&self, svg: &mut Svg, x: &Axis, y: &Axis) {
        let mut order: Vec<&Region> = self.regions.iter().collect();
        let size = |region: &Region| (region.upper[0] - region.lower[0]) * (region.upper[1] - region.lower[1]);
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        order.truncate(REGIONS);
        for kind in Kind::ALL {
            let mut path = String::new();
            for region in order.iter().filter(|region| region.kind == kind) {
                let (left, right) = (x.at(region.lower[0]), x.at(region.upper[0]));
                let (bottom, top) = (y.at(region.lower[1]), y.at(region.upper[1]));
                let [left, right, bottom, top] = [left, right, bottom, top].map(number);
                let _ = write!(path, "M{left} {top}H{right}V{bottom}H{left}z");
            }
            if !path.is_empty() {
                svg.path(kind.class(), &path);
            }
        }
    }

    fn draw_points(&self, svg: &mut Svg, x: &Axis, y: &Axis) {
        let mut points: Vec<&Point> = self.places().collect();
        // witnesses stay, and are drawn last
        points.sort_by_key(|point| point.mark);
        let points = &points[points.len().saturating_sub(POINTS)..];
        for point in points {
            let path = point.mark.path(x.at(point.at[0]), y.at(point.at[1]));
            svg.body.open("g", &[]);
            svg.body.element("title", &[], &point.label);
            svg.path("point-halo", &path);
            svg.path(point_class(point.mark), &path);
            svg.body.close("g");
        }
    }
}

fn point_class(mark: Mark) -> &'static str {
    if matches!(mark, Mark::Can | Mark::Witness) { "point" } else { "point filled" }
}

/// How many steps each corner is away from another class or from the edge, diagonal steps included.
fn room(grid: Grid, classes: &[Option<usize>]) -> Vec<u32> {
    let (width, height) = (grid.columns + 1, grid.rows + 1);
    let mut room = vec![u32::MAX; classes.len()];
    let mut queue = std::collections::VecDeque::new();
    let neighbours = |corner: usize| {
        let (column, row) = (corner % width, corner / width);
        let columns = column.saturating_sub(1)..=(column + 1).min(width - 1);
        columns.flat_map(move |c| (row.saturating_sub(1)..=(row + 1).min(height - 1)).map(move |r| r * width + c))
    };
    for corner in 0..classes.len() {
        let (column, row) = (corner % width, corner / width);
        let edge = column == 0 || row == 0 || column == width - 1 || row == height - 1;
        if edge || neighbours(corner).any(|other| classes[other] != classes[corner]) {
            room[corner] = 0;
            queue.push_back(corner);
        }
    }
    while let Some(corner) = queue.pop_front() {
        for other in neighbours(corner) {
            if room[other] == u32::MAX {
                room[other] = room[corner] + 1;
                queue.push_back(other);
            }
        }
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class 0 where the first input is below 0, on a square from −1 to 1.
    fn map(cells: usize) -> Map {
        let corners = (cells + 1) * (cells + 1);
        let first = |corner: usize| (corner % (cells + 1)) as f64 / cells.max(1) as f64;
        let values = vec![(0..corners).map(|c| 1.0 - first(c)).collect(), (0..corners).map(first).collect()];
        let input = |name: &str| Input { name: name.to_owned(), low: -1.0, high: 1.0 };
        let classes = vec!["left".to_owned(), "</text><script>".to_owned()];
        let field = Field { columns: cells, rows: cells, classes, values, confidences: true };
        Map { title: "t".into(), inputs: [input("a"), input("b")], field, regions: Vec::new(), points: Vec::new() }
    }

    #[test]
    fn a_boundary_lies_where_the_class_changes() {
        let text = map(10).draw().file();
        let boundary = text.split("class=\"boundary\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(boundary.starts_with("M5 0L5 1") || boundary.starts_with("M5 1L5 0"), "{boundary}");
        assert!(!text.contains("<script>") && text.contains("&lt;/text&gt;"), "names are text");
        assert!(text.contains("class &quot;left&quot; is assigned at 55\u{a0}%"), "{text}");
    }

    #[test]
    fn many_regions_and_points_are_capped_with_a_note() {
        let mut map = map(40);
        map.regions = (0..30_000)
            .map(|i| {
                let at = i as f64 / 30_000.0;
                let kind = [Kind::Never, Kind::Can, Kind::Open][i % 3];
                Region { lower: [at, at], upper: [at + 0.001, at + 0.001], kind }
            })
            .collect();
        map.points = (0..10_000)
            .map(|i| Point { at: [i as f64 / 1e4, f64::NAN.min(0.5)], mark: Mark::Never, label: format!("row {i}") })
            .collect();
        map.points.push(Point { at: [0.0, 0.0], mark: Mark::Witness, label: "the witness".into() });
        let text = map.draw().file();
        assert!(text.len() < 1_500_000, "{}", text.len());
        assert!(text.contains("not drawn: the 20000 smallest rectangles and 8001 points"), "the note");
        assert!(text.contains("the witness"), "what matters most stays");
    }

    #[test]
    fn strange_fields_are_drawn() {
        for (cells, value) in [(0, 1.0), (1, 0.5), (3, f64::NAN), (3, f64::INFINITY), (3, 0.5)] {
            let mut map = map(cells);
            for values in &mut map.field.values {
                values.fill(value);
            }
            let text = map.draw().file();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
        let mut empty = map(2);
        empty.field = Field::default();
        empty.inputs[0].low = f64::NAN;
        empty.inputs[1].high = empty.inputs[1].low;
        assert!(empty.draw().file().contains("</svg>"));
    }
}
