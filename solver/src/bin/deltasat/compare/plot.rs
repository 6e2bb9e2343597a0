//! Two plots as inline SVG: the cactus plot of all solvers, and a scatter plot of this one against each peer.
//!
//! A *cactus plot* (the SAT competitions') sorts each solver's times: a curve that reaches further right solved more files, a
//! lower one solved them quicker. In the *scatter plot* each file is a point, above the diagonal where this solver was
//! quicker; what one of the two did not solve stands on the line beyond the limit. Times are on a logarithmic axis.
//!
//! Colours are classes, so that the page's style can suit light, dark and print; every series also has a dash pattern and a
//! marker of its own, for those who see no colour.

use super::Comparison;
use super::html::escape;
use std::fmt::Write;

/// How many styles the page has; further series use them again.
const STYLES: usize = 6;
/// Curves with more points than this have markers on some points only.
const MARKERS: usize = 25;

/// A logarithmic axis over whole decades.
struct Axis {
    low: i32,
    high: i32,
    from: f64,
    to: f64,
}

impl Axis {
    /// An axis that covers the times, drawn between two coordinates.
    fn new(times: impl Iterator<Item = f64>, from: f64, to: f64) -> Axis {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for exponent in times.filter(|time| *time > 0.0).map(f64::log10) {
            (low, high) = (low.min(exponent), high.max(exponent));
        }
        if low > high {
            (low, high) = (-3.0, 0.0);
        }
        let low = low.floor() as i32;
        Axis { low, high: (high.ceil() as i32).max(low + 1), from, to }
    }

    fn at(&self, time: f64) -> f64 {
        let (low, high) = (f64::from(self.low), f64::from(self.high));
        self.from + (time.log10() - low) / (high - low) * (self.to - self.from)
    }

    /// Where the decades are, and what they are called.
    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        (self.low..=self.high).map(|exponent| {
            let time = 10f64.powi(exponent);
            let label = match exponent {
                ..=-4 => format!("{} µs", 10f64.powi(exponent + 6)),
                -3..=-1 => format!("{} ms", 10i32.pow((exponent + 3) as u32)),
                _ => format!("{time} s"),
            };
            (self.at(time), label)
        })
    }
}

/// The outline of a marker of its own for each style, around a point.
fn marker(style: usize, x: f64, y: f64) -> String {
    match style % STYLES {
        0 => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0),
        1 => format!("M{:.1} {:.1}h7v7h-7z", x - 3.5, y - 3.5),
        2 => format!("M{x:.1} {:.1}l4.5 8h-9z", y - 5.0),
        3 => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
        4 => format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0),
        _ => format!("M{:.1} {y:.1}h10m-5 -5v10", x - 5.0),
    }
}

/// The cactus plot of all solvers.
pub(super) fn cactus(comparison: &Comparison) -> String {
    let (width, height) = (720.0, 400.0);
    let (left, right, top, bottom) = (64.0, 560.0, 16.0, 352.0);
    let times: Vec<Vec<f64>> = (0..comparison.solvers.len())
        .map(|solver| {
            let cells = comparison.rows.iter().filter_map(|row| row.cell(solver)).filter(|cell| cell.solved());
            let mut times: Vec<f64> = cells.map(|cell| cell.wall.as_secs_f64()).collect();
            times.sort_by(f64::total_cmp);
            times
        })
        .collect();
    let most = times.iter().map(Vec::len).max().unwrap_or(0);
    let axis = Axis::new(times.iter().flatten().copied(), bottom, top);
    let place = |n: usize| left + (right - left) * n as f64 / most.max(1) as f64;
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"cactus-title cactus-text\" class=\"wide\">\
         <title id=\"cactus-title\">Cactus plot</title><desc id=\"cactus-text\">Files solved against time per file, on a \
         logarithmic axis. {}</desc>\n",
        escape(&described(comparison, &times))
    );
    frame(&mut out, left, right, top, bottom);
    for (y, label) in axis.ticks() {
        // writing to a string cannot fail
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{left} {y:.1}H{right}\"/><text x=\"{}\" y=\"{:.1}\" class=\"end\">{label}</text>",
            left - 8.0,
            y + 4.0
        );
    }
    let step = round_step(most);
    for n in (0..=most).step_by(step) {
        let x = place(n);
        let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{}\" class=\"middle\">{n}</text>", bottom + 18.0);
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" class=\"middle\">files solved, each solver's quickest first</text>",
        (left + right) / 2.0,
        height - 10.0
    );
    for (style, times) in times.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            times.iter().enumerate().map(|(n, &time)| (place(n + 1), axis.at(time))).collect();
        let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let (class, mut marks) = (style % STYLES, String::new());
        let every = points.len().div_ceil(MARKERS).max(1);
        for (i, (x, y)) in points.iter().enumerate() {
            if i % every == 0 || i + 1 == points.len() {
                marks.push_str(&marker(style, *x, *y));
            }
        }
        if !points.is_empty() {
            let _ = writeln!(
                out,
                "<path class=\"line s{class}\" d=\"M{}\"/><path class=\"mark s{class}\" d=\"{marks}\"/>",
                line.join("L")
            );
        }
        let (x, y) = (right + 16.0, top + 12.0 + 24.0 * style as f64);
        let name = shorten(&comparison.solvers[style].name);
        let _ = writeln!(
            out,
            "<path class=\"line s{class}\" d=\"M{x} {y}h32\"/><path class=\"mark s{class}\" d=\"{}\"/>\
             <text x=\"{}\" y=\"{}\">{} ({})</text>",
            marker(style, x + 16.0, y),
            x + 40.0,
            y + 4.0,
            escape(&name),
            times.len()
        );
    }
    out.push_str("</svg>\n");
    out
}

