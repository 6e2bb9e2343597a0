//! A heat map over a plane of two inputs: in each cell what is proved to be the most there.

use super::axis::Axis;
use super::map::Input;
use super::{Svg, number};
use deltasat::interval::decimal::upper_decimal;

/// How many shades there are.
const SHADES: usize = 8;

const LEFT: f64 = 64.0;
const RIGHT: f64 = 464.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 414.0;

/// The cells.
#[derive(Clone, Debug)]
pub struct Heat {
    /// what it shows
    pub title: String,
    /// the plane
    pub inputs: [Input; 2],
    /// cells along each input
    pub side: usize,
    /// for each cell the bound, row by row from the lower left; infinite where there is none
    pub upper: Vec<f64>,
}

impl Heat {
    /// Draws the cells.
    pub fn draw(&self) -> Svg {
        let finite = || self.upper.iter().copied().filter(|upper| upper.is_finite());
        let most = finite().fold(0.0, f64::max);
        let open = self.upper.len() - finite().count();
        let [x, y] = &self.inputs;
        let description = format!(
            "{} from {} to {} across, {} from {} to {} up, {} by {} cells. In the worst cell the bound is {}{}.",
            x.name,
            x.low,
            x.high,
            y.name,
            y.low,
            y.high,
            self.side,
            self.side,
            upper_decimal(most, 3),
            if open > 0 { format!("; {open} cells have none") } else { String::new() }
        );
        let mut svg = Svg::new(480.0, BOTTOM + 100.0, &self.title, &description);
        let (wide, high) = ((RIGHT - LEFT) / self.side as f64, (BOTTOM - TOP) / self.side as f64);
        for (index, upper) in self.upper.iter().enumerate() {
            let (column, row) = (index % self.side, index / self.side);
            let (x, y) = (LEFT + wide * column as f64, BOTTOM - high * (row + 1) as f64);
            svg.rect(&shade(*upper, most), x, y, wide, high);
        }
        let axes = [Axis::linear(x.low, x.high, LEFT, RIGHT, 5), Axis::linear(y.low, y.high, BOTTOM, TOP, 5)];
        svg.path("frame", &format!("M{LEFT} {TOP}H{RIGHT}V{BOTTOM}H{LEFT}z"));
        for (place, name) in axes[0].places() {
            svg.path("frame", &format!("M{} {BOTTOM}v5", number(place)));
            svg.text("middle small", place, BOTTOM + 19.0, name, 12);
        }
        for (place, name) in axes[1].places() {
            svg.path("frame", &format!("M{LEFT} {}h-5", number(place)));
            svg.text("end small", LEFT - 9.0, place + 4.0, name, 9);
        }
        svg.text("middle", (LEFT + RIGHT) / 2.0, BOTTOM + 40.0, &x.name, 56);
        let turned = format!("translate(14 {}) rotate(-90)", (TOP + BOTTOM) / 2.0);
        svg.body.open("g", &[("transform", &turned)]);
        svg.text("middle", 0.0, 0.0, &y.name, 56);
        svg.body.close("g");
        let line = BOTTOM + 66.0;
        svg.text("end small", LEFT + 30.0, line, "at most 0", 20);
        for level in 0..SHADES {
            svg.rect(&format!("heat h{level}"), LEFT + 40.0 + 26.0 * level as f64, line - 12.0, 26.0, 15.0);
        }
        svg.rect("frame", LEFT + 40.0, line - 12.0, 26.0 * SHADES as f64, 15.0);
        svg.text("small", LEFT + 50.0 + 26.0 * SHADES as f64, line, &upper_decimal(most, 3), 20);
        if open > 0 {
            svg.rect("region open", LEFT + 40.0, line + 9.0, 26.0, 15.0);
            svg.text("small", LEFT + 76.0, line + 21.0, "no bound", 20);
        }
        svg
    }
}

/// The class of a bound's shade.
fn shade(upper: f64, most: f64) -> String {
    if !upper.is_finite() {
        return "region open".to_owned();
    }
    let part = if most > 0.0 { upper / most * SHADES as f64 } else { 0.0 };
    format!("heat h{}", (part.max(0.0) as usize).min(SHADES - 1))
}
