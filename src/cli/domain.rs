//! The inputs of a question over many: intervals, what a file of data spans, or a box about an input.

use super::Failure;
use super::inputs::{Columns, Inputs, Labels};
use super::options::{self, Session, number, quoted};
use clap::Args;
use deltasat::budget::Budget;
use deltasat::exact::Rational;
use num_traits::{One, Signed, ToPrimitive};
use quantproof::network::{self, Network};
use quantproof::report::number::exact;
use std::path::Path;

/// The exact ends of each input's interval.
pub(super) type Bounds = Vec<(Rational, Rational)>;

/// The inputs in question.
#[derive(Args)]
pub(super) struct Domain {
    /// Exact ends of some inputs' intervals, or LOWER..UPPER for all others, or a file of inputs (CSV, .npy, .npz) whose least
    /// and greatest values are the ends [default: the domain in the model file]
    #[arg(long, value_name = "NAME=LOWER..UPPER,…", allow_hyphen_values = true)]
    domain: Option<String>,
    /// Leave out this share of the least and of the greatest values of each column of the domain's file
    #[arg(long, value_name = "Q", value_parser = share, requires = "domain", allow_negative_numbers = true)]
    quantile: Option<Rational>,
    #[command(flatten)]
    pub(super) columns: Columns,
}

/// A box about an input.
#[derive(Args)]
pub(super) struct Around {
    /// A box about the input: within R of each of its numbers, or within a share of each, 5%
    #[arg(long, value_name = "R", value_parser = radius, requires = "input", allow_negative_numbers = true)]
    around: Option<Radius>,
}

/// A domain, or a box about an input.
#[derive(Args)]
pub(super) struct Region {
    #[command(flatten)]
    domain: Domain,
    /// The input that the box is about, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true, requires = "around", conflicts_with = "domain")]
    input: Option<String>,
    #[command(flatten)]
    around: Around,
}

/// How far a box reaches to either side.
#[derive(Clone)]
enum Radius {
    Absolute(Rational),
    /// of the number itself
    Share(Rational),
}

impl Domain {
    pub(super) fn is_given(&self) -> bool {
        self.domain.is_some()
    }

    /// The file that is read for it.
    pub(super) fn file(&self) -> Option<&Path> {
        self.domain.as_deref().filter(|text| is_file(text)).map(Path::new)
    }

    /// The ends; nothing limits the reading of a file without a session.
    pub(super) fn bounds(&self, network: &Network, session: Option<&Session>) -> Result<Bounds, Failure> {
        if self.quantile.is_some() && self.file().is_none() {
            return Err("--quantile: of intervals, expected a file as --domain".to_owned().into());
        }
        match (&self.quantile, self.file()) {
            (Some(share), Some(_)) => {
                let path = self.domain.as_deref().unwrap_or_default();
                Ok(spanned(&points(path, network, self.columns, session)?, share))
            }
            _ => read(self.domain.as_deref(), network, self.columns, session),
        }
    }
}

/// The domain that a text gives, or the file of that name; that of the network without one.
pub(super) fn read(
    text: Option<&str>,
    network: &Network,
    columns: Columns,
    session: Option<&Session>,
) -> Result<Bounds, Failure> {
    match text.filter(|text| is_file(text)) {
        Some(path) => Ok(spanned(&points(path, network, columns, session)?, &Rational::default())),
        None => Ok(domain(text, network)?),
    }
}

fn points(
    path: &str,
    network: &Network,
    columns: Columns,
    session: Option<&Session>,
) -> Result<Vec<Vec<Rational>>, Failure> {
    let inputs = match session {
        Some(session) => Inputs::read(path, network, columns, Labels::Unused, session)?,
        None => Inputs::load(path, network, columns, Labels::Unused, &Budget::unlimited())?,
    };
    Ok(inputs.points(network)?)
}

impl Around {
    pub(super) fn is_given(&self) -> bool {
        self.around.is_some()
    }

    /// The box about an input; the input alone without the option.
    pub(super) fn bounds(&self, input: Vec<Rational>) -> Bounds {
        let reach = |x: &Rational| match &self.around {
            Some(Radius::Absolute(radius)) => radius.clone(),
            Some(Radius::Share(share)) => share * x.abs(),
            None => Rational::default(),
        };
        input.into_iter().map(|x| (&x - reach(&x), &x + reach(&x))).collect()
    }
}

impl Region {
    /// The file that is read for it.
    pub(super) fn file(&self) -> Option<&Path> {
        self.domain.file()
    }

    /// The ends; nothing limits the reading of a file without a session.
    pub(super) fn bounds(&self, network: &Network, session: Option<&Session>) -> Result<Bounds, Failure> {
        match &self.input {
            Some(input) => Ok(self.around.bounds(options::input(input, network)?)),
            None => self.domain.bounds(network, session),
        }
    }
}

