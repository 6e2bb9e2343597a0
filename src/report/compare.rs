//! The comparison of ReLU networks with their linear twins as a table.

use super::cell::Cell;
use super::json::SCHEMA;
use super::model::{Column, Field, Report, Row, Table};
use super::number::exact;
use super::value::{Members, Value};
use super::{Outcome, stop_name};
use deltasat::exact::Rational;
use deltasat::interval::decimal::{lower_decimal, upper_decimal};
use deltasat::search::StopReason;
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

    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let stop = self.stop.unwrap_or(StopReason::Complete);
        let rows = self.rows().into_iter();
        let table = Table {
            heading: "The pairs".to_owned(),
            columns: self.titles().into_iter().map(Column::text).collect(),
            rows: rows.map(|row| Row::new(row.into_iter().map(Cell::text).collect(), Value::Null)).collect(),
            ..Table::default()
        };
        let ended = Members::new().with("stop", stop_name(stop)).with("seconds", self.seconds);
        let search = Field::new("search", format!("all pairs in {:.4} s", self.seconds), ended);
        let caveat = Field::new("caveat", CAVEAT, Members::new().with("caveat", CAVEAT));
        let pairs = Members::new().with("pairs", Value::list(self.pairs.iter().map(Comparison::data)));
        Report {
            asked: Members::new()
                .with("schema", SCHEMA)
                .with("question", "compare-activations")
                .with("epsilons", Value::list(&self.epsilons))
                .with("threshold", &self.threshold),
            title: "Which withstand more, ReLU networks or their linear twins?".to_owned(),
            outcome: Outcome::of_stop(stop, true),
            answer: None,
            sentence: self.conclusion(),
            meaning: "Every figure lies between two certified bounds.".to_owned(),
            assumptions: Vec::new(),
            parts: vec![Field::said(pairs).into(), table.into(), search.into(), caveat.into()],
            pictures: Vec::new(),
        }
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
}

impl Comparison {
    /// What machines read.
    fn data(&self) -> Members {
        let [relu, linear, open] = self.score();
        Members::new()
            .with("data", &self.data)
            .with("shape", &self.shape)
            .with("points", self.points)
            .with("relu", self.sides[0].data())
            .with("linear", self.sides[1].data())
            .with("more_robust", Members::new().with("relu", relu).with("linear", linear).with("open", open))
    }
}

impl Side {
    fn data(&self) -> Members {
        let figure = |figure: &Figure| Value::bounds((figure.lower, figure.upper));
        Members::new()
            .with("model", &self.name)
            .with("accuracy", self.accuracy)
            .with("deviations", Value::list(self.deviations.iter().map(figure)))
            .with("radius_deviation", figure(&self.global_radius))
            .with("median_radius_class_change", self.local_radius.as_ref().map(figure))
    }
}
