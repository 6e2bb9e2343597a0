//! Ranked bars, such as the sensitivity of layers or neurons: each filled up to what a witness attains and hatched from
//! there to what is proved.

use super::axis::Axis;
use super::{Svg, count, number};
use deltasat::interval::decimal::{lower_decimal, upper_decimal};

/// The most bars that are drawn.
const BARS: usize = 30;
/// The height of a row.
const ROW: f64 = 24.0;
const LEFT: f64 = 178.0;
const RIGHT: f64 = 476.0;
const TOP: f64 = 62.0;

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// whose it is
    pub name: String,
    /// a witness attains this; not a number where there is none
    pub lower: f64,
    /// proved: nothing exceeds this; infinite where nothing is proved
    pub upper: f64,
}

/// The bars.
#[derive(Clone, Debug, Default)]
pub struct Bars {
    /// what they show
    pub title: String,
    /// what is bounded
    pub across: String,
    /// in any order
    pub bars: Vec<Bar>,
}

impl Bars {
    /// Draws the bars, the greatest upper bound first.
    pub fn draw(&self) -> Svg {
        let mut ranked: Vec<&Bar> = self.bars.iter().collect();
        ranked.sort_by(|a, b| key(b).total_cmp(&key(a)));
        let hidden = ranked.split_off(ranked.len().min(BARS));
        let bottom = TOP + ROW * ranked.len() as f64;
        let mut svg = Svg::new(640.0, bottom + 62.0, &self.title, &self.description(&ranked, &hidden));
        if ranked.is_empty() {
            svg.text("middle", 320.0, 40.0, "nothing to draw: no rows", 80);
            return svg;
        }
        let finite = || ranked.iter().flat_map(|bar| [bar.lower, bar.upper]).filter(|value| value.is_finite());
        let (least, most) = (finite().fold(0.0, f64::min), finite().fold(0.0, f64::max));
        let axis = Axis::around(least, most, LEFT, RIGHT, 4);
        let places: Vec<(f64, String)> = axis.places().map(|(place, name)| (place, name.to_owned())).collect();
        for (place, name) in places {
            svg.path("grid", &format!("M{} {TOP}V{bottom}", number(place)));
            svg.text("middle small", place, bottom + 17.0, &name, 12);
        }
        svg.text("middle", (LEFT + RIGHT) / 2.0, bottom + 40.0, &self.across, 70);
        let zero = axis.at(0.0);
        for (i, bar) in ranked.iter().enumerate() {
            let y = TOP + ROW * i as f64;
            svg.text("end", LEFT - 8.0, y + 16.0, &bar.name, 22);
            let low = if bar.lower.is_nan() { zero } else { axis.at(bar.lower) };
            let high = if bar.upper.is_finite() { axis.at(bar.upper) } else { RIGHT };
            svg.rect("bar-gap", low.min(high), y + 5.0, (high - low).abs(), 14.0);
            svg.rect("bar", zero.min(low), y + 5.0, (low - zero).abs(), 14.0);
            if bar.upper.is_finite() {
                svg.path("bar-end", &format!("M{} {}v20", number(high), number(y + 2.0)));
            }
            svg.text("small", RIGHT + 14.0, y + 16.0, &bounds(bar), 24);
        }
        svg.path("frame", &format!("M{} {TOP}V{bottom}", number(zero)));
        legend(&mut svg);
        svg
    }

    /// The bars in words.
    fn description(&self, ranked: &[&Bar], hidden: &[&Bar]) -> String {
        let Some(first) = ranked.first() else { return "Nothing to draw.".to_owned() };
        let mut text = format!(
            "{}: {}, the greatest first, as [witness, proved]. {}: {}",
            self.across,
            count(self.bars.len(), "row", "rows"),
            first.name,
            bounds(first)
        );
        if let Some(last) = ranked.last().filter(|_| ranked.len() > 1) {
            text.push_str(&format!("; last drawn, {}: {}", last.name, bounds(last)));
        }
        text.push('.');
        if let Some(next) = hidden.first() {
            let most =
                if next.upper.is_finite() { upper_decimal(next.upper, 3) } else { "an unknown number".to_owned() };
            text.push_str(&format!(" {} more, each at most {most}, not drawn.", hidden.len()));
        }
        text
    }
}

fn key(bar: &Bar) -> f64 {
    if bar.upper.is_nan() { f64::INFINITY } else { bar.upper }
}

/// `[0.0123, 0.0126]`.
fn bounds(bar: &Bar) -> String {
    let low = match bar.lower {
        low if low.is_nan() => "?".to_owned(),
        f64::INFINITY => "∞".to_owned(),
        low => lower_decimal(low, 3),
    };
    let high = if bar.upper.is_finite() { upper_decimal(bar.upper, 3) } else { "∞".to_owned() };
    format!("[{low}, {high}]")
}

fn legend(svg: &mut Svg) {
    svg.rect("bar", 8.0, 14.0, 34.0, 14.0);
    svg.text("small", 48.0, 26.0, "a witness attains this much", 60);
    svg.rect("bar-gap", 256.0, 14.0, 34.0, 14.0);
    svg.path("bar-end", "M290 11v20");
    svg.text("small", 300.0, 26.0, "open, up to the bound that is proved", 60);
    svg.text("small", RIGHT + 14.0, 52.0, "[witness, proved]", 40);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(bars: Vec<Bar>) -> String {
        Bars { title: "t".into(), across: "share".into(), bars }.draw().file()
    }

    #[test]
    fn any_number_of_bars_is_drawn() {
        assert!(bars(Vec::new()).contains("no rows"));
        let bar = |i: usize| Bar { name: format!("<neuron> {i}"), lower: i as f64, upper: i as f64 + 0.5 };
        let one = bars(vec![bar(0)]);
        assert!(one.contains("&lt;neuron&gt; 0") && one.contains("[0, 0.5]"), "{one}");
        let many = bars((0..10_000).map(bar).collect());
        assert!(many.len() < 30_000 && many.contains("9970 more, each at most 9970, not drawn"), "{many}");
        let first = many.find("&lt;neuron&gt; 9999</text>").unwrap();
        assert!(first < many.find("&lt;neuron&gt; 9998</text>").unwrap(), "ranked");
    }

    #[test]
    fn open_ends_and_constants_are_drawn() {
        let row = |lower, upper| Bar { name: "n".into(), lower, upper };
        let text = bars(vec![row(f64::NAN, f64::INFINITY), row(0.2, f64::INFINITY), row(f64::NAN, f64::NAN)]);
        assert!(text.contains("[?, ∞]") && text.contains("[0.2, ∞]") && !text.contains("NaN"), "{text}");
        for value in [0.0, 1.0, -1.0, 1e300] {
            assert!(!bars(vec![row(value, value); 3]).contains("NaN"));
        }
    }
}
