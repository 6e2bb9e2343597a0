//! `quantproof compare-activations`: ReLU networks beside their linear twins, as in *Robustness of Neural Networks to
//! Parameter Quantization* (2019), which claims that ReLU networks withstand more.
//!
//! Every figure is a pair of certified bounds, and one network counts as more robust by a figure only where the two
//! pairs do not overlap.

use super::options::{self, Common, Session};
use super::page::Page;
use super::progress::Progress;
use super::{Failure, Status, domain, radius};
use clap::Args;
use deltasat::exact::{Rational, rational};
use deltasat::search::StopReason;
use num_traits::Zero;
use quantproof::network::Network;
use quantproof::perturbation::{Magnitude, Perturbation};
use quantproof::question::{Aim, Scope, Subject};
use quantproof::report::compare::{Activations, Comparison, Figure, Side};
use quantproof::robustness::ClassChoice;
use quantproof::robustness::global::Global;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Compare ReLU networks with linear ones of the same shape and data
///
/// For each pair: accuracy on held-out points, the certified largest deviation of the confidence over the domain, the
/// largest epsilon for which that stays small, and the median over held-out points of the largest epsilon for which
/// the class cannot change.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A folder of models in which X_relu_Y.json and X_linear_Y.json are a pair, or the two files of each pair in turn
    #[arg(value_name = "MODELS", default_value = "models")]
    models: Vec<PathBuf>,
    /// Deviations over the domain are bounded for these epsilons
    #[arg(long, value_name = "E,…", value_delimiter = ',', default_value = "0.002,0.01", value_parser = options::amount)]
    epsilon: Vec<Rational>,
    /// The deviation that the radius over the domain allows
    #[arg(long, value_name = "T", default_value = "0.05", value_parser = options::nonnegative)]
    deviation: Rational,
    /// Held-out points whose median radius is taken: the first ones that both networks classify correctly
    #[arg(long, value_name = "N", default_value = "20")]
    points: usize,
    /// How closely radii are found
    #[arg(long, value_name = "PART", default_value = "0.01", value_parser = options::positive)]
    tolerance: Rational,
    /// Stop each figure after so many seconds and print the bounds so far
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = options::seconds)]
    per_figure: Duration,
    /// Print a table in Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
    #[command(flatten)]
    page: Page,
    #[command(flatten)]
    common: Common,
}

