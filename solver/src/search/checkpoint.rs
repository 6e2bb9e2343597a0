//! Checkpoints: an optimisation that was cut short, as data, from which it goes on as if nothing had happened.
//!
//! The search reads nothing but its open boxes, in an order that their bounds and numbers decide, its incumbent, and the
//! bounds of the boxes that it gave up. So these are the whole state between two batches, and a search that is resumed
//! examines the same boxes in the same order as one that was never interrupted. A batch in whose midst the time was up counts
//! for the bounds that the search ends with, but its boxes are open in the checkpoint, as they were before.
//!
//! A checkpoint is believed: whoever changes one can make a search prove anything. Its keeper has to make sure that it is
//! given back as it was, and to the same problem.

use super::Statistics;
use super::pool::Pool;
use crate::interval::Interval;

/// An open box.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenBox {
    /// upper bound of the objective over the box
    pub bound: f64,
    /// splits above it
    pub depth: u32,
    /// its number; the older ones come first among equals
    pub id: u64,
    /// the kept slots
    pub kept: Vec<Interval>,
}

/// The state of an optimisation between two batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// the point of the lower bound, where there is one
    pub witness: Option<Vec<f64>>,
    /// the best objective in doubles that was evaluated exactly
    pub proposed: f64,
    /// largest bound of a box given up because it cannot matter
    pub given_up: f64,
    /// largest bound of a box that could not be split
    pub stuck: f64,
    /// the open boxes, by number
    pub boxes: Vec<OpenBox>,
    /// the number of the next box
    pub next: u64,
    /// what the search did
    pub statistics: Statistics,
}

impl Checkpoint {
    /// Whether it can be one of a search from this root: every box lies in it. A search that is given another one starts
    /// anew.
    pub fn fits(&self, root: &[Interval]) -> bool {
        let inside = |open: &OpenBox| {
            open.kept.len() == root.len()
                && !open.bound.is_nan()
                && open.id < self.next
                && open.kept.iter().zip(root).all(|(kept, root)| !kept.is_empty() && kept.subset(*root))
        };
        !self.given_up.is_nan() && !self.stuck.is_nan() && self.boxes.iter().all(inside)
    }

    /// The open boxes as a pool.
    pub(super) fn restore(&self, pool: &mut Pool) {
        for open in &self.boxes {
            pool.put_back(&open.kept, open.bound, open.depth, open.id);
        }
        pool.number_from(self.next);
    }
}
