//! A region of two inputs: how much of it is safe, between two proved sides, and the pieces of its paving as CSV.
//!
//! Areas are exact sums; what is printed of them is rounded down for what is surely safe and up for what may be.

use super::cell::Cell;
use super::html::confidence;
use super::json::{self, SCHEMA};
use super::model::{Column, Field, Report, Row, Table};
use super::number::{exact, lower, upper};
use super::svg::map::{Kind as Drawn, Map, Region};
use super::value::{Members, Value};
use super::words::{capital, count, equation, moving, unanswered};
use super::{Outcome, assumed, stop_name};
use crate::network::Network;
use crate::perturbation::Perturbation;
use crate::robustness::region::{Kind, Paving, Piece};
use deltasat::exact::{Rational, rational};
use num_traits::Zero;
use std::io::{self, Write};

/// A rectangle, a network, and what was found.
#[derive(Clone, Debug)]
pub struct Answer<'a> {
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

impl Answer<'_> {
    /// The outcome.
    pub fn outcome(&self) -> Outcome {
        Outcome::of_stop(self.paving.stop, true)
    }

    /// The area of the rectangle.
    fn whole(&self) -> Rational {
        self.paving.areas.iter().fold(Rational::zero(), |sum, area| sum + area)
    }

    /// The safe area: at least, at most.
    fn safe(&self) -> [Rational; 2] {
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
    fn place(&self) -> String {
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
    fn sentence(&self) -> String {
        let why = match self.outcome() {
            Outcome::Bounds => String::new(),
            _ => format!("{}, so far: ", unanswered(self.paving.stop)),
        };
        let [least, most] = self.safe();
        let (moving, place) = (moving(self.perturbation), self.place());
        let (low, high) = (self.share(&least, false), self.share(&most, true));
        format!("{why}no {moving} change the class in at least {low} % and at most {high} % of {place}")
    }

    /// The whole report.
    pub fn report(&self) -> Report<'_> {
        let outcome = self.outcome();
        let names = self.network.input().names();
        let others = (0..names.len()).filter(|i| !self.axes.contains(i));
        let fixed = others.fold(Members::new(), |all, i| all.with(names[i].clone(), &self.input[i]));
        let asked = Members::new()
            .with("schema", SCHEMA)
            .with("model", self.network.name())
            .with("question", "safe-region")
            .with("perturbation", json::perturbation(self.perturbation))
            .with("axes", vec![self.name(0), self.name(1)])
            .with("domain", Value::sides(self.sides))
            .maybe("fixed", Some(fixed).filter(|_| names.len() > 2))
            .with("gap", self.gap);
        let effort = Members::new().with("stop", stop_name(self.paving.stop)).with("asked", self.paving.asked);
        let effort = effort.with("boxes", self.paving.boxes).with("seconds", self.paving.seconds);
        let boxes = count(self.paving.boxes, "box", "boxes");
        let asked_about = count(self.paving.asked, "piece", "pieces");
        let search = Field::new("search", format!("{asked_about}, {boxes} in {:.4} s", self.paving.seconds), effort);
        let [safe, not, open] = self.areas();
        let moving =
            format!("{}, each on its own; what is proved covers all combinations", capital(&moving(self.perturbation)));
        Report {
            asked,
            title: format!("{}: where can its class change?", self.network.name()),
            outcome,
            answer: Some(outcome.name()),
            sentence: self.sentence(),
            meaning: match outcome {
                Outcome::Bounds => {
                    "In the parts called safe no parameters change the class: that is proved. In the parts called unsafe some \
                     parameters change it at every point. What is open is neither."
                }
                _ => "What is drawn as open was not decided, which is no sign of safety.",
            }
            .to_owned(),
            assumptions: assumed::terms(self.network, &moving, &format!("Every input with {}", self.place())),
            parts: vec![safe.into(), not.into(), open.into(), self.pieces().into(), self.counts().into(), search.into()],
            pictures: vec![Box::new(|| Some(self.map()?.draw()))],
        }
    }

    /// The safe, the unsafe and the open area.
    fn areas(&self) -> [Field; 3] {
        let [least, most] = self.safe();
        let [_, not, open] = &self.paving.areas;
        let ends = |part: &dyn Fn(&Rational) -> Rational| {
            Value::bounds((directed(&part(&least), false), directed(&part(&most), true)))
        };
        let safe = Members::new()
            .with("area", self.whole())
            .with("safe_area", ends(&Rational::clone))
            .with("safe_share", ends(&|area| area / self.whole()));
        let area = format!("[{}, {}]", lower(directed(&least, false)), upper(directed(&most, true)));
        let most_open = directed(open, true);
        let text = format!("at most {} ({} %)", upper(most_open), self.share(open, true));
        [
            Field::new("safe area", format!("{area} of {}", exact(&self.whole())), safe),
            Field::new("unsafe area", format!("at least {}", lower(directed(not, false))), Members::new()),
            Field::new("open area", text, Members::new().with("open_area", Value::Upper(most_open))),
        ]
    }

    /// How many pieces there are of each kind.
    fn counts(&self) -> Field {
        let pieces = |of: fn(Kind) -> bool| self.paving.pieces.iter().filter(|piece| of(piece.kind)).count();
        let safe = pieces(|kind| matches!(kind, Kind::Safe { .. }));
        let (not, open) = (pieces(|kind| kind == Kind::Unsafe), pieces(|kind| kind == Kind::Open));
        Field::new("pieces", format!("{safe} safe, {not} unsafe, {open} open"), Members::new())
    }

    /// The pieces, which text leaves to the map.
    fn pieces(&self) -> Table {
        let titles = [self.name(0), self.name(1)];
        let row = |piece: &Piece| {
            let kind = Cell::text(piece.kind.name());
            let sides = piece.sides.iter().map(|(low, high)| Cell::text(format!("[{}, {}]", exact(low), exact(high))));
            let cells = [kind, Cell::text(self.class(piece).unwrap_or("–"))].into_iter().chain(sides).collect();
            let data = Members::new().with("kind", piece.kind.name()).maybe("class", self.class(piece));
            Row::new(cells, data.with("sides", Value::sides(&piece.sides)))
        };
        Table {
            heading: "The pieces".to_owned(),
            key: "pieces",
            columns: ["kind", "class"].into_iter().chain(titles).map(Column::text).collect(),
            rows: self.paving.pieces.iter().map(row).collect(),
            aside: true,
            ..Table::default()
        }
    }

    /// The map of a paving.
    fn map(&self) -> Option<Map> {
        let double = |ends: &(Rational, Rational)| (rational::nearest_f64(&ends.0), rational::nearest_f64(&ends.1));
        let plane = [double(&self.sides[0]), double(&self.sides[1])];
        let input: Vec<f64> = self.input.iter().map(rational::nearest_f64).collect();
        let title = format!("Where the class of {} can flip", self.network.name());
        let mut map = confidence::slice(self.network, self.axes, &input, plane, title)?;
        map.regions = self
            .paving
            .pieces
            .iter()
            .map(|piece| {
                let [x, y] = [double(&piece.sides[0]), double(&piece.sides[1])];
                let kind = match piece.kind {
                    Kind::Safe { .. } => Drawn::Never,
                    Kind::Unsafe => Drawn::Can,
                    Kind::Open => Drawn::Open,
                };
                Region { lower: [x.0, y.0], upper: [x.1, y.1], kind }
            })
            .collect();
        Some(map)
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
}
