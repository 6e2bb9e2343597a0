//! Pictures as SVG: a small writer, and one kind of chart per file.
//!
//! A chart is a plain struct of numbers and names with a method `draw`, which never fails: no data gives a picture that says
//! so, values that are not finite are left out or drawn as open ends, and of very many only so much is drawn as a page can
//! carry, with a note that says what is missing. Each [`Svg`] carries a title and a description in words for those who do
//! not see it. Colours are of the palette of Okabe and Ito (2008), which colour-blind readers can tell apart, and never
//! stand alone: shapes, hatchings, dashes and labels say the same. They are CSS classes with a light, a dark and a printed
//! variant; in a file of its own they are attributes, as on light paper.
//!
//! Invariant: nothing here knows networks or computes a bound. Numbers are rounded as lengths on the paper; the printed
//! bounds beside them are directed.

mod axis;
pub mod bars;
mod contour;
pub mod curve;
pub mod heat;
pub mod map;
pub mod markup;
mod standalone;

use markup::Markup;

/// The style of all charts, needed once in a page.
pub const STYLE: &str = include_str!("chart.css");

/// The hatchings that charts refer to, needed once in a page.
const PATTERNS: &str = "<defs>\
<pattern id=\"hatch-can\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
<path class=\"hatch can\" d=\"M3.5 0V7\"/></pattern>\
<pattern id=\"hatch-open\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">\
<circle class=\"dot\" cx=\"2\" cy=\"2\" r=\"1.1\"/><circle class=\"dot\" cx=\"6\" cy=\"6\" r=\"1.1\"/></pattern>\
<pattern id=\"hatch-gap\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">\
<path class=\"hatch gap\" d=\"M3 0V6\"/></pattern>\
</defs>";

/// A picture.
#[derive(Clone, Debug)]
pub struct Svg {
    width: f64,
    height: f64,
    title: String,
    description: String,
    body: Markup,
}

impl Svg {
    /// An empty picture of so many pixels, with its name and what it shows in words.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Svg {
        Svg { width, height, title: title.to_owned(), description: description.to_owned(), body: Markup::new() }
    }

    /// Its name.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What it shows, in words.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// For a page that has [`STYLE`] and [`patterns`].
    pub fn inline(&self) -> Markup {
        self.write(false)
    }

    /// A file of its own.
    pub fn file(&self) -> String {
        standalone::styled(self.write(true).as_str()) + "\n"
    }

    fn write(&self, alone: bool) -> Markup {
        let mut out = Markup::new();
        let view = format!("0 0 {} {}", number(self.width), number(self.height));
        let (width, height) = (number(self.width), number(self.height));
        let mut attributes: Vec<markup::Attribute<'_>> = vec![
            ("class", &"chart"),
            ("viewBox", &view),
            ("width", &width),
            ("height", &height),
            ("role", &"img"),
            ("aria-label", &self.title),
        ];
        if alone {
            attributes.insert(0, ("xmlns", &"http://www.w3.org/2000/svg"));
            attributes.push(("font-family", &"DejaVu Sans, Liberation Sans, Arial, sans-serif"));
            attributes.push(("font-size", &13));
        }
        out.open("svg", &attributes);
        out.element("title", &[], &self.title);
        out.element("desc", &[], &self.description);
        if alone {
            out.fixed(PATTERNS);
            out.empty("rect", &[("class", &"paper"), ("width", &"100%"), ("height", &"100%")]);
        }
        out.append(&self.body);
        out.close("svg");
        out
    }

    /// A path.
    fn path(&mut self, class: &str, d: &str) {
        self.body.empty("path", &[("class", &class), ("d", &d)]);
    }

    /// A rectangle.
    fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let [x, y, width, height] = [x, y, width.max(0.0), height.max(0.0)].map(number);
        let attributes: [markup::Attribute<'_>; 5] =
            [("class", &class), ("x", &x), ("y", &y), ("width", &width), ("height", &height)];
        self.body.empty("rect", &attributes);
    }

    /// Text, shortened to so many characters; the whole of it shows on hovering.
    fn text(&mut self, class: &str, x: f64, y: f64, text: &str, most: usize) {
        let (x, y) = (number(x), number(y));
        self.body.open("text", &[("class", &class), ("x", &x), ("y", &y)]);
        let whole = markup::visible(text);
        let shown = shortened(&whole, most);
        if shown != whole {
            self.body.element("title", &[], text);
        }
        self.body.text(&shown);
        self.body.close("text");
    }
}

/// The hatchings of [`Svg::inline`] pictures, for the start of a page.
pub fn patterns() -> Markup {
    let mut out = Markup::new();
    out.open("svg", &[("class", &"chart patterns"), ("width", &0), ("height", &0), ("aria-hidden", &"true")]);
    out.fixed(PATTERNS);
    out.close("svg");
    out
}

/// A coordinate with at most two decimals.
fn number(x: f64) -> String {
    let text = format!("{:.2}", if x.is_finite() { x.clamp(-1e6, 1e6) } else { 0.0 });
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The first characters of a long text.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// `1 bar`, `2 bars`.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short_and_finite() {
        let text: Vec<String> = [0.0, -0.001, 1.5, 1.999, f64::NAN, f64::INFINITY, -1e300].map(number).into();
        assert_eq!(text, ["0", "0", "1.5", "2", "0", "0", "-1000000"]);
        assert_eq!(shortened("äöüß", 3), "äö…");
    }

    #[test]
    fn a_file_is_complete() {
        let mut svg = Svg::new(10.0, 20.0, "<t>", "\"d\"");
        svg.text("end", 1.0, 2.0, "a long text", 5);
        let file = svg.file();
        assert!(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 10 20\""));
        assert!(file.contains("<title>&lt;t&gt;</title><desc>&quot;d&quot;</desc><defs>"));
        assert!(file.contains("<title>a long text</title>a lo…</text>"));
        assert!(!svg.inline().as_str().contains("<style>"));
        let style = STYLE;
        assert!(!style.contains(['<', '&']), "the style of a page is text of its markup");
    }
}
