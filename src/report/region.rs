//! Reports about a region of two inputs: how much of it is safe, between two proved sides, and the pieces of its paving as
//! JSON and CSV.
//!
//! Areas are exact sums; what is printed of them is rounded down for what is surely safe and up for what may be.

use super::json::{self, SCHEMA};
use super::number::{exact, json_exact, json_lower, json_upper, lower, upper};
use super::text::{line, unanswered};
use super::value::Value;
use super::words::{count, equation, moving};
use super::{Outcome, stop_name};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::robustness::region::{Kind, Paving, Piece};
use deltasat::exact::{Rational, rational};
use num_traits::Zero;
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::{self, Write};

/// A rectangle, a network, and what was found.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// the trained network
    pub network: &'a Network,
    /// what moves
    pub perturbation: &'a Perturbation,
    /// the value of every input; those of the two axes are not used
    pub input: &'a [Rational],
    /// the inputs that range
    pub axes: [usize; 2],
    /// over what
    pub sides: &'a [(Rational, Rational); 2],
    /// the share that was allowed to be open
    pub gap: &'a Rational,
    /// what was found
    pub paving: &'a Paving,
}

impl Kind {
    /// The word in reports.
    fn name(self) -> &'static str {
        match self {
            Kind::Safe { .. } => "safe",
            Kind::Unsafe => "unsafe",
            Kind::Open => "open",
        }
    }
}

/// The double at most a rational, or at least it.
fn directed(x: &Rational, up: bool) -> f64 {
    if up { rational::ceil_f64(x) } else { rational::floor_f64(x) }
}

