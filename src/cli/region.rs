//! `quantproof safe-region`: where in a rectangle of two inputs the class can change.

use super::domain::Domain;
use super::options::{self, Amount, Run, Selection};
use super::page::Pictures;
use super::progress::Progress;
use super::{Failure, Status};
use clap::Args;
use deltasat::exact::Rational;
use quantproof::encode::class_count;
use quantproof::network::Network;
use quantproof::report::region::Answer;
use quantproof::robustness::region::Region;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where in a rectangle of two inputs the class can change, and where it never does
///
/// Paves the rectangle with pieces in which no parameters within the perturbation change the class (safe, proved), pieces in
/// which at every input some do (unsafe, proved too), and open ones, until the open ones cover no more than --gap. The safe
/// area then lies between two proved sides.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_arg("activations", |arg| arg.hide(true)), mut_arg("calibrate", |arg| arg.hide(true)))]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    #[command(flatten)]
    domain: Domain,
    /// The two inputs that range, by name, where the network has more; the others stay at --input
    #[arg(long, value_name = "NAME,NAME", requires = "input")]
    axes: Option<String>,
    /// The values of all inputs, of which those of the two axes play no part
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true, requires = "axes")]
    input: Option<String>,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    /// The share of the rectangle that may stay open, from 0 to 1
    #[arg(long, value_name = "G", default_value = "0.01", value_parser = options::confidence, allow_negative_numbers = true)]
    gap: Rational,
    /// Also write the pieces to this file, as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    run: Run,
}

const EXAMPLES: &str = "\
Examples:
  quantproof safe-region models/moons_relu_2-8-2.json --quantize int4
  quantproof safe-region models/moons_relu_2-16-16-2.json --epsilon 0.02 --gap 0.002 --csv pieces.csv
  quantproof safe-region models/iris_relu_4-8-3.json --axes petal_length,petal_width --input 0,0,0,0 --quantize int6

--json lists the pieces too, with exact ends. The exit code is 0 if no more than the gap is open, else 4 if time ran out,
else 3.";

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let session = self.run.start()?;
        let network = self.model.load()?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        if perturbation.activations().is_some() {
            return Err("--activations: not known of regions, expected parameters alone".to_owned().into());
        }
        let files: Vec<&Path> = [self.model.path()].into_iter().chain(self.amount.file()).collect();
        let reproduce = self.pictures.start_any(&files)?;
        let (axes, input) = self.axes(&network)?;
        if class_count(&network) < 2 {
            return Err(format!("{}: a single output, expected at least two classes", network.name()).into());
        }
        let bounds = self.domain.bounds(&network, Some(&session))?;
        let sides = axes.map(|axis| bounds[axis].clone());
        for (&axis, (lower, upper)) in axes.iter().zip(&sides) {
            if lower == upper {
                let name = &network.input().names()[axis];
                return Err(format!("--domain: {name}: a single value, expected an interval to pave").into());
            }
        }
        let region = Region::new(&network, &perturbation, input.clone(), axes, sides.clone(), session.settings.clone());
        let mut progress = Progress::new(&session);
        let paving = region.pave(&self.gap, |open, pieces| {
            progress.show(|| format!("{:.3} % open after {pieces} pieces", open * 100.0));
        });
        drop(progress);
        let answer = Answer {
            network: &network,
            perturbation: &perturbation,
            input: &input,
            axes,
            sides: &sides,
            gap: &self.gap,
            paving: &paving,
        };
        if let Some(path) = &self.csv {
            write_csv(&answer, path)?;
        }
        let report = answer.report();
        self.pictures.show(&session, &report, reproduce, out)?;
        Ok(Status::of(report.outcome, paving.stop))
    }

    /// The inputs that range, and the values of the others.
    fn axes(&self, network: &Network) -> Result<([usize; 2], Vec<Rational>), String> {
        let names = network.input().names();
        let (Some(axes), Some(input)) = (&self.axes, &self.input) else {
            if names.len() != 2 {
                let count = names.len();
                return Err(format!(
                    "{}: {count} inputs, expected 2, or --axes NAME,NAME and --input with the values of the others",
                    network.name()
                ));
            }
            return Ok(([0, 1], vec![Rational::default(), Rational::default()]));
        };
        let index = |name: &str| {
            let known = names.iter().position(|known| known == name.trim());
            known.ok_or_else(|| format!("--axes: no input {name:?}, expected two of {}", options::quoted(names)))
        };
        match axes.split(',').map(index).collect::<Result<Vec<_>, _>>()?[..] {
            [a, b] if a != b => Ok(([a, b], options::input(input, network)?)),
            _ => Err(format!("--axes: {axes:?}, expected two different inputs, NAME,NAME")),
        }
    }
}

fn write_csv(answer: &Answer<'_>, path: &Path) -> Result<(), String> {
    let mut text = Vec::new();
    let written = answer.csv(&mut text).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| format!("{}: cannot be written: {error}", path.display()))
}