/// A step of 1, 2 or 5 times a power of ten that makes at most ten of so many.
fn round_step(most: usize) -> usize {
    let decades = std::iter::successors(Some(1usize), |power| power.checked_mul(10));
    let mut steps = decades.flat_map(|power| [1, 2, 5].map(|n| power.saturating_mul(n)));
    steps.find(|step| most / step <= 10).unwrap_or(usize::MAX)
}

/// The plot in words.
fn described(comparison: &Comparison, times: &[Vec<f64>]) -> String {
    let said = comparison.solvers.iter().zip(times).map(|(solver, times)| match times.last() {
        Some(last) => format!("{}: {} solved, the slowest in {last:.3} s", solver.name, times.len()),
        None => format!("{}: none solved", solver.name),
    });
    said.collect::<Vec<_>>().join("; ")
}

/// The scatter plot of this solver against a peer.
pub(super) fn scatter(comparison: &Comparison, peer: usize) -> String {
    let (width, height) = (420.0, 420.0);
    let (left, right, top, bottom) = (70.0, 372.0, 48.0, 350.0);
    // where what was not solved stands
    let (beyond_x, beyond_y) = (right + 16.0, top - 16.0);
    let mut points = Vec::new();
    for row in &comparison.rows {
        let (Some(ours), Some(theirs)) = (row.cell(0), row.cell(peer)) else { continue };
        points.push((row, ours, theirs));
    }
    let solved = points.iter().flat_map(|(_, ours, theirs)| [ours, theirs]).filter(|cell| cell.solved());
    let times: Vec<f64> = solved.map(|cell| cell.wall.as_secs_f64()).collect();
    let across = Axis::new(times.iter().copied(), left, right);
    let up = Axis::new(times.iter().copied(), bottom, top);
    let (own, name) = (&comparison.solvers[0].name, &comparison.solvers[peer].name);
    let pair = comparison.pair(peer);
    let mean = pair.ratio.map_or(String::new(), |[mean, ..]| {
        format!(", {name} takes {} times as long on geometric mean", super::table::ratio(mean))
    });
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"scatter-{peer}-title scatter-{peer}-text\">\
         <title id=\"scatter-{peer}-title\">{} against {}</title><desc id=\"scatter-{peer}-text\">Time per file on \
         logarithmic axes. {} solved by both{}; {} by {} alone, {} by {} alone.</desc>\n",
        escape(own),
        escape(name),
        pair.files,
        escape(&mean),
        pair.only_ours,
        escape(own),
        pair.only_theirs,
        escape(name)
    );
    frame(&mut out, left, right, top, bottom);
    let skip = usize::try_from(across.high - across.low).unwrap_or(0).div_ceil(6).max(1);
    for ((x, label), (y, _)) in across.ticks().zip(up.ticks()).step_by(skip) {
        let _ = writeln!(
            out,
            "<path class=\"grid\" d=\"M{x:.1} {bottom}V{top}M{left} {y:.1}H{right}\"/>\
             <text x=\"{x:.1}\" y=\"{}\" class=\"middle\">{label}</text><text x=\"{}\" y=\"{:.1}\" class=\"end\">{label}</text>",
            bottom + 18.0,
            left - 8.0,
            y + 4.0
        );
    }
    // one decade off the diagonal: ten times as long
    let decade = (right - left) / f64::from(across.high - across.low);
    let _ = writeln!(
        out,
        "<path class=\"equal\" d=\"M{left} {bottom}L{right} {top}\"/><path class=\"tenfold\" d=\"M{left} {a:.1}L{b:.1} {top}\
         M{c:.1} {bottom}L{right} {d:.1}\"/><path class=\"beyond\" d=\"M{left} {beyond_y}H{right}M{beyond_x} {top}V{bottom}\"/>\
         <text x=\"{left}\" y=\"{e}\">not solved by {}</text><text transform=\"translate({f} {bottom}) rotate(-90)\">not \
         solved by {}</text><text x=\"{g}\" y=\"{h}\" class=\"middle\">{}</text>\
         <text transform=\"translate(14 {i}) rotate(-90)\" class=\"middle\">{}</text>",
        escape(&shorten(name)),
        escape(&shorten(own)),
        escape(&shorten(own)),
        escape(&shorten(name)),
        a = bottom - decade,
        b = right - decade,
        c = left + decade,
        d = top + decade,
        e = beyond_y - 10.0,
        f = beyond_x + 22.0,
        g = (left + right) / 2.0,
        h = height - 30.0,
        i = (top + bottom) / 2.0,
    );
    for (row, ours, theirs) in &points {
        let x = if ours.solved() { across.at(ours.wall.as_secs_f64()) } else { beyond_x };
        let y = if theirs.solved() { up.at(theirs.wall.as_secs_f64()) } else { beyond_y };
        let answer = if ours.solved() { &ours.label } else { &theirs.label };
        let style = match answer.as_str() {
            _ if row.contradicts() => 2,
            "unsat" => 0,
            "sat" | "delta-sat" => 5,
            _ => 3,
        };
        let _ = writeln!(
            out,
            "<path class=\"mark point a{style}\" d=\"{}\"><title>{}: {} {} {:.3} s, {} {} {:.3} s</title></path>",
            marker(style, x, y),
            escape(&row.task.name),
            escape(own),
            escape(&ours.label),
            ours.wall.as_secs_f64(),
            escape(name),
            escape(&theirs.label),
            theirs.wall.as_secs_f64()
        );
    }
    let legend = [(0, "unsat"), (5, "sat or δ-sat"), (3, "other"), (2, "contradiction")];
    let mut x = left - 40.0;
    for (style, label) in legend {
        let y = height - 8.0;
        let _ = write!(
            out,
            "<path class=\"mark a{style}\" d=\"{}\"/><text x=\"{}\" y=\"{y}\">{label}</text>",
            marker(style, x, y - 4.0),
            x + 10.0
        );
        x += 34.0 + 6.6 * label.chars().count() as f64;
    }
    out.push_str("</svg>\n");
    out
}

