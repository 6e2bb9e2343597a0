//! The comparison of ReLU networks with their linear twins as a table.

use super::json::SCHEMA;
use super::number::{exact, json_exact, json_lower, json_upper};
use deltasat::exact::Rational;
use deltasat::interval::decimal::{lower_decimal, upper_decimal};
use deltasat::search::StopReason;
use serde::Serialize;
use serde_json::value::RawValue;
use std::cmp::Ordering;
use std::io::{self, Write};

/// What every comparison ends with.
const CAVEAT: &str = "The two networks of a pair share shape, data and training, but not their weights or accuracy; every epsilon is \
absolute. A smaller deviation and a larger radius are more robust; a network counts as more robust by a figure only where \
the certified bounds do not overlap.";

/// A figure between certified bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// not more than the figure
    pub lower: f64,
    /// not less than the figure
    pub upper: f64,
}

/// What was found about one network.
#[derive(Clone, Debug)]
pub struct Side {
    /// its name
    pub name: String,
    /// part of the held-out points that it classifies correctly
    pub accuracy: Option<f64>,
    /// largest deviation over the domain, for each ε
    pub deviations: Vec<Figure>,
    /// largest ε for which the deviation over the domain stays below the threshold
    pub global_radius: Figure,
    /// median over points of the largest ε for which the class cannot change
    pub local_radius: Option<Figure>,
}

/// Two networks side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// name of the data
    pub data: String,
    /// widths of the layers
    pub shape: String,
    /// number of points in the median
    pub points: usize,
    /// the ReLU network and the linear one
    pub sides: [Side; 2],
}

/// All pairs.
#[derive(Clone, Debug)]
pub struct Activations {
    /// the ε of the deviations
    pub epsilons: Vec<Rational>,
    /// the threshold of the global radius
    pub threshold: Rational,
    /// the most points in a median
    pub points: usize,
    /// what was found
    pub pairs: Vec<Comparison>,
    /// why there are no more pairs, if there should be
    pub stop: Option<StopReason>,
    /// wall-clock time
    pub seconds: f64,
}

impl Figure {
    /// `0.0310`, or `[0.031, 0.047]` where the bounds are far apart.
    fn text(self) -> String {
        let (low, high) = (lower_decimal(self.lower, 3), upper_decimal(self.upper, 3));
        if low == high { low } else { format!("[{low}, {high}]") }
    }

    /// How the figures compare, where the bounds tell.
    fn compare(self, other: Figure) -> Option<Ordering> {
        if self.upper < other.lower {
            Some(Ordering::Less)
        } else if self.lower > other.upper {
            Some(Ordering::Greater)
        } else {
            None
        }
    }
}

impl Comparison {
    /// For the deviations, the radius over the domain and the median radius: by how many figures the ReLU network and
    /// the linear one are certainly more robust, and how many are open.
    pub fn scores(&self) -> [[usize; 3]; 3] {
        let [relu, linear] = &self.sides;
        let mut scores = [[0; 3]; 3];
        let mut add = |kind: usize, relu: Figure, linear: Figure, smaller_wins: bool| {
            let winner = match relu.compare(linear) {
                None | Some(Ordering::Equal) => 2,
                Some(Ordering::Less) => usize::from(!smaller_wins),
                Some(Ordering::Greater) => usize::from(smaller_wins),
            };
            scores[kind][winner] += 1;
        };
        for (&relu, &linear) in relu.deviations.iter().zip(&linear.deviations) {
            add(0, relu, linear, true);
        }
        add(1, relu.global_radius, linear.global_radius, false);
        if let Some((relu, linear)) = relu.local_radius.zip(linear.local_radius) {
            add(2, relu, linear, false);
        }
        scores
    }

    /// All figures together.
    fn score(&self) -> [usize; 3] {
        self.scores().into_iter().fold([0; 3], sum)
    }

    fn verdict(&self) -> String {
        let [relu, linear, open] = self.score();
        let word = match relu.cmp(&linear) {
            Ordering::Greater if linear == 0 => "relu",
            Ordering::Less if relu == 0 => "linear",
            _ if relu + linear == 0 => "open",
            _ => "mixed",
        };
        let open = if open > 0 { format!(", {open} open") } else { String::new() };
        format!("{word} ({relu}:{linear}{open})")
    }
}

fn sum(a: [usize; 3], b: [usize; 3]) -> [usize; 3] {
    std::array::from_fn(|i| a[i] + b[i])
}