impl Report<'_> {
    /// The outcome.
    pub fn outcome(&self) -> Outcome {
        Outcome::of_stop(self.paving.stop, true)
    }

    /// The area of the rectangle.
    pub(super) fn whole(&self) -> Rational {
        self.paving.areas.iter().fold(Rational::zero(), |sum, area| sum + area)
    }

    /// The safe area: at least, at most.
    pub(super) fn safe(&self) -> [Rational; 2] {
        let [safe, not, _] = &self.paving.areas;
        [safe.clone(), self.whole() - not]
    }

    /// An area as per cent of the whole.
    fn percent(&self, area: &Rational) -> Rational {
        area * Rational::from_integer(100.into()) / self.whole()
    }

    fn name(&self, axis: usize) -> &str {
        &self.network.input().names()[self.axes[axis]]
    }

    /// `x1 in [-1, 1], x2 in [-1, 1], x3 = 0`
    pub(super) fn place(&self) -> String {
        let range = |axis: usize| {
            let (low, high) = &self.sides[axis];
            format!("{} in [{}, {}]", self.name(axis), exact(low), exact(high))
        };
        let names = self.network.input().names();
        let others = (0..names.len()).filter(|i| !self.axes.contains(i));
        let fixed = others.take(4).map(|i| equation(&names[i], &self.input[i]));
        [range(0), range(1)].into_iter().chain(fixed).collect::<Vec<_>>().join(", ")
    }

    /// An area as per cent of the whole, rounded.
    fn share(&self, area: &Rational, up: bool) -> String {
        let x = directed(&self.percent(area), up);
        if up { upper(x) } else { lower(x) }
    }

    /// The answer in one sentence.
    pub(super) fn sentence(&self) -> String {
        let why = match self.outcome() {
            Outcome::Bounds => String::new(),
            _ => format!("{}, so far: ", unanswered(self.paving.stop)),
        };
        let [least, most] = self.safe();
        let (moving, place) = (moving(self.perturbation), self.place());
        let (low, high) = (self.share(&least, false), self.share(&most, true));
        format!("{why}no {moving} change the class in at least {low} % and at most {high} % of {place}")
    }

    /// Writes the answer in words.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.sentence())?;
        let [least, most] = self.safe();
        let areas = format!("[{}, {}]", lower(directed(&least, false)), upper(directed(&most, true)));
        line(out, "safe area", &format!("{areas} of {}", exact(&self.whole())))?;
        let [_, not, open] = &self.paving.areas;
        line(out, "unsafe area", &format!("at least {}", lower(directed(not, false))))?;
        line(out, "open area", &format!("at most {} ({} %)", upper(directed(open, true)), self.share(open, true)))?;
        let pieces = |of: fn(Kind) -> bool| self.paving.pieces.iter().filter(|piece| of(piece.kind)).count();
        let safe = pieces(|kind| matches!(kind, Kind::Safe { .. }));
        let (not, open) = (pieces(|kind| kind == Kind::Unsafe), pieces(|kind| kind == Kind::Open));
        line(out, "pieces", &format!("{safe} safe, {not} unsafe, {open} open"))?;
        let boxes = count(self.paving.boxes, "box", "boxes");
        line(out, "search", &format!("{} pieces, {boxes} in {:.4} s", self.paving.asked, self.paving.seconds))
    }

    fn class(&self, piece: &Piece) -> Option<&str> {
        match piece.kind {
            Kind::Safe { class } => Some(&self.network.classes()[class]),
            Kind::Unsafe | Kind::Open => None,
        }
    }

    /// Writes the paving as CSV: a row per piece, exact ends.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut csv = csv::Writer::from_writer(out);
        let ends = |name: &str| ["lower", "upper"].map(|end| format!("{name} {end}"));
        let titles = ["kind", "class"].map(str::to_owned).into_iter();
        csv.write_record(titles.chain(ends(self.name(0))).chain(ends(self.name(1))))?;
        for piece in &self.paving.pieces {
            let ends = piece.sides.iter().flat_map(|(lower, upper)| [exact(lower), exact(upper)]);
            let kind = [piece.kind.name(), self.class(piece).unwrap_or_default()].map(str::to_owned).into_iter();
            csv.write_record(kind.chain(ends))?;
        }
        csv.flush()
    }

    /// Writes the answer as a JSON object.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let bounds = |area: &dyn Fn(&Rational) -> Rational| {
            let [least, most] = self.safe();
            [json_lower(directed(&area(&least), false)), json_upper(directed(&area(&most), true))]
        };
        let ends = |(lower, upper): &(Rational, Rational)| [json_exact(lower), json_exact(upper)];
        let names = self.network.input().names();
        let others = (0..names.len()).filter(|i| !self.axes.contains(i));
        let document = Document {
            schema: SCHEMA,
            model: self.network.name(),
            question: "safe-region",
            perturbation: json::perturbation(self.perturbation),
            axes: [self.name(0), self.name(1)],
            domain: [ends(&self.sides[0]), ends(&self.sides[1])],
            fixed: others.map(|i| (names[i].as_str(), json_exact(&self.input[i]))).collect(),
            gap: json_exact(self.gap),
            answer: self.outcome().name(),
            area: json_exact(&self.whole()),
            safe_area: bounds(&Rational::clone),
            safe_share: bounds(&|area| area / self.whole()),
            open_area: json_upper(directed(&self.paving.areas[2], true)),
            pieces: self
                .paving
                .pieces
                .iter()
                .map(|piece| PieceDocument {
                    kind: piece.kind.name(),
                    class: self.class(piece),
                    sides: [ends(&piece.sides[0]), ends(&piece.sides[1])],
                })
                .collect(),
            stop: stop_name(self.paving.stop),
            asked: self.paving.asked,
            boxes: self.paving.boxes,
            seconds: self.paving.seconds,
        };
        json::write(&document, out)
    }
}

type Number = Box<RawValue>;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    model: &'a str,
    question: &'static str,
    perturbation: Value,
    axes: [&'a str; 2],
    domain: [[Number; 2]; 2],
    #[serde(serialize_with = "as_map", skip_serializing_if = "Vec::is_empty")]
    fixed: Vec<(&'a str, Number)>,
    gap: Number,
    answer: &'static str,
    area: Number,
    safe_area: [Number; 2],
    safe_share: [Number; 2],
    open_area: Number,
    pieces: Vec<PieceDocument<'a>>,
    stop: &'static str,
    asked: u64,
    boxes: u64,
    seconds: f64,
}

#[derive(Serialize)]
struct PieceDocument<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'a str>,
    sides: [[Number; 2]; 2],
}

fn as_map<S: serde::Serializer>(pairs: &[(&str, Number)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