fn frame(out: &mut String, left: f64, right: f64, top: f64, bottom: f64) {
    let _ = writeln!(out, "<path class=\"frame\" d=\"M{left} {top}V{bottom}H{right}\"/>");
}

/// A name that fits beside a plot.
fn shorten(name: &str) -> String {
    match name.char_indices().nth(14) {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert_eq!([0, 1, 10, 11, 51, 99, 1000, 1_234_567].map(round_step), [1, 1, 1, 2, 5, 10, 100, 200_000]);
    }

    #[test]
    fn an_axis_covers_whole_decades() {
        let axis = Axis::new([0.004, 12.0].into_iter(), 0.0, 100.0);
        assert_eq!((axis.low, axis.high), (-3, 2));
        assert!((axis.at(0.001) - 0.0).abs() < 1e-9 && (axis.at(100.0) - 100.0).abs() < 1e-9);
        let labels: Vec<String> = axis.ticks().map(|(_, label)| label).collect();
        assert_eq!(labels, ["1 ms", "10 ms", "100 ms", "1 s", "10 s", "100 s"]);
        let axis = Axis::new(std::iter::once(1.0), 0.0, 1.0);
        assert_eq!((axis.low, axis.high), (0, 1), "one time, and a power of ten, still has an extent");
        let axis = Axis::new(std::iter::empty(), 0.0, 1.0);
        assert!(axis.at(0.5).is_finite());
    }
}