const EXAMPLES: &str = "\
Examples:
  quantproof compare-activations models
  quantproof compare-activations models --epsilon 0.005 --deviation 0.1 --markdown
  quantproof compare-activations models/moons_relu_2-4-2.json models/moons_linear_2-4-2.json --json";

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.common.start()?;
        let mut pairs = Vec::new();
        let files = self.pairs()?;
        let read: Vec<&Path> = files.iter().flat_map(|(relu, linear)| [&**relu, &**linear]).collect();
        let reproduce = self.page.start(&read)?;
        for (relu, linear) in &files {
            let (relu, linear) = (Network::load(relu)?, Network::load(linear)?);
            check(&relu, &linear)?;
            pairs.push((relu, linear));
        }
        let mut comparison = Activations {
            epsilons: self.epsilon.clone(),
            threshold: self.deviation.clone(),
            points: self.points,
            pairs: Vec::new(),
            stop: None,
            seconds: 0.0,
        };
        let mut progress = Progress::new(&session);
        for (relu, linear) in &pairs {
            if let Some(stop) = session.stopped() {
                comparison.stop = Some(stop);
                break;
            }
            comparison.pairs.push(self.compare(&session, relu, linear, &mut progress)?);
        }
        drop(progress);
        // a figure that was cut short by the limit of the whole
        comparison.stop = comparison.stop.or_else(|| session.stopped());
        comparison.seconds = session.started.seconds();
        let report = comparison.report();
        let written = self.page.write(&report, reproduce);
        if session.json {
            report.json(out)?;
        } else if self.markdown {
            comparison.markdown(out)?;
        } else {
            report.text(out)?;
        }
        written?;
        Ok(match comparison.stop {
            None => Status::Done,
            Some(StopReason::Interrupted) => Status::Interrupted,
            Some(_) => Status::Timeout,
        })
    }

    /// The files of each pair, the ReLU network first.
    fn pairs(&self) -> Result<Vec<(PathBuf, PathBuf)>, String> {
        if let [folder] = &self.models[..]
            && folder.is_dir()
        {
            return folder_pairs(folder);
        }
        if !self.models.len().is_multiple_of(2) {
            let given = self.models.len();
            return Err(match &self.models[..] {
                [file] if !file.exists() => format!("{}: no such file or folder", file.display()),
                _ => format!("{given} model files, expected a folder or pairs of files"),
            });
        }
        Ok(self.models.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
    }

    fn compare(
        &self,
        session: &Session,
        relu: &Network,
        linear: &Network,
        progress: &mut Progress,
    ) -> Result<Comparison, Failure> {
        let points = common_points(relu, linear, self.points);
        let mut side = |network: &Network| -> Result<Side, Failure> {
            let mut deviations = Vec::new();
            for epsilon in &self.epsilon {
                progress.label = format!("{}: ", network.name());
                deviations.push(self.deviation_over(session, network, epsilon, progress)?);
            }
            Ok(Side {
                name: network.name().to_owned(),
                accuracy: network.accuracy(),
                deviations,
                global_radius: self.global_radius(session, network, progress)?,
                local_radius: self.median_radius(session, network, &points, progress)?,
            })
        };
        let sides = [side(relu)?, side(linear)?];
        let (data, shape) = data_and_shape(relu);
        Ok(Comparison { data, shape, points: points.len(), sides })
    }

    /// A session of its own for one figure.
    fn figure(&self, session: &Session) -> Session {
        let mut figure = session.clone();
        figure.settings.budget = figure.settings.budget.with_time(self.per_figure);
        figure
    }

    fn deviation_over(
        &self,
        session: &Session,
        network: &Network,
        epsilon: &Rational,
        progress: &mut Progress,
    ) -> Result<Figure, Failure> {
        let perturbation = Perturbation::uniform(Magnitude::Absolute(epsilon.clone()))?;
        let (domain, settings) = (domain::domain(None, network)?, self.figure(session).settings);
        let global = Global { network, perturbation: &perturbation, domain: &domain, settings };
        let finding = global.deviation(ClassChoice::Assigned, None, progress);
        Ok(Figure { lower: finding.lower, upper: finding.upper })
    }

    fn global_radius(&self, session: &Session, network: &Network, progress: &mut Progress) -> Result<Figure, Failure> {
        let domain = domain::domain(None, network)?;
        let aim = Aim::Deviation { choice: ClassChoice::Assigned, threshold: Some(self.deviation.clone()) };
        self.radius(session, network, Scope::Global(&domain), aim, progress)
    }

    /// The median of the radii lies between the medians of their lower and of their upper bounds.
    fn median_radius(
        &self,
        session: &Session,
        network: &Network,
        points: &[Vec<Rational>],
        progress: &mut Progress,
    ) -> Result<Option<Figure>, Failure> {
        if points.is_empty() {
            return Ok(None);
        }
        let (mut lower, mut upper) = (Vec::new(), Vec::new());
        for point in points {
            let aim = Aim::ClassChange { guard: None };
            let radius = self.radius(session, network, Scope::Local(point), aim, progress)?;
            lower.push(radius.lower);
            upper.push(radius.upper);
        }
        Ok(Some(Figure { lower: median(lower, f64::next_down), upper: median(upper, f64::next_up) }))
    }

    fn radius(
        &self,
        session: &Session,
        network: &Network,
        scope: Scope<'_>,
        aim: Aim,
        progress: &mut Progress,
    ) -> Result<Figure, Failure> {
        let perturbation = Perturbation::uniform(Magnitude::Absolute(Rational::zero()))?;
        let figure = self.figure(session);
        let subject = Subject { network, perturbation: &perturbation, scope, aim, delta: figure.settings.delta };
        progress.label = format!("{}: ", network.name());
        let found = radius::close_in(&figure, &subject, &self.tolerance, progress);
        let upper = found.refuted.as_ref().map_or(f64::INFINITY, rational::ceil_f64);
        Ok(Figure { lower: rational::floor_f64(&found.proved), upper })
    }
}

