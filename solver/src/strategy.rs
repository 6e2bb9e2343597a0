//! What a search uses, by name: every contractor and brancher that a command line can choose, and the choice that is made
//! where it says nothing.
//!
//! The names are the ones that the parts give themselves. A new part is a line in its list here.

use crate::branch::{Brancher, FewBest, Largest, Phases, PhasesFirst, RoundRobin, Slope, Smear, Transfer};
use crate::contract::{Contractor, DisjunctionHull, Hc4, Integers, LinearBounds, Newton, Solve};
use crate::incumbent::{Gradient, IncumbentFinder, Inside, Solved, Vertex};
use crate::relax::Backward;

/// Every brancher; the first is the default.
fn branchers() -> Vec<Box<dyn Brancher>> {
    vec![
        Box::new(FewBest::default()),
        Box::new(Transfer),
        Box::new(Phases),
        Box::new(PhasesFirst),
        Box::new(Slope),
        Box::new(Smear::Sum),
        Box::new(Smear::Max),
        Box::new(Largest),
        Box::new(RoundRobin),
    ]
}

/// Every contractor, in the order in which the default applies them.
fn contractors() -> Vec<Box<dyn Contractor>> {
    vec![
        Box::new(Integers),
        Box::new(Hc4),
        Box::new(DisjunctionHull),
        Box::new(LinearBounds { relaxation: Backward, refine: true, solve: Solve::Wide }),
        Box::new(Newton),
    ]
}

/// Which contractors, brancher and finders a search uses.
pub struct Strategy {
    /// applied to every box, in this order
    pub contractors: Vec<Box<dyn Contractor>>,
    /// picks the splits
    pub brancher: Box<dyn Brancher>,
    /// run on every box
    pub finders: Vec<Box<dyn IncumbentFinder>>,
    /// run [`Options::starts`](crate::search::Options::starts) times at the root
    pub starter: Box<dyn IncumbentFinder>,
}

impl Default for Strategy {
    fn default() -> Self {
        Choice::default().strategy()
    }
}

/// A choice of parts by name, as a command line makes it; what is not chosen is as the default has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// the brancher, as [`brancher_name`] has it
    pub brancher: Option<&'static str>,
    /// the contractors, as [`contractor_name`] has them; they are applied in the default's order
    pub contractors: Option<Vec<&'static str>>,
}

impl Choice {
    /// The parts.
    pub fn strategy(&self) -> Strategy {
        let mut contractors = contractors();
        if let Some(chosen) = &self.contractors {
            contractors.retain(|part| chosen.contains(&part.name()));
        }
        let mut branchers = branchers();
        let chosen = self.brancher.and_then(|name| branchers.iter().position(|part| part.name() == name));
        let brancher = branchers.swap_remove(chosen.unwrap_or(0));
        Strategy {
            contractors,
            brancher,
            finders: vec![Box::new(Vertex), Box::new(Inside), Box::new(Solved)],
            starter: Box::new(Gradient),
        }
    }
}

/// The name of a brancher.
///
/// # Errors
/// The names that there are, where the text is none.
pub fn brancher_name(text: &str) -> Result<&'static str, String> {
    find(text, branchers().iter().map(|part| part.name()))
}

/// The name of a contractor, or `none`.
///
/// # Errors
/// The names that there are, where the text is none.
pub fn contractor_name(text: &str) -> Result<&'static str, String> {
    find(text, contractors().iter().map(|part| part.name()).chain(["none"]))
}

fn find(text: &str, known: impl Iterator<Item = &'static str>) -> Result<&'static str, String> {
    let known: Vec<&'static str> = known.collect();
    let found = known.iter().copied().find(|&name| name == text.trim());
    found.ok_or_else(|| format!("expected one of {}", known.join(", ")))
}
