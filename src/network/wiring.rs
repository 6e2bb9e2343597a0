//! Where the neurons of a layer take their operands from, and which of them share their parameters.
//!
//! All values of a network have numbers: first the inputs, then what each layer gives, layer after layer. A plain layer reads
//! the values of the layer before it, all of them, and each of its neurons has a row of parameters of its own. A *wired*
//! layer reads any earlier values: its neurons are pairs of a **row** of weights with a bias and a **patch**, the list of the
//! values that these are multiplied with. The neurons of a convolution are all pairs of a channel's row and the patch of
//! a place; a sum of two branches has one row `1, 1` and a patch for each number.
//!
//! A row that several neurons have is *shared*: its parameters move once for all of them. What is proved of such a layer with
//! moving parameters lets each neuron's copy move on its own, which only adds networks; a witness never does that.

use super::{Layer, NetworkError};
use std::borrow::Cow;

/// In the place of a value: a zero, as around the edges of a padded picture.
pub const NOTHING: u32 = u32::MAX;

/// The rows and the operands of the neurons of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wiring {
    /// the row and the patch of each neuron
    neurons: Vec<(u32, u32)>,
    /// one patch after the other, numbers of values or [`NOTHING`]
    patches: Vec<u32>,
    /// the length of a patch
    width: usize,
}

impl Wiring {
    /// Neurons with these rows and patches of `width` values each.
    ///
    /// # Errors
    /// When there is no neuron, when a patch is not there, or when the patches do not have that length.
    pub fn new(neurons: Vec<(u32, u32)>, patches: Vec<u32>, width: usize) -> Result<Self, NetworkError> {
        if neurons.is_empty() || width == 0 || !patches.len().is_multiple_of(width) {
            let problem =
                format!("{} neurons over {} values, expected patches of {width}", neurons.len(), patches.len());
            return Err(NetworkError::invalid("wiring", problem));
        }
        let count = patches.len() / width;
        if let Some(&(_, patch)) = neurons.iter().find(|&&(_, patch)| patch as usize >= count) {
            return Err(NetworkError::invalid("wiring", format!("patch {patch}, expected one of {count}")));
        }
        Ok(Wiring { neurons, patches, width })
    }

    /// The row and the patch of each neuron.
    pub fn neurons(&self) -> &[(u32, u32)] {
        &self.neurons
    }

    /// The values of each patch.
    pub fn patches(&self) -> std::slice::ChunksExact<'_, u32> {
        self.patches.chunks_exact(self.width)
    }

    /// The greatest number of a value that is read.
    pub(super) fn greatest(&self) -> Option<u32> {
        self.patches.iter().copied().filter(|&value| value != NOTHING).max()
    }

    /// Whether several neurons have the same row.
    pub(super) fn shares(&self, rows: usize) -> bool {
        self.neurons.len() > rows || {
            let mut met = vec![false; rows];
            self.neurons.iter().any(|&(row, _)| std::mem::replace(&mut met[row as usize], true))
        }
    }

    /// Whether every neuron has the row of its number and the only patch, as those of a plain layer have.
    pub(super) fn is_dense(&self) -> bool {
        self.patches.len() == self.width && self.neurons.iter().enumerate().all(|(i, &(row, _))| row as usize == i)
    }
}

/// A layer in its network: which values its neurons read.
#[derive(Clone, Copy)]
pub(crate) struct Wired<'a> {
    layer: &'a Layer,
    /// the number of the first value of the layer before it
    start: usize,
}

impl<'a> Wired<'a> {
    pub(super) fn new(layer: &'a Layer, start: usize) -> Self {
        Wired { layer, start }
    }

    /// The operands of each patch among all values so far, which may be more.
    pub(crate) fn patches<'v, T: Clone>(&self, values: &'v [T], zero: &T) -> Vec<Cow<'v, [T]>> {
        let pick = |&value: &u32| if value == NOTHING { zero.clone() } else { values[value as usize].clone() };
        match self.layer.wiring() {
            None => vec![Cow::Borrowed(&values[self.start..self.start + self.layer.inputs()])],
            Some(wiring) => wiring.patches().map(|patch| Cow::Owned(patch.iter().map(pick).collect())).collect(),
        }
    }

    /// The numbers of the values that the first patch has, all of them values.
    pub(crate) fn first_patch(&self) -> Vec<usize> {
        match self.layer.wiring() {
            None => (self.start..self.start + self.layer.inputs()).collect(),
            Some(wiring) => wiring.patches().next().unwrap_or_default().iter().map(|&value| value as usize).collect(),
        }
    }

    /// What each neuron makes of its row of weights, its bias and its operands.
    pub(crate) fn map<T: Clone, U>(
        &self,
        values: &[T],
        zero: &T,
        mut neuron: impl FnMut(&'a [f64], f64, &[T]) -> U,
    ) -> Vec<U> {
        let patches = self.patches(values, zero);
        let one = |i: usize| {
            let (row, patch) = self.layer.neuron(i);
            neuron(self.layer.row(row), self.layer.biases()[row], &patches[patch])
        };
        (0..self.layer.outputs()).map(one).collect()
    }
}