/// The pairs in a folder by their names, in alphabetical order.
fn folder_pairs(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>, String> {
    let unreadable = |error: std::io::Error| format!("{}: cannot be read: {error}", folder.display());
    let mut pairs = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let relu = entry.map_err(unreadable)?.path();
        let twin = relu
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| name.contains("_relu_") && name.ends_with(".json"));
        let Some(linear) = twin.map(|name| folder.join(name.replacen("_relu_", "_linear_", 1))) else { continue };
        if linear.is_file() {
            pairs.push((relu, linear));
        }
    }
    pairs.sort();
    if pairs.is_empty() {
        let folder = folder.display();
        return Err(format!(
            "{folder}: no pair of models, expected files such as a_relu_2-4-2.json and a_linear_2-4-2.json"
        ));
    }
    Ok(pairs)
}

/// Two networks can be compared when they take the same inputs and tell the same classes apart.
fn check(relu: &Network, linear: &Network) -> Result<(), String> {
    let shape = |network: &Network| network.layers().iter().map(|layer| layer.outputs()).collect::<Vec<_>>();
    let problem = if relu.input() != linear.input() {
        "other inputs or domains"
    } else if relu.classes() != linear.classes() || relu.output() != linear.output() {
        "other classes or another kind of output"
    } else if shape(relu) != shape(linear) {
        "another shape"
    } else if relu.data() != linear.data() {
        "other held-out points"
    } else {
        return Ok(());
    };
    Err(format!("{} and {}: {problem}, expected the same", relu.name(), linear.name()))
}

/// The first held-out points that both networks classify correctly, as the exact decimals that the doubles stand for.
fn common_points(relu: &Network, linear: &Network, most: usize) -> Vec<Vec<Rational>> {
    let Some(data) = relu.data() else { return Vec::new() };
    let right = |network: &Network, point: &[f64], label: usize| {
        network.evaluate(point).is_ok_and(|evaluation| evaluation.class == label)
    };
    let points = data.inputs().iter().zip(data.labels());
    points
        .filter(|(point, label)| right(relu, point, **label) && right(linear, point, **label))
        .filter_map(|(point, _)| point.iter().map(|&x| rational::parse(&x.to_string()).ok()).collect())
        .take(most)
        .collect()
}

/// `moons_relu_2-8-2` to `moons` and `2-8-2`.
fn data_and_shape(relu: &Network) -> (String, String) {
    let widths = relu.layers().iter().map(|layer| layer.outputs().to_string());
    let shape = std::iter::once(relu.input().count().to_string()).chain(widths).collect::<Vec<_>>().join("-");
    let name = relu.name();
    (name.split_once("_relu_").map_or(name, |(data, _)| data).to_owned(), shape)
}

/// The median, the mean of the two middle ones of an even number moved outward.
fn median(mut values: Vec<f64>, outward: fn(f64) -> f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return values[middle];
    }
    let (below, above) = (values[middle - 1], values[middle]);
    if below == above { below } else { outward((below + above) / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_moved_outward() {
        assert_eq!(median(vec![3.0, 1.0, 2.0], f64::next_up), 2.0);
        assert_eq!(median(vec![2.0, 2.0], f64::next_up), 2.0);
        assert_eq!(median(vec![1.0, 2.0], f64::next_down), 1.5f64.next_down());
        assert_eq!(median(vec![0.0, f64::INFINITY], f64::next_up), f64::INFINITY);
    }
}
