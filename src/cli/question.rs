//! Where `bits` and `sensitivity` ask: at an input, at each of many, or over a domain.

use super::checkpoint::Checkpoint;
use super::domain::{Around, Domain};
use super::inputs::{Inputs, Labels};
use super::options::{self, Session};
use clap::Args;
use quantproof::network::Network;
use quantproof::question::Place;
use std::path::Path;

/// For which inputs.
#[derive(Args)]
pub(super) struct Where {
    /// One input, one number per input of the network
    #[arg(long, value_name = "X1,X2,…", allow_hyphen_values = true, conflicts_with_all = ["inputs", "domain"])]
    input: Option<String>,
    /// Every input of a CSV file, - for standard input
    #[arg(long, value_name = "FILE", allow_hyphen_values = true, conflicts_with = "domain")]
    inputs: Option<String>,
    #[command(flatten)]
    domain: Domain,
    #[command(flatten)]
    around: Around,
}

impl Where {
    /// The files that are read for a question about a model.
    pub(super) fn files<'a>(&'a self, model: &'a Path) -> Vec<&'a Path> {
        let inputs = self.inputs.as_deref().filter(|path| *path != "-").map(Path::new);
        [model].into_iter().chain(inputs).chain(self.domain.file()).collect()
    }

    /// Reads the inputs; without an option they are the network's domain.
    pub(super) fn place(&self, network: &Network, session: &Session) -> Result<Place, super::Failure> {
        match (&self.input, &self.inputs) {
            (Some(text), _) if self.around.is_given() => {
                Ok(Place::Domain(self.around.bounds(options::input(text, network)?)))
            }
            (Some(text), _) => Ok(Place::Inputs(vec![options::input(text, network)?])),
            (None, Some(path)) => Ok(Place::Inputs(
                Inputs::read(path, network, self.domain.columns, Labels::Unused, session)?.points(network)?,
            )),
            (None, None) => Ok(Place::Domain(self.domain.bounds(network, Some(session))?)),
        }
    }
}

/// Refuses a checkpoint of single inputs, whose searches are short.
pub(super) fn checkpointed(place: &Place, checkpoint: &Checkpoint) -> Result<(), String> {
    match place {
        Place::Inputs(_) if checkpoint.is_given() => Err("--checkpoint: for single inputs, expected a domain".into()),
        _ => Ok(()),
    }
}
