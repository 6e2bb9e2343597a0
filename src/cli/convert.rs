//! `quantproof convert`: from one model format to another, and from a trained network to the quantised one.

use super::domain::{Domain, as_domain};
use super::options::{self, Model};
use super::{Failure, Status};
use clap::Args;
use clap::builder::PossibleValuesParser;
use quantproof::perturbation::quantise::Rounding;
use std::io::Write;
use std::path::PathBuf;

/// Write a network in another format: .json, .onnx or .nnet
///
/// The parameters stay what they are, bit for bit, and nothing that the old file says is lost: what the new format has no
/// place for is written as metadata of ONNX or as comments of .nnet. With --quantize, the network that is written is the
/// quantised one.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The file to write; its extension decides the format
    #[arg(value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    domain: Domain,
    /// Round every parameter to a number format first, the same formats as in other commands but for uniform:K%
    #[arg(long, value_name = "FORMAT")]
    quantize: Option<String>,
    /// How it is rounded [default: nearest]
    #[arg(
        long,
        value_name = "RULE",
        requires = "quantize",
        value_parser = PossibleValuesParser::new([Rounding::Nearest, Rounding::Truncate].map(Rounding::name))
    )]
    rounding: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  quantproof convert models/moons_relu_2-8-2.json moons.onnx
  quantproof convert models/moons_relu_2-8-2.onnx moons.nnet
  quantproof convert classifier.onnx classifier.json --output softmax --domain x1=0..1,x2=0..1
  quantproof convert models/moons_relu_2-8-2.json moons_int8.onnx --quantize int8:per-channel

A network without a domain stays without one unless --domain gives it. A file .nnet holds ReLU layers followed by a
linear one, and always a domain.

Of a quantised network, ONNX holds the words: integers of 4, 8, 16 or 32 bits (the narrowest that hold the format) behind
a DequantizeLinear, small floats behind a Cast; other formats hold the numbers that the words stand for. Every command
reads all of them as the same network, the one that --quantize FORMAT --rounding RULE is about. The network computes in
float32: what that rounds is in no bound but that of --float32.";

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut network = self.model.load()?;
        if self.domain.is_given() {
            network = network.with_domain(as_domain(self.domain.bounds(&network, None)?)?)?;
        }
        let rounded = match &self.quantize {
            None => {
                network.save(&self.out)?;
                String::new()
            }
            Some(format) => {
                let rounding = options::rounding(self.rounding.as_deref()).unwrap_or(Rounding::Nearest);
                let quantised = options::quantised(format, rounding, &network, &[])?;
                let rounded = quantised.network(&network)?;
                rounded.save_stored(&self.out, &quantised.stored(&rounded))?;
                format!(
                    ", {} {}",
                    if rounding == Rounding::Truncate { "truncated to" } else { "rounded to" },
                    quantised.scheme()
                )
            }
        };
        let (name, file) = (network.name(), self.out.display());
        writeln!(
            out,
            "{file}: {name}, {} parameters in {} layers{rounded}",
            network.parameter_count(),
            network.layers().len()
        )?;
        Ok(Status::Done)
    }
}
