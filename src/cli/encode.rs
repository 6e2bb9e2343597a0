//! `quantproof encode`: a yes/no question as SMT-LIB text, for other solvers.

use super::domain::{Around, Domain};
use super::options::{self, Amount, Selection};
use super::{Failure, Status};
use clap::{Args, ValueEnum};
use deltasat::exact::Rational;
use num_traits::Zero;
use quantproof::encode::class_count;
use quantproof::encode::question::Question;
use quantproof::encode::smtlib::{self, Script};
use quantproof::network::{Network, Output};
use quantproof::robustness::ClassChoice;
use std::io::Write;
use std::path::PathBuf;

/// Write a yes/no question as an SMT-LIB file, for other solvers
///
/// The file is satisfiable exactly when there is a counterexample: unsat proves robustness. With --input the question is
/// about that input, without it about the whole domain.
#[derive(Args)]
#[command(after_help = EXAMPLES, mut_arg("activations", |arg| arg.hide(true)), mut_arg("calibrate", |arg| arg.hide(true)))]
pub(super) struct Arguments {
    #[command(flatten)]
    model: options::Model,
    /// The input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true, conflicts_with = "domain")]
    input: Option<String>,
    #[command(flatten)]
    domain: Domain,
    #[command(flatten)]
    around: Around,
    #[command(flatten)]
    amount: Amount,
    #[command(flatten)]
    selection: Selection,
    /// Can the confidence move by more than T?
    #[arg(
        long,
        value_name = "T",
        value_parser = options::nonnegative,
        allow_negative_numbers = true,
        required_unless_present = "class_change",
        conflicts_with = "class_change"
    )]
    deviation: Option<Rational>,
    /// Can the class change?
    #[arg(long, conflicts_with = "class")]
    class_change: bool,
    /// Only inputs at which the trained network is at least this confident; over a domain --class-change needs it
    #[arg(
        long,
        value_name = "K",
        value_parser = options::confidence,
        requires = "class_change",
        allow_negative_numbers = true
    )]
    confidence_at_least: Option<Rational>,
    /// Whose confidence: a class's name or index, or worst [default: the class that the network assigns]
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Option<String>,
    /// How the parameters are written
    #[arg(long, value_name = "ENCODING", default_value = "eliminated")]
    encoding: Encoding,
    /// The file to write, - for standard output
    #[arg(long, short = 'o', value_name = "FILE", default_value = "-", allow_hyphen_values = true)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Encoding {
    /// one variable per neuron: the parameters are eliminated exactly
    Eliminated,
    /// one variable per parameter
    Literal,
}

const EXAMPLES: &str = "\
Examples:
  quantproof encode models/moons_relu_2-4-2.json --input 0.3,-0.2 --epsilon 0.01 --deviation 0.05
  quantproof encode models/moons_relu_2-4-2.json --epsilon 0.01 --deviation 0.05 --encoding literal -o question.smt2
  quantproof encode models/moons_relu_2-4-2.json --epsilon 0.01 --class-change --confidence-at-least 0.9";

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let network = self.model.load()?;
        let perturbation = self.selection.perturb(&self.amount, &network)?;
        if perturbation.activations().is_some() {
            return Err("--activations: rounding has no text here, expected a perturbation of parameters alone"
                .to_owned()
                .into());
        }
        let choice = options::class(self.class.as_deref(), &network)?;
        let (domain, questions) = match &self.input {
            Some(text) if self.around.is_given() => {
                let domain = self.around.bounds(options::input(text, &network)?);
                (domain, self.over_domain(&network, choice)?)
            }
            Some(_) if self.confidence_at_least.is_some() => {
                return Err("--confidence-at-least: at a single input, expected a domain or --around"
                    .to_owned()
                    .into());
            }
            Some(text) => {
                let input = options::input(text, &network)?;
                let questions = self.at_input(&network, choice, &input)?;
                (input.into_iter().map(|x| (x.clone(), x)).collect(), questions)
            }
            None => (self.domain.bounds(&network, None)?, self.over_domain(&network, choice)?),
        };
        let text = Script {
            network: &network,
            perturbation: &perturbation,
            domain: &domain,
            questions: &questions,
            threshold: &self.deviation.clone().unwrap_or_else(Rational::zero),
            encoding: match self.encoding {
                Encoding::Eliminated => smtlib::Encoding::Eliminated,
                Encoding::Literal => smtlib::Encoding::Literal,
            },
            status: None,
        }
        .write();
        if self.out.as_os_str() == "-" {
            out.write_all(text.as_bytes())?;
        } else {
            let failed = |error| format!("{}: cannot be written: {error}", self.out.display());
            std::fs::write(&self.out, text).map_err(failed)?;
        }
        Ok(Status::Done)
    }

    fn at_input(&self, network: &Network, choice: ClassChoice, input: &[Rational]) -> Result<Vec<Question>, String> {
        let assigned = quantproof::robustness::assigned::assigned(network, input);
        let classes = 0..class_count(network);
        if self.class_change {
            options::choices(network)?;
            let [assigned] = assigned[..] else {
                return Err("--class-change: exact evaluation cannot tell which class is assigned at this input".into());
            };
            let others = classes.filter(|&against| against != assigned);
            return Ok(others.map(|against| Question::Flip { class: assigned, against, guard: None }).collect());
        }
        let chosen = match choice {
            ClassChoice::Assigned => assigned,
            ClassChoice::Index(class) => vec![class],
            ClassChoice::Worst => classes.collect(),
        };
        Ok(chosen.into_iter().map(|class| Question::Deviation { class, where_assigned: false }).collect())
    }

    fn over_domain(&self, network: &Network, choice: ClassChoice) -> Result<Vec<Question>, String> {
        let classes = 0..class_count(network);
        if self.class_change {
            options::choices(network)?;
            let Some(guard) = &self.confidence_at_least else {
                return Err("--class-change over a domain: expected --confidence-at-least too".to_owned());
            };
            let pairs = classes.clone().flat_map(|class| classes.clone().map(move |against| (class, against)));
            let flip = |(class, against)| Question::Flip { class, against, guard: Some(guard.clone()) };
            return Ok(pairs.filter(|(class, against)| class != against).map(flip).collect());
        }
        let chosen = match choice {
            // the two confidences deviate alike
            _ if classes.len() == 2 && network.output() != Output::None => 1..2,
            ClassChoice::Index(class) => class..class + 1,
            ClassChoice::Assigned | ClassChoice::Worst => classes,
        };
        let where_assigned = choice == ClassChoice::Assigned;
        Ok(chosen.map(|class| Question::Deviation { class, where_assigned }).collect())
    }
}
