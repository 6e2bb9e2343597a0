//! `quantproof convert`: from one model format to another.

use super::options::{self, Model};
use super::{Failure, Status, global};
use clap::Args;
use std::path::PathBuf;

/// Write a network in another format: .json, .onnx or .nnet
///
/// The parameters stay what they are, bit for bit, and nothing that the old file says is lost: what the new format has no
/// place for is written as metadata of ONNX or as comments of .nnet.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    model: Model,
    /// The file to write; its extension decides the format
    #[arg(value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    domain: global::Domain,
}

const EXAMPLES: &str = "\
Examples:
  quantproof convert models/moons_relu_2-8-2.json moons.onnx
  quantproof convert models/moons_relu_2-8-2.onnx moons.nnet
  quantproof convert classifier.onnx classifier.json --output softmax --domain x1=0..1,x2=0..1

A network without a domain stays without one unless --domain gives it. A file .nnet holds ReLU layers followed by a
linear one, and always a domain.";

impl Arguments {
    pub(super) fn run(&self) -> Result<Status, Failure> {
        let mut network = self.model.load()?;
        if self.domain.is_given() {
            network = network.with_domain(options::as_domain(self.domain.bounds(&network)?)?)?;
        }
        network.save(&self.out)?;
        Ok(Status::Done)
    }
}
