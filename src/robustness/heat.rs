//! Bounds of the deviation in each cell of a grid over two inputs: which part of a domain is sensitive?
//!
//! Every cell is a domain of its own, bounded by a few boxes; its upper bound is proved for all inputs of the cell and all
//! parameters of the perturbation.

use super::ClassChoice;
use super::global::Global;
use deltasat::exact::Rational;
use deltasat::search::StopReason;

/// The boxes that a cell may take.
const BOXES: u64 = 8;

/// A grid of cells over the two inputs of a domain.
#[derive(Clone, Debug)]
pub struct Heat {
    /// cells along each input
    pub side: usize,
    /// what they cover
    pub domain: [(Rational, Rational); 2],
    /// proved: nothing in the cell exceeds this; row by row from the lower left, infinite where time ran out
    pub upper: Vec<f64>,
    /// why the grid ends where it does
    pub stop: StopReason,
}

impl Heat {
    /// The sides of a cell.
    pub fn cell(&self, index: usize) -> [(Rational, Rational); 2] {
        let place = [index % self.side, index / self.side];
        std::array::from_fn(|axis| {
            let (low, high) = &self.domain[axis];
            let end = |i: usize| low + (high - low) * Rational::new(i.into(), self.side.into());
            (end(place[axis]), end(place[axis] + 1))
        })
    }
}

impl Global<'_> {
    /// Bounds the deviation in each of `side` by `side` cells of a domain of two inputs; `None` where there are others.
    /// `on_cell` is told how many are done.
    pub fn heat(&self, side: usize, choice: ClassChoice, mut on_cell: impl FnMut(usize)) -> Option<Heat> {
        let domain: [(Rational, Rational); 2] = self.domain.to_vec().try_into().ok()?;
        let mut heat = Heat { side, domain, upper: Vec::new(), stop: StopReason::Complete };
        for index in 0..side * side {
            if let Some(stop) = self.settings.budget.stopped() {
                heat.stop = stop;
                heat.upper.resize(side * side, f64::INFINITY);
                break;
            }
            let mut settings = self.settings.clone();
            settings.budget = settings.budget.with_boxes(BOXES);
            (settings.jobs, settings.journal) = (1, None);
            let cell = Global { domain: &heat.cell(index), settings, ..*self };
            heat.upper.push(cell.deviation(choice, None, &mut ()).upper);
            on_cell(index + 1);
        }
        Some(heat)
    }
}
