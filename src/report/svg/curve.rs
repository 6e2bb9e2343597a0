//! Two step curves over an integer axis, such as the deviation against the bits of a format: what is proved, and what a
//! witness attains. The truth lies in the hatched band between them.

use super::axis::{Axis, integer_step};
use super::{Svg, count, number};
use deltasat::interval::decimal::{lower_decimal, upper_decimal};
use std::fmt::Write;

/// The most steps that are drawn; of more, neighbours share one.
const STEPS: usize = 240;
/// With more steps than this there are no markers.
const MARKERS: usize = 60;

const LEFT: f64 = 70.0;
const RIGHT: f64 = 620.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = 322.0;

/// Bounds at one place of the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// the place, such as the number of bits
    pub at: i64,
    /// a witness attains this; not a number where there is none
    pub lower: f64,
    /// proved: nothing exceeds this; infinite where nothing is proved
    pub upper: f64,
}

/// The curves.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// what it shows
    pub title: String,
    /// what the places are: `bits`
    pub across: String,
    /// what is bounded: `deviation of the confidence`
    pub up: String,
    /// in any order
    pub points: Vec<Point>,
    /// a line, and what it is called
    pub threshold: Option<(f64, String)>,
}

impl Curve {
    /// Draws the curves; on a logarithmic axis where the values span more than two decades.
    pub fn draw(&self) -> Svg {
        let (points, together) = self.steps();
        let mut svg = Svg::new(640.0, 380.0, &self.title, &self.description(together));
        if points.is_empty() {
            svg.text("middle", 320.0, 190.0, "nothing to draw: no rows", 80);
            return svg;
        }
        let y = self.axis(&points);
        let (first, last) = (points[0].at, points[points.len() - 1].at);
        let half = if together > 1 { together as f64 / 2.0 } else { 0.5 };
        let x = Axis::linear(first as f64 - half, last as f64 + half, LEFT, RIGHT, 10);
        self.draw_axes(&mut svg, &x, &y, first, last);
        // between neighbours a step, half way; a gap where a place is missing
        let edges: Vec<(f64, f64)> =
            points.iter().map(|p| (x.at(p.at as f64 - half), x.at(p.at as f64 + half))).collect();
        let mut band = String::new();
        for (point, (from, to)) in points.iter().zip(&edges) {
            if !point.lower.is_nan() && !point.upper.is_nan() {
                let (low, high) = (y.at(point.lower), y.at(point.upper));
                let _ = write!(
                    band,
                    "M{} {}H{}V{}H{}z",
                    number(*from),
                    number(high),
                    number(*to),
                    number(low),
                    number(*from)
                );
            }
        }
        svg.path("band", &band);
        if let Some((value, _)) = &self.threshold {
            svg.path("threshold", &format!("M{LEFT} {}H{RIGHT}", number(y.at(*value))));
        }
        svg.path("witness", &line(&points, &edges, |point| point.lower, &y));
        svg.path("proved", &line(&points, &edges, |point| point.upper, &y));
        if points.len() <= MARKERS {
            let (mut up, mut down) = (String::new(), String::new());
            for point in &points {
                let place = x.at(point.at as f64);
                if point.lower.is_finite() {
                    up.push_str(&triangle(place, y.at(point.lower), -1.0));
                }
                if point.upper.is_finite() {
                    down.push_str(&triangle(place, y.at(point.upper), 1.0));
                }
            }
            svg.path("mark-witness", &up);
            svg.path("mark-proved", &down);
        }
        self.draw_legend(&mut svg);
        svg
    }

    /// The bounds in ascending order, so few that they can be drawn, and how many places share a step.
    fn steps(&self) -> (Vec<Point>, usize) {
        let mut points = self.points.clone();
        points.sort_by_key(|point| point.at);
        let together = points.len().div_ceil(STEPS).max(1);
        if together == 1 {
            return (points, 1);
        }
        let shared = points.chunks(together).map(|chunk| Point {
            at: chunk[chunk.len() / 2].at,
            // min and max pass over what is no number
            lower: chunk.iter().fold(f64::NAN, |least, point| least.min(point.lower)),
            upper: chunk.iter().fold(f64::NAN, |most, point| most.max(point.upper)),
        });
        (shared.collect(), together)
    }

    fn axis(&self, points: &[Point]) -> Axis {
        let values = points.iter().flat_map(|point| [point.lower, point.upper]);
        let values = values.chain(self.threshold.iter().map(|(value, _)| *value));
        let finite: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let least = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let most = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let positive = finite.iter().copied().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
        if least >= 0.0 && positive > 0.0 && most > 100.0 * positive {
            // a lower bound of almost nothing would squeeze the rest
            return Axis::logarithmic(positive.max(most * 1e-6), most, BOTTOM, TOP);
        }
        Axis::around(least.min(0.0), most, BOTTOM, TOP, 6)
    }

    fn draw_axes(&self, svg: &mut Svg, x: &Axis, y: &Axis, first: i64, last: i64) {
        let places: Vec<(f64, String)> = y.places().map(|(place, name)| (place, name.to_owned())).collect();
        for (place, name) in places {
            svg.path("grid", &format!("M{LEFT} {}H{RIGHT}", number(place)));
            svg.text("end small", LEFT - 8.0, place + 4.0, &name, 12);
        }
        let step = integer_step(first.abs_diff(last), 16);
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let start = first.checked_add((step - first.rem_euclid(step)) % step).unwrap_or(first);
        let mut tick = Some(start);
        while let Some(value) = tick.filter(|value| *value <= last) {
            let place = x.at(value as f64);
            svg.path("frame", &format!("M{} {BOTTOM}v5", number(place)));
            svg.text("middle small", place, BOTTOM + 19.0, &value.to_string(), 12);
            tick = value.checked_add(step);
        }
        svg.path("frame", &format!("M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"));
        svg.text("middle", (LEFT + RIGHT) / 2.0, BOTTOM + 42.0, &self.across, 70);
        svg.text("", 8.0, 20.0, &self.up, 80);
    }