impl Activations {
    fn titles(&self) -> Vec<String> {
        let mut titles: Vec<String> = ["data", "shape", "activation", "accuracy"].map(str::to_owned).into();
        titles.extend(self.epsilons.iter().map(|epsilon| format!("deviation at {}", exact(epsilon))));
        titles.push(format!("radius, deviation {}", exact(&self.threshold)));
        titles.push("median radius, class".to_owned());
        titles.push("more robust".to_owned());
        titles
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for pair in &self.pairs {
            for (index, side) in pair.sides.iter().enumerate() {
                let first = index == 0;
                let accuracy = side.accuracy.map_or("-".to_owned(), |part| format!("{:.1} %", part * 100.0));
                let mut row = vec![pair.data.clone(), pair.shape.clone()];
                row.push(if first { "relu" } else { "linear" }.to_owned());
                row.push(accuracy);
                row.extend(side.deviations.iter().map(|figure| figure.text()));
                row.push(side.global_radius.text());
                row.push(side.local_radius.map_or("-".to_owned(), Figure::text));
                row.push(if first { pair.verdict() } else { String::new() });
                rows.push(row);
            }
        }
        rows
    }

    /// One sentence on all pairs.
    fn conclusion(&self) -> String {
        let scores = self.pairs.iter().map(Comparison::scores);
        let total = scores.fold([[0; 3]; 3], |total, pair| std::array::from_fn(|kind| sum(total[kind], pair[kind])));
        let kinds = ["deviation over the domain", "radius over the domain", "median radius at points"];
        let counts = kinds.iter().zip(total).map(|(kind, [relu, linear, open])| {
            let open = if open > 0 { format!(", open {open}") } else { String::new() };
            format!("by {kind} relu {relu}, linear {linear}{open}")
        });
        let pairs = super::words::count(self.pairs.len() as u64, "pair", "pairs");
        let cut = match self.stop {
            None => "",
            Some(StopReason::Interrupted) => " before the interruption",
            Some(_) => " before the time ran out",
        };
        format!("{pairs} compared{cut}; more robust are: {}", counts.collect::<Vec<_>>().join("; "))
    }

    /// Writes a table with aligned columns.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}\n", self.conclusion())?;
        let (titles, rows) = (self.titles(), self.rows());
        let width =
            |column: usize| rows.iter().chain([&titles]).map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..titles.len()).map(width).collect();
        for row in [&titles].into_iter().chain(&rows) {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        writeln!(out, "\n{CAVEAT}")
    }

    /// Writes a table in Markdown.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let titles = self.titles();
        writeln!(out, "| {} |", titles.join(" | "))?;
        writeln!(out, "|{}", " --- |".repeat(titles.len()))?;
        for row in self.rows() {
            writeln!(out, "| {} |", row.join(" | "))?;
        }
        writeln!(out, "\n{}.\n\n{CAVEAT}", self.conclusion())
    }

    /// Writes a JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let pairs = self.pairs.iter().map(|pair| {
            let [relu, linear, open] = pair.score();
            PairDocument {
                data: &pair.data,
                shape: &pair.shape,
                points: pair.points,
                relu: side(&pair.sides[0]),
                linear: side(&pair.sides[1]),
                more_robust: Score { relu, linear, open },
            }
        });
        let document = Document {
            schema: SCHEMA,
            question: "compare-activations",
            epsilons: self.epsilons.iter().map(json_exact).collect(),
            threshold: json_exact(&self.threshold),
            pairs: pairs.collect(),
            stop: super::stop_name(self.stop.unwrap_or(StopReason::Complete)),
            seconds: self.seconds,
            caveat: CAVEAT,
        };
        super::json::write(&document, out)
    }
}

type Number = Box<RawValue>;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    question: &'static str,
    epsilons: Vec<Number>,
    threshold: Number,
    pairs: Vec<PairDocument<'a>>,
    stop: &'static str,
    seconds: f64,
    caveat: &'static str,
}

#[derive(Serialize)]
struct PairDocument<'a> {
    data: &'a str,
    shape: &'a str,
    points: usize,
    relu: SideDocument<'a>,
    linear: SideDocument<'a>,
    more_robust: Score,
}

#[derive(Serialize)]
struct Score {
    relu: usize,
    linear: usize,
    open: usize,
}

#[derive(Serialize)]
struct SideDocument<'a> {
    model: &'a str,
    accuracy: Option<f64>,
    deviations: Vec<[Number; 2]>,
    radius_deviation: [Number; 2],
    median_radius_class_change: Option<[Number; 2]>,
}

fn side(side: &Side) -> SideDocument<'_> {
    let figure = |figure: &Figure| [json_lower(figure.lower), json_upper(figure.upper)];
    SideDocument {
        model: &side.name,
        accuracy: side.accuracy,
        deviations: side.deviations.iter().map(figure).collect(),
        radius_deviation: figure(&side.global_radius),
        median_radius_class_change: side.local_radius.as_ref().map(figure),
    }
}