/// What the points span, but for a share of the least and of the greatest values of each coordinate.
fn spanned(points: &[Vec<Rational>], quantile: &Rational) -> Bounds {
    let count = Rational::from_integer(points.len().into());
    let left_out = (quantile * count).floor().to_usize().unwrap_or(0);
    let coordinates = points.first().map_or(0, Vec::len);
    let column = |i: usize| {
        let mut values: Vec<&Rational> = points.iter().map(|point| &point[i]).collect();
        values.sort_unstable();
        // less than half is left out at either side
        (values[left_out].clone(), values[values.len() - 1 - left_out].clone())
    };
    (0..coordinates).map(column).collect()
}

/// Whether a domain is given as a file.
fn is_file(text: &str) -> bool {
    let path = Path::new(text);
    let known = path.extension().is_some_and(|extension| ["csv", "npy", "npz"].iter().any(|known| extension == *known));
    known || path.is_file()
}

fn share(text: &str) -> Result<Rational, String> {
    let value = options::nonnegative(text)?;
    if &value + &value < Rational::one() { Ok(value) } else { Err("expected less than 1/2".to_owned()) }
}

fn radius(text: &str) -> Result<Radius, String> {
    match text.strip_suffix('%') {
        Some(share) => Ok(Radius::Share(options::nonnegative(share)? / Rational::from_integer(100.into()))),
        None => options::nonnegative(text).map(Radius::Absolute),
    }
}

/// `x1=-2..2,x2=-1..1`, or `-1..1` for all inputs that are not named; without that, they keep the domain of the model, if
/// it has one.
pub(super) fn domain(text: Option<&str>, network: &Network) -> Result<Vec<(Rational, Rational)>, String> {
    let names = network.input().names();
    let mut given = vec![None; names.len()];
    let mut others = None;
    let text = text.map(dotted);
    for part in text.iter().flat_map(|text| text.split(',')) {
        let Some((name, range)) = part.split_once('=') else {
            if !part.contains("..") {
                return Err(format!("--domain: {part:?}, expected NAME=LOWER..UPPER, or LOWER..UPPER for all others"));
            }
            if others.replace(interval(part, "")?).is_some() {
                return Err("--domain: LOWER..UPPER twice, expected once".to_owned());
            }
            continue;
        };
        let name = name.trim();
        let index = names
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| format!("--domain: no input {name:?}, expected one of {}", quoted(names)))?;
        if given[index].replace(interval(range, &format!("{name}: "))?).is_some() {
            return Err(format!("--domain: input {name:?} twice, expected once"));
        }
    }
    let own = |i: usize| network.input().domain().map(|own| (own[i].lower().clone(), own[i].upper().clone()));
    let bounds: Vec<_> =
        given.into_iter().enumerate().map(|(i, given)| given.or_else(|| others.clone()).or_else(|| own(i))).collect();
    let unknown: Vec<&String> =
        names.iter().zip(&bounds).filter(|(_, bounds)| bounds.is_none()).map(|(name, _)| name).collect();
    if unknown.is_empty() {
        return Ok(bounds.into_iter().flatten().collect());
    }
    let first: Vec<String> = unknown.iter().take(6).map(|name| format!("{name}=LOWER..UPPER")).collect();
    let dots = if unknown.len() > first.len() { ",…" } else { "" };
    Err(format!(
        "{} has no domain of its own, expected --domain {}{dots}, or --domain LOWER..UPPER for all inputs",
        network.name(),
        first.join(",")
    ))
}

/// `x1=[0,1]` as `x1=0..1`.
fn dotted(text: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            ',' if inside => out.push_str(".."),
            c => out.push(c),
        }
    }
    out
}

/// `-2..2` with exact ends; `of` is put in front of a problem.
pub(super) fn interval(text: &str, of: &str) -> Result<(Rational, Rational), String> {
    let (lower, upper) =
        text.split_once("..").ok_or_else(|| format!("--domain: {of}{text:?}, expected LOWER..UPPER"))?;
    let end = |end: &str| number(end).map_err(|problem| format!("--domain: {of}{problem}"));
    let (lower, upper) = (end(lower)?, end(upper)?);
    if lower > upper {
        let (lower, upper) = (exact(&lower), exact(&upper));
        return Err(format!("--domain: {of}the lower end {lower} is above the upper end {upper}"));
    }
    Ok((lower, upper))
}

/// The intervals as the domain of a network.
pub(super) fn as_domain(bounds: Vec<(Rational, Rational)>) -> Result<Vec<network::Domain>, Failure> {
    Ok(bounds.into_iter().map(|(lower, upper)| network::Domain::new(lower, upper)).collect::<Result<_, _>>()?)
}