    fn draw_legend(&self, svg: &mut Svg) {
        let y = 42.0;
        svg.path("proved", &format!("M8 {y}h34"));
        svg.path("mark-proved", &triangle(25.0, y, 1.0));
        svg.text("small", 48.0, y + 4.0, "proved: at most", 30);
        svg.path("witness", &format!("M166 {y}h34"));
        svg.path("mark-witness", &triangle(183.0, y, -1.0));
        svg.text("small", 206.0, y + 4.0, "witness: at least", 30);
        if let Some((_, name)) = &self.threshold {
            svg.path("threshold", &format!("M332 {y}h34"));
            svg.text("small", 372.0, y + 4.0, name, 34);
        }
    }

    /// The curves in words.
    fn description(&self, together: usize) -> String {
        let (Some(first), Some(last)) =
            (self.points.iter().min_by_key(|p| p.at), self.points.iter().max_by_key(|p| p.at))
        else {
            return "Nothing to draw.".to_owned();
        };
        let bounds = |point: &Point| {
            let low = if point.lower.is_nan() {
                "no witness".to_owned()
            } else {
                format!("at least {}", lower_decimal(point.lower, 3))
            };
            let high = if point.upper.is_finite() {
                format!("at most {}", upper_decimal(point.upper, 3))
            } else {
                "no proved bound".to_owned()
            };
            format!("{low} and {high}")
        };
        let mut text = format!(
            "{} over {}, {}. At {} it is {}",
            self.up,
            self.across,
            count(self.points.len(), "place", "places"),
            first.at,
            bounds(first)
        );
        if last.at != first.at {
            let _ = write!(text, "; at {} it is {}", last.at, bounds(last));
        }
        if let Some((_, name)) = &self.threshold {
            let _ = write!(text, "; the dotted line is {name}");
        }
        text.push('.');
        if together > 1 {
            let _ = write!(
                text,
                " Each step shows the least lower and the greatest upper bound of {together} neighbouring rows."
            );
        }
        text
    }
}

/// A step curve, interrupted where there is no finite number; the band is open to the edge there.
fn line(points: &[Point], edges: &[(f64, f64)], of: fn(&Point) -> f64, y: &Axis) -> String {
    let mut path = String::new();
    let mut end = None;
    for (point, (from, to)) in points.iter().zip(edges) {
        if !of(point).is_finite() {
            end = None;
            continue;
        }
        let height = number(y.at(of(point)));
        // joined to the step before where that ends here
        let joined = end.is_some_and(|end: f64| (end - from).abs() < 0.5);
        let _ = if joined {
            write!(path, "V{height}H{}", number(*to))
        } else {
            write!(path, "M{} {height}H{}", number(*from), number(*to))
        };
        end = Some(*to);
    }
    path
}

/// A triangle that points up (`-1`) or down (`1`) at a height.
fn triangle(x: f64, y: f64, direction: f64) -> String {
    let tip = number(8.0 * direction);
    format!("M{} {}h9l-4.5 {tip}z", number(x - 4.5), number(y - 4.0 * direction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: Vec<Point>) -> String {
        let threshold = Some((0.05, "allowed".to_owned()));
        Curve { title: "t".into(), across: "bits".into(), up: "deviation".into(), points, threshold }.draw().file()
    }

    #[test]
    fn any_number_of_places_is_drawn() {
        assert!(curve(Vec::new()).contains("no rows"));
        let one = curve(vec![Point { at: 4, lower: 0.1, upper: 0.1 }]);
        assert!(one.contains("At 4 it is at least 0.1 and at most 0.101"), "{one}");
        let many = (0..10_000).map(|at| Point { at, lower: 1.0 / (at + 2) as f64, upper: 1.0 / (at + 1) as f64 });
        let many = curve(many.collect());
        assert!(many.len() < 100_000 && many.contains("of 42 neighbouring rows"), "{}", many.len());
    }

    #[test]
    fn missing_bounds_are_gaps() {
        let nothing = Point { at: 2, lower: f64::NAN, upper: f64::INFINITY };
        let text =
            curve(vec![Point { at: 1, lower: 0.5, upper: 0.6 }, nothing, Point { at: 3, lower: 0.1, upper: 0.2 }]);
        let witness = text.split("class=\"witness\" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(witness.matches('M').count(), 2, "{witness}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        assert!(curve(vec![nothing]).contains("no witness and no proved bound"));
        let extreme = [i64::MIN, i64::MAX].map(|at| Point { at, lower: -1e300, upper: 1e300 });
        assert!(!curve(extreme.to_vec()).contains("NaN"));
    }

    #[test]
    fn shared_steps_cover_their_rows() {
        let points: Vec<Point> = (0..1000).map(|at| Point { at, lower: at as f64, upper: at as f64 + 1.0 }).collect();
        let (steps, together) = Curve { points: points.clone(), ..Curve::default() }.steps();
        assert!(steps.len() <= STEPS);
        for (step, rows) in steps.iter().zip(points.chunks(together)) {
            assert!(rows.iter().all(|row| step.lower <= row.lower && row.upper <= step.upper));
        }
    }
}
